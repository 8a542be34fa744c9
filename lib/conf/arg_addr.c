/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/direct.h"

#include <ctype.h>
#include <string.h>

static bool
looks_like_name(struct slice s)
{
	bool dot = false;

	for (size_t i = 0; i < s.n; i++) {
		if (!isalnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '.')
			return false;
		dot = dot || s.p[i] == '.';
	}
	return dot && s.n > 0 && isalpha(s.p[s.n - 1]);
}

static void
not_an_address(struct args *a, const struct token *t)
{
	struct tok_buf name;

	if (t != NULL && t->kind == TOK_WORD && looks_like_name(t->s))
		arg_error(a, t, "write the numeric address", "host name %s is not accepted here",
		    tok_text(t, &name));
	else
		arg_unknown(a, t, "an IPv4 or IPv6 address", NULL);
}

/* Cut "%ifname" off |s|; false if there is an empty or overlong one. */
static bool
cut_ifname(struct args *a, struct slice *s, const char **ifname_out)
{
	const uint8_t *pc = memchr(s->p, '%', s->n);

	*ifname_out = NULL;
	if (pc == NULL)
		return true;
	struct slice name = slice_of(pc + 1, s->n - (size_t)(pc - s->p) - 1);
	if (name.n == 0 || name.n > 15)
		return false;
	s->n = (size_t)(pc - s->p);
	*ifname_out = word_copy(a, name);
	return *ifname_out != NULL;
}

bool
arg_addr(struct args *a, struct addr *out, const char **ifname_out)
{
	const struct token *t = arg_next(a);
	char text[64];
	const char *ifname;
	struct addr addr;

	if (t == NULL || (t->kind != TOK_WORD && t->kind != TOK_STRING)) {
		not_an_address(a, t);
		return false;
	}
	struct slice s = t->s;
	if (!cut_ifname(a, &s, &ifname) || s.n >= sizeof(text)) {
		not_an_address(a, t);
		return false;
	}
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	if (strlen(text) != s.n || addr_parse(text, &addr) != IKE_OK) {
		not_an_address(a, t);
		return false;
	}
	if (ifname != NULL && ifname_out == NULL) {
		arg_error(a, t, NULL, "an interface name has no meaning here");
		return false;
	}
	*out = addr;
	if (ifname_out != NULL)
		*ifname_out = ifname;
	return true;
}

bool
arg_port(struct args *a, uint16_t *out)
{
	uint32_t port;
	struct tok_buf name;

	if (!arg_is(a, TOK_LBRACKET))
		return true;
	if (!arg_number(a, "a port", 0, 65535, &port))
		return false;
	const struct token *t = arg_next(a);
	if (t == NULL || t->kind != TOK_RBRACKET) {
		if (t == NULL)
			arg_error(a, NULL, NULL, "missing ']' behind the port");
		else
			arg_error(a, t, NULL, "missing ']' before %s", tok_text(t, &name));
		return false;
	}
	*out = (uint16_t)port;
	return true;
}

bool
arg_prefix_len(struct args *a, const struct addr *addr, uint8_t *out)
{
	uint32_t len;
	uint8_t bits = addr_bits(addr);

	if (!arg_is(a, TOK_SLASH)) {
		*out = bits;
		return true;
	}
	const struct token *t = arg_peek(a);
	struct tok_buf name;
	if (t == NULL || t->kind != TOK_WORD || !word_number(t->s, &len)) {
		arg_unknown(a, t, "a prefix length", NULL);
		return false;
	}
	a->at++;
	if (len > bits) {
		arg_error(a, t, NULL, "prefix length %s is too long: an IPv%u address has %u bits",
		    tok_text(t, &name), (unsigned)addr->family, (unsigned)bits);
		return false;
	}
	*out = (uint8_t)len;
	return true;
}
