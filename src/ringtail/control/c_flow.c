/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policies FLOW: what happens to packets between two addresses, there and back, and why.
 *
 * Who of the two is this host decides which policies are asked: out for what it sends, in for what it gets; what is only
 * forwarded passes fwd first and then out.
 */
#include "ringtail/control/flow.h"

enum verdict {
	V_NO_POLICY, /* as if there were no IPsec */
	V_CLEAR,     /* a policy says so */
	V_BLOCKED,
	V_PROTECTED,
	V_COMING,   /* protected as soon as the negotiation under way is done */
	V_ASKS,     /* a packet makes the kernel ask for an SA */
	V_OPTIONAL, /* no SA, and the policy is content without one */
};

struct way {
	enum sp_dir dir;
	struct flow flow;
	const struct spd_row *winner;
	enum verdict verdict;
	const struct sad_row *sa[SP_MAX_TMPL]; /* for each template of the winner; NULL: none */
	bool missing;    /* a policy of ours should win, and is not in the kernel */
	bool exceptions; /* another policy wins for some of the packets */
};

static bool
is_local(struct daemon *d, const struct addr *a)
{
	struct addr src;

	return d->env.source_addr(d->env.arg, a, &src) == IKE_OK && addr_equal(&src, a);
}

static bool
being_negotiated(struct daemon *d, const struct addr *peer)
{
	const struct child *c;
	uint32_t it = 0;

	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		if ((c->state == CHILD_WANTED || c->state == CHILD_NEGOTIATING) &&
		    addr_equal(&c->remote.addr, peer))
			return true;
	return false;
}

static enum verdict
judge_ipsec(struct daemon *d, struct way *w)
{
	struct addr from = w->flow.flow.src, to = w->flow.flow.dst;
	bool missing = false, optional = true;

	for (unsigned i = 0; i < w->winner->ntmpl && i < SP_MAX_TMPL; i++) {
		w->sa[i] = flow_sa(d, w->winner, i, &w->flow, &from, &to);
		if (w->sa[i] != NULL)
			continue;
		missing = true;
		optional = optional && w->winner->tmpl[i].level == SP_USE;
	}
	if (!missing)
		return V_PROTECTED;
	if (being_negotiated(d, w->dir == SP_OUT ? &to : &from))
		return V_COMING;
	return optional ? V_OPTIONAL : V_ASKS;
}

static void
judge(struct daemon *d, struct way *w)
{
	w->winner = flow_winner(d, w->dir, &w->flow);
	if (w->winner == NULL)
		w->verdict = V_NO_POLICY;
	else if (w->winner->action == SP_DISCARD)
		w->verdict = V_BLOCKED;
	else if (w->winner->action != SP_IPSEC || w->winner->ntmpl == 0)
		w->verdict = V_CLEAR;
	else
		w->verdict = judge_ipsec(d, w);
}

/* --- words --- */

static const char *
verdict_name(enum verdict v)
{
	static const char *const names[] = { "no-policy", "clear", "blocked", "protected",
		"negotiating", "no-sa", "optional" };

	return names[v];
}

static const char *
verdict_text(const struct way *w)
{
	switch (w->verdict) {
	case V_NO_POLICY:
		return w->dir == SP_OUT  ? "no policy: it leaves in clear"
		       : w->dir == SP_IN ? "no policy: it is accepted in clear"
					 : "no policy: it passes";
	case V_CLEAR:
		return w->dir == SP_OUT  ? "leaves in clear: a policy says so"
		       : w->dir == SP_IN ? "is accepted in clear: a policy says so"
					 : "passes in clear: a policy says so";
	case V_BLOCKED:
		return "is thrown away: a policy says so";
	case V_PROTECTED:
		return w->dir == SP_OUT ? "is protected"
					: "is accepted when protected, in clear it is thrown away";
	case V_COMING:
		return w->dir == SP_OUT ? "waits for SAs that are being negotiated"
					: "cannot come yet: SAs are being negotiated";
	case V_ASKS:
		return w->dir == SP_OUT
			   ? "no SA: the next packet makes the kernel ask for one (ACQUIRE)"
			   : "no SA: nothing is accepted, in clear or protected, until one is "
			     "negotiated";
	case V_OPTIONAL:
		return w->dir == SP_OUT
			   ? "no SA: it leaves in clear, and makes the kernel ask for one"
			   : "no SA: it is accepted in clear";
	}
	return "";
}

