/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traffic selectors against a model: a selector over a small world is a set of (address, protocol,
 * port) points, and every operation must agree with what it means for the sets.
 */
#include "prop/ts.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/*
 * The world: 8 addresses, protocols 0..2 (0 stands for every other one), and the ports 0, 1, 2,
 * 65533, 65534, 65535 and OPAQUE. A point is one bit of a set.
 */
#define N_ADDR            8
#define N_PROTO           3
#define N_PORT            7
#define N_POINTS          (N_ADDR * N_PROTO * N_PORT)
#define PORT_OPAQUE_INDEX 6

static const uint16_t ports[N_PORT - 1] = { 0, 1, 2, 65533, 65534, 65535 };

struct set {
	bool in[N_POINTS];
};

static uint32_t rng = 1;

static uint32_t
rnd(uint32_t n)
{
	rng = rng * 1664525u + 1013904223u;
	return (rng >> 8) % n;
}

static struct addr
world_addr(unsigned i)
{
	return (struct addr){ .family = 4, .b = { 192, 0, 2, (uint8_t)i } };
}

/* The points of |ts|, from its meaning and not from the code under test. */
static struct set
set_of(const struct ts *ts)
{
	struct set s = { { false } };
	unsigned a, p, q;

	for (a = 0; a < N_ADDR; a++) {
		for (p = 0; p < N_PROTO; p++) {
			for (q = 0; q < N_PORT; q++) {
				bool any = ts->port_lo == 0 && ts->port_hi == 65535,
				     opaque = ts->port_lo == 65535 && ts->port_hi == 0;
				bool port = any || (q == PORT_OPAQUE_INDEX
							   ? opaque
							   : !opaque && ports[q] >= ts->port_lo &&
								 ports[q] <= ts->port_hi);

				s.in[(a * N_PROTO + p) * N_PORT + q] =
				    a >= ts->lo.b[3] && a <= ts->hi.b[3] &&
				    (ts->proto == 0 || ts->proto == p) && port;
			}
		}
	}
	return s;
}

static struct set
set_of_list(const struct ts_list *l)
{
	struct set s = { { false } }, one;
	unsigned i, k;

	for (i = 0; i < l->n; i++) {
		one = set_of(&l->v[i]);
		for (k = 0; k < N_POINTS; k++)
			s.in[k] = s.in[k] || one.in[k];
	}
	return s;
}

static bool
subset(const struct set *a, const struct set *b)
{
	unsigned k;

	for (k = 0; k < N_POINTS && (!a->in[k] || b->in[k]); k++)
		;
	return k == N_POINTS;
}

