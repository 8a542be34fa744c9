/* SPDX-License-Identifier: BSD-3-Clause */
#include "kern/conform.h"

#include "sadb/recon.h"

#include <stdlib.h>
#include <string.h>

#define HEARD_MOST 64

static const struct conform_backend *backend;
static struct kern *kern;
static struct kern_event heard[HEARD_MOST];
static size_t nheard;
static struct addr us, peer;

static void
hear(void *arg, const struct kern_event *ev)
{
	(void)arg;
	if (nheard < HEARD_MOST)
		heard[nheard++] = *ev;
}

static void
setup(void)
{
	kern = backend->open();
	ck_assert_msg(kern != NULL, "%s cannot be opened", backend->name);
	kern->on_event = hear;
	ck_assert_int_eq(addr_parse("192.0.2.1", &us), IKE_OK);
	ck_assert_int_eq(addr_parse("192.0.2.2", &peer), IKE_OK);
}

static void
teardown(void)
{
	backend->close(kern);
}

static bool
can_esp(void)
{
	return (kern->features & KERN_ESP) != 0;
}

static struct sa_id
esp_id(uint32_t spi, const struct addr *dst)
{
	return (struct sa_id){ .proto = PROTO_ESP, .spi = spi, .dst = *dst };
}

/* An outbound transport SA. */
static struct sa_spec
esp(uint32_t spi)
{
	return (struct sa_spec){ .id = esp_id(spi, &peer),
		.src = us,
		.mode = MODE_TRANSPORT,
		.dir = SA_OUT,
		.reqid = 42,
		.encr = ENCR_AES_CBC,
		.encr_bits = 128,
		.integ = INTEG_HMAC_SHA256_128,
		.replay_window = 32 };
}

static struct sa_keys
keys_for(const struct sa_spec *s)
{
	struct sa_keys k = { 0 };
	const struct alg *e = alg_get(s->encr), *i = alg_get(s->integ);

	k.encr_len = e == NULL ? 0 : (uint16_t)alg_keymat_len(e, s->encr_bits);
	k.integ_len = i == NULL ? 0 : (uint16_t)alg_keymat_len(i, 0);
	for (size_t n = 0; n < k.encr_len; n++)
		k.encr[n] = (uint8_t)(n * 7 + 1);
	for (size_t n = 0; n < k.integ_len; n++)
		k.integ[n] = (uint8_t)(n * 5 + 3);
	return k;
}

static ike_err
install(const struct sa_spec *s, bool larval)
{
	struct sa_keys k = keys_for(s);

	return kern->ops->sa_install(kern, s, &k, larval);
}

static ike_err
get(const struct sa_id *id, const struct addr *src, struct sa_spec *spec)
{
	struct sa_usage u;

	return kern->ops->sa_get(kern, id, src, spec, &u);
}

static ike_err
reserve(uint32_t spi)
{
	struct sa_id id = esp_id(spi, &us);

	return kern->ops->sa_reserve(kern, &id, &peer, MODE_TRANSPORT, 42);
}

/* The number of events of |kind| so far. */
static size_t
count(enum kern_event_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < nheard; i++)
		n += heard[i].kind == kind;
	return n;
}

/* The first event of |kind|. */
static const struct kern_event *
first(enum kern_event_kind kind)
{
	for (size_t i = 0; i < nheard; i++) {
		if (heard[i].kind == kind)
			return &heard[i];
	}
	ck_abort_msg("event %d was not reported", kind);
}

static void
pump(void)
{
	backend->wait(kern, 20);
}

START_TEST(reservations)
{
	struct sa_id id = esp_id(0xc0001234, &us);
	struct sa_spec s;

	ck_assert_int_eq(reserve(id.spi), IKE_OK);
	ck_assert_int_eq(reserve(id.spi), IKE_E_EXISTS);
	ck_assert_int_ne(kern->errnum, 0);
	ck_assert_int_eq(get(&id, &peer, &s), IKE_OK);
	ck_assert(sa_is_larval(&s));
	ck_assert(sa_id_equal(&s.id, &id));
	ck_assert_int_eq(kern->ops->sa_delete(kern, &id, &peer), IKE_OK);
	ck_assert_int_eq(kern->ops->sa_delete(kern, &id, &peer), IKE_E_NOTFOUND);
	ck_assert_int_eq(get(&id, &peer, &s), IKE_E_NOTFOUND);
	ck_assert_int_eq(reserve(id.spi), IKE_OK);
}
END_TEST

