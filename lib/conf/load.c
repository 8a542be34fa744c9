/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: each top-level statement is read into a tree, bound and forgotten before the next, so that
 * `path include` holds from where it stands, an `include` reads its files in its place, and the trees need
 * little memory.
 */
#include "conf/direct.h"

#include <stdlib.h>
#include <string.h>

/* A snapshot of 10,000 peers takes some tens of megabytes; this is a bound, not a need. */
#define CONF_BYTES_MAX ((size_t)1 << 30)
#define TREE_BYTES_MAX ((size_t)1 << 26)

static void
wipe(void *p, size_t n)
{
	volatile uint8_t *v = p;

	while (n-- > 0)
		*v++ = 0;
}

static void
bind_text(struct bind *b, const char *file, struct slice text)
{
	struct lex lex;

	lex_init(&lex, &b->src, file, text);
	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) {
		source_lenient(
		    &b->src, (struct place){ file, 1, 1 }, NULL, "the byte order mark is ignored");
		lex.at = 3;
	}
	while (!b->src.nomem) {
		size_t said = b->src.diags->n;
		struct arena mem = { .limit = TREE_BYTES_MAX };
		struct stmt *st;
		ike_err err = tree_next(&lex, &mem, &st);
		if (err != IKE_OK)
			b->src.nomem = true;
		else if (st != NULL)
			direct_statement(b, &dir_top, st, b->conf, NULL);
		diag_sort(b->src.diags, said, file);
		arena_free(&mem);
		if (err != IKE_OK || st == NULL)
			return;
	}
}

void
conf_digest_add(struct conf *c, const char *path, struct slice text)
{
	uint8_t key[16] = { 0 };

	memcpy(key, &c->digest, sizeof(c->digest));
	c->digest = siphash24(key, slice_str(path));
	memcpy(key + 8, &c->digest, sizeof(c->digest));
	c->digest = siphash24(key, text);
}

bool
load_text(struct args *a, const char *path, struct buf *out)
{
	ike_err err = a->b->reader->read(a->b->reader->arg, path, out);

	if (err == IKE_OK) {
		conf_digest_add(a->b->conf, path, buf_slice(out));
		return true;
	}
	if (err == IKE_E_NOMEM)
		a->b->src.nomem = true;
	else
		arg_error(a, &a->st->tok[0], NULL, "cannot read '%s': %s", path, ike_err_text(err));
	return false;
}

/* Read one file, which |from| (NULL: the caller of conf_parse) named. */
static ike_err
load_file(struct bind *b, const char *path, struct args *from)
{
	struct buf text = { 0 };
	struct place top = { path, 0, 0 };
	const char *name = arena_strdup(&b->conf->mem, path);
	ike_err err = name == NULL ? IKE_E_NOMEM : b->reader->read(b->reader->arg, path, &text);

	if (err == IKE_OK) {
		conf_digest_add(b->conf, path, buf_slice(&text));
		bind_text(b, name, buf_slice(&text));
	} else if (err == IKE_E_NOMEM)
		b->src.nomem = true;
	else
		source_say(&b->src, CONF_ERROR,
		    from == NULL ? top : arg_place(from, &from->st->tok[0]), NULL,
		    "cannot read '%s': %s", path, ike_err_text(err));
	/* It may hold bind_pw and RADIUS secrets. */
	if (text.p != NULL)
		wipe(text.p, text.n);
	buf_free(&text);
	return IKE_OK;
}

struct walk {
	struct bind *b;
	struct args *from;
};

bool
load_count(struct bind *b, struct args *from)
{
	if (b->files++ == CONF_FILES_MAX)
		arg_error(from, &from->st->tok[0], NULL, "more than %d files are included",
		    CONF_FILES_MAX);
	return b->files <= CONF_FILES_MAX;
}

static ike_err
each_path(void *arg, const char *path)
{
	struct walk *w = arg;

	return load_count(w->b, w->from) ? load_file(w->b, path, w->from) : IKE_E_FULL;
}

