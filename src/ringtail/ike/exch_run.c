/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: exch_input() takes a message that belongs to an exchange through find row, protection, payload sets, process;
 * if the next row is ours, write_next() goes the same way backwards: build, payload sets, protection, send.  What an error
 * means is decided in one place, take_error(), from util/err.h and from whether the message was authentic: nothing that
 * an unauthenticated message says ends an exchange.
 */
#include "ringtail/daemon.h"

#include "crypto/ke.h"

#include <stdlib.h>

#define MAX_RESTARTS 3
/* How long we go on asking after somebody, perhaps not the peer, said no. */
#define REFUSED_PATIENCE SEC(3)
/* A peer that does not answer and is not given up is asked for so much longer. */
#define HELD_AGAIN SEC(10)

struct exch *
exch_find(struct ike_sa *ike, uint8_t wire, uint32_t msgid, int side)
{
	LIST_FOR(l, &ike->exchs) {
		struct exch *x = container_of(l, struct exch, link);
		if (x->type->wire == wire && x->msgid == msgid && (side < 0 || x->side == (enum exch_side)side))
			return x;
	}
	return NULL;
}

ike_err
exch_new(struct ike_sa *ike, const struct exch_type *type, enum exch_side side, uint32_t msgid, struct exch **out)
{
	struct exch *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return IKE_E_NOMEM;
	x->ike = ike;
	x->type = type;
	x->side = side;
	x->msgid = msgid;
	x->started = ike->d->now;
	x->give_up = IKE_NEVER;
	x->timer.kind = TIMER_EXCH;
	x->timer.owner_id = ike->id;
	list_add_tail(&ike->exchs, &x->link);
	*out = x;
	return IKE_OK;
}

void
exch_free(struct exch *x)
{
	list_del(&x->link);
	heap_cancel(&x->ike->d->timers, &x->timer);
	ke_free(x->ke);
	secret_free(&x->shared);
	buf_free(&x->my_nonce);
	buf_free(&x->peer_nonce);
	buf_free(&x->my_ke);
	buf_free(&x->peer_ke);
	buf_free(&x->my_sa);
	buf_free(&x->peer_sa);
	buf_free(&x->notify_data);
	buf_free(&x->out);
	arena_free(&x->arena);
	free(x);
}

/* Out of the IKE SA's list; the reaper frees it. */
static void
bury(struct exch *x)
{
	struct daemon *d = x->ike->d;

	x->over = true;
	heap_cancel(&d->timers, &x->timer);
	list_del(&x->link);
	list_add_tail(&d->dead_exchs, &x->link);
}

void
exch_abandon(struct exch *x, ike_err why)
{
	if (x->over)
		return;
	bury(x);
	if (x->type->failed != NULL)
		x->type->failed(x, why);
}

static bool
makes_ike_sa(const struct exch *x)
{
	return x->type->intent == INTENT_IKE_CREATE || x->type->intent == INTENT_IKE_AUTH;
}

void
exch_fail(struct exch *x, ike_err why)
{
	struct ike_sa *ike = x->ike;
	bool fatal = makes_ike_sa(x) || ike_err_info(why)->class == ERR_KILL;

	if (x->over)
		return;
	/* RFC 7296 section 2.4: a request that is never answered means that the other end has failed. */
	if (why == IKE_E_TIMEOUT && ike->ops->windowed && x->side == INITIATOR && !fatal) {
		if (!live_give_up(ike)) {
			x->give_up = time_add(ike->d->now, HELD_AGAIN);
			exch_again(x);
		}
		return;
	}
	exch_abandon(x, why);
	if (fatal)
		ike_sa_kill(ike, why, false);
	else
		ike_sa_run_queue(ike);
}

static void
finish(struct exch *x)
{
	struct ike_sa *ike = x->ike;
	const struct exch_type *type = x->type;
	bool last_was_ours = type->steps[type->nsteps - 1].from == x->side;

	if (last_was_ours && type->nsteps > 1)
		reply_keep(x);
	bury(x);
	if (type->done != NULL)
		type->done(x);
	if (ike->state == IKE_DEAD)
		return;
	if (type->then != NULL && x->side == INITIATOR) {
		ike_err err = exch_start(ike, type->then, x->child_id);
		if (err != IKE_OK)
			ike_sa_kill(ike, err, false);
		return;
	}
	ike_sa_run_queue(ike);
}

