/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configurations that change under the daemon's hands: storms of signals, faults of every kind, sections that change and go.
 */
#include "scenario/owned.h"

#include "conf/conf.h"
#include "sadb/sadb.h"
#include "util/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- reload --- */

/* A thousand signals in a minute, under traffic, the file touched in between so that it is another one each time. */
static char stirred[8][sizeof(CONF_A(V2)) + 40];

static void
storm_of(struct world *w, bool stir)
{
	hosts_first_packet(w);
	watch_policies(w);
	hosts_reset_counters(w);
	for (unsigned i = 0; i < 1000; i++) {
		if (stir) {
			(void)snprintf(stirred[i % 8], sizeof(stirred[0]), "%s# %u\ntimer { counter %u; }\n", CONF_A(V2), i, 5 + i % 3);
			A(w)->conf_text = stirred[i % 8];
		}
		send_hup(A(w));
		send_hup(A(w));
		node_send(A(w), B(w), 17, 1000, 2000);
		node_send(B(w), A(w), 17, 2000, 1000);
		world_run(w, MSEC(60));
		if (count_snapshots(A(w)) > 4)
			note_wrong(w, "snapshots pile up");
	}
	world_run(w, SEC(2));
}

static void
storm(struct world *w)
{
	storm_of(w, false);
}

static void
storm_stirred(struct world *w)
{
	storm_of(w, true);
}

static const char *
storm_over(struct world *w)
{
	const char *bad = hosts_nothing_lost(w);

	if (bad != NULL)
		return bad;
	if (count_snapshots(A(w)) > 2)
		return "old snapshots are kept";
	if (A(w)->daemon->stats.child_up != 1 || A(w)->daemon->stats.ike_up != 1)
		return "something was made anew";
	return owned_check(w);
}

/* Whatever is wrong with the new one, the old one stays whole. */
static void
refuse(struct world *w, const char *conf, const char *why)
{
	struct conf *was = A(w)->daemon->conf;
	char said[400];

	A(w)->conf_text = conf;
	daemon_tick(A(w)->daemon, w->now);
	ike_err err = reload_now(A(w)->daemon, 0, said, sizeof(said));
	daemon_tick(A(w)->daemon, w->now);
	if (A(w)->daemon->conf != was)
		note_wrong(w, "a broken configuration is used");
	if (err == IKE_OK)
		note_wrong(w, "a broken configuration is accepted");
	else if (err != IKE_E_NOMEM && strstr(said, why) == NULL)
		note_wrong(w, "the message does not say where the fault is");
	A(w)->conf_text = CONF_A(V2);
}

static void
broken(struct world *w)
{
	hosts_first_packet(w);
	watch_policies(w);
	hosts_reset_counters(w);
	refuse(w, CONF_A(V2) "remote 192.0.2.9 { nonsense; }\n", "test.conf:11:20: ");
	refuse(w, "policy_file \"/etc/missing\";\n" V2, "test.conf:1:13: ");
	world_put(w, "/etc/broken.setkey", TO_B "spdadd 192.0.2.1 nowhere any -P out none;\n");
	refuse(w, "policy_file \"/etc/broken.setkey\";\n" V2, "/etc/broken.setkey:3:18: ");
	world_put(w, "/etc/a.setkey", NULL);
	refuse(w, CONF_A(V2) "# unreadable\n", "test.conf:1:1: cannot read '/etc/a.setkey'");
	world_put(w, "/etc/a.setkey", policies_a);
	A(w)->psk = NULL;
	refuse(w, CONF_A(V2) "# no keys\n", "test.conf:2: cannot use /psk");
	A(w)->psk = PSK_LINES;
	hosts_traffic(w, SEC(2), MSEC(100));
}

static const char *
unbroken(struct world *w)
{
	const char *bad = hosts_nothing_lost(w);

	if (bad != NULL)
		return bad;
	if (A(w)->daemon->stats.child_up != 1)
		return "something was made anew";
	return owned_check(w);
}

#define SECTION(addr, rest) \
	"remote " addr " {\n exchange_mode ikev2;\n" rest \
	" proposal { encryption_algorithm aes; hash_algorithm sha256; authentication_method pre_shared_key; dh_group ecp256; }\n}\n"
#define KEYS "path pre_shared_key \"/psk\";\n"
#define THREE(to_b, to_c) CONF_A(KEYS SECTION("192.0.2.2", to_b) SECTION("192.0.2.3", to_c) PLAIN_SAINFO)

