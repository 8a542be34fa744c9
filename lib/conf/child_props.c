/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/sainfo.h"

#include <string.h>

static void
common(const struct conf_sainfo *s, enum prop_proto proto, enum prop_mode mode, struct prop *p)
{
	memset(p, 0, sizeof(*p));
	p->proto = (uint8_t)proto;
	p->mode = (uint8_t)mode;
	p->esn = ESN_NO;
	p->life_sec = s->life_sec;
	if (s->pfs_group != ALG_ID_NONE) {
		p->ke.n = 1;
		p->ke.v[0].id = s->pfs_group;
	}
}

static bool
is_aead(const struct prop_alg *a)
{
	return (alg_get(a->id)->flags & ALG_AEAD) != 0;
}

/* The ciphers that are AEADs, or those that are not, in order. */
static void
take_encr(const struct prop_algs *from, bool aead, struct prop_algs *to)
{
	for (uint8_t i = 0; i < from->n; i++)
		if (is_aead(&from->v[i]) == aead)
			to->v[to->n++] = from->v[i];
}

/* RFC 7296 section 3.3: AEADs and classic ciphers MUST NOT be offered in one proposal. */
static size_t
esp_props(const struct conf_sainfo *s, enum prop_mode mode, struct prop *out)
{
	bool first = is_aead(&s->encr.v[0]);
	size_t n = 0;

	for (int pass = 0; pass < 2; pass++) {
		bool aead = first == (pass == 0);
		common(s, PROTO_ESP, mode, &out[n]);
		take_encr(&s->encr, aead, &out[n].encr);
		if (out[n].encr.n == 0)
			continue;
		if (!aead)
			out[n].integ = s->integ;
		n++;
	}
	return n;
}

ike_err
conf_child_props(const struct conf_sainfo *s, enum prop_proto proto, enum prop_mode mode,
    struct prop out[CONF_CHILD_PROPS], size_t *n_out)
{
	struct prop p;

	if (proto == PROTO_ESP) {
		*n_out = esp_props(s, mode, out);
		return IKE_OK;
	}
	common(s, proto, mode, &p);
	for (uint8_t i = 0; proto == PROTO_AH && i < s->integ.n; i++)
		if (s->integ.v[i].id != INTEG_NONE)
			p.integ.v[p.integ.n++] = s->integ.v[i];
	if (proto == PROTO_IPCOMP)
		p.comp = s->comp;
	if (p.integ.n == 0 && p.comp.n == 0)
		return IKE_E_NO_PROPOSAL;
	out[0] = p;
	*n_out = 1;
	return IKE_OK;
}
