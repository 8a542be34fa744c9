/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: text is cut into components (type, raw value), each of which is encoded at the end
 * of the output and then wrapped, from the inside out, by moving it up to make room for tag and
 * length. DER is walked by an iterator that gives one attribute at a time and marks the first of
 * each set.  Both walks are flat: a Name has exactly four levels.
 */
#include "ident/dn.h"

#include "ident/dn_type.h"
#include "util/rd.h"

#include <string.h>

/* ASN.1 universal tags, ITU-T X.680 */
enum { DER_OID = 0x06, DER_SEQUENCE = 0x30, DER_SET = 0x31 };

/* One "TYPE=value"; the value still has its escapes. */
struct component {
	struct slice type;
	struct slice value;
};

struct scan {
	struct slice rest;
	bool first;
	ike_err err;
};

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct slice
trim_front(struct slice s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = slice_of(s.p + 1, s.n - 1);
	return s;
}

/* Blanks at the end go, but not one that is escaped. */
static struct slice
trim(struct slice s)
{
	size_t i, keep = 0;

	s = trim_front(s);
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\\') {
			i++;
			keep = i < s.n ? i + 1 : s.n;
		} else if (!is_blank(s.p[i])) {
			keep = i + 1;
		}
	}
	return slice_of(s.p, keep);
}

/* The next component of |s| into |c|; false at the end or on an error, which is then in |s|. */
static bool
next_component(struct scan *s, struct component *c)
{
	size_t i, eq = 0, end;
	bool seen = false;

	if (s->err != IKE_OK || (s->rest.n == 0 && !s->first))
		return false;
	for (i = 0; i < s->rest.n && s->rest.p[i] != ',' && s->rest.p[i] != '/'; i++) {
		if (s->rest.p[i] == '\\') {
			i++;
		} else if (s->rest.p[i] == '=' && !seen) {
			eq = i;
			seen = true;
		}
	}
	end = i < s->rest.n ? i : s->rest.n;
	/* a separator must have something behind it, a backslash too */
	if (!seen || i > s->rest.n || i + 1 == s->rest.n) {
		s->err = IKE_E_SYNTAX;
		return false;
	}
	c->type = trim(slice_of(s->rest.p, eq));
	c->value = trim(slice_of(s->rest.p + eq + 1, end - eq - 1));
	s->first = false;
	s->rest =
	    i < s->rest.n ? slice_of(s->rest.p + i + 1, s->rest.n - i - 1) : slice_of(NULL, 0);
	if (c->type.n == 0)
		s->err = IKE_E_SYNTAX;
	return s->err == IKE_OK;
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that |raw| begins with, escapes resolved; |raw| moves on.  |raw| must not be empty. */
static uint8_t
next_byte(struct slice *raw)
{
	size_t n = 1;
	uint8_t c = raw->p[0];

	if (c == '\\' && raw->n >= 3 && hex_digit(raw->p[1]) >= 0 && hex_digit(raw->p[2]) >= 0) {
		c = (uint8_t)(hex_digit(raw->p[1]) << 4 | hex_digit(raw->p[2]));
		n = 3;
	} else if (c == '\\' && raw->n >= 2) {
		c = raw->p[1];
		n = 2;
	}
	*raw = slice_of(raw->p + n, raw->n - n);
	return c;
}

static bool
is_star(struct slice raw)
{
	return raw.n == 1 && raw.p[0] == '*';
}

/* Output with a sticky error. */
struct out {
	uint8_t *p;
	size_t cap, n;
	ike_err err;
};

static void
put_bytes(struct out *o, const void *p, size_t n)
{
	if (o->err == IKE_OK && n > o->cap - o->n)
		o->err = IKE_E_RANGE;
	if (o->err != IKE_OK)
		return;
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

/* Make what was written since |start| the content of a |tag|. */
static void
wrap(struct out *o, size_t start, uint8_t tag)
{
	size_t len = o->n - start, head = len < 0x80 ? 2 : len < 0x100 ? 3 : 4;
	const uint8_t short_form[2] = { tag, (uint8_t)len };
	const uint8_t one_byte[3] = { tag, 0x81, (uint8_t)len };
	const uint8_t two_bytes[4] = { tag, 0x82, (uint8_t)(len >> 8), (uint8_t)len };

	if (o->err == IKE_OK && (head > o->cap - o->n || len > UINT16_MAX))
		o->err = IKE_E_RANGE;
	if (o->err != IKE_OK)
		return;
	memmove(o->p + start + head, o->p + start, len);
	memcpy(o->p + start, head == 2 ? short_form : head == 3 ? one_byte : two_bytes, head);
	o->n += head;
}

/* The PrintableString characters, ITU-T X.680 section 41.4. */
static bool
is_printable_string(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint8_t c = p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			(c != 0 && strchr(" '()+,-./:=?", c) != NULL)))
			return false;
	}
	return true;
}

