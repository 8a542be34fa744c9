/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must not come about: it fails within bounds, says why, harms nobody else, and heals when the cause is gone.
 */
#include "scenario/hosts.h"

#define OTHER_PSK \
	"192.0.2.1 not the same secret at all\n192.0.2.2 not the same secret at all\n192.0.2.3 a secret of some length\n"
#define NO_PSK "192.0.2.3 a secret of some length\n"

#define A(w) (&(w)->node[0])
#define B(w) (&(w)->node[1])
#define C(w) (&(w)->node[2])

/* Hosts a and b, whose keys (or whatever) do not match, and c, with whom both get on. */
static bool
three(struct world *w, const char *conf_a, const char *conf_b, const char *conf_c, const char *psk_b)
{
	struct policy_options po = { 0 };

	if (!hosts_two_keys(w, conf_a, PSK_LINES, conf_b, psk_b, &po))
		return false;
	if (world_node(w, "c", "192.0.2.3", conf_c, PSK_LINES) == NULL)
		return false;
	world_protect(A(w), C(w), &po);
	world_protect(B(w), C(w), &po);
	return w->error == IKE_OK;
}

#define THREE(name, conf_a, conf_b, psk_b) \
	static bool build_##name(struct world *w) { return three(w, conf_a, conf_b, conf_a, psk_b); }

/* c is known to b, a is not */
#define ONLY_C(modes) \
	"path pre_shared_key \"/psk\";\nremote 192.0.2.3 { exchange_mode " modes "; proposal { encryption_algorithm aes; " \
	"hash_algorithm sha256; authentication_method pre_shared_key; dh_group ecp256; } }\n" PLAIN_SAINFO
/* b has another proposal for a than a has, and the usual one for others */
#define OTHER_PROPOSAL(modes) \
	"remote 192.0.2.1 { exchange_mode " modes "; proposal { encryption_algorithm 3des; hash_algorithm sha1; " \
	"authentication_method pre_shared_key; dh_group ecp384; } }\n" ONLY_C(modes)
static const char v1_other[] = OTHER_PROPOSAL("main");
static const char v2_other[] = OTHER_PROPOSAL("ikev2");
#define SAINFO_FOR_C \
	"sainfo address 192.0.2.2 any address 192.0.2.3 any { encryption_algorithm aes; authentication_algorithm hmac_sha256; " \
	"compression_algorithm deflate; lifetime time 8 hours; }\n"
#define OTHER_SAINFO \
	SAINFO_FOR_C "sainfo anonymous { encryption_algorithm camellia; authentication_algorithm hmac_sha512; " \
	"compression_algorithm deflate; lifetime time 8 hours; }\n"
static const char v1_other_esp[] = REMOTE("main", "") OTHER_SAINFO;
static const char v2_other_esp[] = REMOTE("ikev2", "") OTHER_SAINFO;
static const char v1_only_c[] = ONLY_C("main");
static const char v2_only_c[] = ONLY_C("ikev2");
#define SAINFO_C(modes) REMOTE(modes, "") SAINFO_FOR_C
static const char v1_sainfo_c[] = SAINFO_C("main");
static const char v2_sainfo_c[] = SAINFO_C("ikev2");

THREE(v1_psk, conf_v1, conf_v1, OTHER_PSK)
THREE(v2_psk, conf_v2, conf_v2, OTHER_PSK)
THREE(v1_no_psk, conf_v1, conf_v1, NO_PSK)
THREE(v2_no_psk, conf_v2, conf_v2, NO_PSK)
THREE(v1_no_prop, conf_v1, v1_other, PSK_LINES)
THREE(v2_no_prop, conf_v2, v2_other, PSK_LINES)
THREE(v1_no_esp, conf_v1, v1_other_esp, PSK_LINES)
THREE(v2_no_esp, conf_v2, v2_other_esp, PSK_LINES)
THREE(v1_no_remote, conf_v1, v1_only_c, PSK_LINES)
THREE(v2_no_remote, conf_v2, v2_only_c, PSK_LINES)
THREE(v1_no_sainfo, conf_v1, v1_sainfo_c, PSK_LINES)
THREE(v2_no_sainfo, conf_v2, v2_sainfo_c, PSK_LINES)
static const char any_version[] = REMOTE("main, ikev2", "") PLAIN_SAINFO;

