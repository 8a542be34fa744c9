/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: every extension of an SA is put by one function here and read by its twin.  Linux answers with more
 * than it was given: an ADDRESS_PROXY that holds the selector's source where that is not the SA's own.
 */
#include "kern/pfkey_ext.h"

#include <arpa/inet.h>
#include <linux/udp.h>
#include <string.h>

static const struct {
	unsigned ours, theirs;
} flag_map[] = {
	{ SA_NOECN, SADB_SAFLAGS_NOECN },
	{ SA_DECAP_DSCP, SADB_SAFLAGS_DECAP_DSCP },
	{ SA_NOPMTUDISC, SADB_SAFLAGS_NOPMTUDISC },
};

/* --- what cannot be said --- */

static const char *
alg_obstacle(const struct alg *a)
{
	if (a == NULL)
		return "no such algorithm";
	if (a->id == INTEG_HMAC_SHA256_128)
		return "PF_KEY has hmac(sha256) with 96 bits only, not RFC 4868's 128: "
		       "use kernel_interface xfrm, or hmac_sha256_96 at both ends";
	if ((a->flags & ALG_AEAD) != 0)
		return "PF_KEY on Linux has no AEAD ciphers: use kernel_interface xfrm, or cbc "
		       "with hmac";
	return a->pfkey == ALG_NO_NUMBER
		   ? "PF_KEY has no number for this algorithm: use kernel_interface xfrm"
		   : NULL;
}

static const char *
kind_obstacle(uint16_t id, enum alg_kind kind)
{
	const struct alg *a = alg_get(id);

	if (id == ALG_ID_NONE)
		return NULL;
	return alg_obstacle(a != NULL && a->kind == kind ? a : NULL);
}

const char *
pfkey_sa_obstacle(const struct sa_spec *s)
{
	const char *why = kind_obstacle(s->encr, ALG_ENCR);

	if (why == NULL)
		why = kind_obstacle(s->integ, ALG_INTEG);
	if (why == NULL)
		why = kind_obstacle(s->comp, ALG_COMP);
	if (why != NULL)
		return why;
	if (s->id.proto != PROTO_ESP && s->id.proto != PROTO_AH && s->id.proto != PROTO_IPCOMP)
		return "no such protocol";
	if (s->mark_mask != 0 || s->if_id != 0)
		return "PF_KEY has no marks and interface ids: use kernel_interface xfrm";
	if ((s->flags & SA_ESN) != 0)
		return "PF_KEY has no extended sequence numbers: use kernel_interface xfrm";
	if ((s->flags & (SA_WILDRECV | SA_AF_UNSPEC)) != 0)
		return "PF_KEY has no such flag: use kernel_interface xfrm";
	return NULL;
}

/* --- writing --- */

static bool
encr_key_fits(const struct alg *a, const struct sa_keys *k, unsigned bits)
{
	unsigned have = k->encr_len * 8u, salt = a->salt * 8u;

	if (a->key_max == 0)
		return k->encr_len == 0;
	if (k->encr_len > sizeof(k->encr) || have <= salt || !alg_key_ok(a, have - salt))
		return false;
	return bits == 0 || bits == have - salt;
}

static bool
integ_key_fits(const struct alg *a, const struct sa_keys *k)
{
	if (a->key_max == 0)
		return k->integ_len == 0;
	return k->integ_len != 0 && k->integ_len <= sizeof(k->integ) &&
	       alg_key_ok(a, k->integ_len * 8u);
}

static void
add_key(struct pfkey_msg *m, uint16_t type, const uint8_t *key, size_t n)
{
	struct sadb_key h;
	uint8_t *b = pfkey_room(m, type, sizeof(h) + n);

	if (b == NULL)
		return;
	memcpy(&h, b, sizeof(h));
	h.sadb_key_bits = (uint16_t)(n * 8);
	memcpy(b, &h, sizeof(h));
	memcpy(b + sizeof(h), key, n);
}

