/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a policy is two addresses with prefix length, protocol and ports, and the policy extension, which holds
 * the templates as "ipsecrequests".  Facts about Linux that this rests on, seen on 6.1:
 * - The length of an ipsecrequest counts bytes, unlike all others; its two socket addresses stand side by side
 *   unpadded.
 * - A reqid is taken with level "unique" only, and up to 16383; a larger one, or none, makes the kernel choose one.
 * - Port 0 means any port, so that an ICMP type or code 0 cannot be told from any.
 * - Policies of sockets are dumped, with directions from 4 on and without selector.
 */
#include "kern/pfkey_ext.h"
#include "kern/xfrm_conv.h"

#include <linux/ipsec.h>
#include <string.h>

#define ULPROTO_ANY IPSEC_ULPROTO_ANY

/* --- what cannot be said --- */

static uint8_t
family_of(const struct sa_selector *s)
{
	return s->src.addr.family != 0 ? s->src.addr.family : s->dst.addr.family;
}

const char *
pfkey_sp_id_obstacle(const struct sp_id *id)
{
	const struct sa_selector *s = &id->sel;

	if (id->mark_mask != 0 || id->if_id != 0)
		return "PF_KEY has no marks and interface ids: use kernel_interface xfrm";
	if ((s->sport_set && s->sport == 0) || (s->dport_set && s->dport == 0))
		return "PF_KEY takes port, type or code 0 for any: use kernel_interface xfrm";
	if (s->proto == ULPROTO_ANY)
		return "PF_KEY takes protocol 255 for any";
	return NULL;
}

static const char *
tmpl_obstacle(const struct sp_tmpl *t)
{
	if (xfrm_proto(t->proto) == 0)
		return "no such protocol";
	if (t->level == SP_USE && t->reqid != 0)
		return "PF_KEY has no reqid with level use: use kernel_interface xfrm";
	if (t->reqid > SP_MANUAL_REQID_MAX)
		return "PF_KEY takes reqids up to 16383 only: use kernel_interface xfrm";
	return NULL;
}

const char *
pfkey_sp_obstacle(const struct sp_spec *s)
{
	const char *why = pfkey_sp_id_obstacle(&s->id);
	uint8_t family = family_of(&s->id.sel);

	if (s->action == SP_ENTRUST || s->action == SP_BYPASS)
		why = "entrust and bypass are for sockets only";
	for (unsigned i = 0; why == NULL && i < s->ntmpl && i < SP_MAX_TMPL; i++) {
		const struct sp_tmpl *t = &s->tmpl[i];

		why = tmpl_obstacle(t);
		if (t->mode == MODE_TUNNEL)
			family = t->src.family;
		else if (why == NULL && family != family_of(&s->id.sel))
			why =
			    "PF_KEY has no transport mode around a tunnel of the other family: use "
			    "kernel_interface xfrm";
	}
	return why;
}

/* --- writing --- */

static ike_err
check_selector(const struct sp_id *id)
{
	const struct sa_selector *s = &id->sel;
	uint8_t family = family_of(s), most = family == 6 ? 128 : 32;

	if (id->dir > SP_FWD || family == 0)
		return IKE_E_RANGE;
	if (s->dst.addr.family != 0 && s->dst.addr.family != family)
		return IKE_E_RANGE;
	return s->src.len > most || s->dst.len > most ? IKE_E_RANGE : IKE_OK;
}

static void
add_selector(struct pfkey_msg *m, const struct sa_selector *s)
{
	uint8_t family = family_of(s), proto = s->proto == 0 ? ULPROTO_ANY : s->proto;

	pfkey_add_prefix(m, SADB_EXT_ADDRESS_SRC, family, &s->src, proto, s->sport);
	pfkey_add_prefix(m, SADB_EXT_ADDRESS_DST, family, &s->dst, proto, s->dport);
}

static size_t
request_len(const struct sp_tmpl *t)
{
	size_t pair = t->mode == MODE_TUNNEL ? 2 * pfkey_sockaddr_len(t->src.family) : 0;

	return sizeof(struct sadb_x_ipsecrequest) +
	       (pair + PFKEY_UNIT - 1) / PFKEY_UNIT * PFKEY_UNIT;
}

static ike_err
check_tmpl(const struct sp_tmpl *t)
{
	return t->mode == MODE_TUNNEL && (t->src.family == 0 || t->src.family != t->dst.family)
		   ? IKE_E_RANGE
		   : IKE_OK;
}

static uint8_t
level_of(const struct sp_tmpl *t)
{
	if (t->level == SP_USE)
		return IPSEC_LEVEL_USE;
	return t->reqid != 0 || t->level == SP_UNIQUE ? IPSEC_LEVEL_UNIQUE : IPSEC_LEVEL_REQUIRE;
}

