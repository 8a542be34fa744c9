/* SPDX-License-Identifier: BSD-3-Clause */
#include "scenario/scenario.h"

#include "crypto/crypto.h"
#include "unit/fail_alloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How many runs a sweep has at most, unless -full. */
#define SWEEP_RUNS 60
/* What the world gets to recover in after a fault. */
#define RECOVERY SEC(240)

struct run {
	const struct scenario *s;
	struct world_options   opt;
	long                   fail_alloc;   /* 0: none */
	unsigned               fail_kern;    /* 0: none */
	/* results */
	uint64_t               transcript, datagrams;
	long                   allocs;
	unsigned               kern_calls;
};

static unsigned failures, passed;

static void
verdict(const struct scenario *s, const char *test, long n, const char *wrong)
{
	if (wrong == NULL) {
		passed++;
		return;
	}
	failures++;
	(void)printf("not ok %s %s", s->name, test);
	if (n > 0)
		(void)printf(" %ld", n);
	(void)printf(": %s\n", wrong);
}

static const char *
all_flow(struct world *w)
{
	for (unsigned i = 0; i < w->n_nodes; i++)
		for (unsigned k = i + 1; k < w->n_nodes; k++)
			if (!world_flows(&w->node[i], &w->node[k], RECOVERY))
				return "traffic does not flow";
	world_run(w, SEC(70));
	return world_check(w);
}

static const char *
tell(struct run *r, bool faulty)
{
	const struct scenario *s = r->s;
	struct world *w = world_new(&r->opt);
	const char *wrong = NULL;

	if (w == NULL)
		return NULL;
	fail_alloc_at(r->fail_alloc);
	bool built = s->build(w);
	if (built && r->fail_kern != 0)
		simkern_fail(w->node[0].kern, r->fail_kern, ENOMEM, false);
	if (built)
		s->run(w);
	r->allocs = fail_alloc_count();
	r->kern_calls = built ? simkern_calls(w->node[0].kern) : 0;
	fail_alloc_at(0);
	w->opt.drop_nth = 0;
	r->transcript = w->transcript;
	r->datagrams = w->n_datagrams;
	if (!built && !faulty)
		wrong = "the world could not be built";
	else if (built && !faulty)
		wrong = s->check(w);
	else if (built)
		wrong = s->settled != NULL ? s->settled(w) : all_flow(w);
	if (wrong == NULL && built && !faulty)
		wrong = world_check(w);
	if (wrong == NULL && w->max_pairs > (s->max_pairs != 0 ? s->max_pairs : 2))
		wrong = "more pairs at a time than allowed";
	if (wrong != NULL)
		world_leave(w, s->name);
	world_free(w);
	return wrong;
}

static const char *
tell_leaktight(struct run *r, bool faulty)
{
	long before = fail_alloc_live();
	const char *wrong = tell(r, faulty);

	return wrong == NULL && fail_alloc_live() != before ? "memory was not given back" : wrong;
}

static void
sweep(const struct scenario *s, const struct run *plain, const char *what, long total, bool full)
{
	long step = full || total <= SWEEP_RUNS ? 1 : total / SWEEP_RUNS;

	for (long n = 1; n <= total; n += step) {
		struct run r = { .s = s, .opt = plain->opt };
		if (strcmp(what, "drop") == 0)
			r.opt.drop_nth = (unsigned)n;
		else if (strcmp(what, "alloc") == 0)
			r.fail_alloc = n;
		else
			r.fail_kern = (unsigned)n;
		verdict(s, what, n, tell_leaktight(&r, true));
	}
}

static void
tell_all(const struct scenario *s, bool full)
{
	struct run plain = { .s = s, .opt = { .seed = 42 } }, again = plain;
	unsigned failed_before = failures;

	verdict(s, "plain", 0, tell_leaktight(&plain, false));
	if (failures != failed_before)
		return;      /* the sweeps would only say the same a hundred times */
	verdict(s, "again", 0, tell_leaktight(&again, false));
	verdict(s, "determinism", 0, plain.transcript == again.transcript ? NULL : "two runs with one seed differ");
	sweep(s, &plain, "drop", (long)plain.datagrams, full);
	sweep(s, &plain, "alloc", plain.allocs, full);
	sweep(s, &plain, "kernel", (long)plain.kern_calls, full);
	if (failures == failed_before)
		(void)printf("ok %s: %llu datagrams, %ld allocations, %u kernel calls\n", s->name,
		    (unsigned long long)plain.datagrams, plain.allocs, plain.kern_calls);
	(void)fflush(stdout);
}

int
scenario_main(int argc, char **argv, const struct scenario *v, size_t n)
{
	bool full = argc > 1 && strcmp(argv[1], "-full") == 0;
	int first = full ? 2 : 1;

	for (size_t i = 0; i < n; i++) {
		bool wanted = argc <= first;
		for (int a = first; a < argc; a++)
			wanted = wanted || strstr(v[i].name, argv[a]) != NULL;
		if (wanted)
			tell_all(&v[i], full);
	}
	(void)printf("%u passed, %u failed\n", passed, failures);
	return failures == 0 ? 0 : 1;
}
