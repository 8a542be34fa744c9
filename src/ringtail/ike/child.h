/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * child - a pair of IPsec SAs (RFC 7296: Child SA; RFC 2409: phase 2) from the first wish to the last delete.
 *
 * A child knows both of its SPIs, the rows of the model that are its two halves, its selectors and the policies it serves.  It
 * names its IKE SA by id, so that it can outlive it or be handed to another.  Order is law: inbound is installed before the
 * peer is told, outbound after; the old pair goes when the new one is used (make before break).
 *
 * Life: WANTED (no exchange yet, or waiting for the IKE SA) -> NEGOTIATING (SPI reserved) -> INSTALLED -> RETIRING (replaced
 * by another pair) -> gone.
 */
#ifndef RINGTAIL_IKE_CHILD_H
#define RINGTAIL_IKE_CHILD_H

#include "ringtail/ike/admit.h"
#include "ringtail/ike/events.h"
#include "ringtail/ike/exch.h"
#include "ringtail/ike/live.h"
#include "sadb/sa.h"
#include "sadb/sp.h"
#include "util/slot.h"

struct conf;
struct conf_remote;
struct conf_sainfo;
struct ident;
struct ike_sa;
struct sadb;
struct sadb_change;
struct spd_row;

enum child_state { CHILD_WANTED, CHILD_NEGOTIATING, CHILD_INSTALLED, CHILD_RETIRING };

struct child {
	uint64_t                  id;
	struct daemon            *d;
	uint64_t                  ike_id;         /* 0: orphan */
	struct list               link;           /* in ike_sa->children */
	enum child_state          state;
	enum exch_side            side;           /* who asked for it */
	struct conf              *conf;           /* our reference */
	const struct conf_sainfo *sainfo;
	struct endpoint           local, remote;  /* ends of the SA (tunnel ends in tunnel mode) */
	struct ts                 my_ts, peer_ts;
	uint8_t                   proto, mode;    /* enum prop_proto, enum prop_mode */
	struct suite              suite;          /* chosen algorithms */
	uint32_t                  spi_in, spi_out;
	uint32_t                  reqid_in, reqid_out;
	uint32_t                  acquire_seq;    /* the larval state it resolves, 0: none */
	uint64_t                  row_in, row_out;    /* ids in the model, 0: none */
	uint64_t                  replaces;       /* child id, 0: none */
	uint64_t                  replaced_by;
	bool                      adopted;        /* found in the kernel at start: made by a former process, without IKE SA */
	bool                      broken;         /* a half is missing: goes as soon as its replacement is up */
	bool                      rekeying;       /* a replacement is under way */
	bool                      narrowed;       /* selectors are narrower than the policy: put them on the SA */
	bool                      moved;          /* asked for anew elsewhere; an answer that comes all the same is as good */
	bool                      unannounced;    /* as responder: replaces another without the peer having said so */
	bool                      ours_to_close;  /* once retiring: this end deletes it */
	const char               *ending;         /* why it goes, in constant words for people; NULL: not said */
	bool                      delete_sent;    /* we told the peer, or the peer told us */
	bool                      gone;           /* only the inbound half lingers for what is still in flight */
	bool                      served;         /* a policy wanted it when policies began to change (rebind.c) */
	ike_time                  unwanted;       /* since when none does, 0: one does */
	uint32_t                  life_sec;
	uint32_t                  life_kb;
	struct sa_keys           *pending_out;    /* outbound half not installed yet: a responder waits for the peer's switch */
	ike_time                  created, installed;
	int64_t                   installed_wall;
	ike_time                  retiring_since, gone_since;
	uint32_t                  jitter;         /* random, for soft limits and pauses */
	struct timer              timer;          /* TIMER_CHILD */
	uint8_t                   nonce_low[16];  /* start of the lower nonce, for collisions */
	unsigned                  failures;       /* of rekeying, in a row */
	struct live_watch         watch;
	ike_time                  retry_at;       /* when rekeying is tried again, or, wanted, has waited enough; 0: not pending */
	struct admit_ticket       admit;          /* its place in line */
};

struct handover_child;

/* The first reason counts. */
static inline void
child_ends(struct child *c, const char *why)
{
	if (c->ending == NULL)
		c->ending = why;
}

struct child_table {
	struct slotmap ids;
};

/* A child in CHILD_WANTED on the daemon's present configuration, bound to |ike| (NULL: to none yet).  IKE_E_NOMEM. */
MUST_USE ike_err
child_new(struct daemon *d, enum exch_side side, struct ike_sa *ike, struct child **out);

struct child *child_get(struct daemon *d, uint64_t id);

/* The child whose inbound (outbound) SPI this is, among those of |ike|'s peer; NULL. */
struct child *child_find_in(struct daemon *d, uint8_t proto, uint32_t spi, const struct addr *local);
struct child *child_find_out(struct daemon *d, uint8_t proto, uint32_t spi, const struct addr *remote);

