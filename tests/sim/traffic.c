/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Policies, packets and what can be asked of a world.
 */
#include "sim/world.h"

#include "sadb/sadb.h"

#include <string.h>

static void
add_policy(struct node *n, enum sp_dir dir, const struct node *src, const struct node *dst, uint16_t sport, uint16_t dport,
    const struct policy_options *po)
{
	struct kern *k = simkern_other(n->kern);
	struct sp_spec sp = { .id = { .dir = (uint8_t)dir }, .priority = SP_PRIO_DEF, .action = SP_IPSEC, .ntmpl = 1 };

	sp.id.sel.src = (struct prefix){ src->addr, addr_bits(&src->addr) };
	sp.id.sel.dst = (struct prefix){ dst->addr, addr_bits(&dst->addr) };
	sp.id.sel.proto = po->proto;
	sp.id.sel.sport = sport;
	sp.id.sel.dport = dport;
	sp.id.sel.sport_set = sport != 0;
	sp.id.sel.dport_set = dport != 0;
	sp.tmpl[0].proto = po->ipsec != 0 ? po->ipsec : PROTO_ESP;
	sp.tmpl[0].mode = po->mode != 0 ? po->mode : MODE_TRANSPORT;
	sp.tmpl[0].level = po->level != 0 ? po->level : SP_REQUIRE;
	sp.tmpl[0].reqid = po->reqid;
	if (sp.tmpl[0].mode == MODE_TUNNEL) {
		sp.tmpl[0].src = src->addr;
		sp.tmpl[0].dst = dst->addr;
	}
	if (k->ops->sp_install(k, &sp, true) != IKE_OK)
		n->w->error = IKE_E_KERNEL;
}

void
world_protect_at(struct node *at, struct node *a, struct node *b, const struct policy_options *po)
{
	add_policy(at, at == a ? SP_OUT : SP_IN, a, b, 0, po->port, po);
	add_policy(at, at == a ? SP_IN : SP_OUT, b, a, po->port, 0, po);
	world_run(a->w, 0);
}

void
world_protect(struct node *a, struct node *b, const struct policy_options *po)
{
	world_protect_at(a, a, b, po);
	world_protect_at(b, a, b, po);
}

void
node_send(struct node *a, struct node *b, uint8_t proto, uint16_t sport, uint16_t dport)
{
	struct sim_packet p = {
		.flow = { .src = a->addr, .dst = b->addr, .proto = proto, .sport = sport, .dport = dport }, .len = 100,
	};
	struct sim_wire wire;
	const char *why = "";

	a->sent++;
	simkern_tick(a->kern, a->w->now);
	switch (simkern_send(a->kern, &p, &wire, &why)) {
	case SIM_CLEAR:
		a->clear++;
		net_packet(a, b, &wire);
		break;
	case SIM_PROTECTED:
		a->protected++;
		net_packet(a, b, &wire);
		break;
	case SIM_DELIVERED:
	case SIM_DROPPED:
		a->held++;
		a->interrupted += (unsigned)(a->reached >> b->index & 1);
		break;
	}
}

void
world_traffic(struct node *a, struct node *b, unsigned count, ike_time gap)
{
	for (unsigned i = 0; i < count; i++) {
		node_send(a, b, 17, 1000, 2000);
		node_send(b, a, 17, 2000, 1000);
		world_run(a->w, gap);
	}
}

bool
world_flows(struct node *a, struct node *b, ike_time span)
{
	struct world *w = a->w;
	ike_time end = w->now + span;

	for (;;) {
		unsigned da = a->delivered, db = b->delivered, pa = a->protected, pb = b->protected;
		node_send(a, b, 17, 1000, 2000);
		node_send(b, a, 17, 2000, 1000);
		world_run(w, SEC(1));
		if (a->delivered > da && b->delivered > db && a->protected > pa && b->protected > pb)
			return true;
		if (w->now >= end)
			return false;
	}
}

struct count {
	const struct addr *src, *dst;
	unsigned           n;
};

static void
count_row(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct count *c = arg;

	(void)usage;
	(void)sp;
	if (sa != NULL && !sa_is_larval(sa) && addr_equal(&sa->src, c->src) && addr_equal(&sa->id.dst, c->dst))
		c->n++;
}

unsigned
node_pairs(struct node *a, struct node *b)
{
	struct kern *k = simkern_other(a->kern);
	struct count c = { &a->addr, &b->addr, 0 };

	return k->ops->dump(k, KERN_DUMP_SA, count_row, &c) == IKE_OK ? c.n : 0;
}

unsigned
node_ikes(struct node *a, struct node *b)
{
	unsigned n = 0;

	if (a->daemon == NULL)
		return 0;
	for (const struct ike_sa *i = ike_next_of_peer(a->daemon, &b->addr, NULL); i != NULL;
	    i = ike_next_of_peer(a->daemon, &b->addr, (struct ike_sa *)(uintptr_t)i))
		n += i->state == IKE_ESTABLISHED;
	return n;
}

