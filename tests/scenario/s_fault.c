/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bad days: peers that die, networks that part, lose, double and reorder, kernels that forget, storms of packets.  Traffic flows
 * again within a bound, and nothing is left behind.
 */
#include "scenario/hosts.h"

#include "sadb/sadb.h"

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

static const char v2_dpd[] = REMOTE("ikev2", "dpd_delay 20;") PLAIN_SAINFO;
static const char v1_life[] = REMOTE_WITH("main", "lifetime time 120 seconds;", "ecp256") SAINFO("lifetime time 60 seconds;");
static const char v2_life[] = REMOTE_WITH("ikev2", "lifetime time 120 seconds;", "ecp256") SAINFO("lifetime time 60 seconds;");

HOSTS(v1, conf_v1, conf_v1, 0)
HOSTS(v2, conf_v2, conf_v2, 0)
HOSTS(v2_dpd, v2_dpd, v2_dpd, 0)
HOSTS(v1_life, v1_life, v1_life, 0)
HOSTS(v2_life, v2_life, v2_life, 0)

static void
flush(struct node *n)
{
	struct kern *k = simkern_other(n->kern);

	if (k->ops->sa_flush(k, PROTO_NONE) != IKE_OK)
		n->w->error = IKE_E_KERNEL;
}

/* b loses its power: no goodbye, and its kernel forgets all SAs. */
static void
reboot(struct world *w)
{
	hosts_first_packet(w);
	node_stop(B(w), false);
	flush(B(w));
	world_run(w, SEC(5));
	hosts_start(B(w));
}

/* It is the one who speaks first; INITIAL-CONTACT makes a forget. */
static void
reboot_speaks(struct world *w)
{
	reboot(w);
	hosts_first_packet_back(w);
}

static const char *
contact_made(struct world *w)
{
	if (!node_logged(A(w), "received INITIAL-CONTACT"))
		return "no INITIAL-CONTACT";
	const char *wrong = hosts_one_pair(w);
	return wrong != NULL ? wrong : world_agree(w);
}

/* The other one speaks first: into the void, until its liveness check says so. */
static void
reboot_listens(struct world *w)
{
	reboot(w);
	hosts_send(A(w), B(w), SEC(120), SEC(1));
}

/* The daemon alone is killed; the kernel goes on with its SAs, and renewal finds out. */
static void
crash(struct world *w)
{
	hosts_first_packet(w);
	node_stop(B(w), false);
	hosts_start(B(w));
	hosts_traffic(w, SEC(240), SEC(1));
}

static const char *
flows(struct world *w)
{
	return scenario_all_flow(w);
}

/* The network parts for |span| at some moment. */
static void
part(struct world *w, ike_time span)
{
	node_apart(A(w), B(w), true);
	hosts_traffic(w, span, SEC(1));
	node_apart(A(w), B(w), false);
}

static void
part_idle(struct world *w)
{
	hosts_first_packet(w);
	node_cut(B(w), true);
	world_run(w, SEC(60));
	node_cut(B(w), false);
	hosts_traffic(w, SEC(2), MSEC(100));
}

static const char *
undisturbed(struct world *w)
{
	if (A(w)->daemon->stats.child_up != 1 || A(w)->daemon->stats.ike_up != 1)
		return "an idle partition made something anew";
	return hosts_one_pair(w);
}

static void
part_handshake(struct world *w)
{
	node_send(A(w), B(w), 17, 1000, 2000);
	world_run(w, MSEC(15));
	part(w, SEC(30));
	hosts_traffic(w, SEC(15), SEC(1));
}

static void
part_rekey(struct world *w)
{
	hosts_first_packet(w);
	hosts_child_soft(A(w), 0);
	world_run(w, MSEC(5));
	part(w, SEC(30));
	hosts_traffic(w, SEC(15), SEC(1));
}

/* Longer than anybody's patience. */
static void
part_long(struct world *w)
{
	hosts_first_packet(w);
	hosts_child_soft(A(w), 0);
	hosts_ike_soft(B(w), 0);
	world_run(w, MSEC(5));
	part(w, SEC(300));
	hosts_traffic(w, SEC(40), SEC(1));
}

/* Lifetimes end while the peer is away: hard, since nothing can be renewed. */
static void
expire(struct world *w)
{
	hosts_first_packet(w);
	node_cut(B(w), true);
	world_run(w, SEC(200));
	w->tap_arg = node_pairs(A(w), B(w)) == 0 && node_pairs(B(w), A(w)) == 0 ? w : NULL;
	node_cut(B(w), false);
	hosts_traffic(w, SEC(70), SEC(1));
}

