/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Selection against a reference that tries every combination of every pair in order of preference,
 * and both ends of a negotiation against each other over the wire.
 */
#include "prop/prop_v1.h"
#include "prop/prop_v2.h"
#include "prop/select.h"
#include "prop_help.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct prop_choice choice;

static uint32_t rng;

/* A random sub-list of |n| of the words, in random order. */
static void
some(struct prop_algs *l, const struct prop_alg *of, uint32_t n, uint32_t max)
{
	uint32_t want = prop_rnd(&rng, max + 1), i;

	for (i = 0; i < want; i++) {
		struct prop_alg a = of[prop_rnd(&rng, n)];

		ck_assert_int_eq(prop_algs_add(l, (enum alg_id)a.id, a.bits), IKE_OK);
	}
}

static const struct prop_alg encrs[] = {
	{ ENCR_AES_CBC, 128 },
	{ ENCR_AES_CBC, 256 },
	{ ENCR_AES_CBC, 192 },
	{ ENCR_3DES, 0 },
	{ ENCR_AES_GCM_16, 128 },
	{ ENCR_AES_GCM_16, 256 },
	{ ENCR_NULL, 0 },
};
static const struct prop_alg integs[] = { { INTEG_HMAC_SHA1_96, 0 }, { INTEG_HMAC_MD5_96, 0 },
	{ INTEG_HMAC_SHA256_128, 0 }, { INTEG_NONE, 0 } };
static const struct prop_alg prfs[] = { { PRF_HMAC_SHA1, 0 }, { PRF_HMAC_MD5, 0 },
	{ PRF_HMAC_SHA256, 0 } };
static const struct prop_alg groups[] = { { KE_MODP1024, 0 }, { KE_MODP2048, 0 }, { KE_X25519, 0 },
	{ KE_NONE, 0 } };

static struct prop
random_v2(bool ike)
{
	struct prop p = { .proto = ike                      ? PROTO_IKE
				   : prop_rnd(&rng, 8) == 0 ? PROTO_AH
							    : PROTO_ESP };

	if (p.proto != PROTO_AH)
		some(&p.encr, encrs, 7, 4);
	some(&p.integ, integs, 4, 3);
	some(&p.ke, groups, 4, 3);
	if (ike)
		some(&p.prf, prfs, 3, 3);
	else
		p.esn = (uint8_t)prop_rnd(&rng, 4);
	return p;
}

/* Entry |i| of |l|, or |none| if the list is empty. */
static struct prop_alg
entry(const struct prop_algs *l, int i, enum alg_id none)
{
	return l->n > 0 ? l->v[i] : (struct prop_alg){ .id = (uint16_t)none };
}

static int
count(const struct prop_algs *l)
{
	return l->n > 0 ? l->n : 1;
}

static bool
has(const struct prop_algs *l, struct prop_alg a, enum alg_id none)
{
	int i;

	for (i = 0; i < l->n; i++) {
		if (l->v[i].id == a.id && l->v[i].bits == a.bits)
			return true;
	}
	return l->n == 0 && a.id == none;
}

static bool
aead(enum alg_id id)
{
	return id == ENCR_AES_GCM_16;
}

/* The four algorithms of a suite; is it sound by itself for |proto|? */
struct four {
	struct prop_alg encr, integ, prf, ke;
};

static bool
sound(uint8_t proto, const struct four *f)
{
	if (proto == PROTO_IKE)
		return f->encr.id != 0 && f->prf.id != 0 && f->ke.id != KE_NONE &&
		       (aead((enum alg_id)f->encr.id) == (f->integ.id == INTEG_NONE));
	if (proto == PROTO_AH)
		return f->integ.id != INTEG_NONE;
	if (f->encr.id == 0 || (aead((enum alg_id)f->encr.id) && f->integ.id != INTEG_NONE))
		return false;
	return !(f->encr.id == ENCR_NULL && f->integ.id == INTEG_NONE);
}

