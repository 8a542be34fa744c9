/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "prop/life.h"
#include "sadb/sadb.h"

#include <stdlib.h>
#include <string.h>

/* racoon renews at 80 % of the life; a little spread keeps a mesh from doing so in step. */
#define IKE_SOFT_LO 80
#define IKE_SOFT_HI 88
/* A responder that renews late leaves it to the initiator. */
#define IKE_SOFT_LATE_LO 92
#define IKE_SOFT_LATE_HI 96
#define REKEY_RETRY SEC(10)

void
ike_log(const struct ike_sa *ike, enum log_level level, const char *fmt, ...)
{
	struct addr_buf ab;
	va_list ap;

	if (ike->half_open && level < LOG_L_DEBUG && !ike_log_stranger(ike->d))
		return;
	va_start(ap, fmt);
	log_vput(ike->d->env.log, level, addr_text(&ike->remote.addr, &ab), fmt, ap);
	va_end(ap);
}

bool
ike_log_stranger(struct daemon *d)
{
	uint64_t n;

	if (!log_allow(&d->stranger_log, d->now, &n))
		return false;
	if (n > 0)
		log_put(d->env.log, LOG_L_WARNING, NULL, "%llu messages about peers that had proved nothing were suppressed",
		    (unsigned long long)n);
	return true;
}

void
ike_log_phase2(const struct ike_sa *ike, enum exch_side side)
{
	struct addr_buf a, b;

	log_put(ike->d->env.log, LOG_L_INFO, NULL, "%s new phase 2 negotiation: %s<=>%s", side == INITIATOR ? "initiate" : "respond",
	    endpoint_text(&ike->local, &a), endpoint_text(&ike->remote, &b));
}

static void
publish(const struct ike_sa *ike, enum event_kind kind, ike_err why, const char *text, bool stranger)
{
	struct event ev = {
		.kind = kind, .local = ike->local, .remote = ike->remote, .ike_id = ike->id, .why = why,
		.major = ike->ops->major, .stranger = stranger, .theirs = ike->side == RESPONDER,
	};
	struct text t = text_in(ev.text, sizeof(ev.text));

	text_add(&t, text);
	events_publish(ike->d, &ev);
}

struct ike_sa *
ike_sa_blank(struct daemon *d)
{
	struct ike_sa *ike = calloc(1, sizeof(*ike));

	if (ike == NULL)
		return NULL;
	ike->d = d;
	ike->ops = &v2_ops;
	ike->soft = ike->hard = IKE_NEVER;
	ike->conf = conf_ref(d->conf);
	list_init(&ike->exchs);
	list_init(&ike->replies);
	list_init(&ike->children);
	list_init(&ike->stranger);
	list_init(&ike->grave);
	return ike;
}

ike_err
ike_sa_new(struct daemon *d, const struct ike_version_ops *ops, enum exch_side side, const struct endpoint *local,
    const struct endpoint *remote, uint64_t peer_spi, struct ike_sa **out)
{
	struct ike_sa *ike = ike_sa_blank(d);

	if (ike == NULL)
		return IKE_E_NOMEM;
	ike->ops = ops;
	ike->side = side;
	ike->local = *local;
	ike->remote = *remote;
	ike->peer_spi = peer_spi;
	ike->created = ike->last_in = d->now;
	ike_err err;
	do
		err = daemon_random(d, &ike->my_spi, sizeof(ike->my_spi));
	while (err == IKE_OK && (ike->my_spi == 0 || ike_find_by_spi(d, ike->my_spi) != NULL));
	if (err == IKE_OK)
		err = ops->init(ike);
	if (err == IKE_OK)
		err = ike_table_add(ike);
	if (err != IKE_OK) {
		ops->fini(ike);
		conf_unref(ike->conf);
		free(ike);
		return err;
	}
	ike->timer.kind = TIMER_IKE;
	ike->timer.owner_id = ike->id;
	daemon_timer(d, &ike->timer, side == RESPONDER ? d->now + HALF_OPEN_LIFE : IKE_NEVER - 1);
	*out = ike;
	return IKE_OK;
}

static void
print_pair(const struct ike_sa *ike, const char *sep, struct text *t)
{
	struct addr_buf a, b;

	text_addf(t, "%s%s%s", endpoint_text(&ike->local, &a), sep, endpoint_text(&ike->remote, &b));
}