static void
write_request(uint8_t *b, const struct sp_tmpl *t)
{
	struct sadb_x_ipsecrequest x = { .sadb_x_ipsecrequest_len = (uint16_t)request_len(t),
		.sadb_x_ipsecrequest_proto = xfrm_proto(t->proto),
		.sadb_x_ipsecrequest_mode = pfkey_mode(t->mode),
		.sadb_x_ipsecrequest_level = level_of(t),
		.sadb_x_ipsecrequest_reqid = t->reqid };

	memcpy(b, &x, sizeof(x));
	if (t->mode != MODE_TUNNEL)
		return;
	pfkey_sockaddr(b + sizeof(x), t->src.family, &t->src, t->sport);
	pfkey_sockaddr(
	    b + sizeof(x) + pfkey_sockaddr_len(t->src.family), t->dst.family, &t->dst, t->dport);
}

static void
add_policy(struct pfkey_msg *m, const struct sp_spec *s, uint16_t type)
{
	struct sadb_x_policy x;
	size_t n = sizeof(x);
	uint8_t *b;

	for (unsigned i = 0; i < s->ntmpl; i++)
		n += request_len(&s->tmpl[i]);
	b = pfkey_room(m, SADB_X_EXT_POLICY, n);
	if (b == NULL)
		return;
	memcpy(&x, b, sizeof(x));
	x.sadb_x_policy_type = type;
	x.sadb_x_policy_dir = (uint8_t)(s->id.dir + IPSEC_DIR_INBOUND);
	x.sadb_x_policy_id = s->index;
	x.sadb_x_policy_priority = s->priority;
	memcpy(b, &x, sizeof(x));
	b += sizeof(x);
	for (unsigned i = 0; i < s->ntmpl; i++) {
		write_request(b, &s->tmpl[i]);
		b += request_len(&s->tmpl[i]);
	}
}

static ike_err
type_of(const struct sp_spec *s, uint16_t *out)
{
	switch ((enum sp_action)s->action) {
	case SP_NONE:
		*out = IPSEC_POLICY_NONE;
		return s->ntmpl == 0 ? IKE_OK : IKE_E_RANGE;
	case SP_DISCARD:
		*out = IPSEC_POLICY_DISCARD;
		return s->ntmpl == 0 ? IKE_OK : IKE_E_RANGE;
	case SP_IPSEC:
		*out = IPSEC_POLICY_IPSEC;
		return s->ntmpl != 0 ? IKE_OK : IKE_E_RANGE;
	case SP_ENTRUST:
	case SP_BYPASS:
		break;
	}
	return IKE_E_UNSUPPORTED;
}

static bool
is_limited(const struct sa_life *l)
{
	static const struct sa_life none = { 0 };

	return memcmp(l, &none, sizeof(none)) != 0;
}

ike_err
pfkey_put_sp(struct pfkey_msg *m, uint8_t type, const struct sp_spec *s)
{
	uint16_t policy_type;

	if (s->ntmpl > SP_MAX_TMPL)
		return IKE_E_RANGE;
	if (pfkey_sp_obstacle(s) != NULL)
		return IKE_E_UNSUPPORTED;
	TRY(check_selector(&s->id));
	TRY(type_of(s, &policy_type));
	for (unsigned i = 0; i < s->ntmpl; i++)
		TRY(check_tmpl(&s->tmpl[i]));
	pfkey_begin(m, type, SADB_SATYPE_UNSPEC);
	add_selector(m, &s->id.sel);
	if (is_limited(&s->life))
		pfkey_add_life(m, &s->life);
	add_policy(m, s, policy_type);
	pfkey_add_ctx(m, s->ctx, s->ctx_doi, s->ctx_alg);
	return pfkey_finish(m);
}

ike_err
pfkey_put_sp_id(struct pfkey_msg *m, const struct sp_id *id)
{
	struct sp_spec s = { .id = *id };

	if (pfkey_sp_id_obstacle(id) != NULL)
		return IKE_E_UNSUPPORTED;
	TRY(check_selector(id));
	pfkey_begin(m, SADB_X_SPDDELETE, SADB_SATYPE_UNSPEC);
	add_selector(m, &id->sel);
	add_policy(m, &s, IPSEC_POLICY_NONE);
	return pfkey_finish(m);
}

ike_err
pfkey_put_sp_get(struct pfkey_msg *m, uint32_t index)
{
	struct sp_spec s = { .index = index };

	pfkey_begin(m, SADB_X_SPDGET, SADB_SATYPE_UNSPEC);
	add_policy(m, &s, IPSEC_POLICY_NONE);
	return pfkey_finish(m);
}

/* --- reading --- */

static uint8_t
get_level(uint8_t level)
{
	switch (level) {
	case IPSEC_LEVEL_USE:
		return SP_USE;
	case IPSEC_LEVEL_UNIQUE:
		return SP_UNIQUE;
	default:
		return SP_REQUIRE;
	}
}

