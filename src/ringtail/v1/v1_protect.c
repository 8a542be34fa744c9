/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Encryption of whole messages (RFC 2409 sections 5 and 5.5, appendix B): everything behind the header, in CBC mode,
 * padded. Main mode is one chain of IVs; each phase 2 exchange is another that begins with a hash of main mode's last
 * block and the message id.  Integrity comes from the HASH payloads alone, so decrypting proves nothing.
 */
#include "ringtail/v1/v1.h"

#include "conf/conf.h"
#include "crypto/crypto.h"

#include <string.h>

/* Offset of the header's next-payload byte. */
#define NEXT_PAYLOAD_AT 16

static size_t
block_of(const struct ike_sa *ike)
{
	const struct alg *a = alg_get(ike->suite.encr.id);

	return a == NULL || a->block == 0 ? 1 : a->block;
}

static ike_err
phase2_iv(struct ike_sa *ike, uint32_t msgid, uint8_t iv[CIPHER_BLOCK_MAX])
{
	size_t n = block_of(ike);

	if (ike->v1->keys.all.n == 0)
		return IKE_E_STATE;
	/*
	 * RFC 2409 appendix B: the IV "is derived from a hash of a concatenation of the last phase 1 CBC output
	 * block and the phase 2 message id using the negotiated hash algorithm"
	 */
	return keymat_v1_iv_phase2(ike->d->env.crypto, alg_hash_of_prf(ike->suite.prf.id),
	    slice_of(ike->v1->iv, n), msgid, iv, n);
}

ike_err
v1_phase2_of(struct exch *x, struct v1_phase2 **out)
{
	struct v1_phase2 *s = x->scratch;

	if (s == NULL) {
		s = arena_alloc(&x->arena, sizeof(*s));
		if (s == NULL)
			return IKE_E_NOMEM;
		TRY(phase2_iv(x->ike, x->msgid, s->iv));
		x->scratch = s;
	}
	*out = s;
	return IKE_OK;
}

/* The IV that the next message of |x| begins with. */
static uint8_t *
chain_iv(struct exch *x)
{
	struct v1_phase2 *s = x->scratch;

	if (x->type == &v1_main)
		return x->ike->v1->iv;
	return s == NULL ? NULL : s->iv;
}

static struct slice
body_of(const struct msg *m)
{
	return slice_of(m->raw.p + IKE_HDR_LEN, m->raw.n - IKE_HDR_LEN);
}

static ike_err
decrypt(struct ike_sa *ike, const uint8_t *iv, struct msg *m)
{
	struct slice body = body_of(m);

	if ((m->hdr.flags & V1_FLAG_ENCRYPTION) == 0)
		return IKE_E_CLEAR;
	if (ike->v1->key.n == 0 || iv == NULL)
		return IKE_E_STATE;
	if (body.n == 0 || body.n % block_of(ike) != 0)
		return IKE_E_INTEGRITY;
	TRY(buf_set(&m->plain, body));
	m->encrypted = true;
	return cipher_decrypt(ike->d->env.crypto, ike->suite.encr.id, secret_slice(&ike->v1->key),
	    iv, m->plain.p, m->plain.n);
}

/* racoon's strict_check: the last byte has to tell how long the padding is. */
static bool
padding_ok(const struct conf_padding *p, struct slice rest)
{
	size_t own = p->exclusive_tail ? 1 : 0;

	if (!p->strict_check)
		return true;
	return rest.n > 0 && rest.p[rest.n - 1] + own == rest.n;
}

static ike_err
parse_plain(struct ike_sa *ike, struct msg *m)
{
	TRY(payloads_parse(1, m->hdr.next, buf_slice(&m->plain), CHAIN_PADDED, &m->pl));
	return padding_ok(&ike->conf->padding, m->pl.rest) ? IKE_OK : IKE_E_FORMAT;
}

/* Until its HASH is verified, whatever is wrong with a message may be somebody else's doing: it is dropped. */
static ike_err
open_with(struct ike_sa *ike, const struct exch *x, unsigned n, const uint8_t *iv, struct msg *m)
{
	TRY(decrypt(ike, iv, m));
	ike_err err = parse_plain(ike, m);
	if (err == IKE_OK)
		err = v1_hash_check(ike, x, n, m);
	if (err == IKE_E_NOMEM)
		return err;
	if (err != IKE_OK)
		return IKE_E_INTEGRITY;
	m->authentic = true;
	return IKE_OK;
}

ike_err
v1_open(struct ike_sa *ike, struct msg *m)
{
	uint8_t iv[CIPHER_BLOCK_MAX];

	if (m->authentic)
		return IKE_OK;
	TRY(phase2_iv(ike, m->hdr.msgid, iv));
	return open_with(ike, NULL, 1, iv, m);
}

/* Messages 5 and 6 of main mode. */
static ike_err
open_auth(struct exch *x, struct msg *m)
{
	TRY(decrypt(x->ike, chain_iv(x), m));
	if (parse_plain(x->ike, m) != IKE_OK)
		return v1_unreadable(x);
	TRY(v1_check_auth(x, m));
	m->authentic = true;
	return IKE_OK;
}

