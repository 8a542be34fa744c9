/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads that carry keys, identities and proofs: KE, NONCE, ID, CERT, CERTREQ, HASH, SIG, AUTH. */
#include "wire/pld.h"

#define NONCE_MAX 256

/* Take the rest of |r|, which must not be empty. */
static struct slice
some_rest(struct rd *r)
{
	if (rd_left(r) == 0)
		rd_fail(r, IKE_E_SHORT);
	return rd_rest(r);
}

/* Append |s|, which a reader refuses when empty. */
static void
put_some(struct wr *w, struct slice s)
{
	if (s.n == 0)
		wr_fail(w, IKE_E_RANGE);
	wr_bytes(w, s);
}

ike_err
get_v1_bytes(struct slice body, struct slice *out)
{
	if (body.n == 0)
		return IKE_E_SHORT;
	*out = body;
	return IKE_OK;
}

ike_err
get_nonce(unsigned version, struct slice body, struct slice *out)
{
	/*
	 * RFC 2409 section 5: "the length of nonce payload MUST be between 8 and 256 bytes inclusive."
	 * RFC 7296 section 3.9: "The size of the Nonce Data MUST be between 16 and 256 octets, inclusive."
	 */
	if (body.n < (version == 1 ? 8 : 16))
		return IKE_E_SHORT;
	if (body.n > NONCE_MAX)
		return IKE_E_FORMAT;
	*out = body;
	return IKE_OK;
}

ike_err
get_v2_ke(struct slice body, struct v2_ke *out)
{
	struct rd    r = rd_of(body);
	struct v2_ke ke = { 0 };

	ke.group = rd_u16(&r);
	rd_skip(&r, 2);
	ke.data = some_rest(&r);
	TRY(rd_end(&r));
	*out = ke;
	return IKE_OK;
}

void
put_v2_ke(struct wr *w, const struct v2_ke *ke)
{
	wr_u16(w, ke->group);
	wr_zero(w, 2);
	put_some(w, ke->data);
}

ike_err
get_v1_id(struct slice body, struct v1_id *out)
{
	struct rd    r = rd_of(body);
	struct v1_id id = { 0 };

	id.type = rd_u8(&r);
	id.proto = rd_u8(&r);
	id.port = rd_u16(&r);
	id.data = rd_rest(&r);
	TRY(rd_end(&r));
	*out = id;
	return IKE_OK;
}

void
put_v1_id(struct wr *w, const struct v1_id *id)
{
	wr_u8(w, id->type);
	wr_u8(w, id->proto);
	wr_u16(w, id->port);
	wr_bytes(w, id->data);
}

ike_err
get_v2_id(struct slice body, struct v2_id *out)
{
	struct rd    r = rd_of(body);
	struct v2_id id = { 0 };

	id.type = rd_u8(&r);
	rd_skip(&r, 3);
	id.data = rd_rest(&r);
	TRY(rd_end(&r));
	*out = id;
	return IKE_OK;
}

void
put_v2_id(struct wr *w, const struct v2_id *id)
{
	wr_u8(w, id->type);
	wr_zero(w, 3);
	wr_bytes(w, id->data);
}

ike_err
get_cert(struct slice body, struct pld_cert *out)
{
	struct rd       r = rd_of(body);
	struct pld_cert c = { 0 };

	c.encoding = rd_u8(&r);
	c.data = rd_rest(&r);
	TRY(rd_end(&r));
	*out = c;
	return IKE_OK;
}

void
put_cert(struct wr *w, const struct pld_cert *c)
{
	wr_u8(w, c->encoding);
	wr_bytes(w, c->data);
}

ike_err
get_v2_auth(struct slice body, struct v2_auth *out)
{
	struct rd      r = rd_of(body);
	struct v2_auth a = { 0 };

	a.method = rd_u8(&r);
	rd_skip(&r, 3);
	a.data = some_rest(&r);
	TRY(rd_end(&r));
	*out = a;
	return IKE_OK;
}

void
put_v2_auth(struct wr *w, const struct v2_auth *a)
{
	wr_u8(w, a->method);
	wr_zero(w, 3);
	put_some(w, a->data);
}
