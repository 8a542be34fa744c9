/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Policies as messages: golden bytes, round trips, what is refused; and rtnetlink addresses.
 */
#include "kern/rtnl.h"
#include "kern/xfrm_msg.h"

#include <check.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>

static struct addr
ip(const char *s)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(s, &a), IKE_OK);
	return a;
}

static struct prefix
net(const char *s)
{
	struct prefix p;

	ck_assert_int_eq(prefix_parse(s, &p), IKE_OK);
	return p;
}

static struct sp_spec
tunnel_spec(void)
{
	struct sp_spec s = { .priority = SP_PRIO_DEF - 100, .action = SP_IPSEC, .ntmpl = 2 };

	s.id.dir = SP_OUT;
	s.id.sel.src = net("10.1.0.0/16");
	s.id.sel.dst = net("10.2.0.0/24");
	s.id.sel.proto = 17;
	s.id.sel.dport = 53;
	s.id.sel.dport_set = true;
	s.tmpl[0] =
	    (struct sp_tmpl){ .proto = PROTO_IPCOMP, .mode = MODE_TRANSPORT, .level = SP_USE };
	s.tmpl[1] = (struct sp_tmpl){ .proto = PROTO_ESP,
		.mode = MODE_TUNNEL,
		.level = SP_UNIQUE,
		.reqid = 77,
		.src = ip("192.0.2.1"),
		.dst = ip("192.0.2.2") };
	return s;
}

START_TEST(golden)
{
	struct sp_spec s = tunnel_spec();
	struct xfrm_userpolicy_info *u;
	struct xfrm_user_tmpl *t;
	struct xfrm_msg m;
	struct slice b;

	ck_assert_int_eq(xfrm_put_sp(&m, XFRM_MSG_NEWPOLICY, &s), IKE_OK);
	b = xfrm_msg_slice(&m);
	ck_assert_uint_eq(b.n, 16 + 168 + 4 + 2 * 64);
	u = (void *)(m.b + 16);
	ck_assert_mem_eq(&u->sel.daddr, ((uint8_t[]){ 10, 2, 0, 0 }), 4);
	ck_assert_mem_eq(&u->sel.saddr, ((uint8_t[]){ 10, 1, 0, 0 }), 4);
	ck_assert_mem_eq(&u->sel.dport, ((uint8_t[]){ 0, 53, 0xff, 0xff, 0, 0, 0, 0 }), 8);
	ck_assert_uint_eq(u->sel.family, 2);
	ck_assert_uint_eq(u->sel.prefixlen_d, 24);
	ck_assert_uint_eq(u->sel.prefixlen_s, 16);
	ck_assert_uint_eq(u->sel.proto, 17);
	ck_assert(u->lft.hard_byte_limit == XFRM_INF && u->lft.soft_packet_limit == XFRM_INF);
	ck_assert_uint_eq(u->lft.hard_add_expires_seconds, 0);
	ck_assert_uint_eq(u->priority, 0x80000000u - 100);
	ck_assert_uint_eq(u->dir, XFRM_POLICY_OUT);
	ck_assert_uint_eq(u->action, XFRM_POLICY_ALLOW);
	ck_assert_mem_eq(m.b + 16 + 168, ((uint8_t[]){ 132, 0, XFRMA_TMPL, 0 }), 4);
	t = (void *)(m.b + 16 + 168 + 4);
	ck_assert_uint_eq(t[0].id.proto, 108);
	ck_assert_uint_eq(t[0].optional, 1);
	ck_assert_uint_eq(t[0].mode, 0);
	ck_assert_uint_eq(t[0].family, 2);
	ck_assert_uint_eq(t[1].id.proto, 50);
	ck_assert_uint_eq(t[1].optional, 0);
	ck_assert_uint_eq(t[1].mode, 1);
	ck_assert_uint_eq(t[1].reqid, 77);
	ck_assert_mem_eq(&t[1].saddr, ((uint8_t[]){ 192, 0, 2, 1 }), 4);
	ck_assert_mem_eq(&t[1].id.daddr, ((uint8_t[]){ 192, 0, 2, 2 }), 4);
	ck_assert_uint_eq(t[1].aalgos & t[1].ealgos & t[1].calgos, ~0u);
}
END_TEST

