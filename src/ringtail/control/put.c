/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/conf.h"
#include "ringtail/control/server.h"
#include "sadb/sadb.h"

void
control_put_addr(struct ctl_put *p, const char *name, const struct addr *a)
{
	struct addr_buf b;

	ctl_put_str(p, name, addr_text(a, &b));
}

void
control_put_endpoint(struct ctl_put *p, const char *name, const struct endpoint *e)
{
	struct addr_buf b;

	ctl_put_str(p, name, endpoint_text(e, &b));
}

void
control_put_alg(struct ctl_put *p, const char *name, struct prop_alg a)
{
	struct name_buf b;

	if (a.id != ALG_ID_NONE)
		ctl_put_str(p, name, alg_text((enum alg_id)a.id, a.bits, &b));
}

void
control_usage(struct control_call *call, uint64_t id, struct sa_usage *out)
{
	const struct sad_row *row = sadb_row(call->d->sadb, id);

	*out = (struct sa_usage){ 0 };
	if (row == NULL || row->want != SAD_WANT_INSTALLED)
		return;
	*out = row->usage;
	if (call->asked == CONTROL_USAGE_MAX && call->note[0] != '\0')
		return;
	if (call->asked == CONTROL_USAGE_MAX) {
		struct text t = text_in(call->note, sizeof(call->note));
		text_addf(&t,
		    "the counters of %d SAs are of this moment, those of the others as last "
		    "reported",
		    CONTROL_USAGE_MAX);
		return;
	}
	call->asked++;
	/* an SA that is gone from the kernel keeps what it had */
	if (sadb_usage(call->d->sadb, id, out) != IKE_OK)
		return;
}

/* The group's number in IKE. */
static void
put_group(struct ctl_put *p, const char *name, const char *number, struct prop_alg a)
{
	const struct alg *alg = alg_get(a.id);

	control_put_alg(p, name, a);
	if (a.id != ALG_ID_NONE && alg != NULL && alg->v2 > 0)
		ctl_put_uint(p, number, (uint64_t)alg->v2);
}

static void
put_ts(struct ctl_put *p, const char *name, const struct ts *ts)
{
	char buf[200];
	struct text t = text_in(buf, sizeof(buf));

	ts_print(ts, &t);
	ctl_put_str(p, name, buf);
}

static void
put_ports(struct ctl_put *p, const char *name, const struct ts *ts)
{
	char buf[32];
	struct text t = text_in(buf, sizeof(buf));

	if (ts->port_lo == 0 && ts->port_hi == 65535)
		text_add(&t, "any");
	else if (ts->port_lo > ts->port_hi)
		text_add(&t, "opaque");
	else
		text_addf(
		    &t, ts->port_lo == ts->port_hi ? "%u" : "%u-%u", ts->port_lo, ts->port_hi);
	ctl_put_str(p, name, buf);
}

static void
put_range(struct ctl_put *p, const char *name, const struct ts *ts)
{
	char buf[2 * ADDR_TEXT];
	struct text t = text_in(buf, sizeof(buf));
	struct addr_buf a, b;
	struct prefix pre;

	if (range_prefix(&ts->lo, &ts->hi, &pre))
		text_addf(&t, "%s/%u", addr_text(&pre.addr, &a), pre.len);
	else
		text_addf(&t, "%s-%s", addr_text(&ts->lo, &a), addr_text(&ts->hi, &b));
	ctl_put_str(p, name, buf);
}

/* The selectors in pieces, for programs. */
static void
put_selector(struct ctl_put *p, const struct child *c)
{
	ctl_put_record(p, "selector");
	put_range(p, "local", &c->my_ts);
	put_range(p, "remote", &c->peer_ts);
	control_put_upper(p, "protocol", c->my_ts.proto);
	put_ports(p, "local_ports", &c->my_ts);
	put_ports(p, "remote_ports", &c->peer_ts);
	ctl_put_end(p);
}

static void
put_ident(struct ctl_put *p, const char *name, const char *type_name, const struct ident *id)
{
	char buf[600];
	struct text t = text_in(buf, sizeof(buf));

	if (id == NULL)
		return;
	ident_print(id, &t);
	ctl_put_str(p, name, buf);
	ctl_put_str(p, type_name, ident_type_name(id->type));
}

static void
put_left(struct ctl_put *p, const char *name, const struct daemon *d, ike_time when)
{
	if (when != IKE_NEVER && when != 0)
		ctl_put_quantity(p, name, CTL_SPAN, (when - d->now) / SEC(1));
}

/* --- IKE SAs --- */

