/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is wrong with this host as a whole, not with one peer: the first thing that status tells.  A code that programs can rely
 * on, what it is, and what to do.
 */
#include "ctl/writer.h"
#include "ringtail/control/server.h"

#include "sadb/kern_ops.h"
#include "sadb/sadb.h"

struct problem {
	const char *code, *fix;
	int64_t since; /* seconds since 1970, 0: not known */
};

static void
put_problem(struct ctl_put *p, const struct problem *x, const char *what)
{
	ctl_put_record(p, NULL);
	ctl_put_str(p, "code", x->code);
	ctl_put_str(p, "what", what);
	if (x->since != 0)
		ctl_put_quantity(p, "since", CTL_TIME, x->since);
	ctl_put_str(p, "fix", x->fix);
	ctl_put_end(p);
}

static void
put_brake(struct ctl_put *p, const struct daemon *d)
{
	const struct brake *b = &d->live.brake;
	struct problem x = { .code = "brake",
		.fix = "look at the network first; if they are really dead, `ikectl brake open` "
		       "gives them up" };
	char what[160];
	struct text t = text_in(what, sizeof(what));

	if (b->held == 0 || d->now < b->open_until)
		return;
	x.since = b->held_since == 0 ? 0 : control_wall(d, b->held_since);
	text_addf(&t,
	    "%u IKE SA%s of peers that do not answer %s kept: more peers seem dead at once than is "
	    "believable",
	    b->held, b->held == 1 ? "" : "s", b->held == 1 ? "is" : "are");
	put_problem(p, &x, what);
}

static void
put_broken(struct ctl_put *p, const struct daemon *d)
{
	unsigned n = control_broken_policies(d);
	struct problem x = { .code = "policy-missing",
		.fix = "`ikectl policies` marks them, `ikectl resync` tries again and says why it "
		       "fails" };
	char what[160];
	struct text t = text_in(what, sizeof(what));

	if (n == 0)
		return;
	text_addf(&t,
	    "%u of our policies %s not in the kernel: the kernel refuses, or somebody keeps taking "
	    "them out",
	    n, n == 1 ? "is" : "are");
	put_problem(p, &x, what);
}

static void
put_stopping(struct ctl_put *p, const struct daemon *d)
{
	struct problem x = { .code = "stopping", .fix = "start it again" };

	if (d->stopping)
		put_problem(p, &x, "the daemon is about to end and negotiates nothing");
}

/* How long a quarrel is told after somebody was seen writing last. */
#define QUARREL_FOR SEC(600)

static void
put_quarrel(struct ctl_put *p, const struct daemon *d)
{
	const struct mirror_quarrel *q = &d->mirror.quarrel;
	struct problem x = { .code = "contested",
		.fix = "find the other program that manages IPsec here (another IKE daemon, a "
		       "script with setkey or ip "
		       "xfrm) and stop it" };
	char what[300];
	struct text t = text_in(what, sizeof(what));

	if (q->what[0] == '\0' || d->now - q->since > QUARREL_FOR)
		return;
	x.since = control_wall(d, q->since);
	text_addf(&t, "somebody else keeps changing what is ours, %llu times so far, last %s",
	    (unsigned long long)q->times, q->what);
	if (q->pid != 0)
		text_addf(&t, " (netlink port %u, mostly the number of its process)", q->pid);
	put_problem(p, &x, what);
}

/* So long an operator's word counts. */
#define OPEN_FOR SEC(60)

void
control_brake_open(struct control_call *call)
{
	struct daemon *d = call->d;

	ctl_put_uint(&call->put, "held", d->live.brake.held);
	brake_open(d, OPEN_FOR);
	ctl_put_quantity(&call->put, "open_for", CTL_SPAN, OPEN_FOR / SEC(1));
}

/* What the kernel holds is not known any more. */
static void
put_unread(struct ctl_put *p, const struct daemon *d)
{
	struct problem x = { .code = "kernel-unread",
		.fix = "`ikectl resync` tries again and says why it fails" };
	struct sadb_counts n;

	sadb_count(d->sadb, &n);
	if (n.last_failure == 0 || n.last_failure < n.last_audit)
		return;
	x.since = control_wall(d, n.last_audit == 0 ? d->started : n.last_audit);
	put_problem(
	    p, &x, "the kernel's SAs and policies could not be compared with what they should be");
}

/* Features are looked at once, at start: a pair that was installed since proves that the module has come. */
static void
put_no_esp(struct ctl_put *p, const struct daemon *d)
{
	struct problem x = { .code = "no-esp",
		.fix = "load the modules esp4 and esp6, or boot a kernel with CONFIG_INET_ESP; the next "
		       "packet tries again" };

	if ((d->env.kern->features & KERN_ESP) == 0 && d->stats.child_up == 0)
		put_problem(p, &x, "this kernel offers no ESP: no SA can be installed");
}

/* Not wrong, but it must not be forgotten. */
static void
put_unconfirmed(struct ctl_put *p, const struct daemon *d)
{
	struct problem x = { .code = "unconfirmed",
		.fix = "`ikectl config confirm` keeps it, `ikectl config undo` goes back now" };
	char what[160], left[40];
	struct text t = text_in(what, sizeof(what)), l = text_in(left, sizeof(left));

	if (d->reload.confirm_by == 0 || d->reload.confirm_by <= d->now)
		return;
	span_text((uint64_t)((d->reload.confirm_by - d->now) / SEC(1)), &l);
	text_addf(&t, "the configuration was reloaded on trial and will be undone in %s", left);
	put_problem(p, &x, what);
}

void
control_put_problems(struct ctl_put *p, const struct daemon *d)
{
	ctl_put_list(p, "problems");
	put_stopping(p, d);
	put_no_esp(p, d);
	put_brake(p, d);
	put_unread(p, d);
	put_quarrel(p, d);
	put_broken(p, d);
	put_unconfirmed(p, d);
	ctl_put_end(p);
}
