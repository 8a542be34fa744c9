/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKE_AUTH (RFC 7296 section 1.2): identities, proof of the pre-shared key over the IKE_SA_INIT messages, and the first child.
 *
 * The IKE SA and its first child fail apart: when only the child is refused, the answer carries a notify in place of SA, TSi and TSr
 * (section 1.2) and the IKE SA stands.
 */
#include "ringtail/v2/v2.h"

#include "conf/conf.h"
#include "ringtail/ike/cred.h"

#include <string.h>

/* Body of an ID payload: what is sent and what AUTH covers. */
static ike_err
id_body(const struct ident *id, struct buf *out)
{
	struct v2_id p = { .type = id->type, .data = slice_of(id->data, id->len) };
	struct wr w;

	wr_init(&w, 0);
	put_v2_id(&w, &p);
	ike_err err = wr_take(&w, out);
	wr_free(&w);
	return err;
}

static ike_err
auth_value(struct exch *x, bool mine, struct slice body, struct slice psk, uint8_t out[PRF_MAX], size_t *len)
{
	struct ike_sa *ike = x->ike;
	struct v2_state *s = ike->v2;
	bool initiator = (ike->side == INITIATOR) == mine;
	struct v2_auth_inputs in = {
		.prf = ike->suite.prf.id, .message = buf_slice(initiator ? &s->init_i : &s->init_r),
		.peer_nonce = buf_slice(initiator ? &s->nr : &s->ni), .sk_p = v2_sk_p(&s->keys, initiator), .id_body = body,
	};

	return keymat_v2_auth_psk(ike->d->env.crypto, &in, psk, out, len);
}

/* The identity to look the key up by, before the peer has told its own. */
static const struct ident *
expected_id(const struct ike_sa *ike)
{
	const struct conf_remote *r = ike->rmt;

	if (ike->peer_id != NULL)
		return ike->peer_id;
	return r->n_peers_ids == 1 && r->peers_ids[0]->kind == CONF_ID_VALUE ? &r->peers_ids[0]->id : NULL;
}

static ike_err
put_id_and_auth(struct exch *x, struct msg_out *m, uint8_t id_type)
{
	struct ike_sa *ike = x->ike;
	struct secret psk = { 0 };
	struct buf body = { 0 };
	uint8_t mac[PRF_MAX];
	size_t len = 0;

	TRY(cred_my_id(ike));
	TRY(id_body(ike->my_id, &body));
	ike_err err = cred_psk(ike, expected_id(ike), &psk);
	if (err == IKE_OK)
		err = auth_value(x, true, buf_slice(&body), secret_slice(&psk), mac, &len);
	if (err == IKE_OK) {
		struct v2_auth auth = { .method = V2_AUTH_PSK, .data = slice_of(mac, len) };
		(void)pld_put(&m->w, &m->chain, id_type, buf_slice(&body));
		(void)pld_begin(&m->w, &m->chain, V2_PLD_AUTH);
		put_v2_auth(&m->w, &auth);
		pld_end(&m->w, &m->chain);
	}
	secret_free(&psk);
	buf_free(&body);
	return err;
}

/* Who we are, and what the peer may believe when we have forgotten it. */
static void
put_extensions(struct exch *x, struct msg_out *m)
{
	(void)pld_put(&m->w, &m->chain, V2_PLD_VID, slice_str(RINGTAIL_VID));
	v2_put_token(m, x->ike);
}

static void
take_extensions(struct exch *x, const struct msg *m)
{
	v2_take_token(x->ike, m);
	for (const struct pld *p = payload_first(&m->pl, PK_VID); p != NULL; p = payload_next(&m->pl, p))
		if (slice_equal(p->body, slice_str(RINGTAIL_VID)))
			x->ike->knows_spis = true;
}

/*
 * RFC 7296 section 2.4: "The INITIAL_CONTACT notification, if sent, MUST be in the first IKE_AUTH request or response": in the latter for
 * a peer that has begun before it knew that we had rebooted.
 */
