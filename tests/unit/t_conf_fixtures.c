/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every file in tests/conf/accepted must load and mean what its .expect says: the warnings, a line "---", and
 * the effective meaning in short.  Every file in tests/conf/rejected must be refused with the messages of its
 * .expect.  What was loaded is also printed in full and read again, which must give the same.
 *
 * With CONF_UPDATE=1 in the environment the .expect files are written instead of compared; look at the
 * difference then.
 */
#include "conf/reader.h"
#include "conf/direct.h"
#include "util/text.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char root[512];

static void
add(struct buf *b, const char *s)
{
	ck_assert_int_eq(buf_append(b, slice_str(s)), IKE_OK);
}

static void
add_diags(struct buf *b, const struct conf_diags *d)
{
	for (size_t i = 0; i < d->n; i++)
		ck_assert_int_eq(conf_diag_print(&d->v[i], b), IKE_OK);
}

/* "accepted/x.conf" -> the .expect file's full path. */
static void
expect_path(const char *name, char *out, size_t cap)
{
	snprintf(out, cap, "%s/%.*s.expect", root, (int)(strlen(name) - strlen(".conf")), name);
}

static void
compare(const char *name, const struct buf *got)
{
	char path[1024];
	struct buf want = { 0 };

	expect_path(name, path, sizeof(path));
	if (getenv("CONF_UPDATE") != NULL) {
		FILE *f = fopen(path, "w");
		ck_assert_ptr_nonnull(f);
		ck_assert_uint_eq(fwrite(got->p, 1, got->n, f), got->n);
		fclose(f);
		return;
	}
	ck_assert_msg(test_read_file(path, &want) == IKE_OK, "%s is missing", path);
	if (!slice_equal(buf_slice(&want), buf_slice(got)))
		fprintf(stderr, "%s: got:\n%.*s", name, (int)got->n, (const char *)got->p);
	ck_assert_msg(
	    slice_equal(buf_slice(&want), buf_slice(got)), "%s differs from %s", name, path);
	buf_free(&want);
}

static void
round_trip(const char *name, const struct conf *c)
{
	struct buf one = { 0 }, two = { 0 };
	struct test_reader t = { .root = root, .mem_name = "mem" };
	struct conf_reader r = test_reader(&t);
	struct conf_diags d = { 0 };
	struct conf *again;

	ck_assert_int_eq(conf_print(c, CONF_PRINT_SECRETS, &one), IKE_OK);
	t.mem = buf_slice(&one);
	ike_err err = conf_parse(&r, "mem", &d, &again);
	if (err != IKE_OK) {
		add_diags(&two, &d);
		ck_abort_msg("%s: printed text is refused: %.*s\n%.*s", name, (int)two.n,
		    (const char *)two.p, (int)one.n, (const char *)one.p);
	}
	ck_assert_int_eq(conf_print(again, CONF_PRINT_SECRETS, &two), IKE_OK);
	ck_assert_msg(slice_equal(buf_slice(&one), buf_slice(&two)),
	    "%s changes when printed and read:\n%.*s\n%.*s", name, (int)one.n, (const char *)one.p,
	    (int)two.n, (const char *)two.p);
	conf_unref(again);
	buf_free(&one);
	buf_free(&two);
	conf_diags_free(&d);
}

/* What the files in setkey's language come to. */
static void
add_policies(struct buf *b, const struct conf *c)
{
	char line[512];

	for (size_t i = 0; i < c->n_policies; i++) {
		const struct conf_policy *p = c->policies[i];
		struct text t = text_in(line, sizeof(line));
		text_addf(&t, "%s:%u:%s ", p->file, p->line, p->twin ? " twin" : "");
		conf_policy_text(&p->spec, &t);
		text_char(&t, '\n');
		add(b, line);
		ck_assert_ptr_eq(conf_policy_find(c, &p->spec.id), p);
	}
}

static void
accepted(const char *name)
{
	struct test_reader t = { .root = root };
	struct conf_reader r = test_reader(&t);
	struct conf_diags d = { 0 };
	struct conf *c = NULL;
	struct buf got = { 0 };
	ike_err err = conf_parse(&r, name, &d, &c);

	add_diags(&got, &d);
	ck_assert_msg(err == IKE_OK, "%s is refused:\n%.*s", name, (int)got.n, (const char *)got.p);
	ck_assert_uint_eq(d.errors, 0);
	add(&got, "---\n");
	ck_assert_int_eq(conf_print(c, CONF_PRINT_BRIEF, &got), IKE_OK);
	add_policies(&got, c);
	compare(name, &got);
	round_trip(name, c);
	conf_unref(c);
	buf_free(&got);
	conf_diags_free(&d);
}

static void
rejected(const char *name)
{
	struct test_reader t = { .root = root };
	struct conf_reader r = test_reader(&t);
	struct conf_diags d = { 0 };
	struct conf *c = NULL;
	struct buf got = { 0 };
	ike_err err = conf_parse(&r, name, &d, &c);

	ck_assert_msg(err == IKE_E_SYNTAX, "%s is accepted", name);
	ck_assert_ptr_null(c);
	ck_assert_uint_gt(d.errors, 0);
	add_diags(&got, &d);
	compare(name, &got);
	buf_free(&got);
	conf_diags_free(&d);
}

static size_t
each(const char *pattern, void (*fn)(const char *))
{
	char full[1024];
	glob_t g;

	snprintf(full, sizeof(full), "%s/%s", root, pattern);
	if (glob(full, 0, NULL, &g) != 0)
		return 0;
	for (size_t i = 0; i < g.gl_pathc; i++)
		fn(g.gl_pathv[i] + strlen(root) + 1);
	size_t n = g.gl_pathc;
	globfree(&g);
	return n;
}