struct compare {
	struct node *n;
	unsigned     kernel;
	const char  *wrong;
};

static void
compare_row(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct compare *c = arg;

	(void)usage;
	(void)sp;
	if (sa == NULL || sa_is_larval(sa))
		return;
	c->kernel++;
	if (sadb_find_sa(c->n->daemon->sadb, &sa->id) == NULL)
		c->wrong = "the kernel has an SA that the model does not know";
}

static const char *
check_node(struct node *n)
{
	struct compare c = { n, 0, NULL };
	struct kern *k = simkern_other(n->kern);
	struct sadb_counts have;

	if (n->daemon == NULL)
		return NULL;
	const char *wrong = sadb_check(n->daemon->sadb);
	if (wrong != NULL)
		return wrong;
	if (k->ops->dump(k, KERN_DUMP_SA, compare_row, &c) != IKE_OK)
		return NULL;
	if (c.wrong != NULL)
		return c.wrong;
	sadb_count(n->daemon->sadb, &have);
	if (have.sa_ours + have.sa_adopted + have.sa_foreign != c.kernel)
		return "the model has SAs that the kernel does not";
	return NULL;
}

const char *
world_check(struct world *w)
{
	for (unsigned i = 0; i < w->n_nodes; i++) {
		const char *wrong = check_node(&w->node[i]);
		if (wrong != NULL)
			return wrong;
	}
	return NULL;
}

struct other_end {
	const struct sa_spec *sa;
	bool                  found;
};

static void
is_other_end(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct other_end *o = arg;

	(void)usage;
	(void)sp;
	if (sa != NULL && !sa_is_larval(sa) && sa->id.spi == o->sa->id.spi && sa->id.proto == o->sa->id.proto &&
	    addr_equal(&sa->id.dst, &o->sa->id.dst))
		o->found = true;
}

struct ends {
	struct node *n;
	const char  *wrong;
};

static void
look_at_other_end(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct ends *e = arg;
	struct other_end o = { sa, false };
	struct world *w = e->n->w;

	(void)usage;
	(void)sp;
	if (sa == NULL || sa_is_larval(sa))
		return;
	for (unsigned i = 0; i < w->n_nodes; i++) {
		struct node *n = &w->node[i];
		struct kern *k = simkern_other(n->kern);
		if (n == e->n || !(addr_equal(&n->addr, &sa->src) || addr_equal(&n->addr, &sa->id.dst)))
			continue;
		if (k->ops->dump(k, KERN_DUMP_SA, is_other_end, &o) == IKE_OK && !o.found)
			e->wrong = "an SA has no other end";
	}
}

const char *
world_agree(struct world *w)
{
	for (unsigned i = 0; i < w->n_nodes; i++) {
		struct ends e = { &w->node[i], NULL };
		struct kern *k = simkern_other(e.n->kern);
		if (k->ops->dump(k, KERN_DUMP_SA, look_at_other_end, &e) == IKE_OK && e.wrong != NULL)
			return e.wrong;
	}
	return NULL;
}

struct source {
	const struct addr *src;
	struct node       *to;
	unsigned           n;
	bool               half;
};

static void
look_at_source(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct source *s = arg;
	struct other_end o = { sa, false };
	struct kern *k = simkern_other(s->to->kern);

	(void)usage;
	(void)sp;
	if (sa == NULL || sa_is_larval(sa) || !addr_equal(&sa->src, s->src) || !addr_equal(&sa->id.dst, &s->to->addr))
		return;
	s->n++;
	if (k->ops->dump(k, KERN_DUMP_SA, is_other_end, &o) == IKE_OK && !o.found)
		s->half = true;
}

const char *
node_sends_well(struct node *a, struct node *b)
{
	struct source s = { .to = b, .src = &a->addr };
	struct kern *k = simkern_other(a->kern);

	if (k->ops->dump(k, KERN_DUMP_SA, look_at_source, &s) != IKE_OK)
		return NULL;
	return s.half ? "an SA that only the source has" : s.n == 0 ? "no SA" : s.n > 1 ? "too many SAs at the source" : NULL;
}

unsigned
node_all_ikes(const struct node *n)
{
	return n->daemon == NULL ? 0 : (unsigned)n->daemon->ikes.ids.count;
}

unsigned
node_all_children(const struct node *n)
{
	return n->daemon == NULL ? 0 : (unsigned)n->daemon->children.ids.count;
}

bool
node_logged(const struct node *n, const char *text)
{
	return n->log.n > 0 && memmem(n->log.p, n->log.n, text, strlen(text)) != NULL;
}
