/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sp - values that describe a security policy (SPD entry, RFC 4301 section 4.4.1) to the model, to every kernel back
 * end and to setkey.  Plain values.
 */
#ifndef SADB_SP_H
#define SADB_SP_H

#include "sadb/sa.h"

enum sp_dir { SP_IN, SP_OUT, SP_FWD };
enum sp_action {
	SP_NONE,
	SP_DISCARD,
	SP_IPSEC,
	SP_ENTRUST,
	SP_BYPASS
}; /* setkey's words: none = pass in clear */
enum sp_level { SP_DEFAULT, SP_USE, SP_REQUIRE, SP_UNIQUE };

#define SP_MAX_TMPL         6
#define SP_PRIO_LOW         0xC0000000u
#define SP_PRIO_DEF         0x80000000u
#define SP_PRIO_HIGH        0x40000000u
#define SP_MANUAL_REQID_MAX 0x3fffu

struct sp_tmpl {
	uint8_t proto; /* enum prop_proto */
	uint8_t mode;  /* enum prop_mode */
	uint8_t level; /* enum sp_level */
	uint32_t reqid;
	struct addr src, dst; /* tunnel ends; family 0 in transport mode */
	uint16_t sport, dport;
};

/* What names a policy in the kernel besides its index: direction and selector (and mark, if_id). */
struct sp_id {
	uint8_t dir; /* enum sp_dir */
	struct sa_selector sel;
	uint32_t mark, mark_mask, if_id;
};

bool
sp_id_equal(const struct sp_id *a, const struct sp_id *b);

struct sp_spec {
	struct sp_id id;
	uint32_t index;    /* kernel's, 0: not known */
	uint32_t priority; /* kernel value: smaller wins */
	uint8_t action;    /* enum sp_action */
	bool socket;       /* a per-socket policy (dump only) */
	struct sa_life life;
	uint8_t ntmpl;
	struct sp_tmpl tmpl[SP_MAX_TMPL];
	char ctx[64]; /* security context, empty: none */
	uint8_t ctx_doi, ctx_alg;
	uint64_t add_time, use_time;
};

#endif
