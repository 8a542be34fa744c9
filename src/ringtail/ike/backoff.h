/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * backoff - traffic that we failed to negotiate SAs for is left alone for a while.
 *
 * Without this every packet towards a peer that refuses us would begin a negotiation.  The pause doubles with each
 * failure up to BACKOFF_MAX and ends with success; packets that come meanwhile are told to the kernel as failed when the pause
 * is over, so that the next one asks again.  Only ACQUIREs wait: what an operator asks for is tried at once.
 */
#ifndef RINGTAIL_IKE_BACKOFF_H
#define RINGTAIL_IKE_BACKOFF_H

#include "util/addr.h"
#include "util/htab.h"
#include "util/slot.h"
#include "util/time.h"

struct child;
struct daemon;

#define BACKOFF_MAX SEC(30)

/* |wait|, and up to a quarter of it more as |rnd| says, so that many that failed at once do not come back at once. */
static inline ike_time
backoff_spread(ike_time wait, uint32_t rnd)
{
	return wait + (wait / 4 >> 16) * (ike_time)(rnd >> 16);
}

struct backoffs {
	struct slotmap ids;
	struct htab    by_remote;
};

void backoffs_init(struct backoffs *b, const uint8_t seed[16]);
void backoffs_fini(struct daemon *d);

/* May an ACQUIRE for |c| not be served yet?  Then its larval state is taken care of. */
bool backoff_holds(struct daemon *d, const struct child *c, uint32_t acquire_seq);

/*
 * The negotiation of |c|, that an ACQUIRE asked for, failed for |why|.  True: the larval state is taken care of, false: the
 * caller has to release it now.
 */
bool backoff_failed(struct child *c, ike_err why);

/*
 * Somebody has taken |c|, or a half of it, out of the kernel.  0: it may be negotiated anew at once; else, since that happens
 * too often, not before then, and ACQUIREs wait, too.  |*first_out|: this is where the pauses begin.
 */
ike_time backoff_lost(const struct child *c, bool *first_out);

/* |c| is up. */
void backoff_over(const struct child *c);

/* The daemon ends: what waits is told as failed, so that the next packet asks whoever is there then. */
void backoffs_let_go(struct daemon *d);

/* TIMER_BACKOFF fired for this id. */
void backoff_timeout(struct daemon *d, uint64_t id);

/* Look at all of them: a timer could not be set. */
void backoffs_recover(struct daemon *d);

#endif
