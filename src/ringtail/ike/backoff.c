/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/daemon.h"

#include "sadb/sadb.h"

#include <stdlib.h>

#define BACKOFF_FIRST SEC(1)
/* How long a failure is remembered behind its pause, so that the next one counts as one more. */
#define BACKOFF_MEMORY SEC(60)
/* So many pairs for the same traffic may vanish before the next waits; one is forgotten after a while. */
#define LOSSES_FREE 12
#define LOSS_CALM SEC(5)
/* Larval states that wait for the end of one pause; there is one for each policy template, so more are rare. */
#define HELD_MAX 4
/* More than this many peers at a time fail without a pause. */
#define BACKOFFS_MAX 4096

struct held {
	uint32_t    seq;
	uint8_t     proto;
	struct addr src;
};

struct backoff {
	uint64_t     id;
	struct hnode by_remote;
	struct addr  remote;
	struct ts    my_ts, peer_ts;
	unsigned     failures;
	unsigned     losses;          /* pairs that somebody took out of the kernel, forgotten one by one */
	ike_time     lost_at;
	bool         contested;       /* that was said */
	ike_time     until;
	struct timer timer;           /* TIMER_BACKOFF */
	unsigned     n_held;
	struct held  held[HELD_MAX];
};

/* Is the traffic that failed part of what |key| asks for? */
static bool
same_traffic(const struct hnode *n, const void *key)
{
	const struct backoff *b = container_of(n, struct backoff, by_remote);
	const struct child *c = key;

	return addr_equal(&b->remote, &c->remote.addr) && ts_contains(&c->my_ts, &b->my_ts) && ts_contains(&c->peer_ts, &b->peer_ts);
}

void
backoffs_init(struct backoffs *b, const uint8_t seed[16])
{
	htab_init(&b->by_remote, seed, same_traffic);
}

static struct backoff *
find(struct daemon *d, const struct child *c)
{
	struct htab *t = &d->backoffs.by_remote;
	struct hnode *n = htab_find(t, htab_hash(t, addr_bytes(&c->remote.addr)), c);

	return n == NULL ? NULL : container_of(n, struct backoff, by_remote);
}

static void
forget(struct daemon *d, struct backoff *b)
{
	heap_cancel(&d->timers, &b->timer);
	htab_remove(&d->backoffs.by_remote, &b->by_remote);
	slot_remove(&d->backoffs.ids, b->id);
	free(b);
}

void
backoffs_fini(struct daemon *d)
{
	struct backoff *b;
	uint32_t it = 0;

	while ((b = slot_each(&d->backoffs.ids, &it)) != NULL)
		forget(d, b);
	slot_fini(&d->backoffs.ids);
	htab_fini(&d->backoffs.by_remote);
}

static struct backoff *
make(struct daemon *d, const struct child *c)
{
	struct htab *t = &d->backoffs.by_remote;
	struct backoff *b = d->backoffs.ids.count < BACKOFFS_MAX ? calloc(1, sizeof(*b)) : NULL;

	if (b == NULL)
		return NULL;
	b->remote = c->remote.addr;
	b->my_ts = c->my_ts;
	b->peer_ts = c->peer_ts;
	if (slot_add(&d->backoffs.ids, b, &b->id) != IKE_OK) {
		free(b);
		return NULL;
	}
	if (htab_insert(t, &b->by_remote, htab_hash(t, addr_bytes(&b->remote))) != IKE_OK) {
		slot_remove(&d->backoffs.ids, b->id);
		free(b);
		return NULL;
	}
	b->timer.kind = TIMER_BACKOFF;
	b->timer.owner_id = b->id;
	return b;
}

/* What waited is told as failed, so that the next packet asks again. */
static void
let_go(struct daemon *d, struct backoff *b)
{
	for (unsigned i = 0; i < b->n_held; i++) {
		struct sa_id id = { .proto = b->held[i].proto, .dst = b->remote };
		/* one that is gone already, or that cannot be told, goes by itself */
		if (d->env.kern->ops->acquire_failed != NULL)
			(void)sadb_acquire_failed(d->sadb, b->held[i].seq, &id, &b->held[i].src);
	}
	b->n_held = 0;
}

