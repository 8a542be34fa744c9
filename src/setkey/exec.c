/* SPDX-License-Identifier: BSD-3-Clause */
#include "setkey/exec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- refusals --- */

void
setkey_refused(struct setkey_run *r, unsigned line, const char *text)
{
	r->failures++;
	if (r->with_lines)
		fprintf(r->print.out, "The result of line %u: %s.\n", line, text);
	else
		fprintf(r->print.out, "%s.\n", text);
}

void
setkey_kernel_refused(struct setkey_run *r, unsigned line, ike_err err)
{
	const struct kern *k = r->kern;

	if (err == IKE_E_NOTFOUND && k->errnum == ENOENT)
		setkey_refused(r, line, "No entry");
	else
		setkey_refused(r, line, k->reason[0] != '\0' ? k->reason : ike_err_text(err));
}

/* --- dumps --- */

/* Rows are printed one late: the last has sequence number 0. */
struct sa_rows {
	struct setkey_run *r;
	uint8_t proto;
	bool brief, held;
	unsigned seq;
	struct kern_sa row;
};

static bool
wanted(const struct sa_rows *d, const struct kern_sa *sa)
{
	if (d->proto != PROTO_NONE && d->proto != sa->spec.id.proto)
		return false;
	return d->r->all || kern_sa_state(sa, (uint64_t)d->r->print.now) != KERN_SA_DEAD;
}

static void
on_sa(void *arg, const struct kern_sa *sa)
{
	struct sa_rows *d = arg;

	if (!wanted(d, sa))
		return;
	if (d->brief) {
		print_sa_short(&d->r->print, sa);
		return;
	}
	if (d->held)
		print_sa(&d->r->print, &d->row, ++d->seq);
	d->row = *sa;
	d->held = true;
}

static ike_err
dump_rows(struct setkey_run *r, unsigned line, struct sa_rows *d)
{
	ike_err err;

	r->print.now = time(NULL);
	if (r->manual == NULL) {
		setkey_refused(r, line, "this kernel interface does not show SAs");
		return IKE_OK;
	}
	err = r->manual->dump(r->kern, on_sa, d);
	if (err == IKE_OK && d->held)
		print_sa(&r->print, &d->row, 0);
	sa_keys_wipe(&d->row.keys);
	if (err != IKE_OK)
		setkey_kernel_refused(r, line, err);
	else if (!d->held && !d->brief)
		fputs("No SAD entries.\n", r->print.out);
	return IKE_OK;
}

ike_err
setkey_dump_sa(struct setkey_run *r, unsigned line, uint8_t proto)
{
	struct sa_rows d = { .r = r, .proto = proto };

	return dump_rows(r, line, &d);
}

ike_err
setkey_dump_sa_short(struct setkey_run *r)
{
	struct sa_rows d = { .r = r, .brief = true };

	print_sa_short_head(&r->print);
	return dump_rows(r, 0, &d);
}

/* --- SAs --- */

void
setkey_add_sa(struct setkey_run *r, const struct setkey_stmt *s, const struct sa_spec *spec)
{
	struct kern_sa row = { .spec = *spec, .label = s->sa->label };
	ike_err err = r->manual->add(r->kern, spec, &s->sa->keys, &s->sa->label);

	if (err != IKE_OK) {
		setkey_kernel_refused(r, s->line, err);
	} else if (r->verbose) {
		row.keys = s->sa->keys;
		print_sa(&r->print, &row, 0);
		sa_keys_wipe(&row.keys);
	}
}

static void
get_one(struct setkey_run *r, const struct setkey_stmt *s, const struct sa_spec *spec)
{
	struct kern_sa sa;
	ike_err err = r->manual->get(r->kern, &spec->id, &spec->src, &sa);

	if (err != IKE_OK) {
		setkey_kernel_refused(r, s->line, err);
		return;
	}
	r->print.now = time(NULL);
	print_sa(&r->print, &sa, 0);
	sa_keys_wipe(&sa.keys);
}

/* update: an SA with the same name goes first. */
static void
update_one(struct setkey_run *r, const struct setkey_stmt *s, const struct sa_spec *spec)
{
	ike_err err = r->kern->ops->sa_delete(r->kern, &spec->id, &spec->src);

	if (err != IKE_OK && err != IKE_E_NOTFOUND)
		setkey_kernel_refused(r, s->line, err);
	else
		setkey_add_sa(r, s, spec);
}

