/* SPDX-License-Identifier: BSD-3-Clause */
/* payload: the index of a chain, and writing one */
#include "t_wire.h"

#include "wire/const.h"
#include "wire/payload.h"

/* Payloads as (type, reserved byte, body length); bodies are filled with the payload's number. */
struct spec {
	uint8_t type, flags;
	size_t  body;
};

/* Write |n| payloads by hand, not with the code under test; the last names |end| as next. */
static size_t
lay(const struct spec *v, size_t n, uint8_t end, uint8_t *out)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		out[at] = i + 1 < n ? v[i + 1].type : end;
		out[at + 1] = v[i].flags;
		out[at + 2] = (uint8_t)((v[i].body + 4) >> 8);
		out[at + 3] = (uint8_t)(v[i].body + 4);
		memset(out + at + 4, (int)i + 1, v[i].body);
		at += 4 + v[i].body;
	}
	return at;
}

START_TEST(chain_is_indexed)
{
	static const struct spec v[] = {
		{ V2_PLD_N, 0, 8 }, { V2_PLD_SA, 0x80, 0 }, { V2_PLD_N, 0, 4 }, { V2_PLD_NONCE, 0, 20 },
	};
	uint8_t           chain[128];
	size_t            n = lay(v, COUNT(v), 0, chain);
	struct payloads   ps;
	const struct pld *p;
	struct slice      after;

	OK(payloads_parse(2, V2_PLD_N, slice_of(chain, n), CHAIN_EXACT, &ps));
	ck_assert_uint_eq(ps.n, 4);
	ck_assert(ps.seen == (PLD_BIT(PK_NOTIFY) | PLD_BIT(PK_SA) | PLD_BIT(PK_NONCE)));
	ck_assert(ps.twice == PLD_BIT(PK_NOTIFY));
	ck_assert(!ps.bad_critical);
	ck_assert_uint_eq(ps.rest.n, 0);
	p = payload_first(&ps, PK_NOTIFY);
	ck_assert_ptr_eq(p, &ps.v[0]);
	ck_assert(p->whole.p == chain && p->whole.n == 12 && p->body.p == chain + 4 && p->body.n == 8);
	p = payload_next(&ps, p);
	ck_assert_ptr_eq(p, &ps.v[2]);
	ck_assert_ptr_null(payload_next(&ps, p));
	ck_assert_ptr_null(payload_first(&ps, PK_KE));
	ck_assert(ps.v[1].critical && !ps.v[0].critical);
	ck_assert_uint_eq(payload_count(&ps, PK_NOTIFY), 2);
	ck_assert_uint_eq(payload_count(&ps, PK_AUTH), 0);
	after = payloads_after(&ps, &ps.v[1]);
	ck_assert(after.p == ps.v[2].whole.p && after.n == 8 + 24);
	ck_assert_uint_eq(payloads_after(&ps, &ps.v[3]).n, 0);
}
END_TEST

START_TEST(chain_refuses_each_shorter_prefix)
{
	static const struct spec v[] = { { V1_PLD_SA, 0, 9 }, { V1_PLD_VID, 0, 0 }, { V1_PLD_VID, 0, 3 } };
	uint8_t                  chain[64];
	size_t                   n = lay(v, COUNT(v), 0, chain);
	struct payloads          ps;

	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *p = exact(slice_of(chain, cut));

		ps.n = 99;
		FAILS(IKE_E_SHORT, payloads_parse(1, V1_PLD_SA, slice_of(p, cut), CHAIN_EXACT, &ps));
		FAILS(IKE_E_SHORT, payloads_parse(1, V1_PLD_SA, slice_of(p, cut), CHAIN_PADDED, &ps));
		FAILS(IKE_E_SHORT, payloads_parse(2, V2_PLD_SA, slice_of(p, cut), CHAIN_EXACT, &ps));
		ck_assert_uint_eq(ps.n, 99);
		free(p);
	}
	OK(payloads_parse(1, V1_PLD_SA, slice_of(chain, n), CHAIN_EXACT, &ps));
}
END_TEST

