/* SPDX-License-Identifier: BSD-3-Clause */
#include "util/addr.h"

#include <check.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static struct addr
A(const char *s)
{
	struct addr a = { 0 };

	ck_assert_msg(addr_parse(s, &a) == IKE_OK, "%s", s);
	return a;
}

static struct prefix
P(const char *s)
{
	struct prefix p = { .len = 0 };

	ck_assert_msg(prefix_parse(s, &p) == IKE_OK, "%s", s);
	return p;
}

START_TEST(addr_parses_and_prints)
{
	static const char *const cases[][2] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
		{ "fe80::1", "fe80::1" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr     a = A(cases[i][0]);
		struct addr     again;
		struct addr_buf buf;

		ck_assert_str_eq(addr_text(&a, &buf), cases[i][1]);
		again = A(buf.s);
		/* no garbage: comparable as bytes */
		ck_assert_mem_eq(a.b, again.b, 16);
		ck_assert_uint_eq(a.scope, 0);
		ck_assert(addr_equal(&a, &again));
	}
}
END_TEST

START_TEST(addr_refuses)
{
	static const char *const cases[] = {
		"", " ", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4 ", " 1.2.3.4", "01.2.3.4", "1.2.3.-4", "0x7f.0.0.1",
		"1..2.3", "1.2.3.", ".1.2.3.4", "a.b.c.d", "example.org", "localhost", "any", "1.2.3.4/24", "1.2.3.4[500]",
		":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1%eth0", "::1%1", "[::1]",
		"::1/64", "1:2:3:4:5:6:7:8::", "::1.2.3", "::1.2.3.256", "fe80::1%", "2001:db8::1 ",
		"1234567890123456789012345678901234567890123456789012345678901234567890",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr a = { .family = 77 };

		ck_assert_msg(addr_parse(cases[i], &a) == IKE_E_SYNTAX, "%s", cases[i]);
		ck_assert_uint_eq(a.family, 77);
	}
}
END_TEST

START_TEST(prefix_parses_and_prints)
{
	static const char *const cases[][2] = {
		{ "10.0.0.0/8", "10.0.0.0/8" },    { "10.1.2.3/8", "10.1.2.3/8" },      { "10.1.2.3", "10.1.2.3/32" },
		{ "0.0.0.0/0", "0.0.0.0/0" },      { "10.1.2.3/32", "10.1.2.3/32" },    { "::/0", "::/0" },
		{ "2001:db8::/32", "2001:db8::/32" }, { "2001:db8::1", "2001:db8::1/128" }, { "::1/128", "::1/128" },
		{ "10.0.0.0/08", "10.0.0.0/8" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix   p = P(cases[i][0]);
		struct addr_buf buf;

		ck_assert_str_eq(prefix_text(&p, &buf), cases[i][1]);
	}
}
END_TEST

START_TEST(prefix_refuses)
{
	static const struct {
		const char *s;
		ike_err     want;
	} cases[] = {
		{ "10.0.0.0/33", IKE_E_RANGE },   { "::/129", IKE_E_RANGE },       { "10.0.0.0/999", IKE_E_RANGE },
		{ "10.0.0.0/", IKE_E_SYNTAX },    { "10.0.0.0/-1", IKE_E_SYNTAX }, { "10.0.0.0/ 8", IKE_E_SYNTAX },
		{ "10.0.0.0/8 ", IKE_E_SYNTAX },  { "10.0.0.0/8x", IKE_E_SYNTAX }, { "10.0.0.0/+8", IKE_E_SYNTAX },
		{ "10.0.0.0//8", IKE_E_SYNTAX },  { "/8", IKE_E_SYNTAX },          { "", IKE_E_SYNTAX },
		{ "10.0.0/8", IKE_E_SYNTAX },     { "10.0.0.0/255.0.0.0", IKE_E_SYNTAX },
		{ "10.0.0.0/4294967304", IKE_E_SYNTAX },
		{ "00000000000000000000000000000000000000000000000000000000000000000000/8", IKE_E_SYNTAX },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix p = { .len = 99 };

		ck_assert_msg(prefix_parse(cases[i].s, &p) == cases[i].want, "%s", cases[i].s);
		ck_assert_uint_eq(p.len, 99);
	}
}
END_TEST

START_TEST(other_prints)
{
	struct addr     none = { 0 }, local = A("fe80::1");
	struct endpoint e = { A("192.0.2.1"), 500 }, e6 = { A("2001:db8::1"), 65535 }, en = { .port = 0 };
	struct prefix   pn = { .len = 0 };
	struct addr_buf buf;

	local.scope = 4294967295u;
	ck_assert_str_eq(addr_text(&none, &buf), "none");
	ck_assert_str_eq(addr_text(&local, &buf), "fe80::1%4294967295");
	ck_assert_str_eq(endpoint_text(&e, &buf), "192.0.2.1[500]");
	ck_assert_str_eq(endpoint_text(&e6, &buf), "2001:db8::1[65535]");
	ck_assert_str_eq(endpoint_text(&en, &buf), "none[0]");
	ck_assert_str_eq(prefix_text(&pn, &buf), "none");
	/* the longest there is still fits */
	e6.addr = A("fe80:ffff:ffff:ffff:ffff:ffff:255.255.255.255");
	e6.addr.scope = 4294967295u;
	ck_assert_str_eq(endpoint_text(&e6, &buf), "fe80:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295[65535]");
}
END_TEST

START_TEST(compares)
{
	static const char *const order[] = { "0.0.0.0", "10.0.0.1", "10.0.0.2", "192.0.2.1", "::", "::1", "fe80::1", "ff02::1" };
	const size_t             n = sizeof(order) / sizeof(order[0]);
	struct addr              none = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct addr a = A(order[i]);

		ck_assert_int_lt(addr_compare(&none, &a), 0);
		ck_assert(!addr_equal(&none, &a));
		for (size_t j = 0; j < n; j++) {
			struct addr b = A(order[j]);
			int         c = addr_compare(&a, &b);

			ck_assert_int_eq(c, i < j ? -1 : i > j);
			ck_assert_int_eq(addr_equal(&a, &b), i == j);
		}
	}
	ck_assert(addr_equal(&none, &none));
}
END_TEST

