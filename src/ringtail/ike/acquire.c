/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet needs an SA, or an operator wants one: from a policy to a child, once.
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "sadb/sadb.h"

#include <stdlib.h>

/* An ACQUIRE that was raised just before its SA was there. */
#define JUST_NOW SEC(1)

static void
publish_acquire(const struct child *c)
{
	struct event ev = { .kind = EV_ACQUIRE, .local = c->local, .remote = c->remote, .child_id = c->id };
	struct text t = text_in(ev.text, sizeof(ev.text));

	ts_print(&c->my_ts, &t);
	text_add(&t, " -> ");
	ts_print(&c->peer_ts, &t);
	events_publish(c->d, &ev);
}

/* When what |o| sends by came into the kernel: later than the pair if it was held back. */
static ike_time
sends_since(struct daemon *d, const struct child *o)
{
	const struct sad_row *row = sadb_row(d->sadb, o->row_out);

	return row != NULL && row->since > o->installed ? row->since : o->installed;
}

/*
 * Somebody is at it already, or has just finished.  A greeting and the wish of an operator are for what is not there at all; a
 * kernel that asks has nothing, whatever we believe.
 */
static bool
already(struct daemon *d, const struct child *c, uint32_t seq)
{
	struct child *o = child_find_coming(d, c);

	if (o != NULL) {
		/* whether it comes to something or not, this larval state is not to swallow packets after that */
		if (seq != 0)
			o->acquire_seq = seq;
		admit_hurry(o, c->admit.class);
		return true;
	}
	o = child_find_same(d, c);
	return o != NULL && (c->admit.class == ADMIT_IDLE || seq == 0 || o->rekeying || (o->broken && o->retry_at != 0) ||
				d->now - sends_since(d, o) < JUST_NOW);
}

/* The section's ph1id decides on sainfo sections with remoteid; without an IKE SA it is that of the section we would use. */
uint32_t
acquire_ph1id(struct daemon *d, const struct addr *local, const struct addr *remote)
{
	const struct ike_sa *ike = ike_find_for_peer(d, local, remote);
	const struct conf_remote *rmt;
	struct conf_query q = { .peer = { .addr = *remote }, .initiate = true };
	bool unique;

	if (ike != NULL)
		return ike->rmt->ph1id;
	return conf_remote_best(d->conf, &q, &rmt, &unique) == IKE_OK ? rmt->ph1id : 0;
}

struct wish {
	uint32_t         seq;         /* of an ACQUIRE, 0: none */
	enum admit_class class;
	uint64_t         rank;
};

/* Make and start the child that |sp| wants between |src| and |dst|; IKE_E_EXISTS: one is there or coming, or has just failed. */
static ike_err
want(struct daemon *d, const struct sp_spec *sp, const struct addr *src, const struct addr *dst, struct wish how)
{
	uint32_t seq = how.seq;
	struct child *c;

	TRY(child_new(d, INITIATOR, NULL, &c));
	uint64_t id = c->id;
	c->admit.class = how.class;
	c->admit.rank = how.rank;
	ike_err err = child_from_policy(c, sp, src, dst, acquire_ph1id(d, src, dst));
	if (err == IKE_OK && (already(d, c, seq) || backoff_holds(d, c, seq))) {
		child_forget(c);
		return IKE_E_EXISTS;
	}
	if (err == IKE_OK) {
		c->acquire_seq = seq;
		if (how.class != ADMIT_IDLE)
			publish_acquire(c);
		err = child_start(c);
	}
	if (err != IKE_OK && (c = child_get(d, id)) != NULL)
		child_failed(c, err);
	return err;
}

void
acquire_input(struct daemon *d, const struct sadb_change *ch)
{
	struct sp_spec sp = ch->ev->sp;
	struct addr_buf a, b;

	d->stats.acquires++;
	if (d->stopping)
		return;
	if (ch->sp != NULL)
		sadb_policy_spec(ch->sp, &sp);
	struct addr src = ch->ev->acq_src, dst = ch->ev->acq_dst;
	uint32_t seq = ch->ev->acq_seq;
	log_put(d->env.log, LOG_L_DEBUG, NULL, "ACQUIRE %s -> %s seq=%u", addr_text(&src, &a), addr_text(&dst, &b), seq);
	if (want(d, &sp, &src, &dst, (struct wish){ .seq = seq }) != IKE_OK)
		d->stats.acquires_ignored++;
}

static bool
concerns(const struct spd_row *row, const struct addr *remote)
{
	if (row->sp.dir != SP_OUT || row->action != SP_IPSEC || row->ntmpl == 0)
		return false;
	if (row->tmpl[0].mode == MODE_TUNNEL)
		return addr_equal(&row->tmpl[0].dst, remote);
	return prefix_contains(&row->sp.sel.dst, remote);
}

/* The near end for |row| towards |remote|: the policy's own address if it names one, else by routing. */
static ike_err
near_end(struct daemon *d, const struct spd_row *row, const struct addr *remote, struct addr *out)
{
	if (row->tmpl[0].mode == MODE_TUNNEL && row->tmpl[0].src.family != 0) {
		*out = row->tmpl[0].src;
		return IKE_OK;
	}
	if (row->sp.sel.src.len == addr_bits(&row->sp.sel.src.addr) && row->sp.sel.src.addr.family != 0) {
		*out = row->sp.sel.src.addr;
		return IKE_OK;
	}
	return d->env.source_addr(d->env.arg, remote, out);
}

/* What |row|, which concerns |remote|, wants with it. */
static ike_err
want_row(struct daemon *d, const struct spd_row *row, const struct addr *remote, struct wish how)
{
	struct sp_spec sp;
	struct addr src;

	sadb_policy_spec(row, &sp);
	TRY(near_end(d, row, remote, &src));
	return want(d, &sp, &src, remote, how);
}

ike_err
acquire_peer(struct daemon *d, const struct addr *remote, unsigned *n_out)
{
	const struct spd_row *row;
	uint32_t it = 0;
	unsigned n = 0;
	ike_err last = IKE_E_NOTFOUND;

	while ((row = sadb_policy_next(d->sadb, &it)) != NULL) {
		if (!concerns(row, remote))
			continue;
		last = want_row(d, row, remote, (struct wish){ .class = ADMIT_TRAFFIC });
		if (last == IKE_OK || last == IKE_E_EXISTS)
			n++;
	}
	*n_out = n;
	return n > 0 ? IKE_OK : last;
}

bool
acquire_concerns(const struct spd_row *row, struct addr *peer)
{
	if (row->sp.dir != SP_OUT || row->action != SP_IPSEC || row->ntmpl == 0)
		return false;
	if (row->tmpl[0].mode == MODE_TUNNEL)
		*peer = row->tmpl[0].dst;
	else if (row->sp.sel.dst.addr.family != 0 && row->sp.sel.dst.len == addr_bits(&row->sp.sel.dst.addr))
		*peer = row->sp.sel.dst.addr;
	else
		*peer = (struct addr){ 0 };
	return true;
}

ike_err
acquire_idle(struct daemon *d, const struct spd_row *row, const struct addr *remote, ike_time when)
{
	if (!concerns(row, remote))
		return IKE_E_NOTFOUND;
	return want_row(d, row, remote, (struct wish){ .class = ADMIT_IDLE, .rank = (uint64_t)when });
}
