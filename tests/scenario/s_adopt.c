/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A daemon that ends and is started again, by SIGKILL or by TERM with keep_sas, finds its SAs in the kernel and goes on with them:
 * no packet of established traffic is lost, and what is not its own is left alone.
 */
#include "scenario/faults.h"

#include "ringtail/ike/record.h"

#include <string.h>

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

HOSTS(v1, conf_v1, conf_v1, 0)
HOSTS(v2, conf_v2, conf_v2, 0)
HOSTS(v1_tunnel, conf_v1, conf_v1, .mode = MODE_TUNNEL)
HOSTS(v2_tunnel, conf_v2, conf_v2, .mode = MODE_TUNNEL)

HOSTS(v1_ah, conf_v1, conf_v1, .ipsec = PROTO_AH)
HOSTS(v2_ah, conf_v2, conf_v2, .ipsec = PROTO_AH)

static bool
build_six(struct world *w, const char *conf, uint8_t mode)
{
	static const char psk[] = "2001:db8::1 a secret of some length\n2001:db8::2 a secret of some length\n";
	struct policy_options po = { .mode = mode };

	if (world_node(w, "a", "2001:db8::1", conf, psk) == NULL || world_node(w, "b", "2001:db8::2", conf, psk) == NULL)
		return false;
	world_protect(A(w), B(w), &po);
	return w->error == IKE_OK;
}

static bool
build_v1_six(struct world *w)
{
	return build_six(w, conf_v1, MODE_TRANSPORT);
}

static bool
build_v2_six(struct world *w)
{
	return build_six(w, conf_v2, MODE_TUNNEL);
}

/* Policies of the daemon's own, with reqids of its own. */
static bool
build_owned(struct world *w, const char *conf_a, const char *conf_b)
{
	world_put(w, "/etc/a.setkey",
	    "spdadd 192.0.2.1 192.0.2.2 any -P out ipsec esp/transport//require;\n"
	    "spdadd 192.0.2.2 192.0.2.1 any -P in ipsec esp/transport//require;\n");
	world_put(w, "/etc/b.setkey",
	    "spdadd 192.0.2.2 192.0.2.1 any -P out ipsec esp/transport//require;\n"
	    "spdadd 192.0.2.1 192.0.2.2 any -P in ipsec esp/transport//require;\n");
	return world_node(w, "a", "192.0.2.1", conf_a, PSK_LINES) != NULL && world_node(w, "b", "192.0.2.2", conf_b, PSK_LINES) != NULL;
}

static bool
build_v1_owned(struct world *w)
{
	return build_owned(w, "policy_file \"/etc/a.setkey\";\n" REMOTE("main", "") PLAIN_SAINFO,
	    "policy_file \"/etc/b.setkey\";\n" REMOTE("main", "") PLAIN_SAINFO);
}

static bool
build_v2_owned(struct world *w)
{
	return build_owned(w, "policy_file \"/etc/a.setkey\";\n" REMOTE("ikev2", "") PLAIN_SAINFO,
	    "policy_file \"/etc/b.setkey\";\n" REMOTE("ikev2", "") PLAIN_SAINFO);
}

static const char v1_life[] = REMOTE_WITH("main", "lifetime time 240 seconds;", "ecp256") SAINFO("lifetime time 120 seconds;");
static const char v2_life[] = REMOTE_WITH("ikev2", "lifetime time 240 seconds;", "ecp256") SAINFO("lifetime time 120 seconds;");
HOSTS(v1_life, v1_life, v1_life, 0)
HOSTS(v2_life, v2_life, v2_life, 0)

/* Two policies with different ports between the same hosts, with reqids of setkey's. */
static bool
build_two_policies(struct world *w, const char *conf)
{
	struct policy_options tcp = { .proto = 6, .port = 22, .reqid = 1 }, udp = { .proto = 17, .port = 2000, .reqid = 2 };

	if (!hosts_two(w, conf, conf, &tcp))
		return false;
	world_protect(A(w), B(w), &udp);
	return w->error == IKE_OK;
}

static bool
build_v1_ports(struct world *w)
{
	return build_two_policies(w, conf_v1);
}

static bool
build_v2_ports(struct world *w)
{
	return build_two_policies(w, conf_v2);
}

/* 100 packets/s each way. */
static void
traffic(struct world *w, ike_time span)
{
	hosts_traffic(w, span, MSEC(10));
}

static void
up(struct world *w)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(3), MSEC(100));
	hosts_reset_counters(w);
}

