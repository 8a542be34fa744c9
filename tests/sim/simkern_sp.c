/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: host-to-host policies are hashed by direction and address pair, all others are in one list that is
 * searched from end to end.  The best match of both wins: smallest priority value, then the oldest.
 */
#include "sim/simkern_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t
hash_pair(const struct simkern *k, uint8_t dir, const struct addr *src, const struct addr *dst)
{
	uint8_t b[33];

	b[0] = dir;
	memcpy(b + 1, src->b, 16);
	memcpy(b + 17, dst->b, 16);
	return htab_hash(&k->sp_by_pair, slice_of(b, sizeof(b)));
}

static bool
pair_eq(const struct hnode *n, const void *key)
{
	const struct sa_selector *sel = &container_of(n, const struct sim_sp, by_pair)->spec.id.sel;
	const struct sa_flow *flow = key;

	return addr_equal(&sel->src.addr, &flow->src) && addr_equal(&sel->dst.addr, &flow->dst);
}

static uint64_t
hash_id(const struct simkern *k, const struct sp_id *id)
{
	uint8_t b[40];

	memcpy(b, id->sel.src.addr.b, 16);
	memcpy(b + 16, id->sel.dst.addr.b, 16);
	memcpy(b + 32,
	    (uint8_t[]){ id->dir, id->sel.src.len, id->sel.dst.len, id->sel.proto,
		(uint8_t)id->sel.sport, (uint8_t)(id->sel.sport >> 8), (uint8_t)id->sel.dport,
		(uint8_t)(id->sel.dport >> 8) },
	    8);
	return htab_hash(&k->sp_by_id, slice_of(b, sizeof(b)));
}

static bool
id_eq(const struct hnode *n, const void *key)
{
	return sp_id_equal(&container_of(n, const struct sim_sp, by_id)->spec.id, key);
}

void
sim_sp_init(struct simkern *k, const uint8_t seed[16])
{
	list_init(&k->sps);
	list_init(&k->inexact);
	htab_init(&k->sp_by_id, seed, id_eq);
	htab_init(&k->sp_by_pair, seed, pair_eq);
}

void
sim_sp_fini(struct simkern *k)
{
	while (!list_empty(&k->sps))
		sim_sp_remove(k, container_of(k->sps.next, struct sim_sp, link));
	htab_fini(&k->sp_by_id);
	htab_fini(&k->sp_by_pair);
}

static bool
is_host(const struct prefix *p)
{
	return p->addr.family != 0 && p->len == addr_bits(&p->addr);
}

struct sim_sp *
sim_sp_find(const struct simkern *k, const struct sp_id *id)
{
	struct hnode *n = htab_find(&k->sp_by_id, hash_id(k, id), id);

	return n == NULL ? NULL : container_of(n, struct sim_sp, by_id);
}

static void
consider(struct sim_sp *p, enum sp_dir dir, const struct sa_flow *flow, struct sim_sp **best)
{
	const struct sp_id *id = &p->spec.id;

	if (id->dir != dir || (flow->mark & id->mark_mask) != id->mark ||
	    flow->if_id != id->if_id || !sa_selector_match(&id->sel, flow))
		return;
	if (*best == NULL || p->spec.priority < (*best)->spec.priority ||
	    (p->spec.priority == (*best)->spec.priority && p->pos < (*best)->pos))
		*best = p;
}

struct sim_sp *
sim_sp_lookup(const struct simkern *k, enum sp_dir dir, const struct sa_flow *flow)
{
	struct sim_sp *best = NULL;
	uint64_t hash = hash_pair(k, (uint8_t)dir, &flow->src, &flow->dst);

	for (struct hnode *n = htab_find(&k->sp_by_pair, hash, flow); n != NULL;
	     n = htab_next(&k->sp_by_pair, n, flow))
		consider(container_of(n, struct sim_sp, by_pair), dir, flow, &best);
	LIST_FOR(it, &k->inexact)
	consider(container_of(it, struct sim_sp, inexact), dir, flow, &best);
	return best;
}

void
sim_sp_remove(struct simkern *k, struct sim_sp *p)
{
	heap_cancel(&k->timers, &p->timer);
	htab_remove(&k->sp_by_id, &p->by_id);
	if (p->is_exact)
		htab_remove(&k->sp_by_pair, &p->by_pair);
	list_del(&p->inexact);
	list_del(&p->link);
	free(p);
}

/* Arm the lifetime. */
static ike_err
arm(struct simkern *k, struct sim_sp *p)
{
	p->timer.kind = TIMER_SP;
	if (p->spec.life.hard_sec == 0) {
		heap_cancel(&k->timers, &p->timer);
		return IKE_OK;
	}
	return heap_set(&k->timers, &p->timer, k->now + SEC(p->spec.life.hard_sec));
}

