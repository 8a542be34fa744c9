/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Key schedules.  "NIST" are vectors of the Cryptographic Algorithm Validation Program's application-specific
 * key derivation sets (IKEv1 and IKEv2); "NSS" are from the tests of that library, computed by it.  Everything
 * is also computed a second time here, from one-shot HMACs over one concatenated string.
 */
#include "unit/crypto_test.h"

#include <openssl/evp.h>

#include "crypto/keymat_v1.h"
#include "crypto/keymat_v2.h"
#include "unit/fail_alloc.h"

static const char gxy1[] = "8ba4cbc73c0187301dc19a975823854dbd641c597f637f8d053a83b9514673eb";
static const char gxy2[] = "a1ff3dc6cf9b4c04709943cb4ca1f1789bcf360b03f1d027de3ae8ee039e9155";
static const char long_ni[] = "b1dee62505b47b223bae14ce7a5b757402ad1587511618d09f94950d47f1d8d4ce86"
			      "aca12d78db9854d86019ad735757ae79d893"
			      "2ac0c7db842c85060150ca875ea5d47e3cfcb2a05922ebb7959d49b9797a2289676e"
			      "e79a1d9a18b790f87e4771ddaf4be3376057"
			      "a553162f68fe429aca73b07234543801ba2122b1bde82251770d05df813cf556a11c"
			      "a4dc43ffcb85a97dbed16e2fda6985e07e31"
			      "be6364899e63c507c7c616e5eb7765a53560f76772de43918ba07badfe85244dcdcd"
			      "917cb065afb60e3b7e68b54dd94bfc7c31c8"
			      "b752892781ed3cc4b7f28fbc0ab9af908f5ae1f09f893f80100a7b3135993161b51f"
			      "bba3bbb24b9f88c6147de82cd6f0";
static const char long_nr[] = "f0acfef2ad1f7add0eaafda78c1cf1097d9fc91cb04a7c145069ac426fd164cbe661"
			      "b1dd2df0fb84e19512181f0d8ea50b786084"
			      "5f332757a8e56d2a3b7be436b5718a2d49baa996a4616684a208c2d611cd65e605dc"
			      "a6e3d3f116859b4410fe13679696bb2e23c0"
			      "8a40c7e1316d54b4c9c0286701c221151b3642cb4112ca1a53e0e597a7e29c634cae"
			      "d86ca3c31973d37b4c346134fd6784cd9991"
			      "3feedf3d29d89a0a02a5a750f02f5738109dcc670bb27701fb59f78e83b76860c3fe"
			      "c079a1fc8c937ddb58ae7500422b7e49ce63"
			      "759c65b6bc439381d56bcc159edede894b073841036ebfa050a5b3e7c876a3f18def"
			      "26b1768a263ac66c9d83b680eb5e";

/* SKEYID for signatures, and what follows from it. */
static const struct {
	enum alg_id prf;
	const char *ni, *nr, *gxy, *cky_i, *cky_r, *skeyid, *d, *a, *e;
} v1_sig[] = {
	/* NIST */
	{ PRF_HMAC_SHA1, "69a62284195f1680", "80c94ba25c8abda5", gxy1, "8c3bcd3a69831d7f",
	    "d2d9a7ff4fbe95a7", "707197817fb2d90cf54d1842606bdea59b9f4823",
	    "384be709a8a5e63c3ed160cfe3921c4b37d5b32d", "48b327575abe3adba0f279849e289022a13e2b47",
	    "a4a415c8e0c38c0da847c356cc61c24df8025560" },
	{ PRF_HMAC_SHA256, long_ni, long_nr, gxy2, "6c6beb72631ddc3d", "b84e24b22cffbd14",
	    "750c5c94b9c2ec20b68033e024dadf0fa87e8b48c6561b21c72478451a06583d",
	    "a4f7ca7de913814813e3312099e7c943bd293483f387532330237f1b20957310",
	    "1d4b705746c43b0a6fcbb8db33983c0f24ff6f8b6543e3779fed227c6067f004",
	    "03e6f16cd9ce9f64b5cdc5b34cca7163483ba5389a30afebef3d14640b0a815e" },
	/* NSS */
	{ PRF_AES_XCBC, "69a62284195f1680", "80c94ba25c8abda5", gxy1, "8c3bcd3a69831d7f",
	    "d2d9a7ff4fbe95a7", "ef41a18b8c1ece71d74fedb292fd0f00",
	    "13525f37f9db53a65d1945b9af2c94f4", "39d0712a1a96d1afaddbc35de86bc404",
	    "691cc90e93feb1cc06c8d376d3188293" },
};

