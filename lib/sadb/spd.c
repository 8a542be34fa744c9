/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a policy is in two hash tables, by its name (direction, selector, mark, interface) and by its shape
 * and masked address pair.  A shape is direction, families and prefix lengths; the few that occur are in an array.
 * A lookup by packet masks the packet's addresses for each shape and probes once, so 10,000 host-to-host policies
 * cost one probe.
 */
#include "sadb/sadb_int.h"

#include <stdlib.h>
#include <string.h>

/* Bytes to hash, filled in order. */
struct key {
	uint8_t b[96];
	size_t n;
};

static void
key_add(struct key *k, const void *p, size_t n)
{
	memcpy(k->b + k->n, p, n);
	k->n += n;
}

static void
key_u32(struct key *k, uint32_t v)
{
	key_add(k, &v, sizeof(v));
}

static uint64_t
hash_id(const struct sadb *db, const struct sp_id *id)
{
	struct key k = { .n = 0 };

	key_add(&k, id->sel.src.addr.b, sizeof(id->sel.src.addr.b));
	key_add(&k, id->sel.dst.addr.b, sizeof(id->sel.dst.addr.b));
	key_u32(&k, (uint32_t)id->sel.src.len << 16 | (uint32_t)id->sel.dst.len << 8 | id->dir);
	key_u32(&k, (uint32_t)id->sel.sport << 16 | id->sel.dport);
	key_u32(&k, id->sel.proto);
	key_u32(&k, id->mark);
	key_u32(&k, id->if_id);
	return htab_hash(&db->by_id, slice_of(k.b, k.n));
}

static bool
id_eq(const struct hnode *n, const void *key)
{
	return sp_id_equal(&container_of(n, const struct sp_priv, by_id)->row.sp, key);
}

/* A shape with a pair of addresses masked for it. */
struct pair {
	struct shape shape;
	struct prefix src, dst;
};

static struct pair
pair_of(const struct shape *s, const struct addr *src, const struct addr *dst)
{
	struct pair p = { .shape = *s, .src = { *src, s->src_len }, .dst = { *dst, s->dst_len } };

	if (s->src_family != 0)
		prefix_mask(&p.src);
	else
		p.src = (struct prefix){ .len = 0 };
	if (s->dst_family != 0)
		prefix_mask(&p.dst);
	else
		p.dst = (struct prefix){ .len = 0 };
	return p;
}

static struct shape
shape_of(const struct sp_id *id)
{
	const struct prefix *s = &id->sel.src, *d = &id->sel.dst;

	return (struct shape){ id->dir, s->addr.family, s->addr.family == 0 ? 0 : s->len,
		d->addr.family, d->addr.family == 0 ? 0 : d->len, 0 };
}

static bool
shape_same(const struct shape *a, const struct shape *b)
{
	return a->dir == b->dir && a->src_family == b->src_family && a->src_len == b->src_len &&
	       a->dst_family == b->dst_family && a->dst_len == b->dst_len;
}

static uint64_t
hash_pair(const struct sadb *db, const struct pair *p)
{
	struct key k = { .n = 0 };

	key_add(&k, p->src.addr.b, sizeof(p->src.addr.b));
	key_add(&k, p->dst.addr.b, sizeof(p->dst.addr.b));
	key_u32(
	    &k, (uint32_t)p->shape.src_len << 16 | (uint32_t)p->shape.dst_len << 8 | p->shape.dir);
	return htab_hash(&db->by_pair, slice_of(k.b, k.n));
}

static bool
pair_eq(const struct hnode *n, const void *key)
{
	const struct pair *want = key;
	const struct sp_id *id = &container_of(n, const struct sp_priv, by_pair)->row.sp;
	struct shape s = shape_of(id);
	struct pair have;

	if (!shape_same(&s, &want->shape))
		return false;
	have = pair_of(&s, &id->sel.src.addr, &id->sel.dst.addr);
	return addr_equal(&have.src.addr, &want->src.addr) &&
	       addr_equal(&have.dst.addr, &want->dst.addr);
}

void
spd_init(struct sadb *db, const uint8_t seed[16])
{
	htab_init(&db->by_id, seed, id_eq);
	htab_init(&db->by_pair, seed, pair_eq);
}

static struct shape *
shape_find(const struct sadb *db, const struct shape *s)
{
	for (size_t i = 0; i < db->nshapes; i++) {
		if (shape_same(&db->shape[i], s))
			return &db->shape[i];
	}
	return NULL;
}

/* Count one more policy of shape |s|. */
static ike_err
shape_use(struct sadb *db, const struct shape *s)
{
	struct shape *have = shape_find(db, s), *v;
	size_t cap;

	if (have == NULL) {
		if (db->nshapes == db->shapes_cap) {
			cap = db->shapes_cap == 0 ? 8 : db->shapes_cap * 2;
			v = realloc(db->shape, cap * sizeof(*v));
			if (v == NULL)
				return IKE_E_NOMEM;
			db->shape = v;
			db->shapes_cap = cap;
		}
		have = &db->shape[db->nshapes++];
		*have = *s;
	}
	have->count++;
	return IKE_OK;
}

