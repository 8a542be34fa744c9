/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * launch - run a program in a network namespace, at once or together with others.
 *
 *	launch [-g GATE] NETNS COMMAND [ARGUMENT]...
 *
 * Enters NETNS ("-": stays) and becomes COMMAND: what "ip netns exec" does, for a fifth of the time, as nothing is mounted.
 * With -g it first waits until somebody opens the FIFO GATE for writing: everybody who waits there starts in the same moment.
 */
#include "lab.h"

int
main(int argc, char **argv)
{
	const char *gate = NULL;
	int at = 1, fd;

	if (argc > 2 && !strcmp(argv[1], "-g")) {
		gate = argv[2];
		at = 3;
	}
	if (argc < at + 2) {
		fprintf(stderr, "usage: launch [-g GATE] NETNS COMMAND [ARGUMENT]...\n");
		return 2;
	}
	lab_enter(argv[at]);
	if (gate) {
		fd = open(gate, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			fprintf(stderr, "launch: %s: %s\n", gate, strerror(errno));
			return 2;
		}
		close(fd);
	}
	execvp(argv[at + 1], argv + at + 1);
	fprintf(stderr, "launch: %s: %s\n", argv[at + 1], strerror(errno));
	return 2;
}
