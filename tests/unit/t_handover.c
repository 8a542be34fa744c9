/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is read of a snapshot that is damaged, too old, of another version, or has more or less in it than we write.
 *
 *	t_handover record FILE     write a snapshot of today's version, for tests/vectors/handover
 */
#include "unit/handover_fix.h"

#include "ringtail/ike/handover.h"
#include "sadb/sadb.h"
#include "scenario/hosts.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const char conf_both[] = REMOTE("ikev2, main", "") PLAIN_SAINFO;

struct story {
	struct world *w;
	struct node *a, *b, *c;
	struct buf snapshot;
};

/*
 * a has an IKE SA and a pair with b in IKEv2 and with c in IKEv1, and requests of both kinds under way.  Its snapshot is in
 * s->snapshot, and it is down.
 */
static void
begin(struct story *s)
{
	struct world_options o = { .seed = 7 };
	struct policy_options po = { 0 };

	*s = (struct story){ .w = world_new(&o) };
	s->a = world_node(s->w, "a", "192.0.2.1", conf_both, PSK_LINES);
	s->b = world_node(s->w, "b", "192.0.2.2", conf_v2, PSK_LINES);
	s->c = world_node(s->w, "c", "192.0.2.3", conf_v1, PSK_LINES);
	ck_assert(s->a != NULL && s->b != NULL && s->c != NULL);
	world_protect(s->a, s->b, &po);
	world_protect(s->a, s->c, &po);
	node_send(s->a, s->b, 17, 1000, 2000);
	node_send(s->c, s->a, 17, 1000, 2000);
	world_run(s->w, SEC(3));
	ck_assert_uint_eq(node_all_children(s->a), 2);
	for (unsigned i = 0; i < 2; i++)
		hosts_child_soft(s->a, 0);
	hosts_child_soft(s->a, 1);
	ck_assert_uint_eq(node_all_children(s->a), 4);
	ck_assert_int_eq(node_hand_over(s->a), IKE_OK);
	ck_assert_int_eq(buf_set(&s->snapshot, secret_slice(&s->a->left)), IKE_OK);
	secret_free(&s->a->left);
}

static void
end(struct story *s)
{
	buf_free(&s->snapshot);
	world_free(s->w);
}

/* Start a with |snapshot|; let it try something; stop it again.  How many IKE SAs did it take over? */
static unsigned
start_with(struct story *s, struct slice snapshot)
{
	s->a->log.n = 0;
	ck_assert_int_eq(secret_copy(snapshot, &s->a->left), IKE_OK);
	ck_assert_int_eq(node_start(s->a), IKE_OK);
	ck_assert_uint_eq(s->a->left.n, 0);
	unsigned taken = node_all_ikes(s->a);
	const char *wrong = sadb_check(s->a->daemon->sadb);
	ck_assert_msg(wrong == NULL, "%s", wrong);
	daemon_tick(s->a->daemon, s->w->now);
	node_stop(s->a, false);
	return taken;
}

/* The same with |records| in an envelope that is right. */
static unsigned
start_with_records(struct story *s, uint16_t major, uint16_t minor, struct slice records)
{
	struct crypto *c;
	struct buf b = { 0 };

	ck_assert_int_eq(crypto_new(NULL, &c), IKE_OK);
	ck_assert_int_eq(snapshot_make(c, major, minor, records, &b), IKE_OK);
	unsigned taken = start_with(s, buf_slice(&b));
	buf_free(&b);
	crypto_free(c);
	return taken;
}

START_TEST(whole_is_taken)
{
	struct story s;

	begin(&s);
	ck_assert_uint_eq(start_with(&s, buf_slice(&s.snapshot)), 2);
	ck_assert(node_logged(s.a, "took over 2 IKE SAs and 4 children"));
	end(&s);
}
END_TEST

