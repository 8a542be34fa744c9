/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Policies that the daemon owns: installed, changed, taken over, known after a restart, given back.
 */
#include "scenario/owned.h"

#include "conf/conf.h"
#include "sadb/sadb.h"
#include "util/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* setkey had written the same before, an SA lives by it, and then the daemon is told to own the file. */
static bool
build_foreign(struct world *w)
{
	struct policy_options po = { 0 };

	return owned_build(w, V2, V2) && (world_protect(A(w), B(w), &po), w->error == IKE_OK);
}

static void
take_over(struct world *w)
{
	hosts_first_packet(w);
	watch_policies(w);
	hosts_reset_counters(w);
	hosts_traffic(w, SEC(1), MSEC(10));
	if (node_configure(A(w), CONF_A(V2)) != IKE_OK || node_configure(B(w), CONF_B(V2)) != IKE_OK)
		w->error = IKE_E_SYNTAX;
	hosts_traffic(w, SEC(20), MSEC(10));
}

static const char *
taken_over(struct world *w)
{
	if (w->error != IKE_OK)
		return "the configuration was refused";
	if (owned_count(A(w)) != 4 || owned_count(B(w)) != 3)
		return "the policies are not ours";
	if (A(w)->daemon->stats.child_up != 1)
		return "a new pair was made";
	const char *bad = hosts_nothing_lost(w);
	return bad != NULL ? bad : owned_check(w);
}

/* The process is killed and started again: the policies are known, and those of a file that is gone go. */
static void
restart(struct world *w)
{
	hosts_first_packet(w);
	node_stop(A(w), false);
	world_put(w, "/etc/a.setkey", TO_B);
	if (node_configure(A(w), CONF_A(V2)) != IKE_OK)
		w->error = IKE_E_SYNTAX;
	hosts_start(A(w));
	watch_policies(w);
	world_run(w, SEC(5));
}

static const char *
restarted(struct world *w)
{
	if (owned_count(A(w)) != 3 || simkern_sp_count(A(w)->kern) != 3)
		return "the policy that no file names any more is not gone";
	if (memmem(node_file(A(w), "run/policies").p, node_file(A(w), "run/policies").n, "[22]", 4) != NULL)
		return "the record names what is gone";
	return owned_well(w);
}

/* One of another content under a name of the record is somebody else's. */
static void
restart_foreign(struct world *w)
{
	struct kern *k = simkern_other(A(w)->kern);
	struct sp_spec sp = { .id = { .dir = SP_OUT }, .priority = 77, .action = SP_DISCARD };

	hosts_first_packet(w);
	node_stop(A(w), false);
	sp.id.sel = (struct sa_selector){ .src = { addr_any(4), 0 }, .dst = { addr_any(4), 0 }, .proto = 6, .dport = 22, .dport_set = true };
	if (k->ops->sp_install(k, &sp, true) != IKE_OK)
		w->error = IKE_E_KERNEL;
	world_put(w, "/etc/a.setkey", TO_B);
	if (node_configure(A(w), CONF_A(V2)) != IKE_OK)
		w->error = IKE_E_SYNTAX;
	hosts_start(A(w));
	world_run(w, SEC(5));
}

static const char *
foreign_kept(struct world *w)
{
	if (owned_count(A(w)) != 3 || simkern_sp_count(A(w)->kern) != 4)
		return "somebody else's policy was touched";
	return owned_well(w);
}

/* Policies change, come and go, with spdflush in front. */
static void
change_policies(struct world *w)
{
	hosts_first_packet(w);
	watch_policies(w);
	hosts_reset_counters(w);
	world_put(w, "/etc/a.setkey",
	    "spdflush; flush;\n"
	    "spdadd 192.0.2.1 192.0.2.2 any -P out prio def + 1 ipsec esp/transport//require;\n"
	    "spdadd 192.0.2.2 192.0.2.1 any -P in prio def + 1 ipsec esp/transport//require;\n"
	    "spdadd 0.0.0.0/0 0.0.0.0/0 icmp -P out prio def + 100 none;\n");
	send_hup(A(w));
	hosts_traffic(w, SEC(2), MSEC(20));
	world_put(w, "/etc/a.setkey", policies_a);
	world_run(w, RELOAD_GAP);
	send_hup(A(w));
	hosts_traffic(w, SEC(15), MSEC(20));
}

/* The kernel refuses the second of three changes: nothing has changed. */
static void
kernel_refuses(struct world *w)
{
	char said[400];

	hosts_first_packet(w);
	watch_policies(w);
	world_put(w, "/etc/a.setkey", TO_B TO_C "spdadd 192.0.2.1 192.0.2.4 any -P out discard;\n");
	A(w)->conf_text = CONF_A(V2) "# more\n";
	simkern_fail(A(w)->kern, 3, ENOMEM, false);
	if (reload_now(A(w)->daemon, 0, said, sizeof(said)) == IKE_OK)
		note_wrong(w, "a refusal is overlooked");
	else if (strstr(said, "/etc/a.setkey:4: the kernel refused this policy") == NULL)
		note_wrong(w, said);
	world_put(w, "/etc/a.setkey", policies_a);
	world_run(w, SEC(2));
}

