/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What two ends agree on: groups, cookies, selectors, modes, and IKEv1's proposal_check with its four levels.
 */
#include "scenario/hosts.h"

#include "conf/conf.h"
#include "sadb/sadb.h"
#include "wire/const.h"

#include <string.h>

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

/* The first group of a is not one that b takes. */
static const char v2_two_groups[] = REMOTE_WITH("ikev2", "", "x25519, ecp256") PLAIN_SAINFO;
static const char v2_pfs_other[] = REMOTE("ikev2", "") SAINFO("pfs_group ecp384;");
static const char v2_pfs[] = REMOTE("ikev2", "") SAINFO("pfs_group ecp256;");
static const char v2_no_pfs[] = REMOTE("ikev2", "") SAINFO("lifetime time 1 hour;");
HOSTS(v2_invalid_ke, v2_two_groups, conf_v2, 0)
HOSTS(v2, conf_v2, conf_v2, 0)
HOSTS(v2_tunnel, conf_v2, conf_v2, .mode = MODE_TUNNEL)
HOSTS(v2_proto, conf_v2, conf_v2, .proto = 6)
HOSTS(v1_proto, conf_v1, conf_v1, .proto = 6)
HOSTS(v2_port, conf_v2, conf_v2, .proto = 6, .port = 8140)
HOSTS(v1_port, conf_v1, conf_v1, .proto = 6, .port = 8140)
HOSTS(v2_unique, conf_v2, conf_v2, .level = SP_UNIQUE, .reqid = 7)
HOSTS(v1_unique, conf_v1, conf_v1, .level = SP_UNIQUE, .reqid = 7)
HOSTS(v2_ah, conf_v2, conf_v2, .ipsec = PROTO_AH)
HOSTS(v1_ah, conf_v1, conf_v1, .ipsec = PROTO_AH)
HOSTS(v2_pfs_mismatch, v2_pfs, v2_pfs_other, 0)
HOSTS(v2_pfs_one_side, v2_pfs, v2_no_pfs, 0)

static const char *
after_invalid_ke(struct world *w)
{
	if (!node_logged(B(w), "key exchange method"))
		return "b did not ask for another group";
	return hosts_one_pair(w);
}

/* Somebody on the path asks for a cookie: the repeated request has it in front, and the rest is as it was. */
struct cookie_story {
	struct buf first, second;
	unsigned   seen;
};

#define COOKIE_LEN 24

static void
put_u16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* IKE_SA_INIT answer with nothing but N(COOKIE). */
static void
ask_for_cookie(struct world *w, const struct dgram *request)
{
	uint8_t m[IKE_HDR_LEN + 8 + COOKIE_LEN] = { 0 };

	memcpy(m, request->data.p, 8);
	m[16] = V2_PLD_N;
	m[17] = 0x20;
	m[18] = V2_XCHG_IKE_SA_INIT;
	m[19] = V2_FLAG_RESPONSE;
	put_u16(m + 26, sizeof(m));
	put_u16(m + 30, 8 + COOKIE_LEN);
	put_u16(m + 34, V2_N_COOKIE);
	memset(m + 36, 0xc0, COOKIE_LEN);
	world_inject(w, &request->remote, &request->local, slice_of(m, sizeof(m)), MSEC(20));
}

static bool
cookie_tap(struct world *w, struct node *from, struct dgram *d, void *arg)
{
	struct cookie_story *s = arg;

	if (from != A(w) || d->data.n < IKE_HDR_LEN || d->data.p[18] != V2_XCHG_IKE_SA_INIT)
		return true;
	if (s->seen++ == 0) {
		ask_for_cookie(w, d);
		return buf_set(&s->first, d->data) != IKE_OK;
	}
	if (s->seen == 2 && buf_set(&s->second, d->data) != IKE_OK)
		return false;
	return true;
}

static void
cookie(struct world *w)
{
	static struct cookie_story story;

	buf_free(&story.first);
	buf_free(&story.second);
	story.seen = 0;
	w->tap = cookie_tap;
	w->tap_arg = &story;
	hosts_first_packet(w);
	w->tap = NULL;
	bool same = story.second.n == story.first.n + 8 + COOKIE_LEN && story.second.p[16] == V2_PLD_N &&
	    memcmp(story.second.p + IKE_HDR_LEN + 8 + COOKIE_LEN, story.first.p + IKE_HDR_LEN, story.first.n - IKE_HDR_LEN) == 0;
	bool cookie_sent = story.second.n > 60 && story.second.p[36] == 0xc0 && story.second.p[59] == 0xc0;
	w->tap_arg = same && cookie_sent ? w : NULL;
	buf_free(&story.first);
	buf_free(&story.second);
}

