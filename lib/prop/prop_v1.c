/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: lib/wire cuts the payload into proposals, transforms and attributes in an arena of
 * our own; each transform's attributes are collected into one array by type, where an unknown, a
 * repeated and different, or an incomplete one spoils the transform; then the array is translated
 * through the registry.  Only the result goes into the caller's arena.
 */
#include "prop/prop_v1.h"

#include "prop/prop_read.h"
#include "wire/const.h"
#include "wire/pld_sa.h"

#include <string.h>

#define MAX_ATTR  V1_OAKLEY_GROUP_ORDER
#define BIT(type) (1u << (type))

/* The attributes of one transform. */
struct fields {
	uint32_t have; /* BIT(type) of those that are there */
	uint64_t v[MAX_ATTR + 1];
	uint32_t life_sec, life_kb;
};

/* What the two vocabularies of attributes have in common, by number. */
struct vocabulary {
	uint16_t life_type, life_duration;
	uint32_t allowed;
};

static const struct vocabulary oakley = {
	V1_OAKLEY_LIFE_TYPE,
	V1_OAKLEY_LIFE_DURATION,
	BIT(V1_OAKLEY_ENCR) | BIT(V1_OAKLEY_HASH) | BIT(V1_OAKLEY_AUTH) | BIT(V1_OAKLEY_GROUP) |
	    BIT(V1_OAKLEY_KEY_LENGTH),
};

static const struct vocabulary ipsec = {
	V1_IPSEC_LIFE_TYPE,
	V1_IPSEC_LIFE_DURATION,
	BIT(V1_IPSEC_GROUP) | BIT(V1_IPSEC_ENCAP_MODE) | BIT(V1_IPSEC_AUTH_ALG) |
	    BIT(V1_IPSEC_KEY_LENGTH) | BIT(V1_IPSEC_ESN),
};

/* A duration of any length; what is above 2^32-1 counts as that. */
static bool
duration(const struct attr *a, uint32_t *out)
{
	uint64_t v;
	ike_err err = attr_number(a, &v);

	if (err != IKE_OK && err != IKE_E_RANGE)
		return false;
	*out = err == IKE_E_RANGE || v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
	return true;
}

/*
 * RFC 2407 section 4.5: "SA Life Type ... SA Duration": a duration belongs to the type before it.
 * 0 is taken as not sent; a second and different one of a kind spoils the transform.
 */
static bool
put_life(struct fields *f, uint64_t type, const struct attr *a)
{
	uint32_t *life = type == V1_LIFE_SECONDS     ? &f->life_sec
			 : type == V1_LIFE_KILOBYTES ? &f->life_kb
						     : NULL;
	uint32_t v;

	if (life == NULL || !duration(a, &v) || (*life != 0 && *life != v))
		return false;
	*life = v;
	return true;
}

/* Collect the attributes of |t|; false if one of them makes it unusable. */
static bool
collect(const struct v1_transform *t, const struct vocabulary *voc, struct fields *f)
{
	uint64_t life_type = 0, v;
	size_t i;

	*f = (struct fields){ 0 };
	for (i = 0; i < t->nattr; i++) {
		const struct attr *a = &t->attr[i];

		if (a->type == voc->life_duration) {
			if (!put_life(f, life_type, a))
				return false;
			life_type = 0;
			continue;
		}
		if (attr_number(a, &v) != IKE_OK)
			return false;
		if (a->type == voc->life_type) {
			if (life_type != 0 || v == 0)
				return false;
			life_type = v;
			continue;
		}
		if (a->type > MAX_ATTR || (voc->allowed & BIT(a->type)) == 0)
			return false;
		if ((f->have & BIT(a->type)) != 0 && f->v[a->type] != v)
			return false;
		f->have |= BIT(a->type);
		f->v[a->type] = v;
	}
	return life_type == 0;
}

/* The row for attribute |type|, NULL if it is absent or no number of ours. */
static const struct alg *
row_of(const struct fields *f, enum alg_kind kind, unsigned type)
{
	if ((f->have & BIT(type)) == 0 || f->v[type] > UINT16_MAX)
		return NULL;
	return prop_usable(alg_find_v1_ike(kind, (uint32_t)f->v[type]));
}