static bool
hold(struct backoff *b, const struct child *c, uint32_t seq)
{
	if (b->n_held == HELD_MAX)
		return false;
	b->held[b->n_held++] = (struct held){ .seq = seq, .proto = c->proto, .src = c->local.addr };
	return true;
}

void
backoffs_let_go(struct daemon *d)
{
	struct backoff *b;
	uint32_t it = 0;

	while ((b = slot_each(&d->backoffs.ids, &it)) != NULL)
		let_go(d, b);
}

bool
backoff_holds(struct daemon *d, const struct child *c, uint32_t acquire_seq)
{
	struct backoff *b = acquire_seq == 0 ? NULL : find(d, c);

	if (b == NULL || d->now >= b->until)
		return false;
	/* with no room left the larval state swallows packets until it expires: the pause is a little longer */
	(void)hold(b, c, acquire_seq);
	return true;
}

bool
backoff_failed(struct child *c, ike_err why)
{
	struct daemon *d = c->d;
	struct backoff *b;

	/* a peer that does not answer has made us wait already; and some failures are nobody's fault */
	if (c->acquire_seq == 0 || why == IKE_E_TIMEOUT || why == IKE_E_GONE || d->stopping)
		return false;
	b = find(d, c);
	if (b == NULL)
		b = make(d, c);
	if (b == NULL)
		return false;
	ike_time pause = BACKOFF_FIRST << (b->failures < 5 ? b->failures : 5);
	b->failures++;
	b->until = d->now + backoff_spread(pause < BACKOFF_MAX ? pause : BACKOFF_MAX, c->jitter);
	daemon_timer(d, &b->timer, b->until);
	return hold(b, c, c->acquire_seq);
}

ike_time
backoff_lost(const struct child *c, bool *first_out)
{
	struct daemon *d = c->d;
	struct backoff *b = find(d, c);

	*first_out = false;
	if (b == NULL)
		b = make(d, c);
	if (b == NULL)
		return 0;
	ike_time calm = (d->now - b->lost_at) / LOSS_CALM;
	b->losses = calm >= b->losses ? 1 : b->losses - (unsigned)calm + 1;
	b->lost_at = d->now;
	if (b->losses <= LOSSES_FREE) {
		b->contested = false;
		if (b->until < d->now)
			b->until = d->now;
		daemon_timer(d, &b->timer, b->until + BACKOFF_MEMORY);
		return 0;
	}
	unsigned over = b->losses - LOSSES_FREE - 1;
	ike_time pause = BACKOFF_FIRST << (over < 5 ? over : 5);
	b->until = d->now + backoff_spread(pause < BACKOFF_MAX ? pause : BACKOFF_MAX, c->jitter);
	daemon_timer(d, &b->timer, b->until);
	*first_out = !b->contested;
	b->contested = true;
	return b->until;
}

void
backoff_over(const struct child *c)
{
	struct backoff *b = find(c->d, c);

	while (b != NULL && b->losses == 0) {
		let_go(c->d, b);
		forget(c->d, b);
		b = find(c->d, c);
	}
	/* that pairs are taken away is not over when there is one */
	if (b != NULL) {
		let_go(c->d, b);
		b->failures = 0;
		b->until = c->d->now;
		daemon_timer(c->d, &b->timer, b->until + BACKOFF_MEMORY);
	}
}

void
backoff_timeout(struct daemon *d, uint64_t id)
{
	struct backoff *b = slot_get(&d->backoffs.ids, id);

	if (b == NULL)
		return;
	if (d->now < b->until) {
		daemon_timer(d, &b->timer, b->until);
		return;
	}
	let_go(d, b);
	if (d->now >= b->until + BACKOFF_MEMORY)
		forget(d, b);
	else
		daemon_timer(d, &b->timer, b->until + BACKOFF_MEMORY);
}

void
backoffs_recover(struct daemon *d)
{
	struct backoff *b;
	uint32_t it = 0;

	while ((b = slot_each(&d->backoffs.ids, &it)) != NULL)
		if (b->timer.pos == 0)
			backoff_timeout(d, b->id);
}
