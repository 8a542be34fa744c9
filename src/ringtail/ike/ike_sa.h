/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ike_sa - what lasts of the relation with a peer: SPIs (cookies), endpoints, identities, algorithms, keys; and the tables
 * that find it.
 *
 * An IKE SA is owned by the daemon's ike_table and named by id.  ike_sa_kill() marks it; the reaper frees it when the entry
 * point returns.  Everything else that refers to an IKE SA holds its id.
 *
 * RFC 2408 section 2.5, RFC 7296 section 2.6.
 */
#ifndef RINGTAIL_IKE_IKE_SA_H
#define RINGTAIL_IKE_IKE_SA_H

#include "ident/ident.h"
#include "ringtail/ike/exch.h"
#include "ringtail/ike/live.h"
#include "util/htab.h"
#include "util/log.h"
#include "util/slot.h"

struct conf;
struct conf_remote;
struct dgram;
struct sa_keys;

enum ike_state {
	IKE_CONNECTING,       /* its first exchanges are under way */
	IKE_ESTABLISHED,
	IKE_DYING,            /* replaced or about to expire: starts nothing new */
	IKE_DEAD,             /* waits for the reaper */
};

/* The version's side of the engine; two constant instances. */
struct ike_version_ops {
	const char *name;                  /* "IKEv1", "IKEv2" */
	uint8_t     major;
	bool        child_outlives_ike;    /* IKEv1: an IPsec SA lives on without its phase 1 */
	bool        windowed;              /* IKEv2: one request at a time in each direction, message ids in order */
	/*
	 * Decrypt and verify |m| as |row| wants it; fills m->plain and m->pl, sets m->authentic.  Done already: IKE_OK.  IKE_E_CLEAR,
	 * IKE_E_INTEGRITY, IKE_E_FORMAT, IKE_E_NOMEM ...
	 */
	ike_err (*unprotect)(struct exch *x, const struct step *row, struct msg *m);
	/* Put what stands in front of the payloads of |row| (IKEv1: room for the HASH).  May be NULL. */
	ike_err (*begin)(struct exch *x, const struct step *row, struct msg_out *m);
	/* Make m->datagram from the chain, as |row| wants it. */
	ike_err (*protect)(struct exch *x, const struct step *row, struct msg_out *m);
	/* The message was accepted (or is about to be sent): advance IVs, keep what AUTH will sign.  May be NULL. */
	ike_err (*accepted)(struct exch *x, const struct step *row, struct slice datagram, bool sent);
	/*
	 * |x| ends with |err|, found in a message of the peer: tell the peer if the version and the state allow it.  Never fails,
	 * sends at most one datagram.
	 */
	void    (*report)(struct exch *x, ike_err err);
	/* The message id of a new exchange of ours. */
	ike_err (*next_msgid)(struct ike_sa *ike, const struct exch_type *type, uint32_t *out);
	/* Which exchange carries out |intent|; NULL: none. */
	const struct exch_type *(*for_intent)(enum intent intent);
	/* Which type a message with SPI of the responder 0 begins; NULL: none. */
	const struct exch_type *(*for_first)(const struct msg *m);
	/*
	 * There are many strangers: has the sender of this first message shown that it gets our answers?  IKE_E_BUSY: no, but it has
	 * been asked to.  NULL: the version has no way to ask.
	 */
	ike_err (*admit)(struct daemon *d, const struct dgram *dg, const struct msg *m);
	/*
	 * Which type a message on |ike| that belongs to no exchange under way begins; may unprotect |m|.  IKE_E_EXCHANGE,
	 * IKE_E_MSGID, IKE_E_STATE, or why it could not be read.
	 */
	ike_err (*for_request)(struct ike_sa *ike, struct msg *m, const struct exch_type **out);
	/* Can the peer be asked whether it lives?  NULL: always. */
	bool    (*can_ask)(const struct ike_sa *ike);
	/* Ask it, or ask again; an answer reaches live_answered().  IKE_E_UNSUPPORTED: it cannot be asked. */
	ike_err (*ask_alive)(struct ike_sa *ike);
	/* It lives: exchange lists of SPIs.  NULL: that was part of the question. */
	void    (*ask_spis)(struct ike_sa *ike);
	/* |m| is about an IKE SA that we do not have: tell its sender if need be, in clear, as often as live_may_answer() says. */
	void    (*unknown)(struct daemon *d, const struct dgram *dg, const struct msg *m);
	/* |m|, the answer to a request of ours (IKEv1: any message), came in clear: a hint, or a proof that ends |ike|? */
	void    (*clear)(struct ike_sa *ike, const struct msg *m);
	/* The version's own part of a new IKE SA.  IKE_E_NOMEM. */
	ike_err (*init)(struct ike_sa *ike);
	void    (*fini)(struct ike_sa *ike);
	/*
	 * Handover (handover.h).  save(), restore(): the version's own part of an IKE SA that is up, as fields of ike/snap.h; lasts(): can
	 * what is under way in |x| go on in another process?  save_exch(), restore_exch(): then its scratch.  What was known under an id is
	 * known under another when restore_exch() runs.
	 */
	bool    (*lasts)(const struct exch *x);
	void    (*save)(const struct ike_sa *ike, struct wr *w);
	ike_err (*restore)(struct ike_sa *ike, struct slice record);
	void    (*save_exch)(const struct exch *x, struct wr *w);
	ike_err (*restore_exch)(struct exch *x, struct slice record);
};

