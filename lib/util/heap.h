/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * heap - an intrusive binary min-heap of deadlines.
 *
 * Nodes are borrowed and name their owner by kind and id, never by pointer, so that a timer cannot outlive what it
 * is for.  Equal times come out in the order of insertion.
 */
#ifndef UTIL_HEAP_H
#define UTIL_HEAP_H

#include "util/err.h"
#include "util/time.h"

#include <stddef.h>

struct timer {
	ike_time when; /* IKE_NEVER: not in the heap */
	uint64_t seq;  /* tie-break, set by the heap */
	size_t pos;    /* index + 1 in the heap, 0: not in it */
	uint32_t kind; /* the owner's business */
	uint64_t owner_id;
};

struct heap {
	struct timer **v;
	size_t n, cap;
	uint64_t next_seq;
};

/* Put |t| in at |when|, or move it there; IKE_NEVER takes it out.  IKE_E_NOMEM: it is where it was. */
MUST_USE ike_err
heap_set(struct heap *h, struct timer *t, ike_time when);

/* Take |t| out; nothing happens if it is not in. */
void
heap_cancel(struct heap *h, struct timer *t);

/* The earliest timer, still in the heap; NULL if empty. */
struct timer *
heap_first(const struct heap *h);

void
heap_fini(struct heap *h);

#endif
