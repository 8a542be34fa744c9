/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit/pfkey_fake.h"

#include "unit/fail_alloc.h"

#include <errno.h>
#include <linux/pfkeyv2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKETS_MOST 1024

struct fake fake;

/* The other end of each of our sockets. */
static int far_end[SOCKETS_MOST];

int
__real_socket(int domain, int type, int protocol);
int
__wrap_socket(int domain, int type, int protocol);
ssize_t
__real_send(int fd, const void *p, size_t n, int flags);
ssize_t
__wrap_send(int fd, const void *p, size_t n, int flags);

int
__wrap_socket(int domain, int type, int protocol)
{
	int v[2];

	if (domain != PF_KEY)
		return __real_socket(domain, type, protocol);
	if (fake.refuse_socket != 0) {
		errno = fake.refuse_socket;
		fake.refuse_socket = 0;
		return -1;
	}
	ck_assert_int_eq(protocol, PF_KEY_V2);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, v), 0);
	ck_assert_int_lt(v[0], SOCKETS_MOST);
	far_end[v[0]] = v[1];
	if (fake.sockets++ == 0)
		fake.event_socket = v[1];
	return v[0];
}

ssize_t
__wrap_send(int fd, const void *p, size_t n, int flags)
{
	struct fake_request r = { .p = p, .n = n };
	struct sadb_msg h;

	if (fd < 0 || fd >= SOCKETS_MOST || far_end[fd] == 0)
		return __real_send(fd, p, n, flags);
	if (fake.refuse_send != 0) {
		errno = fake.refuse_send;
		fake.refuse_send = errno == EINTR ? 0 : fake.refuse_send;
		return -1;
	}
	ck_assert_uint_ge(n, sizeof(h));
	memcpy(&h, p, sizeof(h));
	ck_assert_uint_eq(h.sadb_msg_len * 8u, n);
	ck_assert_uint_eq(h.sadb_msg_version, PF_KEY_V2);
	r.to = far_end[fd];
	r.type = h.sadb_msg_type;
	r.seq = h.sadb_msg_seq;
	r.pid = h.sadb_msg_pid;
	fake.sent[r.type]++;
	if (fake.on_send != NULL)
		fake.on_send(&r);
	return (ssize_t)n;
}

void
fake_reset(void)
{
	for (int i = 0; i < SOCKETS_MOST; i++) {
		if (far_end[i] != 0)
			(void)close(far_end[i]);
		far_end[i] = 0;
	}
	memset(&fake, 0, sizeof(fake));
}

void
fake_write(int to, struct slice msg)
{
	ck_assert_int_eq(__real_send(to, msg.p, msg.n, 0), (ssize_t)msg.n);
}

void
fake_row(const struct fake_request *r, struct slice msg, uint32_t seq, int errnum)
{
	struct sadb_msg h = { .sadb_msg_version = PF_KEY_V2, .sadb_msg_len = sizeof(h) / 8 };
	uint8_t b[4096];
	size_t n = sizeof(h);

	if (msg.n != 0) {
		ck_assert_uint_le(msg.n, sizeof(b));
		memcpy(b, msg.p, msg.n);
		memcpy(&h, b, sizeof(h));
		n = msg.n;
	}
	h.sadb_msg_type = r->type;
	h.sadb_msg_errno = (uint8_t)errnum;
	h.sadb_msg_seq = seq;
	h.sadb_msg_pid = r->pid;
	memcpy(b, &h, sizeof(h));
	fake_write(r->to, slice_of(b, n));
}

void
fake_answer(const struct fake_request *r, struct slice msg, int errnum)
{
	fake_row(r, msg, r->seq, errnum);
}
