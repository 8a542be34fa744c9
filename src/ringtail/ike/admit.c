/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a peer of whom children wait is in a heap, ordered by its most urgent child: the class in the upper bits, the rank
 * in the lower ones.  When a peer is let in, all its children are: the first begins the IKE SA, the others wait on that.  A peer
 * that has children under way takes more at once, with or without a place, since they cost it nothing but room in its own queue.
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"

#include <stdlib.h>

#define CLASS_SHIFT 60
#define RANK_MOST   ((UINT64_C(1) << CLASS_SHIFT) - 1)
/* How long a rekeying waits at most, whatever is left until the hard limit. */
#define REKEY_WAIT SEC(30)

static bool
same_addr(const struct hnode *n, const void *key)
{
	return addr_equal(&container_of(n, struct admit_peer, by_addr)->addr, key);
}

void
admit_init(struct admit *a, const uint8_t seed[16])
{
	htab_init(&a->by_addr, seed, same_addr);
}

static void
forget(struct daemon *d, struct admit_peer *p)
{
	struct admit *a = &d->admit;

	heap_cancel(&a->queue, &p->turn);
	heap_cancel(&d->timers, &p->timer);
	htab_remove(&a->by_addr, &p->by_addr);
	slot_remove(&a->ids, p->id);
	free(p);
}

void
admit_fini(struct daemon *d)
{
	struct admit_peer *p;
	uint32_t it = 0;

	while ((p = slot_each(&d->admit.ids, &it)) != NULL)
		forget(d, p);
	slot_fini(&d->admit.ids);
	htab_fini(&d->admit.by_addr);
	heap_fini(&d->admit.queue);
}

static struct admit_peer *
find_peer(const struct admit *a, const struct addr *addr)
{
	struct hnode *n = htab_find(&a->by_addr, htab_hash(&a->by_addr, addr_bytes(addr)), addr);

	return n == NULL ? NULL : container_of(n, struct admit_peer, by_addr);
}

static ike_err
peer_for(struct daemon *d, const struct addr *addr, struct admit_peer **out)
{
	struct admit *a = &d->admit;
	struct admit_peer *p = find_peer(a, addr);

	*out = p;
	if (p != NULL)
		return IKE_OK;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return IKE_E_NOMEM;
	p->addr = *addr;
	list_init(&p->waiting);
	ike_err err = slot_add(&a->ids, p, &p->id);
	if (err == IKE_OK) {
		err = htab_insert(&a->by_addr, &p->by_addr, htab_hash(&a->by_addr, addr_bytes(addr)));
		if (err != IKE_OK)
			slot_remove(&a->ids, p->id);
	}
	if (err != IKE_OK) {
		free(p);
		return err;
	}
	p->turn.owner_id = p->timer.owner_id = p->id;
	p->timer.kind = TIMER_ADMIT;
	*out = p;
	return IKE_OK;
}

static ike_time
order(const struct admit_ticket *t)
{
	uint64_t rank = t->rank < RANK_MOST ? t->rank : RANK_MOST;

	return (ike_time)((uint64_t)t->class << CLASS_SHIFT | rank);
}

/* Greetings are not due before their time; everything else is. */
static bool
due(ike_time turn, ike_time now)
{
	return turn <= (ike_time)((uint64_t)ADMIT_IDLE << CLASS_SHIFT | (uint64_t)now);
}

static bool
free_place(const struct daemon *d)
{
	return d->admit.places < d->conf->negotiations;
}

static void
give_back(struct daemon *d, struct admit_peer *p)
{
	heap_cancel(&d->timers, &p->timer);
	if (!p->place)
		return;
	p->place = false;
	d->admit.places--;
}

static void
take_place(struct daemon *d, struct admit_peer *p)
{
	heap_cancel(&d->admit.queue, &p->turn);
	p->place = true;
	p->since = d->now;
	d->admit.places++;
	daemon_timer(d, &p->timer, d->now + ADMIT_PATIENCE);
}

static void
let_in(struct admit_peer *p, struct child *c)
{
	struct daemon *d = c->d;

	if (!list_empty(&c->admit.waiting)) {
		list_del(&c->admit.waiting);
		d->admit.waiting--;
	}
	c->admit.gate = p;
	c->retry_at = 0;
	p->begun++;
}

/* May |c| begin before all that wait? */
static bool
first_in_line(const struct daemon *d, const struct child *c)
{
	const struct timer *t = heap_first(&d->admit.queue);
	ike_time turn = order(&c->admit);

	return free_place(d) && due(turn, d->now) && (t == NULL || turn < t->when || !due(t->when, d->now));
}

/* A rekeying that waits does not wait for ever: half of what is left until the pair that it replaces ends. */
static void
limit_waiting(struct child *c)
{
	const struct child *old = child_get(c->d, c->replaces);
	ike_time now = c->d->now, wait = c->admit.class == ADMIT_REKEY ? REKEY_WAIT : IKE_NEVER - now;

	if (old == NULL)
		return;
	if (old->life_sec != 0) {
		ike_time left = time_add(old->installed, SEC((ike_time)old->life_sec)) - now;
		if (left / 2 < wait)
			wait = left > 0 ? left / 2 : 0;
	}
	c->retry_at = now + wait;
	daemon_timer(c->d, &c->timer, c->retry_at);
}

