/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The registry: every row is consistent in itself, and every word and number leads back to its row.
 * t_alg_numbers.c has the facts themselves.
 */
#include "alg/alg.h"

#include <check.h>
#include <string.h>

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

#define FOR_ROWS(a)                                                                       \
	for (size_t n_rows_, i_row_ = 0; i_row_ < (alg_all(&n_rows_), n_rows_); i_row_++) \
		for (const struct alg *a = &alg_all(&n_rows_)[i_row_]; a != NULL; a = NULL)

START_TEST(rows_are_found_by_id)
{
	unsigned last = 0;
	size_t n, of_kinds = 0, all;

	FOR_ROWS(a)
	{
		ck_assert_ptr_eq(alg_get(a->id), a);
		ck_assert_uint_gt(a->id, last);
		ck_assert_uint_eq((unsigned)a->id >> 12, a->kind);
		last = a->id;
	}
	for (int kind = 0; kind < 20; kind++) {
		const struct alg *v = alg_of_kind((enum alg_kind)kind, &n);

		of_kinds += n;
		ck_assert((n > 0) == (kind >= ALG_ENCR && kind <= ALG_COMP));
		for (size_t i = 0; i < n; i++)
			ck_assert_int_eq(v[i].kind, kind);
		/* one past the last id of the kind */
		ck_assert_ptr_null(alg_get((enum alg_id)((unsigned)kind << 12 | (n + 1))));
		ck_assert_ptr_null(alg_get((enum alg_id)((unsigned)kind << 12)));
	}
	alg_all(&all);
	ck_assert_uint_eq(of_kinds, all);
	ck_assert_ptr_null(alg_get(ALG_ID_NONE));
	ck_assert_ptr_null(alg_get((enum alg_id) - 1));
	ck_assert_ptr_null(alg_get((enum alg_id)0x8001));
}
END_TEST

START_TEST(words_lead_back)
{
	FOR_ROWS(a)
	{
		ck_assert_ptr_nonnull(a->name);
		ck_assert_ptr_null(a->conf[COUNT(a->conf) - 1]);
		ck_assert_ptr_null(a->setkey[COUNT(a->setkey) - 1]);
		if (a->conf[0] != NULL)
			ck_assert_str_eq(a->conf[0], a->name);
		for (size_t i = 0; a->conf[i] != NULL; i++)
			ck_assert_msg(alg_find_conf(a->kind, a->conf[i]) == a, "%s", a->conf[i]);
		for (size_t i = 0; a->setkey[i] != NULL; i++)
			ck_assert_msg(
			    alg_find_setkey(a->kind, a->setkey[i]) == a, "%s", a->setkey[i]);
		ck_assert_msg(
		    a->conf[0] == NULL || alg_suggest(a->kind, a->name) != NULL, "%s", a->name);
	}
	ck_assert_ptr_null(alg_find_conf(ALG_ENCR, ""));
	ck_assert_ptr_null(alg_find_conf(ALG_ENCR, "AES"));
	ck_assert_ptr_null(alg_find_conf(ALG_ENCR, "hmac_sha1"));
	ck_assert_ptr_null(alg_find_conf(ALG_HASH, "aes"));
	ck_assert_ptr_null(alg_find_conf(ALG_KE, "none"));
	ck_assert_ptr_null(alg_find_conf(ALG_HASH, "tiger"));
	ck_assert_ptr_null(alg_find_setkey(ALG_ENCR, "3des-deriv"));
	ck_assert_ptr_null(alg_find_conf(ALG_NONE_KIND, "aes"));
}
END_TEST

/* The row a lookup by a number of |a| must give: |a|, or if it stands back the other one. */
static void
leads_back(const struct alg *a, int number, const struct alg *found)
{
	if (number == ALG_NO_NUMBER)
		return;
	ck_assert_msg(found != NULL, "%s %d", a->name, number);
	if ((a->flags & ALG_SHADOW) == 0 && a->id != INTEG_KPDK)
		ck_assert_msg(found == a, "%s %d gives %s", a->name, number, found->name);
	ck_assert_int_eq(found->kind, a->kind);
	ck_assert((found->flags & ALG_SHADOW) == 0);
}

