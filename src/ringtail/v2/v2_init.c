/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKE_SA_INIT (RFC 7296 section 1.2): algorithms, Diffie-Hellman and nonces; after it both ends have the keys of the IKE SA.
 */
#include "ringtail/v2/v2.h"

#include "conf/conf.h"
#include "crypto/crypto.h"
#include "crypto/ke.h"
#include "prop/prop_v2.h"
#include "prop/select.h"

#include <string.h>

/*
 * RFC 7296 section 2.10: nonces "MUST be at least 128 bits in size, and MUST be at least half the key size of the negotiated
 * pseudorandom function": 32 bytes do for all of ours.
 */
#define NONCE_LEN 32u
#define NONCE_MAX 256u

ike_err
v2_make_ke(struct exch *x, enum alg_id group)
{
	struct ike_sa *ike = x->ike;
	uint8_t nonce[NONCE_MAX];
	size_t len = ike->rmt->nonce_size > NONCE_LEN ? ike->rmt->nonce_size : NONCE_LEN;

	if (len > NONCE_MAX)
		len = NONCE_MAX;
	TRY(daemon_random(ike->d, nonce, len));
	TRY(buf_set(&x->my_nonce, slice_of(nonce, len)));
	ke_free(x->ke);
	x->ke = NULL;
	if (group == KE_NONE || group == ALG_ID_NONE)
		return IKE_OK;
	return ke_new(ike->d->env.crypto, group, &x->ke);
}

void
v2_put_ke(struct exch *x, struct msg_out *m)
{
	struct v2_ke ke = { .group = (uint16_t)alg_get(ke_group(x->ke))->v2, .data = ke_public(x->ke) };

	(void)pld_begin(&m->w, &m->chain, V2_PLD_KE);
	put_v2_ke(&m->w, &ke);
	pld_end(&m->w, &m->chain);
}

void
v2_put_nonce(struct exch *x, struct msg_out *m)
{
	(void)pld_put(&m->w, &m->chain, V2_PLD_NONCE, buf_slice(&x->my_nonce));
}

ike_err
v2_take_nonce(struct exch *x, const struct msg *m)
{
	struct slice nonce;

	TRY(get_nonce(2, payload_first(&m->pl, PK_NONCE)->body, &nonce));
	return buf_set(&x->peer_nonce, nonce);
}

ike_err
v2_ke_group(const struct msg *m, enum alg_id *out)
{
	const struct pld *p = payload_first(&m->pl, PK_KE);
	struct v2_ke ke;

	*out = KE_NONE;
	if (p == NULL)
		return IKE_OK;
	TRY(get_v2_ke(p->body, &ke));
	const struct alg *g = alg_find_v2(ALG_KE, ke.group);
	*out = g == NULL ? ALG_ID_NONE : g->id;
	return IKE_OK;
}

ike_err
v2_take_ke(struct exch *x, const struct msg *m, enum alg_id group)
{
	struct v2_ke ke;

	TRY(get_v2_ke(payload_first(&m->pl, PK_KE)->body, &ke));
	const struct alg *g = alg_get(group);
	if (g == NULL || g->v2 != ke.group)
		return IKE_E_BAD_KE;
	struct slice mine = ke_public(x->ke);
	/* our own value sent back to us would make a secret that others know nothing of, but no peer has */
	if (slice_equal(mine, ke.data))
		return IKE_E_BAD_KE;
	secret_free(&x->shared);
	ike_err err = ke_derive(x->ke, ke.data, &x->shared);
	/*
	 * RFC 6989 section 2.5: a value that is not valid in the right group is INVALID_SYNTAX; INVALID_KE_PAYLOAD would ask for
	 * another group.
	 */
	return err == IKE_E_BAD_KE ? IKE_E_FORMAT : err;
}

ike_err
v2_refused_group(const struct pld_notify *n, uint16_t *group)
{
	struct rd r = rd_of(n->data);
	uint16_t number = rd_u16(&r);

	TRY(rd_end(&r));
	const struct alg *g = alg_find_v2(ALG_KE, number);
	if (g == NULL)
		return IKE_E_BAD_KE;
	*group = (uint16_t)g->id;
	return IKE_OK;
}

