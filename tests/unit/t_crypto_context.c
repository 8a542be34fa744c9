/* SPDX-License-Identifier: BSD-3-Clause */
/* The context, its randomness, what it offers, and secrets. */
#include "unit/crypto_test.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/cipher.h"
#include "crypto/ke.h"
#include "crypto/prf.h"
#include "unit/fail_alloc.h"

/* ---- randomness ---- */

static const enum alg_id kinds[] = { KE_X25519, KE_X448, KE_ECP256, KE_ECP521, KE_BRAINPOOL256,
	KE_MODP768, KE_MODP1536, KE_MODP2048 };

/* Everything random a context makes, in one string. */
static struct bytes
draw(struct crypto *c)
{
	struct bytes out = { .n = 100 };
	struct ke *ke;

	OK(crypto_random(c, out.b, 50));
	OK(crypto_random_private(c, out.b + 50, 50));
	for (size_t i = 0; i < COUNT(kinds); i++) {
		OK(ke_new(c, kinds[i], &ke));
		ck_assert_uint_le(out.n + 32, sizeof(out.b));
		memcpy(out.b + out.n, ke_public(ke).p, 32);
		out.n += 32;
		ke_free(ke);
	}
	return out;
}

/* Not one of the pieces draw() puts together is the same. */
static void
expect_nothing_equal(const struct bytes *a, const struct bytes *b)
{
	ck_assert_mem_ne(a->b, b->b, 50);
	ck_assert_mem_ne(a->b + 50, b->b + 50, 50);
	for (size_t at = 100; at < a->n; at += 32)
		ck_assert_mem_ne(a->b + at, b->b + at, 32);
}

START_TEST(equal_seeds_make_equal_bytes_and_keys)
{
	struct crypto *a = test_crypto("seed"), *b = test_crypto("seed"),
		      *other = test_crypto("Seed");
	struct bytes of_a = draw(a), of_other = draw(other), of_b = draw(b), second = draw(a);

	ck_assert_uint_eq(of_a.n, of_b.n);
	ck_assert_mem_eq(of_a.b, of_b.b, of_a.n);
	expect_nothing_equal(&of_a, &of_other);
	expect_nothing_equal(&of_a, &second);
	of_b = draw(b);
	ck_assert_mem_eq(second.b, of_b.b, second.n);
	/* the two generators of one context differ */
	ck_assert_mem_ne(of_a.b, of_a.b + 50, 50);
	crypto_free(a);
	crypto_free(b);
	crypto_free(other);
}
END_TEST

START_TEST(without_a_seed_nothing_repeats)
{
	struct crypto *a = test_crypto(NULL), *b = test_crypto(NULL);
	struct bytes of_a = draw(a), of_b = draw(b);

	expect_nothing_equal(&of_a, &of_b);
	crypto_free(a);
	crypto_free(b);
}
END_TEST

/* Every byte of a seed counts, wherever it is, and so does the length. */
START_TEST(all_of_a_seed_counts)
{
	uint8_t seed[100] = { 0 }, seen[101][16];
	size_t n = 0;

	for (size_t at = 0; at <= sizeof(seed); at++) {
		struct crypto_options opt = { .seed = slice_of(seed, sizeof(seed)) };
		struct crypto *c;

		if (at < sizeof(seed))
			seed[at] = 1;
		OK(crypto_new(&opt, &c));
		OK(crypto_random(c, seen[n], 16));
		for (size_t i = 0; i < n; i++)
			ck_assert_mem_ne(seen[i], seen[n], 16);
		n++;
		if (at < sizeof(seed))
			seed[at] = 0;
		crypto_free(c);
	}
}
END_TEST

/* RFC 8439 appendix A.1, vector 1: the key stream of a zero key.  Our generator's key is 'p' and the seed. */
START_TEST(seeded_bytes_are_chacha20)
{
	struct crypto_options opt = { .seed = slice_of("\0", 1) };
	struct crypto *c;
	uint8_t got[200], key[36] = { 'p' }, iv[8] = { 0 }, icv[16], stream[200] = { 0 };

	OK(crypto_new(&opt, &c));
	OK(crypto_random(c, got, sizeof(got)));
	/* ChaCha20-Poly1305 enciphers from block 1 on: what it makes of zeros is our second block and so on. */
	OK(aead_seal(c, ENCR_CHACHA20_POLY1305, slice_of(key, sizeof(key)), iv, slice_of(NULL, 0),
	    stream, sizeof(stream), icv));
	ck_assert_mem_eq(got + 64, stream, sizeof(got) - 64);
	crypto_free(c);
}
END_TEST

