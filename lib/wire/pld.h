/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pld - the payloads of fixed shape, of both versions: structs, readers and writers.
 *
 * get_X() reads a payload's body (without the generic header); RESERVED fields are ignored.  put_X() appends a body
 * between pld_begin() and pld_end().  Variable parts are slices that borrow the message.  Values are not judged
 * here: types, methods and protocols are whatever the wire says unless a length depends on them.
 *
 * All readers give IKE_E_SHORT if the body ends early and IKE_E_FORMAT for what they name.  All writers let
 * IKE_E_RANGE stick to the wr for what does not fit its field or would be refused on reading: what put_X() accepted,
 * get_X() reads back equal.
 */
#ifndef WIRE_PLD_H
#define WIRE_PLD_H

#include "util/rd.h"
#include "util/wr.h"

/* Bodies that are bytes and nothing else: IKEv1 KE, HASH, SIG, NAT-D; both versions' VID.  */

/* Any length but 0 (IKE_E_SHORT).  Not for VID, where any length is fine and the body is the value. */
MUST_USE ike_err
get_v1_bytes(struct slice body, struct slice *out);

/* RFC 2409 section 5: 8 to 256 bytes in IKEv1.  RFC 7296 section 3.9: 16 to 256 in IKEv2.  Longer: IKE_E_FORMAT. */
MUST_USE ike_err
get_nonce(unsigned version, struct slice body, struct slice *out);

/* KE, RFC 7296 section 3.4.  IKEv1's is bare bytes. */
struct v2_ke {
	uint16_t     group;      /* V2_KE_* */
	struct slice data;       /* not empty */
};

MUST_USE ike_err get_v2_ke(struct slice body, struct v2_ke *out);
void             put_v2_ke(struct wr *w, const struct v2_ke *ke);

/* ID, RFC 2407 section 4.6.2.  The body as a whole is what IKEv1's hashes authenticate. */
struct v1_id {
	uint8_t      type;       /* V1_ID_* */
	uint8_t      proto;
	uint16_t     port;
	struct slice data;       /* may be empty; its form by type is not checked */
};

MUST_USE ike_err get_v1_id(struct slice body, struct v1_id *out);
void             put_v1_id(struct wr *w, const struct v1_id *id);

/* IDi and IDr, RFC 7296 section 3.5 */
struct v2_id {
	uint8_t      type;       /* V2_ID_* */
	struct slice data;
};

MUST_USE ike_err get_v2_id(struct slice body, struct v2_id *out);
void             put_v2_id(struct wr *w, const struct v2_id *id);

/* CERT and CERTREQ (IKEv1: CR) of both versions, RFC 2408 sections 3.9 and 3.10, RFC 7296 sections 3.6 and 3.7 */
struct pld_cert {
	uint8_t      encoding;   /* V1_CERT_* or V2_CERT_* */
	struct slice data;       /* certificate; DN (v1) or key hashes (v2) of authorities; may be empty */
};

MUST_USE ike_err get_cert(struct slice body, struct pld_cert *out);
void             put_cert(struct wr *w, const struct pld_cert *c);

/* AUTH, RFC 7296 section 3.8 */
struct v2_auth {
	uint8_t      method;     /* V2_AUTH_* */
	struct slice data;       /* not empty */
};

MUST_USE ike_err get_v2_auth(struct slice body, struct v2_auth *out);
void             put_v2_auth(struct wr *w, const struct v2_auth *a);

/* N of both versions, RFC 2408 section 3.14, RFC 7296 section 3.10 */
struct pld_notify {
	uint32_t     doi;        /* IKEv1: V1_DOI_*; IKEv2: 0 and not on the wire */
	uint8_t      proto;      /* V1_PROTO_* or V2_PROTO_* */
	uint16_t     type;       /* V1_N_* or V2_N_* */
	struct slice spi;        /* up to 255 bytes; IKEv1 ISAKMP: both cookies or nothing */
	struct slice data;
};

MUST_USE ike_err get_v1_notify(struct slice body, struct pld_notify *out);
void             put_v1_notify(struct wr *w, const struct pld_notify *n);
MUST_USE ike_err get_v2_notify(struct slice body, struct pld_notify *out);
void             put_v2_notify(struct wr *w, const struct pld_notify *n);

/*
 * D of both versions, RFC 2408 section 3.15, RFC 7296 section 3.11.  count * spi_len == spis.n is checked before
 * anything else is done with them.  A list without SPIs is fine.  IKE_E_FORMAT: SPIs of 0 bytes; in IKEv2 SPIs of other
 * than 4 bytes for ESP and AH, any SPI for IKE.
 */
struct pld_delete {
	uint32_t     doi;        /* IKEv1 only */
	uint8_t      proto;      /* V1_PROTO_* or V2_PROTO_* */
	uint8_t      spi_len;    /* 16 for IKEv1 ISAKMP (both cookies), 4 for ESP and AH, 0 for IKEv2 IKE */
	uint16_t     count;
	struct slice spis;
};

MUST_USE ike_err get_v1_delete(struct slice body, struct pld_delete *out);
void             put_v1_delete(struct wr *w, const struct pld_delete *d);
MUST_USE ike_err get_v2_delete(struct slice body, struct pld_delete *out);
void             put_v2_delete(struct wr *w, const struct pld_delete *d);

/* The |i|-th SPI, i < count. */
struct slice
delete_spi(const struct pld_delete *d, size_t i);

/* NAT-OA, RFC 3947 section 5.2.  IKE_E_FORMAT: neither V1_ID_IPV4_ADDR with 4 nor V1_ID_IPV6_ADDR with 16 bytes */
struct v1_natoa {
	uint8_t      id_type;
	struct slice addr;       /* 4 or 16 bytes */
};

MUST_USE ike_err get_v1_natoa(struct slice body, struct v1_natoa *out);
void             put_v1_natoa(struct wr *w, const struct v1_natoa *oa);

/* A fragment of an IKEv1 message, as Cisco and racoon send it.  IKE_E_FORMAT: number 0. */
struct v1_frag {
	uint16_t     id;         /* the same for all fragments of a message */
	uint8_t      number;     /* 1, 2, ... */
	bool         last;
	struct slice data;       /* not empty */
};

MUST_USE ike_err get_v1_frag(struct slice body, struct v1_frag *out);
void             put_v1_frag(struct wr *w, const struct v1_frag *f);

/*
 * SKF, RFC 7383 section 2.5.  |data| is IV, ciphertext, padding and ICV as in SK, whose body is that alone and needs no
 * codec.  |inner| is payloads.inner.  IKE_E_FORMAT: number 0 or above total, or a first inner type on a fragment that
 * is not the first.
 */
struct v2_skf {
	uint16_t     number, total;
	struct slice data;
};

MUST_USE ike_err get_v2_skf(struct slice body, uint8_t inner, struct v2_skf *out);
void             put_v2_skf(struct wr *w, const struct v2_skf *f);

/* EAP, RFC 3748 section 4.  IKE_E_FORMAT: unknown code, length not the body's, Success or Failure with data */
struct eap {
	uint8_t      code;       /* EAP_REQUEST ... */
	uint8_t      id;
	uint8_t      type;       /* EAP_TYPE_* with Request and Response, else 0 */
	struct slice data;       /* behind the type */
};

MUST_USE ike_err get_eap(struct slice body, struct eap *out);
void             put_eap(struct wr *w, const struct eap *e);

#endif
