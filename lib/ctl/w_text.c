/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Indented text: "name  value" lines, two blanks of indentation a level; members of lists begin with "-".  For answers that have no
 * layout of their own.
 */
#include "ctl/writer.h"

#define COLUMN 16

static void
put_indent(struct writer *w)
{
	for (unsigned i = 1; i < w->depth; i++)
		writer_put(w, "  ");
}

static void
put_line(struct writer *w, struct slice s)
{
	char buf[512];
	struct text t = text_in(buf, sizeof(buf));
	struct ctl_node n = { .type = CTL_STR, .body = s };

	value_text(&n, w->now, &t);
	writer_put(w, buf);
	writer_put(w, "\n");
}

/* Strings of several lines stand below their name, one line each. */
static void
put_lines(struct writer *w, struct slice s)
{
	while (s.n > 0) {
		size_t n = 0;
		while (n < s.n && s.p[n] != '\n')
			n++;
		put_indent(w);
		writer_put(w, "  ");
		put_line(w, slice_of(s.p, n));
		n += n < s.n;
		s = slice_of(s.p + n, s.n - n);
	}
}

static bool
has_newline(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\n')
			return true;
	return false;
}

static void
put_head(struct writer *w, struct slice name)
{
	put_indent(w);
	if (w->level[w->depth - 1].list) {
		writer_put(w, "- ");
		return;
	}
	for (size_t i = 0; i < name.n; i++)
		writer_put_slice(w, name.p[i] == '_' ? slice_str(" ") : slice_of(name.p + i, 1));
}

static void
text_value(struct writer *w, const struct ctl_node *n)
{
	char buf[512];
	struct text t = text_in(buf, sizeof(buf));

	put_head(w, n->name);
	if (n->type == CTL_STR && has_newline(n->body)) {
		writer_put(w, "\n");
		put_lines(w, n->body);
		return;
	}
	if (!w->level[w->depth - 1].list)
		for (size_t i = n->name.n; i == n->name.n || i < COLUMN; i++)
			writer_put(w, " ");
	value_text(n, w->now, &t);
	writer_put(w, buf);
	writer_put(w, "\n");
}

static void
text_start(struct writer *w, struct slice name, bool list)
{
	(void)list;
	if (w->depth == 0)
		return;
	put_head(w, name);
	writer_put(w, "\n");
}

static void
text_end(struct writer *w, bool list)
{
	(void)w;
	(void)list;
}

const struct writer_ops writer_text = { .start = text_start, .value = text_value, .end = text_end };
