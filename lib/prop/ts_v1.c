/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traffic selectors as IKEv1 writes them: the identification payloads of quick mode, RFC 2407
 * section 4.6.2.
 */
#include "prop/ts.h"
#include "util/rd.h"

#include <string.h>

/* RFC 2407 section 4.6.2.1 */
enum {
	V1_IPV4 = 1,
	V1_IPV4_SUBNET = 4,
	V1_IPV6 = 5,
	V1_IPV6_SUBNET = 6,
	V1_IPV4_RANGE = 7,
	V1_IPV6_RANGE = 8
};

/* The length of a mask of ones followed by zeroes; false if it has holes. */
static bool
mask_len(struct slice mask, uint8_t *out)
{
	size_t i;
	unsigned len = 0;

	for (i = 0; i < mask.n * 8 && (mask.p[i / 8] & (0x80 >> (i % 8))) != 0; i++)
		len++;
	for (; i < mask.n * 8; i++) {
		if ((mask.p[i / 8] & (0x80 >> (i % 8))) != 0)
			return false;
	}
	*out = (uint8_t)len;
	return true;
}

static ike_err
from_subnet(struct slice data, size_t size, struct ts *ts)
{
	struct rd r = rd_of(data);
	struct slice a = rd_bytes(&r, size), m = rd_bytes(&r, size);
	struct prefix p = { .len = 0 };

	TRY(rd_end(&r));
	TRY(addr_from_bytes(a, &p.addr));
	if (!mask_len(m, &p.len))
		return IKE_E_FORMAT;
	prefix_range(&p, &ts->lo, &ts->hi);
	return IKE_OK;
}

static ike_err
from_range(struct slice data, size_t size, struct ts *ts)
{
	struct rd r = rd_of(data);
	struct slice lo = rd_bytes(&r, size), hi = rd_bytes(&r, size);

	TRY(rd_end(&r));
	TRY(addr_from_bytes(lo, &ts->lo));
	TRY(addr_from_bytes(hi, &ts->hi));
	return addr_compare(&ts->lo, &ts->hi) <= 0 ? IKE_OK : IKE_E_FORMAT;
}

static ike_err
from_address(struct slice data, size_t size, struct ts *ts)
{
	if (data.n != size)
		return IKE_E_FORMAT;
	TRY(addr_from_bytes(data, &ts->lo));
	ts->hi = ts->lo;
	return IKE_OK;
}

ike_err
ts_from_v1_id(uint8_t id_type, uint8_t proto, uint16_t port, struct slice data, struct ts *out)
{
	/* RFC 2407 section 4.6.2: "A value of zero means that the Port field should be ignored." */
	struct ts ts = { .proto = proto, .port_lo = port, .port_hi = port != 0 ? port : 65535 };

	switch (id_type) {
	case V1_IPV4:
		TRY(from_address(data, 4, &ts));
		break;
	case V1_IPV6:
		TRY(from_address(data, 16, &ts));
		break;
	case V1_IPV4_SUBNET:
		TRY(from_subnet(data, 4, &ts));
		break;
	case V1_IPV6_SUBNET:
		TRY(from_subnet(data, 16, &ts));
		break;
	case V1_IPV4_RANGE:
		TRY(from_range(data, 4, &ts));
		break;
	case V1_IPV6_RANGE:
		TRY(from_range(data, 16, &ts));
		break;
	default:
		return IKE_E_ID;
	}
	*out = ts;
	return IKE_OK;
}

static void
put_mask(uint8_t *out, size_t size, unsigned len)
{
	size_t i;

	memset(out, 0, size);
	for (i = 0; i < len; i++)
		out[i / 8] = (uint8_t)(out[i / 8] | (0x80 >> (i % 8)));
}

ike_err
ts_to_v1_id(const struct ts *ts, uint8_t *id_type, uint8_t *proto, uint16_t *port, uint8_t data[32],
    size_t *len)
{
	struct slice lo = addr_bytes(&ts->lo), hi = addr_bytes(&ts->hi);
	bool v6 = ts->lo.family == 6;
	struct prefix p;
	bool any_port = ts->port_lo == 0 && ts->port_hi == 65535;

	if (!ts_valid(ts) || !(any_port || (ts->port_lo == ts->port_hi && ts->port_lo != 0)))
		return IKE_E_TS;
	memcpy(data, lo.p, lo.n);
	*len = lo.n;
	if (!range_prefix(&ts->lo, &ts->hi, &p)) {
		*id_type = v6 ? V1_IPV6_RANGE : V1_IPV4_RANGE;
		memcpy(data + lo.n, hi.p, hi.n);
		*len = 2 * lo.n;
	} else if (p.len == addr_bits(&ts->lo)) {
		*id_type = v6 ? V1_IPV6 : V1_IPV4;
	} else {
		*id_type = v6 ? V1_IPV6_SUBNET : V1_IPV4_SUBNET;
		put_mask(data + lo.n, lo.n, p.len);
		*len = 2 * lo.n;
	}
	*proto = ts->proto;
	*port = any_port ? 0 : ts->port_lo;
	return IKE_OK;
}