static void
again(struct world *w, bool term)
{
	node_stop(B(w), term);
	traffic(w, MSEC(300));
	hosts_start(B(w));
	traffic(w, SEC(2));
}

static void
killed(struct world *w)
{
	up(w);
	again(w, false);
	traffic(w, SEC(30));
}

static void
kept(struct world *w)
{
	up(w);
	again(w, true);
	traffic(w, SEC(30));
}

static void
killed_twice(struct world *w)
{
	up(w);
	again(w, false);
	again(w, true);
	again(w, false);
	traffic(w, SEC(30));
}

/* Both ends at once. */
static void
both_killed(struct world *w)
{
	up(w);
	node_stop(A(w), false);
	node_stop(B(w), false);
	traffic(w, MSEC(300));
	hosts_start(A(w));
	hosts_start(B(w));
	traffic(w, SEC(30));
}

static const char *
gone_on(struct world *w)
{
	const char *wrong = hosts_nothing_lost(w);

	if (wrong != NULL)
		return wrong;
	if (A(w)->clear + B(w)->clear != 0)
		return "packets in clear";
	if (B(w)->daemon->stats.adopted == 0)
		return "nothing was adopted";
	if (fault_repairs(B(w), SADB_R_SA_ORPHAN) != 0 || fault_repairs(B(w), SADB_R_SA_LOST) != 0)
		return "something was repaired";
	if (node_pairs(A(w), B(w)) > 2 || node_pairs(B(w), A(w)) > 2)
		return "too many pairs";
	return world_check(w);
}

/* The daemon says nothing to the other, and its kernel keeps all. */
static void
kept_and_idle(struct world *w)
{
	up(w);
	w->tap_arg = NULL;
	node_stop(B(w), true);
	world_run(w, SEC(5));
}

static const char *
nothing_said(struct world *w)
{
	if (node_pairs(A(w), B(w)) != 1 || node_pairs(B(w), A(w)) != 1 || simkern_sp_count(B(w)->kern) != 2)
		return "something is gone";
	if (node_ikes(A(w), B(w)) != 1)
		return "the peer was told";
	hosts_start(B(w));
	return scenario_all_flow(w);
}

/* What a former daemon made is renewed before it ends. */
static void
renewed(struct world *w)
{
	up(w);
	hosts_traffic(w, SEC(30), MSEC(100));
	again(w, false);
	hosts_traffic(w, SEC(150), MSEC(100));
}

static const char *
renewed_in_time(struct world *w)
{
	const char *wrong = gone_on(w);

	if (wrong != NULL)
		return wrong;
	return B(w)->daemon->stats.child_up == 0 && A(w)->daemon->stats.child_up < 2 ? "nothing was renewed" : NULL;
}

/* Without the record only reqids tell; the rest is foreign and is used all the same. */
static void
record_missing(struct world *w)
{
	up(w);
	node_stop(B(w), false);
	node_set_file(B(w), RECORD_FILE, slice_of(NULL, 0));
	hosts_start(B(w));
	traffic(w, SEC(20));
}

static const char *
taken_for_foreign(struct world *w)
{
	struct sadb_counts c;

	/* the peer may hear that we know of nothing, and let go of its ends */
	if (A(w)->sent + B(w)->sent > A(w)->delivered + B(w)->delivered + 10)
		return "traffic was interrupted";
	sadb_count(B(w)->daemon->sadb, &c);
	if (B(w)->daemon->stats.adopted != 0 || c.repairs[SADB_R_SA_ORPHAN] != 0)
		return "what is not ours was touched";
	return c.sa_foreign < 2 ? "foreign SAs are gone" : world_check(w);
}

static const char *
flows_with_leftovers(struct world *w)
{
	return world_flows(A(w), B(w), SEC(240)) ? world_check(w) : "traffic does not flow";
}

/* A crash in the middle of a line, and lines from another age. */
static void
record_torn(struct world *w)
{
	static const char tail[] = "? a line of a later version\n+ 3 1 0x0000";
	struct buf text = { 0 };

	up(w);
	node_stop(B(w), false);
	if (buf_append(&text, node_file(B(w), RECORD_FILE)) != IKE_OK || buf_append(&text, slice_str(tail)) != IKE_OK)
		w->error = IKE_E_NOMEM;
	node_set_file(B(w), RECORD_FILE, buf_slice(&text));
	buf_free(&text);
	hosts_start(B(w));
	traffic(w, SEC(5));
	again(w, false);
	traffic(w, SEC(20));
}

