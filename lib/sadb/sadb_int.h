/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sadb_int - what the files of sadb share; for nobody else.
 *
 * How publishing works: a row that has news is put into a list (struct pend inside the row, so that no allocation
 * can fail) with one bit per kind of change.  db_drain() hands them out at the end of the entry points that may
 * publish.  A row that ended stays until its end was told, so that the callback can read it.
 */
#ifndef SADB_SADB_INT_H
#define SADB_SADB_INT_H

#include "sadb/recon.h"
#include "sadb/sadb.h"
#include "util/heap.h"
#include "util/htab.h"
#include "util/list.h"
#include "util/slot.h"

struct pend {
	struct pend *next;
	uint16_t bits; /* 1 << enum sadb_change_kind */
	bool queued;
	bool is_sp;
};

struct sad_priv {
	struct sad_row row;
	struct hnode by_spi, by_peer;
	struct pend pend;
	struct timer *lapse; /* end of the reservation; only while reserved */
	ike_time doubted;    /* when the kernel was last asked about it because of an ACQUIRE, 0: never */
	bool soft_told;
	uint32_t polled; /* the last sadb_poll() that saw it */
	bool replaced;     /* it did not vanish: another stands in its place */
	bool in_the_way;   /* and could not be deleted yet */
	bool delete_tried; /* a deletion was refused, or its answer was lost */
};

/* What few policies have. */
struct sp_extra {
	struct sa_life life;
	char ctx[64];
	uint8_t ctx_doi, ctx_alg;
};

/* The allocated parts of a policy, made before the kernel is asked. */
struct sp_parts {
	struct sp_tmpl *tmpl;
	struct sp_extra *extra;
};

struct sp_priv {
	struct spd_row row;
	struct hnode by_id, by_pair;
	struct pend pend;
	ike_time last_repair;
	ike_time refused; /* when the first of |refusals| ACQUIREs was */
	uint8_t refusals;
	uint8_t strikes;  /* repairs, forgotten one by one with time */
	uint32_t writer;  /* netlink port id of who last changed it, 0: not known */
	bool broken_gone; /* its repair waits: it was deleted, not changed */
	bool broken_told;
};

/* A combination of direction, families and prefix lengths that occurs: one hash probe of a lookup by packet. */
struct shape {
	uint8_t dir, src_family, src_len, dst_family, dst_len;
	uint32_t count;
};

struct sadb {
	struct kern *kern;
	struct sadb_env env;
	struct slotmap sad, spd;
	struct htab by_spi, by_peer, by_id, by_pair;
	struct heap lapses;
	struct shape *shape;
	size_t nshapes, shapes_cap;
	struct pend *first, **last; /* rows with news */
	uint64_t next_order;
	uint32_t polls; /* calls of sadb_poll() */
	ike_time now;
	ike_time resync_at;      /* IKE_NEVER: none due */
	ike_time repair_at;      /* earliest delayed repair of a policy */
	ike_time audit_every, audit_at; /* 0, IKE_NEVER: no audits */
	uint32_t pid;            /* of the event that is being applied, 0: none */
	bool filled;             /* all that the kernel has was read once: what is new from now on is somebody's doing */
	bool busy;               /* inside an entry point that publishes */
	struct sadb_counts ever; /* the counters of struct sadb_counts that only grow */
};

/* One repair of a policy is forgotten after so long. */
#define DB_CALM SEC(5)

/* Inverse of the embedding. */
static inline struct sad_priv *
sad_of_pend(struct pend *p)
{
	return container_of(p, struct sad_priv, pend);
}

static inline struct sp_priv *
sp_of_pend(struct pend *p)
{
	return container_of(p, struct sp_priv, pend);
}

/* sadb_find.c */

uint64_t
sad_hash_spi(const struct sadb *db, uint32_t spi);
uint64_t
sad_hash_peer(const struct sadb *db, const struct addr *a);

/* The far end. */
const struct addr *
sad_peer(const struct sa_spec *s);

/* Is the row still somebody's business: not released, not ended? */
bool
sad_is_alive(const struct sad_row *row);

struct sad_priv *
sad_priv_get(const struct sadb *db, uint64_t id);

/* The live row of |id|, or with |any| one in whatever condition. */
struct sad_priv *
sad_find(const struct sadb *db, const struct sa_id *id, bool any);

/* sadb.c */

/* The kernel's words about a refusal, kept while we clean up behind it. */
struct words {
	int errnum;
	char reason[sizeof(((struct kern *)0)->reason)];
};

void
db_keep_words(const struct sadb *db, struct words *out);
void
db_restore_words(struct sadb *db, const struct words *w);

/* A new row in all tables; IKE_E_NOMEM. */
MUST_USE ike_err
sad_create(struct sadb *db, const struct sa_spec *spec, struct sad_priv **out);

/* Out of all tables and freed.  Must not be queued. */
void
sad_destroy(struct sadb *db, struct sad_priv *p);

