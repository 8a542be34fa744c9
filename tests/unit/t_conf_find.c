/* SPDX-License-Identifier: BSD-3-Clause */
/* Which section serves a peer, which sainfo a pair of selectors, and what proposals come out. */
#include "conf/reader.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct conf *
parsed(const char *text)
{
	struct conf_diags d = { 0 };
	struct buf b = { 0 };
	struct conf *c = NULL;
	ike_err err = test_parse(text, &d, &c);

	for (size_t i = 0; i < d.n; i++)
		ck_assert_int_eq(conf_diag_print(&d.v[i], &b), IKE_OK);
	ck_assert_msg(err == IKE_OK, "%.*s", (int)b.n, (const char *)b.p);
	buf_free(&b);
	conf_diags_free(&d);
	return c;
}

static struct addr
addr(const char *s)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(s, &a), IKE_OK);
	return a;
}

static const char *
best(const struct conf *c, const struct conf_query *q, bool *unique)
{
	const struct conf_remote *r = NULL;
	ike_err err = conf_remote_best(c, q, &r, unique);

	ck_assert(err == IKE_OK || err == IKE_E_NO_CONFIG);
	return err == IKE_OK ? r->name : "none";
}

static const char three_sections[] =
    "remote anonymous { exchange_mode main, ikev2; }\n"
    "remote 192.0.2.1 { exchange_mode main; }\n"
    "remote \"b\" { remote_address 192.0.2.2 [4500]; exchange_mode ikev2; passive on; }\n";

START_TEST(an_address_weighs_more_than_anonymous)
{
	struct conf *c = parsed(three_sections);
	struct conf_query q = { .peer = { addr("192.0.2.1"), 500 } };
	bool unique;

	ck_assert_str_eq(best(c, &q, &unique), "192.0.2.1");
	ck_assert(unique);
	q.peer.port = 4500;
	ck_assert_str_eq(best(c, &q, &unique), "192.0.2.1");
	q.peer.addr = addr("192.0.2.2");
	ck_assert_str_eq(best(c, &q, &unique), "b");
	q.peer.addr = addr("2001:db8::1");
	ck_assert_str_eq(best(c, &q, &unique), "anonymous");
	conf_unref(c);
}
END_TEST

START_TEST(impossible_sections_drop_out)
{
	struct conf *c = parsed(three_sections);
	struct conf_query q = { .peer = { addr("192.0.2.1"), 500 }, .mode = CONF_IKEV2 };
	bool unique;

	ck_assert_str_eq(best(c, &q, &unique), "anonymous");
	q.mode = CONF_MAIN;
	ck_assert_str_eq(best(c, &q, &unique), "192.0.2.1");
	q.mode = CONF_BASE;
	ck_assert_str_eq(best(c, &q, &unique), "none");
	q = (struct conf_query){ .peer = { addr("192.0.2.2"), 500 }, .initiate = true };
	ck_assert_str_eq(best(c, &q, &unique), "anonymous");
	q.initiate = false;
	ck_assert_str_eq(best(c, &q, &unique), "b");
	conf_unref(c);
}
END_TEST

START_TEST(candidates_come_with_the_address_first)
{
	struct conf *c =
	    parsed("remote anonymous { }\nremote \"x\" { remote_address 192.0.2.1; passive on; }\n"
		   "remote \"any2\" { }\nremote \"y\" { remote_address 192.0.2.1; passive on; "
		   "}\nremote 192.0.2.9 { }\n");
	struct conf_query q = { .peer = { addr("192.0.2.1"), 500 } };
	char names[100] = "";

	for (const struct conf_remote *r = conf_remote_next(c, &q, NULL); r != NULL;
	     r = conf_remote_next(c, &q, r))
		strcat(strcat(names, r->name), " ");
	ck_assert_str_eq(names, "x y anonymous any2 ");
	q.peer.addr.family = 0;
	names[0] = 0;
	for (const struct conf_remote *r = conf_remote_next(c, &q, NULL); r != NULL;
	     r = conf_remote_next(c, &q, r))
		strcat(strcat(names, r->name), " ");
	ck_assert_str_eq(names, "anonymous x any2 y 192.0.2.9 ");
	conf_unref(c);
}
END_TEST