START_TEST(reservation_expires)
{
	struct sa_id id = esp_id(0xc0001234, &us);
	struct sa_spec s;

	if (backend->acq_expires == 0)
		return;
	ck_assert_int_eq(reserve(id.spi), IKE_OK);
	backend->wait(kern, (backend->acq_expires + 2) * 1000);
	ck_assert_int_eq(get(&id, &peer, &s), IKE_E_NOTFOUND);
	ck_assert(sa_id_equal(&first(KERN_EV_HARD)->sa.id, &id));
	ck_assert_uint_eq(count(KERN_EV_HARD), 1);
}
END_TEST

START_TEST(install_and_read_back)
{
	struct sa_spec s = esp(0x1000), got;

	s.life = (struct sa_life){
		.soft_sec = 1000, .hard_sec = 2000, .soft_bytes = 100000, .hard_bytes = 200000
	};
	if (!can_esp()) {
		ck_assert_int_eq(install(&s, false), IKE_E_KERNEL);
		ck_assert_uint_gt(strlen(kern->reason), 0);
		return;
	}
	ck_assert_int_eq(install(&s, false), IKE_OK);
	ck_assert_int_eq(install(&s, false), IKE_E_EXISTS);
	ck_assert_int_eq(get(&s.id, &us, &got), IKE_OK);
	ck_assert(recon_sa_same(&s, &got));
	ck_assert_uint_eq(got.life.soft_sec, 1000);
	ck_assert_uint_eq(got.life.hard_bytes, 200000);
	ck_assert_int_eq(kern->ops->sa_delete(kern, &s.id, &us), IKE_OK);
	ck_assert_int_eq(kern->ops->sa_delete(kern, &s.id, &us), IKE_E_NOTFOUND);
	ck_assert_int_eq(
	    kern->ops->sa_get(kern, &s.id, &us, NULL, &(struct sa_usage){ 0 }), IKE_E_NOTFOUND);
}
END_TEST

START_TEST(install_on_a_reservation)
{
	struct sa_spec s = esp(0xc0001234), got;

	s.id.dst = us;
	s.src = peer;
	s.dir = SA_IN;
	ck_assert_int_eq(reserve(s.id.spi), IKE_OK);
	if (!can_esp()) {
		ck_assert_int_eq(install(&s, true), IKE_E_KERNEL);
		return;
	}
	ck_assert_int_eq(install(&s, true), IKE_OK);
	ck_assert_int_eq(get(&s.id, &peer, &got), IKE_OK);
	ck_assert(recon_sa_same(&s, &got));
	ck_assert_int_eq(reserve(s.id.spi), IKE_E_EXISTS);
	/* where there is no reservation */
	s.id.spi++;
	ck_assert_int_eq(install(&s, true), IKE_E_NOTFOUND);
}
END_TEST

START_TEST(bad_key_lengths_are_refused)
{
	struct sa_spec s = esp(0x1000), got;
	struct sa_keys k = keys_for(&s);

	if (!can_esp())
		return;
	k.encr_len = 15;
	ck_assert_int_ne(kern->ops->sa_install(kern, &s, &k, false), IKE_OK);
	ck_assert_uint_gt(strlen(kern->reason), 0);
	ck_assert_int_eq(get(&s.id, &us, &got), IKE_E_NOTFOUND);
}
END_TEST

