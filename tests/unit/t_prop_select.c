/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Selection: racoon's proposal_check cell by cell, and IKEv2's rules.
 */
#include "prop/prop_v1.h"
#include "prop/select.h"
#include "prop_help.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct prop_choice choice;

/* Does the responder with |ours| accept |theirs|?  The result is in |choice|. */
static bool
accepts(const struct prop_rule *rule, const char *ours, const char *theirs)
{
	struct prop o = prop_of(ours), t = prop_of(theirs);
	struct prop_list lo = { .n = 1, .v = &o }, lt = { .n = 1, .v = &t };
	ike_err err = prop_choose(rule, &lo, &lt, &choice);

	ck_assert(err == IKE_OK || err == IKE_E_NO_PROPOSAL);
	if (err == IKE_OK)
		ck_assert(prop_is_single(&choice.prop));
	return err == IKE_OK;
}

/* Does the initiator who offered |ours| accept |answer|? */
static bool
verifies(const struct prop_rule *rule, const char *ours, const char *answer)
{
	struct prop o = prop_of(ours), t = prop_of(answer);
	struct prop_list lo = { .n = 1, .v = &o };
	ike_err err = prop_verify(rule, &lo, &t, &choice);

	ck_assert(err == IKE_OK || err == IKE_E_NO_PROPOSAL);
	return err == IKE_OK;
}

/* Key lengths: |mine| aes:192 against 128, 192 and 256. */
START_TEST(key_length_cells)
{
	static const bool want[4][3] = {
		[CHECK_OBEY] = { true, true, true },
		[CHECK_STRICT] = { false, true, true },
		[CHECK_CLAIM] = { false, true, true },
		[CHECK_EXACT] = { false, true, false },
	};
	static const char *const ike[3] = {
		"ike aes:128 sha1 modp2048 pre_shared_key",
		"ike aes:192 sha1 modp2048 pre_shared_key",
		"ike aes:256 sha1 modp2048 pre_shared_key",
	};
	static const char *const esp[3] = { "esp aes:128 hmac_sha1", "esp aes:192 hmac_sha1",
		"esp aes:256 hmac_sha1" };
	unsigned check, k;

	for (check = 0; check < 4; check++) {
		struct prop_rule rule = { .version = 1, .check = (uint8_t)check };

		for (k = 0; k < 3; k++) {
			ck_assert_int_eq(accepts(&rule, ike[1], ike[k]), want[check][k]);
			ck_assert_int_eq(verifies(&rule, ike[1], ike[k]), want[check][k]);
			ck_assert_int_eq(accepts(&rule, esp[1], esp[k]), want[check][k]);
			if (want[check][k])
				ck_assert_uint_eq(choice.prop.encr.v[0].bits, 128 + 64 * k);
			ck_assert_int_eq(verifies(&rule, esp[1], esp[k]), want[check][k]);
		}
	}
}
END_TEST

/* PFS: mine unset or modp2048, theirs unset, the same, another. */
START_TEST(pfs_cells)
{
	static const char *const mine[2] = { "esp 3des hmac_sha1", "esp 3des hmac_sha1 modp2048" };
	static const char *const theirs[3] = { "esp 3des hmac_sha1", "esp 3des hmac_sha1 modp2048",
		"esp 3des hmac_sha1 modp1024" };
	static const enum alg_id group[3] = { ALG_ID_NONE, KE_MODP2048, KE_MODP1024 };
	static const bool want[4][2][3] = {
		[CHECK_OBEY] = { { true, true, true }, { true, true, true } },
		[CHECK_STRICT] = { { true, true, true }, { false, true, false } },
		[CHECK_CLAIM] = { { true, true, true }, { false, true, false } },
		[CHECK_EXACT] = { { true, false, false }, { false, true, false } },
	};
	unsigned check, m, k;

	for (check = 0; check < 4; check++) {
		struct prop_rule rule = { .version = 1, .check = (uint8_t)check };

		for (m = 0; m < 2; m++) {
			for (k = 0; k < 3; k++) {
				ck_assert_int_eq(
				    accepts(&rule, mine[m], theirs[k]), want[check][m][k]);
				if (want[check][m][k])
					ck_assert_int_eq(prop_first(&choice.prop.ke), group[k]);
				/* the answer to an offer may not change it, whatever the level */
				ck_assert_int_eq(verifies(&rule, mine[m], theirs[k]), m == k);
			}
		}
	}
}
END_TEST

