/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pfkey_ext - the small pieces that the PF_KEY codecs share: header, addresses, lifetimes, keys, contexts.
 *
 * Private to src/kern.  Pure.  Tables of extensions borrow from the message they were parsed from.  Messages are in
 * host order but for SPIs, addresses and ports; lengths count units of 8 bytes.
 */
#ifndef KERN_PFKEY_EXT_H
#define KERN_PFKEY_EXT_H

#include "kern/pfkey_msg.h"

#include <linux/pfkeyv2.h>

#define PFKEY_UNIT 8

/* The first extension of each type, header included; empty: not there. */
struct pfkey_exts {
	struct slice e[SADB_EXT_MAX + 1];
};

/* enum prop_proto <-> SADB_SATYPE_*; PROTO_NONE is SADB_SATYPE_UNSPEC, and 0xff is none of ours. */
uint8_t
pfkey_satype(uint8_t proto);
uint8_t
pfkey_get_satype(uint8_t satype);

/* enum prop_mode <-> IPSEC_MODE_*. */
uint8_t
pfkey_mode(uint8_t mode);
uint8_t
pfkey_get_mode(uint8_t mode);

/* Writing.  All of them leave room checks to pfkey_room(). */

/* Start a message of |type|. */
void
pfkey_begin(struct pfkey_msg *m, uint8_t type, uint8_t satype);

/*
 * Room for an extension of |type| with |n| bytes, zeroed and padded, its header filled in; NULL: the message is
 * full.
 */
void *
pfkey_room(struct pfkey_msg *m, uint16_t type, size_t n);

/* Enter the length into the header.  IKE_E_FULL if an extension did not fit. */
MUST_USE ike_err
pfkey_finish(struct pfkey_msg *m);

/* An address extension.  |family| (4 or 6) decides where |a| has none: then it is the any-address. */
void
pfkey_add_addr(struct pfkey_msg *m, uint16_t type, uint8_t family, const struct addr *a);

/* The same with all that a policy's selector has; |proto| 0: any. */
void
pfkey_add_prefix(struct pfkey_msg *m, uint16_t type, uint8_t family, const struct prefix *p,
    uint8_t proto, uint16_t port);

void
pfkey_add_life(struct pfkey_msg *m, const struct sa_life *l);
void
pfkey_add_ctx(struct pfkey_msg *m, const char *ctx, uint8_t doi, uint8_t alg);

/* Bytes of a socket address of |family| (4, 6), and the address itself written to |p|. */
size_t
pfkey_sockaddr_len(uint8_t family);
void
pfkey_sockaddr(void *p, uint8_t family, const struct addr *a, uint16_t port);

/* Reading. */

/* Collect the extensions of |msg|.  IKE_E_SHORT, IKE_E_FORMAT. */
MUST_USE ike_err
pfkey_exts(struct slice msg, struct pfkey_exts *out);

/*
 * Copy the fixed part of extension |type|: IKE_E_FORMAT if it is shorter than |n|, *there_out = false if it is
 * absent.
 */
MUST_USE ike_err
pfkey_ext_copy(const struct pfkey_exts *x, unsigned type, void *out, size_t n, bool *there_out);

/* What is behind the first |n| bytes of extension |type|. */
struct slice
pfkey_ext_rest(const struct pfkey_exts *x, unsigned type, size_t n);

/* A socket address at the start of |s|.  IKE_E_FORMAT. */
MUST_USE ike_err
pfkey_get_sockaddr(struct slice s, struct endpoint *out, size_t *len_out);

/* An address extension, which must be there; |hdr| may be NULL. */
MUST_USE ike_err
pfkey_get_addr(
    const struct pfkey_exts *x, unsigned type, struct endpoint *out, struct sadb_address *hdr);

MUST_USE ike_err
pfkey_get_life(const struct pfkey_exts *x, struct sa_life *out);
MUST_USE ike_err
pfkey_get_ctx(const struct pfkey_exts *x, char ctx[64], uint8_t *doi, uint8_t *alg);

/* A policy or an SA from its extensions; |sp| and |sa| are zeroed first. */
MUST_USE ike_err
pfkey_get_sa_parts(const struct pfkey_hdr *h, const struct pfkey_exts *x, struct kern_sa *out);
MUST_USE ike_err
pfkey_get_sp_parts(const struct pfkey_exts *x, struct sp_spec *out);

/* The selector and direction alone. */
MUST_USE ike_err
pfkey_get_sp_id(const struct pfkey_exts *x, struct sp_id *out, bool *socket_out);

#endif
