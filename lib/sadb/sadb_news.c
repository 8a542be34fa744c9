/* SPDX-License-Identifier: BSD-3-Clause */
#include "sadb/sadb_int.h"

#define BIT(kind) ((uint16_t)(1u << (kind)))

static void
queue(struct sadb *db, struct pend *p, enum sadb_change_kind kind)
{
	p->bits |= BIT(kind);
	if (p->queued)
		return;
	p->queued = true;
	p->next = NULL;
	*db->last = p;
	db->last = &p->next;
}

void
db_publish_sa(struct sadb *db, struct sad_priv *p, enum sadb_change_kind kind)
{
	if (kind == SADB_LOST)
		db->ever.sa_lost++;
	queue(db, &p->pend, kind);
}

void
db_publish_sp(struct sadb *db, struct sp_priv *p, enum sadb_change_kind kind)
{
	p->pend.is_sp = true;
	queue(db, &p->pend, kind);
}

void
db_tell(struct sadb *db, enum sadb_change_kind kind)
{
	struct sadb_change c = { .kind = kind, .now = db->now };

	db->env.changed(db->env.arg, &c);
}

/* Tell one thing of the SA |id|; false if the row is gone or released. */
static bool
tell_sa(struct sadb *db, uint64_t id, enum sadb_change_kind kind)
{
	const struct sad_priv *p = sad_priv_get(db, id);
	struct sadb_change c = { .kind = kind, .id = id, .now = db->now, .pid = db->pid };

	if (p == NULL)
		return false;
	c.user = p->row.user;
	c.sa = &p->row;
	db->env.changed(db->env.arg, &c);
	return true;
}

/* An ended row was told: it goes now, unless the callback has already released it. */
static void
end_sa(struct sadb *db, uint64_t id)
{
	struct sad_priv *p = sad_priv_get(db, id);

	if (p != NULL) {
		sad_drop_lapse(db, p);
		p->row.want = SAD_WANT_ABSENT;
		(void)sad_settle(db, p);
	}
}

static void
drain_sa(struct sadb *db, struct sad_priv *p)
{
	static const enum sadb_change_kind last_words[] = { SADB_HARD, SADB_LOST,
		SADB_FOREIGN_GONE };
	uint16_t bits = p->pend.bits;
	uint64_t id = p->row.id;

	p->pend.bits = 0;
	p->pend.queued = false;
	if (p->row.want == SAD_WANT_ABSENT) {
		(void)sad_settle(db, p);
		return;
	}
	for (size_t i = 0; i < sizeof(last_words) / sizeof(last_words[0]); i++) {
		if ((bits & BIT(last_words[i])) != 0) {
			(void)tell_sa(db, id, last_words[i]);
			end_sa(db, id);
			return;
		}
	}
	if ((bits & BIT(SADB_NEW)) != 0 && !tell_sa(db, id, SADB_NEW))
		return;
	if ((bits & BIT(SADB_SOFT)) != 0)
		(void)tell_sa(db, id, SADB_SOFT);
}

static void
tell_sp(struct sadb *db, uint64_t id, enum sadb_change_kind kind)
{
	const struct sp_priv *p = sp_priv_get(db, id);
	struct sadb_change c = { .kind = kind, .id = id, .now = db->now };

	if (p == NULL)
		return;
	c.user = p->row.user;
	c.pid = db->pid != 0 ? db->pid : p->writer;
	c.sp = &p->row;
	db->env.changed(db->env.arg, &c);
}

static void
drain_sp(struct sadb *db, struct sp_priv *p)
{
	static const enum sadb_change_kind order[] = { SADB_POLICY_NEW, SADB_POLICY_CHANGED,
		SADB_POLICY_BROKEN, SADB_POLICY_REPAIRED };
	uint16_t bits = p->pend.bits;
	uint64_t id = p->row.id;

	p->pend.bits = 0;
	p->pend.queued = false;
	if (p->row.removed) {
		if (p->row.present)
			(void)sp_delete(db, p);
		else
			sp_destroy(db, p);
		return;
	}
	if ((bits & BIT(SADB_POLICY_GONE)) != 0 && !p->row.present) {
		tell_sp(db, id, SADB_POLICY_GONE);
		p = sp_priv_get(db, id);
		if (p != NULL && !p->row.present && p->row.owner == SADB_FOREIGN && !p->pend.queued)
			sp_destroy(db, p);
		return;
	}
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if ((bits & BIT(order[i])) != 0)
			tell_sp(db, id, order[i]);
	}
}

void
db_drain(struct sadb *db)
{
	struct pend *p;

	while ((p = db->first) != NULL) {
		db->first = p->next;
		if (db->first == NULL)
			db->last = &db->first;
		p->next = NULL;
		if (p->is_sp)
			drain_sp(db, sp_of_pend(p));
		else
			drain_sa(db, sad_of_pend(p));
	}
}
