/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel does by itself or at the word of others and reports in its rarer words: POLEXPIRE, MIGRATE, MAPPING, and ACQUIRE
 * for a policy that we did not write so.  Policies that expire are put back, SAs that were moved are made anew; that a peer seems to
 * send from elsewhere moves nothing where there is no NAT, and floods of such reports cost no more than one.
 */
#include "scenario/faults.h"

#include <stdio.h>

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

#define EVERYTHING 0xffffffffu
#define FLOOD      1000

#define ADDR1 "192.0.2.1"
#define ADDR2 "192.0.2.2"
#define POLICIES(us, peer, out, in) \
	"spdadd " us " " peer " any -P out ipsec " out ";\n" \
	"spdadd " peer " " us " any -P in ipsec " in ";\n"
#define TRANSPORT(us, peer) POLICIES(us, peer, "esp/transport//require", "esp/transport//require")
#define TUNNEL(us, peer) \
	POLICIES(us, peer, "esp/tunnel/" us "-" peer "/require", "esp/tunnel/" peer "-" us "/require")
#define OWNED(file, modes) "policy_file \"/etc/" file ".setkey\";\n" REMOTE(modes, "") PLAIN_SAINFO

static bool
build(struct world *w, const char *conf1, const char *conf2, const char *policies1, const char *policies2)
{
	world_put(w, "/etc/1.setkey", policies1);
	world_put(w, "/etc/2.setkey", policies2);
	return world_node(w, "h1", ADDR1, conf1, PSK_LINES) != NULL && world_node(w, "h2", ADDR2, conf2, PSK_LINES) != NULL;
}

#define BUILDER(name, modes, policies) \
	static bool build_##name(struct world *w) \
	{ \
		return build(w, OWNED("1", modes), OWNED("2", modes), policies(ADDR1, ADDR2), policies(ADDR2, ADDR1)); \
	}

BUILDER(v1, "main", TRANSPORT)
BUILDER(v2, "ikev2", TRANSPORT)
BUILDER(v1_tunnel, "main", TUNNEL)
BUILDER(v2_tunnel, "ikev2", TUNNEL)

static void
up(struct world *w)
{
	hosts_first_packet(w);
	hosts_traffic(w, SEC(2), MSEC(100));
	hosts_reset_counters(w);
}

/* Less than a second from now, and from then on, nothing is lost in either direction. */
static void
within_a_second(struct world *w)
{
	hosts_traffic(w, MSEC(900), MSEC(50));
	hosts_reset_counters(w);
	hosts_traffic(w, SEC(10), MSEC(50));
}

struct look {
	struct sp_spec sp;
	bool           found;
};

static void
look(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct look *l = arg;

	(void)sa;
	(void)usage;
	if (sp == NULL || sp->id.dir != SP_OUT || sp->action != SP_IPSEC || l->found)
		return;
	l->sp = *sp;
	l->found = true;
}

/* The outbound policy of |n| in its kernel. */
static bool
find_policy(struct node *n, struct sp_spec *sp)
{
	struct kern *k = simkern_other(n->kern);
	struct look l = { .found = false };

	if (k->ops->dump(k, KERN_DUMP_SP, look, &l) != IKE_OK || !l.found)
		return false;
	*sp = l.sp;
	return true;
}

static void
missing(struct world *w)
{
	w->error = IKE_E_NOTFOUND;
}

/* --- POLEXPIRE --- */

/* Somebody gives our policy a lifetime of five seconds, and then its end comes, of which the kernel says nothing else. */
static void
expired(struct world *w)
{
	struct kern *k = simkern_other(A(w)->kern);
	struct sp_spec sp;

	up(w);
	if (!find_policy(A(w), &sp)) {
		missing(w);
		return;
	}
	sp.life.hard_sec = 5;
	if (k->ops->sp_install(k, &sp, true) != IKE_OK)
		missing(w);
	within_a_second(w);
}

/* The soft limit, and a report that came late: the policy is there. */
static void
expired_not(struct world *w)
{
	struct kern_event ev = { .kind = KERN_EV_SP_EXPIRE };

	up(w);
	if (!find_policy(A(w), &ev.sp)) {
		missing(w);
		return;
	}
	simkern_forge(A(w)->kern, &ev);
	within_a_second(w);
}

/* --- MIGRATE --- */

static void
tell_migrate(struct node *n, const struct sp_id *id)
{
	struct kern_event ev = { .kind = KERN_EV_MIGRATE, .sp = { .id = *id } };

	simkern_forge(n->kern, &ev);
}

