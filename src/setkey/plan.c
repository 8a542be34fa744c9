/* SPDX-License-Identifier: BSD-3-Clause */
#include "setkey/plan.h"

#include "util/list.h"

#include <stdlib.h>
#include <string.h>

static void
refuse(const struct plan *p, const struct setkey_stmt *s, const char *text)
{
	if (p->refused != NULL)
		p->refused(p->refused_arg, s->line, text);
}

/* --- policies --- */

static ike_err
put(struct plan *p, const struct setkey_stmt *s, const struct sp_spec *sp, bool twin)
{
	struct spset_row *row = spset_find(&p->policies, &sp->id);

	if (row == NULL)
		TRY(spset_add(&p->policies, sp, &row));
	row->sp = *sp;
	row->line = s->line;
	row->twin = twin;
	return IKE_OK;
}

/* What a file writes about forward policies counts more than what follows from the inbound ones. */
static ike_err
put_twin(struct plan *p, const struct setkey_stmt *s)
{
	const struct spset_row *old;
	struct sp_spec fwd;

	if (!p->auto_fwd || !setkey_fwd_twin(&s->sp->spec, &fwd))
		return IKE_OK;
	old = spset_find(&p->policies, &fwd.id);
	return old != NULL && !old->twin ? IKE_OK : put(p, s, &fwd, true);
}

static ike_err
plan_spdadd(struct plan *p, const struct setkey_stmt *s)
{
	const struct spset_row *old = spset_find(&p->policies, &s->sp->spec.id);

	if (s->verb == SETKEY_SPDADD && old != NULL && !old->twin) {
		refuse(p, s, "File exists");
		return IKE_OK;
	}
	TRY(put(p, s, &s->sp->spec, false));
	return put_twin(p, s);
}

static void
plan_spddelete(struct plan *p, const struct setkey_stmt *s)
{
	struct spset_row *old = spset_find(&p->policies, &s->sp->spec.id);
	struct sp_spec fwd;

	if (old == NULL)
		refuse(p, s, "No entry");
	spset_remove(&p->policies, old);
	if (p->auto_fwd && setkey_fwd_twin(&s->sp->spec, &fwd))
		spset_remove(&p->policies, spset_find(&p->policies, &fwd.id));
}

/* --- SAs --- */

static bool
is_it(const struct hnode *n, const void *key)
{
	return sa_id_equal(&container_of(n, const struct plan_sa, node)->spec.id, key);
}

static uint64_t
hash(const struct plan *p, const struct sa_id *id)
{
	uint8_t b[6 + sizeof(id->dst.b)] = { id->proto, (uint8_t)id->spi, (uint8_t)(id->spi >> 8),
		(uint8_t)(id->spi >> 16), (uint8_t)(id->spi >> 24), id->dst.family };

	memcpy(b + 6, id->dst.b, sizeof(id->dst.b));
	return htab_hash(&p->sa_by_id, slice_of(b, sizeof(b)));
}

static struct plan_sa *
find_sa(const struct plan *p, const struct sa_id *id)
{
	struct hnode *n = p->sa_by_id.eq == NULL ? NULL : htab_find(&p->sa_by_id, hash(p, id), id);

	return n == NULL ? NULL : container_of(n, struct plan_sa, node);
}

static ike_err
new_sa(struct plan *p, const struct setkey_stmt *s, const struct sa_spec *spec)
{
	static const uint8_t seed[16] = { 0 };
	struct plan_sa *row, **v;

	if (p->nsas == p->sas_cap) {
		size_t cap = p->sas_cap == 0 ? 32 : p->sas_cap * 2;

		v = realloc(p->sas, cap * sizeof(struct plan_sa *));
		if (v == NULL)
			return IKE_E_NOMEM;
		p->sas = v;
		p->sas_cap = cap;
	}
	if (p->sa_by_id.eq == NULL)
		htab_init(&p->sa_by_id, seed, is_it);
	row = calloc(1, sizeof(*row));
	if (row == NULL)
		return IKE_E_NOMEM;
	*row = (struct plan_sa){ .spec = *spec, .stmt = s };
	if (htab_insert(&p->sa_by_id, &row->node, hash(p, &spec->id)) != IKE_OK) {
		free(row);
		return IKE_E_NOMEM;
	}
	p->sas[p->nsas++] = row;
	return IKE_OK;
}

static ike_err
plan_add(struct plan *p, const struct setkey_stmt *s, const struct sa_spec *spec)
{
	struct plan_sa *old = find_sa(p, &spec->id);

	if (old == NULL)
		return new_sa(p, s, spec);
	if (old->stmt != NULL && s->verb == SETKEY_ADD) {
		refuse(p, s, "File exists");
		return IKE_OK;
	}
	old->spec = *spec;
	old->stmt = s;
	return IKE_OK;
}

