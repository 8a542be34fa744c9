/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Quick mode (RFC 2409 section 5.5): one child in three messages, with or without PFS.
 *
 * The responder installs its inbound half before it answers, the initiator before it sends the third message and its
 * outbound half after it.  That message tells the responder that it may send, also where the new pair replaces
 * another.  An initiator whose third message got lost repeats it when the second comes again; a responder that never
 * sees it takes its half back.
 */
#include "ringtail/v1/v1.h"

#include "conf/conf.h"
#include "prop/prop_v1.h"
#include "prop/select.h"

#include <string.h>

/*
 * How long packets wait for the third message, with which the initiator has nothing to do but send it: it may have, and have ended its
 * ISAKMP SA before ours got another.
 */
#define CONFIRM_PATIENCE SEC(4)

static struct v1_phase2 *
scratch(struct exch *x)
{
	return x->scratch;
}

ike_err
v1_quick_begin(struct exch *x)
{
	struct ike_sa *ike = x->ike;
	struct v1_phase2 *s;

	if (x->side == INITIATOR && child_get(ike->d, x->child_id) == NULL)
		return IKE_E_GONE;
	TRY(v1_phase2_of(x, &s));
	ike_log_phase2(ike, x->side);
	return IKE_OK;
}

static void
put_sa(struct msg_out *m, const struct prop_list *l)
{
	(void)pld_begin(&m->w, &m->chain, V1_PLD_SA);
	prop_v1_put(&m->w, l);
	pld_end(&m->w, &m->chain);
}

/* RFC 2409 section 5.5: "a SA payload MUST immediately follow the HASH." */
static bool
sa_in_place(const struct msg *m)
{
	return m->pl.n > 1 && m->pl.v[1].kind == PK_SA && payload_count(&m->pl, PK_SA) == 1;
}

ike_err
v1_build_quick1(struct exch *x, struct msg_out *m)
{
	struct child *c = child_get(x->ike->d, x->child_id);
	struct prop_list ours;

	if (c == NULL)
		return IKE_E_GONE;
	child_asked_for(c);
	TRY(child_reserve(c));
	TRY(child_props(c, &x->arena, &ours));
	TRY(prop_v1_offer(&ours, &x->arena, &x->offer));
	scratch(x)->spi_i = c->spi_in;
	TRY(v1_make_ids(x, c));
	TRY(v1_make_nonce(x));
	put_sa(m, &x->offer);
	v1_put_nonce(x, m);
	/* RFC 2409 section 5.5: one KE for all proposals, so all of them name the same group */
	enum alg_id group = prop_first(&x->offer.v[0].ke);
	if (group != ALG_ID_NONE) {
		TRY(v1_make_ke(x, group));
		v1_put_ke(x, m);
	}
	v1_put_ids(x, m);
	return IKE_OK;
}

static ike_err
choose(struct exch *x, const struct msg *m, struct child *c)
{
	struct v1_phase2 *s = scratch(x);
	struct prop_rule rule = { .version = 1, .check = (uint8_t)x->ike->rmt->check };
	struct prop_list ours, theirs;
	struct prop_choice choice;
	char why[200];
	struct text t = text_in(why, sizeof(why));

	TRY(buf_set(&x->peer_sa, payload_first(&m->pl, PK_SA)->body));
	TRY(prop_v1_get(buf_slice(&x->peer_sa), &x->arena, &theirs));
	if (theirs.n > 0)
		s->spi_i = prop_spi32(&theirs.v[0]);
	TRY(child_props(c, &x->arena, &ours));
	ike_err err = prop_choose(&rule, &ours, &theirs, &choice);
	if (err != IKE_OK) {
		prop_explain(&rule, &ours, &theirs, &t);
		ike_log(x->ike, LOG_L_ERROR, "no suitable proposal found. (%s:%u: %s)",
		    c->sainfo->file, c->sainfo->line, why);
		return err;
	}
	x->chosen = choice.prop;
	s->claim_sec = choice.claim_sec;
	s->claim_kb = choice.claim_kb;
	child_choose(c, &choice.prop);
	s->spi_i = c->spi_out;
	return c->spi_out == 0 ? IKE_E_FORMAT : IKE_OK;
}

