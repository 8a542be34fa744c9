/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a selector is a box of addresses x protocols x ports.  Protocols are one value or
 * all. Ports are a range, all (0..65535), or OPAQUE (written 65535..0); all includes OPAQUE, a
 * smaller range does not, as RFC 4301 section 4.4.1.1 distinguishes ANY and OPAQUE.  The
 * intersection of two boxes is a box or nothing, and narrowing is the list of all intersections
 * without those that another one covers.
 */
#include "prop/ts.h"

#include <string.h>

#define PORT_MAX 65535

static bool
ports_any(const struct ts *ts)
{
	return ts->port_lo == 0 && ts->port_hi == PORT_MAX;
}

static bool
ports_opaque(const struct ts *ts)
{
	return ts->port_lo == PORT_MAX && ts->port_hi == 0;
}

bool
ts_valid(const struct ts *ts)
{
	if (ts->lo.family != 4 && ts->lo.family != 6)
		return false;
	if (ts->lo.family != ts->hi.family || addr_compare(&ts->lo, &ts->hi) > 0)
		return false;
	return ts->port_lo <= ts->port_hi || ports_opaque(ts);
}

struct ts
ts_of_prefix(const struct prefix *p, uint8_t proto, uint16_t port)
{
	struct ts ts = { .proto = proto, .port_lo = port, .port_hi = port != 0 ? port : PORT_MAX };

	prefix_range(p, &ts.lo, &ts.hi);
	return ts;
}

bool
ts_equal(const struct ts *a, const struct ts *b)
{
	return addr_compare(&a->lo, &b->lo) == 0 && addr_compare(&a->hi, &b->hi) == 0 &&
	       a->proto == b->proto && a->port_lo == b->port_lo && a->port_hi == b->port_hi;
}

bool
ts_contains(const struct ts *outer, const struct ts *inner)
{
	if (!ts_valid(outer) || !ts_valid(inner) || outer->lo.family != inner->lo.family)
		return false;
	if (addr_compare(&outer->lo, &inner->lo) > 0 || addr_compare(&outer->hi, &inner->hi) < 0)
		return false;
	if (outer->proto != 0 && outer->proto != inner->proto)
		return false;
	if (ports_any(outer))
		return true;
	if (ports_opaque(outer) || ports_opaque(inner))
		return ports_opaque(outer) && ports_opaque(inner);
	return outer->port_lo <= inner->port_lo && inner->port_hi <= outer->port_hi;
}

/* The common ports of |a| and |b| into |out|. */
static bool
common_ports(const struct ts *a, const struct ts *b, struct ts *out)
{
	const struct ts *narrow = ports_any(a) ? b : ports_any(b) ? a : NULL;

	if (narrow != NULL) {
		out->port_lo = narrow->port_lo;
		out->port_hi = narrow->port_hi;
		return true;
	}
	if (ports_opaque(a) || ports_opaque(b)) {
		out->port_lo = PORT_MAX;
		out->port_hi = 0;
		return ports_opaque(a) && ports_opaque(b);
	}
	out->port_lo = a->port_lo > b->port_lo ? a->port_lo : b->port_lo;
	out->port_hi = a->port_hi < b->port_hi ? a->port_hi : b->port_hi;
	return out->port_lo <= out->port_hi;
}

bool
ts_intersect(const struct ts *a, const struct ts *b, struct ts *out)
{
	struct ts r = { .proto = a->proto != 0 ? a->proto : b->proto };

	if (!ts_valid(a) || !ts_valid(b) || a->lo.family != b->lo.family)
		return false;
	if (a->proto != 0 && b->proto != 0 && a->proto != b->proto)
		return false;
	r.lo = addr_compare(&a->lo, &b->lo) >= 0 ? a->lo : b->lo;
	r.hi = addr_compare(&a->hi, &b->hi) <= 0 ? a->hi : b->hi;
	if (addr_compare(&r.lo, &r.hi) > 0 || !common_ports(a, b, &r))
		return false;
	*out = r;
	return true;
}

bool
ts_list_contains(const struct ts_list *outer, const struct ts_list *inner)
{
	unsigned i, j;

	for (i = 0; i < inner->n; i++) {
		for (j = 0; j < outer->n && !ts_contains(&outer->v[j], &inner->v[i]); j++)
			;
		if (j == outer->n)
			return false;
	}
	return inner->n > 0;
}