START_TEST(a_tie_is_told)
{
	struct conf *c = parsed("remote \"one\" { remote_address 192.0.2.1; }\n"
				"remote \"two\" { remote_address 192.0.2.1 [4500]; }\nremote "
				"\"three\" { remote_address 192.0.2.1; }\n");
	struct conf_query q = { .peer = { addr("192.0.2.1"), 500 } };
	bool unique;

	ck_assert_str_eq(best(c, &q, &unique), "one");
	ck_assert(!unique);
	q.peer.port = 4500;
	ck_assert_str_eq(best(c, &q, &unique), "two");
	ck_assert(unique);
	conf_unref(c);
}
END_TEST

static bool
is_second(const struct conf_remote *r, void *arg)
{
	(void)arg;
	return strcmp(r->name, "two") == 0;
}

START_TEST(identity_and_proposal_decide)
{
	struct conf *c = parsed("remote \"one\" { exchange_mode main; verify_identifier on; "
				"peers_identifier fqdn \"a\"; }\n"
				"remote \"two\" { exchange_mode main, ikev2; peers_identifier fqdn "
				"\"b\"; peers_identifier fqdn \"c\"; }\n");
	struct ident id;
	struct conf_query q = { .mode = CONF_MAIN, .peer_id = &id };
	bool unique;

	ck_assert_int_eq(ident_parse("fqdn", "a", &id), IKE_OK);
	ck_assert_str_eq(best(c, &q, &unique), "one");
	ck_assert_int_eq(ident_parse("fqdn", "c", &id), IKE_OK);
	ck_assert_str_eq(best(c, &q, &unique), "two");
	/* racoon compared only the configured length */
	ck_assert_int_eq(ident_parse("fqdn", "a.evil", &id), IKE_OK);
	ck_assert_str_eq(best(c, &q, &unique), "two");
	q.mode = CONF_IKEV2;
	ck_assert_str_eq(best(c, &q, &unique), "none");
	q = (struct conf_query){ .prop_fits = is_second };
	ck_assert_str_eq(best(c, &q, &unique), "two");
	ck_assert_uint_eq(
	    conf_remote_score(c->remotes[1], &q), CONF_FITS_BASIC | CONF_FITS_PROPOSAL);
	q = (struct conf_query){ .auth_fits = is_second };
	ck_assert_uint_eq(conf_remote_score(c->remotes[0], &q), 0);
	ck_assert_uint_eq(conf_remote_score(c->remotes[1], &q), CONF_FITS_BASIC | CONF_FITS_AUTH);
	conf_unref(c);
}
END_TEST

START_TEST(identifiers_without_a_value)
{
	struct conf *c = parsed("remote \"a\" { verify_identifier on; peers_identifier address; }\n"
				"remote \"d\" { verify_identifier on; peers_identifier asn1dn; "
				"}\nremote \"any\" { }\n");
	struct addr at = addr("192.0.2.1"), other = addr("192.0.2.2");
	struct ident id, dn;

	ck_assert_int_eq(ident_from_addr(&at, &id), IKE_OK);
	ck_assert_int_eq(ident_parse("asn1dn", "CN=x", &dn), IKE_OK);
	ck_assert(conf_remote_id_ok(c->remotes[0], &id, &at));
	ck_assert(!conf_remote_id_ok(c->remotes[0], &id, &other));
	ck_assert(!conf_remote_id_ok(c->remotes[0], &dn, &at));
	ck_assert(conf_remote_id_ok(c->remotes[1], &dn, &at));
	ck_assert(!conf_remote_id_ok(c->remotes[1], &id, &at));
	ck_assert(conf_remote_id_ok(c->remotes[2], &id, &other));
	conf_unref(c);
}
END_TEST

START_TEST(sections_are_found_by_name)
{
	struct conf *c = parsed(three_sections);

	ck_assert_ptr_eq(conf_remote_by_name(c, "b"), c->remotes[2]);
	ck_assert_ptr_eq(conf_remote_by_name(c, "anonymous"), c->remotes[0]);
	ck_assert_ptr_eq(conf_remote_by_name(c, "192.0.2.1"), c->remotes[1]);
	ck_assert_ptr_null(conf_remote_by_name(c, "a"));
	ck_assert_ptr_null(conf_remote_by_name(c, "zz"));
	conf_unref(c);
}
END_TEST

