/* SPDX-License-Identifier: BSD-3-Clause */
/* Proposals in IKEv2's encoding. */
#include "fail_alloc.h"
#include "prop/prop_v2.h"
#include "prop_help.h"
#include "wire/const.h"
#include "wire/pld_sa.h"

#include <stdlib.h>
#include <string.h>

START_TEST(ike_proposal)
{
	struct arena a = { 0 };
	struct prop_list ours = PROPS(&a,
			     "ike aes:256 3des prf_hmac_sha256 hmac_sha256_128 x25519 modp2048"),
			 offer, back;
	struct buf bytes = { 0 };
	struct wr w = { 0 };

	ck_assert_int_eq(prop_v2_offer(&ours, 0, &a, &offer), IKE_OK);
	ck_assert_uint_eq(offer.n, 1);
	prop_v2_put(&w, &offer);
	ck_assert_int_eq(buf_set(&bytes, buf_slice(&w.buf)), IKE_OK);
	expect_bytes(&w, "0000003c 01010006 0300000c 0100000c 800e0100 03000008 01000003 03000008 "
			 "02000005 03000008 0300000c"
			 "03000008 0400001f 00000008 0400000e");
	ck_assert_int_eq(prop_v2_get(buf_slice(&bytes), &a, &back), IKE_OK);
	ck_assert(back.n == 1 && prop_equal(&back.v[0], &offer.v[0]) && back.v[0].number == 1 &&
		  back.v[0].spi_len == 0);
	buf_free(&bytes);
	arena_free(&a);
}
END_TEST

START_TEST(child_proposals)
{
	struct arena a = { 0 };
	struct prop_list ours = PROPS(&a, "esp aes_gcm_16:128 modp3072 esn noesn",
			     "esp aes:128 hmac_sha1", "ah hmac_sha256_128"),
			 offer, back;
	struct buf bytes = { 0 };
	struct wr w = { 0 };
	size_t i;

	ck_assert_int_eq(prop_v2_offer(&ours, 0, &a, &offer), IKE_OK);
	ck_assert_uint_eq(offer.n, 3);
	prop_list_set_spi(&offer, slice_of("\x11\x22\x33\x44", 4));
	prop_v2_put(&w, &offer);
	ck_assert_int_eq(buf_set(&bytes, buf_slice(&w.buf)), IKE_OK);
	expect_bytes(&w, "02000030 01030404 11223344 0300000c 01000014 800e0080 03000008 0400000f "
			 "03000008 05000001 00000008 05000000"
			 "02000028 02030403 11223344 0300000c 0100000c 800e0080 03000008 03000002 "
			 "00000008 05000000"
			 "0000001c 03020402 11223344 03000008 0300000c 00000008 05000000");
	ck_assert_int_eq(prop_v2_get(buf_slice(&bytes), &a, &back), IKE_OK);
	ck_assert_uint_eq(back.n, 3);
	for (i = 0; i < 3; i++) {
		ck_assert(prop_equal(&back.v[i], &offer.v[i]) && back.v[i].number == i + 1);
		ck_assert_uint_eq(prop_spi32(&back.v[i]), 0x11223344);
	}
	/* in IKE_AUTH without a key exchange method */
	ck_assert_int_eq(prop_v2_offer(&ours, PROP_V2_NO_KE, &a, &offer), IKE_OK);
	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(offer.v[i].ke.n, 0);
	buf_free(&bytes);
	arena_free(&a);
}
END_TEST

static void
expect_offer(const char *text, const char *want)
{
	static char lines[4000];
	struct arena a = { 0 };
	struct prop_list ours = PROPS(&a, text), offer;
	struct text t = text_in(lines, sizeof(lines));
	size_t i;

	ck_assert_msg(prop_v2_offer(&ours, 0, &a, &offer) == IKE_OK, "%s", text);
	for (i = 0; i < offer.n; i++) {
		prop_print(&offer.v[i], &t);
		text_char(&t, '\n');
		ck_assert_uint_eq(offer.v[i].number, i + 1);
	}
	ck_assert_str_eq(lines, want);
	arena_free(&a);
}