static bool
set_equal(const struct set *a, const struct set *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static struct set
both(const struct set *a, const struct set *b)
{
	struct set s;
	unsigned k;

	for (k = 0; k < N_POINTS; k++)
		s.in[k] = a->in[k] && b->in[k];
	return s;
}

static bool
is_empty(const struct set *a)
{
	static const struct set none;

	return set_equal(a, &none);
}

static struct ts
random_ts(void)
{
	unsigned lo = rnd(N_ADDR), hi = lo + rnd(N_ADDR - lo), p = rnd(6), q;
	struct ts ts = { .lo = world_addr(lo),
		.hi = world_addr(hi),
		.proto = (uint8_t)rnd(N_PROTO),
		.port_hi = 65535 };

	if (rnd(8) == 0) {
		ts.port_lo = 65535;
		ts.port_hi = 0;
	} else if (rnd(2) == 0) {
		q = p + rnd(6 - p);
		ts.port_lo = ports[p];
		ts.port_hi = ports[q];
	}
	return ts;
}

static struct ts_list
random_list(unsigned max)
{
	struct ts_list l = { .n = (uint8_t)(1 + rnd(max)) };
	unsigned i;

	for (i = 0; i < l.n; i++)
		l.v[i] = random_ts();
	return l;
}

START_TEST(intersection_and_containment_are_those_of_sets)
{
	unsigned round;

	for (round = 0; round < 30000; round++) {
		struct ts a = random_ts(), b = random_ts(), c;
		struct set sa = set_of(&a), sb = set_of(&b), sc = both(&sa, &sb), got;

		ck_assert_int_eq(ts_contains(&a, &b), subset(&sb, &sa));
		ck_assert_int_eq(ts_intersect(&a, &b, &c), !is_empty(&sc));
		if (!is_empty(&sc)) {
			got = set_of(&c);
			ck_assert(set_equal(&got, &sc));
			ck_assert(ts_contains(&a, &c) && ts_contains(&b, &c));
		}
		ck_assert(ts_contains(&a, &a) && ts_equal(&a, &a));
	}
}
END_TEST

/* RFC 7296 section 2.9, as properties of sets. */
static void
check_narrow(const struct ts_list *ours, const struct ts_list *proposed)
{
	struct set so = set_of_list(ours), sp = set_of_list(proposed), want = both(&so, &sp), got,
		   first;
	struct ts_list out = { .n = 99 };
	unsigned i, j;

	if (is_empty(&want)) {
		ck_assert_int_eq(ts_narrow(ours, proposed, &out), IKE_E_TS);
		ck_assert_int_eq(out.n, 99);
		return;
	}
	ck_assert_int_eq(ts_narrow(ours, proposed, &out), IKE_OK);
	ck_assert(out.n >= 1 && out.n <= TS_MAX);
	got = set_of_list(&out);
	ck_assert(subset(&got, &want));
	if (out.n < TS_MAX)
		ck_assert(set_equal(&got, &want));
	/* what the first selector has in common with ours is always there */
	first = set_of(&proposed->v[0]);
	first = both(&first, &so);
	ck_assert(subset(&first, &got));
	for (i = 0; i < out.n; i++) {
		ck_assert(
		    ts_list_contains(proposed, &(struct ts_list){ .n = 1, .v = { out.v[i] } }));
		for (j = 0; j < out.n; j++)
			ck_assert(i == j || !ts_contains(&out.v[i], &out.v[j]));
	}
}

START_TEST(narrowing_is_intersection_and_keeps_the_first)
{
	unsigned round;

	for (round = 0; round < 20000; round++) {
		struct ts_list ours = random_list(4), proposed = random_list(4);

		check_narrow(&ours, &proposed);
	}
	/* many small parts: more results than fit */
	for (round = 0; round < 3000; round++) {
		struct ts_list ours = random_list(TS_MAX), proposed = random_list(TS_MAX);

		check_narrow(&ours, &proposed);
	}
}
END_TEST

static struct ts
ts_of(const char *prefix, uint8_t proto, uint16_t port)
{
	struct prefix p;

	ck_assert_int_eq(prefix_parse(prefix, &p), IKE_OK);
	return ts_of_prefix(&p, proto, port);
}

static void
expect_print(const struct ts *ts, const char *want)
{
	char s[128];
	struct text t = text_in(s, sizeof(s));

	ts_print(ts, &t);
	ck_assert_str_eq(s, want);
}

START_TEST(the_packet_decides_and_is_swallowed_by_what_holds_it)
{
	struct ts_list ours = { .n = 2,
		.v = { ts_of("10.0.0.0/8", 0, 0), ts_of("2001:db8::/32", 0, 0) } };
	struct ts_list proposed = { .n = 3,
		.v = { ts_of("10.1.1.1", 6, 1234), ts_of("10.1.0.0/16", 0, 0),
		    ts_of("0.0.0.0/0", 17, 0) } };
	struct ts_list out, packet = { .n = 1, .v = { ts_of("192.0.2.1", 6, 80) } };

	ck_assert_int_eq(ts_narrow(&ours, &proposed, &out), IKE_OK);
	ck_assert_int_eq(out.n, 2);
	expect_print(&out.v[0], "10.1.0.0/16");
	expect_print(&out.v[1], "10.0.0.0/8/udp");
	ck_assert(ts_contains(&out.v[0], &proposed.v[0]));
	ck_assert_int_eq(ts_narrow(&ours, &packet, &out), IKE_E_TS);
	/* families never meet */
	packet.v[0] = ts_of("::/0", 0, 0);
	ck_assert_int_eq(ts_narrow(&packet, &proposed, &out), IKE_E_TS);
}
END_TEST

START_TEST(first_survives_when_there_are_too_many)
{
	struct ts_list ours = { .n = TS_MAX }, proposed = { .n = TS_MAX }, out;
	unsigned i;
	struct ts last;

	/* every proposed one meets every one of ours: 64 parts */
	for (i = 0; i < TS_MAX; i++) {
		ours.v[i] = ts_of("0.0.0.0/0", 6, (uint16_t)(100 + i));
		proposed.v[i] = ts_of("0.0.0.0/0", 0, 0);
		proposed.v[i].lo.b[0] = proposed.v[i].hi.b[0] = (uint8_t)(10 + i);
	}
	ck_assert_int_eq(ts_narrow(&ours, &proposed, &out), IKE_OK);
	ck_assert_int_eq(out.n, TS_MAX);
	last = out.v[TS_MAX - 1];
	ck_assert_int_eq(last.lo.b[0], 10);
	ck_assert_int_eq(last.port_lo, 107);
}
END_TEST

START_TEST(malformed_ranges_meet_nothing)
{
	struct ts good = ts_of("0.0.0.0/0", 0, 0), bad = good, out;

	bad.lo.b[0] = 9;
	bad.hi.b[0] = 8;
	ck_assert(!ts_valid(&bad) && !ts_contains(&good, &bad) && !ts_contains(&bad, &bad));
	ck_assert(!ts_intersect(&good, &bad, &out) && !ts_intersect(&bad, &good, &out));
	bad = good;
	bad.port_lo = 80;
	bad.port_hi = 79;
	ck_assert(!ts_valid(&bad) && !ts_contains(&good, &bad) && !ts_intersect(&good, &bad, &out));
	bad = good;
	bad.hi.family = 6;
	ck_assert(!ts_valid(&bad) && !ts_intersect(&good, &bad, &out));
	memset(&bad, 0, sizeof(bad));
	ck_assert(!ts_valid(&bad) && !ts_intersect(&bad, &bad, &out));
	expect_print(&bad, "none-none[0]");
}
END_TEST

START_TEST(lists)
{
	struct ts_list a = { 0 }, b = { 0 };
	struct ts any = ts_of("0.0.0.0/0", 0, 0), web = ts_of("192.0.2.1", 6, 80);
	int i;

	ck_assert(ts_list_equal(&a, &b) && !ts_list_contains(&a, &b));
	ck_assert_int_eq(ts_list_add(&a, &any), IKE_OK);
	ck_assert_int_eq(ts_list_add(&b, &web), IKE_OK);
	ck_assert(ts_list_contains(&a, &b) && !ts_list_contains(&b, &a) && !ts_list_equal(&a, &b));
	ck_assert_int_eq(ts_list_add(&b, &any), IKE_OK);
	ck_assert(!ts_list_equal(&a, &b) && ts_list_contains(&b, &a));
	for (i = b.n; i < TS_MAX; i++)
		ck_assert_int_eq(ts_list_add(&b, &web), IKE_OK);
	ck_assert_int_eq(ts_list_add(&b, &web), IKE_E_FULL);
	ck_assert_int_eq(b.n, TS_MAX);
}
END_TEST

START_TEST(prefixes)
{
	struct ts ts = ts_of("192.0.2.77/24", 17, 53);
	struct addr_buf buf;
	struct prefix p;
	uint16_t port;

	ck_assert(ts_to_prefix(&ts, &p, &port));
	ck_assert_str_eq(prefix_text(&p, &buf), "192.0.2.0/24");
	ck_assert_int_eq(port, 53);
	ts = ts_of("2001:db8::1", 58, 0);
	ck_assert(ts_to_prefix(&ts, &p, &port) && p.len == 128 && port == 0);
	ts.port_lo = ts.port_hi = 0;
	ck_assert(!ts_to_prefix(&ts, &p, &port));
	ts.port_hi = 3;
	ck_assert(!ts_to_prefix(&ts, &p, &port));
	ts.port_lo = 65535;
	ts.port_hi = 0;
	ck_assert(!ts_to_prefix(&ts, &p, &port));
	ts = ts_of("192.0.2.0/24", 0, 0);
	ts.hi.b[3] = 254;
	ck_assert(!ts_to_prefix(&ts, &p, &port));
}
END_TEST

START_TEST(printing)
{
	struct ts ts = ts_of("192.0.2.0/24", 6, 80);

	expect_print(&ts, "192.0.2.0/24[80]/tcp");
	ts.hi.b[3] = 9;
	expect_print(&ts, "192.0.2.0-192.0.2.9[80]/tcp");
	ts.port_hi = 90;
	expect_print(&ts, "192.0.2.0-192.0.2.9[80-90]/tcp");
	ts = ts_of("192.0.2.1", 200, 0);
	expect_print(&ts, "192.0.2.1/200");
	ts.port_lo = 65535;
	ts.port_hi = 0;
	ts.proto = 17;
	expect_print(&ts, "192.0.2.1[opaque]/udp");
	ts = ts_of("2001:db8::/32", 0, 0);
	expect_print(&ts, "2001:db8::/32");
	ts = ts_of("::/0", 0, 0);
	expect_print(&ts, "::/0");
}
END_TEST

/* Write |ts| as an ID, read it back. */
static void
expect_id(const struct ts *ts, uint8_t want_type, const char *want_hex)
{
	uint8_t type, proto, data[32];
	char hex[80];
	struct text t = text_in(hex, sizeof(hex));
	uint16_t port;
	size_t len, cut;
	struct ts back;

	ck_assert_int_eq(ts_to_v1_id(ts, &type, &proto, &port, data, &len), IKE_OK);
	text_hex(&t, slice_of(data, len));
	ck_assert_int_eq(type, want_type);
	ck_assert_str_eq(hex, want_hex);
	ck_assert_int_eq(ts_from_v1_id(type, proto, port, slice_of(data, len), &back), IKE_OK);
	ck_assert(ts_equal(ts, &back));
	for (cut = 0; cut < len; cut++)
		ck_assert_int_ne(
		    ts_from_v1_id(type, proto, port, slice_of(data, cut), &back), IKE_OK);
}

START_TEST(v1_ids_round_trip)
{
	struct ts ts = ts_of("192.0.2.1", 17, 500);

	expect_id(&ts, 1, "c0000201");
	ts = ts_of("192.0.2.0/23", 0, 0);
	expect_id(&ts, 4, "c0000200fffffe00");
	ts = ts_of("0.0.0.0/0", 0, 0);
	expect_id(&ts, 4, "0000000000000000");
	ts = ts_of("192.0.2.0/24", 6, 22);
	ts.hi.b[3] = 9;
	expect_id(&ts, 7, "c0000200c0000209");
	ts = ts_of("2001:db8::1", 0, 0);
	expect_id(&ts, 5, "20010db8000000000000000000000001");
	ts = ts_of("2001:db8::/33", 0, 0);
	expect_id(&ts, 6, "20010db8000000000000000000000000ffffffff800000000000000000000000");
	ts.hi.b[15] = 7;
	expect_id(&ts, 8, "20010db800000000000000000000000020010db87fffffffffffffffffffff07");
}
END_TEST

START_TEST(v1_ids_refused)
{
	static const uint8_t holes[8] = { 10, 0, 0, 0, 255, 0, 255, 0 },
			     backwards[8] = { 10, 0, 0, 2, 10, 0, 0, 1 };
	static const uint8_t long_id[33] = { 0 };
	struct ts ts = ts_of("192.0.2.0/24", 6, 22), out;
	uint8_t type, proto, data[32];
	uint16_t port;
	size_t len;
	int t;

	ck_assert_int_eq(ts_from_v1_id(4, 0, 0, slice_of(holes, 8), &out), IKE_E_FORMAT);
	ck_assert_int_eq(ts_from_v1_id(7, 0, 0, slice_of(backwards, 8), &out), IKE_E_FORMAT);
	for (t = 0; t < 256; t++) {
		ike_err err = ts_from_v1_id((uint8_t)t, 0, 0, slice_of(long_id, 33), &out);

		if (t == 1 || (t >= 4 && t <= 8))
			ck_assert_int_eq(err, IKE_E_FORMAT);
		else
			ck_assert_int_eq(err, IKE_E_ID);
	}
	ts.port_hi = 23;
	ck_assert_int_eq(ts_to_v1_id(&ts, &type, &proto, &port, data, &len), IKE_E_TS);
	ts.port_lo = 65535;
	ts.port_hi = 0;
	ck_assert_int_eq(ts_to_v1_id(&ts, &type, &proto, &port, data, &len), IKE_E_TS);
	ts.port_lo = 0;
	ck_assert_int_eq(ts_to_v1_id(&ts, &type, &proto, &port, data, &len), IKE_E_TS);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ts");
	TCase *t = tcase_create("ts");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, intersection_and_containment_are_those_of_sets);
	tcase_add_test(t, narrowing_is_intersection_and_keeps_the_first);
	tcase_add_test(t, the_packet_decides_and_is_swallowed_by_what_holds_it);
	tcase_add_test(t, first_survives_when_there_are_too_many);
	tcase_add_test(t, malformed_ranges_meet_nothing);
	tcase_add_test(t, lists);
	tcase_add_test(t, prefixes);
	tcase_add_test(t, printing);
	tcase_add_test(t, v1_ids_round_trip);
	tcase_add_test(t, v1_ids_refused);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
