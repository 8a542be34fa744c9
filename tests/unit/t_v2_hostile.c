/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests that an authenticated IKEv2 peer may send but should not: each gets its answer, and the IKE SA goes on.  They are
 * written with the keys of the peer's daemon, which knows nothing of them.
 */
#include "prop/prop_v2.h"
#include "ringtail/v2/v2.h"
#include "scenario/hosts.h"
#include "unit/fail_alloc.h"

#include <check.h>
#include <string.h>

struct story {
	struct world   *w;
	struct node    *a, *b;
	struct ike_sa  *ike;       /* a's */
	struct tape     tape;
	struct msg_out  m;         /* being written by a */
	struct msg      answer;    /* b's last one, read by a */
};

static void
begin(struct story *s)
{
	struct world_options o = { .seed = 23 };
	struct policy_options po = { 0 };

	*s = (struct story){ .w = world_new(&o) };
	ck_assert_ptr_nonnull(s->w);
	ck_assert(hosts_two(s->w, conf_v2, conf_v2, &po));
	s->a = &s->w->node[0];
	s->b = &s->w->node[1];
	hosts_first_packet(s->w);
	s->ike = hosts_ike(s->a, 0);
	ck_assert_ptr_nonnull(s->ike);
	s->w->tape = &s->tape;
}

static void
end(struct story *s)
{
	buf_free(&s->answer.plain);
	s->w->tape = NULL;
	tape_free(&s->tape);
	/* whatever was said, b answers what is asked properly */
	hosts_child_soft(s->a, 0);
	world_run(s->w, SEC(10));
	ck_assert_uint_eq(s->a->daemon->stats.rekeys, 1);
	const char *wrong = hosts_one_pair(s->w);
	ck_assert_msg(wrong == NULL, "%s", wrong);
	ck_assert_ptr_null(world_check(s->w));
	world_free(s->w);
}

static void
write_begin(struct story *s)
{
	s->m = (struct msg_out){ 0 };
	wr_init(&s->m.w, 0);
	chain_begin(&s->m.chain, 2);
}

/* b gets what was written as the next request of |type|, twice; both times it gives the same answer, which is read. */
static void
ask(struct story *s, const struct exch_type *type)
{
	struct exch x = { .ike = s->ike, .type = type, .side = INITIATOR, .msgid = s->ike->v2->next_out++ };
	struct dgram d = { .local = s->ike->remote, .remote = s->ike->local };

	ck_assert_int_eq(v2_protect(&x, &type->steps[0], &s->m), IKE_OK);
	wr_free(&s->m.w);
	d.data = buf_slice(&s->m.datagram);
	tape_free(&s->tape);
	daemon_datagram(s->b->daemon, &d, s->w->now);
	daemon_datagram(s->b->daemon, &d, s->w->now);
	buf_free(&s->m.datagram);
	ck_assert_uint_eq(s->tape.n, 2);
	ck_assert(slice_equal(buf_slice(&s->tape.v[0].data), buf_slice(&s->tape.v[1].data)));
	buf_free(&s->answer.plain);
	s->answer = (struct msg){ .raw = buf_slice(&s->tape.v[0].data) };
	ck_assert_int_eq(get_ike_hdr(s->answer.raw, &s->answer.hdr), IKE_OK);
	ck_assert_int_eq(v2_open(s->ike, &s->answer), IKE_OK);
	ck_assert_int_eq(s->answer.malformed, IKE_OK);
}

static void
ck_notify(const struct story *s, uint16_t type)
{
	struct pld_notify n;

	ck_assert_uint_eq(s->answer.pl.n, 1);
	ck_assert(v2_find_notify(&s->answer.pl, type, &n));
}

