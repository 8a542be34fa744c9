/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Somebody else deletes, replaces, adds and flushes SAs and policies, with events, without, and with some of them lost.  All is
 * healed at once, or by the next audit, and counted by kind: exactly what was done.
 */
#include "scenario/faults.h"

#include <errno.h>
#include <stdio.h>

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

HOSTS(v1, conf_v1, conf_v1, 0)
HOSTS(v2, conf_v2, conf_v2, 0)

#define EVERYTHING 0xffffffffu

/* Three hosts whose policies are their own. */
static const char *const files[] = { "/etc/1.setkey", "/etc/2.setkey", "/etc/3.setkey" };

#define BOTH_WAYS(us, peer) \
	"spdadd " us " " peer " any -P out ipsec esp/transport//require;\n" \
	"spdadd " peer " " us " any -P in ipsec esp/transport//require;\n"
#define ADDR1 "192.0.2.1"
#define ADDR2 "192.0.2.2"
#define ADDR3 "192.0.2.3"

#define OWNED(file, modes) "policy_file \"/etc/" file ".setkey\";\n" REMOTE(modes, "") PLAIN_SAINFO

static bool
build_mesh(struct world *w, const char *conf1, const char *conf2, const char *conf3)
{
	world_put(w, files[0], BOTH_WAYS(ADDR1, ADDR2) BOTH_WAYS(ADDR1, ADDR3));
	world_put(w, files[1], BOTH_WAYS(ADDR2, ADDR1) BOTH_WAYS(ADDR2, ADDR3));
	world_put(w, files[2], BOTH_WAYS(ADDR3, ADDR1) BOTH_WAYS(ADDR3, ADDR2));
	return world_node(w, "h1", ADDR1, conf1, PSK_LINES) != NULL && world_node(w, "h2", ADDR2, conf2, PSK_LINES) != NULL &&
	    world_node(w, "h3", ADDR3, conf3, PSK_LINES) != NULL;
}

static bool
build_v1_mesh(struct world *w)
{
	return build_mesh(w, OWNED("1", "main"), OWNED("2", "main"), OWNED("3", "main"));
}

static bool
build_v2_mesh(struct world *w)
{
	return build_mesh(w, OWNED("1", "ikev2"), OWNED("2", "ikev2"), OWNED("3", "ikev2"));
}

static void
up(struct world *w)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(2), MSEC(100));
	hosts_reset_counters(w);
}

/* Less than a second after the fault, and from then on, nothing is lost in either direction. */
static void
within_a_second(struct world *w)
{
	hosts_traffic(w, MSEC(900), MSEC(50));
	hosts_reset_counters(w);
	hosts_traffic(w, SEC(10), MSEC(50));
}

static void
lose(struct world *w, bool out, bool in)
{
	up(w);
	if (out && !fault_delete_sa(A(w), B(w), true))
		w->error = IKE_E_NOTFOUND;
	if (in && !fault_delete_sa(A(w), B(w), false))
		w->error = IKE_E_NOTFOUND;
	within_a_second(w);
}

static void
half_out(struct world *w)
{
	lose(w, true, false);
}

static void
half_in(struct world *w)
{
	lose(w, false, true);
}

static void
both_halves(struct world *w)
{
	lose(w, true, true);
}

/* Different halves at both ends. */
static void
half_each(struct world *w)
{
	up(w);
	if (!fault_delete_sa(A(w), B(w), true) || !fault_delete_sa(B(w), A(w), true))
		w->error = IKE_E_NOTFOUND;
	within_a_second(w);
}

static void
replaced(struct world *w)
{
	up(w);
	if (!fault_replace_sa(A(w), B(w), true))
		w->error = IKE_E_NOTFOUND;
	within_a_second(w);
}

static void
flushed(struct world *w)
{
	up(w);
	fault_flush_sas(A(w));
	within_a_second(w);
}

/* The events are lost, and nobody says so: the audit finds it. */
static void
muted(struct world *w)
{
	up(w);
	simkern_mute(A(w)->kern, EVERYTHING);
	if (!fault_delete_sa(A(w), B(w), true))
		w->error = IKE_E_NOTFOUND;
	world_run(w, SEC(61));
	simkern_mute(A(w)->kern, 0);
	within_a_second(w);
}

