/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conf_diff - what is different between two snapshots: for the operator in words, for a reload to know what it touches.
 *
 * Sections are matched by their head ("remote 192.0.2.1", "sainfo ..."), several of one head in the order of the file;
 * policies by direction and selector.  What differs in a section is told in lines of canonical text.  How a file is
 * written, where a section stands and which file it is in make no difference; secrets are compared and not shown.
 */
#ifndef CONF_CONF_DIFF_H
#define CONF_CONF_DIFF_H

#include "conf/conf.h"

enum conf_diff_what { CONF_DIFF_GLOBAL, CONF_DIFF_REMOTE, CONF_DIFF_SAINFO, CONF_DIFF_POLICY };
enum conf_diff_kind { CONF_DIFF_ADDED, CONF_DIFF_REMOVED, CONF_DIFF_CHANGED };

struct conf_diff_item {
	enum conf_diff_what what;
	enum conf_diff_kind kind;
	const char *head;  /* "remote 192.0.2.1", "timer"; of a policy the whole of it in setkey's language */
	const char *file;  /* of the new one, if removed of the old one; NULL: global */
	unsigned line;
	const char *lines; /* CHANGED: "- dpd_delay 20 sec;\n+ dpd_delay 10 sec;\n", else "" */
};

struct conf_diff {
	struct conf_diff_item *v;
	size_t n, cap;
	struct arena mem; /* of all strings and |v| */
};

/* The difference from |a| to |b|.  IKE_E_NOMEM.  Free with conf_diff_free(); independent of both. */
MUST_USE ike_err
conf_diff(const struct conf *a, const struct conf *b, struct conf_diff *out);

void
conf_diff_free(struct conf_diff *d);

/*
 * Append it in words: a line an item ("changed: remote 192.0.2.1 (racoon.conf:12)"), below it what changed; nothing if nothing
 * is different.  IKE_E_NOMEM.
 */
MUST_USE ike_err
conf_diff_print(const struct conf_diff *d, struct buf *out);

/*
 * Append to |lines| what is different between two sections, their heads aside; nothing: they are equal in effect.
 * IKE_E_NOMEM.
 */
MUST_USE ike_err
conf_remote_diff(const struct conf_remote *a, const struct conf_remote *b, struct buf *lines);
MUST_USE ike_err
conf_sainfo_diff(const struct conf_sainfo *a, const struct conf_sainfo *b, struct buf *lines);

#endif
