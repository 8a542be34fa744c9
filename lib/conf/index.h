/* SPDX-License-Identifier: BSD-3-Clause */
/* index - the sorted arrays behind the lookups of a snapshot.  Private to lib/conf. */
#ifndef CONF_INDEX_H
#define CONF_INDEX_H

#include "conf/conf.h"

/* A sainfo by the hash of what must be equal; |pos| is its place in conf.sainfos. */
struct sainfo_key {
	uint64_t hash;
	uint32_t pos;
};

struct conf_index {
	const struct conf_remote **by_addr; /* by address, then index; without the anonymous ones */
	size_t n_addr;
	const struct conf_remote **anon; /* by index */
	size_t n_anon;
	const struct conf_remote **by_name; /* by name, then index */
	struct sainfo_key *keys;            /* by hash, then pos */
};

/* The hash of a section's selectors, remoteid and from. */
uint64_t
sainfo_hash(const struct conf_sainfo *s);

/* Do the two select exactly the same? */
bool
sainfo_same(const struct conf_sainfo *a, const struct conf_sainfo *b);

#endif
