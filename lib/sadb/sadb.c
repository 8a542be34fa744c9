/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: rows live in a slot map (ids), and in two hash tables, by SPI and by peer address.  Everything that
 * can run out of memory happens before the kernel is asked, so that after its answer nothing can fail any more.
 */
#include "sadb/sadb_int.h"

#include <stdlib.h>
#include <string.h>

static bool
spi_eq(const struct hnode *n, const void *key)
{
	return container_of(n, const struct sad_priv, by_spi)->row.spec.id.spi ==
	       *(const uint32_t *)key;
}

static bool
peer_eq(const struct hnode *n, const void *key)
{
	return addr_equal(
	    sad_peer(&container_of(n, const struct sad_priv, by_peer)->row.spec), key);
}

static ike_err
link_row(struct sadb *db, struct sad_priv *p)
{
	TRY(htab_insert(&db->by_spi, &p->by_spi, sad_hash_spi(db, p->row.spec.id.spi)));
	ike_err err =
	    htab_insert(&db->by_peer, &p->by_peer, sad_hash_peer(db, sad_peer(&p->row.spec)));
	if (err != IKE_OK)
		htab_remove(&db->by_spi, &p->by_spi);
	return err;
}

static void
unlink_row(struct sadb *db, struct sad_priv *p)
{
	htab_remove(&db->by_spi, &p->by_spi);
	htab_remove(&db->by_peer, &p->by_peer);
}

ike_err
sad_create(struct sadb *db, const struct sa_spec *spec, struct sad_priv **out)
{
	struct sad_priv *p = calloc(1, sizeof(*p));
	ike_err err;

	if (p == NULL)
		return IKE_E_NOMEM;
	p->row.spec = *spec;
	err = slot_add(&db->sad, p, &p->row.id);
	if (err == IKE_OK)
		err = link_row(db, p);
	if (err != IKE_OK) {
		slot_remove(&db->sad, p->row.id);
		free(p);
		return err;
	}
	*out = p;
	return IKE_OK;
}

void
sad_drop_lapse(struct sadb *db, struct sad_priv *p)
{
	if (p->lapse != NULL)
		heap_cancel(&db->lapses, p->lapse);
	free(p->lapse);
	p->lapse = NULL;
}

void
sad_destroy(struct sadb *db, struct sad_priv *p)
{
	sad_drop_lapse(db, p);
	unlink_row(db, p);
	slot_remove(&db->sad, p->row.id);
	free(p);
}

struct sadb *
sadb_new(struct kern *kern, const uint8_t seed[16], const struct sadb_env *env)
{
	struct sadb *db = calloc(1, sizeof(*db));

	if (db == NULL)
		return NULL;
	db->kern = kern;
	db->env = *env;
	htab_init(&db->by_spi, seed, spi_eq);
	htab_init(&db->by_peer, seed, peer_eq);
	db->last = &db->first;
	db->resync_at = db->repair_at = db->audit_at = IKE_NEVER;
	spd_init(db, seed);
	return db;
}

void
sadb_free(struct sadb *db)
{
	uint32_t it = 0;
	struct sad_priv *p;

	if (db == NULL)
		return;
	while ((p = slot_each(&db->sad, &it)) != NULL)
		sad_destroy(db, p);
	spd_fini(db);
	htab_fini(&db->by_spi);
	htab_fini(&db->by_peer);
	slot_fini(&db->sad);
	heap_fini(&db->lapses);
	free(db);
}

void
db_keep_words(const struct sadb *db, struct words *out)
{
	out->errnum = db->kern->errnum;
	memcpy(out->reason, db->kern->reason, sizeof(out->reason));
}

void
db_restore_words(struct sadb *db, const struct words *w)
{
	db->kern->errnum = w->errnum;
	memcpy(db->kern->reason, w->reason, sizeof(w->reason));
}

/* Has the SA reached its hard lifetime without our having heard of it? */
static bool
hard_missed(const struct sadb *db, const struct sad_row *row)
{
	const struct sa_life *l = &row->spec.life;

	return row->want == SAD_WANT_INSTALLED && row->owner != SADB_FOREIGN && l->hard_sec != 0 &&
	       l->hard_sec < INT32_MAX && row->since + SEC(l->hard_sec) <= db->now;
}

