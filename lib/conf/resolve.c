/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: when all files are read, each section's proposals are made from its blocks, files are joined
 * to their directories, and what one section says is checked against the others.
 */
#include "conf/direct.h"

#include <stdlib.h>
#include <string.h>

static struct place
at_remote(const struct conf_remote *r)
{
	return (struct place){ r->file, r->line, 1 };
}

static struct place
at_sainfo(const struct conf_sainfo *s)
{
	return (struct place){ s->file, s->line, 1 };
}

/* |file| in |dir|, unless it is absolute or there is no |dir|. */
static const char *
in_dir(struct bind *b, const char *dir, const char *file)
{
	if (file == NULL || file[0] == '/' || dir == NULL || dir[0] == 0)
		return file;
	size_t nd = strlen(dir), nf = strlen(file);
	bool slash = dir[nd - 1] == '/';
	char *path = bind_alloc(b, nd + nf + 2);
	if (path == NULL)
		return file;
	memcpy(path, dir, nd);
	if (!slash)
		path[nd++] = '/';
	memcpy(path + nd, file, nf);
	return path;
}

static void
resolve_files(struct bind *b, struct conf_remote *r)
{
	const struct conf *c = b->conf;

	r->given[0] = r->cert_file;
	r->given[1] = r->key_file;
	r->given[2] = r->ca_file;
	r->cert_file = in_dir(b, c->path_cert, r->cert_file);
	r->key_file = in_dir(b, c->path_cert, r->key_file);
	r->ca_file = in_dir(b, c->path_cert, r->ca_file);
	for (int i = 0; i < CONF_SCRIPTS; i++) {
		r->given[3 + i] = r->script[i];
		r->script[i] = in_dir(b, c->path_script, r->script[i]);
	}
	if (r->n_peer_certs == 0)
		return;
	/* The list may be shared with heirs: make a new one. */
	struct conf_peer_cert *v = bind_alloc(b, r->n_peer_certs * sizeof(*v));
	for (size_t i = 0; v != NULL && i < r->n_peer_certs; i++) {
		v[i] = r->peer_certs[i];
		v[i].given = v[i].file;
		v[i].file = in_dir(b, c->path_cert, v[i].file);
	}
	if (v != NULL)
		r->peer_certs = v;
}

static bool
needs_certificate(enum alg_id auth)
{
	return auth == AUTH_RSASIG || auth == AUTH_HYBRID_RSA_SERVER ||
	       auth == AUTH_XAUTH_RSA_SERVER || auth == AUTH_XAUTH_RSA_CLIENT;
}

static void
check_remote(struct bind *b, const struct conf_remote *r)
{
	for (uint8_t i = 0; i < r->auth.n; i++)
		if (needs_certificate(r->auth.v[i].id) && r->cert_kind == CONF_CERT_NONE)
			source_say(&b->src, CONF_ERROR, at_remote(r), "add certificate_type",
			    "authentication_method %s needs a certificate",
			    alg_get(r->auth.v[i].id)->conf[0]);
	if (r->n_peers_ids > 0 && !r->verify_identifier && conf_remote_speaks_v1(r))
		source_say(&b->src, CONF_WARNING, at_remote(r), "verify_identifier on",
		    "with verify_identifier off a peer with another identity than peers_identifier "
		    "is let in by IKEv1");
	if (!r->verify_cert && r->cert_kind != CONF_CERT_PLAIN_RSA &&
	    r->cert_kind != CONF_CERT_NONE)
		source_say(&b->src, CONF_WARNING, at_remote(r), NULL,
		    "with verify_cert off anybody with any certificate is let in");
}

static void
check_privsep(struct bind *b, const char *path)
{
	const struct conf *c = b->conf;

	if (c->privsep.user == NULL || strcmp(c->privsep.user, "0") == 0)
		return;
	if (c->path_cert == NULL)
		source_say(&b->src, CONF_ERROR, (struct place){ path, 0, 0 }, NULL,
		    "privsep needs 'path certificate'");
	if (c->path_script == NULL)
		source_say(&b->src, CONF_ERROR, (struct place){ path, 0, 0 }, NULL,
		    "privsep needs 'path script'");
}

