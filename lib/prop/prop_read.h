/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prop_read - what the readers of both versions share.  Internal to lib/prop.
 */
#ifndef PROP_PROP_READ_H
#define PROP_PROP_READ_H

#include "prop/prop.h"

/*
 * Memory for one payload while it is read: lib/wire's 16 bytes for each of 65535, and PROP_MAX_LIST
 * proposals.
 */
#define PROP_READ_LIMIT (2u << 20)

/* |row|, or NULL if nobody can use it. */
const struct alg *
prop_usable(const struct alg *row);

/* Take the 4-byte SPI of an ESP or AH proposal; false for another length or a reserved value. */
bool
prop_read_spi32(struct slice spi, struct prop *p);

/* Copy |l| into memory from |a|.  IKE_E_NOMEM. */
MUST_USE ike_err
prop_keep(const struct prop_list *l, struct arena *a, struct prop_list *out);

#endif