/* All that is sent must come back: every cipher and integrity that a child can have. */
START_TEST(algorithms_read_back)
{
	static const struct {
		uint16_t encr, bits, integ;
	} suite[] = {
		{ ENCR_AES_CBC, 256, INTEG_HMAC_SHA1_96 },
		{ ENCR_AES_CBC, 192, INTEG_HMAC_SHA384_192 },
		{ ENCR_AES_CBC, 128, INTEG_HMAC_SHA256_96 },
		{ ENCR_AES_CBC, 128, INTEG_HMAC_SHA512_256 },
		{ ENCR_3DES, 0, INTEG_HMAC_MD5_96 },
		{ ENCR_NULL, 0, INTEG_HMAC_SHA256_128 },
		{ ENCR_AES_GCM_16, 256, ALG_ID_NONE },
		{ ENCR_AES_GCM_8, 128, ALG_ID_NONE },
		{ ENCR_CHACHA20_POLY1305, 0, ALG_ID_NONE },
		{ ENCR_AES_CTR, 128, INTEG_AES_XCBC_96 },
	};
	struct sa_spec s, got;
	size_t done = 0;

	if (!can_esp())
		return;
	for (size_t i = 0; i < sizeof(suite) / sizeof(suite[0]); i++) {
		s = esp((uint32_t)(0x2000 + i));
		s.encr = suite[i].encr;
		s.encr_bits = suite[i].bits;
		s.integ = suite[i].integ;
		if (install(&s, false) != IKE_OK)
			continue; /* this kernel was built without it */
		ck_assert_int_eq(get(&s.id, &us, &got), IKE_OK);
		ck_assert_msg(
		    recon_sa_same(&s, &got), "suite %zu does not come back as it was sent", i);
		done++;
	}
	ck_assert_uint_ge(done, 3);
}
END_TEST

START_TEST(tunnel_nat_and_ipv6)
{
	struct sa_spec s = esp(0x1000), got;

	if (!can_esp())
		return;
	s.mode = MODE_TUNNEL;
	s.encap_sport = 4500;
	s.encap_dport = 60000;
	ck_assert_int_eq(install(&s, false), IKE_OK);
	ck_assert_int_eq(get(&s.id, &us, &got), IKE_OK);
	ck_assert(recon_sa_same(&s, &got));
	s = esp(0x1001);
	ck_assert_int_eq(addr_parse("2001:db8::1", &s.src), IKE_OK);
	ck_assert_int_eq(addr_parse("2001:db8::2", &s.id.dst), IKE_OK);
	if (install(&s, false) == IKE_OK) {
		ck_assert_int_eq(get(&s.id, &s.src, &got), IKE_OK);
		ck_assert(recon_sa_same(&s, &got));
	}
}
END_TEST

static struct sp_spec
policy(enum sp_dir dir)
{
	struct sp_spec sp = { .id = { .dir = (uint8_t)dir,
				  .sel = { .src = { us, 32 }, .dst = { peer, 32 }, .proto = 17 } },
		.priority = SP_PRIO_DEF,
		.action = SP_IPSEC,
		.ntmpl = 1,
		.tmpl = { { .proto = PROTO_ESP,
		    .mode = MODE_TRANSPORT,
		    .level = SP_REQUIRE,
		    .reqid = 42 } } };

	return dir == SP_OUT ? sp : (sp.id.sel = sa_selector_mirror(&sp.id.sel), sp);
}

struct rows {
	struct sa_spec sa[32];
	struct sp_spec sp[32];
	size_t nsa, nsp;
};

static void
take_row(
    void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct rows *r = arg;

	ck_assert((sa == NULL) != (sp == NULL));
	ck_assert((usage == NULL) == (sa == NULL));
	if (sa != NULL && r->nsa < 32)
		r->sa[r->nsa++] = *sa;
	if (sp != NULL && !sp->socket && r->nsp < 32)
		r->sp[r->nsp++] = *sp;
}

static void
dump(unsigned what, struct rows *r)
{
	memset(r, 0, sizeof(*r));
	ck_assert_int_eq(kern->ops->dump(kern, what, take_row, r), IKE_OK);
}

