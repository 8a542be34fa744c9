/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pfkey_priv - what the files of the PF_KEY back end share.  Private to src/kern.
 */
#ifndef KERN_PFKEY_PRIV_H
#define KERN_PFKEY_PRIV_H

#include "kern/pfkey.h"
#include "kern/pfkey_sock.h"
#include "kern/xfrm_priv.h" /* refusals read the same whichever way the kernel was asked */

struct pfkey {
	struct kern kern; /* first: struct kern * and struct pfkey * are the same address */
	struct pfkey_sock sock;
	struct pfkey_algs algs;
	kern_raw_fn *raw; /* NULL: nobody wants to see messages */
	void *raw_arg;
	struct pfkey_counters count;
};

/* Record that a message could not be made, |why| (or NULL: a bad value), and return |err|. */
MUST_USE ike_err
pfkey_unmade(struct kern *k, ike_err err, const char *why);

/* Send |m|, wipe it, translate a refusal. */
MUST_USE ike_err
pfkey_ask(struct pfkey *p, enum xfrm_ask what, struct pfkey_msg *m, uint32_t seq,
    const struct sa_spec *s, pfkey_answer_fn *fn, void *arg);

/* Call |fn| with each SA of |proto| from |src| to |dst|; either may be NULL, and |fn| must not ask the kernel. */
MUST_USE ike_err
pfkey_dump_between(struct pfkey *p, uint8_t proto, const struct addr *src, const struct addr *dst,
    kern_sa_fn *fn, void *arg);

/* The policy with the kernel's |index|.  IKE_E_NOTFOUND. */
MUST_USE ike_err
pfkey_find_policy(struct pfkey *p, uint32_t index, struct sp_spec *out);

/* The request part of the ops table: pfkey_ops.c and, for SAs, pfkey_sad.c. */
ike_err
pfkey_sa_reserve(
    struct kern *, const struct sa_id *, const struct addr *src, uint8_t mode, uint32_t reqid);
ike_err
pfkey_sa_install(struct kern *, const struct sa_spec *, const struct sa_keys *, bool larval);
ike_err
pfkey_sa_readdress(
    struct kern *, const struct sa_id *, const struct endpoint *src, const struct endpoint *dst);
ike_err
pfkey_sa_delete(struct kern *, const struct sa_id *, const struct addr *src);
ike_err
pfkey_sa_get(struct kern *, const struct sa_id *, const struct addr *src, struct sa_spec *,
    struct sa_usage *);
ike_err
pfkey_sa_flush(struct kern *, uint8_t proto);
ike_err
pfkey_acquire_failed(struct kern *, uint32_t seq, const struct sa_id *, const struct addr *src);
ike_err
pfkey_sp_install(struct kern *, const struct sp_spec *, bool replace);
ike_err
pfkey_sp_delete(struct kern *, const struct sp_id *);
ike_err
pfkey_sp_flush(struct kern *);
ike_err
pfkey_dump(struct kern *, unsigned what, kern_row_fn *fn, void *arg);
/* pfkey_socket.c */
ike_err
pfkey_socket_prepare(struct kern *, int fd, uint8_t family, bool encap);

/* Register, with |events| for what happens to SAs, and learn the algorithms. */
MUST_USE ike_err
pfkey_register(struct pfkey *p, bool events);

/* Ask the kernel what it can do; changes nothing in it. */
unsigned
pfkey_probe(struct pfkey *p);

#endif
