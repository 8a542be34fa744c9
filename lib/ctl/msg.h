/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * msg - what daemon and ikectl say to each other: a tree of named, typed values that describes itself.
 *
 * A message is a version, a kind and the members of its root record.  A node is a type (one byte), the length of its name
 * (one byte), the name, the length of its body (four bytes, network order) and the body; the body of a record or a list is
 * nodes.  Members of a record have names, those of a list have none.  There is exactly one encoding of a tree.
 *
 * Reading: ctl_open() checks the whole message once, without recursion, to a depth of CTL_DEPTH; after that walking cannot
 * fail.  Nodes borrow the message's bytes.  Writing: struct ctl_put keeps its first error, as cursors do.
 */
#ifndef CTL_MSG_H
#define CTL_MSG_H

#include "util/rd.h"
#include "util/wr.h"

#define CTL_VERSION  1
#define CTL_DEPTH    8 /* records and lists inside each other, the root not counted */
#define CTL_NAME_MAX 31

enum ctl_kind { CTL_M_REQUEST = 1, CTL_M_ANSWER, CTL_M_EVENT };

enum ctl_type {
	CTL_RECORD = 1,
	CTL_LIST,
	CTL_STR,  /* bytes, UTF-8 as far as their source is */
	CTL_UINT, /* 64 bits */
	CTL_BOOL,
	CTL_TIME,   /* seconds since 1970, 64 bits */
	CTL_SPAN,   /* seconds, 64 bits */
	CTL_BYTES,  /* a number of bytes, 64 bits */
	CTL_SPI,    /* 32 bits */
	CTL_COOKIE, /* 64 bits: the SPI of an IKE SA */
	CTL_TYPES
};

struct ctl_node {
	enum ctl_type type;
	struct slice name; /* empty for members of lists and the root */
	struct slice body;
};

/*
 * Check |msg| as a whole and give its root, a record.  IKE_E_VERSION: of another version of the language; IKE_E_SHORT,
 * IKE_E_FORMAT: damaged; IKE_E_RANGE: deeper than CTL_DEPTH.
 */
MUST_USE ike_err
ctl_open(struct slice msg, enum ctl_kind *kind_out, struct ctl_node *root_out);

/* A cursor over the members of a record or list; empty for other types. */
struct rd
ctl_members(const struct ctl_node *n);

/* The next member; false at the end. */
bool
ctl_next(struct rd *r, struct ctl_node *out);

/* The first member of |rec| called |name|. */
bool
ctl_find(const struct ctl_node *rec, const char *name, struct ctl_node *out);

/* Members of a list or record. */
size_t
ctl_count(const struct ctl_node *n);

/* The value of a node: any type of number; 0 for others. */
uint64_t
ctl_number(const struct ctl_node *n);

/* The same of members by name: empty, 0 and false for what is not there or of another type. */
struct slice
ctl_get_str(const struct ctl_node *rec, const char *name);
uint64_t
ctl_get_number(const struct ctl_node *rec, const char *name);
bool
ctl_get_bool(const struct ctl_node *rec, const char *name);

/* Is the string member |name| equal to |s|? */
bool
ctl_is(const struct ctl_node *rec, const char *name, const char *s);

/* A message being written. */
struct ctl_put {
	struct wr w;
	size_t mark[CTL_DEPTH + 1]; /* where the length of each open body stands */
	unsigned depth;
};

/* Begin a message; at most |limit| bytes. */
void
ctl_put_init(struct ctl_put *p, enum ctl_kind kind, size_t limit);

/* Open a record or list, a member of what is open now; |name| is NULL inside a list.  Deeper than CTL_DEPTH: IKE_E_RANGE. */
void
ctl_put_record(struct ctl_put *p, const char *name);
void
ctl_put_list(struct ctl_put *p, const char *name);

/* Close what was opened last. */
void
ctl_put_end(struct ctl_put *p);

/* Members. */
void
ctl_put_str(struct ctl_put *p, const char *name, const char *s);
void
ctl_put_slice(struct ctl_put *p, const char *name, struct slice s);
void
ctl_put_uint(struct ctl_put *p, const char *name, uint64_t v);
void
ctl_put_bool(struct ctl_put *p, const char *name, bool v);
/* CTL_TIME, CTL_SPAN and CTL_BYTES: negative values become 0. */
void
ctl_put_quantity(struct ctl_put *p, const char *name, enum ctl_type type, int64_t v);
void
ctl_put_spi(struct ctl_put *p, const char *name, uint32_t v);
void
ctl_put_cookie(struct ctl_put *p, const char *name, uint64_t v);

/* A copy of |n| with its name, members and all. */
void
ctl_put_node(struct ctl_put *p, const struct ctl_node *n);

/* Finish: the message into |out| (whose content is freed), or the first error.  IKE_E_INTERNAL: something is still open. */
MUST_USE ike_err
ctl_put_take(struct ctl_put *p, struct buf *out);

void
ctl_put_free(struct ctl_put *p);

#endif
