/* SPDX-License-Identifier: BSD-3-Clause */
/* ike_hdr: the header, and what a datagram is */
#include "t_wire.h"

#include "wire/const.h"
#include "wire/ike_hdr.h"

static const uint8_t golden[IKE_HDR_LEN] = {
	0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8,
	0x21, 0x20, 0x22, 0x08, 0x00, 0x00, 0x00, 0x07, 0x00, 0x00, 0x00, 0x1c,
};

static struct slice
golden_slice(size_t n)
{
	return slice_of(golden, n);
}

START_TEST(hdr_reads_and_writes)
{
	struct ike_hdr h;
	struct wr      w = { 0 };

	OK(get_ike_hdr(golden_slice(sizeof golden), &h));
	ck_assert_uint_eq(h.spi_i, UINT64_C(0x0102030405060708));
	ck_assert_uint_eq(h.spi_r, UINT64_C(0xf1f2f3f4f5f6f7f8));
	ck_assert_uint_eq(h.next, V2_PLD_SA);
	ck_assert_uint_eq(h.major, 2);
	ck_assert_uint_eq(h.minor, 0);
	ck_assert_uint_eq(h.exchange, V2_XCHG_IKE_SA_INIT);
	ck_assert_uint_eq(h.flags, V2_FLAG_INITIATOR);
	ck_assert_uint_eq(h.msgid, 7);
	ck_assert_uint_eq(h.length, 28);
	put_ike_hdr(&w, &h);
	OK(wr_err(&w));
	SAME(buf_slice(&w.buf), golden_slice(sizeof golden));
	wr_free(&w);
}
END_TEST

START_TEST(hdr_refuses_each_shorter_prefix)
{
	for (size_t n = 0; n < sizeof golden; n++) {
		uint8_t       *p = exact(golden_slice(n));
		struct ike_hdr h = { .msgid = 77 };

		FAILS(IKE_E_SHORT, get_ike_hdr(slice_of(p, n), &h));
		ck_assert_uint_eq(h.msgid, 77);
		free(p);
	}
}
END_TEST

START_TEST(hdr_survives_each_failing_allocation)
{
	FAIL_EACH_ALLOC({
		struct ike_hdr h = { .major = 1 };
		struct wr      w = { 0 };

		put_ike_hdr(&w, &h);
		ck_assert_int_eq(wr_err(&w), fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		wr_free(&w);
	});
}
END_TEST

START_TEST(hdr_write_refuses_large_versions)
{
	struct ike_hdr h = { .major = 16 };
	struct wr      w = { 0 };

	put_ike_hdr(&w, &h);
	FAILS(IKE_E_RANGE, wr_err(&w));
	wr_free(&w);
}
END_TEST

/* T-hdr: every length 0 to 64, every version byte, and the length fields that broke others. */
START_TEST(T_hdr)
{
	static const uint32_t lengths[] = { 0, 1, 27, 28, 63, 65, 0x7fffffff, 0x80000000, 0xffffffff };
	uint8_t               msg[64] = { 0 };
	struct ike_hdr        h;

	memcpy(msg, golden, sizeof golden);
	for (size_t n = 0; n <= sizeof msg; n++) {
		uint8_t *p = exact(slice_of(msg, n));

		ck_assert_int_eq(get_ike_hdr(slice_of(p, n), &h), n < IKE_HDR_LEN ? IKE_E_SHORT : IKE_OK);
		if (n >= IKE_HDR_LEN)
			ck_assert_int_eq(ike_hdr_check(&h, n), n == 28 ? IKE_OK : IKE_E_FORMAT);
		free(p);
	}
	for (unsigned version = 0; version < 256; version++) {
		unsigned major = version >> 4;

		msg[17] = (uint8_t)version;
		OK(get_ike_hdr(slice_of(msg, 28), &h));
		ck_assert_uint_eq(h.major, major);
		ck_assert_uint_eq(h.minor, version & 15);
		ck_assert_int_eq(ike_hdr_check(&h, 28), major == 1 || major == 2 ? IKE_OK : IKE_E_VERSION);
	}
	for (size_t i = 0; i < COUNT(lengths); i++) {
		h = (struct ike_hdr){ .spi_i = 1, .major = 2, .length = lengths[i] };
		FAILS(IKE_E_FORMAT, ike_hdr_check(&h, 64));
	}
	h.length = 64;
	OK(ike_hdr_check(&h, 64));
	h.length = 20;
	FAILS(IKE_E_FORMAT, ike_hdr_check(&h, 20));
	/* A major version that we do not know comes first: it is what the answer is about. */
	h.major = 3;
	FAILS(IKE_E_VERSION, ike_hdr_check(&h, 64));
}
END_TEST

START_TEST(hdr_wants_an_initiator_spi)
{
	struct ike_hdr h = { .spi_r = 1, .major = 2, .length = 28 };

	FAILS(IKE_E_FORMAT, ike_hdr_check(&h, 28));
	h.spi_i = 1;
	h.spi_r = 0;
	OK(ike_hdr_check(&h, 28));
}
END_TEST

static enum dgram_kind
classify(bool natt, const uint8_t *bytes, size_t n, struct slice *ike)
{
	uint8_t        *p = exact(slice_of(bytes, n));
	enum dgram_kind kind = dgram_classify(natt, slice_of(p, n), ike);

	ck_assert(ike->p >= p && ike->p + ike->n == p + n);
	free(p);
	return kind;
}

/* T-natt-short: every length 0 to 32 behind and without a marker, with zeroes, ones and an SPI in front. */
START_TEST(T_natt_short)
{
	static const uint8_t firsts[] = { 0x00, 0x01, 0xff };
	uint8_t              bytes[40];
	struct slice         ike;
	enum dgram_kind      want;

	for (size_t i = 0; i < COUNT(firsts); i++) {
		for (size_t n = 0; n <= 32; n++) {
			memset(bytes, firsts[i], sizeof bytes);
			if (n == 1 && firsts[i] == 0xff)
				want = DGRAM_KEEPALIVE;
			else if (firsts[i] == 0)
				want = n < 32 ? DGRAM_SHORT : DGRAM_IKE;
			else
				want = n < 8 ? DGRAM_SHORT : DGRAM_ESP;
			ck_assert_int_eq(classify(true, bytes, n, &ike), want);
			ck_assert_uint_eq(ike.n, want == DGRAM_IKE ? n - 4 : n);
			if (n == 1 && firsts[i] == 0xff)
				want = DGRAM_KEEPALIVE;
			else
				want = n < 28 ? DGRAM_SHORT : DGRAM_IKE;
			ck_assert_int_eq(classify(false, bytes, n, &ike), want);
			ck_assert_uint_eq(ike.n, n);
		}
	}
	/* Each byte of the marker counts. */
	for (size_t at = 0; at < 4; at++) {
		memset(bytes, 0, sizeof bytes);
		bytes[at] = 1;
		ck_assert_int_eq(classify(true, bytes, 40, &ike), DGRAM_ESP);
	}
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, hdr_reads_and_writes);
	tcase_add_test(tc, hdr_refuses_each_shorter_prefix);
	tcase_add_test(tc, hdr_survives_each_failing_allocation);
	tcase_add_test(tc, hdr_write_refuses_large_versions);
	tcase_add_test(tc, T_hdr);
	tcase_add_test(tc, hdr_wants_an_initiator_spi);
	tcase_add_test(tc, T_natt_short);
}

int
main(void)
{
	return run_tests("wire_hdr", add);
}
