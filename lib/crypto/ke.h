/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ke - key exchange: one ephemeral private key, its public value as on the wire, and the shared secret with a
 * peer.
 *
 * MODP groups 1, 2, 5, 14 to 18 (public values left-padded with zeros to the modulus, short exponents), NIST
 * and brainpool curves 19 to 21 and 27 to 30 (public value x || y, shared secret x), X25519 and X448 (31, 32).
 *
 * A struct ke is owned by the caller and made fresh for every exchange: it is never reused (RFC 7296 section
 * 2.12 allows reuse, we do not).  It borrows from the context, which must outlive it.  Functions may run in
 * any thread, but one struct ke in one thread at a time.
 *
 * Public values are checked as RFC 6989 asks before they are used; a length other than the group's is refused
 * before a byte is looked at.
 *
 * RFC 2409 section 6, 3526, 5903, 6954, 6989, 7296 section 3.4, 8031.
 */
#ifndef CRYPTO_KE_H
#define CRYPTO_KE_H

#include "crypto/crypto.h"
#include "crypto/secret.h"

struct ke;

/*
 * Make a fresh private key in |group| (KE_*).
 *
 *   IKE_E_UNSUPPORTED   not a group of ours, or not offered by this OpenSSL
 *   IKE_E_CRYPTO        OpenSSL failed
 *   IKE_E_NOMEM
 */
MUST_USE ike_err
ke_new(struct crypto *c, enum alg_id group, struct ke **out);

/* Wipe and free; NULL is fine. */
void
ke_free(struct ke *ke);

/* The group it was made for. */
enum alg_id
ke_group(const struct ke *ke);

/* Our public value, the content of a KE payload: alg_get(group)->out bytes, borrowed until ke_free(). */
struct slice
ke_public(const struct ke *ke);

/*
 * The secret shared with the owner of public value |peer|: alg_get(group)->shared bytes, left-padded with zeros.
 * May be called again with another peer value (a second answer to one request).
 *
 *   IKE_E_BAD_KE   wrong length, or not a valid public value of the group
 *   IKE_E_CRYPTO   OpenSSL failed
 *   IKE_E_NOMEM
 */
MUST_USE ike_err
ke_derive(const struct ke *ke, struct slice peer, struct secret *out);

/*
 * The private key, for another process that goes on with the exchange in our place, and back: never to be used for
 * anything else, nor by both.  The form is OpenSSL's DER of the key's type.
 *
 *   IKE_E_UNSUPPORTED   not a group of ours
 *   IKE_E_FORMAT        ke_import(): not a private key, or not of |group|
 *   IKE_E_CRYPTO, IKE_E_NOMEM
 */
MUST_USE ike_err
ke_export(const struct ke *ke, struct secret *out);
MUST_USE ike_err
ke_import(struct crypto *c, enum alg_id group, struct slice key, struct ke **out);

#endif