static bool
build_no_version(struct world *w)
{
	return three(w, conf_v1, conf_v2, any_version, PSK_LINES);
}

/* Fifty packets a second for a minute towards who will not have us; c is well all the while. */
static void
knock(struct world *w)
{
	node_send(A(w), C(w), 17, 1, 2);
	for (unsigned i = 0; i < 6; i++) {
		hosts_send(A(w), B(w), SEC(10), MSEC(20));
		node_send(B(w), C(w), 17, 1, 2);
	}
	world_run(w, SEC(1));
}

static const char *
knocked(struct world *w, const char *said_a, const char *said_b, unsigned attempts)
{
	const struct daemon_stats *sa = &A(w)->daemon->stats;

	if (node_pairs(A(w), B(w)) != 0 || node_pairs(B(w), A(w)) != 0)
		return "a pair";
	if (A(w)->clear != 0)
		return "packets in clear";
	if (said_a != NULL && !node_logged(A(w), said_a))
		return "a's log does not say why";
	if (said_b != NULL && !node_logged(B(w), said_b))
		return "b's log does not say why";
	if (sa->ike_failed + sa->child_failed > attempts)
		return "it is tried again and again";
	if (node_all_ikes(A(w)) > 6 || node_all_ikes(B(w)) > 12)
		return "what failed is kept";
	return world_flows(A(w), C(w), 5) && world_flows(B(w), C(w), 5) ? NULL : "others are affected";
}

#define MIN_ATTEMPTS 16

static const char *
check_v2_psk(struct world *w)
{
	return knocked(w, "notification AUTHENTICATION_FAILED received", "the pre-shared keys differ", MIN_ATTEMPTS);
}

static const char *
check_v1_psk(struct world *w)
{
	return knocked(w, "phase1 negotiation failed due to time up", "the pre-shared keys may differ", MIN_ATTEMPTS);
}

static const char *
check_v2_no_psk(struct world *w)
{
	return knocked(w, "notification AUTHENTICATION_FAILED received", "couldn't find the pskey for 192.0.2.1", MIN_ATTEMPTS);
}

static const char *
check_v1_no_psk(struct world *w)
{
	return knocked(w, NULL, "couldn't find the pskey for 192.0.2.1", MIN_ATTEMPTS);
}

static const char *
check_no_prop(struct world *w)
{
	return knocked(w, "notification NO_PROPOSAL_CHOSEN received", "no suitable proposal found. (test.conf:", MIN_ATTEMPTS);
}

static const char *
check_v1_no_prop(struct world *w)
{
	return knocked(w, "notification NO-PROPOSAL-CHOSEN received", "no suitable proposal found. (test.conf:", MIN_ATTEMPTS);
}

static const char *
check_no_remote(struct world *w)
{
	return knocked(w, "phase1 negotiation failed due to time up", "no configuration found for 192.0.2.1.", MIN_ATTEMPTS);
}

static const char *
check_no_sainfo(struct world *w)
{
	return knocked(w, "phase2 negotiation failed", "failed to get sainfo.", MIN_ATTEMPTS);
}

/* The cause is mended; how long until traffic flows, with packets coming all the time? */
static const char *
healed(struct world *w, ike_time within)
{
	ike_time end = w->now + within;

	while (w->now < end && node_pairs(A(w), B(w)) == 0)
		hosts_send(A(w), B(w), SEC(1), MSEC(100));
	if (node_pairs(A(w), B(w)) == 0)
		return "it does not heal";
	return world_flows(A(w), B(w), SEC(5)) ? world_check(w) : "healed, and no traffic";
}

static const char *
heal_psk(struct world *w)
{
	B(w)->psk = PSK_LINES;
	return healed(w, SEC(130));
}

static const char *
heal_v1_conf(struct world *w)
{
	return node_configure(B(w), conf_v1) != IKE_OK ? "the configuration is refused" : healed(w, SEC(130));
}

static const char *
heal_v2_conf(struct world *w)
{
	return node_configure(B(w), conf_v2) != IKE_OK ? "the configuration is refused" : healed(w, SEC(130));
}

