/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct conf_diag *
new_diag(struct conf_diags *d)
{
	if (d->n == CONF_DIAGS_MAX)
		return NULL;
	if (d->v == NULL)
		d->v = arena_array(&d->mem, CONF_DIAGS_MAX, sizeof(*d->v));
	return d->v == NULL ? NULL : &d->v[d->n];
}

/* The file's name is the same for a run of messages: keep one copy. */
static const char *
keep_file(struct conf_diags *d, const char *file)
{
	if (d->n > 0 && strcmp(d->v[d->n - 1].file, file) == 0)
		return d->v[d->n - 1].file;
	return arena_strdup(&d->mem, file);
}

ike_err
diag_add(struct conf_diags *d, enum conf_severity sev, const struct place *at, const char *hint,
    const char *text)
{
	struct conf_diag *m;

	if (sev == CONF_ERROR)
		d->errors++;
	else
		d->warnings++;
	if (d->n == CONF_DIAGS_MAX)
		return IKE_OK;
	if ((m = new_diag(d)) == NULL)
		return IKE_E_NOMEM;
	m->severity = sev;
	m->file = keep_file(d, at->file);
	m->line = at->line;
	m->col = at->col;
	m->text = arena_strdup(&d->mem, text);
	m->hint = hint == NULL ? NULL : arena_strdup(&d->mem, hint);
	if (m->file == NULL || m->text == NULL || (hint != NULL && m->hint == NULL))
		return IKE_E_NOMEM;
	d->n++;
	return IKE_OK;
}

static bool
is_before(const struct conf_diag *a, const struct conf_diag *b)
{
	return a->line != b->line ? a->line < b->line : a->col < b->col;
}

void
diag_sort(struct conf_diags *d, size_t from, const char *file)
{
	for (size_t i = from; i < d->n; i++)
		if (strcmp(d->v[i].file, file) != 0)
			return;
	for (size_t i = from + 1; i < d->n; i++) {
		struct conf_diag m = d->v[i];
		size_t j = i;
		for (; j > from && is_before(&m, &d->v[j - 1]); j--)
			d->v[j] = d->v[j - 1];
		d->v[j] = m;
	}
}

ike_err
conf_diag_print(const struct conf_diag *d, struct buf *out)
{
	char place[48] = "";

	if (d->line != 0)
		snprintf(place, sizeof(place), "%u:%u:", d->line, d->col);
	TRY(buf_append(out, slice_str(d->file)));
	TRY(buf_append(out, slice_str(":")));
	TRY(buf_append(out, slice_str(place)));
	TRY(buf_append(out, slice_str(d->severity == CONF_ERROR ? " error: " : " warning: ")));
	TRY(buf_append(out, slice_str(d->text)));
	if (d->hint != NULL) {
		TRY(buf_append(out, slice_str(" (")));
		TRY(buf_append(out, slice_str(d->hint)));
		TRY(buf_append(out, slice_str(")")));
	}
	return buf_append(out, slice_str("\n"));
}

void
conf_diags_free(struct conf_diags *d)
{
	bool strict = d->strict;

	arena_free(&d->mem);
	memset(d, 0, sizeof(*d));
	d->strict = strict;
}