static void
muted_replaced(struct world *w)
{
	up(w);
	simkern_mute(A(w)->kern, EVERYTHING);
	if (!fault_replace_sa(A(w), B(w), false))
		w->error = IKE_E_NOTFOUND;
	world_run(w, SEC(61));
	simkern_mute(A(w)->kern, 0);
	within_a_second(w);
}

/*
 * Nobody reports that the SA towards b is gone, or that another stands in its place; but the kernel has asked for one on behalf of a
 * packet that came in between.
 */
static void
asked(struct world *w, bool replace)
{
	struct kern *k = simkern_other(A(w)->kern);
	struct sa_keys keys = { .encr_len = 16, .integ_len = 32 };
	struct sa_spec spec;

	simkern_mute(A(w)->kern, EVERYTHING & ~(1u << KERN_EV_ACQUIRE));
	if (!fault_find_sa(A(w), B(w), true, &spec) || k->ops->sa_delete(k, &spec.id, &spec.src) != IKE_OK)
		w->error = IKE_E_NOTFOUND;
	node_send(A(w), B(w), 17, 1000, 2000);
	if (replace && k->ops->sa_install(k, &spec, &keys, false) != IKE_OK)
		w->error = IKE_E_KERNEL;
	world_run(w, 0);
	simkern_mute(A(w)->kern, 0);
	within_a_second(w);
}

#define PHASES 8

/* At any time between two looks at the traffic, which would show it, too. */
static void
asked_replaced(struct world *w)
{
	up(w);
	for (unsigned i = 0; i < PHASES; i++) {
		world_run(w, MSEC(130) * i);
		asked(w, true);
	}
}

static void
asked_gone(struct world *w)
{
	up(w);
	for (unsigned i = 0; i < PHASES; i++) {
		world_run(w, MSEC(130) * i);
		asked(w, false);
	}
}

/* While b has already made a pair in place of the one whose half goes, and a holds back its half of that. */
static void
asked_held(struct world *w)
{
	const struct child *c;

	up(w);
	hosts_child_soft(B(w), 0);
	world_run(w, SEC(3));
	if ((c = hosts_child(A(w), 0)) == NULL || c->pending_out == NULL)
		w->error = IKE_E_STATE;
	asked(w, true);
}

/* The socket's buffer was too small. */
static void
overrun(struct world *w)
{
	up(w);
	simkern_set_event_limit(A(w)->kern, 2);
	for (unsigned i = 0; i < 50; i++)
		(void)fault_add_stranger(A(w), i);
	if (!fault_delete_sa(A(w), B(w), true))
		w->error = IKE_E_NOTFOUND;
	world_run(w, 0);
	simkern_set_event_limit(A(w)->kern, 0);
	within_a_second(w);
}

static const char *
healed(struct world *w)
{
	const char *wrong = hosts_nothing_lost(w);

	if (w->error != IKE_OK)
		return "the story could not be told";
	if (wrong != NULL)
		return wrong;
	if (A(w)->clear + B(w)->clear != 0)
		return "packets in clear";
	world_run(w, SEC(90));
	return node_pairs(A(w), B(w)) != 1 || node_pairs(B(w), A(w)) != 1 ? "not exactly one pair" : world_agree(w);
}

static const char *
counted(struct world *w, enum sadb_repair kind, uint64_t n)
{
	static char why[120];

	for (unsigned i = 0; i <= SADB_R_SP_ADOPTED; i++) {
		uint64_t have = fault_repairs(A(w), i), want = i == (unsigned)kind ? n : 0;
		if (have == want)
			continue;
		(void)snprintf(why, sizeof(why), "%llu of kind %s counted", (unsigned long long)have, sadb_repair_name(i));
		return why;
	}
	return healed(w);
}

static const char *
one_lost(struct world *w)
{
	return counted(w, SADB_R_SA_LOST, 1);
}

static const char *
two_lost(struct world *w)
{
	return counted(w, SADB_R_SA_LOST, 2);
}

static const char *
one_changed(struct world *w)
{
	return counted(w, SADB_R_SA_CHANGED, 1);
}

