/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Suspicion: traffic that is not answered makes a host ask, and nothing but the peer's own proof or long silence makes it give
 * up.  Traffic in one direction is not suspicious for long; forged words change nothing; many dead peers at once are not
 * believed.
 */
#include "scenario/hosts.h"

#include "sadb/sadb.h"

#include <string.h>

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

#define SILENT "greet off;\n"
static const char v1[] = SILENT REMOTE("main", "") PLAIN_SAINFO;
static const char v2[] = SILENT REMOTE("ikev2", "") PLAIN_SAINFO;
static const char v1_no_dpd[] = SILENT REMOTE("main", "dpd off;") PLAIN_SAINFO;

HOSTS(v1, v1, v1, 0)
HOSTS(v2, v2, v2, 0)
HOSTS(v1_no_dpd, v1_no_dpd, v1_no_dpd, 0)

/* --- traffic in one direction --- */

static void
strangers(struct world *w)
{
	for (unsigned i = 0; i < w->n_nodes; i++)
		if (hosts_ike(&w->node[i], 0) != NULL)
			hosts_ike(&w->node[i], 0)->knows_spis = false;
}

static void
one_way(struct world *w)
{
	hosts_first_packet(w);
	hosts_send(A(w), B(w), SEC(300), MSEC(200));
}

static void
one_way_strangers(struct world *w)
{
	hosts_first_packet(w);
	strangers(w);
	hosts_send(A(w), B(w), SEC(1800), MSEC(500));
}

/* What status says of b at a. */
static bool
called_up(struct world *w)
{
	const struct peer *p = peer_find(A(w)->daemon, &B(w)->addr);

	return p != NULL && p->state == PEER_UP;
}

static const char *
no_churn(struct world *w)
{
	const struct daemon_stats *s = &A(w)->daemon->stats;

	if (s->suspicions == 0)
		return "nothing was suspected";
	if (s->checks > 12)
		return "asked too often";
	if (s->child_up != 1 || s->ike_up != 1 || s->halflings != 0 || s->peers_dead != 0)
		return "one-way traffic made something anew";
	if (!called_up(w))
		return "a peer that has answered is not called up";
	return hosts_one_pair(w);
}

static const char *
little_churn(struct world *w)
{
	const struct daemon_stats *s = &A(w)->daemon->stats;

	if (s->child_up < 2)
		return "the pair was never looked into";
	/* after 10 s, 40 s, three minutes, ten */
	if (s->child_up > 7 || s->ike_up != 1 || s->peers_dead != 0)
		return "one-way traffic makes pairs for ever";
	if (!called_up(w))
		return "a peer to which traffic goes in one direction is not called up";
	world_run(w, SEC(90));
	return hosts_one_pair(w);
}

static void
idle(struct world *w)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(1), MSEC(100));
	w->tap_arg = (void *)(uintptr_t)w->n_datagrams;
	world_run(w, SEC(600));
}

static const char *
quiet(struct world *w)
{
	if (w->n_datagrams != (uintptr_t)w->tap_arg || A(w)->daemon->stats.checks != 0)
		return "an idle peer was asked";
	return hosts_one_pair(w);
}

/* --- a peer that is gone --- */

/* b is dead for |span|; what a has towards it meanwhile. */
static void
dead(struct world *w, ike_time span)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(2), MSEC(100));
	node_power_off(B(w));
	hosts_send(A(w), B(w), span, MSEC(200));
}

static void
dead_briefly(struct world *w)
{
	dead(w, SEC(12));
	w->tap_arg = node_pairs(A(w), B(w)) >= 1 && A(w)->daemon->stats.peers_dead == 0 &&
		A(w)->daemon->stats.checks_failed == 1 ? w : NULL;
	hosts_policies(B(w));
	hosts_start(B(w));
	hosts_send(A(w), B(w), SEC(5), MSEC(100));
}

static void
dead_for_long(struct world *w)
{
	dead(w, SEC(60));
	w->tap_arg = A(w)->daemon->stats.peers_dead == 1 && node_pairs(A(w), B(w)) == 0 ? w : NULL;
	hosts_policies(B(w));
	hosts_start(B(w));
	hosts_send(A(w), B(w), SEC(5), MSEC(100));
}

static const char *
noticed(struct world *w)
{
	if (w->tap_arg == NULL)
		return "the old pair was not kept, or not given up, in time";
	hosts_reset_counters(w);
	hosts_send(A(w), B(w), SEC(1), MSEC(100));
	return hosts_nothing_lost(w);
}

/* b's daemon is dead and its kernel lives: what flows goes on flowing. */
static void
deaf(struct world *w)
{
	hosts_first_packet(w);
	node_stop(B(w), false);
	hosts_reset_counters(w);
	for (unsigned i = 0; i < 600; i++) {
		/* now and then only one of them speaks, which makes a ask */
		node_send(A(w), B(w), 17, 1000, 2000);
		if (i % 60 < 40)
			node_send(B(w), A(w), 17, 2000, 1000);
		world_run(w, MSEC(200));
	}
}

