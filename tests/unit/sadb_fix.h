/* SPDX-License-Identifier: BSD-3-Clause */
/* sadb_fix - a database over a simulated kernel, with everything it publishes written down; shared by its tests. */
#ifndef TESTS_SADB_FIX_H
#define TESTS_SADB_FIX_H

#include "sadb/sadb.h"
#include "sim/simkern.h"

#define FIX_CHANGES 256

struct fix_change {
	enum sadb_change_kind kind;
	uint64_t id, user;
	uint32_t spi, seq;
	bool readable; /* the row could be read in the callback */
};

struct fix {
	struct simkern *k;
	struct kern *kern, *other;
	struct sadb *db;
	ike_time now;
	uint64_t rng;
	struct fix_change change[FIX_CHANGES];
	size_t n;
	bool release_on_end; /* the callback releases what ended */
	uint32_t ours_reqid; /* SAs and policies with this reqid are ours; 0: none */
};

/* False when out of memory; fix_close() in any case. */
bool
fix_open(struct fix *f);
void
fix_close(struct fix *f);

/* A second database over the same kernel, as after a restart; false when out of memory. */
bool
fix_restart(struct fix *f);

/* Deliver events, run what is due, until nothing is left. */
void
fix_pump(struct fix *f);

/* Let time pass and pump. */
void
fix_wait(struct fix *f, ike_time span);

/* How often |kind| was published; and forget all. */
size_t
fix_count(const struct fix *f, enum sadb_change_kind kind);
void
fix_forget(struct fix *f);

/* Assertions with the reason: the model's invariants hold; and the kernel equals it. */
void
fix_check(struct fix *f);
void
fix_equal(struct fix *f);

struct addr
fix_addr(const char *s);

/* 192.0.2.|i|: we are .1, peers are above. */
struct addr
fix_host(unsigned i);

/* AES-CBC with SHA-256, transport; SPI 0 is left for the caller. */
struct sa_spec
fix_sa(
    const struct addr *src, const struct addr *dst, enum sa_dir dir, uint32_t spi, uint32_t reqid);
struct sa_keys
fix_keys(uint8_t seed);

/*
 * Between us and .2, reqid 7, ESP transport: reserve; install what is reserved; install with the peer's SPI.  All
 * must succeed.
 */
uint64_t
fix_reserve(struct fix *f, ike_time until);
uint64_t
fix_install_in(struct fix *f, uint64_t id, struct sa_life life);
uint64_t
fix_install_out(struct fix *f, uint32_t spi, struct sa_life life);

/* A transport policy between two hosts, protocol |proto|, ESP required. */
struct sp_spec
fix_sp(
    enum sp_dir dir, const struct addr *src, const struct addr *dst, uint8_t proto, uint32_t reqid);

struct sim_packet
fix_packet(
    const struct addr *src, const struct addr *dst, uint8_t proto, uint16_t sport, uint16_t dport);

#endif
