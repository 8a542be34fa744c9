/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What of an IKE SA and of a request of ours goes to another process.  A request that is on its way cannot be taken back: its
 * message id is used up, and the peer may have done what it asks for.  So all that is needed to understand the answer goes along.
 *
 * RFC 7296 section 2.1: an initiator retransmits "until it either receives a corresponding response or deems the IKE SA to have
 * failed", and a retransmission "MUST be bitwise identical to the original request".
 */
#include "ringtail/v2/v2.h"

#include "crypto/ke.h"
#include "prop/prop_v2.h"
#include "ringtail/ike/snap.h"

#define F(tag, kind, ...) SNAP_FIELD(tag, SNAP_##kind, __VA_ARGS__)

static const struct snap_field state_fields[] = {
	F(1, SECRET, struct v2_state, keys.all),
	F(2, UINT, struct v2_state, keys.prf_len),
	F(3, UINT, struct v2_state, keys.integ_len),
	F(4, UINT, struct v2_state, keys.encr_len),
	F(5, UINT, struct v2_state, next_out),
	F(6, UINT, struct v2_state, next_in),
	F(7, UINT, struct v2_state, iv),
	F(8, UINT, struct v2_state, group),
	F(9, BUF, struct v2_state, token),
	F(10, BOOL, struct v2_state, tell_token),
};
static const struct snap_table state_table = SNAP_TABLE(state_fields);

/* Scratch of a request. */
struct scratch {
	struct secret ke;      /* our private key */
	uint16_t      ke_group, group;
	struct buf    offer;   /* as in the SA payload */
};

static const struct snap_field scratch_fields[] = {
	F(1, SECRET, struct scratch, ke),
	F(2, UINT, struct scratch, ke_group),
	F(3, UINT, struct scratch, group),
	F(4, BUF, struct scratch, offer),
};
static const struct snap_table scratch_table = SNAP_TABLE(scratch_fields);

void
v2_save(const struct ike_sa *ike, struct wr *w)
{
	snap_put(w, &state_table, ike->v2);
}

/* The lengths of keys are those of the algorithms, or they would be read behind the end. */
static bool
keys_fit(const struct ike_sa *ike)
{
	const struct v2_keys *k = &ike->v2->keys;

	if (k->all.n == 0)
		return ike->state == IKE_CONNECTING;
	const struct alg *encr = alg_get(ike->suite.encr.id), *mac = alg_get(ike->suite.integ.id);
	if (encr == NULL || encr->kind != ALG_ENCR || prf_len(ike->suite.prf.id) != k->prf_len)
		return false;
	bool aead = (encr->flags & ALG_AEAD) != 0;
	if (!aead && (mac == NULL || mac->kind != ALG_INTEG || alg_keymat_len(mac, 0) != k->integ_len))
		return false;
	return alg_keymat_len(encr, ike->suite.encr.bits) == k->encr_len &&
	    k->all.n == 3 * (size_t)k->prf_len + 2 * (size_t)k->integ_len + 2 * (size_t)k->encr_len;
}

ike_err
v2_restore(struct ike_sa *ike, struct slice record)
{
	TRY(snap_get(record, &state_table, ike->v2));
	return keys_fit(ike) ? IKE_OK : IKE_E_FORMAT;
}

bool
v2_lasts(const struct exch *x)
{
	/* answers are made at once; what is left are requests that wait for one */
	return x->side == INITIATOR && x->step == 1 && v2_ops.for_intent(x->type->intent) == x->type;
}

static ike_err
save_scratch(const struct exch *x, struct scratch *s)
{
	struct wr w;

	s->group = x->type == &v2_ike_rekey ? v2_rekey_group(x) : v2_child_group(x);
	if (x->ke != NULL) {
		s->ke_group = (uint16_t)ke_group(x->ke);
		TRY(ke_export(x->ke, &s->ke));
	}
	wr_init(&w, 0);
	if (x->offer.n > 0)
		prop_v2_put(&w, &x->offer);
	ike_err err = wr_take(&w, &s->offer);
	wr_free(&w);
	return err;
}

void
v2_save_exch(const struct exch *x, struct wr *w)
{
	struct scratch s = { 0 };

	ike_err err = save_scratch(x, &s);
	if (err == IKE_OK)
		snap_put(w, &scratch_table, &s);
	else
		wr_fail(w, err);
	secret_free(&s.ke);
	buf_free(&s.offer);
}

/* What we offered reads back as the same bytes, or it is not what we wrote. */
static ike_err
check_offer(const struct exch *x, struct slice body)
{
	struct wr w;

	wr_init(&w, 0);
	if (x->offer.n > 0)
		prop_v2_put(&w, &x->offer);
	ike_err err = wr_err(&w);
	if (err == IKE_OK && !slice_equal(buf_slice(&w.buf), body))
		err = IKE_E_FORMAT;
	wr_free(&w);
	return err;
}

static ike_err
restore_offer(struct exch *x, const struct scratch *s)
{
	const struct child *c = child_get(x->ike->d, x->child_id);

	if (s->offer.n == 0)
		return IKE_OK;
	TRY(prop_v2_get(buf_slice(&s->offer), &x->arena, &x->offer));
	TRY(check_offer(x, buf_slice(&s->offer)));
	if (c != NULL)
		prop_list_set_mode(&x->offer, (enum prop_mode)c->mode, false);
	return IKE_OK;
}

static ike_err
restore_scratch(struct exch *x, const struct scratch *s)
{
	if (s->ke.n > 0)
		TRY(ke_import(x->ike->d->env.crypto, (enum alg_id)s->ke_group, secret_slice(&s->ke), &x->ke));
	TRY(restore_offer(x, s));
	if (x->type == &v2_ike_rekey)
		return v2_rekey_again(x, s->group);
	if (x->type == &v2_child_create || x->type == &v2_child_rekey)
		return v2_child_again(x, s->group);
	return IKE_OK;
}

ike_err
v2_restore_exch(struct exch *x, struct slice record)
{
	struct scratch s = { 0 };

	ike_err err = x->side != INITIATOR || x->step != 1 ? IKE_E_FORMAT : snap_get(record, &scratch_table, &s);
	if (err == IKE_OK)
		err = restore_scratch(x, &s);
	secret_free(&s.ke);
	buf_free(&s.offer);
	return err;
}