/* Linux wants a key for each algorithm that the protocol cannot be without, be it empty. */
static ike_err
add_algs(struct pfkey_msg *m, const struct sa_spec *s, const struct sa_keys *k, struct sadb_sa *sa)
{
	const struct alg *e = alg_get(s->encr), *i = alg_get(s->integ), *c = alg_get(s->comp);

	/* ESP needs none; AH must have one, be it null */
	if (s->integ == INTEG_NONE && s->id.proto != PROTO_AH)
		i = NULL;
	if ((e != NULL && !encr_key_fits(e, k, s->encr_bits)) ||
	    (i != NULL && !integ_key_fits(i, k)) || (e != NULL && c != NULL))
		return IKE_E_RANGE;
	if (i != NULL) {
		sa->sadb_sa_auth = (uint8_t)i->pfkey;
		add_key(m, SADB_EXT_KEY_AUTH, k->integ, k->integ_len);
	}
	if (e != NULL) {
		sa->sadb_sa_encrypt = (uint8_t)e->pfkey;
		add_key(m, SADB_EXT_KEY_ENCRYPT, k->encr, k->encr_len);
	}
	if (c != NULL)
		sa->sadb_sa_encrypt = (uint8_t)c->pfkey;
	return IKE_OK;
}

static void
add_sa2(struct pfkey_msg *m, uint8_t mode, uint32_t reqid)
{
	struct sadb_x_sa2 x;
	uint8_t *b = pfkey_room(m, SADB_X_EXT_SA2, sizeof(x));

	if (b == NULL)
		return;
	memcpy(&x, b, sizeof(x));
	x.sadb_x_sa2_mode = pfkey_mode(mode);
	x.sadb_x_sa2_reqid = reqid;
	memcpy(b, &x, sizeof(x));
}

static void
add_port(struct pfkey_msg *m, uint16_t type, uint16_t port)
{
	struct sadb_x_nat_t_port x;
	uint8_t *b = pfkey_room(m, type, sizeof(x));

	if (b == NULL)
		return;
	memcpy(&x, b, sizeof(x));
	x.sadb_x_nat_t_port_port = htons(port);
	memcpy(b, &x, sizeof(x));
}

static void
add_encap(struct pfkey_msg *m, const struct sa_spec *s)
{
	struct sadb_x_nat_t_type x;
	uint8_t *b;

	if (s->encap_sport == 0 && s->encap_dport == 0)
		return;
	b = pfkey_room(m, SADB_X_EXT_NAT_T_TYPE, sizeof(x));
	if (b == NULL)
		return;
	memcpy(&x, b, sizeof(x));
	x.sadb_x_nat_t_type_type = UDP_ENCAP_ESPINUDP;
	memcpy(b, &x, sizeof(x));
	add_port(m, SADB_X_EXT_NAT_T_SPORT, s->encap_sport);
	add_port(m, SADB_X_EXT_NAT_T_DPORT, s->encap_dport);
	if (s->encap_oa.family != 0)
		pfkey_add_addr(m, SADB_X_EXT_NAT_T_OA, s->encap_oa.family, &s->encap_oa);
}

static ike_err
add_ends(struct pfkey_msg *m, const struct addr *src, const struct addr *dst)
{
	if (dst->family == 0 || (src->family != 0 && src->family != dst->family))
		return IKE_E_RANGE;
	pfkey_add_addr(m, SADB_EXT_ADDRESS_SRC, dst->family, src);
	pfkey_add_addr(m, SADB_EXT_ADDRESS_DST, dst->family, dst);
	return IKE_OK;
}

/* The SA extension goes first and is filled in last. */
static void
patch_sa(struct pfkey_msg *m, const struct sadb_sa *sa)
{
	memcpy(m->b + sizeof(struct sadb_msg) + sizeof(struct sadb_ext),
	    (const uint8_t *)sa + sizeof(struct sadb_ext), sizeof(*sa) - sizeof(struct sadb_ext));
}

