/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sa - values that describe a security association (SAD entry, RFC 4301 section 4.4.2) to the model and to every
 * kernel back end.  Plain values; struct sa_keys is wiped by whoever filled it.
 */
#ifndef SADB_SA_H
#define SADB_SA_H

#include "alg/alg.h"
#include "prop/prop.h"
#include "prop/ts.h"
#include "util/addr.h"
#include "util/time.h"

/*
 * Reqids of the templates of our own policies: an SA or policy with one of these is ours.  (Policies that others wrote
 * have reqids of theirs, mostly 0, and so have the SAs that serve them.)
 */
#define SADB_REQID_FIRST 0x52540000u
#define SADB_REQID_LAST  0x5254ffffu

static inline bool
sadb_reqid_is_ours(uint32_t reqid)
{
	return reqid >= SADB_REQID_FIRST && reqid <= SADB_REQID_LAST;
}

/* What names an SA in the kernel: protocol, SPI, destination. */
struct sa_id {
	uint8_t proto; /* enum prop_proto: PROTO_ESP, PROTO_AH or PROTO_IPCOMP */
	uint32_t spi;  /* host order */
	struct addr dst;
};

struct sa_life {
	uint64_t soft_sec, hard_sec; /* since installation; 0: unlimited */
	uint64_t soft_bytes, hard_bytes;
	uint64_t soft_packets, hard_packets;
};

enum sa_dir { SA_IN, SA_OUT };

struct sa_selector {
	struct prefix src, dst;    /* family 0: any */
	uint8_t proto;             /* 0: any */
	uint16_t sport, dport;     /* 0: any; ICMP: sport = type, dport = code */
	bool sport_set, dport_set; /* ICMP type or code 0 is a value, too */
};

enum sa_flags {
	SA_ESN = 1,
	SA_NOECN = 2,
	SA_DECAP_DSCP = 4,
	SA_NOPMTUDISC = 8,
	SA_WILDRECV = 16,
	SA_AF_UNSPEC = 32,
};

struct sa_spec {
	struct sa_id id;
	struct addr src;
	uint8_t mode;   /* enum prop_mode */
	uint8_t dir;    /* enum sa_dir, as seen from this host */
	uint32_t reqid; /* of the policy template it serves; the kernel wants equality */
	uint32_t seq;   /* of the ACQUIRE it answers, 0: none */
	uint16_t encr, integ, comp; /* enum alg_id, ALG_ID_NONE where absent */
	uint16_t encr_bits;
	uint32_t replay_window; /* packets; 0: none */
	unsigned flags;         /* enum sa_flags */
	struct sa_life life;
	struct sa_selector sel;
	uint16_t encap_sport, encap_dport; /* UDP encapsulation, 0: none */
	struct addr encap_oa;              /* NAT-OA, family 0: none */
	uint32_t mark, mark_mask, if_id;
};

/* A packet, as policies and selectors see it. */
struct sa_flow {
	struct addr src, dst;
	uint8_t proto;
	uint16_t sport, dport; /* ICMP: type and code */
	uint32_t mark, if_id;
};

struct sa_keys {
	uint8_t encr[72]; /* key and salt */
	uint8_t integ[256];
	uint16_t encr_len, integ_len;
};

/* A security context on an SA (SELinux); empty ctx: none. */
struct sa_label {
	char ctx[64];
	uint8_t doi, alg;
};

/* Overwrite the keys in a way the compiler does not remove. */
void
sa_keys_wipe(struct sa_keys *k);

bool
sa_id_equal(const struct sa_id *a, const struct sa_id *b);
bool
sa_selector_equal(const struct sa_selector *a, const struct sa_selector *b);

/* Does |sel| cover |flow|? (not the mark) */
bool
sa_selector_match(const struct sa_selector *sel, const struct sa_flow *flow);

/* Ends exchanged; ICMP type and code stay. */
struct sa_selector
sa_selector_mirror(const struct sa_selector *sel);

/* Only a reserved SPI (no algorithm at all), as some dumps and events show it. */
bool
sa_is_larval(const struct sa_spec *s);

struct sa_usage {
	uint64_t bytes, packets;
	uint64_t add_time, use_time; /* wall clock seconds of the kernel, 0: never */
	uint32_t oseq, seq;          /* last sequence numbers out and in */
	uint32_t replay_errors, window_errors, integrity_errors;
};

#endif
