/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Key exchange.  Published vectors fix the private key, which the library rightly does not let anybody do: this
 * program puts its own EVP_PKEY_generate() in front of OpenSSL's, which hands out the key a test has planned, or
 * else calls the real one and looks at what it made.  MODP primes are computed here from pi, as RFC 2409 and RFC
 * 3526 define them.
 */
#include "unit/crypto_test.h"

#include <dlfcn.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <pthread.h>

#include "crypto/ke.h"

static const struct group {
	enum alg_id id;
	const char *type;
	int nid;          /* curves */
	unsigned bits, k; /* MODP: 2^bits - 2^(bits-64) - 1 + 2^64 * ([2^(bits-130) pi] + k) */
	unsigned exponent_bits; /* MODP: of our private keys, at most */
} groups[] = {
	{ KE_MODP768, "DH", 0, 768, 149686, 200 },
	{ KE_MODP1024, "DH", 0, 1024, 129093, 200 },
	{ KE_MODP1536, "DH", 0, 1536, 741804, 240 },
	{ KE_MODP2048, "DH", 0, 2048, 124476, 320 },
	{ KE_MODP3072, "DH", 0, 3072, 1690314, 420 },
	{ KE_MODP4096, "DH", 0, 4096, 240904, 480 },
	{ KE_MODP6144, "DH", 0, 6144, 929484, 540 },
	{ KE_MODP8192, "DH", 0, 8192, 4743158, 620 },
	{ KE_ECP256, "EC", NID_X9_62_prime256v1, 0, 0, 0 },
	{ KE_ECP384, "EC", NID_secp384r1, 0, 0, 0 },
	{ KE_ECP521, "EC", NID_secp521r1, 0, 0, 0 },
	{ KE_BRAINPOOL224, "EC", NID_brainpoolP224r1, 0, 0, 0 },
	{ KE_BRAINPOOL256, "EC", NID_brainpoolP256r1, 0, 0, 0 },
	{ KE_BRAINPOOL384, "EC", NID_brainpoolP384r1, 0, 0, 0 },
	{ KE_BRAINPOOL512, "EC", NID_brainpoolP512r1, 0, 0, 0 },
	{ KE_X25519, "X25519", 0, 0, 0, 0 },
	{ KE_X448, "X448", 0, 0, 0, 0 },
};

#define FOR_KIND(g, kind)                                                     \
	for (const struct group *g = groups; g < groups + COUNT(groups); g++) \
		if (strcmp(g->type, kind) == 0)

static const struct group *
group_of(enum alg_id id)
{
	for (size_t i = 0; i < COUNT(groups); i++) {
		if (groups[i].id == id)
			return &groups[i];
	}
	ck_abort_msg("no such group");
	return NULL;
}

/* ---- numbers ---- */

#define SCALE 8320

/* 2^SCALE * arctan(1/x), by the series */
static BIGNUM *
arctan_inverse(unsigned x)
{
	BIGNUM *sum = BN_new(), *power = BN_new(), *term = BN_new();

	ck_assert_int_eq(BN_set_bit(power, SCALE), 1);
	ck_assert_uint_ne(BN_div_word(power, x), (BN_ULONG)-1);
	for (unsigned k = 1; !BN_is_zero(power); k += 2) {
		ck_assert_ptr_nonnull(BN_copy(term, power));
		BN_div_word(term, k);
		ck_assert_int_eq(k % 4 == 1 ? BN_add(sum, sum, term) : BN_sub(sum, sum, term), 1);
		BN_div_word(power, (BN_ULONG)x * x);
	}
	BN_free(power);
	BN_free(term);
	return sum;
}

/* The prime of a MODP group. */
static BIGNUM *
prime_of(const struct group *g)
{
	/* pi = 16 arctan(1/5) - 4 arctan(1/239) */
	BIGNUM *pi = arctan_inverse(5), *b = arctan_inverse(239), *p = BN_new(), *t = BN_new();

	ck_assert_int_eq(BN_lshift(pi, pi, 4), 1);
	ck_assert_int_eq(BN_lshift(b, b, 2), 1);
	ck_assert_int_eq(BN_sub(pi, pi, b), 1);
	ck_assert_int_eq(BN_rshift(p, pi, SCALE - ((int)g->bits - 130)), 1);
	ck_assert_int_eq(BN_add_word(p, g->k), 1);
	ck_assert_int_eq(BN_lshift(p, p, 64), 1);
	ck_assert_int_eq(BN_set_bit(t, (int)g->bits), 1);
	ck_assert_int_eq(BN_add(p, p, t), 1);
	BN_zero(t);
	ck_assert_int_eq(BN_set_bit(t, (int)g->bits - 64), 1);
	ck_assert_int_eq(BN_sub(p, p, t), 1);
	ck_assert_int_eq(BN_sub_word(p, 1), 1);
	BN_free(pi);
	BN_free(b);
	BN_free(t);
	return p;
}

static struct bytes
padded(const BIGNUM *v, size_t n)
{
	struct bytes out = { .n = n };

	ck_assert_int_eq(BN_bn2binpad(v, out.b, (int)n), (int)n);
	return out;
}

