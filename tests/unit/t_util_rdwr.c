/* SPDX-License-Identifier: BSD-3-Clause */
/* rd, wr */
#include "fail_alloc.h"
#include "util/rd.h"
#include "util/wr.h"

#include <string.h>

static const uint8_t bytes[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x80 };

START_TEST(rd_reads_network_order)
{
	struct rd r = rd_of(slice_of(bytes, sizeof(bytes)));

	ck_assert_uint_eq(rd_u8(&r), 0x01);
	ck_assert_uint_eq(rd_u16(&r), 0x0203);
	ck_assert_uint_eq(rd_u32(&r), 0x04050607);
	ck_assert_uint_eq(rd_u64(&r), UINT64_C(0x08090a0b0c0d0e0f));
	ck_assert_uint_eq(rd_left(&r), 1);
	ck_assert_int_eq(rd_end(&r), IKE_E_FORMAT);
	ck_assert_uint_eq(rd_u8(&r), 0x80);
	ck_assert_int_eq(rd_end(&r), IKE_OK);
	ck_assert_uint_eq(rd_left(&r), 0);
}
END_TEST

/* Each kind of read, with |n| bytes there: what it wants, and does it give zeroes and stay where it was? */
enum { R_U8, R_U16, R_U32, R_U64, R_BYTES, R_COPY, R_SKIP, R_SUB, R_KINDS };
static const size_t wants[R_KINDS] = { 1, 2, 4, 8, 5, 5, 5, 5 };

static uint64_t
read_kind(struct rd *r, int kind)
{
	uint8_t      copy[5];
	struct slice s;
	struct rd    sub;

	memset(copy, 0xee, sizeof(copy));
	switch (kind) {
	case R_U8:
		return rd_u8(r);
	case R_U16:
		return rd_u16(r);
	case R_U32:
		return rd_u32(r);
	case R_U64:
		return rd_u64(r);
	case R_BYTES:
		s = rd_bytes(r, 5);
		return s.n == 0 ? 0 : s.p[4];
	case R_COPY:
		rd_copy(r, copy, 5);
		return copy[0] + copy[4];
	case R_SUB:
		sub = rd_sub(r, 5);
		ck_assert_int_eq(sub.err, r->err);
		ck_assert_uint_eq(rd_left(&sub), r->err == IKE_OK ? 5 : 0);
		ck_assert_int_eq(rd_end(&sub), r->err == IKE_OK ? IKE_E_FORMAT : r->err);
		return rd_u8(&sub);
	default:
		rd_skip(r, 5);
		return r->err == IKE_OK;
	}
}

START_TEST(rd_every_boundary)
{
	for (int kind = 0; kind < R_KINDS; kind++) {
		for (size_t n = 0; n <= sizeof(bytes); n++) {
			struct rd r = rd_of(slice_of(bytes, n));
			uint64_t  v = read_kind(&r, kind);

			if (n >= wants[kind]) {
				ck_assert_int_eq(r.err, IKE_OK);
				ck_assert_uint_ne(v, 0);
				ck_assert_uint_eq(rd_left(&r), n - wants[kind]);
				continue;
			}
			ck_assert_uint_eq(v, 0);
			ck_assert_int_eq(r.err, IKE_E_SHORT);
			ck_assert_ptr_eq(r.p, bytes);
			ck_assert_uint_eq(rd_left(&r), 0);
			ck_assert_int_eq(rd_end(&r), IKE_E_SHORT);
			/* sticky: also reads that would fit */
			for (int again = 0; again < R_KINDS; again++)
				ck_assert_uint_eq(read_kind(&r, again), 0);
			ck_assert_uint_eq(rd_rest(&r).n, 0);
			ck_assert_ptr_eq(r.p, bytes);
		}
	}
}
END_TEST

