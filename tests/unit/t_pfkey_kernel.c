/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a real kernel sent over PF_KEY, as we read it; every shorter prefix of each message; what is no message of
 * ours.
 */
#include "kern/pfkey_msg.h"
#include "unit/xfrm_vectors.h"

#include <check.h>
#include <linux/pfkeyv2.h>
#include <stdlib.h>
#include <string.h>

#define LINUX "../pfkey/linux-6.1"

static struct vector v;

static struct slice
message(const char *label, unsigned nth)
{
	vector_find(LINUX, label, nth, &v);
	return slice_of(v.b, v.n);
}

static struct kern_event
event(const char *label, unsigned nth, enum kern_event_kind kind)
{
	struct kern_event ev;

	ck_assert_int_eq(pfkey_get_event(message(label, nth), &ev), IKE_OK);
	ck_assert_int_eq(ev.kind, kind);
	return ev;
}

static void
check_addr(const struct addr *a, const char *text)
{
	struct addr_buf b;

	ck_assert_str_eq(addr_text(a, &b), text);
}

static void
check_prefix(const struct prefix *p, const char *text)
{
	struct addr_buf b;

	ck_assert_str_eq(prefix_text(p, &b), text);
}

START_TEST(acquires)
{
	struct kern_event ev = event("ev-acquire-transport4", 0, KERN_EV_ACQUIRE);
	struct sp_spec sp;

	check_addr(&ev.acq_src, "192.0.2.1");
	check_addr(&ev.acq_dst, "192.0.2.2");
	ck_assert_uint_ne(ev.acq_seq, 0);
	ck_assert_uint_eq(ev.sa.seq, ev.acq_seq);
	ck_assert_uint_eq(ev.sa.id.proto, PROTO_ESP);
	ck_assert_uint_eq(ev.sa.id.spi, 0);
	ck_assert_uint_eq(ev.sa.dir, SA_OUT);
	ck_assert_uint_eq(ev.sp.priority, 100);
	ck_assert_uint_eq(ev.pid, 0);
	/* all else is the policy's */
	ck_assert_int_eq(pfkey_get_sp(message("ev-policy-update", 0), &sp), IKE_OK);
	ck_assert_uint_eq(sp.index, ev.sp.index);
	pfkey_acquire_policy(&ev, &sp);
	ck_assert_uint_eq(ev.sa.reqid, 9);
	ck_assert_uint_eq(ev.sa.mode, MODE_TRANSPORT);
	ck_assert(sa_selector_equal(&ev.acq_sel, &sp.id.sel));
	ck_assert(sp_id_equal(&ev.sp.id, &sp.id));
	ev = event("ev-acquire-tunnel4", 0, KERN_EV_ACQUIRE);
	check_addr(&ev.acq_dst, "192.0.2.99");
}
END_TEST

START_TEST(policies)
{
	struct kern_event ev = event("ev-policy-new", 0, KERN_EV_SP_NEW);
	struct sp_spec sp;

	ck_assert_uint_eq(ev.sp.id.dir, SP_OUT);
	check_prefix(&ev.sp.id.sel.src, "192.0.2.1/32");
	check_prefix(&ev.sp.id.sel.dst, "192.0.2.2/32");
	ck_assert_uint_eq(ev.sp.id.sel.proto, 17);
	ck_assert(!ev.sp.id.sel.sport_set && !ev.sp.id.sel.dport_set);
	ck_assert_uint_eq(ev.sp.priority, SP_PRIO_DEF);
	ck_assert_uint_eq(ev.sp.action, SP_IPSEC);
	ck_assert_uint_eq(ev.sp.ntmpl, 1);
	ck_assert_uint_eq(ev.sp.tmpl[0].reqid, 9);
	ck_assert_uint_eq(ev.sp.tmpl[0].level, SP_UNIQUE);
	ck_assert_uint_ne(ev.sp.add_time, 0);
	ck_assert_uint_ne(ev.pid, 0);
	sp = event("ev-policy-update", 0, KERN_EV_SP_UPDATE).sp;
	ck_assert_uint_eq(sp.index, ev.sp.index);
	ck_assert(sp_id_equal(&sp.id, &ev.sp.id));
	sp = event("ev-policy-tunnel4", 0, KERN_EV_SP_UPDATE).sp;
	check_addr(&sp.tmpl[0].src, "192.0.2.1");
	check_addr(&sp.tmpl[0].dst, "192.0.2.99");
	ck_assert_uint_eq(sp.tmpl[0].level, SP_REQUIRE);
	sp = event("ev-policy-new6", 0, KERN_EV_SP_NEW).sp;
	ck_assert_uint_eq(sp.id.dir, SP_IN);
	check_prefix(&sp.id.sel.src, "2001:db8::2/64");
	ck_assert_uint_eq(sp.id.sel.proto, 58);
	ck_assert_uint_eq(sp.id.sel.sport, 135);
	ck_assert(sp.id.sel.sport_set);
	ck_assert_uint_eq(sp.life.soft_sec, 600);
	ck_assert_uint_eq(sp.life.hard_sec, 1200);
	ck_assert_uint_eq(sp.ntmpl, 2);
	ck_assert_uint_eq(sp.tmpl[0].level, SP_USE);
	ck_assert_uint_eq(sp.tmpl[0].proto, PROTO_AH);
	ck_assert_uint_eq(sp.tmpl[1].reqid, 16383);
	ck_assert_uint_eq(event("ev-policy-none", 0, KERN_EV_SP_NEW).sp.action, SP_NONE);
	ck_assert_uint_eq(event("ev-policy-discard", 0, KERN_EV_SP_NEW).sp.action, SP_DISCARD);
	sp = event("ev-policy-delete", 0, KERN_EV_SP_DELETE).sp;
	ck_assert_uint_eq(sp.id.sel.dport, 22);
	(void)event("ev-policy-flush", 0, KERN_EV_SP_FLUSH);
	ck_assert_uint_eq(event("ev-migrate", 0, KERN_EV_MIGRATE).sp.id.dir, SP_OUT);
}
END_TEST

