/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/ike/cred.h"

#include "conf/conf.h"
#include "ringtail/daemon.h"

#include <stdlib.h>

static ike_err
find_key(struct ike_sa *ike, struct slice text, const char *id, struct secret *out)
{
	uint8_t key[PSK_MAX];
	size_t len;
	unsigned line;

	ike_err err = psk_index_find(&ike->d->psk.index, text, id, key, &len, &line);
	if (err == IKE_OK)
		err = secret_copy(slice_of(key, len), out);
	wipe(key, sizeof(key));
	if (err == IKE_E_SYNTAX)
		ike_log(ike, LOG_L_ERROR, "the key of %s in %s is not valid: an odd or non-hex digit behind 0x, or nothing", id,
		    ike->conf->path_psk);
	return err;
}

struct doubts {
	struct daemon *d;
	const char    *path;
};

static void
tell_doubt(void *arg, unsigned line, unsigned notes)
{
	const struct doubts *x = arg;

	for (unsigned bit = 1; bit < PSK_NOTES; bit <<= 1)
		if ((notes & bit) != 0)
			log_put(x->d->env.log, LOG_L_WARNING, NULL, "%s:%u: %s", x->path, line, psk_note_text((enum psk_note)bit));
}

ike_err
cred_check(struct daemon *d, const struct conf *c, struct text *why)
{
	struct doubts doubts = { d, c->path_psk };
	struct slice text;
	uint64_t version;

	if (c->path_psk == NULL || !conf_needs_psk(c))
		return IKE_OK;
	ike_err err = d->env.read_secret(d->env.arg, c->path_psk, &text, &version);
	if (err != IKE_OK) {
		if (c->psk_file != NULL)
			text_addf(why, "%s:%u: ", c->psk_file, c->psk_line);
		text_addf(why, "cannot use %s of `path pre_shared_key`: %s; " KEY_FILE_RULE, c->path_psk, ike_err_text(err));
		return err;
	}
	if (version != d->psk.checked)
		psk_check(text, tell_doubt, &doubts);
	d->psk.checked = version;
	return IKE_OK;
}

static ike_err
read_keys(struct ike_sa *ike, struct slice *text)
{
	struct daemon *d = ike->d;
	uint64_t version;

	ike_err err = d->env.read_secret(d->env.arg, ike->conf->path_psk, text, &version);
	if (err == IKE_OK && version != d->psk.version) {
		d->psk.version = 0;
		err = psk_index_build(&d->psk.index, *text);
		if (err == IKE_OK)
			d->psk.version = version;
	}
	if (err == IKE_OK || err == IKE_E_NOMEM)
		return err;
	ike_log(ike, LOG_L_ERROR, "cannot use %s: %s; " KEY_FILE_RULE, ike->conf->path_psk, ike_err_text(err));
	return IKE_E_NO_PSK;
}

ike_err
cred_psk(struct ike_sa *ike, const struct ident *id, struct secret *out)
{
	struct addr_buf ab;
	char name[IDENT_MAX * 4];
	struct text t = text_in(name, sizeof(name));
	const char *addr = addr_text(&ike->remote.addr, &ab);
	struct slice text;

	if (ike->conf->path_psk == NULL) {
		ike_log(ike, LOG_L_ERROR, "couldn't find the pskey for %s: no `path pre_shared_key` in the configuration", addr);
		return IKE_E_NO_PSK;
	}
	TRY(read_keys(ike, &text));
	ike_err err = IKE_E_NO_PSK;
	if (id != NULL) {
		ident_print(id, &t);
		err = find_key(ike, text, name, out);
	}
	if (err == IKE_E_NO_PSK)
		err = find_key(ike, text, addr, out);
	if (err == IKE_E_NO_PSK)
		ike_log(ike, LOG_L_ERROR, "couldn't find the pskey for %s.", id != NULL ? name : addr);
	return err == IKE_E_SYNTAX ? IKE_E_NO_PSK : err;
}

static ike_err
keep_ident(struct ident **slot, const struct ident *id)
{
	struct ident *copy = malloc(sizeof(*copy));

	if (copy == NULL)
		return IKE_E_NOMEM;
	*copy = *id;
	free(*slot);
	*slot = copy;
	return IKE_OK;
}

ike_err
cred_my_id(struct ike_sa *ike)
{
	const struct conf_ident *ci = ike->rmt->my_id;
	struct ident id;

	switch (ci->kind) {
	case CONF_ID_VALUE:
		return keep_ident(&ike->my_id, &ci->id);
	case CONF_ID_ADDRESS:
		TRY(ident_from_addr(&ike->local.addr, &id));
		return keep_ident(&ike->my_id, &id);
	case CONF_ID_CERT:
		break;
	}
	ike_log(ike, LOG_L_ERROR, "%s:%u: my_identifier asn1dn without a value needs a certificate; give the name",
	    ike->rmt->file, ike->rmt->line);
	return IKE_E_UNSUPPORTED;
}

ike_err
cred_peer_id(struct ike_sa *ike, const struct ident *id)
{
	enum conf_mode mode = ike->ops->major == 2 ? CONF_IKEV2 : CONF_MAIN;
	char name[200];
	struct text t = text_in(name, sizeof(name));

	if (!conf_remote_id_ok(ike->rmt, id, &ike->remote.addr)) {
		bool fatal = conf_remote_must_verify(ike->rmt, mode);
		ident_print(id, &t);
		ike_log(ike, fatal ? LOG_L_ERROR : LOG_L_WARNING, "identity %s is none of peers_identifier of %s:%u%s", name,
		    ike->rmt->file, ike->rmt->line, fatal ? "" : " (let through: verify_identifier is off)");
		if (fatal)
			return IKE_E_ID;
	}
	return keep_ident(&ike->peer_id, id);
}
