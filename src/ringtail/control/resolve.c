/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who is meant: a whole name beats the beginning of one; the beginning of several peers' names is nobody.
 */
#include "ringtail/control/peers.h"

#include "conf/conf.h"

#include <string.h>

/* So many candidates are listed when a name fits several. */
#define CANDIDATES 8
#define WORD_MAX   200

enum fit { FIT_NONE, FIT_BEGINS, FIT_WHOLE };

static enum fit
fits(struct slice word, const char *name)
{
	size_t n = strlen(name);

	if (word.n == 0 || word.n > n || memcmp(word.p, name, word.n) != 0)
		return FIT_NONE;
	return word.n == n ? FIT_WHOLE : FIT_BEGINS;
}

static enum fit
best_of(enum fit a, enum fit b)
{
	return a > b ? a : b;
}

static enum fit
fits_peer(struct slice word, const struct peer_view *p)
{
	struct addr_buf ab;
	char buf[600];
	struct text t = text_in(buf, sizeof(buf));
	enum fit f = fits(word, addr_text(&p->addr, &ab));

	if (p->section != NULL)
		f = best_of(f, fits(word, p->section->name));
	if (p->ike != NULL && p->ike->peer_id != NULL) {
		ident_print(p->ike->peer_id, &t);
		f = best_of(f, fits(word, buf));
	}
	return f;
}

static void
list_candidate(struct text *t, const struct peer_view *p, unsigned n)
{
	struct addr_buf ab;

	if (n == CANDIDATES)
		text_add(t, ", ...");
	if (n >= CANDIDATES)
		return;
	text_addf(t, "%s%s", n > 0 ? ", " : "", addr_text(&p->addr, &ab));
	if (p->section != NULL && p->section->named)
		text_addf(t, " (%s)", p->section->name);
}

static void
unknown(struct control_call *call, const char *name)
{
	control_fail(call, CTL_NOT_FOUND, "E-PEER-UNKNOWN",
	    "it is no address, identity or name of a remote section that the daemon has to do "
	    "with, nor the beginning of one",
	    "`ikectl status` lists the peers", "no such peer: %s", name);
}

static bool
pick(struct control_call *call, const struct peers *peers, struct slice word, const char *name,
    struct addr *out)
{
	const struct peer_view *whole = NULL, *begins = NULL;
	unsigned n_whole = 0, n_begins = 0;
	char buf[400];
	struct text t = text_in(buf, sizeof(buf));

	for (size_t i = 0; i < peers->n; i++) {
		enum fit f = fits_peer(word, peers->v[i]);
		if (f == FIT_WHOLE) {
			whole = peers->v[i];
			n_whole++;
		} else if (f == FIT_BEGINS) {
			begins = peers->v[i];
			n_begins++;
		}
	}
	if (n_whole == 1 || (n_whole == 0 && n_begins == 1)) {
		*out = n_whole == 1 ? whole->addr : begins->addr;
		return true;
	}
	if (n_whole + n_begins == 0) {
		unknown(call, name);
		return false;
	}
	text_add(&t, "it fits ");
	for (size_t i = 0, n = 0; i < peers->n; i++)
		if (fits_peer(word, peers->v[i]) == (n_whole > 0 ? FIT_WHOLE : FIT_BEGINS))
			list_candidate(&t, peers->v[i], (unsigned)n++);
	control_fail(call, CTL_NOT_FOUND, "E-PEER-AMBIGUOUS", buf,
	    "write more of the name, or an address", "more than one peer: %s", name);
	return false;
}

bool
peers_resolve(struct control_call *call, struct slice word, bool known, struct addr *out)
{
	struct peers peers;
	struct addr a;
	char name[WORD_MAX + 4], plain[ADDR_TEXT] = "";
	struct text t = text_in(name, sizeof(name));
	bool ok;

	text_peer(&t, word);
	if (word.n < sizeof(plain))
		memcpy(plain, word.p, word.n);
	bool address = addr_parse(plain, &a) == IKE_OK;
	if (address && !known) {
		*out = a;
		return true;
	}
	ike_err err = peers_collect(call, address ? &a : NULL, &peers);
	if (err != IKE_OK) {
		control_fail_err(call, err, "the peers could not be listed");
		ok = false;
	} else if (address) {
		ok = peers_find(&peers, &a) != NULL;
		if (ok)
			*out = a;
		else
			unknown(call, name);
	} else {
		ok = pick(call, &peers, word, name, out);
	}
	peers_free(&peers);
	return ok;
}