static const char *
all_found(struct world *w)
{
	if (fault_repairs(A(w), SADB_R_SA_FOREIGN_NEW) != 50)
		return "foreign SAs were not found";
	const char *wrong = hosts_nothing_lost(w);
	return wrong != NULL ? wrong : fault_repairs(A(w), SADB_R_SA_LOST) == 1 ? world_check(w) : "the loss was not counted";
}

/* Each is counted once, and healed by one negotiation. */
static const char *
once_each(struct world *w, enum sadb_repair kind, unsigned n)
{
	return A(w)->daemon->stats.child_up != n + 1 ? "not one negotiation for each" : counted(w, kind, n);
}

static const char *
each_changed(struct world *w)
{
	return once_each(w, SADB_R_SA_CHANGED, PHASES);
}

static const char *
each_lost(struct world *w)
{
	return once_each(w, SADB_R_SA_LOST, PHASES);
}

/* The renewal was the only negotiation. */
static const char *
one_changed_once(struct world *w)
{
	return once_each(w, SADB_R_SA_CHANGED, 1);
}

/* The strangers' SAs have no other end. */
static const char *
all_found_faulty(struct world *w)
{
	return world_flows(A(w), B(w), SEC(240)) ? world_check(w) : "traffic does not flow";
}

/* An SA that looks like ours and that nobody has: it goes after a while, and is counted. */
static void
stray(struct world *w)
{
	struct kern *k = simkern_other(A(w)->kern);
	struct sa_spec sa = fault_stranger(A(w), 1);
	struct sa_keys keys = { .encr_len = 16, .integ_len = 32 };

	up(w);
	sa.reqid = SADB_REQID_FIRST + 77;
	if (k->ops->sa_install(k, &sa, &keys, false) != IKE_OK)
		w->error = IKE_E_KERNEL;
	hosts_traffic(w, SEC(30), MSEC(100));
}

static const char *
one_orphan(struct world *w)
{
	return counted(w, SADB_R_SA_ORPHAN, 1);
}

/*
 * An SA that looks like ours, towards a peer of ours: with the reqid of the policy the kernel sends by it, for it is the youngest, and
 * the peer has it not; with another one of ours it is of no use at all.
 */
static void
false_half(struct world *w, bool usable)
{
	struct kern *k = simkern_other(A(w)->kern);
	struct sa_keys keys = { .encr_len = 16, .integ_len = 32 };
	struct sa_spec sa;

	up(w);
	world_run(w, SEC(5));
	if (!fault_find_sa(A(w), B(w), true, &sa)) {
		w->error = IKE_E_NOTFOUND;
		return;
	}
	sa.id.spi ^= 1;
	if (!usable)
		sa.reqid = SADB_REQID_FIRST + 0xfff0;
	if (k->ops->sa_install(k, &sa, &keys, false) != IKE_OK)
		w->error = IKE_E_KERNEL;
}

static void
twin(struct world *w)
{
	false_half(w, true);
	hosts_traffic(w, SEC(2), MSEC(50));
	hosts_reset_counters(w);
	hosts_traffic(w, SEC(10), MSEC(50));
}

/* Gone, and counted, after two seconds; nothing else has changed. */
static void
useless(struct world *w)
{
	false_half(w, false);
	hosts_traffic(w, SEC(3), MSEC(100));
	if (fault_repairs(A(w), SADB_R_SA_ORPHAN) != 1)
		w->error = IKE_E_STATE;
}

static const char *
one_twin(struct world *w)
{
	return counted(w, SADB_R_SA_ADOPTED, 1);
}

/* Somebody deletes what he sees, ten times a second. */
static void
quarrel(struct world *w)
{
	up(w);
	for (unsigned i = 0; i < 600; i++) {
		(void)fault_delete_sa(A(w), B(w), true);
		node_send(A(w), B(w), 17, 1000, 2000);
		world_run(w, MSEC(100));
	}
}

static const char *
backed_off(struct world *w)
{
	if (A(w)->daemon->stats.child_up > 30)
		return "negotiations without end";
	if (A(w)->daemon->mirror.quarrel.times == 0 || A(w)->daemon->mirror.quarrel.pid == 0 ||
	    !node_logged(A(w), "is changed again and again"))
		return "the quarrel was not told";
	return scenario_all_flow(w);
}