/* base^exponent mod p, |n| bytes */
static struct bytes
power_of(struct slice base, const BIGNUM *exponent, const BIGNUM *p, size_t n)
{
	BIGNUM *b = BN_bin2bn(base.p, (int)base.n, NULL), *r = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	struct bytes out;

	ck_assert_int_eq(BN_mod_exp(r, b, exponent, p, ctx), 1);
	out = padded(r, n);
	BN_free(b);
	BN_free(r);
	BN_CTX_free(ctx);
	return out;
}

/* ---- planned private keys ---- */

static struct {
	const struct group *group; /* NULL: nothing planned */
	struct bytes key;
} planned;
static int last_exponent_bits, last_validate;

/* Build the key |planned| in |lib|, with its public value. */
static EVP_PKEY *
planned_key(OSSL_LIB_CTX *lib)
{
	const struct group *g = planned.group;
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *private = BN_secure_new(), *p = NULL, *pub = BN_new(), *two = BN_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(lib, g->type, NULL);
	BN_CTX *bn = BN_CTX_new();
	EC_GROUP *curve = NULL;
	EC_POINT *point = NULL;
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;
	uint8_t octets[140];
	size_t n = 0;

	ck_assert_ptr_nonnull(BN_bin2bn(planned.key.b, (int)planned.key.n, private));
	if (g->nid != 0) {
		curve = EC_GROUP_new_by_curve_name_ex(lib, NULL, g->nid);
		point = EC_POINT_new(curve);
		ck_assert_int_eq(EC_POINT_mul(curve, point, private, NULL, NULL, bn), 1);
		n = EC_POINT_point2oct(
		    curve, point, POINT_CONVERSION_UNCOMPRESSED, octets, sizeof(octets), bn);
		ck_assert_uint_ne(n, 0);
		ck_assert_int_eq(OSSL_PARAM_BLD_push_utf8_string(
				     bld, OSSL_PKEY_PARAM_GROUP_NAME, OBJ_nid2sn(g->nid), 0),
		    1);
		ck_assert_int_eq(
		    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, octets, n), 1);
	} else {
		p = prime_of(g);
		ck_assert_int_eq(BN_set_word(two, 2), 1);
		ck_assert_int_eq(BN_mod_exp(pub, two, private, p, bn), 1);
		ck_assert_int_eq(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_FFC_P, p), 1);
		ck_assert_int_eq(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_FFC_G, two), 1);
		ck_assert_int_eq(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PUB_KEY, pub), 1);
	}
	ck_assert_int_eq(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, private), 1);
	params = OSSL_PARAM_BLD_to_param(bld);
	ck_assert_int_eq(EVP_PKEY_fromdata_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	EC_POINT_free(point);
	EC_GROUP_free(curve);
	BN_free(private);
	BN_free(p);
	BN_free(pub);
	BN_free(two);
	BN_CTX_free(bn);
	return key;
}

int
EVP_PKEY_generate(EVP_PKEY_CTX *ctx, EVP_PKEY **out)
{
	int (*real)(EVP_PKEY_CTX *, EVP_PKEY **);
	OSSL_LIB_CTX *lib = EVP_PKEY_CTX_get0_libctx(ctx);
	BIGNUM *private = NULL;
	int done;

	if (planned.group != NULL) {
		*out = planned.group->nid != 0 || planned.group->bits != 0
			   ? planned_key(lib)
			   : EVP_PKEY_new_raw_private_key_ex(
				 lib, planned.group->type, NULL, planned.key.b, planned.key.n);
		return *out != NULL;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "EVP_PKEY_generate");
	done = real(ctx, out);
	if (done == 1 && EVP_PKEY_is_a(*out, "DH") == 1) {
		ck_assert_int_eq(
		    EVP_PKEY_get_bn_param(*out, OSSL_PKEY_PARAM_PRIV_KEY, &private), 1);
		last_exponent_bits = BN_num_bits(private);
		BN_free(private);
	}
	return done;
}

int
EVP_PKEY_derive_set_peer_ex(EVP_PKEY_CTX *ctx, EVP_PKEY *peer, int validate)
{
	int (*real)(EVP_PKEY_CTX *, EVP_PKEY *, int);

	*(void **)&real = dlsym(RTLD_NEXT, "EVP_PKEY_derive_set_peer_ex");
	last_validate = validate;
	return real(ctx, peer, validate);
}

static struct ke *
ke_with(struct crypto *c, enum alg_id id, struct slice private)
{
	struct ke *ke = NULL;

	planned.group = group_of(id);
	planned.key.n = private.n;
	memcpy(planned.key.b, private.p, private.n);
	OK(ke_new(c, id, &ke));
	planned.group = NULL;
	return ke;
}

/* ---- published vectors ---- */

