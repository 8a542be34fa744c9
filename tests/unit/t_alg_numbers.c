/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The registry's numbers and words, those of the registries and manuals, written down here a second
 * time.
 */
#include "alg/alg.h"

#include <check.h>
#include <linux/pfkeyv2.h>
#include <string.h>

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

#define FOR_ROWS(a)                                                                       \
	for (size_t n_rows_, i_row_ = 0; i_row_ < (alg_all(&n_rows_), n_rows_); i_row_++) \
		for (const struct alg *a = &alg_all(&n_rows_)[i_row_]; a != NULL; a = NULL)

struct number {
	enum alg_id id;
	int want;
};

static void
check_column(const struct number *v, size_t n, size_t offset, enum alg_kind kind)
{
	size_t named = 0, present = 0;

	for (size_t i = 0; i < n; i++) {
		int have;

		memcpy(&have, (const char *)alg_get(v[i].id) + offset, sizeof(have));
		ck_assert_msg(
		    have == v[i].want, "%s: %d, not %d", alg_get(v[i].id)->name, have, v[i].want);
		named++;
	}
	/* and no row has a number that is not in the list */
	FOR_ROWS(a)
	{
		int have;

		memcpy(&have, (const char *)a + offset, sizeof(have));
		present += a->kind == kind && have != ALG_NO_NUMBER;
	}
	ck_assert_uint_eq(present, named);
}

#define CHECK_COLUMN(v, column, kind) check_column(v, COUNT(v), offsetof(struct alg, column), kind)

START_TEST(ikev1_numbers)
{
	/* RFC 2409 appendix A and IANA "Internet Key Exchange (IKE) Attributes" */
	static const struct number encr[] = {
		{ ENCR_DES, 1 },
		{ ENCR_IDEA, 2 },
		{ ENCR_BLOWFISH, 3 },
		{ ENCR_RC5, 4 },
		{ ENCR_3DES, 5 },
		{ ENCR_CAST128, 6 },
		{ ENCR_AES_CBC, 7 },
		{ ENCR_CAMELLIA_CBC, 8 },
	};
	static const struct number hash[] = {
		{ HASH_MD5, 1 },
		{ HASH_SHA1, 2 },
		{ HASH_SHA256, 4 },
		{ HASH_SHA384, 5 },
		{ HASH_SHA512, 6 },
	};
	static const struct number group[] = {
		{ KE_MODP768, 1 },
		{ KE_MODP1024, 2 },
		{ KE_EC2N155, 3 },
		{ KE_EC2N185, 4 },
		{ KE_MODP1536, 5 },
		{ KE_MODP2048, 14 },
		{ KE_MODP3072, 15 },
		{ KE_MODP4096, 16 },
		{ KE_MODP6144, 17 },
		{ KE_MODP8192, 18 },
		{ KE_ECP256, 19 },
		{ KE_ECP384, 20 },
		{ KE_ECP521, 21 },
		{ KE_BRAINPOOL224, 27 },
		{ KE_BRAINPOOL256, 28 },
		{ KE_BRAINPOOL384, 29 },
		{ KE_BRAINPOOL512, 30 },
		{ KE_X25519, 31 },
		{ KE_X448, 32 },
	};
	static const struct number auth[] = {
		{ AUTH_PSK, 1 },
		{ AUTH_DSSSIG, 2 },
		{ AUTH_RSASIG, 3 },
		{ AUTH_RSAENC, 4 },
		{ AUTH_RSAREV, 5 },
		{ AUTH_GSSAPI_KRB, 65001 },
		{ AUTH_HYBRID_RSA_CLIENT, 64221 },
		{ AUTH_HYBRID_RSA_SERVER, 64222 },
		{ AUTH_HYBRID_DSS_CLIENT, 64223 },
		{ AUTH_HYBRID_DSS_SERVER, 64224 },
		{ AUTH_XAUTH_PSK_CLIENT, 65001 },
		{ AUTH_XAUTH_PSK_SERVER, 65002 },
		{ AUTH_XAUTH_RSA_CLIENT, 65005 },
		{ AUTH_XAUTH_RSA_SERVER, 65006 },
	};

	CHECK_COLUMN(encr, v1_ike, ALG_ENCR);
	CHECK_COLUMN(hash, v1_ike, ALG_HASH);
	CHECK_COLUMN(group, v1_ike, ALG_KE);
	CHECK_COLUMN(auth, v1_ike, ALG_AUTH);
	ck_assert_int_eq(alg_find_v1_ike(ALG_AUTH, 65001)->id, AUTH_XAUTH_PSK_CLIENT);
}
END_TEST

