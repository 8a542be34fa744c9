/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exec - carry out statements on a kernel.
 *
 * Refusals are printed in setkey's words, "The result of line 3: File exists.", counted, and the next statement goes on.
 * A struct setkey_run lives as long as one file: it remembers which forward policies it made itself, so that a file which
 * also writes them out loads, and which numbers it gave to requests of level unique.
 */
#ifndef SETKEY_EXEC_H
#define SETKEY_EXEC_H

#include "setkey/print.h"
#include "setkey/spset.h"

struct setkey_run {
	struct kern *kern;
	const struct kern_manual_ops *manual; /* NULL: no manual keying */
	struct print print;
	bool auto_fwd;   /* -r */
	bool with_lines; /* "The result of line N: " in front of refusals */
	bool all;        /* -a */
	bool verbose;    /* print each row that is added */
	const struct spset *owned; /* policies of the running daemon; NULL: not known, or no matter */
	unsigned failures;
	/* inside */
	struct spset twins; /* the forward policies of this run: made by us, or written */
	uint32_t *reqids; /* used by policies, sorted */
	size_t nreqids;
	uint32_t next_reqid; /* 0: not looked yet */
};

/* Carry out |s|; *exit_out: it was exit, quit or bye.  IKE_E_NOMEM is the only error. */
MUST_USE ike_err
setkey_exec(struct setkey_run *r, const struct setkey_stmt *s, bool *exit_out);

/* -D and -DP. |proto|: PROTO_NONE for all. */
MUST_USE ike_err
setkey_dump_sa(struct setkey_run *r, unsigned line, uint8_t proto);
MUST_USE ike_err
setkey_dump_sp(struct setkey_run *r, unsigned line);

/* -l: one line each, with a head. */
MUST_USE ike_err
setkey_dump_sa_short(struct setkey_run *r);

/* Free what the run remembers. */
void
setkey_run_fini(struct setkey_run *r);

/* Between the files of setkey: count and print a refusal of statement line |line|. */
void
setkey_refused(struct setkey_run *r, unsigned line, const char *text);
void
setkey_kernel_refused(struct setkey_run *r, unsigned line, ike_err err);
/* Give unused numbers to the requests of level unique that have none. */
MUST_USE ike_err
setkey_fill_reqids(struct setkey_run *r, struct sp_spec *s);
/* Add one SA of statement |s|, with the addresses of |spec|. */
void
setkey_add_sa(struct setkey_run *r, const struct setkey_stmt *s, const struct sa_spec *spec);
MUST_USE ike_err
setkey_exec_sp(struct setkey_run *r, const struct setkey_stmt *s);

#endif
