/* SPDX-License-Identifier: BSD-3-Clause */
/* policies, of all traffic and of one flow, for people. */
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
