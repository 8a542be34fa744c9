/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recon - the difference between the model and a dump of the kernel, as a list.
 *
 * Pure: reads the model, is fed the rows of a dump, talks to nobody.  What is equal is told at once through |same|
 * (which may touch the row told, not the tables) and costs one bit; only differences are kept.  sadb_resync() acts
 * on them.
 */
#ifndef SADB_RECON_H
#define SADB_RECON_H

#include "sadb/kern_ops.h"
#include "sadb/sp.h"

struct sadb;
struct spd_row;

enum recon_kind {
	RECON_SA_MISSING,   /* in the model, not in the kernel */
	RECON_SA_CHANGED,   /* in both, not the same SA */
	RECON_SA_UNDELETED, /* released, still in the kernel */
	RECON_SA_UNKNOWN,   /* in the kernel only */
	RECON_SA_ASKED,     /* packets wait for an SA, and who was asked for it is gone: only where the model is filled first */
	RECON_SP_MISSING,
	RECON_SP_CHANGED,
	RECON_SP_UNDELETED,
	RECON_SP_UNKNOWN,
	RECON_KINDS
};

struct recon_item {
	enum recon_kind kind;
	uint64_t id;           /* of the model's row, 0: UNKNOWN, ASKED */
	struct sa_usage usage; /* SA_UNKNOWN, SA_CHANGED */
	union {
		struct sa_spec sa; /* SA_UNKNOWN, SA_CHANGED, SA_ASKED */
		struct sp_spec sp; /* SP_UNKNOWN, SP_CHANGED */
	} as;
};

/* |id| is the same in the model and in the kernel; exactly one of |sa| and |sp| is not NULL. */
typedef void
recon_same_fn(void *arg, uint64_t id, const struct sa_spec *sa, const struct sa_usage *usage,
    const struct sp_spec *sp);

struct recon {
	const struct sadb *db;
	unsigned what; /* KERN_DUMP_SA, KERN_DUMP_SP */
	recon_same_fn *same;
	void *same_arg;
	uint8_t *sa_seen, *sp_seen; /* a bit for each slot of the model */
	struct recon_item *item;
	size_t n, cap;
	ike_err err; /* sticky */
};

/* Ready for the rows of one dump of |what|.  |same| may be NULL.  Free with recon_fini() also after an error. */
MUST_USE ike_err
recon_init(struct recon *r, const struct sadb *db, unsigned what, recon_same_fn *same, void *arg);

/* A kern_row_fn; |recon| is the struct recon. */
void
recon_row(
    void *recon, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp);

/* The dump is complete: add what is missing.  IKE_E_NOMEM: the list is incomplete and must not be used. */
MUST_USE ike_err
recon_finish(struct recon *r);

void
recon_fini(struct recon *r);

/*
 * Are these two views of one SA?  Keys, counters and lifetimes aside; a key length that one side does not know (0)
 * does not count.
 */
bool
recon_sa_same(const struct sa_spec *a, const struct sa_spec *b);

/* Does policy |sp| do what the row says? */
bool
recon_sp_same(const struct spd_row *row, const struct sp_spec *sp);

#endif
