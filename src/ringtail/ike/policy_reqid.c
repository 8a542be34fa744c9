/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reqids for templates that were left without one: see policies.h.
 *
 * On the way out the kernel uses an SA only if its reqid equals the template's; on the way in a template with reqid 0 takes any
 * SA.  So inbound and forward policies may have numbers only where all SAs that they have to let in will have the same:
 * the inbound half of a pair gets the reqid of the inbound policy with the mirrored selector, or, without one, that of the outbound
 * policy.  If the files have an outbound policy with a number of its own and without a mirror, its pairs come in under some wider
 * inbound policy: then all inbound ones keep 0 (`mixed`), and only the record knows them.
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "sadb/sadb.h"

#include <string.h>

/* PF_KEY carries none above SP_MANUAL_REQID_MAX, and those only for level unique. */
#define PFKEY_UNIQUE_FIRST 0x2000u

#define MOST (SADB_REQID_LAST - SADB_REQID_FIRST + 1)

struct numbers {
	const struct daemon *d;
	const struct conf   *c;
	struct sp_spec      *out;
	bool                 pfkey, mixed;
	uint32_t             first, last;      /* for unique ones */
	uint8_t              used[MOST / 8];
	unsigned             n_used;
};

static bool
take(struct numbers *n, uint32_t reqid)
{
	uint32_t i = reqid - n->first;

	if (reqid < n->first || reqid > n->last || (n->used[i / 8] >> (i % 8) & 1) != 0)
		return false;
	n->used[i / 8] |= (uint8_t)(1u << (i % 8));
	n->n_used++;
	return true;
}

/* --- what the kernel has, and who uses it --- */

static bool
same_end(const struct addr *a, const struct addr *b)
{
	return addr_equal(a, b) || (addr_is_any(a) && addr_is_any(b));
}

/* The template in the kernel that does what |t| does but for the reqid; NULL. */
static const struct sp_tmpl *
counterpart(const struct spd_row *row, const struct sp_spec *sp, unsigned i)
{
	const struct sp_tmpl *t = &sp->tmpl[i], *k = row == NULL || row->ntmpl != sp->ntmpl ? NULL : &row->tmpl[i];

	if (k == NULL || k->proto != t->proto || k->mode != t->mode || !same_end(&k->src, &t->src) || !same_end(&k->dst, &t->dst))
		return NULL;
	return k;
}

/* Would |row|'s SA be out of use if template |t| of |sp|, which has |reqid| in the kernel, had |wanted|? */
static bool
needs(const struct sad_row *row, const struct sp_spec *sp, const struct sp_tmpl *t, uint32_t reqid, uint32_t wanted)
{
	bool out = sp->id.dir == SP_OUT;

	if (row->want == SAD_WANT_ABSENT || row->spec.id.proto != t->proto || row->spec.mode != t->mode ||
	    row->spec.reqid == wanted)
		return false;
	if (t->mode == MODE_TUNNEL && (!same_end(&t->src, &row->spec.src) || !same_end(&t->dst, &row->spec.id.dst)))
		return false;
	if (t->mode != MODE_TUNNEL && (!prefix_contains(&sp->id.sel.src, &row->spec.src) ||
	    !prefix_contains(&sp->id.sel.dst, &row->spec.id.dst)))
		return false;
	return row->spec.reqid == reqid || (!out && reqid == 0);
}

/* The host at the other end, if |sp| and |t| say which. */
static const struct addr *
far_end(const struct sp_spec *sp, const struct sp_tmpl *t)
{
	const struct prefix *far = sp->id.dir == SP_OUT ? &sp->id.sel.dst : &sp->id.sel.src;

	if (t->mode == MODE_TUNNEL)
		return sp->id.dir == SP_OUT ? &t->dst : &t->src;
	return far->addr.family != 0 && far->len == addr_bits(&far->addr) ? &far->addr : NULL;
}

static bool
in_use(const struct sadb *db, const struct sp_spec *sp, const struct sp_tmpl *t, uint32_t reqid, uint32_t wanted)
{
	const struct addr *far = far_end(sp, t);
	const struct sad_row *row;
	uint32_t it = 0;

	if (far != NULL) {
		for (row = sadb_peer_first(db, far); row != NULL; row = sadb_peer_next(db, row))
			if (needs(row, sp, t, reqid, wanted))
				return true;
		return false;
	}
	while ((row = sadb_next(db, &it)) != NULL)
		if (needs(row, sp, t, reqid, wanted))
			return true;
	return false;
}

/* |wanted| for template |i|, or what the kernel has if SAs live by it. */
static uint32_t
unless_used(const struct numbers *n, const struct sp_spec *sp, unsigned i, uint32_t wanted)
{
	const struct sp_tmpl *k = counterpart(sadb_policy_find(n->d->sadb, &sp->id), sp, i);

	if (k == NULL || k->reqid == wanted || !in_use(n->d->sadb, sp, &sp->tmpl[i], k->reqid, wanted))
		return wanted;
	return k->reqid;
}

/* --- unique ones --- */

static bool
wants_unique(const struct conf_policy *p, unsigned i)
{
	return p->spec.tmpl[i].level == SP_UNIQUE && p->spec.tmpl[i].reqid == 0;
}

/* The policy of the same packets in direction |dir|, or of those that come back. */
static struct sp_spec *
partner(const struct numbers *n, const struct sp_spec *sp, enum sp_dir dir, bool mirrored)
{
	struct sp_id id = sp->id;

	id.dir = (uint8_t)dir;
	if (mirrored)
		id.sel = sa_selector_mirror(&sp->id.sel);
	const struct conf_policy *p = conf_policy_find(n->c, &id);
	return p == NULL ? NULL : &n->out[p->index];
}

