/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/direct.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void *
bind_alloc(struct bind *b, size_t n)
{
	void *p = arena_alloc(&b->conf->mem, n);

	if (p == NULL)
		b->src.nomem = true;
	return p;
}

bool
bind_grow(struct bind *b, void **v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return true;
	size_t more = *cap == 0 ? 4 : *cap * 2;
	void *p = arena_array(&b->conf->mem, more, size);
	if (p == NULL) {
		b->src.nomem = true;
		return false;
	}
	if (n > 0)
		memcpy(p, *v, n * size);
	*v = p;
	*cap = more;
	return true;
}

const struct token *
arg_peek(const struct args *a)
{
	if (a->at >= a->st->n)
		return NULL;
	const struct token *t = &a->st->tok[a->at];
	/* A directive on a line of its own is not an argument of the one before, whose ';' is missing. */
	if (a->at > 0 && t->kind == TOK_WORD && t->line != t[-1].end_line &&
	    direct_find(a->table, t->s) != NULL)
		return NULL;
	return t;
}

const struct token *
arg_next(struct args *a)
{
	const struct token *t = arg_peek(a);

	if (t != NULL)
		a->at++;
	return t;
}

bool
arg_is(struct args *a, enum tok_kind kind)
{
	const struct token *t = arg_peek(a);

	if (t == NULL || t->kind != kind)
		return false;
	a->at++;
	return true;
}

bool
arg_word_is(struct args *a, const char *w)
{
	const struct token *t = arg_peek(a);

	if (t == NULL || !tok_is(t, w))
		return false;
	a->at++;
	return true;
}

struct place
arg_place(const struct args *a, const struct token *t)
{
	if (t != NULL)
		return (struct place){ a->st->file, t->line, t->col };
	t = &a->st->tok[a->at > 0 ? a->at - 1 : 0];
	return (struct place){ a->st->file, t->end_line, t->end_col };
}

void
arg_error(struct args *a, const struct token *t, const char *hint, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	a->bad = true;
	source_say(&a->b->src, CONF_ERROR, arg_place(a, t), hint, "%s", text);
}

void
arg_warn(struct args *a, const struct token *t, const char *hint, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	source_say(&a->b->src, CONF_WARNING, arg_place(a, t), hint, "%s", text);
}

void
arg_lenient(struct args *a, const struct token *t, const char *hint, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	source_lenient(&a->b->src, arg_place(a, t), hint, "%s", text);
}

const char *
word_copy(struct args *a, struct slice s)
{
	const char *p = arena_copy(&a->b->conf->mem, s);

	if (p == NULL)
		a->b->src.nomem = true;
	return p;
}

bool
word_is_placeholder(struct slice s, bool capitals)
{
	if (s.n < 2)
		return false;
	if (s.p[0] == '$' || s.p[0] == '<' || s.p[0] == '{' || (s.p[0] == '%' && s.p[1] == '%'))
		return true;
	if (s.p[0] == '@' && s.p[s.n - 1] == '@')
		return true;
	for (size_t i = 0; capitals && i < s.n; i++)
		if (!isupper(s.p[i]) && s.p[i] != '_' && !isdigit(s.p[i]))
			return false;
	return capitals && s.n >= 4 && isupper(s.p[0]);
}

void
arg_unknown(struct args *a, const struct token *t, const char *what, const char *suggestion)
{
	struct tok_buf name;
	char hint[120];

	if (t == NULL) {
		if (a->d->type->form != NULL)
			snprintf(hint, sizeof(hint), "%s %s;", a->d->name, a->d->type->form);
		arg_error(a, NULL, a->d->type->form == NULL ? NULL : hint, "'%s' needs %s",
		    a->d->name, what);
		return;
	}
	if (t->kind == TOK_WORD && word_is_placeholder(t->s, suggestion == NULL)) {
		arg_error(a, t, "fill in the template",
		    "%s looks like a placeholder; %s is expected", tok_text(t, &name), what);
		return;
	}
	if (suggestion != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", suggestion);
	arg_error(a, t, suggestion == NULL ? NULL : hint, "%s is not %s", tok_text(t, &name), what);
}

bool
word_number(struct slice s, uint32_t *out)
{
	uint64_t n = 0;

	if (s.n == 0 || s.n > 18)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!isdigit(s.p[i]))
			return false;
		n = n * 10 + (s.p[i] - '0');
	}
	*out = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
	return true;
}

static bool
is_hex(const struct token *t)
{
	return t->kind == TOK_WORD && t->s.n > 2 && t->s.p[0] == '0' &&
	       (t->s.p[1] == 'x' || t->s.p[1] == 'X');
}

static bool
in_range(
    struct args *a, const struct token *t, const char *what, uint32_t v, uint32_t min, uint32_t max)
{
	struct tok_buf name;

	if (v >= min && (max == 0 || v <= max))
		return true;
	if (max == 0)
		arg_error(a, t, NULL, "%s is too small: %s is at least %u", tok_text(t, &name),
		    what, min);
	else
		arg_error(a, t, NULL, "%s is out of range: %s is %u to %u", tok_text(t, &name),
		    what, min, max);
	return false;
}

