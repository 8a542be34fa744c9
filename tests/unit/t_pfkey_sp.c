/* SPDX-License-Identifier: BSD-3-Clause */
/* Policies as PF_KEY messages: golden bytes, round trips, what is refused and why, and every way to be truncated. */
#include "kern/pfkey_ext.h"

#include <check.h>
#include <linux/ipsec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct addr
ip(const char *s)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(s, &a), IKE_OK);
	return a;
}

static struct sp_spec
policy(void)
{
	struct sp_spec s = { .priority = SP_PRIO_DEF, .action = SP_IPSEC, .ntmpl = 1 };

	s.id.dir = SP_OUT;
	s.id.sel.src = (struct prefix){ ip("192.0.2.1"), 32 };
	s.id.sel.dst = (struct prefix){ ip("198.51.100.0"), 24 };
	s.tmpl[0] =
	    (struct sp_tmpl){ .proto = PROTO_ESP, .mode = MODE_TRANSPORT, .level = SP_REQUIRE };
	return s;
}

static void
expect(const uint8_t *p, const char *hex)
{
	size_t at = 0;

	for (; *hex != '\0'; hex += *hex == ' ' ? 1 : 2) {
		unsigned v;

		if (*hex == ' ')
			continue;
		ck_assert_int_eq(sscanf(hex, "%2x", &v), 1);
		ck_assert_msg(p[at] == v, "byte %zu is %02x and not %02x", at, p[at], v);
		at++;
	}
}

static bool
is_little(void)
{
	uint16_t one = 1;

	return *(uint8_t *)&one == 1;
}

START_TEST(golden)
{
	struct sp_spec s = policy();
	struct pfkey_msg m;

	if (!is_little())
		return;
	s.id.sel.proto = 6;
	s.id.sel.dport = 22;
	s.id.sel.dport_set = true;
	s.ntmpl = 2;
	s.tmpl[1] = (struct sp_tmpl){ .proto = PROTO_AH,
		.mode = MODE_TUNNEL,
		.reqid = 5,
		.src = ip("192.0.2.1"),
		.dst = ip("192.0.2.9") };
	ck_assert_int_eq(pfkey_put_sp(&m, SADB_X_SPDADD, &s), IKE_OK);
	expect(m.b, "02 0e 00 00 1200 0000 00000000 00000000"
		    "0300 0500 06 20 0000 0200 0000 c0000201 0000000000000000"
		    "0300 0600 06 18 0000 0200 0016 c6336400 0000000000000000"
		    /* ipsec, out; two requests whose lengths count bytes */
		    "0a00 1200 0200 02 00 00000000 00000080"
		    "1000 3200 01 02 0000 00000000 00000000"
		    "3000 3300 02 03 0000 05000000 00000000"
		    "0200 0000 c0000201 0000000000000000 0200 0000 c0000209 0000000000000000");
	ck_assert_uint_eq(m.n, 18 * 8);
	ck_assert_int_eq(pfkey_put_sp_id(&m, &s.id), IKE_OK);
	expect(m.b, "02 0f 00 00 0a00 0000 00000000 00000000"
		    "0300 0500 06 20 0000 0200 0000 c0000201 0000000000000000"
		    "0300 0600 06 18 0000 0200 0016 c6336400 0000000000000000"
		    "0200 1200 0100 02 00 00000000 00000000");
	ck_assert_uint_eq(m.n, 10 * 8);
	ck_assert_int_eq(pfkey_put_sp_get(&m, 0x1234), IKE_OK);
	expect(
	    m.b, "02 10 00 00 0400 0000 00000000 00000000 0200 1200 0100 01 00 34120000 00000000");
	ck_assert_uint_eq(m.n, 4 * 8);
	/* any protocol; limits only where there are some, and then both */
	s = policy();
	s.life.soft_sec = 60;
	s.action = SP_DISCARD;
	s.ntmpl = 0;
	s.id.dir = SP_FWD;
	ck_assert_int_eq(pfkey_put_sp(&m, SADB_X_SPDUPDATE, &s), IKE_OK);
	expect(m.b + 16, "0300 0500 ff 20");
	expect(m.b + 64, "0400 0300 00000000 0000000000000000 0000000000000000 0000000000000000");
	expect(m.b + 96, "0400 0400 00000000 0000000000000000 3c00000000000000 0000000000000000");
	expect(m.b + 128, "0200 1200 0000 03 00 00000000 00000080");
	ck_assert_uint_eq(m.n, 144);
}
END_TEST

