/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: the text is walked line by line.  A line is everything up to a newline or the end;
 * racoon broke lines up after 1023 bytes and took the pieces for lines of their own, which is not
 * kept: such a line is one line and is reported. White space is what isspace() means in the C
 * locale. No byte of a key is copied anywhere but to the caller's array.
 */
#include "ident/psk.h"

#include <string.h>

#define RACOON_LINE 1023

struct line {
	struct slice whole; /* without the newline */
	struct slice id;    /* empty: blank line or comment */
	struct slice key;   /* as it stands in the file */
	unsigned number;
};

struct walk {
	struct slice rest;
	unsigned number;
};

static bool
is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The next |n| bytes of |s|, which moves behind them. */
static struct slice
take(struct slice *s, size_t n)
{
	struct slice r = slice_of(s->p, n);

	*s = slice_of(s->p + n, s->n - n);
	return r;
}

static struct slice
take_while(struct slice *s, bool space)
{
	size_t n = 0;

	while (n < s->n && is_space(s->p[n]) == space)
		n++;
	return take(s, n);
}

/* The next line of |w| into |l|; false at the end. */
static bool
next_line(struct walk *w, struct line *l)
{
	const uint8_t *nl;
	struct slice s;

	if (w->rest.n == 0)
		return false;
	nl = memchr(w->rest.p, '\n', w->rest.n);
	s = take(&w->rest, nl != NULL ? (size_t)(nl - w->rest.p) : w->rest.n);
	if (nl != NULL)
		take(&w->rest, 1);
	*l = (struct line){ .whole = s, .number = ++w->number };
	if (s.n > 0 && s.p[0] == '#')
		return true;
	take_while(&s, true);
	l->id = take_while(&s, false);
	take_while(&s, true);
	l->key = s;
	return true;
}

static bool
is_hex(struct slice key)
{
	return key.n >= 2 && key.p[0] == '0' && key.p[1] == 'x';
}

/*
 * Decode "0x...", blanks between the digits do not count.  The number of bytes, 0 if it is no hex
 * key: no digits, an odd number of them, or something else among them.  |out| may be NULL;
 * otherwise at most PSK_MAX bytes are written.
 */
static size_t
hex_decode(struct slice key, uint8_t *out)
{
	size_t i, digits = 0;
	unsigned high = 0;
	int d;

	for (i = 2; i < key.n; i++) {
		if (is_space(key.p[i]))
			continue;
		d = hex_digit(key.p[i]);
		if (d < 0)
			return 0;
		if (digits % 2 == 1 && out != NULL && digits / 2 < PSK_MAX)
			out[digits / 2] = (uint8_t)(high << 4 | (unsigned)d);
		high = (unsigned)d;
		digits++;
	}
	return digits % 2 == 0 ? digits / 2 : 0;
}

static ike_err
copy_key(const struct line *l, uint8_t *key_out, size_t *len_out)
{
	size_t n = is_hex(l->key) ? hex_decode(l->key, NULL) : l->key.n;

	if (n == 0 || n > PSK_MAX)
		return IKE_E_SYNTAX;
	if (is_hex(l->key))
		hex_decode(l->key, key_out);
	else
		memcpy(key_out, l->key.p, n);
	*len_out = n;
	return IKE_OK;
}

/* The first line with a key whose first column is |id|. */
static bool
find_line(struct slice text, struct slice id, struct line *out)
{
	struct walk w = { .rest = text };
	struct line l;

	while (next_line(&w, &l)) {
		if (l.id.n > 0 && l.key.n > 0 && slice_equal(l.id, id)) {
			*out = l;
			return true;
		}
	}
	return false;
}

ike_err
psk_find(struct slice text, const char *id, uint8_t key_out[PSK_MAX], size_t *len_out,
    unsigned *line_out)
{
	struct line l;

	if (!find_line(text, slice_str(id), &l) && !find_line(text, slice_str("*"), &l))
		return IKE_E_NO_PSK;
	TRY(copy_key(&l, key_out, len_out));
	if (line_out != NULL)
		*line_out = l.number;
	return IKE_OK;
}

static unsigned
key_notes(struct slice key)
{
	unsigned notes = 0;

	if (is_hex(key))
		return hex_decode(key, NULL) == 0 ? PSK_BAD_HEX : 0;
	while (key.n > 0 && key.p[key.n - 1] == '\r')
		key.n--;
	if (key.n > 0 && is_space(key.p[key.n - 1]))
		notes |= PSK_TRAILING_BLANK;
	while (key.n > 0 && is_space(key.p[key.n - 1]))
		key.n--;
	if (key.n >= 2 && key.p[0] == key.p[key.n - 1] && (key.p[0] == '"' || key.p[0] == '\''))
		notes |= PSK_QUOTED;
	return notes;
}

const char *
psk_note_text(enum psk_note note)
{
	switch (note) {
	case PSK_QUOTED:
		return "the quotes are part of the key";
	case PSK_TRAILING_BLANK:
		return "the blanks at the end are part of the key";
	case PSK_CR:
		return "the carriage return at the end is part of the key";
	case PSK_BAD_HEX:
		return "behind 0x there must be an even number of hexadecimal digits: this key cannot be used";
	case PSK_NO_KEY:
		return "an identity without a key: the line is passed over";
	case PSK_COMMENT_INDENTED:
		return "a comment begins in the first column: this is an identity with a # in front";
	case PSK_LONG_LINE:
		return "more than 1023 bytes: racoon would break this line up";
	case PSK_NOTES:
		break;
	}
	return "";
}

void
psk_check(struct slice text, psk_note_fn *fn, void *arg)
{
	struct walk w = { .rest = text };
	struct line l;
	unsigned notes;

	while (next_line(&w, &l)) {
		notes = 0;
		if (l.id.n > 0) {
			notes = l.key.n == 0 ? PSK_NO_KEY : key_notes(l.key);
			if (l.id.p[0] == '#')
				notes |= PSK_COMMENT_INDENTED;
			if (l.whole.p[l.whole.n - 1] == '\r')
				notes |= PSK_CR;
			if (l.whole.n > RACOON_LINE)
				notes |= PSK_LONG_LINE;
		}
		if (notes != 0)
			fn(arg, l.number, notes);
	}
}

void
psk_lines(struct slice text, psk_line_fn *fn, void *arg)
{
	struct walk w = { .rest = text };
	struct line l;

	while (next_line(&w, &l))
		if (l.id.n > 0 && l.key.n > 0)
			fn(arg, l.whole, l.id, l.number);
}
