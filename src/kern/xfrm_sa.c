/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a struct xfrm_usersa_info carries what every SA has; the rest are attributes, each put by one function
 * here and read by its twin.  The kernel answers with more attributes than it was given (an XFRMA_ALG_AUTH beside
 * XFRMA_ALG_AUTH_TRUNC, say); the readers take the more exact one.
 */
#include "kern/xfrm_conv.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/udp.h>
#include <string.h>

#define ALG_NAME_MAX 64
/* Larger than any key of struct sa_keys. */
#define ALG_KEY_MAX 256

static const struct {
	unsigned ours, theirs;
} flag_map[] = {
	{ SA_NOECN, XFRM_STATE_NOECN },
	{ SA_DECAP_DSCP, XFRM_STATE_DECAP_DSCP },
	{ SA_NOPMTUDISC, XFRM_STATE_NOPMTUDISC },
	{ SA_WILDRECV, XFRM_STATE_WILDRECV },
	{ SA_AF_UNSPEC, XFRM_STATE_AF_UNSPEC },
	{ SA_ESN, XFRM_STATE_ESN },
};

/* --- writing --- */

/* Add the attribute made of the fixed part |hdr| and the key behind it. */
static ike_err
add_alg(struct xfrm_msg *m, uint16_t type, struct slice hdr, struct slice key)
{
	uint8_t b[sizeof(struct xfrm_algo_aead) + ALG_KEY_MAX];
	ike_err err;

	if (hdr.n + key.n > sizeof(b))
		return IKE_E_FULL;
	memcpy(b, hdr.p, hdr.n);
	memcpy(b + hdr.n, key.p, key.n);
	err = xfrm_add(m, type, b, hdr.n + key.n);
	explicit_bzero(b, sizeof(b));
	return err;
}

static ike_err
put_auth(struct xfrm_msg *m, const struct sa_spec *s, const struct sa_keys *k)
{
	const struct alg *a = alg_get(s->integ);
	struct xfrm_algo_auth x;

	/* ESP needs none; AH must have one, be it null */
	if (s->integ == ALG_ID_NONE || (s->integ == INTEG_NONE && s->id.proto != PROTO_AH))
		return IKE_OK;
	if (a == NULL || a->kind != ALG_INTEG || a->xfrm == NULL)
		return IKE_E_UNSUPPORTED;
	if (k->integ_len > sizeof(k->integ) || !alg_key_ok(a, k->integ_len * 8u) ||
	    (k->integ_len == 0) != (a->key_max == 0))
		return IKE_E_RANGE;
	memset(&x, 0, sizeof(x));
	memcpy(x.alg_name, a->xfrm, strlen(a->xfrm));
	x.alg_key_len = k->integ_len * 8u;
	x.alg_trunc_len = a->icv * 8u;
	return add_alg(
	    m, XFRMA_ALG_AUTH_TRUNC, slice_of(&x, sizeof(x)), slice_of(k->integ, k->integ_len));
}

/* Does the key of |k| have a length that |a| takes, and the one |bits| says? */
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

static ike_err
put_encr(struct xfrm_msg *m, const struct sa_spec *s, const struct sa_keys *k)
{
	const struct alg *a = alg_get(s->encr);
	struct slice key = slice_of(k->encr, k->encr_len);
	struct xfrm_algo x;
	struct xfrm_algo_aead ae;

	if (s->encr == ALG_ID_NONE)
		return IKE_OK;
	if (a == NULL || a->kind != ALG_ENCR || a->xfrm == NULL)
		return IKE_E_UNSUPPORTED;
	if (!encr_key_fits(a, k, s->encr_bits))
		return IKE_E_RANGE;
	if ((a->flags & ALG_AEAD) != 0) {
		memset(&ae, 0, sizeof(ae));
		memcpy(ae.alg_name, a->xfrm, strlen(a->xfrm));
		ae.alg_key_len = k->encr_len * 8u;
		ae.alg_icv_len = a->icv * 8u;
		return add_alg(m, XFRMA_ALG_AEAD, slice_of(&ae, sizeof(ae)), key);
	}
	memset(&x, 0, sizeof(x));
	memcpy(x.alg_name, a->xfrm, strlen(a->xfrm));
	x.alg_key_len = k->encr_len * 8u;
	return add_alg(m, XFRMA_ALG_CRYPT, slice_of(&x, sizeof(x)), key);
}

