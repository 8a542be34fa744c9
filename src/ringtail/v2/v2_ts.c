/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traffic selectors between our form and the wire's (RFC 7296 section 3.13.1).
 *
 * A policy may name a port for any protocol (setkey's "192.0.2.3[8140] any"); on the wire the ports of protocol 0 have to cover
 * everything, so that becomes one selector for TCP and one for UDP, and those two together are read back as the one.
 */
#include "ringtail/v2/v2.h"

#include "wire/pld_list.h"

#define IPPROTO_TCP_NUMBER 6
#define IPPROTO_UDP_NUMBER 17

static void
fill(struct v2_ts *w, const struct ts *ts, uint8_t proto)
{
	w->type = ts->lo.family == 4 ? V2_TS_IPV4_ADDR_RANGE : V2_TS_IPV6_ADDR_RANGE;
	w->proto = proto;
	w->port_lo = ts->port_lo;
	w->port_hi = ts->port_hi;
	w->start = addr_bytes(&ts->lo);
	w->end = addr_bytes(&ts->hi);
	w->other = slice_of(NULL, 0);
}

ike_err
v2_put_ts(struct exch *x, struct msg_out *m, uint8_t pld, const struct ts *ts)
{
	bool any_port = ts->port_lo == 0 && ts->port_hi == 0xffff;
	struct v2_ts v[2];
	struct v2_ts_list l = { .n = 1, .v = v };

	(void)x;
	fill(&v[0], ts, ts->proto);
	if (ts->proto == 0 && !any_port) {
		fill(&v[0], ts, IPPROTO_TCP_NUMBER);
		fill(&v[1], ts, IPPROTO_UDP_NUMBER);
		l.n = 2;
	}
	(void)pld_begin(&m->w, &m->chain, pld);
	put_v2_ts(&m->w, &l);
	pld_end(&m->w, &m->chain);
	return wr_err(&m->w);
}

static ike_err
read_one(const struct v2_ts *w, struct ts *out)
{
	*out = (struct ts){ .proto = w->proto, .port_lo = w->port_lo, .port_hi = w->port_hi };
	TRY(addr_from_bytes(w->start, &out->lo));
	TRY(addr_from_bytes(w->end, &out->hi));
	return addr_compare(&out->lo, &out->hi) <= 0 ? IKE_OK : IKE_E_FORMAT;
}

static bool
twins(const struct ts *a, const struct ts *b)
{
	return a->proto == IPPROTO_TCP_NUMBER && b->proto == IPPROTO_UDP_NUMBER && addr_equal(&a->lo, &b->lo) &&
	    addr_equal(&a->hi, &b->hi) && a->port_lo == b->port_lo && a->port_hi == b->port_hi;
}

/* TCP and UDP with the same ports stand for any protocol. */
static void
join_twins(struct ts_list *l)
{
	for (unsigned i = 0; i + 1 < l->n; i++) {
		if (!twins(&l->v[i], &l->v[i + 1]))
			continue;
		l->v[i].proto = 0;
		for (unsigned k = i + 1; k + 1 < l->n; k++)
			l->v[k] = l->v[k + 1];
		l->n--;
	}
}

ike_err
v2_get_ts(struct exch *x, const struct msg *m, enum pld_kind kind, struct ts_list *out)
{
	const struct pld *p = payload_first(&m->pl, kind);
	struct v2_ts_list raw;
	struct ts_list l = { 0 };

	if (p == NULL)
		return IKE_E_MISSING;
	TRY(get_v2_ts(p->body, &x->arena, &raw));
	/* types that we do not know are passed over: what we answer with is narrower, as section 2.9 allows */
	for (size_t i = 0; i < raw.n && l.n < TS_MAX; i++) {
		if (raw.v[i].start.n == 0)
			continue;
		TRY(read_one(&raw.v[i], &l.v[l.n]));
		l.n++;
	}
	join_twins(&l);
	if (l.n == 0)
		return IKE_E_TS;
	*out = l;
	return IKE_OK;
}
