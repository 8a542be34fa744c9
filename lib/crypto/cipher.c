/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/cipher.h"

#include "crypto/internal.h"
#include "crypto/secret.h"

#include <limits.h>
#include <string.h>

#define NONCE_MAX 16

/* A cipher set up for one operation. */
struct op {
	const struct alg *a;
	EVP_CIPHER_CTX *ctx;
	const EVP_CIPHER *cipher;
	size_t key_len;           /* without the salt */
	uint8_t nonce[NONCE_MAX]; /* what OpenSSL calls the IV */
	size_t nonce_len;
	bool is_ccm;
};

/* Choose the slot by key length.  Blowfish and CAST have one slot for all lengths. */
static ike_err
pick(struct crypto *c, enum alg_id alg, struct slice key, bool want_aead, struct op *o)
{
	enum cipher_slot first;
	unsigned count, bits;

	o->a = alg_get(alg);
	if (o->a == NULL || o->a->kind != ALG_ENCR ||
	    ((o->a->flags & ALG_AEAD) != 0) != want_aead || !cipher_slots(alg, &first, &count))
		return IKE_E_UNSUPPORTED;
	if (key.n <= o->a->salt || key.n > UINT16_MAX / 8)
		return IKE_E_UNSUPPORTED;
	o->key_len = key.n - o->a->salt;
	bits = (unsigned)o->key_len * 8;
	if (!alg_key_ok(o->a, bits))
		return IKE_E_UNSUPPORTED;
	if (count > 1)
		first += (bits - 128) / 64;
	o->is_ccm = first >= CI_AES128_CCM && first <= CI_AES256_CCM;
	TRY(fetch_cipher(c, first, &o->ctx));
	o->cipher = c->cipher[first].cipher;
	return IKE_OK;
}

/* Salt (it is behind the key), then IV. */
static void
make_nonce(struct op *o, struct slice key, const uint8_t *iv)
{
	memset(o->nonce, 0, sizeof(o->nonce));
	memcpy(o->nonce, key.p + o->key_len, o->a->salt);
	memcpy(o->nonce + o->a->salt, iv, o->a->iv);
	o->nonce_len = (size_t)o->a->salt + o->a->iv;
}

