/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What real kernels sent, as we read it: events and dumps of Linux 6.1 (with ESP) and 6.18 (without), every shorter
 * prefix of each, and what is no message of ours.
 */
#include "kern/xfrm_msg.h"
#include "unit/xfrm_vectors.h"

#include <check.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>

static const char *const kernels[] = { "linux-6.1", "linux-6.18" };
#define NKERNELS (sizeof(kernels) / sizeof(kernels[0]))

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

static struct kern_event
event_of(const char *kernel, const char *label, unsigned nth)
{
	struct vector v;
	struct kern_event ev;

	vector_find(kernel, label, nth, &v);
	ck_assert_int_eq(xfrm_get_event(slice_of(v.b, v.n), &ev), IKE_OK);
	return ev;
}

START_TEST(acquire_transport)
{
	struct kern_event ev = event_of(kernels[_i], "ev-acquire-transport4", 0);

	ck_assert_int_eq(ev.kind, KERN_EV_ACQUIRE);
	check_addr(&ev.acq_src, "10.66.0.1");
	check_addr(&ev.acq_dst, "10.66.0.2");
	ck_assert_uint_ne(ev.acq_seq, 0);
	ck_assert_uint_eq(ev.sa.seq, ev.acq_seq);
	ck_assert_uint_eq(ev.sa.id.proto, PROTO_ESP);
	ck_assert_uint_eq(ev.sa.id.spi, 0);
	ck_assert_uint_eq(ev.sa.reqid, 9);
	ck_assert_uint_eq(ev.sa.mode, MODE_TRANSPORT);
	ck_assert_uint_eq(ev.sa.dir, SA_OUT);
	/* the packet: UDP to port 7777 */
	check_prefix(&ev.acq_sel.src, "10.66.0.1/32");
	check_prefix(&ev.acq_sel.dst, "10.66.0.2/32");
	ck_assert_uint_eq(ev.acq_sel.proto, 17);
	ck_assert_uint_eq(ev.acq_sel.dport, 7777);
	ck_assert(ev.acq_sel.dport_set);
	ck_assert_uint_ne(ev.acq_sel.sport, 0);
	/* the policy, with its template */
	ck_assert_uint_eq(ev.sp.id.dir, SP_OUT);
	ck_assert_uint_eq(ev.sp.id.sel.proto, 0);
	ck_assert_uint_eq(ev.sp.priority, 100);
	ck_assert_uint_eq(ev.sp.action, SP_IPSEC);
	ck_assert_uint_eq(ev.sp.ntmpl, 1);
	ck_assert_uint_eq(ev.sp.tmpl[0].reqid, 9);
	ck_assert_uint_eq(ev.sp.tmpl[0].level, SP_UNIQUE);
	ck_assert_uint_ne(ev.sp.index, 0);
}
END_TEST

/* The SA's addresses have another family than the packet's. */
START_TEST(acquire_tunnel_6in4)
{
	struct kern_event ev = event_of(kernels[_i], "ev-acquire-tunnel6in4", 0);

	ck_assert_int_eq(ev.kind, KERN_EV_ACQUIRE);
	check_addr(&ev.acq_src, "10.66.0.1");
	check_addr(&ev.acq_dst, "10.66.0.2");
	check_prefix(&ev.acq_sel.dst, "2001:db8::2/128");
	check_prefix(&ev.sp.id.sel.src, "2001:db8::/64");
	ck_assert_uint_eq(ev.sp.id.sel.dport, 99);
	ck_assert_uint_eq(ev.sa.mode, MODE_TUNNEL);
	ck_assert_uint_eq(ev.sa.reqid, 11);
	check_addr(&ev.sp.tmpl[0].src, "10.66.0.1");
	check_addr(&ev.sp.tmpl[0].dst, "10.66.0.2");
}
END_TEST

