/* SPDX-License-Identifier: BSD-3-Clause */
/* attr, pld_sa: what the structures say, and what is refused */
#include "t_wire.h"

#include "wire/const.h"
#include "wire/pld_sa.h"

static const char v1_hex[] =
    "00000001 00000001"
    "02000034 01 03 04 02 deadbeef  03000014 01 0c 0000 80010001 00020004 00015180"
    "00000014 02 03 0000 80050002 80040002 00010000"
    "00000012 01 04 02 01 1234 00000008 01 02 0000";

START_TEST(v1_sa_says)
{
	struct bytes              b = unhex(v1_hex);
	struct arena              arena = { 0 };
	struct v1_sa              sa;
	const struct v1_proposal *p;
	uint64_t                  number;

	OK(get_v1_sa(bytes_slice(&b), &arena, &sa));
	ck_assert_uint_eq(sa.doi, V1_DOI_IPSEC);
	ck_assert_uint_eq(sa.nproposal, 2);
	p = &sa.proposal[0];
	ck_assert_uint_eq(p->number, 1);
	ck_assert_uint_eq(p->proto, V1_PROTO_ESP);
	ck_assert(p->spi.n == 4 && p->spi.p[0] == 0xde);
	ck_assert_uint_eq(p->ntransform, 2);
	ck_assert_uint_eq(p->transform[0].number, 1);
	ck_assert_uint_eq(p->transform[0].id, V1_ESP_AES_CBC);
	ck_assert_uint_eq(p->transform[0].nattr, 2);
	ck_assert_uint_eq(p->transform[0].attr[0].type, V1_IPSEC_LIFE_TYPE);
	ck_assert(p->transform[0].attr[0].tv);
	ck_assert_uint_eq(p->transform[0].attr[1].type, V1_IPSEC_LIFE_DURATION);
	ck_assert(!p->transform[0].attr[1].tv);
	OK(attr_number(&p->transform[0].attr[1], &number));
	ck_assert_uint_eq(number, 86400);
	ck_assert_uint_eq(p->transform[1].nattr, 3);
	ck_assert_ptr_eq(attr_find(p->transform[1].attr, 3, V1_IPSEC_ENCAP_MODE), &p->transform[1].attr[1]);
	ck_assert_ptr_null(attr_find(p->transform[1].attr, 3, V1_IPSEC_GROUP));
	p = &sa.proposal[1];
	ck_assert_uint_eq(p->number, 1);
	ck_assert_uint_eq(p->proto, V1_PROTO_IPCOMP);
	ck_assert_uint_eq(p->spi.n, 2);
	ck_assert_uint_eq(p->transform[0].nattr, 0);
	arena_free(&arena);
}
END_TEST

static ike_err
v1_sa_with(size_t at, uint8_t byte)
{
	struct bytes b = unhex(v1_hex);
	struct arena arena = { 0 };
	struct v1_sa sa = { .nproposal = 99 };
	uint8_t     *p;
	ike_err      err;

	b.b[at] = byte;
	p = exact(bytes_slice(&b));
	err = get_v1_sa(slice_of(p, b.n), &arena, &sa);
	ck_assert(err == IKE_OK || sa.nproposal == 99);
	free(p);
	arena_free(&arena);
	return err;
}

