/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policies - the policies of `policy_file` and the kernel: made equal by their difference, without a moment in which a packet
 * finds no policy.
 *
 * New ones first, changed ones replaced in place, those that no file names any more last.  A policy that somebody else put
 * there with the same direction and selector becomes ours by being replaced.  Between reloads the model (sadb/spd.h) puts
 * back what others take away.
 *
 * What is ours after a restart is known, not guessed: a template without a reqid gets one of SADB_REQID_FIRST.. where the
 * kernel interface carries such numbers, and the record run/policies has a digest of each policy of ours as it is in the kernel,
 * which is what tells of policies without templates and over PF_KEY.  A policy of another content under the same name is not
 * ours.
 *
 * Which reqid a template gets that was left open (policy_reqid.c): all that are not unique get the same one, so that an SA serves
 * all of them as it does with reqid 0; a unique one gets a number made from its selector, or the one that it has in the kernel.  A
 * policy in the kernel whose reqid live SAs use keeps it, because the kernel uses an SA only where the reqids are equal:
 * taking over setkey's policies with their SAs interrupts nothing.
 */
#ifndef RINGTAIL_IKE_POLICIES_H
#define RINGTAIL_IKE_POLICIES_H

#include "sadb/sp.h"
#include "util/err.h"
#include "util/heap.h"

struct buf;
struct conf;
struct daemon;
struct text;

/* Kept in the daemon. */
struct policies {
	uint64_t       *known;       /* digests in the record of a former process, sorted; until the kernel was read */
	size_t          n_known;
	struct sp_spec *displaced;   /* those of others that were taken over, the oldest first: an undo gives them back */
	size_t          n_displaced;
	struct timer    timer;       /* TIMER_POLICIES: apply again what could not be applied */
	unsigned        tries;       /* that failed in a row */
	uint64_t        files;       /* digest of the list of files as written last, 0: not yet */
};

enum policies_how {
	POLICIES_BEST,      /* as much as possible; the rest is tried again by timer */
	POLICIES_WHOLE,     /* all or nothing */
	POLICIES_UNDO,      /* the same, and what was taken from others is given back */
};

struct policies_change {
	size_t added, changed, taken, removed, failed;
};

/* Read the record of a former process: before the kernel is read.  Out of memory and unreadable: nothing is known. */
void policies_load(struct daemon *d);

void policies_fini(struct daemon *d);

/* For sadb_env.ours_sp: is this policy, of which there is no row, one of ours? */
bool policies_ours(void *daemon, const struct sp_spec *sp);

/*
 * Make the kernel hold what |c| wants.  |why| (may be NULL) gets the first refusal in words, with file and line.
 *
 * POLICIES_WHOLE and POLICIES_UNDO: with an error everything is as it was before.  IKE_E_NOMEM, or what the kernel said.
 * POLICIES_BEST: IKE_OK, or the first error after all else was done.
 */
MUST_USE ike_err
policies_apply(struct daemon *d, const struct conf *c, enum policies_how how, struct policies_change *out, struct text *why);

/*
 * At start and by TIMER_POLICIES: what the present configuration wants, as far as possible now; the rest is tried again soon.
 * The error is for the start: a daemon without the memory for its policies must not let packets through without them.
 */
ike_err policies_establish(struct daemon *d);

/* One of ours from a former process has been found: look whether it is still wanted, soon. */
void policies_look_again(struct daemon *d);

/* The first |n| displaced ones will not be given back any more: what an undo goes back to is younger. */
void policies_displaced_before(struct daemon *d, size_t n);

/* All of ours have been taken out of the kernel: the records say so. */
void policies_closed(struct daemon *d);

/*
 * policy_reqid.c: the policies of |c| as they go into the kernel, in its order, into |out| (c->n_policies of them).
 * IKE_E_NOMEM, IKE_E_EXHAUSTED.
 */
MUST_USE ike_err
policies_with_reqids(const struct daemon *d, const struct conf *c, struct sp_spec *out);

/* policy_record.c: what a policy is, in one number; equal for equal policies of two processes and back ends. */
uint64_t policy_digest(const struct sp_spec *sp);

/* One line of the record.  IKE_E_NOMEM. */
MUST_USE ike_err policies_record_line(struct buf *b, const struct sp_spec *sp);

/* Add |lines| to the record, before what they name goes into the kernel.  Failures are logged: the record is written again soon. */
void policies_record_add(struct daemon *d, struct slice lines);

/* Write the whole record of all of ours. */
void policies_record(struct daemon *d);

/* Write the list of files of |c| (NULL: none), if it has changed. */
void policies_record_files(struct daemon *d, const struct conf *c);

#endif
