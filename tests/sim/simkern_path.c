/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: the data path and the clock.  What is decided, and under which counter a packet is dropped, follows
 * Linux: policy, templates from the innermost, for each the best SA or an ACQUIRE; on the way in each layer's SA,
 * then the policy against the SAs that were passed.
 */
#include "sim/simkern_int.h"

#include <string.h>

struct kern *
simkern_kern(struct simkern *k)
{
	return &k->daemon.kern;
}

struct kern *
simkern_other(struct simkern *k)
{
	return &k->other.kern;
}

void
simkern_set_acq_expires(struct simkern *k, uint32_t seconds)
{
	k->acq_expires = seconds;
}

void
simkern_set_local(struct simkern *k, bool (*local)(void *arg, const struct addr *a), void *arg)
{
	k->local = local;
	k->local_arg = arg;
}

void
simkern_fail(struct simkern *k, unsigned n, int errnum, bool after)
{
	k->fail_in = n;
	k->fail_errnum = errnum;
	k->fail_after = after;
	k->fail_puts = false;
}

void
simkern_refuse(struct simkern *k, unsigned n, int errnum)
{
	simkern_fail(k, n, errnum, false);
	k->fail_puts = true;
}

unsigned
simkern_calls(const struct simkern *k)
{
	return k->calls;
}

size_t
simkern_sa_count(const struct simkern *k)
{
	size_t n = 0;

	LIST_FOR(it, &k->sas)
	{
		if (!container_of(it, const struct sim_sa, link)->larval)
			n++;
	}
	return n;
}

static void
count(struct simkern *k, const char *name)
{
	for (size_t i = 0; i < SIM_COUNTERS; i++) {
		if (k->counter[i].name == NULL)
			k->counter[i].name = name;
		if (strcmp(k->counter[i].name, name) == 0) {
			k->counter[i].n++;
			return;
		}
	}
}

uint64_t
simkern_counter(const struct simkern *k, const char *name)
{
	for (size_t i = 0; i < SIM_COUNTERS && k->counter[i].name != NULL; i++) {
		if (strcmp(k->counter[i].name, name) == 0)
			return k->counter[i].n;
	}
	return 0;
}

static enum sim_verdict
drop(struct simkern *k, const char *name, const char **why)
{
	count(k, name);
	*why = name;
	return SIM_DROPPED;
}

static void
turn_soft(struct simkern *k, struct sim_sa *x)
{
	if (x->dying)
		return;
	x->dying = true;
	sim_report_sa(k, KERN_EV_SOFT, x, 0);
}

/* Lifetimes in bytes and packets; false: the SA has just ended. */
static bool
check_volume(struct simkern *k, struct sim_sa *x)
{
	const struct sa_life *l = &x->spec.life;

	if (x->u.use_time == 0)
		x->u.use_time = sim_wall(k);
	if ((l->hard_bytes != 0 && x->u.bytes >= l->hard_bytes) ||
	    (l->hard_packets != 0 && x->u.packets >= l->hard_packets)) {
		sim_sa_expire(k, x);
		return false;
	}
	if ((l->soft_bytes != 0 && x->u.bytes >= l->soft_bytes) ||
	    (l->soft_packets != 0 && x->u.packets >= l->soft_packets))
		turn_soft(k, x);
	return true;
}

static bool
has_selector(const struct sa_spec *s)
{
	return s->sel.src.addr.family != 0 || s->sel.dst.addr.family != 0;
}

static bool
serves(const struct sim_sa *x, const struct sp_spec *pol, const struct sp_tmpl *t,
    const struct sa_flow *flow)
{
	return x->spec.reqid == t->reqid && x->spec.mode == t->mode &&
	       x->spec.id.proto == t->proto && x->spec.if_id == pol->id.if_id &&
	       (flow->mark & x->spec.mark_mask) == x->spec.mark &&
	       (x->spec.flags & SA_WILDRECV) == 0;
}

/* A fresh SA before one that is to be replaced; then the one added last. */
static bool
is_better(const struct sim_sa *a, const struct sim_sa *b)
{
	if (b == NULL || a->dying != b->dying)
		return b == NULL || b->dying;
	return a->u.add_time != b->u.add_time ? a->u.add_time > b->u.add_time
					      : a->serial > b->serial;
}

