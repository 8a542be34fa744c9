/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prop_v2 - proposals as IKEv2 writes them: the body of an SA payload <-> a list of proposals.
 *
 * "Body" is the SA payload without its generic header.  What we offer is made in two steps, as in
 * prop_v1.h: prop_v2_offer() gives the list its final shape and numbers, prop_v2_put() writes it,
 * and the answer is compared with that list. IKEv2 negotiates no lifetimes, modes or authentication
 * methods: those fields are left alone or zero.
 *
 * Lists live in the caller's arena.  RFC 7296 sections 2.7, 3.3 and 3.3.1-3.3.6; RFC 5282 section 8
 * (AEADs).
 */
#ifndef PROP_PROP_V2_H
#define PROP_PROP_V2_H

#include "prop/prop.h"
#include "util/wr.h"

enum prop_v2_flags {
	PROP_V2_NO_KE =
	    1, /* the SA of IKE_AUTH: no key exchange method can be negotiated there (RFC 7296 section 1.2) */
};

/*
 * Shape |ours| into what is sent: proposals that mix AEADs and other ciphers are split in two (RFC
 * 7296 section 3.3), what IKEv2 has no number for is left out, equal proposals are sent once,
 * numbers run from 1.
 *
 *   IKE_E_NO_PROPOSAL   nothing is left to offer
 *   IKE_E_FULL          more than 255 proposals
 *   IKE_E_NOMEM
 */
MUST_USE ike_err
prop_v2_offer(const struct prop_list *ours, unsigned flags, struct arena *a, struct prop_list *out);

/*
 * Write the body of an SA payload: an offer, or a list of one chosen proposal as the answer.
 * Numbers and SPIs are written as they stand.  Errors stick to |w|: IKE_E_RANGE for an algorithm
 * that has no IKEv2 number, IKE_E_FULL, IKE_E_NOMEM.
 */
void
prop_v2_put(struct wr *w, const struct prop_list *l);

/* The same for one proposal. */
void
prop_v2_put_one(struct wr *w, const struct prop *chosen);

/*
 * Read an offer in the peer's order.  Transforms that we do not know are left out; a proposal with
 * a transform type that we do not know, without a mandatory one, or of whose types none of the
 * transforms is known, is left out (RFC 7296 section 3.3.6); |out| may be empty.
 *
 *   IKE_E_SHORT, IKE_E_FORMAT   malformed
 *   IKE_E_NOMEM
 */
MUST_USE ike_err
prop_v2_get(struct slice body, struct arena *a, struct prop_list *out);

/*
 * Read an answer: exactly one proposal, with exactly one transform of each type in it.  As
 * prop_v2_get(), and
 *
 *   IKE_E_NO_PROPOSAL   more than one of them, or something in it that we do not know
 */
MUST_USE ike_err
prop_v2_get_answer(struct slice body, struct prop *out);

#endif
