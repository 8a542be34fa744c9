/* SPDX-License-Identifier: BSD-3-Clause */
/* Proposals in IKEv1's encoding. */
#include "fail_alloc.h"
#include "prop/prop_v1.h"
#include "prop_help.h"
#include "wire/const.h"
#include "wire/pld_sa.h"

#include <stdlib.h>
#include <string.h>

static void
expect_text(const struct prop *p, const char *want)
{
	char s[400];
	struct text t = text_in(s, sizeof(s));

	prop_print(p, &t);
	ck_assert_str_eq(s, want);
}

/*
 * The proposal of a real racoon 0.9.1 (tests/vectors/racoon-0.9.1-main-quick.pcap, first message).
 */
static const char racoon_phase1[] =
    "00000001 00000001 00000030 01010001 00000028 01010000 800b0001 000c0004 00015180 "
    "80010007 800e0080 80030001 80020004 8004000f";

START_TEST(phase1_is_what_racoon_sends)
{
	struct arena a = { 0 };
	struct prop_list ours = PROPS(&a, "ike aes:128 sha256 modp3072 pre_shared_key life=86400"),
			 offer, back;
	uint8_t bytes[200];
	struct wr w = { 0 };

	ck_assert_int_eq(prop_v1_offer(&ours, &a, &offer), IKE_OK);
	prop_v1_put(&w, &offer);
	expect_bytes(&w, racoon_phase1);
	ck_assert_int_eq(prop_v1_get(from_hex(racoon_phase1, bytes), &a, &back), IKE_OK);
	ck_assert_uint_eq(back.n, 1);
	ck_assert(prop_equal(&back.v[0], &offer.v[0]));
	ck_assert(back.v[0].number == 1 && back.v[0].transform == 1 && back.v[0].bundle == 1);
	expect_text(
	    &back.v[0], "IKE: aes-128 / prf_hmac_sha256 / modp3072 / pre_shared_key, 86400 s");
	/* the responder answers with the same bytes */
	prop_v1_put_answer(&w, from_hex(racoon_phase1, bytes), &back.v[0]);
	expect_bytes(&w, racoon_phase1);
	arena_free(&a);
}
END_TEST

START_TEST(phase2_is_in_racoons_order)
{
	struct arena a = { 0 };
	struct prop_list
	    ours = PROPS(
		&a, "esp transport aes:256 3des hmac_sha1 hmac_sha256 modp3072 life=3600 kb=4096"),
	    offer, back;
	struct buf bytes = { 0 };
	struct wr w = { 0 };
	size_t i;

	ck_assert_int_eq(prop_v1_offer(&ours, &a, &offer), IKE_OK);
	ck_assert_uint_eq(offer.n, 4);
	prop_list_set_spi(&offer, slice_of("\x01\x02\x03\x04", 4));
	prop_v1_put(&w, &offer);
	ck_assert_int_eq(buf_set(&bytes, buf_slice(&w.buf)), IKE_OK);
	expect_bytes(&w, "00000001 00000001 000000c4 01030404 01020304"
			 "03000030 010c0000 80010001 00020004 00000e10 80010002 00020004 00001000 "
			 "80040002 80060100 80050002 8003000f"
			 "03000030 020c0000 80010001 00020004 00000e10 80010002 00020004 00001000 "
			 "80040002 80060100 80050005 8003000f"
			 "0300002c 03030000 80010001 00020004 00000e10 80010002 00020004 00001000 "
			 "80040002 80050002 8003000f"
			 "0000002c 04030000 80010001 00020004 00000e10 80010002 00020004 00001000 "
			 "80040002 80050005 8003000f");
	ck_assert_int_eq(prop_v1_get(buf_slice(&bytes), &a, &back), IKE_OK);
	ck_assert_uint_eq(back.n, 4);
	for (i = 0; i < 4; i++) {
		ck_assert(prop_equal(&back.v[i], &offer.v[i]));
		ck_assert_uint_eq(prop_spi32(&back.v[i]), 0x01020304);
		ck_assert_uint_eq(back.v[i].transform, i + 1);
	}
	buf_free(&bytes);
	arena_free(&a);
}
END_TEST

