/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/ike/record.h"

#include "prop/prop.h"
#include "scenario/faults.h"
#include "unit/fail_alloc.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct record_pair
pair_of(const char *local, const char *remote)
{
	struct record_pair p = { .proto = PROTO_ESP, .mode = MODE_TUNNEL, .spi_in = 0x12345678, .spi_out = 0xfedcba98, .reqid_in = 7,
		.reqid_out = SADB_REQID_LAST };
	struct prefix net;

	ck_assert_int_eq(addr_parse(local, &p.local), IKE_OK);
	ck_assert_int_eq(addr_parse(remote, &p.remote), IKE_OK);
	net = (struct prefix){ p.local, 24 };
	p.my_ts = ts_of_prefix(&net, 6, 0);
	net = (struct prefix){ p.remote, addr_bits(&p.remote) };
	p.peer_ts = ts_of_prefix(&net, 6, 443);
	return p;
}

/* The line of |p| without its end. */
static struct slice
line_of(const struct record_pair *p, struct buf *b)
{
	b->n = 0;
	ck_assert_int_eq(record_put(p, b), IKE_OK);
	ck_assert_uint_eq(b->p[b->n - 1], '\n');
	return slice_of(b->p, b->n - 1);
}

START_TEST(a_line_comes_back)
{
	static const char *const ends[][2] = { { "192.0.2.1", "198.51.100.2" }, { "2001:db8::1", "2001:db8:ffff::2" } };
	struct record_pair p = pair_of(ends[_i][0], ends[_i][1]), q;
	struct buf b = { 0 };
	bool end = true;

	ck_assert_int_eq(record_get(line_of(&p, &b), &q, &end), IKE_OK);
	ck_assert(!end);
	ck_assert(addr_equal(&p.local, &q.local) && addr_equal(&p.remote, &q.remote));
	ck_assert(ts_equal(&p.my_ts, &q.my_ts) && ts_equal(&p.peer_ts, &q.peer_ts));
	ck_assert(p.spi_in == q.spi_in && p.spi_out == q.spi_out && p.reqid_in == q.reqid_in && p.reqid_out == q.reqid_out);
	ck_assert(p.proto == q.proto && p.mode == q.mode);
	b.n = 0;
	ck_assert_int_eq(record_put_end(&p, &b), IKE_OK);
	ck_assert_int_eq(record_get(slice_of(b.p, b.n - 1), &q, &end), IKE_OK);
	ck_assert(end && q.spi_in == p.spi_in && addr_equal(&q.local, &p.local));
	buf_free(&b);
}
END_TEST

/* A line that was cut anywhere says something else, if anything: never this pair. */
START_TEST(a_torn_line_is_refused)
{
	struct record_pair p = pair_of("192.0.2.1", "198.51.100.2"), q;
	struct buf b = { 0 };
	struct slice line = line_of(&p, &b);
	bool end;

	for (size_t n = 0; n < line.n; n++) {
		if (record_get(slice_of(line.p, n), &q, &end) != IKE_OK)
			continue;
		/* only the last number can be shorter, and then it is no range with the one before it */
		ck_assert_uint_ge(n, line.n - 2);
	}
	buf_free(&b);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	static const char *const bad[] = {
		"", " ", "+", "-", "x 3 2 0x1", "+ 3 2 0x1 0x2 192.0.2.1", "- 3 0x1", "- 3 0x1 192.0.2.1 more", "- 3 0x1 not.an.address",
		"- 1 0x1 192.0.2.1", "- 99999 0x1 192.0.2.1", "- 3 0x1ffffffff 192.0.2.1", "- 3 12ab 192.0.2.1", "-  3 0x1 192.0.2.1",
		"- 3 0x1 192.0.2.1 ",
		"+ 3 0 0x1 0x2 192.0.2.1 192.0.2.2 0 0 0 192.0.2.1 192.0.2.1 0 65535 0 192.0.2.2 192.0.2.2 0 65535",
		"+ 3 1 0x1 0x2 192.0.2.1 192.0.2.2 0 0 0 192.0.2.9 192.0.2.1 0 65535 0 192.0.2.2 192.0.2.2 0 65535",
	};
	struct record_pair p;
	bool end;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(record_get(slice_str(bad[i]), &p, &end) == IKE_E_FORMAT, "accepted: %s", bad[i]);
}
END_TEST

/* --- in a daemon --- */

