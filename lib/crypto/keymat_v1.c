/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/keymat_v1.h"

#include <string.h>

#define PARTS(a) (a), sizeof(a) / sizeof((a)[0])

static void
put_u32(uint8_t out[4], uint32_t v)
{
	out[0] = (uint8_t)(v >> 24);
	out[1] = (uint8_t)(v >> 16);
	out[2] = (uint8_t)(v >> 8);
	out[3] = (uint8_t)v;
}

/*
 * RFC 2409 section 5: "SKEYID_d = prf(SKEYID, g^xy | CKY-I | CKY-R | 0)", "SKEYID_a = prf(SKEYID, SKEYID_d |
 * g^xy | CKY-I | CKY-R | 1)", "SKEYID_e = prf(SKEYID, SKEYID_a | g^xy | CKY-I | CKY-R | 2)"; the digits are
 * single octets.  SKEYID is in its place in |k| already.
 */
static ike_err
derive_rest(struct crypto *c, const struct v1_inputs *in, struct v1_keys *k)
{
	uint8_t out[PRF_MAX];
	struct slice previous = { NULL, 0 };
	ike_err err = IKE_OK;
	size_t n;

	for (uint8_t digit = 0; digit < 3 && err == IKE_OK; digit++) {
		struct slice parts[] = { previous, in->gxy, in->cky_i, in->cky_r,
			slice_of(&digit, 1) };
		uint8_t *place = k->all.p + ((size_t)digit + 1) * k->len;

		err = prf(c, in->prf, v1_skeyid(k), PARTS(parts), out, &n);
		if (err == IKE_OK)
			memcpy(place, out, k->len);
		previous = slice_of(place, k->len);
	}
	wipe(out, sizeof(out));
	return err;
}

/* SKEYID = prf(key, parts), then the others. */
static ike_err
derive_all(struct crypto *c, const struct v1_inputs *in, struct slice key,
    const struct slice *parts, size_t n_parts, struct v1_keys *out)
{
	struct v1_keys k;
	uint8_t skeyid[PRF_MAX];
	size_t n;
	ike_err err;

	TRY(prf(c, in->prf, key, parts, n_parts, skeyid, &n));
	k.len = (uint16_t)n;
	err = secret_new(4 * n, &k.all);
	if (err == IKE_OK) {
		memcpy(k.all.p, skeyid, n);
		err = derive_rest(c, in, &k);
		if (err != IKE_OK)
			secret_free(&k.all);
	}
	wipe(skeyid, sizeof(skeyid));
	if (err == IKE_OK)
		*out = k;
	return err;
}

ike_err
keymat_v1_psk(struct crypto *c, const struct v1_inputs *in, struct slice psk, struct v1_keys *out)
{
	/* RFC 2409 section 5: "For pre-shared keys: SKEYID = prf(pre-shared-key, Ni_b | Nr_b)". */
	struct slice parts[] = { in->ni_b, in->nr_b };

	return derive_all(c, in, psk, PARTS(parts), out);
}

ike_err
keymat_v1_sig(struct crypto *c, const struct v1_inputs *in, struct v1_keys *out)
{
	/* RFC 2409 section 5: "For signatures: SKEYID = prf(Ni_b | Nr_b, g^xy)". */
	struct slice parts[] = { in->gxy };
	struct slice nonces[] = { in->ni_b, in->nr_b };
	struct secret key;
	ike_err err;

	TRY(secret_new(nonces[0].n + nonces[1].n, &key));
	for (size_t i = 0, at = 0; i < 2; at += nonces[i].n, i++) {
		if (nonces[i].n != 0)
			memcpy(key.p + at, nonces[i].p, nonces[i].n);
	}
	err = derive_all(c, in, secret_slice(&key), PARTS(parts), out);
	secret_free(&key);
	return err;
}

void
v1_keys_free(struct v1_keys *k)
{
	secret_free(&k->all);
	k->len = 0;
}

/*
 * Blocks K1 | K2 | ... cut to |out|, each the PRF under |key| of the block before it, which is nothing for the first
 * unless |first| is given, and of |rest|.
 */
