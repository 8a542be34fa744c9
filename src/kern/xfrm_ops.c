/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests.  Each is: make the message (pure), ask, translate the answer.
 *
 * Facts about the kernel these rest on, seen on 6.1 and 6.18:
 * - ALLOCSPI with min == max answers ENOENT when the SPI is taken, and leaves a larval SA without SPI behind.
 * - NEWSA finds the larval SA of an ACQUIRE by km.seq (usersa.seq), or failing that by protocol, addresses, mode and reqid,
 *   and deletes it.  UPDSA replaces the larval SA that ALLOCSPI made.
 * - The larval SA of an ACQUIRE has SPI 0 and is in no SPI hash: DELSA cannot name it.  ALLOCSPI with the ACQUIRE's
 *   sequence number gives it an SPI; then DELSA can.  After that the next packet raises a new ACQUIRE.
 */
#include "kern/rows.h"
#include "kern/xfrm_priv.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/xfrm.h>
#include <string.h>

static struct xfrm *
xfrm_of(struct kern *k)
{
	return (struct xfrm *)(void *)k;
}

/* Send |m|, wipe it, translate a refusal. */
static ike_err
ask(struct xfrm *x, enum xfrm_ask what, struct xfrm_msg *m, uint16_t flags, const struct sa_spec *s,
    xfrm_answer_fn *fn, void *arg)
{
	bool ok = xfrm_sock_ask(&x->req, m, flags, fn, arg);

	xfrm_msg_wipe(m);
	return ok ? IKE_OK : xfrm_refused(&x->kern, what, x->req.errnum, x->req.text, s);
}

/* An answer that is to be one SA. */
struct one_sa {
	struct kern_sa *out;
	ike_err err; /* IKE_E_NOTFOUND until there is one */
};

static void
take_one(void *arg, struct slice msg)
{
	struct one_sa *o = arg;

	if (((const struct nlmsghdr *)(const void *)msg.p)->nlmsg_type == XFRM_MSG_NEWSA)
		o->err = xfrm_get_sa(msg, o->out);
}

/*
 * RFC 4303 section 2.1: "The set of SPI values in the range 1 through 255 are reserved by the Internet Assigned
 * Numbers Authority (IANA) for future use".
 */
enum { SPI_MIN = 0x100 };

/*
 * Give the larval SA that |r| leads the kernel to an SPI, and delete it.  For one with SPI 0 there is no other way.
 */
static ike_err
clear_larval(struct kern *k, struct xfrm_spi_request *r)
{
	struct kern_sa sa;
	struct one_sa o = { &sa, IKE_E_NOTFOUND };
	struct xfrm_msg m;
	ike_err err;

	r->min = SPI_MIN;
	r->max = r->id.proto == PROTO_IPCOMP ? 0xffffu : 0xffffffffu;
	err = xfrm_put_allocspi(&m, r);
	if (err != IKE_OK)
		return xfrm_unmade(k, err, NULL);
	TRY(ask(xfrm_of(k), ASK_SA, &m, 0, NULL, take_one, &o));
	TRY(o.err);
	sa_keys_wipe(&sa.keys);
	err = xfrm_put_sa_id(&m, XFRM_MSG_DELSA, &sa.spec.id, &sa.spec.src);
	if (err != IKE_OK)
		return xfrm_unmade(k, err, NULL);
	return ask(xfrm_of(k), ASK_SA, &m, 0, NULL, NULL, NULL);
}

ike_err
xfrm_sa_reserve(
    struct kern *k, const struct sa_id *id, const struct addr *src, uint8_t mode, uint32_t reqid)
{
	struct xfrm_spi_request r = {
		.id = *id,
		.src = *src,
		.mode = mode,
		.reqid = reqid,
		.min = id->spi,
		.max = id->spi,
	};
	struct xfrm_msg m;
	struct xfrm_refusal refusal;
	ike_err err;