START_TEST(v1_signature_keys_are_as_published)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < COUNT(v1_sig); i++) {
		struct bytes ni = unhex(v1_sig[i].ni), nr = unhex(v1_sig[i].nr),
			     gxy = unhex(v1_sig[i].gxy);
		struct bytes cky_i = unhex(v1_sig[i].cky_i), cky_r = unhex(v1_sig[i].cky_r);
		struct v1_inputs in = {
			.prf = v1_sig[i].prf,
			.ni_b = bytes_slice(&ni),
			.nr_b = bytes_slice(&nr),
			.gxy = bytes_slice(&gxy),
			.cky_i = bytes_slice(&cky_i),
			.cky_r = bytes_slice(&cky_r),
		};
		struct v1_keys k;

		OK(keymat_v1_sig(c, &in, &k));
		expect_bytes(v1_skeyid(&k), v1_sig[i].skeyid, "SKEYID", i);
		expect_bytes(v1_skeyid_d(&k), v1_sig[i].d, "SKEYID_d", i);
		expect_bytes(v1_skeyid_a(&k), v1_sig[i].a, "SKEYID_a", i);
		expect_bytes(v1_skeyid_e(&k), v1_sig[i].e, "SKEYID_e", i);
		v1_keys_free(&k);
	}
	crypto_free(c);
}
END_TEST

START_TEST(v1_psk_skeyid_is_as_published)
{
	static const struct {
		enum alg_id prf;
		const char *psk, *ni, *nr, *skeyid;
	} v[] = {
		/* NIST, NIST, NSS */
		{ PRF_HMAC_SHA1, "c0", "03a6f25a83c8c2a3", "9d958a6618f77e7f",
		    "ab3be41bc62f2ef0c41a3076d58768be77fadd2e" },
		{ PRF_HMAC_SHA256, "a0", "ead9ced494868f41", "f1aff4f425a94f18",
		    "558a99b299773d267cf7c8ef073bf3b7af362c206c75a538403c5ef884d4cace" },
		{ PRF_AES_XCBC, "c0", "03a6f25a83c8c2a3", "9d958a6618f77e7f",
		    "8963b0c6057c347c4ddec448f1779e2a" },
	};
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < COUNT(v); i++) {
		struct bytes psk = unhex(v[i].psk), ni = unhex(v[i].ni), nr = unhex(v[i].nr);
		struct v1_inputs in = {
			.prf = v[i].prf, .ni_b = bytes_slice(&ni), .nr_b = bytes_slice(&nr)
		};
		struct v1_keys k;

		OK(keymat_v1_psk(c, &in, bytes_slice(&psk), &k));
		expect_bytes(v1_skeyid(&k), v[i].skeyid, "SKEYID", i);
		v1_keys_free(&k);
	}
	crypto_free(c);
}
END_TEST

/* Keys with |skeyid_e| and |skeyid_d| both set to |hex|. */
static struct v1_keys
keys_of(const char *hex)
{
	struct bytes one = unhex(hex);
	struct v1_keys k;

	k.len = (uint16_t)one.n;
	OK(secret_new(4 * one.n, &k.all));
	memcpy(k.all.p + one.n, one.b, one.n);
	memcpy(k.all.p + 3 * one.n, one.b, one.n);
	return k;
}

/* NSS: appendix B's long keys, and KEYMAT over the one octet 0 (a protocol of 0, no SPI, no nonces). */
static const struct {
	enum alg_id prf;
	const char *key, *appendix_b, *keymat;
} v1_long[] = {
	{ PRF_HMAC_SHA1, "63e81194946ebd05df7df5ebf5d8750056bf1f1d",
	    "933347a07de5782247dd36d1562ffe0eecade1eb4134165257e3af1000af8ae3f165063828cbb60d910b7d"
	    "b38fa3c7f62c4afaaf"
	    "3203da065c841729",
	    "933347a07de5782247dd36d1562ffe0eecade1ebaeaa476a5f578c34a9b2b7101a621202f61db924c5ef9e"
	    "fa3bb2698095841603"
	    "b7ac8a880329a927ecd4ad53a944b607a5ac2f3d154e2748c188d7370d76be83fc204fdacf0f66b99dd760"
	    "ba619ffac65eda1420"
	    "c8a936dac5a599afaf4043b29ef2b65dc042724355b550875316c6fd" },
	{ PRF_HMAC_SHA256, "5f00d1bd2c58ec224b1e6b71fa0f19a1faa7a193952c444411b47c1a9d8ba6fe",
	    "b10fff32cbeaa1e7afe6ab0b191e0bd63cd524849a4b56019146d232a24cf9af6b89494d2a360b06825db8"
	    "bb0324c15cecf47fc0"
	    "bc99e39b",
	    "b10fff32cbeaa1e7afe6ab0b191e0bd63cd524849a4b56019146d232a24cf9af59f18ed9aabbb2dbbafecf"
	    "48d72a34a8f72fab2f"
	    "f4f37e5c917288a78ce00933612e9531a7469995c7f7cc33c7627cac3efbc819330c4fe3bfa3788799630f"
	    "37bcb74800d82bbebd"
	    "17b1906e304a786f4f810c266c15be1a30576039c293272748d65966" },
	{ PRF_AES_XCBC, "08b95345c9557240ddc98d6e1dfda875",
	    "9203190ea765285c14ec496acdb73f99479ee08f3e3b5f277a516439888f74a2ddb5023f292c629e7194b3"
	    "673632ff96bccd7de7"
	    "ae68a909",
	    "9203190ea765285c14ec496acdb73f99a2358c44449799788d589fc426405bd0d9bc4275804e2946d3cfd6"
	    "072db257e2da4b9fec"
	    "ca10f23b271f793e7f66d19db446245e6cdd9446a8e2ca27439c6692ce3f15cbcafc40c5879adb98310a4f"
	    "8a5de14fe502d2c4e2"
	    "b35f70549749a95f9510ac2d02a470973ca91931f1a82bf944935f76" },
};

