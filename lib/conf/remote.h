/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * remote - a `remote` section of the configuration: how to speak IKE with a peer or with anybody.
 *
 * Sections are part of a struct conf, constant, and live as long as it.  Inheritance, defaults and relative
 * paths are resolved: every field says what holds.  Which section serves a peer is decided by score
 * (conf_remote_best()): the more that is known about the peer and fits, the higher; the engine asks again as
 * it learns more.
 */
#ifndef CONF_REMOTE_H
#define CONF_REMOTE_H

#include "ident/ident.h"
#include "prop/prop.h"
#include "util/addr.h"
#include "util/time.h"

struct conf;

enum conf_mode { CONF_MODE_NONE, CONF_MAIN, CONF_AGGRESSIVE, CONF_BASE, CONF_IKEV2 };
#define CONF_MODES_MAX 4

enum conf_level { CONF_OFF, CONF_ON, CONF_FORCE };
enum conf_check { CONF_OBEY, CONF_STRICT, CONF_CLAIM, CONF_EXACT };
enum conf_genpol { CONF_GENPOL_OFF, CONF_GENPOL_REQUIRE, CONF_GENPOL_UNIQUE };
enum conf_script { CONF_PHASE1_UP, CONF_PHASE1_DOWN, CONF_PHASE1_DEAD, CONF_SCRIPTS };
enum conf_cert_kind { CONF_CERT_NONE, CONF_CERT_X509, CONF_CERT_PLAIN_RSA, CONF_CERT_DNSSEC };

/* An identifier as configured.  CONF_ID_VALUE: |id| is the whole truth. */
enum conf_id_kind {
	CONF_ID_VALUE,
	CONF_ID_ADDRESS, /* `address` without a value: the IKE address of the side it speaks of */
	CONF_ID_CERT,    /* `asn1dn` without a value: the subject of the certificate of that side */
};

struct conf_ident {
	enum conf_id_kind kind;
	struct ident id;
	const char *type; /* racoon's words, for printing: "fqdn", "keyid file" ... */
	const char *text; /* the value as written, NULL: none */
};

struct conf_peer_cert {
	enum conf_cert_kind kind;
	const char *file;
	const char *given; /* as written, for printing */
};

/* A `proposal` block as written; an empty list or 0 means that the line was absent. */
struct conf_proposal {
	struct prop_algs encr, hash, prf, ke;
	uint16_t auth; /* enum alg_id */
	uint32_t life_sec;
	const char *gss_id;
	const char *file;
	unsigned line, col;
};

struct conf_remote {
	const char *name;     /* the name or the printed address; "anonymous" */
	bool named;           /* remote "name" { }: the address came from remote_address */
	struct endpoint peer; /* family 0: anonymous */
	const char *file;
	unsigned line;
	uint32_t index; /* position in conf.remotes */

	enum conf_mode
	    modes[CONF_MODES_MAX]; /* [0] is what we initiate, all are accepted; at least one */
	uint8_t n_modes;
	struct prop_list v1; /* one per usable proposal block; empty only if no v1 mode is listed */
	struct prop_list
	    v2; /* one or two (AEAD, classic) per usable block; empty only if ikev2 is not listed */
	struct prop_algs auth; /* methods of all blocks, in order: kind ALG_AUTH */
	const struct conf_proposal *blocks;
	size_t n_blocks; /* 0: built-in default */

	const struct conf_ident *my_id; /* never NULL */
	const struct conf_ident *const *peers_ids;
	size_t n_peers_ids; /* 0: any */
	bool verify_identifier;

	const char *xauth_login;
	enum conf_cert_kind cert_kind;
	const char *cert_file, *key_file,
	    *ca_file; /* absolute if path certificate is; NULL: none */
	const struct conf_peer_cert *peer_certs;
	size_t n_peer_certs;
	bool verify_cert, send_cert, send_cr, match_empty_cr;

