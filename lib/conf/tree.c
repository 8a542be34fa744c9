/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: statement() collects tokens until ';' or '{'; a block calls it again for each of its
 * statements, at most TREE_DEPTH deep; what is deeper is skipped by counting braces.
 */
#include "conf/tree.h"

#include <string.h>

struct builder {
	struct lex *lex;
	struct arena *mem;
	struct token *tok; /* of the statement under way */
	size_t n, cap;
	struct token close; /* the '}' that ended the last one */
};

static struct place
place_of(const struct builder *b, const struct token *t)
{
	return (struct place){ b->lex->file, t->line, t->col };
}

static ike_err
push(struct builder *b, const struct token *t)
{
	if (b->n == b->cap) {
		size_t cap = b->cap == 0 ? 8 : b->cap * 2;
		struct token *v = arena_array(b->mem, cap, sizeof(*v));
		if (v == NULL)
			return IKE_E_NOMEM;
		if (b->n > 0)
			memcpy(v, b->tok, b->n * sizeof(*v));
		b->tok = v;
		b->cap = cap;
	}
	b->tok[b->n++] = *t;
	return IKE_OK;
}

static void
skip_block(struct builder *b)
{
	for (size_t depth = 1; depth > 0;) {
		struct token t = lex_next(b->lex);
		if (t.kind == TOK_END)
			return;
		if (t.kind == TOK_OPEN)
			depth++;
		if (t.kind == TOK_CLOSE)
			depth--;
	}
}

/* Make the statement of the tokens collected. */
static ike_err
finish(struct builder *b, bool block, struct stmt **out)
{
	struct stmt *s = arena_alloc(b->mem, sizeof(*s));

	if (s == NULL)
		return IKE_E_NOMEM;
	*s = (struct stmt){ .tok = b->tok, .n = b->n, .block = block, .file = b->lex->file };
	b->tok = NULL;
	b->n = b->cap = 0;
	*out = s;
	return IKE_OK;
}

/* racoon's lexer swallows these without a word. */
static void
swallowed(struct builder *b, const struct token *t, bool *said)
{
	if (!*said)
		source_lenient(b->lex->src, place_of(b, t), "leave it out",
		    "'%c' has no meaning here and is ignored", t->s.p[0]);
	*said = true;
}

static void
missing_semicolon(struct builder *b, const char *where)
{
	const struct token *last = &b->tok[b->n - 1];
	struct tok_buf name;

	source_say(b->lex->src, CONF_ERROR,
	    (struct place){ b->lex->file, last->end_line, last->end_col }, NULL,
	    "missing ';' after %s%s", tok_text(last, &name), where);
}

enum ending { END_SEMI, END_BLOCK, END_CLOSE, END_FILE };

/*
 * Collect a statement's tokens.  END_CLOSE and END_FILE: '}' or the end of the text came; if tokens were collected,
 * their ';' was missing, which has been said.
 */
static ike_err
collect(struct builder *b, bool after_block, enum ending *out)
{
	bool said = false;

	for (;;) {
		struct token t = lex_next(b->lex);
		switch (t.kind) {
		case TOK_SEMI:
			if (b->n > 0) {
				*out = END_SEMI;
				return IKE_OK;
			}
			source_lenient(b->lex->src, place_of(b, &t), "leave it out",
			    after_block ? "';' after '}' is ignored" : "stray ';' is ignored");
			break;
		case TOK_OPEN:
			if (b->n == 0)
				source_say(b->lex->src, CONF_ERROR, place_of(b, &t), NULL,
				    "'{' without a directive before it");
			*out = END_BLOCK;
			return IKE_OK;
		case TOK_CLOSE:
		case TOK_END:
			if (b->n > 0)
				missing_semicolon(
				    b, t.kind == TOK_END ? " at the end of the file" : "");
			b->close = t;
			*out = t.kind == TOK_END ? END_FILE : END_CLOSE;
			return IKE_OK;
		case TOK_EQUALS:
		case TOK_LPAREN:
		case TOK_RPAREN:
			swallowed(b, &t, &said);
			break;
		case TOK_WORD:
		case TOK_STRING:
		case TOK_COMMA:
		case TOK_LBRACKET:
		case TOK_RBRACKET:
		case TOK_SLASH:
			TRY(push(b, &t));
			break;
		}
	}
}

static ike_err
block(struct builder *b, struct stmt *s, unsigned depth);

/*
 * One statement of any kind, appended to *tail.  *ending is how it ended; a block that had no directive is
 * passed over.
 */
static ike_err
statement(
    struct builder *b, unsigned depth, bool after_block, struct stmt **tail, enum ending *ending)
{
	TRY(collect(b, after_block, ending));
	if (b->n == 0) {
		if (*ending == END_BLOCK)
			skip_block(b);
		return IKE_OK;
	}
	struct stmt *s;
	TRY(finish(b, *ending == END_BLOCK, &s));
	*tail = s;
	if (s->block)
		TRY(block(b, s, depth + 1));
	return IKE_OK;
}

static ike_err
block(struct builder *b, struct stmt *s, unsigned depth)
{
	struct stmt **tail = &s->kids;
	bool after_block = false;

	if (depth > TREE_DEPTH) {
		source_say(b->lex->src, CONF_ERROR, place_of(b, &s->tok[0]), NULL,
		    "blocks are nested too deeply");
		skip_block(b);
		return IKE_OK;
	}
	for (;;) {
		enum ending e;
		TRY(statement(b, depth, after_block, tail, &e));
		if (*tail != NULL)
			tail = &(*tail)->next;
		if (e == END_CLOSE)
			return IKE_OK;
		if (e == END_FILE) {
			struct tok_buf name;
			source_say(b->lex->src, CONF_ERROR, place_of(b, &s->tok[0]), NULL,
			    "the block of %s is not closed with '}'", tok_text(&s->tok[0], &name));
			return IKE_OK;
		}
		after_block = e == END_BLOCK;
	}
}

ike_err
tree_next(struct lex *l, struct arena *mem, struct stmt **out)
{
	struct builder b = { .lex = l, .mem = mem };
	struct stmt *s = NULL;
	bool after_block = l->at > 0 && l->text.p[l->at - 1] == '}';

	for (;;) {
		enum ending e;
		TRY(statement(&b, 0, after_block, &s, &e));
		if (e == END_CLOSE)
			source_say(l->src, CONF_ERROR, place_of(&b, &b.close), NULL,
			    "'}' without a '{' before it");
		if (s != NULL || e == END_FILE)
			break;
		after_block = false;
	}
	*out = s;
	return IKE_OK;
}
