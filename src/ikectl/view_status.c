/* SPDX-License-Identifier: BSD-3-Clause */
#include "ikectl/view.h"

#include <string.h>

static void
head_lines(const struct ctl_node *r, const struct view *v, struct out *o)
{
	struct ctl_node kern, list, n;
	char up[32];
	struct text t = text_in(up, sizeof(up));
	uint64_t started = ctl_get_number(r, "started");

	span_text(v->now > (int64_t)started ? (uint64_t)v->now - started : 0, &t);
	out_addf(o, "host %s  ringtail ", v->host);
	out_member(o, r, "version", "-");
	out_addf(o, "  up %s", up);
	if (ctl_find(r, "kernel", &kern) && ctl_find(&kern, "features", &list)) {
		struct rd cur = ctl_members(&list);
		out_if(o, "  kernel ", &kern, "interface", ":");
		while (ctl_next(&cur, &n)) {
			out_add(o, " ");
			out_slice(o, n.body);
		}
	}
	out_add(o, "\n");
}

/* "3 up, 1 down": what there is of it. */
static void
out_states(const struct ctl_node *n, struct out *o)
{
	static const struct {
		const char *member, *word;
	} states[] = { { "up", "up" }, { "degraded", "degraded" }, { "down", "down" },
		{ "connecting", "connecting" }, { "ike_only", "with an IKE SA only" },
		{ "idle", "idle" } };
	const char *sep = ": ";

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		uint64_t v = ctl_get_number(n, states[i].member);
		if (v == 0)
			continue;
		out_addf(o, "%s%llu %s", sep, (unsigned long long)v, states[i].word);
		sep = ", ";
	}
}

static void
summary_line(const struct ctl_node *r, struct out *o)
{
	struct ctl_node n;

	if (!ctl_find(r, "summary", &n))
		return;
	out_if(o, "peers ", &n, "peers", "");
	out_states(&n, o);
	if (ctl_get_number(&n, "adopted_pairs") > 0)
		out_if(o, "   adopted pairs to be replaced: ", &n, "adopted_pairs", "");
	if (ctl_get_number(&n, "negotiating_with") > 0)
		out_if(o, "   negotiating with ", &n, "negotiating_with", "");
	if (ctl_get_number(&n, "waiting") > 0)
		out_if(o, ", ", &n, "waiting", " pairs wait for their turn");
	out_add(o, "\n");
}

static void
problem_lines(const struct ctl_node *r, struct out *o)
{
	struct ctl_node list, n;

	if (!ctl_find(r, "problems", &list))
		return;
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &n)) {
		out_if(o, "PROBLEM [", &n, "code", "]: ");
		out_member(o, &n, "what", "-");
		out_if(o, ", since ", &n, "since", "");
		out_add(o, "\n");
		out_if(o, "  fix: ", &n, "fix", "\n");
	}
}

static void
count_line(const struct ctl_node *r, struct out *o)
{
	struct ctl_node n;

	if (ctl_find(r, "ike_sas", &n)) {
		out_if(o, "IKE SAs: ", &n, "up", " up");
		out_if(o, ", ", &n, "connecting", " connecting");
		out_if(o, ", ", &n, "half_open", " half open");
	}
	if (ctl_find(r, "children", &n)) {
		out_if(o, "   pairs: ", &n, "installed", " installed");
		out_if(o, ", ", &n, "negotiating", " coming");
	}
	if (ctl_find(r, "sad", &n)) {
		out_if(o, "   SAD: ", &n, "ours", " ours");
		if (ctl_get_number(&n, "adopted") > 0)
			out_if(o, ", ", &n, "adopted", " adopted");
		out_if(o, ", ", &n, "foreign", " foreign");
	}
	if (ctl_find(r, "spd", &n)) {
		out_if(o, "   SPD: ", &n, "ours", " ours");
		out_if(o, ", ", &n, "foreign", " foreign");
	}
	out_add(o, "\n");
}

static void
repair_line(const struct ctl_node *r, struct out *o)
{
	struct ctl_node list, n;
	const char *sep = "   differences healed: ";

	if (ctl_find(r, "mirror", &n)) {
		out_if(o, "audits: ", &n, "audits", "");
		out_if(o, ", last ", &n, "last_audit", "");
		out_if(o, " with ", &n, "last_audit_found", "");
		out_add(o,
		    ctl_get_number(&n, "last_audit_found") == 1 ? " difference" : " differences");
		if (ctl_get_number(&n, "audit_failures") > 0)
			out_if(o, ", ", &n, "audit_failures", " incomplete");
		if (ctl_get_number(&n, "overruns") > 0)
			out_if(o, ", ", &n, "overruns", " after lost events");
	}
	if (ctl_find(r, "repairs", &list)) {
		struct rd cur = ctl_members(&list);
		while (ctl_next(&cur, &n)) {
			out_add(o, sep);
			out_member(o, &n, "count", "");
			out_if(o, " ", &n, "kind", "");
			sep = ", ";
		}
	}
	out_add(o, "\n");
}