ike_err
pfkey_put_sa(struct pfkey_msg *m, uint8_t type, const struct sa_spec *s, const struct sa_keys *k,
    const struct sa_label *label)
{
	struct sadb_sa sa = { .sadb_sa_spi = htonl(s->id.spi),
		.sadb_sa_state = SADB_SASTATE_MATURE };

	if (pfkey_sa_obstacle(s) != NULL)
		return IKE_E_UNSUPPORTED;
	sa.sadb_sa_replay =
	    (uint8_t)(s->replay_window > PFKEY_WINDOW_MAX ? PFKEY_WINDOW_MAX : s->replay_window);
	for (size_t i = 0; i < sizeof(flag_map) / sizeof(flag_map[0]); i++) {
		if ((s->flags & flag_map[i].ours) != 0)
			sa.sadb_sa_flags |= flag_map[i].theirs;
	}
	pfkey_begin(m, type, pfkey_satype(s->id.proto));
	pfkey_set_asker(m, s->seq, 0);
	(void)pfkey_room(m, SADB_EXT_SA, sizeof(sa));
	pfkey_add_life(m, &s->life);
	TRY(add_ends(m, &s->src, &s->id.dst));
	TRY(add_algs(m, s, k, &sa));
	add_sa2(m, s->mode, s->reqid);
	add_encap(m, s);
	if (label != NULL)
		pfkey_add_ctx(m, label->ctx, label->doi, label->alg);
	patch_sa(m, &sa);
	return pfkey_finish(m);
}

ike_err
pfkey_put_sa_id(struct pfkey_msg *m, uint8_t type, const struct sa_id *id, const struct addr *src)
{
	static const struct addr none = { 0 };
	struct sadb_sa sa = { .sadb_sa_spi = htonl(id->spi) };

	if (id->proto == PROTO_NONE || pfkey_satype(id->proto) == 0xff)
		return IKE_E_UNSUPPORTED;
	pfkey_begin(m, type, pfkey_satype(id->proto));
	(void)pfkey_room(m, SADB_EXT_SA, sizeof(sa));
	/* the source does not name an SA, but must be there */
	TRY(add_ends(m, src != NULL && src->family == id->dst.family ? src : &none, &id->dst));
	patch_sa(m, &sa);
	return pfkey_finish(m);
}

ike_err
pfkey_put_getspi(struct pfkey_msg *m, const struct pfkey_spi_request *r)
{
	struct sadb_spirange x;
	uint8_t *b;

	if (r->id.proto == PROTO_NONE || pfkey_satype(r->id.proto) == 0xff)
		return IKE_E_UNSUPPORTED;
	pfkey_begin(m, SADB_GETSPI, pfkey_satype(r->id.proto));
	TRY(add_ends(m, &r->src, &r->id.dst));
	b = pfkey_room(m, SADB_EXT_SPIRANGE, sizeof(x));
	if (b != NULL) {
		memcpy(&x, b, sizeof(x));
		x.sadb_spirange_min = r->min;
		x.sadb_spirange_max = r->max;
		memcpy(b, &x, sizeof(x));
	}
	add_sa2(m, r->mode, r->reqid);
	return pfkey_finish(m);
}

ike_err
pfkey_put_dump_between(
    struct pfkey_msg *m, uint8_t proto, const struct addr *src, const struct addr *dst)
{
	struct sadb_x_filter x;
	uint8_t family = src != NULL ? src->family : dst != NULL ? dst->family : 0;
	uint8_t *b;

