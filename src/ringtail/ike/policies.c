/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a plan is made of what has to be done, with everything that is needed to take it back; then it is carried out
 * in the order of enum act.  Only what can be taken back is done before the last refusal is possible: removals come last, and
 * a refused removal is repeated by the model.
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "sadb/recon.h"
#include "sadb/sadb.h"

#include <stdlib.h>
#include <string.h>

#define TRY_AGAIN SEC(1)
#define TRY_AGAIN_MOST 8 /* doublings */
#define LOOK_AGAIN SEC(1)

enum act { ACT_NONE, ACT_ADD, ACT_CHANGE };

/* One policy that is wanted. */
struct wanted {
	struct sp_spec sp;
	enum act      act;
	bool           done;
	bool           foreign;     /* ACT_CHANGE: what stands there is somebody else's */
	size_t         before;      /* ACT_CHANGE: index in plan.before */
};

struct place;

struct plan {
	struct daemon     *d;
	const struct conf *c;
	enum policies_how  how;
	struct wanted     *v;
	size_t             n;
	struct sp_spec    *before;       /* what is replaced, as it was */
	size_t             n_before;
	struct place      *places;       /* POLICIES_UNDO: of what is given back; NULL: nothing is */
	struct policies_change *out;
	struct text       *why;
};

/* --- the plan --- */

static bool
stands(const struct spd_row *row, const struct sp_spec *sp)
{
	struct sp_spec have;

	if (!row->present || row->unsure || !recon_sp_same(row, sp))
		return false;
	sadb_policy_spec(row, &have);
	return strcmp(have.ctx, sp->ctx) == 0;
}

static void
plan_one(struct plan *p, struct wanted *w)
{
	const struct spd_row *row = sadb_policy_find(p->d->sadb, &w->sp.id);

	if (row == NULL) {
		w->act = ACT_ADD;
		return;
	}
	w->foreign = row->owner == SADB_FOREIGN;
	if (!w->foreign && stands(row, &w->sp))
		return;
	/* the row is there but the kernel has nothing: what was before is nothing, too, if it was somebody else's */
	if (w->foreign && !row->present) {
		w->act = ACT_ADD;
		return;
	}
	w->act = ACT_CHANGE;
	w->before = p->n_before;
	sadb_policy_spec(row, &p->before[p->n_before++]);
}

static size_t
count_acts(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->v[i].act != ACT_NONE;
	return n;
}

/* Where the selector of each displaced one stands in policies.displaced, sorted for searching. */
struct place {
	uint64_t digest;
	size_t   i;
};

static uint64_t
id_digest(const struct sp_id *id)
{
	struct sp_spec bare = { .id = *id };

	return policy_digest(&bare);
}

static int
compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->digest != y->digest)
		return x->digest < y->digest ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

/* NULL: out of memory. */
static struct place *
sorted(const struct policies *p)
{
	struct place *v = calloc(p->n_displaced, sizeof(*v));

	for (size_t i = 0; v != NULL && i < p->n_displaced; i++)
		v[i] = (struct place){ id_digest(&p->displaced[i].id), i };
	if (v != NULL)
		qsort(v, p->n_displaced, sizeof(*v), compare);
	return v;
}

static ike_err
make_plan(struct plan *p)
{
	size_t n = p->c->n_policies;

	p->n = n;
	p->v = calloc(n + 1, sizeof(*p->v));
	p->before = calloc(n + 1, sizeof(*p->before));
	if (p->v == NULL || p->before == NULL)
		return IKE_E_NOMEM;
	TRY(policies_with_reqids(p->d, p->c, p->before));
	for (size_t i = 0; i < n; i++)
		p->v[i].sp = p->before[i];
	for (size_t i = 0; i < n; i++)
		plan_one(p, &p->v[i]);
	bool gives = p->how == POLICIES_UNDO && p->d->policies.n_displaced > 0;
	return gives && (p->places = sorted(&p->d->policies)) == NULL ? IKE_E_NOMEM : IKE_OK;
}

/* --- carrying it out --- */

static void
refused(struct plan *p, size_t i, ike_err err)
{
	const struct conf_policy *cp = p->c->policies[i];
	char words[300];
	struct text t = text_in(words, sizeof(words));

	conf_policy_text(&cp->spec, &t);
	const char *reason = err == IKE_E_KERNEL || err == IKE_E_EXISTS ? p->d->env.kern->reason : ike_err_text(err);
	log_put(p->d->env.log, LOG_L_ERROR, NULL, "%s:%u: the kernel refused %s: %s", cp->file, cp->line, words, reason);
	if (p->why != NULL && p->why->n == 0)
		text_addf(p->why, "%s:%u: the kernel refused this policy: %s", cp->file, cp->line, reason);
}