START_TEST(v1_long_keys_are_as_computed_elsewhere)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < COUNT(v1_long); i++) {
		struct v1_keys k = keys_of(v1_long[i].key);
		struct v1_child_inputs in = { .prf = v1_long[i].prf, .protocol = 0 };
		struct bytes want = unhex(v1_long[i].keymat), e = unhex(v1_long[i].key),
			     b = unhex(v1_long[i].appendix_b);
		struct secret s;

		for (size_t len = 0; len <= want.n; len++) {
			OK(keymat_v1_child(c, &in, &k, len, &s));
			ck_assert_uint_eq(s.n, len);
			ck_assert(len == 0 || memcmp(s.p, want.b, len) == 0);
			secret_free(&s);
		}
		/* Blowfish has keys of every length: up to SKEYID_e's it is the beginning of that, then appendix B. */
		for (unsigned bits = 40; bits <= 448; bits += 8) {
			OK(keymat_v1_cipher_key(c, v1_long[i].prf, &k, ENCR_BLOWFISH, bits, &s));
			ck_assert_uint_eq(s.n, bits / 8);
			ck_assert_mem_eq(s.p, s.n > e.n ? b.b : e.b, s.n);
			secret_free(&s);
		}
		v1_keys_free(&k);
	}
	crypto_free(c);
}
END_TEST

START_TEST(v1_cipher_keys_have_the_ciphers_lengths)
{
	static const struct {
		enum alg_id encr;
		unsigned bits;
		size_t len;
	} v[] = {
		{ ENCR_DES, 0, 8 },
		{ ENCR_3DES, 0, 24 },
		{ ENCR_CAST128, 0, 16 },
		{ ENCR_AES_CBC, 128, 16 },
		{ ENCR_AES_CBC, 192, 24 },
		{ ENCR_AES_CBC, 256, 32 },
		{ ENCR_CAMELLIA_CBC, 256, 32 },
	};
	struct crypto *c = test_crypto(NULL);
	struct v1_keys k = keys_of("a4a415c8e0c38c0da847c356cc61c24df8025560");
	struct secret s;

	for (size_t i = 0; i < COUNT(v); i++) {
		OK(keymat_v1_cipher_key(c, PRF_HMAC_SHA1, &k, v[i].encr, v[i].bits, &s));
		ck_assert_uint_eq(s.n, v[i].len);
		secret_free(&s);
	}
	FAILS(IKE_E_UNSUPPORTED, keymat_v1_cipher_key(c, PRF_HMAC_SHA1, &k, ENCR_AES_CBC, 129, &s));
	FAILS(IKE_E_UNSUPPORTED, keymat_v1_cipher_key(c, PRF_HMAC_SHA1, &k, HASH_SHA1, 0, &s));
	v1_keys_free(&k);
	k = keys_of("1f1f1f1f0e0e0e0e47c356cc61c24df8025560ff");
	FAILS(IKE_E_CRYPTO, keymat_v1_cipher_key(c, PRF_HMAC_SHA1, &k, ENCR_DES, 0, &s));
	OK(keymat_v1_cipher_key(c, PRF_HMAC_SHA1, &k, ENCR_AES_CBC, 128, &s));
	secret_free(&s);
	v1_keys_free(&k);
	crypto_free(c);
}
END_TEST

/* The second computation: strings put together by hand, one-shot functions of OpenSSL. */

static void
put(struct bytes *b, struct slice s)
{
	ck_assert_uint_le(b->n + s.n, sizeof(b->b));
	if (s.n != 0)
		memcpy(b->b + b->n, s.p, s.n);
	b->n += s.n;
}

static void
put_byte(struct bytes *b, unsigned v)
{
	uint8_t byte = (uint8_t)v;

	put(b, slice_of(&byte, 1));
}

static const struct {
	enum alg_id prf, hash;
	const char *name;
} hashes[] = {
	{ PRF_HMAC_MD5, HASH_MD5, "MD5" },
	{ PRF_HMAC_SHA1, HASH_SHA1, "SHA1" },
	{ PRF_HMAC_SHA256, HASH_SHA256, "SHA256" },
	{ PRF_HMAC_SHA384, HASH_SHA384, "SHA384" },
	{ PRF_HMAC_SHA512, HASH_SHA512, "SHA512" },
};

static struct bytes
hmac(const char *name, struct slice key, const struct bytes *data)
{
	struct bytes out;

	ck_assert_ptr_nonnull(EVP_Q_mac(NULL, "HMAC", NULL, name, NULL, key.p, key.n, data->b,
	    data->n, out.b, sizeof(out.b), &out.n));
	return out;
}

static struct bytes
digest(const char *name, const struct bytes *data)
{
	struct bytes out;

	ck_assert_int_eq(EVP_Q_digest(NULL, name, NULL, data->b, data->n, out.b, &out.n), 1);
	return out;
}