static ike_err
chain_blocks(struct crypto *c, enum alg_id prf_alg, struct slice key, struct slice first,
    const struct slice *rest, size_t n_rest, struct secret *out)
{
	struct slice parts[8] = { first };
	uint8_t block[PRF_MAX];
	ike_err err = IKE_OK;
	size_t n;

	if (n_rest > 7)
		return IKE_E_INTERNAL;
	for (size_t i = 0; i < n_rest; i++)
		parts[i + 1] = rest[i];
	for (size_t at = 0; at < out->n && err == IKE_OK; at += n) {
		err = prf(c, prf_alg, key, parts, n_rest + 1, block, &n);
		if (err != IKE_OK)
			break;
		memcpy(out->p + at, block, n < out->n - at ? n : out->n - at);
		parts[0] = slice_of(block, n);
	}
	wipe(block, sizeof(block));
	return err;
}

/*
 * RFC 2409 appendix B: a key longer than SKEYID_e is "derived from feeding the results of a pseudo-random
 * function into itself, concatenating the results, and taking the highest necessary bits": Ka = K1 | K2 | K3
 * with K1 = prf(SKEYID_e, 0), K2 = prf(SKEYID_e, K1), K3 = prf(SKEYID_e, K2), where 0 is a single octet.
 */
ike_err
keymat_v1_cipher_key(struct crypto *c, enum alg_id prf_alg, const struct v1_keys *keys,
    enum alg_id encr, unsigned bits, struct secret *out)
{
	static const uint8_t zero = 0;
	const struct alg *a = alg_get(encr);
	struct slice e = v1_skeyid_e(keys);
	struct secret s;
	size_t len;
	ike_err err = IKE_OK;

	if (a == NULL || a->kind != ALG_ENCR || (bits != 0 && !alg_key_ok(a, bits)))
		return IKE_E_UNSUPPORTED;
	len = alg_keymat_len(a, bits);
	TRY(secret_new(len, &s));
	if (len > e.n)
		err = chain_blocks(c, prf_alg, e, slice_of(&zero, 1), NULL, 0, &s);
	else if (len != 0)
		memcpy(s.p, e.p, len);
	/*
	 * RFC 2409 appendix B: "The key for DES-CBC is derived from the first eight (8) non-weak and
	 * non-semi-weak (see Appendix A) bytes of SKEYID_e."  One key in 2^52 is concerned; we refuse it.
	 */
	if (err == IKE_OK && cipher_key_weak(encr, secret_slice(&s)))
		err = IKE_E_CRYPTO;
	if (err != IKE_OK) {
		secret_free(&s);
		return err;
	}
	*out = s;
	return IKE_OK;
}

static ike_err
hash_prefix(struct crypto *c, enum alg_id hash_alg, const struct slice *parts, size_t n_parts,
    uint8_t *out, size_t len)
{
	uint8_t digest[PRF_MAX];
	size_t n;

	TRY(hash(c, hash_alg, parts, n_parts, digest, &n));
	if (len > n)
		return IKE_E_RANGE;
	memcpy(out, digest, len);
	return IKE_OK;
}

/*
 * RFC 2409 appendix B: "In phase 1, material for the initialization vector (IV material) for CBC mode
 * encryption algorithms is derived from a hash of a concatenation of the initiator's public Diffie-Hellman
 * value and the responder's public Diffie-Hellman value using the negotiated hash algorithm."
 */
ike_err
keymat_v1_iv(struct crypto *c, enum alg_id hash_alg, struct slice gxi, struct slice gxr,
    uint8_t *iv_out, size_t iv_len)
{
	struct slice parts[] = { gxi, gxr };

	return hash_prefix(c, hash_alg, PARTS(parts), iv_out, iv_len);
}

/*
 * RFC 2409 appendix B: in phase 2 the material "is derived from a hash of a concatenation of the last phase 1
 * CBC output block and the phase 2 message id using the negotiated hash algorithm".
 */
ike_err
keymat_v1_iv_phase2(struct crypto *c, enum alg_id hash_alg, struct slice last_block, uint32_t msgid,
    uint8_t *iv_out, size_t iv_len)
{
	uint8_t id[4];
	struct slice parts[] = { last_block, slice_of(id, sizeof(id)) };

	put_u32(id, msgid);
	return hash_prefix(c, hash_alg, PARTS(parts), iv_out, iv_len);
}

