/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A real kernel under the conformance suite.  Each case runs in a network namespace of its own with one interface,
 * behind which is nobody: what leaves is lost, and nothing of the host is touched.
 */
#include "kern/conform.h"
#include "kern/kern.h"
#include "kern/pfkey.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ACQ_EXPIRES = 3 };

static const char *names[2];
static struct kern *second;
static int decoy;

/* Without the interface all but packets works. */
static const char make_interface[] = "ip -batch - >/dev/null 2>&1 << 'END'\n"
				     "link set lo up\n"
				     "link add d0 type veth peer name d1\n"
				     "link set d0 addrgenmode none\n"
				     "link set d1 addrgenmode none\n"
				     "address add 192.0.2.1/24 dev d0\n"
				     "link set d0 up\n"
				     "link set d1 up\n"
				     "neighbour add 192.0.2.2 lladdr 02:00:00:00:00:02 dev d0\n"
				     "END\n";

/*
 * The first netlink socket of a process has the process id for its port, by which changes through netlink are told,
 * while those through PF_KEY are told by process id.  Two programs have two; here, where one plays both, a third
 * takes that port.
 */
static void
take_port(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK };

	decoy = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
	if (decoy >= 0)
		(void)!bind(decoy, (struct sockaddr *)&a, sizeof(a));
}

static struct kern *
open_kernel(struct text *why)
{
	const struct kern_options o = { .events = true, .probe = true, .acq_expires = ACQ_EXPIRES };
	struct kern *kern;

	if (unshare(CLONE_NEWNET) != 0) {
		text_addf(why, "no network namespace: %s", strerror(errno));
		return NULL;
	}
	(void)!system(make_interface);
	take_port();
	return kern_open(names[0], &o, why, &kern) == IKE_OK ? kern : NULL;
}

static struct kern *
open_real(void)
{
	char array[200];
	struct text why = text_in(array, sizeof(array));
	struct kern *kern = open_kernel(&why);

	if (kern == NULL)
		fprintf(stderr, "%s\n", why.p);
	return kern;
}

static struct kern *
other_real(struct kern *kern)
{
	const struct kern_options o = { .events = false };

	(void)kern;
	if (second == NULL && kern_open(names[1], &o, NULL, &second) != IKE_OK)
		ck_abort_msg("no second handle");
	return second;
}