/* The reference for one pair: the first sound combination of ours that is also one of theirs. */
static bool
reference_v2(const struct prop *o, const struct prop *t, struct four *out)
{
	int e, i, h, g;

	if (o->proto != t->proto)
		return false;
	for (e = 0; e < count(&o->encr); e++) {
		/* with an AEAD the integrity list of ours is not for it */
		bool is_aead = aead((enum alg_id)entry(&o->encr, e, ALG_ID_NONE).id);
		int integs_n = is_aead ? 1 : count(&o->integ);

		for (i = 0; i < integs_n; i++) {
			for (h = 0; h < count(&o->prf); h++) {
				for (g = 0; g < count(&o->ke); g++) {
					struct four f = {
						.encr = entry(&o->encr, e, ALG_ID_NONE),
						.prf = entry(&o->prf, h, ALG_ID_NONE),
						.ke = entry(&o->ke, g, KE_NONE),
						.integ = is_aead
							     ? (struct prop_alg){ .id = INTEG_NONE }
							     : entry(&o->integ, i, INTEG_NONE),
					};

					if (sound(o->proto, &f) &&
					    has(&t->encr, f.encr, ALG_ID_NONE) &&
					    has(&t->integ, f.integ, INTEG_NONE) &&
					    has(&t->prf, f.prf, ALG_ID_NONE) &&
					    has(&t->ke, f.ke, KE_NONE)) {
						*out = f;
						return true;
					}
				}
			}
		}
	}
	return false;
}

static int
place(const struct prop_algs *l, struct prop_alg a)
{
	int i = prop_algs_index(l, (enum alg_id)a.id, a.bits);

	return i < 0 ? 0 : i;
}

static bool
better(const struct prop *o, const struct four *x, const struct four *y)
{
	int a[4] = { place(&o->encr, x->encr), place(&o->integ, x->integ), place(&o->prf, x->prf),
		place(&o->ke, x->ke) };
	int b[4] = { place(&o->encr, y->encr), place(&o->integ, y->integ), place(&o->prf, y->prf),
		place(&o->ke, y->ke) };
	int i;

	if (aead((enum alg_id)x->encr.id))
		a[1] = 0;
	if (aead((enum alg_id)y->encr.id))
		b[1] = 0;
	for (i = 0; i < 4; i++) {
		if (a[i] != b[i])
			return a[i] < b[i];
	}
	return false;
}

static bool
esn_meet(const struct prop *o, const struct prop *t)
{
	return o->proto == PROTO_IKE ||
	       ((o->esn != 0 ? o->esn : ESN_NO) & (t->esn != 0 ? t->esn : ESN_NO)) != 0;
}

static void
expect_four(const struct prop *got, const struct four *want)
{
	ck_assert(prop_first(&got->encr) == (enum alg_id)want->encr.id &&
		  (got->encr.n == 0 || got->encr.v[0].bits == want->encr.bits));
	ck_assert_int_eq(
	    prop_first(&got->integ), want->integ.id == INTEG_NONE ? ALG_ID_NONE : want->integ.id);
	ck_assert_int_eq(prop_first(&got->prf), want->prf.id);
	ck_assert_int_eq(prop_first(&got->ke), want->ke.id == KE_NONE ? ALG_ID_NONE : want->ke.id);
}

