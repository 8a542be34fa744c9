/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stmt - setkey's language as a list of statements: the parser's result, and what executes it.
 *
 * Parsing is pure: names of hosts, services and protocols come from a struct setkey_env, and warnings go to it.  Nothing
 * is executed.  A statement with an error stays in the list as SETKEY_ERROR, in its place, and parsing goes on behind its
 * semicolon: whoever runs the list decides whether what stands before an error counts.
 *
 * The list owns everything in it, keys included, which setkey_list_free() wipes.
 */
#ifndef KEYLANG_STMT_H
#define KEYLANG_STMT_H

#include "sadb/sa.h"
#include "sadb/sp.h"

enum setkey_verb {
	SETKEY_ADD,
	SETKEY_UPDATE,
	SETKEY_GET,
	SETKEY_DELETE,
	SETKEY_DELETEALL,
	SETKEY_FLUSH,
	SETKEY_DUMP,
	SETKEY_SPDADD,
	SETKEY_SPDUPDATE,
	SETKEY_SPDDELETE,
	SETKEY_SPDFLUSH,
	SETKEY_SPDDUMP,
	SETKEY_EXIT,
	SETKEY_ERROR,
};

#define SETKEY_MAX_ADDRS 8

/* Of statements about SAs; flush and dump have only spec.id.proto (PROTO_NONE: all). */
struct setkey_sa {
	struct sa_spec spec; /* id.dst and src: the first of the addresses below */
	struct sa_keys keys;
	struct sa_label label;
	uint8_t nsrc, ndst; /* what the host names stand for; a statement means all combinations */
	struct addr src[SETKEY_MAX_ADDRS], dst[SETKEY_MAX_ADDRS];
};

/* Of statements about policies.  A template of level SP_UNIQUE with reqid 0 wants an unused one (above SP_MANUAL_REQID_MAX). */
struct setkey_sp {
	struct sp_spec spec; /* spddelete: spec.id and the security context */
};

struct setkey_stmt {
	enum setkey_verb verb;
	unsigned line; /* where it begins, 1.. */
	size_t at;     /* offset in the source: of its beginning; ERROR: of the fault */
	const char
	    *refuse; /* valid, but impossible on Linux: a constant text saying why; else NULL */
	struct setkey_sa *sa; /* ADD to DUMP */
	struct setkey_sp *sp; /* SPDADD to SPDDELETE */
	char *error;          /* ERROR: "line 3: unknown algorithm at [foo]" */
};

struct setkey_list {
	struct setkey_stmt *v;
	size_t n, cap;
	size_t errors; /* how many are SETKEY_ERROR */
};

/* Names and warnings; any member may be NULL. */
struct setkey_env {
	void *arg;
	/* Addresses of |name|, of |family| 4 or 6 or 0 (any), at most |max|; how many.  |numeric|: no look-up of names. */
	size_t (*host)(void *arg, const char *name, uint8_t family, bool numeric, struct addr *out,
	    size_t max);
	bool (*service)(void *arg, const char *name, uint16_t *port_out);
	bool (*protocol)(void *arg, const char *name, uint8_t *proto_out);
	/* The name of a protocol number for dumps; NULL: none known. */
	const char *(*protocol_name)(void *arg, uint8_t proto);
	void (*warn)(void *arg, unsigned line, const char *text);
};

struct setkey_source {
	const char *text;
	size_t n;
	unsigned line; /* of its first character, 1.. */
};

/* Parse all of |src| and append to |out|, a zeroed list or one to go on with.  IKE_E_NOMEM is the only error. */
MUST_USE ike_err
setkey_parse(
    const struct setkey_source *src, const struct setkey_env *env, struct setkey_list *out);

/*
 * Bytes of |src| up to and with its last semicolon outside strings and comments: what can be parsed before the rest of the input is there.
 */
size_t
setkey_complete(const struct setkey_source *src);

/* Wipe and free the statements; the list is empty and reusable. */
void
setkey_list_free(struct setkey_list *l);

/*
 * The forward policy that goes with |in|, an inbound one, on Linux: the same but for direction, and with level unique
 * turned into require, as setkey has always done.  False if none belongs to it.
 */
bool
setkey_fwd_twin(const struct sp_spec *in, struct sp_spec *out);

/* Well-known names, without any file: services and protocols that configurations use, in racoon's spelling. */
bool
setkey_known_service(const char *name, uint16_t *port_out);
bool
setkey_known_protocol(const char *name, uint8_t *proto_out);
const char *
setkey_known_protocol_name(uint8_t proto); /* NULL: none */

#endif
