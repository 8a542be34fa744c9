/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: each member of our list is multiplied out by nested loops over its lists, after
 * what IKEv1 has no number for has been filtered out; a list that was empty to begin with counts as
 * one entry "none".
 */
#include "prop/prop_v1.h"

#include <string.h>

#define MAX_TRANSFORMS 255

static int
v1_number(const struct alg *row, enum prop_proto proto)
{
	if (row->kind == ALG_KE || proto == PROTO_IKE)
		return row->v1_ike;
	return proto == PROTO_AH ? row->v1_ah : row->v1_ipsec;
}

/*
 * The IKEv1 number of |id| for |proto|; ALG_NO_NUMBER if there is none.  A PRF's is that of its
 * hash.
 */
static int
number_of(enum alg_id id, enum prop_proto proto)
{
	const struct alg *row = alg_get(id);

	if (row == NULL || id == KE_NONE || (row->flags & ALG_UNUSABLE) != 0)
		return ALG_NO_NUMBER;
	if (row->kind == ALG_PRF) {
		row = alg_get(alg_hash_of_prf(id));
		if (row == NULL)
			return ALG_NO_NUMBER;
	}
	return v1_number(row, proto);
}

/*
 * The members of |in| that IKEv1 can say, each wire form once.  False if nothing is left of what
 * was not empty.  INTEG_NONE is kept for ESP, where it means to leave the attribute out.  |out| may
 * be |in|.
 */
static bool
filter(const struct prop_algs *in, enum prop_proto proto, struct prop_algs *out)
{
	struct prop_algs r = { 0 };
	int i, j, n;

	for (i = 0; i < in->n; i++) {
		enum alg_id id = (enum alg_id)in->v[i].id;
		unsigned bits = prop_alg_bits(in->v[i]);

		n = number_of(id, proto);
		if (n == ALG_NO_NUMBER && !(id == INTEG_NONE && proto == PROTO_ESP))
			continue;
		for (j = 0; j < r.n; j++) {
			if (r.v[j].bits == bits &&
			    (r.v[j].id == id || (n != ALG_NO_NUMBER &&
						    number_of((enum alg_id)r.v[j].id, proto) == n)))
				break;
		}
		if (j == r.n)
			r.v[r.n++] =
			    (struct prop_alg){ .id = (uint16_t)id, .bits = (uint16_t)bits };
	}
	i = in->n;
	*out = r;
	return r.n > 0 || i == 0;
}

/* |p| with only what IKEv1 can say; false if nothing of use is left. */
static bool
filter_prop(const struct prop *p, struct prop *out)
{
	enum prop_proto proto = (enum prop_proto)p->proto;
	struct prop r = *p;

	/* IKEv1 protects its own messages with the PRF's hash; the others have no PRF */
	if (proto == PROTO_IKE)
		r.integ.n = 0;
	else
		r.prf.n = 0;
	if (proto != PROTO_IKE && r.ke.n > 0 && r.ke.v[0].id == KE_NONE)
		r.ke.n = 0;
	if (!filter(&r.encr, proto, &r.encr) || !filter(&r.integ, proto, &r.integ) ||
	    !filter(&r.prf, proto, &r.prf) || !filter(&r.ke, proto, &r.ke) ||
	    !filter(&r.comp, proto, &r.comp))
		return false;
	/*
	 * RFC 2409 section 5.5: with PFS there is one KE payload for the whole quick mode, so all
	 * of its transforms must name the same group: the first.
	 */
	if (proto != PROTO_IKE && r.ke.n > 1)
		r.ke.n = 1;
	if (p->esn == ESN_YES)
		return false;
	r.esn = ESN_NO;
	*out = r;
	switch (proto) {
	case PROTO_IKE:
		return r.encr.n > 0 && r.prf.n > 0 && r.ke.n > 0 &&
		       number_of((enum alg_id)r.auth, proto) != ALG_NO_NUMBER;
	case PROTO_AH:
		return r.integ.n > 0;
	case PROTO_ESP:
		return r.encr.n > 0;
	case PROTO_IPCOMP:
		return r.comp.n > 0;
	case PROTO_NONE:
		break;
	}
	return false;
}

