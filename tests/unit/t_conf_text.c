/* SPDX-License-Identifier: BSD-3-Clause */
/* Tokens, statements and their places. */
#include "conf/tree.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text_test {
	struct conf_diags diags;
	struct source src;
	struct lex lex;
	struct arena mem;
};

static void
begin(struct text_test *t, const char *text)
{
	memset(t, 0, sizeof(*t));
	t->src.diags = &t->diags;
	lex_init(&t->lex, &t->src, "f", slice_str(text));
}

static void
end(struct text_test *t)
{
	arena_free(&t->mem);
	conf_diags_free(&t->diags);
}

static void
expect_token(struct text_test *t, enum tok_kind kind, const char *s, unsigned line, unsigned col)
{
	struct token tok = lex_next(&t->lex);

	ck_assert_int_eq(tok.kind, kind);
	ck_assert_uint_eq(tok.line, line);
	ck_assert_uint_eq(tok.col, col);
	if (s != NULL)
		ck_assert(slice_equal(tok.s, slice_str(s)));
}

START_TEST(tokens_and_places)
{
	struct text_test t;

	begin(&t, "log debug;# c\n  \"a b\n\" { [500]/24,x-y }aes256\t(=)");
	expect_token(&t, TOK_WORD, "log", 1, 1);
	expect_token(&t, TOK_WORD, "debug", 1, 5);
	expect_token(&t, TOK_SEMI, ";", 1, 10);
	expect_token(&t, TOK_STRING, "a b\n", 2, 3);
	expect_token(&t, TOK_OPEN, "{", 3, 3);
	expect_token(&t, TOK_LBRACKET, "[", 3, 5);
	expect_token(&t, TOK_WORD, "500", 3, 6);
	expect_token(&t, TOK_RBRACKET, "]", 3, 9);
	expect_token(&t, TOK_SLASH, "/", 3, 10);
	expect_token(&t, TOK_WORD, "24", 3, 11);
	expect_token(&t, TOK_COMMA, ",", 3, 13);
	expect_token(&t, TOK_WORD, "x-y", 3, 14);
	expect_token(&t, TOK_CLOSE, "}", 3, 18);
	expect_token(&t, TOK_WORD, "aes256", 3, 19);
	expect_token(&t, TOK_LPAREN, "(", 3, 26);
	expect_token(&t, TOK_EQUALS, "=", 3, 27);
	expect_token(&t, TOK_RPAREN, ")", 3, 28);
	expect_token(&t, TOK_END, NULL, 3, 29);
	expect_token(&t, TOK_END, NULL, 3, 29);
	ck_assert_uint_eq(t.diags.n, 0);
	end(&t);
}
END_TEST

START_TEST(placeholders_are_one_word)
{
	struct text_test t;

	begin(&t, "{{ a b }} {% if %} ${x y} {{ \n $x");
	expect_token(&t, TOK_WORD, "{{ a b }}", 1, 1);
	expect_token(&t, TOK_WORD, "{% if %}", 1, 11);
	expect_token(&t, TOK_WORD, "${x y}", 1, 20);
	expect_token(&t, TOK_OPEN, "{", 1, 27);
	expect_token(&t, TOK_OPEN, "{", 1, 28);
	expect_token(&t, TOK_WORD, "$x", 2, 2);
	end(&t);
}
END_TEST

START_TEST(malformed_text_is_reported_with_its_place)
{
	struct text_test t;

	begin(&t, "a\n \x01\x02 b \"open");
	expect_token(&t, TOK_WORD, "a", 1, 1);
	expect_token(&t, TOK_WORD, "b", 2, 5);
	expect_token(&t, TOK_STRING, "open", 2, 7);
	expect_token(&t, TOK_END, NULL, 2, 12);
	ck_assert_uint_eq(t.diags.errors, 2);
	ck_assert_uint_eq(t.diags.v[0].line, 2);
	ck_assert_uint_eq(t.diags.v[0].col, 2);
	ck_assert_uint_eq(t.diags.v[1].col, 7);
	end(&t);
}
END_TEST

/* "a b { c ; d { e ; } }" for a statement. */
static void
show(const struct stmt *s, char *out, size_t cap)
{
	for (; s != NULL; s = s->next) {
		for (size_t i = 0; i < s->n; i++)
			snprintf(out + strlen(out), cap - strlen(out), "%.*s ", (int)s->tok[i].s.n,
			    (const char *)s->tok[i].s.p);
		if (!s->block) {
			strcat(out, "; ");
			continue;
		}
		strcat(out, "{ ");
		show(s->kids, out, cap);
		strcat(out, "} ");
	}
}

static void
expect_tree(const char *text, const char *want, size_t errors, size_t warnings)
{
	struct text_test t;
	char got[400] = "";
	struct stmt *s;

	begin(&t, text);
	do {
		ck_assert_int_eq(tree_next(&t.lex, &t.mem, &s), IKE_OK);
		show(s, got, sizeof(got));
	} while (s != NULL);
	ck_assert_str_eq(got, want);
	ck_assert_uint_eq(t.diags.errors, errors);
	ck_assert_uint_eq(t.diags.warnings, warnings);
	end(&t);
}

START_TEST(statements)
{
	expect_tree("", "", 0, 0);
	expect_tree("a;b c;", "a ; b c ; ", 0, 0);
	expect_tree("a { b; c d { e; } f; } g;", "a { b ; c d { e ; } f ; } g ; ", 0, 0);
	expect_tree("a { }", "a { } ", 0, 0);
	expect_tree("a { }; ; b;", "a { } b ; ", 0, 2);
	expect_tree("a = 1; (b);", "a 1 ; b ; ", 0, 2);
}
END_TEST

START_TEST(broken_statements_leave_the_others)
{
	expect_tree("a", "a ; ", 1, 0);
	expect_tree("a { b }", "a { b ; } ", 1, 0);
	expect_tree("a { b", "a { b ; } ", 2, 0);
	expect_tree("} a;", "a ; ", 1, 0);
	expect_tree("{ x { y; } } a;", "a ; ", 1, 0);
	expect_tree("a { { x; } b; }", "a { b ; } ", 1, 0);
	expect_tree("a { b { c { d { e { f { g { h; } } } } } } } z;",
	    "a { b { c { d { e { f { g { } } } } } } } z ; ", 1, 0);
}
END_TEST

START_TEST(messages_print_with_their_place)
{
	struct text_test t;
	struct buf out = { 0 };

	begin(&t, "");
	source_say(
	    &t.src, CONF_ERROR, (struct place){ "x.conf", 3, 7 }, "do that", "this is %s", "wrong");
	source_say(&t.src, CONF_WARNING, (struct place){ "x.conf", 0, 0 }, NULL, "hm");
	ck_assert_int_eq(conf_diag_print(&t.diags.v[0], &out), IKE_OK);
	ck_assert_int_eq(conf_diag_print(&t.diags.v[1], &out), IKE_OK);
	ck_assert(slice_equal(buf_slice(&out),
	    slice_str("x.conf:3:7: error: this is wrong (do that)\nx.conf: warning: hm\n")));
	buf_free(&out);
	end(&t);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("conf text");
	TCase *tc = tcase_create("text");

	tcase_add_test(tc, tokens_and_places);
	tcase_add_test(tc, placeholders_are_one_word);
	tcase_add_test(tc, malformed_text_is_reported_with_its_place);
	tcase_add_test(tc, statements);
	tcase_add_test(tc, broken_statements_leave_the_others);
	tcase_add_test(tc, messages_print_with_their_place);
	suite_add_tcase(s, tc);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
