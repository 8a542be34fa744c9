/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a `proposal` block is read twice, once for each version.  In IKEv1 its hash is the hash; in
 * IKEv2 the same word gives the integrity algorithm and, unless prf_algorithm says otherwise, the PRF.  RFC
 * 7296 section 3.3 asks for AEAD and classic ciphers in separate proposals, so that a block with both gives
 * two.  Lines that are absent take the version's default.
 */
#include "conf/direct.h"

#include <string.h>

static const struct prop_alg v1_encr[] = { { ENCR_AES_CBC, 256 }, { ENCR_AES_CBC, 128 } };
static const struct prop_alg v1_hash[] = { { HASH_SHA256, 0 } };
static const struct prop_alg v1_ke[] = { { KE_MODP3072, 0 }, { KE_MODP2048, 0 } };
static const struct prop_alg v2_encr[] = { { ENCR_AES_GCM_16, 256 }, { ENCR_AES_GCM_16, 128 } };
static const struct prop_alg v2_prf[] = { { PRF_HMAC_SHA256, 0 }, { PRF_HMAC_SHA384, 0 } };
static const struct prop_alg v2_integ[] = { { INTEG_HMAC_SHA256_128, 0 } };
static const struct prop_alg v2_ke[] = { { KE_X25519, 0 }, { KE_ECP256, 0 }, { KE_MODP3072, 0 } };

static void
add(struct prop_algs *l, enum alg_id id, unsigned bits)
{
	/* Never full: the lists it is made from have the same bound. */
	if (prop_algs_add(l, id, bits) != IKE_OK)
		return;
}

static struct prop_algs
or_default(const struct prop_algs *l, const struct prop_alg *v, uint8_t n)
{
	struct prop_algs out = *l;

	if (out.n == 0) {
		memcpy(out.v, v, n * sizeof(*v));
		out.n = n;
	}
	return out;
}

enum wanted { V1_NUMBER, V2_NUMBER };

static bool
usable(const struct alg *alg, enum wanted w)
{
	if ((alg->flags & ALG_UNUSABLE) != 0)
		return false;
	return (w == V1_NUMBER ? alg->v1_ike : alg->v2) != ALG_NO_NUMBER;
}

static struct prop_algs
filter(const struct prop_algs *l, enum wanted w)
{
	struct prop_algs out = { 0 };

	for (uint8_t i = 0; i < l->n; i++)
		if (usable(alg_get(l->v[i].id), w))
			add(&out, l->v[i].id, l->v[i].bits);
	return out;
}

static enum alg_id
integ_of_hash(enum alg_id hash)
{
	switch ((int)hash) {
	case HASH_MD5:
		return INTEG_HMAC_MD5_96;
	case HASH_SHA1:
		return INTEG_HMAC_SHA1_96;
	case HASH_SHA384:
		return INTEG_HMAC_SHA384_192;
	case HASH_SHA512:
		return INTEG_HMAC_SHA512_256;
	default:
		return INTEG_HMAC_SHA256_128;
	}
}

/* Methods that are known by name only. */
static bool
auth_usable(enum alg_id auth)
{
	return auth != AUTH_GSSAPI_KRB && (alg_get(auth)->flags & ALG_UNUSABLE) == 0;
}

/* The IKEv1 meaning of a block; false if it has none. */
static bool
v1_prop(const struct conf_remote *r, const struct conf_proposal *blk, struct prop *out)
{
	bool aggressive = conf_remote_speaks(r, CONF_AGGRESSIVE);
	struct prop_algs l;

	memset(out, 0, sizeof(*out));
	out->proto = PROTO_IKE;
	out->esn = ESN_NO;
	out->auth = blk->auth == ALG_ID_NONE ? AUTH_PSK : blk->auth;
	out->life_sec = blk->life_sec != 0 ? blk->life_sec : r->life_sec;
	l = or_default(&blk->encr, v1_encr, 2);
	out->encr = filter(&l, V1_NUMBER);
	l = or_default(&blk->hash, v1_hash, 1);
	for (uint8_t i = 0; i < l.n; i++)
		add(&out->prf, alg_prf_of_hash(l.v[i].id), 0);
	/* Aggressive mode sends its KE at once and cannot offer a choice of groups. */
	l = or_default(&blk->ke, v1_ke, aggressive ? 1 : 2);
	out->ke = filter(&l, V1_NUMBER);
	return out->encr.n > 0 && out->ke.n > 0;
}

static void
v2_common(const struct conf_remote *r, const struct conf_proposal *blk, bool aead, struct prop *out)
{
	struct prop_algs l;

	memset(out, 0, sizeof(*out));
	out->proto = PROTO_IKE;
	out->esn = ESN_NO;
	out->life_sec = blk->life_sec != 0 ? blk->life_sec : r->life_sec;
	l = or_default(&blk->ke, v2_ke, 3);
	out->ke = filter(&l, V2_NUMBER);
	if (blk->prf.n > 0)
		out->prf = filter(&blk->prf, V2_NUMBER);
	else if (blk->hash.n == 0)
		out->prf = or_default(&blk->prf, v2_prf, aead ? 2 : 1);
	for (uint8_t i = 0; blk->prf.n == 0 && i < blk->hash.n; i++)
		add(&out->prf, alg_prf_of_hash(blk->hash.v[i].id), 0);
	if (aead)
		return;
	if (blk->hash.n == 0)
		out->integ = or_default(&out->integ, v2_integ, 1);
	for (uint8_t i = 0; i < blk->hash.n; i++)
		add(&out->integ, integ_of_hash(blk->hash.v[i].id), 0);
}