static void
put_initial_contact(struct exch *x, struct msg_out *m)
{
	if (!ike_first_contact(x->ike))
		return;
	x->ike->initial_contact_sent = true;
	v2_put_notify(m, V2_N_INITIAL_CONTACT, slice_of(NULL, 0));
}

ike_err
v2_build_auth(struct exch *x, struct msg_out *m)
{
	struct child *c = child_get(x->ike->d, x->child_id);

	TRY(put_id_and_auth(x, m, V2_PLD_IDI));
	put_initial_contact(x, m);
	put_extensions(x, m);
	/* a child that is not wanted any more leaves an IKE SA without one (RFC 6023) */
	return c == NULL ? IKE_OK : v2_put_child(x, m, c, false);
}

static ike_err
take_identity(struct exch *x, const struct msg *m, enum pld_kind kind, struct slice *body)
{
	const struct pld *p = payload_first(&m->pl, kind);
	struct v2_id raw;
	struct ident id;

	TRY(get_v2_id(p->body, &raw));
	TRY(ident_from_wire(raw.type, raw.data, &id));
	*body = p->body;
	return cred_peer_id(x->ike, &id);
}

static bool
among(const struct prop_algs *l, struct prop_alg a)
{
	return a.id == ALG_ID_NONE ? prop_first(l) == ALG_ID_NONE : prop_algs_index(l, (enum alg_id)a.id, a.bits) >= 0;
}

/* Does the section allow what IKE_SA_INIT has agreed on?  For conf_query. */
static bool
suite_fits(const struct conf_remote *r, void *arg)
{
	const struct suite *s = arg;

	for (size_t i = 0; i < r->v2.n; i++) {
		const struct prop *p = &r->v2.v[i];
		if (among(&p->encr, s->encr) && among(&p->integ, s->integ) && among(&p->prf, s->prf) && among(&p->ke, s->ke))
			return true;
	}
	return false;
}

/* The section is chosen again, now that the identity is known. */
static ike_err
choose_again(struct exch *x, const struct msg *m)
{
	struct ike_sa *ike = x->ike;
	struct v2_id raw;
	struct ident id;
	bool unique;

	TRY(get_v2_id(payload_first(&m->pl, PK_IDI)->body, &raw));
	TRY(ident_from_wire(raw.type, raw.data, &id));
	struct conf_query q = {
		.peer = ike->remote, .mode = CONF_IKEV2, .peer_id = &id, .prop_fits = suite_fits, .arg = &ike->suite,
	};
	ike_err err = conf_remote_best(ike->conf, &q, &ike->rmt, &unique);
	/* where no section fits, cred_peer_id() says so of the present one */
	return err == IKE_E_NO_CONFIG ? IKE_OK : err;
}

static ike_err
check_auth(struct exch *x, const struct msg *m, struct slice body)
{
	struct ike_sa *ike = x->ike;
	struct secret psk = { 0 };
	struct v2_auth auth;
	uint8_t mac[PRF_MAX];
	size_t len;

	TRY(get_v2_auth(payload_first(&m->pl, PK_AUTH)->body, &auth));
	if (auth.method != V2_AUTH_PSK) {
		struct name_buf nb;
		ike_log(ike, LOG_L_ERROR, "the peer authenticates by %s; only pre-shared keys are accepted",
		    name_of(&v2_auth_names, auth.method, &nb));
		return IKE_E_AUTH;
	}
	TRY(cred_psk(ike, ike->peer_id, &psk));
	ike_err err = auth_value(x, false, body, secret_slice(&psk), mac, &len);
	secret_free(&psk);
	if (err == IKE_OK && !ct_equal(slice_of(mac, len), auth.data)) {
		ike_log(ike, LOG_L_ERROR, "the peer's proof is wrong: the pre-shared keys differ");
		err = IKE_E_AUTH;
	}
	wipe(mac, sizeof(mac));
	return err;
}

