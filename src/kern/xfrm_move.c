/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: the kernel has no request that changes the addresses of one SA (XFRM_MSG_MIGRATE goes by policy).  So
 * the SA is read back with its keys, counters and window, and made anew.  An SA is named by its destination: if that
 * changes, the new one is there before the old one goes, and no packet is lost.  If only the source changes, the old one
 * must go first; should the kernel then refuse the new one, the old one is put back.
 */
#include "kern/xfrm_priv.h"

#include <libmnl/libmnl.h>
#include <linux/xfrm.h>
#include <string.h>

struct raw {
	struct xfrm_msg m;
	bool there;
};

static void
keep_raw(void *arg, struct slice msg)
{
	struct raw *r = arg;

	if (((const struct nlmsghdr *)(const void *)msg.p)->nlmsg_type != XFRM_MSG_NEWSA ||
	    msg.n > sizeof(r->m.b))
		return;
	memcpy(r->m.b, msg.p, msg.n);
	r->there = true;
}

static bool
ask_sa(struct xfrm *x, struct xfrm_msg *m)
{
	return xfrm_sock_ask(&x->req, m, 0, NULL, NULL);
}

/* Both messages are made; |again| makes the old SA once more. */
static ike_err
swap(struct xfrm *x, const struct kern_sa *old, const struct endpoint *dst, struct xfrm_msg *moved,
    struct xfrm_msg *again)
{
	bool first = !addr_equal(&old->spec.id.dst, &dst->addr);
	ike_err err;

	if (!first)
		TRY(xfrm_sa_delete(&x->kern, &old->spec.id, &old->spec.src));
	if (!ask_sa(x, moved)) {
		err = xfrm_refused(&x->kern, ASK_SA_ADD, x->req.errnum, x->req.text, &old->spec);
		if (!first)
			(void)ask_sa(x, again);
		return err;
	}
	return first ? xfrm_sa_delete(&x->kern, &old->spec.id, &old->spec.src) : IKE_OK;
}

static ike_err
move(struct xfrm *x, struct slice got, const struct endpoint *src, const struct endpoint *dst)
{
	struct xfrm_msg moved, again;
	struct kern_sa old;
	struct endpoint osrc, odst;
	ike_err err;

	err = xfrm_get_sa(got, &old);
	if (err != IKE_OK)
		return xfrm_unmade(&x->kern, err, NULL);
	sa_keys_wipe(&old.keys);
	if (old.larval)
		return xfrm_unmade(&x->kern, IKE_E_STATE, NULL);
	osrc = (struct endpoint){ old.spec.src, old.spec.encap_sport };
	odst = (struct endpoint){ old.spec.id.dst, old.spec.encap_dport };
	err = xfrm_put_sa_moved(&again, got, &osrc, &odst);
	if (err == IKE_OK)
		err = xfrm_put_sa_moved(&moved, got, src, dst);
	err = err == IKE_OK ? swap(x, &old, dst, &moved, &again) : xfrm_unmade(&x->kern, err, NULL);
	xfrm_msg_wipe(&moved);
	xfrm_msg_wipe(&again);
	return err;
}

ike_err
xfrm_sa_readdress(
    struct kern *k, const struct sa_id *id, const struct endpoint *src, const struct endpoint *dst)
{
	struct xfrm *x = (struct xfrm *)(void *)k;
	struct raw r = { .there = false };
	struct xfrm_msg m;
	ike_err err;

	xfrm_reason_clear(k);
	err = xfrm_put_sa_id(&m, XFRM_MSG_GETSA, id, NULL);
	if (err != IKE_OK)
		return xfrm_unmade(k, err, NULL);
	if (!xfrm_sock_ask(&x->req, &m, 0, keep_raw, &r))
		return xfrm_refused(k, ASK_SA, x->req.errnum, x->req.text, NULL);
	err = r.there ? move(x, xfrm_msg_slice(&r.m), src, dst) : IKE_E_NOTFOUND;
	xfrm_msg_wipe(&r.m);
	return err;
}