START_TEST(ipsec_doi_numbers)
{
	/* RFC 2407 sections 4.4.3 to 4.4.5 and 4.5, IANA '"Magic Numbers" for ISAKMP Protocol' */
	static const struct number esp[] = {
		{ ENCR_DES_IV64, 1 },
		{ ENCR_DES, 2 },
		{ ENCR_3DES, 3 },
		{ ENCR_RC5, 4 },
		{ ENCR_IDEA, 5 },
		{ ENCR_CAST128, 6 },
		{ ENCR_BLOWFISH, 7 },
		{ ENCR_3IDEA, 8 },
		{ ENCR_DES_IV32, 9 },
		{ ENCR_RC4, 10 },
		{ ENCR_NULL, 11 },
		{ ENCR_AES_CBC, 12 },
		{ ENCR_AES_CTR, 13 },
		{ ENCR_AES_CCM_8, 14 },
		{ ENCR_AES_CCM_12, 15 },
		{ ENCR_AES_CCM_16, 16 },
		{ ENCR_AES_GCM_8, 18 },
		{ ENCR_AES_GCM_12, 19 },
		{ ENCR_AES_GCM_16, 20 },
		{ ENCR_CAMELLIA_CBC, 22 },
		{ ENCR_NULL_AES_GMAC, 23 },
		{ ENCR_TWOFISH, 253 },
	};
	static const struct number auth[] = {
		{ INTEG_HMAC_MD5_96, 1 },
		{ INTEG_HMAC_SHA1_96, 2 },
		{ INTEG_DES_MAC, 3 },
		{ INTEG_KPDK, 4 },
		{ INTEG_HMAC_SHA256_96, 5 },
		{ INTEG_HMAC_SHA256_128, 5 },
		{ INTEG_HMAC_SHA384_192, 6 },
		{ INTEG_HMAC_SHA512_256, 7 },
		{ INTEG_HMAC_RIPEMD160_96, 8 },
		{ INTEG_AES_XCBC_96, 9 },
	};
	static const struct number ah[] = {
		{ INTEG_HMAC_MD5_96, 2 },
		{ INTEG_KPDK, 2 },
		{ INTEG_HMAC_SHA1_96, 3 },
		{ INTEG_DES_MAC, 4 },
		{ INTEG_HMAC_SHA256_96, 5 },
		{ INTEG_HMAC_SHA256_128, 5 },
		{ INTEG_HMAC_SHA384_192, 6 },
		{ INTEG_HMAC_SHA512_256, 7 },
		{ INTEG_HMAC_RIPEMD160_96, 8 },
		{ INTEG_AES_XCBC_96, 9 },
	};
	static const struct number comp[] = { { COMP_OUI, 1 }, { COMP_DEFLATE, 2 },
		{ COMP_LZS, 3 } };

	CHECK_COLUMN(esp, v1_ipsec, ALG_ENCR);
	CHECK_COLUMN(auth, v1_ipsec, ALG_INTEG);
	CHECK_COLUMN(ah, v1_ah, ALG_INTEG);
	CHECK_COLUMN(comp, v1_ipsec, ALG_COMP);
	ck_assert_int_eq(alg_find_v1_ah(2)->id, INTEG_HMAC_MD5_96);
	ck_assert_int_eq(alg_find_v1_ah(5)->id, INTEG_HMAC_SHA256_128);
	ck_assert_int_eq(alg_find_v1_ipsec(ALG_INTEG, 5)->id, INTEG_HMAC_SHA256_128);
}
END_TEST

