/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire/const.h"
#include "wire/pld_list.h"

/* Type, protocol and length of a traffic selector; the length counts them. */
#define TS_HDR_LEN 4

/* Bytes of one address of a selector of |type|; 0 for types without addresses. */
static size_t
ts_address_size(uint8_t type)
{
	return type == V2_TS_IPV4_ADDR_RANGE ? 4 : type == V2_TS_IPV6_ADDR_RANGE ? 16 : 0;
}

static void
take_ts(struct rd *r, struct v2_ts *ts)
{
	size_t    size;
	uint16_t  length;
	struct rd body;

	ts->type = rd_u8(r);
	ts->proto = rd_u8(r);
	length = rd_u16(r);
	if (length < TS_HDR_LEN) {
		rd_fail(r, IKE_E_FORMAT);
		return;
	}
	body = rd_sub(r, (size_t)length - TS_HDR_LEN);
	size = ts_address_size(ts->type);
	if (size == 0) {
		ts->other = rd_rest(&body);
		return;
	}
	ts->port_lo = rd_u16(&body);
	ts->port_hi = rd_u16(&body);
	ts->start = rd_bytes(&body, size);
	ts->end = rd_bytes(&body, size);
	/* RFC 7296 section 3.13.1: selectors of the IP types are two ports and two addresses; no other length fits. */
	if (rd_end(&body) != IKE_OK)
		rd_fail(r, IKE_E_FORMAT);
}

ike_err
get_v2_ts(struct slice body, struct arena *a, struct v2_ts_list *out)
{
	struct rd         r = rd_of(body);
	struct v2_ts_list l = { 0 };

	l.n = rd_u8(&r);
	rd_skip(&r, 3);
	TRY(r.err);
	/* RFC 7296 section 3.13: "Number of TSs (1 octet) - Number of Traffic Selectors being provided." */
	if (l.n == 0)
		return IKE_E_FORMAT;
	if (l.n > rd_left(&r) / TS_HDR_LEN)
		return IKE_E_SHORT;
	l.v = arena_array(a, l.n, sizeof *l.v);
	if (l.v == NULL)
		return IKE_E_NOMEM;
	for (size_t i = 0; i < l.n; i++)
		take_ts(&r, &l.v[i]);
	TRY(rd_end(&r));
	*out = l;
	return IKE_OK;
}

static void
put_ts(struct wr *w, const struct v2_ts *ts)
{
	size_t at = wr_len(w), size = ts_address_size(ts->type);

	wr_u8(w, ts->type);
	wr_u8(w, ts->proto);
	wr_u16(w, 0);
	if (size == 0) {
		wr_bytes(w, ts->other);
	} else if (ts->start.n != size || ts->end.n != size) {
		wr_fail(w, IKE_E_RANGE);
	} else {
		wr_u16(w, ts->port_lo);
		wr_u16(w, ts->port_hi);
		wr_bytes(w, ts->start);
		wr_bytes(w, ts->end);
	}
	wr_patch_u16(w, at + 2, wr_len(w) - at);
}

void
put_v2_ts(struct wr *w, const struct v2_ts_list *l)
{
	if (l->n == 0 || l->n > V2_TS_MAX)
		wr_fail(w, IKE_E_RANGE);
	wr_u8(w, (uint8_t)l->n);
	wr_zero(w, 3);
	for (size_t i = 0; i < l->n && w->err == IKE_OK; i++)
		put_ts(w, &l->v[i]);
}

/* RFC 7296 section 3.15.1: "Reserved (1 bit) - This bit MUST be set to zero and MUST be ignored on receipt." */
#define CP_TYPE_MASK 0x7fff

static void
take_cp_attr(struct rd *r, struct v2_cp_attr *out)
{
	out->type = rd_u16(r) & CP_TYPE_MASK;
	out->value = rd_bytes(r, rd_u16(r));
}

ike_err
get_v2_cp(struct slice body, struct arena *a, struct v2_cp *out)
{
	struct rd         r = rd_of(body), again;
	struct v2_cp      cp = { 0 };
	struct v2_cp_attr one;

	cp.type = rd_u8(&r);
	rd_skip(&r, 3);
	TRY(r.err);
	again = r;
	for (; rd_left(&r) > 0; cp.n++)
		take_cp_attr(&r, &one);
	TRY(r.err);
	if (cp.n > V2_CP_MAX)
		return IKE_E_FORMAT;
	if (cp.n > 0 && (cp.v = arena_array(a, cp.n, sizeof *cp.v)) == NULL)
		return IKE_E_NOMEM;
	for (size_t i = 0; i < cp.n; i++)
		take_cp_attr(&again, &cp.v[i]);
	TRY(rd_end(&again));
	*out = cp;
	return IKE_OK;
}

void
put_v2_cp(struct wr *w, const struct v2_cp *cp)
{
	if (cp->n > V2_CP_MAX)
		wr_fail(w, IKE_E_RANGE);
	wr_u8(w, cp->type);
	wr_zero(w, 3);
	for (size_t i = 0; i < cp->n && w->err == IKE_OK; i++) {
		if (cp->v[i].type > CP_TYPE_MASK || cp->v[i].value.n > UINT16_MAX)
			wr_fail(w, IKE_E_RANGE);
		wr_u16(w, cp->v[i].type);
		wr_u16(w, (uint16_t)cp->v[i].value.n);
		wr_bytes(w, cp->v[i].value);
	}
}

ike_err
get_v1_cfg(struct slice body, struct arena *a, struct v1_cfg *out)
{
	struct rd     r = rd_of(body);
	struct v1_cfg cfg = { 0 };

	cfg.type = rd_u8(&r);
	rd_skip(&r, 1);
	cfg.id = rd_u16(&r);
	TRY(r.err);
	TRY(get_attrs(rd_rest(&r), V1_CFG_MAX, a, &cfg.v, &cfg.n));
	*out = cfg;
	return IKE_OK;
}

void
put_v1_cfg(struct wr *w, const struct v1_cfg *cfg)
{
	if (cfg->n > V1_CFG_MAX)
		wr_fail(w, IKE_E_RANGE);
	wr_u8(w, cfg->type);
	wr_u8(w, 0);
	wr_u16(w, cfg->id);
	for (size_t i = 0; i < cfg->n && w->err == IKE_OK; i++)
		put_attr(w, &cfg->v[i]);
}