/* Lifetimes of both phases through the whole selection. */
START_TEST(lifetime_cells)
{
	static const struct {
		enum prop_check check;
		const char *ours, *theirs;
		uint32_t sec, kb, claim_sec, claim_kb; /* sec 0: refused */
	} cells[] = {
		{ CHECK_OBEY, "ike 3des sha1 modp1024 pre_shared_key life=100",
		    "ike 3des sha1 modp1024 pre_shared_key life=200", 200, 0, 0, 0 },
		{ CHECK_OBEY, "ike 3des sha1 modp1024 pre_shared_key life=100",
		    "ike 3des sha1 modp1024 pre_shared_key", 28800, 0, 0, 0 },
		{ CHECK_STRICT, "ike 3des sha1 modp1024 pre_shared_key life=100",
		    "ike 3des sha1 modp1024 pre_shared_key life=200", 0, 0, 0, 0 },
		{ CHECK_STRICT, "ike 3des sha1 modp1024 pre_shared_key life=100",
		    "ike 3des sha1 modp1024 pre_shared_key life=50", 50, 0, 0, 0 },
		{ CHECK_CLAIM, "ike 3des sha1 modp1024 pre_shared_key life=100",
		    "ike 3des sha1 modp1024 pre_shared_key life=200", 0, 0, 0, 0 },
		{ CHECK_EXACT, "ike 3des sha1 modp1024 pre_shared_key life=100",
		    "ike 3des sha1 modp1024 pre_shared_key life=99", 0, 0, 0, 0 },
		{ CHECK_EXACT, "ike 3des sha1 modp1024 pre_shared_key life=100",
		    "ike 3des sha1 modp1024 pre_shared_key life=100", 100, 0, 0, 0 },
		{ CHECK_OBEY, "esp 3des hmac_sha1 life=100", "esp 3des hmac_sha1 life=200 kb=9",
		    200, 9, 0, 0 },
		{ CHECK_STRICT, "esp 3des hmac_sha1 life=100", "esp 3des hmac_sha1 life=200", 0, 0,
		    0, 0 },
		{ CHECK_STRICT, "esp 3des hmac_sha1 life=100", "esp 3des hmac_sha1 life=50 kb=9",
		    50, 9, 0, 0 },
		{ CHECK_STRICT, "esp 3des hmac_sha1 life=100 kb=5",
		    "esp 3des hmac_sha1 life=50 kb=9", 0, 0, 0, 0 },
		{ CHECK_CLAIM, "esp 3des hmac_sha1 life=100", "esp 3des hmac_sha1 life=200", 100, 0,
		    100, 0 },
		{ CHECK_CLAIM, "esp 3des hmac_sha1 life=100 kb=5",
		    "esp 3des hmac_sha1 life=50 kb=9", 50, 5, 0, 5 },
		{ CHECK_CLAIM, "esp 3des hmac_sha1 life=100", "esp 3des hmac_sha1 life=100", 100, 0,
		    0, 0 },
		{ CHECK_EXACT, "esp 3des hmac_sha1 life=100", "esp 3des hmac_sha1 life=100", 100, 0,
		    0, 0 },
		{ CHECK_EXACT, "esp 3des hmac_sha1 life=100", "esp 3des hmac_sha1 life=100 kb=9", 0,
		    0, 0, 0 },
		{ CHECK_EXACT, "esp 3des hmac_sha1 life=100", "esp 3des hmac_sha1 life=101", 0, 0,
		    0, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		struct prop_rule rule = { .version = 1, .check = (uint8_t)cells[i].check };

		ck_assert_msg(accepts(&rule, cells[i].ours, cells[i].theirs) == (cells[i].sec != 0),
		    "cell %zu", i);
		ck_assert_int_eq(
		    verifies(&rule, cells[i].ours, cells[i].theirs), cells[i].sec != 0);
		if (cells[i].sec == 0)
			continue;
		ck_assert(
		    choice.prop.life_sec == cells[i].sec && choice.prop.life_kb == cells[i].kb);
		ck_assert(
		    choice.claim_sec == cells[i].claim_sec && choice.claim_kb == cells[i].claim_kb);
	}
}
END_TEST

/* T-life: what obey makes of 1 and 2^32-1 seconds is bounded by our own limits. */
START_TEST(lifetimes_are_clamped)
{
	struct prop_rule rule = {
		.version = 1, .check = CHECK_OBEY, .life_min_sec = 60, .life_max_sec = 86400
	};

	ck_assert(accepts(&rule, "esp 3des hmac_sha1 life=100", "esp 3des hmac_sha1 life=1") &&
		  choice.prop.life_sec == 60);
	ck_assert(
	    accepts(&rule, "esp 3des hmac_sha1 life=100", "esp 3des hmac_sha1 life=4294967295") &&
	    choice.prop.life_sec == 86400);
	ck_assert(accepts(&rule, "esp 3des hmac_sha1 life=100", "esp 3des hmac_sha1") &&
		  choice.prop.life_sec == 28800);
}
END_TEST

START_TEST(v1_must_be_equal)
{
	static const char good[] = "ike aes:128 sha1 modp2048 pre_shared_key";
	static const char *const others[] = {
		"ike 3des sha1 modp2048 pre_shared_key",
		"ike aes:128 md5 modp2048 pre_shared_key",
		"ike aes:128 sha1 modp1024 pre_shared_key",
		"ike aes:128 sha1 modp2048 rsasig",
		"esp aes:128 hmac_sha1",
	};
	struct prop_rule rule = { .version = 1, .check = CHECK_OBEY };
	size_t i;

	ck_assert(accepts(&rule, good, good));
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert(!accepts(&rule, good, others[i]) && !verifies(&rule, good, others[i]));
	ck_assert(!accepts(&rule, "esp 3des hmac_sha1", "esp 3des hmac_md5"));
	ck_assert(!accepts(&rule, "esp 3des hmac_sha1", "esp 3des"));
	ck_assert(!accepts(&rule, "esp 3des", "esp 3des hmac_sha1"));
	ck_assert(accepts(&rule, "esp 3des non_auth hmac_sha1", "esp 3des"));
	ck_assert(!accepts(&rule, "esp null_enc non_auth", "esp null_enc"));
	ck_assert(!accepts(&rule, "ah hmac_sha1", "esp 3des hmac_sha1"));
	ck_assert(accepts(&rule, "ah hmac_sha1 hmac_md5", "ah hmac_md5"));
	ck_assert(accepts(&rule, "ipcomp deflate", "ipcomp deflate"));
	ck_assert(!accepts(&rule, "esp 3des hmac_sha1", "esp 3des hmac_sha1 esn"));
	ck_assert(accepts(&rule, "esp 3des hmac_sha1 esn", "esp 3des hmac_sha1 esn") &&
		  choice.prop.esn == ESN_YES);
	ck_assert(accepts(&rule, "esp aes_gcm_16:128 aes:128 hmac_sha1", "esp aes_gcm_16:128") &&
		  choice.prop.integ.n == 0);
	ck_assert(!accepts(&rule, "esp aes_gcm_16:128 hmac_sha1", "esp aes_gcm_16:128 hmac_sha1"));
	/* one number, two truncations: ours is meant */
	ck_assert(accepts(&rule, "esp 3des hmac_sha256_96", "esp 3des hmac_sha256_128"));
	ck_assert_int_eq(prop_first(&choice.prop.integ), INTEG_HMAC_SHA256_96);
}
END_TEST

START_TEST(modes)
{
	static const char *const any[] = { "esp 3des hmac_sha1", "esp transport 3des hmac_sha1",
		"esp tunnel 3des hmac_sha1", "esp tunnel udp 3des hmac_sha1" };
	static const uint8_t mode[4] = { MODE_ANY, MODE_TRANSPORT, MODE_TUNNEL, MODE_TUNNEL };
	struct prop_rule rule = { .version = 1, .check = CHECK_STRICT };
	int i, j;

	for (i = 0; i < 4; i++) {
		for (j = 0; j < 4; j++) {
			bool want = j == 0 ? true : i == 0 ? j != 3 : i == j;

			ck_assert_int_eq(accepts(&rule, any[i], any[j]), want);
			if (want)
				ck_assert_int_eq(choice.prop.mode, j == 0 ? mode[i] : mode[j]);
		}
	}
}
END_TEST

START_TEST(xauth_and_hybrid_meet_their_counterpart)
{
	static const char *const methods[][2] = {
		{ "xauth_psk_server", "xauth_psk_client" },
		{ "xauth_rsa_server", "xauth_rsa_client" },
		{ "hybrid_rsa_server", "hybrid_rsa_client" },
	};
	struct prop_rule rule = { .version = 1, .check = CHECK_STRICT };
	struct prop o = prop_of("ike 3des sha1 modp1024"), t = o;
	struct prop_list lo = { .n = 1, .v = &o }, lt = { .n = 1, .v = &t };
	size_t i, k;

	for (i = 0; i < 3; i++) {
		for (k = 0; k < 2; k++) {
			o.auth = (uint16_t)alg_find_conf(ALG_AUTH, methods[i][k])->id;
			t.auth = (uint16_t)alg_find_conf(ALG_AUTH, methods[i][1 - k])->id;
			ck_assert_int_eq(prop_choose(&rule, &lo, &lt, &choice), IKE_OK);
			ck_assert_int_eq(choice.prop.auth, o.auth);
			ck_assert_int_eq(prop_verify(&rule, &lo, &t, &choice), IKE_E_NO_PROPOSAL);
			ck_assert_int_eq(prop_verify(&rule, &lo, &o, &choice), IKE_OK);
			ck_assert_int_eq(prop_choose(&rule, &lo, &lo, &choice), IKE_E_NO_PROPOSAL);
		}
	}
}
END_TEST

START_TEST(whose_preference)
{
	struct arena a = { 0 };
	struct prop_list ours =
	    PROPS(&a, "esp aes:256 3des hmac_sha1 hmac_md5", "esp aes:128 hmac_sha1");
	struct prop_list theirs = PROPS(&a, "esp aes:128 hmac_sha1 n=1 t=1",
	    "esp 3des hmac_md5 n=1 t=2", "esp 3des hmac_sha1 n=1 t=3",
	    "esp aes:256 hmac_md5 n=1 t=4 spi=0a0b0c0d", "esp aes:256 hmac_md5 n=2 t=1");
	struct prop_rule rule = { .version = 1, .check = CHECK_EXACT };

	ck_assert_int_eq(prop_choose(&rule, &ours, &theirs, &choice), IKE_OK);
	ck_assert(choice.ours == 0 && choice.theirs == 3 && choice.prop.number == 1 &&
		  choice.prop.transform == 4);
	ck_assert_uint_eq(prop_spi32(&choice.prop), 0x0a0b0c0d);
	rule.prefer_theirs = true;
	ck_assert_int_eq(prop_choose(&rule, &ours, &theirs, &choice), IKE_OK);
	ck_assert(choice.ours == 1 && choice.theirs == 0);
	/* a bundle is all or nothing, and we want one protocol */
	theirs.v[0].bundle = theirs.v[1].bundle = theirs.v[2].bundle = theirs.v[3].bundle =
	    theirs.v[4].bundle = 2;
	ck_assert_int_eq(prop_choose(&rule, &ours, &theirs, &choice), IKE_E_NO_PROPOSAL);
	arena_free(&a);
}
END_TEST

START_TEST(v2_rules)
{
	struct prop_rule rule = { .version = 2 };

	ck_assert(accepts(&rule, "ike aes:256 aes:128 hmac_sha1 sha1 modp2048 x25519",
	    "ike aes:128 3des hmac_md5 hmac_sha1 sha256 sha1 x25519 modp2048"));
	ck_assert(choice.prop.encr.v[0].bits == 128 && prop_first(&choice.prop.ke) == KE_MODP2048 &&
		  prop_first(&choice.prop.integ) == INTEG_HMAC_SHA1_96);
	rule.ke_sent = KE_X25519;
	ck_assert(accepts(&rule, "ike aes:128 hmac_sha1 sha1 modp2048 x25519",
	    "ike aes:128 hmac_sha1 sha1 modp2048 x25519"));
	ck_assert_int_eq(prop_first(&choice.prop.ke), KE_X25519);
	rule.ke_sent = KE_MODP1024;
	ck_assert(accepts(&rule, "ike aes:128 hmac_sha1 sha1 modp2048 x25519",
	    "ike aes:128 hmac_sha1 sha1 modp1024 x25519 modp2048"));
	ck_assert_int_eq(prop_first(&choice.prop.ke), KE_MODP2048);
	rule.ke_sent = 0;
	rule.prefer_theirs = true;
	ck_assert(accepts(&rule, "ike aes:128 hmac_sha1 sha1 modp2048 x25519",
	    "ike aes:128 hmac_sha1 sha1 modp1024 x25519 modp2048"));
	ck_assert_int_eq(prop_first(&choice.prop.ke), KE_X25519);
	rule.prefer_theirs = false;
	/* key lengths are equal whatever proposal_check says */
	ck_assert(!accepts(
	    &rule, "ike aes:128 hmac_sha1 sha1 modp2048", "ike aes:256 hmac_sha1 sha1 modp2048"));
	/* IKE: integrity but for AEADs, never no key exchange */
	ck_assert(
	    !accepts(&rule, "ike aes:128 hmac_sha1 sha1 modp2048", "ike aes:128 sha1 modp2048"));
	ck_assert(!accepts(
	    &rule, "ike aes:128 non_auth sha1 modp2048", "ike aes:128 non_auth sha1 modp2048"));
	ck_assert(
	    accepts(&rule, "ike aes_gcm_16:128 sha1 modp2048", "ike aes_gcm_16:128 sha1 modp2048"));
	ck_assert(accepts(&rule, "ike aes_gcm_16:128 sha1 modp2048",
		      "ike aes_gcm_16:128 non_auth sha1 modp2048") &&
		  choice.prop.integ.n == 1);
	ck_assert(prop_suite(&choice.prop).integ.id == ALG_ID_NONE);
	ck_assert(!accepts(&rule, "ike aes_gcm_16:128 sha1 modp2048",
	    "ike aes_gcm_16:128 hmac_sha1 sha1 modp2048"));
	/* ESP: the first cipher for which integrity can be had */
	ck_assert(accepts(
	    &rule, "esp aes_gcm_16:128 aes:128 hmac_sha1", "esp aes_gcm_16:128 aes:128 hmac_sha1"));
	ck_assert(prop_first(&choice.prop.encr) == ENCR_AES_CBC && choice.prop.integ.n == 1);
	ck_assert(accepts(&rule, "esp aes_gcm_16:128 aes:128 hmac_sha1", "esp aes_gcm_16:128") &&
		  choice.prop.integ.n == 0);
	ck_assert(accepts(&rule, "esp aes:128", "esp aes:128") && choice.prop.integ.n == 0);
	ck_assert(
	    accepts(&rule, "esp aes:128", "esp aes:128 non_auth") && choice.prop.integ.n == 1);
	ck_assert(!accepts(&rule, "esp null_enc", "esp null_enc"));
	ck_assert(!accepts(&rule, "ah non_auth", "ah non_auth"));
	ck_assert(accepts(&rule, "ah hmac_sha1", "ah hmac_sha1"));
	ck_assert(!accepts(&rule, "ipcomp deflate", "ipcomp deflate"));
	/* our lifetimes, our truncation */
	ck_assert(accepts(&rule, "esp aes:128 hmac_sha256_96 life=77 kb=5 tunnel",
	    "esp aes:128 hmac_sha256_128"));
	ck_assert(choice.prop.life_sec == 77 && choice.prop.life_kb == 5 &&
		  choice.prop.mode == MODE_TUNNEL);
	ck_assert_int_eq(prop_first(&choice.prop.integ), INTEG_HMAC_SHA256_96);
}
END_TEST

START_TEST(v2_pfs_and_esn)
{
	struct prop_rule rule = { .version = 2 };
	struct prop o = prop_of("esp 3des hmac_sha1 modp2048"), t = o;
	struct prop_list lo = { .n = 1, .v = &o }, lt = { .n = 1, .v = &t };

	ck_assert(
	    accepts(&rule, "esp 3des hmac_sha1", "esp 3des hmac_sha1") && choice.prop.ke.n == 0);
	ck_assert(!accepts(&rule, "esp 3des hmac_sha1", "esp 3des hmac_sha1 modp2048"));
	ck_assert(!accepts(&rule, "esp 3des hmac_sha1 modp2048", "esp 3des hmac_sha1"));
	ck_assert(
	    accepts(&rule, "esp 3des hmac_sha1 modp2048 modp1024", "esp 3des hmac_sha1 modp1024"));
	/* NONE beside a group: without if we want none, and then NONE is what the answer says */
	ck_assert_int_eq(prop_algs_add(&t.ke, KE_NONE, 0), IKE_OK);
	ck_assert(prop_choose(&rule, &lo, &lt, &choice) == IKE_OK &&
		  prop_first(&choice.prop.ke) == KE_MODP2048);
	o.ke.n = 0;
	ck_assert(prop_choose(&rule, &lo, &lt, &choice) == IKE_OK && choice.prop.ke.n == 1 &&
		  choice.prop.ke.v[0].id == KE_NONE);
	/* in IKE_AUTH there is no key exchange to be had */
	rule.no_ke = true;
	ck_assert(accepts(&rule, "esp 3des hmac_sha1 modp2048", "esp 3des hmac_sha1") &&
		  choice.prop.ke.n == 0);
	ck_assert(accepts(&rule, "esp 3des hmac_sha1", "esp 3des hmac_sha1 modp2048") &&
		  choice.prop.ke.n == 0);
	rule.no_ke = false;
	ck_assert(accepts(&rule, "esp 3des hmac_sha1 esn noesn", "esp 3des hmac_sha1 esn noesn") &&
		  choice.prop.esn == ESN_YES);
	ck_assert(accepts(&rule, "esp 3des hmac_sha1", "esp 3des hmac_sha1 esn noesn") &&
		  choice.prop.esn == ESN_NO);
	ck_assert(!accepts(&rule, "esp 3des hmac_sha1", "esp 3des hmac_sha1 esn"));
	ck_assert(!accepts(&rule, "esp 3des hmac_sha1 esn", "esp 3des hmac_sha1 noesn"));
}
END_TEST

START_TEST(v2_answers)
{
	static const char offer[] =
	    "esp aes:256 aes:128 hmac_sha1 hmac_md5 modp2048 x25519 esn noesn n=3 spi=01020304";
	struct prop_rule rule = { .version = 2 };

	ck_assert(verifies(&rule, offer, "esp aes:128 hmac_md5 x25519 noesn n=3 spi=05060708"));
	ck_assert(choice.prop.number == 3 && prop_spi32(&choice.prop) == 0x05060708 &&
		  choice.prop.encr.v[0].bits == 128);
	ck_assert(!verifies(&rule, offer, "esp aes:128 hmac_md5 x25519 noesn n=2 spi=05060708"));
	ck_assert(!verifies(&rule, offer, "esp aes:192 hmac_md5 x25519 noesn n=3 spi=05060708"));
	ck_assert(!verifies(&rule, offer, "esp aes:128 hmac_sha256 x25519 noesn n=3 spi=05060708"));
	ck_assert(!verifies(&rule, offer, "esp aes:128 x25519 noesn n=3 spi=05060708"));
	ck_assert(!verifies(&rule, offer, "esp aes:128 non_auth x25519 noesn n=3 spi=05060708"));
	ck_assert(!verifies(&rule, offer, "esp aes:128 hmac_md5 noesn n=3 spi=05060708"));
	ck_assert(!verifies(&rule, offer, "esp aes:128 hmac_md5 modp1024 noesn n=3 spi=05060708"));
	ck_assert(
	    !verifies(&rule, offer, "esp aes:128 hmac_md5 x25519 modp2048 noesn n=3 spi=05060708"));
	ck_assert(
	    !verifies(&rule, offer, "esp aes:128 aes:256 hmac_md5 x25519 noesn n=3 spi=05060708"));
	ck_assert(
	    !verifies(&rule, offer, "esp aes:128 hmac_md5 x25519 esn noesn n=3 spi=05060708"));
	ck_assert(!verifies(&rule, offer, "esp aes:128 hmac_md5 x25519 n=3 spi=05060708"));
	ck_assert(!verifies(&rule, offer, "esp aes:128 hmac_md5 x25519 noesn n=3"));
	ck_assert(!verifies(&rule, offer, "ah hmac_md5 x25519 noesn n=3 spi=05060708"));
	/* a none that we did not write is still none */
	ck_assert(verifies(&rule, "esp aes_gcm_16:128 noesn n=1 spi=01020304",
	    "esp aes_gcm_16:128 non_auth noesn n=1 spi=05060708"));
	ck_assert(!verifies(&rule, "esp aes_gcm_16:128 noesn n=1 spi=01020304",
	    "esp aes_gcm_16:128 modp2048 noesn n=1 spi=05060708"));
	ck_assert(verifies(
	    &rule, "ike aes_gcm_16:128 sha1 x25519 n=1", "ike aes_gcm_16:128 sha1 x25519 n=1"));
	ck_assert(!verifies(
	    &rule, "ike aes_gcm_16:128 sha1 x25519 n=1", "ike aes_gcm_16:128 x25519 n=1"));
}
END_TEST

START_TEST(v1_answers)
{
	struct arena a = { 0 };
	struct prop_list ours = PROPS(
			     &a, "esp aes:256 aes:128 3des hmac_sha1 hmac_md5 modp1024 life=100"),
			 offer;
	struct prop_rule rule = { .version = 1, .check = CHECK_OBEY };
	struct prop answer;
	size_t i;

	ck_assert_int_eq(prop_v1_offer(&ours, &a, &offer), IKE_OK);
	for (i = 0; i < offer.n; i++) {
		answer = offer.v[i];
		prop_set_spi32(&answer, 0x1000);
		ck_assert_int_eq(prop_verify(&rule, &offer, &answer, &choice), IKE_OK);
		ck_assert(choice.ours == i && prop_spi32(&choice.prop) == 0x1000);
		/* renumbered it is found all the same */
		answer.number = 9;
		ck_assert_int_eq(prop_verify(&rule, &offer, &answer, &choice), IKE_OK);
		ck_assert(prop_equal(&choice.prop, &offer.v[i]));
	}
	answer = prop_of("esp blowfish:128 hmac_sha1 modp1024 life=100 n=1 t=1");
	ck_assert_int_eq(prop_verify(&rule, &offer, &answer, &choice), IKE_E_NO_PROPOSAL);
	arena_free(&a);
}
END_TEST

static void
expect_reason(
    uint8_t version, enum prop_check check, const char *ours, const char *theirs, const char *want)
{
	struct prop_rule rule = { .version = version, .check = (uint8_t)check };
	struct prop o = prop_of(ours), t[2] = { prop_of("ah hmac_md5 tunnel"), prop_of(theirs) };
	struct prop_list lo = { .n = 1, .v = &o }, lt = { .n = 2, .v = t };
	char s[300];
	struct text x = text_in(s, sizeof(s));

	prop_explain(&rule, &lo, &lt, &x);
	ck_assert_str_eq(s, want);
}

START_TEST(reasons)
{
	struct prop_rule rule = { .version = 1 };
	struct prop o = prop_of("esp 3des hmac_sha1");
	struct prop_list lo = { .n = 1, .v = &o }, none = { 0 };
	char s[300];
	struct text x = text_in(s, sizeof(s));

	expect_reason(1, CHECK_OBEY, "esp aes:256 hmac_sha1", "esp 3des hmac_sha1",
	    "encryption algorithm: ours aes-256, theirs 3des");
	expect_reason(1, CHECK_STRICT, "esp aes:256 hmac_sha1", "esp aes:128 hmac_sha1",
	    "key length: ours aes-256, theirs aes-128");
	expect_reason(1, CHECK_OBEY, "esp 3des hmac_sha1 hmac_md5", "esp 3des",
	    "authentication algorithm: ours hmac_sha1 hmac_md5, theirs none");
	expect_reason(1, CHECK_STRICT, "esp 3des hmac_sha1 modp2048", "esp 3des hmac_sha1",
	    "pfs group: ours modp2048, theirs none");
	expect_reason(1, CHECK_STRICT, "esp 3des hmac_sha1 life=5", "esp 3des hmac_sha1 life=9",
	    "lifetime: ours 5 s 0 kB, theirs 9 s 0 kB");
	expect_reason(1, CHECK_STRICT, "esp 3des hmac_sha1 tunnel", "esp 3des hmac_sha1 transport",
	    "mode: ours tunnel, theirs transport");
	expect_reason(1, CHECK_STRICT, "ike 3des sha1 modp1024 rsasig",
	    "ike 3des md5 modp1024 rsasig",
	    "hash or prf algorithm: ours prf_hmac_sha1, theirs prf_hmac_md5");
	expect_reason(1, CHECK_STRICT, "ike 3des sha1 modp1024 rsasig",
	    "ike 3des sha1 modp2048 rsasig", "dh group: ours modp1024, theirs modp2048");
	expect_reason(1, CHECK_STRICT, "ike 3des sha1 modp1024 rsasig",
	    "ike 3des sha1 modp1024 pre_shared_key",
	    "authentication method: ours rsasig, theirs pre_shared_key");
	expect_reason(1, CHECK_STRICT, "ipcomp deflate", "ipcomp lzs",
	    "compression algorithm: ours deflate, theirs lzs");
	expect_reason(1, CHECK_STRICT, "ike 3des", "esp 3des", "protocol: ours IKE, theirs AH");
	expect_reason(2, CHECK_OBEY, "esp 3des hmac_sha1", "esp 3des hmac_sha1 esn",
	    "extended sequence numbers: ours no, theirs yes");
	expect_reason(
	    2, CHECK_OBEY, "esp 3des hmac_sha1", "esp 3des hmac_sha1", "nothing is in the way");
	prop_explain(&rule, &lo, &none, &x);
	ck_assert_str_eq(s, "the peer offers nothing that we know");
	x = text_in(s, sizeof(s));
	prop_explain(&rule, &none, &lo, &x);
	ck_assert_str_eq(s, "we have nothing to offer");
	x = text_in(s, sizeof(s));
	o.bundle = 2;
	prop_explain(&rule, &lo, &lo, &x);
	ck_assert_str_eq(s, "bundle: the peer wants 2 protocols together");
}
END_TEST

/* The most that a peer can bring against a long list of ours. */
START_TEST(largest_lists)
{
	static struct prop ov[16], tv[PROP_MAX_LIST];
	struct prop_list ours = { .n = 16, .v = ov }, theirs = { .n = PROP_MAX_LIST, .v = tv };
	struct prop_rule rule = { .version = 2 };
	size_t i;
	unsigned k;

	for (i = 0; i < ours.n; i++) {
		ov[i] = (struct prop){ .proto = PROTO_ESP };
		for (k = 0; k < PROP_MAX_ALGS; k++)
			ck_assert_int_eq(
			    prop_algs_add(&ov[i].encr, ENCR_BLOWFISH, 40 + 8 * k), IKE_OK);
	}
	for (i = 0; i < theirs.n; i++) {
		tv[i] = (struct prop){ .proto = PROTO_ESP };
		for (k = 0; k < PROP_MAX_ALGS; k++)
			ck_assert_int_eq(
			    prop_algs_add(&tv[i].encr, ENCR_CAST128, 40 + 8 * k), IKE_OK);
	}
	ck_assert_int_eq(prop_choose(&rule, &ours, &theirs, &choice), IKE_E_NO_PROPOSAL);
	rule.version = 1;
	ck_assert_int_eq(prop_choose(&rule, &ours, &theirs, &choice), IKE_E_NO_PROPOSAL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("prop_select");
	TCase *t = tcase_create("prop_select");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, key_length_cells);
	tcase_add_test(t, pfs_cells);
	tcase_add_test(t, lifetime_cells);
	tcase_add_test(t, lifetimes_are_clamped);
	tcase_add_test(t, v1_must_be_equal);
	tcase_add_test(t, modes);
	tcase_add_test(t, xauth_and_hybrid_meet_their_counterpart);
	tcase_add_test(t, whose_preference);
	tcase_add_test(t, v2_rules);
	tcase_add_test(t, v2_pfs_and_esn);
	tcase_add_test(t, v2_answers);
	tcase_add_test(t, v1_answers);
	tcase_add_test(t, reasons);
	tcase_add_test(t, largest_lists);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