/* racoon's words, for both versions: monitoring matches on them. */
static void
log_pair(const struct ike_sa *ike, const char *what)
{
	char buf[256];
	struct text t = text_in(buf, sizeof(buf));

	text_addf(&t, "%s ", what);
	print_pair(ike, "-", &t);
	text_addf(&t, " spi:%016llx:%016llx", (unsigned long long)ike_spi_i(ike), (unsigned long long)ike_spi_r(ike));
	log_put(ike->d->env.log, LOG_L_INFO, NULL, "%s", buf);
}

static const struct ike_version_ops *
ops_of_mode(enum conf_mode mode)
{
	return mode == CONF_IKEV2 ? &v2_ops : mode == CONF_MAIN ? &v1_ops : NULL;
}

ike_err
ike_initiate(struct daemon *d, const struct conf_remote *rmt, const struct endpoint *local,
    const struct endpoint *remote, uint64_t child_id, struct ike_sa **out)
{
	const struct ike_version_ops *ops = ops_of_mode(rmt->modes[0]);
	struct ike_sa *ike;
	struct child *c = child_get(d, child_id);

	if (ops == NULL) {
		log_put(d->env.log, LOG_L_ERROR, NULL, "%s:%u: exchange_mode %s cannot be initiated yet; put main or ikev2 first",
		    rmt->file, rmt->line, conf_mode_name(rmt->modes[0]));
		return IKE_E_UNSUPPORTED;
	}
	TRY(ike_sa_new(d, ops, INITIATOR, local, remote, 0, &ike));
	ike->rmt = rmt;
	char buf[200];
	struct text t = text_in(buf, sizeof(buf));
	print_pair(ike, "<=>", &t);
	log_put(d->env.log, LOG_L_INFO, NULL, "initiate new phase 1 negotiation: %s", buf);
	log_put(d->env.log, LOG_L_INFO, NULL, "begin %s.", ops == &v1_ops ? "Identity Protection mode" : "IKEv2 mode");
	if (c != NULL)
		child_bind(c, ike);
	ike_err err = exch_start(ike, ops->for_intent(INTENT_IKE_CREATE), child_id);
	if (err != IKE_OK) {
		if (c != NULL)
			child_bind(c, NULL);
		ike_sa_kill(ike, err, false);
		return err;
	}
	if (out != NULL)
		*out = ike;
	return IKE_OK;
}

static void
set_lifetime(struct ike_sa *ike)
{
	uint32_t life = ike->suite.life_sec != 0 ? ike->suite.life_sec : ike->rmt->life_sec;
	uint32_t rnd = 0;
	bool early = ike->side == INITIATOR;

	if (daemon_random(ike->d, &rnd, sizeof(rnd)) != IKE_OK)
		rnd = (uint32_t)ike->my_spi;
	ike->hard = time_add(ike->established, SEC(life));
	ike->soft = time_add(ike->established, SEC(life_soft(life, early ? IKE_SOFT_LO : IKE_SOFT_LATE_LO,
	    early ? IKE_SOFT_HI : IKE_SOFT_LATE_HI, rnd)));
}

/* When the peer last gave a sign of life, or was asked for one. */
static ike_time
last_sign(const struct ike_sa *ike)
{
	ike_time t = ike->last_in > ike->last_check ? ike->last_in : ike->last_check;

	return t > ike->last_traffic ? t : ike->last_traffic;
}

void
ike_sa_arm(struct ike_sa *ike)
{
	struct daemon *d = ike->d;
	ike_time when = ike->hard;

	if (ike->state == IKE_CONNECTING || ike->state == IKE_DEAD)
		return;
	if (!ike->rekeyed && ike->soft < when)
		when = ike->soft;
	if (ike->superseded_by != 0 && ike->superseded + SUPERSEDED_PATIENCE < when)
		when = ike->superseded + SUPERSEDED_PATIENCE;
	if (ike->rmt->dpd_delay > 0 && ike->state == IKE_ESTABLISHED) {
		ike_time check = time_add(last_sign(ike), ike->rmt->dpd_delay);
		if (check < when)
			when = check;
	}
	daemon_timer(d, &ike->timer, when <= d->now ? d->now + MSEC(100) : when);
}