START_TEST(chain_end_is_exact_or_padded)
{
	static const struct spec v[] = { { V1_PLD_HASH, 0, 16 }, { V1_PLD_D, 0, 12 } };
	uint8_t                  chain[64] = { 0 };
	size_t                   n = lay(v, COUNT(v), 0, chain);
	struct payloads          ps;

	FAILS(IKE_E_FORMAT, payloads_parse(1, V1_PLD_HASH, slice_of(chain, n + 4), CHAIN_EXACT, &ps));
	OK(payloads_parse(1, V1_PLD_HASH, slice_of(chain, n + 4), CHAIN_PADDED, &ps));
	ck_assert(ps.rest.p == chain + n && ps.rest.n == 4);
	/* HASH(1) covers what follows the HASH payload, without the padding. */
	ck_assert_uint_eq(payloads_after(&ps, &ps.v[0]).n, 16);
	/* No payload at all: an IKEv2 liveness check. */
	OK(payloads_parse(2, V2_PLD_NONE, slice_of(chain, 0), CHAIN_EXACT, &ps));
	ck_assert_uint_eq(ps.n, 0);
	FAILS(IKE_E_FORMAT, payloads_parse(2, V2_PLD_NONE, slice_of(chain, 1), CHAIN_EXACT, &ps));
}
END_TEST

START_TEST(sealed_payloads_end_a_chain)
{
	static const uint8_t sealed[] = { V2_PLD_SK, V2_PLD_SKF };
	struct spec          v[] = { { V2_PLD_N, 0, 8 }, { V2_PLD_SK, 0, 30 }, { V2_PLD_N, 0, 8 } };
	uint8_t              chain[128];
	struct payloads      ps;
	size_t               n;

	for (size_t i = 0; i < COUNT(sealed); i++) {
		v[1].type = sealed[i];
		n = lay(v, 2, V2_PLD_IDI, chain);
		OK(payloads_parse(2, V2_PLD_N, slice_of(chain, n), CHAIN_EXACT, &ps));
		ck_assert_uint_eq(ps.n, 2);
		ck_assert_uint_eq(ps.inner, V2_PLD_IDI);
		ck_assert_uint_eq(ps.v[1].body.n, 30);
		/* Whatever stands behind it, the message is refused. */
		n = lay(v, 3, 0, chain);
		FAILS(IKE_E_FORMAT, payloads_parse(2, V2_PLD_N, slice_of(chain, n), CHAIN_EXACT, &ps));
		FAILS(IKE_E_FORMAT, payloads_parse(2, V2_PLD_N, slice_of(chain, n), CHAIN_PADDED, &ps));
		/* In IKEv1 these numbers mean nothing. */
		n = lay(v, 2, 0, chain);
		OK(payloads_parse(1, V1_PLD_N, slice_of(chain, n), CHAIN_EXACT, &ps));
		ck_assert(ps.seen == (PLD_BIT(PK_UNKNOWN) | PLD_BIT(PK_NOTIFY)));
		ck_assert_uint_eq(ps.inner, 0);
	}
}
END_TEST

/* T-chain: 0 to 300 payloads of the least size; lengths below the header; chains that never reach NONE. */
START_TEST(T_chain)
{
	struct spec     v[300];
	uint8_t         chain[1300];
	struct payloads ps;

	for (size_t i = 0; i < COUNT(v); i++)
		v[i] = (struct spec){ V1_PLD_VID, 0, 0 };
	for (size_t count = 0; count <= COUNT(v); count++) {
		size_t n = lay(v, count, 0, chain);
		int    want = count <= PAYLOADS_MAX ? IKE_OK : IKE_E_FORMAT;

		ck_assert_int_eq(payloads_parse(1, count ? V1_PLD_VID : 0, slice_of(chain, n), CHAIN_EXACT, &ps), want);
		if (want == IKE_OK)
			ck_assert_uint_eq(ps.n, count);
		/* The last one promises another that is not there. */
		if (count > 0 && count <= PAYLOADS_MAX) {
			n = lay(v, count, V1_PLD_VID, chain);
			want = count < PAYLOADS_MAX ? IKE_E_SHORT : IKE_E_FORMAT;
			FAILS(want, payloads_parse(1, V1_PLD_VID, slice_of(chain, n), CHAIN_EXACT, &ps));
		}
	}
	/* Bytes of every value, as a chain: no length moves backwards or stands still. */
	for (unsigned byte = 0; byte < 256; byte++) {
		memset(chain, (int)byte, sizeof chain);
		for (unsigned version = 1; version <= 2; version++) {
			ike_err err = payloads_parse(version, (uint8_t)byte, slice_of(chain, sizeof chain), CHAIN_EXACT, &ps);

			ck_assert(err == IKE_E_SHORT || err == IKE_E_FORMAT);
		}
	}
}
END_TEST

