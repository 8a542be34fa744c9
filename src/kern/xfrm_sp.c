/* SPDX-License-Identifier: BSD-3-Clause */
#include "kern/xfrm_conv.h"

#include <libmnl/libmnl.h>
#include <string.h>

/* --- writing --- */

/* enum sp_dir in the kernel's numbers, and back. */
static const uint8_t dirs[] = {
	[SP_IN] = XFRM_POLICY_IN, [SP_OUT] = XFRM_POLICY_OUT, [SP_FWD] = XFRM_POLICY_FWD
};

static ike_err
fill_tmpl(const struct sp_tmpl *t, uint16_t sel_family, struct xfrm_user_tmpl *x)
{
	memset(x, 0, sizeof(*x));
	x->id.proto = xfrm_proto(t->proto);
	if (x->id.proto == 0)
		return IKE_E_UNSUPPORTED;
	if (t->mode == MODE_TUNNEL && (t->src.family == 0 || t->src.family != t->dst.family))
		return IKE_E_RANGE;
	x->family = sel_family;
	if (t->mode == MODE_TUNNEL) {
		x->family = xfrm_family(t->src.family);
		xfrm_addr(&t->src, &x->saddr);
		xfrm_addr(&t->dst, &x->id.daddr);
	}
	x->mode = xfrm_mode(t->mode);
	x->reqid = t->reqid;
	x->share = XFRM_SHARE_ANY;
	x->optional = t->level == SP_USE;
	x->aalgos = x->ealgos = x->calgos = ~0u;
	return IKE_OK;
}

static ike_err
put_tmpls(struct xfrm_msg *m, const struct sp_spec *s, uint16_t sel_family)
{
	struct xfrm_user_tmpl x[SP_MAX_TMPL];

	if (s->ntmpl > SP_MAX_TMPL)
		return IKE_E_RANGE;
	/* what is behind a tunnel of the other family is of that family */
	for (unsigned i = 0; i < s->ntmpl; i++)
		TRY(fill_tmpl(&s->tmpl[i], i == 0 ? sel_family : x[i - 1].family, &x[i]));
	return s->ntmpl != 0 ? xfrm_add(m, XFRMA_TMPL, x, s->ntmpl * sizeof(x[0])) : IKE_OK;
}

static ike_err
fill_action(const struct sp_spec *s, uint8_t *out)
{
	switch ((enum sp_action)s->action) {
	case SP_NONE:
		*out = XFRM_POLICY_ALLOW;
		return s->ntmpl == 0 ? IKE_OK : IKE_E_RANGE;
	case SP_IPSEC:
		*out = XFRM_POLICY_ALLOW;
		return s->ntmpl != 0 ? IKE_OK : IKE_E_RANGE;
	case SP_DISCARD:
		*out = XFRM_POLICY_BLOCK;
		return IKE_OK;
	case SP_ENTRUST:
	case SP_BYPASS:
		break;
	}
	return IKE_E_UNSUPPORTED;
}

/* A selector of a policy needs a family. */
static ike_err
fill_id(const struct sp_id *id, struct xfrm_selector *sel, uint8_t *dir)
{
	if (id->dir > SP_FWD)
		return IKE_E_RANGE;
	TRY(xfrm_selector(&id->sel, sel));
	*dir = dirs[id->dir];
	return sel->family != 0 ? IKE_OK : IKE_E_RANGE;
}

ike_err
xfrm_put_sp(struct xfrm_msg *m, uint16_t type, const struct sp_spec *s)
{
	struct xfrm_userpolicy_info *u = xfrm_begin(m, type, sizeof(*u));

	TRY(fill_id(&s->id, &u->sel, &u->dir));
	TRY(fill_action(s, &u->action));
	xfrm_life(&s->life, &u->lft);
	u->priority = s->priority;
	u->index = s->index;
	u->share = XFRM_SHARE_ANY;
	TRY(put_tmpls(m, s, u->sel.family));
	TRY(xfrm_add_ctx(m, s->ctx, s->ctx_doi, s->ctx_alg));
	return xfrm_add_marks(m, s->id.mark, s->id.mark_mask, s->id.if_id);
}

ike_err
xfrm_put_sp_id(struct xfrm_msg *m, uint16_t type, const struct sp_id *id)
{
	struct xfrm_userpolicy_id *u = xfrm_begin(m, type, sizeof(*u));

	TRY(fill_id(id, &u->sel, &u->dir));
	return xfrm_add_marks(m, id->mark, id->mark_mask, id->if_id);
}

