/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: the raw form of lib/wire is built in an arena of our own and handed to its writer.
 * Attributes stand in the order in which racoon writes them, lifetimes always in the long form with
 * four bytes, as racoon's do.
 */
#include "prop/prop_v1.h"

#include "prop/prop_read.h"
#include "wire/const.h"
#include "wire/pld_sa.h"

#include <string.h>

#define MAX_ATTRS 12

/* A transform under construction, with a sticky error. */
struct build {
	struct arena *a;
	struct v1_transform *t;
	ike_err err;
};

static void
add_number(struct build *b, uint16_t type, int number)
{
	if (b->err != IKE_OK)
		return;
	if (number < 0 || number > UINT16_MAX) {
		b->err = IKE_E_RANGE;
		return;
	}
	b->err = attr_of_number(b->a, type, (uint64_t)number, &b->t->attr[b->t->nattr]);
	if (b->err == IKE_OK)
		b->t->nattr++;
}

static void
add_u32(struct build *b, uint16_t type, uint32_t v)
{
	uint8_t *p = b->err == IKE_OK ? arena_alloc(b->a, 4) : NULL;

	if (b->err == IKE_OK && p == NULL)
		b->err = IKE_E_NOMEM;
	if (b->err != IKE_OK)
		return;
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
	b->t->attr[b->t->nattr++] = (struct attr){ .type = type, .value = slice_of(p, 4) };
}

static void
add_life(struct build *b, uint16_t type, uint16_t duration, const struct prop *p)
{
	if (p->life_sec != 0) {
		add_number(b, type, V1_LIFE_SECONDS);
		add_u32(b, duration, p->life_sec);
	}
	if (p->life_kb != 0) {
		add_number(b, type, V1_LIFE_KILOBYTES);
		add_u32(b, duration, p->life_kb);
	}
}

static const struct alg *
row_of(const struct prop_algs *l)
{
	return alg_get(prop_first(l));
}

static void
add_key_length(struct build *b, uint16_t type, const struct prop *p)
{
	const struct alg *row = row_of(&p->encr);

	if (row != NULL && (row->flags & ALG_VARKEY) != 0)
		add_number(b, type, (int)prop_alg_bits(p->encr.v[0]));
}

static int
ike_number(const struct alg *row)
{
	return row != NULL ? row->v1_ike : ALG_NO_NUMBER;
}

static void
build_ike(struct build *b, const struct prop *p)
{
	b->t->id = V1_ISAKMP_KEY_IKE;
	add_life(b, V1_OAKLEY_LIFE_TYPE, V1_OAKLEY_LIFE_DURATION, p);
	add_number(b, V1_OAKLEY_ENCR, ike_number(row_of(&p->encr)));
	add_key_length(b, V1_OAKLEY_KEY_LENGTH, p);
	add_number(b, V1_OAKLEY_AUTH, ike_number(alg_get((enum alg_id)p->auth)));
	add_number(b, V1_OAKLEY_HASH, ike_number(alg_get(alg_hash_of_prf(prop_first(&p->prf)))));
	add_number(b, V1_OAKLEY_GROUP, ike_number(row_of(&p->ke)));
}

static int
encap_number(const struct prop *p)
{
	if (p->mode == MODE_TUNNEL)
		return p->udp_encap ? V1_IPSEC_ENCAP_UDP_TUNNEL : V1_IPSEC_ENCAP_TUNNEL;
	return p->udp_encap ? V1_IPSEC_ENCAP_UDP_TRANSPORT : V1_IPSEC_ENCAP_TRANSPORT;
}

static void
build_child(struct build *b, const struct prop *p, int id)
{
	if (id < 0 || id > UINT8_MAX) {
		b->err = IKE_E_RANGE;
		return;
	}
	b->t->id = (uint8_t)id;
	add_life(b, V1_IPSEC_LIFE_TYPE, V1_IPSEC_LIFE_DURATION, p);
	if (p->mode != MODE_ANY)
		add_number(b, V1_IPSEC_ENCAP_MODE, encap_number(p));
	add_key_length(b, V1_IPSEC_KEY_LENGTH, p);
	if (row_of(&p->integ) != NULL)
		add_number(b, V1_IPSEC_AUTH_ALG, row_of(&p->integ)->v1_ipsec);
	if (p->esn == ESN_YES)
		add_number(b, V1_IPSEC_ESN, 1);
	if (row_of(&p->ke) != NULL)
		add_number(b, V1_IPSEC_GROUP, row_of(&p->ke)->v1_ike);
}

static ike_err
build_transform(struct arena *a, const struct prop *p, struct v1_transform *t)
{
	struct build b = { .a = a, .t = t };
	const struct alg *row;

	*t = (struct v1_transform){ .number = p->transform };
	t->attr = arena_array(a, MAX_ATTRS, sizeof(*t->attr));
	if (t->attr == NULL)
		return IKE_E_NOMEM;
	switch ((enum prop_proto)p->proto) {
	case PROTO_IKE:
		build_ike(&b, p);
		return b.err;
	case PROTO_ESP:
		row = row_of(&p->encr);
		build_child(&b, p, row != NULL ? row->v1_ipsec : ALG_NO_NUMBER);
		return b.err;
	case PROTO_AH:
		row = row_of(&p->integ);
		build_child(&b, p, row != NULL ? row->v1_ah : ALG_NO_NUMBER);
		return b.err;
	case PROTO_IPCOMP:
		row = row_of(&p->comp);
		build_child(&b, p, row != NULL ? row->v1_ipsec : ALG_NO_NUMBER);
		return b.err;
	case PROTO_NONE:
		break;
	}
	return IKE_E_RANGE;
}