/* T-len: each payload length from 0 to 3, and one more than there is. */
START_TEST(T_len_payload)
{
	static const struct spec v[] = { { V2_PLD_NONCE, 0, 16 }, { V2_PLD_N, 0, 4 } };
	uint8_t                  chain[64];
	size_t                   n = lay(v, 2, 0, chain);
	struct payloads          ps;

	for (uint8_t length = 0; length < 4; length++) {
		chain[3] = length;
		FAILS(IKE_E_FORMAT, payloads_parse(2, V2_PLD_NONCE, slice_of(chain, n), CHAIN_EXACT, &ps));
		(void)lay(v, 2, 0, chain);
		chain[20 + 3] = length;
		FAILS(IKE_E_FORMAT, payloads_parse(2, V2_PLD_NONCE, slice_of(chain, n), CHAIN_EXACT, &ps));
		(void)lay(v, 2, 0, chain);
	}
	chain[20 + 3] = 9;
	FAILS(IKE_E_SHORT, payloads_parse(2, V2_PLD_NONCE, slice_of(chain, n), CHAIN_EXACT, &ps));
	chain[20 + 2] = 0xff;
	chain[20 + 3] = 0xff;
	FAILS(IKE_E_SHORT, payloads_parse(2, V2_PLD_NONCE, slice_of(chain, n), CHAIN_EXACT, &ps));
}
END_TEST

/* T-maxpayload: one less, exactly, and one more than the limit, unknown ones before SK, SKF or nothing. */
START_TEST(T_maxpayload)
{
	static const uint8_t lasts[] = { V2_PLD_SK, V2_PLD_SKF, V2_PLD_N };
	struct spec          v[PAYLOADS_MAX + 1];
	uint8_t              chain[8 * (PAYLOADS_MAX + 1)];
	struct payloads      ps;

	for (size_t i = 0; i < COUNT(lasts); i++) {
		for (size_t count = PAYLOADS_MAX - 1; count <= PAYLOADS_MAX + 1; count++) {
			size_t n;

			for (size_t j = 0; j < count; j++)
				v[j] = (struct spec){ 200, 0, 1 };
			v[count - 1] = (struct spec){ lasts[i], 0, 4 };
			n = lay(v, count, 0, chain);
			ck_assert_int_eq(payloads_parse(2, 200, slice_of(chain, n), CHAIN_EXACT, &ps),
			    count <= PAYLOADS_MAX ? IKE_OK : IKE_E_FORMAT);
			if (count <= PAYLOADS_MAX)
				ck_assert_uint_eq(ps.v[count - 1].type, lasts[i]);
		}
	}
}
END_TEST

/* T-crossver: all 256 types in both versions, critical or not: each has one kind, and only its own version's. */
START_TEST(T_crossver)
{
	static const uint8_t v1_known[] = { 1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 20, 21, 130, 131, 132 };
	static const uint8_t v2_known[] = { 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 53 };
	struct spec          v = { 0, 0, 4 };
	uint8_t              chain[8];
	struct payloads      ps;

	for (unsigned version = 1; version <= 2; version++) {
		const uint8_t *known = version == 1 ? v1_known : v2_known;

		for (unsigned type = 1; type < 256; type++) {
			for (unsigned critical = 0; critical <= (version == 2 ? 0x80u : 0u); critical += 0x80) {
				bool is_known = memchr(known, (int)type, COUNT(v1_known)) != NULL;

				v.type = (uint8_t)type;
				v.flags = (uint8_t)critical;
				(void)lay(&v, 1, 0, chain);
				OK(payloads_parse(version, (uint8_t)type, slice_of(chain, 8), CHAIN_EXACT, &ps));
				ck_assert_int_eq(is_known, ps.v[0].kind != PK_UNKNOWN);
				ck_assert_int_eq(ps.bad_critical, !is_known && critical != 0);
				ck_assert_uint_eq(ps.bad_type, ps.bad_critical ? type : 0);
				ck_assert_int_eq(ps.v[0].kind, pld_kind_of(version, (uint8_t)type));
				ck_assert(ps.seen == PLD_BIT(ps.v[0].kind));
			}
		}
	}
	ck_assert_uint_eq(pld_kind_of(1, V1_PLD_NATD_DRAFT), PK_NATD);
	ck_assert_uint_eq(pld_kind_of(1, V1_PLD_NATOA_DRAFT), PK_NATOA);
}
END_TEST

