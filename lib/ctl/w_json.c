/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON (RFC 8259): ASCII only, so that any reader in any locale gets the same. */
#include "ctl/writer.h"

#include <inttypes.h>

/*
 * The code point of the UTF-8 sequence at |s| and its length; 0xfffd and 1 for what is none.  RFC 3629 section 4 has the ranges:
 * overlong forms and surrogates are none.
 */
static unsigned
utf8(struct slice s, uint32_t *out)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned n = s.p[0] >= 0xf0 ? 4 : s.p[0] >= 0xe0 ? 3 : s.p[0] >= 0xc0 ? 2 : 0;
	uint32_t c = n == 4 ? s.p[0] & 0x07u : n == 3 ? s.p[0] & 0x0fu : s.p[0] & 0x1fu;

	*out = 0xfffd;
	if (n == 0 || n > s.n || s.p[0] > 0xf4)
		return 1;
	for (unsigned i = 1; i < n; i++) {
		if ((s.p[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | (s.p[i] & 0x3fu);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 1;
	*out = c;
	return n;
}

static void
put_escape(struct writer *w, uint32_t c)
{
	char buf[16];
	struct text t = text_in(buf, sizeof(buf));

	if (c >= 0x10000)
		text_addf(&t, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
		    0xdc00 + ((c - 0x10000) & 0x3ff));
	else if (c == '"' || c == '\\')
		text_addf(&t, "\\%c", (char)c);
	else if (c == '\n')
		text_add(&t, "\\n");
	else
		text_addf(&t, "\\u%04x", c);
	writer_put(w, buf);
}

static void
put_string(struct writer *w, struct slice s)
{
	writer_put(w, "\"");
	for (size_t i = 0; i < s.n;) {
		size_t run = i;
		while (run < s.n && s.p[run] >= ' ' && s.p[run] < 0x7f && s.p[run] != '"' &&
		       s.p[run] != '\\')
			run++;
		writer_put_slice(w, slice_of(s.p + i, run - i));
		if (run == s.n)
			break;
		uint32_t c = s.p[run];
		i = run + (c < 0x80 ? 1 : utf8(slice_of(s.p + run, s.n - run), &c));
		put_escape(w, c);
	}
	writer_put(w, "\"");
}

static void
put_name(struct writer *w, struct slice name)
{
	if (w->depth == 0)
		return;
	if (w->level[w->depth - 1].n > 0)
		writer_put(w, ",");
	if (w->level[w->depth - 1].list)
		return;
	put_string(w, name);
	writer_put(w, ":");
}

static void
json_start(struct writer *w, struct slice name, bool list)
{
	put_name(w, name);
	writer_put(w, list ? "[" : "{");
}

static void
json_end(struct writer *w, bool list)
{
	writer_put(w, list ? "]" : "}");
	if (w->depth == 0)
		writer_put(w, "\n");
}

static void
json_value(struct writer *w, const struct ctl_node *n)
{
	uint64_t v = ctl_number(n);
	char buf[64];
	struct text t = text_in(buf, sizeof(buf));

	put_name(w, n->name);
	switch (n->type) {
	case CTL_STR:
		put_string(w, n->body);
		return;
	case CTL_BOOL:
		text_add(&t, v != 0 ? "true" : "false");
		break;
	case CTL_UINT:
	case CTL_SPAN:
	case CTL_BYTES:
		text_addf(&t, "%" PRIu64, v);
		break;
	case CTL_SPI:
	case CTL_COOKIE:
	case CTL_TIME:
		text_char(&t, '"');
		if (n->type == CTL_TIME)
			time_text((int64_t)v, &t);
		else
			value_text(n, w->now, &t);
		text_char(&t, '"');
		break;
	case CTL_RECORD:
	case CTL_LIST:
	case CTL_TYPES:
		text_add(&t, "null");
		break;
	}
	writer_put(w, buf);
}

const struct writer_ops writer_json = { .start = json_start, .value = json_value, .end = json_end };
