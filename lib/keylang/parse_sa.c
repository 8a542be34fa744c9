/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Statements about SAs: add, get, delete, deleteall, flush, dump.
 */
#include "keylang/parse.h"

#include <string.h>

#define NATT_PORT 4500

static const struct sa_proto {
	const char *word;
	uint8_t proto; /* enum prop_proto */
	bool udp;
	const char *refuse;
} protos[] = {
	{ "esp", PROTO_ESP, false, NULL },
	{ "ah", PROTO_AH, false, NULL },
	{ "ipcomp", PROTO_IPCOMP, false, NULL },
	{ "esp-udp", PROTO_ESP, true, NULL },
	{ "esp-old", PROTO_ESP, false, "Linux has no ESP of RFC 1827" },
	{ "ah-old", PROTO_AH, false, "Linux has no AH of RFC 1826" },
	{ "tcp", PROTO_NONE, false,
	    "Linux takes TCP-MD5 keys from the program that owns the TCP connection, not from "
	    "setkey" },
};

static const struct sa_proto *
find_proto(const struct parse *p)
{
	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++)
		if (lex_is(&p->lx, protos[i].word))
			return &protos[i];
	return NULL;
}

/* ESP in UDP may name the original address: with or without OA in front. */
static ike_err
parse_oa(struct parse *p, struct sa_spec *s)
{
	struct addr a[SETKEY_MAX_ADDRS];
	uint8_t n;

	if (lex_is(&p->lx, "OA"))
		key_lex_next(&p->lx);
	else if (p->lx.tok != LEX_WORD || (memchr(p->lx.text.p, '.', p->lx.text.n) == NULL &&
					      memchr(p->lx.text.p, ':', p->lx.text.n) == NULL))
		return IKE_OK;
	TRY(parse_host(p, p->lx.text, a, &n));
	s->encap_oa = a[0];
	key_lex_next(&p->lx);
	return IKE_OK;
}

static ike_err
parse_proto(struct parse *p, struct setkey_sa *sa, bool *udp_out)
{
	const struct sa_proto *f = find_proto(p);

	if (f == NULL)
		return parse_fail(p, "unknown protocol");
	sa->spec.id.proto = f->proto;
	p->refuse = f->refuse;
	*udp_out = f->udp;
	key_lex_next(&p->lx);
	return f->udp ? parse_oa(p, &sa->spec) : IKE_OK;
}

static ike_err
parse_end(struct parse *p, struct addr *addrs, uint8_t *n, uint16_t *port)
{
	bool there;

	if (p->lx.tok != LEX_WORD)
		return parse_fail(p, "invalid address");
	TRY(parse_host(p, p->lx.text, addrs, n));
	key_lex_next(&p->lx);
	return parse_port(p, port, &there);
}

static ike_err
parse_mode(struct parse *p, struct sa_spec *s)
{
	if (lex_is(&p->lx, "transport"))
		s->mode = MODE_TRANSPORT;
	else if (lex_is(&p->lx, "tunnel"))
		s->mode = MODE_TUNNEL;
	else if (lex_is(&p->lx, "any"))
		s->mode = MODE_ANY;
	else
		return parse_fail(p, "unknown mode");
	key_lex_next(&p->lx);
	return IKE_OK;
}

/* Linux pads as it likes, and never lets sequence numbers wrap. */
static ike_err
parse_flag(struct parse *p)
{
	static const char *const pads[] = { "random-pad", "seq-pad", "zero-pad" };
	bool pad = false;

	for (size_t i = 0; i < sizeof(pads) / sizeof(pads[0]); i++)
		pad = pad || lex_is(&p->lx, pads[i]);
	if (!pad && !lex_is(&p->lx, "nocyclic-seq"))
		return parse_fail(p, "unknown flag");
	if (pad)
		lex_warn(p->env, p->lx.tok_line,
		    "the style of padding cannot be chosen on Linux, ignored");
	key_lex_next(&p->lx);
	return IKE_OK;
}

