/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two hosts and a policy: the first packet makes the pair, in both versions, whoever starts.
 */
#include "scenario/scenario.h"

#include <stdio.h>

#define CONF(modes, lines) \
	"path pre_shared_key \"/psk\";\n" \
	"remote anonymous {\n exchange_mode " modes ";\n lifetime time 24 hours;\n" lines \
	" proposal { encryption_algorithm aes; hash_algorithm sha256; authentication_method pre_shared_key; dh_group ecp256; }\n}\n"
#define SAINFO(lines) \
	"sainfo anonymous {\n encryption_algorithm aes; authentication_algorithm hmac_sha256; compression_algorithm deflate;\n" \
	lines "}\n"

static const char v2_conf[] = CONF("ikev2", "") SAINFO("lifetime time 8 hours;");
static const char v2_pfs_conf[] = CONF("ikev2", "") SAINFO("lifetime time 8 hours; pfs_group x25519;");
static const char v2_short_conf[] = CONF("ikev2", "") SAINFO("lifetime time 25 seconds; pfs_group ecp256;");
static const char v1_conf[] = CONF("main", "") SAINFO("lifetime time 8 hours;");
static const char v1_pfs_conf[] = CONF("main", "") SAINFO("lifetime time 8 hours; pfs_group ecp256;");
static const char v1_short_conf[] = CONF("main", "") SAINFO("lifetime time 25 seconds;");
static const char psk[] = "192.0.2.1 a secret of some length\n192.0.2.2 a secret of some length\n";

static bool
pair(struct world *w, const char *conf, const struct policy_options *po)
{
	struct node *a = world_node(w, "a", "192.0.2.1", conf, psk);
	struct node *b = a == NULL ? NULL : world_node(w, "b", "192.0.2.2", conf, psk);

	if (b == NULL)
		return false;
	world_protect(a, b, po);
	return w->error == IKE_OK;
}

#define BUILD(name, conf, ...) \
	static bool build_##name(struct world *w) { struct policy_options po = { __VA_ARGS__ }; return pair(w, conf, &po); }
BUILD(v2, v2_conf, 0)
BUILD(v2_pfs, v2_pfs_conf, 0)
BUILD(v2_tunnel, v2_conf, .mode = MODE_TUNNEL)
BUILD(v2_port, v2_conf, .port = 8140)
BUILD(v2_short, v2_short_conf, 0)
BUILD(v1, v1_conf, 0)
BUILD(v1_pfs, v1_pfs_conf, 0)
BUILD(v1_tunnel, v1_conf, .mode = MODE_TUNNEL)
BUILD(v1_short, v1_short_conf, 0)

static void
first_packet(struct world *w)
{
	node_send(&w->node[0], &w->node[1], 17, 1000, 2000);
	world_run(w, SEC(2));
}

static void
both_at_once(struct world *w)
{
	node_send(&w->node[0], &w->node[1], 17, 1000, 2000);
	node_send(&w->node[1], &w->node[0], 17, 2000, 1000);
	world_run(w, SEC(3));
}

static const char *
one_pair_each(struct world *w)
{
	struct node *a = &w->node[0], *b = &w->node[1];

	if (node_pairs(a, b) != 1 || node_pairs(b, a) != 1)
		return "not exactly one pair";
	if (node_ikes(a, b) != 1 || node_ikes(b, a) != 1)
		return "not exactly one IKE SA";
	if (!world_flows(a, b, 0))
		return "no traffic";
	return NULL;
}

static const char *
port_check(struct world *w)
{
	struct node *a = &w->node[0], *b = &w->node[1];
	unsigned clear = a->clear;

	if (node_pairs(a, b) != 1 || node_pairs(b, a) != 1)
		return "not exactly one pair";
	node_send(a, b, 6, 4000, 22);
	if (a->clear != clear + 1)
		return "another port is not in clear";
	unsigned prot = a->protected;
	node_send(a, b, 6, 4000, 8140);
	if (a->protected != prot + 1)
		return "the port is not protected";
	return NULL;
}

