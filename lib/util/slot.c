/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: an array of slots with a free list.  Removing an object raises the slot's generation, which makes all
 * ids given out for it stale.  A slot whose generation has run through is retired: ids are never used twice.
 */
#include "util/slot.h"

#include <stdlib.h>

#define SLOT_FIRST ((uint32_t)16)
#define SLOT_MOST  ((uint32_t)1 << 24)

static uint64_t
id_of(const struct slotmap *m, uint32_t index)
{
	return (uint64_t)m->v[index].gen << 32 | (index + 1);
}

/* The slot that |id| names, NULL if it is stale. */
static struct slot *
slot_of(const struct slotmap *m, uint64_t id)
{
	uint32_t n = (uint32_t)id;
	struct slot *s;

	if (n == 0 || n > m->cap)
		return NULL;
	s = &m->v[n - 1];
	return s->obj != NULL && s->gen == (uint32_t)(id >> 32) ? s : NULL;
}

static ike_err
grow(struct slotmap *m)
{
	uint32_t cap = m->cap == 0 ? SLOT_FIRST : m->cap * 2;
	struct slot *v;

	if (cap > SLOT_MOST)
		return IKE_E_NOMEM;
	v = realloc(m->v, cap * sizeof(*v));
	if (v == NULL)
		return IKE_E_NOMEM;
	for (uint32_t i = m->cap; i < cap; i++)
		v[i] = (struct slot){ .next_free = i + 1 < cap ? i + 2 : 0 };
	m->free_head = m->cap + 1;
	m->v = v;
	m->cap = cap;
	return IKE_OK;
}

ike_err
slot_add(struct slotmap *m, void *obj, uint64_t *id_out)
{
	struct slot *s;
	uint32_t i;

	if (m->free_head == 0)
		TRY(grow(m));
	i = m->free_head - 1;
	s = &m->v[i];
	m->free_head = s->next_free;
	s->next_free = 0;
	s->obj = obj;
	m->count++;
	*id_out = id_of(m, i);
	return IKE_OK;
}

void *
slot_get(const struct slotmap *m, uint64_t id)
{
	struct slot *s = slot_of(m, id);

	return s == NULL ? NULL : s->obj;
}

void
slot_remove(struct slotmap *m, uint64_t id)
{
	struct slot *s = slot_of(m, id);

	if (s == NULL)
		return;
	s->obj = NULL;
	m->count--;
	if (++s->gen == 0)
		return;
	s->next_free = m->free_head;
	m->free_head = (uint32_t)id;
}

void *
slot_each(const struct slotmap *m, uint32_t *it)
{
	void *obj;

	while (*it < m->cap) {
		obj = m->v[(*it)++].obj;
		if (obj != NULL)
			return obj;
	}
	return NULL;
}

void
slot_fini(struct slotmap *m)
{
	free(m->v);
	*m = (struct slotmap){ 0 };
}