START_TEST(modes_and_protocols_round_trip)
{
	static const char *const texts[] = {
		"esp tunnel 3des hmac_md5 n=1",
		"esp tunnel udp 3des hmac_md5 n=2",
		"esp transport udp 3des hmac_md5 n=3",
		"esp aes:192 hmac_sha512 n=4",
		"ah transport hmac_sha1 n=5",
		"ah tunnel hmac_sha512 kb=7 n=6",
		"ipcomp transport deflate n=7",
		"esp tunnel null_enc hmac_sha1 n=8",
		"esp tunnel aes:256 n=9",
		"esp tunnel aes_gcm_16:256 modp2048 n=10",
		"esp tunnel blowfish:448 aes_xcbc n=11",
	};
	struct arena a = { 0 };
	struct prop_list ours = prop_list_of(&a, sizeof(texts) / sizeof(texts[0]), texts), offer,
			 back;
	struct wr w = { 0 };
	size_t i;

	ck_assert_int_eq(prop_v1_offer(&ours, &a, &offer), IKE_OK);
	ck_assert_uint_eq(offer.n, ours.n);
	prop_list_set_spi(&offer, slice_of("\x0a\x0b\x0c\x0d", 4));
	memcpy(offer.v[6].spi, "\x12\x34", 2);
	offer.v[6].spi_len = 2;
	prop_v1_put(&w, &offer);
	ck_assert_int_eq(wr_err(&w), IKE_OK);
	ck_assert_int_eq(prop_v1_get(buf_slice(&w.buf), &a, &back), IKE_OK);
	ck_assert_uint_eq(back.n, ours.n);
	for (i = 0; i < ours.n; i++) {
		ck_assert(prop_equal(&back.v[i], &offer.v[i]));
		ck_assert_uint_eq(back.v[i].number, i + 1);
		ck_assert_uint_eq(back.v[i].transform, 1);
		ck_assert_uint_eq(back.v[i].spi_len, offer.v[i].spi_len);
		ck_assert_mem_eq(back.v[i].spi, offer.v[i].spi, offer.v[i].spi_len);
	}
	wr_free(&w);
	arena_free(&a);
}
END_TEST

/* Names of the members of the offer for |text|, one per line. */
static void
expect_offer(const char *text, const char *want)
{
	static char lines[8000];
	struct arena a = { 0 };
	struct prop_list ours = PROPS(&a, text), offer;
	struct text t = text_in(lines, sizeof(lines));
	size_t i;

	ck_assert_int_eq(prop_v1_offer(&ours, &a, &offer), IKE_OK);
	for (i = 0; i < offer.n; i++) {
		prop_print(&offer.v[i], &t);
		text_char(&t, '\n');
		ck_assert(prop_is_single(&offer.v[i]));
		ck_assert_uint_eq(offer.v[i].transform, i + 1);
	}
	ck_assert_str_eq(lines, want);
	arena_free(&a);
}

