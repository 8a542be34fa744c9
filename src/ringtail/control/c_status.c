/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/control/peers.h"

#include "conf/conf.h"
#include "sadb/sadb.h"

#include <string.h>

#ifndef RINGTAIL_VERSION
#define RINGTAIL_VERSION "of unknown version"
#endif

static void
put_kernel(struct ctl_put *p, const struct kern *k)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {
		{ KERN_ESP, "esp" },
		{ KERN_AH, "ah" },
		{ KERN_IPCOMP, "ipcomp" },
		{ KERN_ESN, "esn" },
		{ KERN_MARK, "mark" },
		{ KERN_IFID, "ifid" },
		{ KERN_MIGRATE, "migrate" },
		{ KERN_EVENTS_ALL, "events" },
	};

	ctl_put_record(p, "kernel");
	ctl_put_str(p, "interface", k->ops->name);
	ctl_put_list(p, "features");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((k->features & words[i].bit) != 0)
			ctl_put_str(p, NULL, words[i].word);
	ctl_put_end(p);
	ctl_put_end(p);
}

static void
put_ike_counts(struct ctl_put *p, const struct daemon *d)
{
	unsigned up = 0, connecting = 0, dying = 0, half_open = 0;
	const struct ike_sa *ike;
	uint32_t it = 0;

	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL) {
		up += ike->state == IKE_ESTABLISHED;
		dying += ike->state == IKE_DYING;
		half_open += ike->half_open;
		connecting += ike->state == IKE_CONNECTING && !ike->half_open;
	}
	ctl_put_record(p, "ike_sas");
	ctl_put_uint(p, "up", up);
	ctl_put_uint(p, "connecting", connecting);
	ctl_put_uint(p, "half_open", half_open);
	ctl_put_uint(p, "dying", dying);
	ctl_put_end(p);
}

static void
put_child_counts(struct ctl_put *p, const struct daemon *d)
{
	unsigned n[CHILD_RETIRING + 1] = { 0 };
	const struct child *c;
	uint32_t it = 0;

	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		n[c->state]++;
	ctl_put_record(p, "children");
	ctl_put_uint(p, "installed", n[CHILD_INSTALLED]);
	ctl_put_uint(p, "negotiating", n[CHILD_WANTED] + n[CHILD_NEGOTIATING]);
	ctl_put_uint(p, "retiring", n[CHILD_RETIRING]);
	ctl_put_end(p);
}

static void
put_db_counts(struct ctl_put *p, const struct daemon *d)
{
	struct sadb_counts n;

	sadb_count(d->sadb, &n);
	ctl_put_record(p, "sad");
	ctl_put_uint(p, "ours", n.sa_ours);
	ctl_put_uint(p, "adopted", n.sa_adopted);
	ctl_put_uint(p, "foreign", n.sa_foreign);
	ctl_put_uint(p, "reserved", n.sa_reserved);
	ctl_put_end(p);
	ctl_put_record(p, "spd");
	ctl_put_uint(p, "ours", n.sp_ours);
	ctl_put_uint(p, "foreign", n.sp_foreign);
	ctl_put_end(p);
}

static void
put_names(struct ctl_put *p, const struct peer_view *peer)
{
	char buf[600];
	struct text t = text_in(buf, sizeof(buf));

	if (peer->section != NULL && peer->section->named)
		ctl_put_str(p, "name", peer->section->name);
	if (peer->ike != NULL && peer->ike->peer_id != NULL) {
		ident_print(peer->ike->peer_id, &t);
		ctl_put_str(p, "identity", buf);
	}
}

/* By all pairs there ever were: rekeying changes nothing about it. */
static void
put_carried(struct ctl_put *p, const struct peer_view *peer)
{
	struct peer_carried n = peer->live;

	if (peer->memory != NULL) {
		n.bytes_in += peer->memory->former.bytes_in;
		n.bytes_out += peer->memory->former.bytes_out;
		n.packets_in += peer->memory->former.packets_in;
		n.packets_out += peer->memory->former.packets_out;
	}
	ctl_put_quantity(p, "bytes_in", CTL_BYTES, (int64_t)n.bytes_in);
	ctl_put_quantity(p, "bytes_out", CTL_BYTES, (int64_t)n.bytes_out);
	ctl_put_uint(p, "packets_in", n.packets_in);
	ctl_put_uint(p, "packets_out", n.packets_out);
}