void
ike_sa_heard(struct ike_sa *ike)
{
	ike->last_in = ike->d->now;
	ike_table_not_half_open(ike);
	/* IKEv1 cannot tell a late message from a repeated one: there only what is an answer counts */
	if (ike->ops->windowed)
		live_heard(ike);
}

void
ike_sa_established(struct ike_sa *ike)
{
	struct daemon *d = ike->d;

	if (ike->state != IKE_CONNECTING)
		return;
	if (ike->side == RESPONDER && ike->replaces == 0)
		collide_yield(ike);
	ike->state = IKE_ESTABLISHED;
	ike->established = d->now;
	ike->established_wall = d->env.wallclock(d->env.arg);
	ike_sa_heard(ike);
	set_lifetime(ike);
	ike_sa_arm(ike);
	d->stats.ike_up++;
	log_pair(ike, "ISAKMP-SA established");
	publish(ike, EV_IKE_UP, IKE_OK, ike->ops->name, false);
	if (ike->conf != d->conf)
		rebind_later(d);
	ike_settle(ike);
	if (ike->state == IKE_ESTABLISHED)
		live_established(ike);
	if (ike->state == IKE_ESTABLISHED)
		ike_sa_run_queue(ike);
}

/* What a dying IKE SA's children do: see child_lost_ike(). */
static void
part_from_children(struct ike_sa *ike, ike_err why, bool with_children)
{
	bool keep = ike->ops->child_outlives_ike && !with_children;

	while (!list_empty(&ike->children)) {
		struct child *c = container_of(ike->children.next, struct child, link);
		child_bind(c, NULL);
		if (!keep && ike->ending != NULL)
			child_ends(c, ike->ending);
		child_lost_ike(c, why, keep);
	}
}

static const char *
end_text(const struct ike_sa *ike)
{
	if (ike->why != IKE_E_GONE)
		return ike_err_text(ike->why);
	return ike->ending != NULL ? ike->ending : ike->rekeyed ? "replaced" : "ended";
}

void
ike_sa_kill(struct ike_sa *ike, ike_err why, bool with_children)
{
	struct daemon *d = ike->d;
	enum ike_state was = ike->state;
	bool stranger = ike->half_open;

	if (was == IKE_DEAD)
		return;
	ike->state = IKE_DEAD;
	ike->why = why;
	ike_table_remove(ike);
	heap_cancel(&d->timers, &ike->timer);
	heap_cancel(&d->timers, &ike->check.timer);
	brake_release(ike);
	list_add_tail(&d->graveyard, &ike->grave);
	while (!list_empty(&ike->exchs))
		exch_abandon(container_of(ike->exchs.next, struct exch, link), why);
	ike_sa_drop_queue(ike);
	if (was == IKE_CONNECTING) {
		d->stats.ike_failed++;
		if (ike->side == INITIATOR || (why != IKE_E_GONE && (!stranger || ike_log_stranger(d))))
			publish(ike, EV_IKE_FAILED, why, end_text(ike), stranger);
	} else {
		log_pair(ike, "ISAKMP-SA deleted");
		publish(ike, EV_IKE_DOWN, why, end_text(ike), false);
	}
	part_from_children(ike, why, with_children);
}

void
ike_sa_peer_dead(struct ike_sa *ike)
{
	if (ike->state == IKE_DEAD)
		return;
	if (ike_give_to_successor(ike) != NULL) {
		ike_sa_kill(ike, IKE_E_GONE, false);
		return;
	}
	ike_log(ike, LOG_L_WARNING, "DPD: remote (ISAKMP-SA spi=%016llx:%016llx) seems to be dead.",
	    (unsigned long long)ike_spi_i(ike), (unsigned long long)ike_spi_r(ike));
	publish(ike, EV_PEER_DEAD, IKE_E_TIMEOUT, "no answer", false);
	ike_sa_kill(ike, IKE_E_TIMEOUT, true);
}

void
ike_sa_delete(struct ike_sa *ike)
{
	if (ike->state == IKE_CONNECTING || ike->state == IKE_DEAD) {
		ike_sa_kill(ike, IKE_E_GONE, true);
		return;
	}
	ike_sa_drop_queue(ike);
	ike->state = IKE_DYING;
	ike_err err = ike_sa_want(ike, INTENT_IKE_DELETE, 0);
	if (err != IKE_OK)
		ike_sa_kill(ike, IKE_E_GONE, !ike->ops->child_outlives_ike);
}

