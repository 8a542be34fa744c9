/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Halflings: one half of a pair vanishes at one end, and the kernel says so or does not, and the daemon there notices or does
 * not.  Both directions work again within a second where the event comes, else within ten.
 */
#include "scenario/hosts.h"

#include "sadb/sadb.h"
#include "wire/const.h"

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

static const char v1_no_dpd[] = REMOTE("main", "dpd off;") PLAIN_SAINFO;

HOSTS(v1, conf_v1, conf_v1, 0)
HOSTS(v2, conf_v2, conf_v2, 0)
HOSTS(v2_tunnel, conf_v2, conf_v2, .mode = MODE_TUNNEL)
HOSTS(v1_no_dpd, v1_no_dpd, v1_no_dpd, 0)

/* When both directions worked again after the fault; IKE_NEVER: not. */
static ike_time healed_after;
/* b speaks only when it is spoken to. */
static bool answers_only;

struct halves {
	const struct addr *dst;
	struct sa_id       id[8];
	struct addr        src[8];
	unsigned           n;
};

static void
collect(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct halves *h = arg;

	(void)usage;
	(void)sp;
	if (sa == NULL || sa_is_larval(sa) || !addr_equal(&sa->id.dst, h->dst) || h->n == 8)
		return;
	h->id[h->n] = sa->id;
	h->src[h->n++] = sa->src;
}

/* `deleteall SRC DST esp` at |n|, for the half that leads to |dst|. */
static void
delete_half(struct node *n, const struct node *dst)
{
	struct kern *k = simkern_other(n->kern);
	struct halves h = { .dst = &dst->addr };

	if (k->ops->dump(k, KERN_DUMP_SA, collect, &h) != IKE_OK)
		n->w->error = IKE_E_KERNEL;
	for (unsigned i = 0; i < h.n; i++)
		(void)!k->ops->sa_delete(k, &h.id[i], &h.src[i]);
}

/* Traffic until both directions have worked, and for a while after. */
static void
await(struct world *w)
{
	ike_time since = w->now;
	unsigned da, db, pa, pb;

	healed_after = IKE_NEVER;
	while (w->now < since + SEC(30)) {
		da = A(w)->delivered, db = B(w)->delivered, pa = A(w)->protected, pb = B(w)->protected;
		node_send(A(w), B(w), 17, 1000, 2000);
		world_run(w, MSEC(50));
		if (!answers_only || A(w)->delivered > da)
			node_send(B(w), A(w), 17, 2000, 1000);
		world_run(w, MSEC(50));
		bool well = A(w)->delivered > da && B(w)->delivered > db && A(w)->protected > pa && B(w)->protected > pb;
		if (well && healed_after == IKE_NEVER)
			healed_after = w->now - since;
	}
}

#define MUTE (1u << KERN_EV_SA_DELETE | 1u << KERN_EV_SA_FLUSH | 1u << KERN_EV_HARD)

/* At |at| the half towards |dst| vanishes. */
static void
lose(struct world *w, struct node *at, struct node *dst, bool muted)
{
	answers_only = false;
	hosts_first_packet(w);
	hosts_traffic(w, SEC(3), MSEC(100));
	if (muted)
		simkern_mute(at->kern, MUTE);
	delete_half(at, dst);
	await(w);
}

#define LOSE(name, at, dst, muted) static void name(struct world *w) { lose(w, at(w), dst(w), muted); }
LOSE(a_out, A, B, false)
LOSE(a_in, A, A, false)
LOSE(b_out, B, A, false)
LOSE(b_in, B, B, false)
LOSE(a_out_muted, A, B, true)
LOSE(a_in_muted, A, A, true)
LOSE(b_out_muted, B, A, true)
LOSE(b_in_muted, B, B, true)

/* b neither hears of it nor looks by itself: only a can notice. */
static void
lose_unseen(struct world *w, struct node *dst, bool stranger)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(3), MSEC(100));
	simkern_mute(B(w)->kern, MUTE);
	answers_only = true;
	for (unsigned i = 0; i < 2 && stranger; i++)
		if (hosts_ike(&w->node[i], 0) != NULL)
			hosts_ike(&w->node[i], 0)->knows_spis = false;
	delete_half(B(w), dst);
	if (B(w)->daemon != NULL)
		heap_cancel(&B(w)->daemon->timers, &B(w)->daemon->live.timer);
	await(w);
}

static void
b_in_unseen(struct world *w)
{
	lose_unseen(w, B(w), false);
}

static void
b_in_stranger(struct world *w)
{
	lose_unseen(w, B(w), true);
}

static const char *
healed_within(struct world *w, ike_time most)
{
	if (A(w)->clear + B(w)->clear != 0)
		return "packets in clear";
	if (healed_after > most)
		return healed_after == IKE_NEVER ? "not repaired at all" : "repaired too late";
	world_run(w, SEC(90));
	const char *wrong = hosts_one_pair(w);
	return wrong != NULL ? wrong : world_agree(w);
}

