/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: AES-XCBC-MAC is CBC-MAC with three derived keys (RFC 3566 section 4): K1 enciphers, K2 or K3
 * is mixed into the last block, depending on whether it is full.  The chain runs in OpenSSL's CBC mode with a
 * zero IV, through a buffer; the last block is held back until it is known to be the last.
 */
#include "crypto/internal.h"
#include "crypto/secret.h"

#include <string.h>

#define BLOCK 16
#define CHUNK 256

struct chain {
	EVP_CIPHER_CTX *ctx;
	uint8_t in[CHUNK]; /* not yet enciphered; never empty once something came in */
	size_t n;
	uint8_t out[CHUNK]; /* ciphertext: of interest is the last block */
};

/*
 * RFC 3566 section 4: "Derive 3 128-bit keys (K1, K2 and K3) from the 128-bit secret key K, as follows: K1 =
 * 0x01010101010101010101010101010101 encrypted with Key K", K2 likewise with 0x02, K3 with 0x03.
 */
static ike_err
derive_keys(struct crypto *c, const uint8_t key[BLOCK], uint8_t keys[3 * BLOCK])
{
	EVP_CIPHER_CTX *ecb;
	int n = 0;

	TRY(fetch_cipher(c, CI_AES128_ECB, &ecb));
	for (int i = 0; i < 3; i++)
		memset(keys + i * BLOCK, i + 1, BLOCK);
	if (EVP_CipherInit_ex2(ecb, NULL, key, NULL, 1, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ecb, 0) != 1 ||
	    EVP_CipherUpdate(ecb, keys, &n, keys, 3 * BLOCK) != 1 || n != 3 * BLOCK)
		return ossl_failed();
	return IKE_OK;
}

static ike_err
encipher(struct chain *ch, size_t n)
{
	int done = 0;

	if (EVP_CipherUpdate(ch->ctx, ch->out, &done, ch->in, (int)n) != 1 || done != (int)n)
		return ossl_failed();
	return IKE_OK;
}

static ike_err
feed(struct chain *ch, struct slice s)
{
	while (s.n != 0) {
		size_t take;

		if (ch->n == CHUNK) {
			TRY(encipher(ch, CHUNK));
			ch->n = 0;
		}
		take = s.n < CHUNK - ch->n ? s.n : CHUNK - ch->n;
		memcpy(ch->in + ch->n, s.p, take);
		ch->n += take;
		s.p += take;
		s.n -= take;
	}
	return IKE_OK;
}

/*
 * RFC 3566 section 4: "If the blocksize of M[n] is 128 bits: XOR M[n] with E[n-1] and Key K2, then encrypt the
 * result with Key K1"; "If the blocksize of M[n] is less than 128 bits: Pad M[n] with a single "1" bit,
 * followed by the number of "0" bits", then the same with K3.  The empty string is one empty block.
 */
static ike_err
finish(struct chain *ch, const uint8_t keys[3 * BLOCK], uint8_t out[BLOCK])
{
	const uint8_t *mix = keys + BLOCK;
	size_t last;

	if (ch->n == 0 || ch->n % BLOCK != 0) {
		mix = keys + 2 * BLOCK;
		ch->in[ch->n++] = 0x80;
		while (ch->n % BLOCK != 0)
			ch->in[ch->n++] = 0;
	}
	last = ch->n - BLOCK;
	for (size_t i = 0; i < BLOCK; i++)
		ch->in[last + i] ^= mix[i];
	TRY(encipher(ch, ch->n));
	memcpy(out, ch->out + last, BLOCK);
	return IKE_OK;
}

static ike_err
run(struct crypto *c, struct chain *ch, const uint8_t keys[3 * BLOCK], const struct mac_input *in,
    uint8_t out[BLOCK])
{
	static const uint8_t zero_iv[BLOCK];

	TRY(fetch_cipher(c, CI_AES128_CBC, &ch->ctx));
	if (EVP_CipherInit_ex2(ch->ctx, NULL, keys, zero_iv, 1, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ch->ctx, 0) != 1)
		return ossl_failed();
	ch->n = 0;
	TRY(feed(ch, in->lead));
	for (size_t i = 0; i < in->n_parts; i++)
		TRY(feed(ch, in->parts[i]));
	TRY(feed(ch, in->tail));
	return finish(ch, keys, out);
}

ike_err
xcbc(struct crypto *c, const uint8_t key[BLOCK], const struct mac_input *in, uint8_t out[BLOCK])
{
	uint8_t keys[3 * BLOCK];
	struct chain ch;
	ike_err err = derive_keys(c, key, keys);

	if (err == IKE_OK) {
		err = run(c, &ch, keys, in, out);
		wipe(&ch, sizeof(ch));
	}
	wipe(keys, sizeof(keys));
	return err;
}
