/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel says and what others do: events by cause, repeated and late ones, flushes, overruns, restart. */
#include "sadb_fix.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fix f;
static struct addr us, peer, third;

static void
setup(void)
{
	ck_assert(fix_open(&f));
	us = fix_host(1);
	peer = fix_host(2);
	third = fix_host(3);
}

static void
teardown(void)
{
	fix_close(&f);
}

static const struct sa_life forever;

START_TEST(soft_once_then_hard)
{
	struct sa_life life = { .soft_sec = 20, .hard_sec = 30 };
	uint64_t id = fix_install_out(&f, 0x10000001, life);

	fix_wait(&f, SEC(19));
	ck_assert_uint_eq(f.n, 0);
	fix_wait(&f, SEC(2));
	ck_assert_uint_eq(fix_count(&f, SADB_SOFT), 1);
	ck_assert_int_eq(sadb_row(f.db, id)->have, SAD_DYING);
	fix_equal(&f);
	fix_wait(&f, SEC(10));
	ck_assert_uint_eq(f.n, 2);
	ck_assert_uint_eq(fix_count(&f, SADB_HARD), 1);
	ck_assert(f.change[1].readable);
	ck_assert_ptr_null(sadb_row(f.db, id));
	fix_equal(&f);
}
END_TEST

START_TEST(repeated_and_late_events_change_nothing)
{
	struct sa_life life = { .soft_sec = 20, .hard_sec = 300 };
	uint64_t id = fix_install_out(&f, 0x10000001, life);
	struct kern_event ev = { .kind = KERN_EV_SOFT, .sa = sadb_row(f.db, id)->spec };
	struct sadb_counts c;

	fix_pump(&f);
	for (int i = 0; i < 3; i++)
		sadb_kernel_event(f.db, &ev, f.now);
	ck_assert_uint_eq(fix_count(&f, SADB_SOFT), 1);
	/* claims that are not true (any more) */
	ev.kind = KERN_EV_SA_DELETE;
	sadb_kernel_event(f.db, &ev, f.now);
	ev.kind = KERN_EV_HARD;
	sadb_kernel_event(f.db, &ev, f.now);
	ev.kind = KERN_EV_SA_NEW;
	ev.sa.reqid = 99;
	sadb_kernel_event(f.db, &ev, f.now);
	ev.sa.id.spi = 0x10000002;
	sadb_kernel_event(f.db, &ev, f.now);
	ev.kind = KERN_EV_SA_DELETE;
	sadb_kernel_event(f.db, &ev, f.now);
	ck_assert_uint_eq(f.n, 1);
	ck_assert_int_eq(sadb_row(f.db, id)->have, SAD_DYING);
	fix_equal(&f);
	sadb_count(f.db, &c);
	ck_assert_uint_eq(c.sa_ours, 1);
	ck_assert_uint_ge(c.stale_events, 4);
	/* all of our own doing, heard afterwards */
	ck_assert_int_eq(sadb_release(f.db, id), IKE_OK);
	fix_forget(&f);
	fix_install_out(&f, 0x10000001, life);
	fix_pump(&f);
	ck_assert_uint_eq(f.n, 0);
	fix_equal(&f);
}
END_TEST

START_TEST(somebody_deletes_ours)
{
	uint64_t id = fix_install_out(&f, 0x10000001, forever);

	fix_pump(&f);
	ck_assert_int_eq(
	    f.other->ops->sa_delete(f.other, &sadb_row(f.db, id)->spec.id, &us), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(f.n, 1);
	ck_assert_int_eq(f.change[0].kind, SADB_LOST);
	ck_assert_uint_eq(f.change[0].spi, 0x10000001);
	ck_assert(f.change[0].readable);
	ck_assert_ptr_null(sadb_row(f.db, id));
	fix_equal(&f);
}
END_TEST

static uint64_t
repairs(enum sadb_repair r)
{
	struct sadb_counts c;

	sadb_count(f.db, &c);
	return c.repairs[r];
}

/* The same values under the same name, but not our keys: known by the writer's deletion, or by another second of birth. */
START_TEST(others_keys_under_our_name)
{
	uint64_t id = fix_install_out(&f, 0x10000001, forever);
	struct sa_spec spec = sadb_row(f.db, id)->spec;
	struct sa_keys keys = { .encr_len = 16, .integ_len = 32 };
	bool heard = _i == 0;

	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	fix_pump(&f);
	fix_forget(&f);
	if (!heard) {
		simkern_mute(f.k, 0xffffffffu);
		fix_wait(&f, SEC(2));
	}
	ck_assert_int_eq(f.other->ops->sa_delete(f.other, &spec.id, &us), IKE_OK);
	ck_assert_int_eq(f.other->ops->sa_install(f.other, &spec, &keys, false), IKE_OK);
	if (!heard)
		ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_LOST), 1);
	ck_assert_uint_eq(repairs(SADB_R_SA_CHANGED), 1);
	ck_assert_uint_eq(repairs(SADB_R_SA_LOST), 0);
	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	ck_assert_uint_eq(repairs(SADB_R_SA_CHANGED), 1);
	fix_check(&f);
}
END_TEST