START_TEST(random_lengths_and_balance)
{
	struct crypto *contexts[] = { test_crypto("x"), test_crypto(NULL) };

	for (size_t k = 0; k < COUNT(contexts); k++) {
		uint8_t big[20000], small[70];
		unsigned ones = 0;

		OK(crypto_random(contexts[k], big, sizeof(big)));
		for (size_t i = 0; i < sizeof(big); i++)
			ones += (unsigned)__builtin_popcount(big[i]);
		/* 80000 expected; ten standard deviations of 200 */
		ck_assert_uint_gt(ones, 78000);
		ck_assert_uint_lt(ones, 82000);
		for (size_t n = 0; n < sizeof(small); n++) {
			memset(small, 0xee, sizeof(small));
			OK(crypto_random(contexts[k], small, n));
			ck_assert_uint_eq(small[n], 0xee);
			OK(crypto_random_private(contexts[k], small, n));
			ck_assert_uint_eq(small[n], 0xee);
		}
		OK(crypto_random(contexts[k], NULL, 0));
		crypto_free(contexts[k]);
	}
}
END_TEST

/* ---- what is offered ---- */

START_TEST(has_what_the_registry_needs)
{
	static const enum alg_id never[] = { ENCR_TWOFISH, ENCR_NULL, ENCR_NULL_AES_GMAC, ENCR_RC5,
		ENCR_IDEA, INTEG_NONE, INTEG_KEYED_MD5, INTEG_DES_MAC, KE_NONE, KE_EC2N155,
		AUTH_PSK, AUTH_RSASIG, COMP_DEFLATE, ALG_ID_NONE, (enum alg_id)0x1234 };
	static const enum alg_id always[] = { ENCR_3DES, ENCR_AES_CBC, ENCR_AES_CTR,
		ENCR_CAMELLIA_CBC, ENCR_AES_GCM_8, ENCR_AES_GCM_12, ENCR_AES_GCM_16, ENCR_AES_CCM_8,
		ENCR_AES_CCM_12, ENCR_AES_CCM_16, ENCR_CHACHA20_POLY1305, INTEG_HMAC_MD5_96,
		INTEG_HMAC_SHA1_96, INTEG_HMAC_SHA256_96, INTEG_HMAC_SHA256_128,
		INTEG_HMAC_SHA384_192, INTEG_HMAC_SHA512_256, INTEG_AES_XCBC_96, INTEG_AES_CMAC_96,
		PRF_HMAC_MD5, PRF_HMAC_SHA1, PRF_HMAC_SHA256, PRF_HMAC_SHA384, PRF_HMAC_SHA512,
		PRF_AES_XCBC, PRF_AES_CMAC, HASH_MD5, HASH_SHA1, HASH_SHA256, HASH_SHA384,
		HASH_SHA512, KE_MODP768, KE_MODP1024, KE_MODP1536, KE_MODP2048, KE_MODP3072,
		KE_MODP4096, KE_MODP6144, KE_MODP8192, KE_ECP256, KE_ECP384, KE_ECP521,
		KE_BRAINPOOL224, KE_BRAINPOOL256, KE_BRAINPOOL384, KE_BRAINPOOL512, KE_X25519,
		KE_X448 };
	struct crypto *c = test_crypto(NULL);

	for (int twice = 0; twice < 2; twice++) {
		for (size_t i = 0; i < COUNT(never); i++)
			ck_assert_msg(!crypto_has(c, never[i]), "row %zu", i);
		for (size_t i = 0; i < COUNT(always); i++)
			ck_assert_msg(crypto_has(c, always[i]), "row %zu", i);
		crypto_forget(c);
	}
	/* These come with the legacy provider, all or none. */
	ck_assert(crypto_has(c, ENCR_DES) == crypto_has(c, ENCR_BLOWFISH));
	ck_assert(crypto_has(c, ENCR_DES) == crypto_has(c, ENCR_CAST128));
	ck_assert(strstr(crypto_library(), "OpenSSL") != NULL);
	crypto_free(c);
	crypto_free(NULL);
}
END_TEST

START_TEST(default_options_are_null)
{
	struct crypto *c;

	OK(crypto_new(NULL, &c));
	crypto_free(c);
}
END_TEST

/* ---- secrets ---- */

static struct {
	const void *p;
	size_t n;
} cleansed;

/* In front of OpenSSL's: remember the last wipe. */
void
OPENSSL_cleanse(void *p, size_t n)
{
	void (*real)(void *, size_t);

	*(void **)&real = dlsym(RTLD_NEXT, "OPENSSL_cleanse");
	cleansed.p = p;
	cleansed.n = n;
	real(p, n);
}

