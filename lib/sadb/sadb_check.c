/* SPDX-License-Identifier: BSD-3-Clause */
#include "sadb/sadb_int.h"

const char *
sadb_repair_name(enum sadb_repair r)
{
	static const char *const name[SADB_REPAIRS] = {
		[SADB_R_SA_LOST] = "sa-lost",
		[SADB_R_SA_CHANGED] = "sa-changed",
		[SADB_R_SA_RESERVATION] = "sa-reservation",
		[SADB_R_SA_ADOPTED] = "sa-adopted",
		[SADB_R_SA_ORPHAN] = "sa-orphan",
		[SADB_R_SP_GONE] = "sp-gone",
		[SADB_R_SP_CHANGED] = "sp-changed",
		[SADB_R_SP_ADOPTED] = "sp-adopted",
		[SADB_R_SA_FOREIGN_NEW] = "sa-foreign-new",
		[SADB_R_SA_FOREIGN_GONE] = "sa-foreign-gone",
		[SADB_R_SP_FOREIGN_NEW] = "sp-foreign-new",
		[SADB_R_SP_FOREIGN_CHANGED] = "sp-foreign-changed",
		[SADB_R_SP_FOREIGN_GONE] = "sp-foreign-gone",
	};

	return (unsigned)r < SADB_REPAIRS ? name[r] : "unknown";
}

void
sadb_count(const struct sadb *db, struct sadb_counts *out)
{
	struct sadb_counts c = db->ever;
	uint32_t it = 0;
	const struct sad_row *a;
	const struct spd_row *p;

	while ((a = sadb_next(db, &it)) != NULL) {
		if (a->owner == SADB_FOREIGN)
			c.sa_foreign++;
		else if (a->owner == SADB_ADOPTED)
			c.sa_adopted++;
		else if (a->want == SAD_WANT_RESERVED)
			c.sa_reserved++;
		else
			c.sa_ours++;
	}
	it = 0;
	while ((p = sadb_policy_next(db, &it)) != NULL) {
		if (p->owner == SADB_FOREIGN)
			c.sp_foreign++;
		else
			c.sp_ours++;
	}
	*out = c;
}

static bool
in_table(const struct htab *t, const struct hnode *want)
{
	const struct hnode *n;

	if (t->nbuckets == 0)
		return false;
	for (n = t->bucket[want->hash & (t->nbuckets - 1)]; n != NULL; n = n->next) {
		if (n == want)
			return true;
	}
	return false;
}

static const char *
check_sa(const struct sadb *db, const struct sad_priv *p)
{
	const struct sad_row *r = &p->row;

	if (slot_get(&db->sad, r->id) != p)
		return "an SA row is not found by its id";
	if (!in_table(&db->by_spi, &p->by_spi) ||
	    p->by_spi.hash != sad_hash_spi(db, r->spec.id.spi))
		return "an SA row is not found by its SPI";
	if (!in_table(&db->by_peer, &p->by_peer) ||
	    p->by_peer.hash != sad_hash_peer(db, sad_peer(&r->spec)))
		return "an SA row is not found by its peer";
	if (sad_is_alive(r) && sad_find(db, &r->spec.id, false) != p)
		return "two live SAs have the same protocol, SPI and destination";
	if (sad_action(r->have, r->want) == SAD_A_ILLEGAL)
		return "an SA row is in an impossible state";
	if ((p->lapse != NULL) != (r->want == SAD_WANT_RESERVED))
		return "a timer runs for an SA that is not reserved, or none for one that is";
	if (r->spec.id.spi < SADB_SPI_MIN && r->owner == SADB_OURS)
		return "an SA of ours has a reserved SPI";
	if (!sad_is_alive(r) && r->want != SAD_WANT_ABSENT && !p->pend.queued)
		return "an SA has ended and nobody will be told";
	if (r->have == SAD_UNKNOWN && db->resync_at == IKE_NEVER)
		return "the state of an SA is unknown and no reconciliation is due";
	if (r->want == SAD_WANT_ABSENT && sad_action(r->have, r->want) == SAD_A_DELETE &&
	    db->resync_at == IKE_NEVER)
		return "an SA was released, is still there, and no reconciliation is due";
	return NULL;
}

static const char *
check_sp(const struct sadb *db, const struct sp_priv *p)
{
	const struct spd_row *r = &p->row;

	if (slot_get(&db->spd, r->id) != p)
		return "a policy is not found by its id";
	if (!in_table(&db->by_id, &p->by_id) || !in_table(&db->by_pair, &p->by_pair))
		return "a policy is not found by its selector";
	if (!r->removed && sp_find(db, &r->sp) != p)
		return "two policies have the same direction and selector";
	if (r->ntmpl > SP_MAX_TMPL || (r->ntmpl > 0) != (r->tmpl != NULL))
		return "a policy's templates do not match their number";
	if (!r->present && r->owner == SADB_FOREIGN && !p->pend.queued)
		return "a foreign policy is gone and nobody will be told";
	if (!r->present && r->owner != SADB_FOREIGN && !r->removed && db->repair_at == IKE_NEVER &&
	    db->resync_at == IKE_NEVER)
		return "a policy of ours is missing and no repair is due";
	if (r->removed && r->present && db->resync_at == IKE_NEVER)
		return "a policy was removed, is still there, and no reconciliation is due";
	return NULL;
}

static const char *
check_counts(const struct sadb *db)
{
	uint32_t used = 0;

	for (size_t i = 0; i < db->nshapes; i++) {
		if (db->shape[i].count == 0)
			return "a shape without policies is kept";
		used += db->shape[i].count;
	}
	if (used != db->spd.count || db->by_id.count != db->spd.count ||
	    db->by_pair.count != db->spd.count)
		return "the policy tables disagree";
	if (db->by_spi.count != db->sad.count || db->by_peer.count != db->sad.count)
		return "the SA tables disagree";
	return NULL;
}

const char *
sadb_check(const struct sadb *db)
{
	uint32_t it = 0;
	const struct sad_priv *a;
	const struct sp_priv *p;
	const char *why = check_counts(db);

	while (why == NULL && (a = slot_each(&db->sad, &it)) != NULL)
		why = check_sa(db, a);
	it = 0;
	while (why == NULL && (p = slot_each(&db->spd, &it)) != NULL)
		why = check_sp(db, p);
	return why;
}