	xfrm_reason_clear(k);
	err = xfrm_put_allocspi(&m, &r);
	if (err != IKE_OK)
		return xfrm_unmade(k, err, NULL);
	err = ask(xfrm_of(k), ASK_SA_RESERVE, &m, 0, NULL, NULL, NULL);
	if (err != IKE_E_EXISTS)
		return err;
	/* the refusal leaves a larval SA with SPI 0 behind */
	xfrm_refusal_keep(k, &refusal);
	if (clear_larval(k, &r) != IKE_OK)
		xfrm_of(k)->count.leftovers++;
	xfrm_refusal_restore(k, &refusal);
	return err;
}

static ike_err
install(struct kern *k, uint16_t type, const struct sa_spec *s, const struct sa_keys *keys,
    const struct sa_label *label)
{
	struct xfrm_msg m;
	ike_err err;

	xfrm_reason_clear(k);
	err = xfrm_put_sa(&m, type, s, keys, label);
	if (err != IKE_OK) {
		xfrm_msg_wipe(&m);
		return xfrm_unmade(k, err, s);
	}
	err = ask(
	    xfrm_of(k), type == XFRM_MSG_UPDSA ? ASK_SA_UPDATE : ASK_SA_ADD, &m, 0, s, NULL, NULL);
	return xfrm_settle_install(k, err, s);
}

ike_err
xfrm_sa_install(struct kern *k, const struct sa_spec *s, const struct sa_keys *keys, bool larval)
{
	return install(k, larval ? XFRM_MSG_UPDSA : XFRM_MSG_NEWSA, s, keys, NULL);
}

ike_err
xfrm_sa_delete(struct kern *k, const struct sa_id *id, const struct addr *src)
{
	struct xfrm_msg m;
	ike_err err;

	xfrm_reason_clear(k);
	err = xfrm_put_sa_id(&m, XFRM_MSG_DELSA, id, src);
	if (err != IKE_OK)
		return xfrm_unmade(k, err, NULL);
	err = ask(xfrm_of(k), ASK_SA, &m, 0, NULL, NULL, NULL);
	return xfrm_settle_delete(k, err, id, src);
}

static ike_err
get_one(struct kern *k, const struct sa_id *id, const struct addr *src, struct kern_sa *out)
{
	struct one_sa o = { out, IKE_E_NOTFOUND };
	struct xfrm_msg m;
	ike_err err;

	xfrm_reason_clear(k);
	err = xfrm_put_sa_id(&m, XFRM_MSG_GETSA, id, src);
	if (err != IKE_OK)
		return xfrm_unmade(k, err, NULL);
	TRY(ask(xfrm_of(k), ASK_SA, &m, 0, NULL, take_one, &o));
	return o.err;
}

ike_err
xfrm_sa_get(struct kern *k, const struct sa_id *id, const struct addr *src,
    struct sa_spec *spec_out, struct sa_usage *usage_out)
{
	struct kern_sa sa;
	ike_err err = get_one(k, id, src, &sa);

	if (err != IKE_OK)
		return err;
	if (spec_out != NULL)
		*spec_out = sa.spec;
	if (usage_out != NULL)
		*usage_out = sa.usage;
	sa_keys_wipe(&sa.keys);
	return IKE_OK;
}

ike_err
xfrm_sa_flush(struct kern *k, uint8_t proto)
{
	struct xfrm_msg m;
	ike_err err;

	xfrm_reason_clear(k);
	err = xfrm_put_flushsa(&m, proto);
	if (err != IKE_OK)
		return xfrm_unmade(k, err, NULL);
	return ask(xfrm_of(k), ASK_SA, &m, 0, NULL, NULL, NULL);
}

ike_err
xfrm_sp_install(struct kern *k, const struct sp_spec *s, bool replace)
{
	struct xfrm_msg m;
	ike_err err;

	xfrm_reason_clear(k);
	err = xfrm_put_sp(&m, replace ? XFRM_MSG_UPDPOLICY : XFRM_MSG_NEWPOLICY, s);
	if (err != IKE_OK)
		return xfrm_unmade(k, err, NULL);
	return ask(xfrm_of(k), ASK_SP, &m, 0, NULL, NULL, NULL);
}

ike_err
xfrm_sp_delete(struct kern *k, const struct sp_id *id)
{
	struct xfrm_msg m;
	ike_err err;

	xfrm_reason_clear(k);
	err = xfrm_put_sp_id(&m, XFRM_MSG_DELPOLICY, id);
	if (err != IKE_OK)
		return xfrm_unmade(k, err, NULL);
	return ask(xfrm_of(k), ASK_SP, &m, 0, NULL, NULL, NULL);
}

