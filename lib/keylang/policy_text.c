/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: blanks mean nothing but that they end words, so "esp / transport / / require" and "prio def+100" are
 * read by the same scanner: a word, or one of / - + and [port].
 */
#include "keylang/policy_text.h"

#include <string.h>

enum tok { T_END, T_WORD, T_SIGN, T_SLASH, T_PORT, T_BAD };

struct scan {
	struct slice rest;
	enum tok tok;
	struct slice text;
	unsigned notes;
	struct policy_error *error;
};

/* --- scanner --- */

static bool
is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '.' || c == ':' || c == '%' || c == '_';
}

static void
drop(struct scan *s, size_t n)
{
	s->rest.p += n;
	s->rest.n -= n;
}

static size_t
span_comment(struct slice r)
{
	const uint8_t *nl = memchr(r.p, '\n', r.n);

	return nl != NULL ? (size_t)(nl - r.p) : r.n;
}

static void
skip(struct scan *s)
{
	while (s->rest.n > 0) {
		uint8_t c = s->rest.p[0];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			drop(s, 1);
		} else if (c == '#') {
			s->notes |= POLICY_COMMENT;
			drop(s, span_comment(s->rest));
		} else if (c == '\\' && s->rest.n > 1 &&
			   (s->rest.p[1] == '\n' || s->rest.p[1] == '\r')) {
			s->notes |= POLICY_COMMENT;
			drop(s, 1);
		} else {
			return;
		}
	}
}

static enum tok
take_port(struct scan *s)
{
	const uint8_t *e = memchr(s->rest.p, ']', s->rest.n);

	if (e == NULL)
		return T_BAD;
	s->text = slice_of(s->rest.p + 1, (size_t)(e - s->rest.p) - 1);
	drop(s, (size_t)(e - s->rest.p) + 1);
	return T_PORT;
}

static void
next(struct scan *s)
{
	size_t n = 0;

	skip(s);
	s->text = slice_of(s->rest.p, s->rest.n > 0);
	if (s->rest.n == 0) {
		s->tok = T_END;
		return;
	}
	while (n < s->rest.n && is_word(s->rest.p[n]))
		n++;
	if (n > 0) {
		s->text = slice_of(s->rest.p, n);
		s->tok = T_WORD;
		drop(s, n);
		return;
	}
	switch (s->rest.p[0]) {
	case '[':
		s->tok = take_port(s);
		return;
	case '/':
		s->tok = T_SLASH;
		break;
	case '+':
	case '-':
		s->tok = T_SIGN;
		break;
	default:
		s->tok = T_BAD;
		return;
	}
	drop(s, 1);
}

static bool
is(const struct scan *s, const char *word)
{
	return s->tok == T_WORD && slice_equal(s->text, slice_str(word));
}

static ike_err
fail(struct scan *s, const char *text)
{
	*s->error = (struct policy_error){ text, s->text };
	return IKE_E_SYNTAX;
}

/* The current word as one of |words|. */
static bool
one_of(const struct scan *s, const struct name *words, size_t n, uint32_t *out)
{
	for (size_t i = 0; i < n; i++) {
		if (is(s, words[i].name)) {
			*out = words[i].value;
			return true;
		}
	}
	return false;
}

#define ONE_OF(s, table, out) one_of(s, table, sizeof(table) / sizeof((table)[0]), out)

static bool
number(struct slice s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
		if (v > max)
			return false;
	}
	*out = v;
	return s.n > 0;
}

/* --- words --- */

static const struct name dir_words[] = { { SP_IN, "in" }, { SP_OUT, "out" }, { SP_FWD, "fwd" } };
static const struct name action_words[] = {
	{ SP_DISCARD, "discard" },
	{ SP_NONE, "none" },
	{ SP_IPSEC, "ipsec" },
	{ SP_BYPASS, "bypass" },
	{ SP_ENTRUST, "entrust" },
};
static const struct name proto_words[] = { { PROTO_ESP, "esp" }, { PROTO_AH, "ah" },
	{ PROTO_IPCOMP, "ipcomp" } };
