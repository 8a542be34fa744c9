/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nonces, Diffie-Hellman and the keys made from them, for the ISAKMP SA (RFC 2409 section 5) and for children
 * (section 5.5).
 */
#include "ringtail/v1/v1.h"

#include "conf/conf.h"
#include "crypto/crypto.h"
#include "crypto/ke.h"
#include "ringtail/ike/cred.h"

#include <string.h>

/* RFC 2409 section 5: "The length of nonce payload MUST be between 8 and 256 bytes inclusive." */
#define NONCE_MIN     8u
#define NONCE_MAX     256u
#define NONCE_DEFAULT 16u

void
v1_cookies(const struct ike_sa *ike, uint8_t out[16])
{
	uint64_t i = ike_spi_i(ike), r = ike_spi_r(ike);

	for (int k = 7; k >= 0; k--, i >>= 8, r >>= 8) {
		out[k] = (uint8_t)i;
		out[8 + k] = (uint8_t)r;
	}
}

ike_err
v1_make_nonce(struct exch *x)
{
	uint8_t nonce[NONCE_MAX];
	size_t n = x->ike->rmt->nonce_size;

	if (n == 0)
		n = NONCE_DEFAULT;
	n = n < NONCE_MIN ? NONCE_MIN : n > NONCE_MAX ? NONCE_MAX : n;
	TRY(daemon_random(x->ike->d, nonce, n));
	return buf_set(&x->my_nonce, slice_of(nonce, n));
}

ike_err
v1_take_nonce(struct exch *x, const struct msg *m)
{
	struct slice nonce;

	TRY(get_nonce(1, payload_first(&m->pl, PK_NONCE)->body, &nonce));
	return buf_set(&x->peer_nonce, nonce);
}

void
v1_put_nonce(struct exch *x, struct msg_out *m)
{
	(void)pld_put(&m->w, &m->chain, V1_PLD_NONCE, buf_slice(&x->my_nonce));
}

ike_err
v1_make_ke(struct exch *x, enum alg_id group)
{
	if (x->ke != NULL && ke_group(x->ke) == group)
		return IKE_OK;
	ke_free(x->ke);
	x->ke = NULL;
	return ke_new(x->ike->d->env.crypto, group, &x->ke);
}

ike_err
v1_take_ke(struct exch *x, const struct msg *m)
{
	const struct pld *p = payload_first(&m->pl, PK_KE);
	struct slice body;

	if (p == NULL || x->ke == NULL)
		return IKE_E_BAD_KE;
	TRY(get_v1_bytes(p->body, &body));
	/* our own value sent back to us comes from no peer of ours */
	if (slice_equal(ke_public(x->ke), body))
		return IKE_E_BAD_KE;
	TRY(buf_set(&x->peer_ke, body));
	secret_free(&x->shared);
	return ke_derive(x->ke, body, &x->shared);
}

void
v1_put_ke(struct exch *x, struct msg_out *m)
{
	(void)pld_put(&m->w, &m->chain, V1_PLD_KE, ke_public(x->ke));
}

ike_err
v1_find_psk(struct ike_sa *ike)
{
	if (ike->v1->psk.n > 0)
		return IKE_OK;
	/*
	 * RFC 2409 section 5.4: "When using pre-shared key authentication with Main Mode the key can only be
	 * identified by the IP address of the peers since HASH_I must be computed before the initiator has processed
	 * IDir."
	 */
	return cred_psk(ike, NULL, &ike->v1->psk);
}

static void
fill_inputs(const struct exch *x, const uint8_t cookies[16], struct v1_inputs *in)
{
	bool initiator = x->side == INITIATOR;
	struct slice mine = ke_public(x->ke), theirs = buf_slice(&x->peer_ke);

	*in = (struct v1_inputs){
		.prf = x->ike->suite.prf.id,
		.gxy = secret_slice(&x->shared),
		.cky_i = slice_of(cookies, 8),
		.cky_r = slice_of(cookies + 8, 8),
		.gxi = initiator ? mine : theirs,
		.gxr = initiator ? theirs : mine,
		.ni_b = buf_slice(initiator ? &x->my_nonce : &x->peer_nonce),
		.nr_b = buf_slice(initiator ? &x->peer_nonce : &x->my_nonce),
		/* RFC 2409 section 3.2: "SAi_b is the entire body of the SA payload (minus the ISAKMP generic header)" */
		.sai_b = buf_slice(initiator ? &x->my_sa : &x->peer_sa),
	};
}

