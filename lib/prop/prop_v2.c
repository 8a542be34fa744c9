/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: lib/wire cuts the payload into proposals and transforms in an arena of our own;
 * each proposal is translated through the registry, and counted by type: what was there, and what
 * of it we know.
 */
#include "prop/prop_v2.h"

#include "prop/prop_read.h"
#include "wire/const.h"
#include "wire/pld_sa.h"

#include <string.h>

#define N_TYPES (V2_T_ESN + 1)

/* How many transforms of each type a proposal has, and how many of them we know. */
struct census {
	unsigned there[N_TYPES];
	unsigned known[N_TYPES];
};

static const enum alg_kind kind_of_type[N_TYPES] = {
	[V2_T_ENCR] = ALG_ENCR,
	[V2_T_PRF] = ALG_PRF,
	[V2_T_INTEG] = ALG_INTEG,
	[V2_T_KE] = ALG_KE,
};

/* RFC 7296 section 3.3.3: the table of mandatory and optional transform types of each protocol. */
static const struct {
	unsigned mandatory, allowed;
} types_of_proto[] = {
	[PROTO_IKE] = { 1 << V2_T_ENCR | 1 << V2_T_PRF | 1 << V2_T_KE,
	    1 << V2_T_ENCR | 1 << V2_T_PRF | 1 << V2_T_INTEG | 1 << V2_T_KE },
	[PROTO_ESP] = { 1 << V2_T_ENCR | 1 << V2_T_ESN,
	    1 << V2_T_ENCR | 1 << V2_T_INTEG | 1 << V2_T_KE | 1 << V2_T_ESN },
	[PROTO_AH] = { 1 << V2_T_INTEG | 1 << V2_T_ESN,
	    1 << V2_T_INTEG | 1 << V2_T_KE | 1 << V2_T_ESN },
};

static struct prop_algs *
list_of_type(struct prop *p, uint8_t type)
{
	switch (type) {
	case V2_T_ENCR:
		return &p->encr;
	case V2_T_PRF:
		return &p->prf;
	case V2_T_INTEG:
		return &p->integ;
	default:
		return &p->ke;
	}
}

/*
 * RFC 7296 section 3.3.5: the Key Length attribute "MUST NOT be used with transforms that use a
 * fixed-length key", and a cipher with variable-length keys needs one.
 */
static bool
key_ok(const struct alg *row, unsigned bits)
{
	if (row->kind != ALG_ENCR || (row->flags & ALG_VARKEY) == 0)
		return bits == 0;
	return bits != 0 && alg_key_ok(row, bits);
}

/*
 * Take |t| into |p|; false if we do not know it.  What is behind PROP_MAX_ALGS of a type is not
 * known.
 */
static bool
take(const struct v2_transform *t, struct prop *p)
{
	const struct alg *row;
	uint16_t bits;

	if (v2_transform_key_length(t, &bits) != IKE_OK)
		return false;
	if (t->type == V2_T_ESN) {
		if (bits != 0 || (t->id != V2_ESN_NO && t->id != V2_ESN_YES))
			return false;
		p->esn = (uint8_t)(p->esn | (t->id == V2_ESN_YES ? ESN_YES : ESN_NO));
		return true;
	}
	row = prop_usable(alg_find_v2(kind_of_type[t->type], t->id));
	if (row == NULL || !key_ok(row, bits))
		return false;
	return prop_algs_add(list_of_type(p, t->type), row->id, bits) == IKE_OK;
}

/* Protocol, number and SPI of |raw|; false for a protocol that we do not know or a wrong SPI. */
static bool
read_head(const struct v2_proposal *raw, struct prop *p)
{
	*p = (struct prop){ .number = raw->number };
	switch (raw->proto) {
	case V2_PROTO_IKE:
		/*
		 * RFC 7296 section 3.3.1: "For an initial IKE SA negotiation, this field MUST be
		 * zero ... During subsequent negotiations, it is equal to the size, in octets, of
		 * the SPI of the corresponding protocol (8 for IKE, 4 for ESP and AH)."
		 */
		p->proto = PROTO_IKE;
		if (raw->spi.n != 0 && raw->spi.n != 8)
			return false;
		if (raw->spi.n > 0)
			memcpy(p->spi, raw->spi.p, raw->spi.n);
		p->spi_len = (uint8_t)raw->spi.n;
		return true;
	case V2_PROTO_AH:
		p->proto = PROTO_AH;
		return prop_read_spi32(raw->spi, p);
	case V2_PROTO_ESP:
		p->proto = PROTO_ESP;
		return prop_read_spi32(raw->spi, p);
	default:
		return false;
	}
}

