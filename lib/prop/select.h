/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * select - choose among proposals: ours and the peer's into one that both allow.
 *
 * The responder calls prop_choose() on the peer's offer; the initiator calls prop_verify() on the
 * answer to the list that it sent (prop_v1_offer(), prop_v2_offer()).  Both give one proposal with
 * one member in each list.
 *
 * IKEv2: all algorithms and key lengths must be common; the first of ours that works wins, inside
 * it our order of algorithms.  IKEv1: algorithms must be equal; the level of proposal_check decides
 * on lifetimes, key lengths and the PFS group; an XAUTH or hybrid method of ours as server answers
 * the client's and the other way round.  Offers that bundle several protocols under one number are
 * passed over.  INTEG_HMAC_SHA256_96 and _128 share a number in both versions: what ours says is
 * meant.
 *
 * Work is bounded by PROP_MAX_LIST proposals of PROP_MAX_ALGS algorithms on each side.  RFC 2408
 * section 4.2, RFC 7296 sections 2.7, 3.3 and 3.3.6.
 */
#ifndef PROP_SELECT_H
#define PROP_SELECT_H

#include "prop/life.h"
#include "prop/prop.h"

struct prop_rule {
	uint8_t version;    /* 1 or 2 */
	uint8_t check;      /* enum prop_check; IKEv1 only */
	bool prefer_theirs; /* the peer's order decides, as in racoon; else ours */
	/* IKEv2, the SA of IKE_AUTH: key exchange methods are not looked at, none is chosen. */
	bool no_ke;
	/* IKEv2: group of the KE payload that came along; if allowed it is taken and saves a round trip. */
	uint16_t ke_sent;
	uint32_t life_min_sec; /* bounds for what the peer makes of the lifetime; 0: none */
	uint32_t life_max_sec;
};

struct prop_choice {
	/*
	 * The agreement.  Numbers and SPI are the peer's; the mode is definite if either side's was.  A
	 * NONE that the peer listed stands, to be written into the answer: read with prop_suite().
	 */
	struct prop prop;
	uint16_t ours, theirs; /* indices into the lists */
	/* IKEv1, claim: what to tell the peer in RESPONDER-LIFETIME; 0: nothing. */
	uint32_t claim_sec;
	uint32_t claim_kb;
};

/* IKE_E_NO_PROPOSAL if nothing fits; |out| is then untouched. */
MUST_USE ike_err
prop_choose(const struct prop_rule *rule, const struct prop_list *ours,
    const struct prop_list *theirs, struct prop_choice *out);

/*
 * Is |answer| (from prop_v1_get_answer() or prop_v2_get_answer()) a proper choice out of
 * |offered|? IKEv2: one transform of each type from the proposal with that number.  IKEv1: one of
 * our transforms, but for what proposal_check leaves open; the PFS group must be that of the
 * transform. IKE_E_NO_PROPOSAL.
 */
MUST_USE ike_err
prop_verify(const struct prop_rule *rule, const struct prop_list *offered,
    const struct prop *answer, struct prop_choice *out);

/*
 * Say why prop_choose() found nothing: the closest pair and what keeps it apart, as
 * "encryption algorithm: ours aes-256, theirs 3des".
 */
void
prop_explain(const struct prop_rule *rule, const struct prop_list *ours,
    const struct prop_list *theirs, struct text *t);

#endif