START_TEST(scope_counts_if_both_have_one)
{
	struct addr     a = A("fe80::1"), b = a, c = a;
	struct endpoint ea, eb;

	b.scope = 2;
	c.scope = 3;
	ck_assert(addr_equal(&a, &b) && addr_equal(&b, &a) && addr_equal(&b, &b));
	ck_assert(!addr_equal(&b, &c));
	ea = (struct endpoint){ a, 500 };
	eb = (struct endpoint){ b, 500 };
	ck_assert(endpoint_equal(&ea, &eb));
	eb.port = 4500;
	ck_assert(!endpoint_equal(&ea, &eb));
	eb = (struct endpoint){ A("fe80::2"), 500 };
	ck_assert(!endpoint_equal(&ea, &eb));
}
END_TEST

START_TEST(classes)
{
	static const struct {
		const char *s;
		bool        any, loop, local, multi;
	} cases[] = {
		{ "0.0.0.0", true, false, false, false },     { "::", true, false, false, false },
		{ "0.0.0.1", false, false, false, false },    { "::1", false, true, false, false },
		{ "127.0.0.1", false, true, false, false },   { "127.255.255.255", false, true, false, false },
		{ "128.0.0.1", false, false, false, false },  { "126.0.0.1", false, false, false, false },
		{ "169.254.0.1", false, false, true, false }, { "169.253.0.1", false, false, false, false },
		{ "fe80::", false, false, true, false },      { "febf::1", false, false, true, false },
		{ "fec0::1", false, false, false, false },    { "fe7f::1", false, false, false, false },
		{ "224.0.0.1", false, false, false, true },   { "239.255.255.255", false, false, false, true },
		{ "240.0.0.1", false, false, false, false },  { "223.255.255.255", false, false, false, false },
		{ "255.255.255.255", false, false, false, true }, { "255.255.255.254", false, false, false, false },
		{ "ff02::1", false, false, false, true },     { "fe00::1", false, false, false, false },
		{ "::2", false, false, false, false },        { "::ffff:127.0.0.1", false, false, false, false },
	};
	struct addr none = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr a = A(cases[i].s);

		ck_assert_msg(addr_is_any(&a) == cases[i].any, "%s", cases[i].s);
		ck_assert_msg(addr_is_loopback(&a) == cases[i].loop, "%s", cases[i].s);
		ck_assert_msg(addr_is_linklocal(&a) == cases[i].local, "%s", cases[i].s);
		ck_assert_msg(addr_is_multicast(&a) == cases[i].multi, "%s", cases[i].s);
	}
	ck_assert(addr_is_any(&none));
	ck_assert(!addr_is_loopback(&none) && !addr_is_linklocal(&none) && !addr_is_multicast(&none));
}
END_TEST

