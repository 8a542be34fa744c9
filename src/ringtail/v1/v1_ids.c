/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IDci and IDcr of quick mode (RFC 2409 section 5.5, RFC 2407 section 4.6.2): what a child is for.
 */
#include "ringtail/v1/v1.h"

#include "conf/conf.h"

#include <string.h>

static struct ts
host(const struct addr *a)
{
	struct prefix p = { *a, addr_bits(a) };

	return ts_of_prefix(&p, 0, 0);
}

/*
 * RFC 2409 section 5.5: the identities "are implicitly assumed to be the IP addresses of the ISAKMP peers, without
 * any implied constraints on the protocol or port numbers allowed, unless client identifiers are specified in Quick
 * Mode."  racoon leaves them out then, in transport mode.
 */
static bool
may_be_left_out(const struct ike_sa *ike, const struct child *c)
{
	struct ts me = host(&ike->local.addr), peer = host(&ike->remote.addr);

	return c->mode == MODE_TRANSPORT && !ike->rmt->support_proxy && ts_equal(&c->my_ts, &me) &&
	       ts_equal(&c->peer_ts, &peer);
}

static ike_err
make_id(struct exch *x, const struct ts *ts, struct slice *out)
{
	uint8_t data[32];
	struct v1_id id = { 0 };
	size_t len;
	struct wr w;

	TRY(ts_to_v1_id(ts, &id.type, &id.proto, &id.port, data, &len));
	id.data = slice_of(data, len);
	wr_init(&w, 0);
	put_v1_id(&w, &id);
	ike_err err = wr_err(&w);
	if (err == IKE_OK) {
		const char *copy = arena_copy(&x->arena, buf_slice(&w.buf));
		*out = slice_of(copy, wr_len(&w));
		err = copy == NULL ? IKE_E_NOMEM : IKE_OK;
	}
	wr_free(&w);
	return err;
}

ike_err
v1_make_ids(struct exch *x, const struct child *c)
{
	struct v1_phase2 *s = x->scratch;

	if (may_be_left_out(x->ike, c))
		return IKE_OK;
	TRY(make_id(x, &c->my_ts, &s->id_i));
	return make_id(x, &c->peer_ts, &s->id_r);
}

void
v1_put_ids(struct exch *x, struct msg_out *m)
{
	const struct v1_phase2 *s = x->scratch;

	if (s->id_i.n == 0 || s->id_r.n == 0)
		return;
	/* RFC 2409 section 5.5: "the identities of the parties MUST be passed as IDci and then IDcr" */
	(void)pld_put(&m->w, &m->chain, V1_PLD_ID, s->id_i);
	(void)pld_put(&m->w, &m->chain, V1_PLD_ID, s->id_r);
}

static ike_err
read_id(struct slice body, struct ts *out)
{
	struct v1_id id;

	TRY(get_v1_id(body, &id));
	return ts_from_v1_id(id.type, id.proto, id.port, id.data, out);
}

/* The two ID payloads of |m|, or none. */
static ike_err
find_ids(const struct msg *m, const struct pld **ci, const struct pld **cr)
{
	unsigned n = payload_count(&m->pl, PK_ID);

	*ci = *cr = NULL;
	if (n == 0)
		return IKE_OK;
	if (n != 2)
		return IKE_E_FORMAT;
	*ci = payload_first(&m->pl, PK_ID);
	*cr = payload_next(&m->pl, *ci);
	return IKE_OK;
}

static ike_err
keep(struct exch *x, struct slice body, struct slice *out)
{
	const char *copy = arena_copy(&x->arena, body);

	*out = slice_of(copy, body.n);
	return copy == NULL ? IKE_E_NOMEM : IKE_OK;
}

ike_err
v1_take_ids(struct exch *x, const struct msg *m, struct ts *my, struct ts *peer)
{
	struct v1_phase2 *s = x->scratch;
	const struct pld *ci, *cr;

	TRY(find_ids(m, &ci, &cr));
	if (ci == NULL) {
		*my = host(&x->ike->local.addr);
		*peer = host(&x->ike->remote.addr);
		return IKE_OK;
	}
	TRY(read_id(ci->body, peer));
	TRY(read_id(cr->body, my));
	if (my->lo.family != peer->lo.family)
		return IKE_E_TS;
	TRY(keep(x, ci->body, &s->id_i));
	return keep(x, cr->body, &s->id_r);
}

ike_err
v1_check_ids(struct exch *x, const struct msg *m, const struct child *c)
{
	struct ts me = host(&x->ike->local.addr), peer = host(&x->ike->remote.addr);
	const struct pld *ci, *cr;

	TRY(find_ids(m, &ci, &cr));
	if (ci != NULL) {
		TRY(read_id(ci->body, &me));
		TRY(read_id(cr->body, &peer));
	}
	return ts_equal(&me, &c->my_ts) && ts_equal(&peer, &c->peer_ts) ? IKE_OK : IKE_E_TS;
}
