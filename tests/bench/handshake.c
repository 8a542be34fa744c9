/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handshake - full handshakes a second of two daemons: IKE SA and first pair of IPsec SAs, each with another peer.
 *
 *	handshake [-n] [-p PEERS] [-w WINDOW] [v1|v2 [GROUP...]]
 *
 * Without -n both daemons are in this process and datagrams pass from hand to hand; with -n (as root) they are two processes
 * in two network namespaces that it makes, and talk UDP over a veth pair.  The kernel's part is faked in both.  Prints a line
 * for each combination; it measures, and passes or fails nothing.
 */
#include "bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct result {
	unsigned done;
	double   seconds, cpu[2];
	double   bytes[2];
};

static void
print(const char *mode, unsigned version, const char *group, unsigned peers, const struct result *r)
{
	double each = r->done > 0 ? 1e6 / r->done : 0;

	(void)printf("%-4s IKEv%u %-9s %6u peers: %7.0f handshakes/s, CPU %5.0f + %5.0f us, %5.0f + %5.0f bytes a peer%s\n", mode,
	    version, group, peers, r->seconds > 0 ? r->done / r->seconds : 0, r->cpu[0] * each, r->cpu[1] * each, r->bytes[0],
	    r->bytes[1], r->done < peers ? " INCOMPLETE" : "");
	(void)fflush(stdout);
}

/* Both in one process. */

static void
run_inside(unsigned version, const char *group, unsigned peers, unsigned window, struct result *r)
{
	struct bench_node n[2] = { 0 };
	struct bench_wire wire[2] = { { 0 } };
	char conf[1024];
	unsigned started = 0;

	bench_conf(conf, sizeof(conf), version, group);
	for (unsigned i = 0; i < 2; i++) {
		wire[i].last = &wire[i].first;
		n[i].send = bench_wire_send;
		n[i].send_arg = &wire[i];
		if (bench_node_open(&n[i], i, peers, conf) != IKE_OK)
			exit(1);
	}
	size_t heap = bench_heap();
	double cpu = bench_cpu();
	ike_time begin = bench_now();
	while (n[0].daemon->stats.child_up < peers && bench_now() - begin < SEC(120)) {
		while (started < peers && started - n[0].daemon->stats.child_up < window)
			bench_acquire(&n[0], started++);
		bool moved = bench_wire_deliver(&wire[0], &n[1]);
		moved = bench_wire_deliver(&wire[1], &n[0]) || moved;
		if (!moved)
			daemon_tick(n[0].daemon, bench_now());
	}
	r->done = (unsigned)n[0].daemon->stats.child_up;
	r->seconds = (double)(bench_now() - begin) / 1e9;
	r->cpu[0] = r->cpu[1] = (bench_cpu() - cpu) / 2;
	r->bytes[0] = r->bytes[1] = ((double)bench_heap() - (double)heap) / 2 / peers;
	bench_node_close(&n[0]);
	bench_node_close(&n[1]);
}

/* Two processes over UDP. */

struct udp {
	int fd;
};

static void
udp_out(void *arg, const struct dgram *d)
{
	struct udp *u = arg;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(d->remote.port) };
	struct iovec iov = { (void *)(uintptr_t)d->data.p, d->data.n };
	union {
		struct cmsghdr h;
		char           b[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} c = { 0 };
	struct msghdr m = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c,
		.msg_controllen = sizeof(c) };

	memcpy(&to.sin_addr, d->remote.addr.b, 4);
	c.h.cmsg_level = IPPROTO_IP;
	c.h.cmsg_type = IP_PKTINFO;
	c.h.cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
	memcpy(&((struct in_pktinfo *)(void *)CMSG_DATA(&c.h))->ipi_spec_dst, d->local.addr.b, 4);
	if (sendmsg(u->fd, &m, 0) < 0 && errno != EAGAIN)
		perror("sendmsg");
}

static bool
udp_in(struct udp *u, struct bench_node *n)
{
	static uint8_t bytes[65536];
	struct sockaddr_in from;
	struct iovec iov = { bytes, sizeof(bytes) };
	union {
		struct cmsghdr h;
		char           b[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} c;
	struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c,
		.msg_controllen = sizeof(c) };
	ssize_t len = recvmsg(u->fd, &m, MSG_DONTWAIT);
	struct dgram d = { .local = { .port = 500 }, .remote = { .port = 500 } };

	if (len <= 0)
		return false;
	d.local.addr.family = d.remote.addr.family = 4;
	memcpy(d.remote.addr.b, &from.sin_addr, 4);
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h != NULL; h = CMSG_NXTHDR(&m, h))
		if (h->cmsg_type == IP_PKTINFO)
			memcpy(d.local.addr.b, &((struct in_pktinfo *)(void *)CMSG_DATA(h))->ipi_addr, 4);
	d.data = slice_of(bytes, (size_t)len);
	daemon_datagram(n->daemon, &d, bench_now());
	return true;
}

static int
udp_open(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(500) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1, size = 16 << 20;

	(void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) != 0) {
		perror("bind");
		exit(1);
	}
	return fd;
}

struct side_result {
	unsigned done;
	double   seconds, cpu, bytes;
};

