/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * alg - the one registry of algorithms: a row an algorithm, a column a vocabulary.
 *
 * Inside the project an algorithm is an enum alg_id; every number or name of another vocabulary
 * (racoon.conf, setkey, IKEv1, IPsec DOI, IKEv2, PF_KEY, XFRM) is converted here and nowhere else.
 * The ids are disjoint from all wire numbers.  Rows are constant and never freed.
 *
 * IANA "ipsec-registry", "isakmp-registry", "ikev2-parameters"; RFC 2407-2409, 4868, 7296, 8221, 8247.
 */
#ifndef ALG_ALG_H
#define ALG_ALG_H

#include "util/err.h"
#include "util/names.h"

#include <stdbool.h>
#include <stddef.h>

enum alg_kind {
	ALG_NONE_KIND,
	ALG_ENCR,  /* ciphers, AEADs included, for IKE and ESP */
	ALG_INTEG, /* keyed, truncated integrity for IKEv2 SK, ESP and AH */
	ALG_PRF,   /* pseudo-random functions; IKEv1 uses the HMAC of the hash */
	ALG_HASH,  /* bare hashes (IKEv1 hash algorithm) */
	ALG_KE,    /* Diffie-Hellman groups and other key exchange methods */
	ALG_AUTH,  /* IKEv1 authentication methods */
	ALG_COMP,  /* IPComp transforms */
};

/* clang-format off */
enum alg_id {
	ALG_ID_NONE = 0,
	/* ALG_ENCR */
	ENCR_DES = 0x1001, ENCR_3DES, ENCR_BLOWFISH, ENCR_CAST128, ENCR_AES_CBC, ENCR_AES_CTR,
	ENCR_CAMELLIA_CBC, ENCR_TWOFISH, ENCR_AES_GCM_8, ENCR_AES_GCM_12, ENCR_AES_GCM_16,
	ENCR_AES_CCM_8, ENCR_AES_CCM_12, ENCR_AES_CCM_16, ENCR_CHACHA20_POLY1305, ENCR_NULL,
	ENCR_NULL_AES_GMAC, ENCR_DES_IV64, ENCR_DES_IV32, ENCR_RC5, ENCR_RC4, ENCR_IDEA, ENCR_3IDEA,
	/* ALG_INTEG; _96 and so on is the ICV in bits */
	INTEG_NONE = 0x2001, INTEG_HMAC_MD5_96, INTEG_HMAC_SHA1_96, INTEG_HMAC_SHA256_96,
	INTEG_HMAC_SHA256_128, INTEG_HMAC_SHA384_192, INTEG_HMAC_SHA512_256, INTEG_AES_XCBC_96,
	INTEG_AES_CMAC_96, INTEG_HMAC_RIPEMD160_96, INTEG_KEYED_MD5, INTEG_KEYED_SHA1,
	INTEG_DES_MAC, INTEG_KPDK, INTEG_TCP_MD5,
	/* ALG_PRF */
	PRF_HMAC_MD5 = 0x3001, PRF_HMAC_SHA1, PRF_HMAC_SHA256, PRF_HMAC_SHA384, PRF_HMAC_SHA512,
	PRF_AES_XCBC, PRF_AES_CMAC,
	/* ALG_HASH */
	HASH_MD5 = 0x4001, HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512,
	/* ALG_KE */
	KE_NONE = 0x5001, KE_MODP768, KE_MODP1024, KE_MODP1536, KE_MODP2048, KE_MODP3072,
	KE_MODP4096, KE_MODP6144, KE_MODP8192, KE_EC2N155, KE_EC2N185, KE_ECP256, KE_ECP384,
	KE_ECP521, KE_BRAINPOOL224, KE_BRAINPOOL256, KE_BRAINPOOL384, KE_BRAINPOOL512, KE_X25519,
	KE_X448,
	/* ALG_AUTH */
	AUTH_PSK = 0x6001, AUTH_RSASIG, AUTH_DSSSIG, AUTH_RSAENC, AUTH_RSAREV, AUTH_GSSAPI_KRB, AUTH_HYBRID_RSA_SERVER,
	AUTH_HYBRID_RSA_CLIENT, AUTH_HYBRID_DSS_SERVER, AUTH_HYBRID_DSS_CLIENT, AUTH_XAUTH_PSK_SERVER, AUTH_XAUTH_PSK_CLIENT,
	AUTH_XAUTH_RSA_SERVER, AUTH_XAUTH_RSA_CLIENT,
	/* ALG_COMP */
	COMP_DEFLATE = 0x7001, COMP_LZS, COMP_OUI,
};
/* clang-format on */

enum alg_flags {
	ALG_AEAD = 1 << 0,   /* cipher with its own integrity */
	ALG_VARKEY = 1 << 1, /* the key length is negotiated: a Key Length attribute is sent */
	ALG_WEAK = 1 << 2,   /* accepted when configured by name, with a warning; never a default */
	ALG_LEGACY = 1 << 3, /* needs OpenSSL's legacy provider */
	ALG_UNUSABLE = 1 << 4, /* racoon's parser knows the word; nobody can use it */
	ALG_MODP = 1 << 5,
	ALG_ECP = 1 << 6,    /* NIST or brainpool curve: the public value is x || y */
	ALG_XDH = 1 << 7,    /* X25519, X448 */
	ALG_SHADOW = 1 << 8, /* its IKE numbers are another row's, too, which lookups give */
};

