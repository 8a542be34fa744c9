/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Children: in IKE_AUTH and in CREATE_CHILD_SA, new or in place of another (RFC 7296 sections 1.3.1, 1.3.3, 2.8, 2.17).
 *
 * The responder installs its inbound half before it answers.  The initiator installs both when it has the answer.  The responder's outbound
 * half follows at once for a new child; for one that replaces another it is held until the initiator has
 * shown that it switched (child_life.c).
 */
#include "ringtail/v2/v2.h"

#include "conf/conf.h"
#include "crypto/ke.h"
#include "prop/prop_v2.h"
#include "prop/select.h"

#include <string.h>

static uint8_t
wire_proto(const struct child *c)
{
	return c->proto == PROTO_AH ? V2_PROTO_AH : V2_PROTO_ESP;
}

struct child_scratch {
	struct sa_keys out;
	uint16_t       group;      /* enum alg_id of our KE payload */
};

static ike_err
scratch_of(struct exch *x, struct child_scratch **out)
{
	if (x->scratch == NULL)
		x->scratch = arena_alloc(&x->arena, sizeof(struct child_scratch));
	*out = x->scratch;
	return x->scratch == NULL ? IKE_E_NOMEM : IKE_OK;
}

static void
put_sa_body(struct msg_out *m, const struct prop_list *l)
{
	(void)pld_begin(&m->w, &m->chain, V2_PLD_SA);
	prop_v2_put(&m->w, l);
	pld_end(&m->w, &m->chain);
}

static ike_err
put_selectors(struct exch *x, struct msg_out *m, const struct child *c, bool initiator)
{
	TRY(v2_put_ts(x, m, V2_PLD_TSI, initiator ? &c->my_ts : &c->peer_ts));
	return v2_put_ts(x, m, V2_PLD_TSR, initiator ? &c->peer_ts : &c->my_ts);
}

ike_err
v2_put_child(struct exch *x, struct msg_out *m, struct child *c, bool alone)
{
	struct child_scratch *s;
	struct prop_list ours;

	TRY(scratch_of(x, &s));
	if (x->restarts == 0)
		ike_log_phase2(x->ike, INITIATOR);
	child_asked_for(c);
	TRY(child_reserve(c));
	TRY(child_props(c, &x->arena, &ours));
	TRY(prop_v2_offer(&ours, alone ? 0 : PROP_V2_NO_KE, &x->arena, &x->offer));
	if (c->mode == MODE_TRANSPORT)
		v2_put_notify(m, V2_N_USE_TRANSPORT_MODE, slice_of(NULL, 0));
	put_sa_body(m, &x->offer);
	if (alone) {
		enum alg_id group = s->group != 0 ? (enum alg_id)s->group : prop_first(&x->offer.v[0].ke);
		TRY(v2_make_ke(x, group));
		v2_put_nonce(x, m);
		if (x->ke != NULL)
			v2_put_ke(x, m);
	}
	return put_selectors(x, m, c, true);
}

ike_err
v2_child_keys(struct exch *x, const struct child *c, struct sa_keys *in, struct sa_keys *out)
{
	struct ike_sa *ike = x->ike;
	bool auth = x->type == &v2_ike_auth, initiator = x->side == INITIATOR;
	struct slice ni = buf_slice(auth ? &ike->v2->ni : initiator ? &x->my_nonce : &x->peer_nonce);
	struct slice nr = buf_slice(auth ? &ike->v2->nr : initiator ? &x->peer_nonce : &x->my_nonce);
	/* AH has no cipher, an AEAD no integrity */
	const struct alg *encr = alg_get(c->suite.encr.id), *integ = alg_get(c->suite.integ.id);
	size_t e = encr == NULL ? 0 : alg_keymat_len(encr, c->suite.encr.bits), a = integ == NULL ? 0 : alg_keymat_len(integ, 0);
	struct secret km;

	if (e > sizeof(in->encr) || a > sizeof(in->integ))
		return IKE_E_INTERNAL;
	TRY(keymat_v2_child(ike->d->env.crypto, ike->suite.prf.id, v2_sk_d(&ike->v2->keys), secret_slice(&x->shared), ni, nr,
	    2 * (e + a), &km));
	/* RFC 7296 section 2.17: keys for SAs from the initiator to the responder are taken first, encryption before integrity */
	struct sa_keys *first = initiator ? out : in, *second = initiator ? in : out;
	memcpy(first->encr, km.p, e);
	memcpy(first->integ, km.p + e, a);
	memcpy(second->encr, km.p + e + a, e);
	memcpy(second->integ, km.p + 2 * e + a, a);
	in->encr_len = out->encr_len = (uint16_t)e;
	in->integ_len = out->integ_len = (uint16_t)a;
	secret_free(&km);
	return IKE_OK;
}

