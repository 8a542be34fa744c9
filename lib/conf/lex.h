/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lex - configuration text into tokens: words, strings and punctuation, each with its exact place.
 *
 * The lexer knows no keywords and no contexts.  Tokens borrow the text.  Malformed text is reported through the
 * struct source and passed over, so that one run finds all errors.
 */
#ifndef CONF_LEX_H
#define CONF_LEX_H

#include "conf/diag.h"

struct place {
	const char *file;
	unsigned line, col;
};

/* Where messages go.  |nomem| is sticky: memory ran out for a message or anything else of the run. */
struct source {
	struct conf_diags *diags;
	bool nomem;
};

enum tok_kind {
	TOK_END,
	TOK_WORD,
	TOK_STRING,
	TOK_SEMI,
	TOK_OPEN,
	TOK_CLOSE,
	TOK_COMMA,
	TOK_LBRACKET,
	TOK_RBRACKET,
	TOK_SLASH,
	TOK_LPAREN,
	TOK_RPAREN,
	TOK_EQUALS,
};

struct token {
	enum tok_kind kind;
	unsigned line, col;         /* of its first character */
	unsigned end_line, end_col; /* just behind its last */
	struct slice s;             /* the text; of a string without the quotes */
};

struct lex {
	struct source *src;
	const char *file;
	struct slice text;
	size_t at;
	unsigned line, col;
};

/* Ready to read |text|, which like |file| must outlive the tokens. */
void
lex_init(struct lex *l, struct source *src, const char *file, struct slice text);

/* The next token; TOK_END again and again at the end. */
struct token
lex_next(struct lex *l);

/* Append a message to |d|.  IKE_E_NOMEM; a message beyond CONF_DIAGS_MAX is only counted. */
MUST_USE ike_err
diag_add(struct conf_diags *d, enum conf_severity sev, const struct place *at, const char *hint,
    const char *text);

/* Bring the messages from |from| on into the order of their places, unless some are of another file than |file|. */
void
diag_sort(struct conf_diags *d, size_t from, const char *file);

/* A formatted message; what does not fit into 400 characters is cut. */
void
source_say(struct source *src, enum conf_severity sev, struct place at, const char *hint,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* A leniency: a warning, or an error for the strict. */
void
source_lenient(struct source *src, struct place at, const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The token as messages show it: escaped, cut to a bearable length. */
struct tok_buf {
	char s[64];
};

const char *
tok_text(const struct token *t, struct tok_buf *buf);

/* Is the token the word |w|? */
bool
tok_is(const struct token *t, const char *w);

#endif