void
ike_sa_announce_delete(struct ike_sa *ike)
{
	const struct exch_type *type = ike->ops->for_intent(INTENT_IKE_DELETE);

	/* a failure to say goodbye is no reason to stay */
	if (exch_start(ike, type, 0) != IKE_OK)
		ike_log(ike, LOG_L_DEBUG, "the peer could not be told that the IKE SA ends");
}

/* Soft limit: a successor, made before the old one goes. */
static void
renew(struct ike_sa *ike)
{
	/* in IKEv1 a new phase 1 is all that credentials need, unless it is to be IKEv2 */
	if (ike->reauth && (!ike->ops->child_outlives_ike || ops_of_mode(ike->rmt->modes[0]) != ike->ops)) {
		rebind_reauth(ike);
		return;
	}
	if (ike->rmt->rekey == CONF_OFF) {
		ike->rekeyed = true;
		return;
	}
	if (ike->nchildren == 0 && ike->rmt->rekey != CONF_FORCE) {
		/* nobody needs a successor yet; somebody may before the end */
		ike_time wait = (ike->hard - ike->d->now) / 4;
		ike->soft = ike->d->now + (wait > REKEY_RETRY ? REKEY_RETRY : wait < SEC(1) ? SEC(1) : wait);
		return;
	}
	if (ike->ops->for_intent(INTENT_IKE_REKEY) != NULL) {
		ike->rekeyed = true;
		if (ike_sa_want(ike, INTENT_IKE_REKEY, 0) == IKE_OK)
			return;
	} else if (!ike->rmt->passive) {
		struct ike_sa *next;
		ike->rekeyed = true;
		if (ike_initiate(ike->d, ike->rmt, &ike->local, &ike->remote, 0, &next) == IKE_OK) {
			next->replaces = ike->id;
			/* its section is one of the snapshot that the old one was made with */
			conf_unref(next->conf);
			next->conf = conf_ref(ike->conf);
			return;
		}
	}
	ike_sa_renew_failed(ike);
}

void
ike_sa_renew_failed(struct ike_sa *ike)
{
	ike->rekeyed = false;
	ike->soft = ike->d->now + REKEY_RETRY;
	if (ike->state == IKE_ESTABLISHED)
		ike_sa_arm(ike);
}

static void
check_alive(struct ike_sa *ike)
{
	if (ike->rmt->dpd_delay == 0 || ike->d->now - last_sign(ike) < ike->rmt->dpd_delay)
		return;
	ike->last_check = ike->d->now;
	if (ike->ops->can_ask == NULL || ike->ops->can_ask(ike))
		live_check(ike);
}

/* A peer that still asks is still waited for. */
static ike_time
half_open_end(const struct ike_sa *ike)
{
	ike_time end = ike->last_in + HALF_OPEN_LIFE, most = ike->created + HALF_OPEN_MOST;

	return end < most ? end : most;
}

void
ike_sa_timeout(struct ike_sa *ike)
{
	struct daemon *d = ike->d;

	if (ike->state == IKE_CONNECTING) {
		ike_time end = ike->side == RESPONDER ? half_open_end(ike) : IKE_NEVER - 1;
		if (d->now >= end)
			ike_sa_kill(ike, IKE_E_TIMEOUT, false);
		else
			daemon_timer(d, &ike->timer, end);
		return;
	}
	ike_superseded_timeout(ike);
	if (ike->state == IKE_DEAD)
		return;
	if (d->now >= ike->hard) {
		log_pair(ike, "ISAKMP-SA expired");
		ike_sa_delete(ike);
		if (ike->state != IKE_DEAD)
			daemon_timer(d, &ike->timer, IKE_NEVER - 1);
		return;
	}
	if (!ike->rekeyed && d->now >= ike->soft)
		renew(ike);
	if (ike->state == IKE_ESTABLISHED)
		check_alive(ike);
	if (ike->state != IKE_DEAD)
		ike_sa_arm(ike);
}

void
ike_sa_free(struct ike_sa *ike)
{
	list_del(&ike->grave);
	ike_sa_drop_queue(ike);
	replies_drop(ike, true);
	ike->ops->fini(ike);
	free(ike->my_id);
	free(ike->peer_id);
	conf_unref(ike->conf);
	free(ike);
}