static const struct name mode_words[] = { { MODE_TRANSPORT, "transport" },
	{ MODE_TUNNEL, "tunnel" } };
static const struct name level_words[] = {
	{ SP_DEFAULT, "default" },
	{ SP_USE, "use" },
	{ SP_REQUIRE, "require" },
	{ SP_UNIQUE, "unique" },
};
static const struct name base_words[] = { { SP_PRIO_LOW, "low" }, { SP_PRIO_DEF, "def" },
	{ SP_PRIO_HIGH, "high" } };

static const char *
word_of(const struct name *words, size_t n, uint32_t value)
{
	for (size_t i = 0; i < n; i++)
		if (words[i].value == value)
			return words[i].name;
	return "unknown";
}

#define WORD_OF(table, value) word_of(table, sizeof(table) / sizeof((table)[0]), value)

/* --- priority --- */

/* What may be added to a base and subtracted from it. */
#define PRIO_ADD_MAX   0x40000000u
#define PRIO_SUB_MAX   0x3fffffffu
#define PRIO_PLAIN_MAX 0x7fffffffu

/* A larger offset is a more important policy: a smaller number for the kernel. */
static ike_err
offset(
    struct scan *s, uint32_t base, bool negative, uint32_t add_max, uint32_t sub_max, uint32_t *out)
{
	uint64_t n;

	if (s->tok != T_WORD || !number(s->text, UINT32_MAX, &n))
		return fail(s, "invalid priority offset");
	if (n > (negative ? sub_max : add_max))
		return fail(s, "priority offset out of range");
	*out = negative ? base + (uint32_t)n : base - (uint32_t)n;
	next(s);
	return IKE_OK;
}

static ike_err
take_priority(struct scan *s, uint32_t *out)
{
	uint32_t base;
	bool based = ONE_OF(s, base_words, &base), negative;

	if (based) {
		next(s);
		if (s->tok != T_SIGN) {
			*out = base;
			return IKE_OK;
		}
	}
	negative = s->tok == T_SIGN && s->text.p[0] == '-';
	if (s->tok == T_SIGN)
		next(s);
	if (based)
		return offset(s, base, negative, PRIO_ADD_MAX, PRIO_SUB_MAX, out);
	return offset(s, SP_PRIO_DEF, negative, PRIO_PLAIN_MAX, PRIO_PLAIN_MAX, out);
}

/* --- requests --- */

static ike_err
take_end(struct scan *s, struct addr *addr, uint16_t *port, bool *port_given)
{
	char text[64];
	uint64_t n;

	if (s->tok != T_WORD || s->text.n >= sizeof(text))
		return fail(s, "invalid tunnel address");
	memcpy(text, s->text.p, s->text.n);
	text[s->text.n] = '\0';
	if (is(s, "me") || is(s, "any"))
		return fail(s, "me and any are for per-socket policies");
	if (addr_parse(text, addr) != IKE_OK)
		return fail(s, "invalid tunnel address");
	next(s);
	*port_given = s->tok == T_PORT;
	if (!*port_given)
		return IKE_OK;
	if (!number(s->text, UINT16_MAX, &n))
		return fail(s, "invalid port");
	*port = (uint16_t)n;
	next(s);
	return IKE_OK;
}

