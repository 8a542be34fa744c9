/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: one dump, the difference as a list (recon), then each item is acted upon.  What fails is kept as an
 * error and the whole is repeated later; what was done stays done, and is no difference any more.
 */
#include "sadb/sadb_int.h"

/* During the dump: the kernel must not be asked anything now, so only what needs no request happens here. */
static void
same(void *arg, uint64_t id, const struct sa_spec *sa, const struct sa_usage *usage,
    const struct sp_spec *sp)
{
	struct sadb *db = arg;
	struct sad_priv *a;
	struct sp_priv *p;

	if (sa != NULL) {
		a = sad_priv_get(db, id);
		if (a != NULL)
			sad_seen(db, a, sa, usage);
		return;
	}
	p = sp_priv_get(db, id);
	if (p == NULL)
		return;
	p->row.present = true;
	p->row.unsure = false;
	p->row.contested = false;
	p->broken_told = false;
	if (sp->index != 0)
		p->row.index = sp->index;
}

static ike_err
act_sa(struct sadb *db, const struct recon_item *it)
{
	struct sad_priv *p = it->id == 0 ? NULL : slot_get(&db->sad, it->id);

	if (it->kind == RECON_SA_ASKED) {
		/* the next packet asks us; if this fails, the larval state goes by itself after a while */
		if (db->kern->ops->acquire_failed != NULL)
			(void)db->kern->ops->acquire_failed(db->kern, it->as.sa.seq, &it->as.sa.id, &it->as.sa.src);
		return IKE_OK;
	}
	if (it->kind == RECON_SA_UNKNOWN)
		return sad_discovered(db, &it->as.sa, &it->usage);
	if (p == NULL)
		return IKE_OK;
	if (it->kind == RECON_SA_MISSING)
		return sad_fact(db, p, SAD_F_VANISHED);
	if (it->kind == RECON_SA_UNDELETED) {
		p->row.have = sa_is_larval(&it->as.sa) ? SAD_LARVAL : SAD_LIVE;
		return sad_settle(db, p);
	}
	if (p->row.want == SAD_WANT_RESERVED)
		return sad_fact(db, p, SAD_F_SEEN_LIVE);
	sad_replaced(db, p, &it->as.sa);
	return IKE_OK;
}

static ike_err
missing_sp(struct sadb *db, struct sp_priv *p)
{
	if (p->row.removed) {
		if (!p->pend.queued)
			sp_destroy(db, p);
		return IKE_OK;
	}
	if (p->row.owner != SADB_FOREIGN)
		return sp_repair(db, p, true);
	if (p->row.present) {
		p->row.present = false;
		db_repaired(db, SADB_R_SP_FOREIGN_GONE);
		db_publish_sp(db, p, SADB_POLICY_GONE);
	}
	return IKE_OK;
}

static ike_err
act_sp(struct sadb *db, const struct recon_item *it)
{
	struct sp_priv *p = it->id == 0 ? NULL : slot_get(&db->spd, it->id);

	if (it->kind == RECON_SP_UNKNOWN)
		return sp_discovered(db, &it->as.sp, true);
	if (p == NULL)
		return IKE_OK;
	if (it->kind == RECON_SP_MISSING)
		return missing_sp(db, p);
	if (it->kind == RECON_SP_UNDELETED)
		return sp_delete(db, p);
	if (p->row.owner == SADB_FOREIGN)
		return sp_follow(db, p, &it->as.sp);
	return sp_repair(db, p, false);
}

static ike_err
act(struct sadb *db, const struct recon_item *it)
{
	switch (it->kind) {
	case RECON_SA_MISSING:
	case RECON_SA_CHANGED:
	case RECON_SA_UNDELETED:
	case RECON_SA_UNKNOWN:
	case RECON_SA_ASKED:
		return act_sa(db, it);
	case RECON_SP_MISSING:
	case RECON_SP_CHANGED:
	case RECON_SP_UNDELETED:
	case RECON_SP_UNKNOWN:
		return act_sp(db, it);
	case RECON_KINDS:
		break;
	}
	return IKE_E_INTERNAL;
}

/* Dump and compare into |r|. */
static ike_err
compare(struct sadb *db, unsigned what, struct recon *r)
{
	TRY(recon_init(r, db, what, same, db));
	TRY(db->kern->ops->dump(db->kern, what, recon_row, r));
	return recon_finish(r);
}

/* Act on the whole list; the first error is returned. */
static ike_err
act_all(struct sadb *db, const struct recon *r)
{
	ike_err one, first = IKE_OK;

	for (size_t i = 0; i < r->n; i++) {
		one = act(db, &r->item[i]);
		if (first == IKE_OK)
			first = one;
	}
	return first;
}

ike_err
db_reconcile(struct sadb *db, unsigned what)
{
	struct recon r;
	size_t found;
	ike_err err;

	if (what == (KERN_DUMP_SA | KERN_DUMP_SP)) {
		db->resync_at = IKE_NEVER;
		if (db->audit_every != 0)
			db->audit_at = time_add(db->now, db->audit_every);
	}
	err = compare(db, what, &r);
	if (err == IKE_OK)
		err = act_all(db, &r);
	found = r.n;
	recon_fini(&r);
	db->ever.resyncs++;
	if (err != IKE_OK) {
		db->ever.resync_failures++;
		db->ever.last_failure = db->now;
		db_want_resync(db, time_add(db->now, SADB_RETRY));
	} else if (what == (KERN_DUMP_SA | KERN_DUMP_SP)) {
		db->ever.last_audit = db->now;
		db->ever.last_audit_found = db->filled ? found : 0;
		db->filled = true;
	}
	return err;
}

void
sadb_set_audit(struct sadb *db, ike_time every, ike_time now)
{
	db->audit_every = every;
	db->audit_at = every == 0 ? IKE_NEVER : time_add(now, every);
}

ike_err
sadb_resync(struct sadb *db, ike_time now)
{
	bool nested = db->busy;
	ike_err err;

	db->busy = true;
	db->now = now;
	err = db_reconcile(db, KERN_DUMP_SA | KERN_DUMP_SP);
	if (!nested) {
		db_drain(db);
		if (err == IKE_OK)
			db_tell(db, SADB_RESYNCED);
		db->busy = false;
	}
	return err;
}