/* The responder's half of the first child.  Its failure is not that of the IKE SA. */
static ike_err
make_child(struct exch *x, const struct msg *m)
{
	struct child *c;

	if (payload_first(&m->pl, PK_SA) == NULL)
		return IKE_OK;
	TRY(child_new(x->ike->d, RESPONDER, x->ike, &c));
	x->child_id = c->id;
	x->child_err = v2_take_child(x, m, c, false);
	if (x->child_err != IKE_OK) {
		x->child_id = 0;
		child_failed(c, x->child_err);
	}
	return IKE_OK;
}

ike_err
v2_take_auth(struct exch *x, const struct msg *m)
{
	struct pld_notify n;
	struct slice body;

	TRY(choose_again(x, m));
	TRY(take_identity(x, m, PK_IDI, &body));
	TRY(check_auth(x, m, body));
	if (v2_find_notify(&m->pl, V2_N_INITIAL_CONTACT, &n))
		x->ike->peer_initial_contact = true;
	take_extensions(x, m);
	return make_child(x, m);
}

ike_err
v2_build_auth_answer(struct exch *x, struct msg_out *m)
{
	struct child *c = child_get(x->ike->d, x->child_id);

	TRY(put_id_and_auth(x, m, V2_PLD_IDR));
	put_initial_contact(x, m);
	if (x->child_err != IKE_OK) {
		uint16_t type = ike_err_info(x->child_err)->v2_notify;
		v2_put_notify(m, type == 0 ? V2_N_NO_PROPOSAL_CHOSEN : type, slice_of(NULL, 0));
	}
	put_extensions(x, m);
	return c == NULL ? IKE_OK : v2_put_child_answer(x, m, c, false);
}

ike_err
v2_take_auth_answer(struct exch *x, const struct msg *m)
{
	struct child *c = child_get(x->ike->d, x->child_id);
	struct pld_notify n;
	struct slice body;

	TRY(take_identity(x, m, PK_IDR, &body));
	TRY(check_auth(x, m, body));
	if (v2_find_notify(&m->pl, V2_N_INITIAL_CONTACT, &n))
		x->ike->peer_initial_contact = true;
	take_extensions(x, m);
	if (c == NULL)
		return IKE_OK;
	if (payload_first(&m->pl, PK_SA) != NULL)
		x->child_err = v2_take_child_answer(x, m, c, false);
	else
		x->child_err = v2_find_error(&m->pl, &n) ? v2_err_of_notify(n.type) : IKE_E_MISSING;
	return IKE_OK;
}

ike_err
v2_auth_refused(struct exch *x, const struct msg *m)
{
	struct pld_notify n;
	struct name_buf nb;

	if (!v2_find_error(&m->pl, &n))
		return IKE_E_MISSING;
	ike_log(x->ike, LOG_L_ERROR, "notification %s received in IKE_AUTH answer.", name_of(&v2_notify_names, n.type, &nb));
	return n.type == V2_N_AUTHENTICATION_FAILED ? IKE_E_AUTH : IKE_E_PEER;
}

static void
forget_init(struct v2_state *s)
{
	buf_free(&s->init_i);
	buf_free(&s->init_r);
	buf_free(&s->ni);
	buf_free(&s->nr);
	buf_free(&s->cookie);
}

void
v2_auth_done(struct exch *x)
{
	struct ike_sa *ike = x->ike;

	/* INITIAL-CONTACT and collisions are settled before the child is in use */
	ike_sa_established(ike);
	v2_child_done(x);
	forget_init(ike->v2);
}

void
v2_auth_failed(struct exch *x, ike_err why)
{
	struct child *c = child_get(x->ike->d, x->child_id);

	v2_forget_keys(x);
	if (c != NULL)
		child_failed(c, why);
}
