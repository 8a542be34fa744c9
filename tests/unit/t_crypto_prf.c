/* SPDX-License-Identifier: BSD-3-Clause */
/* PRFs, hashes and integrity algorithms against published vectors. */
#include "unit/crypto_test.h"

#include "crypto/prf.h"

static const char key25[] = "0102030405060708090a0b0c0d0e0f10111213141516171819";
static const char larger_key[] = "=Test Using Larger Than Block-Size Key - Hash Key First";
static const char larger_both[] =
    "=Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data";
static const char jefe[] = "=what do ya want for nothing?";
static const char k16[] = "000102030405060708090a0b0c0d0e0f";
static const char m20[] = "000102030405060708090a0b0c0d0e0f10111213";
static const char k38a[] = "2b7e151628aed2a6abf7158809cf4f3c";

struct vector {
	enum alg_id alg;
	const char *key, *data, *out;
};

static const struct vector prf_vectors[] = {
	/* RFC 2202 section 2 */
	{ PRF_HMAC_MD5, "*16:0b", "=Hi There", "9294727a3638bb1c13f48ef8158bfc9d" },
	{ PRF_HMAC_MD5, "=Jefe", jefe, "750c783e6ab0b503eaa86e310a5db738" },
	{ PRF_HMAC_MD5, "*16:aa", "*50:dd", "56be34521d144c88dbb8c733f0e8b3f6" },
	{ PRF_HMAC_MD5, key25, "*50:cd", "697eaf0aca3a3aea3a75164746ffaa79" },
	{ PRF_HMAC_MD5, "*16:0c", "=Test With Truncation", "56461ef2342edc00f9bab995690efd4c" },
	{ PRF_HMAC_MD5, "*80:aa", larger_key, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd" },
	{ PRF_HMAC_MD5, "*80:aa", larger_both, "6f630fad67cda0ee1fb1f562db3aa53e" },
	/* RFC 2202 section 3 */
	{ PRF_HMAC_SHA1, "*20:0b", "=Hi There", "b617318655057264e28bc0b6fb378c8ef146be00" },
	{ PRF_HMAC_SHA1, "=Jefe", jefe, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ PRF_HMAC_SHA1, "*20:aa", "*50:dd", "125d7342b9ac11cd91a39af48aa17b4f63f175d3" },
	{ PRF_HMAC_SHA1, key25, "*50:cd", "4c9007f4026250c6bc8414f9bf50c86c2d7235da" },
	{ PRF_HMAC_SHA1, "*20:0c", "=Test With Truncation",
	    "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04" },
	{ PRF_HMAC_SHA1, "*80:aa", larger_key, "aa4ae5e15272d00e95705637ce8a3b55ed402112" },
	{ PRF_HMAC_SHA1, "*80:aa", larger_both, "e8e99d0f45237d786d6bbaa7965c7808bbff1a91" },
	/* RFC 4231 section 4 */
	{ PRF_HMAC_SHA256, "*20:0b", "=Hi There",
	    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ PRF_HMAC_SHA384, "*20:0b", "=Hi There",
	    "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152"
	    "e8b2fa9cb6" },
	{ PRF_HMAC_SHA512, "*20:0b", "=Hi There",
	    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
	    "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854" },
	{ PRF_HMAC_SHA256, "=Jefe", jefe,
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ PRF_HMAC_SHA384, "=Jefe", jefe,
	    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239"
	    "ecfab21649" },
	{ PRF_HMAC_SHA512, "=Jefe", jefe,
	    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	    "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
	{ PRF_HMAC_SHA256, "*20:aa", "*50:dd",
	    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ PRF_HMAC_SHA384, "*20:aa", "*50:dd",
	    "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6"
	    "e101a34f27" },
	{ PRF_HMAC_SHA512, "*20:aa", "*50:dd",
	    "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
	    "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb" },
	{ PRF_HMAC_SHA256, key25, "*50:cd",
	    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
	{ PRF_HMAC_SHA384, key25, "*50:cd",
	    "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a3"
	    "86c674cffb" },
	{ PRF_HMAC_SHA512, key25, "*50:cd",
	    "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
	    "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd" },
	{ PRF_HMAC_SHA256, "*131:aa", larger_key,
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	{ PRF_HMAC_SHA384, "*131:aa", larger_key,
	    "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248d"
	    "f163f44952" },
	{ PRF_HMAC_SHA512, "*131:aa", larger_key,
	    "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
	    "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598" },
	/* RFC 3566 section 4.6; RFC 4434 section 4 has the one with 20 bytes again */
	{ PRF_AES_XCBC, k16, "", "75f0251d528ac01c4573dfd584d79f29" },
	{ PRF_AES_XCBC, k16, "000102", "5b376580ae2f19afe7219ceef172756f" },
	{ PRF_AES_XCBC, k16, k16, "d2a246fa349b68a79998a4394ff7a263" },
	{ PRF_AES_XCBC, k16, m20, "47f51b4564966215b8985c63055ed308" },
	{ PRF_AES_XCBC, k16, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	    "f54f0ec8d2b9f3d36807734bd5283fd4" },
	{ PRF_AES_XCBC, k16, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021",
	    "becbb3bccdb518a30677d5481fb6b4d8" },
	{ PRF_AES_XCBC, k16, "*1000:00", "f0dafee895db30253761103b5d84528f" },
	/* RFC 4434 section 4: keys too short and too long */
	{ PRF_AES_XCBC, "00010203040506070809", m20, "0fa087af7d866e7653434e602fdde835" },
	{ PRF_AES_XCBC, "000102030405060708090a0b0c0d0e0fedcb", m20,
	    "8cd3c93ae598a9803006ffb67c40e9e4" },
	/* RFC 4493 section 4 */
	{ PRF_AES_CMAC, k38a, "", "bb1d6929e95937287fa37d129b756746" },
	{ PRF_AES_CMAC, k38a, "6bc1bee22e409f96e93d7e117393172a",
	    "070a16b46b4d4144f79bdd9dd04a287c" },
	{ PRF_AES_CMAC, k38a,
	    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
	    "dfa66747de9ae63030ca32611497c827" },
	{ PRF_AES_CMAC, k38a,
	    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
	    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
	    "51f0bebf7e3b9d92fc49741779363cfe" },
	/* RFC 4615 section 4 */
	{ PRF_AES_CMAC, "000102030405060708090a0b0c0d0e0fedcb", m20,
	    "84a348a4a45d235babfffc0d2b4da09a" },
	{ PRF_AES_CMAC, k16, m20, "980ae87b5f4c9c5214f5b6a8455e4c2d" },
	{ PRF_AES_CMAC, "00010203040506070809", m20, "290d9e112edb09ee141fcf64c0b72f3d" },
};

START_TEST(prf_gives_the_published_values)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < COUNT(prf_vectors); i++) {
		const struct vector *v = &prf_vectors[i];
		struct bytes key = unhex(v->key), data = unhex(v->data);
		struct slice part = bytes_slice(&data);
		uint8_t out[PRF_MAX];
		size_t n = 0;

		OK(prf(c, v->alg, bytes_slice(&key), &part, 1, out, &n));
		expect_bytes(slice_of(out, n), v->out, "prf", i);
		ck_assert_uint_eq(n, prf_len(v->alg));
	}
	crypto_free(c);
}
END_TEST

/* However the input is cut into parts, the result is that of the whole. */
START_TEST(parts_are_read_as_one_string)
{
	static const enum alg_id all[] = {
		PRF_HMAC_MD5,
		PRF_HMAC_SHA1,
		PRF_HMAC_SHA256,
		PRF_HMAC_SHA384,
		PRF_HMAC_SHA512,
		PRF_AES_XCBC,
		PRF_AES_CMAC,
	};
	struct crypto *c = test_crypto(NULL);
	uint8_t data[600], whole[PRF_MAX], cut[PRF_MAX];
	size_t n;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t a = 0; a < COUNT(all); a++) {
		for (size_t len = 0; len <= sizeof(data); len += len < 70 ? 1 : 53) {
			struct slice key = slice_of(data, 16), one = slice_of(data, len);

			OK(prf(c, all[a], key, &one, 1, whole, &n));
			for (size_t at = 0; at <= len; at += 1 + len / 9) {
				struct slice parts[] = {
					slice_of(data, at),
					slice_of(NULL, 0),
					slice_of(data + at, len - at),
				};

				OK(prf(c, all[a], key, parts, COUNT(parts), cut, &n));
				ck_assert_mem_eq(whole, cut, n);
			}
		}
	}
	crypto_free(c);
}
END_TEST

/* An empty key is a key, not "the key of the last call". */
START_TEST(empty_key_is_not_the_last_key)
{
	struct crypto *c = test_crypto(NULL);
	struct slice part = slice_str("x");
	uint8_t zero[16] = { 0 }, a[PRF_MAX], b[PRF_MAX], other[PRF_MAX];
	size_t n;

	OK(prf(c, PRF_HMAC_SHA256, slice_of(zero, 16), &part, 1, a, &n));
	OK(prf(c, PRF_HMAC_SHA256, slice_str("another key"), &part, 1, other, &n));
	OK(prf(c, PRF_HMAC_SHA256, slice_of(NULL, 0), &part, 1, b, &n));
	/* RFC 2104 section 2 pads keys with zeros, so that these two are the same key. */
	ck_assert_mem_eq(a, b, n);
	ck_assert_mem_ne(a, other, n);
	crypto_free(c);
}
END_TEST

static const struct {
	enum alg_id alg;
	const char *key, *seed, *out;
} plus_vectors[] = {
	/* NIST CAVP, application-specific key derivation, IKEv2: SHA-1 and SHA-256 */
	{ PRF_HMAC_SHA1, "a9a7b222b59f8f48645f28a1db5b5f5d7479cba7",
	    "32b50d5f4a3763f3 9206a04b26564cb1 34c9e7c188868785 3ff77d760d2b2199",
	    "a14293677cc80ff8f9cc0eee30d895da9d8f405666e30ef0dfcb63c634a46002a2a63080e514a062768b76"
	    "606f9fa5e992204fc5"
	    "a670bde3f10d6b027113936a5c55b648a194ae587b0088d52204b702c979fa280870d2ed41efa9c549fd11"
	    "198af1670b143d384b"
	    "d275c5f594cf266b05ebadca855e4249520a441a81157435a7a56cc4" },
	{ PRF_HMAC_SHA256, "5f00d1bd2c58ec224b1e6b71fa0f19a1faa7a193952c444411b47c1a9d8ba6fe",
	    "3f302be1abcb28e1 8c332ee006064c9b 40dac39e1e1a8640 8619a1cf9a6e4c07",
	    "0b137d669b0947d7d026d593f0305ad401ff0c471357d695778a9c7f4b4869ece98aca531188d16041b3bb"
	    "936d2dbb3b4993a6e7"
	    "68a809160de45d0283f273a6cdf6854379e31be72b8d3d1fa990cf9c5b015ca9f918a7df6253c958114a09"
	    "d4e1c19bdcd4db14b2"
	    "9d98db1a74ad405c588662c14a04d0d36aa4ab55e90f8986d12d4aad" },
	/* From the tests of NSS, made with that implementation */
	{ PRF_AES_XCBC, "08b95345c9557240ddc98d6e1dfda875",
	    "32b50d5f4a3763f3 9206a04b26564cb1 34c9e7c188868785 3ff77d760d2b2199",
	    "efa38ecee9fd05062f64b655105436d54b4728da66f3bc5768636170ff5017ab082342a683e7144a58d549"
	    "c53d4575a2897d14c7"
	    "c687040e86384065456b8dcd8aaea88b85b5e4d8ab2f61c015859337000550cda1750a15c1f90af0ddd296"
	    "e0a7f291afe46295dd"
	    "3108078bd8eadf09bc614c205a7c283907c3e6a384ad3f5373887e83" },
};

START_TEST(prf_plus_gives_the_published_values)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < COUNT(plus_vectors); i++) {
		struct bytes key = unhex(plus_vectors[i].key), seed = unhex(plus_vectors[i].seed);
		struct bytes want = unhex(plus_vectors[i].out);
		struct slice parts[] = { slice_of(seed.b, 8), slice_of(seed.b + 8, seed.n - 8) };

		for (size_t len = 0; len <= want.n; len++) {
			uint8_t out[256];

			memset(out, 0xee, sizeof(out));
			OK(prf_plus(c, plus_vectors[i].alg, bytes_slice(&key), parts, COUNT(parts),
			    out, len));
			ck_assert_msg(len == 0 || memcmp(out, want.b, len) == 0,
			    "row %zu, %zu bytes", i, len);
			ck_assert_uint_eq(out[len], 0xee);
		}
	}
	crypto_free(c);
}
END_TEST

