/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * T-missing, T-crossver, T-authpeer: a peer that has the keys and sends nonsense.  Of one message in a story, a payload is left out, doubled,
 * emptied, cut, filled with noise, of another type, unknown (critical or not), or all are in reverse order; messages that are
 * encrypted (IKEv2) are opened with the receiver's keys and sealed again with the sender's.  Whatever comes of it, the hosts
 * get on with each other in the end, nothing is left behind, and nobody believes a wrong proof.
 */
#include "scenario/hosts.h"

#include "ringtail/v2/v2.h"
#include "unit/fail_alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])
#define LONGEST 4096
#define CASES 110

enum harm { HARM_REMOVE, HARM_DOUBLE, HARM_EMPTY, HARM_CUT, HARM_NOISE, HARM_LONGER, HARM_TYPE, HARM_UNKNOWN, HARM_CRITICAL,
	HARM_REVERSE, HARM_COUNT };
static const char *const harm_names[HARM_COUNT] = { "removed", "doubled", "emptied", "cut", "filled with noise", "lengthened",
	"of another type", "unknown", "unknown and critical", "all reversed" };

struct piece {
	uint8_t      type;
	bool         critical;
	struct slice body;
};

struct pieces {
	unsigned     n;
	struct piece v[2 * PAYLOADS_MAX];
	uint8_t      scratch[LONGEST];
};

/* One case: which datagram of the story, which payload in it, what is done to it. */
struct damage {
	unsigned  datagram, payload;
	enum harm harm;
	unsigned  seen;           /* datagrams so far */
	bool      done;           /* there was such a payload */
	bool      more;           /* the datagram has more payloads than this */
	struct pieces p;
	uint8_t   out[LONGEST];
	struct buf sealed;
};

static void
take_apart(const struct payloads *pl, struct pieces *p)
{
	p->n = pl->n;
	for (unsigned i = 0; i < pl->n; i++)
		p->v[i] = (struct piece){ .type = pl->v[i].type, .critical = pl->v[i].critical, .body = pl->v[i].body };
}

static void
shift(struct pieces *p, unsigned at, int by)
{
	memmove(&p->v[(int)at + by], &p->v[at], (p->n - at) * sizeof(p->v[0]));
	p->n = (unsigned)((int)p->n + by);
}

static void
reverse(struct pieces *p)
{
	for (unsigned i = 0; i < p->n / 2; i++) {
		struct piece t = p->v[i];
		p->v[i] = p->v[p->n - 1 - i];
		p->v[p->n - 1 - i] = t;
	}
}

static void
refill(struct pieces *p, struct piece *one, size_t n, bool noise)
{
	for (size_t i = 0; i < n; i++)
		p->scratch[i] = noise ? (uint8_t)(i * 37 + 11) : i < one->body.n ? one->body.p[i] : 0;
	one->body = slice_of(p->scratch, n);
}

static void
do_harm(struct pieces *p, unsigned which, enum harm harm)
{
	struct piece *one = &p->v[which];

	switch (harm) {
	case HARM_REMOVE:
		shift(p, which + 1, -1);
		break;
	case HARM_DOUBLE:
		shift(p, which, 1);
		break;
	case HARM_EMPTY:
		one->body.n = 0;
		break;
	case HARM_CUT:
		one->body.n /= 2;
		break;
	case HARM_NOISE:
		refill(p, one, one->body.n, true);
		break;
	case HARM_LONGER:
		refill(p, one, one->body.n + 600, false);
		break;
	case HARM_TYPE:
		one->type = (uint8_t)(one->type + 1 + which);
		break;
	case HARM_UNKNOWN:
	case HARM_CRITICAL:
		one->type = 200;
		one->critical = harm == HARM_CRITICAL;
		break;
	case HARM_REVERSE:
		reverse(p);
		break;
	case HARM_COUNT:
		break;
	}
}

static size_t
put_together(const struct pieces *p, uint8_t *out)
{
	size_t n = 0;

	for (unsigned i = 0; i < p->n; i++) {
		const struct piece *one = &p->v[i];
		size_t len = PLD_HDR_LEN + one->body.n;
		if (n + len > LONGEST - IKE_HDR_LEN)
			break;
		out[n] = i + 1 < p->n ? p->v[i + 1].type : 0;
		out[n + 1] = one->critical ? 0x80 : 0;
		out[n + 2] = (uint8_t)(len >> 8);
		out[n + 3] = (uint8_t)len;
		if (one->body.n > 0)
			memcpy(out + n + PLD_HDR_LEN, one->body.p, one->body.n);
		n += len;
	}
	return n;
}

