/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Restarts in which the new daemon goes on with the state of the old one: the same SPIs and message ids, no packet lost, no
 * negotiation because of it; and states that must not be used.
 */
#include "scenario/hosts.h"

#include <stdio.h>
#include <string.h>

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

/* 500 packets per second, both directions together. */
#define GAP MSEC(4)
#define DOWN MSEC(200)

static const char v1_pfs[] = REMOTE("main", "") SAINFO("lifetime time 8 hours; pfs_group ecp256;");
static const char v2_pfs[] = REMOTE("ikev2", "") SAINFO("lifetime time 8 hours; pfs_group ecp256;");
static const char v2_groups[] = REMOTE_WITH("ikev2", "", "modp2048") SAINFO("lifetime time 8 hours; pfs_group modp2048;");
static const char v2_x25519[] = REMOTE_WITH("ikev2", "", "x25519") SAINFO("lifetime time 8 hours; pfs_group x25519;");
static const char v2_dpd[] = REMOTE("ikev2", "dpd_delay 5;") PLAIN_SAINFO;

HOSTS(v1, conf_v1, conf_v1, 0)
HOSTS(v2, conf_v2, conf_v2, 0)
HOSTS(v1_pfs, v1_pfs, v1_pfs, 0)
HOSTS(v2_pfs, v2_pfs, v2_pfs, 0)
HOSTS(v2_groups, v2_groups, v2_groups, 0)
HOSTS(v2_x25519, v2_x25519, v2_x25519, .mode = MODE_TUNNEL)
HOSTS(v2_dpd, v2_dpd, v2_dpd, 0)

/* What must not change. */
struct before {
	uint64_t ike[2], ike_ups;
	uint32_t in[2], out[2];
	uint64_t child_ups;
};

static struct before
look(struct world *w)
{
	struct before b = { 0 };

	for (unsigned i = 0; i < 2; i++) {
		const struct ike_sa *ike = hosts_ike(&w->node[i], 0);
		const struct child *c = hosts_child(&w->node[i], 0);
		b.ike[i] = ike == NULL ? 0 : ike->my_spi;
		b.in[i] = c == NULL ? 0 : c->spi_in;
		b.out[i] = c == NULL ? 0 : c->spi_out;
		if (w->node[i].daemon == NULL)
			continue;
		b.ike_ups += w->node[i].daemon->stats.ike_up;
		b.child_ups += w->node[i].daemon->stats.child_up;
	}
	return b;
}

static struct before seen;

/* Restart |n| under traffic; if memory is out, the old daemon just dies. */
static void
restart(struct node *n)
{
	struct world *w = n->w;

	if (node_hand_over(n) != IKE_OK)
		node_stop(n, false);
	hosts_traffic(w, DOWN, GAP);
	if (node_start(n) != IKE_OK)
		hosts_start(n);
}

static void
up_and_running(struct world *w)
{
	hosts_first_packet(w);
	hosts_reset_counters(w);
	hosts_traffic(w, MSEC(100), GAP);
	seen = look(w);
}

/* Each of the two twice in a row. */
static void
twice(struct world *w)
{
	up_and_running(w);
	for (unsigned i = 0; i < 4; i++) {
		restart(i % 2 == 0 ? A(w) : B(w));
		hosts_traffic(w, MSEC(100), GAP);
	}
	world_run(w, SEC(1));
}

static const char *
unchanged(struct world *w)
{
	struct before now = look(w);
	const char *lost = hosts_nothing_lost(w);

	if (lost != NULL)
		return lost;
	if (memcmp(&now, &seen, sizeof(now)) != 0 || now.ike[0] == 0 || now.in[0] == 0)
		return "an SPI has changed, or there was a negotiation";
	if (node_all_children(A(w)) != 1 || node_all_ikes(A(w)) != 1)
		return "not exactly one pair and one IKE SA";
	return NULL;
}

