/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lex - words, strings, ports and semicolons of setkey's language.  Tokens borrow from the source.  Private to src/setkey.
 */
#ifndef SETKEY_LEX_H
#define SETKEY_LEX_H

#include "setkey/stmt.h"

enum lex_tok {
	LEX_END, /* of the source */
	LEX_EOT, /* ; */
	LEX_WORD,
	LEX_STRING, /* "...", without the quotes */
	LEX_PORT,   /* [...], without brackets and blanks */
	LEX_BAD,    /* a character that has no business here */
};

struct lex {
	const char *p, *end;
	unsigned line; /* of p */
	const struct setkey_env *env;
	enum lex_tok tok; /* the current token */
	struct slice text;
	unsigned tok_line;
};

/* Start in front of the first token. */
void
lex_init(struct lex *l, const struct setkey_source *src, const struct setkey_env *env);

/* Go to the next token. */
void
lex_next(struct lex *l);

/* Is the current token the word |s|? */
bool
lex_is(const struct lex *l, const char *s);

/*
 * The text from here up to the next semicolon, which becomes the current token: a policy.  Comments and backslashes in
 * it are left to the reader.
 */
struct slice
lex_policy(struct lex *l);

/* Go behind the next semicolon, or to the end. */
void
lex_skip(struct lex *l);

/* Warn at |line|, if somebody listens. */
void
lex_warn(const struct setkey_env *env, unsigned line, const char *text);

#endif
