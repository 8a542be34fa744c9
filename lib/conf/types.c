/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/direct.h"

#include <string.h>

static void *
field(void *obj, const struct directive *d)
{
	return (char *)obj + d->off;
}

static const void *
field_of(const void *obj, const struct directive *d)
{
	return (const char *)obj + d->off;
}

static void
bind_switch(struct args *a, const struct directive *d, void *obj)
{
	arg_switch(a, field(obj, d));
}

static void
print_switch(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	bool v = *(const bool *)field_of(obj, d);

	if (pr_wanted(p, v == *(const bool *)field_of(def, d)))
		pr_line(p, "%s %s;", d->name, v ? "on" : "off");
}

const struct dir_type dir_switch = { "on|off", bind_switch, print_switch };

static void
bind_number(struct args *a, const struct directive *d, void *obj)
{
	arg_number(a, d->name, d->min, d->max, field(obj, d));
}

static void
print_number(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	uint32_t v = *(const uint32_t *)field_of(obj, d);

	if (pr_wanted(p, v == *(const uint32_t *)field_of(def, d)))
		pr_line(p, "%s %u;", d->name, v);
}

const struct dir_type dir_number = { "NUMBER", bind_number, print_number };

/* Longer than any timer makes sense, and far below what an ike_time holds. */
#define SECONDS_MAX 315360000u

static void
bind_plain_seconds(struct args *a, const struct directive *d, void *obj)
{
	uint32_t v;

	if (arg_number(a, d->name, d->min, d->max == 0 ? SECONDS_MAX : d->max, &v))
		*(ike_time *)field(obj, d) = SEC(v);
}

static uint32_t
seconds_of(const void *obj, const struct directive *d)
{
	return (uint32_t)(*(const ike_time *)field_of(obj, d) / SEC(1));
}

static void
print_plain_seconds(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	if (pr_wanted(p, seconds_of(obj, d) == seconds_of(def, d)))
		pr_line(p, "%s %u;", d->name, seconds_of(obj, d));
}

const struct dir_type dir_seconds = { "SECONDS", bind_plain_seconds, print_plain_seconds };

static bool
checked_time(struct args *a, const struct directive *d, uint32_t *out)
{
	const struct token *t = arg_peek(a);
	struct tok_buf name;
	uint32_t v;

	if (!arg_seconds(a, &v))
		return false;
	if (v < d->min || v > SECONDS_MAX) {
		arg_error(a, t, NULL, "the time %s is too %s", tok_text(t, &name),
		    v < d->min ? "short" : "long");
		return false;
	}
	*out = v;
	return true;
}

static void
bind_time(struct args *a, const struct directive *d, void *obj)
{
	uint32_t v;

	if (checked_time(a, d, &v))
		*(ike_time *)field(obj, d) = SEC(v);
}

static void
print_time(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	if (pr_wanted(p, seconds_of(obj, d) == seconds_of(def, d)))
		pr_line(p, "%s %u sec;", d->name, seconds_of(obj, d));
}

const struct dir_type dir_time = { "NUMBER UNIT", bind_time, print_time };

static void
bind_life(struct args *a, const struct directive *d, void *obj)
{
	checked_time(a, d, field(obj, d));
}

static void
print_life(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	uint32_t v = *(const uint32_t *)field_of(obj, d);

	if (v != 0 && pr_wanted(p, v == *(const uint32_t *)field_of(def, d)))
		pr_line(p, "lifetime time %u sec;", v);
}

const struct dir_type dir_life = { "NUMBER UNIT", bind_life, print_life };

static void
bind_string(struct args *a, const struct directive *d, void *obj)
{
	arg_string(a, "a string", field(obj, d));
}

static const char *
string_of(const void *obj, const struct directive *d)
{
	return *(const char *const *)field_of(obj, d);
}

