/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: the payload index gives the lines, one per payload; dump_pld.c and dump_sa.c fill a line and add lines
 * below.  A body that its codec refuses, and a chain that cannot be indexed, is shown as hex with the reason, so that
 * nothing is hidden.
 */
#include "wire/dump.h"
#include "wire/dump_int.h"

void
dump_line(struct dump *d)
{
	for (unsigned i = 0; i < d->depth; i++)
		text_add(d->t, "  ");
}

void
dump_hex(struct dump *d, struct slice s)
{
	if (s.n == 0)
		text_char(d->t, '-');
	else if (s.n <= DUMP_HEX_MAX)
		text_hex(d->t, s);
	else {
		text_hex(d->t, slice_of(s.p, DUMP_HEX_MAX));
		text_addf(d->t, "... (%zu bytes)", s.n);
	}
}

void
dump_name(struct dump *d, const struct names *names, uint32_t value)
{
	struct name_buf buf;

	text_add(d->t, name_of(names, value, &buf));
}

void
dump_attr(struct dump *d, const struct names *types, const struct names *values, const struct attr *a)
{
	uint64_t number;

	dump_line(d);
	dump_name(d, types, a->type);
	text_add(d->t, " = ");
	if (a->value.n > 8 || attr_number(a, &number) != IKE_OK)
		dump_hex(d, a->value);
	else if (values != NULL && number <= UINT32_MAX)
		dump_name(d, values, (uint32_t)number);
	else
		text_addf(d->t, "%llu", (unsigned long long)number);
	text_char(d->t, '\n');
}

/* A body that its codec refused. */
static void
dump_refused(struct dump *d, ike_err err, struct slice body)
{
	dump_line(d);
	text_addf(d->t, "  %s: ", ike_err_text(err));
	dump_hex(d, body);
	text_char(d->t, '\n');
}

static void
dump_payload(struct dump *d, const struct pld *p, uint8_t inner)
{
	ike_err err;

	dump_line(d);
	dump_name(d, d->version == 2 ? &v2_payload_names : &v1_payload_names, p->type);
	if (p->critical)
		text_add(d->t, " critical");
	if (p->kind == PK_SA)
		err = d->version == 2 ? dump_v2_sa(d, p->body) : dump_v1_sa(d, p->body);
	else
		err = dump_body(d, p->kind, p->body, inner);
	if (err != IKE_OK) {
		text_char(d->t, '\n');
		dump_refused(d, err, p->body);
	}
}

void
dump_payloads(struct text *t, unsigned version, uint8_t first, struct slice chain, unsigned depth)
{
	struct dump     d = { t, version, depth };
	struct payloads ps;
	ike_err         err = payloads_parse(version, first, chain, version == 1 ? CHAIN_PADDED : CHAIN_EXACT, &ps);

	if (err != IKE_OK) {
		dump_line(&d);
		text_add(t, "payloads from ");
		dump_name(&d, version == 2 ? &v2_payload_names : &v1_payload_names, first);
		text_char(t, '\n');
		dump_refused(&d, err, chain);
		return;
	}
	for (unsigned i = 0; i < ps.n; i++)
		dump_payload(&d, &ps.v[i], ps.inner);
	if (ps.rest.n > 0) {
		dump_line(&d);
		text_addf(t, "%zu bytes behind the payloads\n", ps.rest.n);
	}
}

static void
dump_flags(struct dump *d, const struct names *names, uint8_t flags)
{
	bool    any = false;
	uint8_t bit;

	for (unsigned i = 0; i < 8; i++) {
		bit = (uint8_t)(1u << i);
		if ((flags & bit) == 0)
			continue;
		text_char(d->t, any ? ',' : ' ');
		dump_name(d, names, bit);
		any = true;
	}
	if (!any)
		text_add(d->t, " none");
}

static void
dump_header(struct dump *d, const struct ike_hdr *h)
{
	text_addf(d->t, "IKEv%u.%u ", h->major, h->minor);
	dump_name(d, h->major == 2 ? &v2_exchange_names : &v1_exchange_names, h->exchange);
	text_addf(d->t, " %016llx:%016llx msgid %08x flags", (unsigned long long)h->spi_i,
	    (unsigned long long)h->spi_r, (unsigned)h->msgid);
	dump_flags(d, h->major == 2 ? &v2_flag_names : &v1_flag_names, h->flags);
	text_addf(d->t, " length %u\n", (unsigned)h->length);
}

void
dump_message(struct text *t, struct slice datagram)
{
	struct dump    d = { t, 0, 1 };
	struct ike_hdr h;
	ike_err        err = get_ike_hdr(datagram, &h);
	struct slice   rest;

	if (err != IKE_OK) {
		text_addf(t, "%zu bytes\n", datagram.n);
		dump_refused(&d, err, datagram);
		return;
	}
	dump_header(&d, &h);
	rest = slice_of(datagram.p + IKE_HDR_LEN, datagram.n - IKE_HDR_LEN);
	err = ike_hdr_check(&h, datagram.n);
	if (err != IKE_OK) {
		dump_refused(&d, err, rest);
	} else if (h.major == 1 && (h.flags & V1_FLAG_ENCRYPTION) != 0) {
		dump_line(&d);
		text_add(t, "encrypted from ");
		dump_name(&d, &v1_payload_names, h.next);
		text_addf(t, ": %zu bytes\n", rest.n);
	} else {
		dump_payloads(t, h.major, h.next, rest, 1);
	}
}
