/* SPDX-License-Identifier: BSD-3-Clause */
/* Lifetimes, and the small change of proposals. */
#include "prop/life.h"
#include "prop_help.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Every cell of racoon's table of proposal_check and lifetimes. */
START_TEST(every_cell)
{
	enum { NO, THEIRS, MINE };
	static const struct {
		enum prop_check check;
		bool phase1;
		int shorter, equal, longer;
	} cells[] = {
		{ CHECK_OBEY, true, THEIRS, THEIRS, THEIRS },
		{ CHECK_OBEY, false, THEIRS, THEIRS, THEIRS },
		{ CHECK_STRICT, true, THEIRS, THEIRS, NO },
		{ CHECK_STRICT, false, THEIRS, THEIRS, NO },
		{ CHECK_CLAIM, true, THEIRS, THEIRS, NO },
		{ CHECK_CLAIM, false, THEIRS, THEIRS, MINE },
		{ CHECK_EXACT, true, NO, THEIRS, NO },
		{ CHECK_EXACT, false, NO, THEIRS, NO },
	};
	static const uint32_t theirs[3] = { 1800, 3600, 7200 };
	uint32_t used, claim;
	size_t i, k, unit;
	bool ok;

	for (i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		const int want[3] = { cells[i].shorter, cells[i].equal, cells[i].longer };

		for (k = 0; k < 3; k++) {
			for (unit = 0; unit < 2; unit++) {
				used = claim = 99;
				ok = life_negotiate(cells[i].check, cells[i].phase1,
				    (enum life_unit)unit, 3600, theirs[k], &used, &claim);
				ck_assert_int_eq(ok, want[k] != NO);
				if (!ok) {
					ck_assert(used == 99 && claim == 99);
					continue;
				}
				ck_assert_uint_eq(used, want[k] == MINE ? 3600 : theirs[k]);
				ck_assert_uint_eq(claim, want[k] == MINE ? 3600 : 0);
			}
		}
	}
}
END_TEST

static uint32_t
negotiate(
    enum prop_check check, enum life_unit unit, uint32_t mine, uint32_t theirs, uint32_t *claim)
{
	uint32_t used;

	*claim = 0;
	return life_negotiate(check, false, unit, mine, theirs, &used, claim) ? used : UINT32_MAX;
}

START_TEST(what_is_not_sent)
{
	uint32_t claim;

	/* no seconds: 28800 of them */
	ck_assert_uint_eq(negotiate(CHECK_OBEY, LIFE_SECONDS, 3600, 0, &claim), 28800);
	ck_assert_uint_eq(negotiate(CHECK_STRICT, LIFE_SECONDS, 3600, 0, &claim), UINT32_MAX);
	ck_assert_uint_eq(negotiate(CHECK_STRICT, LIFE_SECONDS, 0, 28800, &claim), 28800);
	ck_assert_uint_eq(negotiate(CHECK_EXACT, LIFE_SECONDS, 28800, 0, &claim), 28800);
	ck_assert_uint_eq(negotiate(CHECK_CLAIM, LIFE_SECONDS, 3600, 0, &claim), 3600);
	ck_assert_uint_eq(claim, 3600);
	/* no kilobytes: no limit, and that makes exact work where neither side has one */
	ck_assert_uint_eq(negotiate(CHECK_EXACT, LIFE_KILOBYTES, 0, 0, &claim), 0);
	ck_assert_uint_eq(negotiate(CHECK_EXACT, LIFE_KILOBYTES, 0, 5, &claim), UINT32_MAX);
	ck_assert_uint_eq(negotiate(CHECK_OBEY, LIFE_KILOBYTES, 5, 0, &claim), 0);
	ck_assert_uint_eq(negotiate(CHECK_STRICT, LIFE_KILOBYTES, 0, 5, &claim), 5);
	ck_assert_uint_eq(negotiate(CHECK_STRICT, LIFE_KILOBYTES, 5, 0, &claim), UINT32_MAX);
	ck_assert_uint_eq(negotiate(CHECK_CLAIM, LIFE_KILOBYTES, 5, 0, &claim), 5);
	ck_assert_uint_eq(claim, 5);
	ck_assert_uint_eq(negotiate(CHECK_CLAIM, LIFE_KILOBYTES, 0, 0, &claim), 0);
	ck_assert_uint_eq(claim, 0);
}
END_TEST