/* --- the kernel refuses --- */

static const int errnums[] = { EEXIST, ESRCH, ENOENT, ENOMEM, EPROTONOSUPPORT, EPERM };

/* Each step of making a pair, with each of the kernel's words, at |n|: the IKE SA stays, and there is a pair soon. */
static void
refuse_at(struct world *w, struct node *n)
{
	for (unsigned e = 0; e < sizeof(errnums) / sizeof(errnums[0]); e++) {
		for (unsigned step = 1; step <= 4; step++) {
			fault_flush_sas(A(w));
			simkern_refuse(n->kern, step, errnums[e]);
			hosts_traffic(w, SEC(8), MSEC(250));
			simkern_fail(n->kern, 0, 0, false);
			hosts_traffic(w, SEC(32), MSEC(250));
			hosts_reset_counters(w);
			hosts_traffic(w, SEC(1), MSEC(100));
			if (hosts_nothing_lost(w) != NULL || world_check(w) != NULL || node_ikes(A(w), B(w)) == 0)
				w->error = IKE_E_KERNEL;
		}
	}
}

static void
refused(struct world *w)
{
	up(w);
	w->n_datagrams = 0;
	refuse_at(w, A(w));
	refuse_at(w, B(w));
}

static const char *
recovered(struct world *w)
{
	if (w->error != IKE_OK)
		return "a refusal was not got over";
	if (A(w)->daemon->stats.ike_failed + B(w)->daemon->stats.ike_failed != 0)
		return "an IKE SA failed";
	if (!node_logged(A(w), "Operation not permitted") || !node_logged(B(w), "Operation not permitted"))
		return "the kernel's words are not in the log";
	world_run(w, SEC(90));
	return node_pairs(A(w), B(w)) != 1 || node_pairs(B(w), A(w)) != 1 ? "something was left behind" : world_agree(w);
}

/* --- many --- */

#define FAULTS 60

static uint64_t expected[3][SADB_REPAIRS];

static void
send_all(struct world *w)
{
	for (unsigned i = 0; i < w->n_nodes; i++)
		for (unsigned k = 0; k < w->n_nodes; k++)
			if (i != k)
				node_send(&w->node[i], &w->node[k], 17, 1000, 2000);
}

static void
traffic(struct world *w, ike_time span)
{
	for (ike_time end = w->now + span; w->now < end;) {
		send_all(w);
		world_run(w, MSEC(100));
	}
}

/* A fault in one of four ways: heard of, heard of too late, not heard of, heard of as lost. */
static void
one_fault(struct world *w)
{
	struct node *n = &w->node[world_random(w) % w->n_nodes];
	unsigned way = world_random(w) % 10;

	if (n->daemon == NULL)
		return;
	if (way == 0)
		simkern_mute(n->kern, EVERYTHING);
	bool clear = fault_random(n, expected[n->index]);
	if (way == 1)
		simkern_drop_events(n->kern, true);
	world_run(w, 0);
	if (way == 0) {
		if (!clear)
			traffic(w, SEC(61));
		else
			world_run(w, SEC(61));
		simkern_mute(n->kern, 0);
	}
	traffic(w, MSEC(200) + MSEC(world_random(w) % 2500));
}

static void
storm(struct world *w)
{
	for (unsigned i = 0; i < 3; i++)
		for (unsigned k = 0; k < SADB_REPAIRS; k++)
			expected[i][k] = 0;
	traffic(w, SEC(3));
	for (unsigned i = 0; i < FAULTS; i++)
		one_fault(w);
	traffic(w, SEC(20));
}

static const char *
weathered(struct world *w)
{
	static char why[160];

	for (unsigned i = 0; i < w->n_nodes; i++) {
		struct node *n = &w->node[i];
		if (n->clear != 0)
			return "packets in clear";
		for (unsigned k = 0; k < SADB_REPAIRS; k++) {
			uint64_t have = fault_repairs(n, k);
			if (have == expected[i][k] || k == SADB_R_SA_RESERVATION)
				continue;
			(void)snprintf(why, sizeof(why), "%s counted %llu of kind %s instead of %llu", n->name,
			    (unsigned long long)have, sadb_repair_name(k), (unsigned long long)expected[i][k]);
			return why;
		}
	}
	hosts_reset_counters(w);
	traffic(w, SEC(5));
	const char *wrong = hosts_nothing_lost(w);
	return wrong != NULL ? wrong : world_check(w);
}

