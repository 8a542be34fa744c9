/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cipher - encryption in place, by algorithm id: CBC and CTR for IKEv1 and IKEv2, and the AEADs with IKEv2's layout.
 *
 * Nothing here knows messages: the caller pads, places IVs and ICVs and chains IVs.  |key| always is KEYMAT as
 * alg_keymat_len() sizes it, that is the key and behind it the salt of CTR, GCM, CCM and ChaCha20-Poly1305; the key
 * length follows from key.n.  |iv| is the IV as on the wire, alg_get(alg)->iv bytes, and must never repeat under one
 * key for CTR and the AEADs: the caller's duty.
 *
 * RFC 2451 (DES to CAST), 3602 (AES-CBC), 3686 and 5930 (AES-CTR), 4312 (Camellia), 4106 and 5282 (GCM, CCM), 4309,
 * 7634 (ChaCha20-Poly1305).
 *
 * Errors of all of them: IKE_E_UNSUPPORTED (not a cipher of this kind, a key length it does not have, or not
 * offered by this OpenSSL), IKE_E_CRYPTO (OpenSSL failed, n is not a multiple of the block or over INT_MAX).  On any
 * error the buffer's content is undefined.
 */
#ifndef CRYPTO_CIPHER_H
#define CRYPTO_CIPHER_H

#include "crypto/crypto.h"

#define CIPHER_BLOCK_MAX 16
#define CIPHER_ICV_MAX   16

/*
 * Encrypt the |n| bytes at |buf|: DES, 3DES, Blowfish, CAST, AES and Camellia in CBC mode, AES in CTR mode.  The next
 * IV of a CBC chain (IKEv1) is the last block of the result.  Refuses AEADs.
 */
MUST_USE ike_err
cipher_encrypt(
    struct crypto *c, enum alg_id alg, struct slice key, const uint8_t *iv, uint8_t *buf, size_t n);

/* The inverse.  Padding is left in place and not looked at. */
MUST_USE ike_err
cipher_decrypt(
    struct crypto *c, enum alg_id alg, struct slice key, const uint8_t *iv, uint8_t *buf, size_t n);

/*
 * Is |key| one of the weak or semi-weak DES keys of RFC 2409 appendix A?  Parity bits do not count.  False for
 * everything but ENCR_DES.
 */
bool
cipher_key_weak(enum alg_id alg, struct slice key);

/*
 * Encrypt the |n| bytes at |buf|, which may be 0, and write alg_get(alg)->icv bytes of tag, over |aad| and the
 * ciphertext, to |icv_out|.  AEADs only.
 */
MUST_USE ike_err
aead_seal(struct crypto *c, enum alg_id alg, struct slice key, const uint8_t *iv, struct slice aad,
    uint8_t *buf, size_t n, uint8_t *icv_out);

/*
 * Verify |icv|, alg_get(alg)->icv bytes, and decrypt the |n| bytes at |buf|.  IKE_E_INTEGRITY when it does not match:
 * the buffer is then wiped and no plaintext was released.
 */
MUST_USE ike_err
aead_open(struct crypto *c, enum alg_id alg, struct slice key, const uint8_t *iv, struct slice aad,
    uint8_t *buf, size_t n, const uint8_t *icv);

#endif
