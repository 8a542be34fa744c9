/* SPDX-License-Identifier: BSD-3-Clause */
#include "util/heap.h"

#include <stdbool.h>
#include <stdlib.h>

static bool
before(const struct timer *a, const struct timer *b)
{
	return a->when != b->when ? a->when < b->when : a->seq < b->seq;
}

static void
place(struct heap *h, size_t i, struct timer *t)
{
	h->v[i] = t;
	t->pos = i + 1;
}

/* Put |t| at the hole |i| or higher up. */
static void
sift_up(struct heap *h, size_t i, struct timer *t)
{
	while (i > 0 && before(t, h->v[(i - 1) / 2])) {
		place(h, i, h->v[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	place(h, i, t);
}

/* Put |t| at the hole |i| or further down. */
static void
sift_down(struct heap *h, size_t i, struct timer *t)
{
	size_t child;

	while ((child = 2 * i + 1) < h->n) {
		if (child + 1 < h->n && before(h->v[child + 1], h->v[child]))
			child++;
		if (!before(h->v[child], t))
			break;
		place(h, i, h->v[child]);
		i = child;
	}
	place(h, i, t);
}

static void
settle(struct heap *h, size_t i, struct timer *t)
{
	if (i > 0 && before(t, h->v[(i - 1) / 2]))
		sift_up(h, i, t);
	else
		sift_down(h, i, t);
}

static ike_err
grow(struct heap *h)
{
	size_t cap = h->cap == 0 ? 16 : h->cap * 2;
	struct timer **v;

	if (h->n < h->cap)
		return IKE_OK;
	if (cap > SIZE_MAX / sizeof(*v))
		return IKE_E_NOMEM;
	v = realloc(h->v, cap * sizeof(*v));
	if (v == NULL)
		return IKE_E_NOMEM;
	h->v = v;
	h->cap = cap;
	return IKE_OK;
}

ike_err
heap_set(struct heap *h, struct timer *t, ike_time when)
{
	size_t i;

	if (when == IKE_NEVER) {
		heap_cancel(h, t);
		return IKE_OK;
	}
	if (t->pos == 0) {
		TRY(grow(h));
		i = h->n++;
	} else {
		i = t->pos - 1;
	}
	t->when = when;
	t->seq = h->next_seq++;
	settle(h, i, t);
	return IKE_OK;
}

void
heap_cancel(struct heap *h, struct timer *t)
{
	size_t i = t->pos;
	struct timer *last;

	t->when = IKE_NEVER;
	t->pos = 0;
	if (i-- == 0)
		return;
	last = h->v[--h->n];
	if (last != t)
		settle(h, i, last);
}

struct timer *
heap_first(const struct heap *h)
{
	return h->n == 0 ? NULL : h->v[0];
}

void
heap_fini(struct heap *h)
{
	free(h->v);
	*h = (struct heap){ 0 };
}
