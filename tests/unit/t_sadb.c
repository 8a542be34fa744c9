/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a row by our own calls, over a simulated kernel; refusals and lost answers. */
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

START_TEST(reserve_install_release)
{
	uint64_t id = fix_reserve(&f, f.now + SEC(60));
	const struct sad_row *row = sadb_row(f.db, id);
	uint32_t spi = row->spec.id.spi;
	struct sa_usage u;
	struct sa_keys k = fix_keys(9), zero = { 0 };
	struct sa_spec s = fix_sa(&peer, &us, SA_IN, spi, 7);

	ck_assert_uint_ge(spi, SADB_SPI_MIN);
	ck_assert_int_eq(row->want, SAD_WANT_RESERVED);
	ck_assert_int_eq(row->have, SAD_LARVAL);
	fix_pump(&f);
	fix_equal(&f);
	sadb_set_user(f.db, id, 77);
	ck_assert_int_eq(sadb_install(f.db, id, &s, &k, f.now, NULL), IKE_OK);
	ck_assert_mem_eq(&k, &zero, sizeof(k));
	row = sadb_row(f.db, id);
	ck_assert_int_eq(row->have, SAD_LIVE);
	ck_assert_uint_eq(row->user, 77);
	ck_assert_ptr_eq(sadb_find_spi(f.db, PROTO_ESP, spi), row);
	ck_assert_ptr_eq(sadb_find_sa(f.db, &s.id), row);
	ck_assert_ptr_null(sadb_find_spi(f.db, PROTO_AH, spi));
	fix_pump(&f); /* our own echo */
	ck_assert_uint_eq(f.n, 0);
	fix_equal(&f);
	ck_assert_int_eq(sadb_usage(f.db, id, &u), IKE_OK);
	ck_assert_uint_eq(u.add_time, SIMKERN_EPOCH + 1000);
	ck_assert_int_eq(sadb_release(f.db, id), IKE_OK);
	ck_assert_int_eq(sadb_release(f.db, id), IKE_E_GONE);
	ck_assert_ptr_null(sadb_row(f.db, id));
	fix_pump(&f);
	ck_assert_uint_eq(f.n, 0);
	ck_assert_uint_eq(simkern_sa_count(f.k), 0);
	fix_equal(&f);
}
END_TEST

START_TEST(install_refuses_what_does_not_fit)
{
	uint64_t id = fix_reserve(&f, f.now + SEC(60));
	struct sa_spec s = fix_sa(&peer, &us, SA_IN, sadb_row(f.db, id)->spec.id.spi, 7);
	struct sa_keys k = fix_keys(9), zero = { 0 };

	s.id.spi++;
	ck_assert_int_eq(sadb_install(f.db, id, &s, &k, f.now, NULL), IKE_E_STATE);
	ck_assert_mem_eq(&k, &zero, sizeof(k));
	s.id.spi--;
	s.dir = SA_OUT;
	ck_assert_int_eq(sadb_install(f.db, id, &s, &k, f.now, NULL), IKE_E_STATE);
	s.dir = SA_IN;
	k = fix_keys(9);
	ck_assert_int_eq(sadb_install(f.db, 0xdead00000001, &s, &k, f.now, NULL), IKE_E_GONE);
	k = fix_keys(9);
	ck_assert_int_eq(sadb_install(f.db, id, &s, &k, f.now, NULL), IKE_OK);
	k = fix_keys(9);
	ck_assert_int_eq(sadb_install(f.db, id, &s, &k, f.now, NULL), IKE_E_STATE);
	fix_equal(&f);
}
END_TEST

START_TEST(outbound_exists)
{
	struct sa_spec s = fix_sa(&us, &peer, SA_OUT, 0x12345678, 7);
	struct sa_keys k = fix_keys(1), zero = { 0 };
	uint64_t id = fix_install_out(&f, 0x12345678, forever);

	ck_assert_int_eq(sadb_install(f.db, 0, &s, &k, f.now, NULL), IKE_E_EXISTS);
	ck_assert_mem_eq(&k, &zero, sizeof(k));
	ck_assert_ptr_nonnull(sadb_row(f.db, id));
	/* one that only the kernel knows: found by the reconciliation that follows */
	s.id.spi = 0x11111111;
	k = fix_keys(3);
	simkern_mute(f.k, ~0u);
	ck_assert_int_eq(f.other->ops->sa_install(f.other, &s, &k, false), IKE_OK);
	simkern_mute(f.k, 0);
	ck_assert_int_eq(sadb_install(f.db, 0, &s, &k, f.now, NULL), IKE_E_EXISTS);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_NEW), 1);
	fix_equal(&f);
}
END_TEST

