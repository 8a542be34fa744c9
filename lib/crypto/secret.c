/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto/secret.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

ike_err
secret_new(size_t n, struct secret *out)
{
	uint8_t *p = NULL;

	if (n == 0) {
		*out = (struct secret){ NULL, 0 };
		return IKE_OK;
	}
	if (CRYPTO_secure_malloc_initialized() == 1 &&
	    CRYPTO_secure_used() + n <= SECRET_SECURE_MAX)
		p = OPENSSL_secure_malloc(n);
	if (p == NULL)
		p = malloc(n);
	if (p == NULL)
		return IKE_E_NOMEM;
	memset(p, 0, n);
	*out = (struct secret){ p, n };
	return IKE_OK;
}

ike_err
secret_copy(struct slice from, struct secret *out)
{
	struct secret s;

	TRY(secret_new(from.n, &s));
	if (from.n != 0)
		memcpy(s.p, from.p, from.n);
	*out = s;
	return IKE_OK;
}

void
secret_move(struct secret *to, struct secret *from)
{
	if (to == from)
		return;
	secret_free(to);
	*to = *from;
	*from = (struct secret){ NULL, 0 };
}

void
secret_free(struct secret *s)
{
	if (s->p != NULL) {
		if (CRYPTO_secure_allocated(s->p) == 1) {
			OPENSSL_secure_clear_free(s->p, s->n);
		} else {
			OPENSSL_cleanse(s->p, s->n);
			free(s->p);
		}
	}
	*s = (struct secret){ NULL, 0 };
}

bool
ct_equal(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

void
wipe(void *p, size_t n)
{
	if (n != 0)
		OPENSSL_cleanse(p, n);
}
