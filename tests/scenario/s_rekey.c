/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Renewal of children and of IKE SAs, from either end, from both at once, and across each other: traffic flows all the while
 * without a lost packet, and one pair and one IKE SA are left.
 */
#include "scenario/hosts.h"

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

static const char v1_pfs[] = REMOTE("main", "") SAINFO("lifetime time 8 hours; pfs_group ecp256;");
static const char v2_pfs[] = REMOTE("ikev2", "") SAINFO("lifetime time 8 hours; pfs_group ecp256;");
static const char v1_life[] = REMOTE_WITH("main", "lifetime time 60 seconds;", "ecp256") SAINFO("lifetime time 30 seconds;");
static const char v2_life[] = REMOTE_WITH("ikev2", "lifetime time 60 seconds;", "ecp256") SAINFO("lifetime time 30 seconds;");
static const char v1_no_renewal[] = REMOTE_WITH("main", "rekey off; lifetime time 20 seconds;", "ecp256")
    SAINFO("lifetime time 60 seconds;");

HOSTS(v1, conf_v1, conf_v1, 0)
HOSTS(v2, conf_v2, conf_v2, 0)
HOSTS(v1_pfs, v1_pfs, v1_pfs, 0)
HOSTS(v2_pfs, v2_pfs, v2_pfs, 0)
HOSTS(v2_tunnel, v2_pfs, v2_pfs, .mode = MODE_TUNNEL)
HOSTS(v1_life, v1_life, v1_life, 0)
HOSTS(v2_life, v2_life, v2_life, 0)
HOSTS(v1_no_renewal, v1_no_renewal, v1_no_renewal, 0)

/* An SA is there; then |first| happens to a and |second| to b in the same instant, under traffic. */
static void
under_traffic(struct world *w, void (*first)(struct node *, unsigned), void (*second)(struct node *, unsigned))
{
	hosts_first_packet(w);
	hosts_reset_counters(w);
	hosts_traffic(w, MSEC(100), MSEC(4));
	if (first != NULL)
		first(A(w), 0);
	if (second != NULL)
		second(B(w), 0);
	hosts_traffic(w, SEC(1), MSEC(4));
	hosts_traffic(w, SEC(20), MSEC(250));
	world_run(w, SEC(1));
}

#define STORY_OF(name, first, second) \
	static void name(struct world *w) { under_traffic(w, first, second); }
STORY_OF(child_by_a, hosts_child_soft, NULL)
STORY_OF(child_by_b, NULL, hosts_child_soft)
STORY_OF(child_by_both, hosts_child_soft, hosts_child_soft)
STORY_OF(ike_by_a, hosts_ike_soft, NULL)
STORY_OF(ike_by_b, NULL, hosts_ike_soft)
STORY_OF(ike_by_both, hosts_ike_soft, hosts_ike_soft)
STORY_OF(child_and_ike, hosts_child_soft, hosts_ike_soft)
STORY_OF(ike_and_child, hosts_ike_soft, hosts_child_soft)

/* One end renews both, and the other, too. */
static void
all_of_it(struct node *n, unsigned which)
{
	hosts_child_soft(n, which);
	hosts_ike_soft(n, which);
}

STORY_OF(both_by_a, all_of_it, NULL)
STORY_OF(both_by_both, all_of_it, all_of_it)

static const char *
renewed(struct world *w)
{
	const char *lost = hosts_nothing_lost(w);

	if (lost != NULL)
		return lost;
	if (A(w)->daemon->stats.rekeys + B(w)->daemon->stats.rekeys == 0 && A(w)->daemon->stats.ike_up < 2)
		return "nothing was renewed";
	world_run(w, SEC(40));
	const char *wrong = hosts_one_pair(w);
	return wrong != NULL ? wrong : world_agree(w);
}

/* IKEv1: the phase 1 that was renewed stays until its grace is over. */
static const char *
renewed_v1(struct world *w)
{
	const char *lost = hosts_nothing_lost(w);

	if (lost != NULL)
		return lost;
	world_run(w, SEC(70));
	const char *wrong = hosts_one_pair(w);
	return wrong != NULL ? wrong : world_agree(w);
}

/*
 * IKEv1 has nothing to refuse a request with for a moment: six renewals within 200 ms may cost a packet or two when the network
 * changes their order.
 */
static const char *
renewed_in_haste(struct world *w)
{
	unsigned sent = A(w)->sent + B(w)->sent, delivered = A(w)->delivered + B(w)->delivered;

	if (sent - delivered > (w->opt.jitter > 0 ? 5 : 0))
		return hosts_nothing_lost(w);
	hosts_reset_counters(w);
	return renewed_v1(w);
}

