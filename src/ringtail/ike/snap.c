/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/ike/snap.h"

#include "crypto/secret.h"
#include "prop/prop.h"
#include "prop/ts.h"
#include "util/time.h"

#include <string.h>

#define LEN_BYTES 4

static const struct snap_field addr_fields[] = {
	SNAP_FIELD(1, SNAP_UINT, struct addr, family, .most = 6),
	SNAP_FIELD(2, SNAP_BYTES, struct addr, b),
	SNAP_FIELD(3, SNAP_UINT, struct addr, scope),
};
const struct snap_table snap_addr = SNAP_TABLE(addr_fields);

static const struct snap_field endpoint_fields[] = {
	SNAP_FIELD(1, SNAP_SUB, struct endpoint, addr, .sub = &snap_addr),
	SNAP_FIELD(2, SNAP_UINT, struct endpoint, port),
};
const struct snap_table snap_endpoint = SNAP_TABLE(endpoint_fields);

static const struct snap_field ts_fields[] = {
	SNAP_FIELD(1, SNAP_SUB, struct ts, lo, .sub = &snap_addr),
	SNAP_FIELD(2, SNAP_SUB, struct ts, hi, .sub = &snap_addr),
	SNAP_FIELD(3, SNAP_UINT, struct ts, proto),
	SNAP_FIELD(4, SNAP_UINT, struct ts, port_lo),
	SNAP_FIELD(5, SNAP_UINT, struct ts, port_hi),
};
const struct snap_table snap_ts = SNAP_TABLE(ts_fields);

static const struct snap_field alg_fields[] = {
	SNAP_FIELD(1, SNAP_UINT, struct prop_alg, id),
	SNAP_FIELD(2, SNAP_UINT, struct prop_alg, bits),
};
static const struct snap_table alg_table = SNAP_TABLE(alg_fields);

static const struct snap_field suite_fields[] = {
	SNAP_FIELD(1, SNAP_UINT, struct suite, proto, .most = PROTO_IPCOMP),
	SNAP_FIELD(2, SNAP_UINT, struct suite, mode, .most = MODE_TUNNEL),
	SNAP_FIELD(3, SNAP_BOOL, struct suite, udp_encap),
	SNAP_FIELD(4, SNAP_BOOL, struct suite, esn),
	SNAP_FIELD(5, SNAP_UINT, struct suite, auth),
	SNAP_FIELD(6, SNAP_SUB, struct suite, encr, .sub = &alg_table),
	SNAP_FIELD(7, SNAP_SUB, struct suite, integ, .sub = &alg_table),
	SNAP_FIELD(8, SNAP_SUB, struct suite, prf, .sub = &alg_table),
	SNAP_FIELD(9, SNAP_SUB, struct suite, ke, .sub = &alg_table),
	SNAP_FIELD(10, SNAP_SUB, struct suite, comp, .sub = &alg_table),
	SNAP_FIELD(11, SNAP_UINT, struct suite, life_sec),
	SNAP_FIELD(12, SNAP_UINT, struct suite, life_kb),
};
const struct snap_table snap_suite = SNAP_TABLE(suite_fields);

size_t
snap_begin(struct wr *w, uint16_t tag)
{
	wr_u16(w, tag);
	return wr_mark_u32(w);
}

void
snap_end(struct wr *w, size_t mark)
{
	if (wr_err(w) == IKE_OK)
		wr_patch_u32(w, mark, wr_len(w) - mark - LEN_BYTES);
}

void
snap_put_bytes(struct wr *w, uint16_t tag, struct slice s)
{
	size_t mark = snap_begin(w, tag);

	wr_bytes(w, s);
	snap_end(w, mark);
}

static uint64_t
load_uint(const void *p, size_t size)
{
	uint64_t v8;
	uint32_t v4;
	uint16_t v2;

	switch (size) {
	case 8:
		memcpy(&v8, p, 8);
		return v8;
	case 4:
		memcpy(&v4, p, 4);
		return v4;
	case 2:
		memcpy(&v2, p, 2);
		return v2;
	default:
		return *(const uint8_t *)p;
	}
}

static void
store_uint(void *p, size_t size, uint64_t v)
{
	uint32_t v4 = (uint32_t)v;
	uint16_t v2 = (uint16_t)v;
	uint8_t v1 = (uint8_t)v;

	memcpy(p, size == 8 ? (const void *)&v : size == 4 ? (const void *)&v4 : size == 2 ? (const void *)&v2 :
	    (const void *)&v1, size);
}