	uint32_t nonce_size;
	uint32_t ph1id;
	uint32_t life_sec;
	uint32_t esp_frag;
	int situation; /* 1 identity_only, 2 secrecy, 4 integrity */
	int ike_frag;  /* enum conf_level */
	int natt; /* enum conf_level; IKEv2 detects NAT whatever this says, except that force counts */
	int rekey;  /* enum conf_level */
	int check;  /* proposal_check: enum conf_check */
	int genpol; /* enum conf_genpol */
	bool passive, support_proxy, initial_contact, mode_cfg, weak_phase1_check;
	bool dpd;           /* announce and answer */
	ike_time dpd_delay; /* 0: never probe */
	ike_time dpd_retry;
	uint32_t dpd_maxfail;
	const char *script[CONF_SCRIPTS]; /* NULL: none */
	const char
	    *given[3 + CONF_SCRIPTS]; /* cert, key, CA file and scripts as written, for printing */
};

/* What is known about a peer at some moment; zeroed fields are unknown. */
struct conf_query {
	struct endpoint peer; /* family 0: not known */
	enum conf_mode mode;  /* what the peer speaks, or what we must speak; CONF_MODE_NONE: any */
	bool initiate;        /* passive sections are impossible */
	const struct ident *peer_id;
	bool (*prop_fits)(
	    const struct conf_remote *, void *arg); /* the peer's proposals against the section's */
	bool (*auth_fits)(const struct conf_remote *,
	    void *arg); /* the peer's certificate request or credentials */
	void *arg;
};

/* Bits of a score, ascending weight. */
enum {
	CONF_FITS_PORT = 1,
	CONF_FITS_BASIC = 2,
	CONF_FITS_ADDRESS = 4,
	CONF_FITS_PROPOSAL = 8,
	CONF_FITS_IDENTITY = 16,
	CONF_FITS_AUTH = 32,
};

/* The score of |r| for |q|; 0: impossible. */
unsigned
conf_remote_score(const struct conf_remote *r, const struct conf_query *q);

/*
 * The sections that may serve |q|'s address: first those of this address, in the order of the file, then the
 * anonymous ones.  NULL as |prev| starts, a NULL result ends.  With an unknown address all sections are
 * visited.
 */
const struct conf_remote *
conf_remote_next(const struct conf *c, const struct conf_query *q, const struct conf_remote *prev);

/*
 * The section with the highest score.  *unique_out is false if another one has the same score and comes later
 * in the file: an initiator then gives up, a responder goes on with this one until it knows more.
 * IKE_E_NO_CONFIG: none is possible.
 */
MUST_USE ike_err
conf_remote_best(const struct conf *c, const struct conf_query *q, const struct conf_remote **out,
    bool *unique_out);

/* By name or printed address; NULL if there is none.  The first of several anonymous ones. */
const struct conf_remote *
conf_remote_by_name(const struct conf *c, const char *name);

/* Is |mode| among the modes of |r|? */
bool
conf_remote_speaks(const struct conf_remote *r, enum conf_mode mode);

/* Does |r| accept IKEv1 in any mode? */
bool
conf_remote_speaks_v1(const struct conf_remote *r);

/*
 * Does identity |id| of a peer at |addr| satisfy peers_identifier?  True if none is configured.  CONF_ID_CERT
 * is satisfied by any DN here: the certificate decides later.  What a mismatch means is told by
 * conf_remote_must_verify().
 */
bool
conf_remote_id_ok(const struct conf_remote *r, const struct ident *id, const struct addr *addr);

/* Is a mismatch fatal?  Always in IKEv2; in IKEv1 with verify_identifier on, otherwise it is worth a warning only. */
bool
conf_remote_must_verify(const struct conf_remote *r, enum conf_mode mode);

/* "main", "aggressive", "base", "ikev2". */
const char *
conf_mode_name(enum conf_mode mode);

#endif
