/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ts - traffic selectors: an address range, a protocol and a port range, as in RFC 7296 section
 * 3.13.
 *
 * IKEv1's IDci/IDcr (address, subnet, range; protocol and port) are converted at the edge.  For
 * ICMP and ICMPv6 the "port" is type * 256 + code, as RFC 4301 section 4.4.1.1 says.  Plain values.
 */
#ifndef PROP_TS_H
#define PROP_TS_H

#include "util/addr.h"

#define TS_MAX 8

struct ts {
	struct addr lo, hi;
	uint8_t proto;             /* 0: any */
	uint16_t port_lo, port_hi; /* 0..65535: any; 65535..0: OPAQUE */
};

struct ts_list {
	uint8_t n;
	struct ts v[TS_MAX];
};

/* The selector of a prefix, protocol (0: any) and port (0: any). */
struct ts
ts_of_prefix(const struct prefix *p, uint8_t proto, uint16_t port);

bool
ts_equal(const struct ts *a, const struct ts *b);
bool
ts_contains(const struct ts *outer, const struct ts *inner);

/*
 * Is it a range at all: one family, ends in order, ports in order or OPAQUE?  What is not neither
 * contains nor meets anything.
 */
bool
ts_valid(const struct ts *ts);

/* The common part of |a| and |b|; false if there is none. */
bool
ts_intersect(const struct ts *a, const struct ts *b, struct ts *out);

/*
 * Is every member of |inner| contained in one member of |outer|?  (The check of a responder's
 * answer.) An empty |inner|: false.
 */
bool
ts_list_contains(const struct ts_list *outer, const struct ts_list *inner);

/* The same members in the same order. */
bool
ts_list_equal(const struct ts_list *a, const struct ts_list *b);

/* Append; IKE_E_FULL above TS_MAX. */
MUST_USE ike_err
ts_list_add(struct ts_list *l, const struct ts *ts);

/*
 * RFC 7296 section 2.9: narrow |proposed| to what |ours| allows; the first of |proposed| may be the
 * packet that triggered the request and decides among several results: what it has in common with
 * |ours| comes first, and is kept when there are more than TS_MAX parts.  No part of the result
 * contains another.  IKE_E_TS if nothing is common.
 */
MUST_USE ike_err
ts_narrow(const struct ts_list *ours, const struct ts_list *proposed, struct ts_list *out);

/*
 * Is it one prefix and one port (above 0) or any?  Then give them, |*port| 0 for any (for policies
 * and SA selectors).
 */
bool
ts_to_prefix(const struct ts *ts, struct prefix *p, uint16_t *port);

/*
 * IKEv1 ID payload bodies (type, protocol, port, data): RFC 2407 section 4.6.2.  IKE_E_ID for types
 * that name no addresses, IKE_E_FORMAT for a wrong length, a mask with holes or a range that ends
 * before it begins; IKE_E_TS for what an ID cannot say (a range of ports, OPAQUE).
 */
MUST_USE ike_err
ts_from_v1_id(uint8_t id_type, uint8_t proto, uint16_t port, struct slice data, struct ts *out);
MUST_USE ike_err
ts_to_v1_id(const struct ts *ts, uint8_t *id_type, uint8_t *proto, uint16_t *port, uint8_t data[32],
    size_t *len);

/*
 * "192.0.2.0/24[80]/tcp", "10.0.0.1-10.0.0.9", "192.0.2.1[1024-2047]/udp", "192.0.2.1[opaque]/udp".
 */
void
ts_print(const struct ts *ts, struct text *t);

#endif
