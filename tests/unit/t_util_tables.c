/* SPDX-License-Identifier: BSD-3-Clause */
/* list, htab, heap, slot */
#include "fail_alloc.h"
#include "util/heap.h"
#include "util/htab.h"
#include "util/list.h"
#include "util/slot.h"

#include <stdlib.h>
#include <string.h>

/* A seeded generator (xorshift64*), so that a failing run can be repeated. */
static uint64_t
next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

START_TEST(lists)
{
	struct item {
		int         n;
		struct list link;
	} v[5];
	struct list head;
	int         sum = 0;

	list_init(&head);
	ck_assert(list_empty(&head));
	for (int i = 0; i < 5; i++) {
		v[i].n = i;
		if (i < 3)
			list_add_tail(&head, &v[i].link);
		else
			list_add_head(&head, &v[i].link);
	}
	/* 4 3 0 1 2 */
	LIST_FOR(it, &head)
		sum = sum * 10 + container_of(it, struct item, link)->n;
	ck_assert_int_eq(sum, 43012);
	list_del(&v[0].link);
	list_del(&v[0].link);
	LIST_FOR_SAFE(it, &head)
		if (container_of(it, struct item, link)->n % 2 == 0)
			list_del(it);
	sum = 0;
	LIST_FOR(it, &head)
		sum = sum * 10 + container_of(it, struct item, link)->n;
	ck_assert_int_eq(sum, 31);
}
END_TEST

/* SipHash-2-4 of 00, 00 01, ... with the key 00 01 .. 0f, as in the reference implementation's vectors_sip64. */
static const uint64_t sip_vectors[64] = {
	0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
	0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
	0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
	0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
	0x3f2acc7f57c29bdb, 0x699ae9f52cbe4794, 0x4bc1b3f0968dd39c, 0xbb6dc91da77961bd,
	0xbed65cf21aa2ee98, 0xd0f2cbb02e3b67c7, 0x93536795e3a33e88, 0xa80c038ccd5ccec8,
	0xb8ad50c6f649af94, 0xbce192de8a85b8ea, 0x17d835b85bbb15f3, 0x2f2e6163076bcfad,
	0xde4daaaca71dc9a5, 0xa6a2506687956571, 0xad87a3535c49ef28, 0x32d892fad841c342,
	0x7127512f72f27cce, 0xa7f32346f95978e3, 0x12e0b01abb051238, 0x15e034d40fa197ae,
	0x314dffbe0815a3b4, 0x027990f029623981, 0xcadcd4e59ef40c4d, 0x9abfd8766a33735c,
	0x0e3ea96b5304a7d0, 0xad0c42d6fc585992, 0x187306c89bc215a9, 0xd4a60abcf3792b95,
	0xf935451de4f21df2, 0xa9538f0419755787, 0xdb9acddff56ca510, 0xd06c98cd5c0975eb,
	0xe612a3cb9ecba951, 0xc766e62cfcadaf96, 0xee64435a9752fe72, 0xa192d576b245165a,
	0x0a8787bf8ecb74b2, 0x81b3e73d20b49b6f, 0x7fa8220ba3b2ecea, 0x245731c13ca42499,
	0xb78dbfaf3a8d83bd, 0xea1ad565322a1a0b, 0x60e61c23a3795013, 0x6606d7e446282b93,
	0x6ca4ecb15c5f91e1, 0x9f626da15c9625f3, 0xe51b38608ef25f57, 0x958a324ceb064572,
};

START_TEST(siphash_reference)
{
	uint8_t key[16], in[64];

	for (size_t i = 0; i < 64; i++)
		in[i] = (uint8_t)i;
	memcpy(key, in, sizeof(key));
	for (size_t n = 0; n < 64; n++)
		ck_assert_uint_eq(siphash24(key, slice_of(in, n)), sip_vectors[n]);
	ck_assert_uint_eq(siphash24(key, slice_of(NULL, 0)), sip_vectors[0]);
}
END_TEST

