/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * events - published facts: what happened to IKE SAs and children, for control clients, hooks, logs and tests.
 *
 * A ring of the last EVENT_RING facts, each with a sequence number.  Publishing never fails and never calls back into the
 * engine; readers ask for what is newer than the last they saw.
 */
#ifndef RINGTAIL_IKE_EVENTS_H
#define RINGTAIL_IKE_EVENTS_H

#include "util/addr.h"
#include "util/time.h"

#define EVENT_RING 4096

enum event_kind {
	EV_IKE_UP, EV_IKE_DOWN, EV_IKE_FAILED, EV_CHILD_UP, EV_CHILD_DOWN, EV_CHILD_FAILED, EV_CHILD_REKEYED, EV_CHILD_ADOPTED, EV_ACQUIRE,
	EV_PEER_DEAD,
	EV_SUSPECT,     /* traffic or a hint says that a pair or a peer may be gone; the text says which */
	EV_CHECK,       /* the peer was asked; the text is its answer, or that there is none */
	EV_HALFLING,    /* one end has lost a pair that the other still uses: it is replaced */
	EV_HEALED,      /* what was suspected works */
	EV_BRAKE,       /* more peers than is believable seem dead at once: nothing is torn down */
	EV_CONFIG, EV_KERNEL, EV_COUNT
};

struct event {
	uint64_t        seq;           /* 1.. */
	int64_t         wall;          /* seconds since 1970 */
	enum event_kind kind;
	struct endpoint local, remote;
	uint64_t        ike_id, child_id;
	uint32_t        spi_in, spi_out;
	ike_err         why;
	uint8_t         major;         /* IKE version, 0: none */
	bool            stranger;      /* the other end had proved nothing */
	bool            theirs;        /* the peer began what failed */
	char            text[160];
};

struct event_ring {
	struct event *v;               /* EVENT_RING of them */
	uint64_t      last;            /* seq of the newest, 0: none yet */
};

struct daemon;

MUST_USE ike_err events_init(struct event_ring *r);
void             events_fini(struct event_ring *r);

/* Publish; seq and wall are filled in. */
void events_publish(struct daemon *d, const struct event *ev);

/* The event with |seq|; NULL if it is not (any more) in the ring. */
const struct event *events_get(const struct event_ring *r, uint64_t seq);

/* "ike-up" ... */
const char *event_kind_name(enum event_kind k);

#endif
