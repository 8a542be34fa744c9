/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `policy_file`: files in setkey's language, of which only the policies count.
 *
 * How it works: each file is a script of its own that runs on an empty SPD; the policies that are there in the end are
 * what it wants, and what all files want together is wanted.  So `spdflush` and `spddelete` concern the file they stand
 * in, which lets several files begin with `spdflush; flush;`.  As with setkey on Linux each inbound policy brings its
 * forward twin, unless the file writes that one as well.
 */
#include "conf/direct.h"
#include "keylang/stmt.h"

#include <string.h>

/* One file under way. */
struct script {
	struct bind *b;
	const char *file; /* in the snapshot's memory */
	const char *text;
	size_t first; /* of b->policies that is this file's */
	size_t seen;  /* offset of |at|: statements come in order, so that each line is counted once */
	struct place at;
};

static struct place
at_stmt(struct script *s, const struct setkey_stmt *st)
{
	for (; s->seen < st->at; s->seen++) {
		s->at.col++;
		if (s->text[s->seen] == '\n') {
			s->at.line++;
			s->at.col = 1;
		}
	}
	return s->at;
}

static void
on_warning(void *arg, unsigned line, const char *text)
{
	struct script *s = arg;

	source_say(&s->b->src, CONF_WARNING, (struct place){ s->file, line, 1 }, NULL, "%s", text);
}

/* "line 3: unknown level at [x]": the line is said already. */
static const char *
without_line(const char *error)
{
	const char *colon = strncmp(error, "line ", 5) == 0 ? strstr(error, ": ") : NULL;

	return colon == NULL ? error : colon + 2;
}

/* --- the set --- */

static bool
of_this_file(const struct script *s, const struct conf_policy *p)
{
	return strcmp(p->file, s->file) == 0;
}

static struct conf_policy *
find(const struct script *s, const struct sp_id *id)
{
	return policy_table_find(&s->b->conf->policy_table, id);
}

static void
drop(struct script *s, struct conf_policy *p)
{
	policy_table_remove(&s->b->conf->policy_table, p);
	p->gone = true;
}

static void
append(struct script *s, const struct sp_spec *sp, unsigned line, bool twin)
{
	struct bind *b = s->b;
	void *v = b->policies;
	struct conf_policy *p = bind_alloc(b, sizeof(*p));

	if (p == NULL || !bind_grow(b, &v, b->n_policies, &b->cap_policies, sizeof(*b->policies)))
		return;
	b->policies = v;
	*p = (struct conf_policy){ .spec = *sp, .file = s->file, .line = line, .twin = twin };
	if (policy_table_add(b, p))
		b->policies[b->n_policies++] = p;
}

/* Is there another with the direction and selector of |sp|?  Then say so; true: |sp| does not count. */
static bool
is_double(struct script *s, const struct setkey_stmt *st, const struct sp_spec *sp)
{
	struct conf_policy *old = find(s, &sp->id);

	if (old == NULL)
		return false;
	if (old->twin && of_this_file(s, old)) {
		drop(s, old);
		return false;
	}
	if (conf_policy_same(&old->spec, sp))
		source_say(&s->b->src, CONF_WARNING, at_stmt(s, st), NULL,
		    "this policy is there already, from %s:%u", old->file, old->line);
	else
		source_say(&s->b->src, CONF_ERROR, at_stmt(s, st),
		    of_this_file(s, old) ? "spdupdate replaces it" : "delete one of them",
		    "another policy for the same packets stands at %s:%u", old->file, old->line);
	return true;
}

static void
add_twin(struct script *s, const struct setkey_stmt *st, const struct sp_spec *in)
{
	struct conf_policy *old;
	struct sp_spec fwd;

	if (!setkey_fwd_twin(in, &fwd))
		return;
	old = find(s, &fwd.id);
	if (old == NULL)
		append(s, &fwd, st->line, true);
	else if (old->twin && of_this_file(s, old))
		old->spec = fwd;
}

static void
spdadd(struct script *s, const struct setkey_stmt *st)
{
	const struct sp_spec *sp = &st->sp->spec;

	if (is_double(s, st, sp))
		return;
	append(s, sp, st->line, false);
	add_twin(s, st, sp);
}

