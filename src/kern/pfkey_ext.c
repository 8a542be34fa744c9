/* SPDX-License-Identifier: BSD-3-Clause */
#include "kern/pfkey_ext.h"

#include <arpa/inet.h>
#include <linux/ipsec.h>
#include <netinet/in.h>
#include <string.h>

uint8_t
pfkey_satype(uint8_t proto)
{
	switch (proto) {
	case PROTO_NONE:
		return SADB_SATYPE_UNSPEC;
	case PROTO_AH:
		return SADB_SATYPE_AH;
	case PROTO_ESP:
		return SADB_SATYPE_ESP;
	case PROTO_IPCOMP:
		return SADB_X_SATYPE_IPCOMP;
	default:
		return 0xff;
	}
}

uint8_t
pfkey_get_satype(uint8_t satype)
{
	switch (satype) {
	case SADB_SATYPE_AH:
		return PROTO_AH;
	case SADB_SATYPE_ESP:
		return PROTO_ESP;
	case SADB_X_SATYPE_IPCOMP:
		return PROTO_IPCOMP;
	default:
		return PROTO_NONE;
	}
}

uint8_t
pfkey_mode(uint8_t mode)
{
	return mode == MODE_TUNNEL ? IPSEC_MODE_TUNNEL : IPSEC_MODE_TRANSPORT;
}

uint8_t
pfkey_get_mode(uint8_t mode)
{
	switch (mode) {
	case IPSEC_MODE_TUNNEL:
		return MODE_TUNNEL;
	case IPSEC_MODE_TRANSPORT:
		return MODE_TRANSPORT;
	default:
		return MODE_ANY;
	}
}

/* --- messages --- */

struct slice
pfkey_msg_slice(const struct pfkey_msg *m)
{
	return slice_of(m->b, m->n);
}

void
pfkey_msg_wipe(struct pfkey_msg *m)
{
	explicit_bzero(m->b, sizeof(m->b));
	m->n = 0;
}

void
pfkey_begin(struct pfkey_msg *m, uint8_t type, uint8_t satype)
{
	struct sadb_msg h = {
		.sadb_msg_version = PF_KEY_V2, .sadb_msg_type = type, .sadb_msg_satype = satype
	};

	memcpy(m->b, &h, sizeof(h));
	m->n = sizeof(h);
	m->full = false;
}

void *
pfkey_room(struct pfkey_msg *m, uint16_t type, size_t n)
{
	size_t padded = (n + PFKEY_UNIT - 1) / PFKEY_UNIT * PFKEY_UNIT;
	struct sadb_ext e = { (uint16_t)(padded / PFKEY_UNIT), type };
	uint8_t *p = m->b + m->n;

	if (m->full || padded > sizeof(m->b) - m->n) {
		m->full = true;
		return NULL;
	}
	memset(p, 0, padded);
	memcpy(p, &e, sizeof(e));
	m->n += padded;
	return p;
}

ike_err
pfkey_finish(struct pfkey_msg *m)
{
	uint16_t len = (uint16_t)(m->n / PFKEY_UNIT);

	if (m->full)
		return IKE_E_FULL;
	memcpy(m->b + offsetof(struct sadb_msg, sadb_msg_len), &len, sizeof(len));
	return IKE_OK;
}

void
pfkey_set_asker(struct pfkey_msg *m, uint32_t seq, uint32_t pid)
{
	memcpy(m->b + offsetof(struct sadb_msg, sadb_msg_seq), &seq, sizeof(seq));
	memcpy(m->b + offsetof(struct sadb_msg, sadb_msg_pid), &pid, sizeof(pid));
}

ike_err
pfkey_put_plain(struct pfkey_msg *m, uint8_t type, uint8_t proto)
{
	uint8_t satype = pfkey_satype(proto);

	if (satype == 0xff)
		return IKE_E_UNSUPPORTED;
	pfkey_begin(m, type, satype);
	return pfkey_finish(m);
}

ike_err
pfkey_get_hdr(struct slice msg, struct pfkey_hdr *out)
{
	struct sadb_msg h;

	if (msg.n < sizeof(h))
		return IKE_E_SHORT;
	memcpy(&h, msg.p, sizeof(h));
	if (h.sadb_msg_version != PF_KEY_V2 || msg.n % PFKEY_UNIT != 0)
		return IKE_E_FORMAT;
	*out = (struct pfkey_hdr){ .type = h.sadb_msg_type,
		.errnum = h.sadb_msg_errno,
		.proto = pfkey_get_satype(h.sadb_msg_satype),
		.seq = h.sadb_msg_seq,
		.pid = h.sadb_msg_pid };
	return IKE_OK;
}

