/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notify payloads (RFC 2408 section 3.14, RFC 2407 section 4.6.3), and the one that tells the peer why an exchange of
 * its failed.
 */
#include "ringtail/v1/v1.h"

#include <string.h>

void
v1_put_notify(struct msg_out *m, const struct v1_note *note)
{
	struct pld_notify n = {
		.doi = V1_DOI_IPSEC,
		.proto = note->proto,
		.type = note->type,
		.spi = slice_of(note->spi, note->spi_len),
		.data = note->data,
	};

	(void)pld_begin(&m->w, &m->chain, V1_PLD_N);
	put_v1_notify(&m->w, &n);
	pld_end(&m->w, &m->chain);
}

struct v1_note
v1_ike_note(const struct ike_sa *ike, uint16_t type, struct slice data)
{
	struct v1_note note = {
		.type = type, .proto = V1_PROTO_ISAKMP, .spi_len = 16, .data = data
	};

	v1_cookies(ike, note.spi);
	return note;
}

/* Keep the note for v1_build_notify(). */
static ike_err
keep_note(struct exch *x, void *arg)
{
	const struct v1_note *note = arg;
	struct v1_phase2 *s;

	TRY(v1_phase2_of(x, &s));
	TRY(buf_set(&x->notify_data, note->data));
	s->note = *note;
	s->note.data = buf_slice(&x->notify_data);
	return IKE_OK;
}

void
v1_send_notify(struct ike_sa *ike, const struct v1_note *note)
{
	struct v1_note copy = *note;
	struct name_buf nb;
	ike_err err = exch_start_with(ike, &v1_notify, 0, keep_note, &copy);

	if (err != IKE_OK)
		ike_log(ike, LOG_L_DEBUG, "notification %s could not be sent: %s",
		    name_of(&v1_notify_names, note->type, &nb), ike_err_text(err));
}

bool
v1_find_notify(const struct payloads *pl, uint16_t type, struct pld_notify *out)
{
	for (const struct pld *p = payload_first(pl, PK_NOTIFY); p != NULL; p = payload_next(pl, p))
		if (get_v1_notify(p->body, out) == IKE_OK && out->type == type)
			return true;
	return false;
}

ike_err
v1_err_of_notify(uint16_t type)
{
	switch (type) {
	case V1_N_NO_PROPOSAL_CHOSEN:
	case V1_N_BAD_PROPOSAL_SYNTAX:
	case V1_N_ATTRIBUTES_NOT_SUPPORTED:
	case V1_N_INVALID_TRANSFORM_ID:
		return IKE_E_NO_PROPOSAL;
	case V1_N_INVALID_KEY_INFORMATION:
		return IKE_E_BAD_KE;
	case V1_N_INVALID_ID_INFORMATION:
		return IKE_E_TS;
	default:
		return IKE_E_PEER;
	}
}

/* What a notify says of |err|; 0: nothing, so that a repetition may still succeed, or the peer's time-out end it. */
static uint16_t
type_of(ike_err err)
{
	if (ike_err_info(err)->class == ERR_LOCAL)
		return V1_N_NO_PROPOSAL_CHOSEN;
	return ike_err_info(err)->v1_notify;
}

/* There are no keys yet: in clear, worth as much to the peer as anybody's word. */
static void
refuse_first(struct exch *x, uint16_t type)
{
	struct v1_note note = v1_ike_note(x->ike, type, slice_of(NULL, 0));
	struct msg_out m = { 0 };
	uint32_t msgid;

	if (x->ike->ops->next_msgid(x->ike, &v1_notify, &msgid) != IKE_OK)
		return;
	wr_init(&m.w, 0);
	chain_begin(&m.chain, 1);
	v1_put_notify(&m, &note);
	if (wr_err(&m.w) == IKE_OK &&
	    v1_wrap_clear(x->ike, V1_XCHG_INFO, msgid, &m, &m.datagram) == IKE_OK)
		exch_transmit(x->ike, buf_slice(&m.datagram));
	wr_free(&m.w);
	buf_free(&m.datagram);
}

/* Quick mode: named by the initiator's SPI. */
static void
refuse_quick(struct exch *x, uint16_t type)
{
	const struct v1_phase2 *s = x->scratch;
	const struct child *c = child_get(x->ike->d, x->child_id);
	struct v1_note note = { .type = type, .proto = V1_PROTO_ESP };

	if (c != NULL && c->proto == PROTO_AH)
		note.proto = V1_PROTO_AH;
	if (s != NULL && s->spi_i != 0) {
		note.spi_len = 4;
		for (unsigned i = 0; i < 4; i++)
			note.spi[i] = (uint8_t)(s->spi_i >> (24 - 8 * i));
	}
	v1_send_notify(x->ike, &note);
}

void
v1_report(struct exch *x, ike_err err)
{
	bool up = x->ike->state == IKE_ESTABLISHED || x->ike->state == IKE_DYING;
	uint16_t type = type_of(err);

	/*
	 * RFC 2408 section 4.8: "The Informational Exchange is designed as a one-way transmittal of information": it
	 * is never answered, so that two ends do not complain for ever
	 */
	if (type == 0 || (x->type != &v1_main && x->type != &v1_quick))
		return;
	if (x->type == &v1_quick && up)
		refuse_quick(x, type);
	else if (x->type == &v1_main && x->side == RESPONDER && x->step == 0 &&
		 err == IKE_E_NO_PROPOSAL)
		refuse_first(x, type);
}
