/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The network of the simulated world: everything in flight is a list in order of arrival.  On its way a datagram passes the
 * tap, the tape, the sender's NAT, what the seed makes of it, and the receiver's NAT.
 */
#include "sim/world.h"

#include "wire/ike_hdr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct flight {
	struct flight  *next;
	ike_time        when;
	uint64_t        seq;
	struct node    *from, *to;
	bool            is_packet;
	struct endpoint src, dst;
	bool            natt;
	struct sim_wire wire;
	size_t          len;
	uint8_t         data[];
};

void
node_cut(struct node *n, bool cut)
{
	n->cut = cut;
}

void
node_sleep(struct node *n, bool asleep)
{
	n->asleep = asleep;
}

void
node_set_wall(struct node *n, int64_t ahead)
{
	n->wall_ahead = ahead;
	simkern_set_wall(n->kern, ahead);
}

void
node_apart(struct node *a, struct node *b, bool apart)
{
	uint64_t at_a = (uint64_t)1 << b->index, at_b = (uint64_t)1 << a->index;

	a->apart = apart ? a->apart | at_a : a->apart & ~at_a;
	b->apart = apart ? b->apart | at_b : b->apart & ~at_b;
}

static bool
reaches(const struct node *from, const struct node *to)
{
	return !from->cut && (from->apart & (uint64_t)1 << to->index) == 0;
}

void
node_nat(struct node *n, const char *outside)
{
	if (addr_parse(outside, &n->nat.outside) != IKE_OK)
		n->w->error = IKE_E_SYNTAX;
	n->nat.next = (uint16_t)(40000 + 100 * n->index);
}

void
node_nat_rebind(struct node *n)
{
	memset(n->nat.inner, 0, sizeof(n->nat.inner));
}

static uint16_t
nat_out(struct nat *nat, uint16_t inner)
{
	unsigned i;

	for (i = 0; i + 1 < NAT_PORTS && nat->inner[i] != 0; i++)
		if (nat->inner[i] == inner)
			return nat->outer[i];
	nat->inner[i] = inner;
	nat->outer[i] = nat->next++;
	return nat->outer[i];
}

/* Who gets what is sent to |dst|; it is rewritten on the way in.  NULL: nobody. */
static struct node *
receiver(struct world *w, struct endpoint *dst)
{
	for (unsigned i = 0; i < w->n_nodes; i++) {
		struct node *n = &w->node[i];
		if (n->nat.outside.family == 0 && addr_equal(&n->addr, &dst->addr))
			return n;
		if (n->nat.outside.family == 0 || !addr_equal(&n->nat.outside, &dst->addr))
			continue;
		for (unsigned k = 0; k < NAT_PORTS; k++) {
			if (n->nat.inner[k] == 0 || n->nat.outer[k] != dst->port)
				continue;
			*dst = (struct endpoint){ n->addr, n->nat.inner[k] };
			return n;
		}
	}
	return NULL;
}

static struct flight *
launch(struct world *w, struct node *from, struct node *to, size_t len, ike_time delay)
{
	struct flight *f = calloc(1, sizeof(*f) + len), **p = &w->flights;

	if (f == NULL)
		return NULL;      /* a network may lose anything */
	f->from = from;
	f->to = to;
	f->len = len;
	f->seq = ++w->n_flights;
	f->when = w->now + delay;
	while (*p != NULL && (*p)->when <= f->when)
		p = &(*p)->next;
	f->next = *p;
	*p = f;
	return f;
}

static ike_time
travel_time(struct world *w)
{
	ike_time latency = w->opt.latency > 0 ? w->opt.latency : MSEC(10), t = latency;

	if (w->opt.jitter > 0)
		t += world_random(w) % (uint32_t)(w->opt.jitter / 1000) * 1000;
	if (w->opt.reorder > 0 && world_random(w) % 100 < w->opt.reorder)
		t += 3 * latency;
	return t;
}

static bool
lost(struct world *w, size_t len)
{
	w->n_datagrams++;
	if (w->opt.drop_nth != 0 && w->n_datagrams == w->opt.drop_nth)
		return true;
	if (w->opt.mtu != 0 && len + 28 > w->opt.mtu)
		return true;
	return w->opt.loss > 0 && world_random(w) % 100 < w->opt.loss;
}

static void
put_dgram(struct world *w, struct node *from, const struct dgram *d, ike_time delay)
{
	size_t head = d->natt ? NON_ESP_MARKER_LEN : 0;
	struct endpoint dst = d->remote;
	struct node *to = receiver(w, &dst);

	if (to == NULL || (from != NULL && !reaches(from, to)))
		return;
	struct flight *f = launch(w, from, to, d->data.n + head, delay);
	if (f == NULL)
		return;
	f->src = d->local;
	f->dst = dst;
	f->natt = d->natt;
	if (d->data.n > 0)
		memcpy(f->data + head, d->data.p, d->data.n);
}

