/* SPDX-License-Identifier: BSD-3-Clause */
/* counters and resync for people. */
#include "ikectl/view.h"

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
		{ "sp-adopted", "policies of ours from before, taken over" },
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
add_kinds(struct table *t, const struct ctl_node *r, const char *list_name)
{
	struct ctl_node list, n;

	if (!ctl_find(r, list_name, &list))
		return;
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &n)) {
		table_member(t, &n, "kind");
		table_member(t, &n, "count");
		table_add(t, repair_meaning(&n));
	}
}

static bool
has_any(const struct ctl_node *r, const char *name)
{
	struct ctl_node list;

	return ctl_find(r, name, &list) && ctl_count(&list) > 0;
}

/* What differed: of ours, and of others. */
static void
repair_rows(const struct ctl_node *r, const struct view *v, struct out *o)
{
	static const char *const heads[] = { "DIFFERENCE", "COUNT", "WHAT IT IS" };
	struct table t;

	if (!has_any(r, "repairs") && !has_any(r, "followed"))
		return;
	table_init(&t, v->now, heads, sizeof(heads) / sizeof(heads[0]));
	add_kinds(&t, r, "repairs");
	add_kinds(&t, r, "followed");
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
		{ "adopted", "pairs of a former process taken over" },
		{ "child_failed", "pairs that came to nothing" },
		{ "rekeys", "pairs that replaced an older one" },
		{ "collisions", "negotiations of both ends that crossed" },
		{ "evictions", "third pairs for the same traffic: the oldest went" },
		{ "suspicions", "signs that a pair or a peer may be gone" },
		{ "checks", "peers asked whether they live" },
		{ "checks_failed", "of these, without an answer in time" },
		{ "halflings", "pairs of which one end had lost its half: replaced" },
		{ "healed", "suspicions that came to nothing, or were healed" },
		{ "peers_dead", "peers given up" },
		{ "crash_proofs", "peers that proved to have lost everything" },
		{ "hints", "unauthenticated signs that were followed" },
		{ "hints_ignored", "unauthenticated signs beyond the rate" },
		{ "brake_held", "peers kept because too many seemed dead at once" },
		{ "greetings", "calls on former peers after a restart" },
		{ "events", "what the kernel told" },
		{ "stale_events", "of these, what was not true any more" },
		{ "overruns", "times that the kernel could not tell everything" },
		{ "audits", "comparisons with the kernel" },
		{ "audit_failures", "of these, incomplete" },
		{ "last_audit", "the last that was complete" },
		{ "last_audit_found", "what differed then" },
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
	struct ctl_node n;

	repair_rows(r, v, o);
	if (!a->failed && !has_any(r, "repairs") && !has_any(r, "followed"))
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
