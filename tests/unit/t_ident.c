/* SPDX-License-Identifier: BSD-3-Clause */
#include "ident/dn.h"
#include "ident/ident.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
hex_of(struct slice s, char *out, size_t cap)
{
	struct text t = text_in(out, cap);

	text_hex(&t, s);
	return out;
}

static struct slice
from_hex(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2, i;
	unsigned v;

	for (i = 0; i < n; i++) {
		ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &v), 1);
		out[i] = (uint8_t)v;
	}
	return slice_of(out, n);
}

static struct ident
id_of(const char *type, const char *value)
{
	struct ident id;

	memset(&id, 0xee, sizeof(id));
	ck_assert_msg(ident_parse(type, value, &id) == IKE_OK, "%s %s", type, value);
	return id;
}

static void
expect_print(const struct ident *id, const char *want)
{
	char s[1200];
	struct text t = text_in(s, sizeof(s));

	ident_print(id, &t);
	ck_assert_str_eq(s, want);
}

static void
expect_dn(const char *text, const char *want_hex, const char *want_line)
{
	uint8_t der[512];
	char hex[1100], line[600];
	struct text t = text_in(line, sizeof(line));
	size_t len = 0;

	ck_assert_msg(dn_parse(text, der, sizeof(der), &len) == IKE_OK, "%s", text);
	ck_assert_str_eq(hex_of(slice_of(der, len), hex, sizeof(hex)), want_hex);
	ck_assert(dn_valid(slice_of(der, len)));
	dn_print(slice_of(der, len), &t);
	ck_assert_str_eq(line, want_line);
}

static void
refuse_dn(const char *text, ike_err want)
{
	uint8_t der[512];
	size_t len = 4711;

	ck_assert_msg(dn_parse(text, der, sizeof(der), &len) == want, "%s", text);
	ck_assert_uint_eq(len, 4711);
}

