/* SPDX-License-Identifier: BSD-3-Clause */
#include "setkey/spset.h"

#include "util/list.h"

#include <stdlib.h>
#include <string.h>

struct key {
	uint8_t b[80];
	size_t n;
};

static void
add(struct key *k, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		k->b[k->n++] = (uint8_t)(v >> 8 * i);
}

static void
add_prefix(struct key *k, const struct prefix *p)
{
	add(k, p->len, 1);
	add(k, p->addr.family, 1);
	memcpy(k->b + k->n, p->addr.b, sizeof(p->addr.b));
	k->n += sizeof(p->addr.b);
}

/* Equal for what sp_id_equal() takes for equal: a port other than 0 is set, whatever the flag says. */
static struct key
key_of(const struct sp_id *id)
{
	const struct sa_selector *s = &id->sel;
	struct key k = { .n = 0 };

	add(&k, id->dir, 1);
	add_prefix(&k, &s->src);
	add_prefix(&k, &s->dst);
	add(&k, s->proto, 1);
	add(&k, s->sport, 2);
	add(&k, s->dport, 2);
	add(&k, s->sport != 0 || s->sport_set, 1);
	add(&k, s->dport != 0 || s->dport_set, 1);
	add(&k, id->mark, 4);
	add(&k, id->mark_mask, 4);
	add(&k, id->if_id, 4);
	return k;
}

static bool
is_it(const struct hnode *n, const void *key)
{
	return sp_id_equal(&container_of(n, const struct spset_row, node)->sp.id, key);
}

static uint64_t
hash(const struct spset *s, const struct sp_id *id)
{
	struct key k = key_of(id);

	return htab_hash(&s->by_id, slice_of(k.b, k.n));
}

struct spset_row *
spset_find(const struct spset *s, const struct sp_id *id)
{
	struct hnode *n = s->by_id.eq == NULL ? NULL : htab_find(&s->by_id, hash(s, id), id);

	return n == NULL ? NULL : container_of(n, struct spset_row, node);
}

static ike_err
make_room(struct spset *s)
{
	size_t cap = s->cap == 0 ? 32 : s->cap * 2;
	struct spset_row **v;

	if (s->n < s->cap)
		return IKE_OK;
	v = realloc(s->v, cap * sizeof(struct spset_row *));
	if (v == NULL)
		return IKE_E_NOMEM;
	s->v = v;
	s->cap = cap;
	return IKE_OK;
}

ike_err
spset_add(struct spset *s, const struct sp_spec *sp, struct spset_row **out)
{
	/* the files of an administrator are no enemy's keys */
	static const uint8_t seed[16] = { 0 };
	struct spset_row *row;

	if (s->by_id.eq == NULL)
		htab_init(&s->by_id, seed, is_it);
	TRY(make_room(s));
	row = calloc(1, sizeof(*row));
	if (row == NULL)
		return IKE_E_NOMEM;
	row->sp = *sp;
	row->at = s->n;
	if (htab_insert(&s->by_id, &row->node, hash(s, &sp->id)) != IKE_OK) {
		free(row);
		return IKE_E_NOMEM;
	}
	s->v[s->n++] = row;
	if (out != NULL)
		*out = row;
	return IKE_OK;
}

void
spset_remove(struct spset *s, struct spset_row *row)
{
	if (row == NULL)
		return;
	htab_remove(&s->by_id, &row->node);
	s->v[row->at] = NULL;
	free(row);
}

void
spset_clear(struct spset *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	if (s->by_id.eq != NULL)
		htab_fini(&s->by_id);
	memset(s, 0, sizeof(*s));
}

void
spset_take_row(
    void *dump, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct spset_dump *d = dump;

	(void)sa;
	(void)usage;
	/* a policy that changes places during the dump may come twice */
	if (sp != NULL && !sp->socket && d->err == IKE_OK && spset_find(&d->set, &sp->id) == NULL)
		d->err = spset_add(&d->set, sp, NULL);
}
