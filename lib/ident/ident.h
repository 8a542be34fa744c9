/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ident - identities of peers: racoon's forms, the wire's forms, comparison.
 *
 * An identity is a type (the numbers of RFC 2407 section 4.6.2.1 and RFC 7296 section 3.5 agree for
 * those used) and the bytes of the ID payload's data.  Comparison is exact over the whole value:
 * racoon's comparison of the configured length only is a defect that is not kept.  The value is
 * stored inline up to IDENT_MAX bytes.
 */
#ifndef IDENT_IDENT_H
#define IDENT_IDENT_H

#include "util/addr.h"

enum ident_type {
	ID_NONE = 0,
	ID_IPV4 = 1,
	ID_FQDN = 2,
	ID_USER_FQDN = 3,
	ID_IPV4_SUBNET = 4,
	ID_IPV6 = 5,
	ID_IPV6_SUBNET = 6,
	ID_IPV4_RANGE = 7,
	ID_IPV6_RANGE = 8,
	ID_DER_ASN1_DN = 9,
	ID_DER_ASN1_GN = 10,
	ID_KEY_ID = 11,
};

#define IDENT_MAX 512

struct ident {
	uint8_t type;  /* enum ident_type */
	bool wildcard; /* a DN pattern with '*' values; kept as text in |data| */
	uint16_t len;
	uint8_t data[IDENT_MAX];
};

/*
 * From a payload: type and data.  IKE_E_FORMAT for a wrong length of an address, an empty value or
 * a DN that is no Name; IKE_E_ID for a type that is none of ours and for more than IDENT_MAX bytes.
 */
MUST_USE ike_err
ident_from_wire(uint8_t type, struct slice data, struct ident *out);

MUST_USE ike_err
ident_from_addr(const struct addr *a, struct ident *out);

/*
 * From racoon's words: type word ("address", "subnet", "fqdn", "user_fqdn", "keyid", "asn1dn") and
 * value. IKE_E_SYNTAX, IKE_E_RANGE, and IKE_E_NOTFOUND for an attribute type in a DN that is not
 * known.
 */
MUST_USE ike_err
ident_parse(const char *type, const char *value, struct ident *out);

bool
ident_equal(const struct ident *a, const struct ident *b);

/*
 * Does |actual| satisfy |wanted| (which may be a DN pattern)?  RFC 4945 section 3.1.5 order and
 * type of DN attributes matter.
 */
bool
ident_match(const struct ident *wanted, const struct ident *actual);

/* If |id| is a single address, give it. */
bool
ident_addr(const struct ident *id, struct addr *out);

/*
 * As racoon prints: the address, the name, the DN; key ids that are not text as hex.  Peer bytes
 * are escaped.
 */
void
ident_print(const struct ident *id, struct text *t);

/* "address", "fqdn", "user_fqdn", "asn1dn", "keyid", "subnet", "range". */
const char *
ident_type_name(uint8_t type);

#endif
