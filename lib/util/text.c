/* SPDX-License-Identifier: BSD-3-Clause */
#include "util/text.h"

#include <stdio.h>
#include <string.h>

struct text
text_in(char *array, size_t cap)
{
	array[0] = '\0';
	return (struct text){ .p = array, .cap = cap };
}

/* The text is full up to its NUL: say with its last three characters that more would follow. */
static void
mark_cut(struct text *t)
{
	t->cut = true;
	t->n = t->cap - 1;
	memcpy(t->p + t->n - 3, "...", 4);
}

static void
add_bytes(struct text *t, const char *s, size_t n)
{
	size_t room = t->cap - 1 - t->n;

	if (t->cut)
		return;
	memcpy(t->p + t->n, s, n < room ? n : room);
	if (n > room) {
		mark_cut(t);
		return;
	}
	t->n += n;
	t->p[t->n] = '\0';
}

void
text_add(struct text *t, const char *s)
{
	add_bytes(t, s, strlen(s));
}

void
text_vaddf(struct text *t, const char *fmt, va_list ap)
{
	size_t room = t->cap - t->n;
	int n;

	if (t->cut)
		return;
	n = vsnprintf(t->p + t->n, room, fmt, ap);
	if (n < 0)
		t->p[t->n] = '\0';
	else if ((size_t)n < room)
		t->n += (size_t)n;
	else
		mark_cut(t);
}

void
text_addf(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vaddf(t, fmt, ap);
	va_end(ap);
}

void
text_char(struct text *t, char c)
{
	add_bytes(t, &c, 1);
}

static const char digits[] = "0123456789abcdef";

void
text_hex(struct text *t, struct slice s)
{
	for (size_t i = 0; i < s.n && !t->cut; i++) {
		text_char(t, digits[s.p[i] >> 4]);
		text_char(t, digits[s.p[i] & 15]);
	}
}

void
text_peer(struct text *t, struct slice s)
{
	char hex[4] = { '\\', 'x' };

	for (size_t i = 0; i < s.n && !t->cut; i++) {
		if (s.p[i] == '\\') {
			add_bytes(t, "\\\\", 2);
		} else if (s.p[i] >= 0x20 && s.p[i] < 0x7f) {
			text_char(t, (char)s.p[i]);
		} else {
			hex[2] = digits[s.p[i] >> 4];
			hex[3] = digits[s.p[i] & 15];
			add_bytes(t, hex, 4);
		}
	}
}
