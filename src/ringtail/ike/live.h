/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * live - are the peers, and each half of each pair, still there?
 *
 * Signs: a pair that sends and receives nothing, counted by the kernel; a half that the kernel has no more; hints from the
 * network.  A sign starts a check and deletes nothing.  The check asks the peer over the IKE SA; a peer that knows our
 * notify is told our inbound SPIs and tells its own.  What the peer says it does not have is replaced at once.  A peer that
 * does not answer gets one replacement of the IKE SA beside the old one; the old one goes when the new one works, when the
 * peer proves that it has lost it, or when it has been silent for dpd_retry times dpd_maxfail and the brake allows.
 *
 * Whoever else doubts a peer or a pair calls live_suspect() or live_hint() and leaves the rest to this module.
 *
 * RFC 3706, RFC 7296 section 2.4, RFC 6290.
 */
#ifndef RINGTAIL_IKE_LIVE_H
#define RINGTAIL_IKE_LIVE_H

#include "util/addr.h"
#include "util/err.h"
#include "util/heap.h"
#include "util/log.h"
#include "util/slice.h"

struct child;
struct daemon;
struct ike_sa;

/* Of a child: what went through it when it was looked at last. */
struct live_watch {
	uint64_t in, out;        /* packets */
	uint64_t asked_out;      /* those out when it was suspected last */
	ike_time unanswered;     /* since when something went out and nothing came in; 0: not so */
	ike_time again;          /* not suspected before */
	uint8_t  level;          /* how often it was suspected in a row without having received anything */
	uint8_t  verified;       /* how often it was replaced to see whether the peer has it */
	ike_time verify_at;      /* not so before */
	bool     one_sided;      /* suspected, and not cleared */
};

/* Of an IKE SA: the question that the peer has not answered yet. */
struct live_check {
	ike_time     asked;      /* when first; 0: nothing is asked */
	ike_time     fail_at;    /* then a replacement is started ... */
	ike_time     dead_at;    /* ... and then the IKE SA is given up */
	ike_time     ask_at;     /* the question is repeated */
	unsigned     tries;
	bool         replaced;   /* what takes its place stands */
	bool         failed;     /* the IKE SA is used for nothing new until the peer is heard */
	bool         held;       /* the brake keeps it from being given up */
	ike_time     answered;   /* when the last check was */
	ike_time     compare_at; /* then the peer is asked for what it has of our pairs; 0: not */
	unsigned     compared;   /* how often it was, since live_compare() */
	bool         quiet;      /* nothing speaks against the peer: the question is about its pairs */
	struct timer timer;      /* TIMER_CHECK */
};

/* Peers given up on suspicion, lately. */
#define BRAKE_SECONDS 60
#define BRAKE_LEAST 3u
#define BRAKE_SHARE 20u      /* one peer in so many: 5 % */

struct brake {
	struct {
		int64_t  second;
		unsigned n;
	} slot[BRAKE_SECONDS];
	unsigned   held;         /* IKE SAs that are held at present */
	ike_time   held_since;   /* 0: none */
	ike_time   open_until;   /* an operator lets everything through until then */
};

/* Sources of what is answered in clear, by a hash of their addresses. */
#define LIVE_SOURCES 1024u

/* Of the daemon. */
struct live {
	struct timer     timer;          /* TIMER_LIVE: the next look at the children */
	ike_time         tidied;         /* when live_tidy() was called last */
	struct brake     brake;
	struct log_limit hints, answers; /* unauthenticated: those that we follow, those that we give in all ... */
	struct log_limit sources[LIVE_SOURCES];     /* ... and to one address */
	uint8_t          seed[16];       /* of the hash */
	uint8_t          crash_secret[32];
	bool             has_secret;     /* RFC 6290: QCD tokens can be made */
};


/* A pair that receives so soon after it was made was worth making. */
#define HEALED_BY SEC(10)

/* Room for a list of inbound SPIs: one datagram. */
#define LIVE_LIST_MAX 1101u

/* The vendor id of who exchanges lists of SPIs, in both versions. */
#define RINGTAIL_VID "ringtail spis 1"