START_TEST(offers_are_shaped)
{
	/* AEADs and others apart, the first of the list first */
	expect_offer("esp aes:256 aes_gcm_16:256 aes:128 hmac_sha1",
	    "ESP: aes-256 aes-128 / hmac_sha1\nESP: aes_gcm_16-256\n");
	expect_offer("esp chacha20_poly1305 aes:256 hmac_sha1",
	    "ESP: chacha20_poly1305\nESP: aes-256 / hmac_sha1\n");
	expect_offer("ike aes aes_gcm_16 prf_hmac_sha256 hmac_sha1 modp2048 pre_shared_key",
	    "IKE: aes-128 / hmac_sha1 / prf_hmac_sha256 / modp2048\nIKE: aes_gcm_16-128 / "
	    "prf_hmac_sha256 / modp2048\n");
	/*
	 * both forms of HMAC-SHA-256 are one on the wire; numbers IKEv2 does not have are left out
	 */
	expect_offer("esp aes hmac_sha256_96 hmac_sha256_128 hmac_ripemd160",
	    "ESP: aes-128 / hmac_sha256_96\n");
	/* a cipher alone is allowed for ESP, if it is one */
	expect_offer("esp aes non_auth", "ESP: aes-128 / non_auth\n");
	expect_offer("ah hmac_sha1 non_auth", "AH: hmac_sha1\n");
}
END_TEST

START_TEST(offers_that_cannot_be)
{
	static const char *const nothing[] = {
		"ike aes sha1 modp2048",
		"ike aes hmac_sha1 modp2048",
		"ike aes sha1 hmac_sha1",
		"ike hmac_sha1 sha1 modp2048",
		"ike aes sha1 non_auth modp2048",
		"ike aes_gcm_16 modp2048",
		"esp hmac_sha1",
		"ah aes",
		"ah non_auth",
		"esp null_enc",
		"esp null_enc non_auth",
		"ipcomp deflate",
		"esp aes hmac_ripemd160",
		"esp twofish hmac_sha1",
		"esp des_iv64 hmac_sha1",
	};
	struct prop one = prop_of("esp aes hmac_sha1"), many[2 * SA_MAX_PROPOSALS];
	struct prop_list l = { .n = 1, .v = &one }, out;
	struct arena a = { 0 };
	size_t i;

	for (i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		one = prop_of(nothing[i]);
		ck_assert_msg(
		    prop_v2_offer(&l, 0, &a, &out) == IKE_E_NO_PROPOSAL, "%s", nothing[i]);
	}
	l.n = 0;
	ck_assert_int_eq(prop_v2_offer(&l, 0, &a, &out), IKE_E_NO_PROPOSAL);
	/* equal ones are sent once; 256 different ones do not fit */
	l = (struct prop_list){ .n = 300, .v = many };
	for (i = 0; i < 300; i++)
		many[i] = prop_of("esp aes hmac_sha1");
	ck_assert_int_eq(prop_v2_offer(&l, 0, &a, &out), IKE_OK);
	ck_assert_uint_eq(out.n, 1);
	for (i = 0; i < 300; i++)
		many[i].life_sec = (uint32_t)i;
	ck_assert_int_eq(prop_v2_offer(&l, 0, &a, &out), IKE_E_FULL);
	l.n = 255;
	ck_assert_int_eq(prop_v2_offer(&l, 0, &a, &out), IKE_OK);
	arena_free(&a);
}
END_TEST

#define SPI4 "\x01\x02\x03\x04"

/* A payload of one proposal: |n| transforms of type, id and key length (0: none). */
static struct buf
proposal(uint8_t proto, struct slice spi, const uint32_t (*t)[3], size_t n)
{
	struct v2_transform *v = calloc(n, sizeof(*v));
	struct v2_proposal p = {
		.number = 1, .proto = proto, .spi = spi, .ntransform = n, .transform = v
	};
	struct v2_sa sa = { .nproposal = 1, .proposal = &p };
	struct arena a = { 0 };
	struct buf out = { 0 };
	struct wr w = { 0 };
	size_t i;

	ck_assert_ptr_nonnull(v);
	for (i = 0; i < n; i++) {
		v[i] = (struct v2_transform){ .type = (uint8_t)t[i][0], .id = (uint16_t)t[i][1] };
		if (t[i][2] == 0)
			continue;
		v[i].attr = arena_alloc(&a, sizeof(*v[i].attr));
		v[i].nattr = 1;
		ck_assert_int_eq(
		    attr_of_number(&a, V2_ATTR_KEY_LENGTH, t[i][2], v[i].attr), IKE_OK);
	}
	put_v2_sa(&w, &sa);
	ck_assert_int_eq(wr_take(&w, &out), IKE_OK);
	free(v);
	arena_free(&a);
	return out;
}

