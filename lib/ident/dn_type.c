/* SPDX-License-Identifier: BSD-3-Clause */
#include "ident/dn_type.h"

#include <string.h>

struct type {
	const char *name[3]; /* the one to print, then others */
	uint8_t n;
	uint8_t oid[11];
	uint8_t tag;
};

/*
 * X.520 types are 2.5.4.x, RFC 4519 ones 0.9.2342.19200300.100.1.x, PKCS#9 ones
 * 1.2.840.113549.1.9.x
 */
static const struct type types[] = {
	{ { "CN", "commonName" }, 3, { 0x55, 4, 3 }, DER_UTF8 },
	{ { "SN", "surname" }, 3, { 0x55, 4, 4 }, DER_UTF8 },
	{ { "serialNumber" }, 3, { 0x55, 4, 5 }, DER_PRINTABLE },
	{ { "C", "countryName", "country" }, 3, { 0x55, 4, 6 }, DER_PRINTABLE },
	{ { "L", "localityName", "locality" }, 3, { 0x55, 4, 7 }, DER_UTF8 },
	{ { "ST", "stateOrProvinceName", "S" }, 3, { 0x55, 4, 8 }, DER_UTF8 },
	{ { "street", "streetAddress" }, 3, { 0x55, 4, 9 }, DER_UTF8 },
	{ { "O", "organizationName", "organization" }, 3, { 0x55, 4, 10 }, DER_UTF8 },
	{ { "OU", "organizationalUnitName", "organizationalUnit" }, 3, { 0x55, 4, 11 }, DER_UTF8 },
	{ { "title", "T" }, 3, { 0x55, 4, 12 }, DER_UTF8 },
	{ { "description", "D" }, 3, { 0x55, 4, 13 }, DER_UTF8 },
	{ { "businessCategory" }, 3, { 0x55, 4, 15 }, DER_UTF8 },
	{ { "postalCode" }, 3, { 0x55, 4, 17 }, DER_UTF8 },
	{ { "telephoneNumber" }, 3, { 0x55, 4, 20 }, DER_PRINTABLE },
	{ { "name" }, 3, { 0x55, 4, 41 }, DER_UTF8 },
	{ { "GN", "givenName", "G" }, 3, { 0x55, 4, 42 }, DER_UTF8 },
	{ { "initials", "I" }, 3, { 0x55, 4, 43 }, DER_UTF8 },
	{ { "generationQualifier" }, 3, { 0x55, 4, 44 }, DER_UTF8 },
	{ { "x500UniqueIdentifier" }, 3, { 0x55, 4, 45 }, DER_UTF8 },
	{ { "dnQualifier" }, 3, { 0x55, 4, 46 }, DER_PRINTABLE },
	{ { "pseudonym" }, 3, { 0x55, 4, 65 }, DER_UTF8 },
	{ { "organizationIdentifier" }, 3, { 0x55, 4, 97 }, DER_UTF8 },
	{ { "UID", "userId" }, 10, { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1 },
	    DER_UTF8 },
	{ { "DC", "domainComponent" }, 10,
	    { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25 }, DER_IA5 },
	{ { "emailAddress", "E", "email" }, 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1 },
	    DER_IA5 },
	{ { "unstructuredName" }, 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 2 }, DER_UTF8 },
	{ { "unstructuredAddress" }, 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 8 }, DER_UTF8 },
};

#define N_TYPES (sizeof(types) / sizeof(types[0]))

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool
same_name(struct slice a, const char *b)
{
	size_t i;

	if (a.n != strlen(b))
		return false;
	for (i = 0; i < a.n; i++) {
		if (lower(a.p[i]) != lower((uint8_t)b[i]))
			return false;
	}
	return true;
}

/* One arc in base 128, most significant group first (ITU-T X.690 section 8.19.2). */
static bool
put_arc(struct dn_oid *oid, uint64_t arc)
{
	uint8_t groups[10];
	size_t n = 0;

	do {
		groups[n++] = arc & 0x7f;
		arc >>= 7;
	} while (arc != 0);
	if (oid->n + n > DN_OID_MAX)
		return false;
	while (n-- > 0)
		oid->b[oid->n++] = (uint8_t)(groups[n] | (n > 0 ? 0x80 : 0));
	return true;
}

/* A decimal number of at most 32 bits up to a dot or the end; |*at| moves behind the dot. */
static bool
get_number(struct slice s, size_t *at, uint64_t *out)
{
	size_t i = *at;
	uint64_t v = 0;

	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
		v = v * 10 + (s.p[i] - '0');
		if (v > UINT32_MAX)
			return false;
	}
	if (i == *at)
		return false;
	if (i < s.n && (s.p[i] != '.' || i + 1 == s.n))
		return false;
	*at = i < s.n ? i + 1 : i;
	*out = v;
	return true;
}

static ike_err
from_dotted(struct slice s, struct dn_oid *out)
{
	struct dn_oid oid = { 0 };
	uint64_t first, second, arc;
	size_t at = 0;

	if (!get_number(s, &at, &first) || at >= s.n || !get_number(s, &at, &second))
		return IKE_E_SYNTAX;
	if (first > 2 || (first < 2 && second > 39) || !put_arc(&oid, first * 40 + second))
		return IKE_E_SYNTAX;
	while (at < s.n) {
		if (!get_number(s, &at, &arc) || !put_arc(&oid, arc))
			return IKE_E_SYNTAX;
	}
	*out = oid;
	return IKE_OK;
}

ike_err
dn_type_find(struct slice name, struct dn_oid *oid, uint8_t *tag)
{
	size_t i, j;

	if (name.n > 0 && name.p[0] >= '0' && name.p[0] <= '9') {
		TRY(from_dotted(name, oid));
		*tag = DER_UTF8;
		return IKE_OK;
	}
	for (i = 0; i < N_TYPES; i++) {
		for (j = 0; j < 3 && types[i].name[j] != NULL; j++) {
			if (!same_name(name, types[i].name[j]))
				continue;
			oid->n = types[i].n;
			memcpy(oid->b, types[i].oid, types[i].n);
			*tag = types[i].tag;
			return IKE_OK;
		}
	}
	return IKE_E_NOTFOUND;
}

static void
print_dotted(struct slice oid, struct text *t)
{
	uint64_t arc = 0;
	bool first = true;
	size_t i;

	for (i = 0; i < oid.n; i++) {
		if (arc > UINT64_MAX >> 7)
			break;
		arc = arc << 7 | (oid.p[i] & 0x7f);
		if ((oid.p[i] & 0x80) != 0)
			continue;
		if (first) {
			uint64_t top = arc < 40 ? 0 : arc < 80 ? 1 : 2;

			text_addf(
			    t, "%u.%llu", (unsigned)top, (unsigned long long)(arc - top * 40));
			first = false;
		} else {
			text_addf(t, ".%llu", (unsigned long long)arc);
		}
		arc = 0;
	}
}

void
dn_type_print(struct slice oid, struct text *t)
{
	size_t i;

	for (i = 0; i < N_TYPES; i++) {
		if (slice_equal(oid, slice_of(types[i].oid, types[i].n))) {
			text_add(t, types[i].name[0]);
			return;
		}
	}
	print_dotted(oid, t);
}
