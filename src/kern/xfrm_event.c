/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: one reader per message type in a table; each fills a zeroed event.  Key attributes that an SA event
 * carries are never looked at.
 */
#include "kern/xfrm_conv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stddef.h>
#include <string.h>

typedef ike_err
event_fn(struct slice msg, struct kern_event *ev);

/* The SA of an event: parsed with its keys, which go no further. */
static ike_err
take_sa(const struct xfrm_usersa_info *x, const struct xfrm_attrs *a, struct sa_spec *out)
{
	struct kern_sa sa;
	ike_err err = xfrm_get_sa_parts(x, a, &sa);

	if (err == IKE_OK)
		*out = sa.spec;
	explicit_bzero(&sa, sizeof(sa));
	return err;
}

static ike_err
on_sa_new(struct slice msg, struct kern_event *ev)
{
	struct xfrm_usersa_info x;
	struct xfrm_attrs a;

	TRY(xfrm_open(msg, &x, sizeof(x), &a));
	ev->kind = ((const struct nlmsghdr *)(const void *)msg.p)->nlmsg_type == XFRM_MSG_UPDSA
		       ? KERN_EV_SA_UPDATE
		       : KERN_EV_SA_NEW;
	return take_sa(&x, &a, &ev->sa);
}

/* The whole SA is in an attribute, its identity in front. */
static ike_err
on_sa_delete(struct slice msg, struct kern_event *ev)
{
	struct xfrm_usersa_id id;
	struct xfrm_usersa_info x;
	struct xfrm_attrs a;
	bool there;

	TRY(xfrm_open(msg, &id, sizeof(id), &a));
	TRY(xfrm_attr_copy(&a, XFRMA_SA, &x, sizeof(x), &there));
	ev->kind = KERN_EV_SA_DELETE;
	if (there)
		return take_sa(&x, &a, &ev->sa);
	ev->sa.id.proto = xfrm_get_proto(id.proto);
	ev->sa.id.spi = ntohl(id.spi);
	ev->sa.id.dst = xfrm_get_address(&id.daddr, id.family);
	return IKE_OK;
}

static ike_err
on_sa_flush(struct slice msg, struct kern_event *ev)
{
	struct xfrm_usersa_flush x;
	struct xfrm_attrs a;

	TRY(xfrm_open(msg, &x, sizeof(x), &a));
	ev->kind = KERN_EV_SA_FLUSH;
	ev->flush_proto = xfrm_get_proto(x.proto);
	return IKE_OK;
}

static ike_err
on_expire(struct slice msg, struct kern_event *ev)
{
	struct xfrm_user_expire x;
	struct xfrm_attrs a;

	TRY(xfrm_open(msg, &x, sizeof(x), &a));
	ev->kind = x.hard ? KERN_EV_HARD : KERN_EV_SOFT;
	return take_sa(&x.state, &a, &ev->sa);
}

/* The template of |sp| that this acquire is for: the first of its protocol. */
static const struct sp_tmpl *
acquire_tmpl(const struct sp_spec *sp, uint8_t proto)
{
	for (unsigned i = 0; i < sp->ntmpl; i++)
		if (sp->tmpl[i].proto == proto)
			return &sp->tmpl[i];
	return NULL;
}

/*
 * The message does not say the family of its addresses: it is that of the template's ends in tunnel mode, else that of
 * the policy's selector.
 */
static ike_err
on_acquire(struct slice msg, struct kern_event *ev)
{
	struct xfrm_user_acquire x;
	struct xfrm_attrs a;
	const struct sp_tmpl *t;
	uint16_t family;

	TRY(xfrm_open(msg, &x, sizeof(x), &a));
	TRY(xfrm_get_sp_parts(&x.policy, &a, &ev->sp));
	ev->kind = KERN_EV_ACQUIRE;
	ev->acq_seq = x.seq;
	xfrm_get_selector(&x.sel, &ev->acq_sel);
	ev->sa.id.proto = xfrm_get_proto(x.id.proto);
	ev->sa.seq = x.seq;
	family = x.policy.sel.family != 0 ? x.policy.sel.family : x.sel.family;
	t = acquire_tmpl(&ev->sp, ev->sa.id.proto);
	if (t != NULL) {
		ev->sa.mode = t->mode;
		ev->sa.reqid = t->reqid;
		if (t->mode != MODE_TRANSPORT && t->src.family != 0)
			family = xfrm_family(t->src.family);
	}
	ev->acq_src = ev->sa.src = xfrm_get_address(&x.saddr, family);
	ev->acq_dst = ev->sa.id.dst = xfrm_get_address(&x.id.daddr, family);
	ev->sa.sel = ev->acq_sel;
	ev->sa.dir = SA_OUT;
	return ev->sa.id.proto != PROTO_NONE && ev->acq_dst.family != 0 ? IKE_OK : IKE_E_FORMAT;
}

static ike_err
on_sp_new(struct slice msg, struct kern_event *ev)
{
	ev->kind = ((const struct nlmsghdr *)(const void *)msg.p)->nlmsg_type == XFRM_MSG_UPDPOLICY
		       ? KERN_EV_SP_UPDATE
		       : KERN_EV_SP_NEW;
	return xfrm_get_sp(msg, &ev->sp);
}

static ike_err
on_sp_delete(struct slice msg, struct kern_event *ev)
{
	struct xfrm_userpolicy_id id;
	struct xfrm_userpolicy_info x;
	struct xfrm_attrs a;
	bool there;

	TRY(xfrm_open(msg, &id, sizeof(id), &a));
	TRY(xfrm_attr_copy(&a, XFRMA_POLICY, &x, sizeof(x), &there));
	ev->kind = KERN_EV_SP_DELETE;
	if (there)
		return xfrm_get_sp_parts(&x, &a, &ev->sp);
	ev->sp.index = id.index;
	return xfrm_get_sp_id(&id, &a, &ev->sp.id);
}