static struct bytes
plus(const char *name, struct slice key, const struct bytes *seed, size_t len)
{
	struct bytes out = { .n = 0 }, t = { .n = 0 };

	for (unsigned i = 1; out.n < len; i++) {
		struct bytes in = t;

		put(&in, bytes_slice(seed));
		put_byte(&in, i);
		t = hmac(name, key, &in);
		put(&out, bytes_slice(&t));
	}
	out.n = len;
	return out;
}

static void
expect_same(struct slice got, const struct bytes *want, const char *what)
{
	ck_assert_msg(got.n == want->n && memcmp(got.p, want->b, got.n) == 0, "%s differs", what);
}

/* A world of recognisable inputs. */
static struct v1_inputs
sample_v1(enum alg_id alg)
{
	static uint8_t pool[1000];

	for (size_t i = 0; i < sizeof(pool); i++)
		pool[i] = (uint8_t)(i * i + 3 * i + 7);
	return (struct v1_inputs){
		.prf = alg,
		.ni_b = slice_of(pool, 16),
		.nr_b = slice_of(pool + 16, 20),
		.gxy = slice_of(pool + 40, 128),
		.gxi = slice_of(pool + 200, 128),
		.gxr = slice_of(pool + 330, 128),
		.cky_i = slice_of(pool + 500, 8),
		.cky_r = slice_of(pool + 508, 8),
		.sai_b = slice_of(pool + 520, 100),
		.idii_b = slice_of(pool + 640, 12),
		.idir_b = slice_of(pool + 660, 21),
	};
}

START_TEST(v1_keys_computed_twice)
{
	struct crypto *c = test_crypto(NULL);
	struct slice psk = slice_str("foobarbazfoobarbaz");

	for (size_t h = 0; h < COUNT(hashes); h++) {
		struct v1_inputs in = sample_v1(hashes[h].prf);
		struct bytes skeyid, previous = { .n = 0 }, data = { .n = 0 };
		struct slice got[3];
		struct v1_keys k;

		OK(keymat_v1_psk(c, &in, psk, &k));
		put(&data, in.ni_b);
		put(&data, in.nr_b);
		skeyid = hmac(hashes[h].name, psk, &data);
		expect_same(v1_skeyid(&k), &skeyid, "SKEYID");
		got[0] = v1_skeyid_d(&k);
		got[1] = v1_skeyid_a(&k);
		got[2] = v1_skeyid_e(&k);
		for (unsigned digit = 0; digit < 3; digit++) {
			data = previous;
			put(&data, in.gxy);
			put(&data, in.cky_i);
			put(&data, in.cky_r);
			put_byte(&data, digit);
			previous = hmac(hashes[h].name, bytes_slice(&skeyid), &data);
			expect_same(got[digit], &previous, "SKEYID_x");
		}
		v1_keys_free(&k);
	}
	crypto_free(c);
}
END_TEST

START_TEST(v1_ivs_computed_twice)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t h = 0; h < COUNT(hashes); h++) {
		struct v1_inputs in = sample_v1(hashes[h].prf);
		struct bytes data = { .n = 0 }, want;
		uint8_t iv[64];

		put(&data, in.gxi);
		put(&data, in.gxr);
		want = digest(hashes[h].name, &data);
		for (size_t n = 0; n <= want.n; n++) {
			OK(keymat_v1_iv(c, hashes[h].hash, in.gxi, in.gxr, iv, n));
			ck_assert(n == 0 || memcmp(iv, want.b, n) == 0);
		}
		FAILS(IKE_E_RANGE, keymat_v1_iv(c, hashes[h].hash, in.gxi, in.gxr, iv, want.n + 1));
		data.n = 0;
		put(&data, in.cky_i);
		put(&data, slice_of("\x8f\x00\x12\xfe", 4));
		want = digest(hashes[h].name, &data);
		OK(keymat_v1_iv_phase2(c, hashes[h].hash, in.cky_i, 0x8f0012fe, iv, 16));
		ck_assert_mem_eq(iv, want.b, 16);
		FAILS(IKE_E_RANGE,
		    keymat_v1_iv_phase2(c, hashes[h].hash, in.cky_i, 1, iv, want.n + 1));
	}
	FAILS(IKE_E_UNSUPPORTED,
	    keymat_v1_iv(c, PRF_HMAC_SHA1, slice_str("a"), slice_str("b"), (uint8_t[8]){ 0 }, 8));
	crypto_free(c);
}
END_TEST

