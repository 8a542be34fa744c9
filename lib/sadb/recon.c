/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: every dumped row is looked up in the model.  Equal ones set the bit of their slot; others become
 * items. At the end the model's rows without a bit are missing in the kernel.
 */
#include "sadb/recon.h"

#include "sadb/sadb_int.h"

#include <stdlib.h>
#include <string.h>

ike_err
recon_init(struct recon *r, const struct sadb *db, unsigned what, recon_same_fn *same, void *arg)
{
	*r = (struct recon){ .db = db, .what = what, .same = same, .same_arg = arg };
	r->sa_seen = calloc(db->sad.cap / 8 + 1, 1);
	r->sp_seen = calloc(db->spd.cap / 8 + 1, 1);
	if (r->sa_seen == NULL || r->sp_seen == NULL)
		r->err = IKE_E_NOMEM;
	return r->err;
}

void
recon_fini(struct recon *r)
{
	free(r->sa_seen);
	free(r->sp_seen);
	free(r->item);
	*r = (struct recon){ 0 };
}

/* The index of |id| in its slot map. */
static uint32_t
index_of(uint64_t id)
{
	return (uint32_t)id - 1;
}

static void
mark(uint8_t *seen, uint64_t id)
{
	seen[index_of(id) / 8] |= (uint8_t)(1u << (index_of(id) % 8));
}

static bool
marked(const uint8_t *seen, uint64_t id)
{
	return (seen[index_of(id) / 8] >> (index_of(id) % 8) & 1) != 0;
}

/* Room for one more item, NULL with the sticky error set. */
static struct recon_item *
add_item(struct recon *r, enum recon_kind kind, uint64_t id)
{
	struct recon_item *v;
	size_t cap;

	if (r->err != IKE_OK)
		return NULL;
	if (r->n == r->cap) {
		cap = r->cap == 0 ? 16 : r->cap * 2;
		v = realloc(r->item, cap * sizeof(*v));
		if (v == NULL) {
			r->err = IKE_E_NOMEM;
			return NULL;
		}
		r->item = v;
		r->cap = cap;
	}
	v = &r->item[r->n++];
	*v = (struct recon_item){ .kind = kind, .id = id };
	return v;
}

static void
add_sa(struct recon *r, enum recon_kind kind, uint64_t id, const struct sa_spec *sa,
    const struct sa_usage *usage)
{
	struct recon_item *it = add_item(r, kind, id);

	if (it != NULL) {
		it->as.sa = *sa;
		if (usage != NULL)
			it->usage = *usage;
	}
}

static void
add_sp(struct recon *r, enum recon_kind kind, uint64_t id, const struct sp_spec *sp)
{
	struct recon_item *it = add_item(r, kind, id);

	if (it != NULL)
		it->as.sp = *sp;
}

static bool
agrees(uint32_t a, uint32_t b)
{
	return a == b || a == 0 || b == 0;
}

bool
recon_sa_same(const struct sa_spec *a, const struct sa_spec *b)
{
	return sa_id_equal(&a->id, &b->id) && addr_equal(&a->src, &b->src) && a->mode == b->mode &&
	       a->reqid == b->reqid && a->encr == b->encr && a->integ == b->integ &&
	       a->comp == b->comp && agrees(a->encr_bits, b->encr_bits) &&
	       a->encap_sport == b->encap_sport && a->encap_dport == b->encap_dport &&
	       a->mark == b->mark && a->mark_mask == b->mark_mask && a->if_id == b->if_id;
}

static bool
end_same(const struct addr *a, const struct addr *b)
{
	return addr_equal(a, b) || (addr_is_any(a) && addr_is_any(b));
}

/*
 * The kernel knows a template as optional or not, and reqids; "unique" is only a word of setkey for a reqid of its
 * own.
 */
static bool
tmpl_same(const struct sp_tmpl *a, const struct sp_tmpl *b)
{
	return a->proto == b->proto && a->mode == b->mode &&
	       (a->level == SP_USE) == (b->level == SP_USE) && a->reqid == b->reqid &&
	       end_same(&a->src, &b->src) && end_same(&a->dst, &b->dst);
}

/* "none" and "bypass" are one thing to the kernel: pass without templates. */
static bool
action_same(uint8_t a, uint8_t b)
{
	return a == b || ((a == SP_NONE || a == SP_BYPASS) && (b == SP_NONE || b == SP_BYPASS));
}

