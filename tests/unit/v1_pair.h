/* SPDX-License-Identifier: BSD-3-Clause */
/* Two hosts of the simulated world with an IKEv1 configuration each, for the tests of src/ringtail/v1. */
#ifndef UNIT_V1_PAIR_H
#define UNIT_V1_PAIR_H

#include "ringtail/v1/v1.h"
#include "sim/world.h"

#include <check.h>
#include <string.h>

#define V1_REMOTE(lines, proposal)                         \
	"path pre_shared_key \"/psk\";\n"                  \
	"remote anonymous {\n exchange_mode main;\n" lines \
	" proposal {\n authentication_method pre_shared_key;\n" proposal " }\n}\n"
#define V1_SAINFO(lines)                                                                        \
	"sainfo anonymous {\n encryption_algorithm aes; authentication_algorithm hmac_sha256; " \
	"compression_algorithm deflate;\n" lines "}\n"
#define V1_ALGS  "encryption_algorithm aes; hash_algorithm sha256; dh_group ecp256;\n"
#define V1_PLAIN V1_REMOTE("lifetime time 24 hours;\n", V1_ALGS)
#define V1_CONF  V1_PLAIN V1_SAINFO("lifetime time 8 hours;\n")
#define V1_PSK   "192.0.2.1 a secret of some length\n192.0.2.2 a secret of some length\n"

struct v1_pair {
	struct world *w;
	struct node *a, *b;
};

static inline struct v1_pair
v1_pair_with(struct world_options o, const char *conf_a, const char *conf_b, const char *psk_b)
{
	struct v1_pair p = { .w = world_new(&o) };

	ck_assert_ptr_nonnull(p.w);
	p.a = world_node(p.w, "a", "192.0.2.1", conf_a, V1_PSK);
	ck_assert_ptr_nonnull(p.a);
	p.b = world_node(p.w, "b", "192.0.2.2", conf_b, psk_b);
	ck_assert_ptr_nonnull(p.b);
	return p;
}

/* With a policy for everything between the two. */
static inline struct v1_pair
v1_pair_of(const char *conf_a, const char *conf_b)
{
	struct v1_pair p =
	    v1_pair_with((struct world_options){ .seed = 7 }, conf_a, conf_b, V1_PSK);
	struct policy_options po = { 0 };

	world_protect(p.a, p.b, &po);
	return p;
}

/* Free it; the models must have equalled their kernels. */
static inline void
v1_pair_end(struct v1_pair *p)
{
	const char *wrong = world_check(p->w);

	ck_assert_msg(wrong == NULL, "%s", wrong);
	world_free(p->w);
}

static inline void
v1_packet(struct v1_pair *p)
{
	node_send(p->a, p->b, 17, 1000, 2000);
}

/* The ISAKMP SA of |n| with |peer| that is in use. */
static inline struct ike_sa *
v1_ike_of(struct node *n, struct node *peer)
{
	struct ike_sa *ike = ike_find_for_peer(n->daemon, &n->addr, &peer->addr);

	ck_assert_ptr_nonnull(ike);
	ck_assert_ptr_eq(ike->ops, &v1_ops);
	return ike;
}

/* The child of |n| whose outbound half goes to |peer|, not one that retires. */
static inline struct child *
v1_child_of(struct node *n, struct node *peer)
{
	struct ike_sa *ike = v1_ike_of(n, peer);

	LIST_FOR(l, &ike->children)
	{
		struct child *c = container_of(l, struct child, link);
		if (c->state == CHILD_INSTALLED)
			return c;
	}
	ck_abort_msg("no child");
	return NULL;
}

static inline unsigned
v1_logged(const struct node *n, const char *text)
{
	unsigned count = 0;
	struct slice s = buf_slice(&n->log);
	size_t len = strlen(text);

	for (const uint8_t *p; s.n >= len && (p = memmem(s.p, s.n, text, len)) != NULL; count++)
		s = slice_of(p + len, s.n - (size_t)(p + len - s.p));
	return count;
}

/* Exactly one of each on both sides, and traffic in both directions. */
static inline void
v1_assert_up(struct v1_pair *p)
{
	ck_assert_uint_eq(node_pairs(p->a, p->b), 1);
	ck_assert_uint_eq(node_pairs(p->b, p->a), 1);
	ck_assert_uint_eq(node_ikes(p->a, p->b), 1);
	ck_assert_uint_eq(node_ikes(p->b, p->a), 1);
	ck_assert(world_flows(p->a, p->b, 0));
}

static inline int
v1_run(Suite *s)
{
	SRunner *sr = srunner_create(s);

	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}

#endif