static void
spdupdate(struct script *s, const struct setkey_stmt *st)
{
	struct conf_policy *old = find(s, &st->sp->spec.id);

	if (old == NULL || !of_this_file(s, old)) {
		spdadd(s, st);
		return;
	}
	old->spec = st->sp->spec;
	old->line = st->line;
	old->twin = false;
	add_twin(s, st, &old->spec);
}

static void
spddelete(struct script *s, const struct setkey_stmt *st)
{
	struct sp_spec gone = st->sp->spec, fwd;
	struct conf_policy *p = find(s, &gone.id);

	if (p == NULL || !of_this_file(s, p)) {
		source_say(&s->b->src, CONF_WARNING, at_stmt(s, st), NULL,
		    "there is no such policy above: this deletes nothing");
		return;
	}
	gone = p->spec;
	drop(s, p);
	if (!setkey_fwd_twin(&gone, &fwd))
		return;
	p = find(s, &fwd.id);
	if (p != NULL && of_this_file(s, p) && p->twin)
		drop(s, p);
}

static void
spdflush(struct script *s, const struct setkey_stmt *st)
{
	size_t n = 0;

	for (size_t i = s->first; i < s->b->n_policies; i++) {
		if (s->b->policies[i]->gone)
			continue;
		drop(s, s->b->policies[i]);
		n++;
	}
	if (n > 0)
		source_say(&s->b->src, CONF_WARNING, at_stmt(s, st), NULL,
		    "spdflush drops what stands above it (%zu policies)", n);
}

/* --- statements --- */

static void
no_key(struct script *s, const struct setkey_stmt *st)
{
	source_say(&s->b->src, CONF_ERROR, at_stmt(s, st),
	    "put it into a file of its own and load that with setkey(8)",
	    "an SA with a key of its own has no place in a policy_file: the daemon installs policies only");
}

static void
no_effect(struct script *s, const struct setkey_stmt *st)
{
	source_say(&s->b->src, CONF_WARNING, at_stmt(s, st), NULL,
	    "in a policy_file only policies count: this does nothing");
}

/* False: the file ends here. */
static bool
perform(struct script *s, const struct setkey_stmt *st)
{
	if (st->refuse != NULL) {
		source_say(&s->b->src, CONF_ERROR, at_stmt(s, st), NULL, "%s", st->refuse);
		return true;
	}
	switch (st->verb) {
	case SETKEY_SPDADD:
		spdadd(s, st);
		break;
	case SETKEY_SPDUPDATE:
		spdupdate(s, st);
		break;
	case SETKEY_SPDDELETE:
		spddelete(s, st);
		break;
	case SETKEY_SPDFLUSH:
		spdflush(s, st);
		break;
	case SETKEY_FLUSH: /* of an empty SAD: files begin with it */
		break;
	case SETKEY_ADD:
	case SETKEY_UPDATE:
		no_key(s, st);
		break;
	case SETKEY_GET:
	case SETKEY_DELETE:
	case SETKEY_DELETEALL:
	case SETKEY_DUMP:
	case SETKEY_SPDDUMP:
		no_effect(s, st);
		break;
	case SETKEY_ERROR:
		source_say(&s->b->src, CONF_ERROR, at_stmt(s, st),
		    strstr(st->error, "cannot resolve") != NULL
			? "the daemon looks no names up: write the address"
			: NULL,
		    "%s", without_line(st->error));
		break;
	case SETKEY_EXIT:
		return false;
	}
	return true;
}

static void
run(struct script *s, struct slice text)
{
	struct setkey_env env = { .arg = s, .warn = on_warning };
	struct setkey_source src = { (const char *)text.p, text.n, 1 };
	struct setkey_list list = { 0 };

	ike_err err = setkey_parse(&src, &env, &list);
	if (err == IKE_E_NOMEM)
		s->b->src.nomem = true;
	for (size_t i = 0; err == IKE_OK && i < list.n && !s->b->src.nomem; i++)
		if (!perform(s, &list.v[i]))
			break;
	setkey_list_free(&list);
}

