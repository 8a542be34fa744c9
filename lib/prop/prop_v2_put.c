/* SPDX-License-Identifier: BSD-3-Clause */
#include "prop/prop_v2.h"

#include "prop/prop_read.h"
#include "wire/const.h"
#include "wire/pld_sa.h"

#include <string.h>

#define MAX_TRANSFORMS (5 * PROP_MAX_ALGS + 2)

/* The IKEv2 number of |id|, ALG_NO_NUMBER if it has none. */
static int
v2_number(enum alg_id id)
{
	const struct alg *row = alg_get(id);

	return row != NULL && (row->flags & ALG_UNUSABLE) == 0 ? row->v2 : ALG_NO_NUMBER;
}

/*
 * The members of |in| that IKEv2 can say, each wire form once; of the ciphers only those with
 * |aead| or without.
 */
static void
filter(const struct prop_algs *in, int aead, struct prop_algs *out)
{
	struct prop_algs r = { 0 };
	int i, j, n;

	for (i = 0; i < in->n; i++) {
		const struct alg *row = alg_get((enum alg_id)in->v[i].id);
		unsigned bits = prop_alg_bits(in->v[i]);

		n = v2_number((enum alg_id)in->v[i].id);
		if (n == ALG_NO_NUMBER ||
		    (row->kind == ALG_ENCR && ((row->flags & ALG_AEAD) != 0) != (aead != 0)))
			continue;
		for (j = 0; j < r.n; j++) {
			if (r.v[j].bits == bits && v2_number((enum alg_id)r.v[j].id) == n)
				break;
		}
		if (j == r.n)
			r.v[r.n++] = (struct prop_alg){ .id = in->v[i].id, .bits = (uint16_t)bits };
	}
	*out = r;
}

/* Take out |id|. */
static void
drop(struct prop_algs *l, enum alg_id id)
{
	int at = prop_algs_index(l, id, 0);

	if (at < 0)
		return;
	memmove(&l->v[at], &l->v[at + 1], (size_t)(l->n - at - 1) * sizeof(l->v[0]));
	l->n--;
}

static bool
is_null_only(const struct prop_algs *encr)
{
	return encr->n == 1 && encr->v[0].id == ENCR_NULL;
}

/*
 * |p| as it can be sent, with AEADs only or with the other ciphers only; false if nothing of use is
 * left.
 *
 * RFC 7296 section 3.3: "If an initiator wants to propose both combined-mode ciphers and normal
 * ciphers, it must include two proposals: one will have all the combined-mode ciphers, and the
 * other will have all the normal ciphers with the integrity algorithms."
 */
static bool
shape(const struct prop *p, int aead, unsigned flags, struct prop *out)
{
	struct prop r = *p;
	bool child = p->proto != PROTO_IKE;

	filter(&p->encr, aead, &r.encr);
	filter(&p->integ, 0, &r.integ);
	filter(&p->prf, 0, &r.prf);
	filter(&p->ke, 0, &r.ke);
	r.comp.n = 0;
	r.auth = 0;
	r.transform = r.bundle = 0;
	/* what was asked for, but cannot be said, must not become "none" */
	if ((p->ke.n > 0 && r.ke.n == 0) || (p->integ.n > 0 && r.integ.n == 0 && !aead))
		return false;
	if (aead)
		r.integ.n = 0;
	if (child) {
		r.prf.n = 0;
		r.esn = r.esn != 0 ? r.esn : ESN_NO;
		if (flags & PROP_V2_NO_KE || (r.ke.n == 1 && r.ke.v[0].id == KE_NONE))
			r.ke.n = 0;
	} else {
		r.esn = 0;
		drop(&r.ke, KE_NONE);
		drop(&r.integ, INTEG_NONE);
	}
	*out = r;
	switch ((enum prop_proto)p->proto) {
	case PROTO_IKE:
		return r.encr.n > 0 && r.prf.n > 0 && r.ke.n > 0 && (aead || r.integ.n > 0);
	case PROTO_ESP:
		return r.encr.n > 0 && !(is_null_only(&r.encr) &&
					   prop_first(&r.integ) == ALG_ID_NONE && r.integ.n <= 1);
	case PROTO_AH:
		drop(&out->integ, INTEG_NONE);
		return !aead && out->integ.n > 0;
	case PROTO_IPCOMP:
	case PROTO_NONE:
		break;
	}
	return false;
}

static bool
known(const struct prop_list *l, const struct prop *p)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (prop_equal(&l->v[i], p))
			return true;
	}
	return false;
}

static bool
starts_with_aead(const struct prop *p)
{
	const struct alg *row = alg_get(prop_first(&p->encr));

	return row != NULL && (row->flags & ALG_AEAD) != 0;
}

