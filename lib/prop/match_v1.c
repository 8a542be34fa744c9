/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: |theirs| has one algorithm of each kind, |ours| may have several.  One step for
 * each kind, each either finds the place in our list that fits and writes the result, or says what
 * is missing.
 */
#include "prop/match.h"

#include <string.h>

enum miss
match_frame(const struct prop *ours, const struct prop *theirs, struct prop *out)
{
	struct prop p = {
		.proto = theirs->proto, .number = theirs->number, .transform = theirs->transform
	};

	if (ours->proto != theirs->proto || ours->proto == PROTO_NONE)
		return MISS_PROTO;
	/*
	 * RFC 2408 section 4.2: the protocols under one number are one offer: all of them or none
	 */
	if (ours->bundle > 1 || theirs->bundle > 1)
		return MISS_BUNDLE;
	if (ours->mode != MODE_ANY && theirs->mode != MODE_ANY && ours->mode != theirs->mode)
		return MISS_MODE;
	if (theirs->mode != MODE_ANY && ours->udp_encap != theirs->udp_encap)
		return MISS_MODE;
	p.mode = theirs->mode != MODE_ANY ? theirs->mode : ours->mode;
	p.udp_encap = ours->udp_encap;
	p.spi_len = theirs->spi_len;
	memcpy(p.spi, theirs->spi, sizeof(p.spi));
	*out = p;
	return MISS_NOTHING;
}

/* proposal_check on key lengths, the same in both phases. */
static bool
key_length_ok(enum prop_check check, unsigned mine, unsigned theirs)
{
	switch (check) {
	case CHECK_OBEY:
		return true;
	case CHECK_STRICT:
	case CHECK_CLAIM:
		return theirs >= mine;
	case CHECK_EXACT:
		return theirs == mine;
	}
	return false;
}

/*
 * The cipher: an entry of ours with the very key length if there is one, else the first whose
 * length |check| lets pass.
 */
static enum miss
cipher(const struct prop_rule *rule, const struct prop *ours, const struct prop *theirs,
    struct prop *out, int *at)
{
	enum alg_id id = prop_first(&theirs->encr);
	unsigned bits = theirs->encr.n > 0 ? prop_alg_bits(theirs->encr.v[0]) : 0;
	enum miss miss = MISS_ENCR;
	int i, found = -1;

	*at = 0;
	if (ours->proto != PROTO_IKE && ours->proto != PROTO_ESP)
		return MISS_NOTHING;
	for (i = 0; i < ours->encr.n; i++) {
		unsigned mine = prop_alg_bits(ours->encr.v[i]);

		if (ours->encr.v[i].id != id)
			continue;
		miss = MISS_KEY_LENGTH;
		if (mine == bits) {
			found = i;
			break;
		}
		if (found < 0 && key_length_ok((enum prop_check)rule->check, mine, bits))
			found = i;
	}
	if (found < 0)
		return miss;
	*at = found;
	match_set(&out->encr, id, bits);
	return MISS_NOTHING;
}

static bool
same_integ(enum alg_id ours, enum alg_id theirs)
{
	const struct alg *a = alg_get(ours), *b = alg_get(theirs);

	return ours == theirs || (a != NULL && b != NULL && a->v1_ipsec != ALG_NO_NUMBER &&
				     a->v1_ipsec == b->v1_ipsec);
}

static enum miss
integrity(const struct prop *ours, const struct prop *theirs, struct prop *out, int *at)
{
	int i;

	*at = 0;
	if (ours->proto != PROTO_ESP && ours->proto != PROTO_AH)
		return MISS_NOTHING;
	if (match_is_aead(prop_first(&theirs->encr)))
		return theirs->integ.n == 0 ? MISS_NOTHING : MISS_INTEG;
	if (theirs->integ.n == 0) {
		/* RFC 4303 section 3.2: confidentiality and integrity may not both be left out */
		i = prop_algs_index(&ours->integ, INTEG_NONE, 0);
		if (ours->proto == PROTO_AH || prop_first(&theirs->encr) == ENCR_NULL ||
		    (ours->integ.n > 0 && i < 0))
			return MISS_INTEG;
		*at = i < 0 ? 0 : i;
		return MISS_NOTHING;
	}
	for (i = 0; i < ours->integ.n; i++) {
		if (same_integ(
			(enum alg_id)ours->integ.v[i].id, (enum alg_id)theirs->integ.v[0].id)) {
			*at = i;
			match_set(&out->integ, (enum alg_id)ours->integ.v[i].id, 0);
			return MISS_NOTHING;
		}
	}
	return MISS_INTEG;
}

