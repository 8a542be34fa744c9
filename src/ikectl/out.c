/* SPDX-License-Identifier: BSD-3-Clause */
#include "ikectl/out.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_MAX 1200
#define TABLE_MEM ((size_t)1 << 30)

void
out_slice(struct out *o, struct slice s)
{
	if (o->err == IKE_OK)
		o->err = buf_append(o->buf, s);
}

void
out_add(struct out *o, const char *s)
{
	out_slice(o, slice_str(s));
}

void
out_addf(struct out *o, const char *fmt, ...)
{
	char buf[1004];
	struct text t = text_in(buf, sizeof(buf));
	va_list ap;

	va_start(ap, fmt);
	text_vaddf(&t, fmt, ap);
	va_end(ap);
	out_add(o, buf);
}

void
out_member(struct out *o, const struct ctl_node *rec, const char *name, const char *none)
{
	char buf[VALUE_MAX];
	struct text t = text_in(buf, sizeof(buf));
	struct ctl_node n;

	if (ctl_find(rec, name, &n))
		value_text(&n, o->now, &t);
	else
		text_add(&t, none);
	out_add(o, buf);
}

void
out_if(struct out *o, const char *before, const struct ctl_node *rec, const char *name,
    const char *after)
{
	struct ctl_node n;

	if (!ctl_find(rec, name, &n))
		return;
	out_add(o, before);
	out_member(o, rec, name, "");
	out_add(o, after);
}

/* --- tables --- */

void
table_init(struct table *t, int64_t now, const char *const *heads, unsigned columns)
{
	*t = (struct table){ .columns = columns, .now = now, .mem = { .limit = TABLE_MEM } };
	if (columns == 0 || columns > TABLE_COLUMNS) {
		t->err = IKE_E_INTERNAL;
		return;
	}
	for (unsigned i = 0; i < columns; i++)
		table_add(t, heads[i]);
}

void
table_add(struct table *t, const char *s)
{
	if (t->err == IKE_OK && t->n == t->cap) {
		size_t cap = t->cap == 0 ? 64 : 2 * t->cap;
		const char **v = realloc(t->cell, cap * sizeof(*v));
		if (v == NULL) {
			t->err = IKE_E_NOMEM;
			return;
		}
		t->cell = v;
		t->cap = cap;
	}
	char *copy = t->err != IKE_OK ? NULL : arena_strdup(&t->mem, s);
	if (copy == NULL)
		t->err = IKE_E_NOMEM;
	else
		t->cell[t->n++] = copy;
}

void
table_member(struct table *t, const struct ctl_node *rec, const char *name)
{
	char buf[VALUE_MAX];
	struct text x = text_in(buf, sizeof(buf));
	struct ctl_node n;

	if (ctl_find(rec, name, &n))
		value_text(&n, t->now, &x);
	table_add(t, buf[0] != '\0' ? buf : "-");
}

/* Nothing is put behind the last cell that has something in it. */
static void
print_row(const struct table *t, size_t row, const size_t *width, struct out *o)
{
	const char *const *cell = t->cell + row * t->columns;
	unsigned last = t->columns - 1;

	while (last > 0 && cell[last][0] == '\0')
		last--;
	for (unsigned c = 0; c <= last; c++) {
		out_add(o, cell[c]);
		for (size_t i = strlen(cell[c]); c < last && i < width[c] + 2; i++)
			out_add(o, " ");
	}
	out_add(o, "\n");
}

void
table_end(struct table *t, struct out *o)
{
	size_t width[TABLE_COLUMNS] = { 0 };

	for (size_t i = 0; t->err == IKE_OK && i < t->n; i++) {
		size_t n = strlen(t->cell[i]);
		if (n > width[i % t->columns])
			width[i % t->columns] = n;
	}
	for (size_t row = 0; t->err == IKE_OK && row < t->n / t->columns; row++)
		print_row(t, row, width, o);
	if (o->err == IKE_OK)
		o->err = t->err;
	arena_free(&t->mem);
	free(t->cell);
	*t = (struct table){ 0 };
}
