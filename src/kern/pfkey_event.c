/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: one reader per message type in a table; each fills a zeroed event.  Linux puts keys into the ADD
 * and UPDATE that it tells everybody; they go no further than here.
 */
#include "kern/pfkey_ext.h"

#include <arpa/inet.h>
#include <string.h>

typedef ike_err
event_fn(const struct pfkey_hdr *h, const struct pfkey_exts *x, struct kern_event *ev);

static ike_err
on_sa(const struct pfkey_hdr *h, const struct pfkey_exts *x, struct kern_event *ev)
{
	struct kern_sa sa;
	ike_err err = pfkey_get_sa_parts(h, x, &sa);

	if (err == IKE_OK)
		ev->sa = sa.spec;
	explicit_bzero(&sa, sizeof(sa));
	return err;
}

/* RFC 2367 section 3.1.8: the lifetime that ended is the one that is there. */
static ike_err
on_expire(const struct pfkey_hdr *h, const struct pfkey_exts *x, struct kern_event *ev)
{
	bool hard = x->e[SADB_EXT_LIFETIME_HARD].n != 0;

	if (!hard && x->e[SADB_EXT_LIFETIME_SOFT].n == 0)
		return IKE_E_FORMAT;
	ev->kind = hard ? KERN_EV_HARD : KERN_EV_SOFT;
	return on_sa(h, x, ev);
}

static ike_err
on_sa_flush(const struct pfkey_hdr *h, const struct pfkey_exts *x, struct kern_event *ev)
{
	(void)x;
	ev->flush_proto = h->proto;
	return IKE_OK;
}

static ike_err
on_acquire(const struct pfkey_hdr *h, const struct pfkey_exts *x, struct kern_event *ev)
{
	struct sadb_x_policy p;
	struct endpoint src, dst;
	bool there;

	TRY(pfkey_get_addr(x, SADB_EXT_ADDRESS_SRC, &src, NULL));
	TRY(pfkey_get_addr(x, SADB_EXT_ADDRESS_DST, &dst, NULL));
	TRY(pfkey_ext_copy(x, SADB_X_EXT_POLICY, &p, sizeof(p), &there));
	if (!there || h->proto == PROTO_NONE)
		return IKE_E_FORMAT;
	ev->acq_src = src.addr;
	ev->acq_dst = dst.addr;
	ev->acq_seq = h->seq;
	ev->sa.id.proto = h->proto;
	ev->sa.id.dst = dst.addr;
	ev->sa.src = src.addr;
	ev->sa.seq = h->seq;
	ev->sa.dir = SA_OUT;
	ev->sp.id.dir = SP_OUT;
	ev->sp.index = p.sadb_x_policy_id;
	ev->sp.priority = p.sadb_x_policy_priority;
	return IKE_OK;
}

void
pfkey_acquire_policy(struct kern_event *ev, const struct sp_spec *sp)
{
	ev->sp = *sp;
	ev->acq_sel = sp->id.sel;
	ev->sa.sel = sp->id.sel;
	for (unsigned i = 0; i < sp->ntmpl; i++) {
		if (sp->tmpl[i].proto == ev->sa.id.proto) {
			ev->sa.mode = sp->tmpl[i].mode;
			ev->sa.reqid = sp->tmpl[i].reqid;
			return;
		}
	}
}

static ike_err
on_sp(const struct pfkey_hdr *h, const struct pfkey_exts *x, struct kern_event *ev)
{
	(void)h;
	return pfkey_get_sp_parts(x, &ev->sp);
}

static ike_err
on_sp_flush(const struct pfkey_hdr *h, const struct pfkey_exts *x, struct kern_event *ev)
{
	(void)h;
	(void)x;
	(void)ev;
	return IKE_OK;
}

static ike_err
get_port(const struct pfkey_exts *x, unsigned type, uint16_t *out)
{
	struct sadb_x_nat_t_port p;
	bool there;

	TRY(pfkey_ext_copy(x, type, &p, sizeof(p), &there));
	if (!there)
		return IKE_E_FORMAT;
	*out = ntohs(p.sadb_x_nat_t_port_port);
	return IKE_OK;
}

