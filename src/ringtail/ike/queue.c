/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: everything the daemon wants of a peer is an intent.  It starts at once if the IKE SA is up and the
 * version's window has room, else it waits here in order of arrival; whatever ends an exchange runs the queue.
 *
 * RFC 7296 section 2.3: "An IKE endpoint MUST NOT exceed the peer's stated window size for transmitted IKE requests."
 * (The window is 1 unless stated, and ours never exceeds that.)
 */
#include "ringtail/daemon.h"

#include <stdlib.h>

static bool
window_open(const struct ike_sa *ike)
{
	if (!ike->ops->windowed)
		return true;
	LIST_FOR(l, &ike->exchs) {
		const struct exch *x = container_of(l, struct exch, link);
		if (x->side == INITIATOR)
			return false;
	}
	return true;
}

static bool
may_start(const struct ike_sa *ike, enum intent intent)
{
	if (ike->state == IKE_DYING)
		return intent == INTENT_CHILD_DELETE || intent == INTENT_IKE_DELETE || intent == INTENT_LIVENESS;
	return ike->state == IKE_ESTABLISHED;
}

ike_err
ike_sa_enqueue(struct ike_sa *ike, enum intent intent, uint64_t child_id)
{
	struct queued **p = &ike->queue;

	for (; *p != NULL; p = &(*p)->next)
		if ((*p)->intent == intent && (*p)->child_id == child_id)
			return IKE_OK;
	struct queued *q = calloc(1, sizeof(*q));
	if (q == NULL)
		return IKE_E_NOMEM;
	q->intent = intent;
	q->child_id = child_id;
	*p = q;
	return IKE_OK;
}

static ike_err
start(struct ike_sa *ike, enum intent intent, uint64_t child_id)
{
	const struct exch_type *type = ike->ops->for_intent(intent);

	if (type == NULL)
		return IKE_E_UNSUPPORTED;
	return exch_start(ike, type, child_id);
}

ike_err
ike_sa_want(struct ike_sa *ike, enum intent intent, uint64_t child_id)
{
	if (ike->state == IKE_DEAD)
		return IKE_E_GONE;
	if (ike->state == IKE_CONNECTING)
		return ike_sa_enqueue(ike, intent, child_id);
	if (!may_start(ike, intent))
		return IKE_E_STATE;
	if (!window_open(ike))
		return ike_sa_enqueue(ike, intent, child_id);
	return start(ike, intent, child_id);
}

/* A queued wish could not start: what it was for must not wait for ever. */
static void
could_not_start(struct ike_sa *ike, const struct queued *q, ike_err err)
{
	struct child *c = child_get(ike->d, q->child_id);

	if (q->intent == INTENT_IKE_DELETE)
		ike_sa_kill(ike, IKE_E_GONE, !ike->ops->child_outlives_ike);
	else if (q->intent == INTENT_IKE_REKEY)
		ike_sa_renew_failed(ike);
	else if (c != NULL && q->intent == INTENT_CHILD_DELETE)
		child_delete_unsaid(c, err);
	else if (c != NULL)
		child_failed(c, err);
}

/* |c| went elsewhere, was made there, and came back with the children of an IKE SA that ended. */
static bool
made_already(const struct child *c, enum intent intent)
{
	return (intent == INTENT_CHILD_CREATE || intent == INTENT_CHILD_REKEY) && c->state != CHILD_WANTED;
}

/* What was wanted has been served otherwise, or nobody wants it any more. */
static bool
moot(struct ike_sa *ike, const struct queued *q)
{
	struct child *c = child_get(ike->d, q->child_id);

	if (q->child_id == 0)
		return false;
	if (c == NULL || c->ike_id != ike->id || made_already(c, q->intent))
		return true;
	return q->intent == INTENT_CHILD_CREATE && child_redundant(c);
}

void
ike_sa_run_queue(struct ike_sa *ike)
{
	while (ike->queue != NULL && ike->state != IKE_DEAD && ike->state != IKE_CONNECTING && window_open(ike)) {
		struct queued *q = ike->queue;
		ike_err err = IKE_E_STATE;

		ike->queue = q->next;
		if (moot(ike, q)) {
			free(q);
			continue;
		}
		if (may_start(ike, q->intent))
			err = start(ike, q->intent, q->child_id);
		if (err != IKE_OK)
			could_not_start(ike, q, err);
		free(q);
	}
}

void
ike_sa_move_queue(struct ike_sa *old, struct ike_sa *heir)
{
	struct queued **p = &old->queue;

	while (*p != NULL) {
		struct queued *q = *p;
		const struct child *c = child_get(old->d, q->child_id);
		if (c == NULL || c->ike_id != heir->id || made_already(c, q->intent)) {
			p = &q->next;
			continue;
		}
		*p = q->next;
		ike_err err = moot(heir, q) ? IKE_OK : ike_sa_want(heir, q->intent, q->child_id);
		if (err != IKE_OK)
			could_not_start(heir, q, err);
		free(q);
	}
}

void
ike_sa_drop_queue(struct ike_sa *ike)
{
	while (ike->queue != NULL) {
		struct queued *q = ike->queue;
		ike->queue = q->next;
		free(q);
	}
}
