/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Informational exchanges (RFC 2409 section 5.7, RFC 2408 sections 3.14, 3.15 and 4.8): one message each, deletes and
 * notifies.
 *
 * Only protected ones do anything.  One in clear is said in the log, and an error in it, if it is about the
 * negotiation under way, shortens our patience with the peer; it never ends or deletes anything.
 */
#include "ringtail/v1/v1.h"

#include <string.h>

static uint8_t
wire_proto(const struct child *c)
{
	return c->proto == PROTO_AH ? V1_PROTO_AH : V1_PROTO_ESP;
}

ike_err
v1_phase2_begin(struct exch *x)
{
	struct v1_phase2 *s;

	return v1_phase2_of(x, &s);
}

static void
put_delete(struct msg_out *m, uint8_t proto, const uint8_t *spi, uint8_t len)
{
	struct pld_delete del = { .doi = V1_DOI_IPSEC,
		.proto = proto,
		.spi_len = len,
		.count = 1,
		.spis = slice_of(spi, len) };

	(void)pld_begin(&m->w, &m->chain, V1_PLD_D);
	put_v1_delete(&m->w, &del);
	pld_end(&m->w, &m->chain);
}

/* RFC 2408 section 3.15: the SPIs are those of the sender's own, inbound, SAs. */
ike_err
v1_build_child_delete(struct exch *x, struct msg_out *m)
{
	const struct child *c = child_get(x->ike->d, x->child_id);

	if (c == NULL)
		return IKE_E_GONE;
	uint8_t spi[4] = {
		(uint8_t)(c->spi_in >> 24),
		(uint8_t)(c->spi_in >> 16),
		(uint8_t)(c->spi_in >> 8),
		(uint8_t)c->spi_in,
	};
	put_delete(m, wire_proto(c), spi, sizeof(spi));
	return IKE_OK;
}

ike_err
v1_build_ike_delete(struct exch *x, struct msg_out *m)
{
	uint8_t cookies[16];

	v1_cookies(x->ike, cookies);
	put_delete(m, V1_PROTO_ISAKMP, cookies, sizeof(cookies));
	return IKE_OK;
}

ike_err
v1_build_notify(struct exch *x, struct msg_out *m)
{
	const struct v1_phase2 *s = x->scratch;

	if (s == NULL || s->note.type == 0)
		return IKE_E_STATE;
	v1_put_notify(m, &s->note);
	return IKE_OK;
}

/* May this peer speak of |c|?  Its own ISAKMP SA may be another one with the same identity, or gone. */
static bool
may_delete(const struct ike_sa *ike, const struct child *c)
{
	const struct ike_sa *o = ike_sa_get(ike->d, c->ike_id);

	return o == NULL || o == ike ||
	       (o->peer_id != NULL && ike->peer_id != NULL &&
		   ident_equal(o->peer_id, ike->peer_id));
}

static void
delete_children(struct ike_sa *ike, const struct pld_delete *del)
{
	uint8_t proto = del->proto == V1_PROTO_AH ? PROTO_AH : PROTO_ESP;

	for (size_t i = 0; del->spi_len == 4 && i < del->count; i++) {
		struct rd r = rd_of(delete_spi(del, i));
		struct child *c = child_find_out(ike->d, proto, rd_u32(&r), &ike->remote.addr);
		/* named twice, or ours is on its way out already */
		if (c == NULL || c->gone || !may_delete(ike, c))
			continue;
		child_ends(c, "the peer deleted it");
		child_gone(c);
	}
}

/* RFC 2408 section 3.15: the SPI of an ISAKMP SA is "the Initiator and Responder cookie pair". */
static void
delete_ike(struct exch *x, const struct pld_delete *del)
{
	struct v1_phase2 *s = x->scratch;
	uint8_t cookies[16];

	v1_cookies(x->ike, cookies);
	for (size_t i = 0; del->spi_len == sizeof(cookies) && i < del->count; i++)
		if (slice_equal(delete_spi(del, i), slice_of(cookies, sizeof(cookies))))
			s->ike_gone = true;
}

static void
take_delete(struct exch *x, const struct pld *p)
{
	struct pld_delete del;

	if (get_v1_delete(p->body, &del) != IKE_OK) {
		ike_log(x->ike, LOG_L_DEBUG, "malformed delete payload passed over");
		return;
	}
	if (del.proto == V1_PROTO_ISAKMP)
		delete_ike(x, &del);
	else if (del.proto == V1_PROTO_ESP || del.proto == V1_PROTO_AH)
		delete_children(x->ike, &del);
}

static bool
about_this_ike(const struct ike_sa *ike, const struct pld_notify *n)
{
	uint8_t cookies[16];

	v1_cookies(ike, cookies);
	return n->spi.n != sizeof(cookies) ||
	       slice_equal(n->spi, slice_of(cookies, sizeof(cookies)));
}

