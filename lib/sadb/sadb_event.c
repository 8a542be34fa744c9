/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: an event about an SA is a claim.  If it agrees with the row it is an echo and ends there.  If it
 * contradicts it, the kernel is asked for that one SA and the answer, not the event, is applied as a fact.  So an
 * event that is late or came twice cannot do harm, and after an overrun nothing special is needed but a dump.
 */
#include "sadb/sadb_int.h"

/* The kernel counts in whole seconds, we do not. */
#define DATE_SLACK SEC(2)

/* Has the SA reached its soft lifetime without our having heard of it? */
static bool
soft_missed(const struct sadb *db, const struct sad_row *row)
{
	const struct sa_life *l = &row->spec.life;

	if (row->owner == SADB_FOREIGN)
		return false;
	return (l->soft_sec != 0 && l->soft_sec < INT32_MAX &&
		   row->since + SEC(l->soft_sec) <= db->now) ||
	       (l->soft_bytes != 0 && row->usage.bytes >= l->soft_bytes) ||
	       (l->soft_packets != 0 && row->usage.packets >= l->soft_packets);
}

/*
 * Linux dates an SA anew when its soft limit is reached and, because the wall clock was set meanwhile, its hard limit lies in
 * the past.  Then it is the same SA, and has carried no less than before.
 */
static bool
dated_anew(const struct sadb *db, const struct sad_row *row, const struct sa_usage *u)
{
	const struct sa_life *l = &row->spec.life;

	return l->soft_sec != 0 && l->soft_sec < INT32_MAX &&
	       row->since + SEC(l->soft_sec) <= time_add(db->now, DATE_SLACK) &&
	       u->packets >= row->usage.packets && u->bytes >= row->usage.bytes;
}

bool
sad_born_when(const struct sadb *db, const struct sad_row *row, const struct sa_usage *u)
{
	return row->usage.add_time == 0 || u->add_time == 0 || row->usage.add_time == u->add_time ||
	       dated_anew(db, row, u);
}

void
sad_seen(
    struct sadb *db, struct sad_priv *p, const struct sa_spec *spec, const struct sa_usage *usage)
{
	if (p->row.owner == SADB_FOREIGN) {
		uint8_t dir = p->row.spec.dir;

		if (addr_equal(&p->row.spec.src,
			&spec->src)) { /* else it would be in the wrong chain of the peer table */
			p->row.spec = *spec;
			p->row.spec.dir = dir;
		}
	}
	if (usage != NULL && p->row.want == SAD_WANT_INSTALLED)
		p->row.usage = *usage;
	(void)sad_fact(db, p, sa_is_larval(spec) ? SAD_F_SEEN_LARVAL : SAD_F_SEEN_LIVE);
	if (p->row.have == SAD_LIVE && p->row.want == SAD_WANT_INSTALLED &&
	    (p->soft_told || soft_missed(db, &p->row)))
		(void)sad_fact(db, p, SAD_F_SOFT);
}

/* Is |spec|, which has the name of |p|, of no use to anybody but us?  Then it is as good as ours. */
static bool
stands_in(const struct sadb *db, const struct sad_priv *p, const struct sa_spec *spec)
{
	if (sa_is_larval(spec))
		return false;
	return (addr_equal(&spec->src, &p->row.spec.src) && spec->reqid == p->row.spec.reqid) ||
	       (db->env.ours_sa != NULL && db->env.ours_sa(db->env.arg, spec));
}

void
sad_replaced(struct sadb *db, struct sad_priv *p, const struct sa_spec *spec)
{
	ike_err err;

	db->ever.sa_replaced++;
	p->replaced = true;
	/* An SA of ours that is not as we made it is of no use: we do not have its keys. */
	if (stands_in(db, p, spec)) {
		err = db->kern->ops->sa_delete(db->kern, &spec->id, &spec->src);
		p->in_the_way = err != IKE_OK && err != IKE_E_NOTFOUND;
	} else {
		db_want_resync(db, db->now);
	}
	(void)sad_fact(db, p, SAD_F_VANISHED);
}

