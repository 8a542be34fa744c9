/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a list of blocks, newest first.  A request is cut from the newest block; if it does not
 * fit there a new block is made.  A request larger than a quarter of a block gets a block of its own,
 * put behind the newest, so that the rest of the newest stays in use.
 */
#include "util/arena.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK ((size_t)4096)
#define ARENA_LIMIT ((size_t)1 << 20)

struct block {
	struct block *next;
	size_t used, size; /* of data */
	max_align_t data[];
};

static struct block *
new_block(size_t size)
{
	struct block *b = malloc(sizeof(*b) + size);

	if (b == NULL)
		return NULL;
	*b = (struct block){ .size = size };
	return b;
}

/* A block with room for |n| bytes, linked in; NULL when out of memory. */
static struct block *
block_for(struct arena *a, size_t n)
{
	struct block *top = a->blocks;
	struct block *b;

	if (top != NULL && n <= top->size - top->used)
		return top;
	b = new_block(n > ARENA_BLOCK / 4 ? n : ARENA_BLOCK);
	if (b == NULL)
		return NULL;
	if (n > ARENA_BLOCK / 4 && top != NULL) {
		b->next = top->next;
		top->next = b;
	} else {
		b->next = top;
		a->blocks = b;
	}
	return b;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	const size_t unit = sizeof(max_align_t);
	const size_t limit = a->limit == 0 ? ARENA_LIMIT : a->limit;
	struct block *b;
	void *p;

	if (n == 0)
		n = 1;
	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + unit - 1) / unit * unit;
	if (a->used > limit || n > limit - a->used)
		return NULL;
	b = block_for(a, n);
	if (b == NULL)
		return NULL;
	p = (uint8_t *)b->data + b->used;
	b->used += n;
	a->used += n;
	memset(p, 0, n);
	return p;
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	return arena_alloc(a, count * size);
}

char *
arena_copy(struct arena *a, struct slice s)
{
	char *p;

	if (s.n == SIZE_MAX)
		return NULL;
	p = arena_alloc(a, s.n + 1);
	if (p != NULL && s.n > 0)
		memcpy(p, s.p, s.n);
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_copy(a, slice_str(s));
}

void
arena_free(struct arena *a)
{
	struct block *b = a->blocks;
	struct block *next;

	for (; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	a->blocks = NULL;
	a->used = 0;
}
