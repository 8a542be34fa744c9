/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flow - packets as an operator names them, and what policies and SAs mean for them.
 *
 * RFC 4301 section 5: the SPD decides about each packet; here it is asked without one.
 */
#ifndef RINGTAIL_CONTROL_FLOW_H
#define RINGTAIL_CONTROL_FLOW_H

#include "ringtail/control/server.h"
#include "sadb/sadb.h"

/* What is not said is 0 in |flow| and means any. */
struct flow {
	struct sa_flow flow;
	bool proto, sport, dport; /* said */
};

/*
 * The flow that the arguments of |call| name: [SRC] DST [PROTO[/PORT]], as one word or several.  SRC and DST are addresses, as
 * "192.0.2.1" or with a port as "192.0.2.1[22]", or peers; without SRC it is our address towards DST.  False: |call| has failed.
 */
bool
flow_parse(struct control_call *call, struct flow *out);

/* The answers to it. */
struct flow
flow_reverse(const struct flow *f);

/* "192.0.2.1 -> 192.0.2.2 tcp[22]" */
void
flow_text(const struct flow *f, struct text *t);

enum flow_fit {
	FLOW_NONE,
	FLOW_PART,  /* some of its packets */
	FLOW_WHOLE, /* every packet */
};

/* How much of |f| the selector of |row| covers; marks are taken as 0. */
enum flow_fit
flow_fits(const struct spd_row *row, const struct flow *f);

/* Does |a| come before |b| for the kernel? */
bool
flow_before(const struct spd_row *a, const struct spd_row *b);

/* Among the policies of |dir| in force the one that the kernel applies to every packet of |f|; NULL: none. */
const struct spd_row *
flow_winner(const struct daemon *d, enum sp_dir dir, const struct flow *f);

/*
 * The SA that carries |f| for template |i| of |row| now: the kernel wants both ends, protocol, mode, reqid, mark and if_id to be equal and
 * the selector to cover the packet; of several it takes the youngest.  |in|: the SA that its packets come out of.  *from and *to are
 * the ends between which it is looked for; a tunnel's become the ends of what goes around it.  NULL: none.
 */
const struct sad_row *
flow_sa(const struct daemon *d, const struct spd_row *row, unsigned i, const struct flow *f,
    struct addr *from, struct addr *to);

#endif