#define ALG_NO_NUMBER (-1)

struct alg {
	enum alg_id id;
	enum alg_kind kind;
	unsigned flags;
	const char *name; /* canonical: as we print, and a word of racoon.conf or our extension */

	/* Words, NULL-terminated.  racoon.conf's: the first is |name|; none: not configurable. */
	const char *conf[5];
	/* setkey's: the first is what -D prints. */
	const char *setkey[4];
	/* The kernel's crypto API name: "cbc(aes)", "hmac(sha256)", "rfc4106(gcm(aes))"; or NULL. */
	const char *xfrm;

	/*
	 * Numbers, or ALG_NO_NUMBER.
	 *   v1_ike    RFC 2409 appendix A: the attribute value for this kind
	 *   v1_ipsec  RFC 2407: ESP transform (ENCR), authentication attribute (INTEG), IPCOMP transform (COMP)
	 *   v1_ah     RFC 2407: AH transform (INTEG)
	 *   v2        the transform id of type 1-4 by kind; HASH: RFC 7427 section 7; COMP: RFC 7296 section 3.10.1
	 *   pfkey     SADB_EALG_*, SADB_AALG_*, SADB_X_CALG_* as on Linux
	 */
	int v1_ike, v1_ipsec, v1_ah, v2, pfkey;

	/* Bits of key without salt; min == max: fixed. */
	uint16_t key_min, key_max, key_default, key_step;
	uint8_t block;   /* cipher block, bytes; 1 where nothing has to be padded */
	uint8_t iv;      /* bytes of IV on the wire */
	uint8_t salt;    /* bytes of salt behind the key in KEYMAT (AEAD, CTR: the nonce) */
	uint8_t icv;     /* bytes of ICV on the wire (INTEG, AEAD) */
	uint16_t out;    /* PRF and HASH: output bytes; KE: bytes of the public value on the wire */
	uint16_t shared; /* KE: bytes of the shared secret (for ECP: x only) */
	/* Comparable security in bits as in NIST SP 800-57, at the default key; 0: none or not rated. */
	uint16_t strength;
};

/*
 * Facts that are easy to miss:
 * - INTEG_HMAC_SHA256_96 is what racoon and setkey on Linux really install for SHA-256 (PF_KEY
 *   cannot say 128).  On the wire it is indistinguishable from _128 and shares its numbers; a lookup
 *   by IKE number gives _128, by PF_KEY number or setkey's `hmac-sha256` _96, by kernel name what
 *   |icv_bits| says.
 * - 65001 is both XAUTHInitPreShared and racoon's GSS-API with Kerberos; lookups give the former.
 * - The IPsec DOI and IKEv2 number Camellia and AES-GMAC differently.
 */

/* The row of |id|; NULL for ALG_ID_NONE or a number that is none of ours. */
const struct alg *
alg_get(enum alg_id id);

/* All rows in registry order; *n_out is their number. */
const struct alg *
alg_all(size_t *n_out);

/* The rows of |kind|, in the order of their ids. */
const struct alg *
alg_of_kind(enum alg_kind kind, size_t *n_out);

const struct alg *
alg_find_conf(enum alg_kind kind, const char *word);
const struct alg *
alg_find_setkey(enum alg_kind kind, const char *word);
const struct alg *
alg_find_v1_ike(enum alg_kind kind, uint32_t number);
const struct alg *
alg_find_v1_ipsec(enum alg_kind kind, uint32_t number);
const struct alg *
alg_find_v1_ah(uint32_t number);
const struct alg *
alg_find_v2(enum alg_kind kind, uint32_t number);
const struct alg *
alg_find_pfkey(enum alg_kind kind, uint32_t number);

/*
 * By kernel name; |icv_bits| tells hmac(sha256) with 96 from that with 128, and the AEADs apart.
 * 0: the first row with that name.
 */
const struct alg *
alg_find_xfrm(enum alg_kind kind, const char *xfrm, unsigned icv_bits);

/* The word of |kind| in racoon.conf's vocabulary closest to |word|, or NULL. */
const char *
alg_suggest(enum alg_kind kind, const char *word);

/* Is |bits| a key length of |a|?  0 counts as the default. */
bool
alg_key_ok(const struct alg *a, unsigned bits);

/* Bytes of KEYMAT for |a| with |bits| (0: default): key and salt; 0 for null algorithms. */
size_t
alg_keymat_len(const struct alg *a, unsigned bits);

/*
 * The PRF that is the HMAC of a hash (IKEv1), the hash of a PRF, and the integrity algorithm of the
 * same primitive; ALG_ID_NONE if there is none.
 */
enum alg_id
alg_prf_of_hash(enum alg_id hash);
enum alg_id
alg_hash_of_prf(enum alg_id prf);
enum alg_id
alg_integ_of_prf(enum alg_id prf);

/* "aes-128", "hmac_sha256_128", "modp3072": name and, where it varies, the key bits; in |buf|. */
const char *
alg_text(enum alg_id id, unsigned bits, struct name_buf *buf);

#endif
