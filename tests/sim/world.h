/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * world - several daemons, their kernels, a network and clocks in one process, from a seed.
 *
 * Nothing here is real but the daemon: time jumps from event to event, the kernel is simkern, datagrams and packets travel
 * through a network that delays, loses, doubles and reorders as the seed says. Equal seeds and equal calls give equal
 * transcripts, to the byte.  A world that is told to fail leaves a capture and its keys.
 *
 * The world owns its nodes; all pointers die with world_free().
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "ringtail/daemon.h"
#include "sim/simkern.h"

#define WORLD_NODES 64

struct world_options {
	uint64_t seed;
	ike_time latency;          /* one way; 0: 10 ms */
	ike_time jitter;           /* added at random, 0: none: no reordering */
	unsigned loss, duplicate;  /* percent of datagrams */
	unsigned mtu;              /* datagrams above are lost; 0: no limit */
	unsigned drop_nth;         /* this datagram (1 = first) is lost; 0: none */
	bool     no_pcap;          /* keep no capture (benchmarks) */
};

struct node {
	struct world   *w;
	unsigned        index;
	const char     *name;
	struct addr     addr;
	struct daemon  *daemon;       /* NULL while it is down */
	struct simkern *kern;
	struct crypto  *crypto;
	struct conf    *conf;
	const char     *conf_text, *psk;
	struct logger   logger;
	struct buf      log;          /* all of it, for expectations */
	struct buf      answer;       /* the last control answer */
	uint64_t        seen_event;   /* of daemon->events */
	bool            cut;          /* off the network */
	unsigned        generation;   /* restarts so far */
	/* packets that this node sent, by fate */
	unsigned        sent, clear, protected, held, delivered, dropped;
};

struct world {
	struct world_options opt;
	ike_time        now;
	uint64_t        rng;
	struct node     node[WORLD_NODES];
	unsigned        n_nodes;
	struct flight  *flights;      /* in order of arrival */
	uint64_t        n_datagrams;  /* IKE datagrams handed to the network */
	uint64_t        n_flights;
	uint64_t        transcript;   /* hash of all that was sent, when, and logged */
	struct buf      pcap, keys;
	unsigned        max_pairs;    /* most outbound SAs from one node to another seen at once */
	const char     *why_dropped;  /* of the last packet that was */
	ike_err         error;        /* a node could not be made */
	bool            nat;          /* a NAT between nodes 0 and the rest: rewrites node 0's address and ports */
};

struct world *world_new(const struct world_options *opt);
void          world_free(struct world *w);

/*
 * Add a host with one address, its configuration and psk.txt ("/psk" in the configuration), texts borrowed.  Its daemon starts
 * at once. NULL when out of memory or the configuration is refused: w->error.
 */
struct node *world_node(struct world *w, const char *name, const char *addr, const char *conf, const char *psk);

/* Stop a daemon as SIGKILL does, or (|term|) as TERM; its kernel stays. */
void node_stop(struct node *n, bool term);
/* Start it again. */
ike_err node_start(struct node *n);

/* Take one node off the network, or put it back. */
void node_cut(struct node *n, bool cut);

/* Pass time until |until|, or for |span|. */
void world_run_to(struct world *w, ike_time until);
void world_run(struct world *w, ike_time span);
/* Until |cond| holds or |span| is over: did it hold? */
bool world_run_until(struct world *w, bool (*cond)(struct world *w, void *arg), void *arg, ike_time span);

/* Policies as setkey writes them, both directions on both hosts.  |port| 0: any; on |b|'s side. */
struct policy_options {
	uint8_t  mode;       /* MODE_TRANSPORT, MODE_TUNNEL */
	uint8_t  proto;      /* upper protocol, 0: any */
	uint16_t port;
	uint8_t  level;      /* SP_REQUIRE by default (0) */
	uint32_t reqid;
	uint8_t  ipsec;      /* PROTO_ESP by default (0) */
};
void world_protect(struct node *a, struct node *b, const struct policy_options *po);

/* One packet from |a| to |b|; its fate is in the counters of |a| when it has arrived. */
void node_send(struct node *a, struct node *b, uint8_t proto, uint16_t sport, uint16_t dport);

/* |count| packets each way between |a| and |b|, |gap| apart, while time passes. */
void world_traffic(struct node *a, struct node *b, unsigned count, ike_time gap);

/* Does a packet pass, protected, in both directions right now (after at most |span|, with a try every second)? */
bool world_flows(struct node *a, struct node *b, ike_time span);

/* Outbound SAs of |a| towards |b| in |a|'s kernel. */
unsigned node_pairs(struct node *a, struct node *b);
/* IKE SAs of |a| with |b| that are up. */
unsigned node_ikes(struct node *a, struct node *b);

/* All models against their kernels and themselves: NULL, or what is wrong. */
const char *world_check(struct world *w);

/* Does the log of |n| contain |text|? */
bool node_logged(const struct node *n, const char *text);

/* Send a control command and return the (text) answer; see ctl/. */
const char *node_ctl(struct node *n, const char *command);

/* Leave capture, keys and logs as FILES-<name>.* in the current directory. */
void world_leave(struct world *w, const char *name);

/* Random number of the world's own. */
uint32_t world_random(struct world *w);

/* For the pieces of the world. */
void net_send(struct node *from, const struct dgram *d);
void net_packet(struct node *from, struct node *to, const struct sim_wire *wire);
ike_time net_next(const struct world *w);
void net_deliver(struct world *w);
void net_free(struct world *w);
void world_note(struct world *w, struct slice bytes);
struct node *world_at(struct world *w, const struct addr *a);
void capture_dgram(struct world *w, const struct dgram *d);
void capture_keys(struct node *n);

#endif
