/* SPDX-License-Identifier: BSD-3-Clause */
#include "kern/pfkey_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Messages handled in one go, so that a storm of events does not starve the rest of the daemon. */
#define EV_BURST 256

static struct pfkey *
pfkey_of(struct kern *k)
{
	return (struct pfkey *)(void *)k;
}

/* --- events --- */

static void
deliver(struct pfkey *p, const struct kern_event *ev)
{
	if (p->kern.on_event != NULL)
		p->kern.on_event(p->kern.event_arg, ev);
}

struct wanted_sa {
	struct sa_id id;
	struct sa_spec spec;
	bool there;
};

static void
keep_if_it(void *arg, const struct kern_sa *sa)
{
	struct wanted_sa *w = arg;

	if (sa->spec.id.spi == w->id.spi && sa->spec.id.proto == w->id.proto) {
		w->spec = sa->spec;
		w->there = true;
	}
}

/* The SA that comes from the old address under this SPI. */
static ike_err
complete_mapping(struct pfkey *p, struct kern_event *ev)
{
	struct wanted_sa w = { .id = ev->sa.id };

	TRY(pfkey_dump_between(p, ev->sa.id.proto, &ev->sa.src, NULL, keep_if_it, &w));
	if (!w.there)
		return IKE_E_NOTFOUND;
	w.spec.encap_sport = ev->sa.encap_sport;
	ev->sa = w.spec;
	return IKE_OK;
}

static ike_err
complete_acquire(struct pfkey *p, struct kern_event *ev)
{
	struct sp_spec sp;

	TRY(pfkey_find_policy(p, ev->sp.index, &sp));
	pfkey_acquire_policy(ev, &sp);
	return IKE_OK;
}

/* Fill in what the message did not tell. */
static ike_err
complete(struct pfkey *p, struct kern_event *ev)
{
	if (ev->kind == KERN_EV_ACQUIRE)
		return complete_acquire(p, ev);
	return ev->kind == KERN_EV_MAPPING ? complete_mapping(p, ev) : IKE_OK;
}

static void
take_event(struct pfkey *p, struct slice msg)
{
	struct kern_event ev;

	if (p->raw != NULL)
		p->raw(p->raw_arg, msg);
	switch (pfkey_get_event(msg, &ev)) {
	case IKE_OK:
		break;
	case IKE_E_UNSUPPORTED:
		p->count.unknown++;
		return;
	default:
		p->count.malformed++;
		return;
	}
	switch (complete(p, &ev)) {
	case IKE_OK:
		p->count.events++;
		deliver(p, &ev);
		return;
	case IKE_E_NOTFOUND:
		p->count.moot++;
		return;
	default:
		p->sock.lost = true; /* it happened, and we cannot say what: only a dump helps */
		return;
	}
}

static void
pfkey_readable(struct kern *k)
{
	struct pfkey *p = pfkey_of(k);
	struct pfkey_note *n;

	if (!p->sock.keep)
		return;
	for (int i = 0; i < EV_BURST && (n = pfkey_sock_next(&p->sock)) != NULL; i++) {
		take_event(p, slice_of(n->b, n->n));
		/* ADD events carry keys */
		explicit_bzero(n->b, n->n);
		free(n);
	}
	if (pfkey_sock_overrun(&p->sock)) {
		p->count.overruns++;
		deliver(p, &(struct kern_event){ .kind = KERN_EV_OVERRUN });
	}
	pfkey_sock_settle(&p->sock);
}

static int
pfkey_fd(struct kern *k)
{
	return pfkey_of(k)->sock.poll;
}

/* --- life --- */

static void
pfkey_free(struct kern *k)
{
	pfkey_sock_close(&pfkey_of(k)->sock);
	free(k);
}

static const struct kern_ops pfkey_ops = {
	.name = "pfkey",
	.sa_reserve = pfkey_sa_reserve,
	.sa_install = pfkey_sa_install,
	.sa_readdress = pfkey_sa_readdress,
	.sa_delete = pfkey_sa_delete,
	.sa_get = pfkey_sa_get,
	.sa_flush = pfkey_sa_flush,
	.sp_install = pfkey_sp_install,
	.sp_delete = pfkey_sp_delete,
	.sp_flush = pfkey_sp_flush,
	.dump = pfkey_dump,
	.socket_prepare = pfkey_socket_prepare,
	.acquire_failed = pfkey_acquire_failed,
	.fd = pfkey_fd,
	.readable = pfkey_readable,
	.free = pfkey_free,
};

/* Best effort: in a container /proc/sys may not be ours. */
static void
set_acq_expires(uint32_t sec)
{
	char text[16];
	int fd, n;

	if (sec == 0)
		return;
	fd = open("/proc/sys/net/core/xfrm_acq_expires", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = snprintf(text, sizeof(text), "%u\n", sec);
	if (n > 0 && write(fd, text, (size_t)n) != n)
		n = -1;
	(void)close(fd);
}

static ike_err
start(struct pfkey *p, const struct pfkey_options *options)
{
	TRY(pfkey_sock_open(&p->sock, options->events));
	p->kern.pid = p->sock.pid;
	if (options->rx_buffer != 0 && options->rx_buffer <= INT_MAX)
		pfkey_set_buffer(&p->kern, (int)options->rx_buffer);
	set_acq_expires(options->acq_expires);
	if (!options->events && !options->probe)
		return IKE_OK;
	if (pfkey_register(p, options->events) != IKE_OK) {
		errno = p->kern.errnum;
		return IKE_E_IO;
	}
	if (options->probe)
		p->kern.features = pfkey_probe(p) | KERN_FEW_ALGS;
	if (options->events)
		p->kern.features |= KERN_EVENTS_ALL;
	return IKE_OK;
}

ike_err
pfkey_new(const struct pfkey_options *options, struct kern **out)
{
	struct pfkey *p = calloc(1, sizeof(*p));
	ike_err err;

	if (p == NULL)
		return IKE_E_NOMEM;
	p->kern.ops = &pfkey_ops;
	p->raw = options->raw;
	p->raw_arg = options->raw_arg;
	err = start(p, options);
	if (err != IKE_OK) {
		int saved = errno;

		pfkey_free(&p->kern);
		errno = saved;
		return err;
	}
	*out = &p->kern;
	return IKE_OK;
}

const struct pfkey_counters *
pfkey_counters(const struct kern *k)
{
	return &((const struct pfkey *)(const void *)k)->count;
}

const struct pfkey_algs *
pfkey_algs(const struct kern *k)
{
	return &((const struct pfkey *)(const void *)k)->algs;
}

void
pfkey_set_buffer(struct kern *k, int bytes)
{
	int fd = pfkey_of(k)->sock.fd;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}
