/* SPDX-License-Identifier: BSD-3-Clause */
#include "fuzz/recode.h"

#include "wire/const.h"
#include "wire/pld.h"
#include "wire/pld_list.h"
#include "wire/pld_sa.h"

static ike_err
recode_sa(unsigned version, struct slice body, struct arena *a, struct wr *w)
{
	struct v1_sa v1;
	struct v2_sa v2;
	uint16_t     bits;
	uint64_t     number;

	if (version == 1) {
		TRY(get_v1_sa(body, a, &v1));
		for (size_t i = 0; i < v1.nproposal; i++)
			for (size_t j = 0; j < v1.proposal[i].ntransform; j++)
				for (size_t k = 0; k < v1.proposal[i].transform[j].nattr; k++)
					(void)!attr_number(&v1.proposal[i].transform[j].attr[k], &number);
		put_v1_sa(w, &v1);
		return IKE_OK;
	}
	TRY(get_v2_sa(body, a, &v2));
	for (size_t i = 0; i < v2.nproposal; i++)
		for (size_t j = 0; j < v2.proposal[i].ntransform; j++)
			(void)!v2_transform_key_length(&v2.proposal[i].transform[j], &bits);
	put_v2_sa(w, &v2);
	return IKE_OK;
}

static ike_err
recode_ke(unsigned version, struct slice body, struct wr *w)
{
	struct slice bytes;
	struct v2_ke ke;

	if (version == 1) {
		TRY(get_v1_bytes(body, &bytes));
		wr_bytes(w, bytes);
	} else {
		TRY(get_v2_ke(body, &ke));
		put_v2_ke(w, &ke);
	}
	return IKE_OK;
}

static ike_err
recode_id(unsigned version, struct slice body, struct wr *w)
{
	struct v1_id v1;
	struct v2_id v2;

	if (version == 1) {
		TRY(get_v1_id(body, &v1));
		put_v1_id(w, &v1);
	} else {
		TRY(get_v2_id(body, &v2));
		put_v2_id(w, &v2);
	}
	return IKE_OK;
}

static ike_err
recode_notify(unsigned version, struct slice body, struct wr *w)
{
	struct pld_notify n;

	if (version == 1) {
		TRY(get_v1_notify(body, &n));
		put_v1_notify(w, &n);
	} else {
		TRY(get_v2_notify(body, &n));
		put_v2_notify(w, &n);
	}
	return IKE_OK;
}

static ike_err
recode_delete(unsigned version, struct slice body, struct wr *w)
{
	struct pld_delete d;
	struct wr         spis = { 0 };

	TRY(version == 1 ? get_v1_delete(body, &d) : get_v2_delete(body, &d));
	for (size_t i = 0; i < d.count; i++)
		wr_bytes(&spis, delete_spi(&d, i));
	wr_fail(w, wr_err(&spis));
	d.spis = buf_slice(&spis.buf);
	if (version == 1)
		put_v1_delete(w, &d);
	else
		put_v2_delete(w, &d);
	wr_free(&spis);
	return IKE_OK;
}

static ike_err
recode_list(enum pld_kind kind, struct slice body, struct arena *a, struct wr *w)
{
	struct v2_ts_list ts;
	struct v2_cp      cp;
	struct v1_cfg     cfg;

	if (kind == PK_ATTR) {
		TRY(get_v1_cfg(body, a, &cfg));
		put_v1_cfg(w, &cfg);
	} else if (kind == PK_CP) {
		TRY(get_v2_cp(body, a, &cp));
		put_v2_cp(w, &cp);
	} else {
		TRY(get_v2_ts(body, a, &ts));
		put_v2_ts(w, &ts);
	}
	return IKE_OK;
}

static ike_err
recode_bytes(unsigned version, enum pld_kind kind, struct slice body, struct wr *w)
{
	struct slice bytes = body;

	if (kind == PK_NONCE)
		TRY(get_nonce(version, body, &bytes));
	else if (kind == PK_HASH || kind == PK_SIG || kind == PK_NATD)
		TRY(get_v1_bytes(body, &bytes));
	wr_bytes(w, bytes);
	return IKE_OK;
}

