/* SPDX-License-Identifier: BSD-3-Clause */
#include "scenario/faults.h"

struct look {
	const struct addr *src, *dst;
	struct sa_spec    *spec;
	bool               found;
};

/* Dumps begin with the newest. */
static void
look(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct look *l = arg;

	(void)usage;
	(void)sp;
	if (sa == NULL || l->found || sa_is_larval(sa) || !addr_equal(&sa->src, l->src) || !addr_equal(&sa->id.dst, l->dst))
		return;
	*l->spec = *sa;
	l->found = true;
}

bool
fault_find_sa(struct node *n, const struct node *p, bool out, struct sa_spec *spec)
{
	struct kern *k = simkern_other(n->kern);
	struct look l = { out ? &n->addr : &p->addr, out ? &p->addr : &n->addr, spec, false };

	return k->ops->dump(k, KERN_DUMP_SA, look, &l) == IKE_OK && l.found;
}

bool
fault_delete_sa(struct node *n, const struct node *p, bool out)
{
	struct kern *k = simkern_other(n->kern);
	struct sa_spec spec;

	return fault_find_sa(n, p, out, &spec) && k->ops->sa_delete(k, &spec.id, &spec.src) == IKE_OK;
}

bool
fault_replace_sa(struct node *n, const struct node *p, bool out)
{
	struct kern *k = simkern_other(n->kern);
	struct sa_keys keys = { .encr_len = 16, .integ_len = 32 };
	struct sa_spec spec;

	if (!fault_find_sa(n, p, out, &spec) || k->ops->sa_delete(k, &spec.id, &spec.src) != IKE_OK)
		return false;
	spec.encr_bits = 128;
	return k->ops->sa_install(k, &spec, &keys, false) == IKE_OK;
}

struct sa_spec
fault_stranger(const struct node *n, unsigned which)
{
	struct sa_spec sa = { .id = { .proto = PROTO_ESP, .spi = 0x1000 + which }, .src = n->addr, .mode = MODE_TRANSPORT,
		.encr = ENCR_AES_CBC, .encr_bits = 128, .integ = INTEG_HMAC_SHA256_128, .reqid = 77 };

	if (addr_parse("203.0.113.9", &sa.id.dst) != IKE_OK)
		n->w->error = IKE_E_SYNTAX;
	return sa;
}

bool
fault_add_stranger(struct node *n, unsigned which)
{
	struct kern *k = simkern_other(n->kern);
	struct sa_spec sa = fault_stranger(n, which);
	struct sa_keys keys = { .encr_len = 16, .integ_len = 32 };

	return k->ops->sa_install(k, &sa, &keys, false) == IKE_OK;
}

void
fault_flush_sas(struct node *n)
{
	struct kern *k = simkern_other(n->kern);

	if (k->ops->sa_flush(k, PROTO_NONE) != IKE_OK)
		n->w->error = IKE_E_KERNEL;
}

void
fault_flush_policies(struct node *n)
{
	struct kern *k = simkern_other(n->kern);

	if (k->ops->sp_flush(k) != IKE_OK)
		n->w->error = IKE_E_KERNEL;
}

uint64_t
fault_repairs(const struct node *n, enum sadb_repair kind)
{
	struct sadb_counts c;

	if (n->daemon == NULL)
		return 0;
	sadb_count(n->daemon->sadb, &c);
	return c.repairs[kind];
}
