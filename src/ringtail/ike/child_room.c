/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: of pairs for the same traffic with the same peer, two are in the kernel at most: one that is used and one that
 * takes its place.  That is kept here, in the one way by which a pair gets into the kernel, and not by the sum of what
 * rekeying, collisions, dead peers and lost messages lead to: for a third, the one that is needed least has to go first.
 */
#include "ringtail/daemon.h"

#include "sadb/sadb.h"

#include <string.h>

enum { PAIRS_MOST = 2 };

/*
 * RFC 7296 section 2.8.1: of two that both ends asked for at once, "the SA created with the lowest of the four nonces used in the
 * two exchanges SHOULD be closed".  |a| is the one that came up first.
 */
static bool
crossed(const struct child *a, const struct child *b)
{
	return a->side != b->side && a->installed > b->created;
}

/* How much |o| is needed when |c| comes, in steps; within one the older is needed less. */
static int
need(const struct child *o, const struct child *c)
{
	if (crossed(o, c) && memcmp(o->nonce_low, c->nonce_low, sizeof(o->nonce_low)) < 0)
		return 0;
	if (o->gone)
		return 1;
	if (o->state == CHILD_RETIRING)
		return 2;
	/* who asks again has given up what it asked for before */
	if (o->state == CHILD_NEGOTIATING && o->side == c->side)
		return 3;
	return 4;
}

static bool
in_kernel(const struct child *o, const struct sad_row *row)
{
	/* each pair once, by its inbound half if it has one; a reserved SPI is no SA yet */
	return row->want == SAD_WANT_INSTALLED && (row->id == o->row_in || o->row_in == 0);
}

/* The pair to go first of those like |c|; |*n|: how many there are. */
static struct child *
least_needed(const struct child *c, unsigned *n)
{
	struct daemon *d = c->d;
	struct child *worst = NULL;

	*n = 0;
	for (const struct sad_row *row = sadb_peer_first(d->sadb, &c->remote.addr); row != NULL;
	    row = sadb_peer_next(d->sadb, row)) {
		struct child *o = row->user == 0 ? NULL : child_get(d, row->user);
		if (o == NULL || !child_alike(o, c) || !in_kernel(o, row))
			continue;
		++*n;
		if (worst == NULL || need(o, c) < need(worst, c) ||
		    (need(o, c) == need(worst, c) && o->created < worst->created))
			worst = o;
	}
	return worst;
}

static void
evict(struct child *o, struct child *c)
{
	struct child *next = child_get(o->d, o->replaced_by);
	struct addr_buf ab;

	log_put(o->d->env.log, LOG_L_INFO, addr_text(&o->remote.addr, &ab),
	    "a third pair of IPsec-SAs for the same traffic: spi=%u(0x%x) goes", o->spi_in, o->spi_in);
	o->d->stats.evictions++;
	child_ends(o, "one pair too many for the same traffic");
	/* nothing is left to wait for */
	if (c->replaces == o->id)
		c->replaces = 0;
	if (next != NULL)
		child_release_out(next);
	child_remove_rows(o, true, true);
	if (o->gone)
		child_drop(o);
	else
		child_delete(o, true);
}

/*
 * Is |c|, that we asked for, itself the redundant one of two that crossed, so that neither end ever uses it?  (In IKEv1 that is
 * decided earlier: v1_cross.c.)
 */
static bool
beaten(const struct child *c)
{
	const struct ike_sa *ike = ike_sa_get(c->d, c->ike_id);
	const struct child *o = child_find_same(c->d, c);

	if (c->side != INITIATOR || ike == NULL || !ike->ops->windowed)
		return false;
	return o != NULL && o->id != c->replaces && crossed(o, c) &&
	    memcmp(c->nonce_low, o->nonce_low, sizeof(c->nonce_low)) < 0;
}

ike_err
child_make_room(struct child *c)
{
	struct child *o;
	unsigned n;

	while ((o = least_needed(c, &n)) != NULL && n >= PAIRS_MOST) {
		if (beaten(c))
			return IKE_E_REDUNDANT;
		evict(o, c);
	}
	return IKE_OK;
}