static ike_err
check_own(const struct exch *x, const struct step *row, const struct msg_out *m)
{
	struct payloads pl;
	uint8_t major = x->ike->ops->major;

	TRY(wr_err(&m->w));
	if (wr_len(&m->w) == 0 && row->need == 0)
		return IKE_OK;
	TRY(payloads_parse(major, m->chain.first, buf_slice(&m->w.buf), CHAIN_EXACT, &pl));
	return exch_check(row, &pl, major) == IKE_OK ? IKE_OK : IKE_E_INTERNAL;
}

static ike_err
write_message(struct exch *x, const struct step *row, struct msg_out *m)
{
	const struct ike_version_ops *ops = x->ike->ops;

	if (ops->begin != NULL)
		TRY(ops->begin(x, row, m));
	TRY(row->build(x, m));
	TRY(check_own(x, row, m));
	TRY(ops->protect(x, row, m));
	if (ops->accepted != NULL)
		TRY(ops->accepted(x, row, buf_slice(&m->datagram), true));
	return IKE_OK;
}

/* Write, send and go past our rows, one or several. */
static ike_err
write_next(struct exch *x)
{
	while (!x->over && x->step < x->type->nsteps && x->type->steps[x->step].from == x->side) {
		struct msg_out m = { 0 };

		wr_init(&m.w, 0);
		chain_begin(&m.chain, x->ike->ops->major);
		ike_err err = write_message(x, &x->type->steps[x->step], &m);
		wr_free(&m.w);
		if (err != IKE_OK) {
			buf_free(&m.datagram);
			return err;
		}
		buf_move(&x->out, &m.datagram);
		x->step++;
		exch_transmit(x->ike, buf_slice(&x->out));
		exch_arm(x);
	}
	if (!x->over && x->step >= x->type->nsteps)
		finish(x);
	return IKE_OK;
}

ike_err
exch_start_with(struct ike_sa *ike, const struct exch_type *type, uint64_t child_id,
    ike_err (*prepare)(struct exch *x, void *arg), void *arg)
{
	struct exch *x;
	uint32_t msgid;

	TRY(ike->ops->next_msgid(ike, type, &msgid));
	TRY(exch_new(ike, type, INITIATOR, msgid, &x));
	x->child_id = child_id;
	ike_err err = prepare != NULL ? prepare(x, arg) : IKE_OK;
	if (err == IKE_OK && type->begin != NULL)
		err = type->begin(x);
	if (err == IKE_OK)
		err = write_next(x);
	if (err != IKE_OK && !x->over) {
		bury(x);
		if (type->unbegin != NULL)
			type->unbegin(x);
	}
	return err;
}

ike_err
exch_start(struct ike_sa *ike, const struct exch_type *type, uint64_t child_id)
{
	return exch_start_with(ike, type, child_id, NULL, NULL);
}

/* Count, and log what deserves it: a flood must not fill the disk. */
static void
note_error(struct exch *x, const struct msg *m, ike_err err)
{
	struct daemon *d = x->ike->d;
	bool quiet = ike_err_info(err)->class == ERR_DROP;
	uint64_t suppressed;
	char what[96];
	struct text t = text_in(what, sizeof(what));

	d->stats.dropped++;
	d->stats.drops_by_err[err]++;
	if (quiet ? d->env.log->max < LOG_L_DEBUG : !log_allow(&d->drop_log, d->now, &suppressed))
		return;
	exch_describe(x, &t);
	ike_log(x->ike, quiet ? LOG_L_DEBUG : LOG_L_ERROR, "%s: %s%s", what, ike_err_text(err),
	    m->authentic ? "" : " (not authenticated)");
}

void
exch_doubt(struct exch *x, ike_err why)
{
	struct daemon *d = x->ike->d;

	x->ike->why = why;
	if (x->side != INITIATOR || x->give_up <= d->now + REFUSED_PATIENCE)
		return;
	x->give_up = d->now + REFUSED_PATIENCE;
	if (x->timer.when > x->give_up)
		daemon_timer(d, &x->timer, x->give_up);
}