START_TEST(siphash_long_and_seeded)
{
	uint8_t seed[16] = { 1 };
	uint8_t in[300] = { 0 };

	/* the length counts modulo 256, but blocks do not */
	ck_assert_uint_ne(siphash24(seed, slice_of(in, 256)), siphash24(seed, slice_of(in, 0)));
	ck_assert_uint_ne(siphash24(seed, slice_of(in, 7)), siphash24(seed, slice_of(in, 8)));
	seed[15] = 1;
	ck_assert_uint_ne(siphash24(seed, slice_of(in, 8)), siphash24((const uint8_t[16]){ 1 }, slice_of(in, 8)));
}
END_TEST

struct member {
	uint32_t     key;
	bool         in;
	bool         seen;
	struct hnode node;
};

static bool
member_eq(const struct hnode *n, const void *key)
{
	return container_of((struct hnode *)(uintptr_t)n, struct member, node)->key == *(const uint32_t *)key;
}

static const uint8_t seed[16] = "0123456789abcde";

static uint64_t
hash_of(const struct htab *t, uint32_t key)
{
	return htab_hash(t, slice_of(&key, sizeof(key)));
}

static struct member *
find(const struct htab *t, uint32_t key)
{
	struct hnode *n = htab_find(t, hash_of(t, key), &key);

	return n == NULL ? NULL : container_of(n, struct member, node);
}

START_TEST(htab_empty)
{
	struct htab   t;
	struct member m = { .key = 1 };

	htab_init(&t, seed, member_eq);
	ck_assert_ptr_null(find(&t, 1));
	ck_assert_ptr_null(htab_first(&t));
	htab_remove(&t, &m.node);
	htab_fini(&t);
	ck_assert_int_eq(htab_insert(&t, &m.node, hash_of(&t, 1)), IKE_OK);
	ck_assert_ptr_eq(find(&t, 1), &m);
	htab_remove(&t, &m.node);
	htab_remove(&t, &m.node);
	ck_assert_uint_eq(t.count, 0);
	ck_assert_ptr_null(find(&t, 1));
	htab_fini(&t);
	htab_fini(&t);
}
END_TEST

#define MEMBERS 3000

/* The table agrees with a plain array of flags after every one of many random steps. */
START_TEST(htab_against_a_model)
{
	struct member *v = calloc(MEMBERS, sizeof(*v));
	struct htab    t;
	uint64_t       state = 42;
	size_t         count = 0, visited = 0;

	htab_init(&t, seed, member_eq);
	for (uint32_t i = 0; i < MEMBERS; i++)
		v[i].key = i;
	for (int step = 0; step < 20000; step++) {
		struct member *m = &v[next(&state) % MEMBERS];

		ck_assert_ptr_eq(find(&t, m->key), m->in ? m : NULL);
		if (m->in)
			htab_remove(&t, &m->node);
		else
			ck_assert_int_eq(htab_insert(&t, &m->node, hash_of(&t, m->key)), IKE_OK);
		m->in = !m->in;
		count += m->in ? 1 : SIZE_MAX;
		ck_assert_uint_eq(t.count, count);
	}
	for (struct hnode *n = htab_first(&t); n != NULL; n = htab_after(&t, n)) {
		struct member *m = container_of(n, struct member, node);

		ck_assert(m->in && !m->seen);
		m->seen = true;
		visited++;
	}
	ck_assert_uint_eq(visited, count);
	ck_assert_uint_le(count, t.nbuckets);
	htab_fini(&t);
	free(v);
}
END_TEST

START_TEST(htab_same_key_twice)
{
	struct member v[40];
	struct htab   t;
	uint32_t      key = 7;
	int           n = 0;

	htab_init(&t, seed, member_eq);
	memset(v, 0, sizeof(v));
	for (int i = 0; i < 40; i++) {
		v[i].key = i % 4 == 0 ? 7 : 100 + (uint32_t)i;
		ck_assert_int_eq(htab_insert(&t, &v[i].node, hash_of(&t, v[i].key)), IKE_OK);
	}
	for (struct hnode *h = htab_find(&t, hash_of(&t, key), &key); h != NULL; h = htab_next(&t, h, &key)) {
		ck_assert_uint_eq(container_of(h, struct member, node)->key, 7);
		n++;
	}
	ck_assert_int_eq(n, 10);
	htab_fini(&t);
}
END_TEST