/* And life goes on: renewals of both kinds from both ends, then a delete. */
static const char *
unchanged_and_well(struct world *w)
{
	const char *wrong = unchanged(w);

	if (wrong != NULL)
		return wrong;
	for (unsigned i = 0; i < 2; i++) {
		hosts_child_soft(&w->node[i], 0);
		hosts_traffic(w, SEC(2), GAP);
		hosts_ike_soft(&w->node[i], 0);
		hosts_traffic(w, SEC(2), GAP);
	}
	world_run(w, SEC(70));
	struct before now = look(w);
	if ((wrong = hosts_nothing_lost(w)) != NULL)
		return wrong;
	if (now.in[0] == seen.in[0] || now.ike[0] == seen.ike[0])
		return "nothing was renewed after the restart";
	wrong = hosts_one_pair(w);
	return wrong != NULL ? wrong : world_agree(w);
}

/*
 * Something is under way when one of the two is restarted: |first| happens to a |early| before b (|other|: a) goes down.
 */
static void
under_way(struct world *w, void (*first)(struct node *, unsigned), struct node *who, struct node *down, ike_time early)
{
	up_and_running(w);
	first(who, 0);
	hosts_traffic(w, early, GAP);
	restart(down);
	hosts_traffic(w, SEC(1), GAP);
	hosts_traffic(w, SEC(20), MSEC(250));
	world_run(w, SEC(1));
}

#define UNDER_WAY(name, first, who, down, early) \
	static void name(struct world *w) { under_way(w, first, who(w), down(w), early); }
UNDER_WAY(our_child_rekey, hosts_child_soft, A, A, 0)
UNDER_WAY(our_child_rekey_answered, hosts_child_soft, A, A, MSEC(12))
UNDER_WAY(our_ike_rekey, hosts_ike_soft, A, A, 0)
UNDER_WAY(our_ike_rekey_answered, hosts_ike_soft, A, A, MSEC(12))
UNDER_WAY(our_ike_delete, hosts_ike_soft, A, A, MSEC(24))
UNDER_WAY(their_child_rekey, hosts_child_soft, A, B, 0)
UNDER_WAY(their_child_rekey_answered, hosts_child_soft, A, B, MSEC(12))
UNDER_WAY(their_child_switch, hosts_child_soft, A, B, MSEC(24))
UNDER_WAY(their_ike_rekey, hosts_ike_soft, A, B, 0)
UNDER_WAY(their_ike_rekey_answered, hosts_ike_soft, A, B, MSEC(12))
UNDER_WAY(retiring, hosts_child_soft, A, A, MSEC(36))

static const char *
renewed(struct world *w)
{
	const char *lost = hosts_nothing_lost(w);

	if (lost != NULL)
		return lost;
	struct before now = look(w);
	if (now.child_ups + now.ike_ups == seen.child_ups + seen.ike_ups)
		return "what was under way came to nothing";
	if (now.child_ups + now.ike_ups != seen.child_ups + seen.ike_ups + 2)
		return "there was more than one renewal";
	world_run(w, SEC(70));
	const char *wrong = hosts_one_pair(w);
	return wrong != NULL ? wrong : world_agree(w);
}

static bool
lose_all_of_a(struct world *w, struct node *from, struct dgram *d, void *arg)
{
	(void)d;
	(void)arg;
	return from != A(w);
}

/* a deletes what it has replaced, b does not hear of it, and the next process at a asks b what it has. */
static void
delete_unheard(struct world *w)
{
	up_and_running(w);
	hosts_child_soft(A(w), 0);
	hosts_traffic(w, MSEC(60), GAP);
	w->tap = lose_all_of_a;
	hosts_traffic(w, MSEC(400), GAP);
	w->tap = NULL;
	restart(A(w));
	hosts_traffic(w, SEC(2), GAP);
	world_run(w, SEC(1));
}

static const char *
heard_after_all(struct world *w)
{
	if (node_all_children(B(w)) != 1)
		return "b keeps what a has deleted";
	return renewed(w);
}

/* The first negotiation is not handed over: the packet that waits for it is not forgotten. */
static void
first_negotiation(struct world *w)
{
	node_send(A(w), B(w), 17, 1000, 2000);
	world_run(w, MSEC(15));
	if (node_hand_over(A(w)) != IKE_OK)
		node_stop(A(w), false);
	world_run(w, MSEC(50));
	if (node_start(A(w)) != IKE_OK)
		hosts_start(A(w));
	world_run(w, SEC(5));
	w->tap_arg = node_pairs(A(w), B(w)) == 1 ? w : NULL;
	world_run(w, SEC(60));
}

