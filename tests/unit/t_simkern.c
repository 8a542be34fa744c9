/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two simulated kernels and packets between them: policies, the choice of SAs, ACQUIRE, integrity, lifetimes,
 * faults.
 */
#include "sadb_fix.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct heard {
	struct kern_event last;
	unsigned n[KERN_EV_OVERRUN + 1];
};

static struct simkern *a, *b;
static struct heard at_a, at_b;
static struct addr us, peer;
static const char *why;

static void
hear(void *arg, const struct kern_event *ev)
{
	struct heard *h = arg;

	h->last = *ev;
	h->n[ev->kind]++;
}

static struct simkern *
open_kernel(struct heard *h)
{
	struct simkern *k = simkern_new(SIMKERN_ALL);

	ck_assert_ptr_nonnull(k);
	memset(h, 0, sizeof(*h));
	simkern_kern(k)->on_event = hear;
	simkern_kern(k)->event_arg = h;
	simkern_set_echo(k, true);
	simkern_tick(k, SEC(100));
	return k;
}

static void
setup(void)
{
	a = open_kernel(&at_a);
	b = open_kernel(&at_b);
	us = fix_host(1);
	peer = fix_host(2);
	why = "";
}

static void
teardown(void)
{
	simkern_free(a);
	simkern_free(b);
}

static void
policy(struct simkern *k, struct sp_spec sp)
{
	ck_assert_int_eq(simkern_kern(k)->ops->sp_install(simkern_kern(k), &sp, false), IKE_OK);
}

static void
sa(struct simkern *k, struct sa_spec s, uint8_t key)
{
	struct sa_keys keys = fix_keys(key);

	ck_assert_int_eq(
	    simkern_kern(k)->ops->sa_install(simkern_kern(k), &s, &keys, false), IKE_OK);
}

static void
pump(void)
{
	simkern_kern(a)->ops->readable(simkern_kern(a));
	simkern_kern(b)->ops->readable(simkern_kern(b));
}

static void
at(ike_time t)
{
	simkern_tick(a, t);
	simkern_tick(b, t);
	pump();
}

/* UDP from a to b. */
static struct sim_packet
udp(void)
{
	return fix_packet(&us, &peer, 17, 1000, 2000);
}

/* Both ends have policies for UDP and the SA a -> b with |spi|. */
static void
protected_path(uint32_t spi, uint32_t reqid)
{
	policy(a, fix_sp(SP_OUT, &us, &peer, 17, reqid));
	policy(b, fix_sp(SP_IN, &us, &peer, 17, reqid));
	sa(a, fix_sa(&us, &peer, SA_OUT, spi, reqid), 1);
	sa(b, fix_sa(&us, &peer, SA_IN, spi, reqid), 1);
}

static void
expect_delivered(void)
{
	struct sim_packet p = udp();
	struct sim_wire w;

	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	ck_assert_msg(simkern_receive(b, &w, &why) == SIM_DELIVERED, "%s", why);
}

START_TEST(without_policy_in_clear)
{
	struct sim_packet p = udp();
	struct sim_wire w;

	p.tag = 4711;
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_CLEAR);
	ck_assert_uint_eq(w.nlayers, 0);
	ck_assert_uint_eq(w.inner.tag, 4711);
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DELIVERED);
}
END_TEST

START_TEST(discard_and_none)
{
	struct sim_packet p = udp();
	struct sim_wire w;
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 0, 0);

	sp.action = SP_DISCARD;
	sp.ntmpl = 0;
	policy(a, sp);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmOutPolBlock");
	sp.id.sel.proto = 17;
	sp.action = SP_NONE;
	sp.priority = SP_PRIO_HIGH;
	policy(a, sp);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_CLEAR);
	sp.id.dir = SP_IN;
	sp.action = SP_DISCARD;
	policy(b, sp);
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmInPolBlock");
	ck_assert_uint_eq(simkern_counter(b, "XfrmInPolBlock"), 1);
	ck_assert_uint_eq(simkern_counter(b, "XfrmInNoStates"), 0);
}
END_TEST

