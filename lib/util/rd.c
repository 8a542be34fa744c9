/* SPDX-License-Identifier: BSD-3-Clause */
#include "util/rd.h"

#include <string.h>

/* The next |n| bytes, or NULL with the error set.  Never NULL for n > 0 bytes that are there. */
static const uint8_t *
take(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->err != IKE_OK)
		return NULL;
	if (n > (size_t)(r->end - r->p)) {
		r->err = IKE_E_SHORT;
		return NULL;
	}
	if (n > 0)
		r->p += n;
	return p;
}

static uint64_t
take_uint(struct rd *r, size_t n)
{
	const uint8_t *p = take(r, n);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t
rd_u8(struct rd *r)
{
	return (uint8_t)take_uint(r, 1);
}

uint16_t
rd_u16(struct rd *r)
{
	return (uint16_t)take_uint(r, 2);
}

uint32_t
rd_u32(struct rd *r)
{
	return (uint32_t)take_uint(r, 4);
}

uint64_t
rd_u64(struct rd *r)
{
	return take_uint(r, 8);
}

struct slice
rd_bytes(struct rd *r, size_t n)
{
	const uint8_t *p = take(r, n);

	return slice_of(p, p == NULL ? 0 : n);
}

void
rd_copy(struct rd *r, void *out, size_t n)
{
	const uint8_t *p = take(r, n);

	if (n == 0)
		return;
	if (p != NULL)
		memcpy(out, p, n);
	else
		memset(out, 0, n);
}

void
rd_skip(struct rd *r, size_t n)
{
	(void)take(r, n);
}

struct slice
rd_rest(struct rd *r)
{
	return rd_bytes(r, rd_left(r));
}

struct rd
rd_sub(struct rd *r, size_t n)
{
	struct slice s = rd_bytes(r, n);
	struct rd sub = rd_of(s);

	sub.err = r->err;
	return sub;
}

void
rd_fail(struct rd *r, ike_err err)
{
	if (r->err == IKE_OK)
		r->err = err;
}

ike_err
rd_end(const struct rd *r)
{
	if (r->err != IKE_OK)
		return r->err;
	return r->p == r->end ? IKE_OK : IKE_E_FORMAT;
}
