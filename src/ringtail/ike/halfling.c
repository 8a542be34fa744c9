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
/* How long ago the peer may say that it does not know what it is asked for and has not got yet. */
#define TOO_YOUNG MSEC(500)
/* Of the protocol in a list: the SPI is that of a pair that is being negotiated. */
#define PENDING 0x80u
/* Who replaces a pair and has traffic for the new one deletes it by then. */
#define LIST_RETIRED MSEC(500)

/*
 * Is |row| the inbound half of |c|, or to become it?  What is being negotiated counts: the peer may have its end of that already,
 * while its answer has to be repeated.
 */
static bool
is_inbound(const struct child *c, const struct sad_row *row)
{
	return c != NULL && row->id == c->row_in &&
	    (row->want == SAD_WANT_INSTALLED || (row->want == SAD_WANT_RESERVED && c->state == CHILD_NEGOTIATING));
}

/* Inbound halves that the model has of pairs with the peer of |ike|; how many, more than PAIRS_MOST: a list has no room for them. */
static unsigned
inbound(const struct ike_sa *ike, uint64_t rows[PAIRS_MOST])
{
	struct daemon *d = ike->d;
	unsigned n = 0;

	for (const struct sad_row *row = sadb_peer_first(d->sadb, &ike->remote.addr); row != NULL;
	    row = sadb_peer_next(d->sadb, row)) {
		const struct child *c = row->user == 0 ? NULL : child_get(d, row->user);
		if (!is_inbound(c, row))
			continue;
		/* half a list would say that the rest is gone */
		if (n == PAIRS_MOST)
			return PAIRS_MOST + 1;
		rows[n++] = row->id;
	}
	return n;
}

/* What the kernel has, not what we believe that it has; NULL: it is gone. */
static const struct sad_row *
row_there(struct sadb *db, uint64_t id)
{
	const struct sad_row *row = sadb_row(db, id);
	struct sa_usage u;

	if (row != NULL && row->want == SAD_WANT_INSTALLED && sadb_usage(db, id, &u) == IKE_E_GONE)
		return NULL;
	/* having looked may have changed the model */
	return sadb_row(db, id);
}

size_t
live_list_spis(struct ike_sa *ike, uint8_t out[LIVE_LIST_MAX])
{
	struct daemon *d = ike->d;
	uint64_t rows[PAIRS_MOST];
	unsigned n = inbound(ike, rows);
	size_t len = 0;

	if (n > PAIRS_MOST)
		return 0;
	for (unsigned i = 0; i < n; i++) {
		const struct sad_row *row = row_there(d->sadb, rows[i]);
		if (row == NULL)
			continue;
		out[len] = (uint8_t)(row->spec.id.proto | (row->want == SAD_WANT_RESERVED ? PENDING : 0));
		for (unsigned k = 0; k < 4; k++)
			out[len + 1 + k] = (uint8_t)(row->spec.id.spi >> (24 - 8 * k));
		len += ENTRY;
	}
	out[len] = 0;
	return len + 1;
}

/* Is the peer's end of |c| in |list|, among what it has or (|pending|) what it is negotiating? */
static bool
listed(struct slice list, const struct child *c, bool pending)
{
	struct rd r = rd_of(list);

	while (rd_left(&r) >= ENTRY) {
		uint8_t proto = rd_u8(&r);
		uint32_t spi = rd_u32(&r);
		if (spi == c->spi_out && (proto == c->proto || (pending && proto == (c->proto | PENDING))))
			return true;
	}
	return false;
}

/* Since when the peer has its end of |c|, or has set an SPI aside for it. */
static ike_time
known_there(const struct child *c)
{
	return c->installed != 0 ? c->installed : c->created;
}

static void
lost_there(struct child *c)
{
	struct child *o = child_find_same(c->d, c);

	c->d->stats.halflings++;
	child_publish(c, EV_HALFLING, "the peer has lost its half");
	/* what leads nowhere is not to wait for an answer to its delete; the peer may have its other half, so ours of that is */
	child_remove_rows(c, false, true);
	if (o == NULL) {
		child_lost(c);
		return;
	}
	/* what is needed is there */
	child_ends(c, "the peer has lost its half");
	child_retire(c, o);
	child_delete(c, true);
}

