/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * v2 - IKEv2 (RFC 7296): its part of an IKE SA and what its files share.
 */
#ifndef RINGTAIL_V2_V2_H
#define RINGTAIL_V2_V2_H

#include "crypto/keymat_v2.h"
#include "ringtail/daemon.h"
#include "wire/const.h"
#include "wire/pld.h"

struct v2_state {
	struct v2_keys keys;            /* all.n == 0: not derived yet */
	uint32_t       next_out;        /* message id of our next request */
	uint32_t       next_in;         /* message id of the peer's next request */
	uint64_t       iv;              /* AEAD: counter, never repeated under one key */
	struct buf     init_i, init_r;  /* IKE_SA_INIT messages, until IKE_AUTH is over */
	struct buf     ni, nr;          /* their nonces, until IKE_AUTH is over */
	struct buf     cookie;          /* to be sent back */
	struct buf     token;           /* the peer's, which proves that it has lost the IKE SA; empty: none */
	bool           tell_token;      /* ours is to be told with the next liveness check */
	uint16_t       group;           /* enum alg_id: of our KE payload, or what we tell in INVALID_KE_PAYLOAD */
};

/* IV counter and all: RFC 7296 section 2.2 has ids of 32 bits; we end an IKE SA before they wrap. */
#define V2_MSGID_LAST 0xfffffff0u

/* Children on one IKE SA; more are refused with NO_ADDITIONAL_SAS. */
#define V2_CHILDREN_MAX 256u

#define P(kind) PLD_BIT(PK_##kind)

/* v2_protect.c */
MUST_USE ike_err v2_unprotect(struct exch *x, const struct step *row, struct msg *m);
MUST_USE ike_err v2_protect(struct exch *x, const struct step *row, struct msg_out *m);
/*
 * Decrypt |m| with the keys of |ike|, once; what its authentic content is worth is in m->malformed.  IKE_E_STATE: no keys yet;
 * IKE_E_CLEAR: no SK payload; IKE_E_INTEGRITY.
 */
MUST_USE ike_err v2_open(struct ike_sa *ike, struct msg *m);

/* v2_ops.c */
/* A message went out under the id of |x|. */
void v2_msgid_used(struct exch *x);
/* Is a request of ours of |type| under way? */
bool v2_asking(const struct ike_sa *ike, const struct exch_type *type);

/* v2_cookie.c: see ike_version_ops.admit. */
MUST_USE ike_err v2_admit(struct daemon *d, const struct dgram *dg, const struct msg *m);

/* v2_qcd.c */
/* RFC 6290: our token for |ike|, and the peer's. */
void v2_put_token(struct msg_out *m, const struct ike_sa *ike);
void v2_take_token(struct ike_sa *ike, const struct msg *m);
/* See ike_version_ops. */
void v2_unknown(struct daemon *d, const struct dgram *dg, const struct msg *m);
void v2_clear(struct ike_sa *ike, const struct msg *m);

/* v2_tables.c */
extern const struct exch_type v2_sa_init, v2_ike_auth, v2_child_create, v2_child_rekey, v2_ike_rekey, v2_child_delete,
    v2_ike_delete, v2_liveness, v2_info;
extern const struct exch_type *const v2_types[];
extern const size_t v2_n_types;

/* v2_notify.c */
void v2_put_notify(struct msg_out *m, uint16_t type, struct slice data);
void v2_put_notify_spi(struct msg_out *m, uint8_t proto, uint32_t spi, uint16_t type, struct slice data);
/* The first notify of |type|; false if there is none. */
bool v2_find_notify(const struct payloads *pl, uint16_t type, struct pld_notify *out);
/* The first error notify (below 16384); false if there is none. */
bool v2_find_error(const struct payloads *pl, struct pld_notify *out);
/* What an error notify of the peer means for us. */
ike_err v2_err_of_notify(uint16_t type);
void v2_report(struct exch *x, ike_err err);

/* v2_init.c */
ike_err v2_build_init(struct exch *x, struct msg_out *m);
ike_err v2_take_init(struct exch *x, const struct msg *m);
ike_err v2_build_init_answer(struct exch *x, struct msg_out *m);
ike_err v2_take_init_answer(struct exch *x, const struct msg *m);
ike_err v2_init_refused(struct exch *x, const struct msg *m);
/* Make our nonce and a key in |group|. */
MUST_USE ike_err v2_make_ke(struct exch *x, enum alg_id group);
/* Read the peer's KE (which must be of |group|) and derive the shared secret. */
MUST_USE ike_err v2_take_ke(struct exch *x, const struct msg *m, enum alg_id group);
MUST_USE ike_err v2_take_nonce(struct exch *x, const struct msg *m);
void             v2_put_ke(struct exch *x, struct msg_out *m);
void             v2_put_nonce(struct exch *x, struct msg_out *m);
/* The group of the KE payload in |m|: enum alg_id, KE_NONE if there is no KE. IKE_E_BAD_KE: one we do not know. */
MUST_USE ike_err v2_ke_group(const struct msg *m, enum alg_id *out);
MUST_USE ike_err v2_refused_group(const struct pld_notify *n, uint16_t *group);

