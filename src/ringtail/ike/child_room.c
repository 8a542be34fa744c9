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

#define HELD_BACK MSEC(1200)

/*
 * RFC 7296 section 2.8.1: of two that both ends asked for at once, "the SA created with the lowest of the four nonces used in the
 * two exchanges SHOULD be closed".  |a| is the one that came up first.
 */
static bool
crossed(const struct child *a, const struct child *b)
{
	return a->side != b->side && a->installed > b->created;
}

static uint64_t
packets_in(const struct child *c)
{
	struct sa_usage u;

	return c->row_in != 0 && sadb_usage(c->d->sadb, c->row_in, &u) == IKE_OK ? u.packets : 0;
}

/*
 * |next| is to take the place of |o|, and the peer asks for |c| without having used |next|: it was restarted meanwhile and has lost |next|
 * or its outbound half, which it holds back for a second at most; it sends on |o|.
 */
static bool
peer_stays(const struct child *o, const struct child *c)
{
	const struct child *next = child_get(o->d, o->replaced_by);

	if (next == NULL || next->state != CHILD_INSTALLED || next->adopted || c->side != RESPONDER)
		return false;
	/* what it has asked for it uses at once, and lets us know by deleting |o| */
	bool unheard = next->side == INITIATOR ? c->created - next->installed < HELD_BACK : next->pending_out != NULL;
	return unheard && packets_in(next) == 0 && packets_in(o) > 0;
}

/* How much |o| is needed when |c| comes, in steps; within one the older is needed less. */
static int
need(const struct child *o, const struct child *c)
{
	if (crossed(o, c) && memcmp(o->nonce_low, c->nonce_low, sizeof(o->nonce_low)) < 0)
		return 0;
	if (o->gone || o->broken)
		return 1;
	if (o->state == CHILD_RETIRING)
		return peer_stays(o, c) ? 5 : 2;
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
	struct child *v[2 * PAIRS_MOST], *worst = NULL;
	struct daemon *d = c->d;
	int least = 0;

	*n = 0;
	for (const struct sad_row *row = sadb_peer_first(d->sadb, &c->remote.addr); row != NULL && *n < 2 * PAIRS_MOST;
	    row = sadb_peer_next(d->sadb, row)) {
		struct child *o = row->user == 0 ? NULL : child_get(d, row->user);
		if (o != NULL && child_alike(o, c) && in_kernel(o, row))
			v[(*n)++] = o;
	}
	/* asking the kernel may change the rows, so that comes second */
	for (unsigned i = 0; i < *n; i++) {
		int needed = need(v[i], c);
		if (worst == NULL || needed < least || (needed == least && v[i]->created < worst->created)) {
			worst = v[i];
			least = needed;
		}
	}
	return worst;
}

static void
evict(struct child *o, struct child *c)
{
	struct child *next = child_get(o->d, o->replaced_by);
	struct addr_buf ab;
	struct ike_sa *ike;
	struct exch *x;

	log_put(o->d->env.log, LOG_L_INFO, addr_text(&o->remote.addr, &ab),
	    "a third pair of IPsec-SAs for the same traffic: spi=%u(0x%x) goes", o->spi_in, o->spi_in);
	o->d->stats.evictions++;
	if ((ike = ike_find_for_peer(o->d, &o->local.addr, &o->remote.addr)) != NULL)
		live_compare(ike);
	child_ends(o, "one pair too many for the same traffic");
	/* nothing is left to wait for */
	if (c->replaces == o->id)
		c->replaces = 0;
	if (next != NULL)
		child_release_out(next);
	child_remove_rows(o, true, true);
	/* the peer has our answer, or will ask for it: it is told, and not answered any more */
	if (o->state == CHILD_NEGOTIATING && (x = child_exch(o)) != NULL)
		exch_abandon(x, IKE_E_REDUNDANT);
	else if (o->gone)
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
