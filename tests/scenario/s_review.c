/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Somebody on the net who is no peer, and peers that do what they should not: others do not notice.
 */
#include "conf/conf.h"
#include "scenario/hosts.h"
#include "wire/const.h"

#include <string.h>

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])
#define C(w) (&(w)->node[2])

/* Hosts a, b and c, each with a policy for each. */
static bool
three(struct world *w, const char *conf)
{
	struct policy_options po = { 0 };

	if (!hosts_two(w, conf, conf, &po) || world_node(w, "c", "192.0.2.3", conf, PSK_LINES) == NULL)
		return false;
	world_protect(A(w), C(w), &po);
	world_protect(B(w), C(w), &po);
	return w->error == IKE_OK;
}

static bool
build_v1_three(struct world *w)
{
	return three(w, conf_v1);
}

static bool
build_v2_three(struct world *w)
{
	return three(w, conf_v2);
}

/* The first datagram that |n| has sent, with another initiator SPI. */
static bool
first_of(const struct tape *t, const struct node *n, uint64_t spi, struct buf *out)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].from != n->index)
			continue;
		if (buf_set(out, buf_slice(&t->v[i].data)) != IKE_OK || out->n < 8)
			return false;
		for (int k = 7; k >= 0; k--, spi >>= 8)
			out->p[k] = (uint8_t)spi;
		return true;
	}
	return false;
}

/* Someone sends first messages in b's name that beat every SPI of a's. */
static void
spoofed_first(struct world *w)
{
	struct endpoint from = { B(w)->addr, IKE_PORT }, to = { A(w)->addr, IKE_PORT };
	struct tape t = { 0 };
	struct buf m = { 0 };

	w->tape = &t;
	node_send(C(w), A(w), 17, 1000, 2000);
	world_run(w, SEC(2));
	w->tape = NULL;
	for (unsigned i = 0; i < 40; i++) {
		if (first_of(&t, C(w), UINT64_MAX - i, &m))
			world_inject(w, &from, &to, buf_slice(&m), MSEC(1));
		if (i == 5)
			node_send(A(w), B(w), 17, 1000, 2000);
		world_run(w, MSEC(100));
	}
	buf_free(&m);
	tape_free(&t);
}

static const char *
spoofed_check(struct world *w)
{
	if (node_pairs(A(w), B(w)) != 1 || node_pairs(B(w), A(w)) != 1)
		return "a and b have no pair, because somebody spoke in b's name";
	return world_flows(A(w), B(w), 0) ? NULL : "no traffic";
}

static const char v2_minutes[] = REMOTE_WITH("ikev2", "lifetime time 200 sec;\n", "ecp256") PLAIN_SAINFO;
HOSTS(v2_minutes, v2_minutes, v2_minutes, 0)
HOSTS(v1_two, conf_v1, conf_v1, 0)

/* An IKE SA with nothing on it when it should be renewed, and a pair that comes later: it must not end with the IKE SA. */
static void
late_child(struct world *w)
{
	hosts_first_packet(w);
	hosts_child_delete(A(w), 0);
	world_run_to(w, SEC(195));
	hosts_first_packet(w);
	hosts_reset_counters(w);
	hosts_traffic(w, SEC(40), MSEC(200));
}

static const char *
late_check(struct world *w)
{
	const char *why = hosts_nothing_lost(w);

	return why != NULL ? why : hosts_one_pair(w);
}

/* The address goes under a pair that has outlived its ISAKMP SA. */
static void
address_goes(struct world *w)
{
	hosts_first_packet(w);
	hosts_ike_delete(A(w), 0);
	world_run(w, SEC(1));
	daemon_address(A(w)->daemon, &A(w)->addr, false, w->now);
}

static const char *
address_check(struct world *w)
{
	return node_pairs(A(w), B(w)) == 0 && node_all_children(A(w)) == 0 ? NULL : "something of the old address is left";
}

/* b's identity fits a section whose proposals were not those that were agreed on before it was known. */
static const char v2_sections[] = REMOTE("ikev2", "") \
	"remote \"strong\" { exchange_mode ikev2; peers_identifier address 192.0.2.2; lifetime time 1 hour; proposal { " \
	"encryption_algorithm aes 256; hash_algorithm sha512; authentication_method pre_shared_key; dh_group ecp384; } }\n" \
	PLAIN_SAINFO;
HOSTS(v2_sections, v2_sections, conf_v2, 0)

static const char *
sections_check(struct world *w)
{
	const struct ike_sa *ike = hosts_ike(A(w), 0);

	if (ike == NULL || ike->rmt->life_sec != 24 * 3600)
		return "the section does not allow the algorithms in use";
	return hosts_one_pair(w);
}

