/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP sockets: two for each local address, one of them for NAT traversal; with `listen` lines only those.  Each is exempt from
 * IPsec policies in both directions, or the daemon would lock itself out.
 */
#include "conf/conf.h"
#include "ringtail/loop/loop.h"
#include "sadb/kern_ops.h"
#include "wire/const.h"

#include <errno.h>
#include <event2/event.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DGRAM_MAX 65536
/* Datagrams of one socket before others get their turn. */
#define BATCH 64
#define RECEIVE_BUFFER (4 << 20)

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	static uint8_t bytes[DGRAM_MAX];
	struct udp_socket *s = arg;
	struct loop *l = s->loop;

	(void)what;
	for (int i = 0; i < BATCH; i++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &len);
		struct dgram d = { .local = s->at, .natt = s->natt };

		if (n < 0)
			break;
		/* nobody can be answered on port 0 */
		if (endpoint_from_sockaddr((struct sockaddr *)&from, len, &d.remote) != IKE_OK || d.remote.port == 0)
			continue;
		d.data = slice_of(bytes, (size_t)n);
		daemon_datagram(l->daemon, &d, loop_now());
	}
	loop_rearm(l);
}

static void
prepare(struct loop *l, int fd, const struct endpoint *at, bool natt)
{
	struct addr_buf ab;

	if (l->kern->ops->socket_prepare(l->kern, fd, at->addr.family, natt) != IKE_OK)
		log_put(&l->logger, LOG_L_WARNING, NULL, "%s: the socket is not exempt from IPsec policies: %s",
		    endpoint_text(at, &ab), l->kern->reason);
}

static int
open_socket(struct loop *l, const struct endpoint *at, bool natt)
{
	struct sockaddr_storage sa;
	size_t len = endpoint_to_sockaddr(at, &sa, sizeof(sa));
	int family = at->addr.family == 4 ? AF_INET : AF_INET6, on = 1, size = RECEIVE_BUFFER;
	struct addr_buf ab;

	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&sa, (socklen_t)len) != 0) {
		log_put(&l->logger, LOG_L_ERROR, NULL, "cannot bind %s: %s", endpoint_text(at, &ab), strerror(errno));
		l->bind_failed = true;
		(void)close(fd);
		return -1;
	}
	prepare(l, fd, at, natt);
	return fd;
}

/* The socket that the service manager kept for us, or a new one, which it is to keep. */
static int
open_or_take(struct loop *l, const struct endpoint *at, bool natt)
{
	char name[FDSTORE_NAME];

	int fd = fdstore_take_udp(l, at, natt);
	if (fd >= 0) {
		prepare(l, fd, at, natt);
		return fd;
	}
	fd = open_socket(l, at, natt);
	if (fd >= 0) {
		fdstore_udp_name(at, natt, name);
		fdstore_keep(l, fd, name);
	}
	return fd;
}

static ike_err
add_socket(struct loop *l, const struct endpoint *at, bool natt)
{
	struct udp_socket *s;
	struct addr_buf ab;

	LIST_FOR(it, &l->sockets)
		if (endpoint_equal(&container_of(it, struct udp_socket, link)->at, at))
			return IKE_OK;
	int fd = open_or_take(l, at, natt);
	if (fd < 0)
		return IKE_E_IO;
	s = calloc(1, sizeof(*s));
	struct event *ev = s == NULL ? NULL : event_new(l->base, fd, EV_READ | EV_PERSIST, on_readable, s);
	if (ev == NULL || event_add(ev, NULL) != 0) {
		if (ev != NULL)
			event_free(ev);
		free(s);
		(void)close(fd);
		return IKE_E_NOMEM;
	}
	*s = (struct udp_socket){ .loop = l, .ev = ev, .fd = fd, .at = *at, .natt = natt };
	list_add_tail(&l->sockets, &s->link);
	if (natt)
		log_put(&l->logger, LOG_L_INFO, NULL, "%s used for NAT-T", endpoint_text(at, &ab));
	log_put(&l->logger, LOG_L_INFO, NULL, "%s used as isakmp port (fd=%d)", endpoint_text(at, &ab), fd);
	return IKE_OK;
}

/* Is |a| what a `listen` line names?  A link-local address is one of an interface. */
static bool
is_meant(const struct conf_listen_addr *want, const struct addr *a)
{
	if (want->ifname != NULL && if_nametoindex(want->ifname) != a->scope)
		return false;
	return addr_equal(&want->at.addr, a);
}

static ike_err
open_configured(struct loop *l, const struct addr *a)
{
	const struct conf_listen *ls = &l->conf->listen;
	ike_err err = IKE_OK;

	for (size_t i = 0; i < ls->n; i++) {
		struct endpoint at = ls->v[i].at;
		if (!is_meant(&ls->v[i], a))
			continue;
		at.addr = *a;
		if (at.port == 0)
			at.port = ls->v[i].natt ? l->opt.natt_port : l->opt.ike_port;
		ike_err e = add_socket(l, &at, ls->v[i].natt);
		if (e != IKE_OK)
			err = e;
	}
	return err;
}

