/* SPDX-License-Identifier: BSD-3-Clause */
#include "ikectl/view.h"

#define INDENT "          "

/* The algorithms of |r| that are there, with slashes in between. */
static void
out_algs(const struct ctl_node *r, const char *const *names, struct out *o)
{
	const char *sep = "";

	for (; *names != NULL; names++) {
		if (ctl_get_str(r, *names).n == 0)
			continue;
		out_add(o, sep);
		out_member(o, r, *names, "");
		sep = " / ";
	}
	out_add(o, sep[0] == '\0' ? "no algorithms yet" : "");
}

static void
out_peer(const struct ctl_node *p, struct out *o)
{
	out_member(o, p, "address", "-");
	out_if(o, "  ", p, "name", "");
	out_if(o, "  identity ", p, "identity", "");
	out_if(o, "  ", p, "state", "");
	out_if(o, " since ", p, "since", "");
	out_if(o, ": ", p, "why", "");
	out_if(o, "  last failure ", p, "failed", "");
	out_if(o, " (", p, "failures", " in a row)");
	out_add(o, "\n  total   ");
	out_if(o, "in ", p, "bytes_in", "");
	out_if(o, " ", p, "packets_in", " packets");
	out_if(o, ", out ", p, "bytes_out", "");
	out_if(o, " ", p, "packets_out", " packets");
	out_if(o, "; up ", p, "ups", "");
	out_if(o, ", down ", p, "downs", " times");
	out_if(o, ", ", p, "rekeys", " rekeyings");
	out_if(o, ", ", p, "failed_ever", " failures");
	out_add(o, "\n");
}

static void
out_half(const struct ctl_node *c, const char *name, const char *label, struct out *o)
{
	struct ctl_node h;

	if (!ctl_find(c, name, &h))
		return;
	out_addf(o, INDENT "%s", label);
	out_member(o, &h, "spi", "-");
	out_if(o, "  ", &h, "bytes", "");
	out_if(o, "  ", &h, "packets", " packets");
	out_if(o, "  last used ", &h, "last_used", "");
	out_if(o, "  reqid ", &h, "reqid", "");
	out_if(o, "  replayed ", &h, "replay_errors", "");
	out_if(o, "  outside the window ", &h, "window_errors", "");
	out_if(o, "  corrupt ", &h, "integrity_errors", "");
	if (!ctl_get_bool(&h, "in_kernel"))
		out_add(o, "  not in the kernel");
	out_add(o, "\n");
}

static void
out_child(const struct ctl_node *c, struct out *o)
{
	static const char *const algs[] = { "encryption", "integrity", "pfs_group", NULL };

	out_add(o, "  child   ");
	out_member(o, c, "protocol", "-");
	out_if(o, " ", c, "mode", "  ");
	out_member(o, c, "local_traffic", "-");
	out_if(o, " <-> ", c, "remote_traffic", "  ");
	out_member(o, c, "state", "-");
	out_if(o, " ", c, "installed", "");
	out_if(o, ", ", c, "role", "");
	out_add(o, ctl_get_bool(c, "adopted") ? ", adopted\n" INDENT : "\n" INDENT);
	out_algs(c, algs, o);
	out_if(o, ", rekey in ", c, "rekey_in", "");
	out_if(o, ", expires in ", c, "expires_in", "");
	out_add(o, "\n");
	out_half(c, "in", "in  ", o);
	out_half(c, "out", "out ", o);
}

static void
out_children(const struct ctl_node *r, struct out *o)
{
	struct ctl_node list, c;

	if (!ctl_find(r, "children", &list))
		return;
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &c))
		out_child(&c, o);
}

static void
out_ike(const struct ctl_node *s, struct out *o)
{
	static const char *const algs[] = { "encryption", "integrity", "prf", "group",
		"authentication", NULL };
	struct ctl_node list, x, section;

	out_add(o, "  IKE     ");
	out_member(o, s, "version", "-");
	out_if(o, " ", s, "state", "");
	out_if(o, " ", s, "established", "");
	out_if(o, ", ", s, "role", "");
	out_if(o, ", ", s, "local", "");
	out_if(o, " - ", s, "remote", "");
	out_if(o, ", spi ", s, "spi_i", "");
	out_if(o, ":", s, "spi_r", "\n" INDENT);
	out_algs(s, algs, o);
	out_if(o, ", rekey in ", s, "rekey_in", "");
	out_if(o, ", expires in ", s, "expires_in", "");
	out_if(o, ", heard ", s, "last_heard", "");
	if (ctl_find(s, "section", &section))
		out_if(o, ", section ", &section, "name", "");
	out_add(o, "\n");
	out_if(o, INDENT "we are ", s, "local_identity", ", ");
	out_if(o, "the peer is ", s, "remote_identity", "\n");
	out_if(o, INDENT "trouble: ", s, "trouble", "\n");
	if (!ctl_find(s, "exchanges", &list))
		return;
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &x)) {
		out_add(o, INDENT);
		out_slice(o, x.body);
		out_add(o, "\n");
	}
}

static void
out_ikes(const struct ctl_node *r, struct out *o)
{
	struct ctl_node list, s;

	if (ctl_find(r, "ike_sas", &list)) {
		struct rd cur = ctl_members(&list);
		while (ctl_next(&cur, &s)) {
			out_ike(&s, o);
			out_children(&s, o);
		}
	}
	out_children(r, o);
}

static void
out_policy(const struct ctl_node *p, struct out *o)
{
	struct ctl_node list, t;

	out_add(o, "  policy  ");
	out_member(o, p, "direction", "-");
	out_if(o, " ", p, "action", "  ");
	out_member(o, p, "source", "-");
	out_if(o, " ", p, "destination", " ");
	out_member(o, p, "protocol", "any");
	out_if(o, "  prio ", p, "priority", " ");
	if (ctl_find(p, "templates", &list)) {
		struct rd cur = ctl_members(&list);
		while (ctl_next(&cur, &t)) {
			out_add(o, " ");
			out_slice(o, t.body);
		}
	}
	out_if(o, "  (", p, "owner", "");
	out_if(o, ", ", p, "where", "");
	out_add(o, ctl_get_bool(p, "in_kernel") ? ")\n" : ", MISSING in the kernel)\n");
}

static void
out_history(const struct ctl_node *r, const struct view *v, struct out *o)
{
	struct ctl_node list, e;
	const char *label = "  history ";

	if (!ctl_find(r, "history", &list))
		return;
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &e)) {
		char date[32];
		view_date((int64_t)ctl_get_number(&e, "at"), date);
		out_addf(o, "%s%s ", label, date);
		out_member(o, &e, "event", "-");
		out_if(o, " ", &e, "text", "");
		out_add(o, "\n");
		label = INDENT;
	}
	(void)v;
}

void
view_ikes(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	(void)v;
	out_ikes(&a->result, o);
}

void
view_show(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	const struct ctl_node *r = &a->result;
	struct ctl_node n, p;

	if (ctl_find(r, "peer", &n))
		out_peer(&n, o);
	out_ikes(r, o);
	if (ctl_find(r, "policies", &n)) {
		struct rd cur = ctl_members(&n);
		while (ctl_next(&cur, &p))
			out_policy(&p, o);
	}
	out_history(r, v, o);
}