	if (pfkey_satype(proto) == 0xff)
		return IKE_E_UNSUPPORTED;
	if (family == 0 || (src != NULL && dst != NULL && dst->family != family))
		return IKE_E_RANGE;
	pfkey_begin(m, SADB_DUMP, pfkey_satype(proto));
	b = pfkey_room(m, SADB_X_EXT_FILTER, sizeof(x));
	if (b != NULL) {
		memcpy(&x, b, sizeof(x));
		x.sadb_x_filter_family = family == 6 ? AF_INET6 : AF_INET;
		if (src != NULL) {
			memcpy(x.sadb_x_filter_saddr, src->b, sizeof(x.sadb_x_filter_saddr));
			x.sadb_x_filter_splen = addr_bits(src);
		}
		if (dst != NULL) {
			memcpy(x.sadb_x_filter_daddr, dst->b, sizeof(x.sadb_x_filter_daddr));
			x.sadb_x_filter_dplen = addr_bits(dst);
		}
		memcpy(b, &x, sizeof(x));
	}
	return pfkey_finish(m);
}

/* --- reading --- */

/* The key in extension |type|, if there is one. */
static ike_err
get_key(const struct pfkey_exts *x, unsigned type, uint8_t *to, size_t cap, uint16_t *len_out,
    uint16_t *bits_out)
{
	struct slice s = pfkey_ext_rest(x, type, sizeof(struct sadb_key));
	struct sadb_key h;
	size_t n;
	bool there;

	*len_out = *bits_out = 0;
	TRY(pfkey_ext_copy(x, type, &h, sizeof(h), &there));
	if (!there)
		return IKE_OK;
	n = h.sadb_key_bits / 8u + (h.sadb_key_bits % 8u != 0);
	if (n > s.n)
		return IKE_E_FORMAT;
	*bits_out = h.sadb_key_bits;
	if (n > cap)
		n = cap;
	if (n != 0)
		memcpy(to, s.p, n);
	*len_out = (uint16_t)n;
	return IKE_OK;
}

static uint16_t
id_of(enum alg_kind kind, uint8_t number)
{
	const struct alg *a = number == 0 ? NULL : alg_find_pfkey(kind, number);

	return a == NULL ? ALG_ID_NONE : (uint16_t)a->id;
}

static ike_err
get_algs(const struct sadb_sa *sa, const struct pfkey_exts *x, struct kern_sa *out)
{
	struct sa_spec *s = &out->spec;
	const struct alg *e;
	uint16_t bits, unused;

	TRY(get_key(x, SADB_EXT_KEY_AUTH, out->keys.integ, sizeof(out->keys.integ),
	    &out->keys.integ_len, &unused));
	TRY(get_key(x, SADB_EXT_KEY_ENCRYPT, out->keys.encr, sizeof(out->keys.encr),
	    &out->keys.encr_len, &bits));
	s->integ = id_of(ALG_INTEG, sa->sadb_sa_auth);
	if (s->id.proto == PROTO_IPCOMP)
		s->comp = id_of(ALG_COMP, sa->sadb_sa_encrypt);
	else
		s->encr = id_of(ALG_ENCR, sa->sadb_sa_encrypt);
	e = alg_get(s->encr);
	if (e != NULL && bits > e->salt * 8u)
		s->encr_bits = (uint16_t)(bits - e->salt * 8u);
	/* what has no number (an AEAD made through netlink) is not told at all */
	if (sa_is_larval(s) &&
	    (sa->sadb_sa_state == SADB_SASTATE_MATURE || sa->sadb_sa_state == SADB_SASTATE_DYING))
		s->integ = INTEG_NONE;
	return IKE_OK;
}

static ike_err
get_port(const struct pfkey_exts *x, unsigned type, uint16_t *out)
{
	struct sadb_x_nat_t_port p;
	bool there;

	TRY(pfkey_ext_copy(x, type, &p, sizeof(p), &there));
	*out = there ? ntohs(p.sadb_x_nat_t_port_port) : 0;
	return IKE_OK;
}

