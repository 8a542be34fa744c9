/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: one check of an IKE SA is under way at most, whatever gave rise to it.
 *
 *   asked      the question is repeated until CHECK_PATIENCE is over
 *   failed     what uses the IKE SA is negotiated anew beside it, once; the question goes on
 *   given up   dpd_retry times dpd_maxfail after the question, if nothing came through the pairs either and the brake allows
 *
 * Any authentic message that is no repetition ends it.  When a replacement stands, the old one has REPLACED_GRACE to be
 * heard of; then it goes without further proof.
 *
 * RFC 7296 section 2.4: "An endpoint MUST conclude that the other endpoint has failed only when repeated attempts to contact it
 * have gone unanswered for a timeout period or when a cryptographically protected INITIAL_CONTACT notification is received on a
 * different IKE SA to the same authenticated identity."
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "sadb/sadb.h"

/* Between two looks at a pair that the peer does not confirm. */
#define UNCONFIRMED_AGAIN SEC(1)
#define CHECK_PATIENCE SEC(4)
/* A hint says that there is nobody to answer. */
#define HINT_PATIENCE MSEC(700)
#define ASK_FIRST MSEC(500)
#define REPLACED_GRACE SEC(6)
/* Lists say something about whatever is older than half a second. */
#define COMPARE_AFTER MSEC(550)
/* In IKEv1 neither the question nor the answer is repeated by itself; a peer that never tells is not asked for ever. */
#define COMPARE_AGAIN SEC(1)
#define COMPARE_TRIES 8
/* One check is enough for whatever happens within it. */
#define JUST_CHECKED SEC(1)

static void
publish(const struct ike_sa *ike, enum event_kind kind, ike_err why, const char *text)
{
	struct event ev = {
		.kind = kind, .local = ike->local, .remote = ike->remote, .ike_id = ike->id, .major = ike->ops->major, .why = why,
		.stranger = kind == EV_SUSPECT, /* a hint is from anybody */
	};
	struct text t = text_in(ev.text, sizeof(ev.text));

	text_add(&t, text);
	events_publish(ike->d, &ev);
}

ike_time
live_patience(const struct ike_sa *ike)
{
	ike_time most = IKE_NEVER / 2000, retry = ike->rmt->dpd_retry < most ? ike->rmt->dpd_retry : most;
	ike_time span = retry * ike->rmt->dpd_maxfail;

	return span < 2 * CHECK_PATIENCE ? 2 * CHECK_PATIENCE : span;
}

static void
arm(struct ike_sa *ike)
{
	const struct live_check *k = &ike->check;
	ike_time when = k->dead_at;

	if (!k->failed && k->fail_at < when)
		when = k->fail_at;
	if (k->ask_at < when)
		when = k->ask_at;
	daemon_timer(ike->d, &ike->check.timer, when);
}

void
live_compare(struct ike_sa *ike)
{
	struct live_check *k = &ike->check;

	if (!ike->knows_spis || ike->state != IKE_ESTABLISHED || ike->d->stopping)
		return;
	k->timer.kind = TIMER_CHECK;
	k->timer.owner_id = ike->id;
	k->compare_at = ike->d->now + COMPARE_AFTER;
	k->compared = 0;
	if (k->asked == 0)
		daemon_timer(ike->d, &k->timer, k->compare_at);
}

/* It is time to: once more, unless this is answered.  A peer that cannot be asked whether it lives is not dead because it is silent. */
static void
compare_now(struct ike_sa *ike)
{
	struct live_check *k = &ike->check;

	k->compare_at = ++k->compared < COMPARE_TRIES ? ike->d->now + COMPARE_AGAIN : 0;
	if (ike->ops->can_ask != NULL && !ike->ops->can_ask(ike)) {
		if (k->compare_at != 0)
			daemon_timer(ike->d, &k->timer, k->compare_at);
		live_verify(ike);
		return;
	}
	live_check(ike);
	k->quiet = true;
}

void
live_compare_now(struct ike_sa *ike)
{
	live_compare(ike);
	if (ike->check.compare_at != 0 && ike->check.asked == 0)
		compare_now(ike);
}

void
live_compared(struct ike_sa *ike)
{
	/* a list from before we asked says nothing about what we ask for */
	if (ike->check.compared > 0)
		ike->check.compare_at = 0;
}