START_TEST(ikev2_numbers)
{
	/* IANA "Internet Key Exchange Version 2 (IKEv2) Parameters", transform types 1 to 4 */
	static const struct number encr[] = {
		{ ENCR_DES_IV64, 1 },
		{ ENCR_DES, 2 },
		{ ENCR_3DES, 3 },
		{ ENCR_RC5, 4 },
		{ ENCR_IDEA, 5 },
		{ ENCR_CAST128, 6 },
		{ ENCR_BLOWFISH, 7 },
		{ ENCR_3IDEA, 8 },
		{ ENCR_DES_IV32, 9 },
		{ ENCR_NULL, 11 },
		{ ENCR_AES_CBC, 12 },
		{ ENCR_AES_CTR, 13 },
		{ ENCR_AES_CCM_8, 14 },
		{ ENCR_AES_CCM_12, 15 },
		{ ENCR_AES_CCM_16, 16 },
		{ ENCR_AES_GCM_8, 18 },
		{ ENCR_AES_GCM_12, 19 },
		{ ENCR_AES_GCM_16, 20 },
		{ ENCR_NULL_AES_GMAC, 21 },
		{ ENCR_CAMELLIA_CBC, 23 },
		{ ENCR_CHACHA20_POLY1305, 28 },
	};
	static const struct number prf[] = {
		{ PRF_HMAC_MD5, 1 },
		{ PRF_HMAC_SHA1, 2 },
		{ PRF_AES_XCBC, 4 },
		{ PRF_HMAC_SHA256, 5 },
		{ PRF_HMAC_SHA384, 6 },
		{ PRF_HMAC_SHA512, 7 },
		{ PRF_AES_CMAC, 8 },
	};
	static const struct number integ[] = {
		{ INTEG_NONE, 0 },
		{ INTEG_HMAC_MD5_96, 1 },
		{ INTEG_HMAC_SHA1_96, 2 },
		{ INTEG_DES_MAC, 3 },
		{ INTEG_KPDK, 4 },
		{ INTEG_AES_XCBC_96, 5 },
		{ INTEG_AES_CMAC_96, 8 },
		{ INTEG_HMAC_SHA256_96, 12 },
		{ INTEG_HMAC_SHA256_128, 12 },
		{ INTEG_HMAC_SHA384_192, 13 },
		{ INTEG_HMAC_SHA512_256, 14 },
	};
	static const struct number ke[] = {
		{ KE_NONE, 0 },
		{ KE_MODP768, 1 },
		{ KE_MODP1024, 2 },
		{ KE_MODP1536, 5 },
		{ KE_MODP2048, 14 },
		{ KE_MODP3072, 15 },
		{ KE_MODP4096, 16 },
		{ KE_MODP6144, 17 },
		{ KE_MODP8192, 18 },
		{ KE_ECP256, 19 },
		{ KE_ECP384, 20 },
		{ KE_ECP521, 21 },
		{ KE_BRAINPOOL224, 27 },
		{ KE_BRAINPOOL256, 28 },
		{ KE_BRAINPOOL384, 29 },
		{ KE_BRAINPOOL512, 30 },
		{ KE_X25519, 31 },
		{ KE_X448, 32 },
	};
	static const struct number hash[] = {
		{ HASH_SHA1, 1 },
		{ HASH_SHA256, 2 },
		{ HASH_SHA384, 3 },
		{ HASH_SHA512, 4 },
	};

	CHECK_COLUMN(encr, v2, ALG_ENCR);
	CHECK_COLUMN(prf, v2, ALG_PRF);
	CHECK_COLUMN(integ, v2, ALG_INTEG);
	CHECK_COLUMN(ke, v2, ALG_KE);
	CHECK_COLUMN(hash, v2, ALG_HASH);
	ck_assert_int_eq(alg_find_v2(ALG_INTEG, 12)->id, INTEG_HMAC_SHA256_128);
	/* the two registries part here */
	ck_assert_int_eq(alg_find_v2(ALG_ENCR, 23)->id, ENCR_CAMELLIA_CBC);
	ck_assert_int_eq(alg_find_v1_ipsec(ALG_ENCR, 23)->id, ENCR_NULL_AES_GMAC);
}
END_TEST

