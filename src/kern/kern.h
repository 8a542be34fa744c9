/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kern - the kernel back ends by name, and what only setkey wants of them.
 *
 * A back end implements struct kern_ops of sadb/kern_ops.h for the daemon.  Manual keying needs three things more
 * that the daemon must not have: keys read back, security labels on SAs, and SAs as the kernel holds them.  These are
 * struct kern_manual_ops, found next to the back end and never through struct kern.
 *
 * struct kern is owned by the caller; kern_close() frees it.  Not thread-safe: one struct kern, one thread.
 */
#ifndef KERN_KERN_H
#define KERN_KERN_H

#include "sadb/kern_ops.h"

/* A message as the kernel sent it, keys included; valid during the call. */
typedef void
kern_raw_fn(void *arg, struct slice msg);

struct kern_options {
	bool events; /* subscribe to the kernel's events */
	bool probe;  /* find out features; without it kern->features is 0 */
	uint32_t
	    acq_expires; /* seconds a larval SA lives (net.core.xfrm_acq_expires); 0: leave as it is */
	kern_raw_fn *raw;   /* is shown each event before it is decoded; may be NULL */
	void *raw_arg;
	uint32_t rx_buffer; /* bytes of waiting events; 0: as many as the back end finds good */
};

enum kern_sa_state { KERN_SA_LARVAL, KERN_SA_MATURE, KERN_SA_DYING, KERN_SA_DEAD };

/* An SA with everything the kernel tells, keys included: wipe |keys| after use. */
struct kern_sa {
	struct sa_spec spec;
	struct sa_usage usage;
	struct sa_keys keys;
	struct sa_label label;
	bool larval; /* no algorithms yet: reserved or acquiring */
};

/* One SA of a dump; |sa| is valid during the call and wiped after it. */
typedef void
kern_sa_fn(void *arg, const struct kern_sa *sa);

struct kern_manual_ops {
	/* Add an SA (never replaces a larval one).  IKE_E_EXISTS, IKE_E_KERNEL, IKE_E_UNSUPPORTED, IKE_E_RANGE. */
	ike_err (*add)(
	    struct kern *, const struct sa_spec *, const struct sa_keys *, const struct sa_label *);
	/* IKE_E_NOTFOUND; the caller wipes |out|->keys. */
	ike_err (*get)(
	    struct kern *, const struct sa_id *, const struct addr *src, struct kern_sa *out);
	/* All SAs in the kernel's order; |fn| must not call back into the kernel. */
	ike_err (*dump)(struct kern *, kern_sa_fn *fn, void *arg);
};

/*
 * Open back end |name| ("xfrm", "pfkey"; NULL: the first that this kernel has).  On failure |why|, if not NULL, gets a text.
 *
 *   IKE_E_NOTFOUND      no back end of that name
 *   IKE_E_UNSUPPORTED   the kernel has no such interface
 *   IKE_E_PERM          not permitted (CAP_NET_ADMIN)
 *   IKE_E_IO, IKE_E_NOMEM
 */
MUST_USE ike_err
kern_open(
    const char *name, const struct kern_options *options, struct text *why, struct kern **out);

/* Manual keying on |k|'s back end; NULL if it has none. */
const struct kern_manual_ops *
kern_manual(const struct kern *k);

/* Free |k|; NULL is fine. */
void
kern_close(struct kern *k);

/* How far an SA's life is: larval, or by its limits at wall clock |now|. */
enum kern_sa_state
kern_sa_state(const struct kern_sa *sa, uint64_t now);

/* "larval", "mature", "dying", "dead": setkey's words. */
const char *
kern_sa_state_name(enum kern_sa_state s);

/* "esp ah ipcomp esn mark ifid migrate events", those that are set in |features|; "none" if no bit is set. */
void
kern_features_text(unsigned features, struct text *t);

#endif
