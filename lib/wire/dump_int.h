/* SPDX-License-Identifier: BSD-3-Clause */
/* dump_int - what the files of the dumper share.  Internal to lib/wire. */
#ifndef WIRE_DUMP_INT_H
#define WIRE_DUMP_INT_H

#include "util/text.h"
#include "wire/attr.h"
#include "wire/const.h"

struct dump {
	struct text *t;
	unsigned     version;
	unsigned     depth;      /* lines are indented by twice this */
};

/* More bytes of a value than this are cut in the output. */
#define DUMP_HEX_MAX 64

/* Begin a line: the indentation. */
void dump_line(struct dump *d);
/* The bytes, in hex, at most DUMP_HEX_MAX of them; "-" for none. */
void dump_hex(struct dump *d, struct slice s);
/* The name of |value| in |names|. */
void dump_name(struct dump *d, const struct names *names, uint32_t value);
/* "NAME = VALUE" of an attribute on a line of its own; |values| may be NULL. */
void dump_attr(struct dump *d, const struct names *types, const struct names *values, const struct attr *a);

/*
 * The rest of a payload's line and the lines below it: SA payloads in dump_sa.c, the others in dump_pld.c.  They return
 * what the codec returned; after an error nothing was printed.
 */
MUST_USE ike_err dump_v1_sa(struct dump *d, struct slice body);
MUST_USE ike_err dump_v2_sa(struct dump *d, struct slice body);
MUST_USE ike_err dump_body(struct dump *d, unsigned kind, struct slice body, uint8_t inner);

#endif
