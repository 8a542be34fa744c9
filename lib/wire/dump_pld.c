/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: one function per payload kind, found in a table.  Each reads with the codec first and prints only when
 * that succeeded, so a refused body leaves its line untouched.
 */
#include "wire/dump_int.h"
#include "wire/payload.h"
#include "wire/pld.h"
#include "wire/pld_list.h"

#include "util/addr.h"

typedef ike_err dump_fn(struct dump *d, struct slice body);

static bool
is_v2(const struct dump *d)
{
	return d->version == 2;
}

static ike_err
dump_length(struct dump *d, struct slice body)
{
	text_addf(d->t, ": %zu bytes\n", body.n);
	return IKE_OK;
}

static ike_err
dump_raw(struct dump *d, struct slice body)
{
	text_add(d->t, ": ");
	dump_hex(d, body);
	text_char(d->t, '\n');
	return IKE_OK;
}

static ike_err
dump_vid(struct dump *d, struct slice body)
{
	bool printable = body.n > 0;

	for (size_t i = 0; i < body.n; i++)
		printable = printable && body.p[i] >= 0x20 && body.p[i] < 0x7f;
	if (!printable)
		return dump_raw(d, body);
	text_add(d->t, ": \"");
	text_peer(d->t, slice_of(body.p, body.n < DUMP_HEX_MAX ? body.n : DUMP_HEX_MAX));
	text_add(d->t, "\"\n");
	return IKE_OK;
}

static ike_err
dump_ke(struct dump *d, struct slice body)
{
	struct v2_ke ke;

	if (!is_v2(d))
		return dump_length(d, body);
	TRY(get_v2_ke(body, &ke));
	text_add(d->t, ": ");
	dump_name(d, &v2_ke_names, ke.group);
	text_addf(d->t, ", %zu bytes\n", ke.data.n);
	return IKE_OK;
}

static ike_err
dump_nonce(struct dump *d, struct slice body)
{
	struct slice nonce;

	TRY(get_nonce(d->version, body, &nonce));
	return dump_raw(d, nonce);
}

/* Types 1 to 8 of both versions: one or two addresses of the family that the length tells; 2 and 3 are text. */
static void
dump_id_data(struct dump *d, uint8_t type, struct slice data)
{
	struct addr_buf buf;
	struct addr     a;
	size_t          size = type == V1_ID_IPV4_ADDR || type == V1_ID_IPV4_ADDR_SUBNET ||
	    type == V1_ID_IPV4_ADDR_RANGE ? 4 : 16;
	bool            one = type == V1_ID_IPV4_ADDR || type == V1_ID_IPV6_ADDR;
	bool            text = type == V1_ID_FQDN || type == V1_ID_USER_FQDN;

	text_char(d->t, ' ');
	if (text) {
		text_peer(d->t, data);
		return;
	}
	if (type == 0 || type > V1_ID_IPV6_ADDR_RANGE || data.n != (one ? size : 2 * size)) {
		dump_hex(d, data);
		return;
	}
	for (size_t at = 0; at < data.n; at += size) {
		if (addr_from_bytes(slice_of(data.p + at, size), &a) != IKE_OK)
			return;
		if (at > 0)
			text_char(d->t, type == V1_ID_IPV4_ADDR_SUBNET || type == V1_ID_IPV6_ADDR_SUBNET ? '/' : '-');
		text_add(d->t, addr_text(&a, &buf));
	}
}

static ike_err
dump_id(struct dump *d, struct slice body)
{
	struct v1_id v1;
	struct v2_id v2;

	if (is_v2(d)) {
		TRY(get_v2_id(body, &v2));
		text_add(d->t, ": ");
		dump_name(d, &v2_id_names, v2.type);
		dump_id_data(d, v2.type, v2.data);
	} else {
		TRY(get_v1_id(body, &v1));
		text_add(d->t, ": ");
		dump_name(d, &v1_id_names, v1.type);
		dump_id_data(d, v1.type, v1.data);
		text_addf(d->t, " proto %u port %u", v1.proto, v1.port);
	}
	text_char(d->t, '\n');
	return IKE_OK;
}

static ike_err
dump_cert(struct dump *d, struct slice body)
{
	struct pld_cert c;

	TRY(get_cert(body, &c));
	text_add(d->t, ": ");
	dump_name(d, is_v2(d) ? &v2_cert_names : &v1_cert_names, c.encoding);
	text_addf(d->t, ", %zu bytes\n", c.data.n);
	return IKE_OK;
}