static void
shape_drop(struct sadb *db, const struct shape *s)
{
	struct shape *have = shape_find(db, s);

	if (have != NULL && --have->count == 0)
		*have = db->shape[--db->nshapes];
}

static ike_err
link_row(struct sadb *db, struct sp_priv *p)
{
	struct shape s = shape_of(&p->row.sp);
	struct pair pair = pair_of(&s, &p->row.sp.sel.src.addr, &p->row.sp.sel.dst.addr);
	ike_err err;

	TRY(shape_use(db, &s));
	err = htab_insert(&db->by_id, &p->by_id, hash_id(db, &p->row.sp));
	if (err == IKE_OK) {
		err = htab_insert(&db->by_pair, &p->by_pair, hash_pair(db, &pair));
		if (err != IKE_OK)
			htab_remove(&db->by_id, &p->by_id);
	}
	if (err != IKE_OK)
		shape_drop(db, &s);
	return err;
}

static bool
has_extra(const struct sp_spec *sp)
{
	const struct sa_life *l = &sp->life;

	return sp->ctx[0] != '\0' || sp->ctx_doi != 0 || sp->ctx_alg != 0 || l->soft_sec != 0 ||
	       l->hard_sec != 0 || l->soft_bytes != 0 || l->hard_bytes != 0 ||
	       l->soft_packets != 0 || l->hard_packets != 0;
}

ike_err
sp_stage(const struct sp_spec *sp, struct sp_parts *out)
{
	struct sp_parts p = { 0 };

	if (sp->ntmpl > SP_MAX_TMPL)
		return IKE_E_RANGE;
	if (sp->ntmpl > 0) {
		p.tmpl = calloc(sp->ntmpl, sizeof(*p.tmpl));
		if (p.tmpl == NULL)
			return IKE_E_NOMEM;
		memcpy(p.tmpl, sp->tmpl, sp->ntmpl * sizeof(*p.tmpl));
	}
	if (has_extra(sp)) {
		p.extra = calloc(1, sizeof(*p.extra));
		if (p.extra == NULL) {
			free(p.tmpl);
			return IKE_E_NOMEM;
		}
		p.extra->life = sp->life;
		memcpy(p.extra->ctx, sp->ctx, sizeof(p.extra->ctx));
		p.extra->ctx_doi = sp->ctx_doi;
		p.extra->ctx_alg = sp->ctx_alg;
	}
	*out = p;
	return IKE_OK;
}

void
sp_unstage(struct sp_parts *parts)
{
	free(parts->tmpl);
	free(parts->extra);
	*parts = (struct sp_parts){ 0 };
}

static void
free_parts(struct spd_row *row)
{
	free(row->tmpl);
	free(row->extra);
}

/*
 * A policy that takes the place of one of the same priority keeps its age, as in the kernel's list; with another
 * priority it is the youngest of its new equals.
 */
void
sp_commit(struct sadb *db, struct sp_priv *p, const struct sp_spec *sp, struct sp_parts *parts)
{
	free_parts(&p->row);
	p->row.tmpl = parts->tmpl;
	p->row.extra = parts->extra;
	*parts = (struct sp_parts){ 0 };
	p->row.ntmpl = sp->ntmpl;
	if (p->row.priority != sp->priority)
		p->row.order = db->next_order++;
	p->row.priority = sp->priority;
	p->row.action = sp->action;
	if (sp->index != 0)
		p->row.index = sp->index;
}

ike_err
sp_create(struct sadb *db, const struct sp_spec *sp, struct sp_priv **out)
{
	struct sp_priv *p = calloc(1, sizeof(*p));
	struct sp_parts parts;
	ike_err err;

	if (p == NULL)
		return IKE_E_NOMEM;
	p->row.sp = sp->id;
	p->row.order = db->next_order++;
	p->row.priority = sp->priority;
	err = sp_stage(sp, &parts);
	if (err == IKE_OK) {
		sp_commit(db, p, sp, &parts);
		err = slot_add(&db->spd, p, &p->row.id);
	}
	if (err == IKE_OK)
		err = link_row(db, p);
	if (err != IKE_OK) {
		slot_remove(&db->spd, p->row.id);
		free_parts(&p->row);
		free(p);
		return err;
	}
	*out = p;
	return IKE_OK;
}

void
sp_destroy(struct sadb *db, struct sp_priv *p)
{
	struct shape s = shape_of(&p->row.sp);

	shape_drop(db, &s);
	htab_remove(&db->by_id, &p->by_id);
	htab_remove(&db->by_pair, &p->by_pair);
	slot_remove(&db->spd, p->row.id);
	free_parts(&p->row);
	free(p);
}

