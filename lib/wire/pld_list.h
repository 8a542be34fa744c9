/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pld_list - payloads that hold a list: IKEv2 traffic selectors and configuration, IKEv1 configuration (and XAUTH).
 *
 * Same rules as in pld.h.  Arrays come from the caller's arena (IKE_E_NOMEM); too many members are IKE_E_FORMAT.
 */
#ifndef WIRE_PLD_LIST_H
#define WIRE_PLD_LIST_H

#include "wire/attr.h"

/* TSi and TSr, RFC 7296 section 3.13 */
#define V2_TS_MAX 255    /* the field is one byte */

struct v2_ts {
	uint8_t      type;               /* V2_TS_* */
	uint8_t      proto;
	uint16_t     port_lo, port_hi;
	struct slice start, end;         /* 4 or 16 bytes each; empty for types other than the two IP ranges */
	struct slice other;              /* those types: everything behind the length field (then ports are 0) */
};

struct v2_ts_list {
	size_t        n;                 /* >= 1 */
	struct v2_ts *v;
};

/* IKE_E_FORMAT: none, a wrong count, a selector length that is not its type's, bytes left over. */
MUST_USE ike_err
get_v2_ts(struct slice body, struct arena *a, struct v2_ts_list *out);

void
put_v2_ts(struct wr *w, const struct v2_ts_list *l);

/* CP, RFC 7296 section 3.15 */
#define V2_CP_MAX 128

struct v2_cp_attr {
	uint16_t     type;               /* V2_CP_*, 15 bits */
	struct slice value;
};

struct v2_cp {
	uint8_t            type;         /* V2_CP_REQUEST ... */
	size_t             n;
	struct v2_cp_attr *v;
};

MUST_USE ike_err
get_v2_cp(struct slice body, struct arena *a, struct v2_cp *out);

void
put_v2_cp(struct wr *w, const struct v2_cp *cp);

/* ATTR, draft-dukes-ike-mode-cfg-02 section 3.2 */
#define V1_CFG_MAX 128

struct v1_cfg {
	uint8_t      type;               /* V1_CFG_REQUEST ... */
	uint16_t     id;
	size_t       n;
	struct attr *v;                  /* V1_CFG_*, V1_XAUTH_*, V1_UNITY_* */
};

MUST_USE ike_err
get_v1_cfg(struct slice body, struct arena *a, struct v1_cfg *out);

void
put_v1_cfg(struct wr *w, const struct v1_cfg *cfg);

#endif
