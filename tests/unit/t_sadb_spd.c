/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Policies: add, replace, remove, whose they are, what happens when others touch them, and which one a packet gets.
 */
#include "sadb_fix.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fix f;
static struct addr us, peer, third;

static void
setup(void)
{
	ck_assert(fix_open(&f));
	us = fix_host(1);
	peer = fix_host(2);
	third = fix_host(3);
}

static void
teardown(void)
{
	fix_close(&f);
}

static uint64_t
add(const struct sp_spec *sp)
{
	uint64_t id = 0;

	ck_assert_int_eq(sadb_policy_add(f.db, sp, 5, &id), IKE_OK);
	return id;
}

static void
theirs(const struct sp_spec *sp, bool replace)
{
	ck_assert_int_eq(f.other->ops->sp_install(f.other, sp, replace), IKE_OK);
}

START_TEST(add_replace_remove)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 7), back;
	uint64_t id = add(&sp), again = 0;

	ck_assert_int_eq(sadb_policy_add(f.db, &sp, 5, &again), IKE_E_EXISTS);
	ck_assert_uint_eq(sadb_policy_row(f.db, id)->user, 5);
	fix_pump(&f);
	ck_assert_uint_eq(f.n, 0);
	ck_assert_uint_ne(sadb_policy_row(f.db, id)->index, 0); /* learnt from our own echo */
	sp.priority = SP_PRIO_HIGH;
	sp.ntmpl = 2;
	sp.tmpl[1] =
	    (struct sp_tmpl){ .proto = PROTO_AH, .mode = MODE_TRANSPORT, .level = SP_REQUIRE };
	sp.life.hard_sec = 1000;
	memcpy(sp.ctx, "system_u", 9);
	sp.ctx_doi = 1;
	ck_assert_int_eq(sadb_policy_replace(f.db, &sp, 6, &again), IKE_OK);
	ck_assert_uint_eq(again, id);
	sadb_policy_spec(sadb_policy_row(f.db, id), &back);
	ck_assert_uint_eq(back.priority, SP_PRIO_HIGH);
	ck_assert_uint_eq(back.ntmpl, 2);
	ck_assert_uint_eq(back.tmpl[1].proto, PROTO_AH);
	ck_assert_uint_eq(back.life.hard_sec, 1000);
	ck_assert_str_eq(back.ctx, "system_u");
	ck_assert_uint_eq(sadb_policy_row(f.db, id)->user, 6);
	fix_pump(&f);
	ck_assert_uint_eq(f.n, 0);
	fix_equal(&f);
	ck_assert_int_eq(sadb_policy_remove(f.db, id), IKE_OK);
	ck_assert_int_eq(sadb_policy_remove(f.db, id), IKE_E_GONE);
	fix_pump(&f);
	ck_assert_uint_eq(f.n, 0);
	ck_assert_uint_eq(simkern_sp_count(f.k), 0);
	fix_equal(&f);
}
END_TEST

START_TEST(too_many_templates)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 7);
	uint64_t id = 0;

	sp.ntmpl = SP_MAX_TMPL + 1;
	ck_assert_int_eq(sadb_policy_add(f.db, &sp, 0, &id), IKE_E_RANGE);
	fix_equal(&f);
}
END_TEST

START_TEST(deleted_by_others_is_put_back_at_once)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 7);
	uint64_t id = add(&sp);

	fix_pump(&f);
	ck_assert_int_eq(f.other->ops->sp_delete(f.other, &sp.id), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(f.n, 1);
	ck_assert_int_eq(f.change[0].kind, SADB_POLICY_REPAIRED);
	ck_assert_uint_eq(f.change[0].id, id);
	ck_assert(f.change[0].readable);
	fix_equal(&f);
	ck_assert_int_eq(f.other->ops->sp_flush(f.other), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(f.n, 2);
	fix_equal(&f);
	ck_assert_uint_eq(simkern_sp_count(f.k), 1);
}
END_TEST

START_TEST(changed_by_others_is_put_back)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 7), bad = sp;

	add(&sp);
	bad.action = SP_NONE;
	bad.ntmpl = 0;
	fix_pump(&f);
	theirs(&bad, true);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_POLICY_REPAIRED), 1);
	fix_equal(&f);
}
END_TEST

