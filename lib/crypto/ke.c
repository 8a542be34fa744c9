/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a group is a row: OpenSSL's key type, its name for the group, and for the two MODP groups
 * OpenSSL has no name for, the prime.  Making a key and importing the peer's differ by kind (MODP, curve in
 * x || y form, X25519 and X448); deriving does not.  Nothing is kept between exchanges, so any thread may work
 * here: naming a group anew costs little beside one exponentiation in it.
 */
#include "crypto/ke.h"

#include "crypto/internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Bits of the private exponent for the groups without a name; OpenSSL knows those of the others. */
#define SHORT_EXPONENT 200
#define EC_MAX         (1 + 2 * 66)

struct group {
	enum alg_id alg;
	const char *type;     /* EVP_PKEY type */
	const char *name;     /* group name; NULL: see |prime|, or the type says it all */
	const uint8_t *prime; /* alg_get(alg)->out bytes */
};

struct ke {
	struct crypto *c;
	const struct group *group;
	EVP_PKEY *key;
	size_t n_pub;
	uint8_t pub[];
};

/* clang-format off */
/* RFC 2409 section 6.1. */
static const uint8_t modp768[] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc9, 0x0f, 0xda, 0xa2, 0x21, 0x68, 0xc2, 0x34,
	0xc4, 0xc6, 0x62, 0x8b, 0x80, 0xdc, 0x1c, 0xd1, 0x29, 0x02, 0x4e, 0x08, 0x8a, 0x67, 0xcc, 0x74,
	0x02, 0x0b, 0xbe, 0xa6, 0x3b, 0x13, 0x9b, 0x22, 0x51, 0x4a, 0x08, 0x79, 0x8e, 0x34, 0x04, 0xdd,
	0xef, 0x95, 0x19, 0xb3, 0xcd, 0x3a, 0x43, 0x1b, 0x30, 0x2b, 0x0a, 0x6d, 0xf2, 0x5f, 0x14, 0x37,
	0x4f, 0xe1, 0x35, 0x6d, 0x6d, 0x51, 0xc2, 0x45, 0xe4, 0x85, 0xb5, 0x76, 0x62, 0x5e, 0x7e, 0xc6,
	0xf4, 0x4c, 0x42, 0xe9, 0xa6, 0x3a, 0x36, 0x20, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

/* RFC 2409 section 6.2. */
static const uint8_t modp1024[] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc9, 0x0f, 0xda, 0xa2, 0x21, 0x68, 0xc2, 0x34,
	0xc4, 0xc6, 0x62, 0x8b, 0x80, 0xdc, 0x1c, 0xd1, 0x29, 0x02, 0x4e, 0x08, 0x8a, 0x67, 0xcc, 0x74,
	0x02, 0x0b, 0xbe, 0xa6, 0x3b, 0x13, 0x9b, 0x22, 0x51, 0x4a, 0x08, 0x79, 0x8e, 0x34, 0x04, 0xdd,
	0xef, 0x95, 0x19, 0xb3, 0xcd, 0x3a, 0x43, 0x1b, 0x30, 0x2b, 0x0a, 0x6d, 0xf2, 0x5f, 0x14, 0x37,
	0x4f, 0xe1, 0x35, 0x6d, 0x6d, 0x51, 0xc2, 0x45, 0xe4, 0x85, 0xb5, 0x76, 0x62, 0x5e, 0x7e, 0xc6,
	0xf4, 0x4c, 0x42, 0xe9, 0xa6, 0x37, 0xed, 0x6b, 0x0b, 0xff, 0x5c, 0xb6, 0xf4, 0x06, 0xb7, 0xed,
	0xee, 0x38, 0x6b, 0xfb, 0x5a, 0x89, 0x9f, 0xa5, 0xae, 0x9f, 0x24, 0x11, 0x7c, 0x4b, 0x1f, 0xe6,
	0x49, 0x28, 0x66, 0x51, 0xec, 0xe6, 0x53, 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};
/* clang-format on */

