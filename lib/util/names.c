/* SPDX-License-Identifier: BSD-3-Clause */
#include "util/names.h"
#include "util/text.h"

#include <string.h>

/* Longer words are not worth a suggestion. */
#define WORD_MAX 63

const char *
name_of(const struct names *t, uint32_t value, struct name_buf *buf)
{
	struct text text;

	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].value == value)
			return t->v[i].name;
	text = text_in(buf->s, sizeof(buf->s));
	text_addf(&text, "%s_%u", t->prefix, (unsigned)value);
	return buf->s;
}

ike_err
name_find(const struct names *t, const char *name, uint32_t *out)
{
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->v[i].name, name) == 0) {
			*out = t->v[i].value;
			return IKE_OK;
		}
	}
	return IKE_E_NOTFOUND;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * The rows of the edit matrix are kept three at a time: row i needs i - 1 for insertion, deletion and substitution and
 * i - 2 for two swapped neighbours.
 */
unsigned
name_distance(const char *a, const char *b)
{
	unsigned row[3][WORD_MAX + 1];
	const size_t na = strlen(a), nb = strlen(b);
	unsigned *old = row[0], *prev = row[1], *cur = row[2], *spare;
	unsigned same;

	if (na > WORD_MAX || nb > WORD_MAX)
		return NAME_FAR;
	for (size_t j = 0; j <= nb; j++)
		old[j] = prev[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		cur[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			same = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
			cur[j] = least(least(prev[j], cur[j - 1]) + 1, prev[j - 1] + same);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				cur[j] = least(cur[j], old[j - 2] + 1);
		}
		spare = old;
		old = prev;
		prev = cur;
		cur = spare;
	}
	return prev[nb];
}

void
name_closer(const char *word, const char *candidate, struct name_best *best)
{
	unsigned d = name_distance(word, candidate);

	if (d > strlen(word) / 3 || (best->name != NULL && d >= best->distance))
		return;
	best->name = candidate;
	best->distance = d;
}

const char *
name_suggest(const struct names *t, const char *word)
{
	struct name_best best = { NULL, 0 };

	for (size_t i = 0; i < t->n; i++)
		name_closer(word, t->v[i].name, &best);
	return best.name;
}
