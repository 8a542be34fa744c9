/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/direct.h"

#include <string.h>

#define AT(field) offsetof(struct conf_mode_cfg, field)

static const struct dir_word auth_words[] = { { "system", CONF_SRC_SYSTEM, NULL },
	{ "radius", CONF_SRC_RADIUS, NULL }, { "pam", CONF_SRC_PAM, NULL },
	{ "ldap", CONF_SRC_LDAP, NULL }, { NULL, 0, NULL } };
static const struct dir_word group_words[] = { { "system", CONF_SRC_SYSTEM, NULL },
	{ "ldap", CONF_SRC_LDAP, NULL }, { NULL, 0, NULL } };
static const struct dir_word conf_words[] = { { "local", CONF_SRC_LOCAL, NULL },
	{ "radius", CONF_SRC_RADIUS, NULL }, { "ldap", CONF_SRC_LDAP, NULL }, { NULL, 0, NULL } };
static const struct dir_word acct_words[] = { { "none", CONF_SRC_NONE, NULL },
	{ "system", CONF_SRC_SYSTEM, NULL }, { "radius", CONF_SRC_RADIUS, NULL },
	{ "pam", CONF_SRC_PAM, NULL }, { NULL, 0, NULL } };

#define STRINGS_MAX 256

/* "a","b", appended to a list. */
static void
bind_strings(struct args *a, const struct directive *d, void *obj)
{
	struct conf_strings *l = (struct conf_strings *)(void *)((char *)obj + d->off);

	do {
		const struct token *t = arg_peek(a);
		const char *s;
		if (!arg_string(a, "a list of strings", &s))
			return;
		if (l->n == STRINGS_MAX) {
			arg_error(a, t, NULL, "more than %d strings in '%s'", STRINGS_MAX, d->name);
			return;
		}
		const char **v = bind_alloc(a->b, (l->n + 1) * sizeof(*v));
		if (v == NULL)
			return;
		if (l->n > 0)
			memcpy(v, l->v, l->n * sizeof(*v));
		v[l->n++] = s;
		l->v = v;
	} while (arg_is(a, TOK_COMMA));
}

static void
print_strings(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_strings *l =
	    (const struct conf_strings *)(const void *)((const char *)obj + d->off);

	(void)def;
	if (l->n == 0)
		return;
	pr_begin(p);
	pr_add(p, "%s ", d->name);
	for (size_t i = 0; i < l->n; i++)
		pr_add(p, "%s\"%s\"", i == 0 ? "" : ", ", l->v[i]);
	pr_add(p, ";\n");
}

static const struct dir_type strings = { "\"STRING\", ...", bind_strings, print_strings };

static void
bind_addrs(struct args *a, const struct directive *d, void *obj)
{
	struct conf_addr_list *l = (struct conf_addr_list *)(void *)((char *)obj + d->off);
	struct tok_buf name;

	do {
		const struct token *t = arg_peek(a);
		struct addr addr;
		if (!arg_addr(a, &addr, NULL))
			return;
		if (addr.family != 4) {
			arg_error(a, t, NULL, "'%s' takes IPv4 addresses, not %s", d->name,
			    tok_text(t, &name));
			return;
		}
		if (l->n == d->max) {
			arg_error(a, t, NULL, "more than %u addresses in '%s'", d->max, d->name);
			return;
		}
		l->v[l->n++] = addr;
	} while (arg_is(a, TOK_COMMA));
}

static void
print_addrs(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_addr_list *l =
	    (const struct conf_addr_list *)(const void *)((const char *)obj + d->off);
	struct addr_buf text;

	(void)def;
	if (l->n == 0)
		return;
	pr_begin(p);
	pr_add(p, "%s ", d->name);
	for (uint8_t i = 0; i < l->n; i++)
		pr_add(p, "%s%s", i == 0 ? "" : ", ", addr_text(&l->v[i], &text));
	pr_add(p, ";\n");
}

