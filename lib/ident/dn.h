/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dn - distinguished names: racoon's text form <-> DER, printing, and patterns.
 *
 * Only the encoding of an X.501 Name: a sequence of sets of one or more {type, string}.
 * Certificates are lib/crypto's.  Text: components "TYPE=value" separated by ',' or '/', blanks
 * around a separator and '=' do not count, "\," "\/" "\\" "\=" and any other escaped character
 * stand for themselves, "\hh" is a byte, a value of "*" alone matches any value of that type.  A
 * text that starts with '~' is the DER in hexadecimal.  Types are the short and long names of RFC
 * 4514 and X.520 that are in use (CN, C, O, OU, L, ST, STREET, DC, UID, emailAddress, serialNumber,
 * SN, GN, initials, title, name ...), any letter case, or a dotted OID.
 *
 * DER is read with a bounded walk: definite, minimal lengths, no nesting beyond the four levels of
 * a Name.
 */
#ifndef IDENT_DN_H
#define IDENT_DN_H

#include "util/err.h"
#include "util/slice.h"
#include "util/text.h"

/*
 * Encode |text|.  IKE_E_SYNTAX (no '=', empty type, trailing backslash, bad hex, "~" form that is
 * no Name), IKE_E_NOTFOUND (unknown type), IKE_E_RANGE (does not fit in |cap| bytes).  A "*" value
 * is encoded as the character.
 */
MUST_USE ike_err
dn_parse(const char *text, uint8_t *out, size_t cap, size_t *len_out);

/* Does |text| hold a component whose value is "*"? */
bool
dn_is_pattern(const char *text);

/* Is |der| exactly one well-formed Name? */
bool
dn_valid(struct slice der);

/*
 * Does the Name |der| fit |pattern|, with the same components in the same order, where "*" fits any
 * value? Other values compare as their bytes, whatever string type they are encoded in.
 */
bool
dn_match(const char *pattern, struct slice der);

/*
 * Same components, types and value bytes in the same order; the string types may differ.  False
 * unless both are well-formed.
 */
bool
dn_equal(struct slice a, struct slice b);

/*
 * One line as racoon prints: "/C=DE/O=x/CN=y".  '/' and '+' in a value have a backslash before
 * them, bytes outside printable ASCII are \xHH, members of one set are joined by '+'.  Not a Name:
 * in hexadecimal.
 */
void
dn_print(struct slice der, struct text *t);

#endif
