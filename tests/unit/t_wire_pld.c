/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pld, pld_list, pld_sa, as a table: each payload's body in hex.  Each is decoded and encoded again, which must give
 * the same bytes; each shorter prefix must be refused; each allocation on the way is made to fail.
 *
 * Prefixes that are whole payloads themselves are named: from |free| on because the body ends in bytes of any length
 * (ID, CERT, NONCE, notify data, KE, AUTH, fragments, plain bytes), |also| because a list without a count ends at a
 * member (CP, ATTR).  There the message's length field is what refuses the cut: see T_cut_messages.
 */
#include "t_wire.h"

#include "fuzz/recode.h"
#include "wire/const.h"
#include "wire/dump.h"

#define NONE SIZE_MAX

struct sample {
	const char *name;
	unsigned    version;
	uint8_t     type;
	const char *hex;
	size_t      free;         /* from this length on each prefix is a body */
	size_t      also[3];      /* these lengths, too, where not 0 */
};

static const struct sample samples[] = {
	{ "v1 SA, one transform", 1, V1_PLD_SA,
	    "00000001 00000001 0000002c 01 01 00 01 00000024 01 01 0000 80010007 800e0080 80020004 80030001 8004000e"
	    "800b0001 800c7080", NONE, { 0 } },
	{ "v1 SA, two proposals, SPIs, long attributes", 1, V1_PLD_SA,
	    "00000001 00000001"
	    "02000034 01 03 04 02 deadbeef  03000014 01 0c 0000 80010001 00020004 00015180"
	    "00000014 02 03 0000 80050002 80040002 00010000"
	    "00000012 01 04 02 01 1234 00000008 01 02 0000", NONE, { 0 } },
	{ "v1 KE", 1, V1_PLD_KE, "0102030405", 1, { 0 } },
	{ "v1 ID, address", 1, V1_PLD_ID, "01 11 01f4 c0000201", 4, { 0 } },
	{ "v1 ID, nothing", 1, V1_PLD_ID, "0b 00 0000", 4, { 0 } },
	{ "v1 CERT", 1, V1_PLD_CERT, "04 3082", 1, { 0 } },
	{ "v1 CR", 1, V1_PLD_CR, "04", 1, { 0 } },
	{ "v1 HASH", 1, V1_PLD_HASH, "000102030405060708090a0b0c0d0e0f", 1, { 0 } },
	{ "v1 SIG", 1, V1_PLD_SIG, "ff", 1, { 0 } },
	{ "v1 NONCE", 1, V1_PLD_NONCE, "0001020304050607 08", 8, { 0 } },
	{ "v1 N, INITIAL-CONTACT", 1, V1_PLD_N, "00000001 01 10 6002 0102030405060708 1112131415161718", 24, { 0 } },
	{ "v1 N, R-U-THERE", 1, V1_PLD_N, "00000001 01 10 8d28 0102030405060708 1112131415161718 00000001", 24, { 0 } },
	{ "v1 N, NO-PROPOSAL-CHOSEN", 1, V1_PLD_N, "00000001 01 00 000e", 8, { 0 } },
	{ "v1 D, ESP", 1, V1_PLD_D, "00000001 03 04 0002 01020304 05060708", NONE, { 0 } },
	{ "v1 D, ISAKMP", 1, V1_PLD_D, "00000001 01 10 0001 0102030405060708 1112131415161718", NONE, { 0 } },
	{ "v1 D, nothing", 1, V1_PLD_D, "00000001 03 04 0000", NONE, { 0 } },
	{ "v1 VID", 1, V1_PLD_VID, "afcad71368a1f1c96b8696fc77570100", 0, { 0 } },
	{ "v1 NAT-D", 1, V1_PLD_NATD, "0102030405060708090a0b0c0d0e0f1011121314", 1, { 0 } },
	{ "v1 NAT-D, draft", 1, V1_PLD_NATD_DRAFT, "01", 1, { 0 } },
	{ "v1 NAT-OA, IPv4", 1, V1_PLD_NATOA, "01000000 c0000201", NONE, { 0 } },
	{ "v1 NAT-OA, IPv6", 1, V1_PLD_NATOA_DRAFT, "05000000 20010db8000000000000000000000001", NONE, { 0 } },
	{ "v1 ATTR, XAUTH", 1, V1_PLD_ATTR, "01 00 1234 c0880000 40890003 626f62 408a0000", NONE, { 4, 8, 15 } },
	{ "v1 ATTR, nothing", 1, V1_PLD_ATTR, "03 00 0000", NONE, { 0 } },
	{ "v1 FRAG", 1, V1_PLD_FRAG, "0001 02 01 aabbcc", 5, { 0 } },
	{ "v1 unknown", 1, 77, "aabb", 0, { 0 } },
	{ "v2 SA, IKE", 2, V2_PLD_SA,
	    "0000002c 01 01 00 04 0300000c 01 00 000c 800e0100 03000008 02 00 0005 03000008 03 00 000c 00000008 04 00 001f",
	    NONE, { 0 } },
	{ "v2 SA, two proposals with SPIs, unknown things", 2, V2_PLD_SA,
	    "02000020 01 03 04 02 c0ffee01 0300000c 01 00 0014 800e0080 00000008 05 00 0000"
	    "00000022 02 03 04 02 c0ffee01 0300000e 01 00 ffff 4001 0002 abcd 00000008 f1 00 0007", NONE, { 0 } },
	{ "v2 KE", 2, V2_PLD_KE, "001f 0000 0102030405060708", 5, { 0 } },
	{ "v2 IDi", 2, V2_PLD_IDI, "02 000000 6578616d706c65", 4, { 0 } },
	{ "v2 IDr", 2, V2_PLD_IDR, "01 000000 c0000201", 4, { 0 } },
	{ "v2 CERT", 2, V2_PLD_CERT, "0c 00", 1, { 0 } },
	{ "v2 CERTREQ", 2, V2_PLD_CERTREQ, "04 0102030405060708090a0b0c0d0e0f1011121314", 1, { 0 } },
	{ "v2 AUTH", 2, V2_PLD_AUTH, "02 000000 0102", 5, { 0 } },
	{ "v2 NONCE", 2, V2_PLD_NONCE, "000102030405060708090a0b0c0d0e0f 10", 16, { 0 } },
	{ "v2 N, COOKIE", 2, V2_PLD_N, "00 00 4006 0102", 4, { 0 } },
	{ "v2 N, REKEY_SA", 2, V2_PLD_N, "03 04 4009 01020304", 8, { 0 } },
	{ "v2 D, IKE", 2, V2_PLD_D, "01 00 0000", NONE, { 0 } },
	{ "v2 D, ESP", 2, V2_PLD_D, "03 04 0003 01020304 05060708 090a0b0c", NONE, { 0 } },
	{ "v2 D, AH, nothing", 2, V2_PLD_D, "02 04 0000", NONE, { 0 } },
	{ "v2 V", 2, V2_PLD_VID, "", 0, { 0 } },
	{ "v2 TSi, one", 2, V2_PLD_TSI, "01 000000 07 06 0010 0050 0050 c0000201 c0000201", NONE, { 0 } },
	{ "v2 TSr, all types", 2, V2_PLD_TSR,
	    "03 000000 07 00 0010 0000 ffff 00000000 ffffffff"
	    "08 3a 0028 0000 ffff 20010db8000000000000000000000000 20010db8ffffffffffffffffffffffff"
	    "0a 00 0007 616263", NONE, { 0 } },
	{ "v2 SK", 2, V2_PLD_SK, "0102030405", 0, { 0 } },
	{ "v2 SKF", 2, V2_PLD_SKF, "0002 0003 aabbccdd", 5, { 0 } },
	{ "v2 CP", 2, V2_PLD_CP, "01 000000 0001 0000 0003 0004 0a000001 4002 0001 77", NONE, { 4, 8, 16 } },
	{ "v2 EAP, Identity", 2, V2_PLD_EAP, "02 07 0008 01 626f62", NONE, { 0 } },
	{ "v2 EAP, Request without data", 2, V2_PLD_EAP, "01 07 0005 1a", NONE, { 0 } },
	{ "v2 EAP, Success", 2, V2_PLD_EAP, "03 07 0004", NONE, { 0 } },
	{ "v2 unknown", 2, 200, "01", 0, { 0 } },
};

