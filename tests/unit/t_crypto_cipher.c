/* SPDX-License-Identifier: BSD-3-Clause */
/* CBC, CTR and AEAD ciphers against published vectors; CCM with IKEv2's nonce against an independent CCM. */
#include "unit/crypto_test.h"

#include "crypto/cipher.h"

#include <openssl/evp.h>

static const char k128[] = "2b7e151628aed2a6abf7158809cf4f3c";
static const char k192[] = "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b";
static const char k256[] = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
static const char iv38a[] = "000102030405060708090a0b0c0d0e0f";
static const char text38a[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
			      "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
static const char z8[] = "0000000000000000";
static const char z16[] = "00000000000000000000000000000000";
static const char single[] = "=Single block msg";
static const char up32[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/* "7654321 Now is the time for " and zeros */
static const char young[] = "37363534333231204e6f77206973207468652074696d6520666f722000000000";

static const struct {
	enum alg_id alg;
	const char *key, *iv, *plain, *cipher;
} vectors[] = {
	/* FIPS 81 table C1; E. Young's test set */
	{ ENCR_DES, "0123456789abcdef", "1234567890abcdef", "=Now is the time for all ",
	    "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6" },
	{ ENCR_DES, "0123456789abcdef", "fedcba9876543210", young,
	    "ccd173ffab2039f4acd8aefddfd8a1eb468e91157888ba681d269397f7fe62b4" },
	{ ENCR_3DES, "0123456789abcdeff1e0d3c2b5a49786fedcba9876543210", "fedcba9876543210", young,
	    "3fe301c962ac01d02213763c1cbd4cdc799657c064ecf5d41c673812cfde9675" },
	{ ENCR_BLOWFISH, "0123456789abcdeff0e1d2c3b4a59687", "fedcba9876543210", young,
	    "6b77b4d63006dee605b156e27403979358deb9e7154616d959f1652bd5ff92cc" },
	/* E. Young's variable key set, one block each */
	{ ENCR_BLOWFISH, "f0e1d2c3b4", z8, "fedcba9876543210", "b39e44481bdb1e6e" },
	{ ENCR_BLOWFISH, "f0e1d2c3b4a59687", z8, "fedcba9876543210", "e87a244e2cc85e82" },
	{ ENCR_BLOWFISH, "f0e1d2c3b4a5968778695a4b3c2d1e0f", z8, "fedcba9876543210",
	    "93142887ee3be15c" },
	{ ENCR_BLOWFISH, "f0e1d2c3b4a5968778695a4b3c2d1e0f0011223344556677", z8, "fedcba9876543210",
	    "05044b62fa52d080" },
	/* RFC 2144 appendix B.1 */
	{ ENCR_CAST128, "0123456712345678234567893456789a", z8, "0123456789abcdef",
	    "238b4fe5847e44b2" },
	{ ENCR_CAST128, "01234567123456782345", z8, "0123456789abcdef", "eb6a711a2c02271b" },
	{ ENCR_CAST128, "0123456712", z8, "0123456789abcdef", "7ac816d16e9b302e" },
	/* RFC 3602 section 4, cases 1 and 2 */
	{ ENCR_AES_CBC, "06a9214036b8a15b512e03d534120006", "3dafba429d9eb430b422da802c9fac41",
	    single, "e353779c1079aeb82708942dbe77181a" },
	{ ENCR_AES_CBC, "c286696d887c9aa0611bbb3e2025a45a", "562e17996d093d28ddb3ba695a2e6f58",
	    up32, "d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1" },
	/* NIST SP 800-38A F.2.1, F.2.3, F.2.5 */
	{ ENCR_AES_CBC, k128, iv38a, text38a,
	    "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
	    "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7" },
	{ ENCR_AES_CBC, k192, iv38a, text38a,
	    "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
	    "571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd" },
	{ ENCR_AES_CBC, k256, iv38a, text38a,
	    "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
	    "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b" },
	/* RFC 3686 section 6, vectors 1, 2, 3, 4, 7: key, nonce; IV */
	{ ENCR_AES_CTR, "ae6852f8121067cc4bf7a5765577f39e 00000030", z8, single,
	    "e4095d4fb7a7b3792d6175a3261311b8" },
	{ ENCR_AES_CTR, "7e24067817fae0d743d6ce1f32539163 006cb6db", "c0543b59da48d90b", up32,
	    "5104a106168a72d9790d41ee8edad388eb2e1efc46da57c8fce630df9141be28" },
	{ ENCR_AES_CTR, "7691be035e5020a8ac6e618529f9a0dc 00e0017b", "27777f3f4a1786f0",
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223",
	    "c1cf48a89f2ffdd9cf4652e9efdb72d74540a42bde6d7836d59a5ceaaef3105325b2072f" },
	{ ENCR_AES_CTR, "16af5b145fc9f579c175f93e3bfb0eed863d06ccfdb78515 00000048",
	    "36733c147d6d93cb", single, "4b55384fe259c9c84e7935a003cbe928" },
	{ ENCR_AES_CTR, "776beff2851db06f4c8a0542c8696f6c6a81af1eec96b4d37fc1d689e6c1c104 00000060",
	    "db5672c97aa8f0b2", single, "145ad01dbf824ec7560863dc71e3e0c0" },
	/* RFC 3713 appendix A, one block each */
	{ ENCR_CAMELLIA_CBC, "0123456789abcdeffedcba9876543210", z16,
	    "0123456789abcdeffedcba9876543210", "67673138549669730857065648eabe43" },
	{ ENCR_CAMELLIA_CBC, "0123456789abcdeffedcba98765432100011223344556677", z16,
	    "0123456789abcdeffedcba9876543210", "b4993401b3e996f84ee5cee7d79b09b9" },
	{ ENCR_CAMELLIA_CBC, "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff",
	    z16, "0123456789abcdeffedcba9876543210", "9acc237dff16d76c20ef7c919e3a7509" },
};

START_TEST(cipher_gives_the_published_values)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct bytes key = unhex(vectors[i].key), iv = unhex(vectors[i].iv),
			     buf = unhex(vectors[i].plain);
		struct slice k = bytes_slice(&key);

		ck_assert_uint_eq(iv.n, alg_get(vectors[i].alg)->iv);
		OK(cipher_encrypt(c, vectors[i].alg, k, iv.b, buf.b, buf.n));
		expect_bytes(bytes_slice(&buf), vectors[i].cipher, "encrypt", i);
		OK(cipher_decrypt(c, vectors[i].alg, k, iv.b, buf.b, buf.n));
		expect_bytes(bytes_slice(&buf), vectors[i].plain, "decrypt", i);
	}
	crypto_free(c);
}
END_TEST