START_TEST(pfkey_numbers)
{
	static const struct number encr[] = {
		{ ENCR_DES, SADB_EALG_DESCBC },
		{ ENCR_3DES, SADB_EALG_3DESCBC },
		{ ENCR_CAST128, SADB_X_EALG_CASTCBC },
		{ ENCR_BLOWFISH, SADB_X_EALG_BLOWFISHCBC },
		{ ENCR_NULL, SADB_EALG_NULL },
		{ ENCR_AES_CBC, SADB_X_EALG_AESCBC },
		{ ENCR_AES_CTR, SADB_X_EALG_AESCTR },
		{ ENCR_AES_CCM_8, SADB_X_EALG_AES_CCM_ICV8 },
		{ ENCR_AES_CCM_12, SADB_X_EALG_AES_CCM_ICV12 },
		{ ENCR_AES_CCM_16, SADB_X_EALG_AES_CCM_ICV16 },
		{ ENCR_AES_GCM_8, SADB_X_EALG_AES_GCM_ICV8 },
		{ ENCR_AES_GCM_12, SADB_X_EALG_AES_GCM_ICV12 },
		{ ENCR_AES_GCM_16, SADB_X_EALG_AES_GCM_ICV16 },
		{ ENCR_CAMELLIA_CBC, SADB_X_EALG_CAMELLIACBC },
		{ ENCR_NULL_AES_GMAC, SADB_X_EALG_NULL_AES_GMAC },
		{ ENCR_TWOFISH, SADB_X_EALG_TWOFISHCBC },
	};
	static const struct number integ[] = {
		{ INTEG_NONE, SADB_X_AALG_NULL },
		{ INTEG_HMAC_MD5_96, SADB_AALG_MD5HMAC },
		{ INTEG_HMAC_SHA1_96, SADB_AALG_SHA1HMAC },
		{ INTEG_HMAC_SHA256_96, SADB_X_AALG_SHA2_256HMAC },
		{ INTEG_HMAC_SHA384_192, SADB_X_AALG_SHA2_384HMAC },
		{ INTEG_HMAC_SHA512_256, SADB_X_AALG_SHA2_512HMAC },
		{ INTEG_HMAC_RIPEMD160_96, SADB_X_AALG_RIPEMD160HMAC },
		{ INTEG_AES_XCBC_96, SADB_X_AALG_AES_XCBC_MAC },
	};
	static const struct number comp[] = {
		{ COMP_OUI, SADB_X_CALG_OUI },
		{ COMP_DEFLATE, SADB_X_CALG_DEFLATE },
		{ COMP_LZS, SADB_X_CALG_LZS },
	};

	CHECK_COLUMN(encr, pfkey, ALG_ENCR);
	CHECK_COLUMN(integ, pfkey, ALG_INTEG);
	CHECK_COLUMN(comp, pfkey, ALG_COMP);
	ck_assert_int_eq(
	    alg_find_pfkey(ALG_INTEG, SADB_X_AALG_SHA2_256HMAC)->id, INTEG_HMAC_SHA256_96);
}
END_TEST

/* The names under which Linux' net/xfrm/xfrm_algo.c knows the transforms. */
static const char *const linux_names[] = {
	"cbc(des)",
	"cbc(des3_ede)",
	"cbc(blowfish)",
	"cbc(cast5)",
	"cbc(aes)",
	"cbc(camellia)",
	"cbc(twofish)",
	"rfc3686(ctr(aes))",
	"rfc4106(gcm(aes))",
	"rfc4309(ccm(aes))",
	"rfc4543(gcm(aes))",
	"rfc7539esp(chacha20,poly1305)",
	"ecb(cipher_null)",
	"digest_null",
	"hmac(md5)",
	"hmac(sha1)",
	"hmac(sha256)",
	"hmac(sha384)",
	"hmac(sha512)",
	"hmac(rmd160)",
	"xcbc(aes)",
	"cmac(aes)",
	"deflate",
	"lzs",
};

