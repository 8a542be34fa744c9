/* SPDX-License-Identifier: BSD-3-Clause */
#include "kern/pfkey_sock.h"

#include <errno.h>
#include <linux/pfkeyv2.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

/* Larger than any message Linux makes; an ACQUIRE lists all pairs of algorithms. */
#define RX_SIZE 65536
/* Mass changes must not overflow the queue: only a dump helps then. */
#define EV_QUEUE (8 << 20)
/* What a dump may have under way. */
#define DUMP_QUEUE (1 << 20)

static ike_err
open_error(int errnum)
{
	switch (errnum) {
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
	case ESOCKTNOSUPPORT:
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

/* A socket with room for |room| bytes, as far as permitted; -1. */
static int
open_socket(int room)
{
	int fd = socket(PF_KEY, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, PF_KEY_V2);

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return fd;
}

static bool
watch(const struct pfkey_sock *s, int fd)
{
	struct epoll_event e = { .events = EPOLLIN };

	return epoll_ctl(s->poll, EPOLL_CTL_ADD, fd, &e) == 0;
}

ike_err
pfkey_sock_open(struct pfkey_sock *s, bool events)
{
	memset(s, 0, sizeof(*s));
	s->wake = s->poll = -1;
	s->keep = events;
	s->pid = (uint32_t)getpid();
	list_init(&s->notes);
	s->fd = open_socket(EV_QUEUE);
	if (s->fd < 0)
		return open_error(errno);
	s->rx_size = RX_SIZE;
	s->rx = malloc(s->rx_size);
	if (s->rx == NULL)
		return IKE_E_NOMEM;
	if (!events)
		return IKE_OK;
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->poll = epoll_create1(EPOLL_CLOEXEC);
	if (s->wake < 0 || s->poll < 0 || !watch(s, s->fd) || !watch(s, s->wake))
		return open_error(errno);
	return IKE_OK;
}

static void
close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

static void
drop_notes(struct pfkey_sock *s)
{
	while (!list_empty(&s->notes)) {
		struct pfkey_note *n = container_of(s->notes.next, struct pfkey_note, link);

		list_del(&n->link);
		explicit_bzero(n->b, n->n);
		free(n);
	}
	s->held = 0;
}

void
pfkey_sock_close(struct pfkey_sock *s)
{
	drop_notes(s);
	close_fd(s->poll);
	close_fd(s->wake);
	close_fd(s->fd);
	free(s->rx);
	s->rx = NULL;
	s->fd = s->wake = s->poll = -1;
}

/* --- receiving --- */

/* May the kernel be dropping messages for us now? */
static bool
is_full(int fd)
{
	uint32_t v[SK_MEMINFO_VARS];
	socklen_t n = sizeof(v);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, v, &n) != 0 ||
	    n <= SK_MEMINFO_RCVBUF * sizeof(v[0]))
		return false;
	return v[SK_MEMINFO_RMEM_ALLOC] > v[SK_MEMINFO_RCVBUF];
}

/* A larger message than there is room for is gone; the next one will fit. */
static void
grow(struct pfkey_sock *s, size_t n)
{
	uint8_t *p = malloc(n);

	if (p == NULL)
		return;
	free(s->rx);
	s->rx = p;
	s->rx_size = n;
}

enum got { GOT_NONE, GOT_ONE, GOT_CUT };