/* CBC: each block is enciphered with the block before it as the IV, for every cipher, key length and message length. */
START_TEST(cbc_chains_blocks)
{
	struct crypto *c = test_crypto(NULL);
	uint8_t key[64], plain[96], whole[96], one[96];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 37 + 1);
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 5);
	for (size_t i = 0; i < COUNT(vectors); i++) {
		const struct alg *a = alg_get(vectors[i].alg);
		struct bytes from_vector = unhex(vectors[i].key);
		struct slice k = slice_of(key, from_vector.n);

		if (a->id == ENCR_AES_CTR)
			continue;
		for (size_t n = 0; n <= sizeof(plain); n += a->block) {
			const uint8_t *iv = key;

			memcpy(whole, plain, n);
			OK(cipher_encrypt(c, a->id, k, key, whole, n));
			memcpy(one, plain, n);
			for (size_t at = 0; at < n; at += a->block) {
				OK(cipher_encrypt(c, a->id, k, iv, one + at, a->block));
				iv = one + at;
			}
			ck_assert(n == 0 || memcmp(whole, one, n) == 0);
			OK(cipher_decrypt(c, a->id, k, key, whole, n));
			ck_assert(n == 0 || memcmp(whole, plain, n) == 0);
		}
	}
	crypto_free(c);
}
END_TEST