static const char *
at_once(struct world *w)
{
	return healed_within(w, SEC(1));
}

static const char *
in_time(struct world *w)
{
	return healed_within(w, SEC(10));
}

/* b has dropped the pair without a word, as if all its deletes had been lost. */
static void
b_dropped(struct world *w)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(3), MSEC(100));
	struct child *c = hosts_child(B(w), 0);
	if (c == NULL)
		return;
	daemon_tick(B(w)->daemon, w->now);
	child_drop(c);
	daemon_tick(B(w)->daemon, w->now);
	answers_only = true;
	await(w);
}

/* The same, of a peer that cannot be asked for its SPIs. */
static void
b_dropped_stranger(struct world *w)
{
	hosts_first_packet(w);
	for (unsigned i = 0; i < 2; i++)
		if (hosts_ike(&w->node[i], 0) != NULL)
			hosts_ike(&w->node[i], 0)->knows_spis = false;
	b_dropped(w);
}

/* An INVALID_SPI inside the IKE SA names a's outbound half: replaced at once. */
static void
told(struct world *w)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(3), MSEC(100));
	struct child *c = hosts_child(A(w), 0);
	struct ike_sa *ike = hosts_ike(A(w), 0);
	if (c == NULL || ike == NULL)
		return;
	simkern_mute(B(w)->kern, MUTE);
	delete_half(B(w), B(w));
	daemon_tick(A(w)->daemon, w->now);
	live_peer_lost(ike, c->proto, c->spi_out);
	daemon_tick(A(w)->daemon, w->now);
	await(w);
}

static const char *
told_once(struct world *w)
{
	if (A(w)->daemon->stats.halflings != 1)
		return "not exactly one halfling was seen";
	return at_once(w);
}

/* An SPI that never was, or one that is too young to be missing: nothing happens. */
static void
told_nonsense(struct world *w)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(3), MSEC(100));
	struct ike_sa *ike = hosts_ike(A(w), 0);
	struct child *c = hosts_child(A(w), 0);
	if (c == NULL || ike == NULL)
		return;
	uint8_t lists[][6] = { { 0 }, { PROTO_ESP, 1, 2, 3, 4, 0 }, { PROTO_ESP, 1, 2, 3, 4, 9 } };
	daemon_tick(A(w)->daemon, w->now);
	live_peer_lost(ike, PROTO_ESP, c->spi_out ^ 1);
	live_peer_lost(ike, PROTO_AH, c->spi_out);
	live_take_spis(ike, slice_of(lists[0], 0), w->now);
	live_take_spis(ike, slice_of(lists[2], 6), w->now);
	live_take_spis(ike, slice_of(lists[1], 5), w->now);
	/* somebody else behind the same address says what he has */
	struct ident somebody = { .type = ID_FQDN, .len = 8, .data = "somebody" };
	struct ike_sa other = *ike;
	other.id = 0;
	other.peer_id = &somebody;
	live_take_spis(&other, slice_of(lists[1], 6), w->now);
	live_peer_lost(&other, c->proto, c->spi_out);
	daemon_tick(A(w)->daemon, w->now);
	hosts_traffic(w, SEC(3), MSEC(100));
}

static const char *
nothing_happened(struct world *w)
{
	if (A(w)->daemon->stats.halflings != 0 || A(w)->daemon->stats.child_up != 1 || A(w)->daemon->stats.ike_up != 1)
		return "nonsense was believed";
	return hosts_one_pair(w);
}

/* Nobody can be asked whether he lives, but both tell what they have: that is no silence. */
static void
rekeyed_without_dpd(struct world *w)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(3), MSEC(100));
	hosts_child_soft(A(w), 0);
	hosts_traffic(w, SEC(60), MSEC(100));
}

static const char *
rekeyed_quietly(struct world *w)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct daemon_stats *s = &w->node[i].daemon->stats;
		if (s->checks_failed != 0 || s->peers_dead != 0 || s->ike_up != 1 || s->child_up != 2)
			return "a rekeying has made the peer a suspect";
	}
	return hosts_one_pair(w);
}

/* What is lost on the way: the first few messages of a kind from one host. */
static struct {
	unsigned from, exchange, left;
	bool     answers;
} losing;

static bool
lose_some(struct world *w, struct node *from, struct dgram *d, void *arg)
{
	struct ike_hdr h;
	struct slice ike;

	(void)w;
	(void)arg;
	if (losing.left == 0 || from->index != losing.from || dgram_classify(d->natt, d->data, &ike) != DGRAM_IKE ||
	    get_ike_hdr(ike, &h) != IKE_OK || h.exchange != losing.exchange || ((h.flags & V2_FLAG_RESPONSE) != 0) != losing.answers)
		return true;
	losing.left--;
	return false;
}