START_TEST(secrets_are_owned_and_wiped)
{
	struct secret a = { NULL, 0 }, b = { NULL, 0 };
	const uint8_t *p;

	OK(secret_new(33, &a));
	ck_assert_uint_eq(a.n, 33);
	for (size_t i = 0; i < a.n; i++)
		ck_assert_uint_eq(a.p[i], 0);
	memset(a.p, 'k', a.n);
	OK(secret_copy(secret_slice(&a), &b));
	ck_assert(a.p != b.p && ct_equal(secret_slice(&a), secret_slice(&b)));

	/* moving frees what was there, wiped, and empties the source */
	p = b.p;
	secret_move(&b, &a);
	ck_assert_ptr_eq(cleansed.p, p);
	ck_assert_uint_eq(cleansed.n, 33);
	ck_assert(a.p == NULL && a.n == 0 && b.n == 33 && b.p[32] == 'k');
	secret_move(&b, &b);
	ck_assert_uint_eq(b.n, 33);

	p = b.p;
	secret_free(&b);
	ck_assert_ptr_eq(cleansed.p, p);
	ck_assert_uint_eq(cleansed.n, 33);
	ck_assert(b.p == NULL && b.n == 0);
	secret_free(&b);

	OK(secret_new(0, &a));
	ck_assert(a.p == NULL && a.n == 0);
	OK(secret_copy(slice_of(NULL, 0), &a));
	ck_assert(a.p == NULL && a.n == 0);
	secret_free(&a);
}
END_TEST

START_TEST(compare_and_wipe)
{
	uint8_t a[40], b[40];

	for (size_t n = 0; n <= sizeof(a); n++) {
		memset(a, 'x', sizeof(a));
		memset(b, 'x', sizeof(b));
		ck_assert(ct_equal(slice_of(a, n), slice_of(b, n)));
		if (n > 0)
			ck_assert(!ct_equal(slice_of(a, n), slice_of(b, n - 1)));
		for (size_t bit = 0; bit < 8 * n; bit++) {
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			ck_assert(!ct_equal(slice_of(a, n), slice_of(b, n)));
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		wipe(a, n);
		for (size_t i = 0; i < sizeof(a); i++)
			ck_assert_uint_eq(a[i], i < n ? 0 : 'x');
	}
	ck_assert(ct_equal(slice_of(NULL, 0), slice_of(a, 0)));
	wipe(NULL, 0);
}
END_TEST

/* Secrets are in the secure heap until our share of it is used, then on the ordinary one; OpenSSL still has room. */
START_TEST(secure_heap_has_a_reserve_for_openssl)
{
	struct secret s[16] = { { NULL, 0 } };
	size_t secure = 0;
	struct crypto *c;
	struct ke *ke;

	(void)crypto_process_init();
	if (CRYPTO_secure_malloc_initialized() != 1)
		return; /* no such heap on this machine, and that was harmless */
	c = test_crypto(NULL);
	for (size_t i = 0; i < COUNT(s); i++) {
		OK(secret_new((size_t)1 << 20, &s[i]));
		s[i].p[s[i].n - 1] = 1;
		secure += CRYPTO_secure_allocated(s[i].p) == 1;
	}
	ck_assert_uint_gt(secure, 0);
	ck_assert_uint_lt(secure, COUNT(s));
	ck_assert_uint_le(CRYPTO_secure_used(), SECRET_SECURE_MAX);
	OK(ke_new(c, KE_MODP2048, &ke));
	ke_free(ke);
	for (size_t i = 0; i < COUNT(s); i++)
		secret_free(&s[i]);
	OK(secret_new(10, &s[0]));
	ck_assert_int_eq(CRYPTO_secure_allocated(s[0].p), 1);
	secret_free(&s[0]);
	crypto_free(c);
	/* again is harmless */
	(void)crypto_process_init();
	ck_assert_int_eq(CRYPTO_secure_malloc_initialized(), 1);
}
END_TEST

/* How often the 32 bytes that are |masked| xor 0xa5 stand in this process's writable memory. */
static unsigned
find_in_memory(const uint8_t masked[32])
{
	size_t chunk_size = (size_t)1 << 20;
	uint8_t *chunk = malloc(chunk_size);
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY);
	unsigned long from, to;
	unsigned found = 0;
	char line[512], mode[8];

	ck_assert(chunk != NULL && maps != NULL && mem >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		/* what is larger is the reserved, empty memory of a sanitizer */
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || mode[0] != 'r' ||
		    mode[1] != 'w' || to - from > (1UL << 30))
			continue;
		while (from < to) {
			size_t want = to - from < chunk_size ? to - from : chunk_size;
			ssize_t n = pread(mem, chunk, want, (off_t)from);

			if (n < 32)
				break;
			for (ssize_t i = 0; i + 32 <= n; i++) {
				size_t j = 0;

				while (j < 32 && chunk[i + (ssize_t)j] == (masked[j] ^ 0xa5))
					j++;
				found += j == 32;
			}
			from += want < chunk_size ? want : chunk_size - 31;
		}
	}
	fclose(maps);
	close(mem);
	wipe(chunk, chunk_size);
	free(chunk);
	return found;
}

