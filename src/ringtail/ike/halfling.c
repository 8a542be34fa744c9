/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: the peer is there, but does it still have the other end of each of our pairs?  A ringtail tells: each end sends
 * the other the list of its inbound SPIs, and what is not in it is not there.  Of other peers the only way to know is to
 * replace the pair: if they have lost it they say so (IKEv2: CHILD_SA_NOT_FOUND) or just make the new one.  That costs, so it
 * is done only after VERIFY_AFTER of unanswered traffic, and ever more rarely as long as it does not help.
 */
#include "ringtail/daemon.h"

#include "sadb/sadb.h"
#include "util/rd.h"

#define VERIFY_AFTER SEC(5)
#define VERIFY_FIRST SEC(10)
#define VERIFY_MOST SEC(3600)
/* Protocol and SPI. */
#define ENTRY 5u
/* Pairs with one peer that are looked at; one list has no room for more. */
enum { PAIRS_MOST = LIVE_LIST_MAX / ENTRY };
/* A list may have been written before a pair that is younger. */
#define LIST_AGE SEC(2)

/* Inbound halves that the model has of pairs with the peer of |ike|; how many, more than PAIRS_MOST: a list has no room for them. */
static unsigned
inbound(const struct ike_sa *ike, uint64_t rows[PAIRS_MOST])
{
	struct daemon *d = ike->d;
	unsigned n = 0;

	for (const struct sad_row *row = sadb_peer_first(d->sadb, &ike->remote.addr); row != NULL;
	    row = sadb_peer_next(d->sadb, row)) {
		const struct child *c = row->user == 0 ? NULL : child_get(d, row->user);
		if (c == NULL || row->id != c->row_in || row->want != SAD_WANT_INSTALLED)
			continue;
		/* half a list would say that the rest is gone */
		if (n == PAIRS_MOST)
			return PAIRS_MOST + 1;
		rows[n++] = row->id;
	}
	return n;
}

size_t
live_list_spis(struct ike_sa *ike, uint8_t out[LIVE_LIST_MAX])
{
	struct daemon *d = ike->d;
	uint64_t rows[PAIRS_MOST];
	unsigned n = inbound(ike, rows);
	struct sa_usage u;
	size_t len = 0;

	if (n > PAIRS_MOST)
		return 0;
	for (unsigned i = 0; i < n; i++) {
		/* what the kernel has, not what we believe that it has */
		if (sadb_usage(d->sadb, rows[i], &u) == IKE_E_GONE)
			continue;
		const struct sad_row *row = sadb_row(d->sadb, rows[i]);
		out[len] = row->spec.id.proto;
		for (unsigned k = 0; k < 4; k++)
			out[len + 1 + k] = (uint8_t)(row->spec.id.spi >> (24 - 8 * k));
		len += ENTRY;
	}
	out[len] = 0;
	return len + 1;
}

static bool
listed(struct slice list, const struct child *c)
{
	struct rd r = rd_of(list);

	while (rd_left(&r) >= ENTRY)
		if (rd_u8(&r) == c->proto) {
			if (rd_u32(&r) == c->spi_out)
				return true;
		} else {
			(void)rd_u32(&r);
		}
	return false;
}

static void
lost_there(struct child *c)
{
	c->d->stats.halflings++;
	child_publish(c, EV_HALFLING, "the peer has lost its half");
	child_lost(c);
}

/* The pairs with the peer of |ike|: they may go while one after the other is looked at, so their ids. */
static unsigned
pairs(const struct ike_sa *ike, uint64_t ids[PAIRS_MOST])
{
	struct daemon *d = ike->d;
	unsigned n = 0;

	for (const struct sad_row *row = sadb_peer_first(d->sadb, &ike->remote.addr); row != NULL && n < PAIRS_MOST;
	    row = sadb_peer_next(d->sadb, row)) {
		const struct child *c = row->user == 0 ? NULL : child_get(d, row->user);
		if (c != NULL && row->id == c->row_out && c->state == CHILD_INSTALLED && !c->rekeying &&
		    addr_equal(&c->local.addr, &ike->local.addr))
			ids[n++] = c->id;
	}
	return n;
}

void
live_take_spis(struct ike_sa *ike, struct slice list)
{
	uint64_t ids[PAIRS_MOST];
	unsigned n = pairs(ike, ids);

	if (list.n % ENTRY != 1 || list.p[list.n - 1] != 0)
		return;
	for (unsigned i = 0; i < n; i++) {
		struct child *c = child_get(ike->d, ids[i]);
		if (c == NULL || c->rekeying || ike->d->now - c->installed < LIST_AGE)
			continue;
		if (listed(list, c))
			live_clear(c, "the peer has its half");
		else
			lost_there(c);
	}
}

void
live_peer_lost(struct ike_sa *ike, uint8_t proto, uint32_t spi)
{
	struct child *c = child_find_out(ike->d, proto, spi, &ike->remote.addr);

	if (c == NULL || c->state != CHILD_INSTALLED || c->rekeying || c->delete_sent ||
	    ike->d->now - c->installed < LIST_AGE)
		return;
	lost_there(c);
}

void
live_verify_child(struct child *c)
{
	struct live_watch *w = &c->watch;
	ike_time now = c->d->now, wait = VERIFY_FIRST << (w->verified < 6 ? 2 * w->verified : 12);

	if (c->state != CHILD_INSTALLED || c->rekeying)
		return;
	if (now < w->verify_at) {
		live_clear(c, "another in its place carried traffic in one direction, too");
		return;
	}
	if (w->unanswered == 0 || now - w->unanswered < VERIFY_AFTER)
		return;
	w->verify_at = now + (wait < VERIFY_MOST ? wait : VERIFY_MOST);
	w->verified++;
	child_publish(c, EV_CHECK, "the peer lives; the pair is replaced to make sure of it");
	child_rekey(c);
}

void
live_verify(struct ike_sa *ike)
{
	uint64_t ids[PAIRS_MOST];
	unsigned n = ike->knows_spis ? 0 : pairs(ike, ids);

	if (ike->knows_spis && ike->ops->ask_spis != NULL)
		ike->ops->ask_spis(ike);
	for (unsigned i = 0; i < n; i++) {
		struct child *c = child_get(ike->d, ids[i]);
		if (c != NULL && c->watch.one_sided)
			live_verify_child(c);
	}
}