START_TEST(dump_of_sas)
{
	static struct rows r;
	struct sa_id id = esp_id(0xc0001234, &us);

	dump(KERN_DUMP_SA | KERN_DUMP_SP, &r);
	ck_assert_uint_eq(r.nsa + r.nsp, 0);
	ck_assert_int_eq(reserve(id.spi), IKE_OK);
	dump(KERN_DUMP_SA, &r);
	ck_assert_uint_eq(r.nsa, 1);
	ck_assert(sa_is_larval(&r.sa[0]) && sa_id_equal(&r.sa[0].id, &id));
	dump(KERN_DUMP_SP, &r);
	ck_assert_uint_eq(r.nsa, 0);
	if (!can_esp())
		return;
	for (uint32_t i = 0; i < 10; i++) {
		struct sa_spec s = esp(0x3000 + i);

		ck_assert_int_eq(install(&s, false), IKE_OK);
	}
	dump(KERN_DUMP_SA, &r);
	ck_assert_uint_eq(r.nsa, 11);
	ck_assert_int_eq(kern->ops->sa_flush(kern, PROTO_AH), IKE_OK);
	dump(KERN_DUMP_SA, &r);
	ck_assert_uint_eq(r.nsa, 11);
	ck_assert_int_eq(kern->ops->sa_flush(kern, PROTO_ESP), IKE_OK);
	dump(KERN_DUMP_SA, &r);
	ck_assert_uint_eq(r.nsa, 0);
	ck_assert_int_eq(kern->ops->sa_flush(kern, PROTO_NONE), IKE_OK);
}
END_TEST

/* Is |sp| in the dump as it was sent? */
static bool
reads_back(const struct sp_spec *sp)
{
	static struct rows r;

	dump(KERN_DUMP_SP, &r);
	for (size_t i = 0; i < r.nsp; i++) {
		const struct sp_spec *g = &r.sp[i];

		if (!sp_id_equal(&g->id, &sp->id))
			continue;
		ck_assert_uint_eq(g->priority, sp->priority);
		ck_assert_uint_eq(g->ntmpl, sp->ntmpl);
		ck_assert_uint_ne(g->index, 0);
		for (size_t t = 0; t < sp->ntmpl; t++) {
			ck_assert_uint_eq(g->tmpl[t].proto, sp->tmpl[t].proto);
			ck_assert_uint_eq(g->tmpl[t].mode, sp->tmpl[t].mode);
			ck_assert_uint_eq(g->tmpl[t].reqid, sp->tmpl[t].reqid);
			ck_assert_int_eq(g->tmpl[t].level == SP_USE, sp->tmpl[t].level == SP_USE);
			if (sp->tmpl[t].mode == MODE_TUNNEL)
				ck_assert(addr_equal(&g->tmpl[t].src, &sp->tmpl[t].src) &&
					  addr_equal(&g->tmpl[t].dst, &sp->tmpl[t].dst));
		}
		return (g->action == SP_DISCARD) == (sp->action == SP_DISCARD);
	}
	return false;
}

START_TEST(policies)
{
	struct sp_spec sp = policy(SP_OUT);
	static struct rows r;

	ck_assert_int_eq(kern->ops->sp_delete(kern, &sp.id), IKE_E_NOTFOUND);
	ck_assert_int_eq(kern->ops->sp_install(kern, &sp, false), IKE_OK);
	ck_assert_int_eq(kern->ops->sp_install(kern, &sp, false), IKE_E_EXISTS);
	ck_assert(reads_back(&sp));
	sp.priority = SP_PRIO_HIGH;
	sp.tmpl[0].reqid = 43;
	sp.tmpl[0].level = SP_USE;
	ck_assert_int_eq(kern->ops->sp_install(kern, &sp, true), IKE_OK);
	ck_assert(reads_back(&sp));
	dump(KERN_DUMP_SP, &r);
	ck_assert_uint_eq(r.nsp, 1);
	ck_assert_int_eq(kern->ops->sp_delete(kern, &sp.id), IKE_OK);
	ck_assert_int_eq(kern->ops->sp_delete(kern, &sp.id), IKE_E_NOTFOUND);
	/* replace also where there is none */
	ck_assert_int_eq(kern->ops->sp_install(kern, &sp, true), IKE_OK);
	ck_assert(reads_back(&sp));
	ck_assert_int_eq(kern->ops->sp_flush(kern), IKE_OK);
	ck_assert(!reads_back(&sp));
	ck_assert_int_eq(kern->ops->sp_flush(kern), IKE_OK);
}
END_TEST

