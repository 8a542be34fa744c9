/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/control/peers.h"

void
control_put_event(struct ctl_put *p, const struct event *ev)
{
	ctl_put_uint(p, "seq", ev->seq);
	ctl_put_quantity(p, "at", CTL_TIME, ev->wall);
	ctl_put_str(p, "event", event_kind_name(ev->kind));
	if (ev->local.addr.family != 0)
		control_put_endpoint(p, "local", &ev->local);
	if (ev->remote.addr.family != 0) {
		control_put_endpoint(p, "remote", &ev->remote);
		control_put_addr(p, "peer", &ev->remote.addr);
	}
	if (ev->major != 0)
		ctl_put_str(p, "version", ev->major == 1 ? "IKEv1" : "IKEv2");
	if (ev->spi_in != 0)
		ctl_put_spi(p, "spi_in", ev->spi_in);
	if (ev->spi_out != 0)
		ctl_put_spi(p, "spi_out", ev->spi_out);
	if (ev->why != IKE_OK)
		ctl_put_str(p, "reason", ike_err_info(ev->why)->name);
	if (ev->text[0] != '\0')
		ctl_put_str(p, "text", ev->text);
}

static bool
wanted(const struct event *ev, const struct addr *peer, enum event_kind kind)
{
	return (kind == EV_COUNT || ev->kind == kind) &&
	       (peer->family == 0 || addr_equal(peer, &ev->remote.addr));
}

/* EV_COUNT: all.  False: |call| has failed. */
static bool
read_kind(struct control_call *call, enum event_kind *out)
{
	char names[300], word[64];
	struct text t = text_in(names, sizeof(names)), w = text_in(word, sizeof(word));

	*out = EV_COUNT;
	if ((call->rq->options & CTL_OPT_KIND) == 0)
		return true;
	text_add(&t, "there are");
	for (unsigned k = 0; k < EV_COUNT; k++) {
		const char *name = event_kind_name((enum event_kind)k);
		text_addf(&t, " %s", name);
		if (!slice_equal(call->rq->kind, slice_str(name)))
			continue;
		*out = (enum event_kind)k;
		return true;
	}
	text_peer(&w, call->rq->kind);
	control_fail(call, CTL_USAGE, "E-KIND", names, NULL, "no such kind of event: %s", word);
	return false;
}

/* Seconds since 1970, as ikectl writes them.  False: |call| has failed. */
static bool
read_since(struct control_call *call, int64_t *out)
{
	struct slice s = call->rq->since;
	int64_t v = 0;

	*out = INT64_MIN;
	if ((call->rq->options & CTL_OPT_SINCE) == 0)
		return true;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || i > 17) {
			s.n = 0;
			break;
		}
		v = v * 10 + (s.p[i] - '0');
	}
	if (s.n == 0)
		control_fail(call, CTL_USAGE, "E-TIME",
		    "the request has to name seconds since 1970", "let ikectl write it",
		    "the value of --since is no time");
	*out = v;
	return s.n > 0;
}

void
control_events(struct control_call *call)
{
	struct daemon *d = call->d;
	struct addr peer = { 0 };
	uint64_t last = d->events.last;
	enum event_kind kind;
	int64_t since;

	if (!read_since(call, &since) || !read_kind(call, &kind))
		return;
	if (call->rq->nargs > 0 && !peers_resolve(call, call->rq->args[0], false, &peer))
		return;
	ctl_put_list(&call->put, "events");
	for (uint64_t seq = last > EVENT_RING ? last - EVENT_RING + 1 : 1; seq <= last; seq++) {
		const struct event *ev = events_get(&d->events, seq);
		if (ev == NULL || ev->wall < since || !wanted(ev, &peer, kind))
			continue;
		ctl_put_record(&call->put, NULL);
		control_put_event(&call->put, ev);
		ctl_put_end(&call->put);
	}
	ctl_put_end(&call->put);
	if ((call->rq->options & CTL_OPT_FOLLOW) == 0)
		return;
	struct control_client *c = control_client(call);
	if (c == NULL)
		return;
	c->follows = true;
	c->cursor = last;
	c->of_peer = peer;
	c->of_kind = kind;
}

static void
send_event(struct daemon *d, uint64_t client, const struct event *ev)
{
	struct buf msg = { 0 };
	struct ctl_put p;

	ctl_put_init(&p, CTL_M_EVENT, 0);
	ctl_put_record(&p, "result");
	control_put_event(&p, ev);
	ctl_put_end(&p);
	ctl_put_uint(&p, "status", CTL_DONE);
	ctl_put_quantity(&p, "time", CTL_TIME, ev->wall);
	/* without memory an event is missed; its number tells the client */
	if (ctl_put_take(&p, &msg) == IKE_OK)
		d->env.ctl_send(d->env.arg, client, buf_slice(&msg));
	ctl_put_free(&p);
	buf_free(&msg);
}

void
control_follow(struct daemon *d, struct control_client *c)
{
	uint64_t last = d->events.last;

	if (last - c->cursor > EVENT_RING)
		c->cursor = last - EVENT_RING;
	while (c->cursor < last) {
		const struct event *ev = events_get(&d->events, ++c->cursor);
		if (ev != NULL && wanted(ev, &c->of_peer, c->of_kind))
			send_event(d, c->id, ev);
	}
}
