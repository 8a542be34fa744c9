/* SPDX-License-Identifier: BSD-3-Clause */
/* How it works: as in pld_sa_v1.c. */
#include "wire/const.h"
#include "wire/pld_sa.h"
#include "wire/sub.h"

static ike_err
get_transform(struct rd *r, struct arena *a, struct v2_transform *t)
{
	t->type = rd_u8(r);
	rd_skip(r, 1);
	t->id = rd_u16(r);
	TRY(r->err);
	return get_attrs(rd_rest(r), SA_MAX_ATTRS, a, &t->attr, &t->nattr);
}

static ike_err
get_proposal(struct rd *r, struct arena *a, struct v2_proposal *p)
{
	uint8_t   spi_len, count;
	struct rd sub;

	p->number = rd_u8(r);
	p->proto = rd_u8(r);
	spi_len = rd_u8(r);
	count = rd_u8(r);
	p->spi = rd_bytes(r, spi_len);
	TRY(r->err);
	/* RFC 7296 section 3.3.1: "Num Transforms (1 octet) - Specifies the number of transforms in this proposal." */
	TRY(sub_count(*r, SUB_MORE_TRANSFORMS, false, &p->ntransform));
	/* The same: "Transforms (variable) - One or more transform substructures." */
	if (p->ntransform == 0 || p->ntransform != count)
		return IKE_E_FORMAT;
	p->transform = arena_array(a, p->ntransform, sizeof *p->transform);
	if (p->transform == NULL)
		return IKE_E_NOMEM;
	for (size_t i = 0; i < p->ntransform; i++) {
		sub = sub_next(r, SUB_MORE_TRANSFORMS, false);
		TRY(get_transform(&sub, a, &p->transform[i]));
	}
	return rd_end(r);
}

ike_err
get_v2_sa(struct slice body, struct arena *a, struct v2_sa *out)
{
	struct rd    r = rd_of(body), sub;
	struct v2_sa sa = { 0 };

	/* RFC 7296 section 3.3: "Proposals (variable) - One or more proposal substructures." */
	if (rd_left(&r) == 0)
		return IKE_E_SHORT;
	TRY(sub_count(r, SUB_MORE_PROPOSALS, false, &sa.nproposal));
	if (sa.nproposal > SA_MAX_PROPOSALS)
		return IKE_E_FORMAT;
	sa.proposal = arena_array(a, sa.nproposal, sizeof *sa.proposal);
	if (sa.proposal == NULL)
		return IKE_E_NOMEM;
	for (size_t i = 0; i < sa.nproposal; i++) {
		sub = sub_next(&r, SUB_MORE_PROPOSALS, false);
		TRY(get_proposal(&sub, a, &sa.proposal[i]));
	}
	TRY(rd_end(&r));
	*out = sa;
	return IKE_OK;
}

static void
put_transform(struct wr *w, const struct v2_transform *t, bool more)
{
	size_t at = sub_begin(w, more ? SUB_MORE_TRANSFORMS : 0);

	if (t->nattr > SA_MAX_ATTRS)
		wr_fail(w, IKE_E_RANGE);
	wr_u8(w, t->type);
	wr_u8(w, 0);
	wr_u16(w, t->id);
	for (size_t i = 0; i < t->nattr && w->err == IKE_OK; i++)
		put_attr(w, &t->attr[i]);
	sub_end(w, at);
}

static void
put_proposal(struct wr *w, const struct v2_proposal *p, bool more)
{
	size_t at = sub_begin(w, more ? SUB_MORE_PROPOSALS : 0);

	if (p->ntransform == 0 || p->ntransform > SA_MAX_TRANSFORMS || p->spi.n > UINT8_MAX)
		wr_fail(w, IKE_E_RANGE);
	wr_u8(w, p->number);
	wr_u8(w, p->proto);
	wr_u8(w, (uint8_t)p->spi.n);
	wr_u8(w, (uint8_t)p->ntransform);
	wr_bytes(w, p->spi);
	for (size_t i = 0; i < p->ntransform && w->err == IKE_OK; i++)
		put_transform(w, &p->transform[i], i + 1 < p->ntransform);
	sub_end(w, at);
}

void
put_v2_sa(struct wr *w, const struct v2_sa *sa)
{
	if (sa->nproposal == 0 || sa->nproposal > SA_MAX_PROPOSALS)
		wr_fail(w, IKE_E_RANGE);
	for (size_t i = 0; i < sa->nproposal && w->err == IKE_OK; i++)
		put_proposal(w, &sa->proposal[i], i + 1 < sa->nproposal);
}

ike_err
v2_transform_key_length(const struct v2_transform *t, uint16_t *bits_out)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < t->nattr; i++) {
		const struct attr *a = &t->attr[i];

		/*
		 * RFC 7296 section 3.3.6: "if the responder receives a transform that it does not understand, or one that
		 * contains a Transform Attribute it does not understand, it MUST consider this transform unacceptable".
		 */
		if (a->type != V2_ATTR_KEY_LENGTH)
			return IKE_E_UNSUPPORTED;
		/* RFC 7296 section 3.3.5: "only a single attribute type (Key Length) is defined, and it is fixed length". */
		if (i > 0 || !a->tv)
			return IKE_E_FORMAT;
		TRY(attr_number(a, &bits));
	}
	*bits_out = (uint16_t)bits;
	return IKE_OK;
}
