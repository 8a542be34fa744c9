/* SPDX-License-Identifier: BSD-3-Clause */
#include "keylang/key_lex.h"

#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("._:/%+,-*", c) != NULL);
}

void
lex_warn(const struct setkey_env *env, unsigned line, const char *text)
{
	if (env != NULL && env->warn != NULL)
		env->warn(env->arg, line, text);
}

void
key_lex_init(struct key_lex *l, const struct setkey_source *src, const struct setkey_env *env)
{
	*l = (struct key_lex){
		.p = src->text, .end = src->text + src->n, .line = src->line, .env = env
	};
}

static void
step(struct key_lex *l)
{
	if (*l->p == '\n')
		l->line++;
	l->p++;
}

/* A backslash before the end of a line: the shell's way to go on, not setkey's. */
static bool
at_continuation(const char *p, const char *end)
{
	if (p == end || *p != '\\')
		return false;
	p++;
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p < end && *p == '\n';
}

static void
skip_comment(struct key_lex *l)
{
	while (l->p < l->end && *l->p != '\n')
		l->p++;
}

static void
skip_blanks(struct key_lex *l)
{
	while (l->p < l->end) {
		if (is_blank(*l->p)) {
			step(l);
		} else if (*l->p == '#') {
			skip_comment(l);
		} else if (at_continuation(l->p, l->end)) {
			lex_warn(l->env, l->line,
			    "backslash at the end of a line is not needed, ignored");
			l->p++;
		} else {
			return;
		}
	}
}

/* What is between |open|, where we are, and |close|; false if it never ends. */
static bool
take_between(struct key_lex *l, char close)
{
	const char *start = l->p + 1, *e = memchr(start, close, (size_t)(l->end - start));

	if (e == NULL)
		return false;
	l->text = slice_of(start, (size_t)(e - start));
	while (l->p <= e)
		step(l);
	return true;
}

static void
trim(struct slice *s)
{
	while (s->n > 0 && is_blank((char)s->p[0])) {
		s->p++;
		s->n--;
	}
	while (s->n > 0 && is_blank((char)s->p[s->n - 1]))
		s->n--;
}

static enum lex_tok
take_bad(struct key_lex *l)
{
	l->text = slice_of(l->p, 1);
	step(l);
	return LEX_BAD;
}

static enum lex_tok
take_word(struct key_lex *l)
{
	const char *start = l->p;

	while (l->p < l->end && is_word(*l->p))
		l->p++;
	l->text = slice_of(start, (size_t)(l->p - start));
	return LEX_WORD;
}

static enum lex_tok
take(struct key_lex *l)
{
	char c = *l->p;

	if (c == ';') {
		l->text = slice_of(l->p, 1);
		l->p++;
		return LEX_EOT;
	}
	if (c == '"')
		return take_between(l, '"') ? LEX_STRING : take_bad(l);
	if (c == '[') {
		if (!take_between(l, ']'))
			return take_bad(l);
		trim(&l->text);
		return LEX_PORT;
	}
	return is_word(c) ? take_word(l) : take_bad(l);
}

void
key_lex_next(struct key_lex *l)
{
	skip_blanks(l);
	l->tok_line = l->line;
	if (l->p == l->end) {
		l->tok = LEX_END;
		l->text = slice_of(l->end, 0);
		return;
	}
	l->tok = take(l);
}

bool
lex_is(const struct key_lex *l, const char *s)
{
	return l->tok == LEX_WORD && slice_equal(l->text, slice_str(s));
}

/* The # of "unique#16384", as -DP prints it: no comment. */
static bool
is_chosen_number(const char *start, const char *p, const char *end)
{
	static const char word[] = "unique";
	const size_t n = sizeof(word) - 1;

	return (size_t)(p - start) >= n && memcmp(p - n, word, n) == 0 && p + 1 < end &&
	       p[1] >= '0' && p[1] <= '9';
}

struct slice
lex_policy(struct key_lex *l)
{
	const char *start = l->p;

	while (l->p < l->end && *l->p != ';') {
		/* a semicolon in a comment ends nothing */
		if (*l->p == '#' && !is_chosen_number(start, l->p, l->end))
			skip_comment(l);
		else
			step(l);
	}

	struct slice s = slice_of(start, (size_t)(l->p - start));

	key_lex_next(l);
	return s;
}

void
lex_skip(struct key_lex *l)
{
	while (l->tok != LEX_EOT && l->tok != LEX_END)
		key_lex_next(l);
	if (l->tok == LEX_EOT)
		key_lex_next(l);
}

size_t
setkey_complete(const struct setkey_source *src)
{
	const char *end = src->text + src->n, *done = src->text;

	for (const char *p = src->text; p < end; p++) {
		if (*p == ';')
			done = p + 1;
		if ((*p != '#' && *p != '"') || (*p == '#' && is_chosen_number(src->text, p, end)))
			continue;
		p = memchr(p + 1, *p == '#' ? '\n' : '"', (size_t)(end - p - 1));
		if (p == NULL)
			break;
	}
	return (size_t)(done - src->text);
}
