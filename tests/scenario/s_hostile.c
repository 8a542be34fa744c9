/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Somebody on the path who has no key: what he says, repeats, reflects or makes up changes nothing.  The handshake takes its
 * first attempt, the renewal, too, and there is exactly one pair.  All of it at the highest log level as well.
 */
#include "scenario/hostile.h"

#include "wire/const.h"

#include <string.h>

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

HOSTS(v1, conf_v1, conf_v1, 0)
HOSTS(v2, conf_v2, conf_v2, 0)

/* T-spoof, T-early: |attack| on both ends every few milliseconds from the first message to the end of a renewal. */
static void
under_attack(struct world *w, void (*attack)(struct node *from, struct node *to))
{
	node_send(A(w), B(w), 17, 1000, 2000);
	for (unsigned i = 0; i < 16; i++) {
		world_run(w, MSEC(7));
		attack(B(w), A(w));
		attack(A(w), B(w));
	}
	world_run(w, SEC(2));
	hosts_child_soft(A(w), 0);
	for (unsigned i = 0; i < 5; i++) {
		world_run(w, MSEC(7));
		attack(B(w), A(w));
		attack(A(w), B(w));
	}
	hosts_traffic(w, SEC(6), MSEC(100));
}

static void
lies(struct world *w)
{
	under_attack(w, hostile_lies);
}

static void
exchanges(struct world *w)
{
	under_attack(w, hostile_exchanges);
}

static void
headers(struct world *w)
{
	under_attack(w, hostile_headers);
}

static const char *
untouched(struct world *w)
{
	const struct daemon_stats *a = &A(w)->daemon->stats, *b = &B(w)->daemon->stats;

	if (a->ike_up != 1 || b->ike_up != 1)
		return "the IKE SA did not come up at once, and once";
	if (a->child_up != 2 || b->child_up != 2)
		return "not one pair and its renewal";
	if (a->child_failed + b->child_failed != 0)
		return "something failed";
	if (node_all_ikes(A(w)) != 1)
		return "IKE SAs pile up";
	world_run(w, SEC(40));
	return hosts_one_pair(w);
}

/* The answers to made-up first messages: bounded, and not more bytes out than in.  They leave half-open SAs, for half a minute. */
static const char *
untouched_by_headers(struct world *w)
{
	const char *wrong = untouched(w);

	if (wrong != NULL)
		return wrong;
	return node_all_ikes(B(w)) == 1 ? NULL : "half-open SAs stay";
}

/* T-reflect: whatever an end sends comes back to it, as it is and with the roles exchanged. */
static bool
mirror(struct world *w, struct node *from, struct dgram *d, void *arg)
{
	uint8_t m[2048];

	(void)arg;
	if (d->data.n > sizeof(m) || d->data.n < IKE_HDR_LEN)
		return true;
	world_inject(w, &d->remote, &d->local, d->data, MSEC(1));
	memcpy(m, d->data.p, d->data.n);
	m[19] ^= V2_FLAG_INITIATOR;
	world_inject(w, &d->remote, &d->local, slice_of(m, d->data.n), MSEC(2));
	m[19] ^= V2_FLAG_RESPONSE;
	world_inject(w, &d->remote, &d->local, slice_of(m, d->data.n), MSEC(3));
	memcpy(m, d->data.p + 8, 8);
	memcpy(m + 8, d->data.p, 8);
	world_inject(w, &d->remote, &d->local, slice_of(m, d->data.n), MSEC(4));
	(void)from;
	return true;
}

static void
renewal(struct world *w)
{
	hosts_first_packet(w);
	hosts_child_soft(A(w), 0);
	hosts_traffic(w, SEC(6), MSEC(100));
}

static void
reflected(struct world *w)
{
	w->tap = mirror;
	renewal(w);
	w->tap = NULL;
}

static const char *
not_reflected(struct world *w)
{
	const struct daemon_stats *a = &A(w)->daemon->stats, *b = &B(w)->daemon->stats;

	if (a->child_up != 2 || b->child_up != 2)
		return "not one pair and its renewal";
	for (unsigned i = 0; i < 2; i++) {
		const struct ike_sa *ike = hosts_ike(&w->node[i], 0);
		if (ike == NULL || ike->my_spi == ike->peer_spi)
			return "an IKE SA with itself";
	}
	world_run(w, SEC(60));
	const char *wrong = hosts_one_pair(w);
	return wrong != NULL ? wrong : world_agree(w);
}

/*
 * What came up so far.  (A quick mode that IKEv1 left unanswered, since it crossed another, is answered when it comes again; without its
 * third message it comes to nothing.)
 */
static unsigned
ups(struct world *w)
{
	const struct daemon_stats *a = &A(w)->daemon->stats, *b = &B(w)->daemon->stats;

	return (unsigned)(a->child_up + b->child_up + a->ike_up + b->ike_up);
}

