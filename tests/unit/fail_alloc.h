/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fail_alloc - make the n-th memory allocation of a test fail, and count what is never freed.
 *
 * Link the test with fail_alloc.c and -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free.  Only
 * calls from statically linked code pass through here: ours, not those inside shared libraries.  Works
 * with AddressSanitizer, whose allocator stays behind the wrappers.  One thread only.
 *
 * The check library is linked statically and allocates in every ck_assert(): this header includes <check.h> and leaves
 * those allocations out, so that assertions may stand inside FAIL_EACH_ALLOC().
 */
#ifndef TESTS_FAIL_ALLOC_H
#define TESTS_FAIL_ALLOC_H

#include <check.h>
#include <stdbool.h>

/* Fail the |n|-th allocation from now on, once; 0 = never.  The count starts again. */
void
fail_alloc_at(long n);

/* Allocations since the last fail_alloc_at(), the failed one included. */
long
fail_alloc_count(void);

/* Blocks allocated less blocks freed.  Only the difference of two values means something. */
long
fail_alloc_live(void);

/* Did the allocation asked for by fail_alloc_at() fail? */
bool
fail_alloc_hit(void);

/* For the macros below. */
void
fail_alloc_mark(const char *file, int line);
void
fail_alloc_off(void);

/*
 * Run the statements given for n = 1, 2, ... with the n-th allocation failing, until a run needs fewer.
 * The statements must work in both cases, free what they made, and may not leave with break, continue
 * or return.  After each run as many blocks must be allocated as before it.
 *
 *	FAIL_EACH_ALLOC({
 *		struct buf b = { 0 };
 *		ike_err    err = buf_append(&b, slice_str("x"));
 *
 *		ck_assert(err == (fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK));
 *		buf_free(&b);
 *	});
 */
#define FAIL_EACH_ALLOC(...)                                                                       \
	do {                                                                                       \
		long fail_alloc_n_ = 0, fail_alloc_live_;                                          \
		bool fail_alloc_again_;                                                            \
                                                                                                   \
		do {                                                                               \
			fail_alloc_live_ = fail_alloc_live();                                      \
			fail_alloc_at(++fail_alloc_n_);                                            \
			__VA_ARGS__                                                                \
			fail_alloc_again_ = fail_alloc_hit();                                      \
			fail_alloc_at(0);                                                          \
			ck_assert_int_eq(fail_alloc_live(), fail_alloc_live_);                     \
		} while (fail_alloc_again_);                                                       \
	} while (0)

#define _mark_point(file, line) fail_alloc_mark(file, line)
#define _ck_assert_failed(...) (fail_alloc_off(), (_ck_assert_failed)(__VA_ARGS__))

#endif