START_TEST(priority_then_age)
{
	struct sim_packet p = udp();
	struct sim_wire w;
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 0),
		       drop = fix_sp(SP_OUT, &us, &peer, 0, 0);

	sp.action = SP_NONE;
	sp.ntmpl = 0;
	drop.action = SP_DISCARD;
	drop.ntmpl = 0;
	drop.id.sel.dst = (struct prefix){ fix_addr("192.0.2.0"), 24 };
	policy(a, sp);
	policy(a, drop);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_CLEAR); /* the older of equals */
	drop.priority--;
	ck_assert_int_eq(simkern_kern(a)->ops->sp_install(simkern_kern(a), &drop, true), IKE_OK);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_DROPPED); /* smaller wins */
	drop.priority++;
	ck_assert_int_eq(simkern_kern(a)->ops->sp_install(simkern_kern(a), &drop, true), IKE_OK);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_CLEAR);
	ck_assert_int_eq(simkern_kern(a)->ops->sp_install(simkern_kern(a), &sp, true), IKE_OK);
	ck_assert_int_eq(
	    simkern_send(a, &p, &w, &why), SIM_CLEAR); /* a replacement keeps its place */
}
END_TEST

START_TEST(clear_packets_where_esp_is_required)
{
	struct sim_packet p = udp();
	struct sim_wire w = { .inner = p };

	policy(b, fix_sp(SP_IN, &us, &peer, 17, 0));
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmInTmplMismatch");
	w.inner.flow.proto = 6;
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DELIVERED);
}
END_TEST

START_TEST(acquire_once_then_silence)
{
	struct sim_packet p = udp();
	struct sim_wire w;
	struct sa_spec s = fix_sa(&us, &peer, SA_OUT, 0x1001, 5);

	policy(a, fix_sp(SP_OUT, &us, &peer, 17, 5));
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_DROPPED);
		ck_assert_str_eq(why, "XfrmOutNoStates");
	}
	pump();
	ck_assert_uint_eq(at_a.n[KERN_EV_ACQUIRE], 1);
	ck_assert_uint_eq(at_a.last.sp.tmpl[0].reqid, 5);
	ck_assert(addr_equal(&at_a.last.acq_dst, &peer) && addr_equal(&at_a.last.acq_src, &us));
	ck_assert_uint_eq(at_a.last.acq_sel.dport, 2000);
	ck_assert_uint_ne(at_a.last.acq_seq, 0);
	/* silence for acq_expires, then once more */
	at(SEC(129));
	(void)simkern_send(a, &p, &w, &why);
	pump();
	ck_assert_uint_eq(at_a.n[KERN_EV_ACQUIRE], 1);
	at(SEC(131));
	ck_assert_uint_eq(at_a.n[KERN_EV_HARD], 1);
	(void)simkern_send(a, &p, &w, &why);
	pump();
	ck_assert_uint_eq(at_a.n[KERN_EV_ACQUIRE], 2);
	/* the answer resolves it */
	s.seq = at_a.last.acq_seq;
	sa(a, s, 1);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	ck_assert_int_eq(simkern_kern(a)->ops->sa_delete(simkern_kern(a), &s.id, &us), IKE_OK);
	(void)simkern_send(a, &p, &w, &why);
	pump();
	ck_assert_uint_eq(at_a.n[KERN_EV_ACQUIRE], 3);
	/* "I cannot": the next packet asks again */
	ck_assert_int_eq(
	    simkern_kern(a)->ops->acquire_failed(simkern_kern(a), at_a.last.acq_seq, &s.id, &us),
	    IKE_OK);
	ck_assert_int_eq(
	    simkern_kern(a)->ops->acquire_failed(simkern_kern(a), at_a.last.acq_seq, &s.id, &us),
	    IKE_OK);
	(void)simkern_send(a, &p, &w, &why);
	pump();
	ck_assert_uint_eq(at_a.n[KERN_EV_ACQUIRE], 4);
}
END_TEST

START_TEST(acquire_ends_with_another_seq_by_likeness)
{
	struct sim_packet p = udp();
	struct sim_wire w;

	policy(a, fix_sp(SP_OUT, &us, &peer, 17, 5));
	(void)simkern_send(a, &p, &w, &why);
	sa(a, fix_sa(&us, &peer, SA_OUT, 0x1001, 5), 1);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	ck_assert_int_eq(simkern_deadline(a), IKE_NEVER);
}
END_TEST