static bool
same_string(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void
print_string(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const char *v = string_of(obj, d);

	if (v != NULL && pr_wanted(p, same_string(v, string_of(def, d))))
		pr_line(p, "%s \"%s\";", d->name, v);
}

const struct dir_type dir_string = { "\"STRING\"", bind_string, print_string };

static void
print_secret(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const char *v = string_of(obj, d);

	(void)def;
	if (v != NULL)
		pr_line(p, "%s \"%s\";", d->name, (p->flags & CONF_PRINT_SECRETS) != 0 ? v : "*");
}

const struct dir_type dir_secret = { "\"STRING\"", bind_string, print_secret };

static void
bind_words(struct args *a, const struct directive *d, void *obj)
{
	arg_words(a, d->words, field(obj, d));
}

static void
print_words(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	int v = *(const int *)field_of(obj, d);

	if (!pr_wanted(p, v == *(const int *)field_of(def, d)))
		return;
	for (const struct dir_word *w = d->words; w->word != NULL; w++) {
		if (w->value == v) {
			pr_line(p, "%s %s;", d->name, w->word);
			return;
		}
	}
}

const struct dir_type dir_words = { NULL, bind_words, print_words };

static void
bind_flag(struct args *a, const struct directive *d, void *obj)
{
	(void)a;
	*(bool *)field(obj, d) = true;
}

static void
print_flag(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	(void)def;
	if (*(const bool *)field_of(obj, d))
		pr_line(p, "%s;", d->name);
}

const struct dir_type dir_flag = { "", bind_flag, print_flag };

static void
bind_addr4(struct args *a, const struct directive *d, void *obj)
{
	const struct token *t = arg_peek(a);
	struct addr addr;
	struct tok_buf name;

	if (!arg_addr(a, &addr, NULL))
		return;
	if (addr.family != 4)
		arg_error(
		    a, t, NULL, "'%s' takes an IPv4 address, not %s", d->name, tok_text(t, &name));
	else
		*(struct addr *)field(obj, d) = addr;
}

static void
print_addr4(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct addr *v = field_of(obj, d);
	struct addr_buf text;

	(void)def;
	if (v->family != 0)
		pr_line(p, "%s %s;", d->name, addr_text(v, &text));
}

const struct dir_type dir_addr4 = { "ADDRESS", bind_addr4, print_addr4 };

static void
bind_sub(struct args *a, const struct directive *d, void *obj)
{
	const struct token *t = arg_next(a);
	const struct directive *row =
	    t != NULL && t->kind == TOK_WORD ? direct_find(d->sub, t->s) : NULL;
	struct dir_word words[17] = { { NULL, 0, NULL } };

	if (row == NULL) {
		for (size_t i = 0; i < d->sub->n && i < 16; i++)
			words[i].word = d->sub->v[i].name;
		int ignored;
		if (t != NULL)
			a->at--;
		arg_words(a, words, &ignored);
		return;
	}
	if ((row->flags & DIR_REFUSED) != 0) {
		arg_error(a, t, NULL, "'%s %s' %s", d->name, row->name, row->note);
		return;
	}
	row->type->bind(a, row, obj);
}

static void
print_sub(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	for (size_t i = 0; i < d->sub->n; i++) {
		const struct directive *row = &d->sub->v[i];
		if (row->type == &dir_string && string_of(obj, row) != NULL)
			pr_line(p, "%s %s \"%s\";", d->name, row->name, string_of(obj, row));
		else if (row->type != &dir_string && row->type->print != NULL)
			row->type->print(p, row, obj, def);
	}
}

const struct dir_type dir_sub = { NULL, bind_sub, print_sub };

static void
bind_block(struct args *a, const struct directive *d, void *obj)
{
	if (a->at == a->st->n && a->st->block)
		direct_block(a->b, d->sub, a->st->kids, field(obj, d));
}

static void
print_block(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	pr_block(p, d->name, d->sub, field_of(obj, d), field_of(def, d));
}

const struct dir_type dir_block = { "{ ... }", bind_block, print_block };

static void
bind_present(struct args *a, const struct directive *d, void *obj)
{
	*(bool *)field(obj, d) = true;
	bind_block(a, d, obj);
}

static void
print_present(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	if (!*(const bool *)field_of(obj, d))
		return;
	pr_line(p, "%s {", d->name);
	p->indent++;
	pr_table(p, d->sub, field_of(obj, d), field_of(def, d));
	p->indent--;
	pr_line(p, "}");
}

const struct dir_type dir_present = { "{ ... }", bind_present, print_present };

static void
bind_nothing(struct args *a, const struct directive *d, void *obj)
{
	(void)a;
	(void)d;
	(void)obj;
}

const struct dir_type dir_none = { "...", bind_nothing, NULL };
