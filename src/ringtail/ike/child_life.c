/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a pair is replaced and how it ends.
 *
 * Make before break: who asked for the new pair uses it at once, because the peer's inbound half is there before the
 * peer answers.  The peer holds its outbound half back until we delete the old pair, which we do when the new one has
 * carried a packet, or after RETIRE_GRACE without traffic.  So the outbound half of neither end is used before the
 * other can read it, and the old inbound halves stay until nothing can be in flight.  A peer that does not delete what it
 * replaced is helped after RETIRE_PATIENCE; in IKEv1, where few do (racoon and strongSwan wait for the end of the lifetime) and
 * the last message of quick mode has said that the new pair is in use, after RETIRE_PATIENCE_V1.
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "sadb/sadb.h"

#include <stdlib.h>
#include <string.h>

#define RETIRE_POLL MSEC(250)
#define RETIRE_GRACE SEC(5)
#define RETIRE_PATIENCE SEC(60)
#define RETIRE_PATIENCE_V1 SEC(10)
#define HOLD_UNANNOUNCED SEC(1)
#define LINGER SEC(1)
#define DELETE_AGAIN SEC(1)
#define RETRY_MAX SEC(60)

/* How long the peer is given to delete |c|, which it replaced. */
static ike_time
patience(const struct child *c)
{
	const struct ike_sa *ike = ike_sa_get(c->d, c->ike_id);

	return ike == NULL || ike->ops->child_outlives_ike ? RETIRE_PATIENCE_V1 : RETIRE_PATIENCE;
}

/* The retirement of |c| in favour of |by|; |ours|: it is for us to delete it. */
static void
retire_for(struct child *c, const struct child *by, bool ours)
{
	c->replaced_by = by->id;
	c->ours_to_close = ours;
	daemon_timer(c->d, &c->timer, c->d->now + (ours ? RETIRE_POLL : patience(c)));
}

void
child_retire(struct child *c, struct child *by)
{
	const struct child *before = child_get(c->d, c->replaced_by);

	/* the one that it was to go for is going itself */
	if (c->state == CHILD_RETIRING && !c->delete_sent && !c->gone && (before == NULL || before->state != CHILD_INSTALLED))
		retire_for(c, by, by->side == INITIATOR);
	if (c->state != CHILD_INSTALLED)
		return;
	c->state = CHILD_RETIRING;
	c->rekeying = false;
	c->retry_at = 0;
	c->retiring_since = c->d->now;
	retire_for(c, by, by->side == INITIATOR);
}

/* Two pairs for the same traffic that neither replaces the other. */
static void
settle(struct child *c)
{
	struct child *o = child_find_same(c->d, c);

	struct ike_sa *ike = ike_sa_get(c->d, c->ike_id);

	if (o == NULL || o->id == c->replaces)
		return;
	if (ike != NULL)
		live_compare(ike);
	/*
	 * RFC 7296 section 2.8.1: the SA made with the lowest of the four nonces is the redundant one.  That is for SAs whose
	 * making crossed; else the newer one stands for what the peer knows now.
	 */
	bool crossed = o->installed > c->created && o->side != c->side;
	struct child *loser = crossed && memcmp(c->nonce_low, o->nonce_low, sizeof(c->nonce_low)) < 0 ? c : o;
	struct child *winner = loser == c ? o : c;

	loser->state = CHILD_INSTALLED;
	child_retire(loser, winner);
	if (!crossed)
		return;
	c->d->stats.collisions++;
	/* who asked for the redundant pair closes it; who asked for the other closes what both replace */
	retire_for(loser, winner, loser->side == INITIATOR);
	struct child *old = child_get(c->d, c->replaces);
	if (old != NULL && old->state == CHILD_RETIRING)
		retire_for(old, winner, winner->side == INITIATOR);
}

/* |c| takes the place of |old|; the peer, which asked for it, may not know of |old| any more, so that it will not delete that. */
static void
succeed(struct child *c, struct child *old)
{
	struct ike_sa *ike = ike_sa_get(c->d, c->ike_id);

	c->d->stats.rekeys++;
	live_inherit(c, old);
	if (ike != NULL && c->side == RESPONDER && (c->unannounced || old->ike_id != c->ike_id))
		live_compare(ike);
	child_retire(old, c);
}

/* |c| came of an IKE SA that has given its children to another meanwhile: it belongs there, too. */
static void
follow(struct child *c)
{
	struct ike_sa *ike = ike_sa_get(c->d, c->ike_id), *heir;

	/* one that is only to be renewed, or to end without an heir, still has its children */
	if (ike == NULL || !ike->rekeyed || ike->state == IKE_ESTABLISHED)
		return;
	heir = ike_find_for_peer(c->d, &c->local.addr, &c->remote.addr);
	if (heir != NULL && heir->state == IKE_ESTABLISHED && ike_same_peer(heir, ike))
		child_bind(c, heir);
}

