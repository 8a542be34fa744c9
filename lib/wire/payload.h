/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * payload - the chain of payloads of a message: walked once into an index on reading, linked up on writing.
 *
 * Reading knows the generic header only; what is inside a payload is for the get_ functions of pld.h and its siblings.
 * All slices borrow the message.  Payload types of both versions are folded into one set of kinds, so that an exchange
 * table of either version says what it needs with a pldset.
 *
 * Invariants after payloads_parse(): n <= PAYLOADS_MAX; v[] is in message order; every |whole| is 4 or more bytes and
 * begins where the one before it ends; |seen| has exactly the bits of the kinds in v[], |twice| of those that
 * occur more than once; in IKEv2 an SK or SKF can only be the last.
 *
 * RFC 2408 sections 3.2 and 5.3, RFC 7296 sections 2.5, 3.2 and 3.14.
 */
#ifndef WIRE_PAYLOAD_H
#define WIRE_PAYLOAD_H

#include "wire/ike_hdr.h"

/* The most payloads in one chain; a message with more is refused with IKE_E_FORMAT. */
#define PAYLOADS_MAX 64
#define PLD_HDR_LEN 4

enum pld_kind {
	PK_SA, PK_KE, PK_ID, PK_IDI, PK_IDR, PK_CERT, PK_CERTREQ, PK_HASH, PK_SIG, PK_AUTH, PK_NONCE, PK_NOTIFY,
	PK_DELETE, PK_VID, PK_NATD, PK_NATOA, PK_ATTR, PK_TSI, PK_TSR, PK_SK, PK_SKF, PK_CP, PK_EAP, PK_FRAG,
	PK_UNKNOWN,        /* any type that is none of the above in this version */
	PK_COUNT
};

typedef uint64_t pldset;

#define PLD_BIT(kind) ((pldset)1 << (kind))

struct pld {
	uint8_t       type;       /* as on the wire: V1_PLD_* or V2_PLD_* */
	bool          critical;   /* IKEv2's critical bit; IKEv1: false */
	enum pld_kind kind;
	struct slice  body;       /* without the generic header */
	struct slice  whole;      /* with it */
};

struct payloads {
	unsigned     n;
	struct pld   v[PAYLOADS_MAX];
	pldset       seen, twice;
	bool         bad_critical;   /* IKEv2: there is an unknown payload with the critical bit ... */
	uint8_t      bad_type;       /* ... the first of which has this type (else 0) */
	uint8_t      inner;          /* type of the first payload inside SK or SKF, if there is one */
	struct slice rest;           /* what stands behind the last payload: padding of an encrypted IKEv1 message */
};

enum chain_end {
	CHAIN_EXACT,     /* the chain fills |chain| exactly */
	CHAIN_PADDED,    /* bytes may follow: decrypted IKEv1 messages */
};

/*
 * Index the payloads in |chain|, the first of which has type |first|.  |version| is 1 or 2.
 *
 *   IKE_E_SHORT    the chain does not end within |chain|
 *   IKE_E_FORMAT   a payload length below 4; more than PAYLOADS_MAX payloads; bytes left over with CHAIN_EXACT, or
 *                  behind SK or SKF; in IKEv1 a RESERVED field that is not zero
 *
 * Unknown types are no error here: see |seen| (PK_UNKNOWN), |bad_critical|.  |*out| is filled on success only.
 */
MUST_USE ike_err
payloads_parse(unsigned version, uint8_t first, struct slice chain, enum chain_end end, struct payloads *out);

/* The kind of payload |type| of |version| 1 or 2; IKEv1's draft numbers of NAT-D and NAT-OA count as those. */
enum pld_kind
pld_kind_of(unsigned version, uint8_t type);

/* "SA", "IDi", "NAT-D", ...: for messages about pldsets.  */
const char *
pld_kind_name(enum pld_kind kind);

/* The first payload of |kind|, or NULL. */
const struct pld *
payload_first(const struct payloads *ps, enum pld_kind kind);

/* The next payload of the same kind after |prev| (which is one of |ps|), or NULL. */
const struct pld *
payload_next(const struct payloads *ps, const struct pld *prev);

unsigned
payload_count(const struct payloads *ps, enum pld_kind kind);

/*
 * The bytes of all payloads behind |p|, generic headers included and padding excluded: what IKEv1's HASH(1) and its
 * like authenticate (RFC 2409 section 5.5).  Empty if |p| is the last.
 */
struct slice
payloads_after(const struct payloads *ps, const struct pld *p);

/* A chain of payloads being written into a wr; the same wr must be given to all calls of one chain. */
struct chain {
	unsigned version;
	uint8_t  first;       /* type of the first payload, 0 while there is none */
	unsigned n;           /* payloads begun */
	size_t   hdr_at;      /* offset of the IKE header, if has_hdr */
	bool     has_hdr;
	size_t   link_at;     /* offset of the next-payload byte that the next payload fills */
	size_t   open_at;     /* offset of the payload begun last */
	bool     sealed;      /* the payload begun last is an SK or SKF: nothing may follow */
};

/*
 * Begin a message: append |h|, whose |next| and |length| are ignored.  |c| is initialised; its version is h->major.
 * Errors of all of these functions stick to |w|.
 */
void
msg_begin(struct wr *w, struct chain *c, const struct ike_hdr *h);

/* Write the length of all bytes since msg_begin() into the header; may be called again after more bytes were added. */
void
msg_end(struct wr *w, const struct chain *c);

/* Begin a chain without a header: the inside of SK, or the IKEv1 payloads behind a HASH.  c->first tells its type. */
void
chain_begin(struct chain *c, unsigned version);

/*
 * Begin a payload of |type| at the end of |w| and link it to the one before.  Returns the offset of its generic
 * header; the body starts PLD_HDR_LEN behind.  Write the body, then pld_end().  IKE_E_RANGE sticks above PAYLOADS_MAX
 * payloads, IKE_E_INTERNAL behind an SK or SKF.
 */
size_t
pld_begin(struct wr *w, struct chain *c, uint8_t type);

/* Fill in the length of the payload begun last.  IKE_E_RANGE sticks if it exceeds 65535. */
void
pld_end(struct wr *w, struct chain *c);

/* Set the critical bit of the payload begun last (IKEv2 only; IKE_E_INTERNAL otherwise). */
void
pld_critical(struct wr *w, const struct chain *c);

/* Set the next-payload byte of the SK or SKF payload begun last to the type of the first payload inside. */
void
pld_inner(struct wr *w, const struct chain *c, uint8_t first_inner);

/* A whole payload with |body|: returns like pld_begin(). */
size_t
pld_put(struct wr *w, struct chain *c, uint8_t type, struct slice body);

#endif