START_TEST(outbound_needs_the_same_reqid)
{
	struct sim_packet p = udp();
	struct sim_wire w;

	policy(a, fix_sp(SP_OUT, &us, &peer, 17, 0));
	sa(a, fix_sa(&us, &peer, SA_OUT, 0x1001, 5), 1);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_DROPPED);
	sa(a, fix_sa(&us, &peer, SA_OUT, 0x1002, 0), 1);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	ck_assert_uint_eq(w.layer[0].spi, 0x1002);
}
END_TEST

START_TEST(inbound_reqid_zero_takes_any)
{
	protected_path(0x1001, 5);
	expect_delivered();
	ck_assert_int_eq(simkern_kern(b)->ops->sp_flush(simkern_kern(b)), IKE_OK);
	policy(b, fix_sp(SP_IN, &us, &peer, 17, 0));
	expect_delivered();
	ck_assert_int_eq(simkern_kern(b)->ops->sp_flush(simkern_kern(b)), IKE_OK);
	policy(b, fix_sp(SP_IN, &us, &peer, 17, 6));
	struct sim_packet p = udp();
	struct sim_wire w;
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmInTmplMismatch");
}
END_TEST

START_TEST(newest_sa_wins_unless_dying)
{
	struct sim_packet p = udp();
	struct sim_wire w;
	struct sa_spec s = fix_sa(&us, &peer, SA_OUT, 0x1001, 0);

	policy(a, fix_sp(SP_OUT, &us, &peer, 17, 0));
	sa(a, s, 1);
	s.id.spi = 0x1002;
	sa(a, s, 1);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	ck_assert_uint_eq(w.layer[0].spi, 0x1002);
	at(SEC(105));
	s.id.spi = 0x1003;
	s.life.soft_sec = 10;
	sa(a, s, 1);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	ck_assert_uint_eq(w.layer[0].spi, 0x1003);
	at(SEC(116));
	ck_assert_uint_eq(at_a.n[KERN_EV_SOFT], 1);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	ck_assert_uint_eq(w.layer[0].spi, 0x1002);
}
END_TEST

START_TEST(keys_are_compared)
{
	struct sim_packet p = udp();
	struct sim_wire w;
	struct sa_spec s = fix_sa(&us, &peer, SA_IN, 0x1002, 0);
	struct sa_usage u;
	struct sa_keys k = fix_keys(1);

	protected_path(0x1001, 0);
	expect_delivered();
	sa(a, fix_sa(&us, &peer, SA_OUT, 0x1002, 0), 1);
	sa(b, s, 2); /* another key */
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmInStateProtoError");
	ck_assert_int_eq(
	    simkern_kern(b)->ops->sa_get(simkern_kern(b), &s.id, &us, NULL, &u), IKE_OK);
	ck_assert_uint_eq(u.integrity_errors, 1);
	/* the same key, truncated otherwise */
	sa(a, fix_sa(&us, &peer, SA_OUT, 0x1003, 0), 1);
	s.id.spi = 0x1003;
	s.integ = INTEG_HMAC_SHA256_96;
	ck_assert_int_eq(simkern_kern(b)->ops->sa_install(simkern_kern(b), &s, &k, false), IKE_OK);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmInStateProtoError");
}
END_TEST

START_TEST(unknown_spi_and_larval_state)
{
	struct sim_packet p = udp();
	struct sim_wire w;
	struct sa_id id = { .proto = PROTO_ESP, .spi = 0x1001, .dst = peer };

	policy(a, fix_sp(SP_OUT, &us, &peer, 17, 0));
	sa(a, fix_sa(&us, &peer, SA_OUT, 0x1001, 0), 1);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmInNoStates");
	ck_assert_int_eq(
	    simkern_kern(b)->ops->sa_reserve(simkern_kern(b), &id, &us, MODE_TRANSPORT, 0), IKE_OK);
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmAcquireError");
}
END_TEST

