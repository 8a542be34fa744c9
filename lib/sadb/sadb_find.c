/* SPDX-License-Identifier: BSD-3-Clause */
#include "sadb/sadb_int.h"

uint64_t
sad_hash_spi(const struct sadb *db, uint32_t spi)
{
	return htab_hash(&db->by_spi, slice_of(&spi, sizeof(spi)));
}

const struct addr *
sad_peer(const struct sa_spec *s)
{
	return s->dir == SA_OUT ? &s->id.dst : &s->src;
}

uint64_t
sad_hash_peer(const struct sadb *db, const struct addr *a)
{
	return htab_hash(&db->by_peer, slice_of(a->b, sizeof(a->b)));
}

bool
sad_is_alive(const struct sad_row *row)
{
	return row->want != SAD_WANT_ABSENT && row->have != SAD_ABSENT &&
	       row->have != SAD_EXPIRED && row->have != SAD_GONE;
}

struct sad_priv *
sad_priv_get(const struct sadb *db, uint64_t id)
{
	struct sad_priv *p = slot_get(&db->sad, id);

	return p != NULL && p->row.want != SAD_WANT_ABSENT ? p : NULL;
}

struct sad_priv *
sad_find(const struct sadb *db, const struct sa_id *id, bool any)
{
	uint64_t hash = sad_hash_spi(db, id->spi);
	struct sad_priv *p, *other = NULL;

	for (struct hnode *n = htab_find(&db->by_spi, hash, &id->spi); n != NULL;
	     n = htab_next(&db->by_spi, n, &id->spi)) {
		p = container_of(n, struct sad_priv, by_spi);
		if (!sa_id_equal(&p->row.spec.id, id))
			continue;
		if (sad_is_alive(&p->row))
			return p;
		other = p;
	}
	return any ? other : NULL;
}

void
sadb_set_user(struct sadb *db, uint64_t id, uint64_t user)
{
	struct sad_priv *p = sad_priv_get(db, id);

	if (p != NULL)
		p->row.user = user;
}

const struct sad_row *
sadb_row(const struct sadb *db, uint64_t id)
{
	const struct sad_priv *p = sad_priv_get(db, id);

	return p == NULL ? NULL : &p->row;
}

const struct sad_row *
sadb_find_sa(const struct sadb *db, const struct sa_id *id)
{
	const struct sad_priv *p = sad_find(db, id, false);

	return p == NULL ? NULL : &p->row;
}

const struct sad_row *
sadb_find_spi(const struct sadb *db, uint8_t proto, uint32_t spi)
{
	const struct sad_priv *p;

	for (const struct hnode *n = htab_find(&db->by_spi, sad_hash_spi(db, spi), &spi); n != NULL;
	     n = htab_next(&db->by_spi, n, &spi)) {
		p = container_of(n, const struct sad_priv, by_spi);
		if (p->row.spec.id.proto == proto && sad_is_alive(&p->row))
			return &p->row;
	}
	return NULL;
}

bool
sadb_has(const struct sadb *db, const struct sa_id *id)
{
	return sad_find(db, id, true) != NULL;
}

static const struct sad_row *
peer_scan(const struct sadb *db, const struct hnode *n, const struct addr *peer)
{
	for (; n != NULL; n = htab_next(&db->by_peer, n, peer)) {
		const struct sad_row *row = &container_of(n, const struct sad_priv, by_peer)->row;

		if (sad_is_alive(row))
			return row;
	}
	return NULL;
}

const struct sad_row *
sadb_peer_first(const struct sadb *db, const struct addr *peer)
{
	return peer_scan(db, htab_find(&db->by_peer, sad_hash_peer(db, peer), peer), peer);
}

const struct sad_row *
sadb_peer_next(const struct sadb *db, const struct sad_row *row)
{
	const struct sad_priv *p = container_of(row, const struct sad_priv, row);
	const struct addr *peer = sad_peer(&row->spec);

	return peer_scan(db, htab_next(&db->by_peer, &p->by_peer, peer), peer);
}

const struct sad_row *
sadb_next(const struct sadb *db, uint32_t *it)
{
	const struct sad_priv *p;

	while ((p = slot_each(&db->sad, it)) != NULL) {
		if (sad_is_alive(&p->row))
			return &p->row;
	}
	return NULL;
}
