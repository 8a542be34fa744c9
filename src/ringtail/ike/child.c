/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: see child.h for the life of a child.  This file is birth, binding, look-up and failure; child_kern.c is its two
 * halves in the kernel, child_life.c its replacement and end, child_match.c how policies and selectors become a child.
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "sadb/sadb.h"
#include "wire/const.h"

#include <stdlib.h>
#include <string.h>

ike_err
child_new(struct daemon *d, enum exch_side side, struct ike_sa *ike, struct child **out)
{
	struct child *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return IKE_E_NOMEM;
	ike_err err = daemon_random(d, &c->jitter, sizeof(c->jitter));
	if (err == IKE_OK)
		err = slot_add(&d->children.ids, c, &c->id);
	if (err != IKE_OK) {
		free(c);
		return err;
	}
	c->d = d;
	c->side = side;
	c->conf = conf_ref(d->conf);
	c->created = d->now;
	c->timer.kind = TIMER_CHILD;
	c->timer.owner_id = c->id;
	list_init(&c->link);
	list_init(&c->admit.waiting);
	if (ike != NULL) {
		c->local = ike->local;
		c->remote = ike->remote;
		child_bind(c, ike);
	}
	*out = c;
	return IKE_OK;
}

void
child_bind(struct child *c, struct ike_sa *ike)
{
	struct ike_sa *old = ike_sa_get(c->d, c->ike_id);

	if (!list_empty(&c->link)) {
		list_del(&c->link);
		if (old != NULL)
			old->nchildren--;
	}
	c->ike_id = 0;
	if (ike != NULL) {
		c->ike_id = ike->id;
		list_add_tail(&ike->children, &c->link);
		ike->nchildren++;
	}
}

struct child *
child_get(struct daemon *d, uint64_t id)
{
	return slot_get(&d->children.ids, id);
}

void
child_forget(struct child *c)
{
	struct daemon *d = c->d;

	admit_over(c);
	child_bind(c, NULL);
	heap_cancel(&d->timers, &c->timer);
	if (c->pending_out != NULL) {
		sa_keys_wipe(c->pending_out);
		free(c->pending_out);
	}
	slot_remove(&d->children.ids, c->id);
	conf_unref(c->conf);
	free(c);
}

/* The child that owns the model's row with this SPI, if the far (|remote|) or near end of the row is |end|. */
static struct child *
find_by_spi(struct daemon *d, uint8_t proto, uint32_t spi, const struct addr *dst)
{
	struct sa_id id = { .proto = proto, .spi = spi, .dst = *dst };
	const struct sad_row *row = sadb_find_sa(d->sadb, &id);

	return row == NULL ? NULL : child_get(d, row->user);
}

struct child *
child_find_in(struct daemon *d, uint8_t proto, uint32_t spi, const struct addr *local)
{
	return find_by_spi(d, proto, spi, local);
}

struct child *
child_find_out(struct daemon *d, uint8_t proto, uint32_t spi, const struct addr *remote)
{
	struct child *c = find_by_spi(d, proto, spi, remote);

	if (c != NULL)
		return c;
	/* an outbound half that is held back has no row yet */
	for (struct ike_sa *ike = ike_next_of_peer(d, remote, NULL); ike != NULL; ike = ike_next_of_peer(d, remote, ike)) {
		LIST_FOR(l, &ike->children) {
			c = container_of(l, struct child, link);
			if (c->spi_out == spi && c->proto == proto && c->state != CHILD_WANTED)
				return c;
		}
	}
	return NULL;
}

bool
child_alike(const struct child *a, const struct child *b)
{
	return a != b && a->proto == b->proto && a->mode == b->mode && addr_equal(&a->local.addr, &b->local.addr) &&
	    addr_equal(&a->remote.addr, &b->remote.addr) && ts_equal(&a->my_ts, &b->my_ts) &&
	    ts_equal(&a->peer_ts, &b->peer_ts);
}

struct child *
child_find_same(struct daemon *d, const struct child *like)
{
	for (const struct sad_row *row = sadb_peer_first(d->sadb, &like->remote.addr); row != NULL;
	    row = sadb_peer_next(d->sadb, row)) {
		struct child *c = row->user == 0 ? NULL : child_get(d, row->user);
		if (c != NULL && c->state == CHILD_INSTALLED && child_alike(c, like))
			return c;
	}
	return NULL;
}

struct child *
child_find_serving(struct daemon *d, const struct child *like)
{
	struct child *best = child_find_same(d, like);

	for (const struct sad_row *row = sadb_peer_first(d->sadb, &like->remote.addr); row != NULL && best == NULL;
	    row = sadb_peer_next(d->sadb, row)) {
		struct child *c = row->user == 0 ? NULL : child_get(d, row->user);
		if (c != NULL && c->state == CHILD_RETIRING && !c->gone && c->row_out != 0 && child_alike(c, like))
			best = c;
	}
	return best;
}

