/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the state of each thing consists of.  A member that has to survive a restart gets a line here, with a tag that was never
 * used in its table.
 */
#include "ringtail/ike/handover.h"

#include "ringtail/daemon.h"

#define F(tag, kind, ...) SNAP_FIELD(tag, SNAP_##kind, __VA_ARGS__)

/* These numbers are part of the format: new members of the enums go to their ends. */
_Static_assert(IKE_CONNECTING == 0 && IKE_ESTABLISHED == 1 && IKE_DYING == 2, "states of IKE SAs are handed over");
_Static_assert(CHILD_WANTED == 0 && CHILD_NEGOTIATING == 1 && CHILD_INSTALLED == 2 && CHILD_RETIRING == 3,
    "states of children are handed over");
_Static_assert(INITIATOR == 0 && RESPONDER == 1 && PROTO_AH == 2 && PROTO_ESP == 3 && MODE_TRANSPORT == 1 && MODE_TUNNEL == 2,
    "sides, protocols and modes are handed over");
_Static_assert(ADMIT_TRAFFIC == 0 && ADMIT_REKEY == 1 && ADMIT_LOST == 2 && ADMIT_ADOPTED == 3 && ADMIT_IDLE == 4,
    "classes of admission are handed over");
_Static_assert(PEER_IDLE == 0 && PEER_CONNECTING == 1 && PEER_UP == 2 && PEER_DEGRADED == 3 && PEER_DOWN == 4,
    "states of peers are handed over");

static const uint8_t intent_numbers[INTENT_COUNT] = {
	[INTENT_CHILD_CREATE] = 3,
	[INTENT_CHILD_REKEY] = 4,
	[INTENT_IKE_REKEY] = 5,
	[INTENT_CHILD_DELETE] = 6,
	[INTENT_IKE_DELETE] = 7,
	[INTENT_LIVENESS] = 8,
	[INTENT_NOTIFY] = 9,
};

uint32_t
handover_intent_number(enum intent i)
{
	return (unsigned)i < INTENT_COUNT ? intent_numbers[i] : 0;
}

enum intent
handover_intent_of(uint32_t number)
{
	for (unsigned i = 0; i < INTENT_COUNT && number != 0; i++)
		if (intent_numbers[i] == number)
			return (enum intent)i;
	return INTENT_NONE;
}

static const struct snap_field head_fields[] = {
	F(1, BYTES, struct handover_head, boot_id),
	F(2, TIME, struct handover_head, taken),
	F(3, BYTES, struct handover_head, seed),
};
const struct snap_table handover_head_table = SNAP_TABLE(head_fields);

static const struct snap_field stats_fields[] = {
	F(1, UINT, struct daemon_stats, datagrams_in),
	F(2, UINT, struct daemon_stats, datagrams_out),
	F(3, UINT, struct daemon_stats, dropped),
	F(4, UINT, struct daemon_stats, ike_up),
	F(5, UINT, struct daemon_stats, ike_failed),
	F(6, UINT, struct daemon_stats, child_up),
	F(7, UINT, struct daemon_stats, child_failed),
	F(8, UINT, struct daemon_stats, rekeys),
	F(9, UINT, struct daemon_stats, retransmissions),
	F(10, UINT, struct daemon_stats, acquires),
	F(11, UINT, struct daemon_stats, acquires_ignored),
	F(12, UINT, struct daemon_stats, collisions),
};
const struct snap_table handover_stats_table = SNAP_TABLE(stats_fields);

static const struct snap_field peer_fields[] = {
	F(1, SUB, struct peer, addr, .sub = &snap_addr),
	F(2, TIME, struct peer, known_since),
	F(3, UINT, struct peer, former.bytes_in),
	F(4, UINT, struct peer, former.bytes_out),
	F(5, UINT, struct peer, former.packets_in),
	F(6, UINT, struct peer, former.packets_out),
	F(7, UINT, struct peer, state, .most = PEER_STATES - 1),
	F(8, TIME, struct peer, since),
	F(9, TIME, struct peer, since_wall),
	F(10, BYTES, struct peer, text),
	F(11, TIME, struct peer, failed_at),
	F(12, TIME, struct peer, failed_wall),
	F(13, UINT, struct peer, failures),
	F(14, UINT, struct peer, ups),
	F(15, UINT, struct peer, downs),
	F(16, UINT, struct peer, rekeys),
	F(17, UINT, struct peer, failed),
};
const struct snap_table handover_peer_table = SNAP_TABLE(peer_fields);