static const char *
expired(struct world *w)
{
	return w->tap_arg == NULL ? "expired SAs are still there" : scenario_all_flow(w);
}

/* One end deletes and the other does not hear of it. */
static void
halfling(struct world *w)
{
	hosts_first_packet(w);
	node_apart(A(w), B(w), true);
	hosts_child_delete(B(w), 0);
	world_run(w, SEC(2));
	flush(B(w));
	node_apart(A(w), B(w), false);
	world_run(w, SEC(2));
	hosts_child_soft(A(w), 0);
	hosts_traffic(w, SEC(70), SEC(1));
}

/* Somebody flushes the SAD of one end (setkey -F). */
static void
flushed(struct world *w)
{
	hosts_first_packet(w);
	flush(A(w));
	hosts_traffic(w, SEC(5), MSEC(500));
}

static void
flushed_both(struct world *w)
{
	hosts_first_packet(w);
	flush(A(w));
	flush(B(w));
	hosts_traffic(w, SEC(5), MSEC(500));
}

/* Nobody answers: 10,000 packets, one negotiation. */
static void
storm(struct world *w)
{
	node_stop(B(w), false);
	for (unsigned i = 0; i < 10000; i++) {
		node_send(A(w), B(w), 17, (uint16_t)i, 2000);
		if (i % 100 == 0)
			world_run(w, MSEC(10));
		if (node_all_ikes(A(w)) > 1 || node_all_children(A(w)) > 1)
			w->error = IKE_E_EXISTS;
	}
	world_run(w, SEC(10));
}

static const char *
weathered(struct world *w)
{
	if (w->error != IKE_OK)
		return "more than one negotiation";
	if (A(w)->daemon->stats.ike_failed > 0 || w->n_datagrams > 8)
		return "more than one negotiation";
	if (node_start(B(w)) != IKE_OK)
		return "b does not come back";
	return scenario_all_flow(w);
}

static const char *
weathered_faulty(struct world *w)
{
	if (B(w)->daemon == NULL)
		hosts_start(B(w));
	return scenario_all_flow(w);
}

/* A bad line for ten minutes, with renewals all the time. */
static void
bad_line(struct world *w)
{
	hosts_traffic(w, SEC(600), MSEC(500));
}

static const char *
bad_line_survived(struct world *w)
{
	unsigned sent = A(w)->sent + B(w)->sent, delivered = A(w)->delivered + B(w)->delivered;

	/* packets travel without loss here: what is missing was lost by us */
	if (delivered * 100 < sent * 95)
		return "more than 5 % of the packets were lost by negotiations";
	if (A(w)->clear + B(w)->clear != 0)
		return "packets in clear";
	if (node_pairs(A(w), B(w)) > 2 || node_pairs(B(w), A(w)) > 2)
		return "too many pairs";
	return scenario_all_flow(w);
}

/* TERM takes what is ours, and nothing else: others have an SA and policies in the same kernel. */
static struct sa_spec
foreign_sa(struct world *w)
{
	struct sa_spec sa = { .id = { .proto = PROTO_ESP, .spi = 0x1234 }, .mode = MODE_TRANSPORT, .encr = ENCR_AES_CBC,
		.encr_bits = 128, .integ = INTEG_HMAC_SHA256_128 };

	sa.src = A(w)->addr;
	if (addr_parse("192.0.2.99", &sa.id.dst) != IKE_OK)
		w->error = IKE_E_SYNTAX;
	return sa;
}

static void
terminate(struct world *w)
{
	struct kern *k = simkern_other(A(w)->kern);
	struct sa_spec sa = foreign_sa(w);
	struct sa_keys keys = { .encr_len = 16, .integ_len = 32 };

	if (k->ops->sa_install(k, &sa, &keys, false) != IKE_OK)
		w->error = IKE_E_KERNEL;
	hosts_first_packet(w);
	node_close(A(w));
	world_run(w, SEC(3));
}

static const char *
terminated(struct world *w)
{
	struct kern *k = simkern_other(A(w)->kern);
	struct sa_spec sa = foreign_sa(w);
	struct sa_usage usage;

	if (k->ops->sa_get(k, &sa.id, &sa.src, NULL, &usage) != IKE_OK && w->error == IKE_OK)
		return "somebody else's SA is gone";
	if (simkern_sa_count(A(w)->kern) > 1)
		return "something of ours stays";
	if (simkern_sp_count(A(w)->kern) != 2)
		return "somebody else's policies are gone";
	return world_check(w);
}

