/* SPDX-License-Identifier: BSD-3-Clause */
/* err, slice, buf, arena */
#include "fail_alloc.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"

#include <stdlib.h>
#include <string.h>

START_TEST(err_table_is_complete)
{
	for (int e = 0; e < IKE_E_COUNT; e++) {
		const struct err_info *i = ike_err_info((ike_err)e);

		ck_assert_ptr_nonnull(i->name);
		ck_assert_ptr_nonnull(i->text);
		ck_assert_str_eq(i->text, ike_err_text((ike_err)e));
		ck_assert(i->text[strlen(i->text) - 1] != '.');
		ck_assert((i->class == ERR_NONE) == (e == IKE_OK));
		/* what is dropped or local must not make us talk, with the exceptions RFC 7296 section 2.21 allows */
		if (i->class == ERR_LOCAL)
			ck_assert(i->v1_notify == 0 && i->v2_notify == 0);
		/* RFC 7296 section 3.10.1: "Types in the range 0 - 16383 are intended for reporting errors." */
		ck_assert_uint_lt(i->v2_notify, 16384);
		/* RFC 2408 section 3.14.1: error types end at 8191 */
		ck_assert_uint_lt(i->v1_notify, 8192);
	}
	ck_assert_str_eq(ike_err_info(IKE_E_NO_PROPOSAL)->name, "NO_PROPOSAL");
	ck_assert_uint_eq(ike_err_info(IKE_E_NO_PROPOSAL)->v1_notify, 14);
	ck_assert_uint_eq(ike_err_info(IKE_E_TS)->v2_notify, 38);
	ck_assert_uint_eq(ike_err_info(IKE_E_AUTH)->v2_notify, 24);
}
END_TEST

START_TEST(err_outside_the_list)
{
	ck_assert_str_eq(ike_err_text(IKE_E_COUNT), "unknown error");
	ck_assert_str_eq(ike_err_info((ike_err)-1)->name, "UNKNOWN");
	ck_assert_int_eq(ike_err_info((ike_err)12345)->class, ERR_FAIL);
}
END_TEST

static ike_err
tries(ike_err e, int *passed)
{
	TRY(e);
	(*passed)++;
	return IKE_OK;
}

START_TEST(try_returns_the_error)
{
	int passed = 0;

	ck_assert_int_eq(tries(IKE_E_RANGE, &passed), IKE_E_RANGE);
	ck_assert_int_eq(passed, 0);
	ck_assert_int_eq(tries(IKE_OK, &passed), IKE_OK);
	ck_assert_int_eq(passed, 1);
}
END_TEST