static ike_err
do_one(struct plan *p, size_t i)
{
	struct wanted *w = &p->v[i];
	uint64_t id;

	ike_err err = sadb_policy_replace(p->d->sadb, &w->sp, 0, &id);
	if (err != IKE_OK) {
		p->out->failed++;
		refused(p, i, err);
		return err;
	}
	w->done = true;
	if (w->act == ACT_ADD)
		p->out->added++;
	else if (w->foreign)
		p->out->taken++;
	else
		p->out->changed++;
	return IKE_OK;
}

/* All of |act|; with POLICIES_BEST a refusal stops nothing.  The first error. */
static ike_err
do_acts(struct plan *p, enum act act)
{
	ike_err first = IKE_OK;

	for (size_t i = 0; i < p->n; i++) {
		if (p->v[i].act != act)
			continue;
		ike_err err = do_one(p, i);
		if (first == IKE_OK)
			first = err;
		if (err != IKE_OK && p->how != POLICIES_BEST)
			return err;
	}
	return first;
}

static void
put_back(struct plan *p, const struct wanted *w)
{
	const struct spd_row *row = sadb_policy_find(p->d->sadb, &w->sp.id);
	uint64_t id = row == NULL ? 0 : row->id;
	ike_err err;

	if (w->act == ACT_ADD) {
		err = sadb_policy_remove(p->d->sadb, id);
	} else {
		err = sadb_policy_replace(p->d->sadb, &p->before[w->before], 0, &id);
		if (err == IKE_OK && w->foreign)
			err = sadb_policy_disown(p->d->sadb, id);
	}
	if (err != IKE_OK)
		log_put(p->d->env.log, LOG_L_ERROR, NULL, "a policy could not be put back as it was: %s (%s)", ike_err_text(err),
		    p->d->env.kern->reason);
}

/* Take back what was done, the last first. */
static void
take_back(struct plan *p)
{
	for (size_t i = p->n; i-- > 0;)
		if (p->v[i].done && p->v[i].act == ACT_CHANGE)
			put_back(p, &p->v[i]);
	for (size_t i = p->n; i-- > 0;)
		if (p->v[i].done && p->v[i].act == ACT_ADD)
			put_back(p, &p->v[i]);
	size_t failed = p->out->failed;
	*p->out = (struct policies_change){ .failed = failed };
}

/* --- what nobody wants any more --- */

/* The oldest of those with |id|; NULL: none. */
static const struct sp_spec *
displaced(const struct policies *p, const struct place *v, const struct sp_id *id)
{
	uint64_t digest = id_digest(id);
	size_t lo = 0, hi = p->n_displaced;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (v[mid].digest < digest)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < p->n_displaced && v[lo].digest == digest; lo++)
		if (sp_id_equal(&p->displaced[v[lo].i].id, id))
			return &p->displaced[v[lo].i];
	return NULL;
}

/* It was somebody else's before the change that is undone. */
static bool
give_back(struct plan *p, const struct spd_row *row)
{
	const struct sp_spec *sp = p->places == NULL ? NULL : displaced(&p->d->policies, p->places, &row->sp);
	uint64_t id;

	return sp != NULL && sadb_policy_replace(p->d->sadb, sp, 0, &id) == IKE_OK &&
	    sadb_policy_disown(p->d->sadb, id) == IKE_OK;
}

static void
remove_others(struct plan *p)
{
	const struct spd_row *row;
	uint32_t it = 0;

	while ((row = sadb_policy_next(p->d->sadb, &it)) != NULL) {
		if (row->owner == SADB_FOREIGN || conf_policy_find(p->c, &row->sp) != NULL || give_back(p, row))
			continue;
		/* refused: the model tries again */
		(void)sadb_policy_remove(p->d->sadb, row->id);
		p->out->removed++;
	}
}

/* Remember whose place was taken, for an undo. */
static void
keep_displaced(struct plan *p)
{
	struct policies *st = &p->d->policies;

	if (p->out->taken == 0)
		return;
	struct sp_spec *v = realloc(st->displaced, (st->n_displaced + p->out->taken) * sizeof(*v));
	if (v == NULL) {
		log_put(p->d->env.log, LOG_L_WARNING, NULL, "out of memory: an undo will not give back the policies of others");
		return;
	}
	st->displaced = v;
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].done && p->v[i].act == ACT_CHANGE && p->v[i].foreign)
			st->displaced[st->n_displaced++] = p->before[p->v[i].before];
}