START_TEST(rd_nothing_from_nothing)
{
	struct rd r = rd_of(slice_of(NULL, 0));
	struct rd sub;
	uint8_t   c = 7;

	ck_assert_uint_eq(rd_left(&r), 0);
	ck_assert_uint_eq(rd_bytes(&r, 0).n, 0);
	rd_copy(&r, NULL, 0);
	rd_skip(&r, 0);
	sub = rd_sub(&r, 0);
	ck_assert_int_eq(rd_end(&sub), IKE_OK);
	ck_assert_uint_eq(rd_rest(&r).n, 0);
	ck_assert_int_eq(rd_end(&r), IKE_OK);
	rd_copy(&r, &c, 1);
	ck_assert_uint_eq(c, 0);
	ck_assert_int_eq(rd_end(&r), IKE_E_SHORT);
}
END_TEST

START_TEST(rd_huge_lengths)
{
	static const size_t huge[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, (size_t)UINT32_MAX + 1, 17 };

	for (size_t i = 0; i < sizeof(huge) / sizeof(huge[0]); i++) {
		struct rd r = rd_of(slice_of(bytes, sizeof(bytes)));

		rd_skip(&r, huge[i]);
		ck_assert_int_eq(r.err, IKE_E_SHORT);
		r = rd_of(slice_of(bytes, sizeof(bytes)));
		ck_assert_int_eq(rd_sub(&r, huge[i]).err, IKE_E_SHORT);
		ck_assert_uint_eq(rd_bytes(&r, huge[i]).n, 0);
	}
}
END_TEST

START_TEST(rd_sub_and_rest)
{
	struct rd    r = rd_of(slice_of(bytes, sizeof(bytes)));
	struct rd    sub = rd_sub(&r, 4);
	struct slice rest;

	ck_assert_uint_eq(rd_u32(&sub), 0x01020304);
	ck_assert_int_eq(rd_end(&sub), IKE_OK);
	ck_assert_uint_eq(rd_u8(&sub), 0);             /* the sub cursor stays within its bytes ... */
	ck_assert_int_eq(rd_end(&sub), IKE_E_SHORT);
	ck_assert_int_eq(r.err, IKE_OK);               /* ... and its failure is its own */
	rest = rd_rest(&r);
	ck_assert_ptr_eq(rest.p, bytes + 4);
	ck_assert_uint_eq(rest.n, sizeof(bytes) - 4);
	ck_assert_int_eq(rd_end(&r), IKE_OK);
}
END_TEST

START_TEST(rd_first_error_stands)
{
	struct rd r = rd_of(slice_of(bytes, 4));
	struct rd sub;

	rd_fail(&r, IKE_E_CRITICAL);
	rd_fail(&r, IKE_E_RANGE);
	ck_assert_uint_eq(rd_u64(&r), 0);
	sub = rd_sub(&r, 1);
	ck_assert_int_eq(sub.err, IKE_E_CRITICAL);
	ck_assert_int_eq(rd_end(&r), IKE_E_CRITICAL);
}
END_TEST

START_TEST(wr_writes_network_order)
{
	struct wr  w;
	struct buf b = { 0 };

	wr_init(&w, 0);
	wr_u8(&w, 0x01);
	wr_u16(&w, 0x0203);
	wr_u32(&w, 0x04050607);
	wr_u64(&w, UINT64_C(0x08090a0b0c0d0e0f));
	wr_bytes(&w, slice_of(bytes + 15, 1));
	wr_bytes(&w, slice_of(NULL, 0));
	ck_assert_uint_eq(wr_len(&w), sizeof(bytes));
	wr_zero(&w, 3);
	ck_assert_int_eq(wr_take(&w, &b), IKE_OK);
	ck_assert_uint_eq(wr_len(&w), 0);
	ck_assert_uint_eq(b.n, sizeof(bytes) + 3);
	ck_assert_mem_eq(b.p, bytes, sizeof(bytes));
	ck_assert_mem_eq(b.p + sizeof(bytes), "\0\0\0", 3);
	wr_free(&w);
	buf_free(&b);
}
END_TEST