/*
 * As XFRM_MSG_MIGRATE does it: the ends of the SA are others, and those of the templates in tunnel mode; nothing is reported but
 * the one message, and with |silent| not even that.
 */
static void
migrate(struct world *w, bool out, bool silent)
{
	struct node *n = A(w);
	struct kern *k = simkern_other(n->kern);
	struct addr elsewhere = fault_stranger(n, 0).id.dst;
	struct sa_spec sa;
	struct sp_spec sp;

	if (!fault_find_sa(n, B(w), out, &sa) || !find_policy(n, &sp)) {
		missing(w);
		return;
	}
	simkern_mute(n->kern, EVERYTHING);
	struct endpoint src = { .addr = out ? n->addr : elsewhere }, dst = { .addr = out ? elsewhere : n->addr };
	if (k->ops->sa_readdress(k, &sa.id, &src, &dst) != IKE_OK)
		missing(w);
	if (out && sp.tmpl[0].mode == MODE_TUNNEL) {
		sp.tmpl[0].dst = elsewhere;
		if (k->ops->sp_install(k, &sp, true) != IKE_OK)
			missing(w);
	}
	if (silent) {
		world_run(w, SEC(61));
		simkern_mute(n->kern, 0);
	} else {
		simkern_mute(n->kern, 0);
		tell_migrate(n, &sp.id);
	}
}

static void
migrated_out(struct world *w)
{
	up(w);
	migrate(w, true, false);
	within_a_second(w);
}

static void
migrated_in(struct world *w)
{
	up(w);
	migrate(w, false, false);
	within_a_second(w);
}

static void
migrated_silently(struct world *w)
{
	up(w);
	migrate(w, true, true);
	within_a_second(w);
}

/* --- MAPPING --- */

static uint64_t stale_before;
static uint32_t spi_in, spi_out;

static uint64_t
stale(const struct node *n)
{
	struct sadb_counts c;

	if (n->daemon == NULL)
		return 0;
	sadb_count(n->daemon->sadb, &c);
	return c.stale_events;
}

/* The peer sends from elsewhere, the kernel says, of an SA of ours, of the other direction, and of one that there is not. */
static void
mapped(struct world *w)
{
	struct kern_event ev = { .kind = KERN_EV_MAPPING, .map_new = { fault_stranger(A(w), 0).id.dst, 4501 } };
	struct sa_spec out;

	up(w);
	if (!fault_find_sa(A(w), B(w), false, &ev.sa) || !fault_find_sa(A(w), B(w), true, &out)) {
		missing(w);
		return;
	}
	spi_in = ev.sa.id.spi;
	spi_out = out.id.spi;
	stale_before = stale(A(w));
	simkern_forge(A(w)->kern, &ev);
	ev.sa.id.spi ^= 1;
	simkern_forge(A(w)->kern, &ev);
	ev.sa = out;
	simkern_forge(A(w)->kern, &ev);
	within_a_second(w);
}

/* --- ACQUIRE --- */

static uint64_t children_before;

/* Our policy asks for AH, of which the kernel tells only by the next packet. */
static void
asked_for_ah(struct world *w)
{
	struct kern *k = simkern_other(A(w)->kern);
	struct sp_spec sp;

	up(w);
	if (!find_policy(A(w), &sp)) {
		missing(w);
		return;
	}
	children_before = A(w)->daemon->stats.child_up;
	sp.tmpl[0].proto = PROTO_AH;
	simkern_mute(A(w)->kern, 1u << KERN_EV_SP_UPDATE);
	if (k->ops->sp_install(k, &sp, true) != IKE_OK)
		missing(w);
	within_a_second(w);
	simkern_mute(A(w)->kern, 0);
}

/* --- many --- */

static uint64_t resyncs_before;

static uint64_t
resyncs(const struct node *n)
{
	struct sadb_counts c;

	if (n->daemon == NULL)
		return 0;
	sadb_count(n->daemon->sadb, &c);
	return c.resyncs;
}

static void
flooded(struct world *w)
{
	struct kern_event ev = { .kind = KERN_EV_SP_EXPIRE };

	up(w);
	if (!find_policy(A(w), &ev.sp)) {
		missing(w);
		return;
	}
	resyncs_before = resyncs(A(w));
	for (unsigned i = 0; i < FLOOD; i++) {
		simkern_forge(A(w)->kern, &ev);
		tell_migrate(A(w), &ev.sp.id);
	}
	within_a_second(w);
}

/* --- what must hold --- */

