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

#include "crypto/secret.h"
#include "ringtail/daemon.h"
#include "sim/simkern.h"

#define WORLD_NODES 64

struct world;
struct node;

struct world_options {
	uint64_t seed;
	ike_time latency;          /* one way; 0: 10 ms */
	ike_time jitter;           /* added at random, 0: none: no reordering */
	ike_time lag;              /* until a daemon has read a datagram: packets that were sent later are there before */
	unsigned loss, duplicate;  /* percent of datagrams */
	unsigned reorder;          /* percent of datagrams that come three latencies late */
	unsigned mtu;              /* datagrams above are lost; 0: no limit */
	unsigned drop_nth;         /* this datagram (1 = first) is lost; 0: none */
	bool     no_pcap;          /* keep no capture (benchmarks) */
	bool     debug2;           /* the highest log level */
};

#define NAT_PORTS 4

/* A box in front of a node that rewrites its address and ports. */
struct nat {
	struct addr     outside;              /* family 0: none */
	uint16_t        inner[NAT_PORTS];     /* 0: free */
	uint16_t        outer[NAT_PORTS];
	uint16_t        next;                 /* outer port of the next mapping */
};

/* Somebody on the path: sees each IKE datagram that a node sends, may lose it (false) or put other bytes in (kept by the tap). */
typedef bool tap_fn(struct world *w, struct node *from, struct dgram *d, void *arg);

/* A datagram as it was sent. */
struct taped {
	ike_time        when;
	unsigned        from;         /* index of the node */
	struct endpoint src, dst;
	bool            natt;
	struct buf      data;
};

struct tape {
	struct taped   *v;
	size_t          n;
};

/* A file of the node's daemon: see file_load of struct env. */
struct node_file {
	char            name[32];
	struct buf      text;
};

#define NODE_FILES 8

/* A file that configurations name: policy_file, include; hosts do not have files of their own. */
struct world_text {
	const char     *path;
	const char     *text;         /* NULL: it cannot be read */
};

#define WORLD_TEXTS 16

struct node {
	struct world   *w;
	unsigned        index;
	const char     *name;
	struct addr     addr;
	struct daemon  *daemon;       /* NULL while it is down */
	struct simkern *kern;
	struct crypto  *crypto;
	struct conf    *conf;
	const char     *conf_text, *psk;    /* psk NULL: it cannot be read */
	struct logger   logger;
	struct buf      log;          /* all of it, for expectations */
	struct buf      answer;       /* the last control answer */
	uint64_t        seen_event;   /* of daemon->events */
	bool            cut;          /* off the network */
	uint64_t        apart;        /* bits of the nodes that it cannot reach */
	struct nat      nat;
	unsigned        generation;   /* restarts so far */
	struct node_file file[NODE_FILES];   /* outlive the daemon; name empty: none */
	struct secret   left;         /* what its daemon handed over, for the next one */
	uint8_t         boot_id[16];  /* of its machine */
	bool            disk_full;    /* its files cannot be written */
	int64_t         wall_ahead;   /* see node_set_wall() */
	bool            asleep;       /* suspended: nothing of it runs */
	/* packets that this node sent, by fate */
	unsigned        sent, clear, protected, held, delivered, dropped;
	uint64_t        reached;      /* bits of the nodes that a packet of this one has got to */
	unsigned        interrupted;  /* packets to one of these that did not get there */
};

struct world {
	struct world_options opt;
	ike_time        now;
	uint64_t        rng;
	struct node     node[WORLD_NODES];
	unsigned        n_nodes;
	struct flight  *flights;      /* in order of arrival */
	bool            v1_spoken;    /* IKEv1 was */
	uint64_t        n_datagrams;  /* IKE datagrams handed to the network */
	uint64_t        n_flights;
	uint64_t        transcript;   /* hash of all that was sent, when, and logged */
	struct buf      pcap, keys, v1_keys;
	unsigned        max_pairs;    /* most outbound SAs from one node to another seen at once */
	const char     *why_dropped;  /* of the last packet that was */
	ike_err         error;        /* a node could not be made */
	tap_fn         *tap;
	void           *tap_arg;
	struct tape    *tape;         /* keeps a copy of every datagram sent, if set */
	unsigned        features;     /* of the kernels of nodes to come */
	struct world_text text[WORLD_TEXTS];
};