START_TEST(htab_walk_may_remove)
{
	struct member v[100];
	struct htab   t;
	struct hnode *n, *after;
	size_t        visited = 0;

	memset(v, 0, sizeof(v));
	htab_init(&t, seed, member_eq);
	for (uint32_t i = 0; i < 100; i++) {
		v[i].key = i;
		ck_assert_int_eq(htab_insert(&t, &v[i].node, hash_of(&t, i)), IKE_OK);
	}
	for (n = htab_first(&t); n != NULL; n = after) {
		after = htab_after(&t, n);
		htab_remove(&t, n);
		visited++;
	}
	ck_assert_uint_eq(visited, 100);
	ck_assert_uint_eq(t.count, 0);
	htab_fini(&t);
}
END_TEST

/* Equal hashes of different keys: eq() decides. */
START_TEST(htab_collisions)
{
	struct member v[50];
	struct htab   t;
	uint32_t      absent = 99;

	memset(v, 0, sizeof(v));
	htab_init(&t, seed, member_eq);
	for (uint32_t i = 0; i < 50; i++) {
		v[i].key = i;
		ck_assert_int_eq(htab_insert(&t, &v[i].node, 5), IKE_OK);
	}
	for (uint32_t i = 0; i < 50; i++)
		ck_assert_ptr_eq(htab_find(&t, 5, &i), &v[i].node);
	ck_assert_ptr_null(htab_find(&t, 5, &absent));
	htab_fini(&t);
}
END_TEST

START_TEST(htab_survives_failing_allocations)
{
	FAIL_EACH_ALLOC({
		struct member v[100];
		struct htab   t;
		size_t        in = 0;

		memset(v, 0, sizeof(v));
		htab_init(&t, seed, member_eq);
		for (uint32_t i = 0; i < 100; i++) {
			v[i].key = i;
			v[i].in = htab_insert(&t, &v[i].node, hash_of(&t, i)) == IKE_OK;
			in += v[i].in;
		}
		/* only the very first buckets are indispensable */
		ck_assert_uint_ge(in, 99);
		for (uint32_t i = 0; i < 100; i++)
			ck_assert_ptr_eq(find(&t, i), v[i].in ? &v[i] : NULL);
		htab_fini(&t);
	});
}
END_TEST

static void
check_heap(const struct heap *h)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct timer *up = h->v[i == 0 ? 0 : (i - 1) / 2];

		ck_assert_uint_eq(h->v[i]->pos, i + 1);
		ck_assert_int_ne(h->v[i]->when, IKE_NEVER);
		ck_assert(up->when <= h->v[i]->when);
		if (i > 0 && up->when == h->v[i]->when)
			ck_assert(up->seq < h->v[i]->seq);
	}
}

#define TIMERS 400

/* The earliest by a plain walk: what heap_first() must say. */
static struct timer *
earliest(struct timer *v)
{
	struct timer *best = NULL;

	for (size_t i = 0; i < TIMERS; i++)
		if (v[i].pos != 0 && (best == NULL || v[i].when < best->when ||
		    (v[i].when == best->when && v[i].seq < best->seq)))
			best = &v[i];
	return best;
}

START_TEST(heap_against_a_model)
{
	struct heap   h = { 0 };
	struct timer *v = calloc(TIMERS, sizeof(*v));
	uint64_t      state = 4711;

	for (int step = 0; step < 6000; step++) {
		struct timer *t = &v[next(&state) % TIMERS];
		uint64_t      what = next(&state) % 8;

		if (what == 0)
			heap_cancel(&h, t);
		else if (what == 1)
			ck_assert_int_eq(heap_set(&h, t, IKE_NEVER), IKE_OK);
		else
			ck_assert_int_eq(heap_set(&h, t, (ike_time)(next(&state) % 50) - 10), IKE_OK);
		ck_assert(t->pos != 0 || t->when == IKE_NEVER);
		if (step % 16 == 0)
			check_heap(&h);
		ck_assert_ptr_eq(heap_first(&h), earliest(v));
	}
	heap_fini(&h);
	ck_assert_ptr_null(heap_first(&h));
	free(v);
}
END_TEST