static const char *
heal_a_conf(struct world *w)
{
	return node_configure(A(w), conf_v2) != IKE_OK ? "the configuration is refused" : healed(w, SEC(130));
}

/* check, then heal */
#define BOTH(name, first, then) \
	static const char *name(struct world *w) { const char *wrong = first(w); return wrong != NULL ? wrong : then(w); }
BOTH(v2_psk, check_v2_psk, heal_psk)
BOTH(v1_psk, check_v1_psk, heal_psk)
BOTH(v2_no_psk, check_v2_no_psk, heal_psk)
BOTH(v1_no_psk, check_v1_no_psk, heal_psk)
BOTH(v2_no_prop, check_no_prop, heal_v2_conf)
BOTH(v1_no_prop, check_v1_no_prop, heal_v1_conf)
BOTH(v2_no_remote, check_no_remote, heal_v2_conf)
BOTH(v1_no_remote, check_no_remote, heal_v1_conf)
BOTH(v2_no_sainfo, check_no_sainfo, heal_v2_conf)
BOTH(v1_no_sainfo, check_no_sainfo, heal_v1_conf)
BOTH(no_version, check_no_remote, heal_a_conf)

/* A passive section answers and never starts. */
static const char v1_passive[] = REMOTE("main", "passive on;") PLAIN_SAINFO;
static const char v2_passive[] = REMOTE("ikev2", "passive on;") PLAIN_SAINFO;
HOSTS(v1_passive, v1_passive, conf_v1, 0)
HOSTS(v2_passive, v2_passive, conf_v2, 0)

static void
passive(struct world *w)
{
	hosts_send(A(w), B(w), SEC(60), MSEC(100));
	w->tap_arg = w->n_datagrams == 0 ? w : NULL;
	hosts_first_packet_back(w);
}

static const char *
check_passive(struct world *w)
{
	if (w->tap_arg == NULL)
		return "the passive end started";
	return hosts_one_pair(w);
}

/* Traffic from the passive end never brings anything up: from the other it does. */
static const char *
settled_passive(struct world *w)
{
	for (unsigned i = 0; i < 130 && node_pairs(B(w), A(w)) == 0; i++)
		hosts_send(B(w), A(w), SEC(1), MSEC(200));
	return world_flows(A(w), B(w), SEC(60)) ? world_check(w) : "no traffic";
}

/* b has no policy for what a asks. */
static bool
no_policy(struct world *w, const char *conf)
{
	struct policy_options po = { 0 };
	struct node *a = world_node(w, "a", "192.0.2.1", conf, PSK_LINES);

	if (a == NULL || world_node(w, "b", "192.0.2.2", conf, PSK_LINES) == NULL)
		return false;
	if (world_node(w, "c", "192.0.2.3", conf, PSK_LINES) == NULL)
		return false;
	world_protect(A(w), C(w), &po);
	world_protect(B(w), C(w), &po);
	world_protect_at(a, a, B(w), &po);
	return w->error == IKE_OK;
}

static bool
build_v1_no_policy(struct world *w)
{
	return no_policy(w, conf_v1);
}

static bool
build_v2_no_policy(struct world *w)
{
	return no_policy(w, conf_v2);
}

static const char *
check_v2_no_policy(struct world *w)
{
	return knocked(w, "TS_UNACCEPTABLE", "no policy found", MIN_ATTEMPTS);
}

static const char *
check_v1_no_policy(struct world *w)
{
	return knocked(w, "INVALID-ID-INFORMATION", "no policy found", MIN_ATTEMPTS);
}

static const char *
heal_policy(struct world *w)
{
	struct policy_options po = { 0 };

	world_protect_at(B(w), A(w), B(w), &po);
	return healed(w, SEC(130));
}

BOTH(v1_no_policy, check_v1_no_policy, heal_policy)
BOTH(v2_no_policy, check_v2_no_policy, heal_policy)

/* b's kernel has no ESP. */
static bool
kernel_without_esp(struct world *w, const char *conf)
{
	struct policy_options po = { 0 };

	if (world_node(w, "a", "192.0.2.1", conf, PSK_LINES) == NULL)
		return false;
	w->features = SIMKERN_ALL & ~(unsigned)KERN_ESP;
	if (world_node(w, "b", "192.0.2.2", conf, PSK_LINES) == NULL)
		return false;
	w->features = SIMKERN_ALL;
	if (world_node(w, "c", "192.0.2.3", conf, PSK_LINES) == NULL)
		return false;
	world_protect(A(w), B(w), &po);
	world_protect(A(w), C(w), &po);
	return w->error == IKE_OK;
}

