/* SPDX-License-Identifier: BSD-3-Clause */
#include "prop/prop.h"

#include <string.h>

const char *
prop_proto_name(enum prop_proto p)
{
	switch (p) {
	case PROTO_NONE:
		return "none";
	case PROTO_IKE:
		return "IKE";
	case PROTO_AH:
		return "AH";
	case PROTO_ESP:
		return "ESP";
	case PROTO_IPCOMP:
		return "IPCOMP";
	}
	return "unknown";
}

ike_err
prop_algs_add(struct prop_algs *l, enum alg_id id, unsigned bits)
{
	if (prop_algs_index(l, id, bits) >= 0)
		return IKE_OK;
	if (l->n >= PROP_MAX_ALGS)
		return IKE_E_FULL;
	l->v[l->n++] = (struct prop_alg){ .id = (uint16_t)id, .bits = (uint16_t)bits };
	return IKE_OK;
}

int
prop_algs_index(const struct prop_algs *l, enum alg_id id, unsigned bits)
{
	int i;

	for (i = 0; i < l->n; i++) {
		if (l->v[i].id == id && l->v[i].bits == bits)
			return i;
	}
	return -1;
}

unsigned
prop_alg_bits(struct prop_alg a)
{
	const struct alg *row = alg_get((enum alg_id)a.id);

	return a.bits == 0 && row != NULL && (row->flags & ALG_VARKEY) != 0 ? row->key_default
									    : a.bits;
}

static struct prop_alg
first_of(const struct prop_algs *l)
{
	if (l->n == 0 || l->v[0].id == INTEG_NONE || l->v[0].id == KE_NONE)
		return (struct prop_alg){ 0 };
	return (struct prop_alg){ .id = l->v[0].id, .bits = (uint16_t)prop_alg_bits(l->v[0]) };
}

enum alg_id
prop_first(const struct prop_algs *l)
{
	return (enum alg_id)first_of(l).id;
}

bool
prop_is_single(const struct prop *p)
{
	return p->encr.n <= 1 && p->integ.n <= 1 && p->prf.n <= 1 && p->ke.n <= 1 &&
	       p->comp.n <= 1 && p->esn != (ESN_NO | ESN_YES);
}

static bool
algs_equal(const struct prop_algs *a, const struct prop_algs *b)
{
	int i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (a->v[i].id != b->v[i].id || a->v[i].bits != b->v[i].bits)
			return false;
	}
	return true;
}

bool
prop_equal(const struct prop *a, const struct prop *b)
{
	return a->proto == b->proto && a->mode == b->mode && a->udp_encap == b->udp_encap &&
	       a->esn == b->esn && a->auth == b->auth && a->life_sec == b->life_sec &&
	       a->life_kb == b->life_kb && algs_equal(&a->encr, &b->encr) &&
	       algs_equal(&a->integ, &b->integ) && algs_equal(&a->prf, &b->prf) &&
	       algs_equal(&a->ke, &b->ke) && algs_equal(&a->comp, &b->comp);
}

struct suite
prop_suite(const struct prop *p)
{
	return (struct suite){
		.proto = p->proto,
		.mode = p->mode,
		.udp_encap = p->udp_encap,
		.esn = p->esn == ESN_YES,
		.auth = p->auth,
		.encr = first_of(&p->encr),
		.integ = first_of(&p->integ),
		.prf = first_of(&p->prf),
		.ke = first_of(&p->ke),
		.comp = first_of(&p->comp),
		.life_sec = p->life_sec,
		.life_kb = p->life_kb,
	};
}

void
prop_list_set_mode(struct prop_list *l, enum prop_mode mode, bool udp_encap)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		l->v[i].mode = (uint8_t)mode;
		l->v[i].udp_encap = udp_encap;
	}
}

void
prop_list_set_spi(struct prop_list *l, struct slice spi)
{
	size_t i, n = spi.n > PROP_MAX_SPI ? PROP_MAX_SPI : spi.n;

	for (i = 0; i < l->n; i++) {
		memset(l->v[i].spi, 0, sizeof(l->v[i].spi));
		if (n > 0)
			memcpy(l->v[i].spi, spi.p, n);
		l->v[i].spi_len = (uint8_t)n;
	}
}

uint32_t
prop_spi32(const struct prop *p)
{
	if (p->spi_len != 4)
		return 0;
	return (uint32_t)p->spi[0] << 24 | (uint32_t)p->spi[1] << 16 | (uint32_t)p->spi[2] << 8 |
	       p->spi[3];
}

void
prop_set_spi32(struct prop *p, uint32_t spi)
{
	memset(p->spi, 0, sizeof(p->spi));
	p->spi_len = 4;
	p->spi[0] = (uint8_t)(spi >> 24);
	p->spi[1] = (uint8_t)(spi >> 16);
	p->spi[2] = (uint8_t)(spi >> 8);
	p->spi[3] = (uint8_t)spi;
}

/* One group of algorithms, apart from the group before by " / ". */
static void
print_algs(const struct prop_algs *l, bool *first, struct text *t)
{
	struct name_buf buf;
	int i;

	for (i = 0; i < l->n; i++) {
		text_add(t, i > 0 ? " " : *first ? "" : " / ");
		text_add(t, alg_text((enum alg_id)l->v[i].id, l->v[i].bits, &buf));
	}
	if (l->n > 0)
		*first = false;
}

void
prop_print(const struct prop *p, struct text *t)
{
	struct name_buf buf;
	bool first = true;

	text_add(t, prop_proto_name((enum prop_proto)p->proto));
	if (p->mode != MODE_ANY)
		text_addf(t, " %s%s", p->udp_encap ? "UDP-" : "",
		    p->mode == MODE_TUNNEL ? "tunnel" : "transport");
	text_add(t, ": ");
	print_algs(&p->encr, &first, t);
	print_algs(&p->integ, &first, t);
	print_algs(&p->prf, &first, t);
	print_algs(&p->ke, &first, t);
	print_algs(&p->comp, &first, t);
	if (p->auth != ALG_ID_NONE)
		text_addf(t, "%s%s", first ? "" : " / ", alg_text((enum alg_id)p->auth, 0, &buf));
	if (p->esn != 0 && p->esn != ESN_NO)
		text_add(t, p->esn == ESN_YES ? ", esn" : ", esn or not");
	if (p->life_sec != 0)
		text_addf(t, ", %u s", (unsigned)p->life_sec);
	if (p->life_kb != 0)
		text_addf(t, ", %u kB", (unsigned)p->life_kb);
}

static void
one(struct prop_algs *l, struct prop_alg a)
{
	if (a.id != ALG_ID_NONE) {
		l->v[0] = a;
		l->n = 1;
	}
}

void
suite_print(const struct suite *s, struct text *t)
{
	struct prop p = {
		.proto = s->proto,
		.mode = s->mode,
		.udp_encap = s->udp_encap,
		.esn = s->esn ? ESN_YES : ESN_NO,
		.auth = s->auth,
		.life_sec = s->life_sec,
		.life_kb = s->life_kb,
	};

	one(&p.encr, s->encr);
	one(&p.integ, s->integ);
	one(&p.prf, s->prf);
	one(&p.ke, s->ke);
	one(&p.comp, s->comp);
	prop_print(&p, t);
}
