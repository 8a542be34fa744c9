/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peer - what is remembered of a host beyond the IKE SAs and children we have with it at the moment: since when it is in the
 * state that it is in and why, and what its former pairs carried.  Rekeying, restarts of the peer and dead peer detection
 * end IKE SAs and children; this stays.
 *
 * One for each address that traffic of ours wanted a pair with, or with which an IKE SA was established or a pair installed; who
 * has proved nothing has none.  Owned by the daemon's peer_table, named by id elsewhere.  Bounded: PEER_MOST is a limit for
 * what a misbehaving realm could make us keep.  Who has had neither IKE SA nor pair nor event for PEER_KEEP makes room for new
 * ones, and in a full table earlier; when nobody can go, newcomers are not remembered and everything else works.
 */
#ifndef RINGTAIL_IKE_PEER_H
#define RINGTAIL_IKE_PEER_H

#include "util/addr.h"
#include "util/err.h"
#include "util/htab.h"
#include "util/list.h"
#include "util/slot.h"
#include "util/time.h"

#define PEER_MOST 65536u
#define PEER_KEEP SEC(24 * 3600)

struct daemon;
struct event;

/* Bytes and packets of pairs that are gone. */
struct peer_carried {
	uint64_t bytes_in, bytes_out, packets_in, packets_out;
};

enum peer_state {
	PEER_IDLE,           /* nobody wants anything of it, or its pairs ended in good order */
	PEER_CONNECTING,     /* the first pair is being negotiated, and nothing has failed yet */
	PEER_UP,
	PEER_DEGRADED,       /* there is a pair, and something with the peer failed or is under suspicion since */
	PEER_DOWN,           /* no pair, and the last attempt failed or the peer is dead; stays while it is tried again */
	PEER_STATES
};

struct peer {
	uint64_t            id;
	struct hnode        by_addr;
	struct list         link;            /* of the table: the one nothing happened with for longest first */
	struct addr         addr;
	ike_time            known_since, touched;
	enum peer_state     state;
	ike_time            since;           /* in that state */
	int64_t             since_wall;      /* 0: as long as it is known */
	ike_err             why;             /* what brought it there, IKE_OK: no failure */
	char                text[96];        /* the same in words */
	ike_time            failed_at;       /* last failure ... */
	int64_t             failed_wall;     /* ... 0: none since it was up */
	unsigned            failures;        /* in a row */
	uint64_t            ups, downs, rekeys, failed;  /* ever: became up, went down, pairs replaced, attempts that failed */
	struct peer_carried former;          /* of pairs that are gone: those that live are counted by the kernel */
};

struct peer_table {
	struct slotmap ids;
	struct htab    by_addr;
	struct list    order;
	unsigned       proved;               /* those that have ever been up */
};

void peers_init(struct peer_table *t, const uint8_t seed[16]);
void peers_fini(struct peer_table *t);

/* NULL: not known. */
struct peer *peer_find(const struct daemon *d, const struct addr *a);
struct peer *peer_get(const struct daemon *d, uint64_t id);

/* The peer at |a|, made if it is not known; NULL when out of memory or beyond PEER_MOST. */
struct peer *peer_of(struct daemon *d, const struct addr *a);

/* Something happened: the one place where the state of a peer changes; called by events_publish(). */
void peer_note(struct daemon *d, const struct event *ev);

/* The kernel's half with |bytes| and |packets| in direction |in| of a pair with |a| is going: what it carried is added. */
void peer_add_carried(struct daemon *d, const struct addr *a, bool in, uint64_t bytes, uint64_t packets);

/* "up", "degraded" ... */
const char *peer_state_name(enum peer_state s);

#endif