START_TEST(cbc_refuses_partial_blocks)
{
	struct crypto *c = test_crypto(NULL);
	uint8_t buf[64] = { 0 }, iv[16] = { 0 };

	for (size_t i = 0; i < COUNT(vectors); i++) {
		const struct alg *a = alg_get(vectors[i].alg);
		struct bytes key = unhex(vectors[i].key);

		for (size_t n = 0; n < sizeof(buf); n++) {
			bool fine = a->id == ENCR_AES_CTR || n % a->block == 0;

			FAILS(fine ? IKE_OK : IKE_E_CRYPTO,
			    cipher_encrypt(c, a->id, bytes_slice(&key), iv, buf, n));
			FAILS(fine ? IKE_OK : IKE_E_CRYPTO,
			    cipher_decrypt(c, a->id, bytes_slice(&key), iv, buf, n));
		}
	}
	crypto_free(c);
}
END_TEST

/* CTR of any length is a prefix of that of a longer one, and ciphering twice gives the plaintext back. */
START_TEST(ctr_takes_any_length)
{
	struct crypto *c = test_crypto(NULL);
	struct bytes key = unhex(vectors[16].key);
	uint8_t iv[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, full[200] = { 0 }, part[200];

	ck_assert_int_eq(vectors[16].alg, ENCR_AES_CTR);
	OK(cipher_encrypt(c, ENCR_AES_CTR, bytes_slice(&key), iv, full, sizeof(full)));
	for (size_t n = 1; n <= sizeof(full); n++) {
		memset(part, 0, sizeof(part));
		OK(cipher_encrypt(c, ENCR_AES_CTR, bytes_slice(&key), iv, part, n));
		ck_assert_mem_eq(part, full, n);
		OK(cipher_decrypt(c, ENCR_AES_CTR, bytes_slice(&key), iv, part, n));
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_eq(part[i], 0);
	}
	crypto_free(c);
}
END_TEST

struct aead_vector {
	enum alg_id alg;
	const char *key, *iv, *aad, *plain, *cipher, *icv;
};

#define GCM_TEXT                                                           \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define GCM_AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define LADIES                                                                                  \
	"=Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the " \
	"future, sunscreen would "                                                              \
	"be it."

/* The first four bytes of the vectors' nonces are the salt, the other eight the IV. */
static const struct aead_vector aead_vectors[] = {
	/* McGrew and Viega, The Galois/Counter Mode of Operation, test cases 1, 2, 4, 10, 16 */
	{ ENCR_AES_GCM_16, "*20:00", z8, "", "", "", "58e2fccefa7e3061367f1d57a4e7455a" },
	{ ENCR_AES_GCM_16, "*20:00", z8, "", z16, "0388dace60b6a392f328c2b971b2fe78",
	    "ab6e47d42cec13bdf53a67b21257bddf" },
	{ ENCR_AES_GCM_16, "feffe9928665731c6d6a8f9467308308 cafebabe", "facedbaddecaf888", GCM_AAD,
	    GCM_TEXT,
	    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
	    "5bc94fbc3221a5db94fae95ae7121a47" },
	{ ENCR_AES_GCM_16, "feffe9928665731c6d6a8f9467308308feffe9928665731c cafebabe",
	    "facedbaddecaf888", GCM_AAD, GCM_TEXT,
	    "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c"
	    "7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710",
	    "2519498e80f1478f37ba55bd6d27618c" },
	{ ENCR_AES_GCM_16,
	    "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308 cafebabe",
	    "facedbaddecaf888", GCM_AAD, GCM_TEXT,
	    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
	    "76fc6ece0f4e1768cddf8853bb2d551b" },
	/* test case 4 again with the shorter tags of RFC 4106, which are its beginning */
	{ ENCR_AES_GCM_12, "feffe9928665731c6d6a8f9467308308 cafebabe", "facedbaddecaf888", GCM_AAD,
	    GCM_TEXT,
	    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
	    "5bc94fbc3221a5db94fae95a" },
	{ ENCR_AES_GCM_8, "feffe9928665731c6d6a8f9467308308 cafebabe", "facedbaddecaf888", GCM_AAD,
	    GCM_TEXT,
	    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	    "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
	    "5bc94fbc3221a5db" },
	/* RFC 8439 section 2.8.2 */
	{ ENCR_CHACHA20_POLY1305,
	    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f 07000000",
	    "4041424344454647", "50515253c0c1c2c3c4c5c6c7", LADIES,
	    "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
	    "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
	    "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
	    "3ff4def08e4b7a9de576d26586cec64b6116",
	    "1ae10b594f09e26a7e902ecbd0600691" },
	/* RFC 7634 appendix B: an IKEv2 informational message */
	{ ENCR_CHACHA20_POLY1305,
	    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f a0a1a2a3",
	    "1011121314151617", "c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029",
	    "0000000c000040010000000a00", "610394701f8d017f7c12924889",
	    "6b71bfe25236efd7cdc67066906315b2" },
};

START_TEST(aead_gives_the_published_values)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < COUNT(aead_vectors); i++) {
		const struct aead_vector *v = &aead_vectors[i];
		struct bytes key = unhex(v->key), iv = unhex(v->iv), aad = unhex(v->aad),
			     buf = unhex(v->plain);
		uint8_t icv[CIPHER_ICV_MAX];

		OK(aead_seal(
		    c, v->alg, bytes_slice(&key), iv.b, bytes_slice(&aad), buf.b, buf.n, icv));
		expect_bytes(bytes_slice(&buf), v->cipher, "seal", i);
		expect_bytes(slice_of(icv, alg_get(v->alg)->icv), v->icv, "icv", i);
		OK(aead_open(
		    c, v->alg, bytes_slice(&key), iv.b, bytes_slice(&aad), buf.b, buf.n, icv));
		expect_bytes(bytes_slice(&buf), v->plain, "open", i);
	}
	crypto_free(c);
}
END_TEST

