/* SPDX-License-Identifier: BSD-3-Clause */
/* Every cell of the two tables, written out once more from the description of the states. */
#include "sadb/sad_move.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const enum sad_have any_have[] = { SAD_ABSENT, SAD_LARVAL, SAD_LIVE, SAD_DYING, SAD_EXPIRED,
	SAD_GONE, SAD_UNKNOWN };

START_TEST(our_own_acts)
{
	/* the kernel can accept a reservation or an SA only where there is none (or nobody knows) */
	ck_assert_int_eq(sad_next(SAD_ABSENT, SAD_F_RESERVED), SAD_LARVAL);
	ck_assert_int_eq(sad_next(SAD_LARVAL, SAD_F_RESERVED), SAD_HAVE_COUNT);
	ck_assert_int_eq(sad_next(SAD_LIVE, SAD_F_RESERVED), SAD_HAVE_COUNT);
	ck_assert_int_eq(sad_next(SAD_DYING, SAD_F_RESERVED), SAD_HAVE_COUNT);
	ck_assert_int_eq(sad_next(SAD_EXPIRED, SAD_F_RESERVED), SAD_HAVE_COUNT);
	ck_assert_int_eq(sad_next(SAD_GONE, SAD_F_RESERVED), SAD_LARVAL);
	ck_assert_int_eq(sad_next(SAD_UNKNOWN, SAD_F_RESERVED), SAD_LARVAL);
	ck_assert_int_eq(sad_next(SAD_ABSENT, SAD_F_INSTALLED), SAD_LIVE);
	ck_assert_int_eq(sad_next(SAD_LARVAL, SAD_F_INSTALLED), SAD_LIVE);
	ck_assert_int_eq(sad_next(SAD_LIVE, SAD_F_INSTALLED), SAD_HAVE_COUNT);
	ck_assert_int_eq(sad_next(SAD_DYING, SAD_F_INSTALLED), SAD_HAVE_COUNT);
	ck_assert_int_eq(sad_next(SAD_EXPIRED, SAD_F_INSTALLED), SAD_HAVE_COUNT);
	ck_assert_int_eq(sad_next(SAD_GONE, SAD_F_INSTALLED), SAD_LIVE);
	ck_assert_int_eq(sad_next(SAD_UNKNOWN, SAD_F_INSTALLED), SAD_LIVE);
	for (size_t i = 0; i < sizeof(any_have) / sizeof(any_have[0]); i++)
		ck_assert_int_eq(sad_next(any_have[i], SAD_F_DELETED), SAD_ABSENT);
}
END_TEST

START_TEST(what_is_seen)
{
	ck_assert_int_eq(sad_next(SAD_ABSENT, SAD_F_SEEN_LARVAL), SAD_LARVAL);
	ck_assert_int_eq(sad_next(SAD_LARVAL, SAD_F_SEEN_LARVAL), SAD_LARVAL);
	ck_assert_int_eq(sad_next(SAD_LIVE, SAD_F_SEEN_LARVAL), SAD_LIVE);
	ck_assert_int_eq(sad_next(SAD_DYING, SAD_F_SEEN_LARVAL), SAD_DYING);
	ck_assert_int_eq(sad_next(SAD_EXPIRED, SAD_F_SEEN_LARVAL), SAD_EXPIRED);
	ck_assert_int_eq(sad_next(SAD_GONE, SAD_F_SEEN_LARVAL), SAD_GONE);
	ck_assert_int_eq(sad_next(SAD_UNKNOWN, SAD_F_SEEN_LARVAL), SAD_LARVAL);
	ck_assert_int_eq(sad_next(SAD_ABSENT, SAD_F_SEEN_LIVE), SAD_LIVE);
	ck_assert_int_eq(sad_next(SAD_LARVAL, SAD_F_SEEN_LIVE), SAD_LIVE);
	ck_assert_int_eq(sad_next(SAD_LIVE, SAD_F_SEEN_LIVE), SAD_LIVE);
	ck_assert_int_eq(sad_next(SAD_DYING, SAD_F_SEEN_LIVE), SAD_DYING);
	ck_assert_int_eq(sad_next(SAD_EXPIRED, SAD_F_SEEN_LIVE), SAD_EXPIRED);
	ck_assert_int_eq(sad_next(SAD_GONE, SAD_F_SEEN_LIVE), SAD_GONE);
	ck_assert_int_eq(sad_next(SAD_UNKNOWN, SAD_F_SEEN_LIVE), SAD_LIVE);
}
END_TEST

