/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: each level is counted first, by its length fields alone, and then read into an array of that size, so a
 * count on the wire never decides about memory.  Every byte is passed over a fixed number of times.
 */
#include "wire/const.h"
#include "wire/pld_sa.h"
#include "wire/sub.h"

static ike_err
get_transform(struct rd *r, struct arena *a, struct v1_transform *t)
{
	t->number = rd_u8(r);
	t->id = rd_u8(r);
	rd_skip(r, 2);                   /* RESERVED2 */
	TRY(r->err);
	return get_attrs(rd_rest(r), SA_MAX_ATTRS, a, &t->attr, &t->nattr);
}

static ike_err
get_proposal(struct rd *r, struct arena *a, struct v1_proposal *p)
{
	uint8_t   spi_len, count;
	struct rd sub;

	p->number = rd_u8(r);
	p->proto = rd_u8(r);
	spi_len = rd_u8(r);
	count = rd_u8(r);
	p->spi = rd_bytes(r, spi_len);
	TRY(r->err);
	/* RFC 2408 section 3.5: "Specifies the number of transforms for the Proposal." */
	TRY(sub_count(*r, SUB_MORE_TRANSFORMS, true, &p->ntransform));
	if (p->ntransform == 0 || p->ntransform != count)
		return IKE_E_FORMAT;
	p->transform = arena_array(a, p->ntransform, sizeof *p->transform);
	if (p->transform == NULL)
		return IKE_E_NOMEM;
	for (size_t i = 0; i < p->ntransform; i++) {
		sub = sub_next(r, SUB_MORE_TRANSFORMS, true);
		TRY(get_transform(&sub, a, &p->transform[i]));
	}
	return rd_end(r);
}

ike_err
get_v1_sa(struct slice body, struct arena *a, struct v1_sa *out)
{
	struct rd    r = rd_of(body), sub;
	struct v1_sa sa = { 0 };

	sa.doi = rd_u32(&r);
	sa.situation = rd_u32(&r);
	TRY(r.err);
	/*
	 * RFC 2408 section 3.4: the Situation field's form is the DOI's business.  RFC 2407 section 4.6.1: with SIT_SECRECY or
	 * SIT_INTEGRITY labels of variable length precede the proposals, so that nothing behind them can be read without
	 * knowing them.
	 */
	if (sa.doi != V1_DOI_IPSEC || sa.situation != V1_SIT_IDENTITY_ONLY)
		return IKE_E_UNSUPPORTED;
	if (rd_left(&r) == 0)
		return IKE_E_SHORT;
	TRY(sub_count(r, SUB_MORE_PROPOSALS, true, &sa.nproposal));
	if (sa.nproposal > SA_MAX_PROPOSALS)
		return IKE_E_FORMAT;
	sa.proposal = arena_array(a, sa.nproposal, sizeof *sa.proposal);
	if (sa.proposal == NULL)
		return IKE_E_NOMEM;
	for (size_t i = 0; i < sa.nproposal; i++) {
		sub = sub_next(&r, SUB_MORE_PROPOSALS, true);
		TRY(get_proposal(&sub, a, &sa.proposal[i]));
	}
	TRY(rd_end(&r));
	*out = sa;
	return IKE_OK;
}

static void
put_transform(struct wr *w, const struct v1_transform *t, bool more)
{
	size_t at = sub_begin(w, more ? SUB_MORE_TRANSFORMS : 0);

	if (t->nattr > SA_MAX_ATTRS)
		wr_fail(w, IKE_E_RANGE);
	wr_u8(w, t->number);
	wr_u8(w, t->id);
	wr_zero(w, 2);
	for (size_t i = 0; i < t->nattr && w->err == IKE_OK; i++)
		put_attr(w, &t->attr[i]);
	sub_end(w, at);
}

static void
put_proposal(struct wr *w, const struct v1_proposal *p, bool more)
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
put_v1_sa(struct wr *w, const struct v1_sa *sa)
{
	if (sa->nproposal == 0 || sa->nproposal > SA_MAX_PROPOSALS)
		wr_fail(w, IKE_E_RANGE);
	if (sa->doi != V1_DOI_IPSEC || sa->situation != V1_SIT_IDENTITY_ONLY)
		wr_fail(w, IKE_E_RANGE);
	wr_u32(w, sa->doi);
	wr_u32(w, sa->situation);
	for (size_t i = 0; i < sa->nproposal && w->err == IKE_OK; i++)
		put_proposal(w, &sa->proposal[i], i + 1 < sa->nproposal);
}