static bool
build_three(struct world *w)
{
	world_put(w, "/etc/a.setkey", TO_B TO_C);
	world_put(w, "/etc/b.setkey", policies_b);
	world_put(w, "/etc/c.setkey", policies_c);
	return world_node(w, "a", "192.0.2.1", THREE("", ""), PSK_LINES) != NULL &&
	    world_node(w, "b", "192.0.2.2", CONF_B(V2), PSK_LINES) != NULL &&
	    world_node(w, "c", "192.0.2.3", "policy_file \"/etc/c.setkey\";\n" V2, PSK_LINES) != NULL;
}

static void
three_up(struct world *w)
{
	node_send(A(w), B(w), 17, 1000, 2000);
	node_send(A(w), C(w), 17, 1000, 2000);
	world_run(w, SEC(2));
	watch_policies(w);
	hosts_reset_counters(w);
}

/* Traffic of a with both for |span|. */
static void
three_talk(struct world *w, ike_time span)
{
	for (ike_time end = w->now + span; w->now < end;) {
		node_send(A(w), B(w), 17, 1000, 2000);
		node_send(A(w), C(w), 17, 1000, 2000);
		node_send(B(w), A(w), 17, 2000, 1000);
		node_send(C(w), A(w), 17, 2000, 1000);
		world_run(w, MSEC(50));
	}
}

/* Datagrams to or from b while only c's section changes. */
static bool
no_word_to_b(struct world *w, struct node *from, struct dgram *d, void *arg)
{
	(void)arg;
	if (from == B(w) || addr_equal(&d->remote.addr, &B(w)->addr)) {
		w->tap = NULL;
		note_wrong(w, "a peer whose section is the same got a datagram");
	}
	return true;
}

static uint32_t
spi_to(struct node *a, const struct node *b)
{
	for (unsigned i = 0;; i++) {
		const struct child *c = hosts_child(a, i);
		if (c == NULL || addr_equal(&c->remote.addr, &b->addr))
			return c == NULL ? 0 : c->spi_out;
	}
}

static void
change_one(struct world *w, const char *conf)
{
	three_up(w);
	uint32_t b = spi_to(A(w), B(w));
	w->tap = no_word_to_b;
	if (node_configure(A(w), conf) != IKE_OK)
		w->error = IKE_E_SYNTAX;
	three_talk(w, SEC(15));
	if (b == 0 || spi_to(A(w), B(w)) != b)
		note_wrong(w, "a peer whose section is the same has another SPI");
	w->tap = NULL;
}

static void
change_values(struct world *w)
{
	change_one(w, THREE("", "dpd_delay 7;\n"));
}

static void
change_proposal(struct world *w)
{
	change_one(w, THREE("", "lifetime time 2 hours;\n"));
}

static void
change_auth(struct world *w)
{
	change_one(w, THREE("", "my_identifier address 192.0.2.1;\n"));
}

/* The IKE SA of |a| with |b|, by its SPI; of several, the sum. */
static uint64_t
ike_with(struct node *a, const struct node *b)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < 8 && a->daemon != NULL; i++) {
		const struct ike_sa *ike = hosts_ike(a, i);
		if (ike != NULL && addr_equal(&ike->remote.addr, &b->addr))
			sum += ike->my_spi;
	}
	return sum;
}

static uint64_t with_c;
static uint32_t pair_with_c;

/* The daemon is restarted |after| its configuration has changed: what that asks for is done by the next one. */
static void
change_auth_and_restart(struct world *w, ike_time after)
{
	three_up(w);
	with_c = ike_with(A(w), C(w));
	pair_with_c = spi_to(A(w), C(w));
	if (node_configure(A(w), THREE("", "my_identifier address 192.0.2.1;\n")) != IKE_OK)
		w->error = IKE_E_SYNTAX;
	if (after > 0)
		three_talk(w, after);
	if (node_hand_over(A(w)) != IKE_OK)
		node_stop(A(w), false);
	if (node_start(A(w)) != IKE_OK)
		hosts_start(A(w));
	three_talk(w, SEC(20));
}

static void
change_auth_restart_before(struct world *w)
{
	change_auth_and_restart(w, 0);
}

/* Its fresh IKE SA and pair stand, and the old one waits for its end. */
static void
change_auth_restart_within(struct world *w)
{
	change_auth_and_restart(w, MSEC(300));
}

static const char *
one_changed(struct world *w)
{
	const char *bad = hosts_nothing_lost(w);

	if (bad != NULL)
		return bad;
	if (w->error != IKE_OK)
		return "the configuration was refused";
	if (node_pairs(A(w), B(w)) != 1 || node_pairs(A(w), C(w)) != 1 || node_ikes(A(w), C(w)) != 1)
		return "not one pair and IKE SA each";
	if (count_snapshots(A(w)) > 2)
		return "old snapshots are kept";
	return owned_well(w);
}

