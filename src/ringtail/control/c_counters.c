/* SPDX-License-Identifier: BSD-3-Clause */
/* What has been counted since the daemon began, and the audit that an operator asks for. */
#include "ringtail/control/server.h"

#include "sadb/sadb.h"

#include <stddef.h>
#include <string.h>

/* In the order in which people read them. */
static const struct {
	const char *name;
	size_t at;
} counters[] = {
	{ "datagrams_in", offsetof(struct daemon_stats, datagrams_in) },
	{ "datagrams_out", offsetof(struct daemon_stats, datagrams_out) },
	{ "retransmissions", offsetof(struct daemon_stats, retransmissions) },
	{ "dropped", offsetof(struct daemon_stats, dropped) },
	{ "acquires", offsetof(struct daemon_stats, acquires) },
	{ "acquires_ignored", offsetof(struct daemon_stats, acquires_ignored) },
	{ "ike_up", offsetof(struct daemon_stats, ike_up) },
	{ "ike_failed", offsetof(struct daemon_stats, ike_failed) },
	{ "child_up", offsetof(struct daemon_stats, child_up) },
	{ "adopted", offsetof(struct daemon_stats, adopted) },
	{ "child_failed", offsetof(struct daemon_stats, child_failed) },
	{ "rekeys", offsetof(struct daemon_stats, rekeys) },
	{ "collisions", offsetof(struct daemon_stats, collisions) },
	{ "evictions", offsetof(struct daemon_stats, evictions) },
	{ "suspicions", offsetof(struct daemon_stats, suspicions) },
	{ "checks", offsetof(struct daemon_stats, checks) },
	{ "checks_failed", offsetof(struct daemon_stats, checks_failed) },
	{ "halflings", offsetof(struct daemon_stats, halflings) },
	{ "healed", offsetof(struct daemon_stats, healed) },
	{ "peers_dead", offsetof(struct daemon_stats, peers_dead) },
	{ "crash_proofs", offsetof(struct daemon_stats, crash_proofs) },
	{ "hints", offsetof(struct daemon_stats, hints) },
	{ "hints_ignored", offsetof(struct daemon_stats, hints_ignored) },
	{ "brake_held", offsetof(struct daemon_stats, brake_held) },
	{ "greetings", offsetof(struct daemon_stats, greetings) },
};

static void
put_engine(struct ctl_put *p, const struct daemon_stats *s)
{
	ctl_put_record(p, "counters");
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		uint64_t v;
		memcpy(&v, (const char *)s + counters[i].at, sizeof(v));
		ctl_put_uint(p, counters[i].name, v);
	}
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

/* Those of the kinds from |first| on, before |end|. */
static void
put_kinds(struct ctl_put *p, unsigned first, unsigned end, const struct sadb_counts *now,
    const struct sadb_counts *before)
{
	for (unsigned i = first; i < end; i++) {
		uint64_t n = now->repairs[i] - (before == NULL ? 0 : before->repairs[i]);
		if (n == 0)
			continue;
		ctl_put_record(p, NULL);
		ctl_put_str(p, "kind", sadb_repair_name((enum sadb_repair)i));
		ctl_put_uint(p, "count", n);
		ctl_put_end(p);
	}
}

/* What was ours and was healed, and what was not and was only followed. */
void
control_put_repairs(
    struct ctl_put *p, const struct sadb_counts *now, const struct sadb_counts *before)
{
	ctl_put_list(p, "repairs");
	put_kinds(p, 0, SADB_R_SA_FOREIGN_NEW, now, before);
	ctl_put_end(p);
	ctl_put_list(p, "followed");
	put_kinds(p, SADB_R_SA_FOREIGN_NEW, SADB_REPAIRS, now, before);
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
	ctl_put_uint(p, "overruns", n.overruns);
	ctl_put_uint(p, "audits", n.resyncs);
	ctl_put_uint(p, "audit_failures", n.resync_failures);
	ctl_put_uint(p, "delete_retries", n.delete_retries);
	if (n.last_audit != 0) {
		ctl_put_quantity(p, "last_audit", CTL_TIME, control_wall(d, n.last_audit));
		ctl_put_uint(p, "last_audit_found", n.last_audit_found);
	}
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