static const struct snap_field ident_fields[] = {
	F(1, UINT, struct ident, type, .most = ID_KEY_ID),
	F(2, BOOL, struct ident, wildcard),
	F(3, UINT, struct ident, len, .most = IDENT_MAX),
	F(4, BYTES, struct ident, data),
};
const struct snap_table handover_ident_table = SNAP_TABLE(ident_fields);

static const struct snap_field reply_fields[] = {
	F(1, TIME, struct reply, until),
	F(2, UINT, struct reply, msgid),
	F(3, UINT, struct reply, wire),
	F(4, UINT, struct reply, in_hash),
	F(5, BUF, struct reply, out),
};
const struct snap_table handover_reply_table = SNAP_TABLE(reply_fields);

static const struct snap_field ike_fields[] = {
	F(1, UINT, struct ike_sa, id),
	F(2, UINT, struct ike_sa, state, .most = IKE_DYING),
	F(3, UINT, struct ike_sa, side, .most = RESPONDER),
	F(4, UINT, struct ike_sa, my_spi),
	F(5, UINT, struct ike_sa, peer_spi),
	F(6, SUB, struct ike_sa, local, .sub = &snap_endpoint),
	F(7, SUB, struct ike_sa, remote, .sub = &snap_endpoint),
	F(8, BOOL, struct ike_sa, natt),
	F(9, SUB, struct ike_sa, suite, .sub = &snap_suite),
	F(10, TIME, struct ike_sa, created),
	F(11, TIME, struct ike_sa, established),
	F(12, TIME, struct ike_sa, soft),
	F(13, TIME, struct ike_sa, hard),
	F(14, TIME, struct ike_sa, last_in),
	F(15, TIME, struct ike_sa, last_check),
	F(16, UINT, struct ike_sa, replaces),
	F(17, TIME, struct ike_sa, established_wall),
	F(18, BOOL, struct ike_sa, initial_contact_sent),
	F(19, BOOL, struct ike_sa, peer_initial_contact),
	F(20, BOOL, struct ike_sa, rekeyed),
	F(21, BOOL, struct ike_sa, peer_told),
	F(22, BOOL, struct ike_sa, dpd_peer),
	F(23, BYTES, struct ike_sa, nonce_low),
	F(24, BOOL, struct ike_sa, knows_spis),
	F(25, TIME, struct ike_sa, last_traffic),
	F(26, UINT, struct ike_sa, superseded_by),
	F(27, TIME, struct ike_sa, superseded),
	F(28, BOOL, struct ike_sa, reauth),
	F(29, TIME, struct ike_sa, check.compare_at),
};
const struct snap_table handover_ike_table = SNAP_TABLE(ike_fields);

/* Tags of the same record as those of struct ike_sa. */
static const struct snap_field ike_more_fields[] = {
	F(0x80, UINT, struct handover_ike, major),
	F(0x81, BUF, struct handover_ike, section),
};
const struct snap_table handover_ike_more_table = SNAP_TABLE(ike_more_fields);