START_TEST(numbers_lead_back)
{
	FOR_ROWS(a)
	{
		leads_back(a, a->v1_ike, alg_find_v1_ike(a->kind, (uint32_t)a->v1_ike));
		leads_back(a, a->v2, alg_find_v2(a->kind, (uint32_t)a->v2));
		leads_back(a, a->v1_ipsec, alg_find_v1_ipsec(a->kind, (uint32_t)a->v1_ipsec));
		leads_back(a, a->v1_ah, alg_find_v1_ah((uint32_t)a->v1_ah));
		if (a->pfkey != ALG_NO_NUMBER)
			ck_assert_ptr_eq(alg_find_pfkey(a->kind, (uint32_t)a->pfkey), a);
		if (a->xfrm != NULL)
			ck_assert_ptr_eq(alg_find_xfrm(a->kind, a->xfrm, a->icv * 8u), a);
		if (a->kind != ALG_INTEG)
			ck_assert_int_eq(a->v1_ah, ALG_NO_NUMBER);
	}
	/* "no number" is not a number */
	for (int kind = ALG_ENCR; kind <= ALG_COMP; kind++) {
		ck_assert_ptr_null(alg_find_v1_ike((enum alg_kind)kind, UINT32_MAX));
		ck_assert_ptr_null(alg_find_v1_ipsec((enum alg_kind)kind, UINT32_MAX));
		ck_assert_ptr_null(alg_find_v2((enum alg_kind)kind, UINT32_MAX));
		ck_assert_ptr_null(alg_find_pfkey((enum alg_kind)kind, UINT32_MAX));
		ck_assert_ptr_null(alg_find_xfrm((enum alg_kind)kind, "cbc(none)", 0));
	}
	ck_assert_ptr_null(alg_find_v1_ah(UINT32_MAX));
	ck_assert_ptr_null(alg_find_v1_ike(ALG_ENCR, 9));
	ck_assert_ptr_null(alg_find_v2(ALG_ENCR, 22));
	ck_assert_ptr_null(alg_find_v1_ike(ALG_HASH, 3)); /* Tiger */
}
END_TEST

struct shape {
	enum alg_id id;
	unsigned min, max, dflt, step;
	unsigned block, iv, salt, icv;
};

START_TEST(cipher_shapes)
{
	static const struct shape want[] = {
		{ ENCR_DES, 64, 64, 64, 0, 8, 8, 0, 0 },     /* RFC 2405 */
		{ ENCR_3DES, 192, 192, 192, 0, 8, 8, 0, 0 }, /* RFC 2451 */
		{ ENCR_BLOWFISH, 40, 448, 128, 8, 8, 8, 0, 0 },
		{ ENCR_CAST128, 40, 128, 128, 8, 8, 8, 0, 0 },
		{ ENCR_RC5, 40, 2040, 128, 8, 8, 8, 0, 0 },
		{ ENCR_IDEA, 128, 128, 128, 0, 8, 8, 0, 0 },
		{ ENCR_AES_CBC, 128, 256, 128, 64, 16, 16, 0, 0 },      /* RFC 3602 */
		{ ENCR_AES_CTR, 128, 256, 128, 64, 1, 8, 4, 0 },        /* RFC 3686 */
		{ ENCR_CAMELLIA_CBC, 128, 256, 128, 64, 16, 16, 0, 0 }, /* RFC 4312 */
		{ ENCR_TWOFISH, 40, 256, 128, 8, 16, 16, 0, 0 },
		{ ENCR_AES_GCM_8, 128, 256, 128, 64, 1, 8, 4, 8 }, /* RFC 4106 */
		{ ENCR_AES_GCM_12, 128, 256, 128, 64, 1, 8, 4, 12 },
		{ ENCR_AES_GCM_16, 128, 256, 128, 64, 1, 8, 4, 16 },
		{ ENCR_AES_CCM_8, 128, 256, 128, 64, 1, 8, 3, 8 }, /* RFC 4309 */
		{ ENCR_AES_CCM_12, 128, 256, 128, 64, 1, 8, 3, 12 },
		{ ENCR_AES_CCM_16, 128, 256, 128, 64, 1, 8, 3, 16 },
		{ ENCR_CHACHA20_POLY1305, 256, 256, 256, 0, 1, 8, 4, 16 }, /* RFC 7634 */
		{ ENCR_NULL, 0, 0, 0, 0, 1, 0, 0, 0 },                     /* RFC 2410 */
		{ ENCR_NULL_AES_GMAC, 128, 256, 128, 64, 1, 8, 4, 16 },    /* RFC 4543 */
		{ INTEG_NONE, 0, 0, 0, 0, 0, 0, 0, 0 },
		{ INTEG_HMAC_MD5_96, 128, 128, 128, 0, 0, 0, 0, 12 },  /* RFC 2403 */
		{ INTEG_HMAC_SHA1_96, 160, 160, 160, 0, 0, 0, 0, 12 }, /* RFC 2404 */
		{ INTEG_HMAC_SHA256_96, 256, 256, 256, 0, 0, 0, 0, 12 },
		{ INTEG_HMAC_SHA256_128, 256, 256, 256, 0, 0, 0, 0, 16 }, /* RFC 4868 */
		{ INTEG_HMAC_SHA384_192, 384, 384, 384, 0, 0, 0, 0, 24 },
		{ INTEG_HMAC_SHA512_256, 512, 512, 512, 0, 0, 0, 0, 32 },
		{ INTEG_AES_XCBC_96, 128, 128, 128, 0, 0, 0, 0, 12 },       /* RFC 3566 */
		{ INTEG_AES_CMAC_96, 128, 128, 128, 0, 0, 0, 0, 12 },       /* RFC 4494 */
		{ INTEG_HMAC_RIPEMD160_96, 160, 160, 160, 0, 0, 0, 0, 12 }, /* RFC 2857 */
	};

	for (size_t i = 0; i < COUNT(want); i++) {
		const struct alg *a = alg_get(want[i].id);
		const struct shape *w = &want[i];

		ck_assert_msg(a->key_min == w->min && a->key_max == w->max &&
				  a->key_default == w->dflt && a->key_step == w->step,
		    "keys of %s", a->name);
		ck_assert_msg(a->block == w->block && a->iv == w->iv && a->salt == w->salt &&
				  a->icv == w->icv,
		    "sizes of %s", a->name);
	}
}
END_TEST