/* The encodings were made with OpenSSL's X509_NAME_add_entry_by_txt(). */
START_TEST(dn_text_to_der)
{
	static const char three[] =
	    "3025310b3009060355040613024445310a3008060355040a0c0178310a300806035504030c0179";

	expect_dn("C=DE,O=x,CN=y", three, "/C=DE/O=x/CN=y");
	expect_dn("C=DE/O=x/CN=y", three, "/C=DE/O=x/CN=y");
	expect_dn(" c = DE , O=x,\tcommonName = y ", three, "/C=DE/O=x/CN=y");
	expect_dn("CN=a\\,b", "300e310c300a06035504030c03612c62", "/CN=a,b");
	expect_dn("CN=a\\2Cb", "300e310c300a06035504030c03612c62", "/CN=a,b");
	expect_dn("CN=a\\2fb", "300e310c300a06035504030c03612f62", "/CN=a\\/b");
	expect_dn("CN=a\\/b", "300e310c300a06035504030c03612f62", "/CN=a\\/b");
	expect_dn("CN=\\C3\\A4", "300d310b300906035504030c02c3a4", "/CN=\\xc3\\xa4");
	expect_dn("CN=\xc3\xa4", "300d310b300906035504030c02c3a4", "/CN=\\xc3\\xa4");
	expect_dn("CN=a=b", "300e310c300a06035504030c03613d62", "/CN=a=b");
	expect_dn("CN=a\\ ", "300d310b300906035504030c026120", "/CN=a ");
	expect_dn("CN=a  ", "300c310a300806035504030c0161", "/CN=a");
	expect_dn("CN=", "300b3109300706035504030c00", "/CN=");
	expect_dn("CN=*", "300c310a300806035504030c012a", "/CN=*");
	expect_dn("DC=example,DC=org",
	    "302e31173015060a0992268993f22c64011916076578616d706c6531133011060a0992268993f22c640119"
	    "1603"
	    "6f7267",
	    "/DC=example/DC=org");
	expect_dn("emailAddress=a@b", "30143112301006092a864886f70d0109011603614062",
	    "/emailAddress=a@b");
	expect_dn("E=a@b", "30143112301006092a864886f70d0109011603614062", "/emailAddress=a@b");
	expect_dn("UID=u", "30133111300f060a0992268993f22c6401010c0175", "/UID=u");
	expect_dn("serialNumber=1,SN=s,GN=g,T=t,L=l,ST=s,OU=o",
	    "3054310a30080603550405130131310a300806035504040c0173310a3008060355042a0c0167310a300806"
	    "0355040c0c0174310a3008060355"
	    "04070c016c310a300806035504080c0173310a3008060355040b0c016f",
	    "/serialNumber=1/SN=s/GN=g/title=t/L=l/ST=s/OU=o");
	expect_dn("street=s,initials=i,name=n,generationQualifier=3,dnQualifier=q,pseudonym=p,"
		  "description=d,businessCategory=b,"
		  "postalCode=1,organizationIdentifier=o,unstructuredName=u,unstructuredAddress=v",
	    "30819c310a300806035504090c0173310a3008060355042b0c0169310a300806035504290c016e310a3008"
	    "060355042c0c0133310a3008060355"
	    "042e130171310a300806035504410c0170310a3008060355040d0c0164310a3008060355040f0c0162310a"
	    "300806035504110c0131310a3008"
	    "06035504610c016f3110300e06092a864886f70d0109020c01753110300e06092a864886f70d0109080c01"
	    "76",
	    "/street=s/initials=i/name=n/generationQualifier=3/dnQualifier=q/pseudonym=p/"
	    "description=d/businessCategory=b"
	    "/postalCode=1/organizationIdentifier=o/unstructuredName=u/unstructuredAddress=v");
	expect_dn("2.999.1=x", "300c310a300806038837010c0178", "/2.999.1=x");
	expect_dn("2.5.4.3=y", "300c310a300806035504030c0179", "/CN=y");
	expect_dn("~300c310a300806035504030c0179", "300c310a300806035504030c0179", "/CN=y");
	/* what does not fit the type's own string type becomes UTF-8 */
	expect_dn("C=*", "300c310a300806035504060c012a", "/C=*");
	expect_dn("DC=\\C3\\A4",
	    "3014311230"
	    "10060a0992268993f22c6401190c02c3a4",
	    "/DC=\\xc3\\xa4");
}
END_TEST