START_TEST(policy_events)
{
	const char *k = kernels[_i];
	struct kern_event ev = event_of(k, "ev-policy-new", 0);

	ck_assert_int_eq(ev.kind, KERN_EV_SP_NEW);
	ck_assert_uint_eq(ev.sp.priority, 100);
	/* who asked: ip(8) leaves the port id empty */
	ck_assert_uint_eq(ev.pid, 0);
	ev = event_of(k, "ev-policy-update", 0);
	ck_assert_int_eq(ev.kind, KERN_EV_SP_UPDATE);
	ck_assert_uint_eq(ev.sp.priority, 101);
	ev = event_of(k, "ev-policy-delete", 0);
	ck_assert_int_eq(ev.kind, KERN_EV_SP_DELETE);
	ck_assert_uint_eq(ev.sp.id.dir, SP_OUT);
	check_prefix(&ev.sp.id.sel.dst, "10.66.0.2/32");
	ck_assert_uint_eq(ev.sp.priority, 101);
	ev = event_of(k, "ev-policy-mark", 0);
	ck_assert_int_eq(ev.kind, KERN_EV_SP_NEW);
	ck_assert_uint_eq(ev.sp.id.mark, 5);
	ck_assert_uint_eq(ev.sp.id.mark_mask, 0xff);
	ck_assert_uint_eq(ev.sp.id.if_id, 77);
	ck_assert_uint_eq(ev.sp.life.hard_sec, 1);
	ev = event_of(k, "ev-policy-expire", 0);
	ck_assert_int_eq(ev.kind, KERN_EV_SP_EXPIRE);
	check_prefix(&ev.sp.id.sel.src, "10.9.0.0/16");
	ev = event_of(k, "ev-policy-flush", 0);
	ck_assert_int_eq(ev.kind, KERN_EV_SP_FLUSH);
}
END_TEST

START_TEST(sa_flush_event)
{
	struct kern_event ev = event_of(kernels[_i], "ev-sa-flush-all", 0);

	ck_assert_int_eq(ev.kind, KERN_EV_SA_FLUSH);
	ck_assert_uint_eq(ev.flush_proto, PROTO_NONE);
}
END_TEST

START_TEST(larval_states)
{
	struct vector v;
	struct kern_sa sa;
	bool reserved = false;

	for (unsigned i = 0; i < 3; i++) {
		vector_find(kernels[_i], "dump-larval", i, &v);
		ck_assert_int_eq(xfrm_get_sa(slice_of(v.b, v.n), &sa), IKE_OK);
		ck_assert(sa.larval);
		ck_assert_uint_eq(kern_sa_state(&sa, sa.usage.add_time + 1), KERN_SA_LARVAL);
		if (sa.spec.id.spi == 0) {
			/* of an acquire: names the packet, and its sequence number */
			ck_assert_uint_ne(sa.spec.seq, 0);
			continue;
		}
		ck_assert_uint_eq(sa.spec.id.spi, 0x1234);
		check_addr(&sa.spec.id.dst, "10.66.0.1");
		reserved = true;
	}
	ck_assert(reserved);
}
END_TEST

