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

/* --- at random --- */

struct pick {
	struct node    *n;
	unsigned        which;        /* of those that fit */
	bool            ours;
	struct sp_spec  sp;
	struct sa_spec  sa;
	bool            found;
};

static bool
is_ours(const struct sa_spec *sa, const struct node *n)
{
	const struct sad_row *row = sadb_find_sa(n->daemon->sadb, &sa->id);

	return row != NULL && row->owner != SADB_FOREIGN && row->want == SAD_WANT_INSTALLED;
}

static void
pick_row(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct pick *p = arg;
	const struct spd_row *row = sp == NULL ? NULL : sadb_policy_find(p->n->daemon->sadb, &sp->id);

	(void)usage;
	if (p->found || (sa != NULL && (sa_is_larval(sa) || is_ours(sa, p->n) != p->ours)))
		return;
	if (sp != NULL && (row == NULL || (row->owner != SADB_FOREIGN) != p->ours))
		return;
	if (p->which-- != 0)
		return;
	p->found = true;
	if (sa != NULL)
		p->sa = *sa;
	else
		p->sp = *sp;
}

/* One of the SAs, or policies, that are ours or not; the last if there are fewer.  False: there is none. */
static bool
pick(struct node *n, unsigned what, bool ours, struct pick *out)
{
	struct kern *k = simkern_other(n->kern);

	for (unsigned which = world_random(n->w) % 6 + 1; which-- > 0;) {
		*out = (struct pick){ .n = n, .which = which, .ours = ours };
		if (k->ops->dump(k, what, pick_row, out) == IKE_OK && out->found)
			return true;
	}
	return false;
}

static void
count_rows(struct node *n, uint64_t want[SADB_REPAIRS])
{
	const struct sad_row *row;
	uint32_t it = 0;

	while ((row = sadb_next(n->daemon->sadb, &it)) != NULL)
		if (row->want == SAD_WANT_INSTALLED)
			want[row->owner == SADB_FOREIGN ? SADB_R_SA_FOREIGN_GONE : SADB_R_SA_LOST]++;
}

static void
count_policies(struct node *n, uint64_t want[SADB_REPAIRS])
{
	const struct spd_row *row;
	uint32_t it = 0;

	while ((row = sadb_policy_next(n->daemon->sadb, &it)) != NULL)
		if (row->present)
			want[row->owner == SADB_FOREIGN ? SADB_R_SP_FOREIGN_GONE : SADB_R_SP_GONE]++;
}

static void
random_sa_fault(struct node *n, unsigned kind, uint64_t want[SADB_REPAIRS])
{
	struct kern *k = simkern_other(n->kern);
	struct sa_keys keys = { .encr_len = 16, .integ_len = 32 };
	struct pick p;

	if (kind == 0) {
		count_rows(n, want);
		fault_flush_sas(n);
	} else if (kind == 1) {
		want[SADB_R_SA_FOREIGN_NEW] += fault_add_stranger(n, world_random(n->w) % 1000);
	} else if (pick(n, KERN_DUMP_SA, kind != 2, &p) && k->ops->sa_delete(k, &p.sa.id, &p.sa.src) == IKE_OK) {
		p.sa.encr_bits = 128;
		if (kind == 3 && k->ops->sa_install(k, &p.sa, &keys, false) == IKE_OK)
			want[SADB_R_SA_CHANGED]++;
		else
			want[kind == 2 ? SADB_R_SA_FOREIGN_GONE : SADB_R_SA_LOST]++;
	}
}

static void
random_policy_fault(struct node *n, unsigned kind, uint64_t want[SADB_REPAIRS])
{
	struct kern *k = simkern_other(n->kern);
	struct sp_spec sp = { .id = { .dir = SP_OUT }, .priority = SP_PRIO_HIGH, .action = SP_DISCARD };
	bool ours = kind != 2 && kind != 3;
	struct pick p;

	if (kind == 0) {
		count_policies(n, want);
		fault_flush_policies(n);
	} else if (kind == 1) {
		sp.id.sel.src = (struct prefix){ n->addr, 32 };
		sp.id.sel.dst = (struct prefix){ fault_stranger(n, 0).id.dst, 32 };
		sp.id.sel.dport = (uint16_t)(world_random(n->w) % 1000 + 1);
		sp.id.sel.dport_set = true;
		sp.id.sel.proto = 6;
		want[SADB_R_SP_FOREIGN_NEW] += k->ops->sp_install(k, &sp, false) == IKE_OK;
	} else if (pick(n, KERN_DUMP_SP, ours, &p) && kind % 2 == 0) {
		if (k->ops->sp_delete(k, &p.sp.id) == IKE_OK)
			want[ours ? SADB_R_SP_GONE : SADB_R_SP_FOREIGN_GONE]++;
	} else if (p.found) {
		p.sp.priority++;
		if (k->ops->sp_install(k, &p.sp, true) == IKE_OK)
			want[ours ? SADB_R_SP_CHANGED : SADB_R_SP_FOREIGN_CHANGED]++;
	}
}

bool
fault_random(struct node *n, uint64_t want[SADB_REPAIRS])
{
	/* single SAs most often; everything at once now and then */
	static const uint8_t sa_kinds[] = { 0, 1, 1, 2, 3, 3, 3, 4, 4, 4, 4, 4 };
	static const uint8_t sp_kinds[] = { 0, 1, 1, 2, 3, 4, 4, 4, 5, 5, 5 };
	uint32_t r = world_random(n->w);

	if (r % 3 != 0) {
		random_sa_fault(n, sa_kinds[r / 3 % sizeof(sa_kinds)], want);
		return false;
	}
	random_policy_fault(n, sp_kinds[r / 3 % sizeof(sp_kinds)], want);
	return true;
}
