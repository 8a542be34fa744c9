/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The envelope of a handover, and the two ends of one: the old process freezes and writes, the new one reads, judges and goes on.
 */
#include "ringtail/ike/handover.h"

#include "crypto/prf.h"
#include "ringtail/daemon.h"

#include <string.h>

#define MAGIC 0x72696e677461696cull     /* "ringtail" */
#define ENVELOPE 16u                    /* magic, versions, length of the records */
#define DIGEST 32u

#define TRIES 3u

/* What a snapshot takes at least: more is found out by trying. */
#define FIRST_SIZE ((size_t)64 << 10)
#define LAST_SIZE ((size_t)4 << 30)

static ike_err
digest(const struct daemon *d, struct slice s, uint8_t out[PRF_MAX])
{
	size_t n;

	TRY(hash(d->env.crypto, HASH_SHA256, &s, 1, out, &n));
	return n == DIGEST ? IKE_OK : IKE_E_INTERNAL;
}

/* The buffer never moves while it grows, so that no copy of a key is left behind. */
static ike_err
write_in(const struct daemon *d, size_t size, struct wr *w)
{
	uint8_t sum[PRF_MAX];

	wr_init(w, size);
	TRY(buf_reserve(&w->buf, size));
	wr_u64(w, MAGIC);
	wr_u16(w, HANDOVER_MAJOR);
	wr_u16(w, HANDOVER_MINOR);
	size_t len = wr_mark_u32(w);
	handover_write_records(d, w);
	TRY(wr_err(w));
	wr_patch_u32(w, len, wr_len(w) - ENVELOPE);
	TRY(wr_err(w));
	TRY(digest(d, buf_slice(&w->buf), sum));
	wr_bytes(w, slice_of(sum, DIGEST));
	return wr_err(w);
}

static ike_err
try_size(const struct daemon *d, size_t size, struct secret *out)
{
	struct wr w;

	ike_err err = write_in(d, size, &w);
	if (err == IKE_OK)
		err = secret_copy(buf_slice(&w.buf), out);
	if (w.buf.p != NULL)
		wipe(w.buf.p, w.buf.n);
	wr_free(&w);
	return err;
}

ike_err
handover_write(const struct daemon *d, struct secret *out)
{
	size_t size = FIRST_SIZE;
	unsigned refusals = 0;

	for (;;) {
		ike_err err = try_size(d, size, out);
		if (err == IKE_E_FULL && size < LAST_SIZE / 2)
			size *= 2;
		else if (err != IKE_E_NOMEM || ++refusals == TRIES)      /* there is no second chance to hand over */
			return err;
	}
}

ike_err
handover_open(const struct daemon *d, struct slice snapshot, struct slice *records)
{
	struct rd r = rd_of(snapshot);
	uint8_t sum[PRF_MAX];

	uint64_t magic = rd_u64(&r);
	uint16_t major = rd_u16(&r);
	(void)rd_u16(&r);
	struct slice body = rd_bytes(&r, rd_u32(&r));
	struct slice given = rd_bytes(&r, DIGEST);
	if (r.err == IKE_OK && magic != MAGIC)
		return IKE_E_FORMAT;
	if (r.err == IKE_OK && major != HANDOVER_MAJOR)
		return IKE_E_VERSION;
	TRY(rd_end(&r));
	TRY(digest(d, slice_of(snapshot.p, snapshot.n - DIGEST), sum));
	if (!ct_equal(slice_of(sum, DIGEST), given))
		return IKE_E_INTEGRITY;
	*records = body;
	return IKE_OK;
}

/* What becomes of the frozen daemon's objects is nobody's business. */
static const struct logger silent;

static void
no_send(void *arg, const struct dgram *dg)
{
	(void)arg;
	(void)dg;
}

ike_err
daemon_hand_over(struct daemon *d, ike_time now, struct secret *out)
{
	if (d->frozen || d->stopping)
		return IKE_E_STATE;
	if (now > d->now)
		d->now = now;
	greet_flush(d);
	ike_err err = handover_write(d, out);
	if (err != IKE_OK)
		return err;
	/* from here on somebody else speaks with these keys and message ids */
	d->frozen = true;
	d->env.send = no_send;
	d->env.log = &silent;
	return IKE_OK;
}

bool
daemon_at_rest(const struct daemon *d)
{
	uint32_t it = 0;
	const struct ike_sa *ike;

	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL) {
		if (!handover_lasts(ike))
			return false;
		LIST_FOR(l, &ike->exchs)
			if (!handover_exch_lasts(container_of(l, struct exch, link)))
				return false;
	}
	return true;
}