/* RFC 7296 section 2.21.3: a request with an error gets an answer that says so. */
START_TEST(malformed_is_answered)
{
	static const struct exch_type *const types[] = { &v2_info, &v2_child_create };
	static const uint8_t short_payload[] = { 0, 0, 0, 2, 0, 0, 0, 0 };
	struct story s;

	begin(&s);
	write_begin(&s);
	wr_bytes(&s.m.w, slice_of(short_payload, sizeof(short_payload)));
	s.m.chain.first = V2_PLD_N;
	ask(&s, types[_i]);
	ck_notify(&s, V2_N_INVALID_SYNTAX);
	end(&s);
}
END_TEST

START_TEST(unknown_critical_payload_is_named)
{
	struct pld_notify n;
	struct story s;

	begin(&s);
	write_begin(&s);
	(void)pld_put(&s.m.w, &s.m.chain, 200, slice_of("x", 1));
	pld_critical(&s.m.w, &s.m.chain);
	ask(&s, &v2_info);
	ck_notify(&s, V2_N_UNSUPPORTED_CRITICAL_PAYLOAD);
	ck_assert(v2_find_notify(&s.answer.pl, V2_N_UNSUPPORTED_CRITICAL_PAYLOAD, &n));
	ck_assert_uint_eq(n.data.n, 1);
	ck_assert_uint_eq(n.data.p[0], 200);
	end(&s);
}
END_TEST

START_TEST(unknown_payload_is_passed_over)
{
	struct story s;

	begin(&s);
	write_begin(&s);
	(void)pld_put(&s.m.w, &s.m.chain, 200, slice_of("x", 1));
	ask(&s, &v2_info);
	ck_assert_uint_eq(s.answer.pl.n, 0);
	end(&s);
}
END_TEST

/* An SA, selectors and a nonce that are as good as any. */
static void
put_child_request(struct story *s)
{
	struct child *c = hosts_child(s->a, 0);
	struct prop_list ours = { 0 }, offer;
	struct exch x = { .ike = s->ike, .type = &v2_child_create };

	ck_assert_int_eq(child_props(c, &x.arena, &ours), IKE_OK);
	for (size_t i = 0; i < ours.n; i++)
		prop_set_spi32(&ours.v[i], 0x01020304);
	ck_assert_int_eq(prop_v2_offer(&ours, 0, &x.arena, &offer), IKE_OK);
	(void)pld_begin(&s->m.w, &s->m.chain, V2_PLD_SA);
	prop_v2_put(&s->m.w, &offer);
	pld_end(&s->m.w, &s->m.chain);
	(void)pld_put(&s->m.w, &s->m.chain, V2_PLD_NONCE, slice_of("0123456789abcdef0123456789abcdef", 32));
	ck_assert_int_eq(v2_put_ts(&x, &s->m, V2_PLD_TSI, &c->my_ts), IKE_OK);
	ck_assert_int_eq(v2_put_ts(&x, &s->m, V2_PLD_TSR, &c->peer_ts), IKE_OK);
	arena_free(&x.arena);
}

START_TEST(rekey_of_a_child_that_is_not_there)
{
	struct pld_notify n;
	struct story s;

	begin(&s);
	write_begin(&s);
	v2_put_notify_spi(&s.m, V2_PROTO_ESP, 0xdeadbeef, V2_N_REKEY_SA, slice_of(NULL, 0));
	put_child_request(&s);
	ask(&s, &v2_child_rekey);
	ck_notify(&s, V2_N_CHILD_SA_NOT_FOUND);
	ck_assert(v2_find_notify(&s.answer.pl, V2_N_CHILD_SA_NOT_FOUND, &n));
	ck_assert_uint_eq(n.proto, V2_PROTO_ESP);
	ck_assert(slice_equal(n.spi, slice_of("\xde\xad\xbe\xef", 4)));
	end(&s);
}
END_TEST

/* Transport mode is what the policy wants, and the request does not say so. */
START_TEST(child_in_the_wrong_mode)
{
	struct story s;

	begin(&s);
	write_begin(&s);
	put_child_request(&s);
	ask(&s, &v2_child_create);
	ck_notify(&s, V2_N_TS_UNACCEPTABLE);
	end(&s);
}
END_TEST

