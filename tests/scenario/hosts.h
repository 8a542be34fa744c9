/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hosts - configurations, worlds and expectations that many scenarios share.
 */
#ifndef SCENARIO_HOSTS_H
#define SCENARIO_HOSTS_H

#include "scenario/scenario.h"

#define PSK_LINES \
	"192.0.2.1 a secret of some length\n192.0.2.2 a secret of some length\n192.0.2.3 a secret of some length\n"

/* A `remote` section for everybody: |modes| of exchange_mode, more |lines|, and a proposal with the key exchange |groups|. */
#define REMOTE_WITH(modes, lines, groups) \
	"path pre_shared_key \"/psk\";\n" \
	"remote anonymous {\n exchange_mode " modes ";\n" lines \
	" proposal { encryption_algorithm aes; hash_algorithm sha256; authentication_method pre_shared_key; dh_group " groups \
	"; }\n}\n"
#define REMOTE(modes, lines) REMOTE_WITH(modes, "lifetime time 24 hours;\n" lines, "ecp256")
#define SAINFO(lines) \
	"sainfo anonymous {\n encryption_algorithm aes; authentication_algorithm hmac_sha256; compression_algorithm deflate;\n" \
	lines "}\n"
#define PLAIN_SAINFO SAINFO("lifetime time 8 hours;")

extern const char conf_v1[], conf_v2[];

/* Hosts a (192.0.2.1) and b (192.0.2.2) with their configurations and keys, and the policy between them. */
bool hosts_two(struct world *w, const char *conf_a, const char *conf_b, const struct policy_options *po);
bool hosts_two_keys(struct world *w, const char *conf_a, const char *psk_a, const char *conf_b, const char *psk_b,
    const struct policy_options *po);

#define HOSTS_MESH 40

/*
 * |n| hosts (192.0.2.1 ...) that have policies for each other, of which every second has the configuration |odd|.
 */
bool hosts_mesh(struct world *w, unsigned n, const char *even, const char *odd);
/* A packet from each host to each other. */
void hosts_all_at_once(struct world *w);
/* Has each host exactly one pair and one IKE SA with each other, and are all of one mind?  NULL, or what is wrong. */
const char *hosts_one_each(struct world *w);
/* |pps| packets a second between hosts at random for |span|. */
void hosts_random_traffic(struct world *w, ike_time span, unsigned pps);
/* The policies of |n| towards everybody, as its start-up script loads them. */
void hosts_policies(struct node *n);

/* The builder of a scenario: build_NAME().  The rest are policy_options. */
#define HOSTS(name, conf_a, conf_b, ...) \
	static bool build_##name(struct world *w) \
	{ \
		struct policy_options po = { __VA_ARGS__ }; \
		return hosts_two(w, conf_a, conf_b, &po); \
	}

/* A packet from a to b (or back), and two seconds. */
void hosts_first_packet(struct world *w);
void hosts_first_packet_back(struct world *w);
/* Both at once, and three seconds. */
void hosts_both_at_once(struct world *w);

/* Exactly one pair and one IKE SA, and traffic. NULL, or what is wrong. */
const char *hosts_one_pair(struct world *w);
/* No SA in any kernel, no larval child in any daemon. */
const char *hosts_no_pair(struct world *w);

/* A packet every |gap| from |a| to |b| for |span|. */
void hosts_send(struct node *a, struct node *b, ike_time span, ike_time gap);

/* The children of |n| that are installed and not on their way out, in order of age; NULL behind the last. */
struct child *hosts_child(struct node *n, unsigned which);
/* The |which|th IKE SA of |n| that is up. */
struct ike_sa *hosts_ike(struct node *n, unsigned which);

/*
 * What happens to a host, at this instant: the soft limit of its |which|th child (IKE SA) is reached; it deletes it.  Nothing
 * happens if there is none.
 */
void hosts_child_soft(struct node *n, unsigned which);
void hosts_child_delete(struct node *n, unsigned which);
void hosts_ike_soft(struct node *n, unsigned which);
void hosts_ike_delete(struct node *n, unsigned which);

/* Packets both ways between the first two hosts, |gap| apart, for |span|. */
void hosts_traffic(struct world *w, ike_time span, ike_time gap);

/* Start a node again, and again if it does not come up. */
void hosts_start(struct node *n);

/* Sent to, but not delivered, since the counters were reset. */
void hosts_reset_counters(struct world *w);
/* NULL if every packet sent since then arrived, else how many did not. */
const char *hosts_nothing_lost(struct world *w);

#endif
