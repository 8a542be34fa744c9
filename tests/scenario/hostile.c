/* SPDX-License-Identifier: BSD-3-Clause */
#include "scenario/hostile.h"

#include "wire/const.h"

#include <string.h>

#define LONGEST 512

static void
put_be(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = n; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}

size_t
forge(const struct forged *f, uint8_t *out, size_t cap)
{
	size_t head = f->type != 0 ? PLD_HDR_LEN : 0, n = IKE_HDR_LEN + head + f->body.n;

	if (n > cap)
		return 0;
	memset(out, 0, n);
	put_be(out, f->spi_i, 8);
	put_be(out + 8, f->spi_r, 8);
	out[16] = f->type;
	out[17] = f->version;
	out[18] = f->exchange;
	out[19] = f->flags;
	put_be(out + 20, f->msgid, 4);
	put_be(out + 24, n, 4);
	if (f->type != 0)
		put_be(out + IKE_HDR_LEN + 2, PLD_HDR_LEN + f->body.n, 2);
	if (f->body.n > 0)
		memcpy(out + IKE_HDR_LEN + head, f->body.p, f->body.n);
	return n;
}

void
hostile_send(struct node *from, struct node *to, struct slice bytes, bool natt)
{
	uint16_t port = natt ? 4500 : 500;
	struct dgram d = { .local = { to->addr, port }, .remote = { from->addr, port }, .natt = natt, .data = bytes };

	if (to->daemon != NULL)
		daemon_datagram(to->daemon, &d, to->w->now);
}

/* The bodies of the lies: deletes of the IKE SA, errors, things that make people nervous. */
static size_t
v2_lie(unsigned which, uint8_t *b, uint8_t *type)
{
	static const uint16_t notifies[] = { V2_N_INVALID_IKE_SPI, V2_N_INVALID_SPI, V2_N_NO_PROPOSAL_CHOSEN,
		V2_N_AUTHENTICATION_FAILED, V2_N_INVALID_SYNTAX, V2_N_INVALID_MAJOR_VERSION, V2_N_INITIAL_CONTACT,
		V2_N_TEMPORARY_FAILURE, V2_N_CHILD_SA_NOT_FOUND, V2_N_INVALID_KE_PAYLOAD };
	size_t n = sizeof(notifies) / sizeof(notifies[0]);

	memset(b, 0, 16);
	if (which < n) {
		*type = V2_PLD_N;
		put_be(b + 2, notifies[which], 2);
		/* a group that nobody offered */
		put_be(b + 4, 2, 2);
		return notifies[which] == V2_N_INVALID_KE_PAYLOAD ? 6 : 4;
	}
	if (which > n)
		return 0;
	*type = V2_PLD_D;
	b[0] = V2_PROTO_IKE;
	return 4;
}

static size_t
v1_lie(const struct ike_sa *ike, unsigned which, uint8_t *b, uint8_t *type)
{
	static const uint16_t notifies[] = { V1_N_INVALID_COOKIE, V1_N_INVALID_SPI, V1_N_NO_PROPOSAL_CHOSEN,
		V1_N_AUTHENTICATION_FAILED, V1_N_PAYLOAD_MALFORMED, V1_N_INITIAL_CONTACT, V1_N_INVALID_ID_INFORMATION,
		V1_N_R_U_THERE };
	size_t n = sizeof(notifies) / sizeof(notifies[0]);

	memset(b, 0, 32);
	put_be(b, V1_DOI_IPSEC, 4);
	b[4] = V1_PROTO_ISAKMP;
	b[5] = 16;
	if (which < n) {
		*type = V1_PLD_N;
		put_be(b + 6, notifies[which], 2);
	} else if (which == n) {
		*type = V1_PLD_D;
		put_be(b + 6, 1, 2);
	} else {
		return 0;
	}
	put_be(b + 8, ike_spi_i(ike), 8);
	put_be(b + 16, ike_spi_r(ike), 8);
	return 24;
}

static void
say(struct node *from, struct node *to, const struct forged *f)
{
	uint8_t m[LONGEST];
	size_t n = forge(f, m, sizeof(m));

	hostile_send(from, to, slice_of(m, n), false);
}

