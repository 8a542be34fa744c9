/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sas: both halves of a pair as one entry.
 *
 * Of ours the child knows which two belong together.  Of others' the only ones between the same ends, of one protocol, mode and reqid,
 * are taken for a pair; where there are more, nobody but their owner knows, and each stands alone.
 */
#include "ringtail/control/peers.h"

#include "sadb/sadb.h"

/* So many SAs of one peer are looked at for the other half of a foreign one. */
#define LOOK_AT 32

struct pair {
	const struct child *child;      /* NULL: it is nobody's */
	const struct sad_row *in, *out; /* either may be NULL */
};

static bool
may_pair(const struct sad_row *a, const struct sad_row *b)
{
	return a->spec.dir != b->spec.dir && a->owner == b->owner && b->user == 0 &&
	       a->spec.id.proto == b->spec.id.proto && a->spec.mode == b->spec.mode &&
	       a->spec.reqid == b->spec.reqid && addr_equal(&a->spec.src, &b->spec.id.dst) &&
	       addr_equal(&a->spec.id.dst, &b->spec.src);
}

/* The only one that may belong to |row|; NULL: none, or several. */
static const struct sad_row *
only_mate(const struct daemon *d, const struct sad_row *row)
{
	const struct addr *peer = row->spec.dir == SA_OUT ? &row->spec.id.dst : &row->spec.src;
	const struct sad_row *r = sadb_peer_first(d->sadb, peer), *mate = NULL;
	unsigned n = 0;

	for (; r != NULL; r = sadb_peer_next(d->sadb, r)) {
		if (++n > LOOK_AT)
			return NULL;
		if (!may_pair(row, r))
			continue;
		if (mate != NULL)
			return NULL;
		mate = r;
	}
	return mate;
}

static struct pair
pair_of(struct daemon *d, const struct sad_row *row)
{
	const struct child *c = row->user == 0 ? NULL : child_get(d, row->user);
	struct pair p = { .child = c };
	const struct sad_row *mate;

	if (c != NULL && (row->id == c->row_in || row->id == c->row_out)) {
		p.in = sadb_row(d->sadb, c->row_in);
		p.out = sadb_row(d->sadb, c->row_out);
		return p;
	}
	p.child = NULL;
	mate = only_mate(d, row);
	if (mate != NULL && only_mate(d, mate) != row)
		mate = NULL;
	p.in = row->spec.dir == SA_IN ? row : mate;
	p.out = row->spec.dir == SA_IN ? mate : row;
	return p;
}

static const char *
pair_state(const struct pair *p)
{
	const struct sad_row *row = p->in != NULL ? p->in : p->out;

	if (p->child != NULL)
		return control_child_state(p->child);
	if (row->want == SAD_WANT_RESERVED || sa_is_larval(&row->spec))
		return "reserved";
	return row->owner == SADB_FOREIGN || row->have == SAD_LIVE ? "installed"
								   : sad_have_name(row->have);
}

/* What is not as it should be with the halves; NULL: nothing. */
static const char *
pair_fault(const struct pair *p)
{
	if (p->in != NULL && p->out != NULL)
		return NULL;
	if (p->child == NULL)
		return (p->in != NULL ? p->in : p->out)->owner == SADB_FOREIGN
			   ? NULL
			   : "no pair of ours has it";
	if (p->child->state == CHILD_WANTED || p->child->state == CHILD_NEGOTIATING ||
	    p->child->gone)
		return NULL;
	if (p->out == NULL && p->child->pending_out != NULL)
		return NULL;
	return p->in == NULL ? "one-sided: nothing can be received"
			     : "one-sided: nothing can be sent";
}

static void
put_half(struct control_call *call, const struct sad_row *row, const char *spi, const char *bytes,
    const char *packets, uint64_t *last)
{
	if (row == NULL)
		return;
	ctl_put_spi(&call->put, spi, row->spec.id.spi);
	ctl_put_quantity(&call->put, bytes, CTL_BYTES, (int64_t)row->usage.bytes);
	ctl_put_uint(&call->put, packets, row->usage.packets);
	if (row->usage.use_time > *last)
		*last = row->usage.use_time;
}

