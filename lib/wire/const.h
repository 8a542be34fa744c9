/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * const - the numbers of the wire as enums, and tables of their names.
 *
 * Everything comes from const.def: read that for the list.  Constants are V1_... and V2_... after the protocol version;
 * the tables are named in the NUMBERS lines there (v1_payload_names, v2_notify_names, ...) and used with util/names.h:
 * name_of(&v2_notify_names, n, &buf).  Nothing here is an algorithm in our own vocabulary: that is alg/alg.h.
 */
#ifndef WIRE_CONST_H
#define WIRE_CONST_H

#include "util/names.h"

#define NUMBERS(tag, table, prefix) extern const struct names table; enum tag {
#define N(constant, value, name) constant = value,
#define NUMBERS_END(table, prefix) };
#include "wire/const.def"
#undef NUMBERS
#undef N
#undef NUMBERS_END

#define IKE_PORT 500
#define IKE_NATT_PORT 4500

#endif