START_TEST(old_echoes_change_nothing)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 7);
	uint64_t id = add(&sp);
	struct sadb_counts c;

	sp.priority++;
	ck_assert_int_eq(sadb_policy_replace(f.db, &sp, 0, &id), IKE_OK);
	ck_assert_int_eq(sadb_policy_remove(f.db, id), IKE_OK);
	id = add(&sp);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_POLICY_REPAIRED), 0);
	sadb_count(f.db, &c);
	ck_assert_uint_eq(c.sp_repairs, 0);
	ck_assert_ptr_nonnull(sadb_policy_row(f.db, id));
	fix_equal(&f);
	/* heard of after it went, and then wanted again */
	ck_assert_int_eq(sadb_policy_remove(f.db, id), IKE_OK);
	fix_pump(&f);
	theirs(&sp, false);
	struct kern_event ev = { .kind = KERN_EV_SP_NEW, .sp = sp };
	ck_assert_int_eq(f.other->ops->sp_delete(f.other, &sp.id), IKE_OK);
	simkern_drop_events(f.k, false);
	sadb_kernel_event(f.db, &ev, f.now);
	ck_assert_int_eq(sadb_policy_find(f.db, &sp.id)->owner, SADB_FOREIGN);
	add(&sp);
	ck_assert_int_eq(sadb_policy_find(f.db, &sp.id)->owner, SADB_OURS);
	fix_pump(&f);
	fix_equal(&f);
}
END_TEST

START_TEST(removed_policy_is_not_adopted_from_its_echo)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 7);

	f.ours_reqid = 7;
	ck_assert_int_eq(sadb_policy_remove(f.db, add(&sp)), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(simkern_sp_count(f.k), 0);
	ck_assert_ptr_null(sadb_policy_find(f.db, &sp.id));
	fix_equal(&f);
}
END_TEST

START_TEST(ours_made_elsewhere_is_adopted_after_a_look)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 7);

	f.ours_reqid = 7;
	theirs(&sp, false);
	fix_pump(&f);
	ck_assert_int_eq(sadb_policy_find(f.db, &sp.id)->owner, SADB_ADOPTED);
	fix_equal(&f);
}
END_TEST

START_TEST(quarrel_slows_down)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 7);
	struct sadb_counts c;

	add(&sp);
	fix_pump(&f);
	for (int i = 0; i < 600; i++) {
		(void)!f.other->ops->sp_delete(f.other, &sp.id);
		fix_wait(&f, MSEC(100));
		fix_check(&f);
	}
	sadb_count(f.db, &c);
	ck_assert_uint_ge(c.sp_repairs, 6);
	ck_assert_uint_le(c.sp_repairs, 16);
	ck_assert_uint_ge(fix_count(&f, SADB_POLICY_BROKEN), 1);
	/* the other gives up: it comes back, and after a calm minute it is repaired at once again */
	fix_wait(&f, SEC(200));
	fix_equal(&f);
	fix_forget(&f);
	ck_assert_int_eq(f.other->ops->sp_delete(f.other, &sp.id), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_POLICY_REPAIRED), 1);
	fix_equal(&f);
}
END_TEST

START_TEST(failed_repair_is_repeated)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 7);

	add(&sp);
	fix_pump(&f);
	ck_assert_int_eq(f.other->ops->sp_delete(f.other, &sp.id), IKE_OK);
	simkern_fail(f.k, 1, ENOMEM, false);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_POLICY_BROKEN), 1);
	fix_check(&f);
	fix_wait(&f, SEC(2));
	ck_assert_uint_eq(fix_count(&f, SADB_POLICY_REPAIRED), 1);
	fix_equal(&f);
}
END_TEST