static const char *
after_cookie(struct world *w)
{
	if (w->tap_arg == NULL)
		return "the request was not repeated as it was, with the cookie in front";
	return hosts_one_pair(w);
}

/* One end's policy covers more than the other's: what both want is protected, and nothing else (RFC 7296 section 2.9). */
static bool
narrowed(struct world *w, const char *conf, const struct policy_options *of_a, const struct policy_options *of_b)
{
	struct node *a = world_node(w, "a", "192.0.2.1", conf, PSK_LINES);
	struct node *b = a == NULL ? NULL : world_node(w, "b", "192.0.2.2", conf, PSK_LINES);

	if (b == NULL)
		return false;
	world_protect_at(a, a, b, of_a);
	world_protect_at(b, a, b, of_b);
	return w->error == IKE_OK;
}

static const struct policy_options everything = { 0 }, tcp_only = { .proto = 6 };

static bool
build_v2_wide_narrow(struct world *w)
{
	return narrowed(w, conf_v2, &everything, &tcp_only);
}

static bool
build_v2_narrow_wide(struct world *w)
{
	return narrowed(w, conf_v2, &tcp_only, &everything);
}

static bool
build_v1_wide_narrow(struct world *w)
{
	return narrowed(w, conf_v1, &everything, &tcp_only);
}

static bool
build_v1_narrow_wide(struct world *w)
{
	return narrowed(w, conf_v1, &tcp_only, &everything);
}

static void
tcp_packet(struct world *w)
{
	node_send(A(w), B(w), 6, 1000, 80);
	world_run(w, SEC(3));
}

/* Does TCP pass, protected, from |a| to |b|? */
static bool
tcp_flows(struct node *a, struct node *b, ike_time span)
{
	struct world *w = a->w;
	ike_time end = w->now + span;

	do {
		unsigned d = a->delivered, p = a->protected;
		node_send(a, b, 6, 1000, 80);
		world_run(w, SEC(1));
		if (a->delivered > d && a->protected > p)
			return true;
	} while (w->now < end);
	return false;
}

static const char *
tcp_protected(struct world *w)
{
	const struct child *c = hosts_child(A(w), 0);

	if (node_pairs(A(w), B(w)) != 1 || node_pairs(B(w), A(w)) != 1)
		return "not exactly one pair";
	if (c == NULL || c->my_ts.proto != 6 || c->peer_ts.proto != 6)
		return "the pair is for more than TCP";
	return tcp_flows(A(w), B(w), 0) ? NULL : "TCP does not pass";
}

static const char *
tcp_settled(struct world *w)
{
	return tcp_flows(A(w), B(w), SEC(240)) ? world_check(w) : "TCP does not pass";
}

/* IKEv1 has no narrowing: the wide request is refused, the narrow one is served. */
static const char *
refused_wide(struct world *w)
{
	if (node_pairs(A(w), B(w)) != 0 || simkern_sa_count(B(w)->kern) != 0)
		return "a pair";
	return node_logged(A(w), "INVALID-ID-INFORMATION") ? world_check(w) : "the log does not say why";
}

static void
port_packet(struct world *w)
{
	node_send(A(w), B(w), 6, 1000, 8140);
	world_run(w, SEC(3));
}

static const char *
port_protected(struct world *w)
{
	unsigned clear = A(w)->clear, protected;

	if (node_pairs(A(w), B(w)) != 1 || node_pairs(B(w), A(w)) != 1)
		return "not exactly one pair";
	node_send(A(w), B(w), 6, 1000, 22);
	node_send(A(w), B(w), 17, 1000, 8140);
	if (A(w)->clear != clear + 2)
		return "other ports and protocols are not in clear";
	protected = A(w)->protected;
	node_send(A(w), B(w), 6, 1000, 8140);
	node_send(B(w), A(w), 6, 8140, 1000);
	return A(w)->protected == protected + 1 ? NULL : "the port is not protected";
}

