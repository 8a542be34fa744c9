/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SAs as PF_KEY messages: golden bytes, round trips through every algorithm, what is refused and why, and every way
 * to be truncated.
 */
#include "kern/pfkey_ext.h"

#include <arpa/inet.h>
#include <check.h>
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

static struct sa_spec
esp_spec(void)
{
	return (struct sa_spec){
		.id = { .proto = PROTO_ESP, .spi = 0x1001, .dst = ip("192.0.2.2") },
		.src = ip("192.0.2.1"),
		.mode = MODE_TRANSPORT,
		.encr = ENCR_AES_CBC,
		.encr_bits = 128,
		.integ = INTEG_HMAC_SHA1_96,
	};
}

static struct sa_keys
keys_of(uint16_t encr_len, uint16_t integ_len)
{
	struct sa_keys k = { .encr_len = encr_len, .integ_len = integ_len };

	for (unsigned i = 0; i < sizeof(k.encr); i++)
		k.encr[i] = (uint8_t)(i + 1);
	for (unsigned i = 0; i < sizeof(k.integ); i++)
		k.integ[i] = (uint8_t)(i + 0x81);
	return k;
}

/* The bytes that follow each other in a message. */
struct golden {
	const uint8_t *p;
	size_t at;
};

static void
expect(struct golden *g, const char *hex)
{
	for (; *hex != '\0'; hex += *hex == ' ' ? 1 : 2) {
		unsigned v;

		if (*hex == ' ')
			continue;
		ck_assert_int_eq(sscanf(hex, "%2x", &v), 1);
		ck_assert_msg(
		    g->p[g->at] == v, "byte %zu is %02x and not %02x", g->at, g->p[g->at], v);
		g->at++;
	}
}

/* Little-endian words of a little-endian machine; other machines write their own order. */
static bool
is_little(void)
{
	uint16_t one = 1;

	return *(uint8_t *)&one == 1;
}

START_TEST(golden_add)
{
	struct sa_spec s = esp_spec();
	struct sa_keys k = keys_of(16, 20);
	struct pfkey_msg m;
	struct golden g = { m.b, 0 };

	if (!is_little())
		return;
	s.reqid = 7;
	s.seq = 0x55;
	s.replay_window = 64;
	s.life = (struct sa_life){ .soft_sec = 2880, .hard_sec = 3600, .hard_bytes = 1000 };
	s.flags = SA_NOECN | SA_NOPMTUDISC;
	s.encap_sport = 4500;
	s.encap_dport = 60000;
	ck_assert_int_eq(pfkey_put_sa(&m, SADB_ADD, &s, &k, NULL), IKE_OK);
	/* version 2, ADD, no error, ESP; 30 units; sequence number of the ACQUIRE */
	expect(&g, "02 03 00 03 1e00 0000 55000000 00000000");
	/* SA: SPI in network order, window 32, mature, HMAC-SHA1, AES */
	expect(&g, "0200 0100 00001001 20 01 03 0c 000000a0");
	/* hard: no packets, 1000 bytes, 3600 s; soft: 2880 s */
	expect(&g, "0400 0300 00000000 e803000000000000 100e000000000000 0000000000000000");
	expect(&g, "0400 0400 00000000 0000000000000000 400b000000000000 0000000000000000");
	expect(&g, "0300 0500 00 20 0000 0200 0000 c0000201 0000000000000000");
	expect(&g, "0300 0600 00 20 0000 0200 0000 c0000202 0000000000000000");
	/* 160 bits of key, padded to 24 bytes; 128 bits */
	expect(&g, "0400 0800 a000 0000 8182838485868788 898a8b8c8d8e8f90 91929394 00000000");
	expect(&g, "0300 0900 8000 0000 0102030405060708 090a0b0c0d0e0f10");
	/* mode transport, reqid */
	expect(&g, "0200 1300 01 00 0000 00000000 07000000");
	/* ESP in UDP, ports in network order */
	expect(&g, "0100 1400 02 000000 0100 1500 1194 0000 0100 1600 ea60 0000");
	ck_assert_uint_eq(g.at, m.n);
	ck_assert_uint_eq(pfkey_msg_slice(&m).n, 30 * 8);
	pfkey_set_asker(&m, 0xa1b2c3d4, 99);
	g.at = 8;
	expect(&g, "d4c3b2a1 63000000");
	pfkey_msg_wipe(&m);
	for (size_t i = 0; i < sizeof(m.b); i++)
		ck_assert_uint_eq(m.b[i], 0);
}
END_TEST

