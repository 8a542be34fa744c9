/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: every entry point is enter() - one thing - leave().  leave() lets the model of the kernel catch up and
 * frees the IKE SAs that died meanwhile, so that no handler ever sees an object vanish under its hands.
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "crypto/crypto.h"
#include "ringtail/control/control.h"
#include "ringtail/ike/handover.h"
#include "sadb/sadb.h"

#include <stdlib.h>
#include <string.h>

#define DAEMON_TICK SEC(1)
/* Nobody is busy for so long that a timer is that late. */
#define SLEPT SEC(5)

ike_err
daemon_random(struct daemon *d, void *out, size_t n)
{
	return crypto_random(d->env.crypto, out, n);
}

/* SPIs of the model: a failing generator gives zeroes, which the model refuses as an SPI. */
static void
sadb_random(void *arg, void *buf, size_t n)
{
	struct daemon *d = arg;

	if (crypto_random(d->env.crypto, buf, n) != IKE_OK)
		log_put(d->env.log, LOG_L_ERROR, NULL, "no random bytes from OpenSSL");
}

static void
sadb_changed(void *arg, const struct sadb_change *c)
{
	if (c->kind == SADB_POLICY_NEW && c->sp->owner == SADB_ADOPTED)
		policies_look_again(arg);
	mirror_on_change(arg, c);
	child_on_change(arg, c);
}

void
daemon_timer(struct daemon *d, struct timer *t, ike_time when)
{
	if (heap_set(&d->timers, t, when) != IKE_OK)
		d->timers_lost = true;
}

/* False: the daemon is frozen, and nothing happens to it any more. */
static bool
enter(struct daemon *d, ike_time now)
{
	if (d->frozen)
		return false;
	if (now > d->now)
		d->now = now;
	sadb_clock(d->sadb, d->now);
	d->busy = true;
	if (d->resume_due)
		handover_resume(d);
	return true;
}

/* Exchanges first: each belongs to an IKE SA. */
static void
reap(struct daemon *d)
{
	while (!list_empty(&d->dead_exchs))
		exch_free(container_of(d->dead_exchs.next, struct exch, link));
	if (list_empty(&d->graveyard))
		return;
	while (!list_empty(&d->graveyard))
		ike_sa_free(container_of(d->graveyard.next, struct ike_sa, grave));
	/* nothing of the last keys stays in kept contexts */
	crypto_forget(d->env.crypto);
}

static void
leave(struct daemon *d)
{
	admit_run(d);
	record_catch_up(d);
	reap(d);
	control_flush(d);
	d->busy = false;
}

static void
look_at_keys(struct daemon *d)
{
	char why[400];
	struct text t = text_in(why, sizeof(why));

	/* the file is read at each negotiation, so that it may come later */
	if (cred_check(d, d->conf, &t) != IKE_OK)
		log_put(d->env.log, LOG_L_WARNING, NULL, "%s; until then no peer can be authenticated", why);
}

static ike_err
start_up(struct daemon *d)
{
	look_at_keys(d);
	TRY(record_load(d));
	sadb_set_audit(d->sadb, d->conf->timers.audit, d->now);
	/* a kernel that cannot be read now is read again by sadb_tick(), and the daemon serves meanwhile; it does not without memory */
	ike_err err = sadb_resync(d->sadb, d->now);
	if (err == IKE_E_NOMEM)
		return err;
	if (err != IKE_OK)
		log_put(d->env.log, LOG_L_WARNING, NULL, "cannot read the kernel's SAD and SPD yet: %s (%s)",
		    ike_err_text(err), d->env.kern->reason);
	live_start(d);
	handover_take(d);
	mirror_look(d);
	/* what the kernel refuses is tried again; without memory for what keeps packets from going in clear there is no start */
	if (policies_establish(d) == IKE_E_NOMEM)
		return IKE_E_NOMEM;
	refresh_start(d);
	greet_start(d);
	live_wake(d);
	return IKE_OK;
}

ike_err
daemon_new(const struct env *env, struct conf *conf, ike_time now, struct daemon **out)
{
	struct daemon *d = calloc(1, sizeof(*d));
	uint8_t seed[16];

	if (d == NULL)
		return IKE_E_NOMEM;
	d->env = *env;
	d->now = d->started = now;
	d->started_wall = env->wallclock(env->arg);
	d->conf = conf_ref(conf);
	d->drop_log = (struct log_limit){ .per = SEC(10), .burst = 5 };
	d->mirror.repairs = (struct log_limit){ .per = SEC(1), .burst = 20 };
	d->stranger_log = (struct log_limit){ .per = MSEC(100), .burst = 200 };
	d->live.hints = (struct log_limit){ .per = MSEC(100), .burst = 20 };
	d->live.answers = (struct log_limit){ .per = MSEC(5), .burst = 1000 };
	d->live.timer.kind = TIMER_LIVE;
	list_init(&d->graveyard);
	list_init(&d->dead_exchs);
	ike_err err = ike_table_init(&d->ikes, d);
	if (err == IKE_OK)
		err = events_init(&d->events);
	if (err == IKE_OK)
		err = daemon_random(d, seed, sizeof(seed));
	if (err == IKE_OK) {
		struct sadb_env se = { .random = sadb_random, .changed = sadb_changed, .ours_sa = mirror_ours_sa,
			.ours_sp = policies_ours, .local = mirror_local, .arg = d };
		d->sadb = sadb_new(env->kern, seed, &se);
		if (d->sadb == NULL)
			err = IKE_E_NOMEM;
		memcpy(d->live.seed, seed, sizeof(seed));
		backoffs_init(&d->backoffs, seed);
		admit_init(&d->admit, seed);
		greet_init(&d->greet, seed);
		peers_init(&d->peers, seed);
		record_init(&d->record, seed);
	}
	if (err != IKE_OK) {
		daemon_free(d);
		return err;
	}
	(void)enter(d, now);
	d->policies.timer.kind = TIMER_POLICIES;
	d->reload.timer.kind = TIMER_RELOAD;
	policies_load(d);
	err = start_up(d);
	leave(d);
	if (err != IKE_OK) {
		daemon_free(d);
		return err;
	}
	*out = d;
	return IKE_OK;
}

