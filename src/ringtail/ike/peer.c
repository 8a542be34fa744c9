/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/daemon.h"

#include <stdlib.h>

static bool
same_addr(const struct hnode *n, const void *key)
{
	return addr_equal(&container_of(n, struct peer, by_addr)->addr, key);
}

void
peers_init(struct peer_table *t, const uint8_t seed[16])
{
	htab_init(&t->by_addr, seed, same_addr);
}

void
peers_fini(struct peer_table *t)
{
	struct peer *p;
	uint32_t it = 0;

	while ((p = slot_each(&t->ids, &it)) != NULL)
		free(p);
	slot_fini(&t->ids);
	htab_fini(&t->by_addr);
}

struct peer *
peer_find(const struct daemon *d, const struct addr *a)
{
	const struct htab *t = &d->peers.by_addr;
	struct hnode *n = htab_find(t, htab_hash(t, addr_bytes(a)), a);

	return n == NULL ? NULL : container_of(n, struct peer, by_addr);
}

struct peer *
peer_get(const struct daemon *d, uint64_t id)
{
	return slot_get(&d->peers.ids, id);
}

struct peer *
peer_of(struct daemon *d, const struct addr *a)
{
	struct peer_table *t = &d->peers;
	struct peer *p = peer_find(d, a);

	if (p != NULL || t->ids.count >= PEER_MOST)
		return p;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->addr = *a;
	p->known_since = d->now;
	if (slot_add(&t->ids, p, &p->id) != IKE_OK) {
		free(p);
		return NULL;
	}
	if (htab_insert(&t->by_addr, &p->by_addr, htab_hash(&t->by_addr, addr_bytes(a))) != IKE_OK) {
		slot_remove(&t->ids, p->id);
		free(p);
		return NULL;
	}
	return p;
}

void
peer_add_carried(struct daemon *d, const struct addr *a, bool in, uint64_t bytes, uint64_t packets)
{
	struct peer *p = peer_of(d, a);

	if (p == NULL)
		return;
	*(in ? &p->former.bytes_in : &p->former.bytes_out) += bytes;
	*(in ? &p->former.packets_in : &p->former.packets_out) += packets;
}