/* The file cannot be written: that is said, and everything works. */
static void
disk_full(struct world *w)
{
	B(w)->disk_full = true;
	up(w);
	B(w)->disk_full = false;
	traffic(w, SEC(61));
	again(w, false);
	traffic(w, SEC(20));
}

static const char *
complained(struct world *w)
{
	if (!node_logged(B(w), "cannot write the record of our SAs") || !node_logged(B(w), "is written again"))
		return "nothing was said of the disk";
	return gone_on(w);
}

/* One half is missing when the daemon comes back: what is left carries traffic until a new pair is up. */
static void
half(struct world *w, bool out)
{
	up(w);
	node_stop(B(w), false);
	if (!fault_delete_sa(B(w), A(w), out))
		w->error = IKE_E_NOTFOUND;
	hosts_start(B(w));
	world_run(w, SEC(1));
	hosts_reset_counters(w);
	traffic(w, SEC(20));
}

static void
half_out(struct world *w)
{
	half(w, true);
}

static void
half_in(struct world *w)
{
	half(w, false);
}

static const char *
healed(struct world *w)
{
	if (w->error != IKE_OK)
		return "the story could not be told";
	const char *wrong = gone_on(w);
	if (wrong != NULL)
		return wrong;
	return node_pairs(A(w), B(w)) != 1 || node_pairs(B(w), A(w)) != 1 ? "the broken pair is still there" : world_agree(w);
}

/* No policy uses the SAs of a former daemon: they go, but not at once, for policies may still be on their way. */
static void
policy_missing(struct world *w)
{
	up(w);
	node_stop(B(w), false);
	fault_flush_policies(B(w));
	if (!fault_add_stranger(B(w), 1))
		w->error = IKE_E_KERNEL;
	hosts_start(B(w));
	world_run(w, ORPHAN_GRACE_EMPTY - SEC(5));
	w->tap_arg = simkern_sa_count(B(w)->kern) == 3 ? w : NULL;
	world_run(w, SEC(10));
}

static const char *
orphans_gone(struct world *w)
{
	if (w->tap_arg == NULL)
		return "orphans were removed too early";
	if (simkern_sa_count(B(w)->kern) != 1)
		return "orphans are still there, or a foreign SA is not";
	if (fault_repairs(B(w), SADB_R_SA_ORPHAN) != 2)
		return "orphans were not counted";
	return world_check(w);
}

static const char *
orphans_gone_faulty(struct world *w)
{
	world_run(w, SEC(120));
	return world_check(w);
}

/* The policies come a little later than the daemon. */
static void
policy_late(struct world *w)
{
	struct policy_options po = { 0 };

	up(w);
	node_stop(B(w), false);
	fault_flush_policies(B(w));
	hosts_start(B(w));
	world_run(w, SEC(20));
	world_protect_at(B(w), A(w), B(w), &po);
	world_run(w, SEC(2));
	hosts_reset_counters(w);
	traffic(w, SEC(20));
}

/* Two pairs between the same hosts that only the record tells apart. */
static void
two_policies(struct world *w)
{
	hosts_first_packet(w);
	node_send(A(w), B(w), 6, 1000, 22);
	hosts_traffic(w, SEC(3), MSEC(100));
	hosts_reset_counters(w);
	again(w, false);
	node_send(A(w), B(w), 6, 1000, 22);
	node_send(B(w), A(w), 6, 22, 1000);
	traffic(w, SEC(20));
}

static const char *
two_adopted(struct world *w)
{
	if (B(w)->daemon->stats.adopted != 2)
		return "not both pairs were adopted";
	return gone_on(w);
}

/* Somebody else's SAs and policies beside ours. */
static void
strangers(struct world *w)
{
	struct kern *k = simkern_other(B(w)->kern);
	struct sp_spec sp = { .id = { .dir = SP_OUT }, .priority = SP_PRIO_HIGH, .action = SP_DISCARD };

	up(w);
	sp.id.sel.src = (struct prefix){ B(w)->addr, 32 };
	sp.id.sel.dst = (struct prefix){ fault_stranger(B(w), 1).id.dst, 32 };
	if (!fault_add_stranger(B(w), 1) || k->ops->sp_install(k, &sp, false) != IKE_OK)
		w->error = IKE_E_KERNEL;
	again(w, false);
	traffic(w, SEC(20));
}