START_TEST(failed_removal_is_repeated)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 7);
	uint64_t id = add(&sp);

	simkern_fail(f.k, 1, ENOMEM, false);
	ck_assert_int_eq(sadb_policy_remove(f.db, id), IKE_E_KERNEL);
	ck_assert_ptr_null(sadb_policy_row(f.db, id));
	ck_assert_ptr_null(sadb_policy_find(f.db, &sp.id));
	fix_check(&f);
	fix_wait(&f, SEC(2));
	ck_assert_uint_eq(simkern_sp_count(f.k), 0);
	fix_equal(&f);
	/* wanted again before it could be removed */
	id = add(&sp);
	simkern_fail(f.k, 1, ENOMEM, false);
	ck_assert_int_eq(sadb_policy_remove(f.db, id), IKE_E_KERNEL);
	ck_assert_uint_ne(add(&sp), id);
	fix_wait(&f, SEC(2));
	fix_equal(&f);
	ck_assert_uint_eq(simkern_sp_count(f.k), 1);
}
END_TEST

START_TEST(foreign_policies_are_followed)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 7);
	uint64_t id = 0;

	theirs(&sp, false);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_POLICY_NEW), 1);
	ck_assert_int_eq(sadb_policy_find(f.db, &sp.id)->owner, SADB_FOREIGN);
	ck_assert_int_eq(sadb_policy_remove(f.db, sadb_policy_find(f.db, &sp.id)->id), IKE_E_PERM);
	ck_assert_int_eq(sadb_policy_add(f.db, &sp, 0, &id), IKE_E_EXISTS);
	sp.priority++;
	theirs(&sp, true);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_POLICY_CHANGED), 1);
	fix_equal(&f);
	ck_assert_int_eq(sadb_close(f.db), IKE_OK);
	ck_assert_uint_eq(simkern_sp_count(f.k), 1);
	ck_assert_int_eq(f.other->ops->sp_delete(f.other, &sp.id), IKE_OK);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_POLICY_GONE), 1);
	ck_assert_uint_eq(f.n, 3);
	fix_equal(&f);
	/* taken over by replacing */
	theirs(&sp, false);
	fix_pump(&f);
	ck_assert_int_eq(sadb_policy_replace(f.db, &sp, 9, &id), IKE_OK);
	ck_assert_int_eq(sadb_policy_row(f.db, id)->owner, SADB_OURS);
	fix_pump(&f);
	fix_equal(&f);
	ck_assert_int_eq(sadb_close(f.db), IKE_OK);
	ck_assert_uint_eq(simkern_sp_count(f.k), 0);
}
END_TEST

START_TEST(expired_policy)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 7);

	sp.life.hard_sec = 10;
	theirs(&sp, false);
	fix_wait(&f, SEC(11));
	ck_assert_uint_eq(fix_count(&f, SADB_POLICY_GONE), 1);
	fix_equal(&f);
}
END_TEST

START_TEST(restart_adopts_policies)
{
	struct sp_spec mine = fix_sp(SP_OUT, &us, &peer, 17, 7),
		       his = fix_sp(SP_OUT, &us, &third, 17, 3);
	struct sadb_counts c;

	add(&mine);
	theirs(&his, false);
	simkern_drop_events(f.k, false);
	f.ours_reqid = 7;
	ck_assert(fix_restart(&f));
	ck_assert_int_eq(sadb_resync(f.db, f.now), IKE_OK);
	sadb_count(f.db, &c);
	ck_assert_uint_eq(c.sp_ours, 1);
	ck_assert_uint_eq(c.sp_foreign, 1);
	ck_assert_int_eq(sadb_policy_find(f.db, &mine.id)->owner, SADB_ADOPTED);
	fix_equal(&f);
}
END_TEST

