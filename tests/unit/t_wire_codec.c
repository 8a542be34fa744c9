/* SPDX-License-Identifier: BSD-3-Clause */
/* pld, pld_list: what the structs say, which values are refused on reading, and what is refused on writing */
#include "t_wire.h"

#include "wire/const.h"
#include "wire/pld.h"
#include "wire/pld_list.h"

static struct bytes scratch;

/* The hex |s| as a slice that is good until the next call. */
static struct slice
hex(const char *s)
{
	scratch = unhex(s);
	return bytes_slice(&scratch);
}

static struct slice
text(const char *s)
{
	return slice_str(s);
}

START_TEST(ids_say)
{
	struct v1_id v1;
	struct v2_id v2;

	OK(get_v1_id(hex("04 11 0035 c0000200 ffffff00"), &v1));
	ck_assert(v1.type == V1_ID_IPV4_ADDR_SUBNET && v1.proto == 17 && v1.port == 53 && v1.data.n == 8);
	OK(get_v2_id(hex("03 ffffff 6140"), &v2));
	ck_assert(v2.type == V2_ID_RFC822_ADDR && v2.data.n == 2);
	SAME(v2.data, text("a@"));
}
END_TEST

START_TEST(keys_and_proofs_say)
{
	struct v2_ke    ke;
	struct pld_cert cert;
	struct v2_auth  auth;

	OK(get_v2_ke(hex("000e ffff 61"), &ke));
	ck_assert_uint_eq(ke.group, V2_KE_MODP2048);
	SAME(ke.data, text("a"));
	OK(get_cert(hex("04 6162"), &cert));
	ck_assert_uint_eq(cert.encoding, V2_CERT_X509_SIG);
	SAME(cert.data, text("ab"));
	OK(get_v2_auth(hex("0e ffffff 61"), &auth));
	ck_assert_uint_eq(auth.method, V2_AUTH_SIGNATURE);
	SAME(auth.data, text("a"));
}
END_TEST

/* RFC 2409 section 5 and RFC 7296 section 3.9 */
START_TEST(nonces_have_bounds)
{
	static uint8_t bytes[300];
	struct slice   got;

	for (size_t n = 0; n < sizeof bytes; n++) {
		int v1 = n < 8 ? IKE_E_SHORT : n > 256 ? IKE_E_FORMAT : IKE_OK;
		int v2 = n < 16 ? IKE_E_SHORT : n > 256 ? IKE_E_FORMAT : IKE_OK;

		FAILS(v1, get_nonce(1, slice_of(bytes, n), &got));
		FAILS(v2, get_nonce(2, slice_of(bytes, n), &got));
	}
}
END_TEST

START_TEST(notifies_say)
{
	struct pld_notify n;

	OK(get_v1_notify(hex("00000001 03 04 6000 deadbeef 800b0001"), &n));
	ck_assert(n.doi == 1 && n.proto == V1_PROTO_ESP && n.type == V1_N_RESPONDER_LIFETIME && n.spi.n == 4 && n.data.n == 4);
	OK(get_v2_notify(hex("00 00 0011 001f"), &n));
	ck_assert(n.doi == 0 && n.proto == 0 && n.type == V2_N_INVALID_KE_PAYLOAD && n.spi.n == 0 && n.data.n == 2);
	/* T-len: an SPI size beyond the payload */
	FAILS(IKE_E_SHORT, get_v2_notify(hex("03 05 4009 01020304"), &n));
	FAILS(IKE_E_SHORT, get_v1_notify(hex("00000001 03 ff 000e 01020304"), &n));
}
END_TEST

