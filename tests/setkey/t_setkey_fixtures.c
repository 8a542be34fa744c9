/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every file tests/setkey/NAME.conf is carried out on a kernel in memory as "setkey -f" would; what that prints, what the kernel
 * then holds, and nothing else, is in NAME.expect.  Then the dumps are turned back into statements, and these must make the
 * same databases.
 *
 * Errors do not end a file here, so that one file can show many.  With SETKEY_UPDATE=1 in the environment the .expect files are
 * written instead of compared; look at the difference then.
 */
#include "setkey/load.h"
#include "setkey/owned.h"
#include "setkey/undump.h"
#include "unit/memkern.h"
#include "util/buf.h"

#include <check.h>
#include <glob.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX 131072

static struct memkern kernel;
static struct setkey_run run;
static char got[OUT_MAX];
static FILE *out;

/* --- names --- */

static size_t
host(void *arg, const char *name, uint8_t family, bool numeric, struct addr *addrs, size_t max)
{
	size_t n = 0;

	(void)arg;
	if (numeric || max < 3 || strcmp(name, "two.example") != 0)
		return 0;
	if (family != 6) {
		addrs[n++] = (struct addr){ 4, { 192, 0, 2, 21 }, 0 };
		addrs[n++] = (struct addr){ 4, { 192, 0, 2, 22 }, 0 };
	}
	if (family != 4)
		addrs[n++] = (struct addr){ 6, { 0x20, 1, 0xd, 0xb8, [15] = 0x21 }, 0 };
	return n;
}

static void
warn(void *arg, unsigned line, const char *text)
{
	(void)arg;
	fprintf(out, "line %u: warning: %s\n", line, text);
}

static const struct setkey_env env = { .host = host, .warn = warn };

/* --- running --- */

static void
open_out(char *array)
{
	memset(array, 0, OUT_MAX);
	out = fmemopen(array, OUT_MAX - 1, "w");
	ck_assert_ptr_nonnull(out);
	run.print.out = out;
}

static void
begin(char *array)
{
	memkern_init(&kernel);
	run = (struct setkey_run){ .kern = &kernel.kern,
		.manual = &memkern_manual,
		.auto_fwd = true,
		.with_lines = true };
	open_out(array);
}

static void
steps(const struct setkey_list *list)
{
	bool done = false;

	for (size_t i = 0; i < list->n && !done; i++) {
		if (list->v[i].verb == SETKEY_ERROR)
			fprintf(out, "%s\n", list->v[i].error);
		else
			ck_assert_int_eq(setkey_exec(&run, &list->v[i], &done), IKE_OK);
	}
}

static void
run_text(struct slice text, bool difference)
{
	struct setkey_source src = { (const char *)text.p, text.n, 1 };
	struct setkey_list list = { 0 };
	struct load_counts n;

	ck_assert_int_eq(setkey_parse(&src, &env, &list), IKE_OK);
	if (difference && list.errors == 0 && setkey_loads(&list))
		ck_assert_int_eq(setkey_load(&run, &list, &n), IKE_OK);
	else
		steps(&list);
	setkey_list_free(&list);
	setkey_run_fini(&run);
}

static void
dump_all(void)
{
	ck_assert_int_eq(setkey_dump_sa(&run, 0, PROTO_NONE), IKE_OK);
	ck_assert_int_eq(setkey_dump_sp(&run, 0), IKE_OK);
	ck_assert_int_eq(fflush(out), 0);
}

/* Overwrite what differs from run to run. */
static void
mask(char *s, const char *pattern)
{
	regex_t re;
	regmatch_t m;

	ck_assert_int_eq(regcomp(&re, pattern, REG_EXTENDED), 0);
	while (regexec(&re, s, 1, &m, 0) == 0) {
		s[m.rm_so] = '~';
		memmove(s + m.rm_so + 1, s + m.rm_eo, strlen(s + m.rm_eo) + 1);
		s += m.rm_so + 1;
	}
	regfree(&re);
}

static void
mask_all(char *s)
{
	mask(s, "[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} [0-9]{4}");
	mask(s, "diff: [0-9]+");
}

/* Is |again| what |text| says?  Else the first line that differs. */
static void
same_text(const char *name, const char *text, const char *again)
{
	size_t i = 0, line = 0;

	for (; text[i] != '\0' && text[i] == again[i]; i++)
		if (text[i] == '\n')
			line = i + 1;
	if (text[i] != again[i])
		ck_abort_msg("%s: \"%.120s\" instead of \"%.120s\"", name, again + line, text + line);
}

/* The dumps, as statements, make an empty kernel print the same dumps. */
static void
goes_around(const char *name)
{
	static char first[OUT_MAX], statements[OUT_MAX], second[OUT_MAX];
	FILE *in, *to;

	open_out(first);
	dump_all();
	fclose(out);
	in = fmemopen(first, strlen(first), "r");
	memset(statements, 0, sizeof(statements));
	to = fmemopen(statements, OUT_MAX - 1, "w");
	ck_assert_msg(undump(in, to), "%s: a dump that cannot be read", name);
	fclose(in);
	fclose(to);
	begin(second);
	run.auto_fwd = false;
	run_text(slice_str(statements), false);
	ck_assert_msg(run.failures == 0, "%s: %s\n%s", name, second, statements);
	dump_all();
	mask_all(first);
	mask_all(second);
	same_text(name, first, second);
	fclose(out);
}

/* --- files --- */

static void
expect_file(const char *path)
{
	char name[600];
	struct buf want = { 0 };
	FILE *f;

	snprintf(name, sizeof(name), "%.*s.expect", (int)(strlen(path) - strlen(".conf")), path);
	if (getenv("SETKEY_UPDATE") != NULL) {
		f = fopen(name, "w");
		ck_assert_ptr_nonnull(f);
		ck_assert_int_ge(fputs(got, f), 0);
		fclose(f);
		return;
	}
	ck_assert_msg(read_whole_file(name, &want) == IKE_OK, "%s is missing", name);
	ck_assert_int_eq(buf_append(&want, slice_of("", 1)), IKE_OK);
	same_text(name, (const char *)want.p, got);
	buf_free(&want);
}

static void
run_file(const char *path)
{
	struct buf b = { 0 };

	begin(got);
	ck_assert_int_eq(read_whole_file(path, &b), IKE_OK);
	run_text(buf_slice(&b), true);
	buf_free(&b);
	if (kernel.nsa != 0 || kernel.nsp != 0) {
		fputs("---\n", out);
		dump_all();
	}
	fclose(out);
	mask_all(got);
	expect_file(path);
	goes_around(path);
}

START_TEST(files)
{
	const char *dir = getenv("RINGTAIL_SRCDIR");
	char pattern[512];
	glob_t g;

	snprintf(pattern, sizeof(pattern), "%s/tests/setkey/*.conf", dir != NULL ? dir : ".");
	ck_assert_int_eq(glob(pattern, 0, NULL, &g), 0);
	ck_assert_uint_gt(g.gl_pathc, 20);
	for (size_t i = 0; i < g.gl_pathc; i++)
		run_file(g.gl_pathv[i]);
	globfree(&g);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("setkey_fixtures");
	TCase *t = tcase_create("files");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, files);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