static const char *
port_settled(struct world *w)
{
	for (unsigned i = 0; i < 240; i++) {
		unsigned d = A(w)->delivered, p = A(w)->protected;
		port_packet(w);
		if (A(w)->delivered > d && A(w)->protected > p)
			return world_check(w);
	}
	return "the port cannot be reached";
}

static const char *
reqid_used(struct world *w)
{
	const struct child *c = hosts_child(A(w), 0);

	if (c == NULL || c->reqid_in != 7 || c->reqid_out != 7)
		return "the SAs do not have the policy's reqid";
	return hosts_one_pair(w);
}

static const char *
ah_used(struct world *w)
{
	const struct child *c = hosts_child(A(w), 0);

	return c == NULL || c->proto != PROTO_AH ? "no AH" : hosts_one_pair(w);
}

/* PFS: the first child of IKEv2 needs none; the renewal does, and the levels of a mismatch show there. */
static void
renew_with_pfs(struct world *w)
{
	hosts_first_packet(w);
	hosts_reset_counters(w);
	hosts_child_soft(A(w), 0);
	hosts_traffic(w, SEC(5), MSEC(100));
	world_run(w, SEC(1));
}

static const char *
pfs_mismatch(struct world *w)
{
	if (!node_logged(B(w), "no suitable proposal found"))
		return "the log does not say why";
	/* the old pair stays while there is no new one */
	const char *lost = hosts_nothing_lost(w);
	return lost != NULL ? lost : hosts_one_pair(w);
}

/* Whatever a fault leaves: it cannot be mended without the configuration, and nothing passes in clear. */
static const char *
pfs_settled(struct world *w)
{
	hosts_traffic(w, SEC(60), SEC(1));
	return A(w)->clear + B(w)->clear != 0 ? "packets in clear" : world_check(w);
}

/* IKEv1: four levels against lifetimes and PFS groups.  b answers with its level. */
#define CHECK(level, life, pfs) \
	REMOTE("main", "proposal_check " level ";") SAINFO("lifetime time " life ";" pfs)
static const char asks_long[] = CHECK("obey", "8 hours", "");
static const char asks_short[] = CHECK("obey", "10 min", "");
static const char asks_pfs[] = CHECK("obey", "1 hour", "pfs_group ecp256;");
static const char obey[] = CHECK("obey", "1 hour", "");
static const char strict[] = CHECK("strict", "1 hour", "");
static const char claim[] = CHECK("claim", "1 hour", "");
static const char exact[] = CHECK("exact", "1 hour", "");
static const char strict_pfs[] = CHECK("strict", "1 hour", "pfs_group ecp384;");
static const char claims_to_strict[] = CHECK("strict", "8 hours", "");

HOSTS(obey_long, asks_long, obey, 0)
HOSTS(strict_long, asks_long, strict, 0)
HOSTS(claim_long, asks_long, claim, 0)
HOSTS(exact_long, asks_long, exact, 0)
HOSTS(obey_short, asks_short, obey, 0)
HOSTS(strict_short, asks_short, strict, 0)
HOSTS(claim_short, asks_short, claim, 0)
HOSTS(exact_short, asks_short, exact, 0)
HOSTS(exact_equal, obey, exact, 0)
HOSTS(claim_strict, claims_to_strict, claim, 0)
HOSTS(obey_pfs, asks_pfs, obey, 0)
HOSTS(strict_pfs, asks_pfs, strict, 0)
HOSTS(strict_other_pfs, asks_pfs, strict_pfs, 0)

/* One pair whose lifetime is |of_a| at a and |of_b| at b. */
static const char *
lives(struct world *w, unsigned of_a, unsigned of_b)
{
	const struct child *ca = hosts_child(A(w), 0), *cb = hosts_child(B(w), 0);

	if (ca == NULL || cb == NULL)
		return "no pair";
	if (ca->life_sec != of_a)
		return "a's lifetime is not what was agreed on";
	if (cb->life_sec != of_b)
		return "b's lifetime is not what was agreed on";
	return hosts_one_pair(w);
}

#define LIVES(name, of_a, of_b) \
	static const char *name(struct world *w) { return lives(w, of_a, of_b); }
