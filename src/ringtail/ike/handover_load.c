/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: each record becomes the thing it was, under a new id; pairs of old and new ids are kept until what names another
 * thing has been put right.  The snapshot is one of ours, whole, and fresh, so that a record that cannot be used is either
 * from a newer version with values we do not know, or memory is out.  Then that IKE SA is left behind, never used halfway;
 * its pairs stay in the kernel and are adopted like those of a process that crashed.
 */
#include "ringtail/ike/handover.h"

#include "conf/conf.h"
#include "ringtail/daemon.h"
#include "ringtail/ike/handover_ids.h"
#include "sadb/sadb.h"

#include <stdlib.h>
#include <string.h>

/* No two transmissions of one message are further apart. */
#define GAP_MOST SEC(3600)

/* What is being taken. */
struct taking {
	struct daemon *d;
	struct ids     ikes, children;
	unsigned       left;        /* IKE SAs and children that could not be taken */
};

/*
 * The section of the present configuration: the one of the same name if it fits, else the best.  NULL: nobody wants this peer any
 * more.
 */
static const struct conf_remote *
section_of(const struct ike_sa *ike, struct slice name)
{
	struct conf_query q = {
		.peer = ike->remote, .mode = ike->ops == &v2_ops ? CONF_IKEV2 : CONF_MAIN, .initiate = ike->side == INITIATOR,
		.peer_id = ike->peer_id,
	};
	const struct conf_remote *best;
	bool unique;

	for (const struct conf_remote *r = conf_remote_next(ike->conf, &q, NULL); r != NULL; r = conf_remote_next(ike->conf, &q, r))
		if (slice_equal(slice_str(r->name), name) && conf_remote_score(r, &q) != 0)
			return r;
	return conf_remote_best(ike->conf, &q, &best, &unique) == IKE_OK ? best : NULL;
}

static ike_err
get_ident(struct slice record, struct ident **out)
{
	if (*out == NULL)
		*out = calloc(1, sizeof(**out));
	return *out == NULL ? IKE_E_NOMEM : snap_get(record, &handover_ident_table, *out);
}

static ike_err
get_reply(struct ike_sa *ike, struct slice record)
{
	struct reply *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return IKE_E_NOMEM;
	list_add_tail(&ike->replies, &r->link);
	return snap_get(record, &handover_reply_table, r);
}

static ike_err
get_parts(struct ike_sa *ike, struct slice record)
{
	struct rd r = rd_of(record);
	struct slice body;
	uint16_t tag;
	bool whole = false;

	while (snap_next(&r, &tag, &body)) {
		ike_err err = IKE_OK;
		whole = whole || tag == HO_VERSION;
		if (tag == HO_MY_ID)
			err = get_ident(body, &ike->my_id);
		else if (tag == HO_PEER_ID)
			err = get_ident(body, &ike->peer_id);
		else if (tag == HO_REPLY)
			err = get_reply(ike, body);
		else if (tag == HO_VERSION)
			err = ike->ops->restore(ike, body);
		TRY(err);
	}
	TRY(rd_end(&r));
	return whole ? IKE_OK : IKE_E_MISSING;
}

static bool
ends_ok(const struct endpoint *a, const struct endpoint *b)
{
	return (a->addr.family == 4 || a->addr.family == 6) && a->addr.family == b->addr.family && b->port != 0;
}

/* What has happened has happened before now. */
static void
past(const struct daemon *d, ike_time *t)
{
	if (*t > d->now)
		*t = d->now;
}

/* Into |ike|, which is empty but initialised; not in any table yet. */
static ike_err
fill_ike(struct ike_sa *ike, struct slice record)
{
	struct handover_ike more = { 0 };

	ike_err err = snap_get(record, &handover_ike_table, ike);
	if (err == IKE_OK)
		err = snap_get(record, &handover_ike_more_table, &more);
	ike->ops = more.major == 1 ? &v1_ops : &v2_ops;
	if (err == IKE_OK && (more.major < 1 || more.major > 2 || ike->my_spi == 0 || !ends_ok(&ike->local, &ike->remote)))
		err = IKE_E_FORMAT;
	if (err == IKE_OK)
		err = ike->ops->init(ike);
	if (err == IKE_OK)
		err = get_parts(ike, record);
	if (err == IKE_OK && ike_find_by_spi(ike->d, ike->my_spi) != NULL)
		err = IKE_E_EXISTS;
	if (err == IKE_OK)
		ike->rmt = section_of(ike, buf_slice(&more.section));
	buf_free(&more.section);
	return err;
}

