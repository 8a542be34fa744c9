/* SPDX-License-Identifier: BSD-3-Clause */
#include "keylang/parse.h"

#include <stdlib.h>
#include <string.h>

/* --- errors --- */

ike_err
parse_fail_at(struct parse *p, unsigned line, const char *what, struct slice at)
{
	struct text t = text_in(p->error, sizeof(p->error));

	text_addf(&t, "line %u: %s", line, what);
	/* at the end there is nothing to show */
	if (at.n > 0) {
		text_add(&t, " at [");
		text_peer(&t, at.n > 80 ? slice_of(at.p, 80) : at);
		text_char(&t, ']');
	}
	p->fault = at.p != NULL ? (const char *)at.p : (const char *)p->lx.text.p;
	return IKE_E_SYNTAX;
}

ike_err
parse_fail(struct parse *p, const char *what)
{
	/* a secret has no place in a message */
	struct slice at = p->lx.tok == LEX_STRING ? slice_str("\"...\"") : p->lx.text;

	if (p->lx.tok == LEX_BAD)
		what = "Syntax error";
	ike_err err = parse_fail_at(p, p->lx.tok_line, what, at);
	p->fault = (const char *)p->lx.text.p;
	return err;
}

/* --- pieces --- */

static int
digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool
parse_number_text(struct slice s, uint64_t max, uint64_t *out)
{
	unsigned base = s.n > 2 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'X') ? 16 : 10;
	uint64_t v = 0;

	for (size_t i = base == 16 ? 2 : 0; i < s.n; i++) {
		unsigned d = (unsigned)digit(s.p[i]);

		if (d >= base || v > (max - d) / base || max < d)
			return false;
		v = v * base + d;
	}
	*out = v;
	return s.n > 0;
}

ike_err
parse_number(struct parse *p, const char *what, uint64_t max, uint64_t *out)
{
	if (p->lx.tok != LEX_WORD || !parse_number_text(p->lx.text, max, out))
		return parse_fail(p, what);
	key_lex_next(&p->lx);
	return IKE_OK;
}

ike_err
parse_options(struct parse *p)
{
	while (p->lx.tok == LEX_WORD && p->lx.text.n > 1 && p->lx.text.p[0] == '-') {
		for (size_t i = 1; i < p->lx.text.n; i++) {
			switch (p->lx.text.p[i]) {
			case '4':
			case '6':
				p->family = (uint8_t)(p->lx.text.p[i] - '0');
				break;
			case 'n':
				p->numeric = true;
				break;
			default:
				return parse_fail(p, "unknown option");
			}
		}
		key_lex_next(&p->lx);
	}
	return IKE_OK;
}