static void
ask(struct ike_sa *ike)
{
	struct live_check *k = &ike->check;
	ike_time gap = ASK_FIRST << (k->tries < 10 ? k->tries : 10);

	k->tries++;
	k->ask_at = ike->d->now + (gap < ike->rmt->dpd_retry ? gap : ike->rmt->dpd_retry);
	ike_err err = ike->ops->ask_alive(ike);
	if (err == IKE_OK || err == IKE_E_UNSUPPORTED)
		return;
	/* a question that was not sent is not one */
	k->tries--;
	ike_log(ike, LOG_L_DEBUG, "the peer cannot be asked now whether it lives: %s", ike_err_text(err));
}

void
live_check(struct ike_sa *ike)
{
	struct live_check *k = &ike->check;
	struct daemon *d = ike->d;

	if (k->asked != 0 || d->stopping || (ike->state != IKE_ESTABLISHED && ike->state != IKE_DYING))
		return;
	k->timer.kind = TIMER_CHECK;
	k->timer.owner_id = ike->id;
	k->asked = d->now;
	k->quiet = false;
	k->tries = 0;
	k->failed = false;
	k->fail_at = time_add(d->now, CHECK_PATIENCE);
	k->dead_at = time_add(d->now, live_patience(ike));
	d->stats.checks++;
	ask(ike);
	arm(ike);
}

/* Is anything of |ike| in use, or was it when the silence began? */
static bool
in_use(const struct child *c)
{
	return c->watch.one_sided || c->watch.unanswered != 0;
}

/* Negotiate anew what uses |ike|, beside it; |all|: what does not, too. */
static void
replace(struct ike_sa *ike, bool all)
{
	LIST_FOR_SAFE(l, &ike->children) {
		struct child *c = container_of(l, struct child, link);
		if (c->state == CHILD_INSTALLED && !c->rekeying && (all || in_use(c)))
			child_rekey(c);
	}
}

static void
start_elsewhere(struct child *c)
{
	struct daemon *d = c->d;
	uint64_t id = c->id;

	ike_err err = child_start(c);
	if (err != IKE_OK && (c = child_get(d, id)) != NULL)
		child_failed(c, err);
}

/*
 * |c| was asked for, and the peer may have got that and answered: its exchange goes on, and if it comes to an end after all both ends
 * have the pair.  What is started elsewhere is another child for the same.
 */
static ike_err
split(struct child *c)
{
	struct child *next;

	TRY(child_new(c->d, INITIATOR, NULL, &next));
	child_copy_wish(next, c);
	next->replaces = c->replaces;
	next->acquire_seq = c->acquire_seq;
	next->admit.class = c->admit.class;
	next->admit.rank = c->admit.rank;
	c->replaces = 0;
	c->acquire_seq = 0;
	c->moved = true;
	admit_over(c);
	start_elsewhere(next);
	return IKE_OK;
}

void
live_unconfirmed(struct child *c)
{
	const struct ike_sa *ike = ike_sa_get(c->d, c->ike_id);

	if (c->side != RESPONDER || c->moved || ike == NULL || ike->rmt->passive || c->d->stopping)
		return;
	/* what serves or comes now may go before this one is confirmed: the peer, which uses it, deletes what it replaces */
	if (child_find_serving(c->d, c) != NULL || child_find_coming(c->d, c) != NULL) {
		daemon_timer(c->d, &c->timer, c->d->now + UNCONFIRMED_AGAIN);
		return;
	}
	if (split(c) != IKE_OK)
		ike_log(ike, LOG_L_DEBUG, "out of memory: what the peer does not confirm is waited for");
}

/* What waits on |ike| for an answer that does not come is asked for anew, elsewhere. */
static void
move_on(struct ike_sa *ike)
{
	LIST_FOR_SAFE(l, &ike->children) {
		struct child *c = container_of(l, struct child, link);
		struct exch *x = child_exch(c);

		if (c->side != INITIATOR || c->moved || (c->state != CHILD_WANTED && c->state != CHILD_NEGOTIATING) ||
		    (x != NULL && split(c) == IKE_OK))
			continue;
		if (x != NULL)
			x->child_id = 0;
		/* IKEv2: a request that was sent is repeated until it is answered, whatever it was for */
		if (x != NULL && !x->ike->ops->windowed)
			exch_abandon(x, IKE_E_GONE);
		child_wait_again(c);
		child_bind(c, NULL);
		start_elsewhere(c);
	}
}

static void
fail(struct ike_sa *ike)
{
	ike->check.failed = true;
	ike->d->stats.checks_failed++;
	ike_log(ike, LOG_L_WARNING, "DPD: the peer does not answer; a new IKE SA is made beside the old one");
	publish(ike, EV_CHECK, IKE_E_TIMEOUT, "no answer");
	move_on(ike);
	replace(ike, false);
}