static void
put_on_tape(struct node *from, const struct dgram *d)
{
	struct tape *t = from->w->tape;
	struct taped *v = realloc(t->v, (t->n + 1) * sizeof(*v));

	if (v == NULL)
		return;
	t->v = v;
	v[t->n] = (struct taped){ .when = from->w->now, .from = from->index, .src = d->local, .dst = d->remote, .natt = d->natt };
	if (buf_set(&v[t->n].data, d->data) == IKE_OK)
		t->n++;
}

void
tape_free(struct tape *t)
{
	for (size_t i = 0; i < t->n; i++)
		buf_free(&t->v[i].data);
	free(t->v);
	*t = (struct tape){ 0 };
}

static bool
is_v1(const struct dgram *d)
{
	struct slice msg;
	struct ike_hdr h;

	return dgram_classify(d->natt, d->data, &msg) == DGRAM_IKE && get_ike_hdr(msg, &h) == IKE_OK && h.major == 1;
}

void
net_send(struct node *from, const struct dgram *sent)
{
	struct world *w = from->w;
	struct dgram d = *sent;

	world_note(w, slice_of(&w->now, sizeof(w->now)));
	world_note(w, d.data);
	w->v1_spoken = w->v1_spoken || is_v1(&d);
	if (!w->opt.no_pcap || w->opt.debug2)
		capture_dgram(w, &d);
	if (w->tape != NULL)
		put_on_tape(from, &d);
	if (w->tap != NULL && !w->tap(w, from, &d, w->tap_arg))
		return;
	if (lost(w, d.data.n))
		return;
	if (from->nat.outside.family != 0)
		d.local = (struct endpoint){ from->nat.outside, nat_out(&from->nat, d.local.port) };
	put_dgram(w, from, &d, travel_time(w) + w->opt.lag);
	if (w->opt.duplicate > 0 && world_random(w) % 100 < w->opt.duplicate)
		put_dgram(w, from, &d, travel_time(w) + w->opt.lag);
}

void
world_inject(struct world *w, const struct endpoint *src, const struct endpoint *dst, struct slice data, ike_time delay)
{
	struct dgram d = { .local = *src, .remote = *dst, .natt = dst->port == 4500, .data = data };

	put_dgram(w, NULL, &d, delay);
}

void
net_packet(struct node *from, struct node *to, const struct sim_wire *wire)
{
	struct flight *f;

	if (!reaches(from, to))
		return;
	if (wire->nlayers > 0 && (from->nat.outside.family != 0 || to->nat.outside.family != 0))
		return;
	f = launch(from->w, from, to, 0, travel_time(from->w));
	if (f == NULL)
		return;
	f->is_packet = true;
	f->wire = *wire;
}

ike_time
net_next(const struct world *w)
{
	return w->flights == NULL ? IKE_NEVER : w->flights->when;
}

/* For who looks for the reason: not part of the transcript. */
static void
log_drop(const struct flight *f, const char *why)
{
	char line[160];
	const struct sim_layer *l = f->wire.nlayers > 0 ? &f->wire.layer[0] : NULL;

	(void)snprintf(line, sizeof(line), "%10.3f %s : packet to %s dropped, spi=%u: %s\n", (double)f->from->w->now / 1e9, f->from->name,
	    f->to->name, l == NULL ? 0 : l->spi, why);
	if (buf_append(&f->from->log, slice_str(line)) != IKE_OK)
		f->from->log.n = 0;
}

static void
arrive(struct world *w, struct flight *f)
{
	const char *why = "";

	if (f->to->cut || f->to->asleep)
		return;
	simkern_tick(f->to->kern, w->now);
	if (f->is_packet) {
		if (simkern_receive(f->to->kern, &f->wire, &why) == SIM_DELIVERED) {
			f->from->delivered++;
			f->from->reached |= (uint64_t)1 << f->to->index;
		} else {
			log_drop(f, why);
			f->from->dropped++;
			f->from->interrupted += (unsigned)(f->from->reached >> f->to->index & 1);
			w->why_dropped = why;
		}
		return;
	}
	struct dgram d = { .local = f->dst, .remote = f->src, .natt = f->natt, .data = slice_of(f->data, f->len) };
	if (f->to->daemon != NULL)
		daemon_datagram(f->to->daemon, &d, w->now);
}

/* Its daemon is being restarted, and the sockets stay open meanwhile: they keep what arrives. */
static bool
waits_in_socket(const struct flight *f)
{
	return !f->is_packet && f->to->daemon == NULL && f->to->left.n > 0;
}

#define SOCKET_POLL MSEC(1)

static void
keep(struct world *w, struct flight *f)
{
	struct flight **p = &w->flights;

	f->when = w->now + SOCKET_POLL;
	while (*p != NULL && (*p)->when <= f->when)
		p = &(*p)->next;
	f->next = *p;
	*p = f;
}

void
net_deliver(struct world *w)
{
	while (w->flights != NULL && w->flights->when <= w->now) {
		struct flight *f = w->flights;
		w->flights = f->next;
		if (waits_in_socket(f)) {
			keep(w, f);
			continue;
		}
		arrive(w, f);
		free(f);
	}
}

void
net_free(struct world *w)
{
	while (w->flights != NULL) {
		struct flight *f = w->flights;
		w->flights = f->next;
		free(f);
	}
}
