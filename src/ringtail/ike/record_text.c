/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/ike/record.h"

#include "prop/prop.h"

#include <string.h>

static void
put_ts(struct text *t, const struct ts *ts)
{
	struct addr_buf lo, hi;

	text_addf(t, " %u %s %s %u %u", ts->proto, addr_text(&ts->lo, &lo), addr_text(&ts->hi, &hi), ts->port_lo, ts->port_hi);
}

ike_err
record_put(const struct record_pair *p, struct buf *out)
{
	struct addr_buf a, b;
	char line[800];
	struct text t = text_in(line, sizeof(line));

	text_addf(&t, "+ %u %u 0x%08x 0x%08x %s %s %u %u", p->proto, p->mode, p->spi_in, p->spi_out, addr_text(&p->local, &a),
	    addr_text(&p->remote, &b), p->reqid_in, p->reqid_out);
	put_ts(&t, &p->my_ts);
	put_ts(&t, &p->peer_ts);
	text_char(&t, '\n');
	return buf_append(out, slice_of(line, t.n));
}

ike_err
record_put_end(const struct record_pair *p, struct buf *out)
{
	struct addr_buf a;
	char line[160];
	struct text t = text_in(line, sizeof(line));

	text_addf(&t, "- %u 0x%08x %s\n", p->proto, p->spi_in, addr_text(&p->local, &a));
	return buf_append(out, slice_of(line, t.n));
}

/* A line, word by word; |bad| is sticky. */
struct words {
	struct slice left;
	bool         bad;
};

static struct slice
word(struct words *w)
{
	const uint8_t *end = w->left.n == 0 ? NULL : memchr(w->left.p, ' ', w->left.n);
	size_t n = end == NULL ? w->left.n : (size_t)(end - w->left.p);
	struct slice s = slice_of(w->left.p, n);

	/* no empty word, nor one behind a last blank */
	if (n == 0 || n + 1 == w->left.n)
		w->bad = true;
	n += end != NULL;
	w->left = slice_of(w->left.n == 0 ? NULL : w->left.p + n, w->left.n - n);
	return s;
}

static unsigned
digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 99;
}

/* Decimal, or hexadecimal with 0x, up to |max|. */
static uint32_t
number(struct words *w, uint32_t max)
{
	struct slice s = word(w);
	bool hex = s.n > 2 && s.p[0] == '0' && s.p[1] == 'x';
	uint64_t v = 0;

	for (size_t i = hex ? 2 : 0; i < s.n && !w->bad; i++) {
		unsigned d = digit(s.p[i]);
		v = v * (hex ? 16 : 10) + d;
		if (d >= (hex ? 16u : 10u) || v > max)
			w->bad = true;
	}
	return w->bad ? 0 : (uint32_t)v;
}

static struct addr
address(struct words *w)
{
	struct slice s = word(w);
	char text[ADDR_TEXT];
	struct addr a = { 0 };
	const uint8_t *scope = s.n == 0 ? NULL : memchr(s.p, '%', s.n);

	if (scope != NULL)
		s.n = (size_t)(scope - s.p);
	if (s.n >= sizeof(text))
		w->bad = true;
	if (w->bad)
		return a;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (addr_parse(text, &a) != IKE_OK)
		w->bad = true;
	return a;
}

static struct ts
selector(struct words *w)
{
	struct ts ts = { .proto = (uint8_t)number(w, UINT8_MAX) };

	ts.lo = address(w);
	ts.hi = address(w);
	ts.port_lo = (uint16_t)number(w, UINT16_MAX);
	ts.port_hi = (uint16_t)number(w, UINT16_MAX);
	if (!w->bad && !ts_valid(&ts))
		w->bad = true;
	return ts;
}

static void
get_pair(struct words *w, struct record_pair *p)
{
	p->proto = (uint8_t)number(w, UINT8_MAX);
	p->mode = (uint8_t)number(w, UINT8_MAX);
	p->spi_in = number(w, UINT32_MAX);
	p->spi_out = number(w, UINT32_MAX);
	p->local = address(w);
	p->remote = address(w);
	p->reqid_in = number(w, UINT32_MAX);
	p->reqid_out = number(w, UINT32_MAX);
	p->my_ts = selector(w);
	p->peer_ts = selector(w);
	if (p->mode != MODE_TRANSPORT && p->mode != MODE_TUNNEL)
		w->bad = true;
}

ike_err
record_get(struct slice line, struct record_pair *out, bool *end_out)
{
	struct words w = { .left = line };
	struct record_pair p = { 0 };
	struct slice first = word(&w);
	bool end = slice_equal(first, slice_str("-"));

	if (end) {
		p.proto = (uint8_t)number(&w, UINT8_MAX);
		p.spi_in = number(&w, UINT32_MAX);
		p.local = address(&w);
	} else if (slice_equal(first, slice_str("+"))) {
		get_pair(&w, &p);
	} else {
		w.bad = true;
	}
	if (p.proto != PROTO_ESP && p.proto != PROTO_AH && p.proto != PROTO_IPCOMP)
		w.bad = true;
	if (w.bad || w.left.n != 0)
		return IKE_E_FORMAT;
	*out = p;
	*end_out = end;
	return IKE_OK;
}
