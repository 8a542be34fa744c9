/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * snap - structs as records of tagged fields, for the state that one process leaves to the next.
 *
 * A field is a tag (16 bits), a length (32 bits) and that many bytes; records are fields whose bytes are fields again.  What
 * a struct consists of is said by a table, which serves writer and reader.  A reader passes over tags that it does not
 * know, and leaves members alone of which it finds nothing, so that they keep what they were set to before.  Tags
 * of fields are below SNAP_RECORD, those of records from there on; neither is ever used again for something else.
 *
 * Numbers have the length they had in the writer and are taken if their value fits.  Reading checks lengths and the largest
 * value allowed, nothing else.  What a failed read has filled in is freed by whoever owns the struct.
 */
#ifndef RINGTAIL_IKE_SNAP_H
#define RINGTAIL_IKE_SNAP_H

#include "util/rd.h"
#include "util/wr.h"

#include <stddef.h>

#define SNAP_RECORD 0x100u

enum snap_kind {
	SNAP_UINT,     /* unsigned integers and enums of 1, 2, 4 or 8 bytes */
	SNAP_BOOL,
	SNAP_TIME,     /* ike_time and other int64_t, never negative */
	SNAP_BYTES,    /* an array of bytes; read from fewer the rest is zero */
	SNAP_BUF,      /* struct buf */
	SNAP_SECRET,   /* struct secret */
	SNAP_SUB,      /* a struct within, by its own table */
};

struct snap_table;

struct snap_field {
	uint16_t                 tag;
	uint8_t                  kind;      /* enum snap_kind */
	uint16_t                 off, size;
	uint64_t                 most;      /* SNAP_UINT: the largest value allowed, 0: whatever fits */
	const struct snap_table *sub;
};

struct snap_table {
	const struct snap_field *v;
	size_t                   n;
};

#define SNAP_FIELD(number, what, type, member, ...) \
	{ .tag = (number), .kind = (what), .off = offsetof(type, member), .size = sizeof(((type *)0)->member), __VA_ARGS__ }
#define SNAP_TABLE(array) { array, sizeof(array) / sizeof((array)[0]) }

/* All fields of |obj|. */
void snap_put(struct wr *w, const struct snap_table *t, const void *obj);

/* One field of bytes. */
void snap_put_bytes(struct wr *w, uint16_t tag, struct slice s);

/* A record |tag| from here to snap_end(), which gets what this returned. */
size_t snap_begin(struct wr *w, uint16_t tag);
void   snap_end(struct wr *w, size_t mark);

/* The fields of |t| that are in |record| into |obj|.  IKE_E_FORMAT, IKE_E_SHORT, IKE_E_RANGE, IKE_E_NOMEM. */
MUST_USE ike_err
snap_get(struct slice record, const struct snap_table *t, void *obj);

/* The next field or record; false at the end, or after an error, which rd_end() tells. */
bool snap_next(struct rd *r, uint16_t *tag, struct slice *body);

/* Of addresses and endpoints, selectors and suites. */
extern const struct snap_table snap_addr, snap_endpoint, snap_ts, snap_suite;

#endif
