/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Policies that the daemon owns, and configurations that change under its hands.
 */
#include "scenario/hosts.h"

#include "sadb/sadb.h"

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

#define CONF_A(rest) "policy_file \"/etc/a.setkey\";\n" rest
#define CONF_B(rest) "policy_file \"/etc/b.setkey\";\n" rest

#define V2 REMOTE("ikev2", "") PLAIN_SAINFO
#define V1 REMOTE("main", "") PLAIN_SAINFO

static const char policies_a[] =
    "flush; spdflush;\n"
    "spdadd 192.0.2.1 192.0.2.2 any -P out ipsec esp/transport//require;\n"
    "spdadd 192.0.2.2 192.0.2.1 any -P in ipsec esp/transport//require;\n"
    "spdadd 0.0.0.0/0 0.0.0.0/0[22] tcp -P out prio def + 100 none;\n";
static const char policies_b[] =
    "spdadd 192.0.2.2 192.0.2.1 any -P out ipsec esp/transport//require;\n"
    "spdadd 192.0.2.1 192.0.2.2 any -P in ipsec esp/transport//require;\n";

static bool
build_owned(struct world *w, const char *conf_a, const char *conf_b)
{
	world_put(w, "/etc/a.setkey", policies_a);
	world_put(w, "/etc/b.setkey", policies_b);
	return world_node(w, "a", "192.0.2.1", conf_a, PSK_LINES) != NULL &&
	    world_node(w, "b", "192.0.2.2", conf_b, PSK_LINES) != NULL;
}

static bool
build_v2(struct world *w)
{
	return build_owned(w, CONF_A(V2), CONF_B(V2));
}

static bool
build_v1(struct world *w)
{
	return build_owned(w, CONF_A(V1), CONF_B(V1));
}

/* Policies of |n| in the model: ours, others'. */
static unsigned
ours(const struct node *n)
{
	struct sadb_counts c;

	sadb_count(n->daemon->sadb, &c);
	return c.sp_ours;
}

static const char *
owned(struct world *w)
{
	/* with the forward twins */
	if (ours(A(w)) != 4 || simkern_sp_count(A(w)->kern) != 4 || ours(B(w)) != 3 || simkern_sp_count(B(w)->kern) != 3)
		return "not the policies of the files";
	if (A(w)->clear + B(w)->clear != 0)
		return "packets in clear";
	return hosts_one_pair(w);
}

static const struct scenario scenarios[] = {
	{ .name = "v2 owned policies", .build = build_v2, .run = hosts_first_packet, .check = owned },
	{ .name = "v1 owned policies", .build = build_v1, .run = hosts_first_packet, .check = owned },
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