static const struct group groups[] = {
	{ KE_MODP768, "DH", NULL, modp768 },
	{ KE_MODP1024, "DH", NULL, modp1024 },
	{ KE_MODP1536, "DH", "modp_1536", NULL },
	{ KE_MODP2048, "DH", "modp_2048", NULL },
	{ KE_MODP3072, "DH", "modp_3072", NULL },
	{ KE_MODP4096, "DH", "modp_4096", NULL },
	{ KE_MODP6144, "DH", "modp_6144", NULL },
	{ KE_MODP8192, "DH", "modp_8192", NULL },
	{ KE_ECP256, "EC", "P-256", NULL },
	{ KE_ECP384, "EC", "P-384", NULL },
	{ KE_ECP521, "EC", "P-521", NULL },
	{ KE_BRAINPOOL224, "EC", "brainpoolP224r1", NULL },
	{ KE_BRAINPOOL256, "EC", "brainpoolP256r1", NULL },
	{ KE_BRAINPOOL384, "EC", "brainpoolP384r1", NULL },
	{ KE_BRAINPOOL512, "EC", "brainpoolP512r1", NULL },
	{ KE_X25519, "X25519", NULL, NULL },
	{ KE_X448, "X448", NULL, NULL },
};

static const struct group *
find_group(enum alg_id alg)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (groups[i].alg == alg)
			return &groups[i];
	}
	return NULL;
}

/* A key with the parameters, and no more, of a MODP group given by its prime. */
static ike_err
import_prime(OSSL_LIB_CTX *lib, const struct group *g, EVP_PKEY **out)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *p = BN_bin2bn(g->prime, alg_get(g->alg)->out, NULL);
	BIGNUM *two = BN_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(lib, g->type, NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	ike_err err = IKE_E_CRYPTO;

	if (bld == NULL || p == NULL || two == NULL || ctx == NULL || BN_set_word(two, 2) != 1)
		goto out;
	if (OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_FFC_P, p) != 1 ||
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_FFC_G, two) != 1)
		goto out;
	params = OSSL_PARAM_BLD_to_param(bld);
	if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS, params) != 1)
		goto out;
	*out = key;
	err = IKE_OK;
out:
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	BN_free(two);
	BN_free(p);
	OSSL_PARAM_BLD_free(bld);
	return err == IKE_OK ? IKE_OK : ossl_failed();
}

/* A generation context for |g|.  IKE_E_UNSUPPORTED: the type or the name of the group is unknown to this OpenSSL. */
static ike_err
prepare_keygen(OSSL_LIB_CTX *lib, const struct group *g, EVP_PKEY_CTX **out)
{
	int bits = SHORT_EXPONENT;
	OSSL_PARAM short_exponent[] = {
		OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_DH_PRIV_LEN, &bits),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *params = NULL;
	ike_err err = IKE_OK;

	if (g->prime != NULL) {
		TRY(import_prime(lib, g, &params));
		ctx = EVP_PKEY_CTX_new_from_pkey(lib, params, NULL);
		EVP_PKEY_free(params);
	} else {
		ctx = EVP_PKEY_CTX_new_from_name(lib, g->type, NULL);
	}
	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1)
		err = IKE_E_UNSUPPORTED;
	else if (g->name != NULL && EVP_PKEY_CTX_set_group_name(ctx, g->name) != 1)
		err = IKE_E_UNSUPPORTED;
	else if (g->prime != NULL && EVP_PKEY_CTX_set_params(ctx, short_exponent) != 1)
		err = IKE_E_CRYPTO;
	if (err != IKE_OK) {
		EVP_PKEY_CTX_free(ctx);
		ERR_clear_error();
		return err;
	}
	*out = ctx;
	return IKE_OK;
}

bool
ke_offered(struct crypto *c, enum alg_id group)
{
	const struct group *g = find_group(group);
	EVP_PKEY_CTX *ctx;

	if (g == NULL || prepare_keygen(c->lib, g, &ctx) != IKE_OK)
		return false;
	EVP_PKEY_CTX_free(ctx);
	return true;
}

/*
 * The public value in wire form.  OpenSSL writes MODP values padded to the modulus; a point comes with the
 * byte that says "uncompressed" in front, which RFC 5903 section 7 does not send.
 */
static ike_err
export_public(struct ke *ke)
{
	bool is_ec = (alg_get(ke->group->alg)->flags & ALG_ECP) != 0;
	unsigned char *p = NULL;
	size_t n = EVP_PKEY_get1_encoded_public_key(ke->key, &p);
	ike_err err = IKE_OK;

	if (n != ke->n_pub + is_ec || p == NULL || (is_ec && p[0] != 0x04))
		err = ossl_failed();
	else
		memcpy(ke->pub, p + is_ec, ke->n_pub);
	OPENSSL_free(p);
	return err;
}

