/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The policy language behind -P: what is read, what is refused and where, what is written.
 */
#include "keylang/policy_text.h"

#include <check.h>
#include <string.h>

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

/* Text, and how it is written: head, then requests. */
static const struct {
	const char *in, *out;
	unsigned notes;
} good[] = {
	{ "out ipsec esp/transport//require", "out prio def ipsec esp/transport//require", 0 },
	{ " in\tnone\n", "in prio def none", 0 },
	{ "fwd discard", "fwd prio def discard", 0 },
	{ "out bypass", "out prio def bypass", 0 },
	{ "in entrust", "in prio def entrust", 0 },
	/* priorities */
	{ "in prio def +100 none", "in prio def + 100 none", 0 },
	{ "in prio def+100 none", "in prio def + 100 none", 0 },
	{ "in prio def + 100 none", "in prio def + 100 none", 0 },
	{ "in prio high - 10 none", "in prio high - 10 none", 0 },
	{ "in prio low +7 none", "in prio low + 7 none", 0 },
	{ "in prio low none", "in prio low none", 0 },
	{ "in priority 5 none", "in prio def + 5 none", 0 },
	{ "in prio +5 none", "in prio def + 5 none", 0 },
	{ "in prio -5 none", "in prio def - 5 none", 0 },
	{ "in prio 0 none", "in prio def none", 0 },
	{ "in prio low -1073741823 none", "in prio low - 1073741823 none", 0 },
	/* requests */
	{ "out ipsec esp/transport", "out prio def ipsec esp/transport//require", 0 },
	{ "out ipsec esp/transport/", "out prio def ipsec esp/transport//require", 0 },
	{ "out ipsec esp/transport//", "out prio def ipsec esp/transport//require", 0 },
	{ "out ipsec esp/transport//default", "out prio def ipsec esp/transport//require", 0 },
	{ "out ipsec esp / transport / / use", "out prio def ipsec esp/transport//use", 0 },
	{ "out ipsec ah/transport//unique", "out prio def ipsec ah/transport//unique", 0 },
	{ "out ipsec ah/transport//unique:16383", "out prio def ipsec ah/transport//unique:16383",
	    0 },
	{ "out ipsec ah/transport//unique#16384", "out prio def ipsec ah/transport//unique#16384", 0 },
	{ "out ipsec ah/transport//unique#16385 esp/transport//unique#4294967295", "out prio def ipsec ah/transport//unique#16385 esp/transport//unique#4294967295", 0 },
	{ "out ipsec ah/transport//unique #16384", "out prio def ipsec ah/transport//unique", POLICY_COMMENT },
	{ "out ipsec ah/transport//unique#x", "out prio def ipsec ah/transport//unique", POLICY_COMMENT },
	{ "out ipsec ah/transport//unique:0", "out prio def ipsec ah/transport//unique", 0 },
	{ "out ipsec ah/transport//unique:16384", "out prio def ipsec ah/transport//unique",
	    POLICY_REQID_RANGE },
	{ "out ipsec ipcomp/transport//use esp/transport//require",
	    "out prio def ipsec ipcomp/transport//use esp/transport//require", 0 },
	{ "out ipsec ipcomp/transport esp/transport ah/transport",
	    "out prio def ipsec ipcomp/transport//require esp/transport//require "
	    "ah/transport//require",
	    0 },
	{ "out ipsec esp/tunnel/192.0.2.1-192.0.2.2/require",
	    "out prio def ipsec esp/tunnel/192.0.2.1-192.0.2.2/require", 0 },
	{ "out ipsec esp/tunnel/192.0.2.1-192.0.2.2",
	    "out prio def ipsec esp/tunnel/192.0.2.1-192.0.2.2/require", 0 },
	{ "out ipsec esp/tunnel/192.0.2.1 - 192.0.2.2/unique",
	    "out prio def ipsec esp/tunnel/192.0.2.1-192.0.2.2/unique", 0 },
	{ "out ipsec esp/tunnel/2001:db8::1-2001:db8::2/unique:77",
	    "out prio def ipsec esp/tunnel/2001:db8::1-2001:db8::2/unique:77", 0 },
	{ "out ipsec esp/tunnel/192.0.2.1[4500]-192.0.2.2[4501]/use",
	    "out prio def ipsec esp/tunnel/192.0.2.1-192.0.2.2/use", 0 },
	{ "out ipsec esp/transport/192.0.2.1-192.0.2.2/use",
	    "out prio def ipsec esp/transport//use", POLICY_ENDS_IGNORED },
	{ "out # comment ; here\n none", "out prio def none", POLICY_COMMENT },
	{ "out \\\n none", "out prio def none", POLICY_COMMENT },
};

