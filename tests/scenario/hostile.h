/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hostile - what an attacker on the path can put on the wire: messages made up by hand, old ones again, damaged ones.
 */
#ifndef SCENARIO_HOSTILE_H
#define SCENARIO_HOSTILE_H

#include "scenario/hosts.h"

/* A message in clear with one payload of |type|, or the bytes of |body| as they are if |type| is 0. */
struct forged {
	uint64_t spi_i, spi_r;
	uint8_t  version;       /* as in the header: 0x10, 0x20 */
	uint8_t  exchange, flags;
	uint32_t msgid;
	uint8_t  type;
	struct slice body;
};
size_t forge(const struct forged *f, uint8_t *out, size_t cap);

/* Hand |bytes| to |to| at once as a datagram from |from| (port 500 to port 500, or 4500 with |natt|). */
void hostile_send(struct node *from, struct node *to, struct slice bytes, bool natt);

/* For each IKE SA of |to|: everything that somebody who knows its SPIs but no key can say in the name of |from|. */
void hostile_lies(struct node *from, struct node *to);

/* Every exchange type, each flag, some message ids, in clear and as encrypted nonsense, on each IKE SA of |to|. */
void hostile_exchanges(struct node *from, struct node *to);

/* Every datagram of |t| again, in order, each twice. */
void hostile_replay(struct world *w, const struct tape *t);

/* Short datagrams, all versions, wrong lengths: to both ports of |to|. */
void hostile_headers(struct node *from, struct node *to);

#endif
