/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What of an ISAKMP SA and of a quick mode under way goes to another process.  Message ids are random and never used
 * again, so those that were seen go along.  A quick mode goes on where it stands: the end that asked waits for
 * message 2, the other, which has its inbound half, for message 3.
 */
#include "ringtail/v1/v1.h"

#include "crypto/cipher.h"
#include "crypto/ke.h"
#include "prop/prop_v1.h"
#include "ringtail/ike/handover.h"

#include <stdlib.h>
#include <string.h>

#define F(tag, kind, ...) SNAP_FIELD(tag, SNAP_##kind, __VA_ARGS__)

static const struct snap_field state_fields[] = {
	F(1, SECRET, struct v1_state, keys.all),
	F(2, UINT, struct v1_state, keys.len),
	F(3, SECRET, struct v1_state, key),
	F(4, BYTES, struct v1_state, iv),
	F(5, UINT, struct v1_state, seen_at),
	F(6, BOOL, struct v1_state, hinted),
	F(7, UINT, struct v1_state, dpd_first),
	F(8, UINT, struct v1_state, dpd_next),
	F(9, UINT, struct v1_state, dpd_theirs),
	F(10, BOOL, struct v1_state, dpd_heard),
};
static const struct snap_table state_table = SNAP_TABLE(state_fields);

#define TAG_SEEN 0x80u

/* Scratch of quick mode. */
struct scratch {
	struct secret ke; /* our private key; message 2 needs it */
	uint16_t ke_group;
	struct buf offer, id_i, id_r;
	struct v1_phase2 s;
};

static const struct snap_field scratch_fields[] = {
	F(1, SECRET, struct scratch, ke),
	F(2, UINT, struct scratch, ke_group),
	F(3, BUF, struct scratch, offer),
	F(4, BUF, struct scratch, id_i),
	F(5, BUF, struct scratch, id_r),
	F(6, BYTES, struct scratch, s.iv),
	F(7, UINT, struct scratch, s.spi_i),
	F(8, SUB, struct scratch, s.out, .sub = &handover_keys_table),
};
static const struct snap_table scratch_table = SNAP_TABLE(scratch_fields);

void
v1_save(const struct ike_sa *ike, struct wr *w)
{
	const struct v1_state *s = ike->v1;

	snap_put(w, &state_table, s);
	size_t mark = snap_begin(w, TAG_SEEN);
	for (unsigned i = 0; i < s->n_seen; i++)
		wr_u32(w, s->seen[i]);
	snap_end(w, mark);
}

static ike_err
restore_seen(struct v1_state *s, struct slice body)
{
	struct rd r = rd_of(body);
	size_t n = body.n / sizeof(uint32_t), cap = 1;

	if (n > V1_SEEN)
		return IKE_E_RANGE;
	/* a power of two, as v1_remember_msgid() lets it grow */
	while (cap < n)
		cap *= 2;
	free(s->seen);
	s->n_seen = 0;
	s->seen = calloc(cap, sizeof(*s->seen));
	if (s->seen == NULL)
		return IKE_E_NOMEM;
	while (rd_left(&r) > 0 && s->n_seen < n)
		s->seen[s->n_seen++] = rd_u32(&r);
	return rd_end(&r);
}

static bool
keys_fit(const struct ike_sa *ike)
{
	const struct v1_state *s = ike->v1;
	const struct alg *encr = alg_get(ike->suite.encr.id);

	return encr != NULL && encr->kind == ALG_ENCR && encr->block > 0 && s->key.n > 0 && s->keys.len > 0 &&
	       prf_len(ike->suite.prf.id) == s->keys.len &&
	       s->keys.all.n == 4 * (size_t)s->keys.len;
}

ike_err
v1_restore(struct ike_sa *ike, struct slice record)
{
	struct rd r = rd_of(record);
	struct slice body;
	uint16_t tag;

	TRY(snap_get(record, &state_table, ike->v1));
	while (snap_next(&r, &tag, &body))
		if (tag == TAG_SEEN)
			TRY(restore_seen(ike->v1, body));
	return keys_fit(ike) ? rd_end(&r) : IKE_E_FORMAT;
}

bool
v1_lasts(const struct exch *x)
{
	return x->type == &v1_quick && x->step == (x->side == INITIATOR ? 1 : 2);
}

static ike_err
save_scratch(const struct exch *x, struct scratch *s)
{
	const struct v1_phase2 *p = x->scratch;
	struct wr w;

	s->s = *p;
	TRY(buf_set(&s->id_i, p->id_i));
	TRY(buf_set(&s->id_r, p->id_r));
	/* what a responder had to compute is done */
	if (x->side == RESPONDER)
		return IKE_OK;
	if (x->ke != NULL) {
		s->ke_group = (uint16_t)ke_group(x->ke);
		TRY(ke_export(x->ke, &s->ke));
	}
	wr_init(&w, 0);
	prop_v1_put(&w, &x->offer);
	ike_err err = wr_take(&w, &s->offer);
	wr_free(&w);
	return err;
}

static void
free_scratch(struct scratch *s)
{
	secret_free(&s->ke);
	buf_free(&s->offer);
	buf_free(&s->id_i);
	buf_free(&s->id_r);
	sa_keys_wipe(&s->s.out);
}

void
v1_save_exch(const struct exch *x, struct wr *w)
{
	struct scratch s = { 0 };

	ike_err err = save_scratch(x, &s);
	if (err == IKE_OK)
		snap_put(w, &scratch_table, &s);
	else
		wr_fail(w, err);
	free_scratch(&s);
}

static ike_err
keep(struct exch *x, const struct buf *b, struct slice *out)
{
	if (b->n == 0)
		return IKE_OK;
	*out = slice_of(arena_copy(&x->arena, buf_slice(b)), b->n);
	return out->p == NULL ? IKE_E_NOMEM : IKE_OK;
}

/* What we offered reads back as the same bytes, or it is not what we wrote. */
static ike_err
restore_offer(struct exch *x, struct slice body)
{
	struct wr w;

	TRY(prop_v1_get(body, &x->arena, &x->offer));
	wr_init(&w, 0);
	if (x->offer.n > 0)
		prop_v1_put(&w, &x->offer);
	ike_err err = wr_err(&w);
	if (err == IKE_OK && !slice_equal(buf_slice(&w.buf), body))
		err = IKE_E_FORMAT;
	wr_free(&w);
	return err;
}

static ike_err
restore_scratch(struct exch *x, const struct scratch *s)
{
	const struct child *c = child_get(x->ike->d, x->child_id);
	struct v1_phase2 *p;

	if (c == NULL)
		return IKE_E_CHILD_GONE;
	TRY(v1_phase2_of(x, &p));
	*p = s->s;
	TRY(keep(x, &s->id_i, &p->id_i));
	TRY(keep(x, &s->id_r, &p->id_r));
	if (x->side == RESPONDER)
		return IKE_OK;
	if (s->ke.n > 0)
		TRY(ke_import(x->ike->d->env.crypto, (enum alg_id)s->ke_group, secret_slice(&s->ke), &x->ke));
	return restore_offer(x, buf_slice(&s->offer));
}

ike_err
v1_restore_exch(struct exch *x, struct slice record)
{
	struct scratch s = { 0 };

	ike_err err = !v1_lasts(x) ? IKE_E_FORMAT : snap_get(record, &scratch_table, &s);
	if (err == IKE_OK)
		err = restore_scratch(x, &s);
	free_scratch(&s);
	return err;
}
