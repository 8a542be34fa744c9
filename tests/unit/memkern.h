/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memkern - a kernel in memory for setkey's tests: it keeps the very netlink messages it is asked to, and answers from
 * what they decode to, newest first as Linux does.  It has no packets, and its clock stands still.
 */
#ifndef TESTS_MEMKERN_H
#define TESTS_MEMKERN_H

#include "kern/xfrm_msg.h"

#define MEMKERN_ROWS 64

struct memkern {
	struct kern kern; /* first */
	struct xfrm_msg sa[MEMKERN_ROWS], sp[MEMKERN_ROWS];
	unsigned nsa, nsp;
	unsigned fail_at; /* the n-th request from now is refused with ENOBUFS; 0: none */
	unsigned requests;
	uint64_t clock; /* when rows are made, by their own account */
	void (*after)(struct memkern *m); /* called between requests; may be NULL */
};

extern const struct kern_manual_ops memkern_manual;

void
memkern_init(struct memkern *m);

/* The policy of |dir| from |src| to |dst| ("10.0.0.0/8"); the test fails if there is none. */
struct sp_spec
memkern_sp(struct memkern *m, uint8_t dir, const char *src, const char *dst);

/* Is there one? */
bool
memkern_has_sp(struct memkern *m, uint8_t dir, const char *src, const char *dst);

#endif