static void
check_v1_hashes(struct crypto *c, size_t h)
{
	struct v1_inputs in = sample_v1(hashes[h].prf);
	struct slice id = slice_of("\x01\x02\x03\xff", 4), rest = in.sai_b;
	struct v1_keys k;
	uint8_t out[PRF_MAX];
	size_t n;

	OK(keymat_v1_psk(c, &in, slice_str("key"), &k));
	{
		struct slice i_parts[] = { in.gxi, in.gxr, in.cky_i, in.cky_r, in.sai_b,
			in.idii_b };
		struct slice r_parts[] = { in.gxr, in.gxi, in.cky_r, in.cky_i, in.sai_b,
			in.idir_b };
		struct slice h1[] = { id, rest }, h2[] = { id, in.ni_b, rest };
		struct slice h3[] = { slice_of("", 1), id, in.ni_b, in.nr_b };
		struct {
			const struct slice *parts;
			size_t n_parts;
			struct slice key;
		} want[] = {
			{ i_parts, COUNT(i_parts), v1_skeyid(&k) },
			{ r_parts, COUNT(r_parts), v1_skeyid(&k) },
			{ h1, COUNT(h1), v1_skeyid_a(&k) },
			{ h2, COUNT(h2), v1_skeyid_a(&k) },
			{ h3, COUNT(h3), v1_skeyid_a(&k) },
		};

		for (size_t w = 0; w < COUNT(want); w++) {
			struct bytes data = { .n = 0 }, mac;

			for (size_t p = 0; p < want[w].n_parts; p++)
				put(&data, want[w].parts[p]);
			mac = hmac(hashes[h].name, want[w].key, &data);
			switch (w) {
			case 0:
				OK(keymat_v1_hash_i(c, &in, &k, out, &n));
				break;
			case 1:
				OK(keymat_v1_hash_r(c, &in, &k, out, &n));
				break;
			case 2:
				OK(keymat_v1_hash1(c, in.prf, &k, 0x010203ff, rest, out, &n));
				break;
			case 3:
				OK(keymat_v1_hash2(
				    c, in.prf, &k, 0x010203ff, in.ni_b, rest, out, &n));
				break;
			default:
				OK(keymat_v1_hash3(
				    c, in.prf, &k, 0x010203ff, in.ni_b, in.nr_b, out, &n));
				break;
			}
			expect_same(slice_of(out, n), &mac, "HASH");
		}
	}
	v1_keys_free(&k);
}

START_TEST(v1_hashes_computed_twice)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t h = 0; h < COUNT(hashes); h++)
		check_v1_hashes(c, h);
	crypto_free(c);
}
END_TEST

START_TEST(v1_child_keys_computed_twice)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < 2 * COUNT(hashes); i++) {
		const char *name = hashes[i / 2].name;
		struct v1_inputs p1 = sample_v1(hashes[i / 2].prf);
		struct v1_child_inputs in = {
			.prf = p1.prf,
			.protocol = 3,
			.spi = slice_of("\xc0\xff\xee\x01", 4),
			.ni_b = p1.nr_b,
			.nr_b = p1.ni_b,
			.gqm_xy = i % 2 == 0 ? slice_of(NULL, 0) : p1.gxr,
		};
		struct bytes want = { .n = 0 }, block = { .n = 0 };
		struct v1_keys k;
		struct secret s;

		OK(keymat_v1_psk(c, &p1, slice_str("key"), &k));
		while (want.n < 100) {
			struct bytes data = block;

			put(&data, in.gqm_xy);
			put_byte(&data, in.protocol);
			put(&data, in.spi);
			put(&data, in.ni_b);
			put(&data, in.nr_b);
			block = hmac(name, v1_skeyid_d(&k), &data);
			put(&want, bytes_slice(&block));
		}
		want.n = 100;
		OK(keymat_v1_child(c, &in, &k, 100, &s));
		expect_same(secret_slice(&s), &want, "KEYMAT");
		secret_free(&s);
		FAILS(IKE_E_RANGE, keymat_v1_child(c, &in, &k, 255 * (size_t)k.len + 1, &s));
		v1_keys_free(&k);
	}
	crypto_free(c);
}
END_TEST

/* NIST: SKEYSEED, DKM and SKEYSEED of a rekeyed SA. */
static const struct {
	enum alg_id prf, integ;
	const char *ni, *nr, *spi_i, *spi_r, *gir, *sk_d, *sk_ai, *sk_ar, *sk_ei, *sk_er, *sk_pi,
	    *sk_pr;
	const char *gir_new, *skeyseed_rekey;
} v2[] = {
	{ PRF_HMAC_SHA1, INTEG_HMAC_SHA1_96, "32b50d5f4a3763f3", "9206a04b26564cb1",
	    "34c9e7c188868785", "3ff77d760d2b2199",
	    "4b2c1f971981a8ad8d0abeafabf38cf75fc8349c148142465ed9c8b516b8be52",
	    "a14293677cc80ff8f9cc0eee30d895da9d8f4056", "66e30ef0dfcb63c634a46002a2a63080e514a062",
	    "768b76606f9fa5e992204fc5a670bde3f10d6b02", "7113936a5c55b648a194ae587b0088d5",
	    "2204b702c979fa280870d2ed41efa9c5", "49fd11198af1670b143d384bd275c5f594cf266b",
	    "05ebadca855e4249520a441a81157435a7a56cc4",
	    "863f3c9d06efd39d2b907b97f8699e5dd5251ef64a2a176f36ee40c87d4f9330",
	    "63e81194946ebd05df7df5ebf5d8750056bf1f1d" },
	/* the DKM cut as for a cipher without integrity algorithm: it is 132 bytes */
	{ PRF_HMAC_SHA256, INTEG_NONE, "3f302be1abcb28e1", "8c332ee006064c9b", "40dac39e1e1a8640",
	    "8619a1cf9a6e4c07", "0f4d257d7a58fc4545c7d7a88119eee5d5c9690c5b4c989171d3abbfd99d1d29",
	    "0b137d669b0947d7d026d593f0305ad401ff0c471357d695778a9c7f4b4869ec", "", "",
	    "e98aca531188d16041b3bb936d2dbb3b", "4993a6e768a809160de45d0283f273a6",
	    "cdf6854379e31be72b8d3d1fa990cf9c5b015ca9f918a7df6253c958114a09d4",
	    "e1c19bdcd4db14b29d98db1a74ad405c588662c14a04d0d36aa4ab55e90f8986",
	    "25f3b12d6f282739256e39bf54eda53b60ffcf379bb7bcc90c27b4c4c578616c",
	    "2d63f6debc92048b4fef3889c4c99ca67d6496e0fac14a2bca9a2d6566ff2398" },
};

