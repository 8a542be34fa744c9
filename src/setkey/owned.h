/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * owned - what belongs to ringtail, also to one that has ended and left its policies: the files of its policy_file directives, and the policies in them.
 *
 * The daemon writes the names of the files it has loaded to "policy_files" in its runtime directory, a line each.  While that
 * is there setkey leaves those policies alone.
 */
#ifndef SETKEY_OWNED_H
#define SETKEY_OWNED_H

#include "setkey/spset.h"

struct owned {
	bool any;    /* the daemon owns files */
	bool listed; /* the file in question is one of them */
	struct spset policies;
};

/*
 * Look into |dir|.  |file| is the file in question, NULL: none.  A daemon's file that cannot be read has no policies.
 * IKE_E_NOMEM is the only error; free with owned_fini() in any case.
 */
MUST_USE ike_err
owned_read(const char *dir, const char *file, bool auto_fwd, struct owned *out);

void
owned_fini(struct owned *o);

/* All of |path|, appended to |out|.  IKE_E_IO: errno tells; IKE_E_NOMEM. */
struct buf;
MUST_USE ike_err
read_whole_file(const char *path, struct buf *out);

#endif
