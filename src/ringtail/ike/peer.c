/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/daemon.h"

#include "sadb/sadb.h"

#include <stdlib.h>

/* So many of the oldest are looked at for one that can go when a new one comes. */
#define SWEEP 4

static bool
same_addr(const struct hnode *n, const void *key)
{
	return addr_equal(&container_of(n, struct peer, by_addr)->addr, key);
}

void
peers_init(struct peer_table *t, const uint8_t seed[16])
{
	htab_init(&t->by_addr, seed, same_addr);
	list_init(&t->order);
}

void
peers_fini(struct peer_table *t)
{
	struct peer *p;
	uint32_t it = 0;

	while ((p = slot_each(&t->ids, &it)) != NULL)
		free(p);
	slot_fini(&t->ids);
	htab_fini(&t->by_addr);
}

struct peer *
peer_find(const struct daemon *d, const struct addr *a)
{
	const struct htab *t = &d->peers.by_addr;
	struct hnode *n = htab_find(t, htab_hash(t, addr_bytes(a)), a);

	return n == NULL ? NULL : container_of(n, struct peer, by_addr);
}

struct peer *
peer_get(const struct daemon *d, uint64_t id)
{
	return slot_get(&d->peers.ids, id);
}

static void
forget(struct peer_table *t, struct peer *p)
{
	t->proved -= p->ups > 0;
	list_del(&p->link);
	htab_remove(&t->by_addr, &p->by_addr);
	slot_remove(&t->ids, p->id);
	free(p);
}

static bool
in_use(struct daemon *d, const struct peer *p)
{
	return ike_next_of_peer(d, &p->addr, NULL) != NULL || sadb_peer_first(d->sadb, &p->addr) != NULL;
}

/*
 * Make room: who is in use gets another turn at the end of the order, who is not and has been silent for PEER_KEEP goes; |full|: at
 * once.
 */
static void
sweep(struct daemon *d, bool full)
{
	struct peer_table *t = &d->peers;

	for (unsigned i = 0; i < SWEEP && !list_empty(&t->order); i++) {
		struct peer *p = container_of(t->order.next, struct peer, link);
		if (!full && d->now - p->touched < PEER_KEEP)
			return;
		if (!in_use(d, p)) {
			forget(t, p);
			return;
		}
		list_del(&p->link);
		list_add_tail(&t->order, &p->link);
	}
}

static void
touch(struct daemon *d, struct peer *p)
{
	p->touched = d->now;
	list_del(&p->link);
	list_add_tail(&d->peers.order, &p->link);
}

struct peer *
peer_of(struct daemon *d, const struct addr *a)
{
	struct peer_table *t = &d->peers;
	struct peer *p = peer_find(d, a);

	if (p != NULL)
		return p;
	sweep(d, t->ids.count >= PEER_MOST);
	if (t->ids.count >= PEER_MOST)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->addr = *a;
	p->known_since = p->since = p->touched = d->now;
	if (slot_add(&t->ids, p, &p->id) != IKE_OK) {
		free(p);
		return NULL;
	}
	if (htab_insert(&t->by_addr, &p->by_addr, htab_hash(&t->by_addr, addr_bytes(a))) != IKE_OK) {
		slot_remove(&t->ids, p->id);
		free(p);
		return NULL;
	}
	list_add_tail(&t->order, &p->link);
	return p;
}

void
peer_add_carried(struct daemon *d, const struct addr *a, bool in, uint64_t bytes, uint64_t packets)
{
	struct peer *p = peer_of(d, a);

	if (p == NULL)
		return;
	*(in ? &p->former.bytes_in : &p->former.bytes_out) += bytes;
	*(in ? &p->former.packets_in : &p->former.packets_out) += packets;
}

const char *
peer_state_name(enum peer_state s)
{
	static const char *const names[PEER_STATES] = {
		[PEER_IDLE] = "idle", [PEER_CONNECTING] = "connecting", [PEER_UP] = "up", [PEER_DEGRADED] = "degraded",
		[PEER_DOWN] = "down",
	};

	return s < PEER_STATES ? names[s] : "unknown";
}

/* --- what events mean --- */

/* A pair with |a| other than child |except| that is installed, or (|coming|) that is being negotiated and has its SPI. */
static bool
has_child(struct daemon *d, const struct addr *a, uint64_t except, bool coming)
{
	const struct sad_row *row = sadb_peer_first(d->sadb, a);

	for (; row != NULL; row = sadb_peer_next(d->sadb, row)) {
		const struct child *c = row->user == 0 ? NULL : child_get(d, row->user);
		if (c != NULL && c->id != except && c->state == (coming ? CHILD_NEGOTIATING : CHILD_INSTALLED))
			return true;
	}
	return false;
}

static bool
has_pair(struct daemon *d, const struct addr *a, uint64_t except)
{
	return has_child(d, a, except, false);
}

/* Is a pair with |a| suspected, or one of its halves missing? */
static bool
is_doubted(struct daemon *d, const struct addr *a)
{
	const struct sad_row *row = sadb_peer_first(d->sadb, a);

	for (; row != NULL; row = sadb_peer_next(d->sadb, row)) {
		const struct child *c = row->user == 0 ? NULL : child_get(d, row->user);
		if (c != NULL && c->state == CHILD_INSTALLED && (c->watch.one_sided || c->broken))
			return true;
	}
	return false;
}