static const char *
came_up(struct world *w)
{
	if (w->tap_arg == NULL)
		return "the packet that waited was forgotten";
	return hosts_one_pair(w);
}

/* Liveness goes on: checks are answered, and a peer that dies later is noticed. */
static void
liveness(struct world *w)
{
	hosts_first_packet(w);
	world_run(w, SEC(12));
	restart(A(w));
	restart(B(w));
	world_run(w, SEC(60));
	seen = look(w);
	node_cut(B(w), true);
	hosts_send(A(w), B(w), SEC(90), MSEC(500));
	w->tap_arg = node_ikes(A(w), B(w)) == 0 && seen.ike[0] != 0 ? w : NULL;
	node_cut(B(w), false);
}

static const char *
noticed(struct world *w)
{
	return w->tap_arg != NULL ? NULL : "the dead peer was not noticed, or the live one not kept";
}

/* The new configuration has no place for the peer: it is told. */
static const char nobody[] = "path pre_shared_key \"/psk\";\nremote 192.0.2.9 { exchange_mode ikev2; proposal { encryption_algorithm aes;"
    " hash_algorithm sha256; authentication_method pre_shared_key; dh_group ecp256; } }\n" PLAIN_SAINFO;

static void
unwanted(struct world *w)
{
	hosts_first_packet(w);
	if (node_hand_over(A(w)) != IKE_OK)
		node_stop(A(w), false);
	if (node_configure(A(w), nobody) != IKE_OK || node_start(A(w)) != IKE_OK)
		hosts_start(A(w));
	world_run(w, SEC(3));
}

static const char *
told(struct world *w)
{
	if (node_ikes(B(w), A(w)) != 0 || node_pairs(B(w), A(w)) != 0 || node_pairs(A(w), B(w)) != 0)
		return "the peer was not told";
	return node_logged(A(w), "no section of the configuration") ? NULL : "the log does not say why";
}

static const char *
settled_unwanted(struct world *w)
{
	return world_check(w);
}

/* An SA is taken out of the kernel between the two processes. */
static void
half_gone(struct world *w)
{
	struct kern *k = simkern_other(A(w)->kern);

	hosts_first_packet(w);
	hosts_traffic(w, MSEC(100), GAP);
	const struct child *c = hosts_child(A(w), 0);
	struct sa_id id = { .proto = PROTO_ESP, .dst = B(w)->addr };
	if (c != NULL)
		id.spi = c->spi_out;
	if (node_hand_over(A(w)) != IKE_OK)
		node_stop(A(w), false);
	if (id.spi != 0)
		(void)!k->ops->sa_delete(k, &id, &A(w)->addr);
	if (node_start(A(w)) != IKE_OK)
		hosts_start(A(w));
	world_run(w, SEC(3));
}

static const char *
healed(struct world *w)
{
	const char *wrong = hosts_one_pair(w);

	if (wrong == NULL && A(w)->daemon->stats.child_up < 2)
		wrong = "the lost half was not replaced";
	return wrong != NULL ? wrong : world_agree(w);
}

/* Renewals of all kinds while both are restarted again and again, and a third of the datagrams is lost. */
static void
lossy(struct world *w)
{
	unsigned loss = w->opt.loss;

	w->opt.loss = 0;
	up_and_running(w);
	w->opt.loss = loss;
	for (unsigned i = 0; i < 8; i++) {
		struct node *n = &w->node[i % 2];
		if (i % 4 < 2)
			hosts_child_soft(n, 0);
		else
			hosts_ike_soft(n, 0);
		hosts_traffic(w, MSEC(20) + MSEC(30) * i, GAP);
		restart(&w->node[i / 2 % 2]);
		hosts_traffic(w, SEC(8), MSEC(20));
	}
	w->opt.loss = 0;
	hosts_traffic(w, SEC(70), MSEC(250));
	world_run(w, SEC(1));
}

