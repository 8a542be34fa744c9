/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: everything a section wants equal (remoteid, source, destination, from) is hashed into one
 * key.  A lookup tries the twelve keys that may match: source given or anonymous, destination given,
 * clientaddr or anonymous, from given or none; among the sections found the first in racoon's order wins.
 */
#include "conf/index.h"
#include "util/htab.h"

#include <string.h>

/* What a key is made of.  Addresses and identities as bytes; zero is "any". */
struct sel_key {
	uint8_t kind, proto;
	uint8_t len;     /* of an address */
	uint8_t none[5]; /* no padding: the struct is hashed */
	uint8_t lo[16], hi[16];
	uint64_t id; /* hash of a name */
};

static const uint8_t seed[16];

/* DNs are equal in more than one encoding, and patterns match many: all have one hash. */
static uint64_t
ident_hash(const struct ident *id)
{
	uint8_t type = id->type;

	if (type == ID_DER_ASN1_DN)
		return siphash24(seed, slice_of(&type, 1));
	return siphash24(seed, slice_of(id->data, id->len)) ^ siphash24(seed, slice_of(&type, 1));
}

/* `from` and names of selectors: kinds without a value never get here, except as a constant of their own. */
static uint64_t
conf_ident_hash(const struct conf_ident *id)
{
	uint8_t kind = (uint8_t)id->kind;

	return id->kind == CONF_ID_VALUE ? ident_hash(&id->id)
					 : siphash24(seed, slice_of(&kind, 1));
}

static void
key_of_ts(struct sel_key *k, const struct ts *ts)
{
	k->kind = CONF_SEL_TS;
	k->proto = ts->proto;
	k->len = addr_bits(&ts->lo);
	memcpy(k->lo, ts->lo.b, sizeof(k->lo));
	memcpy(k->hi, ts->hi.b, sizeof(k->hi));
}

static void
key_of_sel(struct sel_key *k, const struct conf_sel *sel)
{
	memset(k, 0, sizeof(*k));
	k->kind = (uint8_t)sel->kind;
	if (sel->kind == CONF_SEL_TS)
		key_of_ts(k, &sel->ts);
	else if (sel->kind == CONF_SEL_ID)
		k->id = conf_ident_hash(sel->id);
}

struct key {
	uint32_t remoteid;
	uint32_t has_from;
	uint64_t from;
	struct sel_key src, dst;
};

static uint64_t
hash_key(const struct key *k)
{
	return siphash24(seed, slice_of(k, sizeof(*k)));
}

static struct key
key_of(const struct conf_sainfo *s)
{
	struct key k;

	memset(&k, 0, sizeof(k));
	k.remoteid = s->remoteid;
	k.has_from = s->from != NULL;
	k.from = s->from != NULL ? conf_ident_hash(s->from) : 0;
	key_of_sel(&k.src, &s->src);
	key_of_sel(&k.dst, &s->dst);
	return k;
}

uint64_t
sainfo_hash(const struct conf_sainfo *s)
{
	struct key k = key_of(s);

	return hash_key(&k);
}

bool
sainfo_same(const struct conf_sainfo *a, const struct conf_sainfo *b)
{
	struct key x = key_of(a), y = key_of(b);
	bool group = a->group == b->group ||
		     (a->group != NULL && b->group != NULL && strcmp(a->group, b->group) == 0);

	return group && memcmp(&x, &y, sizeof(x)) == 0;
}

static bool
ts_same(const struct ts *a, const struct ts *b)
{
	return a->proto == b->proto && addr_equal(&a->lo, &b->lo) && addr_equal(&a->hi, &b->hi);
}

static bool
is_host(const struct ts *ts, const struct addr *a)
{
	return addr_equal(&ts->lo, a) && addr_equal(&ts->hi, a);
}

static bool
side_ok(const struct conf_sel *sel, const struct conf_side *side, const struct conf_sainfo_query *q)
{
	switch (sel->kind) {
	case CONF_SEL_ANY:
		return true;
	case CONF_SEL_CLIENTADDR:
		return side->ts != NULL &&
		       is_host(
			   side->ts, q->client_addr.family != 0 ? &q->client_addr : &q->peer_addr);
	case CONF_SEL_TS:
		return side->ts != NULL && ts_same(&sel->ts, side->ts);
	case CONF_SEL_ID:
		return side->ts == NULL && side->id != NULL && ident_equal(&sel->id->id, side->id);
	}
	return false;
}

static bool
fits(const struct conf_sainfo *s, const struct conf_sainfo_query *q)
{
	if (s->remoteid != q->ph1id)
		return false;
	if (s->from != NULL) {
		struct addr a;
		if (q->peer == NULL)
			return false;
		if (s->from->kind == CONF_ID_VALUE ? !ident_match(&s->from->id, q->peer)
		    : s->from->kind == CONF_ID_ADDRESS
			? !ident_addr(q->peer, &a) || !addr_equal(&a, &q->peer_addr)
			: q->peer->type != ID_DER_ASN1_DN)
			return false;
	}
	if (s->group != NULL && (q->in_group == NULL || !q->in_group(s->group, q->arg)))
		return false;
	return side_ok(&s->src, &q->local, q) && side_ok(&s->dst, &q->remote, q);
}

/* The first position among those with |hash| that fits; UINT32_MAX: none. */
static uint32_t
first_with(const struct conf *c, uint64_t hash, const struct conf_sainfo_query *q)
{
	const struct sainfo_key *v = c->index->keys;
	size_t lo = 0, hi = c->n_sainfos;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (v[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < c->n_sainfos && v[lo].hash == hash; lo++)
		if (fits(c->sainfos[v[lo].pos], q))
			return v[lo].pos;
	return UINT32_MAX;
}

static void
key_of_side(struct sel_key *k, const struct conf_side *side)
{
	memset(k, 0, sizeof(*k));
	if (side->ts != NULL) {
		key_of_ts(k, side->ts);
	} else if (side->id != NULL) {
		k->kind = CONF_SEL_ID;
		k->id = ident_hash(side->id);
	}
}

const struct conf_sainfo *
conf_sainfo_find(const struct conf *c, const struct conf_sainfo_query *q)
{
	struct sel_key src[2], dst[3];
	uint64_t from[4] = { 0 };
	uint32_t best = UINT32_MAX;
	size_t n_from = 1;

	memset(src, 0, sizeof(src));
	memset(dst, 0, sizeof(dst));
	key_of_side(&src[1], &q->local);
	key_of_side(&dst[1], &q->remote);
	dst[2].kind = CONF_SEL_CLIENTADDR;
	if (q->peer != NULL) {
		for (uint8_t kind = CONF_ID_ADDRESS; kind <= CONF_ID_CERT; kind++)
			from[n_from++] = siphash24(seed, slice_of(&kind, 1));
		from[n_from++] = ident_hash(q->peer);
	}
	for (size_t i = 0; i < 2 * 3 * n_from; i++) {
		struct key k;
		memset(&k, 0, sizeof(k));
		k.remoteid = q->ph1id;
		k.has_from = i / 6 > 0;
		k.from = from[i / 6];
		k.src = src[i % 2];
		k.dst = dst[i / 2 % 3];
		uint32_t pos = first_with(c, hash_key(&k), q);
		if (pos < best)
			best = pos;
	}
	return best == UINT32_MAX ? NULL : c->sainfos[best];
}