static const struct dir_type addrs = { "ADDRESS, ...", bind_addrs, print_addrs };

static const struct dir_word split_words[] = { { "include", 1, NULL }, { "local_lan", 2, NULL },
	{ NULL, 0, NULL } };

#define SPLIT_MAX 256

static bool
add_split(struct args *a, struct conf_mode_cfg *m, const struct token *t, const struct prefix *p)
{
	struct prefix *v;

	if (m->n_split == SPLIT_MAX) {
		arg_error(a, t, NULL, "more than %d networks", SPLIT_MAX);
		return false;
	}
	if ((v = bind_alloc(a->b, (m->n_split + 1) * sizeof(*v))) == NULL)
		return false;
	if (m->n_split > 0)
		memcpy(v, m->split, m->n_split * sizeof(*v));
	v[m->n_split++] = *p;
	m->split = v;
	return true;
}

static void
bind_split(struct args *a, const struct directive *d, void *obj)
{
	struct conf_mode_cfg *m = obj;
	struct tok_buf name;

	(void)d;
	if (!arg_words(a, split_words, &m->split_kind))
		return;
	do {
		const struct token *t = arg_peek(a);
		struct prefix p;
		if (!arg_addr(a, &p.addr, NULL))
			return;
		if (p.addr.family != 4) {
			arg_error(
			    a, t, NULL, "split networks are IPv4, not %s", tok_text(t, &name));
			return;
		}
		if (!arg_prefix_len(a, &p.addr, &p.len) || !add_split(a, m, t, &p))
			return;
	} while (arg_is(a, TOK_COMMA));
}

static void
print_split(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_mode_cfg *m = obj;
	struct addr_buf text;

	(void)def;
	if (m->n_split == 0)
		return;
	pr_begin(p);
	pr_add(p, "%s %s ", d->name, m->split_kind == 1 ? "include" : "local_lan");
	for (size_t i = 0; i < m->n_split; i++)
		pr_add(p, "%s%s/%u", i == 0 ? "" : ", ", addr_text(&m->split[i].addr, &text),
		    (unsigned)m->split[i].len);
	pr_add(p, ";\n");
}

static const struct dir_type split = { "include|local_lan NETWORK, ...", bind_split, print_split };

static const struct directive rows[] = {
	{ ROW("auth_source", dir_words, AT(auth_source)), .words = auth_words },
	{ ROW("auth_groups", strings, AT(auth_groups)), .flags = DIR_MANY },
	{ ROW("group_source", dir_words, AT(group_source)), .words = group_words },
	{ ROW("conf_source", dir_words, AT(conf_source)), .words = conf_words },
	{ ROW("accounting", dir_words, AT(accounting)), .words = acct_words },
	{ ROW("network4", dir_addr4, AT(network4)) },
	{ ROW("netmask4", dir_addr4, AT(netmask4)) },
	{ ROW("pool_size", dir_number, AT(pool_size)), .min = 1, .max = 16777216 },
	{ ROW("dns4", addrs, AT(dns4)), .flags = DIR_MANY, .max = CONF_DNS_MAX },
	{ ROW("wins4", addrs, AT(wins4)), .flags = DIR_MANY, .max = CONF_WINS_MAX },
	{ ROW("nbns4", addrs, AT(wins4)), .flags = DIR_MANY | DIR_ALIAS, .max = CONF_WINS_MAX },
	{ ROW("default_domain", dir_string, AT(default_domain)) },
	{ ROW("split_network", split, 0), .flags = DIR_MANY },
	{ ROW("split_dns", strings, AT(split_dns)), .flags = DIR_MANY },
	{ ROW("banner", dir_string, AT(banner)) },
	{ ROW("pfs_group", dir_number, AT(pfs_group)), .max = 65535 },
	{ ROW("save_passwd", dir_switch, AT(save_passwd)) },
	{ ROW("auth_throttle", dir_number, AT(auth_throttle)), .max = 10 },
};

DIR_TABLE(dir_mode_cfg, "mode_cfg", rows);
