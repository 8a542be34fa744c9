/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * v1 - IKEv1 (RFC 2407, 2408, 2409): its part of an IKE SA and what its files share.
 *
 * Main mode with a pre-shared key makes the ISAKMP SA, quick mode makes children on it, informational exchanges of
 * one message each tell the rest.  Any number of quick modes may be under way on one ISAKMP SA: each has its message
 * id and its own chain of IVs.  All that a handler sees of a message that had to be protected has been decrypted and
 * its HASH verified before.
 *
 * An IV only moves on with a message that was accepted or sent, so that what cannot be decrypted or verified leaves
 * no trace.
 */
#ifndef RINGTAIL_V1_V1_H
#define RINGTAIL_V1_V1_H

#include "crypto/keymat_v1.h"
#include "prop/ts.h"
#include "ringtail/daemon.h"
#include "wire/const.h"
#include "wire/pld.h"

/* Message ids of the latest exchanges, the peer's and ours: what comes with one of them again is a repetition. */
#define V1_SEEN 1024

struct v1_state {
	struct v1_keys keys; /* all.n == 0: not derived yet */
	struct secret key;   /* of the cipher */
	struct secret psk;   /* until the keys are derived */
	uint8_t iv
	    [CIPHER_BLOCK_MAX]; /* of the next message of main mode; then its last block, which begins all others */
	uint32_t *seen; /* grows up to V1_SEEN; then the oldest is forgotten */
	unsigned n_seen, seen_at;
	uint32_t dpd_first, dpd_next; /* R-U-THERE: first of the question that stands, next to be sent; 0: none yet */
	uint32_t dpd_theirs;          /* the peer's latest, if |dpd_heard| */
	bool dpd_heard;
	bool hinted; /* it was said that the pre-shared keys may differ */
};

/* Scratch of main mode. */
struct v1_phase1 {
	struct prop_list theirs; /* responder: the peer's proposals, to choose the section again */
};

/* A notify as it is sent. */
struct v1_note {
	uint16_t type;
	uint8_t proto; /* V1_PROTO_* */
	uint8_t spi_len;
	uint8_t spi[16];
	struct slice data;
};

/* Scratch of every other exchange. */
struct v1_phase2 {
	uint8_t iv[CIPHER_BLOCK_MAX];
	struct slice id_i,
	    id_r;       /* bodies of IDci and IDcr as sent or received, in the arena; empty: none */
	uint32_t spi_i; /* the initiator's inbound SPI, 0: not known yet */
	uint32_t claim_sec, claim_kb; /* to be told in RESPONDER-LIFETIME, 0: nothing */
	struct sa_keys out;           /* of the outbound half, until the exchange is over */
	struct v1_note note;          /* to be sent */
	bool ike_gone;                /* the peer deletes the ISAKMP SA */
};

/* Children on one ISAKMP SA; quick modes for more are refused. */
#define V1_CHILDREN_MAX 256u

#define P(kind) PLD_BIT(PK_##kind)

/* v1_tables.c */
extern const struct exch_type v1_main, v1_quick, v1_child_delete, v1_ike_delete, v1_notify, v1_info,
    v1_info_clear;
extern const struct exch_type *const v1_types[];
extern const size_t v1_n_types;

/* v1_protect.c */
MUST_USE ike_err
v1_unprotect(struct exch *x, const struct step *row, struct msg *m);
MUST_USE ike_err
v1_protect(struct exch *x, const struct step *row, struct msg_out *m);
MUST_USE ike_err
v1_accepted(struct exch *x, const struct step *row, struct slice datagram, bool sent);
/*
 * Decrypt the first message of a phase 2 exchange and verify its HASH(1), once.  IKE_E_STATE: no keys yet; IKE_E_CLEAR;
 * IKE_E_INTEGRITY whatever else is wrong with it.
 */
MUST_USE ike_err
v1_open(struct ike_sa *ike, struct msg *m);
/* The scratch of |x|, made with its first IV if there is none. */
MUST_USE ike_err
v1_phase2_of(struct exch *x, struct v1_phase2 **out);
/* A message of |ike| in clear with the given exchange type and message id. */
MUST_USE ike_err
v1_wrap_clear(const struct ike_sa *ike, uint8_t exchange, uint32_t msgid, const struct msg_out *m,
    struct buf *out);