static void
round_trip(const struct sp_spec *s)
{
	struct xfrm_msg m;
	struct sp_spec back;

	ck_assert_int_eq(xfrm_put_sp(&m, XFRM_MSG_UPDPOLICY, s), IKE_OK);
	ck_assert_int_eq(xfrm_get_sp(xfrm_msg_slice(&m), &back), IKE_OK);
	ck_assert(sp_id_equal(&s->id, &back.id));
	ck_assert_uint_eq(s->index, back.index);
	ck_assert_uint_eq(s->priority, back.priority);
	ck_assert_uint_eq(s->action, back.action);
	ck_assert_uint_eq(s->ntmpl, back.ntmpl);
	ck_assert_mem_eq(&s->life, &back.life, sizeof(s->life));
	ck_assert_str_eq(s->ctx, back.ctx);
	ck_assert(!back.socket);
	for (unsigned i = 0; i < s->ntmpl; i++) {
		const struct sp_tmpl *a = &s->tmpl[i], *b = &back.tmpl[i];

		ck_assert_uint_eq(a->proto, b->proto);
		ck_assert_uint_eq(a->mode, b->mode);
		ck_assert_uint_eq(a->level, b->level);
		ck_assert_uint_eq(a->reqid, b->reqid);
		ck_assert(a->mode == MODE_TRANSPORT || addr_equal(&a->src, &b->src));
		ck_assert(a->mode == MODE_TRANSPORT || addr_equal(&a->dst, &b->dst));
	}
}

START_TEST(round_trips)
{
	struct sp_spec s = tunnel_spec();

	round_trip(&s);
	/* another family inside than outside */
	s.id.sel.src = net("2001:db8::/32");
	s.id.sel.dst = net("::/0");
	s.id.mark = 3;
	s.id.mark_mask = 0xf;
	s.id.if_id = 9;
	s.index = 17;
	s.life.hard_sec = 60;
	memcpy(s.ctx, "unconfined", sizeof("unconfined"));
	s.ctx_doi = s.ctx_alg = 1;
	round_trip(&s);
	s.ntmpl = SP_MAX_TMPL;
	for (unsigned i = 2; i < SP_MAX_TMPL; i++)
		s.tmpl[i] = (struct sp_tmpl){
			.proto = PROTO_AH, .mode = MODE_TRANSPORT, .level = SP_REQUIRE
		};
	round_trip(&s);
	s.ntmpl = 0;
	s.action = SP_NONE;
	for (unsigned dir = SP_IN; dir <= SP_FWD; dir++) {
		s.id.dir = (uint8_t)dir;
		round_trip(&s);
	}
	s.action = SP_DISCARD;
	round_trip(&s);
	/* ICMP type 0 is a value */
	s.id.sel.proto = 58;
	s.id.sel.dport = 0;
	s.id.sel.dport_set = false;
	s.id.sel.sport = 0;
	s.id.sel.sport_set = true;
	round_trip(&s);
}
END_TEST

static ike_err
put(const struct sp_spec *s)
{
	struct xfrm_msg m;

	return xfrm_put_sp(&m, XFRM_MSG_NEWPOLICY, s);
}

START_TEST(refused)
{
	struct sp_spec s = tunnel_spec();

	ck_assert_int_eq(put(&s), IKE_OK);
	s.tmpl[1].src = ip("2001:db8::1");
	ck_assert_int_eq(put(&s), IKE_E_RANGE);
	s.tmpl[1].src.family = 0;
	ck_assert_int_eq(put(&s), IKE_E_RANGE);
	s = tunnel_spec();
	s.tmpl[0].proto = PROTO_IKE;
	ck_assert_int_eq(put(&s), IKE_E_UNSUPPORTED);
	s = tunnel_spec();
	s.ntmpl = SP_MAX_TMPL + 1;
	ck_assert_int_eq(put(&s), IKE_E_RANGE);
	s.ntmpl = 0;
	ck_assert_int_eq(put(&s), IKE_E_RANGE);
	s = tunnel_spec();
	s.action = SP_NONE;
	ck_assert_int_eq(put(&s), IKE_E_RANGE);
	s.action = SP_ENTRUST;
	ck_assert_int_eq(put(&s), IKE_E_UNSUPPORTED);
	s.action = SP_BYPASS;
	ck_assert_int_eq(put(&s), IKE_E_UNSUPPORTED);
	s = tunnel_spec();
	s.id.dir = SP_FWD + 1;
	ck_assert_int_eq(put(&s), IKE_E_RANGE);
	s = tunnel_spec();
	s.id.sel.src = net("2001:db8::/32");
	ck_assert_int_eq(put(&s), IKE_E_RANGE);
	s.id.sel.src.addr.family = s.id.sel.dst.addr.family = 0;
	s.id.sel.src.len = s.id.sel.dst.len = 0;
	ck_assert_int_eq(put(&s), IKE_E_RANGE);
}
END_TEST