static const struct {
	const char *in, *error, *at;
} bad[] = {
	{ "", "unknown direction", "" },
	{ "any none", "unknown direction", "any" },
	{ "OUT none", "unknown direction", "OUT" },
	{ "out", "unknown action", "" },
	{ "out ipsec", "ipsec needs a request", "" },
	{ "out protect", "unknown action", "protect" },
	{ "out none esp/transport//require", "only ipsec has requests", "esp" },
	{ "out discard spdadd", "only ipsec has requests", "spdadd" },
	{ "in prio none", "invalid priority offset", "none" },
	{ "in prio def + none", "invalid priority offset", "none" },
	{ "in prio def +1073741825 none", "priority offset out of range", "1073741825" },
	{ "in prio def -1073741824 none", "priority offset out of range", "1073741824" },
	{ "in prio 2147483648 none", "priority offset out of range", "2147483648" },
	{ "in prio 99999999999 none", "invalid priority offset", "99999999999" },
	{ "in prio medium none", "invalid priority offset", "medium" },
	{ "out ipsec tcp/transport//require", "unknown protocol of a request", "tcp" },
	{ "out ipsec esp", "a request is PROTO/MODE/[SRC-DST]/[LEVEL]", "" },
	{ "out ipsec esp/any//require", "unknown mode", "any" },
	{ "out ipsec esp/tunnel//require", "tunnel mode needs SRC-DST", "" },
	{ "out ipsec esp/transport//must", "unknown level", "must" },
	{ "out ipsec esp/transport//unique:", "invalid reqid", "unique:" },
	{ "out ipsec esp/transport//unique:x", "invalid reqid", "unique:x" },
	{ "out ipsec esp/transport//unique:4294967296", "invalid reqid", "unique:4294967296" },
	{ "out ipsec esp/tunnel/192.0.2.1/require", "tunnel addresses are SRC-DST", "/" },
	{ "out ipsec esp/tunnel/192.0.2.1-2001:db8::1/require",
	    "address families of tunnel ends differ", "/" },
	{ "out ipsec esp/tunnel/192.0.2.1[1]-192.0.2.2/require",
	    "ports at both tunnel ends or at none", "/" },
	{ "out ipsec esp/tunnel/192.0.2.1[x]-192.0.2.2[1]/require", "invalid port", "x" },
	{ "out ipsec esp/tunnel/192.0.2.1[1-192.0.2.2/require", "tunnel addresses are SRC-DST",
	    "[" },
	{ "out ipsec esp/tunnel/gateway-192.0.2.2/require", "invalid tunnel address", "gateway" },
	{ "out ipsec esp/tunnel/me-any/require", "me and any are for per-socket policies", "me" },
	{ "out ipsec esp/transport//require $x", "unknown protocol of a request", "$" },
	{ "out ipsec ah/transport ah/transport ah/transport ah/transport ah/transport ah/transport "
	  "ah/transport",
	    "too many requests", "ah" },
};

static void
print(const struct sp_spec *s, bool ports, char *buf, size_t cap)
{
	struct text t = text_in(buf, cap);

	policy_print_head(s, &t);
	for (unsigned i = 0; i < s->ntmpl; i++) {
		text_char(&t, ' ');
		policy_print_tmpl(&s->tmpl[i], ports, &t);
	}
}

START_TEST(accepted)
{
	struct sp_spec s = { .index = 42 };
	struct policy_error e;
	unsigned notes;
	char buf[512];

	ck_assert_int_eq(policy_parse(slice_str(good[_i].in), false, &s, &notes, &e), IKE_OK);
	ck_assert_uint_eq(notes, good[_i].notes);
	print(&s, false, buf, sizeof(buf));
	ck_assert_str_eq(buf, good[_i].out);
	/* what is not in the text stays */
	ck_assert_uint_eq(s.index, 42);
	/* and its written form means the same */
	ck_assert_int_eq(policy_parse(slice_str(good[_i].out), true, &s, &notes, &e), IKE_OK);
	print(&s, false, buf, sizeof(buf));
	ck_assert_str_eq(buf, good[_i].out);
}
END_TEST

START_TEST(refused)
{
	struct sp_spec s = { .index = 42, .priority = 1 };
	struct policy_error e;
	unsigned notes;
	char at[64];

	ck_assert_int_eq(policy_parse(slice_str(bad[_i].in), false, &s, &notes, &e), IKE_E_SYNTAX);
	ck_assert_str_eq(e.text, bad[_i].error);
	ck_assert_uint_lt(e.at.n, sizeof(at));
	memcpy(at, e.at.p, e.at.n);
	at[e.at.n] = '\0';
	ck_assert_str_eq(at, bad[_i].at);
	ck_assert_uint_eq(s.priority, 1);
}
END_TEST

