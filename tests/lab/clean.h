/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clean - is a mesh of hosts clean?
 *
 * That is: from each host to each other there is one ESP SA, and no second one, with the same SPI at both ends, and nobody
 * has a larval SA between two of them.
 */
#ifndef LAB_CLEAN_H
#define LAB_CLEAN_H

#include "kdump.h"

#define HOSTS_MAX 64

struct host {
	const char *name; /* of its network namespace */
	uint32_t addr;    /* network byte order */
	struct kdump *k;
};

struct mesh {
	struct host hosts[HOSTS_MAX];
	size_t n;
	bool two_allowed; /* two SAs for one direction are not too many: the moment of a replacement */
	bool at_source;   /* only what sources have counts: each has one SA, and the destination has it, too */
	size_t n_bad;     /* what is not clean: how many, and the first in words */
	char why[256];
};

/* Add the host "NETNS=ADDRESS" (borrowed, and changed); false if that is no such thing, or one too many. */
bool
mesh_add(struct mesh *m, char *spec);

/* Look at all kernels; every host's list of SAs is fresh afterwards. */
bool
mesh_is_clean(struct mesh *m);

/*
 * Can everybody send to everybody?  That is less than clean: from each host to each other there is an SA, and whatever the
 * source might use the destination has.  Works on the lists that the last mesh_is_clean() read, and leaves what that found.
 */
bool
mesh_is_usable(const struct mesh *m);

#endif