START_TEST(golden_others)
{
	struct pfkey_spi_request r = { .id = { .proto = PROTO_AH, .dst = ip("2001:db8::1") },
		.src = ip("2001:db8::2"),
		.mode = MODE_TUNNEL,
		.reqid = 0x01020304,
		.min = 0x100,
		.max = 0xffffffff };
	struct sa_id id = { .proto = PROTO_IPCOMP, .spi = 0xfffe, .dst = ip("192.0.2.2") };
	struct addr four = ip("192.0.2.1"), six = ip("2001:db8::1");
	struct pfkey_msg m;
	struct golden g = { m.b, 0 };

	if (!is_little())
		return;
	ck_assert_int_eq(pfkey_put_getspi(&m, &r), IKE_OK);
	expect(&g, "02 01 00 02 1000 0000 00000000 00000000");
	expect(&g, "0500 0500 00 80 0000 0a00 0000 00000000 20010db8000000000000000000000002");
	expect(&g, "00000000 00000000");
	expect(&g, "0500 0600 00 80 0000 0a00 0000 00000000 20010db8000000000000000000000001");
	expect(&g, "00000000 00000000");
	expect(&g, "0200 1000 00010000 ffffffff 00000000");
	expect(&g, "0200 1300 02 00 0000 00000000 04030201");
	ck_assert_uint_eq(g.at, m.n);
	/* the source need not be known */
	ck_assert_int_eq(pfkey_put_sa_id(&m, SADB_DELETE, &id, NULL), IKE_OK);
	g.at = 0;
	expect(
	    &g, "02 04 00 09 0a00 0000 00000000 00000000 0200 0100 0000fffe 00 00 00 00 00000000");
	expect(&g, "0300 0500 00 20 0000 0200 0000 00000000 0000000000000000");
	expect(&g, "0300 0600 00 20 0000 0200 0000 c0000202 0000000000000000");
	ck_assert_uint_eq(g.at, m.n);
	ck_assert_int_eq(pfkey_put_sa_id(&m, SADB_GET, &id, &six), IKE_OK);
	ck_assert_uint_eq(m.n, g.at);
	ck_assert_int_eq(pfkey_put_plain(&m, SADB_FLUSH, PROTO_ESP), IKE_OK);
	g.at = 0;
	expect(&g, "02 09 00 03 0200 0000 00000000 00000000");
	ck_assert_uint_eq(g.at, m.n);
	ck_assert_int_eq(pfkey_put_dump_between(&m, PROTO_NONE, &four, NULL), IKE_OK);
	g.at = 0;
	expect(&g,
	    "02 0a 00 00 0700 0000 00000000 00000000 0500 1a00 c0000201 000000000000000000000000");
	expect(&g, "00000000 000000000000000000000000 0200 20 00");
	ck_assert_uint_eq(g.at, m.n);
	ck_assert_int_eq(pfkey_put_dump_between(&m, PROTO_ESP, NULL, &six), IKE_OK);
	ck_assert_int_eq(pfkey_put_dump_between(&m, PROTO_ESP, NULL, NULL), IKE_E_RANGE);
	ck_assert_int_eq(pfkey_put_dump_between(&m, PROTO_ESP, &four, &six), IKE_E_RANGE);
	ck_assert_int_eq(pfkey_put_dump_between(&m, PROTO_IKE, &four, NULL), IKE_E_UNSUPPORTED);
	ck_assert_int_eq(pfkey_put_plain(&m, SADB_FLUSH, PROTO_IKE), IKE_E_UNSUPPORTED);
}
END_TEST

