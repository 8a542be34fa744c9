/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A peer that holds the keys says anything at all: what is inside the protection is made up, from pieces of what is usual.  b
 * survives, its models stay right, and it serves who behaves.
 */
#include "conf/conf.h"
#include "prop/prop_v1.h"
#include "prop/prop_v2.h"
#include "ringtail/v1/v1.h"
#undef P
#include "ringtail/v2/v2.h"
#include "scenario/hosts.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 1500
#define PIECES 12

struct story {
	struct world  *w;
	struct node   *a, *b;
	struct ike_sa *ike;           /* a's */
	struct buf     piece[PIECES]; /* bodies of payloads */
	uint8_t        type[PIECES];
	unsigned       n;
};

static uint32_t
below(struct story *s, uint32_t n)
{
	return world_random(s->w) % n;
}

/* Keep the body of the payload written last as a piece. */
static void
keep(struct story *s, uint8_t type, struct msg_out *m)
{
	ck_assert_int_eq(wr_err(&m->w), IKE_OK);
	ck_assert_uint_lt(s->n, PIECES);
	ck_assert_int_eq(buf_set(&s->piece[s->n], slice_of(m->w.buf.p + PLD_HDR_LEN, m->w.buf.n - PLD_HDR_LEN)), IKE_OK);
	s->type[s->n++] = type;
	wr_free(&m->w);
}

static void
start(struct msg_out *m, unsigned version)
{
	*m = (struct msg_out){ 0 };
	wr_init(&m->w, 0);
	chain_begin(&m->chain, version);
}

static void
put(struct story *s, unsigned version, uint8_t type, struct slice body)
{
	struct msg_out m;

	start(&m, version);
	(void)pld_put(&m.w, &m.chain, type, body);
	keep(s, type, &m);
}

static struct slice
spi_of(const struct child *c, uint8_t b[4])
{
	for (unsigned k = 0; k < 4; k++)
		b[k] = (uint8_t)(c->spi_in >> (24 - 8 * k));
	return slice_of(b, 4);
}

static void
v2_pieces(struct story *s, struct child *c)
{
	struct exch x = { .ike = s->ike, .type = &v2_child_create };
	struct prop_list ours = { 0 }, offer;
	struct msg_out m;
	uint8_t b[4];

	ck_assert_int_eq(child_props(c, &x.arena, &ours), IKE_OK);
	for (size_t i = 0; i < ours.n; i++)
		prop_set_spi32(&ours.v[i], 0x01020304);
	ck_assert_int_eq(prop_v2_offer(&ours, 0, &x.arena, &offer), IKE_OK);
	start(&m, 2);
	(void)pld_begin(&m.w, &m.chain, V2_PLD_SA);
	prop_v2_put(&m.w, &offer);
	pld_end(&m.w, &m.chain);
	keep(s, V2_PLD_SA, &m);
	start(&m, 2);
	ck_assert_int_eq(v2_put_ts(&x, &m, V2_PLD_TSI, &c->my_ts), IKE_OK);
	keep(s, V2_PLD_TSI, &m);
	start(&m, 2);
	ck_assert_int_eq(v2_put_ts(&x, &m, V2_PLD_TSR, &c->peer_ts), IKE_OK);
	keep(s, V2_PLD_TSR, &m);
	put(s, 2, V2_PLD_NONCE, slice_of("0123456789abcdef0123456789abcdef", 32));
	start(&m, 2);
	v2_put_notify(&m, V2_N_USE_TRANSPORT_MODE, slice_of(NULL, 0));
	keep(s, V2_PLD_N, &m);
	start(&m, 2);
	v2_put_notify_spi(&m, V2_PROTO_ESP, c->spi_in, V2_N_REKEY_SA, slice_of(NULL, 0));
	keep(s, V2_PLD_N, &m);
	struct pld_delete del = { .proto = V2_PROTO_ESP, .spi_len = 4, .count = 1, .spis = spi_of(c, b) };
	start(&m, 2);
	(void)pld_begin(&m.w, &m.chain, V2_PLD_D);
	put_v2_delete(&m.w, &del);
	pld_end(&m.w, &m.chain);
	keep(s, V2_PLD_D, &m);
	struct prop_list *ike_props = (struct prop_list *)&s->ike->rmt->v2;
	ck_assert_int_eq(prop_v2_offer(ike_props, 0, &x.arena, &offer), IKE_OK);
	for (size_t i = 0; i < offer.n; i++) {
		offer.v[i].spi_len = 8;
		memset(offer.v[i].spi, 7, 8);
	}
	start(&m, 2);
	(void)pld_begin(&m.w, &m.chain, V2_PLD_SA);
	prop_v2_put(&m.w, &offer);
	pld_end(&m.w, &m.chain);
	keep(s, V2_PLD_SA, &m);
	arena_free(&x.arena);
}

