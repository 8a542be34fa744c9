/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * look - is the mesh clean?
 *
 *	look [-l] [-d] [-o] [-t MS] NETNS=ADDRESS...
 *
 * Looks at the kernels of all these hosts until the mesh is clean, at most for MS milliseconds (default 0: once); clean.h says
 * what that is.  Prints
 *
 *	clean MS          or, with status 1,
 *	not clean: FROM TO: WHY        the first pair that is not, and how many there are
 *
 * With -d two SAs for one direction are not too many (the moment of a replacement), as long as both are at both ends.
 * With -o only what the sources of traffic have counts: a destination may wait on an SA that was never used.
 * With -l it looks once and prints every SA of the mesh as the line "NETNS SOURCE DESTINATION SPI", sorted.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <time.h>

#include "clean.h"
#include "lab.h"

static long
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int
by_line(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
list(struct mesh *m)
{
	char (*lines)[160] = calloc(m->n * KSA_MAX, sizeof(*lines));
	char src[INET_ADDRSTRLEN], dst[INET_ADDRSTRLEN];
	size_t i, j, n = 0;

	if (!lines)
		exit(2);
	for (i = 0; i < m->n; i++) {
		kdump_sas(m->hosts[i].k);
		for (j = 0; j < m->hosts[i].k->n_sas; j++) {
			const struct ksa *sa = &m->hosts[i].k->sas[j];

			if (sa->larval)
				continue;
			inet_ntop(AF_INET, &sa->src, src, sizeof(src));
			inet_ntop(AF_INET, &sa->dst, dst, sizeof(dst));
			snprintf(lines[n++], sizeof(*lines), "%s %s %s %08x", m->hosts[i].name, src, dst, ntohl(sa->spi));
		}
	}
	qsort(lines, n, sizeof(*lines), by_line);
	for (i = 0; i < n; i++)
		puts(lines[i]);
	free(lines);
}

int
main(int argc, char **argv)
{
	static struct mesh m;
	long start = now_ms(), limit = 0;
	bool only_list = false;
	int c;

	while ((c = getopt(argc, argv, "ldot:")) != -1) {
		if (c == 'l')
			only_list = true;
		else if (c == 'd')
			m.two_allowed = true;
		else if (c == 'o')
			m.at_source = true;
		else if (c == 't')
			limit = atol(optarg);
		else
			optind = argc;
	}
	for (; optind < argc && mesh_add(&m, argv[optind]); optind++)
		;
	if (optind < argc || m.n < 2) {
		fprintf(stderr, "usage: look [-l] [-d] [-o] [-t MS] NETNS=ADDRESS NETNS=ADDRESS...\n");
		return 2;
	}
	if (only_list) {
		list(&m);
		return 0;
	}
	while (!mesh_is_clean(&m)) {
		if (now_ms() - start >= limit) {
			printf("not clean: %s (%zu in all)\n", m.why, m.n_bad);
			return 1;
		}
		poll(NULL, 0, 20);
	}
	printf("clean %ld\n", now_ms() - start);
	return 0;
}
