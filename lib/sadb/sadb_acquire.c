/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet needs an SA, says the kernel.
 *
 * How it works: this is a claim like any other, and more: that the kernel's policy wants what it names, and that no SA serves.  Both
 * are held against the model before the packet's wish is passed on.  A contradiction is somebody's deed of which no event told,
 * or not yet, or the packet came just before its SA did; the kernel is asked which.
 */
#include "sadb/sadb_int.h"

/* ACQUIREs for a policy that is not as we know it: so many are refused in such a time. */
#define REFUSALS_MOST 3
#define REFUSALS_SPAN SEC(1)

/* SAs that are asked about for one ACQUIRE, and how soon about the same one again. */
#define DOUBTS_MOST 4
#define DOUBTS_SPAN MSEC(100)

/* Does |row| ask for the SA that |ev| wants?  A back end that cannot tell which template it was has none in the event. */
static bool
asks_for(const struct spd_row *row, const struct kern_event *ev)
{
	for (size_t i = 0; i < row->ntmpl; i++) {
		const struct sp_tmpl *t = &row->tmpl[i];

		if (t->proto == ev->sa.id.proto && t->mode == ev->sa.mode &&
		    t->reqid == ev->sa.reqid &&
		    (t->mode == MODE_TRANSPORT || addr_is_any(&t->dst) ||
			addr_equal(&t->dst, &ev->acq_dst)))
			return true;
	}
	return ev->sp.ntmpl == 0;
}

/* May one more be refused?  Each packet asks again and costs a dump; if that does not help, the larval state shall keep them off. */
static bool
may_refuse(struct sadb *db, const struct spd_row *row)
{
	struct sp_priv *p = sp_priv_get(db, row->id);

	if (p == NULL)
		return false;
	if (p->refusals == 0 || p->refused + REFUSALS_SPAN <= db->now) {
		p->refused = db->now;
		p->refusals = 0;
	}
	if (p->refusals == REFUSALS_MOST)
		return false;
	p->refusals++;
	return true;
}

/*
 * The policy in the kernel is another than the one that we know: the dump tells what is true.  An SA for ours would not serve this
 * packet, and the larval state would outlive the repair, so that the kernel is to forget it; the next packet asks for what is true.
 */
static bool
refuse_acquire(struct sadb *db, const struct kern_event *ev, const struct spd_row *row)
{
	struct sa_id id = { .proto = ev->sa.id.proto, .dst = ev->acq_dst };
	ike_err err;

	db_want_resync(db, db->now);
	if (db->kern->ops->acquire_failed == NULL || !may_refuse(db, row))
		return false;
	err = db->kern->ops->acquire_failed(db->kern, ev->acq_seq, &id, &ev->acq_src);
	if (err != IKE_OK && err != IKE_E_NOTFOUND)
		return false;
	db->ever.stale_events++;
	return true;
}

/* The template that |ev| asks for: one of its own, or that of the policy as we know it; NULL: not known. */
static const struct sp_tmpl *
asked_tmpl(const struct kern_event *ev, const struct spd_row *sp)
{
	const struct sp_tmpl *t = ev->sp.ntmpl != 0 || sp == NULL ? ev->sp.tmpl : sp->tmpl;
	size_t n = ev->sp.ntmpl != 0 || sp == NULL ? ev->sp.ntmpl : sp->ntmpl;

	for (size_t i = 0; i < n; i++) {
		if (t[i].proto == ev->sa.id.proto &&
		    (ev->sp.ntmpl == 0 || (t[i].mode == ev->sa.mode && t[i].reqid == ev->sa.reqid)))
			return &t[i];
	}
	return NULL;
}

/* A narrowed SA is for some of the packets of its policy only. */
static bool
covers(const struct sa_selector *sel, const struct sa_selector *packet)
{
	struct sa_flow flow = { .src = packet->src.addr,
		.dst = packet->dst.addr,
		.proto = packet->proto,
		.sport = packet->sport,
		.dport = packet->dport };

	if (sel->src.addr.family == 0 && sel->dst.addr.family == 0)
		return true;
	/* some back ends know the policy's selector only */
	return packet->src.len != addr_bits(&packet->src.addr) ||
	       packet->dst.len != addr_bits(&packet->dst.addr) || sa_selector_match(sel, &flow);
}

/* Would the kernel have used the SA of |row| for the packet of |ev|, if it had it as we know it? */
static bool
would_serve(const struct sad_row *row, const struct kern_event *ev, const struct sp_tmpl *t)
{
	const struct sa_spec *s = &row->spec;

	return row->want == SAD_WANT_INSTALLED && row->owner != SADB_FOREIGN && s->dir == SA_OUT &&
	       s->id.proto == t->proto && s->mode == t->mode && s->reqid == t->reqid &&
	       addr_equal(&s->id.dst, &ev->acq_dst) && addr_equal(&s->src, &ev->acq_src) &&
	       covers(&s->sel, &ev->acq_sel);
}

/*
 * SAs of ours that should have carried the packet: the kernel does not have them as we know them, or the packet came before they
 * did.  So it is asked about each, and what somebody did is found and counted now, before the SA is replaced for this packet's
 * sake.  True if the kernel was asked: there may be news.
 */
static bool
doubt(struct sadb *db, const struct kern_event *ev, const struct sp_tmpl *t)
{
	const struct sad_row *row = sadb_peer_first(db, &ev->acq_dst), *next;
	unsigned asked = 0;

	for (; row != NULL && asked < DOUBTS_MOST; row = next) {
		struct sad_priv *p = sad_priv_get(db, row->id);

		next = sadb_peer_next(db, row);
		if (!would_serve(row, ev, t) ||
		    (p->doubted != 0 && db->now - p->doubted < DOUBTS_SPAN))
			continue;
		p->doubted = db->now;
		asked++;
		sad_ask(db, p, false);
	}
	return asked != 0;
}

void
sad_wanted(struct sadb *db, const struct kern_event *ev)
{
	struct sadb_change c = { .kind = SADB_ACQUIRE, .ev = ev, .now = db->now };
	const struct sp_tmpl *t;

	db->ever.acquires++;
	c.sp = sadb_policy_of_acquire(db, ev);
	if (c.sp != NULL && !asks_for(c.sp, ev) && refuse_acquire(db, ev, c.sp))
		return;
	t = asked_tmpl(ev, c.sp);
	if (t != NULL && doubt(db, ev, t)) {
		/* what is lost is told before what is wanted, so that its cure is known by then; the policy may be another after it */
		db_drain(db);
		c.sp = sadb_policy_of_acquire(db, ev);
	}
	if (c.sp == NULL) {
		db_want_resync(db, db->now); /* there is a policy that we have not heard of */
	} else {
		c.id = c.sp->id;
		c.user = c.sp->user;
	}
	db->env.changed(db->env.arg, &c);
}