static void
delete_one(struct setkey_run *r, const struct setkey_stmt *s, const struct sa_spec *spec)
{
	ike_err err = r->kern->ops->sa_delete(r->kern, &spec->id, &spec->src);

	if (err != IKE_OK)
		setkey_kernel_refused(r, s->line, err);
}

/* deleteall: what a dump shows between two addresses. */
struct doomed {
	const struct sa_spec *of;
	struct sa_id *v;
	size_t n, cap;
	bool nomem;
};

static void
on_doomed(
    void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct doomed *d = arg;

	(void)usage;
	(void)sp;
	if (sa == NULL || d->nomem || sa->id.proto != d->of->id.proto || sa->id.spi == 0 ||
	    !addr_equal(&sa->src, &d->of->src) || !addr_equal(&sa->id.dst, &d->of->id.dst))
		return;
	if (d->n == d->cap) {
		size_t cap = d->cap != 0 ? d->cap * 2 : 16;
		struct sa_id *v = realloc(d->v, cap * sizeof(*v));

		if (v == NULL) {
			d->nomem = true;
			return;
		}
		d->v = v;
		d->cap = cap;
	}
	d->v[d->n++] = sa->id;
}

static void
delete_all(struct setkey_run *r, const struct setkey_stmt *s, const struct sa_spec *spec)
{
	struct doomed d = { .of = spec };
	ike_err err = r->kern->ops->dump(r->kern, KERN_DUMP_SA, on_doomed, &d);

	if (err == IKE_OK && d.nomem)
		err = IKE_E_NOMEM;
	for (size_t i = 0; err == IKE_OK && i < d.n; i++)
		err = r->kern->ops->sa_delete(r->kern, &d.v[i], &spec->src);
	free(d.v);
	if (err != IKE_OK)
		setkey_kernel_refused(r, s->line, err);
}

typedef void
one_fn(struct setkey_run *, const struct setkey_stmt *, const struct sa_spec *);

/* All combinations of addresses that make sense. */
static void
each_pair(struct setkey_run *r, const struct setkey_stmt *s, one_fn *fn)
{
	struct sa_spec spec = s->sa->spec;

	for (unsigned i = 0; i < s->sa->nsrc; i++) {
		for (unsigned j = 0; j < s->sa->ndst; j++) {
			spec.src = s->sa->src[i];
			spec.id.dst = s->sa->dst[j];
			if (spec.src.family == spec.id.dst.family)
				fn(r, s, &spec);
		}
	}
}

static void
flush_sa(struct setkey_run *r, const struct setkey_stmt *s)
{
	ike_err err = r->kern->ops->sa_flush(r->kern, s->sa->spec.id.proto);

	if (err != IKE_OK)
		setkey_kernel_refused(r, s->line, err);
}

/* --- all --- */

static bool
needs_manual(enum setkey_verb v)
{
	return v == SETKEY_ADD || v == SETKEY_UPDATE || v == SETKEY_GET;
}

ike_err
setkey_exec(struct setkey_run *r, const struct setkey_stmt *s, bool *exit_out)
{
	*exit_out = s->verb == SETKEY_EXIT;
	if (s->refuse != NULL) {
		setkey_refused(r, s->line, s->refuse);
		return IKE_OK;
	}
	if (needs_manual(s->verb) && r->manual == NULL) {
		setkey_refused(r, s->line, "this kernel interface has no manual keying");
		return IKE_OK;
	}
	switch (s->verb) {
	case SETKEY_ADD:
		each_pair(r, s, setkey_add_sa);
		break;
	case SETKEY_UPDATE:
		each_pair(r, s, update_one);
		break;
	case SETKEY_GET:
		each_pair(r, s, get_one);
		break;
	case SETKEY_DELETE:
		each_pair(r, s, delete_one);
		break;
	case SETKEY_DELETEALL:
		each_pair(r, s, delete_all);
		break;
	case SETKEY_FLUSH:
		flush_sa(r, s);
		break;
	case SETKEY_DUMP:
		return setkey_dump_sa(r, s->line, s->sa->spec.id.proto);
	case SETKEY_SPDADD:
	case SETKEY_SPDUPDATE:
	case SETKEY_SPDDELETE:
	case SETKEY_SPDFLUSH:
	case SETKEY_SPDDUMP:
		return setkey_exec_sp(r, s);
	case SETKEY_ERROR:
		r->failures++;
		break;
	case SETKEY_EXIT:
		break;
	}
	return IKE_OK;
}

void
setkey_run_fini(struct setkey_run *r)
{
	spset_clear(&r->twins);
	free(r->reqids);
	r->reqids = NULL;
	r->nreqids = 0;
}
