/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * names - tables between numbers and names.  Unknown numbers print as PREFIX_17.
 */
#ifndef UTIL_NAMES_H
#define UTIL_NAMES_H

#include "util/err.h"

#include <stddef.h>

struct name {
	uint32_t value;
	const char *name;
};

struct names {
	const char *prefix; /* for unknown values: "NOTIFY" gives NOTIFY_17 */
	const struct name *v;
	size_t n;
};

/* A buffer for names of unknown values. */
struct name_buf {
	char s[40];
};

/* The name of |value|: from the table, or built in |buf|. */
const char *
name_of(const struct names *t, uint32_t value, struct name_buf *buf);

/* The value of |name| (exact), IKE_E_NOTFOUND otherwise. */
MUST_USE ike_err
name_find(const struct names *t, const char *name, uint32_t *out);

/* Edits (one character more, less or other, or two neighbours swapped; case does not count) between two words. */
#define NAME_FAR 0xffffffffu /* a word has more than 63 characters */
unsigned
name_distance(const char *a, const char *b);

/* Looking for the closest of several candidates: start with a zeroed struct; |name| stays NULL if none is close. */
struct name_best {
	const char *name;
	unsigned distance;
};

void
name_closer(const char *word, const char *candidate, struct name_best *best);

/* The name in the table closest to |word| (edit distance at most a third of its length); NULL if none is close. */
const char *
name_suggest(const struct names *t, const char *word);

#endif