static ike_err
dump_auth(struct dump *d, struct slice body)
{
	struct v2_auth a;

	TRY(get_v2_auth(body, &a));
	text_add(d->t, ": ");
	dump_name(d, &v2_auth_names, a.method);
	text_addf(d->t, ", %zu bytes\n", a.data.n);
	return IKE_OK;
}

static ike_err
dump_notify(struct dump *d, struct slice body)
{
	struct pld_notify n;

	TRY(is_v2(d) ? get_v2_notify(body, &n) : get_v1_notify(body, &n));
	text_add(d->t, ": ");
	dump_name(d, is_v2(d) ? &v2_notify_names : &v1_notify_names, n.type);
	if (n.proto != 0) {
		text_char(d->t, ' ');
		dump_name(d, is_v2(d) ? &v2_proto_names : &v1_proto_names, n.proto);
	}
	if (n.spi.n > 0) {
		text_add(d->t, " SPI ");
		dump_hex(d, n.spi);
	}
	if (n.data.n > 0) {
		text_add(d->t, " data ");
		dump_hex(d, n.data);
	}
	text_char(d->t, '\n');
	return IKE_OK;
}

static ike_err
dump_delete(struct dump *d, struct slice body)
{
	struct pld_delete del;

	TRY(is_v2(d) ? get_v2_delete(body, &del) : get_v1_delete(body, &del));
	text_add(d->t, ": ");
	dump_name(d, is_v2(d) ? &v2_proto_names : &v1_proto_names, del.proto);
	for (size_t i = 0; i < del.count && !d->t->cut; i++) {
		text_char(d->t, ' ');
		dump_hex(d, delete_spi(&del, i));
	}
	text_char(d->t, '\n');
	return IKE_OK;
}

static ike_err
dump_natoa(struct dump *d, struct slice body)
{
	struct v1_natoa oa;
	struct addr_buf buf;
	struct addr     a;

	TRY(get_v1_natoa(body, &oa));
	TRY(addr_from_bytes(oa.addr, &a));
	text_addf(d->t, ": %s\n", addr_text(&a, &buf));
	return IKE_OK;
}

/* User names, passwords, challenges and answers are nobody's business. */
static bool
is_private(uint16_t type)
{
	return type >= V1_XAUTH_USER_NAME && type <= V1_XAUTH_ANSWER && type != V1_XAUTH_STATUS;
}

static void
dump_v1_cfg_attr(struct dump *d, const struct attr *a)
{
	if (is_private(a->type)) {
		dump_line(d);
		dump_name(d, &v1_cfg_attr_names, a->type);
		text_addf(d->t, " = %zu bytes\n", a->value.n);
	} else if (a->type == V1_XAUTH_TYPE || a->type == V1_XAUTH_STATUS) {
		dump_attr(d, &v1_cfg_attr_names,
		    a->type == V1_XAUTH_TYPE ? &v1_xauth_type_names : &v1_xauth_status_names, a);
	} else {
		dump_line(d);
		dump_name(d, &v1_cfg_attr_names, a->type);
		text_add(d->t, " = ");
		dump_hex(d, a->value);
		text_char(d->t, '\n');
	}
}

static ike_err
dump_cfg(struct dump *d, struct slice body)
{
	struct arena  arena = { 0 };
	struct v1_cfg cfg;
	ike_err       err = get_v1_cfg(body, &arena, &cfg);

	if (err == IKE_OK) {
		text_add(d->t, ": ");
		dump_name(d, &v1_cfg_type_names, cfg.type);
		text_addf(d->t, " id %u\n", cfg.id);
		d->depth++;
		for (size_t i = 0; i < cfg.n; i++)
			dump_v1_cfg_attr(d, &cfg.v[i]);
		d->depth--;
	}
	arena_free(&arena);
	return err;
}

static void
dump_one_ts(struct dump *d, const struct v2_ts *ts)
{
	struct addr_buf lo_buf, hi_buf;
	struct addr     lo, hi;

	dump_line(d);
	dump_name(d, &v2_ts_names, ts->type);
	text_addf(d->t, " proto %u ", ts->proto);
	if (addr_from_bytes(ts->start, &lo) == IKE_OK && addr_from_bytes(ts->end, &hi) == IKE_OK)
		text_addf(d->t, "%s-%s ports %u-%u", addr_text(&lo, &lo_buf), addr_text(&hi, &hi_buf), ts->port_lo,
		    ts->port_hi);
	else
		dump_hex(d, ts->other);
	text_char(d->t, '\n');
}

