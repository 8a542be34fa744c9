/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/control/peers.h"
#include "sadb/sadb.h"

static bool
is_of(const struct addr *want, const struct addr *a)
{
	return want == NULL || addr_equal(want, a);
}

static void
put_ikes(struct control_call *call, const struct addr *peer)
{
	struct daemon *d = call->d;
	struct ctl_put *p = &call->put;
	struct ike_sa *ike;
	uint32_t it = 0;

	ctl_put_list(p, "ike_sas");
	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL) {
		if (ike->state == IKE_DEAD || !is_of(peer, &ike->remote.addr))
			continue;
		ctl_put_record(p, NULL);
		control_put_ike(call, ike, true);
		ctl_put_end(p);
	}
	ctl_put_end(p);
}

/* Children that belong to no IKE SA: IKEv1's outlive theirs, and new ones wait for it. */
static void
put_orphans(struct control_call *call, const struct addr *peer)
{
	struct daemon *d = call->d;
	struct ctl_put *p = &call->put;
	struct child *c;
	uint32_t it = 0;

	ctl_put_list(p, "children");
	while ((c = slot_each(&d->children.ids, &it)) != NULL) {
		if (c->ike_id != 0 || !is_of(peer, &c->remote.addr))
			continue;
		ctl_put_record(p, NULL);
		control_put_child(call, c);
		ctl_put_end(p);
	}
	ctl_put_end(p);
}

static void
put_policies(struct control_call *call, const struct addr *peer)
{
	static const uint8_t others[] = { SP_IN, SP_FWD };
	struct daemon *d = call->d;
	const struct spd_row *row, *mirror;
	struct addr a;
	uint32_t it = 0;

	ctl_put_list(&call->put, "policies");
	while ((row = sadb_policy_next(d->sadb, &it)) != NULL) {
		if (!control_policy_peer(row, &a) || !addr_equal(&a, peer))
			continue;
		ctl_put_record(&call->put, NULL);
		control_put_policy(call, row);
		ctl_put_end(&call->put);
		for (size_t i = 0; i < sizeof(others); i++) {
			mirror = sadb_policy_mirror(d->sadb, row, others[i]);
			if (mirror == NULL)
				continue;
			ctl_put_record(&call->put, NULL);
			control_put_policy(call, mirror);
			ctl_put_end(&call->put);
		}
	}
	ctl_put_end(&call->put);
}

/* The latest events of the peer, oldest first. */
#define HISTORY 10

static void
put_history(struct control_call *call, const struct addr *peer)
{
	const struct event_ring *r = &call->d->events;
	uint64_t found[HISTORY];
	unsigned n = 0;

	for (uint64_t seq = r->last; n < HISTORY && events_get(r, seq) != NULL; seq--)
		if (addr_equal(&events_get(r, seq)->remote.addr, peer))
			found[n++] = seq;
	ctl_put_list(&call->put, "history");
	while (n > 0) {
		ctl_put_record(&call->put, NULL);
		control_put_event(&call->put, events_get(r, found[--n]));
		ctl_put_end(&call->put);
	}
	ctl_put_end(&call->put);
}

void
control_show(struct control_call *call)
{
	struct peers peers;
	struct addr a;

	if (!peers_resolve(call, call->rq->args[0], true, &a))
		return;
	ike_err err = peers_collect(call, &a, &peers);
	const struct peer_view *peer = err == IKE_OK ? peers_find(&peers, &a) : NULL;
	if (peer != NULL) {
		ctl_put_record(&call->put, "peer");
		peer_put(&call->put, call->d, peer);
		ctl_put_end(&call->put);
	}
	peers_free(&peers);
	if (peer == NULL) {
		control_fail_err(
		    call, err == IKE_OK ? IKE_E_GONE : err, "the peer could not be shown");
		return;
	}
	put_ikes(call, &a);
	put_orphans(call, &a);
	put_policies(call, &a);
	put_history(call, &a);
}

void
control_ikes(struct control_call *call)
{
	struct addr a, *peer = NULL;

	if (call->rq->nargs > 0) {
		if (!peers_resolve(call, call->rq->args[0], true, &a))
			return;
		peer = &a;
	}
	put_ikes(call, peer);
	put_orphans(call, peer);
}
