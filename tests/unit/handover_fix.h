/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handover_fix - snapshots of a handover taken apart and put together again, with a digest that is right.
 */
#ifndef UNIT_HANDOVER_FIX_H
#define UNIT_HANDOVER_FIX_H

#include "crypto/crypto.h"
#include "util/buf.h"
#include "util/time.h"

#define SNAPSHOT_ENVELOPE 16u
#define SNAPSHOT_DIGEST   32u

/* The records in |snapshot|, without envelope and digest. */
struct slice
snapshot_records(struct slice snapshot);

/* The same without the first, which says when and where it was taken. */
struct slice
snapshot_rest(struct slice snapshot);

/* An envelope around |records|.  IKE_E_NOMEM, IKE_E_CRYPTO. */
MUST_USE ike_err
snapshot_make(struct crypto *c, uint16_t major, uint16_t minor, struct slice records, struct buf *out);

/* A first record: taken at |when| by a process of uptime |boot|. */
MUST_USE ike_err
snapshot_head(ike_time when, const uint8_t boot[16], struct buf *out);

/* Where the |n|th field or record of any depth begins, and how long it is with tag and length; false: there are fewer. */
bool
snapshot_field(struct slice records, unsigned n, size_t *at, size_t *len);

/* |records| with |more| at |at|, which is the end of a record: inside that record, as its last fields. */
MUST_USE ike_err
snapshot_with(struct slice records, size_t at, struct slice more, struct buf *out);

/* |records| without the bytes [at, at + len), lengths of what is around them put right. */
MUST_USE ike_err
snapshot_without(struct slice records, size_t at, size_t len, struct buf *out);

#endif