START_TEST(v2_against_the_reference)
{
	struct prop ov[3], tv[4];
	struct prop_list ours = { .v = ov }, theirs = { .v = tv };
	struct prop_rule rule = { .version = 2 };
	unsigned round, agreed = 0;
	size_t i, j, at, from;

	rng = 42;
	for (round = 0; round < 10000; round++) {
		struct four f, best;
		bool ike = prop_rnd(&rng, 2) == 0, found = false;

		ours.n = 1 + prop_rnd(&rng, 3);
		theirs.n = 1 + prop_rnd(&rng, 4);
		for (i = 0; i < ours.n; i++)
			ov[i] = random_v2(ike);
		for (i = 0; i < theirs.n; i++)
			tv[i] = random_v2(ike);
		at = from = 0;
		for (i = 0; i < ours.n && !found; i++) {
			for (j = 0; j < theirs.n; j++) {
				if (!esn_meet(&ov[i], &tv[j]) ||
				    !reference_v2(&ov[i], &tv[j], &f) ||
				    (found && !better(&ov[i], &f, &best)))
					continue;
				best = f;
				at = i;
				from = j;
				found = true;
			}
		}
		ck_assert_int_eq(prop_choose(&rule, &ours, &theirs, &choice),
		    found ? IKE_OK : IKE_E_NO_PROPOSAL);
		if (!found)
			continue;
		agreed++;
		ck_assert(choice.ours == at && choice.theirs == from);
		expect_four(&choice.prop, &best);
		/* and the initiator accepts what we chose as an answer to its offer */
		for (j = 0; j < theirs.n; j++)
			tv[j].number = (uint8_t)(j + 1);
		choice.prop.number = (uint8_t)(from + 1);
		{
			struct prop answer = choice.prop;
			struct prop_choice back;

			ck_assert_int_eq(prop_verify(&rule, &theirs, &answer, &back), IKE_OK);
			expect_four(&back.prop, &best);
		}
	}
	ck_assert_uint_gt(agreed, 1000);
	ck_assert_uint_lt(agreed, 9000);
}
END_TEST

static struct prop
random_v1(bool ike, bool single)
{
	static const uint16_t auths[] = { AUTH_PSK, AUTH_RSASIG };
	struct prop p = { .proto = ike ? PROTO_IKE : PROTO_ESP,
		.mode = ike ? MODE_ANY : (uint8_t)prop_rnd(&rng, 3) };
	uint32_t max = single ? 1 : 3;

	do {
		p.encr.n = 0;
		some(&p.encr, encrs, ike ? 4 : 6, max);
	} while (p.encr.n == 0);
	p.life_sec = prop_rnd(&rng, 3) * 100;
	p.life_kb = prop_rnd(&rng, 6) == 0 ? 100 * prop_rnd(&rng, 3) : 0;
	if (ike) {
		do {
			some(&p.prf, prfs, 2, max);
			some(&p.ke, groups, 3, max);
		} while (p.prf.n == 0 || p.ke.n == 0);
		if (single)
			p.prf.n = p.ke.n = 1;
		p.auth = auths[prop_rnd(&rng, 4) == 0];
		return p;
	}
	some(&p.integ, integs, 3, max);
	some(&p.ke, groups, 3, single ? 1 : 2);
	if (single && aead((enum alg_id)p.encr.v[0].id))
		p.integ.n = 0;
	return p;
}

/* racoon's comparison of two lifetimes, 0 standing for |dflt|. */
static bool
life_fits(unsigned check, bool ike, uint32_t mine, uint32_t theirs, uint32_t dflt)
{
	uint32_t m = mine != 0 ? mine : dflt, t = theirs != 0 ? theirs : dflt;

	if (check == CHECK_OBEY || (check == CHECK_CLAIM && !ike))
		return true;
	return check == CHECK_EXACT ? m == t : t <= m;
}

/*
 * The reference for one pair of IKEv1: does |t|, of one algorithm each, fit |o|?  Then its place in
 * our lists.
 */