START_TEST(ids)
{
	struct sp_spec s = tunnel_spec();
	struct xfrm_msg m;
	struct slice b;

	ck_assert_int_eq(xfrm_put_sp_id(&m, XFRM_MSG_DELPOLICY, &s.id), IKE_OK);
	b = xfrm_msg_slice(&m);
	ck_assert_uint_eq(b.n, 16 + sizeof(struct xfrm_userpolicy_id));
	ck_assert_uint_eq(b.p[16 + 60], XFRM_POLICY_OUT);
	s.id.mark_mask = 1;
	s.id.if_id = 1;
	ck_assert_int_eq(xfrm_put_sp_id(&m, XFRM_MSG_GETPOLICY, &s.id), IKE_OK);
	ck_assert_uint_eq(xfrm_msg_slice(&m).n, b.n + 12 + 8);
	ck_assert_int_eq(xfrm_put_plain(&m, XFRM_MSG_FLUSHPOLICY), IKE_OK);
	ck_assert_uint_eq(xfrm_msg_slice(&m).n, 16);
}
END_TEST

/* Policies of sockets come in dumps, with directions of their own. */
START_TEST(of_sockets)
{
	struct sp_spec s = { .action = SP_NONE }, back;
	struct xfrm_userpolicy_info *u;
	struct xfrm_msg m;

	s.id.sel.src = net("0.0.0.0/0");
	s.id.sel.dst = net("0.0.0.0/0");
	ck_assert_int_eq(xfrm_put_sp(&m, XFRM_MSG_NEWPOLICY, &s), IKE_OK);
	u = (void *)(m.b + 16);
	u->dir = XFRM_POLICY_MAX + XFRM_POLICY_OUT;
	ck_assert_int_eq(xfrm_get_sp(xfrm_msg_slice(&m), &back), IKE_OK);
	ck_assert(back.socket);
	ck_assert_uint_eq(back.id.dir, SP_OUT);
	u->dir = 2 * XFRM_POLICY_MAX;
	ck_assert_int_eq(xfrm_get_sp(xfrm_msg_slice(&m), &back), IKE_E_FORMAT);
}
END_TEST

/* Templates are whole, and no more than six. */
START_TEST(bad_templates)
{
	struct sp_spec s = tunnel_spec(), back;
	struct xfrm_msg m;
	struct nlmsghdr *h = xfrm_msg_hdr(&m);
	struct nlattr *a;

	ck_assert_int_eq(xfrm_put_sp(&m, XFRM_MSG_NEWPOLICY, &s), IKE_OK);
	a = (void *)(m.b + 16 + 168);
	a->nla_len = (uint16_t)(a->nla_len - 4);
	ck_assert_int_eq(xfrm_get_sp(xfrm_msg_slice(&m), &back), IKE_E_FORMAT);
	a->nla_len = 4 + 7 * 64;
	h->nlmsg_len = 16 + 168 + a->nla_len;
	ck_assert_int_eq(xfrm_get_sp(xfrm_msg_slice(&m), &back), IKE_E_FORMAT);
}
END_TEST

/* --- rtnetlink --- */

struct addr_msg {
	struct nlmsghdr h;
	struct ifaddrmsg m;
	uint8_t attrs[64];
};

static void
add_attr(struct addr_msg *x, uint16_t type, const void *p, uint16_t n)
{
	struct nlattr a = { .nla_type = type, .nla_len = (uint16_t)(sizeof(a) + n) };
	size_t at = x->h.nlmsg_len - sizeof(x->h) - sizeof(x->m);

	memcpy(x->attrs + at, &a, sizeof(a));
	memcpy(x->attrs + at + sizeof(a), p, n);
	x->h.nlmsg_len += NLA_ALIGN(a.nla_len);
}

