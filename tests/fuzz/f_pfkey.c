/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The readers of PF_KEY messages.  Whatever a reader accepts and a writer can write reads back the same.
 */
#include "fuzz/driver.h"
#include "kern/pfkey_msg.h"

#include <linux/pfkeyv2.h>
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
	struct pfkey_msg m;

	if (pfkey_get_sa(s, &a) != IKE_OK)
		return;
	check(a.keys.encr_len <= sizeof(a.keys.encr) && a.keys.integ_len <= sizeof(a.keys.integ));
	check(memchr(a.label.ctx, '\0', sizeof(a.label.ctx)) != NULL);
	/* ESP is written without null authentication */
	if (a.spec.integ == INTEG_NONE && a.spec.id.proto != PROTO_AH)
		a.spec.integ = ALG_ID_NONE;
	/* keys of algorithms that have no number */
	if (a.spec.integ == ALG_ID_NONE)
		a.keys.integ_len = 0;
	if (a.spec.encr == ALG_ID_NONE)
		a.keys.encr_len = 0;
	if (a.spec.replay_window > PFKEY_WINDOW_MAX)
		a.spec.replay_window = PFKEY_WINDOW_MAX;
	/* one that is larval, or of which nothing is told, would be written as one that is neither */
	if (sa_is_larval(&a.spec) ||
	    pfkey_put_sa(&m, SADB_ADD, &a.spec, &a.keys, &a.label) != IKE_OK)
		return;
	check(pfkey_get_sa(pfkey_msg_slice(&m), &b) == IKE_OK);
	check(sa_id_equal(&a.spec.id, &b.spec.id) && addr_equal(&a.spec.src, &b.spec.src));
	check(a.spec.encr == b.spec.encr && a.spec.integ == b.spec.integ &&
	      a.spec.comp == b.spec.comp);
	check(a.spec.replay_window == b.spec.replay_window && a.spec.flags == b.spec.flags);
	check(a.keys.encr_len == b.keys.encr_len &&
	      memcmp(a.keys.encr, b.keys.encr, a.keys.encr_len) == 0);
	check(memcmp(&a.spec.life, &b.spec.life, sizeof(a.spec.life)) == 0);
	check(strcmp(a.label.ctx, b.label.ctx) == 0);
}

static void
try_sp(struct slice s)
{
	struct sp_spec a, b;
	struct pfkey_msg m;

	if (pfkey_get_sp(s, &a) != IKE_OK)
		return;
	check(a.ntmpl <= SP_MAX_TMPL && memchr(a.ctx, '\0', sizeof(a.ctx)) != NULL);
	if (a.socket || pfkey_put_sp(&m, SADB_X_SPDADD, &a) != IKE_OK)
		return;
	check(pfkey_get_sp(pfkey_msg_slice(&m), &b) == IKE_OK);
	check(sp_id_equal(&a.id, &b.id) && a.priority == b.priority && a.action == b.action &&
	      a.ntmpl == b.ntmpl && a.index == b.index);
	for (size_t i = 0; i < a.ntmpl; i++)
		check(a.tmpl[i].proto == b.tmpl[i].proto && a.tmpl[i].reqid == b.tmpl[i].reqid);
}

static void
try_rest(struct slice s)
{
	struct kern_event ev;
	struct pfkey_algs algs;
	struct pfkey_hdr h;

	if (pfkey_get_event(s, &ev) == IKE_OK)
		check(ev.kind <= KERN_EV_OVERRUN);
	if (pfkey_get_hdr(s, &h) == IKE_OK)
		check(h.errnum >= 0 && h.errnum <= 255 && s.n >= 16);
	(void)!pfkey_get_algs(s, &algs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* messages are as long as they are: what is behind is not ours */
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
