/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * owned - hosts whose daemons own the policies of files, and what must hold of them at every moment: shared by s_owned and
 * s_reload.
 */
#ifndef SCENARIO_OWNED_H
#define SCENARIO_OWNED_H

#include "scenario/hosts.h"

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])
#define C(w) (&(w)->node[2])

#define CONF_A(rest) "policy_file \"/etc/a.setkey\";\n" rest
#define CONF_B(rest) "policy_file \"/etc/b.setkey\";\n" rest

#define V2 REMOTE("ikev2", "") PLAIN_SAINFO
#define V1 REMOTE("main", "") PLAIN_SAINFO

#define TO_B \
	"spdadd 192.0.2.1 192.0.2.2 any -P out ipsec esp/transport//require;\n" \
	"spdadd 192.0.2.2 192.0.2.1 any -P in ipsec esp/transport//require;\n"
#define TO_C \
	"spdadd 192.0.2.1 192.0.2.3 any -P out ipsec esp/transport//require;\n" \
	"spdadd 192.0.2.3 192.0.2.1 any -P in ipsec esp/transport//require;\n"
#define SSH "spdadd 0.0.0.0/0 0.0.0.0/0[22] tcp -P out prio def + 100 none;\n"

extern const char policies_a[], policies_b[], policies_c[];
/* Hosts a and b that own /etc/a.setkey and /etc/b.setkey, with these configurations; with IKEv2 and IKEv1. */
bool owned_build(struct world *w, const char *conf_a, const char *conf_b);
bool owned_v2(struct world *w);
bool owned_v1(struct world *w);

/* Policies of ours in the model of |n|. */
unsigned owned_count(const struct node *n);

/* What is wrong at some moment of a story: the first is kept in the world.  NULL: nothing was. */
void note_wrong(struct world *w, const char *what);
const char *noted_wrong(const struct world *w);

/* From now on: after each change of a kernel's policies, what hosts a and b send each other must have one. */
void watch_policies(struct world *w);

/* Snapshots that |n| holds: the present one, the one before for an undo, and those that something is bound to. */
unsigned count_snapshots(const struct node *n);

void send_hup(struct node *n);

/* Nothing was wrong and nothing went in clear.  With the files as they were at first, one pair, and the record. */
const char *owned_well(struct world *w);
const char *owned_check(struct world *w);

/* After a fault: the same and all traffic flows; or only that traffic between a and b flows. */
const char *owned_settled(struct world *w);
const char *owned_survived(struct world *w);

/* A fault may come at any moment, so that a story's own expectations do not all hold: what must hold always is in watch_policies(). */
#define STORY(label, b, r, c, n, s) { .name = label, .build = b, .run = r, .check = c, .runs = n, .settled = s }

#endif
