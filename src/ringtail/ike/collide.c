/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: when both ends start at once there is one outcome, computed by both from what was on the wire.
 *
 * Before anything is established, the first messages decide: the higher initiator SPI (cookie) wins.  Its owner does not answer
 * the other for COLLIDE_PATIENCE; the loser answers, and gives its own attempt up when the other is established: not before,
 * since anybody can send a first message in the peer's name.  A peer that does not know the rule answers us; then both go on.
 * An attempt that the peer did not get at all gives way as well, whatever its SPI.
 *
 * What got established twice all the same is settled by the nonces, as RFC 7296 section 2.8.1 does for rekeying:
 * of the redundant SAs the one made with the lowest nonce goes, and the end that asked for it closes it.
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "sadb/sadb.h"

#include <string.h>

/* How long an attempt of ours keeps us from answering one that it beats: a peer that knows the rule has answered by then. */
#define COLLIDE_PATIENCE SEC(4)

bool
collide_lost(const struct ike_sa *ours, uint64_t their_spi)
{
	return ours->my_spi < their_spi;
}

/* Our own attempt gives way to the peer's: what waited for it waits for |winner|. */
static void
give_way(struct ike_sa *ours, struct ike_sa *winner)
{
	struct daemon *d = ours->d;

	ike_log(ours, LOG_L_DEBUG, "both ends started at once; the peer's attempt goes on");
	while (!list_empty(&ours->children)) {
		struct child *c = container_of(ours->children.next, struct child, link);
		child_bind(c, winner);
		child_wait_again(c);
		if (!child_redundant(c) && ike_sa_want(winner, INTENT_CHILD_CREATE, c->id) != IKE_OK)
			child_failed(c, IKE_E_NOMEM);
	}
	ours->ending = "both ends began at once, the peer's attempt goes on";
	ike_sa_kill(ours, IKE_E_GONE, false);
	d->stats.collisions++;
}

/* The peer is there now, which it was not when our first message went out: it need not wait for the next time. */
static void
call_again(struct ike_sa *ours)
{
	LIST_FOR(l, &ours->exchs) {
		const struct exch *x = container_of(l, struct exch, link);
		if (x->side == INITIATOR && x->sent > 1 && ours->peer_spi == 0)
			exch_transmit(ours, buf_slice(&x->out));
	}
}

bool
collide_first(struct daemon *d, const struct endpoint *local, const struct endpoint *remote, uint64_t their_spi)
{
	for (struct ike_sa *o = ike_next_of_peer(d, &remote->addr, NULL); o != NULL;
	    o = ike_next_of_peer(d, &remote->addr, o)) {
		if (o->state == IKE_CONNECTING && o->side == INITIATOR && o->replaces == 0 &&
		    d->now - o->created < COLLIDE_PATIENCE && addr_equal(&o->local.addr, &local->addr) &&
		    !collide_lost(o, their_spi)) {
			call_again(o);
			return false;
		}
	}
	return true;
}

void
collide_yield(struct ike_sa *winner)
{
	struct daemon *d = winner->d;
	struct ike_sa *o = ike_next_of_peer(d, &winner->remote.addr, NULL);

	while (o != NULL) {
		struct ike_sa *next = ike_next_of_peer(d, &winner->remote.addr, o);
		if (o != winner && o->state == IKE_CONNECTING && o->side == INITIATOR && o->peer_spi == 0 && o->replaces == 0 &&
		    addr_equal(&o->local.addr, &winner->local.addr))
			give_way(o, winner);
		o = next;
	}
}

/* The predecessor's children belong to the successor from now on. */
void
ike_hand_over(struct ike_sa *old, struct ike_sa *heir)
{
	while (!list_empty(&old->children))
		child_bind(container_of(old->children.next, struct child, link), heir);
	if (old->state == IKE_DEAD)
		return;
	/* what was to be found out of the children is to be found out there */
	if (old->check.compare_at != 0)
		live_compare(heir);
	ike_sa_move_queue(old, heir);
	old->rekeyed = true;
	old->state = IKE_DYING;
	ike_sa_arm(old);
}

struct ike_sa *
ike_heir(struct ike_sa *old)
{
	struct daemon *d = old->d;

	for (struct ike_sa *o = ike_next_of_peer(d, &old->remote.addr, NULL); o != NULL;
	    o = ike_next_of_peer(d, &old->remote.addr, o))
		if (o->replaces == old->id && o->state == IKE_ESTABLISHED)
			return o;
	return NULL;
}

/* Are we making a successor of |ike| ourselves? */
static bool
renewing(const struct ike_sa *ike)
{
	LIST_FOR(l, &ike->exchs) {
		const struct exch *x = container_of(l, struct exch, link);
		if (x->type->intent == INTENT_IKE_REKEY && x->side == INITIATOR)
			return true;
	}
	return false;
}

static void
settle_pair(struct ike_sa *a, struct ike_sa *b)
{
	struct ike_sa *loser = memcmp(a->nonce_low, b->nonce_low, sizeof(a->nonce_low)) < 0 ? a : b;
	struct ike_sa *winner = loser == a ? b : a;

	a->d->stats.collisions++;
	bool heirs = a->replaces != 0 && a->replaces == b->replaces;
	/* what was being made on the loser may have come up at one end only */
	if (loser->nchildren > 0)
		live_compare(winner);
	if (loser->ops->child_outlives_ike || heirs)
		ike_hand_over(loser, winner);
	if (loser->side == INITIATOR) {
		ike_log(loser, LOG_L_DEBUG, "redundant IKE SA of a simultaneous start is closed");
		ike_sa_delete(loser);
	}
}

void
ike_settle(struct ike_sa *ike)
{
	struct daemon *d = ike->d;
	struct ike_sa *old = ike_sa_get(d, ike->replaces);

	if (ike->peer_initial_contact)
		ike_forget_former(ike);
	ike_supersede(ike);
	/*
	 * RFC 7296 section 2.8.1: when both ends renew at once there are two successors for a while, and the one made with the lowest
	 * nonce is deleted.  While our own renewal is under way nobody knows which: the children wait.
	 */
	if (old != NULL && old->state != IKE_DEAD && !(ike->side == RESPONDER && renewing(old)))
		ike_hand_over(old, ike);
	struct ike_sa *o = ike_next_of_peer(d, &ike->remote.addr, NULL);
	while (o != NULL && ike->state == IKE_ESTABLISHED) {
		struct ike_sa *next = ike_next_of_peer(d, &ike->remote.addr, o);
		bool crossed = o->established > ike->created && o->side != ike->side;
		if (o != ike && o->state == IKE_ESTABLISHED && crossed && ike_same_peer(o, ike))
			settle_pair(o, ike);
		o = next;
	}
}
