/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The exchanges of IKEv1 as tables: main mode with a pre-shared key (RFC 2409 section 5.4), quick mode (section 5.5),
 * informational exchanges (section 5.7).  All informational ones share a number on the wire and are one message long;
 * which one a message is depends on who sends it and on whether it is protected (v1_ops.c).
 */
#include "ringtail/v1/v1.h"

/* clang-format off */

/* NAT-D and a certificate request are read over: the peer may send them, they change nothing in this mode. */
#define KE_MAY (P(VID) | P(NATD) | P(CERTREQ))

static const struct step main_steps[] = {
	/* from       n  prot   need              may                    build          process */
	{ INITIATOR, 1, CLEAR, P(SA),            P(VID) | P(CERTREQ),   v1_build_sa,   v1_choose_sa },
	{ RESPONDER, 2, CLEAR, P(SA),            P(VID) | P(CERTREQ),   v1_answer_sa,  v1_accept_sa },
	{ INITIATOR, 3, CLEAR, P(KE) | P(NONCE), KE_MAY,                v1_build_ke,   v1_take_ke_request },
	{ RESPONDER, 4, CLEAR, P(KE) | P(NONCE), KE_MAY,                v1_build_ke,   v1_take_ke_answer },
	{ INITIATOR, 5, CRYPT, P(ID) | P(HASH),  P(NOTIFY) | P(VID),    v1_build_auth, v1_take_auth },
	{ RESPONDER, 6, CRYPT, P(ID) | P(HASH),  P(NOTIFY) | P(VID),    v1_build_auth, v1_take_auth },
};

#define QUICK_NEED (P(HASH) | P(SA) | P(NONCE))
#define QUICK_MAY (P(KE) | P(ID) | P(NOTIFY) | P(NATOA) | P(VID))

static const struct step quick_steps[] = {
	{ INITIATOR, 1, CRYPT_HASH, QUICK_NEED, QUICK_MAY, v1_build_quick1, v1_take_quick1 },
	{ RESPONDER, 2, CRYPT_HASH, QUICK_NEED, QUICK_MAY, v1_build_quick2, v1_take_quick2 },
	{ INITIATOR, 3, CRYPT_HASH, P(HASH),    0,         v1_build_quick3, v1_take_quick3 },
};

#define INFO_MAY (P(NOTIFY) | P(DELETE) | P(VID))

static const struct step child_delete_steps[] = {
	{ INITIATOR, 1, CRYPT_HASH, P(HASH) | P(DELETE), INFO_MAY & ~P(DELETE), v1_build_child_delete, v1_take_info },
};

static const struct step ike_delete_steps[] = {
	{ INITIATOR, 1, CRYPT_HASH, P(HASH) | P(DELETE), INFO_MAY & ~P(DELETE), v1_build_ike_delete, v1_take_info },
};

static const struct step notify_steps[] = {
	{ INITIATOR, 1, CRYPT_HASH, P(HASH) | P(NOTIFY), INFO_MAY & ~P(NOTIFY), v1_build_notify, v1_take_info },
};

static const struct step info_steps[] = {
	{ INITIATOR, 1, CRYPT_HASH, P(HASH), INFO_MAY, v1_build_notify, v1_take_info },
};

static const struct step info_clear_steps[] = {
	{ INITIATOR, 1, CLEAR, 0, INFO_MAY | P(HASH), v1_build_notify, v1_take_info_clear },
};

#define TYPE(label, number, want, rows) \
	.name = label, .major = 1, .wire = number, .intent = want, .nsteps = sizeof(rows) / sizeof(rows[0]), .steps = rows

const struct exch_type v1_main = {
	TYPE("main mode", V1_XCHG_MAIN, INTENT_IKE_CREATE, main_steps), .begin = v1_main_begin, .done = v1_main_done,
	.failed = v1_main_failed,
};

const struct exch_type v1_quick = {
	TYPE("quick mode", V1_XCHG_QUICK, INTENT_CHILD_CREATE, quick_steps), .begin = v1_quick_begin, .done = v1_quick_done,
	.failed = v1_quick_failed,
};

const struct exch_type v1_child_delete = {
	TYPE("informational delete", V1_XCHG_INFO, INTENT_CHILD_DELETE, child_delete_steps), .begin = v1_phase2_begin,
	.done = v1_child_delete_done, .failed = v1_child_delete_failed,
};

const struct exch_type v1_ike_delete = {
	TYPE("informational delete", V1_XCHG_INFO, INTENT_IKE_DELETE, ike_delete_steps), .begin = v1_phase2_begin,
	.done = v1_ike_delete_done, .failed = v1_ike_delete_failed,
};

const struct exch_type v1_notify = {
	TYPE("informational notify", V1_XCHG_INFO, INTENT_NONE, notify_steps), .begin = v1_phase2_begin,
};

const struct exch_type v1_info = {
	TYPE("informational", V1_XCHG_INFO, INTENT_NONE, info_steps), .begin = v1_phase2_begin, .done = v1_info_done,
};

const struct exch_type v1_info_clear = {
	TYPE("unencrypted informational", V1_XCHG_INFO, INTENT_NONE, info_clear_steps),
};

/* clang-format on */

const struct exch_type *const v1_types[] = {
	&v1_main,
	&v1_quick,
	&v1_child_delete,
	&v1_ike_delete,
	&v1_notify,
	&v1_info,
	&v1_info_clear,
};
const size_t v1_n_types = sizeof(v1_types) / sizeof(v1_types[0]);
