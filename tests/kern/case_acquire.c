/* SPDX-License-Identifier: BSD-3-Clause */
/* A packet that needs an SA asks for it, once; what ends the silence. */
#include "kern/fix.h"

/* A policy, and the ACQUIRE that a packet raises. */
static struct kern_event
asked(const struct sp_spec *sp)
{
	ck_assert_int_eq(put(sp), IKE_OK);
	ck_assert(!packet() || fix.b->sockets); /* the socket may not notice */
	ck_assert_uint_eq(fix.nheard, 0);
	pump();
	ck_assert_uint_eq(fix.nheard, 1);
	return *first(KERN_EV_ACQUIRE);
}

START_TEST(acquire)
{
	struct sp_spec sp = policy(SP_OUT);
	struct kern_event ev = asked(&sp);
	const struct sa_spec *larval;

	same_sp(&sp, &ev.sp);
	ck_assert(addr_equal(&ev.acq_src, &fix.us));
	ck_assert(addr_equal(&ev.acq_dst, &fix.peer));
	ck_assert_uint_ne(ev.acq_seq, 0);
	ck_assert_uint_eq(ev.sa.seq, ev.acq_seq);
	ck_assert_uint_eq(ev.sa.id.proto, PROTO_ESP);
	ck_assert_uint_eq(ev.sa.id.spi, 0);
	ck_assert(addr_equal(&ev.sa.id.dst, &fix.peer));
	ck_assert(addr_equal(&ev.sa.src, &fix.us));
	ck_assert_uint_eq(ev.sa.mode, MODE_TRANSPORT);
	ck_assert_uint_eq(ev.sa.reqid, 42);
	ck_assert_uint_eq(ev.sa.dir, SA_OUT);
	ck_assert_uint_eq(ev.acq_sel.proto, 17);
	if (fix.b->tells_packet) {
		ck_assert_uint_eq(ev.acq_sel.sport, 7000);
		ck_assert_uint_eq(ev.acq_sel.dport, 7777);
	}
	/* a larval SA without SPI keeps the kernel silent */
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, 1);
	larval = &fix.rows.sa[0];
	ck_assert(sa_is_larval(larval));
	ck_assert_uint_eq(larval->id.spi, 0);
	ck_assert_uint_eq(larval->reqid, 42);
	(void)packet();
	pump();
	ck_assert_uint_eq(fix.nheard, 1);
}
END_TEST

START_TEST(acquire_of_a_tunnel)
{
	struct sp_spec sp = policy(SP_OUT);
	struct kern_event ev;

	sp.tmpl[0].mode = MODE_TUNNEL;
	sp.tmpl[0].src = fix.us;
	sp.tmpl[0].dst = ip("192.0.2.99");
	ev = asked(&sp);
	same_sp(&sp, &ev.sp);
	ck_assert(addr_equal(&ev.acq_src, &fix.us));
	ck_assert(addr_equal(&ev.acq_dst, &sp.tmpl[0].dst));
	ck_assert_uint_eq(ev.sa.mode, MODE_TUNNEL);
}
END_TEST

/* The answer takes the place of the question. */
START_TEST(acquire_answered)
{
	struct sp_spec sp = policy(SP_OUT);
	struct sa_spec s = esp(0x1000);

	NEEDS_ESP();
	s.seq = asked(&sp).acq_seq;
	ck_assert_int_eq(install(&s, false), IKE_OK);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, 1);
	ck_assert_uint_eq(fix.rows.sa[0].id.spi, s.id.spi);
	ck_assert(packet());
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.usage[0].packets, 1);
	pump();
	ck_assert_uint_eq(fix.nheard, 1);
}
END_TEST

/* One that was given up asks again. */
START_TEST(acquire_failed)
{
	struct sp_spec sp = policy(SP_OUT);
	struct kern_event ev = asked(&sp);

	forget();
	ck_assert_int_eq(
	    fix.kern->ops->acquire_failed(fix.kern, ev.acq_seq, &ev.sa.id, &ev.acq_src), IKE_OK);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, 0);
	pump();
	ck_assert_uint_eq(fix.nheard, 0);
	(void)packet();
	pump();
	ck_assert_uint_eq(fix.nheard, 1);
	ck_assert_uint_ne(first(KERN_EV_ACQUIRE)->acq_seq, ev.acq_seq);
	/* one that the kernel has forgotten by itself is given up as well */
	ck_assert_int_eq(fix.kern->ops->sa_flush(fix.kern, PROTO_NONE), IKE_OK);
	ck_assert_int_eq(fix.kern->ops->acquire_failed(
			     fix.kern, first(KERN_EV_ACQUIRE)->acq_seq, &ev.sa.id, &ev.acq_src),
	    IKE_OK);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, 0);
}
END_TEST