/* One message from |fd| into s->rx. */
static enum got
receive(struct pfkey_sock *s, int fd, size_t *n_out)
{
	for (;;) {
		ssize_t n = recv(fd, s->rx, s->rx_size, MSG_TRUNC | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return GOT_NONE;
		if ((size_t)n > s->rx_size) {
			explicit_bzero(s->rx, s->rx_size);
			grow(s, (size_t)n);
			return GOT_CUT;
		}
		*n_out = (size_t)n;
		return GOT_ONE;
	}
}

/* Is this worth a note?  What concerns only who asked is not. */
static bool
is_news(struct slice msg)
{
	struct pfkey_hdr h;

	if (pfkey_get_hdr(msg, &h) != IKE_OK)
		return true;
	switch (h.type) {
	case SADB_REGISTER:
	case SADB_X_PROMISC:
		return false;
	default:
		return true;
	}
}

static void
note(struct pfkey_sock *s, size_t n)
{
	struct pfkey_note *x;

	if (!s->keep || !is_news(slice_of(s->rx, n)))
		return;
	x = s->held + n > EV_QUEUE ? NULL : malloc(sizeof(*x) + n);
	if (x == NULL) {
		s->lost = true;
		return;
	}
	x->n = n;
	memcpy(x->b, s->rx, n);
	s->held += n;
	list_add_tail(&s->notes, &x->link);
}

/* What is being asked, and how far the answer is. */
struct question {
	uint8_t type;
	uint32_t seq;
	pfkey_answer_fn *fn;
	void *arg;
	bool answered;
	int errnum;
};

static bool
is_answer(const struct pfkey_sock *s, const struct question *q, const struct pfkey_hdr *h)
{
	return h->pid == s->pid && h->type == q->type && h->seq == q->seq;
}

/*
 * Linux answers some requests twice: to us, and then to everybody.  The second is our own echo and is dropped.
 */
static void
take(struct pfkey_sock *s, struct question *q, size_t n)
{
	struct slice msg = slice_of(s->rx, n);
	struct pfkey_hdr h;

	if (q == NULL || pfkey_get_hdr(msg, &h) != IKE_OK || !is_answer(s, q, &h)) {
		note(s, n);
		return;
	}
	if (q->answered)
		return;
	q->answered = true;
	q->errnum = h.errnum;
	if (h.errnum == 0 && q->fn != NULL)
		q->fn(q->arg, msg);
}

/* Read all that is there; |q| is the request under way, or NULL. */
static void
drain(struct pfkey_sock *s, struct question *q)
{
	enum got g;
	size_t n = 0;

	for (;;) {
		if (is_full(s->fd))
			s->lost = true;
		g = receive(s, s->fd, &n);
		if (g == GOT_NONE)
			return;
		if (g == GOT_CUT) {
			s->lost = true;
			continue;
		}
		take(s, q, n);
		explicit_bzero(s->rx, n);
	}
}

/* --- asking --- */

static bool
send_all(struct pfkey_sock *s, int fd, const struct pfkey_msg *m)
{
	ssize_t n;

	do
		n = send(fd, m->b, m->n, 0);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return true;
	s->errnum = errno;
	return false;
}

bool
pfkey_sock_ask(
    struct pfkey_sock *s, struct pfkey_msg *m, uint32_t seq, pfkey_answer_fn *fn, void *arg)
{
	struct question q = { .type = m->b[offsetof(struct sadb_msg, sadb_msg_type)],
		.seq = seq,
		.fn = fn,
		.arg = arg };

	s->errnum = 0;
	/* whoever else asked under our process id has its answer by now */
	drain(s, NULL);
	pfkey_set_asker(m, seq, s->pid);
	if (!send_all(s, s->fd, m))
		return false;
	drain(s, &q);
	s->errnum = q.answered ? q.errnum : ENOBUFS;
	return s->errnum == 0;
}

/*
 * Rows are numbered from 1, the last has 0.  A gap, and an end without the last row, mean that something was lost.
 */
static int
read_dump(struct pfkey_sock *s, int fd, struct question *q)
{
	struct pfkey_hdr h;
	uint32_t row = 0;
	size_t n = 0;

	for (;;) {
		bool mine;

		if (receive(s, fd, &n) != GOT_ONE)
			return ENOBUFS;
		mine = pfkey_get_hdr(slice_of(s->rx, n), &h) == IKE_OK && h.type == q->type &&
		       h.pid == s->pid;
		if (mine && h.errnum != 0)
			return h.errnum == ENOENT ? 0 : h.errnum;
		if (mine && h.seq != 0 && h.seq != ++row)
			return ENOBUFS;
		if (mine)
			q->fn(q->arg, slice_of(s->rx, n));
		explicit_bzero(s->rx, n);
		if (mine && h.seq == 0)
			return 0;
	}
}

bool
pfkey_sock_dump(struct pfkey_sock *s, struct pfkey_msg *m, pfkey_answer_fn *fn, void *arg)
{
	struct question q = {
		.type = m->b[offsetof(struct sadb_msg, sadb_msg_type)], .fn = fn, .arg = arg
	};
	int fd = open_socket(DUMP_QUEUE);

	if (fd < 0) {
		s->errnum = errno;
		return false;
	}
	s->errnum = 0;
	pfkey_set_asker(m, 0, s->pid);
	if (send_all(s, fd, m))
		s->errnum = read_dump(s, fd, &q);
	(void)close(fd);
	return s->errnum == 0;
}

/* --- events --- */

struct pfkey_note *
pfkey_sock_next(struct pfkey_sock *s)
{
	struct pfkey_note *x;
	size_t n = 0;
	enum got g = GOT_ONE;

	while (list_empty(&s->notes) && g != GOT_NONE) {
		if (is_full(s->fd))
			s->lost = true;
		g = receive(s, s->fd, &n);
		if (g == GOT_CUT)
			s->lost = true;
		if (g == GOT_ONE) {
			take(s, NULL, n);
			explicit_bzero(s->rx, n);
		}
	}
	if (list_empty(&s->notes))
		return NULL;
	x = container_of(s->notes.next, struct pfkey_note, link);
	list_del(&x->link);
	s->held -= x->n;
	return x;
}

bool
pfkey_sock_overrun(struct pfkey_sock *s)
{
	if (!s->lost || is_full(s->fd))
		return false;
	s->lost = false;
	return true;
}

void
pfkey_sock_settle(struct pfkey_sock *s)
{
	bool want = s->keep && (s->lost || !list_empty(&s->notes));
	uint64_t one = 1;

	if (s->wake < 0 || want == s->awake)
		return;
	if (want)
		s->awake = write(s->wake, &one, sizeof(one)) == (ssize_t)sizeof(one);
	else
		s->awake = read(s->wake, &one, sizeof(one)) != (ssize_t)sizeof(one);
}
