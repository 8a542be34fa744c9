/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: one socket both subscribes and dumps.  A dump marks every address it shows; what is not marked at its
 * end is gone.  Changes that arrive while a dump runs are in the same queue, in order, and are applied like others.
 */
#include "kern/rtnl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define RX_SIZE  65536
#define RX_QUEUE (1 << 20)
#define RX_BURST 256
/* Tries to get through a dump before giving up, each after an overrun in the middle of it. */
#define DUMP_TRIES 4

struct row {
	struct rtnl_addr a;
	bool seen;
};

struct rtnl {
	struct mnl_socket *nl;
	uint8_t *rx;
	rtnl_fn *fn;
	void *arg;
	uint32_t seq;
	bool dumping, stale;
	bool redo; /* an overrun came in the middle of the dump */
	struct row *rows;
	struct rtnl_addr *list; /* what rtnl_list() lends: same order as rows */
	size_t n, cap;
};

/* --- pure --- */

/* The address of one message: IFA_LOCAL where there is one (point-to-point), else IFA_ADDRESS. */
static ike_err
take_attrs(struct slice s, struct slice *addr_out, uint32_t *flags)
{
	size_t off = 0;
	bool local = false;

	while (off < s.n) {
		const struct nlattr *a = (const struct nlattr *)(const void *)(s.p + off);
		struct slice v;

		if (s.n - off < sizeof(*a) || a->nla_len < sizeof(*a) || a->nla_len > s.n - off)
			return IKE_E_FORMAT;
		v = slice_of(s.p + off + MNL_ATTR_HDRLEN, a->nla_len - MNL_ATTR_HDRLEN);
		if (a->nla_type == IFA_LOCAL || (a->nla_type == IFA_ADDRESS && !local))
			*addr_out = v;
		if (a->nla_type == IFA_LOCAL)
			local = true;
		if (a->nla_type == IFA_FLAGS && v.n >= sizeof(*flags))
			memcpy(flags, v.p, sizeof(*flags));
		off += MNL_ALIGN(a->nla_len);
	}
	return IKE_OK;
}

ike_err
rtnl_get_addr(struct slice msg, struct rtnl_addr *out, bool *removed_out)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)(const void *)msg.p;
	size_t off = MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct ifaddrmsg));
	struct ifaddrmsg m;
	struct rtnl_addr a;
	struct slice bytes = slice_of(NULL, 0);
	uint32_t flags;

	if (msg.n < off || nlh->nlmsg_len < off || nlh->nlmsg_len > msg.n)
		return IKE_E_SHORT;
	memcpy(&m, msg.p + MNL_NLMSG_HDRLEN, sizeof(m));
	if ((nlh->nlmsg_type != RTM_NEWADDR && nlh->nlmsg_type != RTM_DELADDR) ||
	    (m.ifa_family != AF_INET && m.ifa_family != AF_INET6))
		return IKE_E_UNSUPPORTED;
	flags = m.ifa_flags;
	TRY(take_attrs(slice_of(msg.p + off, nlh->nlmsg_len - off), &bytes, &flags));
	memset(&a, 0, sizeof(a));
	if (bytes.n != (m.ifa_family == AF_INET ? 4 : 16))
		return IKE_E_FORMAT;
	TRY(addr_from_bytes(bytes, &a.addr));
	a.ifindex = m.ifa_index;
	if (addr_is_linklocal(&a.addr) && a.addr.family == 6)
		a.addr.scope = m.ifa_index;
	a.usable = (flags & IFA_F_DADFAILED) == 0 &&
		   ((flags & IFA_F_TENTATIVE) == 0 || (flags & IFA_F_OPTIMISTIC) != 0);
	a.deprecated = (flags & IFA_F_DEPRECATED) != 0;
	a.temporary = m.ifa_family == AF_INET6 && (flags & IFA_F_TEMPORARY) != 0;
	*out = a;
	*removed_out = nlh->nlmsg_type == RTM_DELADDR;
	return IKE_OK;
}

/* --- the table --- */

static struct row *
find(struct rtnl *r, const struct rtnl_addr *a)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->rows[i].a.ifindex == a->ifindex && addr_equal(&r->rows[i].a.addr, &a->addr))
			return &r->rows[i];
	return NULL;
}

static ike_err
grow(struct rtnl *r)
{
	size_t cap = r->cap != 0 ? r->cap * 2 : 16;
	struct row *rows;
	struct rtnl_addr *list;

	if (r->n < r->cap)
		return IKE_OK;
	rows = realloc(r->rows, cap * sizeof(*rows));
	if (rows == NULL)
		return IKE_E_NOMEM;
	r->rows = rows;
	list = realloc(r->list, cap * sizeof(*list));
	if (list == NULL)
		return IKE_E_NOMEM;
	r->list = list;
	r->cap = cap;
	return IKE_OK;
}

static ike_err
put(struct rtnl *r, const struct rtnl_addr *a)
{
	struct row *row = find(r, a);

	if (row != NULL) {
		bool same = row->a.usable == a->usable && row->a.deprecated == a->deprecated &&
			    row->a.temporary == a->temporary;

		row->a = *a;
		row->seen = true;
		if (!same)
			r->fn(r->arg, RTNL_CHANGED, a);
		return IKE_OK;
	}
	TRY(grow(r));
	r->rows[r->n++] = (struct row){ *a, true };
	r->fn(r->arg, RTNL_ADDED, a);
	return IKE_OK;
}

static void
drop(struct rtnl *r, struct row *row)
{
	struct rtnl_addr a = row->a;

	*row = r->rows[--r->n];
	r->fn(r->arg, RTNL_REMOVED, &a);
}