START_TEST(heap_sorts_stably)
{
	struct heap   h = { 0 };
	struct timer *v = calloc(TIMERS, sizeof(*v));
	struct timer *t;
	ike_time      last = -1;
	uint64_t      last_id = 0, state = 9;
	size_t        n = 0;

	for (uint64_t i = 0; i < TIMERS; i++) {
		v[i].owner_id = i + 1;
		ck_assert_int_eq(heap_set(&h, &v[i], (ike_time)(next(&state) % 7)), IKE_OK);
	}
	while ((t = heap_first(&h)) != NULL) {
		ck_assert(t->when > last || (t->when == last && t->owner_id > last_id));
		last = t->when;
		last_id = t->owner_id;
		heap_cancel(&h, t);
		heap_cancel(&h, t);
		n++;
	}
	ck_assert_uint_eq(n, TIMERS);
	heap_fini(&h);
	free(v);
}
END_TEST

START_TEST(heap_survives_failing_allocations)
{
	FAIL_EACH_ALLOC({
		struct heap  h = { 0 };
		struct timer v[40];
		size_t       in = 0;

		memset(v, 0, sizeof(v));
		for (size_t i = 0; i < 40; i++) {
			ike_err err = heap_set(&h, &v[i], (ike_time)(40 - i));

			ck_assert((err == IKE_OK) == (v[i].pos != 0));
			in += err == IKE_OK;
			/* what is in can always be moved */
			ck_assert(v[i].pos == 0 || heap_set(&h, &v[i], (ike_time)i) == IKE_OK);
		}
		ck_assert_uint_eq(in, fail_alloc_hit() ? 39 : 40);
		check_heap(&h);
		heap_fini(&h);
	});
}
END_TEST

START_TEST(slot_ids)
{
	struct slotmap m = { 0 };
	int            a, b;
	uint64_t       ia = 0, ib = 0, ic = 0;

	ck_assert_ptr_null(slot_get(&m, 0));
	ck_assert_ptr_null(slot_get(&m, 1));
	slot_remove(&m, 1);
	ck_assert_int_eq(slot_add(&m, &a, &ia), IKE_OK);
	ck_assert_int_eq(slot_add(&m, &b, &ib), IKE_OK);
	ck_assert(ia != 0 && ib != 0 && ia != ib);
	ck_assert_ptr_eq(slot_get(&m, ia), &a);
	ck_assert_ptr_eq(slot_get(&m, ib), &b);
	ck_assert_ptr_null(slot_get(&m, 0));
	ck_assert_ptr_null(slot_get(&m, UINT64_MAX));
	ck_assert_ptr_null(slot_get(&m, ia | (uint64_t)1 << 32));
	slot_remove(&m, ia);
	slot_remove(&m, ia);
	ck_assert_uint_eq(m.count, 1);
	ck_assert_ptr_null(slot_get(&m, ia));
	ck_assert_int_eq(slot_add(&m, &a, &ic), IKE_OK);
	ck_assert_uint_ne(ic, ia);
	ck_assert_ptr_null(slot_get(&m, ia));
	ck_assert_ptr_eq(slot_get(&m, ic), &a);
	slot_fini(&m);
}
END_TEST

START_TEST(slot_ids_are_never_reused)
{
	struct slotmap m = { 0 };
	int            x;
	uint64_t       id = 0, max = 0, state = 5, live[64];
	size_t         n = 0;

	/* generations only rise, so that of one slot ids rise: remember the greatest of each of the 64 slots */
	uint64_t greatest[65] = { 0 };

	for (int step = 0; step < 20000; step++) {
		if (n < 64 && (n == 0 || next(&state) % 2 == 0)) {
			ck_assert_int_eq(slot_add(&m, &x, &id), IKE_OK);
			ck_assert_uint_le((uint32_t)id, 64);
			ck_assert_uint_gt(id, greatest[(uint32_t)id]);
			greatest[(uint32_t)id] = id;
			live[n++] = id;
			max = id > max ? id : max;
		} else {
			size_t i = next(&state) % n;

			ck_assert_ptr_eq(slot_get(&m, live[i]), &x);
			slot_remove(&m, live[i]);
			ck_assert_ptr_null(slot_get(&m, live[i]));
			live[i] = live[--n];
		}
		ck_assert_uint_eq(m.count, n);
	}
	ck_assert_uint_gt(max >> 32, 10);
	slot_fini(&m);
}
END_TEST

