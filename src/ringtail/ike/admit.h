/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * admit - how many peers we negotiate with at a time, and who is next.
 *
 * What we begin on our own (an IKE SA with its first child, a new child) takes a place of its peer; there are as many places as
 * `negotiations` says.  All children of one peer share its place, because they share its IKE SA and its window.  A child whose peer
 * has none waits: once for each policy, the peers in a priority queue.  Order: packets wait, rekeying, lost pairs, pairs that
 * a restart left without an IKE SA (the busiest first), greetings, each of which has a time before which it is not due.
 *
 * A place is given back when the last child of the peer is up or given up, or when the peer has had its chance: ADMIT_PATIENCE if
 * it does not answer, ADMIT_LONGEST if it does.  So dead peers keep nobody waiting for long.
 *
 * What the peer begins takes no place.
 */
#ifndef RINGTAIL_IKE_ADMIT_H
#define RINGTAIL_IKE_ADMIT_H

#include "util/addr.h"
#include "util/err.h"
#include "util/heap.h"
#include "util/htab.h"
#include "util/list.h"
#include "util/slot.h"

struct child;
struct daemon;

#define ADMIT_PATIENCE SEC(2)
#define ADMIT_LONGEST  SEC(10)
/* Children that wait; more are refused. */
#define ADMIT_WAITING_MOST 65536u

/* Why a child is wanted, the most urgent first. */
enum admit_class {
	ADMIT_TRAFFIC,     /* packets wait, or an operator does */
	ADMIT_REKEY,       /* a soft limit */
	ADMIT_LOST,        /* a pair is gone */
	ADMIT_ADOPTED,     /* a pair without an IKE SA */
	ADMIT_IDLE,        /* a greeting */
};

/* What |struct child| has to do with it. */
struct admit_ticket {
	enum admit_class   class;
	uint64_t           rank;      /* smaller is sooner, within the class; of ADMIT_IDLE the time when it is due */
	struct admit_peer *gate;      /* NULL: not (any more) under admission control */
	struct list        waiting;   /* in gate->waiting, alone once begun */
};

/* All that waits for, or is under way with, one address. */
struct admit_peer {
	uint64_t     id;
	struct hnode by_addr;
	struct addr  addr;
	struct list  waiting;         /* tickets of children, in order of arrival */
	unsigned     begun;           /* children that were let in and are not up yet */
	bool         place;           /* it has one */
	ike_time     since;           /* of the place */
	struct timer turn;            /* in admit->queue, |when| is the order */
	struct timer timer;           /* TIMER_ADMIT: the end of our patience */
};

struct admit {
	struct slotmap ids;
	struct htab    by_addr;
	struct heap    queue;         /* peers without a place, of whom children wait */
	unsigned       places;        /* taken */
	unsigned       waiting;       /* children */
	uint64_t       held_back;     /* children that had to wait, ever */
};

void admit_init(struct admit *a, const uint8_t seed[16]);
void admit_fini(struct daemon *d);

/*
 * |c| is to be negotiated: begins at once if its peer has or gets a place, else waits; c->admit.class and .rank say how urgent it
 * is.  Again for one that was let in before: begins.  IKE_E_NOMEM, IKE_E_EXHAUSTED (too many wait), or why it could not begin.
 */
MUST_USE ike_err admit_child(struct child *c);

/* Does |c| wait? */
bool admit_waits(const struct child *c);

/* The child that waits for a place and wants what |like| wants; NULL. */
struct child *admit_find(struct daemon *d, const struct child *like);

/* |c|, which waits, has become more urgent. */
void admit_hurry(struct child *c, enum admit_class class);

/* |c| is up or goes: its part of the place is free. */
void admit_over(struct child *c);

/* Let in whoever is next, as far as there are places: at the end of each entry point. */
void admit_run(struct daemon *d);

/* |c|, which waits for a rekeying, may have waited long enough: then it begins, place or not. */
void admit_waited_enough(struct child *c);

/* When admit_run() has something to do by the clock alone; IKE_NEVER: not. */
ike_time admit_deadline(const struct daemon *d);

/* TIMER_ADMIT fired for this id. */
void admit_timeout(struct daemon *d, uint64_t id);

/* Look at all of them: a timer could not be set. */
void admit_recover(struct daemon *d);

#endif
