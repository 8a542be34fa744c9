/* SPDX-License-Identifier: BSD-3-Clause */
#include "util/buf.h"

#include <stdlib.h>
#include <string.h>

#define BUF_FIRST 64

/* The capacity to allocate for |need| bytes: doubling, so that appending costs O(1) a byte. */
static size_t
next_cap(size_t cap, size_t need)
{
	size_t twice = cap > SIZE_MAX / 2 ? SIZE_MAX : cap * 2;

	if (twice < BUF_FIRST)
		twice = BUF_FIRST;
	return twice > need ? twice : need;
}

ike_err
buf_reserve(struct buf *b, size_t more)
{
	uint8_t *p;
	size_t cap;

	if (more > SIZE_MAX - b->n)
		return IKE_E_NOMEM;
	if (b->p != NULL && b->n + more <= b->cap)
		return IKE_OK;
	cap = next_cap(b->cap, b->n + more);
	p = realloc(b->p, cap);
	if (p == NULL)
		return IKE_E_NOMEM;
	b->p = p;
	b->cap = cap;
	return IKE_OK;
}

/* Append to a new block, so that |s| may be part of the old one. */
static ike_err
append_growing(struct buf *b, struct slice s)
{
	size_t cap;
	uint8_t *p;

	if (s.n > SIZE_MAX - b->n)
		return IKE_E_NOMEM;
	cap = next_cap(b->cap, b->n + s.n);
	p = malloc(cap);
	if (p == NULL)
		return IKE_E_NOMEM;
	if (b->n > 0)
		memcpy(p, b->p, b->n);
	memcpy(p + b->n, s.p, s.n);
	free(b->p);
	b->p = p;
	b->n += s.n;
	b->cap = cap;
	return IKE_OK;
}

ike_err
buf_append(struct buf *b, struct slice s)
{
	if (s.n == 0)
		return IKE_OK;
	if (s.n > b->cap - b->n)
		return append_growing(b, s);
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
	return IKE_OK;
}

ike_err
buf_set(struct buf *b, struct slice s)
{
	uint8_t *p;

	if (s.n > b->cap) {
		p = malloc(s.n);
		if (p == NULL)
			return IKE_E_NOMEM;
		memcpy(p, s.p, s.n);
		free(b->p);
		b->p = p;
		b->cap = s.n;
	} else if (s.n > 0) {
		memmove(b->p, s.p, s.n);
	}
	b->n = s.n;
	return IKE_OK;
}

void
buf_move(struct buf *to, struct buf *from)
{
	if (to == from)
		return;
	free(to->p);
	*to = *from;
	*from = (struct buf){ 0 };
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}
