/* SPDX-License-Identifier: BSD-3-Clause */
/* The conformance suite on the simulated kernel: whole, and as a kernel without ESP. */
#include "kern/conform.h"
#include "sim/simkern.h"

#include <stdlib.h>

static struct simkern *sim;
static ike_time now;

static struct kern *
open_sim(void)
{
	sim = simkern_new(SIMKERN_ALL);
	if (sim == NULL)
		return NULL;
	simkern_tick(sim, now = SEC(1));
	return simkern_kern(sim);
}

static struct kern *
open_poor(void)
{
	sim = simkern_new(KERN_EVENTS_ALL);
	return sim == NULL ? NULL : simkern_kern(sim);
}

static struct kern *
other_sim(struct kern *kern)
{
	(void)kern;
	return simkern_other(sim);
}

static void
close_sim(struct kern *kern)
{
	(void)kern;
	simkern_free(sim);
}

static void
wait_sim(struct kern *kern, unsigned ms)
{
	ike_time end = now + MSEC(ms);

	while (simkern_deadline(sim) <= end) {
		now = simkern_deadline(sim);
		simkern_tick(sim, now);
	}
	simkern_tick(sim, now = end);
	kern->ops->readable(kern);
}

static int
run(const struct conform_backend *b)
{
	SRunner *r = srunner_create(conform_suite(b));
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed;
}

int
main(void)
{
	static const struct conform_backend whole = { "sim", open_sim, close_sim, other_sim,
		wait_sim, 30 };
	static const struct conform_backend poor = { "sim without ESP", open_poor, close_sim,
		other_sim, wait_sim, 30 };

	return run(&whole) + run(&poor) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