static ike_err
dump_ts(struct dump *d, struct slice body)
{
	struct arena      arena = { 0 };
	struct v2_ts_list l;
	ike_err           err = get_v2_ts(body, &arena, &l);

	if (err == IKE_OK) {
		text_addf(d->t, ": %zu\n", l.n);
		d->depth++;
		for (size_t i = 0; i < l.n; i++)
			dump_one_ts(d, &l.v[i]);
		d->depth--;
	}
	arena_free(&arena);
	return err;
}

static ike_err
dump_cp(struct dump *d, struct slice body)
{
	struct arena arena = { 0 };
	struct v2_cp cp;
	ike_err      err = get_v2_cp(body, &arena, &cp);

	if (err == IKE_OK) {
		text_add(d->t, ": ");
		dump_name(d, &v2_cp_type_names, cp.type);
		text_char(d->t, '\n');
		d->depth++;
		for (size_t i = 0; i < cp.n; i++) {
			dump_line(d);
			dump_name(d, &v2_cp_attr_names, cp.v[i].type);
			text_add(d->t, " = ");
			dump_hex(d, cp.v[i].value);
			text_char(d->t, '\n');
		}
		d->depth--;
	}
	arena_free(&arena);
	return err;
}

static ike_err
dump_eap(struct dump *d, struct slice body)
{
	struct eap e;

	TRY(get_eap(body, &e));
	text_add(d->t, ": ");
	dump_name(d, &eap_code_names, e.code);
	text_addf(d->t, " id %u", e.id);
	if (e.type != 0) {
		text_char(d->t, ' ');
		dump_name(d, &eap_type_names, e.type);
		text_addf(d->t, ", %zu bytes", e.data.n);
	}
	text_char(d->t, '\n');
	return IKE_OK;
}

static ike_err
dump_frag(struct dump *d, struct slice body)
{
	struct v1_frag f;

	TRY(get_v1_frag(body, &f));
	text_addf(d->t, ": id %u number %u%s, %zu bytes\n", f.id, f.number, f.last ? " (last)" : "", f.data.n);
	return IKE_OK;
}

static dump_fn *const dump_table[PK_COUNT] = {
	[PK_KE] = dump_ke, [PK_ID] = dump_id, [PK_IDI] = dump_id, [PK_IDR] = dump_id, [PK_CERT] = dump_cert,
	[PK_CERTREQ] = dump_cert, [PK_HASH] = dump_length, [PK_SIG] = dump_length, [PK_AUTH] = dump_auth,
	[PK_NONCE] = dump_nonce, [PK_NOTIFY] = dump_notify, [PK_DELETE] = dump_delete, [PK_VID] = dump_vid,
	[PK_NATD] = dump_raw, [PK_NATOA] = dump_natoa, [PK_ATTR] = dump_cfg, [PK_TSI] = dump_ts, [PK_TSR] = dump_ts,
	[PK_CP] = dump_cp, [PK_EAP] = dump_eap, [PK_FRAG] = dump_frag, [PK_UNKNOWN] = dump_raw,
};

/* SK and SKF: their line names the first payload inside. */
static ike_err
dump_sealed(struct dump *d, unsigned kind, struct slice body, uint8_t inner)
{
	struct v2_skf f;

	if (kind == PK_SKF) {
		TRY(get_v2_skf(body, inner, &f));
		text_addf(d->t, " %u/%u", f.number, f.total);
		body = f.data;
	}
	text_add(d->t, ": encrypted from ");
	dump_name(d, &v2_payload_names, inner);
	text_addf(d->t, ", %zu bytes\n", body.n);
	return IKE_OK;
}

ike_err
dump_body(struct dump *d, unsigned kind, struct slice body, uint8_t inner)
{
	dump_fn *fn = kind < PK_COUNT ? dump_table[kind] : NULL;

	if (kind == PK_SK || kind == PK_SKF)
		return dump_sealed(d, kind, body, inner);
	return fn != NULL ? fn(d, body) : dump_raw(d, body);
}