/* Independent CCM (RFC 3610), from single AES blocks; up to 13 + |n_len| = 15 bytes of nonce and length field. */
static void
aes_block(const struct bytes *key, const uint8_t in[16], uint8_t out[16])
{
	const EVP_CIPHER *ecb = key->n == 16   ? EVP_aes_128_ecb()
				: key->n == 24 ? EVP_aes_192_ecb()
					       : EVP_aes_256_ecb();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	ck_assert_int_eq(EVP_EncryptInit_ex(ctx, ecb, NULL, key->b, NULL), 1);
	ck_assert_int_eq(EVP_CIPHER_CTX_set_padding(ctx, 0), 1);
	ck_assert_int_eq(EVP_EncryptUpdate(ctx, out, &n, in, 16), 1);
	EVP_CIPHER_CTX_free(ctx);
}

static void
mac_in(const struct bytes *key, uint8_t x[16], size_t *at, uint8_t byte)
{
	x[*at] ^= byte;
	if (++*at == 16) {
		aes_block(key, x, x);
		*at = 0;
	}
}

static void
mac_fill(const struct bytes *key, uint8_t x[16], size_t *at)
{
	while (*at != 0)
		mac_in(key, x, at, 0);
}

static void
reference_ccm(const struct bytes *key, struct slice nonce, struct slice aad, struct bytes *buf,
    size_t icv_len, uint8_t icv[16])
{
	size_t l = 15 - nonce.n, at = 0;
	uint8_t x[16] = { 0 }, counter[16] = { 0 }, stream[16];

	mac_in(key, x, &at, (uint8_t)((aad.n != 0 ? 64 : 0) + 8 * ((icv_len - 2) / 2) + (l - 1)));
	for (size_t i = 0; i < nonce.n; i++)
		mac_in(key, x, &at, nonce.p[i]);
	for (size_t i = 0; i < l; i++)
		mac_in(key, x, &at, (uint8_t)(l - i > 2 ? 0 : buf->n >> (8 * (l - 1 - i))));
	if (aad.n != 0) {
		mac_in(key, x, &at, (uint8_t)(aad.n >> 8));
		mac_in(key, x, &at, (uint8_t)aad.n);
		for (size_t i = 0; i < aad.n; i++)
			mac_in(key, x, &at, aad.p[i]);
		mac_fill(key, x, &at);
	}
	for (size_t i = 0; i < buf->n; i++)
		mac_in(key, x, &at, buf->b[i]);
	mac_fill(key, x, &at);
	counter[0] = (uint8_t)(l - 1);
	memcpy(counter + 1, nonce.p, nonce.n);
	aes_block(key, counter, stream);
	for (size_t i = 0; i < icv_len; i++)
		icv[i] = x[i] ^ stream[i];
	for (size_t i = 0; i < buf->n; i++) {
		if (i % 16 == 0) {
			counter[14] = (uint8_t)((i / 16 + 1) >> 8);
			counter[15] = (uint8_t)(i / 16 + 1);
			aes_block(key, counter, stream);
		}
		buf->b[i] ^= stream[i % 16];
	}
}

