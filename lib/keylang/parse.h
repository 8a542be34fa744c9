/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * parse - what the files of the parser share.  Private to lib/keylang.
 *
 * Functions read from the current token on and leave the first token they did not use.
 */
#ifndef KEYLANG_PARSE_H
#define KEYLANG_PARSE_H

#include "keylang/key_lex.h"

struct parse {
	struct key_lex lx;
	const struct setkey_env *env;
	struct setkey_list *out;
	uint8_t family;     /* -4, -6 of the statement, 0: any */
	bool numeric;       /* -n */
	const char *refuse; /* of the statement */
	char error[240];
	const char *fault; /* where in the source that is */
};

/* Say what is wrong with the current token: IKE_E_SYNTAX. */
MUST_USE ike_err
parse_fail(struct parse *p, const char *what);

/* The same with a text of its own in front of the token |at|. */
MUST_USE ike_err
parse_fail_at(struct parse *p, unsigned line, const char *what, struct slice at);

/* The options behind a verb: -4, -6, -n, alone or together. */
MUST_USE ike_err
parse_options(struct parse *p);

/* A host: at least one address. */
MUST_USE ike_err
parse_host(struct parse *p, struct slice name, struct addr *out, uint8_t *n_out);

/* The port of the current token if that is one; else *port_out = 0 and *there_out = false.  "any" is 0. */
MUST_USE ike_err
parse_port(struct parse *p, uint16_t *port_out, bool *there_out);

/* An unsigned number, decimal or 0x. */
MUST_USE ike_err
parse_number(struct parse *p, const char *what, uint64_t max, uint64_t *out);

/* -ctx DOI ALG "context", from behind -ctx. */
MUST_USE ike_err
parse_ctx(struct parse *p, char ctx[64], uint8_t *doi, uint8_t *alg);

bool
parse_number_text(struct slice s, uint64_t max, uint64_t *out);

/* The rest of one statement behind its verb, up to the semicolon. */
MUST_USE ike_err
parse_sa(struct parse *p, enum setkey_verb verb, struct setkey_sa *sa);
MUST_USE ike_err
parse_sp(struct parse *p, enum setkey_verb verb, struct setkey_sp *sp);

/* The -E, -A and -C parts, and what must be there at the end (parse_alg.c). */
MUST_USE ike_err
parse_alg_option(struct parse *p, struct setkey_sa *sa, bool *taken_out);
MUST_USE ike_err
parse_alg_check(struct parse *p, struct setkey_sa *sa);

#endif
