/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/writer.h"

void
writer_init(struct writer *w, const struct writer_ops *ops, struct buf *out, int64_t now)
{
	*w = (struct writer){ .ops = ops, .out = out, .now = now };
}

void
writer_put_slice(struct writer *w, struct slice s)
{
	if (w->err == IKE_OK)
		w->err = buf_append(w->out, s);
}

void
writer_put(struct writer *w, const char *s)
{
	writer_put_slice(w, slice_str(s));
}

static void
open_level(struct writer *w, struct slice name, bool list)
{
	if (w->depth == WRITER_DEPTH) {
		if (w->err == IKE_OK)
			w->err = IKE_E_RANGE;
		return;
	}
	w->ops->start(w, name, list);
	if (w->depth > 0)
		w->level[w->depth - 1].n++;
	w->level[w->depth].list = list;
	w->level[w->depth].n = 0;
	w->level[w->depth].name = name;
	w->depth++;
}

void
writer_start(struct writer *w, const char *name)
{
	open_level(w, slice_str(name), false);
}

void
writer_list(struct writer *w, const char *name)
{
	open_level(w, slice_str(name), true);
}

void
writer_attr(struct writer *w, const struct ctl_node *n)
{
	if (w->depth == 0) {
		if (w->err == IKE_OK)
			w->err = IKE_E_INTERNAL;
		return;
	}
	w->ops->value(w, n);
	w->level[w->depth - 1].n++;
}

void
writer_str(struct writer *w, const char *name, const char *value)
{
	struct ctl_node n = { .type = CTL_STR, .name = slice_str(name), .body = slice_str(value) };

	writer_attr(w, &n);
}

void
writer_end(struct writer *w)
{
	if (w->depth == 0) {
		if (w->err == IKE_OK)
			w->err = IKE_E_INTERNAL;
		return;
	}
	w->depth--;
	w->ops->end(w, w->level[w->depth].list);
}

/* Depth is bounded by ctl_open(): a stack of cursors does. */
void
writer_members(struct writer *w, const struct ctl_node *n)
{
	struct rd stack[WRITER_DEPTH + 1];
	unsigned depth = 0;
	struct ctl_node m;

	stack[0] = ctl_members(n);
	while (w->err == IKE_OK) {
		if (!ctl_next(&stack[depth], &m)) {
			if (depth-- == 0)
				return;
			writer_end(w);
		} else if (m.type != CTL_RECORD && m.type != CTL_LIST) {
			writer_attr(w, &m);
		} else {
			open_level(w, m.name, m.type == CTL_LIST);
			if (w->err == IKE_OK)
				stack[++depth] = ctl_members(&m);
		}
	}
}

void
writer_node(struct writer *w, const struct ctl_node *n)
{
	if (n->type != CTL_RECORD && n->type != CTL_LIST) {
		writer_attr(w, n);
		return;
	}
	open_level(w, n->name, n->type == CTL_LIST);
	writer_members(w, n);
	writer_end(w);
}
