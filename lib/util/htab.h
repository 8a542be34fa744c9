/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * htab - an intrusive hash table with a seeded SipHash-2-4, for keys that a peer may choose.
 *
 * Members embed a struct hnode and stay owned by their owner; the table owns only its buckets.  Keys are
 * bytes: hnode.hash is computed by htab_hash() over the key; equality is the caller's, told by |eq|.  Several
 * members with the same key may live side by side (htab_next()).  Grows by itself; a failed growth only makes it
 * slower.
 */
#ifndef UTIL_HTAB_H
#define UTIL_HTAB_H

#include "util/err.h"
#include "util/slice.h"

struct hnode {
	struct hnode *next;
	uint64_t hash;
};

typedef bool
htab_eq_fn(const struct hnode *n, const void *key);

struct htab {
	struct hnode **bucket;
	size_t nbuckets; /* a power of two, 0 before the first insertion */
	size_t count;
	uint8_t seed[16];
	htab_eq_fn *eq;
};

/* Ready an empty table; |seed| is 16 random bytes, copied.  Allocates nothing. */
void
htab_init(struct htab *t, const uint8_t seed[16], htab_eq_fn *eq);

/* SipHash-2-4 of |key| with the table's seed. */
uint64_t
htab_hash(const struct htab *t, struct slice key);

/* Insert |n| under |hash|.  IKE_E_NOMEM only if there is no bucket at all yet. */
MUST_USE ike_err
htab_insert(struct htab *t, struct hnode *n, uint64_t hash);

/* The first member with |hash| for which eq(member, key); NULL if none. */
struct hnode *
htab_find(const struct htab *t, uint64_t hash, const void *key);

/* The next member after |n| that equals |key|; NULL if none. */
struct hnode *
htab_next(const struct htab *t, const struct hnode *n, const void *key);

/* Take |n| out; nothing happens if it is not in. */
void
htab_remove(struct htab *t, struct hnode *n);

/*
 * Walk: htab_first() and htab_after() visit all members in no order; the visited one may be removed
 * after the next was fetched.
 */
struct hnode *
htab_first(const struct htab *t);
struct hnode *
htab_after(const struct htab *t, const struct hnode *n);

/* Free the buckets; members are not touched. */
void
htab_fini(struct htab *t);

/* SipHash-2-4 itself. */
uint64_t
siphash24(const uint8_t key[16], struct slice data);

#endif
