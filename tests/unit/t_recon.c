/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The difference between model and kernel: each kind by hand, and as a property: whatever happened, acting on it
 * makes both equal.
 */
#include "sadb_fix.h"

#include "sadb/recon.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

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

static void
count_same(void *arg, uint64_t id, const struct sa_spec *sa, const struct sa_usage *usage,
    const struct sp_spec *sp)
{
	unsigned *n = arg;

	ck_assert_uint_ne(id, 0);
	ck_assert((sa != NULL) != (sp != NULL));
	ck_assert((usage != NULL) == (sa != NULL));
	(*n)++;
}

/* The difference now; items by kind in |kinds|. */
static unsigned
diff(unsigned what, size_t kinds[RECON_KINDS])
{
	struct recon r;
	unsigned n = 0;

	memset(kinds, 0, RECON_KINDS * sizeof(*kinds));
	ck_assert_int_eq(recon_init(&r, f.db, what, count_same, &n), IKE_OK);
	ck_assert_int_eq(f.other->ops->dump(f.other, what, recon_row, &r), IKE_OK);
	ck_assert_int_eq(recon_finish(&r), IKE_OK);
	for (size_t i = 0; i < r.n; i++)
		kinds[r.item[i].kind]++;
	recon_fini(&r);
	return n;
}

START_TEST(each_kind)
{
	size_t k[RECON_KINDS];
	struct sa_spec s = fix_sa(&us, &peer, SA_OUT, 0x2001, 7);
	struct sa_keys keys = fix_keys(3);
	struct sp_spec p1 = fix_sp(SP_OUT, &us, &peer, 17, 7),
		       p2 = fix_sp(SP_IN, &peer, &us, 17, 7), p3 = p1;
	uint64_t id;

	fix_install_out(&f, 0x1001, (struct sa_life){ 0 });
	id = fix_install_out(&f, 0x1002, (struct sa_life){ 0 });
	fix_reserve(&f, f.now + SEC(60));
	ck_assert_int_eq(sadb_policy_add(f.db, &p1, 0, &id), IKE_OK);
	ck_assert_int_eq(sadb_policy_add(f.db, &p2, 0, &id), IKE_OK);
	ck_assert_uint_eq(diff(KERN_DUMP_SA | KERN_DUMP_SP, k), 5);
	for (size_t i = 0; i < RECON_KINDS; i++)
		ck_assert_uint_eq(k[i], 0);
	/* behind the model's back */
	ck_assert_int_eq(f.other->ops->sa_install(f.other, &s, &keys, false), IKE_OK);
	s.id.spi = 0x1001;
	ck_assert_int_eq(f.other->ops->sa_delete(f.other, &s.id, &us), IKE_OK);
	s.id.spi = 0x1002;
	s.reqid = 8;
	ck_assert_int_eq(f.other->ops->sa_delete(f.other, &s.id, &us), IKE_OK);
	ck_assert_int_eq(f.other->ops->sa_install(f.other, &s, &keys, false), IKE_OK);
	ck_assert_int_eq(f.other->ops->sp_delete(f.other, &p1.id), IKE_OK);
	p2.priority++;
	ck_assert_int_eq(f.other->ops->sp_install(f.other, &p2, true), IKE_OK);
	p3.id.sel.proto = 6;
	ck_assert_int_eq(f.other->ops->sp_install(f.other, &p3, false), IKE_OK);
	ck_assert_uint_eq(diff(KERN_DUMP_SA | KERN_DUMP_SP, k), 1); /* the reservation */
	ck_assert_uint_eq(k[RECON_SA_MISSING], 1);
	ck_assert_uint_eq(k[RECON_SA_CHANGED], 1);
	ck_assert_uint_eq(k[RECON_SA_UNKNOWN], 1);
	ck_assert_uint_eq(k[RECON_SP_MISSING], 1);
	ck_assert_uint_eq(k[RECON_SP_CHANGED], 1);
	ck_assert_uint_eq(k[RECON_SP_UNKNOWN], 1);
	/* only what is asked for */
	ck_assert_uint_eq(diff(KERN_DUMP_SP, k), 0);
	ck_assert_uint_eq(k[RECON_SA_MISSING] + k[RECON_SA_CHANGED] + k[RECON_SA_UNKNOWN], 0);
	ck_assert_uint_eq(k[RECON_SP_MISSING], 1);
	/* and the model was not touched */
	ck_assert_uint_eq(f.n, 0);
	fix_check(&f);
}
END_TEST