/*
 * The cipher with its key length.  RFC 2409 appendix A: the Key Length attribute "MUST NOT be used
 * when the specified Encryption Algorithm uses a fixed-length key"; the right length is let pass
 * there, and its absence means the default.
 */
static bool
put_encr(struct prop *p, const struct alg *row, const struct fields *f, unsigned type)
{
	uint64_t bits = f->v[type];

	if (row == NULL)
		return false;
	if ((f->have & BIT(type)) == 0)
		bits = row->key_default;
	else if (bits == 0 || bits > UINT16_MAX || !alg_key_ok(row, (unsigned)bits))
		return false;
	return prop_algs_add(&p->encr, row->id,
		   (row->flags & ALG_VARKEY) != 0 ? (unsigned)bits : 0) == IKE_OK;
}

static bool
read_ike(const struct v1_transform *t, struct prop *p)
{
	const struct alg *hash, *group, *auth;
	struct fields f;

	if (t->id != V1_ISAKMP_KEY_IKE || !collect(t, &oakley, &f))
		return false;
	/*
	 * RFC 2409 section 4: "The following attributes are used by IKE and are negotiated as part
	 * of the ISAKMP Security Association ... All of these attributes are mandatory and MUST be
	 * negotiated."
	 */
	hash = row_of(&f, ALG_HASH, V1_OAKLEY_HASH);
	group = row_of(&f, ALG_KE, V1_OAKLEY_GROUP);
	auth = row_of(&f, ALG_AUTH, V1_OAKLEY_AUTH);
	if (hash == NULL || group == NULL || auth == NULL)
		return false;
	if (!put_encr(p, row_of(&f, ALG_ENCR, V1_OAKLEY_ENCR), &f, V1_OAKLEY_KEY_LENGTH))
		return false;
	p->auth = (uint16_t)auth->id;
	p->life_sec = f.life_sec;
	p->life_kb = f.life_kb;
	return prop_algs_add(&p->prf, alg_prf_of_hash(hash->id), 0) == IKE_OK &&
	       prop_algs_add(&p->ke, group->id, 0) == IKE_OK;
}

/*
 * RFC 2407 section 4.5: "If unspecified, the default value shall be assumed to be unspecified
 * (host-dependent)."
 */
static bool
put_mode(struct prop *p, const struct fields *f)
{
	static const struct {
		uint16_t number;
		enum prop_mode mode;
		bool udp;
	} modes[] = {
		{ V1_IPSEC_ENCAP_TUNNEL, MODE_TUNNEL, false },
		{ V1_IPSEC_ENCAP_TRANSPORT, MODE_TRANSPORT, false },
		{ V1_IPSEC_ENCAP_UDP_TUNNEL, MODE_TUNNEL, true },
		{ V1_IPSEC_ENCAP_UDP_TRANSPORT, MODE_TRANSPORT, true },
		{ V1_IPSEC_ENCAP_UDP_TUNNEL_DRAFT, MODE_TUNNEL, true },
		{ V1_IPSEC_ENCAP_UDP_TRANSPORT_DRAFT, MODE_TRANSPORT, true },
	};
	size_t i;

	if ((f->have & BIT(V1_IPSEC_ENCAP_MODE)) == 0)
		return true;
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (modes[i].number == f->v[V1_IPSEC_ENCAP_MODE]) {
			p->mode = (uint8_t)modes[i].mode;
			p->udp_encap = modes[i].udp;
			return true;
		}
	}
	return false;
}

/* What all phase 2 protocols share. */
static bool
put_common(struct prop *p, const struct fields *f)
{
	const struct alg *group;

	if ((f->have & BIT(V1_IPSEC_GROUP)) != 0) {
		group = row_of(f, ALG_KE, V1_IPSEC_GROUP);
		if (group == NULL || prop_algs_add(&p->ke, group->id, 0) != IKE_OK)
			return false;
	}
	/* RFC 4304 section 2.1: value 1 asks for 64-bit sequence numbers */
	if ((f->have & BIT(V1_IPSEC_ESN)) != 0) {
		if (f->v[V1_IPSEC_ESN] != 1)
			return false;
		p->esn = ESN_YES;
	}
	p->life_sec = f->life_sec;
	p->life_kb = f->life_kb;
	return put_mode(p, f);
}