ike_err
ke_new(struct crypto *c, enum alg_id group, struct ke **out)
{
	const struct group *g = find_group(group);
	EVP_PKEY_CTX *ctx;
	struct ke *ke;
	ike_err err;

	if (g == NULL)
		return IKE_E_UNSUPPORTED;
	TRY(prepare_keygen(c->lib, g, &ctx));
	ke = calloc(1, sizeof(*ke) + alg_get(group)->out);
	if (ke == NULL) {
		EVP_PKEY_CTX_free(ctx);
		return IKE_E_NOMEM;
	}
	ke->c = c;
	ke->group = g;
	ke->n_pub = alg_get(group)->out;
	err = EVP_PKEY_generate(ctx, &ke->key) == 1 ? export_public(ke) : ossl_failed();
	EVP_PKEY_CTX_free(ctx);
	if (err != IKE_OK) {
		ke_free(ke);
		return err;
	}
	*out = ke;
	return IKE_OK;
}

void
ke_free(struct ke *ke)
{
	if (ke == NULL)
		return;
	EVP_PKEY_free(ke->key);
	free(ke);
}

enum alg_id
ke_group(const struct ke *ke)
{
	return ke->group->alg;
}

struct slice
ke_public(const struct ke *ke)
{
	return slice_of(ke->pub, ke->n_pub);
}

/*
 * RFC 6989 section 2.1, on groups where (p-1)/2 is prime too: "Each recipient MUST verify that the peer's
 * public value r is in the legal range (1 < r < p-1)."  There is no need to test more: every other value
 * generates at least the subgroup of order (p-1)/2.
 */
static ike_err
check_modp(const struct ke *ke, struct slice peer)
{
	BIGNUM *p = NULL;
	BIGNUM *y = BN_bin2bn(peer.p, (int)peer.n, NULL);
	ike_err err = IKE_E_CRYPTO;

	if (y != NULL && EVP_PKEY_get_bn_param(ke->key, OSSL_PKEY_PARAM_FFC_P, &p) == 1 &&
	    BN_sub_word(p, 1) == 1)
		err = BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, p) < 0 ? IKE_OK : IKE_E_BAD_KE;
	BN_free(y);
	BN_free(p);
	if (err != IKE_OK)
		ERR_clear_error();
	return err;
}

/*
 * The peer's value as a key of our key's group.  RFC 6989 section 2.3: "A receiving peer MUST check that its peer's
 * public value is valid; that is, the x and y parameters from the peer's public value satisfy the curve equation".
 * OpenSSL checks that when it reads a point, and that both are less than the field's prime.
 */
static ike_err
import_peer(const struct ke *ke, struct slice peer, EVP_PKEY **out)
{
	bool is_ec = (alg_get(ke->group->alg)->flags & ALG_ECP) != 0;
	uint8_t point[EC_MAX];
	EVP_PKEY *key = EVP_PKEY_new();

	if (key == NULL)
		return ossl_failed();
	if (is_ec) {
		if (peer.n + 1 > sizeof(point)) {
			EVP_PKEY_free(key);
			return IKE_E_BAD_KE;
		}
		point[0] = 0x04;
		memcpy(point + 1, peer.p, peer.n);
		peer = slice_of(point, peer.n + 1);
	}
	if (EVP_PKEY_copy_parameters(key, ke->key) != 1 ||
	    EVP_PKEY_set1_encoded_public_key(key, peer.p, peer.n) != 1) {
		EVP_PKEY_free(key);
		ERR_clear_error();
		return IKE_E_BAD_KE;
	}
	*out = key;
	return IKE_OK;
}

/* Run the derivation proper into |s|, already allocated at its final length. */
static ike_err
run_derive(const struct ke *ke, EVP_PKEY *peer, struct secret *s)
{
	const struct alg *a = alg_get(ke->group->alg);
	bool is_modp = (a->flags & ALG_MODP) != 0;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(ke->c->lib, ke->key, NULL);
	size_t n = s->n;
	ike_err err = IKE_E_CRYPTO;

	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1)
		goto out;
	if (is_modp && EVP_PKEY_CTX_set_dh_pad(ctx, 1) != 1)
		goto out;
	err = IKE_E_BAD_KE;
	/* For MODP the check was ours; OpenSSL's would be an exponentiation with the whole (p-1)/2. */
	if (EVP_PKEY_derive_set_peer_ex(ctx, peer, is_modp ? 0 : 1) != 1)
		goto out;
	if (EVP_PKEY_derive(ctx, s->p, &n) != 1 || n != s->n)
		goto out;
	err = IKE_OK;
