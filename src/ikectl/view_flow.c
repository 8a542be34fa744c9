/* SPDX-License-Identifier: BSD-3-Clause */
/* policies FLOW, counters and resync for people. */
#include "ikectl/view.h"

static void
templates_cell(struct table *t, const struct ctl_node *p)
{
	char buf[600];
	struct text x = text_in(buf, sizeof(buf));
	struct ctl_node list, m;

	if (ctl_find(p, "templates", &list)) {
		struct rd cur = ctl_members(&list);
		while (ctl_next(&cur, &m)) {
			text_add(&x, buf[0] != '\0' ? " " : "");
			value_text(&m, t->now, &x);
		}
	}
	table_add(t, buf[0] != '\0' ? buf : "-");
}

/* "ours, /etc/ringtail/policies.conf:14, MISSING in the kernel" */
static void
owner_cell(struct table *t, const struct ctl_node *p)
{
	char buf[500];
	struct text x = text_in(buf, sizeof(buf));
	struct ctl_node n;

	if (ctl_find(p, "owner", &n))
		value_text(&n, t->now, &x);
	if (ctl_find(p, "where", &n)) {
		text_add(&x, ctl_get_bool(p, "contested") ? ", also wanted by " : ", ");
		value_text(&n, t->now, &x);
	}
	if (!ctl_get_bool(p, "in_kernel"))
		text_add(&x, ", MISSING in the kernel");
	table_add(t, buf);
}

static void
policy_rows(const struct ctl_node *way, const struct view *v, struct out *o)
{
	static const char *const heads[] = { "   ACTION", "FROM", "TO", "PROTO", "PRIO", "REQUESTS",
		"OWNER", "" };
	struct ctl_node list, p;
	struct table t;

	if (!ctl_find(way, "policies", &list) || ctl_count(&list) == 0)
		return;
	table_init(&t, v->now, heads, sizeof(heads) / sizeof(heads[0]));
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &p)) {
		char action[40];
		struct text x = text_in(action, sizeof(action));
		struct ctl_node n;
		text_add(&x, ctl_get_bool(&p, "wins") ? "-> " : "   ");
		if (ctl_find(&p, "action", &n))
			value_text(&n, v->now, &x);
		table_add(&t, action);
		table_member(&t, &p, "source");
		table_member(&t, &p, "destination");
		table_member(&t, &p, "protocol");
		table_member(&t, &p, "priority");
		templates_cell(&t, &p);
		owner_cell(&t, &p);
		table_member(&t, &p, "why");
	}
	table_end(&t, o);
}

static void
sa_lines(const struct ctl_node *way, struct out *o)
{
	struct ctl_node list, s;

	if (!ctl_find(way, "sas", &list))
		return;
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &s)) {
		out_add(o, ctl_is(way, "direction", "out") ? "   carried by " : "   comes out of ");
		out_member(o, &s, "protocol", "-");
		out_if(o, " ", &s, "spi", "");
		out_if(o, "  ", &s, "mode", "");
		out_if(o, "  ", &s, "source", "");
		out_if(o, " -> ", &s, "destination", "");
		out_if(o, "  reqid ", &s, "reqid", "");
		out_if(o, "  (", &s, "owner", ")\n");
	}
}

void
view_policies(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	static const char *const heads[] = { "DIR", "ACTION", "FROM", "TO", "PROTO", "PRIO",
		"REQUESTS", "OWNER" };
	struct ctl_node list, p;
	struct table t;

	if (ctl_find(&a->result, "ways", &list)) {
		view_flow(a, v, o);
		return;
	}
	if (!ctl_find(&a->result, "policies", &list) || ctl_count(&list) == 0) {
		out_add(o, "no policies\n");
		return;
	}
	table_init(&t, v->now, heads, sizeof(heads) / sizeof(heads[0]));
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &p)) {
		table_member(&t, &p, "direction");
		table_member(&t, &p, "action");
		table_member(&t, &p, "source");
		table_member(&t, &p, "destination");
		table_member(&t, &p, "protocol");
		table_member(&t, &p, "priority");
		templates_cell(&t, &p);
		owner_cell(&t, &p);
	}
	table_end(&t, o);
}

void
view_flow(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	struct ctl_node list, w;

	if (ctl_find(&a->result, "ways", &list)) {
		struct rd cur = ctl_members(&list);
		while (ctl_next(&cur, &w)) {
			out_add(o, ctl_is(&w, "direction", "in")    ? "in "
				   : ctl_is(&w, "direction", "out") ? "out"
								    : "fwd");
			out_if(o, "  ", &w, "flow", ": ");
			out_member(o, &w, "meaning", "-");
			out_add(o, "\n");
			policy_rows(&w, v, o);
			sa_lines(&w, o);
		}
	}
	out_if(o, "answer: ", &a->result, "answer", "");
	out_add(o, ctl_get_bool(&a->result, "exceptions")
		       ? "; another policy wins for some of its packets\n"
		       : "\n");
}

/* --- counters --- */