static void
put_memory(struct ctl_put *p, const struct peer *m)
{
	if (m->why != IKE_OK)
		ctl_put_str(p, "reason", ike_err_info(m->why)->name);
	if (m->failed_wall != 0) {
		ctl_put_quantity(p, "failed", CTL_TIME, m->failed_wall);
		ctl_put_uint(p, "failures", m->failures);
	}
	ctl_put_uint(p, "ups", m->ups);
	ctl_put_uint(p, "downs", m->downs);
	ctl_put_uint(p, "rekeys", m->rekeys);
	ctl_put_uint(p, "failed_ever", m->failed);
}

void
peer_put(struct ctl_put *p, const struct daemon *d, const struct peer_view *peer)
{
	int64_t since = peer_since(d, peer);
	char why[160];
	struct text t = text_in(why, sizeof(why));

	control_put_addr(p, "address", &peer->addr);
	put_names(p, peer);
	if (peer->ike != NULL)
		ctl_put_str(p, "version", peer->ike->ops->name);
	ctl_put_str(p, "state", peer_state(peer));
	if (since != 0)
		ctl_put_quantity(p, "since", CTL_TIME, since);
	ctl_put_uint(p, "ike_sas", peer->ikes);
	ctl_put_uint(p, "children", peer->children);
	if (peer->adopted > 0)
		ctl_put_uint(p, "adopted", peer->adopted);
	if (peer->one_sided > 0)
		ctl_put_uint(p, "one_sided", peer->one_sided);
	put_carried(p, peer);
	ctl_put_bool(p, "policy", peer->policy);
	peer_why(peer, &t);
	if (why[0] != '\0')
		ctl_put_str(p, "why", why);
	if (peer_is_tried(peer))
		ctl_put_bool(p, "negotiating", true);
	if (peer->memory != NULL)
		put_memory(p, peer->memory);
}

/* How many peers are in which state; what is under way. */
static void
put_summary(struct ctl_put *p, const struct daemon *d, const struct peers *peers)
{
	static const char *const states[] = { "up", "degraded", "down", "connecting", "ike-only",
		"idle" };
	unsigned n[sizeof(states) / sizeof(states[0])] = { 0 }, adopted = 0;

	for (size_t i = 0; i < peers->n; i++) {
		const char *state = peer_state(peers->v[i]);
		adopted += peers->v[i]->adopted;
		for (size_t k = 0; k < sizeof(states) / sizeof(states[0]); k++)
			n[k] += strcmp(states[k], state) == 0;
	}
	ctl_put_record(p, "summary");
	ctl_put_uint(p, "peers", peers->n);
	ctl_put_uint(p, "up", n[0]);
	ctl_put_uint(p, "degraded", n[1]);
	ctl_put_uint(p, "down", n[2]);
	ctl_put_uint(p, "connecting", n[3]);
	ctl_put_uint(p, "ike_only", n[4]);
	ctl_put_uint(p, "idle", n[5]);
	ctl_put_uint(p, "adopted_pairs", adopted);
	ctl_put_uint(p, "negotiating_with", d->admit.places);
	ctl_put_uint(p, "waiting", d->admit.waiting);
	ctl_put_end(p);
}

void
control_status(struct control_call *call)
{
	struct ctl_put *p = &call->put;
	struct daemon *d = call->d;
	struct peers peers;

	ike_err err = peers_collect(call, NULL, &peers);
	if (err == IKE_OK) {
		ctl_put_str(p, "version", RINGTAIL_VERSION);
		ctl_put_quantity(p, "started", CTL_TIME, d->started_wall);
		put_summary(p, d, &peers);
		control_put_problems(p, d);
		put_kernel(p, d->env.kern);
		put_ike_counts(p, d);
		put_child_counts(p, d);
		put_db_counts(p, d);
		control_put_counters(p, d);
		ctl_put_list(p, "peers");
		for (size_t i = 0; i < peers.n; i++) {
			ctl_put_record(p, NULL);
			peer_put(p, d, peers.v[i]);
			ctl_put_end(p);
		}
		ctl_put_end(p);
	} else {
		control_fail_err(call, err, "the peers could not be listed");
	}
	peers_free(&peers);
}