static const struct {
	enum alg_id id;
	const char *i, *gi, *r, *gr, *shared;
} vectors[] = {
	/* RFC 5903 section 8 */
	{ KE_ECP256, "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
	    "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
	    "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3",
	    "C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53",
	    "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
	    "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB",
	    "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE" },
	{ KE_ECP384,
	    "099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414DCE655E35B538041E649EE"
	    "3FAEF896783AB194",
	    "667842D7D180AC2CDE6F74F37551F55755C7645C20EF73E31634FE72B4C55EE6DE3AC808ACB4BDB4"
	    "C88732AEE95F41AA9482ED1FC0EEB9CAFC4984625CCFC23F65032149E0E144ADA024181535A0F38E"
	    "EB9FCFF3C2C947DAE69B4C634573A81C",
	    "41CB0779B4BDB85D47846725FBEC3C9430FAB46CC8DC5060855CC9BDA0AA2942E0308312916B8ED2"
	    "960E4BD55A7448FC",
	    "E558DBEF53EECDE3D3FCCFC1AEA08A89A987475D12FD950D83CFA41732BC509D0D1AC43A0336DEF9"
	    "6FDA41D0774A3571DCFBEC7AACF3196472169E838430367F66EEBE3C6E70C416DD5F0C68759DD1FF"
	    "F83FA40142209DFF5EAAD96DB9E6386C",
	    "11187331C279962D93D604243FD592CB9D0A926F422E47187521287E7156C5C4D603135569B9E9D0"
	    "9CF5D4A270F59746" },
	{ KE_ECP521,
	    "0037ADE9319A89F4DABDB3EF411AACCCA5123C61ACAB57B5393DCE47608172A095AA85A30FE1C295"
	    "2C6771D937BA9777F5957B2639BAB072462F68C27A57382D4A52",
	    "0015417E84DBF28C0AD3C278713349DC7DF153C897A1891BD98BAB4357C9ECBEE1E3BF42E00B8E38"
	    "0AEAE57C2D107564941885942AF5A7F4601723C4195D176CED3E017CAE20B6641D2EEB695786D8C9"
	    "46146239D099E18E1D5A514C739D7CB4A10AD8A788015AC405D7799DC75E7B7D5B6CF2261A6A7F15"
	    "07438BF01BEB6CA3926F9582",
	    "0145BA99A847AF43793FDD0E872E7CDFA16BE30FDC780F97BCCC3F078380201E9C677D600B343757"
	    "A3BDBF2A3163E4C2F869CCA7458AA4A4EFFC311F5CB151685EB9",
	    "00D0B3975AC4B799F5BEA16D5E13E9AF971D5E9B984C9F39728B5E5739735A219B97C356436ADC6E"
	    "95BB0352F6BE64A6C2912D4EF2D0433CED2B6171640012D9460F015C68226383956E3BD066E797B6"
	    "23C27CE0EAC2F551A10C2C724D9852077B87220B6536C5C408A1D2AEBB8E86D678AE49CB57091F47"
	    "32296579AB44FCD17F0FC56A",
	    "01144C7D79AE6956BC8EDB8E7C787C4521CB086FA64407F97894E5E6B2D79B04D1427E73CA4BAA24"
	    "0A34786859810C06B3C715A3A8CC3151F2BEE417996D19F3DDEA" },
	/* RFC 6932 appendix A.1 */
	{ KE_BRAINPOOL224, "7C4B7A2C8A4BAD1FBB7D79CC0955DB7C6A4660CA64CC4778159B495E",
	    "B104A67A6F6E85E14EC1825E1539E8ECDBBF584922367DD88C6BDCF2"
	    "46D782E7FDB5F60CD8404301AC5949C58EDB26BC68BA07695B750A94",
	    "63976D4AAE6CD0F6DD18DEFEF55D96569D0507C03E74D6486FFA28FB",
	    "2A97089A9296147B71B21A4B574E1278245B536F14D8C2B9D07A874E"
	    "9B900D7C77A709A797276B8CA1BA61BB95B546FC29F862E44D59D25B",
	    "312DFD98783F9FB77B9704945A73BEB6DCCBE3B65D0F967DCAB574EB" },
	/* RFC 7027 appendix A */
	{ KE_BRAINPOOL256, "81DB1EE100150FF2EA338D708271BE38300CB54241D79950F77B063039804F1D",
	    "44106E913F92BC02A1705D9953A8414DB95E1AAA49E81D9E85F929A8E3100BE5"
	    "8AB4846F11CACCB73CE49CBDD120F5A900A69FD32C272223F789EF10EB089BDC",
	    "55E40BC41E37E3E2AD25C3C6654511FFA8474A91A0032087593852D3E7D76BD3",
	    "8D2D688C6CF93E1160AD04CC4429117DC2C41825E1E9FCA0ADDD34E6F1B39F7B"
	    "990C57520812BE512641E47034832106BC7D3E8DD0E4C7F1136D7006547CEC6A",
	    "89AFC39D41D3B327814B80940B042590F96556EC91E6AE7939BCE31F3A18BF2B" },
	{ KE_BRAINPOOL384,
	    "1E20F5E048A5886F1F157C74E91BDE2B98C8B52D58E5003D57053FC4B0BD65D6F15EB5D1EE1610DF"
	    "870795143627D042",
	    "68B665DD91C195800650CDD363C625F4E742E8134667B767B1B476793588F885AB698C852D4A6E77"
	    "A252D6380FCAF06855BC91A39C9EC01DEE36017B7D673A931236D2F1F5C83942D049E3FA20607493"
	    "E0D038FF2FD30C2AB67D15C85F7FAA59",
	    "032640BC6003C59260F7250C3DB58CE647F98E1260ACCE4ACDA3DD869F74E01F8BA5E0324309DB6A"
	    "9831497ABAC96670",
	    "4D44326F269A597A5B58BBA565DA5556ED7FD9A8A9EB76C25F46DB69D19DC8CE6AD18E404B15738B"
	    "2086DF37E71D1EB462D692136DE56CBE93BF5FA3188EF58BC8A3A0EC6C1E151A21038A42E9185329"
	    "B5B275903D192F8D4E1F32FE9CC78C48",
	    "0BD9D3A7EA0B3D519D09D8E48D0785FB744A6B355E6304BC51C229FBBCE239BBADF6403715C35D4F"
	    "B2A5444F575D4F42" },
	{ KE_BRAINPOOL512,
	    "16302FF0DBBB5A8D733DAB7141C1B45ACBC8715939677F6A56850A38BD87BD59B09E80279609FF33"
	    "3EB9D4C061231FB26F92EEB04982A5F1D1764CAD57665422",
	    "0A420517E406AAC0ACDCE90FCD71487718D3B953EFD7FBEC5F7F27E28C6149999397E91E029E0645"
	    "7DB2D3E640668B392C2A7E737A7F0BF04436D11640FD09FD72E6882E8DB28AAD36237CD25D580DB2"
	    "3783961C8DC52DFA2EC138AD472A0FCEF3887CF62B623B2A87DE5C588301EA3E5FC269B373B60724"
	    "F5E82A6AD147FDE7",
	    "230E18E1BCC88A362FA54E4EA3902009292F7F8033624FD471B5D8ACE49D12CFABBC19963DAB8E2F"
	    "1EBA00BFFB29E4D72D13F2224562F405CB80503666B25429",
	    "9D45F66DE5D67E2E6DB6E93A59CE0BB48106097FF78A081DE781CDB31FCE8CCBAAEA8DD4320C4119"
	    "F1E9CD437A2EAB3731FA9668AB268D871DEDA55A5473199F2FDC313095BCDD5FB3A91636F07A959C"
	    "8E86B5636A1E930E8396049CB481961D365CC11453A06C719835475B12CB52FC3C383BCE35E27EF1"
	    "94512B71876285FA",
	    "A7927098655F1F9976FA50A9D566865DC530331846381C87256BAF3226244B76D36403C024D7BBF0"
	    "AA0803EAFF405D3D24F11A9B5C0BEF679FE1454B21C4CD1F" },
	/* RFC 7748 section 6 */
	{ KE_X25519, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
	    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
	    "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
	    "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
	    "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
	{ KE_X448,
	    "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391"
	    "006382a6f127ab1d9ac2d8c0a598726b",
	    "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d4"
	    "0c5b12da88120d53177f80e532c41fa0",
	    "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120bb5ee8972b0d3e21"
	    "374c9c921b09d1b0366f10b65173992d",
	    "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13c"
	    "a706dcb57aec3dae07bdc1c67bf33609",
	    "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936"
	    "521c24403085d59a449a5037514a879d" },
};

START_TEST(curves_give_the_published_values)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t v = 0; v < COUNT(vectors); v++) {
		for (int side = 0; side < 2; side++) {
			struct bytes private = unhex(side == 0 ? vectors[v].i : vectors[v].r);
			struct bytes peer = unhex(side == 0 ? vectors[v].gr : vectors[v].gi);
			struct ke *ke = ke_with(c, vectors[v].id, bytes_slice(&private));
			struct secret s;

			ck_assert_int_eq(ke_group(ke), vectors[v].id);
			expect_bytes(
			    ke_public(ke), side == 0 ? vectors[v].gi : vectors[v].gr, "public", v);
			OK(ke_derive(ke, bytes_slice(&peer), &s));
			expect_bytes(secret_slice(&s), vectors[v].shared, "shared", v);
			secret_free(&s);
			ke_free(ke);
		}
	}
	crypto_free(c);
}
END_TEST