static void
check_same(const struct sa_spec *a, const struct sa_spec *b)
{
	ck_assert(sa_id_equal(&a->id, &b->id));
	ck_assert(addr_equal(&a->src, &b->src));
	ck_assert_uint_eq(a->mode, b->mode);
	ck_assert_uint_eq(a->reqid, b->reqid);
	ck_assert_uint_eq(a->encr, b->encr);
	ck_assert_uint_eq(a->encr_bits, b->encr_bits);
	ck_assert_uint_eq(a->integ, b->integ);
	ck_assert_uint_eq(a->comp, b->comp);
	ck_assert_uint_eq(a->replay_window, b->replay_window);
	ck_assert_uint_eq(a->flags, b->flags);
	ck_assert_mem_eq(&a->life, &b->life, sizeof(a->life));
	ck_assert_uint_eq(a->encap_sport, b->encap_sport);
	ck_assert_uint_eq(a->encap_dport, b->encap_dport);
	ck_assert(addr_equal(&a->encap_oa, &b->encap_oa));
}

static void
round_trip(const struct sa_spec *s, const struct sa_keys *k, const struct sa_label *label)
{
	struct pfkey_msg m;
	struct kern_sa got;

	ck_assert_int_eq(pfkey_put_sa(&m, SADB_ADD, s, k, label), IKE_OK);
	ck_assert_int_eq(pfkey_get_sa(pfkey_msg_slice(&m), &got), IKE_OK);
	check_same(s, &got.spec);
	ck_assert(!got.larval);
	ck_assert_uint_eq(got.keys.encr_len, k->encr_len);
	ck_assert_uint_eq(got.keys.integ_len, k->integ_len);
	ck_assert_mem_eq(got.keys.encr, k->encr, k->encr_len);
	ck_assert_mem_eq(got.keys.integ, k->integ, k->integ_len);
	ck_assert_str_eq(got.label.ctx, label != NULL ? label->ctx : "");
	/* every shorter prefix is an error or lacks only what may be missing */
	for (size_t n = 0; n < m.n; n++) {
		uint8_t *p = malloc(n + 1);
		ike_err err;

		ck_assert_ptr_nonnull(p);
		memcpy(p, m.b, n);
		err = pfkey_get_sa(slice_of(p, n), &got);
		ck_assert(err == IKE_E_SHORT || err == IKE_E_FORMAT);
		free(p);
	}
}

START_TEST(round_trips)
{
	size_t n, done = 0;
	const struct alg *a = alg_of_kind(ALG_ENCR, &n);
	struct sa_spec s = esp_spec();
	struct sa_keys k;

	for (size_t i = 0; i < n; i++) {
		s.encr = (uint16_t)a[i].id;
		s.encr_bits = a[i].key_default;
		k = keys_of((uint16_t)alg_keymat_len(&a[i], 0), 20);
		if (pfkey_sa_obstacle(&s) == NULL) {
			round_trip(&s, &k, NULL);
			done++;
		}
	}
	ck_assert_uint_eq(
	    done, 9); /* DES, 3DES, Blowfish, CAST, AES, AES-CTR, Camellia, Twofish, null */
	a = alg_of_kind(ALG_INTEG, &n);
	for (size_t i = done = 0; i < n; i++) {
		s = esp_spec();
		s.integ = (uint16_t)a[i].id;
		k = keys_of(16, (uint16_t)alg_keymat_len(&a[i], 0));
		if (s.integ != INTEG_NONE && pfkey_sa_obstacle(&s) == NULL) {
			round_trip(&s, &k, NULL);
			s.id.proto = PROTO_AH;
			s.encr = s.encr_bits = ALG_ID_NONE;
			k.encr_len = 0;
			round_trip(&s, &k, NULL);
			done++;
		}
	}
	ck_assert_uint_eq(done, 7); /* MD5, SHA-1, SHA-256 with 96 bits, -384, -512, XCBC, RIPEMD */
}
END_TEST