/* --- sainfo */

static struct ts
net(const char *prefix, uint8_t proto, uint16_t port)
{
	struct prefix p;

	ck_assert_int_eq(prefix_parse(prefix, &p), IKE_OK);
	return ts_of_prefix(&p, proto, port);
}

/* The line of the section found, 0: none. */
static unsigned
found(const struct conf *c, const struct conf_sainfo_query *q)
{
	const struct conf_sainfo *s = conf_sainfo_find(c, q);

	return s == NULL ? 0 : s->line;
}

static const char sections[] =
    "sainfo anonymous { }\n"                                       /* 1 */
    "sainfo anonymous address 10.0.2.0/24 any { }\n"               /* 2 */
    "sainfo address 10.0.1.0/24 any anonymous { }\n"               /* 3 */
    "sainfo address 10.0.1.0/24 any address 10.0.2.0/24 any { }\n" /* 4 */
    "sainfo address 10.0.1.0/24 any address 10.0.2.0/24 tcp { }\n" /* 5 */
    "sainfo anonymous from fqdn \"peer\" { }\n"                    /* 6 */
    "sainfo anonymous from asn1dn \"CN=*\" { }\n"                  /* 7 */
    "sainfo anonymous { remoteid 5; }\n"                           /* 8 */
    "sainfo address 10.9.0.1/32 any clientaddr { }\n"              /* 9 */
    "sainfo fqdn \"a\" fqdn \"b\" { }\n"                           /* 10 */
    "sainfo address 10.9.0.2 any anonymous group \"staff\" { }\n"  /* 11 */
    "remote \"x\" { ph1id 5; }\n";

START_TEST(the_most_specific_sainfo_is_found)
{
	struct conf *c = parsed(sections);
	struct ts a = net("10.0.1.0/24", 0, 0), b = net("10.0.2.0/24", 0, 0),
		  o = net("10.7.0.0/16", 0, 0);
	struct ts wide = net("10.0.0.0/8", 0, 0), tcp = net("10.0.2.0/24", 6, 80);
	struct ts port = net("10.0.1.0/24", 0, 0);
	struct conf_sainfo_query q = { .local.ts = &a, .remote.ts = &b };

	ck_assert_uint_eq(found(c, &q), 4);
	/* ports are not compared */
	port.port_lo = port.port_hi = 80;
	q.local.ts = &port;
	ck_assert_uint_eq(found(c, &q), 4);
	/* the protocol is: of both sides */
	q.remote.ts = &tcp;
	ck_assert_uint_eq(found(c, &q), 5);
	q = (struct conf_sainfo_query){ .local.ts = &o, .remote.ts = &b };
	ck_assert_uint_eq(found(c, &q), 2);
	q = (struct conf_sainfo_query){ .local.ts = &a, .remote.ts = &o };
	ck_assert_uint_eq(found(c, &q), 3);
	/* exactly, not "contains" */
	q = (struct conf_sainfo_query){ .local.ts = &wide, .remote.ts = &o };
	ck_assert_uint_eq(found(c, &q), 1);
	conf_unref(c);
}
END_TEST

START_TEST(from_weighs_more_and_needs_the_identity)
{
	struct conf *c = parsed(sections);
	struct ts a = net("10.0.1.0/24", 0, 0), b = net("10.0.2.0/24", 0, 0);
	struct ident peer, dn, other;
	struct conf_sainfo_query q = { .local.ts = &a, .remote.ts = &b, .peer = &peer };

	ck_assert_int_eq(ident_parse("fqdn", "peer", &peer), IKE_OK);
	ck_assert_int_eq(ident_parse("fqdn", "peer2", &other), IKE_OK);
	ck_assert_int_eq(ident_parse("asn1dn", "CN=someone", &dn), IKE_OK);
	ck_assert_uint_eq(found(c, &q), 6);
	q.peer = &dn;
	ck_assert_uint_eq(found(c, &q), 7);
	q.peer = &other;
	ck_assert_uint_eq(found(c, &q), 4);
	/* racoon let `from` match anybody while the identity was not known */
	q.peer = NULL;
	ck_assert_uint_eq(found(c, &q), 4);
	conf_unref(c);
}
END_TEST