START_TEST(responder_lifetime)
{
	static const struct {
		enum prop_check check;
		uint32_t shorter, equal, longer;
	} rows[] = {
		{ CHECK_OBEY, 1800, 3600, 7200 },
		{ CHECK_STRICT, 1800, 3600, 3600 },
		{ CHECK_CLAIM, 1800, 3600, 3600 },
		{ CHECK_EXACT, 3600, 3600, 3600 },
	};
	size_t i;

	for (i = 0; i < 4; i++) {
		ck_assert_uint_eq(life_responder(rows[i].check, 3600, 1800), rows[i].shorter);
		ck_assert_uint_eq(life_responder(rows[i].check, 3600, 3600), rows[i].equal);
		ck_assert_uint_eq(life_responder(rows[i].check, 3600, 7200), rows[i].longer);
		ck_assert_uint_eq(life_responder(rows[i].check, 3600, 0), 3600);
		ck_assert_uint_eq(life_responder(rows[i].check, 0, 1000),
		    rows[i].check == CHECK_EXACT ? 0 : 1000);
	}
}
END_TEST

/* T-life: 0, 1, the largest. */
START_TEST(clamping)
{
	ck_assert_uint_eq(life_clamp(0, 60, 86400), 86400);
	ck_assert_uint_eq(life_clamp(0, 60, 0), 0);
	ck_assert_uint_eq(life_clamp(1, 60, 86400), 60);
	ck_assert_uint_eq(life_clamp(60, 60, 86400), 60);
	ck_assert_uint_eq(life_clamp(3600, 60, 86400), 3600);
	ck_assert_uint_eq(life_clamp(UINT32_MAX, 60, 86400), 86400);
	ck_assert_uint_eq(life_clamp(UINT32_MAX, 0, 0), UINT32_MAX);
	ck_assert_uint_eq(life_clamp(1, 0, 0), 1);
}
END_TEST

START_TEST(soft_limits)
{
	static const uint32_t hard[] = { 0, 1, 2, 3, 10, 20, 99, 100, 3600, 28800, 0x7fffffff,
		UINT32_MAX };
	static const uint32_t random[] = { 0, 1, 0x7fffffff, 0x80000000, UINT32_MAX };
	unsigned lo, hi;
	size_t i, k;
	uint32_t s;

	for (i = 0; i < sizeof(hard) / sizeof(hard[0]); i++) {
		for (lo = 0; lo <= 120; lo += 10) {
			for (hi = 0; hi <= 120; hi += 10) {
				for (k = 0; k < sizeof(random) / sizeof(random[0]); k++) {
					s = life_soft(hard[i], lo, hi, random[k]);
					if (hard[i] <= 1)
						ck_assert_uint_eq(s, hard[i]);
					else
						ck_assert(s >= 1 && s < hard[i]);
				}
			}
		}
	}
	/* both ends are reached, and nothing outside */
	ck_assert_uint_eq(life_soft(1000, 80, 90, 0), 800);
	ck_assert_uint_eq(life_soft(1000, 80, 90, UINT32_MAX), 900);
	ck_assert_uint_eq(life_soft(1000, 80, 80, 12345), 800);
	ck_assert_uint_eq(life_soft(1000, 95, 80, 12345), 800);
	ck_assert_uint_eq(life_soft(20, 80, 90, 0), 16);
}
END_TEST

/* Spread evenly: of 101 values each gets its share. */
START_TEST(soft_limits_are_spread)
{
	unsigned count[101] = { 0 }, i;
	uint32_t s;

	for (i = 0; i < 101000; i++) {
		s = life_soft(1000, 80, 90, (uint32_t)((uint64_t)i * UINT32_MAX / 101000));
		ck_assert(s >= 800 && s <= 900);
		count[s - 800]++;
	}
	for (i = 0; i < 101; i++)
		ck_assert(count[i] > 950 && count[i] < 1050);
}
END_TEST

