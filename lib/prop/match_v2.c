/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: both sides have lists.  For each kind the first common entry is taken in the order
 * of whoever is preferred; only the cipher and the integrity algorithm depend on each other, so
 * ciphers are tried in turn.
 */
#include "prop/match.h"

/*
 * The place of |a| in |l|, -1 if it is not there.  Two integrity algorithms of one IKEv2 number are
 * the same here; of the other kinds each has its own.
 */
static int
find(const struct prop_algs *l, struct prop_alg a)
{
	const struct alg *row = alg_get((enum alg_id)a.id), *other;
	bool by_number = row != NULL && row->kind == ALG_INTEG && row->v2 != ALG_NO_NUMBER;
	unsigned bits = prop_alg_bits(a);
	int i;

	for (i = 0; i < l->n; i++) {
		if (l->v[i].id == a.id && prop_alg_bits(l->v[i]) == bits)
			return i;
		other = by_number ? alg_get((enum alg_id)l->v[i].id) : NULL;
		if (other != NULL && other->v2 == row->v2)
			return i;
	}
	return -1;
}

/*
 * The first common entry, from |from| on in the preferred list; the index in ours, and in the
 * preferred list as *next - 1.
 */
static int
common(const struct prop_algs *ours, const struct prop_algs *theirs, bool prefer_theirs, int *next)
{
	const struct prop_algs *first = prefer_theirs ? theirs : ours,
			       *other = prefer_theirs ? ours : theirs;
	int i, at;

	for (i = *next; i < first->n; i++) {
		at = find(other, first->v[i]);
		if (at >= 0) {
			*next = i + 1;
			return prefer_theirs ? at : i;
		}
	}
	return -1;
}

/* A list where leaving it out means |none|. */
static struct prop_algs
or_none(const struct prop_algs *l, enum alg_id none)
{
	struct prop_algs r = *l;

	if (r.n == 0)
		match_set(&r, none, 0);
	return r;
}

/* The result is entry |at| of ours; a none that the peer did not write is not written either. */
static void
take(struct prop_algs *out, const struct prop_algs *ours, int at, enum alg_id none,
    const struct prop_algs *theirs)
{
	if (ours->v[at].id == none && prop_algs_index(theirs, none, 0) < 0)
		out->n = 0;
	else
		match_set(out, (enum alg_id)ours->v[at].id, prop_alg_bits(ours->v[at]));
}

/* Integrity for |encr|; false if there is none in common.  *at is the index in our list. */
static bool
integrity(const struct prop_rule *rule, const struct prop *ours, const struct prop *theirs,
    enum alg_id encr, struct prop_algs *out, int *at)
{
	struct prop_algs o = or_none(&ours->integ, INTEG_NONE),
			 t = or_none(&theirs->integ, INTEG_NONE);
	int next = 0, i;

	*at = 0;
	if (match_is_aead(encr)) {
		/* RFC 5282 section 8: with an AEAD the integrity transform is left out or NONE */
		match_set(&o, INTEG_NONE, 0);
		if (find(&t, o.v[0]) < 0)
			return false;
		take(out, &o, 0, INTEG_NONE, &theirs->integ);
		return true;
	}
	do {
		i = common(&o, &t, rule->prefer_theirs, &next);
		if (i < 0)
			return false;
		/*
		 * RFC 7296 section 3.3.3: integrity is mandatory for IKE but for AEADs; RFC 4303
		 * section 3.2: ESP needs one of the two
		 */
	} while (o.v[i].id == INTEG_NONE && (ours->proto != PROTO_ESP || encr == ENCR_NULL));
	*at = i;
	take(out, &o, i, INTEG_NONE, &theirs->integ);
	return true;
}

static enum miss
ciphers(const struct prop_rule *rule, const struct prop *ours, const struct prop *theirs,
    struct prop *out, int *encr, int *integ)
{
	enum miss miss = MISS_ENCR;
	int next = 0;

	*encr = 0;
	if (ours->proto == PROTO_AH)
		return integrity(rule, ours, theirs, ALG_ID_NONE, &out->integ, integ) ? MISS_NOTHING
										      : MISS_INTEG;
	while ((*encr = common(&ours->encr, &theirs->encr, rule->prefer_theirs, &next)) >= 0) {
		enum alg_id id = (enum alg_id)ours->encr.v[*encr].id;

		miss = MISS_INTEG;
		if (integrity(rule, ours, theirs, id, &out->integ, integ)) {
			match_set(&out->encr, id, prop_alg_bits(ours->encr.v[*encr]));
			return MISS_NOTHING;
		}
	}
	return miss;
}

static bool
method(const struct prop_rule *rule, const struct prop *ours, const struct prop *theirs,
    struct prop *out, int *at)
{
	struct prop_algs o = ours->ke, t = theirs->ke;
	struct prop_alg sent = { .id = rule->ke_sent };
	int next = 0;

	*at = 0;
	if (ours->proto != PROTO_IKE) {
		if (rule->no_ke)
			return true;
		o = or_none(&o, KE_NONE);
		t = or_none(&t, KE_NONE);
	}
	if (rule->ke_sent != ALG_ID_NONE && find(&o, sent) >= 0 && find(&t, sent) >= 0) {
		*at = find(&o, sent);
	} else {
		do {
			*at = common(&o, &t, rule->prefer_theirs, &next);
			if (*at < 0)
				return false;
		} while (ours->proto == PROTO_IKE && o.v[*at].id == KE_NONE);
	}
	take(&out->ke, &o, *at, KE_NONE, &theirs->ke);
	return true;
}

enum miss
match_v2(const struct prop_rule *rule, const struct prop *ours, const struct prop *theirs,
    struct match *out)
{
	struct match m = { 0 };
	enum miss miss = match_frame(ours, theirs, &m.prop);
	int encr = 0, integ = 0, prf = 0, ke = 0, next = 0;
	uint8_t esn;

	if (miss != MISS_NOTHING)
		return miss;
	if (ours->proto == PROTO_IPCOMP)
		return MISS_PROTO;
	miss = ciphers(rule, ours, theirs, &m.prop, &encr, &integ);
	if (miss != MISS_NOTHING)
		return miss;
	if (ours->proto == PROTO_IKE) {
		prf = common(&ours->prf, &theirs->prf, rule->prefer_theirs, &next);
		if (prf < 0)
			return MISS_PRF;
		match_set(&m.prop.prf, (enum alg_id)ours->prf.v[prf].id, 0);
	}
	if (!method(rule, ours, theirs, &m.prop, &ke))
		return MISS_KE;
	if (ours->proto != PROTO_IKE) {
		esn = (uint8_t)((theirs->esn != 0 ? theirs->esn : ESN_NO) &
				(ours->esn != 0 ? ours->esn : ESN_NO));
		if (esn == 0)
			return MISS_ESN;
		m.prop.esn = (esn & ESN_YES) != 0 ? ESN_YES : ESN_NO;
	}
	m.prop.auth = ours->auth;
	m.prop.life_sec = ours->life_sec;
	m.prop.life_kb = ours->life_kb;
	m.rank = match_rank(encr, integ, prf, ke);
	*out = m;
	return MISS_NOTHING;
}
