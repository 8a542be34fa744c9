/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every algorithm of the registry: either it is refused, with a reason and nothing left behind, or it reads back as
 * it was sent.  What a kernel must have is named.
 */
#include "kern/fix.h"

#include <stdio.h>
#include <string.h>

static void
try_sa(const struct sa_spec *s, size_t *done)
{
	struct sa_spec got;
	ike_err err = install(s, false);

	if (err != IKE_OK) {
		ck_assert_msg(err == IKE_E_KERNEL || err == IKE_E_UNSUPPORTED,
		    "encr %x integ %x comp %x: %s", s->encr, s->integ, s->comp, ike_err_text(err));
		ck_assert_uint_gt(strlen(fix.kern->reason), 0);
		ck_assert_int_ne(fix.kern->errnum, 0);
		ck_assert_int_eq(get(&s->id, &got), IKE_E_NOTFOUND);
		return;
	}
	ck_assert_int_eq(get(&s->id, &got), IKE_OK);
	same_sa(s, &got);
	ck_assert_int_eq(fix.kern->ops->sa_delete(fix.kern, &s->id, &fix.us), IKE_OK);
	(*done)++;
}

START_TEST(ciphers)
{
	size_t n, done = 0;
	const struct alg *a = alg_of_kind(ALG_ENCR, &n);
	struct sa_spec s;

	NEEDS_ESP();
	for (size_t i = 0; i < n; i++) {
		unsigned step = a[i].key_step != 0 ? a[i].key_step : 1;

		for (unsigned bits = a[i].key_min; bits <= a[i].key_max; bits += step) {
			s = esp(0x1000);
			s.encr = (uint16_t)a[i].id;
			s.encr_bits = (uint16_t)bits;
			if ((a[i].flags & ALG_AEAD) != 0)
				s.integ = ALG_ID_NONE;
			if (alg_keymat_len(&a[i], bits) > sizeof(((struct sa_keys *)NULL)->encr))
				break;
			/* the long tails of old ciphers: both ends and the middle are enough */
			if (step == 8 && bits != a[i].key_min && bits != a[i].key_max &&
			    bits != 128)
				continue;
			try_sa(&s, &done);
		}
	}
	ck_assert_uint_ge(done, 5);
}
END_TEST

START_TEST(integrity)
{
	size_t n, done = 0;
	const struct alg *a = alg_of_kind(ALG_INTEG, &n);
	struct sa_spec s;

	NEEDS_ESP();
	for (size_t i = 0; i < n; i++) {
		s = esp(0x1000);
		s.integ = (uint16_t)a[i].id;
		if (s.integ != INTEG_NONE)
			try_sa(&s, &done);
	}
	ck_assert_uint_ge(done, 3);
}
END_TEST

START_TEST(authentication_header)
{
	size_t n, done = 0;
	const struct alg *a = alg_of_kind(ALG_INTEG, &n);
	struct sa_spec s;

	NEEDS(KERN_AH, "AH");
	for (size_t i = 0; i < n; i++) {
		s = esp(0x1000);
		s.id.proto = PROTO_AH;
		s.encr = ALG_ID_NONE;
		s.encr_bits = 0;
		s.integ = (uint16_t)a[i].id;
		if (s.integ != INTEG_NONE)
			try_sa(&s, &done);
	}
	ck_assert_uint_ge(done, 3);
}
END_TEST

START_TEST(compression)
{
	struct sa_spec s = esp(0x1000);
	size_t done = 0;

	NEEDS(KERN_IPCOMP, "IPComp");
	s.id.proto = PROTO_IPCOMP;
	s.encr = s.encr_bits = s.integ = ALG_ID_NONE;
	s.replay_window = 0;
	s.comp = COMP_DEFLATE;
	try_sa(&s, &done);
	ck_assert_uint_eq(done, 1);
	s.comp = COMP_OUI;
	try_sa(&s, &done);
	ck_assert_uint_eq(done, 1);
}
END_TEST