START_TEST(dn_text_refused)
{
	static const struct {
		const char *text;
		ike_err want;
	} bad[] = {
		{ "", IKE_E_SYNTAX },
		{ "CN", IKE_E_SYNTAX },
		{ "=x", IKE_E_SYNTAX },
		{ "/C=DE", IKE_E_SYNTAX },
		{ "C=DE,", IKE_E_SYNTAX },
		{ "C=DE,,O=x", IKE_E_SYNTAX },
		{ ",", IKE_E_SYNTAX },
		{ "CN=x\\", IKE_E_SYNTAX },
		{ "XYZ=1", IKE_E_NOTFOUND },
		{ "CN=a\\00b", IKE_E_SYNTAX },
		{ "CN=\\ff", IKE_E_SYNTAX },
		{ "CN=\\c0\\80", IKE_E_SYNTAX },
		{ "CN=\\ed\\a0\\80", IKE_E_SYNTAX },
		{ "CN=\\f4\\90\\80\\80", IKE_E_SYNTAX },
		{ "CN=\\e2\\82", IKE_E_SYNTAX },
		{ "~", IKE_E_SYNTAX },
		{ "~30", IKE_E_SYNTAX },
		{ "~3", IKE_E_SYNTAX },
		{ "~30zz", IKE_E_SYNTAX },
		{ "~3001", IKE_E_SYNTAX },
		{ "1.=x", IKE_E_SYNTAX },
		{ "1=x", IKE_E_SYNTAX },
		{ "3.1=x", IKE_E_SYNTAX },
		{ "1.40=x", IKE_E_SYNTAX },
		{ "1..2=x", IKE_E_SYNTAX },
		{ "1.2.4294967296=x", IKE_E_SYNTAX },
		{ "1.2a=x", IKE_E_SYNTAX },
		{ "1.2.3.=x", IKE_E_SYNTAX },
		{ "1.2.4294967295.4294967295.4294967295.4294967295.4294967295.4294967295."
		  "4294967295=x",
		    IKE_E_SYNTAX },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuse_dn(bad[i].text, bad[i].want);
}
END_TEST

/* Values of every length around the changes of the length's form; then every capacity too small. */
START_TEST(dn_lengths)
{
	static uint8_t der[70000], small[600];
	static char text[70000];
	size_t n, len, got, cap;

	for (n = 0; n <= 700; n++) {
		memcpy(text, "CN=", 3);
		memset(text + 3, 'x', n);
		text[3 + n] = '\0';
		ck_assert_int_eq(dn_parse(text, der, sizeof(der), &len), IKE_OK);
		ck_assert(dn_valid(slice_of(der, len)));
		ck_assert(dn_match(text, slice_of(der, len)));
		ck_assert(dn_match("CN=*", slice_of(der, len)));
		if (n == 117 || n == 300) {
			for (cap = 0; cap < len; cap++)
				ck_assert_int_eq(dn_parse(text, small, cap, &got), IKE_E_RANGE);
			ck_assert_int_eq(dn_parse(text, small, len, &got), IKE_OK);
			ck_assert(got == len && memcmp(small, der, len) == 0);
		}
	}
	memset(text + 3, 'x', 66000);
	text[66003] = '\0';
	ck_assert_int_eq(dn_parse(text, der, sizeof(der), &len), IKE_E_RANGE);
}
END_TEST

static void
expect_invalid(const char *hex)
{
	uint8_t der[256];
	char line[256];
	struct text t = text_in(line, sizeof(line));
	struct slice s = from_hex(hex, der);
	struct ident id;

	ck_assert_msg(!dn_valid(s), "%s", hex);
	ck_assert(!dn_match("CN=*", s) && !dn_equal(s, s));
	dn_print(s, &t);
	ck_assert_str_eq(line, hex);
	ck_assert_int_eq(ident_from_wire(ID_DER_ASN1_DN, s, &id), IKE_E_FORMAT);
}

/* T-dn: prefixes, wrong and long forms of length, nesting that is not a Name's. */
START_TEST(der_that_is_no_name)
{
	static const char good[] =
	    "3024310b3009060355040613024445310a3008060355040a0c01783109300706035504030c00";
	uint8_t der[256];
	struct slice s = from_hex(good, der);
	size_t cut;

	ck_assert(dn_valid(s));
	for (cut = 0; cut < s.n; cut++) {
		char hex[200];

		expect_invalid(hex_of(slice_of(der, cut), hex, sizeof(hex)));
	}
	ck_assert(dn_valid(from_hex("3000", der)));
	expect_invalid("300000");
	expect_invalid("310c310a300806035504030c0179");
	expect_invalid("300c300a300806035504030c0179");
	expect_invalid("300c310a310806035504030c0179");
	expect_invalid("300c310a300805035504030c0179");
	expect_invalid("30023100");
	expect_invalid("300431023000");
	expect_invalid("3009310730050603550403");
	/* not the shortest length, indefinite, more bytes of length than we take */
	expect_invalid("30810c310a300806035504030c0179");
	expect_invalid("3082000c310a300806035504030c0179");
	expect_invalid("3083000000");
	expect_invalid("3080310a300806035504030c01790000");
	expect_invalid("30ff");
	/*
	 * an OID that does not end, an empty one, a constructed value, trailing bytes at each level
	 */
	expect_invalid("300c310a300806035504830c0179");
	expect_invalid("3009310730050600"
		       "0c0179");
	expect_invalid("300c310a300806035504032c0179");
	expect_invalid("300c310a300806035504031f0179");
	expect_invalid("300d310b300906035504030c017900");
	expect_invalid("300d310b300806035504030c017900");
	expect_invalid("300d310a300806035504030c017900");
	expect_invalid("300c310a300806035504030c017900");
}
END_TEST

START_TEST(der_mutations)
{
	static const char good[] =
	    "3025310b3009060355040613024445310a3008060355040a0c0178310a300806035504030c0179";
	uint8_t der[64], *copy;
	struct slice s = from_hex(good, der);
	char line[400];
	struct text t;
	size_t i;
	int v;

	for (i = 0; i < s.n; i++) {
		for (v = 0; v < 256; v++) {
			/* its own block, so that a read past the end is seen */
			copy = malloc(s.n);
			ck_assert_ptr_nonnull(copy);
			memcpy(copy, der, s.n);
			copy[i] = (uint8_t)v;
			t = text_in(line, sizeof(line));
			dn_print(slice_of(copy, s.n), &t);
			dn_match("C=*,O=*,CN=*", slice_of(copy, s.n));
			ck_assert_int_eq(dn_equal(slice_of(copy, s.n), s),
			    v == der[i] ||
				(dn_valid(slice_of(copy, s.n)) && (i == 11 || i == 24 || i == 36)));
			free(copy);
		}
	}
}
END_TEST

START_TEST(dn_patterns)
{
	uint8_t der[512], multi[64];
	size_t len;
	struct slice s;

	ck_assert_int_eq(
	    dn_parse("C=DE,O=Acme\\, Inc.,CN=gw.example", der, sizeof(der), &len), IKE_OK);
	s = slice_of(der, len);
	ck_assert(dn_match("C=DE,O=Acme\\, Inc.,CN=gw.example", s));
	ck_assert(dn_match("C=DE, O=*, CN=*", s));
	ck_assert(dn_match("C=*/O=Acme\\2c Inc./CN=gw.example", s));
	ck_assert(!dn_match("C=DE,O=*", s));
	ck_assert(!dn_match("C=DE,O=*,CN=*,OU=*", s));
	ck_assert(!dn_match("O=*,C=DE,CN=*", s));
	ck_assert(!dn_match("C=DE,O=*,CN=gw.exampl", s));
	ck_assert(!dn_match("C=DE,O=*,CN=gw.example.", s));
	ck_assert(!dn_match("C=DE,O=*,CN=GW.example", s));
	ck_assert(!dn_match("C=DE,OU=*,CN=*", s));
	ck_assert(!dn_match("C=DE,O=*,CN=gw*", s));
	ck_assert(!dn_match("C=DE,O=\\*,CN=gw.example", s));
	ck_assert(!dn_match("", s) && !dn_match("C=DE,O=*,CN=*,", s) && !dn_match("~00", s));
	ck_assert(dn_is_pattern("CN=*") && dn_is_pattern("C=DE,O= * ") && !dn_is_pattern("CN=a*") &&
		  !dn_is_pattern("CN=\\*"));
	ck_assert(!dn_is_pattern("~2a") && !dn_is_pattern(""));
	/* string types do not count, sets of several do */
	ck_assert(dn_match("CN=y", from_hex("300c310a30080603550403130179", multi)));
	ck_assert(dn_equal(from_hex("300c310a30080603550403130179", multi),
	    from_hex("300c310a300806035504030c0179", der)));
	ck_assert(!dn_equal(from_hex("300c310a30080603550403130179", multi),
	    from_hex("300c310a300806035504030c017a", der)));
	s = from_hex("30163114300806035504030c0179300806035504030c017a", multi);
	ck_assert(dn_valid(s) && !dn_match("CN=y,CN=z", s) && !dn_match("CN=*", s));
	ck_assert_int_eq(dn_parse("CN=y,CN=z", der, sizeof(der), &len), IKE_OK);
	ck_assert(!dn_equal(s, slice_of(der, len)));
}
END_TEST

START_TEST(racoons_words)
{
	struct ident id = id_of("address", "192.0.2.1"), other;
	struct addr a;

	ck_assert(id.type == ID_IPV4 && id.len == 4 && !id.wildcard);
	ck_assert(ident_addr(&id, &a) && a.family == 4 && a.b[3] == 1);
	expect_print(&id, "192.0.2.1");
	ck_assert_int_eq(ident_from_addr(&a, &other), IKE_OK);
	ck_assert(ident_equal(&id, &other));
	id = id_of("address", "2001:db8::1");
	ck_assert(id.type == ID_IPV6 && ident_addr(&id, &a) && a.family == 6);
	expect_print(&id, "2001:db8::1");
	id = id_of("fqdn", "gw.example");
	expect_print(&id, "gw.example");
	ck_assert(!ident_addr(&id, &a));
	id = id_of("user_fqdn", "joe@example");
	expect_print(&id, "joe@example");
	id = id_of("keyid", "group one");
	expect_print(&id, "group one");
	id = id_of("subnet", "10.1.2.3/12");
	expect_print(&id, "10.0.0.0/12");
	id = id_of("subnet", "2001:db8::/33");
	expect_print(&id, "2001:db8::/33");
	id = id_of("asn1dn", "C=DE/O=x/CN=y");
	expect_print(&id, "/C=DE/O=x/CN=y");
	ck_assert(!id.wildcard);
	id = id_of("asn1dn", "C=DE, CN=*");
	ck_assert(id.wildcard);
	expect_print(&id, "C=DE, CN=*");
	ck_assert_int_eq(ident_parse("address", "gw.example", &id), IKE_E_SYNTAX);
	ck_assert_int_eq(ident_parse("address", "", &id), IKE_E_SYNTAX);
	ck_assert_int_eq(ident_parse("fqdn", "", &id), IKE_E_SYNTAX);
	ck_assert_int_eq(ident_parse("subnet", "10.0.0.0/33", &id), IKE_E_RANGE);
	ck_assert_int_eq(ident_parse("asn1dn", "/C=DE", &id), IKE_E_SYNTAX);
	ck_assert_int_eq(ident_parse("asn1dn", "QQ=DE", &id), IKE_E_NOTFOUND);
	ck_assert_int_eq(ident_parse("FQDN", "x", &id), IKE_E_SYNTAX);
	ck_assert_int_eq(ident_parse("", "x", &id), IKE_E_SYNTAX);
}
END_TEST

/* T-id: no value fits another one, whatever its type. */
START_TEST(comparison_is_exact_over_type_and_length)
{
	static const char *const values[][2] = {
		{ "fqdn", "example.com" },
		{ "fqdn", "example.com.evil.org" },
		{ "fqdn", "example.co" },
		{ "fqdn", "Example.com" },
		{ "user_fqdn", "example.com" },
		{ "keyid", "example.com" },
		{ "asn1dn", "CN=example.com" },
		{ "asn1dn", "CN=*" },
		{ "asn1dn", "CN=example.com,O=x" },
		{ "address", "192.0.2.1" },
		{ "address", "192.0.2.2" },
		{ "address", "::1" },
		{ "subnet", "192.0.2.1/32" },
		{ "subnet", "192.0.2.0/24" },
	};
	const size_t n = sizeof(values) / sizeof(values[0]);
	struct ident a, b, none = { 0 };
	size_t i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < n; j++) {
			a = id_of(values[i][0], values[i][1]);
			b = id_of(values[j][0], values[j][1]);
			ck_assert_int_eq(ident_equal(&a, &b), i == j);
			/* 6 fits the pattern 7; a pattern is nobody's identity */
			ck_assert_int_eq(
			    ident_match(&a, &b), j == 7 ? 0 : i == j || (i == 7 && j == 6));
			ck_assert(!ident_match(&none, &b) && !ident_match(&a, &none));
		}
	}
	ck_assert_int_eq(ident_from_wire(ID_FQDN, slice_of("a\0b", 3), &a), IKE_OK);
	b = id_of("fqdn", "a");
	ck_assert(!ident_match(&b, &a) && !ident_match(&a, &b));
	expect_print(&a, "a\\x00b");
}
END_TEST