START_TEST(no_damaged_byte_is_believed)
{
	struct story s;

	begin(&s);
	for (size_t i = 0; i < s.snapshot.n; i += i < 64 ? 1 : 37) {
		s.snapshot.p[i] ^= 0x10;
		ck_assert_msg(start_with(&s, buf_slice(&s.snapshot)) == 0, "byte %zu", i);
		ck_assert(node_logged(s.a, "is not used"));
		s.snapshot.p[i] ^= 0x10;
	}
	end(&s);
}
END_TEST

START_TEST(no_part_is_believed)
{
	struct story s;

	begin(&s);
	for (size_t n = 1; n < s.snapshot.n; n += n < 64 ? 1 : 61) {
		ck_assert_msg(start_with(&s, slice_of(s.snapshot.p, n)) == 0, "%zu bytes", n);
		ck_assert(node_logged(s.a, "is not used"));
	}
	ck_assert_int_eq(buf_append(&s.snapshot, slice_of("x", 1)), IKE_OK);
	ck_assert_uint_eq(start_with(&s, buf_slice(&s.snapshot)), 0);
	end(&s);
}
END_TEST

START_TEST(used_within_its_time_only)
{
	struct story s;
	ike_time taken;

	begin(&s);
	taken = s.w->now;
	world_run_to(s.w, taken + HANDOVER_LIFE);
	ck_assert_uint_eq(start_with(&s, buf_slice(&s.snapshot)), 2);
	world_run_to(s.w, taken + HANDOVER_LIFE + 1);
	ck_assert_uint_eq(start_with(&s, buf_slice(&s.snapshot)), 0);
	ck_assert(node_logged(s.a, "too old"));
	end(&s);
}
END_TEST

START_TEST(not_from_the_future)
{
	uint8_t boot[16] = { 0 };
	struct buf head = { 0 };
	struct story s;

	begin(&s);
	ck_assert_int_eq(snapshot_head(s.w->now + 1, boot, &head), IKE_OK);
	ck_assert_int_eq(buf_append(&head, snapshot_rest(buf_slice(&s.snapshot))), IKE_OK);
	ck_assert_uint_eq(start_with_records(&s, HANDOVER_MAJOR, HANDOVER_MINOR, buf_slice(&head)), 0);
	ck_assert(node_logged(s.a, "is not used"));
	buf_free(&head);
	end(&s);
}
END_TEST

START_TEST(not_of_another_uptime)
{
	struct story s;

	begin(&s);
	s.a->boot_id[3] = 1;
	ck_assert_uint_eq(start_with(&s, buf_slice(&s.snapshot)), 0);
	ck_assert(node_logged(s.a, "another uptime"));
	end(&s);
}
END_TEST

START_TEST(used_once)
{
	struct story s;

	begin(&s);
	ck_assert_uint_eq(start_with(&s, buf_slice(&s.snapshot)), 2);
	ck_assert_int_eq(node_start(s.a), IKE_OK);
	ck_assert_uint_eq(node_all_ikes(s.a), 0);
	end(&s);
}
END_TEST

START_TEST(other_major_versions_are_refused)
{
	struct story s;

	begin(&s);
	struct slice r = snapshot_records(buf_slice(&s.snapshot));
	ck_assert_uint_eq(start_with_records(&s, HANDOVER_MAJOR + 1, 0, r), 0);
	ck_assert(node_logged(s.a, "another version"));
	ck_assert_uint_eq(start_with_records(&s, 0, HANDOVER_MINOR, r), 0);
	ck_assert_uint_eq(start_with_records(&s, HANDOVER_MAJOR, HANDOVER_MINOR, r), 2);
	end(&s);
}
END_TEST

