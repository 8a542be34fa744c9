/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * text - a bounded string builder over the caller's array: what every printer in the project writes to.
 *
 * Always NUL-terminated; what does not fit is cut and the last three characters become "...".  Peer text goes through
 * text_peer(), which escapes everything outside printable ASCII.
 */
#ifndef UTIL_TEXT_H
#define UTIL_TEXT_H

#include "util/slice.h"

#include <stdarg.h>

struct text {
	char *p;
	size_t cap; /* with the NUL, > 4 */
	size_t n;   /* characters written, without the NUL */
	bool cut;
};

/* Start an empty text in |array| of |cap| bytes. */
struct text
text_in(char *array, size_t cap);

void
text_add(struct text *t, const char *s);
void
text_addf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void
text_vaddf(struct text *t, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void
text_char(struct text *t, char c);
void
text_hex(struct text *t, struct slice s);

/* Bytes of a peer: printable ASCII as it is (backslash doubled), the rest as \xHH. */
void
text_peer(struct text *t, struct slice s);

#endif