START_TEST(sa_with_everything)
{
	struct vector v;
	struct kern_sa sa;

	vector_find("linux-6.1", "dump-sa-esn", 0, &v);
	ck_assert_int_eq(xfrm_get_sa(slice_of(v.b, v.n), &sa), IKE_OK);
	ck_assert(!sa.larval);
	ck_assert_uint_eq(sa.spec.id.spi, 0x3001);
	ck_assert_uint_eq(sa.spec.id.proto, PROTO_ESP);
	check_addr(&sa.spec.src, "10.66.0.1");
	check_addr(&sa.spec.id.dst, "10.66.0.2");
	ck_assert_uint_eq(sa.spec.mode, MODE_TUNNEL);
	ck_assert_uint_eq(sa.spec.reqid, 5);
	ck_assert_uint_eq(sa.spec.encr, ENCR_AES_GCM_16);
	ck_assert_uint_eq(sa.spec.encr_bits, 128);
	ck_assert_uint_eq(sa.spec.integ, ALG_ID_NONE);
	ck_assert_uint_eq(sa.keys.encr_len, 20);
	ck_assert_uint_eq(sa.keys.encr[19], 0x13);
	ck_assert_uint_eq(sa.spec.replay_window, 128);
	ck_assert_uint_eq(sa.spec.flags, SA_ESN);
	ck_assert_uint_eq(sa.spec.encap_sport, 4500);
	ck_assert_uint_eq(sa.spec.encap_dport, 4501);
	ck_assert_uint_eq(sa.spec.encap_oa.family, 0);
	ck_assert_uint_eq(sa.spec.life.soft_sec, 1);
	ck_assert_uint_eq(sa.spec.life.hard_sec, 3);
	ck_assert_uint_eq(sa.spec.life.hard_bytes, 1000000);
	ck_assert_uint_eq(sa.spec.life.soft_bytes, 0);
	ck_assert_uint_eq(sa.spec.life.soft_packets, 99);
	ck_assert_uint_eq(sa.spec.mark, 5);
	ck_assert_uint_eq(sa.spec.mark_mask, 0xff);
	ck_assert_uint_eq(sa.spec.if_id, 77);
	check_prefix(&sa.spec.sel.src, "10.1.0.0/16");
	check_prefix(&sa.spec.sel.dst, "10.2.0.0/16");
	ck_assert_uint_ne(sa.usage.add_time, 0);
}
END_TEST

START_TEST(sa_events)
{
	struct kern_event ev = event_of("linux-6.1", "ev-sa-new", 0);

	ck_assert_int_eq(ev.kind, KERN_EV_SA_NEW);
	ck_assert_uint_eq(ev.sa.id.spi, 0x3001);
	ck_assert_uint_eq(ev.sa.encr, ENCR_AES_GCM_16);
	ev = event_of("linux-6.1", "ev-expire", 0);
	ck_assert_int_eq(ev.kind, KERN_EV_SOFT);
	ck_assert_uint_eq(ev.sa.id.spi, 0x3001);
	ev = event_of("linux-6.1", "ev-expire", 1);
	ck_assert_int_eq(ev.kind, KERN_EV_HARD);
	ck_assert_uint_eq(ev.sa.id.spi, 0x3001);
	ev = event_of("linux-6.1", "ev-sa-new-auth", 0);
	ck_assert_int_eq(ev.kind, KERN_EV_SA_NEW);
	ck_assert_uint_eq(ev.sa.id.proto, PROTO_AH);
	/* without a truncation of its own the kernel takes 96 bits */
	ck_assert_uint_eq(ev.sa.integ, INTEG_HMAC_SHA256_96);
	ev = event_of("linux-6.1", "ev-sa-update", 0);
	ck_assert_int_eq(ev.kind, KERN_EV_SA_UPDATE);
	ev = event_of("linux-6.1", "ev-sa-delete", 0);
	ck_assert_int_eq(ev.kind, KERN_EV_SA_DELETE);
	ck_assert_uint_eq(ev.sa.id.spi, 0x3002);
	check_addr(&ev.sa.src, "10.66.0.1");
	ck_assert_uint_eq(ev.sa.integ, INTEG_HMAC_SHA256_96);
}
END_TEST

START_TEST(mapping_event)
{
	struct kern_event ev = event_of("linux-6.1", "ev-mapping", 0);

	ck_assert_int_eq(ev.kind, KERN_EV_MAPPING);
	ck_assert_uint_eq(ev.sa.id.spi, 0x4001);
	check_addr(&ev.sa.id.dst, "10.66.0.1");
	check_addr(&ev.sa.src, "10.66.0.2");
	ck_assert_uint_eq(ev.sa.encap_sport, 4500);
	ck_assert_uint_eq(ev.sa.reqid, 3);
	check_addr(&ev.map_new.addr, "10.66.0.2");
	ck_assert_uint_eq(ev.map_new.port, 4599);
}
END_TEST

