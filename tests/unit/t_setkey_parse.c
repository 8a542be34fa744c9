/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * setkey's statements: every one with every option, what is refused with which words, what is tolerated with a warning.
 */
#include "setkey/print.h"
#include "unit/fail_alloc.h"

#include <stdio.h>
#include <string.h>

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

/* --- an environment that knows a few names --- */

struct warnings {
	unsigned n, line;
	char text[160];
};

static size_t
host(void *arg, const char *name, uint8_t family, bool numeric, struct addr *out, size_t max)
{
	size_t n = 0;

	(void)arg;
	if (numeric || max < 3)
		return 0;
	if (strcmp(name, "two.example") == 0 && family != 6) {
		out[n++] = (struct addr){ 4, { 192, 0, 2, 1 }, 0 };
		out[n++] = (struct addr){ 4, { 192, 0, 2, 2 }, 0 };
	}
	if (strcmp(name, "two.example") == 0 && family != 4)
		out[n++] = (struct addr){ 6, { 0x20, 1, 0xd, 0xb8 }, 0 };
	return n;
}

static bool
service(void *arg, const char *name, uint16_t *out)
{
	(void)arg;
	if (strcmp(name, "mine") != 0)
		return false;
	*out = 1234;
	return true;
}

static bool
protocol(void *arg, const char *name, uint8_t *out)
{
	(void)arg;
	if (strcmp(name, "odd") != 0)
		return false;
	*out = 99;
	return true;
}

static void
warn(void *arg, unsigned line, const char *text)
{
	struct warnings *w = arg;

	w->n++;
	w->line = line;
	snprintf(w->text, sizeof(w->text), "%s", text);
}

static struct warnings warned;
static const struct setkey_env env = {
	.arg = &warned, .host = host, .service = service, .protocol = protocol, .warn = warn
};

static struct setkey_list list;

static void
begin(void)
{
	memset(&warned, 0, sizeof(warned));
	memset(&list, 0, sizeof(list));
}

static void
end(void)
{
	setkey_list_free(&list);
}

/* Parse |text| alone. */
static const struct setkey_stmt *
parse(const char *text)
{
	struct setkey_source src = { text, strlen(text), 1 };

	setkey_list_free(&list);
	memset(&warned, 0, sizeof(warned));
	ck_assert_int_eq(setkey_parse(&src, &env, &list), IKE_OK);
	ck_assert_uint_ge(list.n, 1);
	return &list.v[0];
}

static const struct setkey_sa *
parse_sa(const char *text, enum setkey_verb verb)
{
	const struct setkey_stmt *s = parse(text);

	ck_assert_msg(s->error == NULL, "%s", s->error != NULL ? s->error : "");
	ck_assert_int_eq(s->verb, verb);
	ck_assert_ptr_nonnull(s->sa);
	return s->sa;
}

static const struct sp_spec *
parse_sp(const char *text, enum setkey_verb verb)
{
	const struct setkey_stmt *s = parse(text);

	ck_assert_msg(s->error == NULL, "%s", s->error != NULL ? s->error : "");
	ck_assert_int_eq(s->verb, verb);
	ck_assert_ptr_nonnull(s->sp);
	return &s->sp->spec;
}

static void
check_addr(const struct addr *a, const char *text)
{
	struct addr_buf b;

	ck_assert_str_eq(addr_text(a, &b), text);
}

/* --- SAs --- */

#define KEY16 "0x00112233445566778899aabbccddeeff"
#define KEY32 KEY16 "00112233445566778899aabbccddeeff"

