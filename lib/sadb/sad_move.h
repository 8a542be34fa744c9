/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sad_move - what an SA row is wanted to be, what the kernel is known to have, and what follows: two constant tables.
 *
 * sad_next(): a fact (an answer or an event of the kernel) moves |have|.  sad_action(): what a row with this |have|
 * and |want| needs.  A fact that moves nothing is a repetition and asks for nothing.
 */
#ifndef SADB_SAD_MOVE_H
#define SADB_SAD_MOVE_H

enum sad_want { SAD_WANT_ABSENT, SAD_WANT_RESERVED, SAD_WANT_INSTALLED, SAD_WANT_COUNT };

enum sad_have {
	SAD_ABSENT, /* never was there, or taken out by us */
	SAD_LARVAL, /* SPI reserved */
	SAD_LIVE,
	SAD_DYING,   /* past its soft lifetime */
	SAD_EXPIRED, /* ended by its hard lifetime */
	SAD_GONE,    /* ended by somebody else */
	SAD_UNKNOWN, /* events were lost or an answer was */
	SAD_HAVE_COUNT
};

enum sad_fact {
	SAD_F_RESERVED,  /* the kernel accepted our reservation */
	SAD_F_INSTALLED, /* the kernel accepted our SA */
	SAD_F_DELETED, /* the kernel deleted it for us, or no longer had it when we asked for that */
	SAD_F_SEEN_LARVAL, /* it is there, as a reservation */
	SAD_F_SEEN_LIVE,   /* it is there, complete */
	SAD_F_SOFT,
	SAD_F_HARD,
	SAD_F_VANISHED, /* it is not there */
	SAD_F_OVERRUN,  /* we cannot know */
	SAD_FACT_COUNT
};

enum sad_act {
	SAD_A_NONE,    /* settled */
	SAD_A_FREE,    /* forget the row */
	SAD_A_RESERVE, /* reserve the same SPI again */
	SAD_A_INSTALL, /* the caller installs; nothing to do by ourselves */
	SAD_A_DELETE,  /* take it out of the kernel */
	SAD_A_SOFT,    /* publish SOFT */
	SAD_A_HARD,    /* publish HARD, then forget the row */
	SAD_A_LOST, /* publish LOST, then forget the row (keys are not kept, so nothing can be reinstalled) */
	SAD_A_RECONCILE, /* look what the kernel has */
	SAD_A_ILLEGAL,   /* cannot be: IKE_E_INTERNAL */
};

/* SAD_HAVE_COUNT if |fact| is impossible in |have|. */
enum sad_have
sad_next(enum sad_have have, enum sad_fact fact);

enum sad_act
sad_action(enum sad_have have, enum sad_want want);

const char *
sad_want_name(unsigned want); /* "absent", "reserved", "installed" */
const char *
sad_have_name(unsigned have); /* "live", "dying", ... */

#endif