START_TEST(migrate_event)
{
	struct {
		struct nlmsghdr h;
		struct xfrm_userpolicy_id id;
	} m = { .h = {
		    .nlmsg_len = sizeof(m), .nlmsg_type = XFRM_MSG_MIGRATE, .nlmsg_pid = 4711 } };
	struct kern_event ev;

	m.id.dir = XFRM_POLICY_IN;
	m.id.index = 8;
	m.id.sel.family = 2;
	ck_assert_int_eq(xfrm_get_event(slice_of(&m, sizeof(m)), &ev), IKE_OK);
	ck_assert_int_eq(ev.kind, KERN_EV_MIGRATE);
	ck_assert_uint_eq(ev.sp.id.dir, SP_IN);
	ck_assert_uint_eq(ev.sp.index, 8);
	ck_assert_uint_eq(ev.pid, 4711);
}
END_TEST

static ike_err
any_get(struct slice s)
{
	struct kern_event ev;
	struct kern_sa sa;
	struct sp_spec sp;
	ike_err err = xfrm_get_event(s, &ev);

	/* whatever the type says: readers check for themselves */
	(void)!xfrm_get_sa(s, &sa);
	(void)!xfrm_get_sp(s, &sp);
	return err;
}

/* In memory of exactly that size, so that a sanitizer sees a read behind it. */
static ike_err
get_prefix(const struct vector *v, size_t n, bool honest)
{
	uint8_t *p = malloc(n > 0 ? n : 1);
	uint32_t len = (uint32_t)n;
	ike_err err;

	ck_assert_ptr_nonnull(p);
	memcpy(p, v->b, n);
	if (honest && n >= sizeof(len))
		memcpy(p, &len, sizeof(len));
	err = any_get(slice_of(p, n));
	free(p);
	return err;
}

START_TEST(every_prefix)
{
	struct vector v;
	FILE *f = vectors_open(kernels[_i]);
	unsigned messages = 0;

	for (; vectors_next(f, &v); messages++) {
		ck_assert_int_eq(get_prefix(&v, v.n, true), IKE_OK);
		for (size_t n = 0; n < v.n; n++) {
			ike_err err;

			/* the header says more than there is */
			ck_assert_int_eq(get_prefix(&v, n, false), IKE_E_SHORT);
			/* a message that ends here: fine between attributes, refused elsewhere */
			err = get_prefix(&v, n, true);
			ck_assert(err == IKE_OK || err == IKE_E_SHORT || err == IKE_E_FORMAT);
		}
	}
	fclose(f);
	ck_assert_uint_gt(messages, 30);
}
END_TEST

/* Each byte of each message damaged: never a crash, always an error we know or a message. */
START_TEST(every_byte_damaged)
{
	struct vector v;
	FILE *f = vectors_open(kernels[_i]);

	while (vectors_next(f, &v)) {
		for (size_t i = 0; i < v.n; i++) {
			uint8_t was = v.b[i];
			ike_err err;

			v.b[i] ^= 0xff;
			err = get_prefix(&v, v.n, false);
			ck_assert(err == IKE_OK || err == IKE_E_SHORT || err == IKE_E_FORMAT ||
				  err == IKE_E_UNSUPPORTED);
			v.b[i] = was;
		}
	}
	fclose(f);
}
END_TEST

START_TEST(foreign_types)
{
	struct nlmsghdr h = { .nlmsg_len = sizeof(h) };
	struct kern_event ev;

	for (unsigned type = 0; type < 64; type++) {
		bool known = type == XFRM_MSG_FLUSHPOLICY;
		ike_err err;

		h.nlmsg_type = (uint16_t)type;
		err = xfrm_get_event(slice_of(&h, sizeof(h)), &ev);
		ck_assert(known ? err == IKE_OK : err == IKE_E_UNSUPPORTED || err == IKE_E_SHORT);
	}
	h.nlmsg_type = XFRM_MSG_REPORT;
	ck_assert_int_eq(xfrm_get_event(slice_of(&h, sizeof(h)), &ev), IKE_E_UNSUPPORTED);
	h.nlmsg_len = 3;
	ck_assert_int_eq(xfrm_get_event(slice_of(&h, sizeof(h)), &ev), IKE_E_SHORT);
}
END_TEST