START_TEST(lists_of_algorithms)
{
	struct prop_algs l = { 0 };
	unsigned i;

	ck_assert_int_eq(prop_first(&l), ALG_ID_NONE);
	ck_assert_int_eq(prop_algs_add(&l, KE_NONE, 0), IKE_OK);
	ck_assert_int_eq(prop_first(&l), ALG_ID_NONE);
	l.n = 0;
	for (i = 0; i < PROP_MAX_ALGS; i++)
		ck_assert_int_eq(prop_algs_add(&l, ENCR_BLOWFISH, 40 + 8 * i), IKE_OK);
	ck_assert_int_eq(prop_algs_add(&l, ENCR_BLOWFISH, 40), IKE_OK);
	ck_assert_uint_eq(l.n, PROP_MAX_ALGS);
	ck_assert_int_eq(prop_algs_add(&l, ENCR_3DES, 0), IKE_E_FULL);
	ck_assert_int_eq(prop_algs_index(&l, ENCR_BLOWFISH, 56), 2);
	ck_assert_int_eq(prop_algs_index(&l, ENCR_BLOWFISH, 41), -1);
	ck_assert_int_eq(prop_first(&l), ENCR_BLOWFISH);
	ck_assert_uint_eq(prop_alg_bits((struct prop_alg){ .id = ENCR_AES_CBC }), 128);
	ck_assert_uint_eq(prop_alg_bits((struct prop_alg){ .id = ENCR_AES_CBC, .bits = 256 }), 256);
	ck_assert_uint_eq(prop_alg_bits((struct prop_alg){ .id = ENCR_3DES }), 0);
}
END_TEST

static void
expect_print(const char *spec, const char *want)
{
	struct prop p = prop_of(spec);
	char s[300];
	struct text t = text_in(s, sizeof(s));
	struct suite u;

	prop_print(&p, &t);
	ck_assert_str_eq(s, want);
	if (!prop_is_single(&p))
		return;
	u = prop_suite(&p);
	t = text_in(s, sizeof(s));
	suite_print(&u, &t);
	ck_assert_str_eq(s, want);
}

START_TEST(printing)
{
	struct prop p = prop_of("esp tunnel aes:256 non_auth");
	struct suite u = prop_suite(&p);

	expect_print("esp transport aes:256 aes:128 hmac_sha256_128 modp3072",
	    "ESP transport: aes-256 aes-128 / hmac_sha256_128 / modp3072");
	expect_print("ike aes:256 sha1 modp1024 rsasig life=60 kb=5",
	    "IKE: aes-256 / prf_hmac_sha1 / modp1024 / rsasig, 60 s, 5 kB");
	expect_print("esp tunnel udp 3des hmac_md5 esn", "ESP UDP-tunnel: 3des / hmac_md5, esn");
	expect_print("esp 3des esn noesn", "ESP: 3des, esn or not");
	expect_print("ah hmac_sha1", "AH: hmac_sha1");
	expect_print("ipcomp deflate", "IPCOMP: deflate");
	expect_print("", "none: ");
	ck_assert(
	    u.integ.id == ALG_ID_NONE && u.encr.bits == 256 && u.ke.id == ALG_ID_NONE && !u.esn);
	ck_assert_str_eq(prop_proto_name((enum prop_proto)77), "unknown");
}
END_TEST

START_TEST(spis)
{
	struct arena a = { 0 };
	struct prop_list l = PROPS(&a, "esp aes", "esp 3des");

	ck_assert_uint_eq(prop_spi32(&l.v[0]), 0);
	prop_set_spi32(&l.v[0], 0xfedcba98);
	ck_assert(
	    prop_spi32(&l.v[0]) == 0xfedcba98 && l.v[0].spi[0] == 0xfe && l.v[0].spi_len == 4);
	prop_list_set_spi(&l, slice_of("12345678", 8));
	ck_assert(l.v[0].spi_len == 8 && l.v[1].spi_len == 8 &&
		  memcmp(l.v[1].spi, "12345678", 8) == 0 && prop_spi32(&l.v[1]) == 0);
	prop_list_set_spi(&l, slice_of("123456789", 9));
	ck_assert(l.v[0].spi_len == 8);
	prop_list_set_spi(&l, slice_of(NULL, 0));
	ck_assert(l.v[0].spi_len == 0 && l.v[0].spi[0] == 0);
	prop_list_set_mode(&l, MODE_TUNNEL, true);
	ck_assert(l.v[1].mode == MODE_TUNNEL && l.v[1].udp_encap);
	ck_assert(!prop_equal(&l.v[0], &l.v[1]));
	l.v[1].encr = l.v[0].encr;
	ck_assert(prop_equal(&l.v[0], &l.v[1]));
	arena_free(&a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("prop_life");
	TCase *t = tcase_create("prop_life");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, every_cell);
	tcase_add_test(t, what_is_not_sent);
	tcase_add_test(t, responder_lifetime);
	tcase_add_test(t, clamping);
	tcase_add_test(t, soft_limits);
	tcase_add_test(t, soft_limits_are_spread);
	tcase_add_test(t, lists_of_algorithms);
	tcase_add_test(t, printing);
	tcase_add_test(t, spis);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
