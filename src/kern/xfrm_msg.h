/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xfrm_msg - pure codecs between our values and XFRM netlink messages.  No socket, no state.
 *
 * put functions fill a struct xfrm_msg with one complete message, flags and sequence number excepted (the transport's
 * business).  get functions take one whole message, nlmsghdr included, whose length they check against both the slice and
 * the header: every truncated or overlong message is IKE_E_FORMAT or IKE_E_SHORT, never a crash.  Attributes they do not
 * know are ignored.  Slices must be aligned to 4 bytes, as netlink buffers are.
 *
 * A message made from keys holds them: xfrm_msg_wipe() when done.
 *
 * linux/xfrm.h; RFC 4301 section 4.4.
 */
#ifndef KERN_XFRM_MSG_H
#define KERN_XFRM_MSG_H

#include "kern/kern.h"

#define XFRM_BUF_SIZE 4096
/* The kernel's limit of an anti-replay window, packets. */
#define XFRM_WINDOW_MAX 4096

struct nlmsghdr;

struct xfrm_msg {
	_Alignas(16) uint8_t b[XFRM_BUF_SIZE];
};

static inline struct nlmsghdr *
xfrm_msg_hdr(struct xfrm_msg *m)
{
	return (struct nlmsghdr *)(void *)m->b;
}

/* The finished message. */
struct slice
xfrm_msg_slice(const struct xfrm_msg *m);

void
xfrm_msg_wipe(struct xfrm_msg *m);

/*
 * XFRM_MSG_NEWSA or XFRM_MSG_UPDSA in |type|.  |label| may be NULL.  ICV lengths come from the algorithm registry.  An
 * anti-replay window above 32 packets or SA_ESN travels as XFRMA_REPLAY_ESN_VAL; ESN with window 0 gets 32, as the
 * kernel wants one.
 *
 *   IKE_E_UNSUPPORTED   an algorithm the kernel interface has no name for; protocol that is none of ESP, AH, IPComp
 *   IKE_E_RANGE         key length does not fit the algorithm; window above XFRM_WINDOW_MAX; no address
 */
MUST_USE ike_err
xfrm_put_sa(struct xfrm_msg *m, uint16_t type, const struct sa_spec *s, const struct sa_keys *k,
    const struct sa_label *label);

/* XFRM_MSG_DELSA or XFRM_MSG_GETSA; |src| may be NULL. */
MUST_USE ike_err
xfrm_put_sa_id(struct xfrm_msg *m, uint16_t type, const struct sa_id *id, const struct addr *src);

/* XFRM_MSG_ALLOCSPI: an SPI from |min|..|max| for |id| (whose spi is ignored); |seq|: of an ACQUIRE, or 0. */
struct xfrm_spi_request {
	struct sa_id id;
	struct addr src;
	uint8_t mode;
	uint32_t reqid, seq, min, max;
};

MUST_USE ike_err
xfrm_put_allocspi(struct xfrm_msg *m, const struct xfrm_spi_request *r);

/* XFRM_MSG_FLUSHSA; PROTO_NONE: all. */
MUST_USE ike_err
xfrm_put_flushsa(struct xfrm_msg *m, uint8_t proto);

/*
 * XFRM_MSG_NEWSA that makes the SA of |got|, an answer to XFRM_MSG_GETSA, once more between |src| and |dst|: keys,
 * lifetimes and their use so far, sequence numbers and window are carried over.  Ports 0: without UDP encapsulation.
 */
MUST_USE ike_err
xfrm_put_sa_moved(
    struct xfrm_msg *m, struct slice got, const struct endpoint *src, const struct endpoint *dst);

/* XFRM_MSG_NEWPOLICY or XFRM_MSG_UPDPOLICY.  IKE_E_UNSUPPORTED: entrust or bypass. IKE_E_RANGE: bad selector or template. */
MUST_USE ike_err
xfrm_put_sp(struct xfrm_msg *m, uint16_t type, const struct sp_spec *s);

/* XFRM_MSG_DELPOLICY or XFRM_MSG_GETPOLICY. */
MUST_USE ike_err
xfrm_put_sp_id(struct xfrm_msg *m, uint16_t type, const struct sp_id *id);

/* A message without selection: dump of SAs (XFRM_MSG_GETSA) or policies (XFRM_MSG_GETPOLICY), XFRM_MSG_FLUSHPOLICY. */
MUST_USE ike_err
xfrm_put_plain(struct xfrm_msg *m, uint16_t type);

/* XFRM_MSG_NEWSA or UPDSA.  |out|->keys are filled, too: wipe them. */
MUST_USE ike_err
xfrm_get_sa(struct slice msg, struct kern_sa *out);

/* XFRM_MSG_NEWPOLICY or UPDPOLICY. */
MUST_USE ike_err
xfrm_get_sp(struct slice msg, struct sp_spec *out);

/* Any event.  IKE_E_UNSUPPORTED: a type that is no event of ours; IKE_E_SHORT, IKE_E_FORMAT. */
MUST_USE ike_err
xfrm_get_event(struct slice msg, struct kern_event *out);

/*
 * NLMSG_ERROR: errno (0: success) into |errnum_out|, the kernel's extended message, or "", into |text|.
 */
MUST_USE ike_err
xfrm_get_ack(struct slice msg, int *errnum_out, struct text *text);

#endif