void
child_unwanted(struct child *c)
{
	struct exch *x = child_exch(c);

	if (x == NULL) {
		child_abort(c, IKE_E_REDUNDANT);
		return;
	}
	exch_abandon(x, IKE_E_REDUNDANT);
}

/*
 * What the peer asked for and has not confirmed when |c| comes up, which was asked for instead, or later.  (Of two that crossed, one was
 * given up earlier.)
 */
static struct child *
unconfirmed(const struct child *c)
{
	const struct sad_row *row = sadb_peer_first(c->d->sadb, &c->remote.addr);

	for (; row != NULL; row = sadb_peer_next(c->d->sadb, row)) {
		struct child *o = row->user == 0 ? NULL : child_get(c->d, row->user);
		if (o != NULL && o->side == RESPONDER && o->state == CHILD_NEGOTIATING && child_alike(o, c) &&
		    (o->moved || c->side == INITIATOR || o->created <= c->created))
			return o;
	}
	return NULL;
}

void
child_up(struct child *c)
{
	struct daemon *d = c->d;
	struct child *old = child_get(d, c->replaces);

	admit_over(c);
	follow(c);
	c->state = CHILD_INSTALLED;
	c->installed = d->now;
	c->installed_wall = d->env.wallclock(d->env.arg);
	(void)peer_of(d, &c->remote.addr);
	d->stats.child_up++;
	child_log_half(c, "IPsec-SA established", SA_IN);
	child_log_half(c, "IPsec-SA established", SA_OUT);
	child_publish(c, old != NULL ? EV_CHILD_REKEYED : EV_CHILD_UP, old != NULL ? "replaces an older pair" : "");
	if (c->unannounced && c->pending_out != NULL)
		daemon_timer(d, &c->timer, d->now + RETIRE_POLL);
	if (old != NULL)
		succeed(c, old);
	live_wake(d);
	backoff_over(c);
	greet_note(c);
	settle(c);
	struct child *late = unconfirmed(c);
	if (late != NULL)
		child_unwanted(late);
	/* the peer may hold its new outbound half back for as long as the old pair lives */
	if (old != NULL && old->broken)
		child_delete(old, true);
}

/* What the half carried outlives it in the figures of its peer. */
static void
count_carried(struct child *c, uint64_t row, bool in)
{
	struct sa_usage u;

	if (c->installed != 0 && sadb_usage(c->d->sadb, row, &u) == IKE_OK)
		peer_add_carried(c->d, &c->remote.addr, in, u.bytes, u.packets);
}

/* Take one half out of the kernel; a refusal is repeated by the model. */
static void
remove_row(struct child *c, uint64_t *row, bool in)
{
	if (*row == 0)
		return;
	count_carried(c, *row, in);
	(void)sadb_release(c->d->sadb, *row);
	*row = 0;
}

void
child_remove_rows(struct child *c, bool in, bool out)
{
	/* one that was held back is not to come later */
	if (out && c->pending_out != NULL) {
		sa_keys_wipe(c->pending_out);
		free(c->pending_out);
		c->pending_out = NULL;
	}
	if (out)
		remove_row(c, &c->row_out, false);
	if (in)
		remove_row(c, &c->row_in, true);
}

/* The kernel has said, once, that it is time to replace |c|. */
static bool
is_dying(const struct child *c)
{
	const struct sad_row *in = sadb_row(c->d->sadb, c->row_in), *out = sadb_row(c->d->sadb, c->row_out);

	return (in != NULL && in->have == SAD_DYING) || (out != NULL && out->have == SAD_DYING);
}

/*
 * |c| goes: what was to go in favour of it goes in favour of its successor, or, if there is none, is needed again.  (The peer
 * closes |c| as the redundant one of two that crossed, which we could not see.)
 */
static void
disappoint(struct child *c)
{
	const struct sad_row *row = sadb_peer_first(c->d->sadb, &c->remote.addr);

	for (; row != NULL; row = sadb_peer_next(c->d->sadb, row)) {
		struct child *o = row->user == 0 ? NULL : child_get(c->d, row->user);
		if (o == NULL || o->replaced_by != c->id || o->state != CHILD_RETIRING)
			continue;
		o->replaced_by = c->replaced_by;
		if (c->replaced_by != 0 || o->delete_sent || o->gone)
			continue;
		o->state = CHILD_INSTALLED;
		if ((c->replaces == o->id && c->side == INITIATOR) || o->broken || is_dying(o))
			child_rekey_failed(o);
	}
}