START_TEST(released_but_still_there)
{
	size_t k[RECON_KINDS];
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 7);
	uint64_t id = fix_install_out(&f, 0x1001, (struct sa_life){ 0 }), pid;

	ck_assert_int_eq(sadb_policy_add(f.db, &sp, 0, &pid), IKE_OK);
	simkern_fail(f.k, 1, 12, false);
	ck_assert_int_eq(sadb_release(f.db, id), IKE_E_KERNEL);
	simkern_fail(f.k, 1, 12, false);
	ck_assert_int_eq(sadb_policy_remove(f.db, pid), IKE_E_KERNEL);
	ck_assert_uint_eq(diff(KERN_DUMP_SA | KERN_DUMP_SP, k), 0);
	ck_assert_uint_eq(k[RECON_SA_UNDELETED], 1);
	ck_assert_uint_eq(k[RECON_SP_UNDELETED], 1);
	fix_wait(&f, SEC(2));
	(void)diff(KERN_DUMP_SA | KERN_DUMP_SP, k);
	ck_assert_uint_eq(k[RECON_SA_UNDELETED] + k[RECON_SP_UNDELETED], 0);
	fix_equal(&f);
}
END_TEST

START_TEST(sa_same_or_not)
{
	struct sa_spec a = fix_sa(&us, &peer, SA_OUT, 1000, 7), b = a;

	ck_assert(recon_sa_same(&a, &b));
	b.life.soft_sec = 5;
	b.replay_window = 0;
	b.seq = 17;
	b.encr_bits = 0;
	b.dir = SA_IN;
	ck_assert(recon_sa_same(&a, &b));
#define DIFFERS(change)                            \
	do {                                       \
		b = a;                             \
		change;                            \
		ck_assert(!recon_sa_same(&a, &b)); \
	} while (0)
	DIFFERS(b.id.spi++);
	DIFFERS(b.id.proto = PROTO_AH);
	DIFFERS(b.id.dst = us);
	DIFFERS(b.src = peer);
	DIFFERS(b.mode = MODE_TUNNEL);
	DIFFERS(b.reqid = 8);
	DIFFERS(b.encr = ENCR_3DES);
	DIFFERS(b.encr_bits = 256);
	DIFFERS(b.integ = INTEG_HMAC_SHA1_96);
	DIFFERS(b.comp = COMP_DEFLATE);
	DIFFERS(b.encap_sport = 4500);
	DIFFERS(b.encap_dport = 4500);
	DIFFERS(b.mark = 1);
	DIFFERS(b.mark_mask = 1);
	DIFFERS(b.if_id = 1);
#undef DIFFERS
}
END_TEST

START_TEST(policy_same_or_not)
{
	struct sp_spec a = fix_sp(SP_OUT, &us, &peer, 17, 7), b = a;
	const struct spd_row *row;
	uint64_t id;

	ck_assert_int_eq(sadb_policy_add(f.db, &a, 0, &id), IKE_OK);
	row = sadb_policy_row(f.db, id);
	ck_assert(recon_sp_same(row, &b));
	b.tmpl[0].level = SP_UNIQUE; /* to the kernel the same as require */
	b.tmpl[0].src = b.tmpl[0].dst = addr_any(4);
	b.index = 99;
	ck_assert(recon_sp_same(row, &b));
#define DIFFERS(change)                             \
	do {                                        \
		b = a;                              \
		change;                             \
		ck_assert(!recon_sp_same(row, &b)); \
	} while (0)
	DIFFERS(b.priority++);
	DIFFERS(b.action = SP_DISCARD);
	DIFFERS(b.ntmpl = 0);
	DIFFERS(b.ntmpl = 2);
	DIFFERS(b.tmpl[0].proto = PROTO_AH);
	DIFFERS(b.tmpl[0].mode = MODE_TUNNEL);
	DIFFERS(b.tmpl[0].level = SP_USE);
	DIFFERS(b.tmpl[0].reqid = 8);
	DIFFERS(b.tmpl[0].dst = peer);
#undef DIFFERS
}
END_TEST