/* Another installed child (not retiring) between the same ends with the same selectors; NULL. */
struct child *child_find_same(struct daemon *d, const struct child *like);

/* The same, or else one that is on its way out and not known to be gone at the peer. */
struct child *child_find_serving(struct daemon *d, const struct child *like);

/* One that is wanted or negotiating, not moved, with the same selectors as |like|, and is not |like|; NULL. */
struct child *child_find_coming(struct daemon *d, const struct child *like);

/* The exchange under way that is about |c|, whoever began it; NULL. */
struct exch *child_exch(const struct child *c);

/* Two pairs for the same traffic with the same peer? */
bool child_alike(const struct child *a, const struct child *b);

/*
 * At most two pairs that are alike are in the kernel at any time: before |c| gets there as the third, the one that is needed
 * least is taken out, and its peer is told (child_room.c).  IKE_E_REDUNDANT: that is |c|.
 */
MUST_USE ike_err child_make_room(struct child *c);

/* Take halves out of the kernel; a refusal is repeated by the model. */
void child_remove_rows(struct child *c, bool in, bool out);

/* Bind to |ike| (0 as NULL: orphan), leaving the one before. */
void child_bind(struct child *c, struct ike_sa *ike);

/* Reserve our inbound SPI in the kernel: c->spi_in.  IKE_E_EXHAUSTED, IKE_E_KERNEL, IKE_E_NOMEM. */
MUST_USE ike_err child_reserve(struct child *c);

/* What |c|'s sainfo means for it, with our SPI once reserved: for prop_v1_offer(), prop_v2_offer() and prop_choose(). */
MUST_USE ike_err child_props(const struct child *c, struct arena *arena, struct prop_list *out);

/* What the peer asks for, seen from our side. */
struct child_request {
	const struct ident *peer_id;
	struct ts_list      my, peer;
	enum prop_mode      mode;       /* MODE_ANY: whatever the policy says */
	bool                exact;      /* IKEv1: selectors cannot be narrowed */
};

/* The outbound policy of exactly these selectors; that of a packet of them.  NULL: there is none. */
const struct spd_row *child_policy_exact(struct sadb *db, const struct ts *my, const struct ts *peer);
const struct spd_row *child_policy_covering(struct sadb *db, const struct ts *my, const struct ts *peer);

/*
 * As responder: find the policy and the sainfo that serve |rq|; fills in selectors (narrowed), protocol, mode, reqids and sainfo.
 *
 *   IKE_E_TS         no policy wants this, or not in this mode
 *   IKE_E_NOTFOUND   no sainfo
 */
MUST_USE ike_err
child_match_request(struct child *c, const struct ike_sa *ike, const struct child_request *rq);

/* Fill in |c| from an outbound policy and the ends of the SA; finds the sainfo.  IKE_E_NOTFOUND, IKE_E_UNSUPPORTED (bundle). */
MUST_USE ike_err
child_from_policy(struct child *c, const struct sp_spec *sp, const struct addr *src, const struct addr *dst, uint32_t ph1id);

/* The sainfo of the present configuration for |c|, which has none.  IKE_E_NOTFOUND. */
MUST_USE ike_err child_find_sainfo(struct child *c);

/* The lower of the two nonces of the exchange that made it, for collisions. */
void
nonce_lowest(struct slice a, struct slice b, uint8_t out[16]);

/* Take over algorithms, lifetime and the peer's SPI from |chosen|. */
void child_choose(struct child *c, const struct prop *chosen);

/* Is |c|, which waited for its turn, served by another pair that came meanwhile?  Then it is freed. */
bool child_redundant(struct child *c);

/* |c| has waited long enough for an IKE SA that the peer began and did not finish: it begins one itself. */
void child_wait_no_more(struct child *c);

/* Its exchange never took place: back to CHILD_WANTED, the reservation is given back. */
void child_wait_again(struct child *c);

/* The IKE SA of |c| died for |why| and |c| is unbound: an installed one stays if |keep|, a wanted one fails. */
void child_lost_ike(struct child *c, ike_err why, bool keep);

/* INITIAL-CONTACT on |ike|: drop pairs with this peer that were installed before |ike| was begun and belong to no other living IKE SA. */
void child_forget_former(struct ike_sa *ike);

/* Install the inbound half. Wipes |keys|. */
MUST_USE ike_err child_install_in(struct child *c, struct sa_keys *keys);
/* Install the outbound half. Wipes |keys|. */
MUST_USE ike_err child_install_out(struct child *c, struct sa_keys *keys);
/* Keep the outbound half's keys until the peer has switched (responder of a rekey). Wipes |keys|. IKE_E_NOMEM. */
MUST_USE ike_err child_hold_out(struct child *c, struct sa_keys *keys);
/* Install what child_hold_out() kept; nothing to do is fine. */
void child_release_out(struct child *c);

