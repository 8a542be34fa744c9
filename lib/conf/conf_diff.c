/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: every section is printed in its brief canonical form, whose first line is its head; sorted by head, the two
 * lists are merged, and of two sections with one head the lines are compared as sets.  The rows of the directive
 * tables know how to print everything, so that no directive can be forgotten here.
 */
#include "conf/conf_diff.h"

#include "conf/direct.h"

#include <stdlib.h>
#include <string.h>

#define DIFF_BYTES_MAX ((size_t)1 << 30)
#define BRIEF          (CONF_PRINT_BRIEF | CONF_PRINT_SECRETS)

/* A section in print. */
struct sect {
	const char *head, *body;
	const char *file;
	unsigned line;
	size_t order;
};

struct sects {
	struct sect *v;
	size_t n;
};

/* --- lines --- */

static struct slice
next_line(struct slice *rest)
{
	const uint8_t *end = rest->n == 0 ? NULL : memchr(rest->p, '\n', rest->n);
	struct slice line = slice_of(rest->p, end == NULL ? rest->n : (size_t)(end - rest->p));

	*rest = end == NULL ? slice_of(NULL, 0) : slice_of(end + 1, rest->n - line.n - 1);
	return line;
}

static struct slice
trimmed(struct slice s)
{
	while (s.n > 0 && s.p[0] == '\t')
		s = slice_of(s.p + 1, s.n - 1);
	return s;
}

/* A remark or a brace says nothing. */
static bool
counts(struct slice line)
{
	return line.n > 0 && line.p[0] != '#' && !(line.n == 1 && line.p[0] == '}');
}

/* How often |line| stands in |text|, up to the place |until| (NULL: all of it). */
static size_t
occurrences(struct slice text, struct slice line, const uint8_t *until)
{
	size_t n = 0;

	while (text.n > 0) {
		struct slice l = next_line(&text);
		if (until != NULL && l.p >= until)
			break;
		n += slice_equal(trimmed(l), line);
	}
	return n;
}

/* The lines of |a| that |b| has not, or not as often. */
static ike_err
only_in(struct slice a, struct slice b, const char *mark, struct buf *out)
{
	struct slice rest = a;

	while (rest.n > 0) {
		struct slice whole = next_line(&rest), line = trimmed(whole);
		if (!counts(line) || occurrences(a, line, whole.p) < occurrences(b, line, NULL))
			continue;
		TRY(buf_append(out, slice_str(mark)));
		TRY(buf_append(out, line));
		TRY(buf_append(out, slice_str("\n")));
	}
	return IKE_OK;
}

static ike_err
lines_diff(struct slice a, struct slice b, struct buf *out)
{
	if (slice_equal(a, b))
		return IKE_OK;
	TRY(only_in(a, b, "- ", out));
	return only_in(b, a, "+ ", out);
}

/* --- sections in print --- */

static struct slice
body_of(const struct buf *text)
{
	struct slice rest = buf_slice(text);

	(void)next_line(&rest);
	return rest;
}

ike_err
conf_remote_diff(const struct conf_remote *a, const struct conf_remote *b, struct buf *lines)
{
	struct buf x = { 0 }, y = { 0 };

	ike_err err = conf_print_remote(a, BRIEF, &x);
	if (err == IKE_OK)
		err = conf_print_remote(b, BRIEF, &y);
	if (err == IKE_OK)
		err = lines_diff(body_of(&x), body_of(&y), lines);
	buf_free(&x);
	buf_free(&y);
	return err;
}

ike_err
conf_sainfo_diff(const struct conf_sainfo *a, const struct conf_sainfo *b, struct buf *lines)
{
	struct buf x = { 0 }, y = { 0 };

	ike_err err = conf_print_sainfo(a, BRIEF, &x);
	if (err == IKE_OK)
		err = conf_print_sainfo(b, BRIEF, &y);
	if (err == IKE_OK)
		err = lines_diff(body_of(&x), body_of(&y), lines);
	buf_free(&x);
	buf_free(&y);
	return err;
}

static ike_err
keep(struct conf_diff *d, struct buf *text, struct sect *out)
{
	struct slice rest = buf_slice(text), head = next_line(&rest);

	if (head.n > 2 && memcmp(head.p + head.n - 2, " {", 2) == 0)
		head.n -= 2;
	out->head = arena_copy(&d->mem, head);
	out->body = arena_copy(&d->mem, rest);
	text->n = 0;
	return out->head == NULL || out->body == NULL ? IKE_E_NOMEM : IKE_OK;
}

static int
compare(const void *a, const void *b)
{
	const struct sect *x = a, *y = b;
	int c = strcmp(x->head, y->head);

	return c != 0 ? c : x->order < y->order ? -1 : x->order > y->order;
}

