/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * slice - borrowed bytes: a pointer and a length, never owned, copied freely.
 *
 * A slice is valid as long as what it was cut from.  The empty slice has n == 0 and any p.
 * Comparing secrets is not done here but with crypto/secret.h: ct_equal().
 */
#ifndef UTIL_SLICE_H
#define UTIL_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const uint8_t *p;
	size_t n;
};

static inline struct slice
slice_of(const void *p, size_t n)
{
	return (struct slice){ p, n };
}

/* The bytes of the NUL-terminated string |s|, without the NUL; NULL gives the empty slice. */
struct slice
slice_str(const char *s);

/* Equality of public data; not constant-time. */
bool
slice_equal(struct slice a, struct slice b);

/* Bytewise order, shorter first among equal prefixes: <0, 0, >0.  The order RFC 7296 section 2.8 wants for nonces. */
int
slice_compare(struct slice a, struct slice b);

#endif
