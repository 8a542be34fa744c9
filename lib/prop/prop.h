/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prop - a proposal in the one canonical form that both versions and both layers share.
 *
 * A proposal is a protocol, a mode, and for each kind of algorithm the list of acceptable ones in
 * order of preference: the form of an IKEv2 proposal.  An IKEv1 transform is a proposal in which
 * every list has one member; prop_v1 expands a proposal into all its combinations and reads a
 * payload into a list of one-member proposals.  Plain values: copied freely, no pointers inside.
 *
 * RFC 7296 section 3.3, RFC 2408 section 3.5-3.6, RFC 2409 section 5, RFC 2407 section 4.
 */
#ifndef PROP_PROP_H
#define PROP_PROP_H

#include "alg/alg.h"
#include "util/arena.h"
#include "util/text.h"

enum prop_proto { PROTO_NONE, PROTO_IKE, PROTO_AH, PROTO_ESP, PROTO_IPCOMP };
enum prop_mode { MODE_ANY, MODE_TRANSPORT, MODE_TUNNEL };

/*
 * More than any peer is known to offer of one kind in one proposal (19 AEAD forms, 13 groups); what
 * a peer lists behind that is not looked at.
 */
#define PROP_MAX_ALGS 24
#define PROP_MAX_SPI  8
/* Members of a list that is read from a payload or made for one; the rest is not looked at. */
#define PROP_MAX_LIST 256

struct prop_alg {
	uint16_t id;   /* enum alg_id */
	uint16_t bits; /* key length where it varies (ALG_VARKEY), else 0 */
};

struct prop_algs {
	uint8_t n;
	struct prop_alg v[PROP_MAX_ALGS];
};

enum { ESN_NO = 1, ESN_YES = 2 };

struct prop {
	uint8_t proto;     /* enum prop_proto */
	uint8_t mode;      /* enum prop_mode; ESP, AH and IPComp only */
	bool udp_encap;    /* IKEv1: the UDP-encapsulated form of |mode| */
	uint8_t number;    /* proposal number on the wire */
	uint8_t transform; /* IKEv1: transform number on the wire */
	uint8_t bundle;    /* IKEv1: protocols under |number| together, RFC 2408 4.2; 0, 1: alone */
	uint8_t spi_len;   /* 0, 2 (CPI), 4 or 8 */
	uint8_t spi[PROP_MAX_SPI];
	uint8_t esn;   /* ESN_NO | ESN_YES acceptable; IKEv1 knows only ESN_NO */
	uint16_t auth; /* IKEv1 IKE: enum alg_id of kind ALG_AUTH */
	struct prop_algs encr;
	struct prop_algs integ; /* empty with AEADs; IKEv1 IKE leaves it empty */
	struct prop_algs prf;   /* IKE only; IKEv1: the HMAC of the hash */
	struct prop_algs ke;    /* IKE: the group; children: PFS, empty = none */
	struct prop_algs comp;  /* IPComp */
	uint32_t life_sec;      /* IKEv1: 0 = not sent */
	uint32_t life_kb;       /* IKEv1: 0 = not sent */
};

struct prop_list {
	size_t n;
	struct prop *v;
};

/*
 * What was agreed on, in a form small enough to be kept by the thousand: one algorithm of each
 * kind, ALG_ID_NONE where none.
 */
struct suite {
	uint8_t proto;
	uint8_t mode;
	bool udp_encap;
	bool esn;
	uint16_t auth;
	struct prop_alg encr, integ, prf, ke, comp;
	uint32_t life_sec, life_kb;
};

const char *
prop_proto_name(enum prop_proto p); /* "IKE", "AH", "ESP", "IPCOMP" */

/* Append; IKE_E_FULL above PROP_MAX_ALGS.  An entry already there is not added twice. */
MUST_USE ike_err
prop_algs_add(struct prop_algs *l, enum alg_id id, unsigned bits);

/* Is {id, bits} in |l|?  Its index, or -1. */
int
prop_algs_index(const struct prop_algs *l, enum alg_id id, unsigned bits);

/*
 * The key bits of |a|: |bits|, or the default of an algorithm with variable keys for which none
 * were given.
 */
unsigned
prop_alg_bits(struct prop_alg a);

/* The first member's id, ALG_ID_NONE if the list is empty or says INTEG_NONE or KE_NONE. */
enum alg_id
prop_first(const struct prop_algs *l);

/* Has |p| at most one member in each list (as a chosen proposal has)? */
bool
prop_is_single(const struct prop *p);

/* Same meaning: all fields but the numbers, the SPI and the bundle mark. */
bool
prop_equal(const struct prop *a, const struct prop *b);

/* The first member of each list of |p|; INTEG_NONE and KE_NONE become ALG_ID_NONE. */
struct suite
prop_suite(const struct prop *p);

/*
 * Set mode and encapsulation, or the SPI (at most PROP_MAX_SPI bytes), of every member of a list of
 * ours.
 */
void
prop_list_set_mode(struct prop_list *l, enum prop_mode mode, bool udp_encap);
void
prop_list_set_spi(struct prop_list *l, struct slice spi);

/* One line: "ESP transport: aes-256 aes-128 / hmac_sha256_128 / modp3072". */
void
prop_print(const struct prop *p, struct text *t);

/* The same for what was agreed on. */
void
suite_print(const struct suite *s, struct text *t);

/* The 32-bit SPI of an ESP or AH proposal, 0 if it has none. */
uint32_t
prop_spi32(const struct prop *p);
void
prop_set_spi32(struct prop *p, uint32_t spi);

#endif
