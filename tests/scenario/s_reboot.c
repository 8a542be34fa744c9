/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One host loses its power.  It starts again with nothing, and has nothing to say; the others go on sending to it on SAs that
 * it does not know.  It remembers them and calls, and all of them reach it within REACHED.
 */
#include "scenario/hosts.h"

#include "sadb/sadb.h"

#include <string.h>

#define REACHED SEC(3)

/* Nobody else notices anything: no dead peer detection. */
#define HOST(modes, top) \
	top "path pre_shared_key \"/psk\";\n" \
	"remote anonymous {\n exchange_mode " modes ";\n dpd_delay 0;\n lifetime time 24 hours;\n" \
	" proposal {\n  authentication_method pre_shared_key;\n  dh_group ecp256;\n  encryption_algorithm aes;\n" \
	"  hash_algorithm sha256;\n }\n}\n" PLAIN_SAINFO
static const char conf_1[] = HOST("main", "");
static const char conf_2[] = HOST("ikev2", "");
static const char conf_few[] = HOST("ikev2", "negotiations 2;\n");
static const char conf_silent[] = HOST("ikev2", "greet off;\n");
static const char conf_passive[] =
	"path pre_shared_key \"/psk\";\n"
	"remote anonymous {\n exchange_mode ikev2;\n dpd_delay 0;\n passive on;\n"
	" proposal {\n  authentication_method pre_shared_key;\n  dh_group ecp256;\n  encryption_algorithm aes;\n"
	"  hash_algorithm sha256;\n }\n}\n" PLAIN_SAINFO;

#define MESH(name, n, even, odd) \
	static bool build_##name(struct world *w) { return hosts_mesh(w, n, even, odd); }
MESH(two_v1, 2, conf_1, conf_1)
MESH(two_v2, 2, conf_2, conf_2)
MESH(three_v2, 3, conf_2, conf_2)
MESH(twenty_v1, 20, conf_1, conf_1)
MESH(twenty_v2, 20, conf_2, conf_2)
MESH(twenty_few, 20, conf_few, conf_2)
MESH(silent, 3, conf_silent, conf_silent)
MESH(passive, 2, conf_passive, conf_2)

static void
up(struct world *w)
{
	hosts_all_at_once(w);
	world_run(w, SEC(5));
	hosts_all_at_once(w);
	world_run(w, SEC(1));
}

/* Each of the others sends the first host |n| packets, |gap| apart. */
static void
towards(struct world *w, unsigned n, ike_time gap)
{
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 1; k < w->n_nodes; k++)
			node_send(&w->node[k], &w->node[0], 17, 1000, 2000);
		world_run(w, gap);
	}
}

static void
off(struct world *w)
{
	up(w);
	node_power_off(&w->node[0]);
	towards(w, 20, MSEC(100));
}

/* The start-up script loads the policies, then starts the daemon. */
static void
reboot(struct world *w)
{
	off(w);
	hosts_policies(&w->node[0]);
	hosts_start(&w->node[0]);
	towards(w, 120, REACHED / 120);
	hosts_reset_counters(w);
	towards(w, 50, MSEC(20));
	world_run(w, SEC(1));
}

/* The policies come when the daemon runs already. */
static void
policies_late(struct world *w)
{
	off(w);
	hosts_start(&w->node[0]);
	towards(w, 40, MSEC(50));
	hosts_policies(&w->node[0]);
	towards(w, 120, REACHED / 120);
	hosts_reset_counters(w);
	towards(w, 50, MSEC(20));
	world_run(w, SEC(1));
}

/* The file of peers ends in the middle of a line, and has lines that nobody understands. */
static void
torn_file(struct world *w)
{
	struct node *n = &w->node[0];

	off(w);
	for (size_t i = 0; i < NODE_FILES; i++) {
		struct buf *b = &n->file[i].text;
		if (strcmp(n->file[i].name, GREET_FILE) == 0 && buf_append(b, slice_str("no address 2 3\n192.0.2.9 2 99")) != IKE_OK)
			w->error = IKE_E_NOMEM;
	}
	hosts_policies(n);
	hosts_start(n);
	towards(w, 120, REACHED / 120);
	hosts_reset_counters(w);
	towards(w, 50, MSEC(20));
	world_run(w, SEC(1));
}