START_TEST(acquire_names_its_policy)
{
	struct sp_spec out = fix_sp(SP_OUT, &us, &peer, 17, 7),
		       in = fix_sp(SP_IN, &peer, &us, 17, 7);
	struct sim_packet p = fix_packet(&us, &peer, 17, 1000, 2000);
	struct sim_wire w;
	const char *why;
	const struct spd_row *row;
	uint64_t id;

	out.id.sel.dport = 2000;
	in.id.sel.sport = 2000;
	id = add(&out);
	theirs(&in, false);
	fix_pump(&f);
	fix_forget(&f);
	ck_assert_int_eq(simkern_send(f.k, &p, &w, &why), SIM_DROPPED);
	fix_pump(&f);
	ck_assert_uint_eq(f.n, 1);
	ck_assert_int_eq(f.change[0].kind, SADB_ACQUIRE);
	ck_assert_uint_eq(f.change[0].id, id);
	ck_assert_uint_eq(f.change[0].user, 5);
	row = sadb_policy_row(f.db, id);
	ck_assert_int_eq(sadb_policy_mirror(f.db, row, SP_IN)->owner, SADB_FOREIGN);
	ck_assert_ptr_null(sadb_policy_mirror(f.db, row, SP_FWD));
	ck_assert_int_eq(sadb_acquire_failed(f.db, f.change[0].seq,
			     &(struct sa_id){ .proto = PROTO_ESP, .dst = peer }, &us),
	    IKE_OK);
	/* of a policy that the model has missed: published all the same, and looked for */
	simkern_mute(f.k, 1u << KERN_EV_SP_NEW);
	out.id.sel.dst.addr = third;
	theirs(&out, false);
	p.flow.dst = third;
	fix_forget(&f);
	ck_assert_int_eq(simkern_send(f.k, &p, &w, &why), SIM_DROPPED);
	fix_pump(&f);
	ck_assert_int_eq(f.change[0].kind, SADB_ACQUIRE);
	ck_assert_uint_eq(f.change[0].id, 0);
	ck_assert_uint_eq(fix_count(&f, SADB_POLICY_NEW), 1);
	fix_equal(&f);
}
END_TEST

/* Somebody has our policy ask for AH, and a packet is there before we know: its SA is not made, and the next packet may ask at once. */
START_TEST(acquire_of_a_changed_policy)
{
	struct sp_spec out = fix_sp(SP_OUT, &us, &peer, 17, 7), changed = out;
	struct sim_packet p = fix_packet(&us, &peer, 17, 1000, 2000);
	struct sim_wire w;
	const char *why;

	(void)add(&out);
	fix_pump(&f);
	fix_forget(&f);
	changed.tmpl[0].proto = PROTO_AH;
	simkern_mute(f.k, 1u << KERN_EV_SP_UPDATE);
	theirs(&changed, true);
	ck_assert_int_eq(simkern_send(f.k, &p, &w, &why), SIM_DROPPED);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_ACQUIRE), 0);
	ck_assert_uint_eq(fix_count(&f, SADB_POLICY_REPAIRED), 1);
	fix_equal(&f);
	fix_forget(&f);
	ck_assert_int_eq(simkern_send(f.k, &p, &w, &why), SIM_DROPPED);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_ACQUIRE), 1);
	/* a policy of theirs, another reqid: likewise, until we have heard of it */
	fix_forget(&f);
	changed = fix_sp(SP_OUT, &us, &third, 17, 8);
	simkern_mute(f.k, 0);
	theirs(&changed, false);
	fix_pump(&f);
	changed.tmpl[0].reqid = 9;
	simkern_mute(f.k, 1u << KERN_EV_SP_UPDATE);
	theirs(&changed, true);
	p.flow.dst = third;
	for (unsigned i = 0; i < 2; i++) {
		fix_forget(&f);
		ck_assert_int_eq(simkern_send(f.k, &p, &w, &why), SIM_DROPPED);
		fix_pump(&f);
		ck_assert_uint_eq(fix_count(&f, SADB_ACQUIRE), i);
	}
	fix_equal(&f);
}
END_TEST