START_TEST(offers_are_multiplied_out_in_order)
{
	expect_offer("ike aes:256 3des sha1 md5 modp2048 modp1024 rsasig",
	    "IKE: aes-256 / prf_hmac_sha1 / modp2048 / rsasig\nIKE: aes-256 / prf_hmac_sha1 / "
	    "modp1024 / rsasig\n"
	    "IKE: aes-256 / prf_hmac_md5 / modp2048 / rsasig\nIKE: aes-256 / prf_hmac_md5 / "
	    "modp1024 / rsasig\n"
	    "IKE: 3des / prf_hmac_sha1 / modp2048 / rsasig\nIKE: 3des / prf_hmac_sha1 / modp1024 / "
	    "rsasig\n"
	    "IKE: 3des / prf_hmac_md5 / modp2048 / rsasig\nIKE: 3des / prf_hmac_md5 / modp1024 / "
	    "rsasig\n");
	/* an AEAD goes without integrity, once; a key length that was left out is the default */
	expect_offer("esp aes_gcm_16:128 aes hmac_sha1 hmac_md5",
	    "ESP: aes_gcm_16-128\nESP: aes-128 / hmac_sha1\nESP: aes-128 / hmac_md5\n");
	/* both forms of HMAC-SHA-256 are one on the wire: the first is meant */
	expect_offer(
	    "esp aes:128 hmac_sha256_96 hmac_sha256_128", "ESP: aes-128 / hmac_sha256_96\n");
	/* quick mode has one KE payload: one group; what IKEv1 has no number for is left out */
	expect_offer(
	    "esp aes:128 hmac_sha1 modp2048 modp3072", "ESP: aes-128 / hmac_sha1 / modp2048\n");
	expect_offer("ike aes:128 aes_gcm_16:256 chacha20_poly1305 aes:128 sha1 prf_aes_xcbc "
		     "aes_xcbc modp2048 pre_shared_key",
	    "IKE: aes-128 / prf_hmac_sha1 / modp2048 / pre_shared_key\n");
	/* not to be authenticated is a choice, but not for the null cipher */
	expect_offer("esp null_enc 3des non_auth hmac_sha1",
	    "ESP: null_enc / hmac_sha1\nESP: 3des\nESP: 3des / hmac_sha1\n");
	expect_offer("ipcomp deflate lzs", "IPCOMP: deflate\n");
	expect_offer("ah hmac_sha1 hmac_md5", "AH: hmac_sha1\nAH: hmac_md5\n");
}
END_TEST

START_TEST(offers_that_cannot_be)
{
	static const char *const nothing[] = {
		"ike aes_gcm_16:128 sha256 modp2048 pre_shared_key",
		"ike aes sha1 modp2048",
		"ike aes modp2048 pre_shared_key",
		"ike aes sha1 pre_shared_key",
		"ike sha1 modp2048 pre_shared_key",
		"ike aes sha1 modp2048 dsssig",
		"esp hmac_sha1",
		"ah 3des",
		"ipcomp lzs",
		"esp null_enc",
		"esp null_enc non_auth",
		"esp chacha20_poly1305",
		"esp aes hmac_sha1 esn",
		"ah non_auth",
		"esp aes aes_cmac",
		"ipcomp aes",
	};
	struct arena a = { 0 };
	struct prop_list ours, out;
	struct prop big = prop_of("ike sha1 md5 sha256 sha384 sha512 pre_shared_key modp1024 "
				  "modp1536 modp2048 modp3072 modp4096 modp6144");
	unsigned bits;
	size_t i;

	for (i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		ours = PROPS(&a, nothing[i]);
		ck_assert_msg(
		    prop_v1_offer(&ours, &a, &out) == IKE_E_NO_PROPOSAL, "%s", nothing[i]);
	}
	ck_assert_int_eq(prop_v1_offer(&(struct prop_list){ 0 }, &a, &out), IKE_E_NO_PROPOSAL);
	/* 8 * 5 * 6 = 240 transforms fit, 9 * 30 do not */
	ours = (struct prop_list){ .n = 1, .v = &big };
	for (bits = 40; big.encr.n < 8; bits += 8)
		ck_assert_int_eq(prop_algs_add(&big.encr, ENCR_BLOWFISH, bits), IKE_OK);
	ck_assert_int_eq(prop_v1_offer(&ours, &a, &out), IKE_OK);
	ck_assert_uint_eq(out.n, 240);
	ck_assert_uint_eq(out.v[239].transform, 240);
	ck_assert_int_eq(prop_algs_add(&big.encr, ENCR_3DES, 0), IKE_OK);
	ck_assert_int_eq(prop_v1_offer(&ours, &a, &out), IKE_E_FULL);
	arena_free(&a);
}
END_TEST

