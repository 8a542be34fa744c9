/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The exchanges of IKEv2 as tables (RFC 7296 sections 1.2 to 1.4 and appendix C).  Several types share a number on the wire;
 * which one a request begins is told by its payloads (v2_ops.c).
 */
#include "ringtail/v2/v2.h"

#define EXTRA (P(NOTIFY) | P(VID))

static const struct step sa_init_steps[] = {
	/* from       n  prot   need                     may                   build                 process */
	{ INITIATOR, 1, CLEAR, P(SA) | P(KE) | P(NONCE), EXTRA,               v2_build_init,        v2_take_init },
	{ RESPONDER, 2, CLEAR, P(SA) | P(KE) | P(NONCE), EXTRA | P(CERTREQ),  v2_build_init_answer, v2_take_init_answer },
};

#define AUTH_MAY (EXTRA | P(CERT) | P(CERTREQ) | P(CP) | P(SA) | P(TSI) | P(TSR))

static const struct step ike_auth_steps[] = {
	{ INITIATOR, 1, CRYPT, P(IDI) | P(AUTH), AUTH_MAY | P(IDR), v2_build_auth,        v2_take_auth },
	{ RESPONDER, 2, CRYPT, P(IDR) | P(AUTH), AUTH_MAY,          v2_build_auth_answer, v2_take_auth_answer },
};

#define CHILD_NEED (P(SA) | P(NONCE) | P(TSI) | P(TSR))
#define CHILD_MAY (EXTRA | P(KE) | P(CP))

static const struct step child_create_steps[] = {
	{ INITIATOR, 1, CRYPT, CHILD_NEED, CHILD_MAY, v2_build_child,        v2_take_create },
	{ RESPONDER, 2, CRYPT, CHILD_NEED, CHILD_MAY, v2_build_child_answer, v2_take_child_reply },
};

static const struct step child_rekey_steps[] = {
	{ INITIATOR, 1, CRYPT, CHILD_NEED | P(NOTIFY), CHILD_MAY, v2_build_child,        v2_take_rekey },
	{ RESPONDER, 2, CRYPT, CHILD_NEED,             CHILD_MAY, v2_build_child_answer, v2_take_child_reply },
};

static const struct step ike_rekey_steps[] = {
	{ INITIATOR, 1, CRYPT, P(SA) | P(NONCE) | P(KE), EXTRA, v2_build_rekey,        v2_take_ike_rekey },
	{ RESPONDER, 2, CRYPT, P(SA) | P(NONCE) | P(KE), EXTRA, v2_build_rekey_answer, v2_take_rekey_answer },
};

#define INFO_MAY (EXTRA | P(DELETE) | P(CP))

static const struct step child_delete_steps[] = {
	{ INITIATOR, 1, CRYPT, P(DELETE), INFO_MAY, v2_build_child_delete, v2_take_info },
	{ RESPONDER, 2, CRYPT, 0,         INFO_MAY, v2_build_info_answer,  v2_take_info_answer },
};

static const struct step ike_delete_steps[] = {
	{ INITIATOR, 1, CRYPT, P(DELETE), INFO_MAY, v2_build_ike_delete,  v2_take_info },
	{ RESPONDER, 2, CRYPT, 0,         INFO_MAY, v2_build_info_answer, v2_take_info_answer },
};

static const struct step info_steps[] = {
	{ INITIATOR, 1, CRYPT, 0, INFO_MAY, v2_build_liveness,    v2_take_info },
	{ RESPONDER, 2, CRYPT, 0, INFO_MAY, v2_build_info_answer, v2_take_info_answer },
};

#define TYPE(label, number, want, rows) \
	.name = label, .major = 2, .wire = number, .intent = want, .nsteps = sizeof(rows) / sizeof(rows[0]), .steps = rows

const struct exch_type v2_sa_init = {
	TYPE("IKE_SA_INIT", V2_XCHG_IKE_SA_INIT, INTENT_IKE_CREATE, sa_init_steps), .then = &v2_ike_auth, .refused = v2_init_refused,
};

const struct exch_type v2_ike_auth = {
	TYPE("IKE_AUTH", V2_XCHG_IKE_AUTH, INTENT_IKE_AUTH, ike_auth_steps), .refused = v2_auth_refused, .done = v2_auth_done,
	.failed = v2_auth_failed,
};

const struct exch_type v2_child_create = {
	TYPE("CREATE_CHILD_SA", V2_XCHG_CREATE_CHILD_SA, INTENT_CHILD_CREATE, child_create_steps), .begin = v2_child_begin,
	.refused = v2_child_refused, .done = v2_child_done, .failed = v2_child_failed,
};

const struct exch_type v2_child_rekey = {
	TYPE("CREATE_CHILD_SA rekey", V2_XCHG_CREATE_CHILD_SA, INTENT_CHILD_REKEY, child_rekey_steps), .begin = v2_child_begin,
	.refused = v2_child_refused, .done = v2_child_done, .failed = v2_child_failed,
};

const struct exch_type v2_ike_rekey = {
	TYPE("CREATE_CHILD_SA IKE rekey", V2_XCHG_CREATE_CHILD_SA, INTENT_IKE_REKEY, ike_rekey_steps), .begin = v2_rekey_begin, .unbegin = v2_rekey_unbegin,
	.refused = v2_rekey_refused, .done = v2_rekey_done, .failed = v2_rekey_failed,
};

const struct exch_type v2_child_delete = {
	TYPE("INFORMATIONAL delete", V2_XCHG_INFORMATIONAL, INTENT_CHILD_DELETE, child_delete_steps),
	.done = v2_child_delete_done, .failed = v2_child_delete_failed,
};

const struct exch_type v2_ike_delete = {
	TYPE("INFORMATIONAL delete", V2_XCHG_INFORMATIONAL, INTENT_IKE_DELETE, ike_delete_steps), .done = v2_ike_delete_done,
	.failed = v2_ike_delete_failed,
};

const struct exch_type v2_liveness = {
	TYPE("INFORMATIONAL", V2_XCHG_INFORMATIONAL, INTENT_LIVENESS, info_steps), .done = v2_liveness_done,
};

const struct exch_type v2_info = {
	TYPE("INFORMATIONAL", V2_XCHG_INFORMATIONAL, INTENT_NONE, info_steps), .done = v2_info_done,
};

const struct exch_type *const v2_types[] = {
	&v2_sa_init, &v2_ike_auth, &v2_child_create, &v2_child_rekey, &v2_ike_rekey, &v2_child_delete, &v2_ike_delete,
	&v2_liveness, &v2_info,
};
const size_t v2_n_types = sizeof(v2_types) / sizeof(v2_types[0]);
