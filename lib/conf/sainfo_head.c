/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/direct.h"

#include <string.h>

static const struct {
	const char *word;
	uint8_t number;
} protos[] = {
	{ "any", 0 },
	{ "esp", 50 },
	{ "ah", 51 },
	{ "ipcomp", 108 },
	{ "icmp", 1 },
	{ "icmp6", 58 },
	{ "tcp", 6 },
	{ "udp", 17 },
	{ "gre", 47 },
};

#define N_PROTOS (sizeof(protos) / sizeof(protos[0]))

static bool
arg_proto(struct args *a, uint8_t *out)
{
	const struct token *t = arg_next(a);
	struct name_best best = { NULL, 0 };
	uint32_t n;
	struct tok_buf name;

	if (t != NULL && t->kind == TOK_WORD && word_number(t->s, &n)) {
		if (n <= 255)
			*out = (uint8_t)n;
		else
			arg_error(a, t, NULL, "%s is no protocol number", tok_text(t, &name));
		return n <= 255;
	}
	for (size_t i = 0; t != NULL && i < N_PROTOS; i++) {
		if (tok_is(t, protos[i].word)) {
			*out = protos[i].number;
			return true;
		}
	}
	const char *w = t != NULL && t->kind == TOK_WORD && t->s.n < 20 ? word_copy(a, t->s) : NULL;
	for (size_t i = 0; w != NULL && i < N_PROTOS; i++)
		name_closer(w, protos[i].word, &best);
	if (t == NULL)
		arg_error(a, NULL, "any, tcp, udp, icmp ...",
		    "the protocol behind the address is missing");
	else
		arg_unknown(a, t,
		    "a protocol (any, tcp, udp, icmp ...), which must follow the address",
		    best.name);
	return false;
}

/* [port], [any] or nothing. */
static bool
arg_ports(struct args *a, struct ts *ts)
{
	uint16_t port = 0;

	ts->port_lo = 0;
	ts->port_hi = 65535;
	const struct token *t = arg_peek(a);
	if (t == NULL || t->kind != TOK_LBRACKET)
		return true;
	if (a->at + 1 < a->st->n && tok_is(&t[1], "any")) {
		a->at += 2;
		if (arg_is(a, TOK_RBRACKET))
			return true;
		arg_error(a, arg_peek(a), NULL, "missing ']' behind the port");
		return false;
	}
	if (!arg_port(a, &port))
		return false;
	if (port != 0)
		ts->port_lo = ts->port_hi = port;
	return true;
}

/* "ADDR-ADDR" is one word: take it apart. */
static bool
arg_range(struct args *a, const struct token *t, const uint8_t *dash, struct ts *ts)
{
	struct token half[2] = { *t, *t };
	struct stmt st = { .tok = half, .n = 1, .file = a->st->file };
	size_t n = (size_t)(dash - t->s.p);
	struct args one = *a;

	half[0].s.n = n;
	half[1].s = slice_of(dash + 1, t->s.n - n - 1);
	half[1].col += (unsigned)n + 1;
	one.st = &st;
	one.at = 0;
	bool ok = arg_addr(&one, &ts->lo, NULL);
	st.tok = &half[1];
	one.at = 0;
	ok = ok && arg_addr(&one, &ts->hi, NULL);
	a->bad = a->bad || one.bad;
	a->at++;
	if (ok && (ts->lo.family != ts->hi.family || addr_compare(&ts->lo, &ts->hi) > 0)) {
		struct tok_buf name;
		arg_error(
		    a, t, NULL, "%s is no range: its ends are not in order", tok_text(t, &name));
		return false;
	}
	return ok;
}

static bool
arg_network(struct args *a, struct ts *ts)
{
	const struct token *t = arg_peek(a);
	const uint8_t *dash = t != NULL && t->kind == TOK_WORD ? memchr(t->s.p, '-', t->s.n) : NULL;
	struct prefix p;
	uint8_t len;
	struct addr_buf text;

	if (dash != NULL && strchr("0123456789abcdefABCDEF:", t->s.p[0]) != NULL)
		return arg_range(a, t, dash, ts) && arg_prefix_len(a, &ts->lo, &len);
	if (!arg_addr(a, &p.addr, NULL) || !arg_prefix_len(a, &p.addr, &p.len))
		return false;
	prefix_range(&p, &ts->lo, &ts->hi);
	if (!addr_equal(&ts->lo, &p.addr)) {
		prefix_mask(&p);
		arg_warn(a, t, NULL, "the address has bits behind its prefix length: %s is meant",
		    prefix_text(&p, &text));
	}
	return true;
}

static bool
arg_sel(struct args *a, struct conf_sel *out)
{
	const struct token *t = arg_next(a);

	memset(out, 0, sizeof(*out));
	if (tok_is(t, "address") || tok_is(t, "subnet")) {
		out->kind = CONF_SEL_TS;
		const struct token *v = arg_peek(a);
		if (v == NULL) {
			arg_error(a, NULL, NULL, "an address is missing");
			return false;
		}
		return arg_network(a, &out->ts) && arg_ports(a, &out->ts) &&
		       arg_proto(a, &out->ts.proto);
	}
	out->kind = CONF_SEL_ID;
	if (tok_is(t, "asn1dn")) {
		arg_error(a, t, "use 'from asn1dn' for the peer's identity",
		    "asn1dn cannot select traffic");
		return false;
	}
	a->at--;
	return arg_ident(a, &out->id);
}