START_TEST(xfrm_names)
{
	bool used[COUNT(linux_names)] = { false };

	FOR_ROWS(a)
	{
		size_t i = 0;

		if (a->xfrm == NULL) {
			/* what can be used for packets has a name */
			ck_assert_msg((a->flags & ALG_UNUSABLE) != 0 ||
					  (a->kind != ALG_ENCR && a->kind != ALG_INTEG &&
					      a->kind != ALG_COMP),
			    "%s", a->name);
			continue;
		}
		while (i < COUNT(linux_names) && strcmp(linux_names[i], a->xfrm) != 0)
			i++;
		ck_assert_msg(i < COUNT(linux_names), "%s", a->xfrm);
		used[i] = true;
	}
	for (size_t i = 0; i < COUNT(linux_names); i++)
		ck_assert_msg(used[i], "%s", linux_names[i]);
	ck_assert_int_eq(alg_find_xfrm(ALG_INTEG, "hmac(sha256)", 96)->id, INTEG_HMAC_SHA256_96);
	ck_assert_int_eq(alg_find_xfrm(ALG_INTEG, "hmac(sha256)", 128)->id, INTEG_HMAC_SHA256_128);
	ck_assert_ptr_null(alg_find_xfrm(ALG_INTEG, "hmac(sha256)", 160));
	ck_assert_int_eq(alg_find_xfrm(ALG_ENCR, "rfc4106(gcm(aes))", 96)->id, ENCR_AES_GCM_12);
	ck_assert_int_eq(alg_find_xfrm(ALG_ENCR, "cbc(aes)", 0)->id, ENCR_AES_CBC);
}
END_TEST

struct word {
	enum alg_kind kind;
	const char *word;
	enum alg_id id;
};