static const char *
terminated_well(struct world *w)
{
	if (B(w)->daemon->stats.child_up != 1)
		return "the story could not be told";
	/* jitter may put IKEv1's goodbyes out of order, so that the last cannot be read */
	if (w->opt.jitter == 0 && (simkern_sa_count(B(w)->kern) != 0 || node_all_ikes(B(w)) != 0))
		return "the peer was not told";
	return terminated(w);
}

/* a sits behind a NAT box: no UDP encapsulation yet, so no child; but it ends well, and an address moves for nobody. */
static bool
build_nat(struct world *w)
{
	struct policy_options po = { 0 };

	if (!hosts_two(w, conf_v2, conf_v2, &po))
		return false;
	B(w)->psk = PSK_LINES "198.51.100.1 a secret of some length\n";
	node_nat(A(w), "198.51.100.1");
	return w->error == IKE_OK;
}

static void
behind_nat(struct world *w)
{
	hosts_first_packet(w);
	w->tap_arg = B(w)->daemon->stats.ike_up == 1 ? w : NULL;
	node_nat_rebind(A(w));
	hosts_send(A(w), B(w), SEC(100), SEC(1));
}

static const char *
nat_checked(struct world *w)
{
	if (simkern_sa_count(B(w)->kern) != 0)
		return "a child that cannot work";
	if (A(w)->clear != 0)
		return "packets in clear";
	if (node_all_ikes(A(w)) > 2 || node_all_ikes(B(w)) > 4)
		return "IKE SAs pile up";
	return world_check(w);
}

static const char *
nat_plain(struct world *w)
{
	return w->tap_arg == NULL ? "no IKE SA through the NAT" : nat_checked(w);
}

#define STORY(label, b, r, c, n, ...) { .name = label, .build = b, .run = r, .check = c, .runs = n, __VA_ARGS__ }
#define BAD_LINE .loss = 20, .duplicate = 10, .reorder = 5, .jitter = MSEC(200), .latency = MSEC(20), .mtu = 1280

static const struct scenario scenarios[] = {
	STORY("v2 reboot, speaks first", build_v2, reboot_speaks, contact_made, 10),
	STORY("v1 reboot, speaks first", build_v1, reboot_speaks, contact_made, 10),
	STORY("v2 reboot, listens", build_v2_dpd, reboot_listens, flows, 10),
	/* the pair of the daemon that was killed is nobody's, beside the two of its successor */
	STORY("v2 daemon killed", build_v2_life, crash, flows, 5, .max_pairs = 3),
	STORY("v1 daemon killed", build_v1_life, crash, flows, 5, .max_pairs = 3),
	STORY("v2 apart when idle", build_v2, part_idle, undisturbed, 10),
	STORY("v1 apart when idle", build_v1, part_idle, undisturbed, 10),
	STORY("v2 apart in handshake", build_v2, part_handshake, flows, 10),
	STORY("v1 apart in handshake", build_v1, part_handshake, flows, 10),
	STORY("v2 apart in rekey", build_v2, part_rekey, flows, 10),
	STORY("v1 apart in rekey", build_v1, part_rekey, flows, 10),
	STORY("v2 apart for long", build_v2, part_long, flows, 10),
	STORY("v1 apart for long", build_v1, part_long, flows, 10),
	STORY("v2 expiry", build_v2_life, expire, expired, 10),
	STORY("v1 expiry", build_v1_life, expire, expired, 10),
	STORY("v2 halfling", build_v2, halfling, flows, 10),
	STORY("v1 halfling", build_v1, halfling, flows, 10),
	STORY("v2 flush", build_v2, flushed, flows, 10),
	STORY("v1 flush", build_v1, flushed, flows, 10),
	STORY("v2 flush at both", build_v2, flushed_both, flows, 10),
	STORY("v1 flush at both", build_v1, flushed_both, flows, 10),
	STORY("v2 storm", build_v2, storm, weathered, 3, .settled = weathered_faulty),
	STORY("v1 storm", build_v1, storm, weathered, 3, .settled = weathered_faulty),
	STORY("v2 bad line", build_v2_life, bad_line, bad_line_survived, 4, .opt = { BAD_LINE }),
	STORY("v1 bad line", build_v1_life, bad_line, bad_line_survived, 4, .opt = { BAD_LINE }),
	STORY("v2 terminated", build_v2, terminate, terminated_well, 10, .settled = terminated),
	STORY("v1 terminated", build_v1, terminate, terminated_well, 10, .settled = terminated),
	STORY("v2 behind nat", build_nat, behind_nat, nat_plain, 5, .settled = nat_checked),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