static void
v1_pieces(struct story *s, struct child *c)
{
	static const uint8_t id_i[] = { 1, 0, 0, 0, 192, 0, 2, 1 }, id_r[] = { 1, 0, 0, 0, 192, 0, 2, 2 };
	struct exch x = { .ike = s->ike, .type = &v1_quick };
	struct prop_list ours = { 0 }, offer;
	struct msg_out m;
	uint8_t b[4];

	ck_assert_int_eq(child_props(c, &x.arena, &ours), IKE_OK);
	for (size_t i = 0; i < ours.n; i++)
		prop_set_spi32(&ours.v[i], 0x01020304);
	ck_assert_int_eq(prop_v1_offer(&ours, &x.arena, &offer), IKE_OK);
	start(&m, 1);
	(void)pld_begin(&m.w, &m.chain, V1_PLD_SA);
	prop_v1_put(&m.w, &offer);
	pld_end(&m.w, &m.chain);
	keep(s, V1_PLD_SA, &m);
	put(s, 1, V1_PLD_NONCE, slice_of("0123456789abcdef", 16));
	put(s, 1, V1_PLD_ID, slice_of(id_i, sizeof(id_i)));
	put(s, 1, V1_PLD_ID, slice_of(id_r, sizeof(id_r)));
	static const uint16_t notes[] = { V1_N_INITIAL_CONTACT, V1_N_R_U_THERE, V1_N_NO_PROPOSAL_CHOSEN, V1_N_RESPONDER_LIFETIME };
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		struct v1_note note = v1_ike_note(s->ike, notes[i], slice_of("\x80\x0b\x00\x01", 4));
		start(&m, 1);
		v1_put_notify(&m, &note);
		keep(s, V1_PLD_N, &m);
	}
	struct pld_delete del = {
		.doi = V1_DOI_IPSEC, .proto = V1_PROTO_ESP, .spi_len = 4, .count = 1, .spis = spi_of(c, b),
	};
	start(&m, 1);
	(void)pld_begin(&m.w, &m.chain, V1_PLD_D);
	put_v1_delete(&m.w, &del);
	pld_end(&m.w, &m.chain);
	keep(s, V1_PLD_D, &m);
	arena_free(&x.arena);
}

/* A payload of |type|, with some of its bytes, and perhaps its length, other than they should be. */
static void
put_mangled(struct story *s, struct msg_out *m, uint8_t type, struct slice body)
{
	uint8_t bytes[2048];
	size_t n = body.n < sizeof(bytes) ? body.n : sizeof(bytes);

	memcpy(bytes, body.p, n);
	if (n > 0 && below(s, 3) == 0)
		for (unsigned k = 1 + below(s, 3); k > 0; k--)
			bytes[below(s, (uint32_t)n)] = (uint8_t)(below(s, 2) == 0 ? 0xff * below(s, 2) : world_random(s->w));
	if (n > 0 && below(s, 6) == 0)
		n = below(s, (uint32_t)n);
	if (below(s, 12) == 0)
		type = (uint8_t)world_random(s->w);
	(void)pld_put(&m->w, &m->chain, type, slice_of(bytes, n));
	if (below(s, 20) == 0 && wr_err(&m->w) == IKE_OK) {
		/* a length that lies */
		uint8_t *len = m->w.buf.p + m->chain.open_at + 2;
		len[below(s, 2)] = (uint8_t)world_random(s->w);
	}
}

/* Usually what belongs together, in its order. */
static void
put_pieces(struct story *s, struct msg_out *m)
{
	if (below(s, 2) == 0) {
		for (unsigned i = 0; i < s->n; i++)
			if (below(s, 3) != 0)
				put_mangled(s, m, s->type[i], buf_slice(&s->piece[i]));
		return;
	}
	for (unsigned k = below(s, 6); k > 0; k--) {
		unsigned i = below(s, s->n);
		put_mangled(s, m, s->type[i], buf_slice(&s->piece[i]));
	}
}

