/* SPDX-License-Identifier: BSD-3-Clause */
#include "scenario/scenario.h"

#include "crypto/crypto.h"
#include "unit/fail_alloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SWEEP_RUNS 16
/*
 * What a sweep of -full may cost, in datagrams, allocations and kernel calls: every n of stories with up to some 2,000 of them, and of
 * longer ones, where each n would take days, as many as take as long.
 */
#define FULL_WORK 5000000
/* What the world gets to recover in after a fault, and then to come to rest. */
#define RECOVERY SEC(240)
#define REST SEC(90)

enum sweep { SWEEP_NONE, SWEEP_DROP, SWEEP_ALLOC, SWEEP_KERNEL };
static const char *const sweep_names[] = { "plain", "drop", "alloc", "kernel" };

struct settings {
	bool     full, plain, debug2, time;
	unsigned runs, seeds, jitter, nth;
	uint64_t seed;
};

struct run {
	const struct scenario *s;
	struct world_options   opt;
	enum sweep             sweep;
	long                   nth;
	/* results; calls also as an input of SWEEP_KERNEL */
	uint64_t               transcript, datagrams;
	long                   allocs;
	unsigned               calls[WORLD_NODES], all_calls;
};

static unsigned failures, passed;

static void
verdict(const struct run *r, const char *test, const char *wrong)
{
	if (wrong == NULL) {
		passed++;
		return;
	}
	failures++;
	(void)printf("not ok %s seed %llu %s", r->s->name, (unsigned long long)r->opt.seed, test);
	if (r->nth > 0)
		(void)printf(" %ld", r->nth);
	(void)printf(": %s\n", wrong);
}

const char *
scenario_all_flow(struct world *w)
{
	for (unsigned i = 0; i < w->n_nodes; i++)
		for (unsigned k = i + 1; k < w->n_nodes; k++)
			if (!world_flows(&w->node[i], &w->node[k], RECOVERY))
				return "traffic does not flow";
	world_run(w, REST);
	const char *wrong = world_check(w);
	/* IKEv1 does not acknowledge deletes: what one end has deleted may stay at the other until it is used or expires */
	if (wrong != NULL || w->v1_spoken)
		return wrong;
	/* with short lifetimes there is always something under way: there must be a moment without */
	ike_time end = w->now + REST;
	while ((wrong = world_agree(w)) != NULL && w->now < end)
		world_run(w, MSEC(1500));
	return wrong;
}

/* The n-th call counts through the first host's kernel, then the second's, and so on. */
static void
fail_kernel(struct world *w, const struct run *r)
{
	unsigned n = (unsigned)r->nth;

	for (unsigned i = 0; i < w->n_nodes; i++) {
		if (n <= r->calls[i]) {
			simkern_fail(w->node[i].kern, n, ENOMEM, false);
			return;
		}
		n -= r->calls[i];
	}
}

static void
count_calls(struct world *w, struct run *r, const unsigned *before)
{
	r->all_calls = 0;
	for (unsigned i = 0; i < w->n_nodes; i++) {
		r->calls[i] = simkern_calls(w->node[i].kern) - before[i];
		r->all_calls += r->calls[i];
	}
}

static const char *
judge(struct world *w, const struct run *r, bool built)
{
	const struct scenario *s = r->s;
	const char *wrong = NULL;

	if (!built)
		return r->sweep == SWEEP_NONE ? "the world could not be built" : NULL;
	if (r->sweep == SWEEP_NONE) {
		wrong = s->check(w);
		if (wrong == NULL)
			wrong = world_check(w);
	} else {
		wrong = s->settled != NULL ? s->settled(w) : scenario_all_flow(w);
	}
	/* a kernel that refuses to delete is asked again a second later, whatever comes meanwhile */
	unsigned most = (s->max_pairs != 0 ? s->max_pairs : 2) + (r->sweep == SWEEP_KERNEL ? 1 : 0);
	if (wrong == NULL && w->max_pairs > most)
		wrong = "more pairs at a time than allowed";
	return wrong;
}

static const char *
tell(struct run *r)
{
	const struct scenario *s = r->s;
	struct world *w = world_new(&r->opt);
	unsigned before[WORLD_NODES] = { 0 };

	if (w == NULL)
		return "no memory for the world";
	fail_alloc_at(r->sweep == SWEEP_ALLOC ? r->nth : 0);
	bool built = s->build(w);
	for (unsigned i = 0; built && i < w->n_nodes; i++)
		before[i] = simkern_calls(w->node[i].kern);
	if (built && r->sweep == SWEEP_KERNEL)
		fail_kernel(w, r);
	if (built)
		s->run(w);
	r->allocs = fail_alloc_count();
	fail_alloc_at(0);
	if (r->sweep == SWEEP_NONE)
		count_calls(w, r, before);
	w->opt.drop_nth = w->opt.loss = w->opt.duplicate = w->opt.reorder = 0;
	r->transcript = w->transcript;
	r->datagrams = w->n_datagrams;
	const char *wrong = judge(w, r, built);
	if (wrong != NULL)
		world_leave(w, s->name);
	world_free(w);
	return wrong;
}