static const char *
ike_state_name(enum ike_state s)
{
	switch (s) {
	case IKE_CONNECTING:
		return "connecting";
	case IKE_ESTABLISHED:
		return "established";
	case IKE_DYING:
		return "dying";
	case IKE_DEAD:
		return "dead";
	}
	return "unknown";
}

static void
put_exchanges(struct ctl_put *p, const struct ike_sa *ike)
{
	char buf[200];

	ctl_put_list(p, "exchanges");
	LIST_FOR(l, &ike->exchs)
	{
		const struct exch *x = container_of(l, struct exch, link);
		struct text t = text_in(buf, sizeof(buf));
		exch_describe(x, &t);
		if (x->sent > 1)
			text_addf(&t, ", sent %u times", x->sent);
		ctl_put_str(p, NULL, buf);
	}
	ctl_put_end(p);
}

static void
put_ike_ends(struct ctl_put *p, const struct ike_sa *ike)
{
	const struct exch_type *first = ike->ops->for_intent(INTENT_IKE_CREATE);

	ctl_put_cookie(p, "spi_i", ike_spi_i(ike));
	ctl_put_cookie(p, "spi_r", ike_spi_r(ike));
	ctl_put_str(p, "version", ike->ops->name);
	if (first != NULL)
		ctl_put_str(p, "exchange", first->name);
	ctl_put_str(p, "state", ike_state_name(ike->state));
	ctl_put_str(p, "role", ike->side == INITIATOR ? "initiator" : "responder");
	control_put_endpoint(p, "local", &ike->local);
	control_put_endpoint(p, "remote", &ike->remote);
	ctl_put_bool(p, "udp_encapsulation", ike->natt);
	put_ident(p, "local_identity", "local_identity_type", ike->my_id);
	put_ident(p, "remote_identity", "remote_identity_type", ike->peer_id);
}

static void
put_ike_algs(struct ctl_put *p, const struct ike_sa *ike)
{
	const struct suite *s = &ike->suite;

	control_put_alg(p, "encryption", s->encr);
	control_put_alg(p, "integrity", s->integ);
	control_put_alg(p, "prf", s->prf);
	put_group(p, "group", "group_number", s->ke);
	control_put_alg(p, "authentication", (struct prop_alg){ .id = s->auth });
}

static void
put_ike_section(struct ctl_put *p, const struct conf_remote *r)
{
	if (r == NULL)
		return;
	ctl_put_record(p, "section");
	ctl_put_str(p, "name", r->name);
	ctl_put_bool(p, "anonymous", r->peer.addr.family == 0);
	ctl_put_bool(p, "passive", r->passive);
	ctl_put_str(p, "generate_policy",
	    r->genpol == CONF_GENPOL_OFF      ? "none"
	    : r->genpol == CONF_GENPOL_UNIQUE ? "unique"
					      : "require");
	ctl_put_quantity(p, "lifetime", CTL_SPAN, r->life_sec);
	ctl_put_end(p);
}

static void
put_ike_times(struct ctl_put *p, const struct ike_sa *ike)
{
	const struct daemon *d = ike->d;
	uint32_t life =
	    ike->suite.life_sec != 0 || ike->rmt == NULL ? ike->suite.life_sec : ike->rmt->life_sec;

	ctl_put_quantity(p, "created", CTL_TIME, control_wall(d, ike->created));
	if (ike->established != 0) {
		ctl_put_quantity(p, "established", CTL_TIME, ike->established_wall);
		ctl_put_quantity(p, "lifetime", CTL_SPAN, life);
		if (!ike->rekeyed)
			put_left(p, "rekey_in", d, ike->soft);
		put_left(p, "expires_in", d, ike->hard);
	}
	if (ike->established != 0)
		ctl_put_quantity(p, "last_heard", CTL_TIME, control_wall(d, ike->last_in));
	if (ike->why != IKE_OK)
		ctl_put_str(p, "trouble", ike_err_text(ike->why));
}

/* Liveness checks that wait for an answer: transmissions after the first. */
static unsigned
unanswered(const struct ike_sa *ike)
{
	unsigned n = 0;

	LIST_FOR(l, &ike->exchs)
	{
		const struct exch *x = container_of(l, struct exch, link);
		if (x->type->intent == INTENT_LIVENESS && x->side == INITIATOR && x->sent > 1)
			n += x->sent - 1;
	}
	return n;
}

