/* SPDX-License-Identifier: BSD-3-Clause */
#include "util/wr.h"

#include <string.h>

#define WR_LIMIT ((size_t)65535)

uint8_t *
wr_space(struct wr *w, size_t n)
{
	const size_t limit = w->limit == 0 ? WR_LIMIT : w->limit;
	uint8_t *p;

	if (w->err != IKE_OK)
		return NULL;
	if (w->buf.n > limit || n > limit - w->buf.n) {
		w->err = IKE_E_FULL;
		return NULL;
	}
	w->err = buf_reserve(&w->buf, n);
	if (w->err != IKE_OK)
		return NULL;
	p = w->buf.p + w->buf.n;
	w->buf.n += n;
	return p;
}

static void
store(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = n; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}

static void
put_uint(struct wr *w, uint64_t v, size_t n)
{
	uint8_t *p = wr_space(w, n);

	if (p != NULL)
		store(p, v, n);
}

void
wr_u8(struct wr *w, uint8_t v)
{
	put_uint(w, v, 1);
}

void
wr_u16(struct wr *w, uint16_t v)
{
	put_uint(w, v, 2);
}

void
wr_u32(struct wr *w, uint32_t v)
{
	put_uint(w, v, 4);
}

void
wr_u64(struct wr *w, uint64_t v)
{
	put_uint(w, v, 8);
}

void
wr_bytes(struct wr *w, struct slice s)
{
	uint8_t *p = wr_space(w, s.n);

	if (p != NULL && s.n > 0)
		memcpy(p, s.p, s.n);
}

void
wr_zero(struct wr *w, size_t n)
{
	uint8_t *p = wr_space(w, n);

	if (p != NULL)
		memset(p, 0, n);
}

/* Overwrite |n| bytes at |at|.  Bytes that were never written are our own mistake: IKE_E_INTERNAL. */
static void
patch(struct wr *w, size_t at, uint64_t v, size_t n)
{
	if (w->err != IKE_OK)
		return;
	if (n > w->buf.n || at > w->buf.n - n)
		w->err = IKE_E_INTERNAL;
	else if (v >> (8 * n) != 0)
		w->err = IKE_E_RANGE;
	else
		store(w->buf.p + at, v, n);
}

void
wr_patch_u8(struct wr *w, size_t at, uint8_t v)
{
	patch(w, at, v, 1);
}

void
wr_patch_u16(struct wr *w, size_t at, size_t v)
{
	patch(w, at, v, 2);
}

void
wr_patch_u32(struct wr *w, size_t at, size_t v)
{
	patch(w, at, v, 4);
}

void
wr_fail(struct wr *w, ike_err err)
{
	if (w->err == IKE_OK)
		w->err = err;
}

ike_err
wr_take(struct wr *w, struct buf *out)
{
	TRY(w->err);
	buf_move(out, &w->buf);
	return IKE_OK;
}

void
wr_free(struct wr *w)
{
	buf_free(&w->buf);
}