/* T-len, T-del-big: counts and sizes of SPIs that lie */
START_TEST(deletes_are_validated_first)
{
	struct pld_delete d = { .count = 77 };
	static uint8_t    big[4 + 65535];

	OK(get_v1_delete(hex("00000001 03 04 0002 01020304 05060708"), &d));
	ck_assert(d.doi == 1 && d.proto == V1_PROTO_ESP && d.spi_len == 4 && d.count == 2);
	SAME(delete_spi(&d, 1), slice_of("\5\6\7\10", 4));
	FAILS(IKE_E_SHORT, get_v1_delete(hex("00000001 03 04 0003 01020304 05060708"), &d));
	FAILS(IKE_E_FORMAT, get_v1_delete(hex("00000001 03 04 0001 01020304 05060708"), &d));
	FAILS(IKE_E_SHORT, get_v1_delete(hex("00000001 03 ff ffff 01020304"), &d));
	FAILS(IKE_E_FORMAT, get_v1_delete(hex("00000001 03 00 ffff"), &d));
	FAILS(IKE_E_FORMAT, get_v2_delete(hex("01 00 0001"), &d));
	FAILS(IKE_E_FORMAT, get_v2_delete(hex("01 08 0001 0102030405060708"), &d));
	FAILS(IKE_E_FORMAT, get_v2_delete(hex("03 02 0001 0102"), &d));
	FAILS(IKE_E_FORMAT, get_v2_delete(hex("02 08 0001 0102030405060708"), &d));
	FAILS(IKE_E_FORMAT, get_v2_delete(hex("03 00 0000"), &d));
	OK(get_v2_delete(hex("04 02 0001 0102"), &d));      /* a protocol of others: the layer above ignores it */
	memcpy(big, "\x04\x01\xff\xff", 4);
	OK(get_v2_delete(slice_of(big, sizeof big), &d));
	ck_assert_uint_eq(d.count, 65535);
	ck_assert_ptr_eq(delete_spi(&d, 65534).p, big + sizeof big - 1);
	FAILS(IKE_E_SHORT, get_v2_delete(slice_of(big, sizeof big - 1), &d));
}
END_TEST

START_TEST(natoa_has_two_types)
{
	struct v1_natoa oa;

	OK(get_v1_natoa(hex("01 ffffff c0000201"), &oa));
	ck_assert(oa.id_type == V1_ID_IPV4_ADDR && oa.addr.n == 4);
	for (unsigned type = 0; type < 256; type++) {
		uint8_t body[20] = { (uint8_t)type };

		FAILS(type == 1 ? IKE_OK : type == 5 ? IKE_E_SHORT : IKE_E_FORMAT, get_v1_natoa(slice_of(body, 8), &oa));
		FAILS(type == 5 ? IKE_OK : IKE_E_FORMAT, get_v1_natoa(slice_of(body, 20), &oa));
	}
}
END_TEST

START_TEST(fragments_are_numbered)
{
	struct v1_frag f;
	struct v2_skf  s;

	OK(get_v1_frag(hex("0102 03 ff 61"), &f));
	ck_assert(f.id == 0x102 && f.number == 3 && f.last && f.data.n == 1);
	OK(get_v1_frag(hex("0000 01 fe 61"), &f));
	ck_assert(!f.last);
	FAILS(IKE_E_FORMAT, get_v1_frag(hex("0102 00 01 61"), &f));
	OK(get_v2_skf(hex("0001 0002 61"), V2_PLD_IDI, &s));
	ck_assert(s.number == 1 && s.total == 2 && s.data.n == 1);
	OK(get_v2_skf(hex("0001 0001 61"), 0, &s));
	OK(get_v2_skf(hex("ffff ffff 61"), 0, &s));
	FAILS(IKE_E_FORMAT, get_v2_skf(hex("0000 0002 61"), 0, &s));
	FAILS(IKE_E_FORMAT, get_v2_skf(hex("0003 0002 61"), 0, &s));
	FAILS(IKE_E_FORMAT, get_v2_skf(hex("0001 0000 61"), 0, &s));
	FAILS(IKE_E_FORMAT, get_v2_skf(hex("0002 0002 61"), V2_PLD_IDI, &s));
}
END_TEST

START_TEST(eap_says)
{
	struct eap e;

	OK(get_eap(hex("01 09 0006 1a 61"), &e));
	ck_assert(e.code == EAP_REQUEST && e.id == 9 && e.type == EAP_TYPE_MSCHAPV2 && e.data.n == 1);
	OK(get_eap(hex("04 09 0004"), &e));
	ck_assert(e.code == EAP_FAILURE && e.type == 0 && e.data.n == 0);
	/* T-len: lengths below the header, below and above what is there */
	for (unsigned length = 0; length < 32; length++) {
		uint8_t body[6] = { 1, 9, 0, (uint8_t)length, 26, 97 };

		FAILS(length < 6 ? IKE_E_FORMAT : length > 6 ? IKE_E_SHORT : IKE_OK, get_eap(slice_of(body, 6), &e));
	}
	FAILS(IKE_E_FORMAT, get_eap(hex("03 09 0005 01"), &e));
	FAILS(IKE_E_SHORT, get_eap(hex("01 09 0004"), &e));
	FAILS(IKE_E_FORMAT, get_eap(hex("00 09 0004"), &e));
	FAILS(IKE_E_FORMAT, get_eap(hex("05 09 0005 01"), &e));
}
END_TEST

