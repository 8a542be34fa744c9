/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pfkey_fake - the other end of PF_KEY sockets: what a kernel would answer, byte by byte, where there is none.
 *
 * The test program is linked with --wrap=socket,--wrap=send.  Sockets of PF_KEY become socket pairs; what is sent
 * on one goes to fake.on_send, which answers with fake_write() before send() returns, as the kernel does.
 */
#ifndef TESTS_PFKEY_FAKE_H
#define TESTS_PFKEY_FAKE_H

#include "kern/pfkey_msg.h"

struct fake_request {
	int to; /* where the answer goes */
	const uint8_t *p;
	size_t n;
	uint8_t type;
	uint32_t seq, pid;
};

struct fake {
	void (*on_send)(const struct fake_request *r);
	int refuse_socket;  /* errno of the next socket() */
	int refuse_send;    /* and of the next send() */
	int event_socket;   /* the first socket's other end, for events */
	unsigned sockets;   /* made so far */
	unsigned sent[256]; /* by type */
};

extern struct fake fake;

/* No answers, no sockets. */
void
fake_reset(void);

/* Write a message as it is. */
void
fake_write(int to, struct slice msg);

/* Answer |r| with |msg| (empty: only a header) and |errnum|, as this request's: type, sequence number, process. */
void
fake_answer(const struct fake_request *r, struct slice msg, int errnum);

/* The same with another sequence number: a row of a dump. */
void
fake_row(const struct fake_request *r, struct slice msg, uint32_t seq, int errnum);

#endif
