/* SPDX-License-Identifier: BSD-3-Clause */
#include "kern/xfrm_conv.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>
#include <string.h>

uint8_t
xfrm_proto(uint8_t proto)
{
	switch (proto) {
	case PROTO_AH:
		return IPPROTO_AH;
	case PROTO_ESP:
		return IPPROTO_ESP;
	case PROTO_IPCOMP:
		return IPPROTO_COMP;
	default:
		return 0;
	}
}

uint8_t
xfrm_get_proto(uint8_t ipproto)
{
	switch (ipproto) {
	case IPPROTO_AH:
		return PROTO_AH;
	case IPPROTO_ESP:
		return PROTO_ESP;
	case IPPROTO_COMP:
		return PROTO_IPCOMP;
	default:
		return PROTO_NONE;
	}
}

uint8_t
xfrm_mode(uint8_t mode)
{
	return mode == MODE_TUNNEL ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
}

uint8_t
xfrm_get_mode(uint8_t mode)
{
	return mode == XFRM_MODE_TUNNEL      ? MODE_TUNNEL
	       : mode == XFRM_MODE_TRANSPORT ? MODE_TRANSPORT
					     : MODE_ANY;
}

uint16_t
xfrm_family(uint8_t family)
{
	return family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
}

uint8_t
xfrm_get_family(uint16_t family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 6 : 0;
}

void
xfrm_addr(const struct addr *a, xfrm_address_t *out)
{
	memset(out, 0, sizeof(*out));
	if (a->family == 4)
		memcpy(out, a->b, 4);
	else if (a->family == 6)
		memcpy(out, a->b, 16);
}

struct addr
xfrm_get_address(const xfrm_address_t *x, uint16_t family)
{
	struct addr a = { .family = xfrm_get_family(family) };

	if (a.family != 0)
		memcpy(a.b, x, a.family == 4 ? 4 : 16);
	return a;
}

ike_err
xfrm_selector(const struct sa_selector *s, struct xfrm_selector *out)
{
	uint8_t family = s->src.addr.family != 0 ? s->src.addr.family : s->dst.addr.family;

	if (s->dst.addr.family != 0 && s->dst.addr.family != family)
		return IKE_E_RANGE;
	if (s->src.len > addr_bits(&s->src.addr) || s->dst.len > addr_bits(&s->dst.addr))
		return IKE_E_RANGE;
	memset(out, 0, sizeof(*out));
	out->family = xfrm_family(family);
	xfrm_addr(&s->src.addr, &out->saddr);
	xfrm_addr(&s->dst.addr, &out->daddr);
	out->prefixlen_s = s->src.len;
	out->prefixlen_d = s->dst.len;
	out->proto = s->proto;
	out->sport = htons(s->sport);
	out->dport = htons(s->dport);
	out->sport_mask = s->sport != 0 || s->sport_set ? 0xffff : 0;
	out->dport_mask = s->dport != 0 || s->dport_set ? 0xffff : 0;
	return IKE_OK;
}

static uint8_t
prefix_len(uint8_t len, const struct addr *a)
{
	return len > addr_bits(a) ? addr_bits(a) : len;
}

void
xfrm_get_selector(const struct xfrm_selector *x, struct sa_selector *out)
{
	memset(out, 0, sizeof(*out));
	out->src.addr = xfrm_get_address(&x->saddr, x->family);
	out->dst.addr = xfrm_get_address(&x->daddr, x->family);
	out->src.len = prefix_len(x->prefixlen_s, &out->src.addr);
	out->dst.len = prefix_len(x->prefixlen_d, &out->dst.addr);
	out->proto = x->proto;
	out->sport_set = x->sport_mask != 0;
	out->dport_set = x->dport_mask != 0;
	out->sport = out->sport_set ? ntohs(x->sport) : 0;
	out->dport = out->dport_set ? ntohs(x->dport) : 0;
}

static uint64_t
limit(uint64_t n)
{
	return n == 0 ? XFRM_INF : n;
}

static uint64_t
get_limit(uint64_t n)
{
	return n == XFRM_INF ? 0 : n;
}

void
xfrm_life(const struct sa_life *l, struct xfrm_lifetime_cfg *out)
{
	memset(out, 0, sizeof(*out));
	out->soft_byte_limit = limit(l->soft_bytes);
	out->hard_byte_limit = limit(l->hard_bytes);
	out->soft_packet_limit = limit(l->soft_packets);
	out->hard_packet_limit = limit(l->hard_packets);
	/* for times it is 0 that means none; XFRM_INF would overflow in the kernel's arithmetic */
	out->soft_add_expires_seconds = l->soft_sec;
	out->hard_add_expires_seconds = l->hard_sec;
}

void
xfrm_get_life(const struct xfrm_lifetime_cfg *x, struct sa_life *out)
{
	*out = (struct sa_life){
		.soft_sec = get_limit(x->soft_add_expires_seconds),
		.hard_sec = get_limit(x->hard_add_expires_seconds),
		.soft_bytes = get_limit(x->soft_byte_limit),
		.hard_bytes = get_limit(x->hard_byte_limit),
		.soft_packets = get_limit(x->soft_packet_limit),
		.hard_packets = get_limit(x->hard_packet_limit),
	};
}

struct slice
xfrm_msg_slice(const struct xfrm_msg *m)
{
	return slice_of(m->b, ((const struct nlmsghdr *)(const void *)m->b)->nlmsg_len);
}

void
xfrm_msg_wipe(struct xfrm_msg *m)
{
	explicit_bzero(m->b, sizeof(m->b));
}

