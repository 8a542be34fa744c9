/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a policy of ours that is said to be gone is installed again without replacing.  If the kernel
 * answers that it exists, the event was an old one; so the repair is also the question.  Repairs of one policy that
 * do not end come at growing distances: somebody else keeps writing what we own.  The distances stay short, because without
 * its policy traffic is in clear.  What an event says of the content of a policy may be old by now, so that a dump is asked.
 */
#include "sadb/sadb_int.h"

#define STRIKES_FREE 4 /* repairs that are made at once */
#define STRIKES_MOST 8 /* 2^4 seconds */

/* Install |sp| for row |p| that has been made for it. */
static ike_err
install_new(struct sadb *db, struct sp_priv *p, const struct sp_spec *sp, bool replace)
{
	ike_err err = db->kern->ops->sp_install(db->kern, sp, replace);
	struct words words;

	if (err == IKE_OK) {
		p->row.present = true;
		return IKE_OK;
	}
	sp_destroy(db, p);
	if (err == IKE_E_KERNEL || err == IKE_E_EXISTS)
		db_want_resync(db, db->now);
	/*
	 * The answer may be wrong where the deed was done.  If somebody's stood there, the answer would have been
	 * EXISTS.
	 */
	db_keep_words(db, &words);
	if (err == IKE_E_KERNEL && !replace)
		(void)!db->kern->ops->sp_delete(db->kern, &sp->id);
	db_restore_words(db, &words);
	return err;
}

/* Put |sp| in the place of row |p|. */
static ike_err
install_over(struct sadb *db, struct sp_priv *p, const struct sp_spec *sp, bool replace)
{
	struct sp_parts parts;
	ike_err err;

	TRY(sp_stage(sp, &parts));
	err = db->kern->ops->sp_install(db->kern, sp, replace);
	if (err != IKE_OK) {
		sp_unstage(&parts);
		if (err == IKE_E_KERNEL) { /* or was it done? */
			p->row.unsure = true;
			db_want_resync(db, db->now);
		}
		return err;
	}
	sp_commit(db, p, sp, &parts);
	p->row.present = true;
	p->row.unsure = false;
	return IKE_OK;
}

static ike_err
put_policy(struct sadb *db, const struct sp_spec *sp, uint64_t user, bool replace, uint64_t *id_out)
{
	struct sp_priv *p = sp_find(db, &sp->id);

	if (p != NULL && p->row.removed) {
		TRY(sp_delete(db, p));
		p = NULL;
	}
	if (p != NULL && !replace && p->row.owner != SADB_FOREIGN)
		return IKE_E_EXISTS;
	if (p == NULL) {
		TRY(sp_create(db, sp, &p));
		TRY(install_new(db, p, sp, replace));
	} else {
		TRY(install_over(db, p, sp, replace));
	}
	p->row.owner = SADB_OURS;
	p->row.user = user;
	*id_out = p->row.id;
	return IKE_OK;
}

ike_err
sadb_policy_add(struct sadb *db, const struct sp_spec *sp, uint64_t user, uint64_t *id_out)
{
	return put_policy(db, sp, user, false, id_out);
}

ike_err
sadb_policy_replace(struct sadb *db, const struct sp_spec *sp, uint64_t user, uint64_t *id_out)
{
	return put_policy(db, sp, user, true, id_out);
}

ike_err
sp_delete(struct sadb *db, struct sp_priv *p)
{
	ike_err err = db->kern->ops->sp_delete(db->kern, &p->row.sp);

	if (err == IKE_OK || err == IKE_E_NOTFOUND) {
		if (p->pend.queued)
			p->row.present = false;
		else
			sp_destroy(db, p);
		return IKE_OK;
	}
	db->ever.delete_retries++;
	db_want_resync(db, time_add(db->now, SADB_RETRY));
	return err;
}

ike_err
sadb_policy_remove(struct sadb *db, uint64_t id)
{
	struct sp_priv *p = sp_priv_get(db, id);

	if (p == NULL)
		return IKE_E_GONE;
	if (p->row.owner == SADB_FOREIGN)
		return IKE_E_PERM;
	p->row.removed = true;
	return sp_delete(db, p);
}

ike_err
sadb_policy_disown(struct sadb *db, uint64_t id)
{
	struct sp_priv *p = sp_priv_get(db, id);

	if (p == NULL)
		return IKE_E_GONE;
	p->row.owner = SADB_FOREIGN;
	return IKE_OK;
}

ike_err
spd_close(struct sadb *db)
{
	uint32_t it = 0;
	struct sp_priv *p;
	ike_err err, first = IKE_OK;

	while ((p = slot_each(&db->spd, &it)) != NULL) {
		if (p->row.owner == SADB_FOREIGN)
			continue;
		p->row.removed = true;
		err = sp_delete(db, p);
		if (first == IKE_OK)
			first = err;
	}
	return first;
}

/* The repairs of |p| that still count: one is forgotten every DB_CALM. */
static unsigned
strikes_left(const struct sadb *db, const struct sp_priv *p)
{
	ike_time calm = (db->now - p->last_repair) / DB_CALM;

	return calm >= p->strikes ? 0 : p->strikes - (unsigned)calm;
}

/* When the next repair of |p| may be made. */
static ike_time
repair_time(const struct sadb *db, const struct sp_priv *p)
{
	unsigned strikes = strikes_left(db, p);

	if (strikes < STRIKES_FREE)
		return db->now;
	return time_add(p->last_repair, SEC(1) << (strikes - STRIKES_FREE));
}

/* One more repair of |p|. */
static void
strike(const struct sadb *db, struct sp_priv *p)
{
	unsigned strikes = strikes_left(db, p);

	p->strikes = (uint8_t)(strikes < STRIKES_MOST ? strikes + 1 : STRIKES_MOST);
	p->last_repair = db->now;
}