/* Does the peer have its end of |c|, or is it to?  That is so of what it has asked for and does not confirm, too. */
static bool
is_made(const struct child *c)
{
	return c->state == CHILD_INSTALLED || c->state == CHILD_RETIRING || (c->state == CHILD_NEGOTIATING && c->side == RESPONDER && c->spi_out != 0);
}

/* Is it for the peer of |ike| to speak of |c|?  Behind one address there may be several. */
static bool
is_with(const struct child *c, const struct ike_sa *ike)
{
	const struct ike_sa *o = ike_sa_get(c->d, c->ike_id);

	return addr_equal(&c->local.addr, &ike->local.addr) &&
	    (o == NULL || o == ike || o->peer_id == NULL || ike->peer_id == NULL || ident_equal(o->peer_id, ike->peer_id));
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
		if (c != NULL && row->id == (c->row_out != 0 ? c->row_out : c->row_in) && is_made(c) && !c->rekeying &&
		    is_with(c, ike))
			ids[n++] = c->id;
	}
	return n;
}

/*
 * The peer has the pair that |c| makes way for, and does not delete |c|, although that is for it to do: the message was lost, or it does
 * not know of it.
 */
static bool
forgotten_there(const struct child *c, struct slice list)
{
	const struct child *next = child_get(c->d, c->replaced_by);

	return next != NULL && next->state == CHILD_INSTALLED && listed(list, next, false) && c->d->now - c->retiring_since >= LIST_RETIRED;
}

enum verdict { V_NOTHING, V_WELL, V_LOST, V_UNWANTED, V_GONE, V_FORGOTTEN };

static enum verdict
judge(const struct child *c, struct slice list)
{
	bool there = listed(list, c, true), ending = c->delete_sent || c->gone;

	if (c->state == CHILD_RETIRING && !ending)
		return !there ? V_GONE : forgotten_there(c, list) ? V_FORGOTTEN : V_WELL;
	if (there)
		return V_WELL;
	return c->state == CHILD_INSTALLED ? V_LOST : c->state == CHILD_NEGOTIATING ? V_UNWANTED : V_NOTHING;
}

static void
carry_out(struct child *c, enum verdict v)
{
	switch (v) {
	case V_NOTHING:
		break;
	case V_WELL:
		live_clear(c, "the peer has its half");
		break;
	case V_LOST:
		lost_there(c);
		break;
	case V_UNWANTED:
		child_unwanted(c);
		break;
	case V_GONE:
		child_gone(c);
		break;
	case V_FORGOTTEN:
		child_delete(c, true);
		break;
	}
}

/* |ids|, of |n| pairs, against the list; |written| as in live_take_spis(). */
static void
compare(struct ike_sa *ike, const uint64_t *ids, unsigned n, struct slice list, ike_time written)
{
	bool doubtful = false;

	for (unsigned i = 0; i < n; i++) {
		struct child *c = child_get(ike->d, ids[i]);
		if (c == NULL || c->rekeying)
			continue;
		enum verdict v = judge(c, list);
		if (written == 0)
			doubtful = doubtful || v > V_WELL;
		else if (known_there(c) < written)
			carry_out(c, v);
	}
	if (doubtful)
		live_compare_now(ike);
}

void
live_take_spis(struct ike_sa *ike, struct slice list, ike_time written)
{
	uint64_t ids[PAIRS_MOST];
	unsigned n = pairs(ike, ids);

	if (list.n % ENTRY != 1 || list.p[list.n - 1] != 0)
		return;
	live_compared(ike);
	compare(ike, ids, n, list, written);
}

void
live_peer_lost(struct ike_sa *ike, uint8_t proto, uint32_t spi)
{
	struct child *c = child_find_out(ike->d, proto, spi, &ike->remote.addr);

	if (c == NULL || c->state != CHILD_INSTALLED || c->rekeying || c->delete_sent || !is_with(c, ike) ||
	    c->d->now - known_there(c) < TOO_YOUNG)
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
