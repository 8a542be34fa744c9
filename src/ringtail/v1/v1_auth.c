/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Main mode, messages 5 and 6 (RFC 2409 section 5.4): identities and the proof of the pre-shared key; and what
 * follows when the ISAKMP SA stands.
 *
 * A wrong key shows itself only by a message that decrypts to nonsense.  Anybody could have sent that, so it ends
 * nothing: the exchange waits for a better one until its time is up, and the log says what it usually means.
 */
#include "ringtail/v1/v1.h"

#include "conf/conf.h"
#include "ringtail/ike/cred.h"

#include <string.h>

#define IPPROTO_UDP_NUMBER 17

/* How long the predecessor stays for what is still on its way. */
#define PREDECESSOR_GRACE SEC(30)

static ike_err
id_body(const struct ike_sa *ike, const struct ident *id, struct buf *out)
{
	bool named = !(id->type == ID_IPV4 || id->type == ID_IPV6) || ike->natt;
	/*
	 * RFC 2407 section 4.6.2: "During Phase I negotiations, the ID port and protocol fields MUST be set to zero
	 * or to UDP port 500."  racoon writes the latter with addresses, but not on the NAT-T port.
	 */
	struct v1_id p = {
		.type = id->type,
		.proto = named ? 0 : IPPROTO_UDP_NUMBER,
		.port = named ? 0 : IKE_PORT,
		.data = slice_of(id->data, id->len),
	};
	struct wr w;

	wr_init(&w, 0);
	put_v1_id(&w, &p);
	ike_err err = wr_take(&w, out);
	wr_free(&w);
	return err;
}

ike_err
v1_build_auth(struct exch *x, struct msg_out *m)
{
	struct ike_sa *ike = x->ike;
	struct buf body = { 0 };
	uint8_t mac[PRF_MAX];
	size_t len = 0;

	TRY(cred_my_id(ike));
	TRY(id_body(ike, ike->my_id, &body));
	ike_err err = v1_auth_value(x, x->side == INITIATOR, buf_slice(&body), mac, &len);
	if (err == IKE_OK) {
		(void)pld_put(&m->w, &m->chain, V1_PLD_ID, buf_slice(&body));
		(void)pld_put(&m->w, &m->chain, V1_PLD_HASH, slice_of(mac, len));
	}
	buf_free(&body);
	return err;
}

ike_err
v1_unreadable(struct exch *x)
{
	struct v1_state *s = x->ike->v1;

	if (!s->hinted)
		ike_log(x->ike, LOG_L_ERROR,
		    "%s: the peer's message cannot be read: the pre-shared keys may differ",
		    x->type->name);
	s->hinted = true;
	x->ike->why = IKE_E_AUTH;
	return IKE_E_INTEGRITY;
}

ike_err
v1_check_auth(struct exch *x, const struct msg *m)
{
	const struct pld *id = payload_first(&m->pl, PK_ID), *hash = payload_first(&m->pl, PK_HASH);
	uint8_t mac[PRF_MAX];
	size_t len;

	if (payload_count(&m->pl, PK_ID) != 1 || payload_count(&m->pl, PK_HASH) != 1)
		return v1_unreadable(x);
	TRY(v1_auth_value(x, x->side != INITIATOR, id->body, mac, &len));
	return ct_equal(slice_of(mac, len), hash->body) ? IKE_OK : v1_unreadable(x);
}

/*
 * RFC 2407 section 4.6.2: "If an implementation receives any other values, this MUST be treated as an error and the
 * security association setup MUST be aborted."  RFC 3947 section 4 adds port 4500.
 */
static bool
port_ok(const struct v1_id *id)
{
	if (id->proto == 0)
		return id->port == 0;
	return id->proto == IPPROTO_UDP_NUMBER &&
	       (id->port == 0 || id->port == IKE_PORT || id->port == IKE_NATT_PORT);
}

/* As responder the section is chosen again, now that the identity is known. */
static ike_err
choose_again(struct exch *x, const struct ident *id)
{
	struct ike_sa *ike = x->ike;
	struct v1_phase1 *s = x->scratch;
	struct conf_query q = {
		.peer = ike->remote,
		.mode = CONF_MAIN,
		.peer_id = id,
		.prop_fits = v1_prop_fits,
		.arg = &s->theirs,
	};
	bool unique;

	if (x->side == INITIATOR)
		return IKE_OK;
	ike_err err = conf_remote_best(ike->conf, &q, &ike->rmt, &unique);
	/* where no section fits, cred_peer_id() says so of the present one */
	return err == IKE_E_NO_CONFIG ? IKE_OK : err;
}