ike_err
xfrm_sp_flush(struct kern *k)
{
	struct xfrm_msg m;

	xfrm_reason_clear(k);
	TRY(xfrm_put_plain(&m, XFRM_MSG_FLUSHPOLICY));
	return ask(xfrm_of(k), ASK_SP, &m, 0, NULL, NULL, NULL);
}

/* --- dumps --- */

struct dump {
	struct xfrm *x;
	kern_row_fn *row;
	kern_sa_fn *sa;
	void *arg;
};

static void
take_row(void *arg, struct slice msg)
{
	struct dump *d = arg;
	struct kern_sa sa;
	struct sp_spec sp;

	switch (((const struct nlmsghdr *)(const void *)msg.p)->nlmsg_type) {
	case XFRM_MSG_NEWSA:
		if (xfrm_get_sa(msg, &sa) != IKE_OK)
			break;
		if (d->sa != NULL)
			d->sa(d->arg, &sa);
		else
			d->row(d->arg, &sa.spec, &sa.usage, NULL);
		sa_keys_wipe(&sa.keys);
		return;
	case XFRM_MSG_NEWPOLICY:
		if (d->row == NULL || xfrm_get_sp(msg, &sp) != IKE_OK)
			break;
		d->row(d->arg, NULL, NULL, &sp);
		return;
	default:
		break;
	}
	d->x->count.malformed++;
}

/* Is it worth asking again?  Neither is the kernel's last word. */
static bool
is_passing(int errnum)
{
	return errnum == EMSGSIZE || errnum == EINTR;
}

/* All rows, or none. */
static ike_err
dump_type(struct dump *d, uint16_t type, enum xfrm_ask what)
{
	struct rows rows = { .n = 0 };
	struct xfrm_msg m;
	ike_err err = IKE_E_BUSY;

	for (int i = 0; i < ROWS_TRIES; i++) {
		rows_clear(&rows);
		err = xfrm_put_plain(&m, type);
		if (err == IKE_OK)
			err = ask(d->x, what, &m, NLM_F_DUMP, NULL, rows_add, &rows);
		if (err == IKE_OK || !is_passing(d->x->req.errnum))
			break;
		d->x->count.repeats++;
	}
	if (err == IKE_OK && rows.nomem)
		err = IKE_E_NOMEM;
	if (err == IKE_OK)
		rows_each(&rows, take_row, d);
	rows_fini(&rows);
	return err;
}

ike_err
xfrm_dump(struct kern *k, unsigned what, kern_row_fn *fn, void *arg)
{
	struct dump d = { .x = xfrm_of(k), .row = fn, .arg = arg };

	xfrm_reason_clear(k);
	if ((what & KERN_DUMP_SA) != 0)
		TRY(dump_type(&d, XFRM_MSG_GETSA, ASK_SA));
	if ((what & KERN_DUMP_SP) != 0)
		TRY(dump_type(&d, XFRM_MSG_GETPOLICY, ASK_SP));
	return IKE_OK;
}

/* --- acquires --- */

ike_err
xfrm_acquire_failed(struct kern *k, uint32_t seq, const struct sa_id *id, const struct addr *src)
{
	struct xfrm_spi_request r = { .id = *id, .src = *src, .mode = MODE_TRANSPORT, .seq = seq };

	xfrm_reason_clear(k);
	return clear_larval(k, &r);
}

/* --- manual keying --- */

static ike_err
manual_add(struct kern *k, const struct sa_spec *s, const struct sa_keys *keys,
    const struct sa_label *label)
{
	return install(k, XFRM_MSG_NEWSA, s, keys, label);
}

static ike_err
manual_dump(struct kern *k, kern_sa_fn *fn, void *arg)
{
	struct dump d = { .x = xfrm_of(k), .sa = fn, .arg = arg };

	xfrm_reason_clear(k);
	return dump_type(&d, XFRM_MSG_GETSA, ASK_SA);
}

const struct kern_manual_ops xfrm_manual_ops = {
	.add = manual_add, .get = get_one, .dump = manual_dump
};