static const char *
renewed_in_spite_of_loss(struct world *w)
{
	const char *lost = hosts_nothing_lost(w);

	if (lost != NULL)
		return lost;
	struct before now = look(w);
	if (now.in[0] == seen.in[0] || now.ike[0] == seen.ike[0])
		return "nothing was renewed";
	const char *wrong = hosts_one_pair(w);
	return wrong != NULL ? wrong : world_agree(w);
}

/*
 * IKEv1 loses packets in such a network, restarts or not (the same story without them loses as many): its deletes are
 * not acknowledged.  What restarts must not do is leave anything behind.
 */
static const char *
well_in_spite_of_loss(struct world *w)
{
	const char *wrong = scenario_all_flow(w);

	if (wrong != NULL)
		return wrong;
	world_run(w, SEC(70));
	struct before now = look(w);
	if (now.in[0] == seen.in[0] || now.ike[0] == seen.ike[0])
		return "nothing was renewed";
	/* a delete that got lost leaves one to the end of its lifetime */
	return node_pairs(A(w), B(w)) <= 2 && node_pairs(B(w), A(w)) <= 2 ? NULL : "more than two pairs";
}

/* Twenty hosts, half of them with each version first: each is restarted twice. */
#define MESH 20
static char mesh_names[MESH][4], mesh_addrs[MESH][16], mesh_psk[MESH * 32];
static const char mesh_v1[] = REMOTE("main, ikev2", "") PLAIN_SAINFO;
static const char mesh_v2[] = REMOTE("ikev2, main", "") PLAIN_SAINFO;

static bool
build_mesh(struct world *w)
{
	struct policy_options po = { 0 };
	size_t n = 0;

	for (unsigned i = 0; i < MESH; i++)
		n += (size_t)snprintf(mesh_psk + n, sizeof(mesh_psk) - n, "192.0.2.%u mesh\n", i + 1);
	for (unsigned i = 0; i < MESH; i++) {
		(void)snprintf(mesh_names[i], sizeof(mesh_names[i]), "h%u", i + 1);
		(void)snprintf(mesh_addrs[i], sizeof(mesh_addrs[i]), "192.0.2.%u", i + 1);
		if (world_node(w, mesh_names[i], mesh_addrs[i], i % 2 == 0 ? mesh_v1 : mesh_v2, mesh_psk) == NULL)
			return false;
	}
	for (unsigned i = 0; i < MESH; i++)
		for (unsigned k = i + 1; k < MESH; k++)
			world_protect(&w->node[i], &w->node[k], &po);
	return w->error == IKE_OK;
}

/* 500 packets per second between pairs of hosts one after the other, for |span|. */
static void
mesh_traffic(struct world *w, ike_time span)
{
	static unsigned from, to;

	for (ike_time end = w->now + span; w->now < end;) {
		to = (to + 1) % MESH;
		from = (from + (to == 0)) % MESH;
		if (from != to)
			node_send(&w->node[from], &w->node[to], 17, 1000, 2000);
		world_run(w, MSEC(2));
	}
}

/* All SPIs of all hosts, in one number. */
static uint64_t
all_spis(struct world *w)
{
	static const uint8_t key[16];
	uint64_t sum = 0;

	for (unsigned i = 0; i < w->n_nodes; i++) {
		uint32_t it = 0;
		const struct ike_sa *ike;
		const struct child *c;
		while (w->node[i].daemon != NULL && (ike = slot_each(&w->node[i].daemon->ikes.ids, &it)) != NULL)
			sum += siphash24(key, slice_of(&ike->my_spi, sizeof(ike->my_spi)));
		it = 0;
		while (w->node[i].daemon != NULL && (c = slot_each(&w->node[i].daemon->children.ids, &it)) != NULL)
			sum += siphash24(key, slice_of(&c->spi_in, sizeof(c->spi_in)));
	}
	return sum;
}

static uint64_t mesh_before;

static void
mesh_restarts(struct world *w)
{
	for (unsigned i = 0; i < MESH; i++)
		for (unsigned k = i + 1; k < MESH; k++)
			node_send(&w->node[i], &w->node[k], 17, 1000, 2000);
	world_run(w, SEC(20));
	hosts_reset_counters(w);
	mesh_before = all_spis(w);
	for (unsigned i = 0; i < 2 * MESH; i++) {
		struct node *n = &w->node[i / 2];
		if (node_hand_over(n) != IKE_OK)
			node_stop(n, false);
		mesh_traffic(w, MSEC(100));
		if (node_start(n) != IKE_OK)
			hosts_start(n);
		mesh_traffic(w, MSEC(100));
	}
	world_run(w, SEC(1));
}

