/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: payloads_parse() follows the chain once with a read cursor, so that every length is checked by the
 * cursor and every step moves at least four bytes ahead: no chain can loop.  The index is built aside and handed out
 * when the whole chain was good.  The writer keeps the offset of the byte that must name the next payload.
 */
#include "wire/const.h"
#include "wire/payload.h"

#define CRITICAL 0x80

/* Offset of the next-payload byte in the IKE header, and of the length. */
#define HDR_NEXT_AT 16
#define HDR_LENGTH_AT 24

static const uint8_t v1_kinds[] = {
	[V1_PLD_NONE] = PK_UNKNOWN, [V1_PLD_SA] = PK_SA, [V1_PLD_P] = PK_UNKNOWN, [V1_PLD_T] = PK_UNKNOWN,
	[V1_PLD_KE] = PK_KE, [V1_PLD_ID] = PK_ID, [V1_PLD_CERT] = PK_CERT, [V1_PLD_CR] = PK_CERTREQ,
	[V1_PLD_HASH] = PK_HASH, [V1_PLD_SIG] = PK_SIG, [V1_PLD_NONCE] = PK_NONCE, [V1_PLD_N] = PK_NOTIFY,
	[V1_PLD_D] = PK_DELETE, [V1_PLD_VID] = PK_VID, [V1_PLD_ATTR] = PK_ATTR, [V1_PLD_SAK] = PK_UNKNOWN,
	[V1_PLD_SAT] = PK_UNKNOWN, [V1_PLD_KD] = PK_UNKNOWN, [V1_PLD_SEQ] = PK_UNKNOWN, [V1_PLD_POP] = PK_UNKNOWN,
	[V1_PLD_NATD] = PK_NATD, [V1_PLD_NATOA] = PK_NATOA,
};

static const uint8_t v2_kinds[] = {    /* from V2_PLD_SA on */
	[V2_PLD_SA - V2_PLD_SA] = PK_SA, [V2_PLD_KE - V2_PLD_SA] = PK_KE, [V2_PLD_IDI - V2_PLD_SA] = PK_IDI,
	[V2_PLD_IDR - V2_PLD_SA] = PK_IDR, [V2_PLD_CERT - V2_PLD_SA] = PK_CERT,
	[V2_PLD_CERTREQ - V2_PLD_SA] = PK_CERTREQ, [V2_PLD_AUTH - V2_PLD_SA] = PK_AUTH,
	[V2_PLD_NONCE - V2_PLD_SA] = PK_NONCE, [V2_PLD_N - V2_PLD_SA] = PK_NOTIFY, [V2_PLD_D - V2_PLD_SA] = PK_DELETE,
	[V2_PLD_VID - V2_PLD_SA] = PK_VID, [V2_PLD_TSI - V2_PLD_SA] = PK_TSI, [V2_PLD_TSR - V2_PLD_SA] = PK_TSR,
	[V2_PLD_SK - V2_PLD_SA] = PK_SK, [V2_PLD_CP - V2_PLD_SA] = PK_CP, [V2_PLD_EAP - V2_PLD_SA] = PK_EAP,
	[V2_PLD_GSPM - V2_PLD_SA] = PK_UNKNOWN, [V2_PLD_IDG - V2_PLD_SA] = PK_UNKNOWN,
	[V2_PLD_GSA - V2_PLD_SA] = PK_UNKNOWN, [V2_PLD_KD - V2_PLD_SA] = PK_UNKNOWN, [V2_PLD_SKF - V2_PLD_SA] = PK_SKF,
};