static const char *
values_changed(struct world *w)
{
	if (A(w)->daemon->stats.ike_up != 2 || A(w)->daemon->stats.child_up != 2)
		return "something was made anew";
	if (hosts_ike(A(w), 1) == NULL || hosts_ike(A(w), 1)->rmt->dpd_delay != SEC(7))
		return "the new value does not hold";
	return one_changed(w);
}

static const char *
proposal_changed(struct world *w)
{
	if (A(w)->daemon->stats.ike_up != 3)
		return "the IKE SA was not renewed";
	if (A(w)->daemon->stats.child_up != 2)
		return "a pair was made anew";
	return one_changed(w);
}

static const char *
auth_changed(struct world *w)
{
	if (A(w)->daemon->stats.ike_up != 3 || A(w)->daemon->stats.child_up != 3)
		return "no fresh IKE SA and pair";
	return one_changed(w);
}

static const char *
auth_changed_all_the_same(struct world *w)
{
	uint64_t now = ike_with(A(w), C(w));

	if (with_c == 0 || now == with_c)
		return "no fresh IKE SA";
	/* renewing is not enough: the pairs belong to the old credentials, too */
	if (spi_to(A(w), C(w)) == pair_with_c)
		return "no fresh pair";
	return one_changed(w);
}

/* --- one of many --- */

#define SPOKES 40

static char hub_conf[2][SPOKES * 400 + 600], hub_policies[SPOKES * 200], hub_psk[SPOKES * 48 + 64];

/* The hub's configuration; |odd|: the one that has other values, -1: none. */
static void
hub_text(char *out, size_t cap, int odd)
{
	struct text t = text_in(out, cap);

	text_add(&t, CONF_A(KEYS));
	for (int i = 0; i < SPOKES; i++)
		text_addf(&t, "remote 198.51.100.%d {\n exchange_mode ikev2;\n%s proposal { encryption_algorithm aes; hash_algorithm sha256; "
		    "authentication_method pre_shared_key; dh_group ecp256; }\n}\n", i + 1, i == odd ? "dpd_delay 9;\n" : "");
	text_add(&t, PLAIN_SAINFO);
}

static bool
build_hub(struct world *w)
{
	struct text p = text_in(hub_policies, sizeof(hub_policies)), k = text_in(hub_psk, sizeof(hub_psk));
	char addr[32];

	text_add(&k, "192.0.2.1 a secret of some length\n");
	for (int i = 0; i < SPOKES; i++) {
		text_addf(&k, "198.51.100.%d a secret of some length\n", i + 1);
		text_addf(&p, "spdadd 192.0.2.1 198.51.100.%d any -P out ipsec esp/transport//require;\n", i + 1);
		text_addf(&p, "spdadd 198.51.100.%d 192.0.2.1 any -P in ipsec esp/transport//require;\n", i + 1);
	}
	hub_text(hub_conf[0], sizeof(hub_conf[0]), -1);
	hub_text(hub_conf[1], sizeof(hub_conf[1]), 17);
	world_put(w, "/etc/a.setkey", hub_policies);
	if (world_node(w, "hub", "192.0.2.1", hub_conf[0], hub_psk) == NULL)
		return false;
	for (int i = 0; i < SPOKES; i++) {
		(void)snprintf(addr, sizeof(addr), "198.51.100.%d", i + 1);
		struct policy_options po = { 0 };
		struct node *n = world_node(w, "spoke", addr, V2, hub_psk);
		if (n == NULL)
			return false;
		world_protect_at(n, A(w), n, &po);
	}
	return w->error == IKE_OK;
}

/* Datagrams to or from others than the one whose section changed. */
static bool
only_the_odd(struct world *w, struct node *from, struct dgram *d, void *arg)
{
	const struct node *odd = &w->node[1 + 17];

	(void)arg;
	if (from != odd && !addr_equal(&d->remote.addr, &odd->addr))
		note_wrong(w, "a peer whose section is the same got a datagram");
	return true;
}

static uint64_t
all_spis(const struct node *n)
{
	uint64_t sum = 0;
	const struct child *c;
	uint32_t it = 0;

	while ((c = slot_each(&n->daemon->children.ids, &it)) != NULL)
		sum = sum * 31 + c->spi_in + ((uint64_t)c->spi_out << 32);
	return sum;
}