static bool
usable(uint8_t proto, struct slice spi, const uint32_t (*t)[3], size_t n, struct prop *out)
{
	struct buf b = proposal(proto, spi, t, n);
	struct arena a = { 0 };
	struct prop_list l;
	struct prop answer;
	bool yes;

	ck_assert_int_eq(prop_v2_get(buf_slice(&b), &a, &l), IKE_OK);
	yes = l.n == 1;
	if (yes)
		*out = l.v[0];
	else
		ck_assert_int_eq(prop_v2_get_answer(buf_slice(&b), &answer), IKE_E_NO_PROPOSAL);
	buf_free(&b);
	arena_free(&a);
	return yes;
}

/* T-algo: every id of every type, one at a time, in an otherwise good proposal. */
START_TEST(every_id)
{
	static const struct {
		uint32_t type;
		enum alg_kind kind;
	} types[] = { { V2_T_ENCR, ALG_ENCR }, { V2_T_PRF, ALG_PRF }, { V2_T_INTEG, ALG_INTEG },
		{ V2_T_KE, ALG_KE } };
	uint32_t good[4][3] = { { V2_T_ENCR, 3, 0 }, { V2_T_PRF, 2, 0 }, { V2_T_INTEG, 2, 0 },
		{ V2_T_KE, 14, 0 } };
	uint32_t t[4][3], v;
	struct prop p;
	size_t k;

	for (v = 0; v <= 0xffff; v += v < 300 || v > 65500 ? 1 : 41) {
		for (k = 0; k < 4; k++) {
			const struct alg *row = alg_find_v2(types[k].kind, v);
			bool ok = row != NULL && !(row->flags & ALG_UNUSABLE);

			memcpy(t, good, sizeof(t));
			t[k][1] = v;
			if (ok && row->flags & ALG_VARKEY) {
				ck_assert(!usable(V2_PROTO_IKE, slice_of(NULL, 0), t, 4, &p));
				t[k][2] = row->key_max;
			}
			ck_assert_int_eq(usable(V2_PROTO_IKE, slice_of(NULL, 0), t, 4, &p), ok);
			if (!ok)
				continue;
			ck_assert_int_eq(k == 0   ? p.encr.v[0].id
					 : k == 1 ? p.prf.v[0].id
					 : k == 2 ? p.integ.v[0].id
						  : p.ke.v[0].id,
			    row->id);
			/* a key length where none belongs */
			if (!(row->flags & ALG_VARKEY)) {
				t[k][2] = 128;
				ck_assert(!usable(V2_PROTO_IKE, slice_of(NULL, 0), t, 4, &p));
			}
		}
	}
}
END_TEST

START_TEST(key_lengths)
{
	uint32_t t[2][3] = { { V2_T_ENCR, V2_ENCR_AES_CBC, 0 }, { V2_T_ESN, 0, 0 } }, v;
	struct prop p;

	for (v = 0; v <= 0xffff; v += v < 1000 ? 1 : 253) {
		t[0][2] = v;
		ck_assert_int_eq(usable(V2_PROTO_ESP, slice_of(SPI4, 4), t, 2, &p),
		    v == 128 || v == 192 || v == 256);
	}
	for (v = 0; v <= 0xffff; v++) {
		t[0][2] = 128;
		t[1][1] = v;
		ck_assert_int_eq(usable(V2_PROTO_ESP, slice_of(SPI4, 4), t, 2, &p), v <= 1);
		if (v <= 1)
			ck_assert_int_eq(p.esn, v == 1 ? ESN_YES : ESN_NO);
		v += v < 300 ? 0 : 100;
	}
}
END_TEST

