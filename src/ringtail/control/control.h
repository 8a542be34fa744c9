/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * control - what ikectl says to the daemon and what it is told: clients, requests, subscriptions to events.
 *
 * Requests and answers are lib/ctl messages; handlers read the engine's tables and wish for intents, never more.  Nothing
 * secret is ever put into an answer.
 */
#ifndef RINGTAIL_CONTROL_CONTROL_H
#define RINGTAIL_CONTROL_CONTROL_H

#include "util/slice.h"

struct daemon;

/* One whole message of |client|; answered through env.ctl_send.  A client not seen before is a new one. */
void control_input(struct daemon *d, uint64_t client, struct slice msg);

/* |client| went away: its subscription and what it waits for are forgotten. */
void control_closed(struct daemon *d, uint64_t client);

/* Called at the end of every entry point: events that were published meanwhile go to those who follow or wait. */
void control_flush(struct daemon *d);

void control_fini(struct daemon *d);

#endif
