/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: when many peers seem dead at once it is rather us, or the network, than all of them.  Those that may be given up
 * on suspicion are counted by the second; beyond the share of a minute the others wait, and are asked again meanwhile.
 */
#include "ringtail/daemon.h"

#include <string.h>

static unsigned
allowance(const struct daemon *d)
{
	unsigned share = d->peers.proved / BRAKE_SHARE;

	return share > BRAKE_LEAST ? share : BRAKE_LEAST;
}

static unsigned
lately(const struct brake *b, int64_t second)
{
	unsigned n = 0;

	for (unsigned i = 0; i < BRAKE_SECONDS; i++)
		if (b->slot[i].n > 0 && second - b->slot[i].second < BRAKE_SECONDS)
			n += b->slot[i].n;
	return n;
}

static void
publish(struct daemon *d, const struct ike_sa *ike, const char *what)
{
	struct event ev = { .kind = EV_BRAKE, .local = ike->local, .remote = ike->remote, .ike_id = ike->id };
	struct text t = text_in(ev.text, sizeof(ev.text));

	text_addf(&t, "%s; %u peers are held", what, d->live.brake.held);
	events_publish(d, &ev);
}

static void
hold(struct ike_sa *ike)
{
	struct daemon *d = ike->d;
	struct brake *b = &d->live.brake;

	ike->check.held = true;
	d->stats.brake_held++;
	if (b->held++ > 0)
		return;
	b->held_since = d->now;
	log_put(d->env.log, LOG_L_WARNING, NULL,
	    "%u peers were given up as dead within a minute, and more do not answer: it is rather our own connection; "
	    "the rest is kept (ikectl shows them; they are asked again, and given up if that lasts)", allowance(d));
	publish(d, ike, "too many peers seem dead at once");
}

bool
brake_allows(struct ike_sa *ike)
{
	struct daemon *d = ike->d;
	struct brake *b = &d->live.brake;
	int64_t second = (int64_t)(d->now / SEC(1));
	unsigned i = (unsigned)(second % BRAKE_SECONDS);

	if (d->now >= b->open_until && lately(b, second) >= allowance(d)) {
		if (!ike->check.held)
			hold(ike);
		return false;
	}
	if (b->slot[i].second != second)
		b->slot[i].n = 0;
	b->slot[i].second = second;
	b->slot[i].n++;
	return true;
}

void
brake_release(struct ike_sa *ike)
{
	struct daemon *d = ike->d;
	struct brake *b = &d->live.brake;

	if (!ike->check.held)
		return;
	ike->check.held = false;
	if (--b->held > 0)
		return;
	b->held_since = 0;
	log_put(d->env.log, LOG_L_INFO, NULL, "no peer is held back from being given up any more");
	publish(d, ike, "over");
}

void
brake_open(struct daemon *d, ike_time span)
{
	struct ike_sa *ike;
	uint32_t it = 0;

	d->live.brake.open_until = time_add(d->now, span);
	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL)
		if (ike->check.held)
			daemon_timer(d, &ike->check.timer, d->now);
}
