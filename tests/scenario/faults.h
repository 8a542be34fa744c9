/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * faults - what somebody else does to a host's SAD and SPD, as with setkey or ip xfrm, and what the daemon is to count for it.
 */
#ifndef SCENARIO_FAULTS_H
#define SCENARIO_FAULTS_H

#include "scenario/hosts.h"
#include "sadb/sadb.h"

/* The SA of |n| from (|out|) or to it that was added last, with the peer |p|; false: there is none. */
bool fault_find_sa(struct node *n, const struct node *p, bool out, struct sa_spec *spec);

/* Delete that SA; false: there was none. */
bool fault_delete_sa(struct node *n, const struct node *p, bool out);

/* Replace that SA by one of the same name with other keys; false: there was none. */
bool fault_replace_sa(struct node *n, const struct node *p, bool out);

/* An SA that has nothing to do with anybody, number |which|. */
struct sa_spec fault_stranger(const struct node *n, unsigned which);
bool fault_add_stranger(struct node *n, unsigned which);

/* Remove everything: SAs, policies. */
void fault_flush_sas(struct node *n);
void fault_flush_policies(struct node *n);

/*
 * One fault of a random kind on |n|, and what |n| is to count for it added to |want|.  True: policies are concerned, so that as long
 * as it is not noticed packets may be in clear.
 */
bool fault_random(struct node *n, uint64_t want[SADB_REPAIRS]);

/* Repairs of |kind| that |n|'s daemon has counted since it was started. */
uint64_t fault_repairs(const struct node *n, enum sadb_repair kind);

#endif
