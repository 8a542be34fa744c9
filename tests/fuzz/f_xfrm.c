/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The readers of kernel messages.  Whatever a reader accepts and a writer can write reads back the same.
 */
#include "fuzz/driver.h"
#include "kern/rtnl.h"
#include "kern/xfrm_msg.h"

#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
try_sa(struct slice s)
{
	struct kern_sa a, b;
	struct xfrm_msg m;

	if (xfrm_get_sa(s, &a) != IKE_OK)
		return;
	check(a.keys.encr_len <= sizeof(a.keys.encr) && a.keys.integ_len <= sizeof(a.keys.integ));
	check(memchr(a.label.ctx, '\0', sizeof(a.label.ctx)) != NULL);
	/* ESP is written without null authentication */
	if (a.spec.integ == INTEG_NONE && a.spec.id.proto != PROTO_AH)
		a.spec.integ = ALG_ID_NONE;
	if (a.spec.integ == ALG_ID_NONE)
		a.keys.integ_len = 0;
	if (a.spec.encr == ALG_ID_NONE)
		a.keys.encr_len = 0;
	if (xfrm_put_sa(&m, XFRM_MSG_NEWSA, &a.spec, &a.keys, &a.label) != IKE_OK)
		return;
	check(xfrm_get_sa(xfrm_msg_slice(&m), &b) == IKE_OK);
	check(sa_id_equal(&a.spec.id, &b.spec.id) && sa_selector_equal(&a.spec.sel, &b.spec.sel));
	check(a.spec.encr == b.spec.encr && a.spec.integ == b.spec.integ &&
	      a.spec.comp == b.spec.comp);
	check(a.keys.encr_len == b.keys.encr_len &&
	      memcmp(a.keys.encr, b.keys.encr, a.keys.encr_len) == 0);
	check(memcmp(&a.spec.life, &b.spec.life, sizeof(a.spec.life)) == 0);
	check(strcmp(a.label.ctx, b.label.ctx) == 0);
}

static void
try_sp(struct slice s)
{
	struct sp_spec a, b;
	struct xfrm_msg m;

	if (xfrm_get_sp(s, &a) != IKE_OK)
		return;
	check(a.ntmpl <= SP_MAX_TMPL && memchr(a.ctx, '\0', sizeof(a.ctx)) != NULL);
	if (a.socket || xfrm_put_sp(&m, XFRM_MSG_NEWPOLICY, &a) != IKE_OK)
		return;
	check(xfrm_get_sp(xfrm_msg_slice(&m), &b) == IKE_OK);
	check(sp_id_equal(&a.id, &b.id) && a.priority == b.priority && a.action == b.action &&
	      a.ntmpl == b.ntmpl);
}

static void
try_rest(struct slice s)
{
	static const struct endpoint src = { { 4, { 192, 0, 2, 1 }, 0 }, 4500 },
				     dst = { { 4, { 192, 0, 2, 2 }, 0 }, 4500 };
	struct kern_event ev;
	struct xfrm_msg m;
	struct rtnl_addr addr;
	char buf[64];
	struct text t = text_in(buf, sizeof(buf));
	int errnum;
	bool removed;

	if (xfrm_get_event(s, &ev) == IKE_OK)
		check(ev.kind <= KERN_EV_OVERRUN);
	if (xfrm_get_ack(s, &errnum, &t) == IKE_OK)
		check(errnum >= 0 && errnum <= 4095);
	if (xfrm_put_sa_moved(&m, s, &src, &dst) == IKE_OK)
		check(xfrm_msg_slice(&m).n <= sizeof(m.b));
	if (rtnl_get_addr(s, &addr, &removed) == IKE_OK)
		check(addr.addr.family == 4 || addr.addr.family == 6);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* messages are aligned, and as long as they are: what is behind is not ours */
	uint8_t *p = malloc(size > 0 ? size : 1);

	if (p == NULL)
		return 0;
	if (size > 0)
		memcpy(p, data, size);
	try_sa(slice_of(p, size));
	try_sp(slice_of(p, size));
	try_rest(slice_of(p, size));
	free(p);
	return 0;
}
