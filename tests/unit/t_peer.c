/* SPDX-License-Identifier: BSD-3-Clause */
/* What is remembered of peers: what events mean, what pairs carried, and that it is bounded. */
#include "sadb/sadb.h"
#include "sim/world.h"
#include "unit/fail_alloc.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char conf[] =
    "path pre_shared_key \"/psk\";\n"
    "remote anonymous { exchange_mode ikev2; proposal { encryption_algorithm aes; hash_algorithm sha256; "
    "authentication_method pre_shared_key; dh_group ecp256; } }\n"
    "sainfo anonymous { encryption_algorithm aes; authentication_algorithm hmac_sha256; compression_algorithm deflate; }\n";
static const char psk[] = "192.0.2.1 a very secret word\n192.0.2.2 a very secret word\n";

static struct world *w;
static struct node *a, *b;

static void
setup(void)
{
	struct world_options o = { .seed = 7 };

	w = world_new(&o);
	ck_assert_ptr_nonnull(w);
	a = world_node(w, "a", "192.0.2.1", conf, psk);
	b = world_node(w, "b", "192.0.2.2", conf, psk);
	ck_assert(a != NULL && b != NULL);
	world_protect(a, b, &(struct policy_options){ 0 });
}

static void
teardown(void)
{
	world_free(w);
}

static struct addr
number(unsigned i)
{
	return (struct addr){ .family = 4, .b = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i } };
}

static void
up(void)
{
	ck_assert(world_flows(a, b, SEC(5)));
	ck_assert_ptr_nonnull(peer_find(a->daemon, &b->addr));
}

/* Time passes, and the daemon knows. */
static void
wait(ike_time span)
{
	world_run(w, span);
	daemon_tick(a->daemon, w->now);
}

static void
publish(const struct addr *peer, enum event_kind kind, ike_err why)
{
	struct event ev = { .kind = kind, .remote = { .addr = *peer }, .why = why };

	events_publish(a->daemon, &ev);
}

/* --- what events mean --- */

/* Without a pair there. */
static const struct {
	enum event_kind kind[3];
	ike_err why[3];
	unsigned n;
	enum peer_state state;
	unsigned failures;
} without[] = {
	{ { EV_ACQUIRE }, { 0 }, 1, PEER_CONNECTING, 0 },
	{ { EV_IKE_UP }, { 0 }, 1, PEER_IDLE, 0 },
	{ { EV_ACQUIRE, EV_IKE_FAILED }, { 0, IKE_E_TIMEOUT }, 2, PEER_DOWN, 1 },
	/* one attempt, whatever failed with it */
	{ { EV_ACQUIRE, EV_IKE_FAILED, EV_CHILD_FAILED }, { 0, IKE_E_AUTH, IKE_E_AUTH }, 3, PEER_DOWN, 1 },
	{ { EV_ACQUIRE, EV_CHILD_FAILED, EV_ACQUIRE }, { 0, IKE_E_TS, 0 }, 3, PEER_DOWN, 1 },
	{ { EV_ACQUIRE, EV_CHILD_FAILED }, { 0, IKE_E_GONE }, 2, PEER_IDLE, 0 },
	{ { EV_CHILD_UP, EV_CHILD_DOWN }, { 0 }, 2, PEER_IDLE, 0 },
	{ { EV_CHILD_UP, EV_PEER_DEAD, EV_CHILD_DOWN }, { 0, IKE_E_TIMEOUT, 0 }, 3, PEER_DOWN, 1 },
	{ { EV_CHILD_UP, EV_PEER_DEAD, EV_CHILD_UP }, { 0, IKE_E_TIMEOUT, 0 }, 3, PEER_UP, 0 },
	{ { EV_CHILD_UP, EV_IKE_DOWN }, { 0 }, 2, PEER_UP, 0 },
};

START_TEST(events_without_a_pair)
{
	struct addr x = number(1);

	for (unsigned i = 0; i < without[_i].n; i++)
		publish(&x, without[_i].kind[i], without[_i].why[i]);
	const struct peer *p = peer_find(a->daemon, &x);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(p->state, without[_i].state);
	ck_assert_uint_eq(p->failures, without[_i].failures);
	ck_assert_uint_eq(p->downs, without[_i].kind[1] == EV_PEER_DEAD || without[_i].state == PEER_DOWN);
	ck_assert_int_eq(p->failed_wall != 0, without[_i].failures > 0);
}
END_TEST

/* With one: what fails degrades. */
static const struct {
	enum event_kind kind;
	ike_err why;
	enum peer_state state;
} with[] = {
	{ EV_IKE_FAILED, IKE_E_TIMEOUT, PEER_DEGRADED },
	{ EV_CHILD_FAILED, IKE_E_NO_PROPOSAL, PEER_DEGRADED },
	{ EV_SUSPECT, IKE_OK, PEER_DEGRADED },
	{ EV_HALFLING, IKE_OK, PEER_DEGRADED },
	{ EV_PEER_DEAD, IKE_E_TIMEOUT, PEER_DOWN },
	{ EV_CHILD_DOWN, IKE_OK, PEER_UP },
	{ EV_CHILD_REKEYED, IKE_OK, PEER_UP },
	{ EV_ACQUIRE, IKE_OK, PEER_UP },
	{ EV_IKE_FAILED, IKE_E_GONE, PEER_UP },
};