/* Does the damage that is wished for, if there is such a payload. */
static bool
harmed(struct damage *g, const struct payloads *pl)
{
	g->more = pl->n > g->payload + 1 && g->harm != HARM_REVERSE;
	if (g->payload >= pl->n || (g->harm == HARM_REVERSE && g->payload > 0))
		return false;
	take_apart(pl, &g->p);
	do_harm(&g->p, g->payload, g->harm);
	g->done = true;
	return true;
}

static void
damage_clear(struct damage *g, struct dgram *d)
{
	unsigned version = d->data.p[17] >> 4;
	struct payloads pl;

	if (payloads_parse(version, d->data.p[16], slice_of(d->data.p + IKE_HDR_LEN, d->data.n - IKE_HDR_LEN), CHAIN_EXACT, &pl) !=
	    IKE_OK || !harmed(g, &pl))
		return;
	memcpy(g->out, d->data.p, IKE_HDR_LEN);
	size_t n = IKE_HDR_LEN + put_together(&g->p, g->out + IKE_HDR_LEN);
	g->out[16] = g->p.n > 0 ? g->p.v[0].type : 0;
	g->out[26] = (uint8_t)(n >> 8);
	g->out[27] = (uint8_t)n;
	d->data = slice_of(g->out, n);
}

static struct ike_sa *
ike_of(struct node *n, const struct ike_hdr *h, bool initiator)
{
	return n->daemon == NULL ? NULL : ike_find_by_spi(n->daemon, initiator ? h->spi_i : h->spi_r);
}

static ike_err
seal_again(struct damage *g, struct ike_sa *ike, const struct ike_hdr *h)
{
	struct exch_type type = { .major = 2, .wire = h->exchange };
	struct exch x = { .ike = ike, .type = &type, .msgid = h->msgid,
		.side = (h->flags & V2_FLAG_RESPONSE) != 0 ? RESPONDER : INITIATOR };
	struct step row = { .prot = CRYPT };
	struct msg_out m = { 0 };
	size_t n = put_together(&g->p, g->out);

	wr_init(&m.w, 0);
	chain_begin(&m.chain, 2);
	m.chain.first = g->p.n > 0 ? g->p.v[0].type : 0;
	wr_bytes(&m.w, slice_of(g->out, n));
	ike_err err = v2_protect(&x, &row, &m);
	if (err == IKE_OK)
		buf_move(&g->sealed, &m.datagram);
	wr_free(&m.w);
	buf_free(&m.datagram);
	return err;
}

/* IKEv2: the receiver opens it, the sender seals it. */
static void
damage_sealed(struct damage *g, struct node *from, struct node *to, struct dgram *d)
{
	struct msg m = { .raw = d->data };

	if (get_ike_hdr(d->data, &m.hdr) != IKE_OK)
		return;
	bool by_initiator = (m.hdr.flags & V2_FLAG_INITIATOR) != 0;
	struct ike_sa *sender = ike_of(from, &m.hdr, by_initiator), *receiver = ike_of(to, &m.hdr, !by_initiator);
	if (sender != NULL && receiver != NULL && v2_open(receiver, &m) == IKE_OK && harmed(g, &m.pl) &&
	    seal_again(g, sender, &m.hdr) == IKE_OK)
		d->data = buf_slice(&g->sealed);
	buf_free(&m.plain);
}

static bool
tap(struct world *w, struct node *from, struct dgram *d, void *arg)
{
	struct damage *g = arg;

	if (++g->seen != g->datagram || d->data.n < IKE_HDR_LEN)
		return true;
	bool v2 = d->data.p[17] >> 4 == 2;
	if (v2 && d->data.p[16] == V2_PLD_SK)
		damage_sealed(g, from, from == A(w) ? B(w) : A(w), d);
	else if (v2 || (d->data.p[19] & V1_FLAG_ENCRYPTION) == 0)
		damage_clear(g, d);
	return true;
}