/* An event, an audit, and our own deletion behind somebody's: each SA is counted once. */
START_TEST(what_is_lost_counts_once)
{
	uint64_t id[3];

	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	for (uint32_t i = 0; i < 3; i++)
		id[i] = fix_install_out(&f, 0x10000001 + i, forever);
	fix_pump(&f);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_int_eq(
		    f.other->ops->sa_delete(f.other, &sadb_row(f.db, id[i])->spec.id, &us), IKE_OK);
	ck_assert_int_eq(sadb_release(f.db, id[0]), IKE_OK);
	ck_assert_uint_eq(repairs(SADB_R_SA_LOST), 1);
	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	ck_assert_uint_eq(repairs(SADB_R_SA_LOST), 3);
	fix_pump(&f);
	ck_assert_uint_eq(repairs(SADB_R_SA_LOST), 3);
	/* what ends by itself, unheard, is not lost */
	fix_install_out(&f, 0x10000009, (struct sa_life){ .hard_sec = 5 });
	simkern_mute(f.k, 0xffffffffu);
	fix_wait(&f, SEC(6));
	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_HARD), 1);
	ck_assert_uint_eq(repairs(SADB_R_SA_LOST), 3);
	fix_equal(&f);
}
END_TEST

/* An undisturbed audit comes by itself and is one request, however many SAs there are. */
START_TEST(audits_are_cheap)
{
	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	for (uint32_t i = 0; i < 200; i++)
		fix_install_out(&f, 0x10000001 + i, forever);
	fix_pump(&f);
	ck_assert_int_eq(sadb_deadline(f.db), IKE_NEVER);
	sadb_set_audit(f.db, SEC(60), f.now);
	ck_assert_int_eq(sadb_deadline(f.db), f.now + SEC(60));
	unsigned calls = simkern_calls(f.k);
	fix_wait(&f, SEC(181));
	ck_assert_uint_eq(simkern_calls(f.k) - calls, 3);
	sadb_set_audit(f.db, 0, f.now);
	ck_assert_int_eq(sadb_deadline(f.db), IKE_NEVER);
}
END_TEST

START_TEST(callback_may_release_what_ended)
{
	f.release_on_end = true;
	fix_install_out(&f, 0x10000001, forever);
	fix_install_out(&f, 0x10000002, (struct sa_life){ .hard_sec = 5 });
	fix_pump(&f);
	ck_assert_int_eq(f.other->ops->sa_flush(f.other, PROTO_AH), IKE_OK);
	fix_wait(&f, SEC(6));
	ck_assert_uint_eq(fix_count(&f, SADB_HARD), 1);
	ck_assert_int_eq(f.other->ops->sa_flush(f.other, PROTO_ESP), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_LOST), 1);
	fix_equal(&f);
}
END_TEST

START_TEST(somebody_flushes)
{
	uint64_t reserved;

	fix_install_in(&f, fix_reserve(&f, f.now + SEC(60)), forever);
	fix_install_out(&f, 0x10000001, forever);
	reserved = fix_reserve(&f, f.now + SEC(60));
	fix_pump(&f);
	ck_assert_int_eq(f.other->ops->sa_flush(f.other, PROTO_NONE), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_LOST), 2);
	ck_assert_uint_eq(f.n, 2);
	ck_assert_int_eq(sadb_row(f.db, reserved)->have, SAD_LARVAL); /* made again */
	fix_equal(&f);
}
END_TEST

START_TEST(somebody_replaces_ours)
{
	uint64_t id = fix_install_out(&f, 0x10000001, forever);
	struct sa_spec s = sadb_row(f.db, id)->spec;
	struct sa_keys k = fix_keys(8);

	fix_pump(&f);
	s.reqid = 99;
	ck_assert_int_eq(f.other->ops->sa_delete(f.other, &s.id, &us), IKE_OK);
	ck_assert_int_eq(f.other->ops->sa_install(f.other, &s, &k, false), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_LOST), 1);
	ck_assert_uint_eq(fix_count(&f, SADB_NEW), 1);
	ck_assert_int_eq(sadb_find_sa(f.db, &s.id)->owner, SADB_FOREIGN);
	ck_assert_int_eq(sadb_release(f.db, sadb_find_sa(f.db, &s.id)->id), IKE_E_PERM);
	fix_equal(&f);
}
END_TEST