static ike_err
recode_small(enum pld_kind kind, struct slice body, uint8_t inner, struct wr *w)
{
	struct pld_cert cert;
	struct v2_auth  auth;
	struct v1_natoa oa;
	struct v1_frag  frag;
	struct v2_skf   skf;
	struct eap      eap;

	if (kind == PK_CERT || kind == PK_CERTREQ) {
		TRY(get_cert(body, &cert));
		put_cert(w, &cert);
	} else if (kind == PK_AUTH) {
		TRY(get_v2_auth(body, &auth));
		put_v2_auth(w, &auth);
	} else if (kind == PK_NATOA) {
		TRY(get_v1_natoa(body, &oa));
		put_v1_natoa(w, &oa);
	} else if (kind == PK_FRAG) {
		TRY(get_v1_frag(body, &frag));
		put_v1_frag(w, &frag);
	} else if (kind == PK_SKF) {
		TRY(get_v2_skf(body, inner, &skf));
		put_v2_skf(w, &skf);
	} else {
		TRY(get_eap(body, &eap));
		put_eap(w, &eap);
	}
	return IKE_OK;
}

ike_err
recode_body(unsigned version, const struct pld *p, uint8_t inner, struct arena *a, struct wr *w)
{
	switch (p->kind) {
	case PK_SA:
		return recode_sa(version, p->body, a, w);
	case PK_KE:
		return recode_ke(version, p->body, w);
	case PK_ID: case PK_IDI: case PK_IDR:
		return recode_id(version, p->body, w);
	case PK_NOTIFY:
		return recode_notify(version, p->body, w);
	case PK_DELETE:
		return recode_delete(version, p->body, w);
	case PK_ATTR: case PK_TSI: case PK_TSR: case PK_CP:
		return recode_list(p->kind, p->body, a, w);
	case PK_CERT: case PK_CERTREQ: case PK_AUTH: case PK_NATOA: case PK_FRAG: case PK_SKF: case PK_EAP:
		return recode_small(p->kind, p->body, inner, w);
	case PK_HASH: case PK_SIG: case PK_NONCE: case PK_VID: case PK_NATD: case PK_SK: case PK_UNKNOWN: case PK_COUNT:
		break;
	}
	return recode_bytes(version, p->kind, p->body, w);
}

ike_err
recode_chain(unsigned version, const struct payloads *ps, struct arena *a, struct wr *w, struct chain *c)
{
	for (unsigned i = 0; i < ps->n; i++) {
		const struct pld *p = &ps->v[i];

		(void)pld_begin(w, c, p->type);
		if (p->critical)
			pld_critical(w, c);
		if (p->kind == PK_SK || p->kind == PK_SKF)
			pld_inner(w, c, ps->inner);
		TRY(recode_body(version, p, ps->inner, a, w));
		pld_end(w, c);
	}
	return wr_err(w);
}

ike_err
recode_message(struct slice msg, struct arena *a, struct wr *w)
{
	struct ike_hdr  h;
	struct payloads ps;
	struct chain    c;
	struct slice    chain;
	enum chain_end  end;

	TRY(get_ike_hdr(msg, &h));
	TRY(ike_hdr_check(&h, msg.n));
	end = h.major == 1 && (h.flags & V1_FLAG_ENCRYPTION) != 0 ? CHAIN_PADDED : CHAIN_EXACT;
	chain = slice_of(msg.p + IKE_HDR_LEN, msg.n - IKE_HDR_LEN);
	TRY(payloads_parse(h.major, h.next, chain, end, &ps));
	msg_begin(w, &c, &h);
	TRY(recode_chain(h.major, &ps, a, w, &c));
	wr_bytes(w, ps.rest);
	msg_end(w, &c);
	return wr_err(w);
}
