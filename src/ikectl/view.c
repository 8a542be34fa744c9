/* SPDX-License-Identifier: BSD-3-Clause */
#include "ikectl/view.h"

#include <string.h>
#include <time.h>

static const struct {
	const char *command;
	view_fn *fn;
} views[] = {
	{ "status", view_status },
	{ "show", view_show },
	{ "ikes", view_ikes },
	{ "sas", view_sas },
	{ "policies", view_policies },
	{ "counters", view_counters },
	{ "resync", view_resync },
	{ "brake open", view_brake },
	{ "events", view_events },
	{ "timers", view_timers },
	{ "up", view_up },
	{ "down", view_down },
	{ "rekey", view_rekey },
	{ "flush", view_down },
	{ "config show", view_config },
	{ "config diff", view_diff },
	{ "config reload", view_done },
	{ "config confirm", view_done },
	{ "config undo", view_done },
	{ "shutdown", view_done },
};

view_fn *
view_of(const struct ctl_command *cmd)
{
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		if (strcmp(views[i].command, cmd->name) == 0)
			return views[i].fn;
	return view_any;
}

void
view_date(int64_t when, char buf[32])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (when == 0 || localtime_r(&t, &tm) == NULL ||
	    strftime(buf, 32, "%Y-%m-%d %H:%M:%S", &tm) == 0) {
		memset(buf, ' ', 19);
		buf[19] = '\0';
	}
}

void
view_error(const struct ctl_node *error, struct out *o)
{
	out_if(o, "error[", error, "code", "]: ");
	out_member(o, error, "what", "failed");
	out_add(o, "\n");
	out_if(o, "  why: ", error, "why", "\n");
	out_if(o, "  fix: ", error, "fix", "\n");
}

/* --- programs --- */

static void
begin_root(struct writer *w, const struct view *v, int64_t time)
{
	uint8_t b[8];
	struct ctl_node n = {
		.type = CTL_TIME, .name = slice_str("time"), .body = slice_of(b, sizeof(b))
	};

	for (unsigned i = 0; i < 8; i++)
		b[i] = (uint8_t)((uint64_t)time >> (56 - 8 * i));
	writer_start(w, NULL);
	writer_str(w, "schema", "ikectl/1");
	writer_str(w, "host", v->host);
	writer_attr(w, &n);
}

static void
put_error(struct writer *w, const struct local_error *e)
{
	writer_start(w, "error");
	writer_str(w, "code", e->code);
	writer_str(w, "what", e->what);
	if (e->why != NULL)
		writer_str(w, "why", e->why);
	if (e->fix != NULL)
		writer_str(w, "fix", e->fix);
	writer_end(w);
}

static ike_err
write_tree(
    const struct ctl_answer *a, const struct writer_ops *ops, const struct view *v, struct buf *out)
{
	struct writer w;

	writer_init(&w, ops, out, a->time);
	begin_root(&w, v, a->time);
	if (a->note.n > 0) {
		struct ctl_node n = { .type = CTL_STR, .name = slice_str("note"), .body = a->note };
		writer_attr(&w, &n);
	}
	writer_members(&w, &a->result);
	if (a->failed)
		writer_node(&w, &a->error);
	writer_end(&w);
	return w.err;
}

/* Events are one document each, so that following them gives what reading them gave. */
static ike_err
write_events(
    const struct ctl_answer *a, const struct writer_ops *ops, const struct view *v, struct buf *out)
{
	struct ctl_node list, n;

	if (!ctl_find(&a->result, "events", &list))
		return write_tree(a, ops, v, out);
	struct rd r = ctl_members(&list);
	while (ctl_next(&r, &n)) {
		struct ctl_answer one = { .time = (int64_t)ctl_get_number(&n, "at"), .result = n };
		TRY(write_tree(&one, ops, v, out));
	}
	return IKE_OK;
}

ike_err
view_print(const struct ctl_answer *a, enum view_format format, view_fn *fn, const struct view *v,
    struct buf *out)
{
	const struct writer_ops *ops = format == VIEW_JSON ? &writer_json : &writer_kv;
	struct out o = { .buf = out, .now = a->time };
	struct view own = *v;

	own.now = a->time;
	if (format != VIEW_TEXT)
		return fn == view_events && !a->failed ? write_events(a, ops, v, out)
						       : write_tree(a, ops, v, out);
	/* what an audit found is told even if not all of it could be healed */
	if (!a->failed || (fn == view_resync && a->status == CTL_PARTLY))
		fn(a, &own, &o);
	if (a->failed)
		view_error(&a->error, &o);
	if (a->note.n > 0) {
		out_add(&o, "note: ");
		out_slice(&o, a->note);
		out_add(&o, "\n");
	}
	return o.err;
}

