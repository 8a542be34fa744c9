/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mirror - the daemon's side of the model of the kernel: which SAs and policies are ours, what is said of what others do to
 * them, and what becomes of SAs of ours that no child has.
 *
 * Such an SA is adopted if a policy uses it (adopt.h).  If it is not within ORPHAN_GRACE of when it was first seen and of the last
 * change of a policy, it is taken out of the kernel; while there is no policy at all that could use anything, the grace is
 * ORPHAN_GRACE_EMPTY.  What was not there at the start has ORPHAN_GRACE_LATE for both.  What is not ours is never touched.
 */
#ifndef RINGTAIL_IKE_MIRROR_H
#define RINGTAIL_IKE_MIRROR_H

#include "util/addr.h"
#include "util/heap.h"
#include "util/log.h"

struct daemon;
struct sa_spec;
struct sadb_change;

#define ORPHAN_GRACE       SEC(10)
#define ORPHAN_GRACE_EMPTY SEC(60)
#define ORPHAN_GRACE_LATE  SEC(2)
#define MIRROR_LOCALS      16

/* Somebody else keeps changing what is ours: the last such quarrel. */
struct mirror_quarrel {
	char     what[160];         /* the object, empty: there was none */
	uint64_t times;             /* quarrels so far */
	ike_time since;             /* when this one was noticed */
	uint32_t pid;               /* netlink port id of the other, 0: not known */
};

struct mirror {
	struct timer          timer;           /* TIMER_MIRROR: the next look at SAs without a child */
	ike_time              look_at;         /* when that is; 0: none is due */
	ike_time              policy_changed;  /* when one was added or changed last */
	struct addr           local[MIRROR_LOCALS];     /* addresses found to be ours */
	unsigned              n_local;
	struct log_limit      repairs;
	struct mirror_quarrel quarrel;
};

/* For struct sadb_env. */
bool mirror_ours_sa(void *arg, const struct sa_spec *s);
bool mirror_local(void *arg, const struct addr *a);

/* |a| is no address of this host any more: it may be another's now. */
void mirror_not_local(struct daemon *d, const struct addr *a);

/* A published change of the model, before children hear of it. */
void mirror_on_change(struct daemon *d, const struct sadb_change *ch);

/* Adopt what can be, and take out what has waited long enough; once at start and then as needed. */
void mirror_look(struct daemon *d);

/* TIMER_MIRROR fired. */
void mirror_timeout(struct daemon *d);

/* A timer could not be set: look at it. */
void mirror_recover(struct daemon *d);

/* Somebody keeps deleting SAs of ours for the same traffic: |what| says which. */
void mirror_contested(struct daemon *d, const char *what, uint32_t pid);

#endif
