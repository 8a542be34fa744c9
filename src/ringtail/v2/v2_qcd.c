/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Quick crash detection (RFC 6290): each end gives the other a token that only it can make, and that it shows only when it no
 * longer has the IKE SA.  Who gets it back knows, without waiting, that the other end has lost everything.
 *
 * A token is computed from the SPIs, the address of who is to believe it (section 5.2) and a secret that outlives a reboot, so that
 * nothing has to be remembered.  What must never happen is that we tell the token of an IKE SA that we have: whoever can
 * make us do so can end it.
 */
#include "ringtail/v2/v2.h"

#include "crypto/prf.h"
#include "crypto/secret.h"

/*
 * The least that RFC 6290 section 4.1 allows: what cannot be guessed in 128 bits cannot be guessed, and an answer in clear must not have
 * more bytes than what asked for it.
 */
#define TOKEN_LEN 16u
#define NOTIFY_LEN 8u
#define ANSWER_LEN (IKE_HDR_LEN + NOTIFY_LEN)

/* The token that |taker| is to be shown for these SPIs. */
static ike_err
make_token(struct daemon *d, uint64_t spi_i, uint64_t spi_r, const struct addr *taker, uint8_t out[PRF_MAX])
{
	uint8_t spis[16];
	size_t len;

	for (unsigned i = 0; i < 8; i++) {
		spis[i] = (uint8_t)(spi_i >> (56 - 8 * i));
		spis[8 + i] = (uint8_t)(spi_r >> (56 - 8 * i));
	}
	struct slice parts[] = { slice_of(spis, sizeof(spis)), addr_bytes(taker) };
	return prf(d->env.crypto, PRF_HMAC_SHA256, slice_of(d->live.crash_secret, sizeof(d->live.crash_secret)), parts, 2, out,
	    &len);
}

void
v2_put_token(struct msg_out *m, const struct ike_sa *ike)
{
	uint8_t token[PRF_MAX];

	if (ike->d->live.has_secret &&
	    make_token(ike->d, ike_spi_i(ike), ike_spi_r(ike), &ike->remote.addr, token) == IKE_OK)
		v2_put_notify(m, V2_N_QUICK_CRASH_DETECTION, slice_of(token, TOKEN_LEN));
}

/* RFC 6290 section 4.1: a token is at least 16 bytes long.  What is longer than we can believe is not kept. */
void
v2_take_token(struct ike_sa *ike, const struct msg *m)
{
	struct pld_notify n;

	if (v2_find_notify(&m->pl, V2_N_QUICK_CRASH_DETECTION, &n) && n.data.n >= 16 && n.data.n <= 2048 &&
	    buf_set(&ike->v2->token, n.data) != IKE_OK)
		ike_log(ike, LOG_L_DEBUG, "out of memory: no token of the peer");
}

static ike_err
send_answer(struct daemon *d, const struct dgram *dg, const struct msg *m)
{
	/* RFC 7296 section 1.5: a response with the SPIs, the message id and the exchange type of the request */
	struct ike_hdr hdr = {
		.spi_i = m->hdr.spi_i, .spi_r = m->hdr.spi_r, .major = 2, .exchange = m->hdr.exchange, .msgid = m->hdr.msgid,
		.flags = (uint8_t)(V2_FLAG_RESPONSE | ((m->hdr.flags & V2_FLAG_INITIATOR) ^ V2_FLAG_INITIATOR)),
	};
	struct dgram answer = { .local = dg->local, .remote = dg->remote, .natt = dg->natt };
	uint8_t token[PRF_MAX];
	struct msg_out out = { 0 };

	wr_init(&out.w, 0);
	msg_begin(&out.w, &out.chain, &hdr);
	v2_put_notify(&out, V2_N_INVALID_IKE_SPI, slice_of(NULL, 0));
	/* without a token it is still a hint */
	if (m->raw.n >= ANSWER_LEN + NOTIFY_LEN + TOKEN_LEN && d->live.has_secret && make_token(d, m->hdr.spi_i, m->hdr.spi_r, &dg->remote.addr, token) == IKE_OK)
		v2_put_notify(&out, V2_N_QUICK_CRASH_DETECTION, slice_of(token, TOKEN_LEN));
	msg_end(&out.w, &out.chain);
	ike_err err = wr_err(&out.w);
	if (err == IKE_OK) {
		answer.data = buf_slice(&out.w.buf);
		d->stats.datagrams_out++;
		d->env.send(d->env.arg, &answer);
	}
	wr_free(&out.w);
	return err;
}

static ike_err
parse_clear(const struct msg *m, struct payloads *pl)
{
	return payloads_parse(2, m->hdr.next, slice_of(m->raw.p + IKE_HDR_LEN, m->raw.n - IKE_HDR_LEN), CHAIN_EXACT, pl);
}

void
v2_unknown(struct daemon *d, const struct dgram *dg, const struct msg *m)
{
	bool encrypted = m->hdr.next == V2_PLD_SK;
	struct payloads pl;
	struct pld_notify n;

	if ((m->hdr.flags & V2_FLAG_RESPONSE) != 0)
		return;
	/* RFC 7296 section 3.10.1: anybody can have sent an INVALID_SPI that comes outside of an IKE SA, so it is no more than a hint */
	if (!encrypted) {
		if (m->hdr.exchange == V2_XCHG_INFORMATIONAL && parse_clear(m, &pl) == IKE_OK &&
		    v2_find_notify(&pl, V2_N_INVALID_SPI, &n))
			live_hint(d, &dg->local.addr, &dg->remote.addr);
		return;
	}
	if (m->hdr.exchange != V2_XCHG_INFORMATIONAL && m->hdr.exchange != V2_XCHG_CREATE_CHILD_SA)
		return;
	/*
	 * RFC 6290 section 9.2 (security considerations): a token is never told while its IKE SA lives.  Anybody can send us the SPIs of
	 * one with other flags or from elsewhere; each of the two must be none of ours.
	 */
	if (m->hdr.spi_r == 0 || ike_find_by_spi(d, m->hdr.spi_i) != NULL || ike_find_by_spi(d, m->hdr.spi_r) != NULL ||
	    m->raw.n < ANSWER_LEN || !live_may_answer(d, &dg->remote.addr))
		return;
	if (send_answer(d, dg, m) != IKE_OK)
		log_put(d->env.log, LOG_L_DEBUG, NULL, "out of memory: an unknown IKE SPI is not answered");
}

void
v2_clear(struct ike_sa *ike, const struct msg *m)
{
	const struct buf *token = &ike->v2->token;
	struct payloads pl;
	struct pld_notify n;

	if (parse_clear(m, &pl) != IKE_OK || !v2_find_notify(&pl, V2_N_INVALID_IKE_SPI, &n))
		return;
	if (token->n > 0 && v2_find_notify(&pl, V2_N_QUICK_CRASH_DETECTION, &n) && ct_equal(buf_slice(token), n.data))
		live_crashed(ike);
	else
		live_hint_ike(ike);
}
