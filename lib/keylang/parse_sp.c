/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statements about policies: spdadd, spdupdate, spddelete.
 */
#include "keylang/parse.h"

#include "keylang/policy_text.h"

#include <string.h>

enum { IP_ICMP = 1, IP_GRE = 47, IP_ICMPV6 = 58, IP_MH = 135 };

/* HOST[/LEN][[PORT]] */
static ike_err
parse_side(struct parse *p, struct prefix *out, uint16_t *port, bool *port_there)
{
	struct slice s = p->lx.text, host = s;
	const uint8_t *slash = p->lx.tok == LEX_WORD ? memchr(s.p, '/', s.n) : NULL;
	struct addr a[SETKEY_MAX_ADDRS];
	uint64_t len;
	uint8_t n;

	if (p->lx.tok != LEX_WORD)
		return parse_fail(p, "invalid address");
	if (slash != NULL)
		host.n = (size_t)(slash - s.p);
	TRY(parse_host(p, host, a, &n));
	if (n > 1)
		return parse_fail(p, "more than one address");
	len = addr_bits(&a[0]);
	if (slash != NULL &&
	    !parse_number_text(slice_of(slash + 1, s.n - host.n - 1), addr_bits(&a[0]), &len))
		return parse_fail(p, "invalid prefix length");
	*out = (struct prefix){ .addr = a[0], .len = (uint8_t)len };
	key_lex_next(&p->lx);
	return parse_port(p, port, port_there);
}

static ike_err
parse_upper(struct parse *p, uint8_t *out)
{
	char name[64];
	uint64_t n;

	if (p->lx.tok != LEX_WORD || p->lx.text.n >= sizeof(name))
		return parse_fail(p, "unknown upper layer protocol");
	memcpy(name, p->lx.text.p, p->lx.text.n);
	name[p->lx.text.n] = '\0';
	/* 255 and 0 both stand for any */
	if (parse_number_text(p->lx.text, UINT8_MAX, &n))
		*out = n == 255 ? 0 : (uint8_t)n;
	else if (strcmp(name, "any") == 0)
		*out = 0;
	else if (!setkey_known_protocol(name, out) &&
		 (p->env == NULL || p->env->protocol == NULL ||
		     !p->env->protocol(p->env->arg, name, out)))
		return parse_fail(p, "unknown upper layer protocol");
	key_lex_next(&p->lx);
	return IKE_OK;
}

/* "135,0" or "135" */
static bool
type_and_code(struct slice s, uint64_t *type, uint64_t *code)
{
	const uint8_t *comma = memchr(s.p, ',', s.n);
	size_t n = comma != NULL ? (size_t)(comma - s.p) : s.n;

	*code = 0;
	if (!parse_number_text(slice_of(s.p, n), UINT8_MAX, type))
		return false;
	return comma == NULL ||
	       parse_number_text(slice_of(comma + 1, s.n - n - 1), UINT8_MAX, code);
}