START_TEST(spis_are_unique_and_random)
{
	uint64_t id[64];
	const struct sad_row *row;

	for (size_t i = 0; i < 64; i++)
		id[i] = fix_reserve(&f, f.now + SEC(60));
	for (size_t i = 0; i < 64; i++) {
		row = sadb_row(f.db, id[i]);
		ck_assert_uint_gt(row->spec.id.spi, 255);
		ck_assert_ptr_eq(sadb_find_spi(f.db, PROTO_ESP, row->spec.id.spi), row);
	}
	fix_equal(&f);
}
END_TEST

START_TEST(taken_spi_is_passed_over)
{
	struct sadb_counts c;
	uint64_t id;
	uint64_t rng = f.rng;
	uint32_t spi;
	struct sa_id sid = { .proto = PROTO_ESP, .dst = us };

	id = fix_reserve(&f, f.now + SEC(60));
	spi = sadb_row(f.db, id)->spec.id.spi;
	ck_assert_int_eq(sadb_release(f.db, id), IKE_OK);
	/*
	 * somebody reserves the very number that comes next; and a row of ours to another host has the one after
	 * that
	 */
	f.rng = rng;
	sid.spi = spi;
	ck_assert_int_eq(f.other->ops->sa_reserve(f.other, &sid, &peer, MODE_TRANSPORT, 0), IKE_OK);
	id = fix_reserve(&f, f.now + SEC(60));
	ck_assert_uint_ne(sadb_row(f.db, id)->spec.id.spi, spi);
	sadb_count(f.db, &c);
	ck_assert_uint_eq(c.sa_reserved, 1);
	fix_equal(&f);
	f.rng = rng;
	spi = sadb_row(f.db, id)->spec.id.spi;
	id = fix_reserve(&f, f.now + SEC(60));
	ck_assert_uint_ne(sadb_row(f.db, id)->spec.id.spi, spi);
	fix_equal(&f);
}
END_TEST

static void
no_randomness(void *arg, void *buf, size_t n)
{
	(void)arg;
	memset(buf, 0, n);
}

static void
nobody_listens(void *arg, const struct sadb_change *c)
{
	(void)arg;
	(void)c;
}

START_TEST(bad_randomness_is_exhausted_not_endless)
{
	const uint8_t seed[16] = { 0 };
	const struct sadb_env env = { .random = no_randomness, .changed = nobody_listens };
	struct sadb *db = sadb_new(f.kern, seed, &env);
	uint64_t id = 0;

	ck_assert_ptr_nonnull(db);
	ck_assert_int_eq(sadb_reserve(db, PROTO_ESP, &us, &peer, MODE_TRANSPORT, 0, SEC(2000), &id),
	    IKE_E_EXHAUSTED);
	ck_assert_uint_eq(id, 0);
	ck_assert_ptr_null(sadb_check(db));
	ck_assert_int_eq(sadb_deadline(db), IKE_NEVER);
	sadb_free(db);
}
END_TEST

START_TEST(ipcomp_cpi_is_in_the_negotiated_range)
{
	uint64_t id = 0;

	for (int i = 0; i < 50; i++) {
		ck_assert_int_eq(sadb_reserve(f.db, PROTO_IPCOMP, &us, &peer, MODE_TRANSPORT, 0,
				     f.now + SEC(5), &id),
		    IKE_OK);
		ck_assert_uint_ge(sadb_row(f.db, id)->spec.id.spi, 256);
		ck_assert_uint_le(sadb_row(f.db, id)->spec.id.spi, 61439);
	}
}
END_TEST

START_TEST(reservation_lapses)
{
	uint64_t id = fix_reserve(&f, f.now + SEC(100));

	/* the kernel forgets after 30 s; we renew until 100 s */
	fix_wait(&f, SEC(95));
	ck_assert_uint_eq(f.n, 0);
	ck_assert_int_eq(sadb_row(f.db, id)->have, SAD_LARVAL);
	fix_equal(&f);
	fix_wait(&f, SEC(6));
	ck_assert_uint_eq(fix_count(&f, SADB_LOST), 1);
	ck_assert(f.change[0].readable);
	ck_assert_ptr_null(sadb_row(f.db, id));
	fix_equal(&f);
	ck_assert_int_eq(simkern_deadline(f.k), IKE_NEVER);
}
END_TEST