ike_err
sad_discovered(struct sadb *db, const struct sa_spec *spec, const struct sa_usage *usage)
{
	struct sa_spec s = *spec;
	struct sad_priv *p;
	bool ours;

	if (s.id.spi == 0 || sa_is_larval(&s) || sad_find(db, &s.id, false) != NULL)
		return IKE_OK;
	if (db->env.local != NULL)
		s.dir = db->env.local(db->env.arg, &s.id.dst) ? SA_IN : SA_OUT;
	ours = db->env.ours_sa != NULL && db->env.ours_sa(db->env.arg, &s);
	TRY(sad_create(db, &s, &p));
	p->row.want = SAD_WANT_INSTALLED;
	p->row.owner = ours ? SADB_ADOPTED : SADB_FOREIGN;
	p->row.since = db->now;
	if (usage != NULL)
		p->row.usage = *usage;
	if (ours)
		db->ever.sa_adoptions++;
	else
		db_repaired(db, SADB_R_SA_FOREIGN_NEW);
	db_publish_sa(db, p, SADB_NEW);
	return sad_fact(db, p, SAD_F_SEEN_LIVE);
}

static bool
is_same_as(const struct sad_priv *p, const struct sa_spec *spec)
{
	if (p->row.want == SAD_WANT_RESERVED)
		return sa_is_larval(spec);
	return p->row.owner == SADB_FOREIGN ||
	       (!sa_is_larval(spec) && recon_sa_same(&p->row.spec, spec));
}

bool
sad_is_ours_still(const struct sadb *db, const struct sad_priv *p, const struct sa_spec *spec,
    const struct sa_usage *u)
{
	return p->row.owner == SADB_FOREIGN || p->row.want == SAD_WANT_RESERVED ||
	       (is_same_as(p, spec) && sad_born_when(db, &p->row, u));
}

void
sad_ask(struct sadb *db, struct sad_priv *p, bool deleted)
{
	struct sa_spec spec;
	struct sa_usage u;

	switch (db->kern->ops->sa_get(db->kern, &p->row.spec.id, &p->row.spec.src, &spec, &u)) {
	case IKE_OK:
		if (p->row.want == SAD_WANT_ABSENT)
			(void)sad_settle(db, p);
		else if (sad_is_ours_still(db, p, &spec, &u) &&
			 (!deleted || p->row.owner == SADB_FOREIGN ||
			     p->row.want == SAD_WANT_RESERVED))
			sad_seen(db, p, &spec, &u);
		else
			sad_replaced(db, p, &spec);
		return;
	case IKE_E_NOTFOUND:
		(void)sad_fact(db, p, SAD_F_VANISHED);
		return;
	default:
		(void)sad_fact(db, p, SAD_F_OVERRUN);
		db_want_resync(db, db->now);
	}
}

/* Somebody says that there is an SA. */
static void
heard_new(struct sadb *db, const struct sa_spec *claim)
{
	struct sad_priv *p = sad_find(db, &claim->id, true);
	struct sa_spec spec;
	struct sa_usage u;
	ike_err err;

	if (claim->id.spi == 0)
		return;
	if (p != NULL && sad_is_alive(&p->row)) {
		if (p->row.owner == SADB_FOREIGN || !is_same_as(p, claim))
			sad_ask(db, p, false);
		return;
	}
	if (p != NULL && sad_action(p->row.have, p->row.want) == SAD_A_DELETE) {
		sad_ask(db, p, false); /* it is to be deleted, and still there */
		return;
	}
	if (sa_is_larval(claim))
		return;
	err = db->kern->ops->sa_get(db->kern, &claim->id, &claim->src, &spec, &u);
	if (err == IKE_OK)
		err = sad_discovered(db, &spec, &u);
	else if (err == IKE_E_NOTFOUND)
		db->ever.stale_events++;
	if (err != IKE_OK && err != IKE_E_NOTFOUND)
		db_want_resync(db, time_add(db->now, SADB_RETRY));
}

/* Somebody says that an SA is gone. */
static void
heard_gone(struct sadb *db, const struct sa_spec *claim, bool expired)
{
	struct sad_priv *p = sad_find(db, &claim->id, false);
	struct sa_usage u;

	if (p == NULL) {
		db->ever.stale_events++;
		return;
	}
	if (!expired) {
		/* an SPI of ours is used once: who says that he deleted it means this SA */
		sad_ask(db, p, db->pid != 0);
		return;
	}
	if (db->kern->ops->sa_get(db->kern, &p->row.spec.id, &p->row.spec.src, NULL, &u) == IKE_OK)
		db->ever.stale_events++;
	else
		(void)sad_fact(db, p, SAD_F_HARD);
}

static void
heard_soft(struct sadb *db, const struct sa_spec *claim)
{
	struct sad_priv *p = sad_find(db, &claim->id, false);

	if (p == NULL || p->soft_told)
		db->ever.stale_events++;
	else
		(void)sad_fact(db, p, SAD_F_SOFT);
}

