/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handover - the whole state of a daemon as one secret, for the process that takes its place: the same SPIs, keys, message
 * ids and timers go on there.
 *
 * It is written once, by a process that sends nothing any more from that moment, and read at most once, by the next process on
 * the same machine within HANDOVER_LIFE: a state that is older, or that somebody has gone on from already, would have
 * sequence numbers and IVs used twice.  Whatever is wrong with it makes it worthless as a whole; the new process then adopts
 * what is in the kernel as after a crash.
 *
 * Form: envelope (magic, version, length), records of ike/snap.h, SHA-256 over all before.  A higher minor version has more fields,
 * which are passed over; another major version is not read.
 *
 * What is not handed over: IKE SAs that are being negotiated for the first time (what waited for them is wanted anew), back-off,
 * control clients.
 */
#ifndef RINGTAIL_IKE_HANDOVER_H
#define RINGTAIL_IKE_HANDOVER_H

#include "ringtail/ike/exch.h"
#include "ringtail/ike/snap.h"
#include "util/time.h"

struct child;
struct conf_remote;
struct daemon;
struct ike_sa;
struct secret;

#define HANDOVER_MAJOR 1
#define HANDOVER_MINOR 1
#define HANDOVER_LIFE SEC(60)

/* Records of the outermost level and within an IKE SA; each number is used once and for ever. */
enum handover_record {
	HO_HEAD = SNAP_RECORD,
	HO_STATS,
	HO_PEER,
	HO_IKE,
	HO_CHILD,
	HO_EXCH,
	HO_QUEUED,
	/* within HO_IKE */
	HO_MY_ID,
	HO_PEER_ID,
	HO_REPLY,
	HO_HELD,            /* in HO_CHILD: keys of the outbound half */
	HO_VERSION,         /* of the version's own state; in HO_EXCH: of its scratch */
};

/*
 * Take what a former process left, if anything, into |d|, which is empty but for what the kernel showed: IKE SAs, children and
 * their rows.  Nothing is sent; handover_resume() is due at the next entry point.
 */
void handover_take(struct daemon *d);

/* Go on: what waited its turn, what is missing in the kernel, and the end of IKE SAs that the configuration does not want any more. */
void handover_resume(struct daemon *d);

/* All of |d| as bytes.  IKE_E_CRYPTO, IKE_E_NOMEM, IKE_E_FULL: more than 4 GB. */
MUST_USE ike_err
handover_write(const struct daemon *d, struct secret *out);

/* The records, without envelope: a failure sticks to |w|. */
void handover_write_records(const struct daemon *d, struct wr *w);

/*
 * The records in |snapshot|, borrowed, if it is one and whole.
 *
 *   IKE_E_SHORT, IKE_E_FORMAT, IKE_E_INTEGRITY   not one, or damaged
 *   IKE_E_VERSION                                another major version
 *   IKE_E_CRYPTO
 */
MUST_USE ike_err
handover_open(const struct daemon *d, struct slice snapshot, struct slice *records);

/*
 * For the files of handover.  What is in the state of an exchange that is under way can be handed over if the version says
 * so; other exchanges are given up.
 */
bool handover_lasts(const struct ike_sa *ike);
bool handover_exch_lasts(const struct exch *x);
bool handover_child_lasts(const struct child *c);

/* Intents as they are numbered in snapshots; 0: none that is handed over. */
uint32_t    handover_intent_number(enum intent i);
enum intent handover_intent_of(uint32_t number);

/* What the first record says. */
struct handover_head {
	uint8_t  boot_id[16];
	ike_time taken;
	uint8_t  seed[16];          /* of hashes that stand in the state of IKE SAs */
};

/* An IKE SA is named by |id| in the snapshot. */
struct handover_exch {
	uint64_t ike_id;
	uint32_t intent;            /* its number */
	ike_time when;
};

struct handover_queued {
	uint64_t ike_id, child_id;
	uint32_t intent;            /* its number */
};

/* Beside the members of struct ike_sa. */
struct handover_ike {
	uint8_t    major;
	struct buf section;         /* name of its `remote` section */
};

/* Beside the members of struct child. */
struct handover_child {
	uint64_t added_in, added_out;      /* the kernel's times of the two halves, 0: not known */
	bool     has_in, has_out, reserved;
};

extern const struct snap_table handover_head_table, handover_stats_table, handover_peer_table, handover_ike_table, handover_ike_more_table,
    handover_ident_table, handover_reply_table, handover_child_table, handover_child_more_table, handover_keys_table,
    handover_exch_table, handover_exch_more_table, handover_queued_table;

#endif
