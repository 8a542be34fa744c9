/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * live - are the peers, and each half of each pair, still there?
 *
 * Signs: a pair that sends and receives nothing, counted by the kernel; a half that the kernel has no more; hints from the
 * network.  A sign starts a check and deletes nothing.  The check asks the peer over the IKE SA; a peer that knows our
 * notify is told our inbound SPIs and tells its own.  What the peer says it does not have is replaced at once.  A peer that
 * does not answer gets one replacement of the IKE SA beside the old one; the old one goes when the new one works, when the
 * peer proves that it has lost it, or when it has been silent for dpd_retry times dpd_maxfail and the brake allows.
 *
 * Whoever else doubts a peer or a pair calls live_suspect() or live_hint() and leaves the rest to this module.
 *
 * RFC 3706, RFC 7296 section 2.4, RFC 6290.
 */
#ifndef RINGTAIL_IKE_LIVE_H
#define RINGTAIL_IKE_LIVE_H

#include "util/addr.h"
#include "util/err.h"
#include "util/heap.h"
#include "util/log.h"
#include "util/slice.h"

struct child;
struct daemon;
struct ike_sa;

/* Of a child: what went through it when it was looked at last. */
struct live_watch {
	uint64_t in, out;        /* packets */
	ike_time unanswered;     /* since when something went out and nothing came in; 0: not so */
	ike_time again;          /* not suspected before */
	uint8_t  level;          /* how often it was suspected in a row without having received anything */
	bool     one_sided;      /* suspected, and not cleared */
};

/* Of an IKE SA: the question that the peer has not answered yet. */
struct live_check {
	ike_time     asked;      /* when first; 0: nothing is asked */
	ike_time     fail_at;    /* then a replacement is started ... */
	ike_time     dead_at;    /* ... and then the IKE SA is given up */
	unsigned     tries;
	bool         failed;     /* the IKE SA is used for nothing new until the peer is heard */
	bool         held;       /* the brake keeps it from being given up */
	ike_time     answered;   /* when the last check was */
	struct timer timer;      /* TIMER_CHECK */
};

/* Peers given up on suspicion, lately. */
#define BRAKE_SPAN  SEC(60)
#define BRAKE_LEAST 3u
#define BRAKE_SHARE 20u      /* one peer in so many: 5 % */

struct brake {
	ike_time  *when;         /* ring of the last |size| times */
	unsigned   size, n, at;
	unsigned   held;         /* IKE SAs that are held at present */
	ike_time   held_since;   /* 0: none */
	ike_time   open_until;   /* an operator lets everything through until then */
};

/* Of the daemon. */
struct live {
	struct timer     timer;          /* TIMER_LIVE: the next look at the children */
	struct brake     brake;
	struct log_limit hints, answers; /* unauthenticated: those that we follow, those that we give */
	uint8_t          crash_secret[32];
	bool             has_secret;     /* RFC 6290: QCD tokens can be made */
};

#endif
