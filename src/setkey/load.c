/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: the statements become a plan; the kernel's policies are read once; SAs are added and changed first, then
 * policies are added and changed, each in one step, and at the end the policies go that nobody wants.  So there is no
 * moment at which a packet that was protected before and is to be protected afterwards meets no policy.
 *
 * SAs that the file does not have stay: most of them are a daemon's, and the kernel does not say whose.  Policies of the
 * running daemon (known by its files, or by the reqids that it gives) stay, too, and are not changed by others' files.
 */
#include "setkey/load.h"

#include "sadb/recon.h"

#include <stdlib.h>
#include <string.h>

struct loading {
	struct setkey_run *r;
	struct plan plan;
	struct spset_dump kernel;
	struct load_counts *count;
	bool dry; /* count, change nothing */
};

/* --- policies --- */

static bool
has_own_number(const struct sp_tmpl *t)
{
	return t->level == SP_UNIQUE && t->reqid == 0;
}

/* A daemon gives numbers of its own where the file gives none, and so does the kernel for "unique". */
static bool
reqid_fits(const struct sp_tmpl *want, uint32_t have)
{
	bool open = want->level == SP_UNIQUE &&
		    (want->reqid == 0 || want->reqid > SP_MANUAL_REQID_MAX);

	return want->reqid == have || (open && have > SP_MANUAL_REQID_MAX) ||
	       (want->reqid == 0 && sadb_reqid_is_ours(have));
}

static bool
end_fits(const struct addr *a, const struct addr *b)
{
	return addr_equal(a, b) || (addr_is_any(a) && addr_is_any(b));
}

static bool
tmpl_fits(const struct sp_tmpl *want, const struct sp_tmpl *have)
{
	return want->proto == have->proto && want->mode == have->mode &&
	       (want->level == SP_USE) == (have->level == SP_USE) &&
	       reqid_fits(want, have->reqid) && end_fits(&want->src, &have->src) &&
	       end_fits(&want->dst, &have->dst);
}

bool
load_sp_fits(const struct sp_spec *want, const struct sp_spec *have)
{
	if (want->priority != have->priority || want->action != have->action ||
	    want->ntmpl != have->ntmpl || memcmp(&want->life, &have->life, sizeof(want->life)) != 0)
		return false;
	for (unsigned i = 0; i < want->ntmpl; i++)
		if (!tmpl_fits(&want->tmpl[i], &have->tmpl[i]))
			return false;
	return strcmp(want->ctx, have->ctx) == 0 && want->ctx_doi == have->ctx_doi &&
	       want->ctx_alg == have->ctx_alg;
}

static bool
is_daemons(const struct setkey_run *r, const struct sp_spec *sp)
{
	if (r->owned == NULL)
		return false;
	for (unsigned i = 0; i < sp->ntmpl; i++)
		if (sadb_reqid_is_ours(sp->tmpl[i].reqid))
			return true;
	return spset_find(r->owned, &sp->id) != NULL;
}

/* The numbers that the kernel has for "unique" stay, so that SAs go on to fit. */
static void
keep_numbers(struct sp_spec *want, const struct sp_spec *have)
{
	for (unsigned i = 0; i < want->ntmpl && i < have->ntmpl; i++)
		if (has_own_number(&want->tmpl[i]) && have->tmpl[i].reqid > SP_MANUAL_REQID_MAX &&
		    !sadb_reqid_is_ours(have->tmpl[i].reqid))
			want->tmpl[i].reqid = have->tmpl[i].reqid;
}

