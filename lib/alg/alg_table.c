/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The registry itself: all ids in the order of enum alg_id, one row each, an algorithm's facts side by side.
 *
 * Numbers come from IANA's "Internet Key Exchange (IKE) Attributes" (RFC 2409 appendix A), '"Magic
 * Numbers" for ISAKMP Protocol' (RFC 2407 sections 4.4 and 4.5), "Internet Key Exchange Version 2
 * (IKEv2) Parameters", from <linux/pfkeyv2.h>, and from the names under which Linux knows the
 * transforms.
 */
#include "alg/alg.h"

#define NO ALG_NO_NUMBER
#define WORDS(...)          \
	{                   \
		__VA_ARGS__ \
	}
/* the numbers of a cipher, in the order IKEv1, ESP, IKEv2, PF_KEY */
#define ENCR_NUM(ike, esp, two, pf) \
	.v1_ike = ike, .v1_ipsec = esp, .v1_ah = NO, .v2 = two, .pfkey = pf
/* the numbers of an integrity algorithm: authentication attribute, AH, IKEv2, PF_KEY */
#define INTEG_NUM(attr, ah, two, pf) \
	.v1_ike = NO, .v1_ipsec = attr, .v1_ah = ah, .v2 = two, .pfkey = pf
/* the numbers of all others: IKEv1, IKEv2 */
#define IKE_NUM(ike, two) .v1_ike = ike, .v1_ipsec = NO, .v1_ah = NO, .v2 = two, .pfkey = NO
#define KEY(min, max, dflt, step) \
	.key_min = min, .key_max = max, .key_default = dflt, .key_step = step
#define FIXED(bits) KEY(bits, bits, bits, 0)
#define CBC(size)   .block = size, .iv = size

