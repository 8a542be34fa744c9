/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reload [PEERS...]: what a reload costs a hub that has so many peers, 1,000 and 10,000 unless said otherwise, each with a section and two
 * policies of its own, an IKE SA and a pair of IPsec SAs; and what it costs to hand all of that to another process.
 *
 * The peers are one daemon with all their addresses.  Both ends are on simulated kernels.  Figures are CPU time of this process, the
 * simulated kernel's part included.
 */
#include "bench/bench.h"
#include "conf/conf.h"
#include "crypto/secret.h"
#include "sim/simkern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
	struct simkern   *k, *far_k;
	struct bench_node hub, far;
	struct bench_wire to_far, to_hub;
	unsigned          peers;
	char             *conf, *policies;      /* the hub's */
	char             *far_policies;
	size_t            cap;
	bool              taking;               /* the hub's policies name those of others, too */
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "reload: %s\n", what);
	exit(1);
}

static const char *
text_of(const struct addr *a, struct addr_buf *b)
{
	return addr_text(a, b);
}

static void
write_far_policies(struct bench *b)
{
	struct text p = text_in(b->far_policies, b->cap);

	for (unsigned i = 0; i < b->peers; i++) {
		struct addr us = bench_addr(1, i), peer = bench_addr(0, i);
		struct addr_buf x, y;
		text_addf(&p, "spdadd %s %s any -P out ipsec esp/transport//require;\n", text_of(&us, &x), text_of(&peer, &y));
		text_addf(&p, "spdadd %s %s any -P in ipsec esp/transport//require;\n", text_of(&peer, &y), text_of(&us, &x));
	}
}

/* The hub's configuration: |odd| is the section that differs, -1: none, -2: all do.  Likewise the policies' priority. */
static void
write_conf(struct bench *b, int odd, int odd_policy)
{
	struct text c = text_in(b->conf, b->cap), p = text_in(b->policies, b->cap);

	text_add(&c, "path pre_shared_key \"/psk\";\npolicy_file \"/hub.setkey\";\n");
	for (unsigned i = 0; i < b->peers; i++) {
		struct addr us = bench_addr(0, i), peer = bench_addr(1, i);
		struct addr_buf x, y;
		const char *prio = odd_policy == -2 || odd_policy == (int)i ? " prio def - 1" : "";
		text_addf(&c, "remote %s { exchange_mode ikev2; lifetime time 24 hours; nat_traversal off;%s\n"
		    " proposal { encryption_algorithm aes; hash_algorithm sha256; authentication_method pre_shared_key; dh_group ecp256; } }\n",
		    text_of(&peer, &x), odd == -2 || odd == (int)i ? " dpd_delay 77;" : "");
		text_addf(&p, "spdadd %s %s any -P out%s ipsec esp/transport//require;\n", text_of(&us, &x), text_of(&peer, &y), prio);
		text_addf(&p, "spdadd %s %s any -P in%s ipsec esp/transport//require;\n", text_of(&peer, &y), text_of(&us, &x), prio);
	}
	for (unsigned i = 0; i < b->peers && b->taking; i++) {
		struct addr us = bench_addr(0, i), other = bench_addr(2, i);
		struct addr_buf x, y;
		text_addf(&p, "spdadd %s %s any -P out prio def - 2 discard;\n", text_of(&us, &x), text_of(&other, &y));
	}
	text_add(&c, "sainfo anonymous { encryption_algorithm aes; authentication_algorithm hmac_sha256; compression_algorithm deflate;\n"
	    "  lifetime time 8 hours; }\n");
}

static void
pump(struct bench *b)
{
	bool moved;

	do {
		simkern_tick(b->k, bench_now());
		simkern_tick(b->far_k, bench_now());
		b->hub.real->ops->readable(b->hub.real);
		b->far.real->ops->readable(b->far.real);
		moved = bench_wire_deliver(&b->to_far, &b->far);
		moved = bench_wire_deliver(&b->to_hub, &b->hub) || moved;
	} while (moved);
	daemon_tick(b->hub.daemon, bench_now());
	daemon_tick(b->far.daemon, bench_now());
}

static void
meet_all(struct bench *b)
{
	ike_time begin = bench_now();

	for (unsigned i = 0; i < b->peers; i++) {
		struct sim_packet p = { .flow = { .src = bench_addr(0, i), .dst = bench_addr(1, i), .proto = 17 }, .len = 100 };
		struct sim_wire out;
		const char *why;
		(void)simkern_send(b->k, &p, &out, &why);
		pump(b);
	}
	while (b->hub.daemon->stats.child_up < b->peers && bench_now() - begin < SEC(120))
		pump(b);
	if (b->hub.daemon->stats.child_up < b->peers)
		die("not all peers are there");
}

static void
line(const struct bench *b, const char *what, double cpu)
{
	(void)printf("%6u peers: %-34s %9.2f ms\n", b->peers, what, cpu * 1e3);
	(void)fflush(stdout);
}

