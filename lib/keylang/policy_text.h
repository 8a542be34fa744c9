/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy_text - the policy language behind -P: direction, priority, action, requests; read and written.
 *
 *	DIRECTION [prio|priority PRIORITY] discard|none|ipsec|bypass|entrust [PROTO/MODE/[SRC-DST]/[LEVEL] ...]
 *
 * Pure.
 */
#ifndef KEYLANG_POLICY_TEXT_H
#define KEYLANG_POLICY_TEXT_H

#include "sadb/sp.h"
#include "util/text.h"

/* What is wrong with a policy, and where. */
struct policy_error {
	const char *text; /* constant */
	struct slice at;  /* in the policy; may be empty */
};

enum policy_note {
	POLICY_REQID_RANGE =
	    1, /* unique:N with N above SP_MANUAL_REQID_MAX: an unused one is chosen instead */
	POLICY_ENDS_IGNORED = 2, /* addresses in transport mode */
	POLICY_COMMENT = 4,      /* a comment or a backslash inside */
};

/*
 * Read |s| into |out|: id.dir, priority, action, templates; the rest stays as it is.  A direction alone is a policy, too, if
 * |direction_only|.  *notes_out: enum policy_note.  IKE_E_SYNTAX: |error| tells.
 */
MUST_USE ike_err
policy_parse(struct slice s, bool direction_only, struct sp_spec *out, unsigned *notes_out,
    struct policy_error *error);

/* "out prio def + 100 none"; for policies of sockets "in(socket) ...". */
void
policy_print_head(const struct sp_spec *s, struct text *t);

/* "esp/tunnel/192.0.2.1-192.0.2.2/unique#16384"; |ports|: "192.0.2.1[0]-192.0.2.2[0]". */
void
policy_print_tmpl(const struct sp_tmpl *tmpl, bool ports, struct text *t);

#endif
