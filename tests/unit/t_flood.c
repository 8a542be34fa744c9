/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Floods of first messages by nobody: what they cost is bounded, what is sent back is less than what came, the log stays
 * readable, and who means it gets in.
 */
#include "scenario/hosts.h"
#include "wire/const.h"

#include <check.h>

#define HALF_OPEN_MAX  10000
#define STRANGERS_CALM 1000

/* Hosts a and b, and the first message that b once sent to a. */
struct story {
	struct world *w;
	struct node *a, *b;
	struct buf first;
	struct tape tape;
};

static void
begin(struct story *s, const char *conf)
{
	struct world_options o = { .seed = 11 };
	struct policy_options po = { 0 };

	*s = (struct story){ .w = world_new(&o) };
	ck_assert_ptr_nonnull(s->w);
	ck_assert(hosts_two(s->w, conf, conf, &po));
	s->a = &s->w->node[0];
	s->b = &s->w->node[1];
	s->w->tape = &s->tape;
	node_cut(s->b, true);
	hosts_first_packet_back(s->w);
	ck_assert_uint_gt(s->tape.n, 0);
	ck_assert_int_eq(buf_set(&s->first, buf_slice(&s->tape.v[0].data)), IKE_OK);
	/* that came to nothing */
	world_run(s->w, SEC(90));
	node_cut(s->b, false);
	tape_free(&s->tape);
}

static void
end(struct story *s)
{
	const char *wrong = world_check(s->w);

	ck_assert_msg(wrong == NULL, "%s", wrong);
	tape_free(&s->tape);
	buf_free(&s->first);
	world_free(s->w);
}

/* The first message again, with an initiator SPI of its own, from somewhere. */
static void
stranger(struct story *s, unsigned i, bool elsewhere)
{
	struct dgram d = {
		.local = { s->a->addr, IKE_PORT }, .remote = { s->b->addr, (uint16_t)(1024 + i) }, .data = buf_slice(&s->first),
	};

	for (unsigned k = 0; k < 8; k++)
		s->first.p[k] = (uint8_t)(k < 4 ? 1 : i >> (8 * (7 - k)));
	if (elsewhere) {
		d.remote.addr.b[1] = 1;
		d.remote.addr.b[2] = (uint8_t)(i >> 8);
		d.remote.addr.b[3] = (uint8_t)i;
	}
	daemon_datagram(s->a->daemon, &d, s->w->now);
}

static size_t
sent_back(const struct story *s)
{
	size_t bytes = 0;

	for (size_t i = 0; i < s->tape.n; i++)
		bytes += s->tape.v[i].data.n;
	return bytes;
}

static void
gets_in(struct story *s)
{
	hosts_first_packet_back(s->w);
	ck_assert_uint_eq(node_pairs(s->b, s->a), 1);
	ck_assert_uint_eq(node_pairs(s->a, s->b), 1);
	ck_assert(world_flows(s->a, s->b, 0));
}

START_TEST(v2_asks_for_a_cookie)
{
	struct story s;
	const struct ike_table *t;
	unsigned count = STRANGERS_CALM + 500;

	begin(&s, conf_v2);
	t = &s.a->daemon->ikes;
	for (unsigned i = 0; i < count; i++)
		stranger(&s, i, true);
	ck_assert_uint_eq(t->n_strangers, STRANGERS_CALM);
	ck_assert_uint_eq(t->half_open, STRANGERS_CALM);
	ck_assert_uint_eq(s.tape.n, count);
	ck_assert_uint_le(sent_back(&s), count * s.first.n);
	/* what was asked of them is short */
	ck_assert_uint_lt(s.tape.v[count - 1].data.n, s.first.n / 2);
	ck_assert_uint_lt(s.a->log.n, 60000);
	gets_in(&s);
	world_run(s.w, SEC(60));
	ck_assert_uint_eq(t->n_strangers, 0);
	ck_assert_uint_eq(t->half_open, 0);
	ck_assert_uint_eq(node_all_ikes(s.a), 1);
	end(&s);
}
END_TEST

/* A cookie is for one sender and one message, and for a while. */
START_TEST(v2_cookies_are_bound)
{
	struct story s;
	const struct ike_table *t;
	struct buf with = { 0 };

	begin(&s, conf_v2);
	t = &s.a->daemon->ikes;
	for (unsigned i = 0; i <= STRANGERS_CALM; i++)
		stranger(&s, i, true);
	ck_assert_uint_eq(t->half_open, STRANGERS_CALM);
	/* the cookie payload of the last answer goes in front of the payloads of the last message */
	const struct buf *answer = &s.tape.v[s.tape.n - 1].data;
	uint8_t head[IKE_HDR_LEN];
	memcpy(head, s.first.p, sizeof(head));
	size_t n = s.first.n + answer->n - IKE_HDR_LEN;
	head[26] = (uint8_t)(n >> 8);
	head[27] = (uint8_t)n;
	uint8_t first_type = head[16];
	head[16] = V2_PLD_N;
	ck_assert_int_eq(buf_append(&with, slice_of(head, sizeof(head))), IKE_OK);
	ck_assert_int_eq(buf_append(&with, slice_of(answer->p + IKE_HDR_LEN, answer->n - IKE_HDR_LEN)), IKE_OK);
	with.p[IKE_HDR_LEN] = first_type;
	ck_assert_int_eq(buf_append(&with, slice_of(s.first.p + IKE_HDR_LEN, s.first.n - IKE_HDR_LEN)), IKE_OK);
	struct dgram d = {
		.local = { s.a->addr, IKE_PORT }, .remote = s.tape.v[s.tape.n - 1].dst, .data = buf_slice(&with),
	};

	d.remote.port++;
	daemon_datagram(s.a->daemon, &d, s.w->now);
	ck_assert_uint_eq(t->half_open, STRANGERS_CALM);
	d.remote.port--;
	with.p[7]++;
	daemon_datagram(s.a->daemon, &d, s.w->now);
	ck_assert_uint_eq(t->half_open, STRANGERS_CALM);
	with.p[7]--;
	with.p[IKE_HDR_LEN + 8 + 5] ^= 1;
	daemon_datagram(s.a->daemon, &d, s.w->now);
	ck_assert_uint_eq(t->half_open, STRANGERS_CALM);
	with.p[IKE_HDR_LEN + 8 + 5] ^= 1;
	daemon_datagram(s.a->daemon, &d, s.w->now);
	ck_assert_uint_eq(t->half_open, STRANGERS_CALM + 1);
	ck_assert_uint_eq(t->n_strangers, STRANGERS_CALM);
	buf_free(&with);
	end(&s);
}
END_TEST

/* IKEv1 cannot ask: the oldest of those who do not go on has to make room. */
START_TEST(v1_makes_room)
{
	struct story s;
	const struct ike_table *t;

	begin(&s, conf_v1);
	t = &s.a->daemon->ikes;
	for (unsigned i = 0; i < HALF_OPEN_MAX + 100; i++)
		stranger(&s, i, false);
	ck_assert_uint_eq(t->half_open, HALF_OPEN_MAX);
	ck_assert_uint_lt(s.a->log.n, 60000);
	gets_in(&s);
	ck_assert_uint_eq(t->half_open, HALF_OPEN_MAX - 1);
	world_run(s.w, SEC(60));
	ck_assert_uint_eq(t->half_open, 0);
	ck_assert_uint_eq(node_all_ikes(s.a), 1);
	end(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("flood");
	TCase *t = tcase_create("flood");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, v2_asks_for_a_cookie);
	tcase_add_test(t, v2_cookies_are_bound);
	tcase_add_test(t, v1_makes_room);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