static void
reload(struct bench *b, const char *what, int odd, int odd_policy)
{
	struct conf *fresh;
	char why[300] = "", name[64];
	struct text t = text_in(why, sizeof(why));

	write_conf(b, odd, odd_policy);
	double cpu = bench_cpu();
	if (bench_node_parse(&b->hub, &fresh) != IKE_OK)
		die("the configuration has faults");
	double parsed = bench_cpu();
	b->hub.daemon->now = bench_now();
	if (reload_use(b->hub.daemon, fresh, &t) != IKE_OK)
		die(why);
	double done = bench_cpu();
	conf_unref(fresh);
	(void)snprintf(name, sizeof(name), "%s: parse", what);
	line(b, name, parsed - cpu);
	(void)snprintf(name, sizeof(name), "%s: compare and apply", what);
	line(b, name, done - parsed);
	pump(b);
}

/* Another program's, one for each peer. */
static void
add_foreign(struct bench *b)
{
	struct kern *k = simkern_other(b->k);

	for (unsigned i = 0; i < b->peers; i++) {
		struct sp_spec sp = { .id = { .dir = SP_OUT }, .priority = SP_PRIO_DEF, .action = SP_DISCARD };
		sp.id.sel.src = (struct prefix){ bench_addr(0, i), 32 };
		sp.id.sel.dst = (struct prefix){ bench_addr(2, i), 32 };
		if (k->ops->sp_install(k, &sp, false) != IKE_OK)
			die("no policy of another");
	}
	pump(b);
}

static void
take_and_give_back(struct bench *b)
{
	char why[300] = "";
	struct text t = text_in(why, sizeof(why));

	add_foreign(b);
	b->taking = true;
	reload(b, "policies of others", -2, -2);
	b->taking = false;
	double cpu = bench_cpu();
	if (reload_undo(b->hub.daemon, &t) != IKE_OK)
		die(why);
	line(b, "undo: given back", bench_cpu() - cpu);
	pump(b);
}

static void
hand_over(struct bench *b)
{
	double cpu = bench_cpu();

	if (daemon_hand_over(b->hub.daemon, bench_now(), &b->hub.left) != IKE_OK)
		die("no handover");
	line(b, "write the state", bench_cpu() - cpu);
	(void)printf("%6u peers: %zu bytes, %.0f a peer\n", b->peers, b->hub.left.n, (double)b->hub.left.n / b->peers);
	daemon_free(b->hub.daemon);
	cpu = bench_cpu();
	if (bench_node_start(&b->hub) != IKE_OK)
		die("no start");
	daemon_tick(b->hub.daemon, bench_now());
	line(b, "start with it", bench_cpu() - cpu);
	if (b->hub.daemon->ikes.ids.count != b->peers || b->hub.daemon->children.ids.count != b->peers)
		die("not all was taken over");
}

static void
run(unsigned peers)
{
	struct bench b = { .peers = peers, .cap = (size_t)peers * 320 + 1024 };
	char far_conf[1024];

	b.k = simkern_new(SIMKERN_ALL);
	b.far_k = simkern_new(SIMKERN_ALL);
	b.conf = malloc(b.cap);
	b.policies = malloc(b.cap);
	b.far_policies = malloc(b.cap);
	if (b.k == NULL || b.far_k == NULL || b.conf == NULL || b.policies == NULL || b.far_policies == NULL)
		die("out of memory");
	simkern_tick(b.k, bench_now());
	simkern_tick(b.far_k, bench_now());
	b.to_far.last = &b.to_far.first;
	b.to_hub.last = &b.to_hub.first;
	b.hub.real = simkern_kern(b.k);
	b.far.real = simkern_kern(b.far_k);
	b.hub.send = b.far.send = bench_wire_send;
	b.hub.send_arg = &b.to_far;
	b.far.send_arg = &b.to_hub;
	b.hub.policy_text = b.policies;
	b.far.policy_text = b.far_policies;
	write_conf(&b, -1, -1);
	write_far_policies(&b);
	bench_conf(far_conf, sizeof(far_conf), 2, "ecp256");
	(void)strcat(far_conf, "policy_file \"/far.setkey\";\n");
	if (bench_node_open(&b.hub, 0, peers, b.conf) != IKE_OK || bench_node_open(&b.far, 1, peers, far_conf) != IKE_OK)
		die("no daemon");
	meet_all(&b);
	reload(&b, "nothing changed", -1, -1);
	reload(&b, "one section", 17, -1);
	reload(&b, "all sections", -2, -1);
	reload(&b, "one policy", -2, 17);
	reload(&b, "all policies", -2, -2);
	take_and_give_back(&b);
	hand_over(&b);
	if (b.hub.daemon->stats.child_up != peers)
		die("something was made anew");
	bench_node_close(&b.hub);
	bench_node_close(&b.far);
	simkern_free(b.k);
	simkern_free(b.far_k);
	free(b.conf);
	free(b.policies);
	free(b.far_policies);
}

int
main(int argc, char **argv)
{
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++)
		run((unsigned)strtoul(argv[i], NULL, 10));
	if (argc == 1) {
		run(1000);
		run(10000);
	}
	return 0;
}
