/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sadb - the daemon's own database of security associations and policies.
 *
 * This is the only record of what we have asked the kernel to do and of what it has told us since.  The kernel is a
 * replica: every change starts here and is carried out through the kern_ops given to sadb_new(); every kernel event
 * is applied here before anyone else sees it.  Nothing in this module knows about IKE.  Policies: sadb/spd.h.
 *
 * Rows are owned by the database and named by ids.  A pointer to a row is borrowed and valid until the next call
 * that takes a non-const struct sadb.  An id is never reused; using a stale one is safe and yields IKE_E_GONE.
 * Keys are never kept.  After a refusal kern->errnum and kern->reason are about that refusal, not about what was
 * cleaned up behind it.
 *
 * What our own calls did is told by their return value.  What happened otherwise is published through env.changed,
 * only from within sadb_kernel_event(), sadb_tick() and sadb_resync(), never re-entrantly; the callback may call
 * any function here.  A change that some other call discovers waits for the next sadb_tick(), whose deadline is
 * then 0.
 *
 * Late, repeated and reordered events change nothing that is already true: an event that contradicts the model is
 * checked against the kernel before it is believed.  An ACQUIRE for which the model has an SA contradicts it, too: the
 * kernel is asked about that SA, and what happened to it is published before the ACQUIRE is.
 *
 * After every call sadb_check() holds.  RFC 4301 sections 4.4.1 (SPD) and 4.4.2 (SAD).
 */
#ifndef SADB_SADB_H
#define SADB_SADB_H

#include "sadb/kern_ops.h"
#include "sadb/sad_move.h"
#include "sadb/spd.h"

#define SADB_SPI_TRIES 16
#define SADB_SPI_MIN   0x100u /* RFC 4303 section 2.1 reserves 1 to 255 */
#define SADB_RETRY     SEC(1) /* between attempts to reconcile after a failure */

struct sadb;

enum sadb_owner {
	SADB_OURS,    /* made by this process */
	SADB_ADOPTED, /* found in the kernel and ours by env.ours_sa or env.ours_sp */
	SADB_FOREIGN, /* somebody else's: seen, never changed */
};

struct sad_row {
	uint64_t id;
	uint64_t user;         /* the caller's tag: sadb_set_user() */
	uint8_t want;          /* enum sad_want */
	uint8_t have;          /* enum sad_have */
	uint8_t owner;         /* enum sadb_owner */
	ike_time since;        /* installed or first seen; 0 while reserved */
	struct sa_spec spec;   /* spec.id.spi is the SPI; a reserved row has no algorithms yet */
	struct sa_usage usage; /* as last heard from the kernel */
};

enum sadb_change_kind {
	SADB_ACQUIRE, /* a packet needs an SA: .ev; .sp if the policy is known, else NULL (use .ev->sp) */
	SADB_SOFT, /* .sa should be replaced; published once */
	SADB_HARD, /* .sa reached its end; the row goes after the callback */
	SADB_LOST, /* .sa is gone by somebody else's act, or its reservation ended; the row goes after the callback */
	SADB_MOVED, /* the peer of .sa sends from .ev->map_new now; the SA is unchanged until sadb_readdress() */
	SADB_NEW,             /* .sa was found: ADOPTED or FOREIGN by .sa->owner */
	SADB_FOREIGN_GONE,    /* a foreign .sa went; the row goes after the callback */
	SADB_POLICY_NEW,      /* a policy not made by us, or adopted */
	SADB_POLICY_GONE,     /* a foreign policy went; the row goes after the callback */
	SADB_POLICY_CHANGED,  /* a foreign policy has new priority, action or templates */
	SADB_POLICY_REPAIRED, /* one of ours was missing or changed and has been put back */
	SADB_POLICY_BROKEN, /* one of ours is missing or changed; putting it back failed or must wait (tried again later) */
	SADB_OVERRUN,  /* events were lost; the next sadb_tick() reconciles */
	SADB_RESYNCED, /* a reconciliation is complete */
};

struct sadb_change {
	enum sadb_change_kind kind;
	uint64_t id;   /* of the SA or policy row, 0: none */
	uint64_t user; /* its tag */
	const struct sad_row *
	    sa; /* borrowed for the callback, or NULL; gone after the callback changed the database */
	const struct spd_row *sp;
	const struct kern_event *ev; /* ACQUIRE, MOVED */
	ike_time now;
	uint32_t pid; /* netlink port id of whoever made it so, 0: the kernel, or not known */
};

/* What the database needs from its owner. */
struct sadb_env {
	void (*random)(void *arg, void *buf, size_t n);
	void (*changed)(void *arg, const struct sadb_change *c);
	/* Of what we have no row of; NULL: nothing is. */
	bool (*ours_sa)(void *arg, const struct sa_spec *s);
	bool (*ours_sp)(void *arg, const struct sp_spec *s);
	/* Is it our address?  NULL: sa_spec.dir of the kernel is believed. */
	bool (*local)(void *arg, const struct addr *a);
	void *arg;
};