/* Our choice among the peer's proposals.  |alone|: with the key exchange it may have. */
static ike_err
choose(struct exch *x, const struct msg *m, struct child *c, bool alone)
{
	struct prop_list ours, theirs;
	enum alg_id group = KE_NONE;
	struct prop_choice choice;

	TRY(prop_v2_get(payload_first(&m->pl, PK_SA)->body, &x->arena, &theirs));
	if (alone)
		TRY(v2_ke_group(m, &group));
	TRY(child_props(c, &x->arena, &ours));
	struct prop_rule rule = { .version = 2, .no_ke = !alone, .ke_sent = (uint16_t)group };
	ike_err err = prop_choose(&rule, &ours, &theirs, &choice);
	if (err != IKE_OK) {
		char why[200];
		struct text t = text_in(why, sizeof(why));
		prop_explain(&rule, &ours, &theirs, &t);
		ike_log(x->ike, LOG_L_ERROR, "no suitable proposal found. (%s:%u: %s)", c->sainfo->file, c->sainfo->line, why);
		return err;
	}
	enum alg_id want = prop_first(&choice.prop.ke);
	if (want == ALG_ID_NONE)
		want = KE_NONE;
	if (alone && want != KE_NONE && want != group) {
		x->ike->v2->group = (uint16_t)want;
		return IKE_E_BAD_KE;
	}
	x->chosen = choice.prop;
	child_choose(c, &choice.prop);
	if (c->spi_out == 0)
		return IKE_E_FORMAT;
	return IKE_OK;
}

static ike_err
request_of(struct exch *x, const struct msg *m, struct child_request *rq)
{
	struct pld_notify n;

	memset(rq, 0, sizeof(*rq));
	rq->peer_id = x->ike->peer_id;
	rq->mode = v2_find_notify(&m->pl, V2_N_USE_TRANSPORT_MODE, &n) ? MODE_TRANSPORT : MODE_TUNNEL;
	TRY(v2_get_ts(x, m, PK_TSI, &rq->peer));
	return v2_get_ts(x, m, PK_TSR, &rq->my);
}

static ike_err
exchange_keys(struct exch *x, const struct msg *m)
{
	enum alg_id group = prop_first(&x->chosen.ke);

	TRY(v2_take_nonce(x, m));
	TRY(v2_make_ke(x, group));
	return x->ke == NULL ? IKE_OK : v2_take_ke(x, m, group);
}

ike_err
v2_take_child(struct exch *x, const struct msg *m, struct child *c, bool alone)
{
	struct child_request rq;
	struct child_scratch *s;
	struct sa_keys in;

	TRY(scratch_of(x, &s));
	ike_log_phase2(x->ike, RESPONDER);
	TRY(request_of(x, m, &rq));
	TRY(child_match_request(c, x->ike, &rq));
	TRY(choose(x, m, c, alone));
	if (alone)
		TRY(exchange_keys(x, m));
	child_asked_for(c);
	TRY(child_reserve(c));
	TRY(v2_child_keys(x, c, &in, &s->out));
	struct v2_state *v = x->ike->v2;
	nonce_lowest(buf_slice(alone ? &x->my_nonce : &v->nr), buf_slice(alone ? &x->peer_nonce : &v->ni), c->nonce_low);
	return child_install_in(c, &in);
}

ike_err
v2_put_child_answer(struct exch *x, struct msg_out *m, struct child *c, bool alone)
{
	struct prop answer = x->chosen;

	prop_set_spi32(&answer, c->spi_in);
	if (c->mode == MODE_TRANSPORT)
		v2_put_notify(m, V2_N_USE_TRANSPORT_MODE, slice_of(NULL, 0));
	(void)pld_begin(&m->w, &m->chain, V2_PLD_SA);
	prop_v2_put_one(&m->w, &answer);
	pld_end(&m->w, &m->chain);
	if (alone) {
		v2_put_nonce(x, m);
		if (x->ke != NULL)
			v2_put_ke(x, m);
	}
	return put_selectors(x, m, c, false);
}

/* RFC 7296 section 2.9: the responder may choose a subset of what we proposed, and nothing else. */
static ike_err
take_selectors(struct exch *x, const struct msg *m, struct child *c)
{
	struct ts_list my, peer;

	TRY(v2_get_ts(x, m, PK_TSI, &my));
	TRY(v2_get_ts(x, m, PK_TSR, &peer));
	if (!ts_contains(&c->my_ts, &my.v[0]) || !ts_contains(&c->peer_ts, &peer.v[0]))
		return IKE_E_TS;
	if (!ts_equal(&c->my_ts, &my.v[0]) || !ts_equal(&c->peer_ts, &peer.v[0]))
		c->narrowed = true;
	c->my_ts = my.v[0];
	c->peer_ts = peer.v[0];
	return IKE_OK;
}