START_TEST(v1_sa_refuses)
{
	OK(v1_sa_with(3, 1));
	FAILS(IKE_E_UNSUPPORTED, v1_sa_with(3, 0));          /* DOI */
	FAILS(IKE_E_UNSUPPORTED, v1_sa_with(3, 2));
	FAILS(IKE_E_UNSUPPORTED, v1_sa_with(7, 3));          /* situation with labels behind it */
	FAILS(IKE_E_FORMAT, v1_sa_with(8, 0));               /* proposal chain: last, but there is more */
	FAILS(IKE_E_FORMAT, v1_sa_with(8, 3));
	FAILS(IKE_E_FORMAT, v1_sa_with(8 + 0x34, 2));        /* more, but that is the last */
	FAILS(IKE_E_FORMAT, v1_sa_with(9, 1));               /* RESERVED */
	FAILS(IKE_E_FORMAT, v1_sa_with(15, 1));              /* number of transforms */
	FAILS(IKE_E_FORMAT, v1_sa_with(15, 3));
	FAILS(IKE_E_FORMAT, v1_sa_with(15, 0));
	FAILS(IKE_E_FORMAT, v1_sa_with(15, 255));
	FAILS(IKE_E_FORMAT, v1_sa_with(20, 0));              /* transform chain */
	FAILS(IKE_E_FORMAT, v1_sa_with(20, 2));
	FAILS(IKE_E_FORMAT, v1_sa_with(21, 0x80));           /* RESERVED */
	OK(v1_sa_with(26, 0xff));                            /* RESERVED2 is passed over */
	ck_assert_int_ne(v1_sa_with(14, 5), IKE_OK);         /* SPI size */
	ck_assert_int_ne(v1_sa_with(14, 255), IKE_OK);
}
END_TEST

/* T-len: every length field inside SA payloads, below its header and beyond its structure. */
START_TEST(T_len_sa)
{
	/* offsets of the low byte of the lengths of v1_hex, and their values */
	static const struct {
		size_t  at;
		uint8_t real;
	} lengths[] = { { 11, 0x34 }, { 23, 0x14 }, { 43, 0x14 }, { 8 + 0x34 + 3, 0x12 }, { 8 + 0x34 + 13, 8 } };

	for (size_t i = 0; i < COUNT(lengths); i++)
		for (unsigned value = 0; value < 256; value++) {
			ike_err err = v1_sa_with(lengths[i].at, (uint8_t)value);

			if (value == lengths[i].real)
				OK(err);
			else
				ck_assert(err == IKE_E_SHORT || err == IKE_E_FORMAT);
		}
	for (size_t i = 0; i < COUNT(lengths); i++)
		FAILS(IKE_E_SHORT, v1_sa_with(lengths[i].at - 1, 0xff));
}
END_TEST

static const char v2_hex[] =
    "0000002c 01 01 00 04 0300000c 01 00 000c 800e0100 03000008 02 00 0005 03000008 03 00 000c 00000008 04 00 001f";

static ike_err
v2_sa_with(size_t at, uint8_t byte, uint16_t *bits)
{
	struct bytes b = unhex(v2_hex);
	struct arena arena = { 0 };
	struct v2_sa sa;
	uint8_t     *p;
	ike_err      err;

	b.b[at] = byte;
	p = exact(bytes_slice(&b));
	err = get_v2_sa(slice_of(p, b.n), &arena, &sa);
	if (err == IKE_OK && bits != NULL)
		err = v2_transform_key_length(&sa.proposal[0].transform[0], bits);
	free(p);
	arena_free(&arena);
	return err;
}

START_TEST(v2_sa_says)
{
	struct bytes b = unhex(v2_hex);
	struct arena arena = { 0 };
	struct v2_sa sa;
	uint16_t     bits = 7;

	OK(get_v2_sa(bytes_slice(&b), &arena, &sa));
	ck_assert_uint_eq(sa.nproposal, 1);
	ck_assert_uint_eq(sa.proposal[0].number, 1);
	ck_assert_uint_eq(sa.proposal[0].proto, V2_PROTO_IKE);
	ck_assert_uint_eq(sa.proposal[0].spi.n, 0);
	ck_assert_uint_eq(sa.proposal[0].ntransform, 4);
	ck_assert_uint_eq(sa.proposal[0].transform[0].type, V2_T_ENCR);
	ck_assert_uint_eq(sa.proposal[0].transform[0].id, V2_ENCR_AES_CBC);
	OK(v2_transform_key_length(&sa.proposal[0].transform[0], &bits));
	ck_assert_uint_eq(bits, 256);
	OK(v2_transform_key_length(&sa.proposal[0].transform[1], &bits));
	ck_assert_uint_eq(bits, 0);
	ck_assert_uint_eq(sa.proposal[0].transform[3].type, V2_T_KE);
	ck_assert_uint_eq(sa.proposal[0].transform[3].id, V2_KE_X25519);
	arena_free(&arena);
}
END_TEST