START_TEST(replaced_by_its_like_is_noticed_by_age)
{
	uint64_t id = fix_install_out(&f, 0x10000001, forever);
	struct sa_spec s = sadb_row(f.db, id)->spec;
	struct sa_keys k = fix_keys(8);

	fix_pump(&f);
	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	simkern_mute(f.k, ~0u);
	fix_wait(&f, SEC(5));
	ck_assert_int_eq(f.other->ops->sa_delete(f.other, &s.id, &us), IKE_OK);
	ck_assert_int_eq(f.other->ops->sa_install(f.other, &s, &k, false), IKE_OK);
	f.ours_reqid = 7;
	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	ck_assert_uint_eq(fix_count(&f, SADB_LOST), 1);
	ck_assert_uint_eq(simkern_sa_count(f.k), 0); /* ours by reqid, and of no use */
	simkern_mute(f.k, 0);
	fix_pump(&f);
	fix_equal(&f);
}
END_TEST

START_TEST(reservation_completed_by_somebody)
{
	uint64_t id = fix_reserve(&f, f.now + SEC(60));
	struct sa_spec s = fix_sa(&peer, &us, SA_IN, sadb_row(f.db, id)->spec.id.spi, 99);
	struct sa_keys k = fix_keys(8);

	ck_assert_int_eq(f.other->ops->sa_install(f.other, &s, &k, true), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_LOST), 1);
	ck_assert_uint_eq(fix_count(&f, SADB_NEW), 1);
	ck_assert_uint_eq(simkern_sa_count(f.k), 1);
	fix_equal(&f);
}
END_TEST

START_TEST(foreign_sas_are_followed)
{
	struct sa_spec s = fix_sa(&peer, &us, SA_OUT, 0x22222222, 3);
	struct sa_keys k = fix_keys(8);

	ck_assert_int_eq(f.other->ops->sa_install(f.other, &s, &k, false), IKE_OK);
	fix_pump(&f);
	ck_assert_int_eq(sadb_find_sa(f.db, &s.id)->owner, SADB_FOREIGN);
	ck_assert_int_eq(sadb_find_sa(f.db, &s.id)->spec.dir, SA_IN); /* it ends at our address */
	ck_assert_ptr_eq(sadb_peer_first(f.db, &peer), sadb_find_sa(f.db, &s.id));
	fix_equal(&f);
	ck_assert_int_eq(sadb_close(f.db), IKE_OK);
	ck_assert_uint_eq(simkern_sa_count(f.k), 1);
	ck_assert_int_eq(f.other->ops->sa_delete(f.other, &s.id, &peer), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_FOREIGN_GONE), 1);
	ck_assert_uint_eq(f.n, 2);
	fix_equal(&f);
}
END_TEST

START_TEST(overrun_is_reconciled)
{
	uint64_t id =
	    fix_install_out(&f, 0x10000001, (struct sa_life){ .soft_sec = 10, .hard_sec = 1000 });
	uint64_t gone = fix_install_out(&f, 0x10000002, forever);
	uint64_t reserved = fix_reserve(&f, f.now + SEC(500));

	fix_pump(&f);
	simkern_mute(f.k, ~0u);
	fix_wait(&f, SEC(20));
	ck_assert_int_eq(
	    f.other->ops->sa_delete(f.other, &sadb_row(f.db, gone)->spec.id, &us), IKE_OK);
	simkern_mute(f.k, 0);
	ck_assert_uint_eq(f.n, 0);
	simkern_drop_events(f.k, true);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_OVERRUN), 1);
	ck_assert_uint_eq(fix_count(&f, SADB_LOST), 1);
	ck_assert_uint_eq(fix_count(&f, SADB_SOFT), 1); /* the event was lost, the age tells */
	ck_assert_uint_eq(fix_count(&f, SADB_RESYNCED), 1);
	ck_assert_int_eq(sadb_row(f.db, id)->have, SAD_DYING);
	ck_assert_ptr_null(sadb_row(f.db, gone));
	ck_assert_int_eq(sadb_row(f.db, reserved)->have, SAD_LARVAL);
	fix_equal(&f);
	/* a second one: SOFT is not told again */
	simkern_drop_events(f.k, true);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_SOFT), 1);
	ck_assert_int_eq(sadb_row(f.db, id)->have, SAD_DYING);
	fix_equal(&f);
}
END_TEST

START_TEST(small_event_buffer)
{
	struct sa_spec s;
	struct sa_keys k;

	simkern_set_event_limit(f.k, 4);
	for (uint32_t i = 0; i < 50; i++) {
		s = fix_sa(&us, &peer, SA_OUT, 0x1000 + i, 3);
		k = fix_keys(1);
		ck_assert_int_eq(f.other->ops->sa_install(f.other, &s, &k, false), IKE_OK);
	}
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_OVERRUN), 1);
	ck_assert_uint_eq(fix_count(&f, SADB_NEW), 50);
	fix_equal(&f);
}
END_TEST