START_TEST(from_the_wire)
{
	static uint8_t bytes[IDENT_MAX + 1] = { 10, 1, 2, 3, 255, 0, 255, 0 };
	static const size_t fixed[12] = { [1] = 4, [4] = 8, [5] = 16, [6] = 32, [7] = 8, [8] = 32 };
	struct ident id;
	unsigned t;
	size_t n;

	for (t = 0; t < 256; t++) {
		for (n = 0; n <= IDENT_MAX + 1; n += n < 40 ? 1 : 67) {
			ike_err err = ident_from_wire((uint8_t)t, slice_of(bytes, n), &id);

			if (t == 0 || t > 11 || n > IDENT_MAX)
				ck_assert_int_eq(err, IKE_E_ID);
			else if (n == 0 || (fixed[t] != 0 && n != fixed[t]) || t == ID_DER_ASN1_DN)
				ck_assert_int_eq(err, IKE_E_FORMAT);
			else
				ck_assert(err == IKE_OK && id.type == t && id.len == n &&
					  memcmp(id.data, bytes, n) == 0);
		}
	}
	ck_assert_int_eq(ident_from_wire(ID_IPV4_SUBNET, slice_of(bytes, 8), &id), IKE_OK);
	expect_print(&id, "10.1.2.3/255.0.255.0");
	ck_assert_int_eq(ident_from_wire(ID_IPV4_RANGE, slice_of(bytes, 8), &id), IKE_OK);
	expect_print(&id, "10.1.2.3-255.0.255.0");
	ck_assert_int_eq(ident_from_wire(ID_KEY_ID, slice_of(bytes, 5), &id), IKE_OK);
	expect_print(&id, "0x0a010203ff");
	ck_assert_int_eq(ident_from_wire(ID_DER_ASN1_GN, slice_of("ab", 2), &id), IKE_OK);
	expect_print(&id, "0x6162");
	id = (struct ident){ 0 };
	expect_print(&id, "none");
}
END_TEST

