/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dead peer detection by the clock: dpd_delay, dpd_retry and dpd_maxfail, and what lies on the way between question and answer.
 */
#include "scenario/hosts.h"

#include "conf/conf.h"
#include "ringtail/v1/v1.h"

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

#define DPD "dpd_delay 10; dpd_retry 3; dpd_maxfail 4;"
static const char v1[] = "greet off;\n" REMOTE("main", DPD) PLAIN_SAINFO;
static const char v2[] = "greet off;\n" REMOTE("ikev2", DPD) PLAIN_SAINFO;
static const char v1_off[] = "greet off;\n" REMOTE("main", DPD "dpd off;") PLAIN_SAINFO;

HOSTS(v1, v1, v1, 0)
HOSTS(v2, v2, v2, 0)
HOSTS(v1_to_off, v1, v1_off, 0)

/* Idle: asked every ten seconds, and nothing else happens. */
static void
idle(struct world *w)
{
	hosts_first_packet(w);
	world_run(w, SEC(100));
}

static const char *
asked_by_the_clock(struct world *w)
{
	uint64_t checks = A(w)->daemon->stats.checks + B(w)->daemon->stats.checks;

	if (checks < 8 || checks > 24)
		return "not asked every ten seconds";
	if (A(w)->daemon->stats.checks_failed != 0 || A(w)->daemon->stats.child_up != 1)
		return "answers did not count";
	return hosts_one_pair(w);
}

/* Traffic both ways says as much as an answer. */
static void
busy(struct world *w)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(100), MSEC(500));
}

static const char *
not_asked(struct world *w)
{
	return A(w)->daemon->stats.checks + B(w)->daemon->stats.checks > 2 ? "asked although traffic came in" : hosts_one_pair(w);
}

static const char *
cannot_be_asked(struct world *w)
{
	if (A(w)->daemon->stats.checks != 0)
		return "a peer that does not know DPD was asked";
	return hosts_one_pair(w);
}

/* The peer is off, without traffic: given up, and not called. */
static void
off(struct world *w)
{
	hosts_first_packet(w);
	node_power_off(B(w));
	world_run(w, SEC(9));
	w->tap_arg = A(w)->daemon->stats.peers_dead == 0 && node_pairs(A(w), B(w)) == 1 ? w : NULL;
	world_run(w, SEC(24));
}

static const char *
given_up(struct world *w)
{
	if (w->tap_arg == NULL)
		return "given up too early";
	if (A(w)->daemon->stats.peers_dead != 1 || node_pairs(A(w), B(w)) != 0 || node_all_ikes(A(w)) != 0)
		return "not given up";
	return node_all_children(A(w)) != 0 ? "something is negotiated that nobody wants" : NULL;
}

static const char *
comes_back(struct world *w)
{
	if (B(w)->daemon == NULL) {
		hosts_policies(B(w));
		hosts_start(B(w));
	}
	return scenario_all_flow(w);
}

/* Three times off the network for 20 s under traffic. */
static void
unplugged(struct world *w)
{
	hosts_first_packet(w);
	for (unsigned i = 0; i < 3; i++) {
		node_cut(B(w), true);
		hosts_traffic(w, SEC(20), MSEC(500));
		node_cut(B(w), false);
		hosts_traffic(w, SEC(5), MSEC(250));
		hosts_reset_counters(w);
		hosts_traffic(w, SEC(2), MSEC(100));
		world_run(w, SEC(1));
		if (w->tap_arg == NULL && hosts_nothing_lost(w) != NULL)
			w->tap_arg = w;
		hosts_traffic(w, SEC(10), MSEC(500));
	}
}

static const char *
clean(struct world *w)
{
	if (w->tap_arg != NULL)
		return "not clean five seconds after it was back";
	return w->max_pairs > 2 ? "too many pairs" : scenario_all_flow(w);
}

/* --- sequence numbers of IKEv1 --- */

