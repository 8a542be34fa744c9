/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * INITIAL-CONTACT: a host that has lost everything it had with a peer says so, and the peer lets go of it, too.
 *
 * RFC 2407 section 4.6.3.3, RFC 7296 section 2.4.
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "sadb/sadb.h"

bool
ike_same_peer(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->ops == b->ops && a->peer_id != NULL && b->peer_id != NULL &&
	       ident_equal(a->peer_id, b->peer_id) && addr_equal(&a->local.addr, &b->local.addr);
}

/* Is |row| of the child that the first exchanges of |ike| have made? */
static bool
made_on(const struct ike_sa *ike, const struct sad_row *row)
{
	const struct child *c = row->user == 0 ? NULL : child_get(ike->d, row->user);

	return c != NULL && c->ike_id == ike->id && c->state == CHILD_NEGOTIATING;
}

bool
ike_first_contact(struct ike_sa *ike)
{
	if (!ike->rmt->initial_contact)
		return false;
	for (struct ike_sa *o = ike_next_of_peer(ike->d, &ike->remote.addr, NULL); o != NULL;
	     o = ike_next_of_peer(ike->d, &ike->remote.addr, o))
		if (o != ike && o->state != IKE_CONNECTING)
			return false;
	const struct sad_row *row = sadb_peer_first(ike->d->sadb, &ike->remote.addr);
	for (; row != NULL; row = sadb_peer_next(ike->d->sadb, row))
		if (row->want == SAD_WANT_INSTALLED && row->owner != SADB_FOREIGN && !made_on(ike, row))
			return false;
	return true;
}

void
ike_forget_former(struct ike_sa *ike)
{
	struct daemon *d = ike->d;
	struct ike_sa *o = ike_next_of_peer(d, &ike->remote.addr, NULL);

	ike_log(ike, LOG_L_INFO, "received INITIAL-CONTACT");
	while (o != NULL) {
		bool former = o != ike && (o->state == IKE_ESTABLISHED || o->state == IKE_DYING) &&
			      ike_same_peer(o, ike) && o->established <= ike->created;
		if (former) {
			o->ending = "the peer has begun anew";
			ike_sa_kill(o, IKE_E_GONE, true);
		}
		/* others may have gone with it, such as the successor it was making: start over */
		o = ike_next_of_peer(d, &ike->remote.addr, former ? NULL : o);
	}
	child_forget_former(ike);
}

void
ike_supersede(struct ike_sa *ike)
{
	struct daemon *d = ike->d;

	if (ike->side != RESPONDER || ike->replaces != 0 || ike->ops->child_outlives_ike)
		return;
	for (struct ike_sa *o = ike_next_of_peer(d, &ike->remote.addr, NULL); o != NULL;
	     o = ike_next_of_peer(d, &ike->remote.addr, o)) {
		bool older = o != ike && o->state == IKE_ESTABLISHED && o->established <= ike->created;
		if (!older || !ike_same_peer(o, ike))
			continue;
		o->superseded_by = ike->id;
		o->superseded = d->now;
		live_compare(ike);
		if (ike_sa_want(o, INTENT_LIVENESS, 0) != IKE_OK)
			ike_log(o, LOG_L_DEBUG, "the peer cannot be asked now whether it knows the older IKE SA");
		ike_sa_arm(o);
	}
}

/*
 * Another with the same peer that is in use.  The peer may go on with the children there, as we would, so it has to be one that
 * tells which it has.
 */
static struct ike_sa *
beside(struct ike_sa *old)
{
	struct daemon *d = old->d;

	for (struct ike_sa *o = ike_next_of_peer(d, &old->remote.addr, NULL); o != NULL; o = ike_next_of_peer(d, &old->remote.addr, o))
		if (o != old && o->state == IKE_ESTABLISHED && !o->check.failed && o->knows_spis && ike_same_peer(o, old))
			return o;
	return NULL;
}

struct ike_sa *
ike_give_to_successor(struct ike_sa *old)
{
	struct ike_sa *heir = ike_sa_get(old->d, old->superseded_by);

	if (old->state == IKE_DEAD)
		return NULL;
	if (heir == NULL || heir->state != IKE_ESTABLISHED)
		heir = beside(old);
	if (heir == NULL)
		return NULL;
	ike_hand_over(old, heir);
	live_compare(heir);
	return heir;
}

void
ike_superseded_timeout(struct ike_sa *ike)
{
	if (ike->superseded_by == 0 || ike->state == IKE_DEAD)
		return;
	if (ike->last_in > ike->superseded) {
		ike->superseded_by = 0;
		return;
	}
	if (ike->d->now < ike->superseded + SUPERSEDED_PATIENCE)
		return;
	if (ike_give_to_successor(ike) == NULL) {
		ike->superseded_by = 0;
		return;
	}
	ike_log(ike, LOG_L_INFO, "the peer has lost this IKE SA and made another");
	ike_sa_kill(ike, IKE_E_GONE, false);
}