static bool
secure(enum verdict v)
{
	return v == V_PROTECTED || v == V_COMING || v == V_ASKS;
}

static bool
open_way(enum verdict v)
{
	return v == V_NO_POLICY || v == V_CLEAR;
}

/* What both ways together come to; |out| is what this host sends, |in| what it gets. */
static const char *
conclusion(enum verdict out, enum verdict in)
{
	if (out == V_BLOCKED || in == V_BLOCKED)
		return "this flow cannot pass: a policy throws its packets away";
	if (out == V_PROTECTED && in == V_PROTECTED)
		return "this flow is protected in both directions";
	if (out == V_PROTECTED && in == V_ASKS)
		return "one-sided: packets leave protected, but there is no SA for what comes back";
	if (in == V_PROTECTED && out == V_ASKS)
		return "one-sided: there is an SA for what comes, but none for what leaves";
	if (secure(out) && secure(in))
		return out == V_COMING || in == V_COMING
			   ? "this flow will be protected: SAs are being negotiated"
			   : "this flow will be protected: its first packet makes the daemon "
			     "negotiate SAs";
	if (secure(out) && open_way(in))
		return "out of balance: packets leave protected, but no policy asks that what "
		       "comes back is: it is accepted "
		       "in clear, too";
	if (open_way(out) && secure(in))
		return "out of balance: packets leave in clear, but only protected ones are "
		       "accepted back";
	if (out == V_OPTIONAL || in == V_OPTIONAL)
		return "this flow travels in clear until SAs are negotiated: its policy is content "
		       "with that";
	return out == V_NO_POLICY && in == V_NO_POLICY
		   ? "this flow travels in clear: no policy covers it"
		   : "this flow travels in clear: a policy says so";
}

/* --- the answer --- */

static const char *
loss_of(const struct spd_row *row, const struct way *w, enum flow_fit fit)
{
	bool first = w->winner == NULL || flow_before(row, w->winner);

	if (!row->present)
		return row->owner == SADB_FOREIGN
			   ? "is gone from the kernel"
			   : "is missing from the kernel: not in force until it is put back";
	if (fit == FLOW_PART)
		return first ? "wins for the packets that it names"
			     : "would apply to some packets only, and loses";
	return w->winner != NULL && row->priority == w->winner->priority
		   ? "loses: as good a priority, but younger"
		   : "loses: lower priority";
}

static void
put_policies(struct control_call *call, struct way *w)
{
	const struct spd_row *row;
	uint32_t it = 0;

	ctl_put_list(&call->put, "policies");
	while ((row = sadb_policy_next(call->d->sadb, &it)) != NULL) {
		enum flow_fit fit = row->sp.dir == w->dir ? flow_fits(row, &w->flow) : FLOW_NONE;
		if (fit == FLOW_NONE || (!row->present && row->owner == SADB_FOREIGN))
			continue;
		w->missing |= fit == FLOW_WHOLE && !row->present &&
			      (w->winner == NULL || flow_before(row, w->winner));
		w->exceptions |= fit == FLOW_PART && row->present &&
				 (w->winner == NULL || flow_before(row, w->winner));
		ctl_put_record(&call->put, NULL);
		control_put_policy(call, row);
		ctl_put_bool(&call->put, "wins", row == w->winner);
		ctl_put_bool(&call->put, "whole", fit == FLOW_WHOLE);
		ctl_put_str(&call->put, "why", row == w->winner ? "wins" : loss_of(row, w, fit));
		ctl_put_end(&call->put);
	}
	ctl_put_end(&call->put);
}

