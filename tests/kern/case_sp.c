/* SPDX-License-Identifier: BSD-3-Clause */
/* Policies: made, replaced, read back, refused, deleted, flushed. */
#include "kern/fix.h"

#include <errno.h>
#include <string.h>

/* The only policy in the kernel is |sp|, whoever looks. */
static void
reads_back(const struct sp_spec *sp)
{
	dump(KERN_DUMP_SP);
	same_sp(sp, row_of_sp(&sp->id));
	dump_by(other(), KERN_DUMP_SP);
	same_sp(sp, row_of_sp(&sp->id));
}

static void
put_and_read(const struct sp_spec *sp)
{
	ck_assert_msg(put(sp) == IKE_OK, "%s", fix.kern->reason);
	reads_back(sp);
}

START_TEST(policies)
{
	struct sp_spec sp = policy(SP_OUT);
	uint32_t index;

	ck_assert_int_eq(fix.kern->ops->sp_delete(fix.kern, &sp.id), IKE_E_NOTFOUND);
	ck_assert_int_eq(fix.kern->errnum, ENOENT);
	put_and_read(&sp);
	index = row_of_sp(&sp.id)->index;
	ck_assert_int_eq(put(&sp), IKE_E_EXISTS);
	ck_assert_int_eq(fix.kern->errnum, EEXIST);
	sp.priority = SP_PRIO_HIGH;
	sp.tmpl[0].reqid = 43;
	ck_assert_int_eq(fix.kern->ops->sp_install(fix.kern, &sp, true), IKE_OK);
	reads_back(&sp);
	ck_assert_uint_eq(fix.rows.nsp, 1);
	ck_assert_uint_eq(row_of_sp(&sp.id)->index, index);
	ck_assert_int_eq(fix.kern->ops->sp_delete(fix.kern, &sp.id), IKE_OK);
	ck_assert_int_eq(fix.kern->ops->sp_delete(fix.kern, &sp.id), IKE_E_NOTFOUND);
	/* replace also where there is none */
	ck_assert_int_eq(fix.kern->ops->sp_install(fix.kern, &sp, true), IKE_OK);
	reads_back(&sp);
	ck_assert_int_eq(fix.kern->ops->sp_flush(fix.kern), IKE_OK);
	dump(KERN_DUMP_SP);
	ck_assert_uint_eq(fix.rows.nsp, 0);
	ck_assert_int_eq(fix.kern->ops->sp_flush(fix.kern), IKE_OK);
}
END_TEST

/* To each its own: what differs in direction, protocol, port or prefix length is another policy. */
START_TEST(names_of_policies)
{
	struct sp_spec sp = policy(SP_OUT);

	put_and_read(&sp);
	sp.id.dir = SP_IN;
	put_and_read(&sp);
	sp.id.dir = SP_FWD;
	put_and_read(&sp);
	sp.id.sel.proto = 6;
	put_and_read(&sp);
	sp.id.sel.sport = 22;
	sp.id.sel.sport_set = true;
	put_and_read(&sp);
	sp.id.sel.dport = 22;
	sp.id.sel.dport_set = true;
	put_and_read(&sp);
	sp.id.sel.src.len = 31;
	prefix_mask(&sp.id.sel.src);
	put_and_read(&sp);
	sp.id.sel.proto = 0;
	sp.id.sel.sport = sp.id.sel.dport = 0;
	sp.id.sel.sport_set = sp.id.sel.dport_set = false;
	put_and_read(&sp);
	ck_assert_uint_eq(fix.rows.nsp, 8);
	/* the priority is not part of the name */
	sp.priority++;
	ck_assert_int_eq(put(&sp), IKE_E_EXISTS);
	sp.id.dir = SP_OUT;
	ck_assert_int_eq(fix.kern->ops->sp_delete(fix.kern, &sp.id), IKE_E_NOTFOUND);
}
END_TEST