static int
add(struct simkern *k, const struct sp_spec *sp, uint32_t pid, enum kern_event_kind kind)
{
	struct sim_sp *p = calloc(1, sizeof(*p));
	ike_err err;

	if (p == NULL)
		return ENOMEM;
	p->spec = *sp;
	p->is_exact = is_host(&sp->id.sel.src) && is_host(&sp->id.sel.dst);
	p->pos = k->next_serial++;
	k->next_index += 8;
	p->spec.index = k->next_index | (uint32_t)sp->id.dir;
	p->spec.add_time = sim_wall(k);
	list_init(&p->inexact);
	list_init(&p->link);
	err = htab_insert(&k->sp_by_id, &p->by_id, hash_id(k, &sp->id));
	if (err == IKE_OK && p->is_exact)
		err = htab_insert(&k->sp_by_pair, &p->by_pair,
		    hash_pair(k, sp->id.dir, &sp->id.sel.src.addr, &sp->id.sel.dst.addr));
	if (err == IKE_OK)
		err = arm(k, p);
	if (err != IKE_OK) {
		sim_sp_remove(k, p);
		return ENOMEM;
	}
	list_add_tail(&k->sps, &p->link);
	if (!p->is_exact)
		list_add_tail(&k->inexact, &p->inexact);
	sim_report_sp(k, kind, &p->spec, pid);
	return 0;
}

/* RFC 4301 section 4.4.1.2: a tunnel mode entry names "Local tunnel address" and "Remote tunnel address". */
static int
check_tmpl(const struct sp_spec *sp, const struct sp_tmpl *t)
{
	if (t->mode != MODE_TUNNEL)
		return 0;
	if (t->dst.family == 0 || t->src.family != t->dst.family)
		return ERANGE;
	/* Linux does not know where to go without the SA */
	return t->level == SP_USE && sp->id.dir == SP_OUT ? EINVAL : 0;
}

static int
check_policy(const struct sp_spec *sp)
{
	const struct prefix *a = &sp->id.sel.src, *b = &sp->id.sel.dst;

	if (sp->action == SP_ENTRUST || sp->action == SP_BYPASS)
		return EOPNOTSUPP;
	if (sp->ntmpl > SP_MAX_TMPL || sp->id.dir > SP_FWD ||
	    (sp->action != SP_DISCARD && (sp->ntmpl != 0) != (sp->action == SP_IPSEC)))
		return ERANGE;
	if (a->len > addr_bits(&a->addr) || b->len > addr_bits(&b->addr) ||
	    (a->addr.family != 0 && b->addr.family != 0 && a->addr.family != b->addr.family))
		return ERANGE;
	for (size_t i = 0; i < sp->ntmpl; i++) {
		int errnum = check_tmpl(sp, &sp->tmpl[i]);

		if (errnum != 0)
			return errnum;
	}
	return 0;
}

int
sim_sp_install(struct simkern *k, const struct sp_spec *sp, bool replace, uint32_t pid)
{
	struct sim_sp *p = sim_sp_find(k, &sp->id);
	uint32_t index;
	int errnum = check_policy(sp);

	if (errnum != 0)
		return errnum;
	if (p == NULL)
		return add(k, sp, pid, replace ? KERN_EV_SP_UPDATE : KERN_EV_SP_NEW);
	if (!replace)
		return EEXIST;
	if (p->spec.priority != sp->priority)
		p->pos = k->next_serial++;
	index = p->spec.index;
	p->spec = *sp;
	p->spec.index = index;
	p->spec.add_time = sim_wall(k);
	if (arm(k, p) != IKE_OK)
		return ENOMEM;
	sim_report_sp(k, KERN_EV_SP_UPDATE, &p->spec, pid);
	return 0;
}

int
sim_sp_delete(struct simkern *k, const struct sp_id *id, uint32_t pid)
{
	struct sim_sp *p = sim_sp_find(k, id);

	if (p == NULL)
		return ENOENT;
	sim_report_sp(k, KERN_EV_SP_DELETE, &p->spec, pid);
	sim_sp_remove(k, p);
	return 0;
}

int
sim_sp_flush(struct simkern *k, uint32_t pid)
{
	const struct kern_event ev = { .kind = KERN_EV_SP_FLUSH, .pid = pid };

	if (list_empty(&k->sps))
		return 0;
	while (!list_empty(&k->sps))
		sim_sp_remove(k, container_of(k->sps.next, struct sim_sp, link));
	sim_report(k, &ev);
	return 0;
}

size_t
simkern_sp_count(const struct simkern *k)
{
	size_t n = 0;

	LIST_FOR(it, &k->sps)
	n++;
	return n;
}
