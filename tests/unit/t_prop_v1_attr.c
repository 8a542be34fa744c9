/* SPDX-License-Identifier: BSD-3-Clause */
/* Attributes of IKEv1 transforms: every number, every form, every lifetime. */
#include "prop/prop_v1.h"
#include "wire/const.h"
#include "wire/pld_sa.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* A payload with one proposal and one transform of |n| attributes. */
static struct buf
one_transform(uint8_t proto, uint8_t id, const struct attr *attrs, size_t n)
{
	struct v1_transform t = { .number = 1, .id = id, .nattr = n, .attr = (struct attr *)attrs };
	struct v1_proposal p = {
		.number = 1,
		.proto = proto,
		.spi = slice_of("\x01\x02\x03\x04", proto == V1_PROTO_ISAKMP ? 0 : 4),
		.ntransform = 1,
		.transform = &t,
	};
	struct v1_sa sa = { .doi = V1_DOI_IPSEC,
		.situation = V1_SIT_IDENTITY_ONLY,
		.nproposal = 1,
		.proposal = &p };
	struct buf out = { 0 };
	struct wr w = { 0 };

	put_v1_sa(&w, &sa);
	ck_assert_int_eq(wr_take(&w, &out), IKE_OK);
	return out;
}

static struct attr
tv(uint16_t type, uint16_t value, uint8_t mem[2])
{
	mem[0] = (uint8_t)(value >> 8);
	mem[1] = (uint8_t)value;
	return (struct attr){ .type = type, .tv = true, .value = slice_of(mem, 2) };
}

/* Is the transform of these attributes usable?  Then it is in |*out|. */
static bool
usable(uint8_t proto, uint8_t id, const struct attr *attrs, size_t n, struct prop *out)
{
	struct buf b = one_transform(proto, id, attrs, n);
	struct arena a = { 0 };
	struct prop_list l;
	bool yes;

	ck_assert_int_eq(prop_v1_get(buf_slice(&b), &a, &l), IKE_OK);
	yes = l.n == 1;
	ck_assert(l.n <= 1);
	if (yes)
		*out = l.v[0];
	buf_free(&b);
	arena_free(&a);
	return yes;
}

/* The five attributes of a good phase 1 transform, one of them replaced. */
static bool
phase1_with(uint16_t type, uint16_t value, struct prop *out)
{
	static const uint16_t good[5][2] = {
		{ V1_OAKLEY_ENCR, V1_OAKLEY_ENCR_AES_CBC },
		{ V1_OAKLEY_KEY_LENGTH, 128 },
		{ V1_OAKLEY_AUTH, V1_OAKLEY_AUTH_PSK },
		{ V1_OAKLEY_HASH, V1_OAKLEY_HASH_SHA1 },
		{ V1_OAKLEY_GROUP, 14 },
	};
	struct attr attrs[6];
	uint8_t mem[6][2];
	size_t i, n = 0;

	for (i = 0; i < 5; i++) {
		/* a cipher other than AES stands without a key length here */
		if (good[i][0] == type ||
		    (type == V1_OAKLEY_ENCR && good[i][0] == V1_OAKLEY_KEY_LENGTH))
			continue;
		attrs[n] = tv(good[i][0], good[i][1], mem[n]);
		n++;
	}
	attrs[n] = tv(type, value, mem[n]);
	return usable(V1_PROTO_ISAKMP, V1_ISAKMP_KEY_IKE, attrs, n + 1, out);
}

