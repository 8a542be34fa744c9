/* SPDX-License-Identifier: BSD-3-Clause */
/* What a mirror of the kernel's tables relies on: which SA a packet takes, when one was made, dumps of tables that change. */
#include "kern/fix.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sa_usage
usage_of(const struct sa_id *id)
{
	struct sa_usage u;

	ck_assert_int_eq(fix.kern->ops->sa_get(fix.kern, id, NULL, NULL, &u), IKE_OK);
	return u;
}

/* Each change of another is one event that says who did it; ours come between and are none. */
START_TEST(who_did_it)
{
	struct sa_spec s = esp(0x1000), in = esp_in(0xc0001234);
	struct sp_spec sp = policy(SP_OUT);
	struct kern *o = other();

	NEEDS_ESP();
	NEEDS_EVENTS();
	ck_assert_int_eq(install_by(o, &s, false), IKE_OK);
	ck_assert_int_eq(reserve(in.id.spi), IKE_OK);
	ck_assert_int_eq(install(&in, true), IKE_OK);
	s.life.hard_sec = 1000;
	ck_assert_int_eq(install_by(o, &s, true), IKE_OK);
	ck_assert_int_eq(o->ops->sa_delete(o, &s.id, &s.src), IKE_OK);
	ck_assert_int_eq(put(&sp), IKE_OK);
	ck_assert_int_eq(o->ops->sp_delete(o, &sp.id), IKE_OK);
	ck_assert_int_eq(o->ops->sp_install(o, &sp, false), IKE_OK);
	ck_assert_int_eq(o->ops->sp_flush(o), IKE_OK);
	ck_assert_int_eq(o->ops->sa_flush(o, PROTO_NONE), IKE_OK);
	pump();
	ck_assert_uint_eq(fix.nheard, 7);
	ck_assert_int_eq(fix.heard[0].kind, KERN_EV_SA_NEW);
	ck_assert_int_eq(fix.heard[1].kind, KERN_EV_SA_UPDATE);
	ck_assert_int_eq(fix.heard[2].kind, KERN_EV_SA_DELETE);
	ck_assert_int_eq(fix.heard[3].kind, KERN_EV_SP_DELETE);
	ck_assert_int_eq(fix.heard[4].kind, KERN_EV_SP_NEW);
	ck_assert_int_eq(fix.heard[5].kind, KERN_EV_SP_FLUSH);
	ck_assert_int_eq(fix.heard[6].kind, KERN_EV_SA_FLUSH);
	for (size_t i = 0; i < fix.nheard; i++) {
		ck_assert_uint_ne(fix.heard[i].pid, 0);
		ck_assert_uint_eq(fix.heard[i].pid, fix.heard[0].pid);
	}
	ck_assert_uint_eq(fix.heard[2].sa.reqid, 42);
	ck_assert_uint_eq(fix.heard[3].sp.ntmpl, 1);
}
END_TEST

/* One step: the old policy is never said to be gone, and its index stays. */
START_TEST(replacing_is_one_step)
{
	struct sp_spec sp = policy(SP_OUT);
	struct kern *o = other();
	uint32_t index;

	NEEDS_EVENTS();
	ck_assert_int_eq(o->ops->sp_install(o, &sp, false), IKE_OK);
	dump(KERN_DUMP_SP);
	index = row_of_sp(&sp.id)->index;
	pump();
	forget();
	for (int i = 0; i < 10; i++) {
		sp.priority++;
		sp.action = i % 2 == 0 ? SP_DISCARD : SP_IPSEC;
		sp.ntmpl = i % 2 == 0 ? 0 : 1;
		ck_assert_int_eq(o->ops->sp_install(o, &sp, true), IKE_OK);
		dump(KERN_DUMP_SP);
		same_sp(&sp, row_of_sp(&sp.id));
		ck_assert_uint_eq(row_of_sp(&sp.id)->index, index);
	}
	pump();
	ck_assert_uint_eq(count(KERN_EV_SP_UPDATE), 10);
	ck_assert_uint_eq(fix.nheard, 10);
	/* where there is none to replace */
	ck_assert_int_eq(o->ops->sp_flush(o), IKE_OK);
	pump();
	forget();
	ck_assert_int_eq(o->ops->sp_install(o, &sp, true), IKE_OK);
	pump();
	ck_assert_uint_eq(count(KERN_EV_SP_UPDATE) + count(KERN_EV_SP_NEW), 1);
	ck_assert_uint_eq(fix.nheard, 1);
}
END_TEST