/* RFC 3610 section 8, packet vectors 1 and 2: the reference itself is right. */
START_TEST(reference_ccm_is_ccm)
{
	struct bytes key = unhex("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"),
		     aad = unhex("0001020304050607");
	struct bytes nonce = unhex("00000003020100a0a1a2a3a4a5");
	struct bytes buf = unhex("08090a0b0c0d0e0f101112131415161718191a1b1c1d1e");
	uint8_t icv[16];

	reference_ccm(&key, bytes_slice(&nonce), bytes_slice(&aad), &buf, 8, icv);
	expect_bytes(
	    bytes_slice(&buf), "588c979a61c663d2f066d0c2c0f989806d5f6b61dac384", "vector", 1);
	expect_bytes(slice_of(icv, 8), "17e8d12cfdf926e0", "vector", 1);
	nonce = unhex("00000004030201a0a1a2a3a4a5");
	buf = unhex("08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	reference_ccm(&key, bytes_slice(&nonce), bytes_slice(&aad), &buf, 8, icv);
	expect_bytes(
	    bytes_slice(&buf), "72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3b", "vector", 2);
	expect_bytes(slice_of(icv, 8), "a091d56e10400916", "vector", 2);
}
END_TEST

static const enum alg_id ccm[] = { ENCR_AES_CCM_8, ENCR_AES_CCM_12, ENCR_AES_CCM_16 };

/* RFC 4309 section 4: nonce is salt of three bytes, IV of eight; RFC 5282 section 4: the same in IKEv2. */
START_TEST(ccm_agrees_with_the_reference)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t a = 0; a < COUNT(ccm); a++) {
		for (size_t bits = 128; bits <= 256; bits += 64) {
			for (size_t n = 0; n < 300; n += n < 40 ? 1 : 37) {
				struct bytes key, keymat, iv = unhex("f0f1f2f3f4f5f6f7"), nonce,
							  ours, theirs;
				struct slice aad = slice_of(text38a, n % 50);
				uint8_t icv[16], want[16];
				size_t icv_len = alg_get(ccm[a])->icv;

				key.n = bits / 8;
				for (size_t i = 0; i < key.n; i++)
					key.b[i] = (uint8_t)(i + n);
				keymat = key;
				memcpy(keymat.b + keymat.n, "\xa1\xa2\xa3", 3);
				keymat.n += 3;
				nonce = unhex("a1a2a3 f0f1f2f3f4f5f6f7");
				ours.n = n;
				for (size_t i = 0; i < n; i++)
					ours.b[i] = (uint8_t)(i * 3);
				theirs = ours;
				reference_ccm(
				    &key, bytes_slice(&nonce), aad, &theirs, icv_len, want);
				OK(aead_seal(c, ccm[a], bytes_slice(&keymat), iv.b, aad, ours.b,
				    ours.n, icv));
				ck_assert(n == 0 || memcmp(ours.b, theirs.b, n) == 0);
				ck_assert_mem_eq(icv, want, icv_len);
				OK(aead_open(c, ccm[a], bytes_slice(&keymat), iv.b, aad, ours.b,
				    ours.n, icv));
				for (size_t i = 0; i < n; i++)
					ck_assert_uint_eq(ours.b[i], (uint8_t)(i * 3));
			}
		}
	}
	crypto_free(c);
}
END_TEST

static const enum alg_id aeads[] = {
	ENCR_AES_GCM_8,
	ENCR_AES_GCM_12,
	ENCR_AES_GCM_16,
	ENCR_AES_CCM_8,
	ENCR_AES_CCM_12,
	ENCR_AES_CCM_16,
	ENCR_CHACHA20_POLY1305,
};