static ike_err
make_offer(struct exch *x)
{
	if (x->offer.n > 0)
		return IKE_OK;
	return prop_v2_offer(&x->ike->rmt->v2, 0, &x->arena, &x->offer);
}

/* May we use |group| in place of our first choice?  Only if we offered it: else anybody could talk us down to anything. */
static bool
offered_group(const struct exch *x, enum alg_id group)
{
	for (size_t i = 0; i < x->offer.n; i++)
		if (prop_algs_index(&x->offer.v[i].ke, group, 0) >= 0)
			return true;
	return false;
}

ike_err
v2_build_init(struct exch *x, struct msg_out *m)
{
	struct v2_state *s = x->ike->v2;

	TRY(make_offer(x));
	if (s->group == 0)
		s->group = (uint16_t)prop_first(&x->offer.v[0].ke);
	/* RFC 7296 section 2.6: with a cookie the rest of the message stays as it was */
	if (x->ke == NULL || ke_group(x->ke) != (enum alg_id)s->group)
		TRY(v2_make_ke(x, (enum alg_id)s->group));
	if (s->cookie.n > 0)
		v2_put_notify(m, V2_N_COOKIE, buf_slice(&s->cookie));
	(void)pld_begin(&m->w, &m->chain, V2_PLD_SA);
	prop_v2_put(&m->w, &x->offer);
	pld_end(&m->w, &m->chain);
	v2_put_ke(x, m);
	v2_put_nonce(x, m);
	return IKE_OK;
}

static ike_err
derive(struct exch *x, bool initiator)
{
	struct ike_sa *ike = x->ike;
	struct v2_state *s = ike->v2;
	uint8_t spi_i[8], spi_r[8];
	uint64_t i = ike_spi_i(ike), r = ike_spi_r(ike);

	for (int k = 7; k >= 0; k--, i >>= 8, r >>= 8) {
		spi_i[k] = (uint8_t)i;
		spi_r[k] = (uint8_t)r;
	}
	TRY(buf_set(&s->ni, buf_slice(initiator ? &x->my_nonce : &x->peer_nonce)));
	TRY(buf_set(&s->nr, buf_slice(initiator ? &x->peer_nonce : &x->my_nonce)));
	struct v2_inputs in = {
		.prf = ike->suite.prf.id, .encr = ike->suite.encr.id, .encr_bits = ike->suite.encr.bits,
		.integ = ike->suite.integ.id, .ni = buf_slice(&s->ni), .nr = buf_slice(&s->nr), .spi_i = slice_of(spi_i, 8),
		.spi_r = slice_of(spi_r, 8), .shared = secret_slice(&x->shared),
	};
	v2_keys_free(&s->keys);
	TRY(keymat_v2_initial(ike->d->env.crypto, &in, &s->keys));
	nonce_lowest(in.ni, in.nr, ike->nonce_low);
	secret_free(&x->shared);
	return IKE_OK;
}

struct fit {
	const struct prop_list *theirs;
	const struct prop_rule *rule;
};

static bool
prop_fits(const struct conf_remote *r, void *arg)
{
	const struct fit *f = arg;
	struct prop_choice choice;

	return prop_choose(f->rule, &r->v2, f->theirs, &choice) == IKE_OK;
}

static void
explain(struct exch *x, const struct prop_rule *rule, const struct prop_list *theirs)
{
	char why[200];
	struct text t = text_in(why, sizeof(why));

	prop_explain(rule, &x->ike->rmt->v2, theirs, &t);
	ike_log(x->ike, LOG_L_ERROR, "no suitable proposal found. (%s:%u: %s)", x->ike->rmt->file, x->ike->rmt->line, why);
}

