/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: each probe is a request that the kernel must refuse in any case, and the way it refuses tells what it
 * knows.  UPDSA of an SA that does not exist goes through all checks of protocol and algorithms first: ESRCH means
 * everything is there.  An attribute of the wrong size is refused only if the attribute is known; a policy that does
 * not exist is ENOENT otherwise.  MIGRATE without its attribute is EINVAL if it is compiled in, ENOPROTOOPT if not.
 */
#include "kern/xfrm_priv.h"
#include "kern/xfrm_conv.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* An SPI and addresses (RFC 5737 documentation, loopback) that nobody uses. */
enum { PROBE_SPI = 0xfffffffeu };

static int
ask_errno(struct xfrm *x, struct xfrm_msg *m)
{
	return xfrm_sock_ask(&x->req, m, 0, NULL, NULL) ? 0 : x->req.errnum;
}

struct sa_probe {
	uint8_t proto;
	uint16_t encr, integ, comp;
	uint16_t encr_len, integ_len;
	unsigned flags;
	unsigned features;
};

/* The first that fits sets its features; the next of the same protocol is tried only otherwise. */
static const struct sa_probe probes[] = {
	{ PROTO_ESP, ENCR_AES_CBC, INTEG_HMAC_SHA256_128, 0, 16, 32, SA_ESN, KERN_ESP | KERN_ESN },
	{ PROTO_ESP, ENCR_AES_GCM_16, 0, 0, 20, 0, SA_ESN, KERN_ESP | KERN_ESN },
	{ PROTO_ESP, ENCR_AES_CBC, INTEG_HMAC_SHA1_96, 0, 16, 20, 0, KERN_ESP },
	{ PROTO_AH, 0, INTEG_HMAC_SHA256_128, 0, 0, 32, 0, KERN_AH },
	{ PROTO_AH, 0, INTEG_HMAC_SHA1_96, 0, 0, 20, 0, KERN_AH },
	{ PROTO_IPCOMP, 0, 0, COMP_DEFLATE, 0, 0, 0, KERN_IPCOMP },
};

static bool
probe_sa(struct xfrm *x, const struct sa_probe *p)
{
	struct sa_spec s = {
		.id = { .proto = p->proto,
		    .spi = p->proto == PROTO_IPCOMP ? 0xfffe : PROBE_SPI,
		    .dst = { .family = 4, .b = { 127, 255, 255, 254 } } },
		.src = { .family = 4, .b = { 127, 255, 255, 253 } },
		.mode = MODE_TRANSPORT,
		.encr = p->encr,
		.integ = p->integ,
		.comp = p->comp,
		.flags = p->flags,
	};
	struct sa_keys k;
	struct xfrm_msg m;

	/* all bytes different: weak key checks must not decide */
	for (unsigned i = 0; i < sizeof(k.encr); i++)
		k.encr[i] = (uint8_t)(i * 37 + 11);
	for (unsigned i = 0; i < sizeof(k.integ); i++)
		k.integ[i] = (uint8_t)(i * 41 + 7);
	k.encr_len = p->encr_len;
	k.integ_len = p->integ_len;
	return xfrm_put_sa(&m, XFRM_MSG_UPDSA, &s, &k, NULL) == IKE_OK && ask_errno(x, &m) == ESRCH;
}

static bool
probe_attr(struct xfrm *x, uint16_t type)
{
	struct sp_id id = { .dir = SP_OUT };
	uint8_t wrong_size = 0;
	int e;

	id.sel.src = (struct prefix){ .addr = { .family = 4, .b = { 192, 0, 2, 255 } }, .len = 32 };
	id.sel.dst = id.sel.src;
	id.sel.proto = 255;

	struct xfrm_msg m;

	if (xfrm_put_sp_id(&m, XFRM_MSG_DELPOLICY, &id) != IKE_OK ||
	    xfrm_add(&m, type, &wrong_size, sizeof(wrong_size)) != IKE_OK)
		return false;
	e = ask_errno(x, &m);
	return e == EINVAL || e == ERANGE;
}

static bool
probe_migrate(struct xfrm *x)
{
	struct xfrm_msg m;
	struct xfrm_userpolicy_id *u = xfrm_begin(&m, XFRM_MSG_MIGRATE, sizeof(*u));

	u->dir = XFRM_POLICY_OUT;
	u->sel.family = AF_INET;
	return ask_errno(x, &m) == EINVAL;
}

unsigned
xfrm_probe(struct xfrm *x)
{
	unsigned have = 0;

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if ((have & probes[i].features) == 0 && probe_sa(x, &probes[i]))
			have |= probes[i].features;
	if (probe_attr(x, XFRMA_MARK))
		have |= KERN_MARK;
	if (probe_attr(x, XFRMA_IF_ID))
		have |= KERN_IFID;
	if (probe_migrate(x))
		have |= KERN_MIGRATE;
	return have;
}
