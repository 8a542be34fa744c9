/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * INFORMATIONAL (RFC 7296 sections 1.4 and 1.4.1): deletes, liveness, and whatever a peer notifies.
 */
#include "ringtail/v2/v2.h"

#include <string.h>

struct info_scratch {
	bool     ike_gone;         /* the peer deletes the IKE SA */
	bool     tell_spis;
	uint16_t n_esp, n_ah;
	uint8_t *esp, *ah;         /* our SPIs to answer with, 4 bytes each */
};

static void
put_spi(uint8_t *p, uint32_t spi)
{
	p[0] = (uint8_t)(spi >> 24);
	p[1] = (uint8_t)(spi >> 16);
	p[2] = (uint8_t)(spi >> 8);
	p[3] = (uint8_t)spi;
}

static void
put_delete(struct msg_out *m, uint8_t proto, const uint8_t *spis, uint16_t n)
{
	struct pld_delete del = {
		.proto = proto, .spi_len = proto == V2_PROTO_IKE ? 0 : 4, .count = n,
		.spis = slice_of(spis, proto == V2_PROTO_IKE ? 0 : (size_t)n * 4),
	};

	(void)pld_begin(&m->w, &m->chain, V2_PLD_D);
	put_v2_delete(&m->w, &del);
	pld_end(&m->w, &m->chain);
}

ike_err
v2_build_child_delete(struct exch *x, struct msg_out *m)
{
	const struct child *c = child_get(x->ike->d, x->child_id);
	uint8_t spi[4];

	if (c == NULL)
		return IKE_E_GONE;
	put_spi(spi, c->spi_in);
	put_delete(m, c->proto == PROTO_AH ? V2_PROTO_AH : V2_PROTO_ESP, spi, 1);
	return IKE_OK;
}

ike_err
v2_build_ike_delete(struct exch *x, struct msg_out *m)
{
	(void)x;
	put_delete(m, V2_PROTO_IKE, NULL, 0);
	return IKE_OK;
}

static void
put_spis(struct exch *x, struct msg_out *m)
{
	uint8_t list[LIVE_LIST_MAX];
	size_t n = live_list_spis(x->ike, list);

	if (n > 0)
		v2_put_notify(m, V2_N_RINGTAIL_SPIS, slice_of(list, n));
}

/* RFC 7296 section 1.4: an INFORMATIONAL request without payloads checks for liveness; a ringtail is told a little more. */
ike_err
v2_build_liveness(struct exch *x, struct msg_out *m)
{
	if (x->ike->knows_spis)
		put_spis(x, m);
	if (x->ike->v2->tell_token)
		v2_put_token(m, x->ike);
	return IKE_OK;
}

/*
 * May the peer of |ike| delete |c|?  Besides those of |ike|: a pair that outlived its IKE SA, and one of another IKE SA with the
 * same authenticated peer, which may have been started anew and have adopted what it made before.
 */
static bool
may_delete(const struct ike_sa *ike, const struct child *c)
{
	const struct ike_sa *other = ike_sa_get(ike->d, c->ike_id);

	if (v2_serves(ike, c))
		return true;
	return addr_equal(&c->local.addr, &ike->local.addr) && (other == NULL || ike_same_peer(ike, other));
}

/*
 * RFC 7296 section 1.4.1: the SPIs are those of the sender's inbound SAs; the answer normally lists the paired ones.  "If by chance
 * both ends of a set of SAs independently decide to close them", the answer leaves them out.
 */
static void
take_child_deletes(struct exch *x, struct info_scratch *s, const struct pld_delete *del)
{
	struct daemon *d = x->ike->d;
	uint8_t proto = del->proto == V2_PROTO_AH ? PROTO_AH : PROTO_ESP;
	uint8_t *out = proto == PROTO_AH ? s->ah : s->esp;
	uint16_t *n = proto == PROTO_AH ? &s->n_ah : &s->n_esp;

	for (size_t i = 0; i < del->count; i++) {
		struct rd r = rd_of(delete_spi(del, i));
		struct child *c = child_find_out(d, proto, rd_u32(&r), &x->ike->remote.addr);
		if (c == NULL || !may_delete(x->ike, c))
			continue;
		if (!c->delete_sent)
			put_spi(out + 4 * (size_t)(*n)++, c->spi_in);
		child_ends(c, "the peer deleted it");
		child_gone(c);
	}
}