START_TEST(restart_adopts)
{
	struct sadb_counts c;
	struct sa_spec foreign = fix_sa(&us, &third, SA_OUT, 0x44444444, 3);
	struct sa_keys k = fix_keys(5);

	fix_install_in(&f, fix_reserve(&f, f.now + SEC(60)), forever);
	fix_install_out(&f, 0x10000001, forever);
	fix_reserve(&f, f.now + SEC(60));
	ck_assert_int_eq(f.other->ops->sa_install(f.other, &foreign, &k, false), IKE_OK);
	f.ours_reqid = 7;
	simkern_drop_events(f.k, false);
	ck_assert(fix_restart(&f));
	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	sadb_count(f.db, &c);
	ck_assert_uint_eq(c.sa_adopted, 2);
	ck_assert_uint_eq(c.sa_foreign, 1);
	ck_assert_uint_eq(c.sa_ours + c.sa_reserved, 0);
	ck_assert_uint_eq(fix_count(&f, SADB_NEW), 3);
	ck_assert_uint_eq(simkern_sa_count(f.k), 3);
	fix_equal(&f);
	/* adopted ones are ours: they can be released */
	ck_assert_int_eq(sadb_close(f.db), IKE_OK);
	ck_assert_uint_eq(simkern_sa_count(f.k), 1);
	fix_pump(&f);
	fix_equal(&f);
}
END_TEST

/*
 * Somebody sets the wall clock, _i: by an hour forth or back, by twenty years.  Linux changes the date of an SA then, and it is still
 * the same SA, whatever comes first: the dump of a poll, an audit, a look at its usage, or the event.
 */
static const int64_t jumps[] = { 3600, -3600, INT64_C(20) * 365 * 86400, INT64_C(-20) * 365 * 86400 };

START_TEST(the_wall_clock_is_set)
{
	struct sa_life life = { .soft_sec = 100, .hard_sec = 130 };
	uint64_t in = fix_install_in(&f, fix_reserve(&f, f.now + SEC(60)), life);
	uint64_t out = fix_install_out(&f, 0x10000001, life);
	struct sadb_counts c;
	struct sa_usage u;

	simkern_set_wall(f.k, jumps[_i / 4]);
	for (unsigned s = 0; s < 120; s++) {
		f.now += SEC(1);
		simkern_tick(f.k, f.now);
		sadb_clock(f.db, f.now);
		if (_i % 4 == 0)
			ck_assert_int_eq(sadb_poll(f.db), IKE_OK);
		else if (_i % 4 == 1)
			ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
		else if (_i % 4 == 2)
			ck_assert_int_eq(sadb_usage(f.db, s % 2 == 0 ? in : out, &u), IKE_OK);
		fix_pump(&f);
	}
	sadb_count(f.db, &c);
	ck_assert_uint_eq(c.sa_replaced, 0);
	ck_assert_uint_eq(fix_count(&f, SADB_LOST), 0);
	ck_assert_uint_eq(fix_count(&f, SADB_SOFT), 2);
	ck_assert_ptr_nonnull(sadb_row(f.db, in));
	ck_assert_ptr_nonnull(sadb_row(f.db, out));
	ck_assert_uint_eq(simkern_sa_count(f.k), 2);
	fix_wait(&f, SEC(20));
	ck_assert_uint_eq(fix_count(&f, SADB_HARD), 2);
	ck_assert_uint_eq(fix_count(&f, SADB_LOST), 0);
	ck_assert_uint_eq(simkern_sa_count(f.k), 0);
	fix_equal(&f);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		soft_once_then_hard,
		repeated_and_late_events_change_nothing,
		somebody_deletes_ours,
		callback_may_release_what_ended,
		somebody_flushes,
		somebody_replaces_ours,
		replaced_by_its_like_is_noticed_by_age,
		reservation_completed_by_somebody,
		foreign_sas_are_followed,
		overrun_is_reconciled,
		small_event_buffer,
		restart_adopts,
	};
	Suite *s = suite_create("sadb_event");
	TCase *t = tcase_create("rows");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(t, tests[i]);
	tcase_add_loop_test(t, others_keys_under_our_name, 0, 2);
	tcase_add_loop_test(t, the_wall_clock_is_set, 0, 4 * (int)(sizeof(jumps) / sizeof(jumps[0])));
	tcase_add_test(t, what_is_lost_counts_once);
	tcase_add_test(t, audits_are_cheap);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
