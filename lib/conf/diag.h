/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * diag - what a configuration check has to say: errors and warnings with their place in the text.
 *
 * The caller owns a struct conf_diags; a zeroed one is ready to use.  The first CONF_DIAGS_MAX are kept in
 * the order of the text that caused them, the rest is only counted.  All strings belong to it and live until
 * conf_diags_free().
 */
#ifndef CONF_DIAG_H
#define CONF_DIAG_H

#include "util/arena.h"
#include "util/buf.h"

#include <stdbool.h>

#define CONF_DIAGS_MAX 200

enum conf_severity { CONF_WARNING, CONF_ERROR };

struct conf_diag {
	enum conf_severity severity;
	const char *file;
	unsigned line, col; /* from 1; 0: the file as a whole */
	const char *text;   /* what is wrong, one sentence without a full stop */
	const char *hint;   /* what to write instead, or NULL */
};

struct conf_diags {
	bool
	    strict; /* set by the caller: racoon's accidental leniencies are errors, not warnings */
	struct conf_diag *v; /* CONF_DIAGS_MAX places, allocated with the first */
	size_t n;            /* kept */
	size_t errors;       /* seen, kept or not */
	size_t warnings;
	struct arena mem;
};

/* Append "file:line:col: error: text (hint)" and a newline to |out|.  IKE_E_NOMEM. */
MUST_USE ike_err
conf_diag_print(const struct conf_diag *d, struct buf *out);

/* Free everything; the struct is empty and ready again, |strict| stays. */
void
conf_diags_free(struct conf_diags *d);

#endif
