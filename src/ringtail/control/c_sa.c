/* SPDX-License-Identifier: BSD-3-Clause */
/* The model of the kernel in words: SAs and policies, whoever made them. */
#include "ringtail/control/peers.h"

#include "sadb/sadb.h"

/* PF_KEY's bits, as setkey prints them. */
enum { PF_NOECN = 0x80000000u, PF_DECAP_DSCP = 0x40000000u, PF_NOPMTUDISC = 0x20000000u };

static const char *
setkey_word(uint16_t id)
{
	const struct alg *a = alg_get(id);

	return a == NULL ? "unknown" : a->setkey[0] != NULL ? a->setkey[0] : a->name;
}

/* What setkey(8) calls it, for output in its layout. */
static void
put_setkey(struct ctl_put *p, const struct sa_spec *s)
{
	uint32_t flags = ((s->flags & SA_NOECN) != 0 ? PF_NOECN : 0) |
			 ((s->flags & SA_DECAP_DSCP) != 0 ? PF_DECAP_DSCP : 0) |
			 ((s->flags & SA_NOPMTUDISC) != 0 ? PF_NOPMTUDISC : 0);

	ctl_put_record(p, "setkey");
	if (s->encr != ALG_ID_NONE)
		ctl_put_str(p, "encryption", setkey_word(s->encr));
	if (s->integ != ALG_ID_NONE)
		ctl_put_str(p, "authentication", setkey_word(s->integ));
	if (s->comp != ALG_ID_NONE)
		ctl_put_str(p, "compression", setkey_word(s->comp));
	ctl_put_spi(p, "flags", flags);
	ctl_put_end(p);
}

static const char *
sa_state(const struct sad_row *row)
{
	if (row->want == SAD_WANT_RESERVED || sa_is_larval(&row->spec))
		return "reserved";
	return sad_have_name(row->have);
}

static void
put_life(struct ctl_put *p, const struct daemon *d, const struct sad_row *row)
{
	const struct sa_life *l = &row->spec.life;

	if (row->since != 0)
		ctl_put_quantity(p, "age", CTL_SPAN, (d->now - row->since) / SEC(1));
	if (row->since != 0 && l->hard_sec != 0)
		ctl_put_quantity(p, "expires_in", CTL_SPAN,
		    (int64_t)l->hard_sec - (d->now - row->since) / SEC(1));
	ctl_put_record(p, "limits");
	ctl_put_quantity(p, "soft_time", CTL_SPAN, (int64_t)l->soft_sec);
	ctl_put_quantity(p, "hard_time", CTL_SPAN, (int64_t)l->hard_sec);
	ctl_put_quantity(p, "soft_bytes", CTL_BYTES, (int64_t)l->soft_bytes);
	ctl_put_quantity(p, "hard_bytes", CTL_BYTES, (int64_t)l->hard_bytes);
	ctl_put_uint(p, "soft_packets", l->soft_packets);
	ctl_put_uint(p, "hard_packets", l->hard_packets);
	ctl_put_end(p);
}

static void
put_usage(struct ctl_put *p, const struct sa_usage *u)
{
	ctl_put_quantity(p, "bytes", CTL_BYTES, (int64_t)u->bytes);
	ctl_put_uint(p, "packets", u->packets);
	if (u->add_time != 0)
		ctl_put_quantity(p, "added", CTL_TIME, (int64_t)u->add_time);
	if (u->use_time != 0)
		ctl_put_quantity(p, "last_used", CTL_TIME, (int64_t)u->use_time);
	ctl_put_uint(p, "replay_errors", u->replay_errors);
	ctl_put_uint(p, "window_errors", u->window_errors);
	ctl_put_uint(p, "integrity_errors", u->integrity_errors);
}

/* The other half of the pair. */
static void
put_pair(struct ctl_put *p, struct daemon *d, const struct sad_row *row)
{
	const struct child *c = row->user == 0 ? NULL : child_get(d, row->user);

	if (c == NULL)
		return;
	uint32_t other = row->id == c->row_in ? c->spi_out : c->spi_in;
	if (other != 0)
		ctl_put_spi(p, "pair_spi", other);
}

static void
put_encap(struct ctl_put *p, const struct sa_spec *s)
{
	if (s->encap_sport == 0 && s->encap_dport == 0)
		return;
	ctl_put_record(p, "encapsulation");
	ctl_put_uint(p, "source_port", s->encap_sport);
	ctl_put_uint(p, "destination_port", s->encap_dport);
	if (s->encap_oa.family != 0)
		control_put_addr(p, "original_address", &s->encap_oa);
	ctl_put_end(p);
}

