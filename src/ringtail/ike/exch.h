/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exch - exchanges as tables, and the record of one exchange under way.
 *
 * An exchange type is a constant array of steps, one per message, shared by both roles.  The driver (exch_run.c) finds the
 * row of a message, checks protection and payloads against it, calls `process`, and where the next row is ours calls
 * `build`, checks our own output against the same row, protects and sends it.  Handlers therefore contain no logging of
 * failures, no notifies, no clean-up and no tests of state: they return an error and util/err.h says what follows.
 *
 * One struct exch lives from its first to its last message.  What must outlive it, our answer to a last message that may be
 * retransmitted, is a struct reply: in IKEv1 for REPLY_LIFE, in IKEv2 until the next request comes.
 *
 * RFC 2408 section 4, RFC 2409 section 5, RFC 7296 sections 1 and 2.
 */
#ifndef RINGTAIL_IKE_EXCH_H
#define RINGTAIL_IKE_EXCH_H

#include "crypto/secret.h"
#include "prop/prop.h"
#include "util/addr.h"
#include "util/arena.h"
#include "util/heap.h"
#include "util/list.h"
#include "util/wr.h"
#include "wire/ike_hdr.h"
#include "wire/payload.h"

struct daemon;
struct exch;
struct ike_sa;
struct ke;

enum exch_side { INITIATOR, RESPONDER };
enum protection { CLEAR, CRYPT, CRYPT_HASH };

/* What the engine wants of a peer, whatever the version; each version maps it to an exchange type. */
enum intent {
	INTENT_NONE,
	INTENT_IKE_CREATE,       /* make the IKE SA itself (and, IKEv2, its first child) */
	INTENT_IKE_AUTH,         /* IKEv2: the second half of the same */
	INTENT_CHILD_CREATE,
	INTENT_CHILD_REKEY,
	INTENT_IKE_REKEY,        /* IKEv1 has none: a new phase 1 takes its place */
	INTENT_CHILD_DELETE,
	INTENT_IKE_DELETE,
	INTENT_LIVENESS,
	INTENT_NOTIFY,
	INTENT_COUNT
};

/* A parsed datagram. Slices borrow the datagram or, once decrypted, |plain|. */
struct msg {
	struct ike_hdr  hdr;
	struct endpoint local, remote;
	bool            natt;
	struct slice    raw;           /* whole message, without non-ESP marker */
	bool            encrypted;     /* as it came */
	bool            authentic;     /* integrity or HASH was verified */
	ike_err         malformed;     /* IKEv2: it is authentic, but its payloads cannot be read */
	struct payloads pl;            /* of the plain text, once unprotected */
	struct buf      plain;         /* owned: the decrypted payload chain */
};

/* A message being written: a chain of payloads without header. */
struct msg_out {
	struct wr    w;
	struct chain chain;
	struct buf   datagram;         /* finished by protect() */
};

typedef ike_err step_fn_build(struct exch *x, struct msg_out *m);
typedef ike_err step_fn_process(struct exch *x, const struct msg *m);

struct step {
	enum exch_side   from;
	uint8_t          n;            /* message number, 1.. */
	enum protection  prot;
	pldset           need, may;    /* anything else is refused */
	step_fn_build   *build;
	step_fn_process *process;
};

struct exch_type {
	const char        *name;       /* "main mode" */
	uint8_t            major;      /* 1 or 2 */
	uint8_t            wire;       /* exchange type number */
	enum intent        intent;
	uint8_t            nsteps;
	const struct step *steps;
	const struct exch_type *then;  /* follows at once on success: IKE_SA_INIT, then IKE_AUTH */
	/* Where one wire number serves several types: is this message ours?  NULL: yes. */
	bool    (*pick)(const struct msg *first);
	/* Run once, on both sides, before the first step.  May be NULL. */
	ike_err (*begin)(struct exch *x);
	/* As initiator: the first message could not be sent, or begin() failed; undo what begin() did.  May be NULL. */
	void    (*unbegin)(struct exch *x);
	/* An answer that carries an error or COOKIE notify in place of what the row needs.  IKE_OK means: begin again at row 1. */
	ike_err (*refused)(struct exch *x, const struct msg *m);
	/* After the last step, on both sides. */
	void    (*done)(struct exch *x);
	/* The exchange is given up for |why|; undo what it did.  May be NULL. */
	void    (*failed)(struct exch *x, ike_err why);
};

/* Our last message of an exchange that is over, for a peer that did not get it. */
struct reply {
	struct list  link;             /* in ike_sa->replies */
	ike_time     until;
	uint32_t     msgid;
	uint8_t      wire;             /* exchange type */
	uint64_t     in_hash;          /* of the message it answers */
	struct buf   out;
};

#define REPLY_LIFE SEC(60)

