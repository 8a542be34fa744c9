/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How policies and selectors become a child.  As initiator the policy that wants an SA says everything.  As responder the policy is
 * looked up that would ask for what the peer asks: by exactly its selectors, then by a packet of them, and for peers
 * that can be narrowed (IKEv2) by anything in common.
 *
 * RFC 4301 section 4.4.1, RFC 7296 section 2.9.
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "sadb/sadb.h"

#include <stdlib.h>
#include <string.h>

/* The one template we negotiate: the ESP or AH that is required. IPComp that is only used if available is left out. */
static const struct sp_tmpl *
template_of(const struct sp_tmpl *v, unsigned n)
{
	const struct sp_tmpl *found = NULL;

	for (unsigned i = 0; i < n; i++) {
		if (v[i].proto == PROTO_IPCOMP && v[i].level == SP_USE)
			continue;
		if (found != NULL || v[i].proto == PROTO_IPCOMP)
			return NULL;
		found = &v[i];
	}
	return found;
}

static void
selectors_of(const struct sa_selector *sel, const struct addr *src, const struct addr *dst, struct ts *my, struct ts *peer)
{
	struct prefix any_src = { addr_any(src->family), 0 }, any_dst = { addr_any(dst->family), 0 };

	*my = ts_of_prefix(sel->src.addr.family != 0 ? &sel->src : &any_src, sel->proto, sel->sport);
	*peer = ts_of_prefix(sel->dst.addr.family != 0 ? &sel->dst : &any_dst, sel->proto, sel->dport);
}

/* Transport mode is between two hosts, whatever the policy covers. */
static bool
to_hosts(struct child *c)
{
	struct prefix me = { c->local.addr, addr_bits(&c->local.addr) };
	struct prefix peer = { c->remote.addr, addr_bits(&c->remote.addr) };
	struct ts my_host = ts_of_prefix(&me, 0, 0), peer_host = ts_of_prefix(&peer, 0, 0), my, other;

	if (!ts_intersect(&c->my_ts, &my_host, &my) || !ts_intersect(&c->peer_ts, &peer_host, &other))
		return false;
	if (!ts_equal(&my, &c->my_ts) || !ts_equal(&other, &c->peer_ts))
		c->narrowed = true;
	c->my_ts = my;
	c->peer_ts = other;
	return true;
}

static ike_err
find_sainfo(struct child *c, uint32_t ph1id, const struct ident *peer_id)
{
	struct conf_sainfo_query q = {
		.ph1id = ph1id, .peer = peer_id, .local = { .ts = &c->my_ts }, .remote = { .ts = &c->peer_ts },
		.peer_addr = c->remote.addr,
	};

	c->sainfo = conf_sainfo_find(c->conf, &q);
	if (c->sainfo == NULL) {
		log_put(c->d->env.log, LOG_L_ERROR, NULL, "failed to get sainfo.");
		return IKE_E_NOTFOUND;
	}
	c->life_sec = c->sainfo->life_sec;
	return IKE_OK;
}

void
child_find_section(struct child *c, const struct ike_sa *ike)
{
	const struct conf_remote *rmt = ike == NULL ? NULL : ike->rmt;
	uint32_t life = c->life_sec;

	if (find_sainfo(c, rmt == NULL ? 0 : rmt->ph1id, ike == NULL ? NULL : ike->peer_id) == IKE_OK && life != 0)
		c->life_sec = life;
}

ike_err
child_find_sainfo(struct child *c)
{
	conf_unref(c->conf);
	c->conf = conf_ref(c->d->conf);
	return find_sainfo(c, acquire_ph1id(c->d, &c->local.addr, &c->remote.addr), NULL);
}

/* The inbound policy of the same traffic: its template's reqid is what the kernel compares the inbound SA with. */
static uint32_t
reqid_in_of(struct child *c, const struct sp_spec *out)
{
	const struct spd_row *row = sadb_policy_find(c->d->sadb, &out->id);
	const struct spd_row *in = row == NULL ? NULL : sadb_policy_mirror(c->d->sadb, row, SP_IN);
	const struct sp_tmpl *t = in == NULL ? NULL : template_of(in->tmpl, in->ntmpl);

	return t == NULL ? c->reqid_out : t->reqid;
}

