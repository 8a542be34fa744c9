/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/lex.h"

#include "util/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
lex_init(struct lex *l, struct source *src, const char *file, struct slice text)
{
	/* An empty file has no bytes to point to. */
	if (text.n == 0)
		text = slice_str("");
	*l = (struct lex){ .src = src, .file = file, .text = text, .line = 1, .col = 1 };
}

static void __attribute__((format(printf, 5, 0))) say(struct source *src, enum conf_severity sev,
    struct place at, const char *hint, const char *fmt, va_list ap)
{
	char text[400];
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	if (n < 0 || diag_add(src->diags, sev, &at, hint, text) != IKE_OK)
		src->nomem = true;
}

void
source_say(struct source *src, enum conf_severity sev, struct place at, const char *hint,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(src, sev, at, hint, fmt, ap);
	va_end(ap);
}

void
source_lenient(struct source *src, struct place at, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(src, src->diags->strict ? CONF_ERROR : CONF_WARNING, at, hint, fmt, ap);
	va_end(ap);
}

const char *
tok_text(const struct token *t, struct tok_buf *buf)
{
	struct text out = text_in(buf->s, sizeof(buf->s));

	switch (t->kind) {
	case TOK_END:
		return "end of file";
	case TOK_STRING:
		text_char(&out, '"');
		text_peer(&out, t->s);
		text_char(&out, '"');
		break;
	case TOK_WORD:
	case TOK_SEMI:
	case TOK_OPEN:
	case TOK_CLOSE:
	case TOK_COMMA:
	case TOK_LBRACKET:
	case TOK_RBRACKET:
	case TOK_SLASH:
	case TOK_LPAREN:
	case TOK_RPAREN:
	case TOK_EQUALS:
		text_char(&out, '\'');
		text_peer(&out, t->s);
		text_char(&out, '\'');
		break;
	}
	return buf->s;
}

bool
tok_is(const struct token *t, const char *w)
{
	return t->kind == TOK_WORD && slice_equal(t->s, slice_str(w));
}

static int
peek(const struct lex *l, size_t ahead)
{
	return l->at + ahead < l->text.n ? l->text.p[l->at + ahead] : -1;
}

static void
step(struct lex *l)
{
	if (l->text.p[l->at++] == '\n') {
		l->line++;
		l->col = 1;
	} else {
		l->col++;
	}
}

static bool
is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

/* Control characters and NUL are no part of any text. */
static bool
is_junk(int c)
{
	return (c >= 0 && c < 0x20 && !is_blank(c)) || c == 0x7f;
}

static enum tok_kind
punctuation(int c)
{
	switch (c) {
	case ';':
		return TOK_SEMI;
	case '{':
		return TOK_OPEN;
	case '}':
		return TOK_CLOSE;
	case ',':
		return TOK_COMMA;
	case '[':
		return TOK_LBRACKET;
	case ']':
		return TOK_RBRACKET;
	case '/':
		return TOK_SLASH;
	case '(':
		return TOK_LPAREN;
	case ')':
		return TOK_RPAREN;
	case '=':
		return TOK_EQUALS;
	default:
		return TOK_WORD;
	}
}

static bool
is_word(int c)
{
	return c >= 0 && !is_blank(c) && !is_junk(c) && c != '"' && c != '#' &&
	       punctuation(c) == TOK_WORD;
}

/* Pass over blanks, comments and junk. */
static void
skip(struct lex *l)
{
	for (int c = peek(l, 0); c >= 0; c = peek(l, 0)) {
		if (c == '#') {
			while (peek(l, 0) >= 0 && peek(l, 0) != '\n')
				step(l);
		} else if (is_junk(c)) {
			source_say(l->src, CONF_ERROR, (struct place){ l->file, l->line, l->col },
			    NULL, "character 0x%02x is not text", (unsigned)c);
			while (is_junk(peek(l, 0)))
				step(l);
		} else if (is_blank(c)) {
			step(l);
		} else {
			break;
		}
	}
}

/*
 * How many characters from here are a template's placeholder ("{{ x }}", "{% x %}", "${x}") on one line?  They
 * are one word, which no directive takes, so that the message can say what happened.
 */
static size_t
placeholder(const struct lex *l)
{
	char close;

	if (peek(l, 0) == '{' && (peek(l, 1) == '{' || peek(l, 1) == '%'))
		close = peek(l, 1) == '{' ? '}' : '%';
	else if (peek(l, 0) == '$' && peek(l, 1) == '{')
		close = 0;
	else
		return 0;
	for (size_t i = 2; peek(l, i) >= 0 && peek(l, i) != '\n' && i < 200; i++)
		if (close == 0 ? peek(l, i) == '}' : peek(l, i) == close && peek(l, i + 1) == '}')
			return i + (close == 0 ? 1 : 2);
	return 0;
}

static void
string(struct lex *l, struct token *t)
{
	t->kind = TOK_STRING;
	step(l);
	size_t from = l->at;
	while (peek(l, 0) >= 0 && peek(l, 0) != '"')
		step(l);
	t->s = slice_of(l->text.p + from, l->at - from);
	if (memchr(t->s.p, 0, t->s.n) != NULL)
		source_say(l->src, CONF_ERROR, (struct place){ l->file, t->line, t->col }, NULL,
		    "string contains a zero byte");
	if (peek(l, 0) < 0)
		source_say(l->src, CONF_ERROR, (struct place){ l->file, t->line, t->col }, NULL,
		    "string is not closed with '\"'");
	else
		step(l);
}

struct token
lex_next(struct lex *l)
{
	skip(l);
	struct token t = { .line = l->line, .col = l->col };
	size_t from = l->at, n;
	int c = peek(l, 0);

	if (c < 0) {
		t.kind = TOK_END;
	} else if (c == '"') {
		string(l, &t);
		t.end_line = l->line;
		t.end_col = l->col;
		return t;
	} else if ((n = placeholder(l)) > 0) {
		t.kind = TOK_WORD;
		while (n-- > 0)
			step(l);
	} else if ((t.kind = punctuation(c)) != TOK_WORD) {
		step(l);
	} else {
		while (is_word(peek(l, 0)))
			step(l);
	}
	t.s = slice_of(l->text.p + from, l->at - from);
	t.end_line = l->line;
	t.end_col = l->col;
	return t;
}