static const char *
undisturbed(struct world *w)
{
	const char *bad = hosts_nothing_lost(w);

	if (bad != NULL)
		return bad;
	if (A(w)->daemon->stats.child_up != 1)
		return "something was made anew";
	return owned_check(w);
}

/* --- confirm and undo --- */

static void
add_text(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	char line[500];
	struct text t = text_in(line, sizeof(line));

	(void)sa;
	(void)usage;
	if (sp == NULL)
		return;
	conf_policy_text(sp, &t);
	text_addf(&t, " %u\n", sp->index);
	if (buf_append(arg, slice_str(line)) != IKE_OK)
		((struct buf *)arg)->n = 0;
}

static void
spd_text(struct node *n, struct buf *out)
{
	struct kern *k = simkern_other(n->kern);

	out->n = 0;
	if (k->ops->dump(k, KERN_DUMP_SP, add_text, out) != IKE_OK)
		n->w->error = IKE_E_KERNEL;
}

/* A policy that blocks everything, and nobody confirms; and some of setkey's that are taken over and given back. */
static void
confirm_not(struct world *w)
{
	struct buf before = { 0 }, between = { 0 }, after = { 0 };
	struct policy_options po = { 0 };

	hosts_first_packet(w);
	watch_policies(w);
	world_protect_at(A(w), A(w), C(w), &po);
	world_run(w, SEC(1));
	spd_text(A(w), &before);
	world_put(w, "/etc/a.setkey",
	    "spdadd 192.0.2.1 192.0.2.2 any -P out prio def - 5 ipsec esp/transport//require;\n"
	    "spdadd 192.0.2.2 192.0.2.1 any -P in ipsec esp/transport//require;\n" SSH TO_C
	    "spdadd 0.0.0.0/0 0.0.0.0/0 any -P out prio high discard;\n");
	(void)node_ctl(A(w), "config reload --confirm=30s");
	spd_text(A(w), &between);
	world_run(w, SEC(9));
	/* other changes meanwhile, which need the same confirmation; if there was a fault, nothing waits for one */
	A(w)->conf_text = CONF_A(V2) "# again\n";
	if (A(w)->daemon->reload.confirm_by != 0)
		send_hup(A(w));
	world_put(w, "/etc/a.setkey", policies_a);
	world_run(w, SEC(20));
	spd_text(A(w), &after);
	if (slice_equal(buf_slice(&before), buf_slice(&between)) || !slice_equal(buf_slice(&between), buf_slice(&after)))
		note_wrong(w, "undone too early, or nothing was done");
	world_run(w, SEC(2));
	spd_text(A(w), &after);
	if (!slice_equal(buf_slice(&before), buf_slice(&after)))
		note_wrong(w, "the SPD is not as it was");
	buf_free(&before);
	buf_free(&between);
	buf_free(&after);
}

static const char *
undone(struct world *w)
{
	if (noted_wrong(w) != NULL)
		return noted_wrong(w);
	if (A(w)->daemon->reload.before != NULL || A(w)->daemon->reload.confirm_by != 0)
		return "the undone snapshot is kept";
	if (owned_count(A(w)) != 4)
		return "what was somebody else's is ours";
	return hosts_one_pair(w);
}

static bool
build_spectator(struct world *w)
{
	return owned_v2(w) && world_node(w, "c", "192.0.2.3", V2, PSK_LINES) != NULL;
}

static void
confirm(struct world *w)
{
	hosts_first_packet(w);
	watch_policies(w);
	A(w)->conf_text = CONF_A(V2) "timer { counter 7; }\n";
	(void)node_ctl(A(w), "config reload --confirm=30s");
	world_run(w, SEC(10));
	(void)node_ctl(A(w), "config confirm");
	world_run(w, SEC(60));
}

static const char *
confirmed(struct world *w)
{
	return A(w)->daemon->conf->timers.counter != 7 ? "undone all the same" : owned_check(w);
}

static const struct scenario scenarios[] = {
	STORY("v2 owned policies", owned_v2, hosts_first_packet, owned_check, 0, owned_settled),
	STORY("v1 owned policies", owned_v1, hosts_first_packet, owned_check, 0, owned_settled),
	STORY("v2 taken over", build_foreign, take_over, taken_over, 10, owned_survived),
	STORY("v2 restarted", owned_v2, restart, restarted, 10, owned_survived),
	STORY("v2 restarted, changed by others", owned_v2, restart_foreign, foreign_kept, 10, owned_survived),
	STORY("v2 kernel refuses", owned_v2, kernel_refuses, owned_check, 10, owned_survived),
	STORY("v2 policies changed", owned_v2, change_policies, undisturbed, 8, owned_survived),
	STORY("v2 not confirmed", build_spectator, confirm_not, undone, 8, owned_survived),
	STORY("v2 confirmed", owned_v2, confirm, confirmed, 8, owned_survived),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