static void
drop_unseen(struct rtnl *r)
{
	for (size_t i = 0; i < r->n;) {
		if (r->rows[i].seen)
			i++;
		else
			drop(r, &r->rows[i]);
	}
}

/* --- the socket --- */

static ike_err
start_dump(struct rtnl *r)
{
	_Alignas(16) uint8_t b[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(b);
	struct ifaddrmsg *m;

	nlh->nlmsg_type = RTM_GETADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++r->seq;
	m = mnl_nlmsg_put_extra_header(nlh, sizeof(*m));
	m->ifa_family = AF_UNSPEC;
	for (size_t i = 0; i < r->n; i++)
		r->rows[i].seen = false;
	r->stale = true;
	r->redo = false;
	if (mnl_socket_sendto(r->nl, nlh, nlh->nlmsg_len) < 0)
		return IKE_E_IO;
	r->dumping = true;
	return IKE_OK;
}

static ike_err
take_msg(struct rtnl *r, const struct nlmsghdr *nlh)
{
	struct rtnl_addr a;
	struct row *row;
	bool removed;

	if (nlh->nlmsg_type == NLMSG_DONE && r->dumping && nlh->nlmsg_seq == r->seq) {
		r->dumping = false;
		if (r->redo)
			return start_dump(r);
		r->stale = false;
		drop_unseen(r);
		return IKE_OK;
	}
	if (nlh->nlmsg_type == NLMSG_ERROR && nlh->nlmsg_seq == r->seq) {
		r->dumping = false;
		return IKE_E_IO;
	}
	/* what cannot be read is no address of ours */
	if (rtnl_get_addr(slice_of(nlh, nlh->nlmsg_len), &a, &removed) != IKE_OK)
		return IKE_OK;
	if (!removed)
		return put(r, &a);
	row = find(r, &a);
	if (row != NULL)
		drop(r, row);
	return IKE_OK;
}

static ike_err
take_datagram(struct rtnl *r, size_t n)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)(const void *)r->rx;
	int left = (int)n;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		TRY(take_msg(r, nlh));
	return IKE_OK;
}

/* One datagram.  *more_out = false: nothing waits. */
static ike_err
read_one(struct rtnl *r, bool *more_out)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(
	    mnl_socket_get_fd(r->nl), r->rx, RX_SIZE, 0, (struct sockaddr *)&from, &from_len);

	*more_out = true;
	if (n < 0 && errno == EINTR)
		return IKE_OK;
	if (n < 0 && errno == ENOBUFS) {
		/* the kernel runs one dump of a socket at a time */
		r->redo = r->dumping;
		return r->dumping ? IKE_OK : start_dump(r);
	}
	if (n < 0) {
		*more_out = false;
		return errno == EAGAIN || errno == EWOULDBLOCK ? IKE_OK : IKE_E_IO;
	}
	return from.nl_pid == 0 ? take_datagram(r, (size_t)n) : IKE_OK;
}

ike_err
rtnl_readable(struct rtnl *r)
{
	bool more = true;

	if (r->stale && !r->dumping)
		TRY(start_dump(r));
	for (int i = 0; more && i < RX_BURST; i++) {
		ike_err err = read_one(r, &more);

		if (err != IKE_OK) {
			/* the table missed something: the next call starts over */
			r->stale = true;
			r->dumping = false;
			return err;
		}
	}
	return IKE_OK;
}

static ike_err
open_socket(struct rtnl *r)
{
	int groups[] = { RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR }, size = RX_QUEUE;

	r->rx = malloc(RX_SIZE);
	if (r->rx == NULL)
		return IKE_E_NOMEM;
	r->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (r->nl == NULL || mnl_socket_bind(r->nl, 0, MNL_SOCKET_AUTOPID) != 0)
		return IKE_E_IO;
	(void)setsockopt(mnl_socket_get_fd(r->nl), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (mnl_socket_setsockopt(
			r->nl, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof(groups[i])) != 0)
			return IKE_E_IO;
	return IKE_OK;
}

/* The kernel answers within send(), a part at a time as we read: nothing here waits for long. */
static ike_err
first_dump(struct rtnl *r)
{
	TRY(start_dump(r));
	for (int i = 0; r->stale && i < DUMP_TRIES; i++)
		TRY(rtnl_readable(r));
	return r->stale ? IKE_E_IO : IKE_OK;
}

ike_err
rtnl_new(rtnl_fn *fn, void *arg, struct rtnl **out)
{
	struct rtnl *r = calloc(1, sizeof(*r));
	ike_err err;

	if (r == NULL)
		return IKE_E_NOMEM;
	r->fn = fn;
	r->arg = arg;
	err = open_socket(r);
	if (err == IKE_OK)
		err = first_dump(r);
	if (err != IKE_OK) {
		rtnl_free(r);
		return err;
	}
	*out = r;
	return IKE_OK;
}

int
rtnl_fd(const struct rtnl *r)
{
	return mnl_socket_get_fd(r->nl);
}

const struct rtnl_addr *
rtnl_list(const struct rtnl *r, size_t *n_out)
{
	for (size_t i = 0; i < r->n; i++)
		r->list[i] = r->rows[i].a;
	*n_out = r->n;
	return r->list;
}

void
rtnl_free(struct rtnl *r)
{
	if (r == NULL)
		return;
	if (r->nl != NULL)
		(void)mnl_socket_close(r->nl);
	free(r->rx);
	free(r->rows);
	free(r->list);
	free(r);
}