/* Take a row's SA out of the kernel.  The row is not used afterwards. */
static ike_err
delete_row(struct sadb *db, struct sad_priv *p)
{
	bool was_there = (p->row.have == SAD_LIVE || p->row.have == SAD_DYING) && !p->delete_tried;
	ike_err err;

	if (p->row.owner == SADB_FOREIGN)
		return IKE_E_INTERNAL;
	err = db->kern->ops->sa_delete(db->kern, &p->row.spec.id, &p->row.spec.src);
	if (err == IKE_E_NOTFOUND && was_there && !hard_missed(db, &p->row))
		db_repaired(db, SADB_R_SA_LOST); /* by somebody who was faster; his event is still to come */
	if (err == IKE_OK || err == IKE_E_NOTFOUND)
		return sad_fact(db, p, SAD_F_DELETED);
	p->delete_tried = true;
	db->ever.delete_retries++;
	db_want_resync(db, time_add(db->now, SADB_RETRY));
	return err;
}

/* The kernel has dropped our reservation before its time: make it again. */
static ike_err
renew_row(struct sadb *db, struct sad_priv *p)
{
	const struct sa_spec *s = &p->row.spec;

	if (db->kern->ops->sa_reserve(db->kern, &s->id, &s->src, s->mode, s->reqid) == IKE_OK)
		return sad_fact(db, p, SAD_F_RESERVED);
	p->row.have = SAD_GONE;
	db_publish_sa(db, p, SADB_LOST);
	return IKE_OK;
}

static void
publish_end(struct sadb *db, struct sad_priv *p, enum sadb_change_kind kind)
{
	if (p->row.owner == SADB_FOREIGN) {
		db_publish_sa(db, p, SADB_FOREIGN_GONE);
		return;
	}
	/* Somebody else's SA stands where we had a reservation: the next dump will show whose. */
	if (p->row.have == SAD_LIVE || p->row.have == SAD_DYING) {
		p->row.have = SAD_GONE;
		db_want_resync(db, db->now);
	}
	db_publish_sa(db, p, kind);
}

/* The row goes when all was told of it, and nothing is left under its name that is to go first. */
static ike_err
free_row(struct sadb *db, struct sad_priv *p)
{
	if (p->in_the_way) {
		p->in_the_way = false;
		p->delete_tried = true;
		p->row.have = SAD_LIVE;
		return delete_row(db, p);
	}
	if (!p->pend.queued)
		sad_destroy(db, p);
	return IKE_OK;
}

ike_err
sad_settle(struct sadb *db, struct sad_priv *p)
{
	switch (sad_action(p->row.have, p->row.want)) {
	case SAD_A_NONE:
	case SAD_A_INSTALL:
		return IKE_OK;
	case SAD_A_FREE:
		return free_row(db, p);
	case SAD_A_RESERVE:
		return renew_row(db, p);
	case SAD_A_DELETE:
		return delete_row(db, p);
	case SAD_A_SOFT:
		if (!p->soft_told && p->row.owner != SADB_FOREIGN)
			db_publish_sa(db, p, SADB_SOFT);
		p->soft_told = true;
		return IKE_OK;
	case SAD_A_HARD:
		publish_end(db, p, SADB_HARD);
		return IKE_OK;
	case SAD_A_LOST:
		publish_end(db, p, SADB_LOST);
		return IKE_OK;
	case SAD_A_RECONCILE:
		db_want_resync(db, db->now);
		return IKE_OK;
	case SAD_A_ILLEGAL:
		break;
	}
	return IKE_E_INTERNAL;
}

/* Somebody has taken the SA of |p| out of the kernel. */
static void
count_vanished(struct sadb *db, const struct sad_priv *p)
{
	if (p->row.want == SAD_WANT_RESERVED)
		db_repaired(db, SADB_R_SA_RESERVATION);
	else if (p->row.want == SAD_WANT_INSTALLED && p->row.owner == SADB_FOREIGN)
		db_repaired(db, SADB_R_SA_FOREIGN_GONE);
	else if (p->row.want == SAD_WANT_INSTALLED)
		db_repaired(db, p->replaced ? SADB_R_SA_CHANGED : SADB_R_SA_LOST);
}