START_TEST(kinds_of_policies)
{
	struct sp_spec sp = policy(SP_IN);

	ck_assert_int_eq(kern->ops->sp_install(kern, &sp, false), IKE_OK);
	ck_assert(reads_back(&sp));
	sp.id.dir = SP_FWD;
	sp.tmpl[0] = (struct sp_tmpl){ .proto = PROTO_ESP,
		.mode = MODE_TUNNEL,
		.level = SP_REQUIRE,
		.reqid = 1,
		.src = peer,
		.dst = us };
	ck_assert_int_eq(kern->ops->sp_install(kern, &sp, false), IKE_OK);
	ck_assert(reads_back(&sp));
	sp = policy(SP_OUT);
	sp.id.sel.proto = 6;
	sp.id.sel.dport = 8140;
	sp.id.sel.dport_set = true;
	sp.tmpl[1] = sp.tmpl[0];
	sp.tmpl[1].proto = PROTO_AH;
	sp.ntmpl = 2;
	ck_assert_int_eq(kern->ops->sp_install(kern, &sp, false), IKE_OK);
	ck_assert(reads_back(&sp));
	sp.id.sel.dport = 22;
	sp.ntmpl = 0;
	sp.action = SP_NONE;
	ck_assert_int_eq(kern->ops->sp_install(kern, &sp, false), IKE_OK);
	ck_assert(reads_back(&sp));
	sp.id.sel = (struct sa_selector){ .src = { us, 0 }, .dst = { peer, 16 }, .proto = 0 };
	prefix_mask(&sp.id.sel.src);
	prefix_mask(&sp.id.sel.dst);
	sp.action = SP_DISCARD;
	ck_assert_int_eq(kern->ops->sp_install(kern, &sp, false), IKE_OK);
	ck_assert(reads_back(&sp));
	sp.id.sel = (struct sa_selector){ .proto = 58, .sport = 135, .sport_set = true };
	ck_assert_int_eq(prefix_parse("2001:db8::/32", &sp.id.sel.src), IKE_OK);
	ck_assert_int_eq(prefix_parse("::/0", &sp.id.sel.dst), IKE_OK);
	ck_assert_int_eq(kern->ops->sp_install(kern, &sp, false), IKE_OK);
	ck_assert(reads_back(&sp));
}
END_TEST

START_TEST(policy_events)
{
	struct sp_spec sp = policy(SP_OUT);
	struct kern *o = backend->other(kern);

	if ((kern->features & KERN_EVENTS_ALL) == 0)
		return;
	ck_assert_int_eq(o->ops->sp_install(o, &sp, false), IKE_OK);
	ck_assert_uint_eq(nheard, 0); /* never from within a request */
	pump();
	ck_assert_uint_eq(nheard, 1);
	ck_assert(sp_id_equal(&first(KERN_EV_SP_NEW)->sp.id, &sp.id));
	ck_assert_uint_eq(heard[0].sp.tmpl[0].reqid, 42);
	ck_assert_uint_ne(heard[0].pid, 0);
	sp.priority++;
	ck_assert_int_eq(o->ops->sp_install(o, &sp, true), IKE_OK);
	pump();
	ck_assert_uint_eq(first(KERN_EV_SP_UPDATE)->sp.priority, SP_PRIO_DEF + 1);
	ck_assert_int_eq(o->ops->sp_delete(o, &sp.id), IKE_OK);
	pump();
	ck_assert(sp_id_equal(&first(KERN_EV_SP_DELETE)->sp.id, &sp.id));
	ck_assert_int_eq(o->ops->sp_install(o, &sp, false), IKE_OK);
	ck_assert_int_eq(o->ops->sp_flush(o), IKE_OK);
	pump();
	ck_assert_uint_eq(count(KERN_EV_SP_FLUSH), 1);
	ck_assert_uint_eq(count(KERN_EV_SP_DELETE), 1);
}
END_TEST

START_TEST(sa_events)
{
	struct sa_spec s = esp(0x1000), in = esp(0xc0001234);
	struct sa_keys k = keys_for(&s);
	struct kern *o = backend->other(kern);

	if (!can_esp() || (kern->features & KERN_EVENTS_ALL) == 0)
		return;
	in.id.dst = us;
	in.src = peer;
	ck_assert_int_eq(o->ops->sa_install(o, &s, &k, false), IKE_OK);
	ck_assert_uint_eq(nheard, 0);
	pump();
	ck_assert(recon_sa_same(&first(KERN_EV_SA_NEW)->sa, &s));
	ck_assert_int_eq(reserve(in.id.spi), IKE_OK);
	ck_assert_int_eq(o->ops->sa_install(o, &in, &k, true), IKE_OK);
	pump();
	ck_assert(recon_sa_same(&first(KERN_EV_SA_UPDATE)->sa, &in));
	ck_assert_int_eq(o->ops->sa_delete(o, &s.id, &us), IKE_OK);
	pump();
	ck_assert(sa_id_equal(&first(KERN_EV_SA_DELETE)->sa.id, &s.id));
	ck_assert_int_eq(o->ops->sa_flush(o, PROTO_ESP), IKE_OK);
	pump();
	ck_assert_uint_eq(count(KERN_EV_SA_FLUSH), 1);
}
END_TEST