static ike_err
take_ike(struct taking *t, struct slice record)
{
	struct ike_sa *ike = ike_sa_blank(t->d);

	if (ike == NULL)
		return IKE_E_NOMEM;
	ike_err err = fill_ike(ike, record);
	uint64_t old = ike->id;
	if (err == IKE_OK)
		err = ids_room(&t->ikes);
	if (err == IKE_OK)
		err = ike_table_add(ike);
	if (err != IKE_OK) {
		ike_sa_free(ike);
		return err;
	}
	ids_add(&t->ikes, old, ike->id);
	past(t->d, &ike->created);
	past(t->d, &ike->established);
	past(t->d, &ike->last_in);
	past(t->d, &ike->last_check);
	past(t->d, &ike->last_traffic);
	past(t->d, &ike->superseded);
	ike_table_not_half_open(ike);
	ike->timer.kind = TIMER_IKE;
	ike->timer.owner_id = ike->id;
	return IKE_OK;
}

static ike_err
get_held(struct child *c, struct slice record)
{
	struct rd r = rd_of(record);
	struct slice body;
	uint16_t tag;

	while (snap_next(&r, &tag, &body)) {
		if (tag != HO_HELD)
			continue;
		if (c->pending_out == NULL)
			c->pending_out = calloc(1, sizeof(*c->pending_out));
		if (c->pending_out == NULL)
			return IKE_E_NOMEM;
		TRY(snap_get(body, &handover_keys_table, c->pending_out));
	}
	return rd_end(&r);
}

static ike_err
fill_child(struct taking *t, struct child *c, struct slice record, struct handover_child *more)
{
	TRY(snap_get(record, &handover_child_table, c));
	TRY(snap_get(record, &handover_child_more_table, more));
	TRY(get_held(c, record));
	bool spis_ok = (c->spi_in >= SADB_SPI_MIN || !(more->has_in || more->reserved)) &&
	    (c->spi_out >= SADB_SPI_MIN || !(more->has_out || c->pending_out != NULL));
	if (!spis_ok || !ends_ok(&c->local, &c->remote) || !ts_valid(&c->my_ts) || !ts_valid(&c->peer_ts) ||
	    (c->proto != PROTO_ESP && c->proto != PROTO_AH))
		return IKE_E_FORMAT;
	return ids_room(&t->children);
}

static ike_err
take_child(struct taking *t, struct slice record)
{
	struct handover_child more = { 0 };
	struct child *c;

	TRY(child_new(t->d, INITIATOR, NULL, &c));
	uint64_t id = c->id;
	ike_err err = fill_child(t, c, record, &more);
	uint64_t old_id = c->id, old_ike = c->ike_id;
	c->id = id;
	c->ike_id = 0;
	if (err != IKE_OK) {
		child_forget(c);
		return err;
	}
	ids_add(&t->children, old_id, id);
	past(t->d, &c->created);
	past(t->d, &c->installed);
	past(t->d, &c->retiring_since);
	past(t->d, &c->gone_since);
	struct ike_sa *ike = ike_sa_get(t->d, ids_new(&t->ikes, old_ike));
	child_bind(c, ike);
	child_find_section(c, ike);
	child_claim(c, &more);
	return IKE_OK;
}

/* An IKE SA cannot go on: its pairs stay where they are, for adoption. */
static void
leave_behind(struct ike_sa *ike, ike_err why)
{
	while (!list_empty(&ike->children)) {
		struct child *c = container_of(ike->children.next, struct child, link);
		child_bind(c, NULL);
	}
	ike_sa_kill(ike, why, false);
}

static ike_err
fill_exch(struct taking *t, struct exch *x, struct slice record)
{
	struct rd r = rd_of(record);
	struct slice body;
	uint16_t tag;

	TRY(snap_get(record, &handover_exch_table, x));
	if (x->step == 0 || x->step >= x->type->nsteps || x->gap <= 0 || x->gap > GAP_MOST)
		return IKE_E_FORMAT;
	past(t->d, &x->started);
	x->child_id = ids_new(&t->children, x->child_id);
	bool whole = false;

	while (snap_next(&r, &tag, &body)) {
		if (tag != HO_VERSION)
			continue;
		if (whole)
			return IKE_E_FORMAT;
		TRY(x->ike->ops->restore_exch(x, body));
		whole = true;
	}
	TRY(rd_end(&r));
	return whole ? IKE_OK : IKE_E_MISSING;
}