/* A reproducible number below |n|. */
static uint32_t
rnd(uint32_t n)
{
	f.rng = f.rng * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(f.rng >> 33) % n;
}

static struct sp_spec
some_policy(void)
{
	struct addr there = fix_host(2 + rnd(6));
	struct sp_spec sp =
	    fix_sp(rnd(2) ? SP_OUT : SP_IN, &us, &there, rnd(2) ? 17 : 6, rnd(2) ? 7 : 3);

	sp.priority = 100 + rnd(3);
	return sp;
}

/* Somebody may have been there before us: then it is refused and the row gone. */
static void
try_install(uint64_t id)
{
	const struct sad_row *row = sadb_row(f.db, id);
	struct sa_keys k = fix_keys(1);
	struct sa_spec s;

	if (row == NULL || row->want != SAD_WANT_RESERVED)
		return;
	s = fix_sa(&peer, &us, SA_IN, row->spec.id.spi, 7);
	s.life = (struct sa_life){ .soft_sec = 5 + rnd(20), .hard_sec = 30 };
	if (sadb_install(f.db, id, &s, &k, f.now, NULL) != IKE_OK)
		ck_assert_ptr_null(sadb_row(f.db, id));
}

/* What a daemon does. */
static void
act_ourselves(uint64_t *sa, uint64_t *sp)
{
	struct sp_spec s = some_policy();
	uint32_t i = rnd(8);

	switch (rnd(6)) {
	case 0:
		if (sadb_row(f.db, sa[i]) == NULL)
			sa[i] = fix_reserve(&f, f.now + SEC(1 + rnd(60)));
		break;
	case 1:
		try_install(sa[i]);
		break;
	case 2:
		(void)sadb_release(f.db, sa[i]);
		break;
	case 3:
		if (sadb_row(f.db, sa[i]) == NULL)
			sa[i] = fix_install_out(&f, 0x10000 + rnd(1u << 30),
			    (struct sa_life){ .hard_sec = rnd(2) ? 0 : 20 });
		break;
	case 4:
		s.tmpl[0].reqid = 7;
		(void)!(rnd(2) ? sadb_policy_add(f.db, &s, 0, &sp[i])
			       : sadb_policy_replace(f.db, &s, 0, &sp[i]));
		break;
	default:
		(void)sadb_policy_remove(f.db, sp[i]);
	}
}

/* A random SA of the model, whoever owns it. */
static const struct sad_row *
some_sa(void)
{
	uint32_t it = 0, skip = rnd(8);
	const struct sad_row *row, *last = NULL;

	while ((row = sadb_next(f.db, &it)) != NULL) {
		last = row;
		if (skip-- == 0)
			break;
	}
	return last;
}