ike_err
xfrm_put_plain(struct xfrm_msg *m, uint16_t type)
{
	(void)xfrm_begin(m, type, 0);
	return IKE_OK;
}

/* --- reading --- */

static uint8_t
get_level(const struct xfrm_user_tmpl *x)
{
	return x->optional ? SP_USE : x->reqid != 0 ? SP_UNIQUE : SP_REQUIRE;
}

static void
get_tmpl(const struct xfrm_user_tmpl *x, uint16_t sel_family, struct sp_tmpl *t)
{
	uint16_t family = x->family != 0 ? x->family : sel_family;

	memset(t, 0, sizeof(*t));
	t->proto = xfrm_get_proto(x->id.proto);
	t->mode = xfrm_get_mode(x->mode);
	t->reqid = x->reqid;
	t->level = get_level(x);
	if (t->mode != MODE_TRANSPORT) {
		t->src = xfrm_get_address(&x->saddr, family);
		t->dst = xfrm_get_address(&x->id.daddr, family);
	}
}

static ike_err
get_tmpls(const struct xfrm_attrs *a, uint16_t sel_family, struct sp_spec *out)
{
	struct slice s = xfrm_attr(a, XFRMA_TMPL);
	struct xfrm_user_tmpl x;

	if (s.n % sizeof(x) != 0 || s.n / sizeof(x) > SP_MAX_TMPL)
		return IKE_E_FORMAT;
	out->ntmpl = (uint8_t)(s.n / sizeof(x));
	for (unsigned i = 0; i < out->ntmpl; i++) {
		memcpy(&x, s.p + i * sizeof(x), sizeof(x));
		get_tmpl(&x, sel_family, &out->tmpl[i]);
	}
	return IKE_OK;
}

/* Policies of sockets have directions from XFRM_POLICY_MAX on. */
static ike_err
get_dir(uint8_t dir, uint8_t *out, bool *socket_out)
{
	bool sock = dir >= XFRM_POLICY_MAX;

	if (sock)
		dir = (uint8_t)(dir - XFRM_POLICY_MAX);
	for (unsigned i = 0; i < sizeof(dirs); i++) {
		if (dirs[i] == dir) {
			*out = (uint8_t)i;
			*socket_out = sock;
			return IKE_OK;
		}
	}
	return IKE_E_FORMAT;
}

ike_err
xfrm_get_sp_parts(
    const struct xfrm_userpolicy_info *x, const struct xfrm_attrs *a, struct sp_spec *out)
{
	memset(out, 0, sizeof(*out));
	TRY(get_dir(x->dir, &out->id.dir, &out->socket));
	xfrm_get_selector(&x->sel, &out->id.sel);
	xfrm_get_life(&x->lft, &out->life);
	out->index = x->index;
	out->priority = x->priority;
	out->add_time = x->curlft.add_time;
	out->use_time = x->curlft.use_time;
	TRY(get_tmpls(a, x->sel.family, out));
	out->action = x->action == XFRM_POLICY_BLOCK ? SP_DISCARD
		      : out->ntmpl != 0              ? SP_IPSEC
						     : SP_NONE;
	TRY(xfrm_get_marks(a, &out->id.mark, &out->id.mark_mask, &out->id.if_id));
	return xfrm_get_ctx(a, out->ctx, &out->ctx_doi, &out->ctx_alg);
}

ike_err
xfrm_get_sp_id(const struct xfrm_userpolicy_id *x, const struct xfrm_attrs *a, struct sp_id *out)
{
	bool sock;

	memset(out, 0, sizeof(*out));
	TRY(get_dir(x->dir, &out->dir, &sock));
	xfrm_get_selector(&x->sel, &out->sel);
	return xfrm_get_marks(a, &out->mark, &out->mark_mask, &out->if_id);
}

ike_err
xfrm_get_sp(struct slice msg, struct sp_spec *out)
{
	struct xfrm_userpolicy_info x;
	struct xfrm_attrs a;
	struct sp_spec sp;

	TRY(xfrm_open(msg, &x, sizeof(x), &a));
	TRY(xfrm_get_sp_parts(&x, &a, &sp));
	*out = sp;
	return IKE_OK;
}