/* The peer's half of nonces and key exchange, and ours to go with it.  |group| is what was agreed on. */
static ike_err
exchange_keys(struct exch *x, const struct msg *m, enum alg_id group)
{
	bool have = payload_first(&m->pl, PK_KE) != NULL;

	/* RFC 2409 section 5.5: a KE payload without a group in the SA, or the other way round, is no agreement */
	if (have != (group != ALG_ID_NONE))
		return IKE_E_BAD_KE;
	if (!have)
		return IKE_OK;
	TRY(v1_make_ke(x, group));
	return v1_take_ke(x, m);
}

static ike_err
install_in(struct exch *x, struct child *c)
{
	struct sa_keys in;

	TRY(v1_child_keys(x, c, &in, &scratch(x)->out));
	secret_free(&x->shared);
	nonce_lowest(buf_slice(&x->my_nonce), buf_slice(&x->peer_nonce), c->nonce_low);
	return child_install_in(c, &in);
}

static ike_err
take_request(struct exch *x, const struct msg *m, struct child *c)
{
	struct child_request rq = {
		.peer_id = x->ike->peer_id, .my.n = 1, .peer.n = 1, .mode = MODE_ANY, .exact = true
	};

	TRY(v1_take_ids(x, m, &rq.my.v[0], &rq.peer.v[0]));
	TRY(child_match_request(c, x->ike, &rq));
	TRY(v1_take_nonce(x, m));
	TRY(v1_cross(x, c));
	TRY(choose(x, m, c));
	TRY(v1_make_nonce(x));
	TRY(exchange_keys(x, m, prop_first(&x->chosen.ke)));
	child_asked_for(c);
	TRY(child_reserve(c));
	return install_in(x, c);
}

ike_err
v1_take_quick1(struct exch *x, const struct msg *m)
{
	struct ike_sa *ike = x->ike;
	struct child *c;

	if (!sa_in_place(m))
		return IKE_E_FORMAT;
	if (ike->nchildren >= V1_CHILDREN_MAX)
		return IKE_E_EXHAUSTED;
	TRY(child_new(ike->d, RESPONDER, ike, &c));
	x->child_id = c->id;
	TRY(take_request(x, m, c));
	daemon_timer(ike->d, &c->timer, ike->d->now + CONFIRM_PATIENCE);
	return IKE_OK;
}

ike_err
v1_build_quick2(struct exch *x, struct msg_out *m)
{
	const struct child *c = child_get(x->ike->d, x->child_id);
	struct prop answer = x->chosen;

	if (c == NULL)
		return IKE_E_GONE;
	prop_set_spi32(&answer, c->spi_in);
	(void)pld_begin(&m->w, &m->chain, V1_PLD_SA);
	prop_v1_put_answer(&m->w, buf_slice(&x->peer_sa), &answer);
	pld_end(&m->w, &m->chain);
	v1_put_nonce(x, m);
	if (x->ke != NULL)
		v1_put_ke(x, m);
	v1_put_ids(x, m);
	v1_put_claim(x, m, c);
	return IKE_OK;
}

ike_err
v1_take_quick2(struct exch *x, const struct msg *m)
{
	struct prop_rule rule = { .version = 1, .check = (uint8_t)x->ike->rmt->check };
	struct child *c = child_get(x->ike->d, x->child_id);
	struct prop_choice choice;
	struct prop_list answer;

	if (c == NULL || child_overtaken(c))
		return IKE_E_CHILD_GONE;
	if (!sa_in_place(m))
		return IKE_E_FORMAT;
	TRY(prop_v1_get_answer(payload_first(&m->pl, PK_SA)->body, &x->arena, &answer));
	if (answer.n != 1)
		return IKE_E_NO_PROPOSAL;
	TRY(prop_verify(&rule, &x->offer, &answer.v[0], &choice));
	child_choose(c, &choice.prop);
	if (c->spi_out == 0)
		return IKE_E_FORMAT;
	v1_take_claim(x, m, c);
	TRY(v1_check_ids(x, m, c));
	TRY(v1_take_nonce(x, m));
	TRY(exchange_keys(x, m, prop_first(&choice.prop.ke)));
	return install_in(x, c);
}