START_TEST(slices_compare)
{
	static const struct {
		const char *a, *b;
		int         order;
	} cases[] = {
		{ "", "", 0 },     { "a", "", 1 },      { "", "a", -1 },     { "abc", "abc", 0 },
		{ "ab", "abc", -1 }, { "abd", "abc", 1 }, { "b", "abc", 1 }, { "\x7f", "\x80", -1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice a = slice_str(cases[i].a), b = slice_str(cases[i].b);

		ck_assert_int_eq(slice_compare(a, b), cases[i].order);
		ck_assert_int_eq(slice_compare(b, a), -cases[i].order);
		ck_assert_int_eq(slice_equal(a, b), cases[i].order == 0);
	}
	ck_assert_uint_eq(slice_str(NULL).n, 0);
	ck_assert(slice_equal(slice_str(NULL), slice_str("")));
	ck_assert_int_eq(slice_compare(slice_str(NULL), slice_str("")), 0);
}
END_TEST

START_TEST(buf_appends_and_grows)
{
	struct buf b = { 0 };

	for (int i = 0; i < 1000; i++) {
		uint8_t byte = (uint8_t)i;

		ck_assert_int_eq(buf_append(&b, slice_of(&byte, 1)), IKE_OK);
	}
	ck_assert_uint_eq(b.n, 1000);
	ck_assert_uint_ge(b.cap, b.n);
	for (int i = 0; i < 1000; i++)
		ck_assert_uint_eq(b.p[i], (uint8_t)i);
	ck_assert_int_eq(buf_append(&b, slice_of(NULL, 0)), IKE_OK);
	ck_assert_uint_eq(b.n, 1000);
	buf_free(&b);
	buf_free(&b);
	ck_assert_ptr_null(b.p);
}
END_TEST

START_TEST(buf_takes_its_own_bytes)
{
	struct buf b = { 0 };

	ck_assert_int_eq(buf_set(&b, slice_str("abcdef")), IKE_OK);
	for (int i = 0; i < 8; i++)    /* 6 * 256 bytes: several times without room */
		ck_assert_int_eq(buf_append(&b, buf_slice(&b)), IKE_OK);
	ck_assert_uint_eq(b.n, 6 * 256);
	for (size_t i = 0; i < b.n; i++)
		ck_assert_int_eq(b.p[i], "abcdef"[i % 6]);
	ck_assert_int_eq(buf_set(&b, slice_of(b.p + 2, 5)), IKE_OK);
	ck_assert(slice_equal(buf_slice(&b), slice_str("cdefa")));
	ck_assert_int_eq(buf_set(&b, slice_of(NULL, 0)), IKE_OK);
	ck_assert_uint_eq(b.n, 0);
	buf_free(&b);
}
END_TEST

START_TEST(buf_refuses_the_impossible)
{
	struct buf b = { 0 };

	ck_assert_int_eq(buf_set(&b, slice_str("x")), IKE_OK);
	ck_assert_int_eq(buf_reserve(&b, SIZE_MAX), IKE_E_NOMEM);
	ck_assert_int_eq(buf_append(&b, slice_of("", SIZE_MAX)), IKE_E_NOMEM);
	ck_assert(slice_equal(buf_slice(&b), slice_str("x")));
	ck_assert_int_eq(buf_reserve(&b, 0), IKE_OK);
	buf_free(&b);
}
END_TEST

START_TEST(buf_moves)
{
	struct buf a = { 0 }, b = { 0 };

	ck_assert_int_eq(buf_set(&a, slice_str("one")), IKE_OK);
	ck_assert_int_eq(buf_set(&b, slice_str("two")), IKE_OK);
	buf_move(&a, &b);
	ck_assert(slice_equal(buf_slice(&a), slice_str("two")));
	ck_assert_ptr_null(b.p);
	ck_assert_uint_eq(b.n + b.cap, 0);
	buf_move(&a, &a);
	ck_assert(slice_equal(buf_slice(&a), slice_str("two")));
	buf_free(&a);
}
END_TEST

START_TEST(buf_survives_failing_allocations)
{
	char big[300];

	memset(big, 'x', sizeof(big));
	FAIL_EACH_ALLOC({
		struct buf b = { 0 };
		ike_err    err[4];

		err[0] = buf_append(&b, slice_str("abc"));
		ck_assert_uint_eq(b.n, err[0] == IKE_OK ? 3 : 0);
		err[1] = buf_append(&b, slice_of(big, sizeof(big)));
		ck_assert_uint_eq(b.n, (err[0] == IKE_OK ? 3 : 0) + (err[1] == IKE_OK ? 300 : 0));
		err[2] = buf_reserve(&b, 5000);
		ck_assert(err[2] != IKE_OK || b.cap - b.n >= 5000);
		err[3] = buf_set(&b, slice_str("z"));
		ck_assert_int_eq(fail_alloc_hit(), (err[0] | err[1] | err[2] | err[3]) == IKE_E_NOMEM);
		buf_free(&b);
	});
	FAIL_EACH_ALLOC({
		struct buf b = { 0 };
		ike_err    err = buf_set(&b, slice_of(big, sizeof(big)));

		ck_assert_int_eq(err, fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		ck_assert_uint_eq(b.n, err == IKE_OK ? 300 : 0);
		buf_free(&b);
	});
}
END_TEST

START_TEST(arena_gives_aligned_zeroes)
{
	struct arena a = { 0 };
	uint8_t     *last = NULL;

	for (size_t n = 0; n < 300; n++) {
		uint8_t *p = arena_alloc(&a, n);

		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
		ck_assert_ptr_ne(p, last);
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_eq(p[i], 0);
		memset(p, 0xff, n);
		last = p;
	}
	ck_assert_uint_ge(a.used, 299 * 300 / 2);
	arena_free(&a);
	ck_assert_ptr_null(a.blocks);
	ck_assert_uint_eq(a.used, 0);
	arena_free(&a);
}
END_TEST

START_TEST(arena_keeps_blocks_of_all_sizes)
{
	struct arena a = { 0 };
	char        *small = arena_strdup(&a, "small");
	char        *big = arena_alloc(&a, 10000);
	char        *more = arena_strdup(&a, "more");

	ck_assert(small != NULL && big != NULL && more != NULL);
	memset(big, 'x', 10000);
	ck_assert_str_eq(small, "small");
	ck_assert_str_eq(more, "more");
	/* the large block went behind the open one */
	ck_assert(more > small && more - small < 64);
	arena_free(&a);
	big = arena_alloc(&a, 10000);    /* a large one first */
	ck_assert_ptr_nonnull(big);
	ck_assert_ptr_nonnull(arena_alloc(&a, 1));
	arena_free(&a);
}
END_TEST

START_TEST(arena_has_a_cap)
{
	struct arena a = { .limit = 1000 };
	struct arena dflt = { 0 };

	ck_assert_ptr_nonnull(arena_alloc(&a, 900));
	ck_assert_ptr_null(arena_alloc(&a, 200));
	ck_assert_ptr_nonnull(arena_alloc(&a, 50));
	ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX));
	ck_assert_ptr_null(arena_array(&a, SIZE_MAX / 2, 3));
	ck_assert_ptr_null(arena_copy(&a, slice_of("", SIZE_MAX)));
	ck_assert_uint_le(a.used, 1000);
	arena_free(&a);
	ck_assert_ptr_nonnull(arena_alloc(&dflt, 1 << 19));
	ck_assert_ptr_null(arena_alloc(&dflt, (1 << 19) + 1));
	ck_assert_ptr_nonnull(arena_alloc(&dflt, 1 << 19));
	ck_assert_ptr_null(arena_alloc(&dflt, 1));
	arena_free(&dflt);
}
END_TEST

