/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pld_sa - the SA payloads of both versions in raw form: proposals, transforms and attributes as on the wire.
 *
 * No algorithm is known here and nothing is left out: what a transform means, and that one with an unknown attribute
 * cannot be chosen, is for lib/prop.  Arrays come from the caller's arena, slices borrow the payload.  Work and
 * memory are linear in the payload's length, at most 16 bytes of arena per byte; the caps below bound the counts.
 *
 * IKEv1: RFC 2408 sections 3.4 to 3.6, RFC 2407 section 4.6.1.  IKEv2: RFC 7296 section 3.3.
 */
#ifndef WIRE_PLD_SA_H
#define WIRE_PLD_SA_H

#include "wire/attr.h"

#define SA_MAX_PROPOSALS  255    /* in a payload */
#define SA_MAX_TRANSFORMS 255    /* in a proposal: the field is one byte */
#define SA_MAX_ATTRS       32    /* in a transform */

struct v1_transform {
	uint8_t      number;
	uint8_t      id;         /* V1_ISAKMP_KEY_IKE, V1_ESP_*, V1_AH_*, V1_IPCOMP_* by the proposal's protocol */
	size_t       nattr;
	struct attr *attr;
};

struct v1_proposal {
	uint8_t              number;        /* equal numbers in sequence: proposals that belong together */
	uint8_t              proto;         /* V1_PROTO_* */
	struct slice         spi;           /* may be empty */
	size_t               ntransform;    /* >= 1 */
	struct v1_transform *transform;
};

struct v1_sa {
	uint32_t            doi;            /* V1_DOI_IPSEC */
	uint32_t            situation;      /* V1_SIT_IDENTITY_ONLY */
	size_t              nproposal;      /* >= 1 */
	struct v1_proposal *proposal;
};

/*
 *   IKE_E_UNSUPPORTED   DOI other than IPSEC, or a situation with labels
 *   IKE_E_SHORT         some length leaves the payload
 *   IKE_E_FORMAT        counts, chain bytes or RESERVED fields are wrong, a cap is exceeded, bytes left over
 *   IKE_E_NOMEM
 */
MUST_USE ike_err
get_v1_sa(struct slice body, struct arena *a, struct v1_sa *out);

/* The body of an SA payload.  IKE_E_RANGE sticks if a count, SPI or length does not fit, or a list is empty. */
void
put_v1_sa(struct wr *w, const struct v1_sa *sa);

struct v2_transform {
	uint8_t      type;       /* V2_T_* or unknown */
	uint16_t     id;
	size_t       nattr;
	struct attr *attr;
};

struct v2_proposal {
	uint8_t              number;        /* 1, 2, ... */
	uint8_t              proto;         /* V2_PROTO_* */
	struct slice         spi;           /* 0, 4 or 8 bytes */
	size_t               ntransform;    /* >= 1 */
	struct v2_transform *transform;
};

struct v2_sa {
	size_t              nproposal;      /* >= 1 */
	struct v2_proposal *proposal;
};

/* IKE_E_SHORT, IKE_E_FORMAT, IKE_E_NOMEM as above.  RESERVED fields are ignored. */
MUST_USE ike_err
get_v2_sa(struct slice body, struct arena *a, struct v2_sa *out);

void
put_v2_sa(struct wr *w, const struct v2_sa *sa);

/*
 * The Key Length attribute of |t| in bits, 0 if there is none.
 *
 *   IKE_E_UNSUPPORTED   it has an attribute that is not a Key Length: the transform cannot be chosen (RFC 7296, 3.3.6)
 *   IKE_E_FORMAT        Key Length twice, or in the long form
 */
MUST_USE ike_err
v2_transform_key_length(const struct v2_transform *t, uint16_t *bits_out);

#endif