/* A flush of nothing, and what concerns only reservations. */
START_TEST(flush_events)
{
	struct kern *o = backend->other(kern);

	if ((kern->features & KERN_EVENTS_ALL) == 0)
		return;
	ck_assert_int_eq(o->ops->sa_flush(o, PROTO_NONE), IKE_OK);
	pump();
	ck_assert_uint_eq(count(KERN_EV_SA_FLUSH), 0);
	ck_assert_int_eq(reserve(0xc0001234), IKE_OK);
	ck_assert_int_eq(o->ops->sa_flush(o, PROTO_NONE), IKE_OK);
	pump();
	ck_assert_uint_eq(count(KERN_EV_SA_FLUSH), 1);
	ck_assert_int_eq(reserve(0xc0001234), IKE_OK);
}
END_TEST

START_TEST(lifetimes)
{
	struct sa_spec s = esp(0x1000), got;

	if (!can_esp())
		return;
	s.life = (struct sa_life){ .soft_sec = 1, .hard_sec = 3 };
	ck_assert_int_eq(install(&s, false), IKE_OK);
	backend->wait(kern, 2000);
	ck_assert(sa_id_equal(&first(KERN_EV_SOFT)->sa.id, &s.id));
	ck_assert_uint_eq(count(KERN_EV_HARD), 0);
	ck_assert_int_eq(get(&s.id, &us, &got), IKE_OK);
	backend->wait(kern, 3000);
	ck_assert(sa_id_equal(&first(KERN_EV_HARD)->sa.id, &s.id));
	ck_assert_uint_eq(count(KERN_EV_SOFT), 1);
	ck_assert_uint_eq(count(KERN_EV_HARD), 1);
	ck_assert_int_eq(get(&s.id, &us, &got), IKE_E_NOTFOUND);
}
END_TEST

START_TEST(readdress)
{
	struct sa_spec s = esp(0x1000), got;
	struct endpoint from = { us, 4500 }, to = { peer, 4501 };

	if (!can_esp() || (kern->features & KERN_MIGRATE) == 0)
		return;
	s.encap_sport = s.encap_dport = 4500;
	ck_assert_int_eq(kern->ops->sa_readdress(kern, &s.id, &from, &to), IKE_E_NOTFOUND);
	ck_assert_int_eq(install(&s, false), IKE_OK);
	ck_assert_int_eq(addr_parse("192.0.2.77", &to.addr), IKE_OK);
	ck_assert_int_eq(kern->ops->sa_readdress(kern, &s.id, &from, &to), IKE_OK);
	ck_assert_int_eq(get(&s.id, &us, &got), IKE_E_NOTFOUND);
	s.id.dst = to.addr;
	ck_assert_int_eq(get(&s.id, &us, &got), IKE_OK);
	ck_assert_uint_eq(got.encap_dport, 4501);
	ck_assert_uint_eq(got.reqid, 42);
}
END_TEST

Suite *
conform_suite(const struct conform_backend *b)
{
	const TTest *const tests[] = {
		reservations,
		reservation_expires,
		install_and_read_back,
		install_on_a_reservation,
		bad_key_lengths_are_refused,
		algorithms_read_back,
		tunnel_nat_and_ipv6,
		dump_of_sas,
		policies,
		kinds_of_policies,
		policy_events,
		sa_events,
		flush_events,
		lifetimes,
		readdress,
	};
	Suite *s = suite_create(b->name);
	TCase *t = tcase_create("conform");

	backend = b;
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(t, tests[i]);
	suite_add_tcase(s, t);
	return s;
}
