/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests about policies, and dumps. */
#include "kern/pfkey_priv.h"
#include "kern/rows.h"

#include <errno.h>
#include <linux/pfkeyv2.h>
#include <string.h>

static struct pfkey *
pfkey_of(struct kern *k)
{
	return (struct pfkey *)(void *)k;
}

/* --- policies --- */

ike_err
pfkey_sp_install(struct kern *k, const struct sp_spec *s, bool replace)
{
	struct pfkey *p = pfkey_of(k);
	struct pfkey_msg m;
	ike_err err;

	xfrm_reason_clear(k);
	err = pfkey_put_sp(&m, replace ? SADB_X_SPDUPDATE : SADB_X_SPDADD, s);
	if (err != IKE_OK)
		return pfkey_unmade(k, err, err == IKE_E_UNSUPPORTED ? pfkey_sp_obstacle(s) : NULL);
	return pfkey_ask(p, ASK_SP, &m, ++p->sock.seq, NULL, NULL, NULL);
}

ike_err
pfkey_sp_delete(struct kern *k, const struct sp_id *id)
{
	struct pfkey *p = pfkey_of(k);
	struct pfkey_msg m;
	ike_err err;

	xfrm_reason_clear(k);
	err = pfkey_put_sp_id(&m, id);
	if (err != IKE_OK)
		return pfkey_unmade(
		    k, err, err == IKE_E_UNSUPPORTED ? pfkey_sp_id_obstacle(id) : NULL);
	return pfkey_ask(p, ASK_SP, &m, ++p->sock.seq, NULL, NULL, NULL);
}

ike_err
pfkey_sp_flush(struct kern *k)
{
	struct pfkey *p = pfkey_of(k);
	struct pfkey_msg m;

	xfrm_reason_clear(k);
	TRY(pfkey_put_plain(&m, SADB_X_SPDFLUSH, PROTO_NONE));
	return pfkey_ask(p, ASK_SP, &m, ++p->sock.seq, NULL, NULL, NULL);
}

/* --- dumps --- */

struct dump {
	struct pfkey *p;
	kern_row_fn *row;
	kern_sa_fn *sa;
	void *arg;
};

static void
take_sa(void *arg, struct slice msg)
{
	struct dump *d = arg;
	struct kern_sa sa;

	if (pfkey_get_sa(msg, &sa) != IKE_OK) {
		d->p->count.malformed++;
		return;
	}
	if (d->sa != NULL)
		d->sa(d->arg, &sa);
	else
		d->row(d->arg, &sa.spec, &sa.usage, NULL);
	sa_keys_wipe(&sa.keys);
}

static void
take_sp(void *arg, struct slice msg)
{
	struct dump *d = arg;
	struct sp_spec sp;

	if (pfkey_get_sp(msg, &sp) == IKE_OK)
		d->row(d->arg, NULL, NULL, &sp);
	else
		d->p->count.malformed++;
}

/* All rows, or none: one that lost some is read again. */
static ike_err
run_dump(struct dump *d, enum xfrm_ask what, struct pfkey_msg *m, pfkey_answer_fn *fn)
{
	struct pfkey *p = d->p;
	struct rows rows = { .n = 0 };
	bool ok = false;
	ike_err err;

	for (int i = 0; i < ROWS_TRIES && !ok; i++) {
		rows_clear(&rows);
		ok = pfkey_sock_dump(&p->sock, m, rows_add, &rows);
		if (!ok && p->sock.errnum != ENOBUFS)
			break;
		p->count.repeats += !ok;
	}
	err = !ok	   ? xfrm_refused(&p->kern, what, p->sock.errnum, NULL, NULL)
	      : rows.nomem ? IKE_E_NOMEM
			   : IKE_OK;
	if (err == IKE_OK)
		rows_each(&rows, fn, d);
	rows_fini(&rows);
	return err;
}

ike_err
pfkey_dump_between(struct pfkey *p, uint8_t proto, const struct addr *src, const struct addr *dst,
    kern_sa_fn *fn, void *arg)
{
	struct dump d = { .p = p, .sa = fn, .arg = arg };
	struct pfkey_msg m;
	ike_err err = src == NULL && dst == NULL ? pfkey_put_plain(&m, SADB_DUMP, proto)
						 : pfkey_put_dump_between(&m, proto, src, dst);

	return err == IKE_OK ? run_dump(&d, ASK_SA, &m, take_sa)
			     : pfkey_unmade(&p->kern, err, NULL);
}

ike_err
pfkey_dump(struct kern *k, unsigned what, kern_row_fn *fn, void *arg)
{
	struct dump d = { .p = pfkey_of(k), .row = fn, .arg = arg };
	struct pfkey_msg m;

	xfrm_reason_clear(k);
	if ((what & KERN_DUMP_SA) != 0) {
		TRY(pfkey_put_plain(&m, SADB_DUMP, PROTO_NONE));
		TRY(run_dump(&d, ASK_SA, &m, take_sa));
	}
	if ((what & KERN_DUMP_SP) != 0) {
		TRY(pfkey_put_plain(&m, SADB_X_SPDDUMP, PROTO_NONE));
		TRY(run_dump(&d, ASK_SP, &m, take_sp));
	}
	return IKE_OK;
}

/* --- one policy --- */

struct one_sp {
	uint32_t index;
	struct sp_spec *out;
	bool there;
};

static void
take_one(void *arg, struct slice msg)
{
	struct one_sp *o = arg;

	if (pfkey_get_sp(msg, o->out) == IKE_OK)
		o->there = true;
}

static void
take_if_it(
    void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct one_sp *o = arg;

	(void)sa;
	(void)usage;
	if (sp->index == o->index) {
		*o->out = *sp;
		o->there = true;
	}
}

/* SPDGET does not know the policies of sockets; a dump does. */
ike_err
pfkey_find_policy(struct pfkey *p, uint32_t index, struct sp_spec *out)
{
	struct one_sp o = { .index = index, .out = out };
	struct pfkey_msg m;
	ike_err err;

	xfrm_reason_clear(&p->kern);
	TRY(pfkey_put_sp_get(&m, index));
	err = pfkey_ask(p, ASK_SP, &m, ++p->sock.seq, NULL, take_one, &o);
	if (err == IKE_E_KERNEL && p->kern.errnum == EINVAL)
		err = pfkey_dump(&p->kern, KERN_DUMP_SP, take_if_it, &o);
	return err == IKE_OK && !o.there ? IKE_E_NOTFOUND : err;
}