/* A copy of |s| as a string, if it fits and has no NUL. */
static bool
as_string(struct slice s, char *to, size_t cap)
{
	if (s.n == 0 || s.n >= cap || memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(to, s.p, s.n);
	to[s.n] = '\0';
	return true;
}

ike_err
parse_host(struct parse *p, struct slice name, struct addr *out, uint8_t *n_out)
{
	char text[256];
	size_t n = 0;

	if (!as_string(name, text, sizeof(text)))
		return parse_fail(p, "invalid address");
	if (addr_parse(text, &out[0]) == IKE_OK) {
		if (p->family != 0 && p->family != out[0].family)
			return parse_fail(p, "address family mismatch");
		*n_out = 1;
		return IKE_OK;
	}
	if (p->env != NULL && p->env->host != NULL)
		n = p->env->host(p->env->arg, text, p->family, p->numeric, out, SETKEY_MAX_ADDRS);
	if (n == 0 || n > SETKEY_MAX_ADDRS)
		return parse_fail(
		    p, p->numeric ? "not a numeric address" : "cannot resolve address");
	*n_out = (uint8_t)n;
	return IKE_OK;
}

static bool
service(const struct parse *p, const char *name, uint16_t *out)
{
	if (p->env != NULL && p->env->service != NULL && p->env->service(p->env->arg, name, out))
		return true;
	return setkey_known_service(name, out);
}

ike_err
parse_port(struct parse *p, uint16_t *port_out, bool *there_out)
{
	char name[64];
	uint64_t n;

	*port_out = 0;
	*there_out = p->lx.tok == LEX_PORT;
	if (!*there_out)
		return IKE_OK;
	if (parse_number_text(p->lx.text, UINT16_MAX, &n))
		*port_out = (uint16_t)n;
	else if (!as_string(p->lx.text, name, sizeof(name)))
		return parse_fail(p, "invalid port");
	else if (strcmp(name, "any") != 0 && (p->numeric || !service(p, name, port_out)))
		return parse_fail(p, "unknown port");
	key_lex_next(&p->lx);
	return IKE_OK;
}

ike_err
parse_ctx(struct parse *p, char ctx[64], uint8_t *doi, uint8_t *alg)
{
	uint64_t d, a;

	TRY(parse_number(p, "invalid security context DOI", UINT8_MAX, &d));
	TRY(parse_number(p, "invalid security context algorithm", UINT8_MAX, &a));
	if (p->lx.tok != LEX_STRING || !as_string(p->lx.text, ctx, 64))
		return parse_fail(p, "invalid security context");
	*doi = (uint8_t)d;
	*alg = (uint8_t)a;
	key_lex_next(&p->lx);
	return IKE_OK;
}

/* --- statements --- */

enum body { BODY_NONE, BODY_SA, BODY_SP };

static const struct {
	const char *word;
	enum setkey_verb verb;
	enum body body;
} verbs[] = {
	{ "add", SETKEY_ADD, BODY_SA },
	{ "update", SETKEY_UPDATE, BODY_SA },
	{ "get", SETKEY_GET, BODY_SA },
	{ "delete", SETKEY_DELETE, BODY_SA },
	{ "deleteall", SETKEY_DELETEALL, BODY_SA },
	{ "flush", SETKEY_FLUSH, BODY_SA },
	{ "dump", SETKEY_DUMP, BODY_SA },
	{ "spdadd", SETKEY_SPDADD, BODY_SP },
	{ "spdupdate", SETKEY_SPDUPDATE, BODY_SP },
	{ "spddelete", SETKEY_SPDDELETE, BODY_SP },
	{ "spdflush", SETKEY_SPDFLUSH, BODY_NONE },
	{ "spddump", SETKEY_SPDDUMP, BODY_NONE },
	{ "exit", SETKEY_EXIT, BODY_NONE },
	{ "quit", SETKEY_EXIT, BODY_NONE },
	{ "bye", SETKEY_EXIT, BODY_NONE },
};

static void
stmt_free(struct setkey_stmt *s)
{
	if (s->sa != NULL)
		sa_keys_wipe(&s->sa->keys);
	free(s->sa);
	free(s->sp);
	free(s->error);
}

void
setkey_list_free(struct setkey_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		stmt_free(&l->v[i]);
	free(l->v);
	memset(l, 0, sizeof(*l));
}

static ike_err
append(struct setkey_list *l, const struct setkey_stmt *s)
{
	if (l->n == l->cap) {
		size_t cap = l->cap != 0 ? l->cap * 2 : 32;
		struct setkey_stmt *v = realloc(l->v, cap * sizeof(*v));

		if (v == NULL)
			return IKE_E_NOMEM;
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = *s;
	return IKE_OK;
}

static ike_err
parse_body(struct parse *p, enum body body, struct setkey_stmt *s)
{
	switch (body) {
	case BODY_SA:
		s->sa = calloc(1, sizeof(*s->sa));
		return s->sa != NULL ? parse_sa(p, s->verb, s->sa) : IKE_E_NOMEM;
	case BODY_SP:
		s->sp = calloc(1, sizeof(*s->sp));
		return s->sp != NULL ? parse_sp(p, s->verb, s->sp) : IKE_E_NOMEM;
	case BODY_NONE:
		break;
	}
	return IKE_OK;
}

static ike_err
parse_stmt(struct parse *p, struct setkey_stmt *s)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!lex_is(&p->lx, verbs[i].word))
			continue;
		s->verb = verbs[i].verb;
		key_lex_next(&p->lx);
		TRY(parse_body(p, verbs[i].body, s));
		if (p->lx.tok != LEX_EOT)
			return parse_fail(p, p->lx.tok == LEX_END ? "missing ;" : "syntax error");
		return IKE_OK;
	}
	return parse_fail(p, lex_is(&p->lx, "getspi") ? "NetBSD's statement; choose an SPI yourself and use add," : "syntax error");
}

/* Turn |s| into the record of the error that |p| tells. */
static ike_err
into_error(const struct parse *p, struct setkey_stmt *s)
{
	size_t n = strlen(p->error) + 1;

	stmt_free(s);
	*s = (struct setkey_stmt){
		.verb = SETKEY_ERROR, .line = s->line, .at = s->at, .error = malloc(n)
	};
	if (s->error == NULL)
		return IKE_E_NOMEM;
	memcpy(s->error, p->error, n);
	return IKE_OK;
}

static ike_err
parse_one(struct parse *p, const struct setkey_source *src)
{
	struct setkey_stmt s = {
		.line = p->lx.tok_line, .at = (size_t)((const char *)p->lx.text.p - src->text)
	};
	ike_err err;

	p->family = 0;
	p->numeric = false;
	p->refuse = NULL;
	err = parse_stmt(p, &s);
	s.refuse = p->refuse;
	if (err == IKE_E_SYNTAX) {
		s.at = (size_t)(p->fault - src->text);
		err = into_error(p, &s);
	}
	if (err == IKE_OK)
		err = append(p->out, &s);
	if (err != IKE_OK) {
		stmt_free(&s);
		return err;
	}
	p->out->errors += s.verb == SETKEY_ERROR;
	lex_skip(&p->lx);
	return IKE_OK;
}

ike_err
setkey_parse(const struct setkey_source *src, const struct setkey_env *env, struct setkey_list *out)
{
	struct parse p = { .env = env, .out = out };

	key_lex_init(&p.lx, src, env);
	key_lex_next(&p.lx);
	while (p.lx.tok != LEX_END) {
		/* an empty statement */
		if (p.lx.tok == LEX_EOT)
			key_lex_next(&p.lx);
		else
			TRY(parse_one(&p, src));
	}
	return IKE_OK;
}