START_TEST(v2_keys_are_as_published)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < COUNT(v2); i++) {
		struct bytes ni = unhex(v2[i].ni), nr = unhex(v2[i].nr), gir = unhex(v2[i].gir);
		struct bytes spi_i = unhex(v2[i].spi_i), spi_r = unhex(v2[i].spi_r),
			     fresh = unhex(v2[i].gir_new);
		struct bytes skeyseed = unhex(v2[i].skeyseed_rekey), want = { .n = 0 };
		struct v2_inputs in = {
			.prf = v2[i].prf,
			.encr = ENCR_AES_CBC,
			.encr_bits = 128,
			.integ = v2[i].integ,
			.ni = bytes_slice(&ni),
			.nr = bytes_slice(&nr),
			.spi_i = bytes_slice(&spi_i),
			.spi_r = bytes_slice(&spi_r),
			.shared = bytes_slice(&gir),
		};
		struct slice seed[] = { in.ni, in.nr, in.spi_i, in.spi_r };
		struct v2_keys k, rekeyed;

		OK(keymat_v2_initial(c, &in, &k));
		expect_bytes(v2_sk_d(&k), v2[i].sk_d, "SK_d", i);
		expect_bytes(v2_sk_a(&k, true), v2[i].sk_ai, "SK_ai", i);
		expect_bytes(v2_sk_a(&k, false), v2[i].sk_ar, "SK_ar", i);
		expect_bytes(v2_sk_e(&k, true), v2[i].sk_ei, "SK_ei", i);
		expect_bytes(v2_sk_e(&k, false), v2[i].sk_er, "SK_er", i);
		expect_bytes(v2_sk_p(&k, true), v2[i].sk_pi, "SK_pi", i);
		expect_bytes(v2_sk_p(&k, false), v2[i].sk_pr, "SK_pr", i);

		in.shared = bytes_slice(&fresh);
		OK(keymat_v2_rekey(c, &in, v2[i].prf, v2_sk_d(&k), &rekeyed));
		want.n = rekeyed.all.n;
		OK(prf_plus(
		    c, v2[i].prf, bytes_slice(&skeyseed), seed, COUNT(seed), want.b, want.n));
		expect_same(secret_slice(&rekeyed.all), &want, "rekeyed SA");
		v2_keys_free(&k);
		v2_keys_free(&rekeyed);
	}
	crypto_free(c);
}
END_TEST

static struct v2_inputs
sample_v2(enum alg_id alg)
{
	struct v1_inputs v1 = sample_v1(alg);

	return (struct v2_inputs){
		.prf = alg,
		.encr = ENCR_AES_GCM_16,
		.encr_bits = 256,
		.integ = ALG_ID_NONE,
		.ni = v1.idir_b,
		.nr = v1.sai_b,
		.spi_i = v1.cky_i,
		.spi_r = v1.cky_r,
		.shared = v1.gxy,
	};
}

START_TEST(v2_keys_computed_twice)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t h = 0; h < COUNT(hashes); h++) {
		struct v2_inputs in = sample_v2(hashes[h].prf);
		struct bytes key = { .n = 0 }, data = { .n = 0 }, seed = { .n = 0 }, skeyseed, want;
		/* an old SA with another PRF */
		size_t old = (h + 1) % COUNT(hashes);
		struct v2_keys k;

		put(&seed, in.ni);
		put(&seed, in.nr);
		key = seed;
		put(&seed, in.spi_i);
		put(&seed, in.spi_r);
		put(&data, in.shared);
		skeyseed = hmac(hashes[h].name, bytes_slice(&key), &data);
		OK(keymat_v2_initial(c, &in, &k));
		/* 256 bits of key and 4 bytes of salt, twice; no integrity keys */
		want = plus(
		    hashes[h].name, bytes_slice(&skeyseed), &seed, 3 * prf_len(in.prf) + 2 * 36);
		expect_same(secret_slice(&k.all), &want, "SA");
		ck_assert_uint_eq(v2_sk_e(&k, true).n, 36);
		ck_assert_uint_eq(v2_sk_a(&k, true).n, 0);
		ck_assert_ptr_eq(v2_sk_p(&k, false).p + v2_sk_p(&k, false).n, k.all.p + k.all.n);
		v2_keys_free(&k);

		put(&data, bytes_slice(&key));
		skeyseed = hmac(hashes[old].name, slice_str("old SK_d"), &data);
		want = plus(hashes[h].name, bytes_slice(&skeyseed), &seed, want.n);
		OK(keymat_v2_rekey(c, &in, hashes[old].prf, slice_str("old SK_d"), &k));
		expect_same(secret_slice(&k.all), &want, "rekeyed SA");
		v2_keys_free(&k);
	}
	crypto_free(c);
}
END_TEST