static const struct alg *
auth_alg(const struct fields *f)
{
	uint64_t v = f->v[V1_IPSEC_AUTH_ALG];

	return v > UINT16_MAX ? NULL : prop_usable(alg_find_v1_ipsec(ALG_INTEG, (uint32_t)v));
}

static bool
read_esp(const struct v1_transform *t, struct prop *p)
{
	const struct alg *encr = prop_usable(alg_find_v1_ipsec(ALG_ENCR, t->id)), *integ;
	struct fields f;

	if (!collect(t, &ipsec, &f) || !put_encr(p, encr, &f, V1_IPSEC_KEY_LENGTH) ||
	    !put_common(p, &f))
		return false;
	if ((f.have & BIT(V1_IPSEC_AUTH_ALG)) == 0 || f.v[V1_IPSEC_AUTH_ALG] == V1_IPSEC_AUTH_NONE)
		return true;
	/*
	 * RFC 4106 section 8: AES-GCM-ESP brings its own integrity, no Authentication Algorithm
	 * goes with it
	 */
	integ = auth_alg(&f);
	return integ != NULL && (encr->flags & ALG_AEAD) == 0 &&
	       prop_algs_add(&p->integ, integ->id, 0) == IKE_OK;
}

static bool
read_ah(const struct v1_transform *t, struct prop *p)
{
	const struct alg *integ;
	struct fields f;

	if (!collect(t, &ipsec, &f) || (f.have & BIT(V1_IPSEC_KEY_LENGTH)) != 0 ||
	    !put_common(p, &f))
		return false;
	/*
	 * RFC 2407 section 4.4.3: "The Authentication Algorithm attribute MUST be specified to
	 * identify the appropriate AH protection suite."  It must be that of the transform id.
	 */
	integ = (f.have & BIT(V1_IPSEC_AUTH_ALG)) != 0 ? auth_alg(&f) : NULL;
	return integ != NULL && integ->v1_ah == t->id &&
	       prop_algs_add(&p->integ, integ->id, 0) == IKE_OK;
}

static bool
read_ipcomp(const struct v1_transform *t, struct prop *p)
{
	const struct alg *comp = prop_usable(alg_find_v1_ipsec(ALG_COMP, t->id));
	struct fields f;

	if (comp == NULL || !collect(t, &ipsec, &f))
		return false;
	if ((f.have & (BIT(V1_IPSEC_AUTH_ALG) | BIT(V1_IPSEC_KEY_LENGTH) | BIT(V1_IPSEC_ESN))) != 0)
		return false;
	return put_common(p, &f) && prop_algs_add(&p->comp, comp->id, 0) == IKE_OK;
}

/* Protocol and SPI of |raw| into |p|; false if no transform of it can be used. */
static bool
read_head(const struct v1_proposal *raw, struct prop *p)
{
	struct slice spi = raw->spi;

	*p = (struct prop){ .number = raw->number, .esn = ESN_NO };
	switch (raw->proto) {
	case V1_PROTO_ISAKMP:
		/*
		 * RFC 2408 section 3.5: "If the SPI Size is non-zero, the content of the SPI field
		 * MUST be ignored."
		 */
		p->proto = PROTO_IKE;
		return true;
	case V1_PROTO_AH:
		p->proto = PROTO_AH;
		return prop_read_spi32(spi, p);
	case V1_PROTO_ESP:
		p->proto = PROTO_ESP;
		return prop_read_spi32(spi, p);
	case V1_PROTO_IPCOMP:
		/* RFC 3173 section 4.1: a CPI in four bytes has it in the low-order two */
		p->proto = PROTO_IPCOMP;
		if (spi.n == 4 && spi.p[0] == 0 && spi.p[1] == 0)
			spi = slice_of(spi.p + 2, 2);
		if (spi.n != 2)
			return false;
		memcpy(p->spi, spi.p, 2);
		p->spi_len = 2;
		return true;
	default:
		return false;
	}
}