static ike_err
plan_delete(struct plan *p, const struct setkey_stmt *s, const struct sa_spec *spec)
{
	struct plan_sa *old = find_sa(p, &spec->id);

	if (old == NULL || old->stmt == NULL)
		refuse(p, s, "No such process");
	else
		old->stmt = NULL;
	return IKE_OK;
}

static ike_err
plan_deleteall(struct plan *p, const struct setkey_stmt *s, const struct sa_spec *spec)
{
	(void)s;
	for (size_t i = 0; i < p->nsas; i++) {
		const struct sa_spec *have = &p->sas[i]->spec;

		if (have->id.proto == spec->id.proto && addr_equal(&have->src, &spec->src) &&
		    addr_equal(&have->id.dst, &spec->id.dst))
			p->sas[i]->stmt = NULL;
	}
	return IKE_OK;
}

typedef ike_err
pair_fn(struct plan *, const struct setkey_stmt *, const struct sa_spec *);

/* All combinations of addresses that make sense. */
static ike_err
each_pair(struct plan *p, const struct setkey_stmt *s, pair_fn *fn)
{
	struct sa_spec spec = s->sa->spec;

	for (unsigned i = 0; i < s->sa->nsrc; i++) {
		for (unsigned j = 0; j < s->sa->ndst; j++) {
			spec.src = s->sa->src[i];
			spec.id.dst = s->sa->dst[j];
			if (spec.src.family == spec.id.dst.family)
				TRY(fn(p, s, &spec));
		}
	}
	return IKE_OK;
}

static void
plan_flush(struct plan *p, uint8_t proto)
{
	for (size_t i = 0; i < p->nsas; i++)
		if (proto == PROTO_NONE || p->sas[i]->spec.id.proto == proto)
			p->sas[i]->stmt = NULL;
}

/* --- all --- */

static bool
flushes_all(const struct setkey_stmt *s)
{
	return s->verb == SETKEY_FLUSH && s->sa->spec.id.proto == PROTO_NONE && s->refuse == NULL;
}

bool
plan_begins(struct plan *p, const struct setkey_list *list)
{
	p->sp = p->sa = false;
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].verb == SETKEY_SPDFLUSH)
			p->sp = true;
		else if (flushes_all(&list->v[i]))
			p->sa = true;
		else
			break;
	}
	return p->sp || p->sa;
}

bool
plan_covers(const struct plan *p, const struct setkey_stmt *s)
{
	switch (s->verb) {
	case SETKEY_ADD:
	case SETKEY_UPDATE:
	case SETKEY_DELETE:
	case SETKEY_DELETEALL:
	case SETKEY_FLUSH:
		return p->sa;
	case SETKEY_SPDADD:
	case SETKEY_SPDUPDATE:
	case SETKEY_SPDDELETE:
	case SETKEY_SPDFLUSH:
		return p->sp;
	case SETKEY_GET:
	case SETKEY_DUMP:
	case SETKEY_SPDDUMP:
	case SETKEY_EXIT:
	case SETKEY_ERROR:
		break;
	}
	return false;
}

static ike_err
plan_one(struct plan *p, const struct setkey_stmt *s)
{
	switch (s->verb) {
	case SETKEY_ADD:
	case SETKEY_UPDATE:
		return each_pair(p, s, plan_add);
	case SETKEY_DELETE:
		return each_pair(p, s, plan_delete);
	case SETKEY_DELETEALL:
		return each_pair(p, s, plan_deleteall);
	case SETKEY_FLUSH:
		plan_flush(p, s->sa->spec.id.proto);
		break;
	case SETKEY_SPDADD:
	case SETKEY_SPDUPDATE:
		return plan_spdadd(p, s);
	case SETKEY_SPDDELETE:
		plan_spddelete(p, s);
		break;
	case SETKEY_SPDFLUSH:
		spset_clear(&p->policies);
		break;
	case SETKEY_GET:
	case SETKEY_DUMP:
	case SETKEY_SPDDUMP:
	case SETKEY_EXIT:
	case SETKEY_ERROR:
		break;
	}
	return IKE_OK;
}

ike_err
plan_make(struct plan *p, const struct setkey_list *list)
{
	for (size_t i = 0; i < list->n && list->v[i].verb != SETKEY_EXIT; i++) {
		const struct setkey_stmt *s = &list->v[i];

		if (!plan_covers(p, s))
			continue;
		if (s->refuse != NULL)
			refuse(p, s, s->refuse);
		else
			TRY(plan_one(p, s));
	}
	return IKE_OK;
}

void
plan_fini(struct plan *p)
{
	spset_clear(&p->policies);
	for (size_t i = 0; i < p->nsas; i++)
		free(p->sas[i]);
	free(p->sas);
	if (p->sa_by_id.eq != NULL)
		htab_fini(&p->sa_by_id);
	memset(p, 0, sizeof(*p));
}
