/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire/ike_hdr.h"

ike_err
get_ike_hdr(struct slice datagram, struct ike_hdr *out)
{
	struct rd      r = rd_of(datagram);
	struct ike_hdr h = { 0 };
	uint8_t        version;

	h.spi_i = rd_u64(&r);
	h.spi_r = rd_u64(&r);
	h.next = rd_u8(&r);
	version = rd_u8(&r);
	h.major = version >> 4;
	h.minor = version & 15;
	h.exchange = rd_u8(&r);
	h.flags = rd_u8(&r);
	h.msgid = rd_u32(&r);
	h.length = rd_u32(&r);
	TRY(r.err);
	*out = h;
	return IKE_OK;
}

void
put_ike_hdr(struct wr *w, const struct ike_hdr *h)
{
	if (h->major > 15 || h->minor > 15)
		wr_fail(w, IKE_E_RANGE);
	wr_u64(w, h->spi_i);
	wr_u64(w, h->spi_r);
	wr_u8(w, h->next);
	wr_u8(w, (uint8_t)((h->major & 15) << 4 | (h->minor & 15)));
	wr_u8(w, h->exchange);
	wr_u8(w, h->flags);
	wr_u32(w, h->msgid);
	wr_u32(w, h->length);
}

ike_err
ike_hdr_check(const struct ike_hdr *h, size_t have)
{
	/*
	 * RFC 7296 section 2.5: "If an endpoint receives a message with a higher major version number, it MUST drop the
	 * message and SHOULD send an unauthenticated Notify message of type INVALID_MAJOR_VERSION".  What else the bytes
	 * mean is that version's business, so this comes before the other checks.
	 */
	if (h->major != 1 && h->major != 2)
		return IKE_E_VERSION;
	/* RFC 7296 section 3.1, of Length: "Length of the total message (header + payloads) in octets." */
	if (h->length != have || have < IKE_HDR_LEN)
		return IKE_E_FORMAT;
	/* RFC 7296 section 3.1, of the initiator's SPI: "This value MUST NOT be zero." */
	if (h->spi_i == 0)
		return IKE_E_FORMAT;
	return IKE_OK;
}

enum dgram_kind
dgram_classify(bool natt, struct slice datagram, struct slice *ike_out)
{
	struct rd r = rd_of(datagram);

	*ike_out = datagram;
	/* RFC 3948 section 2.3: a NAT-keepalive packet is "a one-octet-long payload with the value 0xFF". */
	if (datagram.n == 1 && datagram.p[0] == 0xff)
		return DGRAM_KEEPALIVE;
	if (natt) {
		if (datagram.n < NON_ESP_MARKER_LEN)
			return DGRAM_SHORT;
		/*
		 * RFC 3948 section 2.2: the non-ESP marker "is 4 zero-valued octets aligning with the SPI field of an ESP
		 * packet".  An ESP header has 8 bytes.
		 */
		if (rd_u32(&r) != 0)
			return datagram.n < 8 ? DGRAM_SHORT : DGRAM_ESP;
	}
	if (rd_left(&r) < IKE_HDR_LEN)
		return DGRAM_SHORT;
	*ike_out = rd_rest(&r);
	return DGRAM_IKE;
}