static struct prefix
host(const struct addr *a)
{
	return (struct prefix){ *a, addr_bits(a) };
}

static void
ask_for_sa(struct simkern *k, const struct sp_spec *pol, const struct sp_tmpl *t,
    const struct sa_flow *flow, const struct addr *local, const struct addr *remote)
{
	struct kern_event ev = {
		.kind = KERN_EV_ACQUIRE, .sp = *pol, .acq_src = *local, .acq_dst = *remote
	};

	ev.acq_sel = (struct sa_selector){ .src = host(&flow->src),
		.dst = host(&flow->dst),
		.proto = flow->proto,
		.sport = flow->sport,
		.dport = flow->dport,
		.sport_set = true,
		.dport_set = true };
	ev.acq_seq = ++k->acq_seq;
	ev.sa = (struct sa_spec){ .id = { .proto = t->proto, .dst = *remote },
		.src = *local,
		.mode = t->mode,
		.dir = SA_OUT,
		.reqid = t->reqid,
		.seq = ev.acq_seq,
		.sel = ev.acq_sel,
		.if_id = pol->id.if_id };
	if (sim_sa_larval(k, &ev.sa) != NULL)
		sim_report(k, &ev);
}

/* The SA for one template; NULL: there is none now (and the daemon has been asked). */
static struct sim_sa *
resolve(struct simkern *k, const struct sp_spec *pol, const struct sp_tmpl *t,
    const struct sa_flow *flow, const struct addr *local, const struct addr *remote)
{
	struct sim_sa *best = NULL;
	bool asked = false;

	for (struct sim_sa *x = sim_sa_between(k, local, remote); x != NULL;
	     x = sim_sa_between_next(k, x)) {
		if (!serves(x, pol, t, flow))
			continue;
		if (x->larval)
			asked = true;
		else if ((!has_selector(&x->spec) || sa_selector_match(&x->spec.sel, flow)) &&
			 is_better(x, best))
			best = x;
	}
	if (best == NULL && !asked)
		ask_for_sa(k, pol, t, flow, local, remote);
	return best;
}

/* Put the packet into |x|: its layer is the new outermost. */
static void
wrap(struct sim_sa *x, struct sim_wire *w, const struct addr *src, const struct addr *dst)
{
	w->layer[w->nlayers++] = (struct sim_layer){ .proto = x->spec.id.proto,
		.mode = x->spec.mode,
		.spi = x->spec.id.spi,
		.seq = ++x->u.oseq,
		.src = *src,
		.dst = *dst,
		.encap_sport = x->spec.encap_sport,
		.encap_dport = x->spec.encap_dport,
		.digest = x->digest };
	x->u.bytes += w->inner.len;
	x->u.packets++;
}

enum sim_verdict
simkern_send(struct simkern *k, const struct sim_packet *p, struct sim_wire *out, const char **why)
{
	struct sim_sp *pol = sim_sp_lookup(k, SP_OUT, &p->flow);
	struct sim_sa *use[SP_MAX_TMPL];
	struct sim_wire w = { .inner = *p };
	struct addr local = p->flow.src, remote = p->flow.dst;
	size_t n = 0;

	if (pol != NULL && pol->spec.action == SP_DISCARD)
		return drop(k, "XfrmOutPolBlock", why);
	for (size_t i = 0; pol != NULL && pol->spec.action == SP_IPSEC && i < pol->spec.ntmpl;
	     i++) {
		const struct sp_tmpl *t = &pol->spec.tmpl[i];
		const struct addr *from =
		    t->mode == MODE_TUNNEL && !addr_is_any(&t->src) ? &t->src : &local;
		const struct addr *to = t->mode == MODE_TUNNEL ? &t->dst : &remote;
		struct sim_sa *x = resolve(k, &pol->spec, t, &p->flow, from, to);

		if (x == NULL && t->level != SP_USE)
			return drop(k, "XfrmOutNoStates", why);
		if (x == NULL)
			continue;
		use[n++] = x;
		local = x->spec.src;
		remote = x->spec.id.dst;
	}
	local = p->flow.src;
	remote = p->flow.dst;
	for (size_t i = 0; i < n; i++) {
		if (!check_volume(k, use[i]))
			return drop(k, "XfrmOutStateExpired", why);
		if (use[i]->u.oseq == UINT32_MAX && (use[i]->spec.flags & SA_ESN) == 0)
			return drop(k, "XfrmOutStateSeqError", why);
		if (use[i]->spec.mode == MODE_TUNNEL) {
			local = use[i]->spec.src;
			remote = use[i]->spec.id.dst;
		}
		wrap(use[i], &w, &local, &remote);
	}
	if (pol != NULL)
		pol->spec.use_time = sim_wall(k);
	*out = w;
	return n == 0 ? SIM_CLEAR : SIM_PROTECTED;
}

