/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first thing that happens after a handover, once packets can be sent: what the old process would have done next, and what has
 * changed between it and us.
 */
#include "ringtail/ike/handover.h"

#include "conf/conf.h"
#include "ringtail/daemon.h"

/* The new configuration does not know this peer: it is told, and everything with it goes. */
static void
unwanted(struct ike_sa *ike)
{
	ike_log(ike, LOG_L_INFO, "no section of the configuration is for this peer any more");
	if (ike->state == IKE_CONNECTING) {
		ike_sa_kill(ike, IKE_E_NO_CONFIG, false);
		return;
	}
	LIST_FOR(l, &ike->children) {
		struct child *c = container_of(l, struct child, link);
		if ((c->state == CHILD_INSTALLED || c->state == CHILD_RETIRING) && !c->delete_sent)
			child_announce_delete(c);
	}
	ike_sa_announce_delete(ike);
	ike_sa_kill(ike, IKE_E_NO_CONFIG, true);
}

static bool
is_queued(const struct child *c)
{
	const struct ike_sa *ike = ike_sa_get(c->d, c->ike_id);

	for (const struct queued *q = ike == NULL ? NULL : ike->queue; q != NULL; q = q->next)
		if (q->child_id == c->id)
			return true;
	return false;
}

static bool
is_half(const struct child *c)
{
	return !c->gone && !c->delete_sent && (c->row_in == 0 || (c->row_out == 0 && c->pending_out == NULL));
}

static void
resume_child(struct child *c)
{
	struct daemon *d = c->d;
	uint64_t id = c->id;

	switch (c->state) {
	case CHILD_WANTED:
		if (is_queued(c))
			break;
		ike_err err = child_start(c);
		if (err != IKE_OK && (c = child_get(d, id)) != NULL)
			child_failed(c, err);
		break;
	case CHILD_NEGOTIATING:
		break;
	case CHILD_INSTALLED:
	case CHILD_RETIRING:
		if (is_half(c))
			child_lost(c);
		break;
	}
}

void
handover_resume(struct daemon *d)
{
	uint32_t it = 0;
	struct ike_sa *ike;
	struct child *c;

	d->resume_due = false;
	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL)
		if (ike->rmt == NULL)
			unwanted(ike);
		else if (ike->check.compare_at != 0)
			live_compare(ike);
	it = 0;
	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL)
		ike_sa_run_queue(ike);
	it = 0;
	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		resume_child(c);
}
