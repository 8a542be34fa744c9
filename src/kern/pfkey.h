/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pfkey - the kernel back end for PF_KEY (RFC 2367 with KAME's extensions), as Linux has it.
 *
 * For kernels and containers without XFRM netlink, and for comparison.  It can do less (features tell): no AEAD
 * ciphers, SHA-256 with 96 bits only, no ESN, marks or interface ids, replay windows of at most 32 packets, reqids
 * of policies up to 16383.  What it cannot do is refused with IKE_E_UNSUPPORTED and the way out in kern->reason.
 *
 * One socket for requests and events, whose answers are told apart by type, sequence number and process; one more
 * for each dump.  What we did ourselves is not reported.  Lost messages become KERN_EV_OVERRUN.  Linux does not say
 * over PF_KEY when a policy expires (KERN_EV_SP_EXPIRE), which packet raised an ACQUIRE (acq_sel is the policy's
 * selector), and how long the ICV of another's SHA-256 is.
 *
 * An ACQUIRE is looked up by its policy's index, a new NAT mapping by a dump of the SAs from that address, before
 * on_event is called; if the policy or the SA is gone by then, there is no event.
 */
#ifndef KERN_PFKEY_H
#define KERN_PFKEY_H

#include "kern/kern.h"
#include "kern/pfkey_msg.h"

struct pfkey_options {
	bool events, probe; /* as in struct kern_options */
	uint32_t acq_expires, rx_buffer;
	kern_raw_fn *raw;
	void *raw_arg;
};

/* What was received and not passed on. */
struct pfkey_counters {
	uint64_t events;    /* passed on */
	uint64_t unknown;   /* message types that are none of ours */
	uint64_t malformed; /* truncated or nonsensical */
	uint64_t moot;      /* about a policy or an SA that is gone */
	uint64_t overruns;
	uint64_t repeats; /* dumps that had to be read again */
	uint64_t leftovers; /* larval SAs without SPI that could not be deleted */
};

/*
 * Open the socket, register for ESP, AH and IPComp, probe the features.
 *
 *   IKE_E_UNSUPPORTED   no PF_KEY in this kernel (module af_key)
 *   IKE_E_PERM          needs CAP_NET_ADMIN
 *   IKE_E_IO, IKE_E_NOMEM
 */
MUST_USE ike_err
pfkey_new(const struct pfkey_options *options, struct kern **out);

/* Manual keying (kern.h) for what pfkey_new() made. */
extern const struct kern_manual_ops pfkey_manual_ops;

const struct pfkey_counters *
pfkey_counters(const struct kern *k);

/* What the kernel registered; all zero unless opened with events or probe. */
const struct pfkey_algs *
pfkey_algs(const struct kern *k);

/* Let the socket hold about |bytes| of messages (racoon's pfkey_buffer), as far as permitted. */
void
pfkey_set_buffer(struct kern *k, int bytes);

#endif