struct child *
child_find_coming(struct daemon *d, const struct child *like)
{
	const struct addr *remote = &like->remote.addr;

	for (struct ike_sa *ike = ike_next_of_peer(d, remote, NULL); ike != NULL; ike = ike_next_of_peer(d, remote, ike)) {
		LIST_FOR(l, &ike->children) {
			struct child *c = container_of(l, struct child, link);
			if ((c->state == CHILD_WANTED || c->state == CHILD_NEGOTIATING) && !c->moved && child_alike(c, like))
				return c;
		}
	}
	return admit_find(d, like);
}

struct exch *
child_exch(const struct child *c)
{
	struct daemon *d = c->d;

	/* its IKE SA may be another by now */
	for (struct ike_sa *ike = ike_next_of_peer(d, &c->remote.addr, NULL); ike != NULL; ike = ike_next_of_peer(d, &c->remote.addr, ike)) {
		LIST_FOR(l, &ike->exchs) {
			struct exch *x = container_of(l, struct exch, link);
			if (x->child_id == c->id)
				return x;
		}
	}
	return NULL;
}

void
nonce_lowest(struct slice a, struct slice b, uint8_t out[16])
{
	struct slice low = slice_compare(a, b) < 0 ? a : b;

	memset(out, 0, 16);
	if (low.n > 0)
		memcpy(out, low.p, low.n < 16 ? low.n : 16);
}

static ike_err
start_ike_sa(struct child *c)
{
	struct daemon *d = c->d;
	struct endpoint local = c->local, remote = c->remote;
	const struct conf_remote *rmt;
	struct addr_buf ab;
	bool unique;

	local.port = d->env.ike_port;
	remote.port = 0;
	struct conf_query q = { .peer = remote, .initiate = true };
	ike_err err = conf_remote_best(d->conf, &q, &rmt, &unique);
	if (err == IKE_OK && !unique)
		err = IKE_E_AMBIGUOUS;
	if (err != IKE_OK) {
		log_put(d->env.log, LOG_L_ERROR, NULL, err == IKE_E_AMBIGUOUS ?
		    "multiple remote configurations match %s equally; make one more specific" :
		    "no configuration found for %s.", addr_text(&remote.addr, &ab));
		return err;
	}
	remote.port = rmt->peer.port != 0 ? rmt->peer.port : IKE_PORT;
	c->local = local;
	c->remote = remote;
	log_put(d->env.log, LOG_L_INFO, NULL, "IPsec-SA request for %s queued due to no phase1 found.",
	    addr_text(&remote.addr, &ab));
	return ike_initiate(d, rmt, &local, &remote, c->id, NULL);
}

ike_err
child_start(struct child *c)
{
	return admit_child(c);
}

ike_err
child_begin(struct child *c)
{
	struct ike_sa *ike = ike_sa_get(c->d, c->ike_id);
	enum intent intent = INTENT_CHILD_CREATE;

	/* another pair may have come while it waited */
	if (child_redundant(c))
		return IKE_OK;
	if (ike == NULL || (ike->state != IKE_ESTABLISHED && ike->state != IKE_CONNECTING) || ike->check.failed)
		ike = ike_find_for_peer(c->d, &c->local.addr, &c->remote.addr);
	if (ike == NULL || (ike->half_open && c->d->now - c->created >= HALF_OPEN_TRUST))
		return start_ike_sa(c);
	const struct child *old = child_get(c->d, c->replaces);
	if (old != NULL && old->ike_id == ike->id && ike->ops->for_intent(INTENT_CHILD_REKEY) != NULL)
		intent = INTENT_CHILD_REKEY;
	c->local = ike->local;
	c->remote = ike->remote;
	child_bind(c, ike);
	if (ike->half_open)
		daemon_timer(c->d, &c->timer, c->d->now + HALF_OPEN_TRUST);
	return ike_sa_want(ike, intent, c->id);
}

void
child_wait_no_more(struct child *c)
{
	const struct ike_sa *ike = ike_sa_get(c->d, c->ike_id);
	uint64_t id = c->id;
	struct daemon *d = c->d;

	if (ike == NULL || !ike->half_open)
		return;
	child_bind(c, NULL);
	ike_err err = child_start(c);
	if (err != IKE_OK && (c = child_get(d, id)) != NULL)
		child_failed(c, err);
}

/* Who comes for the same as |c|, and will be there without our doing anything for it? */
static struct child *
comes_by_itself(struct child *c)
{
	struct child *o = child_find_coming(c->d, c);

	return o == NULL || o->state == CHILD_WANTED ? NULL : o;
}

