/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * since - instants as people type them.
 */
#ifndef IKECTL_SINCE_H
#define IKECTL_SINCE_H

#include "util/err.h"

#include <stdint.h>

/*
 * |s| as seconds since 1970, seen from |now|:
 *
 *   90s, 10m, 3h, 2d        so long ago; a number alone is seconds
 *   03:12, 03:12:40         the last time that this place's clocks showed it
 *   2026-11-26, 2026-11-26T03:12, 2026-11-26T03:12:40      of this place; with a Z behind it, of UTC
 *   @1700000000             seconds since 1970
 *
 * IKE_E_SYNTAX.
 */
MUST_USE ike_err
since_parse(const char *s, int64_t now, int64_t *out);

#endif