START_TEST(wr_reserves_and_patches)
{
	struct wr w = { 0 };
	size_t    a, b, c;

	a = wr_mark_u16(&w);
	b = wr_mark_u32(&w);
	c = wr_mark_u8(&w);
	wr_u8(&w, 0xaa);
	ck_assert_uint_eq(a, 0);
	ck_assert_uint_eq(b, 2);
	ck_assert_uint_eq(c, 6);
	wr_patch_u16(&w, a, 65535);
	wr_patch_u32(&w, b, 0x01020304);
	wr_patch_u8(&w, c, 9);
	ck_assert_int_eq(wr_err(&w), IKE_OK);
	ck_assert_mem_eq(w.buf.p, "\xff\xff\1\2\3\4\x09\xaa", 8);
	wr_free(&w);
}
END_TEST

START_TEST(wr_patch_refuses)
{
	static const struct {
		int     width;
		size_t  at, value;
		ike_err want;
	} cases[] = {
		{ 2, 0, 65535, IKE_OK },   { 2, 0, 65536, IKE_E_RANGE }, { 4, 0, 0xffffffff, IKE_OK },
		{ 4, 0, (size_t)1 << 32, IKE_E_RANGE },                  { 2, 0, SIZE_MAX, IKE_E_RANGE },
		{ 1, 5, 1, IKE_OK },       { 1, 6, 1, IKE_E_INTERNAL },  { 2, 4, 1, IKE_OK },
		{ 2, 5, 1, IKE_E_INTERNAL }, { 4, 2, 1, IKE_OK },        { 4, 3, 1, IKE_E_INTERNAL },
		{ 4, SIZE_MAX, 1, IKE_E_INTERNAL }, { 2, SIZE_MAX - 1, 1, IKE_E_INTERNAL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wr w = { 0 };

		wr_zero(&w, 6);
		if (cases[i].width == 1)
			wr_patch_u8(&w, cases[i].at, (uint8_t)cases[i].value);
		else if (cases[i].width == 2)
			wr_patch_u16(&w, cases[i].at, cases[i].value);
		else
			wr_patch_u32(&w, cases[i].at, cases[i].value);
		ck_assert_msg(wr_err(&w) == cases[i].want, "case %zu", i);
		if (cases[i].want != IKE_OK)
			ck_assert_mem_eq(w.buf.p, "\0\0\0\0\0\0", 6);
		wr_free(&w);
	}
}
END_TEST

START_TEST(wr_patch_of_an_empty_writer)
{
	struct wr w = { 0 };

	wr_patch_u8(&w, 0, 1);
	ck_assert_int_eq(wr_err(&w), IKE_E_INTERNAL);
	wr_free(&w);
}
END_TEST

START_TEST(wr_limit)
{
	for (size_t limit = 1; limit < 40; limit++) {
		for (size_t n = 0; n < 40; n++) {
			struct wr w;

			wr_init(&w, limit);
			wr_zero(&w, n);
			ck_assert_int_eq(wr_err(&w), n <= limit ? IKE_OK : IKE_E_FULL);
			ck_assert_uint_eq(wr_len(&w), n <= limit ? n : 0);
			wr_u8(&w, 1);
			ck_assert_int_eq(wr_err(&w), n < limit ? IKE_OK : IKE_E_FULL);
			wr_free(&w);
		}
	}
}
END_TEST

START_TEST(wr_default_limit)
{
	struct wr  w = { 0 };
	struct buf out = { 0 };

	wr_zero(&w, 65535);
	ck_assert_int_eq(wr_err(&w), IKE_OK);
	wr_u8(&w, 0);
	ck_assert_int_eq(wr_err(&w), IKE_E_FULL);
	ck_assert_int_eq(buf_set(&out, slice_str("kept")), IKE_OK);
	ck_assert_int_eq(wr_take(&w, &out), IKE_E_FULL);
	ck_assert(slice_equal(buf_slice(&out), slice_str("kept")));
	wr_free(&w);
	buf_free(&out);
	wr_init(&w, 0);
	ck_assert_ptr_null(wr_space(&w, SIZE_MAX));
	ck_assert_int_eq(wr_err(&w), IKE_E_FULL);
	wr_free(&w);
}
END_TEST

START_TEST(wr_after_an_error_nothing_changes)
{
	struct wr w = { 0 };

	wr_u16(&w, 0x1234);
	wr_fail(&w, IKE_E_CRYPTO);
	wr_fail(&w, IKE_E_RANGE);
	wr_u8(&w, 1);
	wr_bytes(&w, slice_of(bytes, 4));
	wr_patch_u16(&w, 0, 1);
	ck_assert_ptr_null(wr_space(&w, 0));
	ck_assert_int_eq(wr_err(&w), IKE_E_CRYPTO);
	ck_assert_uint_eq(wr_len(&w), 2);
	ck_assert_mem_eq(w.buf.p, "\x12\x34", 2);
	wr_free(&w);
	wr_free(&w);
}
END_TEST

START_TEST(wr_space_of_nothing)
{
	struct wr w = { 0 };

	ck_assert_ptr_nonnull(wr_space(&w, 0));
	ck_assert_int_eq(wr_err(&w), IKE_OK);
	wr_free(&w);
}
END_TEST

START_TEST(wr_survives_failing_allocations)
{
	FAIL_EACH_ALLOC({
		struct wr  w = { 0 };
		struct buf out = { 0 };

		for (int i = 0; i < 100; i++)
			wr_u64(&w, (uint64_t)i);
		ck_assert_int_eq(wr_take(&w, &out), fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		ck_assert_uint_eq(out.n, fail_alloc_hit() ? 0 : 800);
		buf_free(&out);
		wr_free(&w);
	});
}
END_TEST

START_TEST(what_is_written_is_read)
{
	struct wr w = { 0 };
	struct rd r;
	uint64_t  v = 1;

	for (int i = 0; i < 64; i++, v = v * 3 + 1) {
		wr_u8(&w, (uint8_t)v);
		wr_u16(&w, (uint16_t)v);
		wr_u32(&w, (uint32_t)v);
		wr_u64(&w, v);
	}
	r = rd_of(buf_slice(&w.buf));
	v = 1;
	for (int i = 0; i < 64; i++, v = v * 3 + 1) {
		ck_assert_uint_eq(rd_u8(&r), (uint8_t)v);
		ck_assert_uint_eq(rd_u16(&r), (uint16_t)v);
		ck_assert_uint_eq(rd_u32(&r), (uint32_t)v);
		ck_assert_uint_eq(rd_u64(&r), v);
	}
	ck_assert_int_eq(rd_end(&r), IKE_OK);
	wr_free(&w);
}
END_TEST

int
main(void)
{
	Suite   *s = suite_create("util_rdwr");
	TCase   *t = tcase_create("cursors");
	SRunner *r = srunner_create(s);
	int      failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, rd_reads_network_order);
	tcase_add_test(t, rd_every_boundary);
	tcase_add_test(t, rd_nothing_from_nothing);
	tcase_add_test(t, rd_huge_lengths);
	tcase_add_test(t, rd_sub_and_rest);
	tcase_add_test(t, rd_first_error_stands);
	tcase_add_test(t, wr_writes_network_order);
	tcase_add_test(t, wr_reserves_and_patches);
	tcase_add_test(t, wr_patch_refuses);
	tcase_add_test(t, wr_patch_of_an_empty_writer);
	tcase_add_test(t, wr_limit);
	tcase_add_test(t, wr_default_limit);
	tcase_add_test(t, wr_after_an_error_nothing_changes);
	tcase_add_test(t, wr_space_of_nothing);
	tcase_add_test(t, wr_survives_failing_allocations);
	tcase_add_test(t, what_is_written_is_read);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