static ike_err
take_exch(struct taking *t, struct slice record)
{
	struct handover_exch more = { 0 };
	struct exch *x;

	TRY(snap_get(record, &handover_exch_more_table, &more));
	struct ike_sa *ike = ike_sa_get(t->d, ids_new(&t->ikes, more.ike_id));
	if (ike == NULL)
		return IKE_OK;
	const struct exch_type *type = ike->ops->for_intent(handover_intent_of(more.intent));
	ike_err err = type == NULL ? IKE_E_UNSUPPORTED : exch_new(ike, type, INITIATOR, 0, &x);
	if (err == IKE_OK && (err = fill_exch(t, x, record)) != IKE_OK)
		exch_free(x);
	if (err == IKE_OK)
		daemon_timer(t->d, &x->timer, more.when == 0 ? t->d->now : more.when);
	return err;
}

/* A request of ours whose message id is used up has to go on, or no other can ever be made: the IKE SA of |record| is of no use. */
static void
lose_exch(struct taking *t, struct slice record, ike_err why)
{
	struct handover_exch more = { 0 };

	if (snap_get(record, &handover_exch_more_table, &more) != IKE_OK)
		return;
	struct ike_sa *ike = ike_sa_get(t->d, ids_new(&t->ikes, more.ike_id));
	if (ike != NULL && ike->ops->windowed)
		leave_behind(ike, why);
}

static ike_err
take_queued(struct taking *t, struct slice record)
{
	struct handover_queued h = { 0 };

	TRY(snap_get(record, &handover_queued_table, &h));
	struct ike_sa *ike = ike_sa_get(t->d, ids_new(&t->ikes, h.ike_id));
	uint64_t child_id = ids_new(&t->children, h.child_id);
	if (ike == NULL || (h.child_id != 0 && child_id == 0))
		return IKE_OK;
	enum intent intent = handover_intent_of(h.intent);
	return intent == INTENT_NONE ? IKE_OK : ike_sa_enqueue(ike, intent, child_id);
}

static ike_err
take_peer(struct daemon *d, struct slice record)
{
	struct peer got = { 0 };

	TRY(snap_get(record, &handover_peer_table, &got));
	struct peer *p = got.addr.family == 0 ? NULL : peer_of(d, &got.addr);
	if (p == NULL)
		return IKE_OK;
	d->peers.proved -= p->ups > 0;
	ike_err err = snap_get(record, &handover_peer_table, p);
	d->peers.proved += p->ups > 0;
	TRY(err);
	p->text[sizeof(p->text) - 1] = '\0';
	return IKE_OK;
}

static ike_err
take_record(struct taking *t, uint16_t tag, struct slice body)
{
	switch (tag) {
	case HO_STATS:
		return snap_get(body, &handover_stats_table, &t->d->stats);
	case HO_PEER:
		return take_peer(t->d, body);
	case HO_IKE:
		return take_ike(t, body);
	case HO_CHILD:
		return take_child(t, body);
	case HO_EXCH:
		return take_exch(t, body);
	case HO_QUEUED:
		return take_queued(t, body);
	default:
		return IKE_OK;
	}
}

/* What names others by their old ids. */
static void
put_ids_right(struct taking *t)
{
	uint32_t it = 0;
	struct ike_sa *ike;
	struct child *c;

	while ((ike = slot_each(&t->d->ikes.ids, &it)) != NULL) {
		ike->replaces = ids_new(&t->ikes, ike->replaces);
		ike->superseded_by = ids_new(&t->ikes, ike->superseded_by);
	}
	it = 0;
	while ((c = slot_each(&t->d->children.ids, &it)) != NULL) {
		c->replaces = ids_new(&t->children, c->replaces);
		c->replaced_by = ids_new(&t->children, c->replaced_by);
		if (c->state == CHILD_WANTED || c->state == CHILD_NEGOTIATING)
			c->retry_at = 0;
		/* unless its replacement is still coming, the soft limit that was told once is seen to again */
		if (c->rekeying)
			c->retry_at = t->d->now;
		c->rekeying = false;
	}
	it = 0;
	while ((c = slot_each(&t->d->children.ids, &it)) != NULL) {
		struct child *old = c->state == CHILD_WANTED || c->state == CHILD_NEGOTIATING ? child_get(t->d, c->replaces) : NULL;
		if (old == NULL)
			continue;
		old->rekeying = true;
		old->retry_at = 0;
	}
}

/* Is it of this uptime, and of just now? */
static ike_err
check_head(const struct daemon *d, const struct handover_head *h)
{
	if (memcmp(h->boot_id, d->env.boot_id, sizeof(h->boot_id)) != 0)
		return IKE_E_STATE;
	return h->taken > d->now || d->now - h->taken > HANDOVER_LIFE ? IKE_E_STATE : IKE_OK;
}