/* T-algo: every number of every kind in phase 1, one at a time. */
START_TEST(every_number_in_phase1)
{
	struct prop p = { 0 };
	unsigned v;

	for (v = 0; v <= 0xffff; v++) {
		const struct alg *encr = alg_find_v1_ike(ALG_ENCR, v),
				 *hash = alg_find_v1_ike(ALG_HASH, v);
		const struct alg *ke = alg_find_v1_ike(ALG_KE, v),
				 *auth = alg_find_v1_ike(ALG_AUTH, v);

		/*
		 * most of the range is the same: a sample of it is enough behind the assigned
		 * numbers
		 */
		if (v > 1100 && v < 64000 && v % 97 != 0)
			continue;
		ck_assert_int_eq(phase1_with(V1_OAKLEY_ENCR, (uint16_t)v, &p),
		    encr != NULL && !(encr->flags & ALG_UNUSABLE));
		if (encr != NULL && !(encr->flags & ALG_UNUSABLE))
			ck_assert(prop_first(&p.encr) == encr->id &&
				  (encr->flags & ALG_VARKEY ? p.encr.v[0].bits == encr->key_default
							    : p.encr.v[0].bits == 0));
		ck_assert_int_eq(phase1_with(V1_OAKLEY_HASH, (uint16_t)v, &p), hash != NULL);
		if (hash != NULL)
			ck_assert_int_eq(prop_first(&p.prf), alg_prf_of_hash(hash->id));
		ck_assert_int_eq(phase1_with(V1_OAKLEY_GROUP, (uint16_t)v, &p),
		    ke != NULL && !(ke->flags & ALG_UNUSABLE));
		if (ke != NULL && !(ke->flags & ALG_UNUSABLE))
			ck_assert_int_eq(prop_first(&p.ke), ke->id);
		ck_assert_int_eq(phase1_with(V1_OAKLEY_AUTH, (uint16_t)v, &p),
		    auth != NULL && !(auth->flags & ALG_UNUSABLE));
		if (auth != NULL && !(auth->flags & ALG_UNUSABLE))
			ck_assert_int_eq(p.auth, auth->id);
		ck_assert_int_eq(phase1_with(V1_OAKLEY_KEY_LENGTH, (uint16_t)v, &p),
		    v == 128 || v == 192 || v == 256);
		/* no other attribute may be there at all */
		if (v < 5 || (v > 10 && v < 13) || v == 14 || v > 0x7fff)
			continue;
		ck_assert(!phase1_with((uint16_t)v, 1, &p));
	}
}
END_TEST

/*
 * T-esp-algo: every ESP, AH and IPComp transform with every authentication algorithm of note and
 * every kind of key length.
 */
START_TEST(every_number_in_phase2)
{
	static const uint16_t lengths[] = { 0, 1, 8, 40, 56, 64, 127, 128, 160, 192, 255, 256, 448,
		65535 };
	struct attr attrs[4];
	uint8_t mem[4][2];
	unsigned id, auth, k;
	struct prop p;

	for (id = 0; id < 256; id++) {
		const struct alg *e = alg_find_v1_ipsec(ALG_ENCR, id),
				 *c = alg_find_v1_ipsec(ALG_COMP, id);
		bool e_ok = e != NULL && !(e->flags & ALG_UNUSABLE);

		attrs[0] = tv(V1_IPSEC_ENCAP_MODE, V1_IPSEC_ENCAP_TRANSPORT, mem[0]);
		ck_assert_int_eq(usable(V1_PROTO_ESP, (uint8_t)id, attrs, 1, &p), e_ok);
		ck_assert(!usable(V1_PROTO_AH, (uint8_t)id, attrs, 1, &p));
		for (auth = 0; auth <= 300; auth += auth < 20 ? 1 : 13) {
			const struct alg *i = alg_find_v1_ipsec(ALG_INTEG, auth);
			bool i_ok = i != NULL && !(i->flags & ALG_UNUSABLE);

			attrs[1] = tv(
			    V1_IPSEC_AUTH_ALG, (uint16_t)(auth > 255 ? auth * 211 : auth), mem[1]);
			if (auth > 255)
				i_ok = false;
			ck_assert_int_eq(usable(V1_PROTO_ESP, (uint8_t)id, attrs, 2, &p),
			    e_ok && (auth == 0 || (i_ok && !(e->flags & ALG_AEAD))));
			ck_assert_int_eq(usable(V1_PROTO_AH, (uint8_t)id, attrs, 2, &p),
			    i_ok && i->v1_ah == (int)id);
		}
		for (k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
			attrs[1] = tv(V1_IPSEC_KEY_LENGTH, lengths[k], mem[1]);
			ck_assert_int_eq(usable(V1_PROTO_ESP, (uint8_t)id, attrs, 2, &p),
			    e_ok && lengths[k] != 0 && alg_key_ok(e, lengths[k]));
		}
		if (c != NULL && !(c->flags & ALG_UNUSABLE))
			ck_assert_uint_eq(id, V1_IPCOMP_DEFLATE);
	}
}
END_TEST

