/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: the kernel answers netlink requests within send(), so that receiving never waits long; the timeout is a
 * safety net.  A request carries a sequence number; answers to others (late ones, after a timeout) are skipped.
 */
#include "kern/xfrm_sock.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Large enough for what the kernel puts into one datagram of a dump. */
#define RX_SIZE 65536

static ike_err
open_error(int errnum)
{
	switch (errnum) {
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
		return IKE_E_UNSUPPORTED;
	case EPERM:
	case EACCES:
		return IKE_E_PERM;
	case ENOMEM:
		return IKE_E_NOMEM;
	default:
		return IKE_E_IO;
	}
}

ike_err
xfrm_sock_open(struct xfrm_sock *s)
{
	struct timeval wait = { .tv_sec = 10 };
	int on = 1;

	memset(s, 0, sizeof(*s));
	s->rx_size = RX_SIZE;
	s->rx = malloc(s->rx_size);
	if (s->rx == NULL)
		return IKE_E_NOMEM;
	s->nl = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC);
	if (s->nl == NULL || mnl_socket_bind(s->nl, 0, MNL_SOCKET_AUTOPID) != 0) {
		ike_err err = open_error(errno);
		int saved = errno;

		xfrm_sock_close(s);
		errno = saved;
		return err;
	}
	/* both make messages better and are missing in old kernels: no harm */
	(void)mnl_socket_setsockopt(s->nl, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)mnl_socket_setsockopt(s->nl, NETLINK_CAP_ACK, &on, sizeof(on));
	(void)setsockopt(mnl_socket_get_fd(s->nl), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return IKE_OK;
}

void
xfrm_sock_close(struct xfrm_sock *s)
{
	if (s->nl != NULL)
		(void)mnl_socket_close(s->nl);
	free(s->rx);
	memset(s, 0, sizeof(*s));
}

uint32_t
xfrm_sock_port(const struct xfrm_sock *s)
{
	return mnl_socket_get_portid(s->nl);
}

static bool
send_all(struct xfrm_sock *s, const struct nlmsghdr *nlh)
{
	ssize_t n;

	do
		n = mnl_socket_sendto(s->nl, nlh, nlh->nlmsg_len);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return true;
	s->errnum = errno;
	return false;
}

/* What did not fit is gone; the next one will. */
static void
grow(struct xfrm_sock *s, size_t n)
{
	uint8_t *p = malloc(n);

	s->cut = true;
	if (p == NULL)
		return;
	free(s->rx);
	s->rx = p;
	s->rx_size = n;
}

/* One datagram from the kernel into s->rx; 0: failed, s->errnum is set. */
static size_t
receive(struct xfrm_sock *s)
{
	for (;;) {
		struct sockaddr_nl from = { .nl_family = AF_NETLINK };
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(mnl_socket_get_fd(s->nl), s->rx, s->rx_size, MSG_TRUNC,
		    (struct sockaddr *)&from, &from_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			s->errnum = errno == EAGAIN ? ETIMEDOUT : errno;
			return 0;
		}
		/* only the kernel has port 0 */
		if (from.nl_pid != 0 || n == 0)
			continue;
		if ((size_t)n <= s->rx_size)
			return (size_t)n;
		/* a dump goes on until it has been read to its end, wanted or not */
		explicit_bzero(s->rx, s->rx_size);
		grow(s, (size_t)n);
	}
}

enum progress { MORE, DONE };

static enum progress
take_ack(struct xfrm_sock *s, struct slice msg)
{
	struct text t = text_in(s->text, sizeof(s->text));
	int errnum;

	s->errnum = xfrm_get_ack(msg, &errnum, &t) == IKE_OK ? errnum : EBADMSG;
	return DONE;
}

/* The end of a dump carries an error, too. */
static enum progress
take_done(struct xfrm_sock *s, struct slice msg)
{
	int errnum = 0;

	if (msg.n >= MNL_NLMSG_HDRLEN + sizeof(errnum))
		memcpy(&errnum, msg.p + MNL_NLMSG_HDRLEN, sizeof(errnum));
	s->errnum = errnum < 0 ? -errnum : 0;
	if (s->errnum == 0 && s->interrupted) {
		struct text t = text_in(s->text, sizeof(s->text));

		s->errnum = EINTR;
		text_add(&t, "the kernel's tables changed while they were read");
	}
	return DONE;
}

static enum progress
take_message(struct xfrm_sock *s, const struct nlmsghdr *nlh, xfrm_answer_fn *fn, void *arg)
{
	struct slice msg = slice_of(nlh, nlh->nlmsg_len);

	if (nlh->nlmsg_seq != s->seq)
		return MORE;
	if ((nlh->nlmsg_flags & NLM_F_DUMP_INTR) != 0 && nlh->nlmsg_type != NLMSG_ERROR)
		s->interrupted = true;
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return take_ack(s, msg);
	if (nlh->nlmsg_type == NLMSG_DONE)
		return take_done(s, msg);
	if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && fn != NULL)
		fn(arg, msg);
	return MORE;
}

bool
xfrm_sock_take(struct xfrm_sock *s, size_t n, xfrm_answer_fn *fn, void *arg)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)(const void *)s->rx;
	int left = (int)n;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		if (take_message(s, nlh, fn, arg) == DONE)
			return true;
	return false;
}

bool
xfrm_sock_ask(
    struct xfrm_sock *s, struct xfrm_msg *m, uint16_t flags, xfrm_answer_fn *fn, void *arg)
{
	struct nlmsghdr *nlh = xfrm_msg_hdr(m);
	bool complete = false;

	s->errnum = 0;
	s->cut = s->interrupted = false;
	s->text[0] = '\0';
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	nlh->nlmsg_seq = ++s->seq;
	/* XFRM names this port in the events that the request causes */
	nlh->nlmsg_pid = xfrm_sock_port(s);
	if (!send_all(s, nlh))
		return false;
	while (!complete) {
		size_t n = receive(s);

		if (n == 0)
			return false;
		complete = xfrm_sock_take(s, n, fn, arg);
		/* answers carry keys */
		explicit_bzero(s->rx, n);
	}
	if (s->errnum == 0 && s->cut)
		s->errnum = EMSGSIZE;
	return s->errnum == 0;
}
