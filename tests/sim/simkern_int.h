/* SPDX-License-Identifier: BSD-3-Clause */
/* simkern_int - what the files of simkern share. */
#ifndef SIM_SIMKERN_INT_H
#define SIM_SIMKERN_INT_H

#include "sim/simkern.h"
#include "util/heap.h"
#include "util/htab.h"
#include "util/list.h"

enum { TIMER_SA, TIMER_SP };

enum { PID_DAEMON = 1, PID_OTHER = 2 }; /* in events; 0 is the kernel itself */

struct sim_sa {
	struct list link; /* all, oldest first */
	struct hnode by_spi, by_pair;
	struct timer timer;
	struct sa_spec spec;
	struct sa_usage u;
	uint64_t digest;
	uint64_t serial; /* order of creation */
	uint64_t replay; /* bits: the 64 sequence numbers up to u.seq */
	ike_time born;
	bool larval, dying;
};

struct sim_sp {
	struct list link;
	struct hnode by_id, by_pair;
	struct list inexact; /* of those that are not host to host */
	struct timer timer;
	struct sp_spec spec;
	uint64_t pos; /* age among equals */
	bool is_exact;
};

struct sim_event {
	struct sim_event *next;
	struct kern_event ev;
};

struct sim_handle {
	struct kern kern;
	struct simkern *k;
	uint32_t pid;
};

#define SIM_COUNTERS 16

struct simkern {
	struct sim_handle daemon, other;
	unsigned features;
	ike_time now;
	int64_t wall_ahead; /* seconds */
	struct list sas, sps, inexact;
	struct htab sa_by_spi, sa_by_pair, sp_by_id, sp_by_pair;
	struct heap timers;
	struct sim_event *first, **last;
	size_t nevents, event_limit;
	bool overrun, echo;
	unsigned muted;
	unsigned calls, fail_in;
	int fail_errnum;
	bool fail_after;
	bool fail_puts; /* only requests that put an SA or its SPI there count */
	uint32_t acq_expires, acq_seq, next_index;
	uint64_t next_serial;
	bool (*local)(void *arg, const struct addr *a);
	void *local_arg;
	struct {
		const char *name;
		uint64_t n;
	} counter[SIM_COUNTERS];
};

/* simkern.c */

struct sim_sa *
sim_sa_find(const struct simkern *k, const struct sa_id *id);

/* The first SA, larval or not, from |src| to |dst|, and the next after |x|. */
struct sim_sa *
sim_sa_between(const struct simkern *k, const struct addr *src, const struct addr *dst);
struct sim_sa *
sim_sa_between_next(const struct simkern *k, const struct sim_sa *x);

/* A larval state that ends after acq_expires; NULL when out of memory. */
struct sim_sa *
sim_sa_larval(struct simkern *k, const struct sa_spec *spec);

void
sim_sa_remove(struct simkern *k, struct sim_sa *x);

/* The SA has used up what it may: HARD is reported and it goes. */
void
sim_sa_expire(struct simkern *k, struct sim_sa *x);

/* simkern_check.c */

/* What the kernel's init_state functions refuse: an errno, or 0. */
int
sim_check_install(const struct simkern *k, const struct sa_spec *s, const struct sa_keys *keys);

/* Of keys, algorithms and truncation: equal at both ends, or packets are dropped. */
uint64_t
sim_digest(const struct sa_spec *s, const struct sa_keys *keys);

/* simkern_event.c */

void
sim_report(struct simkern *k, const struct kern_event *ev);
void
sim_report_sa(struct simkern *k, enum kern_event_kind kind, const struct sim_sa *x, uint32_t pid);
void
sim_report_sp(struct simkern *k, enum kern_event_kind kind, const struct sp_spec *sp, uint32_t pid);
void
sim_deliver(struct kern *kern);
void
sim_free_events(struct simkern *k);

/* simkern_sp.c */

struct sim_sp *
sim_sp_find(const struct simkern *k, const struct sp_id *id);
struct sim_sp *
sim_sp_lookup(const struct simkern *k, enum sp_dir dir, const struct sa_flow *flow);

void
sim_sp_init(struct simkern *k, const uint8_t seed[16]);
void
sim_sp_fini(struct simkern *k);
void
sim_sp_remove(struct simkern *k, struct sim_sp *p);

/* errno values of the kernel, 0: done.  |pid| is who asks. */
int
sim_sp_install(struct simkern *k, const struct sp_spec *sp, bool replace, uint32_t pid);
int
sim_sp_delete(struct simkern *k, const struct sp_id *id, uint32_t pid);
int
sim_sp_flush(struct simkern *k, uint32_t pid);

static inline uint64_t
sim_wall(const struct simkern *k)
{
	return (uint64_t)((int64_t)SIMKERN_EPOCH + k->wall_ahead + k->now / SEC(1));
}

#endif
