/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/msg.h"

#include <string.h>

/* --- reading --- */

static bool
is_name(struct slice s)
{
	static const bool good[256] = { ['a' ... 'z'] = true, ['0' ... '9'] = true, ['_'] = true };
	bool all = s.n <= CTL_NAME_MAX;

	for (size_t i = 0; all && i < s.n; i++)
		all = good[s.p[i]];
	return all;
}

/* The length of the body of a fixed type; -1: any. */
static int
body_len(unsigned type)
{
	switch ((enum ctl_type)type) {
	case CTL_RECORD:
	case CTL_LIST:
	case CTL_STR:
	case CTL_TYPES:
		return -1;
	case CTL_BOOL:
		return 1;
	case CTL_SPI:
		return 4;
	case CTL_UINT:
	case CTL_TIME:
	case CTL_SPAN:
	case CTL_BYTES:
	case CTL_COOKIE:
		return 8;
	}
	return -1;
}

static void
get_node(struct rd *r, struct ctl_node *out)
{
	out->type = (enum ctl_type)rd_u8(r);
	out->name = rd_bytes(r, rd_u8(r));
	out->body = rd_bytes(r, rd_u32(r));
}

static ike_err
check_node(const struct ctl_node *n, bool in_list)
{
	int len = body_len(n->type);

	if (n->type < CTL_RECORD || n->type >= CTL_TYPES)
		return IKE_E_FORMAT;
	if (!is_name(n->name) || (n->name.n == 0) != in_list)
		return IKE_E_FORMAT;
	if (len >= 0 && n->body.n != (size_t)len)
		return IKE_E_FORMAT;
	if (n->type == CTL_BOOL && n->body.p[0] > 1)
		return IKE_E_FORMAT;
	return IKE_OK;
}

/* A stack instead of recursion: |level| is what is open, the innermost last. */
static ike_err
check_tree(struct slice body)
{
	struct {
		struct rd r;
		bool list;
	} level[CTL_DEPTH + 1];
	unsigned depth = 0;
	struct ctl_node n;

	level[0].r = rd_of(body);
	level[0].list = false;
	for (;;) {
		struct rd *r = &level[depth].r;
		if (rd_left(r) == 0) {
			TRY(rd_end(r));
			if (depth-- == 0)
				return IKE_OK;
			continue;
		}
		get_node(r, &n);
		if (r->err != IKE_OK)
			return r->err;
		TRY(check_node(&n, level[depth].list));
		if (n.type != CTL_RECORD && n.type != CTL_LIST)
			continue;
		if (depth == CTL_DEPTH)
			return IKE_E_RANGE;
		depth++;
		level[depth].r = rd_of(n.body);
		level[depth].list = n.type == CTL_LIST;
	}
}

ike_err
ctl_open(struct slice msg, enum ctl_kind *kind_out, struct ctl_node *root_out)
{
	struct rd r = rd_of(msg);
	uint8_t version = rd_u8(&r), kind = rd_u8(&r);

	if (r.err != IKE_OK)
		return r.err;
	if (version != CTL_VERSION)
		return IKE_E_VERSION;
	if (kind < CTL_M_REQUEST || kind > CTL_M_EVENT)
		return IKE_E_FORMAT;
	struct slice body = rd_rest(&r);
	TRY(check_tree(body));
	*kind_out = (enum ctl_kind)kind;
	*root_out = (struct ctl_node){ .type = CTL_RECORD, .body = body };
	return IKE_OK;
}

struct rd
ctl_members(const struct ctl_node *n)
{
	return rd_of(n->type == CTL_RECORD || n->type == CTL_LIST ? n->body : slice_of(NULL, 0));
}

bool
ctl_next(struct rd *r, struct ctl_node *out)
{
	if (rd_left(r) == 0)
		return false;
	get_node(r, out);
	return r->err == IKE_OK;
}

bool
ctl_find(const struct ctl_node *rec, const char *name, struct ctl_node *out)
{
	struct slice want = slice_str(name);
	struct rd r = ctl_members(rec);
	struct ctl_node n;

	while (ctl_next(&r, &n))
		if (slice_equal(n.name, want)) {
			*out = n;
			return true;
		}
	return false;
}

size_t
ctl_count(const struct ctl_node *n)
{
	struct rd r = ctl_members(n);
	struct ctl_node m;
	size_t count = 0;

	while (ctl_next(&r, &m))
		count++;
	return count;
}

uint64_t
ctl_number(const struct ctl_node *n)
{
	struct rd r = rd_of(n->body);

	switch (body_len(n->type)) {
	case 1:
		return rd_u8(&r);
	case 4:
		return rd_u32(&r);
	case 8:
		return rd_u64(&r);
	default:
		return 0;
	}
}

struct slice
ctl_get_str(const struct ctl_node *rec, const char *name)
{
	struct ctl_node n;

	return ctl_find(rec, name, &n) && n.type == CTL_STR ? n.body : slice_of(NULL, 0);
}

uint64_t
ctl_get_number(const struct ctl_node *rec, const char *name)
{
	struct ctl_node n;

	return ctl_find(rec, name, &n) ? ctl_number(&n) : 0;
}