ike_err
prop_v2_offer(const struct prop_list *ours, unsigned flags, struct arena *a, struct prop_list *out)
{
	struct prop_list r = { 0 };
	struct prop p;
	size_t i;
	int pass;

	if (ours->n == 0)
		return IKE_E_NO_PROPOSAL;
	r.v = arena_array(a, ours->n, 2 * sizeof(*r.v));
	if (r.v == NULL)
		return IKE_E_NOMEM;
	for (i = 0; i < ours->n; i++) {
		for (pass = 0; pass < 2; pass++) {
			int aead = starts_with_aead(&ours->v[i]) ? pass == 0 : pass == 1;

			if (!shape(&ours->v[i], aead, flags, &p) || known(&r, &p))
				continue;
			if (r.n >= SA_MAX_PROPOSALS)
				return IKE_E_FULL;
			/*
			 * RFC 7296 section 3.3.1: "When a proposal is made, the first proposal in
			 * an SA payload MUST be 1, and subsequent proposals MUST be one more than
			 * the previous proposal"
			 */
			p.number = (uint8_t)(r.n + 1);
			r.v[r.n++] = p;
		}
	}
	if (r.n == 0)
		return IKE_E_NO_PROPOSAL;
	*out = r;
	return IKE_OK;
}

/* A proposal under construction. */
struct build {
	struct arena *a;
	struct v2_proposal *p;
};

static ike_err
add(struct build *b, uint8_t type, int id, unsigned bits)
{
	struct v2_transform *t = &b->p->transform[b->p->ntransform];

	if (id < 0 || id > UINT16_MAX)
		return IKE_E_RANGE;
	*t = (struct v2_transform){ .type = type, .id = (uint16_t)id };
	if (bits != 0) {
		t->attr = arena_alloc(b->a, sizeof(*t->attr));
		if (t->attr == NULL)
			return IKE_E_NOMEM;
		TRY(attr_of_number(b->a, V2_ATTR_KEY_LENGTH, bits, t->attr));
		t->nattr = 1;
	}
	b->p->ntransform++;
	return IKE_OK;
}

static ike_err
add_list(struct build *b, uint8_t type, const struct prop_algs *l)
{
	const struct alg *row;
	int i;

	for (i = 0; i < l->n; i++) {
		row = alg_get((enum alg_id)l->v[i].id);
		if (row == NULL)
			return IKE_E_RANGE;
		TRY(add(
		    b, type, row->v2, (row->flags & ALG_VARKEY) != 0 ? prop_alg_bits(l->v[i]) : 0));
	}
	return IKE_OK;
}

static ike_err
build_proposal(struct arena *a, const struct prop *p, struct v2_proposal *out)
{
	struct build b = { .a = a, .p = out };

	*out = (struct v2_proposal){
		.number = p->number,
		.proto = (uint8_t)p->proto,
		.spi = slice_of(p->spi, p->spi_len),
		.transform = arena_array(a, MAX_TRANSFORMS, sizeof(*out->transform)),
	};
	_Static_assert((int)PROTO_IKE == (int)V2_PROTO_IKE && (int)PROTO_AH == (int)V2_PROTO_AH &&
			   (int)PROTO_ESP == (int)V2_PROTO_ESP,
	    "protocol numbers are IKEv2's");
	if (out->transform == NULL)
		return IKE_E_NOMEM;
	if (p->proto != PROTO_IKE && p->proto != PROTO_AH && p->proto != PROTO_ESP)
		return IKE_E_RANGE;
	TRY(add_list(&b, V2_T_ENCR, &p->encr));
	TRY(add_list(&b, V2_T_PRF, &p->prf));
	TRY(add_list(&b, V2_T_INTEG, &p->integ));
	TRY(add_list(&b, V2_T_KE, &p->ke));
	if (p->proto == PROTO_IKE)
		return IKE_OK;
	if ((p->esn & ESN_YES) != 0)
		TRY(add(&b, V2_T_ESN, V2_ESN_YES, 0));
	if ((p->esn & ESN_YES) == 0 || (p->esn & ESN_NO) != 0)
		TRY(add(&b, V2_T_ESN, V2_ESN_NO, 0));
	return IKE_OK;
}

static ike_err
build_sa(struct arena *a, const struct prop_list *l, struct v2_sa *sa)
{
	size_t i;

	*sa = (struct v2_sa){ 0 };
	if (l->n == 0)
		return IKE_E_RANGE;
	if (l->n > SA_MAX_PROPOSALS)
		return IKE_E_FULL;
	sa->proposal = arena_array(a, l->n, sizeof(*sa->proposal));
	if (sa->proposal == NULL)
		return IKE_E_NOMEM;
	sa->nproposal = l->n;
	for (i = 0; i < l->n; i++)
		TRY(build_proposal(a, &l->v[i], &sa->proposal[i]));
	return IKE_OK;
}

void
prop_v2_put(struct wr *w, const struct prop_list *l)
{
	struct arena tmp = { .limit = PROP_READ_LIMIT };
	struct v2_sa sa;
	ike_err err = build_sa(&tmp, l, &sa);

	if (err == IKE_OK)
		put_v2_sa(w, &sa);
	else
		wr_fail(w, err);
	arena_free(&tmp);
}

void
prop_v2_put_one(struct wr *w, const struct prop *chosen)
{
	struct prop one = *chosen;
	struct prop_list l = { .n = 1, .v = &one };

	prop_v2_put(w, &l);
}