void
daemon_free(struct daemon *d)
{
	uint32_t it = 0;
	void *obj;

	if (d == NULL)
		return;
	while ((obj = slot_each(&d->children.ids, &it)) != NULL)
		child_forget(obj);
	it = 0;
	while ((obj = slot_each(&d->ikes.ids, &it)) != NULL)
		ike_sa_kill(obj, IKE_E_GONE, false);
	reap(d);
	backoffs_fini(d);
	admit_fini(d);
	greet_fini(d);
	peers_fini(&d->peers);
	record_fini(&d->record);
	slot_fini(&d->children.ids);
	ike_table_fini(&d->ikes);
	control_fini(d);
	events_fini(&d->events);
	policies_fini(d);
	reload_fini(d);
	sadb_free(d->sadb);
	psk_index_free(&d->psk.index);
	heap_fini(&d->timers);
	conf_unref(d->conf);
	wipe(d->live.crash_secret, sizeof(d->live.crash_secret));
	free(d);
}

void
daemon_datagram(struct daemon *d, const struct dgram *dg, ike_time now)
{
	if (!enter(d, now))
		return;
	d->stats.datagrams_in++;
	demux_datagram(d, dg);
	leave(d);
}

void
daemon_kernel(struct daemon *d, const struct kern_event *ev, ike_time now)
{
	if (!enter(d, now))
		return;
	sadb_kernel_event(d->sadb, ev, d->now);
	leave(d);
}

void
daemon_control(struct daemon *d, uint64_t client, struct slice msg, ike_time now)
{
	if (!enter(d, now))
		return;
	control_input(d, client, msg);
	leave(d);
}

void
daemon_control_closed(struct daemon *d, uint64_t client, ike_time now)
{
	if (!enter(d, now))
		return;
	control_closed(d, client);
	leave(d);
}

static void
fire(struct daemon *d, const struct timer *t)
{
	struct ike_sa *ike;
	struct child *c;

	switch ((enum timer_kind)t->kind) {
	case TIMER_EXCH:
		/* cancelled before its exchange is freed, so the exchange lives */
		exch_timeout(container_of(t, struct exch, timer));
		break;
	case TIMER_IKE:
		if ((ike = ike_sa_get(d, t->owner_id)) != NULL)
			ike_sa_timeout(ike);
		break;
	case TIMER_CHILD:
		if ((c = child_get(d, t->owner_id)) != NULL)
			child_timeout(c);
		break;
	case TIMER_CHECK:
		if ((ike = ike_sa_get(d, t->owner_id)) != NULL)
			live_check_timeout(ike);
		break;
	case TIMER_LIVE:
		live_look(d);
		break;
	case TIMER_MIRROR:
		mirror_timeout(d);
		break;
	case TIMER_BACKOFF:
		backoff_timeout(d, t->owner_id);
		break;
	case TIMER_GREET:
		greet_timeout(d, t->owner_id);
		break;
	case TIMER_REFRESH:
		refresh_timeout(d);
		break;
	case TIMER_ADMIT:
		admit_timeout(d, t->owner_id);
		break;
	case TIMER_RELOAD:
		reload_timeout(d);
		break;
	case TIMER_POLICIES:
		(void)policies_establish(d);
		break;
	}
}

static void
recover_exchs(struct ike_sa *ike)
{
	LIST_FOR(l, &ike->exchs) {
		struct exch *x = container_of(l, struct exch, link);
		if (x->timer.pos != 0)
			continue;
		exch_timeout(x);
		if (x->over) {
			/* it is in another list now, and others may be, too: the rest at the next tick */
			ike->d->timers_lost = true;
			return;
		}
	}
}

/*
 * A timer could not be set for want of memory.  Everything that should have one and has none is given its turn now; all
 * handlers look at the clock themselves and set the timer again.
 */
