/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * spset - policies by name, in the order in which they came.
 *
 * A zeroed set is empty and usable; the set owns its rows, whose addresses do not change.  Looking one up costs one hash.
 */
#ifndef SETKEY_SPSET_H
#define SETKEY_SPSET_H

#include "sadb/sp.h"
#include "util/htab.h"

struct spset_row {
	struct hnode node;
	struct sp_spec sp;
	size_t at;     /* in spset.v */
	unsigned line; /* of the statement it comes from, 0: none */
	bool twin;     /* a forward policy that no file has written */
	bool kept;     /* of the kernel's rows: somebody wants it */
};

struct spset {
	struct htab by_id;
	struct spset_row **v; /* NULL where one was removed */
	size_t n, cap;
};

/* The row of |id|; NULL: none. */
struct spset_row *
spset_find(const struct spset *s, const struct sp_id *id);

/* Append a row with |sp|, whose name must not be there yet.  IKE_E_NOMEM. */
MUST_USE ike_err
spset_add(struct spset *s, const struct sp_spec *sp, struct spset_row **out);

/* Take |row| out and free it; NULL is fine. */
void
spset_remove(struct spset *s, struct spset_row *row);

/* Free all rows; the set is empty and usable. */
void
spset_clear(struct spset *s);

/* A kern_row_fn that collects the policies of a dump, those of sockets aside. */
struct spset_dump {
	struct spset set;
	ike_err err; /* sticky; IKE_E_NOMEM */
};

void
spset_take_row(
    void *dump, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp);

#endif
