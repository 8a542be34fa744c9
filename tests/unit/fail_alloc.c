/* SPDX-License-Identifier: BSD-3-Clause */
#include "fail_alloc.h"

#include <stddef.h>

#undef _mark_point

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t n);
void  __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t n);
void  __wrap_free(void *p);

static long fail_at, count, live;
static bool hit, aside;

void
fail_alloc_at(long n)
{
	fail_at = n;
	count = 0;
	hit = false;
	aside = false;
}

long
fail_alloc_count(void)
{
	return count;
}

long
fail_alloc_live(void)
{
	return live;
}

bool
fail_alloc_hit(void)
{
	return hit;
}

void
fail_alloc_mark(const char *file, int line)
{
	aside = true;
	_mark_point(file, line);
	aside = false;
}

/* An assertion has failed: nothing is to be counted or to fail until the next fail_alloc_at(). */
void
fail_alloc_off(void)
{
	fail_at = 0;
	aside = true;
}

/* Count one allocation; is it the one to fail? */
static bool
refuse(void)
{
	if (aside || ++count != fail_at)
		return false;
	hit = true;
	return true;
}

static void *
made(void *p)
{
	if (p != NULL && !aside)
		live++;
	return p;
}

void *
__wrap_malloc(size_t n)
{
	return refuse() ? NULL : made(__real_malloc(n));
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return refuse() ? NULL : made(__real_calloc(n, size));
}

void *
__wrap_realloc(void *p, size_t n)
{
	if (refuse())
		return NULL;
	return p == NULL ? made(__real_realloc(p, n)) : __real_realloc(p, n);
}

void
__wrap_free(void *p)
{
	if (p != NULL && !aside)
		live--;
	__real_free(p);
}