START_TEST(events_with_a_pair)
{
	up();
	const struct peer *p = peer_find(a->daemon, &b->addr);
	int64_t since = p->since_wall;
	ck_assert_int_eq(p->state, PEER_UP);
	wait(SEC(100));
	publish(&b->addr, with[_i].kind, with[_i].why);
	ck_assert_int_eq(p->state, with[_i].state);
	ck_assert_int_eq(p->since_wall == since, with[_i].state == PEER_UP);
	ck_assert_int_eq(p->why, with[_i].state == PEER_UP ? IKE_OK : with[_i].why);
	publish(&b->addr, EV_HEALED, IKE_OK);
	ck_assert_int_eq(p->state, with[_i].state == PEER_DOWN ? PEER_DOWN : PEER_UP);
}
END_TEST

/*
 * What a look at the traffic costs is set against how soon a silent peer is noticed: four microseconds for each half of so many
 * pairs, so often, is less than a hundredth of a processor, and soon enough for ten seconds.
 */
START_TEST(looks_are_cheap)
{
	static const unsigned many[] = { 1, 19, 499, 1000, 2000, 5000, 20000 };

	for (unsigned i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
		ike_time calm = live_span(many[i], true), soon = live_span(many[i], false);

		ck_assert_int_le(soon, calm);
		ck_assert_int_lt(calm, SEC(10));
		ck_assert_int_le(soon, SEC(3));
		if (many[i] < 500)
			ck_assert_int_eq(calm, SEC(1));
		if (many[i] <= 5000)
			ck_assert_int_lt((ike_time)many[i] * 2 * 4000, calm / 100);
	}
}
END_TEST

/* An address that moves to another host (VRRP) is not for ever one of ours. */
START_TEST(addresses_move)
{
	struct mirror *m = &a->daemon->mirror;

	ck_assert(mirror_local(a->daemon, &a->addr));
	ck_assert(!mirror_local(a->daemon, &b->addr));
	ck_assert_uint_eq(m->n_local, 1);
	daemon_address(a->daemon, &b->addr, false, w->now);
	daemon_address(a->daemon, &a->addr, true, w->now);
	ck_assert_uint_eq(m->n_local, 1);
	daemon_address(a->daemon, &a->addr, false, w->now);
	ck_assert_uint_eq(m->n_local, 0);
}
END_TEST

/* Anybody can send in a peer's name, and fail. */
START_TEST(strangers_change_nothing)
{
	struct addr x = number(9);
	struct event ev = { .kind = EV_IKE_FAILED, .remote = { .addr = x }, .why = IKE_E_AUTH, .stranger = true, .theirs = true };

	events_publish(a->daemon, &ev);
	ck_assert_ptr_null(peer_find(a->daemon, &x));
	up();
	ev.remote.addr = b->addr;
	events_publish(a->daemon, &ev);
	ev.stranger = false;
	events_publish(a->daemon, &ev);
	ck_assert_int_eq(peer_find(a->daemon, &b->addr)->state, PEER_UP);
	/* without a pair it is a reason, once the peer is known */
	publish(&x, EV_ACQUIRE, IKE_OK);
	ev.remote.addr = x;
	events_publish(a->daemon, &ev);
	ck_assert_int_eq(peer_find(a->daemon, &x)->state, PEER_DOWN);
}
END_TEST

START_TEST(retries_do_not_make_it_younger)
{
	up();
	const struct peer *p = peer_find(a->daemon, &b->addr);
	node_cut(b, true);
	publish(&b->addr, EV_PEER_DEAD, IKE_E_TIMEOUT);
	int64_t since = p->since_wall;
	for (unsigned i = 0; i < 5; i++) {
		wait(SEC(10));
		publish(&b->addr, EV_ACQUIRE, IKE_OK);
		/* the pair is still there: only the event says what it says */
		struct event ev = { .kind = EV_PEER_DEAD, .remote = { .addr = b->addr }, .why = IKE_E_TIMEOUT };
		events_publish(a->daemon, &ev);
		ck_assert_int_eq(p->state, PEER_DOWN);
		ck_assert_int_eq(p->since_wall, since);
		ck_assert_uint_eq(p->failures, i + 2);
	}
	ck_assert_uint_eq(p->downs, 1);
}
END_TEST

/* --- what pairs carried --- */

static void
total(uint64_t *in, uint64_t *out)
{
	const struct peer *p = peer_find(a->daemon, &b->addr);
	const struct sad_row *row;
	struct sa_usage u;
	uint32_t it = 0;

	*in = p->former.packets_in;
	*out = p->former.packets_out;
	while ((row = sadb_next(a->daemon->sadb, &it)) != NULL) {
		bool inbound = row->spec.dir == SA_IN;
		if (row->want == SAD_WANT_INSTALLED && sadb_usage(a->daemon->sadb, row->id, &u) == IKE_OK)
			*(inbound ? in : out) += u.packets;
	}
}