static void
hub_round(struct world *w)
{
	for (int i = 1; i <= SPOKES; i++) {
		node_send(A(w), &w->node[i], 17, 1000, 2000);
		node_send(&w->node[i], A(w), 17, 2000, 1000);
	}
	world_run(w, MSEC(500));
}

static void
change_one_of_many(struct world *w)
{
	for (int i = 1; i <= SPOKES; i++)
		node_send(A(w), &w->node[i], 17, 1000, 2000);
	world_run(w, SEC(20));
	hosts_reset_counters(w);
	uint64_t spis = all_spis(A(w));
	w->tap = only_the_odd;
	if (node_configure(A(w), hub_conf[1]) != IKE_OK)
		w->error = IKE_E_SYNTAX;
	for (unsigned i = 0; i < 10; i++)
		hub_round(w);
	w->tap = NULL;
	if (all_spis(A(w)) != spis)
		note_wrong(w, "an SPI has changed");
}

static const char *
one_of_many_changed(struct world *w)
{
	if (w->error != IKE_OK)
		return "the configuration was refused";
	if (node_all_children(A(w)) != SPOKES)
		return "not a pair with each";
	if (count_snapshots(A(w)) > 2)
		return "old snapshots are kept";
	const char *bad = noted_wrong(w);
	return bad != NULL ? bad : hosts_nothing_lost(w);
}

/* The sainfo section changes: the pairs are made anew, nothing is lost. */
static void
change_sainfo(struct world *w)
{
	hosts_first_packet(w);
	watch_policies(w);
	hosts_reset_counters(w);
	if (node_configure(A(w), CONF_A(REMOTE("ikev2", "") SAINFO("lifetime time 1 hour;"))) != IKE_OK)
		w->error = IKE_E_SYNTAX;
	hosts_traffic(w, SEC(15), MSEC(50));
}

static void
change_sainfo_v1(struct world *w)
{
	hosts_first_packet(w);
	watch_policies(w);
	hosts_reset_counters(w);
	if (node_configure(A(w), CONF_A(REMOTE("main", "") SAINFO("lifetime time 1 hour;"))) != IKE_OK)
		w->error = IKE_E_SYNTAX;
	hosts_traffic(w, SEC(25), MSEC(50));
}

static const char *
sainfo_changed(struct world *w)
{
	const char *bad = hosts_nothing_lost(w);

	if (bad != NULL)
		return bad;
	if (w->error != IKE_OK)
		return "the configuration was refused";
	if (A(w)->daemon->stats.child_up != 2 || hosts_child(A(w), 0)->life_sec != 3600)
		return "the pair was not made anew";
	return owned_check(w);
}

/* --- both ends change in the same way, at once: other groups, other credentials, IKEv1 and IKEv2 --- */

static void
both_change(struct world *w, const char *conf_a, const char *conf_b)
{
	hosts_first_packet(w);
	watch_policies(w);
	hosts_reset_counters(w);
	if (node_configure(A(w), conf_a) != IKE_OK || node_configure(B(w), conf_b) != IKE_OK)
		w->error = IKE_E_SYNTAX;
	hosts_traffic(w, SEC(40), MSEC(50));
}

#define OTHER_GROUP(mode) REMOTE_WITH(mode, "lifetime time 24 hours;\n", "ecp384") PLAIN_SAINFO
#define OTHER_ID(mode) REMOTE(mode, "my_identifier fqdn \"other\";") PLAIN_SAINFO

static void
both_other_group_v2(struct world *w)
{
	both_change(w, CONF_A(OTHER_GROUP("ikev2")), CONF_B(OTHER_GROUP("ikev2")));
}

static void
both_other_group_v1(struct world *w)
{
	both_change(w, CONF_A(OTHER_GROUP("main")), CONF_B(OTHER_GROUP("main")));
}

static void
both_other_id_v2(struct world *w)
{
	both_change(w, CONF_A(OTHER_ID("ikev2")), CONF_B(OTHER_ID("ikev2")));
}

static const char *
both_changed(struct world *w)
{
	const char *bad = hosts_nothing_lost(w);

	if (bad != NULL)
		return bad;
	if (w->error != IKE_OK)
		return "the configuration was refused";
	if (A(w)->daemon->stats.ike_up < 2)
		return "the IKE SA was not made anew";
	if (count_snapshots(A(w)) > 2 || count_snapshots(B(w)) > 2)
		return "old snapshots are kept";
	return owned_check(w);
}

static const char *
other_group(struct world *w)
{
	const struct ike_sa *ike = hosts_ike(A(w), 0);

	return ike == NULL || ike->suite.ke.id != KE_ECP384 ? "the new group does not hold" : both_changed(w);
}

