/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conform - what every kernel back end must do, simulated or real, as one suite of named cases.
 *
 * A case knows two handles on one kernel: ours, with events, and another program's.  They may be of different back
 * ends.  What a kernel cannot do (kern->features) is expected to be refused in the words of kern_ops.h, or is
 * skipped, which is said.
 */
#ifndef KERN_CONFORM_H
#define KERN_CONFORM_H

#include "sadb/kern_ops.h"

#include <check.h>

struct conform_backend {
	const char *name;
	/* An empty kernel with events on, in this process; NULL: cannot. */
	struct kern *(*open)(void);
	void (*close)(struct kern *kern);
	/*
	 * The same kernel through another handle, as another program would use it; closed by close().  |kern| is
	 * open.
	 */
	struct kern *(*other)(struct kern *kern);
	/* Let |ms| milliseconds pass and deliver what has happened. */
	void (*wait)(struct kern *kern, unsigned ms);
	/* A packet leaves this host; false: it was dropped.  NULL: no packets here. */
	bool (*send)(struct kern *kern, const struct sa_flow *flow);
	/* A packet leaves, and its ESP comes to us in UDP from |from|; false: one of both did not happen.  NULL: cannot. */
	bool (*reflect)(struct kern *kern, const struct sa_flow *flow, const struct endpoint *from);
	/* Make the room for waiting events as small as can be.  NULL: cannot. */
	void (*squeeze)(struct kern *kern);
	unsigned acq_expires; /* seconds a larval state lives there; 0: too long for a test */
	bool sockets;         /* socket_prepare() needs real ones */
	bool tells_sp_expire; /* policies that expire are reported */
	bool tells_packet;    /* an ACQUIRE says which packet */
};

/*
 * Run all cases, each in a process of its own with a fresh kernel, and print for each "ok REALM/NAME", "not ok
 * REALM/NAME: WHY" or "skip REALM/NAME: WHY".  |only|, if not NULL, is the one case to run.  Returns the number of
 * failures.
 */
int
conform_run(const struct conform_backend *b, const char *realm, const char *only);

/* The kernel that runs the tests, in a network namespace of its own, through |ours| ("xfrm", "pfkey") and |other|. */
const struct conform_backend *
conform_real(const char *ours, const char *other);

/* Can that be opened here?  Else |why| says why not.  Tells features and kernel on standard output. */
bool
conform_real_works(const struct conform_backend *b, struct text *why);

/* The simulated kernel with |features|. */
const struct conform_backend *
conform_sim(const char *name, unsigned features);

#endif