START_TEST(selectors_say)
{
	struct arena      arena = { 0 };
	struct v2_ts_list l = { .n = 99 };

	OK(get_v2_ts(hex("02 ffffff 07 06 0010 0050 0051 c0000201 c0000202 c8 01 0006 6162"), &arena, &l));
	ck_assert(l.n == 2 && l.v[0].type == V2_TS_IPV4_ADDR_RANGE && l.v[0].proto == 6);
	ck_assert(l.v[0].port_lo == 80 && l.v[0].port_hi == 81 && l.v[0].start.p[3] == 1 && l.v[0].end.p[3] == 2);
	ck_assert(l.v[1].type == 200 && l.v[1].other.n == 2 && l.v[1].start.n == 0);
	l.n = 99;
	FAILS(IKE_E_FORMAT, get_v2_ts(hex("00 000000"), &arena, &l));
	FAILS(IKE_E_SHORT, get_v2_ts(hex("02 000000 07 06 0010 0050 0051 c0000201 c0000202"), &arena, &l));
	FAILS(IKE_E_FORMAT, get_v2_ts(hex("01 000000 08 06 0010 0050 0051 c0000201 c0000202"), &arena, &l));
	FAILS(IKE_E_FORMAT, get_v2_ts(hex("01 000000 07 06 0011 0050 0051 c0000201 c0000202 00"), &arena, &l));
	FAILS(IKE_E_SHORT, get_v2_ts(hex("ff 000000 07 06 0004"), &arena, &l));
	/* T-len: each length but the right one */
	for (unsigned length = 0; length < 256; length++) {
		struct bytes b = unhex("01 000000 07 06 0010 0050 0051 c0000201 c0000202");
		ike_err      err;

		b.b[7] = (uint8_t)length;
		err = get_v2_ts(bytes_slice(&b), &arena, &l);
		FAILS(length == 16 ? IKE_OK : length > 16 ? IKE_E_SHORT : IKE_E_FORMAT, err);
		ck_assert_uint_eq(l.n, length < 16 ? 99 : 1);
	}
	arena_free(&arena);
}
END_TEST

START_TEST(configuration_says)
{
	struct arena  arena = { 0 };
	struct v2_cp  cp;
	struct v1_cfg cfg;

	OK(get_v2_cp(hex("02 ffffff 8001 0004 0a000001 0019 0000"), &arena, &cp));
	ck_assert(cp.type == V2_CP_REPLY && cp.n == 2 && cp.v[0].type == V2_CP_IP4_ADDRESS && cp.v[0].value.n == 4);
	ck_assert(cp.v[1].type == V2_CP_DNS_DOMAIN && cp.v[1].value.n == 0);
	FAILS(IKE_E_SHORT, get_v2_cp(hex("02 000000 0001 0005 0a000001"), &arena, &cp));
	FAILS(IKE_E_SHORT, get_v2_cp(hex("02 000000 0001 ffff"), &arena, &cp));
	OK(get_v1_cfg(hex("03 ff 0007 c08f0001"), &arena, &cfg));
	ck_assert(cfg.type == V1_CFG_SET && cfg.id == 7 && cfg.n == 1 && cfg.v[0].type == V1_XAUTH_STATUS && cfg.v[0].tv);
	FAILS(IKE_E_SHORT, get_v1_cfg(hex("03 00 0007 40890004 616263"), &arena, &cfg));
	arena_free(&arena);
}
END_TEST