/*
 * An empty database that drives |kern|, which is borrowed and must outlive it; |env| is copied, |seed| too.  NULL
 * when out of memory.  Does not talk to the kernel: sadb_resync() reads what is there.
 */
struct sadb *
sadb_new(struct kern *kern, const uint8_t seed[16], const struct sadb_env *env);

/* Frees the memory.  Nothing is taken out of the kernel. */
void
sadb_free(struct sadb *db);

/*
 * Choose an unused SPI for an SA from |src| (the peer) to |dst| (us), reserve it in the kernel and record it.
 * Random, above 255, unlike the SPI of any row whatever its addresses; for IPComp a CPI in 256..61439 (RFC 3173
 * section 3.3).  The reservation ends at |until| unless sadb_install() comes first: SADB_LOST.  If the kernel drops
 * it earlier it is renewed.
 *
 *   IKE_E_EXHAUSTED   no free SPI in SADB_SPI_TRIES attempts
 *   IKE_E_KERNEL and others of kern_ops.sa_reserve: refused, nothing recorded
 *   IKE_E_NOMEM
 */
MUST_USE ike_err
sadb_reserve(struct sadb *db, uint8_t proto, const struct addr *dst, const struct addr *src,
    uint8_t mode, uint32_t reqid, ike_time until, uint64_t *id_out);

/*
 * Make a live SA of reserved row |id| (inbound; |spec|->id must be the row's), or with |id| 0 a new row with the
 * SPI that |spec| names (outbound; user tag 0).  |keys| are wiped on return whatever the result.  |id_out| may be
 * NULL.
 *
 *   IKE_E_GONE        |id| is stale (its reservation ended)
 *   IKE_E_STATE       the row is not reserved or names another SA; it is unchanged
 *   IKE_E_EXISTS      |id| 0: such an SA is there already, in the database or in the kernel
 *   IKE_E_KERNEL and others of kern_ops.sa_install: refused; a reserved row has been released
 *   IKE_E_NOMEM
 */
MUST_USE ike_err
sadb_install(struct sadb *db, uint64_t id, const struct sa_spec *spec, struct sa_keys *keys,
    ike_time now, uint64_t *id_out);

/*
 * What a process before us installed and handed over: |spec| as it was given to sadb_install(), |added| the kernel's add time as it
 * was known (0: not), |since| when it was installed.  A row that was found in the kernel becomes ours; without one
 * there is a new row.  Then the kernel is asked: an SA that it does not have, or not like that, is LOST at the next
 * sadb_tick(), a soft limit that passed meanwhile is told there, too.
 *
 *   IKE_E_EXISTS   there is a row of ours already, or what was found is another SA under the same name
 *   IKE_E_NOMEM
 */
MUST_USE ike_err
sadb_claim(struct sadb *db, const struct sa_spec *spec, uint64_t added, ike_time since, uint64_t *id_out);

/* The same for what sadb_reserve() made: |spec| without algorithms.  A reservation that the kernel dropped is renewed. */
MUST_USE ike_err
sadb_claim_reserved(struct sadb *db, const struct sa_spec *spec, ike_time until, uint64_t *id_out);

/*
 * Take the SA out of the kernel and forget the row: |id| is stale from then on.  Nothing is published.  That it was gone is counted;
 * that another stood in its place only if sadb_usage() was asked before.  When the
 * kernel refuses, deletion is tried again by the next reconciliation (which is then due) and the kernel's error is
 * returned.
 *
 *   IKE_E_GONE    stale
 *   IKE_E_PERM    the SA is foreign
 */
ike_err
sadb_release(struct sadb *db, uint64_t id);

/*
 * Take everything that is ours out of the kernel, SAs and policies; nothing else.  The first error is returned, the
 * rest still done.
 */
ike_err
sadb_close(struct sadb *db);

/*
 * Tell the kernel that the ACQUIRE |seq| (sa_id with SPI 0) will not be answered, so that the next packet asks
 * again.
 */
ike_err
sadb_acquire_failed(struct sadb *db, uint32_t seq, const struct sa_id *id, const struct addr *src);

/* Move a live SA to new ends and UDP encapsulation ports (port 0: none).  On error nothing changed. */
MUST_USE ike_err
sadb_readdress(
    struct sadb *db, uint64_t id, const struct endpoint *src, const struct endpoint *dst);

/* The time in all calls that have none among their arguments; at least once before each of them that may find a change. */
void
sadb_clock(struct sadb *db, ike_time now);

/*
 * Ask the kernel; the row's usage is brought up to date, too.  IKE_E_GONE also if the kernel no longer has it, or has another SA in
 * its place: it is LOST with the next sadb_tick(), and counted even if it is released before that.
 */
MUST_USE ike_err
sadb_usage(struct sadb *db, uint64_t id, struct sa_usage *out);

/*
 * Read the usage of all SAs with one dump, and find those of ours that are not there any more: they are LOST with the next
 * sadb_tick().  Cheaper than sadb_resync(), since nothing is compared and no policy is read.  An error of the kernel's dump
 * changes nothing.
 */
