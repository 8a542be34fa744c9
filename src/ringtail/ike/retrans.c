/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: an initiator sends its message again until the answer comes, first after RETRANS_FIRST, then with doubled
 * gaps up to RETRANS_MOST or racoon's `timer interval`, for as long in all as racoon's fixed schedule lasts.  A responder answers
 * repetitions and sends nothing by itself, until the peer has proved itself: then quick mode's second message is repeated,
 * too.
 *
 * RFC 7296 section 2.4: "retransmission times MUST increase exponentially to avoid flooding the network".  Section 2.1: "The
 * responder MUST remember each response until it receives a request whose sequence number is larger than or equal to the
 * sequence number in the response plus its window size".
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"

#include <stdlib.h>

#define RETRANS_FIRST MSEC(500)
/* A network that is back is to be noticed while people still wait for it. */
#define RETRANS_MOST MSEC(2500)

static uint64_t
message_hash(const struct ike_sa *ike, struct slice raw)
{
	return htab_hash(&ike->d->ikes.by_spi, raw);
}

void
exch_transmit(struct ike_sa *ike, struct slice datagram)
{
	struct daemon *d = ike->d;
	struct dgram dg = { .local = ike->local, .remote = ike->remote, .natt = ike->natt, .data = datagram };
	uint32_t copies = ike->conf->timers.persend > 0 ? ike->conf->timers.persend : 1;

	for (uint32_t i = 0; i < copies; i++) {
		d->stats.datagrams_out++;
		d->env.send(d->env.arg, &dg);
	}
}

/* Does our last message want an answer that we ask for again? */
static bool
asks_again(const struct exch *x)
{
	if (x->step >= x->type->nsteps)
		return false;
	return x->side == INITIATOR || x->ike->state == IKE_ESTABLISHED;
}

/* Has the peer answered the first message of what is to become an IKE SA, so that it has a half-open one? */
static bool
half_made(const struct exch *x)
{
	return x->side == INITIATOR && (x->type->intent == INTENT_IKE_AUTH || (x->type->intent == INTENT_IKE_CREATE && x->step > 1));
}

void
exch_arm(struct exch *x)
{
	const struct conf_timers *t = &x->ike->conf->timers;
	ike_time now = x->ike->d->now;
	ike_time times = (ike_time)t->counter + 1;
	ike_time total = t->interval > IKE_NEVER / times ? IKE_NEVER : t->interval * times;
	bool phase2 = x->type->intent == INTENT_CHILD_CREATE || x->type->intent == INTENT_CHILD_REKEY;

	x->sent = 1;
	x->gap = RETRANS_FIRST < t->interval ? RETRANS_FIRST : t->interval;
	if (phase2 && t->phase2 > 0 && t->phase2 < total)
		total = t->phase2;
	if (x->type->intent == INTENT_LIVENESS)
		total = live_patience(x->ike);
	if (half_made(x) && total > HALF_OPEN_ASKED)
		total = HALF_OPEN_ASKED;
	x->give_up = time_add(now, total);
	daemon_timer(x->ike->d, &x->timer, asks_again(x) ? now + x->gap : x->give_up);
}

static ike_time
longer(ike_time gap, const struct conf_timers *t)
{
	ike_time most = t->interval < RETRANS_MOST ? t->interval : RETRANS_MOST;

	return 2 * gap < most ? 2 * gap : most;
}

static void
log_give_up(const struct exch *x)
{
	const struct ike_sa *ike = x->ike;
	bool phase1 = x->type->intent == INTENT_IKE_CREATE || x->type->intent == INTENT_IKE_AUTH;

	log_put(ike->d->env.log, LOG_L_ERROR, NULL, "%s negotiation failed due to time up. %016llx:%016llx:%08x",
	    phase1 ? "phase1" : "phase2", (unsigned long long)ike_spi_i(ike), (unsigned long long)ike_spi_r(ike),
	    (unsigned)x->msgid);
}

void
exch_again(struct exch *x)
{
	struct ike_sa *ike = x->ike;

	ike->d->stats.retransmissions++;
	x->sent++;
	exch_transmit(ike, buf_slice(&x->out));
	x->gap = longer(x->gap, &ike->conf->timers);
	ike_time next = ike->d->now + x->gap;
	daemon_timer(ike->d, &x->timer, next < x->give_up ? next : x->give_up);
}

void
exch_timeout(struct exch *x)
{
	ike_time now = x->ike->d->now;
	struct ike_sa *ike = x->ike;

	/* while we slept nobody could answer */
	if (ike->d->slept != 0)
		x->give_up = time_add(x->give_up, ike->d->slept + RETRANS_MOST);
	if (now >= x->give_up) {
		log_give_up(x);
		exch_fail(x, ike->why != IKE_OK && ike->state == IKE_CONNECTING ? ike->why : IKE_E_TIMEOUT);
		return;
	}
	if (asks_again(x))
		exch_again(x);
	else
		daemon_timer(ike->d, &x->timer, x->give_up);
}

bool
exch_is_repeated(const struct exch *x, struct slice raw)
{
	return x->in_hash != 0 && x->in_hash == message_hash(x->ike, raw);
}

void
exch_remember_input(struct exch *x, struct slice raw)
{
	x->in_hash = message_hash(x->ike, raw);
}

void
reply_keep(struct exch *x)
{
	struct ike_sa *ike = x->ike;

	replies_drop(ike, ike->ops->windowed);
	struct reply *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return;      /* a peer that lost it asks again and is answered as if it were new, or gives up */
	r->until = ike->d->now + REPLY_LIFE;
	r->msgid = x->msgid;
	r->wire = x->type->wire;
	r->in_hash = x->in_hash;
	buf_move(&r->out, &x->out);
	list_add_tail(&ike->replies, &r->link);
}

bool
reply_again(struct ike_sa *ike, uint8_t wire, uint32_t msgid, struct slice raw)
{
	uint64_t hash = message_hash(ike, raw);

	LIST_FOR(l, &ike->replies) {
		const struct reply *r = container_of(l, struct reply, link);
		if (r->msgid == msgid && r->wire == wire && r->in_hash == hash) {
			ike->d->stats.retransmissions++;
			exch_transmit(ike, buf_slice(&r->out));
			return true;
		}
	}
	return false;
}

void
replies_drop(struct ike_sa *ike, bool all)
{
	LIST_FOR_SAFE(l, &ike->replies) {
		struct reply *r = container_of(l, struct reply, link);
		if (!all && r->until > ike->d->now)
			continue;
		list_del(&r->link);
		buf_free(&r->out);
		free(r);
	}
}