/* T-residue: a kept context holds the last key; once the key is freed and crypto_forget() called, no memory does. */
START_TEST(forgetting_leaves_no_key_in_memory)
{
	struct crypto *c = test_crypto(NULL);
	struct slice part = slice_str("data");
	uint8_t out[PRF_MAX], masked[32], buf[32] = { 0 }, iv[16] = { 0 };
	struct secret key;
	size_t n;

	OK(secret_new(32, &key));
	OK(crypto_random_private(c, key.p, 32));
	for (size_t i = 0; i < 32; i++)
		masked[i] = key.p[i] ^ 0xa5;
	OK(cipher_encrypt(c, ENCR_AES_CBC, secret_slice(&key), iv, buf, sizeof(buf)));
	OK(prf(c, PRF_HMAC_SHA256, secret_slice(&key), &part, 1, out, &n));
	OK(prf(c, PRF_AES_XCBC, secret_slice(&key), &part, 1, out, &n));
	OK(integ(c, INTEG_HMAC_SHA256_128, secret_slice(&key), &part, 1, out, &n));
	ck_assert_uint_ge(find_in_memory(masked), 2);
	secret_free(&key);
	crypto_forget(c);
	ck_assert_uint_eq(find_in_memory(masked), 0);
	/* and everything still works */
	OK(prf(c, PRF_HMAC_SHA256, slice_str("k"), &part, 1, out, &n));
	OK(cipher_decrypt(c, ENCR_AES_CBC, slice_of(masked, 32), iv, buf, sizeof(buf)));
	crypto_free(c);
}
END_TEST

/* ---- failing allocations ---- */

START_TEST(failing_allocations_are_reported)
{
	static const enum alg_id some[] = { KE_MODP768, KE_MODP1536, KE_ECP256, KE_X25519 };
	struct crypto *c = test_crypto(NULL);
	struct crypto_options opt = { .seed = slice_of("s", 1) };

	FAIL_EACH_ALLOC({
		struct crypto *made = NULL;
		ike_err err = crypto_new(&opt, &made);

		/* inside OpenSSL's generator it is an error of OpenSSL */
		if (fail_alloc_hit())
			ck_assert(err == IKE_E_NOMEM || err == IKE_E_CRYPTO);
		else
			ck_assert_int_eq(err, IKE_OK);
		ck_assert((made == NULL) == (err != IKE_OK));
		crypto_free(made);
	});
	FAIL_EACH_ALLOC({
		struct secret a = { NULL, 0 };
		ike_err err = secret_copy(slice_of("secret", 6), &a);

		ck_assert_int_eq(err, fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		secret_free(&a);
	});
	for (size_t i = 0; i < COUNT(some); i++) {
		struct ke *peer;

		OK(ke_new(c, some[i], &peer));
		FAIL_EACH_ALLOC({
			struct ke *ke = NULL;
			struct secret s = { NULL, 0 };
			ike_err err = ke_new(c, some[i], &ke);

			if (err == IKE_OK)
				err = ke_derive(ke, ke_public(peer), &s);
			ck_assert_int_eq(err, fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
			secret_free(&s);
			ke_free(ke);
		});
		ke_free(peer);
	}
	crypto_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("crypto_context");
	TCase *t = tcase_create("context");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, equal_seeds_make_equal_bytes_and_keys);
	tcase_add_test(t, without_a_seed_nothing_repeats);
	tcase_add_test(t, all_of_a_seed_counts);
	tcase_add_test(t, seeded_bytes_are_chacha20);
	tcase_add_test(t, random_lengths_and_balance);
	tcase_add_test(t, has_what_the_registry_needs);
	tcase_add_test(t, default_options_are_null);
	tcase_add_test(t, secrets_are_owned_and_wiped);
	tcase_add_test(t, compare_and_wipe);
	tcase_add_test(t, secure_heap_has_a_reserve_for_openssl);
	tcase_add_test(t, forgetting_leaves_no_key_in_memory);
	tcase_add_test(t, failing_allocations_are_reported);
	suite_add_tcase(s, t);
	return run_suite(s);
}