/* Both ends of every IKE SA that is up have the same keys. */
static const char *
same_keys(struct world *w)
{
	const struct ike_sa *a, *b;

	for (unsigned i = 0; (a = hosts_ike(A(w), i)) != NULL; i++) {
		b = ike_find_by_spi(B(w)->daemon, a->peer_spi);
		/* a peer that has the keys may lie about those of a successor */
		if (b == NULL || b->state != IKE_ESTABLISHED || a->replaces != 0)
			continue;
		bool same = a->v2 != NULL ? slice_equal(secret_slice(&a->v2->keys.all), secret_slice(&b->v2->keys.all)) : true;
		if (!same)
			return "an IKE SA is up with different keys at its ends";
	}
	return NULL;
}

/* First packet, renewals of pair and IKE SA, a delete. */
static void
story(struct world *w)
{
	hosts_first_packet(w);
	hosts_child_soft(A(w), 0);
	hosts_traffic(w, SEC(2), MSEC(100));
	hosts_ike_soft(B(w), 0);
	hosts_traffic(w, SEC(2), MSEC(100));
	hosts_child_delete(A(w), 0);
	world_run(w, SEC(2));
}

HOSTS(v1, conf_v1, conf_v1, 0)
HOSTS(v2, conf_v2, conf_v2, 0)

static const char *
tell(bool (*build)(struct world *w), struct damage *g, uint64_t seed, bool debug2)
{
	struct world_options opt = { .seed = seed, .debug2 = debug2 };
	struct world *w = world_new(&opt);
	const char *wrong = w == NULL || !build(w) ? "the world could not be built" : NULL;

	if (wrong == NULL) {
		w->tap = tap;
		w->tap_arg = g;
		story(w);
		w->tap = NULL;
		wrong = same_keys(w);
	}
	/* a peer that lied in a renewal is found out by the next request, and given up a minute later: the next packet heals it */
	if (wrong == NULL && scenario_all_flow(w) != NULL)
		wrong = scenario_all_flow(w);
	if (wrong == NULL && A(w)->clear + B(w)->clear != 0)
		wrong = "packets in clear";
	if (wrong != NULL && w != NULL)
		world_leave(w, "damage");
	world_free(w);
	buf_free(&g->sealed);
	return wrong;
}

static unsigned passed, failed;

static void
tell_leaktight(const char *name, bool (*build)(struct world *w), struct damage *g, uint64_t seed, bool debug2)
{
	long before = fail_alloc_live();
	const char *wrong = tell(build, g, seed, debug2);

	if (wrong == NULL && fail_alloc_live() != before)
		wrong = "memory was not given back";
	if (wrong == NULL) {
		passed++;
		return;
	}
	failed++;
	(void)printf("not ok %s: datagram %u, payload %u %s: %s\n", name, g->datagram, g->payload, harm_names[g->harm], wrong);
}

/* Every datagram, every payload, every harm: all of them, or an even selection that depends on the seed. */
static void
tell_all(const char *name, bool (*build)(struct world *w), unsigned datagrams, uint64_t seed, bool full)
{
	unsigned n = 0, step = full ? 1 : datagrams * 4 * HARM_COUNT / CASES + 1;
	struct damage *g = calloc(1, sizeof(*g));

	for (unsigned k = 1; g != NULL && k <= datagrams; k++) {
		for (unsigned h = 0; h < HARM_COUNT; h++) {
			for (unsigned p = 0; p == 0 || g->more; p++) {
				bool wanted = n++ % step == seed % step;
				memset(g, 0, sizeof(*g));
				g->datagram = k;
				g->payload = p;
				g->harm = (enum harm)h;
				if (!wanted) {
					/* how many payloads there are is not known without telling; four are usual */
					g->more = p < 3;
					continue;
				}
				tell_leaktight(name, build, g, seed, n % 2 == 0);
			}
		}
	}
	free(g);
}

int
main(int argc, char **argv)
{
	bool full = false;
	uint64_t seed = 42;
	unsigned seeds = 1;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-full") == 0)
			full = true;
		else if (strcmp(argv[i], "-seed") == 0 && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "-seeds") == 0 && i + 1 < argc)
			seeds = (unsigned)strtoul(argv[++i], NULL, 10);
	}
	for (; seeds > 0; seeds--, seed++) {
		tell_all("v2", build_v2, 14, seed, full);
		tell_all("v1", build_v1, 4, seed, full);
	}
	(void)printf("%u passed, %u failed\n", passed, failed);
	return failed == 0 ? 0 : 1;
}
