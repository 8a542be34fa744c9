/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire/attr.h"

/* RFC 2408 section 3.3: "If the AF bit is a one (1), then the Data Attributes are of the Type/Value (TV) form." */
#define FORMAT_TV 0x8000
#define TYPE_MAX 0x7fff

void
get_attr(struct rd *r, struct attr *out)
{
	uint16_t    head = rd_u16(r);
	struct attr a = { .type = head & TYPE_MAX, .tv = (head & FORMAT_TV) != 0 };

	a.value = rd_bytes(r, a.tv ? 2 : rd_u16(r));
	*out = r->err == IKE_OK ? a : (struct attr){ 0 };
}

ike_err
get_attrs(struct slice s, size_t max, struct arena *a, struct attr **out, size_t *n_out)
{
	struct rd    r = rd_of(s);
	struct attr  one;
	struct attr *v = NULL;
	size_t       n = 0;

	for (; rd_left(&r) > 0; n++)
		get_attr(&r, &one);
	TRY(r.err);
	if (n > max)
		return IKE_E_FORMAT;
	if (n > 0 && (v = arena_array(a, n, sizeof *v)) == NULL)
		return IKE_E_NOMEM;
	r = rd_of(s);
	for (size_t i = 0; i < n; i++)
		get_attr(&r, &v[i]);
	TRY(rd_end(&r));
	*out = v;
	*n_out = n;
	return IKE_OK;
}

ike_err
attr_number(const struct attr *a, uint64_t *out)
{
	struct rd r = rd_of(a->value);
	uint64_t  v = 0;

	if (a->value.n == 0)
		return IKE_E_FORMAT;
	while (rd_left(&r) > 0) {
		if (v >> 56 != 0)
			return IKE_E_RANGE;
		v = v << 8 | rd_u8(&r);
	}
	*out = v;
	return IKE_OK;
}

void
put_attr(struct wr *w, const struct attr *a)
{
	if (a->type > TYPE_MAX || (a->tv ? a->value.n != 2 : a->value.n > UINT16_MAX)) {
		wr_fail(w, IKE_E_RANGE);
		return;
	}
	wr_u16(w, (uint16_t)(a->tv ? a->type | FORMAT_TV : a->type));
	if (!a->tv)
		wr_u16(w, (uint16_t)a->value.n);
	wr_bytes(w, a->value);
}

/* Bytes of |value| in an attribute: 2 is the short form. */
static size_t
number_size(uint64_t value)
{
	return value <= UINT16_MAX ? 2 : value <= UINT32_MAX ? 4 : 8;
}

static void
number_bytes(uint64_t value, size_t size, uint8_t *p)
{
	for (size_t i = size; i-- > 0; value >>= 8)
		p[i] = (uint8_t)value;
}

void
put_attr_number(struct wr *w, uint16_t type, uint64_t value)
{
	uint8_t     bytes[8];
	size_t      size = number_size(value);
	struct attr a = { .type = type, .tv = size == 2, .value = { bytes, size } };

	number_bytes(value, size, bytes);
	put_attr(w, &a);
}

void
put_attr_bytes(struct wr *w, uint16_t type, struct slice value)
{
	struct attr a = { .type = type, .value = value };

	put_attr(w, &a);
}

ike_err
attr_of_number(struct arena *a, uint16_t type, uint64_t value, struct attr *out)
{
	size_t   size = number_size(value);
	uint8_t *p = arena_alloc(a, size);

	if (p == NULL)
		return IKE_E_NOMEM;
	number_bytes(value, size, p);
	*out = (struct attr){ .type = type, .tv = size == 2, .value = { p, size } };
	return IKE_OK;
}

const struct attr *
attr_find(const struct attr *v, size_t n, uint16_t type)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].type == type)
			return &v[i];
	return NULL;
}