START_TEST(v2_sa_refuses)
{
	FAILS(IKE_E_FORMAT, v2_sa_with(0, 2, NULL));         /* more, but it is the last */
	FAILS(IKE_E_FORMAT, v2_sa_with(8, 0, NULL));         /* last, but there are more */
	FAILS(IKE_E_FORMAT, v2_sa_with(36, 3, NULL));
	FAILS(IKE_E_FORMAT, v2_sa_with(7, 3, NULL));         /* number of transforms */
	FAILS(IKE_E_FORMAT, v2_sa_with(7, 5, NULL));
	FAILS(IKE_E_FORMAT, v2_sa_with(7, 0, NULL));
	for (uint8_t length = 0; length < 8; length++)
		ck_assert_int_ne(v2_sa_with(3, length, NULL), IKE_OK);
	FAILS(IKE_E_SHORT, v2_sa_with(3, 0x2d, NULL));
	/* T-tolerant: RESERVED of the proposal, of a transform's header, and between type and id. */
	OK(v2_sa_with(1, 0xff, NULL));
	OK(v2_sa_with(9, 0xff, NULL));
	OK(v2_sa_with(13, 0xff, NULL));
}
END_TEST

/* T-attr: attributes with lengths that lie, in each form, at the end of the payload and before other things. */
START_TEST(T_attr)
{
	static const uint16_t lengths[] = { 0, 1, 3, 5, 0xffff };
	struct bytes          b = unhex(v2_hex);
	uint16_t              bits = 7;

	/* Key Length in the long form, whatever its length says: the transform is refused or the payload is. */
	FAILS(IKE_E_SHORT, v2_sa_with(16, 0x00, &bits));
	ck_assert_uint_eq(bits, 7);
	/* Another attribute in the short form: the payload stands, the transform cannot be chosen. */
	FAILS(IKE_E_UNSUPPORTED, v2_sa_with(17, 15, &bits));
	/* Any number is a number to the codec. */
	OK(v2_sa_with(18, 0x00, &bits));
	ck_assert_uint_eq(bits, 0);
	OK(v2_sa_with(18, 0xff, &bits));
	ck_assert_uint_eq(bits, 0xff00);

	for (size_t i = 0; i < COUNT(lengths); i++) {
		uint8_t      raw[8] = { 0x00, 0x0e, (uint8_t)(lengths[i] >> 8), (uint8_t)lengths[i], 1, 0, 0, 0 };
		uint8_t     *p = exact(slice_of(raw, sizeof raw));
		struct rd    r = rd_of(slice_of(p, sizeof raw));
		struct attr  a;
		struct attr *v = NULL;
		size_t       n = 99;
		struct arena arena = { 0 };

		get_attr(&r, &a);
		if (lengths[i] <= 4) {
			OK(r.err);
			ck_assert_uint_eq(a.value.n, lengths[i]);
		} else {
			FAILS(IKE_E_SHORT, r.err);
			ck_assert(a.value.n == 0 && a.type == 0);
		}
		if (get_attrs(slice_of(p, sizeof raw), 8, &arena, &v, &n) == IKE_OK)
			ck_assert(lengths[i] == 0 && n == 2);
		else
			ck_assert(v == NULL && n == 99);
		arena_free(&arena);
		free(p);
	}
	ck_assert_uint_eq(b.n, 44);
}
END_TEST