static bool
reference_v1(unsigned check, const struct prop *o, const struct prop *t, int rank[4])
{
	unsigned bits = t->encr.v[0].bits;
	int i, e = -1;

	memset(rank, 0, 4 * sizeof(rank[0]));
	if (o->mode != MODE_ANY && t->mode != MODE_ANY && o->mode != t->mode)
		return false;
	for (i = o->encr.n - 1; i >= 0; i--) {
		if (o->encr.v[i].id == t->encr.v[0].id &&
		    (check == CHECK_OBEY || (check == CHECK_EXACT ? bits == o->encr.v[i].bits
								  : bits >= o->encr.v[i].bits)))
			e = i;
	}
	if (prop_algs_index(&o->encr, (enum alg_id)t->encr.v[0].id, bits) >= 0)
		e = prop_algs_index(&o->encr, (enum alg_id)t->encr.v[0].id, bits);
	if (e < 0 || !life_fits(check, o->proto == PROTO_IKE, o->life_sec, t->life_sec, 28800) ||
	    !life_fits(check, o->proto == PROTO_IKE, o->life_kb, t->life_kb, UINT32_MAX))
		return false;
	rank[0] = e;
	if (o->proto == PROTO_IKE) {
		rank[2] = prop_algs_index(&o->prf, prop_first(&t->prf), 0);
		rank[3] = prop_algs_index(&o->ke, prop_first(&t->ke), 0);
		return rank[2] >= 0 && rank[3] >= 0 && o->auth == t->auth;
	}
	if (!aead(prop_first(&t->encr))) {
		if (t->integ.n == 0 && o->integ.n > 0)
			return false;
		rank[1] =
		    t->integ.n == 0 ? 0 : prop_algs_index(&o->integ, prop_first(&t->integ), 0);
		if (rank[1] < 0)
			return false;
	}
	rank[3] = t->ke.n > 0 ? prop_algs_index(&o->ke, prop_first(&t->ke), 0) : -1;
	if (rank[3] >= 0)
		return true;
	rank[3] = 0;
	if (check == CHECK_OBEY)
		return true;
	if (check == CHECK_EXACT)
		return o->ke.n == 0 && t->ke.n == 0;
	return o->ke.n == 0;
}

START_TEST(v1_against_the_reference)
{
	struct prop ov[3], tv[6];
	struct prop_list ours = { .v = ov }, theirs = { .v = tv };
	unsigned round, agreed = 0, refused = 0;
	size_t i, j, at, from;
	int rank[4], best[4];

	rng = 4711;
	for (round = 0; round < 10000; round++) {
		struct prop_rule rule = { .version = 1,
			.check = (uint8_t)prop_rnd(&rng, 4),
			.prefer_theirs = prop_rnd(&rng, 2) == 0 };
		bool ike = prop_rnd(&rng, 2) == 0, found = false;

		ours.n = 1 + prop_rnd(&rng, 3);
		theirs.n = 1 + prop_rnd(&rng, 6);
		for (i = 0; i < ours.n; i++)
			ov[i] = random_v1(ike, false);
		for (i = 0; i < theirs.n; i++)
			tv[i] = random_v1(ike, true);
		at = from = 0;
		for (j = 0; j < theirs.n && rule.prefer_theirs && !found; j++) {
			for (i = 0; i < ours.n && !found; i++) {
				found = reference_v1(rule.check, &ov[i], &tv[j], rank);
				at = i;
				from = j;
			}
		}
		for (i = 0; i < ours.n && !rule.prefer_theirs && !found; i++) {
			for (j = 0; j < theirs.n; j++) {
				if (!reference_v1(rule.check, &ov[i], &tv[j], rank))
					continue;
				/* |rank| is compared from its first place on */
				size_t k = 0;

				while (found && k < 4 && rank[k] == best[k])
					k++;
				if (found && (k == 4 || rank[k] > best[k]))
					continue;
				memcpy(best, rank, sizeof(best));
				at = i;
				from = j;
				found = true;
			}
		}
		ck_assert_int_eq(prop_choose(&rule, &ours, &theirs, &choice),
		    found ? IKE_OK : IKE_E_NO_PROPOSAL);
		refused += !found;
		if (!found)
			continue;
		agreed++;
		ck_assert(choice.ours == at && choice.theirs == from);
		ck_assert(prop_first(&choice.prop.encr) == prop_first(&tv[from].encr) &&
			  choice.prop.encr.v[0].bits == tv[from].encr.v[0].bits);
		ck_assert_int_eq(prop_first(&choice.prop.integ), prop_first(&tv[from].integ));
		ck_assert_int_eq(prop_first(&choice.prop.ke), prop_first(&tv[from].ke));
	}
	ck_assert_uint_gt(agreed, 1000);
	ck_assert_uint_gt(refused, 1000);
}
END_TEST