/* The HASH in front is all there is. */
ike_err
v1_build_quick3(struct exch *x, struct msg_out *m)
{
	(void)m;
	return child_get(x->ike->d, x->child_id) == NULL ? IKE_E_CHILD_GONE : IKE_OK;
}

ike_err
v1_take_quick3(struct exch *x, const struct msg *m)
{
	(void)x;
	(void)m;
	return IKE_OK;
}

/*
 * Quick mode does not say what it replaces.  As responder we take a pair with the same selectors, older than this
 * exchange, for the one that the peer renews.  (One that came up meanwhile is a collision: child_up() settles that.)
 */
static void
find_replaced(struct child *c)
{
	const struct child *o = c->side != RESPONDER ? NULL : child_find_same(c->d, c);

	if (o != NULL && o->installed <= c->created)
		c->replaces = o->id;
}

void
v1_quick_done(struct exch *x)
{
	struct v1_phase2 *s = scratch(x);
	struct child *c = child_get(x->ike->d, x->child_id);

	/* the peer has answered with what it cannot have known before */
	live_heard(x->ike);
	if (x->side == RESPONDER)
		v1_remember_msgid(x->ike, x->msgid);
	if (c != NULL) {
		ike_err err = child_overtaken(c) ? IKE_E_REDUNDANT : child_install_out(c, &s->out);
		if (err == IKE_OK) {
			find_replaced(c);
			child_up(c);
			if (x->sent > 1)
				live_compare(x->ike);
		} else {
			child_abort(c, err);
		}
	}
	sa_keys_wipe(&s->out);
}

/* The child has been handed to another ISAKMP SA meanwhile, since this one is redundant: it is negotiated there. */
static bool
goes_on_elsewhere(struct exch *x, struct child *c)
{
	struct ike_sa *heir = ike_sa_get(x->ike->d, c->ike_id);

	if (x->side != INITIATOR || heir == NULL || heir == x->ike || heir->state == IKE_DEAD)
		return false;
	child_wait_again(c);
	return child_redundant(c) || ike_sa_want(heir, INTENT_CHILD_CREATE, c->id) == IKE_OK;
}

/*
 * Nothing was heard since we asked, not even about something else: the peer may have lost the ISAKMP SA without being
 * able to say so. The next packet begins with a new one.
 */
static void
doubt(struct exch *x, ike_err why)
{
	struct ike_sa *ike = x->ike;

	if (why != IKE_E_TIMEOUT || x->side != INITIATOR || ike->state != IKE_ESTABLISHED ||
	    ike->last_in >= x->started)
		return;
	ike_log(ike, LOG_L_WARNING,
	    "no answer in quick mode and nothing else heard since; the ISAKMP-SA is given up");
	ike_sa_delete(ike);
}

void
v1_quick_failed(struct exch *x, ike_err why)
{
	struct v1_phase2 *s = scratch(x);
	struct child *c = child_get(x->ike->d, x->child_id);

	if (s != NULL)
		sa_keys_wipe(&s->out);
	/* our second message went out: what comes with this id now is a straggler, and the peer may have installed its pair */
	if (x->side == RESPONDER && x->step > 1) {
		v1_remember_msgid(x->ike, x->msgid);
		if (c != NULL)
			child_abort(c, why);
		return;
	}
	if (c != NULL && !goes_on_elsewhere(x, c) &&
	    (c = child_get(x->ike->d, x->child_id)) != NULL)
		child_failed(c, why);
	doubt(x, why);
}