static void
tell_leaktight(struct run *r, const char *test)
{
	long before = fail_alloc_live();
	const char *wrong = tell(r);

	verdict(r, test, wrong == NULL && fail_alloc_live() != before ? "memory was not given back" : wrong);
}

static long
sweep_runs(const struct run *plain, const struct settings *set)
{
	long work = 1 + (long)plain->datagrams + plain->allocs + (long)plain->all_calls;
	long runs = plain->s->runs != 0 ? plain->s->runs : SWEEP_RUNS;

	if (set->runs != 0)
		return set->runs;
	return set->full && FULL_WORK / work > runs ? FULL_WORK / work : runs;
}

static void
sweep(const struct run *plain, enum sweep what, long total, const struct settings *set)
{
	long step = (total + sweep_runs(plain, set) - 1) / sweep_runs(plain, set);
	/* another seed, another selection */
	long first = 1 + (long)(plain->opt.seed % (uint64_t)(step > 0 ? step : 1)), last = total;

	if (set->nth != 0)
		first = last = set->nth;
	for (long n = first; n <= last; n += step) {
		struct run r = *plain;
		r.sweep = what;
		r.nth = n;
		if (what == SWEEP_DROP)
			r.opt.drop_nth = (unsigned)n;
		tell_leaktight(&r, sweep_names[what]);
	}
}

static void
tell_all(const struct scenario *s, const struct settings *set)
{
	struct run plain = { .s = s, .opt = s->opt };
	unsigned failed_before = failures;
	clock_t start = clock();

	plain.opt.seed = set->seed;
	plain.opt.debug2 = plain.opt.debug2 || set->debug2;
	if (plain.opt.jitter == 0)
		plain.opt.jitter = MSEC(set->jitter);
	struct run again = plain;
	tell_leaktight(&plain, "plain");
	if (failures != failed_before)
		return;      /* the sweeps would only say the same a hundred times */
	tell_leaktight(&again, "again");
	verdict(&plain, "determinism", plain.transcript == again.transcript ? NULL : "two runs with one seed differ");
	if (!set->plain) {
		sweep(&plain, SWEEP_DROP, (long)plain.datagrams, set);
		sweep(&plain, SWEEP_ALLOC, plain.allocs, set);
		sweep(&plain, SWEEP_KERNEL, (long)plain.all_calls, set);
	}
	if (failures == failed_before)
		(void)printf("ok %s: %llu datagrams, %ld allocations, %u kernel calls", s->name,
		    (unsigned long long)plain.datagrams, plain.allocs, plain.all_calls);
	if (set->time)
		(void)printf(" (%ld ms)", (long)((clock() - start) * 1000 / CLOCKS_PER_SEC));
	(void)printf("%s", failures == failed_before || set->time ? "\n" : "");
	(void)fflush(stdout);
}

/* The number behind an option; the programs are run by hand and by make, so anything goes. */
static uint64_t
number(int argc, char **argv, int *i)
{
	return *i + 1 < argc ? strtoull(argv[++*i], NULL, 10) : 0;
}

static int
read_options(int argc, char **argv, struct settings *set)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-full") == 0)
			set->full = true;
		else if (strcmp(argv[i], "-plain") == 0)
			set->plain = true;
		else if (strcmp(argv[i], "-debug2") == 0)
			set->debug2 = true;
		else if (strcmp(argv[i], "-time") == 0)
			set->time = true;
		else if (strcmp(argv[i], "-nth") == 0)
			set->nth = (unsigned)number(argc, argv, &i);
		else if (strcmp(argv[i], "-runs") == 0)
			set->runs = (unsigned)number(argc, argv, &i);
		else if (strcmp(argv[i], "-seed") == 0)
			set->seed = number(argc, argv, &i);
		else if (strcmp(argv[i], "-jitter") == 0)
			set->jitter = (unsigned)number(argc, argv, &i);
		else if (strcmp(argv[i], "-seeds") == 0)
			set->seeds = (unsigned)number(argc, argv, &i);
		else
			return -1;
	}
	return i;
}

int
scenario_main(int argc, char **argv, const struct scenario *v, size_t n)
{
	struct settings set = { .seed = 42, .seeds = 1 };
	int first = read_options(argc, argv, &set);

	if (first < 0) {
		(void)fprintf(stderr, "usage: %s [-full] [-plain] [-debug2] [-time] [-runs N] [-nth N] [-jitter MS] [-seed N] [-seeds N] [NAME ...]\n",
		    argv[0]);
		return 2;
	}
	for (; set.seeds > 0; set.seeds--, set.seed++) {
		for (size_t i = 0; i < n; i++) {
			bool wanted = argc <= first;
			for (int a = first; a < argc; a++)
				wanted = wanted || strstr(v[i].name, argv[a]) != NULL;
			if (wanted)
				tell_all(&v[i], &set);
		}
	}
	(void)printf("%u passed, %u failed\n", passed, failures);
	return failures == 0 ? 0 : 1;
}