static struct pld
payload_of(const struct sample *s, struct slice body)
{
	return (struct pld){ .type = s->type, .kind = pld_kind_of(s->version, s->type), .body = body };
}

/* Decode and encode |body| as |s| says; what comes out is compared with what went in. */
static ike_err
there_and_back(const struct sample *s, struct slice body)
{
	struct arena arena = { 0 };
	struct wr    w = { 0 };
	struct pld   p = payload_of(s, body);
	ike_err      err = recode_body(s->version, &p, 0, &arena, &w);

	if (err == IKE_OK)
		err = wr_err(&w);
	if (err == IKE_OK)
		ck_assert_msg(slice_equal(buf_slice(&w.buf), body), "%s: other bytes", s->name);
	wr_free(&w);
	arena_free(&arena);
	return err;
}

START_TEST(each_payload_goes_there_and_back)
{
	const struct sample *s = &samples[_i];
	struct bytes         b = unhex(s->hex);

	ck_assert_msg(there_and_back(s, bytes_slice(&b)) == IKE_OK, "%s", s->name);
}
END_TEST

static bool
prefix_is_a_body(const struct sample *s, size_t n)
{
	for (size_t i = 0; i < COUNT(s->also); i++)
		if (n != 0 && s->also[i] == n)
			return true;
	return n >= s->free;
}