START_TEST(all_fields)
{
	struct sa_spec s = esp_spec();
	struct sa_keys k = keys_of(16, 20);
	struct sa_label label = { .doi = 1, .alg = 1 };

	s.mode = MODE_TUNNEL;
	s.reqid = 0xffffffff;
	s.replay_window = 32;
	s.flags = SA_NOECN | SA_DECAP_DSCP | SA_NOPMTUDISC;
	s.life =
	    (struct sa_life){ 1, 2, (uint64_t)1 << 62, (uint64_t)1 << 63, 0xfffffffe, 0xffffffff };
	s.encap_sport = 1;
	s.encap_dport = 65535;
	s.encap_oa = ip("203.0.113.7");
	memset(label.ctx, 'x', 63);
	round_trip(&s, &k, &label);
	s.id.dst = ip("2001:db8::2");
	s.src = ip("2001:db8::1");
	s.encap_oa = ip("2001:db8::99");
	strcpy(label.ctx, "u:r:t");
	round_trip(&s, &k, &label);
	s = esp_spec();
	s.id.proto = PROTO_IPCOMP;
	s.encr = s.encr_bits = s.integ = ALG_ID_NONE;
	s.comp = COMP_DEFLATE;
	k = keys_of(0, 0);
	round_trip(&s, &k, NULL);
	/* null authentication: AH names it, ESP leaves it out */
	s = esp_spec();
	s.id.proto = PROTO_AH;
	s.encr = s.encr_bits = ALG_ID_NONE;
	s.integ = INTEG_NONE;
	round_trip(&s, &k, NULL);
}
END_TEST

START_TEST(rounded_off)
{
	struct sa_spec s = esp_spec();
	struct sa_keys k = keys_of(16, 20);
	struct pfkey_msg m;
	struct kern_sa got;

	s.life.hard_packets = (uint64_t)1 << 33;
	s.replay_window = 4096;
	s.sel.src = (struct prefix){ ip("192.0.2.1"), 32 };
	s.integ = INTEG_NONE;
	k.integ_len = 0;
	ck_assert_int_eq(pfkey_put_sa(&m, SADB_UPDATE, &s, &k, NULL), IKE_OK);
	ck_assert_int_eq(pfkey_get_sa(pfkey_msg_slice(&m), &got), IKE_OK);
	ck_assert_uint_eq(got.spec.life.hard_packets, UINT32_MAX);
	ck_assert_uint_eq(got.spec.replay_window, 32);
	ck_assert_uint_eq(got.spec.sel.src.addr.family, 0);
	ck_assert_uint_eq(got.spec.integ, ALG_ID_NONE);
}
END_TEST

static void
obstacle(struct sa_spec s, const char *word)
{
	struct sa_keys k = keys_of(16, 20);
	struct pfkey_msg m;
	const char *why = pfkey_sa_obstacle(&s);

	ck_assert_msg(why != NULL && strstr(why, word) != NULL, "no word of %s in: %s", word,
	    why == NULL ? "nothing" : why);
	ck_assert_uint_lt(strlen(why), sizeof(((struct kern *)NULL)->reason));
	ck_assert_int_eq(pfkey_put_sa(&m, SADB_ADD, &s, &k, NULL), IKE_E_UNSUPPORTED);
}

START_TEST(obstacles)
{
	struct sa_spec s = esp_spec();

	s.integ = INTEG_HMAC_SHA256_128;
	obstacle(s, "kernel_interface xfrm");
	obstacle(s, "96 bits");
	obstacle(s, "hmac_sha256_96");
	s.integ = INTEG_AES_CMAC_96;
	obstacle(s, "no number");
	s.integ = ENCR_AES_CBC;
	obstacle(s, "no such");
	s = esp_spec();
	s.encr = ENCR_CHACHA20_POLY1305;
	obstacle(s, "AEAD");
	s.encr = ENCR_AES_GCM_16;
	obstacle(s, "AEAD");
	s.encr = ENCR_IDEA;
	obstacle(s, "no number");
	s = esp_spec();
	s.flags = SA_ESN;
	obstacle(s, "extended sequence numbers");
	s.flags = SA_WILDRECV;
	obstacle(s, "flag");
	s = esp_spec();
	s.mark = s.mark_mask = 1;
	obstacle(s, "marks");
	s = esp_spec();
	s.if_id = 1;
	obstacle(s, "interface ids");
	s = esp_spec();
	s.id.proto = PROTO_IKE;
	obstacle(s, "protocol");
	s = esp_spec();
	ck_assert_ptr_null(pfkey_sa_obstacle(&s));
}
END_TEST

