/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests about SAs.  Each is: make the message (pure), ask, translate the answer.
 *
 * Facts about the kernel these rest on, seen on 6.1:
 * - GETSPI with min == max answers ENOENT when the SPI is taken, and leaves a larval SA without SPI behind.
 * - ADD finds the larval SA of an ACQUIRE by its sequence number, or failing that by protocol, addresses, mode and
 *   reqid, and deletes it.  UPDATE replaces the larval SA that GETSPI made.
 * - PF_KEY and netlink number their ACQUIREs differently.  Where both are loaded the larval SA keeps the number of the
 *   one loaded last, so that a number of ours may name no larval SA, or another's.
 * - An ACQUIRE sent back with an error turns the larval SA into an error for its packets until it expires, which is
 *   not what is wanted here.  Deleting it makes the next packet ask again; for that it must have an SPI, and GETSPI
 *   with its mode and reqid gives it one.
 * - UPDATE of a live SA changes ports and lifetimes and nothing else: keys, counters and window stay.
 */
#include "kern/pfkey_priv.h"

#include <errno.h>
#include <linux/pfkeyv2.h>
#include <stdlib.h>
#include <string.h>

static struct pfkey *
pfkey_of(struct kern *k)
{
	return (struct pfkey *)(void *)k;
}

ike_err
pfkey_unmade(struct kern *k, ike_err err, const char *why)
{
	struct text t = text_in(k->reason, sizeof(k->reason));

	k->errnum = err == IKE_E_UNSUPPORTED ? EOPNOTSUPP : EINVAL;
	text_add(&t, why != NULL          ? why
		     : err == IKE_E_RANGE ? "Invalid argument"
					  : ike_err_text(err));
	return err;
}

ike_err
pfkey_ask(struct pfkey *p, enum xfrm_ask what, struct pfkey_msg *m, uint32_t seq,
    const struct sa_spec *s, pfkey_answer_fn *fn, void *arg)
{
	bool ok = pfkey_sock_ask(&p->sock, m, seq, fn, arg);

	pfkey_msg_wipe(m);
	pfkey_sock_settle(&p->sock);
	return ok ? IKE_OK : xfrm_refused(&p->kern, what, p->sock.errnum, NULL, s);
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

	o->err = pfkey_get_sa(msg, o->out);
}

/*
 * The SPIs to choose from.  RFC 4303 section 2.1: "The set of SPI values in the range 1 through 255 are reserved by the
 * Internet Assigned Numbers Authority (IANA) for future use".
 */
enum { SPI_MIN = 0x100 };

/* Give the larval SA that |r| leads the kernel to an SPI, and delete it. */
static ike_err
clear_larval(struct kern *k, struct pfkey_spi_request *r)
{
	struct pfkey *p = pfkey_of(k);
	struct kern_sa sa;
	struct one_sa o = { &sa, IKE_E_NOTFOUND };
	struct pfkey_msg m;

	r->min = SPI_MIN;
	r->max = r->id.proto == PROTO_IPCOMP ? 0xffffu : 0xffffffffu;
	TRY(pfkey_put_getspi(&m, r));
	TRY(pfkey_ask(p, ASK_SA, &m, 0, NULL, take_one, &o));
	TRY(o.err);
	sa_keys_wipe(&sa.keys);
	TRY(pfkey_put_sa_id(&m, SADB_DELETE, &sa.spec.id, &sa.spec.src));
	return pfkey_ask(p, ASK_SA, &m, ++p->sock.seq, NULL, NULL, NULL);
}

ike_err
pfkey_sa_reserve(
    struct kern *k, const struct sa_id *id, const struct addr *src, uint8_t mode, uint32_t reqid)
{
	struct pfkey_spi_request r = {
		.id = *id,
		.src = *src,
		.mode = mode,
		.reqid = reqid,
		.min = id->spi,
		.max = id->spi,
	};
	struct pfkey_msg m;
	struct xfrm_refusal refusal;
	ike_err err;

	xfrm_reason_clear(k);
	err = pfkey_put_getspi(&m, &r);
	if (err != IKE_OK)
		return pfkey_unmade(k, err, NULL);
	err = pfkey_ask(pfkey_of(k), ASK_SA_RESERVE, &m, 0, NULL, NULL, NULL);
	if (err != IKE_E_EXISTS)
		return err;
	/* the refusal leaves a larval SA with SPI 0 behind */
	xfrm_refusal_keep(k, &refusal);
	if (clear_larval(k, &r) != IKE_OK)
		pfkey_of(k)->count.leftovers++;
	xfrm_refusal_restore(k, &refusal);
	return err;
}

static ike_err
install(struct kern *k, uint8_t type, const struct sa_spec *s, const struct sa_keys *keys,
    const struct sa_label *label)
{
	struct pfkey_msg m;
	ike_err err;

	xfrm_reason_clear(k);
	err = pfkey_put_sa(&m, type, s, keys, label);
	if (err != IKE_OK) {
		pfkey_msg_wipe(&m);
		return pfkey_unmade(k, err, pfkey_sa_obstacle(s));
	}
	err = pfkey_ask(
	    pfkey_of(k), type == SADB_UPDATE ? ASK_SA_UPDATE : ASK_SA_ADD, &m, s->seq, s, NULL, NULL);
	return xfrm_settle_install(k, err, s);
}

ike_err
pfkey_sa_install(struct kern *k, const struct sa_spec *s, const struct sa_keys *keys, bool larval)
{
	return install(k, larval ? SADB_UPDATE : SADB_ADD, s, keys, NULL);
}