START_TEST(late_install_without_larval_state)
{
	uint64_t id = fix_reserve(&f, f.now + SEC(100));

	simkern_mute(f.k, 1u << KERN_EV_HARD);
	fix_wait(&f, SEC(40));
	fix_install_in(&f, id, forever);
	fix_pump(&f);
	fix_equal(&f);
	ck_assert_uint_eq(simkern_sa_count(f.k), 1);
}
END_TEST

START_TEST(peers_are_indexed)
{
	const struct sad_row *row;
	size_t n = 0;
	struct sa_spec s = fix_sa(&us, &third, SA_OUT, 0x33333333, 7);
	struct sa_keys k = fix_keys(1);

	fix_install_in(&f, fix_reserve(&f, f.now + SEC(60)), forever);
	fix_install_out(&f, 0x10000001, forever);
	fix_install_out(&f, 0x10000002, forever);
	ck_assert_int_eq(sadb_install(f.db, 0, &s, &k, f.now, NULL), IKE_OK);
	for (row = sadb_peer_first(f.db, &peer); row != NULL; row = sadb_peer_next(f.db, row))
		n++;
	ck_assert_uint_eq(n, 3);
	row = sadb_peer_first(f.db, &third);
	ck_assert_uint_eq(row->spec.id.spi, 0x33333333);
	ck_assert_ptr_null(sadb_peer_next(f.db, row));
	ck_assert_ptr_null(sadb_peer_first(f.db, &us));
	fix_check(&f);
}
END_TEST

START_TEST(mapping_and_readdress)
{
	uint64_t id = fix_reserve(&f, f.now + SEC(60));
	struct sa_spec s = fix_sa(&peer, &us, SA_IN, sadb_row(f.db, id)->spec.id.spi, 7);
	struct sa_keys k = fix_keys(1);
	struct endpoint from = { third, 5000 }, to = { us, 4500 };
	struct kern_event ev = { .kind = KERN_EV_MAPPING, .map_new = from };
	uint64_t out = fix_install_out(&f, 0x10000001, forever);

	s.encap_sport = 4500;
	s.encap_dport = 4500;
	ck_assert_int_eq(sadb_install(f.db, id, &s, &k, f.now, NULL), IKE_OK);
	ev.sa = s;
	sadb_kernel_event(f.db, &ev, f.now);
	ck_assert_uint_eq(fix_count(&f, SADB_MOVED), 1);
	ck_assert_int_eq(sadb_readdress(f.db, id, &from, &to), IKE_OK);
	ck_assert_int_eq(sadb_readdress(f.db, out, &to, &from), IKE_OK);
	ck_assert_uint_eq(sadb_peer_first(f.db, &third)->spec.encap_sport == 0, 0);
	ck_assert_ptr_null(sadb_peer_first(f.db, &peer));
	fix_pump(&f);
	fix_equal(&f);
	sadb_kernel_event(f.db, &ev, f.now); /* once more: known */
	ck_assert_uint_eq(f.n, 1);
	ck_assert_int_eq(sadb_readdress(f.db, 12345, &from, &to), IKE_E_GONE);
}
END_TEST

START_TEST(failed_release_is_repeated)
{
	uint64_t id = fix_install_out(&f, 0x10000001, forever);
	struct sa_spec s = sadb_row(f.db, id)->spec;
	struct sa_keys k = fix_keys(4);

	fix_pump(&f);
	simkern_fail(f.k, 1, ENOBUFS, false);
	ck_assert_int_eq(sadb_release(f.db, id), IKE_E_KERNEL);
	ck_assert_int_eq(f.kern->errnum, ENOBUFS);
	ck_assert_ptr_null(sadb_row(f.db, id));
	ck_assert_ptr_null(sadb_find_sa(f.db, &s.id));
	ck_assert_uint_eq(simkern_sa_count(f.k), 1);
	fix_check(&f);
	fix_wait(&f, SEC(2));
	ck_assert_uint_eq(simkern_sa_count(f.k), 0);
	ck_assert_uint_eq(fix_count(&f, SADB_LOST), 0);
	fix_equal(&f);
	/* or the same name is wanted again before */
	id = fix_install_out(&f, 0x10000001, forever);
	simkern_fail(f.k, 1, ENOBUFS, false);
	ck_assert_int_eq(sadb_release(f.db, id), IKE_E_KERNEL);
	ck_assert_int_eq(sadb_install(f.db, 0, &s, &k, f.now, NULL), IKE_OK);
	fix_wait(&f, SEC(2));
	ck_assert_uint_eq(simkern_sa_count(f.k), 1);
	fix_equal(&f);
}
END_TEST