START_TEST(phase2_attributes)
{
	struct attr attrs[6];
	uint8_t mem[6][2];
	unsigned v;
	struct prop p;

	attrs[0] = tv(V1_IPSEC_AUTH_ALG, 2, mem[0]);
	for (v = 0; v <= 0xffff; v += v < 300 || v > 61400 ? 1 : 17) {
		attrs[1] = tv(V1_IPSEC_ENCAP_MODE, (uint16_t)v, mem[1]);
		ck_assert_int_eq(usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 2, &p),
		    (v >= 1 && v <= 4) || v == 61443 || v == 61444);
		attrs[1] = tv(V1_IPSEC_GROUP, (uint16_t)v, mem[1]);
		ck_assert_int_eq(usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 2, &p),
		    alg_find_v1_ike(ALG_KE, v) != NULL &&
			!(alg_find_v1_ike(ALG_KE, v)->flags & ALG_UNUSABLE));
		attrs[1] = tv(V1_IPSEC_ESN, (uint16_t)v, mem[1]);
		ck_assert_int_eq(usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 2, &p), v == 1);
	}
	attrs[1] = tv(V1_IPSEC_ESN, 1, mem[1]);
	ck_assert(usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 2, &p) && p.esn == ESN_YES);
	for (v = 7; v < 0x8000; v++) {
		attrs[1] = tv((uint16_t)v, 1, mem[1]);
		ck_assert_int_eq(
		    usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 2, &p), v == V1_IPSEC_ESN);
	}
	/* the same twice is once, two that differ spoil the transform */
	attrs[1] = tv(V1_IPSEC_AUTH_ALG, 2, mem[1]);
	ck_assert(usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 2, &p));
	attrs[1] = tv(V1_IPSEC_AUTH_ALG, 1, mem[1]);
	ck_assert(!usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 2, &p));
	/* protocols and phase 1 transform ids that are none */
	for (v = 0; v < 256; v++) {
		ck_assert_int_eq(usable((uint8_t)v, 2, attrs, 0, &p), v == V1_PROTO_ESP);
		ck_assert(!usable(V1_PROTO_ISAKMP, (uint8_t)v, attrs, 0, &p));
	}
}
END_TEST

/* T-attr: each attribute of phase 1 in the long form, of any length. */
START_TEST(long_form_attributes)
{
	static const uint8_t bytes[24] = { 0 };
	struct attr attrs[5];
	uint8_t mem[5][2], one[24];
	size_t len, which;
	struct prop p;

	for (which = 0; which < 5; which++) {
		for (len = 0; len <= 20; len++) {
			attrs[0] = tv(V1_OAKLEY_ENCR, V1_OAKLEY_ENCR_AES_CBC, mem[0]);
			attrs[1] = tv(V1_OAKLEY_KEY_LENGTH, 128, mem[1]);
			attrs[2] = tv(V1_OAKLEY_AUTH, V1_OAKLEY_AUTH_PSK, mem[2]);
			attrs[3] = tv(V1_OAKLEY_HASH, V1_OAKLEY_HASH_SHA1, mem[3]);
			attrs[4] = tv(V1_OAKLEY_GROUP, 14, mem[4]);
			/* the right value with zeroes before it is accepted */
			memset(one, 0, sizeof(one));
			if (len > 0)
				one[len - 1] = attrs[which].value.p[1];
			attrs[which].tv = false;
			attrs[which].value = slice_of(one, len);
			ck_assert_int_eq(usable(V1_PROTO_ISAKMP, 1, attrs, 5, &p), len > 0);
			attrs[which].value = slice_of(bytes, len);
			ck_assert(!usable(V1_PROTO_ISAKMP, 1, attrs, 5, &p));
			memset(one, 0xff, sizeof(one));
			attrs[which].value = slice_of(one, len);
			ck_assert(!usable(V1_PROTO_ISAKMP, 1, attrs, 5, &p));
		}
	}
}
END_TEST