static const char *
kept(struct world *w)
{
	if (A(w)->daemon->stats.checks_failed == 0)
		return "nobody asked";
	return hosts_nothing_lost(w);
}

/* --- a reboot, proved and hinted at --- */

#define REACHED SEC(3)

static void
reboot(struct world *w)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(2), MSEC(100));
	node_power_off(B(w));
	world_run(w, SEC(3));
	hosts_policies(B(w));
	hosts_start(B(w));
	world_run(w, SEC(3));
	hosts_send(A(w), B(w), REACHED, MSEC(100));
	hosts_reset_counters(w);
	hosts_send(A(w), B(w), SEC(1), MSEC(100));
}

static const char *
reached(struct world *w)
{
	const char *wrong = hosts_nothing_lost(w);

	if (wrong != NULL)
		return wrong;
	world_run(w, SEC(90));
	return hosts_one_pair(w);
}

static const char *
proved(struct world *w)
{
	if (A(w)->daemon->stats.crash_proofs != 1)
		return "no proof was given";
	return reached(w);
}

static const char *
hinted(struct world *w)
{
	if (A(w)->daemon->stats.hints == 0 || A(w)->daemon->stats.crash_proofs != 0)
		return "no hint was given";
	return reached(w);
}

/* After the IKE SA was renewed the tokens are those of the new one. */
static void
reboot_after_rekey(struct world *w)
{
	hosts_first_packet(w);
	hosts_ike_soft(A(w), 0);
	world_run(w, SEC(3));
	reboot(w);
}

static void
reboot_after_rekey_by_b(struct world *w)
{
	hosts_first_packet(w);
	hosts_ike_soft(B(w), 0);
	world_run(w, SEC(3));
	reboot(w);
}

/* The secret is lost with the disk: the token proves nothing, the rest works. */
static void
reboot_other_disk(struct world *w)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(2), MSEC(100));
	node_power_off(B(w));
	for (unsigned i = 0; i < NODE_FILES; i++) {
		buf_free(&B(w)->file[i].text);
		B(w)->file[i].name[0] = '\0';
	}
	hosts_policies(B(w));
	hosts_start(B(w));
	hosts_send(A(w), B(w), SEC(5), MSEC(100));
	hosts_reset_counters(w);
	hosts_send(A(w), B(w), SEC(1), MSEC(100));
}

/* --- forgeries --- */