START_TEST(lost_answer_leaves_nothing_behind)
{
	struct sa_spec s = fix_sa(&us, &peer, SA_OUT, 0x10000001, 7);
	struct sa_keys k = fix_keys(4);
	uint64_t id = 0;

	simkern_fail(f.k, 1, ETIMEDOUT, true);
	ck_assert_int_eq(sadb_install(f.db, 0, &s, &k, f.now, NULL), IKE_E_KERNEL);
	ck_assert_uint_eq(simkern_sa_count(f.k), 0);
	simkern_fail(f.k, 1, ETIMEDOUT, true);
	ck_assert_int_eq(
	    sadb_reserve(f.db, PROTO_ESP, &us, &peer, MODE_TRANSPORT, 7, f.now + SEC(9), &id),
	    IKE_E_KERNEL);
	fix_pump(&f);
	fix_equal(&f);
	ck_assert_int_eq(simkern_deadline(f.k), IKE_NEVER);
	/* a refusal before the deed takes nothing of others away */
	k = fix_keys(4);
	ck_assert_int_eq(f.other->ops->sa_install(f.other, &s, &k, false), IKE_OK);
	simkern_drop_events(f.k, false);
	s.reqid = 8;
	simkern_fail(f.k, 1, ENOMEM, false);
	ck_assert_int_eq(sadb_install(f.db, 0, &s, &k, f.now, NULL), IKE_E_KERNEL);
	ck_assert_uint_eq(simkern_sa_count(f.k), 1);
}
END_TEST

START_TEST(refused_install_releases_the_reservation)
{
	uint64_t id = fix_reserve(&f, f.now + SEC(60));
	struct sa_spec s = fix_sa(&peer, &us, SA_IN, sadb_row(f.db, id)->spec.id.spi, 7);
	struct sa_keys k = fix_keys(4);

	k.encr_len = 15;
	ck_assert_int_eq(sadb_install(f.db, id, &s, &k, f.now, NULL), IKE_E_KERNEL);
	ck_assert_int_eq(f.kern->errnum,
	    EINVAL); /* the words of the refusal, not of the deletion that follows it */
	ck_assert_str_eq(f.kern->reason, "Invalid argument");
	ck_assert_ptr_null(sadb_row(f.db, id));
	fix_pump(&f);
	ck_assert_uint_eq(f.n, 0);
	fix_equal(&f);
	ck_assert_int_eq(simkern_deadline(f.k), IKE_NEVER);
}
END_TEST

START_TEST(usage_finds_what_is_gone)
{
	uint64_t id = fix_install_out(&f, 0x10000001, forever);
	struct sa_usage u;

	simkern_mute(f.k, ~0u);
	ck_assert_int_eq(
	    f.other->ops->sa_delete(f.other, &sadb_row(f.db, id)->spec.id, &us), IKE_OK);
	ck_assert_int_eq(sadb_usage(f.db, id, &u), IKE_E_GONE);
	ck_assert_uint_eq(f.n, 0); /* not from within our own call */
	ck_assert_int_eq(sadb_deadline(f.db), 0);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_LOST), 1);
	ck_assert_int_eq(sadb_usage(f.db, id, &u), IKE_E_GONE);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		reserve_install_release,
		install_refuses_what_does_not_fit,
		outbound_exists,
		spis_are_unique_and_random,
		taken_spi_is_passed_over,
		bad_randomness_is_exhausted_not_endless,
		ipcomp_cpi_is_in_the_negotiated_range,
		reservation_lapses,
		late_install_without_larval_state,
		peers_are_indexed,
		mapping_and_readdress,
		failed_release_is_repeated,
		lost_answer_leaves_nothing_behind,
		refused_install_releases_the_reservation,
		usage_finds_what_is_gone,
	};
	Suite *s = suite_create("sadb");
	TCase *t = tcase_create("rows");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(t, tests[i]);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
