/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests whose answer was lost, in either back end: the kernel may have carried them out. */
#include "kern/xfrm_priv.h"

#include <errno.h>

static bool
is_unanswered(const struct kern *k, ike_err err)
{
	return err == IKE_E_KERNEL && (k->errnum == ENOBUFS || k->errnum == ETIMEDOUT);
}

/* |ok|: it has been.  Else the refusal that was kept is what there is to say. */
static ike_err
settled(struct kern *k, bool ok, ike_err err, const struct xfrm_refusal *r)
{
	if (ok)
		xfrm_reason_clear(k);
	else
		xfrm_refusal_restore(k, r);
	return ok ? IKE_OK : err;
}

ike_err
xfrm_settle_install(struct kern *k, ike_err err, const struct sa_spec *s)
{
	struct xfrm_refusal r;
	struct sa_spec got;
	bool ok;

	if (!is_unanswered(k, err))
		return err;
	xfrm_refusal_keep(k, &r);
	ok = k->ops->sa_get(k, &s->id, &s->src, &got, NULL) == IKE_OK && !sa_is_larval(&got) &&
	     addr_equal(&got.src, &s->src) && got.reqid == s->reqid;
	return settled(k, ok, err, &r);
}

ike_err
xfrm_settle_delete(struct kern *k, ike_err err, const struct sa_id *id, const struct addr *src)
{
	struct xfrm_refusal r;

	if (!is_unanswered(k, err))
		return err;
	xfrm_refusal_keep(k, &r);
	return settled(k, k->ops->sa_get(k, id, src, NULL, NULL) == IKE_E_NOTFOUND, err, &r);
}