static struct addr_msg
addr_msg(uint16_t type, uint8_t family)
{
	return (struct addr_msg){
		.h = { .nlmsg_len = sizeof(struct nlmsghdr) + sizeof(struct ifaddrmsg),
		    .nlmsg_type = type },
		.m = { .ifa_family = family, .ifa_prefixlen = 24, .ifa_index = 3 },
	};
}

START_TEST(addresses)
{
	struct addr_msg x = addr_msg(RTM_NEWADDR, 2);
	struct rtnl_addr a;
	struct addr_buf b;
	bool removed;
	uint32_t flags = IFA_F_TENTATIVE | IFA_F_DEPRECATED | IFA_F_TEMPORARY;

	/* point to point: IFA_ADDRESS is the other end */
	add_attr(&x, IFA_ADDRESS, (uint8_t[]){ 192, 0, 2, 9 }, 4);
	add_attr(&x, IFA_LOCAL, (uint8_t[]){ 192, 0, 2, 1 }, 4);
	ck_assert_int_eq(rtnl_get_addr(slice_of(&x, x.h.nlmsg_len), &a, &removed), IKE_OK);
	ck_assert(!removed && a.usable && !a.deprecated && !a.temporary);
	ck_assert_str_eq(addr_text(&a.addr, &b), "192.0.2.1");
	ck_assert_uint_eq(a.ifindex, 3);
	ck_assert_uint_eq(a.addr.scope, 0);
	for (size_t n = 0; n < x.h.nlmsg_len; n++) {
		uint8_t *p = malloc(n > 0 ? n : 1);

		ck_assert_ptr_nonnull(p);
		memcpy(p, &x, n);
		ck_assert_int_eq(rtnl_get_addr(slice_of(p, n), &a, &removed), IKE_E_SHORT);
		free(p);
	}

	x = addr_msg(RTM_DELADDR, 10);
	add_attr(&x, IFA_ADDRESS,
	    (uint8_t[]){ 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 16);
	add_attr(&x, IFA_FLAGS, &flags, 4);
	ck_assert_int_eq(rtnl_get_addr(slice_of(&x, x.h.nlmsg_len), &a, &removed), IKE_OK);
	ck_assert(removed && !a.usable && a.deprecated && a.temporary);
	ck_assert_uint_eq(a.addr.scope, 3);
	/* optimistic addresses can be used before they are known to be unique */
	flags = IFA_F_TENTATIVE | IFA_F_OPTIMISTIC;
	x = addr_msg(RTM_NEWADDR, 10);
	add_attr(&x, IFA_ADDRESS, (uint8_t[16]){ 0x20, 1 }, 16);
	add_attr(&x, IFA_FLAGS, &flags, 4);
	ck_assert_int_eq(rtnl_get_addr(slice_of(&x, x.h.nlmsg_len), &a, &removed), IKE_OK);
	ck_assert(a.usable);
	ck_assert_uint_eq(a.addr.scope, 0);
}
END_TEST

START_TEST(no_addresses)
{
	struct addr_msg x = addr_msg(RTM_NEWLINK, 2);
	struct rtnl_addr a;
	bool removed;

	ck_assert_int_eq(
	    rtnl_get_addr(slice_of(&x, x.h.nlmsg_len), &a, &removed), IKE_E_UNSUPPORTED);
	x = addr_msg(RTM_NEWADDR, 17);
	ck_assert_int_eq(
	    rtnl_get_addr(slice_of(&x, x.h.nlmsg_len), &a, &removed), IKE_E_UNSUPPORTED);
	x = addr_msg(RTM_NEWADDR, 2);
	ck_assert_int_eq(rtnl_get_addr(slice_of(&x, x.h.nlmsg_len), &a, &removed), IKE_E_FORMAT);
	add_attr(&x, IFA_LOCAL, "12345", 5);
	ck_assert_int_eq(rtnl_get_addr(slice_of(&x, x.h.nlmsg_len), &a, &removed), IKE_E_FORMAT);
	x.attrs[0] = 2;
	ck_assert_int_eq(rtnl_get_addr(slice_of(&x, x.h.nlmsg_len), &a, &removed), IKE_E_FORMAT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("xfrm_sp");
	TCase *t = tcase_create("codec");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, golden);
	tcase_add_test(t, round_trips);
	tcase_add_test(t, refused);
	tcase_add_test(t, ids);
	tcase_add_test(t, of_sockets);
	tcase_add_test(t, bad_templates);
	tcase_add_test(t, addresses);
	tcase_add_test(t, no_addresses);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
