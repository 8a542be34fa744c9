/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * watch - what happens to SAs and policies as lines of text: live, and from files of PF_KEY messages.
 */
#ifndef SETKEY_WATCH_H
#define SETKEY_WATCH_H

#include "setkey/print.h"

struct watch {
	struct print print;
	bool hex;       /* -H */
	bool raw_times; /* -xx */
};

/*
 * -x: print events of back end |kernel| (NULL: the first that there is) until a read or a write fails, or somebody ends the
 * process.  IKE_E_IO and what kern_open() says; |why| says more.
 */
MUST_USE ike_err
watch_live(struct watch *w, const char *kernel, struct text *why);

/* Print the PF_KEY messages in |text|.  IKE_E_SHORT, IKE_E_FORMAT: it ends early, or in something else. */
MUST_USE ike_err
watch_replay(const struct watch *w, struct slice text);

#endif