/* One flipped bit anywhere: refused, and nothing of the plaintext is left in the buffer; the next message is fine. */
START_TEST(aead_refuses_every_flipped_bit)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t a = 0; a < COUNT(aeads); a++) {
		struct bytes key = unhex("*40:5a"), iv = unhex("0102030405060708"),
			     aad = unhex("a0a1a2a3a4a5");
		uint8_t sealed[33], icv[16], *where[] = { sealed, icv, aad.b, iv.b, key.b };
		const struct alg *row = alg_get(aeads[a]);
		size_t sizes[] = { sizeof(sealed), row->icv, aad.n, iv.n, 0 };

		key.n = sizes[4] = alg_keymat_len(row, 0);
		memset(sealed, 'p', sizeof(sealed));
		OK(aead_seal(c, row->id, bytes_slice(&key), iv.b, bytes_slice(&aad), sealed,
		    sizeof(sealed), icv));
		for (size_t w = 0; w < COUNT(where); w++) {
			for (size_t bit = 0; bit < sizes[w] * 8; bit++) {
				uint8_t buf[sizeof(sealed)];

				where[w][bit / 8] ^= (uint8_t)(1 << bit % 8);
				memcpy(buf, sealed, sizeof(buf));
				FAILS(
				    IKE_E_INTEGRITY, aead_open(c, row->id, bytes_slice(&key), iv.b,
							 bytes_slice(&aad), buf, sizeof(buf), icv));
				for (size_t i = 0; i < sizeof(buf); i++)
					ck_assert_uint_eq(buf[i], 0);
				where[w][bit / 8] ^= (uint8_t)(1 << bit % 8);
			}
		}
		OK(aead_open(c, row->id, bytes_slice(&key), iv.b, bytes_slice(&aad), sealed,
		    sizeof(sealed), icv));
		for (size_t i = 0; i < sizeof(sealed); i++)
			ck_assert_uint_eq(sealed[i], 'p');
	}
	crypto_free(c);
}
END_TEST

/* Only the key lengths of the registry are taken, and only by the functions of the right kind. */
START_TEST(other_key_lengths_and_kinds_are_unsupported)
{
	struct crypto *c = test_crypto(NULL);
	uint8_t key[100] = { 0 }, iv[16] = { 0 }, buf[16] = { 0 }, icv[16] = { 0 };
	struct slice none = slice_of(NULL, 0);
	size_t count;
	const struct alg *all = alg_all(&count);

	for (size_t i = 0; i < count; i++) {
		const struct alg *a = &all[i];
		bool ours = a->kind == ALG_ENCR && crypto_has(c, a->id),
		     is_aead = (a->flags & ALG_AEAD) != 0;

		for (size_t n = 0; n <= sizeof(key); n++) {
			bool fits =
			    ours && n > a->salt && alg_key_ok(a, (unsigned)(n - a->salt) * 8);
			struct slice k = slice_of(key, n);

			FAILS(fits && !is_aead ? IKE_OK : IKE_E_UNSUPPORTED,
			    cipher_encrypt(c, a->id, k, iv, buf, 16));
			FAILS(fits && !is_aead ? IKE_OK : IKE_E_UNSUPPORTED,
			    cipher_decrypt(c, a->id, k, iv, buf, 16));
			FAILS(fits && is_aead ? IKE_OK : IKE_E_UNSUPPORTED,
			    aead_seal(c, a->id, k, iv, none, buf, 16, icv));
			FAILS(fits && is_aead ? IKE_OK : IKE_E_UNSUPPORTED,
			    aead_open(c, a->id, k, iv, none, buf, 16, icv));
		}
	}
	FAILS(IKE_E_UNSUPPORTED, cipher_encrypt(c, ALG_ID_NONE, slice_of(key, 16), iv, buf, 16));
	crypto_free(c);
}
END_TEST