static ike_err
put_comp(struct xfrm_msg *m, const struct sa_spec *s)
{
	const struct alg *a = alg_get(s->comp);
	struct xfrm_algo x;

	if (s->comp == ALG_ID_NONE)
		return IKE_OK;
	if (a == NULL || a->kind != ALG_COMP || a->xfrm == NULL)
		return IKE_E_UNSUPPORTED;
	memset(&x, 0, sizeof(x));
	memcpy(x.alg_name, a->xfrm, strlen(a->xfrm));
	return xfrm_add(m, XFRMA_ALG_COMP, &x, sizeof(x));
}

static ike_err
put_encap(struct xfrm_msg *m, uint16_t sport, uint16_t dport, const struct addr *oa)
{
	struct xfrm_encap_tmpl x;

	if (sport == 0 && dport == 0)
		return IKE_OK;
	memset(&x, 0, sizeof(x));
	x.encap_type = UDP_ENCAP_ESPINUDP;
	x.encap_sport = htons(sport);
	x.encap_dport = htons(dport);
	xfrm_addr(oa, &x.encap_oa);
	return xfrm_add(m, XFRMA_ENCAP, &x, sizeof(x));
}

static ike_err
put_replay(struct xfrm_msg *m, const struct sa_spec *s, struct xfrm_usersa_info *u)
{
	struct xfrm_replay_state_esn x;
	uint8_t b[sizeof(x) + XFRM_WINDOW_MAX / 8];
	uint32_t window = s->replay_window;

	if (window > XFRM_WINDOW_MAX)
		return IKE_E_RANGE;
	if ((s->flags & SA_ESN) == 0 && window <= 32) {
		u->replay_window = (uint8_t)window;
		return IKE_OK;
	}
	if (window == 0)
		window = 32;
	memset(&x, 0, sizeof(x));
	x.bmp_len = (window + 31) / 32;
	x.replay_window = window;
	memset(b, 0, sizeof(b));
	memcpy(b, &x, sizeof(x));
	return xfrm_add(m, XFRMA_REPLAY_ESN_VAL, b, sizeof(x) + x.bmp_len * sizeof(uint32_t));
}

static ike_err
fill_sa(const struct sa_spec *s, struct xfrm_usersa_info *u)
{
	uint8_t proto = xfrm_proto(s->id.proto);

	if (proto == 0)
		return IKE_E_UNSUPPORTED;
	if (s->id.dst.family == 0 || (s->src.family != 0 && s->src.family != s->id.dst.family))
		return IKE_E_RANGE;
	TRY(xfrm_selector(&s->sel, &u->sel));
	xfrm_addr(&s->id.dst, &u->id.daddr);
	u->id.spi = htonl(s->id.spi);
	u->id.proto = proto;
	xfrm_addr(&s->src, &u->saddr);
	xfrm_life(&s->life, &u->lft);
	u->seq = s->seq;
	u->reqid = s->reqid;
	u->family = xfrm_family(s->id.dst.family);
	u->mode = xfrm_mode(s->mode);
	for (size_t i = 0; i < sizeof(flag_map) / sizeof(flag_map[0]); i++)
		if ((s->flags & flag_map[i].ours) != 0)
			u->flags |= (uint8_t)flag_map[i].theirs;
	return IKE_OK;
}

ike_err
xfrm_put_sa(struct xfrm_msg *m, uint16_t type, const struct sa_spec *s, const struct sa_keys *k,
    const struct sa_label *label)
{
	struct xfrm_usersa_info *u = xfrm_begin(m, type, sizeof(*u));

	TRY(fill_sa(s, u));
	TRY(put_replay(m, s, u));
	TRY(put_auth(m, s, k));
	TRY(put_encr(m, s, k));
	TRY(put_comp(m, s));
	TRY(put_encap(m, s->encap_sport, s->encap_dport, &s->encap_oa));
	TRY(xfrm_add_marks(m, s->mark, s->mark_mask, s->if_id));
	return label != NULL ? xfrm_add_ctx(m, label->ctx, label->doi, label->alg) : IKE_OK;
}

