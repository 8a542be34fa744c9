/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xfrm_sock - one request, one answer on a netlink socket.  Private to src/kern.
 */
#ifndef KERN_XFRM_SOCK_H
#define KERN_XFRM_SOCK_H

#include "kern/xfrm_msg.h"

struct mnl_socket;

struct xfrm_sock {
	struct mnl_socket *nl;
	uint32_t seq;
	uint8_t *rx;   /* receive buffer */
	size_t rx_size;
	bool cut;         /* a message of this answer was larger than the buffer, which has grown */
	bool interrupted; /* the tables changed while they were dumped */
	int errnum;    /* of the last request */
	char text[96]; /* the kernel's extended message, or "" */
};

/* Called with each message of an answer that is no ack. */
typedef void
xfrm_answer_fn(void *arg, struct slice msg);

/* IKE_E_UNSUPPORTED, IKE_E_PERM, IKE_E_IO, IKE_E_NOMEM; errno tells more. */
MUST_USE ike_err
xfrm_sock_open(struct xfrm_sock *s);

void
xfrm_sock_close(struct xfrm_sock *s);

uint32_t
xfrm_sock_port(const struct xfrm_sock *s);

/* Take in one datagram of an answer, |n| bytes at s->rx; true: the answer is complete.  For xfrm_sock_ask(), and for tests. */
bool
xfrm_sock_take(struct xfrm_sock *s, size_t n, xfrm_answer_fn *fn, void *arg);

/*
 * Send |m| with |flags| (beside NLM_F_REQUEST and NLM_F_ACK), pass answers to |fn| (may be NULL), wait for the ack, or
 * with NLM_F_DUMP for the end.  What was received is wiped.  True: the kernel agreed; false: s->errnum and s->text say why not.
 * EMSGSIZE: a part of the answer is lost; asked again it will fit.  EINTR: a dump that is not of one moment.
 */
bool
xfrm_sock_ask(
    struct xfrm_sock *s, struct xfrm_msg *m, uint16_t flags, xfrm_answer_fn *fn, void *arg);

#endif