/* A peer whose traffic comes in is not dead, whatever its daemon does. */
static bool
traffic_comes(const struct ike_sa *ike)
{
	return ike->last_traffic != 0 && ike->last_traffic >= ike->check.asked &&
	    ike->d->now - ike->last_traffic < live_patience(ike);
}

bool
live_give_up(struct ike_sa *ike)
{
	bool replaced = ike->check.replaced;

	if (!replaced && (traffic_comes(ike) || !brake_allows(ike)))
		return false;
	brake_release(ike);
	ike->d->stats.peers_dead++;
	ike_sa_peer_dead(ike);
	return true;
}

void
live_check_timeout(struct ike_sa *ike)
{
	struct live_check *k = &ike->check;
	ike_time now = ike->d->now;

	if (k->asked == 0 && k->compare_at != 0 && ike->state == IKE_ESTABLISHED) {
		if (now < k->compare_at) {
			daemon_timer(ike->d, &k->timer, k->compare_at);
			return;
		}
		compare_now(ike);
		return;
	}
	if (k->asked == 0 || ike->state == IKE_DEAD)
		return;
	/* while we slept nobody could answer */
	if (ike->d->slept != 0) {
		k->fail_at = time_add(k->fail_at, ike->d->slept);
		k->dead_at = time_add(k->dead_at, ike->d->slept + CHECK_PATIENCE);
	}
	if (now >= k->dead_at) {
		if (live_give_up(ike))
			return;
		k->dead_at = time_add(now, ike->rmt->dpd_retry);
	}
	if (now >= k->fail_at && !k->failed)
		fail(ike);
	if (ike->state == IKE_DEAD)
		return;
	if (now >= k->ask_at)
		ask(ike);
	arm(ike);
}

void
live_heard(struct ike_sa *ike)
{
	struct live_check *k = &ike->check;

	if (k->asked == 0)
		return;
	bool failed = k->failed;
	heap_cancel(&ike->d->timers, &k->timer);
	brake_release(ike);
	k->asked = 0;
	k->failed = false;
	k->answered = ike->d->now;
	if (k->compare_at != 0)
		daemon_timer(ike->d, &k->timer, k->compare_at);
	if (failed) {
		live_compare(ike);
		ike->d->stats.healed++;
		publish(ike, EV_HEALED, IKE_OK, "the peer answers again");
	}
	/* a successor that was made meanwhile has its children, and live_tidy() closes what is left without */
	k->replaced = false;
}

void
live_answered(struct ike_sa *ike)
{
	live_heard(ike);
	if (!ike->check.quiet)
		publish(ike, EV_CHECK, IKE_OK, "answered");
	live_verify(ike);
}

void
live_suspect(struct child *c, const char *why)
{
	struct daemon *d = c->d;
	struct ike_sa *ike = ike_sa_get(d, c->ike_id);

	d->stats.suspicions++;
	child_publish(c, EV_SUSPECT, why);
	if (ike == NULL)
		ike = ike_find_for_peer(d, &c->local.addr, &c->remote.addr);
	if (ike == NULL || ike->state == IKE_CONNECTING || ike->state == IKE_DEAD) {
		live_verify_child(c);
		return;
	}
	if (ike->check.failed) {
		child_rekey(c);
		return;
	}
	ike->check.quiet = false;
	/* an answer to what was asked before |c| came up says nothing about it */
	if (ike->check.asked != 0 && c->installed >= ike->check.asked)
		live_compare(ike);
	if (ike->check.asked == 0 && ike->ops->can_ask != NULL && !ike->ops->can_ask(ike))
		live_verify_child(c);
	else
		live_check(ike);
}

void
live_hint(struct daemon *d, const struct addr *local, const struct addr *remote)
{
	struct ike_sa *ike = ike_find_for_peer(d, local, remote);

	if (ike == NULL || ike->state != IKE_ESTABLISHED)
		d->stats.hints_ignored++;
	else
		live_hint_ike(ike);
}

/*
 * A peer that cannot be asked: only what we see ourselves makes the hint worth anything.  Then quick mode is the question; where it
 * is not answered a new ISAKMP SA follows.
 */
static bool
worth_it(const struct ike_sa *ike)
{
	if (ike->ops->can_ask == NULL || ike->ops->can_ask(ike))
		return true;
	LIST_FOR(l, &ike->children) {
		const struct child *c = container_of(l, struct child, link);
		if (c->state == CHILD_INSTALLED && in_use(c))
			return true;
	}
	return false;
}