/* The same values made at another second are another SA: that is how a mirror sees that somebody has replaced one. */
START_TEST(when_it_was_made)
{
	struct sa_spec s = esp(0x1000);
	uint64_t made;

	NEEDS_ESP();
	ck_assert_int_eq(install(&s, false), IKE_OK);
	made = usage_of(&s.id).add_time;
	ck_assert_uint_ne(made, 0);
	fix.b->wait(fix.kern, 1200);
	ck_assert_uint_eq(usage_of(&s.id).add_time, made);
	s.life.hard_sec = 1000;
	ck_assert_int_eq(install(&s, true), IKE_OK);
	ck_assert_uint_eq(usage_of(&s.id).add_time, made);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.usage[0].add_time, made);
	ck_assert_int_eq(other()->ops->sa_delete(other(), &s.id, &s.src), IKE_OK);
	ck_assert_int_eq(install_by(other(), &s, false), IKE_OK);
	ck_assert_uint_gt(usage_of(&s.id).add_time, made);
	ck_assert_uint_le(usage_of(&s.id).add_time, made + 60);
}
END_TEST

/* Does a packet take |id|? */
static bool
takes(const struct sa_id *id)
{
	uint64_t before = usage_of(id).packets;

	(void)packet();
	return usage_of(id).packets == before + 1;
}

/* The SA's reqid is the template's, or it is not taken: not even where one of them is 0. */
START_TEST(reqids_must_be_equal)
{
	struct sa_spec s = esp(0x1000), t = esp(0x1001), zero = esp(0x1002);
	struct sp_spec sp = policy(SP_OUT);

	NEEDS_ESP();
	s.reqid = 41;
	zero.reqid = 0;
	ck_assert_int_eq(install(&s, false), IKE_OK);
	ck_assert_int_eq(install(&zero, false), IKE_OK);
	ck_assert_int_eq(put(&sp), IKE_OK);
	(void)packet();
	pump();
	ck_assert_uint_eq(count(KERN_EV_ACQUIRE), 1);
	ck_assert_uint_eq(usage_of(&s.id).packets + usage_of(&zero.id).packets, 0);
	t.seq = first(KERN_EV_ACQUIRE)->acq_seq;
	ck_assert_int_eq(install(&t, false), IKE_OK);
	ck_assert(takes(&t.id));
	sp.tmpl[0].reqid = 0;
	ck_assert_int_eq(fix.kern->ops->sp_install(fix.kern, &sp, true), IKE_OK);
	ck_assert(takes(&zero.id));
	sp.tmpl[0].reqid = 41;
	ck_assert_int_eq(fix.kern->ops->sp_install(fix.kern, &sp, true), IKE_OK);
	ck_assert(takes(&s.id));
	pump();
	ck_assert_uint_eq(count(KERN_EV_ACQUIRE), 1);
}
END_TEST

/* Of two that fit the newer; when that is past its soft limit, or gone, the other again. */
START_TEST(which_of_two)
{
	struct sa_spec old = esp(0x1000), young = esp(0x1001);
	struct sp_spec sp = policy(SP_OUT);

	NEEDS_ESP();
	ck_assert_int_eq(put(&sp), IKE_OK);
	ck_assert_int_eq(install(&old, false), IKE_OK);
	ck_assert(takes(&old.id));
	fix.b->wait(fix.kern, 1100);
	young.life.soft_sec = 2;
	ck_assert_int_eq(install(&young, false), IKE_OK);
	ck_assert(takes(&young.id));
	fix.b->wait(fix.kern, 3500);
	ck_assert_uint_eq(count(KERN_EV_SOFT), 1);
	ck_assert(takes(&old.id));
	ck_assert_int_eq(fix.kern->ops->sa_delete(fix.kern, &old.id, &old.src), IKE_OK);
	ck_assert(takes(&young.id));
}
END_TEST

