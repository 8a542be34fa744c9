/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scenario - a story in the simulated world, told once in the plain and then under the meta-tests: with the same seed twice, with
 * each datagram lost, with each allocation failing, with each kernel call failing.
 *
 * |build| makes the nodes, |run| does what the story is about, |check| says what must hold at the end of an undisturbed run.
 * Under the sweeps the story is told with the fault, then the network and the kernel are well again for a while, and what
 * must hold is in |settled| (NULL: traffic flows protected between all nodes, models equal kernels, every SA has its other
 * end; at most two pairs at any time).
 */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include "sim/world.h"

struct scenario {
	const char *name;
	bool      (*build)(struct world *w);      /* false: w->error says why */
	void      (*run)(struct world *w);
	const char *(*check)(struct world *w);    /* NULL: all is well; else what is wrong */
	const char *(*settled)(struct world *w);
	unsigned    max_pairs;                    /* never more outbound SAs towards one peer than this; 0: 2 */
	unsigned    runs;                         /* of each sweep at most, for long stories; 0: as many as others */
	struct world_options opt;                 /* the seed is put in */
};

/*
 * Tell all of |v| and all meta-tests; for main().  Returns the exit status.  Arguments are names, or parts of names, of
 * scenarios (none: all), after options:
 *
 *   -full      every n in the sweeps instead of an even selection, or of long stories many more
 *   -plain     no sweeps
 *   -runs N    so many runs of each sweep (16)
 *   -nth N     of each sweep only this run, which has failed
 *   -seed N    the seed (42)
 *   -seeds N   with so many seeds, one after the other
 *   -jitter MS up to so much longer on the way, where the story says nothing else: another seed, another order of events
 *   -debug2    at the highest log level
 *   -time      say how long each took
 */
int scenario_main(int argc, char **argv, const struct scenario *v, size_t n);

/* Does traffic flow, protected, between each two nodes, and is everything at rest and of one mind after it?  NULL, or what is wrong. */
const char *scenario_all_flow(struct world *w);

#endif