START_TEST(prf_plus_ends_after_255_blocks)
{
	struct crypto *c = test_crypto(NULL);
	struct slice part = slice_str("seed");
	uint8_t out[255 * 20 + 1];

	OK(prf_plus(c, PRF_HMAC_SHA1, slice_str("key"), &part, 1, out, 255 * 20));
	FAILS(
	    IKE_E_RANGE, prf_plus(c, PRF_HMAC_SHA1, slice_str("key"), &part, 1, out, 255 * 20 + 1));
	OK(prf_plus(c, PRF_AES_XCBC, slice_str("key"), &part, 1, out, 255 * 16));
	FAILS(
	    IKE_E_RANGE, prf_plus(c, PRF_AES_XCBC, slice_str("key"), &part, 1, out, 255 * 16 + 1));
	crypto_free(c);
}
END_TEST

static const struct {
	enum alg_id alg;
	const char *data, *out;
} hash_vectors[] = {
	/* RFC 1321 appendix A.5 */
	{ HASH_MD5, "", "d41d8cd98f00b204e9800998ecf8427e" },
	{ HASH_MD5, "=message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
	/* FIPS 180 examples */
	{ HASH_SHA1, "=abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ HASH_SHA1, "=abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
	{ HASH_SHA256, "=abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ HASH_SHA384, "=abc",
	    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baec"
	    "a134c825a7" },
	{ HASH_SHA512, "=abc",
	    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
};

START_TEST(hash_gives_the_published_values)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < COUNT(hash_vectors); i++) {
		struct bytes data = unhex(hash_vectors[i].data);
		struct slice parts[] = { slice_of(data.b, data.n / 3),
			slice_of(data.b + data.n / 3, data.n - data.n / 3) };
		uint8_t out[PRF_MAX];
		size_t n = 0;

		OK(hash(c, hash_vectors[i].alg, parts, COUNT(parts), out, &n));
		expect_bytes(slice_of(out, n), hash_vectors[i].out, "hash", i);
		ck_assert_uint_eq(n, prf_len(hash_vectors[i].alg));
	}
	crypto_free(c);
}
END_TEST

static const struct vector integ_vectors[] = {
	/* RFC 2202, cut to 96 bits as RFC 2403 and RFC 2404 say */
	{ INTEG_HMAC_MD5_96, "*16:0c", "=Test With Truncation", "56461ef2342edc00f9bab995" },
	{ INTEG_HMAC_SHA1_96, "*20:0c", "=Test With Truncation", "4c1a03424b55e07fe7f27be1" },
	/* RFC 4868 section 2.7.2 */
	{ INTEG_HMAC_SHA256_128, "*32:0b", "=Hi There", "198a607eb44bfbc69903a0f1cf2bbdc5" },
	{ INTEG_HMAC_SHA256_128, "=JefeJefeJefeJefeJefeJefeJefeJefe", jefe,
	    "167f928588c5cc2eef8e3093caa0e87c" },
	{ INTEG_HMAC_SHA384_192, "*48:0b", "=Hi There",
	    "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973" },
	{ INTEG_HMAC_SHA512_256, "*64:0b", "=Hi There",
	    "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8" },
	/* the first one of RFC 4868, cut to what Linux once made of SHA-256 */
	{ INTEG_HMAC_SHA256_96, "*32:0b", "=Hi There", "198a607eb44bfbc69903a0f1" },
	/* RFC 3566 section 4.6 and RFC 4493 section 4, cut to 96 bits (RFC 4494) */
	{ INTEG_AES_XCBC_96, k16, m20, "47f51b4564966215b8985c63" },
	{ INTEG_AES_CMAC_96, k38a, "6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9d" },
};

START_TEST(integ_gives_the_published_values)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < COUNT(integ_vectors); i++) {
		const struct vector *v = &integ_vectors[i];
		struct bytes key = unhex(v->key), data = unhex(v->data), icv = unhex(v->out);
		struct slice part = bytes_slice(&data);
		uint8_t out[PRF_MAX];
		size_t n = 0;

		OK(integ(c, v->alg, bytes_slice(&key), &part, 1, out, &n));
		expect_bytes(slice_of(out, n), v->out, "integ", i);
		ck_assert_uint_eq(n, alg_get(v->alg)->icv);
		OK(integ_verify(c, v->alg, bytes_slice(&key), &part, 1, bytes_slice(&icv)));
	}
	crypto_free(c);
}
END_TEST

