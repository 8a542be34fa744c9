/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a process before us installed and handed over to us.  A claim makes a row of ours, or makes a row that was found in
 * the kernel ours; then the kernel is asked, and what is not there is lost like any other.
 */
#include "sadb/sadb_int.h"

/* The row that was found in the kernel, if it is what was handed over. */
static ike_err
claim_found(struct sadb *db, struct sad_priv *p, const struct sa_spec *spec, uint64_t added)
{
	if (p->row.want != SAD_WANT_INSTALLED || p->row.owner == SADB_OURS)
		return IKE_E_EXISTS;
	/* somebody has put another in its place, with keys that nobody handed over */
	if (!recon_sa_same(spec, &p->row.spec) ||
	    (added != 0 && p->row.usage.add_time != 0 && added != p->row.usage.add_time))
		return IKE_E_EXISTS;
	/* which end is the far one is ours to say */
	htab_remove(&db->by_peer, &p->by_peer);
	p->row.spec.dir = spec->dir;
	p->row.spec.life = spec->life;
	p->row.owner = SADB_OURS;
	/* the buckets are there: cannot fail */
	return htab_insert(&db->by_peer, &p->by_peer, sad_hash_peer(db, sad_peer(&p->row.spec)));
}

static ike_err
claim_unseen(struct sadb *db, const struct sa_spec *spec, uint64_t added, struct sad_priv **out)
{
	struct sad_priv *p;

	TRY(sad_create(db, spec, &p));
	p->row.want = SAD_WANT_INSTALLED;
	p->row.have = SAD_LIVE;
	p->row.owner = SADB_OURS;
	p->row.usage.add_time = added;
	*out = p;
	return IKE_OK;
}

ike_err
sadb_claim(struct sadb *db, const struct sa_spec *spec, uint64_t added, ike_time since, uint64_t *id_out)
{
	struct sad_priv *p = sad_find(db, &spec->id, false);
	bool found = p != NULL;

	if (found)
		TRY(claim_found(db, p, spec, added));
	else
		TRY(claim_unseen(db, spec, added, &p));
	p->row.since = since;
	*id_out = p->row.id;
	/* also tells a soft limit that was reached while nobody listened */
	sad_ask(db, p, false);
	return IKE_OK;
}

ike_err
sadb_claim_reserved(struct sadb *db, const struct sa_spec *spec, ike_time until, uint64_t *id_out)
{
	struct sad_priv *p;

	if (sad_find(db, &spec->id, false) != NULL)
		return IKE_E_EXISTS;
	TRY(sad_create(db, spec, &p));
	p->row.want = SAD_WANT_RESERVED;
	p->row.have = SAD_LARVAL;
	ike_err err = sad_set_lapse(db, p, until);
	if (err != IKE_OK) {
		sad_destroy(db, p);
		return err;
	}
	*id_out = p->row.id;
	sad_ask(db, p, false);
	return IKE_OK;
}