/* An intent waiting for its turn on an IKE SA. */
struct queued {
	struct queued *next;
	enum intent    intent;
	uint64_t       child_id;
};

struct v1_state;
struct v2_state;

struct ike_sa {
	uint64_t                      id;
	struct daemon                *d;
	const struct ike_version_ops *ops;
	enum ike_state                state;
	enum exch_side                side;           /* of us when it was made */
	uint64_t                      my_spi, peer_spi;   /* cookies in IKEv1; 0: not known yet */
	struct endpoint               local, remote;
	bool                          natt;           /* on the NAT-T port: datagrams carry the marker */
	struct conf                  *conf;           /* our reference */
	const struct conf_remote     *rmt;            /* in conf; NULL until chosen */
	struct ident                 *my_id, *peer_id;    /* owned, NULL until known */
	struct suite                  suite;          /* chosen algorithms */
	struct v1_state              *v1;             /* exactly one of these two, owned */
	struct v2_state              *v2;
	struct list                   exchs;          /* under way */
	struct list                   replies;        /* of struct reply */
	struct queued                *queue;          /* in order of arrival */
	struct list                   children;       /* links of struct child */
	unsigned                      nchildren;
	struct timer                  timer;          /* TIMER_IKE */
	ike_time                      created, established, soft, hard;
	ike_time                      last_in;        /* of an authentic message */
	ike_time                      last_check;     /* of liveness */
	ike_time                      last_traffic;   /* into one of its children, 0: never */
	uint64_t                      replaces;       /* IKE SA id that this one renews, 0: none */
	uint64_t                      superseded_by;  /* the peer has made another, as if it had lost this one (contact.c); 0: no */
	ike_time                      superseded;     /* since when */
	int64_t                       established_wall;
	ike_err                       why;            /* why it died */
	const char                   *ending;         /* the same in constant words for people; NULL: not said */
	bool                          initial_contact_sent, peer_initial_contact;
	bool                          half_open;      /* counted as such: a responder that has proved nothing yet */
	bool                          rekeyed;        /* a successor exists or is being made */
	bool                          peer_told;      /* a delete was sent or received */
	bool                          reauth;         /* its successor needs a fresh authentication: the section has changed */
	ike_time                      unwanted;       /* since when no section is for it, 0: one is (rebind.c) */
	ike_time                      idle_since;     /* no policy wants any of its children, 0: not so */
	bool                          dpd_peer;       /* IKEv1: the peer announced RFC 3706 */
	bool                          knows_spis;     /* the peer exchanges lists of inbound SPIs with us */
	struct live_check             check;
	uint8_t                       nonce_low[16];  /* start of the lowest nonce, for collisions */
	/* tables */
	struct hnode                  by_spi;         /* my_spi */
	struct hnode                  by_first;       /* responder, half-open: remote endpoint and peer_spi */
	struct hnode                  by_peer;        /* remote address */
	struct list                   stranger;       /* half-open, and not even its address is proved */
	struct list                   grave;
};