START_TEST(each_shorter_prefix_is_refused)
{
	const struct sample *s = &samples[_i];
	struct bytes         b = unhex(s->hex);

	for (size_t n = 0; n < b.n; n++) {
		uint8_t *p = exact(slice_of(b.b, n));
		ike_err  err = there_and_back(s, slice_of(p, n));

		if (prefix_is_a_body(s, n))
			ck_assert_msg(err == IKE_OK, "%s cut to %zu: %s", s->name, n, ike_err_text(err));
		else
			ck_assert_msg(err == IKE_E_SHORT || err == IKE_E_FORMAT, "%s cut to %zu: %s", s->name, n,
			    ike_err_text(err));
		free(p);
	}
}
END_TEST

START_TEST(each_allocation_may_fail)
{
	const struct sample *s = &samples[_i];
	struct bytes         b = unhex(s->hex);

	FAIL_EACH_ALLOC({
		ike_err err = there_and_back(s, bytes_slice(&b));

		ck_assert_msg(err == (fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK), "%s: %s", s->name, ike_err_text(err));
	});
}
END_TEST

/* One byte more than the body has: refused where a length or a count says how long it is. */
START_TEST(a_longer_body_is_refused)
{
	const struct sample *s = &samples[_i];
	struct bytes         b = unhex(s->hex);
	ike_err              err;

	if (s->free != NONE)
		return;
	b.b[b.n++] = 0;
	err = there_and_back(s, bytes_slice(&b));
	ck_assert_msg(err == IKE_E_SHORT || err == IKE_E_FORMAT, "%s: %s", s->name, ike_err_text(err));
}
END_TEST

static void
write_message(const struct sample *s, struct slice body, struct wr *w)
{
	struct ike_hdr h = { .spi_i = 1, .major = (uint8_t)s->version, .exchange = 34 };
	struct chain   c;

	msg_begin(w, &c, &h);
	(void)pld_put(w, &c, s->type, body);
	msg_end(w, &c);
	OK(wr_err(w));
}