void
policies_displaced_before(struct daemon *d, size_t n)
{
	struct policies *st = &d->policies;

	st->n_displaced -= n;
	for (size_t i = 0; i < st->n_displaced; i++)
		st->displaced[i] = st->displaced[n + i];
	if (st->n_displaced == 0) {
		free(st->displaced);
		st->displaced = NULL;
	}
}

/* The kernel was read and all is done: what is ours is in the model now. */
static void
forget_known(struct daemon *d)
{
	struct sadb_counts n;

	sadb_count(d->sadb, &n);
	if (n.resyncs == n.resync_failures)
		return;
	free(d->policies.known);
	d->policies.known = NULL;
	d->policies.n_known = 0;
}

static void
say(const struct daemon *d, const struct policies_change *n)
{
	log_put(d->env.log, LOG_L_INFO, NULL, "policies: %zu added, %zu changed, %zu taken over, %zu removed, %zu refused", n->added,
	    n->changed, n->taken, n->removed, n->failed);
}

/* What will be ours is recorded before it is. */
static void
announce(struct plan *p)
{
	struct buf lines = { 0 };
	ike_err err = IKE_OK;

	for (size_t i = 0; err == IKE_OK && i < p->n; i++)
		if (p->v[i].act != ACT_NONE)
			err = policies_record_line(&lines, &p->v[i].sp);
	policies_record_add(p->d, buf_slice(&lines));
	buf_free(&lines);
}

static ike_err
carry_out(struct plan *p)
{
	ike_err other = IKE_OK;

	announce(p);
	ike_err err = do_acts(p, ACT_ADD);
	if (err == IKE_OK || p->how == POLICIES_BEST)
		other = do_acts(p, ACT_CHANGE);
	if (err == IKE_OK)
		err = other;
	if (err != IKE_OK && p->how != POLICIES_BEST) {
		take_back(p);
		policies_record(p->d);
		return err;
	}
	remove_others(p);
	keep_displaced(p);
	/* of those that were refused it may still be found that one is there */
	if (err == IKE_OK)
		forget_known(p->d);
	return err;
}

ike_err
policies_apply(struct daemon *d, const struct conf *c, enum policies_how how, struct policies_change *out, struct text *why)
{
	struct plan p = { .d = d, .c = c, .how = how, .out = out, .why = why };

	*out = (struct policies_change){ 0 };
	ike_err err = make_plan(&p);
	if (err == IKE_OK) {
		bool had = count_acts(&p) > 0;
		err = carry_out(&p);
		bool holds = err == IKE_OK || how == POLICIES_BEST;
		if (holds && (had || out->removed > 0))
			policies_record(d);
		if (holds)
			policies_record_files(d, c);
		if (had || out->removed > 0)
			say(d, out);
	} else if (why != NULL) {
		text_addf(why, "the policies cannot be installed: %s", ike_err_text(err));
	}
	free(p.v);
	free(p.before);
	free(p.places);
	return err;
}

ike_err
policies_establish(struct daemon *d)
{
	struct policies_change n;

	if (d->stopping)
		return IKE_OK;
	ike_err err = policies_apply(d, d->conf, POLICIES_BEST, &n, NULL);
	/* what was a moment's want of memory must not let packets through for a second */
	if (err != IKE_OK)
		err = policies_apply(d, d->conf, POLICIES_BEST, &n, NULL);
	if (err == IKE_OK) {
		d->policies.tries = 0;
		return IKE_OK;
	}
	log_put(d->env.log, LOG_L_ERROR, NULL, "not all policies of policy_file are in the kernel (%s); they are tried again",
	    ike_err_text(err));
	daemon_timer(d, &d->policies.timer, d->now + (TRY_AGAIN << d->policies.tries));
	if (d->policies.tries < TRY_AGAIN_MOST)
		d->policies.tries++;
	return err;
}

void
policies_look_again(struct daemon *d)
{
	if (d->policies.timer.pos == 0)
		daemon_timer(d, &d->policies.timer, d->now + LOOK_AGAIN);
}

void
policies_fini(struct daemon *d)
{
	heap_cancel(&d->timers, &d->policies.timer);
	free(d->policies.known);
	free(d->policies.displaced);
	d->policies = (struct policies){ 0 };
}
