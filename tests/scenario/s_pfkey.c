/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Daemons on kernels that can be told as little as through PF_KEY, which also tells them what they did themselves: alone, and with
 * a peer that can do everything.  What cannot be installed is not agreed on.
 */
#include "scenario/hosts.h"

#include "conf/conf.h"
#include "sadb/sadb.h"
#include "sim/simkern.h"

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])

enum { LIKE_PFKEY = KERN_ESP | KERN_AH | KERN_IPCOMP | KERN_EVENTS_ALL | KERN_FEW_ALGS };

#define ALGS(encr, integ) \
	"sainfo anonymous {\n encryption_algorithm " encr "; authentication_algorithm " integ "; compression_algorithm deflate;\n" \
	" lifetime time 8 hours; }\n"
#define BEST ALGS("aes_gcm_16 128, aes 128", "hmac_sha256, hmac_sha512")

static const char v1_best[] = REMOTE("main", "") BEST;
static const char v2_best[] = REMOTE("ikev2", "") BEST;
static const char v1_sha96[] = REMOTE("main", "") ALGS("aes 128", "hmac_sha256_96");
static const char v2_sha96[] = REMOTE("ikev2", "") ALGS("aes 128", "hmac_sha256_96");
static const char v1_none[] = REMOTE("main", "") ALGS("aes 128", "hmac_sha256");
static const char v2_none[] = REMOTE("ikev2", "") ALGS("aes_gcm_16 128", "hmac_sha512");

static bool
two(struct world *w, const char *conf, unsigned first)
{
	struct policy_options po = { 0 };

	w->features = first;
	if (world_node(w, "a", "192.0.2.1", conf, PSK_LINES) == NULL)
		return false;
	w->features = LIKE_PFKEY;
	if (world_node(w, "b", "192.0.2.2", conf, PSK_LINES) == NULL)
		return false;
	simkern_set_echo(B(w)->kern, true);
	if (first == LIKE_PFKEY)
		simkern_set_echo(A(w)->kern, true);
	world_protect(A(w), B(w), &po);
	return w->error == IKE_OK;
}

#define BUILD(name, conf, first) \
	static bool build_##name(struct world *w) { return two(w, conf, first); }

BUILD(v1_both, v1_best, LIKE_PFKEY)
BUILD(v2_both, v2_best, LIKE_PFKEY)
BUILD(v1_one, v1_best, SIMKERN_ALL)
BUILD(v2_one, v2_best, SIMKERN_ALL)
BUILD(v1_sha96, v1_sha96, SIMKERN_ALL)
BUILD(v2_sha96, v2_sha96, SIMKERN_ALL)
BUILD(v1_none, v1_none, SIMKERN_ALL)
BUILD(v2_none, v2_none, SIMKERN_ALL)

/* Is every SA of |n| made of these? */
static bool
made_of(const struct node *n, uint16_t encr, uint16_t integ)
{
	uint32_t it = 0;
	bool any = false;

	for (const struct sad_row *r = sadb_next(n->daemon->sadb, &it); r != NULL; r = sadb_next(n->daemon->sadb, &it)) {
		if (sa_is_larval(&r->spec))
			continue;
		if (r->spec.encr != encr || r->spec.integ != integ)
			return false;
		any = true;
	}
	return any;
}

static const char *
check_best(struct world *w)
{
	const char *why = hosts_one_pair(w);

	if (why != NULL)
		return why;
	return made_of(A(w), ENCR_AES_CBC, INTEG_HMAC_SHA512_256) && made_of(B(w), ENCR_AES_CBC, INTEG_HMAC_SHA512_256)
		   ? NULL
		   : "not what both kernels can be told";
}

static const char *
check_sha96(struct world *w)
{
	const char *why = hosts_one_pair(w);

	if (why != NULL)
		return why;
	return made_of(A(w), ENCR_AES_CBC, INTEG_HMAC_SHA256_96) && made_of(B(w), ENCR_AES_CBC, INTEG_HMAC_SHA256_96)
		   ? NULL
		   : "not 96 bits at both ends";
}

/* Nothing is installed and said to be refused: it is refused before, with the place in the configuration. */
static const char *
check_none(struct world *w)
{
	const char *why = hosts_no_pair(w);

	if (why != NULL)
		return why;
	if (!node_logged(B(w), "none of these algorithms can be given to the kernel through"))
		return "the reason was not told";
	return node_logged(B(w), "the kernel refused") ? "the kernel was asked for it" : NULL;
}

/* An attempt may be under way, but it ends. */
static const char *
settled_none(struct world *w)
{
	for (unsigned i = 0; i < 120 && hosts_no_pair(w) != NULL; i++)
		world_run(w, SEC(1));
	return hosts_no_pair(w);
}

/* Rekeyed, and the SAs of both deleted by somebody. */
static void
run_life(struct world *w)
{
	struct kern *o = simkern_other(B(w)->kern);

	hosts_first_packet(w);
	hosts_child_soft(A(w), 0);
	hosts_traffic(w, SEC(5), MSEC(100));
	(void)!o->ops->sa_flush(o, PROTO_NONE);
	hosts_traffic(w, SEC(10), MSEC(100));
}

#define STORY(n, r, c) { .name = #n, .build = build_##n, .run = r, .check = c }

static const struct scenario stories[] = {
	STORY(v1_both, hosts_first_packet, check_best),
	STORY(v2_both, hosts_first_packet, check_best),
	STORY(v1_one, hosts_first_packet_back, check_best),
	STORY(v2_one, hosts_first_packet_back, check_best),
	STORY(v1_sha96, hosts_first_packet, check_sha96),
	STORY(v2_sha96, hosts_first_packet, check_sha96),
	{ .name = "v1_life", .build = build_v1_both, .run = run_life, .check = check_best },
	{ .name = "v2_life", .build = build_v2_both, .run = run_life, .check = check_best },
	{ .name = "v1_none", .build = build_v1_none, .run = hosts_first_packet, .check = check_none, .settled = settled_none },
	{ .name = "v2_none", .build = build_v2_none, .run = hosts_first_packet_back, .check = check_none, .settled = settled_none },
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, stories, sizeof(stories) / sizeof(stories[0]));
}