/* v2_auth.c */
ike_err v2_build_auth(struct exch *x, struct msg_out *m);
ike_err v2_take_auth(struct exch *x, const struct msg *m);
ike_err v2_build_auth_answer(struct exch *x, struct msg_out *m);
ike_err v2_take_auth_answer(struct exch *x, const struct msg *m);
ike_err v2_auth_refused(struct exch *x, const struct msg *m);
void    v2_auth_done(struct exch *x);
void    v2_auth_failed(struct exch *x, ike_err why);

/* v2_child.c */
/* May |ike| speak of |c|?  It may be with its predecessor still. */
bool v2_serves(const struct ike_sa *ike, const struct child *c);
/* Payloads of a child request and answer: [USE_TRANSPORT_MODE], SA, (nonce, KE,) TSi, TSr.  |alone|: not in IKE_AUTH. */
MUST_USE ike_err v2_put_child(struct exch *x, struct msg_out *m, struct child *c, bool alone);
MUST_USE ike_err v2_take_child(struct exch *x, const struct msg *m, struct child *c, bool alone);
MUST_USE ike_err v2_put_child_answer(struct exch *x, struct msg_out *m, struct child *c, bool alone);
MUST_USE ike_err v2_take_child_answer(struct exch *x, const struct msg *m, struct child *c, bool alone);
/* Keys of both halves from the nonces of |x| (or of IKE_SA_INIT) and the PFS secret, if any. */
MUST_USE ike_err v2_child_keys(struct exch *x, const struct child *c, struct sa_keys *in, struct sa_keys *out);
ike_err v2_child_begin(struct exch *x);
ike_err v2_build_child(struct exch *x, struct msg_out *m);
ike_err v2_take_create(struct exch *x, const struct msg *m);
ike_err v2_take_rekey(struct exch *x, const struct msg *m);
ike_err v2_build_child_answer(struct exch *x, struct msg_out *m);
ike_err v2_take_child_reply(struct exch *x, const struct msg *m);
ike_err v2_child_refused(struct exch *x, const struct msg *m);
void    v2_child_done(struct exch *x);
void    v2_child_failed(struct exch *x, ike_err why);
/* Keys of a child that waited in the scratch of |x| (of a kind that makes children). */
void    v2_forget_keys(struct exch *x);

/* Handover: the group in the scratch of a request, and the scratch made again in another process. */
uint16_t         v2_child_group(const struct exch *x);
MUST_USE ike_err v2_child_again(struct exch *x, uint16_t group);

/* v2_ts.c */
MUST_USE ike_err v2_put_ts(struct exch *x, struct msg_out *m, uint8_t pld, const struct ts *ts);
MUST_USE ike_err v2_get_ts(struct exch *x, const struct msg *m, enum pld_kind kind, struct ts_list *out);

/* v2_rekey.c */
ike_err v2_rekey_begin(struct exch *x);
void    v2_rekey_unbegin(struct exch *x);
ike_err v2_build_rekey(struct exch *x, struct msg_out *m);
ike_err v2_take_ike_rekey(struct exch *x, const struct msg *m);
ike_err v2_build_rekey_answer(struct exch *x, struct msg_out *m);
ike_err v2_take_rekey_answer(struct exch *x, const struct msg *m);
ike_err v2_rekey_refused(struct exch *x, const struct msg *m);
void    v2_rekey_done(struct exch *x);
void    v2_rekey_failed(struct exch *x, ike_err why);

/* The same for the rekeying of an IKE SA; the one being made is that which replaces it.  IKE_E_GONE. */
uint16_t         v2_rekey_group(const struct exch *x);
MUST_USE ike_err v2_rekey_again(struct exch *x, uint16_t group);

/* v2_handover.c: see struct ike_version_ops. */
bool    v2_lasts(const struct exch *x);
void    v2_save(const struct ike_sa *ike, struct wr *w);
ike_err v2_restore(struct ike_sa *ike, struct slice record);
void    v2_save_exch(const struct exch *x, struct wr *w);
ike_err v2_restore_exch(struct exch *x, struct slice record);

/* v2_info.c */
ike_err v2_build_child_delete(struct exch *x, struct msg_out *m);
ike_err v2_build_ike_delete(struct exch *x, struct msg_out *m);
ike_err v2_build_liveness(struct exch *x, struct msg_out *m);
void    v2_liveness_done(struct exch *x);
ike_err v2_take_info(struct exch *x, const struct msg *m);
ike_err v2_build_info_answer(struct exch *x, struct msg_out *m);
ike_err v2_take_info_answer(struct exch *x, const struct msg *m);
void    v2_child_delete_done(struct exch *x);
void    v2_child_delete_failed(struct exch *x, ike_err why);
void    v2_ike_delete_done(struct exch *x);
void    v2_ike_delete_failed(struct exch *x, ike_err why);
void    v2_info_done(struct exch *x);

#endif
