/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: looking an algorithm up by name takes OpenSSL longer than using it on a short input.  So each
 * is looked up when first used and kept in a slot of the context, with one working context that is keyed anew
 * for each use.  What was not offered once is not asked for again.
 */
#include "crypto/internal.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>

static const char *const md_names[MD_COUNT] = {
	[MD_MD5] = "MD5",
	[MD_SHA1] = "SHA1",
	[MD_SHA256] = "SHA2-256",
	[MD_SHA384] = "SHA2-384",
	[MD_SHA512] = "SHA2-512",
};

static const char *const cipher_names[CI_COUNT] = {
	[CI_DES_CBC] = "DES-CBC",
	[CI_3DES_CBC] = "DES-EDE3-CBC",
	[CI_BF_CBC] = "BF-CBC",
	[CI_CAST_CBC] = "CAST5-CBC",
	[CI_AES128_CBC] = "AES-128-CBC",
	[CI_AES192_CBC] = "AES-192-CBC",
	[CI_AES256_CBC] = "AES-256-CBC",
	[CI_AES128_CTR] = "AES-128-CTR",
	[CI_AES192_CTR] = "AES-192-CTR",
	[CI_AES256_CTR] = "AES-256-CTR",
	[CI_AES128_GCM] = "AES-128-GCM",
	[CI_AES192_GCM] = "AES-192-GCM",
	[CI_AES256_GCM] = "AES-256-GCM",
	[CI_AES128_CCM] = "AES-128-CCM",
	[CI_AES192_CCM] = "AES-192-CCM",
	[CI_AES256_CCM] = "AES-256-CCM",
	[CI_CAMELLIA128_CBC] = "CAMELLIA-128-CBC",
	[CI_CAMELLIA192_CBC] = "CAMELLIA-192-CBC",
	[CI_CAMELLIA256_CBC] = "CAMELLIA-256-CBC",
	[CI_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
	[CI_AES128_ECB] = "AES-128-ECB",
};

static const struct {
	enum alg_id alg;
	enum cipher_slot first;
	unsigned count;
} cipher_rows[] = {
	{ ENCR_DES, CI_DES_CBC, 1 },
	{ ENCR_3DES, CI_3DES_CBC, 1 },
	{ ENCR_BLOWFISH, CI_BF_CBC, 1 },
	{ ENCR_CAST128, CI_CAST_CBC, 1 },
	{ ENCR_AES_CBC, CI_AES128_CBC, 3 },
	{ ENCR_AES_CTR, CI_AES128_CTR, 3 },
	{ ENCR_CAMELLIA_CBC, CI_CAMELLIA128_CBC, 3 },
	{ ENCR_AES_GCM_8, CI_AES128_GCM, 3 },
	{ ENCR_AES_GCM_12, CI_AES128_GCM, 3 },
	{ ENCR_AES_GCM_16, CI_AES128_GCM, 3 },
	{ ENCR_AES_CCM_8, CI_AES128_CCM, 3 },
	{ ENCR_AES_CCM_12, CI_AES128_CCM, 3 },
	{ ENCR_AES_CCM_16, CI_AES128_CCM, 3 },
	{ ENCR_CHACHA20_POLY1305, CI_CHACHA20_POLY1305, 1 },
};

static const struct {
	enum alg_id alg;
	enum md_slot slot;
} md_rows[] = {
	{ HASH_MD5, MD_MD5 },
	{ HASH_SHA1, MD_SHA1 },
	{ HASH_SHA256, MD_SHA256 },
	{ HASH_SHA384, MD_SHA384 },
	{ HASH_SHA512, MD_SHA512 },
	{ PRF_HMAC_MD5, MD_MD5 },
	{ PRF_HMAC_SHA1, MD_SHA1 },
	{ PRF_HMAC_SHA256, MD_SHA256 },
	{ PRF_HMAC_SHA384, MD_SHA384 },
	{ PRF_HMAC_SHA512, MD_SHA512 },
	{ INTEG_HMAC_MD5_96, MD_MD5 },
	{ INTEG_HMAC_SHA1_96, MD_SHA1 },
	{ INTEG_HMAC_SHA256_96, MD_SHA256 },
	{ INTEG_HMAC_SHA256_128, MD_SHA256 },
	{ INTEG_HMAC_SHA384_192, MD_SHA384 },
	{ INTEG_HMAC_SHA512_256, MD_SHA512 },
};

bool
cipher_slots(enum alg_id alg, enum cipher_slot *first_out, unsigned *count_out)
{
	for (size_t i = 0; i < sizeof(cipher_rows) / sizeof(cipher_rows[0]); i++) {
		if (cipher_rows[i].alg == alg) {
			*first_out = cipher_rows[i].first;
			*count_out = cipher_rows[i].count;
			return true;
		}
	}
	return false;
}

bool
md_of_alg(enum alg_id alg, enum md_slot *out)
{
	for (size_t i = 0; i < sizeof(md_rows) / sizeof(md_rows[0]); i++) {
		if (md_rows[i].alg == alg) {
			*out = md_rows[i].slot;
			return true;
		}
	}
	return false;
}

ike_err
fetch_md(struct crypto *c, enum md_slot slot, const EVP_MD **out)
{
	struct kept_md *k = &c->md[slot];

	if (k->md == NULL && !k->absent) {
		k->md = EVP_MD_fetch(c->lib, md_names[slot], NULL);
		k->absent = k->md == NULL;
		if (k->absent)
			ERR_clear_error();
	}
	if (k->md == NULL)
		return IKE_E_UNSUPPORTED;
	*out = k->md;
	return IKE_OK;
}

/* A new context of |mac| with the one parameter |name| = |value|. */
static ike_err
mac_ctx_new(EVP_MAC *mac, const char *name, const char *value, EVP_MAC_CTX **out)
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(name, (char *)value, 0),
		OSSL_PARAM_construct_end() };

	if (ctx == NULL || EVP_MAC_CTX_set_params(ctx, params) != 1) {
		EVP_MAC_CTX_free(ctx);
		return ossl_failed();
	}
	*out = ctx;
	return IKE_OK;
}

