/* SPDX-License-Identifier: BSD-3-Clause */
#include "ident/ident.h"

#include "ident/dn.h"

#include <string.h>

static struct slice
bytes_of(const struct ident *id)
{
	return slice_of(id->data, id->len);
}

/* The length that |type| must have, 0: any. */
static size_t
fixed_length(uint8_t type)
{
	switch (type) {
	case ID_IPV4:
		return 4;
	case ID_IPV4_SUBNET:
	case ID_IPV4_RANGE:
		return 8;
	case ID_IPV6:
		return 16;
	case ID_IPV6_SUBNET:
	case ID_IPV6_RANGE:
		return 32;
	default:
		return 0;
	}
}

ike_err
ident_from_wire(uint8_t type, struct slice data, struct ident *out)
{
	struct ident id = { .type = type };
	size_t fixed = fixed_length(type);

	if (type == ID_NONE || type > ID_KEY_ID || data.n > IDENT_MAX)
		return IKE_E_ID;
	if (data.n == 0 || (fixed != 0 && data.n != fixed) ||
	    (type == ID_DER_ASN1_DN && !dn_valid(data)))
		return IKE_E_FORMAT;
	memcpy(id.data, data.p, data.n);
	id.len = (uint16_t)data.n;
	*out = id;
	return IKE_OK;
}

ike_err
ident_from_addr(const struct addr *a, struct ident *out)
{
	return ident_from_wire(a->family == 6 ? ID_IPV6 : ID_IPV4, addr_bytes(a), out);
}

static ike_err
parse_address(const char *value, struct ident *out)
{
	struct addr a;

	TRY(addr_parse(value, &a));
	return ident_from_addr(&a, out);
}

static ike_err
parse_subnet(const char *value, struct ident *out)
{
	struct ident id = { 0 };
	struct prefix p;
	struct slice a;
	unsigned i;

	TRY(prefix_parse(value, &p));
	prefix_mask(&p);
	a = addr_bytes(&p.addr);
	memcpy(id.data, a.p, a.n);
	for (i = 0; i < p.len; i++)
		id.data[a.n + i / 8] = (uint8_t)(id.data[a.n + i / 8] | (0x80 >> (i % 8)));
	id.len = (uint16_t)(2 * a.n);
	id.type = p.addr.family == 6 ? ID_IPV6_SUBNET : ID_IPV4_SUBNET;
	*out = id;
	return IKE_OK;
}

static ike_err
parse_dn(const char *value, struct ident *out)
{
	struct ident id = { .type = ID_DER_ASN1_DN };
	size_t len = strlen(value);

	TRY(dn_parse(value, id.data, sizeof(id.data), &len));
	if (dn_is_pattern(value)) {
		len = strlen(value);
		if (len >= IDENT_MAX)
			return IKE_E_RANGE;
		memset(id.data, 0, sizeof(id.data));
		memcpy(id.data, value, len);
		id.wildcard = true;
	}
	id.len = (uint16_t)len;
	*out = id;
	return IKE_OK;
}

static ike_err
parse_text(uint8_t type, const char *value, struct ident *out)
{
	size_t len = strlen(value);

	if (len == 0)
		return IKE_E_SYNTAX;
	if (len > IDENT_MAX)
		return IKE_E_RANGE;
	return ident_from_wire(type, slice_of(value, len), out);
}

ike_err
ident_parse(const char *type, const char *value, struct ident *out)
{
	if (strcmp(type, "address") == 0)
		return parse_address(value, out);
	if (strcmp(type, "subnet") == 0)
		return parse_subnet(value, out);
	if (strcmp(type, "fqdn") == 0)
		return parse_text(ID_FQDN, value, out);
	if (strcmp(type, "user_fqdn") == 0)
		return parse_text(ID_USER_FQDN, value, out);
	if (strcmp(type, "keyid") == 0)
		return parse_text(ID_KEY_ID, value, out);
	if (strcmp(type, "asn1dn") == 0)
		return parse_dn(value, out);
	return IKE_E_SYNTAX;
}

bool
ident_equal(const struct ident *a, const struct ident *b)
{
	if (a->type != b->type || a->wildcard != b->wildcard)
		return false;
	if (slice_equal(bytes_of(a), bytes_of(b)))
		return true;
	return a->type == ID_DER_ASN1_DN && !a->wildcard && dn_equal(bytes_of(a), bytes_of(b));
}

