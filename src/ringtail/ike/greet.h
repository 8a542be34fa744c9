/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * greet - a host that has lost its SAs by a reboot calls on those with whom it had some, instead of leaving them to send into the
 * void until they notice.
 *
 * With whom we have had pairs is kept in the file state/peers: a line for each, added when a peer is new (or a day has passed), written a
 * second later together with others, put in order from time to time.  It holds no secret.  A line that is torn or not
 * understood is passed over.  A peer not seen for GREET_MEMORY is forgotten.
 *
 * At start, and when a policy appears later, each outbound policy towards such a peer for which there is no pair becomes a child
 * under admission control (ADMIT_IDLE), after a little random time.  Who is not there is called again, GREET_TRIES times
 * with growing pauses.
 */
#ifndef RINGTAIL_IKE_GREET_H
#define RINGTAIL_IKE_GREET_H

#include "util/addr.h"
#include "util/err.h"
#include "util/heap.h"
#include "util/htab.h"
#include "util/slot.h"
#include "util/wr.h"

struct child;
struct daemon;
struct spd_row;

#define GREET_FILE   "state/peers"
#define GREET_MOST   65536u
#define GREET_TRIES  8u
#define GREET_MEMORY ((int64_t)30 * 86400)
#define GREET_DAY    ((int64_t)86400)

/* A peer with which we have had pairs. */
struct acquaintance {
	uint64_t     id;
	struct hnode by_addr;
	struct addr  addr;
	int64_t      seen;         /* seconds since 1970 */
	uint8_t      major;        /* IKE version of the last pair */
	unsigned     failures;     /* of greetings, in a row */
	struct timer timer;        /* TIMER_GREET: greet again */
};

struct greet {
	struct slotmap ids;
	struct htab    by_addr;
	struct buf     news;       /* lines that are not in the file yet */
	size_t         lines;      /* in the file */
	bool           rewrite;    /* the file has to be written as a whole */
	bool           started;    /* the file has been read */
	unsigned       refusals;   /* of the file, in a row */
	struct timer   timer;      /* TIMER_GREET with owner 0: write */
};

void greet_init(struct greet *g, const uint8_t seed[16]);
void greet_fini(struct daemon *d);

/* Read the file and greet: once, at the end of the daemon's start. */
void greet_start(struct daemon *d);

/* A policy has appeared. */
void greet_policy(struct daemon *d, const struct spd_row *row);

/* |c| is up: its peer is one to be remembered. */
void greet_note(const struct child *c);

/* |c|, which was a greeting, came to nothing. */
void greet_failed(const struct child *c);

/* Write what is not written yet, at once. */
void greet_flush(struct daemon *d);

/* TIMER_GREET fired. */
void greet_timeout(struct daemon *d, uint64_t id);

/* Look at all of them: a timer could not be set. */
void greet_recover(struct daemon *d);

#endif