/* |p| is in state |s| because of |ev|.  A reason is replaced by a newer one; the time stays while the state does. */
static void
set_state(struct daemon *d, struct peer *p, enum peer_state s, const struct event *ev)
{
	struct text t = text_in(p->text, sizeof(p->text));

	if (s != p->state) {
		bool was_good = p->state == PEER_UP || p->state == PEER_DEGRADED;
		if (s == PEER_UP && !was_good && p->ups++ == 0)
			d->peers.proved++;
		p->downs += s == PEER_DOWN;
		p->state = s;
		p->since = d->now;
		p->since_wall = d->env.wallclock(d->env.arg);
	}
	p->why = s == PEER_UP || s == PEER_IDLE ? IKE_OK : ev->why;
	text_add(&t, s == PEER_UP ? "" : ev->text[0] != '\0' || ev->why == IKE_OK ? ev->text : ike_err_text(ev->why));
	if (s == PEER_UP) {
		p->failures = 0;
		p->failed_wall = 0;
	}
}

/* An IKE SA that fails takes the pairs that waited for it along: that is one attempt. */
static void
count_failure(struct daemon *d, struct peer *p)
{
	if (p->failed_wall != 0 && p->failed_at == d->now)
		return;
	p->failures++;
	p->failed++;
	p->failed_at = d->now;
	p->failed_wall = d->env.wallclock(d->env.arg);
}

static void
note_failure(struct daemon *d, struct peer *p, const struct event *ev)
{
	bool pair = has_pair(d, &p->addr, ev->child_id);

	/* an attempt that was not needed any more is no failure */
	if (ev->why == IKE_E_GONE) {
		if (p->state == PEER_CONNECTING && !pair)
			set_state(d, p, PEER_IDLE, ev);
		return;
	}
	/* whoever sends from the peer's address can fail to prove that it is the peer */
	if (ev->stranger || (ev->theirs && pair))
		return;
	count_failure(d, p);
	set_state(d, p, pair ? PEER_DEGRADED : PEER_DOWN, ev);
}

static void
note_end(struct daemon *d, struct peer *p, const struct event *ev)
{
	if ((p->state != PEER_UP && p->state != PEER_DEGRADED) || has_pair(d, &p->addr, ev->child_id))
		return;
	/* one that is needed is negotiated anew already */
	set_state(d, p, has_child(d, &p->addr, ev->child_id, true) ? PEER_DEGRADED : PEER_IDLE, ev);
}

/* A pair of a former process: it has been up for as long as its oldest pair. */
static void
note_adopted(struct daemon *d, struct peer *p, const struct event *ev)
{
	const struct child *c = child_get(d, ev->child_id);
	bool first = p->state != PEER_UP;

	set_state(d, p, PEER_UP, ev);
	if (c == NULL || c->installed_wall == 0 || (!first && p->since_wall <= c->installed_wall))
		return;
	p->since = c->installed;
	p->since_wall = c->installed_wall;
}

/* Does |kind| make somebody known?  Only what we want ourselves, or what a peer can do only after proving who it is. */
static bool
introduces(enum event_kind kind)
{
	return kind == EV_ACQUIRE || kind == EV_IKE_UP || kind == EV_CHILD_UP || kind == EV_CHILD_REKEYED ||
	    kind == EV_CHILD_ADOPTED;
}

void
peer_note(struct daemon *d, const struct event *ev)
{
	const struct addr *a = &ev->remote.addr;
	struct peer *p = a->family == 0 ? NULL : introduces(ev->kind) ? peer_of(d, a) : peer_find(d, a);

	if (p == NULL)
		return;
	touch(d, p);
	switch (ev->kind) {
	case EV_CHILD_REKEYED:
		p->rekeys++;
		set_state(d, p, PEER_UP, ev);
		break;
	case EV_CHILD_UP:
		set_state(d, p, PEER_UP, ev);
		break;
	case EV_ACQUIRE:
		if (p->state == PEER_IDLE)
			set_state(d, p, PEER_CONNECTING, ev);
		break;
	case EV_IKE_FAILED:
	case EV_CHILD_FAILED:
		note_failure(d, p, ev);
		break;
	case EV_PEER_DEAD:
		count_failure(d, p);
		set_state(d, p, PEER_DOWN, ev);
		break;
	case EV_CHILD_ADOPTED:
		note_adopted(d, p, ev);
		break;
	case EV_SUSPECT:
		/* that somebody says so is not worth a word: the check that follows is */
		if (!ev->stranger && has_pair(d, a, 0))
			set_state(d, p, PEER_DEGRADED, ev);
		break;
	case EV_CHECK:
		if (ev->why != IKE_OK && has_pair(d, a, 0))
			set_state(d, p, PEER_DEGRADED, ev);
		break;
	case EV_HALFLING:
		/* its rows may be gone already */
		if (p->state == PEER_UP || has_pair(d, a, 0))
			set_state(d, p, PEER_DEGRADED, ev);
		break;
	case EV_HEALED:
		if (p->state == PEER_DEGRADED && has_pair(d, a, 0) && !is_doubted(d, a))
			set_state(d, p, PEER_UP, ev);
		break;
	case EV_CHILD_DOWN:
		note_end(d, p, ev);
		break;
	default:
		/* the others say nothing about whether packets pass */
		break;
	}
}
