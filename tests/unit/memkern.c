/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit/memkern.h"

#include "unit/fail_alloc.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <string.h>
#include <time.h>

static struct memkern *
of(struct kern *k)
{
	return (struct memkern *)(void *)k;
}

static ike_err
refuse(struct kern *k, ike_err err, int errnum)
{
	struct text t = text_in(k->reason, sizeof(k->reason));

	k->errnum = errnum;
	text_add(&t, strerror(errnum));
	return err;
}

/* Begin a request: is it the one to fail? */
static bool
fails(struct kern *k)
{
	struct memkern *m = of(k);

	k->errnum = 0;
	k->reason[0] = '\0';
	if (m->after != NULL)
		m->after(m);
	return ++m->requests == m->fail_at;
}

static void
drop(struct xfrm_msg *v, unsigned *n, unsigned i)
{
	memmove(&v[i], &v[i + 1], (*n - i - 1) * sizeof(v[0]));
	--*n;
}

/* --- SAs --- */

static struct kern_sa
sa_at(struct memkern *m, unsigned i)
{
	struct kern_sa sa;

	ck_assert_int_eq(xfrm_get_sa(xfrm_msg_slice(&m->sa[i]), &sa), IKE_OK);
	return sa;
}

static bool
find_sa(struct memkern *m, const struct sa_id *id, unsigned *out)
{
	for (unsigned i = 0; i < m->nsa; i++) {
		struct kern_sa sa = sa_at(m, i);

		if (sa_id_equal(&sa.spec.id, id)) {
			*out = i;
			return true;
		}
	}
	return false;
}

static ike_err
manual_add(struct kern *k, const struct sa_spec *s, const struct sa_keys *keys,
    const struct sa_label *label)
{
	struct memkern *m = of(k);
	struct xfrm_usersa_info *u;
	unsigned i;
	ike_err err;

	if (fails(k))
		return refuse(k, IKE_E_KERNEL, ENOBUFS);
	ck_assert_uint_lt(m->nsa, MEMKERN_ROWS);
	if (find_sa(m, &s->id, &i))
		return refuse(k, IKE_E_EXISTS, EEXIST);
	err = xfrm_put_sa(&m->sa[m->nsa], XFRM_MSG_NEWSA, s, keys, label);
	if (err != IKE_OK)
		return refuse(k, err, EINVAL);
	u = (void *)(m->sa[m->nsa].b + NLMSG_HDRLEN);
	u->curlft.add_time = m->clock;
	m->nsa++;
	return IKE_OK;
}

static ike_err
manual_get(struct kern *k, const struct sa_id *id, const struct addr *src, struct kern_sa *out)
{
	unsigned i;

	(void)src;
	if (fails(k))
		return refuse(k, IKE_E_KERNEL, ENOBUFS);
	if (!find_sa(of(k), id, &i))
		return refuse(k, IKE_E_NOTFOUND, ESRCH);
	*out = sa_at(of(k), i);
	return IKE_OK;
}

static ike_err
manual_dump(struct kern *k, kern_sa_fn *fn, void *arg)
{
	if (fails(k))
		return refuse(k, IKE_E_KERNEL, ENOBUFS);
	for (unsigned i = of(k)->nsa; i-- > 0;) {
		struct kern_sa sa = sa_at(of(k), i);

		fn(arg, &sa);
	}
	return IKE_OK;
}

const struct kern_manual_ops memkern_manual = {
	.add = manual_add, .get = manual_get, .dump = manual_dump
};

/* A live SA takes new limits and nothing else. */
static ike_err
sa_install(struct kern *k, const struct sa_spec *s, const struct sa_keys *keys, bool larval)
{
	struct memkern *m = of(k);
	struct kern_sa sa;
	unsigned i;

	(void)keys;
	ck_assert(larval);
	if (fails(k))
		return refuse(k, IKE_E_KERNEL, ENOBUFS);
	if (!find_sa(m, &s->id, &i))
		return refuse(k, IKE_E_NOTFOUND, ESRCH);
	sa = sa_at(m, i);
	sa.spec.life = s->life;
	ck_assert_int_eq(
	    xfrm_put_sa(&m->sa[i], XFRM_MSG_NEWSA, &sa.spec, &sa.keys, &sa.label), IKE_OK);
	((struct xfrm_usersa_info *)(void *)(m->sa[i].b + NLMSG_HDRLEN))->curlft.add_time =
	    sa.usage.add_time;
	return IKE_OK;
}

static ike_err
sa_delete(struct kern *k, const struct sa_id *id, const struct addr *src)
{
	unsigned i;

	(void)src;
	if (fails(k))
		return refuse(k, IKE_E_KERNEL, ENOBUFS);
	if (!find_sa(of(k), id, &i))
		return refuse(k, IKE_E_NOTFOUND, ESRCH);
	drop(of(k)->sa, &of(k)->nsa, i);
	return IKE_OK;
}