static void
lie_about(struct node *from, struct node *to, const struct ike_sa *ike)
{
	struct forged f = { .spi_i = ike_spi_i(ike), .spi_r = ike_spi_r(ike), .version = ike->v2 != NULL ? 0x20 : 0x10 };
	uint8_t body[32];

	for (unsigned which = 0;; which++) {
		size_t n = ike->v2 != NULL ? v2_lie(which, body, &f.type) : v1_lie(ike, which, body, &f.type);
		if (n == 0)
			break;
		f.body = slice_of(body, n);
		f.exchange = ike->v2 != NULL ? V2_XCHG_INFORMATIONAL : V1_XCHG_INFO;
		for (unsigned flags = 0; flags < 4; flags++) {
			/* IKEv2: from the peer's role, as request and as response */
			f.flags = ike->v2 == NULL ? 0 :
			    (uint8_t)((flags & 1 ? V2_FLAG_INITIATOR : 0) | (flags & 2 ? V2_FLAG_RESPONSE : 0));
			f.msgid = ike->v2 == NULL ? 0x1000 + which : flags & 2 ? ike->v2 != NULL ? 0 : 1 : 1;
			say(from, to, &f);
			/* in the exchange that is under way: an error answer to IKE_SA_INIT or IKE_AUTH */
			struct forged in_place = f;
			in_place.exchange = ike->peer_spi == 0 ? V2_XCHG_IKE_SA_INIT : V2_XCHG_IKE_AUTH;
			if (ike->v2 != NULL)
				say(from, to, &in_place);
		}
	}
}

void
hostile_lies(struct node *from, struct node *to)
{
	const struct ike_sa *ike;
	uint32_t it = 0;

	while (to->daemon != NULL && (ike = slot_each(&to->daemon->ikes.ids, &it)) != NULL) {
		/* it may die of them, with a failing allocation; the SPIs are all that is used */
		struct ike_sa copy = *ike;
		lie_about(from, to, &copy);
	}
}

static void
try_exchange(struct node *from, struct node *to, struct forged *f, bool v2)
{
	static const uint8_t noise[48] = { 0, 0, 0, 44, 0xa5, 0x5a, 1, 2, 3, 4, 5, 6, 7, 8 };
	static const uint32_t ids[] = { 0, 1, 2, 7, 0xffffffff };

	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		f->msgid = ids[i];
		/* nothing at all, a payload in clear, something that claims to be encrypted */
		f->type = 0;
		f->body = slice_of(NULL, 0);
		say(from, to, f);
		f->type = v2 ? V2_PLD_N : V1_PLD_N;
		f->body = slice_of(noise, 40);
		say(from, to, f);
		f->type = v2 ? V2_PLD_SK : V1_PLD_HASH;
		f->flags |= v2 ? 0 : V1_FLAG_ENCRYPTION;
		f->body = slice_of(noise, 44);
		say(from, to, f);
	}
}

void
hostile_exchanges(struct node *from, struct node *to)
{
	static const uint8_t types[] = { 0, 1, 2, 4, 5, 6, 31, 32, 33, 34, 35, 36, 37, 38, 43, 128, 255 };
	const struct ike_sa *ike;
	uint32_t it = 0;

	while (to->daemon != NULL && (ike = slot_each(&to->daemon->ikes.ids, &it)) != NULL) {
		uint64_t spi_i = ike_spi_i(ike), spi_r = ike_spi_r(ike);
		bool v2 = ike->v2 != NULL;
		for (unsigned t = 0; t < sizeof(types); t++) {
			for (unsigned flags = 0; flags < 4; flags++) {
				struct forged f = { .spi_i = spi_i, .spi_r = spi_r, .version = v2 ? 0x20 : 0x10,
					.exchange = types[t] };
				f.flags = (uint8_t)(v2 ? (flags & 1 ? V2_FLAG_INITIATOR : 0) | (flags & 2 ? V2_FLAG_RESPONSE : 0) : flags);
				try_exchange(from, to, &f, v2);
			}
		}
	}
}

void
hostile_replay(struct world *w, const struct tape *t)
{
	size_t n = t->n;      /* what is answered to it does not count */

	for (size_t i = 0; i < n; i++) {
		for (unsigned twice = 0; twice < 2; twice++)
			world_inject(w, &t->v[i].src, &t->v[i].dst, buf_slice(&t->v[i].data), MSEC(1));
		world_run(w, MSEC(3));
	}
}

void
hostile_headers(struct node *from, struct node *to)
{
	static const uint32_t lengths[] = { 0, 27, 28, 31, 33, 0x7fffffff, 0xffffffff };
	uint8_t m[64] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	for (size_t n = 0; n <= sizeof(m); n++) {
		hostile_send(from, to, slice_of(m, n), false);
		hostile_send(from, to, slice_of(m, n), true);
	}
	for (unsigned v = 0; v < 256; v++) {
		struct forged f = { .spi_i = 0x4242, .version = (uint8_t)v, .exchange = (uint8_t)(v % 40), .flags = V2_FLAG_INITIATOR };
		say(from, to, &f);
	}
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct forged f = { .spi_i = 0x4343, .version = 0x20, .exchange = V2_XCHG_IKE_SA_INIT, .flags = V2_FLAG_INITIATOR };
		size_t n = forge(&f, m, sizeof(m));
		put_be(m + 24, lengths[i], 4);
		hostile_send(from, to, slice_of(m, n), false);
		m[17] = 0x10;
		m[18] = V1_XCHG_MAIN;
		m[19] = 0;
		hostile_send(from, to, slice_of(m, n), false);
	}
}