/* One daemon until all its peers are up; |stop| is readable when the other side is done, too. */
static void
serve(unsigned side, unsigned peers, unsigned window, const char *conf, int stop, struct side_result *r)
{
	struct udp u = { udp_open() };
	struct bench_node n = { .send = udp_out, .send_arg = &u };
	struct pollfd pfd[2] = { { .fd = u.fd, .events = POLLIN }, { .fd = stop, .events = POLLIN } };
	unsigned started = 0;

	if (bench_node_open(&n, side, peers, conf) != IKE_OK)
		exit(1);
	(void)sleep(1);
	size_t heap = bench_heap();
	double cpu = bench_cpu();
	ike_time begin = bench_now(), end = 0;
	while (bench_now() - begin < SEC(120)) {
		while (side == 0 && started < peers && started - n.daemon->stats.child_up < window)
			bench_acquire(&n, started++);
		for (unsigned k = 0; k < 32 && udp_in(&u, &n); k++)
			;
		if (n.daemon->stats.child_up >= peers && end == 0)
			end = bench_now();
		if (end != 0 && side == 0)
			break;
		if (daemon_deadline(n.daemon) <= bench_now())
			daemon_tick(n.daemon, bench_now());
		if (poll(pfd, 2, 10) > 0 && (pfd[1].revents & (POLLIN | POLLHUP)) != 0)
			break;
	}
	*r = (struct side_result){ (unsigned)n.daemon->stats.child_up, (double)((end != 0 ? end : bench_now()) - begin) / 1e9,
		bench_cpu() - cpu, ((double)bench_heap() - (double)heap) / peers };
	bench_node_close(&n);
}

static void
shell(const char *cmd)
{
	if (system(cmd) != 0) {
		(void)fprintf(stderr, "failed: %s\n", cmd);
		exit(1);
	}
}

static void
enter_namespace(unsigned side, int ready, int go)
{
	char cmd[400];
	char c = 'x';

	if (unshare(CLONE_NEWNET) != 0) {
		perror("unshare");
		exit(1);
	}
	(void)!write(ready, &c, 1);
	(void)!read(go, &c, 1);      /* the parent has moved the veth end in */
	(void)snprintf(cmd, sizeof(cmd),
	    "ip link set lo up && ip link set rtb%u up && ip addr add 10.0.0.%u/24 dev rtb%u && "
	    "ip route add local 10.%u.0.0/16 dev lo && ip route add 10.%u.0.0/16 via 10.0.0.%u dev rtb%u", side, side + 1, side,
	    1 + side, 2 - side, 2 - side, side);
	shell(cmd);
}

static void
run_net(unsigned version, const char *group, unsigned peers, unsigned window, struct result *r)
{
	int ready[2][2], go[2][2], out[2][2];
	struct side_result sr[2] = { { 0 } };
	pid_t pid[2];
	char conf[1024], cmd[200], c;

	bench_conf(conf, sizeof(conf), version, group);
	for (unsigned i = 0; i < 2; i++) {
		if (pipe(ready[i]) != 0 || pipe(go[i]) != 0 || pipe(out[i]) != 0)
			exit(1);
		pid[i] = fork();
		if (pid[i] == 0) {
			struct side_result mine;
			(void)close(go[i][1]);
			enter_namespace(i, ready[i][1], go[i][0]);
			serve(i, peers, window, conf, go[i][0], &mine);
			(void)!write(out[i][1], &mine, sizeof(mine));
			_exit(0);
		}
		(void)close(go[i][0]);
		(void)!read(ready[i][0], &c, 1);
	}
	(void)snprintf(cmd, sizeof(cmd), "ip link add rtb0 netns %d type veth peer name rtb1 netns %d", (int)pid[0], (int)pid[1]);
	shell(cmd);
	for (unsigned i = 0; i < 2; i++)
		(void)!write(go[i][1], "g", 1);
	(void)!read(out[0][0], &sr[0], sizeof(sr[0]));
	(void)close(go[1][1]);
	(void)!read(out[1][0], &sr[1], sizeof(sr[1]));
	(void)close(go[0][1]);
	for (unsigned i = 0; i < 2; i++) {
		(void)waitpid(pid[i], NULL, 0);
		(void)close(out[i][0]); (void)close(out[i][1]); (void)close(ready[i][0]); (void)close(ready[i][1]);
		r->cpu[i] = sr[i].cpu;
		r->bytes[i] = sr[i].bytes;
	}
	r->done = sr[0].done;
	r->seconds = sr[0].seconds;
}

int
main(int argc, char **argv)
{
	static const char *const groups[] = { "modp2048", "modp3072", "x25519", "ecp256" };
	unsigned peers = 2000, window = 64, only = 0;
	bool net = false;
	int ch;

	while ((ch = getopt(argc, argv, "np:w:")) != -1) {
		if (ch == 'n')
			net = true;
		else if (ch == 'p')
			peers = (unsigned)strtoul(optarg, NULL, 10);
		else if (ch == 'w')
			window = (unsigned)strtoul(optarg, NULL, 10);
		else
			return 1;
	}
	if (optind < argc)
		only = strcmp(argv[optind++], "v1") == 0 ? 1 : 2;
	for (unsigned version = 1; version <= 2; version++) {
		for (int g = 0; g < 4; g++) {
			bool wanted = optind == argc;
			for (int a = optind; a < argc; a++)
				wanted = wanted || strcmp(argv[a], groups[g]) == 0;
			if (!wanted || (only != 0 && only != version))
				continue;
			struct result r = { 0 };
			(net ? run_net : run_inside)(version, groups[g], peers, window, &r);
			print(net ? "udp" : "sim", version, groups[g], peers, &r);
		}
	}
	return 0;
}
