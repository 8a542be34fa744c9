/* SPDX-License-Identifier: BSD-3-Clause */
#include "keylang/parse.h"

#include <stdio.h>
#include <string.h>

static const struct alg *
find_alg(const struct parse *p, enum alg_kind kind)
{
	char word[64];

	if (p->lx.tok != LEX_WORD || p->lx.text.n >= sizeof(word))
		return NULL;
	memcpy(word, p->lx.text.p, p->lx.text.n);
	word[p->lx.text.n] = '\0';
	return alg_find_setkey(kind, word);
}

/* Names that files have and no table has a row for; NULL: not one of them. */
static const char *
known_elsewhere(const struct parse *p)
{
	if (lex_is(&p->lx, "3des-deriv"))
		return "an algorithm of racoon's manual that nothing has; write 3des-cbc,";
	if (lex_is(&p->lx, "aes-gmac"))
		return "an algorithm of NetBSD that Linux has not;";
	return NULL;
}

static ike_err
fail_alg(struct parse *p, const char *unknown)
{
	const char *what = known_elsewhere(p);

	return parse_fail(p, what != NULL ? what : unknown);
}

static unsigned
nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10u;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10u;
	return 16;
}

/* An odd number of digits gets a zero in front. */
static bool
unhex(struct slice s, uint8_t *to, size_t cap, uint16_t *len_out)
{
	size_t n = (s.n + 1) / 2;

	if (s.n == 0 || n > cap)
		return false;
	memset(to, 0, n);
	for (size_t i = 0; i < s.n; i++) {
		size_t at = i + (s.n & 1);
		unsigned d = nibble(s.p[i]);

		if (d > 15)
			return false;
		to[at / 2] = (uint8_t)(to[at / 2] << 4 | d);
	}
	*len_out = (uint16_t)n;
	return true;
}

static ike_err
parse_key(struct parse *p, uint8_t *to, size_t cap, uint16_t *len_out)
{
	struct slice s = p->lx.text;

	if (p->lx.tok == LEX_STRING) {
		if (s.n > cap)
			return parse_fail(p, "key too long");
		memcpy(to, s.p, s.n);
		*len_out = (uint16_t)s.n;
	} else if (p->lx.tok != LEX_WORD || s.n < 3 || s.p[0] != '0' ||
		   (s.p[1] != 'x' && s.p[1] != 'X')) {
		/* a word is most likely the key, without its quotes */
		if (p->lx.tok == LEX_WORD && s.p[0] != '-')
			p->lx.text = slice_str("...");
		return parse_fail(p, "a key is \"text\" or 0x and hexadecimal digits");
	} else if (!unhex(slice_of(s.p + 2, s.n - 2), to, cap, len_out)) {
		/* the token is a secret */
		return parse_fail_at(p, p->lx.tok_line, "invalid key", slice_str("0x..."));
	}
	key_lex_next(&p->lx);
	return IKE_OK;
}

/* |a| takes |bits| of key, nonce included; say so if not. */
static ike_err
check_length(struct parse *p, const struct alg *a, unsigned bits, unsigned line)
{
	unsigned salt = a->salt * 8u;
	char what[128];

	if (bits > salt && alg_key_ok(a, bits - salt))
		return IKE_OK;
	if (a->key_min == a->key_max)
		(void)snprintf(what, sizeof(what), "invalid key length of %u bits, must be %u,",
		    bits, a->key_min + salt);
	else
		(void)snprintf(what, sizeof(what),
		    "invalid key length of %u bits, must be %u to %u in steps of %u,", bits,
		    a->key_min + salt, a->key_max + salt, a->key_step);
	return parse_fail_at(p, line, what, slice_str(a->setkey[0]));
}

static ike_err
parse_encr(struct parse *p, struct setkey_sa *sa)
{
	const struct alg *a = find_alg(p, ALG_ENCR);
	unsigned line = p->lx.tok_line;

	if (a == NULL)
		return fail_alg(p, "unknown encryption algorithm");
	sa->spec.encr = (uint16_t)a->id;
	if (a->xfrm == NULL)
		p->refuse = "this encryption algorithm is not known to Linux";
	key_lex_next(&p->lx);
	if (a->key_max == 0)
		return IKE_OK;
	TRY(parse_key(p, sa->keys.encr, sizeof(sa->keys.encr), &sa->keys.encr_len));
	TRY(check_length(p, a, sa->keys.encr_len * 8u, line));
	sa->spec.encr_bits = (uint16_t)(sa->keys.encr_len * 8u - a->salt * 8u);
	return IKE_OK;
}

static ike_err
parse_integ(struct parse *p, struct setkey_sa *sa)
{
	const struct alg *a = find_alg(p, ALG_INTEG);
	unsigned line = p->lx.tok_line;

	if (a == NULL)
		return fail_alg(p, "unknown authentication algorithm");
	sa->spec.integ = (uint16_t)a->id;
	/* a protocol that cannot be has already said why */
	if (a->xfrm == NULL && p->refuse == NULL)
		p->refuse = "this authentication algorithm is not known to Linux";
	key_lex_next(&p->lx);
	if (a->key_max == 0)
		return IKE_OK;
	TRY(parse_key(p, sa->keys.integ, sizeof(sa->keys.integ), &sa->keys.integ_len));
	return check_length(p, a, sa->keys.integ_len * 8u, line);
}

/* -R, the SPI as CPI: Linux does nothing else, and has 16 bits for it (RFC 3173 section 3.3). */
static ike_err
parse_comp(struct parse *p, struct setkey_sa *sa)
{
	const struct alg *a = find_alg(p, ALG_COMP);

	if (a == NULL)
		return parse_fail(p, "unknown compression algorithm");
	sa->spec.comp = (uint16_t)a->id;
	if (a->xfrm == NULL)
		p->refuse = "this compression algorithm is not known to Linux";
	key_lex_next(&p->lx);
	if (lex_is(&p->lx, "-R"))
		key_lex_next(&p->lx);
	return IKE_OK;
}

ike_err
parse_alg_option(struct parse *p, struct setkey_sa *sa, bool *taken_out)
{
	static const struct {
		const char *word;
		ike_err (*fn)(struct parse *, struct setkey_sa *);
	} options[] = { { "-E", parse_encr }, { "-A", parse_integ }, { "-C", parse_comp } };

	*taken_out = false;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (!lex_is(&p->lx, options[i].word))
			continue;
		*taken_out = true;
		key_lex_next(&p->lx);
		return options[i].fn(p, sa);
	}
	return IKE_OK;
}

ike_err
parse_alg_check(struct parse *p, struct setkey_sa *sa)
{
	const struct sa_spec *s = &sa->spec;

	switch (s->id.proto) {
	case PROTO_ESP:
		if (s->encr == ALG_ID_NONE)
			return parse_fail(p, "ESP needs -E");
		return s->comp == ALG_ID_NONE ? IKE_OK : parse_fail(p, "-C is for ipcomp");
	case PROTO_IPCOMP:
		if (s->comp == ALG_ID_NONE)
			return parse_fail(p, "IPComp needs -C");
		if (s->id.spi > UINT16_MAX)
			p->refuse = "the SPI of IPComp is a CPI, which ends at 65535";
		break;
	default:
		if (s->integ == ALG_ID_NONE)
			return parse_fail(p, "-A is missing");
		break;
	}
	if (s->encr != ALG_ID_NONE)
		return parse_fail(p, "-E is for esp");
	if (s->id.proto == PROTO_IPCOMP ? s->integ != ALG_ID_NONE : s->comp != ALG_ID_NONE)
		return parse_fail(p, "algorithm does not fit the protocol");
	return IKE_OK;
}
