/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/simkern_int.h"

#include <stdlib.h>

static bool
is_about_others(enum kern_event_kind kind)
{
	return kind != KERN_EV_ACQUIRE && kind != KERN_EV_SOFT && kind != KERN_EV_HARD &&
	       kind != KERN_EV_MAPPING && kind != KERN_EV_OVERRUN && kind != KERN_EV_SP_EXPIRE;
}

void
sim_report(struct simkern *k, const struct kern_event *ev)
{
	struct sim_event *e;

	if ((k->muted >> ev->kind & 1) != 0 ||
	    (is_about_others(ev->kind) && (k->features & KERN_EVENTS_ALL) == 0))
		return;
	if (ev->pid == PID_DAEMON && !k->echo)
		return;
	e = k->event_limit != 0 && k->nevents >= k->event_limit ? NULL : malloc(sizeof(*e));
	if (e == NULL) { /* no room in the socket's buffer */
		k->overrun = true;
		return;
	}
	e->next = NULL;
	e->ev = *ev;
	*k->last = e;
	k->last = &e->next;
	k->nevents++;
}

void
sim_report_sa(struct simkern *k, enum kern_event_kind kind, const struct sim_sa *x, uint32_t pid)
{
	struct kern_event ev = { .kind = kind, .sa = x->spec, .pid = pid };

	sim_report(k, &ev);
}

void
sim_report_sp(struct simkern *k, enum kern_event_kind kind, const struct sp_spec *sp, uint32_t pid)
{
	struct kern_event ev = { .kind = kind, .sp = *sp, .pid = pid };

	sim_report(k, &ev);
}

static struct sim_event *
take_event(struct simkern *k)
{
	struct sim_event *e = k->first;

	if (e == NULL)
		return NULL;
	k->first = e->next;
	if (k->first == NULL)
		k->last = &k->first;
	k->nevents--;
	return e;
}

void
sim_deliver(struct kern *kern)
{
	struct simkern *k = ((struct sim_handle *)(void *)kern)->k;
	const struct kern_event overrun = { .kind = KERN_EV_OVERRUN };
	struct sim_event *e;

	if (k->overrun) { /* the socket's error comes before what is still in its buffer */
		k->overrun = false;
		if (kern->on_event != NULL)
			kern->on_event(kern->event_arg, &overrun);
	}
	for (size_t n = k->nevents; n > 0 && (e = take_event(k)) != NULL; n--) {
		if (kern->on_event != NULL)
			kern->on_event(kern->event_arg, &e->ev);
		free(e);
	}
}

void
sim_free_events(struct simkern *k)
{
	struct sim_event *e;

	while ((e = take_event(k)) != NULL)
		free(e);
}

void
simkern_set_echo(struct simkern *k, bool echo)
{
	k->echo = echo;
}

void
simkern_mute(struct simkern *k, unsigned mask)
{
	k->muted = mask;
}

void
simkern_set_event_limit(struct simkern *k, size_t n)
{
	k->event_limit = n;
}

void
simkern_drop_events(struct simkern *k, bool tell)
{
	sim_free_events(k);
	k->overrun = tell;
}

void
simkern_forge(struct simkern *k, const struct kern_event *ev)
{
	sim_report(k, ev);
}

size_t
simkern_pending(const struct simkern *k)
{
	return k->nevents + (k->overrun ? 1 : 0);
}