START_TEST(type_names)
{
	static const char *const names[13] = {
		"none",
		"address",
		"fqdn",
		"user_fqdn",
		"subnet",
		"address",
		"subnet",
		"range",
		"range",
		"asn1dn",
		"asn1gn",
		"keyid",
		"unknown",
	};
	uint8_t t;

	for (t = 0; t < 13; t++)
		ck_assert_str_eq(ident_type_name(t), names[t]);
	ck_assert_str_eq(ident_type_name(255), "unknown");
}
END_TEST

START_TEST(long_values)
{
	static char text[IDENT_MAX + 40];
	struct ident id;

	memset(text, 'k', IDENT_MAX);
	id = id_of("keyid", text);
	ck_assert_uint_eq(id.len, IDENT_MAX);
	text[IDENT_MAX] = 'k';
	ck_assert_int_eq(ident_parse("keyid", text, &id), IKE_E_RANGE);
	ck_assert_int_eq(ident_parse("fqdn", text, &id), IKE_E_RANGE);
	memcpy(text, "CN=", 3);
	ck_assert_int_eq(ident_parse("asn1dn", text, &id), IKE_E_RANGE);
	memset(text, 0, sizeof(text));
	memset(text, ' ', IDENT_MAX);
	memcpy(text, "CN=*", 4);
	ck_assert_int_eq(ident_parse("asn1dn", text, &id), IKE_E_RANGE);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ident");
	TCase *t = tcase_create("ident");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, dn_text_to_der);
	tcase_add_test(t, dn_text_refused);
	tcase_add_test(t, dn_lengths);
	tcase_add_test(t, der_that_is_no_name);
	tcase_add_test(t, der_mutations);
	tcase_add_test(t, dn_patterns);
	tcase_add_test(t, racoons_words);
	tcase_add_test(t, comparison_is_exact_over_type_and_length);
	tcase_add_test(t, from_the_wire);
	tcase_add_test(t, type_names);
	tcase_add_test(t, long_values);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
