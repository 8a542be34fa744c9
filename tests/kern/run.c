/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: each case is a suite of its own, so that its result can be had by name.  It runs in a child, which
 * leaves a reason for skipping in shared memory.
 */
#include "kern/fix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define REASON_SIZE 256

static void
hear(void *arg, const struct kern_event *ev)
{
	struct fix *f = arg;

	if (f->nheard < HEARD_MOST)
		f->heard[f->nheard] = *ev;
	f->nheard++;
}

static void
setup(void)
{
	fix.kern = fix.b->open();
	ck_assert_msg(fix.kern != NULL, "%s cannot be opened", fix.b->name);
	fix.kern->on_event = hear;
	fix.kern->event_arg = &fix;
	fix.us = ip("192.0.2.1");
	fix.peer = ip("192.0.2.2");
}

static void
teardown(void)
{
	fix.b->close(fix.kern);
}

/* One line, without what would make it two. */
static void
print_why(const char *s)
{
	for (; *s != '\0'; s++)
		putchar(*s == '\n' ? ' ' : *s);
	putchar('\n');
}

static bool
run_case(const TTest *t, const char *realm)
{
	Suite *s = suite_create(t->name);
	TCase *c = tcase_create(t->name);
	SRunner *r;
	TestResult **v;
	int failed;

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, t);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	fix.skipped[0] = '\0';
	srunner_run_all(r, CK_SILENT);
	failed = srunner_ntests_failed(r);
	v = srunner_failures(r);
	if (failed != 0) {
		const char *file = strrchr(tr_lfile(v[0]), '/');

		printf("not ok %s/%s: %s:%d: ", realm, t->name,
		    file == NULL ? tr_lfile(v[0]) : file + 1, tr_lno(v[0]));
		print_why(tr_msg(v[0]));
	} else if (fix.skipped[0] != '\0') {
		printf("skip %s/%s: %s\n", realm, t->name, fix.skipped);
	} else {
		printf("ok %s/%s\n", realm, t->name);
	}
	fflush(stdout);
	free(v);
	srunner_free(r);
	return failed == 0;
}

struct run {
	const char *realm, *only;
	int failed, ran;
};

static void
run_one(void *arg, const TTest *t)
{
	struct run *r = arg;

	if (r->only != NULL && strcmp(t->name, r->only) != 0)
		return;
	r->ran++;
	r->failed += !run_case(t, r->realm);
}

int
conform_run(const struct conform_backend *b, const char *realm, const char *only)
{
	struct run r = { .realm = realm, .only = only };
	char *page =
	    mmap(NULL, REASON_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return 1;
	fix.b = b;
	fix.skipped = page;
	fix.skipped_cap = REASON_SIZE;
	conform_sa_cases(run_one, &r);
	conform_alg_cases(run_one, &r);
	conform_sp_cases(run_one, &r);
	conform_event_cases(run_one, &r);
	conform_life_cases(run_one, &r);
	conform_acquire_cases(run_one, &r);
	conform_mirror_cases(run_one, &r);
	(void)munmap(page, REASON_SIZE);
	if (r.ran == 0)
		printf("not ok %s/%s: no such case\n", realm, only);
	return r.ran == 0 ? 1 : r.failed;
}