START_TEST(every_shorter_prefix_is_refused)
{
	uint8_t bytes[200];
	struct slice whole = from_hex(racoon_phase1, bytes);
	struct arena a = { 0 };
	struct prop_list l = { .n = 7 };
	uint8_t *copy;
	size_t cut;

	for (cut = 0; cut < whole.n; cut++) {
		copy = malloc(cut + 1);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy + 1, whole.p, cut);
		ck_assert_int_ne(prop_v1_get(slice_of(copy + 1, cut), &a, &l), IKE_OK);
		ck_assert_int_ne(prop_v1_get_answer(slice_of(copy + 1, cut), &a, &l), IKE_OK);
		ck_assert_uint_eq(l.n, 7);
		free(copy);
	}
	bytes[3] = 2;
	ck_assert_int_eq(prop_v1_get(whole, &a, &l), IKE_E_UNSUPPORTED);
	bytes[3] = 1;
	bytes[7] = 3;
	ck_assert_int_eq(prop_v1_get(whole, &a, &l), IKE_E_UNSUPPORTED);
	arena_free(&a);
}
END_TEST

START_TEST(answers_repeat_the_offers_bytes)
{
	/*
	 * lifetimes in 8 bytes and in short form, draft numbers of the UDP modes, transforms 9 and
	 * 7 of proposal 5
	 */
	static const char offer[] = "00000001 00000001 02000028 04030401 01020304 0000001c "
				    "01030000 80010001 0002000400000e10 80040001 80050002"
				    "00000050 05030402 0a0b0c0d"
				    "0300002c 090c0000 80010001 00020008 0000000000000e10 80010002 "
				    "8002ffff 8004f003 80060100 80050002"
				    "00000018 07030000 80010001 80020e10 8004f004 80050001";
	uint8_t bytes[300];
	struct slice body = from_hex(offer, bytes);
	struct arena a = { 0 };
	struct prop_list l, back;
	struct wr w = { 0 };

	ck_assert_int_eq(prop_v1_get(body, &a, &l), IKE_OK);
	ck_assert_uint_eq(l.n, 3);
	expect_text(&l.v[1], "ESP UDP-tunnel: aes-256 / hmac_sha1, 3600 s, 65535 kB");
	expect_text(&l.v[2], "ESP UDP-transport: 3des / hmac_md5, 3600 s");
	prop_set_spi32(&l.v[1], 0x11223344);
	prop_v1_put_answer(&w, body, &l.v[1]);
	expect_bytes(&w, "00000001 00000001 00000038 05030401 11223344"
			 "0000002c 090c0000 80010001 00020008 0000000000000e10 80010002 8002ffff "
			 "8004f003 80060100 80050002");
	prop_set_spi32(&l.v[2], 0x11223344);
	prop_v1_put_answer(&w, body, &l.v[2]);
	expect_bytes(&w, "00000001 00000001 00000024 05030401 11223344 00000018 07030000 80010001 "
			 "80020e10 8004f004 80050001");
	l.v[2].transform = 8;
	prop_v1_put_answer(&w, body, &l.v[2]);
	ck_assert_int_eq(wr_err(&w), IKE_E_NOTFOUND);
	wr_free(&w);
	/* what was answered reads as an answer; the offer does not */
	ck_assert_int_eq(prop_v1_get_answer(body, &a, &back), IKE_E_NO_PROPOSAL);
	arena_free(&a);
}
END_TEST