static void
recover_timers(struct daemon *d)
{
	uint32_t it = 0;
	struct ike_sa *ike;
	struct child *c;

	d->timers_lost = false;
	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL) {
		recover_exchs(ike);
		if (ike->timer.pos == 0 && ike->state != IKE_DEAD)
			ike_sa_timeout(ike);
		if (ike->check.timer.pos == 0 && ike->state != IKE_DEAD)
			live_check_timeout(ike);
	}
	it = 0;
	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		if (c->timer.pos == 0)
			child_timeout(c);
	if (d->live.timer.pos == 0)
		live_look(d);
	backoffs_recover(d);
	admit_recover(d);
	greet_recover(d);
	refresh_recover(d);
	if (d->policies.timer.pos == 0)
		(void)policies_establish(d);
	mirror_recover(d);
	if (d->reload.timer.pos == 0)
		reload_timeout(d);
}

void
daemon_tick(struct daemon *d, ike_time now)
{
	struct timer *t;

	if (!enter(d, now))
		return;
	sadb_tick(d->sadb, d->now);
	if (d->timers_lost)
		recover_timers(d);
	while ((t = heap_first(&d->timers)) != NULL && t->when <= d->now) {
		d->slept = d->now - t->when < SLEPT ? 0 : d->now - t->when;
		heap_cancel(&d->timers, t);
		fire(d, t);
	}
	d->slept = 0;
	leave(d);
}

ike_time
daemon_deadline(const struct daemon *d)
{
	const struct timer *t = heap_first(&d->timers);
	ike_time when = t == NULL ? IKE_NEVER : t->when;
	ike_time db = sadb_deadline(d->sadb);

	if (d->frozen)
		return IKE_NEVER;
	if (d->resume_due)
		return d->now;
	if (d->timers_lost && when > d->now + DAEMON_TICK)
		when = d->now + DAEMON_TICK;
	if (db < when)
		when = db;
	ike_time next = admit_deadline(d);
	return next < when ? next : when;
}

ike_err
daemon_hup(struct daemon *d, ike_time now)
{
	if (!enter(d, now))
		return IKE_E_STATE;
	/* whoever asks for a reload wants to be sure of what there is, too; a failure is followed by another try */
	(void)sadb_resync(d->sadb, d->now);
	ike_err err = reload_signal(d);
	leave(d);
	return err;
}

void
daemon_address(struct daemon *d, const struct addr *a, bool up, ike_time now)
{
	uint32_t it = 0;
	struct ike_sa *ike;
	struct child *c;

	if (!enter(d, now))
		return;
	if (!up)
		mirror_not_local(d, a);
	while (!up && (ike = slot_each(&d->ikes.ids, &it)) != NULL) {
		if (!addr_equal(&ike->local.addr, a))
			continue;
		ike_log(ike, LOG_L_WARNING, "our address of this IKE SA is gone");
		ike_sa_kill(ike, IKE_E_GONE, true);
	}
	/* those that have outlived theirs */
	it = 0;
	while (!up && (c = slot_each(&d->children.ids, &it)) != NULL)
		if (c->ike_id == 0 && addr_equal(&c->local.addr, a))
			child_drop(c);
	leave(d);
}

static bool
is_to_come(const struct child *c)
{
	return c->state == CHILD_WANTED || c->state == CHILD_NEGOTIATING;
}

/* Packets that wait for |c| are not to wait for a daemon that is gone. */
static void
drop_child(struct child *c)
{
	if (is_to_come(c))
		child_answer_acquire(c);
	child_drop(c);
}

/* Tell all peers, and take what is ours out of the kernel. */
static void
close_all(struct daemon *d)
{
	uint32_t it = 0;
	struct ike_sa *ike;
	struct child *c;

	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		if (c->state == CHILD_INSTALLED || c->state == CHILD_RETIRING)
			child_announce_delete(c);
	it = 0;
	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL) {
		if (ike->state == IKE_ESTABLISHED || ike->state == IKE_DYING)
			ike_sa_announce_delete(ike);
		ike_sa_kill(ike, IKE_E_GONE, true);
	}
	it = 0;
	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		drop_child(c);
	/* what the kernel would not let go of at the first try; nobody comes back to it later */
	ike_err err = sadb_close(d->sadb);
	if (err != IKE_OK)
		log_put(d->env.log, LOG_L_ERROR, NULL, "something of ours stays in the kernel: %s (%s)", ike_err_text(err),
		    d->env.kern->reason);
	policies_closed(d);
}

/* Reservations of SPIs are of no use to anybody; whatever carries traffic stays, and keys that are held back end with us. */
static void
keep_all(struct daemon *d)
{
	uint32_t it = 0;
	struct child *c;

	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		if (is_to_come(c))
			drop_child(c);
		else
			child_release_out(c);
	log_put(d->env.log, LOG_L_INFO, NULL, "SAs and policies stay in the kernel (keep_sas)");
}

bool
daemon_keeps(const struct daemon *d, enum daemon_end how)
{
	return how == END_KEEP || (how == END_AS_CONFIGURED && d->conf->keep_sas);
}

void
daemon_shutdown(struct daemon *d, enum daemon_end how, ike_time now)
{
	if (!enter(d, now))
		return;
	d->stopping = true;
	greet_flush(d);
	backoffs_let_go(d);
	if (daemon_keeps(d, how))
		keep_all(d);
	else
		close_all(d);
	leave(d);
}