/* v1_hash.c */
/* Room for the HASH in front of the payloads of a CRYPT_HASH row. */
MUST_USE ike_err
v1_begin(struct exch *x, const struct step *row, struct msg_out *m);
/* Fill it in: |payloads| begins with the HASH payload and ends before the padding. */
MUST_USE ike_err
v1_hash_fill(struct exch *x, const struct step *row, uint8_t *payloads, size_t n);
/*
 * Is the first payload of |m| a HASH, and the right one for message |n| of an exchange?  |x| may be NULL for message 1.
 * IKE_E_INTEGRITY.
 */
MUST_USE ike_err
v1_hash_check(struct ike_sa *ike, const struct exch *x, unsigned n, const struct msg *m);

/* v1_keys.c */
void
v1_cookies(const struct ike_sa *ike, uint8_t out[16]);
/* Our nonce, as long as the section says. */
MUST_USE ike_err
v1_make_nonce(struct exch *x);
/* A key pair in |group| and its use with the peer's KE payload in |m|: x->shared. */
MUST_USE ike_err
v1_make_ke(struct exch *x, enum alg_id group);
MUST_USE ike_err
v1_take_ke(struct exch *x, const struct msg *m);
MUST_USE ike_err
v1_take_nonce(struct exch *x, const struct msg *m);
void
v1_put_ke(struct exch *x, struct msg_out *m);
void
v1_put_nonce(struct exch *x, struct msg_out *m);
/* The pre-shared key of the peer, before anything is spent on it.  IKE_E_NO_PSK, IKE_E_NOMEM. */
MUST_USE ike_err
v1_find_psk(struct ike_sa *ike);
/* All keys of the ISAKMP SA and the first IV. */
MUST_USE ike_err
v1_derive(struct exch *x);
/* HASH_I or HASH_R over the body of the ID payload. */
MUST_USE ike_err
v1_auth_value(
    struct exch *x, bool of_initiator, struct slice id_body, uint8_t out[PRF_MAX], size_t *len);
/* Keys of both halves of |c| from the nonces of |x| and the PFS secret, if any. */
MUST_USE ike_err
v1_child_keys(struct exch *x, const struct child *c, struct sa_keys *in, struct sa_keys *out);

/* v1_dpd.c */
bool
v1_can_ask(const struct ike_sa *ike);
ike_err
v1_ask_alive(struct ike_sa *ike);
void
v1_ask_spis(struct ike_sa *ike);
void
v1_take_r_u_there(struct ike_sa *ike, const struct pld_notify *n);
void
v1_take_ack(struct ike_sa *ike, const struct pld_notify *n);
void
v1_take_spis(struct ike_sa *ike, const struct pld_notify *n);
void
v1_take_invalid_spi(struct ike_sa *ike, const struct pld_notify *n);

/* See ike_version_ops. */
void
v1_unknown(struct daemon *d, const struct dgram *dg, const struct msg *m);
void
v1_clear(struct ike_sa *ike, const struct msg *m);

/* v1_vid.c */
void
v1_put_vids(struct exch *x, struct msg_out *m);
void
v1_take_vids(struct exch *x, const struct msg *m);

/* v1_phase1.c */
ike_err
v1_main_begin(struct exch *x);
ike_err
v1_build_sa(struct exch *x, struct msg_out *m);
ike_err
v1_choose_sa(struct exch *x, const struct msg *m);
ike_err
v1_answer_sa(struct exch *x, struct msg_out *m);
ike_err
v1_accept_sa(struct exch *x, const struct msg *m);
ike_err
v1_build_ke(struct exch *x, struct msg_out *m);
ike_err
v1_take_ke_request(struct exch *x, const struct msg *m);
ike_err
v1_take_ke_answer(struct exch *x, const struct msg *m);
/* Does the |section| allow what the peer proposes?  For conf_query; |arg| is a struct prop_list. */
bool
v1_prop_fits(const struct conf_remote *section, void *arg);

/* v1_auth.c */
ike_err
v1_build_auth(struct exch *x, struct msg_out *m);
ike_err
v1_take_auth(struct exch *x, const struct msg *m);
/* Is the HASH in message 5 or 6 of main mode right?  IKE_E_INTEGRITY, with a hint in the log. */
MUST_USE ike_err
v1_check_auth(struct exch *x, const struct msg *m);
/* What came cannot be read with our keys: say once what that usually means.  Returns IKE_E_INTEGRITY. */
ike_err
v1_unreadable(struct exch *x);
void
v1_main_done(struct exch *x);
void
v1_main_failed(struct exch *x, ike_err why);