ike_err
view_local_error(
    const struct local_error *e, enum view_format format, const struct view *v, struct buf *out)
{
	const struct writer_ops *ops = format == VIEW_JSON ? &writer_json : &writer_kv;
	struct out o = { .buf = out };
	struct writer w;

	if (format == VIEW_TEXT) {
		out_addf(&o, "error[%s]: %s\n", e->code, e->what);
		if (e->why != NULL)
			out_addf(&o, "  why: %s\n", e->why);
		if (e->fix != NULL)
			out_addf(&o, "  fix: %s\n", e->fix);
		return o.err;
	}
	writer_init(&w, ops, out, v->now);
	begin_root(&w, v, v->now);
	put_error(&w, e);
	writer_end(&w);
	return w.err;
}

/* --- small answers --- */

void
view_any(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	struct writer w;

	writer_init(&w, &writer_text, o->buf, v->now);
	writer_start(&w, NULL);
	writer_members(&w, &a->result);
	writer_end(&w);
	if (o->err == IKE_OK)
		o->err = w.err;
}

/* Text that came from files: no control characters reach the terminal. */
static void
out_text(struct out *o, struct slice s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		if ((s.p[i] >= ' ' && s.p[i] != 0x7f) || s.p[i] == '\n' || s.p[i] == '\t')
			continue;
		out_slice(o, slice_of(s.p + from, i - from));
		out_add(o, "?");
		from = i + 1;
	}
	out_slice(o, slice_of(s.p + from, s.n - from));
}

void
view_config(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	(void)v;
	out_text(o, ctl_get_str(&a->result, "config"));
}

void
view_diff(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	struct slice s = ctl_get_str(&a->result, "diff");

	(void)v;
	if (s.n == 0)
		out_add(o, "no difference\n");
	out_text(o, s);
}

void
view_done(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	struct ctl_node n;

	(void)v;
	if (ctl_get_bool(&a->result, "reloaded"))
		out_add(o, "the configuration was read again and is in use\n");
	if (ctl_find(&a->result, "undone_in", &n))
		out_addf(o, "it will be undone in %llu s unless `ikectl config confirm` comes\n",
		    (unsigned long long)ctl_number(&n));
	if (ctl_get_bool(&a->result, "confirmed"))
		out_add(o, "the configuration is confirmed\n");
	if (ctl_get_bool(&a->result, "undone"))
		out_add(o, "the former configuration is in use again\n");
	if (!ctl_get_bool(&a->result, "stopped"))
		return;
	if (!ctl_find(&a->result, "kept", &n))
		out_add(o, "the daemon has ended; whether its SAs and policies stay, its log says\n");
	else if (ctl_get_bool(&a->result, "kept"))
		out_add(o, "our SAs and policies stay in the kernel, the daemon ends\n");
	else
		out_add(o, "our SAs are deleted, the daemon ends\n");
}

/* "1 pair of IPsec SAs", "2 pairs of IPsec SAs" */
static void
out_count(struct out *o, uint64_t n, const char *one, const char *many)
{
	out_addf(o, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}

void
view_up(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	struct ctl_node n;

	(void)v;
	out_member(o, &a->result, "peer", "-");
	if (ctl_find(&a->result, "started", &n)) {
		out_add(o, ": negotiation of ");
		out_count(o, ctl_number(&n), "SA is under way\n", "SAs is under way\n");
	} else if (ctl_get_bool(&a->result, "already")) {
		out_add(o, " is up already\n");
	} else if (ctl_find(&a->result, "ike_sas", &n)) {
		out_add(o, " is up: IKE SA established\n");
	} else {
		out_add(o, " is up: ");
		out_count(o, ctl_get_number(&a->result, "children"), "pair of IPsec SAs\n",
		    "pairs of IPsec SAs\n");
	}
}

void
view_down(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	(void)v;
	out_if(o, "", &a->result, "peer", ": ");
	out_count(o, ctl_get_number(&a->result, "ike_sas"), "IKE SA and ", "IKE SAs and ");
	out_count(o, ctl_get_number(&a->result, "children"), "pair of IPsec SAs deleted\n",
	    "pairs of IPsec SAs deleted\n");
	if (ctl_get_number(&a->result, "untold") > 0)
		out_add(o,
		    "there is no IKE SA to tell the peer on: it keeps its half until it notices "
		    "(`ikectl rekey` first makes one)\n");
	if (ctl_get_bool(&a->result, "policy"))
		out_add(o, "a policy wants protection: the next packet brings it up again\n");
}

void
view_brake(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	(void)v;
	out_count(o, ctl_get_number(&a->result, "held"), "IKE SA was kept", "IKE SAs were kept");
	out_if(o, "; who does not answer is given up at once for ", &a->result, "open_for", "\n");
}

void
view_rekey(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	struct ctl_node n;

	if (ctl_find(&a->result, "started", &n)) {
		view_up(a, v, o);
		return;
	}
	out_member(o, &a->result, "peer", "-");
	out_add(o, ": ");
	out_count(o, ctl_get_number(&a->result, "rekeyed"), "pair of IPsec SAs replaced\n",
	    "pairs of IPsec SAs replaced\n");
}