START_TEST(lifetimes_in_bytes)
{
	struct sa_spec s = esp(0x1000), got;
	struct sp_spec sp = policy(SP_OUT);
	uint64_t each;

	NEEDS_ESP();
	ck_assert_int_eq(put(&sp), IKE_OK);
	ck_assert_int_eq(install(&s, false), IKE_OK);
	ck_assert(packet());
	each = usage_of(&s.id).bytes;
	ck_assert_uint_gt(each, 0);
	ck_assert_int_eq(fix.kern->ops->sa_delete(fix.kern, &s.id, &s.src), IKE_OK);
	s.life.soft_bytes = 2 * each;
	s.life.hard_bytes = 4 * each;
	ck_assert_int_eq(install(&s, false), IKE_OK);
	ck_assert_int_eq(get(&s.id, &got), IKE_OK);
	same_sa(&s, &got);
	for (int i = 0; i < 3; i++)
		(void)packet();
	pump();
	ck_assert_uint_eq(count(KERN_EV_SOFT), 1);
	ck_assert(sa_id_equal(&first(KERN_EV_SOFT)->sa.id, &s.id));
	ck_assert_uint_eq(count(KERN_EV_HARD), 0);
	for (int i = 0; i < 3; i++)
		(void)packet();
	pump();
	ck_assert_uint_eq(count(KERN_EV_HARD), 1);
	ck_assert_uint_eq(count(KERN_EV_SOFT), 1);
	ck_assert_int_eq(get(&s.id, &got), IKE_E_NOTFOUND);
}
END_TEST

enum { STABLE = 30, FLICKER = 50, DUMPS = 40 };

static struct sp_spec
numbered(uint16_t port)
{
	struct sp_spec sp = policy(SP_OUT);

	sp.id.sel.dport = port;
	sp.id.sel.dport_set = true;
	return sp;
}

/* Another program makes and deletes policies until it is killed. */
static void
flicker(void)
{
	struct kern *o = other();

	for (uint16_t i = 0;; i = (uint16_t)((i + 1) % FLICKER)) {
		struct sp_spec sp = numbered((uint16_t)(1000 + i));

		if (o->ops->sp_install(o, &sp, false) != IKE_OK)
			(void)!o->ops->sp_delete(o, &sp.id);
	}
}

/* What does not change is in every dump, once, whatever changes around it. */
START_TEST(dumps_while_others_write)
{
	pid_t pid = 0;

	if (!fix.b->sockets)
		SKIP("there is nobody else at the same time here");
	for (uint16_t i = 1; i <= STABLE; i++) {
		struct sp_spec sp = numbered(i);

		ck_assert_int_eq(put(&sp), IKE_OK);
	}
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		flicker();
	for (int n = 0; n < DUMPS; n++) {
		unsigned seen = 0;

		dump(KERN_DUMP_SP);
		ck_assert_uint_ge(fix.rows.nsp, STABLE);
		ck_assert_uint_le(fix.rows.nsp, STABLE + FLICKER);
		for (size_t i = 0; i < fix.rows.nsp && i < ROWS_MOST; i++)
			seen += fix.rows.sp[i].id.sel.dport <= STABLE;
		/* the newest first: those behind the room for rows are the oldest */
		if (fix.rows.nsp <= ROWS_MOST)
			ck_assert_uint_eq(seen, STABLE);
		pump();
		forget();
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}
END_TEST

/* What this kernel has no code for is refused by name. */
START_TEST(algorithms_it_lacks)
{
	static const uint16_t ids[] = { ENCR_DES, ENCR_3DES, ENCR_BLOWFISH, ENCR_CAST128, ENCR_TWOFISH,
		ENCR_CAMELLIA_CBC, ENCR_AES_CTR };
	struct sa_spec s = esp(0x1000), got;
	unsigned lacking = 0;

	NEEDS_ESP();
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct alg *a = alg_get(ids[i]);
		ike_err err;

		s.id.spi++;
		s.encr = ids[i];
		s.encr_bits = a->key_max;
		err = install(&s, false);
		if (err == IKE_OK)
			continue;
		lacking++;
		ck_assert_int_eq(err, IKE_E_KERNEL);
		ck_assert_msg(strstr(fix.kern->reason, a->xfrm) != NULL, "%s", fix.kern->reason);
		ck_assert_ptr_nonnull(strstr(fix.kern->reason, "CONFIG_CRYPTO"));
		ck_assert_int_eq(get(&s.id, &got), IKE_E_NOTFOUND);
	}
	if (lacking == 0)
		SKIP("this kernel has them all");
}
END_TEST

void
conform_mirror_cases(case_fn *fn, void *arg)
{
	const TTest *const v[] = {
		who_did_it,
		replacing_is_one_step,
		when_it_was_made,
		reqids_must_be_equal,
		which_of_two,
		lifetimes_in_bytes,
		dumps_while_others_write,
		algorithms_it_lacks,
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		fn(arg, v[i]);
}