bool
recon_sp_same(const struct spd_row *row, const struct sp_spec *sp)
{
	if (row->priority != sp->priority || !action_same(row->action, sp->action) ||
	    row->ntmpl != sp->ntmpl)
		return false;
	for (size_t i = 0; i < row->ntmpl; i++) {
		if (!tmpl_same(&row->tmpl[i], &sp->tmpl[i]))
			return false;
	}
	return true;
}

/* A row of ours that wants to be there: is what the kernel has what we made? */
static bool
sa_fits(const struct sadb *db, const struct sad_row *row, const struct sa_spec *sa, const struct sa_usage *usage)
{
	if (row->want == SAD_WANT_RESERVED)
		return sa_is_larval(sa);
	if (row->owner == SADB_FOREIGN)
		return true;
	if (sa_is_larval(sa) || !recon_sa_same(&row->spec, sa))
		return false;
	/* the same values, but added at another second: somebody has replaced it, with keys we do not know */
	return usage == NULL || sad_born_when(db, row, usage);
}

static void
take_sa(struct recon *r, const struct sa_spec *sa, const struct sa_usage *usage)
{
	const struct sad_priv *p = sad_find(r->db, &sa->id, true);

	if (sa->id.spi == 0 && sa->seq != 0 && !r->db->filled)
		add_sa(r, RECON_SA_ASKED, 0, sa, NULL);
	if (sa->id.spi == 0 || (p == NULL && sa_is_larval(sa)))
		return; /* reservations of others end by themselves */
	if (p == NULL) {
		add_sa(r, RECON_SA_UNKNOWN, 0, sa, usage);
		return;
	}
	if (marked(r->sa_seen, p->row.id))
		return; /* the same name with another mark */
	mark(r->sa_seen, p->row.id);
	if (p->row.want == SAD_WANT_ABSENT)
		add_sa(r, RECON_SA_UNDELETED, p->row.id, sa, usage);
	else if (!sad_is_alive(&p->row))
		add_sa(r, RECON_SA_UNKNOWN, 0, sa, usage); /* ours ended, somebody's stands there */
	else if (!sa_fits(r->db, &p->row, sa, usage))
		add_sa(r, RECON_SA_CHANGED, p->row.id, sa, usage);
	else if (r->same != NULL)
		r->same(r->same_arg, p->row.id, sa, usage, NULL);
}

static void
take_sp(struct recon *r, const struct sp_spec *sp)
{
	const struct sp_priv *p;

	if (sp->socket)
		return;
	p = sp_find(r->db, &sp->id);
	if (p == NULL) {
		add_sp(r, RECON_SP_UNKNOWN, 0, sp);
		return;
	}
	if (marked(r->sp_seen, p->row.id))
		return;
	mark(r->sp_seen, p->row.id);
	if (p->row.removed)
		add_sp(r, RECON_SP_UNDELETED, p->row.id, sp);
	else if (!recon_sp_same(&p->row, sp))
		add_sp(r, RECON_SP_CHANGED, p->row.id, sp);
	else if (r->same != NULL)
		r->same(r->same_arg, p->row.id, NULL, NULL, sp);
}

void
recon_row(
    void *recon, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct recon *r = recon;

	if (r->err != IKE_OK)
		return;
	if (sa != NULL)
		take_sa(r, sa, usage);
	else if (sp != NULL)
		take_sp(r, sp);
}

ike_err
recon_finish(struct recon *r)
{
	uint32_t it = 0;
	const struct sad_priv *a;
	const struct sp_priv *p;

	if (r->err == IKE_OK && (r->what & KERN_DUMP_SA) != 0) {
		while ((a = slot_each(&r->db->sad, &it)) != NULL) {
			if (!marked(r->sa_seen, a->row.id) &&
			    (sad_is_alive(&a->row) || a->row.want == SAD_WANT_ABSENT))
				(void)add_item(r, RECON_SA_MISSING, a->row.id);
		}
	}
	it = 0;
	if (r->err == IKE_OK && (r->what & KERN_DUMP_SP) != 0) {
		while ((p = slot_each(&r->db->spd, &it)) != NULL) {
			if (!marked(r->sp_seen, p->row.id))
				(void)add_item(r, RECON_SP_MISSING, p->row.id);
		}
	}
	return r->err;
}