static const char *
settled_storm(struct world *w)
{
	for (unsigned i = 0; i < w->n_nodes; i++)
		for (unsigned k = i + 1; k < w->n_nodes; k++)
			if (!world_flows(&w->node[i], &w->node[k], SEC(240)))
				return "traffic does not flow";
	return world_check(w);
}

#define STORY(named, built, told, checked, ...) \
	{ .name = named, .build = built, .run = told, .check = checked, __VA_ARGS__ }

static const struct scenario scenarios[] = {
	STORY("v2 half out", build_v2, half_out, one_lost, .runs = 8),
	STORY("v1 half out", build_v1, half_out, one_lost, .runs = 8),
	STORY("v2 half in", build_v2, half_in, one_lost, .runs = 8),
	STORY("v1 half in", build_v1, half_in, one_lost, .runs = 8),
	STORY("v2 both halves", build_v2, both_halves, two_lost, .runs = 6),
	STORY("v1 both halves", build_v1, both_halves, two_lost, .runs = 6),
	STORY("v2 half each", build_v2, half_each, one_lost, .runs = 6),
	STORY("v1 half each", build_v1, half_each, one_lost, .runs = 6),
	STORY("v2 replaced", build_v2, replaced, one_changed, .runs = 6),
	STORY("v1 replaced", build_v1, replaced, one_changed, .runs = 6),
	STORY("v2 flushed", build_v2, flushed, two_lost, .runs = 6),
	STORY("v1 flushed", build_v1, flushed, two_lost, .runs = 6),
	STORY("v2 muted", build_v2, muted, one_lost, .runs = 6),
	STORY("v1 muted", build_v1, muted, one_lost, .runs = 6),
	STORY("v2 muted and replaced", build_v2, muted_replaced, one_changed, .runs = 4),
	STORY("v1 muted and replaced", build_v1, muted_replaced, one_changed, .runs = 4),
	STORY("v2 replaced and asked for", build_v2, asked_replaced, each_changed, .runs = 6),
	STORY("v1 replaced and asked for", build_v1, asked_replaced, each_changed, .runs = 6),
	STORY("v2 gone and asked for", build_v2, asked_gone, each_lost, .runs = 6),
	STORY("v1 gone and asked for", build_v1, asked_gone, each_lost, .runs = 6),
	STORY("v2 held back and asked for", build_v2, asked_held, one_changed_once, .runs = 6),
	STORY("v2 overrun", build_v2, overrun, all_found, .runs = 6, .settled = all_found_faulty),
	STORY("v1 overrun", build_v1, overrun, all_found, .runs = 6, .settled = all_found_faulty),
	STORY("v2 stray", build_v2, stray, one_orphan, .runs = 6),
	STORY("v2 stray towards a peer", build_v2_mesh, useless, one_orphan, .runs = 6, .max_pairs = 3),
	STORY("v1 stray towards a peer", build_v1_mesh, useless, one_orphan, .runs = 6, .max_pairs = 3),
	STORY("v2 twin", build_v2_mesh, twin, one_twin, .runs = 6, .max_pairs = 3),
	STORY("v1 twin", build_v1_mesh, twin, one_twin, .runs = 6, .max_pairs = 3),
	STORY("v2 quarrel", build_v2, quarrel, backed_off, .runs = 3),
	STORY("v1 quarrel", build_v1, quarrel, backed_off, .runs = 3),
	STORY("v2 refused", build_v2, refused, recovered, .runs = 1),
	STORY("v1 refused", build_v1, refused, recovered, .runs = 1),
	STORY("v2 storm", build_v2_mesh, storm, weathered, .runs = 3, .settled = settled_storm, .max_pairs = 3),
	STORY("v1 storm", build_v1_mesh, storm, weathered, .runs = 3, .settled = settled_storm, .max_pairs = 3),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