static void
close_real(struct kern *kern)
{
	kern_close(second);
	second = NULL;
	kern_close(kern);
	if (decoy >= 0)
		(void)close(decoy);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
wait_real(struct kern *kern, unsigned ms)
{
	int64_t end = now_ms() + ms, left;
	struct pollfd p = { .fd = kern->ops->fd(kern), .events = POLLIN };

	while ((left = end - now_ms()) > 0) {
		if (poll(&p, 1, (int)left) > 0)
			kern->ops->readable(kern);
	}
}

static int
bound(uint8_t family, const struct endpoint *e)
{
	struct sockaddr_storage a;
	socklen_t n = (socklen_t)endpoint_to_sockaddr(e, &a, sizeof(a));
	int fd = socket(family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_msg(bind(fd, (struct sockaddr *)&a, n) == 0, "bind: %s", strerror(errno));
	return fd;
}

static bool
send_real(struct kern *kern, const struct sa_flow *flow)
{
	struct endpoint from = { flow->src, flow->sport }, peer = { flow->dst, flow->dport };
	struct sockaddr_storage to;
	socklen_t n = (socklen_t)endpoint_to_sockaddr(&peer, &to, sizeof(to));
	int fd = bound(flow->src.family, &from);
	bool ok;

	(void)kern;
	ck_assert_int_eq(flow->proto, IPPROTO_UDP);
	ok = sendto(fd, "x", 1, 0, (struct sockaddr *)&to, n) == 1;
	(void)close(fd);
	return ok;
}

enum { FRAME_IP = 14, UDP_HEADER = 8, IKE_NATT = 4500 };

/* What leaves d0 comes out at d1: the UDP payload of the first such frame to port 4500.  0: there is none. */
static size_t
caught(int packets, uint8_t *p, size_t cap)
{
	struct pollfd ready = { .fd = packets, .events = POLLIN };

	while (poll(&ready, 1, 200) == 1) {
		ssize_t n = recv(packets, p, cap, 0);
		size_t off = FRAME_IP + (n > FRAME_IP ? (p[FRAME_IP] & 15u) * 4u : 0);

		if (n > (ssize_t)(off + UDP_HEADER) && p[12] == 8 && p[13] == 0 &&
		    p[FRAME_IP + 9] == IPPROTO_UDP && (p[off + 2] << 8 | p[off + 3]) == IKE_NATT) {
			memmove(p, p + off + UDP_HEADER, (size_t)n - off - UDP_HEADER);
			return (size_t)n - off - UDP_HEADER;
		}
	}
	return 0;
}

static bool
reflect_real(struct kern *kern, const struct sa_flow *flow, const struct endpoint *from)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex("d1") };
	struct endpoint us = { flow->src, IKE_NATT };
	struct sockaddr_storage to;
	socklen_t nto = (socklen_t)endpoint_to_sockaddr(&us, &to, sizeof(to));
	int packets = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	int ike = bound(4, &us), nat = bound(4, from);
	uint8_t b[2048];
	size_t n = 0;
	bool ok;

	ck_assert_int_eq(bind(packets, (struct sockaddr *)&ll, sizeof(ll)), 0);
	ck_assert_int_eq(kern->ops->socket_prepare(kern, ike, 4, true), IKE_OK);
	if (send_real(kern, flow))
		n = caught(packets, b, sizeof(b));
	ok = n != 0 && sendto(nat, b, n, 0, (struct sockaddr *)&to, nto) == (ssize_t)n;
	(void)close(packets);
	(void)close(ike);
	(void)close(nat);
	return ok;
}

static void
squeeze_real(struct kern *kern)
{
	int least = 1;

	if (strcmp(kern->ops->name, "pfkey") == 0)
		pfkey_set_buffer(kern, least);
	else
		(void)setsockopt(kern->ops->fd(kern), SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
}

const struct conform_backend *
conform_real(const char *ours, const char *other)
{
	static struct conform_backend b = {
		.open = open_real,
		.close = close_real,
		.other = other_real,
		.wait = wait_real,
		.send = send_real,
		.reflect = reflect_real,
		.squeeze = squeeze_real,
		.acq_expires = ACQ_EXPIRES,
		.sockets = true,
	};

	names[0] = ours;
	names[1] = other;
	b.name = ours;
	b.tells_sp_expire = b.tells_packet = strcmp(ours, "pfkey") != 0;
	return &b;
}

/* In a child, so that this process stays where it is. */
static int
try_open(int to)
{
	char array[200];
	struct text why = text_in(array, sizeof(array));
	struct kern *kern = open_kernel(&why), *o;
	const struct kern_options quiet = { .events = false };
	bool ok = kern != NULL;

	if (ok && kern_open(names[1], &quiet, &why, &o) != IKE_OK)
		ok = false;
	if (ok)
		kern_features_text(kern->features, &why);
	if (write(to, why.p, why.n) != (ssize_t)why.n)
		ok = false;
	return ok ? 0 : 1;
}

bool
conform_real_works(const struct conform_backend *b, struct text *why)
{
	char said[200] = "";
	struct utsname u;
	int status, p[2];
	pid_t pid;
	bool ok;

	if (pipe(p) != 0)
		return false;
	pid = fork();
	if (pid == 0)
		_exit(try_open(p[1]));
	(void)close(p[1]);
	(void)!read(p[0], said, sizeof(said) - 1);
	(void)close(p[0]);
	ok = pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	     WEXITSTATUS(status) == 0;
	if (ok && uname(&u) == 0)
		printf("# %s on Linux %s: %s\n", b->name, u.release, said);
	fflush(stdout);
	text_add(why, said);
	return ok;
}
