/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One history, with the n-th kernel request refused, with the n-th answer lost, and with the n-th allocation
 * failing, for every n: nothing leaks, the invariants hold at every step, and in the end the kernel equals the
 * model.
 */
#include "sadb_fix.h"

#include "fail_alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fix f;

/* The tests' own errors while a failure is injected: only the first may be there. */
static unsigned refused;

static void
note(ike_err err)
{
	if (err != IKE_OK)
		refused++;
}

static void
step(void)
{
	const char *why = sadb_check(f.db);

	if (why != NULL)
		ck_abort_msg("%s", why);
	fix_pump(&f);
	why = sadb_check(f.db);
	if (why != NULL)
		ck_abort_msg("%s", why);
}

static uint64_t
make_in(uint32_t reqid)
{
	struct addr us = fix_host(1), peer = fix_host(2);
	const struct sad_row *row;
	struct sa_spec s;
	struct sa_keys k = fix_keys(1), zero = { 0 };
	uint64_t id = 0;
	ike_err err =
	    sadb_reserve(f.db, PROTO_ESP, &us, &peer, MODE_TRANSPORT, reqid, f.now + SEC(40), &id);

	note(err);
	step();
	row = sadb_row(f.db, id);
	if (row == NULL)
		return 0;
	s = fix_sa(&peer, &us, SA_IN, row->spec.id.spi, reqid);
	s.life = (struct sa_life){ .soft_sec = 20, .hard_sec = 30 };
	note(sadb_install(f.db, id, &s, &k, f.now, NULL));
	ck_assert(memcmp(&k, &zero, sizeof(k)) == 0);
	step();
	return id;
}

static uint64_t
make_out(uint32_t spi)
{
	struct addr us = fix_host(1), peer = fix_host(2);
	struct sa_spec s = fix_sa(&us, &peer, SA_OUT, spi, 7);
	struct sa_keys k = fix_keys(1), zero = { 0 };
	uint64_t id = 0;

	note(sadb_install(f.db, 0, &s, &k, f.now, &id));
	ck_assert(memcmp(&k, &zero, sizeof(k)) == 0);
	step();
	return id;
}

/* Everything there is to call, and what others do in between. */
static void
history(void)
{
	struct addr us = fix_host(1), peer = fix_host(2), third = fix_host(3);
	struct sp_spec out = fix_sp(SP_OUT, &us, &peer, 17, 7),
		       in = fix_sp(SP_IN, &peer, &us, 17, 7);
	struct endpoint from = { us, 0 }, to = { third, 0 };
	struct sim_packet p = fix_packet(&us, &third, 17, 1, 2);
	struct sim_wire w;
	struct sa_usage u;
	const char *why;
	uint64_t a, b, c, pid = 0, pid2 = 0;

	note(sadb_policy_add(f.db, &out, 0, &pid));
	step();
	in.ntmpl = 2;
	in.tmpl[1] = in.tmpl[0];
	in.life.hard_sec = 1000;
	note(sadb_policy_add(f.db, &in, 0, &pid2));
	step();
	a = make_in(7);
	b = make_out(0x2000);
	c = make_out(0x2001);
	in.priority--;
	note(sadb_policy_replace(f.db, &in, 0, &pid2));
	step();
	if (sadb_row(f.db, b) != NULL)
		note(sadb_usage(f.db, b, &u));
	if (sadb_row(f.db, b) != NULL)
		note(sadb_readdress(f.db, b, &from, &to));
	step();
	(void)simkern_send(f.k, &p, &w, &why);
	(void)!f.other->ops->sp_delete(f.other, &out.id);
	step();
	(void)!f.other->ops->sa_delete(
	    f.other, &(struct sa_id){ .proto = PROTO_ESP, .spi = 0x2001, .dst = peer }, &us);
	step();
	out.id.sel.dst.addr = third;
	(void)!f.other->ops->sp_install(f.other, &out, false);
	step();
	(void)simkern_send(f.k, &p, &w, &why);
	step();
	simkern_drop_events(f.k, true);
	step();
	fix_wait(&f, SEC(25)); /* SOFT, reservations lapse */
	step();
	if (sadb_row(f.db, c) != NULL)
		note(sadb_release(f.db, c));
	if (sadb_row(f.db, a) != NULL)
		note(sadb_release(f.db, a));
	if (sadb_policy_row(f.db, pid) != NULL)
		note(sadb_policy_remove(f.db, pid));
	step();
	note(sadb_resync(f.db, f.now));
	step();
}

/* After the failure: time heals.  An event the kernel had no memory for may have been the last, so look once. */
static void
settle(void)
{
	fix_wait(&f, SEC(300));
	if (sadb_resync(f.db, f.now) != IKE_OK) /* the failure may come only now; and only once */
		ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	fix_pump(&f);
	fix_equal(&f);
}

START_TEST(without_failure)
{
	ck_assert(fix_open(&f));
	refused = 0;
	history();
	ck_assert_uint_eq(refused, 0);
	settle();
	fix_close(&f);
}
END_TEST

/* Fail the |n|-th request with |errnum|; true if there were that many. */
static bool
with_failing_request(unsigned n, int errnum, bool after)
{
	bool enough;

	ck_assert(fix_open(&f));
	refused = 0;
	simkern_fail(f.k, n, errnum, after);
	history();
	enough = simkern_calls(f.k) >= n;
	simkern_fail(f.k, 0, 0, false);
	settle();
	fix_close(&f);
	return enough;
}

START_TEST(each_request_refused)
{
	static const int errnum[] = { ENOMEM, EEXIST, ESRCH, EPERM, EPROTONOSUPPORT };
	unsigned n = 1;

	while (with_failing_request(n, errnum[_i], false))
		n++;
	ck_assert_uint_gt(n, 14);
}
END_TEST

START_TEST(each_answer_lost)
{
	unsigned n = 1;

	while (with_failing_request(n, ETIMEDOUT, true))
		n++;
	ck_assert_uint_gt(n, 14);
}
END_TEST

START_TEST(each_allocation)
{
	unsigned runs = 0;

	FAIL_EACH_ALLOC({
		runs++;
		if (fix_open(&f)) {
			refused = 0;
			history();
			if (!fail_alloc_hit())
				ck_assert_uint_eq(refused, 0);
			settle();
		} else {
			ck_assert(fail_alloc_hit());
		}
		fix_close(&f);
	});
	ck_assert_uint_gt(runs, 40);
}
END_TEST

START_TEST(each_allocation_of_a_restart)
{
	unsigned runs = 0;

	FAIL_EACH_ALLOC({
		runs++;
		if (fix_open(&f)) {
			f.ours_reqid = 7;
			(void)make_in(7);
			(void)make_out(0x2000);
			if (fix_restart(&f)) {
				(void)sadb_resync(f.db, f.now);
				step();
				settle();
			}
		}
		fix_close(&f);
	});
	ck_assert_uint_gt(runs, 20);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sadb_fail");
	TCase *t = tcase_create("failures");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, without_failure);
	tcase_add_loop_test(t, each_request_refused, 0, 5);
	tcase_add_test(t, each_answer_lost);
	tcase_add_test(t, each_allocation);
	tcase_add_test(t, each_allocation_of_a_restart);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
