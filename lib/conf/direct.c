/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a statement's first word names a row; the row's type takes what it needs from the arguments;
 * if something is left over and it names a directive, the ';' before it is missing: this is said and the rest
 * bound as a statement of its own, so that one slip does not hide others.
 */
#include "conf/direct.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct dir_table *const dir_tables[] = {
	&dir_top,
	&dir_path,
	&dir_padding,
	&dir_listen,
	&dir_timer,
	&dir_privsep,
	&dir_remote,
	&dir_lifetime,
	&dir_proposal,
	&dir_proposal_lifetime,
	&dir_sainfo,
	&dir_sainfo_lifetime,
	&dir_mode_cfg,
	&dir_ldap,
	&dir_radius,
	NULL,
};

const struct directive *
direct_find(const struct dir_table *t, struct slice name)
{
	for (size_t i = 0; i < t->n; i++)
		if (slice_equal(slice_str(t->v[i].name), name))
			return &t->v[i];
	return NULL;
}

/* The first table besides |t| that knows |name|. */
static const struct dir_table *
find_elsewhere(const struct dir_table *t, struct slice name)
{
	for (size_t i = 0; dir_tables[i] != NULL; i++)
		if (dir_tables[i] != t && direct_find(dir_tables[i], name) != NULL)
			return dir_tables[i];
	return NULL;
}

static void
unknown(struct args *a, const struct token *t)
{
	struct tok_buf name;
	struct name_best best = { NULL, 0 };
	char hint[120];
	const struct dir_table *other;

	a->bad = true;
	if (t->kind != TOK_WORD) {
		source_say(&a->b->src, CONF_ERROR, arg_place(a, t), NULL,
		    "a directive is expected, not %s", tok_text(t, &name));
		return;
	}
	if (word_is_placeholder(t->s, false)) {
		source_say(&a->b->src, CONF_ERROR, arg_place(a, t), "fill in the template",
		    "%s looks like a placeholder; a directive is expected", tok_text(t, &name));
		return;
	}
	if ((other = find_elsewhere(a->table, t->s)) != NULL) {
		if (other == &dir_top)
			snprintf(hint, sizeof(hint), "it belongs to the top level");
		else
			snprintf(hint, sizeof(hint), "it belongs to %s", other->name);
		source_say(&a->b->src, CONF_ERROR, arg_place(a, t), hint, "%s is not known in %s",
		    tok_text(t, &name), a->table->name);
		return;
	}
	const char *w = t->s.n < 40 ? word_copy(a, t->s) : NULL;
	for (size_t i = 0; w != NULL && i < a->table->n; i++)
		name_closer(w, a->table->v[i].name, &best);
	if (best.name != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", best.name);
	source_say(&a->b->src, CONF_ERROR, arg_place(a, t), best.name == NULL ? NULL : hint,
	    "unknown directive %s in %s", tok_text(t, &name), a->table->name);
}

static void
check_repeat(struct args *a, const struct token *t, uint8_t *seen)
{
	size_t row = (size_t)(a->d - a->table->v);

	if (seen == NULL || row >= DIR_MAX)
		return;
	if (seen[row] != 0 && (a->d->flags & (DIR_MANY | DIR_IGNORED)) == 0)
		source_say(&a->b->src, CONF_WARNING, arg_place(a, t), NULL,
		    "'%s' is given twice, the last one counts", a->d->name);
	seen[row] = 1;
}

/* Say what the row itself says; false if the arguments are of no interest. */
static bool
row_notes(struct args *a, const struct token *t)
{
	const struct directive *d = a->d;

	if ((d->flags & DIR_REFUSED) != 0) {
		a->bad = true;
		source_say(
		    &a->b->src, CONF_ERROR, arg_place(a, t), NULL, "'%s' %s", d->name, d->note);
		return false;
	}
	if ((d->flags & DIR_IGNORED) != 0) {
		source_say(&a->b->src, CONF_WARNING, arg_place(a, t), NULL, "'%s' is ignored: %s",
		    d->name, d->note);
		while (arg_next(a) != NULL)
			continue;
		return false;
	}
	if ((d->flags & DIR_ALIAS) != 0 && d->note != NULL)
		source_say(&a->b->src, CONF_WARNING, arg_place(a, t), d->note,
		    "'%s' is an old spelling", d->name);
	return true;
}

/*
 * Deal with what the row left over.  True if it is a statement run together with this one, which a->at then
 * points to.
 */
static bool
leftover(struct args *a)
{
	const struct stmt *st = a->st;
	struct tok_buf name, last;

	if (a->at >= st->n)
		return false;
	const struct token *t = &st->tok[a->at], *before = t - 1;
	if (t->kind == TOK_WORD && direct_find(a->table, t->s) != NULL) {
		source_say(&a->b->src, CONF_ERROR,
		    (struct place){ st->file, before->end_line, before->end_col }, NULL,
		    "missing ';' after %s", tok_text(before, &last));
		return true;
	}
	source_say(&a->b->src, CONF_ERROR, (struct place){ st->file, t->line, t->col },
	    t->line != before->end_line ? "is a ';' missing before it?" : NULL,
	    "unexpected %s after %s", tok_text(t, &name), tok_text(before, &last));
	a->bad = true;
	return false;
}

/* After an error in the arguments: go to the next directive at the start of a line, if there is one. */
static bool
resume(struct args *a)
{
	while (a->at < a->st->n && arg_next(a) != NULL)
		continue;
	return a->at < a->st->n && leftover(a);
}

static void
check_block(struct args *a, const struct token *t)
{
	unsigned may = a->d->flags & (DIR_BLOCK | DIR_MAYBLOCK | DIR_IGNORED | DIR_REFUSED);

	if (a->st->block && may == 0) {
		struct tok_buf last;
		const struct token *end = &a->st->tok[a->st->n - 1];
		source_say(&a->b->src, CONF_ERROR, arg_place(a, t), NULL,
		    "'%s' takes no block; missing ';' after %s?", a->d->name, tok_text(end, &last));
	}
	if (!a->st->block && (may & DIR_BLOCK) != 0) {
		a->bad = true;
		source_say(&a->b->src, CONF_ERROR, arg_place(a, t), NULL, "'%s' needs a block { }",
		    a->d->name);
	}
}

void
direct_statement(
    struct bind *b, const struct dir_table *t, const struct stmt *st, void *obj, uint8_t *seen)
{
	struct stmt rest = *st;

	for (;;) {
		struct args a = { .b = b, .st = &rest, .table = t, .at = 1 };
		const struct token *first = &rest.tok[0];
		a.d = first->kind == TOK_WORD ? direct_find(t, first->s) : NULL;
		if (a.d == NULL) {
			unknown(&a, first);
		} else {
			check_repeat(&a, first, seen);
			if (row_notes(&a, first)) {
				/* The block is the last statement's, if several were run together. */
				a.d->type->bind(&a, a.d, obj);
			}
		}
		if (!(a.bad ? resume(&a) : leftover(&a))) {
			if (a.d != NULL)
				check_block(&a, first);
			return;
		}
		rest.tok += a.at;
		rest.n -= a.at;
	}
}

void
direct_block(struct bind *b, const struct dir_table *t, const struct stmt *kids, void *obj)
{
	uint8_t seen[DIR_MAX] = { 0 };

	for (const struct stmt *s = kids; s != NULL && !b->src.nomem; s = s->next)
		direct_statement(b, t, s, obj, seen);
}
