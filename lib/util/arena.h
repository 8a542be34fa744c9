/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * arena - memory that is freed as a whole, with a cap.
 *
 * For the scratch of one exchange or one configuration: no individual free, no destructors.  A zeroed
 * struct with a limit is ready to use.  Not for secrets.
 */
#ifndef UTIL_ARENA_H
#define UTIL_ARENA_H

#include "util/err.h"
#include "util/slice.h"

struct arena {
	void *blocks; /* newest block first */
	size_t used;  /* bytes handed out */
	size_t limit; /* most bytes handed out ever; 0: 1 MiB */
};

/* |n| zeroed bytes, aligned for any type; NULL when out of memory or over the limit. */
void *
arena_alloc(struct arena *a, size_t n);

/* An array of |count| zeroed members of |size| bytes; NULL also when the product overflows. */
void *
arena_array(struct arena *a, size_t count, size_t size);

/* A copy of |s| with a NUL behind it; NULL when out of memory. */
char *
arena_copy(struct arena *a, struct slice s);

char *
arena_strdup(struct arena *a, const char *s);

void
arena_free(struct arena *a);

#endif
