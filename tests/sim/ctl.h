/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl - an operator's requests to a host of the simulated world.
 */
#ifndef SIM_CTL_H
#define SIM_CTL_H

#include "ikectl/talk.h"
#include "sim/world.h"

/*
 * Send job->rq to |n|'s daemon, pass time until it answers (30 s at most), and put what ikectl would print into n->answer, with a
 * NUL behind it.  *status is the exit status.  IKE_E_TIMEOUT.
 */
MUST_USE ike_err
ctl_ask(struct node *n, const struct job *job, int *status);

#endif