void
child_drop(struct child *c)
{
	struct child *next = child_get(c->d, c->replaced_by);

	disappoint(c);
	if (next != NULL)
		child_release_out(next);
	if (c->installed != 0) {
		log_put(c->d->env.log, LOG_L_INFO, NULL, "purged IPsec-SA proto_id=%s spi=%u.",
		    c->proto == PROTO_AH ? "AH" : "ESP", c->spi_out);
		child_publish(c, EV_CHILD_DOWN, c->replaced_by != 0 ? "replaced" : c->ending != NULL ? c->ending : "");
	}
	child_remove_rows(c, true, true);
	record_end(c->d, c);
	child_forget(c);
}

void
child_gone(struct child *c)
{
	struct child *next = child_get(c->d, c->replaced_by);

	if (next == NULL) {
		child_drop(c);
		return;
	}
	child_release_out(next);
	child_remove_rows(c, false, true);
	c->gone = true;
	c->gone_since = c->d->now;
	c->delete_sent = true;
	daemon_timer(c->d, &c->timer, c->d->now + LINGER);
}

void
child_delete(struct child *c, bool tell)
{
	struct ike_sa *ike = ike_sa_get(c->d, c->ike_id);

	if (c->delete_sent)
		return;
	/* an adopted pair whose inbound SPI is not known has no name for the peer */
	if (c->state == CHILD_WANTED || c->state == CHILD_NEGOTIATING || !tell || c->spi_in == 0) {
		child_drop(c);
		return;
	}
	if (ike == NULL)
		ike = ike_find_for_peer(c->d, &c->local.addr, &c->remote.addr);
	if (ike == NULL || ike->state == IKE_CONNECTING) {
		child_drop(c);
		return;
	}
	c->delete_sent = true;
	c->state = CHILD_RETIRING;
	child_bind(c, ike);
	uint64_t id = c->id;
	struct daemon *d = c->d;
	ike_err err = ike_sa_want(ike, INTENT_CHILD_DELETE, id);
	if (err != IKE_OK && (c = child_get(d, id)) != NULL)
		child_delete_unsaid(c, err);
}

void
child_delete_unsaid(struct child *c, ike_err why)
{
	/* a pair that only the peer keeps swallows its traffic: out of memory now is no reason never to say it */
	if (why == IKE_E_NOMEM && !c->d->stopping) {
		c->delete_sent = false;
		daemon_timer(c->d, &c->timer, c->d->now + DELETE_AGAIN);
		return;
	}
	child_drop(c);
}

void
child_announce_delete(struct child *c)
{
	struct ike_sa *ike = ike_sa_get(c->d, c->ike_id);

	if (ike == NULL || ike->ops->windowed || ike->state == IKE_DEAD)
		return;      /* IKEv2: the delete of the IKE SA covers it */
	c->delete_sent = true;
	if (exch_start(ike, ike->ops->for_intent(INTENT_CHILD_DELETE), c->id) != IKE_OK)
		ike_log(ike, LOG_L_DEBUG, "the peer could not be told that an IPsec SA ends");
}

void
child_abort(struct child *c, ike_err why)
{
	struct child *old = child_get(c->d, c->replaces);

	if (why != IKE_E_REDUNDANT)
		child_report_failure(c, why);
	if (old != NULL && old->replaced_by == 0)
		child_rekey_failed(old);
	if (why == IKE_E_REDUNDANT || !backoff_failed(c, why))
		child_answer_acquire(c);
	c->state = CHILD_RETIRING;
	child_delete(c, true);
}

/* Has |c| carried anything since it stands? */
static bool
used(const struct child *c)
{
	struct sa_usage in = { 0 }, out = { 0 };

	if (c->row_in != 0 && sadb_usage(c->d->sadb, c->row_in, &in) != IKE_OK)
		return false;
	if (c->row_out != 0 && sadb_usage(c->d->sadb, c->row_out, &out) != IKE_OK)
		return false;
	return in.packets > 0 || out.packets > 0;
}

/*
 * A pair of a former process, which knew whose turn it was: the peer, which may use it, has to be told before it goes, once it
 * can be.
 */
static bool
must_wait_for_ike(const struct child *c)
{
	const struct ike_sa *ike = ike_find_for_peer(c->d, &c->local.addr, &c->remote.addr);

	return c->adopted && c->ike_id == 0 && c->replaced_by != 0 && (ike == NULL || ike->state == IKE_CONNECTING);
}