static const char *const kind_names[PK_COUNT] = {
	[PK_SA] = "SA", [PK_KE] = "KE", [PK_ID] = "ID", [PK_IDI] = "IDi", [PK_IDR] = "IDr", [PK_CERT] = "CERT",
	[PK_CERTREQ] = "CERTREQ", [PK_HASH] = "HASH", [PK_SIG] = "SIG", [PK_AUTH] = "AUTH", [PK_NONCE] = "NONCE",
	[PK_NOTIFY] = "N", [PK_DELETE] = "D", [PK_VID] = "VID", [PK_NATD] = "NAT-D", [PK_NATOA] = "NAT-OA",
	[PK_ATTR] = "ATTR", [PK_TSI] = "TSi", [PK_TSR] = "TSr", [PK_SK] = "SK", [PK_SKF] = "SKF", [PK_CP] = "CP",
	[PK_EAP] = "EAP", [PK_FRAG] = "FRAG", [PK_UNKNOWN] = "unknown",
};

enum pld_kind
pld_kind_of(unsigned version, uint8_t type)
{
	if (version == 2) {
		if (type < V2_PLD_SA || type - V2_PLD_SA >= (int)sizeof v2_kinds)
			return PK_UNKNOWN;
		return (enum pld_kind)v2_kinds[type - V2_PLD_SA];
	}
	if (type == V1_PLD_NATD_DRAFT)
		return PK_NATD;
	if (type == V1_PLD_NATOA_DRAFT)
		return PK_NATOA;
	if (type == V1_PLD_FRAG)
		return PK_FRAG;
	return type < sizeof v1_kinds ? (enum pld_kind)v1_kinds[type] : PK_UNKNOWN;
}

const char *
pld_kind_name(enum pld_kind kind)
{
	return (unsigned)kind < PK_COUNT ? kind_names[kind] : "unknown";
}

static bool
is_sealed(enum pld_kind kind)
{
	return kind == PK_SK || kind == PK_SKF;
}

/* Read one payload of p->type; *next_out is the type of what follows it. */
static ike_err
take_payload(struct rd *r, unsigned version, struct pld *p, uint8_t *next_out)
{
	const struct rd start = *r;
	struct rd       whole = start;
	uint8_t         next = rd_u8(r), flags = rd_u8(r);
	uint16_t        length = rd_u16(r);

	TRY(r->err);
	/* RFC 7296 section 3.2: "Length in octets of the current payload, including the generic payload header." */
	if (length < PLD_HDR_LEN)
		return IKE_E_FORMAT;
	/*
	 * RFC 2408 section 5.3: "Verify the RESERVED field contains the value zero.  If the value in the RESERVED field is
	 * not zero, the message is discarded".  RFC 7296 section 3.2, on the contrary: "MUST be sent as zero; MUST be ignored
	 * on receipt."
	 */
	if (version == 1 && flags != 0)
		return IKE_E_FORMAT;
	p->critical = version == 2 && (flags & CRITICAL) != 0;
	p->kind = pld_kind_of(version, p->type);
	p->whole = rd_bytes(&whole, length);
	p->body = rd_bytes(r, (size_t)length - PLD_HDR_LEN);
	*next_out = next;
	return r->err;
}

static void
note(struct payloads *ps, const struct pld *p)
{
	pldset bit = PLD_BIT(p->kind);

	ps->twice |= ps->seen & bit;
	ps->seen |= bit;
	if (p->kind == PK_UNKNOWN && p->critical && !ps->bad_critical) {
		ps->bad_critical = true;
		ps->bad_type = p->type;
	}
	ps->v[ps->n++] = *p;
}

ike_err
payloads_parse(unsigned version, uint8_t first, struct slice chain, enum chain_end end, struct payloads *out)
{
	struct payloads ps = { 0 };
	struct rd       r = rd_of(chain);
	uint8_t         type = first;

	while (type != 0) {
		struct pld p = { .type = type };
		uint8_t    next = 0;

		if (ps.n == PAYLOADS_MAX)
			return IKE_E_FORMAT;
		TRY(take_payload(&r, version, &p, &next));
		note(&ps, &p);
		type = next;
		if (is_sealed(p.kind)) {
			/*
			 * RFC 7296 section 3.14: "The Encrypted payload, if present in a message, MUST be the last payload in the
			 * message."  "Next Payload - The payload type of the first embedded payload."
			 */
			ps.inner = next;
			if (rd_left(&r) != 0)
				return IKE_E_FORMAT;
			break;
		}
	}
	ps.rest = rd_rest(&r);
	if (end == CHAIN_EXACT && ps.rest.n != 0)
		return IKE_E_FORMAT;
	*out = ps;
	return IKE_OK;
}