/* Section |i| of a kind: where it stands, and its text. */
typedef ike_err
section_fn(const struct conf *c, size_t i, struct sect *out, struct buf *text);

static ike_err
remote_section(const struct conf *c, size_t i, struct sect *out, struct buf *text)
{
	const struct conf_remote *r = c->remotes[i];

	*out = (struct sect){ .file = r->file, .line = r->line, .order = i };
	return conf_print_remote(r, BRIEF, text);
}

static ike_err
sainfo_section(const struct conf *c, size_t i, struct sect *out, struct buf *text)
{
	const struct conf_sainfo *s = c->sainfos[i];

	*out = (struct sect){ .file = s->file, .line = s->line, .order = i };
	return conf_print_sainfo(s, BRIEF, text);
}

static ike_err
take_sections(struct conf_diff *d, const struct conf *c, size_t n, section_fn *fn, struct sects *out)
{
	struct buf text = { 0 };
	ike_err err = IKE_OK;

	out->n = n;
	out->v = arena_array(&d->mem, n + 1, sizeof(*out->v));
	if (out->v == NULL)
		return IKE_E_NOMEM;
	for (size_t i = 0; err == IKE_OK && i < n; i++) {
		err = fn(c, i, &out->v[i], &text);
		if (err == IKE_OK)
			err = keep(d, &text, &out->v[i]);
	}
	buf_free(&text);
	if (err == IKE_OK)
		qsort(out->v, out->n, sizeof(*out->v), compare);
	return err;
}

/* --- the difference --- */

static ike_err
add(struct conf_diff *d, const struct conf_diff_item *it)
{
	if (d->n == d->cap) {
		size_t cap = d->cap == 0 ? 16 : d->cap * 2;
		struct conf_diff_item *v = arena_array(&d->mem, cap, sizeof(*v));
		if (v == NULL)
			return IKE_E_NOMEM;
		if (d->n > 0)
			memcpy(v, d->v, d->n * sizeof(*v));
		d->v = v;
		d->cap = cap;
	}
	d->v[d->n] = *it;
	d->v[d->n].head = arena_strdup(&d->mem, it->head);
	d->v[d->n].file = it->file == NULL ? NULL : arena_strdup(&d->mem, it->file);
	d->v[d->n].lines = arena_strdup(&d->mem, it->lines == NULL ? "" : it->lines);
	if (d->v[d->n].head == NULL || d->v[d->n].lines == NULL ||
	    (it->file != NULL && d->v[d->n].file == NULL))
		return IKE_E_NOMEM;
	d->n++;
	return IKE_OK;
}

static ike_err
add_changed(struct conf_diff *d, struct conf_diff_item *it, struct slice a, struct slice b)
{
	struct buf lines = { 0 };

	ike_err err = lines_diff(a, b, &lines);
	if (err == IKE_OK && lines.n > 0) {
		err = buf_append(&lines, slice_of("", 1));
		it->kind = CONF_DIFF_CHANGED;
		it->lines = (const char *)lines.p;
		if (err == IKE_OK)
			err = add(d, it);
	}
	buf_free(&lines);
	return err;
}

static ike_err
merge(struct conf_diff *d, enum conf_diff_what what, const struct sects *a, const struct sects *b)
{
	size_t i = 0, k = 0;

	while (i < a->n || k < b->n) {
		int c = i == a->n ? 1 : k == b->n ? -1 : strcmp(a->v[i].head, b->v[k].head);
		const struct sect *s = c < 0 ? &a->v[i] : &b->v[k];
		struct conf_diff_item it = {
			.what = what, .head = s->head, .file = s->file, .line = s->line
		};
		it.kind = c < 0 ? CONF_DIFF_REMOVED : CONF_DIFF_ADDED;
		if (c == 0)
			TRY(add_changed(d, &it, slice_str(a->v[i].body), slice_str(b->v[k].body)));
		else
			TRY(add(d, &it));
		i += c <= 0;
		k += c >= 0;
	}
	return IKE_OK;
}

static ike_err
sections(struct conf_diff *d, const struct conf *a, const struct conf *b)
{
	struct sects x, y;

	TRY(take_sections(d, a, a->n_remotes, remote_section, &x));
	TRY(take_sections(d, b, b->n_remotes, remote_section, &y));
	TRY(merge(d, CONF_DIFF_REMOTE, &x, &y));
	TRY(take_sections(d, a, a->n_sainfos, sainfo_section, &x));
	TRY(take_sections(d, b, b->n_sainfos, sainfo_section, &y));
	return merge(d, CONF_DIFF_SAINFO, &x, &y);
}

static ike_err
print_row(const struct directive *row, const struct conf *c, unsigned flags, struct buf *out)
{
	struct printer p = { .out = out, .flags = flags };
	struct conf def;

	memset(&def, 0, sizeof(def));
	conf_defaults(&def);
	row->type->print(&p, row, c, &def);
	return p.err;
}