static ike_err
get_request(struct slice s, struct sp_tmpl *out, size_t *len_out)
{
	struct sadb_x_ipsecrequest x;
	struct endpoint src, dst;
	size_t n, len;

	if (s.n < sizeof(x))
		return IKE_E_FORMAT;
	memcpy(&x, s.p, sizeof(x));
	len = x.sadb_x_ipsecrequest_len;
	if (len < sizeof(x) || len > s.n)
		return IKE_E_FORMAT;
	*out = (struct sp_tmpl){ .proto = xfrm_get_proto((uint8_t)x.sadb_x_ipsecrequest_proto),
		.mode = pfkey_get_mode(x.sadb_x_ipsecrequest_mode),
		.level = get_level(x.sadb_x_ipsecrequest_level),
		.reqid = x.sadb_x_ipsecrequest_reqid };
	*len_out = len;
	if (len == sizeof(x))
		return out->mode == MODE_TUNNEL ? IKE_E_FORMAT : IKE_OK;
	s = slice_of(s.p + sizeof(x), len - sizeof(x));
	TRY(pfkey_get_sockaddr(s, &src, &n));
	TRY(pfkey_get_sockaddr(slice_of(s.p + n, s.n - n), &dst, &n));
	out->src = src.addr;
	out->dst = dst.addr;
	out->sport = src.port;
	out->dport = dst.port;
	return IKE_OK;
}

static ike_err
get_requests(struct slice s, struct sp_spec *out)
{
	size_t n;

	while (s.n != 0) {
		if (out->ntmpl == SP_MAX_TMPL)
			return IKE_E_FORMAT;
		TRY(get_request(s, &out->tmpl[out->ntmpl++], &n));
		s = slice_of(s.p + n, s.n - n);
	}
	return IKE_OK;
}

static uint8_t
get_action(uint16_t type, uint8_t ntmpl)
{
	if (type == IPSEC_POLICY_DISCARD)
		return SP_DISCARD;
	return ntmpl != 0 ? SP_IPSEC : SP_NONE;
}

static ike_err
get_dir(uint8_t dir, uint8_t *out, bool *socket_out)
{
	enum { PER_SOCKET = 3 };
	uint8_t d = (uint8_t)(dir - IPSEC_DIR_INBOUND);

	if (dir < IPSEC_DIR_INBOUND || d >= 2 * PER_SOCKET)
		return IKE_E_FORMAT;
	*socket_out = d >= PER_SOCKET;
	*out = d % PER_SOCKET;
	return IKE_OK;
}

static ike_err
get_prefix(
    const struct pfkey_exts *x, unsigned type, struct prefix *p, uint8_t *proto, uint16_t *port)
{
	struct sadb_address h;
	struct endpoint e;

	TRY(pfkey_get_addr(x, type, &e, &h));
	if (h.sadb_address_prefixlen > addr_bits(&e.addr))
		return IKE_E_FORMAT;
	*p = (struct prefix){ e.addr, h.sadb_address_prefixlen };
	*proto = h.sadb_address_proto == ULPROTO_ANY ? 0 : h.sadb_address_proto;
	*port = e.port;
	return IKE_OK;
}

ike_err
pfkey_get_sp_id(const struct pfkey_exts *x, struct sp_id *out, bool *socket_out)
{
	struct sadb_x_policy p;
	struct sa_selector *s = &out->sel;
	uint8_t unused;
	bool there;

	memset(out, 0, sizeof(*out));
	TRY(pfkey_ext_copy(x, SADB_X_EXT_POLICY, &p, sizeof(p), &there));
	if (!there)
		return IKE_E_FORMAT;
	TRY(get_dir(p.sadb_x_policy_dir, &out->dir, socket_out));
	TRY(get_prefix(x, SADB_EXT_ADDRESS_SRC, &s->src, &unused, &s->sport));
	TRY(get_prefix(x, SADB_EXT_ADDRESS_DST, &s->dst, &s->proto, &s->dport));
	s->sport_set = s->sport != 0;
	s->dport_set = s->dport != 0;
	return s->src.addr.family == s->dst.addr.family ? IKE_OK : IKE_E_FORMAT;
}

ike_err
pfkey_get_sp_parts(const struct pfkey_exts *x, struct sp_spec *out)
{
	struct sadb_x_policy p;
	struct sadb_lifetime l;
	bool there;

	memset(out, 0, sizeof(*out));
	TRY(pfkey_get_sp_id(x, &out->id, &out->socket));
	TRY(pfkey_ext_copy(x, SADB_X_EXT_POLICY, &p, sizeof(p), &there));
	TRY(get_requests(pfkey_ext_rest(x, SADB_X_EXT_POLICY, sizeof(p)), out));
	out->index = p.sadb_x_policy_id;
	out->priority = p.sadb_x_policy_priority;
	out->action = get_action(p.sadb_x_policy_type, out->ntmpl);
	TRY(pfkey_get_life(x, &out->life));
	TRY(pfkey_ext_copy(x, SADB_EXT_LIFETIME_CURRENT, &l, sizeof(l), &there));
	if (there) {
		out->add_time = l.sadb_lifetime_addtime;
		out->use_time = l.sadb_lifetime_usetime;
	}
	return pfkey_get_ctx(x, out->ctx, &out->ctx_doi, &out->ctx_alg);
}

ike_err
pfkey_get_sp(struct slice msg, struct sp_spec *out)
{
	struct pfkey_exts x;
	struct sp_spec sp;

	TRY(pfkey_exts(msg, &x));
	TRY(pfkey_get_sp_parts(&x, &sp));
	*out = sp;
	return IKE_OK;
}