bool
child_redundant(struct child *c)
{
	struct child *old = child_get(c->d, c->replaces), *o = NULL;

	if (c->state != CHILD_WANTED)
		return false;
	/* what it is to replace does not serve instead of it */
	if (old == NULL || old->replaced_by != 0)
		o = child_find_same(c->d, c);
	if (o == NULL)
		o = comes_by_itself(c);
	if (o == NULL)
		return false;
	/* the packet that waits is served by the other */
	if (o->acquire_seq == 0)
		o->acquire_seq = c->acquire_seq;
	child_forget(c);
	if (old != NULL && old->replaced_by == 0)
		child_rekey_failed(old);
	return true;
}

bool
child_overtaken(const struct child *c)
{
	const struct child *o = c->moved ? child_find_same(c->d, c) : NULL;

	return o != NULL && o->installed > c->created;
}

void
child_asked_for(struct child *c)
{
	c->state = CHILD_NEGOTIATING;
	/* what came up while it was only wanted did not cross it */
	c->created = c->d->now;
}

void
child_wait_again(struct child *c)
{
	if (c->row_in != 0)
		(void)sadb_release(c->d->sadb, c->row_in);
	c->row_in = 0;
	c->spi_in = c->spi_out = 0;
	c->state = CHILD_WANTED;
}

void
child_publish(const struct child *c, enum event_kind kind, const char *text)
{
	struct event ev = {
		.kind = kind, .local = c->local, .remote = c->remote, .ike_id = c->ike_id, .child_id = c->id,
		.spi_in = c->spi_in, .spi_out = c->spi_out,
	};
	struct text t = text_in(ev.text, sizeof(ev.text));

	text_add(&t, text);
	events_publish(c->d, &ev);
}

void
child_report_failure(struct child *c, ike_err why)
{
	struct event ev = {
		.kind = EV_CHILD_FAILED, .local = c->local, .remote = c->remote, .ike_id = c->ike_id, .child_id = c->id,
		.why = why, .theirs = c->side == RESPONDER,
	};
	struct text t = text_in(ev.text, sizeof(ev.text));

	c->d->stats.child_failed++;
	text_add(&t, ike_err_text(why));
	if (why == IKE_E_KERNEL)
		text_addf(&t, ": %s", c->d->env.kern->reason);
	events_publish(c->d, &ev);
	struct addr_buf ab;
	log_put(c->d->env.log, LOG_L_ERROR, addr_text(&c->remote.addr, &ab), "phase2 negotiation failed: %s", ev.text);
}

void
child_answer_acquire(struct child *c)
{
	struct kern *k = c->d->env.kern;
	struct sa_id id = { .proto = c->proto, .dst = c->remote.addr };

	if (c->acquire_seq != 0 && k->ops->acquire_failed != NULL)
		(void)k->ops->acquire_failed(k, c->acquire_seq, &id, &c->local.addr);
}

void
child_failed(struct child *c, ike_err why)
{
	struct child *old = child_get(c->d, c->replaces);

	/* nobody waits for it */
	if (c->moved) {
		child_drop(c);
		return;
	}
	child_report_failure(c, why);
	if (old != NULL && old->replaced_by == 0)
		child_rekey_failed(old);
	if (c->admit.class == ADMIT_IDLE)
		greet_failed(c);
	if (!backoff_failed(c, why))
		child_answer_acquire(c);
	child_drop(c);
}

void
child_lost_ike(struct child *c, ike_err why, bool keep)
{
	switch (c->state) {
	case CHILD_INSTALLED:
	case CHILD_RETIRING:
		if (keep && c->delete_sent && !c->gone)
			child_gone(c);
		if (keep)
			return;
		child_ends(c, why == IKE_E_GONE ? "its IKE SA ended" : ike_err_text(why));
		/* one that is replaced already reads what is still in flight */
		if (c->state == CHILD_INSTALLED || child_get(c->d, c->replaced_by) == NULL)
			child_drop(c);
		else if (!c->gone)
			child_gone(c);
		break;
	case CHILD_WANTED:
	case CHILD_NEGOTIATING:
		child_failed(c, why);
		break;
	}
}

void
child_forget_former(struct ike_sa *ike)
{
	struct daemon *d = ike->d;
	const struct sad_row *row = sadb_peer_first(d->sadb, &ike->remote.addr);

	while (row != NULL) {
		struct child *c = row->user == 0 ? NULL : child_get(d, row->user);
		bool former = c != NULL && (c->ike_id == 0 || c->ike_id == ike->id) && c->installed != 0 && c->installed <= ike->created;
		if (former) {
			child_ends(c, "the peer has begun anew");
			child_drop(c);
			/* rows went: start over, there are few of one peer */
			row = sadb_peer_first(d->sadb, &ike->remote.addr);
		} else {
			row = sadb_peer_next(d->sadb, row);
		}
	}
}