/* Read |raw| into |p|; false if it is unacceptable whatever we want. */
static bool
read_proposal(const struct v2_proposal *raw, struct prop *p, struct census *c)
{
	unsigned type, mandatory, allowed;
	size_t i;

	*c = (struct census){ 0 };
	if (!read_head(raw, p))
		return false;
	mandatory = types_of_proto[p->proto].mandatory;
	allowed = types_of_proto[p->proto].allowed;
	/*
	 * RFC 7296 section 3.3.6: "If the responder receives a proposal that contains a Transform
	 * Type it does not understand, or a proposal that is missing a mandatory Transform Type, it
	 * MUST consider this proposal unacceptable; however, other proposals in the same SA payload
	 * are processed as usual.  Similarly, if the responder receives a transform that it does
	 * not understand, or one that contains a Transform Attribute it does not understand, it
	 * MUST consider this transform unacceptable; other transforms with the same Transform Type
	 * are processed as usual."
	 */
	for (i = 0; i < raw->ntransform; i++) {
		const struct v2_transform *t = &raw->transform[i];

		if (t->type >= N_TYPES || (allowed & 1u << t->type) == 0)
			return false;
		c->there[t->type]++;
		if (take(t, p))
			c->known[t->type]++;
	}
	for (type = 1; type < N_TYPES; type++) {
		if ((c->there[type] > 0 || (mandatory & 1u << type) != 0) && c->known[type] == 0)
			return false;
	}
	return true;
}

static ike_err
get_in(struct slice body, struct arena *tmp, struct arena *a, struct prop_list *out)
{
	struct prop_list all = { 0 };
	struct census c;
	struct v2_sa sa;
	size_t i;

	TRY(get_v2_sa(body, tmp, &sa));
	all.v = arena_array(tmp, sa.nproposal, sizeof(*all.v));
	if (all.v == NULL)
		return IKE_E_NOMEM;
	for (i = 0; i < sa.nproposal && all.n < PROP_MAX_LIST; i++) {
		if (read_proposal(&sa.proposal[i], &all.v[all.n], &c))
			all.n++;
	}
	return prop_keep(&all, a, out);
}

ike_err
prop_v2_get(struct slice body, struct arena *a, struct prop_list *out)
{
	struct arena tmp = { .limit = PROP_READ_LIMIT };
	ike_err err = get_in(body, &tmp, a, out);

	arena_free(&tmp);
	return err;
}

/*
 * RFC 7296 section 2.7: "The accepted cryptographic suite MUST contain exactly one transform of
 * each type included in the proposal."  Nothing in it may be unknown: we offered nothing of that
 * kind.
 */
static ike_err
get_answer_in(struct slice body, struct arena *tmp, struct prop *out)
{
	struct census c;
	struct v2_sa sa;
	struct prop p;
	unsigned type;

	TRY(get_v2_sa(body, tmp, &sa));
	if (sa.nproposal != 1 || !read_proposal(&sa.proposal[0], &p, &c))
		return IKE_E_NO_PROPOSAL;
	for (type = 1; type < N_TYPES; type++) {
		if (c.there[type] > 1)
			return IKE_E_NO_PROPOSAL;
	}
	*out = p;
	return IKE_OK;
}

ike_err
prop_v2_get_answer(struct slice body, struct prop *out)
{
	struct arena tmp = { .limit = PROP_READ_LIMIT };
	ike_err err = get_answer_in(body, &tmp, out);

	arena_free(&tmp);
	return err;
}