static ike_err
choose(struct exch *x, const struct prop_list *theirs, enum alg_id ke_sent)
{
	struct ike_sa *ike = x->ike;
	struct prop_rule rule = { .version = 2, .ke_sent = (uint16_t)ke_sent };
	struct fit fit = { theirs, &rule };
	struct conf_query q = { .peer = ike->remote, .mode = CONF_IKEV2, .prop_fits = prop_fits, .arg = &fit };
	struct prop_choice choice;
	bool unique;

	/* where no section fits, the one that was chosen by address says what it misses */
	ike_err err = conf_remote_best(ike->conf, &q, &ike->rmt, &unique);
	if (err != IKE_OK && err != IKE_E_NO_CONFIG)
		return err;
	err = prop_choose(&rule, &ike->rmt->v2, theirs, &choice);
	if (err != IKE_OK) {
		explain(x, &rule, theirs);
		return err;
	}
	x->chosen = choice.prop;
	ike->suite = prop_suite(&choice.prop);
	/*
	 * RFC 7296 section 1.2: a responder that selects another group than that of the KE payload rejects the request and names the
	 * group in INVALID_KE_PAYLOAD.
	 */
	ike->v2->group = ike->suite.ke.id;
	return ike->suite.ke.id == ke_sent ? IKE_OK : IKE_E_BAD_KE;
}

ike_err
v2_take_init(struct exch *x, const struct msg *m)
{
	struct prop_list theirs;
	enum alg_id group;

	TRY(prop_v2_get(payload_first(&m->pl, PK_SA)->body, &x->arena, &theirs));
	TRY(v2_ke_group(m, &group));
	TRY(choose(x, &theirs, group));
	TRY(v2_take_nonce(x, m));
	TRY(v2_make_ke(x, group));
	TRY(v2_take_ke(x, m, group));
	return derive(x, false);
}

ike_err
v2_build_init_answer(struct exch *x, struct msg_out *m)
{
	(void)pld_begin(&m->w, &m->chain, V2_PLD_SA);
	prop_v2_put_one(&m->w, &x->chosen);
	pld_end(&m->w, &m->chain);
	v2_put_ke(x, m);
	v2_put_nonce(x, m);
	return IKE_OK;
}

ike_err
v2_take_init_answer(struct exch *x, const struct msg *m)
{
	struct ike_sa *ike = x->ike;
	struct prop_rule rule = { .version = 2 };
	struct prop_choice choice;
	struct prop answer;

	if (m->hdr.spi_r == 0 || m->hdr.spi_r == ike->my_spi)
		return IKE_E_SPI;
	TRY(prop_v2_get_answer(payload_first(&m->pl, PK_SA)->body, &answer));
	TRY(prop_verify(&rule, &x->offer, &answer, &choice));
	TRY(v2_take_nonce(x, m));
	if (slice_equal(buf_slice(&x->my_nonce), buf_slice(&x->peer_nonce)))
		return IKE_E_FORMAT;
	TRY(v2_take_ke(x, m, (enum alg_id)prop_first(&choice.prop.ke)));
	ike->peer_spi = m->hdr.spi_r;
	ike->suite = prop_suite(&choice.prop);
	ike_err err = derive(x, true);
	if (err != IKE_OK)
		ike->peer_spi = 0;
	return err;
}

ike_err
v2_init_refused(struct exch *x, const struct msg *m)
{
	struct v2_state *s = x->ike->v2;
	struct pld_notify n;
	uint16_t group;

	/*
	 * RFC 7296 section 2.6: "the initiator MUST then retry the IKE_SA_INIT request, and include the COOKIE notification containing
	 * the received data as the first payload, and all other payloads unchanged."  It has 1 to 64 bytes.
	 */
	if (v2_find_notify(&m->pl, V2_N_COOKIE, &n)) {
		if (n.data.n == 0 || n.data.n > 64)
			return IKE_E_FORMAT;
		return buf_set(&s->cookie, n.data);
	}
	if (!v2_find_error(&m->pl, &n))
		return IKE_E_MISSING;
	if (n.type != V2_N_INVALID_KE_PAYLOAD) {
		struct name_buf nb;
		ike_log(x->ike, LOG_L_ERROR, "notification %s received in unencrypted IKE_SA_INIT answer.",
		    name_of(&v2_notify_names, n.type, &nb));
		return v2_err_of_notify(n.type);
	}
	TRY(v2_refused_group(&n, &group));
	if (!offered_group(x, (enum alg_id)group) || group == s->group)
		return IKE_E_BAD_KE;
	s->group = group;
	return IKE_OK;
}