START_TEST(first_unknown_critical_is_told)
{
	static const struct spec v[] = { { 99, 0, 0 }, { 98, 0x80, 0 }, { 97, 0x80, 0 }, { V2_PLD_N, 0x80, 4 } };
	uint8_t                  chain[64];
	size_t                   n = lay(v, COUNT(v), 0, chain);
	struct payloads          ps;

	OK(payloads_parse(2, 99, slice_of(chain, n), CHAIN_EXACT, &ps));
	ck_assert(ps.bad_critical);
	ck_assert_uint_eq(ps.bad_type, 98);
}
END_TEST

/* T-tolerant: IKEv2's reserved bits mean nothing; IKEv1's RESERVED field must be zero. */
START_TEST(T_tolerant)
{
	struct spec     v[] = { { V2_PLD_NONCE, 0, 16 }, { V2_PLD_N, 0, 4 } };
	uint8_t         chain[64];
	struct payloads ps;
	size_t          n;

	for (unsigned flags = 0; flags < 256; flags++) {
		v[1].flags = (uint8_t)flags;
		v[0].type = V2_PLD_NONCE;
		v[1].type = V2_PLD_N;
		n = lay(v, 2, 0, chain);
		OK(payloads_parse(2, V2_PLD_NONCE, slice_of(chain, n), CHAIN_EXACT, &ps));
		ck_assert_int_eq(ps.v[1].critical, flags >= 0x80);
		v[0].type = V1_PLD_NONCE;
		v[1].type = V1_PLD_N;
		n = lay(v, 2, 0, chain);
		ck_assert_int_eq(payloads_parse(1, V1_PLD_NONCE, slice_of(chain, n), CHAIN_EXACT, &ps),
		    flags == 0 ? IKE_OK : IKE_E_FORMAT);
	}
}
END_TEST

START_TEST(kinds_have_names)
{
	for (int a = 0; a < PK_COUNT; a++)
		for (int b = 0; b < a; b++)
			ck_assert_str_ne(pld_kind_name((enum pld_kind)a), pld_kind_name((enum pld_kind)b));
	ck_assert_str_eq(pld_kind_name(PK_TSI), "TSi");
	ck_assert_str_eq(pld_kind_name((enum pld_kind)200), "unknown");
}
END_TEST

static const struct ike_hdr sample = {
	.spi_i = 1, .spi_r = 2, .next = 99, .major = 2, .exchange = V2_XCHG_IKE_AUTH, .flags = V2_FLAG_INITIATOR,
	.msgid = 1, .length = 99,
};

static void
write_message(struct wr *w, struct chain *c)
{
	msg_begin(w, c, &sample);
	(void)pld_put(w, c, V2_PLD_N, slice_str("abcd"));
	(void)pld_begin(w, c, 200);
	pld_critical(w, c);
	wr_u8(w, 7);
	pld_end(w, c);
	(void)pld_begin(w, c, V2_PLD_SK);
	pld_inner(w, c, V2_PLD_IDI);
	wr_zero(w, 9);
	pld_end(w, c);
	msg_end(w, c);
}

START_TEST(writer_links_and_measures)
{
	struct bytes want = unhex("0000000000000001 0000000000000002 29 20 23 08 00000001 00000036"
	    "c8000008 61626364 2e800005 07 2300000d 000000000000000000");
	struct wr    w = { 0 };
	struct chain c;

	wr_u32(&w, 0xdeadbeef);          /* a message need not begin where its buffer begins: the non-ESP marker */
	write_message(&w, &c);
	OK(wr_err(&w));
	SAME(slice_of(w.buf.p + 4, w.buf.n - 4), bytes_slice(&want));
	ck_assert_uint_eq(c.first, V2_PLD_N);
	ck_assert_uint_eq(c.n, 3);
	/* Padding or an ICV may come later. */
	wr_zero(&w, 2);
	msg_end(&w, &c);
	ck_assert_uint_eq(w.buf.p[4 + 27], 0x38);
	wr_free(&w);
}
END_TEST