/* Offer, read, choose, answer, read, verify: both ends over the wire agree, in both versions. */
START_TEST(two_ends_over_the_wire)
{
	static const char spi[2][4] = { "\x0a\x0b\x0c\x0d", "\x01\x02\x03\x04" };
	struct prop iv[2], rv[2];
	struct prop_list init = { .n = 2, .v = iv }, resp = { .n = 2, .v = rv };
	unsigned round, agreed = 0;

	rng = 99;
	for (round = 0; round < 1500; round++) {
		bool ike = prop_rnd(&rng, 2) == 0, v2 = prop_rnd(&rng, 2) == 0;
		struct prop_rule rule = { .version = v2 ? 2 : 1, .check = CHECK_OBEY };
		struct prop_list offer, got, answers;
		struct arena a = { 0 };
		struct wr w = { 0 }, x = { 0 };
		struct prop answer;
		struct prop_choice back;
		int i;

		for (i = 0; i < 2; i++) {
			iv[i] = v2 ? random_v2(ike) : random_v1(ike, false);
			rv[i] = v2 ? random_v2(ike) : random_v1(ike, false);
		}
		if ((v2 ? prop_v2_offer(&init, 0, &a, &offer) : prop_v1_offer(&init, &a, &offer)) ==
		    IKE_OK) {
			if (!ike)
				prop_list_set_spi(&offer, slice_of(spi[0], 4));
			if (v2)
				prop_v2_put(&w, &offer);
			else
				prop_v1_put(&w, &offer);
			ck_assert_int_eq(wr_err(&w), IKE_OK);
			ck_assert_int_eq(v2 ? prop_v2_get(buf_slice(&w.buf), &a, &got)
					    : prop_v1_get(buf_slice(&w.buf), &a, &got),
			    IKE_OK);
			ck_assert_uint_eq(got.n, offer.n);
			if (prop_choose(&rule, &resp, &got, &choice) == IKE_OK) {
				if (!ike)
					prop_set_spi32(&choice.prop, 0x01020304);
				if (v2) {
					prop_v2_put_one(&x, &choice.prop);
					ck_assert_int_eq(
					    prop_v2_get_answer(buf_slice(&x.buf), &answer), IKE_OK);
				} else {
					prop_v1_put_answer(&x, buf_slice(&w.buf), &choice.prop);
					ck_assert_int_eq(
					    prop_v1_get_answer(buf_slice(&x.buf), &a, &answers),
					    IKE_OK);
					answer = answers.v[0];
				}
				ck_assert_int_eq(
				    prop_verify(&rule, &offer, &answer, &back), IKE_OK);
				ck_assert(
				    prop_first(&back.prop.encr) == prop_first(&choice.prop.encr) &&
				    prop_first(&back.prop.integ) ==
					prop_first(&choice.prop.integ) &&
				    prop_first(&back.prop.prf) == prop_first(&choice.prop.prf) &&
				    prop_first(&back.prop.ke) == prop_first(&choice.prop.ke) &&
				    back.prop.esn == choice.prop.esn);
				/*
				 * an offer that leaves the mode open learns nothing from the answer
				 * that repeats it
				 */
				if (!v2 && offer.v[back.ours].mode != MODE_ANY)
					ck_assert_int_eq(back.prop.mode, choice.prop.mode);
				if (!ike)
					ck_assert_uint_eq(prop_spi32(&back.prop), 0x01020304);
				agreed++;
			}
		}
		wr_free(&w);
		wr_free(&x);
		arena_free(&a);
	}
	ck_assert_uint_gt(agreed, 150);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("prop_diff");
	TCase *t = tcase_create("prop_diff");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, v2_against_the_reference);
	tcase_add_test(t, v1_against_the_reference);
	tcase_add_test(t, two_ends_over_the_wire);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
