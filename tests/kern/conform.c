/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conform sim|xfrm|pfkey [xfrm|pfkey|- [CASE]]: the conformance suite, or one case of it, on the simulated kernel
 * or on the one at hand; the second back end is the one through which "another program" acts.  One line per case,
 * as the lab's are.  Status 0: no failure; 1: failures; 77: not possible here.
 */
#include "kern/conform.h"
#include "sim/simkern.h"

#include <stdio.h>
#include <string.h>

static bool
is_backend(const char *name)
{
	return strcmp(name, "xfrm") == 0 || strcmp(name, "pfkey") == 0;
}

int
main(int argc, char **argv)
{
	const char *ours = argc > 1 ? argv[1] : "", *only = argc > 3 ? argv[3] : NULL;
	const char *other = argc > 2 && strcmp(argv[2], "-") != 0 ? argv[2] : ours;
	char realm[64], said[200];
	struct text name = text_in(realm, sizeof(realm)), why = text_in(said, sizeof(said));
	const struct conform_backend *b;

	if (strcmp(ours, "sim") == 0)
		return conform_run(conform_sim("sim", SIMKERN_ALL), "conform-sim", only) != 0;
	if (!is_backend(ours) || !is_backend(other)) {
		fprintf(stderr, "usage: conform sim|xfrm|pfkey [xfrm|pfkey|- [CASE]]\n");
		return 2;
	}
	text_addf(&name, "conform-%s", ours);
	if (strcmp(ours, other) != 0)
		text_addf(&name, "-%s", other);
	b = conform_real(ours, other);
	if (!conform_real_works(b, &why)) {
		printf("skip %s: %s\n", realm, said);
		return 77;
	}
	return conform_run(b, realm, only) != 0;
}
