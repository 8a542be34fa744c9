/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * addr - IP addresses, endpoints, prefixes and ranges as plain values.
 *
 * Family 0 is "none".  Numeric forms only: names are resolved elsewhere.  Unused bytes are zero, so that values can be
 * hashed and compared as bytes.
 */
#ifndef UTIL_ADDR_H
#define UTIL_ADDR_H

#include "util/err.h"
#include "util/slice.h"
#include "util/text.h"

struct sockaddr;

struct addr {
	uint8_t family; /* 0, 4 or 6 */
	uint8_t b[16];  /* network order, the first 4 for IPv4 */
	uint32_t scope; /* interface index of a link-local IPv6 address, else 0 */
};

struct endpoint {
	struct addr addr;
	uint16_t port; /* host order */
};

struct prefix {
	struct addr addr; /* bits behind |len| are kept as given; prefix_mask() clears them */
	uint8_t len;      /* 0..32 or 0..128 */
};

/* The longest printed address, endpoint or prefix with its NUL. */
#define ADDR_TEXT 80

struct addr_buf {
	char s[ADDR_TEXT];
};

/* Parse an IPv4 dotted quad or IPv6 text, without scope.  IKE_E_SYNTAX. */
MUST_USE ike_err
addr_parse(const char *s, struct addr *out);

/* Parse "ADDR/LEN"; no "/LEN" means the full length.  IKE_E_SYNTAX, IKE_E_RANGE (length too long). */
MUST_USE ike_err
prefix_parse(const char *s, struct prefix *out);

/* Print into |buf| and return its text: "192.0.2.1", "2001:db8::1", "fe80::1%2" (with a scope), "none". */
const char *
addr_text(const struct addr *a, struct addr_buf *buf);

/* racoon's form "192.0.2.1[500]". */
const char *
endpoint_text(const struct endpoint *e, struct addr_buf *buf);

const char *
prefix_text(const struct prefix *p, struct addr_buf *buf);

bool
addr_equal(const struct addr *a, const struct addr *b); /* scope counts only if both have one */
int
addr_compare(const struct addr *a, const struct addr *b); /* total order: family, then bytes */
bool
endpoint_equal(const struct endpoint *a, const struct endpoint *b);
bool
addr_is_any(const struct addr *a); /* 0.0.0.0, ::, or none */
bool
addr_is_loopback(const struct addr *a);
bool
addr_is_linklocal(const struct addr *a);
bool
addr_is_multicast(const struct addr *a); /* and IPv4 broadcast */

/* The any-address of |family| (4 or 6). */
struct addr
addr_any(uint8_t family);

/* Bytes of the address: 4 or 16; 0 for none. */
struct slice
addr_bytes(const struct addr *a);

/* From 4 or 16 raw bytes.  IKE_E_FORMAT for another length. */
MUST_USE ike_err
addr_from_bytes(struct slice s, struct addr *out);

static inline uint8_t
addr_bits(const struct addr *a)
{
	return a->family == 4 ? 32 : a->family == 6 ? 128 : 0;
}

/* Clear the bits behind the prefix length. */
void
prefix_mask(struct prefix *p);

bool
prefix_contains(const struct prefix *p, const struct addr *a);

/* First and last address of |p|. */
void
prefix_range(const struct prefix *p, struct addr *lo, struct addr *hi);

/* If |lo|..|hi| is exactly one prefix, give it and return true. */
bool
range_prefix(const struct addr *lo, const struct addr *hi, struct prefix *out);

/* To and from the socket API; |out| is a struct sockaddr_storage's worth.  Returns the length, 0 for family
 * none or too small a |cap|. */
size_t
endpoint_to_sockaddr(const struct endpoint *e, void *out, size_t cap);

/* IKE_E_FORMAT: neither IPv4 nor IPv6, or too short. */
MUST_USE ike_err
endpoint_from_sockaddr(const struct sockaddr *sa, size_t len, struct endpoint *out);

#endif