START_TEST(refusals)
{
	static const struct addr none;
	struct sa_spec s = esp_spec();
	struct sa_keys k = keys_of(15, 20);
	struct pfkey_msg m;
	struct sa_id id = s.id;

	ck_assert_int_eq(pfkey_put_sa(&m, SADB_ADD, &s, &k, NULL), IKE_E_RANGE);
	k = keys_of(16, 19);
	ck_assert_int_eq(pfkey_put_sa(&m, SADB_ADD, &s, &k, NULL), IKE_E_RANGE);
	k = keys_of(16, 0);
	ck_assert_int_eq(pfkey_put_sa(&m, SADB_ADD, &s, &k, NULL), IKE_E_RANGE);
	k = keys_of(32, 20); /* a key length, but not the one that was said */
	ck_assert_int_eq(pfkey_put_sa(&m, SADB_ADD, &s, &k, NULL), IKE_E_RANGE);
	s.encr_bits = 0;
	ck_assert_int_eq(pfkey_put_sa(&m, SADB_ADD, &s, &k, NULL), IKE_OK);
	s.encr = ENCR_NULL;
	ck_assert_int_eq(pfkey_put_sa(&m, SADB_ADD, &s, &k, NULL), IKE_E_RANGE);
	s = esp_spec();
	k = keys_of(16, 20);
	s.src = ip("2001:db8::1");
	ck_assert_int_eq(pfkey_put_sa(&m, SADB_ADD, &s, &k, NULL), IKE_E_RANGE);
	s.src = none;
	ck_assert_int_eq(pfkey_put_sa(&m, SADB_ADD, &s, &k, NULL), IKE_OK);
	s.id.dst = none;
	ck_assert_int_eq(pfkey_put_sa(&m, SADB_ADD, &s, &k, NULL), IKE_E_RANGE);
	s = esp_spec();
	s.comp = COMP_DEFLATE;
	ck_assert_int_eq(pfkey_put_sa(&m, SADB_ADD, &s, &k, NULL), IKE_E_RANGE);
	id.proto = PROTO_NONE;
	ck_assert_int_eq(pfkey_put_sa_id(&m, SADB_GET, &id, NULL), IKE_E_UNSUPPORTED);
	ck_assert_int_eq(
	    pfkey_put_getspi(&m, &(struct pfkey_spi_request){ .id = id }), IKE_E_UNSUPPORTED);
	id.proto = PROTO_ESP;
	id.dst = none;
	ck_assert_int_eq(pfkey_put_sa_id(&m, SADB_GET, &id, NULL), IKE_E_RANGE);
	ck_assert_int_eq(
	    pfkey_put_getspi(&m, &(struct pfkey_spi_request){ .id = id }), IKE_E_RANGE);
}
END_TEST

/* Room for as much as fits and no more. */
START_TEST(full_message)
{
	struct pfkey_msg m;

	pfkey_begin(&m, SADB_ADD, SADB_SATYPE_ESP);
	ck_assert_ptr_nonnull(pfkey_room(&m, 100, PFKEY_BUF_SIZE - 24));
	ck_assert_ptr_nonnull(pfkey_room(&m, 101, 8));
	ck_assert_int_eq(pfkey_finish(&m), IKE_OK);
	ck_assert_uint_eq(m.n, PFKEY_BUF_SIZE);
	ck_assert_ptr_null(pfkey_room(&m, 102, 1));
	ck_assert_ptr_null(pfkey_room(&m, 102, 0));
	ck_assert_int_eq(pfkey_finish(&m), IKE_E_FULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pfkey_sa");
	TCase *t = tcase_create("codec");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, golden_add);
	tcase_add_test(t, golden_others);
	tcase_add_test(t, round_trips);
	tcase_add_test(t, all_fields);
	tcase_add_test(t, rounded_off);
	tcase_add_test(t, obstacles);
	tcase_add_test(t, refusals);
	tcase_add_test(t, full_message);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
