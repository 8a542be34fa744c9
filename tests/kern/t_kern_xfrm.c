/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The conformance suite on the kernel below, through XFRM netlink.  Each test runs in a network namespace of its
 * own, so nothing of the host is touched.  Exit status 77 (skipped) where namespaces are not permitted or the
 * kernel has no XFRM.
 */
#include "kern/conform.h"
#include "kern/kern.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ACQ_EXPIRES = 3 };

static struct kern *
open_xfrm(void)
{
	const struct kern_options o = { .events = true, .probe = true, .acq_expires = ACQ_EXPIRES };
	char array[200];
	struct text why = text_in(array, sizeof(array));
	struct kern *kern;

	if (unshare(CLONE_NEWNET) != 0)
		return NULL;
	if (kern_open("xfrm", &o, &why, &kern) != IKE_OK) {
		fprintf(stderr, "xfrm: %s\n", why.p);
		return NULL;
	}
	return kern;
}

static struct kern *second;

static struct kern *
other_xfrm(struct kern *kern)
{
	const struct kern_options o = { .events = false };

	(void)kern;
	if (second == NULL && kern_open("xfrm", &o, NULL, &second) != IKE_OK)
		ck_abort_msg("no second handle");
	return second;
}

static void
close_xfrm(struct kern *kern)
{
	kern_close(second);
	second = NULL;
	kern_close(kern);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
wait_xfrm(struct kern *kern, unsigned ms)
{
	int64_t end = now_ms() + ms, left;
	struct pollfd p = { .fd = kern->ops->fd(kern), .events = POLLIN };

	while ((left = end - now_ms()) > 0) {
		if (poll(&p, 1, (int)left) > 0)
			kern->ops->readable(kern);
	}
}

/* Tried in a child, so that this process stays where it is. */
static bool
is_possible(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct kern *kern = open_xfrm();

		if (kern != NULL) {
			char array[200];
			struct text t = text_in(array, sizeof(array));

			kern_features_text(kern->features, &t);
			printf("this kernel: %s\n", array);
			fflush(stdout);
		}
		_exit(kern == NULL ? 1 : 0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

int
main(void)
{
	static const struct conform_backend xfrm = { "xfrm", open_xfrm, close_xfrm, other_xfrm,
		wait_xfrm, ACQ_EXPIRES };
	SRunner *r;
	int failed;

	if (!is_possible()) {
		printf("skipped: no network namespaces or no XFRM here\n");
		return 77;
	}
	r = srunner_create(conform_suite(&xfrm));
	srunner_set_fork_status(r, CK_FORK);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
