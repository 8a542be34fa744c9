/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire/dump_int.h"
#include "wire/pld_sa.h"

/* Which names the values of an attribute have. */
struct value_names {
	uint16_t            type;
	const struct names *names;
};

static const struct value_names oakley_values[] = {
	{ V1_OAKLEY_ENCR, &v1_oakley_encr_names },
	{ V1_OAKLEY_HASH, &v1_oakley_hash_names },
	{ V1_OAKLEY_AUTH, &v1_oakley_auth_names },
	{ V1_OAKLEY_GROUP, &v1_oakley_group_names },
	{ V1_OAKLEY_GROUP_TYPE, &v1_oakley_group_type_names },
	{ V1_OAKLEY_LIFE_TYPE, &v1_life_type_names },
	{ 0, NULL },
};

static const struct value_names ipsec_values[] = {
	{ V1_IPSEC_LIFE_TYPE, &v1_life_type_names },
	{ V1_IPSEC_GROUP, &v1_oakley_group_names },
	{ V1_IPSEC_ENCAP_MODE, &v1_ipsec_encap_names },
	{ V1_IPSEC_AUTH_ALG, &v1_ipsec_auth_names },
	{ 0, NULL },
};

static const struct names *
values_of(const struct value_names *v, uint16_t type)
{
	while (v->names != NULL && v->type != type)
		v++;
	return v->names;
}

static const struct names *
v1_transform_ids(uint8_t proto)
{
	switch (proto) {
	case V1_PROTO_ISAKMP:
		return &v1_isakmp_transform_names;
	case V1_PROTO_AH:
		return &v1_ah_transform_names;
	case V1_PROTO_ESP:
		return &v1_esp_transform_names;
	case V1_PROTO_IPCOMP:
		return &v1_ipcomp_transform_names;
	default:
		return NULL;
	}
}

/* The transform ids of an IKEv2 transform type; NULL if the type is unknown. */
static const struct names *
v2_transform_ids(uint8_t type)
{
	switch (type) {
	case V2_T_ENCR:
		return &v2_encr_names;
	case V2_T_PRF:
		return &v2_prf_names;
	case V2_T_INTEG:
		return &v2_integ_names;
	case V2_T_ESN:
		return &v2_esn_names;
	case V2_T_KE:
	case V2_T_ADDKE1: case V2_T_ADDKE2: case V2_T_ADDKE3: case V2_T_ADDKE4: case V2_T_ADDKE5: case V2_T_ADDKE6:
	case V2_T_ADDKE7:
		return &v2_ke_names;
	default:
		return NULL;
	}
}

static void
dump_id(struct dump *d, const struct names *names, uint32_t id)
{
	if (names == NULL)
		text_addf(d->t, "%u", (unsigned)id);
	else
		dump_name(d, names, id);
}

static void
dump_v1_transform(struct dump *d, uint8_t proto, const struct v1_transform *t)
{
	bool                      ike = proto == V1_PROTO_ISAKMP;
	const struct value_names *values = ike ? oakley_values : ipsec_values;

	dump_line(d);
	text_addf(d->t, "transform %u: ", t->number);
	dump_id(d, v1_transform_ids(proto), t->id);
	text_char(d->t, '\n');
	d->depth++;
	for (size_t i = 0; i < t->nattr; i++)
		dump_attr(d, ike ? &v1_oakley_attr_names : &v1_ipsec_attr_names, values_of(values, t->attr[i].type),
		    &t->attr[i]);
	d->depth--;
}

static void
dump_proposal_line(struct dump *d, unsigned number, const struct names *protos, uint8_t proto, struct slice spi)
{
	dump_line(d);
	text_addf(d->t, "proposal %u: ", number);
	dump_name(d, protos, proto);
	if (spi.n > 0) {
		text_add(d->t, " SPI ");
		dump_hex(d, spi);
	}
	text_char(d->t, '\n');
}

ike_err
dump_v1_sa(struct dump *d, struct slice body)
{
	struct arena arena = { 0 };
	struct v1_sa sa;
	ike_err      err = get_v1_sa(body, &arena, &sa);

	if (err == IKE_OK) {
		text_add(d->t, ": DOI ");
		dump_name(d, &v1_doi_names, sa.doi);
		text_add(d->t, " situation ");
		dump_name(d, &v1_situation_names, sa.situation);
		text_char(d->t, '\n');
		for (size_t i = 0; i < sa.nproposal; i++) {
			const struct v1_proposal *p = &sa.proposal[i];

			d->depth++;
			dump_proposal_line(d, p->number, &v1_proto_names, p->proto, p->spi);
			d->depth++;
			for (size_t j = 0; j < p->ntransform; j++)
				dump_v1_transform(d, p->proto, &p->transform[j]);
			d->depth -= 2;
		}
	}
	arena_free(&arena);
	return err;
}

static void
dump_v2_transform(struct dump *d, const struct v2_transform *t)
{
	dump_line(d);
	dump_name(d, &v2_transform_type_names, t->type);
	text_char(d->t, ' ');
	dump_id(d, v2_transform_ids(t->type), t->id);
	text_char(d->t, '\n');
	d->depth++;
	for (size_t i = 0; i < t->nattr; i++)
		dump_attr(d, &v2_attr_names, NULL, &t->attr[i]);
	d->depth--;
}

ike_err
dump_v2_sa(struct dump *d, struct slice body)
{
	struct arena arena = { 0 };
	struct v2_sa sa;
	ike_err      err = get_v2_sa(body, &arena, &sa);

	if (err == IKE_OK) {
		text_char(d->t, '\n');
		for (size_t i = 0; i < sa.nproposal; i++) {
			const struct v2_proposal *p = &sa.proposal[i];

			d->depth++;
			dump_proposal_line(d, p->number, &v2_proto_names, p->proto, p->spi);
			d->depth++;
			for (size_t j = 0; j < p->ntransform; j++)
				dump_v2_transform(d, &p->transform[j]);
			d->depth -= 2;
		}
	}
	arena_free(&arena);
	return err;
}
