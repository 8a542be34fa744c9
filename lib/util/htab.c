/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: chained buckets, a power of two of them, doubled when there are more members than buckets.  The full
 * hash is kept in the member, so growing never looks at keys and eq() is asked only for equal hashes.
 */
#include "util/htab.h"

#include <stdlib.h>
#include <string.h>

#define HTAB_FIRST ((size_t)16)

void
htab_init(struct htab *t, const uint8_t seed[16], htab_eq_fn *eq)
{
	*t = (struct htab){ .eq = eq };
	memcpy(t->seed, seed, sizeof(t->seed));
}

uint64_t
htab_hash(const struct htab *t, struct slice key)
{
	return siphash24(t->seed, key);
}

static struct hnode **
bucket_of(const struct htab *t, uint64_t hash)
{
	return &t->bucket[hash & (t->nbuckets - 1)];
}

/* Move all members to |n| buckets; on failure nothing changes. */
static ike_err
resize(struct htab *t, size_t n)
{
	struct htab bigger = *t;
	struct hnode *m, *next;
	struct hnode **b;

	bigger.bucket = calloc(n, sizeof(*bigger.bucket));
	if (bigger.bucket == NULL)
		return IKE_E_NOMEM;
	bigger.nbuckets = n;
	for (size_t i = 0; i < t->nbuckets; i++) {
		for (m = t->bucket[i]; m != NULL; m = next) {
			next = m->next;
			b = bucket_of(&bigger, m->hash);
			m->next = *b;
			*b = m;
		}
	}
	free(t->bucket);
	*t = bigger;
	return IKE_OK;
}

ike_err
htab_insert(struct htab *t, struct hnode *n, uint64_t hash)
{
	struct hnode **b;

	if (t->nbuckets == 0)
		TRY(resize(t, HTAB_FIRST));
	else if (t->count >= t->nbuckets && t->nbuckets <= SIZE_MAX / 4)
		(void)!resize(t, t->nbuckets * 2); /* without it the chains are only longer */
	b = bucket_of(t, hash);
	n->hash = hash;
	n->next = *b;
	*b = n;
	t->count++;
	return IKE_OK;
}

/* The first of the chain at |n| that has |hash| and equals |key|. */
static struct hnode *
scan(const struct htab *t, struct hnode *n, uint64_t hash, const void *key)
{
	while (n != NULL && (n->hash != hash || !t->eq(n, key)))
		n = n->next;
	return n;
}

struct hnode *
htab_find(const struct htab *t, uint64_t hash, const void *key)
{
	return t->nbuckets == 0 ? NULL : scan(t, *bucket_of(t, hash), hash, key);
}

struct hnode *
htab_next(const struct htab *t, const struct hnode *n, const void *key)
{
	return scan(t, n->next, n->hash, key);
}

void
htab_remove(struct htab *t, struct hnode *n)
{
	struct hnode **b;

	if (t->nbuckets == 0)
		return;
	for (b = bucket_of(t, n->hash); *b != NULL; b = &(*b)->next) {
		if (*b == n) {
			*b = n->next;
			n->next = NULL;
			t->count--;
			return;
		}
	}
}

/* The first member of bucket |i| or a later one. */
static struct hnode *
first_from(const struct htab *t, size_t i)
{
	for (; i < t->nbuckets; i++)
		if (t->bucket[i] != NULL)
			return t->bucket[i];
	return NULL;
}

struct hnode *
htab_first(const struct htab *t)
{
	return first_from(t, 0);
}

struct hnode *
htab_after(const struct htab *t, const struct hnode *n)
{
	return n->next != NULL ? n->next : first_from(t, (size_t)(n->hash & (t->nbuckets - 1)) + 1);
}

void
htab_fini(struct htab *t)
{
	free(t->bucket);
	t->bucket = NULL;
	t->nbuckets = 0;
	t->count = 0;
}

static uint64_t
rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static uint64_t
load_le(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = n; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static void
sip_rounds(uint64_t v[4], int n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] = rotl(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] = rotl(v[2], 32);
	}
}

static void
sip_word(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	sip_rounds(v, 2);
	v[0] ^= m;
}

uint64_t
siphash24(const uint8_t key[16], struct slice data)
{
	const uint64_t k0 = load_le(key, 8);
	const uint64_t k1 = load_le(key + 8, 8);
	const size_t whole = data.n / 8 * 8;
	uint64_t last = (uint64_t)(data.n & 0xff) << 56;
	uint64_t v[4] = {
		k0 ^ UINT64_C(0x736f6d6570736575),
		k1 ^ UINT64_C(0x646f72616e646f6d),
		k0 ^ UINT64_C(0x6c7967656e657261),
		k1 ^ UINT64_C(0x7465646279746573),
	};

	for (size_t i = 0; i < whole; i += 8)
		sip_word(v, load_le(data.p + i, 8));
	if (whole < data.n)
		last |= load_le(data.p + whole, data.n - whole);
	sip_word(v, last);
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
