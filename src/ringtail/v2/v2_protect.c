/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Encrypted payload (RFC 7296 section 3.14; AEADs: RFC 5282): IV, ciphertext of payloads and padding, ICV over the
 * whole message (or, with an AEAD, over header and payload header as associated data).
 */
#include "ringtail/v2/v2.h"

#include "crypto/cipher.h"

#include <string.h>

/* Offset of the first payload's type in the IKE header. */
#define NEXT_PAYLOAD_AT 16

struct sealing {
	const struct alg *encr;
	enum alg_id       integ;
	bool              aead;
	size_t            iv, icv, block;
	struct slice      ke, ka;     /* keys of the direction */
};

static ike_err
sealing_of(const struct ike_sa *ike, bool of_initiator, struct sealing *s)
{
	const struct v2_keys *keys = &ike->v2->keys;

	if (keys->all.n == 0)
		return IKE_E_STATE;
	s->encr = alg_get(ike->suite.encr.id);
	s->aead = (s->encr->flags & ALG_AEAD) != 0;
	s->integ = ike->suite.integ.id;
	s->iv = s->encr->iv;
	s->icv = s->aead ? s->encr->icv : alg_get(s->integ)->icv;
	s->block = s->aead || s->encr->block == 0 ? 1 : s->encr->block;
	s->ke = v2_sk_e(keys, of_initiator);
	s->ka = v2_sk_a(keys, of_initiator);
	return IKE_OK;
}

static ike_err
make_iv(struct ike_sa *ike, const struct sealing *s, uint8_t *iv)
{
	/*
	 * RFC 5282 section 3.1 wants an IV that is never used twice with one key: a counter.  A CBC IV has to be unpredictable (RFC 7296 section 3.14).
	 */
	if (s->block > 1)
		return daemon_random(ike->d, iv, s->iv);
	uint64_t n = ++ike->v2->iv;
	for (size_t i = s->iv; i-- > 0; n >>= 8)
		iv[i] = (uint8_t)n;
	return IKE_OK;
}

static ike_err
seal(struct ike_sa *ike, const struct sealing *s, struct buf *b, size_t iv_at)
{
	uint8_t *iv = b->p + iv_at, *text = iv + s->iv, *icv = b->p + b->n - s->icv;
	size_t n = (size_t)(icv - text);
	uint8_t mac[PRF_MAX];
	size_t mac_len;

	if (s->aead)
		return aead_seal(ike->d->env.crypto, s->encr->id, s->ke, iv, slice_of(b->p, iv_at), text, n, icv);
	TRY(cipher_encrypt(ike->d->env.crypto, s->encr->id, s->ke, iv, text, n));
	struct slice part = slice_of(b->p, b->n - s->icv);
	TRY(integ(ike->d->env.crypto, s->integ, s->ka, &part, 1, mac, &mac_len));
	memcpy(icv, mac, s->icv);
	return IKE_OK;
}

static struct ike_hdr
header(const struct exch *x)
{
	const struct ike_sa *ike = x->ike;

	return (struct ike_hdr){
		.spi_i = ike_spi_i(ike),
		/* RFC 7296 section 2.6: zero in the first message, and in its repetition with a cookie */
		.spi_r = x->type == &v2_sa_init && x->side == INITIATOR ? 0 : ike_spi_r(ike),
		.major = 2, .exchange = x->type->wire, .msgid = x->msgid,
		.flags = (uint8_t)((ike->side == INITIATOR ? V2_FLAG_INITIATOR : 0) | (x->side == RESPONDER ? V2_FLAG_RESPONSE : 0)),
	};
}

