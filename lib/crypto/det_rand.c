/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a provider that lives in this file offers OpenSSL one random generator, and the library
 * context is told to make its generators of that type.  OpenSSL then makes a primary, a public and a private
 * one; the latter two, which serve RAND_bytes_ex() and RAND_priv_bytes_ex() and so also key generation, are
 * seeded here through a reseed with the test's seed.  The bytes are the ChaCha20 key stream (RFC 8439 section
 * 2.3) under that seed as the key: reproducible, and without visible structure.  It gathers no entropy and is
 * for tests only.
 */
#include "crypto/internal.h"
#include "crypto/secret.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#define DET_NAME     "RINGTAIL-DETERMINISTIC"
#define DET_STRENGTH 256
#define DET_REQUEST  65536

struct det {
	uint32_t key[8];
	uint64_t block;   /* number of the next key stream block */
	uint8_t left[64]; /* the current block */
	unsigned n_left;  /* bytes of it not yet handed out, at its end */
	int state;        /* EVP_RAND_STATE_* */
};

#define ROTL(v, n) ((uint32_t)((v) << (n)) | ((v) >> (32 - (n))))
#define QUARTER(x, a, b, c, d)                \
	do {                                  \
		x[a] += x[b];                 \
		x[d] = ROTL(x[d] ^ x[a], 16); \
		x[c] += x[d];                 \
		x[b] = ROTL(x[b] ^ x[c], 12); \
		x[a] += x[b];                 \
		x[d] = ROTL(x[d] ^ x[a], 8);  \
		x[c] += x[d];                 \
		x[b] = ROTL(x[b] ^ x[c], 7);  \
	} while (0)

static void
next_block(struct det *d)
{
	uint32_t in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	uint32_t x[16];

	memcpy(&in[4], d->key, sizeof(d->key));
	in[12] = (uint32_t)d->block;
	in[13] = (uint32_t)(d->block >> 32);
	d->block++;
	memcpy(x, in, sizeof(x));
	for (int i = 0; i < 10; i++) {
		QUARTER(x, 0, 4, 8, 12);
		QUARTER(x, 1, 5, 9, 13);
		QUARTER(x, 2, 6, 10, 14);
		QUARTER(x, 3, 7, 11, 15);
		QUARTER(x, 0, 5, 10, 15);
		QUARTER(x, 1, 6, 11, 12);
		QUARTER(x, 2, 7, 8, 13);
		QUARTER(x, 3, 4, 9, 14);
	}
	for (int i = 0; i < 16; i++) {
		x[i] += in[i];
		for (int b = 0; b < 4; b++)
			d->left[4 * i + b] = (uint8_t)(x[i] >> (8 * b));
	}
	d->n_left = sizeof(d->left);
}

/* Take |seed| as the key: whole when it fits, else folded by enciphering between pieces of 32 bytes. */
static void
take_seed(struct det *d, struct slice seed)
{
	memset(d->key, 0, sizeof(d->key));
	for (size_t i = 0; i < seed.n; i++) {
		if (i != 0 && i % 32 == 0) {
			d->block = i;
			next_block(d);
			memcpy(d->key, d->left, sizeof(d->key));
		}
		d->key[i / 4 % 8] ^= (uint32_t)seed.p[i] << (8 * (i % 4));
	}
	d->block = 0;
	d->n_left = 0;
}

/* The functions below have the signatures of OpenSSL's provider-rand(7). */

static void *
det_newctx(void *provctx, void *parent, const OSSL_DISPATCH *parent_calls)
{
	(void)provctx;
	(void)parent;
	(void)parent_calls;
	return calloc(1, sizeof(struct det));
}

static void
det_freectx(void *ctx)
{
	if (ctx != NULL)
		wipe(ctx, sizeof(struct det));
	free(ctx);
}

static int
det_instantiate(void *ctx, unsigned strength, int resist, const unsigned char *pers, size_t n_pers,
    const OSSL_PARAM params[])
{
	struct det *d = ctx;

	(void)strength;
	(void)resist;
	(void)params;
	take_seed(d, slice_of(pers, pers == NULL ? 0 : n_pers));
	d->state = EVP_RAND_STATE_READY;
	return 1;
}

static int
det_uninstantiate(void *ctx)
{
	wipe(ctx, sizeof(struct det));
	return 1;
}

static int
det_generate(void *ctx, unsigned char *out, size_t n, unsigned strength, int resist,
    const unsigned char *more, size_t n_more)
{
	struct det *d = ctx;

	(void)strength;
	(void)resist;
	(void)more;
	(void)n_more;
	for (size_t i = 0; i < n; i++) {
		if (d->n_left == 0)
			next_block(d);
		out[i] = d->left[sizeof(d->left) - d->n_left--];
	}
	return 1;
}