static void
put_uint(struct wr *w, uint64_t v, size_t size)
{
	if (size == 8)
		wr_u64(w, v);
	else if (size == 4)
		wr_u32(w, (uint32_t)v);
	else if (size == 2)
		wr_u16(w, (uint16_t)v);
	else
		wr_u8(w, (uint8_t)v);
}

static void
put_value(struct wr *w, const struct snap_field *f, const void *p)
{
	switch ((enum snap_kind)f->kind) {
	case SNAP_UINT:
	case SNAP_TIME:
		put_uint(w, load_uint(p, f->size), f->size);
		break;
	case SNAP_BOOL:
		wr_u8(w, *(const bool *)p ? 1 : 0);
		break;
	case SNAP_BYTES:
		wr_bytes(w, slice_of(p, f->size));
		break;
	case SNAP_BUF:
		wr_bytes(w, buf_slice(p));
		break;
	case SNAP_SECRET:
		wr_bytes(w, secret_slice(p));
		break;
	case SNAP_SUB:
		snap_put(w, f->sub, p);
		break;
	}
}

void
snap_put(struct wr *w, const struct snap_table *t, const void *obj)
{
	for (size_t i = 0; i < t->n; i++) {
		size_t mark = snap_begin(w, t->v[i].tag);
		put_value(w, &t->v[i], (const uint8_t *)obj + t->v[i].off);
		snap_end(w, mark);
	}
}

bool
snap_next(struct rd *r, uint16_t *tag, struct slice *body)
{
	if (rd_left(r) == 0)
		return false;
	*tag = rd_u16(r);
	*body = rd_bytes(r, rd_u32(r));
	return r->err == IKE_OK;
}

/* A number of any length up to 8 bytes, whose value has to fit. */
static ike_err
get_uint(struct slice s, const struct snap_field *f, void *p)
{
	uint64_t v = 0, most = f->size == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * f->size) - 1;

	if (s.n == 0 || s.n > 8)
		return IKE_E_FORMAT;
	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	if (v > most || (f->most != 0 && v > f->most))
		return IKE_E_RANGE;
	store_uint(p, f->size, v);
	return IKE_OK;
}

static ike_err
get_time(struct slice s, void *p)
{
	struct rd r = rd_of(s);
	uint64_t v = rd_u64(&r);

	TRY(rd_end(&r));
	if (v > IKE_NEVER)
		return IKE_E_RANGE;
	store_uint(p, sizeof(v), v);
	return IKE_OK;
}

static ike_err
get_bool(struct slice s, void *p)
{
	if (s.n != 1 || s.p[0] > 1)
		return IKE_E_FORMAT;
	*(bool *)p = s.p[0] != 0;
	return IKE_OK;
}

static ike_err
get_secret(struct slice s, struct secret *out)
{
	struct secret fresh;

	TRY(secret_copy(s, &fresh));
	secret_move(out, &fresh);
	return IKE_OK;
}

static ike_err
get_value(struct slice s, const struct snap_field *f, void *p)
{
	switch ((enum snap_kind)f->kind) {
	case SNAP_UINT:
		return get_uint(s, f, p);
	case SNAP_TIME:
		return get_time(s, p);
	case SNAP_BOOL:
		return get_bool(s, p);
	case SNAP_BYTES:
		if (s.n > f->size)
			return IKE_E_RANGE;
		memset(p, 0, f->size);
		if (s.n > 0)
			memcpy(p, s.p, s.n);
		return IKE_OK;
	case SNAP_BUF:
		return buf_set(p, s);
	case SNAP_SECRET:
		return get_secret(s, p);
	case SNAP_SUB:
		return snap_get(s, f->sub, p);
	}
	return IKE_E_INTERNAL;
}

ike_err
snap_get(struct slice record, const struct snap_table *t, void *obj)
{
	struct rd r = rd_of(record);
	struct slice body;
	uint16_t tag;

	while (snap_next(&r, &tag, &body))
		for (size_t i = 0; i < t->n; i++)
			if (t->v[i].tag == tag)
				TRY(get_value(body, &t->v[i], (uint8_t *)obj + t->v[i].off));
	return rd_end(&r);
}
