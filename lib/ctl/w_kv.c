/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One line a value: its path, a tab, the value.  "peers.0.address<TAB>192.0.2.1"; newlines, tabs and backslashes in strings
 * as \n, \t and \\.  Numbers as in JSON.
 */
#include "ctl/writer.h"

#include <inttypes.h>

static void
put_step(struct writer *w, unsigned level, struct slice name)
{
	char buf[16];
	struct text t = text_in(buf, sizeof(buf));

	if (level > 1)
		writer_put(w, ".");
	if (!w->level[level - 1].list) {
		writer_put_slice(w, name);
		return;
	}
	text_addf(&t, "%u", w->level[level - 1].n);
	writer_put(w, buf);
}

/* What stands around the value: the names of all open levels but the root, then its own. */
static void
put_path(struct writer *w, struct slice name)
{
	for (unsigned i = 1; i < w->depth; i++) {
		/* the open member is counted already */
		w->level[i - 1].n--;
		put_step(w, i, w->level[i].name);
		w->level[i - 1].n++;
	}
	put_step(w, w->depth, name);
}

static void
put_string(struct writer *w, struct slice s)
{
	char c[2] = { 0 };

	for (size_t i = 0; i < s.n; i++) {
		c[0] = (char)s.p[i];
		if (c[0] == '\n' || c[0] == '\t' || c[0] == '\\')
			writer_put(w, c[0] == '\n' ? "\\n" : c[0] == '\t' ? "\\t" : "\\\\");
		else
			writer_put(w, s.p[i] < ' ' || s.p[i] == 0x7f ? "?" : c);
	}
}

static void
kv_value(struct writer *w, const struct ctl_node *n)
{
	uint64_t v = ctl_number(n);
	char buf[64];
	struct text t = text_in(buf, sizeof(buf));

	put_path(w, n->name);
	writer_put(w, "\t");
	if (n->type == CTL_STR)
		put_string(w, n->body);
	else if (n->type == CTL_TIME)
		time_text((int64_t)v, &t);
	else if (n->type == CTL_UINT || n->type == CTL_SPAN || n->type == CTL_BYTES)
		text_addf(&t, "%" PRIu64, v);
	else
		value_text(n, w->now, &t);
	writer_put(w, buf);
	writer_put(w, "\n");
}

static void
kv_start(struct writer *w, struct slice name, bool list)
{
	(void)w;
	(void)name;
	(void)list;
}

static void
kv_end(struct writer *w, bool list)
{
	(void)w;
	(void)list;
}

const struct writer_ops writer_kv = { .start = kv_start, .value = kv_value, .end = kv_end };