static ike_err
load_policy(struct loading *l, const struct spset_row *row)
{
	struct spset_row *have = spset_find(&l->kernel.set, &row->sp.id);
	struct sp_spec sp = row->sp;
	ike_err err;

	if (have != NULL)
		have->kept = true;
	if (have != NULL && load_sp_fits(&sp, &have->sp)) {
		l->count->same++;
		return IKE_OK;
	}
	l->count->added += have == NULL;
	l->count->changed += have != NULL;
	if (l->dry)
		return IKE_OK;
	if (have != NULL && is_daemons(l->r, &have->sp)) {
		setkey_refused(l->r, row->line, "ringtail has this policy from a policy_file; change it there");
		return IKE_OK;
	}
	if (have != NULL && strcmp(l->r->kern->ops->name, "pfkey") != 0)
		keep_numbers(&sp, &have->sp);
	err = setkey_fill_reqids(l->r, &sp);
	if (err == IKE_OK)
		err = l->r->kern->ops->sp_install(l->r->kern, &sp, have != NULL);
	if (err != IKE_OK)
		setkey_kernel_refused(l->r, row->line, err);
	else if (l->r->verbose)
		print_sp(&l->r->print, &sp, 0);
	return err == IKE_E_NOMEM ? err : IKE_OK;
}

static void
remove_others(struct loading *l)
{
	for (size_t i = 0; i < l->kernel.set.n; i++) {
		const struct spset_row *row = l->kernel.set.v[i];
		ike_err err;

		if (row->kept || is_daemons(l->r, &row->sp))
			continue;
		l->count->removed++;
		if (l->dry)
			continue;
		err = l->r->kern->ops->sp_delete(l->r->kern, &row->sp.id);
		if (err != IKE_OK && err != IKE_E_NOTFOUND)
			setkey_kernel_refused(l->r, 0, err);
	}
}

static ike_err
load_policies(struct loading *l)
{
	struct kern *k = l->r->kern;
	ike_err err = k->ops->dump(k, KERN_DUMP_SP, spset_take_row, &l->kernel);

	TRY(l->kernel.err);
	if (err != IKE_OK) {
		setkey_kernel_refused(l->r, 0, err);
		return IKE_OK;
	}
	for (size_t i = 0; i < l->plan.policies.n; i++)
		if (l->plan.policies.v[i] != NULL)
			TRY(load_policy(l, l->plan.policies.v[i]));
	remove_others(l);
	return IKE_OK;
}

/* --- SAs --- */

enum { PFKEY_WINDOW = 32 };

/* What a kernel says of |s|, whichever it is. */
static struct sa_spec
as_held(const struct setkey_run *r, const struct sa_spec *s)
{
	struct sa_spec h = *s;

	/* without authentication, and without saying so */
	if (h.integ == INTEG_NONE)
		h.integ = ALG_ID_NONE;
	if (h.mode == MODE_ANY)
		h.mode = MODE_TRANSPORT;
	if (strcmp(r->kern->ops->name, "pfkey") == 0 && h.replay_window > PFKEY_WINDOW)
		h.replay_window = PFKEY_WINDOW;
	return h;
}

static bool
keys_same(const struct sa_keys *a, const struct sa_keys *b)
{
	return a->encr_len == b->encr_len && a->integ_len == b->integ_len &&
	       memcmp(a->encr, b->encr, a->encr_len) == 0 &&
	       memcmp(a->integ, b->integ, a->integ_len) == 0;
}

/* But for the limits of its life. */
static bool
sa_same(const struct setkey_run *r, const struct sa_spec *want, const struct setkey_sa *sa,
    const struct kern_sa *have)
{
	struct sa_spec a = as_held(r, want), b = as_held(r, &have->spec);

	return recon_sa_same(&a, &b) && a.replay_window == b.replay_window &&
	       end_fits(&a.encap_oa, &b.encap_oa) && keys_same(&sa->keys, &have->keys) && strcmp(sa->label.ctx, have->label.ctx) == 0;
}

static void
replace_sa(struct loading *l, const struct plan_sa *p)
{
	ike_err err = l->r->kern->ops->sa_delete(l->r->kern, &p->spec.id, &p->spec.src);

	if (err != IKE_OK && err != IKE_E_NOTFOUND)
		setkey_kernel_refused(l->r, p->stmt->line, err);
	else
		setkey_add_sa(l->r, p->stmt, &p->spec);
}