START_TEST(racoon_words)
{
	static const struct word want[] = {
		{ ALG_ENCR, "des", ENCR_DES },
		{ ALG_ENCR, "3des", ENCR_3DES },
		{ ALG_ENCR, "blowfish", ENCR_BLOWFISH },
		{ ALG_ENCR, "cast128", ENCR_CAST128 },
		{ ALG_ENCR, "aes", ENCR_AES_CBC },
		{ ALG_ENCR, "rijndael", ENCR_AES_CBC },
		{ ALG_ENCR, "camellia", ENCR_CAMELLIA_CBC },
		{ ALG_ENCR, "idea", ENCR_IDEA },
		{ ALG_ENCR, "rc5", ENCR_RC5 },
		{ ALG_ENCR, "des_iv64", ENCR_DES_IV64 },
		{ ALG_ENCR, "des_iv32", ENCR_DES_IV32 },
		{ ALG_ENCR, "rc4", ENCR_RC4 },
		{ ALG_ENCR, "3idea", ENCR_3IDEA },
		{ ALG_ENCR, "null_enc", ENCR_NULL },
		{ ALG_ENCR, "null", ENCR_NULL },
		{ ALG_ENCR, "twofish", ENCR_TWOFISH },
		{ ALG_ENCR, "aes_gcm_16", ENCR_AES_GCM_16 },
		{ ALG_ENCR, "aes_gcm", ENCR_AES_GCM_16 },
		{ ALG_ENCR, "aes_gcm_8", ENCR_AES_GCM_8 },
		{ ALG_ENCR, "aes_ccm_12", ENCR_AES_CCM_12 },
		{ ALG_ENCR, "aes_ctr", ENCR_AES_CTR },
		{ ALG_ENCR, "chacha20_poly1305", ENCR_CHACHA20_POLY1305 },
		{ ALG_HASH, "md5", HASH_MD5 },
		{ ALG_HASH, "sha1", HASH_SHA1 },
		{ ALG_HASH, "sha256", HASH_SHA256 },
		{ ALG_HASH, "sha2_256", HASH_SHA256 },
		{ ALG_HASH, "sha384", HASH_SHA384 },
		{ ALG_HASH, "sha2_384", HASH_SHA384 },
		{ ALG_HASH, "sha512", HASH_SHA512 },
		{ ALG_HASH, "sha2_512", HASH_SHA512 },
		{ ALG_INTEG, "hmac_md5", INTEG_HMAC_MD5_96 },
		{ ALG_INTEG, "hmac_sha1", INTEG_HMAC_SHA1_96 },
		{ ALG_INTEG, "hmac_sha1_96", INTEG_HMAC_SHA1_96 },
		{ ALG_INTEG, "hmac_sha256", INTEG_HMAC_SHA256_128 },
		{ ALG_INTEG, "hmac_sha2_256", INTEG_HMAC_SHA256_128 },
		{ ALG_INTEG, "hmac_sha256_128", INTEG_HMAC_SHA256_128 },
		{ ALG_INTEG, "hmac_sha256_96", INTEG_HMAC_SHA256_96 },
		{ ALG_INTEG, "hmac_sha384", INTEG_HMAC_SHA384_192 },
		{ ALG_INTEG, "hmac_sha2_384", INTEG_HMAC_SHA384_192 },
		{ ALG_INTEG, "hmac_sha512", INTEG_HMAC_SHA512_256 },
		{ ALG_INTEG, "hmac_sha2_512", INTEG_HMAC_SHA512_256 },
		{ ALG_INTEG, "des_mac", INTEG_DES_MAC },
		{ ALG_INTEG, "kpdk", INTEG_KPDK },
		{ ALG_INTEG, "non_auth", INTEG_NONE },
		{ ALG_INTEG, "aes_xcbc", INTEG_AES_XCBC_96 },
		{ ALG_INTEG, "aes_cmac", INTEG_AES_CMAC_96 },
		{ ALG_PRF, "prf_hmac_sha256", PRF_HMAC_SHA256 },
		{ ALG_PRF, "hmac_sha256", PRF_HMAC_SHA256 },
		{ ALG_PRF, "aes_xcbc", PRF_AES_XCBC },
		{ ALG_PRF, "prf_aes_cmac", PRF_AES_CMAC },
		{ ALG_KE, "modp768", KE_MODP768 },
		{ ALG_KE, "1", KE_MODP768 },
		{ ALG_KE, "2", KE_MODP1024 },
		{ ALG_KE, "5", KE_MODP1536 },
		{ ALG_KE, "14", KE_MODP2048 },
		{ ALG_KE, "15", KE_MODP3072 },
		{ ALG_KE, "16", KE_MODP4096 },
		{ ALG_KE, "17", KE_MODP6144 },
		{ ALG_KE, "18", KE_MODP8192 },
		{ ALG_KE, "modp8192", KE_MODP8192 },
		{ ALG_KE, "ec2n155", KE_EC2N155 },
		{ ALG_KE, "4", KE_EC2N185 },
		{ ALG_KE, "ecp256", KE_ECP256 },
		{ ALG_KE, "19", KE_ECP256 },
		{ ALG_KE, "ecp521", KE_ECP521 },
		{ ALG_KE, "brainpool256", KE_BRAINPOOL256 },
		{ ALG_KE, "28", KE_BRAINPOOL256 },
		{ ALG_KE, "x25519", KE_X25519 },
		{ ALG_KE, "curve25519", KE_X25519 },
		{ ALG_KE, "31", KE_X25519 },
		{ ALG_KE, "x448", KE_X448 },
		{ ALG_AUTH, "pre_shared_key", AUTH_PSK },
		{ ALG_AUTH, "rsasig", AUTH_RSASIG },
		{ ALG_AUTH, "dsssig", AUTH_DSSSIG },
		{ ALG_AUTH, "rsaenc", AUTH_RSAENC },
		{ ALG_AUTH, "rsarev", AUTH_RSAREV },
		{ ALG_AUTH, "gssapi_krb", AUTH_GSSAPI_KRB },
		{ ALG_AUTH, "hybrid_rsa_server", AUTH_HYBRID_RSA_SERVER },
		{ ALG_AUTH, "hybrid_rsa_client", AUTH_HYBRID_RSA_CLIENT },
		{ ALG_AUTH, "hybrid_dss_server", AUTH_HYBRID_DSS_SERVER },
		{ ALG_AUTH, "hybrid_dss_client", AUTH_HYBRID_DSS_CLIENT },
		{ ALG_AUTH, "xauth_psk_server", AUTH_XAUTH_PSK_SERVER },
		{ ALG_AUTH, "xauth_psk_client", AUTH_XAUTH_PSK_CLIENT },
		{ ALG_AUTH, "xauth_rsa_server", AUTH_XAUTH_RSA_SERVER },
		{ ALG_AUTH, "xauth_rsa_client", AUTH_XAUTH_RSA_CLIENT },
		{ ALG_COMP, "deflate", COMP_DEFLATE },
		{ ALG_COMP, "lzs", COMP_LZS },
		{ ALG_COMP, "oui", COMP_OUI },
	};

	for (size_t i = 0; i < COUNT(want); i++) {
		const struct alg *a = alg_find_conf(want[i].kind, want[i].word);

		ck_assert_msg(a != NULL && a->id == want[i].id, "%s", want[i].word);
	}
}
END_TEST