START_TEST(actions_and_templates)
{
	struct sp_spec sp = policy(SP_IN);

	put_and_read(&sp);
	sp = policy(SP_FWD);
	sp.tmpl[0] = (struct sp_tmpl){ .proto = PROTO_ESP,
		.mode = MODE_TUNNEL,
		.level = SP_REQUIRE,
		.reqid = 1,
		.src = fix.peer,
		.dst = fix.us };
	put_and_read(&sp);
	sp = policy(SP_OUT);
	sp.tmpl[0].level = SP_USE;
	sp.tmpl[0].reqid = 0;
	sp.tmpl[1] = (struct sp_tmpl){
		.proto = PROTO_AH, .mode = MODE_TRANSPORT, .level = SP_UNIQUE, .reqid = 16383
	};
	sp.tmpl[2] = (struct sp_tmpl){ .proto = PROTO_IPCOMP, .mode = MODE_TRANSPORT };
	sp.ntmpl = 3;
	put_and_read(&sp);
	sp.id.sel.dport = 22;
	sp.id.sel.dport_set = true;
	sp.ntmpl = 0;
	sp.action = SP_NONE;
	sp.priority = 0;
	put_and_read(&sp);
	sp.id.sel = (struct sa_selector){ .src = { fix.us, 0 }, .dst = { fix.peer, 16 } };
	prefix_mask(&sp.id.sel.src);
	prefix_mask(&sp.id.sel.dst);
	sp.action = SP_DISCARD;
	sp.priority = 0xffffffff;
	put_and_read(&sp);
}
END_TEST

START_TEST(icmp_and_ipv6)
{
	struct sp_spec sp = policy(SP_OUT);

	sp.ntmpl = 0;
	sp.action = SP_NONE;
	sp.id.sel = (struct sa_selector){ .proto = 58, .sport = 135, .sport_set = true };
	ck_assert_int_eq(prefix_parse("2001:db8::/32", &sp.id.sel.src), IKE_OK);
	ck_assert_int_eq(prefix_parse("::/0", &sp.id.sel.dst), IKE_OK);
	put_and_read(&sp);
	sp.id.sel.sport = 128;
	sp.action = SP_IPSEC;
	sp.tmpl[0] = (struct sp_tmpl){ .proto = PROTO_ESP,
		.mode = MODE_TUNNEL,
		.level = SP_REQUIRE,
		.reqid = 7,
		.src = ip("2001:db8::1"),
		.dst = ip("2001:db8::2") };
	sp.ntmpl = 1;
	put_and_read(&sp);
	/* one family in the other */
	sp.id.sel.sport = 129;
	sp.tmpl[0].src = fix.us;
	sp.tmpl[0].dst = fix.peer;
	put_and_read(&sp);
	sp.id.sel = policy(SP_OUT).id.sel;
	sp.tmpl[0].src = ip("2001:db8::1");
	sp.tmpl[0].dst = ip("2001:db8::2");
	put_and_read(&sp);
}
END_TEST

/* Put it, or have it put by the other; false: neither can. */
static bool
somebody_puts(const struct sp_spec *sp)
{
	ike_err err = put(sp);

	if (err == IKE_OK)
		return true;
	ck_assert_int_eq(err, IKE_E_UNSUPPORTED);
	return other()->ops->sp_install(other(), sp, false) == IKE_OK;
}

/* Tunnels of the other family and transport in one bundle, in either order. */
START_TEST(mixed_bundles)
{
	const struct sp_tmpl in_v6 = { .proto = PROTO_ESP,
		.mode = MODE_TUNNEL,
		.reqid = 3,
		.src = ip("2001:db8::1"),
		.dst = ip("2001:db8::2") };
	const struct sp_tmpl in_v4 = {
		.proto = PROTO_ESP, .mode = MODE_TUNNEL, .reqid = 4, .src = fix.us, .dst = fix.peer
	};
	const struct sp_tmpl plain = { .proto = PROTO_AH, .mode = MODE_TRANSPORT, .reqid = 5 };
	struct sp_spec sp = policy(SP_IN);
	bool all;

	sp.ntmpl = 2;
	sp.tmpl[0] = plain;
	sp.tmpl[1] = in_v6;
	put_and_read(&sp);
	sp.id.sel.dst.len = 24;
	prefix_mask(&sp.id.sel.dst);
	sp.tmpl[0] = in_v6;
	sp.tmpl[1] = plain;
	all = somebody_puts(&sp);
	if (all)
		reads_back(&sp);
	ck_assert_int_eq(prefix_parse("2001:db8::/32", &sp.id.sel.src), IKE_OK);
	ck_assert_int_eq(prefix_parse("2001:db8:1::/48", &sp.id.sel.dst), IKE_OK);
	sp.tmpl[0] = in_v4;
	if (all && somebody_puts(&sp))
		reads_back(&sp);
	if (!all)
		SKIP("nobody here has transport around a tunnel of the other family");
}
END_TEST