static ike_err
get_encap(const struct pfkey_exts *x, struct sa_spec *out)
{
	struct sadb_x_nat_t_type t;
	struct endpoint oa;
	bool there;

	TRY(pfkey_ext_copy(x, SADB_X_EXT_NAT_T_TYPE, &t, sizeof(t), &there));
	if (!there || t.sadb_x_nat_t_type_type == 0)
		return IKE_OK;
	TRY(get_port(x, SADB_X_EXT_NAT_T_SPORT, &out->encap_sport));
	TRY(get_port(x, SADB_X_EXT_NAT_T_DPORT, &out->encap_dport));
	if (x->e[SADB_X_EXT_NAT_T_OA].n == 0)
		return IKE_OK;
	TRY(pfkey_get_addr(x, SADB_X_EXT_NAT_T_OA, &oa, NULL));
	out->encap_oa = oa.addr;
	return IKE_OK;
}

static ike_err
get_usage(const struct pfkey_exts *x, struct sa_usage *out)
{
	struct sadb_lifetime l;
	bool there;

	TRY(pfkey_ext_copy(x, SADB_EXT_LIFETIME_CURRENT, &l, sizeof(l), &there));
	if (there)
		*out = (struct sa_usage){ .bytes = l.sadb_lifetime_bytes,
			.packets = l.sadb_lifetime_allocations,
			.add_time = l.sadb_lifetime_addtime,
			.use_time = l.sadb_lifetime_usetime };
	return IKE_OK;
}

static ike_err
get_ends(const struct pfkey_exts *x, struct sa_spec *out)
{
	struct endpoint src, dst;

	TRY(pfkey_get_addr(x, SADB_EXT_ADDRESS_SRC, &src, NULL));
	TRY(pfkey_get_addr(x, SADB_EXT_ADDRESS_DST, &dst, NULL));
	out->src = src.addr;
	out->id.dst = dst.addr;
	return IKE_OK;
}

static ike_err
get_sa2(const struct pfkey_exts *x, struct sa_spec *out)
{
	struct sadb_x_sa2 a;
	bool there;

	TRY(pfkey_ext_copy(x, SADB_X_EXT_SA2, &a, sizeof(a), &there));
	if (there) {
		out->mode = pfkey_get_mode(a.sadb_x_sa2_mode);
		out->reqid = a.sadb_x_sa2_reqid;
	}
	return IKE_OK;
}

ike_err
pfkey_get_sa_parts(const struct pfkey_hdr *h, const struct pfkey_exts *x, struct kern_sa *out)
{
	struct sadb_sa sa;
	bool there;

	memset(out, 0, sizeof(*out));
	TRY(pfkey_ext_copy(x, SADB_EXT_SA, &sa, sizeof(sa), &there));
	if (!there)
		return IKE_E_FORMAT;
	out->spec.id.proto = h->proto;
	out->spec.id.spi = ntohl(sa.sadb_sa_spi);
	out->spec.replay_window = sa.sadb_sa_replay;
	out->larval = sa.sadb_sa_state == SADB_SASTATE_LARVAL;
	for (size_t i = 0; i < sizeof(flag_map) / sizeof(flag_map[0]); i++) {
		if ((sa.sadb_sa_flags & flag_map[i].theirs) != 0)
			out->spec.flags |= flag_map[i].ours;
	}
	TRY(get_ends(x, &out->spec));
	TRY(pfkey_get_life(x, &out->spec.life));
	TRY(get_usage(x, &out->usage));
	TRY(get_algs(&sa, x, out));
	TRY(get_sa2(x, &out->spec));
	TRY(get_encap(x, &out->spec));
	return pfkey_get_ctx(x, out->label.ctx, &out->label.doi, &out->label.alg);
}

ike_err
pfkey_get_sa(struct slice msg, struct kern_sa *out)
{
	struct pfkey_hdr h;
	struct pfkey_exts x;
	struct kern_sa sa;
	ike_err err;

	TRY(pfkey_get_hdr(msg, &h));
	TRY(pfkey_exts(msg, &x));
	err = pfkey_get_sa_parts(&h, &x, &sa);
	if (err == IKE_OK)
		*out = sa;
	explicit_bzero(&sa, sizeof(sa));
	return err;
}