/* Handover: bind the halves that the kernel has from a process before us to |c|; what it has not stays 0. */
void child_claim(struct child *c, const struct handover_child *more);
/* Handover: the sainfo of the present configuration, NULL if it has none; lifetimes stay as agreed.  |ike| may be NULL. */
void child_find_section(struct child *c, const struct ike_sa *ike);

/* Both halves stand (or the outbound one is held): log, event, retire the one it replaces, settle collisions. */
void child_up(struct child *c);

/* The exchange for |c| failed: roll back; if nobody else serves the policy, the larval state is released and back-off starts. */
void child_failed(struct child *c, ike_err why);

/* Make a replacement of |c| and negotiate it.  Does nothing if one is under way; failures are tried again with growing delays. */
void child_rekey(struct child *c);

/* |c|, which the peer has asked for, is being negotiated and wanted by nobody: its exchange ends, and the peer is told. */
void child_unwanted(struct child *c);

/* Negotiate a pair like |c|; |replaces|: in its place, else because it is lost.  Errors are those of child_new() and child_start(). */
MUST_USE ike_err child_start_replacement(struct child *c, bool replaces);

/* The negotiation of |c| begins, whoever asks. */
void child_asked_for(struct child *c);

/* What |from| is wanted for, and between whom, is what |to| is wanted for. */
void child_copy_wish(struct child *to, const struct child *from);

/* |c| was moved, and by now a pair serves that came up after |c| had been asked for. */
bool child_overtaken(const struct child *c);

/* The replacement of |c| came to nothing. */
void child_rekey_failed(struct child *c);

/* |c| has been replaced by |by|: starts the retirement. */
void child_retire(struct child *c, struct child *by);

/* Delete |c|: tell the peer if |tell|, remove both halves from the kernel, free. */
void child_delete(struct child *c, bool tell);

/* The delete of |c| could not be sent because of |why|: it is tried again, or |c| is dropped without it. */
void child_delete_unsaid(struct child *c, ike_err why);

/*
 * The peer knows that |c| goes (our delete was answered or sent, or the peer's came): outbound half out, and inbound half, too, after
 * what is still in flight if there is a successor.
 */
void child_gone(struct child *c);

/* |c| is gone, here or at the peer, by nobody's wish: negotiate it anew, and delete what is left. */
void child_lost(struct child *c);

/*
 * One half of |c| is gone from the kernel.  The other still carries what the peer sends, or what we do: it stays until a new pair
 * is up.
 */
void child_half_lost(struct child *c);

/* The larval state that |c| was to resolve must not swallow the packets of the next half minute: tell the kernel that it failed. */
void child_answer_acquire(struct child *c);

/* An event about |c|. */
void child_publish(const struct child *c, enum event_kind kind, const char *text);

/* Event, counter and log line of a failure. */
void child_report_failure(struct child *c, ike_err why);

/* The peer has installed |c|, we cannot use it because of |why|: report, and have the peer delete it. */
void child_abort(struct child *c, ike_err why);

/* Remove from the kernel and free, saying nothing. */
void child_drop(struct child *c);

/* Say at once, once, that |c| goes, without waiting for an answer: for shutdown. */
void child_announce_delete(struct child *c);

/* Free the struct only: for daemon_free(). */
void child_forget(struct child *c);

/* TIMER_CHILD fired. */
void child_timeout(struct child *c);

/* A published change of the model. */
void child_on_change(struct daemon *d, const struct sadb_change *ch);

/* Negotiate |c| as soon as it is let in: see admit.h.  The errors of admit_child(). */
MUST_USE ike_err child_start(struct child *c);

/* The same now, on the IKE SA there is, or a new one: for admit.c. */
MUST_USE ike_err child_begin(struct child *c);

/* The ph1id by which sainfo sections are chosen for a pair between these ends (acquire.c). */
uint32_t acquire_ph1id(struct daemon *d, const struct addr *local, const struct addr *remote);
/* An ACQUIRE (acquire.c). */
void acquire_input(struct daemon *d, const struct sadb_change *ch);
/* ikectl up and friends: make children for every outbound policy towards |remote|; *n_out counts. */
MUST_USE ike_err acquire_peer(struct daemon *d, const struct addr *remote, unsigned *n_out);
/* Does |row| want SAs?  |*peer| is with whom, or has no family: with any address that its selectors contain. */
bool acquire_concerns(const struct spd_row *row, struct addr *peer);
/*
 * What |row| wants with |remote|, at |when| or, if something urgent wants the same, before.  IKE_E_NOTFOUND: nothing; IKE_E_EXISTS: one is there or
 * coming.
 */
MUST_USE ike_err acquire_idle(struct daemon *d, const struct spd_row *row, const struct addr *remote, ike_time when);

/* racoon's "ESP/Transport 192.0.2.1[500]->192.0.2.2[500] spi=1(0x1)" for the half |dir|. */
void child_print_half(const struct child *c, enum sa_dir dir, struct text *t);
/* "|what|: " and that half, in the log. */
void child_log_half(const struct child *c, const char *what, enum sa_dir dir);

#endif
