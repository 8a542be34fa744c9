/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cookies (RFC 7296 section 2.6): while there are many strangers, the sender of a first message has to show that it gets our
 * answers before we keep anything of it or compute for it.  The cookie is a keyed hash of where the message came from and of
 * what it will contain again, so that nothing has to be remembered but the key, which changes.
 */
#include "ringtail/v2/v2.h"

#include "crypto/crypto.h"
#include "crypto/prf.h"

#include <string.h>

#define KEY_LIFE SEC(60)
/* Number of the key, HMAC-SHA-256. */
#define COOKIE_LEN 33

/* The key that new cookies are made with; the one before it still counts. */
static ike_err
current_key(struct daemon *d)
{
	struct cookie_keys *k = &d->cookie_keys;
	uint8_t fresh[sizeof(k->now)];

	if (k->number != 0 && d->now - k->since < KEY_LIFE)
		return IKE_OK;
	TRY(daemon_random(d, fresh, sizeof(fresh)));
	memcpy(k->before, k->now, sizeof(k->before));
	memcpy(k->now, fresh, sizeof(k->now));
	k->since = d->now;
	k->number++;
	return IKE_OK;
}

static ike_err
value(struct daemon *d, const uint8_t key[32], const struct dgram *dg, uint64_t spi, struct slice nonce, uint8_t out[PRF_MAX])
{
	struct slice parts[] = {
		nonce, addr_bytes(&dg->remote.addr), slice_of(&dg->remote.port, sizeof(dg->remote.port)), slice_of(&spi, sizeof(spi)),
	};
	size_t len;

	return prf(d->env.crypto, PRF_HMAC_SHA256, slice_of(key, 32), parts, sizeof(parts) / sizeof(parts[0]), out, &len);
}

static bool
cookie_ok(struct daemon *d, const struct dgram *dg, uint64_t spi, struct slice nonce, struct slice cookie)
{
	const struct cookie_keys *k = &d->cookie_keys;
	const uint8_t *key = k->now;
	uint8_t mac[PRF_MAX];

	if (cookie.n != COOKIE_LEN)
		return false;
	if (cookie.p[0] == (uint8_t)(k->number - 1) && k->number > 1)
		key = k->before;
	else if (cookie.p[0] != (uint8_t)k->number)
		return false;
	return value(d, key, dg, spi, nonce, mac) == IKE_OK &&
	    ct_equal(slice_of(mac, COOKIE_LEN - 1), slice_of(cookie.p + 1, COOKIE_LEN - 1));
}

/* The answer is shorter than any message that it answers. */
static ike_err
ask(struct daemon *d, const struct dgram *dg, uint64_t spi, struct slice nonce)
{
	struct ike_hdr hdr = { .spi_i = spi, .major = 2, .exchange = V2_XCHG_IKE_SA_INIT, .flags = V2_FLAG_RESPONSE };
	struct dgram answer = { .local = dg->local, .remote = dg->remote, .natt = dg->natt };
	uint8_t cookie[1 + PRF_MAX];
	struct msg_out m = { 0 };

	cookie[0] = (uint8_t)d->cookie_keys.number;
	TRY(value(d, d->cookie_keys.now, dg, spi, nonce, cookie + 1));
	wr_init(&m.w, 0);
	msg_begin(&m.w, &m.chain, &hdr);
	v2_put_notify(&m, V2_N_COOKIE, slice_of(cookie, COOKIE_LEN));
	msg_end(&m.w, &m.chain);
	ike_err err = wr_err(&m.w);
	if (err == IKE_OK) {
		answer.data = buf_slice(&m.w.buf);
		d->stats.datagrams_out++;
		d->env.send(d->env.arg, &answer);
	}
	wr_free(&m.w);
	return err == IKE_OK ? IKE_E_BUSY : err;
}

ike_err
v2_admit(struct daemon *d, const struct dgram *dg, const struct msg *m)
{
	struct payloads pl;
	struct pld_notify n;
	struct slice nonce;

	TRY(payloads_parse(2, m->hdr.next, slice_of(m->raw.p + IKE_HDR_LEN, m->raw.n - IKE_HDR_LEN), CHAIN_EXACT, &pl));
	if (payload_first(&pl, PK_SA) == NULL || payload_first(&pl, PK_KE) == NULL || payload_first(&pl, PK_NONCE) == NULL)
		return IKE_E_MISSING;
	TRY(get_nonce(2, payload_first(&pl, PK_NONCE)->body, &nonce));
	TRY(current_key(d));
	if (v2_find_notify(&pl, V2_N_COOKIE, &n) && cookie_ok(d, dg, m->hdr.spi_i, nonce, n.data))
		return IKE_OK;
	return ask(d, dg, m->hdr.spi_i, nonce);
}
