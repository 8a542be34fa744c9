/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit/handover_fix.h"

#include "crypto/prf.h"
#include "ringtail/ike/handover.h"

#include <string.h>

#define HEAD_LEN 6u /* tag and length */

struct slice
snapshot_records(struct slice snapshot)
{
	return slice_of(snapshot.p + SNAPSHOT_ENVELOPE,
	    snapshot.n - SNAPSHOT_ENVELOPE - SNAPSHOT_DIGEST);
}

struct slice
snapshot_rest(struct slice snapshot)
{
	struct slice s = snapshot_records(snapshot), body;
	struct rd r = rd_of(s);
	uint16_t tag;

	(void)snap_next(&r, &tag, &body);
	return rd_rest(&r);
}

ike_err
snapshot_make(
    struct crypto *c, uint16_t major, uint16_t minor, struct slice records, struct buf *out)
{
	uint8_t sum[PRF_MAX];
	size_t n;
	struct wr w;

	wr_init(&w, (size_t)16 << 20);
	wr_u64(&w, 0x72696e677461696cull);
	wr_u16(&w, major);
	wr_u16(&w, minor);
	wr_u32(&w, (uint32_t)records.n);
	wr_bytes(&w, records);
	struct slice all = buf_slice(&w.buf);
	ike_err err = wr_err(&w);
	if (err == IKE_OK)
		err = hash(c, HASH_SHA256, &all, 1, sum, &n);
	if (err == IKE_OK) {
		wr_bytes(&w, slice_of(sum, SNAPSHOT_DIGEST));
		err = wr_take(&w, out);
	}
	wr_free(&w);
	return err;
}

ike_err
snapshot_head(ike_time when, const uint8_t boot[16], struct buf *out)
{
	struct handover_head h = { .taken = when };
	struct wr w;

	memcpy(h.boot_id, boot, sizeof(h.boot_id));
	wr_init(&w, 0);
	size_t mark = snap_begin(&w, HO_HEAD);
	snap_put(&w, &handover_head_table, &h);
	snap_end(&w, mark);
	ike_err err = wr_take(&w, out);
	wr_free(&w);
	return err;
}

static uint32_t
length_at(const uint8_t *p)
{
	return (uint32_t)p[2] << 24 | (uint32_t)p[3] << 16 | (uint32_t)p[4] << 8 | p[5];
}

static bool
is_record(const uint8_t *p)
{
	return p[0] != 0;
}

bool
snapshot_field(struct slice records, unsigned n, size_t *at, size_t *len)
{
	size_t pos = 0;

	/* records are entered, fields passed: each is met once, in the order of their bytes */
	for (; pos + HEAD_LEN <= records.n; n--) {
		const uint8_t *p = records.p + pos;
		if (n == 0) {
			*at = pos;
			*len = HEAD_LEN + length_at(p);
			return true;
		}
		pos += HEAD_LEN + (is_record(p) ? 0 : length_at(p));
	}
	return false;
}

/* Add |by| to the lengths of all records that begin before |from| and end at |to| or behind it. */
static void
stretch_around(uint8_t *p, size_t n, size_t from, size_t to, int32_t by)
{
	size_t pos = 0;

	while (pos + HEAD_LEN <= n && pos < from) {
		size_t end = pos + HEAD_LEN + length_at(p + pos);
		if (!is_record(p + pos) || end < to) {
			pos = end;
			continue;
		}
		uint32_t len = (uint32_t)((int64_t)length_at(p + pos) + by);
		for (unsigned i = 0; i < 4; i++)
			p[pos + 2 + i] = (uint8_t)(len >> (24 - 8 * i));
		pos += HEAD_LEN;
	}
}

ike_err
snapshot_with(struct slice records, size_t at, struct slice more, struct buf *out)
{
	buf_free(out);
	TRY(buf_set(out, records));
	stretch_around(out->p, out->n, at, at, (int32_t)more.n);
	TRY(buf_append(out, more));
	memmove(out->p + at + more.n, out->p + at, records.n - at);
	memcpy(out->p + at, more.p, more.n);
	return IKE_OK;
}

ike_err
snapshot_without(struct slice records, size_t at, size_t len, struct buf *out)
{
	buf_free(out);
	TRY(buf_set(out, records));
	stretch_around(out->p, out->n, at, at + len, -(int32_t)len);
	memmove(out->p + at, out->p + at + len, out->n - at - len);
	out->n -= len;
	return IKE_OK;
}
