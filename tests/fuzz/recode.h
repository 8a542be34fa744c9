/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recode - decode a message with every codec of lib/wire and encode the result: what the fuzz targets of the messages
 * and the tests of golden messages share.
 *
 * What comes out equals what went in but for the bits that a reader ignores (RESERVED fields, IKEv2's reserved flags).
 */
#ifndef FUZZ_RECODE_H
#define FUZZ_RECODE_H

#include "util/arena.h"
#include "wire/payload.h"

/*
 * Decode the body of |p| (of |version|, |inner| as in struct payloads) and append its encoding to |w|.  The codec's
 * error.
 */
ike_err
recode_body(unsigned version, const struct pld *p, uint8_t inner, struct arena *a, struct wr *w);

/*
 * The same for all payloads of |ps|, with their generic headers, as the next ones of |c|.  The codecs' error or that of
 * |w|.
 */
ike_err
recode_chain(unsigned version, const struct payloads *ps, struct arena *a, struct wr *w, struct chain *c);

/*
 * A whole message, which must fit its length field.  An IKEv1 message with the encryption flag is taken as decrypted:
 * its payloads are followed by padding, which is kept.
 */
ike_err
recode_message(struct slice msg, struct arena *a, struct wr *w);

#endif
