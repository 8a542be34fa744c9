/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lab - what the lab's small tools share.
 *
 * The tools put LAB_MARK into every payload they send; tap looks for it in every frame, so a packet that should have
 * been encrypted shows itself whatever its ports say.
 */
#ifndef LAB_LAB_H
#define LAB_LAB_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LAB_MARK "ringtail lab payload in clear"

/*
 * Move this process into the named network namespace; "-" stays where it is.  Ends the process when that fails.
 * Sockets made before keep the namespace they were made in.
 */
static inline void
lab_enter(const char *netns)
{
	char path[256];
	int fd;

	if (!strcmp(netns, "-"))
		return;
	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	close(fd);
}

#endif
