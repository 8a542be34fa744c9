/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HASH(1), HASH(2) and HASH(3): what proves every message of phase 2 (RFC 2409 sections 5.5 and 5.7).
 *
 * On writing, room is left in front of the payloads and filled in when they are complete.  On reading, the HASH is
 * verified before anybody looks at what it covers.
 */
#include "ringtail/v1/v1.h"

#include <string.h>

ike_err
v1_begin(struct exch *x, const struct step *row, struct msg_out *m)
{
	if (row->prot != CRYPT_HASH)
		return IKE_OK;
	(void)pld_begin(&m->w, &m->chain, V1_PLD_HASH);
	wr_zero(&m->w, prf_len(x->ike->suite.prf.id));
	pld_end(&m->w, &m->chain);
	return wr_err(&m->w);
}

/* |n| is the number of the message in its exchange; |x| is needed from the second on. */
static ike_err
value(struct ike_sa *ike, const struct exch *x, unsigned n, uint32_t msgid, struct slice rest,
    uint8_t out[PRF_MAX], size_t *len)
{
	const struct v1_keys *keys = &ike->v1->keys;
	enum alg_id prf_alg = ike->suite.prf.id;
	struct slice ni, nr;

	if (keys->all.n == 0 || (n > 1 && x == NULL))
		return IKE_E_STATE;
	if (n == 1)
		return keymat_v1_hash1(ike->d->env.crypto, prf_alg, keys, msgid, rest, out, len);
	ni = buf_slice(x->side == INITIATOR ? &x->my_nonce : &x->peer_nonce);
	nr = buf_slice(x->side == INITIATOR ? &x->peer_nonce : &x->my_nonce);
	if (n == 2)
		return keymat_v1_hash2(
		    ike->d->env.crypto, prf_alg, keys, msgid, ni, rest, out, len);
	return keymat_v1_hash3(ike->d->env.crypto, prf_alg, keys, msgid, ni, nr, out, len);
}

ike_err
v1_hash_fill(struct exch *x, const struct step *row, uint8_t *payloads, size_t n)
{
	size_t hash_len = prf_len(x->ike->suite.prf.id), head = PLD_HDR_LEN + hash_len, len = 0;
	uint8_t out[PRF_MAX];

	if (n < head)
		return IKE_E_INTERNAL;
	TRY(value(x->ike, x, row->n, x->msgid, slice_of(payloads + head, n - head), out, &len));
	if (len != hash_len)
		return IKE_E_INTERNAL;
	memcpy(payloads + PLD_HDR_LEN, out, len);
	return IKE_OK;
}

ike_err
v1_hash_check(struct ike_sa *ike, const struct exch *x, unsigned n, const struct msg *m)
{
	const struct pld *h = m->pl.n > 0 ? &m->pl.v[0] : NULL;
	uint8_t out[PRF_MAX];
	size_t len;

	/* RFC 2409 section 5.5: "a HASH payload MUST immediately follow the ISAKMP header" */
	if (h == NULL || h->kind != PK_HASH)
		return IKE_E_INTEGRITY;
	/*
	 * RFC 2409 section 5.5: HASH(1) is over "the message id (M-ID) from the ISAKMP header concatenated with the
	 * entire message that follows the hash including all payload headers, but excluding any padding added for
	 * encryption."
	 */
	TRY(value(ike, x, n, m->hdr.msgid, payloads_after(&m->pl, h), out, &len));
	return ct_equal(slice_of(out, len), h->body) ? IKE_OK : IKE_E_INTEGRITY;
}
