/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/direct.h"

#include <string.h>

#define AT(field) offsetof(struct conf_sainfo, field)

static struct prop_algs *
list_at(void *obj, const struct directive *d)
{
	return (struct prop_algs *)(void *)((char *)obj + d->off);
}

/* Lists of several lines add up, as in racoon. */
static void
bind_list(struct args *a, const struct directive *d, void *obj)
{
	arg_algs(a, (enum alg_kind)d->max, list_at(obj, d));
}

static void
print_list(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_sainfo *s = obj;
	bool built_in = d->off == AT(encr)    ? s->encr_default
			: d->off == AT(integ) ? s->integ_default
					      : s->comp_default;

	(void)def;
	if (pr_wanted(p, built_in))
		pr_algs(p, d->name, list_at((void *)obj, d));
}

static const struct dir_type list = { "ALGORITHM [BITS], ...", bind_list, print_list };

static void
bind_pfs(struct args *a, const struct directive *d, void *obj)
{
	struct prop_alg alg;
	const struct token *t = arg_peek(a);

	(void)d;
	if (!arg_alg(a, ALG_KE, &alg))
		return;
	if ((alg_get(alg.id)->flags & ALG_UNUSABLE) != 0)
		arg_error(a, t, "modp3072, ecp256, x25519 ...", "group '%s' is not supported",
		    alg_get(alg.id)->conf[0]);
	else
		((struct conf_sainfo *)obj)->pfs_group = alg.id;
}

static void
print_pfs(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_sainfo *s = obj;

	(void)def;
	if (s->pfs_group != ALG_ID_NONE)
		pr_line(p, "%s %s;", d->name, alg_get(s->pfs_group)->conf[0]);
}

static const struct dir_type pfs = { "GROUP", bind_pfs, print_pfs };

static const struct directive lifetime_rows[] = {
	{ ROW("time", dir_life, AT(life_sec)), .min = 1 },
	{ ROW("byte", dir_none, 0), .flags = DIR_REFUSED,
	    .note = "is not supported: a lifetime is given in time only" },
};

DIR_TABLE(dir_sainfo_lifetime, "lifetime of sainfo", lifetime_rows);

static const struct directive rows[] = {
	{ ROW("pfs_group", pfs, 0) },
	{ ROW("lifetime", dir_sub, 0), .sub = &dir_sainfo_lifetime },
	{ ROW("remoteid", dir_number, AT(remoteid)) },
	{ ROW("encryption_algorithm", list, AT(encr)), .flags = DIR_MANY, .max = ALG_ENCR },
	{ ROW("authentication_algorithm", list, AT(integ)), .flags = DIR_MANY, .max = ALG_INTEG },
	{ ROW("compression_algorithm", list, AT(comp)), .flags = DIR_MANY, .max = ALG_COMP },
	{ ROW("my_identifier", dir_none, 0), .flags = DIR_REFUSED, .note = "belongs to remote" },
	{ ROW("identifier", dir_none, 0), .flags = DIR_REFUSED,
	    .note = "is obsolete: write my_identifier in remote" },
};

DIR_TABLE(dir_sainfo, "sainfo", rows);
