/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * key_lex - words, strings, ports and semicolons of setkey's language.  Tokens borrow from the source.  Private to lib/keylang.
 */
#ifndef KEYLANG_KEY_LEX_H
#define KEYLANG_KEY_LEX_H

#include "keylang/stmt.h"

enum lex_tok {
	LEX_END, /* of the source */
	LEX_EOT, /* ; */
	LEX_WORD,
	LEX_STRING, /* "...", without the quotes */
	LEX_PORT,   /* [...], without brackets and blanks */
	LEX_BAD,    /* a character that has no business here */
};

struct key_lex {
	const char *p, *end;
	unsigned line; /* of p */
	const struct setkey_env *env;
	enum lex_tok tok; /* the current token */
	struct slice text;
	unsigned tok_line;
};

/* Start in front of the first token. */
void
key_lex_init(struct key_lex *l, const struct setkey_source *src, const struct setkey_env *env);

/* Go to the next token. */
void
key_lex_next(struct key_lex *l);

/* Is the current token the word |s|? */
bool
lex_is(const struct key_lex *l, const char *s);

/*
 * The text from here up to the next semicolon, which becomes the current token: a policy.  Comments and backslashes in
 * it are left to the reader.
 */
struct slice
lex_policy(struct key_lex *l);

/* Go behind the next semicolon, or to the end. */
void
lex_skip(struct key_lex *l);

/* Warn at |line|, if somebody listens. */
void
lex_warn(const struct setkey_env *env, unsigned line, const char *text);

#endif
