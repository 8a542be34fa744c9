/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * refresh - pairs that a former process of ours has left are used as they are, and replaced: each peer is given a fresh IKE SA,
 * in the order of the traffic of its pairs, as admission control lets them in; on it a new pair is made beside the old one,
 * which goes when the new one is used.
 *
 * The peer is not told of INITIAL-CONTACT, because it is not true.  What it still has of the IKE SA that we have lost is its
 * business (contact.c).  Peers with whom we may only answer are left alone until they call or the pair expires.
 *
 * RFC 7296 section 2.8 (rekeying), section 2.4.
 */
#ifndef RINGTAIL_IKE_REFRESH_H
#define RINGTAIL_IKE_REFRESH_H

#include "util/heap.h"

#include <stdbool.h>

struct child;
struct daemon;

struct refresh {
	struct timer timer;      /* TIMER_REFRESH: then the traffic since the start is known, and the replacement begins */
	bool         due;        /* there are pairs to be looked at */
};

/* At the daemon's start: those that the former process had adopted itself and not replaced yet. */
void refresh_start(struct daemon *d);

/* |c| has been adopted. */
void refresh_note(struct child *c);

/* TIMER_REFRESH fired. */
void refresh_timeout(struct daemon *d);

/* A timer could not be set. */
void refresh_recover(struct daemon *d);

#endif