ike_err
sad_fact(struct sadb *db, struct sad_priv *p, enum sad_fact fact)
{
	if (fact == SAD_F_VANISHED && !p->replaced && hard_missed(db, &p->row))
		fact = SAD_F_HARD;
	enum sad_have next = sad_next(p->row.have, fact);

	if (next == SAD_HAVE_COUNT)
		return IKE_E_INTERNAL;
	if (next == p->row.have && fact != SAD_F_DELETED)
		return IKE_OK;
	if (fact == SAD_F_VANISHED && next == SAD_GONE)
		count_vanished(db, p);
	p->row.have = (uint8_t)next;
	return sad_settle(db, p);
}

static bool
spi_free(const struct sadb *db, uint32_t spi)
{
	return htab_find(&db->by_spi, sad_hash_spi(db, spi), &spi) == NULL;
}

/*
 * RFC 4303 section 2.1: "The set of SPI values in the range 1 through 255 are reserved by the Internet Assigned
 * Numbers Authority (IANA) for future use; ... The SPI value of zero (0) is reserved for local,
 * implementation-specific use and MUST NOT be sent on the wire."
 * RFC 3173 section 3.3: "The values 256-61439 are negotiated between the two nodes".
 */
static uint32_t
pick_spi(struct sadb *db, uint8_t proto)
{
	uint32_t r;

	db->env.random(db->env.arg, &r, sizeof(r));
	return proto == PROTO_IPCOMP ? 256 + r % (61440 - 256) : r;
}

/* Find an SPI that neither we nor the kernel use and reserve it for |p|, which is linked again in any case. */
static ike_err
reserve_spi(struct sadb *db, struct sad_priv *p)
{
	struct sa_spec *s = &p->row.spec;
	ike_err err;
	uint32_t spi;

	for (int i = 0; i < SADB_SPI_TRIES; i++) {
		spi = pick_spi(db, s->id.proto);
		if (spi < SADB_SPI_MIN || !spi_free(db, spi))
			continue;
		htab_remove(&db->by_spi, &p->by_spi);
		s->id.spi = spi;
		TRY(htab_insert(&db->by_spi, &p->by_spi, sad_hash_spi(db, spi)));
		err = db->kern->ops->sa_reserve(db->kern, &s->id, &s->src, s->mode, s->reqid);
		if (err != IKE_E_EXISTS)
			return err;
	}
	return IKE_E_EXHAUSTED;
}

ike_err
sad_set_lapse(struct sadb *db, struct sad_priv *p, ike_time until)
{
	p->lapse = calloc(1, sizeof(*p->lapse));
	if (p->lapse == NULL)
		return IKE_E_NOMEM;
	p->lapse->owner_id = p->row.id;
	return heap_set(&db->lapses, p->lapse, until);
}

ike_err
sadb_reserve(struct sadb *db, uint8_t proto, const struct addr *dst, const struct addr *src,
    uint8_t mode, uint32_t reqid, ike_time until, uint64_t *id_out)
{
	struct sa_spec spec = { .id = { .proto = proto, .dst = *dst },
		.src = *src,
		.mode = mode,
		.dir = SA_IN,
		.reqid = reqid };
	struct sad_priv *p;
	struct words words;
	ike_err err;

	TRY(sad_create(db, &spec, &p));
	p->row.want = SAD_WANT_RESERVED;
	err = sad_set_lapse(db, p, until);
	if (err == IKE_OK)
		err = reserve_spi(db, p);
	if (err != IKE_OK) {
		/* The answer may be wrong where the deed was done: an acknowledgement can be lost. */
		db_keep_words(db, &words);
		if (err == IKE_E_KERNEL)
			(void)!db->kern->ops->sa_delete(
			    db->kern, &p->row.spec.id, &p->row.spec.src);
		db_restore_words(db, &words);
		sad_destroy(db, p);
		return err;
	}
	*id_out = p->row.id;
	return sad_fact(db, p, SAD_F_RESERVED);
}

