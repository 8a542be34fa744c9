/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What clocks do: somebody sets the wall clock by an hour or by twenty years, before a daemon starts or while it runs; a machine
 * sleeps for a minute or a night.  No SA is taken for another or for an old one, and nobody is given up for what happened
 * while nothing could happen.  And a daemon that ends while packets wait for its answer leaves none behind that wait for nobody.
 */
#include "scenario/faults.h"

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

#define YEARS (INT64_C(20) * 365 * 86400)

static const char v1_life[] = REMOTE_WITH("main", "lifetime time 240 seconds;", "ecp256") SAINFO("lifetime time 120 seconds;");
static const char v2_life[] = REMOTE_WITH("ikev2", "lifetime time 240 seconds;", "ecp256") SAINFO("lifetime time 120 seconds;");
HOSTS(v1_life, v1_life, v1_life, 0)
HOSTS(v2_life, v2_life, v2_life, 0)
HOSTS(v1, conf_v1, conf_v1, 0)
HOSTS(v2, conf_v2, conf_v2, 0)

static void
up(struct world *w)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(5), MSEC(100));
	hosts_reset_counters(w);
}

/* --- the wall clock --- */

/* Of one host forth and of the other back, and further forth, while they renew their pairs. */
static void
wall_set(struct world *w)
{
	up(w);
	node_set_wall(A(w), YEARS);
	node_set_wall(B(w), -3600);
	hosts_traffic(w, SEC(150), MSEC(100));
	node_set_wall(A(w), YEARS + 3600);
	node_set_wall(B(w), -YEARS);
	hosts_traffic(w, SEC(150), MSEC(100));
}

static const char *
nothing_happened(struct world *w)
{
	const char *wrong = hosts_nothing_lost(w);

	if (wrong != NULL)
		return wrong;
	for (unsigned i = 0; i < 2; i++) {
		if (fault_repairs(&w->node[i], SADB_R_SA_LOST) != 0 || fault_repairs(&w->node[i], SADB_R_SA_CHANGED) != 0)
			return "SAs of ours were taken for others";
		if (w->node[i].daemon->stats.peers_dead != 0 || w->node[i].daemon->stats.halflings != 0)
			return "somebody was given up";
	}
	return world_check(w);
}

static void
set_and_killed(struct world *w, int64_t ahead)
{
	up(w);
	node_set_wall(B(w), ahead);
	node_stop(B(w), false);
	hosts_traffic(w, MSEC(300), MSEC(10));
	hosts_start(B(w));
	/* what somebody takes out now has not expired */
	if (!fault_delete_sa(B(w), A(w), true))
		w->error = IKE_E_NOTFOUND;
	world_run(w, SEC(3));
	hosts_reset_counters(w);
	hosts_traffic(w, SEC(20), MSEC(10));
}

static void
forth_and_killed(struct world *w)
{
	set_and_killed(w, YEARS);
}

static void
back_and_killed(struct world *w)
{
	set_and_killed(w, -YEARS);
}

static const char *
lost_and_made_anew(struct world *w)
{
	const char *wrong = hosts_nothing_lost(w);

	if (wrong != NULL)
		return wrong;
	if (w->error != IKE_OK || B(w)->daemon->stats.adopted != 1)
		return "nothing was adopted";
	if (fault_repairs(B(w), SADB_R_SA_LOST) != 1)
		return "a lost SA was not taken for lost";
	if (node_logged(B(w), "IPsec-SA expired"))
		return "an SA was taken for an old one";
	return world_check(w);
}

/* --- sleep --- */

/* a, with a question to b under way, sleeps; b has nothing to say meanwhile. */
static void
sleeps(struct world *w, ike_time span)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(5), MSEC(100));
	node_cut(B(w), true);
	hosts_send(A(w), B(w), MSEC(2500), MSEC(100));
	node_sleep(A(w), true);
	world_run(w, MSEC(10));
	node_cut(B(w), false);
	world_run(w, span);
	node_sleep(A(w), false);
	world_run(w, SEC(2));
	w->tap_arg = A(w)->daemon->stats.checks == 1 && A(w)->daemon->stats.peers_dead == 0 ? w : NULL;
	hosts_reset_counters(w);
	hosts_traffic(w, SEC(5), MSEC(100));
}

static void
sleeps_a_minute(struct world *w)
{
	sleeps(w, SEC(90));
}

