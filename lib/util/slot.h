/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * slot - a slot map: objects named by 64-bit ids that are never reused.
 *
 * An id is (generation << 32 | index + 1), so 0 is never a valid id.  The map does not own the objects.  A stale id
 * finds nothing.
 */
#ifndef UTIL_SLOT_H
#define UTIL_SLOT_H

#include "util/err.h"

#include <stddef.h>

struct slot {
	void *obj;
	uint32_t gen;
	uint32_t next_free;
};

struct slotmap {
	struct slot *v;
	uint32_t cap;
	uint32_t free_head; /* index + 1, 0: none */
	size_t count;
};

/* Store |obj| (not NULL) under a new id.  IKE_E_NOMEM. */
MUST_USE ike_err
slot_add(struct slotmap *m, void *obj, uint64_t *id_out);

/* The object of |id|, NULL if the id is stale or never was. */
void *
slot_get(const struct slotmap *m, uint64_t id);

/* Forget |id|; nothing happens if it is stale. */
void
slot_remove(struct slotmap *m, uint64_t id);

/* Walk all objects: start with *it = 0; NULL ends.  Objects may be removed on the way. */
void *
slot_each(const struct slotmap *m, uint32_t *it);

void
slot_fini(struct slotmap *m);

#endif
