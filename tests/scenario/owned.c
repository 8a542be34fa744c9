/* SPDX-License-Identifier: BSD-3-Clause */
#include "scenario/owned.h"

#include "conf/conf.h"
#include "sadb/sadb.h"

const char policies_a[] = "flush; spdflush;\n" TO_B SSH;
const char policies_b[] =
    "spdadd 192.0.2.2 192.0.2.1 any -P out ipsec esp/transport//require;\n"
    "spdadd 192.0.2.1 192.0.2.2 any -P in ipsec esp/transport//require;\n";
const char policies_c[] =
    "spdadd 192.0.2.3 192.0.2.1 any -P out ipsec esp/transport//require;\n"
    "spdadd 192.0.2.1 192.0.2.3 any -P in ipsec esp/transport//require;\n";

bool
owned_build(struct world *w, const char *conf_a, const char *conf_b)
{
	world_put(w, "/etc/a.setkey", policies_a);
	world_put(w, "/etc/b.setkey", policies_b);
	world_put(w, "/etc/c.setkey", policies_c);
	return world_node(w, "a", "192.0.2.1", conf_a, PSK_LINES) != NULL &&
	    world_node(w, "b", "192.0.2.2", conf_b, PSK_LINES) != NULL;
}

bool
owned_v2(struct world *w)
{
	return owned_build(w, CONF_A(V2), CONF_B(V2));
}

bool
owned_v1(struct world *w)
{
	return owned_build(w, CONF_A(V1), CONF_B(V1));
}

/* --- what is looked at --- */

unsigned
owned_count(const struct node *n)
{
	struct sadb_counts c;

	sadb_count(n->daemon->sadb, &c);
	return c.sp_ours;
}

/* What is wrong at some moment; kept in the world. */
void
note_wrong(struct world *w, const char *what)
{
	if (w->tap_arg == NULL)
		w->tap_arg = (void *)(uintptr_t)what;
}

const char *
noted_wrong(const struct world *w)
{
	return w->tap_arg;
}

struct guard {
	const struct node *from, *to;
	bool found;
};

static void
guards(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct guard *g = arg;
	struct sa_flow f = { .src = g->from->addr, .dst = g->to->addr, .proto = 17, .sport = 1000, .dport = 2000 };

	(void)sa;
	(void)usage;
	if (sp != NULL && sp->id.dir == SP_OUT && sp->action == SP_IPSEC && sa_selector_match(&sp->id.sel, &f))
		g->found = true;
}

/* Has the kernel of |from| a policy that protects what goes to |to|? */
static bool
guarded(struct node *from, const struct node *to)
{
	struct guard g = { from, to, false };
	struct kern *k = simkern_other(from->kern);

	return k->ops->dump(k, KERN_DUMP_SP, guards, &g) == IKE_OK && g.found;
}

/* The daemon's way to the kernel with an eye on it: after each request about policies. */
static struct world *watched;
static const struct kern_ops *real;
static struct kern_ops watching;

static ike_err
look(struct kern *k, ike_err err)
{
	for (unsigned i = 0; i < watched->n_nodes && i < 2; i++) {
		struct node *n = &watched->node[i];
		if (simkern_kern(n->kern) == k && !guarded(n, &watched->node[1 - i]))
			note_wrong(watched, "a protected flow was without a policy");
	}
	return err;
}

static ike_err
watched_install(struct kern *k, const struct sp_spec *sp, bool replace)
{
	return look(k, real->sp_install(k, sp, replace));
}

static ike_err
watched_delete(struct kern *k, const struct sp_id *id)
{
	return look(k, real->sp_delete(k, id));
}

void
watch_policies(struct world *w)
{
	watched = w;
	for (unsigned i = 0; i < w->n_nodes; i++) {
		struct kern *k = simkern_kern(w->node[i].kern);
		if (k->ops == &watching)
			continue;
		real = k->ops;
		watching = *real;
		watching.sp_install = watched_install;
		watching.sp_delete = watched_delete;
		k->ops = &watching;
	}
}

/* Snapshots that |n| holds: the present one, the one before for an undo, and those that something is bound to. */
unsigned
count_snapshots(const struct node *n)
{
	const struct conf *seen[64];
	const struct daemon *d = n->daemon;
	unsigned k = 0;
	uint32_t it = 0;
	const struct ike_sa *ike;
	const struct child *c;

	seen[k++] = d->conf;
	if (d->reload.before != NULL)
		seen[k++] = d->reload.before;
	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL) {
		unsigned i = 0;
		while (i < k && seen[i] != ike->conf)
			i++;
		if (i == k && k < 64)
			seen[k++] = ike->conf;
	}
	it = 0;
	while ((c = slot_each(&d->children.ids, &it)) != NULL) {
		unsigned i = 0;
		while (i < k && seen[i] != c->conf)
			i++;
		if (i == k && k < 64)
			seen[k++] = c->conf;
	}
	return k;
}

void
send_hup(struct node *n)
{
	(void)daemon_hup(n->daemon, n->w->now);
}

const char *
owned_well(struct world *w)
{
	if (noted_wrong(w) != NULL)
		return noted_wrong(w);
	if (A(w)->clear + B(w)->clear != 0)
		return "packets in clear";
	return NULL;
}

const char *
owned_settled(struct world *w)
{
	const char *bad = owned_well(w);

	return bad != NULL ? bad : scenario_all_flow(w);
}

const char *
owned_check(struct world *w)
{
	/* with the forward twins */
	if (owned_count(A(w)) != 4 || simkern_sp_count(A(w)->kern) != 4 || owned_count(B(w)) != 3 || simkern_sp_count(B(w)->kern) != 3)
		return "not the policies of the files";
	if (!slice_equal(node_file(A(w), "run/policy_files"), slice_str("/etc/a.setkey\n")))
		return "run/policy_files does not name the file";
	const char *bad = owned_well(w);
	return bad != NULL ? bad : hosts_one_pair(w);
}

const char *
owned_survived(struct world *w)
{
	const char *bad = world_check(w);

	return bad != NULL ? bad : world_flows(A(w), B(w), SEC(240)) ? NULL : "traffic does not flow";
}

