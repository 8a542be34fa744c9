/* SPDX-License-Identifier: BSD-3-Clause */
/* What has been counted since the daemon began, and the audit that an operator asks for. */
#include "ringtail/control/server.h"

#include "sadb/sadb.h"

static void
put_engine(struct ctl_put *p, const struct daemon_stats *s)
{
	ctl_put_record(p, "counters");
	ctl_put_uint(p, "datagrams_in", s->datagrams_in);
	ctl_put_uint(p, "datagrams_out", s->datagrams_out);
	ctl_put_uint(p, "retransmissions", s->retransmissions);
	ctl_put_uint(p, "dropped", s->dropped);
	ctl_put_uint(p, "acquires", s->acquires);
	ctl_put_uint(p, "acquires_ignored", s->acquires_ignored);
	ctl_put_uint(p, "ike_up", s->ike_up);
	ctl_put_uint(p, "ike_failed", s->ike_failed);
	ctl_put_uint(p, "child_up", s->child_up);
	ctl_put_uint(p, "child_failed", s->child_failed);
	ctl_put_uint(p, "rekeys", s->rekeys);
	ctl_put_uint(p, "collisions", s->collisions);
	ctl_put_end(p);
}

static void
put_drops(struct ctl_put *p, const struct daemon_stats *s)
{
	ctl_put_list(p, "drops");
	for (unsigned i = 0; i < IKE_E_COUNT; i++) {
		if (s->drops_by_err[i] == 0)
			continue;
		ctl_put_record(p, NULL);
		ctl_put_str(p, "reason", ike_err_text((ike_err)i));
		ctl_put_uint(p, "count", s->drops_by_err[i]);
		ctl_put_end(p);
	}
	ctl_put_end(p);
}

void
control_put_repairs(
    struct ctl_put *p, const struct sadb_counts *now, const struct sadb_counts *before)
{
	ctl_put_list(p, "repairs");
	for (unsigned i = 0; i < SADB_REPAIRS; i++) {
		uint64_t n = now->repairs[i] - (before == NULL ? 0 : before->repairs[i]);
		if (n == 0)
			continue;
		ctl_put_record(p, NULL);
		ctl_put_str(p, "kind", sadb_repair_name((enum sadb_repair)i));
		ctl_put_uint(p, "count", n);
		ctl_put_end(p);
	}
	ctl_put_end(p);
}

void
control_put_counters(struct ctl_put *p, const struct daemon *d)
{
	struct sadb_counts n;

	put_engine(p, &d->stats);
	put_drops(p, &d->stats);
	sadb_count(d->sadb, &n);
	ctl_put_record(p, "mirror");
	ctl_put_uint(p, "events", n.events);
	ctl_put_uint(p, "stale_events", n.stale_events);
	ctl_put_uint(p, "acquires", n.acquires);
	ctl_put_uint(p, "overruns", n.overruns);
	ctl_put_uint(p, "audits", n.resyncs);
	ctl_put_uint(p, "audit_failures", n.resync_failures);
	ctl_put_uint(p, "delete_retries", n.delete_retries);
	ctl_put_end(p);
	control_put_repairs(p, &n, NULL);
}

void
control_counters(struct control_call *call)
{
	struct daemon *d = call->d;

	ctl_put_quantity(&call->put, "started", CTL_TIME, d->started_wall);
	control_put_counters(&call->put, d);
}

unsigned
control_broken_policies(const struct daemon *d)
{
	const struct spd_row *row;
	uint32_t it = 0;
	unsigned n = 0;

	while ((row = sadb_policy_next(d->sadb, &it)) != NULL)
		n += row->owner != SADB_FOREIGN && !row->present;
	return n;
}

void
control_resync(struct control_call *call)
{
	struct daemon *d = call->d;
	struct sadb_counts before, after;

	sadb_count(d->sadb, &before);
	ike_err err = sadb_resync(d->sadb, d->now);
	sadb_count(d->sadb, &after);
	unsigned broken = control_broken_policies(d);
	ctl_put_record(&call->put, "sad");
	ctl_put_uint(&call->put, "ours", after.sa_ours);
	ctl_put_uint(&call->put, "adopted", after.sa_adopted);
	ctl_put_uint(&call->put, "foreign", after.sa_foreign);
	ctl_put_end(&call->put);
	ctl_put_record(&call->put, "spd");
	ctl_put_uint(&call->put, "ours", after.sp_ours);
	ctl_put_uint(&call->put, "foreign", after.sp_foreign);
	ctl_put_uint(&call->put, "broken", broken);
	ctl_put_end(&call->put);
	control_put_repairs(&call->put, &after, &before);
	ctl_put_bool(&call->put, "complete", err == IKE_OK);
	if (err == IKE_E_KERNEL || err == IKE_E_PERM)
		control_fail(call,
		    after.resync_failures - before.resync_failures > 0 ? CTL_PARTLY : CTL_KERNEL,
		    "E-KERNEL", d->env.kern->reason,
		    "it is tried again by itself; `ikectl events` tells",
		    "not everything that differs could be healed");
	else if (err != IKE_OK)
		control_fail(call, CTL_PARTLY, "E-PARTLY", ike_err_text(err),
		    "it is tried again by itself", "the comparison with the kernel is incomplete");
	else if (broken > 0)
		control_fail(call, CTL_PARTLY, "E-PARTLY",
		    "the kernel refuses it, or somebody else keeps taking it out",
		    "`ikectl policies` marks what is missing; it is tried again by itself",
		    "%u of our policies %s not in the kernel", broken, broken == 1 ? "is" : "are");
}