static void
deliver(struct story *s, struct msg_out *m)
{
	struct dgram d = { .local = s->ike->remote, .remote = s->ike->local, .data = buf_slice(&m->datagram) };

	daemon_datagram(s->b->daemon, &d, s->w->now);
	wr_free(&m->w);
	buf_free(&m->datagram);
}

static void
say_v2(struct story *s)
{
	static const struct exch_type *const types[] = { &v2_child_create, &v2_info, &v2_child_create, &v2_ike_auth };
	const struct exch_type *type = types[below(s, 4)];
	struct exch x = { .ike = s->ike, .type = type, .side = INITIATOR, .msgid = s->ike->v2->next_out };
	struct msg_out m;

	start(&m, 2);
	put_pieces(s, &m);
	if (wr_err(&m.w) != IKE_OK) {
		/* what cannot even be written */
		wr_free(&m.w);
		return;
	}
	ck_assert_int_eq(v2_protect(&x, &type->steps[0], &m), IKE_OK);
	if (type != &v2_ike_auth)
		s->ike->v2->next_out++;
	deliver(s, &m);
}

static void
say_v1(struct story *s)
{
	const struct exch_type *type = below(s, 2) == 0 ? &v1_quick : &v1_info;
	struct exch x = { .ike = s->ike, .type = type, .side = INITIATOR, .msgid = world_random(s->w) | 1 };
	struct v1_phase2 *scratch;
	struct msg_out m;

	ck_assert_int_eq(v1_phase2_of(&x, &scratch), IKE_OK);
	start(&m, 1);
	ck_assert_int_eq(v1_begin(&x, &type->steps[0], &m), IKE_OK);
	put_pieces(s, &m);
	if (wr_err(&m.w) != IKE_OK) {
		wr_free(&m.w);
		arena_free(&x.arena);
		return;
	}
	ck_assert_int_eq(v1_protect(&x, &type->steps[0], &m), IKE_OK);
	deliver(s, &m);
	arena_free(&x.arena);
}

static void
meet(struct story *s)
{
	hosts_first_packet(s->w);
	world_run(s->w, SEC(8));
	struct child *c = hosts_child(s->a, 0);
	s->ike = hosts_ike(s->a, 0);
	for (unsigned i = 0; i < s->n; i++)
		buf_free(&s->piece[i]);
	s->n = 0;
	if (s->ike == NULL || c == NULL)
		return;
	if (s->ike->ops->major == 2)
		v2_pieces(s, c);
	else
		v1_pieces(s, c);
}

static void
tell(const char *conf, uint64_t seed)
{
	struct world_options o = { .seed = seed, .no_pcap = true };
	struct policy_options po = { 0 };
	struct story s = { .w = world_new(&o) };
	unsigned said = 0;

	ck_assert_ptr_nonnull(s.w);
	ck_assert(hosts_two(s.w, conf, conf, &po));
	s.a = &s.w->node[0];
	s.b = &s.w->node[1];
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (i % 20 == 0)
			meet(&s);
		s.ike = hosts_ike(s.a, 0);
		if (s.ike == NULL || s.n == 0)
			continue;
		if (s.ike->ops->major == 2)
			say_v2(&s);
		else
			say_v1(&s);
		said++;
		world_run(s.w, MSEC(100));
		const char *wrong = world_check(s.w);
		ck_assert_msg(wrong == NULL, "round %u: %s", i, wrong);
	}
	ck_assert_uint_gt(said, ROUNDS / 4);
	/* what was made and not finished ends by itself */
	for (unsigned i = 0; i < s.n; i++)
		buf_free(&s.piece[i]);
	world_run(s.w, SEC(300));
	/* b believes what it was told, until a comes anew and says that nothing of it is left */
	node_close(s.a);
	hosts_start(s.a);
	hosts_first_packet(s.w);
	ck_assert(world_flows(s.a, s.b, SEC(120)));
	world_free(s.w);
}

START_TEST(v1_peer_says_anything)
{
	tell(conf_v1, 100 + (uint64_t)_i);
}
END_TEST

START_TEST(v2_peer_says_anything)
{
	tell(conf_v2, 200 + (uint64_t)_i);
}
END_TEST

int
main(void)
{
	const char *env = getenv("AUTHPEER_RUNS");
	int runs = env == NULL ? 2 : atoi(env);
	Suite *s = suite_create("authpeer");
	TCase *t = tcase_create("anything");

	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, v1_peer_says_anything, 0, runs);
	tcase_add_loop_test(t, v2_peer_says_anything, 0, runs);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