bool
ctl_get_bool(const struct ctl_node *rec, const char *name)
{
	struct ctl_node n;

	return ctl_find(rec, name, &n) && n.type == CTL_BOOL && ctl_number(&n) != 0;
}

bool
ctl_is(const struct ctl_node *rec, const char *name, const char *s)
{
	return slice_equal(ctl_get_str(rec, name), slice_str(s));
}

/* --- writing --- */

void
ctl_put_init(struct ctl_put *p, enum ctl_kind kind, size_t limit)
{
	*p = (struct ctl_put){ 0 };
	wr_init(&p->w, limit);
	wr_u8(&p->w, CTL_VERSION);
	wr_u8(&p->w, (uint8_t)kind);
}

/* A head and room for |body| bytes behind it, in one piece: answers have hundreds of thousands of these.  NULL: no room. */
static uint8_t *
put_head(struct ctl_put *p, enum ctl_type type, struct slice name, size_t body)
{
	if (!is_name(name)) {
		wr_fail(&p->w, IKE_E_INTERNAL);
		return NULL;
	}
	uint8_t *h = wr_space(&p->w, 2 + name.n + body);
	if (h == NULL)
		return NULL;
	h[0] = (uint8_t)type;
	h[1] = (uint8_t)name.n;
	if (name.n > 0)
		memcpy(h + 2, name.p, name.n);
	return h + 2 + name.n;
}

static void
put_open(struct ctl_put *p, enum ctl_type type, const char *name)
{
	if (p->depth == CTL_DEPTH) {
		wr_fail(&p->w, IKE_E_RANGE);
		return;
	}
	(void)put_head(p, type, slice_str(name), 0);
	p->mark[p->depth++] = wr_mark_u32(&p->w);
}

void
ctl_put_record(struct ctl_put *p, const char *name)
{
	put_open(p, CTL_RECORD, name);
}

void
ctl_put_list(struct ctl_put *p, const char *name)
{
	put_open(p, CTL_LIST, name);
}

void
ctl_put_end(struct ctl_put *p)
{
	if (wr_err(&p->w) != IKE_OK)
		return;
	if (p->depth == 0) {
		wr_fail(&p->w, IKE_E_INTERNAL);
		return;
	}
	size_t at = p->mark[--p->depth];
	wr_patch_u32(&p->w, at, wr_len(&p->w) - at - 4);
}

static void
put_u32(uint8_t *b, uint32_t v)
{
	b[0] = (uint8_t)(v >> 24);
	b[1] = (uint8_t)(v >> 16);
	b[2] = (uint8_t)(v >> 8);
	b[3] = (uint8_t)v;
}

static void
put_body(struct ctl_put *p, enum ctl_type type, struct slice name, struct slice body)
{
	if (body.n > UINT32_MAX) {
		wr_fail(&p->w, IKE_E_RANGE);
		return;
	}
	uint8_t *b = put_head(p, type, name, 4 + body.n);
	if (b == NULL)
		return;
	put_u32(b, (uint32_t)body.n);
	if (body.n > 0)
		memcpy(b + 4, body.p, body.n);
}

void
ctl_put_slice(struct ctl_put *p, const char *name, struct slice s)
{
	put_body(p, CTL_STR, slice_str(name), s);
}

void
ctl_put_str(struct ctl_put *p, const char *name, const char *s)
{
	ctl_put_slice(p, name, slice_str(s));
}

static void
put_u64(struct ctl_put *p, enum ctl_type type, const char *name, uint64_t v)
{
	uint8_t *b = put_head(p, type, slice_str(name), 12);
	if (b == NULL)
		return;
	put_u32(b, 8);
	for (unsigned i = 12; i-- > 4; v >>= 8)
		b[i] = (uint8_t)v;
}

void
ctl_put_uint(struct ctl_put *p, const char *name, uint64_t v)
{
	put_u64(p, CTL_UINT, name, v);
}

void
ctl_put_bool(struct ctl_put *p, const char *name, bool v)
{
	uint8_t *b = put_head(p, CTL_BOOL, slice_str(name), 5);
	if (b == NULL)
		return;
	put_u32(b, 1);
	b[4] = v;
}

void
ctl_put_quantity(struct ctl_put *p, const char *name, enum ctl_type type, int64_t v)
{
	put_u64(p, type, name, v < 0 ? 0 : (uint64_t)v);
}

void
ctl_put_spi(struct ctl_put *p, const char *name, uint32_t v)
{
	uint8_t *b = put_head(p, CTL_SPI, slice_str(name), 8);
	if (b == NULL)
		return;
	put_u32(b, 4);
	put_u32(b + 4, v);
}

void
ctl_put_cookie(struct ctl_put *p, const char *name, uint64_t v)
{
	put_u64(p, CTL_COOKIE, name, v);
}

void
ctl_put_node(struct ctl_put *p, const struct ctl_node *n)
{
	put_body(p, n->type, n->name, n->body);
}

ike_err
ctl_put_take(struct ctl_put *p, struct buf *out)
{
	if (p->depth != 0)
		wr_fail(&p->w, IKE_E_INTERNAL);
	return wr_take(&p->w, out);
}

void
ctl_put_free(struct ctl_put *p)
{
	wr_free(&p->w);
}
