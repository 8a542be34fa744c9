/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Admission control: a host begins with so many peers at a time as `negotiations` says, once for each policy, the urgent first, and
 * peers that do not answer keep nobody waiting for long.
 */
#include "scenario/hosts.h"

#include <stdio.h>

#define PEERS 12
#define PLACES 3

#define HOST(top) \
	top "path pre_shared_key \"/psk\";\n" \
	"remote anonymous {\n exchange_mode ikev2;\n dpd_delay 0;\n lifetime time 24 hours;\n" \
	" proposal {\n  authentication_method pre_shared_key;\n  dh_group ecp256;\n  encryption_algorithm aes;\n" \
	"  hash_algorithm sha256;\n }\n}\n" PLAIN_SAINFO
static const char conf_hub[] = HOST("negotiations 3;\n");
static const char conf_one[] = HOST("negotiations 1;\n");

static bool
build_hub(struct world *w)
{
	return hosts_mesh(w, 1 + PEERS, conf_hub, conf_hub);
}

static bool
build_one(struct world *w)
{
	return hosts_mesh(w, 1 + PEERS, conf_one, conf_one);
}

static unsigned most_begun, most_children;

/* At each datagram of the first host: how many IKE SAs is it making? */
static bool
count(struct world *w, struct node *from, struct dgram *d, void *arg)
{
	const struct ike_sa *ike;
	unsigned begun = 0;
	uint32_t it = 0;

	(void)d;
	(void)arg;
	if (from != &w->node[0] || from->daemon == NULL)
		return true;
	while ((ike = slot_each(&from->daemon->ikes.ids, &it)) != NULL)
		begun += ike->state == IKE_CONNECTING && ike->side == INITIATOR;
	if (begun > most_begun)
		most_begun = begun;
	if (node_all_children(from) > most_children)
		most_children = node_all_children(from);
	return true;
}

static void
watch(struct world *w)
{
	most_begun = most_children = 0;
	w->tap = count;
}

static void
to_everybody(struct world *w, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		for (unsigned k = 1; k <= PEERS; k++)
			node_send(&w->node[0], &w->node[k], 17, (uint16_t)(1000 + i), 2000);
}

/* Many packets for everybody at once. */
static void
flood(struct world *w)
{
	watch(w);
	to_everybody(w, 20);
	world_run(w, SEC(3));
}

static const char *
one_by_one(struct world *w)
{
	static char why[120];

	for (unsigned k = 1; k <= PEERS; k++)
		if (node_pairs(&w->node[0], &w->node[k]) != 1 || node_ikes(&w->node[0], &w->node[k]) != 1)
			return "not everybody has one pair";
	if (most_begun == PLACES && most_children == PEERS && w->node[0].daemon->admit.held_back >= PEERS - PLACES)
		return NULL;
	(void)snprintf(why, sizeof(why), "%u begun at once, %u children", most_begun, most_children);
	return why;
}

/* All but the last are away; it is asked for last. */
static void
dead_ones_first(struct world *w)
{
	for (unsigned k = 1; k < PEERS; k++)
		node_cut(&w->node[k], true);
	to_everybody(w, 1);
	/* those before it have a chance of ADMIT_PATIENCE each, PLACES of them at a time */
	world_run(w, (PEERS / PLACES) * ADMIT_PATIENCE + SEC(1));
}

static const char *
live_one_served(struct world *w)
{
	if (node_pairs(&w->node[0], &w->node[PEERS]) != 1)
		return "the one who is there has to wait for those who are not";
	return w->node[0].daemon->admit.waiting != 0 ? "somebody still waits for a place" : NULL;
}

/* It calls everybody after its reboot, one at a time, and nobody is there but the one that it has a packet for. */
static void
urgent_first(struct world *w)
{
	hosts_all_at_once(w);
	world_run(w, SEC(40));
	node_power_off(&w->node[0]);
	for (unsigned k = 1; k < PEERS; k++)
		node_cut(&w->node[k], true);
	hosts_policies(&w->node[0]);
	hosts_start(&w->node[0]);
	world_run(w, SEC(1));
	node_send(&w->node[0], &w->node[PEERS], 17, 1000, 2000);
	world_run(w, ADMIT_PATIENCE + MSEC(500));
}

static const char *
urgent_served(struct world *w)
{
	if (node_pairs(&w->node[0], &w->node[PEERS]) != 1)
		return "a packet waits behind greetings";
	return w->node[0].daemon->stats.greetings != PEERS ? "not everybody is to be greeted" : NULL;
}

static const char *
well(struct world *w)
{
	for (unsigned k = 1; k < w->n_nodes; k++)
		node_cut(&w->node[k], false);
	w->tap = NULL;
	for (unsigned k = 1; k < w->n_nodes; k++)
		if (!world_flows(&w->node[0], &w->node[k], SEC(240)))
			return "traffic does not flow";
	return world_check(w);
}

static const struct scenario scenarios[] = {
	{ .name = "flood", .build = build_hub, .run = flood, .check = one_by_one, .settled = well, .runs = 6 },
	{ .name = "dead ones first", .build = build_hub, .run = dead_ones_first, .check = live_one_served, .settled = well, .runs = 4 },
	{ .name = "urgent first", .build = build_one, .run = urgent_first, .check = urgent_served, .settled = well, .runs = 2 },
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