/* Whatever a body is, a message that was cut is not taken: its header says how long it is. */
START_TEST(T_cut_messages)
{
	const struct sample *s = &samples[_i];
	struct bytes         b = unhex(s->hex);
	struct wr            w = { 0 };
	ike_err              err;

	write_message(s, bytes_slice(&b), &w);
	for (size_t n = 0; n < wr_len(&w); n++) {
		uint8_t     *p = exact(slice_of(w.buf.p, n));
		struct arena arena = { 0 };
		struct wr    out = { 0 };

		err = recode_message(slice_of(p, n), &arena, &out);
		ck_assert(err == IKE_E_SHORT || err == IKE_E_FORMAT);
		/* Nor when the header lies. */
		if (n >= IKE_HDR_LEN) {
			p[27] = (uint8_t)n;
			FAILS(IKE_E_SHORT, recode_message(slice_of(p, n), &arena, &out));
		}
		arena_free(&arena);
		wr_free(&out);
		free(p);
	}
	wr_free(&w);
}
END_TEST

/* Each sample prints, within any room, and memory may run out meanwhile. */
START_TEST(each_payload_prints)
{
	const struct sample *s = &samples[_i];
	struct bytes         b = unhex(s->hex);
	struct wr            w = { 0 };
	char                 all[4096], part[256];
	struct text          t = text_in(all, sizeof all);

	write_message(s, bytes_slice(&b), &w);
	dump_message(&t, buf_slice(&w.buf));
	ck_assert(!t.cut && t.n > 0 && all[t.n - 1] == '\n');
	ck_assert_msg(strstr(all, ike_err_text(IKE_E_FORMAT)) == NULL && strstr(all, ike_err_text(IKE_E_SHORT)) == NULL,
	    "%s: %s", s->name, all);
	for (size_t cap = 5; cap < sizeof part; cap++) {
		struct text small = text_in(part, cap);

		dump_message(&small, buf_slice(&w.buf));
		ck_assert_uint_lt(strlen(part), cap);
	}
	FAIL_EACH_ALLOC({
		t = text_in(all, sizeof all);
		dump_message(&t, buf_slice(&w.buf));
		ck_assert(fail_alloc_hit() == (strstr(all, ike_err_text(IKE_E_NOMEM)) != NULL));
	});
	wr_free(&w);
}
END_TEST

/*
 * T-big: payloads whose body is bytes, at the sizes that broke others, up to what a UDP datagram can hold.
 */
START_TEST(T_big)
{
	static const size_t sizes[] = { 0, 1, 255, 256, 1023, 1024, 1025, 8191, 8192, 8193, 65507 - 32 };
	static uint8_t      big[65507];
	const struct sample *s = &samples[_i];
	struct bytes         b = unhex(s->hex);
	struct wr            w = { 0 };
	char                 out[2048];
	struct text          t;
	ike_err              err;

	if (s->free == NONE || b.n < s->free)
		return;
	memset(big, 0x61, sizeof big);
	memcpy(big, b.b, s->free);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		uint8_t *p = exact(slice_of(big, sizes[i]));

		err = there_and_back(s, slice_of(p, sizes[i]));
		if (sizes[i] < s->free)
			ck_assert(err == IKE_E_SHORT || err == IKE_E_FORMAT);
		else if (pld_kind_of(s->version, s->type) == PK_NONCE && sizes[i] > 256)
			ck_assert_int_eq(err, IKE_E_FORMAT);
		else
			ck_assert_msg(err == IKE_OK, "%s of %zu: %s", s->name, sizes[i], ike_err_text(err));
		w = (struct wr){ 0 };
		write_message(s, slice_of(p, sizes[i]), &w);
		t = text_in(out, sizeof out);
		dump_message(&t, buf_slice(&w.buf));
		ck_assert_uint_lt(strlen(out), sizeof out);
		wr_free(&w);
		free(p);
	}
}
END_TEST