bool
arg_number(struct args *a, const char *what, uint32_t min, uint32_t max, uint32_t *out)
{
	const struct token *t = arg_next(a);
	struct tok_buf name;
	uint32_t v;

	if (t != NULL && is_hex(t)) {
		arg_error(a, t, "write it in decimal", "hexadecimal number %s is not accepted",
		    tok_text(t, &name));
		return false;
	}
	if (t == NULL || t->kind != TOK_WORD || !word_number(t->s, &v)) {
		arg_unknown(a, t, "a number", NULL);
		return false;
	}
	if (v == UINT32_MAX && max == 0) {
		arg_error(a, t, NULL, "%s is too large", tok_text(t, &name));
		return false;
	}
	if (!in_range(a, t, what, v, min, max))
		return false;
	*out = v;
	return true;
}

static const struct {
	const char *word;
	uint32_t sec;
} units[] = {
	{ "sec", 1 },
	{ "secs", 1 },
	{ "second", 1 },
	{ "seconds", 1 },
	{ "min", 60 },
	{ "mins", 60 },
	{ "minute", 60 },
	{ "minutes", 60 },
	{ "hour", 3600 },
	{ "hours", 3600 },
};

static uint32_t
unit_of(struct slice s)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (slice_equal(s, slice_str(units[i].word)))
			return units[i].sec;
	return 0;
}

bool
arg_seconds(struct args *a, uint32_t *out)
{
	const struct token *t = arg_next(a), *ut = t;
	size_t digits = 0;
	uint32_t v, unit;
	struct tok_buf name;

	while (t != NULL && t->kind == TOK_WORD && digits < t->s.n && isdigit(t->s.p[digits]))
		digits++;
	if (digits == 0 || is_hex(t) || !word_number(slice_of(t->s.p, digits), &v)) {
		arg_unknown(a, t, "a time such as '10 sec'", NULL);
		return false;
	}
	struct slice u = slice_of(t->s.p + digits, t->s.n - digits);
	if (u.n == 0 && (ut = arg_peek(a)) != NULL && ut->kind == TOK_WORD) {
		u = ut->s;
		a->at++;
	}
	if (u.n == 0) {
		arg_error(
		    a, NULL, "sec, min or hour", "the time %s has no unit", tok_text(t, &name));
		return false;
	}
	if ((unit = unit_of(u)) == 0) {
		arg_error(
		    a, ut, "sec, min or hour", "%s is not a unit of time", tok_text(ut, &name));
		return false;
	}
	if (v > UINT32_MAX / 2 / unit) {
		arg_error(a, t, NULL, "the time %s is too long", tok_text(t, &name));
		return false;
	}
	*out = v * unit;
	return true;
}

bool
arg_switch(struct args *a, bool *out)
{
	const struct token *t = arg_next(a);

	if (t != NULL && tok_is(t, "on"))
		*out = true;
	else if (t != NULL && tok_is(t, "off"))
		*out = false;
	else if (t != NULL && (tok_is(t, "yes") || tok_is(t, "true") || tok_is(t, "1")))
		arg_unknown(a, t, "on or off", "on");
	else if (t != NULL && (tok_is(t, "no") || tok_is(t, "false") || tok_is(t, "0")))
		arg_unknown(a, t, "on or off", "off");
	else
		arg_unknown(a, t, "on or off", NULL);
	return !a->bad;
}

bool
arg_string(struct args *a, const char *what, const char **out)
{
	const struct token *t = arg_next(a);
	struct tok_buf name;

	if (t != NULL && t->kind == TOK_WORD) {
		arg_error(
		    a, t, "put it in double quotes", "%s is not %s", tok_text(t, &name), what);
		return false;
	}
	if (t == NULL || t->kind != TOK_STRING) {
		arg_unknown(a, t, what, NULL);
		return false;
	}
	const char *s = word_copy(a, t->s);
	if (s == NULL)
		return false;
	*out = s;
	return true;
}

bool
arg_words(struct args *a, const struct dir_word *w, int *out)
{
	const struct token *t = arg_next(a);
	struct name names[32];
	struct names table = { "", names, 0 };
	struct text list;
	char text[200];
	size_t n = 0;

	for (; w[n].word != NULL && n < 32; n++) {
		names[n] = (struct name){ (uint32_t)w[n].value, w[n].word };
		if (t == NULL || !tok_is(t, w[n].word))
			continue;
		if (w[n].note != NULL)
			arg_warn(a, t, NULL, "'%s' %s", w[n].word, w[n].note);
		*out = w[n].value;
		return true;
	}
	table.n = n;
	list = text_in(text, sizeof(text));
	for (size_t i = 0; i < n; i++)
		text_addf(&list, "%s%s", i == 0 ? "one of " : ", ", w[i].word);
	const char *word =
	    t != NULL && t->kind == TOK_WORD && t->s.n < 40 ? word_copy(a, t->s) : NULL;
	arg_unknown(
	    a, t, n == 1 ? w[0].word : text, word == NULL ? NULL : name_suggest(&table, word));
	return false;
}
