/* SPDX-License-Identifier: BSD-3-Clause */
#include "kern/xfrm_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define EV_RX_SIZE 65536
/* Mass changes must not overflow the queue: netlink drops, and only a dump helps then. */
#define EV_QUEUE (8 << 20)
/* Datagrams read in one go, so that a storm of events does not starve the rest of the daemon. */
#define EV_BURST 256

static struct xfrm *
xfrm_of(struct kern *k)
{
	return (struct xfrm *)(void *)k;
}

/* --- events --- */

static const int groups[] = {
	XFRMNLGRP_ACQUIRE,
	XFRMNLGRP_EXPIRE,
	XFRMNLGRP_SA,
	XFRMNLGRP_POLICY,
	XFRMNLGRP_MAPPING,
	XFRMNLGRP_MIGRATE,
};

static ike_err
join(struct xfrm *x, uint32_t room)
{
	int size = room == 0 || room > INT_MAX ? EV_QUEUE : (int)room, fd;

	x->ev_rx = malloc(EV_RX_SIZE);
	if (x->ev_rx == NULL)
		return IKE_E_NOMEM;
	x->ev = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (x->ev == NULL || mnl_socket_bind(x->ev, 0, MNL_SOCKET_AUTOPID) != 0)
		return IKE_E_IO;
	fd = mnl_socket_get_fd(x->ev);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		int group = groups[i];

		if (mnl_socket_setsockopt(x->ev, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) !=
		    0)
			return errno == EPERM ? IKE_E_PERM : IKE_E_IO;
	}
	return IKE_OK;
}

static void
deliver(struct xfrm *x, const struct kern_event *ev)
{
	if (x->kern.on_event != NULL)
		x->kern.on_event(x->kern.event_arg, ev);
}

static void
take_event(struct xfrm *x, struct slice msg)
{
	struct kern_event ev;

	if (x->raw != NULL)
		x->raw(x->raw_arg, msg);
	switch (xfrm_get_event(msg, &ev)) {
	case IKE_OK:
		break;
	case IKE_E_UNSUPPORTED:
		x->count.unknown++;
		return;
	default:
		x->count.malformed++;
		return;
	}
	/* the model knows what it asked for itself */
	if (ev.pid != 0 && ev.pid == xfrm_sock_port(&x->req)) {
		x->count.own++;
		return;
	}
	x->count.events++;
	deliver(x, &ev);
}

static void
take_datagram(struct xfrm *x, size_t n)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)(const void *)x->ev_rx;
	int left = (int)n;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		take_event(x, slice_of(nlh, nlh->nlmsg_len));
	if (left > 0)
		x->count.malformed++;
	/* NEWSA events carry keys */
	explicit_bzero(x->ev_rx, n);
}

static void
xfrm_readable(struct kern *k)
{
	struct xfrm *x = xfrm_of(k);

	if (x->ev == NULL)
		return;
	for (int i = 0; i < EV_BURST; i++) {
		struct sockaddr_nl from = { .nl_family = AF_NETLINK };
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(mnl_socket_get_fd(x->ev), x->ev_rx, EV_RX_SIZE, MSG_TRUNC,
		    (struct sockaddr *)&from, &from_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) {
			x->count.overruns++;
			deliver(x, &(struct kern_event){ .kind = KERN_EV_OVERRUN });
			continue;
		}
		if (n < 0)
			return;
		/* only the kernel has port 0; anybody may send to ours */
		if (from.nl_pid != 0)
			x->count.foreign++;
		else if (n > EV_RX_SIZE)
			x->count.malformed++;
		else
			take_datagram(x, (size_t)n);
	}
}

static int
xfrm_fd(struct kern *k)
{
	return xfrm_of(k)->ev != NULL ? mnl_socket_get_fd(xfrm_of(k)->ev) : -1;
}

/* --- life --- */

static void
xfrm_free(struct kern *k)
{
	struct xfrm *x = xfrm_of(k);

	xfrm_sock_close(&x->req);
	if (x->ev != NULL)
		(void)mnl_socket_close(x->ev);
	free(x->ev_rx);
	free(x);
}

static const struct kern_ops xfrm_ops = {
	.name = "xfrm",
	.sa_reserve = xfrm_sa_reserve,
	.sa_install = xfrm_sa_install,
	.sa_readdress = xfrm_sa_readdress,
	.sa_delete = xfrm_sa_delete,
	.sa_get = xfrm_sa_get,
	.sa_flush = xfrm_sa_flush,
	.sp_install = xfrm_sp_install,
	.sp_delete = xfrm_sp_delete,
	.sp_flush = xfrm_sp_flush,
	.dump = xfrm_dump,
	.socket_prepare = xfrm_socket_prepare,
	.acquire_failed = xfrm_acquire_failed,
	.fd = xfrm_fd,
	.readable = xfrm_readable,
	.free = xfrm_free,
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

ike_err
xfrm_new(const struct xfrm_options *options, struct kern **out)
{
	struct xfrm *x = calloc(1, sizeof(*x));
	ike_err err;

	if (x == NULL)
		return IKE_E_NOMEM;
	x->kern.ops = &xfrm_ops;
	x->raw = options->raw;
	x->raw_arg = options->raw_arg;
	err = xfrm_sock_open(&x->req);
	if (err == IKE_OK && options->events)
		err = join(x, options->rx_buffer);
	if (err != IKE_OK) {
		int saved = errno;

		xfrm_free(&x->kern);
		errno = saved;
		return err;
	}
	set_acq_expires(options->acq_expires);
	if (options->probe)
		x->kern.features = xfrm_probe(x);
	if (options->events)
		x->kern.features |= KERN_EVENTS_ALL;
	*out = &x->kern;
	return IKE_OK;
}

const struct xfrm_counters *
xfrm_counters(const struct kern *k)
{
	return &((const struct xfrm *)(const void *)k)->count;
}