struct exch {
	struct list             link;         /* in ike_sa->exchs, once over in daemon->dead_exchs */
	struct ike_sa          *ike;          /* the owner: an exchange never outlives its IKE SA */
	const struct exch_type *type;
	enum exch_side          side;         /* of us, in this exchange */
	bool                    over;         /* to be freed when the entry point returns */
	uint8_t                 step;         /* index of the row that comes next */
	uint8_t                 restarts;     /* INVALID_KE_PAYLOAD and COOKIE rounds */
	uint32_t                msgid;
	ike_time                started, give_up;
	ike_time                gap;          /* until the next retransmission */
	unsigned                sent;         /* transmissions of |out| so far */
	struct timer            timer;        /* TIMER_EXCH */
	struct buf              out;          /* our last datagram, for retransmission */
	uint64_t                in_hash;      /* of the peer's last datagram: duplicates */
	uint64_t                child_id;     /* the child this is about, 0: none */
	struct arena            arena;        /* scratch of the exchange */
	/* scratch of both versions */
	struct ke              *ke;
	struct secret           shared;       /* g^xy */
	struct buf              my_nonce, peer_nonce;
	struct buf              my_ke, peer_ke;           /* public values as on the wire */
	struct buf              my_sa, peer_sa;           /* bodies of SA payloads as on the wire */
	struct prop_list        offer;        /* what we offered, in the arena */
	struct prop             chosen;
	uint16_t                notify;       /* INTENT_NOTIFY: what to say ... */
	struct buf              notify_data;
	uint8_t                 bad_type;     /* of the unsupported critical payload */
	uint8_t                 bad_proto;    /* IKEv2: protocol number and SPI of the child that the peer asked for in vain */
	uint32_t                bad_spi;
	bool                    child_made;   /* the peer's answer says that it has made what we asked for */
	ike_err                 child_err;    /* IKE_AUTH: the IKE SA stands, the child failed */
	void                   *scratch;      /* the version's own, in the arena */
};

/*
 * Start |type| on |ike| as initiator for |child_id| (0: none): builds and sends the first message.  A failure before sending
 * is returned and leaves nothing behind, type->failed does not run; later ones reach type->failed.
 */
MUST_USE ike_err
exch_start(struct ike_sa *ike, const struct exch_type *type, uint64_t child_id);

/* The same; |prepare| fills in the exchange before type->begin runs. */
MUST_USE ike_err
exch_start_with(struct ike_sa *ike, const struct exch_type *type, uint64_t child_id,
    ike_err (*prepare)(struct exch *x, void *arg), void *arg);

/* A record of |type| without anything in it, in the list of |ike|: for the driver and for handover.  IKE_E_NOMEM. */
MUST_USE ike_err
exch_new(struct ike_sa *ike, const struct exch_type *type, enum exch_side side, uint32_t msgid, struct exch **out);

/* A message for |x|, header already matched.  Takes |m|, unprotects it, runs the table.  Consumes nothing of |m|. */
void
exch_input(struct exch *x, struct msg *m);

/* A message that begins an exchange of |type| on |ike| with us as responder. */
void
exch_respond(struct ike_sa *ike, const struct exch_type *type, struct msg *m);

/* The retransmission timer of |x| fired; also right when it fires early. */
void
exch_timeout(struct exch *x);

/* Send our last message once more, and later again. */
void
exch_again(struct exch *x);

/* End |x| with |why|: type->failed runs; what that means for its IKE SA is decided here. */
void
exch_fail(struct exch *x, ike_err why);

/* Give |x| up: type->failed runs, nothing is sent, the IKE SA stays as it is. */
void
exch_abandon(struct exch *x, ike_err why);

/*
 * Somebody, perhaps not the peer, says that |x| fails for |why|: anybody could have sent it, so it ends nothing, but if the peer
 * does not answer soon, that is what is reported.
 */
void
exch_doubt(struct exch *x, ike_err why);

/*
 * How long a responder's IKE SA that does not get anywhere waits for a message, and how long it has in all; and how long who began it
 * waits for an answer once there was one.  The latter is less, so that the responder has not forgotten what is still asked for: a
 * message that only it can tell from noise would be repeated in vain.
 */
#define HALF_OPEN_LIFE  SEC(30)
#define HALF_OPEN_MOST  SEC(120)
#define HALF_OPEN_ASKED SEC(25)

/* Free everything of |x|; for the reaper only. */
void
exch_free(struct exch *x);

/* The exchange of |ike| under way with this wire number and message id, in which we are |side| (any: -1); NULL. */
struct exch *
exch_find(struct ike_sa *ike, uint8_t wire, uint32_t msgid, int side);

/* For the driver (retrans.c): start retransmission after a transmission; remember and recognise input; keep the last answer. */
void exch_arm(struct exch *x);
bool exch_is_repeated(const struct exch *x, struct slice raw);
void exch_remember_input(struct exch *x, struct slice raw);
void reply_keep(struct exch *x);

/* Is |raw| a repetition of a message that ended an exchange?  Then our answer is sent again. */
bool
reply_again(struct ike_sa *ike, uint8_t wire, uint32_t msgid, struct slice raw);

/* Forget replies: all of them, or those that are too old. */
void
replies_drop(struct ike_sa *ike, bool all);

/* (Re)transmit |datagram| to the peer of |ike|. */
void
exch_transmit(struct ike_sa *ike, struct slice datagram);

/* "main mode: waiting for message 4" */
void
exch_describe(const struct exch *x, struct text *t);

/* Payload sets against a row; IKE_E_MISSING, IKE_E_UNEXPECTED, IKE_E_CRITICAL. (exch_check.c) */
MUST_USE ike_err
exch_check(const struct step *row, const struct payloads *pl, uint8_t major);

#endif
