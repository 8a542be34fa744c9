/* SPDX-License-Identifier: BSD-3-Clause */
#include "sadb/sadb_int.h"

static void
take(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct sadb *db = arg;
	struct sad_priv *p;

	(void)sp;
	if (sa == NULL || sa_is_larval(sa) || (p = sad_find(db, &sa->id, false)) == NULL)
		return;
	if (usage != NULL && !sad_born_when(db, &p->row, usage) && p->row.owner != SADB_FOREIGN)
		return; /* another SA under its name */
	p->polled = db->polls;
	if (usage != NULL && p->row.want == SAD_WANT_INSTALLED)
		p->row.usage = *usage;
}

ike_err
sadb_poll(struct sadb *db)
{
	struct sad_priv *p;
	uint32_t it = 0;

	/* an SA that the dump does not show was taken out by somebody, perhaps just now: the kernel is asked about it */
	db->polls++;
	TRY(db->kern->ops->dump(db->kern, KERN_DUMP_SA, take, db));
	while ((p = slot_each(&db->sad, &it)) != NULL)
		if (p->row.want == SAD_WANT_INSTALLED && p->row.owner != SADB_FOREIGN && p->polled != db->polls &&
		    sad_is_alive(&p->row))
			sad_ask(db, p, false);
	return IKE_OK;
}

ike_err
sadb_usage(struct sadb *db, uint64_t id, struct sa_usage *out)
{
	struct sad_priv *p = sad_priv_get(db, id);
	struct sa_spec spec;
	struct sa_usage u;
	ike_err err;

	if (p == NULL || !sad_is_alive(&p->row))
		return IKE_E_GONE;
	err = db->kern->ops->sa_get(db->kern, &p->row.spec.id, &p->row.spec.src, &spec, &u);
	if (err == IKE_E_NOTFOUND) {
		(void)sad_fact(db, p, SAD_F_VANISHED);
		return IKE_E_GONE;
	}
	if (err != IKE_OK)
		return err;
	if (!sad_is_ours_still(db, p, &spec, &u)) {
		sad_replaced(db, p, &spec);
		return IKE_E_GONE;
	}
	p->row.usage = u;
	*out = u;
	return IKE_OK;
}