static ike_err
global(struct conf_diff *d, const struct directive *row, const struct conf *a, const struct conf *b)
{
	struct conf_diff_item it = { .what = CONF_DIFF_GLOBAL, .head = row->name };
	struct buf x = { 0 }, y = { 0 };
	size_t before = d->n;

	ike_err err = print_row(row, a, 0, &x);
	if (err == IKE_OK)
		err = print_row(row, b, 0, &y);
	if (err == IKE_OK)
		err = add_changed(d, &it, buf_slice(&x), buf_slice(&y));
	x.n = y.n = 0;
	if (err == IKE_OK)
		err = print_row(row, a, CONF_PRINT_SECRETS, &x);
	if (err == IKE_OK)
		err = print_row(row, b, CONF_PRINT_SECRETS, &y);
	/* a policy_file differs in how many policies it has, which is told of each policy */
	if (err == IKE_OK && d->n == before && row->type != &dir_policy_file && !slice_equal(buf_slice(&x), buf_slice(&y))) {
		it.kind = CONF_DIFF_CHANGED;
		it.lines = "a secret\n";
		err = add(d, &it);
	}
	buf_free(&x);
	buf_free(&y);
	return err;
}

static ike_err
globals(struct conf_diff *d, const struct conf *a, const struct conf *b)
{
	for (size_t i = 0; i < dir_top.n; i++) {
		const struct directive *row = &dir_top.v[i];
		if (row->type != &dir_remote_type && row->type != &dir_sainfo_type && row->type->print != NULL &&
		    (row->flags & DIR_ALIAS) == 0)
			TRY(global(d, row, a, b));
	}
	return IKE_OK;
}

static ike_err
policy(struct conf_diff *d, enum conf_diff_kind kind, const struct conf_policy *p, const struct conf_policy *old)
{
	char head[400], was[410];
	struct text t = text_in(head, sizeof(head)), o = text_in(was, sizeof(was));
	struct conf_diff_item it = {
		.what = CONF_DIFF_POLICY, .kind = kind, .head = head, .file = p->file, .line = p->line
	};

	conf_policy_text(&p->spec, &t);
	if (old != NULL) {
		text_add(&o, "- ");
		conf_policy_text(&old->spec, &o);
		text_char(&o, '\n');
		it.lines = was;
	}
	return add(d, &it);
}

static ike_err
policies(struct conf_diff *d, const struct conf *a, const struct conf *b)
{
	for (size_t i = 0; i < a->n_policies; i++)
		if (conf_policy_find(b, &a->policies[i]->spec.id) == NULL)
			TRY(policy(d, CONF_DIFF_REMOVED, a->policies[i], NULL));
	for (size_t i = 0; i < b->n_policies; i++) {
		const struct conf_policy *p = b->policies[i], *old = conf_policy_find(a, &p->spec.id);
		if (old == NULL)
			TRY(policy(d, CONF_DIFF_ADDED, p, NULL));
		else if (!conf_policy_same(&old->spec, &p->spec))
			TRY(policy(d, CONF_DIFF_CHANGED, p, old));
	}
	return IKE_OK;
}

ike_err
conf_diff(const struct conf *a, const struct conf *b, struct conf_diff *out)
{
	struct conf_diff d = { .mem = { .limit = DIFF_BYTES_MAX } };

	ike_err err = globals(&d, a, b);
	if (err == IKE_OK)
		err = sections(&d, a, b);
	if (err == IKE_OK)
		err = policies(&d, a, b);
	if (err == IKE_OK)
		*out = d;
	else
		conf_diff_free(&d);
	return err;
}

void
conf_diff_free(struct conf_diff *d)
{
	arena_free(&d->mem);
	*d = (struct conf_diff){ 0 };
}

static ike_err
print_item(const struct conf_diff_item *it, struct buf *out)
{
	static const char *const words[] = { "added", "removed", "changed" };
	char line[700];
	struct text t = text_in(line, sizeof(line));
	struct slice rest = slice_str(it->lines);

	text_addf(&t, "%s: %s", words[it->kind], it->head);
	if (it->file != NULL)
		text_addf(&t, " (%s:%u)", it->file, it->line);
	text_char(&t, '\n');
	TRY(buf_append(out, slice_str(line)));
	while (rest.n > 0) {
		TRY(buf_append(out, slice_str("\t")));
		TRY(buf_append(out, next_line(&rest)));
		TRY(buf_append(out, slice_str("\n")));
	}
	return IKE_OK;
}

ike_err
conf_diff_print(const struct conf_diff *d, struct buf *out)
{
	for (size_t i = 0; i < d->n; i++)
		TRY(print_item(&d->v[i], out));
	return IKE_OK;
}