/*
 * RFC 4303 section 3.4.3: "Duplicates are rejected through the use of a sliding receive window."  Fits |seq|?
 * Then, if |take|, it is noted.
 */
static bool
replay_ok(struct sim_sa *x, uint32_t seq, bool take)
{
	uint32_t window = x->spec.replay_window > 64 ? 64 : x->spec.replay_window;
	uint32_t behind;

	if (window == 0)
		return true;
	if (seq > x->u.seq) {
		if (take) {
			x->replay = seq - x->u.seq >= 64 ? 1 : x->replay << (seq - x->u.seq) | 1;
			x->u.seq = seq;
		}
		return true;
	}
	behind = x->u.seq - seq;
	if (behind >= window || (x->replay >> behind & 1) != 0)
		return false;
	if (take)
		x->replay |= (uint64_t)1 << behind;
	return true;
}

/* The peer's packets come from somewhere else now. */
static void
check_mapping(struct simkern *k, const struct sim_sa *x, const struct sim_layer *l)
{
	struct kern_event ev = {
		.kind = KERN_EV_MAPPING, .sa = x->spec, .map_new = { l->src, l->encap_sport }
	};

	if (x->spec.encap_sport != 0 &&
	    (!addr_equal(&x->spec.src, &l->src) || x->spec.encap_sport != l->encap_sport))
		sim_report(k, &ev);
}

/* Take off one layer: NULL if it went well, else the counter. */
static const char *
unwrap(struct simkern *k, const struct sim_layer *l, uint32_t len, struct sim_sa **out)
{
	struct sa_id id = { .proto = l->proto, .spi = l->spi, .dst = l->dst };
	struct sim_sa *x = sim_sa_find(k, &id);

	if (x == NULL)
		return "XfrmInNoStates";
	if (x->larval)
		return "XfrmAcquireError";
	if ((l->encap_sport != 0) != (x->spec.encap_sport != 0))
		return "XfrmInStateMismatch";
	if (!replay_ok(x, l->seq, false)) {
		x->u.replay_errors++;
		return "XfrmInStateSeqError";
	}
	if (!check_volume(k, x))
		return "XfrmInStateExpired";
	if (x->digest != l->digest) {
		x->u.integrity_errors++;
		return "XfrmInStateProtoError";
	}
	if (x->spec.mode != l->mode)
		return "XfrmInStateModeError";
	(void)replay_ok(x, l->seq, true);
	x->u.bytes += len;
	x->u.packets++;
	check_mapping(k, x, l);
	*out = x;
	return NULL;
}

static bool
satisfies(const struct sim_sa *x, const struct sp_spec *pol, const struct sp_tmpl *t)
{
	return x->spec.id.proto == t->proto && x->spec.mode == t->mode &&
	       (t->reqid == 0 || x->spec.reqid == t->reqid) &&
	       (pol->id.if_id == 0 || x->spec.if_id == pol->id.if_id) &&
	       (t->mode != MODE_TUNNEL ||
		   ((addr_is_any(&t->dst) || addr_equal(&x->spec.id.dst, &t->dst)) &&
		       (addr_is_any(&t->src) || addr_equal(&x->spec.src, &t->src))));
}

/*
 * Look for an SA that satisfies |t| among |via| (the outermost first) from |at| on; a tunnel stops the search.
 * Returns where to go on, or -1.
 */
static int
next_after(
    struct sim_sa *const *via, int n, int at, const struct sp_spec *pol, const struct sp_tmpl *t)
{
	bool optional = t->level == SP_USE;