START_TEST(integ_verify_refuses_every_flipped_bit_and_length)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < COUNT(integ_vectors); i++) {
		const struct vector *v = &integ_vectors[i];
		struct bytes key = unhex(v->key), data = unhex(v->data), icv = unhex(v->out);
		struct slice part = bytes_slice(&data), k = bytes_slice(&key);

		for (size_t bit = 0; bit < icv.n * 8; bit++) {
			icv.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			FAILS(IKE_E_INTEGRITY,
			    integ_verify(c, v->alg, k, &part, 1, bytes_slice(&icv)));
			icv.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		icv.b[icv.n] = 0;
		for (size_t n = 0; n <= icv.n + 1; n++) {
			if (n != icv.n)
				FAILS(IKE_E_INTEGRITY,
				    integ_verify(c, v->alg, k, &part, 1, slice_of(icv.b, n)));
		}
		data.b[0] ^= 1;
		FAILS(IKE_E_INTEGRITY, integ_verify(c, v->alg, k, &part, 1, bytes_slice(&icv)));
	}
	crypto_free(c);
}
END_TEST

START_TEST(integ_refuses_keys_of_another_length)
{
	struct crypto *c = test_crypto(NULL);
	struct slice part = slice_str("x");
	uint8_t key[80] = { 0 }, out[PRF_MAX];
	size_t n;

	for (size_t i = 0; i < COUNT(integ_vectors); i++) {
		size_t right = alg_keymat_len(alg_get(integ_vectors[i].alg), 0);

		for (size_t len = 0; len < sizeof(key); len++)
			FAILS(len == right ? IKE_OK : IKE_E_CRYPTO,
			    integ(c, integ_vectors[i].alg, slice_of(key, len), &part, 1, out, &n));
	}
	crypto_free(c);
}
END_TEST

