/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/crypto.h"

#include "crypto/internal.h"
#include "crypto/secret.h"

#include <openssl/crypto.h>
#include <stdlib.h>

bool
crypto_process_init(void)
{
	int done = CRYPTO_secure_malloc_initialized() == 1
		       ? 1
		       : CRYPTO_secure_malloc_init(CRYPTO_SECURE_HEAP, 16);

	/* 2: usable, but not locked or not guarded. */
	if (done != 1)
		ERR_clear_error();
	return done == 1;
}

/* Load the providers and start the generator, so that what can fail here fails now. */
static ike_err
start(struct crypto *c, const struct crypto_options *opt)
{
	uint8_t first;

	c->base = OSSL_PROVIDER_load(c->lib, "default");
	if (c->base == NULL)
		return ossl_failed();
	if (!opt->no_legacy) {
		c->legacy = OSSL_PROVIDER_load(c->lib, "legacy");
		if (c->legacy == NULL)
			ERR_clear_error();
	}
	c->hmac = EVP_MAC_fetch(c->lib, "HMAC", NULL);
	c->cmac = EVP_MAC_fetch(c->lib, "CMAC", NULL);
	c->md_ctx = EVP_MD_CTX_new();
	if (c->hmac == NULL || c->cmac == NULL || c->md_ctx == NULL)
		return ossl_failed();
	if (opt->seed.n != 0)
		return det_rand_install(c, opt->seed);
	return crypto_random(c, &first, 1);
}

ike_err
crypto_new(const struct crypto_options *opt, struct crypto **out)
{
	static const struct crypto_options none;
	struct crypto *c = calloc(1, sizeof(*c));
	ike_err err;

	if (c == NULL)
		return IKE_E_NOMEM;
	c->lib = OSSL_LIB_CTX_new();
	if (c->lib == NULL) {
		free(c);
		ERR_clear_error();
		return IKE_E_NOMEM;
	}
	err = start(c, opt == NULL ? &none : opt);
	if (err != IKE_OK) {
		crypto_free(c);
		return err;
	}
	*out = c;
	return IKE_OK;
}

void
crypto_forget(struct crypto *c)
{
	for (int i = 0; i < MD_COUNT; i++) {
		EVP_MAC_CTX_free(c->md[i].hmac);
		c->md[i].hmac = NULL;
	}
	for (int i = 0; i < CI_COUNT; i++) {
		EVP_CIPHER_CTX_free(c->cipher[i].ctx);
		c->cipher[i].ctx = NULL;
	}
	EVP_MAC_CTX_free(c->cmac_ctx);
	c->cmac_ctx = NULL;
}

/* Unloading a provider fails only for one that is not loaded; there is nothing left to do about it here. */
static void
unload(OSSL_PROVIDER *p)
{
	if (p != NULL && OSSL_PROVIDER_unload(p) != 1)
		ERR_clear_error();
}

void
crypto_free(struct crypto *c)
{
	if (c == NULL)
		return;
	crypto_forget(c);
	for (int i = 0; i < MD_COUNT; i++)
		EVP_MD_free(c->md[i].md);
	for (int i = 0; i < CI_COUNT; i++)
		EVP_CIPHER_free(c->cipher[i].cipher);
	EVP_MD_CTX_free(c->md_ctx);
	EVP_MAC_free(c->hmac);
	EVP_MAC_free(c->cmac);
	unload(c->det);
	unload(c->legacy);
	unload(c->base);
	OSSL_LIB_CTX_free(c->lib);
	free(c);
}

static bool
has_cipher(struct crypto *c, enum alg_id id)
{
	enum cipher_slot first;
	unsigned count;
	EVP_CIPHER_CTX *ctx;

	if (!cipher_slots(id, &first, &count))
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (fetch_cipher(c, first + i, &ctx) != IKE_OK)
			return false;
	}
	return true;
}

static bool
has_aes_mac(struct crypto *c, bool is_cmac)
{
	EVP_CIPHER_CTX *ctx;
	EVP_MAC_CTX *mac;

	if (is_cmac)
		return fetch_cmac(c, &mac) == IKE_OK;
	return fetch_cipher(c, CI_AES128_ECB, &ctx) == IKE_OK &&
	       fetch_cipher(c, CI_AES128_CBC, &ctx) == IKE_OK;
}

bool
crypto_has(struct crypto *c, enum alg_id id)
{
	const struct alg *a = alg_get(id);
	enum md_slot slot;
	const EVP_MD *md;
	EVP_MAC_CTX *mac;

	if (a == NULL)
		return false;
	switch (a->kind) {
	case ALG_ENCR:
		return has_cipher(c, id);
	case ALG_KE:
		return ke_offered(c, id);
	case ALG_HASH:
		return md_of_alg(id, &slot) && fetch_md(c, slot, &md) == IKE_OK;
	case ALG_INTEG:
	case ALG_PRF:
		if (id == INTEG_AES_XCBC_96 || id == PRF_AES_XCBC)
			return has_aes_mac(c, false);
		if (id == INTEG_AES_CMAC_96 || id == PRF_AES_CMAC)
			return has_aes_mac(c, true);
		return md_of_alg(id, &slot) && fetch_hmac(c, slot, &mac) == IKE_OK;
	case ALG_AUTH:
	case ALG_COMP:
	case ALG_NONE_KIND:
		break;
	}
	return false;
}

ike_err
crypto_random(struct crypto *c, void *p, size_t n)
{
	if (n == 0 || RAND_bytes_ex(c->lib, p, n, 0) == 1)
		return IKE_OK;
	wipe(p, n);
	return ossl_failed();
}

ike_err
crypto_random_private(struct crypto *c, void *p, size_t n)
{
	if (n == 0 || RAND_priv_bytes_ex(c->lib, p, n, 0) == 1)
		return IKE_OK;
	wipe(p, n);
	return ossl_failed();
}

const char *
crypto_library(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}