/* From IKEv1 to IKEv2 while it runs. */
static void
other_version(struct world *w)
{
	both_change(w, CONF_A(REMOTE("ikev2, main", "") PLAIN_SAINFO), CONF_B(REMOTE("ikev2, main", "") PLAIN_SAINFO));
}

static const char *
version_changed(struct world *w)
{
	const struct ike_sa *ike = hosts_ike(A(w), 0);

	return ike == NULL || ike->v2 == NULL ? "it is not IKEv2" : both_changed(w);
}

static bool removed_early;

/* c is taken out of both files: its SAs go after the grace, with notify, b's stay. */
static void
remove_peer(struct world *w)
{
	three_up(w);
	world_put(w, "/etc/a.setkey", "spdflush;\n" TO_B);
	if (node_configure(A(w), CONF_A(KEYS SECTION("192.0.2.2", "") PLAIN_SAINFO)) != IKE_OK)
		w->error = IKE_E_SYNTAX;
	world_run(w, SEC(5));
	removed_early = node_pairs(A(w), C(w)) != 1;
	for (ike_time end = w->now + SEC(15); w->now < end;) {
		node_send(A(w), B(w), 17, 1000, 2000);
		node_send(B(w), A(w), 17, 2000, 1000);
		world_run(w, MSEC(50));
	}
}

static const char *
peer_removed(struct world *w)
{
	if (removed_early)
		return "removed before the grace was over";
	if (node_pairs(A(w), C(w)) != 0 || node_ikes(A(w), C(w)) != 0)
		return "the removed peer's SAs are there";
	if (node_pairs(C(w), A(w)) != 0 || node_ikes(C(w), A(w)) != 0)
		return "the removed peer was not told";
	if (count_snapshots(A(w)) > 2)
		return "old snapshots are kept";
	const char *bad = hosts_nothing_lost(w);
	return bad != NULL ? bad : hosts_one_pair(w);
}

static const char *
peer_removed_faulty(struct world *w)
{
	const char *bad = noted_wrong(w);

	/* a fault may have kept the old configuration or the peer from hearing of it */
	if (bad == NULL && !world_flows(A(w), B(w), SEC(120)))
		bad = "traffic with the other does not flow";
	return bad != NULL ? bad : world_check(w);
}

/* Only the policies go. */
static void
remove_policies(struct world *w)
{
	three_up(w);
	world_put(w, "/etc/a.setkey", TO_B);
	send_hup(A(w));
	world_run(w, SEC(5));
	removed_early = node_pairs(A(w), C(w)) != 1;
	world_run(w, SEC(15));
}

static const struct scenario scenarios[] = {
	STORY("v2 storm of signals", owned_v2, storm, storm_over, 3, owned_survived),
	STORY("v2 storm of changes", owned_v2, storm_stirred, storm_over, 3, owned_survived),
	STORY("v2 broken", owned_v2, broken, unbroken, 10, owned_survived),
	STORY("v2 values changed", build_three, change_values, values_changed, 8, owned_survived),
	STORY("v2 proposal changed", build_three, change_proposal, proposal_changed, 8, owned_survived),
	STORY("v2 credentials changed", build_three, change_auth, auth_changed, 8, owned_survived),
	STORY("v2 credentials changed, then a restart", build_three, change_auth_restart_before, auth_changed_all_the_same, 3, owned_survived),
	STORY("v2 credentials changed, a restart meanwhile", build_three, change_auth_restart_within, auth_changed_all_the_same, 3, owned_survived),
	{ .name = "v2 one of many changed", .build = build_hub, .run = change_one_of_many, .check = one_of_many_changed, .runs = 1,
	    .settled = world_check, .opt = { .no_pcap = true } },
	STORY("v2 other group at both", owned_v2, both_other_group_v2, other_group, 8, owned_survived),
	STORY("v1 other group at both", owned_v1, both_other_group_v1, other_group, 8, owned_survived),
	STORY("v2 other credentials at both", owned_v2, both_other_id_v2, both_changed, 8, owned_survived),
	STORY("from v1 to v2", owned_v1, other_version, version_changed, 8, owned_survived),
	STORY("v2 sainfo changed", owned_v2, change_sainfo, sainfo_changed, 8, owned_survived),
	STORY("v1 sainfo changed", owned_v1, change_sainfo_v1, sainfo_changed, 8, owned_survived),
	STORY("v2 peer removed", build_three, remove_peer, peer_removed, 8, peer_removed_faulty),
	STORY("v2 policies of a peer removed", build_three, remove_policies, peer_removed, 8, peer_removed_faulty),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
