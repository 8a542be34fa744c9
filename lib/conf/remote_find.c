/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: sections with an address are found by binary search, the anonymous ones follow; the best is
 * the one with the highest score.
 */
#include "conf/index.h"

#include <string.h>

bool
conf_remote_speaks(const struct conf_remote *r, enum conf_mode mode)
{
	for (uint8_t i = 0; i < r->n_modes; i++)
		if (r->modes[i] == mode)
			return true;
	return false;
}

bool
conf_remote_speaks_v1(const struct conf_remote *r)
{
	return conf_remote_speaks(r, CONF_MAIN) || conf_remote_speaks(r, CONF_AGGRESSIVE) ||
	       conf_remote_speaks(r, CONF_BASE);
}

const char *
conf_mode_name(enum conf_mode mode)
{
	switch (mode) {
	case CONF_MAIN:
		return "main";
	case CONF_AGGRESSIVE:
		return "aggressive";
	case CONF_BASE:
		return "base";
	case CONF_IKEV2:
		return "ikev2";
	case CONF_MODE_NONE:
		break;
	}
	return "none";
}

static bool
one_id_ok(const struct conf_ident *want, const struct ident *id, const struct addr *addr)
{
	struct addr a;

	switch (want->kind) {
	case CONF_ID_VALUE:
		return ident_match(&want->id, id);
	case CONF_ID_ADDRESS:
		return ident_addr(id, &a) && addr != NULL && addr_equal(&a, addr);
	case CONF_ID_CERT:
		return id->type == ID_DER_ASN1_DN;
	}
	return false;
}

bool
conf_remote_id_ok(const struct conf_remote *r, const struct ident *id, const struct addr *addr)
{
	for (size_t i = 0; i < r->n_peers_ids; i++)
		if (one_id_ok(r->peers_ids[i], id, addr))
			return true;
	return r->n_peers_ids == 0;
}

bool
conf_remote_must_verify(const struct conf_remote *r, enum conf_mode mode)
{
	return r->verify_identifier || mode == CONF_IKEV2;
}

unsigned
conf_remote_score(const struct conf_remote *r, const struct conf_query *q)
{
	unsigned score = CONF_FITS_BASIC;

	if (q->initiate && r->passive)
		return 0;
	if (q->mode != CONF_MODE_NONE && !conf_remote_speaks(r, q->mode))
		return 0;
	if (q->peer.addr.family != 0 && r->peer.addr.family != 0) {
		if (!addr_equal(&q->peer.addr, &r->peer.addr))
			return 0;
		score |= CONF_FITS_ADDRESS | (q->peer.port == r->peer.port ? CONF_FITS_PORT : 0);
	}
	if (q->prop_fits != NULL) {
		if (!q->prop_fits(r, q->arg))
			return 0;
		score |= CONF_FITS_PROPOSAL;
	}
	if (q->peer_id != NULL && r->n_peers_ids > 0) {
		if (conf_remote_id_ok(r, q->peer_id, &q->peer.addr))
			score |= CONF_FITS_IDENTITY;
		else if (conf_remote_must_verify(r, q->mode))
			return 0;
	}
	if (q->auth_fits != NULL) {
		if (!q->auth_fits(r, q->arg))
			return 0;
		score |= CONF_FITS_AUTH;
	}
	return score;
}

/* The first of |v|, sorted by index, whose index is at least |from|. */
static const struct conf_remote *
first_from(const struct conf_remote *const *v, size_t n, uint32_t from)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (v[mid]->index < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n ? v[lo] : NULL;
}

/* The first section of |addr| whose index is at least |from|. */
static const struct conf_remote *
first_of_addr(const struct conf_index *x, const struct addr *addr, uint32_t from)
{
	size_t lo = 0, hi = x->n_addr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = addr_compare(&x->by_addr[mid]->peer.addr, addr);
		if (d < 0 || (d == 0 && x->by_addr[mid]->index < from))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < x->n_addr && addr_compare(&x->by_addr[lo]->peer.addr, addr) == 0)
		return x->by_addr[lo];
	return NULL;
}

const struct conf_remote *
conf_remote_next(const struct conf *c, const struct conf_query *q, const struct conf_remote *prev)
{
	const struct conf_index *x = c->index;
	uint32_t from = prev == NULL ? 0 : prev->index + 1;
	const struct conf_remote *r;

	if (q->peer.addr.family == 0)
		return from < c->n_remotes ? c->remotes[from] : NULL;
	if (prev == NULL || prev->peer.addr.family != 0) {
		if ((r = first_of_addr(x, &q->peer.addr, from)) != NULL)
			return r;
		from = 0;
	}
	return first_from(x->anon, x->n_anon, from);
}

ike_err
conf_remote_best(const struct conf *c, const struct conf_query *q, const struct conf_remote **out,
    bool *unique_out)
{
	const struct conf_remote *best = NULL;
	unsigned high = 0;
	bool unique = true;

	for (const struct conf_remote *r = conf_remote_next(c, q, NULL); r != NULL;
	     r = conf_remote_next(c, q, r)) {
		unsigned score = conf_remote_score(r, q);
		if (score > high) {
			best = r;
			high = score;
			unique = true;
		} else if (score != 0 && score == high) {
			unique = false;
		}
	}
	if (best == NULL)
		return IKE_E_NO_CONFIG;
	*out = best;
	*unique_out = unique;
	return IKE_OK;
}

const struct conf_remote *
conf_remote_by_name(const struct conf *c, const char *name)
{
	const struct conf_remote *const *v = c->index->by_name;
	size_t lo = 0, hi = c->n_remotes;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (strcmp(v[mid]->name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->n_remotes && strcmp(v[lo]->name, name) == 0 ? v[lo] : NULL;
}

bool
conf_needs_psk(const struct conf *c)
{
	for (size_t i = 0; i < c->n_remotes; i++)
		for (uint8_t k = 0; k < c->remotes[i]->auth.n; k++)
			if (c->remotes[i]->auth.v[k].id == AUTH_PSK)
				return true;
	return false;
}