/*
 * The length in the header is not looked at but for messages without a policy: Linux miscounts it for a bundle
 * whose templates have ends of two families.  A datagram is one message, so that its own length will do.
 */
static ike_err
check_length(struct slice msg)
{
	struct sadb_msg h;

	memcpy(&h, msg.p, sizeof(h));
	if (h.sadb_msg_type >= SADB_X_SPDUPDATE && h.sadb_msg_type <= SADB_X_SPDDELETE2)
		return IKE_OK;
	return (size_t)h.sadb_msg_len * PFKEY_UNIT == msg.n ? IKE_OK : IKE_E_FORMAT;
}

ike_err
pfkey_exts(struct slice msg, struct pfkey_exts *out)
{
	struct pfkey_hdr h;
	struct sadb_ext e;
	size_t off = sizeof(struct sadb_msg), n;

	TRY(pfkey_get_hdr(msg, &h));
	TRY(check_length(msg));
	memset(out, 0, sizeof(*out));
	while (off < msg.n) {
		memcpy(
		    &e, msg.p + off, sizeof(e)); /* the length is a multiple of 8: there is room */
		n = (size_t)e.sadb_ext_len * PFKEY_UNIT;
		if (n == 0 || n > msg.n - off)
			return IKE_E_FORMAT;
		if (e.sadb_ext_type <= SADB_EXT_MAX && out->e[e.sadb_ext_type].n == 0)
			out->e[e.sadb_ext_type] = slice_of(msg.p + off, n);
		off += n;
	}
	return IKE_OK;
}

ike_err
pfkey_ext_copy(const struct pfkey_exts *x, unsigned type, void *out, size_t n, bool *there_out)
{
	struct slice s = x->e[type];

	if (s.n != 0 && s.n < n)
		return IKE_E_FORMAT;
	if (s.n != 0)
		memcpy(out, s.p, n);
	*there_out = s.n != 0;
	return IKE_OK;
}

struct slice
pfkey_ext_rest(const struct pfkey_exts *x, unsigned type, size_t n)
{
	struct slice s = x->e[type];

	return n < s.n ? slice_of(s.p + n, s.n - n) : slice_of(NULL, 0);
}

/* --- addresses --- */

size_t
pfkey_sockaddr_len(uint8_t family)
{
	return family == 6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

void
pfkey_sockaddr(void *p, uint8_t family, const struct addr *a, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (family == 6) {
		if (a->family == 6)
			memcpy(&v6.sin6_addr, a->b, 16);
		memcpy(p, &v6, sizeof(v6));
	} else {
		if (a->family == 4)
			memcpy(&v4.sin_addr, a->b, 4);
		memcpy(p, &v4, sizeof(v4));
	}
}

void
pfkey_add_prefix(struct pfkey_msg *m, uint16_t type, uint8_t family, const struct prefix *p,
    uint8_t proto, uint16_t port)
{
	struct sadb_address h;
	uint8_t *b = pfkey_room(m, type, sizeof(h) + pfkey_sockaddr_len(family));

	if (b == NULL)
		return;
	memcpy(&h, b, sizeof(h));
	h.sadb_address_proto = proto;
	h.sadb_address_prefixlen = p->len;
	memcpy(b, &h, sizeof(h));
	pfkey_sockaddr(b + sizeof(h), family, &p->addr, port);
}

void
pfkey_add_addr(struct pfkey_msg *m, uint16_t type, uint8_t family, const struct addr *a)
{
	struct prefix p = { *a, family == 6 ? 128 : 32 };

	pfkey_add_prefix(m, type, family, &p, 0, 0);
}

ike_err
pfkey_get_sockaddr(struct slice s, struct endpoint *out, size_t *len_out)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	uint16_t family;

	if (s.n < sizeof(family))
		return IKE_E_FORMAT;
	memcpy(&family, s.p, sizeof(family));
	memset(out, 0, sizeof(*out));
	if (family == AF_INET && s.n >= sizeof(v4)) {
		memcpy(&v4, s.p, sizeof(v4));
		out->addr.family = 4;
		memcpy(out->addr.b, &v4.sin_addr, 4);
		out->port = ntohs(v4.sin_port);
		*len_out = sizeof(v4);
		return IKE_OK;
	}
	if (family == AF_INET6 && s.n >= sizeof(v6)) {
		memcpy(&v6, s.p, sizeof(v6));
		out->addr.family = 6;
		memcpy(out->addr.b, &v6.sin6_addr, 16);
		out->port = ntohs(v6.sin6_port);
		*len_out = sizeof(v6);
		return IKE_OK;
	}
	return IKE_E_FORMAT;
}