ike_err
v1_derive(struct exch *x)
{
	struct ike_sa *ike = x->ike;
	struct v1_state *s = ike->v1;
	struct crypto *c = ike->d->env.crypto;
	const struct alg *encr = alg_get(ike->suite.encr.id);
	struct v1_inputs in;
	uint8_t cookies[16];

	TRY(v1_find_psk(ike));
	v1_cookies(ike, cookies);
	fill_inputs(x, cookies, &in);
	v1_keys_free(&s->keys);
	secret_free(&s->key);
	TRY(keymat_v1_psk(c, &in, secret_slice(&s->psk), &s->keys));
	TRY(keymat_v1_cipher_key(
	    c, in.prf, &s->keys, ike->suite.encr.id, ike->suite.encr.bits, &s->key));
	TRY(keymat_v1_iv(c, alg_hash_of_prf(in.prf), in.gxi, in.gxr, s->iv, encr->block));
	nonce_lowest(in.ni_b, in.nr_b, ike->nonce_low);
	secret_free(&s->psk);
	secret_free(&x->shared);
	return IKE_OK;
}

ike_err
v1_auth_value(
    struct exch *x, bool of_initiator, struct slice id_body, uint8_t out[PRF_MAX], size_t *len)
{
	struct crypto *c = x->ike->d->env.crypto;
	struct v1_inputs in;
	uint8_t cookies[16];

	if (x->ke == NULL || x->ike->v1->keys.all.n == 0)
		return IKE_E_STATE;
	v1_cookies(x->ike, cookies);
	fill_inputs(x, cookies, &in);
	if (of_initiator) {
		in.idii_b = id_body;
		return keymat_v1_hash_i(c, &in, &x->ike->v1->keys, out, len);
	}
	in.idir_b = id_body;
	return keymat_v1_hash_r(c, &in, &x->ike->v1->keys, out, len);
}

/* KEYMAT of one direction, cut into the keys of the cipher and of integrity. */
static ike_err
half_keys(struct exch *x, const struct child *c, uint32_t spi, struct sa_keys *out)
{
	/* AH has no cipher, an AEAD no integrity */
	const struct alg *encr = alg_get(c->suite.encr.id), *integ = alg_get(c->suite.integ.id);
	size_t e = encr == NULL ? 0 : alg_keymat_len(encr, c->suite.encr.bits),
	       a = integ == NULL ? 0 : alg_keymat_len(integ, 0);
	uint8_t spi_b[4] = { (uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8),
		(uint8_t)spi };
	struct v1_child_inputs in = {
		.prf = x->ike->suite.prf.id,
		.gqm_xy = secret_slice(&x->shared),
		.protocol = c->proto == PROTO_AH ? V1_PROTO_AH : V1_PROTO_ESP,
		.spi = slice_of(spi_b, sizeof(spi_b)),
		.ni_b = buf_slice(x->side == INITIATOR ? &x->my_nonce : &x->peer_nonce),
		.nr_b = buf_slice(x->side == INITIATOR ? &x->peer_nonce : &x->my_nonce),
	};
	struct secret km;

	if (e > sizeof(out->encr) || a > sizeof(out->integ))
		return IKE_E_INTERNAL;
	out->encr_len = (uint16_t)e;
	out->integ_len = (uint16_t)a;
	if (e + a == 0)
		return IKE_OK;
	TRY(keymat_v1_child(x->ike->d->env.crypto, &in, &x->ike->v1->keys, e + a, &km));
	/*
	 * RFC 4301 section 4.5.2: "the encryption keys MUST be taken from the first (left-most, high-order) bits and
	 * the integrity keys MUST be taken from the remaining bits."
	 */
	memcpy(out->encr, km.p, e);
	memcpy(out->integ, km.p + e, a);
	secret_free(&km);
	return IKE_OK;
}

ike_err
v1_child_keys(struct exch *x, const struct child *c, struct sa_keys *in, struct sa_keys *out)
{
	/* RFC 2409 section 5.5: "The SPI chosen by the destination of the SA is used to derive KEYMAT for that SA." */
	TRY(half_keys(x, c, c->spi_in, in));
	ike_err err = half_keys(x, c, c->spi_out, out);
	if (err != IKE_OK)
		sa_keys_wipe(in);
	return err;
}