START_TEST(replayed_packets_are_dropped)
{
	struct sim_packet p = udp();
	struct sim_wire w[100];

	protected_path(0x1001, 0);
	for (size_t i = 0; i < 100; i++)
		ck_assert_int_eq(simkern_send(a, &p, &w[i], &why), SIM_PROTECTED);
	ck_assert_int_eq(simkern_receive(b, &w[5], &why), SIM_DELIVERED);
	ck_assert_int_eq(
	    simkern_receive(b, &w[3], &why), SIM_DELIVERED); /* late, inside the window */
	ck_assert_int_eq(simkern_receive(b, &w[3], &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmInStateSeqError");
	ck_assert_int_eq(simkern_receive(b, &w[99], &why), SIM_DELIVERED);
	ck_assert_int_eq(simkern_receive(b, &w[36], &why), SIM_DELIVERED);
	ck_assert_int_eq(simkern_receive(b, &w[35], &why), SIM_DROPPED); /* 64 behind */
	ck_assert_int_eq(simkern_receive(b, &w[99], &why), SIM_DROPPED);
}
END_TEST

START_TEST(volume_lifetimes)
{
	struct sa_spec s = fix_sa(&us, &peer, SA_OUT, 0x1001, 0);
	struct sim_packet p = udp();
	struct sim_wire w;

	policy(a, fix_sp(SP_OUT, &us, &peer, 17, 0));
	s.life = (struct sa_life){ .soft_bytes = 250, .hard_packets = 5 };
	sa(a, s, 1);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	pump();
	ck_assert_uint_eq(at_a.n[KERN_EV_SOFT], 1);
	ck_assert_uint_eq(at_a.n[KERN_EV_HARD], 0);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmOutStateExpired");
	pump();
	ck_assert_uint_eq(at_a.n[KERN_EV_HARD], 1);
	ck_assert_uint_eq(simkern_sa_count(a), 0);
}
END_TEST

START_TEST(tunnel_through_gateways)
{
	struct addr in_a = fix_addr("10.1.0.1"), in_b = fix_addr("10.2.0.1");
	struct sp_spec sp = fix_sp(SP_OUT, &in_a, &in_b, 0, 9);
	struct sa_spec s = fix_sa(&us, &peer, SA_OUT, 0x1001, 9);
	struct sim_packet p = fix_packet(&in_a, &in_b, 6, 1, 2);
	struct sim_wire w;

	sp.id.sel.src = (struct prefix){ fix_addr("10.1.0.0"), 16 };
	sp.id.sel.dst = (struct prefix){ fix_addr("10.2.0.0"), 16 };
	sp.tmpl[0].mode = MODE_TUNNEL;
	sp.tmpl[0].src = us;
	sp.tmpl[0].dst = peer;
	policy(a, sp);
	sp.id.dir = SP_IN;
	s.mode = MODE_TUNNEL;
	sa(a, s, 1);
	sa(b, s, 1);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	ck_assert(addr_equal(&w.layer[0].dst, &peer) && addr_equal(&w.inner.flow.dst, &in_b));
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmInNoPols");
	policy(b, sp);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DELIVERED);
	/* what comes through the tunnel and is not in its policy */
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	w.inner.flow.src = fix_addr("10.9.0.1");
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmInNoPols");
	sp.tmpl[0].dst = (struct addr){ 0 };
	sp.id.dir = SP_OUT;
	ck_assert_int_eq(
	    simkern_kern(a)->ops->sp_install(simkern_kern(a), &sp, true), IKE_E_RANGE);
	ck_assert_int_eq(simkern_kern(a)->errnum, EINVAL);
}
END_TEST

START_TEST(bundle_of_esp_and_ah)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 0);
	struct sa_spec ah = fix_sa(&us, &peer, SA_OUT, 0x2001, 0);
	struct sa_keys k = { .integ_len = 32 };
	struct sim_packet p = udp();
	struct sim_wire w;

	sp.ntmpl = 2;
	sp.tmpl[1] = sp.tmpl[0];
	sp.tmpl[1].proto = PROTO_AH;
	policy(a, sp);
	sp.id.dir = SP_IN;
	policy(b, sp);
	ah.id.proto = PROTO_AH;
	ah.encr = ALG_ID_NONE;
	ah.encr_bits = 0;
	sa(a, fix_sa(&us, &peer, SA_OUT, 0x1001, 0), 1);
	sa(b, fix_sa(&us, &peer, SA_IN, 0x1001, 0), 1);
	ck_assert_int_eq(simkern_kern(a)->ops->sa_install(simkern_kern(a), &ah, &k, false), IKE_OK);
	ck_assert_int_eq(simkern_kern(b)->ops->sa_install(simkern_kern(b), &ah, &k, false), IKE_OK);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	ck_assert_uint_eq(w.nlayers, 2);
	ck_assert_uint_eq(w.layer[0].proto, PROTO_ESP);
	ck_assert_uint_eq(w.layer[1].proto, PROTO_AH);
	ck_assert_msg(simkern_receive(b, &w, &why) == SIM_DELIVERED, "%s", why);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	w.nlayers = 1; /* without the AH */
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmInTmplMismatch");
}
END_TEST

