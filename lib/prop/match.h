/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * match - do two proposals have something in common, and what?  Internal to lib/prop; see select.h.
 */
#ifndef PROP_MATCH_H
#define PROP_MATCH_H

#include "prop/select.h"

/* What keeps two proposals apart, in the order in which it is looked at. */
enum miss {
	MISS_PROTO,
	MISS_BUNDLE,
	MISS_MODE,
	MISS_COMP,
	MISS_ENCR,
	MISS_KEY_LENGTH,
	MISS_INTEG,
	MISS_PRF,
	MISS_KE,
	MISS_AUTH,
	MISS_ESN,
	MISS_LIFE,
	MISS_NOTHING,
};

/* Who looks: the responder at an offer, or the initiator at the answer to |ours|. */
enum match_side { MATCH_OFFER, MATCH_ANSWER };

/*
 * The common part of two proposals, and how good it is for us: the lower |rank|, the earlier in our
 * lists.
 */
struct match {
	struct prop prop;
	uint32_t claim_sec, claim_kb;
	uint32_t rank;
};

/* MISS_NOTHING and the common part, or what is in the way. */
enum miss
match_v1(const struct prop_rule *rule, enum match_side side, const struct prop *ours,
    const struct prop *theirs, struct match *out);
enum miss
match_v2(const struct prop_rule *rule, const struct prop *ours, const struct prop *theirs,
    struct match *out);

/* Shared: protocol, bundle and mode.  On MISS_NOTHING |out| has protocol, mode, numbers and SPI. */
enum miss
match_frame(const struct prop *ours, const struct prop *theirs, struct prop *out);

static inline bool
match_is_aead(enum alg_id id)
{
	const struct alg *row = alg_get(id);

	return row != NULL && (row->flags & ALG_AEAD) != 0;
}

/* A list of one. */
static inline void
match_set(struct prop_algs *l, enum alg_id id, unsigned bits)
{
	*l = (struct prop_algs){ .n = 1, .v = { { .id = (uint16_t)id, .bits = (uint16_t)bits } } };
}

/* Our order of ciphers counts most, then integrity, PRF, group, compression. */
static inline uint32_t
match_rank(int encr, int integ, int prf, int ke)
{
	return (uint32_t)encr << 24 | (uint32_t)integ << 16 | (uint32_t)prf << 8 | (uint32_t)ke;
}

#endif
