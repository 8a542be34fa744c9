/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plan - a file as the state that it wants, instead of the steps that it takes.
 *
 * A file that begins with spdflush, flush or both says what the SPD and the SAD shall be: what stands in it and nothing else.
 * Taken literally that leaves a moment without any policy, in which traffic leaves in clear, and throws away SAs that a
 * daemon has negotiated.  So the statements are carried out on a plan first, and the kernel is changed where it differs
 * (setkey_load()).
 *
 * Pure but for memory.
 */
#ifndef SETKEY_PLAN_H
#define SETKEY_PLAN_H

#include "keylang/stmt.h"
#include "setkey/spset.h"

/* An SA that is wanted; keys and label are the statement's. */
struct plan_sa {
	struct hnode node;
	struct sa_spec spec;
	const struct setkey_stmt *stmt; /* NULL: taken back */
};

struct plan {
	bool sp, sa; /* is the SPD planned, is the SAD? */
	bool auto_fwd;
	struct spset policies;
	struct htab sa_by_id;
	struct plan_sa **sas;
	size_t nsas, sas_cap;
	/* A statement that cannot be: its line, and why.  May be NULL. */
	void (*refused)(void *arg, unsigned line, const char *text);
	void *refused_arg;
};

/* Does |list| begin with spdflush, flush (of all protocols), or both?  Sets |p|->sp and ->sa. */
bool
plan_begins(struct plan *p, const struct setkey_list *list);

/* Is |s| part of what |p| plans?  Else it is to be carried out by itself. */
bool
plan_covers(const struct plan *p, const struct setkey_stmt *s);

/*
 * Carry out on |p| what it covers of |list|, up to an exit.  |list| must outlive |p|.  IKE_E_NOMEM is the only error; free
 * with plan_fini() in any case.
 */
MUST_USE ike_err
plan_make(struct plan *p, const struct setkey_list *list);

void
plan_fini(struct plan *p);

#endif
