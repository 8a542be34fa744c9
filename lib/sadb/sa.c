/* SPDX-License-Identifier: BSD-3-Clause */
#include "sadb/sa.h"

#include "sadb/sp.h"

#include <string.h>

void
sa_keys_wipe(struct sa_keys *k)
{
	explicit_bzero(k, sizeof(*k));
}

bool
sa_id_equal(const struct sa_id *a, const struct sa_id *b)
{
	return a->spi == b->spi && a->proto == b->proto && addr_equal(&a->dst, &b->dst);
}

static bool
prefix_same(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && addr_equal(&a->addr, &b->addr);
}

static bool
port_same(bool a_set, uint16_t a, bool b_set, uint16_t b)
{
	return a == b && (a != 0 || a_set == b_set);
}

bool
sa_selector_equal(const struct sa_selector *a, const struct sa_selector *b)
{
	return a->proto == b->proto && port_same(a->sport_set, a->sport, b->sport_set, b->sport) &&
	       port_same(a->dport_set, a->dport, b->dport_set, b->dport) &&
	       prefix_same(&a->src, &b->src) && prefix_same(&a->dst, &b->dst);
}

static bool
prefix_covers(const struct prefix *p, const struct addr *a)
{
	return p->addr.family == 0 || prefix_contains(p, a);
}

static bool
port_covers(bool set, uint16_t want, uint16_t port)
{
	return (!set && want == 0) || want == port;
}

bool
sa_selector_match(const struct sa_selector *sel, const struct sa_flow *flow)
{
	return (sel->proto == 0 || sel->proto == flow->proto) &&
	       port_covers(sel->sport_set, sel->sport, flow->sport) &&
	       port_covers(sel->dport_set, sel->dport, flow->dport) &&
	       prefix_covers(&sel->src, &flow->src) && prefix_covers(&sel->dst, &flow->dst);
}

enum { IP_ICMP = 1, IP_ICMPV6 = 58, IP_MH = 135 };

struct sa_selector
sa_selector_mirror(const struct sa_selector *sel)
{
	struct sa_selector m = *sel;

	m.src = sel->dst;
	m.dst = sel->src;
	/*
	 * RFC 4301 section 4.4.1.1: "If the Next Layer Protocol value is ICMP, then there is a 16-bit selector for
	 * the ICMP message type and code."  These do not belong to an end, nor does the type of a mobility header.
	 */
	if (sel->proto != IP_ICMP && sel->proto != IP_ICMPV6 && sel->proto != IP_MH) {
		m.sport = sel->dport;
		m.sport_set = sel->dport_set;
		m.dport = sel->sport;
		m.dport_set = sel->sport_set;
	}
	return m;
}

bool
sa_is_larval(const struct sa_spec *s)
{
	return s->encr == ALG_ID_NONE && s->integ == ALG_ID_NONE && s->comp == ALG_ID_NONE;
}

bool
sp_id_equal(const struct sp_id *a, const struct sp_id *b)
{
	return a->dir == b->dir && a->mark == b->mark && a->mark_mask == b->mark_mask &&
	       a->if_id == b->if_id && sa_selector_equal(&a->sel, &b->sel);
}