START_TEST(arena_copies)
{
	struct arena a = { 0 };
	char        *s = arena_copy(&a, slice_of("ab\0c", 4));
	int         *v = arena_array(&a, 7, sizeof(*v));

	ck_assert_ptr_nonnull(s);
	ck_assert_mem_eq(s, "ab\0c\0", 5);
	ck_assert_ptr_nonnull(v);
	ck_assert_int_eq(v[6], 0);
	s = arena_copy(&a, slice_of(NULL, 0));
	ck_assert_str_eq(s, "");
	s = arena_strdup(&a, NULL);
	ck_assert_str_eq(s, "");
	arena_free(&a);
}
END_TEST

START_TEST(arena_survives_failing_allocations)
{
	FAIL_EACH_ALLOC({
		struct arena a = { 0 };
		int          refused = 0;

		for (size_t n = 1; n < 9000; n *= 3)
			refused += arena_alloc(&a, n) == NULL;
		ck_assert_int_eq(refused, fail_alloc_hit() ? 1 : 0);
		arena_free(&a);
	});
}
END_TEST

START_TEST(the_helper_counts)
{
	long           live = fail_alloc_live();
	void *volatile p;    /* or the compiler leaves out what is allocated only to be freed */
	void *volatile q;

	fail_alloc_at(2);
	p = malloc(10);
	q = malloc(10);
	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_null(q);
	ck_assert(fail_alloc_hit());
	ck_assert_int_eq(fail_alloc_count(), 2);
	ck_assert_int_eq(fail_alloc_live(), live + 1);
	fail_alloc_at(1);
	q = realloc(p, 1000);
	ck_assert_ptr_null(q);
	q = calloc(3, 3);
	ck_assert_ptr_nonnull(q);
	ck_assert_int_eq(fail_alloc_live(), live + 2);
	free(p);
	free(q);
	free(NULL);
	fail_alloc_at(0);
	ck_assert_int_eq(fail_alloc_live(), live);
	ck_assert(!fail_alloc_hit());
}
END_TEST

int
main(void)
{
	Suite   *s = suite_create("util_bytes");
	TCase   *t = tcase_create("bytes");
	SRunner *r = srunner_create(s);
	int      failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, err_table_is_complete);
	tcase_add_test(t, err_outside_the_list);
	tcase_add_test(t, try_returns_the_error);
	tcase_add_test(t, slices_compare);
	tcase_add_test(t, buf_appends_and_grows);
	tcase_add_test(t, buf_takes_its_own_bytes);
	tcase_add_test(t, buf_refuses_the_impossible);
	tcase_add_test(t, buf_moves);
	tcase_add_test(t, buf_survives_failing_allocations);
	tcase_add_test(t, arena_gives_aligned_zeroes);
	tcase_add_test(t, arena_keeps_blocks_of_all_sizes);
	tcase_add_test(t, arena_has_a_cap);
	tcase_add_test(t, arena_copies);
	tcase_add_test(t, arena_survives_failing_allocations);
	tcase_add_test(t, the_helper_counts);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
