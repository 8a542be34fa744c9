/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Claims: what a process before us installed and handed over becomes ours again, and nothing else does, whatever the kernel
 * has done with it meanwhile.
 */
#include "unit/sadb_fix.h"

#include <check.h>
#include <stdlib.h>

/* One pair's outbound half, installed by a process before us. */
struct story {
	struct fix f;
	struct addr us, peer;
	struct sa_spec spec;
	uint64_t added;
	ike_time since;
	uint64_t id;
};

static void
begin(struct story *s, struct sa_life life)
{
	*s = (struct story){ .us = fix_host(1), .peer = fix_host(2) };
	ck_assert(fix_open(&s->f));
	s->id = fix_install_out(&s->f, 0x1234, life);
	s->spec = fix_sa(&s->us, &s->peer, SA_OUT, 0x1234, 7);
	s->spec.life = life;
	s->since = s->f.now;
	fix_pump(&s->f);
	ck_assert_int_eq(sadb_resync(s->f.db, s->f.now), IKE_OK);
	fix_pump(&s->f);
	const struct sad_row *row = sadb_row(s->f.db, s->id);
	ck_assert_ptr_nonnull(row);
	s->added = row->usage.add_time;
	ck_assert(fix_restart(&s->f));
	fix_forget(&s->f);
}

static void
read_kernel(struct story *s)
{
	ck_assert_int_eq(sadb_resync(s->f.db, s->f.now), IKE_OK);
	fix_pump(&s->f);
}

static const struct sad_row *
only_row(struct story *s)
{
	uint32_t it = 0;
	const struct sad_row *row = sadb_next(s->f.db, &it);

	ck_assert_ptr_nonnull(row);
	ck_assert_ptr_null(sadb_next(s->f.db, &it));
	return row;
}

static void
end(struct story *s)
{
	fix_check(&s->f);
	fix_close(&s->f);
}

/* Found in the kernel first: the same row becomes ours, is in the lists of its peer, and can be released. */
START_TEST(found_becomes_ours)
{
	struct story s;
	uint64_t id = 0;

	begin(&s, (struct sa_life){ 0 });
	read_kernel(&s);
	ck_assert_int_eq(only_row(&s)->owner, SADB_FOREIGN);
	ck_assert_int_eq(sadb_release(s.f.db, only_row(&s)->id), IKE_E_PERM);
	ck_assert_int_eq(sadb_claim(s.f.db, &s.spec, s.added, s.since, &id), IKE_OK);
	ck_assert_uint_eq(only_row(&s)->id, id);
	ck_assert_int_eq(only_row(&s)->owner, SADB_OURS);
	ck_assert_int_eq(only_row(&s)->since, s.since);
	ck_assert_ptr_eq(sadb_peer_first(s.f.db, &s.peer), only_row(&s));
	ck_assert_ptr_null(sadb_peer_first(s.f.db, &s.us));
	fix_wait(&s.f, SEC(5));
	ck_assert_uint_eq(fix_count(&s.f, SADB_LOST), 0);
	fix_equal(&s.f);
	ck_assert_int_eq(sadb_release(s.f.db, id), IKE_OK);
	fix_pump(&s.f);
	fix_equal(&s.f);
	end(&s);
}
END_TEST

/* Claimed before the kernel could be read: reading it then changes nothing. */
START_TEST(unseen_becomes_ours)
{
	struct story s;
	uint64_t id = 0;

	begin(&s, (struct sa_life){ 0 });
	ck_assert_int_eq(sadb_claim(s.f.db, &s.spec, s.added, s.since, &id), IKE_OK);
	fix_wait(&s.f, SEC(1));
	read_kernel(&s);
	ck_assert_uint_eq(only_row(&s)->id, id);
	ck_assert_int_eq(only_row(&s)->owner, SADB_OURS);
	ck_assert_uint_eq(fix_count(&s.f, SADB_LOST), 0);
	ck_assert_uint_eq(fix_count(&s.f, SADB_NEW), 0);
	fix_equal(&s.f);
	end(&s);
}
END_TEST

START_TEST(only_once)
{
	struct story s;
	uint64_t id = 0, other = 0;

	begin(&s, (struct sa_life){ 0 });
	read_kernel(&s);
	ck_assert_int_eq(sadb_claim(s.f.db, &s.spec, s.added, s.since, &id), IKE_OK);
	ck_assert_int_eq(sadb_claim(s.f.db, &s.spec, s.added, s.since, &other), IKE_E_EXISTS);
	ck_assert_int_eq(sadb_claim_reserved(s.f.db, &s.spec, s.f.now + SEC(30), &other), IKE_E_EXISTS);
	ck_assert_uint_eq(only_row(&s)->id, id);
	fix_equal(&s.f);
	end(&s);
}
END_TEST

