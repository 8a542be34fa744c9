/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rekeying the IKE SA (RFC 7296 sections 1.3.2, 2.8, 2.18): a new IKE SA is made inside the old one, inherits its children and
 * identities, and the old one is deleted by the end that asked.
 */
#include "ringtail/v2/v2.h"

#include "conf/conf.h"
#include "crypto/ke.h"
#include "prop/prop_v2.h"
#include "prop/select.h"

#include <stdlib.h>
#include <string.h>

/* How long a predecessor that the peer has to delete is kept. */
#define PREDECESSOR_GRACE SEC(60)

struct rekey_scratch {
	uint64_t new_id;       /* the IKE SA being made */
	uint16_t group;        /* enum alg_id of our KE payload */
};

static struct ike_sa *
heir_of(struct exch *x)
{
	const struct rekey_scratch *s = x->scratch;

	return s == NULL ? NULL : ike_sa_get(x->ike->d, s->new_id);
}

static ike_err
copy_ident(const struct ident *from, struct ident **to)
{
	if (from == NULL)
		return IKE_OK;
	*to = malloc(sizeof(**to));
	if (*to == NULL)
		return IKE_E_NOMEM;
	**to = *from;
	return IKE_OK;
}

static ike_err
make_heir(struct exch *x, uint64_t peer_spi)
{
	struct rekey_scratch *s = x->scratch;
	struct ike_sa *old = x->ike, *heir;

	TRY(ike_sa_new(old->d, &v2_ops, x->side, &old->local, &old->remote, peer_spi, &heir));
	s->new_id = heir->id;
	heir->rmt = old->rmt;
	heir->natt = old->natt;
	heir->replaces = old->id;
	heir->knows_spis = old->knows_spis;
	conf_unref(heir->conf);
	heir->conf = conf_ref(old->conf);
	TRY(copy_ident(old->my_id, &heir->my_id));
	return copy_ident(old->peer_id, &heir->peer_id);
}

ike_err
v2_rekey_begin(struct exch *x)
{
	x->scratch = arena_alloc(&x->arena, sizeof(struct rekey_scratch));
	if (x->scratch == NULL)
		return IKE_E_NOMEM;
	return x->side == INITIATOR ? make_heir(x, 0) : IKE_OK;
}

void
v2_rekey_unbegin(struct exch *x)
{
	struct ike_sa *heir = heir_of(x);

	if (heir != NULL)
		ike_sa_kill(heir, IKE_E_GONE, false);
}

static void
set_spi(struct prop *p, uint64_t spi)
{
	p->spi_len = 8;
	for (int i = 7; i >= 0; i--, spi >>= 8)
		p->spi[i] = (uint8_t)spi;
}

static uint64_t
spi_of(const struct prop *p)
{
	uint64_t spi = 0;

	for (unsigned i = 0; p->spi_len == 8 && i < 8; i++)
		spi = spi << 8 | p->spi[i];
	return spi;
}

ike_err
v2_build_rekey(struct exch *x, struct msg_out *m)
{
	struct rekey_scratch *s = x->scratch;
	const struct ike_sa *heir = heir_of(x);

	if (heir == NULL)
		return IKE_E_GONE;
	if (x->offer.n == 0)
		TRY(prop_v2_offer(&x->ike->rmt->v2, 0, &x->arena, &x->offer));
	for (size_t i = 0; i < x->offer.n; i++)
		set_spi(&x->offer.v[i], heir->my_spi);
	TRY(v2_make_ke(x, s->group != 0 ? (enum alg_id)s->group : prop_first(&x->offer.v[0].ke)));
	if (x->ke == NULL)
		return IKE_E_NO_PROPOSAL;
	(void)pld_begin(&m->w, &m->chain, V2_PLD_SA);
	prop_v2_put(&m->w, &x->offer);
	pld_end(&m->w, &m->chain);
	v2_put_nonce(x, m);
	v2_put_ke(x, m);
	return IKE_OK;
}

