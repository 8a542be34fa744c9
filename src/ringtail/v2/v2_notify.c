/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notify payloads (RFC 7296 section 3.10), and the one that answers a request we cannot serve (section 2.21).
 */
#include "ringtail/v2/v2.h"

void
v2_put_notify(struct msg_out *m, uint16_t type, struct slice data)
{
	struct pld_notify n = { .type = type, .data = data };

	(void)pld_begin(&m->w, &m->chain, V2_PLD_N);
	put_v2_notify(&m->w, &n);
	pld_end(&m->w, &m->chain);
}

void
v2_put_notify_spi(struct msg_out *m, uint8_t proto, uint32_t spi, uint16_t type, struct slice data)
{
	uint8_t b[4] = { (uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8), (uint8_t)spi };
	struct pld_notify n = { .proto = proto, .type = type, .spi = slice_of(b, sizeof(b)), .data = data };

	(void)pld_begin(&m->w, &m->chain, V2_PLD_N);
	put_v2_notify(&m->w, &n);
	pld_end(&m->w, &m->chain);
}

bool
v2_find_notify(const struct payloads *pl, uint16_t type, struct pld_notify *out)
{
	for (const struct pld *p = payload_first(pl, PK_NOTIFY); p != NULL; p = payload_next(pl, p))
		if (get_v2_notify(p->body, out) == IKE_OK && out->type == type)
			return true;
	return false;
}

bool
v2_find_error(const struct payloads *pl, struct pld_notify *out)
{
	for (const struct pld *p = payload_first(pl, PK_NOTIFY); p != NULL; p = payload_next(pl, p))
		if (get_v2_notify(p->body, out) == IKE_OK && out->type < V2_N_INITIAL_CONTACT)
			return true;
	return false;
}

ike_err
v2_err_of_notify(uint16_t type)
{
	switch (type) {
	case V2_N_NO_PROPOSAL_CHOSEN:
		return IKE_E_NO_PROPOSAL;
	case V2_N_INVALID_KE_PAYLOAD:
		return IKE_E_BAD_KE;
	case V2_N_AUTHENTICATION_FAILED:
		return IKE_E_AUTH;
	case V2_N_TS_UNACCEPTABLE:
		return IKE_E_TS;
	case V2_N_TEMPORARY_FAILURE:
		return IKE_E_BUSY;
	case V2_N_CHILD_SA_NOT_FOUND:
		return IKE_E_CHILD_GONE;
	case V2_N_NO_ADDITIONAL_SAS:
		return IKE_E_EXHAUSTED;
	default:
		return IKE_E_PEER;
	}
}

/* What an error notify carries: the group we want, or the payload type we do not know. */
static struct slice
data_of(const struct exch *x, ike_err err, uint8_t buf[2])
{
	if (err == IKE_E_BAD_KE) {
		const struct alg *g = alg_get(x->ike->v2->group);
		int number = g == NULL || g->v2 == ALG_NO_NUMBER ? 0 : g->v2;
		buf[0] = (uint8_t)(number >> 8);
		buf[1] = (uint8_t)number;
		return slice_of(buf, 2);
	}
	if (err == IKE_E_CRITICAL) {
		buf[0] = x->bad_type;
		return slice_of(buf, 1);
	}
	return slice_of(NULL, 0);
}

static void
answer_error(struct exch *x, ike_err err)
{
	const struct step *row = &x->type->steps[x->type->nsteps - 1];
	uint16_t type = ike_err_info(err)->v2_notify;
	struct msg_out m = { 0 };
	uint8_t buf[2];

	if (type == 0)
		type = V2_N_TEMPORARY_FAILURE;
	wr_init(&m.w, 0);
	chain_begin(&m.chain, 2);
	/* RFC 7296 section 3.10.1: CHILD_SA_NOT_FOUND names the SA as the REKEY_SA notification did */
	if (err == IKE_E_CHILD_GONE && x->bad_spi != 0)
		v2_put_notify_spi(&m, x->bad_proto, x->bad_spi, type, slice_of(NULL, 0));
	else
		v2_put_notify(&m, type, data_of(x, err, buf));
	if (wr_err(&m.w) == IKE_OK && v2_protect(x, row, &m) == IKE_OK) {
		exch_transmit(x->ike, buf_slice(&m.datagram));
		v2_msgid_used(x);
		buf_move(&x->out, &m.datagram);
		reply_keep(x);
	}
	wr_free(&m.w);
	buf_free(&m.datagram);
}

/* Is |err| one of a message that does not say what a message of its kind says? */
static bool
malformed(ike_err err)
{
	return err == IKE_E_SHORT || err == IKE_E_FORMAT || err == IKE_E_MISSING || err == IKE_E_UNEXPECTED || err == IKE_E_CRITICAL;
}

void
v2_report(struct exch *x, ike_err err)
{
	if (x->side == RESPONDER) {
		/* RFC 7296 section 2.21.1: no answer to what cannot be parsed before there are keys, so as not to be a reflector */
		if (x->type == &v2_sa_init && (err == IKE_E_SHORT || err == IKE_E_FORMAT))
			return;
		answer_error(x, err);
		return;
	}
	/* RFC 7296 section 2.21.2: the peer believes that the IKE SA stands, so it is told in an exchange of its own that it does not */
	if (x->type == &v2_ike_auth && (err == IKE_E_AUTH || err == IKE_E_ID || err == IKE_E_NO_PSK))
		ike_sa_announce_delete(x->ike);
	/*
	 * What the peer has made of our request is anybody's guess then.  RFC 7296 section 2.21.3 has the same case with the roles exchanged:
	 * "this error notification is considered fatal in both peers".
	 */
	if (x->ike->state == IKE_ESTABLISHED && malformed(err))
		ike_sa_delete(x->ike);
}