/* A slot whose generation has run through is not used again. */
START_TEST(slot_retires)
{
	struct slotmap m = { 0 };
	int            x;
	uint64_t       first = 0, last = 0, id = 0;

	ck_assert_int_eq(slot_add(&m, &x, &first), IKE_OK);
	slot_remove(&m, first);
	m.v[(uint32_t)first - 1].gen = UINT32_MAX;
	ck_assert_int_eq(slot_add(&m, &x, &last), IKE_OK);
	ck_assert_uint_eq(last, (uint64_t)UINT32_MAX << 32 | (uint32_t)first);
	slot_remove(&m, last);
	ck_assert_ptr_null(slot_get(&m, first));
	ck_assert_ptr_null(slot_get(&m, last));
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(slot_add(&m, &x, &id), IKE_OK);
		ck_assert_uint_ne((uint32_t)id, (uint32_t)first);
	}
	slot_fini(&m);
}
END_TEST

START_TEST(slot_walk)
{
	struct slotmap m = { 0 };
	int            v[100];
	uint64_t       ids[100];
	uint32_t       it = 0;
	size_t         n = 0;
	int           *p;

	for (int i = 0; i < 100; i++) {
		v[i] = 0;
		ck_assert_int_eq(slot_add(&m, &v[i], &ids[i]), IKE_OK);
	}
	for (int i = 0; i < 100; i += 3)
		slot_remove(&m, ids[i]);
	while ((p = slot_each(&m, &it)) != NULL) {
		*p += 1;
		slot_remove(&m, ids[p - v]);
		n++;
	}
	ck_assert_uint_eq(n, 66);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(v[i], i % 3 == 0 ? 0 : 1);
	ck_assert_uint_eq(m.count, 0);
	slot_fini(&m);
	it = 0;
	ck_assert_ptr_null(slot_each(&m, &it));
}
END_TEST

START_TEST(slot_survives_failing_allocations)
{
	FAIL_EACH_ALLOC({
		struct slotmap m = { 0 };
		int            x;
		uint64_t       id;
		size_t         in = 0;

		for (int i = 0; i < 100; i++) {
			id = 12345;
			if (slot_add(&m, &x, &id) == IKE_OK)
				in++;
			else
				ck_assert_uint_eq(id, 12345);
		}
		ck_assert_uint_eq(in, fail_alloc_hit() ? 99 : 100);
		ck_assert_uint_eq(m.count, in);
		slot_fini(&m);
	});
}
END_TEST

int
main(void)
{
	Suite   *s = suite_create("util_tables");
	TCase   *t = tcase_create("tables");
	SRunner *r = srunner_create(s);
	int      failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, lists);
	tcase_add_test(t, siphash_reference);
	tcase_add_test(t, siphash_long_and_seeded);
	tcase_add_test(t, htab_empty);
	tcase_add_test(t, htab_against_a_model);
	tcase_add_test(t, htab_same_key_twice);
	tcase_add_test(t, htab_walk_may_remove);
	tcase_add_test(t, htab_collisions);
	tcase_add_test(t, htab_survives_failing_allocations);
	tcase_add_test(t, heap_against_a_model);
	tcase_add_test(t, heap_sorts_stably);
	tcase_add_test(t, heap_survives_failing_allocations);
	tcase_add_test(t, slot_ids);
	tcase_add_test(t, slot_ids_are_never_reused);
	tcase_add_test(t, slot_retires);
	tcase_add_test(t, slot_walk);
	tcase_add_test(t, slot_survives_failing_allocations);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