static bool
at_selector(const struct args *a)
{
	const struct token *t = arg_peek(a);

	return t != NULL && !tok_is(t, "from") && !tok_is(t, "group");
}

static bool
destination(struct args *a, struct conf_sainfo *s)
{
	const struct token *t = arg_peek(a);

	if (!at_selector(a)) {
		if (s->src.kind == CONF_SEL_ANY)
			return true;
		arg_error(a, t, "an address, 'anonymous' or 'clientaddr'",
		    "the destination of the sainfo is missing");
		return false;
	}
	if (arg_word_is(a, "anonymous")) {
		if (s->src.kind == CONF_SEL_ANY)
			arg_error(a, t, "write 'sainfo anonymous'",
			    "'sainfo anonymous anonymous' is not accepted");
		return !a->bad;
	}
	if (arg_word_is(a, "clientaddr")) {
		s->dst.kind = CONF_SEL_CLIENTADDR;
		return true;
	}
	return arg_sel(a, &s->dst);
}

static bool
header(struct args *a, struct conf_sainfo *s)
{
	if (arg_peek(a) == NULL) {
		arg_error(a, NULL, "sainfo anonymous, or sainfo address A any address B any",
		    "'sainfo' needs a selector");
		return false;
	}
	if (!arg_word_is(a, "anonymous") && (!at_selector(a) || !arg_sel(a, &s->src))) {
		if (!a->bad)
			arg_error(a, arg_peek(a), NULL, "'sainfo' needs a selector");
		return false;
	}
	if (!destination(a, s))
		return false;
	if (arg_word_is(a, "from") && !arg_ident(a, &s->from))
		return false;
	const struct token *t = arg_peek(a);
	if (!arg_word_is(a, "group"))
		return true;
	if (s->from != NULL) {
		arg_error(a, t, NULL, "'from' and 'group' exclude each other");
		return false;
	}
	return arg_string(a, "the name of the group", &s->group);
}

static void
bind_sainfo(struct args *a, const struct directive *d, void *obj)
{
	struct conf_sainfo s;
	struct bind *b = a->b;

	(void)obj;
	memset(&s, 0, sizeof(s));
	sainfo_defaults(&s);
	s.file = a->st->file;
	s.line = a->st->tok[0].line;
	if (!header(a, &s) || a->at != a->st->n || !a->st->block)
		return;
	direct_block(b, d->sub, a->st->kids, &s);
	struct conf_sainfo *copy = bind_alloc(b, sizeof(*copy));
	if (copy == NULL ||
	    !bind_grow(b, (void **)&b->sainfos, b->n_sainfos, &b->cap_sainfos, sizeof(*b->sainfos)))
		return;
	*copy = s;
	b->sainfos[b->n_sainfos++] = copy;
}

static void
print_sel(struct printer *p, const struct conf_sel *sel)
{
	struct addr_buf lo, hi;
	struct prefix net;

	switch (sel->kind) {
	case CONF_SEL_ANY:
		pr_add(p, " anonymous");
		return;
	case CONF_SEL_CLIENTADDR:
		pr_add(p, " clientaddr");
		return;
	case CONF_SEL_ID:
		pr_add(p, " %s \"%s\"", sel->id->type, sel->id->text);
		return;
	case CONF_SEL_TS:
		break;
	}
	if (!range_prefix(&sel->ts.lo, &sel->ts.hi, &net))
		pr_add(
		    p, " address %s-%s", addr_text(&sel->ts.lo, &lo), addr_text(&sel->ts.hi, &hi));
	else if (net.len == addr_bits(&net.addr))
		pr_add(p, " address %s", addr_text(&net.addr, &lo));
	else
		pr_add(p, " subnet %s", prefix_text(&net, &lo));
	if (sel->ts.port_lo == sel->ts.port_hi)
		pr_add(p, " [%u]", (unsigned)sel->ts.port_lo);
	for (size_t i = 0; i < N_PROTOS; i++) {
		if (protos[i].number == sel->ts.proto) {
			pr_add(p, " %s", protos[i].word);
			return;
		}
	}
	pr_add(p, " %u", (unsigned)sel->ts.proto);
}

static void
print_sainfo(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_sainfo *s = obj;

	pr_begin(p);
	pr_add(p, "%s", d->name);
	print_sel(p, &s->src);
	if (s->src.kind != CONF_SEL_ANY || s->dst.kind != CONF_SEL_ANY)
		print_sel(p, &s->dst);
	if (s->from != NULL) {
		pr_add(p, " from %s", s->from->type);
		if (s->from->text != NULL)
			pr_add(p, " \"%s\"", s->from->text);
	}
	if (s->group != NULL)
		pr_add(p, " group \"%s\"", s->group);
	pr_add(p, " {\n");
	p->indent++;
	pr_table(p, d->sub, s, def);
	p->indent--;
	pr_line(p, "}");
}

const struct dir_type dir_sainfo_type = { "SOURCE DESTINATION [from ID|group \"NAME\"]",
	bind_sainfo, print_sainfo };