/* The options that take one number. */
static ike_err
parse_number_option(struct parse *p, struct sa_spec *s, bool *taken_out)
{
	const struct {
		const char *word;
		uint64_t *to;
	} lives[] = {
		{ "-lh", &s->life.hard_sec },
		{ "-ls", &s->life.soft_sec },
		{ "-bh", &s->life.hard_bytes },
		{ "-bs", &s->life.soft_bytes },
	};
	uint64_t n;

	*taken_out = true;
	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		if (!lex_is(&p->lx, lives[i].word))
			continue;
		key_lex_next(&p->lx);
		return parse_number(p, "invalid lifetime", INT64_MAX, lives[i].to);
	}
	if (lex_is(&p->lx, "-u")) {
		key_lex_next(&p->lx);
		TRY(parse_number(p, "invalid reqid", UINT32_MAX, &n));
		s->reqid = (uint32_t)n;
	} else if (lex_is(&p->lx, "-r")) {
		key_lex_next(&p->lx);
		TRY(parse_number(p, "invalid replay window", UINT32_MAX, &n));
		s->replay_window = (uint32_t)n;
	} else if (lex_is(&p->lx, "-esp_frag")) {
		lex_warn(p->env, p->lx.tok_line, "-esp_frag is not known on Linux, ignored");
		key_lex_next(&p->lx);
		TRY(parse_number(p, "invalid fragment size", UINT16_MAX, &n));
	} else {
		*taken_out = false;
	}
	return IKE_OK;
}

static ike_err
parse_option(struct parse *p, struct setkey_sa *sa)
{
	bool taken;

	TRY(parse_number_option(p, &sa->spec, &taken));
	if (taken)
		return IKE_OK;
	if (lex_is(&p->lx, "-m")) {
		key_lex_next(&p->lx);
		return parse_mode(p, &sa->spec);
	}
	if (lex_is(&p->lx, "-f")) {
		key_lex_next(&p->lx);
		return parse_flag(p);
	}
	if (lex_is(&p->lx, "-ctx")) {
		key_lex_next(&p->lx);
		return parse_ctx(p, sa->label.ctx, &sa->label.doi, &sa->label.alg);
	}
	TRY(parse_alg_option(p, sa, &taken));
	return taken ? IKE_OK : parse_fail(p, "syntax error");
}

/* One family on both sides: an SA has no two. */
static ike_err
check_families(struct parse *p, const struct setkey_sa *sa)
{
	for (unsigned i = 0; i < sa->nsrc; i++)
		for (unsigned j = 0; j < sa->ndst; j++)
			if (sa->src[i].family == sa->dst[j].family)
				return IKE_OK;
	return parse_fail(p, "address families of source and destination differ");
}

static ike_err
parse_spi(struct parse *p, struct sa_spec *s)
{
	uint64_t n;

	TRY(parse_number(p, "invalid SPI", UINT32_MAX, &n));
	s->id.spi = (uint32_t)n;
	return IKE_OK;
}

ike_err
parse_sa(struct parse *p, enum setkey_verb verb, struct setkey_sa *sa)
{
	uint16_t sport, dport;
	bool udp;

	if (verb == SETKEY_FLUSH || verb == SETKEY_DUMP)
		return p->lx.tok == LEX_EOT || p->lx.tok == LEX_END ? IKE_OK
								    : parse_proto(p, sa, &udp);
	TRY(parse_options(p));
	TRY(parse_end(p, sa->src, &sa->nsrc, &sport));
	TRY(parse_end(p, sa->dst, &sa->ndst, &dport));
	TRY(check_families(p, sa));
	TRY(parse_proto(p, sa, &udp));
	sa->spec.src = sa->src[0];
	sa->spec.id.dst = sa->dst[0];
	if (udp) {
		sa->spec.encap_sport = sport != 0 ? sport : NATT_PORT;
		sa->spec.encap_dport = dport != 0 ? dport : NATT_PORT;
	}
	if (verb == SETKEY_DELETEALL)
		return IKE_OK;
	TRY(parse_spi(p, &sa->spec));
	while (p->lx.tok != LEX_EOT && p->lx.tok != LEX_END)
		TRY(parse_option(p, sa));
	return verb == SETKEY_ADD || verb == SETKEY_UPDATE ? parse_alg_check(p, sa) : IKE_OK;
}
