/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tree - tokens into statements: words up to ';', or up to a block of further statements in braces.
 *
 * The tree knows no directives.  Missing and surplus ';', braces that do not pair, and the characters
 * racoon's lexer used to swallow ('=', parentheses) are dealt with here.  Statements live in the arena given.
 */
#ifndef CONF_TREE_H
#define CONF_TREE_H

#include "conf/lex.h"

/* Blocks within blocks; racoon needs two. */
#define TREE_DEPTH 6

struct stmt {
	struct stmt *next;
	struct token *tok;
	size_t n;          /* at least 1 */
	bool block;        /* ended by { } */
	struct stmt *kids; /* the block's statements */
	const char *file;
};

/* The next top-level statement in *out, NULL at the end of the text.  IKE_E_NOMEM. */
MUST_USE ike_err
tree_next(struct lex *l, struct arena *mem, struct stmt **out);

#endif
