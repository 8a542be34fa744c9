/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xfrm - the kernel back end for Linux's XFRM netlink interface.
 *
 * Two sockets: one for requests and dumps, answered before the call returns; one for the multicast groups, whose fd is
 * ops->fd().  An event we caused ourselves (its sender is our request socket) is not reported.  Messages that do not
 * come from the kernel are dropped.  Lost events (ENOBUFS) become KERN_EV_OVERRUN.
 *
 * After a refusal kern->errnum is the kernel's errno, and kern->reason its extended ack, strerror() and, for well-known
 * cases, what is missing.
 */
#ifndef KERN_XFRM_H
#define KERN_XFRM_H

#include "kern/kern.h"

struct xfrm_options {
	bool events, probe; /* as in struct kern_options */
	uint32_t acq_expires, rx_buffer;
	kern_raw_fn *raw;
	void *raw_arg;
};

/* What was received and not passed on. */
struct xfrm_counters {
	uint64_t events;    /* passed on */
	uint64_t unknown;   /* message types that are none of ours */
	uint64_t malformed; /* truncated or nonsensical */
	uint64_t foreign;   /* not sent by the kernel */
	uint64_t own;       /* echoes of our own requests */
	uint64_t overruns;
	uint64_t repeats;   /* dumps that had to be read again */
	uint64_t leftovers; /* larval SAs without SPI that could not be deleted */
};

/*
 * Open the sockets, join the groups, probe the features.  Works on kernels without ESP: kern->features tells.
 *
 *   IKE_E_UNSUPPORTED   no XFRM netlink in this kernel
 *   IKE_E_PERM          the groups need CAP_NET_ADMIN
 *   IKE_E_IO, IKE_E_NOMEM
 */
MUST_USE ike_err
xfrm_new(const struct xfrm_options *options, struct kern **out);

/* Manual keying (kern.h) for what xfrm_new() made. */
extern const struct kern_manual_ops xfrm_manual_ops;

const struct xfrm_counters *
xfrm_counters(const struct kern *k);

#endif