/* Bundles of two families; in the last the header's length is too small by the difference of two socket addresses. */
START_TEST(mixed_bundles)
{
	static const char *const labels[] = { "ev-policy-4in6-ah", "ev-policy-6in4-ah",
		"ev-policy-miscounted" };
	struct sp_spec sp;

	for (size_t i = 0; i < 3; i++) {
		sp = event(labels[i], 0, KERN_EV_SP_NEW).sp;
		ck_assert_uint_eq(sp.ntmpl, 2);
		ck_assert_uint_eq(sp.tmpl[0].mode, MODE_TUNNEL);
		ck_assert_uint_eq(sp.tmpl[0].src.family, i == 1 ? 4 : 6);
		ck_assert_uint_eq(sp.tmpl[1].mode, MODE_TRANSPORT);
		ck_assert_uint_eq(sp.tmpl[1].proto, PROTO_AH);
	}
	ck_assert_uint_lt((size_t)(v.b[4] | v.b[5] << 8) * 8, v.n);
}
END_TEST

START_TEST(dumped_policies)
{
	struct sp_spec sp;
	unsigned sockets = 0;

	for (unsigned i = 0; i < 9; i++) {
		ck_assert_int_eq(pfkey_get_sp(message("dump-sp", i), &sp), IKE_OK);
		sockets += sp.socket;
		if (sp.socket)
			ck_assert_uint_eq(sp.action, SP_NONE);
	}
	ck_assert_uint_eq(sockets, 2);
	ck_assert_int_eq(pfkey_get_sp(message("policy-by-index", 0), &sp), IKE_OK);
	ck_assert_uint_eq(sp.ntmpl, 1);
}
END_TEST