struct world *world_new(const struct world_options *opt);
void          world_free(struct world *w);

/*
 * Add a host with one address, its configuration and psk.txt ("/psk" in the configuration), texts borrowed.  Its daemon starts
 * at once. NULL when out of memory or the configuration is refused: w->error.
 */
struct node *world_node(struct world *w, const char *name, const char *addr, const char *conf, const char *psk);

/* Put a file where configurations find it, in place of one of that name; both borrowed. */
void world_put(struct world *w, const char *path, const char *text);

/* Stop a daemon as SIGKILL does, or (|term|) as TERM; its kernel stays. */
void node_stop(struct node *n, bool term);
/* Stop it as `ikectl shutdown --close` does: peers are told, its SAs go. */
void node_close(struct node *n);
/* Start it again. */
ike_err node_start(struct node *n);
/*
 * Stop it as the service manager does for a restart: all of its state is in n->left for node_start(), and what arrives meanwhile
 * waits in its sockets.  IKE_E_NOMEM ...: it runs on.
 */
ike_err node_hand_over(struct node *n);
/* Power off: the daemon is killed, SAD, SPD and the files of the runtime directory are empty when it is started next. */
void node_power_off(struct node *n);
/* The text of a file of the node's daemon ("run/NAME"), empty: there is none. */
struct slice node_file(const struct node *n, const char *name);
/* Put another text in its place; empty: the file goes.  |text| is copied and may be what node_file() gave. */
void node_set_file(struct node *n, const char *name, struct slice text);

/* Somebody sets its wall clock, |ahead| seconds away from where it was at first. */
void node_set_wall(struct node *n, int64_t ahead);

/* Suspend the machine, or resume it: its clock goes on, nothing else does, and what is sent to it is lost. */
void node_sleep(struct node *n, bool asleep);

/* Take one node off the network, or put it back. */
void node_cut(struct node *n, bool cut);

/* Let no datagram or packet pass between two nodes, or let them again. */
void node_apart(struct node *a, struct node *b, bool apart);

/* Put the node behind a NAT box with this address outside, and give it new ports there.  ESP does not pass such a box. */
void node_nat(struct node *n, const char *outside);
void node_nat_rebind(struct node *n);

/* A datagram from anywhere: arrives at |dst| after |delay|, whatever the network does to others.  |data| is copied. */
void world_inject(struct world *w, const struct endpoint *src, const struct endpoint *dst, struct slice data, ike_time delay);

/* Another configuration for a node, at once (as by a reload).  IKE_E_SYNTAX, IKE_E_NOMEM. */
MUST_USE ike_err node_configure(struct node *n, const char *conf);

void tape_free(struct tape *t);

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
/* The same on host |at| only, which is |a| or |b|. */
void world_protect_at(struct node *at, struct node *a, struct node *b, const struct policy_options *po);

/* One packet from |a| to |b|; its fate is in the counters of |a| when it has arrived. */
void node_send(struct node *a, struct node *b, uint8_t proto, uint16_t sport, uint16_t dport);

/* |count| packets each way between |a| and |b|, |gap| apart, while time passes. */
void world_traffic(struct node *a, struct node *b, unsigned count, ike_time gap);

/* Does a packet pass, protected, in both directions right now (after at most |span|, with a try every second)? */
bool world_flows(struct node *a, struct node *b, ike_time span);

/* Outbound SAs of |a| towards |b| in |a|'s kernel. */
unsigned node_pairs(struct node *a, struct node *b);
/* Has |a| exactly one SA towards |b|, and |b| the same?  NULL, or what is wrong. */
const char *node_sends_well(struct node *a, struct node *b);
/* IKE SAs of |a| with |b| that are up. */
unsigned node_ikes(struct node *a, struct node *b);

/* All models against their kernels and themselves: NULL, or what is wrong. */
const char *world_check(struct world *w);
/* Has every SA in a kernel its other end in the kernel it leads to?  Only when nothing is under way.  NULL, or what is wrong. */
const char *world_agree(struct world *w);
/* Most IKE SAs of any kind in any node, and children. */
unsigned node_all_ikes(const struct node *n);
unsigned node_all_children(const struct node *n);

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
void capture_dgram(struct world *w, const struct dgram *d);
void capture_keys(struct node *n);
void capture_unfinished(struct node *n);

#endif