void *
xfrm_begin(struct xfrm_msg *m, uint16_t type, size_t n)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(m->b);

	nlh->nlmsg_type = type;
	return mnl_nlmsg_put_extra_header(nlh, n);
}

ike_err
xfrm_add(struct xfrm_msg *m, uint16_t type, const void *data, size_t n)
{
	if (n > XFRM_BUF_SIZE || !mnl_attr_put_check(xfrm_msg_hdr(m), XFRM_BUF_SIZE, type, n, data))
		return IKE_E_FULL;
	return IKE_OK;
}

ike_err
xfrm_add_marks(struct xfrm_msg *m, uint32_t mark, uint32_t mask, uint32_t if_id)
{
	struct xfrm_mark x = { .v = mark, .m = mask };

	if (mask != 0)
		TRY(xfrm_add(m, XFRMA_MARK, &x, sizeof(x)));
	if (if_id != 0)
		TRY(xfrm_add(m, XFRMA_IF_ID, &if_id, sizeof(if_id)));
	return IKE_OK;
}

ike_err
xfrm_add_ctx(struct xfrm_msg *m, const char *ctx, uint8_t doi, uint8_t alg)
{
	struct xfrm_user_sec_ctx h;
	uint8_t b[sizeof(h) + 64];
	size_t n = strnlen(ctx, 63) + 1;

	if (n == 1)
		return IKE_OK;
	memset(&h, 0, sizeof(h));
	h.len = (uint16_t)(sizeof(h) + n);
	h.exttype = XFRMA_SEC_CTX;
	h.ctx_doi = doi;
	h.ctx_alg = alg;
	h.ctx_len = (uint16_t)n;
	memset(b, 0, sizeof(b));
	memcpy(b, &h, sizeof(h));
	memcpy(b + sizeof(h), ctx, n - 1);
	return xfrm_add(m, XFRMA_SEC_CTX, b, sizeof(h) + n);
}

ike_err
xfrm_attrs(struct slice s, struct xfrm_attrs *out)
{
	size_t off = 0;

	memset(out, 0, sizeof(*out));
	while (off < s.n) {
		const struct nlattr *a = (const struct nlattr *)(const void *)(s.p + off);
		unsigned type;

		if (s.n - off < sizeof(*a) || a->nla_len < sizeof(*a) || a->nla_len > s.n - off)
			return IKE_E_FORMAT;
		type = a->nla_type & NLA_TYPE_MASK;
		if (type <= XFRMA_MAX && out->a[type] == NULL)
			out->a[type] = a;
		off += MNL_ALIGN(a->nla_len);
	}
	return IKE_OK;
}

ike_err
xfrm_open(struct slice msg, void *fixed, size_t n, struct xfrm_attrs *attrs)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)(const void *)msg.p;
	size_t off = MNL_NLMSG_HDRLEN + MNL_ALIGN(n);

	if (msg.n < MNL_NLMSG_HDRLEN || nlh->nlmsg_len > msg.n ||
	    nlh->nlmsg_len < MNL_NLMSG_HDRLEN + n)
		return IKE_E_SHORT;
	memcpy(fixed, msg.p + MNL_NLMSG_HDRLEN, n);
	return xfrm_attrs(
	    slice_of(msg.p + off, nlh->nlmsg_len > off ? nlh->nlmsg_len - off : 0), attrs);
}

struct slice
xfrm_attr(const struct xfrm_attrs *a, unsigned type)
{
	const struct nlattr *at = a->a[type];

	if (at == NULL)
		return slice_of(NULL, 0);
	return slice_of(mnl_attr_get_payload(at), mnl_attr_get_payload_len(at));
}

ike_err
xfrm_attr_copy(const struct xfrm_attrs *a, unsigned type, void *out, size_t n, bool *there_out)
{
	struct slice s = xfrm_attr(a, type);

	if (a->a[type] != NULL && s.n < n)
		return IKE_E_FORMAT;
	if (a->a[type] != NULL)
		memcpy(out, s.p, n);
	*there_out = a->a[type] != NULL;
	return IKE_OK;
}

ike_err
xfrm_get_marks(const struct xfrm_attrs *a, uint32_t *mark, uint32_t *mask, uint32_t *if_id)
{
	struct xfrm_mark m = { 0, 0 };
	uint32_t id = 0;
	bool there;

	TRY(xfrm_attr_copy(a, XFRMA_MARK, &m, sizeof(m), &there));
	TRY(xfrm_attr_copy(a, XFRMA_IF_ID, &id, sizeof(id), &there));
	/* with an empty mask the value means nothing */
	*mark = m.m != 0 ? m.v : 0;
	*mask = m.m;
	*if_id = id;
	return IKE_OK;
}

ike_err
xfrm_get_ctx(const struct xfrm_attrs *a, char ctx[64], uint8_t *doi, uint8_t *alg)
{
	struct xfrm_user_sec_ctx h;
	struct slice s = xfrm_attr(a, XFRMA_SEC_CTX);
	bool there;
	size_t n;

	ctx[0] = '\0';
	TRY(xfrm_attr_copy(a, XFRMA_SEC_CTX, &h, sizeof(h), &there));
	if (!there)
		return IKE_OK;
	if (h.ctx_len > s.n - sizeof(h))
		return IKE_E_FORMAT;
	/* the kernel counts the NUL; a longer context than we can hold is cut */
	n = strnlen((const char *)s.p + sizeof(h), h.ctx_len);
	if (n > 63)
		n = 63;
	memcpy(ctx, s.p + sizeof(h), n);
	ctx[n] = '\0';
	*doi = h.ctx_doi;
	*alg = h.ctx_alg;
	return IKE_OK;
}
