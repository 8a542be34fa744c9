/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the tables work: our own SPI is 64 random bits of ours, so one table finds an IKE SA of either version and
 * role by it.  A responder's half-open SA is also found by the peer's endpoint and SPI, because the peer's first message is
 * retransmitted without ours.  All keys a peer can choose go through the seeded hash.
 */
#include "ringtail/daemon.h"

#include <string.h>

struct first_key {
	struct endpoint remote;
	uint64_t        peer_spi;
};

static bool
eq_spi(const struct hnode *n, const void *key)
{
	return container_of(n, struct ike_sa, by_spi)->my_spi == *(const uint64_t *)key;
}

static bool
eq_first(const struct hnode *n, const void *key)
{
	const struct ike_sa *ike = container_of(n, struct ike_sa, by_first);
	const struct first_key *k = key;

	return ike->peer_spi == k->peer_spi && endpoint_equal(&ike->remote, &k->remote);
}

static bool
eq_peer(const struct hnode *n, const void *key)
{
	return addr_equal(&container_of(n, struct ike_sa, by_peer)->remote.addr, key);
}

static uint64_t
hash_first(const struct ike_table *t, const struct endpoint *remote, uint64_t peer_spi)
{
	uint8_t key[16 + 2 + 8] = { 0 };
	struct slice a = addr_bytes(&remote->addr);

	memcpy(key, a.p, a.n);
	memcpy(key + 16, &remote->port, 2);
	memcpy(key + 18, &peer_spi, 8);
	return htab_hash(&t->by_first, slice_of(key, sizeof(key)));
}

static uint64_t
hash_spi(const struct ike_table *t, uint64_t spi)
{
	return htab_hash(&t->by_spi, slice_of(&spi, sizeof(spi)));
}

ike_err
ike_table_init(struct ike_table *t, struct daemon *d)
{
	uint8_t seed[16];

	memset(t, 0, sizeof(*t));
	list_init(&t->strangers);
	TRY(daemon_random(d, seed, sizeof(seed)));
	htab_init(&t->by_spi, seed, eq_spi);
	htab_init(&t->by_first, seed, eq_first);
	htab_init(&t->by_peer, seed, eq_peer);
	return IKE_OK;
}

void
ike_table_fini(struct ike_table *t)
{
	htab_fini(&t->by_spi);
	htab_fini(&t->by_first);
	htab_fini(&t->by_peer);
	slot_fini(&t->ids);
}

ike_err
ike_table_add(struct ike_sa *ike)
{
	struct ike_table *t = &ike->d->ikes;

	TRY(slot_add(&t->ids, ike, &ike->id));
	ike_err err = htab_insert(&t->by_spi, &ike->by_spi, hash_spi(t, ike->my_spi));
	if (err == IKE_OK)
		err = htab_insert(&t->by_peer, &ike->by_peer, htab_hash(&t->by_peer, addr_bytes(&ike->remote.addr)));
	if (err == IKE_OK && ike->side == RESPONDER) {
		err = htab_insert(&t->by_first, &ike->by_first, hash_first(t, &ike->remote, ike->peer_spi));
		if (err == IKE_OK) {
			t->half_open++;
			ike->half_open = true;
			list_add_tail(&t->strangers, &ike->stranger);
			t->n_strangers++;
		}
	}
	if (err != IKE_OK) {
		htab_remove(&t->by_spi, &ike->by_spi);
		htab_remove(&t->by_peer, &ike->by_peer);
		slot_remove(&t->ids, ike->id);
	}
	return err;
}

void
ike_table_remove(struct ike_sa *ike)
{
	struct ike_table *t = &ike->d->ikes;

	ike_table_not_half_open(ike);
	htab_remove(&t->by_spi, &ike->by_spi);
	htab_remove(&t->by_first, &ike->by_first);
	htab_remove(&t->by_peer, &ike->by_peer);
	slot_remove(&t->ids, ike->id);
}

void
ike_table_no_stranger(struct ike_sa *ike)
{
	if (list_empty(&ike->stranger))
		return;
	list_del(&ike->stranger);
	ike->d->ikes.n_strangers--;
}

void
ike_table_not_half_open(struct ike_sa *ike)
{
	ike_table_no_stranger(ike);
	if (ike->half_open) {
		ike->half_open = false;
		ike->d->ikes.half_open--;
	}
}

struct ike_sa *
ike_sa_get(struct daemon *d, uint64_t id)
{
	return slot_get(&d->ikes.ids, id);
}

struct ike_sa *
ike_find_by_spi(struct daemon *d, uint64_t my_spi)
{
	struct hnode *n = htab_find(&d->ikes.by_spi, hash_spi(&d->ikes, my_spi), &my_spi);

	return n == NULL ? NULL : container_of(n, struct ike_sa, by_spi);
}

struct ike_sa *
ike_find_first(struct daemon *d, const struct endpoint *remote, uint64_t peer_spi)
{
	struct first_key key = { *remote, peer_spi };
	struct hnode *n = htab_find(&d->ikes.by_first, hash_first(&d->ikes, remote, peer_spi), &key);

	return n == NULL ? NULL : container_of(n, struct ike_sa, by_first);
}

struct ike_sa *
ike_next_of_peer(struct daemon *d, const struct addr *remote, struct ike_sa *prev)
{
	struct htab *t = &d->ikes.by_peer;
	struct hnode *n = prev == NULL ? htab_find(t, htab_hash(t, addr_bytes(remote)), remote) :
	    htab_next(t, &prev->by_peer, remote);

	return n == NULL ? NULL : container_of(n, struct ike_sa, by_peer);
}

/* Rather one that is up than one of ours that is under way than one that somebody has begun in the peer's name. */
static int
rank(const struct ike_sa *ike)
{
	return ike->state == IKE_ESTABLISHED ? 2 : !ike->half_open;
}

struct ike_sa *
ike_find_for_peer(struct daemon *d, const struct addr *local, const struct addr *remote)
{
	struct ike_sa *best = NULL;

	for (struct ike_sa *ike = ike_next_of_peer(d, remote, NULL); ike != NULL;
	    ike = ike_next_of_peer(d, remote, ike)) {
		if (ike->state != IKE_CONNECTING && ike->state != IKE_ESTABLISHED)
			continue;
		if (ike->half_open && d->now - ike->created >= HALF_OPEN_TRUST)
			continue;
		if (ike->check.failed)
			continue;
		if (!addr_equal(&ike->local.addr, local))
			continue;
		if (best == NULL || rank(ike) > rank(best) || (rank(ike) == rank(best) && ike->created > best->created))
			best = ike;
	}
	return best;
}

void
ike_sa_set_remote(struct ike_sa *ike, const struct endpoint *remote)
{
	struct ike_table *t = &ike->d->ikes;

	htab_remove(&t->by_peer, &ike->by_peer);
	ike->remote = *remote;
	/* the bucket array exists, so this cannot fail */
	ike_err err = htab_insert(&t->by_peer, &ike->by_peer, htab_hash(&t->by_peer, addr_bytes(&remote->addr)));
	if (err != IKE_OK)
		ike_sa_kill(ike, err, true);
}