START_TEST(raw_bytes)
{
	static const uint8_t raw[17] = { 192, 0, 2, 1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17 };

	for (size_t n = 0; n <= sizeof(raw); n++) {
		struct addr a = { .family = 77 };
		ike_err     err = addr_from_bytes(slice_of(raw, n), &a);

		ck_assert_int_eq(err, n == 4 || n == 16 ? IKE_OK : IKE_E_FORMAT);
		if (err != IKE_OK) {
			ck_assert_uint_eq(a.family, 77);
			continue;
		}
		ck_assert_uint_eq(a.family, n == 4 ? 4 : 6);
		ck_assert_uint_eq(addr_bits(&a), n * 8);
		ck_assert(slice_equal(addr_bytes(&a), slice_of(raw, n)));
	}
	ck_assert_uint_eq(addr_bytes(&(struct addr){ 0 }).n, 0);
	ck_assert_uint_eq(addr_any(4).family, 4);
	ck_assert_uint_eq(addr_any(6).family, 6);
}
END_TEST

START_TEST(prefix_arithmetic)
{
	static const struct {
		const char *p, *masked, *lo, *hi;
	} cases[] = {
		{ "10.1.2.3/8", "10.0.0.0/8", "10.0.0.0", "10.255.255.255" },
		{ "10.1.2.3/32", "10.1.2.3/32", "10.1.2.3", "10.1.2.3" },
		{ "10.1.2.3/0", "0.0.0.0/0", "0.0.0.0", "255.255.255.255" },
		{ "10.1.2.3/31", "10.1.2.2/31", "10.1.2.2", "10.1.2.3" },
		{ "10.1.2.255/25", "10.1.2.128/25", "10.1.2.128", "10.1.2.255" },
		{ "2001:db8:ffff::1/33", "2001:db8:8000::/33", "2001:db8:8000::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "::1/0", "::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "2001:db8::7/128", "2001:db8::7/128", "2001:db8::7", "2001:db8::7" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix   p = P(cases[i].p), back;
		struct addr     lo, hi, want_lo = A(cases[i].lo), want_hi = A(cases[i].hi);
		struct addr_buf buf;

		prefix_range(&p, &lo, &hi);
		ck_assert(addr_equal(&lo, &want_lo));
		ck_assert(addr_equal(&hi, &want_hi));
		ck_assert(prefix_contains(&p, &lo) && prefix_contains(&p, &hi) && prefix_contains(&p, &p.addr));
		prefix_mask(&p);
		ck_assert_str_eq(prefix_text(&p, &buf), cases[i].masked);
		ck_assert(range_prefix(&lo, &hi, &back));
		ck_assert_str_eq(prefix_text(&back, &buf), cases[i].masked);
	}
}
END_TEST

START_TEST(prefix_every_length)
{
	static const char *const addrs[] = { "170.85.170.85", "aaaa:5555:aaaa:5555:aaaa:5555:aaaa:5555" };

	for (size_t i = 0; i < 2; i++) {
		struct prefix p = P(addrs[i]), back;
		struct addr   lo, hi, other;

		for (unsigned len = 0; len <= addr_bits(&p.addr); len++) {
			p.len = (uint8_t)len;
			prefix_range(&p, &lo, &hi);
			ck_assert(range_prefix(&lo, &hi, &back));
			ck_assert_uint_eq(back.len, len);
			if (len == 0)
				continue;
			/* the same with its last bit turned is outside */
			other = p.addr;
			other.b[(len - 1) / 8] ^= (uint8_t)(0x80 >> (len - 1) % 8);
			ck_assert(!prefix_contains(&p, &other));
		}
	}
}
END_TEST

START_TEST(prefix_contains_edges)
{
	struct prefix p = P("10.0.0.0/9"), all = P("0.0.0.0/0"), none = { .len = 0 };
	struct addr   in = A("10.127.255.255"), out = A("10.128.0.0"), six = A("::"), no = { 0 };

	ck_assert(prefix_contains(&p, &in));
	ck_assert(!prefix_contains(&p, &out));
	ck_assert(prefix_contains(&all, &out));
	ck_assert(!prefix_contains(&all, &six));
	ck_assert(!prefix_contains(&all, &no));
	ck_assert(!prefix_contains(&none, &no));
}
END_TEST

START_TEST(ranges_that_are_no_prefix)
{
	static const char *const cases[][2] = {
		{ "10.0.0.1", "10.0.0.2" }, { "10.0.0.0", "10.0.0.2" },  { "10.0.0.1", "10.0.0.255" },
		{ "10.0.0.0", "10.0.2.255" }, { "10.0.0.255", "10.0.0.0" }, { "10.0.0.0", "::" },
		{ "::1", "::2" }, { "::", "::2" }, { "0.0.0.1", "255.255.255.255" },
	};
	struct addr none = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr   lo = A(cases[i][0]), hi = A(cases[i][1]);
		struct prefix p = { .len = 99 };

		ck_assert_msg(!range_prefix(&lo, &hi, &p), "%s-%s", cases[i][0], cases[i][1]);
		ck_assert_uint_eq(p.len, 99);
	}
	ck_assert(!range_prefix(&none, &none, &(struct prefix){ .len = 0 }));
}
END_TEST