START_TEST(huge_lengths_are_refused)
{
	struct crypto *c = test_crypto(NULL);
	uint8_t key[20] = { 0 }, iv[16] = { 0 }, buf[16], icv[16];
	size_t huge = (size_t)1 << 32;

	FAILS(IKE_E_CRYPTO, cipher_encrypt(c, ENCR_AES_CBC, slice_of(key, 16), iv, buf, huge));
	FAILS(IKE_E_CRYPTO, aead_seal(c, ENCR_AES_GCM_16, slice_of(key, 20), iv, slice_of(NULL, 0),
				buf, huge, icv));
	FAILS(IKE_E_CRYPTO, aead_open(c, ENCR_AES_GCM_16, slice_of(key, 20), iv,
				slice_of(buf, huge), buf, 16, icv));
	crypto_free(c);
}
END_TEST

START_TEST(legacy_ciphers_need_the_legacy_provider)
{
	static const enum alg_id legacy[] = { ENCR_DES, ENCR_BLOWFISH, ENCR_CAST128 };
	struct crypto_options opt = { .no_legacy = true };
	struct crypto *c;
	uint8_t key[16] = { 0 }, iv[8] = { 0 }, buf[8] = { 0 };

	OK(crypto_new(&opt, &c));
	for (size_t i = 0; i < COUNT(legacy); i++) {
		struct slice k = slice_of(key, alg_keymat_len(alg_get(legacy[i]), 0));

		ck_assert(!crypto_has(c, legacy[i]));
		FAILS(IKE_E_UNSUPPORTED, cipher_encrypt(c, legacy[i], k, iv, buf, 8));
	}
	ck_assert(crypto_has(c, ENCR_3DES));
	crypto_free(c);
}
END_TEST

/* RFC 2409 appendix A, each also with other parity bits; one bit further it is an ordinary key. */
START_TEST(weak_des_keys_are_known)
{
	static const char *const weak[] = {
		"0101010101010101",
		"1f1f1f1f0e0e0e0e",
		"e0e0e0e0f1f1f1f1",
		"fefefefefefefefe",
		"01fe01fe01fe01fe",
		"1fe01fe00ef10ef1",
		"01e001e001f101f1",
		"1ffe1ffe0efe0efe",
		"011f011f010e010e",
		"e0fee0fef1fef1fe",
		"fe01fe01fe01fe01",
		"e01fe01ff10ef10e",
		"e001e001f101f101",
		"fe1ffe1ffe0efe0e",
		"1f011f010e010e01",
		"fee0fee0fef1fef1",
	};

	for (size_t i = 0; i < COUNT(weak); i++) {
		struct bytes key = unhex(weak[i]);

		ck_assert_uint_eq(key.n, 8);
		ck_assert(cipher_key_weak(ENCR_DES, bytes_slice(&key)));
		ck_assert(!cipher_key_weak(ENCR_3DES, bytes_slice(&key)));
		for (size_t at = 0; at < 8; at++) {
			key.b[at] ^= 1;
			ck_assert(cipher_key_weak(ENCR_DES, bytes_slice(&key)));
			key.b[at] ^= 2;
			ck_assert(!cipher_key_weak(ENCR_DES, bytes_slice(&key)));
			key.b[at] ^= 2;
		}
		key.n = 7;
		ck_assert(!cipher_key_weak(ENCR_DES, bytes_slice(&key)));
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("crypto_cipher");
	TCase *t = tcase_create("cipher");

	tcase_add_test(t, cipher_gives_the_published_values);
	tcase_add_test(t, cbc_chains_blocks);
	tcase_add_test(t, cbc_refuses_partial_blocks);
	tcase_add_test(t, ctr_takes_any_length);
	tcase_add_test(t, aead_gives_the_published_values);
	tcase_add_test(t, reference_ccm_is_ccm);
	tcase_add_test(t, ccm_agrees_with_the_reference);
	tcase_add_test(t, aead_refuses_every_flipped_bit);
	tcase_add_test(t, other_key_lengths_and_kinds_are_unsupported);
	tcase_add_test(t, huge_lengths_are_refused);
	tcase_add_test(t, legacy_ciphers_need_the_legacy_provider);
	tcase_add_test(t, weak_des_keys_are_known);
	suite_add_tcase(s, t);
	return run_suite(s);
}