MUST_USE ike_err
sadb_poll(struct sadb *db);

/* Tag a row for the caller.  Nothing happens if |id| is stale. */
void
sadb_set_user(struct sadb *db, uint64_t id, uint64_t user);

/* NULL if stale or released. */
const struct sad_row *
sadb_row(const struct sadb *db, uint64_t id);

const struct sad_row *
sadb_find_sa(const struct sadb *db, const struct sa_id *id);

/* Any row with this SPI and protocol, whatever its destination (for INVALID_SPI and DELETE). */
const struct sad_row *
sadb_find_spi(const struct sadb *db, uint8_t proto, uint32_t spi);

/* Rows from or to |peer|, then those after |row|; NULL ends. */
const struct sad_row *
sadb_peer_first(const struct sadb *db, const struct addr *peer);
const struct sad_row *
sadb_peer_next(const struct sadb *db, const struct sad_row *row);

/* All rows: start with *it = 0; NULL ends. */
const struct sad_row *
sadb_next(const struct sadb *db, uint32_t *it);

/* Apply |ev| to the model and publish what it changed.  Not from within a callback. */
void
sadb_kernel_event(struct sadb *db, const struct kern_event *ev, ike_time now);

/*
 * Dump the kernel, compare, and make both equal: missing SAs of ours are published as LOST, missing or changed
 * policies of ours put back, unknown ones adopted or recorded as foreign, deletions that failed earlier repeated.
 * An error means that it is incomplete; it is tried again by sadb_tick() after SADB_RETRY.
 */
ike_err
sadb_resync(struct sadb *db, ike_time now);

/* Reconcile |every| so often besides, from now on; 0: not.  What is equal costs no request of its own. */
void
sadb_set_audit(struct sadb *db, ike_time every, ike_time now);

/*
 * An ADOPTED row is in use from now on: |user| is its caller's tag, |since| when it was installed (may be before the clock
 * began).  Its soft lifetime is published, if not by the kernel then by a reconciliation.  Nothing happens if |id| is stale.
 */
void
sadb_adopt(struct sadb *db, uint64_t id, uint64_t user, ike_time since);

/* Take an ADOPTED row that is of no use out of the kernel: as sadb_release(), and counted as a repair. */
ike_err
sadb_release_orphan(struct sadb *db, uint64_t id);

/* Is the SA of a row that was released still waiting for its deletion, or any other row of this id there? */
bool
sadb_has(const struct sadb *db, const struct sa_id *id);

/* End reservations, repeat what failed, reconcile when due, publish what waits. */
void
sadb_tick(struct sadb *db, ike_time now);

/* When to call sadb_tick(); IKE_NEVER: not needed. */
ike_time
sadb_deadline(const struct sadb *db);

/*
 * What somebody else did to the kernel's SAD and SPD, and what was done about it.  Each object that was touched counts
 * once, however it was noticed and however often: by an event, by a dump, or by both.  What was there when the database
 * was first filled does not count.
 */
enum sadb_repair {
	SADB_R_SA_LOST,        /* an SA of ours was gone: LOST was published */
	SADB_R_SA_CHANGED,     /* another SA stood in its place: removed, and LOST published */
	SADB_R_SA_RESERVATION, /* a reserved SPI was gone: reserved again */
	SADB_R_SA_ADOPTED,     /* one that is ours, and was not known: taken over */
	SADB_R_SA_ORPHAN,      /* one that is ours and of no use was removed */
	SADB_R_SP_GONE,        /* a policy of ours was gone: put back */
	SADB_R_SP_CHANGED,     /* a policy of ours was changed: set right */
	SADB_R_SP_ADOPTED,     /* one that is ours, and was not known: taken over */
	SADB_R_SA_FOREIGN_NEW, /* those of others, only followed */
	SADB_R_SA_FOREIGN_GONE,
	SADB_R_SP_FOREIGN_NEW,
	SADB_R_SP_FOREIGN_CHANGED,
	SADB_R_SP_FOREIGN_GONE,
	SADB_REPAIRS
};

/* "sa-lost", "sp-changed" ... */
const char *
sadb_repair_name(enum sadb_repair r);

struct sadb_counts {
	uint32_t sa_ours, sa_adopted, sa_foreign, sa_reserved, sp_ours, sp_foreign;  /* now */
	uint64_t events, stale_events, acquires, overruns, resyncs, resync_failures; /* ever */
	uint64_t sa_lost, sa_adoptions, sa_replaced, sp_repairs, delete_retries;
	uint64_t repairs[SADB_REPAIRS];
	ike_time last_audit;       /* when all was compared last, and completely; 0: not yet */
	ike_time last_failure;     /* when a comparison failed last, 0: never */
	uint64_t last_audit_found; /* differences then, those with what others own included */
};

void
sadb_count(const struct sadb *db, struct sadb_counts *out);

/* NULL if all invariants hold, else the first that does not, in words.  Cost: O(rows). */
const char *
sadb_check(const struct sadb *db);

#endif