static void
change_life(struct loading *l, const struct plan_sa *p)
{
	ike_err err =
	    l->r->kern->ops->sa_install(l->r->kern, &p->spec, &p->stmt->sa->keys, true);

	if (err != IKE_OK)
		setkey_kernel_refused(l->r, p->stmt->line, err);
}

/* An SA that is there already stays untouched: made anew it would repeat its sequence numbers. */
static void
load_over(struct loading *l, const struct plan_sa *p, const struct kern_sa *have)
{
	bool same = sa_same(l->r, &p->spec, p->stmt->sa, have);

	if (same && memcmp(&p->spec.life, &have->spec.life, sizeof(p->spec.life)) == 0) {
		l->count->same++;
		return;
	}
	l->count->changed++;
	if (l->dry)
		return;
	if (have->larval)
		setkey_refused(l->r, p->stmt->line, "File exists");
	else if (same)
		change_life(l, p);
	else
		replace_sa(l, p);
}

static void
load_sa(struct loading *l, const struct plan_sa *p)
{
	struct kern_sa have;
	ike_err err = l->r->manual->get(l->r->kern, &p->spec.id, &p->spec.src, &have);

	if (err == IKE_E_NOTFOUND) {
		l->count->added++;
		if (!l->dry)
			setkey_add_sa(l->r, p->stmt, &p->spec);
	} else if (err != IKE_OK) {
		setkey_kernel_refused(l->r, p->stmt->line, err);
	} else {
		load_over(l, p, &have);
		sa_keys_wipe(&have.keys);
	}
}

static void
load_sas(struct loading *l)
{
	for (size_t i = 0; i < l->plan.nsas; i++) {
		const struct plan_sa *p = l->plan.sas[i];

		if (p->stmt == NULL)
			continue;
		if (l->r->manual != NULL)
			load_sa(l, p);
		else
			setkey_refused(l->r, p->stmt->line, "this kernel interface has no manual keying");
	}
}

/* --- all --- */

static void
on_refused(void *arg, unsigned line, const char *text)
{
	setkey_refused(arg, line, text);
}

/* dump, get and what the file does not plan: in order, once the plan is true. */
static ike_err
the_rest(struct loading *l, const struct setkey_list *list)
{
	bool done = false;

	for (size_t i = 0; i < list->n && !done; i++)
		if (!plan_covers(&l->plan, &list->v[i]))
			TRY(setkey_exec(l->r, &list->v[i], &done));
	return IKE_OK;
}

bool
setkey_loads(const struct setkey_list *list)
{
	struct plan p = { 0 };

	return plan_begins(&p, list);
}

static ike_err
run_load(struct loading *l, const struct setkey_list *list)
{
	TRY(plan_make(&l->plan, list));
	if (l->plan.sa)
		load_sas(l);
	if (l->plan.sp)
		TRY(load_policies(l));
	return l->dry ? IKE_OK : the_rest(l, list);
}

static void
end_load(struct loading *l)
{
	plan_fini(&l->plan);
	spset_clear(&l->kernel.set);
}

ike_err
setkey_load(struct setkey_run *r, const struct setkey_list *list, struct load_counts *count)
{
	struct loading l = { .r = r,
		.plan = { .auto_fwd = r->auto_fwd, .refused = on_refused, .refused_arg = r },
		.count = count };
	ike_err err;

	memset(count, 0, sizeof(*count));
	(void)plan_begins(&l.plan, list);
	err = run_load(&l, list);
	end_load(&l);
	return err;
}

ike_err
setkey_compare(struct setkey_run *r, const struct setkey_list *list, struct load_counts *count)
{
	struct loading l = { .r = r, .plan = { .auto_fwd = r->auto_fwd }, .count = count, .dry = true };
	ike_err err;

	memset(count, 0, sizeof(*count));
	/* whatever it begins with: all policies of the file, and what else there is does not count */
	l.plan.sp = true;
	err = run_load(&l, list);
	count->removed = 0;
	end_load(&l);
	return err;
}