START_TEST(level_use_is_optional)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 0);
	struct sim_packet p = udp();
	struct sim_wire w;

	sp.tmpl[0].level = SP_USE;
	policy(a, sp);
	sp.id.dir = SP_IN;
	policy(b, sp);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_CLEAR);
	pump();
	ck_assert_uint_eq(at_a.n[KERN_EV_ACQUIRE], 1);
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DELIVERED);
	sa(a, fix_sa(&us, &peer, SA_OUT, 0x1001, 0), 1);
	sa(b, fix_sa(&us, &peer, SA_IN, 0x1001, 0), 1);
	expect_delivered();
}
END_TEST

START_TEST(selector_of_an_sa)
{
	struct sa_spec s = fix_sa(&us, &peer, SA_OUT, 0x1001, 0);
	struct sim_packet p = udp();
	struct sim_wire w;

	policy(a, fix_sp(SP_OUT, &us, &peer, 0, 0));
	s.sel = (struct sa_selector){ .src = { us, 32 }, .dst = { peer, 32 }, .proto = 6 };
	sa(a, s, 1);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_DROPPED);
	pump();
	ck_assert_uint_eq(at_a.n[KERN_EV_ACQUIRE], 1);
	p.flow.proto = 6;
	(void)simkern_kern(a)->ops->acquire_failed(simkern_kern(a), at_a.last.acq_seq, &s.id, &us);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	sa(b, s, 1);
	w.inner.flow.proto = 17;
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmInStateMismatch");
}
END_TEST

START_TEST(nat_mapping)
{
	struct sa_spec s = fix_sa(&us, &peer, SA_OUT, 0x1001, 0);
	struct sim_packet p = udp();
	struct sim_wire w;

	policy(a, fix_sp(SP_OUT, &us, &peer, 17, 0));
	policy(b, fix_sp(SP_IN, &us, &peer, 17, 0));
	s.encap_sport = s.encap_dport = 4500;
	sa(a, s, 1);
	sa(b, s, 1);
	expect_delivered();
	pump();
	ck_assert_uint_eq(at_b.n[KERN_EV_MAPPING], 0);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	w.layer[0].encap_sport = 60000;
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DELIVERED);
	pump();
	ck_assert_uint_eq(at_b.n[KERN_EV_MAPPING], 1);
	ck_assert_uint_eq(at_b.last.map_new.port, 60000);
	ck_assert_int_eq(simkern_send(a, &p, &w, &why), SIM_PROTECTED);
	w.layer[0].encap_sport = 0;
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmInStateMismatch");
}
END_TEST

START_TEST(features_and_faults)
{
	struct simkern *k = simkern_new(KERN_AH);
	struct kern *kn = simkern_kern(k);
	struct sa_spec s = fix_sa(&us, &peer, SA_OUT, 0x1001, 0);
	struct sa_keys keys = fix_keys(1);

	ck_assert_int_eq(kn->ops->sa_install(kn, &s, &keys, false), IKE_E_KERNEL);
	ck_assert_int_eq(kn->errnum, EPROTONOSUPPORT);
	ck_assert_str_eq(kn->reason, "Protocol not supported (Requested type not found)");
	simkern_free(k);
	kn = simkern_kern(a);
	simkern_fail(a, 2, ENOMEM, false);
	ck_assert_int_eq(kn->ops->sa_install(kn, &s, &keys, false), IKE_OK);
	s.id.spi++;
	ck_assert_int_eq(kn->ops->sa_install(kn, &s, &keys, false), IKE_E_KERNEL);
	ck_assert_uint_eq(simkern_sa_count(a), 1);
	ck_assert_int_eq(kn->ops->sa_install(kn, &s, &keys, false), IKE_OK);
	simkern_fail(a, 1, EPERM, true);
	ck_assert_int_eq(kn->ops->sa_delete(kn, &s.id, &us), IKE_E_KERNEL);
	ck_assert_uint_eq(simkern_sa_count(a), 1);
	ck_assert_uint_eq(simkern_calls(a), 4);
}
END_TEST

