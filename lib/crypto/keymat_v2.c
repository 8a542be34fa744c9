/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/keymat_v2.h"

#include <string.h>

#define PARTS(a) (a), sizeof(a) / sizeof((a)[0])

static struct slice
at_most(struct slice s, size_t n)
{
	return slice_of(s.p, s.n < n ? s.n : n);
}

/*
 * RFC 7296 section 2.14: "If the negotiated PRF is AES-XCBC-PRF-128 or AES-CMAC-PRF-128, only the first 64
 * bits of Ni and the first 64 bits of Nr are used in calculating SKEYSEED, but all the bits are used for input
 * to the prf+ function."
 */
static ike_err
seed_initial(struct crypto *c, const struct v2_inputs *in, uint8_t out[PRF_MAX], size_t *len_out)
{
	bool halves = in->prf == PRF_AES_XCBC || in->prf == PRF_AES_CMAC;
	struct slice ni = halves ? at_most(in->ni, 8) : in->ni;
	struct slice nr = halves ? at_most(in->nr, 8) : in->nr;
	struct slice parts[] = { in->shared };
	struct secret key;
	ike_err err;

	TRY(secret_new(ni.n + nr.n, &key));
	if (ni.n != 0)
		memcpy(key.p, ni.p, ni.n);
	if (nr.n != 0)
		memcpy(key.p + ni.n, nr.p, nr.n);
	err = prf(c, in->prf, secret_slice(&key), PARTS(parts), out, len_out);
	secret_free(&key);
	return err;
}

/* Lengths of the seven keys for what was negotiated. */
static ike_err
key_lengths(const struct v2_inputs *in, struct v2_keys *k)
{
	const struct alg *encr = alg_get(in->encr);
	const struct alg *integ = alg_get(in->integ);
	const struct alg *prf_row = alg_get(in->prf);

	if (encr == NULL || encr->kind != ALG_ENCR ||
	    (in->encr_bits != 0 && !alg_key_ok(encr, in->encr_bits)))
		return IKE_E_UNSUPPORTED;
	if ((integ != NULL && integ->kind != ALG_INTEG) || prf_row == NULL ||
	    prf_row->kind != ALG_PRF)
		return IKE_E_UNSUPPORTED;
	k->prf_len = (uint16_t)prf_len(in->prf);
	k->encr_len = (uint16_t)alg_keymat_len(encr, in->encr_bits);
	k->integ_len =
	    integ == NULL || integ->id == INTEG_NONE ? 0 : (uint16_t)alg_keymat_len(integ, 0);
	return IKE_OK;
}

/*
 * RFC 7296 section 2.14: "{SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} = prf+ (SKEYSEED, Ni | Nr | SPIi |
 * SPIr)".
 */
static ike_err
expand(struct crypto *c, const struct v2_inputs *in, struct slice skeyseed, struct v2_keys *out)
{
	struct slice seed[] = { in->ni, in->nr, in->spi_i, in->spi_r };
	struct v2_keys k;
	ike_err err;

	TRY(key_lengths(in, &k));
	TRY(secret_new(
	    3 * (size_t)k.prf_len + 2 * (size_t)k.integ_len + 2 * (size_t)k.encr_len, &k.all));
	err = prf_plus(c, in->prf, skeyseed, PARTS(seed), k.all.p, k.all.n);
	if (err != IKE_OK) {
		secret_free(&k.all);
		return err;
	}
	*out = k;
	return IKE_OK;
}

ike_err
keymat_v2_initial(struct crypto *c, const struct v2_inputs *in, struct v2_keys *out)
{
	uint8_t skeyseed[PRF_MAX];
	size_t n;
	ike_err err = seed_initial(c, in, skeyseed, &n);

	if (err == IKE_OK)
		err = expand(c, in, slice_of(skeyseed, n), out);
	wipe(skeyseed, sizeof(skeyseed));
	return err;
}

/*
 * RFC 7296 section 2.18: "SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr)", and "The old and new IKE SA may
 * have selected a different PRF.  Because the rekeying exchange belongs to the old IKE SA, it is the old IKE
 * SA's PRF that is used to generate SKEYSEED."
 */
ike_err
keymat_v2_rekey(struct crypto *c, const struct v2_inputs *in, enum alg_id old_prf,
    struct slice old_sk_d, struct v2_keys *out)
{
	struct slice parts[] = { in->shared, in->ni, in->nr };
	uint8_t skeyseed[PRF_MAX];
	size_t n;
	ike_err err = prf(c, old_prf, old_sk_d, PARTS(parts), skeyseed, &n);

	if (err == IKE_OK)
		err = expand(c, in, slice_of(skeyseed, n), out);
	wipe(skeyseed, sizeof(skeyseed));
	return err;
}

void
v2_keys_free(struct v2_keys *k)
{
	secret_free(&k->all);
	*k = (struct v2_keys){ { NULL, 0 }, 0, 0, 0 };
}

/*
 * RFC 7296 section 2.17: "KEYMAT = prf+(SK_d, Ni | Nr)", and with a Diffie-Hellman exchange "KEYMAT =
 * prf+(SK_d, g^ir (new) | Ni | Nr )".
 */
ike_err
keymat_v2_child(struct crypto *c, enum alg_id prf_alg, struct slice sk_d, struct slice shared,
    struct slice ni, struct slice nr, size_t len, struct secret *out)
{
	struct slice seed[] = { shared, ni, nr };
	struct secret s;
	ike_err err;

	TRY(secret_new(len, &s));
	err = prf_plus(c, prf_alg, sk_d, PARTS(seed), s.p, s.n);
	if (err != IKE_OK) {
		secret_free(&s);
		return err;
	}
	*out = s;
	return IKE_OK;
}

/*
 * RFC 7296 section 2.15: "InitiatorSignedOctets = RealMessage1 | NonceRData | MACedIDForI", "MACedIDForI =
 * prf(SK_pi, RestOfInitIDPayload)", the responder's with the roles exchanged; "AUTH = prf( prf(Shared Secret,
 * "Key Pad for IKEv2"), <InitiatorSignedOctets>)", the string "17 ASCII characters without null termination".
 */
ike_err
keymat_v2_auth_psk(struct crypto *c, const struct v2_auth_inputs *in, struct slice psk,
    uint8_t out[PRF_MAX], size_t *len_out)
{
	static const uint8_t pad[17] = "Key Pad for IKEv2";
	struct slice pad_part = slice_of(pad, sizeof(pad));
	uint8_t maced_id[PRF_MAX], key[PRF_MAX];
	struct slice octets[3] = { in->message, in->peer_nonce };
	size_t n;
	ike_err err = prf(c, in->prf, in->sk_p, &in->id_body, 1, maced_id, &n);

	if (err == IKE_OK) {
		octets[2] = slice_of(maced_id, n);
		err = prf(c, in->prf, psk, &pad_part, 1, key, &n);
	}
	if (err == IKE_OK)
		err = prf(c, in->prf, slice_of(key, n), PARTS(octets), out, len_out);
	wipe(maced_id, sizeof(maced_id));
	wipe(key, sizeof(key));
	return err;
}