static void
round_trip(const struct sp_spec *s)
{
	struct pfkey_msg m;
	struct sp_spec got;
	size_t policy_at = 0;

	ck_assert_int_eq(pfkey_put_sp(&m, SADB_X_SPDADD, s), IKE_OK);
	ck_assert_int_eq(pfkey_get_sp(pfkey_msg_slice(&m), &got), IKE_OK);
	ck_assert(sp_id_equal(&s->id, &got.id));
	ck_assert_uint_eq(s->priority, got.priority);
	ck_assert_uint_eq(s->action, got.action);
	ck_assert_uint_eq(s->index, got.index);
	ck_assert_uint_eq(s->ntmpl, got.ntmpl);
	ck_assert_mem_eq(&s->life, &got.life, sizeof(s->life));
	ck_assert_str_eq(s->ctx, got.ctx);
	ck_assert(!got.socket);
	for (unsigned i = 0; i < s->ntmpl; i++) {
		const struct sp_tmpl *a = &s->tmpl[i], *b = &got.tmpl[i];

		ck_assert_uint_eq(a->proto, b->proto);
		ck_assert_uint_eq(a->mode, b->mode);
		ck_assert_uint_eq(a->reqid, b->reqid);
		ck_assert_int_eq(a->level == SP_USE, b->level == SP_USE);
		ck_assert(addr_equal(&a->src, &b->src) && addr_equal(&a->dst, &b->dst));
	}
	for (size_t off = 16; off < m.n; off += (size_t)(m.b[off] | m.b[off + 1] << 8) * 8) {
		if (is_little() && m.b[off + 2] == SADB_X_EXT_POLICY)
			policy_at = off + (size_t)(m.b[off] | m.b[off + 1] << 8) * 8;
	}
	/* a policy's length in the header is not believed, so that only what is cut off within is seen */
	for (size_t n = 0; n < policy_at; n++) {
		uint8_t *p = malloc(n + 1);
		ike_err err;

		ck_assert_ptr_nonnull(p);
		memcpy(p, m.b, n);
		err = pfkey_get_sp(slice_of(p, n), &got);
		ck_assert(err == IKE_E_SHORT || err == IKE_E_FORMAT);
		free(p);
	}
}

START_TEST(round_trips)
{
	struct sp_spec s = policy();

	round_trip(&s);
	s.index = 0xfffffff9;
	s.priority = 0xffffffff;
	s.life = (struct sa_life){ 1, 2, 3, 4, 5, 6 };
	s.ctx_doi = s.ctx_alg = 1;
	memset(s.ctx, 'c', 63);
	for (s.ntmpl = 0; s.ntmpl < SP_MAX_TMPL; s.ntmpl++)
		s.tmpl[s.ntmpl] = (struct sp_tmpl){ .proto = PROTO_AH,
			.mode = MODE_TUNNEL,
			.level = SP_UNIQUE,
			.reqid = 16383u - s.ntmpl,
			.src = ip("2001:db8::1"),
			.dst = ip("2001:db8::2") };
	round_trip(&s);
	for (unsigned dir = SP_IN; dir <= SP_FWD; dir++) {
		s = policy();
		s.id.dir = (uint8_t)dir;
		s.id.sel.proto = 58;
		s.id.sel.sport = 135;
		s.id.sel.sport_set = true;
		ck_assert_int_eq(prefix_parse("2001:db8::/33", &s.id.sel.src), IKE_OK);
		s.id.sel.dst = (struct prefix){ 0 };
		s.tmpl[0].level = SP_USE;
		ck_assert_int_eq(
		    pfkey_put_sp(&(struct pfkey_msg){ .n = 0 }, SADB_X_SPDADD, &s), IKE_OK);
		ck_assert_int_eq(prefix_parse("::/0", &s.id.sel.dst), IKE_OK);
		round_trip(&s);
	}
	s = policy();
	s.ntmpl = 0;
	s.action = SP_NONE;
	round_trip(&s);
	s.action = SP_DISCARD;
	round_trip(&s);
}
END_TEST

/* With level unique and no reqid the kernel chooses one. */
START_TEST(levels)
{
	static const struct {
		uint8_t ours;
		uint32_t reqid;
		uint8_t theirs;
	} v[] = { { SP_DEFAULT, 0, IPSEC_LEVEL_REQUIRE }, { SP_REQUIRE, 0, IPSEC_LEVEL_REQUIRE },
		{ SP_REQUIRE, 1, IPSEC_LEVEL_UNIQUE }, { SP_UNIQUE, 0, IPSEC_LEVEL_UNIQUE },
		{ SP_UNIQUE, 1, IPSEC_LEVEL_UNIQUE }, { SP_USE, 0, IPSEC_LEVEL_USE } };
	struct sp_spec s = policy();
	struct pfkey_msg m;
	struct sadb_x_ipsecrequest rq;

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		s.tmpl[0].level = v[i].ours;
		s.tmpl[0].reqid = v[i].reqid;
		ck_assert_int_eq(pfkey_put_sp(&m, SADB_X_SPDADD, &s), IKE_OK);
		memcpy(&rq, m.b + m.n - sizeof(rq), sizeof(rq));
		ck_assert_uint_eq(rq.sadb_x_ipsecrequest_level, v[i].theirs);
		ck_assert_uint_eq(rq.sadb_x_ipsecrequest_reqid, v[i].reqid);
	}
}
END_TEST