START_TEST(how_it_ends)
{
	ck_assert_int_eq(sad_next(SAD_ABSENT, SAD_F_SOFT), SAD_ABSENT);
	ck_assert_int_eq(sad_next(SAD_LARVAL, SAD_F_SOFT), SAD_LARVAL);
	ck_assert_int_eq(sad_next(SAD_LIVE, SAD_F_SOFT), SAD_DYING);
	ck_assert_int_eq(sad_next(SAD_DYING, SAD_F_SOFT), SAD_DYING);
	ck_assert_int_eq(sad_next(SAD_EXPIRED, SAD_F_SOFT), SAD_EXPIRED);
	ck_assert_int_eq(sad_next(SAD_GONE, SAD_F_SOFT), SAD_GONE);
	ck_assert_int_eq(sad_next(SAD_UNKNOWN, SAD_F_SOFT), SAD_DYING);
	ck_assert_int_eq(sad_next(SAD_ABSENT, SAD_F_HARD), SAD_ABSENT);
	ck_assert_int_eq(sad_next(SAD_LARVAL, SAD_F_HARD), SAD_GONE);
	ck_assert_int_eq(sad_next(SAD_LIVE, SAD_F_HARD), SAD_EXPIRED);
	ck_assert_int_eq(sad_next(SAD_DYING, SAD_F_HARD), SAD_EXPIRED);
	ck_assert_int_eq(sad_next(SAD_EXPIRED, SAD_F_HARD), SAD_EXPIRED);
	ck_assert_int_eq(sad_next(SAD_GONE, SAD_F_HARD), SAD_GONE);
	ck_assert_int_eq(sad_next(SAD_UNKNOWN, SAD_F_HARD), SAD_EXPIRED);
	ck_assert_int_eq(sad_next(SAD_ABSENT, SAD_F_VANISHED), SAD_ABSENT);
	ck_assert_int_eq(sad_next(SAD_LARVAL, SAD_F_VANISHED), SAD_GONE);
	ck_assert_int_eq(sad_next(SAD_LIVE, SAD_F_VANISHED), SAD_GONE);
	ck_assert_int_eq(sad_next(SAD_DYING, SAD_F_VANISHED), SAD_GONE);
	ck_assert_int_eq(sad_next(SAD_EXPIRED, SAD_F_VANISHED), SAD_EXPIRED);
	ck_assert_int_eq(sad_next(SAD_GONE, SAD_F_VANISHED), SAD_GONE);
	ck_assert_int_eq(sad_next(SAD_UNKNOWN, SAD_F_VANISHED), SAD_GONE);
	/* an end that is known stays known; all else is in doubt */
	ck_assert_int_eq(sad_next(SAD_ABSENT, SAD_F_OVERRUN), SAD_UNKNOWN);
	ck_assert_int_eq(sad_next(SAD_LARVAL, SAD_F_OVERRUN), SAD_UNKNOWN);
	ck_assert_int_eq(sad_next(SAD_LIVE, SAD_F_OVERRUN), SAD_UNKNOWN);
	ck_assert_int_eq(sad_next(SAD_DYING, SAD_F_OVERRUN), SAD_UNKNOWN);
	ck_assert_int_eq(sad_next(SAD_EXPIRED, SAD_F_OVERRUN), SAD_EXPIRED);
	ck_assert_int_eq(sad_next(SAD_GONE, SAD_F_OVERRUN), SAD_GONE);
	ck_assert_int_eq(sad_next(SAD_UNKNOWN, SAD_F_OVERRUN), SAD_UNKNOWN);
}
END_TEST

