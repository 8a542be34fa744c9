/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/direct.h"

#include <string.h>

static bool
add_addr(struct bind *b, const struct conf_listen_addr *la)
{
	struct conf_listen *l = &b->conf->listen;
	struct conf_listen_addr *v = bind_alloc(b, (l->n + 1) * sizeof(*v));

	if (v == NULL)
		return false;
	if (l->n > 0)
		memcpy(v, l->v, l->n * sizeof(*v));
	v[l->n++] = *la;
	l->v = v;
	return true;
}

#define LISTEN_MAX 1024

static void
bind_isakmp(struct args *a, const struct directive *d, void *obj)
{
	struct conf_listen_addr la = { .natt = strcmp(d->name, "isakmp_natt") == 0 };
	const struct token *t = arg_peek(a);

	(void)obj;
	la.at.port = la.natt ? 4500 : 500;
	if (!arg_addr(a, &la.at.addr, &la.ifname) || !arg_port(a, &la.at.port))
		return;
	if (a->b->conf->listen.n == LISTEN_MAX)
		arg_error(a, t, NULL, "more than %u addresses to listen on", (unsigned)LISTEN_MAX);
	else
		(void)add_addr(a->b, &la);
}

static void
print_isakmp(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_listen *l = &((const struct conf *)obj)->listen;
	bool natt = strcmp(d->name, "isakmp_natt") == 0;
	struct addr_buf text;

	(void)def;
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].natt == natt)
			pr_line(p, "%s %s%s%s [%u];", d->name, addr_text(&l->v[i].at.addr, &text),
			    l->v[i].ifname == NULL ? "" : "%",
			    l->v[i].ifname == NULL ? "" : l->v[i].ifname,
			    (unsigned)l->v[i].at.port);
}

static const struct dir_type isakmp = { "ADDRESS [[PORT]]", bind_isakmp, print_isakmp };

/* Written like 0660. */
static bool
octal(struct slice s, uint32_t *out)
{
	uint32_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '7' || s.n > 5)
			return false;
		v = v * 8 + (s.p[i] - '0');
	}
	*out = v;
	return s.n > 0 && v <= 0777;
}

static void
bind_adminsock(struct args *a, const struct directive *d, void *obj)
{
	struct conf_adminsock as = { .mode = 0600 };
	struct tok_buf name;

	(void)d;
	if (arg_word_is(a, "disabled")) {
		as.disabled = true;
	} else if (!arg_string(a, "the path of the control socket, or 'disabled'", &as.path)) {
		return;
	} else if (arg_peek(a) != NULL) {
		if (!arg_string(a, "the owner of the control socket", &as.owner) ||
		    !arg_string(a, "the group of the control socket", &as.group))
			return;
		const struct token *t = arg_next(a);
		if (t == NULL || t->kind != TOK_WORD || !octal(t->s, &as.mode)) {
			arg_error(a, t, "octal, such as 0660",
			    "%s is no mode of the control socket",
			    t == NULL ? "nothing" : tok_text(t, &name));
			return;
		}
	}
	((struct conf *)obj)->adminsock = as;
}

static void
print_adminsock(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_adminsock *as = &((const struct conf *)obj)->adminsock;

	(void)def;
	if (as->disabled)
		pr_line(p, "%s disabled;", d->name);
	else if (as->owner != NULL)
		pr_line(p, "%s \"%s\" \"%s\" \"%s\" 0%03o;", d->name, as->path, as->owner,
		    as->group, as->mode);
	else if (as->path != NULL)
		pr_line(p, "%s \"%s\";", d->name, as->path);
}

static const struct dir_type adminsock = { "\"PATH\" [\"OWNER\" \"GROUP\" MODE] or disabled",
	bind_adminsock, print_adminsock };

static const struct directive rows[] = {
	{ ROW("isakmp", isakmp, 0), .flags = DIR_MANY },
	{ ROW("isakmp_natt", isakmp, 0), .flags = DIR_MANY },
	{ ROW("adminsock", adminsock, 0) },
	{ ROW("strict_address", dir_flag, offsetof(struct conf, listen.strict)) },
	{ ROW("admin", dir_none, 0), .flags = DIR_REFUSED,
	    .note = "(a TCP control port) is not supported: use adminsock" },
};

DIR_TABLE(dir_listen, "listen", rows);