static const char *
strangers_stay(struct world *w)
{
	struct kern *k = simkern_other(B(w)->kern);
	struct sa_spec sa = fault_stranger(B(w), 1);
	struct sa_usage u;

	if (k->ops->sa_get(k, &sa.id, &sa.src, NULL, &u) != IKE_OK || simkern_sp_count(B(w)->kern) != 3)
		return "somebody else's is gone";
	return gone_on(w);
}

/* Killed between the new pair of a renewal and the end of the old one. */
static void
amid_renewal(struct world *w)
{
	up(w);
	hosts_child_soft(B(w), 0);
	world_run(w, MSEC(50));
	again(w, false);
	traffic(w, SEC(30));
}

#define STORY(named, built, told, checked, ...) \
	{ .name = named, .build = built, .run = told, .check = checked, __VA_ARGS__ }

static const struct scenario scenarios[] = {
	STORY("v2 killed", build_v2, killed, gone_on, .runs = 6),
	STORY("v1 killed", build_v1, killed, gone_on, .runs = 6),
	STORY("v2 tunnel killed", build_v2_tunnel, killed, gone_on, .runs = 4),
	STORY("v1 tunnel killed", build_v1_tunnel, killed, gone_on, .runs = 4),
	STORY("v2 AH killed", build_v2_ah, killed, gone_on, .runs = 2),
	STORY("v1 AH killed", build_v1_ah, killed, gone_on, .runs = 2),
	STORY("v2 IPv6 tunnel killed", build_v2_six, killed, gone_on, .runs = 2),
	STORY("v1 IPv6 killed", build_v1_six, killed, gone_on, .runs = 2),
	STORY("v2 kept", build_v2, kept, gone_on, .runs = 6),
	STORY("v1 kept", build_v1, kept, gone_on, .runs = 6),
	STORY("v2 killed twice", build_v2, killed_twice, gone_on, .runs = 4),
	STORY("v1 killed twice", build_v1, killed_twice, gone_on, .runs = 4),
	STORY("v2 both killed", build_v2, both_killed, gone_on, .runs = 4),
	STORY("v1 both killed", build_v1, both_killed, gone_on, .runs = 4),
	STORY("v2 nothing said", build_v2, kept_and_idle, nothing_said, .runs = 6, .settled = nothing_said),
	STORY("v1 nothing said", build_v1, kept_and_idle, nothing_said, .runs = 6, .settled = nothing_said),
	STORY("v2 renewed", build_v2_life, renewed, renewed_in_time, .runs = 4),
	STORY("v1 renewed", build_v1_life, renewed, renewed_in_time, .runs = 4),
	STORY("v2 record missing", build_v2, record_missing, taken_for_foreign, .runs = 4, .settled = flows_with_leftovers),
	STORY("v1 record missing", build_v1, record_missing, taken_for_foreign, .runs = 4, .settled = flows_with_leftovers),
	STORY("v2 reqid without record", build_v2_owned, record_missing, gone_on, .runs = 4),
	STORY("v1 reqid without record", build_v1_owned, record_missing, gone_on, .runs = 4),
	STORY("v2 record torn", build_v2, record_torn, gone_on, .runs = 4),
	STORY("v1 disk full", build_v1, disk_full, complained, .runs = 4),
	STORY("v2 half out", build_v2, half_out, healed, .runs = 6),
	STORY("v1 half out", build_v1, half_out, healed, .runs = 6),
	STORY("v2 half in", build_v2, half_in, healed, .runs = 6),
	STORY("v1 half in", build_v1, half_in, healed, .runs = 6),
	STORY("v2 policy missing", build_v2, policy_missing, orphans_gone, .runs = 6, .settled = orphans_gone_faulty),
	STORY("v1 policy missing", build_v1, policy_missing, orphans_gone, .runs = 6, .settled = orphans_gone_faulty),
	STORY("v2 policy late", build_v2, policy_late, gone_on, .runs = 4),
	STORY("v1 policy late", build_v1, policy_late, gone_on, .runs = 4),
	STORY("v2 two policies", build_v2_ports, two_policies, two_adopted, .runs = 4, .max_pairs = 4),
	STORY("v1 two policies", build_v1_ports, two_policies, two_adopted, .runs = 4, .max_pairs = 4),
	STORY("v2 strangers", build_v2, strangers, strangers_stay, .runs = 4),
	STORY("v1 strangers", build_v1, strangers, strangers_stay, .runs = 4),
	STORY("v2 amid renewal", build_v2, amid_renewal, gone_on, .runs = 4),
	STORY("v1 amid renewal", build_v1, amid_renewal, gone_on, .runs = 4),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