static void
put_marks(struct ctl_put *p, const struct pair *pair, const struct sad_row *row)
{
	const char *fault = pair_fault(pair);

	ctl_put_str(p, "owner", control_owner_name(row->owner));
	ctl_put_str(p, "state", pair_state(pair));
	if (pair->child != NULL && pair->child->adopted)
		ctl_put_bool(p, "adopted", true);
	if (pair->child != NULL && pair->child->pending_out != NULL)
		ctl_put_bool(p, "out_held_back", true);
	if (fault != NULL)
		ctl_put_str(p, "fault", fault);
}

static void
put_pair(struct control_call *call, const struct pair *pair)
{
	const struct sad_row *row = pair->in != NULL ? pair->in : pair->out;
	const struct sa_spec *s = &row->spec;
	struct ctl_put *p = &call->put;
	ike_time age = row->since == 0 ? 0 : call->d->now - row->since;
	uint64_t last = 0;

	ctl_put_record(p, NULL);
	ctl_put_str(p, "protocol", prop_proto_name((enum prop_proto)s->id.proto));
	ctl_put_str(p, "mode",
	    s->mode == MODE_TUNNEL      ? "tunnel"
	    : s->mode == MODE_TRANSPORT ? "transport"
					: "any");
	control_put_addr(p, "local", s->dir == SA_IN ? &s->id.dst : &s->src);
	control_put_addr(p, "remote", s->dir == SA_IN ? &s->src : &s->id.dst);
	put_marks(p, pair, row);
	put_half(call, pair->in, "spi_in", "bytes_in", "packets_in", &last);
	put_half(call, pair->out, "spi_out", "bytes_out", "packets_out", &last);
	if (last != 0)
		ctl_put_quantity(p, "last_used", CTL_TIME, (int64_t)last);
	if (row->since != 0)
		ctl_put_quantity(p, "age", CTL_SPAN, age / SEC(1));
	if (row->since != 0 && s->life.hard_sec != 0)
		ctl_put_quantity(
		    p, "expires_in", CTL_SPAN, (int64_t)s->life.hard_sec - age / SEC(1));
	ctl_put_uint(p, "reqid", s->reqid);
	control_put_alg(p, "encryption", (struct prop_alg){ .id = s->encr, .bits = s->encr_bits });
	control_put_alg(p, "integrity", (struct prop_alg){ .id = s->integ });
	control_put_alg(p, "compression", (struct prop_alg){ .id = s->comp });
	ctl_put_bool(p, "udp_encapsulation", s->encap_dport != 0);
	ctl_put_end(p);
}

static bool
is_of(const struct sad_row *row, const struct addr *peer)
{
	return peer == NULL || addr_equal(peer, &row->spec.src) ||
	       addr_equal(peer, &row->spec.id.dst);
}

/* The rows' counters as of now, for as many as may be asked. */
static void
refresh(struct control_call *call, const struct addr *peer)
{
	struct daemon *d = call->d;
	const struct sad_row *row;
	struct sa_usage u;
	uint32_t it = 0;

	while ((row = sadb_next(d->sadb, &it)) != NULL)
		if (is_of(row, peer))
			control_usage(call, row->id, &u);
}

void
control_put_pairs(struct control_call *call, const struct addr *peer)
{
	struct daemon *d = call->d;
	const struct sad_row *row;
	uint32_t it = 0;

	refresh(call, peer);
	ctl_put_list(&call->put, "pairs");
	while ((row = sadb_next(d->sadb, &it)) != NULL) {
		if (!is_of(row, peer))
			continue;
		struct pair p = pair_of(d, row);
		/* the other half told it */
		if (row->spec.dir == SA_OUT && p.in != NULL)
			continue;
		put_pair(call, &p);
	}
	ctl_put_end(&call->put);
}
