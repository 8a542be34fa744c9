/* SPDX-License-Identifier: BSD-3-Clause */
#include "prop/prop_read.h"

#include <string.h>

const struct alg *
prop_usable(const struct alg *row)
{
	return row != NULL && (row->flags & ALG_UNUSABLE) == 0 ? row : NULL;
}

bool
prop_read_spi32(struct slice spi, struct prop *p)
{
	if (spi.n != 4)
		return false;
	memcpy(p->spi, spi.p, 4);
	p->spi_len = 4;
	/*
	 * RFC 4303 section 2.1 reserves the values 1 to 255 for IANA, and: "The SPI value of zero
	 * (0) is reserved for local, implementation-specific use and MUST NOT be sent on the wire."
	 */
	return prop_spi32(p) > 255;
}

ike_err
prop_keep(const struct prop_list *l, struct arena *a, struct prop_list *out)
{
	struct prop_list r = { .n = l->n };

	if (l->n > 0) {
		r.v = arena_array(a, l->n, sizeof(*r.v));
		if (r.v == NULL)
			return IKE_E_NOMEM;
		memcpy(r.v, l->v, l->n * sizeof(*r.v));
	}
	*out = r;
	return IKE_OK;
}
