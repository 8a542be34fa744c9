/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench - what both ends of the handshake benchmark share: a daemon on a kernel that says yes to everything.
 *
 * Peer i is the pair of addresses 10.1.x.y and 10.2.x.y: both daemons have as many peers as there are handshakes, as in a
 * mesh.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "crypto/secret.h"
#include "ringtail/daemon.h"
#include "sadb/kern_ops.h"

struct bench_kern {
	struct kern kern;
	unsigned    side;         /* 0: 10.1.x.y, 1: 10.2.x.y */
	unsigned    peers;
	uint64_t    installs;
};

struct bench_node {
	struct bench_kern kern;
	struct daemon    *daemon;
	struct crypto    *crypto;
	struct conf      *conf;
	struct logger     logger;
	const char       *conf_text;
	const char       *policy_text;    /* what is in files that end with ".setkey" */
	struct kern      *real;           /* in place of |kern|, borrowed; NULL: none */
	struct secret     left;           /* for the next daemon, by daemon_hand_over() */
	void            (*send)(void *arg, const struct dgram *d);
	void             *send_arg;
};

struct addr bench_addr(unsigned side, unsigned i);

/* "v1" or "v2", "modp3072" ...: the configuration of both ends. */
void bench_conf(char *out, size_t cap, unsigned version, const char *group);

/* The text of |n| as a configuration; its faults are printed. */
MUST_USE ike_err bench_node_parse(struct bench_node *n, struct conf **out);
/* A daemon with n->conf, in place of one that was freed. */
MUST_USE ike_err bench_node_start(struct bench_node *n);
MUST_USE ike_err bench_node_open(struct bench_node *n, unsigned side, unsigned peers, const char *conf_text);
void             bench_node_close(struct bench_node *n);

/* A packet for peer |i| needs an SA. */
void bench_acquire(struct bench_node *n, unsigned i);

/* What one node has sent and the other has not got yet; |last| is &first when it is empty. */
struct bench_wire {
	struct parcel *first, **last;
};

/* For bench_node.send, with a wire as its argument. */
void bench_wire_send(void *arg, const struct dgram *d);
/* Hand one datagram to |to|; false: there is none. */
bool bench_wire_deliver(struct bench_wire *w, struct bench_node *to);

ike_time bench_now(void);

/* Seconds of CPU of this process so far. */
double bench_cpu(void);

/* Bytes on the heap of this process. */
size_t bench_heap(void);

#endif