static ike_err
take_policy(struct child *c, const struct sp_spec *sp, const struct addr *src, const struct addr *dst)
{
	const struct sp_tmpl *t = sp->action == SP_IPSEC ? template_of(sp->tmpl, sp->ntmpl) : NULL;

	if (t == NULL) {
		log_put(c->d->env.log, LOG_L_ERROR, NULL,
		    "policy with %u templates cannot be negotiated: one ESP or AH is what can be", sp->ntmpl);
		return IKE_E_UNSUPPORTED;
	}
	c->proto = t->proto;
	c->mode = t->mode;
	c->reqid_out = t->reqid;
	c->local.addr = *src;
	c->remote.addr = *dst;
	if (t->mode == MODE_TUNNEL && t->src.family != 0) {
		c->local.addr = t->src;
		c->remote.addr = t->dst;
	}
	c->reqid_in = reqid_in_of(c, sp);
	selectors_of(&sp->id.sel, src, dst, &c->my_ts, &c->peer_ts);
	return IKE_OK;
}

ike_err
child_from_policy(struct child *c, const struct sp_spec *sp, const struct addr *src, const struct addr *dst, uint32_t ph1id)
{
	TRY(take_policy(c, sp, src, dst));
	if (c->mode == MODE_TRANSPORT && !to_hosts(c))
		return IKE_E_TS;
	return find_sainfo(c, ph1id, NULL);
}

static struct sa_flow
first_flow(const struct ts *my, const struct ts *peer)
{
	struct sa_flow f = { .src = my->lo, .dst = peer->lo, .proto = my->proto };

	if (my->port_lo == my->port_hi)
		f.sport = my->port_lo;
	if (peer->port_lo == peer->port_hi)
		f.dport = peer->port_lo;
	return f;
}

static bool
exact_id(const struct ts *my, const struct ts *peer, struct sp_id *id)
{
	memset(id, 0, sizeof(*id));
	id->dir = SP_OUT;
	id->sel.proto = my->proto;
	if (!ts_to_prefix(my, &id->sel.src, &id->sel.sport) || !ts_to_prefix(peer, &id->sel.dst, &id->sel.dport))
		return false;
	id->sel.sport_set = id->sel.sport != 0;
	id->sel.dport_set = id->sel.dport != 0;
	return true;
}

static bool
overlaps(const struct spd_row *row, const struct child_request *rq)
{
	struct ts my, peer, x;
	bool my_ok = false, peer_ok = false;

	if (row->sp.dir != SP_OUT || row->action != SP_IPSEC || row->ntmpl == 0)
		return false;
	selectors_of(&row->sp.sel, &rq->my.v[0].lo, &rq->peer.v[0].lo, &my, &peer);
	for (unsigned i = 0; i < rq->my.n; i++)
		my_ok = my_ok || ts_intersect(&rq->my.v[i], &my, &x);
	for (unsigned i = 0; i < rq->peer.n; i++)
		peer_ok = peer_ok || ts_intersect(&rq->peer.v[i], &peer, &x);
	return my_ok && peer_ok;
}

static const struct spd_row *
best_overlap(struct sadb *db, const struct child_request *rq)
{
	const struct spd_row *best = NULL, *row;
	uint32_t it = 0;

	while ((row = sadb_policy_next(db, &it)) != NULL)
		if (overlaps(row, rq) && (best == NULL || row->priority < best->priority))
			best = row;
	return best;
}

const struct spd_row *
child_policy_exact(struct sadb *db, const struct ts *my, const struct ts *peer)
{
	struct sp_id id;

	return exact_id(my, peer, &id) ? sadb_policy_find(db, &id) : NULL;
}

const struct spd_row *
child_policy_covering(struct sadb *db, const struct ts *my, const struct ts *peer)
{
	struct sa_flow flow = first_flow(my, peer);

	return sadb_policy_lookup(db, SP_OUT, &flow);
}

static const struct spd_row *
find_policy(struct sadb *db, const struct child_request *rq)
{
	const struct spd_row *row = NULL;

	for (unsigned i = 0; i < rq->my.n && row == NULL; i++)
		for (unsigned j = 0; j < rq->peer.n && row == NULL; j++)
			row = child_policy_exact(db, &rq->my.v[i], &rq->peer.v[j]);
	if (row != NULL && row->action == SP_IPSEC && row->ntmpl > 0)
		return row;
	row = child_policy_covering(db, &rq->my.v[0], &rq->peer.v[0]);
	if (row != NULL && row->action == SP_IPSEC && row->ntmpl > 0)
		return row;
	return rq->exact ? NULL : best_overlap(db, rq);
}

static void
log_no_policy(const struct child *c, const struct child_request *rq)
{
	char buf[240];
	struct text t = text_in(buf, sizeof(buf));

	ts_print(&rq->peer.v[0], &t);
	text_char(&t, ' ');
	ts_print(&rq->my.v[0], &t);
	log_put(c->d->env.log, LOG_L_ERROR, NULL, "no policy found: %s dir=in", buf);
}

