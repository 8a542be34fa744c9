/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is answered in clear about IKE SAs that the daemon does not have: never more bytes than were sent, so many times a second
 * to one address and in all, and never anything about an IKE SA that it has.
 */
#include "ringtail/v1/v1.h"
#include "ringtail/v2/v2.h"
#include "scenario/hosts.h"
#include "unit/fail_alloc.h"
#include "wire/const.h"

#include <check.h>
#include <string.h>

#define LONGEST 300u

struct story {
	struct world *w;
	struct node *a, *b;
	struct tape tape;
};

struct strange {
	uint64_t spi_i, spi_r;
	uint8_t major, exchange, flags;
	size_t len;
	uint32_t from; /* of the sender's address */
};

static void
begin(struct story *s, const char *conf)
{
	struct world_options o = { .seed = 31 };
	struct policy_options po = { 0 };

	*s = (struct story){ .w = world_new(&o) };
	ck_assert_ptr_nonnull(s->w);
	ck_assert(hosts_two(s->w, conf, conf, &po));
	s->a = &s->w->node[0];
	s->b = &s->w->node[1];
	s->w->tape = &s->tape;
}

static void
end(struct story *s)
{
	s->w->tape = NULL;
	tape_free(&s->tape);
	ck_assert_ptr_null(world_check(s->w));
	world_free(s->w);
}

static void
put_be(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = n; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}

/* To a; how many datagrams are the answer, the last one in |*answer| (borrowed). */
static size_t
say(struct story *s, const struct strange *m, struct slice *answer)
{
	uint8_t b[LONGEST] = { 0 };
	size_t had = s->tape.n;
	struct dgram d = { .local = { s->a->addr, 500 }, .remote = { s->b->addr, 500 }, .data = slice_of(b, m->len) };

	put_be(b, m->spi_i, 8);
	put_be(b + 8, m->spi_r, 8);
	b[16] = m->major == 2 ? V2_PLD_SK : V1_PLD_HASH;
	b[17] = (uint8_t)(m->major << 4);
	b[18] = m->exchange;
	b[19] = m->flags;
	put_be(b + 20, 7, 4);
	put_be(b + 24, m->len, 4);
	if (m->from != 0)
		put_be(d.remote.addr.b, m->from, 4);
	daemon_datagram(s->a->daemon, &d, s->w->now);
	if (s->tape.n > had && answer != NULL)
		*answer = buf_slice(&s->tape.v[s->tape.n - 1].data);
	return s->tape.n - had;
}

static struct strange
stranger(uint8_t major)
{
	return (struct strange){ .spi_i = 0x1111222233334444, .spi_r = 0x5555666677778888, .major = major,
		.exchange = major == 2 ? V2_XCHG_INFORMATIONAL : V1_XCHG_INFO,
		.flags = major == 2 ? V2_FLAG_INITIATOR : V1_FLAG_ENCRYPTION, .len = 120 };
}

/* Of whatever length: what comes back has no more bytes.  From some length on there is all that there is to say. */
START_TEST(no_answer_is_longer_than_the_question)
{
	uint8_t major = (uint8_t)_i;
	struct strange m = stranger(major);
	struct slice answer;
	struct story s;
	size_t most = 0;

	begin(&s, major == 2 ? conf_v2 : conf_v1);
	for (m.len = IKE_HDR_LEN; m.len <= LONGEST; m.len++) {
		world_run(s.w, SEC(1));
		if (say(&s, &m, &answer) == 0)
			continue;
		ck_assert_uint_le(answer.n, m.len);
		most = answer.n > most ? answer.n : most;
	}
	ck_assert_uint_eq(most, major == 2 ? IKE_HDR_LEN + 8 + 8 + 16 : IKE_HDR_LEN + 12 + 16);
	/* an empty request with AES-CBC and a SHA is worth the token */
	m.len = 76;
	world_run(s.w, SEC(1));
	ck_assert_uint_eq(say(&s, &m, &answer), 1);
	ck_assert_uint_eq(answer.n, most);
	end(&s);
}
END_TEST

/* One that asks a thousand times within a second: a few answers, and others get theirs. */
START_TEST(one_source_is_not_flooded)
{
	uint8_t major = (uint8_t)_i;
	struct strange m = stranger(major);
	struct story s;
	size_t n = 0;

	begin(&s, major == 2 ? conf_v2 : conf_v1);
	for (unsigned i = 0; i < 1000; i++) {
		m.spi_r++;
		n += say(&s, &m, NULL);
		world_run(s.w, MSEC(1));
	}
	ck_assert_uint_ge(n, 10);
	ck_assert_uint_le(n, 30);
	m.from = 0xc6336407;
	ck_assert_uint_eq(say(&s, &m, NULL), 1);
	end(&s);
}
END_TEST

/* A hundred thousand addresses within a second. */
START_TEST(all_together_are_bounded)
{
	uint8_t major = (uint8_t)_i;
	struct strange m = stranger(major);
	struct story s;
	size_t n = 0;

	begin(&s, major == 2 ? conf_v2 : conf_v1);
	for (m.from = 0x0a000001; m.from < 0x0a000001 + 100000; m.from++) {
		n += say(&s, &m, NULL);
		if (m.from % 100 == 0)
			world_run(s.w, MSEC(1));
	}
	ck_assert_uint_ge(n, 1000);
	ck_assert_uint_le(n, 1400);
	end(&s);
}
END_TEST

/* Whatever is said with the SPIs of an IKE SA that lives: not one byte in clear about it. */
START_TEST(nothing_is_told_of_what_lives)
{
	static const uint8_t exchanges[] = { V1_XCHG_INFO, V1_XCHG_QUICK, V2_XCHG_INFORMATIONAL, V2_XCHG_CREATE_CHILD_SA };
	struct story s;
	struct strange m = { .len = 120 };

	begin(&s, _i == 2 ? conf_v2 : conf_v1);
	hosts_first_packet(s.w);
	const struct ike_sa *ike = hosts_ike(s.a, 0);
	ck_assert_ptr_nonnull(ike);
	uint64_t mine = ike->my_spi, theirs = ike->peer_spi, other = 0x0102030405060708;
	const uint64_t pairs[][2] = { { mine, theirs }, { theirs, mine }, { mine, other }, { other, mine }, { mine, mine } };
	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]) * 4 * 256 * 2; i++) {
		size_t had = s.tape.n;
		m.flags = (uint8_t)i;
		m.exchange = exchanges[i / 256 % 4];
		m.major = (uint8_t)(1 + i / 1024 % 2);
		m.spi_i = pairs[i / 2048][0];
		m.spi_r = pairs[i / 2048][1];
		m.from = i % 3 == 0 ? 0xc6336407 + i : 0;
		(void)say(&s, &m, NULL);
		for (size_t k = had; k < s.tape.n; k++) {
			const uint8_t *p = s.tape.v[k].data.p;
			ck_assert_msg(p[16] != V2_PLD_N && p[16] != V1_PLD_N, "told in clear: flags %02x exchange %u", m.flags, m.exchange);
		}
		if (i % 100 == 0)
			world_run(s.w, SEC(1));
	}
	end(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("clear");
	TCase *t = tcase_create("answers in clear");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, no_answer_is_longer_than_the_question, 1, 3);
	tcase_add_loop_test(t, one_source_is_not_flooded, 1, 3);
	tcase_add_loop_test(t, all_together_are_bounded, 1, 3);
	tcase_add_loop_test(t, nothing_is_told_of_what_lives, 1, 3);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