/* Append |p| to |out|, numbered, unless the same is there. */
static ike_err
append(struct prop_list *out, struct prop *p)
{
	unsigned transforms = 0;
	size_t i;

	for (i = 0; i < out->n; i++) {
		if (out->v[i].number != p->number || out->v[i].proto != p->proto)
			continue;
		if (prop_equal(&out->v[i], p))
			return IKE_OK;
		transforms++;
	}
	if (out->n >= PROP_MAX_LIST || transforms >= MAX_TRANSFORMS)
		return IKE_E_FULL;
	p->transform = (uint8_t)(transforms + 1);
	out->v[out->n++] = *p;
	return IKE_OK;
}

/* Set |l| to entry |i| of |from|, or to nothing if there is none or it says none. */
static void
pick(struct prop_algs *l, const struct prop_algs *from, int i)
{
	*l = (struct prop_algs){ 0 };
	if (i < from->n && from->v[i].id != INTEG_NONE) {
		l->v[0] = from->v[i];
		l->n = 1;
	}
}

static int
rounds(const struct prop_algs *l)
{
	return l->n > 0 ? l->n : 1;
}

static bool
is_aead(const struct prop_algs *encr, int i)
{
	const struct alg *row = i < encr->n ? alg_get((enum alg_id)encr->v[i].id) : NULL;

	return row != NULL && (row->flags & ALG_AEAD) != 0;
}

/*
 * All combinations of |p|, a filtered member of our list, in racoon's order: the cipher varies
 * slowest.
 */
static ike_err
multiply(const struct prop *p, struct prop_list *out)
{
	struct prop one = *p;
	int e, i, h, g, c;

	for (e = 0; e < rounds(&p->encr); e++) {
		int integs = is_aead(&p->encr, e) ? 1 : rounds(&p->integ);

		pick(&one.encr, &p->encr, e);
		for (i = 0; i < integs; i++) {
			pick(&one.integ, &p->integ, is_aead(&p->encr, e) ? p->integ.n : i);
			if (prop_first(&one.encr) == ENCR_NULL && one.integ.n == 0)
				continue;
			for (h = 0; h < rounds(&p->prf); h++) {
				pick(&one.prf, &p->prf, h);
				for (g = 0; g < rounds(&p->ke); g++) {
					pick(&one.ke, &p->ke, g);
					for (c = 0; c < rounds(&p->comp); c++) {
						pick(&one.comp, &p->comp, c);
						TRY(append(out, &one));
					}
				}
			}
		}
	}
	return IKE_OK;
}

/* Count the protocols that stand under each number. */
static void
mark_bundles(struct prop_list *l)
{
	uint8_t protos[256] = { 0 };
	size_t i;
	int bit;

	for (i = 0; i < l->n; i++)
		protos[l->v[i].number] = (uint8_t)(protos[l->v[i].number] | 1 << l->v[i].proto);
	for (i = 0; i < l->n; i++) {
		l->v[i].bundle = 0;
		for (bit = 0; bit < 8; bit++)
			l->v[i].bundle =
			    (uint8_t)(l->v[i].bundle + (protos[l->v[i].number] >> bit & 1));
	}
}

ike_err
prop_v1_offer(const struct prop_list *ours, struct arena *a, struct prop_list *out)
{
	struct prop_list r = { 0 };
	struct prop p;
	size_t i, room = 0;

	/* as many as the lists can give at most */
	for (i = 0; i < ours->n && room < PROP_MAX_LIST; i++) {
		const struct prop *q = &ours->v[i];

		room += (size_t)rounds(&q->encr) * (size_t)rounds(&q->integ) *
			(size_t)rounds(&q->prf) * (size_t)rounds(&q->ke) * (size_t)rounds(&q->comp);
	}
	if (room == 0)
		return IKE_E_NO_PROPOSAL;
	r.v = arena_array(a, room < PROP_MAX_LIST ? room : PROP_MAX_LIST, sizeof(*r.v));
	if (r.v == NULL)
		return IKE_E_NOMEM;
	for (i = 0; i < ours->n; i++) {
		if (!filter_prop(&ours->v[i], &p))
			continue;
		if (p.number == 0)
			p.number = 1;
		TRY(multiply(&p, &r));
	}
	if (r.n == 0)
		return IKE_E_NO_PROPOSAL;
	mark_bundles(&r);
	*out = r;
	return IKE_OK;
}