/* Source is the old mapping, destination the new one; our own address is not told. */
static ike_err
on_mapping(const struct pfkey_hdr *h, const struct pfkey_exts *x, struct kern_event *ev)
{
	struct sadb_sa sa;
	struct endpoint old;
	bool there;

	TRY(pfkey_ext_copy(x, SADB_EXT_SA, &sa, sizeof(sa), &there));
	if (!there)
		return IKE_E_FORMAT;
	TRY(pfkey_get_addr(x, SADB_EXT_ADDRESS_SRC, &old, NULL));
	TRY(pfkey_get_addr(x, SADB_EXT_ADDRESS_DST, &ev->map_new, NULL));
	TRY(get_port(x, SADB_X_EXT_NAT_T_SPORT, &ev->sa.encap_sport));
	TRY(get_port(x, SADB_X_EXT_NAT_T_DPORT, &ev->map_new.port));
	ev->sa.id.proto = h->proto;
	ev->sa.id.spi = ntohl(sa.sadb_sa_spi);
	ev->sa.src = old.addr;
	return IKE_OK;
}

static ike_err
on_migrate(const struct pfkey_hdr *h, const struct pfkey_exts *x, struct kern_event *ev)
{
	bool socket;

	(void)h;
	return pfkey_get_sp_id(x, &ev->sp.id, &socket);
}

static const struct {
	uint8_t type, kind;
	event_fn *fn;
} events[] = {
	{ SADB_ACQUIRE, KERN_EV_ACQUIRE, on_acquire },
	{ SADB_EXPIRE, KERN_EV_SOFT, on_expire },
	{ SADB_ADD, KERN_EV_SA_NEW, on_sa },
	{ SADB_UPDATE, KERN_EV_SA_UPDATE, on_sa },
	{ SADB_DELETE, KERN_EV_SA_DELETE, on_sa },
	{ SADB_FLUSH, KERN_EV_SA_FLUSH, on_sa_flush },
	{ SADB_X_SPDADD, KERN_EV_SP_NEW, on_sp },
	{ SADB_X_SPDSETIDX, KERN_EV_SP_NEW, on_sp },
	{ SADB_X_SPDUPDATE, KERN_EV_SP_UPDATE, on_sp },
	{ SADB_X_SPDDELETE, KERN_EV_SP_DELETE, on_sp },
	{ SADB_X_SPDDELETE2, KERN_EV_SP_DELETE, on_sp },
	{ SADB_X_SPDEXPIRE, KERN_EV_SP_EXPIRE, on_sp },
	{ SADB_X_SPDFLUSH, KERN_EV_SP_FLUSH, on_sp_flush },
	{ SADB_X_NAT_T_NEW_MAPPING, KERN_EV_MAPPING, on_mapping },
	{ SADB_X_MIGRATE, KERN_EV_MIGRATE, on_migrate },
};

ike_err
pfkey_get_event(struct slice msg, struct kern_event *out)
{
	struct pfkey_hdr h;
	struct pfkey_exts x;
	struct kern_event ev;

	TRY(pfkey_get_hdr(msg, &h));
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (events[i].type != h.type || h.errnum != 0)
			continue;
		memset(&ev, 0, sizeof(ev));
		ev.kind = (enum kern_event_kind)events[i].kind;
		TRY(pfkey_exts(msg, &x));
		TRY(events[i].fn(&h, &x, &ev));
		ev.pid = h.pid;
		*out = ev;
		return IKE_OK;
	}
	return IKE_E_UNSUPPORTED;
}

/* --- algorithms --- */

static ike_err
get_list(const struct pfkey_exts *x, unsigned type, uint8_t bits[32])
{
	struct slice s = pfkey_ext_rest(x, type, sizeof(struct sadb_supported));
	struct sadb_alg a;

	if (s.n % sizeof(a) != 0)
		return IKE_E_FORMAT;
	for (size_t i = 0; i < s.n; i += sizeof(a)) {
		memcpy(&a, s.p + i, sizeof(a));
		bits[a.sadb_alg_id / 8] |= (uint8_t)(1u << a.sadb_alg_id % 8);
	}
	return IKE_OK;
}

ike_err
pfkey_get_algs(struct slice msg, struct pfkey_algs *out)
{
	struct pfkey_exts x;
	struct pfkey_algs a = { { 0 }, { 0 } };

	TRY(pfkey_exts(msg, &x));
	TRY(get_list(&x, SADB_EXT_SUPPORTED_AUTH, a.auth));
	TRY(get_list(&x, SADB_EXT_SUPPORTED_ENCRYPT, a.encr));
	*out = a;
	return IKE_OK;
}

bool
pfkey_algs_have(const struct pfkey_algs *a, uint16_t id)
{
	const struct alg *g = alg_get(id);
	const uint8_t *bits;

	if (g == NULL || g->pfkey == ALG_NO_NUMBER || (g->kind != ALG_ENCR && g->kind != ALG_INTEG))
		return false;
	bits = g->kind == ALG_ENCR ? a->encr : a->auth;
	return (bits[g->pfkey / 8] >> g->pfkey % 8 & 1) != 0;
}