/* Every id of the registry that is not of a function's kind is refused by it, and so is one that is not in it. */
START_TEST(other_kinds_are_unsupported)
{
	struct crypto *c = test_crypto(NULL);
	struct slice part = slice_str("x"), key = slice_str("0123456789abcdef");
	uint8_t out[PRF_MAX];
	size_t n, count;
	const struct alg *all = alg_all(&count);

	for (size_t i = 0; i < count; i++) {
		enum alg_id id = all[i].id;

		if (all[i].kind != ALG_PRF)
			FAILS(IKE_E_UNSUPPORTED, prf(c, id, key, &part, 1, out, &n));
		if (all[i].kind != ALG_PRF)
			FAILS(IKE_E_UNSUPPORTED, prf_plus(c, id, key, &part, 1, out, 10));
		if (all[i].kind != ALG_HASH)
			FAILS(IKE_E_UNSUPPORTED, hash(c, id, &part, 1, out, &n));
		if (all[i].kind != ALG_INTEG || !crypto_has(c, id))
			FAILS(IKE_E_UNSUPPORTED, integ(c, id, key, &part, 1, out, &n));
	}
	FAILS(IKE_E_UNSUPPORTED, prf(c, ALG_ID_NONE, key, &part, 1, out, &n));
	FAILS(IKE_E_UNSUPPORTED, prf(c, (enum alg_id)0x7fff, key, &part, 1, out, &n));
	ck_assert_uint_eq(prf_len(ENCR_AES_CBC), 0);
	ck_assert_uint_eq(prf_len(ALG_ID_NONE), 0);
	crypto_free(c);
}
END_TEST

