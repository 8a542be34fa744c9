/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * audit [sim|xfrm|pfkey [SAS [POLICIES...]]]: what it costs to compare the model with a kernel that holds that much, 10,000 SAs and
 * 2,000 to 20,000 policies unless said otherwise.
 *
 * Another program fills the kernel.  The model learns everything by its first reconciliation, takes it for its own, and then
 * compares again and again, as the audit does.  Figures are CPU time of this process, the kernel's part included, and of the heap
 * only what the model took.  A real kernel is used in a network namespace of its own.
 */
#include "bench/bench.h"
#include "kern/kern.h"
#include "sadb/sadb.h"
#include "sim/simkern.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 7 };

struct bench {
	const char *name;
	struct simkern *sim; /* or */
	struct kern *ours, *other;
};

static bool
open_kernel(struct bench *b)
{
	const struct kern_options o = { .events = false };
	char buf[200];
	struct text why = text_in(buf, sizeof(buf));

	if (strcmp(b->name, "sim") == 0) {
		b->sim = simkern_new(SIMKERN_ALL);
		if (b->sim == NULL)
			return false;
		simkern_tick(b->sim, SEC(1));
		b->ours = simkern_kern(b->sim);
		b->other = simkern_other(b->sim);
		return true;
	}
	if (unshare(CLONE_NEWNET) != 0)
		text_add(&why, strerror(errno));
	else if (kern_open(b->name, &o, &why, &b->ours) == IKE_OK &&
		 kern_open(b->name, &o, &why, &b->other) == IKE_OK)
		return true;
	printf("audit %s: skipped: %s\n", b->name, buf);
	return false;
}

static void
close_kernel(struct bench *b)
{
	if (b->sim != NULL) {
		simkern_free(b->sim);
		return;
	}
	kern_close(b->other);
	kern_close(b->ours);
}

/* --- filling --- */

static struct addr
host(unsigned side, unsigned i)
{
	return (struct addr){ .family = 4,
		.b = { 10, (uint8_t)(side * 100 + (i >> 16)), (uint8_t)(i >> 8), (uint8_t)i } };
}

/* Pairs, out and in, as a mesh has them. */
static bool
add_sa(struct bench *b, unsigned i)
{
	struct addr us = host(1, 1), peer = host(2, i / 2);
	struct sa_spec s = { .id = { .proto = PROTO_ESP, .spi = 0x10000 + i, .dst = i % 2 ? us : peer },
		.src = i % 2 ? peer : us,
		.mode = MODE_TRANSPORT,
		.reqid = SADB_REQID_FIRST + i / 2 % 1000,
		.encr = ENCR_AES_CBC,
		.encr_bits = 128,
		.integ = INTEG_HMAC_SHA1_96,
		.replay_window = 32,
		.life = { .soft_sec = 25000, .hard_sec = 28800 } };
	struct sa_keys k = { .encr_len = 16, .integ_len = 20 };

	memset(k.encr, (int)(i % 250 + 1), sizeof(k.encr));
	memset(k.integ, (int)(i % 250 + 1), sizeof(k.integ));
	return b->other->ops->sa_install(b->other, &s, &k, false) == IKE_OK;
}

static struct sp_spec
policy(unsigned i)
{
	struct sp_spec sp = { .id = { .dir = i % 2 ? SP_IN : SP_OUT },
		.priority = SP_PRIO_DEF,
		.action = SP_IPSEC,
		.ntmpl = 1,
		.tmpl = { { .proto = PROTO_ESP, .mode = MODE_TRANSPORT, .level = SP_REQUIRE, .reqid = 1 + i / 2 % 1000 } } };
	struct prefix us = { host(1, 1), 32 }, peer = { host(2, i / 2), 32 };

	sp.id.sel = (struct sa_selector){ .src = i % 2 ? peer : us, .dst = i % 2 ? us : peer };
	return sp;
}

static bool
fill(struct bench *b, unsigned sas, unsigned policies)
{
	for (unsigned i = 0; i < sas; i++)
		if (!add_sa(b, i)) {
			printf("audit %s: skipped: %s\n", b->name, b->other->reason);
			return false;
		}
	for (unsigned i = 0; i < policies; i++) {
		struct sp_spec sp = policy(i);

		if (b->other->ops->sp_install(b->other, &sp, false) != IKE_OK) {
			printf("audit %s: skipped: %s\n", b->name, b->other->reason);
			return false;
		}
	}
	return true;
}

