/* SPDX-License-Identifier: BSD-3-Clause */
#include "ikectl/view.h"

/* The strings |a| and |b| of |r|, what is there of them, with |sep| in between. */
static void
joined_cell(
    struct table *t, const struct ctl_node *r, const char *a, const char *sep, const char *b)
{
	char buf[300];
	struct text x = text_in(buf, sizeof(buf));
	struct ctl_node n;

	if (ctl_find(r, a, &n))
		value_text(&n, t->now, &x);
	if (ctl_find(r, b, &n)) {
		text_add(&x, buf[0] != '\0' ? sep : "");
		value_text(&n, t->now, &x);
	}
	table_add(t, buf[0] != '\0' ? buf : "-");
}

static void
sa_row(struct table *t, const struct ctl_node *s)
{
	table_member(t, s, "protocol");
	table_member(t, s, "direction");
	table_member(t, s, "spi");
	joined_cell(t, s, "source", " -> ", "destination");
	table_member(t, s, "mode");
	table_member(t, s, "owner");
	table_member(t, s, "state");
	table_member(t, s, "pair_spi");
	table_member(t, s, "age");
	table_member(t, s, "expires_in");
	table_member(t, s, "bytes");
	table_member(t, s, "packets");
	table_member(t, s, "reqid");
	joined_cell(t, s, "encryption", " / ", "integrity");
}

/* Each SA for itself. */
static void
view_each(const struct ctl_node *list, const struct view *v, struct out *o)
{
	static const char *const heads[] = { "PROTO", "DIR", "SPI", "FROM -> TO", "MODE", "OWNER",
		"STATE", "PAIR", "AGE", "LEFT", "BYTES", "PACKETS", "REQID", "ALGORITHMS" };
	struct ctl_node s;
	struct table t;

	table_init(&t, v->now, heads, sizeof(heads) / sizeof(heads[0]));
	struct rd cur = ctl_members(list);
	while (ctl_next(&cur, &s))
		sa_row(&t, &s);
	table_end(&t, o);
}

/* "0x0e5ebf99 / 0x..." with "-" for what is missing. */
static void
both_cell(struct table *t, const struct ctl_node *s, const char *in, const char *out)
{
	char buf[100];
	struct text x = text_in(buf, sizeof(buf));
	struct ctl_node n;

	if (ctl_find(s, in, &n))
		value_text(&n, t->now, &x);
	else
		text_add(&x, "-");
	text_add(&x, " / ");
	if (ctl_find(s, out, &n))
		value_text(&n, t->now, &x);
	else
		text_add(&x, "-");
	table_add(t, buf);
}

/* "installed, adopted; one-sided: nothing can be sent" */
static void
state_cell(struct table *t, const struct ctl_node *s)
{
	char buf[200];
	struct text x = text_in(buf, sizeof(buf));
	struct ctl_node n;

	if (ctl_find(s, "state", &n))
		value_text(&n, t->now, &x);
	if (ctl_get_bool(s, "adopted"))
		text_add(&x, ", adopted");
	if (ctl_get_bool(s, "out_held_back"))
		text_add(&x, ", out waits for the peer");
	if (ctl_find(s, "fault", &n)) {
		text_add(&x, ", ");
		value_text(&n, t->now, &x);
	}
	table_add(t, buf);
}

static void
pair_row(struct table *t, const struct ctl_node *s)
{
	table_member(t, s, "protocol");
	table_member(t, s, "mode");
	joined_cell(t, s, "local", " <-> ", "remote");
	both_cell(t, s, "spi_in", "spi_out");
	table_member(t, s, "owner");
	state_cell(t, s);
	table_member(t, s, "age");
	table_member(t, s, "expires_in");
	both_cell(t, s, "bytes_in", "bytes_out");
	both_cell(t, s, "packets_in", "packets_out");
	table_member(t, s, "last_used");
	table_member(t, s, "reqid");
	joined_cell(t, s, "encryption", " / ", "integrity");
}

void
view_sas(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	static const char *const heads[] = { "PROTO", "MODE", "LOCAL <-> REMOTE", "SPI IN / OUT",
		"OWNER", "STATE", "AGE", "LEFT", "BYTES IN / OUT", "PACKETS IN / OUT", "LAST USED",
		"REQID", "ALGORITHMS" };
	struct ctl_node list, s;
	struct table t;

	if (ctl_find(&a->result, "sas", &list) && ctl_count(&list) > 0) {
		view_each(&list, v, o);
		return;
	}
	if (!ctl_find(&a->result, "pairs", &list) || ctl_count(&list) == 0) {
		out_add(o, "no SAs\n");
		return;
	}
	table_init(&t, v->now, heads, sizeof(heads) / sizeof(heads[0]));
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &s))
		pair_row(&t, &s);
	table_end(&t, o);
}

static void
event_line(const struct ctl_node *e, struct out *o)
{
	char date[32];

	view_date((int64_t)ctl_get_number(e, "at"), date);
	out_addf(o, "%s  ", date);
	out_member(o, e, "event", "-");
	out_if(o, "  ", e, "peer", "");
	out_if(o, "  spi in ", e, "spi_in", "");
	out_if(o, " out ", e, "spi_out", "");
	out_if(o, "  ", e, "text", "");
	out_add(o, "\n");
}

void
view_events(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	struct ctl_node list, e;

	(void)v;
	if (a->kind == CTL_M_EVENT) {
		event_line(&a->result, o);
		return;
	}
	if (!ctl_find(&a->result, "events", &list))
		return;
	struct rd cur = ctl_members(&list);
	if (ctl_count(&list) == 0)
		out_add(o, "no such events\n");
	while (ctl_next(&cur, &e))
		event_line(&e, o);
}

void
view_timers(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	static const char *const heads[] = { "DUE IN", "WHAT", "PEER", "SINCE" };
	struct ctl_node list, n;
	struct table t;

	if (!ctl_find(&a->result, "timers", &list) || ctl_count(&list) == 0) {
		out_add(o, "nothing is pending\n");
		return;
	}
	table_init(&t, v->now, heads, sizeof(heads) / sizeof(heads[0]));
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &n)) {
		table_member(&t, &n, "due_in");
		table_member(&t, &n, "what");
		table_member(&t, &n, "peer");
		table_member(&t, &n, "created");
	}
	table_end(&t, o);
}