static bool
build_v1_kernel(struct world *w)
{
	return kernel_without_esp(w, conf_v1);
}

static bool
build_v2_kernel(struct world *w)
{
	return kernel_without_esp(w, conf_v2);
}

static void
knock_kernel(struct world *w)
{
	node_send(A(w), C(w), 17, 1, 2);
	hosts_send(A(w), B(w), SEC(30), MSEC(20));
	hosts_send(B(w), A(w), SEC(30), MSEC(20));
}

static const char *
check_kernel(struct world *w)
{
	const struct daemon_stats *sa = &A(w)->daemon->stats, *sb = &B(w)->daemon->stats;

	if (node_pairs(A(w), B(w)) != 0 || simkern_sa_count(B(w)->kern) != 0)
		return "a pair";
	if (!node_logged(B(w), "kernel refused"))
		return "b's log does not say why";
	if (sa->child_failed > MIN_ATTEMPTS || sb->child_failed > MIN_ATTEMPTS)
		return "it is tried again and again";
	if (node_ikes(A(w), B(w)) != 1)
		return "the IKE SA did not stay";
	return world_flows(A(w), C(w), 5) ? NULL : "others are affected";
}

static const char *
settled_kernel(struct world *w)
{
	if (node_pairs(A(w), B(w)) != 0 || simkern_sa_count(B(w)->kern) != 0)
		return "a pair";
	return world_flows(A(w), C(w), SEC(240)) ? world_check(w) : "others are affected";
}

#define STORY(label, b, r, c, ...) { .name = label, .build = b, .run = r, .check = c, .runs = 8, __VA_ARGS__ }

static const struct scenario scenarios[] = {
	STORY("v2 wrong psk", build_v2_psk, knock, v2_psk, .settled = heal_psk),
	STORY("v1 wrong psk", build_v1_psk, knock, v1_psk, .settled = heal_psk),
	STORY("v2 no psk", build_v2_no_psk, knock, v2_no_psk, .settled = heal_psk),
	STORY("v1 no psk", build_v1_no_psk, knock, v1_no_psk, .settled = heal_psk),
	STORY("v2 no common proposal", build_v2_no_prop, knock, v2_no_prop, .settled = heal_v2_conf),
	STORY("v1 no common proposal", build_v1_no_prop, knock, v1_no_prop, .settled = heal_v1_conf),
	STORY("v2 no common esp", build_v2_no_esp, knock, v2_no_prop, .settled = heal_v2_conf),
	STORY("v1 no common esp", build_v1_no_esp, knock, v1_no_prop, .settled = heal_v1_conf),
	STORY("v2 no remote", build_v2_no_remote, knock, v2_no_remote, .settled = heal_v2_conf),
	STORY("v1 no remote", build_v1_no_remote, knock, v1_no_remote, .settled = heal_v1_conf),
	STORY("v2 no sainfo", build_v2_no_sainfo, knock, v2_no_sainfo, .settled = heal_v2_conf),
	STORY("v1 no sainfo", build_v1_no_sainfo, knock, v1_no_sainfo, .settled = heal_v1_conf),
	STORY("no common version", build_no_version, knock, no_version, .settled = heal_a_conf),
	STORY("v2 no policy", build_v2_no_policy, knock, v2_no_policy, .settled = heal_policy),
	STORY("v1 no policy", build_v1_no_policy, knock, v1_no_policy, .settled = heal_policy),
	STORY("v2 passive", build_v2_passive, passive, check_passive, .settled = settled_passive),
	STORY("v1 passive", build_v1_passive, passive, check_passive, .settled = settled_passive),
	STORY("v2 kernel without esp", build_v2_kernel, knock_kernel, check_kernel, .settled = settled_kernel),
	STORY("v1 kernel without esp", build_v1_kernel, knock_kernel, check_kernel, .settled = settled_kernel),
};

int
main(int argc, char **argv)
{
	return scenario_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
}