static ike_err
derive(struct exch *x, struct ike_sa *heir)
{
	struct ike_sa *old = x->ike;
	bool initiator = x->side == INITIATOR;
	uint64_t i = ike_spi_i(heir), r = ike_spi_r(heir);
	uint8_t spi_i[8], spi_r[8];

	for (int k = 7; k >= 0; k--, i >>= 8, r >>= 8) {
		spi_i[k] = (uint8_t)i;
		spi_r[k] = (uint8_t)r;
	}
	struct v2_inputs in = {
		.prf = heir->suite.prf.id, .encr = heir->suite.encr.id, .encr_bits = heir->suite.encr.bits,
		.integ = heir->suite.integ.id, .ni = buf_slice(initiator ? &x->my_nonce : &x->peer_nonce),
		.nr = buf_slice(initiator ? &x->peer_nonce : &x->my_nonce), .spi_i = slice_of(spi_i, 8),
		.spi_r = slice_of(spi_r, 8), .shared = secret_slice(&x->shared),
	};
	nonce_lowest(in.ni, in.nr, heir->nonce_low);
	return keymat_v2_rekey(old->d->env.crypto, &in, old->suite.prf.id, v2_sk_d(&old->v2->keys), &heir->v2->keys);
}

ike_err
v2_take_ike_rekey(struct exch *x, const struct msg *m)
{
	struct ike_sa *ike = x->ike, *heir;
	struct prop_list theirs;
	struct prop_choice choice;
	enum alg_id group;

	/*
	 * RFC 7296 section 2.25.1: a request to rekey the IKE SA is refused with TEMPORARY_FAILURE by an end that is creating,
	 * rekeying or closing a child of it: that would be lost between the two.
	 */
	if (ike->state != IKE_ESTABLISHED || v2_asking(ike, &v2_child_create) || v2_asking(ike, &v2_child_rekey) ||
	    v2_asking(ike, &v2_child_delete))
		return IKE_E_BUSY;
	TRY(prop_v2_get(payload_first(&m->pl, PK_SA)->body, &x->arena, &theirs));
	TRY(v2_ke_group(m, &group));
	struct prop_rule rule = { .version = 2, .ke_sent = (uint16_t)group };
	TRY(prop_choose(&rule, &ike->rmt->v2, &theirs, &choice));
	ike->v2->group = (uint16_t)prop_first(&choice.prop.ke);
	if (ike->v2->group != group)
		return IKE_E_BAD_KE;
	if (spi_of(&choice.prop) == 0)
		return IKE_E_FORMAT;
	TRY(make_heir(x, spi_of(&choice.prop)));
	heir = heir_of(x);
	heir->suite = prop_suite(&choice.prop);
	x->chosen = choice.prop;
	set_spi(&x->chosen, heir->my_spi);
	TRY(v2_take_nonce(x, m));
	TRY(v2_make_ke(x, group));
	TRY(v2_take_ke(x, m, group));
	return derive(x, heir);
}

ike_err
v2_build_rekey_answer(struct exch *x, struct msg_out *m)
{
	(void)pld_begin(&m->w, &m->chain, V2_PLD_SA);
	prop_v2_put_one(&m->w, &x->chosen);
	pld_end(&m->w, &m->chain);
	v2_put_nonce(x, m);
	v2_put_ke(x, m);
	/* RFC 6290 section 4.3: the SPIs are new, so the tokens are; the responder's goes along, the initiator's follows */
	const struct ike_sa *heir = heir_of(x);
	if (heir != NULL)
		v2_put_token(m, heir);
	return IKE_OK;
}

ike_err
v2_take_rekey_answer(struct exch *x, const struct msg *m)
{
	struct ike_sa *heir = heir_of(x);
	struct prop_rule rule = { .version = 2 };
	struct prop_choice choice;
	struct prop answer;

	x->child_made = true;
	if (heir == NULL)
		return IKE_E_GONE;
	TRY(prop_v2_get_answer(payload_first(&m->pl, PK_SA)->body, &answer));
	TRY(prop_verify(&rule, &x->offer, &answer, &choice));
	if (spi_of(&answer) == 0)
		return IKE_E_FORMAT;
	TRY(v2_take_nonce(x, m));
	TRY(v2_take_ke(x, m, (enum alg_id)prop_first(&choice.prop.ke)));
	heir->peer_spi = spi_of(&answer);
	heir->suite = prop_suite(&choice.prop);
	v2_take_token(heir, m);
	return derive(x, heir);
}

