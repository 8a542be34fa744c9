/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon is killed, or restarted, and the kernel goes on with its SAs.  The next daemon adopts them, makes fresh IKE SAs beside
 * them, and replaces them, while 500 packets a second go on: not one is lost, and at the end there is exactly one pair and one
 * IKE SA between each two, none of which is adopted.
 */
#include "scenario/hosts.h"

#include <stdio.h>

#define PPS 500

#define HOST(modes, top, lines) \
	top "path pre_shared_key \"/psk\";\n" \
	"remote anonymous {\n exchange_mode " modes ";\n lifetime time 24 hours;\n" lines \
	" proposal {\n  authentication_method pre_shared_key;\n  dh_group ecp256;\n  encryption_algorithm aes;\n" \
	"  hash_algorithm sha256;\n }\n}\n" PLAIN_SAINFO
static const char conf_1[] = HOST("main", "", "");
static const char conf_2[] = HOST("ikev2", "", "");
static const char conf_12[] = HOST("main, ikev2", "", "");
static const char conf_21[] = HOST("ikev2, main", "", "");
static const char conf_few[] = HOST("ikev2", "negotiations 2;\n", "");
static const char conf_passive[] = HOST("ikev2", "", " passive on;\n");

#define MESH(name, n, even, odd) \
	static bool build_##name(struct world *w) { return hosts_mesh(w, n, even, odd); }
MESH(two_v1, 2, conf_1, conf_1)
MESH(two_v2, 2, conf_2, conf_2)
MESH(three_v1, 3, conf_1, conf_1)
MESH(three_v2, 3, conf_2, conf_2)
MESH(twenty_v1, 20, conf_1, conf_1)
MESH(twenty_v2, 20, conf_2, conf_2)
MESH(twenty_mixed, 20, conf_12, conf_21)
MESH(twenty_few, 20, conf_few, conf_2)
MESH(passive, 2, conf_passive, conf_2)

/* Two pairs between the hosts: one for each port. */
static bool
build_ports(struct world *w)
{
	struct policy_options a = { .proto = 17, .port = 2000 }, b = { .proto = 17, .port = 3000 };
	struct node *x = world_node(w, "a", "192.0.2.1", conf_2, PSK_LINES);
	struct node *y = x == NULL ? NULL : world_node(w, "b", "192.0.2.2", conf_2, PSK_LINES);

	if (y == NULL)
		return false;
	world_protect(x, y, &a);
	world_protect(x, y, &b);
	return w->error == IKE_OK;
}

static void
up(struct world *w)
{
	for (unsigned i = 0; i < 6; i++) {
		hosts_all_at_once(w);
		world_run(w, SEC(1));
	}
	hosts_reset_counters(w);
}

/* Until everything that has to be replaced is, and a while after. */
static void
go_on(struct world *w)
{
	hosts_random_traffic(w, SEC(12), PPS);
	world_run(w, SEC(12));
}

static void
bring_back(struct node *n)
{
	/* one whose start fails for want of memory is started again by its service manager */
	for (unsigned i = 0; i < 3 && n->daemon == NULL; i++)
		if (node_start(n) != IKE_OK)
			hosts_random_traffic(n->w, MSEC(100), PPS);
}

static void
kill_for(struct node *n, ike_time span)
{
	node_stop(n, false);
	hosts_random_traffic(n->w, span, PPS);
	bring_back(n);
}

static void
killed(struct world *w)
{
	up(w);
	hosts_random_traffic(w, MSEC(500), PPS);
	kill_for(&w->node[0], MSEC(300));
	go_on(w);
}

/* SIGTERM with keep_sas. */
static void
restarted(struct world *w)
{
	up(w);
	hosts_random_traffic(w, MSEC(500), PPS);
	node_stop(&w->node[0], true);
	hosts_random_traffic(w, MSEC(300), PPS);
	bring_back(&w->node[0]);
	go_on(w);
}

/* Again, while the first replacement is under way or has just ended. */
static void
killed_twice(struct world *w, ike_time between)
{
	up(w);
	kill_for(&w->node[0], MSEC(300));
	hosts_random_traffic(w, between, PPS);
	kill_for(&w->node[0], MSEC(50));
	go_on(w);
}

static void
twice_at_once(struct world *w)
{
	killed_twice(w, MSEC(215));
}

static void
twice_soon(struct world *w)
{
	killed_twice(w, MSEC(400));
}

static void
twice_later(struct world *w)
{
	killed_twice(w, SEC(3));
}

static void
all_killed(struct world *w)
{
	up(w);
	for (unsigned i = 0; i < w->n_nodes; i++)
		node_stop(&w->node[i], false);
	hosts_random_traffic(w, MSEC(200), PPS);
	for (unsigned i = 0; i < w->n_nodes; i++) {
		bring_back(&w->node[i]);
		hosts_random_traffic(w, MSEC(world_random(w) % 10), PPS);
	}
	go_on(w);
}

static void
one_after_the_other(struct world *w)
{
	up(w);
	for (unsigned i = 0; i < w->n_nodes; i++) {
		kill_for(&w->node[i], MSEC(100));
		hosts_random_traffic(w, MSEC(1500), PPS);
	}
	go_on(w);
}