static ike_err
install_both(struct exch *x, struct child *c)
{
	struct sa_keys in, out;

	TRY(v2_child_keys(x, c, &in, &out));
	ike_err err = child_install_in(c, &in);
	if (err == IKE_OK)
		err = child_install_out(c, &out);
	sa_keys_wipe(&in);
	sa_keys_wipe(&out);
	return err;
}

ike_err
v2_take_child_answer(struct exch *x, const struct msg *m, struct child *c, bool alone)
{
	struct prop_rule rule = { .version = 2, .no_ke = !alone };
	struct prop_choice choice;
	struct prop answer;
	struct pld_notify n;

	x->child_made = true;
	TRY(prop_v2_get_answer(payload_first(&m->pl, PK_SA)->body, &answer));
	child_choose(c, &answer);
	if (c->spi_out == 0)
		return IKE_E_FORMAT;
	TRY(prop_verify(&rule, &x->offer, &answer, &choice));
	child_choose(c, &choice.prop);
	/* RFC 7296 section 1.3.1: a responder that does not answer with USE_TRANSPORT_MODE has made a tunnel mode SA */
	bool transport = v2_find_notify(&m->pl, V2_N_USE_TRANSPORT_MODE, &n);
	if (transport != (c->mode == MODE_TRANSPORT))
		return IKE_E_UNSUPPORTED;
	TRY(take_selectors(x, m, c));
	if (alone) {
		TRY(v2_take_nonce(x, m));
		if (x->ke != NULL && payload_first(&m->pl, PK_KE) == NULL)
			return IKE_E_BAD_KE;
		if (x->ke != NULL)
			TRY(v2_take_ke(x, m, ke_group(x->ke)));
	}
	struct v2_state *v = x->ike->v2;
	nonce_lowest(buf_slice(alone ? &x->my_nonce : &v->ni), buf_slice(alone ? &x->peer_nonce : &v->nr), c->nonce_low);
	return install_both(x, c);
}

ike_err
v2_child_begin(struct exch *x)
{
	if (x->side == INITIATOR && child_get(x->ike->d, x->child_id) == NULL)
		return IKE_E_GONE;
	return IKE_OK;
}

ike_err
v2_build_child(struct exch *x, struct msg_out *m)
{
	struct child *c = child_get(x->ike->d, x->child_id);
	const struct child *old = c == NULL ? NULL : child_get(x->ike->d, c->replaces);

	if (c == NULL || (x->type == &v2_child_rekey && old == NULL))
		return IKE_E_GONE;
	if (x->type == &v2_child_rekey)
		v2_put_notify_spi(m, wire_proto(old), old->spi_in, V2_N_REKEY_SA, slice_of(NULL, 0));
	return v2_put_child(x, m, c, true);
}

bool
v2_serves(const struct ike_sa *ike, const struct child *c)
{
	const struct ike_sa *o = c->ike_id == ike->id ? NULL : ike_sa_get(c->d, c->ike_id);

	if (o == NULL)
		return c->ike_id == ike->id;
	return o->id == ike->replaces || o->superseded_by == ike->id;
}

static ike_err
take_request(struct exch *x, const struct msg *m, struct child *old)
{
	struct child *c;

	/* RFC 7296 section 2.25.2: the same the other way round, while we are rekeying the IKE SA */
	if (x->ike->state != IKE_ESTABLISHED || v2_asking(x->ike, &v2_ike_rekey))
		return IKE_E_BUSY;
	/* one that replaces another has a place, as long as those that were replaced go in time */
	if (x->ike->nchildren >= (old == NULL ? V2_CHILDREN_MAX : 2 * V2_CHILDREN_MAX))
		return IKE_E_EXHAUSTED;
	TRY(child_new(x->ike->d, RESPONDER, x->ike, &c));
	x->child_id = c->id;
	if (old != NULL)
		c->replaces = old->id;
	return v2_take_child(x, m, c, true);
}

ike_err
v2_take_create(struct exch *x, const struct msg *m)
{
	return take_request(x, m, NULL);
}

ike_err
v2_take_rekey(struct exch *x, const struct msg *m)
{
	struct pld_notify n;

	if (!v2_find_notify(&m->pl, V2_N_REKEY_SA, &n) || n.spi.n != 4)
		return IKE_E_FORMAT;
	struct rd r = rd_of(n.spi);
	x->bad_proto = n.proto;
	x->bad_spi = rd_u32(&r);
	/* RFC 7296 section 1.3.3: the SPI is that which the initiator of the exchange would expect in inbound packets */
	struct child *old = child_find_out(x->ike->d, n.proto == V2_PROTO_AH ? PROTO_AH : PROTO_ESP, x->bad_spi,
	    &x->ike->remote.addr);
	if (old == NULL || !v2_serves(x->ike, old))
		return IKE_E_CHILD_GONE;
	/* RFC 7296 section 2.25.1: a request to rekey a child that we have asked to close is refused */
	if (old->delete_sent || old->state == CHILD_RETIRING)
		return IKE_E_BUSY;
	return take_request(x, m, old);
}

