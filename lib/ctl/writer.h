/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * writer - a tree of values as output: JSON for programs, "path<TAB>value" lines for shells, indented text for people.
 *
 * One interface, three constant instances; what is shown is said by start/list/attr/end and never depends on which it is.  Output is
 * appended to the caller's buffer; the first error sticks.  JSON is ASCII, one document, valid whatever the strings hold;
 * times are RFC 3339 in UTC there, spans and bytes plain numbers.  In text, spans, bytes and times are for the eye.
 * No terminal ever sees a control character of a string.
 */
#ifndef CTL_WRITER_H
#define CTL_WRITER_H

#include "ctl/msg.h"
#include "util/buf.h"
#include "util/text.h"

/* One for the root as well. */
#define WRITER_DEPTH (CTL_DEPTH + 4)

struct writer;

struct writer_ops {
	void (*start)(struct writer *w, struct slice name, bool list);
	void (*value)(struct writer *w, const struct ctl_node *n);
	void (*end)(struct writer *w, bool list);
};

struct writer {
	const struct writer_ops *ops;
	struct buf *out;
	int64_t now; /* times are told relative to it in text */
	ike_err err;
	unsigned depth; /* what is open */
	struct {
		bool list;
		unsigned n; /* members so far */
		struct slice name;
	} level[WRITER_DEPTH];
};

extern const struct writer_ops writer_json, writer_kv, writer_text;

void
writer_init(struct writer *w, const struct writer_ops *ops, struct buf *out, int64_t now);

/* Open a record or a list; |name| is ignored inside a list and at the root. */
void
writer_start(struct writer *w, const char *name);
void
writer_list(struct writer *w, const char *name);

/* One value. */
void
writer_attr(struct writer *w, const struct ctl_node *n);
void
writer_str(struct writer *w, const char *name, const char *value);

/* Close what was opened last. */
void
writer_end(struct writer *w);

/* |n| and all in it; records and lists keep their names. */
void
writer_node(struct writer *w, const struct ctl_node *n);

/* The members of |n| without |n| itself. */
void
writer_members(struct writer *w, const struct ctl_node *n);

/* For the instances: append, keeping the first error. */
void
writer_put(struct writer *w, const char *s);
void
writer_put_slice(struct writer *w, struct slice s);

/* A value for the eye: "4m12s", "18.2 KiB", "0x0e5ebf99", "yes"; times relative to |now|: "4m12s ago". */
void
value_text(const struct ctl_node *n, int64_t now, struct text *t);

/* "9s", "4m12s", "3h05m", "12d3h". */
void
span_text(uint64_t sec, struct text *t);

/* "512 B", "18.2 KiB" ... */
void
bytes_text(uint64_t n, struct text *t);

/* "2026-11-23T09:04:29Z". */
void
time_text(int64_t when, struct text *t);

#endif
