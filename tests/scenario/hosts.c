/* SPDX-License-Identifier: BSD-3-Clause */
#include "scenario/hosts.h"

#include "sadb/sadb.h"

#include <stdio.h>

const char conf_v1[] = REMOTE("main", "") PLAIN_SAINFO;
const char conf_v2[] = REMOTE("ikev2", "") PLAIN_SAINFO;

bool
hosts_two_keys(struct world *w, const char *conf_a, const char *psk_a, const char *conf_b, const char *psk_b,
    const struct policy_options *po)
{
	struct node *a = world_node(w, "a", "192.0.2.1", conf_a, psk_a);
	struct node *b = a == NULL ? NULL : world_node(w, "b", "192.0.2.2", conf_b, psk_b);

	if (b == NULL)
		return false;
	world_protect(a, b, po);
	return w->error == IKE_OK;
}

bool
hosts_two(struct world *w, const char *conf_a, const char *conf_b, const struct policy_options *po)
{
	return hosts_two_keys(w, conf_a, PSK_LINES, conf_b, PSK_LINES, po);
}

void
hosts_first_packet(struct world *w)
{
	node_send(&w->node[0], &w->node[1], 17, 1000, 2000);
	world_run(w, SEC(2));
}

void
hosts_first_packet_back(struct world *w)
{
	node_send(&w->node[1], &w->node[0], 17, 2000, 1000);
	world_run(w, SEC(2));
}

void
hosts_both_at_once(struct world *w)
{
	node_send(&w->node[0], &w->node[1], 17, 1000, 2000);
	node_send(&w->node[1], &w->node[0], 17, 2000, 1000);
	world_run(w, SEC(3));
}

const char *
hosts_one_pair(struct world *w)
{
	struct node *a = &w->node[0], *b = &w->node[1];

	if (node_pairs(a, b) != 1 || node_pairs(b, a) != 1)
		return "not exactly one pair";
	if (node_ikes(a, b) != 1 || node_ikes(b, a) != 1)
		return "not exactly one IKE SA";
	if (!world_flows(a, b, 0))
		return "no traffic";
	return NULL;
}

const char *
hosts_no_pair(struct world *w)
{
	for (unsigned i = 0; i < w->n_nodes; i++) {
		struct node *n = &w->node[i];
		if (simkern_sa_count(n->kern) != 0)
			return "an SA in a kernel";
		if (node_all_children(n) != 0)
			return "a child that leads nowhere is kept";
	}
	return world_check(w);
}

void
hosts_send(struct node *a, struct node *b, ike_time span, ike_time gap)
{
	struct world *w = a->w;

	for (ike_time end = w->now + span; w->now < end;) {
		node_send(a, b, 17, 1000, 2000);
		world_run(w, gap);
	}
}

struct child *
hosts_child(struct node *n, unsigned which)
{
	uint32_t it = 0;
	struct child *c;

	while (n->daemon != NULL && (c = slot_each(&n->daemon->children.ids, &it)) != NULL)
		if (c->state == CHILD_INSTALLED && which-- == 0)
			return c;
	return NULL;
}

struct ike_sa *
hosts_ike(struct node *n, unsigned which)
{
	uint32_t it = 0;
	struct ike_sa *ike;

	while (n->daemon != NULL && (ike = slot_each(&n->daemon->ikes.ids, &it)) != NULL)
		if (ike->state == IKE_ESTABLISHED && which-- == 0)
			return ike;
	return NULL;
}

void
hosts_child_soft(struct node *n, unsigned which)
{
	const struct child *c = hosts_child(n, which);
	const struct sad_row *row = c == NULL ? NULL : sadb_row(n->daemon->sadb, c->row_out);
	struct kern_event ev = { .kind = KERN_EV_SOFT };

	if (row == NULL)
		return;
	ev.sa = row->spec;
	daemon_kernel(n->daemon, &ev, n->w->now);
}

void
hosts_child_delete(struct node *n, unsigned which)
{
	struct child *c = hosts_child(n, which);

	if (c == NULL)
		return;
	daemon_tick(n->daemon, n->w->now);
	child_delete(c, true);
	daemon_tick(n->daemon, n->w->now);
}

void
hosts_ike_soft(struct node *n, unsigned which)
{
	struct ike_sa *ike = hosts_ike(n, which);

	if (ike == NULL)
		return;
	ike->soft = n->w->now;
	daemon_timer(n->daemon, &ike->timer, n->w->now);
	daemon_tick(n->daemon, n->w->now);
}

void
hosts_ike_delete(struct node *n, unsigned which)
{
	struct ike_sa *ike = hosts_ike(n, which);

	if (ike == NULL)
		return;
	daemon_tick(n->daemon, n->w->now);
	ike_sa_delete(ike);
	daemon_tick(n->daemon, n->w->now);
}

