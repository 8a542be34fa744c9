/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The network of the simulated world: everything in flight is a list in order of arrival.
 */
#include "sim/world.h"

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

static struct flight *
launch(struct node *from, struct node *to, size_t len)
{
	struct world *w = from->w;
	struct flight *f = calloc(1, sizeof(*f) + len), **p = &w->flights;

	if (f == NULL)
		return NULL;      /* a network may lose anything */
	f->from = from;
	f->to = to;
	f->len = len;
	f->seq = ++w->n_flights;
	f->when = w->now + (w->opt.latency > 0 ? w->opt.latency : MSEC(10));
	if (w->opt.jitter > 0)
		f->when += world_random(w) % (uint32_t)(w->opt.jitter / 1000) * 1000;
	while (*p != NULL && (*p)->when <= f->when)
		p = &(*p)->next;
	f->next = *p;
	*p = f;
	return f;
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
put_dgram(struct node *from, struct node *to, const struct dgram *d)
{
	size_t head = d->natt ? NON_ESP_MARKER_LEN : 0;
	struct flight *f = launch(from, to, d->data.n + head);

	if (f == NULL)
		return;
	f->src = d->local;
	f->dst = d->remote;
	f->natt = d->natt;
	memcpy(f->data + head, d->data.p, d->data.n);
}

void
net_send(struct node *from, const struct dgram *d)
{
	struct world *w = from->w;
	struct node *to = world_at(w, &d->remote.addr);

	world_note(w, slice_of(&w->now, sizeof(w->now)));
	world_note(w, d->data);
	if (!w->opt.no_pcap)
		capture_dgram(w, d);
	if (lost(w, d->data.n) || to == NULL || from->cut)
		return;
	put_dgram(from, to, d);
	if (w->opt.duplicate > 0 && world_random(w) % 100 < w->opt.duplicate)
		put_dgram(from, to, d);
}

void
net_packet(struct node *from, struct node *to, const struct sim_wire *wire)
{
	struct flight *f;

	if (from->cut)
		return;
	f = launch(from, to, 0);
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

static void
arrive(struct world *w, struct flight *f)
{
	const char *why = "";

	if (f->to->cut)
		return;
	simkern_tick(f->to->kern, w->now);
	if (f->is_packet) {
		if (simkern_receive(f->to->kern, &f->wire, &why) == SIM_DELIVERED) {
			f->from->delivered++;
		} else {
			f->from->dropped++;
			w->why_dropped = why;
		}
		return;
	}
	struct dgram d = { .local = f->dst, .remote = f->src, .natt = f->natt, .data = slice_of(f->data, f->len) };
	if (f->to->daemon != NULL)
		daemon_datagram(f->to->daemon, &d, w->now);
}

void
net_deliver(struct world *w)
{
	while (w->flights != NULL && w->flights->when <= w->now) {
		struct flight *f = w->flights;
		w->flights = f->next;
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