/* Short lives for ten minutes. */
static void
ten_minutes(struct world *w)
{
	hosts_first_packet(w);
	hosts_reset_counters(w);
	hosts_traffic(w, SEC(600), MSEC(200));
	world_run(w, SEC(1));
}

static const char *
ten_minutes_passed(struct world *w)
{
	const char *lost = hosts_nothing_lost(w);

	if (lost != NULL)
		return lost;
	if (A(w)->daemon->stats.rekeys + B(w)->daemon->stats.rekeys < 30 || A(w)->daemon->stats.ike_up < 8)
		return "too few renewals";
	if (node_ikes(A(w), B(w)) > 2 || node_all_ikes(A(w)) > 3 || node_all_children(A(w)) > 2)
		return "what was renewed stays";
	return world_flows(A(w), B(w), 0) ? NULL : "no traffic";
}

/* Deletes from each end, with traffic: there is a new pair after one packet was held. */
static void
delete_and_go_on(struct world *w, struct node *who, void (*del)(struct node *, unsigned))
{
	hosts_first_packet(w);
	del(who, 0);
	world_run(w, SEC(2));
	node_send(A(w), B(w), 17, 1000, 2000);
	world_run(w, SEC(2));
}

#define DELETES(name, who, what) \
	static void name(struct world *w) { delete_and_go_on(w, who(w), what); }
DELETES(child_deleted_by_a, A, hosts_child_delete)
DELETES(child_deleted_by_b, B, hosts_child_delete)
DELETES(ike_deleted_by_a, A, hosts_ike_delete)
DELETES(ike_deleted_by_b, B, hosts_ike_delete)

static const char *
anew(struct world *w)
{
	if (A(w)->daemon->stats.child_up + B(w)->daemon->stats.child_up < 3)
		return "nothing was deleted";
	const char *wrong = hosts_one_pair(w);
	return wrong != NULL ? wrong : world_agree(w);
}

/* IKEv1: the pair outlives its phase 1. */
static const char *
still_there(struct world *w)
{
	if (A(w)->daemon->stats.child_up + B(w)->daemon->stats.child_up != 2)
		return "the pair did not outlive its phase 1";
	if (node_ikes(A(w), B(w)) != 0 || node_ikes(B(w), A(w)) != 0)
		return "the phase 1 is still there";
	return world_flows(A(w), B(w), 0) ? NULL : "no traffic";
}

/* Things that cross each other: whatever wins, traffic flows after it. */
#define CROSSING(name, first, second) \
	static void name(struct world *w) { under_traffic(w, first, second); hosts_traffic(w, SEC(5), MSEC(250)); }
CROSSING(delete_by_both, hosts_child_delete, hosts_child_delete)
CROSSING(rekey_and_delete, hosts_child_soft, hosts_child_delete)
CROSSING(ike_delete_by_both, hosts_ike_delete, hosts_ike_delete)
CROSSING(ike_rekey_and_delete, hosts_ike_soft, hosts_ike_delete)
CROSSING(child_rekey_and_ike_delete, hosts_child_soft, hosts_ike_delete)
CROSSING(child_delete_and_ike_rekey, hosts_child_delete, hosts_ike_soft)

static const char *
well_again(struct world *w)
{
	const char *wrong = scenario_all_flow(w);

	if (wrong != NULL)
		return wrong;
	if (node_pairs(A(w), B(w)) != 1 || node_ikes(A(w), B(w)) > 1)
		return "not exactly one pair and IKE SA";
	return NULL;
}

/* The phase 1 ends for good before the pair has to be renewed: a new one is made for it. */
static void
phase1_expires(struct world *w)
{
	hosts_first_packet(w);
	hosts_reset_counters(w);
	hosts_traffic(w, SEC(30), MSEC(250));
	w->tap_arg = node_ikes(A(w), B(w)) == 0 ? w : NULL;
	hosts_traffic(w, SEC(60), MSEC(250));
	world_run(w, SEC(1));
}

static const char *
phase1_made_anew(struct world *w)
{
	if (w->tap_arg == NULL)
		return "the phase 1 did not expire";
	if (A(w)->daemon->stats.rekeys == 0)
		return "the pair was not renewed";
	return hosts_nothing_lost(w);
}