START_TEST(rows_are_consistent)
{
	FOR_ROWS(a)
	{
		bool fixed = a->key_min == a->key_max;

		ck_assert_msg(
		    a->key_min <= a->key_default && a->key_default <= a->key_max, "%s", a->name);
		ck_assert_msg(
		    alg_key_ok(a, a->key_default) && alg_key_ok(a, a->key_max), "%s", a->name);
		ck_assert_msg(fixed == (a->key_step == 0), "%s", a->name);
		ck_assert_msg(a->key_default % 8 == 0, "%s", a->name);
		if (a->kind == ALG_ENCR)
			ck_assert_msg(fixed == ((a->flags & ALG_VARKEY) == 0), "%s", a->name);
		else
			ck_assert_msg(
			    (a->flags & (ALG_VARKEY | ALG_AEAD | ALG_LEGACY)) == 0, "%s", a->name);
		if (a->kind == ALG_ENCR)
			ck_assert_msg(
			    ((a->flags & ALG_AEAD) != 0) == (a->icv != 0) && a->block != 0, "%s",
			    a->name);
		if (a->kind == ALG_PRF || a->kind == ALG_HASH)
			ck_assert_msg(a->out != 0, "%s", a->name);
		if (a->kind == ALG_PRF)
			ck_assert_msg(a->key_default == a->out * 8, "%s", a->name);
		if (a->kind == ALG_KE && a->id != KE_NONE) {
			unsigned classes = a->flags & (ALG_MODP | ALG_ECP | ALG_XDH);

			ck_assert_msg(classes == ALG_MODP || classes == ALG_ECP ||
					  classes == ALG_XDH ||
					  (classes == 0 && (a->flags & ALG_UNUSABLE) != 0),
			    "%s", a->name);
			ck_assert_msg(a->out == (classes == ALG_ECP ? 2 * a->shared : a->shared),
			    "%s", a->name);
			ck_assert_msg(a->strength != 0, "%s", a->name);
		}
		ck_assert(a->kind == ALG_KE || a->shared == 0);
	}
	ck_assert_uint_eq(alg_get(KE_MODP3072)->out, 384);
	ck_assert_uint_eq(alg_get(KE_ECP521)->out, 132);
	ck_assert_uint_eq(alg_get(KE_BRAINPOOL224)->shared, 28);
	ck_assert_uint_eq(alg_get(KE_X448)->out, 56);
	ck_assert_uint_eq(alg_get(HASH_SHA384)->out, 48);
}
END_TEST