ike_err
pfkey_get_addr(
    const struct pfkey_exts *x, unsigned type, struct endpoint *out, struct sadb_address *hdr)
{
	struct sadb_address h;
	size_t n;
	bool there;

	TRY(pfkey_ext_copy(x, type, &h, sizeof(h), &there));
	if (!there)
		return IKE_E_FORMAT;
	if (hdr != NULL)
		*hdr = h;
	return pfkey_get_sockaddr(pfkey_ext_rest(x, type, sizeof(h)), out, &n);
}

/* --- lifetimes --- */

static void
add_limit(struct pfkey_msg *m, uint16_t type, uint64_t sec, uint64_t bytes, uint64_t packets)
{
	struct sadb_lifetime l;
	uint8_t *b = pfkey_room(m, type, sizeof(l));

	if (b == NULL)
		return;
	memcpy(&l, b, sizeof(l));
	l.sadb_lifetime_allocations = packets > UINT32_MAX ? UINT32_MAX : (uint32_t)packets;
	l.sadb_lifetime_bytes = bytes;
	l.sadb_lifetime_addtime = sec;
	memcpy(b, &l, sizeof(l));
}

/* Linux takes both or none. */
void
pfkey_add_life(struct pfkey_msg *m, const struct sa_life *l)
{
	add_limit(m, SADB_EXT_LIFETIME_HARD, l->hard_sec, l->hard_bytes, l->hard_packets);
	add_limit(m, SADB_EXT_LIFETIME_SOFT, l->soft_sec, l->soft_bytes, l->soft_packets);
}

ike_err
pfkey_get_life(const struct pfkey_exts *x, struct sa_life *out)
{
	struct sadb_lifetime l;
	bool there;

	memset(out, 0, sizeof(*out));
	TRY(pfkey_ext_copy(x, SADB_EXT_LIFETIME_HARD, &l, sizeof(l), &there));
	if (there) {
		out->hard_sec = l.sadb_lifetime_addtime;
		out->hard_bytes = l.sadb_lifetime_bytes;
		out->hard_packets = l.sadb_lifetime_allocations;
	}
	TRY(pfkey_ext_copy(x, SADB_EXT_LIFETIME_SOFT, &l, sizeof(l), &there));
	if (there) {
		out->soft_sec = l.sadb_lifetime_addtime;
		out->soft_bytes = l.sadb_lifetime_bytes;
		out->soft_packets = l.sadb_lifetime_allocations;
	}
	return IKE_OK;
}

/* --- security contexts --- */

void
pfkey_add_ctx(struct pfkey_msg *m, const char *ctx, uint8_t doi, uint8_t alg)
{
	struct sadb_x_sec_ctx h;
	size_t n = strnlen(ctx, 63) + 1;
	uint8_t *b;

	if (n == 1)
		return;
	b = pfkey_room(m, SADB_X_EXT_SEC_CTX, sizeof(h) + n);
	if (b == NULL)
		return;
	memcpy(&h, b, sizeof(h));
	h.sadb_x_ctx_doi = doi;
	h.sadb_x_ctx_alg = alg;
	h.sadb_x_ctx_len = (uint16_t)n;
	memcpy(b, &h, sizeof(h));
	memcpy(b + sizeof(h), ctx, n - 1);
}

ike_err
pfkey_get_ctx(const struct pfkey_exts *x, char ctx[64], uint8_t *doi, uint8_t *alg)
{
	struct sadb_x_sec_ctx h;
	struct slice s = pfkey_ext_rest(x, SADB_X_EXT_SEC_CTX, sizeof(h));
	bool there;
	size_t n;

	ctx[0] = '\0';
	TRY(pfkey_ext_copy(x, SADB_X_EXT_SEC_CTX, &h, sizeof(h), &there));
	if (!there)
		return IKE_OK;
	if (h.sadb_x_ctx_len > s.n)
		return IKE_E_FORMAT;
	/* the kernel counts the NUL; a longer context than we can hold is cut */
	n = h.sadb_x_ctx_len == 0 ? 0 : strnlen((const char *)s.p, h.sadb_x_ctx_len);
	if (n > 63)
		n = 63;
	if (n != 0)
		memcpy(ctx, s.p, n);
	ctx[n] = '\0';
	*doi = h.sadb_x_ctx_doi;
	*alg = h.sadb_x_ctx_alg;
	return IKE_OK;
}
