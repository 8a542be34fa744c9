/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A mesh on a network that loses 30 % and falls apart again and again, for half an hour, with dead peer detection: never more
 * than two pairs between two hosts, and all is well five seconds after the network is.
 *
 * `make soak` (-full) tells it with twenty hosts for 30 minutes, `make check` with six for five.
 */
#include "scenario/hosts.h"

#include <stdio.h>
#include <string.h>

#define DPD "dpd_delay 10; dpd_retry 5; dpd_maxfail 5;"
static const char v1[] = REMOTE("main", DPD) PLAIN_SAINFO;
static const char v2[] = REMOTE("ikev2", DPD) PLAIN_SAINFO;
static const char prefer_v1[] = REMOTE("main, ikev2", DPD) PLAIN_SAINFO;
static const char prefer_v2[] = REMOTE("ikev2, main", DPD) PLAIN_SAINFO;

static bool full;

#define MESH(name, even, odd) \
	static bool build_##name(struct world *w) { return hosts_mesh(w, full ? 20 : 6, even, odd); }
MESH(v1, v1, v1)
MESH(v2, v2, v2)
MESH(mixed, prefer_v1, prefer_v2)

/* What was seen at any moment. */
static unsigned most_pairs;
/* What was wrong five seconds after the network was well; "": nothing. */
static char unclean[120];

static void
look(struct world *w)
{
	for (unsigned i = 0; i < w->n_nodes; i++)
		for (unsigned k = 0; k < w->n_nodes; k++) {
			unsigned n = i == k ? 0 : node_pairs(&w->node[i], &w->node[k]);
			if (n > most_pairs)
				most_pairs = n;
		}
}

/* Who sends has one SA for each direction, which its destination has, too. */
static void
look_whether_clean(struct world *w)
{
	const struct node *from = NULL, *to = NULL;
	const char *first = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < w->n_nodes; i++)
		for (unsigned k = 0; k < w->n_nodes; k++) {
			const char *wrong = i == k ? NULL : node_sends_well(&w->node[i], &w->node[k]);
			if (wrong != NULL && n++ == 0) {
				first = wrong;
				from = &w->node[i];
				to = &w->node[k];
			}
		}
	unclean[0] = '\0';
	if (n > 0)
		(void)snprintf(unclean, sizeof(unclean), "not clean after 5 s: %s->%s: %s (%u in all)", from->name, to->name, first, n);
}

/* Some packets between hosts at random, some hosts away, some couples apart. */
static void
second(struct world *w, bool flapping)
{
	for (unsigned i = 0; i < w->n_nodes && flapping; i++)
		if (world_random(w) % 100 < 3)
			node_cut(&w->node[i], !w->node[i].cut);
	for (unsigned i = 0; i < w->n_nodes && flapping; i++) {
		struct node *a = &w->node[world_random(w) % w->n_nodes], *b = &w->node[world_random(w) % w->n_nodes];
		if (a != b && world_random(w) % 100 < 20)
			node_apart(a, b, (a->apart & (uint64_t)1 << b->index) == 0);
	}
	for (unsigned k = 0; k < 5; k++) {
		for (unsigned i = 0; i < w->n_nodes * w->n_nodes / 2; i++) {
			struct node *a = &w->node[world_random(w) % w->n_nodes], *b = &w->node[world_random(w) % w->n_nodes];
			if (a != b)
				node_send(a, b, 17, 1000, 2000);
		}
		world_run(w, MSEC(200));
		look(w);
	}
}

static void
flap(struct world *w)
{
	most_pairs = 0;
	hosts_all_at_once(w);
	world_run(w, SEC(10));
	w->opt.loss = 30;
	for (unsigned i = 0; i < (full ? 1800 : 300); i++)
		second(w, true);
	w->opt.loss = 0;
	for (unsigned i = 0; i < w->n_nodes; i++) {
		node_cut(&w->node[i], false);
		w->node[i].apart = 0;
	}
	for (unsigned i = 0; i < 5; i++) {
		hosts_all_at_once(w);
		second(w, false);
	}
	look_whether_clean(w);
	hosts_reset_counters(w);
	for (unsigned i = 0; i < 3; i++) {
		hosts_all_at_once(w);
		world_run(w, SEC(1));
		look(w);
	}
}

static const char *
clean(struct world *w)
{
	static char why[160];
	unsigned clear = 0;

	for (unsigned i = 0; i < w->n_nodes; i++)
		clear += w->node[i].clear;
	if (clear != 0)
		return "packets in clear";
	if (most_pairs > 2) {
		(void)snprintf(why, sizeof(why), "%u pairs between two hosts", most_pairs);
		return why;
	}
	if (unclean[0] != '\0')
		return unclean;
	const char *wrong = hosts_nothing_lost(w);
	if (wrong != NULL)
		return wrong;
	/* what was replaced goes within a minute or two */
	wrong = hosts_one_each(w);
	for (unsigned i = 0; i < 18 && wrong != NULL; i++) {
		world_run(w, SEC(10));
		wrong = hosts_one_each(w);
	}
	return wrong != NULL ? wrong : world_check(w);
}

#define STORY(label, b) { .name = label, .build = b, .run = flap, .check = clean, .runs = 1, .opt = { .no_pcap = true } }

static const struct scenario scenarios[] = {
	STORY("v1 flap", build_v1),
	STORY("v2 flap", build_v2),
	STORY("mixed flap", build_mixed),
};

int
main(int argc, char **argv)
{
	char *plain[32];
	int n = 0;

	/* every n of the sweeps of half an hour of twenty hosts would take for ever: the length is what -full is about here */
	for (int i = 0; i < argc && n < 31; i++)
		if (strcmp(argv[i], "-full") == 0)
			full = true;
		else
			plain[n++] = argv[i];
	plain[n++] = NULL;
	char word[] = "-plain", *args[34] = { plain[0], word };
	for (int i = 1; i < n; i++)
		args[i + 1] = plain[i];
	return scenario_main(n, args, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