START_TEST(add_with_everything)
{
	const struct setkey_sa *sa = parse_sa(
	    "add -4 192.0.2.1 192.0.2.2 esp 0x1001 -m tunnel -u 7 -r 64 -lh 3600 -ls 2880\n"
	    "-bh 100000000 -bs 80000000 -f nocyclic-seq -ctx 1 2 \"s:o\"\n"
	    "-E aes-cbc " KEY16 " -A hmac-sha256 " KEY32 ";",
	    SETKEY_ADD);
	const struct sa_spec *s = &sa->spec;

	check_addr(&s->src, "192.0.2.1");
	check_addr(&s->id.dst, "192.0.2.2");
	ck_assert_uint_eq(s->id.proto, PROTO_ESP);
	ck_assert_uint_eq(s->id.spi, 0x1001);
	ck_assert_uint_eq(s->mode, MODE_TUNNEL);
	ck_assert_uint_eq(s->reqid, 7);
	ck_assert_uint_eq(s->replay_window, 64);
	ck_assert_uint_eq(s->life.hard_sec, 3600);
	ck_assert_uint_eq(s->life.soft_sec, 2880);
	ck_assert_uint_eq(s->life.hard_bytes, 100000000);
	ck_assert_uint_eq(s->life.soft_bytes, 80000000);
	ck_assert_str_eq(sa->label.ctx, "s:o");
	ck_assert_uint_eq(sa->label.doi, 1);
	ck_assert_uint_eq(sa->label.alg, 2);
	ck_assert_uint_eq(s->encr, ENCR_AES_CBC);
	ck_assert_uint_eq(s->encr_bits, 128);
	/* 96 bits, as setkey on Linux always had it */
	ck_assert_uint_eq(s->integ, INTEG_HMAC_SHA256_96);
	ck_assert_uint_eq(sa->keys.encr_len, 16);
	ck_assert_uint_eq(sa->keys.encr[15], 0xff);
	ck_assert_uint_eq(sa->keys.integ_len, 32);
	ck_assert_uint_eq(warned.n, 0);
}
END_TEST

static const struct {
	const char *alg;
	unsigned bytes;
	uint16_t id;
	bool refuse;
} encrs[] = {
	{ "des-cbc", 8, ENCR_DES, false }, { "3des-cbc", 24, ENCR_3DES, false }, { "blowfish-cbc", 5, ENCR_BLOWFISH, false },
	{ "blowfish-cbc", 56, ENCR_BLOWFISH, false }, { "cast128-cbc", 16, ENCR_CAST128, false },
	{ "des-deriv", 8, ENCR_DES_IV64, true }, { "des-32iv", 8, ENCR_DES_IV32, true },
	{ "twofish-cbc", 32, ENCR_TWOFISH, false }, { "aes-cbc", 24, ENCR_AES_CBC, false },
	{ "rijndael-cbc", 32, ENCR_AES_CBC, false }, { "aes-ctr", 20, ENCR_AES_CTR, false },
	{ "camellia-cbc", 16, ENCR_CAMELLIA_CBC, false }, { "aes-gcm-16", 36, ENCR_AES_GCM_16, false },
	{ "null", 0, ENCR_NULL, false }, { "simple", 0, ENCR_NULL, false },
}, integs[] = {
	{ "hmac-md5", 16, INTEG_HMAC_MD5_96, false }, { "hmac-sha1", 20, INTEG_HMAC_SHA1_96, false },
	{ "keyed-md5", 16, INTEG_KEYED_MD5, true }, { "keyed-sha1", 20, INTEG_KEYED_SHA1, true },
	{ "null", 0, INTEG_NONE, false }, { "hmac-sha256", 32, INTEG_HMAC_SHA256_96, false },
	{ "hmac-sha2-256", 32, INTEG_HMAC_SHA256_96, false }, { "hmac-sha256-128", 32, INTEG_HMAC_SHA256_128, false },
	{ "hmac-sha384", 48, INTEG_HMAC_SHA384_192, false }, { "hmac-sha2-384", 48, INTEG_HMAC_SHA384_192, false },
	{ "hmac-sha512", 64, INTEG_HMAC_SHA512_256, false }, { "hmac-sha2-512", 64, INTEG_HMAC_SHA512_256, false },
	{ "hmac-ripemd160", 20, INTEG_HMAC_RIPEMD160_96, false }, { "aes-xcbc-mac", 16, INTEG_AES_XCBC_96, false },
};

static void
add_key(char *text, size_t cap, unsigned bytes)
{
	size_t n = strlen(text);

	if (bytes != 0)
		n += (size_t)snprintf(text + n, cap - n, " 0x");
	for (unsigned i = 0; i < bytes; i++)
		n += (size_t)snprintf(text + n, cap - n, "%02x", i + 1);
	snprintf(text + n, cap - n, ";");
}

START_TEST(encryption)
{
	char text[512];
	const struct setkey_sa *sa;

	snprintf(text, sizeof(text), "add 192.0.2.1 192.0.2.2 esp 1 -E %s", encrs[_i].alg);
	add_key(text, sizeof(text), encrs[_i].bytes);
	sa = parse_sa(text, SETKEY_ADD);
	ck_assert_uint_eq(sa->spec.encr, encrs[_i].id);
	ck_assert_uint_eq(sa->keys.encr_len, encrs[_i].bytes);
	ck_assert((list.v[0].refuse != NULL) == encrs[_i].refuse);
	/* one byte more fits none of these */
	snprintf(text, sizeof(text), "add 192.0.2.1 192.0.2.2 esp 1 -E %s", encrs[_i].alg);
	add_key(text, sizeof(text), encrs[_i].bytes + (encrs[_i].id == ENCR_BLOWFISH ? 60 : 1));
	ck_assert_ptr_nonnull(parse(text)->error);
}
END_TEST