/* Our value to a fixed exponent, with the prime computed here, is what we derive from 2 to that exponent. */
START_TEST(modp_groups_are_those_of_the_rfcs)
{
	struct crypto *c = test_crypto(NULL);
	struct bytes b_hex = unhex("5ca1ab1e0ddba11fee1deadf00dbabe5cafe12345678");
	BIGNUM *b = BN_bin2bn(b_hex.b, (int)b_hex.n, NULL);

	FOR_KIND(g, "DH")
	{
		size_t n = g->bits / 8;
		BIGNUM *p = prime_of(g);
		struct bytes peer = power_of(slice_of("\x02", 1), b, p, n), want;
		struct ke *ke;
		struct secret s;

		/* sections 6.1 and 6.2 of RFC 2409, 2 to 7 of RFC 3526: the first and last 64 bits are ones */
		ck_assert_int_eq(BN_num_bits(p), (int)g->bits);
		want = padded(p, n);
		for (size_t i = 0; i < 8; i++)
			ck_assert(want.b[i] == 0xff && want.b[n - 1 - i] == 0xff);
		if (g->bits <= 2048)
			ck_assert_int_eq(BN_check_prime(p, NULL, NULL), 1);
		OK(ke_new(c, g->id, &ke));
		ck_assert_uint_eq(ke_public(ke).n, n);
		want = power_of(ke_public(ke), b, p, n);
		OK(ke_derive(ke, bytes_slice(&peer), &s));
		ck_assert_uint_eq(s.n, n);
		ck_assert_mem_eq(s.p, want.b, n);
		secret_free(&s);
		ke_free(ke);
		BN_free(p);
	}
	BN_free(b);
	crypto_free(c);
}
END_TEST