START_TEST(sas)
{
	struct kern_sa sa;
	struct kern_event ev = event("ev-sa-new", 0, KERN_EV_SA_NEW);
	struct sa_spec *s = &sa.spec;

	ck_assert_uint_eq(ev.sa.id.spi, 0x1001);
	ck_assert_uint_eq(ev.sa.encr_bits, 128);
	ck_assert_int_eq(pfkey_get_sa(message("get", 0), &sa), IKE_OK);
	check_addr(&s->src, "192.0.2.1");
	check_addr(&s->id.dst, "192.0.2.2");
	ck_assert_uint_eq(s->encr, ENCR_AES_CBC);
	ck_assert_uint_eq(s->integ, INTEG_HMAC_SHA1_96);
	ck_assert_uint_eq(s->reqid, 42);
	ck_assert_uint_eq(s->mode, MODE_TRANSPORT);
	ck_assert_uint_eq(s->replay_window, 32);
	ck_assert_uint_eq(s->flags, SA_NOECN | SA_NOPMTUDISC | SA_DECAP_DSCP);
	ck_assert_uint_eq(s->life.soft_sec, 2880);
	ck_assert_uint_eq(s->life.hard_bytes, 2000000);
	ck_assert_uint_eq(s->life.soft_packets, 1000);
	ck_assert_uint_eq(sa.keys.encr_len, 16);
	ck_assert_uint_eq(sa.keys.encr[15], 16);
	ck_assert_uint_eq(sa.keys.integ[19], 0x81 + 19);
	ck_assert_uint_ne(sa.usage.add_time, 0);
	ck_assert(!sa.larval);
	s = &ev.sa;
	ev = event("ev-sa-natt", 0, KERN_EV_SA_NEW);
	ck_assert_uint_eq(s->encap_sport, 4500);
	ck_assert_uint_eq(s->encap_dport, 60000);
	ck_assert_uint_eq(s->mode, MODE_TUNNEL);
	ev = event("ev-sa-ah6", 0, KERN_EV_SA_NEW);
	ck_assert_uint_eq(s->id.proto, PROTO_AH);
	ck_assert_uint_eq(s->integ, INTEG_HMAC_SHA256_96);
	check_addr(&s->id.dst, "2001:db8::2");
	ev = event("ev-sa-ipcomp", 0, KERN_EV_SA_NEW);
	ck_assert_uint_eq(s->comp, COMP_DEFLATE);
	ck_assert_uint_eq(s->encr, ALG_ID_NONE);
	ck_assert_uint_eq(event("ev-sa-null", 0, KERN_EV_SA_NEW).sa.encr, ENCR_NULL);
	ck_assert_uint_eq(event("ev-sa-update", 0, KERN_EV_SA_UPDATE).sa.id.spi, 0x1001);
	ck_assert_uint_eq(event("ev-sa-delete", 0, KERN_EV_SA_DELETE).sa.id.spi, 0x1002);
	ck_assert_uint_eq(event("ev-sa-flush-esp", 0, KERN_EV_SA_FLUSH).flush_proto, PROTO_ESP);
	ck_assert_uint_eq(event("ev-sa-flush-all", 0, KERN_EV_SA_FLUSH).flush_proto, PROTO_NONE);
}
END_TEST

/* Made through netlink, and not to be said here. */
START_TEST(what_is_not_told)
{
	struct sa_spec s = event("ev-sa-gcm", 0, KERN_EV_SA_NEW).sa;

	ck_assert_uint_eq(s.encr, ALG_ID_NONE);
	ck_assert_uint_eq(s.integ, INTEG_NONE);
	ck_assert(!sa_is_larval(&s));
	/* its ICV has 128 bits */
	ck_assert_uint_eq(
	    event("ev-sa-sha256-128", 0, KERN_EV_SA_NEW).sa.integ, INTEG_HMAC_SHA256_96);
	s = event("ev-sa-selector", 0, KERN_EV_SA_NEW).sa;
	ck_assert_uint_eq(s.sel.src.addr.family, 0);
}
END_TEST

START_TEST(larval_sas)
{
	struct kern_sa sa;
	struct pfkey_hdr h;

	ck_assert_int_eq(pfkey_get_sa(message("getspi", 0), &sa), IKE_OK);
	ck_assert(sa.larval && sa_is_larval(&sa.spec));
	ck_assert_uint_eq(sa.spec.id.spi, 0xc0001234);
	ck_assert_uint_eq(sa.spec.life.hard_sec, 3);
	ck_assert_int_eq(pfkey_get_sa(message("dump-acquiring", 0), &sa), IKE_OK);
	ck_assert(sa.larval);
	ck_assert_uint_eq(sa.spec.id.spi, 0);
	ck_assert_uint_eq(sa.spec.reqid, 9);
	ck_assert_int_eq(pfkey_get_hdr(message("getspi-taken", 0), &h), IKE_OK);
	ck_assert_int_eq(h.errnum, 2);
	ck_assert_uint_eq(h.type, SADB_GETSPI);
	ck_assert_uint_eq(h.seq, 77);
	ck_assert_uint_eq(h.proto, PROTO_ESP);
}
END_TEST

START_TEST(lifetimes_and_mapping)
{
	struct kern_event ev = event("ev-expire", 0, KERN_EV_SOFT);

	ck_assert_uint_eq(ev.sa.id.spi, 0x1001);
	ck_assert_uint_eq(ev.sa.reqid, 42);
	ck_assert_uint_eq(event("ev-expire", 1, KERN_EV_HARD).sa.id.spi, 0x1001);
	ev = event("ev-mapping", 0, KERN_EV_MAPPING);
	ck_assert_uint_eq(ev.sa.id.spi, 0x1002);
	ck_assert_uint_eq(ev.sa.id.dst.family, 0);
	check_addr(&ev.sa.src, "192.0.2.2");
	ck_assert_uint_eq(ev.sa.encap_sport, 4500);
	check_addr(&ev.map_new.addr, "192.0.2.1");
	ck_assert_uint_eq(ev.map_new.port, 6000);
}
END_TEST