START_TEST(authentication)
{
	char text[512];
	const struct setkey_sa *sa;

	snprintf(text, sizeof(text), "add 192.0.2.1 192.0.2.2 ah 1 -A %s", integs[_i].alg);
	add_key(text, sizeof(text), integs[_i].bytes);
	sa = parse_sa(text, SETKEY_ADD);
	ck_assert_uint_eq(sa->spec.integ, integs[_i].id);
	ck_assert_uint_eq(sa->keys.integ_len, integs[_i].bytes);
	ck_assert((list.v[0].refuse != NULL) == integs[_i].refuse);
	snprintf(text, sizeof(text), "add 192.0.2.1 192.0.2.2 ah 1 -A %s", integs[_i].alg);
	add_key(text, sizeof(text), integs[_i].bytes + 1);
	ck_assert_ptr_nonnull(parse(text)->error);
}
END_TEST

START_TEST(compression)
{
	const struct setkey_sa *sa =
	    parse_sa("add 192.0.2.1 192.0.2.2 ipcomp 0x1005 -m transport -C deflate;", SETKEY_ADD);

	ck_assert_uint_eq(sa->spec.comp, COMP_DEFLATE);
	sa = parse_sa("add 192.0.2.1 192.0.2.2 ipcomp 0x1005 -C deflate -R;", SETKEY_ADD);
	ck_assert_uint_eq(sa->spec.comp, COMP_DEFLATE);
	sa = parse_sa("add 192.0.2.1 192.0.2.2 ipcomp 0x1005 -C lzs;", SETKEY_ADD);
	ck_assert_uint_eq(sa->spec.comp, COMP_LZS);
	(void)parse_sa("add 192.0.2.1 192.0.2.2 ipcomp 0x1005 -C oui;", SETKEY_ADD);
	ck_assert_ptr_nonnull(list.v[0].refuse);
}
END_TEST