static unsigned
lines_of(struct slice text)
{
	unsigned n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

static struct world *
two_hosts(void)
{
	static const struct world_options opt = { .seed = 1 };
	struct policy_options po = { 0 };
	struct world *w = world_new(&opt);

	ck_assert_ptr_nonnull(w);
	ck_assert(hosts_two(w, conf_v2, conf_v2, &po));
	hosts_first_packet(w);
	return w;
}

/* Hundreds of renewals do not make the file grow. */
START_TEST(the_file_is_kept_short)
{
	struct world *w = two_hosts();
	struct node *a = &w->node[0];

	ck_assert_uint_eq(lines_of(node_file(a, RECORD_FILE)), 1);
	for (unsigned i = 0; i < 200; i++) {
		hosts_child_soft(a, 0);
		hosts_traffic(w, SEC(2), MSEC(500));
	}
	ck_assert_uint_ge(a->daemon->stats.rekeys, 150);
	ck_assert_uint_le(lines_of(node_file(a, RECORD_FILE)), 80);
	ck_assert_uint_le(a->daemon->record.by_in.count, 2);
	world_free(w);
}
END_TEST

/* A line of a pair that is not in the kernel any more goes; no key is in the file. */
START_TEST(lines_of_the_dead_go)
{
	struct world *w = two_hosts();
	struct node *a = &w->node[0];
	struct record_pair p = pair_of("192.0.2.1", "192.0.2.77");
	struct buf text = { 0 };

	node_stop(a, false);
	ck_assert_int_eq(buf_append(&text, node_file(a, RECORD_FILE)), IKE_OK);
	ck_assert_int_eq(record_put(&p, &text), IKE_OK);
	node_set_file(a, RECORD_FILE, buf_slice(&text));
	buf_free(&text);
	ck_assert_int_eq(node_start(a), IKE_OK);
	ck_assert_uint_eq(a->daemon->stats.adopted, 1);
	ck_assert_uint_eq(a->daemon->record.by_in.count, 1);
	ck_assert_uint_eq(lines_of(node_file(a, RECORD_FILE)), 1);
	world_free(w);
}
END_TEST

/* A full disk is said once, not for each pair, and the file is whole again when it can be written. */
START_TEST(a_full_disk_is_said_once)
{
	struct world *w = two_hosts();
	struct node *a = &w->node[0];
	unsigned said = 0;

	a->disk_full = true;
	for (unsigned i = 0; i < 20; i++) {
		hosts_child_soft(a, 0);
		hosts_traffic(w, SEC(2), MSEC(500));
	}
	for (size_t i = 0; i + 30 < a->log.n; i++)
		said += memcmp(a->log.p + i, "cannot write the record of our", 30) == 0;
	ck_assert_uint_eq(said, 1);
	a->disk_full = false;
	world_run(w, SEC(120));
	ck_assert_uint_eq(lines_of(node_file(a, RECORD_FILE)), 1);
	ck_assert(hosts_one_pair(w) == NULL);
	world_free(w);
}
END_TEST

/* A start without memory leaves the file as it is, so that the next one knows what is ours. */
START_TEST(without_memory_the_file_stays)
{
	struct world *w = two_hosts();
	struct node *a = &w->node[0];
	ike_err err = IKE_E_NOMEM;
	unsigned failed = 0;

	node_stop(a, false);
	for (long n = 1; n < 3000 && a->daemon == NULL; n++) {
		fail_alloc_at(n);
		err = node_start(a);
		fail_alloc_at(0);
		if (err == IKE_OK)
			break;
		failed++;
		ck_assert_uint_eq(lines_of(node_file(a, RECORD_FILE)), 1);
	}
	ck_assert_int_eq(err, IKE_OK);
	ck_assert_uint_ge(failed, 3);
	/* what the start had no memory for comes with the next look */
	world_run(w, SEC(65));
	ck_assert_uint_ge(a->daemon->stats.adopted + a->daemon->stats.child_up, 1);
	ck_assert(hosts_one_pair(w) == NULL);
	world_free(w);
}
END_TEST

/* One entry that could not be made is made up for before anybody can kill the daemon. */
START_TEST(an_entry_is_made_up_for)
{
	for (long n = 1;; n++) {
		struct world *w = two_hosts();
		struct node *a = &w->node[0];
		hosts_child_soft(a, 0);
		fail_alloc_at(n);
		world_run(w, MSEC(100));
		bool hit = fail_alloc_hit();
		fail_alloc_at(0);
		world_run(w, SEC(5));
		ck_assert(!a->daemon->record.incomplete && !a->daemon->record.rewrite);
		ck_assert_uint_ge(a->daemon->record.by_in.count, 1);
		world_free(w);
		if (!hit)
			break;
	}
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("record");
	TCase *t = tcase_create("text");

	tcase_add_loop_test(t, a_line_comes_back, 0, 2);
	tcase_add_test(t, a_torn_line_is_refused);
	tcase_add_test(t, nonsense_is_refused);
	suite_add_tcase(s, t);
	t = tcase_create("daemon");
	tcase_add_test(t, the_file_is_kept_short);
	tcase_add_test(t, lines_of_the_dead_go);
	tcase_add_test(t, a_full_disk_is_said_once);
	tcase_add_test(t, without_memory_the_file_stays);
	tcase_add_test(t, an_entry_is_made_up_for);
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
