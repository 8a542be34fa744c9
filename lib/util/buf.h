/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * buf - owned, growable bytes.
 *
 * The caller owns the struct; buf_free() releases the bytes and leaves an empty, reusable buf.  Not for
 * secrets (crypto/secret.h), and not for text (util/text.h).  A zeroed struct is a valid empty buf.
 */
#ifndef UTIL_BUF_H
#define UTIL_BUF_H

#include "util/err.h"
#include "util/slice.h"

struct buf {
	uint8_t *p;
	size_t n;   /* bytes in use */
	size_t cap; /* bytes allocated */
};

/* Append |s|.  IKE_E_NOMEM leaves the buffer as it was. */
MUST_USE ike_err
buf_append(struct buf *b, struct slice s);

/* Replace the content by a copy of |s|, which may be part of the buffer itself.  IKE_E_NOMEM: unchanged. */
MUST_USE ike_err
buf_set(struct buf *b, struct slice s);

/* Make room for |more| further bytes.  IKE_E_NOMEM: unchanged. */
MUST_USE ike_err
buf_reserve(struct buf *b, size_t more);

/* Move the content of |from| into |to|, whose own content is freed; |from| becomes empty. */
void
buf_move(struct buf *to, struct buf *from);

static inline struct slice
buf_slice(const struct buf *b)
{
	return slice_of(b->p, b->n);
}

/* Free the bytes; the struct is empty and reusable.  Safe on a zeroed struct and twice. */
void
buf_free(struct buf *b);

#endif