/* A GRE key, a number or four of them with dots, is where the ports would be. */
static bool
gre_key(struct slice s, uint64_t *key)
{
	char text[32];
	struct addr a;

	if (parse_number_text(s, UINT32_MAX, key))
		return true;
	if (s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (addr_parse(text, &a) != IKE_OK || a.family != 4)
		return false;
	*key = (uint64_t)a.b[0] << 24 | (uint64_t)a.b[1] << 16 | (uint64_t)a.b[2] << 8 | a.b[3];
	return true;
}

/*
 * What stands behind the protocol.  A code of 0 has always meant any code: racoon's setkey leaves its mask empty.
 */
static ike_err
parse_misc(struct parse *p, struct sa_selector *sel)
{
	uint64_t a, b;

	if (p->lx.tok != LEX_WORD || p->lx.text.p[0] == '-')
		return IKE_OK;
	switch (sel->proto) {
	case IP_ICMP:
	case IP_ICMPV6:
	case IP_MH:
		if (!type_and_code(p->lx.text, &a, &b))
			return parse_fail(p, "expected type,code");
		sel->sport = (uint16_t)a;
		sel->sport_set = true;
		sel->dport = (uint16_t)b;
		sel->dport_set = b != 0;
		break;
	case IP_GRE:
		if (!gre_key(p->lx.text, &a))
			return parse_fail(p, "invalid GRE key");
		sel->sport = (uint16_t)(a >> 16);
		sel->dport = (uint16_t)a;
		sel->sport_set = sel->dport_set = true;
		break;
	default:
		return parse_fail(p, "only icmp, icmp6, mh and gre take more than the protocol");
	}
	key_lex_next(&p->lx);
	return IKE_OK;
}

static ike_err
parse_selector(struct parse *p, struct sa_selector *sel)
{
	bool sport_there, dport_there;

	TRY(parse_options(p));
	TRY(parse_side(p, &sel->src, &sel->sport, &sport_there));
	TRY(parse_side(p, &sel->dst, &sel->dport, &dport_there));
	if (sel->src.addr.family != sel->dst.addr.family)
		return parse_fail(p, "address families of source and destination differ");
	sel->sport_set = sel->sport != 0;
	sel->dport_set = sel->dport != 0;
	TRY(parse_upper(p, &sel->proto));
	return parse_misc(p, sel);
}

static const struct {
	unsigned note;
	const char *text;
} notes[] = {
	{ POLICY_REQID_RANGE, "unique:N ends at 16383, an unused number is chosen instead" },
	{ POLICY_ENDS_IGNORED, "addresses in transport mode are ignored" },
	{ POLICY_COMMENT,
	    "comment or backslash inside a policy: other versions of setkey refuse it" },
};

static ike_err
parse_policy(struct parse *p, enum setkey_verb verb, struct sp_spec *s)
{
	struct policy_error e;
	unsigned line = p->lx.tok_line, found;

	if (!lex_is(&p->lx, "-P"))
		return parse_fail(p, "expected -P");
	if (policy_parse(lex_policy(&p->lx), verb == SETKEY_SPDDELETE, s, &found, &e) != IKE_OK)
		return parse_fail_at(p, line, e.text, e.at);
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		if ((found & notes[i].note) != 0)
			lex_warn(p->env, line, notes[i].text);
	if (s->action == SP_ENTRUST || s->action == SP_BYPASS)
		p->refuse = "entrust and bypass are for policies of sockets";
	return IKE_OK;
}

ike_err
parse_sp(struct parse *p, enum setkey_verb verb, struct setkey_sp *sp)
{
	struct sp_spec *s = &sp->spec;

	if (verb != SETKEY_SPDDELETE && lex_is(&p->lx, "tagged")) {
		key_lex_next(&p->lx);
		if (p->lx.tok != LEX_STRING)
			return parse_fail(p, "expected a tag");
		key_lex_next(&p->lx);
		TRY(parse_policy(p, verb, s));
		p->refuse = "Linux has no packet tags in policies";
		return IKE_OK;
	}
	TRY(parse_selector(p, &s->id.sel));
	if (lex_is(&p->lx, "-ctx")) {
		key_lex_next(&p->lx);
		TRY(parse_ctx(p, s->ctx, &s->ctx_doi, &s->ctx_alg));
	}
	return parse_policy(p, verb, s);
}

bool
setkey_fwd_twin(const struct sp_spec *in, struct sp_spec *out)
{
	if (in->id.dir != SP_IN || in->action == SP_ENTRUST || in->action == SP_BYPASS)
		return false;
	*out = *in;
	out->id.dir = SP_FWD;
	for (unsigned i = 0; i < out->ntmpl; i++) {
		if (out->tmpl[i].level == SP_UNIQUE) {
			out->tmpl[i].level = SP_REQUIRE;
			out->tmpl[i].reqid = 0;
		}
	}
	return true;
}
