/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * INVALID_SPI and INVALID-SPI within an IKE SA, over the wire: the peer has lost its half of a pair.  That pair is replaced, once, and
 * nothing else is touched, whatever stands in the notification.
 */
#include "ringtail/v1/v1.h"
#include "ringtail/v2/v2.h"
#include "scenario/hosts.h"
#include "unit/fail_alloc.h"

#include <check.h>

struct story {
	struct world *w;
	struct node *a, *b;
	bool v2;
};

static void
begin(struct story *s, int version)
{
	struct world_options o = { .seed = 37 };
	struct policy_options po = { 0 };
	const char *conf = version == 2 ? conf_v2 : conf_v1;

	*s = (struct story){ .w = world_new(&o), .v2 = version == 2 };
	ck_assert_ptr_nonnull(s->w);
	ck_assert(hosts_two(s->w, conf, conf, &po));
	s->a = &s->w->node[0];
	s->b = &s->w->node[1];
	hosts_first_packet(s->w);
	/* older than any message that may be on its way */
	world_run(s->w, SEC(5));
}

/* One pair, and it works. */
static void
end(struct story *s)
{
	world_run(s->w, SEC(20));
	const char *wrong = hosts_one_pair(s->w);
	ck_assert_msg(wrong == NULL, "%s", wrong);
	ck_assert(world_flows(s->a, s->b, SEC(10)));
	ck_assert_ptr_null(world_check(s->w));
	world_free(s->w);
}

static void
put_spi(uint8_t b[4], uint32_t spi)
{
	for (unsigned i = 0; i < 4; i++)
		b[i] = (uint8_t)(spi >> (24 - 8 * i));
}

static void
v2_say(struct story *s, struct slice data)
{
	struct ike_sa *ike = hosts_ike(s->a, 0);
	struct exch x = { .ike = ike, .type = &v2_info, .side = INITIATOR, .msgid = ike->v2->next_out++ };
	struct dgram d = { .local = ike->remote, .remote = ike->local };
	struct msg_out m = { 0 };

	wr_init(&m.w, 0);
	chain_begin(&m.chain, 2);
	v2_put_notify(&m, V2_N_INVALID_SPI, data);
	ck_assert_int_eq(v2_protect(&x, &v2_info.steps[0], &m), IKE_OK);
	wr_free(&m.w);
	d.data = buf_slice(&m.datagram);
	daemon_datagram(s->b->daemon, &d, s->w->now);
	/* repeated: the answer comes again, and nothing happens */
	daemon_datagram(s->b->daemon, &d, s->w->now);
	buf_free(&m.datagram);
}

/* a tells b of |data|. */
static void
say(struct story *s, struct slice data)
{
	struct ike_sa *ike = hosts_ike(s->a, 0);

	ck_assert_ptr_nonnull(ike);
	if (s->v2) {
		v2_say(s, data);
		return;
	}
	struct v1_note note = v1_ike_note(ike, V1_N_INVALID_SPI, data);
	note.proto = V1_PROTO_ESP;
	note.spi_len = 0;
	v1_send_notify(ike, &note);
	world_run(s->w, MSEC(50));
}

static const struct child *
pair_of(struct node *n)
{
	const struct child *c = hosts_child(n, 0);

	ck_assert_ptr_nonnull(c);
	return c;
}

START_TEST(lost_pair_is_replaced)
{
	struct story s;
	uint8_t spi[4];

	begin(&s, _i);
	uint32_t was = pair_of(s.b)->spi_out;
	uint64_t ups = s.b->daemon->stats.child_up;
	put_spi(spi, was);
	say(&s, slice_of(spi, sizeof(spi)));
	ck_assert_uint_eq(s.b->daemon->stats.halflings, 1);
	/* said again while it is being replaced */
	say(&s, slice_of(spi, sizeof(spi)));
	world_run(s.w, SEC(10));
	ck_assert_uint_eq(s.b->daemon->stats.halflings, 1);
	ck_assert_uint_eq(s.b->daemon->stats.child_up, ups + 1);
	ck_assert_uint_ne(pair_of(s.b)->spi_out, was);
	ck_assert_uint_eq(s.b->daemon->stats.ike_up, 1);
	end(&s);
}
END_TEST

/* SPIs of nothing, b's own, and data of every other length. */
START_TEST(anything_else_changes_nothing)
{
	uint8_t spi[9] = { 0 };
	struct story s;

	begin(&s, _i);
	uint32_t in = pair_of(s.b)->spi_in, out = pair_of(s.b)->spi_out;
	const uint32_t odd[] = { 0, 1, 0xffffffff, in, out + 1, out ^ 0x80000000 };
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		put_spi(spi, odd[i]);
		say(&s, slice_of(spi, 4));
	}
	put_spi(spi, out);
	for (size_t n = 0; n <= sizeof(spi); n++)
		if (n != 4)
			say(&s, slice_of(spi, n));
	world_run(s.w, SEC(10));
	ck_assert_uint_eq(s.b->daemon->stats.halflings, 0);
	ck_assert_uint_eq(s.b->daemon->stats.child_up, 1);
	ck_assert_uint_eq(pair_of(s.b)->spi_out, out);
	ck_assert_uint_eq(pair_of(s.b)->spi_in, in);
	end(&s);
}
END_TEST

/* A packet may have overtaken the message that made its pair. */
START_TEST(too_young_to_be_lost)
{
	struct story s;
	uint8_t spi[4];

	begin(&s, _i);
	hosts_child_soft(s.b, 0);
	for (unsigned i = 0; i < 40 && s.b->daemon->stats.child_up == 1; i++)
		world_run(s.w, MSEC(50));
	ck_assert_uint_eq(s.b->daemon->stats.child_up, 2);
	const struct child *c = NULL;
	for (unsigned i = 0; i < 2; i++)
		if (hosts_child(s.b, i) != NULL && hosts_child(s.b, i)->state == CHILD_INSTALLED)
			c = hosts_child(s.b, i);
	ck_assert_ptr_nonnull(c);
	put_spi(spi, c->spi_out);
	say(&s, slice_of(spi, sizeof(spi)));
	ck_assert_uint_eq(s.b->daemon->stats.halflings, 0);
	end(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("invalid_spi");
	TCase *t = tcase_create("within an IKE SA");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, lost_pair_is_replaced, 1, 3);
	tcase_add_loop_test(t, anything_else_changes_nothing, 1, 3);
	tcase_add_loop_test(t, too_young_to_be_lost, 1, 3);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