ike_err
udp_open_addr(struct loop *l, const struct addr *a)
{
	struct endpoint at = { .addr = *a, .port = l->opt.ike_port };

	if (addr_is_multicast(a) || addr_is_any(a))
		return IKE_OK;
	if (l->conf->listen.n > 0)
		return open_configured(l, a);
	TRY(add_socket(l, &at, false));
	at.port = l->opt.natt_port;
	return add_socket(l, &at, true);
}

static bool
is_open(const struct loop *l, const struct conf_listen_addr *want)
{
	LIST_FOR(it, &l->sockets) {
		const struct udp_socket *s = container_of(it, struct udp_socket, link);
		if (s->natt == want->natt && is_meant(want, &s->at.addr) &&
		    (want->at.port == 0 || want->at.port == s->at.port))
			return true;
	}
	return false;
}

ike_err
udp_check(struct loop *l)
{
	const struct conf_listen *ls = &l->conf->listen;
	struct addr_buf ab;
	bool ok = true;

	for (size_t i = 0; i < ls->n; i++) {
		if (is_open(l, &ls->v[i]))
			continue;
		log_put(&l->logger, ls->strict ? LOG_L_ERROR : LOG_L_WARNING, NULL, "the address %s of `listen` is not there",
		    endpoint_text(&ls->v[i].at, &ab));
		ok = ok && !ls->strict;
	}
	/* another daemon has the ports, most likely: not to be put aside by us */
	if (list_empty(&l->sockets) && l->bind_failed) {
		log_put(&l->logger, LOG_L_ERROR, NULL, "no address could be bound: is another IKE daemon running?");
		ok = false;
	}
	return ok ? IKE_OK : IKE_E_IO;
}

static void
close_socket(struct udp_socket *s)
{
	list_del(&s->link);
	event_free(s->ev);
	(void)close(s->fd);
	free(s);
}

void
udp_close_addr(struct loop *l, const struct addr *a)
{
	LIST_FOR_SAFE(it, &l->sockets) {
		struct udp_socket *s = container_of(it, struct udp_socket, link);
		char name[FDSTORE_NAME];
		if (!addr_equal(&s->at.addr, a))
			continue;
		fdstore_udp_name(&s->at, s->natt, name);
		if (l->notify_fd >= 0)
			(void)fdstore_drop(l, name);
		close_socket(s);
	}
}

void
udp_close_all(struct loop *l)
{
	LIST_FOR_SAFE(it, &l->sockets)
		close_socket(container_of(it, struct udp_socket, link));
}

static struct udp_socket *
socket_for(struct loop *l, const struct dgram *d)
{
	LIST_FOR(it, &l->sockets) {
		struct udp_socket *s = container_of(it, struct udp_socket, link);
		if (endpoint_equal(&s->at, &d->local))
			return s;
	}
	return NULL;
}

void
udp_send(void *arg, const struct dgram *d)
{
	static const uint8_t marker[NON_ESP_MARKER_LEN];
	struct loop *l = arg;
	struct udp_socket *s = socket_for(l, d);
	struct sockaddr_storage sa;
	size_t len = endpoint_to_sockaddr(&d->remote, &sa, sizeof(sa));
	struct iovec iov[2] = { { (void *)(uintptr_t)marker, sizeof(marker) }, { (void *)(uintptr_t)d->data.p, d->data.n } };
	struct msghdr mh = { .msg_name = &sa, .msg_namelen = (socklen_t)len, .msg_iov = d->natt ? iov : iov + 1,
		.msg_iovlen = d->natt ? 2 : 1 };
	struct addr_buf ab, bb;
	char more[64] = "";
	uint64_t suppressed;

	if (s != NULL && sendmsg(s->fd, &mh, 0) >= 0)
		return;
	const char *why = s == NULL ? "no socket there" : strerror(errno);
	if (!log_allow(&l->send_log, loop_now(), &suppressed))
		return;
	if (suppressed > 0)
		(void)snprintf(more, sizeof(more), " (%llu such messages suppressed)", (unsigned long long)suppressed);
	log_put(&l->logger, LOG_L_WARNING, NULL, "sending from %s to %s: %s%s", endpoint_text(&d->local, &ab),
	    endpoint_text(&d->remote, &bb), why, more);
}

ike_err
udp_source_addr(void *arg, const struct addr *remote, struct addr *out)
{
	struct loop *l = arg;
	struct endpoint to = { .addr = *remote, .port = IKE_PORT }, me;
	struct sockaddr_storage sa;
	socklen_t len = (socklen_t)endpoint_to_sockaddr(&to, &sa, sizeof(sa));
	ike_err err = IKE_E_NOTFOUND;

	int fd = socket(remote->family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return IKE_E_IO;
	/* without the exemption connect() itself would raise an ACQUIRE */
	(void)l->kern->ops->socket_prepare(l->kern, fd, remote->family, false);
	if (connect(fd, (struct sockaddr *)&sa, len) == 0) {
		len = sizeof(sa);
		if (getsockname(fd, (struct sockaddr *)&sa, &len) == 0)
			err = endpoint_from_sockaddr((struct sockaddr *)&sa, len, &me);
	}
	(void)close(fd);
	if (err == IKE_OK)
		*out = me.addr;
	return err;
}
