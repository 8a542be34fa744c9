/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/ike/handover_ids.h"

#include <stdlib.h>

ike_err
ids_room(struct ids *m)
{
	if (m->n < m->cap)
		return IKE_OK;
	size_t cap = m->cap == 0 ? 16 : m->cap * 2;
	struct id_pair *v = realloc(m->v, cap * sizeof(*v));
	if (v == NULL)
		return IKE_E_NOMEM;
	m->v = v;
	m->cap = cap;
	return IKE_OK;
}

void
ids_add(struct ids *m, uint64_t was, uint64_t is)
{
	m->v[m->n++] = (struct id_pair){ was, is };
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = ((const struct id_pair *)a)->was, y = ((const struct id_pair *)b)->was;

	return x < y ? -1 : x > y;
}

void
ids_sort(struct ids *m)
{
	if (m->n > 1)
		qsort(m->v, m->n, sizeof(*m->v), compare);
}

uint64_t
ids_new(const struct ids *m, uint64_t was)
{
	struct id_pair key = { was, 0 };
	const struct id_pair *p = was == 0 || m->n == 0 ? NULL : bsearch(&key, m->v, m->n, sizeof(*m->v), compare);

	return p == NULL ? 0 : p->is;
}

void
ids_free(struct ids *m)
{
	free(m->v);
	*m = (struct ids){ 0 };
}
