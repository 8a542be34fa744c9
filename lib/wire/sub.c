/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire/sub.h"

#define SUB_HDR_LEN 4

struct rd
sub_next(struct rd *r, uint8_t more, bool strict)
{
	uint8_t   follows = rd_u8(r), reserved = rd_u8(r);
	uint16_t  length = rd_u16(r);
	struct rd body;

	if (length < SUB_HDR_LEN || (strict && reserved != 0)) {
		rd_fail(r, IKE_E_FORMAT);
		length = SUB_HDR_LEN;
	}
	body = rd_sub(r, (size_t)length - SUB_HDR_LEN);
	/*
	 * RFC 7296 section 3.3.1: "Last Substruc (1 octet) - Specifies whether or not this is the last Proposal
	 * Substructure in the SA.  This field has a value of 0 if this was the last Proposal Substructure, and a value of 2
	 * if there are more".  Section 3.3.2: the same of transforms, with 3.
	 */
	if (follows != (rd_left(r) > 0 ? more : 0))
		rd_fail(r, IKE_E_FORMAT);
	body.err = r->err;
	return body;
}

ike_err
sub_count(struct rd r, uint8_t more, bool strict, size_t *out)
{
	size_t n = 0;

	for (; rd_left(&r) > 0; n++)
		(void)sub_next(&r, more, strict);
	TRY(rd_end(&r));
	*out = n;
	return IKE_OK;
}

size_t
sub_begin(struct wr *w, uint8_t more)
{
	size_t at = wr_len(w);

	wr_u8(w, more);
	wr_zero(w, SUB_HDR_LEN - 1);
	return at;
}

void
sub_end(struct wr *w, size_t at)
{
	wr_patch_u16(w, at + 2, wr_len(w) - at);
}
