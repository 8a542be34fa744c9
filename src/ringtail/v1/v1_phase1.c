/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Main mode, messages 1 to 4 (RFC 2409 section 5.4): algorithms, Diffie-Hellman and nonces; after them both ends have
 * keys.
 *
 * Whether there is a pre-shared key for the peer is asked before anything is spent on the negotiation.
 */
#include "ringtail/v1/v1.h"

#include "conf/conf.h"
#include "prop/prop_v1.h"
#include "prop/select.h"

#include <string.h>

ike_err
v1_main_begin(struct exch *x)
{
	x->scratch = arena_alloc(&x->arena, sizeof(struct v1_phase1));
	return x->scratch == NULL ? IKE_E_NOMEM : IKE_OK;
}

/* The members of |from| that a pre-shared key serves. */
static ike_err
only_psk(const struct prop_list *from, struct arena *a, struct prop_list *out)
{
	struct prop_list l = { .v = arena_array(a, from->n, sizeof(*l.v)) };

	if (l.v == NULL && from->n > 0)
		return IKE_E_NOMEM;
	for (size_t i = 0; i < from->n; i++)
		if (from->v[i].auth == AUTH_PSK)
			l.v[l.n++] = from->v[i];
	*out = l;
	return IKE_OK;
}

static void
log_no_psk_proposal(const struct ike_sa *ike, const char *who)
{
	ike_log(ike, LOG_L_ERROR,
	    "no suitable proposal found. (%s:%u: %s no proposal with pre_shared_key)",
	    ike->rmt->file, ike->rmt->line, who);
}

ike_err
v1_build_sa(struct exch *x, struct msg_out *m)
{
	struct ike_sa *ike = x->ike;
	struct prop_list ours;
	struct wr w;

	TRY(only_psk(&ike->rmt->v1, &x->arena, &ours));
	if (ours.n == 0) {
		log_no_psk_proposal(ike, "the section has");
		return IKE_E_UNSUPPORTED;
	}
	TRY(v1_find_psk(ike));
	TRY(prop_v1_offer(&ours, &x->arena, &x->offer));
	wr_init(&w, 0);
	prop_v1_put(&w, &x->offer);
	ike_err err = wr_take(&w, &x->my_sa);
	wr_free(&w);
	TRY(err);
	(void)pld_put(&m->w, &m->chain, V1_PLD_SA, buf_slice(&x->my_sa));
	v1_put_vids(x, m);
	return IKE_OK;
}

static struct prop_rule
rule_of(const struct conf_remote *r)
{
	return (struct prop_rule){ .version = 1, .check = (uint8_t)r->check };
}

bool
v1_prop_fits(const struct conf_remote *section, void *arg)
{
	struct prop_rule rule = rule_of(section);
	struct prop_choice choice;

	return prop_choose(&rule, &section->v1, arg, &choice) == IKE_OK;
}

static ike_err
choose(struct exch *x, struct prop_list *theirs)
{
	struct ike_sa *ike = x->ike;
	struct conf_query q = {
		.peer = ike->remote, .mode = CONF_MAIN, .prop_fits = v1_prop_fits, .arg = theirs
	};
	struct prop_choice choice;
	char why[200];
	struct text t = text_in(why, sizeof(why));
	bool unique;

	/* where no section fits, the one that was chosen by address says what it misses */
	ike_err err = conf_remote_best(ike->conf, &q, &ike->rmt, &unique);
	if (err != IKE_OK && err != IKE_E_NO_CONFIG)
		return err;
	struct prop_rule rule = rule_of(ike->rmt);
	err = prop_choose(&rule, &ike->rmt->v1, theirs, &choice);
	if (err != IKE_OK) {
		prop_explain(&rule, &ike->rmt->v1, theirs, &t);
		ike_log(ike, LOG_L_ERROR, "no suitable proposal found. (%s:%u: %s)", ike->rmt->file,
		    ike->rmt->line, why);
		return err;
	}
	x->chosen = choice.prop;
	ike->suite = prop_suite(&choice.prop);
	return IKE_OK;
}

ike_err
v1_choose_sa(struct exch *x, const struct msg *m)
{
	struct v1_phase1 *s = x->scratch;
	struct slice body = payload_first(&m->pl, PK_SA)->body;
	struct prop_list all;

	v1_take_vids(x, m);
	TRY(prop_v1_get(body, &x->arena, &all));
	TRY(only_psk(&all, &x->arena, &s->theirs));
	if (all.n > 0 && s->theirs.n == 0) {
		log_no_psk_proposal(x->ike, "the peer offers");
		return IKE_E_NO_PROPOSAL;
	}
	TRY(choose(x, &s->theirs));
	TRY(buf_set(&x->peer_sa, body));
	return v1_find_psk(x->ike);
}

ike_err
v1_answer_sa(struct exch *x, struct msg_out *m)
{
	(void)pld_begin(&m->w, &m->chain, V1_PLD_SA);
	prop_v1_put_answer(&m->w, buf_slice(&x->peer_sa), &x->chosen);
	pld_end(&m->w, &m->chain);
	v1_put_vids(x, m);
	return IKE_OK;
}

ike_err
v1_accept_sa(struct exch *x, const struct msg *m)
{
	struct ike_sa *ike = x->ike;
	struct prop_rule rule = rule_of(ike->rmt);
	struct prop_choice choice;
	struct prop_list answer;

	if (m->hdr.spi_r == 0 || m->hdr.spi_r == ike->my_spi)
		return IKE_E_SPI;
	v1_take_vids(x, m);
	TRY(prop_v1_get_answer(payload_first(&m->pl, PK_SA)->body, &x->arena, &answer));
	if (answer.n != 1)
		return IKE_E_NO_PROPOSAL;
	TRY(prop_verify(&rule, &x->offer, &answer.v[0], &choice));
	ike->suite = prop_suite(&choice.prop);
	ike->peer_spi = m->hdr.spi_r;
	return IKE_OK;
}

ike_err
v1_build_ke(struct exch *x, struct msg_out *m)
{
	/* the responder has made them already, when it read message 3 */
	if (x->my_nonce.n == 0)
		TRY(v1_make_nonce(x));
	TRY(v1_make_ke(x, (enum alg_id)x->ike->suite.ke.id));
	v1_put_ke(x, m);
	v1_put_nonce(x, m);
	return IKE_OK;
}

ike_err
v1_take_ke_request(struct exch *x, const struct msg *m)
{
	v1_take_vids(x, m);
	TRY(v1_take_nonce(x, m));
	TRY(v1_make_nonce(x));
	TRY(v1_make_ke(x, (enum alg_id)x->ike->suite.ke.id));
	TRY(v1_take_ke(x, m));
	return v1_derive(x);
}

ike_err
v1_take_ke_answer(struct exch *x, const struct msg *m)
{
	v1_take_vids(x, m);
	TRY(v1_take_nonce(x, m));
	TRY(v1_take_ke(x, m));
	return v1_derive(x);
}