	if (optional && t->mode == MODE_TRANSPORT)
		return at;
	for (int i = at; i < n; i++) {
		if (satisfies(via[i], pol, t))
			return i + 1;
		if (via[i]->spec.mode != MODE_TRANSPORT)
			break;
	}
	return optional ? at : -1;
}

static bool
any_tunnel(struct sim_sa *const *via, int n, int from)
{
	for (int i = from; i < n; i++) {
		if (via[i]->spec.mode != MODE_TRANSPORT)
			return true;
	}
	return false;
}

static const char *
check_policy(struct simkern *k, const struct sa_flow *flow, struct sim_sa *const *via, int n)
{
	enum sp_dir dir = k->local == NULL || k->local(k->local_arg, &flow->dst) ? SP_IN : SP_FWD;
	struct sim_sp *pol = sim_sp_lookup(k, dir, flow);
	int at = 0;

	for (int i = n - 1; i >= 0; i--) {
		if (has_selector(&via[i]->spec) && !sa_selector_match(&via[i]->spec.sel, flow))
			return "XfrmInStateMismatch";
	}
	if (pol == NULL)
		return any_tunnel(via, n, 0) ? "XfrmInNoPols" : NULL;
	pol->spec.use_time = sim_wall(k);
	if (pol->spec.action == SP_DISCARD)
		return "XfrmInPolBlock";
	for (int i = pol->spec.action == SP_IPSEC ? pol->spec.ntmpl - 1 : -1; i >= 0; i--) {
		at = next_after(via, n, at, &pol->spec, &pol->spec.tmpl[i]);
		if (at < 0)
			return "XfrmInTmplMismatch";
	}
	return any_tunnel(via, n, at) ? "XfrmInTmplMismatch" : NULL;
}

enum sim_verdict
simkern_receive(struct simkern *k, const struct sim_wire *w, const char **why)
{
	struct sim_sa *via[SP_MAX_TMPL];
	const char *name;
	int n = 0;

	for (int i = w->nlayers - 1; i >= 0; i--) {
		name = unwrap(k, &w->layer[i], w->inner.len, &via[n]);
		if (name != NULL)
			return drop(k, name, why);
		n++;
	}
	name = check_policy(k, &w->inner.flow, via, n);
	return name != NULL ? drop(k, name, why) : SIM_DELIVERED;
}

void
simkern_set_wall(struct simkern *k, int64_t ahead)
{
	k->wall_ahead = ahead;
}

/* As Linux does: at the soft limit an SA whose hard limit the wall clock has overtaken gets a date by which it has not. */
static void
date_anew(const struct simkern *k, struct sim_sa *x)
{
	if (x->spec.life.hard_sec != 0 && x->u.add_time + x->spec.life.hard_sec <= sim_wall(k))
		x->u.add_time = sim_wall(k) - x->spec.life.soft_sec - 1;
}

/* A lifetime by time, or a larval state's. */
static void
sa_due(struct simkern *k, struct sim_sa *x)
{
	ike_time hard =
	    x->spec.life.hard_sec == 0 ? IKE_NEVER : x->born + SEC(x->spec.life.hard_sec);

	heap_cancel(&k->timers, &x->timer);
	if (x->larval || hard <= k->now) {
		sim_sa_expire(k, x);
		return;
	}
	date_anew(k, x);
	turn_soft(k, x);
	if (hard != IKE_NEVER)
		(void)!heap_set(&k->timers, &x->timer, hard); /* it was in: there is room */
}

void
simkern_tick(struct simkern *k, ike_time now)
{
	struct timer *t;

	k->now = now;
	while ((t = heap_first(&k->timers)) != NULL && t->when <= now) {
		if (t->kind == TIMER_SA) {
			sa_due(k, container_of(t, struct sim_sa, timer));
		} else {
			struct sim_sp *p = container_of(t, struct sim_sp, timer);

			sim_report_sp(k, KERN_EV_SP_EXPIRE, &p->spec, 0);
			sim_sp_remove(k, p);
		}
	}
}

ike_time
simkern_deadline(const struct simkern *k)
{
	const struct timer *t = heap_first(&k->timers);

	return t == NULL ? IKE_NEVER : t->when;
}
