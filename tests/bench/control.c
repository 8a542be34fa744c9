/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * control - what ikectl's questions cost a daemon with many peers.
 *
 *	control [-p PEERS] [-r TIMES]
 *
 * Both daemons are in this process, the kernel's part is faked.  Prints for each command the daemon's CPU time and the length
 * of the answer, then ikectl's CPU time to print it; it measures, and passes or fails nothing.
 */
#include "bench/bench.h"

#include "ctl/proto.h"
#include "ikectl/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct buf answer;
static unsigned times = 1;

static void
connect_all(struct bench_node n[2], struct bench_wire wire[2], unsigned peers)
{
	unsigned started = 0;

	while (n[0].daemon->stats.child_up < peers) {
		while (started < peers && started - n[0].daemon->stats.child_up < 32)
			bench_acquire(&n[0], started++);
		bool moved = bench_wire_deliver(&wire[0], &n[1]);
		moved = bench_wire_deliver(&wire[1], &n[0]) || moved;
		if (!moved)
			daemon_tick(n[0].daemon, bench_now());
	}
}

static void
keep_answer(void *arg, uint64_t client, struct slice msg)
{
	(void)arg;
	(void)client;
	if (buf_set(&answer, msg) != IKE_OK)
		exit(1);
}

static double
print_cost(const struct ctl_command *cmd, size_t *len)
{
	struct view v = { .host = "bench" };
	struct buf out = { 0 };
	struct ctl_answer a;
	double cpu = bench_cpu();

	if (ctl_get_answer(buf_slice(&answer), &a) != IKE_OK || view_print(&a, VIEW_TEXT, view_of(cmd), &v, &out) != IKE_OK)
		exit(1);
	*len = out.n;
	buf_free(&out);
	return bench_cpu() - cpu;
}

static void
ask(struct bench_node *n, const char *name, const char *arg)
{
	struct ctl_request rq = { .cmd = ctl_command_find(slice_str(name)) };
	struct buf msg = { 0 };
	double cpu;
	size_t len;

	if (arg != NULL)
		rq.args[rq.nargs++] = slice_str(arg);
	if (ctl_put_request(&rq, &msg) != IKE_OK)
		exit(1);
	cpu = bench_cpu();
	for (unsigned i = 0; i < times; i++) {
		daemon_control(n->daemon, 1, buf_slice(&msg), bench_now());
		daemon_control_closed(n->daemon, 1, bench_now());
	}
	cpu = (bench_cpu() - cpu) / times;
	double shown = print_cost(rq.cmd, &len);
	(void)printf("%-10s %-22s daemon %7.2f ms, answer %8zu bytes; ikectl %7.2f ms, %8zu bytes\n", name, arg == NULL ? "" : arg,
	    cpu * 1e3, answer.n, shown * 1e3, len);
	buf_free(&msg);
}

int
main(int argc, char **argv)
{
	struct bench_node n[2];
	struct bench_wire wire[2] = { { 0 } };
	unsigned peers = 10000;
	char conf[1024];
	int ch;

	while ((ch = getopt(argc, argv, "p:r:")) != -1) {
		if (ch == 'p')
			peers = (unsigned)strtoul(optarg, NULL, 10);
		else if (ch == 'r')
			times = (unsigned)strtoul(optarg, NULL, 10);
		else
			return 1;
	}
	if (times == 0)
		return 1;
	memset(n, 0, sizeof(n));
	bench_conf(conf, sizeof(conf), 2, "x25519");
	for (unsigned i = 0; i < 2; i++) {
		wire[i].last = &wire[i].first;
		n[i].send = bench_wire_send;
		n[i].send_arg = &wire[i];
		if (bench_node_open(&n[i], i, peers, conf) != IKE_OK)
			return 1;
	}
	connect_all(n, wire, peers);
	(void)printf("%u peers\n", peers);
	n[0].daemon->env.ctl_send = keep_answer;
	ask(&n[0], "status", NULL);
	ask(&n[0], "show", "10.2.0.7");
	ask(&n[0], "sas", NULL);
	ask(&n[0], "sas", "10.2.0.7");
	ask(&n[0], "policies", NULL);
	ask(&n[0], "policies", "10.1.0.7 10.2.0.7 tcp");
	ask(&n[0], "events", NULL);
	ask(&n[0], "counters", NULL);
	ask(&n[0], "timers", NULL);
	ask(&n[0], "up", "10.2.0.7");
	ask(&n[0], "down", "10.2.0.7");
	buf_free(&answer);
	bench_node_close(&n[0]);
	bench_node_close(&n[1]);
	return 0;
}
