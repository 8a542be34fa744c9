/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handover_ids - the ids that things had in a former process, and those they have now.
 *
 * Filled in any order, then sorted once, then asked.  An id that is not known becomes 0, which names nothing.
 */
#ifndef RINGTAIL_IKE_HANDOVER_IDS_H
#define RINGTAIL_IKE_HANDOVER_IDS_H

#include "util/err.h"

#include <stddef.h>
#include <stdint.h>

struct id_pair {
	uint64_t was, is;
};

struct ids {
	struct id_pair *v;
	size_t          n, cap;
};

/* Room for one more; IKE_E_NOMEM. */
MUST_USE ike_err
ids_room(struct ids *m);

/* There has to be room. */
void ids_add(struct ids *m, uint64_t was, uint64_t is);
void ids_sort(struct ids *m);

uint64_t ids_new(const struct ids *m, uint64_t was);

void ids_free(struct ids *m);

#endif
