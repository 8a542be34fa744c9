/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of lib/crypto share: bytes written as hex, and a context a test. */
#ifndef TESTS_CRYPTO_TEST_H
#define TESTS_CRYPTO_TEST_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

#define COUNT(a)         (sizeof(a) / sizeof((a)[0]))
#define OK(expr)         ck_assert_int_eq((expr), IKE_OK)
#define FAILS(err, expr) ck_assert_int_eq((expr), (err))

struct bytes {
	uint8_t b[1100];
	size_t n;
};

static inline unsigned
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a' + 10);
	ck_assert_msg(c >= 'A' && c <= 'F', "not a hex digit: %c", c);
	return (unsigned)(c - 'A' + 10);
}

/* Bytes from hex digits, with blanks anywhere between bytes; "*3:0b" repeats a byte, "=text" is the text itself. */
static inline struct bytes
unhex(const char *s)
{
	struct bytes out;

	out.n = 0;
	if (*s == '=') {
		out.n = strlen(++s);
		ck_assert_uint_le(out.n, sizeof(out.b));
		memcpy(out.b, s, out.n);
		return out;
	}
	if (*s == '*') {
		char *colon;
		size_t n = strtoul(s + 1, &colon, 10);

		ck_assert_uint_le(n, sizeof(out.b));
		memset(out.b, (int)(hex_digit(colon[1]) << 4 | hex_digit(colon[2])), n);
		out.n = n;
		return out;
	}
	while (*s != '\0') {
		if (*s == ' ') {
			s++;
			continue;
		}
		ck_assert_uint_lt(out.n, sizeof(out.b));
		out.b[out.n++] = (uint8_t)(hex_digit(s[0]) << 4 | hex_digit(s[1]));
		s += 2;
	}
	return out;
}

static inline struct slice
bytes_slice(const struct bytes *b)
{
	return slice_of(b->b, b->n);
}

static inline void
expect_bytes(struct slice got, const char *hex, const char *what, size_t row)
{
	struct bytes want = unhex(hex);

	ck_assert_msg(
	    got.n == want.n, "%s, row %zu: %zu bytes instead of %zu", what, row, got.n, want.n);
	ck_assert_msg(got.n == 0 || memcmp(got.p, want.b, want.n) == 0, "%s, row %zu: wrong bytes",
	    what, row);
}

static inline struct crypto *
test_crypto(const char *seed)
{
	struct crypto_options opt = { .seed = slice_of(seed, seed == NULL ? 0 : strlen(seed)) };
	struct crypto *c = NULL;

	OK(crypto_new(&opt, &c));
	return c;
}

static inline int
run_suite(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