/* A newer writer: fields and records that nobody knows, everywhere where they can be, and wider numbers. */
START_TEST(unknown_fields_are_passed_over)
{
	static const uint8_t more[] = { 0x00, 0xf0, 0, 0, 0, 3, 1, 2, 3, 0x01, 0xf0, 0, 0, 0, 2, 9, 9 };
	struct story s;
	struct buf b = { 0 };
	size_t at, len;

	begin(&s);
	struct slice r = snapshot_records(buf_slice(&s.snapshot));
	unsigned n = 0;
	for (unsigned i = 0; snapshot_field(r, i, &at, &len); i++) {
		if (r.p[at] == 0)
			continue;
		/* behind the last of this record's fields, which belongs to it as well */
		struct buf longer = { 0 };
		ck_assert_int_eq(snapshot_with(r, at + len, slice_of(more, sizeof(more)), &longer), IKE_OK);
		ck_assert_msg(start_with_records(&s, HANDOVER_MAJOR, HANDOVER_MINOR + 1, buf_slice(&longer)) == 2, "record %u", i);
		ck_assert(!node_logged(s.a, "cannot be taken over"));
		buf_free(&longer);
		n++;
	}
	ck_assert_uint_gt(n, 10);
	buf_free(&b);
	end(&s);
}
END_TEST

/* An older writer: each field missing in turn.  What needs it is left behind; the rest is taken, and nothing breaks. */
START_TEST(missing_fields_do_no_harm)
{
	struct story s;
	struct buf b = { 0 };
	size_t at, len;
	unsigned i, all = 0;

	begin(&s);
	struct slice r = snapshot_records(buf_slice(&s.snapshot));
	for (i = 0; snapshot_field(r, i, &at, &len); i++) {
		ck_assert_int_eq(snapshot_without(r, at, len, &b), IKE_OK);
		if (start_with_records(&s, HANDOVER_MAJOR, HANDOVER_MINOR, buf_slice(&b)) == 2)
			all++;
	}
	ck_assert_uint_gt(i, 200);
	ck_assert_uint_gt(all, i / 2);
	buf_free(&b);
	end(&s);
}
END_TEST

/* Bytes that are wrong although the digest is right: nothing falls over. */
START_TEST(wrong_values_do_no_harm)
{
	static const uint8_t odd[] = { 0x00, 0x7f, 0xff };
	struct story s;

	begin(&s);
	struct slice r = snapshot_records(buf_slice(&s.snapshot));
	uint8_t *p = s.snapshot.p + (r.p - s.snapshot.p);
	for (size_t i = 0; i < r.n; i += 23) {
		uint8_t was = p[i];
		p[i] = odd[i % 3] == was ? (uint8_t)(was + 1) : odd[i % 3];
		(void)start_with_records(&s, HANDOVER_MAJOR, HANDOVER_MINOR, r);
		p[i] = was;
	}
	end(&s);
}
END_TEST

static struct buf
read_vector(const char *name)
{
	const char *dir = getenv("RINGTAIL_SRCDIR");
	struct buf b = { 0 };
	uint8_t chunk[4096];
	char path[512];
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/tests/vectors/handover/%s", dir != NULL ? dir : ".", name);
	FILE *f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		ck_assert_int_eq(buf_append(&b, slice_of(chunk, n)), IKE_OK);
	(void)fclose(f);
	return b;
}

/* What version 1.0 wrote is taken by every later 1.x, with all there is in it. */
START_TEST(recorded_snapshots_are_taken)
{
	struct story s;
	struct buf b = read_vector("1.0");

	begin(&s);
	ck_assert_uint_eq(start_with(&s, buf_slice(&b)), 2);
	ck_assert(node_logged(s.a, "took over 2 IKE SAs and 4 children"));
	ck_assert(!node_logged(s.a, "cannot be taken over"));
	buf_free(&b);
	end(&s);
}
END_TEST

/* |more|: a table whose fields stand in the same records; NULL: none. */
static void
check_tags(const struct snap_table *t, const struct snap_table *more)
{
	for (size_t i = 0; i < t->n; i++) {
		ck_assert_uint_ne(t->v[i].tag, 0);
		ck_assert_uint_lt(t->v[i].tag, SNAP_RECORD);
		for (size_t k = 0; k < i; k++) {
			ck_assert_uint_ne(t->v[i].tag, t->v[k].tag);
			ck_assert_uint_ne(t->v[i].off, t->v[k].off);
		}
		for (size_t k = 0; more != NULL && k < more->n; k++)
			ck_assert_uint_ne(t->v[i].tag, more->v[k].tag);
	}
}

