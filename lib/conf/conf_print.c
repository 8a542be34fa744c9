/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/direct.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void __attribute__((format(printf, 2, 0)))
add_v(struct printer *p, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	if (p->err != IKE_OK)
		return;
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || (p->err = buf_reserve(p->out, (size_t)n + 1)) != IKE_OK)
		return;
	vsnprintf((char *)p->out->p + p->out->n, (size_t)n + 1, fmt, ap);
	p->out->n += (size_t)n;
}

void
pr_add(struct printer *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_v(p, fmt, ap);
	va_end(ap);
}

void
pr_begin(struct printer *p)
{
	for (unsigned i = 0; i < p->indent; i++)
		pr_add(p, "\t");
}

void
pr_line(struct printer *p, const char *fmt, ...)
{
	va_list ap;

	pr_begin(p);
	va_start(ap, fmt);
	add_v(p, fmt, ap);
	va_end(ap);
	pr_add(p, "\n");
}

bool
pr_wanted(const struct printer *p, bool is_default)
{
	return !is_default || (p->flags & CONF_PRINT_BRIEF) == 0;
}

void
pr_table(struct printer *p, const struct dir_table *t, const void *obj, const void *def)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct directive *d = &t->v[i];
		if ((d->flags & DIR_ALIAS) == 0 && d->type->print != NULL)
			d->type->print(p, d, obj, def);
	}
}

/* A block in which everything is at its default does not appear in the brief form. */
void
pr_block(struct printer *p, const char *head, const struct dir_table *t, const void *obj,
    const void *def)
{
	size_t before = p->out->n;

	pr_line(p, "%s {", head);
	size_t empty = p->out->n;
	p->indent++;
	pr_table(p, t, obj, def);
	p->indent--;
	if (p->out->n == empty && p->err == IKE_OK)
		p->out->n = before;
	else
		pr_line(p, "}");
}

static void
add_alg(struct printer *p, const struct prop_alg *v, const char *before)
{
	const struct alg *alg = alg_get(v->id);
	const char *word = alg->conf[0] == NULL ? alg->name : alg->conf[0];

	if (v->bits != 0)
		pr_add(p, "%s%s %u", before, word, (unsigned)v->bits);
	else
		pr_add(p, "%s%s", before, word);
}

void
pr_algs(struct printer *p, const char *name, const struct prop_algs *l)
{
	if (l->n == 0)
		return;
	pr_begin(p);
	pr_add(p, "%s", name);
	for (uint8_t i = 0; i < l->n; i++)
		add_alg(p, &l->v[i], i == 0 ? " " : ", ");
	pr_add(p, ";\n");
}

void
pr_ident(struct printer *p, const char *directive, const struct conf_ident *id)
{
	if (id->text == NULL)
		pr_line(p, "%s %s;", directive, id->type);
	else
		pr_line(p, "%s %s \"%s\";", directive, id->type, id->text);
}

static void
add_list(struct printer *p, const char *name, const struct prop_algs *l)
{
	if (l->n == 0)
		return;
	pr_add(p, " %s", name);
	for (uint8_t i = 0; i < l->n; i++)
		add_alg(p, &l->v[i], i == 0 ? " " : ", ");
	pr_add(p, ";");
}

/* What a section means on the wire, as a comment. */
void
pr_prop(struct printer *p, const char *what, const struct prop *prop)
{
	pr_begin(p);
	pr_add(p, "# %s:", what);
	add_list(p, "encryption", &prop->encr);
	add_list(p, "integrity", &prop->integ);
	add_list(p, "prf", &prop->prf);
	add_list(p, "group", &prop->ke);
	if (prop->auth != ALG_ID_NONE)
		pr_add(p, " %s;", alg_get(prop->auth)->conf[0]);
	if (prop->life_sec != 0)
		pr_add(p, " %u sec;", prop->life_sec);
	pr_add(p, "\n");
}

static void
print_section(struct printer *p, const char *name, const struct dir_type *type, const void *obj,
    const void *def)
{
	const struct directive *row = direct_find(&dir_top, slice_str(name));

	type->print(p, row, obj, def);
}

static void
print_remotes(struct printer *p, const struct conf *c)
{
	struct conf_remote def;

	memset(&def, 0, sizeof(def));
	remote_defaults(&def);
	for (size_t i = 0; i < c->n_remotes && p->err == IKE_OK; i++)
		print_section(p, "remote", &dir_remote_type, c->remotes[i], &def);
}

static void
print_sainfos(struct printer *p, const struct conf *c)
{
	struct conf_sainfo def;

	memset(&def, 0, sizeof(def));
	sainfo_defaults(&def);
	for (size_t i = 0; i < c->n_sainfos && p->err == IKE_OK; i++)
		print_section(p, "sainfo", &dir_sainfo_type, c->sainfos[i], &def);
}

ike_err
conf_print(const struct conf *c, unsigned flags, struct buf *out)
{
	struct printer p = { .out = out, .flags = flags };
	struct conf def;

	memset(&def, 0, sizeof(def));
	conf_defaults(&def);
	for (size_t i = 0; i < dir_top.n; i++) {
		const struct directive *d = &dir_top.v[i];
		if (d->type == &dir_remote_type)
			print_remotes(&p, c);
		else if (d->type == &dir_sainfo_type)
			print_sainfos(&p, c);
		else if (d->type->print != NULL)
			d->type->print(&p, d, c, &def);
	}
	return p.err;
}

ike_err
conf_print_remote(const struct conf_remote *r, unsigned flags, struct buf *out)
{
	struct printer p = { .out = out, .flags = flags };
	struct conf_remote def;

	memset(&def, 0, sizeof(def));
	remote_defaults(&def);
	print_section(&p, "remote", &dir_remote_type, r, &def);
	return p.err;
}

ike_err
conf_print_sainfo(const struct conf_sainfo *s, unsigned flags, struct buf *out)
{
	struct printer p = { .out = out, .flags = flags };
	struct conf_sainfo def;

	memset(&def, 0, sizeof(def));
	sainfo_defaults(&def);
	print_section(&p, "sainfo", &dir_sainfo_type, s, &def);
	return p.err;
}