ike_err
v1_unprotect(struct exch *x, const struct step *row, struct msg *m)
{
	if (m->authentic)
		return IKE_OK;
	switch (row->prot) {
	case CLEAR:
		/* an encrypted message that comes too early or too late */
		if ((m->hdr.flags & V1_FLAG_ENCRYPTION) != 0)
			return IKE_E_STATE;
		return payloads_parse(1, m->hdr.next, body_of(m), CHAIN_EXACT, &m->pl);
	case CRYPT:
		return open_auth(x, m);
	case CRYPT_HASH:
		break;
	}
	return open_with(x->ike, x, row->n, chain_iv(x), m);
}

/*
 * Pad to whole blocks as `padding {}` says, with one byte at least, which tells the length: racoon's way.
 *
 * RFC 2409 appendix B: "Each message should be padded up to the nearest block size using bytes containing 0x00.  The
 * message length in the header MUST include the length of the pad".
 */
static ike_err
put_padding(struct ike_sa *ike, struct wr *w, size_t n)
{
	const struct conf_padding *p = &ike->conf->padding;
	size_t block = block_of(ike), pad = block - n % block,
	       max = p->maximum_length < 255 ? p->maximum_length : 255;
	uint8_t rnd = 0, *to;

	if (p->randomize_length && max > pad) {
		TRY(daemon_random(ike->d, &rnd, sizeof(rnd)));
		pad += block * (rnd % ((max - pad) / block + 1));
	}
	to = wr_space(w, pad);
	if (to == NULL)
		return wr_err(w);
	memset(to, 0, pad);
	if (p->randomize)
		TRY(daemon_random(ike->d, to, pad));
	to[pad - 1] = (uint8_t)(p->exclusive_tail ? pad - 1 : pad);
	return IKE_OK;
}

static struct ike_hdr
header(const struct ike_sa *ike, uint8_t exchange, uint32_t msgid, uint8_t flags)
{
	return (struct ike_hdr){
		.spi_i = ike_spi_i(ike),
		.spi_r = ike_spi_r(ike),
		.major = 1,
		.exchange = exchange,
		.flags = flags,
		.msgid = msgid,
	};
}

static void
put_body(struct wr *w, struct chain *c, const struct ike_hdr *hdr, const struct msg_out *m)
{
	msg_begin(w, c, hdr);
	wr_patch_u8(w, NEXT_PAYLOAD_AT, m->chain.first);
	wr_bytes(w, buf_slice(&m->w.buf));
}

ike_err
v1_wrap_clear(const struct ike_sa *ike, uint8_t exchange, uint32_t msgid, const struct msg_out *m,
    struct buf *out)
{
	struct ike_hdr hdr = header(ike, exchange, msgid, 0);
	struct chain c;
	struct wr w;

	wr_init(&w, 0);
	put_body(&w, &c, &hdr, m);
	msg_end(&w, &c);
	ike_err err = wr_take(&w, out);
	wr_free(&w);
	return err;
}

static ike_err
encrypt(struct exch *x, const struct step *row, struct wr *w, const struct chain *c)
{
	struct ike_sa *ike = x->ike;
	const uint8_t *iv = chain_iv(x);

	TRY(wr_err(w));
	if (ike->v1->key.n == 0 || iv == NULL)
		return IKE_E_STATE;
	if (row->prot == CRYPT_HASH)
		TRY(v1_hash_fill(x, row, w->buf.p + IKE_HDR_LEN, wr_len(w) - IKE_HDR_LEN));
	TRY(put_padding(ike, w, wr_len(w) - IKE_HDR_LEN));
	msg_end(w, c);
	TRY(wr_err(w));
	return cipher_encrypt(ike->d->env.crypto, ike->suite.encr.id, secret_slice(&ike->v1->key),
	    iv, w->buf.p + IKE_HDR_LEN, wr_len(w) - IKE_HDR_LEN);
}

ike_err
v1_protect(struct exch *x, const struct step *row, struct msg_out *m)
{
	struct ike_hdr hdr = header(x->ike, x->type->wire, x->msgid, V1_FLAG_ENCRYPTION);
	struct chain c;
	struct wr w;

	if (row->prot == CLEAR)
		return v1_wrap_clear(x->ike, x->type->wire, x->msgid, m, &m->datagram);
	wr_init(&w, 0);
	put_body(&w, &c, &hdr, m);
	ike_err err = encrypt(x, row, &w, &c);
	if (err == IKE_OK)
		err = wr_take(&w, &m->datagram);
	wr_free(&w);
	return err;
}

/*
 * RFC 2409 appendix B: "Subsequent messages MUST use the last CBC encryption block from the previous message as their
 * initialization vector."
 */
ike_err
v1_accepted(struct exch *x, const struct step *row, struct slice datagram, bool sent)
{
	size_t n = block_of(x->ike);
	uint8_t *iv = chain_iv(x);

	(void)sent;
	if (row->prot == CLEAR || iv == NULL || datagram.n < n)
		return IKE_OK;
	memcpy(iv, datagram.p + datagram.n - n, n);
	return IKE_OK;
}