/* RFC 7296 section 3.3.6 */
START_TEST(what_we_do_not_know)
{
	uint32_t t[6][3] = {
		{ V2_T_ENCR, V2_ENCR_AES_CBC, 128 },
		{ V2_T_INTEG, 2, 0 },
		{ V2_T_ESN, 0, 0 },
		{ V2_T_ENCR, 1024, 0 },
		{ V2_T_INTEG, 1024, 0 },
		{ V2_T_KE, 1024, 0 },
	};
	uint32_t type;
	struct prop p;

	/*
	 * transforms beside others of their type are ignored, a type of which nothing is left is
	 * not
	 */
	ck_assert(usable(V2_PROTO_ESP, slice_of(SPI4, 4), t, 3, &p));
	ck_assert(
	    usable(V2_PROTO_ESP, slice_of(SPI4, 4), t, 5, &p) && p.encr.n == 1 && p.integ.n == 1);
	ck_assert(!usable(V2_PROTO_ESP, slice_of(SPI4, 4), t, 6, &p));
	t[1][1] = 1024;
	ck_assert(!usable(V2_PROTO_ESP, slice_of(SPI4, 4), t, 3, &p));
	t[1][1] = 2;
	/* a type that does not belong there */
	for (type = 0; type < 256; type++) {
		t[3][0] = type;
		t[3][1] = 2;
		ck_assert_int_eq(usable(V2_PROTO_ESP, slice_of(SPI4, 4), t, 4, &p),
		    type == V2_T_ENCR || type == V2_T_INTEG || type == V2_T_KE || type == V2_T_ESN);
	}
	/* a mandatory type missing: the cipher, ESN */
	ck_assert(!usable(V2_PROTO_ESP, slice_of(SPI4, 4), t + 1, 2, &p));
	ck_assert(!usable(V2_PROTO_ESP, slice_of(SPI4, 4), t, 2, &p));
	ck_assert(usable(V2_PROTO_AH, slice_of(SPI4, 4), t + 1, 2, &p));
	ck_assert(!usable(V2_PROTO_AH, slice_of(SPI4, 4), t + 1, 1, &p));
	ck_assert(!usable(V2_PROTO_AH, slice_of(SPI4, 4), t, 3, &p));
}
END_TEST

START_TEST(protocols_and_spis)
{
	static const uint32_t child[3][3] = { { V2_T_ENCR, 3, 0 }, { V2_T_INTEG, 2, 0 },
		{ V2_T_ESN, 0, 0 } };
	static const uint32_t ike[4][3] = { { V2_T_ENCR, 3, 0 }, { V2_T_PRF, 2, 0 },
		{ V2_T_INTEG, 2, 0 }, { V2_T_KE, 14, 0 } };
	static const uint8_t spi[255] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct prop p;
	unsigned v;

	for (v = 0; v < 255; v++) {
		ck_assert_int_eq(usable(V2_PROTO_ESP, slice_of(spi, v), child, 3, &p), v == 4);
		ck_assert_int_eq(
		    usable(V2_PROTO_IKE, slice_of(spi, v), ike, 4, &p), v == 0 || v == 8);
		ck_assert_int_eq(
		    usable((uint8_t)v, slice_of(spi, 4), child, 3, &p), v == V2_PROTO_ESP);
	}
	ck_assert(usable(V2_PROTO_IKE, slice_of(spi, 8), ike, 4, &p) && p.spi_len == 8 &&
		  memcmp(p.spi, spi, 8) == 0);
	ck_assert(!usable(V2_PROTO_ESP, slice_of("\0\0\0\xff", 4), child, 3, &p));
	ck_assert(usable(V2_PROTO_ESP, slice_of("\0\0\1\0", 4), child, 3, &p));
	ck_assert(!usable(V2_PROTO_IKE, slice_of(NULL, 0), ike, 3, &p));
	ck_assert(!usable(V2_PROTO_IKE, slice_of(NULL, 0), ike + 1, 3, &p));
}
END_TEST

