/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dn_type - attribute types of distinguished names: names, object identifiers, preferred string
 * types. Internal to lib/ident.
 */
#ifndef IDENT_DN_TYPE_H
#define IDENT_DN_TYPE_H

#include "util/err.h"
#include "util/slice.h"
#include "util/text.h"

/* ASN.1 string tags, ITU-T X.680 */
enum { DER_UTF8 = 0x0c, DER_PRINTABLE = 0x13, DER_IA5 = 0x16 };

#define DN_OID_MAX 32

/* An object identifier's content bytes. */
struct dn_oid {
	uint8_t n;
	uint8_t b[DN_OID_MAX];
};

/*
 * The identifier of a type name (any letter case) or of a dotted number, and the string type its
 * values should have. IKE_E_NOTFOUND for a name that is not known, IKE_E_SYNTAX for a bad dotted
 * number.
 */
MUST_USE ike_err
dn_type_find(struct slice name, struct dn_oid *oid, uint8_t *tag);

/* The short name of |oid|, or its dotted form. */
void
dn_type_print(struct slice oid, struct text *t);

#endif