/* When the kernel says it was added: one of the same values that was added at another time is another SA. */
static void
learn_birth(struct sadb *db, struct sad_priv *p)
{
	struct sa_usage u;

	if (db->kern->ops->sa_get(db->kern, &p->row.spec.id, &p->row.spec.src, NULL, &u) == IKE_OK)
		p->row.usage.add_time = u.add_time;
}

static ike_err
install_reserved(
    struct sadb *db, uint64_t id, const struct sa_spec *spec, const struct sa_keys *keys)
{
	struct sad_priv *p = sad_priv_get(db, id);
	struct words words;
	ike_err err;

	if (p == NULL || !sad_is_alive(&p->row))
		return IKE_E_GONE;
	if (p->row.want != SAD_WANT_RESERVED || !sa_id_equal(&p->row.spec.id, &spec->id))
		return IKE_E_STATE;
	if (!addr_equal(sad_peer(&p->row.spec), sad_peer(spec)) || spec->dir != SA_IN)
		return IKE_E_STATE;
	err = db->kern->ops->sa_install(db->kern, spec, keys, true);
	if (err ==
	    IKE_E_NOTFOUND) /* the kernel's patience with reservations was shorter than the negotiation */
		err = db->kern->ops->sa_install(db->kern, spec, keys, false);
	if (err == IKE_E_EXISTS) { /* somebody else has completed our reservation: it is his now */
		db_want_resync(db, db->now);
		sad_drop_lapse(db, p);
		p->row.want = SAD_WANT_ABSENT;
		(void)sad_fact(db, p, SAD_F_VANISHED);
		return err;
	}
	if (err != IKE_OK) {
		db_keep_words(db, &words);
		(void)sadb_release(db, id);
		db_restore_words(db, &words);
		return err;
	}
	sad_drop_lapse(db, p);
	p->row.spec = *spec;
	p->row.want = SAD_WANT_INSTALLED;
	p->row.since = db->now;
	learn_birth(db, p);
	return sad_fact(db, p, SAD_F_INSTALLED);
}

/* Delete again what was released under the same name; an error if that still fails. */
static ike_err
clear_released(struct sadb *db, const struct sa_id *id)
{
	struct sad_priv *p;

	while ((p = sad_find(db, id, true)) != NULL && p->row.want == SAD_WANT_ABSENT &&
	       !p->pend.queued)
		TRY(delete_row(db, p));
	return p != NULL && sad_is_alive(&p->row) ? IKE_E_EXISTS : IKE_OK;
}

/* The answer may be wrong where the deed was done: does the kernel have what it says it refused? */
static bool
was_done(struct sadb *db, const struct sa_spec *spec)
{
	struct sa_spec got;
	struct sa_usage u;

	return db->kern->ops->sa_get(db->kern, &spec->id, &spec->src, &got, &u) == IKE_OK &&
	       recon_sa_same(spec, &got);
}

static ike_err
install_new(
    struct sadb *db, const struct sa_spec *spec, const struct sa_keys *keys, uint64_t *id_out)
{
	struct sad_priv *p;
	struct words words;
	ike_err err;

	TRY(clear_released(db, &spec->id));
	TRY(sad_create(db, spec, &p));
	p->row.want = SAD_WANT_INSTALLED;
	p->row.since = db->now;
	err = db->kern->ops->sa_install(db->kern, spec, keys, false);
	if (err == IKE_OK) {
		if (id_out != NULL)
			*id_out = p->row.id;
		learn_birth(db, p);
		return sad_fact(db, p, SAD_F_INSTALLED);
	}
	if (err == IKE_E_EXISTS) {
		db_want_resync(db, db->now); /* there is something we have not heard of */
		sad_destroy(db, p);
		return err;
	}
	p->row.want = SAD_WANT_ABSENT;
	p->row.have = SAD_UNKNOWN;
	db_keep_words(db, &words);
	if (err == IKE_E_KERNEL && was_done(db, spec))
		(void)delete_row(db, p);
	else
		sad_destroy(db, p);
	db_restore_words(db, &words);
	return err;
}