static void
tell_broken(struct sadb *db, struct sp_priv *p, bool absent, ike_time again)
{
	p->row.present = false;
	p->broken_gone = absent;
	if (again < db->repair_at)
		db->repair_at = again;
	if (!p->broken_told)
		db_publish_sp(db, p, SADB_POLICY_BROKEN);
	p->broken_told = true;
}

ike_err
sp_repair(struct sadb *db, struct sp_priv *p, bool absent)
{
	ike_time when = repair_time(db, p);
	struct sp_spec sp;
	ike_err err;

	p->row.contested = when > db->now;
	if (when > db->now) {
		tell_broken(db, p, absent, when);
		return IKE_OK;
	}
	sadb_policy_spec(&p->row, &sp);
	sp.index = 0;
	err = db->kern->ops->sp_install(db->kern, &sp, !absent);
	if (absent && err == IKE_E_EXISTS) { /* it never was away */
		db->ever.stale_events++;
		return IKE_OK;
	}
	if (err != IKE_OK) {
		tell_broken(db, p, absent, time_add(db->now, SADB_RETRY));
		return err;
	}
	strike(db, p);
	db->ever.sp_repairs++;
	db_repaired(db, absent || p->broken_gone ? SADB_R_SP_GONE : SADB_R_SP_CHANGED);
	p->broken_gone = false;
	p->row.present = true;
	p->row.unsure = false;
	p->row.index = 0; /* a new one, which the kernel will tell */
	p->row.order = db->next_order++;
	p->broken_told = false;
	db_publish_sp(db, p, SADB_POLICY_REPAIRED);
	return IKE_OK;
}

void
sp_repair_due(struct sadb *db)
{
	uint32_t it = 0;
	struct sp_priv *p;

	db->repair_at = IKE_NEVER;
	while ((p = slot_each(&db->spd, &it)) != NULL) {
		if (!p->row.present && !p->row.removed && p->row.owner != SADB_FOREIGN)
			(void)sp_repair(db, p, false);
	}
}

ike_err
sp_discovered(struct sadb *db, const struct sp_spec *sp, bool adopt)
{
	struct sp_priv *p;
	bool ours;

	if (sp->socket || sp_find(db, &sp->id) != NULL)
		return IKE_OK;
	ours = db->env.ours_sp != NULL && db->env.ours_sp(db->env.arg, sp);
	if (ours && !adopt) {
		db_want_resync(db, db->now); /* an event may be old; the dump will tell */
		return IKE_OK;
	}
	TRY(sp_create(db, sp, &p));
	p->row.owner = ours ? SADB_ADOPTED : SADB_FOREIGN;
	db_repaired(db, ours ? SADB_R_SP_ADOPTED : SADB_R_SP_FOREIGN_NEW);
	p->row.present = true;
	db_publish_sp(db, p, SADB_POLICY_NEW);
	return IKE_OK;
}

ike_err
sp_follow(struct sadb *db, struct sp_priv *p, const struct sp_spec *sp)
{
	struct sp_parts parts;

	TRY(sp_stage(sp, &parts));
	sp_commit(db, p, sp, &parts);
	p->row.present = true;
	p->row.unsure = false;
	db_repaired(db, SADB_R_SP_FOREIGN_CHANGED);
	db_publish_sp(db, p, SADB_POLICY_CHANGED);
	return IKE_OK;
}

/* There is a policy, or it has changed. */
static ike_err
heard_of(struct sadb *db, const struct sp_spec *sp)
{
	struct sp_priv *p = sp_find(db, &sp->id);

	if (p == NULL)
		return sp_discovered(db, sp, false);
	if (p->row.removed)
		return IKE_OK;
	if (recon_sp_same(&p->row, sp)) {
		if (sp->index != 0)
			p->row.index = sp->index;
		p->row.present = true;
		return IKE_OK;
	}
	p->writer = db->pid;
	if (p->row.owner == SADB_FOREIGN) {
		(void)db_reconcile(db, KERN_DUMP_SP); /* an error is followed by another try */
		return IKE_OK;
	}
	p->row.unsure =
	    true; /* changed by somebody, or an old event of our own doing: the dump will tell */
	db_want_resync(db, db->now);
	return IKE_OK;
}

static ike_err
heard_gone(struct sadb *db, const struct sp_spec *sp)
{
	struct sp_priv *p = sp_find(db, &sp->id);

	if (p == NULL || p->row.removed) {
		db->ever.stale_events++;
		return IKE_OK;
	}
	p->writer = db->pid;
	if (p->row.owner != SADB_FOREIGN)
		return sp_repair(db, p, true);
	if (!p->row.present)
		return IKE_OK;
	p->row.present = false;
	db_repaired(db, SADB_R_SP_FOREIGN_GONE);
	db_publish_sp(db, p, SADB_POLICY_GONE);
	return IKE_OK;
}

/* A lifetime, soft or hard: the dump will tell. */
static ike_err
expired(struct sadb *db)
{
	db_want_resync(db, db->now);
	return IKE_OK;
}

void
sp_event(struct sadb *db, const struct kern_event *ev)
{
	ike_err err;

	if (ev->kind == KERN_EV_SP_FLUSH) {
		(void)db_reconcile(db, KERN_DUMP_SP);
		return;
	}
	if (ev->sp.socket)
		return;
	if (ev->kind == KERN_EV_SP_DELETE)
		err = heard_gone(db, &ev->sp);
	else if (ev->kind == KERN_EV_SP_EXPIRE)
		err = expired(db);
	else
		err = heard_of(db, &ev->sp);
	if (err == IKE_E_NOMEM)
		db_want_resync(db, time_add(db->now, SADB_RETRY));
}