/* A second renewal while the first one's predecessor is still on its way out. */
static void
twice(struct world *w)
{
	hosts_first_packet(w);
	hosts_reset_counters(w);
	for (unsigned i = 0; i < 6; i++) {
		hosts_child_soft(i % 2 == 0 ? A(w) : B(w), 0);
		hosts_traffic(w, MSEC(30), MSEC(3));
	}
	hosts_traffic(w, SEC(70), MSEC(250));
	world_run(w, SEC(1));
}

#define STORY(label, b, r, c, ...) { .name = label, .build = b, .run = r, .check = c, __VA_ARGS__ }

static const struct scenario scenarios[] = {
	STORY("v2 child rekey by a", build_v2, child_by_a, renewed, .runs = 12),
	STORY("v2 child rekey by b", build_v2, child_by_b, renewed, .runs = 12),
	STORY("v2 child rekey by both", build_v2_pfs, child_by_both, renewed),
	STORY("v2 tunnel rekey by both", build_v2_tunnel, child_by_both, renewed, .runs = 8),
	STORY("v1 child rekey by a", build_v1, child_by_a, renewed_v1, .runs = 12),
	STORY("v1 child rekey by b", build_v1, child_by_b, renewed_v1, .runs = 12),
	STORY("v1 child rekey by both", build_v1_pfs, child_by_both, renewed_v1),
	STORY("v2 ike rekey by a", build_v2, ike_by_a, renewed, .runs = 12),
	STORY("v2 ike rekey by b", build_v2, ike_by_b, renewed, .runs = 12),
	STORY("v2 ike rekey by both", build_v2, ike_by_both, renewed),
	STORY("v1 phase 1 renewal by a", build_v1, ike_by_a, renewed_v1, .runs = 12),
	STORY("v1 phase 1 renewal by b", build_v1, ike_by_b, renewed_v1, .runs = 12),
	STORY("v1 phase 1 renewal by both", build_v1, ike_by_both, renewed_v1),
	STORY("v2 child and ike rekey cross", build_v2, child_and_ike, renewed),
	STORY("v2 ike and child rekey cross", build_v2, ike_and_child, renewed),
	STORY("v2 both rekey by a", build_v2, both_by_a, renewed),
	STORY("v2 both rekey by both", build_v2, both_by_both, renewed),
	STORY("v1 child and phase 1 renewal cross", build_v1, child_and_ike, renewed_v1),
	STORY("v1 both renewed by both", build_v1, both_by_both, renewed_v1),
	STORY("v2 renewals in a row", build_v2, twice, renewed),
	STORY("v1 renewals in a row", build_v1, twice, renewed_in_haste),
	STORY("v2 ten minutes", build_v2_life, ten_minutes, ten_minutes_passed, .runs = 6),
	STORY("v1 ten minutes", build_v1_life, ten_minutes, ten_minutes_passed, .runs = 6),
	STORY("v2 child deleted by a", build_v2, child_deleted_by_a, anew, .runs = 12),
	STORY("v2 child deleted by b", build_v2, child_deleted_by_b, anew, .runs = 12),
	STORY("v1 child deleted by a", build_v1, child_deleted_by_a, anew, .runs = 12),
	STORY("v1 child deleted by b", build_v1, child_deleted_by_b, anew, .runs = 12),
	STORY("v2 ike deleted by a", build_v2, ike_deleted_by_a, anew, .runs = 12),
	STORY("v2 ike deleted by b", build_v2, ike_deleted_by_b, anew, .runs = 12),
	STORY("v1 phase 1 deleted by a", build_v1, ike_deleted_by_a, still_there, .runs = 12),
	STORY("v1 phase 1 deleted by b", build_v1, ike_deleted_by_b, still_there, .runs = 12),
	STORY("v2 delete by both", build_v2, delete_by_both, well_again),
	STORY("v1 delete by both", build_v1, delete_by_both, well_again),
	STORY("v2 rekey and delete cross", build_v2, rekey_and_delete, well_again),
	STORY("v1 rekey and delete cross", build_v1, rekey_and_delete, well_again),
	STORY("v2 ike delete by both", build_v2, ike_delete_by_both, well_again),
	STORY("v2 ike rekey and delete cross", build_v2, ike_rekey_and_delete, well_again),
	STORY("v2 child rekey and ike delete cross", build_v2, child_rekey_and_ike_delete, well_again),
	STORY("v2 child delete and ike rekey cross", build_v2, child_delete_and_ike_rekey, well_again),
	STORY("v1 phase 1 expires", build_v1_no_renewal, phase1_expires, phase1_made_anew, .runs = 8),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
