/* SPDX-License-Identifier: BSD-3-Clause */
#include "kdump.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lab.h"

static void
die(const char *what)
{
	fprintf(stderr, "kdump: %s: %s\n", what, strerror(errno));
	exit(2);
}

struct kdump *
kdump_new(const char *netns)
{
	struct kdump *k = calloc(1, sizeof(*k));
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), size = 4 << 20;
	struct timeval limit = { .tv_sec = 10 };

	if (!k || home < 0)
		die("no memory or no /proc");
	lab_enter(netns);
	k->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
	if (k->fd < 0 || setsockopt(k->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		die("netlink");
	setsockopt(k->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (setns(home, CLONE_NEWNET) < 0)
		die("setns");
	close(home);
	return k;
}

/*
 * The attribute |type| behind the |fixed| bytes of |h|'s own struct, or NULL.
 */
static const struct nlattr *
find_attr(const struct nlmsghdr *h, size_t fixed, uint16_t type)
{
	const char *p = (const char *)NLMSG_DATA(h) + NLMSG_ALIGN(fixed);
	const char *end = (const char *)h + h->nlmsg_len;
	const struct nlattr *a;

	for (; p + sizeof(*a) <= end; p += NLA_ALIGN(a->nla_len)) {
		a = (const struct nlattr *)p;
		if (a->nla_len < sizeof(*a))
			break;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
	}
	return NULL;
}

static void
take_sa(struct kdump *k, const struct nlmsghdr *h)
{
	const struct xfrm_usersa_info *sa = NLMSG_DATA(h);
	struct ksa *row;

	if (sa->family != AF_INET)
		return;
	if (k->n_sas == KSA_MAX)
		die("too many SAs");
	row = &k->sas[k->n_sas++];
	*row = (struct ksa){ .src = sa->saddr.a4, .dst = sa->id.daddr.a4, .spi = sa->id.spi, .reqid = sa->reqid,
		.added = sa->curlft.add_time, .proto = sa->id.proto };
	row->larval = !find_attr(h, sizeof(*sa), XFRMA_ALG_CRYPT) && !find_attr(h, sizeof(*sa), XFRMA_ALG_AEAD) &&
		      !find_attr(h, sizeof(*sa), XFRMA_ALG_AUTH) && !find_attr(h, sizeof(*sa), XFRMA_ALG_AUTH_TRUNC);
}

static void
take_pol(struct kdump *k, const struct nlmsghdr *h)
{
	const struct xfrm_userpolicy_info *p = NLMSG_DATA(h);
	const struct nlattr *a = find_attr(h, sizeof(*p), XFRMA_TMPL);
	struct kpol *row;

	/* per-socket policies have directions behind these */
	if (p->dir > XFRM_POLICY_FWD || p->sel.family != AF_INET)
		return;
	if (k->n_pols == KPOL_MAX)
		die("too many policies");
	row = &k->pols[k->n_pols++];
	memset(row, 0, sizeof(*row));
	row->sel = p->sel;
	row->dir = p->dir;
	row->action = p->action;
	row->priority = p->priority;
	if (a && a->nla_len >= NLA_HDRLEN + sizeof(row->tmpl)) {
		row->n_tmpl = (uint32_t)((a->nla_len - NLA_HDRLEN) / sizeof(row->tmpl));
		memcpy(&row->tmpl, (const char *)a + NLA_HDRLEN, sizeof(row->tmpl));
	}
}

/*
 * Take one datagram of the dump; false when it was the last.
 */
static bool
take_dump(struct kdump *k, const void *buf, size_t len)
{
	const struct nlmsghdr *h;
	size_t at;

	for (at = 0; at + sizeof(*h) <= len; at += NLMSG_ALIGN(h->nlmsg_len)) {
		h = (const struct nlmsghdr *)((const char *)buf + at);
		if (h->nlmsg_len < sizeof(*h) || h->nlmsg_len > len - at)
			die("broken dump");
		if (h->nlmsg_seq != k->seq)
			continue;
		if (h->nlmsg_type == NLMSG_DONE)
			return false;
		if (h->nlmsg_type == NLMSG_ERROR)
			die("the kernel refused the dump");
		if (h->nlmsg_type == XFRM_MSG_NEWSA)
			take_sa(k, h);
		else if (h->nlmsg_type == XFRM_MSG_NEWPOLICY)
			take_pol(k, h);
	}
	return true;
}

static void
dump(struct kdump *k, uint16_t type)
{
	static _Alignas(8) char buf[65536];
	struct nlmsghdr req = { .nlmsg_len = sizeof(req), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP };
	ssize_t n;

	req.nlmsg_seq = ++k->seq;
	if (send(k->fd, &req, sizeof(req), 0) < 0)
		die("asking for the dump");
	do {
		n = recv(k->fd, buf, sizeof(buf), 0);
		if (n < 0)
			die("reading the dump");
	} while (take_dump(k, buf, (size_t)n));
}

void
kdump_sas(struct kdump *k)
{
	k->n_sas = 0;
	dump(k, XFRM_MSG_GETSA);
}

void
kdump_pols(struct kdump *k)
{
	k->n_pols = 0;
	dump(k, XFRM_MSG_GETPOLICY);
}

int
kdump_ask(struct kdump *k, struct nlmsghdr *h)
{
	static _Alignas(8) char buf[8192];
	const struct nlmsghdr *answer = (const struct nlmsghdr *)buf;
	ssize_t n;

	h->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = ++k->seq;
	if (send(k->fd, h, h->nlmsg_len, 0) < 0)
		die("send");
	for (;;) {
		n = recv(k->fd, buf, sizeof(buf), 0);
		if (n < 0)
			die("no answer");
		if ((size_t)n < sizeof(*answer) + sizeof(int) || answer->nlmsg_seq != k->seq)
			continue;
		if (answer->nlmsg_type == NLMSG_ERROR)
			return -*(const int *)NLMSG_DATA(answer);
	}
}

void
kdump_attr(struct nlmsghdr *h, size_t room, uint16_t type, const void *data, size_t len)
{
	struct nlattr a = { .nla_len = (uint16_t)(NLA_HDRLEN + len), .nla_type = type };
	char *at = (char *)h + NLMSG_ALIGN(h->nlmsg_len);

	if (NLMSG_ALIGN(h->nlmsg_len) + NLA_ALIGN(a.nla_len) > room) {
		errno = EMSGSIZE;
		die("attribute");
	}
	memcpy(at, &a, sizeof(a));
	memcpy(at + NLA_HDRLEN, data, len);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + NLA_ALIGN(a.nla_len);
}
