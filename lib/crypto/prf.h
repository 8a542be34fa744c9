/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prf - keyed and bare hashing by algorithm id: pseudo-random functions, prf+, hashes and integrity checks.
 *
 * All functions are one-shot over a list of parts, which are read in order as if they were one string; an empty part
 * is fine.  Results are written to the caller's storage; what is secret is the caller's to wipe.  Output may not
 * overlap input.
 *
 * RFC 2104 (HMAC), RFC 4434 (AES-XCBC-PRF-128), RFC 4615 (AES-CMAC-PRF-128), RFC 7296 section 2.13 (prf+), RFC
 * 2403, 2404, 3566, 4494, 4868 (integrity).
 *
 * Errors of all of them: IKE_E_UNSUPPORTED (|alg| is not of the right kind, not implemented, or not offered by this
 * OpenSSL), IKE_E_CRYPTO (OpenSSL failed).
 */
#ifndef CRYPTO_PRF_H
#define CRYPTO_PRF_H

#include "crypto/crypto.h"

/* Enough for the output of every PRF, hash and integrity algorithm. */
#define PRF_MAX 64

/*
 * |prf| with |key|, of any length, over |n_parts| parts; writes the PRF's whole output to |out| and its length to
 * *len_out.  AES-XCBC and AES-CMAC shorten or pad the key as RFC 4434 section 2 and RFC 4615 section 3 say.
 */
MUST_USE ike_err
prf(struct crypto *c, enum alg_id alg, struct slice key, const struct slice *parts, size_t n_parts,
    uint8_t out[PRF_MAX], size_t *len_out);

/* The output length of |alg| (a PRF or hash), which is also the preferred key length of a PRF; 0 for others. */
size_t
prf_len(enum alg_id alg);

/*
 * prf+ of RFC 7296 section 2.13: |len| bytes at |out| from |key| and the seed in |parts|.  IKE_E_RANGE when
 * len exceeds 255 times the PRF's output.
 */
MUST_USE ike_err
prf_plus(struct crypto *c, enum alg_id alg, struct slice key, const struct slice *parts,
    size_t n_parts, uint8_t *out, size_t len);

/* The bare hash |alg| (HASH_*). */
MUST_USE ike_err
hash(struct crypto *c, enum alg_id alg, const struct slice *parts, size_t n_parts,
    uint8_t out[PRF_MAX], size_t *len_out);

/*
 * The ICV of integrity algorithm |alg| (INTEG_*), truncated to its length on the wire, which goes to *len_out.
 * IKE_E_CRYPTO when |key| is not of the algorithm's length.
 */
MUST_USE ike_err
integ(struct crypto *c, enum alg_id alg, struct slice key, const struct slice *parts,
    size_t n_parts, uint8_t out[PRF_MAX], size_t *len_out);

/* Compute the ICV and compare it with |icv| in constant time.  IKE_E_INTEGRITY: different, or of the wrong length. */
MUST_USE ike_err
integ_verify(struct crypto *c, enum alg_id alg, struct slice key, const struct slice *parts,
    size_t n_parts, struct slice icv);

#endif
