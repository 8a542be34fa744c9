/* SPDX-License-Identifier: BSD-3-Clause */
/* The conformance suite on the simulated kernel: whole, as one without ESP, and as one that cannot move SAs. */
#include "kern/conform.h"
#include "sim/simkern.h"

#include <stdlib.h>

int
main(void)
{
	int failed = conform_run(conform_sim("sim", SIMKERN_ALL), "sim", NULL);

	failed += conform_run(conform_sim("sim", KERN_EVENTS_ALL), "sim-poor", NULL);
	failed +=
	    conform_run(conform_sim("sim", KERN_ESP | KERN_AH | KERN_IPCOMP | KERN_EVENTS_ALL),
		"sim-plain", NULL);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
