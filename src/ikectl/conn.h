/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conn - the connection to the daemon: one request, then answers, framed as ctl/frame.h says.
 *
 * Nothing blocks for ever: each wait has a limit.
 */
#ifndef IKECTL_CONN_H
#define IKECTL_CONN_H

#include "util/buf.h"

/* Where the daemon listens unless told otherwise. */
#ifndef RINGTAIL_SOCKET
#define RINGTAIL_SOCKET "/var/run/ringtail/ringtail.sock"
#endif
#define RACOON_SOCKET "/var/run/racoon/racoon.sock"

struct conn {
	int fd;
};

/*
 * Connect to |path|; NULL: RINGTAIL_SOCKET, or RACOON_SOCKET if only that exists.  IKE_E_NOTFOUND: nobody listens there;
 * IKE_E_PERM; IKE_E_RANGE: the path is too long; IKE_E_IO.  errno tells more.
 */
MUST_USE ike_err
conn_open(struct conn *c, const char *path);

/* The path that conn_open() uses for |path|. */
const char *
conn_path(const char *path);

/* Send one message.  IKE_E_IO. */
MUST_USE ike_err
conn_send(struct conn *c, struct slice msg);

/*
 * Read one message into |out| (what was in it is replaced), waiting at most |ms| milliseconds (below 0: for ever).
 * IKE_E_TIMEOUT; IKE_E_GONE: the daemon closed the connection; IKE_E_IO, IKE_E_FORMAT, IKE_E_NOMEM.
 */
MUST_USE ike_err
conn_receive(struct conn *c, int64_t ms, struct buf *out);

void
conn_close(struct conn *c);

#endif