static void
heard_mapping(struct sadb *db, const struct kern_event *ev)
{
	const struct sad_priv *p = sad_find(db, &ev->sa.id, false);
	struct sadb_change c = { .kind = SADB_MOVED, .ev = ev, .now = db->now, .pid = db->pid };

	if (p == NULL || p->row.owner == SADB_FOREIGN || p->row.want != SAD_WANT_INSTALLED ||
	    p->row.spec.dir != SA_IN ||
	    (addr_equal(&p->row.spec.src, &ev->map_new.addr) &&
		p->row.spec.encap_sport == ev->map_new.port)) {
		db->ever.stale_events++;
		return;
	}
	c.id = p->row.id;
	c.user = p->row.user;
	c.sa = &p->row;
	db->env.changed(db->env.arg, &c);
}

static void
heard_overrun(struct sadb *db)
{
	uint32_t it = 0;
	struct sad_priv *a;
	struct sp_priv *p;

	db->ever.overruns++;
	while ((a = slot_each(&db->sad, &it)) != NULL)
		(void)sad_fact(db, a, SAD_F_OVERRUN);
	it = 0;
	while ((p = slot_each(&db->spd, &it)) != NULL)
		p->row.unsure = true;
	db_want_resync(db, db->now);
	db_tell(db, SADB_OVERRUN);
}

static void
apply(struct sadb *db, const struct kern_event *ev)
{
	switch (ev->kind) {
	case KERN_EV_SA_NEW:
	case KERN_EV_SA_UPDATE:
		heard_new(db, &ev->sa);
		return;
	case KERN_EV_SA_DELETE:
		heard_gone(db, &ev->sa, false);
		return;
	case KERN_EV_HARD:
		heard_gone(db, &ev->sa, true);
		return;
	case KERN_EV_SOFT:
		heard_soft(db, &ev->sa);
		return;
	case KERN_EV_SA_FLUSH:
		(void)db_reconcile(db, KERN_DUMP_SA);
		return;
	case KERN_EV_ACQUIRE:
		sad_wanted(db, ev);
		return;
	case KERN_EV_MAPPING:
		heard_mapping(db, ev);
		return;
	case KERN_EV_MIGRATE:
		db_want_resync(db, db->now);
		return;
	case KERN_EV_OVERRUN:
		heard_overrun(db);
		return;
	case KERN_EV_SP_NEW:
	case KERN_EV_SP_UPDATE:
	case KERN_EV_SP_DELETE:
	case KERN_EV_SP_FLUSH:
	case KERN_EV_SP_EXPIRE:
		sp_event(db, ev);
		return;
	}
}

void
sadb_kernel_event(struct sadb *db, const struct kern_event *ev, ike_time now)
{
	db->ever.events++;
	if (db->busy) { /* not allowed; but nothing may be lost */
		db_want_resync(db, now);
		return;
	}
	db->busy = true;
	db->now = now;
	db->pid = ev->pid == db->kern->pid ? 0 : ev->pid;
	apply(db, ev);
	db_drain(db);
	db->pid = 0;
	db->busy = false;
}

/* Reservations whose time has come. */
static void
end_reservations(struct sadb *db)
{
	struct timer *t;
	struct sad_priv *p;
	ike_err err;

	while ((t = heap_first(&db->lapses)) != NULL && t->when <= db->now) {
		heap_cancel(&db->lapses, t);
		p = sad_priv_get(db, t->owner_id);
		if (p == NULL)
			continue;
		err = db->kern->ops->sa_delete(db->kern, &p->row.spec.id, &p->row.spec.src);
		if (err == IKE_OK || err == IKE_E_NOTFOUND)
			p->row.have = (uint8_t)sad_next(p->row.have, SAD_F_DELETED);
		db_publish_sa(db, p, SADB_LOST);
	}
}

void
sadb_tick(struct sadb *db, ike_time now)
{
	bool synced = false;

	if (db->busy)
		return;
	db->busy = true;
	db->now = now;
	end_reservations(db);
	if (db->resync_at <= now || db->audit_at <= now)
		synced = db_reconcile(db, KERN_DUMP_SA | KERN_DUMP_SP) == IKE_OK;
	if (db->repair_at <= now)
		sp_repair_due(db);
	db_drain(db);
	if (synced)
		db_tell(db, SADB_RESYNCED);
	db->busy = false;
}

ike_time
sadb_deadline(const struct sadb *db)
{
	const struct timer *t = heap_first(&db->lapses);
	ike_time when = t == NULL ? IKE_NEVER : t->when;

	if (db->first != NULL)
		return 0;
	if (db->resync_at < when)
		when = db->resync_at;
	if (db->audit_at < when)
		when = db->audit_at;
	return db->repair_at < when ? db->repair_at : when;
}
