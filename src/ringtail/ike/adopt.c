/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: one pass over the model collects the halves without a child, another the outbound policies by the far end
 * they lead to; both are sorted, so that all is O(n log n).  Halves of one pair are neighbours after sorting, or name each other
 * by the record.
 */
#include "ringtail/ike/adopt.h"

#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "sadb/sadb.h"

#include <stdlib.h>
#include <string.h>

struct half {
	uint64_t    row;
	uint64_t    added;           /* wall clock seconds */
	uint32_t    spi, reqid;
	uint8_t     proto, mode;
	bool        out, taken;
	struct addr local, remote;
};

struct use {
	struct addr remote;          /* family 0: whatever the policy covers */
	uint64_t    policy;
};

struct search {
	struct daemon *d;
	struct half   *half;
	struct use    *use;
	size_t         n_half, n_use, n_wide;
	unsigned       adopted, broken;
};

static int
by_remote(const void *a, const void *b)
{
	return addr_compare(&((const struct use *)a)->remote, &((const struct use *)b)->remote);
}

/* What belongs together, then in before out, then in the order in which they were added. */
static int
by_group(const void *pa, const void *pb)
{
	const struct half *a = pa, *b = pb;
	int c = addr_compare(&a->remote, &b->remote);

	if (c == 0)
		c = addr_compare(&a->local, &b->local);
	if (c == 0)
		c = (a->proto > b->proto) - (a->proto < b->proto);
	if (c == 0)
		c = (a->mode > b->mode) - (a->mode < b->mode);
	if (c == 0)
		c = (a->reqid > b->reqid) - (a->reqid < b->reqid);
	if (c == 0)
		c = a->out - b->out;
	/* the youngest first */
	if (c == 0)
		c = (a->added < b->added) - (a->added > b->added);
	return c != 0 ? c : (a->row > b->row) - (a->row < b->row);
}

static bool
same_group(const struct half *a, const struct half *b)
{
	return addr_equal(&a->remote, &b->remote) && addr_equal(&a->local, &b->local) && a->proto == b->proto &&
	    a->mode == b->mode && a->reqid == b->reqid;
}

static bool
is_loose(const struct sad_row *row)
{
	return row->owner == SADB_ADOPTED && row->user == 0 && row->want == SAD_WANT_INSTALLED;
}

static ike_err
collect_halves(struct search *s)
{
	const struct sad_row *row;
	uint32_t it = 0;
	size_t n = 0;

	while ((row = sadb_next(s->d->sadb, &it)) != NULL)
		n += is_loose(row);
	if (n == 0)
		return IKE_OK;
	s->half = calloc(n, sizeof(*s->half));
	if (s->half == NULL)
		return IKE_E_NOMEM;
	it = 0;
	while ((row = sadb_next(s->d->sadb, &it)) != NULL) {
		const struct sa_spec *x = &row->spec;
		bool out = x->dir == SA_OUT;
		if (!is_loose(row))
			continue;
		s->half[s->n_half++] = (struct half){
			.row = row->id, .added = row->usage.add_time, .spi = x->id.spi, .reqid = x->reqid, .proto = x->id.proto,
			.mode = x->mode, .out = out, .local = out ? x->src : x->id.dst, .remote = out ? x->id.dst : x->src,
		};
	}
	qsort(s->half, s->n_half, sizeof(*s->half), by_group);
	return IKE_OK;
}

static ike_err
collect_policies(struct search *s)
{
	const struct spd_row *row;
	uint32_t it = 0;
	size_t n = 0;

	while ((row = sadb_policy_next(s->d->sadb, &it)) != NULL)
		n++;
	s->use = calloc(n + 1, sizeof(*s->use));
	if (s->use == NULL)
		return IKE_E_NOMEM;
	it = 0;
	while ((row = sadb_policy_next(s->d->sadb, &it)) != NULL) {
		const struct prefix *dst = &row->sp.sel.dst;
		struct use *u = &s->use[s->n_use];
		if (row->sp.dir != SP_OUT || row->action != SP_IPSEC || row->ntmpl == 0)
			continue;
		u->policy = row->id;
		if (row->tmpl[0].mode == MODE_TUNNEL)
			u->remote = row->tmpl[0].dst;
		else if (dst->addr.family != 0 && dst->len == addr_bits(&dst->addr))
			u->remote = dst->addr;
		s->n_wide += u->remote.family == 0;
		s->n_use++;
	}
	/* the wide ones come first: family 0 */
	qsort(s->use, s->n_use, sizeof(*s->use), by_remote);
	return IKE_OK;
}

static const struct half *
any_half(const struct half *in, const struct half *out)
{
	return out != NULL ? out : in;
}

