/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wait - what a client waits for: children that are coming, or pairs that are being replaced, or an IKE SA.
 */
#ifndef RINGTAIL_CONTROL_WAIT_H
#define RINGTAIL_CONTROL_WAIT_H

#include "ringtail/control/server.h"

enum wait_for { WAIT_CHILDREN, WAIT_REKEY, WAIT_IKE };

struct wait {
	enum wait_for what;
	struct addr peer;
	uint64_t *ids; /* children, or one IKE SA; 0: settled */
	size_t n, cap;
	uint64_t seen; /* the last event looked at */
	unsigned done, failed;
	ike_err err; /* of the last failure */
	char why[96];
};

/* A new wait for events after |seen|.  NULL: out of memory. */
struct wait *
wait_new(enum wait_for what, const struct addr *peer, uint64_t seen);

MUST_USE ike_err
wait_add(struct wait *w, uint64_t id);

/* Judge what has come to an end; true if nothing is left. */
bool
wait_settled(struct daemon *d, struct wait *w);

/* The outcome as the answer of |call|. */
void
wait_report(struct control_call *call, const struct wait *w);

/* An established IKE SA with |peer|; NULL: none. */
struct ike_sa *
control_ike_with(struct daemon *d, const struct addr *peer);

#endif