START_TEST(v2_child_keys_computed_twice)
{
	struct crypto *c = test_crypto(NULL);
	struct slice sk_d = slice_str("thirty-two bytes or so of SK_d..");

	for (size_t i = 0; i < 2 * COUNT(hashes); i++) {
		struct v2_inputs in = sample_v2(hashes[i / 2].prf);
		struct slice shared = i % 2 == 0 ? slice_of(NULL, 0) : in.shared;
		struct bytes seed = { .n = 0 }, want;
		struct secret s;

		put(&seed, shared);
		put(&seed, in.ni);
		put(&seed, in.nr);
		want = plus(hashes[i / 2].name, sk_d, &seed, 144);
		OK(keymat_v2_child(c, in.prf, sk_d, shared, in.ni, in.nr, 144, &s));
		expect_same(secret_slice(&s), &want, "KEYMAT");
		secret_free(&s);
		FAILS(IKE_E_RANGE,
		    keymat_v2_child(c, in.prf, sk_d, shared, in.ni, in.nr, 255 * 64 + 1, &s));
	}
	crypto_free(c);
}
END_TEST

START_TEST(v2_auth_computed_twice)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t h = 0; h < COUNT(hashes); h++) {
		struct v1_inputs in = sample_v1(hashes[h].prf);
		struct v2_auth_inputs auth = {
			.prf = in.prf,
			.message = in.gxi,
			.peer_nonce = in.nr_b,
			.sk_p = in.ni_b,
			.id_body = in.idii_b,
		};
		struct bytes id = { .n = 0 }, pad = unhex("=Key Pad for IKEv2"),
			     octets = { .n = 0 }, key, maced, want;
		uint8_t out[PRF_MAX];
		size_t n;

		put(&id, auth.id_body);
		maced = hmac(hashes[h].name, auth.sk_p, &id);
		put(&octets, auth.message);
		put(&octets, auth.peer_nonce);
		put(&octets, bytes_slice(&maced));
		key = hmac(hashes[h].name, slice_str("secret"), &pad);
		want = hmac(hashes[h].name, bytes_slice(&key), &octets);
		OK(keymat_v2_auth_psk(c, &auth, slice_str("secret"), out, &n));
		expect_same(slice_of(out, n), &want, "AUTH");
	}
	crypto_free(c);
}
END_TEST

/* RFC 7296 section 2.14: with the AES PRFs, 64 bits of each nonce make the key of SKEYSEED, but all bits the keys. */
START_TEST(v2_aes_prfs_take_half_a_key_from_each_nonce)
{
	static const enum alg_id aes[] = { PRF_AES_XCBC, PRF_AES_CMAC };
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < COUNT(aes); i++) {
		struct v2_inputs in = sample_v2(aes[i]);
		struct slice seed[] = { in.ni, in.nr, in.spi_i, in.spi_r };
		struct bytes want = { .n = 3 * 16 + 2 * 36 };
		uint8_t key[16], skeyseed[PRF_MAX];
		struct v2_keys k;
		size_t n;

		memcpy(key, in.ni.p, 8);
		memcpy(key + 8, in.nr.p, 8);
		OK(prf(c, aes[i], slice_of(key, 16), &in.shared, 1, skeyseed, &n));
		OK(prf_plus(c, aes[i], slice_of(skeyseed, n), seed, COUNT(seed), want.b, want.n));
		OK(keymat_v2_initial(c, &in, &k));
		expect_same(secret_slice(&k.all), &want, "SA");
		v2_keys_free(&k);
	}
	crypto_free(c);
}
END_TEST

/* NSS: SKEYSEED with AES-XCBC and nonces of 64 bits, and what follows from it. */
START_TEST(v2_xcbc_keys_are_as_computed_elsewhere)
{
	struct crypto *c = test_crypto(NULL);
	struct bytes ni = unhex("32b50d5f4a3763f3"), nr = unhex("9206a04b26564cb1"),
		     spi_i = unhex("34c9e7c188868785");
	struct bytes spi_r = unhex("3ff77d760d2b2199");
	struct bytes gir =
	    unhex("4b2c1f971981a8ad8d0abeafabf38cf75fc8349c148142465ed9c8b516b8be52");
	struct v2_inputs in = {
		.prf = PRF_AES_XCBC,
		.encr = ENCR_AES_CBC,
		.encr_bits = 128,
		.integ = INTEG_AES_XCBC_96,
		.ni = bytes_slice(&ni),
		.nr = bytes_slice(&nr),
		.spi_i = bytes_slice(&spi_i),
		.spi_r = bytes_slice(&spi_r),
		.shared = bytes_slice(&gir),
	};
	struct v2_keys k;

	OK(keymat_v2_initial(c, &in, &k));
	expect_bytes(secret_slice(&k.all),
	    "efa38ecee9fd05062f64b655105436d54b4728da66f3bc5768636170ff5017ab082342a683e7144a58d549"
	    "c53d4575a2897d14c7"
	    "c687040e86384065456b8dcd8aaea88b85b5e4d8ab2f61c015859337000550cda1750a15c1f90af0ddd296"
	    "e0a7f291afe46295dd"
	    "3108078bd8eadf09",
	    "SA", 0);
	v2_keys_free(&k);
	crypto_free(c);
}
END_TEST

