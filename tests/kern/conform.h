/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conform - what every kernel back end must do, simulated or real, as one suite of tests.
 *
 * Control plane only: SAs, reservations, policies, dumps, errors, events, lifetimes.  What a kernel cannot do
 * (kern->features) is expected to be refused in the words of kern_ops.h, not left out.
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
	unsigned acq_expires; /* seconds a larval state lives there; 0: too long for a test */
};

/* Each test in a process of its own, with a fresh kernel.  |b| must last as long as the suite. */
Suite *
conform_suite(const struct conform_backend *b);

#endif
