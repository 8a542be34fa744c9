/* SPDX-License-Identifier: BSD-3-Clause */
#include "mute.h"

#include <dirent.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "lab.h"

typedef void socket_fn(int fd, void *arg);

static void
die(const char *what, pid_t pid)
{
	fprintf(stderr, "mute: %s of process %d: %s\n", what, (int)pid, strerror(errno));
	exit(2);
}

static bool
is_event_socket(int fd)
{
	struct sockaddr_nl nl = { 0 };
	socklen_t len = sizeof(int);
	int value = 0;
	uint32_t groups = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len) < 0 || value != AF_NETLINK)
		return false;
	len = sizeof(value);
	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &value, &len) < 0 || value != NETLINK_XFRM)
		return false;
	len = sizeof(groups);
	if (getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, &groups, &len) == 0 && groups != 0)
		return true;
	len = sizeof(nl);
	return getsockname(fd, (struct sockaddr *)&nl, &len) == 0 && nl.nl_groups != 0;
}

/*
 * Call |fn| for each event socket of |pid|.
 */
static void
each_event_socket(pid_t pid, socket_fn *fn, void *arg)
{
	char path[64];
	struct dirent *e;
	unsigned n = 0;
	DIR *dir;
	int pidfd, fd;

	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (pidfd < 0 || !dir)
		die("opening the descriptors", pid);
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		fd = (int)syscall(SYS_pidfd_getfd, pidfd, atoi(e->d_name), 0);
		if (fd < 0)
			continue;
		if (is_event_socket(fd)) {
			fn(fd, arg);
			n++;
		}
		close(fd);
	}
	closedir(dir);
	close(pidfd);
	if (n == 0) {
		errno = ENOENT;
		die("looking for event sockets", pid);
	}
}

static void
attach(int fd, void *arg)
{
	/* the type of the message; a packet filter loads in network byte order */
#define IS(type) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __builtin_bswap16(type), 0, 1), BPF_STMT(BPF_RET | BPF_K, 0)
	static struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		IS(XFRM_MSG_NEWSA),
		IS(XFRM_MSG_UPDSA),
		IS(XFRM_MSG_DELSA),
		IS(XFRM_MSG_FLUSHSA),
		IS(XFRM_MSG_EXPIRE),
		IS(XFRM_MSG_NEWPOLICY),
		IS(XFRM_MSG_UPDPOLICY),
		IS(XFRM_MSG_DELPOLICY),
		IS(XFRM_MSG_FLUSHPOLICY),
		IS(XFRM_MSG_POLEXPIRE),
		IS(XFRM_MSG_MIGRATE),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0)
		die("attaching the filter", *(pid_t *)arg);
}

static void
detach(int fd, void *arg)
{
	int none = 0;

	(void)arg;
	setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none));
}

void
mute_on(pid_t pid)
{
	each_event_socket(pid, attach, &pid);
}

void
mute_off(pid_t pid)
{
	each_event_socket(pid, detach, NULL);
}

static void
shrink(int fd, void *arg)
{
	socklen_t len = sizeof(int);
	int least = 0;

	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, arg, &len);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
}

static void
resize(int fd, void *arg)
{
	/* the kernel doubles what it is given, and reports the double */
	int half = *(int *)arg / 2;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &half, sizeof(half));
}

int
mute_small_buffer(pid_t pid)
{
	int before = 0;

	each_event_socket(pid, shrink, &before);
	return before;
}

void
mute_set_buffer(pid_t pid, int size)
{
	each_event_socket(pid, resize, &size);
}