void
spd_fini(struct sadb *db)
{
	uint32_t it = 0;
	struct sp_priv *p;

	while ((p = slot_each(&db->spd, &it)) != NULL)
		sp_destroy(db, p);
	htab_fini(&db->by_id);
	htab_fini(&db->by_pair);
	slot_fini(&db->spd);
	free(db->shape);
}

struct sp_priv *
sp_priv_get(const struct sadb *db, uint64_t id)
{
	struct sp_priv *p = slot_get(&db->spd, id);

	return p != NULL && !p->row.removed ? p : NULL;
}

struct sp_priv *
sp_find(const struct sadb *db, const struct sp_id *id)
{
	struct hnode *n = htab_find(&db->by_id, hash_id(db, id), id);
	struct sp_priv *p, *removed = NULL;

	for (; n != NULL; n = htab_next(&db->by_id, n, id)) {
		p = container_of(n, struct sp_priv, by_id);
		if (!p->row.removed)
			return p;
		removed = p;
	}
	return removed;
}

const struct spd_row *
sadb_policy_row(const struct sadb *db, uint64_t id)
{
	const struct sp_priv *p = sp_priv_get(db, id);

	return p == NULL ? NULL : &p->row;
}

const struct spd_row *
sadb_policy_find(const struct sadb *db, const struct sp_id *id)
{
	const struct sp_priv *p = sp_find(db, id);

	return p == NULL || p->row.removed ? NULL : &p->row;
}

const struct spd_row *
sadb_policy_next(const struct sadb *db, uint32_t *it)
{
	const struct sp_priv *p;

	while ((p = slot_each(&db->spd, it)) != NULL) {
		if (!p->row.removed)
			return &p->row;
	}
	return NULL;
}

void
sadb_policy_spec(const struct spd_row *row, struct sp_spec *out)
{
	*out = (struct sp_spec){ .id = row->sp,
		.index = row->index,
		.priority = row->priority,
		.action = row->action,
		.ntmpl = row->ntmpl };
	for (size_t i = 0; i < row->ntmpl; i++)
		out->tmpl[i] = row->tmpl[i];
	if (row->extra != NULL) {
		out->life = row->extra->life;
		memcpy(out->ctx, row->extra->ctx, sizeof(out->ctx));
		out->ctx_doi = row->extra->ctx_doi;
		out->ctx_alg = row->extra->ctx_alg;
	}
}

/* Does |a| come before |b| for the kernel?  Among equals the older; the kernel's indices grow, so they tell, too. */
static bool
wins(const struct spd_row *a, const struct spd_row *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	if (a->index != 0 && b->index != 0)
		return a->index < b->index;
	return a->order < b->order;
}

static bool
covers(const struct spd_row *row, const struct sa_flow *flow)
{
	return row->present && !row->removed && (flow->mark & row->sp.mark_mask) == row->sp.mark &&
	       flow->if_id == row->sp.if_id && sa_selector_match(&row->sp.sel, flow);
}

const struct spd_row *
sadb_policy_lookup(const struct sadb *db, enum sp_dir dir, const struct sa_flow *flow)
{
	const struct spd_row *best = NULL;

	for (size_t i = 0; i < db->nshapes; i++) {
		const struct shape *s = &db->shape[i];
		struct pair pair;

		if (s->dir != dir || (s->src_family != 0 && s->src_family != flow->src.family) ||
		    (s->dst_family != 0 && s->dst_family != flow->dst.family))
			continue;
		pair = pair_of(s, &flow->src, &flow->dst);
		for (struct hnode *n = htab_find(&db->by_pair, hash_pair(db, &pair), &pair);
		     n != NULL; n = htab_next(&db->by_pair, n, &pair)) {
			const struct spd_row *row =
			    &container_of(n, const struct sp_priv, by_pair)->row;

			if (covers(row, flow) && (best == NULL || wins(row, best)))
				best = row;
		}
	}
	return best;
}

const struct spd_row *
sadb_policy_of_acquire(const struct sadb *db, const struct kern_event *ev)
{
	const struct spd_row *row = sadb_policy_find(db, &ev->sp.id);
	struct sa_flow flow = {
		.src = ev->acq_sel.src.addr,
		.dst = ev->acq_sel.dst.addr,
		.proto = ev->acq_sel.proto,
		.sport = ev->acq_sel.sport,
		.dport = ev->acq_sel.dport,
		.mark = ev->sp.id.mark,
		.if_id = ev->sp.id.if_id,
	};

	return row != NULL && row->present ? row : sadb_policy_lookup(db, SP_OUT, &flow);
}

const struct spd_row *
sadb_policy_mirror(const struct sadb *db, const struct spd_row *row, enum sp_dir dir)
{
	struct sp_id id = row->sp;

	id.dir = (uint8_t)dir;
	id.sel = sa_selector_mirror(&row->sp.sel);
	return sadb_policy_find(db, &id);
}