static void
traffic_line(const struct ctl_node *r, struct out *o)
{
	struct ctl_node n, list, d;

	if (!ctl_find(r, "counters", &n))
		return;
	out_if(o, "acquires: ", &n, "acquires", "");
	out_if(o, " (", &n, "acquires_ignored", " ignored)");
	out_if(o, "   rekeys: ", &n, "rekeys", "");
	out_if(o, "   failed: ", &n, "ike_failed", " IKE, ");
	out_member(o, &n, "child_failed", "0");
	out_if(o, " pairs   datagrams: ", &n, "datagrams_in", " in, ");
	out_member(o, &n, "datagrams_out", "0");
	out_if(o, " out, ", &n, "retransmissions", " again, ");
	out_member(o, &n, "dropped", "0");
	out_add(o, " dropped");
	if (ctl_find(r, "drops", &list)) {
		const char *sep = " (";
		struct rd cur = ctl_members(&list);
		while (ctl_next(&cur, &d)) {
			out_add(o, sep);
			out_member(o, &d, "count", "");
			out_if(o, " ", &d, "reason", "");
			sep = ", ";
		}
		out_add(o, sep[0] == ',' ? ")" : "");
	}
	out_add(o, "\n");
}

/* What needs an eye comes first. */
#define RANKS      5
#define WELL       3  /* with those from this rank on all is well ... */
#define WELL_SHOWN 20 /* ... and so many of them are shown unasked */
static unsigned
rank(const struct ctl_node *peer)
{
	static const char *const first[] = { "down", "degraded", "connecting" };

	for (unsigned i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		if (ctl_is(peer, "state", first[i]))
			return i;
	return ctl_is(peer, "state", "idle") ? RANKS - 1 : RANKS - 2;
}

/* "deleted by an operator; no traffic since" */
static void
idle_cell(struct table *t, const struct ctl_node *p)
{
	char buf[300];
	struct text x = text_in(buf, sizeof(buf));
	struct ctl_node n;

	if (ctl_find(p, "why", &n))
		value_text(&n, t->now, &x);
	if (ctl_get_bool(p, "policy")) {
		text_add(&x, buf[0] != '\0' ? "; " : "");
		text_add(&x, ctl_get_number(p, "ups") > 0 ? "no traffic since" : "no traffic yet");
	}
	table_add(t, buf);
}

/* "no answer from the peer, 12 failures, the last 3s ago; being tried again" */
static void
why_cell(struct table *t, const struct ctl_node *p)
{
	char buf[300];
	struct text x = text_in(buf, sizeof(buf));
	uint64_t failures = ctl_get_number(p, "failures");
	struct ctl_node n;

	if (ctl_is(p, "state", "idle")) {
		idle_cell(t, p);
		return;
	}
	if (!ctl_find(p, "why", &n)) {
		table_add(t, "");
		return;
	}
	value_text(&n, t->now, &x);
	if (failures > 1)
		text_addf(&x, ", %llu failures", (unsigned long long)failures);
	if (ctl_find(p, "failed", &n)) {
		text_add(&x, failures > 1 ? ", the last " : ", ");
		value_text(&n, t->now, &x);
	}
	if (ctl_is(p, "state", "down") && ctl_get_bool(p, "negotiating"))
		text_add(&x, "; being tried again");
	table_add(t, buf);
}

static void
bytes_cell(struct table *t, const struct ctl_node *p)
{
	char buf[64];
	struct text x = text_in(buf, sizeof(buf));

	bytes_text(ctl_get_number(p, "bytes_in"), &x);
	text_add(&x, " / ");
	bytes_text(ctl_get_number(p, "bytes_out"), &x);
	table_add(t, buf);
}

static void
peer_row(struct table *t, const struct ctl_node *p)
{
	struct slice id = ctl_get_str(p, "identity");
	bool own_id = id.n > 0 && !slice_equal(id, ctl_get_str(p, "address"));

	table_member(t, p, ctl_get_str(p, "name").n > 0 ? "name" : own_id ? "identity" : "address");
	table_member(t, p, "address");
	table_member(t, p, "version");
	table_member(t, p, "state");
	table_member(t, p, "since");
	table_member(t, p, "children");
	bytes_cell(t, p);
	why_cell(t, p);
}

static void
rest_line(const struct ctl_node *r, struct out *o)
{
	struct ctl_node n;
	uint64_t well;

	if (!ctl_find(r, "summary", &n))
		return;
	well =
	    ctl_get_number(&n, "up") + ctl_get_number(&n, "idle") + ctl_get_number(&n, "ike_only");
	out_addf(o, "+%llu more with which all is well: `ikectl status --all` lists them\n",
	    (unsigned long long)(well > WELL_SHOWN ? well - WELL_SHOWN : 0));
}

void
view_status(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	static const char *const heads[] = { "PEER", "ADDRESS", "VERSION", "STATE", "SINCE",
		"PAIRS", "IN / OUT", "WHY" };
	const struct ctl_node *r = &a->result;
	struct ctl_node list, p;
	unsigned well = 0;
	struct table t;

	head_lines(r, v, o);
	summary_line(r, o);
	problem_lines(r, o);
	count_line(r, o);
	repair_line(r, o);
	traffic_line(r, o);
	if (!ctl_find(r, "peers", &list) || ctl_count(&list) == 0) {
		out_add(o, "\nno peers: no policy, remote section or IKE SA names any\n");
		return;
	}
	out_add(o, "\n");
	table_init(&t, v->now, heads, sizeof(heads) / sizeof(heads[0]));
	for (unsigned k = 0; k < RANKS; k++) {
		struct rd cur = ctl_members(&list);
		while (ctl_next(&cur, &p)) {
			if (rank(&p) != k)
				continue;
			if (!v->all && k >= WELL && ++well > WELL_SHOWN)
				break;
			peer_row(&t, &p);
		}
	}
	table_end(&t, o);
	if (well > WELL_SHOWN)
		rest_line(r, o);
}
