/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * err - the one list of things that can go wrong, and what each means on the wire.
 *
 * Every fallible function returns an ike_err: IKE_OK (0) or one of IKE_E_*.  The table behind
 * ike_err_info() says, once, how an error reads in a log, what it does to the exchange it happened in,
 * and which notify (RFC 2408 section 3.14.1, RFC 7296 section 3.10.1) tells the peer.  Handlers therefore
 * return an error and neither log, notify nor clean up.
 */
#ifndef UTIL_ERR_H
#define UTIL_ERR_H

#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))

/* What an error does to the exchange it happened in. */
enum err_class {
	ERR_NONE,  /* no error */
	ERR_DROP,  /* ignore the datagram as if it had never come */
	ERR_FAIL,  /* the exchange fails, the IKE SA stays */
	ERR_KILL,  /* the IKE SA cannot go on */
	ERR_LOCAL, /* a local matter (file, argument, command); never reaches a peer */
};

/*
 * name, class, IKEv1 notify (0: none), IKEv2 notify (0: none), text.
 * A notify of 0 means that nothing is sent.
 */
/* clang-format off */
#define IKE_ERR_LIST(X) \
	X(OK,          ERR_NONE,  0,  0,  "success") \
	X(NOMEM,       ERR_FAIL,  0, 43,  "out of memory") \
	X(SHORT,       ERR_FAIL, 16,  7,  "message ends early") \
	X(FORMAT,      ERR_FAIL, 16,  7,  "malformed message") \
	X(VERSION,     ERR_DROP,  5,  5,  "unsupported major version") \
	X(EXCHANGE,    ERR_DROP,  7,  0,  "exchange type not expected here") \
	X(CRITICAL,    ERR_FAIL,  1,  1,  "unsupported critical payload") \
	X(MISSING,     ERR_FAIL, 16,  7,  "required payload missing") \
	X(UNEXPECTED,  ERR_FAIL,  1,  7,  "payload not allowed here") \
	X(DUPLICATE,   ERR_DROP,  0,  0,  "duplicate message") \
	X(MSGID,       ERR_DROP,  0,  0,  "message id out of window") \
	X(SPI,         ERR_DROP,  4,  4,  "unknown IKE SPI or cookie") \
	X(CLEAR,       ERR_DROP,  0,  0,  "message must be encrypted") \
	X(INTEGRITY,   ERR_DROP,  0,  0,  "integrity check failed") \
	X(NO_PROPOSAL, ERR_FAIL, 14, 14,  "no proposal chosen") \
	X(BAD_KE,      ERR_FAIL, 17, 17,  "key exchange method or public value not acceptable") \
	X(AUTH,        ERR_KILL, 24, 24,  "authentication failed") \
	X(ID,          ERR_FAIL, 18, 24,  "identity not acceptable") \
	X(NO_PSK,      ERR_KILL, 24, 24,  "no pre-shared key for the peer") \
	X(NO_CONFIG,   ERR_DROP,  0,  0,  "no configuration for the peer") \
	X(TS,          ERR_FAIL, 18, 38,  "traffic selectors not acceptable") \
	X(CRYPTO,      ERR_FAIL,  0, 43,  "cryptographic operation failed") \
	X(KERNEL,      ERR_FAIL, 14, 14,  "kernel refused") \
	X(EXHAUSTED,   ERR_FAIL,  0, 35,  "no more room") \
	X(BUSY,        ERR_FAIL,  0, 43,  "temporary failure") \
	X(CHILD_GONE,  ERR_FAIL, 11, 44,  "child SA not found") \
	X(PEER,        ERR_FAIL,  0,  0,  "peer reported an error") \
	X(REDUNDANT,   ERR_FAIL,  0,  0,  "another one serves the same") \
	X(TIMEOUT,     ERR_FAIL,  0,  0,  "no answer from the peer") \
	X(GONE,        ERR_DROP,  0,  0,  "object no longer exists") \
	X(STATE,       ERR_DROP,  0,  0,  "not possible in this state") \
	X(UNSUPPORTED, ERR_FAIL, 14, 14,  "not supported") \
	X(RANGE,       ERR_LOCAL, 0,  0,  "value out of range") \
	X(NOTFOUND,    ERR_LOCAL, 0,  0,  "not found") \
	X(EXISTS,      ERR_LOCAL, 0,  0,  "already exists") \
	X(AMBIGUOUS,   ERR_LOCAL, 0,  0,  "more than one matches") \
	X(SYNTAX,      ERR_LOCAL, 0,  0,  "syntax error") \
	X(PERM,        ERR_LOCAL, 0,  0,  "not permitted") \
	X(IO,          ERR_LOCAL, 0,  0,  "input or output failed") \
	X(FULL,        ERR_LOCAL, 0,  0,  "buffer is full") \
	X(INTERNAL,    ERR_KILL,  0, 43,  "internal inconsistency")
/* clang-format on */

/* clang-format off */
typedef enum ike_err_code {
#define X(name, class, v1, v2, text) IKE_E_##name,
	IKE_ERR_LIST(X)
#undef X
	IKE_E_COUNT
} ike_err;
/* clang-format on */

#define IKE_OK IKE_E_OK

struct err_info {
	const char *name; /* "NO_PROPOSAL" */
	const char *text; /* "no proposal chosen" */
	enum err_class class;
	uint16_t v1_notify; /* 0: send nothing */
	uint16_t v2_notify; /* 0: send nothing */
};

/* Facts about |err|; never NULL, also for a value outside the list. */
const struct err_info *
ike_err_info(ike_err err);

/* The text of |err|: a constant string, lower case, no full stop. */
const char *
ike_err_text(ike_err err);

/* The only control-flow macro of the project: return the error of |expr| from this function. */
#define TRY(expr)                          \
	do {                               \
		ike_err try_err_ = (expr); \
		if (try_err_ != IKE_OK)    \
			return try_err_;   \
	} while (0)

#endif
