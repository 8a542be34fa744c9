/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * spd - the policies in the database: ours and those of others, found by name and by packet.
 *
 * Part of sadb (same ownership words).  Ours are kept in the kernel: when somebody takes one out or changes it, it
 * is put back, at once and then with growing delays if that goes on.  Foreign ones are followed, never changed.
 * Per-socket policies are not recorded.
 *
 * Cost of a lookup by packet: one hash probe for each combination of prefix lengths in use (two host-to-host policies
 * or 20,000 are one combination a direction) and the policies that share the address pair.
 *
 * RFC 4301 section 4.4.1.
 */
#ifndef SADB_SPD_H
#define SADB_SPD_H

#include "sadb/sp.h"

struct sadb;
struct kern_event;
struct sp_extra;

struct spd_row {
	uint64_t id;
	uint64_t user;
	uint64_t order; /* smaller is older: decides between equal priorities */
	struct sp_id sp;
	uint32_t index;    /* the kernel's, 0: not known */
	uint32_t priority; /* smaller wins */
	uint8_t action;    /* enum sp_action */
	uint8_t owner;     /* enum sadb_owner */
	bool present;      /* the kernel has it as it is written here, as far as we know */
	bool unsure;       /* events were lost since */
	bool removed;      /* ours, to be deleted, refused so far */
	bool contested;    /* ours, and somebody else keeps changing it: its repair waits */
	uint8_t ntmpl;
	struct sp_tmpl *tmpl;   /* |ntmpl| of them, the innermost first */
	struct sp_extra *extra; /* private: sadb_policy_spec() tells */
};

/*
 * Install a policy of ours.  |user| is the caller's tag.
 *
 *   IKE_E_EXISTS   the same direction and selector is there already, whoever owns it
 *   IKE_E_KERNEL and others of kern_ops.sp_install: refused, nothing recorded
 *   IKE_E_NOMEM
 */
MUST_USE ike_err
sadb_policy_add(struct sadb *db, const struct sp_spec *sp, uint64_t user, uint64_t *id_out);

/* The same, in place of whatever has this direction and selector (without a moment of neither); it becomes ours. */
MUST_USE ike_err
sadb_policy_replace(struct sadb *db, const struct sp_spec *sp, uint64_t user, uint64_t *id_out);

/*
 * Take a policy of ours out of the kernel and forget it.  If the kernel refuses, it is tried again by the next
 * reconciliation, and |id| is stale all the same.  IKE_E_GONE: stale; IKE_E_PERM: foreign.
 */
ike_err
sadb_policy_remove(struct sadb *db, uint64_t id);

/* The policy stays as it is and is not ours any more: FOREIGN.  IKE_E_GONE: stale. */
ike_err
sadb_policy_disown(struct sadb *db, uint64_t id);

const struct spd_row *
sadb_policy_row(const struct sadb *db, uint64_t id);

/* The whole policy as a value. */
void
sadb_policy_spec(const struct spd_row *row, struct sp_spec *out);

const struct spd_row *
sadb_policy_find(const struct sadb *db, const struct sp_id *id);

/* What the kernel applies to |flow| in direction |dir|: smallest priority value, then oldest.  NULL: no policy. */
const struct spd_row *
sadb_policy_lookup(const struct sadb *db, enum sp_dir dir, const struct sa_flow *flow);

/* The policy that made the kernel ask: by its name in the event, else by the packet.  NULL: not known. */
const struct spd_row *
sadb_policy_of_acquire(const struct sadb *db, const struct kern_event *ev);

/*
 * The policy in |dir| for the opposite direction of the traffic of |row|: same selector with ends exchanged.  NULL:
 * none.
 */
const struct spd_row *
sadb_policy_mirror(const struct sadb *db, const struct spd_row *row, enum sp_dir dir);

/* All rows: start with *it = 0; NULL ends. */
const struct spd_row *
sadb_policy_next(const struct sadb *db, uint32_t *it);

#endif