ike_err
fetch_hmac(struct crypto *c, enum md_slot slot, EVP_MAC_CTX **out)
{
	struct kept_md *k = &c->md[slot];
	const EVP_MD *md;

	TRY(fetch_md(c, slot, &md));
	if (k->hmac == NULL)
		TRY(mac_ctx_new(c->hmac, OSSL_MAC_PARAM_DIGEST, md_names[slot], &k->hmac));
	*out = k->hmac;
	return IKE_OK;
}

ike_err
fetch_cmac(struct crypto *c, EVP_MAC_CTX **out)
{
	if (c->cmac_ctx == NULL)
		TRY(mac_ctx_new(c->cmac, OSSL_MAC_PARAM_CIPHER, "AES-128-CBC", &c->cmac_ctx));
	*out = c->cmac_ctx;
	return IKE_OK;
}

ike_err
fetch_cipher(struct crypto *c, enum cipher_slot slot, EVP_CIPHER_CTX **out)
{
	struct kept_cipher *k = &c->cipher[slot];
	EVP_CIPHER_CTX *ctx;

	if (k->cipher == NULL && !k->absent) {
		k->cipher = EVP_CIPHER_fetch(c->lib, cipher_names[slot], NULL);
		k->absent = k->cipher == NULL;
		if (k->absent)
			ERR_clear_error();
	}
	if (k->cipher == NULL)
		return IKE_E_UNSUPPORTED;
	if (k->ctx == NULL) {
		ctx = EVP_CIPHER_CTX_new();
		if (ctx == NULL || EVP_CipherInit_ex2(ctx, k->cipher, NULL, NULL, 1, NULL) != 1) {
			EVP_CIPHER_CTX_free(ctx);
			return ossl_failed();
		}
		k->ctx = ctx;
	}
	*out = k->ctx;
	return IKE_OK;
}