static uint32_t
number_for(const struct numbers *n, const struct sp_spec *sp, unsigned i)
{
	struct sp_spec bare = { .id = sp->id, .priority = i };

	return n->first + (uint32_t)(policy_digest(&bare) % (n->last - n->first + 1));
}

/* A number that is free, the same in every process as long as those before it in the files are the same. */
static ike_err
new_number(struct numbers *n, const struct sp_spec *sp, unsigned i, uint32_t *out)
{
	uint32_t reqid = number_for(n, sp, i);

	if (n->n_used > n->last - n->first)
		return IKE_E_EXHAUSTED;
	while (!take(n, reqid))
		reqid = reqid == n->last ? n->first : reqid + 1;
	*out = reqid;
	return IKE_OK;
}

/* First round: what the files give and what the kernel has already. */
static void
keep_unique(struct numbers *n, const struct conf_policy *p, struct sp_spec *sp)
{
	const struct spd_row *row = sadb_policy_find(n->d->sadb, &sp->id);

	for (unsigned i = 0; i < sp->ntmpl; i++) {
		const struct sp_tmpl *k = wants_unique(p, i) ? counterpart(row, sp, i) : NULL;
		if (k != NULL && k->reqid != 0 && (take(n, k->reqid) || in_use(n->d->sadb, sp, &sp->tmpl[i], k->reqid, 0)))
			sp->tmpl[i].reqid = k->reqid;
		else if (sp->tmpl[i].reqid != 0)
			(void)take(n, sp->tmpl[i].reqid);
	}
}

/* Second round: new ones.  A pair has one number for both directions. */
static ike_err
number_unique(struct numbers *n, const struct conf_policy *p, struct sp_spec *sp)
{
	struct sp_spec *back = partner(n, sp, sp->id.dir == SP_OUT ? SP_IN : SP_OUT, true);

	for (unsigned i = 0; i < sp->ntmpl; i++) {
		if (!wants_unique(p, i) || sp->tmpl[i].reqid != 0)
			continue;
		if (back != NULL && i < back->ntmpl && back->tmpl[i].level == SP_UNIQUE && back->tmpl[i].reqid != 0)
			sp->tmpl[i].reqid = back->tmpl[i].reqid;
		else
			TRY(new_number(n, sp, i, &sp->tmpl[i].reqid));
	}
	return IKE_OK;
}

/* --- all others --- */

static void
number_out(struct numbers *n, struct sp_spec *sp)
{
	bool own = false;

	for (unsigned i = 0; i < sp->ntmpl; i++) {
		if (sp->tmpl[i].reqid == 0)
			sp->tmpl[i].reqid = unless_used(n, sp, i, n->pfkey ? 0 : SADB_REQID_FIRST);
		own = own || sp->tmpl[i].reqid != SADB_REQID_FIRST;
	}
	if (own && partner(n, sp, SP_IN, true) == NULL)
		n->mixed = true;
}

static void
number_in(const struct numbers *n, struct sp_spec *sp)
{
	for (unsigned i = 0; i < sp->ntmpl; i++)
		if (sp->tmpl[i].reqid == 0)
			sp->tmpl[i].reqid = unless_used(n, sp, i, n->pfkey || n->mixed ? 0 : SADB_REQID_FIRST);
}

/* A forward policy lets in what the inbound one of the same packets lets in. */
static void
number_fwd(const struct numbers *n, struct sp_spec *sp)
{
	const struct sp_spec *in = partner(n, sp, SP_IN, false);

	for (unsigned i = 0; i < sp->ntmpl; i++) {
		if (sp->tmpl[i].reqid != 0)
			continue;
		if (in != NULL && in->ntmpl == sp->ntmpl)
			sp->tmpl[i].reqid = in->tmpl[i].reqid;
		else if (in == NULL)
			sp->tmpl[i].reqid = unless_used(n, sp, i, n->pfkey || n->mixed ? 0 : SADB_REQID_FIRST);
	}
}

ike_err
policies_with_reqids(const struct daemon *d, const struct conf *c, struct sp_spec *out)
{
	struct numbers n = { .d = d, .c = c, .out = out, .pfkey = strcmp(d->env.kern->ops->name, "pfkey") == 0 };

	n.first = n.pfkey ? PFKEY_UNIQUE_FIRST : SADB_REQID_FIRST + 1;
	n.last = n.pfkey ? SP_MANUAL_REQID_MAX : SADB_REQID_LAST;
	for (size_t i = 0; i < c->n_policies; i++)
		out[i] = c->policies[i]->spec;
	for (size_t i = 0; i < c->n_policies; i++)
		keep_unique(&n, c->policies[i], &out[i]);
	for (size_t i = 0; i < c->n_policies; i++)
		TRY(number_unique(&n, c->policies[i], &out[i]));
	for (size_t i = 0; i < c->n_policies; i++)
		if (out[i].id.dir == SP_OUT)
			number_out(&n, &out[i]);
	for (size_t i = 0; i < c->n_policies; i++)
		if (out[i].id.dir == SP_IN)
			number_in(&n, &out[i]);
	for (size_t i = 0; i < c->n_policies; i++)
		if (out[i].id.dir == SP_FWD)
			number_fwd(&n, &out[i]);
	return IKE_OK;
}