START_TEST(answers_hold_one_transform)
{
	uint8_t bytes[400];
	struct arena a = { 0 };
	struct prop_list l;

	ck_assert_int_eq(prop_v1_get_answer(from_hex(racoon_phase1, bytes), &a, &l), IKE_OK);
	ck_assert_uint_eq(l.n, 1);
	/* two transforms; two proposals of different numbers; a bundle; an unknown cipher */
	ck_assert_int_eq(
	    prop_v1_get_answer(
		from_hex("00000001 00000001 00000024 01030402 01020304 0300000c 01030000 80050002"
			 "0000000c 02030000 80050001",
		    bytes),
		&a, &l),
	    IKE_E_NO_PROPOSAL);
	ck_assert_int_eq(
	    prop_v1_get_answer(
		from_hex("00000001 00000001 02000018 01030401 01020304 0000000c 01030000 80050002"
			 "00000018 02030401 01020304 0000000c 01030000 80050002",
		    bytes),
		&a, &l),
	    IKE_E_NO_PROPOSAL);
	ck_assert_int_eq(
	    prop_v1_get_answer(
		from_hex("00000001 00000001 02000018 01030401 01020304 0000000c 01030000 80050002"
			 "00000018 01020401 01020304 0000000c 01030000 80050002",
		    bytes),
		&a, &l),
	    IKE_OK);
	ck_assert(l.n == 2 && l.v[0].bundle == 2 && l.v[1].bundle == 2);
	ck_assert_int_eq(
	    prop_v1_get_answer(
		from_hex("00000001 00000001 00000018 01030401 01020304 0000000c 01ff0000 80050002",
		    bytes),
		&a, &l),
	    IKE_E_NO_PROPOSAL);
	arena_free(&a);
}
END_TEST

START_TEST(bundles_are_marked)
{
	/* 1: ESP and AH together; 2: ESP alone; 3: ESP with something unknown */
	static const char sa[] =
	    "00000001 00000001 02000018 01030401 01020304 0000000c 01030000 80050002"
	    "02000018 01020401 01020304 0000000c 01030000 80050002 02000018 02030401 01020304 "
	    "0000000c 01030000 80050002"
	    "02000018 03030401 01020304 0000000c 01030000 80050002 00000018 03630401 01020304 "
	    "0000000c 01030000 80050002";
	struct arena a = { 0 };
	struct prop_list l, ours;
	uint8_t bytes[300];

	ck_assert_int_eq(prop_v1_get(from_hex(sa, bytes), &a, &l), IKE_OK);
	ck_assert_uint_eq(l.n, 4);
	ck_assert(l.v[0].bundle == 2 && l.v[0].number == 1 && l.v[0].proto == PROTO_ESP);
	ck_assert(l.v[1].bundle == 2 && l.v[1].number == 1 && l.v[1].proto == PROTO_AH);
	ck_assert(l.v[2].bundle == 1 && l.v[2].number == 2);
	ck_assert(l.v[3].bundle == 2 && l.v[3].number == 3);
	ours = PROPS(&a, "esp aes hmac_sha1 n=1", "ah hmac_sha1 n=1", "esp aes hmac_sha1 n=2");
	ck_assert_int_eq(prop_v1_offer(&ours, &a, &l), IKE_OK);
	ck_assert(l.v[0].bundle == 2 && l.v[1].bundle == 2 && l.v[2].bundle == 1);
	arena_free(&a);
}
END_TEST

START_TEST(spis)
{
	static const struct {
		const char *sa;
		unsigned n;
	} cases[] = {
		/* ESP: reserved values, lengths 0, 2, 8 */
		{ "00000001 00000001 00000018 01030401 00000000 0000000c 01030000 80050002", 0 },
		{ "00000001 00000001 00000018 01030401 000000ff 0000000c 01030000 80050002", 0 },
		{ "00000001 00000001 00000018 01030401 00000100 0000000c 01030000 80050002", 1 },
		{ "00000001 00000001 00000014 01030001 0000000c 01030000 80050002", 0 },
		{ "00000001 00000001 00000016 01030201 0102 0000000c 01030000 80050002", 0 },
		{ "00000001 00000001 0000001c 01030801 0102030401020304 0000000c 01030000 80050002",
		    0 },
		/* IPComp: two bytes, or four of which two count */
		{ "00000001 00000001 00000016 01040201 0102 0000000c 01020000 80040002", 1 },
		{ "00000001 00000001 00000018 01040401 00000102 0000000c 01020000 80040002", 1 },
		{ "00000001 00000001 00000018 01040401 01000102 0000000c 01020000 80040002", 0 },
		{ "00000001 00000001 00000014 01040001 0000000c 01020000 80040002", 0 },
		/* phase 1: whatever is there is not looked at */
		{ "00000001 00000001 00000030 01010801 0102030405060708 00000020 01010000 80010007 "
		  "800e0080 80030001 80020004 8004000f 800b0001",
		    0 },
		{ "00000001 00000001 0000002c 01010801 0102030405060708 0000001c 01010000 80010007 "
		  "800e0080 80030001 80020004 8004000f",
		    1 },
	};
	struct arena a = { 0 };
	struct prop_list l;
	uint8_t bytes[200];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(prop_v1_get(from_hex(cases[i].sa, bytes), &a, &l), IKE_OK);
		ck_assert_msg(l.n == cases[i].n, "case %zu", i);
		if (l.n > 0 && l.v[0].proto == PROTO_IPCOMP)
			ck_assert(l.v[0].spi_len == 2 && l.v[0].spi[0] == 1 && l.v[0].spi[1] == 2);
		if (l.n > 0 && l.v[0].proto == PROTO_IKE)
			ck_assert_uint_eq(l.v[0].spi_len, 0);
	}
	arena_free(&a);
}
END_TEST