struct ike_table {
	struct slotmap ids;
	struct htab    by_spi, by_first, by_peer;
	unsigned       half_open;         /* as responder */
	struct list    strangers;         /* of those, the oldest first, who have not shown that they get our answers */
	unsigned       n_strangers;
};

MUST_USE ike_err ike_table_init(struct ike_table *t, struct daemon *d);
void             ike_table_fini(struct ike_table *t);

/* A new IKE SA in IKE_CONNECTING with a fresh SPI of ours, in all tables.  IKE_E_NOMEM, IKE_E_CRYPTO. */
MUST_USE ike_err
ike_sa_new(struct daemon *d, const struct ike_version_ops *ops, enum exch_side side, const struct endpoint *local,
    const struct endpoint *remote, uint64_t peer_spi, struct ike_sa **out);

/* An IKE SA in no table, all zero but for its lists and the configuration, which are in order: for handover.  NULL: out of memory. */
struct ike_sa *ike_sa_blank(struct daemon *d);

/* In and out of the tables: for ike_sa.c and the rekeying of an IKE SA. */
MUST_USE ike_err ike_table_add(struct ike_sa *ike);
void             ike_table_remove(struct ike_sa *ike);
void             ike_table_not_half_open(struct ike_sa *ike);
/* The peer of a half-open IKE SA gets our answers. */
void             ike_table_no_stranger(struct ike_sa *ike);

struct ike_sa *ike_sa_get(struct daemon *d, uint64_t id);
struct ike_sa *ike_find_by_spi(struct daemon *d, uint64_t my_spi);
struct ike_sa *ike_find_first(struct daemon *d, const struct endpoint *remote, uint64_t peer_spi);
/*
 * The best IKE SA to use towards |remote|: established before connecting, newest first; never dying or dead, and none that the
 * peer did not answer for.  NULL: none.
 *
 * One that the peer has begun counts while it is younger than HALF_OPEN_TRUST: anybody can begin one in its name.
 */
#define HALF_OPEN_TRUST SEC(2)
struct ike_sa *ike_find_for_peer(struct daemon *d, const struct addr *local, const struct addr *remote);
/* Walk all IKE SAs with this peer: start with |prev| NULL. */
struct ike_sa *ike_next_of_peer(struct daemon *d, const struct addr *remote, struct ike_sa *prev);

/* The peer moved to another endpoint (authenticated by the caller). */
void ike_sa_set_remote(struct ike_sa *ike, const struct endpoint *remote);

/* Connecting -> established: lifetimes, events, the log line of racoon; runs what waits in the queue; settles collisions. */
void ike_sa_established(struct ike_sa *ike);

/*
 * Mark dead for |why|; freed when the entry point returns.  Children die with it where the version says so (or where |with_children|), others are
 * orphaned.  Children that were only wanted fail; traffic that still wants them asks again.
 */
void ike_sa_kill(struct ike_sa *ike, ike_err why, bool with_children);

/* The peer does not answer: everything with it goes, and what traffic wants is negotiated anew. */
void ike_sa_peer_dead(struct ike_sa *ike);

/* Start deleting: tells the peer, then dies. */
void ike_sa_delete(struct ike_sa *ike);

/* Say at once, once, that it goes, without waiting for an answer: for shutdown. */
void ike_sa_announce_delete(struct ike_sa *ike);

/* Want |intent| done on |ike|: starts at once if the version's window allows, else queues.  IKE_E_NOMEM, or why it could not start. */
MUST_USE ike_err
ike_sa_want(struct ike_sa *ike, enum intent intent, uint64_t child_id);

/* Start what waits, as far as the window allows. */
void ike_sa_run_queue(struct ike_sa *ike);

void ike_sa_drop_queue(struct ike_sa *ike);

/* Put |intent| at the end of what waits; nothing starts.  IKE_E_NOMEM. */
MUST_USE ike_err ike_sa_enqueue(struct ike_sa *ike, enum intent intent, uint64_t child_id);

/* What waits on |old| for children that now belong to |heir| is wanted there. */
void ike_sa_move_queue(struct ike_sa *old, struct ike_sa *heir);