START_TEST(algorithms)
{
	struct pfkey_algs a;

	ck_assert_int_eq(pfkey_get_algs(message("register", 0), &a), IKE_OK);
	ck_assert(pfkey_algs_have(&a, ENCR_AES_CBC));
	ck_assert(pfkey_algs_have(&a, ENCR_NULL));
	ck_assert(pfkey_algs_have(&a, INTEG_HMAC_SHA1_96));
	ck_assert(pfkey_algs_have(&a, INTEG_HMAC_SHA256_96));
	ck_assert(!pfkey_algs_have(&a, INTEG_HMAC_SHA256_128));
	ck_assert(!pfkey_algs_have(&a, ENCR_AES_GCM_16));
	ck_assert(!pfkey_algs_have(&a, ENCR_TWOFISH));
	ck_assert(!pfkey_algs_have(&a, PRF_HMAC_SHA1));
	ck_assert(!pfkey_algs_have(&a, ALG_ID_NONE));
}
END_TEST

START_TEST(no_events)
{
	static const char *const labels[] = { "register", "getspi", "get", "dump-sa", "dump-sp",
		"policy-by-index", "dump-nothing", "delete-none", "getspi-taken" };
	struct kern_event ev;
	struct sp_spec sp;
	struct kern_sa sa;

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		ck_assert_int_eq(pfkey_get_event(message(labels[i], 0), &ev), IKE_E_UNSUPPORTED);
	ck_assert_int_eq(pfkey_get_sp(message("get", 0), &sp), IKE_E_FORMAT);
	ck_assert_int_eq(pfkey_get_sa(message("ev-policy-new", 0), &sa), IKE_E_FORMAT);
	ck_assert_int_eq(pfkey_get_sa(message("dump-nothing", 0), &sa), IKE_E_FORMAT);
	(void)message("get", 0);
	v.b[0] = 1;
	ck_assert_int_eq(pfkey_get_sa(slice_of(v.b, v.n), &sa), IKE_E_FORMAT);
	ck_assert_int_eq(pfkey_get_event(slice_of(v.b, v.n), &ev), IKE_E_FORMAT);
}
END_TEST

/* Memory of just the size, so that a sanitizer sees what is read behind it. */
static void
try_all(const uint8_t *b, size_t n)
{
	uint8_t *p = malloc(n > 0 ? n : 1);
	struct kern_event ev;
	struct kern_sa sa;
	struct sp_spec sp;
	struct pfkey_algs a;

	ck_assert_ptr_nonnull(p);
	memcpy(p, b, n);
	if (pfkey_get_event(slice_of(p, n), &ev) == IKE_OK)
		ck_assert_int_le(ev.kind, KERN_EV_OVERRUN);
	if (pfkey_get_sa(slice_of(p, n), &sa) == IKE_OK)
		ck_assert_uint_le(sa.keys.encr_len, sizeof(sa.keys.encr));
	if (pfkey_get_sp(slice_of(p, n), &sp) == IKE_OK)
		ck_assert_uint_le(sp.ntmpl, SP_MAX_TMPL);
	(void)!pfkey_get_algs(slice_of(p, n), &a);
	free(p);
}

/* Every prefix, and every extension length set to what it should not be. */
START_TEST(damaged)
{
	FILE *f = vectors_open(LINUX);
	unsigned n = 0;

	while (vectors_next(f, &v)) {
		for (size_t i = 0; i <= v.n; i++)
			try_all(v.b, i);
		for (size_t i = 16; i < v.n; i += 2) {
			static const uint8_t odd[] = { 0, 1, 0xff };

			for (size_t j = 0; j < sizeof(odd); j++) {
				uint8_t was = v.b[i];

				v.b[i] = odd[j];
				try_all(v.b, v.n);
				v.b[i] = was;
			}
		}
		n++;
	}
	(void)fclose(f);
	ck_assert_uint_ge(n, 55);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pfkey_kernel");
	TCase *t = tcase_create("recorded");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, acquires);
	tcase_add_test(t, policies);
	tcase_add_test(t, mixed_bundles);
	tcase_add_test(t, dumped_policies);
	tcase_add_test(t, sas);
	tcase_add_test(t, what_is_not_told);
	tcase_add_test(t, larval_sas);
	tcase_add_test(t, lifetimes_and_mapping);
	tcase_add_test(t, algorithms);
	tcase_add_test(t, no_events);
	tcase_add_test(t, damaged);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
