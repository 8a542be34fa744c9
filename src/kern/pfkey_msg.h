/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pfkey_msg - pure codecs between our values and PF_KEY messages (RFC 2367 and the extensions of KAME as Linux has
 * them).  No socket, no state.
 *
 * put functions fill a struct pfkey_msg with one complete message; who asks (pid) is the transport's business, and
 * so is the sequence number unless the function says that it means something.  get functions take one whole message
 * as it was received: a truncated or overlong one is IKE_E_SHORT or IKE_E_FORMAT, never a crash.  Extensions they
 * do not know are ignored.
 *
 * What PF_KEY cannot say is refused with IKE_E_UNSUPPORTED, never left out; pfkey_sa_obstacle() and its sisters say
 * it in words.  Three things are left out because they only narrow or add to what holds anyway: the selectors of an
 * SA (its policy has them), an anti-replay window above 32 packets (it becomes 32), and limits above 2^32 - 1
 * packets (no SA lives longer).
 *
 * A message made from keys holds them: pfkey_msg_wipe() when done.
 */
#ifndef KERN_PFKEY_MSG_H
#define KERN_PFKEY_MSG_H

#include "kern/kern.h"

#define PFKEY_BUF_SIZE   4096
#define PFKEY_WINDOW_MAX 32

struct pfkey_msg {
	_Alignas(8) uint8_t b[PFKEY_BUF_SIZE];
	size_t n;
	bool full; /* something did not fit */
};

struct slice
pfkey_msg_slice(const struct pfkey_msg *m);

void
pfkey_msg_wipe(struct pfkey_msg *m);

/* The header of a message, in our terms. */
struct pfkey_hdr {
	uint8_t type; /* SADB_* */
	int errnum;
	uint8_t proto; /* enum prop_proto; PROTO_NONE: all, or none of ours */
	uint32_t seq, pid;
};

/* IKE_E_SHORT; IKE_E_FORMAT: another version, or a length that is not the message's. */
MUST_USE ike_err
pfkey_get_hdr(struct slice msg, struct pfkey_hdr *out);

/*
 * The first message of |rest|, many of which may stand one behind the other as in a file; |rest| loses it.  IKE_E_SHORT,
 * IKE_E_FORMAT: none of this version, and nobody knows where the next one begins.
 */
MUST_USE ike_err
pfkey_next_msg(struct slice *rest, struct slice *out);

/* "ADD", "X_SPDDUMP"; NULL: no such type. */
const char *
pfkey_type_name(uint8_t type);

/* Set the sequence number and the asking process. */
void
pfkey_set_asker(struct pfkey_msg *m, uint32_t seq, uint32_t pid);

/* What of this PF_KEY cannot say, as a constant string; NULL: nothing. */
const char *
pfkey_sa_obstacle(const struct sa_spec *s);
const char *
pfkey_sp_id_obstacle(const struct sp_id *id);
const char *
pfkey_sp_obstacle(const struct sp_spec *s);

/*
 * SADB_ADD or SADB_UPDATE in |type|.  |label| may be NULL.  The sequence number is |s|->seq: it names the ACQUIRE
 * that is answered.
 *
 *   IKE_E_UNSUPPORTED   pfkey_sa_obstacle()
 *   IKE_E_RANGE         key length does not fit the algorithm; no address, or two families
 */
MUST_USE ike_err
pfkey_put_sa(struct pfkey_msg *m, uint8_t type, const struct sa_spec *s, const struct sa_keys *k,
    const struct sa_label *label);

/* SADB_DELETE or SADB_GET; |src| may be NULL.  IKE_E_UNSUPPORTED, IKE_E_RANGE. */
MUST_USE ike_err
pfkey_put_sa_id(struct pfkey_msg *m, uint8_t type, const struct sa_id *id, const struct addr *src);

/* SADB_GETSPI: an SPI from |min|..|max| for |id| (whose spi is ignored). */
struct pfkey_spi_request {
	struct sa_id id;
	struct addr src;
	uint8_t mode;
	uint32_t reqid, min, max;
};

MUST_USE ike_err
pfkey_put_getspi(struct pfkey_msg *m, const struct pfkey_spi_request *r);

/* A message without extensions: SADB_FLUSH, SADB_DUMP, SADB_REGISTER (PROTO_NONE: all, or none); SPDFLUSH, SPDDUMP. */
MUST_USE ike_err
pfkey_put_plain(struct pfkey_msg *m, uint8_t type, uint8_t proto);

/* SADB_DUMP of the SAs of |proto| from |src| to |dst|; either may be NULL.  IKE_E_RANGE: both are. */
MUST_USE ike_err
pfkey_put_dump_between(
    struct pfkey_msg *m, uint8_t proto, const struct addr *src, const struct addr *dst);

/* SADB_X_SPDADD or SADB_X_SPDUPDATE.  IKE_E_UNSUPPORTED: pfkey_sp_obstacle(); IKE_E_RANGE: bad selector or template. */
MUST_USE ike_err
pfkey_put_sp(struct pfkey_msg *m, uint8_t type, const struct sp_spec *s);

/* SADB_X_SPDDELETE. */
MUST_USE ike_err
pfkey_put_sp_id(struct pfkey_msg *m, const struct sp_id *id);

/* SADB_X_SPDGET by the kernel's index. */
MUST_USE ike_err
pfkey_put_sp_get(struct pfkey_msg *m, uint32_t index);

/*
 * Any message that describes an SA.  |out|->keys are filled, too, where the kernel tells them: wipe them.  A live SA
 * whose algorithms PF_KEY cannot name has encr ALG_ID_NONE and integ INTEG_NONE, so that it is no larval one.
 */
MUST_USE ike_err
pfkey_get_sa(struct slice msg, struct kern_sa *out);

/* Any message that describes a policy. */
MUST_USE ike_err
pfkey_get_sp(struct slice msg, struct sp_spec *out);

/*
 * Any event.  What the message lacks is left zero, for pfkey_event_complete() of the transport: in an ACQUIRE all
 * of the policy but its index and priority, in a MAPPING the SA's destination.  IKE_E_UNSUPPORTED: a type that is
 * no event of ours.
 */
MUST_USE ike_err
pfkey_get_event(struct slice msg, struct kern_event *out);

/* Once the policy of an ACQUIRE is known: fill in what follows from it (mode, reqid, selector). */
void
pfkey_acquire_policy(struct kern_event *ev, const struct sp_spec *sp);

/* The algorithms that a kernel has, as it answers SADB_REGISTER: a bit for each SADB_AALG_* and SADB_EALG_*. */
struct pfkey_algs {
	uint8_t auth[32], encr[32];
};

MUST_USE ike_err
pfkey_get_algs(struct slice msg, struct pfkey_algs *out);

/* Does the kernel have |id| (integrity or cipher)?  False also for what has no number in PF_KEY. */
bool
pfkey_algs_have(const struct pfkey_algs *a, uint16_t id);

#endif
