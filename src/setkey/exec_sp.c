/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a request of level unique without a number needs a reqid that no policy has, from 16384 on; netlink has
 * no generator, so the SPD is read once and numbers are counted up around what it holds.
 *
 * With -r each inbound policy brings its forward twin.  A file may write the twin out as well, before or behind: then what
 * is written counts, and is no error.
 */
#include "setkey/exec.h"

#include <stdlib.h>
#include <string.h>

/* --- reqids --- */

struct reqids {
	uint32_t *v;
	size_t n, cap;
	bool nomem;
};

static void
take_reqid(struct reqids *q, uint32_t reqid)
{
	if (reqid <= SP_MANUAL_REQID_MAX || q->nomem)
		return;
	if (q->n == q->cap) {
		size_t cap = q->cap != 0 ? q->cap * 2 : 64;
		uint32_t *v = realloc(q->v, cap * sizeof(*v));

		if (v == NULL) {
			q->nomem = true;
			return;
		}
		q->v = v;
		q->cap = cap;
	}
	q->v[q->n++] = reqid;
}

static void
on_policy(
    void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	(void)sa;
	(void)usage;
	for (unsigned i = 0; sp != NULL && i < sp->ntmpl; i++)
		take_reqid(arg, sp->tmpl[i].reqid);
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static ike_err
look(struct setkey_run *r)
{
	struct reqids q = { 0 };
	ike_err err = r->kern->ops->dump(r->kern, KERN_DUMP_SP, on_policy, &q);

	if (err == IKE_OK && q.nomem)
		err = IKE_E_NOMEM;
	if (err != IKE_OK) {
		free(q.v);
		return err;
	}
	if (q.n > 1)
		qsort(q.v, q.n, sizeof(q.v[0]), compare);
	r->reqids = q.v;
	r->nreqids = q.n;
	r->next_reqid = SP_MANUAL_REQID_MAX + 1;
	return IKE_OK;
}

static bool
used(const struct setkey_run *r, uint32_t reqid)
{
	return r->nreqids != 0 &&
	       bsearch(&reqid, r->reqids, r->nreqids, sizeof(r->reqids[0]), compare) != NULL;
}

static ike_err
new_reqid(struct setkey_run *r, uint32_t *out)
{
	if (r->next_reqid == 0)
		TRY(look(r));
	while (used(r, r->next_reqid))
		r->next_reqid++;
	/* after four thousand million of them */
	if (r->next_reqid == 0)
		return IKE_E_EXHAUSTED;
	*out = r->next_reqid++;
	return IKE_OK;
}

/* PF_KEY has a generator, and takes no number above 16383 from anybody else. */
static void
leave_to_kernel(struct sp_spec *s)
{
	for (unsigned i = 0; i < s->ntmpl; i++)
		if (s->tmpl[i].level == SP_UNIQUE && s->tmpl[i].reqid > SP_MANUAL_REQID_MAX)
			s->tmpl[i].reqid = 0;
}

ike_err
setkey_fill_reqids(struct setkey_run *r, struct sp_spec *s)
{
	if (strcmp(r->kern->ops->name, "pfkey") == 0) {
		leave_to_kernel(s);
		return IKE_OK;
	}
	for (unsigned i = 0; i < s->ntmpl; i++)
		if (s->tmpl[i].level == SP_UNIQUE && s->tmpl[i].reqid == 0)
			TRY(new_reqid(r, &s->tmpl[i].reqid));
	return IKE_OK;
}

/* --- twins --- */

static ike_err
note_twin(struct setkey_run *r, const struct sp_spec *sp, bool twin)
{
	struct spset_row *row;

	TRY(spset_add(&r->twins, sp, &row));
	row->twin = twin;
	return IKE_OK;
}

static void
forget_twin(struct setkey_run *r, const struct sp_id *id)
{
	spset_remove(&r->twins, spset_find(&r->twins, id));
}

/* --- adding --- */

static void
show(struct setkey_run *r, const struct sp_spec *s)
{
	if (r->verbose)
		print_sp(&r->print, s, 0);
}

/* The twin of an inbound policy just made; one that the file wrote stays. */
static ike_err
add_twin(struct setkey_run *r, const struct setkey_stmt *st, const struct sp_spec *in, bool replace)
{
	const struct spset_row *old;
	struct sp_spec fwd;
	ike_err err;

	if (!r->auto_fwd || !setkey_fwd_twin(in, &fwd))
		return IKE_OK;
	old = spset_find(&r->twins, &fwd.id);
	if (old != NULL && !old->twin)
		return IKE_OK;
	err = r->kern->ops->sp_install(r->kern, &fwd, replace);
	if (err != IKE_OK) {
		setkey_kernel_refused(r, st->line, err);
		return IKE_OK;
	}
	show(r, &fwd);
	return old == NULL ? note_twin(r, &fwd, true) : IKE_OK;
}

/* A forward policy that the file writes takes the place of the one we made. */
static ike_err
add_written(struct setkey_run *r, const struct sp_spec *s, bool replace, ike_err *refused_out)
{
	struct spset_row *old = spset_find(&r->twins, &s->id);

	*refused_out = r->kern->ops->sp_install(r->kern, s, replace || (old != NULL && old->twin));
	if (*refused_out != IKE_OK || s->id.dir != SP_FWD)
		return IKE_OK;
	if (old == NULL)
		return note_twin(r, s, false);
	old->twin = false;
	return IKE_OK;
}

static ike_err
add(struct setkey_run *r, const struct setkey_stmt *st)
{
	struct sp_spec s = st->sp->spec;
	bool replace = st->verb == SETKEY_SPDUPDATE;
	ike_err err = setkey_fill_reqids(r, &s);

	if (err == IKE_OK)
		TRY(add_written(r, &s, replace, &err));
	if (err != IKE_OK) {
		setkey_kernel_refused(r, st->line, err);
		return IKE_OK;
	}
	show(r, &s);
	return add_twin(r, st, &s, replace);
}

/* --- the rest --- */

static void delete (struct setkey_run *r, const struct setkey_stmt *st)
{
	struct sp_spec s = st->sp->spec, fwd;
	ike_err err = r->kern->ops->sp_delete(r->kern, &s.id);

	if (err != IKE_OK)
		setkey_kernel_refused(r, st->line, err);
	forget_twin(r, &s.id);
	if (!r->auto_fwd || !setkey_fwd_twin(&s, &fwd))
		return;
	forget_twin(r, &fwd.id);
	/* it may have been made with -k: no twin then */
	err = r->kern->ops->sp_delete(r->kern, &fwd.id);
	if (err != IKE_OK && err != IKE_E_NOTFOUND)
		setkey_kernel_refused(r, st->line, err);
}

static void
flush(struct setkey_run *r, const struct setkey_stmt *st)
{
	ike_err err = r->kern->ops->sp_flush(r->kern);

	if (err != IKE_OK)
		setkey_kernel_refused(r, st->line, err);
	spset_clear(&r->twins);
}

/* Rows are printed one late: the last has sequence number 0. */
struct sp_rows {
	struct setkey_run *r;
	bool held;
	unsigned seq;
	struct sp_spec row;
};

static void
on_row(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct sp_rows *d = arg;

	(void)sa;
	(void)usage;
	if (sp == NULL)
		return;
	if (d->held)
		print_sp(&d->r->print, &d->row, ++d->seq);
	d->row = *sp;
	d->held = true;
}

ike_err
setkey_dump_sp(struct setkey_run *r, unsigned line)
{
	struct sp_rows d = { .r = r };
	ike_err err = r->kern->ops->dump(r->kern, KERN_DUMP_SP, on_row, &d);

	if (d.held)
		print_sp(&r->print, &d.row, 0);
	if (err != IKE_OK)
		setkey_kernel_refused(r, line, err);
	else if (!d.held)
		fputs("No SPD entries.\n", r->print.out);
	return IKE_OK;
}

ike_err
setkey_exec_sp(struct setkey_run *r, const struct setkey_stmt *s)
{
	switch (s->verb) {
	case SETKEY_SPDADD:
	case SETKEY_SPDUPDATE:
		return add(r, s);
	case SETKEY_SPDDELETE:
		delete (r, s);
		return IKE_OK;
	case SETKEY_SPDFLUSH:
		flush(r, s);
		return IKE_OK;
	case SETKEY_SPDDUMP:
		return setkey_dump_sp(r, s->line);
	default:
		return IKE_E_INTERNAL;
	}
}
