/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * simkern - a kernel for the simulated world: struct kern_ops with the lookup rules of Linux XFRM, and a data path.
 *
 * SAs are keyed by destination, SPI and protocol; policies by direction, selector, mark and interface.  Packets
 * pass through policy lookup (smallest priority value, then oldest), outbound SA choice (reqid, protocol, mode and
 * addresses equal to the template's; not dying before dying; newest first), ACQUIRE (once per template and pair,
 * then silence until the larval state is resolved or expires), and on the way in SA lookup, integrity (a digest of
 * keys and algorithms travels with the packet) and the check against the inbound policy.  What is dropped is
 * counted under the names of /proc/net/xfrm_stat.
 *
 * Time is what simkern_tick() last said.  Events are queued and come through ops->readable() only.  Nothing is
 * random.  The caller owns the simkern; struct kern pointers to it die with it.
 */
#ifndef SIM_SIMKERN_H
#define SIM_SIMKERN_H

#include "sadb/kern_ops.h"

struct simkern;

#define SIMKERN_EPOCH 1700000000u /* wall clock seconds at time 0 */
#define SIMKERN_ALL                                                                           \
	(KERN_ESP | KERN_AH | KERN_IPCOMP | KERN_ESN | KERN_MARK | KERN_IFID | KERN_MIGRATE | \
	    KERN_EVENTS_ALL)

/* NULL when out of memory.  |features| are enum kern_feature; what is missing is refused with EPROTONOSUPPORT. */
struct simkern *
simkern_new(unsigned features);

void
simkern_free(struct simkern *k);

/* The interface for the daemon, whose requests can be made to fail. */
struct kern *
simkern_kern(struct simkern *k);

/*
 * The same kernel as another program sees it (setkey, ip xfrm): never fails by simkern_fail(), another pid in
 * events.
 */
struct kern *
simkern_other(struct simkern *k);

/* Advance to |now|: lifetimes and larval states end.  Also once before anything else. */
void
simkern_tick(struct simkern *k, ike_time now);

ike_time
simkern_deadline(const struct simkern *k);

/* Somebody has set the wall clock, |ahead| seconds away from where it was at first. */
void
simkern_set_wall(struct simkern *k, int64_t ahead);

/* Seconds a larval state lives (net.core.xfrm_acq_expires); 30 at first. */
void
simkern_set_acq_expires(struct simkern *k, uint32_t seconds);

/* Which addresses are ours: packets for others are forwarded (SP_FWD instead of SP_IN).  Without this all are. */
void
simkern_set_local(struct simkern *k, bool (*local)(void *arg, const struct addr *a), void *arg);

/* Packets. */

struct sim_packet {
	struct sa_flow flow;
	uint32_t len;
	uint64_t tag; /* the test's: travels unchanged */
};

struct sim_layer {
	uint8_t proto; /* enum prop_proto */
	uint8_t mode;
	uint32_t spi, seq;
	struct addr src, dst; /* outer addresses behind this layer */
	uint16_t encap_sport, encap_dport;
	uint64_t digest; /* of keys, algorithms, truncation */
};

/* What is on the wire: no layers = in clear; layer[nlayers - 1] is the outermost. */
struct sim_wire {
	uint8_t nlayers;
	struct sim_layer layer[SP_MAX_TMPL];
	struct sim_packet inner;
};

enum sim_verdict { SIM_CLEAR, SIM_PROTECTED, SIM_DELIVERED, SIM_DROPPED };

/*
 * A packet leaves this host: SIM_CLEAR or SIM_PROTECTED with |*out| set, or SIM_DROPPED with |*why| a counter's
 * name.
 */
enum sim_verdict
simkern_send(struct simkern *k, const struct sim_packet *p, struct sim_wire *out, const char **why);

/* A packet arrives: SIM_DELIVERED (to this host or onwards), or SIM_DROPPED with |*why| a counter's name. */
enum sim_verdict
simkern_receive(struct simkern *k, const struct sim_wire *w, const char **why);

/* Packets dropped under |name| ("XfrmInNoStates"). */
uint64_t
simkern_counter(const struct simkern *k, const char *name);

/* Faults. */

/*
 * Let the |n|th request from now on (1 = next; get and dump count, too) through simkern_kern() fail with |errnum|;
 * 0: none.  |after|: the work is done all the same, only the answer is bad, as when an acknowledgement is lost.
 */
void
simkern_fail(struct simkern *k, unsigned n, int errnum, bool after);

/* The same for the |n|th request to reserve an SPI or to install an SA; others do not count. */
void
simkern_refuse(struct simkern *k, unsigned n, int errnum);

/* Requests through simkern_kern() so far. */
unsigned
simkern_calls(const struct simkern *k);

/*
 * Report to simkern_kern() what it did itself, too, as PF_KEY does.  At first it is not, as with the XFRM back end;
 * an overrun can happen only by what is reported.
 */
void
simkern_set_echo(struct simkern *k, bool echo);

/* Events of the kinds in |mask| (1 << enum kern_event_kind) are not reported from now on. */
void
simkern_mute(struct simkern *k, unsigned mask);

/* Most events that wait; what comes on top is lost and KERN_EV_OVERRUN reported.  0: no limit. */
void
simkern_set_event_limit(struct simkern *k, size_t n);

/* Lose all events that wait; |tell|: with KERN_EV_OVERRUN. */
void
simkern_drop_events(struct simkern *k, bool tell);

/* Report |ev| as it stands, whether true or not. */
void
simkern_forge(struct simkern *k, const struct kern_event *ev);

/* Events waiting for ops->readable(). */
size_t
simkern_pending(const struct simkern *k);

/* Contents: number of SAs (without larval ones) and of policies. */
size_t
simkern_sa_count(const struct simkern *k);
size_t
simkern_sp_count(const struct simkern *k);

#endif