/* Exponents are short, and OpenSSL's subgroup check is left out for MODP groups and run for curves. */
START_TEST(modp_work_is_what_is_needed)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < COUNT(groups); i++) {
		struct ke *a, *b;
		struct secret s;

		last_exponent_bits = 0;
		last_validate = -1;
		OK(ke_new(c, groups[i].id, &a));
		if (groups[i].bits != 0) {
			ck_assert_int_gt(last_exponent_bits, 150);
			ck_assert_int_le(last_exponent_bits, (int)groups[i].exponent_bits);
		}
		OK(ke_new(c, groups[i].id, &b));
		OK(ke_derive(a, ke_public(b), &s));
		ck_assert_int_eq(last_validate, groups[i].bits == 0);
		secret_free(&s);
		ke_free(a);
		ke_free(b);
	}
	crypto_free(c);
}
END_TEST

START_TEST(both_ends_agree_on_fresh_keys)
{
	struct crypto *c = test_crypto(NULL);

	for (size_t i = 0; i < COUNT(groups); i++) {
		const struct alg *a = alg_get(groups[i].id);

		for (int round = 0; round < (groups[i].bits > 4096 ? 2 : 8); round++) {
			struct ke *us, *them;
			struct secret x, y, again;

			OK(ke_new(c, a->id, &us));
			OK(ke_new(c, a->id, &them));
			ck_assert_uint_eq(ke_public(us).n, a->out);
			ck_assert(!slice_equal(ke_public(us), ke_public(them)));
			OK(ke_derive(us, ke_public(them), &x));
			OK(ke_derive(them, ke_public(us), &y));
			OK(ke_derive(us, ke_public(them), &again));
			ck_assert_uint_eq(x.n, a->shared);
			ck_assert(ct_equal(secret_slice(&x), secret_slice(&y)));
			ck_assert(ct_equal(secret_slice(&x), secret_slice(&again)));
			secret_free(&x);
			secret_free(&y);
			secret_free(&again);
			ke_free(us);
			ke_free(them);
		}
	}
	crypto_free(c);
}
END_TEST

/*
 * Values with leading zeros keep the group's length: a public value of 2^3, and a shared secret of 4, which comes
 * from the peer value 4^(1/a).
 */
START_TEST(modp_values_are_padded)
{
	struct crypto *c = test_crypto(NULL);
	struct bytes a_bytes = unhex("00a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5");
	BIGNUM *a = BN_bin2bn(a_bytes.b, (int)a_bytes.n, NULL), *q = BN_new(), *inverse = BN_new();
	BN_CTX *ctx = BN_CTX_new();

	FOR_KIND(g, "DH")
	{
		size_t n = g->bits / 8;
		BIGNUM *p = prime_of(g);
		struct ke *ke = ke_with(c, g->id, slice_of("\x03", 1));
		struct bytes peer;
		struct secret s;

		ck_assert_uint_eq(ke_public(ke).n, n);
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_eq(ke_public(ke).p[i], i == n - 1 ? 8 : 0);
		ke_free(ke);

		ck_assert_int_eq(BN_rshift1(q, p), 1);
		ck_assert_ptr_nonnull(BN_mod_inverse(inverse, a, q, ctx));
		peer = power_of(slice_of("\x04", 1), inverse, p, n);
		ke = ke_with(c, g->id, bytes_slice(&a_bytes));
		OK(ke_derive(ke, bytes_slice(&peer), &s));
		ck_assert_uint_eq(s.n, n);
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_eq(s.p[i], i == n - 1 ? 4 : 0);
		secret_free(&s);
		ke_free(ke);
		BN_free(p);
	}
	BN_free(a);
	BN_free(q);
	BN_free(inverse);
	BN_CTX_free(ctx);
	crypto_free(c);
}
END_TEST

/* The same on curves: with the private key 1, the shared secret is the x of the peer's point. */
START_TEST(curve_values_are_padded)
{
	struct crypto *c = test_crypto(NULL);
	struct ke *one = ke_with(c, KE_ECP256, slice_of("\x01", 1)), *k = NULL;
	bool short_x = false, short_y = false;

	for (unsigned i = 2; !(short_x && short_y); i++) {
		uint8_t scalar[] = { (uint8_t)(i >> 8), (uint8_t)i };
		struct secret s;

		ck_assert_uint_lt(i, 65535);
		k = ke_with(c, KE_ECP256, slice_of(scalar, 2));
		ck_assert_uint_eq(ke_public(k).n, 64);
		if (ke_public(k).p[0] == 0 || ke_public(k).p[32] == 0) {
			short_x |= ke_public(k).p[0] == 0;
			short_y |= ke_public(k).p[32] == 0;
			OK(ke_derive(one, ke_public(k), &s));
			ck_assert_uint_eq(s.n, 32);
			ck_assert_mem_eq(s.p, ke_public(k).p, 32);
			secret_free(&s);
		}
		ke_free(k);
	}
	ke_free(one);
	crypto_free(c);
}
END_TEST