const struct pld *
payload_first(const struct payloads *ps, enum pld_kind kind)
{
	for (unsigned i = 0; i < ps->n; i++)
		if (ps->v[i].kind == kind)
			return &ps->v[i];
	return NULL;
}

const struct pld *
payload_next(const struct payloads *ps, const struct pld *prev)
{
	for (const struct pld *p = prev + 1; p < ps->v + ps->n; p++)
		if (p->kind == prev->kind)
			return p;
	return NULL;
}

unsigned
payload_count(const struct payloads *ps, enum pld_kind kind)
{
	unsigned count = 0;

	for (unsigned i = 0; i < ps->n; i++)
		count += ps->v[i].kind == kind;
	return count;
}

struct slice
payloads_after(const struct payloads *ps, const struct pld *p)
{
	const struct pld *last = &ps->v[ps->n - 1];
	const uint8_t    *from = p->whole.p + p->whole.n;

	return slice_of(from, (size_t)(last->whole.p + last->whole.n - from));
}

void
chain_begin(struct chain *c, unsigned version)
{
	*c = (struct chain){ .version = version };
}

void
msg_begin(struct wr *w, struct chain *c, const struct ike_hdr *h)
{
	struct ike_hdr blank = *h;

	chain_begin(c, h->major);
	c->has_hdr = true;
	c->hdr_at = wr_len(w);
	blank.next = 0;
	blank.length = 0;
	put_ike_hdr(w, &blank);
}

void
msg_end(struct wr *w, const struct chain *c)
{
	if (!c->has_hdr)
		wr_fail(w, IKE_E_INTERNAL);
	else
		wr_patch_u32(w, c->hdr_at + HDR_LENGTH_AT, wr_len(w) - c->hdr_at);
}

/* Make the byte that names what follows say |type|. */
static void
link_payload(struct wr *w, struct chain *c, uint8_t type)
{
	if (c->n > 0) {
		wr_patch_u8(w, c->link_at, type);
		return;
	}
	c->first = type;
	if (c->has_hdr)
		wr_patch_u8(w, c->hdr_at + HDR_NEXT_AT, type);
}

size_t
pld_begin(struct wr *w, struct chain *c, uint8_t type)
{
	size_t at = wr_len(w);

	if (c->sealed || type == 0)
		wr_fail(w, IKE_E_INTERNAL);
	if (c->n == PAYLOADS_MAX)
		wr_fail(w, IKE_E_RANGE);
	link_payload(w, c, type);
	wr_zero(w, PLD_HDR_LEN);
	c->n++;
	c->sealed = is_sealed(pld_kind_of(c->version, type));
	c->link_at = c->open_at = at;
	return at;
}

void
pld_end(struct wr *w, struct chain *c)
{
	wr_patch_u16(w, c->open_at + 2, wr_len(w) - c->open_at);
}

void
pld_critical(struct wr *w, const struct chain *c)
{
	if (c->version != 2 || c->n == 0)
		wr_fail(w, IKE_E_INTERNAL);
	else
		wr_patch_u8(w, c->open_at + 1, CRITICAL);
}

void
pld_inner(struct wr *w, const struct chain *c, uint8_t first_inner)
{
	if (!c->sealed)
		wr_fail(w, IKE_E_INTERNAL);
	else
		wr_patch_u8(w, c->open_at, first_inner);
}

size_t
pld_put(struct wr *w, struct chain *c, uint8_t type, struct slice body)
{
	size_t at = pld_begin(w, c, type);

	wr_bytes(w, body);
	pld_end(w, c);
	return at;
}
