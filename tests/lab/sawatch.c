/* SPDX-License-Identifier: BSD-3-Clause */
#include "sawatch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DST_MAX 128
#define SPI_MAX 4096

struct dst {
	char addr[INET6_ADDRSTRLEN];
	unsigned here, max, n_spis;
	uint32_t spis[SPI_MAX];
};

struct sawatch {
	const char *name;
	int fd;
	uint32_t seq;
	size_t n_dst;
	struct dst dst[DST_MAX];
};

static void
die(const char *what)
{
	fprintf(stderr, "sawatch: %s: %s\n", what, strerror(errno));
	exit(2);
}

struct sawatch *
sawatch_new(const char *name)
{
	struct sawatch *w = calloc(1, sizeof(*w));
	struct timeval limit = { .tv_sec = 5 };

	if (!w)
		die("calloc");
	w->name = name;
	w->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
	if (w->fd < 0 || setsockopt(w->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		die("netlink");
	return w;
}

/*
 * A larval SA (from ALLOCSPI or an acquire) carries no algorithm.
 */
static bool
has_keys(const struct nlmsghdr *h)
{
	const char *p = (const char *)NLMSG_DATA(h) + NLMSG_ALIGN(sizeof(struct xfrm_usersa_info));
	const char *end = (const char *)h + h->nlmsg_len;
	struct nlattr a;

	while (p + sizeof(a) <= end) {
		memcpy(&a, p, sizeof(a));
		if (a.nla_len < sizeof(a))
			break;
		if (a.nla_type == XFRMA_ALG_CRYPT || a.nla_type == XFRMA_ALG_AEAD ||
		    a.nla_type == XFRMA_ALG_AUTH || a.nla_type == XFRMA_ALG_AUTH_TRUNC)
			return true;
		p += NLA_ALIGN(a.nla_len);
	}
	return false;
}

static void
note_sa(struct sawatch *w, const struct xfrm_usersa_info *sa)
{
	char addr[INET6_ADDRSTRLEN] = "?";
	struct dst *d;
	size_t i;

	inet_ntop(sa->family, &sa->id.daddr, addr, sizeof(addr));
	for (i = 0; i < w->n_dst && strcmp(w->dst[i].addr, addr) != 0; i++)
		;
	if (i == DST_MAX)
		die("too many destinations");
	d = &w->dst[i];
	if (i == w->n_dst) {
		strcpy(d->addr, addr);
		w->n_dst++;
	}
	d->here++;
	for (i = 0; i < d->n_spis && d->spis[i] != sa->id.spi; i++)
		;
	if (i == SPI_MAX)
		die("too many SPIs");
	if (i == d->n_spis)
		d->spis[d->n_spis++] = sa->id.spi;
}

/*
 * Take one datagram of the dump; false when it was the last.
 */
static bool
take_dump(struct sawatch *w, const void *buf, size_t len)
{
	const struct nlmsghdr *h;
	size_t at;

	for (at = 0; at + sizeof(*h) <= len; at += NLMSG_ALIGN(h->nlmsg_len)) {
		h = (const struct nlmsghdr *)((const char *)buf + at);
		if (h->nlmsg_len < sizeof(*h) || h->nlmsg_len > len - at)
			die("broken dump");
		if (h->nlmsg_seq != w->seq)
			continue;
		if (h->nlmsg_type == NLMSG_DONE)
			return false;
		if (h->nlmsg_type == NLMSG_ERROR)
			die("the kernel refused the dump");
		if (h->nlmsg_type == XFRM_MSG_NEWSA && has_keys(h))
			note_sa(w, NLMSG_DATA(h));
	}
	return true;
}

void
sawatch_look(struct sawatch *w)
{
	static _Alignas(8) char buf[65536];
	struct nlmsghdr req = { .nlmsg_len = sizeof(req), .nlmsg_type = XFRM_MSG_GETSA,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP };
	ssize_t n;
	size_t i;

	for (i = 0; i < w->n_dst; i++)
		w->dst[i].here = 0;
	req.nlmsg_seq = ++w->seq;
	if (send(w->fd, &req, sizeof(req), 0) < 0)
		die("asking for the dump");
	do {
		n = recv(w->fd, buf, sizeof(buf), 0);
		if (n < 0)
			die("reading the dump");
	} while (take_dump(w, buf, (size_t)n));
	for (i = 0; i < w->n_dst; i++)
		if (w->dst[i].here > w->dst[i].max)
			w->dst[i].max = w->dst[i].here;
}

void
sawatch_report(const struct sawatch *w)
{
	size_t i;

	for (i = 0; i < w->n_dst; i++)
		printf("sa %s %s max %u spis %u\n", w->name, w->dst[i].addr, w->dst[i].max, w->dst[i].n_spis);
}