ike_err
v2_build_child_answer(struct exch *x, struct msg_out *m)
{
	struct child *c = child_get(x->ike->d, x->child_id);

	return c == NULL ? IKE_E_GONE : v2_put_child_answer(x, m, c, true);
}

ike_err
v2_take_child_reply(struct exch *x, const struct msg *m)
{
	struct child *c = child_get(x->ike->d, x->child_id);

	if (c == NULL)
		return IKE_OK;
	/* the exchange stands whatever we make of the answer: the peer has installed the child */
	x->child_made = true;
	x->child_err = child_overtaken(c) ? IKE_E_REDUNDANT : v2_take_child_answer(x, m, c, true);
	return IKE_OK;
}

ike_err
v2_child_refused(struct exch *x, const struct msg *m)
{
	struct child_scratch *s;
	struct pld_notify n;
	struct name_buf nb;
	uint16_t group;

	if (!v2_find_error(&m->pl, &n))
		return IKE_E_MISSING;
	ike_log(x->ike, LOG_L_INFO, "notification %s received in CREATE_CHILD_SA answer.",
	    name_of(&v2_notify_names, n.type, &nb));
	if (n.type != V2_N_INVALID_KE_PAYLOAD)
		return v2_err_of_notify(n.type);
	TRY(scratch_of(x, &s));
	TRY(v2_refused_group(&n, &group));
	bool offered = false;
	for (size_t i = 0; i < x->offer.n; i++)
		offered = offered || prop_algs_index(&x->offer.v[i].ke, (enum alg_id)group, 0) >= 0;
	if (!offered || s->group == group)
		return IKE_E_BAD_KE;
	s->group = group;
	return v2_ops.next_msgid(x->ike, x->type, &x->msgid);
}

/*
 * A peer that has restarted asks for a pair beside the one that it left in its kernel, and does not say what it replaces.  It
 * cannot read the new one before it has got our answer, so that ours waits as in rekeying, but not for long: perhaps it has lost
 * the old one.
 */
static void
find_replaced(struct child *c)
{
	const struct child *o = c->replaces != 0 ? NULL : child_find_serving(c->d, c);

	if (o == NULL || o->installed > c->created)
		return;
	c->replaces = o->id;
	c->unannounced = true;
}

/* The responder's outbound half. */
static ike_err
complete(struct exch *x, struct child *c)
{
	struct child_scratch *s = x->scratch;

	if (x->side != RESPONDER)
		return IKE_OK;
	find_replaced(c);
	return c->replaces != 0 && child_get(c->d, c->replaces) != NULL ? child_hold_out(c, &s->out) :
	    child_install_out(c, &s->out);
}

void
v2_forget_keys(struct exch *x)
{
	struct child_scratch *s = x->scratch;

	if (s != NULL)
		sa_keys_wipe(&s->out);
}

void
v2_child_done(struct exch *x)
{
	struct child *c = child_get(x->ike->d, x->child_id);
	ike_err err = x->child_err;

	if (c != NULL && err == IKE_OK)
		err = complete(x, c);
	v2_forget_keys(x);
	if (c == NULL)
		return;
	if (err == IKE_OK) {
		child_up(c);
		if (x->sent > 1 && x->side == INITIATOR)
			live_compare(x->ike);
		return;
	}
	/* what the peer has and we cannot use is not to stay there alone */
	if (x->side == RESPONDER || x->child_made)
		child_abort(c, err);
	else
		child_failed(c, err);
}

void
v2_child_failed(struct exch *x, ike_err why)
{
	struct child *c = child_get(x->ike->d, x->child_id);
	struct child *old = c == NULL ? NULL : child_get(c->d, c->replaces);
	bool halfling = why == IKE_E_CHILD_GONE && x->side == INITIATOR && old != NULL;

	v2_forget_keys(x);
	if (c != NULL)
		child_failed(c, why);
	/* RFC 7296 section 2.25: CHILD_SA_NOT_FOUND means that the peer does not have it: ours is one-sided */
	if (halfling)
		child_lost(old);
}

uint16_t
v2_child_group(const struct exch *x)
{
	const struct child_scratch *s = x->scratch;

	return s == NULL || (x->type != &v2_child_create && x->type != &v2_child_rekey) ? 0 : s->group;
}

ike_err
v2_child_again(struct exch *x, uint16_t group)
{
	struct child_scratch *s;

	TRY(scratch_of(x, &s));
	s->group = group;
	return IKE_OK;
}
