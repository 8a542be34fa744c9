/* SPDX-License-Identifier: BSD-3-Clause */
/* remote_bind - a `remote` section while it is read.  Private to lib/conf. */
#ifndef CONF_REMOTE_BIND_H
#define CONF_REMOTE_BIND_H

#include "conf/direct.h"

/*
 * The section's own lists are collected here; a list that is not empty at the end replaces the parent's, which it
 * never touches.
 */
struct remote_bind {
	struct conf_remote r; /* first: rows address its fields */
	bool own_modes;
	bool own_address;
	const struct conf_ident **ids;
	size_t n_ids, cap_ids;
	struct conf_peer_cert *certs;
	size_t n_certs, cap_certs;
	struct conf_proposal *blocks;
	size_t n_blocks, cap_blocks;
};

extern const struct dir_type remote_address, remote_modes, remote_doi, remote_my_id,
    remote_peers_id, remote_cert, remote_peer_cert, remote_ca, remote_script, remote_proposal;

#endif
