/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * crypto - what each cryptographic operation of a handshake costs on this machine, through our own interface.
 *
 *	tests/bench/crypto [milliseconds per line, default 200]
 *
 * Prints one line an operation: microseconds each, and how many were timed.
 */
#include "crypto/cipher.h"
#include "crypto/ke.h"
#include "crypto/keymat_v1.h"
#include "crypto/keymat_v2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct bench {
	struct crypto *c;
	enum alg_id alg;
	size_t len;
	struct ke *mine, *theirs;
	uint8_t key[80], buf[2048], iv[16], icv[16];
};

typedef ike_err
bench_fn(struct bench *b);

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double budget_us = 200e3;

static void
measure(const char *what, bench_fn *fn, struct bench *b)
{
	char name[64];
	struct name_buf text;
	double start, spent;
	long n = 0, batch = 1;

	snprintf(name, sizeof(name), "%s %s", what,
	    b->alg == ALG_ID_NONE ? "" : alg_text(b->alg, 0, &text));
	if (fn(b) != IKE_OK) {
		printf("%-36s not offered\n", name);
		return;
	}
	start = now_us();
	do {
		for (long i = 0; i < batch; i++) {
			if (fn(b) != IKE_OK) {
				printf("%-36s failed\n", name);
				exit(1);
			}
		}
		n += batch;
		batch = batch < 1024 ? batch * 2 : batch;
		spent = now_us() - start;
	} while (spent < budget_us);
	printf("%-36s %10.2f us  (%ld)\n", name, spent / (double)n, n);
}

static ike_err
do_context(struct bench *b)
{
	struct crypto *c;

	(void)b;
	TRY(crypto_new(NULL, &c));
	crypto_free(c);
	return IKE_OK;
}

static ike_err
do_random(struct bench *b)
{
	return crypto_random(b->c, b->buf, b->len);
}

static ike_err
do_prf(struct bench *b)
{
	struct slice part = slice_of(b->buf, b->len);
	uint8_t out[PRF_MAX];
	size_t n;

	return prf(b->c, b->alg, slice_of(b->key, prf_len(b->alg)), &part, 1, out, &n);
}

static ike_err
do_integ(struct bench *b)
{
	struct slice part = slice_of(b->buf, b->len);
	uint8_t out[PRF_MAX];
	size_t n;

	return integ(
	    b->c, b->alg, slice_of(b->key, alg_keymat_len(alg_get(b->alg), 0)), &part, 1, out, &n);
}

static ike_err
do_cipher(struct bench *b)
{
	struct slice key = slice_of(b->key, alg_keymat_len(alg_get(b->alg), 0));

	if (alg_get(b->alg)->flags & ALG_AEAD)
		return aead_seal(
		    b->c, b->alg, key, b->iv, slice_of(b->iv, 8), b->buf, b->len, b->icv);
	return cipher_encrypt(b->c, b->alg, key, b->iv, b->buf, b->len);
}

static ike_err
do_ke_new(struct bench *b)
{
	struct ke *ke;

	TRY(ke_new(b->c, b->alg, &ke));
	ke_free(ke);
	return IKE_OK;
}

static ike_err
do_ke_derive(struct bench *b)
{
	struct secret s;

	TRY(ke_derive(b->mine, ke_public(b->theirs), &s));
	secret_free(&s);
	return IKE_OK;
}

static ike_err
do_v1_keys(struct bench *b)
{
	struct v1_inputs in = {
		.prf = b->alg,
		.ni_b = slice_of(b->buf, 32),
		.nr_b = slice_of(b->buf + 32, 32),
		.gxy = slice_of(b->buf, 256),
		.cky_i = slice_of(b->buf, 8),
		.cky_r = slice_of(b->buf + 8, 8),
	};
	struct v1_keys k;

	TRY(keymat_v1_psk(b->c, &in, slice_str("a pre-shared key"), &k));
	v1_keys_free(&k);
	return IKE_OK;
}

static ike_err
do_v2_keys(struct bench *b)
{
	struct v2_inputs in = {
		.prf = b->alg,
		.encr = ENCR_AES_CBC,
		.encr_bits = 128,
		.integ = INTEG_HMAC_SHA256_128,
		.ni = slice_of(b->buf, 32),
		.nr = slice_of(b->buf + 32, 32),
		.spi_i = slice_of(b->buf, 8),
		.spi_r = slice_of(b->buf + 8, 8),
		.shared = slice_of(b->buf, 256),
	};
	struct v2_keys k;

	TRY(keymat_v2_initial(b->c, &in, &k));
	v2_keys_free(&k);
	return IKE_OK;
}

static void
bench_kind(struct bench *b, enum alg_kind kind, const char *what, bench_fn *fn)
{
	size_t n;
	const struct alg *all = alg_all(&n);

	for (size_t i = 0; i < n; i++) {
		b->alg = all[i].id;
		if (all[i].kind == kind && crypto_has(b->c, b->alg))
			measure(what, fn, b);
	}
}

static void
bench_ke(struct bench *b)
{
	size_t n;
	const struct alg *all = alg_all(&n);

	for (size_t i = 0; i < n; i++) {
		b->alg = all[i].id;
		if (all[i].kind != ALG_KE || !crypto_has(b->c, b->alg))
			continue;
		if (ke_new(b->c, b->alg, &b->mine) != IKE_OK ||
		    ke_new(b->c, b->alg, &b->theirs) != IKE_OK)
			exit(1);
		measure("ke_new", do_ke_new, b);
		measure("ke_derive", do_ke_derive, b);
		ke_free(b->mine);
		ke_free(b->theirs);
	}
}

int
main(int argc, char **argv)
{
	struct bench b = { .alg = ALG_ID_NONE, .len = 32 };

	if (argc > 1)
		budget_us = strtod(argv[1], NULL) * 1e3;
	printf("secure heap %s\n", crypto_process_init() ? "locked" : "not locked");
	if (crypto_new(NULL, &b.c) != IKE_OK)
		return 1;
	memset(b.key, 0x35, sizeof(b.key));
	printf("%s\n", crypto_library());
	measure("context", do_context, &b);
	measure("random 32 bytes", do_random, &b);
	bench_kind(&b, ALG_PRF, "prf 32 bytes", do_prf);
	b.len = 256;
	bench_kind(&b, ALG_INTEG, "integ 256 bytes", do_integ);
	bench_kind(&b, ALG_ENCR, "encrypt 256 bytes", do_cipher);
	bench_ke(&b);
	b.alg = PRF_HMAC_SHA256;
	measure("v1 SKEYID*", do_v1_keys, &b);
	measure("v2 SK_*", do_v2_keys, &b);
	crypto_free(b.c);
	return 0;
}