/* What somebody else does. */
static void
act_as_others(void)
{
	const struct sad_row *row = some_sa();
	struct sp_spec sp = some_policy();
	struct sa_spec s = fix_sa(&us, &peer, SA_OUT, 0x10000 + rnd(1u << 30), rnd(2) ? 7 : 3);
	struct sa_keys k = fix_keys((uint8_t)rnd(256));

	switch (rnd(9)) {
	case 0:
		if (row != NULL)
			(void)!f.other->ops->sa_delete(f.other, &row->spec.id, &row->spec.src);
		break;
	case 1:
		(void)!f.other->ops->sa_install(f.other, &s, &k, false);
		break;
	case 2:
		if (row != NULL) {
			s.id = row->spec.id;
			s.src = row->spec.src;
			(void)!f.other->ops->sa_delete(f.other, &s.id, &s.src);
			(void)!f.other->ops->sa_install(f.other, &s, &k, false);
		}
		break;
	case 3:
		if (row != NULL && row->want == SAD_WANT_RESERVED) {
			s.id = row->spec.id;
			s.src = row->spec.src;
			(void)!f.other->ops->sa_install(f.other, &s, &k, true);
		}
		break;
	case 4:
		if (rnd(4) == 0)
			(void)!f.other->ops->sa_flush(f.other, rnd(2) ? PROTO_NONE : PROTO_ESP);
		break;
	case 5:
		(void)!f.other->ops->sp_install(f.other, &sp, rnd(2) != 0);
		break;
	case 6:
		(void)!f.other->ops->sp_delete(f.other, &sp.id);
		break;
	case 7:
		if (rnd(4) == 0)
			(void)!f.other->ops->sp_flush(f.other);
		break;
	default:
		break;
	}
}

/* Reports that are not, or not any more, true. */
static void
say_nonsense(void)
{
	static const enum kern_event_kind kind[] = { KERN_EV_SA_NEW, KERN_EV_SA_UPDATE,
		KERN_EV_SA_DELETE, KERN_EV_HARD, KERN_EV_SP_DELETE, KERN_EV_SA_FLUSH,
		KERN_EV_SP_FLUSH, KERN_EV_MIGRATE };
	const struct sad_row *row = some_sa();
	struct kern_event ev = { .kind = kind[rnd(8)], .sp = some_policy() };
	const struct spd_row *p = sadb_policy_find(f.db, &ev.sp.id);

	if (row == NULL ||
	    (ev.kind == KERN_EV_SP_DELETE && (p == NULL || p->owner == SADB_FOREIGN)))
		return;
	ev.sa = row->spec;
	if (rnd(2))
		ev.sa.reqid++;
	sadb_kernel_event(f.db, &ev, f.now);
}

/*
 * |seed| chooses a history.  Events may be muted on the way: then the reconciliation has to find out.  At the end
 * everything in the kernel is in the model and the other way round.
 */
static void
one_history(unsigned seed, bool muted)
{
	uint64_t sa[8] = { 0 }, sp[8] = { 0 };
	size_t k[RECON_KINDS];

	f.rng = seed * 0x9e3779b97f4a7c15u + 1;
	f.ours_reqid = seed % 3 == 0 ? 7 : 0;
	for (int i = 0; i < 150; i++) {
		if (muted)
			simkern_mute(f.k, rnd(3) == 0 ? rnd(1u << 16) : 0);
		act_ourselves(sa, sp);
		fix_check(&f);
		if (rnd(2))
			act_as_others();
		if (rnd(4) == 0)
			say_nonsense();
		fix_check(&f);
		if (rnd(3) == 0)
			fix_wait(&f, MSEC(rnd(3000)));
		if (rnd(20) == 0)
			simkern_drop_events(f.k, true);
		f.n = 0;
	}
	simkern_mute(f.k, 0);
	if (muted)
		ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	fix_wait(&f, SEC(200)); /* quarrels about policies are over, too */
	if (muted) {
		ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
		fix_pump(&f);
	}
	fix_equal(&f);
	(void)diff(KERN_DUMP_SA | KERN_DUMP_SP, k);
	for (size_t i = 0; i < RECON_KINDS; i++)
		ck_assert_uint_eq(k[i], 0);
}

START_TEST(any_history_ends_equal)
{
	one_history((unsigned)_i, false);
}
END_TEST

START_TEST(any_history_with_lost_events_ends_equal)
{
	one_history((unsigned)_i, true);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("recon");
	TCase *t = tcase_create("diff");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, each_kind);
	tcase_add_test(t, released_but_still_there);
	tcase_add_test(t, sa_same_or_not);
	tcase_add_test(t, policy_same_or_not);
	tcase_add_loop_test(t, any_history_ends_equal, 0, 60);
	tcase_add_loop_test(t, any_history_with_lost_events_ends_equal, 0, 60);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