void
live_hint_ike(struct ike_sa *ike)
{
	struct live_check *k = &ike->check;
	struct daemon *d = ike->d;

	uint64_t suppressed;

	if ((ike->state != IKE_ESTABLISHED && ike->state != IKE_DYING) || k->failed || !worth_it(ike) ||
	    (k->answered != 0 && d->now - k->answered < JUST_CHECKED) || !log_allow(&d->live.hints, d->now, &suppressed)) {
		d->stats.hints_ignored++;
		return;
	}
	d->stats.hints++;
	if (k->asked == 0) {
		publish(ike, EV_SUSPECT, IKE_OK, "somebody says that the peer does not know us");
		live_check(ike);
		if (ike->ops->can_ask != NULL && !ike->ops->can_ask(ike))
			replace(ike, false);
	}
	/* a peer that is there has answered by then */
	if (k->asked != 0 && k->fail_at > d->now + HINT_PATIENCE) {
		k->fail_at = d->now + HINT_PATIENCE;
		arm(ike);
	}
}

/*
 * The children of |ike| go on without it until they are replaced: a daemon that was killed has adopted them.  A host that has lost
 * them says so with INITIAL-CONTACT.
 */
static void
outlive(struct ike_sa *ike)
{
	LIST_FOR_SAFE(l, &ike->children) {
		struct child *c = container_of(l, struct child, link);
		if (c->state != CHILD_INSTALLED && c->state != CHILD_RETIRING)
			continue;
		/* what was to be said of it waited on the IKE SA that is lost */
		if (c->delete_sent) {
			if (!c->gone)
				child_gone(c);
			continue;
		}
		child_bind(c, NULL);
		c->adopted = true;
		if (c->state == CHILD_INSTALLED && !c->rekeying)
			child_rekey(c);
	}
}

void
live_crashed(struct ike_sa *ike)
{
	ike_log(ike, LOG_L_WARNING, "the peer proves that it has lost this IKE SA");
	ike->d->stats.crash_proofs++;
	publish(ike, EV_PEER_DEAD, IKE_OK, "the peer proved that it has lost the IKE SA");
	brake_release(ike);
	ike->check.failed = true;
	move_on(ike);
	replace(ike, false);
	ike->ending = "the peer proved that it has lost it";
	if (ike_give_to_successor(ike) == NULL)
		outlive(ike);
	ike_sa_kill(ike, IKE_E_GONE, false);
}

void
live_established(struct ike_sa *ike)
{
	struct daemon *d = ike->d;

	for (struct ike_sa *o = ike_next_of_peer(d, &ike->remote.addr, NULL); o != NULL;
	    o = ike_next_of_peer(d, &ike->remote.addr, o)) {
		if (o == ike || !o->check.failed || o->state == IKE_DEAD || !ike_same_peer(o, ike))
			continue;
		live_compare(ike);
		o->check.replaced = true;
		o->check.dead_at = time_add(d->now, REPLACED_GRACE);
		arm(o);
		/* what nobody used until now is not left behind */
		replace(o, true);
	}
}

/* ike_same_peer(), whatever the versions. */
static bool
same_end(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->peer_id != NULL && b->peer_id != NULL && ident_equal(a->peer_id, b->peer_id) &&
	    addr_equal(&a->local.addr, &b->local.addr);
}

/* Is another with the same peer the one that is used? */
static bool
superfluous(struct ike_sa *ike)
{
	struct daemon *d = ike->d;

	if (ike->state != IKE_ESTABLISHED || ike->side != INITIATOR || ike->nchildren != 0 ||
	    ike->queue != NULL || ike->check.asked != 0 || d->now - ike->established < LIVE_TIDY)
		return false;
	for (struct ike_sa *o = ike_next_of_peer(d, &ike->remote.addr, NULL); o != NULL;
	    o = ike_next_of_peer(d, &ike->remote.addr, o))
		if (o != ike && o->state == IKE_ESTABLISHED && !o->check.failed && same_end(o, ike) &&
		    (o->nchildren > 0 || (o->ops == ike->ops && o->established > ike->established)))
			return true;
	return false;
}

void
live_tidy(struct daemon *d)
{
	struct ike_sa *ike;
	uint32_t it = 0;

	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL)
		if (superfluous(ike)) {
			ike_log(ike, LOG_L_DEBUG, "this IKE SA has no children, and another one has: it is closed");
			ike_sa_delete(ike);
		}
}
