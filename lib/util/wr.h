/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wr - a write cursor with a sticky error over an owned, growing buffer.
 *
 * Writes are in network byte order.  Lengths that are known only afterwards are reserved with wr_mark_*()
 * and filled in with wr_patch_*(), which refuse (IKE_E_RANGE) what does not fit the field.  After the
 * first error nothing is written any more.  wr_take() hands the bytes to the caller; wr_free() drops them.
 */
#ifndef UTIL_WR_H
#define UTIL_WR_H

#include "util/buf.h"

struct wr {
	struct buf buf;
	size_t limit; /* most bytes ever, IKE_E_FULL beyond; 0: 65535 */
	ike_err err;
};

/* A zeroed struct wr is ready to use as well. */
static inline void
wr_init(struct wr *w, size_t limit)
{
	*w = (struct wr){ .limit = limit };
}

void
wr_u8(struct wr *w, uint8_t v);
void
wr_u16(struct wr *w, uint16_t v);
void
wr_u32(struct wr *w, uint32_t v);
void
wr_u64(struct wr *w, uint64_t v);
void
wr_bytes(struct wr *w, struct slice s);
void
wr_zero(struct wr *w, size_t n);

/* Room for |n| bytes at the end, to be written by the caller at once; NULL on error. */
uint8_t *
wr_space(struct wr *w, size_t n);

static inline size_t
wr_len(const struct wr *w)
{
	return w->buf.n;
}

/* Reserve a field of zeroes and give its place for wr_patch_*(). */
static inline size_t
wr_mark_u8(struct wr *w)
{
	size_t at = w->buf.n;

	wr_u8(w, 0);
	return at;
}

static inline size_t
wr_mark_u16(struct wr *w)
{
	size_t at = w->buf.n;

	wr_u16(w, 0);
	return at;
}

static inline size_t
wr_mark_u32(struct wr *w)
{
	size_t at = w->buf.n;

	wr_u32(w, 0);
	return at;
}

/* Overwrite earlier bytes at |at|.  IKE_E_INTERNAL if they were never written. */
void
wr_patch_u8(struct wr *w, size_t at, uint8_t v);
void
wr_patch_u16(struct wr *w, size_t at, size_t v); /* IKE_E_RANGE above 65535 */
void
wr_patch_u32(struct wr *w, size_t at, size_t v); /* IKE_E_RANGE above 2^32-1 */

/* Record |err| unless an earlier one stands. */
void
wr_fail(struct wr *w, ike_err err);

/* The sticky error. */
static inline ike_err
wr_err(const struct wr *w)
{
	return w->err;
}

/* Move the written bytes into |out| (whose content is freed), or return the sticky error with |out| untouched. */
MUST_USE ike_err
wr_take(struct wr *w, struct buf *out);

void
wr_free(struct wr *w);

#endif
