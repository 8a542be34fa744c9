/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keymat_v1 - every key, IV and hash of IKEv1 as a pure function of its inputs (RFC 2409 sections 5, 5.5 and
 * appendix B, RFC 2407 for nothing but the names).
 *
 * Slices are borrowed for the call.  "_b" means a payload's body, without its generic header (RFC 2409 section
 * 3.2).  Results that are keys are owned secrets of the caller.
 *
 * Errors of all of them: IKE_E_UNSUPPORTED and IKE_E_CRYPTO as in crypto/prf.h, IKE_E_NOMEM where a secret is made.
 */
#ifndef CRYPTO_KEYMAT_V1_H
#define CRYPTO_KEYMAT_V1_H

#include "crypto/cipher.h"
#include "crypto/prf.h"
#include "crypto/secret.h"

/* What both ends know when phase 1 makes its keys; fields a function does not name may be empty. */
struct v1_inputs {
	enum alg_id prf; /* the HMAC of the negotiated hash, or the negotiated PRF */
	struct slice ni_b, nr_b;
	struct slice gxy;          /* shared secret, padded to the modulus */
	struct slice gxi, gxr;     /* public values, as in the KE payloads */
	struct slice cky_i, cky_r; /* cookies, 8 bytes each */
	struct slice sai_b;        /* all of the initiator's SA payload body as it was sent */
	struct slice idii_b, idir_b;
};

/* SKEYID, SKEYID_d, SKEYID_a and SKEYID_e, one behind the other in one secret.  Free with v1_keys_free(). */
struct v1_keys {
	struct secret all;
	uint16_t len; /* of each: the PRF's output */
};

static inline struct slice
v1_skeyid(const struct v1_keys *k)
{
	return slice_of(k->all.p, k->len);
}

static inline struct slice
v1_skeyid_d(const struct v1_keys *k)
{
	return slice_of(k->all.p + k->len, k->len);
}

static inline struct slice
v1_skeyid_a(const struct v1_keys *k)
{
	return slice_of(k->all.p + 2 * (size_t)k->len, k->len);
}

static inline struct slice
v1_skeyid_e(const struct v1_keys *k)
{
	return slice_of(k->all.p + 3 * (size_t)k->len, k->len);
}

/* Keys for authentication with a pre-shared key: SKEYID = prf(psk, Ni_b | Nr_b).  Uses ni_b nr_b gxy cky_i cky_r. */
MUST_USE ike_err
keymat_v1_psk(struct crypto *c, const struct v1_inputs *in, struct slice psk, struct v1_keys *out);

/* Keys for authentication with signatures: SKEYID = prf(Ni_b | Nr_b, g^xy).  Uses the same inputs. */
MUST_USE ike_err
keymat_v1_sig(struct crypto *c, const struct v1_inputs *in, struct v1_keys *out);

/* Wipe and free; the struct becomes empty. */
void
v1_keys_free(struct v1_keys *k);

/*
 * The phase 1 cipher key for |encr| with |bits| (0: its default) from SKEYID_e, expanded when that is too short
 * (appendix B).  IKE_E_CRYPTO also when a DES key comes out weak; a new negotiation makes new keys.
 */
MUST_USE ike_err
keymat_v1_cipher_key(struct crypto *c, enum alg_id prf_alg, const struct v1_keys *keys,
    enum alg_id encr, unsigned bits, struct secret *out);

/*
 * The first |iv_len| bytes of hash(g^xi | g^xr): the IV of phase 1's first encrypted message.  IKE_E_RANGE: too
 * long.
 */
MUST_USE ike_err
keymat_v1_iv(struct crypto *c, enum alg_id hash_alg, struct slice gxi, struct slice gxr,
    uint8_t *iv_out, size_t iv_len);

/*
 * The first |iv_len| bytes of hash(last phase 1 cipher block | message id): the IV of a phase 2 exchange.
 * IKE_E_RANGE: too long.
 */
MUST_USE ike_err
keymat_v1_iv_phase2(struct crypto *c, enum alg_id hash_alg, struct slice last_block, uint32_t msgid,
    uint8_t *iv_out, size_t iv_len);

/* HASH_I = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b). */
MUST_USE ike_err
keymat_v1_hash_i(struct crypto *c, const struct v1_inputs *in, const struct v1_keys *keys,
    uint8_t out[PRF_MAX], size_t *len_out);

/* HASH_R = prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b). */
MUST_USE ike_err
keymat_v1_hash_r(struct crypto *c, const struct v1_inputs *in, const struct v1_keys *keys,
    uint8_t out[PRF_MAX], size_t *len_out);

/*
 * HASH(1) = prf(SKEYID_a, M-ID | rest), where |rest| is everything behind the HASH payload with its generic headers.
 * Serves quick mode's first message, informational exchanges and transaction exchanges alike.
 */
MUST_USE ike_err
keymat_v1_hash1(struct crypto *c, enum alg_id prf_alg, const struct v1_keys *keys, uint32_t msgid,
    struct slice rest, uint8_t out[PRF_MAX], size_t *len_out);

/* HASH(2) = prf(SKEYID_a, M-ID | Ni_b | rest). */
MUST_USE ike_err
keymat_v1_hash2(struct crypto *c, enum alg_id prf_alg, const struct v1_keys *keys, uint32_t msgid,
    struct slice ni_b, struct slice rest, uint8_t out[PRF_MAX], size_t *len_out);

/* HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b). */
MUST_USE ike_err
keymat_v1_hash3(struct crypto *c, enum alg_id prf_alg, const struct v1_keys *keys, uint32_t msgid,
    struct slice ni_b, struct slice nr_b, uint8_t out[PRF_MAX], size_t *len_out);

/* What the keys of one direction of a phase 2 SA are made from. */
struct v1_child_inputs {
	enum alg_id prf;
	struct slice gqm_xy;     /* quick mode's own shared secret; empty: no PFS */
	uint8_t protocol;        /* of the proposal: 2 AH, 3 ESP, 4 IPCOMP */
	struct slice spi;        /* as in the proposal of the end that receives with this SA */
	struct slice ni_b, nr_b; /* quick mode's nonces */
};

/* KEYMAT of |len| bytes for one direction (section 5.5).  IKE_E_RANGE: more than 255 PRF outputs. */
MUST_USE ike_err
keymat_v1_child(struct crypto *c, const struct v1_child_inputs *in, const struct v1_keys *keys,
    size_t len, struct secret *out);

#endif