/* Is |err|, found in |m|, the end of the exchange? */
static void
take_error(struct exch *x, const struct msg *m, ike_err err, bool first)
{
	note_error(x, m, err);
	if (x->over)
		return;
	if (ike_err_info(err)->class == ERR_DROP && !first)
		return;
	if (!m->authentic && !first) {
		exch_doubt(x, err);
		return;
	}
	/* a peer that does not get our refusal asks again, and is to hear the same */
	exch_remember_input(x, m->raw);
	x->ike->ops->report(x, err);
	exch_fail(x, err);
}

/* An answer that says no, or "again, with this": back to the first row if the type can. */
static ike_err
refused(struct exch *x, const struct msg *m)
{
	TRY(x->type->refused(x, m));
	if (++x->restarts > MAX_RESTARTS)
		return IKE_E_PEER;
	x->step = 0;
	x->in_hash = 0;
	return write_next(x);
}

static ike_err
read_message(struct exch *x, const struct step *row, struct msg *m)
{
	const struct ike_version_ops *ops = x->ike->ops;

	TRY(ops->unprotect(x, row, m));
	x->bad_type = m->pl.bad_type;
	if (x->side == INITIATOR && x->type->refused != NULL && (m->pl.seen & row->need) != row->need &&
	    payload_first(&m->pl, PK_NOTIFY) != NULL && !m->pl.bad_critical)
		return refused(x, m);
	TRY(exch_check(row, &m->pl, ops->major));
	if (m->authentic)
		ike_sa_heard(x->ike);
	TRY(row->process(x, m));
	if (x->over)
		return IKE_OK;
	exch_remember_input(x, m->raw);
	if (ops->accepted != NULL)
		TRY(ops->accepted(x, row, m->raw, false));
	x->step++;
	return write_next(x);
}

/* Is the next message the peer's? */
static bool
waits(const struct exch *x)
{
	return x->step < x->type->nsteps && x->type->steps[x->step].from != x->side;
}

static void
input(struct exch *x, struct msg *m, bool first)
{
	const struct step *row = &x->type->steps[x->step];
	uint8_t at = x->step;
	ike_err err = IKE_E_MSGID;

	if (waits(x))
		err = read_message(x, row, m);
	/* once it was accepted, what fails is ours to fail, whoever sent it */
	if (err != IKE_OK)
		take_error(x, m, err, first || x->step != at);
}

void
exch_input(struct exch *x, struct msg *m)
{
	if (exch_is_repeated(x, m->raw)) {
		if (x->out.n > 0 && waits(x)) {
			x->ike->d->stats.retransmissions++;
			exch_transmit(x->ike, buf_slice(&x->out));
		}
		return;
	}
	input(x, m, false);
}

void
exch_respond(struct ike_sa *ike, const struct exch_type *type, struct msg *m)
{
	struct exch *x;
	ike_err err = exch_new(ike, type, RESPONDER, m->hdr.msgid, &x);

	if (err == IKE_OK && type->begin != NULL && (err = type->begin(x)) != IKE_OK)
		bury(x);
	if (err != IKE_OK) {
		ike_log(ike, LOG_L_ERROR, "%s: %s", type->name, ike_err_text(err));
		if (ike->state == IKE_CONNECTING)
			ike_sa_kill(ike, err, false);
		return;
	}
	input(x, m, true);
}

void
exch_describe(const struct exch *x, struct text *t)
{
	const struct step *row = &x->type->steps[x->step];
	const char *sep = "";

	if (x->step >= x->type->nsteps) {
		text_addf(t, "%s: done", x->type->name);
		return;
	}
	text_addf(t, "%s: %s message %u (", x->type->name, row->from == x->side ? "writing" : "waiting for", row->n);
	for (unsigned k = 0; k < PK_COUNT; k++) {
		if ((row->need & PLD_BIT(k)) == 0)
			continue;
		text_addf(t, "%s%s", sep, pld_kind_name((enum pld_kind)k));
		sep = ", ";
	}
	text_add(t, ")");
}