static const char *
healed(struct world *w)
{
	const char *wrong = hosts_nothing_lost(w);

	if (w->error != IKE_OK)
		return "the story could not be told";
	if (wrong != NULL)
		return wrong;
	if (A(w)->clear + B(w)->clear != 0)
		return "packets in clear";
	world_run(w, SEC(90));
	return node_pairs(A(w), B(w)) != 1 || node_pairs(B(w), A(w)) != 1 ? "not exactly one pair" : world_agree(w);
}

/* Exactly what is in |want|, and healed. */
static const char *
counted(struct world *w, const uint64_t want[SADB_REPAIRS])
{
	static char why[120];

	for (unsigned i = 0; i < SADB_REPAIRS; i++) {
		uint64_t have = fault_repairs(A(w), i);
		if (have == want[i])
			continue;
		(void)snprintf(why, sizeof(why), "%llu of kind %s counted", (unsigned long long)have, sadb_repair_name(i));
		return why;
	}
	return healed(w);
}

static const char *
put_back(struct world *w)
{
	return counted(w, (uint64_t[SADB_REPAIRS]){ [SADB_R_SP_GONE] = 1 });
}

/* The pair that there is does. */
static const char *
set_right(struct world *w)
{
	if (A(w)->daemon->stats.child_up != children_before)
		return "a pair that nobody needs";
	return counted(w, (uint64_t[SADB_REPAIRS]){ [SADB_R_SP_CHANGED] = 1 });
}

/* What stands elsewhere is ours by its reqid, and of no use. */
static const char *
made_anew(struct world *w)
{
	return counted(w, (uint64_t[SADB_REPAIRS]){ [SADB_R_SA_LOST] = 1, [SADB_R_SA_ORPHAN] = 1 });
}

static const char *
made_anew_in(struct world *w)
{
	return counted(w, (uint64_t[SADB_REPAIRS]){ [SADB_R_SA_CHANGED] = 1 });
}

static const char *
made_anew_with_policy(struct world *w)
{
	return counted(w, (uint64_t[SADB_REPAIRS]){ [SADB_R_SA_LOST] = 1, [SADB_R_SA_ORPHAN] = 1, [SADB_R_SP_CHANGED] = 1 });
}

static const char *
untouched(struct world *w)
{
	return counted(w, (uint64_t[SADB_REPAIRS]){ 0 });
}

/* That of the inbound SA was published, the others were not; the same pair is there, with the ends that it had. */
static const char *
still_the_same(struct world *w)
{
	struct sa_spec in, out;

	if (stale(A(w)) != stale_before + 2)
		return "not two of three reports counted as stale";
	if (!fault_find_sa(A(w), B(w), false, &in) || !fault_find_sa(A(w), B(w), true, &out) || in.id.spi != spi_in ||
	    out.id.spi != spi_out)
		return "another pair";
	return untouched(w);
}

static const char *
cheap(struct world *w)
{
	/* one for all that were in the socket, and the regular one perhaps */
	if (resyncs(A(w)) > resyncs_before + 3)
		return "a dump for every report";
	return untouched(w);
}

#define STORY(named, built, told, checked, ...) \
	{ .name = named, .build = built, .run = told, .check = checked, __VA_ARGS__ }

static const struct scenario scenarios[] = {
	STORY("v2 policy expired", build_v2, expired, put_back, .runs = 8),
	STORY("v1 policy expired", build_v1, expired, put_back, .runs = 8),
	STORY("v2 soft limit of a policy", build_v2, expired_not, untouched, .runs = 4),
	STORY("v2 migrated out", build_v2, migrated_out, made_anew, .runs = 8),
	STORY("v1 migrated out", build_v1, migrated_out, made_anew, .runs = 8),
	STORY("v2 migrated in", build_v2, migrated_in, made_anew_in, .runs = 8),
	STORY("v1 migrated in", build_v1, migrated_in, made_anew_in, .runs = 8),
	STORY("v2 migrated silently", build_v2, migrated_silently, made_anew, .runs = 4),
	STORY("v2 tunnel migrated", build_v2_tunnel, migrated_out, made_anew_with_policy, .runs = 6),
	STORY("v1 tunnel migrated", build_v1_tunnel, migrated_out, made_anew_with_policy, .runs = 6),
	STORY("v2 mapping", build_v2, mapped, still_the_same, .runs = 6),
	STORY("v1 mapping", build_v1, mapped, still_the_same, .runs = 6),
	STORY("v2 asked for AH", build_v2, asked_for_ah, set_right, .runs = 8),
	STORY("v1 asked for AH", build_v1, asked_for_ah, set_right, .runs = 8),
	STORY("v2 flood", build_v2, flooded, cheap, .runs = 2),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