/* Two fields with one tag would be read into each other's place. */
START_TEST(each_tag_means_one_thing)
{
	check_tags(&handover_head_table, NULL);
	check_tags(&handover_stats_table, NULL);
	check_tags(&handover_peer_table, NULL);
	check_tags(&handover_ike_table, &handover_ike_more_table);
	check_tags(&handover_ike_more_table, NULL);
	check_tags(&handover_ident_table, NULL);
	check_tags(&handover_reply_table, NULL);
	check_tags(&handover_child_table, &handover_child_more_table);
	check_tags(&handover_child_more_table, NULL);
	check_tags(&handover_keys_table, NULL);
	check_tags(&handover_exch_table, &handover_exch_more_table);
	check_tags(&handover_exch_more_table, NULL);
	check_tags(&handover_queued_table, NULL);
	check_tags(&snap_addr, NULL);
	check_tags(&snap_endpoint, NULL);
	check_tags(&snap_ts, NULL);
	check_tags(&snap_suite, NULL);
}
END_TEST

/* Every flag of a child comes out as it went in, whatever the others are. */
START_TEST(flags_of_children_do_not_mix)
{
	for (unsigned bits = 0; bits < 8; bits++) {
		struct child was = { .broken = (bits & 1) != 0, .unannounced = (bits & 2) != 0, .adopted = (bits & 4) != 0 }, is = { 0 };
		struct wr w;

		wr_init(&w, 0);
		snap_put(&w, &handover_child_table, &was);
		ck_assert_int_eq(wr_err(&w), IKE_OK);
		ck_assert_int_eq(snap_get(buf_slice(&w.buf), &handover_child_table, &is), IKE_OK);
		ck_assert_int_eq(is.broken, was.broken);
		ck_assert_int_eq(is.unannounced, was.unannounced);
		ck_assert_int_eq(is.adopted, was.adopted);
		wr_free(&w);
	}
}
END_TEST

static const char *record_to;

START_TEST(record)
{
	FILE *f = fopen(record_to, "wb");
	struct story s;

	ck_assert_ptr_nonnull(f);
	begin(&s);
	ck_assert_uint_eq(fwrite(s.snapshot.p, 1, s.snapshot.n, f), s.snapshot.n);
	ck_assert_int_eq(fclose(f), 0);
	end(&s);
}
END_TEST

static void
add_tests(TCase *t)
{
	tcase_add_test(t, whole_is_taken);
	tcase_add_test(t, no_damaged_byte_is_believed);
	tcase_add_test(t, no_part_is_believed);
	tcase_add_test(t, used_within_its_time_only);
	tcase_add_test(t, not_from_the_future);
	tcase_add_test(t, not_of_another_uptime);
	tcase_add_test(t, used_once);
	tcase_add_test(t, other_major_versions_are_refused);
	tcase_add_test(t, unknown_fields_are_passed_over);
	tcase_add_test(t, missing_fields_do_no_harm);
	tcase_add_test(t, wrong_values_do_no_harm);
	tcase_add_test(t, recorded_snapshots_are_taken);
	tcase_add_test(t, each_tag_means_one_thing);
	tcase_add_test(t, flags_of_children_do_not_mix);
}

int
main(int argc, char **argv)
{
	Suite *s = suite_create("handover");
	TCase *t = tcase_create("snapshot");

	tcase_set_timeout(t, 120);
	record_to = argc == 3 && strcmp(argv[1], "record") == 0 ? argv[2] : NULL;
	if (record_to != NULL)
		tcase_add_test(t, record);
	else
		add_tests(t);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
