/* SPDX-License-Identifier: BSD-3-Clause */
#include "kern/rows.h"

#include <stdlib.h>
#include <string.h>

enum { UNIT = 8 };

static size_t
padded(size_t n)
{
	return (n + UNIT - 1) / UNIT * UNIT;
}

/* Not realloc(): it would leave keys behind. */
static bool
make_room(struct rows *r, size_t more)
{
	size_t cap = r->cap == 0 ? 65536 : r->cap;
	uint8_t *b;

	if (more <= r->cap - r->n)
		return true;
	while (cap - r->n < more)
		cap *= 2;
	b = malloc(cap);
	if (b == NULL)
		return false;
	if (r->n != 0) {
		memcpy(b, r->b, r->n);
		explicit_bzero(r->b, r->n);
	}
	free(r->b);
	r->b = b;
	r->cap = cap;
	return true;
}

void
rows_add(void *rows, struct slice msg)
{
	struct rows *r = rows;
	uint64_t n = msg.n;

	if (r->nomem || !make_room(r, UNIT + padded(msg.n))) {
		r->nomem = true;
		return;
	}
	memcpy(r->b + r->n, &n, UNIT);
	memcpy(r->b + r->n + UNIT, msg.p, msg.n);
	r->n += UNIT + padded(msg.n);
}

void
rows_each(const struct rows *r, void (*fn)(void *arg, struct slice msg), void *arg)
{
	uint64_t n;

	for (size_t at = 0; at < r->n; at += UNIT + padded(n)) {
		memcpy(&n, r->b + at, UNIT);
		fn(arg, slice_of(r->b + at + UNIT, n));
	}
}

void
rows_clear(struct rows *r)
{
	if (r->n != 0)
		explicit_bzero(r->b, r->n);
	r->n = 0;
	r->nomem = false;
}

void
rows_fini(struct rows *r)
{
	rows_clear(r);
	free(r->b);
	memset(r, 0, sizeof(*r));
}