/* ---- bad public values ---- */

static void
refuse(const struct ke *ke, struct slice peer, const char *what)
{
	struct secret s = { NULL, 0 };
	ike_err err = ke_derive(ke, peer, &s);

	ck_assert_msg(err == IKE_E_BAD_KE, "%s, group %s: error %d", what,
	    alg_get(ke_group(ke))->name, (int)err);
	ck_assert_ptr_null(s.p);
}

/* Lengths no group takes: nothing, one byte less (also a zero byte left out in front), one more, half, double. */
static void
refuse_lengths(const struct ke *ke, struct slice good)
{
	struct bytes b = { .n = 0 };

	b.b[0] = 0;
	memcpy(b.b + 1, good.p, good.n);
	b.b[1 + good.n] = 0;
	refuse(ke, slice_of(NULL, 0), "empty");
	refuse(ke, slice_of(good.p, good.n - 1), "a byte less at the end");
	refuse(ke, slice_of(good.p + 1, good.n - 1), "a byte less in front");
	refuse(ke, slice_of(good.p, good.n / 2), "half");
	refuse(ke, slice_of(b.b, good.n + 1), "a zero more in front");
	refuse(ke, slice_of(b.b + 1, good.n + 1), "a zero more at the end");
	if (good.n <= sizeof(b.b) / 2) {
		memcpy(b.b, good.p, good.n);
		memcpy(b.b + good.n, good.p, good.n);
		refuse(ke, slice_of(b.b, 2 * good.n), "double");
	}
}

/* RFC 6989 section 2.1; T-dh-bad */
START_TEST(t_dh_bad)
{
	static const struct {
		const char *what;
		int from_p; /* else from 0 */
		int offset;
		ike_err err;
	} values[] = {
		{ "0", 0, 0, IKE_E_BAD_KE },
		{ "1", 0, 1, IKE_E_BAD_KE },
		{ "2", 0, 2, IKE_OK },
		{ "p-2", 1, -2, IKE_OK },
		{ "p-1", 1, -1, IKE_E_BAD_KE },
		{ "p", 1, 0, IKE_E_BAD_KE },
		{ "p+1", 1, 1, IKE_E_BAD_KE },
		{ "p+2", 1, 2, IKE_E_BAD_KE },
	};
	struct crypto *c = test_crypto(NULL);

	FOR_KIND(g, "DH")
	{
		size_t n = g->bits / 8;
		BIGNUM *p = prime_of(g);
		struct bytes ones = { .n = n };
		struct ke *ke, *peer;

		OK(ke_new(c, g->id, &ke));
		OK(ke_new(c, g->id, &peer));
		for (size_t v = 0; v < COUNT(values); v++) {
			BIGNUM *y = values[v].from_p ? BN_dup(p) : BN_new();
			unsigned step = (unsigned)abs(values[v].offset);
			struct bytes wire;
			struct secret s;

			ck_assert_int_eq(
			    values[v].offset < 0 ? BN_sub_word(y, step) : BN_add_word(y, step), 1);
			wire = padded(y, n);
			if (values[v].err != IKE_OK) {
				refuse(ke, bytes_slice(&wire), values[v].what);
			} else {
				OK(ke_derive(ke, bytes_slice(&wire), &s));
				secret_free(&s);
			}
			BN_free(y);
		}
		memset(ones.b, 0xff, n);
		refuse(ke, bytes_slice(&ones), "all ones");
		refuse_lengths(ke, ke_public(peer));
		ke_free(ke);
		ke_free(peer);
		BN_free(p);
	}
	crypto_free(c);
}
END_TEST

/* A point with a small x on the curve, and the field's prime and length. */
static struct bytes
small_point(int nid, BIGNUM *p, size_t *len_out)
{
	EC_GROUP *curve = EC_GROUP_new_by_curve_name(nid);
	EC_POINT *point = EC_POINT_new(curve);
	BIGNUM *x = BN_new(), *y = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	struct bytes out = { .n = 0 };
	BN_ULONG small = 1;

	ck_assert_int_eq(EC_GROUP_get_curve(curve, p, NULL, NULL, ctx), 1);
	*len_out = (size_t)BN_num_bytes(p);
	do {
		ck_assert_int_eq(BN_set_word(x, small++), 1);
	} while (EC_POINT_set_compressed_coordinates(curve, point, x, 0, ctx) != 1);
	ck_assert_int_eq(EC_POINT_get_affine_coordinates(curve, point, x, y, ctx), 1);
	ck_assert_int_eq(BN_bn2binpad(x, out.b, (int)*len_out), (int)*len_out);
	ck_assert_int_eq(BN_bn2binpad(y, out.b + *len_out, (int)*len_out), (int)*len_out);
	out.n = 2 * *len_out;
	EC_POINT_free(point);
	EC_GROUP_free(curve);
	BN_free(x);
	BN_free(y);
	BN_CTX_free(ctx);
	return out;
}

