/* SPDX-License-Identifier: BSD-3-Clause */
/* NAT-OA, fragments of both versions, EAP. */
#include "wire/const.h"
#include "wire/pld.h"

/* Bytes of an address of ID type |id_type|, 0 for other types. */
static size_t
address_size(uint8_t id_type)
{
	return id_type == V1_ID_IPV4_ADDR ? 4 : id_type == V1_ID_IPV6_ADDR ? 16 : 0;
}

ike_err
get_v1_natoa(struct slice body, struct v1_natoa *out)
{
	struct rd       r = rd_of(body);
	struct v1_natoa oa = { 0 };
	size_t          size;

	oa.id_type = rd_u8(&r);
	rd_skip(&r, 3);
	TRY(r.err);
	/* RFC 3947 section 5.2: "Only ID_IPV4_ADDR and ID_IPV6_ADDR types are allowed." */
	size = address_size(oa.id_type);
	if (size == 0)
		return IKE_E_FORMAT;
	oa.addr = rd_bytes(&r, size);
	TRY(rd_end(&r));
	*out = oa;
	return IKE_OK;
}

void
put_v1_natoa(struct wr *w, const struct v1_natoa *oa)
{
	size_t size = address_size(oa->id_type);

	if (size == 0 || oa->addr.n != size)
		wr_fail(w, IKE_E_RANGE);
	wr_u8(w, oa->id_type);
	wr_zero(w, 3);
	wr_bytes(w, oa->addr);
}

#define FRAG_LAST 1

ike_err
get_v1_frag(struct slice body, struct v1_frag *out)
{
	struct rd      r = rd_of(body);
	struct v1_frag f = { 0 };

	f.id = rd_u16(&r);
	f.number = rd_u8(&r);
	f.last = (rd_u8(&r) & FRAG_LAST) != 0;
	if (rd_left(&r) == 0)
		rd_fail(&r, IKE_E_SHORT);
	f.data = rd_rest(&r);
	TRY(rd_end(&r));
	if (f.number == 0)
		return IKE_E_FORMAT;
	*out = f;
	return IKE_OK;
}

void
put_v1_frag(struct wr *w, const struct v1_frag *f)
{
	if (f->number == 0 || f->data.n == 0)
		wr_fail(w, IKE_E_RANGE);
	wr_u16(w, f->id);
	wr_u8(w, f->number);
	wr_u8(w, f->last ? FRAG_LAST : 0);
	wr_bytes(w, f->data);
}

ike_err
get_v2_skf(struct slice body, uint8_t inner, struct v2_skf *out)
{
	struct rd     r = rd_of(body);
	struct v2_skf f = { 0 };

	f.number = rd_u16(&r);
	f.total = rd_u16(&r);
	if (rd_left(&r) == 0)
		rd_fail(&r, IKE_E_SHORT);
	f.data = rd_rest(&r);
	TRY(rd_end(&r));
	/*
	 * RFC 7383 section 2.5: "Fragment Number (2 octets, unsigned integer) - Current Fragment message number, starting
	 * from 1.  This field MUST be less than or equal to the next field (Total Fragments).  This field MUST NOT be zero."
	 */
	if (f.number == 0 || f.number > f.total)
		return IKE_E_FORMAT;
	/*
	 * The same, of the Next Payload field: "in the very first fragment (with Fragment Number equal to 1), this field
	 * MUST be set to the payload type of the first inner payload ... In the rest of the Fragment messages ... this field
	 * MUST be set to zero."
	 */
	if (f.number > 1 && inner != 0)
		return IKE_E_FORMAT;
	*out = f;
	return IKE_OK;
}

void
put_v2_skf(struct wr *w, const struct v2_skf *f)
{
	if (f->number == 0 || f->number > f->total || f->data.n == 0)
		wr_fail(w, IKE_E_RANGE);
	wr_u16(w, f->number);
	wr_u16(w, f->total);
	wr_bytes(w, f->data);
}

/* RFC 3748 section 4.1 and 4.2: Requests and Responses have a type, Success and Failure nothing behind the length. */
static bool
eap_has_type(uint8_t code)
{
	return code == EAP_REQUEST || code == EAP_RESPONSE;
}

static bool
eap_code_known(uint8_t code)
{
	return code >= EAP_REQUEST && code <= EAP_FAILURE;
}

ike_err
get_eap(struct slice body, struct eap *out)
{
	struct rd  r = rd_of(body);
	struct eap e = { 0 };
	uint16_t   length;

	e.code = rd_u8(&r);
	e.id = rd_u8(&r);
	length = rd_u16(&r);
	TRY(r.err);
	if (length > body.n)
		return IKE_E_SHORT;
	/* RFC 3748 section 4: "EAP packets with other codes MUST be silently discarded". */
	if (length != body.n || !eap_code_known(e.code))
		return IKE_E_FORMAT;
	if (eap_has_type(e.code)) {
		e.type = rd_u8(&r);
		e.data = rd_rest(&r);
	}
	TRY(rd_end(&r));
	*out = e;
	return IKE_OK;
}

void
put_eap(struct wr *w, const struct eap *e)
{
	size_t at = wr_len(w);

	if (!eap_code_known(e->code) || (!eap_has_type(e->code) && (e->data.n > 0 || e->type != 0)))
		wr_fail(w, IKE_E_RANGE);
	wr_u8(w, e->code);
	wr_u8(w, e->id);
	wr_u16(w, 0);
	if (eap_has_type(e->code))
		wr_u8(w, e->type);
	wr_bytes(w, e->data);
	wr_patch_u16(w, at + 2, wr_len(w) - at);
}