START_TEST(a_transform_number_counts_once)
{
	struct arena a = { 0 };
	struct prop_list l;
	uint8_t bytes[200];

	ck_assert_int_eq(
	    prop_v1_get(
		from_hex("00000001 00000001 00000030 01030403 01020304 0300000c 05030000 80050002"
			 "0300000c 05030000 80050001 0000000c 04030000 80050001",
		    bytes),
		&a, &l),
	    IKE_OK);
	ck_assert_uint_eq(l.n, 2);
	ck_assert(prop_first(&l.v[0].integ) == INTEG_HMAC_SHA1_96 && l.v[1].transform == 4);
	arena_free(&a);
}
END_TEST

/* |props| proposals with 255 transforms each, all usable: a payload of up to 60 KiB. */
static struct buf
big_sa(size_t props)
{
	struct v1_proposal *p = calloc(props, sizeof(*p));
	struct v1_transform *t = calloc(255, sizeof(*t));
	struct v1_sa sa = { .doi = V1_DOI_IPSEC,
		.situation = V1_SIT_IDENTITY_ONLY,
		.nproposal = props,
		.proposal = p };
	struct wr w = { 0 };
	struct buf out = { 0 };
	size_t i;

	ck_assert(p != NULL && t != NULL);
	for (i = 0; i < 255; i++)
		t[i] = (struct v1_transform){ .number = (uint8_t)i, .id = V1_ESP_3DES };
	for (i = 0; i < props; i++) {
		p[i] = (struct v1_proposal){
			.number = (uint8_t)i,
			.proto = V1_PROTO_ESP,
			.spi = slice_of("\x01\x02\x03\x04", 4),
			.ntransform = 255,
			.transform = t,
		};
	}
	put_v1_sa(&w, &sa);
	ck_assert_int_eq(wr_take(&w, &out), IKE_OK);
	free(p);
	free(t);
	return out;
}

/*
 * T-sa-big: the result is capped, memory is bounded, and the number of allocations does not grow
 * with the payload's content.
 */
START_TEST(big_payloads)
{
	struct arena a = { .limit = PROP_MAX_LIST * sizeof(struct prop) + 64 };
	struct prop_list l;
	struct buf b;
	long small;
	int i;

	b = big_sa(2);
	fail_alloc_at(0);
	ck_assert_int_eq(prop_v1_get(buf_slice(&b), &a, &l), IKE_OK);
	small = fail_alloc_count();
	ck_assert_uint_eq(l.n, PROP_MAX_LIST);
	buf_free(&b);
	arena_free(&a);
	b = big_sa(29);
	ck_assert_uint_gt(b.n, 59000);
	for (i = 0; i < 20; i++) {
		a = (struct arena){ .limit = PROP_MAX_LIST * sizeof(struct prop) + 64 };
		fail_alloc_at(0);
		ck_assert_int_eq(prop_v1_get(buf_slice(&b), &a, &l), IKE_OK);
		ck_assert_uint_eq(l.n, PROP_MAX_LIST);
		ck_assert_int_le(fail_alloc_count(), 20 * (small + 4));
		arena_free(&a);
	}
	buf_free(&b);
}
END_TEST