/* The longest times that the configuration takes. */
static const char v1_years[] = "timer { interval 87600 hours; counter 100; phase2 87600 hours; }\n" \
	REMOTE_WITH("main", "lifetime time 87600 hours; dpd_delay 315360000;\n", "ecp256") SAINFO("lifetime time 87600 hours;");
static const char v2_years[] = "timer { interval 87600 hours; counter 100; phase2 87600 hours; }\n" \
	REMOTE_WITH("ikev2", "lifetime time 87600 hours; dpd_delay 315360000;\n", "ecp256") SAINFO("lifetime time 87600 hours;");
HOSTS(v1_years, v1_years, v1_years, 0)
HOSTS(v2_years, v2_years, v2_years, 0)

/* What a sends to begin an IKE SA does not arrive: b has to begin. */
static bool
not_first_of_a(struct world *w, struct node *from, struct dgram *d, void *arg)
{
	struct slice ike;
	struct ike_hdr h;

	(void)arg;
	return from != A(w) || dgram_classify(d->natt, d->data, &ike) != DGRAM_IKE || get_ike_hdr(ike, &h) != IKE_OK || h.spi_r != 0;
}

static void
one_way(struct world *w)
{
	w->tap = not_first_of_a;
	node_send(A(w), B(w), 17, 1000, 2000);
	world_run(w, SEC(1));
	node_send(B(w), A(w), 17, 2000, 1000);
	world_run(w, SEC(10));
	w->tap = NULL;
}

static const char *
one_way_check(struct world *w)
{
	/* a repetition that comes late begins a quick mode that leads nowhere */
	if (w->opt.jitter > 0)
		world_run(w, SEC(40));
	if (node_all_ikes(A(w)) != 1 || node_all_children(A(w)) != 1)
		return "a goes on with what b did not hear";
	return hosts_one_pair(w);
}

HOSTS(v2_two, conf_v2, conf_v2, 0)

static const char v2_no_renewal[] = REMOTE("ikev2", "rekey off;") PLAIN_SAINFO;
HOSTS(v2_no_renewal, v2_no_renewal, v2_no_renewal, 0)

/* An IKE SA that is not to be renewed, another one beside it, and a pair that is renewed on the first: its deletes belong there. */
static void
beside_another(struct world *w)
{
	hosts_first_packet(w);
	hosts_ike_soft(A(w), 0);
	world_run(w, SEC(1));
	struct ike_sa *ike = hosts_ike(A(w), 0);
	if (ike == NULL)
		return;
	daemon_tick(A(w)->daemon, w->now);
	if (ike_initiate(A(w)->daemon, ike->rmt, &ike->local, &ike->remote, 0, NULL) != IKE_OK)
		return;
	daemon_tick(A(w)->daemon, w->now);
	world_run(w, SEC(1));
	hosts_child_soft(A(w), 0);
	world_run(w, SEC(10));
}

static const char *
beside_check(struct world *w)
{
	if (node_all_ikes(A(w)) != 2 || A(w)->daemon->stats.rekeys != 1)
		return "not what the story is about";
	for (unsigned i = 0; i < 2; i++) {
		const struct child *c = hosts_child(&w->node[i], 0);
		const struct ike_sa *ike = c == NULL ? NULL : ike_sa_get(w->node[i].daemon, c->ike_id);
		if (ike == NULL || !ike->rekeyed != (i == 1))
			return "a pair is with another IKE SA than the one that made it";
	}
	return world_check(w);
}

static const struct scenario scenarios[] = {
	{ .name = "v2 beside another", .build = build_v2_no_renewal, .run = beside_another, .check = beside_check, .runs = 6 },
	{ .name = "v1 one way", .build = build_v1_two, .run = one_way, .check = one_way_check, .runs = 8 },
	{ .name = "v2 one way", .build = build_v2_two, .run = one_way, .check = one_way_check, .runs = 8 },
	{ .name = "v1 ten years", .build = build_v1_years, .run = hosts_first_packet, .check = hosts_one_pair, .runs = 4 },
	{ .name = "v2 ten years", .build = build_v2_years, .run = hosts_first_packet, .check = hosts_one_pair, .runs = 4 },
	{ .name = "v2 sections", .build = build_v2_sections, .run = hosts_first_packet_back, .check = sections_check, .runs = 4 },
	{ .name = "v2 late child", .build = build_v2_minutes, .run = late_child, .check = late_check, .runs = 8 },
	{ .name = "v1 address goes", .build = build_v1_two, .run = address_goes, .check = address_check, .runs = 8 },
	{ .name = "v1 spoofed first messages", .build = build_v1_three, .run = spoofed_first, .check = spoofed_check, .runs = 6 },
	{ .name = "v2 spoofed first messages", .build = build_v2_three, .run = spoofed_first, .check = spoofed_check, .runs = 6 },
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