ike_err
xfrm_put_sa_id(struct xfrm_msg *m, uint16_t type, const struct sa_id *id, const struct addr *src)
{
	struct xfrm_usersa_id *u = xfrm_begin(m, type, sizeof(*u));
	xfrm_address_t saddr;

	u->proto = xfrm_proto(id->proto);
	u->family = xfrm_family(id->dst.family);
	u->spi = htonl(id->spi);
	xfrm_addr(&id->dst, &u->daddr);
	if (u->proto == 0)
		return IKE_E_UNSUPPORTED;
	if (src == NULL || src->family != id->dst.family)
		return IKE_OK;
	xfrm_addr(src, &saddr);
	return xfrm_add(m, XFRMA_SRCADDR, &saddr, sizeof(saddr));
}

ike_err
xfrm_put_allocspi(struct xfrm_msg *m, const struct xfrm_spi_request *r)
{
	struct xfrm_userspi_info *u = xfrm_begin(m, XFRM_MSG_ALLOCSPI, sizeof(*u));
	struct sa_spec s = {
		.id = r->id, .src = r->src, .mode = r->mode, .reqid = r->reqid, .seq = r->seq
	};

	s.id.spi = 0;
	TRY(fill_sa(&s, &u->info));
	u->min = r->min;
	u->max = r->max;
	return IKE_OK;
}

ike_err
xfrm_put_flushsa(struct xfrm_msg *m, uint8_t proto)
{
	struct xfrm_usersa_flush *u = xfrm_begin(m, XFRM_MSG_FLUSHSA, sizeof(*u));

	/* 255 stands for all three protocols (IPSEC_PROTO_ANY) */
	u->proto = proto == PROTO_NONE ? 255 : xfrm_proto(proto);
	return u->proto != 0 ? IKE_OK : IKE_E_UNSUPPORTED;
}

/* --- moving --- */

/* What goes along as it is. */
static const uint8_t carried[] = {
	XFRMA_ALG_AUTH_TRUNC,
	XFRMA_ALG_CRYPT,
	XFRMA_ALG_AEAD,
	XFRMA_ALG_COMP,
	XFRMA_REPLAY_VAL,
	XFRMA_REPLAY_ESN_VAL,
	XFRMA_MARK,
	XFRMA_IF_ID,
	XFRMA_SEC_CTX,
	XFRMA_TFCPAD,
	XFRMA_SA_EXTRA_FLAGS,
	XFRMA_SET_MARK,
	XFRMA_SET_MARK_MASK,
	XFRMA_COADDR,
	XFRMA_ETIMER_THRESH,
	XFRMA_REPLAY_THRESH,
};

ike_err
xfrm_put_sa_moved(
    struct xfrm_msg *m, struct slice got, const struct endpoint *src, const struct endpoint *dst)
{
	struct xfrm_usersa_info x, *u;
	struct xfrm_lifetime_cur cur;
	struct xfrm_encap_tmpl encap;
	struct xfrm_attrs a;
	bool encapsulated;

	TRY(xfrm_open(got, &x, sizeof(x), &a));
	if (src->addr.family != dst->addr.family || dst->addr.family == 0)
		return IKE_E_RANGE;
	TRY(xfrm_attr_copy(&a, XFRMA_ENCAP, &encap, sizeof(encap), &encapsulated));
	u = xfrm_begin(m, XFRM_MSG_NEWSA, sizeof(*u));
	*u = x;
	xfrm_addr(&src->addr, &u->saddr);
	xfrm_addr(&dst->addr, &u->id.daddr);
	u->family = xfrm_family(dst->addr.family);
	u->seq = 0;
	cur = x.curlft;
	TRY(xfrm_add(m, XFRMA_LTIME_VAL, &cur, sizeof(cur)));
	for (size_t i = 0; i < sizeof(carried); i++) {
		struct slice s = xfrm_attr(&a, carried[i]);

		if (a.a[carried[i]] != NULL)
			TRY(xfrm_add(m, carried[i], s.p, s.n));
	}
	if (src->port == 0 && dst->port == 0)
		return IKE_OK;
	if (!encapsulated) {
		memset(&encap, 0, sizeof(encap));
		encap.encap_type = UDP_ENCAP_ESPINUDP;
	}
	encap.encap_sport = htons(src->port);
	encap.encap_dport = htons(dst->port);
	return xfrm_add(m, XFRMA_ENCAP, &encap, sizeof(encap));
}

/* --- reading --- */

