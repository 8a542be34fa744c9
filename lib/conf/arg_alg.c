/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: an algorithm word is looked up in the registry.  What is not found there is tried as one of
 * the spellings that racoon's lexer, which knows no word boundaries, accepted by accident: "aes256" is "aes
 * 256"; in "aes_256" and "hmac_sha1_96" the part from '_' on was swallowed, so that the former means 128
 * bits.
 */
#include "conf/direct.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *
kind_text(enum alg_kind kind)
{
	switch (kind) {
	case ALG_ENCR:
		return "an encryption algorithm";
	case ALG_INTEG:
		return "an authentication algorithm";
	case ALG_PRF:
		return "a pseudo-random function";
	case ALG_HASH:
		return "a hash algorithm";
	case ALG_KE:
		return "a Diffie-Hellman group";
	case ALG_AUTH:
		return "an authentication method";
	case ALG_COMP:
		return "a compression algorithm";
	case ALG_NONE_KIND:
		break;
	}
	return "an algorithm";
}

#define WORD 48

/* The registry row of the first |n| characters of |w|. */
static const struct alg *
find_prefix(enum alg_kind kind, const char *w, size_t n)
{
	char cut[WORD];

	if (n == 0 || n >= sizeof(cut))
		return NULL;
	memcpy(cut, w, n);
	cut[n] = 0;
	return alg_find_conf(kind, cut);
}

/* Words racoon knows; ours were never glued by it. */
static bool
is_racoons(const struct alg *alg)
{
	return (alg->flags & ALG_AEAD) == 0 && alg->id != ENCR_AES_CTR && alg->kind != ALG_KE;
}

/* "aes256" and "aes_256": a known word and digits. */
static const struct alg *
glued(struct args *a, enum alg_kind kind, const struct token *t, const char *w, uint32_t *bits)
{
	size_t n = strlen(w), k = n;
	struct tok_buf name;
	char hint[120];

	while (k > 0 && isdigit((unsigned char)w[k - 1]))
		k--;
	if (k == n || k == 0)
		return NULL;
	bool under = w[k - 1] == '_';
	const struct alg *alg = find_prefix(kind, w, under ? k - 1 : k);
	if (alg == NULL || !is_racoons(alg))
		return NULL;
	if (!under) {
		if ((alg->flags & ALG_VARKEY) == 0)
			return NULL;
		if (!word_number(slice_str(w + k), bits))
			return NULL;
		snprintf(hint, sizeof(hint), "write '%s %s'", alg->conf[0], w + k);
		arg_lenient(
		    a, t, hint, "%s is read as '%s %s'", tok_text(t, &name), alg->conf[0], w + k);
	} else if (kind == ALG_ENCR && (alg->flags & ALG_VARKEY) != 0) {
		snprintf(hint, sizeof(hint),
		    "write '%s %s' on both ends to get %s bits, '%s %u' to keep what is used now",
		    alg->conf[0], w + k, w + k, alg->conf[0], (unsigned)alg->key_default);
		arg_lenient(a, t, hint,
		    "%s means %s with %u bits, not with %s, as it always did in racoon",
		    tok_text(t, &name), alg->conf[0], (unsigned)alg->key_default, w + k);
	} else {
		snprintf(hint, sizeof(hint), "write '%.*s'", (int)(k - 1), w);
		arg_lenient(
		    a, t, hint, "%s is read as '%.*s'", tok_text(t, &name), (int)(k - 1), w);
	}
	return alg;
}

static void
unknown(struct args *a, enum alg_kind kind, const struct token *t, const char *w)
{
	struct tok_buf name;
	char hint[120];
	const char *dash = strrchr(w, '-');
	const char *near =
	    kind == ALG_AUTH && strcmp(w, "psk") == 0 ? "pre_shared_key" : alg_suggest(kind, w);
	uint32_t bits;

	if (dash != NULL && find_prefix(kind, w, (size_t)(dash - w)) != NULL &&
	    word_number(slice_str(dash + 1), &bits)) {
		snprintf(hint, sizeof(hint), "write '%.*s %s'", (int)(dash - w), w, dash + 1);
		arg_error(a, t, hint, "%s is not %s", tok_text(t, &name), kind_text(kind));
		return;
	}
	const char *bar = strrchr(w, '_');
	if (bar != NULL && find_prefix(kind, w, (size_t)(bar - w)) != NULL &&
	    word_number(slice_str(bar + 1), &bits)) {
		snprintf(hint, sizeof(hint), "write '%.*s %s'", (int)(bar - w), w, bar + 1);
		arg_error(a, t, hint, "%s is not %s", tok_text(t, &name), kind_text(kind));
		return;
	}
	if (strcmp(w, "tiger") == 0) {
		arg_error(a, t, "md5, sha1, sha256, sha384 or sha512",
		    "the hash 'tiger' is not supported");
		return;
	}
	arg_unknown(a, t, kind_text(kind), near);
}

