/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sainfo - a `sainfo` section of the configuration: what may be negotiated for IPsec SAs between two sets of
 * addresses.
 *
 * Sections are part of a struct conf, constant, and live as long as it.  They are sorted as racoon sorts
 * them: remoteid weighs 3, from 3, a source that is not anonymous 1, a destination that is neither anonymous
 * nor clientaddr 1; heavier first, then the order of the file.
 */
#ifndef CONF_SAINFO_H
#define CONF_SAINFO_H

#include "conf/remote.h"
#include "prop/ts.h"

enum conf_sel_kind { CONF_SEL_ANY, CONF_SEL_CLIENTADDR, CONF_SEL_TS, CONF_SEL_ID };

struct conf_sel {
	enum conf_sel_kind kind;
	struct ts ts;                /* CONF_SEL_TS */
	const struct conf_ident *id; /* CONF_SEL_ID */
};

struct conf_sainfo {
	struct conf_sel src, dst;      /* local, remote */
	const struct conf_ident *from; /* the peer's IKE identity must be this; NULL: any */
	const char *group;             /* the XAuth user must be in this group; NULL: any */
	uint32_t remoteid;
	const char *file;
	unsigned line;
	uint16_t pfs_group; /* enum alg_id of kind ALG_KE, ALG_ID_NONE: no PFS */
	uint32_t life_sec;
	struct prop_algs encr, integ, comp; /* never empty; the built-in default where absent */
	bool encr_default, integ_default, comp_default;
};

/* One side of what is negotiated: addresses (IKEv1 address, subnet and range IDs, IKEv2 selectors) or a name. */
struct conf_side {
	const struct ts *ts;
	const struct ident *id; /* when |ts| is NULL */
};

struct conf_sainfo_query {
	uint32_t ph1id; /* of the remote section in use */
	const struct ident
	    *peer; /* the peer's IKE identity; NULL: not known, sections with `from` do not match */
	struct conf_side local, remote; /* local is this host, whoever initiates */
	struct addr peer_addr;          /* for clientaddr, when ... */
	struct addr client_addr; /* ... mode-config gave the peer no address; family 0: none */
	bool (*in_group)(
	    const char *group, void *arg); /* NULL: sections with `group` do not match */
	void *arg;
};

/*
 * The first section that matches: addresses, prefixes and protocol exactly, ports not at all, as racoon does.
 * NULL if there is none ("failed to get sainfo").
 */
const struct conf_sainfo *
conf_sainfo_find(const struct conf *c, const struct conf_sainfo_query *q);

#define CONF_CHILD_PROPS 2

/*
 * The proposals |s| means for |proto| (PROTO_ESP, PROTO_AH, PROTO_IPCOMP) in |mode|: one, or two for ESP if
 * AEAD and classic ciphers are both listed, as they may not share an IKEv2 proposal.  The preference of the
 * list decides which is first.
 *
 *   IKE_E_NO_PROPOSAL   the section lists nothing usable for |proto| (AH with non_auth only)
 */
MUST_USE ike_err
conf_child_props(const struct conf_sainfo *s, enum prop_proto proto, enum prop_mode mode,
    struct prop out[CONF_CHILD_PROPS], size_t *n_out);

#endif
