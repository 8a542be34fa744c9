/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of lib/wire share: bytes as hex, and memory that ends where its bytes end. */
#ifndef TESTS_T_WIRE_H
#define TESTS_T_WIRE_H

#include "fail_alloc.h"
#include "util/slice.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define OK(expr) ck_assert_int_eq((expr), IKE_OK)
#define FAILS(err, expr) ck_assert_int_eq((expr), (err))
#define SAME(a, b) ck_assert(slice_equal((a), (b)))

/* A copy of |s| in memory of exactly its size, so that the sanitizer sees a read behind it; free() it. */
static inline uint8_t *
exact(struct slice s)
{
	uint8_t *p = malloc(s.n > 0 ? s.n : 1);

	ck_assert_ptr_nonnull(p);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p;
}

static inline unsigned
hex_digit(char c)
{
	ck_assert_msg((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'), "not a hex digit: %c", c);
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

struct bytes {
	uint8_t b[2048];
	size_t  n;
};

static inline struct slice
bytes_slice(const struct bytes *b)
{
	return slice_of(b->b, b->n);
}

/* Bytes from hex digits, blanks anywhere between bytes. */
static inline struct bytes
unhex(const char *s)
{
	struct bytes out;

	out.n = 0;
	while (*s != '\0') {
		if (*s == ' ') {
			s++;
			continue;
		}
		ck_assert_uint_lt(out.n, sizeof out.b);
		out.b[out.n++] = (uint8_t)(hex_digit(s[0]) << 4 | hex_digit(s[1]));
		s += 2;
	}
	return out;
}

/* The main() of a test program with the one suite that |add| fills. */
static inline int
run_tests(const char *name, void (*add)(TCase *tc))
{
	Suite   *s = suite_create(name);
	TCase   *tc = tcase_create(name);
	SRunner *sr = srunner_create(s);
	int      failed;

	tcase_set_timeout(tc, 60);
	add(tc);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}

#endif