ike_err
v1_take_auth(struct exch *x, const struct msg *m)
{
	struct ike_sa *ike = x->ike;
	struct pld_notify n;
	struct v1_id raw;
	struct ident id;

	TRY(get_v1_id(payload_first(&m->pl, PK_ID)->body, &raw));
	if (!port_ok(&raw)) {
		ike_log(ike, LOG_L_ERROR,
		    "the peer's identity is for protocol %u port %u, not for IKE", raw.proto,
		    raw.port);
		return IKE_E_ID;
	}
	TRY(ident_from_wire(raw.type, raw.data, &id));
	if (id.type != ID_IPV4 && id.type != ID_IPV6)
		ike_log(ike, LOG_L_WARNING,
		    "the peer's identity is of type %s; main mode with a pre-shared key knows it "
		    "by its "
		    "address only",
		    ident_type_name(id.type));
	TRY(choose_again(x, &id));
	TRY(cred_peer_id(ike, &id));
	if (v1_find_notify(&m->pl, V1_N_INITIAL_CONTACT, &n))
		ike->peer_initial_contact = true;
	return IKE_OK;
}

/*
 * RFC 2407 section 4.6.3: status notifies are sent "under the protection of an ISAKMP SA: either as a payload in the
 * last Main Mode exchange; in a separate Informational Exchange after Main Mode or Aggressive Mode processing is
 * complete".  The latter is what racoon sends and believes, on both sides.
 */
static void
say_initial_contact(struct ike_sa *ike)
{
	struct v1_note note;

	if (!ike_first_contact(ike))
		return;
	note = v1_ike_note(ike, V1_N_INITIAL_CONTACT, slice_of(NULL, 0));
	ike->initial_contact_sent = true;
	v1_send_notify(ike, &note);
}

/* The child that all this was started for. */
static void
queue_child(struct exch *x)
{
	struct child *c = child_get(x->ike->d, x->child_id);

	if (c == NULL || c->ike_id != x->ike->id || c->state != CHILD_WANTED)
		return;
	ike_err err = ike_sa_want(x->ike, INTENT_CHILD_CREATE, c->id);
	if (err != IKE_OK)
		child_failed(c, err);
}

static bool
same_peer(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->ops == b->ops && a->peer_id != NULL && b->peer_id != NULL &&
	       ident_equal(a->peer_id, b->peer_id) && endpoint_equal(&a->remote, &b->remote) &&
	       endpoint_equal(&a->local, &b->local);
}

/*
 * IKEv1 has no word for "this replaces that": a newer ISAKMP SA with the same peer is what both ends use from now on.
 * The older one starts nothing any more; the end that renewed it deletes it soon, else it ends with its lifetime.
 */
static void
take_over(struct ike_sa *ike, uint64_t replaced)
{
	struct daemon *d = ike->d;
	struct ike_sa *o = ike_next_of_peer(d, &ike->remote.addr, NULL);

	while (o != NULL && ike->state == IKE_ESTABLISHED) {
		struct ike_sa *next = ike_next_of_peer(d, &ike->remote.addr, o);
		bool older = o != ike && (o->state == IKE_ESTABLISHED || o->state == IKE_DYING) &&
			     o->established <= ike->created;
		if (older && same_peer(o, ike)) {
			if (o->id == replaced && o->hard > d->now + PREDECESSOR_GRACE)
				o->hard = d->now + PREDECESSOR_GRACE;
			ike_hand_over(o, ike);
		}
		o = next;
	}
}

void
v1_main_done(struct exch *x)
{
	struct ike_sa *ike = x->ike;
	uint64_t replaced = ike->replaces;

	secret_free(&ike->v1->psk);
	queue_child(x);
	say_initial_contact(ike);
	ike_sa_established(ike);
	take_over(ike, replaced);
}

void
v1_main_failed(struct exch *x, ike_err why)
{
	struct ike_sa *old = ike_sa_get(x->ike->d, x->ike->replaces);

	(void)why;
	if (old != NULL && old->state != IKE_DEAD)
		ike_sa_renew_failed(old);
}