void
hosts_traffic(struct world *w, ike_time span, ike_time gap)
{
	for (ike_time end = w->now + span; w->now < end;) {
		node_send(&w->node[0], &w->node[1], 17, 1000, 2000);
		node_send(&w->node[1], &w->node[0], 17, 2000, 1000);
		world_run(w, gap);
	}
}

void
hosts_start(struct node *n)
{
	for (unsigned i = 0; i < 3 && n->daemon == NULL; i++) {
		world_run(n->w, SEC(1));
		if (node_start(n) == IKE_OK)
			break;
	}
}

void
hosts_reset_counters(struct world *w)
{
	for (unsigned i = 0; i < w->n_nodes; i++) {
		struct node *n = &w->node[i];
		n->sent = n->clear = n->protected = n->held = n->delivered = n->dropped = 0;
	}
}

static unsigned
undelivered(const struct world *w, unsigned *sent)
{
	unsigned delivered = 0;

	*sent = 0;
	for (unsigned i = 0; i < w->n_nodes; i++) {
		*sent += w->node[i].sent;
		delivered += w->node[i].delivered;
	}
	return *sent - delivered;
}

const char *
hosts_nothing_lost(struct world *w)
{
	static char why[160];
	unsigned sent, lost = undelivered(w, &sent);

	/* what is on its way is not lost */
	if (lost != 0) {
		world_run(w, MSEC(100));
		lost = undelivered(w, &sent);
	}
	if (lost == 0)
		return NULL;
	(void)snprintf(why, sizeof(why), "%u of %u packets lost (%s)", lost, sent, w->why_dropped != NULL ? w->why_dropped : "held");
	return why;
}

/* Names, addresses and keys of the hosts of a mesh. */
static char mesh_names[HOSTS_MESH][4], mesh_addrs[HOSTS_MESH][16], mesh_psk[HOSTS_MESH * 24];

static void
make_mesh_names(void)
{
	size_t at = 0;

	for (unsigned i = 0; i < HOSTS_MESH; i++) {
		(void)snprintf(mesh_names[i], sizeof(mesh_names[i]), "h%u", (i + 1) % 100);
		(void)snprintf(mesh_addrs[i], sizeof(mesh_addrs[i]), "192.0.2.%u", i + 1);
		int n = snprintf(mesh_psk + at, sizeof(mesh_psk) - at, "%s mesh\n", mesh_addrs[i]);
		at += n > 0 ? (size_t)n : 0;
	}
}

void
hosts_policies(struct node *n)
{
	struct policy_options po = { 0 };
	struct world *w = n->w;

	/* a script that fails for want of memory is run again */
	for (unsigned tries = 0; tries < 2; tries++) {
		ike_err before = w->error;
		w->error = IKE_OK;
		for (unsigned i = 0; i < w->n_nodes; i++)
			if (i != n->index)
				world_protect_at(n, n, &w->node[i], &po);
		if (w->error == IKE_OK || tries > 0) {
			w->error = before;
			return;
		}
	}
}

bool
hosts_mesh(struct world *w, unsigned n, const char *even, const char *odd)
{
	make_mesh_names();
	for (unsigned i = 0; i < n; i++)
		if (world_node(w, mesh_names[i], mesh_addrs[i], i % 2 == 0 ? even : odd, mesh_psk) == NULL)
			return false;
	for (unsigned i = 0; i < n; i++)
		hosts_policies(&w->node[i]);
	return w->error == IKE_OK;
}

void
hosts_all_at_once(struct world *w)
{
	for (unsigned i = 0; i < w->n_nodes; i++)
		for (unsigned k = 0; k < w->n_nodes; k++)
			if (i != k)
				node_send(&w->node[i], &w->node[k], 17, 1000, 2000);
}

const char *
hosts_one_each(struct world *w)
{
	static char why[120];

	for (unsigned i = 0; i < w->n_nodes; i++) {
		for (unsigned k = 0; k < w->n_nodes; k++) {
			struct node *a = &w->node[i], *b = &w->node[k];
			if (i == k)
				continue;
			unsigned pairs = node_pairs(a, b), ikes = node_ikes(a, b);
			if (pairs == 1 && ikes == 1)
				continue;
			(void)snprintf(why, sizeof(why), "%s has %u pairs and %u IKE SAs with %s", a->name, pairs, ikes, b->name);
			return why;
		}
	}
	return world_agree(w);
}

void
hosts_random_traffic(struct world *w, ike_time span, unsigned pps)
{
	ike_time end = w->now + span;

	while (w->now < end) {
		unsigned i = world_random(w) % w->n_nodes, k = world_random(w) % (w->n_nodes - 1);
		node_send(&w->node[i], &w->node[k < i ? k : k + 1], 17, 1000, 2000);
		world_run(w, SEC(1) / pps);
	}
}