static const struct snap_field child_fields[] = {
	F(1, UINT, struct child, id),
	F(2, UINT, struct child, ike_id),
	F(3, UINT, struct child, state, .most = CHILD_RETIRING),
	F(4, UINT, struct child, side, .most = RESPONDER),
	F(5, SUB, struct child, local, .sub = &snap_endpoint),
	F(6, SUB, struct child, remote, .sub = &snap_endpoint),
	F(7, SUB, struct child, my_ts, .sub = &snap_ts),
	F(8, SUB, struct child, peer_ts, .sub = &snap_ts),
	F(9, UINT, struct child, proto, .most = PROTO_IPCOMP),
	F(10, UINT, struct child, mode, .most = MODE_TUNNEL),
	F(11, SUB, struct child, suite, .sub = &snap_suite),
	F(12, UINT, struct child, spi_in),
	F(13, UINT, struct child, spi_out),
	F(14, UINT, struct child, reqid_in),
	F(15, UINT, struct child, reqid_out),
	F(16, UINT, struct child, acquire_seq),
	F(17, UINT, struct child, replaces),
	F(18, UINT, struct child, replaced_by),
	F(19, BOOL, struct child, rekeying),
	F(20, BOOL, struct child, narrowed),
	F(21, BOOL, struct child, ours_to_close),
	F(22, BOOL, struct child, delete_sent),
	F(23, BOOL, struct child, gone),
	F(24, UINT, struct child, life_sec),
	F(25, UINT, struct child, life_kb),
	F(26, TIME, struct child, created),
	F(27, TIME, struct child, installed),
	F(28, TIME, struct child, installed_wall),
	F(29, TIME, struct child, retiring_since),
	F(30, TIME, struct child, gone_since),
	F(31, UINT, struct child, jitter),
	F(32, BYTES, struct child, nonce_low),
	F(33, UINT, struct child, failures),
	F(34, TIME, struct child, retry_at),
	F(35, BOOL, struct child, adopted),
	F(36, UINT, struct child, admit.class, .most = ADMIT_IDLE),
	F(37, UINT, struct child, admit.rank),
	F(38, UINT, struct child, watch.verified),
	F(39, TIME, struct child, watch.verify_at),
	F(40, BOOL, struct child, broken),
	F(41, BOOL, struct child, unannounced),
	F(42, BOOL, struct child, moved),
};
const struct snap_table handover_child_table = SNAP_TABLE(child_fields);

/* Tags of the same record as those of struct child. */
static const struct snap_field child_more_fields[] = {
	F(0x80, UINT, struct handover_child, added_in),
	F(0x81, UINT, struct handover_child, added_out),
	F(0x82, BOOL, struct handover_child, has_in),
	F(0x83, BOOL, struct handover_child, has_out),
	F(0x84, BOOL, struct handover_child, reserved),
};
const struct snap_table handover_child_more_table = SNAP_TABLE(child_more_fields);

/* An outbound half that is held back, or about to be installed. */
static const struct snap_field keys_fields[] = {
	F(1, BYTES, struct sa_keys, encr),
	F(2, BYTES, struct sa_keys, integ),
	F(3, UINT, struct sa_keys, encr_len, .most = sizeof(((struct sa_keys *)0)->encr)),
	F(4, UINT, struct sa_keys, integ_len, .most = sizeof(((struct sa_keys *)0)->integ)),
};
const struct snap_table handover_keys_table = SNAP_TABLE(keys_fields);

static const struct snap_field exch_fields[] = {
	F(1, UINT, struct exch, side, .most = RESPONDER),
	F(2, UINT, struct exch, step),
	F(3, UINT, struct exch, restarts),
	F(4, UINT, struct exch, msgid),
	F(5, TIME, struct exch, started),
	F(6, TIME, struct exch, give_up),
	F(7, TIME, struct exch, gap),
	F(8, UINT, struct exch, sent),
	F(9, BUF, struct exch, out),
	F(10, UINT, struct exch, in_hash),
	F(11, UINT, struct exch, child_id),
	F(12, BUF, struct exch, my_nonce),
	F(13, BUF, struct exch, peer_nonce),
	F(14, UINT, struct exch, notify),
	F(15, BUF, struct exch, notify_data),
};
const struct snap_table handover_exch_table = SNAP_TABLE(exch_fields);

/* Tags of the same record as those of struct exch. */
static const struct snap_field exch_more_fields[] = {
	F(0x80, UINT, struct handover_exch, ike_id),
	F(0x81, UINT, struct handover_exch, intent),
	F(0x82, TIME, struct handover_exch, when),
};
const struct snap_table handover_exch_more_table = SNAP_TABLE(exch_more_fields);

static const struct snap_field queued_fields[] = {
	F(1, UINT, struct handover_queued, ike_id),
	F(2, UINT, struct handover_queued, child_id),
	F(3, UINT, struct handover_queued, intent),
};
const struct snap_table handover_queued_table = SNAP_TABLE(queued_fields);