START_TEST(remoteid_must_be_equal)
{
	struct conf *c = parsed(sections);
	struct ts a = net("10.0.1.0/24", 0, 0), b = net("10.0.2.0/24", 0, 0);
	struct conf_sainfo_query q = { .local.ts = &a, .remote.ts = &b, .ph1id = 5 };

	ck_assert_uint_eq(found(c, &q), 8);
	q.ph1id = 6;
	ck_assert_uint_eq(found(c, &q), 0);
	conf_unref(c);
}
END_TEST

static bool
is_staff(const char *group, void *arg)
{
	return strcmp(group, "staff") == 0 && *(const bool *)arg;
}

START_TEST(clientaddr_names_and_groups)
{
	struct conf *c = parsed(sections);
	struct ts server = net("10.9.0.1/32", 0, 0), client = net("10.99.0.7/32", 0, 0),
		  peer = net("192.0.2.1/32", 0, 0);
	struct ts group = net("10.9.0.2/32", 0, 0);
	struct ident a, b;
	struct conf_sainfo_query q = { .local.ts = &server,
		.remote.ts = &client,
		.peer_addr = addr("192.0.2.1"),
		.client_addr = addr("10.99.0.7") };
	bool staff = true;

	ck_assert_uint_eq(found(c, &q), 9);
	q.client_addr.family = 0;
	ck_assert_uint_eq(found(c, &q), 1);
	q.remote.ts = &peer;
	ck_assert_uint_eq(found(c, &q), 9);
	ck_assert_int_eq(ident_parse("fqdn", "a", &a), IKE_OK);
	ck_assert_int_eq(ident_parse("fqdn", "b", &b), IKE_OK);
	q = (struct conf_sainfo_query){ .local.id = &a, .remote.id = &b };
	ck_assert_uint_eq(found(c, &q), 10);
	q.remote.id = &a;
	ck_assert_uint_eq(found(c, &q), 1);
	q = (struct conf_sainfo_query){
		.local.ts = &group, .remote.ts = &peer, .in_group = is_staff, .arg = &staff
	};
	ck_assert_uint_eq(found(c, &q), 11);
	staff = false;
	ck_assert_uint_eq(found(c, &q), 1);
	q.in_group = NULL;
	ck_assert_uint_eq(found(c, &q), 1);
	conf_unref(c);
}
END_TEST

static void
expect_prop(const struct prop *p, const char *want)
{
	char s[500];
	struct text t = text_in(s, sizeof(s));

	prop_print(p, &t);
	ck_assert_str_eq(s, want);
}

