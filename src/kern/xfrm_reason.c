/* SPDX-License-Identifier: BSD-3-Clause */
#include "kern/xfrm_priv.h"

#include <errno.h>
#include <string.h>

void
xfrm_reason_clear(struct kern *k)
{
	k->errnum = 0;
	k->reason[0] = '\0';
}

/* "esp4", "ah6", "ipcomp": the kernel module of a protocol. */
static void
add_module(struct text *t, const struct sa_spec *s)
{
	bool v6 = s->id.dst.family == 6;

	text_add(t, "kernel module ");
	switch (s->id.proto) {
	case PROTO_AH:
		text_add(t, v6 ? "ah6" : "ah4");
		break;
	case PROTO_IPCOMP:
		text_add(t, v6 ? "ipcomp6" : "ipcomp");
		break;
	default:
		text_add(t, v6 ? "esp6" : "esp4");
		break;
	}
	text_add(t, " missing");
}

static void
add_alg(struct text *t, uint16_t id)
{
	const struct alg *a = alg_get(id);

	if (a == NULL)
		return;
	text_char(t, ' ');
	text_add(t, a->xfrm != NULL ? a->xfrm : a->name);
}

static void
add_algs(struct text *t, const struct sa_spec *s)
{
	add_alg(t, s->encr);
	add_alg(t, s->integ);
	add_alg(t, s->comp);
}

/* What is missing, in the cases known from practice. */
static void
add_hint(struct text *t, enum xfrm_ask what, int errnum, const struct sa_spec *s)
{
	if (errnum == EPERM) {
		text_add(t, "; needs CAP_NET_ADMIN");
	} else if (what == ASK_SA_ADD && s != NULL && errnum == EPROTONOSUPPORT) {
		text_add(t, "; ");
		add_module(t, s);
	} else if (what == ASK_SA_ADD && s != NULL && errnum == ENOSYS) {
		text_add(t, "; unknown to this kernel, one of:");
		add_algs(t, s);
	} else if (what == ASK_SA_ADD && s != NULL && errnum == ENOENT) {
		text_add(t, "; no crypto module for one of:");
		add_algs(t, s);
	}
}

static ike_err
code_of(enum xfrm_ask what, int errnum)
{
	switch (errnum) {
	case EEXIST:
		return IKE_E_EXISTS;
	case ENOENT:
		/* ALLOCSPI: the one SPI we offered is taken; adding an SA: no such algorithm */
		return what == ASK_SA_RESERVE ? IKE_E_EXISTS
		       : what == ASK_SA_ADD   ? IKE_E_KERNEL
					      : IKE_E_NOTFOUND;
	case ESRCH:
		return IKE_E_NOTFOUND;
	default:
		return IKE_E_KERNEL;
	}
}

ike_err
xfrm_refused(
    struct kern *k, enum xfrm_ask what, int errnum, const char *text, const struct sa_spec *s)
{
	struct text t = text_in(k->reason, sizeof(k->reason));
	char buf[64];
	bool own_words = text != NULL && text[0] != '\0';

	k->errnum = errnum;
	if (own_words) {
		text_add(&t, text);
		text_add(&t, " (");
	}
	text_add(&t, strerror_r(errnum, buf, sizeof(buf)));
	add_hint(&t, what, errnum, s);
	if (own_words)
		text_char(&t, ')');
	return code_of(what, errnum);
}

ike_err
xfrm_unmade(struct kern *k, ike_err err, const struct sa_spec *s)
{
	struct text t = text_in(k->reason, sizeof(k->reason));

	k->errnum = EINVAL;
	switch (err) {
	case IKE_E_UNSUPPORTED:
		k->errnum = EOPNOTSUPP;
		text_add(&t, "not possible with XFRM");
		break;
	case IKE_E_RANGE:
		text_add(&t, "Invalid argument");
		break;
	default:
		text_add(&t, ike_err_text(err));
		break;
	}
	if (s != NULL && (s->encr != 0 || s->integ != 0 || s->comp != 0)) {
		text_char(&t, ':');
		add_algs(&t, s);
	}
	return err;
}
