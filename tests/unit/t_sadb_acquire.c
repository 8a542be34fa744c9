/* SPDX-License-Identifier: BSD-3-Clause */
/* ACQUIREs for SAs that the model believes to be there, and SAs that turn out to be others when their usage is read. */
#include "sadb_fix.h"

#include <check.h>
#include <stdlib.h>

static struct fix f;
static struct addr us, peer;

static void
setup(void)
{
	ck_assert(fix_open(&f));
	us = fix_host(1);
	peer = fix_host(2);
}

static void
teardown(void)
{
	fix_close(&f);
}

static const struct sa_life forever;

static uint64_t
repairs(enum sadb_repair r)
{
	struct sadb_counts c;

	sadb_count(f.db, &c);
	return c.repairs[r];
}

/*
 * A packet asks for the SA that we believe to be there: somebody's deed is told before the packet's wish, and counts once, as what it is.
 * What is not reported is only the ACQUIRE in the first two; then all comes in order; then the ACQUIRE overtakes the rest.
 */
enum { ASKS_ONLY, ASKS_IN_ORDER, ASKS_FIRST, ASKS_ORDERS };

static void
send_one(void)
{
	struct sim_packet p = fix_packet(&us, &peer, 17, 1000, 2000);
	struct sim_wire w;
	const char *why;

	ck_assert_int_eq(simkern_send(f.k, &p, &w, &why), SIM_DROPPED);
}

START_TEST(a_packet_asks_for_what_is_there)
{
	bool changed = _i % 2 == 0;
	int order = _i / 2;
	uint64_t id = fix_install_out(&f, 0x10000001, forever), pol;
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 0, 7);
	struct sa_spec spec = sadb_row(f.db, id)->spec;
	struct sa_keys keys = fix_keys(8);
	struct kern_event gone = { .kind = KERN_EV_SA_DELETE, .sa = spec, .pid = 4711 };
	struct kern_event come = { .kind = KERN_EV_SA_NEW, .sa = spec, .pid = 4711 };

	f.ours_reqid = 7;
	ck_assert_int_eq(sadb_policy_add(f.db, &sp, 0, &pol), IKE_OK);
	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	fix_wait(&f, SEC(2));
	fix_forget(&f);
	if (order != ASKS_IN_ORDER)
		simkern_mute(f.k, ~(1u << KERN_EV_ACQUIRE));
	ck_assert_int_eq(f.other->ops->sa_delete(f.other, &spec.id, &us), IKE_OK);
	send_one();
	if (changed)
		ck_assert_int_eq(f.other->ops->sa_install(f.other, &spec, &keys, false), IKE_OK);
	simkern_mute(f.k, 0);
	if (order == ASKS_FIRST) {
		simkern_forge(f.k, &gone);
		if (changed)
			simkern_forge(f.k, &come);
	}
	fix_pump(&f);
	ck_assert_uint_eq(f.n, 2);
	ck_assert_int_eq(f.change[0].kind, SADB_LOST);
	ck_assert_int_eq(f.change[1].kind, SADB_ACQUIRE);
	ck_assert_uint_eq(f.change[1].id, pol);
	ck_assert_uint_eq(simkern_sa_count(f.k), 0);
	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(repairs(SADB_R_SA_CHANGED), changed);
	ck_assert_uint_eq(repairs(SADB_R_SA_LOST), !changed);
	ck_assert_uint_eq(repairs(SADB_R_SA_ADOPTED) + repairs(SADB_R_SA_ORPHAN), 0);
	fix_equal(&f);
}
END_TEST

