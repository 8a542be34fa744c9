/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the service manager is told, by hand: datagrams of lines to the socket that it named in NOTIFY_SOCKET, with descriptors where
 * it is to keep them (sd_notify(3), sd_pid_notify_with_fds(3), sd_notify_barrier(3) describe the protocol).  Without a manager
 * nothing here does anything.
 */
#include "ringtail/loop/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BARRIER_MS 5000

/* A path, or with '@' in front a name in the abstract namespace.  Returns the length, 0: neither. */
static socklen_t
address_of(const char *name, struct sockaddr_un *out)
{
	size_t n = strlen(name);

	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if ((name[0] != '/' && name[0] != '@') || n < 2 || n >= sizeof(out->sun_path))
		return 0;
	memcpy(out->sun_path, name, n);
	if (name[0] == '@')
		out->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

void
notify_open(struct loop *l)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to;

	l->notify_fd = -1;
	if (name == NULL)
		return;
	socklen_t len = address_of(name, &to);
	int fd = len == 0 ? -1 : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, len) != 0) {
		log_put(&l->logger, LOG_L_WARNING, NULL, "the service manager cannot be reached at %s: %s", name,
		    len == 0 ? "not the name of a socket" : strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	l->notify_fd = fd;
	/* not for what we run */
	(void)unsetenv("NOTIFY_SOCKET");
}

void
notify_close(struct loop *l)
{
	if (l->watchdog != NULL)
		event_free(l->watchdog);
	l->watchdog = NULL;
	if (l->notify_fd >= 0)
		(void)close(l->notify_fd);
	l->notify_fd = -1;
}

ike_err
notify_send(const struct loop *l, const char *text, int fd)
{
	union {
		struct cmsghdr align;
		char           room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)text, strlen(text) };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (l->notify_fd < 0)
		return IKE_E_NOTFOUND;
	if (fd >= 0) {
		mh.msg_control = &control;
		mh.msg_controllen = sizeof(control);
		struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	while (sendmsg(l->notify_fd, &mh, MSG_NOSIGNAL) < 0)
		if (errno != EINTR) {
			log_put(&l->logger, LOG_L_WARNING, NULL, "the service manager cannot be told: %s", strerror(errno));
			return IKE_E_IO;
		}
	return IKE_OK;
}

/* Does the other end of the pipe |fd| go away within BARRIER_MS?  A signal meanwhile changes nothing. */
static bool
hung_up(int fd)
{
	ike_time end = loop_now() + MSEC(BARRIER_MS), left = MSEC(BARRIER_MS);
	struct pollfd p = { .fd = fd };
	int n;

	while ((n = poll(&p, 1, (int)(left / MSEC(1)))) < 0 && errno == EINTR) {
		left = end - loop_now();
		if (left < 0)
			left = 0;
	}
	return n == 1 && (p.revents & POLLHUP) != 0;
}

ike_err
notify_barrier(const struct loop *l)
{
	int pair[2];

	if (l->notify_fd < 0)
		return IKE_E_NOTFOUND;
	if (pipe2(pair, O_CLOEXEC) != 0)
		return IKE_E_IO;
	ike_err err = notify_send(l, "BARRIER=1", pair[1]);
	(void)close(pair[1]);
	/* the manager closes its end when it has done all that was sent before */
	if (err == IKE_OK && !hung_up(pair[0]))
		err = IKE_E_TIMEOUT;
	(void)close(pair[0]);
	return err;
}

static void
on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)notify_send(arg, "WATCHDOG=1", -1);
}

/* The manager wants a sign of life within WATCHDOG_USEC: we give one in half of that. */
static void
start_watchdog(struct loop *l)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	unsigned long long n = usec == NULL ? 0 : strtoull(usec, NULL, 10) / 2;
	struct timeval tv = { .tv_sec = (time_t)(n / 1000000), .tv_usec = (suseconds_t)(n % 1000000) };

	if (n == 0 || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
		return;
	l->watchdog = event_new(l->base, -1, EV_PERSIST, on_watchdog, l);
	if (l->watchdog == NULL || event_add(l->watchdog, &tv) != 0)
		log_put(&l->logger, LOG_L_WARNING, NULL, "no memory for the watchdog");
}

void
notify_ready(struct loop *l)
{
	char text[128];

	if (l->notify_fd < 0)
		return;
	(void)snprintf(text, sizeof(text), "READY=1\nMAINPID=%ld\nSTATUS=%zu IKE SAs, %zu children taken over", (long)getpid(),
	    l->daemon->ikes.ids.count, l->daemon->children.ids.count);
	(void)notify_send(l, text, -1);
	start_watchdog(l);
}

void
notify_reloading(const struct loop *l)
{
	struct timespec ts;
	char text[80];

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	(void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu",
	    (unsigned long long)ts.tv_sec * 1000000 + (unsigned long long)ts.tv_nsec / 1000);
	(void)notify_send(l, text, -1);
}

void
notify_reloaded(const struct loop *l, bool ok)
{
	(void)notify_send(l, ok ? "READY=1\nSTATUS=configuration loaded" :
	    "READY=1\nSTATUS=the new configuration has errors, the old one stays; the log says where", -1);
}
