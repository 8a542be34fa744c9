/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/prf.h"

#include "crypto/internal.h"
#include "crypto/secret.h"

#include <string.h>

#define AES_KEY 16

static ike_err
feed_mac(EVP_MAC_CTX *ctx, struct slice s)
{
	if (s.n != 0 && EVP_MAC_update(ctx, s.p, s.n) != 1)
		return ossl_failed();
	return IKE_OK;
}

/*
 * One MAC with the keyed or re-keyed context |ctx|.  A NULL key.p keeps the key of the last call, which saves
 * an HMAC the work on its key.
 */
static ike_err
run_mac(EVP_MAC_CTX *ctx, struct slice key, const struct mac_input *in, uint8_t out[PRF_MAX],
    size_t want)
{
	size_t n = 0;

	if (EVP_MAC_init(ctx, key.p, key.n, NULL) != 1)
		return ossl_failed();
	TRY(feed_mac(ctx, in->lead));
	for (size_t i = 0; i < in->n_parts; i++)
		TRY(feed_mac(ctx, in->parts[i]));
	TRY(feed_mac(ctx, in->tail));
	if (EVP_MAC_final(ctx, out, &n, PRF_MAX) != 1 || n != want)
		return ossl_failed();
	return IKE_OK;
}

/*
 * RFC 4434 section 2: "If the key is exactly 128 bits long, use it as-is.  If the key has fewer than 128 bits,
 * lengthen it to exactly 128 bits by padding it on the right with zero bits.  If the key is 129 bits or
 * longer, shorten it to exactly 128 bits by performing the steps in AES-XCBC-PRF-128 ... In that
 * re-application of this algorithm, the key is 128 zero bits; the message is the too-long current key."
 */
static ike_err
fit_xcbc_key(struct crypto *c, struct slice key, uint8_t out[AES_KEY])
{
	static const uint8_t zero[AES_KEY];
	struct mac_input in = { .lead = key };

	if (key.n > AES_KEY)
		return xcbc(c, zero, &in, out);
	memset(out, 0, AES_KEY);
	if (key.n != 0)
		memcpy(out, key.p, key.n);
	return IKE_OK;
}

/*
 * RFC 4615 section 3: "If the key, VK, is exactly 128 bits, then we use it as-is.  If it is longer or shorter
 * than 128 bits, then we derive the key, K, by applying the AES-CMAC algorithm using the 128-bit all-zero
 * string as the key and VK as the input message."
 */
static ike_err
fit_cmac_key(EVP_MAC_CTX *ctx, struct slice key, uint8_t out[AES_KEY])
{
	static const uint8_t zero[AES_KEY];
	uint8_t mac[PRF_MAX];
	struct mac_input in = { .lead = key };
	ike_err err;

	if (key.n == AES_KEY) {
		memcpy(out, key.p, AES_KEY);
		return IKE_OK;
	}
	err = run_mac(ctx, slice_of(zero, sizeof(zero)), &in, mac, AES_KEY);
	if (err == IKE_OK)
		memcpy(out, mac, AES_KEY);
	wipe(mac, sizeof(mac));
	return err;
}

/* A PRF with its key worked in: what prf() and prf_plus() share. */
struct keyed {
	enum alg_id alg;
	size_t len;       /* of the output */
	EVP_MAC_CTX *ctx; /* HMAC and CMAC */
	struct slice key; /* HMAC: the caller's; cleared when it is in |ctx| */
	uint8_t aes_key[AES_KEY];
};

static ike_err
key_prf(struct crypto *c, enum alg_id alg, struct slice key, struct keyed *k)
{
	enum md_slot slot;

	k->alg = alg;
	k->len = prf_len(alg);
	k->ctx = NULL;
	if (alg == PRF_AES_XCBC)
		return fit_xcbc_key(c, key, k->aes_key);
	if (alg == PRF_AES_CMAC) {
		TRY(fetch_cmac(c, &k->ctx));
		k->key = slice_of(k->aes_key, AES_KEY);
		return fit_cmac_key(k->ctx, key, k->aes_key);
	}
	if (alg_get(alg) == NULL || alg_get(alg)->kind != ALG_PRF || !md_of_alg(alg, &slot))
		return IKE_E_UNSUPPORTED;
	/* OpenSSL takes a NULL key for "the last one". */
	k->key = key.n == 0 ? slice_of("", 0) : key;
	return fetch_hmac(c, slot, &k->ctx);
}

static ike_err
run_prf(struct crypto *c, struct keyed *k, const struct mac_input *in, uint8_t out[PRF_MAX])
{
	if (k->ctx == NULL)
		return xcbc(c, k->aes_key, in, out);
	TRY(run_mac(k->ctx, k->key, in, out, k->len));
	k->key = slice_of(NULL, 0);
	return IKE_OK;
}

size_t
prf_len(enum alg_id alg)
{
	const struct alg *a = alg_get(alg);

	return a != NULL && (a->kind == ALG_PRF || a->kind == ALG_HASH) ? a->out : 0;
}