void
control_put_ike(struct control_call *call, struct ike_sa *ike, bool with_children)
{
	struct ctl_put *p = &call->put;

	put_ike_ends(p, ike);
	put_ike_algs(p, ike);
	put_ike_times(p, ike);
	ctl_put_bool(p, "dpd", ike->ops->major == 2 || ike->dpd_peer);
	ctl_put_uint(p, "dpd_fails", unanswered(ike));
	put_ike_section(p, ike->rmt);
	put_exchanges(p, ike);
	ctl_put_uint(p, "child_count", ike->nchildren);
	if (!with_children)
		return;
	ctl_put_list(p, "children");
	LIST_FOR(l, &ike->children)
	{
		ctl_put_record(p, NULL);
		control_put_child(call, container_of(l, struct child, link));
		ctl_put_end(p);
	}
	ctl_put_end(p);
}

/* --- children --- */

const char *
control_child_state(const struct child *c)
{
	switch (c->state) {
	case CHILD_WANTED:
		return "wanted";
	case CHILD_NEGOTIATING:
		return "negotiating";
	case CHILD_INSTALLED:
		return c->rekeying ? "rekeying" : "installed";
	case CHILD_RETIRING:
		return c->replaced_by != 0 ? "replaced" : "deleting";
	}
	return "unknown";
}

static void
put_child_life(struct ctl_put *p, const struct child *c)
{
	const struct daemon *d = c->d;
	const struct sad_row *row = sadb_row(d->sadb, c->row_in != 0 ? c->row_in : c->row_out);

	if (c->installed == 0)
		return;
	ctl_put_quantity(p, "installed", CTL_TIME, c->installed_wall);
	ctl_put_quantity(p, "lifetime", CTL_SPAN, c->life_sec);
	if (c->life_kb != 0)
		ctl_put_quantity(p, "lifetime_bytes", CTL_BYTES, (int64_t)c->life_kb * 1024);
	if (row == NULL || row->spec.life.hard_sec == 0)
		return;
	if (c->state == CHILD_INSTALLED && !c->rekeying)
		put_left(
		    p, "rekey_in", d, time_add(row->since, SEC((ike_time)row->spec.life.soft_sec)));
	put_left(p, "expires_in", d, time_add(row->since, SEC((ike_time)row->spec.life.hard_sec)));
}

static void
put_half(struct control_call *call, const char *name, uint64_t row, uint32_t spi, uint32_t reqid)
{
	struct ctl_put *p = &call->put;
	struct sa_usage u;

	if (spi == 0)
		return;
	control_usage(call, row, &u);
	ctl_put_record(p, name);
	ctl_put_spi(p, "spi", spi);
	ctl_put_uint(p, "reqid", reqid);
	ctl_put_bool(p, "in_kernel", sadb_row(call->d->sadb, row) != NULL);
	ctl_put_quantity(p, "bytes", CTL_BYTES, (int64_t)u.bytes);
	ctl_put_uint(p, "packets", u.packets);
	if (u.use_time != 0)
		ctl_put_quantity(p, "last_used", CTL_TIME, (int64_t)u.use_time);
	if (u.replay_errors != 0)
		ctl_put_uint(p, "replay_errors", u.replay_errors);
	if (u.window_errors != 0)
		ctl_put_uint(p, "window_errors", u.window_errors);
	if (u.integrity_errors != 0)
		ctl_put_uint(p, "integrity_errors", u.integrity_errors);
	ctl_put_end(p);
}

void
control_put_child(struct control_call *call, struct child *c)
{
	struct ctl_put *p = &call->put;

	ctl_put_str(p, "protocol", prop_proto_name((enum prop_proto)c->proto));
	ctl_put_str(p, "mode", c->mode == MODE_TUNNEL ? "tunnel" : "transport");
	ctl_put_str(p, "state", control_child_state(c));
	ctl_put_str(p, "role", c->side == INITIATOR ? "initiator" : "responder");
	if (c->adopted)
		ctl_put_bool(p, "adopted", true);
	control_put_addr(p, "local", &c->local.addr);
	control_put_addr(p, "remote", &c->remote.addr);
	put_ts(p, "local_traffic", &c->my_ts);
	put_ts(p, "remote_traffic", &c->peer_ts);
	put_selector(p, c);
	control_put_alg(p, "encryption", c->suite.encr);
	control_put_alg(p, "integrity", c->suite.integ);
	put_group(p, "pfs_group", "pfs_group_number", c->suite.ke);
	ctl_put_bool(p, "esn", c->suite.esn);
	ctl_put_quantity(p, "created", CTL_TIME, control_wall(c->d, c->created));
	put_child_life(p, c);
	put_half(call, "in", c->row_in, c->spi_in, c->reqid_in);
	put_half(call, "out", c->row_out, c->spi_out, c->reqid_out);
}
