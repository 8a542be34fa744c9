/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is the peer there?  R-U-THERE and R-U-THERE-ACK (RFC 3706) with peers that have announced it, and with a ringtail the lists of
 * inbound SPIs (halfling.c), each a notify in an informational exchange of its own.
 *
 * An informational message that comes again after V1_SEEN others cannot be told from a new one; the sequence numbers can.
 * So nothing but the answer to a question that stands is a sign of life here.
 */
#include "ringtail/v1/v1.h"

bool
v1_can_ask(const struct ike_sa *ike)
{
	return ike->dpd_peer;
}

static void
put_number(uint8_t out[4], uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (24 - 8 * i));
}

static bool
get_number(const struct pld_notify *n, uint32_t *out)
{
	struct rd r = rd_of(n->data);

	*out = rd_u32(&r);
	return rd_end(&r) == IKE_OK;
}

/*
 * RFC 3706 section 6: the first sequence number is random and below 2^31, so that it does not wrap soon; each message has the
 * next one, and repetitions of a question are messages, too.
 */
ike_err
v1_ask_alive(struct ike_sa *ike)
{
	struct v1_state *s = ike->v1;
	struct v1_note note;
	uint8_t data[4];

	if (!ike->dpd_peer)
		return IKE_E_UNSUPPORTED;
	if (s->dpd_next == 0) {
		TRY(daemon_random(ike->d, &s->dpd_next, sizeof(s->dpd_next)));
		s->dpd_next = (s->dpd_next & 0x7fffffff) + 1;
	}
	if (ike->check.tries <= 1)
		s->dpd_first = s->dpd_next;
	put_number(data, s->dpd_next++);
	note = v1_ike_note(ike, V1_N_R_U_THERE, slice_of(data, sizeof(data)));
	v1_send_notify(ike, &note);
	return IKE_OK;
}

/*
 * RFC 3706 section 6: an R-U-THERE is answered with an R-U-THERE-ACK that carries the same sequence number.  The receiver watches over
 * the numbers: one that was there before is a replay.  A peer that repeats its latest question, since our answer was lost, is
 * answered again.
 */
void
v1_take_r_u_there(struct ike_sa *ike, const struct pld_notify *n)
{
	struct v1_state *s = ike->v1;
	struct v1_note note;
	uint32_t seq;

	if (!get_number(n, &seq) || (s->dpd_heard && (int32_t)(seq - s->dpd_theirs) < 0)) {
		ike_log(ike, LOG_L_DEBUG, "an R-U-THERE with an old or malformed sequence number is passed over");
		return;
	}
	s->dpd_heard = true;
	s->dpd_theirs = seq;
	note = v1_ike_note(ike, V1_N_R_U_THERE_ACK, n->data);
	v1_send_notify(ike, &note);
}

/* A late answer to an earlier repetition of the question that stands is an answer. */
void
v1_take_ack(struct ike_sa *ike, const struct pld_notify *n)
{
	const struct v1_state *s = ike->v1;
	uint32_t seq;

	if (!get_number(n, &seq) || ike->check.asked == 0 || seq - s->dpd_first >= s->dpd_next - s->dpd_first) {
		ike_log(ike, LOG_L_DEBUG, "an R-U-THERE-ACK that answers nothing is passed over");
		return;
	}
	live_answered(ike);
}

/* A list may have been written before a pair that is younger. */
#define LIST_AGE MSEC(500)

static void
send_list(struct ike_sa *ike, uint16_t type)
{
	uint8_t list[LIVE_LIST_MAX];
	struct v1_note note = v1_ike_note(ike, type, slice_of(list, live_list_spis(ike, list)));

	v1_send_notify(ike, &note);
}

void
v1_ask_spis(struct ike_sa *ike)
{
	send_list(ike, V1_N_RINGTAIL_SPIS);
}

