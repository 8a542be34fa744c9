/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RESPONDER-LIFETIME (RFC 2407 section 4.6.3.1): a responder that takes an offer but not its lifetime says which it
 * uses.
 */
#include "ringtail/v1/v1.h"

#include "conf/conf.h"
#include "prop/life.h"
#include "wire/attr.h"

static void
put_life(struct wr *w, uint16_t unit, uint32_t value)
{
	uint8_t b[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
		(uint8_t)value };

	if (value == 0)
		return;
	put_attr_number(w, V1_IPSEC_LIFE_TYPE, unit);
	put_attr_bytes(w, V1_IPSEC_LIFE_DURATION, slice_of(b, sizeof(b)));
}

void
v1_put_claim(struct exch *x, struct msg_out *m, const struct child *c)
{
	const struct v1_phase2 *s = x->scratch;
	struct v1_note note = {
		.type = V1_N_RESPONDER_LIFETIME,
		.proto = c->proto == PROTO_AH ? V1_PROTO_AH : V1_PROTO_ESP,
		.spi_len = 4,
	};
	struct wr w;

	if (s->claim_sec == 0 && s->claim_kb == 0)
		return;
	for (unsigned i = 0; i < 4; i++)
		note.spi[i] = (uint8_t)(c->spi_in >> (24 - 8 * i));
	wr_init(&w, 0);
	put_life(&w, V1_LIFE_SECONDS, s->claim_sec);
	put_life(&w, V1_LIFE_KILOBYTES, s->claim_kb);
	note.data = buf_slice(&w.buf);
	if (wr_err(&w) == IKE_OK)
		v1_put_notify(m, &note);
	else
		wr_fail(&m->w, wr_err(&w));
	wr_free(&w);
}

static uint32_t
number_of(const struct attr *a)
{
	uint64_t v;

	return attr_number(a, &v) != IKE_OK || v > UINT32_MAX ? 0 : (uint32_t)v;
}

void
v1_take_claim(struct exch *x, const struct msg *m, struct child *c)
{
	enum prop_check check = (enum prop_check)x->ike->rmt->check;
	struct pld_notify n;
	struct attr *v;
	size_t count;
	uint32_t unit = 0;

	if (!v1_find_notify(&m->pl, V1_N_RESPONDER_LIFETIME, &n) ||
	    get_attrs(n.data, 8, &x->arena, &v, &count) != IKE_OK)
		return;
	for (size_t i = 0; i < count; i++) {
		if (v[i].type == V1_IPSEC_LIFE_TYPE)
			unit = number_of(&v[i]);
		else if (v[i].type == V1_IPSEC_LIFE_DURATION && unit == V1_LIFE_SECONDS)
			c->life_sec = life_responder(check, c->life_sec, number_of(&v[i]));
		else if (v[i].type == V1_IPSEC_LIFE_DURATION && unit == V1_LIFE_KILOBYTES)
			c->life_kb = life_responder(check, c->life_kb, number_of(&v[i]));
	}
	ike_log(x->ike, LOG_L_INFO, "received RESPONDER-LIFETIME: %u s, %u kB from now on",
	    c->life_sec, c->life_kb);
}