/* T-msgid: all that was said, and its deletes, once more and twice, at the end and a minute later. */
static void
replayed(struct world *w)
{
	static struct tape tape;

	tape_free(&tape);
	w->tape = &tape;
	renewal(w);
	hosts_child_delete(B(w), 0);
	world_run(w, SEC(1));
	hosts_traffic(w, SEC(3), MSEC(100));
	uint64_t sent = w->n_datagrams;
	unsigned events = ups(w);
	size_t n = tape.n;
	hostile_replay(w, &tape);
	world_run(w, SEC(60));
	/* the answers to the first replay are on the tape, too */
	hostile_replay(w, &tape);
	w->tape = NULL;
	/* an answer for each at most, and what a made-up first message starts is given up soon */
	w->tap_arg = w->n_datagrams - sent <= 8 * n && ups(w) == events ? w : NULL;
	tape_free(&tape);
	world_run(w, SEC(60));
}

static const char *
not_replayed(struct world *w)
{
	if (w->tap_arg == NULL)
		return "replays did something, or are answered with more than they are worth";
	return hosts_one_pair(w);
}

/* T-plain: each encrypted message of IKEv1 comes first with its encryption flag cleared, and decrypted by nobody. */
static bool
strip(struct world *w, struct node *from, struct dgram *d, void *arg)
{
	uint8_t m[2048];

	(void)from;
	(void)arg;
	if (d->data.n > sizeof(m) || d->data.n < IKE_HDR_LEN || (d->data.p[19] & V1_FLAG_ENCRYPTION) == 0)
		return true;
	memcpy(m, d->data.p, d->data.n);
	m[19] &= (uint8_t)~V1_FLAG_ENCRYPTION;
	world_inject(w, &d->local, &d->remote, slice_of(m, d->data.n), MSEC(1));
	return true;
}

static void
stripped(struct world *w)
{
	w->tap = strip;
	renewal(w);
	w->tap = NULL;
}

/*
 * Every message comes with a damaged copy for each of its bytes in front.  What can be altered without a key is found out by IKE_AUTH
 * or by main mode's HASHes: the first attempt may be lost to it, the next ones, undamaged, are not.
 */
static bool
damage(struct world *w, struct node *from, struct dgram *d, void *arg)
{
	uint8_t m[2048];

	(void)from;
	(void)arg;
	if (d->data.n > sizeof(m))
		return true;
	for (size_t i = 0; i < d->data.n; i++) {
		memcpy(m, d->data.p, d->data.n);
		m[i] ^= (uint8_t)(1u << (world_random(w) % 8));
		world_inject(w, &d->local, &d->remote, slice_of(m, d->data.n), MSEC(1));
	}
	/* and cut short */
	for (size_t n = 0; n < d->data.n; n += 7)
		world_inject(w, &d->local, &d->remote, slice_of(d->data.p, n), MSEC(2));
	return true;
}

static void
damaged(struct world *w)
{
	w->tap = damage;
	renewal(w);
	w->tap = NULL;
	world_run(w, SEC(40));
	hosts_traffic(w, SEC(100), SEC(1));
}

static const char *
healed(struct world *w)
{
	return scenario_all_flow(w);
}

#define STORY(label, b, r, c, n, ...) { .name = label, .build = b, .run = r, .check = c, .runs = n, __VA_ARGS__ }
/* each once more with everything logged */
#define BOTH(label, b, r, c, n) \
	STORY(label, b, r, c, n), STORY(label " (debug2)", b, r, c, 1, .opt = { .debug2 = true })

static const struct scenario scenarios[] = {
	BOTH("v2 T-spoof", build_v2, lies, untouched, 3),
	BOTH("v1 T-spoof", build_v1, lies, untouched, 3),
	BOTH("v2 T-early", build_v2, exchanges, untouched, 2),
	BOTH("v1 T-early", build_v1, exchanges, untouched, 2),
	BOTH("v2 T-hdr", build_v2, headers, untouched_by_headers, 3),
	BOTH("v1 T-hdr", build_v1, headers, untouched_by_headers, 3),
	BOTH("v2 T-reflect", build_v2, reflected, not_reflected, 6),
	BOTH("v1 T-reflect", build_v1, reflected, not_reflected, 6),
	BOTH("v2 T-msgid", build_v2, replayed, not_replayed, 6),
	BOTH("v1 T-msgid", build_v1, replayed, not_replayed, 6),
	BOTH("v1 T-plain", build_v1, stripped, not_reflected, 6),
	BOTH("v2 T-flip", build_v2, damaged, healed, 3),
	BOTH("v1 T-flip", build_v1, damaged, healed, 3),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