/* What the kernel is asked for the sake of ACQUIREs: nothing that does not concern them, a few SAs at a time, each not too often. */
START_TEST(acquires_cost_little)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 0, 7);
	struct kern_event ev = { .kind = KERN_EV_ACQUIRE, .sp = sp, .acq_src = us, .acq_dst = peer,
		.sa = { .id = { .proto = PROTO_ESP, .dst = peer }, .src = us, .mode = MODE_TRANSPORT, .reqid = 7 } };
	uint64_t pol;
	unsigned calls;

	ev.acq_sel.src = (struct prefix){ us, 32 };
	ev.acq_sel.dst = (struct prefix){ peer, 32 };
	ck_assert_int_eq(sadb_policy_add(f.db, &sp, 0, &pol), IKE_OK);
	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	fix_install_in(&f, fix_reserve(&f, f.now + SEC(60)), forever);
	calls = simkern_calls(f.k);
	sadb_kernel_event(f.db, &ev, f.now);
	ck_assert_uint_eq(simkern_calls(f.k) - calls, 0); /* only an inbound SA */
	for (uint32_t i = 0; i < 10; i++)
		fix_install_out(&f, 0x10000001 + i, forever);
	calls = simkern_calls(f.k);
	sadb_kernel_event(f.db, &ev, f.now);
	ck_assert_uint_eq(simkern_calls(f.k) - calls, 4);
	fix_forget(&f);
	for (unsigned i = 0; i < 1000; i++) {
		sadb_kernel_event(f.db, &ev, f.now);
		ck_assert_uint_eq(fix_count(&f, SADB_ACQUIRE), 1);
		fix_forget(&f);
	}
	ck_assert_uint_eq(simkern_calls(f.k) - calls, 10);
	sadb_kernel_event(f.db, &ev, f.now + MSEC(200));
	ck_assert_uint_eq(simkern_calls(f.k) - calls, 14);
	/* PF_KEY does not always say which template; then it is the policy's that we know */
	ev.sp.ntmpl = 0;
	ev.sa.mode = 0;
	ev.sa.reqid = 0;
	sadb_kernel_event(f.db, &ev, f.now + MSEC(400));
	ck_assert_uint_eq(simkern_calls(f.k) - calls, 18);
	ck_assert_uint_eq(fix_count(&f, SADB_ACQUIRE), 2);
	ck_assert_uint_eq(f.n, 2);
	fix_check(&f);
}
END_TEST

/* An SA that is for other packets than the one that asks is not in doubt. */
START_TEST(a_narrow_sa_is_not_in_doubt)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 0, 7);
	struct sa_spec spec = fix_sa(&us, &peer, SA_OUT, 0x10000001, 7);
	struct sa_keys keys = fix_keys(8);
	uint64_t pol;

	spec.sel = (struct sa_selector){ .src = { us, 32 }, .dst = { peer, 32 }, .proto = 17, .dport = 4242, .dport_set = true };
	ck_assert_int_eq(sadb_policy_add(f.db, &sp, 0, &pol), IKE_OK);
	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	ck_assert_int_eq(sadb_install(f.db, 0, &spec, &keys, f.now, NULL), IKE_OK);
	fix_pump(&f);
	unsigned calls = simkern_calls(f.k);
	send_one();
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_ACQUIRE), 1);
	ck_assert_uint_eq(simkern_calls(f.k), calls);
}
END_TEST

/* The SA is replaced, unheard, and released before any audit: asking for its usage, as one does then, finds it. */
START_TEST(usage_is_not_that_of_another)
{
	uint64_t id = fix_install_out(&f, 0x10000001, forever);
	struct sa_spec spec = sadb_row(f.db, id)->spec;
	struct sa_keys keys = fix_keys(8);
	struct sa_usage u;

	f.ours_reqid = 7;
	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	simkern_mute(f.k, ~0u);
	fix_wait(&f, SEC(2));
	ck_assert_int_eq(sadb_usage(f.db, id, &u), IKE_OK);
	ck_assert_int_eq(f.other->ops->sa_delete(f.other, &spec.id, &us), IKE_OK);
	ck_assert_int_eq(f.other->ops->sa_install(f.other, &spec, &keys, false), IKE_OK);
	ck_assert_int_eq(sadb_usage(f.db, id, &u), IKE_E_GONE);
	if (_i == 0)
		ck_assert_int_eq(sadb_release(f.db, id), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_LOST), _i == 0 ? 0 : 1);
	ck_assert_uint_eq(repairs(SADB_R_SA_CHANGED), 1);
	ck_assert_uint_eq(repairs(SADB_R_SA_LOST), 0);
	ck_assert_uint_eq(simkern_sa_count(f.k), 0);
	fix_equal(&f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sadb_acquire");
	TCase *t = tcase_create("doubts");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_packet_asks_for_what_is_there, 0, 2 * ASKS_ORDERS);
	tcase_add_test(t, acquires_cost_little);
	tcase_add_test(t, a_narrow_sa_is_not_in_doubt);
	tcase_add_loop_test(t, usage_is_not_that_of_another, 0, 2);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