static void
refuse_points(const struct ke *ke, const struct bytes *good, const BIGNUM *p, size_t n)
{
	BIGNUM *x = BN_bin2bn(good->b, (int)n, NULL);
	struct bytes b = *good;

	/* off the curve: each bit of y flipped in turn, unless that is y's negative */
	for (size_t bit = 0; bit < 8 * n; bit += 7) {
		b.b[n + bit / 8] ^= (uint8_t)(1 << bit % 8);
		refuse(ke, bytes_slice(&b), "bit of y flipped");
		b.b[n + bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	memset(b.b, 0, b.n);
	refuse(ke, bytes_slice(&b), "(0, 0)");
	memset(b.b, 0xff, b.n);
	refuse(ke, bytes_slice(&b), "all ones");
	/* a coordinate that is right modulo p, but not reduced */
	ck_assert_int_eq(BN_add(x, x, p), 1);
	b = *good;
	ck_assert_int_eq(BN_bn2binpad(x, b.b, (int)n), (int)n);
	refuse(ke, bytes_slice(&b), "x + p");
	b = *good;
	ck_assert_int_eq(BN_bn2binpad(p, b.b + n, (int)n), (int)n);
	refuse(ke, bytes_slice(&b), "y = p");
	memcpy(b.b, good->b + n, n);
	memcpy(b.b + n, good->b, n);
	refuse(ke, bytes_slice(&b), "x and y exchanged");
	/* forms IKE does not use */
	b.b[0] = 0x02;
	memcpy(b.b + 1, good->b, n);
	refuse(ke, slice_of(b.b, n + 1), "compressed");
	b.b[0] = 0x04;
	memcpy(b.b + 1, good->b, 2 * n);
	refuse(ke, slice_of(b.b, 2 * n + 1), "with the octet for uncompressed");
	refuse(ke, slice_of(b.b, 2 * n), "with that octet, cut");
	refuse(ke, slice_of("", 1), "infinity");
	BN_free(x);
}

/* RFC 6989 section 2.3; T-ec-bad */
START_TEST(t_ec_bad)
{
	struct crypto *c = test_crypto(NULL);

	FOR_KIND(g, "EC")
	{
		BIGNUM *p = BN_new();
		size_t n;
		struct bytes good = small_point(g->nid, p, &n);
		struct ke *ke, *peer;
		struct secret s;

		ck_assert_uint_eq(2 * n, alg_get(g->id)->out);
		OK(ke_new(c, g->id, &ke));
		OK(ke_new(c, g->id, &peer));
		OK(ke_derive(ke, bytes_slice(&good), &s));
		secret_free(&s);
		refuse_points(ke, &good, p, n);
		refuse_lengths(ke, ke_public(peer));
		/* a point of another curve of the same length */
		for (size_t i = 0; i < COUNT(groups); i++) {
			struct ke *other;

			if (groups[i].nid == 0 || groups[i].nid == g->nid ||
			    alg_get(groups[i].id)->out != alg_get(g->id)->out)
				continue;
			OK(ke_new(c, groups[i].id, &other));
			refuse(ke, ke_public(other), "point of another curve");
			ke_free(other);
		}
		ke_free(ke);
		ke_free(peer);
		BN_free(p);
	}
	crypto_free(c);
}
END_TEST

/*
 * RFC 7748 section 6; T-x-zero.  The points of order 1, 2, 4 and 8 of Curve25519 and its twist, and of order 1, 2
 * and 4 of Curve448 and its twist, in every encoding: also not reduced, also with the bit X25519 ignores.
 */
START_TEST(t_x_zero)
{
	static const char *const of_25519[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	/* |low| everywhere below byte 28, then |byte28|, then |high|; the first byte plus |add| */
	static const struct {
		uint8_t low, byte28, high;
		int add;
	} of_448[] = {
		{ 0x00, 0x00, 0x00, 0 },  /* 0 */
		{ 0x00, 0x00, 0x00, 1 },  /* 1 */
		{ 0xff, 0xfe, 0xff, -1 }, /* p - 1 */
		{ 0xff, 0xfe, 0xff, 0 },  /* p */
		{ 0x00, 0xff, 0xff, 0 },  /* p + 1 */
	};
	struct crypto *c = test_crypto(NULL);
	struct ke *ke, *peer;

	OK(ke_new(c, KE_X25519, &ke));
	OK(ke_new(c, KE_X25519, &peer));
	for (size_t i = 0; i < COUNT(of_25519); i++) {
		struct bytes b = unhex(of_25519[i]);

		refuse(ke, bytes_slice(&b), "low order");
		b.b[31] |= 0x80;
		refuse(ke, bytes_slice(&b), "low order, high bit set");
	}
	refuse_lengths(ke, ke_public(peer));
	ke_free(ke);
	ke_free(peer);

	OK(ke_new(c, KE_X448, &ke));
	OK(ke_new(c, KE_X448, &peer));
	for (size_t i = 0; i < COUNT(of_448); i++) {
		struct bytes b = { .n = 56 };

		memset(b.b, of_448[i].low, 28);
		b.b[28] = of_448[i].byte28;
		memset(b.b + 29, of_448[i].high, 27);
		b.b[0] = (uint8_t)(b.b[0] + of_448[i].add);
		refuse(ke, bytes_slice(&b), "low order");
	}
	refuse_lengths(ke, ke_public(peer));
	ke_free(ke);
	ke_free(peer);
	crypto_free(c);
}
END_TEST

START_TEST(other_algorithms_are_unsupported)
{
	struct crypto *c = test_crypto(NULL);
	size_t count;
	const struct alg *all = alg_all(&count);

	for (size_t i = 0; i < count; i++) {
		struct ke *ke = NULL;
		bool ours = false;

		for (size_t g = 0; g < COUNT(groups); g++)
			ours |= groups[g].id == all[i].id;
		if (ours) {
			ck_assert(crypto_has(c, all[i].id));
			continue;
		}
		FAILS(IKE_E_UNSUPPORTED, ke_new(c, all[i].id, &ke));
		ck_assert_ptr_null(ke);
	}
	ke_free(NULL);
	crypto_free(c);
}
END_TEST

/* ---- threads ---- */

struct job {
	struct crypto *c;
	enum alg_id id;
	int rounds, done;
};

static void *
work(void *arg)
{
	struct job *j = arg;

	for (int i = 0; i < j->rounds; i++) {
		struct ke *a = NULL, *b = NULL;
		struct secret x = { NULL, 0 }, y = { NULL, 0 };

		if (ke_new(j->c, j->id, &a) == IKE_OK && ke_new(j->c, j->id, &b) == IKE_OK &&
		    ke_derive(a, ke_public(b), &x) == IKE_OK &&
		    ke_derive(b, ke_public(a), &y) == IKE_OK &&
		    ct_equal(secret_slice(&x), secret_slice(&y)))
			j->done++;
		secret_free(&x);
		secret_free(&y);
		ke_free(a);
		ke_free(b);
	}
	return NULL;
}

START_TEST(threads_share_a_context)
{
	struct crypto *c = test_crypto(NULL);
	struct job jobs[] = {
		{ c, KE_X25519, 100, 0 },
		{ c, KE_ECP256, 100, 0 },
		{ c, KE_MODP1024, 60, 0 },
		{ c, KE_MODP2048, 30, 0 },
	};
	pthread_t threads[COUNT(jobs)];

	for (size_t i = 0; i < COUNT(jobs); i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
	for (size_t i = 0; i < COUNT(jobs); i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		ck_assert_int_eq(jobs[i].done, jobs[i].rounds);
	}
	crypto_free(c);
}
END_TEST

/* Another process goes on with the exchange: same public value, same secret; and only with a key of that group. */
START_TEST(keys_can_be_handed_over)
{
	struct crypto *c = test_crypto(NULL);
	enum alg_id wrong;

	for (const struct group *g = groups; g < groups + COUNT(groups); g++) {
		struct ke *mine, *again, *peer;
		struct secret key, a = { 0 }, b = { 0 };
		if (ke_new(c, g->id, &mine) == IKE_E_UNSUPPORTED)
			continue;
		ck_assert_int_eq(ke_new(c, g->id, &peer), IKE_OK);
		ck_assert_int_eq(ke_export(mine, &key), IKE_OK);
		ck_assert_int_eq(ke_import(c, g->id, secret_slice(&key), &again), IKE_OK);
		ck_assert(slice_equal(ke_public(mine), ke_public(again)));
		ck_assert_int_eq(ke_group(again), g->id);
		ck_assert_int_eq(ke_derive(mine, ke_public(peer), &a), IKE_OK);
		ck_assert_int_eq(ke_derive(again, ke_public(peer), &b), IKE_OK);
		ck_assert(ct_equal(secret_slice(&a), secret_slice(&b)));
		wrong = g->id == KE_ECP256 ? KE_ECP384 : KE_ECP256;
		struct ke *none;
		ck_assert_int_eq(ke_import(c, wrong, secret_slice(&key), &none), IKE_E_FORMAT);
		ck_assert_int_eq(ke_import(c, g->id, slice_of(key.p, key.n / 2), &none), IKE_E_FORMAT);
		ck_assert_int_eq(ke_import(c, g->id, slice_of(NULL, 0), &none), IKE_E_FORMAT);
		secret_free(&a);
		secret_free(&b);
		secret_free(&key);
		ke_free(mine);
		ke_free(again);
		ke_free(peer);
	}
	struct ke *none;
	ck_assert_int_eq(ke_import(c, ENCR_AES_CBC, slice_of("x", 1), &none), IKE_E_UNSUPPORTED);
	crypto_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("crypto_ke");
	TCase *t = tcase_create("ke");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, curves_give_the_published_values);
	tcase_add_test(t, modp_groups_are_those_of_the_rfcs);
	tcase_add_test(t, modp_work_is_what_is_needed);
	tcase_add_test(t, both_ends_agree_on_fresh_keys);
	tcase_add_test(t, modp_values_are_padded);
	tcase_add_test(t, curve_values_are_padded);
	tcase_add_test(t, t_dh_bad);
	tcase_add_test(t, t_ec_bad);
	tcase_add_test(t, t_x_zero);
	tcase_add_test(t, other_algorithms_are_unsupported);
	tcase_add_test(t, threads_share_a_context);
	tcase_add_test(t, keys_can_be_handed_over);
	suite_add_tcase(s, t);
	return run_suite(s);
}
