/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/direct.h"

#include <stdio.h>
#include <string.h>

static const char *const types[] = { "address", "fqdn", "user_fqdn", "keyid", "asn1dn", NULL };

static const char *
suggest_type(struct args *a, const struct token *t)
{
	struct name_best best = { NULL, 0 };
	const char *w = t != NULL && t->kind == TOK_WORD && t->s.n < 40 ? word_copy(a, t->s) : NULL;

	for (size_t i = 0; w != NULL && types[i] != NULL; i++)
		name_closer(w, types[i], &best);
	return best.name;
}

/* The canonical type word of token |t|, the old ones included; NULL if it is none. */
static const char *
type_word(struct args *a, const struct token *t)
{
	if (tok_is(t, "certname")) {
		arg_warn(a, t, "write 'asn1dn'", "identifier type 'certname' is obsolete");
		return "asn1dn";
	}
	if (tok_is(t, "keyid_use")) {
		arg_warn(a, t, "write 'keyid tag'", "identifier type 'keyid_use' is Apple's");
		return "keyid tag";
	}
	for (size_t i = 0; types[i] != NULL; i++)
		if (tok_is(t, types[i]))
			return types[i];
	return NULL;
}

/* racoon: the contents of the file are the key ID. */
static bool
keyid_file(struct args *a, const struct token *t, struct conf_ident *id)
{
	struct buf data = { 0 };
	ike_err err = a->b->reader->read(a->b->reader->arg, id->text, &data);
	struct tok_buf name;

	if (err == IKE_E_NOMEM)
		a->b->src.nomem = true;
	if (err != IKE_OK)
		arg_error(a, t, "write 'keyid tag' if the string itself is the identifier",
		    "cannot read key identifier file %s: %s", tok_text(t, &name),
		    ike_err_text(err));
	else if (data.n == 0 || data.n > IDENT_MAX)
		arg_error(a, t, NULL, "key identifier file %s is empty or larger than %u bytes",
		    tok_text(t, &name), (unsigned)IDENT_MAX);
	else {
		id->id.type = ID_KEY_ID;
		id->id.len = (uint16_t)data.n;
		memcpy(id->id.data, data.p, data.n);
	}
	buf_free(&data);
	return !a->bad;
}

static bool
set_value(struct args *a, const struct token *t, const char *word, struct conf_ident *id)
{
	struct tok_buf name;
	struct addr addr;

	if (strcmp(id->type, "keyid file") == 0)
		return keyid_file(a, t, id);
	if (strcmp(word, "address") == 0) {
		a->at--;
		if (!arg_addr(a, &addr, NULL))
			return false;
		if (ident_from_addr(&addr, &id->id) != IKE_OK)
			a->b->src.nomem = true;
		return true;
	}
	ike_err err = ident_parse(word, id->text, &id->id);
	if (err == IKE_E_NOMEM)
		a->b->src.nomem = true;
	else if (err != IKE_OK)
		arg_error(a, t,
		    strcmp(word, "asn1dn") == 0 ? "components TYPE=value separated by ','" : NULL,
		    "%s is not a valid %s identifier: %s", tok_text(t, &name), word,
		    ike_err_text(err));
	return err == IKE_OK;
}

/* `tag` or `file`, which only key identifiers take; without either a key identifier is a file. */
static bool
qualifier(struct args *a, const char **type)
{
	const struct token *t = arg_peek(a);
	bool tag = arg_word_is(a, "tag"), file = !tag && arg_word_is(a, "file");

	if ((tag || file) && strcmp(*type, "keyid") != 0) {
		arg_error(a, t, NULL, "only keyid takes 'tag' or 'file'");
		return false;
	}
	if (strcmp(*type, "keyid") == 0)
		*type = tag ? "keyid tag" : "keyid file";
	return true;
}

static bool
no_value(struct args *a, const char *word, struct conf_ident *id)
{
	if (strcmp(word, "address") == 0) {
		id->kind = CONF_ID_ADDRESS;
		return true;
	}
	if (strcmp(word, "asn1dn") == 0) {
		id->kind = CONF_ID_CERT;
		return true;
	}
	arg_error(a, NULL, NULL, "identifier type %s needs a string in double quotes", word);
	return false;
}

bool
arg_ident_value(struct args *a, const struct token *type, const struct conf_ident **out)
{
	const char *word = type_word(a, type);
	struct conf_ident *id = bind_alloc(a->b, sizeof(*id));
	struct tok_buf name;

	if (id == NULL || word == NULL)
		return false;
	id->type = word;
	if (strcmp(word, "keyid tag") == 0)
		word = "keyid";
	else if (!qualifier(a, &id->type))
		return false;
	const struct token *t = arg_peek(a);
	bool address = strcmp(word, "address") == 0;
	bool value = t != NULL && (t->kind == TOK_STRING || (t->kind == TOK_WORD && address));
	if (!value && t != NULL && t->kind == TOK_WORD) {
		arg_error(
		    a, t, "put it in double quotes", "%s is not a string", tok_text(t, &name));
		return false;
	}
	if (!value) {
		if (!no_value(a, word, id))
			return false;
	} else {
		a->at++;
		id->kind = CONF_ID_VALUE;
		if ((id->text = word_copy(a, t->s)) == NULL || !set_value(a, t, word, id))
			return false;
	}
	*out = id;
	return true;
}

bool
arg_ident(struct args *a, const struct conf_ident **out)
{
	const struct token *t = arg_next(a);

	if (t != NULL && tok_is(t, "subnet")) {
		arg_error(a, t, NULL, "identifier type 'subnet' has a meaning in sainfo only");
		return false;
	}
	for (size_t i = 0; t != NULL && types[i] != NULL; i++)
		if (tok_is(t, types[i]))
			return arg_ident_value(a, t, out);
	if (t != NULL && (tok_is(t, "certname") || tok_is(t, "keyid_use")))
		return arg_ident_value(a, t, out);
	arg_unknown(a, t, "an identifier type (address, fqdn, user_fqdn, keyid, asn1dn)",
	    suggest_type(a, t));
	return false;
}