/* v1_quick.c */
ike_err
v1_quick_begin(struct exch *x);
ike_err
v1_build_quick1(struct exch *x, struct msg_out *m);
ike_err
v1_take_quick1(struct exch *x, const struct msg *m);
ike_err
v1_build_quick2(struct exch *x, struct msg_out *m);
ike_err
v1_take_quick2(struct exch *x, const struct msg *m);
ike_err
v1_build_quick3(struct exch *x, struct msg_out *m);
ike_err
v1_take_quick3(struct exch *x, const struct msg *m);
void
v1_quick_done(struct exch *x);
void
v1_quick_failed(struct exch *x, ike_err why);

/* v1_cross.c */
/*
 * We are asking the peer for the same as it asks in |x|: one of the two goes on.  IKE_OK: the peer's, ours is given up.
 * IKE_E_STATE: ours; |c| is freed and the request is not answered.
 */
MUST_USE ike_err
v1_cross(struct exch *x, struct child *c);

/* v1_ids.c */
/* IDci and IDcr of |c| as initiator into x->scratch, unless they may be left out. */
MUST_USE ike_err
v1_make_ids(struct exch *x, const struct child *c);
void
v1_put_ids(struct exch *x, struct msg_out *m);
/* The peer's, kept for the answer: |my| and |peer| are what they select, the hosts themselves if there are none. */
MUST_USE ike_err
v1_take_ids(struct exch *x, const struct msg *m, struct ts *my, struct ts *peer);
/* Does the answer repeat what we asked for?  IKE_E_TS. */
MUST_USE ike_err
v1_check_ids(struct exch *x, const struct msg *m, const struct child *c);

/* v1_life.c */
/* RESPONDER-LIFETIME: what x->scratch claims, and what the peer claims for |c|. */
void
v1_put_claim(struct exch *x, struct msg_out *m, const struct child *c);
void
v1_take_claim(struct exch *x, const struct msg *m, struct child *c);

/* v1_handover.c: see struct ike_version_ops. */
bool
v1_lasts(const struct exch *x);
void
v1_save(const struct ike_sa *ike, struct wr *w);
ike_err
v1_restore(struct ike_sa *ike, struct slice record);
void
v1_save_exch(const struct exch *x, struct wr *w);
ike_err
v1_restore_exch(struct exch *x, struct slice record);

/* v1_info.c */
ike_err
v1_build_child_delete(struct exch *x, struct msg_out *m);
ike_err
v1_build_ike_delete(struct exch *x, struct msg_out *m);
ike_err
v1_build_notify(struct exch *x, struct msg_out *m);
ike_err
v1_phase2_begin(struct exch *x);
ike_err
v1_take_info(struct exch *x, const struct msg *m);
ike_err
v1_take_info_clear(struct exch *x, const struct msg *m);
void
v1_child_delete_done(struct exch *x);
void
v1_child_delete_failed(struct exch *x, ike_err why);
void
v1_ike_delete_done(struct exch *x);
void
v1_ike_delete_failed(struct exch *x, ike_err why);
void
v1_info_done(struct exch *x);

/* v1_notify.c */
void
v1_put_notify(struct msg_out *m, const struct v1_note *note);
/* Send |note| in an informational exchange of its own; a failure is logged and nothing else. */
void
v1_send_notify(struct ike_sa *ike, const struct v1_note *note);
/* A note about the ISAKMP SA itself: its SPI are the cookies. */
struct v1_note
v1_ike_note(const struct ike_sa *ike, uint16_t type, struct slice data);
/* The notify |type| in |pl|; false if there is none. */
bool
v1_find_notify(const struct payloads *pl, uint16_t type, struct pld_notify *out);
/* What an error notify of the peer means for us. */
ike_err
v1_err_of_notify(uint16_t type);
void
v1_report(struct exch *x, ike_err err);

/* v1_ops.c */
/* An exchange of the peer with this message id was accepted. */
void
v1_remember_msgid(struct ike_sa *ike, uint32_t msgid);

#endif