static const char *
nothing_lost(struct world *w)
{
	const char *wrong = hosts_nothing_lost(w);

	for (unsigned i = 0; i < w->n_nodes && wrong == NULL; i++)
		for (unsigned k = 0; hosts_child(&w->node[i], k) != NULL && wrong == NULL; k++)
			if (hosts_child(&w->node[i], k)->adopted)
				wrong = "an adopted pair is still in use";
	return wrong;
}

static const char *
replaced(struct world *w)
{
	const char *wrong = nothing_lost(w);

	return wrong != NULL ? wrong : hosts_one_each(w);
}

static void
ports_up(struct world *w)
{
	for (unsigned i = 0; i < 3; i++) {
		node_send(&w->node[0], &w->node[1], 17, 1000, 2000);
		node_send(&w->node[0], &w->node[1], 17, 1000, 3000);
		world_run(w, SEC(1));
	}
	hosts_reset_counters(w);
}

static void
ports_for(struct world *w, ike_time span)
{
	for (ike_time end = w->now + span; w->now < end; world_run(w, MSEC(4))) {
		node_send(&w->node[0], &w->node[1], 17, 1000, 2000);
		node_send(&w->node[1], &w->node[0], 17, 2000, 1000);
		node_send(&w->node[0], &w->node[1], 17, 1000, 3000);
		node_send(&w->node[1], &w->node[0], 17, 3000, 1000);
	}
}

static void
ports_killed(struct world *w)
{
	ports_up(w);
	node_stop(&w->node[0], false);
	ports_for(w, MSEC(300));
	bring_back(&w->node[0]);
	ports_for(w, SEC(12));
	world_run(w, SEC(12));
}

static const char *
both_replaced(struct world *w)
{
	const char *wrong = nothing_lost(w);

	if (wrong == NULL && (node_pairs(&w->node[0], &w->node[1]) != 2 || node_pairs(&w->node[1], &w->node[0]) != 2))
		wrong = "not exactly one pair for each port";
	if (wrong == NULL && (node_ikes(&w->node[0], &w->node[1]) != 1 || node_ikes(&w->node[1], &w->node[0]) != 1))
		wrong = "not exactly one IKE SA";
	return wrong;
}

static const char *
ports_flow(struct world *w)
{
	for (unsigned i = 0; i < 240; i++) {
		hosts_reset_counters(w);
		ports_for(w, MSEC(20));
		world_run(w, SEC(1));
		if (hosts_nothing_lost(w) == NULL)
			return world_check(w);
	}
	return "traffic does not flow";
}

/* Who may not call goes on with what there is, until the other one calls. */
static const char *
only_traffic(struct world *w)
{
	return hosts_nothing_lost(w);
}

#define STORY(label, b, r, n) { .name = label, .build = b, .run = r, .check = replaced, .runs = n }
#define UNTIDY(label, b, r, n) \
	{ .name = label, .build = b, .run = r, .check = replaced, .runs = n, .opt = { .lag = MSEC(5) } }
#define LARGE(label, b, r) \
	{ .name = label, .build = b, .run = r, .check = replaced, .runs = 1, \
	  .opt = { .lag = MSEC(5), .no_pcap = true } }

static const struct scenario scenarios[] = {
	STORY("v1 killed", build_two_v1, killed, 8),
	STORY("v2 killed", build_two_v2, killed, 8),
	UNTIDY("v1 killed, slow", build_two_v1, killed, 4),
	UNTIDY("v2 killed, slow", build_two_v2, killed, 4),
	STORY("v1 restarted", build_two_v1, restarted, 4),
	STORY("v2 restarted", build_two_v2, restarted, 4),
	STORY("v1 twice at once", build_two_v1, twice_at_once, 4),
	STORY("v2 twice at once", build_two_v2, twice_at_once, 4),
	STORY("v1 twice soon", build_two_v1, twice_soon, 4),
	STORY("v2 twice soon", build_two_v2, twice_soon, 4),
	STORY("v1 twice later", build_two_v1, twice_later, 4),
	STORY("v2 twice later", build_two_v2, twice_later, 4),
	STORY("v1 both killed", build_two_v1, all_killed, 6),
	STORY("v2 both killed", build_two_v2, all_killed, 6),
	UNTIDY("v2 both killed, slow", build_two_v2, all_killed, 4),
	STORY("v1 three killed", build_three_v1, all_killed, 3),
	STORY("v2 three killed", build_three_v2, all_killed, 3),
	{ .name = "v2 two pairs", .build = build_ports, .run = ports_killed, .check = both_replaced, .settled = ports_flow, .runs = 4,
	  .max_pairs = 4 },
	{ .name = "passive", .build = build_passive, .run = killed, .check = only_traffic, .runs = 2 },
	LARGE("v1 twenty, one killed", build_twenty_v1, killed),
	LARGE("v2 twenty, one killed", build_twenty_v2, killed),
	LARGE("v2 twenty, one killed, two at a time", build_twenty_few, killed),
	LARGE("v1 twenty killed", build_twenty_v1, all_killed),
	LARGE("v2 twenty killed", build_twenty_v2, all_killed),
	LARGE("mixed twenty killed", build_twenty_mixed, all_killed),
	LARGE("v1 twenty, one after the other", build_twenty_v1, one_after_the_other),
	LARGE("v2 twenty, one after the other", build_twenty_v2, one_after_the_other),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
