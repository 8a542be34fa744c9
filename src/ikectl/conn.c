/* SPDX-License-Identifier: BSD-3-Clause */
#include "ikectl/conn.h"

#include "ctl/frame.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

const char *
conn_path(const char *path)
{
	if (path != NULL)
		return path;
	return access(RINGTAIL_SOCKET, F_OK) != 0 && access(RACOON_SOCKET, F_OK) == 0
		   ? RACOON_SOCKET
		   : RINGTAIL_SOCKET;
}

ike_err
conn_open(struct conn *c, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	c->fd = -1;
	path = conn_path(path);
	if (strlen(path) >= sizeof(sun.sun_path))
		return IKE_E_RANGE;
	memcpy(sun.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return IKE_E_IO;
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0) {
		int saved = errno;
		(void)close(fd);
		errno = saved;
		return saved == ENOENT || saved == ECONNREFUSED || saved == ENOTDIR ? IKE_E_NOTFOUND
		       : saved == EACCES || saved == EPERM                          ? IKE_E_PERM
										    : IKE_E_IO;
	}
	c->fd = fd;
	return IKE_OK;
}

void
conn_close(struct conn *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
}

static ike_err
send_all(struct conn *c, struct slice s)
{
	while (s.n > 0) {
		ssize_t n = send(c->fd, s.p, s.n, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return IKE_E_IO;
		s = slice_of(s.p + n, s.n - (size_t)n);
	}
	return IKE_OK;
}

ike_err
conn_send(struct conn *c, struct slice msg)
{
	uint8_t head[CTL_FRAME_HEAD] = { (uint8_t)(msg.n >> 24), (uint8_t)(msg.n >> 16),
		(uint8_t)(msg.n >> 8), (uint8_t)msg.n };

	if (msg.n > CTL_REQUEST_MAX)
		return IKE_E_RANGE;
	TRY(send_all(c, slice_of(head, sizeof(head))));
	return send_all(c, msg);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Until there is something to read or |end| has come; below 0: for ever. */
static ike_err
wait_readable(struct conn *c, int64_t end)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	for (;;) {
		int64_t left = end < 0 ? -1 : end - now_ms();
		if (end >= 0 && left < 0)
			left = 0;
		int n = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
		if (n > 0)
			return IKE_OK;
		if (n == 0 && end >= 0 && now_ms() >= end)
			return IKE_E_TIMEOUT;
		if (n < 0 && errno != EINTR)
			return IKE_E_IO;
	}
}

static ike_err
read_exact(struct conn *c, int64_t end, uint8_t *p, size_t n)
{
	while (n > 0) {
		TRY(wait_readable(c, end));
		ssize_t got = recv(c->fd, p, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0 || (got < 0 && errno == ECONNRESET))
			return IKE_E_GONE;
		if (got < 0)
			return IKE_E_IO;
		p += got;
		n -= (size_t)got;
	}
	return IKE_OK;
}

ike_err
conn_receive(struct conn *c, int64_t ms, struct buf *out)
{
	int64_t end = ms < 0 ? -1 : now_ms() + ms;
	uint8_t head[CTL_FRAME_HEAD];

	TRY(read_exact(c, end, head, sizeof(head)));
	size_t n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	if (n > CTL_ANSWER_MAX)
		return IKE_E_FORMAT;
	out->n = 0;
	TRY(buf_reserve(out, n));
	TRY(read_exact(c, end, out->p, n));
	out->n = n;
	return IKE_OK;
}
