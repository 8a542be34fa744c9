/* SPDX-License-Identifier: BSD-3-Clause */
/* Lifetimes, by time and by packets. */
#include "kern/fix.h"

START_TEST(reservations_expire)
{
	struct sa_id id = esp_id(0xc0001234, &fix.us);
	struct sa_spec s;

	if (fix.b->acq_expires == 0)
		SKIP("they live too long here");
	ck_assert_int_eq(reserve(id.spi), IKE_OK);
	fix.b->wait(fix.kern, (fix.b->acq_expires + 2) * 1000);
	ck_assert_int_eq(get(&id, &s), IKE_E_NOTFOUND);
	ck_assert(sa_id_equal(&first(KERN_EV_HARD)->sa.id, &id));
	ck_assert_uint_eq(count(KERN_EV_HARD), 1);
}
END_TEST

START_TEST(lifetimes)
{
	struct sa_spec s = esp(0x1000), got;

	NEEDS_ESP();
	s.life = (struct sa_life){ .soft_sec = 1, .hard_sec = 4 };
	ck_assert_int_eq(install(&s, false), IKE_OK);
	fix.b->wait(fix.kern, 2500);
	ck_assert(sa_id_equal(&first(KERN_EV_SOFT)->sa.id, &s.id));
	ck_assert_uint_eq(first(KERN_EV_SOFT)->sa.reqid, 42);
	ck_assert_uint_eq(count(KERN_EV_HARD), 0);
	ck_assert_int_eq(get(&s.id, &got), IKE_OK);
	fix.b->wait(fix.kern, 3500);
	ck_assert(sa_id_equal(&first(KERN_EV_HARD)->sa.id, &s.id));
	ck_assert_uint_eq(count(KERN_EV_SOFT), 1);
	ck_assert_uint_eq(count(KERN_EV_HARD), 1);
	ck_assert_int_eq(get(&s.id, &got), IKE_E_NOTFOUND);
}
END_TEST

/* Only a soft one, and only a hard one. */
START_TEST(single_lifetimes)
{
	struct sa_spec s = esp(0x1000), t = esp_in(0x1001), got;

	NEEDS_ESP();
	s.life.soft_sec = 1;
	t.life.hard_sec = 1;
	ck_assert_int_eq(install(&s, false), IKE_OK);
	ck_assert_int_eq(install(&t, false), IKE_OK);
	fix.b->wait(fix.kern, 3000);
	ck_assert_uint_eq(fix.nheard, 2);
	ck_assert(sa_id_equal(&first(KERN_EV_SOFT)->sa.id, &s.id));
	ck_assert(sa_id_equal(&first(KERN_EV_HARD)->sa.id, &t.id));
	ck_assert_int_eq(get(&s.id, &got), IKE_OK);
	ck_assert_int_eq(get(&t.id, &got), IKE_E_NOTFOUND);
}
END_TEST

static uint64_t
packets_of(const struct sa_id *id)
{
	struct sa_usage u;

	ck_assert_int_eq(fix.kern->ops->sa_get(fix.kern, id, NULL, NULL, &u), IKE_OK);
	ck_assert_int_eq(u.packets == 0, u.bytes == 0);
	ck_assert_int_eq(u.packets == 0, u.use_time == 0);
	return u.packets;
}

START_TEST(packets_are_counted)
{
	struct sa_spec s = esp(0x1000);
	struct sp_spec sp = policy(SP_OUT);

	NEEDS_ESP();
	ck_assert_int_eq(install(&s, false), IKE_OK);
	ck_assert_int_eq(put(&sp), IKE_OK);
	ck_assert_uint_eq(packets_of(&s.id), 0);
	for (int i = 0; i < 3; i++)
		ck_assert(packet());
	ck_assert_uint_eq(packets_of(&s.id), 3);
	pump();
	ck_assert_uint_eq(fix.nheard, 0);
}
END_TEST

START_TEST(lifetimes_in_packets)
{
	struct sa_spec s = esp(0x1000), got;
	struct sp_spec sp = policy(SP_OUT);

	NEEDS_ESP();
	s.life.soft_packets = 2;
	s.life.hard_packets = 4;
	ck_assert_int_eq(install(&s, false), IKE_OK);
	ck_assert_int_eq(put(&sp), IKE_OK);
	(void)packet();
	(void)packet();
	pump();
	ck_assert_uint_eq(fix.nheard, 0);
	(void)packet();
	pump();
	ck_assert_uint_eq(fix.nheard, 1);
	ck_assert(sa_id_equal(&first(KERN_EV_SOFT)->sa.id, &s.id));
	ck_assert_uint_eq(packets_of(&s.id), 3);
	(void)packet();
	(void)packet();
	pump();
	ck_assert(sa_id_equal(&first(KERN_EV_HARD)->sa.id, &s.id));
	ck_assert_uint_eq(count(KERN_EV_SOFT), 1);
	ck_assert_uint_eq(count(KERN_EV_HARD), 1);
	ck_assert_int_eq(get(&s.id, &got), IKE_E_NOTFOUND);
}
END_TEST

/* The peer's packets come from elsewhere than the SA says. */
START_TEST(nat_mapping)
{
	struct sa_spec out = esp(0x1000), in = esp_in(0x1000);
	struct sp_spec sp = policy(SP_OUT);
	struct sa_flow f = {
		.src = fix.us, .dst = fix.peer, .proto = 17, .sport = 7000, .dport = 7777
	};
	struct endpoint from = { fix.us, 6000 };
	const struct kern_event *ev;

	NEEDS_ESP();
	if (fix.b->reflect == NULL)
		SKIP("no packets here");
	out.encap_sport = out.encap_dport = in.encap_sport = in.encap_dport = 4500;
	ck_assert_int_eq(install(&out, false), IKE_OK);
	ck_assert_int_eq(install(&in, false), IKE_OK);
	ck_assert_int_eq(put(&sp), IKE_OK);
	ck_assert(fix.b->reflect(fix.kern, &f, &from));
	pump();
	ck_assert_uint_eq(packets_of(&in.id), 1);
	ck_assert_uint_eq(fix.nheard, 1);
	ev = first(KERN_EV_MAPPING);
	ck_assert(sa_id_equal(&ev->sa.id, &in.id));
	ck_assert(addr_equal(&ev->sa.src, &fix.peer));
	ck_assert_uint_eq(ev->sa.encap_sport, 4500);
	ck_assert_uint_eq(ev->sa.reqid, 42);
	ck_assert(endpoint_equal(&ev->map_new, &from));
}
END_TEST

void
conform_life_cases(case_fn *fn, void *arg)
{
	const TTest *const v[] = {
		reservations_expire,
		lifetimes,
		single_lifetimes,
		packets_are_counted,
		lifetimes_in_packets,
		nat_mapping,
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		fn(arg, v[i]);
}