START_TEST(keys)
{
	const struct setkey_sa *sa;

	sa = parse_sa("add 192.0.2.1 192.0.2.2 esp 1 -E aes-cbc \"sixteen;byte#key\";", SETKEY_ADD);
	ck_assert_mem_eq(sa->keys.encr, "sixteen;byte#key", 16);
	/* an odd number of digits gets a zero in front */
	sa = parse_sa("add 192.0.2.1 192.0.2.2 esp 1 -E des-cbc 0x123456789aBcDeF;", SETKEY_ADD);
	ck_assert_mem_eq(sa->keys.encr, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
	/* both orders, and null with nothing behind it */
	sa = parse_sa("add 192.0.2.1 192.0.2.2 esp 1 -A null -E null;", SETKEY_ADD);
	ck_assert_uint_eq(sa->spec.encr, ENCR_NULL);
}
END_TEST

START_TEST(encapsulation)
{
	const struct setkey_sa *sa =
	    parse_sa("add 192.0.2.1 192.0.2.2 esp-udp 1 -E null;", SETKEY_ADD);

	ck_assert_uint_eq(sa->spec.encap_sport, 4500);
	ck_assert_uint_eq(sa->spec.encap_dport, 4500);
	sa =
	    parse_sa("add 192.0.2.1[7] 192.0.2.2 [ mine ] esp-udp 10.0.0.9 1 -E null;", SETKEY_ADD);
	ck_assert_uint_eq(sa->spec.encap_sport, 7);
	ck_assert_uint_eq(sa->spec.encap_dport, 1234);
	check_addr(&sa->spec.encap_oa, "10.0.0.9");
	sa = parse_sa("add ::1 ::2 esp-udp OA 2001:db8::9 1 -E null;", SETKEY_ADD);
	check_addr(&sa->spec.encap_oa, "2001:db8::9");
	/* ports of plain ESP mean nothing */
	sa = parse_sa("add 192.0.2.1[7] 192.0.2.2[8] esp 1 -E null;", SETKEY_ADD);
	ck_assert_uint_eq(sa->spec.encap_sport, 0);
}
END_TEST

START_TEST(other_sa_statements)
{
	const struct setkey_sa *sa =
	    parse_sa("get 192.0.2.1 192.0.2.2 ah 0x9 -m any -u 5;", SETKEY_GET);

	ck_assert_uint_eq(sa->spec.id.spi, 9);
	ck_assert_uint_eq(sa->spec.id.proto, PROTO_AH);
	sa = parse_sa("delete -6n 2001:db8::1 2001:db8::2 esp 4097;", SETKEY_DELETE);
	ck_assert_uint_eq(sa->spec.id.spi, 4097);
	sa = parse_sa("deleteall 192.0.2.1 192.0.2.2 ipcomp;", SETKEY_DELETEALL);
	ck_assert_uint_eq(sa->spec.id.proto, PROTO_IPCOMP);
	sa = parse_sa("update 192.0.2.1 192.0.2.2 esp 9 -E null;", SETKEY_UPDATE);
	ck_assert_uint_eq(sa->spec.id.spi, 9);
	sa = parse_sa("flush;", SETKEY_FLUSH);
	ck_assert_uint_eq(sa->spec.id.proto, PROTO_NONE);
	sa = parse_sa("flush ah;", SETKEY_FLUSH);
	ck_assert_uint_eq(sa->spec.id.proto, PROTO_AH);
	sa = parse_sa("dump;", SETKEY_DUMP);
	ck_assert_uint_eq(sa->spec.id.proto, PROTO_NONE);
	sa = parse_sa("dump esp-udp;", SETKEY_DUMP);
	ck_assert_uint_eq(sa->spec.id.proto, PROTO_ESP);
	/* BSD's: valid, and said to be impossible */
	(void)parse_sa("add 192.0.2.1 192.0.2.2 tcp 0x1000 -A tcp-md5 \"pw\";", SETKEY_ADD);
	ck_assert_ptr_nonnull(strstr(list.v[0].refuse, "TCP-MD5"));
	(void)parse_sa("delete 192.0.2.1 192.0.2.2 ah-old 9;", SETKEY_DELETE);
	ck_assert_ptr_nonnull(list.v[0].refuse);
}
END_TEST

START_TEST(host_names)
{
	const struct setkey_sa *sa =
	    parse_sa("add -4 two.example 192.0.2.9 esp 1 -E null;", SETKEY_ADD);

	ck_assert_uint_eq(sa->nsrc, 2);
	ck_assert_uint_eq(sa->ndst, 1);
	check_addr(&sa->src[1], "192.0.2.2");
	sa = parse_sa("add two.example 2001:db8::9 esp 1 -E null;", SETKEY_ADD);
	ck_assert_uint_eq(sa->nsrc, 3);
	ck_assert_str_eq(parse("add -n two.example 192.0.2.9 esp 1 -E null;")->error,
	    "line 1: not a numeric address at [two.example]");
	ck_assert_str_eq(parse("add nowhere.example 192.0.2.9 esp 1 -E null;")->error,
	    "line 1: cannot resolve address at [nowhere.example]");
	ck_assert_str_eq(parse("spdadd -4 two.example 192.0.2.9 any -P out none;")->error,
	    "line 1: more than one address at [two.example]");
}
END_TEST

/* --- policies --- */

START_TEST(selectors)
{
	const struct sp_spec *s =
	    parse_sp("spdadd 10.1.2.3 10.2.0.0/16[8140] any -P out none;", SETKEY_SPDADD);
	struct addr_buf b;

	ck_assert_str_eq(prefix_text(&s->id.sel.src, &b), "10.1.2.3/32");
	ck_assert_str_eq(prefix_text(&s->id.sel.dst, &b), "10.2.0.0/16");
	ck_assert_uint_eq(s->id.sel.sport, 0);
	ck_assert(!s->id.sel.sport_set);
	ck_assert_uint_eq(s->id.sel.dport, 8140);
	ck_assert_uint_eq(s->id.sel.proto, 0);
	ck_assert_uint_eq(s->priority, SP_PRIO_DEF);
	s = parse_sp(
	    "spdupdate 0.0.0.0/0[any] 0.0.0.0/0 [ssh] tcp -ctx 1 1 \"a\" -P in prio def +100 none;",
	    SETKEY_SPDUPDATE);
	ck_assert_uint_eq(s->id.sel.dport, 22);
	ck_assert_uint_eq(s->id.sel.proto, 6);
	ck_assert_uint_eq(s->priority, SP_PRIO_DEF - 100);
	ck_assert_str_eq(s->ctx, "a");
	s = parse_sp("spdadd 0.0.0.0/0[l2tp] 0.0.0.0/0[mine] udp -P in none;", SETKEY_SPDADD);
	ck_assert_uint_eq(s->id.sel.sport, 1701);
	ck_assert_uint_eq(s->id.sel.dport, 1234);
	s = parse_sp("spddelete -6 ::/0 2001:db8::/32 255 -P fwd;", SETKEY_SPDDELETE);
	ck_assert_uint_eq(s->id.dir, SP_FWD);
	ck_assert_uint_eq(s->id.sel.proto, 0);
	/* a whole policy behind a direction is tolerated there */
	s = parse_sp("spddelete ::/0 2001:db8::/32 any -P in ipsec esp/transport//require;",
	    SETKEY_SPDDELETE);
	ck_assert_uint_eq(s->id.dir, SP_IN);
	(void)parse_sp("spdadd tagged \"tag\" -P in none;", SETKEY_SPDADD);
	ck_assert_ptr_nonnull(list.v[0].refuse);
}
END_TEST

static const struct {
	const char *upper;
	uint8_t proto;
	uint16_t sport, dport;
	bool sport_set, dport_set;
} uppers[] = {
	{ "icmp", 1, 0, 0, false, false },
	{ "icmp 8,0", 1, 8, 0, true, false },
	{ "icmp 3,4", 1, 3, 4, true, true },
	{ "icmp 0,0", 1, 0, 0, true, false },
	{ "icmp 8", 1, 8, 0, true, false },
	{ "icmp6 135,0", 58, 135, 0, true, false },
	{ "ipv6-icmp 1,3", 58, 1, 3, true, true },
	{ "mh 5,0", 135, 5, 0, true, false },
	{ "135 5,0", 135, 5, 0, true, false },
	{ "gre", 47, 0, 0, false, false },
	{ "gre 1.2.3.4", 47, 0x0102, 0x0304, true, true },
	{ "gre 66051", 47, 1, 515, true, true },
	{ "ip4", 4, 0, 0, false, false },
	{ "odd", 99, 0, 0, false, false },
	{ "17", 17, 0, 0, false, false },
	{ "udp", 17, 0, 0, false, false },
};

START_TEST(upper_layers)
{
	char text[128];
	const struct sa_selector *sel;

	snprintf(
	    text, sizeof(text), "spdadd 0.0.0.0/0 0.0.0.0/0 %s -P out none;", uppers[_i].upper);
	sel = &parse_sp(text, SETKEY_SPDADD)->id.sel;
	ck_assert_uint_eq(sel->proto, uppers[_i].proto);
	ck_assert_uint_eq(sel->sport, uppers[_i].sport);
	ck_assert_uint_eq(sel->dport, uppers[_i].dport);
	ck_assert(sel->sport_set == uppers[_i].sport_set);
	ck_assert(sel->dport_set == uppers[_i].dport_set);
}
END_TEST

START_TEST(forward_twins)
{
	struct sp_spec twin;
	const struct sp_spec *s = parse_sp("spdadd ::/0 ::/0 any -P out none;", SETKEY_SPDADD);

	ck_assert(!setkey_fwd_twin(s, &twin));
	s = parse_sp("spdadd ::/0 ::/0 any -P in ipsec esp/transport//unique:5 ah/transport//use;",
	    SETKEY_SPDADD);
	ck_assert(setkey_fwd_twin(s, &twin));
	ck_assert_uint_eq(twin.id.dir, SP_FWD);
	ck_assert_uint_eq(twin.tmpl[0].level, SP_REQUIRE);
	ck_assert_uint_eq(twin.tmpl[0].reqid, 0);
	ck_assert_uint_eq(twin.tmpl[1].level, SP_USE);
	s = parse_sp("spdadd ::/0 ::/0 any -P in bypass;", SETKEY_SPDADD);
	ck_assert(!setkey_fwd_twin(s, &twin));
}
END_TEST

/* --- whole texts --- */

START_TEST(order_and_lines)
{
	static const enum setkey_verb verbs[] = { SETKEY_SPDFLUSH, SETKEY_SPDDUMP, SETKEY_ERROR,
		SETKEY_FLUSH, SETKEY_EXIT, SETKEY_EXIT, SETKEY_EXIT };
	static const unsigned lines[] = { 2, 2, 3, 5, 5, 6, 6 };

	(void)parse("# comment; spdadd\nspdflush; spddump;;\n bogus \"x;y\" # more;\n ;\n "
		    "flush;exit;\nquit;bye;\n#end");
	ck_assert_uint_eq(list.n, COUNT(verbs));
	ck_assert_uint_eq(list.errors, 1);
	for (size_t i = 0; i < COUNT(verbs); i++) {
		ck_assert_int_eq(list.v[i].verb, verbs[i]);
		ck_assert_uint_eq(list.v[i].line, lines[i]);
	}
	ck_assert_str_eq(list.v[2].error, "line 3: syntax error at [bogus]");
}
END_TEST

static const struct {
	const char *text, *error;
} bad[] = {
	{ "spdget;", "line 1: syntax error at [spdget]" },
	{ "ADD 1 2 esp 3;", "line 1: syntax error at [ADD]" },
	{ "flush", "line 1: missing ;" },
	{ "flush\nspdflush;", "line 2: unknown protocol at [spdflush]" },
	{ "spdflush now;", "line 1: syntax error at [now]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 { -E null;", "line 1: Syntax error at [{]" },
	{ "add $LOCAL 192.0.2.2 esp 1 -E null;", "line 1: Syntax error at [$]" },
	{ "add {{ x }} 192.0.2.2 esp 1 -E null;", "line 1: Syntax error at [{]" },
	{ "add IPPADDRESS 192.0.2.2 esp 1 -E null;",
	    "line 1: cannot resolve address at [IPPADDRESS]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -E null \\ -A null;", "line 1: Syntax error at [\\\\]" },
	{ "add -5 192.0.2.1 192.0.2.2 esp 1;", "line 1: unknown option at [-5]" },
	{ "add -6 192.0.2.1 192.0.2.2 esp 1;", "line 1: address family mismatch at [192.0.2.1]" },
	{ "add 192.0.2.1 ::1 esp 1 -E null;",
	    "line 1: address families of source and destination differ at [esp]" },
	{ "add 192.0.2.1 192.0.2.2 sctp 1;", "line 1: unknown protocol at [sctp]" },
	{ "add 192.0.2.1 192.0.2.2 esp x;", "line 1: invalid SPI at [x]" },
	{ "add 192.0.2.1 192.0.2.2 esp 0x100000000;", "line 1: invalid SPI at [0x100000000]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1;", "line 1: ESP needs -E at [;]" },
	{ "add 192.0.2.1 192.0.2.2 ah 1;", "line 1: -A is missing at [;]" },
	{ "add 192.0.2.1 192.0.2.2 ah 1 -E null -A null;", "line 1: -E is for esp at [;]" },
	{ "add 192.0.2.1 192.0.2.2 ipcomp 1;", "line 1: IPComp needs -C at [;]" },
	{ "add 192.0.2.1 192.0.2.2 ipcomp 1 -C deflate -A null;",
	    "line 1: algorithm does not fit the protocol at [;]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -E null -C deflate;", "line 1: -C is for ipcomp at [;]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -m beet -E null;", "line 1: unknown mode at [beet]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -f cyclic-seq -E null;",
	    "line 1: unknown flag at [cyclic-seq]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -u -E null;", "line 1: invalid reqid at [-E]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -r x -E null;", "line 1: invalid replay window at [x]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -lh 1h -E null;", "line 1: invalid lifetime at [1h]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -q -E null;", "line 1: syntax error at [-q]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -E 3des-deriv 0x11;",
	    "line 1: an algorithm of racoon's manual that nothing has; write 3des-cbc, at [3des-deriv]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -E aes-cbc;",
	    "line 1: a key is \"text\" or 0x and hexadecimal digits at [;]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -E aes-cbc 1234;",
	    "line 1: a key is \"text\" or 0x and hexadecimal digits at [...]" },
	/* keys do not show */
	{ "add 192.0.2.1 192.0.2.2 esp 1 -E aes-cbc 0x12345g;", "line 1: invalid key at [0x...]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -E aes-cbc \"short\";",
	    "line 1: invalid key length of 40 bits, must be 128 to 256 in steps of 64, at "
	    "[aes-cbc]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -E aes-ctr " KEY16 ";",
	    "line 1: invalid key length of 128 bits, must be 160 to 288 in steps of 64, at "
	    "[aes-ctr]" },
	{ "add 192.0.2.1 192.0.2.2 ah 1 -A hmac-sha1 " KEY16 ";",
	    "line 1: invalid key length of 128 bits, must be 160, at [hmac-sha1]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -E null \"secret\";",
	    "line 1: syntax error at [\"...\"]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -E null -A sha1 0x1;",
	    "line 1: unknown authentication algorithm at [sha1]" },
	{ "add 192.0.2.1 192.0.2.2 ipcomp 1 -C gzip;",
	    "line 1: unknown compression algorithm at [gzip]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -ctx 1 1 x -E null;",
	    "line 1: invalid security context at [x]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -ctx 256 1 \"x\" -E null;",
	    "line 1: invalid security context DOI at [256]" },
	{ "add 192.0.2.1 192.0.2.2 esp 1 -E des-cbc \"unclosed;", "line 1: Syntax error at [\"]" },
	{ "spdadd 10.0.0.0/33 0.0.0.0/0 any -P out none;",
	    "line 1: invalid prefix length at [10.0.0.0/33]" },
	{ "spdadd ::/129 ::/0 any -P out none;", "line 1: invalid prefix length at [::/129]" },
	{ "spdadd 10.0.0.0/ ::/0 any -P out none;",
	    "line 1: invalid prefix length at [10.0.0.0/]" },
	{ "spdadd 10.0.0.0/8 ::/0 any -P out none;",
	    "line 1: address families of source and destination differ at [any]" },
	{ "spdadd ::/0[nonesuch] ::/0 any -P out none;", "line 1: unknown port at [nonesuch]" },
	{ "spdadd -n ::/0[ssh] ::/0 any -P out none;", "line 1: unknown port at [ssh]" },
	{ "spdadd ::/0[65536] ::/0 any -P out none;", "line 1: unknown port at [65536]" },
	{ "spdadd ::/0[] ::/0 any -P out none;", "line 1: invalid port" },
	{ "spdadd ::/0[22 ::/0 any -P out none;", "line 1: Syntax error at [[]" },
	{ "spdadd ::/0 ::/0 nonesuch -P out none;",
	    "line 1: unknown upper layer protocol at [nonesuch]" },
	{ "spdadd ::/0 ::/0 256 -P out none;", "line 1: unknown upper layer protocol at [256]" },
	{ "spdadd ::/0 ::/0 tcp 1,2 -P out none;",
	    "line 1: only icmp, icmp6, mh and gre take more than the protocol at [1,2]" },
	{ "spdadd ::/0 ::/0 icmp6 256,0 -P out none;", "line 1: expected type,code at [256,0]" },
	{ "spdadd ::/0 ::/0 gre x -P out none;", "line 1: invalid GRE key at [x]" },
	{ "spdadd ::/0 ::/0 any out none;",
	    "line 1: only icmp, icmp6, mh and gre take more than the protocol at [out]" },
	{ "spdadd ::/0 ::/0 any;", "line 1: expected -P at [;]" },
	{ "spdadd ::/0 ::/0 any -P out\nipsec esp/transport//must;",
	    "line 1: unknown level at [must]" },
	{ "spdadd ::/0 ::/0 any -P out none", "line 1: missing ;" },
	{ "spdadd tagged x -P out none;", "line 1: expected a tag at [x]" },
};

START_TEST(refused)
{
	char text[512];

	ck_assert_ptr_nonnull(parse(bad[_i].text)->error);
	ck_assert_str_eq(list.v[0].error, bad[_i].error);
	/* what follows is read all the same, if there was an end */
	if (strchr(bad[_i].text, ';') == NULL || strchr(bad[_i].text, '"') != NULL)
		return;
	snprintf(text, sizeof(text), "%s\nspdflush;", bad[_i].text);
	(void)parse(text);
	ck_assert_int_eq(list.v[list.n - 1].verb, SETKEY_SPDFLUSH);
}
END_TEST

static const struct {
	const char *text, *warning;
	unsigned line;
} tolerated[] = {
	{ "spdadd ::/0 ::/0 any \\\n -P out none;",
	    "backslash at the end of a line is not needed, ignored", 1 },
	{ "spdadd ::/0 \\ \r\n ::/0 any -P out none;",
	    "backslash at the end of a line is not needed, ignored", 1 },
	{ "spdadd ::/0 ::/0 any -P out \\\n none;",
	    "comment or backslash inside a policy: other versions of setkey refuse it", 1 },
	{ "\nspdadd ::/0 ::/0 any -P out # why; not\n none;",
	    "comment or backslash inside a policy: other versions of setkey refuse it", 2 },
	{ "spdadd ::/0 ::/0 any -P out ipsec esp/transport//unique:20000;",
	    "unique:N ends at 16383, an unused number is chosen instead", 1 },
	{ "spdadd ::/0 ::/0 any -P out ipsec esp/transport/::1-::2/use;",
	    "addresses in transport mode are ignored", 1 },
	{ "add ::1 ::2 esp 1 -f zero-pad -E null;",
	    "the style of padding cannot be chosen on Linux, ignored", 1 },
	{ "add ::1 ::2 esp 1 -esp_frag 552 -E null;", "-esp_frag is not known on Linux, ignored",
	    1 },
};

START_TEST(tolerated_with_warning)
{
	ck_assert_ptr_null(parse(tolerated[_i].text)->error);
	ck_assert_uint_eq(list.n, 1);
	ck_assert_uint_eq(warned.n, 1);
	ck_assert_str_eq(warned.text, tolerated[_i].warning);
	ck_assert_uint_eq(warned.line, tolerated[_i].line);
}
END_TEST

START_TEST(complete_part)
{
	static const struct {
		const char *text;
		size_t n;
	} v[] = {
		{ "", 0 },
		{ "flush", 0 },
		{ "flush;", 6 },
		{ "flush; spd", 6 },
		{ "flush; spdflush;\n", 16 },
		{ "# a;b", 0 },
		{ "# a;b\nx;", 8 },
		{ "\"a;b", 0 },
		{ "\"a;b\";", 6 },
	};

	for (size_t i = 0; i < COUNT(v); i++) {
		struct setkey_source src = { v[i].text, strlen(v[i].text), 1 };

		ck_assert_uint_eq(setkey_complete(&src), v[i].n);
	}
}
END_TEST

/* A text that goes on: its lines count on, and statements are appended. */
START_TEST(in_parts)
{
	struct setkey_source a = { "flush;", 6, 1 }, b = { "x;", 2, 7 };

	ck_assert_int_eq(setkey_parse(&a, NULL, &list), IKE_OK);
	ck_assert_int_eq(setkey_parse(&b, NULL, &list), IKE_OK);
	ck_assert_uint_eq(list.n, 2);
	ck_assert_str_eq(list.v[1].error, "line 7: syntax error at [x]");
}
END_TEST

START_TEST(known_names)
{
	uint16_t port;
	uint8_t proto;

	ck_assert(setkey_known_service("isakmp", &port));
	ck_assert_uint_eq(port, 500);
	ck_assert(!setkey_known_service("SSH", &port));
	ck_assert(setkey_known_protocol("icmp6", &proto));
	ck_assert_str_eq(setkey_known_protocol_name(proto), "ipv6-icmp");
	ck_assert_ptr_null(setkey_known_protocol_name(255));
	ck_assert(setkey_libc_env.service(NULL, "nonesuch-service", &port) == false);
}
END_TEST

START_TEST(memory)
{
	static const char text[] =
	    "add 192.0.2.1 192.0.2.2 esp 1 -E null; bogus; spdadd ::/0 ::/0 any -P out none;";
	struct setkey_source src = { text, sizeof(text) - 1, 1 };

	FAIL_EACH_ALLOC({
		struct setkey_list l = { 0 };
		ike_err err = setkey_parse(&src, NULL, &l);

		ck_assert(err == (fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK));
		setkey_list_free(&l);
	});
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("setkey_parse");
	TCase *t = tcase_create("statements");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, add_with_everything);
	tcase_add_loop_test(t, encryption, 0, (int)COUNT(encrs));
	tcase_add_loop_test(t, authentication, 0, (int)COUNT(integs));
	tcase_add_test(t, compression);
	tcase_add_test(t, keys);
	tcase_add_test(t, encapsulation);
	tcase_add_test(t, other_sa_statements);
	tcase_add_test(t, host_names);
	tcase_add_test(t, selectors);
	tcase_add_loop_test(t, upper_layers, 0, (int)COUNT(uppers));
	tcase_add_test(t, forward_twins);
	tcase_add_test(t, order_and_lines);
	tcase_add_loop_test(t, refused, 0, (int)COUNT(bad));
	tcase_add_loop_test(t, tolerated_with_warning, 0, (int)COUNT(tolerated));
	tcase_add_test(t, complete_part);
	tcase_add_test(t, in_parts);
	tcase_add_test(t, known_names);
	tcase_add_test(t, memory);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
