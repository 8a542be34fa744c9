/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: independent of lib/sadb's own comparison.  The kernel's dump is copied into arrays; each row is
 * looked for in the other side.
 */
#include "sim/kern_equal.h"

#include "sadb/sadb.h"

#include <stdlib.h>
#include <string.h>

struct copy {
	struct sa_spec *sa;
	struct sp_spec *sp;
	size_t nsa, nsp;
	bool failed;
};

static void
take(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct copy *c = arg;
	void *v;

	(void)usage;
	if (c->failed)
		return;
	v = sa != NULL ? realloc(c->sa, (c->nsa + 1) * sizeof(*sa))
		       : realloc(c->sp, (c->nsp + 1) * sizeof(*sp));
	if (v == NULL) {
		c->failed = true;
		return;
	}
	if (sa != NULL) {
		c->sa = v;
		c->sa[c->nsa++] = *sa;
	} else {
		c->sp = v;
		c->sp[c->nsp++] = *sp;
	}
}

static const char *
say_sa(struct text *t, const char *what, const struct sa_id *id)
{
	struct addr_buf b;

	text_addf(t, "%s: %s 0x%08x to %s", what, prop_proto_name(id->proto), id->spi,
	    addr_text(&id->dst, &b));
	return t->p;
}

static const char *
say_sp(struct text *t, const char *what, const struct sp_id *id)
{
	struct addr_buf b1, b2;

	text_addf(t, "%s: policy %u %s to %s proto %u", what, id->dir,
	    prefix_text(&id->sel.src, &b1), prefix_text(&id->sel.dst, &b2), id->sel.proto);
	return t->p;
}

static bool
sa_agrees(const struct sad_row *row, const struct sa_spec *k)
{
	const struct sa_spec *s = &row->spec;

	if (sa_is_larval(k))
		return row->want == SAD_WANT_RESERVED && row->have == SAD_LARVAL;
	return row->want == SAD_WANT_INSTALLED &&
	       (row->have == SAD_LIVE || row->have == SAD_DYING) && s->reqid == k->reqid &&
	       s->mode == k->mode && s->encr == k->encr && s->integ == k->integ &&
	       s->comp == k->comp && addr_equal(&s->src, &k->src) &&
	       s->encap_sport == k->encap_sport && s->encap_dport == k->encap_dport;
}

static const char *
compare_sas(const struct copy *c, const struct sadb *db, struct text *t)
{
	const struct sad_row *row;
	uint32_t it = 0;

	for (size_t i = 0; i < c->nsa; i++) {
		row = sadb_find_sa(db, &c->sa[i].id);
		if (row == NULL && !sa_is_larval(&c->sa[i]))
			return say_sa(t, "missing in the model", &c->sa[i].id);
		if (row != NULL && !sa_agrees(row, &c->sa[i]))
			return say_sa(t, "not the same", &c->sa[i].id);
	}
	while ((row = sadb_next(db, &it)) != NULL) {
		size_t i = 0;

		while (i < c->nsa && !sa_id_equal(&c->sa[i].id, &row->spec.id))
			i++;
		if (i == c->nsa)
			return say_sa(t, "missing in the kernel", &row->spec.id);
	}
	return NULL;
}

static bool
sp_agrees(const struct spd_row *row, const struct sp_spec *k)
{
	if (row->priority != k->priority || row->action != k->action || row->ntmpl != k->ntmpl)
		return false;
	for (size_t i = 0; i < k->ntmpl; i++) {
		const struct sp_tmpl *a = &row->tmpl[i], *b = &k->tmpl[i];

		if (a->proto != b->proto || a->mode != b->mode || a->reqid != b->reqid ||
		    (a->level == SP_USE) != (b->level == SP_USE))
			return false;
		if (a->mode == MODE_TUNNEL &&
		    (!addr_equal(&a->src, &b->src) || !addr_equal(&a->dst, &b->dst)))
			return false;
	}
	return true;
}

static const char *
compare_sps(const struct copy *c, const struct sadb *db, struct text *t)
{
	const struct spd_row *row;
	uint32_t it = 0;

	for (size_t i = 0; i < c->nsp; i++) {
		if (c->sp[i].socket)
			continue;
		row = sadb_policy_find(db, &c->sp[i].id);
		if (row == NULL)
			return say_sp(t, "missing in the model", &c->sp[i].id);
		if (!sp_agrees(row, &c->sp[i]))
			return say_sp(t, "not the same", &c->sp[i].id);
	}
	while ((row = sadb_policy_next(db, &it)) != NULL) {
		size_t i = 0;

		while (i < c->nsp && !sp_id_equal(&c->sp[i].id, &row->sp))
			i++;
		if (i == c->nsp)
			return say_sp(t, "missing in the kernel", &row->sp);
	}
	return NULL;
}

const char *
kern_equal(struct kern *kern, const struct sadb *db, char *buf, unsigned cap)
{
	struct copy c = { 0 };
	struct text t = text_in(buf, cap);
	const char *why;

	if (kern->ops->dump(kern, KERN_DUMP_SA | KERN_DUMP_SP, take, &c) != IKE_OK || c.failed) {
		text_add(&t, "the kernel could not be dumped");
		why = t.p;
	} else {
		why = compare_sas(&c, db, &t);
		if (why == NULL)
			why = compare_sps(&c, db, &t);
	}
	free(c.sa);
	free(c.sp);
	return why;
}