START_TEST(key_lengths)
{
	const struct alg *aes = alg_get(ENCR_AES_CBC), *bf = alg_get(ENCR_BLOWFISH),
			 *des3 = alg_get(ENCR_3DES);

	for (unsigned bits = 0; bits < 600; bits++) {
		ck_assert_int_eq(
		    alg_key_ok(aes, bits), bits == 0 || bits == 128 || bits == 192 || bits == 256);
		ck_assert_int_eq(alg_key_ok(bf, bits),
		    bits == 0 || (bits >= 40 && bits <= 448 && bits % 8 == 0));
		ck_assert_int_eq(alg_key_ok(des3, bits), bits == 0 || bits == 192);
		ck_assert_int_eq(alg_key_ok(alg_get(ENCR_NULL), bits), bits == 0);
	}
	ck_assert_uint_eq(alg_keymat_len(aes, 0), 16);
	ck_assert_uint_eq(alg_keymat_len(aes, 256), 32);
	ck_assert_uint_eq(alg_keymat_len(des3, 0), 24);
	ck_assert_uint_eq(alg_keymat_len(alg_get(ENCR_DES), 0), 8);
	ck_assert_uint_eq(alg_keymat_len(alg_get(ENCR_AES_GCM_16), 256), 36);
	ck_assert_uint_eq(alg_keymat_len(alg_get(ENCR_AES_CCM_8), 0), 19);
	ck_assert_uint_eq(alg_keymat_len(alg_get(ENCR_AES_CTR), 192), 28);
	ck_assert_uint_eq(alg_keymat_len(alg_get(ENCR_CHACHA20_POLY1305), 0), 36);
	ck_assert_uint_eq(alg_keymat_len(alg_get(ENCR_NULL), 0), 0);
	ck_assert_uint_eq(alg_keymat_len(alg_get(INTEG_NONE), 0), 0);
	ck_assert_uint_eq(alg_keymat_len(alg_get(INTEG_HMAC_SHA512_256), 0), 64);
	ck_assert_uint_eq(alg_keymat_len(alg_get(INTEG_HMAC_SHA1_96), 0), 20);
}
END_TEST

START_TEST(families)
{
	static const enum alg_id want[][3] = {
		{ HASH_MD5, PRF_HMAC_MD5, INTEG_HMAC_MD5_96 },
		{ HASH_SHA1, PRF_HMAC_SHA1, INTEG_HMAC_SHA1_96 },
		{ HASH_SHA256, PRF_HMAC_SHA256, INTEG_HMAC_SHA256_128 },
		{ HASH_SHA384, PRF_HMAC_SHA384, INTEG_HMAC_SHA384_192 },
		{ HASH_SHA512, PRF_HMAC_SHA512, INTEG_HMAC_SHA512_256 },
	};

	for (size_t i = 0; i < COUNT(want); i++) {
		ck_assert_int_eq(alg_prf_of_hash(want[i][0]), want[i][1]);
		ck_assert_int_eq(alg_hash_of_prf(want[i][1]), want[i][0]);
		ck_assert_int_eq(alg_integ_of_prf(want[i][1]), want[i][2]);
		ck_assert_uint_eq(alg_get(want[i][0])->out, alg_get(want[i][1])->out);
	}
	ck_assert_int_eq(alg_hash_of_prf(PRF_AES_XCBC), ALG_ID_NONE);
	ck_assert_int_eq(alg_integ_of_prf(PRF_AES_XCBC), INTEG_AES_XCBC_96);
	ck_assert_int_eq(alg_integ_of_prf(PRF_AES_CMAC), INTEG_AES_CMAC_96);
	ck_assert_int_eq(alg_prf_of_hash(ALG_ID_NONE), ALG_ID_NONE);
	ck_assert_int_eq(alg_prf_of_hash(PRF_HMAC_MD5), ALG_ID_NONE);
	ck_assert_int_eq(alg_hash_of_prf(ALG_ID_NONE), ALG_ID_NONE);
	ck_assert_int_eq(alg_integ_of_prf(HASH_MD5), ALG_ID_NONE);
}
END_TEST