START_TEST(accepted_files_mean_what_is_expected)
{
	ck_assert_uint_gt(each("accepted/*.conf", accepted), 30);
	ck_assert_uint_gt(each("accepted/talk/*.conf", accepted), 0);
}
END_TEST

START_TEST(rejected_files_are_refused_with_the_message)
{
	ck_assert_uint_gt(each("rejected/*.conf", rejected), 30);
}
END_TEST

/* --- every row of the directive tables is in a fixture and in the manual page */

#define ROWS_MAX 256

static struct {
	const struct directive *row[ROWS_MAX];
	size_t n;
} used;

static void
mark(const struct directive *d)
{
	for (size_t i = 0; i < used.n; i++)
		if (used.row[i] == d)
			return;
	ck_assert_uint_lt(used.n, ROWS_MAX);
	used.row[used.n++] = d;
}

static bool
is_used(const struct directive *d)
{
	for (size_t i = 0; i < used.n; i++)
		if (used.row[i] == d)
			return true;
	return false;
}

/* Two levels below the top are all there is. */
static void
mark_block(const struct dir_table *t, const struct stmt *kids)
{
	for (const struct stmt *s = kids; s != NULL; s = s->next) {
		const struct directive *d = direct_find(t, s->tok[0].s), *sub;
		if (d == NULL)
			continue;
		mark(d);
		if (d->sub == NULL)
			continue;
		if (d->type == &dir_sub && s->n > 1 &&
		    (sub = direct_find(d->sub, s->tok[1].s)) != NULL)
			mark(sub);
		if (s->block)
			mark_block(d->sub, s->kids);
	}
}

static void
mark_file(const char *name)
{
	char path[1024];
	struct buf text = { 0 };
	struct conf_diags d = { 0 };
	struct source src = { .diags = &d };
	struct lex lex;
	struct arena mem = { 0 };
	struct stmt *s;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	ck_assert_int_eq(test_read_file(path, &text), IKE_OK);
	lex_init(&lex, &src, name, buf_slice(&text));
	do {
		ck_assert_int_eq(tree_next(&lex, &mem, &s), IKE_OK);
		if (s != NULL)
			mark_block(&dir_top, s);
	} while (s != NULL);
	arena_free(&mem);
	buf_free(&text);
	conf_diags_free(&d);
}

static void
each_row(void (*fn)(const struct dir_table *, const struct directive *))
{
	for (size_t i = 0; dir_tables[i] != NULL; i++)
		for (size_t j = 0; j < dir_tables[i]->n; j++)
			fn(dir_tables[i], &dir_tables[i]->v[j]);
}

static void
in_accepted(const struct dir_table *t, const struct directive *d)
{
	if ((d->flags & DIR_REFUSED) == 0)
		ck_assert_msg(
		    is_used(d), "no file in tests/conf/accepted has '%s' in %s", d->name, t->name);
}

static void
in_rejected(const struct dir_table *t, const struct directive *d)
{
	if ((d->flags & DIR_REFUSED) != 0)
		ck_assert_msg(
		    is_used(d), "no file in tests/conf/rejected has '%s' in %s", d->name, t->name);
}

START_TEST(every_directive_has_a_fixture)
{
	used.n = 0;
	each("accepted/*.conf", mark_file);
	each_row(in_accepted);
	used.n = 0;
	each("rejected/*.conf", mark_file);
	each_row(in_rejected);
}
END_TEST

static struct buf manual;

static void
in_manual(const struct dir_table *t, const struct directive *d)
{
	char want[2][80];
	const char *first =
	    strncmp(t->name, "lifetime", strlen("lifetime")) == 0 ? "lifetime " : "";

	snprintf(want[0], sizeof(want[0]), ".It Ic %s%s ", first, d->name);
	snprintf(want[1], sizeof(want[1]), ".It Ic %s%s\n", first, d->name);
	ck_assert_msg(strstr((const char *)manual.p, want[0]) != NULL ||
			  strstr((const char *)manual.p, want[1]) != NULL,
	    "ringtail.conf(5) does not describe '%s' of %s", d->name, t->name);
}

START_TEST(every_directive_is_in_the_manual)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/../../man/ringtail.conf.5", root);
	ck_assert_int_eq(test_read_file(path, &manual), IKE_OK);
	ck_assert_int_eq(buf_append(&manual, slice_of("", 1)), IKE_OK);
	each_row(in_manual);
	buf_free(&manual);
}
END_TEST

/* Sizes that the engine relies on, and names that are found. */
static void
row_is_sound(const struct dir_table *t, const struct directive *d)
{
	ck_assert_ptr_nonnull(d->type);
	ck_assert_ptr_eq(direct_find(t, slice_str(d->name)), d);
	if ((d->flags & (DIR_IGNORED | DIR_REFUSED)) != 0)
		ck_assert_ptr_nonnull(d->note);
	if (d->type == &dir_words)
		ck_assert_ptr_nonnull(d->words);
	if (d->type == &dir_block || d->type == &dir_sub || d->type == &dir_present)
		ck_assert_ptr_nonnull(d->sub);
}

START_TEST(tables_are_sound)
{
	for (size_t i = 0; dir_tables[i] != NULL; i++)
		ck_assert_uint_le(dir_tables[i]->n, DIR_MAX);
	each_row(row_is_sound);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("conf fixtures");
	TCase *tc = tcase_create("fixtures");

	test_conf_root(root, sizeof(root));
	tcase_add_test(tc, accepted_files_mean_what_is_expected);
	tcase_add_test(tc, rejected_files_are_refused_with_the_message);
	tcase_add_test(tc, every_directive_has_a_fixture);
	tcase_add_test(tc, every_directive_is_in_the_manual);
	tcase_add_test(tc, tables_are_sound);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
