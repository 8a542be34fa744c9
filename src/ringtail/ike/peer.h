/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peer - what is remembered of a host beyond the IKE SAs and children we have with it at the moment: since when it is in the
 * state that it is in and why, and what its former pairs carried.  Rekeying, restarts of the peer and dead peer detection
 * end IKE SAs and children; this stays.
 *
 * One for each address with which an IKE SA was established or a pair installed; who has proved nothing has none.  Owned by
 * the daemon's peer_table, named by id elsewhere.  PEER_MOST is a limit for what a misbehaving realm could make us keep:
 * beyond it nothing is remembered and everything else works.
 */
#ifndef RINGTAIL_IKE_PEER_H
#define RINGTAIL_IKE_PEER_H

#include "util/addr.h"
#include "util/err.h"
#include "util/htab.h"
#include "util/slot.h"
#include "util/time.h"

#define PEER_MOST 65536u

struct child;
struct daemon;

/* Bytes and packets of pairs that are gone. */
struct peer_carried {
	uint64_t bytes_in, bytes_out, packets_in, packets_out;
};

struct peer {
	uint64_t            id;
	struct hnode        by_addr;
	struct addr         addr;
	ike_time            known_since;
	struct peer_carried former;      /* of pairs that are gone: those that live are counted by the kernel */
};

struct peer_table {
	struct slotmap ids;
	struct htab    by_addr;
};

void peers_init(struct peer_table *t, const uint8_t seed[16]);
void peers_fini(struct peer_table *t);

/* NULL: not known. */
struct peer *peer_find(const struct daemon *d, const struct addr *a);
struct peer *peer_get(const struct daemon *d, uint64_t id);

/* The peer at |a|, made if it is not known; NULL when out of memory or beyond PEER_MOST. */
struct peer *peer_of(struct daemon *d, const struct addr *a);

/* The kernel's half with |bytes| and |packets| in direction |in| of a pair with |a| is going: what it carried is added. */
void peer_add_carried(struct daemon *d, const struct addr *a, bool in, uint64_t bytes, uint64_t packets);

#endif