static void
put_sa(struct control_call *call, const struct sad_row *row, const struct sa_usage *u)
{
	struct ctl_put *p = &call->put;
	const struct sa_spec *s = &row->spec;

	ctl_put_str(p, "protocol", prop_proto_name((enum prop_proto)s->id.proto));
	ctl_put_spi(p, "spi", s->id.spi);
	control_put_addr(p, "source", &s->src);
	control_put_addr(p, "destination", &s->id.dst);
	ctl_put_str(p, "mode",
	    s->mode == MODE_TUNNEL      ? "tunnel"
	    : s->mode == MODE_TRANSPORT ? "transport"
					: "any");
	ctl_put_str(p, "direction", s->dir == SA_IN ? "in" : "out");
	ctl_put_str(p, "owner", control_owner_name(row->owner));
	ctl_put_str(p, "state", sa_state(row));
	ctl_put_uint(p, "reqid", s->reqid);
	put_pair(p, call->d, row);
	control_put_alg(p, "encryption", (struct prop_alg){ .id = s->encr, .bits = s->encr_bits });
	control_put_alg(p, "integrity", (struct prop_alg){ .id = s->integ });
	control_put_alg(p, "compression", (struct prop_alg){ .id = s->comp });
	put_encap(p, s);
	put_life(p, call->d, row);
	put_usage(p, u);
	ctl_put_uint(p, "replay_window", s->replay_window);
	ctl_put_bool(p, "esn", (s->flags & SA_ESN) != 0);
	put_setkey(p, s);
}

static void
put_sas(struct control_call *call, const struct addr *peer)
{
	struct daemon *d = call->d;
	const struct sad_row *row;
	uint32_t it = 0;

	ctl_put_list(&call->put, "sas");
	while ((row = sadb_next(d->sadb, &it)) != NULL) {
		if (peer != NULL && !addr_equal(peer, &row->spec.src) &&
		    !addr_equal(peer, &row->spec.id.dst))
			continue;
		struct sa_usage u;
		uint64_t id = row->id;
		control_usage(call, id, &u);
		row = sadb_row(d->sadb, id);
		if (row == NULL)
			continue;
		ctl_put_record(&call->put, NULL);
		put_sa(call, row, &u);
		ctl_put_end(&call->put);
	}
	ctl_put_end(&call->put);
}

void
control_sas(struct control_call *call)
{
	bool each = (call->rq->options & CTL_OPT_EACH) != 0;
	struct addr a;

	if (call->rq->nargs > 0 && !peers_resolve(call, call->rq->args[0], false, &a))
		return;
	(each ? put_sas : control_put_pairs)(call, call->rq->nargs > 0 ? &a : NULL);
}

void
control_policies(struct control_call *call)
{
	const struct spd_row *row;
	uint32_t it = 0;

	if (call->rq->nargs > 0) {
		control_flow(call);
		return;
	}
	ctl_put_list(&call->put, "policies");
	while ((row = sadb_policy_next(call->d->sadb, &it)) != NULL) {
		ctl_put_record(&call->put, NULL);
		control_put_policy(call, row);
		ctl_put_end(&call->put);
	}
	ctl_put_end(&call->put);
}

/* --- timers --- */

static const char *
timer_name(enum timer_kind kind)
{
	switch (kind) {
	case TIMER_EXCH:
		return "retransmission";
	case TIMER_IKE:
		return "ike-sa";
	case TIMER_CHILD:
		return "child";
	case TIMER_CHECK:
		return "liveness check";
	case TIMER_LIVE:
		return "traffic";
	case TIMER_BACKOFF:
		return "back-off";
	case TIMER_GREET:
		return "greeting";
	case TIMER_REFRESH:
		return "replacement of adopted pairs";
	case TIMER_ADMIT:
		return "admission";
	case TIMER_RELOAD:
		return "reload";
	case TIMER_POLICIES:
		return "policies";
	case TIMER_MIRROR:
		return "orphans";
	}
	return "unknown";
}

static void
put_timer(struct control_call *call, const struct timer *t)
{
	struct daemon *d = call->d;
	struct ctl_put *p = &call->put;
	const struct ike_sa *ike = t->kind == TIMER_IKE || t->kind == TIMER_CHECK ? ike_sa_get(d, t->owner_id) : NULL;
	const struct child *c = t->kind == TIMER_CHILD ? child_get(d, t->owner_id) : NULL;
	const struct exch *x = t->kind == TIMER_EXCH ? container_of(t, struct exch, timer) : NULL;
	const struct addr *peer = x != NULL ? &x->ike->remote.addr : ike != NULL ? &ike->remote.addr :
	    c != NULL ? &c->remote.addr : NULL;
	ike_time created = x != NULL ? x->started : ike != NULL ? ike->created : c != NULL ? c->created : 0;

	ctl_put_str(p, "what", timer_name((enum timer_kind)t->kind));
	if (peer != NULL)
		control_put_addr(p, "peer", peer);
	ctl_put_quantity(p, "due_in", CTL_SPAN, (t->when - d->now) / SEC(1));
	ctl_put_quantity(p, "due_at", CTL_SPAN, t->when / SEC(1));
	if (created != 0)
		ctl_put_quantity(p, "created", CTL_TIME, control_wall(d, created));
}

void
control_timers(struct control_call *call)
{
	const struct heap *h = &call->d->timers;

	ctl_put_list(&call->put, "timers");
	for (size_t i = 0; i < h->n; i++) {
		/* neither what never comes nor the writing of our own file is anybody's business */
		if (h->v[i]->when >= IKE_NEVER - 1 || (h->v[i]->kind == TIMER_GREET && h->v[i]->owner_id == 0))
			continue;
		ctl_put_record(&call->put, NULL);
		put_timer(call, h->v[i]);
		ctl_put_end(&call->put);
	}
	ctl_put_end(&call->put);
}