/* |who| asks |whom| for its pairs, and the messages |from| (of the question or of the answer) are lost; meanwhile |rekeys| rekeys. */
static void
outdated(struct world *w, struct node *who, struct node *from, struct node *rekeys)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(3), MSEC(100));
	if (hosts_ike(who, 0) == NULL)
		return;
	losing.from = from->index;
	losing.exchange = V2_XCHG_INFORMATIONAL;
	losing.answers = from != who;
	losing.left = 3;
	w->tap = lose_some;
	daemon_tick(who->daemon, w->now);
	live_check(hosts_ike(who, 0));
	daemon_tick(who->daemon, w->now);
	hosts_traffic(w, MSEC(100), MSEC(50));
	hosts_child_soft(rekeys, 0);
	hosts_traffic(w, SEC(20), MSEC(100));
	w->tap = NULL;
}

static void
question_from_before(struct world *w)
{
	outdated(w, B(w), B(w), A(w));
}

static void
answer_from_before(struct world *w)
{
	outdated(w, A(w), B(w), B(w));
}

/* Who has asked for a pair has not got the answer yet, and is asked for what it has: the old pair is still the only one that works. */
static void
answer_late(struct world *w)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(3), MSEC(100));
	losing.from = 0;
	losing.exchange = V2_XCHG_CREATE_CHILD_SA;
	losing.answers = true;
	losing.left = 3;
	w->tap = lose_some;
	hosts_child_soft(B(w), 0);
	hosts_traffic(w, MSEC(1200), MSEC(50));
	if (hosts_ike(A(w), 0) != NULL) {
		daemon_tick(A(w)->daemon, w->now);
		live_check(hosts_ike(A(w), 0));
		daemon_tick(A(w)->daemon, w->now);
	}
	hosts_traffic(w, SEC(20), MSEC(50));
	w->tap = NULL;
}

static const char *
rekeyed_once(struct world *w)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct daemon_stats *s = &w->node[i].daemon->stats;
		if (s->halflings != 0 || s->child_up != 2)
			return "a pair was taken for lost that was not";
		if (w->node[i].delivered != w->node[i].sent - w->node[i].held)
			return "packets were lost in between";
	}
	return hosts_one_pair(w);
}

#define STORY(label, b, r, c, ...) { .name = label, .build = b, .run = r, .check = c, .runs = 5, __VA_ARGS__ }
#define EACH(v, b) \
	STORY(v " a out", b, a_out, at_once), STORY(v " a in", b, a_in, at_once), STORY(v " b out", b, b_out, at_once), \
	STORY(v " b in", b, b_in, at_once), STORY(v " a out muted", b, a_out_muted, in_time), \
	STORY(v " a in muted", b, a_in_muted, in_time), STORY(v " b out muted", b, b_out_muted, in_time), \
	STORY(v " b in muted", b, b_in_muted, in_time)

static const struct scenario scenarios[] = {
	EACH("v1", build_v1),
	EACH("v2", build_v2),
	STORY("v2 tunnel b in muted", build_v2_tunnel, b_in_muted, in_time),
	STORY("v1 b in unseen", build_v1, b_in_unseen, in_time),
	STORY("v2 b in unseen", build_v2, b_in_unseen, in_time),
	STORY("v1 b in of a stranger", build_v1, b_in_stranger, in_time),
	STORY("v1 b in of a stranger without dpd", build_v1_no_dpd, b_in_stranger, in_time),
	STORY("v2 b in of a stranger", build_v2, b_in_stranger, in_time),
	STORY("v1 b dropped", build_v1, b_dropped, in_time),
	STORY("v2 b dropped", build_v2, b_dropped, in_time),
	STORY("v1 b dropped, a stranger", build_v1, b_dropped_stranger, in_time),
	STORY("v1 b dropped, a stranger without dpd", build_v1_no_dpd, b_dropped_stranger, in_time),
	STORY("v2 b dropped, a stranger", build_v2, b_dropped_stranger, in_time),
	STORY("v1 told", build_v1, told, told_once),
	STORY("v2 told", build_v2, told, told_once),
	STORY("v1 told nonsense", build_v1, told_nonsense, nothing_happened),
	STORY("v2 told nonsense", build_v2, told_nonsense, nothing_happened),
	STORY("v1 rekeyed without dpd", build_v1_no_dpd, rekeyed_without_dpd, rekeyed_quietly),
	STORY("v2 a question from before", build_v2, question_from_before, rekeyed_once),
	STORY("v2 an answer from before", build_v2, answer_from_before, rekeyed_once),
	STORY("v2 the answer comes late", build_v2, answer_late, rekeyed_once),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
