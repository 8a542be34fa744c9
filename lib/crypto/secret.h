/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * secret - owned key bytes: moved, wiped, never printed; and the one constant-time compare.
 *
 * A struct secret owns its bytes.  They come from OpenSSL's secure heap (locked, never dumped, guarded) when
 * crypto_process_init() was called and our share of it has room, else from the ordinary heap; either way they are
 * wiped when freed.  A zeroed struct is a valid empty secret.  Copying the struct copies ownership: use
 * secret_move().  There is no function that prints one, and there shall be none.
 *
 * Our share is capped (SECRET_SECURE_MAX), because OpenSSL keeps private exponents in the same heap and fails when
 * that is full, where we can fall back.
 */
#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include "util/err.h"
#include "util/slice.h"

/* No more secrets go to the secure heap when this many bytes of it are in use. */
#define SECRET_SECURE_MAX ((size_t)6 << 20)

struct secret {
	uint8_t *p;
	size_t n;
};

/* Allocate |n| zeroed bytes.  n == 0 gives an empty secret.  Whatever |out| held before is not freed.  IKE_E_NOMEM. */
MUST_USE ike_err
secret_new(size_t n, struct secret *out);

/* Allocate a copy of |from|.  IKE_E_NOMEM. */
MUST_USE ike_err
secret_copy(struct slice from, struct secret *out);

/* Move |from| into |to|, whose own bytes are wiped and freed; |from| becomes empty. */
void
secret_move(struct secret *to, struct secret *from);

/* Wipe and free; the struct becomes empty.  Safe on an empty secret and twice. */
void
secret_free(struct secret *s);

static inline struct slice
secret_slice(const struct secret *s)
{
	return slice_of(s->p, s->n);
}

/* Equality in time that depends on the lengths only, which are not secret.  Different lengths are not equal. */
bool
ct_equal(struct slice a, struct slice b);

/* Overwrite |n| bytes at |p| in a way the compiler does not remove.  p may be NULL when n is 0. */
void
wipe(void *p, size_t n);

#endif
