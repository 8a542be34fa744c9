/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * life - lifetimes of SAs: what two ends agree on, what a peer may still change, when to renew.
 *
 * Pure functions of their arguments; randomness is an argument.  IKEv1 negotiates lifetimes under
 * racoon's proposal_check, IKEv2 leaves them to each end.  0 means "not sent" or "no limit"
 * throughout.
 *
 * RFC 2407 section 4.5 (default of 28800 seconds) and 4.6.3.1 (RESPONDER-LIFETIME); RFC 7296
 * section 2.8.
 */
#ifndef PROP_LIFE_H
#define PROP_LIFE_H

#include <stdbool.h>
#include <stdint.h>

/* racoon's proposal_check. */
enum prop_check { CHECK_OBEY, CHECK_STRICT, CHECK_CLAIM, CHECK_EXACT };

enum life_unit { LIFE_SECONDS, LIFE_KILOBYTES };

#define LIFE_DEFAULT_SEC 28800u

/*
 * IKEv1: |mine| is configured, |theirs| proposed (0: not sent, which means 28800 seconds, or no
 * limit in kilobytes).  False if |check| refuses.  Else *used_out is what to live by; *claim_out is
 * what to tell the peer in RESPONDER-LIFETIME, 0: nothing. |phase1|: the ISAKMP SA, where claim
 * acts as strict.
 */
bool
life_negotiate(enum prop_check check, bool phase1, enum life_unit unit, uint32_t mine,
    uint32_t theirs, uint32_t *used_out, uint32_t *claim_out);

/*
 * IKEv1: the responder told us |told| in RESPONDER-LIFETIME while we had |mine|.  The value to live
 * by: |told| if |check| accepts it (obey: always; strict and claim: shorter; exact: equal), else
 * |mine|. |told| of 0 is never accepted.
 */
uint32_t
life_responder(enum prop_check check, uint32_t mine, uint32_t told);

/*
 * |value| brought into |lo|..|hi|; a bound of 0 does not bind, and a value of 0 (no limit) becomes
 * |hi|.
 */
uint32_t
life_clamp(uint32_t value, uint32_t lo, uint32_t hi);

/*
 * The soft limit for |hard|, in the same unit (seconds, kilobytes, packets): |lo|..|hi| percent of
 * it, evenly spread by |rnd|.  Below |hard| and above 0 whenever |hard| is above 1; 0 for 0.
 * Percentages above 99 count as 99; |lo| > |hi| counts as |hi|.
 */
uint32_t
life_soft(uint32_t hard, unsigned lo, unsigned hi, uint32_t rnd);

#endif
