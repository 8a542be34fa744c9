/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * crypto - the context every cryptographic operation runs in: OpenSSL's library context, its providers and our
 * source of randomness.  Nothing outside lib/crypto names OpenSSL.
 *
 * A context owns its OSSL_LIB_CTX, so several may live in one process (the simulated world has one a daemon)
 * and none touches OpenSSL's default context or reads openssl.cnf.  It loads the default provider and, where
 * it exists, the legacy provider.  An algorithm is fetched from OpenSSL when it is first used and kept until
 * crypto_free().
 *
 * Every random byte of the daemon comes from here: SPIs, nonces, IVs, jitter, and the private keys OpenSSL
 * makes. With options.seed the generator is a deterministic one, for tests: equal seeds and equal calls give
 * equal bytes and equal Diffie-Hellman keys.
 *
 * Threads: a context belongs to one thread.  The exception is crypto/ke.h, whose functions may run in any
 * thread while the context lives (a seeded context is deterministic in the thread that made it only).
 *
 * What this OpenSSL offers is asked at run time, with crypto_has(), never by its version.  Policy (which
 * algorithm is too weak) is not made here.
 */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include "alg/alg.h"
#include "util/err.h"
#include "util/slice.h"

struct crypto;

struct crypto_options {
	struct slice
	    seed;       /* not empty: deterministic randomness from these bytes, for tests only */
	bool no_legacy; /* do not load the legacy provider (DES, Blowfish, CAST) */
};

/* Bytes of the secure heap crypto_process_init() asks for. */
#define CRYPTO_SECURE_HEAP ((size_t)8 << 20)

/*
 * Set up OpenSSL's secure heap, once a process, before the first crypto_new().  Returns whether secrets are now kept
 * in locked memory; false (no memory, no permission to lock) is harmless: secrets then live on the ordinary heap,
 * or in the secure heap unlocked.  Not called in tests that count allocations.
 */
bool
crypto_process_init(void);

/*
 * Make a context; |opt| may be NULL.
 *
 *   IKE_E_CRYPTO   OpenSSL has no default provider or its generator does not start
 *   IKE_E_NOMEM
 */
MUST_USE ike_err
crypto_new(const struct crypto_options *opt, struct crypto **out);

/* Free |c| (NULL is fine).  Every ke made with it must have been freed before. */
void
crypto_free(struct crypto *c);

/*
 * Does this OpenSSL offer |id|?  For ciphers with several key lengths: all of them.  False for what is not
 * cryptography of ours (ENCR_NULL, authentication methods, compression) and for algorithms we do not implement.
 */
bool
crypto_has(struct crypto *c, enum alg_id id);

/* Fill |p| with |n| random bytes an observer may see: SPIs, nonces, IVs, jitter.  IKE_E_CRYPTO: |p| is wiped. */
MUST_USE ike_err
crypto_random(struct crypto *c, void *p, size_t n);

/* The same from a second generator for bytes that stay secret.  IKE_E_CRYPTO: |p| is wiped. */
MUST_USE ike_err
crypto_random_private(struct crypto *c, void *p, size_t n);

/*
 * Free the contexts kept for speed, which still hold the keys of the last operation of each kind; they are made anew
 * when next used.  For the moment after an SA has been deleted, so that nothing of its keys is left in memory.
 */
void
crypto_forget(struct crypto *c);

/* The name and version OpenSSL gives itself, e.g. "OpenSSL 3.0.22 25 Aug 2026": a constant string, for logs. */
const char *
crypto_library(void);

#endif