/* Lists of the most members, and of one more. */
START_TEST(lists_have_caps)
{
	struct arena         arena = { 0 };
	struct v2_cp_attr    cp_v[V2_CP_MAX + 1];
	struct attr          cfg_v[V1_CFG_MAX + 1];
	struct v2_ts         ts_v[V2_TS_MAX + 1];
	struct v2_cp         cp = { V2_CP_REQUEST, 0, cp_v };
	struct v1_cfg        cfg = { V1_CFG_REQUEST, 0, 0, cfg_v };
	struct v2_ts_list    ts = { 0, ts_v };

	for (size_t i = 0; i <= V2_CP_MAX; i++)
		cp_v[i] = (struct v2_cp_attr){ 1, { NULL, 0 } };
	for (size_t i = 0; i <= V1_CFG_MAX; i++)
		cfg_v[i] = (struct attr){ 1, false, { NULL, 0 } };
	for (size_t i = 0; i <= V2_TS_MAX; i++)
		ts_v[i] = (struct v2_ts){ .type = V2_TS_SECLABEL };
	for (size_t extra = 0; extra < 2; extra++) {
		struct wr a = { 0 }, b = { 0 }, c = { 0 };
		int       want = extra == 0 ? IKE_OK : IKE_E_RANGE;

		cp.n = V2_CP_MAX + extra;
		cfg.n = V1_CFG_MAX + extra;
		ts.n = V2_TS_MAX + extra;
		put_v2_cp(&a, &cp);
		put_v1_cfg(&b, &cfg);
		put_v2_ts(&c, &ts);
		FAILS(want, wr_err(&a));
		FAILS(want, wr_err(&b));
		FAILS(want, wr_err(&c));
		if (extra == 0) {
			struct v2_cp      got_cp;
			struct v1_cfg     got_cfg;
			struct v2_ts_list got_ts;

			OK(get_v2_cp(buf_slice(&a.buf), &arena, &got_cp));
			OK(get_v1_cfg(buf_slice(&b.buf), &arena, &got_cfg));
			OK(get_v2_ts(buf_slice(&c.buf), &arena, &got_ts));
			ck_assert(got_cp.n == cp.n && got_cfg.n == cfg.n && got_ts.n == ts.n);
			wr_u32(&a, 0x00010000);
			wr_u32(&b, 0x00010000);
			FAILS(IKE_E_FORMAT, get_v2_cp(buf_slice(&a.buf), &arena, &got_cp));
			FAILS(IKE_E_FORMAT, get_v1_cfg(buf_slice(&b.buf), &arena, &got_cfg));
		}
		wr_free(&a);
		wr_free(&b);
		wr_free(&c);
	}
	arena_free(&arena);
}
END_TEST

static struct wr written;

/* The error of the writer that was just used on |written|, which is then empty again. */
static ike_err
write_error(void)
{
	ike_err err = wr_err(&written);

	wr_free(&written);
	written = (struct wr){ 0 };
	return err;
}