static ike_err
wait_in_line(struct admit_peer *p, struct child *c)
{
	struct admit *a = &c->d->admit;
	ike_time turn = order(&c->admit);

	if (a->waiting >= ADMIT_WAITING_MOST)
		return IKE_E_EXHAUSTED;
	if (p->turn.pos == 0 || turn < p->turn.when)
		TRY(heap_set(&a->queue, &p->turn, turn));
	c->admit.gate = p;
	list_add_tail(&p->waiting, &c->admit.waiting);
	a->waiting++;
	if (c->admit.class != ADMIT_IDLE)
		a->held_back++;
	limit_waiting(c);
	return IKE_OK;
}

ike_err
admit_child(struct child *c)
{
	struct daemon *d = c->d;
	struct admit_peer *p = c->admit.gate;

	if (p != NULL && list_empty(&c->admit.waiting))
		return child_begin(c);
	if (c->admit.rank == 0)
		c->admit.rank = (uint64_t)d->now;
	TRY(peer_for(d, &c->remote.addr, &p));
	if (p->begun > 0 || first_in_line(d, c)) {
		if (p->begun == 0)
			take_place(d, p);
		let_in(p, c);
		return child_begin(c);
	}
	ike_err err = wait_in_line(p, c);
	if (err != IKE_OK && list_empty(&p->waiting))
		forget(d, p);
	return err;
}

bool
admit_waits(const struct child *c)
{
	return c->admit.gate != NULL && !list_empty(&c->admit.waiting);
}

struct child *
admit_find(struct daemon *d, const struct child *like)
{
	struct admit_peer *p = find_peer(&d->admit, &like->remote.addr);

	if (p == NULL)
		return NULL;
	LIST_FOR(l, &p->waiting) {
		struct child *c = container_of(l, struct child, admit.waiting);
		if (child_alike(c, like))
			return c;
	}
	return NULL;
}

void
admit_hurry(struct child *c, enum admit_class class)
{
	struct admit_peer *p = c->admit.gate;

	if (!admit_waits(c) || class >= c->admit.class)
		return;
	c->admit.class = class;
	c->admit.rank = (uint64_t)c->d->now;
	ike_time turn = order(&c->admit);
	/* without memory it keeps the place in line that it has */
	if (turn < p->turn.when && heap_set(&c->d->admit.queue, &p->turn, turn) != IKE_OK)
		log_put(c->d->env.log, LOG_L_DEBUG, NULL, "a negotiation that has become urgent waits as it did");
}

void
admit_over(struct child *c)
{
	struct daemon *d = c->d;
	struct admit_peer *p = c->admit.gate;

	if (p == NULL)
		return;
	c->admit.gate = NULL;
	if (!list_empty(&c->admit.waiting)) {
		list_del(&c->admit.waiting);
		d->admit.waiting--;
	} else {
		p->begun--;
	}
	if (p->begun == 0)
		give_back(d, p);
	if (list_empty(&p->waiting))
		heap_cancel(&d->admit.queue, &p->turn);
	if (p->begun == 0 && list_empty(&p->waiting))
		forget(d, p);
}

static void
begin(struct daemon *d, struct admit_peer *p, struct child *c)
{
	uint64_t id = c->id;

	let_in(p, c);
	ike_err err = child_begin(c);
	if (err != IKE_OK && (c = child_get(d, id)) != NULL)
		child_failed(c, err);
}

/* All that wait for |p|, which may be gone afterwards. */
static void
begin_all(struct daemon *d, struct admit_peer *p)
{
	uint64_t id = p->id;

	take_place(d, p);
	while ((p = slot_get(&d->admit.ids, id)) != NULL && !list_empty(&p->waiting))
		begin(d, p, container_of(p->waiting.next, struct child, admit.waiting));
}

void
admit_run(struct daemon *d)
{
	struct timer *t;

	while (!d->stopping && free_place(d) && (t = heap_first(&d->admit.queue)) != NULL && due(t->when, d->now))
		begin_all(d, slot_get(&d->admit.ids, t->owner_id));
}

void
admit_waited_enough(struct child *c)
{
	struct admit_peer *p = c->admit.gate;

	if (!admit_waits(c) || c->retry_at == 0)
		return;
	if (c->d->now < c->retry_at)
		daemon_timer(c->d, &c->timer, c->retry_at);
	else
		begin_all(c->d, p);
}

ike_time
admit_deadline(const struct daemon *d)
{
	const struct timer *t = heap_first(&d->admit.queue);

	if (t == NULL || d->stopping || !free_place(d))
		return IKE_NEVER;
	return due(t->when, d->now) ? d->now : (ike_time)((uint64_t)t->when & RANK_MOST);
}

/* Does |p| get on with us? */
static bool
answers(struct daemon *d, const struct admit_peer *p)
{
	for (const struct ike_sa *ike = ike_next_of_peer(d, &p->addr, NULL); ike != NULL;
	     ike = ike_next_of_peer(d, &p->addr, (struct ike_sa *)(uintptr_t)ike))
		if (ike->state == IKE_ESTABLISHED ||
		    (ike->state == IKE_CONNECTING && ike->side == INITIATOR && ike->peer_spi != 0))
			return true;
	return false;
}

void
admit_timeout(struct daemon *d, uint64_t id)
{
	struct admit_peer *p = slot_get(&d->admit.ids, id);

	if (p == NULL || !p->place)
		return;
	if (d->now < p->since + ADMIT_PATIENCE || (d->now < p->since + ADMIT_LONGEST && answers(d, p)))
		daemon_timer(d, &p->timer, d->now + ADMIT_PATIENCE);
	else
		give_back(d, p);
}

void
admit_recover(struct daemon *d)
{
	struct admit_peer *p;
	uint32_t it = 0;

	while ((p = slot_each(&d->admit.ids, &it)) != NULL)
		if (p->place && p->timer.pos == 0)
			admit_timeout(d, p->id);
}