static void
put64(uint8_t *p, uint64_t v)
{
	for (int i = 7; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

/* A message in clear about a's IKE SA, as if from b, with notify |type| and 32 bytes of |fill|. */
static void
forge(struct world *w, uint8_t exchange, uint8_t flags, uint32_t msgid, uint16_t type, uint8_t fill)
{
	const struct ike_sa *ike = hosts_ike(A(w), 0);
	uint8_t m[28 + 12 + 16 + 40] = { 0 };
	bool one = ike != NULL && ike->v1 != NULL;

	if (ike == NULL)
		return;
	put64(m, ike_spi_i(ike));
	put64(m + 8, ike_spi_r(ike));
	m[16] = one ? 11 : 41;
	m[17] = one ? 0x10 : 0x20;
	m[18] = exchange;
	m[19] = flags;
	m[23] = (uint8_t)msgid;
	unsigned n;
	if (one) {
		n = 28 + 12 + 16;
		m[31] = 28;
		m[35] = 1;
		m[36] = 1;
		m[37] = 16;
		m[39] = (uint8_t)type;
		memcpy(m + 40, m, 16);
	} else {
		n = 28 + 8 + 40;
		m[28] = 41;
		m[31] = 8;
		m[35] = (uint8_t)type;
		m[39] = 40;
		m[42] = 16419 >> 8;
		m[43] = 16419 & 0xff;
		memset(m + 44, fill, 32);
	}
	m[27] = (uint8_t)n;
	struct endpoint src = { B(w)->addr, 500 }, dst = { A(w)->addr, 500 };
	world_inject(w, &src, &dst, slice_of(m, n), MSEC(1));
}

static void
forgeries(struct world *w)
{
	hosts_first_packet(w);
	for (unsigned i = 0; i < 200; i++) {
		const struct ike_sa *ike = hosts_ike(A(w), 0);
		bool one = ike != NULL && ike->v1 != NULL;
		node_send(A(w), B(w), 17, 1000, 2000);
		node_send(B(w), A(w), 17, 2000, 1000);
		/* now and then there is a question that the forgery can pretend to answer */
		if (i % 20 == 0 && ike != NULL && (!one || ike->dpd_peer)) {
			daemon_tick(A(w)->daemon, w->now);
			live_check(hosts_ike(A(w), 0));
			daemon_tick(A(w)->daemon, w->now);
		}
		if (one) {
			forge(w, 5, 0, i + 1, 4, 0);
			forge(w, 5, 0, i + 1, 11, 0);
		} else {
			for (uint8_t id = 0; id < 16; id++)
				forge(w, 37, 0x20 | (ike != NULL && ike->side == INITIATOR ? 0 : 8), id, 4, (uint8_t)i);
			forge(w, 37, 8, 0, 11, 0);
		}
		world_run(w, MSEC(100));
	}
	world_run(w, SEC(30));
}

static const char *
nothing_changed(struct world *w)
{
	const struct daemon_stats *s = &A(w)->daemon->stats;

	if (s->hints == 0 && s->hints_ignored == 0)
		return "the forgeries did not arrive";
	if (s->crash_proofs != 0 || s->child_up != 1 || s->ike_up != 1 || s->peers_dead != 0)
		return "a forgery was believed";
	if (!called_up(w))
		return "a forgery shows in the status of the peer";
	return hosts_one_pair(w);
}

/* --- the brake --- */

static bool
twenty(struct world *w, const char *conf)
{
	return hosts_mesh(w, 21, conf, conf);
}

static bool
build_twenty_v1(struct world *w)
{
	return twenty(w, v1);
}

static bool
build_twenty_v2(struct world *w)
{
	return twenty(w, v2);
}

static void
from_first(struct world *w, ike_time span)
{
	for (ike_time end = w->now + span; w->now < end;) {
		for (unsigned i = 1; i < w->n_nodes; i++)
			node_send(A(w), &w->node[i], 17, 1000, 2000);
		world_run(w, MSEC(250));
	}
}

static void
all_cut(struct world *w)
{
	from_first(w, SEC(5));
	node_cut(A(w), true);
	from_first(w, SEC(50));
	w->tap_arg = A(w)->daemon->stats.peers_dead == 3 && A(w)->daemon->live.brake.held == 17 ? w : NULL;
	node_cut(A(w), false);
	from_first(w, SEC(5));
	hosts_reset_counters(w);
	from_first(w, SEC(1));
}

static const char *
braked(struct world *w)
{
	if (w->tap_arg == NULL)
		return "not exactly three of twenty were given up, and the rest held";
	if (A(w)->daemon->live.brake.held != 0)
		return "peers that answer are still held";
	return hosts_nothing_lost(w);
}

/* An operator lets go. */
static void
all_cut_opened(struct world *w)
{
	from_first(w, SEC(5));
	node_cut(A(w), true);
	from_first(w, SEC(40));
	daemon_tick(A(w)->daemon, w->now);
	brake_open(A(w)->daemon, SEC(60));
	daemon_tick(A(w)->daemon, w->now);
	from_first(w, SEC(10));
}

static const char *
opened(struct world *w)
{
	if (A(w)->daemon->stats.peers_dead < 20)
		return "some are held although the brake was opened";
	return NULL;
}

#define TOLD(label, b, r, c, n, ...) { .name = label, .build = b, .run = r, .check = c, .runs = n, __VA_ARGS__ }
#define STORY(label, b, r, c, ...) TOLD(label, b, r, c, 5, __VA_ARGS__)
#define LARGE .settled = world_check, .opt = { .no_pcap = true }

static const struct scenario scenarios[] = {
	STORY("v1 one way", build_v1, one_way, no_churn),
	STORY("v2 one way", build_v2, one_way, no_churn),
	TOLD("v1 one way, a stranger", build_v1, one_way_strangers, little_churn, 2, ),
	TOLD("v1 one way, without dpd", build_v1_no_dpd, one_way_strangers, little_churn, 2, ),
	TOLD("v2 one way, a stranger", build_v2, one_way_strangers, little_churn, 2, ),
	STORY("v1 idle", build_v1, idle, quiet),
	STORY("v2 idle", build_v2, idle, quiet),
	STORY("v1 dead briefly", build_v1, dead_briefly, noticed),
	STORY("v2 dead briefly", build_v2, dead_briefly, noticed),
	STORY("v1 dead for long", build_v1, dead_for_long, noticed),
	STORY("v2 dead for long", build_v2, dead_for_long, noticed),
	STORY("v1 deaf", build_v1, deaf, kept, .settled = world_check),
	STORY("v2 deaf", build_v2, deaf, kept, .settled = world_check),
	STORY("v1 reboot", build_v1, reboot, hinted),
	STORY("v2 reboot", build_v2, reboot, proved),
	STORY("v2 reboot after rekey", build_v2, reboot_after_rekey, proved),
	STORY("v2 reboot after rekey by b", build_v2, reboot_after_rekey_by_b, proved),
	STORY("v2 reboot, other disk", build_v2, reboot_other_disk, hinted),
	STORY("v1 forgeries", build_v1, forgeries, nothing_changed),
	STORY("v1 forgeries, without dpd", build_v1_no_dpd, forgeries, nothing_changed),
	STORY("v2 forgeries", build_v2, forgeries, nothing_changed),
	TOLD("v1 twenty cut", build_twenty_v1, all_cut, braked, 1, LARGE),
	TOLD("v2 twenty cut", build_twenty_v2, all_cut, braked, 1, LARGE),
	TOLD("v2 twenty cut, opened", build_twenty_v2, all_cut_opened, opened, 1, LARGE),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
