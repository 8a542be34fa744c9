/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What becomes of a pair that the kernel, the peer or somebody else has taken something from: what is needed is negotiated anew at
 * once, unless the same happens again and again, and the peer is told.
 */
#include "ringtail/daemon.h"

#include "sadb/sadb.h"

/*
 * When |c| may be negotiated anew: somebody who keeps deleting SAs of ours is not answered with negotiations without end.
 * 0: at once.
 */
static ike_time
pause_for(struct child *c, uint32_t pid)
{
	char what[120];
	struct text t = text_in(what, sizeof(what));
	bool first;

	ike_time until = backoff_lost(c, &first);
	if (until != 0 && first) {
		text_add(&t, "IPsec-SA ");
		child_print_half(c, SA_OUT, &t);
		mirror_contested(c->d, what, pid);
	}
	return until;
}

/* One half is left of |c|; its replacement begins at |when|. */
static void
half_lost(struct child *c, ike_time when)
{
	child_log_half(c, "half of IPsec-SA lost, negotiating it anew", c->row_in == 0 ? SA_IN : SA_OUT);
	c->d->stats.halflings++;
	child_publish(c, EV_HALFLING, c->row_in == 0 ? "the inbound half of a pair is gone from the kernel" : "the outbound half of a pair is gone from the kernel");
	c->broken = true;
	if (c->state != CHILD_INSTALLED || c->rekeying || c->d->stopping)
		return;
	c->retry_at = when;
	daemon_timer(c->d, &c->timer, when);
}

void
child_half_lost(struct child *c)
{
	half_lost(c, c->d->now);
}

void
child_lost(struct child *c)
{
	bool needed = c->state == CHILD_INSTALLED && !c->rekeying && !c->d->stopping;

	child_log_half(c, "IPsec-SA lost, negotiating it anew", SA_IN);
	child_ends(c, "it is gone from the kernel");
	if (c->state == CHILD_INSTALLED)
		child_publish(c, EV_HALFLING, "a pair is gone from the kernel");
	/* it is none that makes another superfluous */
	c->state = CHILD_RETIRING;
	if (needed && child_start_replacement(c, false) != IKE_OK)
		child_log_half(c, "IPsec-SA not replaced", SA_IN);
	child_delete(c, true);
}

/* Is there anything of |c| in the kernel, as far as we know? */
static bool
is_left(const struct child *c)
{
	const struct sad_row *row = sadb_row(c->d->sadb, c->row_in != 0 ? c->row_in : c->row_out);

	return row != NULL && (row->have == SAD_LIVE || row->have == SAD_DYING || row->have == SAD_UNKNOWN);
}

/* A half of |c| is gone by the act of |pid|. */
static void
vanished(struct child *c, uint32_t pid)
{
	bool left = is_left(c), active = c->state == CHILD_INSTALLED;
	ike_time until = active ? pause_for(c, pid) : 0;

	if (left && c->pending_out == NULL)
		half_lost(c, until != 0 ? until : c->d->now);
	else if (until == 0)
		child_lost(c);
	else {
		/* when the pause is over, traffic asks again */
		child_ends(c, "it is taken out of the kernel again and again: nothing is negotiated for a while");
		child_delete(c, true);
	}
}

/*
 * If nothing is sent by |c| any more, for whose sake its successor's half was held back, that half is needed now.  NULL: that failed, and
 * |c| went with it.
 */
static struct child *
send_by_next(struct child *c)
{
	struct child *next = c->row_out == 0 ? child_get(c->d, c->replaced_by) : NULL;
	struct daemon *d = c->d;
	uint64_t id = c->id;

	if (next != NULL)
		child_release_out(next);
	return child_get(d, id);
}

void
child_on_change(struct daemon *d, const struct sadb_change *ch)
{
	struct child *c = ch->user == 0 ? NULL : child_get(d, ch->user);
	bool in = c != NULL && ch->id == c->row_in;

	if (ch->kind == SADB_ACQUIRE) {
		acquire_input(d, ch);
		return;
	}
	if (ch->kind == SADB_POLICY_NEW && ch->sp != NULL)
		greet_policy(d, ch->sp);
	if (c == NULL)
		return;
	if (ch->kind == SADB_SOFT) {
		if (c->sainfo != NULL || c->adopted)
			child_rekey(c);
		return;
	}
	if (ch->kind != SADB_HARD && ch->kind != SADB_LOST)
		return;
	/* the row goes by itself after this */
	peer_add_carried(d, &c->remote.addr, in, ch->sa->usage.bytes, ch->sa->usage.packets);
	if (in)
		c->row_in = 0;
	else
		c->row_out = 0;
	if (c->gone || c->state == CHILD_WANTED || c->state == CHILD_NEGOTIATING)
		return;
	if (ch->kind == SADB_HARD) {
		child_log_half(c, "IPsec-SA expired", in ? SA_IN : SA_OUT);
		child_ends(c, "its lifetime is over");
		child_delete(c, true);
	} else if ((c = send_by_next(c)) != NULL) {
		vanished(c, ch->pid);
	}
}