/* T-life: durations in every form. */
START_TEST(lifetimes_on_the_wire)
{
	static const struct {
		size_t n;
		uint8_t bytes[12];
		uint32_t want;
	} forms[] = {
		{ 1, { 60 }, 60 },
		{ 2, { 0x0e, 0x10 }, 3600 },
		{ 3, { 1, 0, 0 }, 65536 },
		{ 4, { 0, 1, 0x51, 0x80 }, 86400 },
		{ 4, { 0xff, 0xff, 0xff, 0xff }, UINT32_MAX },
		{ 5, { 1, 0, 0, 0, 0 }, UINT32_MAX },
		{ 8, { 0, 0, 0, 0, 0, 0, 0, 1 }, 1 },
		{ 8, { 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff }, UINT32_MAX },
		{ 8, { 1 }, UINT32_MAX },
		{ 12, { [11] = 7 }, 7 },
		{ 12, { 1 }, UINT32_MAX },
		{ 4, { 0 }, 0 },
		{ 8, { 0 }, 0 },
	};
	struct attr attrs[6];
	uint8_t mem[6][2];
	struct prop p;
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		attrs[0] = tv(V1_IPSEC_LIFE_TYPE, V1_LIFE_SECONDS, mem[0]);
		attrs[1] = (struct attr){ .type = V1_IPSEC_LIFE_DURATION,
			.value = slice_of(forms[i].bytes, forms[i].n) };
		ck_assert(usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 2, &p));
		ck_assert(p.life_sec == forms[i].want && p.life_kb == 0);
		attrs[0] = tv(V1_IPSEC_LIFE_TYPE, V1_LIFE_KILOBYTES, mem[0]);
		ck_assert(usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 2, &p));
		ck_assert(p.life_kb == forms[i].want && p.life_sec == 0);
	}
	/* short form, both kinds, and what does not fit together */
	attrs[0] = tv(V1_IPSEC_LIFE_TYPE, V1_LIFE_SECONDS, mem[0]);
	attrs[1] = tv(V1_IPSEC_LIFE_DURATION, 28800, mem[1]);
	attrs[2] = tv(V1_IPSEC_LIFE_TYPE, V1_LIFE_KILOBYTES, mem[2]);
	attrs[3] = tv(V1_IPSEC_LIFE_DURATION, 1000, mem[3]);
	ck_assert(usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 4, &p) && p.life_sec == 28800 &&
		  p.life_kb == 1000);
	ck_assert(!usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 3, &p));
	ck_assert(!usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 1, &p));
	ck_assert(!usable(V1_PROTO_ESP, V1_ESP_3DES, attrs + 1, 1, &p));
	attrs[2] = tv(V1_IPSEC_LIFE_TYPE, V1_LIFE_SECONDS, mem[2]);
	ck_assert(!usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 4, &p));
	attrs[3] = tv(V1_IPSEC_LIFE_DURATION, 28800, mem[3]);
	ck_assert(usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 4, &p) && p.life_sec == 28800);
	attrs[0] = tv(V1_IPSEC_LIFE_TYPE, 3, mem[0]);
	ck_assert(!usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 2, &p));
	attrs[0] = tv(V1_IPSEC_LIFE_TYPE, 0, mem[0]);
	ck_assert(!usable(V1_PROTO_ESP, V1_ESP_3DES, attrs, 2, &p));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("prop_v1_attr");
	TCase *t = tcase_create("prop_v1_attr");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, every_number_in_phase1);
	tcase_add_test(t, every_number_in_phase2);
	tcase_add_test(t, phase2_attributes);
	tcase_add_test(t, long_form_attributes);
	tcase_add_test(t, lifetimes_on_the_wire);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
