/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cred - credentials: which pre-shared key belongs to a peer.
 *
 * The key file is asked for at each negotiation, as in racoon, so that edits need no reload; the daemon keeps an index of
 * its lines and makes it anew when the file has changed.
 */
#ifndef RINGTAIL_IKE_CRED_H
#define RINGTAIL_IKE_CRED_H

#include "crypto/secret.h"
#include "ident/ident.h"
#include "ident/psk_index.h"

struct ike_sa;

/* racoon's rule, as it is told */
#define KEY_FILE_RULE "it must be a regular file of ours without any bit for group or others"

/* Index of the key file as it was last read. */
struct psk_cache {
	struct psk_index index;
	uint64_t         version;     /* of the file's content; 0: nothing read yet */
	uint64_t         checked;     /* the version whose doubtful lines have been told */
};

struct conf;
struct daemon;
struct text;

/*
 * Can the key file of |c| be read, if a section needs it?  Lines that mean something else than their writer thinks are warned of,
 * once for each content of the file.  |why| says what is wrong and where.  IKE_E_NOTFOUND, IKE_E_PERM, IKE_E_IO, IKE_E_NOMEM.
 */
MUST_USE ike_err
cred_check(struct daemon *d, const struct conf *c, struct text *why);

/*
 * IKEv1 main mode: by the peer's address, since its identity is not known yet (RFC 2409 section 5.4).  IKEv2: by the identity |id|, then by
 * the address.  |id| may be NULL.  Logs what is missing, in racoon's words.
 *
 *   IKE_E_NO_PSK   no path, no file, not readable, or no line for the peer
 *   IKE_E_NOMEM
 */
MUST_USE ike_err
cred_psk(struct ike_sa *ike, const struct ident *id, struct secret *out);

/* The identity we claim on |ike|: configured, or our address.  IKE_E_NOMEM; IKE_E_UNSUPPORTED for one from a certificate. */
MUST_USE ike_err
cred_my_id(struct ike_sa *ike);

/*
 * Take |id| as the peer's identity on |ike| (a copy is kept), if the section allows it.
 *
 *   IKE_E_ID      it is not one that peers_identifier names, and that matters for this version and section
 *   IKE_E_NOMEM
 */
MUST_USE ike_err
cred_peer_id(struct ike_sa *ike, const struct ident *id);

#endif