static bool
is_ascii(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && p[i] < 0x80; i++)
		;
	return i == n;
}

/*
 * RFC 3629: well-formed, shortest forms, no surrogates, nothing above U+10FFFF; and no NUL, which
 * no name needs.
 */
static bool
is_utf8(const uint8_t *p, size_t n)
{
	static const uint32_t least[4] = { 1, 0x80, 0x800, 0x10000 };
	size_t i = 0, more, k;
	uint32_t v;

	while (i < n) {
		uint8_t c = p[i++];

		more = c < 0x80 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
		if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || more > n - i)
			return false;
		v = more == 0 ? c : c & (0x3fu >> more);
		for (k = 0; k < more; k++) {
			if ((p[i] & 0xc0) != 0x80)
				return false;
			v = v << 6 | (p[i++] & 0x3fu);
		}
		if (v < least[more] || (v >= 0xd800 && v < 0xe000) || v > 0x10ffff)
			return false;
	}
	return true;
}

static void
put_component(struct out *o, const struct component *c)
{
	size_t rdn = o->n, seq = rdn, value;
	struct slice raw = c->value;
	struct dn_oid oid;
	uint8_t tag, byte;

	o->err = dn_type_find(c->type, &oid, &tag);
	put_bytes(o, &oid.b, o->err == IKE_OK ? oid.n : 0);
	wrap(o, seq, DER_OID);
	value = o->n;
	while (raw.n > 0 && o->err == IKE_OK) {
		byte = next_byte(&raw);
		put_bytes(o, &byte, 1);
	}
	if (o->err != IKE_OK)
		return;
	if (!is_utf8(o->p + value, o->n - value))
		o->err = IKE_E_SYNTAX;
	if ((tag == DER_PRINTABLE && !is_printable_string(o->p + value, o->n - value)) ||
	    (tag == DER_IA5 && !is_ascii(o->p + value, o->n - value)))
		tag = DER_UTF8;
	wrap(o, value, tag);
	wrap(o, seq, DER_SEQUENCE);
	wrap(o, rdn, DER_SET);
}

static ike_err
parse_hex(struct slice s, struct out *o)
{
	size_t i;
	uint8_t byte;

	if (s.n == 0 || s.n % 2 != 0)
		return IKE_E_SYNTAX;
	for (i = 0; i < s.n; i += 2) {
		if (hex_digit(s.p[i]) < 0 || hex_digit(s.p[i + 1]) < 0)
			return IKE_E_SYNTAX;
		byte = (uint8_t)(hex_digit(s.p[i]) << 4 | hex_digit(s.p[i + 1]));
		put_bytes(o, &byte, 1);
	}
	TRY(o->err);
	return dn_valid(slice_of(o->p, o->n)) ? IKE_OK : IKE_E_SYNTAX;
}

ike_err
dn_parse(const char *text, uint8_t *out, size_t cap, size_t *len_out)
{
	struct scan s = { .rest = slice_str(text), .first = true };
	struct out o = { .p = out, .cap = cap };
	struct component c;

	if (text[0] == '~') {
		TRY(parse_hex(slice_str(text + 1), &o));
	} else {
		while (o.err == IKE_OK && next_component(&s, &c))
			put_component(&o, &c);
		TRY(o.err);
		TRY(s.err);
		wrap(&o, 0, DER_SEQUENCE);
		TRY(o.err);
	}
	*len_out = o.n;
	return IKE_OK;
}

bool
dn_is_pattern(const char *text)
{
	struct scan s = { .rest = slice_str(text), .first = true };
	struct component c;

	if (text[0] == '~')
		return false;
	while (next_component(&s, &c)) {
		if (is_star(c.value))
			return true;
	}
	return false;
}

/* One attribute of a Name. */
struct attribute {
	bool starts_rdn;
	struct slice oid, value;
};

struct walk {
	struct rd names; /* the sets not yet begun */
	struct rd set;   /* what is left of the set under way */
};

/*
 * The content of the next element: |tag|, or any primitive one if |tag| is 0.  Definite lengths in
 * the shortest form only.
 */