/* Our selectors, the policy's, against the peer's: narrow them, or see that the peer's lie within. */
static ike_err
meet(struct child *c, const struct child_request *rq)
{
	struct ts_list ours = { .n = 1, .v = { c->my_ts } }, theirs = { .n = 1, .v = { c->peer_ts } }, my, peer;

	if (rq->exact) {
		if (!ts_contains(&c->my_ts, &rq->my.v[0]) || !ts_contains(&c->peer_ts, &rq->peer.v[0]))
			return IKE_E_TS;
		my = rq->my;
		peer = rq->peer;
	} else {
		TRY(ts_narrow(&ours, &rq->my, &my));
		TRY(ts_narrow(&theirs, &rq->peer, &peer));
	}
	if (!ts_equal(&my.v[0], &c->my_ts) || !ts_equal(&peer.v[0], &c->peer_ts))
		c->narrowed = true;
	c->my_ts = my.v[0];
	c->peer_ts = peer.v[0];
	return IKE_OK;
}

ike_err
child_match_request(struct child *c, const struct ike_sa *ike, const struct child_request *rq)
{
	const struct spd_row *row = rq->my.n == 0 || rq->peer.n == 0 ? NULL : find_policy(c->d->sadb, rq);
	struct sp_spec sp;

	if (row == NULL) {
		if (rq->my.n > 0 && rq->peer.n > 0)
			log_no_policy(c, rq);
		return IKE_E_TS;
	}
	sadb_policy_spec(row, &sp);
	TRY(take_policy(c, &sp, &ike->local.addr, &ike->remote.addr));
	/* the SA runs between the ends of the IKE SA; a policy for other ends is not this peer's */
	if (!addr_equal(&c->local.addr, &ike->local.addr) || !addr_equal(&c->remote.addr, &ike->remote.addr))
		return IKE_E_TS;
	/* a peer that asked for transport mode accepts tunnel mode as the answer; not the other way round */
	if (c->mode == MODE_TRANSPORT && rq->mode == MODE_TUNNEL)
		return IKE_E_TS;
	if (rq->exact && rq->mode != MODE_ANY && rq->mode != c->mode)
		return IKE_E_TS;
	if (c->mode == MODE_TRANSPORT && !to_hosts(c))
		return IKE_E_TS;
	TRY(meet(c, rq));
	return find_sainfo(c, ike->rmt->ph1id, rq->peer_id);
}

/* Keep of |l| what the kernel's interface can be told.  False: there was something, and nothing is left. */
static bool
keep_able(struct prop_algs *l, unsigned features)
{
	uint8_t n = l->n;

	l->n = 0;
	for (uint8_t i = 0; i < n; i++)
		if (kern_takes_alg(features, l->v[i].id))
			l->v[l->n++] = l->v[i];
	return n == 0 || l->n != 0;
}

/* What could be agreed on and then not installed is better not offered, and not chosen. */
static ike_err
keep_able_props(const struct child *c, struct prop *v, size_t *n)
{
	const struct kern *k = c->d->env.kern;
	size_t left = 0;

	for (size_t i = 0; i < *n; i++)
		if (keep_able(&v[i].encr, k->features) && keep_able(&v[i].integ, k->features))
			v[left++] = v[i];
	*n = left;
	if (left != 0)
		return IKE_OK;
	log_put(c->d->env.log, LOG_L_ERROR, NULL,
	    "%s:%u: none of these algorithms can be given to the kernel through %s: list others (aes with hmac_sha1, hmac_sha512 or "
	    "hmac_sha256_96), or use kernel_interface xfrm",
	    c->sainfo->file, c->sainfo->line, k->ops->name);
	return IKE_E_NO_PROPOSAL;
}

ike_err
child_props(const struct child *c, struct arena *arena, struct prop_list *out)
{
	struct prop v[CONF_CHILD_PROPS];
	size_t n;

	TRY(conf_child_props(c->sainfo, c->proto, c->mode, v, &n));
	TRY(keep_able_props(c, v, &n));
	out->v = arena_array(arena, n, sizeof(*out->v));
	if (out->v == NULL)
		return IKE_E_NOMEM;
	memcpy(out->v, v, n * sizeof(*v));
	out->n = n;
	if (c->spi_in != 0)
		for (size_t i = 0; i < n; i++)
			prop_set_spi32(&out->v[i], c->spi_in);
	return IKE_OK;
}

void
child_choose(struct child *c, const struct prop *chosen)
{
	c->suite = prop_suite(chosen);
	c->spi_out = prop_spi32(chosen);
	if (chosen->life_sec != 0)
		c->life_sec = chosen->life_sec;
	c->life_kb = chosen->life_kb;
}