START_TEST(counters_survive)
{
	uint64_t in, out;

	up();
	total(&in, &out);
	uint64_t in0 = in, out0 = out;
	for (unsigned i = 1; i <= 3; i++) {
		world_traffic(a, b, 10, MSEC(10));
		ck_assert_ptr_nonnull(strstr(node_ctl(a, "rekey 192.0.2.2"), "replaced"));
		world_run(w, SEC(10));
		total(&in, &out);
		ck_assert_uint_eq(in, in0 + 10u * i);
		ck_assert_uint_eq(out, out0 + 10u * i);
	}
	ck_assert_uint_eq(peer_find(a->daemon, &b->addr)->rekeys, 3);
	(void)node_ctl(a, "down 192.0.2.2");
	world_run(w, SEC(10));
	total(&in, &out);
	ck_assert_uint_eq(in, in0 + 30);
	ck_assert_uint_eq(out, out0 + 30);
	ck_assert_int_eq(peer_find(a->daemon, &b->addr)->state, PEER_IDLE);
	/* and the end of the peer */
	world_traffic(a, b, 10, MSEC(100));
	ck_assert_uint_eq(peer_find(a->daemon, &b->addr)->ups, 2);
	ck_assert_uint_eq(a->daemon->peers.proved, 1);
}
END_TEST

/* --- bounds --- */

START_TEST(the_silent_make_room)
{
	struct addr x;

	up();
	for (unsigned i = 0; i < 20; i++) {
		x = number(i);
		ck_assert_ptr_nonnull(peer_of(a->daemon, &x));
	}
	ck_assert_uint_eq(a->daemon->peers.ids.count, 21);
	ck_assert_uint_eq(a->daemon->peers.proved, 1);
	x = number(5);
	publish(&x, EV_CHILD_UP, IKE_OK);
	ck_assert_uint_eq(a->daemon->peers.proved, 2);
	wait(PEER_KEEP - SEC(60));
	x = number(3);
	publish(&x, EV_ACQUIRE, IKE_OK);
	wait(SEC(120));
	for (unsigned i = 100; i < 200; i++) {
		x = number(i);
		ck_assert_ptr_nonnull(peer_of(a->daemon, &x));
	}
	/* all silent ones but the one that something happened with are gone; b has a pair */
	ck_assert_uint_eq(a->daemon->peers.ids.count, 102);
	x = number(3);
	ck_assert_ptr_nonnull(peer_find(a->daemon, &x));
	x = number(4);
	ck_assert_ptr_null(peer_find(a->daemon, &x));
	ck_assert_ptr_nonnull(peer_find(a->daemon, &b->addr));
	ck_assert_uint_eq(a->daemon->peers.proved, 1);
}
END_TEST

START_TEST(a_full_table_forgets_the_oldest)
{
	struct addr x;

	up();
	for (unsigned i = 0; i < PEER_MOST + 1000; i++) {
		x = number(i);
		ck_assert_ptr_nonnull(peer_of(a->daemon, &x));
	}
	ck_assert_uint_eq(a->daemon->peers.ids.count, PEER_MOST);
	x = number(0);
	ck_assert_ptr_null(peer_find(a->daemon, &x));
	x = number(PEER_MOST + 999);
	ck_assert_ptr_nonnull(peer_find(a->daemon, &x));
	ck_assert_ptr_nonnull(peer_find(a->daemon, &b->addr));
}
END_TEST

START_TEST(without_memory)
{
	struct addr x = number(1);
	uint64_t last = a->daemon->events.last;
	bool hit;

	/* everything or nothing, and the event is published all the same */
	for (long n = 1;; n++) {
		fail_alloc_at(n);
		publish(&x, EV_ACQUIRE, IKE_OK);
		hit = fail_alloc_hit();
		fail_alloc_at(0);
		ck_assert_uint_eq(a->daemon->events.last, ++last);
		ck_assert_int_eq(peer_find(a->daemon, &x) == NULL, hit);
		ck_assert_uint_eq(a->daemon->peers.ids.count, !hit);
		if (!hit)
			break;
	}
	ck_assert_int_eq(peer_find(a->daemon, &x)->state, PEER_CONNECTING);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("peer");
	TCase *t = tcase_create("peer");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, events_without_a_pair, 0, (int)(sizeof(without) / sizeof(without[0])));
	tcase_add_loop_test(t, events_with_a_pair, 0, (int)(sizeof(with) / sizeof(with[0])));
	tcase_add_test(t, strangers_change_nothing);
	tcase_add_test(t, looks_are_cheap);
	tcase_add_test(t, addresses_move);
	tcase_add_test(t, retries_do_not_make_it_younger);
	tcase_add_test(t, counters_survive);
	tcase_add_test(t, the_silent_make_room);
	tcase_add_test(t, a_full_table_forgets_the_oldest);
	tcase_add_test(t, without_memory);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(suite());

	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
