/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xfrm_priv - what the files of the XFRM back end share.  Private to src/kern.
 */
#ifndef KERN_XFRM_PRIV_H
#define KERN_XFRM_PRIV_H

#include "kern/xfrm.h"
#include "kern/xfrm_sock.h"

struct xfrm {
	struct kern kern; /* first: struct kern * and struct xfrm * are the same address */
	struct xfrm_sock req;
	struct mnl_socket *ev; /* NULL: no events wanted */
	uint8_t *ev_rx;
	kern_raw_fn *raw; /* NULL: nobody wants to see messages */
	void *raw_arg;
	struct xfrm_counters count;
};

/* What a request was about, for its error code and reason. */
enum xfrm_ask { ASK_SA_ADD, ASK_SA_UPDATE, ASK_SA_RESERVE, ASK_SA, ASK_SP, ASK_SOCKET };

/* Forget what the last refusal was. */
void
xfrm_reason_clear(struct kern *k);

/* A refusal put aside while the kernel is asked something else. */
struct xfrm_refusal {
	int errnum;
	char reason[sizeof(((struct kern *)0)->reason)];
};

void
xfrm_refusal_keep(const struct kern *k, struct xfrm_refusal *out);
void
xfrm_refusal_restore(struct kern *k, const struct xfrm_refusal *r);

/*
 * |err| is what came of a request to install |s|, or to delete |id|.  Where its answer was lost (ENOBUFS, ETIMEDOUT) the kernel is
 * asked whether it has been carried out: IKE_OK if so, else |err|.
 */
MUST_USE ike_err
xfrm_settle_install(struct kern *k, ike_err err, const struct sa_spec *s);
MUST_USE ike_err
xfrm_settle_delete(struct kern *k, ike_err err, const struct sa_id *id, const struct addr *src);

/* Record |errnum| and the kernel's own |text|, add what is missing, and return the error code.  |s| may be NULL. */
MUST_USE ike_err
xfrm_refused(
    struct kern *k, enum xfrm_ask what, int errnum, const char *text, const struct sa_spec *s);

/* Record that a message could not even be made. */
MUST_USE ike_err
xfrm_unmade(struct kern *k, ike_err err, const struct sa_spec *s);

/* The request part of the ops table, xfrm_ops.c. */
ike_err
xfrm_sa_reserve(
    struct kern *, const struct sa_id *, const struct addr *src, uint8_t mode, uint32_t reqid);
ike_err
xfrm_sa_install(struct kern *, const struct sa_spec *, const struct sa_keys *, bool larval);
ike_err
xfrm_sa_delete(struct kern *, const struct sa_id *, const struct addr *src);
ike_err
xfrm_sa_get(struct kern *, const struct sa_id *, const struct addr *src, struct sa_spec *,
    struct sa_usage *);
ike_err
xfrm_sa_flush(struct kern *, uint8_t proto);
ike_err
xfrm_sp_install(struct kern *, const struct sp_spec *, bool replace);
ike_err
xfrm_sp_delete(struct kern *, const struct sp_id *);
ike_err
xfrm_sp_flush(struct kern *);
ike_err
xfrm_dump(struct kern *, unsigned what, kern_row_fn *fn, void *arg);
ike_err
xfrm_acquire_failed(struct kern *, uint32_t seq, const struct sa_id *, const struct addr *src);
/* xfrm_move.c */
ike_err
xfrm_sa_readdress(
    struct kern *, const struct sa_id *, const struct endpoint *src, const struct endpoint *dst);
/* xfrm_socket.c */
ike_err
xfrm_socket_prepare(struct kern *, int fd, uint8_t family, bool encap);

/* Ask the kernel what it can do; changes nothing in it. */
unsigned
xfrm_probe(struct xfrm *x);

#endif
