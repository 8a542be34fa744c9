/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * launch - run a program in a network namespace, at once or together with others.
 *
 *	launch [-g GATE] [-t FILE] NETNS COMMAND [ARGUMENT]...
 *
 * Enters NETNS ("-": stays) and becomes COMMAND: what "ip netns exec" does, for a fifth of the time, as nothing is mounted.
 * With -g it first waits until somebody opens the FIFO GATE for writing: everybody who waits there starts in the same moment.
 * With -t it appends that moment to FILE, as a line with microseconds of the monotonic clock.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "lab.h"

static int
must_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	if (fd < 0) {
		fprintf(stderr, "launch: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	return fd;
}

/*
 * Wait for the opening of |gate| and then for the next second but one, and write the time into |times_fd|, if that is one.  On one processor the first to wake would
 * run for long before the last does, and in the guest each page that is touched is dear: so those who wait come before all who
 * have started, have all their pages, and are woken by one tick of the clock.
 */
static void
pass(const char *gate, int times_fd)
{
	int before = getpriority(PRIO_PROCESS, 0), n;
	struct timespec ts;
	char line[32];

	mlockall(MCL_CURRENT | MCL_FUTURE);
	setpriority(PRIO_PROCESS, 0, -20);
	if (gate) {
		close(must_open(gate, O_RDONLY));
		clock_gettime(CLOCK_MONOTONIC, &ts);
		ts = (struct timespec){ .tv_sec = ts.tv_sec + 2 };
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	}
	if (times_fd >= 0) {
		clock_gettime(CLOCK_MONOTONIC, &ts);
		n = snprintf(line, sizeof(line), "%lld\n", (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
		if (write(times_fd, line, (size_t)n) != n)
			fprintf(stderr, "launch: cannot write the time\n");
	}
	setpriority(PRIO_PROCESS, 0, before);
}

int
main(int argc, char **argv)
{
	const char *gate = NULL, *times = NULL;
	int c;

	while ((c = getopt(argc, argv, "+g:t:")) != -1) {
		if (c == 'g')
			gate = optarg;
		else if (c == 't')
			times = optarg;
		else
			optind = argc;
	}
	if (argc < optind + 2) {
		fprintf(stderr, "usage: launch [-g GATE] [-t FILE] NETNS COMMAND [ARGUMENT]...\n");
		return 2;
	}
	lab_enter(argv[optind]);
	if (gate || times)
		pass(gate, times ? must_open(times, O_WRONLY | O_CREAT | O_APPEND) : -1);
	execvp(argv[optind + 1], argv + optind + 1);
	fprintf(stderr, "launch: %s: %s\n", argv[optind + 1], strerror(errno));
	return 2;
}
