/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Meshes in which everybody starts at once: the talk's configuration on three hosts, ten hosts, and hosts that prefer
 * different versions.  After settling there is exactly one IKE SA and one pair between each two.
 */
#include "scenario/hosts.h"

#include <stdio.h>

#define MESH_MAX 10

/* The talk's racoon.conf, but for its Diffie-Hellman groups, which take time here and show nothing. */
#define TALK(modes) \
	"path pre_shared_key \"/psk\";\n" \
	"remote anonymous {\n exchange_mode " modes ";\n dpd_delay 0;\n lifetime time 24 hours;\n nat_traversal on;\n" \
	" proposal {\n  authentication_method pre_shared_key;\n  dh_group ecp256;\n  encryption_algorithm aes;\n" \
	"  hash_algorithm sha256;\n }\n}\n" \
	"sainfo anonymous {\n pfs_group ecp256;\n encryption_algorithm aes;\n authentication_algorithm hmac_sha256;\n" \
	" compression_algorithm deflate;\n\n lifetime time 8 hours;\n}\n"
static const char talk_v1[] = TALK("main");
static const char talk_v2[] = TALK("ikev2");
static const char prefer_v1[] = TALK("main, ikev2");
static const char prefer_v2[] = TALK("ikev2, main");

static const char *const names[MESH_MAX] = { "h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8", "h9", "h10" };
static const char *const addrs[MESH_MAX] = { "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6",
	"192.0.2.7", "192.0.2.8", "192.0.2.9", "192.0.2.10" };
static const char psk[] =
	"192.0.2.1 mesh\n192.0.2.2 mesh\n192.0.2.3 mesh\n192.0.2.4 mesh\n192.0.2.5 mesh\n192.0.2.6 mesh\n192.0.2.7 mesh\n"
	"192.0.2.8 mesh\n192.0.2.9 mesh\n192.0.2.10 mesh\n";

/* |odd| for every second host. */
static bool
mesh(struct world *w, unsigned n, const char *even, const char *odd)
{
	struct policy_options po = { 0 };

	for (unsigned i = 0; i < n; i++)
		if (world_node(w, names[i], addrs[i], i % 2 == 0 ? even : odd, psk) == NULL)
			return false;
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = i + 1; k < n; k++)
			world_protect(&w->node[i], &w->node[k], &po);
	return w->error == IKE_OK;
}

#define MESH(name, n, even, odd) \
	static bool build_##name(struct world *w) { return mesh(w, n, even, odd); }
MESH(three_v1, 3, talk_v1, talk_v1)
MESH(three_v2, 3, talk_v2, talk_v2)
MESH(three_mixed, 3, prefer_v1, prefer_v2)
MESH(ten_v1, 10, talk_v1, talk_v1)
MESH(ten_v2, 10, talk_v2, talk_v2)
MESH(ten_mixed, 10, prefer_v1, prefer_v2)

static void
start(struct world *w)
{
	hosts_all_at_once(w);
	world_run(w, SEC(10));
}

/* Hosts that come up one after the other, all with traffic for all. */
static void
staggered(struct world *w)
{
	for (unsigned i = 0; i < 20; i++) {
		hosts_all_at_once(w);
		world_run(w, MSEC(17));
	}
	world_run(w, SEC(10));
}

/* What is under way at the end of the story may take a minute to settle: a redundant pair of IKEv1 that only the peer can close. */
static const char *
one_each_in_time(struct world *w)
{
	const char *wrong = hosts_one_each(w);

	for (unsigned i = 0; i < 8 && wrong != NULL; i++) {
		world_run(w, SEC(10));
		wrong = hosts_one_each(w);
	}
	if (wrong != NULL)
		return wrong;
	/* and traffic flows, of course */
	unsigned before[MESH_MAX];
	for (unsigned i = 0; i < w->n_nodes; i++)
		before[i] = w->node[i].delivered;
	hosts_all_at_once(w);
	world_run(w, SEC(1));
	for (unsigned i = 0; i < w->n_nodes; i++)
		if (w->node[i].delivered != before[i] + w->n_nodes - 1)
			return "not everybody reaches everybody";
	return NULL;
}

/* One is cut off, stays away for longer than everybody's patience, and comes back. */
static void
cut_off(struct world *w)
{
	start(w);
	node_cut(&w->node[1], true);
	for (unsigned i = 0; i < 90; i++) {
		hosts_all_at_once(w);
		world_run(w, SEC(1));
	}
	node_cut(&w->node[1], false);
	for (unsigned i = 0; i < 5; i++) {
		hosts_all_at_once(w);
		world_run(w, SEC(1));
	}
}

/* The line is bad while everybody starts; it is well again afterwards. */
static void
bad_start(struct world *w)
{
	for (unsigned i = 0; i < 60; i++) {
		hosts_all_at_once(w);
		world_run(w, MSEC(500));
	}
	w->opt.loss = w->opt.duplicate = 0;
	for (unsigned i = 0; i < 60; i++) {
		hosts_all_at_once(w);
		world_run(w, SEC(1));
	}
}

#define STORY(label, b, r, n, pairs, ...) \
	{ .name = label, .build = b, .run = r, .check = one_each_in_time, .runs = n, .max_pairs = pairs, __VA_ARGS__ }
#define BAD .opt = { .loss = 20, .duplicate = 10, .jitter = MSEC(200) }

static const struct scenario scenarios[] = {
	STORY("v1 talk", build_three_v1, start, 10, 2, ),
	STORY("v2 talk", build_three_v2, start, 10, 2, ),
	STORY("mixed talk", build_three_mixed, start, 10, 2, ),
	STORY("v1 talk staggered", build_three_v1, staggered, 10, 2, ),
	STORY("v2 talk staggered", build_three_v2, staggered, 10, 2, ),
	STORY("mixed talk staggered", build_three_mixed, staggered, 10, 2, ),
	STORY("v1 talk cut off", build_three_v1, cut_off, 4, 2, ),
	STORY("v2 talk cut off", build_three_v2, cut_off, 4, 2, ),
	STORY("v1 ten", build_ten_v1, start, 4, 2, ),
	STORY("v2 ten", build_ten_v2, start, 4, 2, ),
	STORY("mixed ten", build_ten_mixed, start, 4, 2, ),
	STORY("mixed ten staggered", build_ten_mixed, staggered, 3, 2, ),
	STORY("v1 talk bad line", build_three_v1, bad_start, 6, 2, BAD),
	STORY("v2 talk bad line", build_three_v2, bad_start, 6, 2, BAD),
	STORY("mixed talk bad line", build_three_mixed, bad_start, 6, 2, BAD),
	STORY("v2 ten bad line", build_ten_v2, bad_start, 1, 2, BAD),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
