/* SPDX-License-Identifier: BSD-3-Clause */
/* The top level, `path`, `padding` and `privsep`. */
#include "conf/direct.h"

#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(struct conf, field)

/* Its place is kept: a reload reads the file, and says where it is named if that fails. */
static void
bind_keys(struct args *a, const struct directive *d, void *obj)
{
	struct conf *c = obj;

	dir_string.bind(a, d, obj);
	c->psk_file = a->st->file;
	c->psk_line = a->st->tok[0].line;
}

static void
print_keys(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf *c = obj;

	(void)def;
	if (c->path_psk != NULL)
		pr_line(p, "path %s \"%s\";", d->name, c->path_psk);
}

static const struct dir_type keys_path = { "\"STRING\"", bind_keys, print_keys };

static const struct directive path_rows[] = {
	{ ROW("include", dir_string, AT(path_include)), .flags = DIR_MANY },
	{ ROW("pre_shared_key", keys_path, AT(path_psk)), .flags = DIR_MANY },
	{ ROW("certificate", dir_string, AT(path_cert)), .flags = DIR_MANY },
	{ ROW("script", dir_string, AT(path_script)), .flags = DIR_MANY },
	{ ROW("backupsa", dir_string, AT(path_backupsa)), .flags = DIR_MANY },
	{ ROW("pidfile", dir_string, AT(path_pidfile)), .flags = DIR_MANY },
	{ ROW("logfile", dir_string, AT(path_logfile)), .flags = DIR_MANY },
	{ ROW("runtime", dir_string, AT(path_runtime)), .flags = DIR_MANY },
	{ ROW("state", dir_string, AT(path_state)), .flags = DIR_MANY },
};

DIR_TABLE(dir_path, "path", path_rows);

#undef AT
#define AT(field) offsetof(struct conf_padding, field)

static const struct directive padding_rows[] = {
	{ ROW("randomize", dir_switch, AT(randomize)) },
	{ ROW("randomize_length", dir_switch, AT(randomize_length)) },
	{ ROW("maximum_length", dir_number, AT(maximum_length)), .max = 255 },
	{ ROW("strict_check", dir_switch, AT(strict_check)) },
	{ ROW("restrict_check", dir_switch, AT(strict_check)), .flags = DIR_ALIAS,
	    .note = "write 'strict_check'" },
	{ ROW("exclusive_tail", dir_switch, AT(exclusive_tail)) },
};

DIR_TABLE(dir_padding, "padding", padding_rows);

#undef AT
#define AT(field) offsetof(struct conf_privsep, field)

/* A login name in quotes or a number. */
static void
bind_owner(struct args *a, const struct directive *d, void *obj)
{
	const struct token *t = arg_peek(a);
	const char **out = (const char **)(void *)((char *)obj + d->off);
	uint32_t id;

	if (t != NULL && t->kind == TOK_WORD && word_number(t->s, &id)) {
		a->at++;
		const char *text = word_copy(a, t->s);
		if (text != NULL)
			*out = text;
		return;
	}
	arg_string(a, "a name in quotes or a number", out);
}

static void
print_owner(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const char *v = *(const char *const *)(const void *)((const char *)obj + d->off);

	(void)def;
	if (v != NULL)
		pr_line(p, "%s \"%s\";", d->name, v);
}

static const struct dir_type owner = { "\"NAME\" or NUMBER", bind_owner, print_owner };

static const struct directive privsep_rows[] = {
	{ ROW("user", owner, AT(user)) },
	{ ROW("group", owner, AT(group)) },
	{ ROW("chroot", dir_string, AT(chroot)) },
};

DIR_TABLE(dir_privsep, "privsep", privsep_rows);

#undef AT
#define AT(field) offsetof(struct conf, field)