bool
ident_match(const struct ident *wanted, const struct ident *actual)
{
	char pattern[IDENT_MAX + 1];

	if (wanted->type == ID_NONE || actual->wildcard)
		return false;
	if (!wanted->wildcard)
		return ident_equal(wanted, actual);
	/*
	 * RFC 4945 section 3.1.5: the peer's DN is compared attribute by attribute, in their order
	 */
	if (wanted->type != ID_DER_ASN1_DN || actual->type != ID_DER_ASN1_DN ||
	    wanted->len > IDENT_MAX)
		return false;
	memcpy(pattern, wanted->data, wanted->len);
	pattern[wanted->len] = '\0';
	return dn_match(pattern, bytes_of(actual));
}

bool
ident_addr(const struct ident *id, struct addr *out)
{
	if (id->type != ID_IPV4 && id->type != ID_IPV6)
		return false;
	return addr_from_bytes(bytes_of(id), out) == IKE_OK;
}

static void
print_addr(struct slice s, struct text *t)
{
	struct addr_buf buf;
	struct addr a;

	if (addr_from_bytes(s, &a) == IKE_OK)
		text_add(t, addr_text(&a, &buf));
	else
		text_hex(t, s);
}

/* "10.0.0.0/8"; with a mask that has holes "10.0.0.0/255.0.255.0". */
static void
print_subnet(struct slice s, struct text *t)
{
	struct slice mask = slice_of(s.p + s.n / 2, s.n / 2);
	unsigned len = 0, i;
	bool holes = false;

	while (len < mask.n * 8 && (mask.p[len / 8] & (0x80 >> (len % 8))) != 0)
		len++;
	for (i = len; i < mask.n * 8; i++)
		holes = holes || (mask.p[i / 8] & (0x80 >> (i % 8))) != 0;
	print_addr(slice_of(s.p, s.n / 2), t);
	text_char(t, '/');
	if (holes)
		print_addr(mask, t);
	else
		text_addf(t, "%u", len);
}

static void
print_range(struct slice s, struct text *t)
{
	print_addr(slice_of(s.p, s.n / 2), t);
	text_char(t, '-');
	print_addr(slice_of(s.p + s.n / 2, s.n / 2), t);
}

static bool
is_text(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] >= 0x20 && s.p[i] < 0x7f; i++)
		;
	return i == s.n;
}

static void
print_hex(struct slice s, struct text *t)
{
	text_add(t, "0x");
	text_hex(t, s);
}

void
ident_print(const struct ident *id, struct text *t)
{
	struct slice s = bytes_of(id);
	uint16_t i;

	switch ((enum ident_type)id->type) {
	case ID_NONE:
		text_add(t, "none");
		return;
	case ID_IPV4:
	case ID_IPV6:
		print_addr(s, t);
		return;
	case ID_IPV4_SUBNET:
	case ID_IPV6_SUBNET:
		print_subnet(s, t);
		return;
	case ID_IPV4_RANGE:
	case ID_IPV6_RANGE:
		print_range(s, t);
		return;
	case ID_FQDN:
	case ID_USER_FQDN:
		text_peer(t, s);
		return;
	case ID_DER_ASN1_DN:
		/* a pattern is our own text */
		for (i = 0; id->wildcard && i < id->len; i++)
			text_char(t, (char)id->data[i]);
		if (!id->wildcard)
			dn_print(s, t);
		return;
	case ID_KEY_ID:
		if (is_text(s)) {
			text_peer(t, s);
			return;
		}
		break;
	case ID_DER_ASN1_GN:
		break;
	}
	print_hex(s, t);
}

const char *
ident_type_name(uint8_t type)
{
	switch ((enum ident_type)type) {
	case ID_NONE:
		return "none";
	case ID_IPV4:
	case ID_IPV6:
		return "address";
	case ID_FQDN:
		return "fqdn";
	case ID_USER_FQDN:
		return "user_fqdn";
	case ID_IPV4_SUBNET:
	case ID_IPV6_SUBNET:
		return "subnet";
	case ID_IPV4_RANGE:
	case ID_IPV6_RANGE:
		return "range";
	case ID_DER_ASN1_DN:
		return "asn1dn";
	case ID_DER_ASN1_GN:
		return "asn1gn";
	case ID_KEY_ID:
		return "keyid";
	}
	return "unknown";
}