/* |pattern| below |dir| (NULL: beside the file of |a|), unless it is absolute. */
static const char *
below(struct args *a, const char *dir, const char *pattern)
{
	const char *slash = strrchr(a->st->file, '/');
	size_t nd = dir != NULL ? strlen(dir) : slash != NULL ? (size_t)(slash - a->st->file) : 0;
	size_t np = strlen(pattern);

	if (pattern[0] == '/' || pattern[0] == '~' || (dir == NULL && slash == NULL))
		return pattern;
	char *p = bind_alloc(a->b, nd + np + 2);
	if (p == NULL)
		return pattern;
	memcpy(p, dir != NULL ? dir : a->st->file, nd);
	p[nd] = '/';
	memcpy(p + nd + 1, pattern, np);
	return p;
}

const char *
beside_file(struct args *a, const char *pattern)
{
	return below(a, NULL, pattern);
}

void
top_include(struct args *a, const struct directive *d, void *obj)
{
	struct walk w = { a->b, a };
	const char *pattern;
	const struct token *t = arg_peek(a);
	struct tok_buf name;

	(void)d;
	(void)obj;
	if (!arg_string(a, "the name of a file, or a pattern", &pattern))
		return;
	if (a->b->depth == CONF_INCLUDE_DEPTH) {
		arg_error(
		    a, t, NULL, "files include each other more than %d deep", CONF_INCLUDE_DEPTH);
		return;
	}
	/* from `path include` or else from the directory of the file that includes it */
	pattern = below(a, a->b->conf->path_include, pattern);
	if (a->b->src.nomem)
		return;
	a->b->depth++;
	ike_err err = a->b->reader->glob(a->b->reader->arg, pattern, each_path, &w);
	a->b->depth--;
	if (err == IKE_E_NOTFOUND)
		arg_lenient(a, t, NULL, "no file matches %s", tok_text(t, &name));
	else if (err == IKE_E_NOMEM)
		a->b->src.nomem = true;
	else if (err != IKE_OK && err != IKE_E_FULL)
		arg_error(
		    a, t, NULL, "cannot look for %s: %s", tok_text(t, &name), ike_err_text(err));
}

static ike_err
main_path(void *arg, const char *path)
{
	struct bind *b = arg;

	b->files++;
	return load_file(b, path, NULL);
}

static void
load_main(struct bind *b, const char *path)
{
	ike_err err = b->reader->glob(b->reader->arg, path, main_path, b);

	if (err == IKE_E_NOMEM)
		b->src.nomem = true;
	else if (err != IKE_OK)
		source_say(&b->src, CONF_ERROR, (struct place){ path, 0, 0 }, NULL,
		    "cannot read the configuration: %s",
		    err == IKE_E_NOTFOUND ? "no such file" : ike_err_text(err));
}

ike_err
conf_parse(
    const struct conf_reader *reader, const char *path, struct conf_diags *diags, struct conf **out)
{
	struct conf *c = calloc(1, sizeof(*c));
	struct bind b = {
		.src = { .diags = diags }, .conf = c, .reader = reader, .main_file = path
	};
	size_t before = diags->errors;

	if (c == NULL)
		return IKE_E_NOMEM;
	c->refs = 1;
	c->mem.limit = CONF_BYTES_MAX;
	conf_defaults(c);
	load_main(&b, path);
	if (!b.src.nomem)
		policies_finish(&b);
	if (!b.src.nomem)
		resolve_conf(&b);
	if (!b.src.nomem)
		index_build(&b);
	htab_fini(&b.names);
	if (b.src.nomem || diags->errors > before) {
		conf_unref(c);
		return b.src.nomem ? IKE_E_NOMEM : IKE_E_SYNTAX;
	}
	*out = c;
	return IKE_OK;
}

struct conf *
conf_ref(struct conf *c)
{
	c->refs++;
	return c;
}

static void
wipe_string(const char *s)
{
	if (s != NULL)
		wipe((char *)(uintptr_t)s, strlen(s));
}

void
conf_unref(struct conf *c)
{
	if (c == NULL || --c->refs > 0)
		return;
	wipe_string(c->ldap.bind_pw);
	for (uint8_t i = 0; i < c->radius.n_auth; i++)
		wipe_string(c->radius.auth[i].secret);
	for (uint8_t i = 0; i < c->radius.n_acct; i++)
		wipe_string(c->radius.acct[i].secret);
	arena_free(&c->mem);
	free(c);
}