/* What a kernel does not take is refused and changes nothing, even where it would replace. */
START_TEST(refused_policies)
{
	struct sp_spec good = policy(SP_OUT), sp = good;

	ck_assert_int_eq(put(&good), IKE_OK);
	sp.action = SP_BYPASS;
	ck_assert_int_eq(fix.kern->ops->sp_install(fix.kern, &sp, true), IKE_E_UNSUPPORTED);
	ck_assert_uint_gt(strlen(fix.kern->reason), 0);
	sp = good;
	sp.tmpl[0].mode = MODE_TUNNEL;
	ck_assert_int_ne(fix.kern->ops->sp_install(fix.kern, &sp, true), IKE_OK);
	sp.tmpl[0].src = fix.us;
	sp.tmpl[0].dst = fix.peer;
	sp.tmpl[0].level = SP_USE;
	sp.tmpl[0].reqid = 0;
	ck_assert_int_eq(fix.kern->ops->sp_install(fix.kern, &sp, true), IKE_E_KERNEL);
	ck_assert_int_eq(fix.kern->errnum, EINVAL);
	sp = good;
	sp.ntmpl = 0;
	ck_assert_int_eq(fix.kern->ops->sp_install(fix.kern, &sp, true), IKE_E_RANGE);
	sp = good;
	sp.id.sel.dst.len = 33;
	ck_assert_int_eq(put(&sp), IKE_E_RANGE);
	sp = good;
	sp.id.sel.dst.addr = ip("2001:db8::1");
	ck_assert_int_eq(put(&sp), IKE_E_RANGE);
	dump(KERN_DUMP_SP);
	ck_assert_uint_eq(fix.rows.nsp, 1);
	same_sp(&good, row_of_sp(&good.id));
}
END_TEST

/* A reqid of any size, or a reason. */
START_TEST(reqids_of_policies)
{
	static const uint32_t reqids[] = { 1, 16383, 16384, 0x7fffffff };
	struct sp_spec sp = policy(SP_OUT);
	ike_err err;

	for (size_t i = 0; i < sizeof(reqids) / sizeof(reqids[0]); i++) {
		sp.id.sel.dport = (uint16_t)(i + 1);
		sp.id.sel.dport_set = true;
		sp.tmpl[0].reqid = reqids[i];
		err = put(&sp);
		if (err == IKE_OK) {
			reads_back(&sp);
			continue;
		}
		ck_assert_uint_gt(reqids[i], SP_MANUAL_REQID_MAX);
		ck_assert_int_eq(err, IKE_E_UNSUPPORTED);
		ck_assert_ptr_nonnull(strstr(fix.kern->reason, "16383"));
	}
}
END_TEST

START_TEST(limits_of_policies)
{
	struct sp_spec sp = policy(SP_OUT);

	sp.life = (struct sa_life){ .soft_sec = 600, .hard_sec = 1200 };
	put_and_read(&sp);
}
END_TEST

START_TEST(policies_expire)
{
	struct sp_spec sp = policy(SP_OUT);

	sp.life.hard_sec = 2;
	ck_assert_int_eq(put(&sp), IKE_OK);
	dump(KERN_DUMP_SP);
	ck_assert_uint_eq(fix.rows.nsp, 1);
	fix.b->wait(fix.kern, 4500);
	dump(KERN_DUMP_SP);
	ck_assert_uint_eq(fix.rows.nsp, 0);
	if (!fix.b->tells_sp_expire) {
		ck_assert_uint_eq(fix.nheard, 0);
		SKIP("it did, but this interface does not tell");
	}
	ck_assert(sp_id_equal(&first(KERN_EV_SP_EXPIRE)->sp.id, &sp.id));
	ck_assert_uint_eq(count(KERN_EV_SP_EXPIRE), 1);
}
END_TEST

START_TEST(others_policies)
{
	struct sp_spec a = policy(SP_OUT), b = policy(SP_IN);

	ck_assert_int_eq(put(&a), IKE_OK);
	ck_assert_int_eq(other()->ops->sp_install(other(), &b, false), IKE_OK);
	reads_back(&a);
	reads_back(&b);
	/* ours to replace and delete as well */
	b.priority = SP_PRIO_LOW;
	ck_assert_int_eq(fix.kern->ops->sp_install(fix.kern, &b, true), IKE_OK);
	reads_back(&b);
	ck_assert_int_eq(other()->ops->sp_delete(other(), &a.id), IKE_OK);
	ck_assert_int_eq(fix.kern->ops->sp_delete(fix.kern, &a.id), IKE_E_NOTFOUND);
	ck_assert_int_eq(fix.kern->ops->sp_delete(fix.kern, &b.id), IKE_OK);
}
END_TEST

void
conform_sp_cases(case_fn *fn, void *arg)
{
	const TTest *const v[] = {
		policies,
		names_of_policies,
		actions_and_templates,
		icmp_and_ipv6,
		mixed_bundles,
		refused_policies,
		reqids_of_policies,
		limits_of_policies,
		policies_expire,
		others_policies,
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		fn(arg, v[i]);
}