/* live.c */
/* At the start: the secret of crash detection. */
void live_start(struct daemon *d);
/*
 * May |to|, who speaks of an IKE SA that we do not have and may be anybody, be answered now?  So many times a second and address, and in
 * all, so that forged senders are neither flooded through us nor keep the answers from those who need them.
 */
bool live_may_answer(struct daemon *d, const struct addr *to);
/* There is a child to look at. */
void live_wake(struct daemon *d);
/* TIMER_LIVE fired. */
void live_look(struct daemon *d);
/* How long until the next look at so many; |calm|: none of them waits for an answer. */
ike_time live_span(size_t children, bool calm);
/* |c| takes the place of |old|, and its history with it. */
void live_inherit(struct child *c, const struct child *old);
/* |c| was suspected, and what speaks for it is |why|: nothing is to be done about it. */
void live_clear(struct child *c, const char *why);

/* suspect.c */
/* Something speaks against |c|: ask its peer.  Nothing is deleted on account of it. */
void live_suspect(struct child *c, const char *why);
/* The peer asked for |c| and does not confirm our answer: what nothing else serves is asked for by us, too. */
void live_unconfirmed(struct child *c);
/* Ask the peer of |ike| whether it lives, unless that is under way. */
void live_check(struct ike_sa *ike);
/*
 * There was trouble with the peer of |ike|: a little later, when that is over, both compare what they have, so that halves that
 * carry no traffic do not stay.  With a peer that tells.
 */
void live_compare(struct ike_sa *ike);
/* The same at once. */
void live_compare_now(struct ike_sa *ike);
/* The peer has told what it has. */
void live_compared(struct ike_sa *ike);
/* TIMER_CHECK fired. */
void live_check_timeout(struct ike_sa *ike);
/* The peer of |ike| lives: something authentic came that is no repetition. */
void live_heard(struct ike_sa *ike);
/* It has answered the question itself. */
void live_answered(struct ike_sa *ike);
/* Somebody, perhaps the peer at |remote|, says that it does not know us (an SPI, a cookie). */
void live_hint(struct daemon *d, const struct addr *local, const struct addr *remote);
/* The same about |ike|. */
void live_hint_ike(struct ike_sa *ike);
/* The peer has proved that it lost |ike| and all that came of it (RFC 6290). */
void live_crashed(struct ike_sa *ike);
/* The peer of |ike| has been silent for long enough: is everything with it gone now?  False: not yet, ask on. */
bool live_give_up(struct ike_sa *ike);
/* How long a peer may leave a question unanswered before it is dead. */
ike_time live_patience(const struct ike_sa *ike);
/* |ike| is up: does it replace one that is not answered? */
void live_established(struct ike_sa *ike);

/*
 * What replacements that crossed have left: IKE SAs of ours without children, where the peer has another one.  Every
 * LIVE_TIDY.
 */
#define LIVE_TIDY SEC(30)
void live_tidy(struct daemon *d);

/* brake.c */
/* May one more peer be given up?  False: |ike| is held. */
bool brake_allows(struct ike_sa *ike);
/* |ike| is held no more: it was heard or is gone. */
void brake_release(struct ike_sa *ike);
/* An operator knows better: for |span| all that are dead may go. */
void brake_open(struct daemon *d, ike_time span);

/* halfling.c */
/*
 * Our inbound SPIs with the peer of |ike|, of pairs and of those that are being negotiated: protocol and number, and a zero byte; the
 * length, 0: there are too many.
 */
size_t live_list_spis(struct ike_sa *ike, uint8_t out[LIVE_LIST_MAX]);
/*
 * The peer's, written at |written| or later: what of ours is older than that and leads to none of them is replaced.  0: nobody
 * knows when, since it came in a message that is repeated as it was first; if it seems that something is to be done, we ask ourselves.
 */
void live_take_spis(struct ike_sa *ike, struct slice list, ike_time written);
/* The peer says, authenticated, that it does not know this SPI of its own. */
void live_peer_lost(struct ike_sa *ike, uint8_t proto, uint32_t spi);
/* The peer lives: look into its pairs that only send. */
void live_verify(struct ike_sa *ike);
void live_verify_child(struct child *c);

#endif