bool
ts_list_equal(const struct ts_list *a, const struct ts_list *b)
{
	unsigned i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (!ts_equal(&a->v[i], &b->v[i]))
			return false;
	}
	return true;
}

ike_err
ts_list_add(struct ts_list *l, const struct ts *ts)
{
	if (l->n >= TS_MAX)
		return IKE_E_FULL;
	l->v[l->n++] = *ts;
	return IKE_OK;
}

/*
 * Put |ts| where the first part that it covers stands and take out the others that it covers; else
 * behind all if there is room.
 */
static void
merge(struct ts_list *l, const struct ts *ts)
{
	unsigned i, kept = 0;
	bool placed = false;

	for (i = 0; i < l->n; i++) {
		if (ts_contains(&l->v[i], ts))
			return;
	}
	for (i = 0; i < l->n; i++) {
		if (!ts_contains(ts, &l->v[i]))
			l->v[kept++] = l->v[i];
		else if (!placed) {
			l->v[kept++] = *ts;
			placed = true;
		}
	}
	l->n = (uint8_t)kept;
	if (!placed && l->n < TS_MAX)
		l->v[l->n++] = *ts;
}

ike_err
ts_narrow(const struct ts_list *ours, const struct ts_list *proposed, struct ts_list *out)
{
	struct ts_list r = { 0 };
	unsigned i, j;
	struct ts part;

	/*
	 * RFC 7296 section 2.9: "If the responder's policy allows it to accept the first selector
	 * of TSi and TSr, then the responder MUST narrow the Traffic Selectors to a subset that
	 * includes the initiator's first choices."
	 */
	for (i = 0; i < proposed->n; i++) {
		for (j = 0; j < ours->n; j++) {
			if (ts_intersect(&ours->v[j], &proposed->v[i], &part))
				merge(&r, &part);
		}
	}
	/*
	 * "If the responder's policy does not allow it to accept any part of the proposed Traffic
	 * Selectors, it responds with a TS_UNACCEPTABLE Notify message."
	 */
	if (r.n == 0)
		return IKE_E_TS;
	*out = r;
	return IKE_OK;
}

bool
ts_to_prefix(const struct ts *ts, struct prefix *p, uint16_t *port)
{
	if (!ts_valid(ts) || !(ports_any(ts) || (ts->port_lo == ts->port_hi && ts->port_lo != 0)))
		return false;
	if (!range_prefix(&ts->lo, &ts->hi, p))
		return false;
	*port = ports_any(ts) ? 0 : ts->port_lo;
	return true;
}

static const struct {
	uint8_t proto;
	const char *name;
} proto_names[] = {
	{ 1, "icmp" },
	{ 4, "ip4" },
	{ 6, "tcp" },
	{ 17, "udp" },
	{ 41, "ip6" },
	{ 47, "gre" },
	{ 50, "esp" },
	{ 51, "ah" },
	{ 58, "icmp6" },
	{ 108, "ipcomp" },
	{ 132, "sctp" },
};

static void
print_proto(uint8_t proto, struct text *t)
{
	size_t i;

	for (i = 0; i < sizeof(proto_names) / sizeof(proto_names[0]); i++) {
		if (proto_names[i].proto == proto) {
			text_addf(t, "/%s", proto_names[i].name);
			return;
		}
	}
	text_addf(t, "/%u", (unsigned)proto);
}

void
ts_print(const struct ts *ts, struct text *t)
{
	struct addr_buf buf;
	struct prefix p;

	if (ts_valid(ts) && range_prefix(&ts->lo, &ts->hi, &p)) {
		text_add(t, addr_text(&p.addr, &buf));
		if (p.len != addr_bits(&p.addr))
			text_addf(t, "/%u", (unsigned)p.len);
	} else {
		text_add(t, addr_text(&ts->lo, &buf));
		text_addf(t, "-%s", addr_text(&ts->hi, &buf));
	}
	if (ports_opaque(ts))
		text_add(t, "[opaque]");
	else if (ts->port_lo == ts->port_hi)
		text_addf(t, "[%u]", (unsigned)ts->port_lo);
	else if (!ports_any(ts))
		text_addf(t, "[%u-%u]", (unsigned)ts->port_lo, (unsigned)ts->port_hi);
	if (ts->proto != 0)
		print_proto(ts->proto, t);
}