static const char *
repair_meaning(const struct ctl_node *r)
{
	static const struct {
		const char *kind, *meaning;
	} words[] = {
		{ "sa-lost", "SAs of ours that somebody took out: negotiated anew" },
		{ "sa-changed", "SAs of ours that somebody replaced: negotiated anew" },
		{ "sa-reservation", "reserved SPIs that somebody took out: reserved again" },
		{ "sa-adopted", "SAs of ours from before, taken over" },
		{ "sa-orphan", "SAs of ours that no policy needs, removed" },
		{ "sp-gone", "policies of ours that somebody took out: put back" },
		{ "sp-changed", "policies of ours that somebody changed: set right" },
		{ "sa-foreign-new", "SAs of others, found" },
		{ "sa-foreign-gone", "SAs of others, gone" },
		{ "sp-foreign-new", "policies of others, found" },
		{ "sp-foreign-changed", "policies of others, changed" },
		{ "sp-foreign-gone", "policies of others, gone" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (ctl_is(r, "kind", words[i].kind))
			return words[i].meaning;
	return "";
}

static void
repair_rows(const struct ctl_node *r, const struct view *v, struct out *o)
{
	static const char *const heads[] = { "DIFFERENCE", "COUNT", "WHAT IT IS" };
	struct ctl_node list, n;
	struct table t;

	if (!ctl_find(r, "repairs", &list) || ctl_count(&list) == 0)
		return;
	table_init(&t, v->now, heads, sizeof(heads) / sizeof(heads[0]));
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &n)) {
		table_member(&t, &n, "kind");
		table_member(&t, &n, "count");
		table_add(&t, repair_meaning(&n));
	}
	table_end(&t, o);
}

static const char *
meaning_of(struct slice name)
{
	static const struct {
		const char *name, *meaning;
	} words[] = {
		{ "datagrams_in", "IKE datagrams received" },
		{ "datagrams_out", "IKE datagrams sent, repetitions included" },
		{ "retransmissions", "of these, sent again for want of an answer" },
		{ "dropped", "received and ignored: see the reasons" },
		{ "acquires", "packets for which the kernel asked for an SA" },
		{ "acquires_ignored", "of these, served already or waiting for their turn" },
		{ "ike_up", "IKE SAs established" },
		{ "ike_failed", "IKE SAs that came to nothing" },
		{ "child_up", "pairs of IPsec SAs installed" },
		{ "child_failed", "pairs that came to nothing" },
		{ "rekeys", "pairs that replaced an older one" },
		{ "collisions", "negotiations of both ends that crossed" },
		{ "events", "what the kernel told" },
		{ "stale_events", "of these, what was not true any more" },
		{ "overruns", "times that the kernel could not tell everything" },
		{ "audits", "comparisons with the kernel" },
		{ "audit_failures", "of these, incomplete" },
		{ "delete_retries", "deletes that the kernel refused at first" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_equal(name, slice_str(words[i].name)))
			return words[i].meaning;
	return "";
}

static void
add_counters(struct table *t, const struct ctl_node *rec)
{
	struct rd cur = ctl_members(rec);
	struct ctl_node n;
	char name[CTL_NAME_MAX + 1];

	while (ctl_next(&cur, &n)) {
		struct text x = text_in(name, sizeof(name));
		for (size_t i = 0; i < n.name.n; i++)
			text_char(&x, n.name.p[i] == '_' ? ' ' : (char)n.name.p[i]);
		char value[40];
		struct text y = text_in(value, sizeof(value));
		value_text(&n, t->now, &y);
		table_add(t, name);
		table_add(t, value);
		table_add(t, meaning_of(n.name));
	}
}

static void
add_drops(struct table *t, const struct ctl_node *r)
{
	struct ctl_node list, n;

	if (!ctl_find(r, "drops", &list))
		return;
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &n)) {
		table_add(t, "  dropped");
		table_member(t, &n, "count");
		table_member(t, &n, "reason");
	}
}

void
view_counters(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	static const char *const heads[] = { "COUNTER", "VALUE", "WHAT IT IS" };
	struct ctl_node n;
	struct table t;

	out_if(o, "since the daemon's start, ", &a->result, "started", "\n");
	table_init(&t, v->now, heads, sizeof(heads) / sizeof(heads[0]));
	if (ctl_find(&a->result, "counters", &n))
		add_counters(&t, &n);
	add_drops(&t, &a->result);
	if (ctl_find(&a->result, "mirror", &n))
		add_counters(&t, &n);
	table_end(&t, o);
	repair_rows(&a->result, v, o);
}

/* --- resync --- */

void
view_resync(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	const struct ctl_node *r = &a->result;
	struct ctl_node list, n;

	if (ctl_find(r, "repairs", &list) && ctl_count(&list) > 0)
		repair_rows(r, v, o);
	else if (!a->failed)
		out_add(o, "nothing differs\n");
	if (ctl_find(r, "sad", &n)) {
		out_if(o, "SAs: ", &n, "ours", " ours");
		out_if(o, ", ", &n, "adopted", " adopted");
		out_if(o, ", ", &n, "foreign", " foreign");
	}
	if (ctl_find(r, "spd", &n)) {
		out_if(o, "   policies: ", &n, "ours", " ours");
		out_if(o, ", ", &n, "foreign", " foreign\n");
	}
}