/* The key length behind a cipher's name. */
static bool
key_length(struct args *a, const struct alg *alg, uint32_t glued_bits, uint16_t *out)
{
	const struct token *t = arg_peek(a);
	uint32_t bits = glued_bits;
	struct tok_buf name;
	char hint[80];

	if (alg->kind == ALG_ENCR && t != NULL && t->kind == TOK_WORD && isdigit(t->s.p[0]) &&
	    word_number(t->s, &bits)) {
		a->at++;
		if ((alg->flags & ALG_VARKEY) == 0) {
			arg_error(
			    a, t, "leave it out", "%s has no key length to choose", alg->conf[0]);
			return false;
		}
	} else {
		t = &a->st->tok[a->at - 1];
	}
	if (bits != 0 && !alg_key_ok(alg, bits)) {
		snprintf(hint, sizeof(hint), "%u to %u in steps of %u", (unsigned)alg->key_min,
		    (unsigned)alg->key_max, (unsigned)alg->key_step);
		arg_error(
		    a, t, hint, "%s is no key length of %s", tok_text(t, &name), alg->conf[0]);
		return false;
	}
	*out = (alg->flags & ALG_VARKEY) == 0 ? 0 : bits == 0 ? alg->key_default : (uint16_t)bits;
	return true;
}

/* Spellings that are in the registry but which racoon took by accident only. */
static void
note_spelling(struct args *a, const struct alg *alg, const struct token *t)
{
	struct tok_buf name;
	char hint[80];

	if (alg->kind != ALG_INTEG || (!tok_is(t, "hmac_sha1_96") && !tok_is(t, "hmac_md5_96")))
		return;
	snprintf(hint, sizeof(hint), "write '%s'", alg->conf[0]);
	arg_lenient(a, t, hint, "%s is read as '%s'", tok_text(t, &name), alg->conf[0]);
}

bool
arg_alg(struct args *a, enum alg_kind kind, struct prop_alg *out)
{
	const struct token *t = arg_next(a);
	char word[WORD];
	uint32_t bits = 0;
	uint16_t key;
	struct tok_buf name;

	if (t == NULL || t->kind != TOK_WORD || t->s.n >= sizeof(word)) {
		arg_unknown(a, t, kind_text(kind), NULL);
		return false;
	}
	memcpy(word, t->s.p, t->s.n);
	word[t->s.n] = 0;
	const struct alg *alg = alg_find_conf(kind, word);
	if (alg != NULL)
		note_spelling(a, alg, t);
	else if ((alg = glued(a, kind, t, word, &bits)) == NULL) {
		unknown(a, kind, t, word);
		return false;
	}
	if (!key_length(a, alg, bits, &key))
		return false;
	if ((alg->flags & ALG_WEAK) != 0 && (alg->flags & ALG_UNUSABLE) == 0)
		arg_warn(a, t, NULL, "%s is weak", tok_text(t, &name));
	*out = (struct prop_alg){ (uint16_t)alg->id, key };
	return true;
}

bool
arg_algs(struct args *a, enum alg_kind kind, struct prop_algs *out)
{
	do {
		const struct token *t = arg_peek(a);
		struct prop_alg alg;
		if (!arg_alg(a, kind, &alg))
			return false;
		if (prop_algs_add(out, alg.id, alg.bits) != IKE_OK) {
			arg_error(a, t, NULL, "more than %u algorithms", (unsigned)PROP_MAX_ALGS);
			return false;
		}
	} while (arg_is(a, TOK_COMMA));
	return true;
}