/* --- acks --- */

/* An ack with the request's header, the request itself unless |capped|, and a text if |text| is not NULL. */
static size_t
make_ack(uint8_t *b, int error, bool capped, const char *text)
{
	struct nlmsghdr h = { .nlmsg_type = NLMSG_ERROR };
	struct nlmsgerr e = { .error = error };
	size_t n = sizeof(h) + sizeof(e);

	e.msg.nlmsg_len = sizeof(e.msg) + 20;
	if (capped)
		h.nlmsg_flags |= NLM_F_CAPPED;
	else
		n += 20;
	memset(b, 0, 512);
	if (text != NULL) {
		struct nlattr a = { .nla_type = NLMSGERR_ATTR_MSG,
			.nla_len = (uint16_t)(sizeof(a) + strlen(text) + 1) };

		h.nlmsg_flags |= NLM_F_ACK_TLVS;
		memcpy(b + n, &a, sizeof(a));
		memcpy(b + n + sizeof(a), text, strlen(text) + 1);
		n += NLA_ALIGN(a.nla_len);
	}
	h.nlmsg_len = (uint32_t)n;
	memcpy(b, &h, sizeof(h));
	memcpy(b + sizeof(h), &e, sizeof(e));
	return n;
}

START_TEST(acks)
{
	_Alignas(16) uint8_t b[512];
	char out[64];
	struct text t = text_in(out, sizeof(out));
	int errnum = -1;
	size_t n = make_ack(b, 0, true, NULL);

	ck_assert_int_eq(xfrm_get_ack(slice_of(b, n), &errnum, &t), IKE_OK);
	ck_assert_int_eq(errnum, 0);
	ck_assert_str_eq(out, "");
	for (int capped = 0; capped < 2; capped++) {
		t = text_in(out, sizeof(out));
		n = make_ack(b, -93, capped != 0, "Requested type not found");
		ck_assert_int_eq(xfrm_get_ack(slice_of(b, n), &errnum, &t), IKE_OK);
		ck_assert_int_eq(errnum, 93);
		ck_assert_str_eq(out, "Requested type not found");
		for (size_t cut = 0; cut < n; cut++) {
			uint8_t *p = malloc(cut > 0 ? cut : 1);

			ck_assert_ptr_nonnull(p);
			memcpy(p, b, cut);
			t = text_in(out, sizeof(out));
			ck_assert_int_eq(xfrm_get_ack(slice_of(p, cut), &errnum, &t), IKE_E_SHORT);
			free(p);
		}
	}
	/* an error is negative, and an errno */
	n = make_ack(b, 5, true, NULL);
	ck_assert_int_eq(xfrm_get_ack(slice_of(b, n), &errnum, &t), IKE_E_FORMAT);
	n = make_ack(b, -100000, true, NULL);
	ck_assert_int_eq(xfrm_get_ack(slice_of(b, n), &errnum, &t), IKE_E_FORMAT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("xfrm_kernel");
	TCase *t = tcase_create("recorded");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, acquire_transport, 0, NKERNELS);
	tcase_add_loop_test(t, acquire_tunnel_6in4, 0, NKERNELS);
	tcase_add_loop_test(t, policy_events, 0, NKERNELS);
	tcase_add_loop_test(t, sa_flush_event, 0, NKERNELS);
	tcase_add_loop_test(t, larval_states, 0, NKERNELS);
	tcase_add_test(t, sa_with_everything);
	tcase_add_test(t, sa_events);
	tcase_add_test(t, mapping_event);
	tcase_add_test(t, migrate_event);
	tcase_add_loop_test(t, every_prefix, 0, NKERNELS);
	tcase_add_loop_test(t, every_byte_damaged, 0, NKERNELS);
	tcase_add_test(t, foreign_types);
	tcase_add_test(t, acks);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