/* RFC 2409 section 5: "HASH_I = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b )". */
ike_err
keymat_v1_hash_i(struct crypto *c, const struct v1_inputs *in, const struct v1_keys *keys,
    uint8_t out[PRF_MAX], size_t *len_out)
{
	struct slice parts[] = { in->gxi, in->gxr, in->cky_i, in->cky_r, in->sai_b, in->idii_b };

	return prf(c, in->prf, v1_skeyid(keys), PARTS(parts), out, len_out);
}

/* RFC 2409 section 5: "HASH_R = prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b )". */
ike_err
keymat_v1_hash_r(struct crypto *c, const struct v1_inputs *in, const struct v1_keys *keys,
    uint8_t out[PRF_MAX], size_t *len_out)
{
	struct slice parts[] = { in->gxr, in->gxi, in->cky_r, in->cky_i, in->sai_b, in->idir_b };

	return prf(c, in->prf, v1_skeyid(keys), PARTS(parts), out, len_out);
}

/*
 * RFC 2409 section 5.5: HASH(1) is the prf over the message id "concatenated with the entire message that
 * follows the hash including all payload headers, but excluding any padding added for encryption".
 */
ike_err
keymat_v1_hash1(struct crypto *c, enum alg_id prf_alg, const struct v1_keys *keys, uint32_t msgid,
    struct slice rest, uint8_t out[PRF_MAX], size_t *len_out)
{
	uint8_t id[4];
	struct slice parts[] = { slice_of(id, sizeof(id)), rest };

	put_u32(id, msgid);
	return prf(c, prf_alg, v1_skeyid_a(keys), PARTS(parts), out, len_out);
}

/*
 * RFC 2409 section 5.5: HASH(2) is the same "except the initiator's nonce -- Ni, minus the payload header -- is added
 * after M-ID but before the complete message".
 */
ike_err
keymat_v1_hash2(struct crypto *c, enum alg_id prf_alg, const struct v1_keys *keys, uint32_t msgid,
    struct slice ni_b, struct slice rest, uint8_t out[PRF_MAX], size_t *len_out)
{
	uint8_t id[4];
	struct slice parts[] = { slice_of(id, sizeof(id)), ni_b, rest };

	put_u32(id, msgid);
	return prf(c, prf_alg, v1_skeyid_a(keys), PARTS(parts), out, len_out);
}

/* RFC 2409 section 5.5: "HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b)", 0 being a single octet. */
ike_err
keymat_v1_hash3(struct crypto *c, enum alg_id prf_alg, const struct v1_keys *keys, uint32_t msgid,
    struct slice ni_b, struct slice nr_b, uint8_t out[PRF_MAX], size_t *len_out)
{
	static const uint8_t zero = 0;
	uint8_t id[4];
	struct slice parts[] = { slice_of(&zero, 1), slice_of(id, sizeof(id)), ni_b, nr_b };

	put_u32(id, msgid);
	return prf(c, prf_alg, v1_skeyid_a(keys), PARTS(parts), out, len_out);
}

/*
 * RFC 2409 section 5.5: "KEYMAT = prf(SKEYID_d, protocol | SPI | Ni_b | Nr_b)", with PFS "KEYMAT =
 * prf(SKEYID_d, g(qm)^xy | protocol | SPI | Ni_b | Nr_b)"; longer: "KEYMAT = K1 | K2 | K3 | ..." where each
 * next block is the prf of the one before it followed by the same input.
 */
ike_err
keymat_v1_child(struct crypto *c, const struct v1_child_inputs *in, const struct v1_keys *keys,
    size_t len, struct secret *out)
{
	struct slice rest[] = { in->gqm_xy, slice_of(&in->protocol, 1), in->spi, in->ni_b,
		in->nr_b };
	struct secret s;
	ike_err err;

	if (len > 255 * (size_t)keys->len)
		return IKE_E_RANGE;
	TRY(secret_new(len, &s));
	err = chain_blocks(c, in->prf, v1_skeyid_d(keys), slice_of(NULL, 0), PARTS(rest), &s);
	if (err != IKE_OK) {
		secret_free(&s);
		return err;
	}
	*out = s;
	return IKE_OK;
}