static void
port_packet(struct world *w)
{
	node_send(&w->node[0], &w->node[1], 6, 1000, 8140);
	world_run(w, SEC(2));
}

static const char *
port_settled(struct world *w)
{
	struct node *a = &w->node[0], *b = &w->node[1];

	for (unsigned i = 0; i < 240; i++) {
		unsigned d = a->delivered, p = a->protected;
		node_send(a, b, 6, 1000, 8140);
		world_run(w, SEC(1));
		if (a->delivered > d && a->protected > p)
			return world_check(w);
	}
	return "traffic to the port does not flow";
}

/* Three rekeys under load: not one packet is lost. */
static void
rekeys(struct world *w)
{
	first_packet(w);
	w->node[0].sent = w->node[0].delivered = w->node[1].sent = w->node[1].delivered = 0;
	world_traffic(&w->node[0], &w->node[1], 1000, MSEC(70));
	world_run(w, MSEC(100));
}

static const char *
rekeys_check(struct world *w)
{
	static char why[120];
	struct node *a = &w->node[0], *b = &w->node[1];

	if (a->daemon->stats.rekeys + b->daemon->stats.rekeys < 6)
		return "fewer than three rekeys on each side";
	if (a->sent != a->delivered || b->sent != b->delivered) {
		(void)snprintf(why, sizeof(why), "packets lost: %u of %u and %u of %u (%s)", a->sent - a->delivered, a->sent,
		    b->sent - b->delivered, b->sent, w->why_dropped != NULL ? w->why_dropped : "held");
		return why;
	}
	return NULL;
}

/* The peer's daemon ends with TERM, and comes back. */
static void
restart(struct world *w)
{
	first_packet(w);
	node_close(&w->node[1]);
	/* who starts daemons tries again when one does not come up */
	for (unsigned i = 0; i < 3 && w->node[1].daemon == NULL; i++) {
		world_run(w, SEC(1));
		if (node_start(&w->node[1]) == IKE_OK)
			break;
	}
	node_send(&w->node[0], &w->node[1], 17, 1000, 2000);
	world_run(w, SEC(3));
}

/* IKEv1 says goodbye in several messages; when the network changes their order the peer finds out later. */
static const char *
restarted_v1(struct world *w)
{
	return w->opt.jitter > 0 ? scenario_all_flow(w) : one_pair_each(w);
}

static const struct scenario scenarios[] = {
	{ .name = "v2 first packet", .build = build_v2, .run = first_packet, .check = one_pair_each },
	{ .name = "v2 both at once", .build = build_v2, .run = both_at_once, .check = one_pair_each },
	{ .name = "v2 pfs", .build = build_v2_pfs, .run = first_packet, .check = one_pair_each },
	{ .name = "v2 tunnel", .build = build_v2_tunnel, .run = first_packet, .check = one_pair_each },
	{ .name = "v2 port", .build = build_v2_port, .run = port_packet, .check = port_check, .settled = port_settled },
	{ .name = "v2 rekey", .build = build_v2_short, .run = rekeys, .check = rekeys_check },
	{ .name = "v2 restart", .build = build_v2, .run = restart, .check = one_pair_each },
	{ .name = "v1 first packet", .build = build_v1, .run = first_packet, .check = one_pair_each },
	{ .name = "v1 both at once", .build = build_v1, .run = both_at_once, .check = one_pair_each },
	{ .name = "v1 pfs", .build = build_v1_pfs, .run = first_packet, .check = one_pair_each },
	{ .name = "v1 tunnel", .build = build_v1_tunnel, .run = first_packet, .check = one_pair_each },
	{ .name = "v1 rekey", .build = build_v1_short, .run = rekeys, .check = rekeys_check },
	{ .name = "v1 restart", .build = build_v1, .run = restart, .check = restarted_v1 },
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