/* What the readers refuse, the writers do not make. */
START_TEST(writers_refuse)
{
	static uint8_t          big[256];
	const struct slice      nothing = { NULL, 0 };
	const struct pld_notify long_spi = { .spi = { big, 256 } };
	const struct pld_delete deletes[] = {
		{ 0, V2_PROTO_ESP, 4, 2, { big, 4 } }, { 0, V2_PROTO_ESP, 0, 1, nothing }, { 0, V2_PROTO_IKE, 8, 1, { big, 8 } },
	};
	const struct v1_natoa   oas[] = { { V1_ID_FQDN, { big, 4 } }, { V1_ID_IPV4_ADDR, { big, 16 } } };
	const struct v1_frag    frags[] = { { 1, 0, true, { big, 1 } }, { 1, 1, true, nothing } };
	const struct v2_skf     skfs[] = { { 0, 1, { big, 1 } }, { 2, 1, { big, 1 } }, { 1, 1, nothing } };
	const struct eap        eaps[] = {
		{ EAP_SUCCESS, 0, 0, { big, 1 } }, { EAP_SUCCESS, 0, 1, nothing }, { 9, 0, 0, nothing },
	};
	struct v2_ts            ts = { .type = V2_TS_IPV6_ADDR_RANGE, .start = { big, 16 }, .end = { big, 4 } };
	struct v2_cp_attr       cp_attr = { 0x8000, nothing };
	const struct v2_ts_list no_ts = { 0, NULL }, bad_ts = { 1, &ts };
	const struct v2_cp      bad_cp = { 1, 1, &cp_attr };

	put_v2_ke(&written, &(struct v2_ke){ 14, nothing });
	FAILS(IKE_E_RANGE, write_error());
	put_v2_auth(&written, &(struct v2_auth){ 2, nothing });
	FAILS(IKE_E_RANGE, write_error());
	put_v1_notify(&written, &long_spi);
	FAILS(IKE_E_RANGE, write_error());
	put_v2_notify(&written, &long_spi);
	FAILS(IKE_E_RANGE, write_error());
	for (size_t i = 0; i < COUNT(deletes); i++) {
		put_v2_delete(&written, &deletes[i]);
		FAILS(IKE_E_RANGE, write_error());
	}
	put_v1_delete(&written, &deletes[0]);
	FAILS(IKE_E_RANGE, write_error());
	for (size_t i = 0; i < COUNT(oas); i++) {
		put_v1_natoa(&written, &oas[i]);
		FAILS(IKE_E_RANGE, write_error());
	}
	for (size_t i = 0; i < COUNT(frags); i++) {
		put_v1_frag(&written, &frags[i]);
		FAILS(IKE_E_RANGE, write_error());
	}
	for (size_t i = 0; i < COUNT(skfs); i++) {
		put_v2_skf(&written, &skfs[i]);
		FAILS(IKE_E_RANGE, write_error());
	}
	for (size_t i = 0; i < COUNT(eaps); i++) {
		put_eap(&written, &eaps[i]);
		FAILS(IKE_E_RANGE, write_error());
	}
	put_v2_ts(&written, &no_ts);
	FAILS(IKE_E_RANGE, write_error());
	put_v2_ts(&written, &bad_ts);
	FAILS(IKE_E_RANGE, write_error());
	put_v2_cp(&written, &bad_cp);
	FAILS(IKE_E_RANGE, write_error());
}
END_TEST

/* The numbers: none twice in a table, each found by its name, and some that everything rests on. */
START_TEST(numbers_are_consistent)
{
	static const struct names *const tables[] = {
#define NUMBERS(tag, table, prefix) &table,
#define N(constant, value, name)
#define NUMBERS_END(table, prefix)
#include "wire/const.def"
#undef NUMBERS
#undef N
#undef NUMBERS_END
	};
	struct name_buf buf;
	uint32_t        value;

	ck_assert_uint_ge(COUNT(tables), 45);
	for (size_t i = 0; i < COUNT(tables); i++) {
		for (size_t j = 0; j < tables[i]->n; j++) {
			const struct name *n = &tables[i]->v[j];

			ck_assert_str_eq(name_of(tables[i], n->value, &buf), n->name);
			OK(name_find(tables[i], n->name, &value));
			ck_assert_uint_eq(value, n->value);
			if (j > 0)
				ck_assert_uint_gt(n->value, tables[i]->v[j - 1].value);
		}
	}
	ck_assert_str_eq(name_of(&v2_notify_names, 16400, &buf), "UPDATE_SA_ADDRESSES");
	ck_assert_str_eq(name_of(&v1_notify_names, 36137, &buf), "R-U-THERE-ACK");
	ck_assert_str_eq(name_of(&v2_notify_names, 9999, &buf), "NOTIFY_9999");
	ck_assert_int_eq(V2_XCHG_IKE_INTERMEDIATE, 43);
	ck_assert_int_eq(V1_XCHG_QUICK, 32);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, ids_say);
	tcase_add_test(tc, keys_and_proofs_say);
	tcase_add_test(tc, nonces_have_bounds);
	tcase_add_test(tc, notifies_say);
	tcase_add_test(tc, deletes_are_validated_first);
	tcase_add_test(tc, natoa_has_two_types);
	tcase_add_test(tc, fragments_are_numbered);
	tcase_add_test(tc, eap_says);
	tcase_add_test(tc, selectors_say);
	tcase_add_test(tc, configuration_says);
	tcase_add_test(tc, lists_have_caps);
	tcase_add_test(tc, writers_refuse);
	tcase_add_test(tc, numbers_are_consistent);
}

int
main(void)
{
	return run_tests("wire_codec", add);
}
