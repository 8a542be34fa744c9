/* SPDX-License-Identifier: BSD-3-Clause */
/* What others do is told, in order, and what we do ourselves is not; what was lost is said to be lost. */
#include "kern/fix.h"

#include <poll.h>

START_TEST(policy_events)
{
	struct sp_spec sp = policy(SP_OUT);
	struct kern *o = other();

	NEEDS_EVENTS();
	ck_assert_int_eq(o->ops->sp_install(o, &sp, false), IKE_OK);
	ck_assert_uint_eq(fix.nheard, 0); /* never from within a request */
	pump();
	ck_assert_uint_eq(fix.nheard, 1);
	same_sp(&sp, &first(KERN_EV_SP_NEW)->sp);
	ck_assert_uint_ne(fix.heard[0].pid, 0);
	sp.priority++;
	ck_assert_int_eq(o->ops->sp_install(o, &sp, true), IKE_OK);
	pump();
	same_sp(&sp, &first(KERN_EV_SP_UPDATE)->sp);
	ck_assert_int_eq(o->ops->sp_delete(o, &sp.id), IKE_OK);
	pump();
	ck_assert(sp_id_equal(&first(KERN_EV_SP_DELETE)->sp.id, &sp.id));
	ck_assert_int_eq(o->ops->sp_install(o, &sp, false), IKE_OK);
	ck_assert_int_eq(o->ops->sp_flush(o), IKE_OK);
	pump();
	ck_assert_uint_eq(count(KERN_EV_SP_FLUSH), 1);
	ck_assert_uint_eq(count(KERN_EV_SP_DELETE), 1);
	ck_assert_uint_eq(fix.nheard, 5);
}
END_TEST

START_TEST(sa_events)
{
	struct sa_spec s = esp(0x1000), in = esp_in(0xc0001234);
	struct kern *o = other();

	NEEDS_ESP();
	NEEDS_EVENTS();
	s.life.hard_sec = 1000;
	ck_assert_int_eq(install_by(o, &s, false), IKE_OK);
	ck_assert_uint_eq(fix.nheard, 0);
	pump();
	same_sa(&s, &first(KERN_EV_SA_NEW)->sa);
	ck_assert_int_eq(reserve(in.id.spi), IKE_OK);
	ck_assert_int_eq(install_by(o, &in, true), IKE_OK);
	pump();
	same_sa(&in, &first(KERN_EV_SA_UPDATE)->sa);
	ck_assert_int_eq(o->ops->sa_delete(o, &s.id, &fix.us), IKE_OK);
	pump();
	ck_assert(sa_id_equal(&first(KERN_EV_SA_DELETE)->sa.id, &s.id));
	ck_assert_int_eq(o->ops->sa_flush(o, PROTO_ESP), IKE_OK);
	pump();
	ck_assert_uint_eq(first(KERN_EV_SA_FLUSH)->flush_proto, PROTO_ESP);
	ck_assert_uint_eq(fix.nheard, 4);
}
END_TEST

/* A flush of nothing is none; one of all names none. */
START_TEST(flush_events)
{
	struct kern *o = other();

	NEEDS_EVENTS();
	ck_assert_int_eq(o->ops->sa_flush(o, PROTO_NONE), IKE_OK);
	ck_assert_int_eq(o->ops->sp_flush(o), IKE_OK);
	pump();
	ck_assert_uint_eq(count(KERN_EV_SA_FLUSH), 0);
	ck_assert_int_eq(reserve(0xc0001234), IKE_OK);
	ck_assert_int_eq(o->ops->sa_flush(o, PROTO_NONE), IKE_OK);
	pump();
	ck_assert_uint_eq(count(KERN_EV_SA_FLUSH), 1);
	ck_assert_uint_eq(first(KERN_EV_SA_FLUSH)->flush_proto, PROTO_NONE);
	ck_assert_int_eq(reserve(0xc0001234), IKE_OK);
}
END_TEST

/* A reservation that is deleted is told, one that is made is not. */
START_TEST(reservation_events)
{
	struct kern *o = other();
	struct sa_id id = esp_id(0xc0001234, &fix.us);

	NEEDS_EVENTS();
	ck_assert_int_eq(o->ops->sa_reserve(o, &id, &fix.peer, MODE_TRANSPORT, 0), IKE_OK);
	pump();
	ck_assert_uint_eq(fix.nheard, 0);
	ck_assert_int_eq(o->ops->sa_delete(o, &id, &fix.peer), IKE_OK);
	pump();
	ck_assert_uint_eq(fix.nheard, 1);
	ck_assert(sa_id_equal(&first(KERN_EV_SA_DELETE)->sa.id, &id));
}
END_TEST

