/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/ike/events.h"

#include "ringtail/daemon.h"

#include <stdlib.h>

static const char *const kind_names[EV_COUNT] = {
	[EV_IKE_UP] = "ike-up", [EV_IKE_DOWN] = "ike-down", [EV_IKE_FAILED] = "ike-failed",
	[EV_CHILD_UP] = "child-up", [EV_CHILD_DOWN] = "child-down", [EV_CHILD_FAILED] = "child-failed",
	[EV_CHILD_REKEYED] = "child-rekeyed", [EV_CHILD_ADOPTED] = "child-adopted", [EV_ACQUIRE] = "acquire", [EV_PEER_DEAD] = "peer-dead",
	[EV_SUSPECT] = "suspect", [EV_CHECK] = "check", [EV_HALFLING] = "halfling", [EV_HEALED] = "healed", [EV_BRAKE] = "brake",
	[EV_CONFIG] = "config", [EV_KERNEL] = "kernel",
};

ike_err
events_init(struct event_ring *r)
{
	r->v = calloc(EVENT_RING, sizeof(*r->v));
	r->last = 0;
	return r->v == NULL ? IKE_E_NOMEM : IKE_OK;
}

void
events_fini(struct event_ring *r)
{
	free(r->v);
	r->v = NULL;
}

void
events_publish(struct daemon *d, const struct event *ev)
{
	struct event_ring *r = &d->events;
	struct event *slot = &r->v[++r->last % EVENT_RING];

	*slot = *ev;
	slot->seq = r->last;
	slot->wall = d->env.wallclock(d->env.arg);
	peer_note(d, slot);
}

const struct event *
events_get(const struct event_ring *r, uint64_t seq)
{
	const struct event *ev = &r->v[seq % EVENT_RING];

	return seq != 0 && ev->seq == seq ? ev : NULL;
}

const char *
event_kind_name(enum event_kind k)
{
	return k < EV_COUNT ? kind_names[k] : "unknown";
}
