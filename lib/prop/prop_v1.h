/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prop_v1 - proposals as IKEv1 writes them: the body of an SA payload <-> a list of one-member
 * proposals.
 *
 * "Body" is the SA payload without its generic header: DOI, situation, proposals; the bytes that
 * HASH_I, HASH_R and SIG are computed over.  What we offer is made in two steps, so that the very
 * list on the wire can be compared with the answer: prop_v1_offer() multiplies the configuration
 * out, prop_v1_put() writes it.  An answer is written by repeating the chosen transform of the
 * offer byte by byte (RFC 2408 section 4.2: the responder must not change attributes), which keeps
 * encodings of lifetimes and draft numbers of encapsulation modes as the peer likes them.
 *
 * Lists live in the caller's arena.  RFC 2407 section 4, RFC 2408 sections 3.4-3.6 and 4.2, RFC
 * 2409 appendix A, RFC 3947.
 */
#ifndef PROP_PROP_V1_H
#define PROP_PROP_V1_H

#include "prop/prop.h"
#include "util/wr.h"

/*
 * Multiply |ours| out into one-member proposals in order of preference, numbered as they will stand
 * on the wire.  Members of |ours| that have the same |number| and protocol (0 counts as 1) become
 * the transforms of one proposal.  AEADs are offered without integrity.  What IKEv1 has no number
 * for is left out.
 *
 *   IKE_E_NO_PROPOSAL   nothing is left to offer
 *   IKE_E_FULL          more than 255 transforms in a proposal or PROP_MAX_LIST in all
 *   IKE_E_NOMEM
 */
MUST_USE ike_err
prop_v1_offer(const struct prop_list *ours, struct arena *a, struct prop_list *out);

/*
 * Write the body of an SA payload with |offer|, a list as prop_v1_offer() makes it (mode, lifetimes
 * and SPI may have been set since).  Errors stick to |w|: IKE_E_RANGE for an algorithm that has no
 * IKEv1 number, IKE_E_FULL, IKE_E_NOMEM.
 */
void
prop_v1_put(struct wr *w, const struct prop_list *offer);

/*
 * Write the body of the answer to |their_body|: the proposal and transform |chosen| names by
 * number, its attributes as they came, with the SPI of |chosen|.  Errors stick to |w|;
 * IKE_E_NOTFOUND if |their_body| holds no such transform.
 */
void
prop_v1_put_answer(struct wr *w, struct slice their_body, const struct prop *chosen);

/*
 * Read the body of an SA payload into one-member proposals in the peer's order.  A transform with
 * an attribute or a value that we do not know, with a missing or a contradictory attribute, or
 * whose number came before in its proposal is left out, never an error: |out| may be empty.
 * Proposals that share a number carry |bundle| > 1.
 *
 *   IKE_E_SHORT, IKE_E_FORMAT   malformed
 *   IKE_E_UNSUPPORTED           DOI or situation other than IPsec, identity only
 *   IKE_E_NOMEM
 */
MUST_USE ike_err
prop_v1_get(struct slice body, struct arena *a, struct prop_list *out);

/*
 * Read an answer: one transform for each protocol.  As prop_v1_get(), and
 *
 *   IKE_E_NO_PROPOSAL   not exactly one transform in each proposal, or one that we cannot use
 */
MUST_USE ike_err
prop_v1_get_answer(struct slice body, struct arena *a, struct prop_list *out);

#endif