static void
put_delete(struct story *s, uint8_t proto, const uint32_t *spis, unsigned n)
{
	struct pld_delete del = { .proto = proto, .spi_len = proto == V2_PROTO_IKE ? 0 : 4, .count = (uint16_t)n };
	uint8_t b[64];

	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < 4; k++)
			b[4 * i + k] = (uint8_t)(spis[i] >> (24 - 8 * k));
	del.spis = slice_of(b, 4 * n);
	(void)pld_begin(&s->m.w, &s->m.chain, V2_PLD_D);
	put_v2_delete(&s->m.w, &del);
	pld_end(&s->m.w, &s->m.chain);
}

/* Two lists of one protocol, SPIs twice and SPIs of nobody: the answer names our half of what went, once. */
START_TEST(deletes_in_pieces)
{
	struct story s;
	struct pld_delete del;

	begin(&s);
	const struct child *c = hosts_child(s.a, 0);
	uint32_t mine = c->spi_in, other = c->spi_out;
	const uint32_t first[] = { 7, mine, mine }, second[] = { 0xffffffff, mine };
	write_begin(&s);
	put_delete(&s, V2_PROTO_ESP, first, 3);
	put_delete(&s, V2_PROTO_AH, first, 3);
	put_delete(&s, V2_PROTO_ESP, second, 2);
	ask(&s, &v2_info);
	ck_assert_uint_eq(s.answer.pl.n, 1);
	ck_assert_int_eq(get_v2_delete(s.answer.pl.v[0].body, &del), IKE_OK);
	ck_assert_uint_eq(del.proto, V2_PROTO_ESP);
	ck_assert_uint_eq(del.count, 1);
	struct rd r = rd_of(delete_spi(&del, 0));
	ck_assert_uint_eq(rd_u32(&r), other);
	ck_assert_uint_eq(node_all_children(s.b), 0);
	child_drop(hosts_child(s.a, 0));
	hosts_first_packet(s.w);
	end(&s);
}
END_TEST

/* Not a peer's doing: a renewal that fails for want of memory, wherever, leaves no second IKE SA. */
START_TEST(failed_renewal_leaves_nothing)
{
	for (long n = 1; n < 120; n++) {
		struct world_options o = { .seed = 23 };
		struct policy_options po = { 0 };
		struct world *w = world_new(&o);
		ck_assert_ptr_nonnull(w);
		ck_assert(hosts_two(w, conf_v2, conf_v2, &po));
		hosts_first_packet(w);
		fail_alloc_at(n);
		hosts_ike_soft(&w->node[0], 0);
		world_run(w, MSEC(100));
		fail_alloc_at(0);
		world_run(w, SEC(200));
		ck_assert_msg(node_all_ikes(&w->node[0]) <= 1 && node_all_ikes(&w->node[1]) <= 1,
		    "%u and %u IKE SAs when allocation %ld failed", node_all_ikes(&w->node[0]), node_all_ikes(&w->node[1]), n);
		/* an end that cannot read the answer has lost the IKE SA, and begins anew */
		hosts_first_packet(w);
		const char *wrong = hosts_one_pair(w);
		ck_assert_msg(wrong == NULL, "allocation %ld: %s", n, wrong);
		world_free(w);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("v2_hostile");
	TCase *t = tcase_create("authenticated");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, malformed_is_answered, 0, 2);
	tcase_add_test(t, unknown_critical_payload_is_named);
	tcase_add_test(t, unknown_payload_is_passed_over);
	tcase_add_test(t, rekey_of_a_child_that_is_not_there);
	tcase_add_test(t, child_in_the_wrong_mode);
	tcase_add_test(t, deletes_in_pieces);
	tcase_add_test(t, failed_renewal_leaves_nothing);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