static const struct dir_word log_words[] = {
	{ "error", LOG_L_ERROR, NULL },
	{ "warning", LOG_L_WARNING, NULL },
	{ "notify", LOG_L_NOTIFY, NULL },
	{ "info", LOG_L_INFO, NULL },
	{ "debug", LOG_L_DEBUG, NULL },
	{ "debug2", LOG_L_DEBUG2, NULL },
	{ "debug3", LOG_L_DEBUG2, "is obsolete and means debug2" },
	{ "debug4", LOG_L_DEBUG2, "is obsolete and means debug2" },
	{ NULL, 0, NULL },
};

static const struct dir_word gss_words[] = { { "utf-16le", 0, NULL }, { "latin1", 1, NULL },
	{ NULL, 0, NULL } };

static const struct dir_word kernel_words[] = {
	{ "auto", CONF_KERNEL_AUTO, NULL },
	{ "xfrm", CONF_KERNEL_XFRM, NULL },
	{ "pfkey", CONF_KERNEL_PFKEY, NULL },
	{ NULL, 0, NULL },
};

static const struct dir_type include = { "\"PATTERN\"", top_include, NULL };

static const struct directive top_rows[] = {
	{ ROW("include", include, 0), .flags = DIR_MANY },
	{ ROW("policy_file", dir_policy_file, AT(policy_patterns)), .flags = DIR_MANY },
	{ ROW("path", dir_sub, 0), .flags = DIR_MANY, .sub = &dir_path },
	{ ROW("log", dir_words, AT(log_level)), .flags = DIR_MANY, .words = log_words },
	{ ROW("pfkey_buffer", dir_number, AT(pfkey_buffer)), .flags = DIR_MANY, .max = 2097151 },
	{ ROW("kernel_interface", dir_words, AT(kernel_interface)), .flags = DIR_MANY,
	    .words = kernel_words },
	{ ROW("gss_id_enc", dir_words, AT(gss_id_enc)), .flags = DIR_MANY, .words = gss_words },
	{ ROW("complex_bundle", dir_switch, AT(complex_bundle)), .flags = DIR_MANY },
	{ ROW("keep_sas", dir_switch, AT(keep_sas)), .flags = DIR_MANY },
	{ ROW("negotiations", dir_number, AT(negotiations)), .flags = DIR_MANY, .min = 1,
	    .max = 100000 },
	{ ROW("greet", dir_switch, AT(greet)), .flags = DIR_MANY },
	{ ROW("padding", dir_block, AT(padding)), .flags = DIR_BLOCK | DIR_MANY,
	    .sub = &dir_padding },
	{ ROW("listen", dir_block, 0), .flags = DIR_BLOCK | DIR_MANY, .sub = &dir_listen },
	{ ROW("timer", dir_block, AT(timers)), .flags = DIR_BLOCK | DIR_MANY, .sub = &dir_timer },
	{ ROW("privsep", dir_block, AT(privsep)), .flags = DIR_BLOCK | DIR_MANY,
	    .sub = &dir_privsep },
	{ ROW("mode_cfg", dir_block, AT(mode_cfg)), .flags = DIR_BLOCK | DIR_MANY,
	    .sub = &dir_mode_cfg },
	{ ROW("ldapcfg", dir_present, AT(ldap)), .flags = DIR_BLOCK | DIR_MANY, .sub = &dir_ldap },
	{ ROW("radiuscfg", dir_present, AT(radius)), .flags = DIR_BLOCK | DIR_MANY,
	    .sub = &dir_radius },
	{ ROW("remote", dir_remote_type, 0), .flags = DIR_MAYBLOCK | DIR_MANY, .sub = &dir_remote },
	{ ROW("sainfo", dir_sainfo_type, 0), .flags = DIR_BLOCK | DIR_MANY, .sub = &dir_sainfo },
	{ ROW("identifier", dir_none, 0), .flags = DIR_REFUSED,
	    .note = "is obsolete: write my_identifier in each remote section" },
	{ ROW("shared_secret", dir_none, 0), .flags = DIR_IGNORED | DIR_MANY,
	    .note = "Apple's; put the key into the file of 'path pre_shared_key'" },
};

DIR_TABLE(dir_top, "the top level", top_rows);