START_TEST(key_length_twice_or_long_is_refused)
{
	static const uint8_t value[2] = { 1, 0 };
	struct attr          v[2] = {
		{ V2_ATTR_KEY_LENGTH, true, { value, 2 } }, { V2_ATTR_KEY_LENGTH, true, { value, 2 } },
	};
	struct v2_transform t = { .type = V2_T_ENCR, .nattr = 2, .attr = v };
	uint16_t            bits;

	FAILS(IKE_E_FORMAT, v2_transform_key_length(&t, &bits));
	t.nattr = 1;
	OK(v2_transform_key_length(&t, &bits));
	ck_assert_uint_eq(bits, 256);
	v[0].tv = false;
	FAILS(IKE_E_FORMAT, v2_transform_key_length(&t, &bits));
}
END_TEST

START_TEST(numbers_in_attributes)
{
	static const uint64_t numbers[] = { 0, 1, 65535, 65536, 0xffffffff, UINT64_C(0x100000000), UINT64_MAX };
	static const size_t   sizes[] = { 4, 4, 4, 8, 8, 12, 12 };
	static const uint8_t  ten[] = { 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct arena          arena = { 0 };
	struct attr           a;
	uint64_t              number;

	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct wr w = { 0 }, again = { 0 };
		struct rd r;

		put_attr_number(&w, 12, numbers[i]);
		OK(wr_err(&w));
		ck_assert_uint_eq(wr_len(&w), sizes[i]);
		r = rd_of(buf_slice(&w.buf));
		get_attr(&r, &a);
		OK(rd_end(&r));
		ck_assert_uint_eq(a.type, 12);
		ck_assert_int_eq(a.tv, numbers[i] <= 65535);
		OK(attr_number(&a, &number));
		ck_assert_uint_eq(number, numbers[i]);
		OK(attr_of_number(&arena, 12, numbers[i], &a));
		put_attr(&again, &a);
		SAME(buf_slice(&again.buf), buf_slice(&w.buf));
		wr_free(&again);
		wr_free(&w);
	}
	a = (struct attr){ 1, false, { ten, 10 } };
	OK(attr_number(&a, &number));
	ck_assert_uint_eq(number, UINT64_C(0x0102030405060708));
	a.value.p = ten + 1;
	a.value.n = 9;
	OK(attr_number(&a, &number));
	a.value = slice_of("\1\2\3\4\5\6\7\10\11", 9);
	FAILS(IKE_E_RANGE, attr_number(&a, &number));
	a.value.n = 0;
	FAILS(IKE_E_FORMAT, attr_number(&a, &number));
	arena_free(&arena);
	FAIL_EACH_ALLOC({
		ike_err err = attr_of_number(&arena, 1, 70000, &a);

		ck_assert_int_eq(err, fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		arena_free(&arena);
	});
}
END_TEST

START_TEST(attributes_that_cannot_be_written)
{
	static uint8_t    big[65536];
	const struct attr bad[] = {
		{ 0x8000, false, { big, 1 } }, { 1, true, { big, 1 } }, { 1, true, { big, 3 } }, { 1, false, { big, 65536 } },
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct wr w = { .limit = 200000 };

		put_attr(&w, &bad[i]);
		FAILS(IKE_E_RANGE, wr_err(&w));
		wr_free(&w);
	}
}
END_TEST

/* The caps, one below, at, and one above: attributes, transforms, proposals. */
struct shape {
	size_t proposals, transforms, attrs;
	bool   ok;
};

static const struct shape shapes[] = {
	{ 1, 1, SA_MAX_ATTRS, true }, { 1, 1, SA_MAX_ATTRS + 1, false },
	{ 1, SA_MAX_TRANSFORMS, 1, true }, { 1, SA_MAX_TRANSFORMS + 1, 1, false },
	{ SA_MAX_PROPOSALS, 1, 1, true }, { SA_MAX_PROPOSALS + 1, 1, 1, false },
	{ 0, 1, 1, false }, { 1, 0, 1, false }, { 20, 200, 1, true },
};

#define MOST 256

START_TEST(caps_of_v1_sa)
{
	const struct shape       *s = &shapes[_i];
	static struct attr        attrs[SA_MAX_ATTRS + 1];
	static struct v1_transform t[MOST];
	static struct v1_proposal p[MOST];
	struct v1_sa              sa = { V1_DOI_IPSEC, V1_SIT_IDENTITY_ONLY, s->proposals, p }, got;
	struct arena              arena = { 0 };
	struct wr                 w = { 0 };

	for (size_t i = 0; i < COUNT(attrs); i++)
		attrs[i] = (struct attr){ 1, true, slice_str("ab") };
	for (size_t i = 0; i < MOST; i++)
		t[i] = (struct v1_transform){ 1, 1, s->attrs, attrs };
	for (size_t i = 0; i < MOST; i++)
		p[i] = (struct v1_proposal){ 1, 3, { NULL, 0 }, s->transforms, t };
	put_v1_sa(&w, &sa);
	ck_assert_int_eq(wr_err(&w), s->ok ? IKE_OK : IKE_E_RANGE);
	if (s->ok) {
		OK(get_v1_sa(buf_slice(&w.buf), &arena, &got));
		ck_assert_uint_eq(got.nproposal, s->proposals);
		ck_assert_uint_eq(got.proposal[s->proposals - 1].ntransform, s->transforms);
		ck_assert_uint_eq(got.proposal[0].transform[s->transforms - 1].nattr, s->attrs);
	}
	wr_free(&w);
	arena_free(&arena);
}
END_TEST

START_TEST(caps_of_v2_sa)
{
	const struct shape        *s = &shapes[_i];
	static struct attr         attrs[SA_MAX_ATTRS + 1];
	static struct v2_transform t[MOST];
	static struct v2_proposal  p[MOST];
	struct v2_sa               sa = { s->proposals, p }, got;
	struct arena               arena = { 0 };
	struct wr                  w = { 0 };

	for (size_t i = 0; i < COUNT(attrs); i++)
		attrs[i] = (struct attr){ 14, true, slice_str("ab") };
	for (size_t i = 0; i < MOST; i++)
		t[i] = (struct v2_transform){ 1, 12, s->attrs, attrs };
	for (size_t i = 0; i < MOST; i++)
		p[i] = (struct v2_proposal){ 1, 3, { NULL, 0 }, s->transforms, t };
	put_v2_sa(&w, &sa);
	ck_assert_int_eq(wr_err(&w), s->ok ? IKE_OK : IKE_E_RANGE);
	if (s->ok) {
		OK(get_v2_sa(buf_slice(&w.buf), &arena, &got));
		ck_assert_uint_eq(got.nproposal, s->proposals);
		ck_assert_uint_eq(got.proposal[s->proposals - 1].ntransform, s->transforms);
	}
	wr_free(&w);
	arena_free(&arena);
}
END_TEST

/* The readers' caps, on bytes that the writers do not make: 33 attributes, 256 proposals. */
START_TEST(readers_keep_the_caps)
{
	struct arena arena = { 0 };
	struct wr    w = { 0 };
	struct v2_sa sa;

	wr_u32(&w, 8 + 8 + 4 * (SA_MAX_ATTRS + 1));
	wr_u32(&w, 0x01010001);
	wr_u32(&w, 8 + 4 * (SA_MAX_ATTRS + 1));
	wr_u32(&w, 0x0100000c);
	for (size_t i = 0; i <= SA_MAX_ATTRS; i++)
		wr_u32(&w, 0x800e0080);
	OK(wr_err(&w));
	FAILS(IKE_E_FORMAT, get_v2_sa(buf_slice(&w.buf), &arena, &sa));
	wr_free(&w);

	w = (struct wr){ 0 };
	for (size_t i = 0; i <= SA_MAX_PROPOSALS; i++) {
		wr_u32(&w, (i < SA_MAX_PROPOSALS ? 0x02000000 : 0) + 16);
		wr_u32(&w, 0x01010001);
		wr_u32(&w, 8);
		wr_u32(&w, 0x01000003);
	}
	OK(wr_err(&w));
	FAILS(IKE_E_FORMAT, get_v2_sa(buf_slice(&w.buf), &arena, &sa));
	OK(get_v2_sa(slice_of(w.buf.p + 16, w.buf.n - 16), &arena, &sa));
	ck_assert_uint_eq(sa.nproposal, SA_MAX_PROPOSALS);
	wr_free(&w);
	arena_free(&arena);
}
END_TEST

/* T-sa-big: 60 KiB of proposals stay within 16 bytes of memory for each byte, and within an arena's default limit. */
START_TEST(T_sa_big)
{
	struct arena arena = { 0 };
	struct wr    w = { 0 };
	struct v2_sa sa;

	while (wr_len(&w) < 60 * 1024) {
		wr_u32(&w, 0x02000000 + 8 + 255 * 12);
		wr_u32(&w, 0x010300ff);
		for (unsigned i = 0; i < 255; i++) {
			wr_u32(&w, (i < 254 ? 0x03000000 : 0) + 12);
			wr_u32(&w, 0x0100000c);
			wr_u32(&w, 0x800e0080);
		}
	}
	wr_u32(&w, 16);
	wr_u32(&w, 0x01030001);
	wr_u32(&w, 8);
	wr_u32(&w, 0x01000003);
	OK(wr_err(&w));
	OK(get_v2_sa(buf_slice(&w.buf), &arena, &sa));
	ck_assert_uint_gt(sa.nproposal, 20);
	ck_assert_uint_eq(sa.proposal[0].ntransform, 255);
	ck_assert_uint_le(arena.used, 16 * wr_len(&w));
	wr_free(&w);
	arena_free(&arena);
}
END_TEST

START_TEST(writers_refuse_what_does_not_fit)
{
	static uint8_t      big[256];
	struct v1_transform t1 = { 1, 1, 0, NULL };
	struct v1_proposal  p1 = { 1, 3, { big, 256 }, 1, &t1 };
	struct v1_sa        sa1 = { 1, 1, 1, &p1 };
	struct v2_transform t2 = { 1, 12, 0, NULL };
	struct v2_proposal  p2 = { 1, 3, { big, 256 }, 1, &t2 };
	struct v2_sa        sa2 = { 1, &p2 };
	struct wr           w = { 0 };

	put_v1_sa(&w, &sa1);
	FAILS(IKE_E_RANGE, wr_err(&w));
	wr_free(&w);
	w = (struct wr){ 0 };
	put_v2_sa(&w, &sa2);
	FAILS(IKE_E_RANGE, wr_err(&w));
	wr_free(&w);
	p1.spi.n = 255;
	w = (struct wr){ 0 };
	put_v1_sa(&w, &sa1);
	OK(wr_err(&w));
	wr_free(&w);
	sa1.doi = 2;
	w = (struct wr){ 0 };
	put_v1_sa(&w, &sa1);
	FAILS(IKE_E_RANGE, wr_err(&w));
	wr_free(&w);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, v1_sa_says);
	tcase_add_test(tc, v1_sa_refuses);
	tcase_add_test(tc, T_len_sa);
	tcase_add_test(tc, v2_sa_says);
	tcase_add_test(tc, v2_sa_refuses);
	tcase_add_test(tc, T_attr);
	tcase_add_test(tc, key_length_twice_or_long_is_refused);
	tcase_add_test(tc, numbers_in_attributes);
	tcase_add_test(tc, attributes_that_cannot_be_written);
	tcase_add_loop_test(tc, caps_of_v1_sa, 0, (int)COUNT(shapes));
	tcase_add_loop_test(tc, caps_of_v2_sa, 0, (int)COUNT(shapes));
	tcase_add_test(tc, readers_keep_the_caps);
	tcase_add_test(tc, T_sa_big);
	tcase_add_test(tc, writers_refuse_what_does_not_fit);
}

int
main(void)
{
	return run_tests("wire_sa", add);
}