static void
obstacle(const struct sp_spec *s, const char *word)
{
	struct pfkey_msg m;
	const char *why = pfkey_sp_obstacle(s);

	ck_assert_msg(why != NULL && strstr(why, word) != NULL, "no word of %s in: %s", word,
	    why == NULL ? "nothing" : why);
	ck_assert_int_eq(pfkey_put_sp(&m, SADB_X_SPDADD, s), IKE_E_UNSUPPORTED);
}

START_TEST(obstacles)
{
	struct sp_spec s = policy();
	struct pfkey_msg m;

	s.id.mark_mask = 1;
	obstacle(&s, "marks");
	ck_assert_int_eq(pfkey_put_sp_id(&m, &s.id), IKE_E_UNSUPPORTED);
	s = policy();
	s.id.sel.sport_set = true;
	obstacle(&s, "code 0");
	s = policy();
	s.id.sel.dport_set = true;
	obstacle(&s, "code 0");
	s = policy();
	s.id.sel.proto = 255;
	obstacle(&s, "255");
	s = policy();
	s.action = SP_ENTRUST;
	obstacle(&s, "sockets");
	s = policy();
	s.tmpl[0].proto = PROTO_IKE;
	obstacle(&s, "protocol");
	s = policy();
	s.tmpl[0].reqid = 16384;
	obstacle(&s, "16383");
	s = policy();
	s.tmpl[0].level = SP_USE;
	s.tmpl[0].reqid = 1;
	obstacle(&s, "level use");
	/* transport around a tunnel of the other family, but not within one */
	s = policy();
	s.ntmpl = 2;
	s.tmpl[1] = (struct sp_tmpl){ .proto = PROTO_AH,
		.mode = MODE_TUNNEL,
		.src = ip("2001:db8::1"),
		.dst = ip("2001:db8::2") };
	ck_assert_ptr_null(pfkey_sp_obstacle(&s));
	s.tmpl[2] = s.tmpl[0];
	s.ntmpl = 3;
	obstacle(&s, "other family");
}
END_TEST

START_TEST(refusals)
{
	struct sp_spec s = policy();
	struct pfkey_msg m;

	s.action = SP_NONE;
	ck_assert_int_eq(pfkey_put_sp(&m, SADB_X_SPDADD, &s), IKE_E_RANGE);
	s.action = SP_DISCARD;
	ck_assert_int_eq(pfkey_put_sp(&m, SADB_X_SPDADD, &s), IKE_E_RANGE);
	s.action = SP_IPSEC;
	s.ntmpl = 0;
	ck_assert_int_eq(pfkey_put_sp(&m, SADB_X_SPDADD, &s), IKE_E_RANGE);
	s.ntmpl = SP_MAX_TMPL + 1;
	ck_assert_int_eq(pfkey_put_sp(&m, SADB_X_SPDADD, &s), IKE_E_RANGE);
	s = policy();
	s.tmpl[0].mode = MODE_TUNNEL;
	ck_assert_int_eq(pfkey_put_sp(&m, SADB_X_SPDADD, &s), IKE_E_RANGE);
	s.tmpl[0].src = ip("192.0.2.1");
	s.tmpl[0].dst = ip("2001:db8::1");
	ck_assert_int_eq(pfkey_put_sp(&m, SADB_X_SPDADD, &s), IKE_E_RANGE);
	s = policy();
	s.id.dir = SP_FWD + 1;
	ck_assert_int_eq(pfkey_put_sp(&m, SADB_X_SPDADD, &s), IKE_E_RANGE);
	ck_assert_int_eq(pfkey_put_sp_id(&m, &s.id), IKE_E_RANGE);
	s = policy();
	s.id.sel.src.len = 33;
	ck_assert_int_eq(pfkey_put_sp_id(&m, &s.id), IKE_E_RANGE);
	s = policy();
	s.id.sel.dst.addr = ip("2001:db8::1");
	ck_assert_int_eq(pfkey_put_sp_id(&m, &s.id), IKE_E_RANGE);
	s.id.sel = (struct sa_selector){ 0 };
	ck_assert_int_eq(pfkey_put_sp_id(&m, &s.id), IKE_E_RANGE);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pfkey_sp");
	TCase *t = tcase_create("codec");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, golden);
	tcase_add_test(t, round_trips);
	tcase_add_test(t, levels);
	tcase_add_test(t, obstacles);
	tcase_add_test(t, refusals);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
