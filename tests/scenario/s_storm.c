/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All hosts of a mesh start within 100 ms, each with something to say to everybody.  Ten seconds after they have fallen silent
 * there is exactly one IKE SA and one pair between each two, and who has once reached another has reached it ever since.
 */
#include "scenario/hosts.h"

#include <stdio.h>

#define WITHIN_MS 100

#define HOST(modes, top) \
	top "path pre_shared_key \"/psk\";\n" \
	"remote anonymous {\n exchange_mode " modes ";\n dpd_delay 0;\n lifetime time 24 hours;\n" \
	" proposal {\n  authentication_method pre_shared_key;\n  dh_group ecp256;\n  encryption_algorithm aes;\n" \
	"  hash_algorithm sha256;\n }\n}\n" PLAIN_SAINFO
static const char conf_1[] = HOST("main", "");
static const char conf_2[] = HOST("ikev2", "");
static const char conf_12[] = HOST("main, ikev2", "");
static const char conf_21[] = HOST("ikev2, main", "");
static const char conf_few[] = HOST("ikev2", "negotiations 3;\n");

/* The hosts are there, their daemons are not yet. */
static bool
asleep(struct world *w, unsigned n, const char *even, const char *odd)
{
	if (!hosts_mesh(w, n, even, odd))
		return false;
	for (unsigned i = 0; i < n; i++)
		node_stop(&w->node[i], false);
	return true;
}

#define MESH(name, n, even, odd) \
	static bool build_##name(struct world *w) { return asleep(w, n, even, odd); }
MESH(two_v1, 2, conf_1, conf_1)
MESH(two_v2, 2, conf_2, conf_2)
MESH(two_mixed, 2, conf_12, conf_21)
MESH(three_v1, 3, conf_1, conf_1)
MESH(three_v2, 3, conf_2, conf_2)
MESH(twenty_v1, 20, conf_1, conf_1)
MESH(twenty_v2, 20, conf_2, conf_2)
MESH(twenty_mixed, 20, conf_12, conf_21)
MESH(twenty_few, 20, conf_few, conf_few)

static void
wake(struct world *w)
{
	ike_time when[HOSTS_MESH], from = w->now;
	unsigned left = w->n_nodes;

	for (unsigned i = 0; i < w->n_nodes; i++)
		when[i] = from + MSEC(world_random(w) % WITHIN_MS);
	for (ike_time t = from; left > 0; t += MSEC(1)) {
		world_run_to(w, t);
		for (unsigned i = 0; i < w->n_nodes; i++) {
			struct node *n = &w->node[i];
			if (n->daemon != NULL || when[i] > t)
				continue;
			/* one whose start fails for want of memory is started again by its service manager */
			if (node_start(n) != IKE_OK) {
				when[i] = t + SEC(1);
				continue;
			}
			left--;
			for (unsigned k = 0; k < w->n_nodes; k++)
				if (k != i)
					node_send(n, &w->node[k], 17, 1000, 2000);
		}
	}
}

static void
storm(struct world *w)
{
	wake(w);
	for (unsigned i = 0; i < 50; i++) {
		hosts_all_at_once(w);
		world_run(w, MSEC(100));
	}
	world_run(w, SEC(10));
}

static const char *
calm(struct world *w)
{
	static char why[120];
	const char *wrong = hosts_one_each(w);

	for (unsigned i = 0; i < w->n_nodes && wrong == NULL; i++) {
		struct node *n = &w->node[i];
		uint64_t others = (((uint64_t)1 << w->n_nodes) - 1) & ~((uint64_t)1 << i);
		if (n->interrupted == 0 && n->reached == others)
			continue;
		(void)snprintf(why, sizeof(why), "%s was interrupted %u times (%s), or did not reach everybody", n->name, n->interrupted,
		    w->why_dropped != NULL ? w->why_dropped : "held");
		wrong = why;
	}
	return wrong;
}

#define STORY(label, b, n) { .name = label, .build = b, .run = storm, .check = calm, .runs = n }
#define UNTIDY(label, b, n) \
	{ .name = label, .build = b, .run = storm, .check = calm, .runs = n, .opt = { .jitter = MSEC(5), .lag = MSEC(3) } }
#define LARGE(label, b) \
	{ .name = label, .build = b, .run = storm, .check = calm, .runs = 1, .opt = { .jitter = MSEC(5), .lag = MSEC(3), .no_pcap = true } }

static const struct scenario scenarios[] = {
	STORY("v1 two", build_two_v1, 12),
	STORY("v2 two", build_two_v2, 12),
	STORY("mixed two", build_two_mixed, 12),
	UNTIDY("v1 two untidy", build_two_v1, 4),
	UNTIDY("v2 two untidy", build_two_v2, 4),
	UNTIDY("mixed two untidy", build_two_mixed, 4),
	STORY("v1 three", build_three_v1, 6),
	STORY("v2 three", build_three_v2, 6),
	LARGE("v1 twenty", build_twenty_v1),
	LARGE("v2 twenty", build_twenty_v2),
	LARGE("mixed twenty", build_twenty_mixed),
	LARGE("v2 twenty, three at a time", build_twenty_few),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