/* Does the kernel use, by |row|, the SA of which |h| is a half? */
static bool
serves(const struct spd_row *row, const struct half *h)
{
	for (size_t i = 0; i < row->ntmpl; i++) {
		const struct sp_tmpl *t = &row->tmpl[i];
		if (t->proto != h->proto || t->mode != h->mode || (h->out && t->reqid != h->reqid))
			continue;
		if (t->mode != MODE_TUNNEL)
			return prefix_contains(&row->sp.sel.dst, &h->remote) && prefix_contains(&row->sp.sel.src, &h->local);
		return addr_equal(&t->dst, &h->remote) && (t->src.family == 0 || addr_equal(&t->src, &h->local));
	}
	return false;
}

/* Make |c| one of |row|, if it is one of both |in| and |out|. */
static bool
fits(struct child *c, const struct spd_row *row, const struct half *in, const struct half *out)
{
	const struct half *h = any_half(in, out);
	struct sp_spec sp;

	if (!serves(row, h))
		return false;
	sadb_policy_spec(row, &sp);
	ike_err err = child_from_policy(c, &sp, &h->local, &h->remote, acquire_ph1id(c->d, &h->local, &h->remote));
	/* without sainfo it cannot be renewed, but it is used */
	return (err == IKE_OK || err == IKE_E_NOTFOUND) && addr_equal(&c->local.addr, &h->local) &&
	    addr_equal(&c->remote.addr, &h->remote) && (in == NULL || in->reqid == c->reqid_in) &&
	    (out == NULL || out->reqid == c->reqid_out);
}

/* The policy of exactly these selectors, or of a packet of them if they were narrowed. */
static const struct spd_row *
policy_of_pair(const struct daemon *d, const struct record_pair *p)
{
	const struct spd_row *row = child_policy_exact(d->sadb, &p->my_ts, &p->peer_ts);

	return row != NULL ? row : child_policy_covering(d->sadb, &p->my_ts, &p->peer_ts);
}