static const char *
peer_kept(struct world *w)
{
	if (w->tap_arg == NULL)
		return "the peer was not asked, or was given up without being asked again";
	return nothing_happened(w);
}

/* Both sleep for a night: everything has expired. */
static void
sleeps_a_night(struct world *w)
{
	up(w);
	node_sleep(A(w), true);
	node_sleep(B(w), true);
	world_run(w, SEC(10 * 3600));
	node_sleep(A(w), false);
	node_sleep(B(w), false);
	hosts_send(A(w), B(w), SEC(5), MSEC(100));
	hosts_reset_counters(w);
	hosts_traffic(w, SEC(5), MSEC(100));
}

static const char *
awake(struct world *w)
{
	const char *wrong = hosts_nothing_lost(w);

	return wrong != NULL ? wrong : world_check(w);
}

/* --- packets that wait --- */

static void
ends_while_asked(struct world *w, bool term)
{
	node_send(A(w), B(w), 17, 1000, 2000);
	world_run(w, MSEC(1));
	node_stop(A(w), term);
	world_run(w, SEC(1));
	hosts_start(A(w));
	hosts_send(A(w), B(w), SEC(3), MSEC(100));
	hosts_reset_counters(w);
	hosts_traffic(w, SEC(2), MSEC(100));
}

static void
killed_while_asked(struct world *w)
{
	ends_while_asked(w, false);
}

static void
stopped_while_asked(struct world *w)
{
	ends_while_asked(w, true);
}

/* --- many that wait --- */

static bool
build_eight(struct world *w)
{
	return hosts_mesh(w, 8, conf_v2, conf_v2);
}

static struct child *
each_child(struct node *n, unsigned i)
{
	return n->daemon == NULL ? NULL : hosts_child(n, i);
}

/* The renewals of all pairs of a fail in one instant. */
static void
all_fail(struct world *w)
{
	struct child *c;

	hosts_all_at_once(w);
	world_run(w, SEC(5));
	if (A(w)->daemon != NULL)
		daemon_tick(A(w)->daemon, w->now);
	for (unsigned i = 0; (c = each_child(A(w), i)) != NULL; i++)
		child_rekey_failed(c);
}

static const char *
spread(struct world *w)
{
	struct child *c, *o;
	unsigned close = 0, n = 0;

	for (; (c = each_child(A(w), n)) != NULL; n++) {
		if (c->retry_at < w->now + SEC(1) || c->retry_at > w->now + MSEC(1250))
			return "not tried again after a second and a quarter";
		for (unsigned k = 0; k < n && (o = each_child(A(w), k)) != NULL; k++)
			close += c->retry_at - o->retry_at < MSEC(2) && o->retry_at - c->retry_at < MSEC(2);
	}
	if (n != 7)
		return "not all are up";
	return close > 3 ? "many that failed at once come back at once" : NULL;
}

#define STORY(named, built, told, checked) { .name = named, .build = built, .run = told, .check = checked, .runs = 4 }

static const struct scenario scenarios[] = {
	STORY("v1 wall clock set", build_v1_life, wall_set, nothing_happened),
	STORY("v2 wall clock set", build_v2_life, wall_set, nothing_happened),
	STORY("v1 wall clock forth, killed", build_v1, forth_and_killed, lost_and_made_anew),
	STORY("v2 wall clock forth, killed", build_v2, forth_and_killed, lost_and_made_anew),
	STORY("v1 wall clock back, killed", build_v1, back_and_killed, lost_and_made_anew),
	STORY("v2 wall clock back, killed", build_v2, back_and_killed, lost_and_made_anew),
	STORY("v1 sleeps a minute", build_v1, sleeps_a_minute, peer_kept),
	STORY("v2 sleeps a minute", build_v2, sleeps_a_minute, peer_kept),
	STORY("v1 sleeps a night", build_v1, sleeps_a_night, awake),
	STORY("v2 sleeps a night", build_v2, sleeps_a_night, awake),
	STORY("v1 killed while asked", build_v1, killed_while_asked, awake),
	STORY("v2 killed while asked", build_v2, killed_while_asked, awake),
	STORY("v1 stopped while asked", build_v1, stopped_while_asked, awake),
	STORY("v2 stopped while asked", build_v2, stopped_while_asked, awake),
	{ .name = "v2 many fail at once", .build = build_eight, .run = all_fail, .check = spread, .runs = 1 },
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