static void
put_sas(struct control_call *call, const struct way *w)
{
	struct ctl_put *p = &call->put;

	ctl_put_list(p, "sas");
	for (unsigned i = 0; w->winner != NULL && i < w->winner->ntmpl && i < SP_MAX_TMPL; i++) {
		const struct sad_row *x = w->sa[i];
		if (x == NULL)
			continue;
		ctl_put_record(p, NULL);
		ctl_put_str(p, "protocol", prop_proto_name((enum prop_proto)x->spec.id.proto));
		ctl_put_spi(p, "spi", x->spec.id.spi);
		control_put_addr(p, "source", &x->spec.src);
		control_put_addr(p, "destination", &x->spec.id.dst);
		ctl_put_str(p, "mode", x->spec.mode == MODE_TUNNEL ? "tunnel" : "transport");
		ctl_put_uint(p, "reqid", x->spec.reqid);
		ctl_put_str(p, "owner", control_owner_name(x->owner));
		ctl_put_end(p);
	}
	ctl_put_end(p);
}

static void
put_way(struct control_call *call, struct way *w)
{
	static const char *const dirs[] = { "in", "out", "fwd" };
	char buf[300];
	struct text t = text_in(buf, sizeof(buf));

	flow_text(&w->flow, &t);
	ctl_put_record(&call->put, NULL);
	ctl_put_str(&call->put, "direction", dirs[w->dir]);
	ctl_put_str(&call->put, "flow", buf);
	ctl_put_str(&call->put, "verdict", verdict_name(w->verdict));
	ctl_put_str(&call->put, "meaning", verdict_text(w));
	put_policies(call, w);
	put_sas(call, w);
	ctl_put_end(&call->put);
}

/* What is forwarded: what leaves protected one way comes protected the other; the way that IPsec has to do with speaks. */
static const char *
forwarded_conclusion(const struct way w[4])
{
	enum verdict there = w[1].verdict, back = w[2].verdict;

	if (w[1].verdict == V_NO_POLICY && w[2].verdict == V_NO_POLICY) {
		there = w[3].verdict;
		back = w[0].verdict;
	}
	return conclusion(there, back);
}

void
control_flow(struct control_call *call)
{
	static const enum sp_dir forwarded[] = { SP_FWD, SP_OUT, SP_FWD, SP_OUT };
	struct daemon *d = call->d;
	struct way w[4] = { 0 };
	struct flow f;
	unsigned n = 2;

	if (!flow_parse(call, &f))
		return;
	bool from_here = is_local(d, &f.flow.src), to_here = is_local(d, &f.flow.dst);
	if (!from_here && !to_here)
		n = 4;
	for (unsigned i = 0; i < n; i++) {
		w[i].flow = i < n / 2 ? f : flow_reverse(&f);
		w[i].dir = n == 4 ? forwarded[i] : (i == 0) == from_here ? SP_OUT : SP_IN;
		judge(d, &w[i]);
	}
	ctl_put_list(&call->put, "ways");
	for (unsigned i = 0; i < n; i++)
		put_way(call, &w[i]);
	ctl_put_end(&call->put);
	ctl_put_bool(&call->put, "forwarded", n == 4);
	ctl_put_bool(&call->put, "exceptions",
	    w[0].exceptions || w[1].exceptions || w[2].exceptions || w[3].exceptions);
	if (w[0].missing || w[1].missing || w[2].missing || w[3].missing)
		ctl_put_str(&call->put, "answer",
		    "not as it should be: a policy of ours for this flow is missing from the "
		    "kernel");
	else
		ctl_put_str(&call->put, "answer",
		    n == 4      ? forwarded_conclusion(w)
		    : from_here ? conclusion(w[0].verdict, w[1].verdict)
				: conclusion(w[1].verdict, w[0].verdict));
}