/* No prefix of a policy is read outside its bytes (a sanitizer looks), and each is a policy or an error. */
START_TEST(prefixes)
{
	for (size_t n = 0; n < strlen(good[_i].in); n++) {
		struct sp_spec s = { 0 };
		struct policy_error e;
		unsigned notes;
		char exact[256];
		ike_err err;

		memcpy(exact + sizeof(exact) - n, good[_i].in, n);
		err = policy_parse(slice_of(exact + sizeof(exact) - n, n), true, &s, &notes, &e);
		ck_assert(err == IKE_OK || err == IKE_E_SYNTAX);
	}
}
END_TEST

static uint32_t
priority(const char *text)
{
	struct sp_spec s = { 0 };
	struct policy_error e;
	unsigned notes;

	ck_assert_int_eq(policy_parse(slice_str(text), false, &s, &notes, &e), IKE_OK);
	return s.priority;
}

/* A smaller number wins: an offset above zero makes it smaller. */
START_TEST(priorities)
{
	ck_assert_uint_eq(priority("in none"), 0x80000000u);
	ck_assert_uint_eq(priority("in prio 100 none"), 0x80000000u - 100);
	ck_assert_uint_eq(priority("in prio -100 none"), 0x80000000u + 100);
	ck_assert_uint_eq(priority("in prio 2147483647 none"), 1);
	ck_assert_uint_eq(priority("in prio -2147483647 none"), 0xffffffffu);
	ck_assert_uint_eq(priority("in prio def +100 none"), 2147483548u);
	ck_assert_uint_eq(priority("in prio low +1073741824 none"), 0x80000000u);
	ck_assert_uint_eq(priority("in prio low -1073741823 none"), 0xffffffffu);
	ck_assert_uint_eq(priority("in prio high +1073741824 none"), 0);
}
END_TEST

START_TEST(priorities_written)
{
	static const struct {
		uint32_t prio;
		const char *text;
	} v[] = {
		{ 0, "in none" },
		{ 1, "in prio high + 1073741823 none" },
		{ 0x40000000, "in prio high none" },
		{ 0x5fffffff, "in prio high - 536870911 none" },
		{ 0x60000000, "in prio def + 536870912 none" },
		{ 0x9fffffff, "in prio def - 536870911 none" },
		{ 0xa0000000, "in prio low + 536870912 none" },
		{ 0xffffffff, "in prio low - 1073741823 none" },
	};

	for (size_t i = 0; i < COUNT(v); i++) {
		struct sp_spec s = { .priority = v[i].prio, .action = SP_NONE };
		char buf[128];

		print(&s, false, buf, sizeof(buf));
		ck_assert_str_eq(buf, v[i].text);
	}
}
END_TEST

START_TEST(written_forms)
{
	struct sp_spec s = {
		.priority = SP_PRIO_DEF, .action = SP_IPSEC, .ntmpl = 1, .socket = true
	};
	char buf[128];

	s.tmpl[0] = (struct sp_tmpl){ .proto = PROTO_ESP,
		.mode = MODE_TUNNEL,
		.level = SP_UNIQUE,
		.reqid = 16384,
		.src = { 4, { 192, 0, 2, 1 }, 0 },
		.dst = { 4, { 192, 0, 2, 2 }, 0 } };
	print(&s, true, buf, sizeof(buf));
	ck_assert_str_eq(
	    buf, "in(socket) prio def ipsec esp/tunnel/192.0.2.1[0]-192.0.2.2[0]/unique#16384");
}
END_TEST

START_TEST(direction_alone)
{
	struct sp_spec s = { 0 };
	struct policy_error e;
	unsigned notes;

	ck_assert_int_eq(policy_parse(slice_str(" fwd "), true, &s, &notes, &e), IKE_OK);
	ck_assert_uint_eq(s.id.dir, SP_FWD);
	ck_assert_int_eq(policy_parse(slice_str(" fwd "), false, &s, &notes, &e), IKE_E_SYNTAX);
	ck_assert_int_eq(policy_parse(slice_str("fwd prio"), true, &s, &notes, &e), IKE_E_SYNTAX);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("setkey_policy");
	TCase *t = tcase_create("language");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, accepted, 0, (int)COUNT(good));
	tcase_add_loop_test(t, refused, 0, (int)COUNT(bad));
	tcase_add_loop_test(t, prefixes, 0, (int)COUNT(good));
	tcase_add_test(t, priorities);
	tcase_add_test(t, priorities_written);
	tcase_add_test(t, written_forms);
	tcase_add_test(t, direction_alone);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