void
xfrm_get_sa_fixed(const struct xfrm_usersa_info *x, struct sa_spec *out)
{
	memset(out, 0, sizeof(*out));
	out->id.proto = xfrm_get_proto(x->id.proto);
	out->id.spi = ntohl(x->id.spi);
	out->id.dst = xfrm_get_address(&x->id.daddr, x->family);
	out->src = xfrm_get_address(&x->saddr, x->family);
	out->mode = xfrm_get_mode(x->mode);
	out->reqid = x->reqid;
	out->seq = x->seq;
	out->replay_window = x->replay_window;
	xfrm_get_life(&x->lft, &out->life);
	xfrm_get_selector(&x->sel, &out->sel);
	for (size_t i = 0; i < sizeof(flag_map) / sizeof(flag_map[0]); i++)
		if ((x->flags & flag_map[i].theirs) != 0)
			out->flags |= flag_map[i].ours;
}

/* Check that |key| holds |bits| and copy them. */
static ike_err
take_key(struct slice key, uint32_t bits, uint8_t *to, size_t cap, uint16_t *len_out)
{
	size_t n = bits / 8u + (bits % 8u != 0);

	if (n > key.n)
		return IKE_E_FORMAT;
	if (n > cap)
		n = cap;
	memcpy(to, key.p, n);
	*len_out = (uint16_t)n;
	return IKE_OK;
}

static struct slice
rest(struct slice s, size_t n)
{
	return slice_of(s.p + n, s.n - n);
}

static bool
name_ends(const char *name)
{
	return memchr(name, '\0', ALG_NAME_MAX) != NULL;
}

static ike_err
get_auth(const struct xfrm_attrs *a, struct kern_sa *out)
{
	struct xfrm_algo_auth t;
	struct xfrm_algo p;
	const struct alg *alg = NULL;
	bool trunc, plain;

	TRY(xfrm_attr_copy(a, XFRMA_ALG_AUTH_TRUNC, &t, sizeof(t), &trunc));
	TRY(xfrm_attr_copy(a, XFRMA_ALG_AUTH, &p, sizeof(p), &plain));
	if (trunc) {
		if (!name_ends(t.alg_name))
			return IKE_E_FORMAT;
		alg = alg_find_xfrm(ALG_INTEG, t.alg_name, t.alg_trunc_len);
		TRY(take_key(rest(xfrm_attr(a, XFRMA_ALG_AUTH_TRUNC), sizeof(t)), t.alg_key_len,
		    out->keys.integ, sizeof(out->keys.integ), &out->keys.integ_len));
	} else if (plain) {
		if (!name_ends(p.alg_name))
			return IKE_E_FORMAT;
		alg = alg_find_xfrm(ALG_INTEG, p.alg_name, 0);
		TRY(take_key(rest(xfrm_attr(a, XFRMA_ALG_AUTH), sizeof(p)), p.alg_key_len,
		    out->keys.integ, sizeof(out->keys.integ), &out->keys.integ_len));
	}
	out->spec.integ = alg != NULL ? (uint16_t)alg->id : ALG_ID_NONE;
	return IKE_OK;
}

/* |bits| of key and salt: what of it is the key? */
static uint16_t
encr_bits(const struct alg *a, uint32_t bits)
{
	return a != NULL && bits > a->salt * 8u && bits <= UINT16_MAX
		   ? (uint16_t)(bits - a->salt * 8u)
		   : 0;
}

static ike_err
get_encr(const struct xfrm_attrs *a, struct kern_sa *out)
{
	struct xfrm_algo_aead t;
	struct xfrm_algo p;
	const struct alg *alg = NULL;
	uint32_t bits = 0;
	bool aead, plain;

	TRY(xfrm_attr_copy(a, XFRMA_ALG_AEAD, &t, sizeof(t), &aead));
	TRY(xfrm_attr_copy(a, XFRMA_ALG_CRYPT, &p, sizeof(p), &plain));
	if (aead) {
		if (!name_ends(t.alg_name))
			return IKE_E_FORMAT;
		alg = alg_find_xfrm(ALG_ENCR, t.alg_name, t.alg_icv_len);
		bits = t.alg_key_len;
		TRY(take_key(rest(xfrm_attr(a, XFRMA_ALG_AEAD), sizeof(t)), bits, out->keys.encr,
		    sizeof(out->keys.encr), &out->keys.encr_len));
	} else if (plain) {
		if (!name_ends(p.alg_name))
			return IKE_E_FORMAT;
		alg = alg_find_xfrm(ALG_ENCR, p.alg_name, 0);
		bits = p.alg_key_len;
		TRY(take_key(rest(xfrm_attr(a, XFRMA_ALG_CRYPT), sizeof(p)), bits, out->keys.encr,
		    sizeof(out->keys.encr), &out->keys.encr_len));
	}
	out->spec.encr = alg != NULL ? (uint16_t)alg->id : ALG_ID_NONE;
	out->spec.encr_bits = encr_bits(alg, bits);
	return IKE_OK;
}

