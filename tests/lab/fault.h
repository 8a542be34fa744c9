/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fault - what somebody else might do to the SAs and policies of a host, behind its daemon's back.
 */
#ifndef LAB_FAULT_H
#define LAB_FAULT_H

#include "clean.h"

enum fault_kind {
	FAULT_SA_OUT,     /* one SA is deleted, towards a peer */
	FAULT_SA_IN,      /* one from a peer */
	FAULT_SA_PAIR,    /* both */
	FAULT_SA_FLUSH,   /* all of the host */
	FAULT_SA_CHANGE,  /* one towards a peer gets other keys; the daemon has to sleep meanwhile */
	FAULT_SA_FOREIGN, /* one is added that is nobody's business */
	FAULT_SA_STRAY,   /* one is added that looks like the daemon's own */
	FAULT_SA_TWIN,    /* one is added towards a peer, which has it not: the kernel sends by it, for it is the youngest */
	FAULT_SA_MIGRATE, /* one towards a peer is given another end, as by a mobility daemon */
	FAULT_SP_DELETE,  /* one policy is deleted */
	FAULT_SP_PRIORITY, /* one is changed */
	FAULT_SP_ACTION,  /* one is changed to "discard" */
	FAULT_SP_PROTO,   /* one asks for AH instead of ESP */
	FAULT_SP_FLUSH,   /* all policies of the host are gone */
	FAULT_SP_FOREIGN, /* one is added that is nobody's business */
	FAULT_KINDS
};

extern const char *const fault_names[FAULT_KINDS];

/* What was done, in numbers: SAs of ours that are gone, changed, of no use, that the daemon takes over; policies gone, changed. */
struct fault_done {
	unsigned sas_gone, sas_changed, stray, twins, pols_gone, pols_changed;
};

/*
 * Do it, at |host| and where it takes one with the peer |peer|.  |pick| chooses among the policies, and whether packets come in the
 * middle of FAULT_SA_CHANGE.  The host's lists are read afresh.  False if there is nothing to do it to (no such SA), and then
 * nothing was done.
 */
bool
fault_do(enum fault_kind kind, struct host *host, const struct host *peer, unsigned pick, struct fault_done *done);

/*
 * Is what fault_do() added for FAULT_SA_FOREIGN or FAULT_SP_FOREIGN still there?  For what FAULT_SA_CHANGE, FAULT_SA_STRAY and
 * FAULT_SA_MIGRATE have put in: is it gone?  True for all other kinds.
 */
bool
fault_bystander_fine(enum fault_kind kind, struct host *host);

/* Remove what was added for the foreign kinds. */
void
fault_tidy(enum fault_kind kind, struct host *host);

/* Add and remove |n| foreign SAs: noise that overruns a small buffer. */
void
fault_noise(struct host *host, unsigned n);

#endif