LIVES(eight_hours, 28800, 28800)
LIVES(ten_minutes, 600, 600)
LIVES(one_hour, 3600, 3600)

static const char *
refused(struct world *w)
{
	if (node_pairs(A(w), B(w)) != 0 || simkern_sa_count(B(w)->kern) != 0)
		return "a pair";
	if (!node_logged(B(w), "no suitable proposal found") || !node_logged(A(w), "NO-PROPOSAL-CHOSEN"))
		return "the logs do not say why";
	return world_check(w);
}

static const char *
claimed(struct world *w)
{
	if (!node_logged(A(w), "received RESPONDER-LIFETIME"))
		return "no RESPONDER-LIFETIME";
	return one_hour(w);
}

#define STORY(label, b, r, c, ...) { .name = label, .build = b, .run = r, .check = c, .runs = 8, __VA_ARGS__ }
#define REFUSED(label, b) STORY(label, b, hosts_first_packet, refused, .settled = refused_or_nothing)

static const char *
refused_or_nothing(struct world *w)
{
	return node_pairs(A(w), B(w)) != 0 || simkern_sa_count(B(w)->kern) != 0 ? "a pair" : world_check(w);
}

static const struct scenario scenarios[] = {
	STORY("v2 invalid ke payload", build_v2_invalid_ke, hosts_first_packet, after_invalid_ke, ),
	STORY("v2 cookie", build_v2, cookie, after_cookie, ),
	STORY("v2 policy wide and narrow", build_v2_wide_narrow, tcp_packet, tcp_protected, .settled = tcp_settled),
	STORY("v2 policy narrow and wide", build_v2_narrow_wide, tcp_packet, tcp_protected, .settled = tcp_settled),
	STORY("v1 policy wide and narrow", build_v1_wide_narrow, tcp_packet, refused_wide, .settled = refused_or_nothing),
	STORY("v1 policy narrow and wide", build_v1_narrow_wide, tcp_packet, tcp_protected, .settled = tcp_settled),
	STORY("v2 protocol", build_v2_proto, tcp_packet, tcp_protected, .settled = tcp_settled),
	STORY("v1 protocol", build_v1_proto, tcp_packet, tcp_protected, .settled = tcp_settled),
	STORY("v2 protocol and port", build_v2_port, port_packet, port_protected, .settled = port_settled),
	STORY("v1 protocol and port", build_v1_port, port_packet, port_protected, .settled = port_settled),
	STORY("v2 unique", build_v2_unique, hosts_first_packet, reqid_used, ),
	STORY("v1 unique", build_v1_unique, hosts_first_packet, reqid_used, ),
	STORY("v2 tunnel back", build_v2_tunnel, hosts_first_packet_back, hosts_one_pair, ),
	STORY("v2 ah", build_v2_ah, hosts_first_packet, ah_used, ),
	STORY("v1 ah", build_v1_ah, hosts_first_packet, ah_used, ),
	STORY("v2 pfs mismatch", build_v2_pfs_mismatch, renew_with_pfs, pfs_mismatch, .settled = pfs_settled),
	STORY("v2 pfs on one side", build_v2_pfs_one_side, renew_with_pfs, pfs_mismatch, .settled = pfs_settled),
	STORY("v1 obey longer", build_obey_long, hosts_first_packet, eight_hours, ),
	REFUSED("v1 strict longer", build_strict_long),
	STORY("v1 claim longer", build_claim_long, hosts_first_packet, claimed, ),
	REFUSED("v1 exact longer", build_exact_long),
	STORY("v1 obey shorter", build_obey_short, hosts_first_packet, ten_minutes, ),
	STORY("v1 strict shorter", build_strict_short, hosts_first_packet, ten_minutes, ),
	STORY("v1 claim shorter", build_claim_short, hosts_first_packet, ten_minutes, ),
	REFUSED("v1 exact shorter", build_exact_short),
	STORY("v1 exact equal", build_exact_equal, hosts_first_packet, one_hour, ),
	STORY("v1 claim to strict", build_claim_strict, hosts_first_packet, claimed, ),
	STORY("v1 obey pfs", build_obey_pfs, hosts_first_packet, one_hour, ),
	STORY("v1 strict pfs", build_strict_pfs, hosts_first_packet, one_hour, ),
	REFUSED("v1 strict other pfs", build_strict_other_pfs),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