static ike_err
get_comp(const struct xfrm_attrs *a, struct kern_sa *out)
{
	struct xfrm_algo p;
	const struct alg *alg;
	bool there;

	TRY(xfrm_attr_copy(a, XFRMA_ALG_COMP, &p, sizeof(p), &there));
	if (!there)
		return IKE_OK;
	if (!name_ends(p.alg_name))
		return IKE_E_FORMAT;
	alg = alg_find_xfrm(ALG_COMP, p.alg_name, 0);
	out->spec.comp = alg != NULL ? (uint16_t)alg->id : ALG_ID_NONE;
	return IKE_OK;
}

static ike_err
get_replay(const struct xfrm_attrs *a, struct kern_sa *out)
{
	struct xfrm_replay_state_esn e;
	struct xfrm_replay_state r;
	bool there;

	TRY(xfrm_attr_copy(a, XFRMA_REPLAY_ESN_VAL, &e, sizeof(e), &there));
	if (there) {
		out->spec.replay_window = e.replay_window;
		out->usage.oseq = e.oseq;
		out->usage.seq = e.seq;
		return IKE_OK;
	}
	TRY(xfrm_attr_copy(a, XFRMA_REPLAY_VAL, &r, sizeof(r), &there));
	if (there) {
		out->usage.oseq = r.oseq;
		out->usage.seq = r.seq;
	}
	return IKE_OK;
}

static ike_err
get_encap(const struct xfrm_attrs *a, struct sa_spec *out)
{
	struct xfrm_encap_tmpl x;
	bool there;

	TRY(xfrm_attr_copy(a, XFRMA_ENCAP, &x, sizeof(x), &there));
	if (!there)
		return IKE_OK;
	out->encap_sport = ntohs(x.encap_sport);
	out->encap_dport = ntohs(x.encap_dport);
	out->encap_oa = xfrm_get_address(&x.encap_oa, xfrm_family(out->id.dst.family));
	if (addr_is_any(&out->encap_oa))
		out->encap_oa = (struct addr){ 0 };
	return IKE_OK;
}

ike_err
xfrm_get_sa_parts(const struct xfrm_usersa_info *x, const struct xfrm_attrs *a, struct kern_sa *out)
{
	memset(out, 0, sizeof(*out));
	xfrm_get_sa_fixed(x, &out->spec);
	out->usage = (struct sa_usage){
		.bytes = x->curlft.bytes,
		.packets = x->curlft.packets,
		.add_time = x->curlft.add_time,
		.use_time = x->curlft.use_time,
		.replay_errors = x->stats.replay,
		.window_errors = x->stats.replay_window,
		.integrity_errors = x->stats.integrity_failed,
	};
	out->larval = a->a[XFRMA_ALG_AUTH] == NULL && a->a[XFRMA_ALG_AUTH_TRUNC] == NULL &&
		      a->a[XFRMA_ALG_CRYPT] == NULL && a->a[XFRMA_ALG_AEAD] == NULL &&
		      a->a[XFRMA_ALG_COMP] == NULL;
	TRY(get_auth(a, out));
	TRY(get_encr(a, out));
	TRY(get_comp(a, out));
	TRY(get_replay(a, out));
	TRY(get_encap(a, &out->spec));
	TRY(xfrm_get_marks(a, &out->spec.mark, &out->spec.mark_mask, &out->spec.if_id));
	return xfrm_get_ctx(a, out->label.ctx, &out->label.doi, &out->label.alg);
}

ike_err
xfrm_get_sa(struct slice msg, struct kern_sa *out)
{
	struct xfrm_usersa_info x;
	struct xfrm_attrs a;
	struct kern_sa sa;
	ike_err err;

	TRY(xfrm_open(msg, &x, sizeof(x), &a));
	err = xfrm_get_sa_parts(&x, &a, &sa);
	if (err == IKE_OK)
		*out = sa;
	explicit_bzero(&sa, sizeof(sa));
	return err;
}
