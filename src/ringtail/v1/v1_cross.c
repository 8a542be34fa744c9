/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: two first messages of quick mode for the same child pass each other on the way.  Both ends then know
 * both nonces, and the exchange with the lower one is given up by the end that began it and not answered by the
 * other, as RFC 7296 section 2.8.1 decides for IKEv2.  A peer that does not know the rule repeats its message, and is
 * answered as soon as ours has come to an end.
 */
#include "ringtail/v1/v1.h"

/* As long as a message may be on its way that was sent before our exchange came to its end. */
#define OVERTAKEN SEC(1)

/* |theirs| serves what |ours| was for. */
static void
give_up(struct exch *x, struct child *ours, struct child *theirs)
{
	struct child *old = child_get(ours->d, ours->replaces);

	ike_log(x->ike, LOG_L_DEBUG,
	    "both ends asked for the same child at once; the peer's attempt goes on");
	x->child_id = 0;
	exch_abandon(x, IKE_E_GONE);
	if (theirs->acquire_seq == 0)
		theirs->acquire_seq = ours->acquire_seq;
	child_drop(ours);
	if (old != NULL && old->replaced_by == 0)
		child_rekey_failed(old);
}

/*
 * The peer's message was overtaken by the end of our exchange about the same.  Since the peer has answered ours, it has given up its
 * own; if it is a new one, it is repeated.
 */
static bool
overtaken(const struct child *c)
{
	const struct child *o = child_find_same(c->d, c);

	return o != NULL && o->side == INITIATOR && c->d->now - o->installed < OVERTAKEN;
}

ike_err
v1_cross(struct exch *x, struct child *c)
{
	struct child *ours = child_find_coming(c->d, c);
	struct exch *other = ours == NULL || ours->state != CHILD_NEGOTIATING ? NULL : child_exch(ours);

	/* IKEv2 makes its children otherwise */
	if (other != NULL && (other->type != &v1_quick || other->side != INITIATOR))
		other = NULL;
	if (other == NULL && overtaken(c)) {
		x->child_id = 0;
		child_drop(c);
		return IKE_E_STATE;
	}
	if (other == NULL)
		return IKE_OK;
	c->d->stats.collisions++;
	if (slice_compare(buf_slice(&other->my_nonce), buf_slice(&x->peer_nonce)) < 0) {
		give_up(other, ours, c);
		return IKE_OK;
	}
	x->child_id = 0;
	child_drop(c);
	return IKE_E_STATE;
}
