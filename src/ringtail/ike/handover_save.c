/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state of a daemon as records.  Nothing is changed; what cannot go on elsewhere is left out, and what waited for it is
 * written as wanted.
 */
#include "ringtail/ike/handover.h"

#include "conf/conf.h"
#include "ringtail/daemon.h"
#include "sadb/sadb.h"

#include <string.h>

/* Is |ike| being made inside another, by an exchange that goes on in the next process? */
static bool
is_coming_heir(const struct ike_sa *ike)
{
	const struct ike_sa *old = ike->replaces == 0 ? NULL : ike_sa_get(ike->d, ike->replaces);

	if (ike->state != IKE_CONNECTING || ike->side != INITIATOR || old == NULL || !list_empty(&ike->exchs))
		return false;
	LIST_FOR(l, &old->exchs) {
		const struct exch *x = container_of(l, struct exch, link);
		if (x->type->intent == INTENT_IKE_REKEY && handover_exch_lasts(x))
			return true;
	}
	return false;
}

bool
handover_lasts(const struct ike_sa *ike)
{
	return ike->state == IKE_ESTABLISHED || ike->state == IKE_DYING || is_coming_heir(ike);
}

bool
handover_exch_lasts(const struct exch *x)
{
	return !x->over && (x->ike->state == IKE_ESTABLISHED || x->ike->state == IKE_DYING) && x->ike->ops->lasts(x);
}

/* The exchange that makes |c| goes on in the next process. */
static bool
is_being_made(const struct child *c)
{
	const struct ike_sa *ike = ike_sa_get(c->d, c->ike_id);

	if (ike == NULL || c->state != CHILD_NEGOTIATING)
		return false;
	LIST_FOR(l, &ike->exchs) {
		const struct exch *x = container_of(l, struct exch, link);
		if (x->child_id == c->id && handover_exch_lasts(x))
			return true;
	}
	return false;
}

bool
handover_child_lasts(const struct child *c)
{
	return c->state != CHILD_NEGOTIATING || c->side == INITIATOR || is_being_made(c);
}

static void
put_record(struct wr *w, uint16_t tag, const struct snap_table *t, const void *obj)
{
	size_t mark = snap_begin(w, tag);

	snap_put(w, t, obj);
	snap_end(w, mark);
}

static void
put_head(const struct daemon *d, struct wr *w)
{
	struct handover_head h = { .taken = d->now };

	memcpy(h.boot_id, d->env.boot_id, sizeof(h.boot_id));
	memcpy(h.seed, d->ikes.by_spi.seed, sizeof(h.seed));
	put_record(w, HO_HEAD, &handover_head_table, &h);
	put_record(w, HO_STATS, &handover_stats_table, &d->stats);
}

static void
put_ike(const struct ike_sa *ike, struct wr *w)
{
	struct handover_ike more = { .major = ike->ops->major };
	struct slice name = slice_str(ike->rmt == NULL ? "" : ike->rmt->name);
	size_t mark = snap_begin(w, HO_IKE);

	snap_put(w, &handover_ike_table, ike);
	/* borrowed for the writing */
	more.section = (struct buf){ .p = (uint8_t *)(uintptr_t)name.p, .n = name.n };
	snap_put(w, &handover_ike_more_table, &more);
	if (ike->my_id != NULL)
		put_record(w, HO_MY_ID, &handover_ident_table, ike->my_id);
	if (ike->peer_id != NULL)
		put_record(w, HO_PEER_ID, &handover_ident_table, ike->peer_id);
	LIST_FOR(l, &ike->replies)
		put_record(w, HO_REPLY, &handover_reply_table, container_of(l, struct reply, link));
	size_t version = snap_begin(w, HO_VERSION);
	ike->ops->save(ike, w);
	snap_end(w, version);
	snap_end(w, mark);
}

static uint64_t
added(const struct child *c, uint64_t id)
{
	const struct sad_row *row = id == 0 ? NULL : sadb_row(c->d->sadb, id);

	return row == NULL ? 0 : row->usage.add_time;
}

static bool
is_reserved(const struct child *c)
{
	const struct sad_row *row = c->row_in == 0 ? NULL : sadb_row(c->d->sadb, c->row_in);

	return row != NULL && row->want == SAD_WANT_RESERVED;
}

static void
put_child(const struct child *c, struct wr *w)
{
	struct handover_child more = {
		.added_in = added(c, c->row_in), .added_out = added(c, c->row_out), .has_in = c->row_in != 0, .has_out = c->row_out != 0,
		.reserved = is_reserved(c),
	};
	struct child wanted;
	size_t mark = snap_begin(w, HO_CHILD);

	if (c->state == CHILD_NEGOTIATING && !is_being_made(c)) {
		/* its exchange ends here: it starts over with another SPI */
		wanted = *c;
		wanted.state = CHILD_WANTED;
		wanted.spi_in = wanted.spi_out = 0;
		more = (struct handover_child){ 0 };
		c = &wanted;
	}
	snap_put(w, &handover_child_table, c);
	snap_put(w, &handover_child_more_table, &more);
	if (c->pending_out != NULL)
		put_record(w, HO_HELD, &handover_keys_table, c->pending_out);
	snap_end(w, mark);
}

static void
put_exch(const struct exch *x, struct wr *w)
{
	struct handover_exch more = { .ike_id = x->ike->id, .intent = handover_intent_number(x->type->intent), .when = x->timer.pos != 0 ? x->timer.when : 0 };
	size_t mark = snap_begin(w, HO_EXCH);

	snap_put(w, &handover_exch_table, x);
	snap_put(w, &handover_exch_more_table, &more);
	size_t version = snap_begin(w, HO_VERSION);
	x->ike->ops->save_exch(x, w);
	snap_end(w, version);
	snap_end(w, mark);
}

static void
put_under_way(const struct ike_sa *ike, struct wr *w)
{
	LIST_FOR(l, &ike->exchs) {
		const struct exch *x = container_of(l, struct exch, link);
		if (handover_exch_lasts(x))
			put_exch(x, w);
	}
	for (const struct queued *q = ike->queue; q != NULL; q = q->next) {
		struct handover_queued h = { .ike_id = ike->id, .child_id = q->child_id,
			.intent = handover_intent_number(q->intent) };
		put_record(w, HO_QUEUED, &handover_queued_table, &h);
	}
}

/* In this order: what names another thing comes after it. */
void
handover_write_records(const struct daemon *d, struct wr *w)
{
	uint32_t it = 0;
	const void *obj;

	put_head(d, w);
	while ((obj = slot_each(&d->peers.ids, &it)) != NULL)
		put_record(w, HO_PEER, &handover_peer_table, obj);
	it = 0;
	while ((obj = slot_each(&d->ikes.ids, &it)) != NULL)
		if (handover_lasts(obj))
			put_ike(obj, w);
	it = 0;
	while ((obj = slot_each(&d->children.ids, &it)) != NULL)
		if (handover_child_lasts(obj))
			put_child(obj, w);
	it = 0;
	while ((obj = slot_each(&d->ikes.ids, &it)) != NULL)
		if (handover_lasts(obj))
			put_under_way(obj, w);
}