ike_err
v2_rekey_refused(struct exch *x, const struct msg *m)
{
	struct rekey_scratch *s = x->scratch;
	struct pld_notify n;
	uint16_t group;

	if (!v2_find_error(&m->pl, &n))
		return IKE_E_MISSING;
	if (n.type != V2_N_INVALID_KE_PAYLOAD)
		return v2_err_of_notify(n.type);
	TRY(v2_refused_group(&n, &group));
	bool offered = false;
	for (size_t i = 0; i < x->offer.n; i++)
		offered = offered || prop_algs_index(&x->offer.v[i].ke, (enum alg_id)group, 0) >= 0;
	if (!offered || s->group == group)
		return IKE_E_BAD_KE;
	s->group = group;
	return v2_ops.next_msgid(x->ike, x->type, &x->msgid);
}

/* The peer, whose renewal counts, deletes the predecessor; if it does not, we do. */
static void
leave_to_peer(struct ike_sa *old)
{
	ike_time end = time_add(old->d->now, PREDECESSOR_GRACE);

	if (old->hard > end)
		old->hard = end;
	ike_sa_arm(old);
}

void
v2_rekey_done(struct exch *x)
{
	struct ike_sa *heir = heir_of(x), *old = x->ike;

	if (heir == NULL)
		return;
	ike_sa_established(heir);
	heir->v2->tell_token = x->side == INITIATOR && heir->d->live.has_secret &&
	    (heir->knows_spis || old->v2->token.n > 0);
	if (heir->v2->tell_token && ike_sa_want(heir, INTENT_LIVENESS, 0) != IKE_OK)
		ike_log(heir, LOG_L_DEBUG, "the peer has no token of ours for the new IKE SA yet");
	if (x->side == INITIATOR && heir->state == IKE_ESTABLISHED && old->state != IKE_DEAD)
		ike_sa_delete(old);
	else if (x->side == INITIATOR || old->state == IKE_DYING)
		leave_to_peer(old);
}

void
v2_rekey_failed(struct exch *x, ike_err why)
{
	struct ike_sa *heir = heir_of(x), *old = x->ike;

	if (heir != NULL)
		ike_sa_kill(heir, why, false);
	if (x->side != INITIATOR)
		return;
	/* the peer's renewal, which came while ours was under way, is the only one */
	struct ike_sa *theirs = ike_heir(old);
	if (theirs != NULL) {
		ike_hand_over(old, theirs);
		leave_to_peer(old);
	} else if (old->state == IKE_ESTABLISHED && x->child_made) {
		/* the peer has a successor, to which the children belong, and we have none: start over */
		ike_sa_delete(old);
	} else if (old->state == IKE_ESTABLISHED) {
		ike_sa_renew_failed(old);
	}
}

uint16_t
v2_rekey_group(const struct exch *x)
{
	const struct rekey_scratch *s = x->scratch;

	return s == NULL ? 0 : s->group;
}

ike_err
v2_rekey_again(struct exch *x, uint16_t group)
{
	struct rekey_scratch *s = arena_alloc(&x->arena, sizeof(*s));
	struct ike_sa *old = x->ike;

	if (s == NULL)
		return IKE_E_NOMEM;
	s->group = group;
	for (struct ike_sa *o = ike_next_of_peer(old->d, &old->remote.addr, NULL); o != NULL;
	    o = ike_next_of_peer(old->d, &old->remote.addr, o))
		if (o->replaces == old->id && o->state == IKE_CONNECTING && o->side == INITIATOR)
			s->new_id = o->id;
	x->scratch = s;
	return s->new_id == 0 ? IKE_E_GONE : IKE_OK;
}