/* Somebody does it again and again: each packet costs a dump, but not for ever. */
START_TEST(acquires_of_a_contested_policy)
{
	struct sp_spec out = fix_sp(SP_OUT, &us, &peer, 17, 7), changed = out;
	struct sim_packet p = fix_packet(&us, &peer, 17, 1000, 2000);
	struct sim_wire w;
	const char *why;

	(void)add(&out);
	fix_pump(&f);
	changed.tmpl[0].proto = PROTO_AH;
	simkern_mute(f.k, 1u << KERN_EV_SP_UPDATE);
	for (unsigned i = 0; i < 4; i++) {
		fix_forget(&f);
		theirs(&changed, true);
		ck_assert_int_eq(simkern_send(f.k, &p, &w, &why), SIM_DROPPED);
		fix_pump(&f);
		ck_assert_uint_eq(fix_count(&f, SADB_ACQUIRE), i == 3);
	}
	fix_wait(&f, SEC(60));
	fix_equal(&f);
	fix_forget(&f);
	theirs(&changed, true);
	ck_assert_int_eq(simkern_send(f.k, &p, &w, &why), SIM_DROPPED);
	fix_pump(&f);
	ck_assert_uint_eq(fix_count(&f, SADB_ACQUIRE), 0);
	fix_equal(&f);
}
END_TEST

START_TEST(mirror_of_icmp_keeps_type_and_code)
{
	struct sa_selector sel = { .src = { us, 32 },
		.dst = { peer, 32 },
		.proto = 58,
		.sport = 135,
		.dport = 0,
		.dport_set = true };
	struct sa_selector m = sa_selector_mirror(&sel);
	struct sa_flow flow = { .src = us, .dst = peer, .proto = 58, .sport = 135, .dport = 0 };

	ck_assert_uint_eq(m.sport, 135);
	ck_assert(addr_equal(&m.src.addr, &peer));
	ck_assert(sa_selector_match(&sel, &flow));
	flow.dport = 1;
	ck_assert(!sa_selector_match(&sel, &flow));
	sel.dport_set = false;
	ck_assert(sa_selector_match(&sel, &flow));
	sel.proto = 17;
	m = sa_selector_mirror(&sel);
	ck_assert_uint_eq(m.dport, 135);
	ck_assert_uint_eq(m.sport, 0);
}
END_TEST

/* A reproducible number below |n|. */
static uint32_t
rnd(uint32_t n)
{
	f.rng = f.rng * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(f.rng >> 33) % n;
}

static struct addr
some_addr(void)
{
	return (struct addr){ .family = 4,
		.b = { 10, (uint8_t)rnd(2), (uint8_t)rnd(3), (uint8_t)rnd(4) } };
}

static struct prefix
some_prefix(void)
{
	static const uint8_t len[] = { 0, 8, 16, 24, 31, 32, 32, 32 };
	struct prefix p = { some_addr(), len[rnd(8)] };

	prefix_mask(&p);
	return p;
}

START_TEST(lookup_agrees_with_a_plain_search)
{
	for (int i = 0; i < 300; i++) {
		struct sp_spec sp = fix_sp(rnd(2) ? SP_OUT : SP_IN, &us, &peer, rnd(3) ? 17 : 0, 0);
		uint64_t id;

		sp.id.sel.src = some_prefix();
		sp.id.sel.dst = some_prefix();
		sp.id.sel.dport = (uint16_t)rnd(3);
		sp.id.mark = rnd(8) == 0 ? 1 : 0;
		sp.id.mark_mask = sp.id.mark;
		sp.priority = 100 + rnd(3);
		(void)!sadb_policy_add(f.db, &sp, 0, &id);
	}
	fix_pump(&f);
	fix_equal(&f);
	for (int i = 0; i < 3000; i++) {
		struct sa_flow flow = { .src = some_addr(),
			.dst = some_addr(),
			.proto = rnd(2) ? 17 : 6,
			.dport = (uint16_t)rnd(4),
			.mark = rnd(2) };
		enum sp_dir dir = rnd(2) ? SP_OUT : SP_IN;
		const struct spd_row *row, *best = NULL,
					   *got = sadb_policy_lookup(f.db, dir, &flow);
		uint32_t it = 0;

		while ((row = sadb_policy_next(f.db, &it)) != NULL) {
			if (row->sp.dir != dir || (flow.mark & row->sp.mark_mask) != row->sp.mark ||
			    !sa_selector_match(&row->sp.sel, &flow))
				continue;
			if (best == NULL || row->priority < best->priority ||
			    (row->priority == best->priority && row->index < best->index))
				best = row;
		}
		ck_assert_ptr_eq(got, best);
	}
}
END_TEST

