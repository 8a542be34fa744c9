/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * psk_index - psk.txt for thousands of peers: the same answers as psk_find() in the time of a binary search.
 *
 * The index borrows the text it was built from and is of no use without it.  It holds no keys.
 */
#ifndef IDENT_PSK_INDEX_H
#define IDENT_PSK_INDEX_H

#include "ident/psk.h"

struct psk_entry {
	uint64_t hash;       /* of the identity */
	size_t   at, len;    /* the line in the text */
	unsigned number;
};

struct psk_index {
	struct psk_entry *v;       /* sorted by hash, then by place */
	size_t            n, cap;
	struct psk_entry  star;    /* the first "*" line; number 0: none */
};

/* Build from |text|; what |ix| held is replaced.  A zeroed struct is empty.  IKE_E_NOMEM: |ix| is empty. */
MUST_USE ike_err
psk_index_build(struct psk_index *ix, struct slice text);

/* As psk_find(), on the text the index was built from. */
MUST_USE ike_err
psk_index_find(const struct psk_index *ix, struct slice text, const char *id, uint8_t key_out[PSK_MAX], size_t *len_out,
    unsigned *line_out);

void
psk_index_free(struct psk_index *ix);

#endif