static int
compare_u32(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Each remoteid should be the ph1id of some remote section. */
static void
check_remoteids(struct bind *b)
{
	uint32_t *ids = bind_alloc(b, (b->n_remotes + 1) * sizeof(*ids));

	if (ids == NULL)
		return;
	for (size_t i = 0; i < b->n_remotes; i++)
		ids[i] = b->remotes[i]->ph1id;
	qsort(ids, b->n_remotes, sizeof(*ids), compare_u32);
	for (size_t i = 0; i < b->n_sainfos; i++) {
		const struct conf_sainfo *s = b->sainfos[i];
		if (s->remoteid != 0 &&
		    bsearch(&s->remoteid, ids, b->n_remotes, sizeof(*ids), compare_u32) == NULL)
			source_say(&b->src, CONF_WARNING, at_sainfo(s), NULL,
			    "remoteid %u is the ph1id of no remote section", s->remoteid);
	}
}

static void
default_list(struct prop_algs *l, bool *was_empty, const struct prop_alg *v, uint8_t n)
{
	*was_empty = l->n == 0;
	if (!*was_empty)
		return;
	memcpy(l->v, v, n * sizeof(*v));
	l->n = n;
}

/* Take the unusable out of |l|; an error if nothing is left of what was there. */
static void
drop_unusable(struct bind *b, const struct conf_sainfo *s, struct prop_algs *l, const char *what)
{
	uint8_t n = 0, had = l->n;

	for (uint8_t i = 0; i < had; i++) {
		const struct alg *alg = alg_get(l->v[i].id);
		if ((alg->flags & ALG_UNUSABLE) == 0) {
			l->v[n++] = l->v[i];
			continue;
		}
		source_say(&b->src, CONF_WARNING, at_sainfo(s), NULL,
		    "%s %s is not supported and left out", what, alg->conf[0]);
	}
	l->n = n;
	if (had > 0 && n == 0)
		source_say(&b->src, CONF_ERROR, at_sainfo(s), NULL, "no usable %s is left", what);
}

static void
resolve_sainfo(struct bind *b, struct conf_sainfo *s)
{
	static const struct prop_alg encr[] = { { ENCR_AES_GCM_16, 256 }, { ENCR_AES_GCM_16, 128 },
		{ ENCR_AES_CBC, 256 }, { ENCR_AES_CBC, 128 } };
	static const struct prop_alg integ[] = { { INTEG_HMAC_SHA256_128, 0 },
		{ INTEG_HMAC_SHA512_256, 0 } };
	static const struct prop_alg comp[] = { { COMP_DEFLATE, 0 } };
	bool written = s->encr.n > 0 || s->integ.n > 0;

	/* racoon refuses such a section; one that leaves all to the defaults is ours. */
	if (written && s->comp.n == 0)
		source_lenient(&b->src, at_sainfo(s), "compression_algorithm deflate",
		    "compression_algorithm is missing, deflate is taken");
	drop_unusable(b, s, &s->encr, "encryption_algorithm");
	drop_unusable(b, s, &s->integ, "authentication_algorithm");
	drop_unusable(b, s, &s->comp, "compression_algorithm");
	default_list(&s->encr, &s->encr_default, encr, 4);
	default_list(&s->integ, &s->integ_default, integ, 2);
	default_list(&s->comp, &s->comp_default, comp, 1);
}

static void
check_backupsa(struct bind *b, const char *path)
{
	if (b->conf->path_backupsa != NULL)
		source_say(&b->src, CONF_WARNING, (struct place){ path, 0, 0 }, NULL,
		    "'path backupsa' is ignored: keys are never written to files");
}

void
resolve_conf(struct bind *b)
{
	for (size_t i = 0; i < b->n_remotes && !b->src.nomem; i++) {
		struct conf_remote *r = b->remotes[i];
		resolve_files(b, r);
		resolve_props(b, r);
		check_remote(b, r);
	}
	for (size_t i = 0; i < b->n_sainfos && !b->src.nomem; i++)
		resolve_sainfo(b, b->sainfos[i]);
	check_remoteids(b);
	check_privsep(b, b->main_file);
	check_backupsa(b, b->main_file);
}
