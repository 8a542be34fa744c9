/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pfkey_sock - a PF_KEY socket on which requests are answered and events arrive.  Private to src/kern.
 *
 * Everybody's changes are told on every PF_KEY socket, so that answers and events share one queue.  A request first
 * reads what is there, then sends, then looks for its answer, which is there when send() returns; all that is not the
 * answer is kept as notes, in order, for pfkey_sock_next().  Dumps have a socket of their own each, because the kernel
 * writes them on as they are read.
 *
 * Linux drops messages for a full socket without a word to its reader.  But it drops them only while the socket holds
 * more than its buffer's size, which can be asked for, and which ends only by our reading: so every loss is seen
 * before the next message is read, and s->lost is set.
 */
#ifndef KERN_PFKEY_SOCK_H
#define KERN_PFKEY_SOCK_H

#include "kern/pfkey_msg.h"
#include "util/list.h"

struct pfkey_sock {
	int fd;     /* the socket */
	int wake;   /* an eventfd, readable while notes wait */
	int poll;   /* an epoll of both: readable when there is something to do */
	bool keep;  /* notes are wanted */
	bool awake; /* |wake| is readable */
	bool lost;  /* messages were lost, or had to be thrown away */
	uint32_t pid, seq;
	uint8_t *rx;
	size_t rx_size;
	struct list notes;
	size_t held; /* bytes in notes */
	int errnum;  /* of the last request */
};

/* A message kept for later; free() it. */
struct pfkey_note {
	struct list link;
	size_t n;
	uint8_t b[];
};

/* Called with each message of an answer. */
typedef void
pfkey_answer_fn(void *arg, struct slice msg);

/* |events|: keep notes.  IKE_E_UNSUPPORTED, IKE_E_PERM, IKE_E_IO, IKE_E_NOMEM; errno tells more. */
MUST_USE ike_err
pfkey_sock_open(struct pfkey_sock *s, bool events);

/* Also after pfkey_sock_open() failed. */
void
pfkey_sock_close(struct pfkey_sock *s);

/*
 * Send |m| and pass the answer to |fn| (may be NULL).  |seq| is the sequence number, 0 included.  What was received
 * is wiped.  True: the kernel agreed; false: s->errnum says why not.  ENOBUFS: the answer was lost, nobody knows
 * what happened.
 */
bool
pfkey_sock_ask(
    struct pfkey_sock *s, struct pfkey_msg *m, uint32_t seq, pfkey_answer_fn *fn, void *arg);

/* The same for SADB_DUMP and SADB_X_SPDDUMP: |fn| once for each row.  Nothing there is no error. */
bool
pfkey_sock_dump(struct pfkey_sock *s, struct pfkey_msg *m, pfkey_answer_fn *fn, void *arg);

/* The next message that is no answer, or NULL: none now. */
struct pfkey_note *
pfkey_sock_next(struct pfkey_sock *s);

/* Have messages been lost, and is there room again?  Says yes once for each time. */
bool
pfkey_sock_overrun(struct pfkey_sock *s);

/* Make |s|->poll readable if and only if notes wait.  After each use of the functions above. */
void
pfkey_sock_settle(struct pfkey_sock *s);

#endif