static void
retire_step(struct child *c)
{
	struct child *next = child_get(c->d, c->replaced_by);
	ike_time age = c->d->now - c->retiring_since;

	if (c->gone) {
		if (c->d->now < c->gone_since + LINGER)
			daemon_timer(c->d, &c->timer, c->gone_since + LINGER);
		else
			child_drop(c);
		return;
	}
	if (c->delete_sent)
		return;
	if (must_wait_for_ike(c)) {
		daemon_timer(c->d, &c->timer, c->d->now + RETIRE_POLL);
		return;
	}
	bool ours = next == NULL || c->ours_to_close;
	if (age >= (ours ? RETIRE_GRACE : patience(c)) || (ours && next != NULL && used(next)))
		child_delete(c, true);
	else
		daemon_timer(c->d, &c->timer, c->d->now + (ours ? RETIRE_POLL : patience(c) - age));
}

/*
 * A pair that the peer asked for without saying what it replaces: its outbound half follows when the peer uses it, or after a
 * while, since perhaps it has nothing else.
 */
static bool
hold_ends(const struct child *c)
{
	return c->d->now - c->installed >= HOLD_UNANNOUNCED || used(c);
}

static void
installed_step(struct child *c)
{
	if (c->retry_at != 0 && c->retry_at <= c->d->now) {
		c->retry_at = 0;
		child_rekey(c);
		return;
	}
	bool held = c->unannounced && c->pending_out != NULL, ends = held && hold_ends(c);
	if (held && !ends)
		daemon_timer(c->d, &c->timer, c->d->now + RETIRE_POLL);
	else if (c->retry_at != 0)
		daemon_timer(c->d, &c->timer, c->retry_at);
	if (ends)
		child_release_out(c);
}

void
child_timeout(struct child *c)
{
	switch (c->state) {
	case CHILD_RETIRING:
		retire_step(c);
		break;
	case CHILD_INSTALLED:
		installed_step(c);
		break;
	case CHILD_WANTED:
		if (admit_waits(c))
			admit_waited_enough(c);
		else
			child_wait_no_more(c);
		break;
	case CHILD_NEGOTIATING:
		live_unconfirmed(c);
		break;
	}
}

void
child_rekey_failed(struct child *c)
{
	ike_time wait = SEC(1) << (c->failures < 6 ? c->failures : 6);

	c->rekeying = false;
	c->failures++;
	if (c->state != CHILD_INSTALLED)
		return;
	/* not the same part of the quarter each time */
	c->retry_at = c->d->now + backoff_spread(wait < RETRY_MAX ? wait : RETRY_MAX, c->jitter * (2 * c->failures + 1));
	daemon_timer(c->d, &c->timer, c->retry_at);
}

void
child_copy_wish(struct child *to, const struct child *from)
{
	to->sainfo = from->sainfo;
	conf_unref(to->conf);
	to->conf = conf_ref(from->conf);
	to->local = from->local;
	to->remote = from->remote;
	to->my_ts = from->my_ts;
	to->peer_ts = from->peer_ts;
	to->proto = from->proto;
	to->mode = from->mode;
	to->reqid_in = from->reqid_in;
	to->reqid_out = from->reqid_out;
	to->narrowed = from->narrowed;
}

ike_err
child_start_replacement(struct child *c, bool replaces)
{
	struct child *next;

	TRY(child_new(c->d, INITIATOR, NULL, &next));
	child_copy_wish(next, c);
	uint64_t id = next->id;
	struct ike_sa *ike = ike_sa_get(c->d, c->ike_id);
	if (replaces)
		next->replaces = c->id;
	bool waits = c->watch.one_sided || (replaces && c->broken && c->row_out == 0);
	next->admit.class = waits ? ADMIT_TRAFFIC : !replaces ? ADMIT_LOST : c->adopted ? ADMIT_ADOPTED : ADMIT_REKEY;
	if (c->adopted)
		next->admit.rank = c->admit.rank;
	/* what is lost is made on the IKE SA that is in use now, which may be another */
	if (replaces && ike != NULL && ike->state == IKE_ESTABLISHED && !ike->check.failed)
		child_bind(next, ike);
	struct daemon *d = c->d;
	ike_err err = child_start(next);
	if (err != IKE_OK && (next = child_get(d, id)) != NULL) {
		next->replaces = 0;
		child_failed(next, err);
	}
	return err;
}

void
child_rekey(struct child *c)
{
	if (c->state != CHILD_INSTALLED || c->rekeying)
		return;
	uint64_t id = c->id;
	struct daemon *d = c->d;
	c->rekeying = true;
	/* adopted when the configuration had none for it */
	if (c->sainfo == NULL && child_find_sainfo(c) != IKE_OK) {
		child_rekey_failed(c);
		return;
	}
	if (child_start_replacement(c, true) != IKE_OK && (c = child_get(d, id)) != NULL)
		child_rekey_failed(c);
}