/* Arm the end of the reservation: the row is destroyed by the caller on an error.  IKE_E_NOMEM. */
MUST_USE ike_err
sad_set_lapse(struct sadb *db, struct sad_priv *p, ike_time until);

/* The end of a reservation is of no interest any more. */
void
sad_drop_lapse(struct sadb *db, struct sad_priv *p);

/* Apply a fact by the table and do what follows. */
ike_err
sad_fact(struct sadb *db, struct sad_priv *p, enum sad_fact fact);

/* Do what have and want of the row ask for.  The row may be gone afterwards. */
ike_err
sad_settle(struct sadb *db, struct sad_priv *p);

/* Count what somebody else did. */
static inline void
db_repaired(struct sadb *db, enum sadb_repair r)
{
	if (db->filled)
		db->ever.repairs[r]++;
}

/* sadb_event.c */

/* Was it added at the second we know of, as far as we do? */
bool
sad_born_when(const struct sadb *db, const struct sad_row *row, const struct sa_usage *u);

/* Is what the kernel has under the name of |p| what we put there, as far as one can see? */
bool
sad_is_ours_still(const struct sadb *db, const struct sad_priv *p, const struct sa_spec *spec, const struct sa_usage *u);

/* Find out by asking whether the kernel has the SA of |p|; |deleted|: who is not us has deleted it, so that what is there is another. */
void
sad_ask(struct sadb *db, struct sad_priv *p, bool deleted);

/* The kernel has |spec| for live row |p|, and it is the same SA. */
void
sad_seen(
    struct sadb *db, struct sad_priv *p, const struct sa_spec *spec, const struct sa_usage *usage);

/* The kernel has something else under the id of |p|, or it is not ours any more. */
void
sad_replaced(struct sadb *db, struct sad_priv *p, const struct sa_spec *spec);

/* The kernel has an SA of which there is no row. */
ike_err
sad_discovered(struct sadb *db, const struct sa_spec *spec, const struct sa_usage *usage);

/* sadb_acquire.c */

/* A packet needs an SA. */
void
sad_wanted(struct sadb *db, const struct kern_event *ev);

/* sadb_news.c */

void
db_publish_sa(struct sadb *db, struct sad_priv *p, enum sadb_change_kind kind);
void
db_publish_sp(struct sadb *db, struct sp_priv *p, enum sadb_change_kind kind);

/* Something without a row. */
void
db_tell(struct sadb *db, enum sadb_change_kind kind);

/* Hand out all news. */
void
db_drain(struct sadb *db);

static inline void
db_want_resync(struct sadb *db, ike_time when)
{
	if (when < db->resync_at)
		db->resync_at = when;
}

/* sadb_sync.c: |what| as for kern_ops.dump. */
ike_err
db_reconcile(struct sadb *db, unsigned what);

/* spd.c */

void
spd_init(struct sadb *db, const uint8_t seed[16]);
void
spd_fini(struct sadb *db);

/* Delete all policies of ours. */
ike_err
spd_close(struct sadb *db);

struct sp_priv *
sp_priv_get(const struct sadb *db, uint64_t id);

struct sp_priv *
sp_find(
    const struct sadb *db, const struct sp_id *id); /* a removed one only if there is no other */

/* A new row in all tables, not in the kernel; IKE_E_NOMEM. */
MUST_USE ike_err
sp_create(struct sadb *db, const struct sp_spec *sp, struct sp_priv **out);

void
sp_destroy(struct sadb *db, struct sp_priv *p);

/* Copy what a row keeps outside itself; IKE_E_NOMEM, IKE_E_RANGE (too many templates). */
MUST_USE ike_err
sp_stage(const struct sp_spec *sp, struct sp_parts *out);
void
sp_unstage(struct sp_parts *parts);

/* Change priority, action, templates and the rest to those of |sp|, whose |parts| were staged and are moved. */
void
sp_commit(struct sadb *db, struct sp_priv *p, const struct sp_spec *sp, struct sp_parts *parts);

/* spd_event.c */

/* Apply a policy event. */
void
sp_event(struct sadb *db, const struct kern_event *ev);

/* Put a policy of ours back as the model has it; |absent|: somebody is said to have deleted it. */
ike_err
sp_repair(struct sadb *db, struct sp_priv *p, bool absent);

/* Delete from the kernel what was removed; the row goes if that works. */
ike_err
sp_delete(struct sadb *db, struct sp_priv *p);

/* The kernel has a policy of which there is no row; |adopt|: it may be ours (from a dump). */
ike_err
sp_discovered(struct sadb *db, const struct sp_spec *sp, bool adopt);

/* A foreign policy has other content now. */
ike_err
sp_follow(struct sadb *db, struct sp_priv *p, const struct sp_spec *sp);

/* Delayed repairs whose time has come. */
void
sp_repair_due(struct sadb *db);

#endif