static bool
read_transform(const struct v1_transform *t, struct prop *p)
{
	p->transform = t->number;
	switch ((enum prop_proto)p->proto) {
	case PROTO_IKE:
		return read_ike(t, p);
	case PROTO_AH:
		return read_ah(t, p);
	case PROTO_ESP:
		return read_esp(t, p);
	case PROTO_IPCOMP:
		return read_ipcomp(t, p);
	case PROTO_NONE:
		break;
	}
	return false;
}

/* Append the usable transforms of |raw| to |out|, as far as there is room. */
static void
read_proposal(const struct v1_proposal *raw, uint8_t bundle, struct prop_list *out)
{
	uint32_t seen[256 / 32] = { 0 };
	struct prop head, p;
	size_t i;

	if (!read_head(raw, &head))
		return;
	head.bundle = bundle;
	for (i = 0; i < raw->ntransform && out->n < PROP_MAX_LIST; i++) {
		const struct v1_transform *t = &raw->transform[i];
		uint32_t *word = &seen[t->number / 32];

		p = head;
		if ((*word & 1u << t->number % 32) == 0 && read_transform(t, &p))
			out->v[out->n++] = p;
		*word |= 1u << t->number % 32;
	}
}

/* All usable transforms of |sa|, in memory from |tmp|. */
static ike_err
read_all(const struct v1_sa *sa, struct arena *tmp, struct prop_list *out)
{
	uint8_t with_number[256] = { 0 };
	size_t i, total = 0;

	/* RFC 2408 section 4.2: proposal payloads with the same number are to be taken together */
	for (i = 0; i < sa->nproposal; i++) {
		uint8_t *count = &with_number[sa->proposal[i].number];

		if (*count < UINT8_MAX)
			++*count;
		total += sa->proposal[i].ntransform;
	}
	out->n = 0;
	out->v = arena_array(tmp, total < PROP_MAX_LIST ? total : PROP_MAX_LIST, sizeof(*out->v));
	if (out->v == NULL)
		return IKE_E_NOMEM;
	for (i = 0; i < sa->nproposal; i++)
		read_proposal(&sa->proposal[i], with_number[sa->proposal[i].number], out);
	return IKE_OK;
}

static ike_err
get_in(struct slice body, struct arena *tmp, struct arena *a, struct prop_list *out)
{
	struct prop_list all;
	struct v1_sa sa;

	TRY(get_v1_sa(body, tmp, &sa));
	TRY(read_all(&sa, tmp, &all));
	return prop_keep(&all, a, out);
}

ike_err
prop_v1_get(struct slice body, struct arena *a, struct prop_list *out)
{
	struct arena tmp = { .limit = PROP_READ_LIMIT };
	ike_err err = get_in(body, &tmp, a, out);

	arena_free(&tmp);
	return err;
}

/*
 * RFC 2408 section 4.2: the answer is the selected proposal, "which may consist of multiple
 * Proposal payloads and their associated Transform payloads.  Each of the Proposal payloads MUST
 * contain a single Transform payload associated with the Protocol."
 */
static ike_err
get_answer_in(struct slice body, struct arena *tmp, struct arena *a, struct prop_list *out)
{
	struct prop_list all;
	struct v1_sa sa;
	size_t i;

	TRY(get_v1_sa(body, tmp, &sa));
	for (i = 0; i < sa.nproposal; i++) {
		if (sa.proposal[i].ntransform != 1 ||
		    sa.proposal[i].number != sa.proposal[0].number)
			return IKE_E_NO_PROPOSAL;
	}
	TRY(read_all(&sa, tmp, &all));
	if (all.n != sa.nproposal)
		return IKE_E_NO_PROPOSAL;
	return prop_keep(&all, a, out);
}

ike_err
prop_v1_get_answer(struct slice body, struct arena *a, struct prop_list *out)
{
	struct arena tmp = { .limit = PROP_READ_LIMIT };
	ike_err err = get_answer_in(body, &tmp, a, out);

	arena_free(&tmp);
	return err;
}