static uint8_t
proto_number(const struct prop *p)
{
	switch ((enum prop_proto)p->proto) {
	case PROTO_IKE:
		return V1_PROTO_ISAKMP;
	case PROTO_AH:
		return V1_PROTO_AH;
	case PROTO_ESP:
		return V1_PROTO_ESP;
	case PROTO_IPCOMP:
		return V1_PROTO_IPCOMP;
	case PROTO_NONE:
		break;
	}
	return V1_PROTO_NONE;
}

/* Do |a| and |b| stand in one proposal payload? */
static bool
same_proposal(const struct prop *a, const struct prop *b)
{
	return a->number == b->number && a->proto == b->proto && a->spi_len == b->spi_len &&
	       memcmp(a->spi, b->spi, a->spi_len) == 0;
}

/* The proposal that starts with member |from| of |l|; |*next| is the first member behind it. */
static ike_err
build_proposal(
    struct arena *a, const struct prop_list *l, size_t from, struct v1_proposal *out, size_t *next)
{
	const struct prop *first = &l->v[from];
	size_t n = 1, i;

	while (from + n < l->n && same_proposal(first, &l->v[from + n]))
		n++;
	*out = (struct v1_proposal){
		.number = first->number,
		.proto = proto_number(first),
		.spi = slice_of(first->spi, first->spi_len),
		.ntransform = n,
	};
	if (n > SA_MAX_TRANSFORMS)
		return IKE_E_FULL;
	out->transform = arena_array(a, n, sizeof(*out->transform));
	if (out->transform == NULL)
		return IKE_E_NOMEM;
	for (i = 0; i < n; i++)
		TRY(build_transform(a, &l->v[from + i], &out->transform[i]));
	*next = from + n;
	return IKE_OK;
}

static ike_err
build_sa(struct arena *a, const struct prop_list *l, struct v1_sa *sa)
{
	size_t i = 0;

	*sa = (struct v1_sa){ .doi = V1_DOI_IPSEC, .situation = V1_SIT_IDENTITY_ONLY };
	if (l->n == 0)
		return IKE_E_RANGE;
	if (l->n > PROP_MAX_LIST)
		return IKE_E_FULL;
	sa->proposal = arena_array(a, l->n, sizeof(*sa->proposal));
	if (sa->proposal == NULL)
		return IKE_E_NOMEM;
	while (i < l->n)
		TRY(build_proposal(a, l, i, &sa->proposal[sa->nproposal++], &i));
	return sa->nproposal <= SA_MAX_PROPOSALS ? IKE_OK : IKE_E_FULL;
}

void
prop_v1_put(struct wr *w, const struct prop_list *offer)
{
	struct arena tmp = { .limit = PROP_READ_LIMIT };
	struct v1_sa sa;
	ike_err err = build_sa(&tmp, offer, &sa);

	if (err == IKE_OK)
		put_v1_sa(w, &sa);
	else
		wr_fail(w, err);
	arena_free(&tmp);
}

/* The proposal and transform of |sa| that |chosen| names. */
static bool
find_chosen(const struct v1_sa *sa, const struct prop *chosen, const struct v1_proposal **p_out,
    struct v1_transform **t_out)
{
	size_t i, j;

	for (i = 0; i < sa->nproposal; i++) {
		const struct v1_proposal *p = &sa->proposal[i];

		if (p->number != chosen->number || p->proto != proto_number(chosen))
			continue;
		for (j = 0; j < p->ntransform; j++) {
			if (p->transform[j].number == chosen->transform) {
				*p_out = p;
				*t_out = &p->transform[j];
				return true;
			}
		}
	}
	return false;
}

static ike_err
answer(struct wr *w, struct arena *tmp, struct slice their_body, const struct prop *chosen)
{
	const struct v1_proposal *theirs;
	struct v1_transform *t;
	struct v1_proposal one;
	struct v1_sa sa;

	TRY(get_v1_sa(their_body, tmp, &sa));
	if (!find_chosen(&sa, chosen, &theirs, &t))
		return IKE_E_NOTFOUND;
	one = *theirs;
	one.spi = slice_of(chosen->spi, chosen->spi_len);
	one.transform = t;
	one.ntransform = 1;
	sa.proposal = &one;
	sa.nproposal = 1;
	put_v1_sa(w, &sa);
	return IKE_OK;
}

void
prop_v1_put_answer(struct wr *w, struct slice their_body, const struct prop *chosen)
{
	struct arena tmp = { .limit = PROP_READ_LIMIT };
	ike_err err = answer(w, &tmp, their_body, chosen);

	if (err != IKE_OK)
		wr_fail(w, err);
	arena_free(&tmp);
}