static ike_err
sa_flush(struct kern *k, uint8_t proto)
{
	struct memkern *m = of(k);

	if (fails(k))
		return refuse(k, IKE_E_KERNEL, ENOBUFS);
	for (unsigned i = m->nsa; i-- > 0;)
		if (proto == PROTO_NONE || sa_at(m, i).spec.id.proto == proto)
			drop(m->sa, &m->nsa, i);
	return IKE_OK;
}

/* --- policies --- */

static struct sp_spec
sp_at(struct memkern *m, unsigned i)
{
	struct sp_spec sp;

	ck_assert_int_eq(xfrm_get_sp(xfrm_msg_slice(&m->sp[i]), &sp), IKE_OK);
	return sp;
}

static bool
find_sp(struct memkern *m, const struct sp_id *id, unsigned *out)
{
	for (unsigned i = 0; i < m->nsp; i++) {
		struct sp_spec sp = sp_at(m, i);

		if (sp_id_equal(&sp.id, id)) {
			*out = i;
			return true;
		}
	}
	return false;
}

static ike_err
sp_install(struct kern *k, const struct sp_spec *s, bool replace)
{
	struct memkern *m = of(k);
	struct xfrm_userpolicy_info *u;
	struct xfrm_msg msg;
	ike_err err;
	unsigned i;

	if (fails(k))
		return refuse(k, IKE_E_KERNEL, ENOBUFS);
	err = xfrm_put_sp(&msg, XFRM_MSG_NEWPOLICY, s);
	if (err != IKE_OK)
		return refuse(k, err, EINVAL);
	if (!find_sp(m, &s->id, &i))
		i = m->nsp;
	else if (!replace)
		return refuse(k, IKE_E_EXISTS, EEXIST);
	ck_assert_uint_lt(i, MEMKERN_ROWS);
	u = (void *)(msg.b + NLMSG_HDRLEN);
	u->curlft.add_time = m->clock;
	u->index = 8 * (i + 1) + u->dir;
	m->sp[i] = msg;
	m->nsp += i == m->nsp;
	return IKE_OK;
}

static ike_err
sp_delete(struct kern *k, const struct sp_id *id)
{
	unsigned i;

	if (fails(k))
		return refuse(k, IKE_E_KERNEL, ENOBUFS);
	if (!find_sp(of(k), id, &i))
		return refuse(k, IKE_E_NOTFOUND, ENOENT);
	drop(of(k)->sp, &of(k)->nsp, i);
	return IKE_OK;
}

static ike_err
sp_flush(struct kern *k)
{
	if (fails(k))
		return refuse(k, IKE_E_KERNEL, ENOBUFS);
	of(k)->nsp = 0;
	return IKE_OK;
}

static ike_err
dump(struct kern *k, unsigned what, kern_row_fn *fn, void *arg)
{
	struct memkern *m = of(k);

	if (fails(k))
		return refuse(k, IKE_E_KERNEL, ENOBUFS);
	for (unsigned i = (what & KERN_DUMP_SA) != 0 ? m->nsa : 0; i-- > 0;) {
		struct kern_sa sa = sa_at(m, i);

		fn(arg, &sa.spec, &sa.usage, NULL);
	}
	for (unsigned i = (what & KERN_DUMP_SP) != 0 ? m->nsp : 0; i-- > 0;) {
		struct sp_spec sp = sp_at(m, i);

		fn(arg, NULL, NULL, &sp);
	}
	return IKE_OK;
}

static const struct kern_ops ops = {
	.name = "memory",
	.sa_install = sa_install,
	.sa_delete = sa_delete,
	.sa_flush = sa_flush,
	.sp_install = sp_install,
	.sp_delete = sp_delete,
	.sp_flush = sp_flush,
	.dump = dump,
};

void
memkern_init(struct memkern *m)
{
	memset(m, 0, sizeof(*m));
	m->kern.ops = &ops;
	m->clock = (uint64_t)time(NULL);
}

static bool
look(struct memkern *m, uint8_t dir, const char *src, const char *dst, struct sp_spec *out)
{
	struct prefix s, d;

	ck_assert_int_eq(prefix_parse(src, &s), IKE_OK);
	ck_assert_int_eq(prefix_parse(dst, &d), IKE_OK);
	for (unsigned i = 0; i < m->nsp; i++) {
		*out = sp_at(m, i);
		if (out->id.dir == dir && addr_equal(&out->id.sel.src.addr, &s.addr) &&
		    addr_equal(&out->id.sel.dst.addr, &d.addr) &&
		    out->id.sel.src.len == s.len && out->id.sel.dst.len == d.len)
			return true;
	}
	return false;
}

struct sp_spec
memkern_sp(struct memkern *m, uint8_t dir, const char *src, const char *dst)
{
	struct sp_spec sp;

	if (!look(m, dir, src, dst, &sp))
		ck_abort_msg("no policy %u %s %s", dir, src, dst);
	return sp;
}

bool
memkern_has_sp(struct memkern *m, uint8_t dir, const char *src, const char *dst)
{
	struct sp_spec sp;

	return look(m, dir, src, dst, &sp);
}