START_TEST(nonsense_is_unsupported)
{
	struct crypto *c = test_crypto(NULL);
	struct v2_inputs in = sample_v2(PRF_HMAC_SHA256);
	struct v1_inputs v1 = sample_v1(HASH_SHA256);
	struct v1_child_inputs child = { .prf = INTEG_HMAC_SHA1_96 };
	struct v1_keys k1 = keys_of("00112233");
	struct v2_keys k;
	struct secret s;

	in.encr_bits = 111;
	FAILS(IKE_E_UNSUPPORTED, keymat_v2_initial(c, &in, &k));
	in = sample_v2(PRF_HMAC_SHA256);
	in.encr = INTEG_HMAC_SHA1_96;
	FAILS(IKE_E_UNSUPPORTED, keymat_v2_initial(c, &in, &k));
	in = sample_v2(PRF_HMAC_SHA256);
	in.integ = ENCR_AES_CBC;
	FAILS(IKE_E_UNSUPPORTED, keymat_v2_initial(c, &in, &k));
	FAILS(IKE_E_UNSUPPORTED, keymat_v2_rekey(c, &in, PRF_HMAC_SHA1, slice_str("x"), &k));
	in = sample_v2(ENCR_AES_CBC);
	FAILS(IKE_E_UNSUPPORTED, keymat_v2_initial(c, &in, &k));
	FAILS(IKE_E_UNSUPPORTED,
	    keymat_v2_child(c, HASH_MD5, slice_str("k"), in.ni, in.ni, in.nr, 5, &s));
	FAILS(IKE_E_UNSUPPORTED, keymat_v1_psk(c, &v1, slice_str("x"), &k1));
	FAILS(IKE_E_UNSUPPORTED, keymat_v1_sig(c, &v1, &k1));
	FAILS(IKE_E_UNSUPPORTED, keymat_v1_child(c, &child, &k1, 5, &s));
	v1_keys_free(&k1);
	crypto_free(c);
}
END_TEST

/* Each allocation failing in turn: an error, and nothing left behind. */
START_TEST(failing_allocations_are_reported)
{
	struct crypto *c = test_crypto(NULL);
	struct v1_inputs v1 = sample_v1(PRF_HMAC_SHA256);
	struct v1_child_inputs child = { .prf = PRF_HMAC_SHA256, .protocol = 3 };
	struct v2_inputs in = sample_v2(PRF_HMAC_SHA256);
	struct v1_keys k1, base;
	struct v2_keys k2;
	struct secret s;

	OK(keymat_v1_psk(c, &v1, slice_str("x"), &base));
#define EACH(call, release)                                                     \
	FAIL_EACH_ALLOC({                                                       \
		ike_err err = (call);                                           \
                                                                                \
		ck_assert_int_eq(err, fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK); \
		if (err == IKE_OK)                                              \
			release;                                                \
	})
	EACH(keymat_v1_psk(c, &v1, slice_str("x"), &k1), v1_keys_free(&k1));
	EACH(keymat_v1_sig(c, &v1, &k1), v1_keys_free(&k1));
	EACH(keymat_v1_cipher_key(c, v1.prf, &base, ENCR_AES_CBC, 256, &s), secret_free(&s));
	EACH(keymat_v1_child(c, &child, &base, 70, &s), secret_free(&s));
	EACH(keymat_v2_initial(c, &in, &k2), v2_keys_free(&k2));
	EACH(keymat_v2_rekey(c, &in, PRF_HMAC_SHA1, slice_str("x"), &k2), v2_keys_free(&k2));
	EACH(keymat_v2_child(c, in.prf, slice_str("x"), in.ni, in.ni, in.nr, 70, &s),
	    secret_free(&s));
	v1_keys_free(&base);
	crypto_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("crypto_keymat");
	TCase *t = tcase_create("keymat");

	tcase_add_test(t, v1_signature_keys_are_as_published);
	tcase_add_test(t, v1_psk_skeyid_is_as_published);
	tcase_add_test(t, v1_long_keys_are_as_computed_elsewhere);
	tcase_add_test(t, v1_cipher_keys_have_the_ciphers_lengths);
	tcase_add_test(t, v1_keys_computed_twice);
	tcase_add_test(t, v1_ivs_computed_twice);
	tcase_add_test(t, v1_hashes_computed_twice);
	tcase_add_test(t, v1_child_keys_computed_twice);
	tcase_add_test(t, v2_keys_are_as_published);
	tcase_add_test(t, v2_keys_computed_twice);
	tcase_add_test(t, v2_child_keys_computed_twice);
	tcase_add_test(t, v2_auth_computed_twice);
	tcase_add_test(t, v2_aes_prfs_take_half_a_key_from_each_nonce);
	tcase_add_test(t, v2_xcbc_keys_are_as_computed_elsewhere);
	tcase_add_test(t, nonsense_is_unsupported);
	tcase_add_test(t, failing_allocations_are_reported);
	suite_add_tcase(s, t);
	return run_suite(s);
}
