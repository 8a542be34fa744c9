/* SPDX-License-Identifier: BSD-3-Clause */
/* `ldapcfg` and `radiuscfg`: who is asked about XAuth users. */
#include "conf/direct.h"

#include <string.h>

#define AT(field) offsetof(struct conf_ldap, field)

static const struct directive ldap_rows[] = {
	{ ROW("version", dir_number, AT(version)), .min = 2, .max = 3 },
	{ ROW("uri", dir_string, AT(uri)) },
	{ ROW("host", dir_string, AT(host)) },
	{ ROW("port", dir_number, AT(port)), .min = 1, .max = 65535 },
	{ ROW("tls", dir_switch, AT(tls)) },
	{ ROW("base", dir_string, AT(base)) },
	{ ROW("subtree", dir_switch, AT(subtree)) },
	{ ROW("bind_dn", dir_string, AT(bind_dn)) },
	{ ROW("bind_pw", dir_secret, AT(bind_pw)) },
	{ ROW("attr_user", dir_string, AT(attr_user)) },
	{ ROW("attr_addr", dir_string, AT(attr_addr)) },
	{ ROW("attr_mask", dir_string, AT(attr_mask)) },
	{ ROW("attr_group", dir_string, AT(attr_group)) },
	{ ROW("attr_member", dir_string, AT(attr_member)) },
	{ ROW("timeout", dir_number, AT(timeout)), .min = 1, .max = 3600 },
	{ ROW("debug", dir_number, AT(debug)) },
};

DIR_TABLE(dir_ldap, "ldapcfg", ldap_rows);

#undef AT
#define AT(field) offsetof(struct conf_radius, field)

static void
bind_server(struct args *a, const struct directive *d, void *obj)
{
	struct conf_radius *r = obj;
	struct conf_radius_server s = { 0 }, *v = strcmp(d->name, "auth") == 0 ? r->auth : r->acct;
	uint8_t *n = v == r->auth ? &r->n_auth : &r->n_acct;
	const struct token *t = arg_peek(a);

	if (!arg_string(a, "the name of the server", &s.host))
		return;
	const struct token *pt = arg_peek(a);
	if (pt != NULL && pt->kind == TOK_LBRACKET) {
		arg_error(
		    a, pt, "leave out the brackets", "the port of a server is a plain number");
		return;
	}
	if (pt != NULL && pt->kind == TOK_WORD && !arg_number(a, "a port", 0, 65535, &s.port))
		return;
	if (!arg_string(a, "the shared secret", &s.secret))
		return;
	if (*n == CONF_RADIUS_MAX)
		arg_error(a, t, NULL, "more than %d servers", CONF_RADIUS_MAX);
	else
		v[(*n)++] = s;
}

static void
print_server(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_radius *r = obj;
	bool auth = strcmp(d->name, "auth") == 0;
	const struct conf_radius_server *v = auth ? r->auth : r->acct;

	(void)def;
	for (uint8_t i = 0; i < (auth ? r->n_auth : r->n_acct); i++)
		pr_line(p, "%s \"%s\" %u \"%s\";", d->name, v[i].host, v[i].port,
		    (p->flags & CONF_PRINT_SECRETS) != 0 ? v[i].secret : "*");
}

static const struct dir_type server = { "\"HOST\" [PORT] \"SECRET\"", bind_server, print_server };

static const struct directive radius_rows[] = {
	{ ROW("auth", server, 0), .flags = DIR_MANY },
	{ ROW("acct", server, 0), .flags = DIR_MANY },
	{ ROW("timeout", dir_number, AT(timeout)), .min = 1, .max = 3600 },
	{ ROW("retries", dir_number, AT(retries)), .max = 100 },
};

DIR_TABLE(dir_radius, "radiuscfg", radius_rows);