static const char *
mesh_unchanged(struct world *w)
{
	const char *lost = hosts_nothing_lost(w);

	if (lost != NULL)
		return lost;
	for (unsigned i = 0; i < MESH; i++)
		if (node_all_ikes(&w->node[i]) != MESH - 1 || node_all_children(&w->node[i]) != MESH - 1)
			return "not one IKE SA and one pair with each";
	return all_spis(w) == mesh_before ? world_agree(w) : "an SPI has changed";
}

#define STORY(label, b, r, c, ...) { .name = label, .build = b, .run = r, .check = c, __VA_ARGS__ }

static const struct scenario scenarios[] = {
	STORY("v2 restarts in a row", build_v2, twice, unchanged_and_well),
	STORY("v1 restarts in a row", build_v1, twice, unchanged_and_well),
	STORY("v2 tunnel x25519 restarts in a row", build_v2_x25519, twice, unchanged_and_well, .runs = 8),
	STORY("v2 our child rekey", build_v2_pfs, our_child_rekey, renewed),
	STORY("v2 our child rekey modp", build_v2_groups, our_child_rekey, renewed, .runs = 4),
	STORY("v2 our child rekey x25519", build_v2_x25519, our_child_rekey, renewed, .runs = 4),
	STORY("v2 our child rekey answered", build_v2_pfs, our_child_rekey_answered, renewed),
	STORY("v2 our ike rekey", build_v2, our_ike_rekey, renewed),
	STORY("v2 our ike rekey answered", build_v2, our_ike_rekey_answered, renewed, .runs = 8),
	STORY("v2 our ike delete", build_v2, our_ike_delete, renewed, .runs = 8),
	STORY("v2 their child rekey", build_v2_pfs, their_child_rekey, renewed),
	STORY("v2 their child rekey answered", build_v2_pfs, their_child_rekey_answered, renewed),
	STORY("v2 their child switch", build_v2, their_child_switch, renewed, .runs = 8),
	STORY("v2 their ike rekey", build_v2, their_ike_rekey, renewed),
	STORY("v2 their ike rekey answered", build_v2, their_ike_rekey_answered, renewed, .runs = 8),
	STORY("v2 retiring", build_v2, retiring, renewed, .runs = 8),
	STORY("v1 our child rekey", build_v1_pfs, our_child_rekey, renewed),
	STORY("v1 our child rekey answered", build_v1_pfs, our_child_rekey_answered, renewed),
	STORY("v1 their child rekey", build_v1_pfs, their_child_rekey, renewed),
	STORY("v1 their child rekey answered", build_v1_pfs, their_child_rekey_answered, renewed),
	STORY("v1 their child switch", build_v1, their_child_switch, renewed, .runs = 8),
	STORY("v1 phase 1 renewal", build_v1, our_ike_rekey_answered, renewed, .runs = 8),
	STORY("v2 first negotiation", build_v2, first_negotiation, came_up),
	STORY("v1 first negotiation", build_v1, first_negotiation, came_up),
	STORY("v2 liveness", build_v2_dpd, liveness, noticed, .runs = 6),
	STORY("v2 unwanted", build_v2, unwanted, told, .settled = settled_unwanted, .runs = 8),
	STORY("v2 loss", build_v2_pfs, lossy, renewed_in_spite_of_loss, .max_pairs = 4, .runs = 8, .opt = { .loss = 30 }),
	STORY("v1 loss", build_v1_pfs, lossy, well_in_spite_of_loss, .max_pairs = 4, .runs = 8, .opt = { .loss = 30 }),
	STORY("twenty hosts", build_mesh, mesh_restarts, mesh_unchanged, .runs = 1),
	STORY("v1 delete unheard", build_v1, delete_unheard, heard_after_all, .runs = 8),
	STORY("v2 half gone", build_v2, half_gone, healed),
	STORY("v1 half gone", build_v1, half_gone, healed),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
