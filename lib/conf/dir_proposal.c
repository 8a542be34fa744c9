/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/remote_bind.h"

#define AT(field) offsetof(struct conf_proposal, field)

static struct prop_algs *
list_at(void *obj, const struct directive *d)
{
	return (struct prop_algs *)(void *)((char *)obj + d->off);
}

/* What only protects IPsec traffic cannot protect IKE. */
static bool
for_ike(enum alg_id id)
{
	const struct alg *alg = alg_get(id);

	return id != ENCR_NULL && id != ENCR_NULL_AES_GMAC && id != ENCR_DES_IV64 &&
	       id != ENCR_DES_IV32 && id != ENCR_3IDEA && id != ENCR_RC4 &&
	       (alg->v1_ike != ALG_NO_NUMBER || alg->v2 != ALG_NO_NUMBER);
}

static void
bind_encr(struct args *a, const struct directive *d, void *obj)
{
	const struct token *t = arg_peek(a);
	struct prop_algs l = { 0 };

	if (!arg_algs(a, ALG_ENCR, &l))
		return;
	for (uint8_t i = 0; i < l.n; i++) {
		if (!for_ike(l.v[i].id)) {
			arg_error(a, t, NULL, "'%s' cannot be used in a proposal, only in sainfo",
			    alg_get(l.v[i].id)->conf[0]);
			return;
		}
	}
	*list_at(obj, d) = l;
}

static void
print_encr(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	(void)def;
	pr_algs(p, d->name, (const struct prop_algs *)(const void *)((const char *)obj + d->off));
}

static const struct dir_type encr = { "ALGORITHM [BITS], ...", bind_encr, print_encr };

static void
bind_list(struct args *a, const struct directive *d, void *obj)
{
	struct prop_algs l = { 0 };

	if (arg_algs(a, (enum alg_kind)d->max, &l))
		*list_at(obj, d) = l;
}

static const struct dir_type list = { "ALGORITHM, ...", bind_list, print_encr };

static void
bind_auth(struct args *a, const struct directive *d, void *obj)
{
	struct prop_alg alg;

	(void)d;
	if (arg_alg(a, ALG_AUTH, &alg))
		((struct conf_proposal *)obj)->auth = alg.id;
}

static void
print_auth(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_proposal *b = obj;

	(void)def;
	if (b->auth != ALG_ID_NONE)
		pr_line(p, "%s %s;", d->name, alg_get(b->auth)->conf[0]);
}

static const struct dir_type auth = { "METHOD", bind_auth, print_auth };

static const struct directive lifetime_rows[] = {
	{ ROW("time", dir_life, AT(life_sec)), .min = 1 },
	{ ROW("byte", dir_none, 0), .flags = DIR_REFUSED,
	    .note = "is not supported: a lifetime is given in time only" },
};

DIR_TABLE(dir_proposal_lifetime, "lifetime of proposal", lifetime_rows);

static const struct directive rows[] = {
	{ ROW("encryption_algorithm", encr, AT(encr)) },
	{ ROW("hash_algorithm", list, AT(hash)), .max = ALG_HASH },
	{ ROW("prf_algorithm", list, AT(prf)), .max = ALG_PRF },
	{ ROW("authentication_method", auth, AT(auth)) },
	{ ROW("dh_group", list, AT(ke)), .max = ALG_KE },
	{ ROW("lifetime", dir_sub, 0), .sub = &dir_proposal_lifetime },
	{ ROW("gss_id", dir_string, AT(gss_id)) },
	{ ROW("gssapi_id", dir_string, AT(gss_id)), .flags = DIR_ALIAS },
	{ ROW("strength", dir_none, 0), .flags = DIR_REFUSED,
	    .note = "never had an effect: leave it out" },
};

DIR_TABLE(dir_proposal, "proposal", rows);

static void
bind_proposal(struct args *a, const struct directive *d, void *obj)
{
	struct remote_bind *rb = obj;
	const struct token *t = &a->st->tok[0];
	struct conf_proposal blk = { .file = a->st->file, .line = t->line, .col = t->col };

	if (a->at != a->st->n || !a->st->block)
		return;
	direct_block(a->b, d->sub, a->st->kids, &blk);
	if (blk.gss_id != NULL && blk.auth != AUTH_GSSAPI_KRB)
		arg_error(a, t, NULL, "'gss_id' needs authentication_method gssapi_krb");
	if (bind_grow(
		a->b, (void **)&rb->blocks, rb->n_blocks, &rb->cap_blocks, sizeof(*rb->blocks)))
		rb->blocks[rb->n_blocks++] = blk;
}

static void
print_proposal(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_remote *r = obj;
	static const struct conf_proposal none = { .file = NULL };

	(void)def;
	for (size_t i = 0; i < r->n_blocks; i++) {
		pr_line(p, "%s {", d->name);
		p->indent++;
		pr_table(p, d->sub, &r->blocks[i], &none);
		p->indent--;
		pr_line(p, "}");
	}
	for (size_t i = 0; i < r->v2.n; i++)
		pr_prop(p, "ikev2", &r->v2.v[i]);
	for (size_t i = 0; i < r->v1.n; i++)
		pr_prop(p, "ikev1", &r->v1.v[i]);
}

const struct dir_type remote_proposal = { "{ ... }", bind_proposal, print_proposal };
