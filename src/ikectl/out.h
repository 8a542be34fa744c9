/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * out - text for people: pieces of lines, and tables with aligned columns.  Errors stick and are asked for at the end.
 */
#ifndef IKECTL_OUT_H
#define IKECTL_OUT_H

#include "ctl/writer.h"
#include "util/arena.h"

/* What all output depends on besides the answer. */
struct view {
	int64_t now;
	const char *host;
	unsigned longer; /* racoonctl -l, twice -ll */
	bool verbose;    /* racoonctl status -v */
	bool all;        /* status --all */
	long pid;        /* racoonctl: of the process asking */
	unsigned proto;  /* racoonctl show-sa: enum view_proto */
};

enum view_proto { VIEW_ALL, VIEW_ESP, VIEW_AH };

struct out {
	struct buf *buf;
	int64_t now;
	ike_err err;
};

void
out_add(struct out *o, const char *s);
/* At most 1,000 characters. */
void
out_addf(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Bytes as they are. */
void
out_slice(struct out *o, struct slice s);

/* The value of member |name| of |rec| for the eye; |none| if there is no such member. */
void
out_member(struct out *o, const struct ctl_node *rec, const char *name, const char *none);

/* "|before|VALUE|after|" if there is such a member, else nothing. */
void
out_if(struct out *o, const char *before, const struct ctl_node *rec, const char *name,
    const char *after);

#define TABLE_COLUMNS 16

struct table {
	struct arena mem;
	const char **cell;
	size_t n, cap;
	unsigned columns;
	int64_t now;
	ike_err err;
};

/* A table with the heads of |columns| columns as its first row. */
void
table_init(struct table *t, int64_t now, const char *const *heads, unsigned columns);

/* The next cell, row by row; a copy is taken. */
void
table_add(struct table *t, const char *s);
/* The value of a member, "-" if it is not there. */
void
table_member(struct table *t, const struct ctl_node *rec, const char *name);

/* Print and free. */
void
table_end(struct table *t, struct out *o);

#endif