ike_err
pfkey_sa_delete(struct kern *k, const struct sa_id *id, const struct addr *src)
{
	struct pfkey *p = pfkey_of(k);
	struct pfkey_msg m;
	ike_err err;

	xfrm_reason_clear(k);
	err = pfkey_put_sa_id(&m, SADB_DELETE, id, src);
	if (err != IKE_OK)
		return pfkey_unmade(k, err, NULL);
	err = pfkey_ask(p, ASK_SA, &m, ++p->sock.seq, NULL, NULL, NULL);
	return xfrm_settle_delete(k, err, id, src);
}

static ike_err
get_one(struct kern *k, const struct sa_id *id, const struct addr *src, struct kern_sa *out)
{
	struct pfkey *p = pfkey_of(k);
	struct one_sa o = { out, IKE_E_NOTFOUND };
	struct pfkey_msg m;
	ike_err err;

	xfrm_reason_clear(k);
	err = pfkey_put_sa_id(&m, SADB_GET, id, src);
	if (err != IKE_OK)
		return pfkey_unmade(k, err, NULL);
	TRY(pfkey_ask(p, ASK_SA, &m, ++p->sock.seq, NULL, take_one, &o));
	return o.err;
}

ike_err
pfkey_sa_get(struct kern *k, const struct sa_id *id, const struct addr *src,
    struct sa_spec *spec_out, struct sa_usage *usage_out)
{
	struct kern_sa sa;

	TRY(get_one(k, id, src, &sa));
	if (spec_out != NULL)
		*spec_out = sa.spec;
	if (usage_out != NULL)
		*usage_out = sa.usage;
	sa_keys_wipe(&sa.keys);
	return IKE_OK;
}

ike_err
pfkey_sa_flush(struct kern *k, uint8_t proto)
{
	struct pfkey *p = pfkey_of(k);
	struct pfkey_msg m;
	ike_err err;

	xfrm_reason_clear(k);
	err = pfkey_put_plain(&m, SADB_FLUSH, proto);
	if (err != IKE_OK)
		return pfkey_unmade(k, err, NULL);
	return pfkey_ask(p, ASK_SA, &m, ++p->sock.seq, NULL, NULL, NULL);
}

/*
 * Sequence numbers can neither be read nor set, so that an SA made anew would repeat them, and with them the IVs of
 * some ciphers.  Only ports are changed in place.
 */
static ike_err
move(struct kern *k, struct kern_sa *sa, const struct endpoint *src, const struct endpoint *dst)
{
	struct sa_spec *s = &sa->spec;

	if (sa->larval)
		return pfkey_unmade(k, IKE_E_STATE, NULL);
	if (!addr_equal(&s->src, &src->addr) || !addr_equal(&s->id.dst, &dst->addr))
		return pfkey_unmade(k, IKE_E_UNSUPPORTED,
		    "PF_KEY cannot move an SA to another address: use kernel_interface xfrm");
	if ((s->encap_sport == 0) != (src->port == 0))
		return pfkey_unmade(k, IKE_E_UNSUPPORTED,
		    "PF_KEY cannot begin or end an SA's UDP encapsulation: use kernel_interface "
		    "xfrm");
	if (s->encap_sport == 0)
		return IKE_OK;
	s->encap_sport = src->port;
	s->encap_dport = dst->port;
	return install(k, SADB_UPDATE, s, &sa->keys, &sa->label);
}

ike_err
pfkey_sa_readdress(
    struct kern *k, const struct sa_id *id, const struct endpoint *src, const struct endpoint *dst)
{
	struct kern_sa sa;
	ike_err err;

	TRY(get_one(k, id, NULL, &sa));
	err = move(k, &sa, src, dst);
	sa_keys_wipe(&sa.keys);
	return err;
}

/* --- acquires --- */

#define LARVALS_MOST 16

struct larvals {
	struct pfkey_spi_request v[LARVALS_MOST];
	size_t n;
};

static void
keep_larval(void *arg, const struct kern_sa *sa)
{
	struct larvals *l = arg;

	if (sa->larval && sa->spec.id.spi == 0 && l->n < LARVALS_MOST)
		l->v[l->n++] = (struct pfkey_spi_request){ .id = sa->spec.id,
			.src = sa->spec.src,
			.mode = sa->spec.mode,
			.reqid = sa->spec.reqid };
}

/* All that are waiting between the two: at worst a packet asks once more. */
ike_err
pfkey_acquire_failed(struct kern *k, uint32_t seq, const struct sa_id *id, const struct addr *src)
{
	struct larvals l = { .n = 0 };

	(void)seq;
	xfrm_reason_clear(k);
	TRY(pfkey_dump_between(pfkey_of(k), id->proto, src, &id->dst, keep_larval, &l));
	for (size_t i = 0; i < l.n; i++) {
		ike_err err = clear_larval(k, &l.v[i]);

		if (err != IKE_OK)
			return err;
	}
	return IKE_OK;
}

/* --- manual keying --- */

static ike_err
manual_add(struct kern *k, const struct sa_spec *s, const struct sa_keys *keys,
    const struct sa_label *label)
{
	return install(k, SADB_ADD, s, keys, label);
}

static ike_err
manual_dump(struct kern *k, kern_sa_fn *fn, void *arg)
{
	xfrm_reason_clear(k);
	return pfkey_dump_between(pfkey_of(k), PROTO_NONE, NULL, NULL, fn, arg);
}

const struct kern_manual_ops pfkey_manual_ops = {
	.add = manual_add, .get = get_one, .dump = manual_dump
};