/* The first of those that lead to |remote|. */
static size_t
first_use(const struct search *s, const struct addr *remote)
{
	size_t lo = 0, hi = s->n_use;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (addr_compare(&s->use[mid].remote, remote) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Is the |k|th policy one for |c| that no other pair serves?  One that is served is kept in |*served|. */
static bool
try_use(struct search *s, size_t k, struct child *c, const struct half *in, const struct half *out, const struct spd_row **served)
{
	const struct spd_row *row = sadb_policy_row(s->d->sadb, s->use[k].policy);

	if (row == NULL || !fits(c, row, in, out))
		return false;
	if (child_find_same(s->d, c) == NULL)
		return true;
	*served = row;
	return false;
}

/* First those policies that lead to the far end alone, then the wide ones; one that no other pair serves, if there is one. */
static bool
find_policy(struct search *s, struct child *c, const struct half *in, const struct half *out)
{
	const struct addr *remote = &any_half(in, out)->remote;
	const struct spd_row *served = NULL;

	for (size_t k = first_use(s, remote); k < s->n_use && addr_equal(&s->use[k].remote, remote); k++)
		if (try_use(s, k, c, in, out, &served))
			return true;
	for (size_t k = 0; k < s->n_wide; k++)
		if (try_use(s, k, c, in, out, &served))
			return true;
	return served != NULL && fits(c, served, in, out);
}

static bool
match(struct search *s, struct child *c, const struct half *in, const struct half *out, const struct record_pair *p)
{
	const struct spd_row *row = p == NULL ? NULL : policy_of_pair(s->d, p);

	if (row == NULL || !fits(c, row, in, out))
		return find_policy(s, c, in, out);
	c->narrowed = !ts_equal(&c->my_ts, &p->my_ts) || !ts_equal(&c->peer_ts, &p->peer_ts);
	c->my_ts = p->my_ts;
	c->peer_ts = p->peer_ts;
	return true;
}

/*
 * The instant at which the kernel says it was added, by our clock; may be before that began.  An SA that claims to be older than it
 * can get was added before somebody set the wall clock.
 */
static ike_time
instant(const struct daemon *d, const struct sad_row *row)
{
	uint64_t added = row->usage.add_time, most = row->spec.life.hard_sec;
	int64_t age = added == 0 ? 0 : d->env.wallclock(d->env.arg) - (int64_t)added;

	if (most == 0 || most > INT32_MAX)
		most = INT32_MAX;
	return age <= 0 || (uint64_t)age >= most ? d->now : d->now - SEC(age);
}

static bool
is_whole(const struct child *c)
{
	return c->row_in != 0 && c->row_out != 0;
}

/* Of pairs for the same traffic the youngest stays. */
static void
rank(struct child *c)
{
	struct child *o = child_find_same(c->d, c);

	if (o == NULL || !o->adopted)
		return;
	/* of a broken pair the peer may use the half that there is, while we use the other pair: both stay until there is a new one */
	if (!is_whole(o) || !is_whole(c))
		return;
	if (o->installed > c->installed)
		child_retire(c, o);
	else
		child_retire(o, c);
}

static void
become(struct search *s, struct child *c, const struct half *in, const struct half *out)
{
	struct daemon *d = s->d;
	const struct sad_row *row = sadb_row(d->sadb, any_half(in, out)->row);
	ike_time since = instant(d, row);

	c->suite.encr.id = row->spec.encr;
	c->suite.encr.bits = row->spec.encr_bits;
	c->suite.integ.id = row->spec.integ;
	c->life_sec = row->spec.life.hard_sec < UINT32_MAX ? (uint32_t)row->spec.life.hard_sec : 0;
	c->state = CHILD_INSTALLED;
	c->adopted = true;
	c->installed = since != 0 ? since : 1;
	c->installed_wall = (int64_t)row->usage.add_time;
	if (in != NULL) {
		c->row_in = in->row;
		sadb_adopt(d->sadb, in->row, c->id, since);
		child_log_half(c, "IPsec-SA adopted", SA_IN);
	}
	if (out != NULL) {
		c->row_out = out->row;
		sadb_adopt(d->sadb, out->row, c->id, since);
		child_log_half(c, "IPsec-SA adopted", SA_OUT);
	}
	(void)peer_of(d, &c->remote.addr);
	record_child(d, c);
	child_publish(c, EV_CHILD_ADOPTED, "");
	d->stats.adopted++;
	s->adopted++;
	refresh_note(c);
	rank(c);
	refresh_note(c);
}

/* Make a child of the pair, or of what is left of it. */
static void
take(struct search *s, struct half *in, struct half *out, const struct record_pair *p)
{
	struct child *c;

	if (child_new(s->d, INITIATOR, NULL, &c) != IKE_OK)
		return;
	c->spi_in = in != NULL ? in->spi : p != NULL ? p->spi_in : 0;
	c->spi_out = out != NULL ? out->spi : p != NULL ? p->spi_out : 0;
	if (!match(s, c, in, out, p)) {
		child_forget(c);
		return;
	}
	if (in != NULL)
		in->taken = true;
	if (out != NULL)
		out->taken = true;
	become(s, c, in, out);
	if (in == NULL || out == NULL) {
		s->broken++;
		child_half_lost(c);
	}
}

/* The half at |h|'s place in the list whose row is |row|; NULL: no child needs it. */
static struct half *
half_of_row(struct search *s, const struct half *near, const struct sad_row *row)
{
	for (const struct half *h = near; h < s->half + s->n_half && same_group(h, near); h++)
		if (h->row == row->id)
			return s->half + (h - s->half);
	for (const struct half *h = near; h >= s->half && same_group(h, near); h--)
		if (h->row == row->id)
			return s->half + (h - s->half);
	for (size_t i = 0; i < s->n_half; i++)      /* reqids differ by direction */
		if (s->half[i].row == row->id)
			return &s->half[i];
	return NULL;
}

/* Those of the record, by name. */
static void
take_recorded(struct search *s)
{
	for (size_t i = 0; i < s->n_half; i++) {
		struct half *h = &s->half[i], *o = NULL;
		struct sa_id id = { .proto = h->proto, .spi = h->spi, .dst = h->out ? h->remote : h->local };
		enum sa_dir dir;
		const struct record_pair *p = record_find(s->d, &id, &dir);
		if (p == NULL || h->taken)
			continue;
		id.spi = h->out ? p->spi_in : p->spi_out;
		id.dst = h->out ? p->local : p->remote;
		const struct sad_row *other = sadb_find_sa(s->d->sadb, &id);
		if (other != NULL && is_loose(other))
			o = half_of_row(s, h, other);
		take(s, h->out ? o : h, h->out ? h : o, p);
	}
}

/* Those that only their reqid tells: the youngest of either direction are a pair, and so on. */
static void
take_group(struct search *s, size_t from, size_t to)
{
	size_t in = from, out = from;

	while (out < to && !s->half[out].out)
		out++;
	for (size_t end = out; in < end || out < to; in++, out++) {
		while (in < end && s->half[in].taken)
			in++;
		while (out < to && s->half[out].taken)
			out++;
		if (in < end || out < to)
			take(s, in < end ? &s->half[in] : NULL, out < to ? &s->half[out] : NULL, NULL);
	}
}

static void
take_unrecorded(struct search *s)
{
	for (size_t from = 0, to; from < s->n_half; from = to) {
		for (to = from + 1; to < s->n_half && same_group(&s->half[from], &s->half[to]);)
			to++;
		if (sadb_reqid_is_ours(s->half[from].reqid))
			take_group(s, from, to);
	}
}

void
adopt_all(struct daemon *d)
{
	struct search s = { .d = d };

	ike_err err = collect_halves(&s);
	if (err == IKE_OK && s.n_half > 0)
		err = collect_policies(&s);
	if (err == IKE_OK && s.n_half > 0) {
		take_recorded(&s);
		take_unrecorded(&s);
	}
	if (s.adopted > 0)
		log_put(d->env.log, LOG_L_NOTIFY, NULL, "%u pairs of SAs of a former process adopted, %u of them with one half missing",
		    s.adopted, s.broken);
	free(s.half);
	free(s.use);
}