/* Another SA under the same name, with keys that nobody handed over: it stays whose it is. */
START_TEST(another_is_not_ours)
{
	struct story s;
	uint64_t id = 0;

	begin(&s, (struct sa_life){ 0 });
	read_kernel(&s);
	s.spec.reqid = 8;
	ck_assert_int_eq(sadb_claim(s.f.db, &s.spec, s.added, s.since, &id), IKE_E_EXISTS);
	s.spec.reqid = 7;
	s.spec.mode = MODE_TUNNEL;
	ck_assert_int_eq(sadb_claim(s.f.db, &s.spec, s.added, s.since, &id), IKE_E_EXISTS);
	s.spec.mode = MODE_TRANSPORT;
	/* like it in everything, but made at another time */
	ck_assert_uint_ne(only_row(&s)->usage.add_time, 0);
	ck_assert_int_eq(sadb_claim(s.f.db, &s.spec, only_row(&s)->usage.add_time + 1, s.since, &id), IKE_E_EXISTS);
	ck_assert_int_eq(only_row(&s)->owner, SADB_FOREIGN);
	ck_assert_ptr_eq(sadb_peer_first(s.f.db, &s.peer), only_row(&s));
	fix_equal(&s.f);
	/* nobody knows the time: what is the same is the same */
	ck_assert_int_eq(sadb_claim(s.f.db, &s.spec, 0, s.since, &id), IKE_OK);
	end(&s);
}
END_TEST

/* It went while nobody looked: lost, like any other, once. */
START_TEST(gone_is_lost)
{
	struct story s;
	uint64_t id = 0;

	begin(&s, (struct sa_life){ 0 });
	ck_assert_int_eq(s.f.other->ops->sa_delete(s.f.other, &s.spec.id, &s.us), IKE_OK);
	if (_i == 1)
		read_kernel(&s);
	fix_forget(&s.f);
	ck_assert_int_eq(sadb_claim(s.f.db, &s.spec, s.added, s.since, &id), IKE_OK);
	/* not before whoever claims knows the id */
	ck_assert_uint_eq(fix_count(&s.f, SADB_LOST), 0);
	ck_assert_ptr_nonnull(sadb_row(s.f.db, id));
	fix_wait(&s.f, SEC(1));
	ck_assert_uint_eq(fix_count(&s.f, SADB_LOST), 1);
	ck_assert_ptr_null(sadb_row(s.f.db, id));
	fix_equal(&s.f);
	end(&s);
}
END_TEST

/* A soft limit that passed between the two processes is told to the second. */
START_TEST(soft_limit_is_told)
{
	struct story s;
	uint64_t id = 0;

	begin(&s, (struct sa_life){ .soft_sec = 10, .hard_sec = 1000 });
	s.f.now += SEC(20);
	simkern_tick(s.f.k, s.f.now);
	fix_forget(&s.f);
	ck_assert_int_eq(sadb_claim(s.f.db, &s.spec, s.added, s.since, &id), IKE_OK);
	fix_wait(&s.f, SEC(1));
	ck_assert_uint_eq(fix_count(&s.f, SADB_SOFT), 1);
	ck_assert_uint_eq(fix_count(&s.f, SADB_LOST), 0);
	fix_equal(&s.f);
	end(&s);
}
END_TEST

static void
reserve_and_restart(struct story *s)
{
	*s = (struct story){ .us = fix_host(1), .peer = fix_host(2) };
	ck_assert(fix_open(&s->f));
	s->id = fix_reserve(&s->f, s->f.now + SEC(30));
	fix_pump(&s->f);
	uint32_t spi = sadb_row(s->f.db, s->id)->spec.id.spi;
	s->spec = fix_sa(&s->peer, &s->us, SA_IN, spi, 7);
	s->spec.encr = s->spec.integ = 0;
	ck_assert(fix_restart(&s->f));
	fix_forget(&s->f);
}

/* An SPI that was promised to the peer can still be filled, also when the kernel has let go of it. */
START_TEST(reservation_goes_on)
{
	struct story s;
	uint64_t id = 0, filled = 0;

	reserve_and_restart(&s);
	if (_i == 1)
		ck_assert_int_eq(s.f.other->ops->sa_delete(s.f.other, &s.spec.id, &s.peer), IKE_OK);
	ck_assert_int_eq(sadb_claim_reserved(s.f.db, &s.spec, s.f.now + SEC(30), &id), IKE_OK);
	ck_assert_int_eq(only_row(&s)->want, SAD_WANT_RESERVED);
	fix_wait(&s.f, SEC(1));
	ck_assert_uint_eq(fix_count(&s.f, SADB_LOST), 0);
	struct sa_spec in = fix_sa(&s.peer, &s.us, SA_IN, s.spec.id.spi, 7);
	struct sa_keys k = fix_keys(3);
	ck_assert_int_eq(sadb_install(s.f.db, id, &in, &k, s.f.now, &filled), IKE_OK);
	fix_wait(&s.f, SEC(1));
	ck_assert_int_eq(only_row(&s)->owner, SADB_OURS);
	fix_equal(&s.f);
	end(&s);
}
END_TEST

START_TEST(reservation_ends)
{
	struct story s;
	uint64_t id = 0;

	reserve_and_restart(&s);
	ck_assert_int_eq(sadb_claim_reserved(s.f.db, &s.spec, s.f.now + SEC(3), &id), IKE_OK);
	fix_wait(&s.f, SEC(5));
	ck_assert_uint_eq(fix_count(&s.f, SADB_LOST), 1);
	ck_assert_ptr_null(sadb_row(s.f.db, id));
	fix_equal(&s.f);
	end(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sadb_claim");
	TCase *t = tcase_create("claims");

	tcase_add_test(t, found_becomes_ours);
	tcase_add_test(t, unseen_becomes_ours);
	tcase_add_test(t, only_once);
	tcase_add_test(t, another_is_not_ours);
	tcase_add_loop_test(t, gone_is_lost, 0, 2);
	tcase_add_test(t, soft_limit_is_told);
	tcase_add_loop_test(t, reservation_goes_on, 0, 2);
	tcase_add_test(t, reservation_ends);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