/* What RFC 8221 makes mandatory, or a reason why not. */
START_TEST(the_important_ones)
{
	static const struct {
		uint16_t encr, bits, integ;
	} suite[] = {
		{ ENCR_AES_CBC, 128, INTEG_HMAC_SHA1_96 },
		{ ENCR_AES_CBC, 256, INTEG_HMAC_SHA1_96 },
		{ ENCR_AES_CBC, 256, INTEG_HMAC_SHA512_256 },
		{ ENCR_AES_CBC, 256, INTEG_HMAC_SHA256_96 },
		{ ENCR_NULL, 0, INTEG_HMAC_SHA1_96 },
	};
	struct sa_spec s;
	size_t done = 0;

	NEEDS_ESP();
	for (size_t i = 0; i < sizeof(suite) / sizeof(suite[0]); i++) {
		s = esp(0x1000);
		s.encr = suite[i].encr;
		s.encr_bits = suite[i].bits;
		s.integ = suite[i].integ;
		try_sa(&s, &done);
		ck_assert_msg(done == i + 1, "suite %zu: %s", i, fix.kern->reason);
	}
}
END_TEST

/* RFC 4868's SHA-256 and RFC 4106's GCM: there, or refused by us before the kernel could misunderstand. */
START_TEST(what_the_interface_cannot_say)
{
	struct sa_spec s = esp(0x1000), got;
	ike_err err;

	NEEDS_ESP();
	s.integ = INTEG_HMAC_SHA256_128;
	err = install(&s, false);
	if (err == IKE_OK) {
		ck_assert_int_eq(get(&s.id, &got), IKE_OK);
		same_sa(&s, &got);
	} else {
		ck_assert_int_eq(err, IKE_E_UNSUPPORTED);
		ck_assert_ptr_nonnull(strstr(fix.kern->reason, "96 bits"));
		ck_assert_ptr_nonnull(strstr(fix.kern->reason, "xfrm"));
		ck_assert_ptr_nonnull(strstr(fix.kern->reason, "hmac_sha256_96"));
	}
	s = esp(0x1001);
	s.encr = ENCR_AES_GCM_16;
	s.integ = ALG_ID_NONE;
	err = install(&s, false);
	if (err != IKE_OK) {
		ck_assert_int_eq(err, IKE_E_UNSUPPORTED);
		ck_assert_ptr_nonnull(strstr(fix.kern->reason, "xfrm"));
	}
	/* with an AEAD: for others Linux wants authencesn, too */
	s.id.spi = 0x1002;
	s.flags = SA_ESN;
	err = install(&s, false);
	ck_assert_int_eq(err == IKE_OK, (fix.kern->features & KERN_ESN) != 0);
	s = esp(0x1003);
	s.mark = s.mark_mask = 7;
	err = install(&s, false);
	ck_assert_int_eq(err == IKE_OK, (fix.kern->features & KERN_MARK) != 0);
}
END_TEST

/* An SA of another that we could not make ourselves is seen all the same, and is not taken for a reservation. */
START_TEST(aeads_of_others)
{
	struct sa_spec s = esp(0x1000), got;
	const struct sa_spec *row;

	NEEDS_ESP();
	s.encr = ENCR_AES_GCM_16;
	s.integ = ALG_ID_NONE;
	if (install_by(other(), &s, false) != IKE_OK)
		SKIP("nobody here can make one");
	ck_assert_int_eq(get(&s.id, &got), IKE_OK);
	ck_assert(!sa_is_larval(&got));
	ck_assert(sa_id_equal(&got.id, &s.id));
	ck_assert_uint_eq(got.reqid, 42);
	dump(KERN_DUMP_SA);
	row = row_of_sa(&s.id);
	ck_assert_ptr_nonnull(row);
	ck_assert(!sa_is_larval(row));
}
END_TEST

START_TEST(replay_windows)
{
	static const uint32_t windows[] = { 0, 1, 4, 32, 64, 1024 };
	struct sa_spec s = esp_in(0x1000), got;

	NEEDS_ESP();
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		s.id.spi++;
		s.replay_window = windows[i];
		ck_assert_int_eq(install(&s, false), IKE_OK);
		ck_assert_int_eq(get(&s.id, &got), IKE_OK);
		/* never more than asked for, and never none where one was asked for */
		ck_assert_uint_le(got.replay_window, windows[i]);
		ck_assert_int_eq(got.replay_window != 0, windows[i] != 0);
		if (windows[i] <= 32)
			ck_assert_uint_eq(got.replay_window, windows[i]);
	}
}
END_TEST

void
conform_alg_cases(case_fn *fn, void *arg)
{
	const TTest *const v[] = {
		ciphers,
		integrity,
		authentication_header,
		compression,
		the_important_ones,
		what_the_interface_cannot_say,
		aeads_of_others,
		replay_windows,
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		fn(arg, v[i]);
}
