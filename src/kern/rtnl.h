/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtnl - the addresses of this host and their changes, from rtnetlink.
 *
 * Keeps a table of the addresses seen, so that every callback is a real change: after an overrun the table is compared
 * with a new dump and only differences are reported.  Loopback addresses are reported like others.  An IPv6 address in
 * duplicate address detection is there, but not usable (bind() fails): it is reported as usable when that has ended.
 *
 * The callback must not call back into struct rtnl.
 */
#ifndef KERN_RTNL_H
#define KERN_RTNL_H

#include "util/addr.h"

struct rtnl;

struct rtnl_addr {
	struct addr addr; /* with scope for link-local IPv6 */
	uint32_t ifindex;
	bool usable;     /* not tentative, detection did not fail */
	bool deprecated; /* preferred lifetime is over: not for new connections */
	bool temporary;  /* RFC 8981 privacy address */
};

enum rtnl_change { RTNL_ADDED, RTNL_CHANGED, RTNL_REMOVED };

typedef void
rtnl_fn(void *arg, enum rtnl_change what, const struct rtnl_addr *a);

/* Subscribe, dump, and call |fn| with RTNL_ADDED for each address before returning.  IKE_E_IO, IKE_E_NOMEM. */
MUST_USE ike_err
rtnl_new(rtnl_fn *fn, void *arg, struct rtnl **out);

/* Readable when changes wait. */
int
rtnl_fd(const struct rtnl *r);

/* Read what waits and report it.  IKE_E_IO, IKE_E_NOMEM: the table may be stale; call again later. */
MUST_USE ike_err
rtnl_readable(struct rtnl *r);

/* The known addresses: a borrowed array, valid until rtnl_readable(). */
const struct rtnl_addr *
rtnl_list(const struct rtnl *r, size_t *n_out);

/* Free; NULL is fine. */
void
rtnl_free(struct rtnl *r);

/* Pure: one RTM_NEWADDR or RTM_DELADDR message.  IKE_E_UNSUPPORTED: another type or family. IKE_E_SHORT, IKE_E_FORMAT. */
MUST_USE ike_err
rtnl_get_addr(struct slice msg, struct rtnl_addr *out, bool *removed_out);

#endif