static ike_err
take_deletes(struct exch *x, const struct msg *m, struct info_scratch *s)
{
	/* the peer cannot name more than its message has room for */
	s->esp = arena_array(&x->arena, m->plain.n / 4 + 1, 4);
	s->ah = arena_array(&x->arena, m->plain.n / 4 + 1, 4);
	if (s->esp == NULL || s->ah == NULL)
		return IKE_E_NOMEM;
	for (const struct pld *p = payload_first(&m->pl, PK_DELETE); p != NULL; p = payload_next(&m->pl, p)) {
		struct pld_delete del;
		TRY(get_v2_delete(p->body, &del));
		if (del.proto == V2_PROTO_IKE)
			s->ike_gone = true;
		else if (del.proto == V2_PROTO_ESP || del.proto == V2_PROTO_AH)
			take_child_deletes(x, s, &del);
	}
	return IKE_OK;
}

static void
log_notifies(struct exch *x, const struct msg *m)
{
	for (const struct pld *p = payload_first(&m->pl, PK_NOTIFY); p != NULL; p = payload_next(&m->pl, p)) {
		struct pld_notify n;
		struct name_buf nb;
		if (get_v2_notify(p->body, &n) == IKE_OK)
			ike_log(x->ike, n.type == V2_N_RINGTAIL_SPIS ? LOG_L_DEBUG : LOG_L_INFO, "notification %s received in informational exchange.",
			    name_of(&v2_notify_names, n.type, &nb));
	}
}

/* What the peer says of the pairs between us.  Its answer was written after we asked, its own question who knows when. */
static void
take_signs(struct exch *x, const struct msg *m)
{
	ike_time written = x->side == INITIATOR ? x->started : 0;
	struct pld_notify n;

	v2_take_token(x->ike, m);
	if (v2_find_notify(&m->pl, V2_N_RINGTAIL_SPIS, &n))
		live_take_spis(x->ike, n.data, written);
	/* RFC 7296 section 3.10.1: the data is the SPI of the packet that came in vain; AH and ESP are not told apart */
	if (v2_find_notify(&m->pl, V2_N_INVALID_SPI, &n) && n.data.n == 4) {
		struct rd r = rd_of(n.data);
		uint32_t spi = rd_u32(&r);
		live_peer_lost(x->ike, PROTO_ESP, spi);
		live_peer_lost(x->ike, PROTO_AH, spi);
	}
}

ike_err
v2_take_info(struct exch *x, const struct msg *m)
{
	struct info_scratch *s = arena_alloc(&x->arena, sizeof(*s));

	if (s == NULL)
		return IKE_E_NOMEM;
	x->scratch = s;
	log_notifies(x, m);
	/* RFC 7296 section 2.21.2: a peer that could not verify us says so in an INFORMATIONAL of its own */
	struct pld_notify n;
	if (v2_find_notify(&m->pl, V2_N_AUTHENTICATION_FAILED, &n))
		s->ike_gone = true;
	s->tell_spis = v2_find_notify(&m->pl, V2_N_RINGTAIL_SPIS, &n);
	TRY(payload_first(&m->pl, PK_DELETE) == NULL ? IKE_OK : take_deletes(x, m, s));
	take_signs(x, m);
	return IKE_OK;
}

ike_err
v2_build_info_answer(struct exch *x, struct msg_out *m)
{
	const struct info_scratch *s = x->scratch;

	if (s->n_esp > 0)
		put_delete(m, V2_PROTO_ESP, s->esp, s->n_esp);
	if (s->n_ah > 0)
		put_delete(m, V2_PROTO_AH, s->ah, s->n_ah);
	if (s->tell_spis)
		put_spis(x, m);
	return IKE_OK;
}

ike_err
v2_take_info_answer(struct exch *x, const struct msg *m)
{
	log_notifies(x, m);
	take_signs(x, m);
	return IKE_OK;
}

void
v2_liveness_done(struct exch *x)
{
	x->ike->v2->tell_token = false;
	live_answered(x->ike);
}

void
v2_info_done(struct exch *x)
{
	const struct info_scratch *s = x->scratch;

	if (x->side != RESPONDER || !s->ike_gone)
		return;
	x->ike->peer_told = true;
	x->ike->ending = "the peer deleted it";
	ike_sa_kill(x->ike, IKE_E_GONE, true);
}

void
v2_child_delete_done(struct exch *x)
{
	struct child *c = child_get(x->ike->d, x->child_id);

	if (c != NULL)
		child_gone(c);
}

void
v2_child_delete_failed(struct exch *x, ike_err why)
{
	struct child *c = child_get(x->ike->d, x->child_id);

	(void)why;
	if (c != NULL)
		child_drop(c);
}

void
v2_ike_delete_done(struct exch *x)
{
	ike_sa_kill(x->ike, IKE_E_GONE, true);
}

void
v2_ike_delete_failed(struct exch *x, ike_err why)
{
	if (x->ike->state != IKE_DEAD)
		ike_sa_kill(x->ike, why, true);
}