START_TEST(texts)
{
	static const struct {
		enum alg_id id;
		unsigned bits;
		const char *want;
	} cases[] = {
		{ ENCR_AES_CBC, 256, "aes-256" },
		{ ENCR_AES_CBC, 0, "aes-128" },
		{ ENCR_3DES, 0, "3des" },
		{ ENCR_3DES, 192, "3des" },
		{ ENCR_AES_GCM_16, 256, "aes_gcm_16-256" },
		{ KE_MODP3072, 0, "modp3072" },
		{ INTEG_HMAC_SHA256_128, 0, "hmac_sha256_128" },
		{ INTEG_HMAC_SHA256_96, 0, "hmac_sha256_96" },
		{ ENCR_CHACHA20_POLY1305, 256, "chacha20_poly1305" },
		{ ALG_ID_NONE, 0, "none" },
		{ (enum alg_id)0x1fff, 0, "ALG_8191" },
		{ PRF_HMAC_SHA512, 0, "prf_hmac_sha512" },
	};
	struct name_buf buf;

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_str_eq(alg_text(cases[i].id, cases[i].bits, &buf), cases[i].want);
	FOR_ROWS(a)
	ck_assert_ptr_null(strstr(alg_text(a->id, a->key_max, &buf), "..."));
}
END_TEST

START_TEST(suggestions)
{
	ck_assert_str_eq(alg_suggest(ALG_ENCR, "blowfsh"), "blowfish");
	ck_assert_str_eq(alg_suggest(ALG_AUTH, "preshared_key"), "pre_shared_key");
	ck_assert_str_eq(alg_suggest(ALG_KE, "modp2O48"), "modp2048");
	ck_assert_str_eq(alg_suggest(ALG_INTEG, "hmac-sha512"), "hmac_sha512");
	ck_assert_str_eq(alg_suggest(ALG_ENCR, "AES"), "aes");
	ck_assert_ptr_null(alg_suggest(ALG_COMP, "zstd"));
	ck_assert_ptr_null(alg_suggest(ALG_NONE_KIND, "aes"));
}
END_TEST

/* A default must never be weak, unusable or in need of the legacy provider: these carry the flags that keep them out. */
START_TEST(flags)
{
	static const enum alg_id weak[] = {
		ENCR_DES,
		ENCR_3DES,
		ENCR_BLOWFISH,
		ENCR_CAST128,
		INTEG_HMAC_MD5_96,
		PRF_HMAC_MD5,
		HASH_MD5,
		KE_MODP768,
		KE_MODP1024,
		KE_MODP1536,
		KE_EC2N155,
		KE_EC2N185,
	};
	static const enum alg_id good[] = {
		ENCR_AES_CBC,
		ENCR_AES_GCM_16,
		ENCR_CHACHA20_POLY1305,
		INTEG_HMAC_SHA256_128,
		PRF_HMAC_SHA256,
		HASH_SHA256,
		KE_MODP2048,
		KE_ECP256,
		KE_X25519,
		AUTH_PSK,
		COMP_DEFLATE,
	};

	for (size_t i = 0; i < COUNT(weak); i++)
		ck_assert_msg(
		    (alg_get(weak[i])->flags & ALG_WEAK) != 0, "%s", alg_get(weak[i])->name);
	for (size_t i = 0; i < COUNT(good); i++)
		ck_assert_msg(
		    (alg_get(good[i])->flags & (ALG_WEAK | ALG_UNUSABLE | ALG_LEGACY)) == 0, "%s",
		    alg_get(good[i])->name);
	ck_assert((alg_get(ENCR_DES)->flags & ALG_LEGACY) != 0 &&
		  (alg_get(ENCR_3DES)->flags & ALG_LEGACY) == 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("alg");
	TCase *t = tcase_create("registry");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, rows_are_found_by_id);
	tcase_add_test(t, words_lead_back);
	tcase_add_test(t, numbers_lead_back);
	tcase_add_test(t, cipher_shapes);
	tcase_add_test(t, rows_are_consistent);
	tcase_add_test(t, key_lengths);
	tcase_add_test(t, families);
	tcase_add_test(t, texts);
	tcase_add_test(t, suggestions);
	tcase_add_test(t, flags);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