/* The quick mode that an error is about: the one with the SPI it names, else the only one there is. */
static struct exch *
find_quick(struct ike_sa *ike, const struct pld_notify *n)
{
	struct exch *only = NULL;
	struct rd r = rd_of(n->spi);
	uint32_t spi = n->spi.n == 4 ? rd_u32(&r) : 0;
	unsigned count = 0;

	LIST_FOR(l, &ike->exchs)
	{
		struct exch *x = container_of(l, struct exch, link);
		const struct child *c = child_get(ike->d, x->child_id);
		if (x->type != &v1_quick)
			continue;
		if (spi != 0 && c != NULL && (c->spi_in == spi || c->spi_out == spi))
			return x;
		only = x;
		count++;
	}
	return count == 1 && spi == 0 ? only : NULL;
}

static void
take_error(struct ike_sa *ike, const struct pld_notify *n)
{
	struct exch *x = find_quick(ike, n);

	if (x != NULL)
		exch_fail(x, v1_err_of_notify(n->type));
	else if (n->type == V1_N_INVALID_SPI)
		v1_take_invalid_spi(ike, n);
}

static void
take_notify(struct exch *x, const struct pld *p)
{
	struct ike_sa *ike = x->ike;
	struct pld_notify n;
	struct name_buf nb;

	if (get_v1_notify(p->body, &n) != IKE_OK || !about_this_ike(ike, &n)) {
		ike_log(ike, LOG_L_DEBUG,
		    "notify payload passed over: malformed, or for other cookies");
		return;
	}
	bool error = n.type < V1_N_CONNECTED,
	     liveness = n.type == V1_N_R_U_THERE || n.type == V1_N_R_U_THERE_ACK ||
			n.type == V1_N_RINGTAIL_SPIS || n.type == V1_N_RINGTAIL_SPIS_TOO;
	if (n.type != V1_N_INITIAL_CONTACT)
		ike_log(ike,
		    error      ? LOG_L_ERROR
		    : liveness ? LOG_L_DEBUG
			       : LOG_L_INFO,
		    "notification %s received in informational exchange.",
		    name_of(&v1_notify_names, n.type, &nb));
	if (n.type == V1_N_INITIAL_CONTACT)
		ike_forget_former(ike);
	else if (n.type == V1_N_R_U_THERE)
		v1_take_r_u_there(ike, &n);
	else if (n.type == V1_N_R_U_THERE_ACK)
		v1_take_ack(ike, &n);
	else if (n.type == V1_N_RINGTAIL_SPIS || n.type == V1_N_RINGTAIL_SPIS_TOO)
		v1_take_spis(ike, &n);
	else if (error)
		take_error(ike, &n);
}

ike_err
v1_take_info(struct exch *x, const struct msg *m)
{
	for (unsigned i = 0; i < m->pl.n && x->ike->state != IKE_DEAD; i++) {
		if (m->pl.v[i].kind == PK_DELETE)
			take_delete(x, &m->pl.v[i]);
		else if (m->pl.v[i].kind == PK_NOTIFY)
			take_notify(x, &m->pl.v[i]);
	}
	return IKE_OK;
}

void
v1_info_done(struct exch *x)
{
	const struct v1_phase2 *s = x->scratch;
	struct ike_sa *ike = x->ike;

	if (ike->state == IKE_DEAD)
		return;
	v1_remember_msgid(ike, x->msgid);
	if (!s->ike_gone)
		return;
	ike->peer_told = true;
	ike->ending = "the peer deleted it";
	ike_sa_kill(ike, IKE_E_GONE, false);
}

ike_err
v1_take_info_clear(struct exch *x, const struct msg *m)
{
	struct ike_sa *ike = x->ike;
	struct exch *main_mode = exch_find(ike, V1_XCHG_MAIN, 0, INITIATOR);

	for (const struct pld *p = payload_first(&m->pl, PK_NOTIFY); p != NULL;
	     p = payload_next(&m->pl, p)) {
		struct pld_notify n;
		struct name_buf nb;
		uint64_t suppressed;
		if (get_v1_notify(p->body, &n) != IKE_OK)
			continue;
		if (log_allow(&ike->d->drop_log, ike->d->now, &suppressed))
			ike_log(ike, LOG_L_ERROR,
			    "notification %s received in unencrypted informational exchange.",
			    name_of(&v1_notify_names, n.type, &nb));
		if (n.type < V1_N_CONNECTED && main_mode != NULL)
			exch_doubt(main_mode, v1_err_of_notify(n.type));
	}
	return IKE_OK;
}

/* Nobody answers a delete, so a peer that tells is asked whether it has got this one. */
void
v1_child_delete_done(struct exch *x)
{
	struct child *c = child_get(x->ike->d, x->child_id);

	live_compare(x->ike);
	if (c != NULL)
		child_gone(c);
}

void
v1_child_delete_failed(struct exch *x, ike_err why)
{
	struct child *c = child_get(x->ike->d, x->child_id);

	(void)why;
	if (c != NULL)
		child_drop(c);
}

void
v1_ike_delete_done(struct exch *x)
{
	ike_sa_kill(x->ike, IKE_E_GONE, false);
}

void
v1_ike_delete_failed(struct exch *x, ike_err why)
{
	if (x->ike->state != IKE_DEAD)
		ike_sa_kill(x->ike, why, false);
}