START_TEST(socket_addresses)
{
	static const char *const addrs[] = { "192.0.2.1", "2001:db8::1", "fe80::1" };

	for (size_t i = 0; i < 3; i++) {
		struct endpoint         e = { A(addrs[i]), 4500 }, back;
		struct sockaddr_storage ss;
		size_t                  len, want = i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

		e.addr.scope = i == 2 ? 7 : 0;
		len = endpoint_to_sockaddr(&e, &ss, sizeof(ss));
		ck_assert_uint_eq(len, want);
		ck_assert_int_eq(ss.ss_family, i == 0 ? AF_INET : AF_INET6);
		ck_assert_uint_eq(endpoint_to_sockaddr(&e, &ss, len - 1), 0);
		ck_assert_int_eq(endpoint_from_sockaddr((struct sockaddr *)&ss, len, &back), IKE_OK);
		ck_assert(endpoint_equal(&e, &back));
		ck_assert_uint_eq(back.addr.scope, e.addr.scope);
		back.port = 77;
		for (size_t n = 0; n < len; n++)
			ck_assert_int_eq(endpoint_from_sockaddr((struct sockaddr *)&ss, n, &back), IKE_E_FORMAT);
		ss.ss_family = AF_UNIX;
		ck_assert_int_eq(endpoint_from_sockaddr((struct sockaddr *)&ss, len, &back), IKE_E_FORMAT);
		ck_assert_uint_eq(back.port, 77);
	}
	ck_assert_uint_eq(endpoint_to_sockaddr(&(struct endpoint){ .port = 1 }, &(struct sockaddr_storage){ 0 },
	                      sizeof(struct sockaddr_storage)), 0);
}
END_TEST

int
main(void)
{
	Suite   *s = suite_create("util_addr");
	TCase   *t = tcase_create("addresses");
	SRunner *r = srunner_create(s);
	int      failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, addr_parses_and_prints);
	tcase_add_test(t, addr_refuses);
	tcase_add_test(t, prefix_parses_and_prints);
	tcase_add_test(t, prefix_refuses);
	tcase_add_test(t, other_prints);
	tcase_add_test(t, compares);
	tcase_add_test(t, scope_counts_if_both_have_one);
	tcase_add_test(t, classes);
	tcase_add_test(t, raw_bytes);
	tcase_add_test(t, prefix_arithmetic);
	tcase_add_test(t, prefix_every_length);
	tcase_add_test(t, prefix_contains_edges);
	tcase_add_test(t, ranges_that_are_no_prefix);
	tcase_add_test(t, socket_addresses);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
