/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * internal - what the files of lib/crypto share: the context and the fetched algorithms in it.  The only header that
 * names OpenSSL; nothing outside lib/crypto includes it.
 *
 * OpenSSL functions return 1 for success and 0 or a negative number for failure, and a negative number is true: every
 * result is compared with == 1.
 */
#ifndef CRYPTO_INTERNAL_H
#define CRYPTO_INTERNAL_H

#include <openssl/core_dispatch.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include "crypto/crypto.h"

/* Slots of kept objects: a hash or a cipher with one key length each. */
enum md_slot { MD_MD5, MD_SHA1, MD_SHA256, MD_SHA384, MD_SHA512, MD_COUNT };

enum cipher_slot {
	CI_DES_CBC,
	CI_3DES_CBC,
	CI_BF_CBC,
	CI_CAST_CBC,
	CI_AES128_CBC,
	CI_AES192_CBC,
	CI_AES256_CBC,
	CI_AES128_CTR,
	CI_AES192_CTR,
	CI_AES256_CTR,
	CI_AES128_GCM,
	CI_AES192_GCM,
	CI_AES256_GCM,
	CI_AES128_CCM,
	CI_AES192_CCM,
	CI_AES256_CCM,
	CI_CAMELLIA128_CBC,
	CI_CAMELLIA192_CBC,
	CI_CAMELLIA256_CBC,
	CI_CHACHA20_POLY1305,
	CI_AES128_ECB,
	CI_COUNT
};

struct kept_md {
	EVP_MD *md;
	EVP_MAC_CTX *hmac; /* HMAC with this hash, key of its last use inside */
	bool absent;       /* asked for once, not offered */
};

struct kept_cipher {
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx; /* set to |cipher|, key of its last use inside */
	bool absent;
};

struct crypto {
	OSSL_LIB_CTX *lib;
	OSSL_PROVIDER *base;   /* "default" */
	OSSL_PROVIDER *legacy; /* NULL: not wanted or not there */
	OSSL_PROVIDER *det;    /* the deterministic generator, NULL without a seed */
	EVP_MAC *hmac;
	EVP_MAC *cmac;
	EVP_MAC_CTX *cmac_ctx; /* CMAC with AES-128 */
	EVP_MD_CTX *md_ctx;
	struct kept_md md[MD_COUNT];
	struct kept_cipher cipher[CI_COUNT];
};

/* An OpenSSL call failed: forget its error queue, so that no later call reads it, and say so. */
static inline ike_err
ossl_failed(void)
{
	ERR_clear_error();
	return IKE_E_CRYPTO;
}

/* The hash |md|, borrowed.  IKE_E_UNSUPPORTED: not offered. */
MUST_USE ike_err
fetch_md(struct crypto *c, enum md_slot slot, const EVP_MD **out);

/* The kept HMAC context for a hash, without a key.  IKE_E_UNSUPPORTED, IKE_E_CRYPTO. */
MUST_USE ike_err
fetch_hmac(struct crypto *c, enum md_slot slot, EVP_MAC_CTX **out);

/* The kept AES-128 CMAC context. */
MUST_USE ike_err
fetch_cmac(struct crypto *c, EVP_MAC_CTX **out);

/* The kept context for a cipher; pass NULL as the cipher when keying it. */
MUST_USE ike_err
fetch_cipher(struct crypto *c, enum cipher_slot slot, EVP_CIPHER_CTX **out);

/* The first slot of a cipher, and how many key lengths of 64 bits step follow it; false: no cipher of ours. */
bool
cipher_slots(enum alg_id alg, enum cipher_slot *first_out, unsigned *count_out);

/* The hash of a PRF, HASH or INTEG algorithm made from a hash; false: it has none. */
bool
md_of_alg(enum alg_id alg, enum md_slot *out);

/* Is the group offered?  Asked by crypto_has(). */
bool
ke_offered(struct crypto *c, enum alg_id group);

/* Input of a MAC: lead | parts | tail. */
struct mac_input {
	struct slice lead;
	const struct slice *parts;
	size_t n_parts;
	struct slice tail;
};

/* AES-XCBC-MAC (RFC 3566) with a key of 16 bytes, all 16 bytes of output. */
MUST_USE ike_err
xcbc(struct crypto *c, const uint8_t key[16], const struct mac_input *in, uint8_t out[16]);

/* Make the deterministic generator the one of |c|'s library context, before anything random is asked of it. */
MUST_USE ike_err
det_rand_install(struct crypto *c, struct slice seed);

#endif