/* --- files --- */

static bool
add_name(struct bind *b, const char ***v, size_t *n, size_t *cap, const char *name)
{
	void *grown = *v;
	const char *copy = arena_strdup(&b->conf->mem, name);

	if (copy == NULL)
		b->src.nomem = true;
	if (copy == NULL || !bind_grow(b, &grown, *n, cap, sizeof(**v)))
		return false;
	*v = grown;
	(*v)[(*n)++] = copy;
	return true;
}

static bool
was_read(const struct bind *b, const char *path)
{
	for (size_t i = 0; i < b->n_policy_files; i++)
		if (strcmp(b->policy_files[i], path) == 0)
			return true;
	return false;
}

static ike_err
each_file(void *arg, const char *path)
{
	struct args *a = arg;
	struct bind *b = a->b;
	struct buf text = { 0 };
	size_t said = b->src.diags->n;

	if (was_read(b, path))
		return IKE_OK;
	if (!load_count(b, a))
		return IKE_E_FULL;
	if (load_text(a, path, &text) &&
	    add_name(b, &b->policy_files, &b->n_policy_files, &b->cap_policy_files, path)) {
		struct script s = { .b = b,
			.file = b->policy_files[b->n_policy_files - 1],
			.text = (const char *)text.p,
			.first = b->n_policies };
		s.at = (struct place){ s.file, 1, 1 };
		run(&s, buf_slice(&text));
		diag_sort(b->src.diags, said, s.file);
	}
	buf_free(&text);
	return b->src.nomem ? IKE_E_NOMEM : IKE_OK;
}

static void
bind_policy_file(struct args *a, const struct directive *d, void *obj)
{
	struct bind *b = a->b;
	const struct token *t = arg_peek(a);
	const char *pattern;
	struct tok_buf name;

	(void)d;
	(void)obj;
	if (!arg_string(a, "the name of a file in setkey's language, or a pattern", &pattern))
		return;
	if (pattern[0] == '\0') {
		arg_error(a, t, NULL, "the name is empty");
		return;
	}
	pattern = beside_file(a, pattern);
	if (b->src.nomem || !add_name(b, &b->policy_patterns, &b->n_policy_patterns,
				&b->cap_policy_patterns, pattern))
		return;
	ike_err err = b->reader->glob(b->reader->arg, pattern, each_file, a);
	if (err == IKE_E_NOMEM)
		b->src.nomem = true;
	else if (err == IKE_E_NOTFOUND && strpbrk(pattern, "*?[") != NULL)
		arg_warn(a, t, NULL, "no file matches %s", tok_text(t, &name));
	else if (err == IKE_E_NOTFOUND)
		arg_error(a, t, NULL, "there is no file %s", tok_text(t, &name));
	else if (err != IKE_OK && err != IKE_E_FULL)
		arg_error(
		    a, t, NULL, "cannot look for %s: %s", tok_text(t, &name), ike_err_text(err));
}

static void
print_policy_file(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf *c = obj;

	(void)def;
	for (size_t i = 0; i < c->policy_patterns.n; i++)
		pr_line(p, "%s \"%s\";", d->name, c->policy_patterns.v[i]);
	if (c->policy_patterns.n > 0)
		pr_line(p, "# %zu polic%s from %zu file%s", c->n_policies, c->n_policies == 1 ? "y" : "ies", c->policy_files.n,
		    c->policy_files.n == 1 ? "" : "s");
}

const struct dir_type dir_policy_file = { "\"PATTERN\"", bind_policy_file, print_policy_file };

void
policies_finish(struct bind *b)
{
	struct conf *c = b->conf;
	size_t n = 0;

	for (size_t i = 0; i < b->n_policies; i++) {
		if (b->policies[i]->gone)
			continue;
		b->policies[i]->index = (uint32_t)n;
		b->policies[n++] = b->policies[i];
	}
	c->policies = (const struct conf_policy *const *)b->policies;
	c->n_policies = n;
	c->policy_files = (struct conf_strings){ b->policy_files, b->n_policy_files };
	c->policy_patterns = (struct conf_strings){ b->policy_patterns, b->n_policy_patterns };
}