START_TEST(many_host_to_host_policies)
{
	struct sp_spec sp = fix_sp(SP_OUT, &us, &peer, 17, 7);
	struct sa_flow flow = { .src = us, .proto = 17 };
	uint64_t id[2000];

	for (unsigned i = 0; i < 2000; i++) {
		sp.id.sel.dst.addr =
		    (struct addr){ .family = 4, .b = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i } };
		id[i] = add(&sp);
	}
	for (unsigned i = 0; i < 2000; i++) {
		flow.dst =
		    (struct addr){ .family = 4, .b = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i } };
		ck_assert_uint_eq(sadb_policy_lookup(f.db, SP_OUT, &flow)->id, id[i]);
	}
	fix_check(&f);
	for (unsigned i = 0; i < 2000; i += 2)
		ck_assert_int_eq(sadb_policy_remove(f.db, id[i]), IKE_OK);
	fix_check(&f);
	flow.dst = (struct addr){ .family = 4, .b = { 10, 0, 0, 2 } };
	ck_assert_ptr_null(sadb_policy_lookup(f.db, SP_OUT, &flow));
}
END_TEST

START_TEST(ipv6_and_any)
{
	struct addr a6 = fix_addr("2001:db8::1"), b6 = fix_addr("2001:db8::2");
	struct sp_spec sp = fix_sp(SP_OUT, &a6, &b6, 0, 7), any = sp;
	struct sa_flow flow = { .src = a6, .dst = b6, .proto = 6 };
	uint64_t id = add(&sp), id_any;

	any.id.sel = (struct sa_selector){ .proto = 0 };
	id_any = add(&any);
	ck_assert_uint_eq(sadb_policy_lookup(f.db, SP_OUT, &flow)->id, id);
	flow.dst = a6;
	ck_assert_uint_eq(sadb_policy_lookup(f.db, SP_OUT, &flow)->id, id_any);
	flow.src = flow.dst = us;
	ck_assert_uint_eq(sadb_policy_lookup(f.db, SP_OUT, &flow)->id, id_any);
	ck_assert_ptr_null(sadb_policy_lookup(f.db, SP_IN, &flow));
	flow.if_id = 3;
	ck_assert_ptr_null(sadb_policy_lookup(f.db, SP_OUT, &flow));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		add_replace_remove,
		too_many_templates,
		deleted_by_others_is_put_back_at_once,
		changed_by_others_is_put_back,
		old_echoes_change_nothing,
		removed_policy_is_not_adopted_from_its_echo,
		ours_made_elsewhere_is_adopted_after_a_look,
		quarrel_slows_down,
		failed_repair_is_repeated,
		failed_removal_is_repeated,
		foreign_policies_are_followed,
		expired_policy,
		restart_adopts_policies,
		acquire_names_its_policy,
		acquire_of_a_changed_policy,
		acquires_of_a_contested_policy,
		mirror_of_icmp_keeps_type_and_code,
		lookup_agrees_with_a_plain_search,
		many_host_to_host_policies,
		ipv6_and_any,
	};
	Suite *s = suite_create("sadb_spd");
	TCase *t = tcase_create("policies");
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