/* The IKEv2 meaning of a block: none, one or two proposals. */
static size_t
v2_props(const struct conf_remote *r, const struct conf_proposal *blk, struct prop out[2])
{
	struct prop_algs l = or_default(&blk->encr, v2_encr, 2);
	size_t n = 0;

	l = filter(&l, V2_NUMBER);
	if (l.n == 0)
		return 0;
	bool first_aead = (alg_get(l.v[0].id)->flags & ALG_AEAD) != 0;
	for (int pass = 0; pass < 2; pass++) {
		bool aead = first_aead == (pass == 0);
		struct prop_algs some = { 0 };
		for (uint8_t i = 0; i < l.n; i++)
			if (((alg_get(l.v[i].id)->flags & ALG_AEAD) != 0) == aead)
				add(&some, l.v[i].id, l.v[i].bits);
		if (some.n == 0)
			continue;
		v2_common(r, blk, aead, &out[n]);
		out[n].encr = some;
		if (out[n].ke.n > 0 && out[n].prf.n > 0)
			n++;
	}
	return n;
}

static void
warn_list(struct bind *b, const struct conf_proposal *blk, const struct prop_algs *l)
{
	for (uint8_t i = 0; i < l->n; i++)
		if ((alg_get(l->v[i].id)->flags & ALG_UNUSABLE) != 0)
			source_say(&b->src, CONF_WARNING,
			    (struct place){ blk->file, blk->line, blk->col }, NULL,
			    "%s is not supported and left out of the proposal",
			    alg_get(l->v[i].id)->conf[0]);
}

/* Is the block worth looking at?  Says why not. */
static bool
check_block(struct bind *b, const struct conf_proposal *blk)
{
	warn_list(b, blk, &blk->encr);
	warn_list(b, blk, &blk->ke);
	if (blk->auth == ALG_ID_NONE || auth_usable(blk->auth))
		return true;
	source_say(&b->src, CONF_WARNING, (struct place){ blk->file, blk->line, blk->col }, NULL,
	    "authentication_method %s is not supported: this proposal is not used",
	    alg_get(blk->auth)->conf[0]);
	return false;
}

static void
check_aggressive(struct bind *b, const struct conf_remote *r)
{
	const struct prop_algs *first = r->v1.n > 0 ? &r->v1.v[0].ke : NULL;

	if (first == NULL || !conf_remote_speaks(r, CONF_AGGRESSIVE))
		return;
	for (size_t i = 0; i < r->v1.n; i++) {
		if (r->v1.v[i].ke.n == 1 && r->v1.v[i].ke.v[0].id == first->v[0].id)
			continue;
		source_say(&b->src, CONF_ERROR, (struct place){ r->file, r->line, 1 },
		    "use one dh_group in all proposals",
		    "aggressive mode cannot choose between DH groups: %s and %s",
		    alg_get(first->v[0].id)->conf[0],
		    alg_get(r->v1.v[i].ke.v[r->v1.v[i].ke.n - 1].id)->conf[0]);
		return;
	}
}

static void
check_left(struct bind *b, const struct conf_remote *r)
{
	const struct place at = { r->file, r->line, 1 };

	if (conf_remote_speaks(r, CONF_IKEV2) && r->v2.n == 0)
		source_say(&b->src, CONF_ERROR, at, NULL,
		    "no proposal of this section can be used in IKEv2");
	if (conf_remote_speaks_v1(r) && r->v1.n == 0)
		source_say(&b->src, CONF_ERROR, at, NULL,
		    "no proposal of this section can be used in IKEv1");
}

void
resolve_props(struct bind *b, struct conf_remote *r)
{
	static const struct conf_proposal built_in = { .file = NULL };
	size_t n = r->n_blocks > 0 ? r->n_blocks : 1;
	const struct conf_proposal *v = r->n_blocks > 0 ? r->blocks : &built_in;
	bool v1 = conf_remote_speaks_v1(r), v2 = conf_remote_speaks(r, CONF_IKEV2);

	r->v1 = (struct prop_list){ 0, v1 ? bind_alloc(b, n * sizeof(struct prop)) : NULL };
	r->v2 = (struct prop_list){ 0, v2 ? bind_alloc(b, 2 * n * sizeof(struct prop)) : NULL };
	if (b->src.nomem)
		return;
	for (size_t i = 0; i < n; i++) {
		if (!check_block(b, &v[i]))
			continue;
		if (r->auth.n < PROP_MAX_ALGS)
			add(&r->auth, v[i].auth == ALG_ID_NONE ? AUTH_PSK : v[i].auth, 0);
		if (v1 && v1_prop(r, &v[i], &r->v1.v[r->v1.n]))
			r->v1.n++;
		if (v2)
			r->v2.n += v2_props(r, &v[i], &r->v2.v[r->v2.n]);
	}
	check_aggressive(b, r);
	check_left(b, r);
}