START_TEST(own_changes_are_no_events)
{
	struct sp_spec sp = policy(SP_OUT);
	struct sa_spec s = esp(0x1000), in = esp_in(0xc0001234);
	struct kern *k = fix.kern;

	ck_assert_int_eq(put(&sp), IKE_OK);
	sp.priority++;
	ck_assert_int_eq(k->ops->sp_install(k, &sp, true), IKE_OK);
	ck_assert_int_eq(k->ops->sp_install(k, &sp, false), IKE_E_EXISTS);
	ck_assert_int_eq(k->ops->sp_delete(k, &sp.id), IKE_OK);
	ck_assert_int_eq(put(&sp), IKE_OK);
	ck_assert_int_eq(k->ops->sp_flush(k), IKE_OK);
	ck_assert_int_eq(reserve(in.id.spi), IKE_OK);
	if ((k->features & KERN_ESP) != 0) {
		ck_assert_int_eq(install(&in, true), IKE_OK);
		ck_assert_int_eq(install(&s, false), IKE_OK);
		ck_assert_int_eq(k->ops->sa_delete(k, &s.id, &s.src), IKE_OK);
	}
	ck_assert_int_eq(k->ops->sa_delete(k, &in.id, &in.src), IKE_OK);
	ck_assert_int_eq(reserve(in.id.spi), IKE_OK);
	ck_assert_int_eq(k->ops->sa_flush(k, PROTO_NONE), IKE_OK);
	dump(KERN_DUMP_SA | KERN_DUMP_SP);
	pump();
	ck_assert_uint_eq(fix.nheard, 0);
}
END_TEST

/* The same change by us and by another, in turns. */
START_TEST(own_and_others_in_turns)
{
	struct sp_spec sp = policy(SP_OUT);
	struct kern *o = other();
	size_t n = 0;

	NEEDS_EVENTS();
	for (int i = 0; i < 20; i++) {
		struct kern *k = i % 2 == 0 ? fix.kern : o;

		sp.priority++;
		ck_assert_int_eq(k->ops->sp_install(k, &sp, true), IKE_OK);
	}
	pump();
	ck_assert_uint_eq(count(KERN_EV_SP_UPDATE), 10);
	for (uint32_t i = 2; i <= 20; i += 2)
		ck_assert_uint_eq(nth(KERN_EV_SP_UPDATE, n++)->sp.priority, SP_PRIO_DEF + i);
}
END_TEST

static bool
is_readable(void)
{
	struct pollfd p = { .fd = fix.kern->ops->fd(fix.kern), .events = POLLIN };

	return p.fd < 0 || poll(&p, 1, 0) == 1;
}

/* A request that meets events on its way loses none, and the descriptor still says that they wait. */
START_TEST(requests_between_events)
{
	struct sp_spec sp = policy(SP_OUT);
	struct kern *o = other();

	NEEDS_EVENTS();
	for (uint16_t i = 1; i <= 5; i++) {
		sp.id.sel.dport = i;
		sp.id.sel.dport_set = true;
		ck_assert_int_eq(o->ops->sp_install(o, &sp, false), IKE_OK);
		ck_assert_int_eq(reserve(0xc0001234u + i), IKE_OK);
		dump(KERN_DUMP_SA | KERN_DUMP_SP);
		ck_assert_uint_eq(fix.rows.nsp, i);
		ck_assert_uint_eq(fix.rows.nsa, i);
	}
	ck_assert_uint_eq(fix.nheard, 0);
	ck_assert(is_readable());
	pump();
	ck_assert_uint_eq(count(KERN_EV_SP_NEW), 5);
	for (uint16_t i = 1; i <= 5; i++)
		ck_assert_uint_eq(nth(KERN_EV_SP_NEW, i - 1u)->sp.id.sel.dport, i);
	ck_assert(fix.kern->ops->fd(fix.kern) < 0 || !is_readable());
}
END_TEST

static void
others_flood(unsigned n)
{
	struct sp_spec sp = policy(SP_OUT);
	struct kern *o = other();

	for (unsigned i = 1; i <= n; i++) {
		sp.id.sel.dport = (uint16_t)i;
		sp.id.sel.dport_set = true;
		ck_assert_int_eq(o->ops->sp_install(o, &sp, true), IKE_OK);
	}
}

/* Too many to keep: some are lost, which is said; then all is as before. */
START_TEST(overruns)
{
	struct sp_spec sp = policy(SP_IN);
	size_t before;

	NEEDS_EVENTS();
	if (fix.b->squeeze == NULL)
		SKIP("the room for events cannot be changed");
	fix.b->squeeze(fix.kern);
	others_flood(40);
	/* requests do not suffer */
	ck_assert_int_eq(put(&sp), IKE_OK);
	dump(KERN_DUMP_SP);
	ck_assert_uint_eq(fix.rows.nsp, 41);
	pump();
	ck_assert_uint_eq(count(KERN_EV_OVERRUN), 1);
	ck_assert_uint_lt(count(KERN_EV_SP_UPDATE), 40);
	pump();
	ck_assert_uint_eq(count(KERN_EV_OVERRUN), 1);
	before = count(KERN_EV_SP_UPDATE);
	others_flood(1);
	pump();
	ck_assert_uint_eq(count(KERN_EV_SP_UPDATE), before + 1);
	forget();
	others_flood(40);
	pump();
	ck_assert_uint_eq(count(KERN_EV_OVERRUN), 1);
}
END_TEST

void
conform_event_cases(case_fn *fn, void *arg)
{
	const TTest *const v[] = {
		policy_events,
		sa_events,
		flush_events,
		reservation_events,
		own_changes_are_no_events,
		own_and_others_in_turns,
		requests_between_events,
		overruns,
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		fn(arg, v[i]);
}