START_TEST(writer_survives_each_failing_allocation)
{
	FAIL_EACH_ALLOC({
		struct wr    w = { 0 };
		struct chain c;

		write_message(&w, &c);
		ck_assert_int_eq(wr_err(&w), fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		wr_free(&w);
	});
}
END_TEST

START_TEST(writer_writes_bare_chains)
{
	struct bytes want = unhex("0b000006 1111 00000004");
	struct bytes body = unhex("1111");
	struct wr    w = { 0 };
	struct chain c;

	wr_u16(&w, 0);
	chain_begin(&c, 1);
	ck_assert_uint_eq(c.first, 0);
	ck_assert_uint_eq(pld_put(&w, &c, V1_PLD_HASH, bytes_slice(&body)), 2);
	ck_assert_uint_eq(pld_put(&w, &c, V1_PLD_N, slice_of(NULL, 0)), 8);
	OK(wr_err(&w));
	ck_assert_uint_eq(c.first, V1_PLD_HASH);
	SAME(slice_of(w.buf.p + 2, w.buf.n - 2), bytes_slice(&want));
	msg_end(&w, &c);
	FAILS(IKE_E_INTERNAL, wr_err(&w));
	wr_free(&w);
}
END_TEST

/* What the writer must not write because the reader would refuse it. */
START_TEST(writer_refuses_what_cannot_be_read)
{
	struct wr    w = { 0 };
	struct chain c;

	chain_begin(&c, 2);
	(void)pld_put(&w, &c, V2_PLD_SK, slice_str("x"));
	OK(wr_err(&w));
	(void)pld_put(&w, &c, V2_PLD_N, slice_str("x"));
	FAILS(IKE_E_INTERNAL, wr_err(&w));
	wr_free(&w);

	w = (struct wr){ 0 };
	chain_begin(&c, 1);
	for (unsigned i = 0; i < PAYLOADS_MAX; i++)
		(void)pld_put(&w, &c, V1_PLD_VID, slice_str("x"));
	OK(wr_err(&w));
	(void)pld_put(&w, &c, V1_PLD_VID, slice_str("x"));
	FAILS(IKE_E_RANGE, wr_err(&w));
	wr_free(&w);

	w = (struct wr){ .limit = 200000 };
	chain_begin(&c, 1);
	(void)pld_begin(&w, &c, V1_PLD_VID);
	wr_zero(&w, 65536 - 4);
	pld_end(&w, &c);
	FAILS(IKE_E_RANGE, wr_err(&w));
	wr_free(&w);

	w = (struct wr){ 0 };
	chain_begin(&c, 1);
	(void)pld_begin(&w, &c, V1_PLD_VID);
	pld_critical(&w, &c);
	FAILS(IKE_E_INTERNAL, wr_err(&w));
	wr_free(&w);

	w = (struct wr){ 0 };
	chain_begin(&c, 2);
	(void)pld_begin(&w, &c, V2_PLD_VID);
	pld_inner(&w, &c, V2_PLD_IDI);
	FAILS(IKE_E_INTERNAL, wr_err(&w));
	wr_free(&w);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, chain_is_indexed);
	tcase_add_test(tc, chain_refuses_each_shorter_prefix);
	tcase_add_test(tc, chain_end_is_exact_or_padded);
	tcase_add_test(tc, sealed_payloads_end_a_chain);
	tcase_add_test(tc, T_chain);
	tcase_add_test(tc, T_len_payload);
	tcase_add_test(tc, T_maxpayload);
	tcase_add_test(tc, T_crossver);
	tcase_add_test(tc, first_unknown_critical_is_told);
	tcase_add_test(tc, T_tolerant);
	tcase_add_test(tc, kinds_have_names);
	tcase_add_test(tc, writer_links_and_measures);
	tcase_add_test(tc, writer_survives_each_failing_allocation);
	tcase_add_test(tc, writer_writes_bare_chains);
	tcase_add_test(tc, writer_refuses_what_cannot_be_read);
}

int
main(void)
{
	return run_tests("wire_chain", add);
}