/* The other larval SAs, ours and the next host's, stay. */
START_TEST(acquire_failed_of_one)
{
	struct sp_spec sp = policy(SP_OUT);
	struct kern_event ev = asked(&sp);
	struct sa_id id = esp_id(0xc0001234, &fix.us);

	ck_assert_int_eq(reserve(id.spi), IKE_OK);
	ck_assert_int_eq(
	    fix.kern->ops->acquire_failed(fix.kern, ev.acq_seq, &ev.sa.id, &ev.acq_src), IKE_OK);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, 1);
	ck_assert_ptr_nonnull(row_of_sa(&id));
}
END_TEST

/* One that is never answered ends by itself and asks again. */
START_TEST(acquire_expires)
{
	struct sp_spec sp = policy(SP_OUT);

	if (fix.b->acq_expires == 0)
		SKIP("they live too long here");
	(void)asked(&sp);
	fix.b->wait(fix.kern, (fix.b->acq_expires + 2) * 1000);
	ck_assert_uint_eq(count(KERN_EV_HARD), 1);
	ck_assert_uint_eq(first(KERN_EV_HARD)->sa.id.spi, 0);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, 0);
	forget();
	(void)packet();
	pump();
	ck_assert_uint_eq(count(KERN_EV_ACQUIRE), 1);
}
END_TEST

/*
 * An SA with another reqid is no answer; without policy nothing is asked; what is optional is asked for and not
 * waited for.
 */
START_TEST(what_asks_and_what_does_not)
{
	struct sp_spec sp = policy(SP_OUT);
	struct sa_spec s = esp(0x1000);

	ck_assert(packet());
	pump();
	ck_assert_uint_eq(fix.nheard, 0);
	if ((fix.kern->features & KERN_ESP) != 0) {
		s.reqid = 41;
		ck_assert_int_eq(install(&s, false), IKE_OK);
	}
	(void)asked(&sp);
	ck_assert_int_eq(fix.kern->ops->sp_delete(fix.kern, &sp.id), IKE_OK);
	ck_assert_int_eq(fix.kern->ops->sa_flush(fix.kern, PROTO_NONE), IKE_OK);
	forget();
	sp.action = SP_NONE;
	sp.ntmpl = 0;
	ck_assert_int_eq(put(&sp), IKE_OK);
	ck_assert(packet());
	sp.action = SP_DISCARD;
	ck_assert_int_eq(fix.kern->ops->sp_install(fix.kern, &sp, true), IKE_OK);
	ck_assert(!packet());
	pump();
	ck_assert_uint_eq(fix.nheard, 0);
	sp = policy(SP_OUT);
	sp.tmpl[0].level = SP_USE;
	sp.tmpl[0].reqid = 0;
	ck_assert_int_eq(fix.kern->ops->sp_install(fix.kern, &sp, true), IKE_OK);
	ck_assert(packet());
	pump();
	ck_assert_uint_eq(count(KERN_EV_ACQUIRE), 1);
	ck_assert_uint_eq(first(KERN_EV_ACQUIRE)->sp.tmpl[0].level, SP_USE);
}
END_TEST

/* The policy may be gone before anybody looks. */
START_TEST(acquire_of_a_policy_that_is_gone)
{
	struct sp_spec sp = policy(SP_OUT);

	ck_assert_int_eq(put(&sp), IKE_OK);
	(void)packet();
	ck_assert_int_eq(fix.kern->ops->sp_flush(fix.kern), IKE_OK);
	pump();
	ck_assert_uint_le(count(KERN_EV_ACQUIRE), 1);
	ck_assert_uint_eq(fix.nheard, count(KERN_EV_ACQUIRE));
	ck_assert_uint_eq(count(KERN_EV_OVERRUN), 0);
}
END_TEST

void
conform_acquire_cases(case_fn *fn, void *arg)
{
	const TTest *const v[] = {
		acquire,
		acquire_of_a_tunnel,
		acquire_answered,
		acquire_failed,
		acquire_failed_of_one,
		acquire_expires,
		what_asks_and_what_does_not,
		acquire_of_a_policy_that_is_gone,
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		fn(arg, v[i]);
}