/* Results do not depend on what the kept contexts did before, nor on their having been dropped. */
START_TEST(kept_contexts_keep_nothing)
{
	struct crypto *c = test_crypto(NULL);

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT(prf_vectors); i++) {
			const struct vector *v =
			    &prf_vectors[(i * 17 + (size_t)round) % COUNT(prf_vectors)];
			struct bytes key = unhex(v->key), data = unhex(v->data);
			struct slice part = bytes_slice(&data);
			uint8_t out[PRF_MAX];
			size_t n = 0;

			OK(prf(c, v->alg, bytes_slice(&key), &part, 1, out, &n));
			expect_bytes(slice_of(out, n), v->out, "prf", i);
			if (i % 5 == 4)
				crypto_forget(c);
		}
	}
	crypto_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("crypto_prf");
	TCase *t = tcase_create("prf");

	tcase_add_test(t, prf_gives_the_published_values);
	tcase_add_test(t, parts_are_read_as_one_string);
	tcase_add_test(t, empty_key_is_not_the_last_key);
	tcase_add_test(t, prf_plus_gives_the_published_values);
	tcase_add_test(t, prf_plus_ends_after_255_blocks);
	tcase_add_test(t, hash_gives_the_published_values);
	tcase_add_test(t, integ_gives_the_published_values);
	tcase_add_test(t, integ_verify_refuses_every_flipped_bit_and_length);
	tcase_add_test(t, integ_refuses_keys_of_another_length);
	tcase_add_test(t, other_kinds_are_unsupported);
	tcase_add_test(t, kept_contexts_keep_nothing);
	suite_add_tcase(s, t);
	return run_suite(s);
}