/* clang-format off */
static const struct alg rows[] = {
	/* ALG_ENCR */
	{ ENCR_DES, ALG_ENCR, ALG_WEAK | ALG_LEGACY, "des", WORDS("des"), WORDS("des-cbc"), "cbc(des)",
	  ENCR_NUM(1, 2, 2, 2), FIXED(64), CBC(8), .strength = 56 },
	{ ENCR_3DES, ALG_ENCR, ALG_WEAK, "3des", WORDS("3des"), WORDS("3des-cbc"), "cbc(des3_ede)",
	  ENCR_NUM(5, 3, 3, 3), FIXED(192), CBC(8), .strength = 112 },
	{ ENCR_BLOWFISH, ALG_ENCR, ALG_VARKEY | ALG_WEAK | ALG_LEGACY, "blowfish", WORDS("blowfish"), WORDS("blowfish-cbc"),
	  "cbc(blowfish)", ENCR_NUM(3, 7, 7, 7), KEY(40, 448, 128, 8), CBC(8), .strength = 128 },
	{ ENCR_CAST128, ALG_ENCR, ALG_VARKEY | ALG_WEAK | ALG_LEGACY, "cast128", WORDS("cast128"), WORDS("cast128-cbc"),
	  "cbc(cast5)", ENCR_NUM(6, 6, 6, 6), KEY(40, 128, 128, 8), CBC(8), .strength = 128 },
	{ ENCR_AES_CBC, ALG_ENCR, ALG_VARKEY, "aes", WORDS("aes", "rijndael", "aes_cbc"), WORDS("aes-cbc", "rijndael-cbc"),
	  "cbc(aes)", ENCR_NUM(7, 12, 12, 12), KEY(128, 256, 128, 64), CBC(16), .strength = 128 },
	{ ENCR_AES_CTR, ALG_ENCR, ALG_VARKEY, "aes_ctr", WORDS("aes_ctr"), WORDS("aes-ctr"), "rfc3686(ctr(aes))",
	  ENCR_NUM(NO, 13, 13, 13), KEY(128, 256, 128, 64), .block = 1, .iv = 8, .salt = 4, .strength = 128 },
	{ ENCR_CAMELLIA_CBC, ALG_ENCR, ALG_VARKEY, "camellia", WORDS("camellia", "camellia_cbc"), WORDS("camellia-cbc"),
	  "cbc(camellia)", ENCR_NUM(8, 22, 23, 22), KEY(128, 256, 128, 64), CBC(16), .strength = 128 },
	{ ENCR_TWOFISH, ALG_ENCR, ALG_VARKEY, "twofish", WORDS("twofish"), WORDS("twofish-cbc"), "cbc(twofish)",
	  ENCR_NUM(NO, 253, NO, 253), KEY(40, 256, 128, 8), CBC(16), .strength = 128 },
#define AES_GCM(n, bytes, number) \
	{ ENCR_AES_GCM_##n, ALG_ENCR, ALG_AEAD | ALG_VARKEY, "aes_gcm_" #n, AES_GCM_WORDS_##n, WORDS("aes-gcm-" #n), \
	  "rfc4106(gcm(aes))", ENCR_NUM(NO, number, number, number), KEY(128, 256, 128, 64), .block = 1, .iv = 8, .salt = 4, \
	  .icv = bytes, .strength = 128 }
#define AES_GCM_WORDS_8  WORDS("aes_gcm_8", "aes_gcm8")
#define AES_GCM_WORDS_12 WORDS("aes_gcm_12", "aes_gcm12")
#define AES_GCM_WORDS_16 WORDS("aes_gcm_16", "aes_gcm", "aes_gcm16")
	AES_GCM(8, 8, 18),
	AES_GCM(12, 12, 19),
	AES_GCM(16, 16, 20),
#define AES_CCM(n, bytes, number) \
	{ ENCR_AES_CCM_##n, ALG_ENCR, ALG_AEAD | ALG_VARKEY, "aes_ccm_" #n, AES_CCM_WORDS_##n, WORDS("aes-ccm-" #n), \
	  "rfc4309(ccm(aes))", ENCR_NUM(NO, number, number, number), KEY(128, 256, 128, 64), .block = 1, .iv = 8, .salt = 3, \
	  .icv = bytes, .strength = 128 }
#define AES_CCM_WORDS_8  WORDS("aes_ccm_8", "aes_ccm8")
#define AES_CCM_WORDS_12 WORDS("aes_ccm_12", "aes_ccm12")
#define AES_CCM_WORDS_16 WORDS("aes_ccm_16", "aes_ccm", "aes_ccm16")
	AES_CCM(8, 8, 14),
	AES_CCM(12, 12, 15),
	AES_CCM(16, 16, 16),
	/* RFC 7634: the key always has 256 bits, so that no Key Length attribute is sent */
	{ ENCR_CHACHA20_POLY1305, ALG_ENCR, ALG_AEAD, "chacha20_poly1305", WORDS("chacha20_poly1305", "chacha20poly1305"),
	  WORDS("chacha20-poly1305"), "rfc7539esp(chacha20,poly1305)", ENCR_NUM(NO, NO, 28, NO), FIXED(256), .block = 1,
	  .iv = 8, .salt = 4, .icv = 16, .strength = 256 },
	{ ENCR_NULL, ALG_ENCR, 0, "null_enc", WORDS("null_enc", "null"), WORDS("null", "simple"), "ecb(cipher_null)",
	  ENCR_NUM(NO, 11, 11, 11), FIXED(0), .block = 1 },
	{ ENCR_NULL_AES_GMAC, ALG_ENCR, ALG_AEAD | ALG_VARKEY, "null_aes_gmac", WORDS("null_aes_gmac", "aes_gmac"),
	  WORDS("null-aes-gmac", "aes-gmac"), "rfc4543(gcm(aes))", ENCR_NUM(NO, 23, 21, 23), KEY(128, 256, 128, 64),
	  .block = 1, .iv = 8, .salt = 4, .icv = 16 },
	{ ENCR_DES_IV64, ALG_ENCR, ALG_WEAK | ALG_UNUSABLE, "des_iv64", WORDS("des_iv64"), WORDS("des-deriv"), NULL,
	  ENCR_NUM(NO, 1, 1, NO), FIXED(64), CBC(8), .strength = 56 },
	{ ENCR_DES_IV32, ALG_ENCR, ALG_WEAK | ALG_UNUSABLE, "des_iv32", WORDS("des_iv32"), WORDS("des-32iv"), NULL,
	  ENCR_NUM(NO, 9, 9, NO), FIXED(64), .block = 8, .iv = 4, .strength = 56 },
	{ ENCR_RC5, ALG_ENCR, ALG_VARKEY | ALG_WEAK | ALG_UNUSABLE, "rc5", WORDS("rc5"), WORDS("rc5-cbc"), NULL,
	  ENCR_NUM(4, 4, 4, NO), KEY(40, 2040, 128, 8), CBC(8), .strength = 128 },
	{ ENCR_RC4, ALG_ENCR, ALG_WEAK | ALG_UNUSABLE, "rc4", WORDS("rc4"), { NULL }, NULL,
	  ENCR_NUM(NO, 10, NO, NO), FIXED(128), .block = 1 },
	{ ENCR_IDEA, ALG_ENCR, ALG_WEAK | ALG_UNUSABLE, "idea", WORDS("idea"), { NULL }, NULL,
	  ENCR_NUM(2, 5, 5, NO), FIXED(128), CBC(8), .strength = 128 },
	{ ENCR_3IDEA, ALG_ENCR, ALG_WEAK | ALG_UNUSABLE, "3idea", WORDS("3idea"), { NULL }, NULL,
	  ENCR_NUM(NO, 8, 8, NO), FIXED(384), CBC(8), .strength = 128 },

	/* ALG_INTEG */
	{ INTEG_NONE, ALG_INTEG, 0, "non_auth", WORDS("non_auth"), WORDS("null"), "digest_null",
	  INTEG_NUM(NO, NO, 0, 251), FIXED(0) },
	{ INTEG_HMAC_MD5_96, ALG_INTEG, ALG_WEAK, "hmac_md5", WORDS("hmac_md5", "hmac_md5_96"), WORDS("hmac-md5"), "hmac(md5)",
	  INTEG_NUM(1, 2, 1, 2), FIXED(128), .icv = 12, .strength = 128 },
	{ INTEG_HMAC_SHA1_96, ALG_INTEG, 0, "hmac_sha1", WORDS("hmac_sha1", "hmac_sha1_96"), WORDS("hmac-sha1"), "hmac(sha1)",
	  INTEG_NUM(2, 3, 2, 3), FIXED(160), .icv = 12, .strength = 128 },
	{ INTEG_HMAC_SHA256_96, ALG_INTEG, ALG_SHADOW, "hmac_sha256_96", WORDS("hmac_sha256_96", "hmac_sha2_256_96"),
	  WORDS("hmac-sha256", "hmac-sha2-256", "hmac-sha256-96"), "hmac(sha256)", INTEG_NUM(5, 5, 12, 5), FIXED(256),
	  .icv = 12, .strength = 256 },
	{ INTEG_HMAC_SHA256_128, ALG_INTEG, 0, "hmac_sha256_128",
	  WORDS("hmac_sha256_128", "hmac_sha256", "hmac_sha2_256", "hmac_sha2_256_128"),
	  WORDS("hmac-sha256-128", "hmac-sha2-256-128"), "hmac(sha256)", INTEG_NUM(5, 5, 12, NO), FIXED(256), .icv = 16,
	  .strength = 256 },
	{ INTEG_HMAC_SHA384_192, ALG_INTEG, 0, "hmac_sha384",
	  WORDS("hmac_sha384", "hmac_sha2_384", "hmac_sha384_192", "hmac_sha2_384_192"),
	  WORDS("hmac-sha384", "hmac-sha2-384"), "hmac(sha384)", INTEG_NUM(6, 6, 13, 6), FIXED(384), .icv = 24,
	  .strength = 256 },
	{ INTEG_HMAC_SHA512_256, ALG_INTEG, 0, "hmac_sha512",
	  WORDS("hmac_sha512", "hmac_sha2_512", "hmac_sha512_256", "hmac_sha2_512_256"),
	  WORDS("hmac-sha512", "hmac-sha2-512"), "hmac(sha512)", INTEG_NUM(7, 7, 14, 7), FIXED(512), .icv = 32,
	  .strength = 256 },
	{ INTEG_AES_XCBC_96, ALG_INTEG, 0, "aes_xcbc", WORDS("aes_xcbc", "aes_xcbc_mac", "aes_xcbc_96"), WORDS("aes-xcbc-mac"),
	  "xcbc(aes)", INTEG_NUM(9, 9, 5, 9), FIXED(128), .icv = 12, .strength = 128 },
	{ INTEG_AES_CMAC_96, ALG_INTEG, 0, "aes_cmac", WORDS("aes_cmac", "aes_cmac_96"), WORDS("aes-cmac"), "cmac(aes)",
	  INTEG_NUM(NO, NO, 8, NO), FIXED(128), .icv = 12, .strength = 128 },
	{ INTEG_HMAC_RIPEMD160_96, ALG_INTEG, 0, "hmac_ripemd160", WORDS("hmac_ripemd160"), WORDS("hmac-ripemd160"),
	  "hmac(rmd160)", INTEG_NUM(8, 8, NO, 8), FIXED(160), .icv = 12, .strength = 128 },
	{ INTEG_KEYED_MD5, ALG_INTEG, ALG_WEAK | ALG_UNUSABLE, "keyed_md5", { NULL }, WORDS("md5", "keyed-md5"), NULL,
	  INTEG_NUM(NO, NO, NO, NO), FIXED(128), .icv = 16 },
	{ INTEG_KEYED_SHA1, ALG_INTEG, ALG_WEAK | ALG_UNUSABLE, "keyed_sha1", { NULL }, WORDS("sha", "keyed-sha1"), NULL,
	  INTEG_NUM(NO, NO, NO, NO), FIXED(160), .icv = 20 },
	{ INTEG_DES_MAC, ALG_INTEG, ALG_WEAK | ALG_UNUSABLE, "des_mac", WORDS("des_mac"), { NULL }, NULL,
	  INTEG_NUM(3, 4, 3, NO), FIXED(64), .icv = 8, .strength = 56 },
	/* RFC 2407 section 4.4.3.1: AH_MD5 is the transform of both HMAC-MD5 and KPDK; the attribute tells them apart */
	{ INTEG_KPDK, ALG_INTEG, ALG_WEAK | ALG_UNUSABLE, "kpdk", WORDS("kpdk"), { NULL }, NULL,
	  INTEG_NUM(4, 2, 4, NO), FIXED(128), .icv = 16 },
	{ INTEG_TCP_MD5, ALG_INTEG, ALG_WEAK | ALG_UNUSABLE, "tcp_md5", { NULL }, WORDS("tcp-md5"), NULL,
	  INTEG_NUM(NO, NO, NO, NO), KEY(8, 640, 128, 8), .icv = 16 },

	/* ALG_PRF: RFC 7296 section 2.14: the preferred key size of an HMAC is the length of its output */
#define PRF(id, number, bytes, strong, flags, ...) \
	{ id, ALG_PRF, flags, __VA_ARGS__, { NULL }, NULL, IKE_NUM(NO, number), FIXED(bytes * 8), .out = bytes, .strength = strong }
	PRF(PRF_HMAC_MD5, 1, 16, 128, ALG_WEAK, "prf_hmac_md5", WORDS("prf_hmac_md5", "hmac_md5", "md5")),
	PRF(PRF_HMAC_SHA1, 2, 20, 128, 0, "prf_hmac_sha1", WORDS("prf_hmac_sha1", "hmac_sha1", "sha1")),
	PRF(PRF_HMAC_SHA256, 5, 32, 256, 0, "prf_hmac_sha256",
	    WORDS("prf_hmac_sha256", "hmac_sha256", "sha256", "hmac_sha2_256")),
	PRF(PRF_HMAC_SHA384, 6, 48, 256, 0, "prf_hmac_sha384",
	    WORDS("prf_hmac_sha384", "hmac_sha384", "sha384", "hmac_sha2_384")),
	PRF(PRF_HMAC_SHA512, 7, 64, 256, 0, "prf_hmac_sha512",
	    WORDS("prf_hmac_sha512", "hmac_sha512", "sha512", "hmac_sha2_512")),
	PRF(PRF_AES_XCBC, 4, 16, 128, 0, "prf_aes_xcbc", WORDS("prf_aes_xcbc", "aes_xcbc")),
	PRF(PRF_AES_CMAC, 8, 16, 128, 0, "prf_aes_cmac", WORDS("prf_aes_cmac", "aes_cmac")),

	/* ALG_HASH: IKEv1 number, RFC 7427 section 7 number */
	{ HASH_MD5, ALG_HASH, ALG_WEAK, "md5", WORDS("md5"), { NULL }, NULL, IKE_NUM(1, NO), .out = 16 },
	{ HASH_SHA1, ALG_HASH, 0, "sha1", WORDS("sha1"), { NULL }, NULL, IKE_NUM(2, 1), .out = 20, .strength = 64 },
	{ HASH_SHA256, ALG_HASH, 0, "sha256", WORDS("sha256", "sha2_256"), { NULL }, NULL, IKE_NUM(4, 2), .out = 32,
	  .strength = 128 },
	{ HASH_SHA384, ALG_HASH, 0, "sha384", WORDS("sha384", "sha2_384"), { NULL }, NULL, IKE_NUM(5, 3), .out = 48,
	  .strength = 192 },
	{ HASH_SHA512, ALG_HASH, 0, "sha512", WORDS("sha512", "sha2_512"), { NULL }, NULL, IKE_NUM(6, 4), .out = 64,
	  .strength = 256 },

	/* ALG_KE; strengths of the MODP groups as in NIST SP 800-56A appendix D */
	{ KE_NONE, ALG_KE, 0, "none", { NULL }, { NULL }, NULL, IKE_NUM(NO, 0) },
#define MODP(bits, number, text, strong, weak) \
	{ KE_MODP##bits, ALG_KE, ALG_MODP | weak, "modp" #bits, WORDS("modp" #bits, text), { NULL }, NULL, \
	  IKE_NUM(number, number), .out = bits / 8, .shared = bits / 8, .strength = strong }
	MODP(768, 1, "1", 64, ALG_WEAK),
	MODP(1024, 2, "2", 80, ALG_WEAK),
	MODP(1536, 5, "5", 96, ALG_WEAK),
	MODP(2048, 14, "14", 112, 0),
	MODP(3072, 15, "15", 128, 0),
	MODP(4096, 16, "16", 152, 0),
	MODP(6144, 17, "17", 176, 0),
	MODP(8192, 18, "18", 200, 0),
	/* RFC 2409 sections 6.3 and 6.4: the public value is the x coordinate of a point over GF[2^155] or GF[2^185] */
	{ KE_EC2N155, ALG_KE, ALG_WEAK | ALG_UNUSABLE, "ec2n155", WORDS("ec2n155", "3"), { NULL }, NULL, IKE_NUM(3, NO),
	  .out = 20, .shared = 20, .strength = 77 },
	{ KE_EC2N185, ALG_KE, ALG_WEAK | ALG_UNUSABLE, "ec2n185", WORDS("ec2n185", "4"), { NULL }, NULL, IKE_NUM(4, NO),
	  .out = 24, .shared = 24, .strength = 92 },
	/* RFC 5903 section 7: the public value is x and y, the shared secret x alone */
#define CURVE(id, number, bytes, strong, ...) \
	{ id, ALG_KE, ALG_ECP, __VA_ARGS__, { NULL }, NULL, IKE_NUM(number, number), .out = 2 * bytes, .shared = bytes, \
	  .strength = strong }
	CURVE(KE_ECP256, 19, 32, 128, "ecp256", WORDS("ecp256", "19", "secp256r1", "p256")),
	CURVE(KE_ECP384, 20, 48, 192, "ecp384", WORDS("ecp384", "20", "secp384r1", "p384")),
	CURVE(KE_ECP521, 21, 66, 256, "ecp521", WORDS("ecp521", "21", "secp521r1", "p521")),
	CURVE(KE_BRAINPOOL224, 27, 28, 112, "brainpool224", WORDS("brainpool224", "27", "brainpoolp224r1", "ecp224bp")),
	CURVE(KE_BRAINPOOL256, 28, 32, 128, "brainpool256", WORDS("brainpool256", "28", "brainpoolp256r1", "ecp256bp")),
	CURVE(KE_BRAINPOOL384, 29, 48, 192, "brainpool384", WORDS("brainpool384", "29", "brainpoolp384r1", "ecp384bp")),
	CURVE(KE_BRAINPOOL512, 30, 64, 256, "brainpool512", WORDS("brainpool512", "30", "brainpoolp512r1", "ecp512bp")),
	{ KE_X25519, ALG_KE, ALG_XDH, "x25519", WORDS("x25519", "curve25519", "31"), { NULL }, NULL, IKE_NUM(31, 31),
	  .out = 32, .shared = 32, .strength = 128 },
	{ KE_X448, ALG_KE, ALG_XDH, "x448", WORDS("x448", "curve448", "32"), { NULL }, NULL, IKE_NUM(32, 32),
	  .out = 56, .shared = 56, .strength = 224 },

	/*
	 * ALG_AUTH: RFC 2409 appendix A; draft-ietf-ipsec-isakmp-hybrid-auth and -xauth: the "Init" method is offered by a
	 * client that starts, the "Resp" method by a server that does.
	 */
#define AUTH(id, word, number, flags) \
	{ id, ALG_AUTH, flags, word, WORDS(word), { NULL }, NULL, IKE_NUM(number, NO) }
	AUTH(AUTH_PSK, "pre_shared_key", 1, 0),
	AUTH(AUTH_RSASIG, "rsasig", 3, 0),
	AUTH(AUTH_DSSSIG, "dsssig", 2, ALG_UNUSABLE),
	AUTH(AUTH_RSAENC, "rsaenc", 4, ALG_UNUSABLE),
	AUTH(AUTH_RSAREV, "rsarev", 5, ALG_UNUSABLE),
	AUTH(AUTH_GSSAPI_KRB, "gssapi_krb", 65001, ALG_SHADOW),
	AUTH(AUTH_HYBRID_RSA_SERVER, "hybrid_rsa_server", 64222, 0),
	AUTH(AUTH_HYBRID_RSA_CLIENT, "hybrid_rsa_client", 64221, 0),
	AUTH(AUTH_HYBRID_DSS_SERVER, "hybrid_dss_server", 64224, ALG_UNUSABLE),
	AUTH(AUTH_HYBRID_DSS_CLIENT, "hybrid_dss_client", 64223, ALG_UNUSABLE),
	AUTH(AUTH_XAUTH_PSK_SERVER, "xauth_psk_server", 65002, 0),
	AUTH(AUTH_XAUTH_PSK_CLIENT, "xauth_psk_client", 65001, 0),
	AUTH(AUTH_XAUTH_RSA_SERVER, "xauth_rsa_server", 65006, 0),
	AUTH(AUTH_XAUTH_RSA_CLIENT, "xauth_rsa_client", 65005, 0),

	/* ALG_COMP */
	{ COMP_DEFLATE, ALG_COMP, 0, "deflate", WORDS("deflate"), WORDS("deflate"), "deflate",
	  .v1_ike = NO, .v1_ipsec = 2, .v1_ah = NO, .v2 = 2, .pfkey = 2 },
	{ COMP_LZS, ALG_COMP, ALG_UNUSABLE, "lzs", WORDS("lzs"), WORDS("lzs"), "lzs",
	  .v1_ike = NO, .v1_ipsec = 3, .v1_ah = NO, .v2 = 3, .pfkey = 3 },
	{ COMP_OUI, ALG_COMP, ALG_UNUSABLE, "oui", WORDS("oui"), WORDS("oui"), NULL,
	  .v1_ike = NO, .v1_ipsec = 1, .v1_ah = NO, .v2 = 1, .pfkey = 1 },
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const struct alg *
alg_all(size_t *n_out)
{
	*n_out = ROWS;
	return rows;
}

/* Rows before the first of each kind, and how many it has: from the enum, so that adding an id is all there is to do. */
#define COUNT(last, first) ((size_t)(last) - (size_t)(first) + 1)
#define N_ENCR             COUNT(ENCR_3IDEA, ENCR_DES)
#define N_INTEG            COUNT(INTEG_TCP_MD5, INTEG_NONE)
#define N_PRF              COUNT(PRF_AES_CMAC, PRF_HMAC_MD5)
#define N_HASH             COUNT(HASH_SHA512, HASH_MD5)
#define N_KE               COUNT(KE_X448, KE_NONE)
#define N_AUTH             COUNT(AUTH_XAUTH_RSA_CLIENT, AUTH_PSK)
#define N_COMP             COUNT(COMP_OUI, COMP_DEFLATE)

_Static_assert(
    N_ENCR + N_INTEG + N_PRF + N_HASH + N_KE + N_AUTH + N_COMP == ROWS, "every id has a row");

const struct alg *
alg_of_kind(enum alg_kind kind, size_t *n_out)
{
	static const size_t count[] = { 0, N_ENCR, N_INTEG, N_PRF, N_HASH, N_KE, N_AUTH, N_COMP };
	size_t k = (size_t)kind, first = 0;

	if (k >= sizeof(count) / sizeof(count[0])) {
		*n_out = 0;
		return rows;
	}
	for (size_t i = 0; i < k; i++)
		first += count[i];
	*n_out = count[k];
	return rows + first;
}