/* What a body prints as, in |out|. */
static void
print_body(unsigned version, uint8_t type, struct slice body, char *out, size_t cap)
{
	const struct sample s = { .version = version, .type = type };
	struct wr           w = { 0 };
	struct text         t = text_in(out, cap);

	write_message(&s, body, &w);
	dump_message(&t, buf_slice(&w.buf));
	wr_free(&w);
}

/* User names, passwords, proofs and keys are not printed, peers' text is escaped. */
START_TEST(secrets_do_not_print)
{
	static const struct {
		unsigned    version;
		uint8_t     type;
		const char *hex, *must, *must_not;
	} cases[] = {
		{ 1, V1_PLD_ATTR, "03000000 40890003626f62 408a0003707764", "XAUTH_USER_NAME = 3 bytes\n", "626f62" },
		{ 1, V1_PLD_ATTR, "03000000 40890003626f62 408a0003707764", "XAUTH_USER_PASSWORD = 3 bytes\n", "707764" },
		{ 1, V1_PLD_ATTR, "03000000 c08f0001", "XAUTH_STATUS = OK\n", "bytes\n" },
		{ 1, V1_PLD_HASH, "a1a2a3a4", "HASH: 4 bytes\n", "a1a2" },
		{ 1, V1_PLD_SIG, "a1a2a3a4", "SIG: 4 bytes\n", "a1a2" },
		{ 1, V1_PLD_KE, "a1a2a3a4", "KE: 4 bytes\n", "a1a2" },
		{ 2, V2_PLD_AUTH, "02000000 a1a2a3a4", "AUTH: SHARED_KEY, 4 bytes\n", "a1a2" },
		{ 2, V2_PLD_EAP, "02010009 1a a1a2a3a4", "MSCHAPv2, 4 bytes\n", "a1a2" },
		{ 2, V2_PLD_IDI, "02000000 610a1b62", "FQDN a\\x0a\\x1bb\n", "\x1b" },
		{ 2, V2_PLD_VID, "61625c", "V: \"ab\\\\\"\n", "61625c" },
	};
	char out[1024];

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bytes b = unhex(cases[i].hex);

		print_body(cases[i].version, cases[i].type, bytes_slice(&b), out, sizeof out);
		ck_assert_msg(strstr(out, cases[i].must) != NULL, "%s", out);
		ck_assert_msg(strstr(out, cases[i].must_not) == NULL, "%s", out);
	}
}
END_TEST

/* Long values are cut in print, and their length is told. */
START_TEST(long_values_are_cut_in_print)
{
	static uint8_t bytes[65];
	char           out[1024];

	print_body(2, 200, slice_of(bytes, 64), out, sizeof out);
	ck_assert_ptr_null(strstr(out, "..."));
	print_body(2, 200, slice_of(bytes, 65), out, sizeof out);
	ck_assert_ptr_nonnull(strstr(out, "0000... (65 bytes)\n"));
}
END_TEST

static void
add(TCase *tc)
{
	int n = (int)COUNT(samples);

	tcase_add_loop_test(tc, each_payload_goes_there_and_back, 0, n);
	tcase_add_loop_test(tc, each_shorter_prefix_is_refused, 0, n);
	tcase_add_loop_test(tc, each_allocation_may_fail, 0, n);
	tcase_add_loop_test(tc, a_longer_body_is_refused, 0, n);
	tcase_add_loop_test(tc, T_cut_messages, 0, n);
	tcase_add_loop_test(tc, each_payload_prints, 0, n);
	tcase_add_loop_test(tc, T_big, 0, n);
	tcase_add_test(tc, secrets_do_not_print);
	tcase_add_test(tc, long_values_are_cut_in_print);
}

int
main(void)
{
	return run_tests("wire_pld", add);
}
