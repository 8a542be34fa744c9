/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xfrm_vectors - the recorded kernel messages of tests/vectors/xfrm: lines of label, type and bytes in hexadecimal.
 */
#ifndef TESTS_XFRM_VECTORS_H
#define TESTS_XFRM_VECTORS_H

#include "util/slice.h"

#include <stdio.h>

#define VECTOR_LABEL 64

struct vector {
	char label[VECTOR_LABEL];
	size_t n;
	_Alignas(16) uint8_t b[2048];
};

/* Open "NAME.txt" of the recorded messages; the test fails if it is not there. */
FILE *
vectors_open(const char *name);

/* The next message; false at the end. */
bool
vectors_next(FILE *f, struct vector *out);

/* The |nth| (0..) message labelled |label| of file |name|; the test fails if there is none. */
void
vector_find(const char *name, const char *label, unsigned nth, struct vector *out);

/* The path of a file below the source tree. */
const char *
source_path(const char *name, char *buf, size_t cap);

#endif