static ike_err
on_sp_flush(struct slice msg, struct kern_event *ev)
{
	struct xfrm_attrs a;
	uint8_t none;

	TRY(xfrm_open(msg, &none, 0, &a));
	ev->kind = KERN_EV_SP_FLUSH;
	return IKE_OK;
}

static ike_err
on_sp_expire(struct slice msg, struct kern_event *ev)
{
	struct xfrm_user_polexpire x;
	struct xfrm_attrs a;

	TRY(xfrm_open(msg, &x, sizeof(x), &a));
	ev->kind = KERN_EV_SP_EXPIRE;
	return xfrm_get_sp_parts(&x.pol, &a, &ev->sp);
}

static ike_err
on_mapping(struct slice msg, struct kern_event *ev)
{
	struct xfrm_user_mapping x;
	struct xfrm_attrs a;

	TRY(xfrm_open(msg, &x, sizeof(x), &a));
	ev->kind = KERN_EV_MAPPING;
	ev->sa.id.proto = xfrm_get_proto(x.id.proto);
	ev->sa.id.spi = ntohl(x.id.spi);
	ev->sa.id.dst = xfrm_get_address(&x.id.daddr, x.id.family);
	ev->sa.src = xfrm_get_address(&x.old_saddr, x.id.family);
	ev->sa.reqid = x.reqid;
	ev->sa.encap_sport = ntohs(x.old_sport);
	ev->map_new.addr = xfrm_get_address(&x.new_saddr, x.id.family);
	ev->map_new.port = ntohs(x.new_sport);
	return IKE_OK;
}

static ike_err
on_migrate(struct slice msg, struct kern_event *ev)
{
	struct xfrm_userpolicy_id id;
	struct xfrm_attrs a;

	TRY(xfrm_open(msg, &id, sizeof(id), &a));
	ev->kind = KERN_EV_MIGRATE;
	ev->sp.index = id.index;
	return xfrm_get_sp_id(&id, &a, &ev->sp.id);
}

static const struct {
	uint16_t type;
	event_fn *fn;
} events[] = {
	{ XFRM_MSG_ACQUIRE, on_acquire },
	{ XFRM_MSG_EXPIRE, on_expire },
	{ XFRM_MSG_NEWSA, on_sa_new },
	{ XFRM_MSG_UPDSA, on_sa_new },
	{ XFRM_MSG_DELSA, on_sa_delete },
	{ XFRM_MSG_FLUSHSA, on_sa_flush },
	{ XFRM_MSG_NEWPOLICY, on_sp_new },
	{ XFRM_MSG_UPDPOLICY, on_sp_new },
	{ XFRM_MSG_DELPOLICY, on_sp_delete },
	{ XFRM_MSG_FLUSHPOLICY, on_sp_flush },
	{ XFRM_MSG_POLEXPIRE, on_sp_expire },
	{ XFRM_MSG_MAPPING, on_mapping },
	{ XFRM_MSG_MIGRATE, on_migrate },
};

ike_err
xfrm_get_event(struct slice msg, struct kern_event *out)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)(const void *)msg.p;
	struct kern_event ev;

	if (msg.n < MNL_NLMSG_HDRLEN || nlh->nlmsg_len < MNL_NLMSG_HDRLEN || nlh->nlmsg_len > msg.n)
		return IKE_E_SHORT;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (events[i].type != nlh->nlmsg_type)
			continue;
		memset(&ev, 0, sizeof(ev));
		TRY(events[i].fn(msg, &ev));
		ev.pid = nlh->nlmsg_pid;
		*out = ev;
		return IKE_OK;
	}
	return IKE_E_UNSUPPORTED;
}

/* The kernel's own words are the string attribute NLMSGERR_ATTR_MSG behind the error and the echoed request. */
static ike_err
ack_text(struct slice tlvs, struct text *text)
{
	struct xfrm_attrs a;
	struct slice s;

	TRY(xfrm_attrs(tlvs, &a));
	s = xfrm_attr(&a, NLMSGERR_ATTR_MSG);
	if (s.n > 0)
		text_peer(text, slice_of(s.p, strnlen((const char *)s.p, s.n)));
	return IKE_OK;
}

ike_err
xfrm_get_ack(struct slice msg, int *errnum_out, struct text *text)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)(const void *)msg.p;
	struct nlmsgerr e;
	size_t off = MNL_NLMSG_HDRLEN + sizeof(e);

	if (msg.n < off || nlh->nlmsg_len < off || nlh->nlmsg_len > msg.n)
		return IKE_E_SHORT;
	memcpy(&e, msg.p + MNL_NLMSG_HDRLEN, sizeof(e));
	if (e.error > 0 || e.error < -4095)
		return IKE_E_FORMAT;
	if ((nlh->nlmsg_flags & NLM_F_CAPPED) == 0) {
		if (e.msg.nlmsg_len < sizeof(e.msg) ||
		    e.msg.nlmsg_len - sizeof(e.msg) > nlh->nlmsg_len - off)
			off = nlh->nlmsg_len;
		else
			off += MNL_ALIGN(e.msg.nlmsg_len - sizeof(e.msg));
	}
	if ((nlh->nlmsg_flags & NLM_F_ACK_TLVS) != 0 && off < nlh->nlmsg_len)
		TRY(ack_text(slice_of(msg.p + off, nlh->nlmsg_len - off), text));
	*errnum_out = -e.error;
	return IKE_OK;
}
