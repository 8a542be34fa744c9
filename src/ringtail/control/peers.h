/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peers - everybody the daemon has to do with, gathered from IKE SAs, children, policies and the configuration, with what is
 * remembered of them (ike/peer.h).
 *
 * A snapshot for one answer: pointers into the engine are borrowed and valid until anything is changed.  Cost: O(n) and a sort.
 */
#ifndef RINGTAIL_CONTROL_PEERS_H
#define RINGTAIL_CONTROL_PEERS_H

#include "ringtail/control/server.h"

struct peer_view {
	struct hnode by_addr;
	struct addr addr;
	const struct conf_remote *section; /* that names this address; NULL: none */
	struct ike_sa *ike; /* the best one: established before connecting, newest first */
	unsigned ikes, children, coming; /* children installed, and wanted or negotiating */
	unsigned one_sided,
	    adopted;              /* of those installed: a half is missing; from before a restart */
	struct child *child;      /* the newest installed */
	struct peer_carried live; /* by the pairs there are */
	bool policy;              /* an outbound policy names it */
	const struct peer *memory; /* NULL: nothing is remembered */
};

struct peers {
	const struct addr *only; /* whom it is about; NULL: everybody */
	struct peer_view **v;    /* sorted by address */
	size_t n, cap;
	struct htab by_addr;
	struct arena mem;
};

/* Everybody, or only who is at |only| (NULL: all).  IKE_E_NOMEM, IKE_E_CRYPTO; peers_free() is due in any case. */
MUST_USE ike_err
peers_collect(struct control_call *call, const struct addr *only, struct peers *out);

void
peers_free(struct peers *p);

/* NULL: not among them. */
struct peer_view *
peers_find(const struct peers *p, const struct addr *a);

/* "down", "degraded", "connecting", "up", "ike-only", "idle". */
const char *
peer_state(const struct peer_view *p);

/* Since when it is in that state; 0: not known. */
int64_t
peer_since(const struct daemon *d, const struct peer_view *p);

/* Is a pair or an IKE SA with it being negotiated? */
bool
peer_is_tried(const struct peer_view *p);

/* Of one that is not up: why.  |t| stays empty if there is nothing to say. */
void
peer_why(const struct peer_view *p, struct text *t);

/* As members of what is open. */
void
peer_put(struct ctl_put *p, const struct daemon *d, const struct peer_view *peer);

/*
 * The address of the peer called |word|: an address, a name of a remote section, an identity, or the unique beginning of one of
 * these.  |known|: an address must be among the peers.  False: |call| has failed.
 */
bool
peers_resolve(struct control_call *call, struct slice word, bool known, struct addr *out);

#endif