static ike_err
take_head(struct daemon *d, struct slice records)
{
	struct handover_head h = { .taken = IKE_NEVER };
	struct rd r = rd_of(records);
	struct slice body;
	uint16_t tag;

	if (!snap_next(&r, &tag, &body) || tag != HO_HEAD)
		return IKE_E_FORMAT;
	TRY(snap_get(body, &handover_head_table, &h));
	TRY(check_head(d, &h));
	/* hashes of messages stand in replies and exchanges: they were made with this seed; the table is empty */
	memcpy(d->ikes.by_spi.seed, h.seed, sizeof(h.seed));
	return IKE_OK;
}

#define TRIES 3u

/* Those records whose tags are within |from| and |to|. */
static void
take_records(struct taking *t, struct slice records, uint16_t from, uint16_t to)
{
	struct rd r = rd_of(records);
	struct slice body;
	uint16_t tag;

	while (snap_next(&r, &tag, &body)) {
		ike_err err = tag < from || tag > to ? IKE_OK : IKE_E_NOMEM;
		/* what is not taken now can never be had again */
		for (unsigned i = 0; err == IKE_E_NOMEM && i < TRIES; i++)
			err = take_record(t, tag, body);
		if (err == IKE_OK)
			continue;
		t->left++;
		if (tag == HO_EXCH)
			lose_exch(t, body, err);
		log_put(t->d->env.log, LOG_L_WARNING, NULL, "something of the process before this one cannot be taken over: %s",
		    ike_err_text(err));
	}
}

/* What the old process was waiting for, as far as it can be told from what is there now. */
static void
settle_ike(struct ike_sa *ike)
{
	bool renewing = false;

	for (struct ike_sa *o = ike_next_of_peer(ike->d, &ike->remote.addr, NULL); o != NULL;
	    o = ike_next_of_peer(ike->d, &ike->remote.addr, o))
		renewing = renewing || o->replaces == ike->id;
	for (const struct queued *q = ike->queue; q != NULL; q = q->next)
		renewing = renewing || q->intent == INTENT_IKE_REKEY;
	if (ike->state == IKE_ESTABLISHED && !renewing)
		ike->rekeyed = false;
	/* it goes when its pairs have been made anew elsewhere: rebind.c looks at that */
	if (ike->state == IKE_DYING && ike->reauth)
		rebind_later(ike->d);
	if (ike->rmt == NULL || ike->state == IKE_CONNECTING || (ike->state == IKE_DYING && ike->d->now >= ike->hard))
		daemon_timer(ike->d, &ike->timer, IKE_NEVER - 1);
	else
		ike_sa_arm(ike);
}

static void
settle(struct daemon *d)
{
	uint32_t it = 0;
	struct ike_sa *ike;
	struct child *c;

	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL)
		settle_ike(ike);
	it = 0;
	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		if (c->state == CHILD_RETIRING || c->retry_at != 0)
			daemon_timer(d, &c->timer, c->state == CHILD_RETIRING ? d->now : c->retry_at);
}

static ike_err
take(struct taking *t, struct slice snapshot)
{
	struct daemon *d = t->d;
	struct slice records;

	TRY(handover_open(d, snapshot, &records));
	TRY(take_head(d, records));
	take_records(t, records, HO_STATS, HO_IKE);
	ids_sort(&t->ikes);
	take_records(t, records, HO_CHILD, HO_CHILD);
	ids_sort(&t->children);
	put_ids_right(t);
	take_records(t, records, HO_EXCH, HO_QUEUED);
	settle(d);
	return IKE_OK;
}

static const char *
refusal(ike_err err)
{
	return err == IKE_E_STATE ? "it is too old, or of another uptime of this machine" :
	    err == IKE_E_VERSION ? "it was written by another version" : ike_err_text(err);
}

void
handover_take(struct daemon *d)
{
	struct taking t = { .d = d };
	struct secret snapshot = { 0 };

	ike_err err = d->env.handover_load == NULL ? IKE_E_NOTFOUND : d->env.handover_load(d->env.arg, &snapshot);
	if (err == IKE_E_NOTFOUND)
		return;
	if (err == IKE_OK)
		err = take(&t, secret_slice(&snapshot));
	secret_free(&snapshot);
	ids_free(&t.ikes);
	ids_free(&t.children);
	if (err != IKE_OK) {
		log_put(d->env.log, LOG_L_WARNING, NULL,
		    "the state of the process before this one is not used: %s; what is in the kernel is adopted instead", refusal(err));
		return;
	}
	d->resume_due = true;
	log_put(d->env.log, LOG_L_INFO, NULL, "took over %zu IKE SAs and %zu children from the process before this one%s",
	    d->ikes.ids.count, d->children.ids.count, t.left > 0 ? "; some could not be" : "");
}