out:
	EVP_PKEY_CTX_free(ctx);
	if (err != IKE_OK)
		ERR_clear_error();
	return err;
}

/*
 * RFC 7748 section 6.1: "Both MAY check, without leaking extra
 * information about the value of K, whether K is the all-zero value and abort if so".  We do.
 */
static bool
all_zero(const struct secret *s)
{
	unsigned bits = 0;

	for (size_t i = 0; i < s->n; i++)
		bits |= s->p[i];
	return bits == 0;
}

ike_err
ke_derive(const struct ke *ke, struct slice peer, struct secret *out)
{
	const struct alg *a = alg_get(ke->group->alg);
	EVP_PKEY *peer_key;
	struct secret s;
	ike_err err;

	/*
	 * RFC 7296 section 3.4: "The length of the Diffie-Hellman public value for MODP groups MUST be equal
	 * to the length of the prime modulus over which the exponentiation was performed, prepending zero bits
	 * to the value if necessary."
	 */
	if (peer.n != ke->n_pub)
		return IKE_E_BAD_KE;
	if (a->flags & ALG_MODP)
		TRY(check_modp(ke, peer));
	TRY(secret_new(a->shared, &s));
	err = import_peer(ke, peer, &peer_key);
	if (err == IKE_OK) {
		err = run_derive(ke, peer_key, &s);
		EVP_PKEY_free(peer_key);
	}
	if (err == IKE_OK && all_zero(&s))
		err = IKE_E_BAD_KE;
	if (err != IKE_OK) {
		secret_free(&s);
		return err;
	}
	*out = s;
	return IKE_OK;
}

ike_err
ke_export(const struct ke *ke, struct secret *out)
{
	int n = i2d_PrivateKey(ke->key, NULL);
	struct secret s;

	if (n <= 0)
		return ossl_failed();
	TRY(secret_new((size_t)n, &s));
	unsigned char *p = s.p;
	if (i2d_PrivateKey(ke->key, &p) != n) {
		secret_free(&s);
		return ossl_failed();
	}
	*out = s;
	return IKE_OK;
}

/* Is it a key of |g|?  Of groups without a name the size of the prime has to do: there is one of each size. */
static bool
is_of_group(EVP_PKEY *key, const struct group *g)
{
	char name[32];
	size_t n;

	if (EVP_PKEY_is_a(key, g->type) != 1)
		return false;
	if (g->prime != NULL)
		return (size_t)EVP_PKEY_get_size(key) == alg_get(g->alg)->out;
	if (g->name == NULL)
		return true;
	if (EVP_PKEY_get_group_name(key, name, sizeof(name), &n) != 1)
		return false;
	const char *as = strcmp(name, "prime256v1") == 0 ? "P-256" : strcmp(name, "secp384r1") == 0 ? "P-384" :
	    strcmp(name, "secp521r1") == 0 ? "P-521" : name;
	return strcmp(as, g->name) == 0;
}

ike_err
ke_import(struct crypto *c, enum alg_id group, struct slice key, struct ke **out)
{
	const struct group *g = find_group(group);
	const unsigned char *p = key.p;
	struct ke *ke;

	if (g == NULL)
		return IKE_E_UNSUPPORTED;
	if (key.n == 0 || key.n > LONG_MAX)
		return IKE_E_FORMAT;
	ke = calloc(1, sizeof(*ke) + alg_get(group)->out);
	if (ke == NULL)
		return IKE_E_NOMEM;
	ke->c = c;
	ke->group = g;
	ke->n_pub = alg_get(group)->out;
	ke->key = d2i_AutoPrivateKey_ex(NULL, &p, (long)key.n, c->lib, NULL);
	if (ke->key == NULL || !is_of_group(ke->key, g) || export_public(ke) != IKE_OK) {
		ERR_clear_error();
		ke_free(ke);
		return IKE_E_FORMAT;
	}
	*out = ke;
	return IKE_OK;
}