START_TEST(proposals_of_a_sainfo)
{
	struct conf *c = parsed("sainfo anonymous { pfs_group 14; lifetime time 1 hour;\n"
				"encryption_algorithm aes 256, aes_gcm_16 256, aes 128; "
				"authentication_algorithm non_auth, hmac_sha1;\n"
				"compression_algorithm deflate; }\n"
				"sainfo address 10.0.0.1 any anonymous { authentication_algorithm "
				"non_auth; encryption_algorithm aes_gcm_16;\n"
				"compression_algorithm deflate; }\n");
	const struct conf_sainfo *s = c->sainfos[1], *gcm = c->sainfos[0];
	struct prop p[CONF_CHILD_PROPS];
	size_t n;

	ck_assert_int_eq(conf_child_props(s, PROTO_ESP, MODE_TUNNEL, p, &n), IKE_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(p[0].encr.n, 2);
	ck_assert_uint_eq(p[0].encr.v[1].bits, 128);
	ck_assert_uint_eq(p[0].integ.n, 2);
	ck_assert_uint_eq(p[0].life_sec, 3600);
	ck_assert_uint_eq(p[0].ke.v[0].id, KE_MODP2048);
	ck_assert_uint_eq(p[0].mode, MODE_TUNNEL);
	ck_assert_uint_eq(p[1].encr.v[0].id, ENCR_AES_GCM_16);
	ck_assert_uint_eq(p[1].integ.n, 0);
	ck_assert_int_eq(conf_child_props(s, PROTO_AH, MODE_TRANSPORT, p, &n), IKE_OK);
	ck_assert_uint_eq(n, 1);
	expect_prop(&p[0], "AH transport: hmac_sha1 / modp2048, 3600 s");
	ck_assert_int_eq(conf_child_props(s, PROTO_IPCOMP, MODE_TUNNEL, p, &n), IKE_OK);
	ck_assert_uint_eq(p[0].comp.v[0].id, COMP_DEFLATE);
	ck_assert_int_eq(conf_child_props(gcm, PROTO_AH, MODE_TUNNEL, p, &n), IKE_E_NO_PROPOSAL);
	ck_assert_int_eq(conf_child_props(gcm, PROTO_ESP, MODE_TUNNEL, p, &n), IKE_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(p[0].integ.n, 0);
	conf_unref(c);
}
END_TEST

START_TEST(references_are_counted)
{
	struct conf *c = parsed("remote anonymous { }\n");

	ck_assert_ptr_eq(conf_ref(c), c);
	conf_unref(c);
	ck_assert_uint_eq(c->n_remotes, 1);
	conf_unref(c);
	conf_unref(NULL);
}
END_TEST

START_TEST(the_strict_take_no_leniency)
{
	struct conf_diags d = { .strict = true };
	struct conf *c = NULL;

	ck_assert_int_eq(test_parse("listen { };\n", &d, &c), IKE_E_SYNTAX);
	ck_assert_ptr_null(c);
	ck_assert_uint_eq(d.errors, 1);
	conf_diags_free(&d);
	ck_assert(d.strict);
	ck_assert_int_eq(test_parse("remote anonymous { dpd_delay = 1; }\n", &d, &c), IKE_E_SYNTAX);
	conf_diags_free(&d);
	ck_assert_int_eq(test_parse("sainfo anonymous { encryption_algorithm aes256; }\n", &d, &c),
	    IKE_E_SYNTAX);
	ck_assert_uint_eq(d.errors, 2);
	conf_diags_free(&d);
}
END_TEST

START_TEST(a_file_that_is_not_there)
{
	struct test_reader t = { .mem_name = "t.conf" };
	struct conf_reader r = test_reader(&t);
	struct conf_diags d = { 0 };
	struct conf *c = NULL;

	ck_assert_int_eq(conf_parse(&r, "other.conf", &d, &c), IKE_E_SYNTAX);
	ck_assert_ptr_null(c);
	ck_assert_uint_eq(d.n, 1);
	ck_assert_str_eq(d.v[0].file, "other.conf");
	ck_assert_str_eq(d.v[0].text, "cannot read the configuration: no such file");
	conf_diags_free(&d);
}
END_TEST

START_TEST(messages_are_bounded_and_counted)
{
	struct buf text = { 0 };
	struct conf_diags d = { 0 };
	struct conf *c = NULL;

	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(buf_append(&text, slice_str("lgo debug;\n")), IKE_OK);
	ck_assert_int_eq(buf_append(&text, slice_of("", 1)), IKE_OK);
	ck_assert_int_eq(test_parse((const char *)text.p, &d, &c), IKE_E_SYNTAX);
	ck_assert_uint_eq(d.n, CONF_DIAGS_MAX);
	ck_assert_uint_eq(d.errors, 1000);
	ck_assert_uint_eq(d.v[CONF_DIAGS_MAX - 1].line, CONF_DIAGS_MAX);
	conf_diags_free(&d);
	buf_free(&text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("conf lookups");
	TCase *tc = tcase_create("lookups");

	tcase_add_test(tc, an_address_weighs_more_than_anonymous);
	tcase_add_test(tc, impossible_sections_drop_out);
	tcase_add_test(tc, candidates_come_with_the_address_first);
	tcase_add_test(tc, a_tie_is_told);
	tcase_add_test(tc, identity_and_proposal_decide);
	tcase_add_test(tc, identifiers_without_a_value);
	tcase_add_test(tc, sections_are_found_by_name);
	tcase_add_test(tc, the_most_specific_sainfo_is_found);
	tcase_add_test(tc, from_weighs_more_and_needs_the_identity);
	tcase_add_test(tc, remoteid_must_be_equal);
	tcase_add_test(tc, clientaddr_names_and_groups);
	tcase_add_test(tc, proposals_of_a_sainfo);
	tcase_add_test(tc, references_are_counted);
	tcase_add_test(tc, the_strict_take_no_leniency);
	tcase_add_test(tc, a_file_that_is_not_there);
	tcase_add_test(tc, messages_are_bounded_and_counted);
	suite_add_tcase(s, tc);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