START_TEST(setkey_words)
{
	static const struct word want[] = {
		{ ALG_ENCR, "des-cbc", ENCR_DES },
		{ ALG_ENCR, "3des-cbc", ENCR_3DES },
		{ ALG_ENCR, "null", ENCR_NULL },
		{ ALG_ENCR, "simple", ENCR_NULL },
		{ ALG_ENCR, "blowfish-cbc", ENCR_BLOWFISH },
		{ ALG_ENCR, "cast128-cbc", ENCR_CAST128 },
		{ ALG_ENCR, "des-deriv", ENCR_DES_IV64 },
		{ ALG_ENCR, "des-32iv", ENCR_DES_IV32 },
		{ ALG_ENCR, "twofish-cbc", ENCR_TWOFISH },
		{ ALG_ENCR, "aes-cbc", ENCR_AES_CBC },
		{ ALG_ENCR, "rijndael-cbc", ENCR_AES_CBC },
		{ ALG_ENCR, "aes-ctr", ENCR_AES_CTR },
		{ ALG_ENCR, "camellia-cbc", ENCR_CAMELLIA_CBC },
		{ ALG_ENCR, "aes-gcm-16", ENCR_AES_GCM_16 },
		{ ALG_ENCR, "rc5-cbc", ENCR_RC5 },
		{ ALG_INTEG, "hmac-md5", INTEG_HMAC_MD5_96 },
		{ ALG_INTEG, "hmac-sha1", INTEG_HMAC_SHA1_96 },
		{ ALG_INTEG, "keyed-md5", INTEG_KEYED_MD5 },
		{ ALG_INTEG, "keyed-sha1", INTEG_KEYED_SHA1 },
		{ ALG_INTEG, "null", INTEG_NONE },
		{ ALG_INTEG, "hmac-sha256", INTEG_HMAC_SHA256_96 },
		{ ALG_INTEG, "hmac-sha2-256", INTEG_HMAC_SHA256_96 },
		{ ALG_INTEG, "hmac-sha256-128", INTEG_HMAC_SHA256_128 },
		{ ALG_INTEG, "hmac-sha384", INTEG_HMAC_SHA384_192 },
		{ ALG_INTEG, "hmac-sha2-384", INTEG_HMAC_SHA384_192 },
		{ ALG_INTEG, "hmac-sha512", INTEG_HMAC_SHA512_256 },
		{ ALG_INTEG, "hmac-sha2-512", INTEG_HMAC_SHA512_256 },
		{ ALG_INTEG, "hmac-ripemd160", INTEG_HMAC_RIPEMD160_96 },
		{ ALG_INTEG, "aes-xcbc-mac", INTEG_AES_XCBC_96 },
		{ ALG_INTEG, "tcp-md5", INTEG_TCP_MD5 },
		{ ALG_COMP, "deflate", COMP_DEFLATE },
		{ ALG_COMP, "lzs", COMP_LZS },
		{ ALG_COMP, "oui", COMP_OUI },
	};

	for (size_t i = 0; i < COUNT(want); i++) {
		const struct alg *a = alg_find_setkey(want[i].kind, want[i].word);

		ck_assert_msg(a != NULL && a->id == want[i].id, "%s", want[i].word);
	}
	/* what `setkey -D` prints */
	ck_assert_str_eq(alg_get(ENCR_AES_CBC)->setkey[0], "aes-cbc");
	ck_assert_str_eq(alg_get(INTEG_KEYED_MD5)->setkey[0], "md5");
	ck_assert_str_eq(alg_get(INTEG_KEYED_SHA1)->setkey[0], "sha");
	ck_assert_str_eq(alg_get(INTEG_HMAC_SHA256_96)->setkey[0], "hmac-sha256");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("alg_numbers");
	TCase *t = tcase_create("registry");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, ikev1_numbers);
	tcase_add_test(t, ipsec_doi_numbers);
	tcase_add_test(t, ikev2_numbers);
	tcase_add_test(t, pfkey_numbers);
	tcase_add_test(t, xfrm_names);
	tcase_add_test(t, racoon_words);
	tcase_add_test(t, setkey_words);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