/* --- measuring --- */

static void
no_random(void *arg, void *buf, size_t n)
{
	(void)arg;
	memset(buf, 5, n);
}

static void
changed(void *arg, const struct sadb_change *c)
{
	(void)arg;
	(void)c;
}

static bool
is_ours_sa(void *arg, const struct sa_spec *s)
{
	(void)arg;
	(void)s;
	return true;
}

static bool
is_ours_sp(void *arg, const struct sp_spec *s)
{
	(void)arg;
	(void)s;
	return true;
}

struct cost {
	double cpu_ms, wall_ms;
};

static ike_err
reconcile(struct sadb *db)
{
	return sadb_resync(db, SEC(1));
}

static struct cost
cost_of(struct sadb *db, ike_err (*look)(struct sadb *db))
{
	double cpu = bench_cpu();
	ike_time wall = bench_now();

	if (look(db) != IKE_OK)
		printf("audit: a reconciliation failed\n");
	return (struct cost){ (bench_cpu() - cpu) * 1e3, (double)(bench_now() - wall) / 1e6 };
}

/* The least of some: what it costs when nothing else runs. */
static struct cost
least_cost_of(struct sadb *db, ike_err (*look)(struct sadb *db))
{
	struct cost least = { 1e9, 1e9 };

	for (int i = 0; i < ROUNDS; i++) {
		struct cost c = cost_of(db, look);

		least.cpu_ms = c.cpu_ms < least.cpu_ms ? c.cpu_ms : least.cpu_ms;
		least.wall_ms = c.wall_ms < least.wall_ms ? c.wall_ms : least.wall_ms;
	}
	return least;
}

static void
measure(struct bench *b, unsigned sas, unsigned policies)
{
	static const uint8_t seed[16] = { 1 };
	const struct sadb_env env = { .random = no_random,
		.changed = changed,
		.ours_sa = is_ours_sa,
		.ours_sp = is_ours_sp };
	size_t heap = bench_heap();
	struct sadb *db = sadb_new(b->ours, seed, &env);
	struct cost first, audit, poll, repair;
	struct sadb_counts n;

	if (db == NULL)
		return;
	first = cost_of(db, reconcile);
	heap = bench_heap() - heap;
	audit = least_cost_of(db, reconcile);
	poll = least_cost_of(db, sadb_poll);
	(void)!b->other->ops->sp_flush(b->other);
	repair = cost_of(db, reconcile);
	sadb_count(db, &n);
	printf("audit %s: %u SAs, %u policies: first %.1f ms, audit %.1f ms CPU (%.1f ms wall), traffic read %.1f ms (%.1f ms wall), all policies put back %.1f ms, "
	       "model %.1f MB (%zu bytes an SA or policy); %u SAs and %u policies are ours\n",
	    b->name, sas, policies, first.cpu_ms, audit.cpu_ms, audit.wall_ms, poll.cpu_ms, poll.wall_ms, repair.cpu_ms, (double)heap / 1e6,
	    heap / (sas + policies + 1), n.sa_ours + n.sa_adopted, n.sp_ours);
	sadb_free(db);
}

static bool
run(const char *name, unsigned sas, unsigned policies)
{
	struct bench b = { .name = name };
	bool ok = open_kernel(&b);

	if (ok && (ok = fill(&b, sas, policies)))
		measure(&b, sas, policies);
	if (b.ours != NULL)
		close_kernel(&b);
	return ok;
}

int
main(int argc, char **argv)
{
	static const char *const names[] = { "sim", "xfrm", "pfkey" };
	static const unsigned policies[] = { 2000, 5000, 20000 };
	unsigned sas = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 10000;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (argc > 1 && strcmp(argv[1], names[i]) != 0)
			continue;
		for (int j = 3; j < argc; j++)
			(void)run(names[i], sas, (unsigned)strtoul(argv[j], NULL, 10));
		for (size_t j = 0; argc <= 3 && j < sizeof(policies) / sizeof(policies[0]); j++)
			if (!run(names[i], sas, policies[j]))
				break;
	}
	return 0;
}