static ike_err
take_ends(struct scan *s, struct sp_tmpl *t)
{
	bool sport, dport;

	TRY(take_end(s, &t->src, &t->sport, &sport));
	if (s->tok != T_SIGN || s->text.p[0] != '-')
		return fail(s, "tunnel addresses are SRC-DST");
	next(s);
	TRY(take_end(s, &t->dst, &t->dport, &dport));
	if (t->src.family != t->dst.family)
		return fail(s, "address families of tunnel ends differ");
	if (sport != dport)
		return fail(s, "ports at both tunnel ends or at none");
	if (t->mode == MODE_TRANSPORT) {
		s->notes |= POLICY_ENDS_IGNORED;
		t->src = t->dst = (struct addr){ 0 };
	}
	return IKE_OK;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/*
 * "unique#N", as -DP shows numbers that the kernel or setkey chose.  With a blank in between it is a comment, as everywhere.
 */
static bool
take_chosen(struct scan *s, struct sp_tmpl *t)
{
	size_t n = 1;
	uint64_t v;

	if (!is(s, "unique") || s->rest.n < 2 || s->rest.p[0] != '#' || !is_digit(s->rest.p[1]))
		return false;
	while (n < s->rest.n && is_digit(s->rest.p[n]))
		n++;
	if (!number(slice_of(s->rest.p + 1, n - 1), UINT32_MAX, &v))
		return false;
	t->level = SP_UNIQUE;
	t->reqid = (uint32_t)v;
	drop(s, n);
	return true;
}

/* "unique:N" is one word. */
static ike_err
take_unique(struct scan *s, struct sp_tmpl *t)
{
	static const char prefix[] = "unique:";
	struct slice num = s->text;
	uint64_t n;

	if (num.n < sizeof(prefix) - 1 || memcmp(num.p, prefix, sizeof(prefix) - 1) != 0)
		return fail(s, "unknown level");
	num.p += sizeof(prefix) - 1;
	num.n -= sizeof(prefix) - 1;
	if (!number(num, UINT32_MAX, &n))
		return fail(s, "invalid reqid");
	if (n > SP_MANUAL_REQID_MAX)
		s->notes |= POLICY_REQID_RANGE;
	t->level = SP_UNIQUE;
	t->reqid = n <= SP_MANUAL_REQID_MAX ? (uint32_t)n : 0;
	return IKE_OK;
}

/* "default" is what the kernel makes of it: require. */
static ike_err
take_level(struct scan *s, struct sp_tmpl *t)
{
	uint32_t level;

	if (take_chosen(s, t)) {
		next(s);
		return IKE_OK;
	}
	if (ONE_OF(s, level_words, &level))
		t->level = level == SP_DEFAULT ? SP_REQUIRE : (uint8_t)level;
	else
		TRY(take_unique(s, t));
	next(s);
	return IKE_OK;
}

static ike_err
want_slash(struct scan *s)
{
	if (s->tok != T_SLASH)
		return fail(s, "a request is PROTO/MODE/[SRC-DST]/[LEVEL]");
	next(s);
	return IKE_OK;
}

/* Does the word here begin another request? */
static bool
at_proto(const struct scan *s)
{
	uint32_t v;

	return ONE_OF(s, proto_words, &v);
}

static ike_err
take_request(struct scan *s, struct sp_tmpl *t)
{
	uint32_t v;

	*t = (struct sp_tmpl){ .level = SP_REQUIRE };
	if (!ONE_OF(s, proto_words, &v))
		return fail(s, "unknown protocol of a request");
	t->proto = (uint8_t)v;
	next(s);
	TRY(want_slash(s));
	if (!ONE_OF(s, mode_words, &v))
		return fail(s, "unknown mode");
	t->mode = (uint8_t)v;
	next(s);
	/* both the level and the slash before it may be missing */
	if (s->tok == T_SLASH) {
		next(s);
		if (s->tok == T_WORD && !at_proto(s))
			TRY(take_ends(s, t));
		if (s->tok == T_SLASH) {
			next(s);
			if (s->tok == T_WORD && !at_proto(s))
				TRY(take_level(s, t));
		}
	}
	if (t->mode == MODE_TUNNEL && t->src.family == 0)
		return fail(s, "tunnel mode needs SRC-DST");
	return IKE_OK;
}

static ike_err
take_requests(struct scan *s, struct sp_spec *out)
{
	while (s->tok != T_END) {
		if (out->action != SP_IPSEC)
			return fail(s, "only ipsec has requests");
		if (out->ntmpl == SP_MAX_TMPL)
			return fail(s, "too many requests");
		TRY(take_request(s, &out->tmpl[out->ntmpl]));
		out->ntmpl++;
	}
	if (out->action == SP_IPSEC && out->ntmpl == 0)
		return fail(s, "ipsec needs a request");
	return IKE_OK;
}

static ike_err
take_policy(struct scan *s, bool direction_only, struct sp_spec *out)
{
	uint32_t v;

	next(s);
	if (!ONE_OF(s, dir_words, &v))
		return fail(s, "unknown direction");
	out->id.dir = (uint8_t)v;
	out->priority = SP_PRIO_DEF;
	out->ntmpl = 0;
	next(s);
	if (s->tok == T_END && direction_only) {
		out->action = SP_NONE;
		return IKE_OK;
	}
	if (is(s, "prio") || is(s, "priority")) {
		next(s);
		TRY(take_priority(s, &out->priority));
	}
	if (!ONE_OF(s, action_words, &v))
		return fail(s, "unknown action");
	out->action = (uint8_t)v;
	next(s);
	return take_requests(s, out);
}

ike_err
policy_parse(struct slice text, bool direction_only, struct sp_spec *out, unsigned *notes_out,
    struct policy_error *error)
{
	struct scan s = { .rest = text, .error = error };
	struct sp_spec sp = *out;

	TRY(take_policy(&s, direction_only, &sp));
	*out = sp;
	*notes_out = s.notes;
	return IKE_OK;
}

/* --- writing --- */

/* Where the offset of one base ends and the next begins. */
#define PRIO_HIGH_END 0x60000000u
#define PRIO_DEF_END  0xA0000000u

static void
print_priority(uint32_t prio, struct text *t)
{
	uint32_t base = prio < PRIO_HIGH_END  ? SP_PRIO_HIGH
			: prio < PRIO_DEF_END ? SP_PRIO_DEF
					      : SP_PRIO_LOW;

	if (prio == 0)
		return;
	text_addf(t, "prio %s ", WORD_OF(base_words, base));
	if (prio < base)
		text_addf(t, "+ %u ", base - prio);
	else if (prio > base)
		text_addf(t, "- %u ", prio - base);
}

void
policy_print_head(const struct sp_spec *s, struct text *t)
{
	text_addf(t, "%s%s ", WORD_OF(dir_words, s->id.dir), s->socket ? "(socket)" : "");
	print_priority(s->priority, t);
	text_add(t, WORD_OF(action_words, s->action));
}

static void
print_end(const struct addr *a, uint16_t port, bool ports, struct text *t)
{
	struct addr_buf b;

	text_add(t, addr_text(a, &b));
	if (ports)
		text_addf(t, "[%u]", port);
}

static void
print_level(const struct sp_tmpl *tmpl, struct text *t)
{
	if (tmpl->level != SP_UNIQUE) {
		text_add(t, WORD_OF(level_words, tmpl->level));
		return;
	}
	text_add(t, "unique");
	if (tmpl->reqid != 0)
		text_addf(t, "%c%u", tmpl->reqid <= SP_MANUAL_REQID_MAX ? ':' : '#', tmpl->reqid);
}

void
policy_print_tmpl(const struct sp_tmpl *tmpl, bool ports, struct text *t)
{
	text_addf(t, "%s/%s/", WORD_OF(proto_words, tmpl->proto), WORD_OF(mode_words, tmpl->mode));
	if (tmpl->mode == MODE_TUNNEL) {
		print_end(&tmpl->src, tmpl->sport, ports, t);
		text_char(t, '-');
		print_end(&tmpl->dst, tmpl->dport, ports, t);
	}
	text_char(t, '/');
	print_level(tmpl, t);
}