START_TEST(events_wait_and_can_be_lost)
{
	struct kern *kn = simkern_kern(a);

	sa(a, fix_sa(&us, &peer, SA_OUT, 0x1001, 0), 1);
	ck_assert_uint_eq(at_a.n[KERN_EV_SA_NEW], 0); /* never from within a request */
	ck_assert_uint_eq(simkern_pending(a), 1);
	pump();
	ck_assert_uint_eq(at_a.n[KERN_EV_SA_NEW], 1);
	ck_assert_uint_eq(at_a.last.pid, 1);
	simkern_mute(a, 1u << KERN_EV_SA_NEW);
	sa(a, fix_sa(&us, &peer, SA_OUT, 0x1002, 0), 1);
	ck_assert_uint_eq(simkern_pending(a), 0);
	simkern_mute(a, 0);
	simkern_set_event_limit(a, 2);
	for (uint32_t i = 0; i < 5; i++)
		sa(a, fix_sa(&us, &peer, SA_OUT, 0x1010 + i, 0), 1);
	pump();
	ck_assert_uint_eq(at_a.n[KERN_EV_OVERRUN], 1);
	ck_assert_uint_eq(at_a.n[KERN_EV_SA_NEW], 3);
	ck_assert_int_eq(simkern_other(a)->ops->sa_flush(simkern_other(a), PROTO_NONE), IKE_OK);
	simkern_drop_events(a, false);
	pump();
	ck_assert_uint_eq(at_a.n[KERN_EV_SA_FLUSH], 0);
	ck_assert_int_eq(kn->ops->fd(kn), -1);
	/* what it did itself is not told unless asked for */
	simkern_set_event_limit(a, 0);
	simkern_set_echo(a, false);
	sa(a, fix_sa(&us, &peer, SA_OUT, 0x1001, 0), 1);
	ck_assert_uint_eq(simkern_pending(a), 0);
	ck_assert_int_eq(simkern_other(a)->ops->sa_flush(simkern_other(a), PROTO_ESP), IKE_OK);
	ck_assert_uint_eq(simkern_pending(a), 1);
}
END_TEST

static bool
is_nobody(void *arg, const struct addr *addr)
{
	(void)arg;
	(void)addr;
	return false;
}

START_TEST(forwarded_packets_have_their_own_policies)
{
	struct sim_packet p = fix_packet(&us, &peer, 17, 1, 2);
	struct sim_wire w = { .inner = p };
	struct sp_spec sp = fix_sp(SP_FWD, &us, &peer, 17, 0);

	sp.action = SP_DISCARD;
	sp.ntmpl = 0;
	policy(b, sp);
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DELIVERED);
	simkern_set_local(b, is_nobody, NULL);
	ck_assert_int_eq(simkern_receive(b, &w, &why), SIM_DROPPED);
	ck_assert_str_eq(why, "XfrmInPolBlock");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		without_policy_in_clear,
		discard_and_none,
		priority_then_age,
		clear_packets_where_esp_is_required,
		acquire_once_then_silence,
		acquire_ends_with_another_seq_by_likeness,
		outbound_needs_the_same_reqid,
		inbound_reqid_zero_takes_any,
		newest_sa_wins_unless_dying,
		keys_are_compared,
		unknown_spi_and_larval_state,
		replayed_packets_are_dropped,
		volume_lifetimes,
		tunnel_through_gateways,
		bundle_of_esp_and_ah,
		level_use_is_optional,
		selector_of_an_sa,
		nat_mapping,
		features_and_faults,
		events_wait_and_can_be_lost,
		forwarded_packets_have_their_own_policies,
	};
	Suite *s = suite_create("simkern");
	TCase *t = tcase_create("path");
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