static struct pld_notify
numbered(uint8_t data[4], uint32_t seq)
{
	for (unsigned i = 0; i < 4; i++)
		data[i] = (uint8_t)(seq >> (24 - 8 * i));
	return (struct pld_notify){ .doi = V1_DOI_IPSEC, .proto = V1_PROTO_ISAKMP, .data = slice_of(data, 4) };
}

/* a has asked three times and hears nothing: which answers count? */
static void
answers(struct world *w)
{
	struct ike_sa *ike;
	uint8_t data[4];

	hosts_first_packet(w);
	if ((ike = hosts_ike(A(w), 0)) == NULL)
		return;
	node_apart(A(w), B(w), true);
	daemon_tick(A(w)->daemon, w->now);
	live_check(ike);
	world_run(w, SEC(2));
	uint32_t next = ike->v1->dpd_next, first = ike->v1->dpd_first;
	bool right = next - first == 3 && ike->check.asked != 0;
	struct pld_notify bad[] = { numbered(data, first - 1), numbered(data, next), numbered(data, next + 7) };
	uint32_t seqs[] = { first - 1, next, next + 0x40000000 };
	for (unsigned i = 0; i < 3; i++) {
		bad[i] = numbered(data, seqs[i]);
		v1_take_ack(ike, &bad[i]);
		right = right && ike->check.asked != 0;
	}
	bad[0].data.n = 3;
	v1_take_ack(ike, &bad[0]);
	right = right && ike->check.asked != 0;
	/* late, but an answer */
	struct pld_notify good = numbered(data, first);
	v1_take_ack(ike, &good);
	right = right && ike->check.asked == 0;
	/* and again: it answers nothing any more */
	live_check(ike);
	v1_take_ack(ike, &good);
	right = right && ike->check.asked != 0;
	w->tap_arg = right ? NULL : w;
	node_apart(A(w), B(w), false);
	hosts_traffic(w, SEC(5), MSEC(500));
}

static const char *
answered(struct world *w)
{
	return w->tap_arg != NULL ? "a wrong answer counts, or a right one does not" : hosts_one_pair(w);
}

/* Questions: a repeated one is answered again, an old one is not. */
static void
questions(struct world *w)
{
	struct ike_sa *ike;
	uint8_t data[4];

	hosts_first_packet(w);
	if ((ike = hosts_ike(A(w), 0)) == NULL)
		return;
	static const struct { uint32_t seq; bool answered; } v[] = {
		{ 100, true }, { 100, true }, { 99, false }, { 101, true }, { 100, false }, { 0x7fffffff, true }, { 5, false },
	};
	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct pld_notify n = numbered(data, v[i].seq);
		uint64_t out = A(w)->daemon->stats.datagrams_out;
		v1_take_r_u_there(ike, &n);
		if ((A(w)->daemon->stats.datagrams_out > out) != v[i].answered)
			w->tap_arg = w;
	}
	world_run(w, SEC(1));
}

#define STORY(label, b, r, c, ...) { .name = label, .build = b, .run = r, .check = c, .runs = 5, __VA_ARGS__ }
#define BAD .opt = { .loss = 30, .jitter = MSEC(100) }

static const struct scenario scenarios[] = {
	STORY("v1 idle", build_v1, idle, asked_by_the_clock),
	STORY("v2 idle", build_v2, idle, asked_by_the_clock),
	STORY("v1 busy", build_v1, busy, not_asked),
	STORY("v2 busy", build_v2, busy, not_asked),
	STORY("v1 without dpd", build_v1_to_off, idle, cannot_be_asked),
	STORY("v1 off", build_v1, off, given_up, .settled = comes_back),
	STORY("v2 off", build_v2, off, given_up, .settled = comes_back),
	STORY("v1 unplugged", build_v1, unplugged, clean),
	STORY("v2 unplugged", build_v2, unplugged, clean),
	STORY("v1 bad line", build_v1, busy, scenario_all_flow, BAD),
	STORY("v2 bad line", build_v2, busy, scenario_all_flow, BAD),
	STORY("v1 answers", build_v1, answers, answered),
	STORY("v1 questions", build_v1, questions, answered),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