START_TEST(repetitions_move_nothing)
{
	static const enum sad_fact events[] = { SAD_F_SEEN_LARVAL, SAD_F_SEEN_LIVE, SAD_F_SOFT,
		SAD_F_HARD, SAD_F_VANISHED, SAD_F_OVERRUN };

	for (size_t i = 0; i < sizeof(any_have) / sizeof(any_have[0]); i++) {
		for (size_t j = 0; j < sizeof(events) / sizeof(events[0]); j++) {
			enum sad_have once = sad_next(any_have[i], events[j]);

			ck_assert_int_lt(once, SAD_HAVE_COUNT);
			if (any_have[i] != SAD_ABSENT || events[j] != SAD_F_SEEN_LIVE)
				ck_assert_int_eq(sad_next(once, events[j]), once);
		}
	}
}
END_TEST

START_TEST(what_follows)
{
	static const struct {
		enum sad_have have;
		enum sad_act absent, reserved, installed;
	} cell[] = {
		{ SAD_ABSENT, SAD_A_FREE, SAD_A_RESERVE, SAD_A_LOST },
		{ SAD_LARVAL, SAD_A_DELETE, SAD_A_NONE, SAD_A_INSTALL },
		{ SAD_LIVE, SAD_A_DELETE, SAD_A_LOST, SAD_A_NONE },
		{ SAD_DYING, SAD_A_DELETE, SAD_A_LOST, SAD_A_SOFT },
		{ SAD_EXPIRED, SAD_A_FREE, SAD_A_ILLEGAL, SAD_A_HARD },
		{ SAD_GONE, SAD_A_FREE, SAD_A_RESERVE, SAD_A_LOST },
		{ SAD_UNKNOWN, SAD_A_RECONCILE, SAD_A_RECONCILE, SAD_A_RECONCILE },
	};

	ck_assert_uint_eq(sizeof(cell) / sizeof(cell[0]), SAD_HAVE_COUNT);
	for (size_t i = 0; i < SAD_HAVE_COUNT; i++) {
		ck_assert_int_eq(sad_action(cell[i].have, SAD_WANT_ABSENT), cell[i].absent);
		ck_assert_int_eq(sad_action(cell[i].have, SAD_WANT_RESERVED), cell[i].reserved);
		ck_assert_int_eq(sad_action(cell[i].have, SAD_WANT_INSTALLED), cell[i].installed);
	}
}
END_TEST

START_TEST(outside_the_tables)
{
	ck_assert_int_eq(sad_next(SAD_HAVE_COUNT, SAD_F_SOFT), SAD_HAVE_COUNT);
	ck_assert_int_eq(sad_next(SAD_LIVE, SAD_FACT_COUNT), SAD_HAVE_COUNT);
	ck_assert_int_eq(sad_action(SAD_HAVE_COUNT, SAD_WANT_ABSENT), SAD_A_ILLEGAL);
	ck_assert_int_eq(sad_action(SAD_LIVE, SAD_WANT_COUNT), SAD_A_ILLEGAL);
	ck_assert_str_eq(sad_have_name(SAD_DYING), "dying");
	ck_assert_str_eq(sad_have_name(SAD_HAVE_COUNT), "invalid");
	ck_assert_str_eq(sad_want_name(SAD_WANT_RESERVED), "reserved");
	ck_assert_str_eq(sad_want_name(77), "invalid");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sad_move");
	TCase *t = tcase_create("tables");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, our_own_acts);
	tcase_add_test(t, what_is_seen);
	tcase_add_test(t, how_it_ends);
	tcase_add_test(t, repetitions_move_nothing);
	tcase_add_test(t, what_follows);
	tcase_add_test(t, outside_the_tables);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