/* All that were sent lately arrived, and there is exactly one pair and one IKE SA. */
static const char *
reached(struct world *w)
{
	const char *wrong = hosts_nothing_lost(w);

	return wrong != NULL ? wrong : hosts_one_each(w);
}

static const char *
reached_and_mended(struct world *w)
{
	struct slice file = node_file(&w->node[0], GREET_FILE);
	const char *wrong = reached(w);

	if (wrong != NULL)
		return wrong;
	/* the heading and the one peer, which the lines that nobody understands have given way to */
	unsigned lines = 0;
	for (size_t i = 0; i < file.n; i++)
		lines += file.p[i] == '\n';
	return file.n == 0 || file.p[file.n - 1] != '\n' || lines != 2 ? "the file is still broken" : NULL;
}

/* Who may not, or does not want to, call, does not. */
static void
reboot_silent(struct world *w)
{
	off(w);
	hosts_policies(&w->node[0]);
	hosts_start(&w->node[0]);
	world_run(w, SEC(10));
}

static const char *
no_call(struct world *w)
{
	struct daemon *d = w->node[0].daemon;
	const struct ike_sa *ike;
	uint32_t it = 0;

	/* the others may notice, and call it */
	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL)
		if (ike->side == INITIATOR)
			return "it calls";
	return d->stats.greetings != 0 ? "it wants to call" : NULL;
}

/* As soon as it has something to say itself, all is well. */
static const char *
no_call_but_talk(struct world *w)
{
	const char *wrong = no_call(w);

	if (wrong != NULL)
		return wrong;
	for (unsigned i = 1; i < w->n_nodes; i++)
		node_send(&w->node[0], &w->node[i], 17, 1000, 2000);
	world_run(w, SEC(5));
	hosts_reset_counters(w);
	towards(w, 50, MSEC(20));
	world_run(w, SEC(1));
	return hosts_nothing_lost(w);
}

static void
reboot_twice(struct world *w)
{
	reboot(w);
	node_power_off(&w->node[0]);
	reboot(w);
}

/* The others are away when it calls; they are called again. */
static void
nobody_there(struct world *w)
{
	off(w);
	node_cut(&w->node[0], true);
	hosts_policies(&w->node[0]);
	hosts_start(&w->node[0]);
	world_run(w, SEC(80));
	node_cut(&w->node[0], false);
	world_run(w, SEC(60));
	hosts_reset_counters(w);
	towards(w, 50, MSEC(20));
	world_run(w, SEC(1));
}

#define LARGE .opt = { .no_pcap = true }, .runs = 1
static const struct scenario scenarios[] = {
	{ .name = "v1 two", .build = build_two_v1, .run = reboot, .check = reached },
	{ .name = "v2 two", .build = build_two_v2, .run = reboot, .check = reached },
	{ .name = "v2 three", .build = build_three_v2, .run = reboot, .check = reached, .runs = 8 },
	{ .name = "v1 policies late", .build = build_two_v1, .run = policies_late, .check = reached, .runs = 8 },
	{ .name = "v2 policies late", .build = build_two_v2, .run = policies_late, .check = reached, .runs = 8 },
	{ .name = "v2 torn file", .build = build_two_v2, .run = torn_file, .check = reached_and_mended, .runs = 8 },
	{ .name = "v2 twice", .build = build_two_v2, .run = reboot_twice, .check = reached, .runs = 8 },
	{ .name = "v1 nobody there", .build = build_two_v1, .run = nobody_there, .check = reached, .runs = 4 },
	{ .name = "v2 nobody there", .build = build_two_v2, .run = nobody_there, .check = reached, .runs = 4 },
	{ .name = "greet off", .build = build_silent, .run = reboot_silent, .check = no_call_but_talk, .runs = 4 },
	{ .name = "passive", .build = build_passive, .run = reboot_silent, .check = no_call, .settled = world_check, .runs = 4 },
	{ .name = "v1 twenty", .build = build_twenty_v1, .run = reboot, .check = reached, LARGE },
	{ .name = "v2 twenty", .build = build_twenty_v2, .run = reboot, .check = reached, LARGE },
	{ .name = "v2 twenty, two at a time", .build = build_twenty_few, .run = reboot, .check = reached, LARGE },
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
