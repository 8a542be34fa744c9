/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rd - a read cursor with a sticky error: the only code that does arithmetic on lengths from the wire.
 *
 * Reads are in network byte order.  A read past the end returns zeroes (or an empty slice), moves nothing
 * and sets the error; so does every read after an error.  A codec reads straight on and ends with
 * `return rd_end(&r);`.  The cursor borrows the bytes.
 */
#ifndef UTIL_RD_H
#define UTIL_RD_H

#include "util/err.h"
#include "util/slice.h"

struct rd {
	const uint8_t *p;
	const uint8_t *end;
	ike_err err; /* first error, IKE_OK while all went well */
};

static inline struct rd
rd_of(struct slice s)
{
	return (struct rd){ s.p, s.n == 0 ? s.p : s.p + s.n, IKE_OK };
}

uint8_t
rd_u8(struct rd *r);
uint16_t
rd_u16(struct rd *r);
uint32_t
rd_u32(struct rd *r);
uint64_t
rd_u64(struct rd *r);

/* The next |n| bytes, borrowed. */
struct slice
rd_bytes(struct rd *r, size_t n);

/* Copy the next |n| bytes to |out|; |out| is zeroed on error. */
void
rd_copy(struct rd *r, void *out, size_t n);

void
rd_skip(struct rd *r, size_t n);

/* All that is left, borrowed; the cursor stands at the end. */
struct slice
rd_rest(struct rd *r);

/* A cursor over the next |n| bytes, which |r| passes.  If they are not there, both carry IKE_E_SHORT. */
struct rd
rd_sub(struct rd *r, size_t n);

static inline size_t
rd_left(const struct rd *r)
{
	return r->err == IKE_OK ? (size_t)(r->end - r->p) : 0;
}

/* Record |err| unless an earlier error stands. */
void
rd_fail(struct rd *r, ike_err err);

/* The sticky error; IKE_E_FORMAT if bytes are left over. */
MUST_USE ike_err
rd_end(const struct rd *r);

#endif
