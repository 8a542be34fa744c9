/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keymat_v2 - every key of IKEv2 as a pure function of its inputs (RFC 7296 sections 2.13 to 2.18).
 *
 * Slices are borrowed for the call.  Nonces are the data of the nonce payloads, in the roles of the exchange that
 * made the keys: |ni| is that exchange's initiator's.  Results that are keys are owned secrets of the caller.
 *
 * Errors of all of them: IKE_E_UNSUPPORTED and IKE_E_CRYPTO as in crypto/prf.h, IKE_E_NOMEM where a secret is made.
 */
#ifndef CRYPTO_KEYMAT_V2_H
#define CRYPTO_KEYMAT_V2_H

#include "crypto/prf.h"
#include "crypto/secret.h"

/* SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr in one secret.  Free with v2_keys_free(). */
struct v2_keys {
	struct secret all;
	uint16_t prf_len;   /* of SK_d, SK_pi, SK_pr */
	uint16_t integ_len; /* of SK_ai, SK_ar; 0 with an AEAD */
	uint16_t encr_len;  /* of SK_ei, SK_er, salt included */
};

static inline struct slice
v2_sk_d(const struct v2_keys *k)
{
	return slice_of(k->all.p, k->prf_len);
}

/* SK_ai for messages of the original initiator, SK_ar for those of the responder. */
static inline struct slice
v2_sk_a(const struct v2_keys *k, bool of_initiator)
{
	size_t at = (size_t)k->prf_len + (of_initiator ? 0 : k->integ_len);

	return slice_of(k->all.p + at, k->integ_len);
}

/* SK_ei or SK_er: key and salt, as crypto/cipher.h takes it. */
static inline struct slice
v2_sk_e(const struct v2_keys *k, bool of_initiator)
{
	size_t at =
	    (size_t)k->prf_len + 2 * (size_t)k->integ_len + (of_initiator ? 0 : k->encr_len);

	return slice_of(k->all.p + at, k->encr_len);
}

/* SK_pi or SK_pr. */
static inline struct slice
v2_sk_p(const struct v2_keys *k, bool of_initiator)
{
	size_t at = (size_t)k->prf_len + 2 * (size_t)k->integ_len + 2 * (size_t)k->encr_len +
		    (of_initiator ? 0 : k->prf_len);

	return slice_of(k->all.p + at, k->prf_len);
}

/* What both ends know when an IKE SA makes its keys. */
struct v2_inputs {
	enum alg_id prf;
	enum alg_id encr;
	unsigned encr_bits; /* 0: the cipher's default */
	enum alg_id integ;  /* INTEG_NONE or ALG_ID_NONE with an AEAD */
	struct slice ni, nr;
	struct slice spi_i, spi_r; /* of the new IKE SA, 8 bytes each */
	struct slice shared;       /* g^ir, padded to the modulus */
};

/* Keys of a first IKE SA: SKEYSEED = prf(Ni | Nr, g^ir) (section 2.14). */
MUST_USE ike_err
keymat_v2_initial(struct crypto *c, const struct v2_inputs *in, struct v2_keys *out);

/*
 * Keys of an IKE SA that replaces another: SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr) with the old SA's PRF
 * |old_prf|, all else with the new one's (section 2.18).
 */
MUST_USE ike_err
keymat_v2_rekey(struct crypto *c, const struct v2_inputs *in, enum alg_id old_prf,
    struct slice old_sk_d, struct v2_keys *out);

/* Wipe and free; the struct becomes empty. */
void
v2_keys_free(struct v2_keys *k);

/*
 * KEYMAT of |len| bytes for a pair of child SAs (section 2.17): prf+(SK_d, [g^ir (new) |] Ni | Nr).  |shared|
 * is empty without a key exchange of its own.  The caller cuts it: initiator to responder first; encryption
 * key before integrity key.  IKE_E_RANGE: more than prf+ can make.
 */
MUST_USE ike_err
keymat_v2_child(struct crypto *c, enum alg_id prf_alg, struct slice sk_d, struct slice shared,
    struct slice ni, struct slice nr, size_t len, struct secret *out);

/* What one end signs or MACs to authenticate (section 2.15). */
struct v2_auth_inputs {
	enum alg_id prf;
	struct slice message;    /* that end's whole IKE_SA_INIT message, header included */
	struct slice peer_nonce; /* the OTHER end's nonce */
	struct slice sk_p;       /* SK_pi for the initiator's AUTH, SK_pr for the responder's */
	struct slice id_body;    /* body of that end's ID payload: type, reserved, data */
};

/* AUTH = prf(prf(psk, "Key Pad for IKEv2"), <SignedOctets>), for the Shared Key Message Integrity Code method. */
MUST_USE ike_err
keymat_v2_auth_psk(struct crypto *c, const struct v2_auth_inputs *in, struct slice psk,
    uint8_t out[PRF_MAX], size_t *len_out);

#endif
