/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attr - data attributes: the type-value and type-length-value pairs of IKEv1 transforms, IKEv1 config payloads and
 * IKEv2 transforms.
 *
 * RFC 2408 section 3.3, RFC 7296 section 3.3.5.  (IKEv2's configuration attributes have no short form: pld_list.h.)
 */
#ifndef WIRE_ATTR_H
#define WIRE_ATTR_H

#include "util/arena.h"
#include "util/rd.h"
#include "util/wr.h"

struct attr {
	uint16_t     type;      /* without the format bit, 0..32767 */
	bool         tv;        /* short form: a 16-bit value */
	struct slice value;     /* the bytes of the value, 2 with the short form */
};

/* Read one attribute; errors stick to |r|, and then |*out| is all zero. */
void
get_attr(struct rd *r, struct attr *out);

/*
 * Read attributes up to the end of |s| into an array from |a|.  IKE_E_SHORT, IKE_E_FORMAT (more than |max|),
 * IKE_E_NOMEM.  No attributes: *out NULL, *n_out 0.
 */
MUST_USE ike_err
get_attrs(struct slice s, size_t max, struct arena *a, struct attr **out, size_t *n_out);

/*
 * The value as an unsigned number, in short or long form; a long form of more than 8 bytes only if the others are
 * leading zeroes.  IKE_E_FORMAT: no bytes; IKE_E_RANGE: it does not fit 64 bits.
 */
MUST_USE ike_err
attr_number(const struct attr *a, uint64_t *out);

/*
 * Append |a| in the form it says.  IKE_E_RANGE sticks if the type or the length does not fit, or a short form is not 2
 * bytes.
 */
void
put_attr(struct wr *w, const struct attr *a);

/* Append |value| in short form if it fits 16 bits, else in long form with 4 or 8 bytes. */
void
put_attr_number(struct wr *w, uint16_t type, uint64_t value);

/* Append in long form. */
void
put_attr_bytes(struct wr *w, uint16_t type, struct slice value);

/* The number |value| as an attribute: short form if it fits, else 4 or 8 bytes in memory from |a|.  IKE_E_NOMEM. */
MUST_USE ike_err
attr_of_number(struct arena *a, uint16_t type, uint64_t value, struct attr *out);

/* The first attribute of |type| among |n|, or NULL. */
const struct attr *
attr_find(const struct attr *v, size_t n, uint16_t type);

#endif