static ike_err
protect_crypt(struct exch *x, struct msg_out *m, struct wr *w, struct chain *c)
{
	struct sealing s;

	TRY(sealing_of(x->ike, x->ike->side == INITIATOR, &s));
	(void)pld_begin(w, c, V2_PLD_SK);
	pld_inner(w, c, m->chain.first);
	size_t iv_at = wr_len(w);
	wr_zero(w, s.iv);
	wr_bytes(w, buf_slice(&m->w.buf));
	/* RFC 7296 section 3.14: "The sender SHOULD set the Pad Length to the minimum value that makes the combination ... a multiple of
	 * the block size" */
	size_t pad = s.block - 1 - wr_len(&m->w) % s.block;
	wr_zero(w, pad);
	wr_u8(w, (uint8_t)pad);
	wr_zero(w, s.icv);
	pld_end(w, c);
	msg_end(w, c);
	TRY(wr_err(w));
	TRY(make_iv(x->ike, &s, w->buf.p + iv_at));
	return seal(x->ike, &s, &w->buf, iv_at);
}

ike_err
v2_protect(struct exch *x, const struct step *row, struct msg_out *m)
{
	struct ike_hdr hdr = header(x);
	struct chain c;
	struct wr w;
	ike_err err = IKE_OK;

	wr_init(&w, 0);
	msg_begin(&w, &c, &hdr);
	if (row->prot == CLEAR) {
		wr_patch_u8(&w, NEXT_PAYLOAD_AT, m->chain.first);
		wr_bytes(&w, buf_slice(&m->w.buf));
		msg_end(&w, &c);
	} else {
		err = protect_crypt(x, m, &w, &c);
	}
	if (err == IKE_OK)
		err = wr_take(&w, &m->datagram);
	wr_free(&w);
	return err;
}

static ike_err
decrypt(struct ike_sa *ike, const struct sealing *s, const struct msg *m, struct slice body, struct buf *plain)
{
	size_t head = (size_t)(body.p - m->raw.p), n = body.n - s->iv - s->icv;
	struct slice signed_part = slice_of(m->raw.p, m->raw.n - s->icv);
	struct slice icv = slice_of(body.p + body.n - s->icv, s->icv);

	/* RFC 7296 section 3.14: the checksum comes first; what fails it is not decrypted */
	if (!s->aead)
		TRY(integ_verify(ike->d->env.crypto, s->integ, s->ka, &signed_part, 1, icv));
	TRY(buf_set(plain, slice_of(body.p + s->iv, n)));
	if (s->aead)
		return aead_open(ike->d->env.crypto, s->encr->id, s->ke, body.p, slice_of(m->raw.p, head), plain->p, n, icv.p);
	return cipher_decrypt(ike->d->env.crypto, s->encr->id, s->ke, body.p, plain->p, n);
}

ike_err
v2_open(struct ike_sa *ike, struct msg *m)
{
	struct payloads outer;
	struct sealing s;

	if (m->authentic)
		return IKE_OK;
	TRY(sealing_of(ike, ike->side != INITIATOR, &s));
	TRY(payloads_parse(2, m->hdr.next, slice_of(m->raw.p + IKE_HDR_LEN, m->raw.n - IKE_HDR_LEN), CHAIN_EXACT, &outer));
	const struct pld *sk = payload_first(&outer, PK_SK);
	if (sk == NULL)
		return IKE_E_CLEAR;
	size_t overhead = s.iv + s.icv;
	if (sk->body.n < overhead + 1 || (sk->body.n - overhead) % s.block != 0)
		return IKE_E_INTEGRITY;
	TRY(decrypt(ike, &s, m, sk->body, &m->plain));
	m->encrypted = m->authentic = true;
	size_t pad = m->plain.p[m->plain.n - 1];
	if (pad + 1 > m->plain.n) {
		m->malformed = IKE_E_FORMAT;
		return IKE_OK;
	}
	m->plain.n -= pad + 1;
	m->malformed = payloads_parse(2, outer.inner, buf_slice(&m->plain), CHAIN_EXACT, &m->pl);
	return IKE_OK;
}

ike_err
v2_unprotect(struct exch *x, const struct step *row, struct msg *m)
{
	if (row->prot != CLEAR) {
		TRY(v2_open(x->ike, m));
		return m->malformed;
	}
	return payloads_parse(2, m->hdr.next, slice_of(m->raw.p + IKE_HDR_LEN, m->raw.n - IKE_HDR_LEN), CHAIN_EXACT, &m->pl);
}