static struct slice
element(struct rd *r, uint8_t tag)
{
	uint8_t t = rd_u8(r), first = rd_u8(r);
	size_t len = first;

	if (tag != 0 ? t != tag : (t & 0x20) != 0 || (t & 0x1f) == 0x1f)
		rd_fail(r, IKE_E_FORMAT);
	if (first == 0x81) {
		len = rd_u8(r);
		if (len < 0x80)
			rd_fail(r, IKE_E_FORMAT);
	} else if (first == 0x82) {
		len = rd_u16(r);
		if (len < 0x100)
			rd_fail(r, IKE_E_FORMAT);
	} else if (first >= 0x80) {
		rd_fail(r, IKE_E_FORMAT);
	}
	return rd_bytes(r, len);
}

static struct walk
walk_of(struct slice der)
{
	struct rd all = rd_of(der);
	struct walk w = { .names = rd_of(element(&all, DER_SEQUENCE)),
		.set = rd_of(slice_of(NULL, 0)) };
	ike_err err = rd_end(&all);

	if (err != IKE_OK)
		rd_fail(&w.names, err);
	return w;
}

/* The next attribute; false at the end or on an error, which is then in |w->names|. */
static bool
next_attribute(struct walk *w, struct attribute *a)
{
	struct rd seq;

	a->starts_rdn = rd_left(&w->set) == 0;
	if (a->starts_rdn) {
		if (rd_left(&w->names) == 0)
			return false;
		w->set = rd_of(element(&w->names, DER_SET));
	}
	seq = rd_of(element(&w->set, DER_SEQUENCE));
	a->oid = element(&seq, DER_OID);
	a->value = element(&seq, 0);
	if (rd_end(&seq) != IKE_OK || w->set.err != IKE_OK || w->names.err != IKE_OK ||
	    a->oid.n == 0 || (a->oid.p[a->oid.n - 1] & 0x80) != 0) {
		rd_fail(&w->names, IKE_E_FORMAT);
		return false;
	}
	return true;
}

bool
dn_valid(struct slice der)
{
	struct walk w = walk_of(der);
	struct attribute a;

	while (next_attribute(&w, &a))
		;
	return w.names.err == IKE_OK;
}

/* Are the bytes of |raw|, escapes resolved, those of |value|? */
static bool
same_value(struct slice raw, struct slice value)
{
	size_t i;

	for (i = 0; i < value.n && raw.n > 0; i++) {
		if (next_byte(&raw) != value.p[i])
			return false;
	}
	return i == value.n && raw.n == 0;
}

bool
dn_match(const char *pattern, struct slice der)
{
	struct scan s = { .rest = slice_str(pattern), .first = true };
	struct walk w = walk_of(der);
	struct component c;
	struct attribute a;
	struct dn_oid oid;
	uint8_t tag;

	if (pattern[0] == '~' || !dn_valid(der))
		return false;
	while (next_component(&s, &c)) {
		if (!next_attribute(&w, &a) || !a.starts_rdn ||
		    dn_type_find(c.type, &oid, &tag) != IKE_OK)
			return false;
		if (!slice_equal(a.oid, slice_of(oid.b, oid.n)))
			return false;
		if (!is_star(c.value) && !same_value(c.value, a.value))
			return false;
	}
	return s.err == IKE_OK && !next_attribute(&w, &a) && w.names.err == IKE_OK;
}

bool
dn_equal(struct slice x, struct slice y)
{
	struct walk v = walk_of(x), w = walk_of(y);
	struct attribute a, b;
	bool more;

	if (!dn_valid(x) || !dn_valid(y))
		return false;
	while ((more = next_attribute(&v, &a)) == next_attribute(&w, &b)) {
		if (!more)
			return true;
		if (a.starts_rdn != b.starts_rdn || !slice_equal(a.oid, b.oid) ||
		    !slice_equal(a.value, b.value))
			return false;
	}
	return false;
}

/* A '/' or '+' of the value is escaped, as it would look like the next attribute. */
static void
print_value(struct slice v, struct text *t)
{
	size_t n;

	while (v.n > 0) {
		for (n = 0; n < v.n && v.p[n] != '/' && v.p[n] != '+'; n++)
			;
		text_peer(t, slice_of(v.p, n));
		if (n < v.n) {
			text_char(t, '\\');
			text_char(t, (char)v.p[n++]);
		}
		v = slice_of(v.p + n, v.n - n);
	}
}

void
dn_print(struct slice der, struct text *t)
{
	struct walk w = walk_of(der);
	struct attribute a;

	if (!dn_valid(der)) {
		text_hex(t, der);
		return;
	}
	while (next_attribute(&w, &a)) {
		text_char(t, a.starts_rdn ? '/' : '+');
		dn_type_print(a.oid, t);
		text_char(t, '=');
		print_value(a.value, t);
	}
}