ike_err
prf(struct crypto *c, enum alg_id alg, struct slice key, const struct slice *parts, size_t n_parts,
    uint8_t out[PRF_MAX], size_t *len_out)
{
	struct mac_input in = { .parts = parts, .n_parts = n_parts };
	struct keyed k;
	ike_err err = key_prf(c, alg, key, &k);

	if (err == IKE_OK)
		err = run_prf(c, &k, &in, out);
	if (err == IKE_OK)
		*len_out = k.len;
	wipe(k.aes_key, sizeof(k.aes_key));
	return err;
}

/* RFC 7296 section 2.13: "T1 = prf (K, S | 0x01), T2 = prf (K, T1 | S | 0x02)" and so on. */
static ike_err
expand(struct crypto *c, struct keyed *k, struct mac_input *in, uint8_t *out, size_t len)
{
	uint8_t t[PRF_MAX];
	uint8_t counter = 1;
	ike_err err = IKE_OK;

	in->tail = slice_of(&counter, 1);
	while (len != 0) {
		size_t take = len < k->len ? len : k->len;

		err = run_prf(c, k, in, t);
		if (err != IKE_OK)
			break;
		memcpy(out, t, take);
		out += take;
		len -= take;
		in->lead = slice_of(t, k->len);
		counter++;
	}
	wipe(t, sizeof(t));
	return err;
}

ike_err
prf_plus(struct crypto *c, enum alg_id alg, struct slice key, const struct slice *parts,
    size_t n_parts, uint8_t *out, size_t len)
{
	struct mac_input in = { .parts = parts, .n_parts = n_parts };
	struct keyed k;
	ike_err err = key_prf(c, alg, key, &k);

	/*
	 * RFC 7296 section 2.13: "The prf+ function is not defined beyond 255 times the size of the prf
	 * function output."
	 */
	if (err == IKE_OK && len > 255 * k.len)
		err = IKE_E_RANGE;
	if (err == IKE_OK)
		err = expand(c, &k, &in, out, len);
	wipe(k.aes_key, sizeof(k.aes_key));
	return err;
}

ike_err
hash(struct crypto *c, enum alg_id alg, const struct slice *parts, size_t n_parts,
    uint8_t out[PRF_MAX], size_t *len_out)
{
	const struct alg *a = alg_get(alg);
	enum md_slot slot;
	const EVP_MD *md;
	unsigned n = 0;

	if (a == NULL || a->kind != ALG_HASH || !md_of_alg(alg, &slot))
		return IKE_E_UNSUPPORTED;
	TRY(fetch_md(c, slot, &md));
	if (EVP_DigestInit_ex2(c->md_ctx, md, NULL) != 1)
		return ossl_failed();
	for (size_t i = 0; i < n_parts; i++) {
		if (parts[i].n != 0 && EVP_DigestUpdate(c->md_ctx, parts[i].p, parts[i].n) != 1)
			return ossl_failed();
	}
	if (EVP_DigestFinal_ex(c->md_ctx, out, &n) != 1 || n != a->out)
		return ossl_failed();
	*len_out = n;
	return IKE_OK;
}

static size_t
md_len(enum md_slot slot)
{
	static const uint8_t len[MD_COUNT] = {
		[MD_MD5] = 16,
		[MD_SHA1] = 20,
		[MD_SHA256] = 32,
		[MD_SHA384] = 48,
		[MD_SHA512] = 64,
	};

	return len[slot];
}

ike_err
integ(struct crypto *c, enum alg_id alg, struct slice key, const struct slice *parts,
    size_t n_parts, uint8_t out[PRF_MAX], size_t *len_out)
{
	struct mac_input in = { .parts = parts, .n_parts = n_parts };
	const struct alg *a = alg_get(alg);
	EVP_MAC_CTX *ctx;
	enum md_slot slot;

	if (a == NULL || a->kind != ALG_INTEG)
		return IKE_E_UNSUPPORTED;
	if (alg == INTEG_AES_XCBC_96) {
		if (key.n != AES_KEY)
			return IKE_E_CRYPTO;
		TRY(xcbc(c, key.p, &in, out));
	} else if (alg == INTEG_AES_CMAC_96) {
		if (key.n != AES_KEY)
			return IKE_E_CRYPTO;
		TRY(fetch_cmac(c, &ctx));
		TRY(run_mac(ctx, key, &in, out, AES_KEY));
	} else {
		if (!md_of_alg(alg, &slot))
			return IKE_E_UNSUPPORTED;
		if (key.n != md_len(slot))
			return IKE_E_CRYPTO;
		TRY(fetch_hmac(c, slot, &ctx));
		TRY(run_mac(ctx, key, &in, out, md_len(slot)));
	}
	*len_out = a->icv;
	return IKE_OK;
}

ike_err
integ_verify(struct crypto *c, enum alg_id alg, struct slice key, const struct slice *parts,
    size_t n_parts, struct slice icv)
{
	uint8_t mac[PRF_MAX];
	size_t n;

	TRY(integ(c, alg, key, parts, n_parts, mac, &n));
	return ct_equal(slice_of(mac, n), icv) ? IKE_OK : IKE_E_INTEGRITY;
}
