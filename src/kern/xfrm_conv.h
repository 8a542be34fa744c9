/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xfrm_conv - the small pieces that the XFRM codecs share: addresses, selectors, lifetimes, attributes.
 *
 * Private to src/kern.  Pure.  Attribute tables borrow from the message they were parsed from.
 */
#ifndef KERN_XFRM_CONV_H
#define KERN_XFRM_CONV_H

#include "kern/xfrm_msg.h"

#include <linux/xfrm.h>

struct nlattr;

/* The first attribute of each type that we know. */
struct xfrm_attrs {
	const struct nlattr *a[XFRMA_MAX + 1];
};

uint8_t
xfrm_proto(uint8_t proto); /* enum prop_proto -> IP protocol, 0: none of ours */
uint8_t
xfrm_get_proto(uint8_t ipproto); /* back; PROTO_NONE: none of ours */
uint8_t
xfrm_mode(uint8_t mode);
uint8_t
xfrm_get_mode(uint8_t mode); /* MODE_ANY: none of ours */
uint16_t
xfrm_family(uint8_t family); /* 4, 6 -> AF_INET, AF_INET6; else AF_UNSPEC */
uint8_t
xfrm_get_family(uint16_t family);

void
xfrm_addr(const struct addr *a, xfrm_address_t *out);
struct addr
xfrm_get_address(const xfrm_address_t *x, uint16_t family);

/* IKE_E_RANGE: two families, or a prefix too long. */
MUST_USE ike_err
xfrm_selector(const struct sa_selector *s, struct xfrm_selector *out);
void
xfrm_get_selector(const struct xfrm_selector *x, struct sa_selector *out);

void
xfrm_life(const struct sa_life *l, struct xfrm_lifetime_cfg *out);
void
xfrm_get_life(const struct xfrm_lifetime_cfg *x, struct sa_life *out);

/* Start a message of |type| with |n| zeroed bytes behind its header, which are returned. */
void *
xfrm_begin(struct xfrm_msg *m, uint16_t type, size_t n);

/* Add an attribute.  IKE_E_FULL. */
MUST_USE ike_err
xfrm_add(struct xfrm_msg *m, uint16_t type, const void *data, size_t n);

/* Add mark and interface id, if any. */
MUST_USE ike_err
xfrm_add_marks(struct xfrm_msg *m, uint32_t mark, uint32_t mask, uint32_t if_id);

/* Add a security context, if any. */
MUST_USE ike_err
xfrm_add_ctx(struct xfrm_msg *m, const char *ctx, uint8_t doi, uint8_t alg);

/* Check the header of |msg|, copy its |n| fixed bytes to |fixed|, and collect its attributes. */
MUST_USE ike_err
xfrm_open(struct slice msg, void *fixed, size_t n, struct xfrm_attrs *attrs);

/* Collect the attributes in |s|. */
MUST_USE ike_err
xfrm_attrs(struct slice s, struct xfrm_attrs *out);

/* The payload of attribute |type|; empty if it is not there. */
struct slice
xfrm_attr(const struct xfrm_attrs *a, unsigned type);

/*
 * Copy attribute |type| to |out|: IKE_E_FORMAT if it is shorter than |n|, *there_out = false if it is absent.
 */
MUST_USE ike_err
xfrm_attr_copy(const struct xfrm_attrs *a, unsigned type, void *out, size_t n, bool *there_out);

MUST_USE ike_err
xfrm_get_marks(const struct xfrm_attrs *a, uint32_t *mark, uint32_t *mask, uint32_t *if_id);

/* |ctx| has 64 bytes; empty if there is none. */
MUST_USE ike_err
xfrm_get_ctx(const struct xfrm_attrs *a, char ctx[64], uint8_t *doi, uint8_t *alg);

/* An SA from its fixed part and attributes, without keys; |out| may be the sa of an event. */
MUST_USE ike_err
xfrm_get_sa_parts(
    const struct xfrm_usersa_info *x, const struct xfrm_attrs *a, struct kern_sa *out);
void
xfrm_get_sa_fixed(const struct xfrm_usersa_info *x, struct sa_spec *out);

/* A policy from its fixed part and attributes. */
MUST_USE ike_err
xfrm_get_sp_parts(
    const struct xfrm_userpolicy_info *x, const struct xfrm_attrs *a, struct sp_spec *out);
MUST_USE ike_err
xfrm_get_sp_id(const struct xfrm_userpolicy_id *x, const struct xfrm_attrs *a, struct sp_id *out);

#endif
