/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * T-ossl: what becomes of every failure OpenSSL can report.  This program defines the OpenSSL functions lib/crypto
 * calls and passes them on, but for the n-th call of an operation, for every n, which returns 0, -1 or -2 (or NULL)
 * without doing anything.  The operation must then say that it failed, hand out nothing and leak nothing.
 */
#include "unit/crypto_test.h"

#include <dlfcn.h>
#include <openssl/bn.h>
#include <openssl/dh.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include "crypto/cipher.h"
#include "crypto/ke.h"
#include "crypto/keymat_v1.h"
#include "crypto/keymat_v2.h"
#include "crypto/prf.h"

static long fail_at, calls;
static int fail_with;
static const char *failed_in;

/* Where this program's own code is; the linker knows. */
extern const char __executable_start[], etext[];

/* Is this the call that shall fail?  OpenSSL's calls of its own functions come past here, too, and are not meant. */
static bool
now(const char *name, const char *caller)
{
	if (fail_at == 0 || caller < __executable_start || caller >= etext || ++calls != fail_at)
		return false;
	failed_in = name;
	return true;
}

/* A function that returns an int, and one that returns a pointer. */
#define INT(name, params, args)                                                         \
	int name params                                                                 \
	{                                                                               \
		int(*real) params;                                                      \
                                                                                        \
		*(void **)&real = dlsym(RTLD_NEXT, #name);                              \
		return now(#name, __builtin_return_address(0)) ? fail_with : real args; \
	}
#define PTR(type, name, params, args)                                              \
	type *name params                                                          \
	{                                                                          \
		type *(*real)params;                                               \
                                                                                   \
		*(void **)&real = dlsym(RTLD_NEXT, #name);                         \
		return now(#name, __builtin_return_address(0)) ? NULL : real args; \
	}

/* clang-format off */
INT(BN_set_word, (BIGNUM *a, BN_ULONG w), (a, w))
INT(BN_sub_word, (BIGNUM *a, BN_ULONG w), (a, w))
INT(EVP_CIPHER_CTX_ctrl, (EVP_CIPHER_CTX *c, int t, int a, void *p), (c, t, a, p))
INT(EVP_CIPHER_CTX_reset, (EVP_CIPHER_CTX *c), (c))
INT(EVP_CIPHER_CTX_set_key_length, (EVP_CIPHER_CTX *c, int n), (c, n))
INT(EVP_CIPHER_CTX_set_padding, (EVP_CIPHER_CTX *c, int n), (c, n))
INT(EVP_CipherInit_ex2, (EVP_CIPHER_CTX *c, const EVP_CIPHER *e, const unsigned char *k,
    const unsigned char *i, int d, const OSSL_PARAM p[]), (c, e, k, i, d, p))
INT(EVP_CipherUpdate, (EVP_CIPHER_CTX *c, unsigned char *o, int *ol, const unsigned char *i, int il),
    (c, o, ol, i, il))
INT(EVP_CipherFinal_ex, (EVP_CIPHER_CTX *c, unsigned char *o, int *ol), (c, o, ol))
INT(EVP_DigestInit_ex2, (EVP_MD_CTX *c, const EVP_MD *m, const OSSL_PARAM p[]), (c, m, p))
INT(EVP_DigestUpdate, (EVP_MD_CTX *c, const void *d, size_t n), (c, d, n))
INT(EVP_DigestFinal_ex, (EVP_MD_CTX *c, unsigned char *o, unsigned *n), (c, o, n))
INT(EVP_MAC_CTX_set_params, (EVP_MAC_CTX *c, const OSSL_PARAM p[]), (c, p))
INT(EVP_MAC_init, (EVP_MAC_CTX *c, const unsigned char *k, size_t n, const OSSL_PARAM p[]), (c, k, n, p))
INT(EVP_MAC_update, (EVP_MAC_CTX *c, const unsigned char *d, size_t n), (c, d, n))
INT(EVP_MAC_final, (EVP_MAC_CTX *c, unsigned char *o, size_t *ol, size_t n), (c, o, ol, n))
INT(EVP_PKEY_CTX_set_dh_pad, (EVP_PKEY_CTX *c, int n), (c, n))
INT(EVP_PKEY_CTX_set_group_name, (EVP_PKEY_CTX *c, const char *n), (c, n))
INT(EVP_PKEY_CTX_set_params, (EVP_PKEY_CTX *c, const OSSL_PARAM *p), (c, p))
INT(EVP_PKEY_copy_parameters, (EVP_PKEY *t, const EVP_PKEY *f), (t, f))
INT(EVP_PKEY_derive, (EVP_PKEY_CTX *c, unsigned char *k, size_t *n), (c, k, n))
INT(EVP_PKEY_derive_init, (EVP_PKEY_CTX *c), (c))
INT(EVP_PKEY_derive_set_peer_ex, (EVP_PKEY_CTX *c, EVP_PKEY *p, int v), (c, p, v))
INT(EVP_PKEY_fromdata, (EVP_PKEY_CTX *c, EVP_PKEY **k, int s, OSSL_PARAM p[]), (c, k, s, p))
INT(EVP_PKEY_fromdata_init, (EVP_PKEY_CTX *c), (c))
INT(EVP_PKEY_generate, (EVP_PKEY_CTX *c, EVP_PKEY **k), (c, k))
INT(EVP_PKEY_keygen_init, (EVP_PKEY_CTX *c), (c))
INT(EVP_PKEY_get_bn_param, (const EVP_PKEY *k, const char *n, BIGNUM **b), (k, n, b))
INT(EVP_PKEY_set1_encoded_public_key, (EVP_PKEY *k, const unsigned char *p, size_t n), (k, p, n))
INT(EVP_RAND_reseed, (EVP_RAND_CTX *c, int r, const unsigned char *e, size_t el, const unsigned char *a,
    size_t al), (c, r, e, el, a, al))
INT(OSSL_PARAM_BLD_push_BN, (OSSL_PARAM_BLD *b, const char *k, const BIGNUM *n), (b, k, n))
INT(OSSL_PROVIDER_add_builtin, (OSSL_LIB_CTX *l, const char *n, OSSL_provider_init_fn *f), (l, n, f))
INT(RAND_bytes_ex, (OSSL_LIB_CTX *l, unsigned char *b, size_t n, unsigned s), (l, b, n, s))
INT(RAND_priv_bytes_ex, (OSSL_LIB_CTX *l, unsigned char *b, size_t n, unsigned s), (l, b, n, s))
INT(RAND_set_DRBG_type, (OSSL_LIB_CTX *l, const char *d, const char *q, const char *c, const char *h),
    (l, d, q, c, h))
PTR(BIGNUM, BN_bin2bn, (const unsigned char *s, int n, BIGNUM *r), (s, n, r))
PTR(BIGNUM, BN_new, (void), ())
PTR(EVP_CIPHER_CTX, EVP_CIPHER_CTX_new, (void), ())
PTR(EVP_CIPHER, EVP_CIPHER_fetch, (OSSL_LIB_CTX *l, const char *a, const char *p), (l, a, p))
PTR(EVP_MAC_CTX, EVP_MAC_CTX_new, (EVP_MAC *m), (m))
PTR(EVP_MAC, EVP_MAC_fetch, (OSSL_LIB_CTX *l, const char *a, const char *p), (l, a, p))
PTR(EVP_MD_CTX, EVP_MD_CTX_new, (void), ())
PTR(EVP_MD, EVP_MD_fetch, (OSSL_LIB_CTX *l, const char *a, const char *p), (l, a, p))
PTR(EVP_PKEY_CTX, EVP_PKEY_CTX_new_from_name, (OSSL_LIB_CTX *l, const char *n, const char *p), (l, n, p))
PTR(EVP_PKEY_CTX, EVP_PKEY_CTX_new_from_pkey, (OSSL_LIB_CTX *l, EVP_PKEY *k, const char *p), (l, k, p))
PTR(EVP_PKEY, EVP_PKEY_new, (void), ())
PTR(OSSL_LIB_CTX, OSSL_LIB_CTX_new, (void), ())
PTR(OSSL_PARAM_BLD, OSSL_PARAM_BLD_new, (void), ())
PTR(OSSL_PARAM, OSSL_PARAM_BLD_to_param, (OSSL_PARAM_BLD *b), (b))
PTR(OSSL_PROVIDER, OSSL_PROVIDER_load, (OSSL_LIB_CTX *l, const char *n), (l, n))
PTR(EVP_RAND_CTX, RAND_get0_private, (OSSL_LIB_CTX *l), (l))
PTR(EVP_RAND_CTX, RAND_get0_public, (OSSL_LIB_CTX *l), (l))
/* clang-format on */

size_t
EVP_PKEY_get1_encoded_public_key(EVP_PKEY *key, unsigned char **out)
{
	size_t (*real)(EVP_PKEY *, unsigned char **);

	*(void **)&real = dlsym(RTLD_NEXT, "EVP_PKEY_get1_encoded_public_key");
	return now("EVP_PKEY_get1_encoded_public_key", __builtin_return_address(0))
		   ? 0
		   : real(key, out);
}

/* ---- operations ---- */

struct op {
	const char *name;
	ike_err (*run)(struct crypto *c, enum alg_id alg);
	enum alg_id alg;
	long at_least; /* OpenSSL calls it makes */
};

static const uint8_t zeros[80];

static ike_err
do_new(struct crypto *c, enum alg_id alg)
{
	struct crypto_options opt = { .no_legacy = true };
	struct crypto *made = NULL;
	ike_err err;

	(void)c;
	if (alg != ALG_ID_NONE)
		opt.seed = slice_of("s", 1);
	err = crypto_new(&opt, &made);
	ck_assert((made == NULL) == (err != IKE_OK));
	crypto_free(made);
	return err;
}

static ike_err
do_random(struct crypto *c, enum alg_id alg)
{
	uint8_t b[16];
	ike_err err;

	memset(b, 0xee, sizeof(b));
	err = alg == ALG_ID_NONE ? crypto_random(c, b, sizeof(b))
				 : crypto_random_private(c, b, sizeof(b));
	if (err != IKE_OK)
		ck_assert_mem_eq(b, zeros, sizeof(b));
	return err;
}

static ike_err
do_prf(struct crypto *c, enum alg_id alg)
{
	struct slice parts[] = { slice_of(zeros, 20), slice_of(zeros, 3) };
	uint8_t out[PRF_MAX];
	size_t n = 12345;
	ike_err err = prf(c, alg, slice_of(zeros, 30), parts, COUNT(parts), out, &n);

	ck_assert_uint_eq(n, err == IKE_OK ? prf_len(alg) : 12345);
	return err;
}

static ike_err
do_prf_plus(struct crypto *c, enum alg_id alg)
{
	struct slice part = slice_of(zeros, 20);
	uint8_t out[100];

	return prf_plus(c, alg, slice_of(zeros, 30), &part, 1, out, sizeof(out));
}

static ike_err
do_hash(struct crypto *c, enum alg_id alg)
{
	struct slice part = slice_of(zeros, 20);
	uint8_t out[PRF_MAX];
	size_t n;

	return hash(c, alg, &part, 1, out, &n);
}

static ike_err
do_integ(struct crypto *c, enum alg_id alg)
{
	struct slice part = slice_of(zeros, 20),
		     key = slice_of(zeros, alg_keymat_len(alg_get(alg), 0));
	uint8_t out[PRF_MAX];
	size_t n;
	ike_err err = integ(c, alg, key, &part, 1, out, &n);

	if (err == IKE_OK)
		err = integ_verify(c, alg, key, &part, 1, slice_of(out, n));
	return err;
}

static ike_err
do_cipher(struct crypto *c, enum alg_id alg)
{
	struct slice key = slice_of(zeros, alg_keymat_len(alg_get(alg), 0));
	uint8_t buf[32] = { 0 };
	ike_err err = cipher_encrypt(c, alg, key, zeros, buf, sizeof(buf));

	if (err == IKE_OK)
		err = cipher_decrypt(c, alg, key, zeros, buf, sizeof(buf));
	return err;
}

static ike_err
do_aead(struct crypto *c, enum alg_id alg)
{
	struct slice key = slice_of(zeros, alg_keymat_len(alg_get(alg), 0)),
		     aad = slice_of(zeros, 5);
	uint8_t buf[33] = { 0 }, icv[16];
	ike_err err = aead_seal(c, alg, key, zeros, aad, buf, sizeof(buf), icv);

	if (err == IKE_OK)
		err = aead_open(c, alg, key, zeros, aad, buf, sizeof(buf), icv);
	return err;
}

static ike_err
do_ke(struct crypto *c, enum alg_id alg)
{
	struct ke *a = NULL, *b = NULL;
	struct secret s = { NULL, 0 };
	ike_err err = ke_new(c, alg, &a);

	ck_assert((a == NULL) == (err != IKE_OK));
	if (err == IKE_OK)
		err = ke_new(c, alg, &b);
	if (err == IKE_OK)
		err = ke_derive(a, ke_public(b), &s);
	ck_assert((s.p == NULL) == (err != IKE_OK));
	secret_free(&s);
	ke_free(a);
	ke_free(b);
	return err;
}

static ike_err
do_v1(struct crypto *c, enum alg_id alg)
{
	struct slice z = slice_of(zeros, 16);
	struct v1_inputs in = {
		.prf = alg, .ni_b = z, .nr_b = z, .gxy = z, .cky_i = z, .cky_r = z
	};
	struct v1_child_inputs child = {
		.prf = alg, .protocol = 3, .spi = z, .ni_b = z, .nr_b = z
	};
	struct v1_keys k = { { NULL, 0 }, 0 };
	struct secret s = { NULL, 0 };
	uint8_t iv[8];
	ike_err err = keymat_v1_psk(c, &in, z, &k);

	if (err == IKE_OK)
		err = keymat_v1_cipher_key(c, alg, &k, ENCR_AES_CBC, 256, &s);
	secret_free(&s);
	if (err == IKE_OK)
		err = keymat_v1_child(c, &child, &k, 70, &s);
	if (err == IKE_OK)
		err = keymat_v1_iv(c, HASH_SHA1, z, z, iv, sizeof(iv));
	secret_free(&s);
	v1_keys_free(&k);
	return err;
}

static ike_err
do_v2(struct crypto *c, enum alg_id alg)
{
	struct slice z = slice_of(zeros, 16);
	struct v2_inputs in = { .prf = alg,
		.encr = ENCR_AES_GCM_16,
		.ni = z,
		.nr = z,
		.spi_i = z,
		.spi_r = z,
		.shared = z };
	struct v2_auth_inputs auth = {
		.prf = alg, .message = z, .peer_nonce = z, .sk_p = z, .id_body = z
	};
	struct v2_keys k = { { NULL, 0 }, 0, 0, 0 };
	struct secret s = { NULL, 0 };
	uint8_t out[PRF_MAX];
	size_t n;
	ike_err err = keymat_v2_initial(c, &in, &k);

	v2_keys_free(&k);
	if (err == IKE_OK)
		err = keymat_v2_rekey(c, &in, alg, z, &k);
	if (err == IKE_OK)
		err = keymat_v2_child(c, alg, v2_sk_d(&k), z, z, z, 70, &s);
	if (err == IKE_OK)
		err = keymat_v2_auth_psk(c, &auth, z, out, &n);
	secret_free(&s);
	v2_keys_free(&k);
	return err;
}

static const struct op ops[] = {
	{ "crypto_new", do_new, ALG_ID_NONE, 6 },
	{ "crypto_new with a seed", do_new, PRF_HMAC_MD5, 10 },
	{ "crypto_random", do_random, ALG_ID_NONE, 1 },
	{ "crypto_random_private", do_random, PRF_HMAC_MD5, 1 },
	{ "prf", do_prf, PRF_HMAC_SHA256, 7 },
	{ "prf", do_prf, PRF_AES_XCBC, 10 },
	{ "prf", do_prf, PRF_AES_CMAC, 8 },
	{ "prf+", do_prf_plus, PRF_HMAC_SHA1, 15 },
	{ "prf+", do_prf_plus, PRF_AES_XCBC, 20 },
	{ "hash", do_hash, HASH_SHA384, 4 },
	{ "integ", do_integ, INTEG_HMAC_SHA256_128, 9 },
	{ "integ", do_integ, INTEG_AES_XCBC_96, 10 },
	{ "integ", do_integ, INTEG_AES_CMAC_96, 8 },
	{ "cipher", do_cipher, ENCR_AES_CBC, 9 },
	{ "cipher", do_cipher, ENCR_AES_CTR, 9 },
	{ "cipher", do_cipher, ENCR_3DES, 9 },
	{ "cipher", do_cipher, ENCR_BLOWFISH, 11 },
	{ "aead", do_aead, ENCR_AES_GCM_16, 13 },
	{ "aead", do_aead, ENCR_AES_CCM_16, 20 },
	{ "aead", do_aead, ENCR_CHACHA20_POLY1305, 13 },
	{ "ke", do_ke, KE_MODP768, 35 },
	{ "ke", do_ke, KE_MODP1536, 20 },
	{ "ke", do_ke, KE_ECP256, 15 },
	{ "ke", do_ke, KE_X25519, 12 },
	{ "v1 keys", do_v1, PRF_HMAC_SHA1, 40 },
	{ "v2 keys", do_v2, PRF_HMAC_SHA256, 40 },
};

START_TEST(every_failure_is_an_error)
{
	static const int values[] = { 0, -1, -2 };

	for (size_t v = 0; v < COUNT(values); v++) {
		const struct op *o = &ops[_i];
		bool hit;

		fail_with = values[v];
		for (long n = 1;; n++) {
			struct crypto *c = test_crypto("ossl");
			ike_err err;

			failed_in = NULL;
			calls = 0;
			fail_at = n;
			err = o->run(c, o->alg);
			fail_at = 0;
			hit = failed_in != NULL;
			if (hit) {
				ck_assert_msg(err != IKE_OK, "%s succeeds though %s() returned %d",
				    o->name, failed_in, fail_with);
				/* and once OpenSSL is well again, so is the context, but for what it took
				 * for not offered */
				err = o->run(c, o->alg);
				ck_assert_msg(err == IKE_OK || err == IKE_E_UNSUPPORTED,
				    "%s is broken after %s() returned %d", o->name, failed_in,
				    fail_with);
			} else {
				ck_assert_int_eq(err, IKE_OK);
			}
			crypto_free(c);
			if (!hit) {
				ck_assert_msg(
				    n - 1 >= o->at_least, "%s made %ld calls only", o->name, n - 1);
				break;
			}
		}
	}
}
END_TEST

/* crypto_has() asks OpenSSL, and believes a no. */
START_TEST(not_offered_is_no)
{
	struct crypto *c = test_crypto(NULL);

	fail_at = calls = 0;
	ck_assert(crypto_has(c, KE_X25519));
	for (long n = 1; n <= 2; n++) {
		calls = 0;
		fail_at = n;
		fail_with = 0;
		ck_assert(!crypto_has(c, KE_ECP256));
	}
	calls = 0;
	fail_at = 1;
	ck_assert(!crypto_has(c, ENCR_AES_CBC));
	fail_at = 0;
	ck_assert(!crypto_has(c, ENCR_AES_CBC));
	ck_assert(crypto_has(c, KE_ECP256));
	crypto_free(c);
}
END_TEST

/* Without the legacy provider everything else is there. */
START_TEST(legacy_provider_is_optional)
{
	struct crypto *c = NULL;

	calls = 0;
	/* the library context, the default provider, the legacy provider */
	fail_at = 3;
	OK(crypto_new(NULL, &c));
	fail_at = 0;
	ck_assert_str_eq(failed_in, "OSSL_PROVIDER_load");
	ck_assert(!crypto_has(c, ENCR_BLOWFISH));
	ck_assert(crypto_has(c, ENCR_AES_CBC));
	crypto_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("crypto_ossl");
	TCase *t = tcase_create("ossl");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_failure_is_an_error, 0, (int)COUNT(ops));
	tcase_add_test(t, not_offered_is_no);
	tcase_add_test(t, legacy_provider_is_optional);
	suite_add_tcase(s, t);
	return run_suite(s);
}
