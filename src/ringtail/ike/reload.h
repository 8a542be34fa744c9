/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reload - another configuration while everything runs: whole or not at all, as a difference, and back again.
 *
 * A reload reads and checks a new snapshot; a fault anywhere (syntax, a missing file, a secret that cannot be read, a policy that
 * the kernel refuses) leaves the old one in use as it was.  Then policies change as policies.h says, and each IKE SA and
 * child looks up which section of the new snapshot would serve it now:
 *
 *   equal in effect     it is bound to the new one.  Nobody notices, and old snapshots are freed.
 *   changed             bound, too; what holds from now on holds from now on (liveness, lifetimes to come); other proposals and
 *                       lifetimes renew it, other credentials make a fresh IKE SA, each make-before-break and spread over
 *                       some time
 *   none any more       deleted with notify after RELOAD_GRACE, and when the reload has been confirmed if it needs that, unless it is
 *                       wanted again by then
 *
 * What is in the middle of an exchange is bound when that is over.
 *
 * With a time limit, a reload is undone by itself unless it is confirmed: whoever locks himself out gets back in.  An undo goes
 * back to the snapshot before, which is kept for that, and gives policies back whose place was taken.
 *
 * Reloads by signal are served at most once per RELOAD_GAP; the last one counts.
 */
#ifndef RINGTAIL_IKE_RELOAD_H
#define RINGTAIL_IKE_RELOAD_H

#include "util/err.h"
#include "util/heap.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct child;
struct conf;
struct daemon;
struct ike_sa;
struct text;

#define RELOAD_GAP      MSEC(200)
#define RELOAD_GRACE    SEC(10)
#define RELOAD_CONFIRM_MOST 86400u   /* seconds */

/* Kept in the daemon. */
struct reload {
	struct conf *before;      /* our reference: what an undo goes back to, NULL: nothing to undo */
	ike_time     confirm_by;  /* then it is undone, 0: needs no confirmation */
	ike_time     last;        /* when a signal was served, 0: never */
	bool         signalled;   /* one waits for the gap to be over */
	bool         stragglers;  /* something is still bound to an old snapshot and will be looked at again */
	bool         unwanted;    /* something is to be deleted after its grace */
	ike_time     look_at;     /* at stragglers and unwanted ones, 0: no */
	struct timer timer;       /* TIMER_RELOAD */
};

/*
 * Read the configuration again and use it.  |confirm|: undo it that much later unless reload_confirm() comes, 0: no.
 * IKE_E_SYNTAX and others: |why| (of |cap| bytes) says what is wrong and where; nothing has changed.
 */
MUST_USE ike_err reload_now(struct daemon *d, ike_time confirm, char *why, size_t cap);

/* A signal asks for it: now or, if one was served just now, a little later (IKE_OK).  Errors as reload_now(). */
ike_err reload_signal(struct daemon *d);

/* Use |fresh| from now on (a reference is taken), whole or not at all. */
MUST_USE ike_err reload_use(struct daemon *d, struct conf *fresh, struct text *why);

/* IKE_E_STATE: nothing waits for it. */
MUST_USE ike_err reload_confirm(struct daemon *d);

/* Back to the snapshot before.  IKE_E_NOTFOUND: there is none.  Others as reload_use(). */
MUST_USE ike_err reload_undo(struct daemon *d, struct text *why);

/* From the configuration in use to what the files say now, in words; empty: no difference.  Errors as reload_now(). */
MUST_USE ike_err reload_diff(struct daemon *d, struct buf *out, char *why, size_t cap);

/* TIMER_RELOAD fired, or may have been lost. */
void reload_timeout(struct daemon *d);

void reload_fini(struct daemon *d);

/*
 * rebind.c.  rebind_mark(): remember which children the policies want, before those change.  rebind_all(): bind to the present
 * snapshot; |policies_changed|: what was marked is compared.  rebind_look(): at stragglers, and at what has to go.
 */
void rebind_mark(struct daemon *d);
void rebind_all(struct daemon *d, bool policies_changed);
void rebind_look(struct daemon *d);
/* For child_up() and the end of exchanges: it may have been made with an old snapshot. */
void rebind_later(struct daemon *d);

/* IKEv2 with other credentials, or another version: negotiate all children of |ike| on a fresh IKE SA; it goes when they have. */
void rebind_reauth(struct ike_sa *ike);

#endif
