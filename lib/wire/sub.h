/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sub - the substructures of SA payloads: proposals in a payload, transforms in a proposal.  Internal to lib/wire.
 *
 * Both versions share their form (RFC 7296 section 3.3 keeps RFC 2408's): a byte that says whether there are more, a
 * RESERVED byte, a length that includes these four bytes.
 */
#ifndef WIRE_SUB_H
#define WIRE_SUB_H

#include "util/rd.h"
#include "util/wr.h"

/* The first byte when another one follows (RFC 2408 section 3.5 and 3.6, RFC 7296 sections 3.3.1 and 3.3.2); else 0. */
#define SUB_MORE_PROPOSALS 2
#define SUB_MORE_TRANSFORMS 3

/*
 * Pass the next substructure and return a cursor over what is behind its four bytes.  IKE_E_SHORT or IKE_E_FORMAT stick
 * to |r| and to the result.  |more| is one of the above; with |strict| RESERVED must be zero.
 */
struct rd
sub_next(struct rd *r, uint8_t more, bool strict);

/* How many substructures there are in |r|, which is not moved.  IKE_E_SHORT, IKE_E_FORMAT: they do not fill it. */
MUST_USE ike_err
sub_count(struct rd r, uint8_t more, bool strict, size_t *out);

/* Begin to write one; returns its offset for sub_end(). */
size_t
sub_begin(struct wr *w, uint8_t more);

void
sub_end(struct wr *w, size_t at);

#endif
