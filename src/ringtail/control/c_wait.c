/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: whoever waits names the children (or the IKE SA) that were coming when it asked.  At the end of each entry
 * point the new events are searched for failures of these, then each is looked up: it stands, or it is gone.  One that
 * is gone without a failure was not needed any more, because the peer's attempt at the same won.
 */
#include "ringtail/control/wait.h"

#include <stdlib.h>

struct wait *
wait_new(enum wait_for what, const struct addr *peer, uint64_t seen)
{
	struct wait *w = calloc(1, sizeof(*w));

	if (w != NULL) {
		w->what = what;
		w->peer = *peer;
		w->seen = seen;
	}
	return w;
}

ike_err
wait_add(struct wait *w, uint64_t id)
{
	if (w->n == w->cap) {
		size_t cap = w->cap == 0 ? 4 : 2 * w->cap;
		uint64_t *ids = realloc(w->ids, cap * sizeof(*ids));
		if (ids == NULL)
			return IKE_E_NOMEM;
		w->ids = ids;
		w->cap = cap;
	}
	w->ids[w->n++] = id;
	return IKE_OK;
}

void
control_wait_free(struct wait *w)
{
	if (w == NULL)
		return;
	free(w->ids);
	free(w);
}

static void
note_failure(struct wait *w, const struct event *ev)
{
	struct text t = text_in(w->why, sizeof(w->why));

	w->err = ev->why;
	text_add(&t, ev->text[0] != '\0' ? ev->text : ike_err_text(ev->why));
}

static void
read_events(struct daemon *d, struct wait *w)
{
	uint64_t last = d->events.last;

	if (last - w->seen > EVENT_RING)
		w->seen = last - EVENT_RING;
	while (w->seen < last) {
		const struct event *ev = events_get(&d->events, ++w->seen);
		bool failure =
		    ev != NULL && (ev->kind == EV_CHILD_FAILED || ev->kind == EV_IKE_FAILED);
		if (failure && addr_equal(&ev->remote.addr, &w->peer))
			note_failure(w, ev);
		if (!failure || ev->kind != EV_CHILD_FAILED || w->what != WAIT_CHILDREN)
			continue;
		for (size_t i = 0; i < w->n; i++)
			if (w->ids[i] != 0 && w->ids[i] == ev->child_id) {
				w->ids[i] = 0;
				w->failed++;
			}
	}
}

static bool
has_child(struct daemon *d, const struct addr *peer)
{
	const struct child *c;
	uint32_t it = 0;

	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		if (c->state == CHILD_INSTALLED && addr_equal(&c->remote.addr, peer))
			return true;
	return false;
}

enum verdict { STILL, GOOD, BAD };

static enum verdict
judge_child(struct daemon *d, const struct wait *w, uint64_t id)
{
	const struct child *c = child_get(d, id);

	if (c == NULL)
		return has_child(d, &w->peer) ? GOOD : BAD;
	return c->state == CHILD_INSTALLED || c->state == CHILD_RETIRING ? GOOD : STILL;
}

static enum verdict
judge_rekey(struct daemon *d, const struct wait *w, uint64_t id)
{
	const struct child *c = child_get(d, id);

	if (c == NULL)
		return has_child(d, &w->peer) ? GOOD : BAD;
	if (c->state == CHILD_INSTALLED)
		return c->rekeying ? STILL : BAD;
	return c->replaced_by != 0 ? GOOD : BAD;
}

struct ike_sa *
control_ike_with(struct daemon *d, const struct addr *peer)
{
	for (struct ike_sa *ike = ike_next_of_peer(d, peer, NULL); ike != NULL;
	     ike = ike_next_of_peer(d, peer, ike))
		if (ike->state == IKE_ESTABLISHED)
			return ike;
	return NULL;
}

static enum verdict
judge_ike(struct daemon *d, const struct wait *w, uint64_t id)
{
	const struct ike_sa *ike = ike_sa_get(d, id);

	if (ike == NULL || ike->state == IKE_DEAD)
		return control_ike_with(d, &w->peer) != NULL ? GOOD : BAD;
	return ike->state == IKE_CONNECTING ? STILL : GOOD;
}

bool
wait_settled(struct daemon *d, struct wait *w)
{
	size_t left = 0;

	read_events(d, w);
	for (size_t i = 0; i < w->n; i++) {
		enum verdict v = STILL;
		if (w->ids[i] == 0)
			continue;
		switch (w->what) {
		case WAIT_CHILDREN:
			v = judge_child(d, w, w->ids[i]);
			break;
		case WAIT_REKEY:
			v = judge_rekey(d, w, w->ids[i]);
			break;
		case WAIT_IKE:
			v = judge_ike(d, w, w->ids[i]);
			break;
		}
		left += v == STILL;
		w->done += v == GOOD;
		w->failed += v == BAD;
		if (v != STILL)
			w->ids[i] = 0;
	}
	return left == 0;
}

void
wait_report(struct control_call *call, const struct wait *w)
{
	static const char *const nouns[] = { "children", "rekeyed", "ike_sas" };
	struct addr_buf ab;
	char what[200];
	struct text t = text_in(what, sizeof(what));

	control_put_addr(&call->put, "peer", &w->peer);
	ctl_put_uint(&call->put, nouns[w->what], w->done);
	ctl_put_uint(&call->put, "failed", w->failed);
	ctl_put_bool(&call->put, "already", w->n == 0);
	if (w->failed == 0)
		return;
	text_addf(&t, "%s %s", addr_text(&w->peer, &ab),
	    w->what == WAIT_REKEY ? "was not rekeyed" : "did not come up");
	if (w->done > 0) {
		control_fail(call, CTL_PARTLY, "E-PARTLY", w->why,
		    "`ikectl show` tells the state of each pair", "%s: %u of %u failed", what,
		    w->failed, w->failed + w->done);
		return;
	}
	control_fail_err(call, w->err != IKE_OK ? w->err : IKE_E_GONE, what);
	if (w->why[0] != '\0') {
		struct text why = text_in(call->error.why, sizeof(call->error.why));
		text_add(&why, w->why);
	}
}

void
control_wait_look(struct daemon *d, struct control_client *c)
{
	struct control_call call;

	if (!wait_settled(d, c->wait))
		return;
	control_call_begin(&call, d, c->id);
	wait_report(&call, c->wait);
	control_call_send(&call);
	control_wait_free(c->wait);
	c->wait = NULL;
}
