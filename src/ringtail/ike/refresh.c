/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: when the first pair is adopted a short time is waited, in which its counters tell how busy it is now; then
 * each is put in line with that as its rank.  A replacement that fails is tried again like any rekeying (child_rekey_failed()).
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "sadb/sadb.h"

/* In which traffic is counted. */
#define SAMPLE MSEC(200)
/* Room for all packets there ever were behind those of the sample. */
#define TOTAL_BITS 20

void
refresh_note(struct child *c)
{
	struct refresh *r = &c->d->refresh;

	r->due = true;
	r->timer.kind = TIMER_REFRESH;
	if (r->timer.pos == 0)
		daemon_timer(c->d, &r->timer, c->d->now + SAMPLE);
}

void
refresh_start(struct daemon *d)
{
	struct child *c;
	uint32_t it = 0;

	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		if (c->adopted && c->state == CHILD_INSTALLED)
			refresh_note(c);
}

/* Packets of the half |row| since the model heard of it last, and all. */
static void
count(struct daemon *d, uint64_t id, uint64_t *lately, uint64_t *total)
{
	const struct sad_row *row = sadb_row(d->sadb, id);
	uint64_t before = row == NULL ? 0 : row->usage.packets;
	struct sa_usage u;

	if (row == NULL || sadb_usage(d->sadb, id, &u) != IKE_OK)
		return;
	*lately += u.packets - before;
	*total += u.packets;
}

/* Smaller is sooner: first by what the pair carried lately, then by all that it carried. */
static uint64_t
rank(struct child *c)
{
	uint64_t lately = 0, total = 0, most = (UINT64_C(1) << 30) - 1, all = (UINT64_C(1) << TOTAL_BITS) - 1;

	count(c->d, c->row_in, &lately, &total);
	count(c->d, c->row_out, &lately, &total);
	return (most - (lately < most ? lately : most)) << TOTAL_BITS | (all - (total < all ? total : all)) | 1;
}

static bool
may_call(const struct child *c)
{
	struct conf_query q = { .peer = { .addr = c->remote.addr }, .initiate = true };
	const struct conf_remote *rmt;
	bool unique;

	if (ike_find_for_peer(c->d, &c->local.addr, &c->remote.addr) != NULL)
		return true;
	return conf_remote_best(c->d->conf, &q, &rmt, &unique) == IKE_OK && unique;
}

void
refresh_timeout(struct daemon *d)
{
	struct child *c;
	uint32_t it = 0;

	if (!d->refresh.due || d->stopping)
		return;
	d->refresh.due = false;
	while ((c = slot_each(&d->children.ids, &it)) != NULL) {
		if (!c->adopted || c->state != CHILD_INSTALLED || c->rekeying || c->sainfo == NULL || c->retry_at != 0 || !may_call(c))
			continue;
		c->admit.rank = rank(c);
		child_rekey(c);
	}
}

void
refresh_recover(struct daemon *d)
{
	if (d->refresh.due && d->refresh.timer.pos == 0)
		refresh_timeout(d);
}