START_TEST(answers_are_single)
{
	static const uint32_t two[5][3] = { { V2_T_ENCR, 3, 0 }, { V2_T_PRF, 2, 0 },
		{ V2_T_INTEG, 2, 0 }, { V2_T_KE, 14, 0 }, { V2_T_KE, 15, 0 } };
	static const uint32_t again[5][3] = { { V2_T_ENCR, 3, 0 }, { V2_T_PRF, 2, 0 },
		{ V2_T_INTEG, 2, 0 }, { V2_T_KE, 14, 0 }, { V2_T_KE, 14, 0 } };
	static const uint32_t unknown[5][3] = { { V2_T_ENCR, 3, 0 }, { V2_T_PRF, 2, 0 },
		{ V2_T_INTEG, 2, 0 }, { V2_T_KE, 14, 0 }, { V2_T_KE, 999, 0 } };
	struct arena a = { 0 };
	struct prop_list l = PROPS(
	    &a, "esp aes:128 hmac_sha1 n=1 spi=01020304", "esp 3des hmac_sha1 n=2 spi=01020304");
	struct prop p = { .number = 77 };
	struct buf b = proposal(V2_PROTO_IKE, slice_of(NULL, 0), two, 4);
	struct wr w = { 0 };

	ck_assert_int_eq(prop_v2_get_answer(buf_slice(&b), &p), IKE_OK);
	ck_assert(prop_is_single(&p) && p.number == 1);
	buf_free(&b);
	p.number = 77;
	b = proposal(V2_PROTO_IKE, slice_of(NULL, 0), two, 5);
	ck_assert_int_eq(prop_v2_get_answer(buf_slice(&b), &p), IKE_E_NO_PROPOSAL);
	buf_free(&b);
	b = proposal(V2_PROTO_IKE, slice_of(NULL, 0), again, 5);
	ck_assert_int_eq(prop_v2_get_answer(buf_slice(&b), &p), IKE_E_NO_PROPOSAL);
	buf_free(&b);
	b = proposal(V2_PROTO_IKE, slice_of(NULL, 0), unknown, 5);
	ck_assert_int_eq(prop_v2_get_answer(buf_slice(&b), &p), IKE_E_NO_PROPOSAL);
	buf_free(&b);
	prop_v2_put(&w, &l);
	ck_assert_int_eq(prop_v2_get_answer(buf_slice(&w.buf), &p), IKE_E_NO_PROPOSAL);
	ck_assert_uint_eq(p.number, 77);
	wr_free(&w);
	wr_init(&w, 0);
	prop_v2_put_one(&w, &l.v[1]);
	ck_assert_int_eq(prop_v2_get_answer(buf_slice(&w.buf), &p), IKE_OK);
	ck_assert_uint_eq(p.number, 2);
	wr_free(&w);
	arena_free(&a);
}
END_TEST

START_TEST(every_shorter_prefix_is_refused)
{
	struct arena a = { 0 };
	struct prop_list l = PROPS(&a, "esp aes:128 hmac_sha1 n=1 spi=01020304",
			     "esp 3des hmac_sha1 modp2048 n=2 spi=01020304"),
			 out;
	struct wr w = { 0 };
	struct prop p;
	uint8_t *copy;
	size_t cut;

	prop_v2_put(&w, &l);
	ck_assert_int_eq(wr_err(&w), IKE_OK);
	for (cut = 0; cut < w.buf.n; cut++) {
		copy = malloc(cut + 1);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy + 1, w.buf.p, cut);
		ck_assert_int_ne(prop_v2_get(slice_of(copy + 1, cut), &a, &out), IKE_OK);
		ck_assert_int_ne(prop_v2_get_answer(slice_of(copy + 1, cut), &p), IKE_OK);
		free(copy);
	}
	wr_free(&w);
	arena_free(&a);
}
END_TEST

/* T-sa-big: 255 transforms in each of as many proposals as 60 KiB hold. */
START_TEST(big_payloads)
{
	enum { PER = 255, PROPS_N = 29 };
	struct v2_transform *t = calloc(PER, sizeof(*t));
	struct v2_proposal *p = calloc(PROPS_N, sizeof(*p));
	struct v2_sa sa = { .nproposal = PROPS_N, .proposal = p };
	struct arena a = { .limit = PROPS_N * sizeof(struct prop) + 64 };
	struct prop_list l;
	struct wr w = { 0 };
	size_t i;
	long n;

	ck_assert(t != NULL && p != NULL);
	for (i = 0; i < PER; i++)
		t[i] = (struct v2_transform){ .type = i == 0 ? V2_T_ESN : V2_T_ENCR,
			.id = (uint16_t)(i < 100 ? 3 : i) };
	t[0].id = 0;
	for (i = 0; i < PROPS_N; i++)
		p[i] = (struct v2_proposal){ .number = (uint8_t)(i + 1),
			.proto = V2_PROTO_ESP,
			.spi = slice_of(SPI4, 4),
			.ntransform = PER,
			.transform = t };
	put_v2_sa(&w, &sa);
	ck_assert_int_eq(wr_err(&w), IKE_OK);
	ck_assert_uint_gt(w.buf.n, 59000);
	fail_alloc_at(0);
	ck_assert_int_eq(prop_v2_get(buf_slice(&w.buf), &a, &l), IKE_OK);
	n = fail_alloc_count();
	ck_assert_int_lt(n, 600);
	ck_assert_uint_eq(l.n, PROPS_N);
	ck_assert_uint_eq(l.v[0].encr.n, 1);
	free(t);
	free(p);
	wr_free(&w);
	arena_free(&a);
}
END_TEST