/* Set the timer for what comes next: soft or hard limit, liveness. */
void ike_sa_arm(struct ike_sa *ike);

/* The successor could not be made: try again later. */
void ike_sa_renew_failed(struct ike_sa *ike);

/*
 * Collisions (collide.c).  collide_first(): may the peer's first message be answered although we started towards it as well?
 * collide_yield(): our attempts that the peer has not answered are given up for |winner|, which stands; what waited for them waits for it.
 * collide_lost(): does our attempt lose against the peer's with that SPI?
 */
bool collide_first(struct daemon *d, const struct endpoint *local, const struct endpoint *remote, uint64_t their_spi);
void collide_yield(struct ike_sa *winner);
bool collide_lost(const struct ike_sa *ours, uint64_t their_spi);

/*
 * INITIAL-CONTACT (contact.c).  ike_first_contact(): may we say on |ike| that we have nothing else with its peer?
 * ike_forget_former(): the peer says so; whatever we have of its former life goes.
 */
bool ike_first_contact(struct ike_sa *ike);
void ike_forget_former(struct ike_sa *ike);

/*
 * The peer has made |ike| as if it knew nothing of its others with us, and without saying that it has lost everything: it may have
 * restarted and go on with the pairs in its kernel.  The others are asked whether they are known; those that are not answer for
 * nothing from then on, and after SUPERSEDED_PATIENCE their children are those of |ike| and they go, quietly.
 */
#define SUPERSEDED_PATIENCE SEC(10)
void ike_supersede(struct ike_sa *ike);

/* The IKE SA that |old| has given its children to, if it is not known to its peer any more; NULL: there is none, nothing has been done. */
struct ike_sa *ike_give_to_successor(struct ike_sa *old);

/* Was |ike|, which was superseded, heard of since?  Then it stands.  Else, when its time is over, it ends. */
void ike_superseded_timeout(struct ike_sa *ike);

/* Are |a| and |b| of one version, between the same addresses, with the same identity of the peer? */
bool ike_same_peer(const struct ike_sa *a, const struct ike_sa *b);

/* |ike| is up: INITIAL-CONTACT, predecessor, and redundant ones of a simultaneous start. */
void ike_settle(struct ike_sa *ike);

/* The successor of |old| that is up; NULL. */
struct ike_sa *ike_heir(struct ike_sa *old);

/* The children of |old| belong to |heir| from now on; |old| starts nothing any more. */
void ike_hand_over(struct ike_sa *old, struct ike_sa *heir);

/* TIMER_IKE fired. */
void ike_sa_timeout(struct ike_sa *ike);

/* Free now: for the reaper and daemon_free(). */
void ike_sa_free(struct ike_sa *ike);

/*
 * Start an IKE SA to |remote| as initiator with the first mode of |rmt|; |child_id| is its first child, 0: none.
 * IKE_E_UNSUPPORTED if the mode is not one we can initiate.
 */
MUST_USE ike_err
ike_initiate(struct daemon *d, const struct conf_remote *rmt, const struct endpoint *local, const struct endpoint *remote,
    uint64_t child_id, struct ike_sa **out);

/* An authentic message came: peer is alive. */
void ike_sa_heard(struct ike_sa *ike);

/* SPIs as they stand in the header. */
static inline uint64_t
ike_spi_i(const struct ike_sa *ike)
{
	return ike->side == INITIATOR ? ike->my_spi : ike->peer_spi;
}

static inline uint64_t
ike_spi_r(const struct ike_sa *ike)
{
	return ike->side == INITIATOR ? ike->peer_spi : ike->my_spi;
}

extern const struct ike_version_ops v1_ops, v2_ops;

/* One datagram into the engine (demux.c). */
void demux_datagram(struct daemon *d, const struct dgram *dg);

/* May a line be logged, or an event published, about a peer that has proved nothing?  Not many: anybody can make us. */
bool ike_log_stranger(struct daemon *d);

/* Log with the peer's address in front: racoon's "[192.0.2.1] INFO: ..." */
void ike_log(const struct ike_sa *ike, enum log_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* racoon's line about the start of a child's negotiation; |side| is ours. */
void ike_log_phase2(const struct ike_sa *ike, enum exch_side side);

#endif
