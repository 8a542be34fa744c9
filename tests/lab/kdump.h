/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kdump - the security associations and policies of a network namespace, read straight from the kernel.
 *
 * The lab's own code, so that what the daemon says of the kernel is not checked with the daemon's own reader.  IPv4 only.
 * Everything here ends the program with status 2 when the kernel does not answer.
 */
#ifndef LAB_KDUMP_H
#define LAB_KDUMP_H

#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ksa {
	uint32_t src, dst, spi; /* network byte order */
	uint32_t reqid;
	uint64_t added;         /* seconds */
	uint8_t proto;
	bool larval;            /* no keys: from ALLOCSPI, or an acquire */
};

/*
 * A policy as far as it can be set.  Everything is zero that is not used, so that two can be compared with memcmp().
 */
struct kpol {
	struct xfrm_selector sel;
	uint8_t dir, action;
	uint32_t priority;
	uint32_t n_tmpl;
	struct xfrm_user_tmpl tmpl; /* the first */
};

#define KSA_MAX 1024
#define KPOL_MAX 1024

struct kdump {
	int fd;
	uint32_t seq;
	size_t n_sas, n_pols;
	struct ksa sas[KSA_MAX];
	struct kpol pols[KPOL_MAX];
};

/*
 * A socket in the network namespace |netns| ("-": this one) with empty lists; the calling process is where it was before.  Made
 * for good.
 */
struct kdump *
kdump_new(const char *netns);

/* Read the SAs, larval ones too; the policies, without those of sockets.  What was read before is forgotten. */
void
kdump_sas(struct kdump *k);
void
kdump_pols(struct kdump *k);

/* Send the request |h| and return the kernel's answer: 0, or an errno. */
int
kdump_ask(struct kdump *k, struct nlmsghdr *h);

/* The socket buffer and the place behind its last attribute, for building requests: append an attribute to |h|. */
void
kdump_attr(struct nlmsghdr *h, size_t room, uint16_t type, const void *data, size_t len);

#endif