/* The one entry of |theirs| in |ours|. */
static bool
listed(const struct prop_algs *ours, const struct prop_algs *theirs, struct prop_algs *out, int *at)
{
	int i = theirs->n > 0
		    ? prop_algs_index(ours, (enum alg_id)theirs->v[0].id, theirs->v[0].bits)
		    : -1;

	if (i < 0)
		return false;
	*at = i;
	match_set(out, (enum alg_id)theirs->v[0].id, theirs->v[0].bits);
	return true;
}

/*
 * The group: of phase 1 always one of ours, of phase 2 as proposal_check says; the answer to an
 * offer of ours may not change it.
 */
static enum miss
group(const struct prop_rule *rule, enum match_side side, const struct prop *ours,
    const struct prop *theirs, struct prop *out, int *at)
{
	bool mine = prop_first(&ours->ke) != ALG_ID_NONE;

	*at = 0;
	if (listed(&ours->ke, &theirs->ke, &out->ke, at))
		return MISS_NOTHING;
	if (ours->proto == PROTO_IKE)
		return MISS_KE;
	if (side == MATCH_ANSWER || rule->check == CHECK_EXACT)
		return !mine && theirs->ke.n == 0 ? MISS_NOTHING : MISS_KE;
	if (mine && rule->check != CHECK_OBEY)
		return MISS_KE;
	if (theirs->ke.n > 0)
		match_set(&out->ke, (enum alg_id)theirs->ke.v[0].id, 0);
	return MISS_NOTHING;
}

/* With XAUTH and hybrid, the client's method is the counterpart of the server's. */
static enum alg_id
counterpart(enum alg_id auth)
{
	static const enum alg_id pairs[][2] = {
		{ AUTH_HYBRID_RSA_SERVER, AUTH_HYBRID_RSA_CLIENT },
		{ AUTH_HYBRID_DSS_SERVER, AUTH_HYBRID_DSS_CLIENT },
		{ AUTH_XAUTH_PSK_SERVER, AUTH_XAUTH_PSK_CLIENT },
		{ AUTH_XAUTH_RSA_SERVER, AUTH_XAUTH_RSA_CLIENT },
	};
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (auth == pairs[i][0])
			return pairs[i][1];
		if (auth == pairs[i][1])
			return pairs[i][0];
	}
	return auth;
}

static bool
auth_ok(enum match_side side, const struct prop *ours, const struct prop *theirs)
{
	enum alg_id want = (enum alg_id)ours->auth;

	if (ours->proto != PROTO_IKE)
		return true;
	return theirs->auth == (side == MATCH_OFFER ? counterpart(want) : want);
}

static bool
lifetimes(const struct prop_rule *rule, const struct prop *ours, const struct prop *theirs,
    struct match *out)
{
	enum prop_check check = (enum prop_check)rule->check;
	bool phase1 = ours->proto == PROTO_IKE;

	if (!life_negotiate(check, phase1, LIFE_SECONDS, ours->life_sec, theirs->life_sec,
		&out->prop.life_sec, &out->claim_sec))
		return false;
	if (!life_negotiate(check, phase1, LIFE_KILOBYTES, ours->life_kb, theirs->life_kb,
		&out->prop.life_kb, &out->claim_kb))
		return false;
	out->prop.life_sec = life_clamp(out->prop.life_sec, rule->life_min_sec, rule->life_max_sec);
	return true;
}

enum miss
match_v1(const struct prop_rule *rule, enum match_side side, const struct prop *ours,
    const struct prop *theirs, struct match *out)
{
	struct match m = { 0 };
	enum miss miss = match_frame(ours, theirs, &m.prop);
	int encr = 0, integ = 0, prf = 0, ke = 0, comp;

	if (miss != MISS_NOTHING)
		return miss;
	if (ours->proto == PROTO_IPCOMP && !listed(&ours->comp, &theirs->comp, &m.prop.comp, &comp))
		return MISS_COMP;
	miss = cipher(rule, ours, theirs, &m.prop, &encr);
	if (miss != MISS_NOTHING)
		return miss;
	miss = integrity(ours, theirs, &m.prop, &integ);
	if (miss != MISS_NOTHING)
		return miss;
	if (ours->proto == PROTO_IKE && !listed(&ours->prf, &theirs->prf, &m.prop.prf, &prf))
		return MISS_PRF;
	miss = group(rule, side, ours, theirs, &m.prop, &ke);
	if (miss != MISS_NOTHING)
		return miss;
	if (!auth_ok(side, ours, theirs))
		return MISS_AUTH;
	m.prop.auth = ours->auth;
	m.prop.esn = (uint8_t)((theirs->esn != 0 ? theirs->esn : ESN_NO) &
			       (ours->esn != 0 ? ours->esn : ESN_NO));
	if (m.prop.esn == 0)
		return MISS_ESN;
	if (!lifetimes(rule, ours, theirs, &m))
		return MISS_LIFE;
	m.rank = match_rank(encr, integ, prf, ke);
	*out = m;
	return MISS_NOTHING;
}
