/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rows - the messages of a dump, kept until it is known that none is missing.  Private to src/kern.
 *
 * A dump that lost a message, or whose tables changed while they were read, is read again, and whoever asked for it must not
 * see rows twice.  Messages carry keys: what is kept is wiped.
 */
#ifndef KERN_ROWS_H
#define KERN_ROWS_H

#include "util/err.h"
#include "util/slice.h"

#include <stdbool.h>

/* How often a dump is tried. */
#define ROWS_TRIES 5

struct rows {
	uint8_t *b; /* each message behind its length, aligned to 8 bytes */
	size_t n, cap;
	bool nomem; /* sticky until rows_clear() */
};

/* Keep a copy of |msg|; |rows| is the struct rows. */
void
rows_add(void *rows, struct slice msg);

/* Call |fn| with each message, in order. */
void
rows_each(const struct rows *r, void (*fn)(void *arg, struct slice msg), void *arg);

/* Forget all; what is there can be used again. */
void
rows_clear(struct rows *r);

void
rows_fini(struct rows *r);

#endif
