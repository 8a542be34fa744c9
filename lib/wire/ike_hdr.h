/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ike_hdr - the header that both IKE versions share, and what a UDP payload is before anyone looks into it.
 *
 * SPIs (IKEv1: cookies) are numbers in host order: they are compared, hashed and printed, never computed with.
 *
 * RFC 2408 section 3.1, RFC 7296 section 3.1, RFC 3947 and RFC 3948 (UDP port 4500).
 */
#ifndef WIRE_IKE_HDR_H
#define WIRE_IKE_HDR_H

#include "util/rd.h"
#include "util/wr.h"

#define IKE_HDR_LEN 28

struct ike_hdr {
	uint64_t spi_i, spi_r;
	uint8_t  next;          /* type of the first payload */
	uint8_t  major, minor;
	uint8_t  exchange;
	uint8_t  flags;         /* V1_FLAG_* or V2_FLAG_* */
	uint32_t msgid;
	uint32_t length;        /* of the whole message, header included; msg_end() sets it on writing */
};

/*
 * Read the first 28 bytes of |datagram|, whatever version and length they claim.  IKE_E_SHORT: fewer than 28 bytes.
 */
MUST_USE ike_err
get_ike_hdr(struct slice datagram, struct ike_hdr *out);

/* Append |h| as it is. */
void
put_ike_hdr(struct wr *w, const struct ike_hdr *h);

/*
 * Is |h| one that a message of |have| bytes may carry?
 *
 *   IKE_E_VERSION   major version other than 1 and 2 (a higher minor version is fine)
 *   IKE_E_FORMAT    the length field is not |have|, or the initiator's SPI is zero
 */
MUST_USE ike_err
ike_hdr_check(const struct ike_hdr *h, size_t have);

enum dgram_kind {
	DGRAM_SHORT,        /* too short for anything: drop silently */
	DGRAM_KEEPALIVE,    /* NAT keepalive: one byte 0xff */
	DGRAM_ESP,          /* UDP-encapsulated ESP */
	DGRAM_IKE,          /* 28 bytes or more behind the non-ESP marker, if there has to be one */
};

/*
 * Classify a datagram that came to (or from) a port with (|natt|) or without non-ESP markers.  For DGRAM_IKE
 * |*ike_out| is the message without the marker; for the others the whole datagram.
 */
enum dgram_kind
dgram_classify(bool natt, struct slice datagram, struct slice *ike_out);

/* Bytes of the non-ESP marker; all zero. */
#define NON_ESP_MARKER_LEN 4

#endif