ike_err
sadb_install(struct sadb *db, uint64_t id, const struct sa_spec *spec, struct sa_keys *keys,
    ike_time now, uint64_t *id_out)
{
	ike_err err;

	db->now = now;
	if (id == 0) {
		err = install_new(db, spec, keys, id_out);
	} else {
		err = install_reserved(db, id, spec, keys);
		if (err == IKE_OK && id_out != NULL)
			*id_out = id;
	}
	sa_keys_wipe(keys);
	return err;
}

ike_err
sadb_release(struct sadb *db, uint64_t id)
{
	struct sad_priv *p = sad_priv_get(db, id);
	ike_err err;

	if (p == NULL)
		return IKE_E_GONE;
	if (p->row.owner == SADB_FOREIGN)
		return IKE_E_PERM;
	sad_drop_lapse(db, p);
	p->row.want = SAD_WANT_ABSENT;
	if (p->row.have != SAD_UNKNOWN)
		return sad_settle(db, p);
	err = delete_row(db, p);
	return err;
}

void
sadb_adopt(struct sadb *db, uint64_t id, uint64_t user, ike_time since)
{
	struct sad_priv *p = sad_priv_get(db, id);

	if (p == NULL || p->row.owner != SADB_ADOPTED)
		return;
	p->row.user = user;
	p->row.since = since;
	db_repaired(db, SADB_R_SA_ADOPTED);
}

ike_err
sadb_release_orphan(struct sadb *db, uint64_t id)
{
	if (sad_priv_get(db, id) != NULL)
		db_repaired(db, SADB_R_SA_ORPHAN);
	return sadb_release(db, id);
}

ike_err
sadb_close(struct sadb *db)
{
	uint32_t it = 0;
	ike_err err, first = IKE_OK;
	struct sad_priv *p;

	first = spd_close(db);
	while ((p = slot_each(&db->sad, &it)) != NULL) {
		if (p->row.owner == SADB_FOREIGN)
			continue;
		err = p->row.want == SAD_WANT_ABSENT ? delete_row(db, p)
						     : sadb_release(db, p->row.id);
		if (first == IKE_OK)
			first = err;
	}
	return first;
}

ike_err
sadb_acquire_failed(struct sadb *db, uint32_t seq, const struct sa_id *id, const struct addr *src)
{
	return db->kern->ops->acquire_failed(db->kern, seq, id, src);
}

/* Change the addresses of a row whose SA has moved in the kernel. */
static ike_err
move_row(
    struct sadb *db, struct sad_priv *p, const struct endpoint *src, const struct endpoint *dst)
{
	unlink_row(db, p);
	p->row.spec.src = src->addr;
	p->row.spec.id.dst = dst->addr;
	p->row.spec.encap_sport = src->port;
	p->row.spec.encap_dport = dst->port;
	p->row.usage.add_time = 0; /* some kernels make a new SA of it */
	return link_row(db, p);    /* the buckets are there: cannot fail */
}

ike_err
sadb_readdress(struct sadb *db, uint64_t id, const struct endpoint *src, const struct endpoint *dst)
{
	struct sad_priv *p = sad_priv_get(db, id);
	struct sa_id to;
	ike_err err;

	if (p == NULL || !sad_is_alive(&p->row))
		return IKE_E_GONE;
	if (p->row.owner == SADB_FOREIGN)
		return IKE_E_PERM;
	if (p->row.want != SAD_WANT_INSTALLED)
		return IKE_E_STATE;
	to = p->row.spec.id;
	to.dst = dst->addr;
	if (!addr_equal(&to.dst, &p->row.spec.id.dst) && sad_find(db, &to, false) != NULL)
		return IKE_E_EXISTS;
	err = db->kern->ops->sa_readdress(db->kern, &p->row.spec.id, src, dst);
	if (err == IKE_OK)
		return move_row(db, p, src, dst);
	if (err == IKE_E_KERNEL)
		(void)sad_fact(db, p, SAD_F_OVERRUN);
	return err;
}

void
sadb_clock(struct sadb *db, ike_time now)
{
	db->now = now;
}