static int
det_reseed(void *ctx, int resist, const unsigned char *entropy, size_t n_entropy,
    const unsigned char *more, size_t n_more)
{
	(void)resist;
	(void)entropy;
	(void)n_entropy;
	if (more != NULL)
		take_seed(ctx, slice_of(more, n_more));
	return 1;
}

static int
det_enable_locking(void *ctx)
{
	(void)ctx;
	return 1;
}

static int
det_lock(void *ctx)
{
	(void)ctx;
	return 1;
}

static void
det_unlock(void *ctx)
{
	(void)ctx;
}

static const OSSL_PARAM *
det_gettable(void *ctx, void *provctx)
{
	static const OSSL_PARAM known[] = { OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, NULL),
		OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, NULL),
		OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, NULL), OSSL_PARAM_END };

	(void)ctx;
	(void)provctx;
	return known;
}

static int
det_get_params(void *ctx, OSSL_PARAM params[])
{
	const struct det *d = ctx;
	OSSL_PARAM *p;

	if ((p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE)) != NULL &&
	    OSSL_PARAM_set_int(p, d->state) != 1)
		return 0;
	if ((p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH)) != NULL &&
	    OSSL_PARAM_set_uint(p, DET_STRENGTH) != 1)
		return 0;
	if ((p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST)) != NULL &&
	    OSSL_PARAM_set_size_t(p, DET_REQUEST) != 1)
		return 0;
	return 1;
}

#define CALL(id, fn)                     \
	{                                \
		id, (void (*)(void))(fn) \
	}

static const OSSL_DISPATCH det_calls[] = { CALL(OSSL_FUNC_RAND_NEWCTX, det_newctx),
	CALL(OSSL_FUNC_RAND_FREECTX, det_freectx),
	CALL(OSSL_FUNC_RAND_INSTANTIATE, det_instantiate),
	CALL(OSSL_FUNC_RAND_UNINSTANTIATE, det_uninstantiate),
	CALL(OSSL_FUNC_RAND_GENERATE, det_generate), CALL(OSSL_FUNC_RAND_RESEED, det_reseed),
	CALL(OSSL_FUNC_RAND_ENABLE_LOCKING, det_enable_locking),
	CALL(OSSL_FUNC_RAND_LOCK, det_lock), CALL(OSSL_FUNC_RAND_UNLOCK, det_unlock),
	CALL(OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, det_gettable),
	CALL(OSSL_FUNC_RAND_GET_CTX_PARAMS, det_get_params), { 0, NULL } };

static const OSSL_ALGORITHM det_algorithms[] = {
	{ DET_NAME, "provider=ringtail-deterministic", det_calls, NULL }, { NULL, NULL, NULL, NULL }
};

static const OSSL_ALGORITHM *
det_query(void *provctx, int operation, int *no_cache)
{
	(void)provctx;
	*no_cache = 0;
	return operation == OSSL_OP_RAND ? det_algorithms : NULL;
}

static const OSSL_DISPATCH det_provider[] = { CALL(OSSL_FUNC_PROVIDER_QUERY_OPERATION, det_query),
	{ 0, NULL } };

static int
det_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
    void **provctx)
{
	(void)handle;
	(void)in;
	*out = det_provider;
	*provctx = NULL;
	return 1;
}

/* Seed one of OpenSSL's two generators with the role's letter and |seed|, so that the two differ. */
static ike_err
seed_one(EVP_RAND_CTX *rand, char role, struct slice seed)
{
	uint8_t *with_role;
	int done;

	if (rand == NULL)
		return ossl_failed();
	with_role = malloc(seed.n + 1);
	if (with_role == NULL)
		return IKE_E_NOMEM;
	with_role[0] = (uint8_t)role;
	memcpy(with_role + 1, seed.p, seed.n);
	done = EVP_RAND_reseed(rand, 0, NULL, 0, with_role, seed.n + 1);
	wipe(with_role, seed.n + 1);
	free(with_role);
	return done == 1 ? IKE_OK : ossl_failed();
}

ike_err
det_rand_install(struct crypto *c, struct slice seed)
{
	if (OSSL_PROVIDER_add_builtin(c->lib, "ringtail-deterministic", det_init) != 1)
		return ossl_failed();
	c->det = OSSL_PROVIDER_load(c->lib, "ringtail-deterministic");
	if (c->det == NULL)
		return ossl_failed();
	if (RAND_set_DRBG_type(c->lib, DET_NAME, NULL, NULL, NULL) != 1)
		return ossl_failed();
	TRY(seed_one(RAND_get0_public(c->lib), 'p', seed));
	return seed_one(RAND_get0_private(c->lib), 's', seed);
}
