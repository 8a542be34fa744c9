/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: the rows of a kind lie together in the order of their ids, so that alg_get() is an
 * index.  All other lookups walk the rows of the kind; the first that fits wins, and rows marked
 * ALG_SHADOW stand back where a number has two.
 */
#include "alg/alg.h"
#include "util/text.h"

#include <string.h>

/* ids are kind << 12 | 1..n */
#define ID_KIND(id)  ((unsigned)(id) >> 12)
#define ID_INDEX(id) (((unsigned)(id)&0xfff) - 1)

const struct alg *
alg_get(enum alg_id id)
{
	size_t n;
	const struct alg *v = alg_of_kind((enum alg_kind)ID_KIND(id), &n);

	return ID_INDEX(id) < n ? &v[ID_INDEX(id)] : NULL;
}

static bool
has_word(const char *const *words, const char *word)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

const struct alg *
alg_find_conf(enum alg_kind kind, const char *word)
{
	size_t n;
	const struct alg *v = alg_of_kind(kind, &n);

	for (size_t i = 0; i < n; i++)
		if (has_word(v[i].conf, word))
			return &v[i];
	return NULL;
}

const struct alg *
alg_find_setkey(enum alg_kind kind, const char *word)
{
	size_t n;
	const struct alg *v = alg_of_kind(kind, &n);

	for (size_t i = 0; i < n; i++)
		if (has_word(v[i].setkey, word))
			return &v[i];
	return NULL;
}

/* The row of |kind| with |number| in the int column at |offset|, none of those flagged |not|. */
static const struct alg *
find_number(enum alg_kind kind, size_t offset, uint32_t number, unsigned not )
{
	size_t n;
	const struct alg *v = alg_of_kind(kind, &n);
	int have;

	for (size_t i = 0; i < n; i++) {
		memcpy(&have, (const char *)&v[i] + offset, sizeof(have));
		if (have != ALG_NO_NUMBER && (uint32_t)have == number && (v[i].flags & not ) == 0)
			return &v[i];
	}
	return NULL;
}

const struct alg *
alg_find_v1_ike(enum alg_kind kind, uint32_t number)
{
	return find_number(kind, offsetof(struct alg, v1_ike), number, ALG_SHADOW);
}

const struct alg *
alg_find_v1_ipsec(enum alg_kind kind, uint32_t number)
{
	return find_number(kind, offsetof(struct alg, v1_ipsec), number, ALG_SHADOW);
}

const struct alg *
alg_find_v1_ah(uint32_t number)
{
	return find_number(ALG_INTEG, offsetof(struct alg, v1_ah), number, ALG_SHADOW);
}

const struct alg *
alg_find_v2(enum alg_kind kind, uint32_t number)
{
	return find_number(kind, offsetof(struct alg, v2), number, ALG_SHADOW);
}

const struct alg *
alg_find_pfkey(enum alg_kind kind, uint32_t number)
{
	return find_number(kind, offsetof(struct alg, pfkey), number, 0);
}

const struct alg *
alg_find_xfrm(enum alg_kind kind, const char *xfrm, unsigned icv_bits)
{
	size_t n;
	const struct alg *v = alg_of_kind(kind, &n);

	for (size_t i = 0; i < n; i++) {
		if (v[i].xfrm == NULL || strcmp(v[i].xfrm, xfrm) != 0)
			continue;
		if (icv_bits == 0 || icv_bits == v[i].icv * 8u)
			return &v[i];
	}
	return NULL;
}

const char *
alg_suggest(enum alg_kind kind, const char *word)
{
	size_t n;
	const struct alg *v = alg_of_kind(kind, &n);
	struct name_best best = { NULL, 0 };

	for (size_t i = 0; i < n; i++)
		for (const char *const *w = v[i].conf; *w != NULL; w++)
			name_closer(word, *w, &best);
	return best.name;
}

bool
alg_key_ok(const struct alg *a, unsigned bits)
{
	if (bits == 0)
		return true;
	if (bits < a->key_min || bits > a->key_max)
		return false;
	return a->key_step == 0 || (bits - a->key_min) % a->key_step == 0;
}

size_t
alg_keymat_len(const struct alg *a, unsigned bits)
{
	return ((bits == 0 ? a->key_default : bits) + 7u) / 8u + a->salt;
}

static const struct {
	enum alg_id prf, hash, integ;
} families[] = {
	{ PRF_HMAC_MD5, HASH_MD5, INTEG_HMAC_MD5_96 },
	{ PRF_HMAC_SHA1, HASH_SHA1, INTEG_HMAC_SHA1_96 },
	{ PRF_HMAC_SHA256, HASH_SHA256, INTEG_HMAC_SHA256_128 },
	{ PRF_HMAC_SHA384, HASH_SHA384, INTEG_HMAC_SHA384_192 },
	{ PRF_HMAC_SHA512, HASH_SHA512, INTEG_HMAC_SHA512_256 },
	{ PRF_AES_XCBC, ALG_ID_NONE, INTEG_AES_XCBC_96 },
	{ PRF_AES_CMAC, ALG_ID_NONE, INTEG_AES_CMAC_96 },
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

enum alg_id
alg_prf_of_hash(enum alg_id hash)
{
	for (size_t i = 0; i < FAMILIES; i++)
		if (families[i].hash == hash && hash != ALG_ID_NONE)
			return families[i].prf;
	return ALG_ID_NONE;
}

enum alg_id
alg_hash_of_prf(enum alg_id prf)
{
	for (size_t i = 0; i < FAMILIES; i++)
		if (families[i].prf == prf)
			return families[i].hash;
	return ALG_ID_NONE;
}

enum alg_id
alg_integ_of_prf(enum alg_id prf)
{
	for (size_t i = 0; i < FAMILIES; i++)
		if (families[i].prf == prf)
			return families[i].integ;
	return ALG_ID_NONE;
}

const char *
alg_text(enum alg_id id, unsigned bits, struct name_buf *buf)
{
	const struct alg *a = alg_get(id);
	struct text t = text_in(buf->s, sizeof(buf->s));

	if (a == NULL && id == ALG_ID_NONE)
		text_add(&t, "none");
	else if (a == NULL)
		text_addf(&t, "ALG_%u", (unsigned)id);
	else
		text_add(&t, a->name);
	if (a != NULL && (a->flags & ALG_VARKEY) != 0)
		text_addf(&t, "-%u", bits == 0 ? a->key_default : bits);
	return buf->s;
}