static ike_err
crypt(struct crypto *c, enum alg_id alg, struct slice key, const uint8_t *iv, uint8_t *buf,
    size_t n, int encrypt)
{
	struct op o;
	int done = 0;

	TRY(pick(c, alg, key, false, &o));
	if (n > INT_MAX || (alg != ENCR_AES_CTR && n % o.a->block != 0))
		return IKE_E_CRYPTO;
	if (n == 0)
		return IKE_OK;
	make_nonce(&o, key, iv);
	/*
	 * RFC 3686 section 4, on the counter block of nonce, IV and block counter: "The block counter begins
	 * with the value of one".
	 */
	if (alg == ENCR_AES_CTR)
		o.nonce[15] = 1;
	if ((alg == ENCR_BLOWFISH || alg == ENCR_CAST128) &&
	    EVP_CIPHER_CTX_set_key_length(o.ctx, (int)o.key_len) != 1)
		return ossl_failed();
	if (EVP_CipherInit_ex2(o.ctx, NULL, key.p, o.nonce, encrypt, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(o.ctx, 0) != 1)
		return ossl_failed();
	if (EVP_CipherUpdate(o.ctx, buf, &done, buf, (int)n) != 1 || done != (int)n)
		return ossl_failed();
	return IKE_OK;
}

ike_err
cipher_encrypt(
    struct crypto *c, enum alg_id alg, struct slice key, const uint8_t *iv, uint8_t *buf, size_t n)
{
	return crypt(c, alg, key, iv, buf, n, 1);
}

ike_err
cipher_decrypt(
    struct crypto *c, enum alg_id alg, struct slice key, const uint8_t *iv, uint8_t *buf, size_t n)
{
	return crypt(c, alg, key, iv, buf, n, 0);
}

bool
cipher_key_weak(enum alg_id alg, struct slice key)
{
	/* RFC 2409 appendix A, with parity bits as there. */
	static const uint8_t weak[16][8] = {
		{ 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01 },
		{ 0x1f, 0x1f, 0x1f, 0x1f, 0x0e, 0x0e, 0x0e, 0x0e },
		{ 0xe0, 0xe0, 0xe0, 0xe0, 0xf1, 0xf1, 0xf1, 0xf1 },
		{ 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe, 0xfe },
		{ 0x01, 0xfe, 0x01, 0xfe, 0x01, 0xfe, 0x01, 0xfe },
		{ 0x1f, 0xe0, 0x1f, 0xe0, 0x0e, 0xf1, 0x0e, 0xf1 },
		{ 0x01, 0xe0, 0x01, 0xe0, 0x01, 0xf1, 0x01, 0xf1 },
		{ 0x1f, 0xfe, 0x1f, 0xfe, 0x0e, 0xfe, 0x0e, 0xfe },
		{ 0x01, 0x1f, 0x01, 0x1f, 0x01, 0x0e, 0x01, 0x0e },
		{ 0xe0, 0xfe, 0xe0, 0xfe, 0xf1, 0xfe, 0xf1, 0xfe },
		{ 0xfe, 0x01, 0xfe, 0x01, 0xfe, 0x01, 0xfe, 0x01 },
		{ 0xe0, 0x1f, 0xe0, 0x1f, 0xf1, 0x0e, 0xf1, 0x0e },
		{ 0xe0, 0x01, 0xe0, 0x01, 0xf1, 0x01, 0xf1, 0x01 },
		{ 0xfe, 0x1f, 0xfe, 0x1f, 0xfe, 0x0e, 0xfe, 0x0e },
		{ 0x1f, 0x01, 0x1f, 0x01, 0x0e, 0x01, 0x0e, 0x01 },
		{ 0xfe, 0xe0, 0xfe, 0xe0, 0xfe, 0xf1, 0xfe, 0xf1 },
	};
	unsigned hits = 0;

	if (alg != ENCR_DES || key.n != 8)
		return false;
	for (size_t k = 0; k < 16; k++) {
		unsigned diff = 0;

		for (size_t i = 0; i < 8; i++)
			diff |= (unsigned)(weak[k][i] ^ key.p[i]) & 0xfe;
		hits += diff == 0;
	}
	return hits != 0;
}

/*
 * Key an AEAD.  CCM wants to know tag and message length first and remembers things from one message to the
 * next, so its context starts afresh.
 */
static ike_err
start_aead(struct op *o, struct slice key, size_t n, const uint8_t *icv, int encrypt)
{
	int nonce_len = (int)o->nonce_len, len = 0;

	if (o->is_ccm) {
		if (EVP_CIPHER_CTX_reset(o->ctx) != 1 ||
		    EVP_CipherInit_ex2(o->ctx, o->cipher, NULL, NULL, encrypt, NULL) != 1)
			return ossl_failed();
		if (EVP_CIPHER_CTX_ctrl(o->ctx, EVP_CTRL_AEAD_SET_IVLEN, nonce_len, NULL) != 1 ||
		    EVP_CIPHER_CTX_ctrl(o->ctx, EVP_CTRL_AEAD_SET_TAG, o->a->icv, (void *)icv) != 1)
			return ossl_failed();
	}
	if (EVP_CipherInit_ex2(o->ctx, NULL, key.p, o->nonce, encrypt, NULL) != 1)
		return ossl_failed();
	if (o->is_ccm && EVP_CipherUpdate(o->ctx, NULL, &len, NULL, (int)n) != 1)
		return ossl_failed();
	if (!o->is_ccm && !encrypt &&
	    EVP_CIPHER_CTX_ctrl(o->ctx, EVP_CTRL_AEAD_SET_TAG, o->a->icv, (void *)icv) != 1)
		return ossl_failed();
	return IKE_OK;
}

static ike_err
prepare_aead(struct crypto *c, enum alg_id alg, struct slice key, const uint8_t *iv, size_t n,
    struct slice aad, struct op *o)
{
	TRY(pick(c, alg, key, true, o));
	if (n > INT_MAX || aad.n > INT_MAX)
		return IKE_E_CRYPTO;
	make_nonce(o, key, iv);
	return IKE_OK;
}

ike_err
aead_seal(struct crypto *c, enum alg_id alg, struct slice key, const uint8_t *iv, struct slice aad,
    uint8_t *buf, size_t n, uint8_t *icv_out)
{
	uint8_t empty = 0;
	struct op o;
	int done = 0, rest = 0;

	TRY(prepare_aead(c, alg, key, iv, n, aad, &o));
	TRY(start_aead(&o, key, n, NULL, 1));
	if (aad.n != 0 && EVP_CipherUpdate(o.ctx, NULL, &done, aad.p, (int)aad.n) != 1)
		return ossl_failed();
	done = 0;
	/* CCM makes its tag in this call, even over nothing. */
	if ((n != 0 || o.is_ccm) && EVP_CipherUpdate(o.ctx, n == 0 ? &empty : buf, &done,
					n == 0 ? &empty : buf, (int)n) != 1)
		return ossl_failed();
	if (EVP_CipherFinal_ex(o.ctx, n == 0 ? &empty : buf + done, &rest) != 1 ||
	    (size_t)done + (size_t)rest != n)
		return ossl_failed();
	if (EVP_CIPHER_CTX_ctrl(o.ctx, EVP_CTRL_AEAD_GET_TAG, o.a->icv, icv_out) != 1)
		return ossl_failed();
	return IKE_OK;
}

ike_err
aead_open(struct crypto *c, enum alg_id alg, struct slice key, const uint8_t *iv, struct slice aad,
    uint8_t *buf, size_t n, const uint8_t *icv)
{
	uint8_t empty = 0;
	struct op o;
	int done = 0, rest = 0;

	TRY(prepare_aead(c, alg, key, iv, n, aad, &o));
	TRY(start_aead(&o, key, n, icv, 0));
	if (aad.n != 0 && EVP_CipherUpdate(o.ctx, NULL, &done, aad.p, (int)aad.n) != 1)
		return ossl_failed();
	done = 0;
	/* CCM compares the tag in this call, the others in the final one. */
	if ((n != 0 || o.is_ccm) && EVP_CipherUpdate(o.ctx, n == 0 ? &empty : buf, &done,
					n == 0 ? &empty : buf, (int)n) != 1)
		goto mismatch;
	if (!o.is_ccm && EVP_CipherFinal_ex(o.ctx, n == 0 ? &empty : buf + done, &rest) != 1)
		goto mismatch;
	if ((size_t)done + (size_t)rest != n) {
		wipe(buf, n);
		return ossl_failed();
	}
	return IKE_OK;
mismatch:
	wipe(buf, n);
	ERR_clear_error();
	return IKE_E_INTEGRITY;
}