void
v1_take_spis(struct ike_sa *ike, const struct pld_notify *n)
{
	if (n->type == V1_N_RINGTAIL_SPIS)
		send_list(ike, V1_N_RINGTAIL_SPIS_TOO);
	/* it is not repeated, so that it is no older than the way here takes */
	live_take_spis(ike, n->data, ike->d->now - LIST_AGE);
}

/* RFC 2408 section 3.14: INVALID-SPI names the SPI in question; where is not said, so wherever there are four bytes. */
void
v1_take_invalid_spi(struct ike_sa *ike, const struct pld_notify *n)
{
	struct rd r = rd_of(n->spi.n == 4 ? n->spi : n->data);
	uint32_t spi = rd_u32(&r);

	if (rd_end(&r) == IKE_OK)
		live_peer_lost(ike, n->proto == V1_PROTO_AH ? PROTO_AH : PROTO_ESP, spi);
}

/* Header and INVALID-COOKIE. */
#define ANSWER_LEN (IKE_HDR_LEN + 28u)

/*
 * RFC 2408 section 5.2: a message with unknown cookies is discarded, and whoever has sent it may be told so with INVALID-COOKIE in an
 * Informational Exchange.  Only what is encrypted is answered, and that in clear, so that two ends do not answer each other for ever;
 * and the answer has no more bytes than the message.
 */
void
v1_unknown(struct daemon *d, const struct dgram *dg, const struct msg *m)
{
	struct ike_hdr hdr = { .spi_i = m->hdr.spi_i, .spi_r = m->hdr.spi_r, .major = 1, .exchange = V1_XCHG_INFO };
	struct v1_note note = { .type = V1_N_INVALID_COOKIE, .proto = V1_PROTO_ISAKMP, .spi_len = 16 };
	struct dgram answer = { .local = dg->local, .remote = dg->remote, .natt = dg->natt };
	bool phase2 = m->hdr.exchange == V1_XCHG_INFO || m->hdr.exchange == V1_XCHG_QUICK;
	struct msg_out out = { 0 };

	if (!phase2 || m->raw.n < ANSWER_LEN || (m->hdr.flags & V1_FLAG_ENCRYPTION) == 0 || m->hdr.spi_r == 0 ||
	    ike_find_by_spi(d, m->hdr.spi_i) != NULL || ike_find_by_spi(d, m->hdr.spi_r) != NULL ||
	    !live_may_answer(d, &dg->remote.addr) ||
	    daemon_random(d, &hdr.msgid, sizeof(hdr.msgid)) != IKE_OK)
		return;
	for (unsigned i = 0; i < 8; i++) {
		note.spi[i] = (uint8_t)(hdr.spi_i >> (56 - 8 * i));
		note.spi[8 + i] = (uint8_t)(hdr.spi_r >> (56 - 8 * i));
	}
	wr_init(&out.w, 0);
	msg_begin(&out.w, &out.chain, &hdr);
	v1_put_notify(&out, &note);
	msg_end(&out.w, &out.chain);
	if (wr_err(&out.w) == IKE_OK) {
		answer.data = buf_slice(&out.w.buf);
		d->stats.datagrams_out++;
		d->env.send(d->env.arg, &answer);
	}
	wr_free(&out.w);
}

void
v1_clear(struct ike_sa *ike, const struct msg *m)
{
	struct payloads pl;
	struct slice body = slice_of(m->raw.p + IKE_HDR_LEN, m->raw.n - IKE_HDR_LEN);

	if (payloads_parse(1, m->hdr.next, body, CHAIN_PADDED, &pl) != IKE_OK)
		return;
	for (const struct pld *p = payload_first(&pl, PK_NOTIFY); p != NULL; p = payload_next(&pl, p)) {
		struct pld_notify n;
		if (get_v1_notify(p->body, &n) == IKE_OK && (n.type == V1_N_INVALID_COOKIE || n.type == V1_N_INVALID_SPI)) {
			live_hint_ike(ike);
			return;
		}
	}
}