/* More algorithms of a kind than a list holds: the first ones count. */
START_TEST(long_lists)
{
	uint32_t t[60][3] = { { V2_T_ESN, 0, 0 } };
	struct prop p;
	size_t n;

	for (n = 1; n < 60; n++) {
		t[n][0] = V2_T_ENCR;
		t[n][1] = V2_ENCR_BLOWFISH;
		t[n][2] = (uint32_t)(40 + 8 * (n % 50));
	}
	ck_assert(usable(V2_PROTO_ESP, slice_of(SPI4, 4), t, 60, &p));
	ck_assert_uint_eq(p.encr.n, PROP_MAX_ALGS);
	ck_assert_uint_eq(p.encr.v[0].bits, 48);
	ck_assert_uint_eq(p.encr.v[PROP_MAX_ALGS - 1].bits, 40 + 8 * PROP_MAX_ALGS);
}
END_TEST

START_TEST(failing_allocations)
{
	struct arena keep = { 0 };
	struct prop_list ours = PROPS(&keep,
			     "esp aes:256 3des aes_gcm_16:128 hmac_sha1 hmac_md5 modp2048",
			     "ah hmac_sha1"),
			 offer;
	struct wr full = { 0 }, one = { 0 };

	ck_assert_int_eq(prop_v2_offer(&ours, 0, &keep, &offer), IKE_OK);
	prop_list_set_spi(&offer, slice_of(SPI4, 4));
	prop_v2_put(&full, &offer);
	offer.v[0].encr.n = offer.v[0].integ.n = 1;
	prop_v2_put_one(&one, &offer.v[0]);
	ck_assert(wr_err(&full) == IKE_OK && wr_err(&one) == IKE_OK);
	FAIL_EACH_ALLOC({
		struct arena a = { 0 };
		struct prop_list l;
		struct prop p;
		struct wr w = { 0 };
		ike_err err = prop_v2_offer(&ours, 0, &a, &l);

		if (err == IKE_OK) {
			prop_v2_put(&w, &offer);
			err = wr_err(&w);
		}
		if (err == IKE_OK)
			err = prop_v2_get(buf_slice(&full.buf), &a, &l);
		if (err == IKE_OK)
			err = prop_v2_get_answer(buf_slice(&one.buf), &p);
		ck_assert_int_eq(err, fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		wr_free(&w);
		arena_free(&a);
	});
	wr_free(&full);
	wr_free(&one);
	arena_free(&keep);
}
END_TEST

START_TEST(what_cannot_be_written)
{
	static const char *const bad[] = { "ipcomp deflate", "esp twofish:128 hmac_sha1",
		"esp aes hmac_ripemd160" };
	struct prop_list l = { 0 };
	struct prop p;
	struct wr w = { 0 };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p = prop_of(bad[i]);
		prop_v2_put_one(&w, &p);
		ck_assert_int_eq(wr_err(&w), IKE_E_RANGE);
		wr_free(&w);
		wr_init(&w, 0);
	}
	prop_v2_put(&w, &l);
	ck_assert_int_eq(wr_err(&w), IKE_E_RANGE);
	wr_free(&w);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("prop_v2");
	TCase *t = tcase_create("prop_v2");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, ike_proposal);
	tcase_add_test(t, child_proposals);
	tcase_add_test(t, offers_are_shaped);
	tcase_add_test(t, offers_that_cannot_be);
	tcase_add_test(t, every_id);
	tcase_add_test(t, key_lengths);
	tcase_add_test(t, what_we_do_not_know);
	tcase_add_test(t, protocols_and_spis);
	tcase_add_test(t, answers_are_single);
	tcase_add_test(t, every_shorter_prefix_is_refused);
	tcase_add_test(t, big_payloads);
	tcase_add_test(t, long_lists);
	tcase_add_test(t, failing_allocations);
	tcase_add_test(t, what_cannot_be_written);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
