/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * daemon - the root object and its entry points.
 *
 * The daemon is a function of its inputs: datagrams, kernel events, control messages and time.  It never polls,
 * sleeps or reads a clock.  Each entry point sets the time, dispatches, publishes events and reaps what died; they
 * must not be called from within each other.  Outputs leave through struct env.
 */
#ifndef RINGTAIL_DAEMON_H
#define RINGTAIL_DAEMON_H

#include "ringtail/env.h"
#include "ringtail/ike/admit.h"
#include "ringtail/ike/backoff.h"
#include "ringtail/ike/child.h"
#include "ringtail/ike/cred.h"
#include "ringtail/ike/events.h"
#include "ringtail/ike/greet.h"
#include "ringtail/ike/ike_sa.h"
#include "ringtail/ike/mirror.h"
#include "ringtail/ike/peer.h"
#include "ringtail/ike/refresh.h"
#include "ringtail/ike/policies.h"
#include "ringtail/ike/record.h"
#include "ringtail/ike/reload.h"
#include "util/heap.h"

struct conf;
struct kern_event;
struct sadb;

/* What daemon->timers nodes are for. */
enum timer_kind {
	TIMER_EXCH,        /* retransmission or time-out of an exchange; owner: IKE SA id */
	TIMER_IKE,         /* lifetime, liveness and housekeeping of an IKE SA */
	TIMER_CHILD,       /* a child's next step (delete the old one, give up, retry) */
	TIMER_CHECK,       /* a peer that was asked whether it lives has not answered; owner: IKE SA id */
	TIMER_LIVE,        /* the next look at what goes through the children */
	TIMER_MIRROR,      /* the next look at SAs of ours that no child has */
	TIMER_BACKOFF,     /* the end of a pause after a failure */
	TIMER_GREET,       /* a greeting to repeat; owner 0: state/peers to write */
	TIMER_REFRESH,     /* adopted pairs are to be replaced */
	TIMER_ADMIT,       /* the end of our patience with a peer that others wait for */
	TIMER_RELOAD,      /* a reload that waits, one to be undone, what it left to do */
	TIMER_POLICIES,    /* policies that are not in the kernel as they should be are tried again */
};

/* IKEv2: keys of the cookies that strangers have to send back (v2_cookie.c). */
struct cookie_keys {
	uint8_t  now[32], before[32];
	uint32_t number;     /* of |now|, 0: none yet */
	ike_time since;
};

struct daemon_stats {
	uint64_t datagrams_in, datagrams_out, dropped;
	uint64_t drops_by_err[IKE_E_COUNT];
	uint64_t ike_up, ike_failed, child_up, child_failed, adopted, rekeys, retransmissions, acquires, acquires_ignored, collisions;
	uint64_t suspicions, checks, checks_failed, halflings, healed, hints, hints_ignored, crash_proofs, peers_dead, brake_held,
	    evictions;
	uint64_t greetings;
};

struct daemon {
	struct env           env;
	struct conf         *conf;          /* our reference to the present snapshot */
	ike_time             now;
	ike_time             started;
	int64_t              started_wall;
	bool                 busy;          /* inside an entry point */
	bool                 stopping;
	bool                 frozen;        /* handed over: nothing is taken in and nothing goes out any more */
	bool                 resume_due;    /* taken over: go on at the next entry point */
	struct ike_table     ikes;
	struct child_table   children;
	struct peer_table    peers;
	struct backoffs      backoffs;
	struct live          live;
	struct admit         admit;
	struct greet         greet;
	struct refresh       refresh;
	struct sadb         *sadb;
	struct policies      policies;
	struct record        record;
	struct mirror        mirror;
	struct reload        reload;
	struct heap          timers;
	bool                 timers_lost;   /* a timer could not be set: look at everything at the next tick */
	ike_time             slept;         /* the timer that fires does so that much too late: the machine slept, 0: it did not */
	struct event_ring    events;
	struct list          dead_exchs;    /* to free when the entry point returns ... */
	struct list          graveyard;     /* ... and IKE SAs */
	struct log_limit     drop_log, stranger_log;
	struct cookie_keys   cookie_keys;
	struct control      *control;       /* clients and subscriptions (control/) */
	struct psk_cache     psk;
	struct daemon_stats  stats;
};

/*
 * Make a daemon on |conf| (a reference is taken) in |env| (copied).  Talks to the kernel: adopts the view of the SAD and
 * SPD.  IKE_E_NOMEM, IKE_E_CRYPTO, IKE_E_KERNEL.
 */
MUST_USE ike_err
daemon_new(const struct env *env, struct conf *conf, ike_time now, struct daemon **out);

/* Free everything.  Says nothing to peers or the kernel: see daemon_shutdown(). */
void
daemon_free(struct daemon *d);

void daemon_datagram(struct daemon *d, const struct dgram *dg, ike_time now);
void daemon_kernel(struct daemon *d, const struct kern_event *ev, ike_time now);
void daemon_control(struct daemon *d, uint64_t client, struct slice msg, ike_time now);
void daemon_control_closed(struct daemon *d, uint64_t client, ike_time now);
void daemon_tick(struct daemon *d, ike_time now);

/* When daemon_tick() wants to be called next; IKE_NEVER if no time-out is pending. */
ike_time
daemon_deadline(const struct daemon *d);

/*
 * HUP: read the configuration again (env.conf_load) and use it, whole or not at all: reload.h.  Failures are logged.  IKE_OK also if
 * one was served just now and this one has to wait.
 */
ike_err
daemon_hup(struct daemon *d, ike_time now);

/* An address of ours appeared or went away. */
void
daemon_address(struct daemon *d, const struct addr *a, bool up, ike_time now);

enum daemon_end {
	END_AS_CONFIGURED,   /* directive keep_sas: one of the two below */
	END_KEEP,            /* SAs and policies stay in the kernel for the next daemon, and peers hear nothing */
	END_CLOSE,           /* tell every peer, delete what is ours from the kernel and nothing else */
};

/* Does that end leave SAs and policies in the kernel? */
bool
daemon_keeps(const struct daemon *d, enum daemon_end how);

/* The end is near: no new negotiations.  Deletes are sent once; nobody waits for answers. */
void
daemon_shutdown(struct daemon *d, enum daemon_end how, ike_time now);

/*
 * The process ends and another is to go on with everything: freeze, and write all there is to |out| (ike/handover.h).  From then on the
 * daemon ignores what it is told and sends nothing; only daemon_free() is left.  On an error nothing has changed.
 *
 *   IKE_E_STATE     it was done before, or the daemon shuts down
 *   IKE_E_NOMEM, IKE_E_CRYPTO, IKE_E_FULL
 */
MUST_USE ike_err
daemon_hand_over(struct daemon *d, ike_time now, struct secret *out);

/* Would nothing be given up by daemon_hand_over() now?  A first negotiation would; it pays to wait a little. */
bool
daemon_at_rest(const struct daemon *d);

/* For the engine: random bytes from the daemon's generator; IKE_E_CRYPTO. */
MUST_USE ike_err
daemon_random(struct daemon *d, void *out, size_t n);

/* For the engine: put a timer at |when|; out of memory is answered by firing at the next tick of the daemon. */
void
daemon_timer(struct daemon *d, struct timer *t, ike_time when);

#endif