START_TEST(failing_allocations)
{
	struct arena keep = { 0 };
	struct prop_list ours = PROPS(&keep,
	    "esp tunnel aes:256 3des aes_gcm_16:128 hmac_sha1 hmac_md5 modp2048 life=3600",
	    "ah tunnel hmac_sha1 n=2");
	struct prop_list offer, got, answer;
	struct wr full = { 0 };
	struct slice body;

	ck_assert_int_eq(prop_v1_offer(&ours, &keep, &offer), IKE_OK);
	prop_list_set_spi(&offer, slice_of("\x01\x02\x03\x04", 4));
	prop_v1_put(&full, &offer);
	ck_assert_int_eq(wr_err(&full), IKE_OK);
	body = buf_slice(&full.buf);
	ck_assert_int_eq(prop_v1_get(body, &keep, &got), IKE_OK);
	FAIL_EACH_ALLOC({
		struct arena a = { 0 };
		struct prop_list l;
		struct wr w = { 0 };
		ike_err err = prop_v1_offer(&ours, &a, &l);

		if (err == IKE_OK) {
			prop_v1_put(&w, &offer);
			err = wr_err(&w);
		}
		ck_assert_int_eq(err, fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		wr_free(&w);
		arena_free(&a);
	});
	FAIL_EACH_ALLOC({
		struct arena a = { 0 };
		struct wr w = { 0 };
		ike_err err = prop_v1_get(body, &a, &answer);

		if (err == IKE_OK) {
			prop_v1_put_answer(&w, body, &got.v[1]);
			err = wr_err(&w);
		}
		if (err == IKE_OK)
			err = prop_v1_get_answer(buf_slice(&w.buf), &a, &answer);
		ck_assert_int_eq(err, fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		wr_free(&w);
		arena_free(&a);
	});
	wr_free(&full);
	arena_free(&keep);
}
END_TEST

START_TEST(what_cannot_be_written)
{
	struct arena a = { 0 };
	struct prop_list l = PROPS(&a, "ike aes_gcm_16:128 sha256 modp2048 pre_shared_key t=1",
	    "esp chacha20_poly1305 t=1", "ah aes_cmac t=1", "ipcomp aes t=1",
	    "ike aes:128 sha256 pre_shared_key t=1");
	struct prop_list one = { .n = 1 };
	struct wr w = { 0 };
	size_t i;

	for (i = 0; i < l.n; i++) {
		one.v = &l.v[i];
		prop_v1_put(&w, &one);
		ck_assert_int_eq(wr_err(&w), IKE_E_RANGE);
		wr_free(&w);
		wr_init(&w, 0);
	}
	one.n = 0;
	prop_v1_put(&w, &one);
	ck_assert_int_eq(wr_err(&w), IKE_E_RANGE);
	wr_free(&w);
	arena_free(&a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("prop_v1");
	TCase *t = tcase_create("prop_v1");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, phase1_is_what_racoon_sends);
	tcase_add_test(t, phase2_is_in_racoons_order);
	tcase_add_test(t, modes_and_protocols_round_trip);
	tcase_add_test(t, offers_are_multiplied_out_in_order);
	tcase_add_test(t, offers_that_cannot_be);
	tcase_add_test(t, every_shorter_prefix_is_refused);
	tcase_add_test(t, answers_repeat_the_offers_bytes);
	tcase_add_test(t, answers_hold_one_transform);
	tcase_add_test(t, bundles_are_marked);
	tcase_add_test(t, spis);
	tcase_add_test(t, a_transform_number_counts_once);
	tcase_add_test(t, big_payloads);
	tcase_add_test(t, failing_allocations);
	tcase_add_test(t, what_cannot_be_written);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
