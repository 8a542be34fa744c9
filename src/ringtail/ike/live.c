/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: once a second, less often when there are many, one dump of the kernel tells what went through each half of
 * each pair.  A dump of 10,000 SAs costs some 20 ms, so that looks become rare while no pair has sent something that was not
 * answered yet.  A pair that sends and has received nothing for LIVE_SILENCE is suspected: a check is started (suspect.c).  A
 * half that the dump does not show is lost, whether or not the kernel has said so.
 *
 * Traffic in one direction only is legitimate, and so is a question that is never answered: a pair that was looked into and
 * found well is suspected again only after twice the time, and only if it has sent something since.
 */
#include "ringtail/daemon.h"

#include "sadb/sadb.h"
#include "util/htab.h"

#define LOOK_LEAST SEC(1)
#define LOOK_MOST SEC(3)
/* So many children make a look a second rarer. */
#define LOOK_CHILDREN 2000u
/* The same while nothing waits for an answer. */
#define CALM_MOST SEC(8)
#define CALM_CHILDREN 500u
#define LIVE_SILENCE SEC(1)
#define AGAIN_FIRST SEC(2)
#define AGAIN_MOST SEC(300)
/* Answers in clear to one address. */
#define ANSWER_PER MSEC(200)
#define ANSWER_BURST 20u

void
live_clear(struct child *c, const char *why)
{
	if (!c->watch.one_sided)
		return;
	c->watch.one_sided = false;
	c->d->stats.healed++;
	child_publish(c, EV_HEALED, why);
}

ike_time
live_span(size_t children, bool calm)
{
	ike_time span = LOOK_LEAST * (ike_time)(1 + children / (calm ? CALM_CHILDREN : LOOK_CHILDREN));
	ike_time most = calm ? CALM_MOST : LOOK_MOST;

	return span < most ? span : most;
}

static void
arm(struct daemon *d, bool calm)
{
	daemon_timer(d, &d->live.timer, d->now + live_span(d->children.ids.count, calm));
}

void
live_wake(struct daemon *d)
{
	if (d->live.timer.pos == 0 && d->children.ids.count > 0)
		arm(d, true);
}

static void
heard(struct child *c)
{
	struct ike_sa *ike = ike_sa_get(c->d, c->ike_id);
	struct live_watch *w = &c->watch;

	if (ike != NULL)
		ike->last_traffic = c->d->now;
	live_clear(c, "traffic comes in");
	/* it was the new pair that helped: next time, too, that is the thing to do */
	if (w->verified > 0 && c->d->now - c->installed < HEALED_BY)
		w->verified = 0;
	w->unanswered = w->again = 0;
	w->level = 0;
}

static void
suspect(struct child *c)
{
	struct live_watch *w = &c->watch;
	ike_time wait = AGAIN_FIRST << (w->level < 8 ? w->level : 8);

	w->asked_out = w->out;
	w->again = c->d->now + (wait < AGAIN_MOST ? wait : AGAIN_MOST);
	w->level++;
	w->one_sided = true;
	live_suspect(c, "traffic goes out and none comes in");
}

/* False: it has sent something just now, and is to be looked at again soon. */
static bool
look_at(struct child *c)
{
	const struct sad_row *in = sadb_row(c->d->sadb, c->row_in), *out = sadb_row(c->d->sadb, c->row_out);
	struct live_watch *w = &c->watch;
	ike_time now = c->d->now;

	if (in == NULL || out == NULL)
		return true;
	bool came = in->usage.packets != w->in, went = out->usage.packets != w->out;
	w->in = in->usage.packets;
	w->out = out->usage.packets;
	if (came) {
		heard(c);
	} else if (went && w->unanswered == 0) {
		w->unanswered = now;
		return false;
	} else if (!c->rekeying && w->unanswered != 0 && now - w->unanswered >= LIVE_SILENCE && now >= w->again && w->out != w->asked_out) {
		suspect(c);
	}
	return true;
}

void
live_look(struct daemon *d)
{
	bool calm = true;
	struct child *c;
	uint32_t it = 0;

	if (d->children.ids.count == 0 || d->stopping)
		return;
	arm(d, true);
	if (d->now - d->live.tidied >= LIVE_TIDY) {
		d->live.tidied = d->now;
		live_tidy(d);
	}
	ike_err err = sadb_poll(d->sadb);
	if (err != IKE_OK) {
		log_put(d->env.log, LOG_L_DEBUG, NULL, "the traffic of the IPsec-SAs cannot be read: %s", d->env.kern->reason);
		return;
	}
	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		if (c->state == CHILD_INSTALLED && !look_at(c))
			calm = false;
	if (!calm)
		arm(d, false);
}

void
live_inherit(struct child *c, const struct child *old)
{
	c->watch.verified = old->watch.verified;
	c->watch.verify_at = old->watch.verify_at;
	c->watch.level = old->watch.level;
	c->watch.again = old->watch.again;
}

bool
live_may_answer(struct daemon *d, const struct addr *to)
{
	struct log_limit *of = &d->live.sources[siphash24(d->live.seed, addr_bytes(to)) % LIVE_SOURCES];
	uint64_t suppressed;

	of->per = ANSWER_PER;
	of->burst = ANSWER_BURST;
	return log_allow(of, d->now, &suppressed) && log_allow(&d->live.answers, d->now, &suppressed);
}

void
live_start(struct daemon *d)
{
	struct live *l = &d->live;
	ike_err err = daemon_random(d, l->crash_secret, sizeof(l->crash_secret));

	if (err == IKE_OK)
		err = d->env.keep_secret == NULL ? IKE_E_UNSUPPORTED :
		    d->env.keep_secret(d->env.arg, "state/qcd.key", l->crash_secret, sizeof(l->crash_secret));
	l->has_secret = err == IKE_OK;
	if (err != IKE_OK && err != IKE_E_UNSUPPORTED)
		log_put(d->env.log, LOG_L_WARNING, NULL, "peers cannot be told quickly of a crash (RFC 6290): qcd.key: %s",
		    ike_err_text(err));
	live_wake(d);
}
