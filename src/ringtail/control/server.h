/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * server - inside the control server: one request being answered, and who waits or follows.
 *
 * A handler fills in the result record of its call, or fails it with words; the server adds the rest and sends it.  What must
 * not happen inside an entry point (the end) is left for its end: control_flush().  A client is
 * remembered only while it follows events or waits for the outcome of what it asked for.
 */
#ifndef RINGTAIL_CONTROL_SERVER_H
#define RINGTAIL_CONTROL_SERVER_H

#include "ctl/proto.h"
#include "ringtail/control/control.h"
#include "ringtail/daemon.h"
#include "util/list.h"

/* So many SAs are asked of the kernel for one answer; for the rest the last report counts. */
#define CONTROL_USAGE_MAX 512

struct sadb_counts;
struct spd_row;
struct wait;

enum control_later { LATER_NONE, LATER_STOP, LATER_CLOSE, LATER_KEEP };

struct control_client {
	struct list link;
	uint64_t id;
	uint64_t cursor; /* the last event it was told */
	bool follows;
	struct addr of_peer;     /* family 0: all */
	enum event_kind of_kind; /* EV_COUNT: all */
	struct wait *wait;   /* owned; NULL: none */
};

struct control {
	struct list clients;
	enum control_later later; /* at the end of the entry point ... */
	uint64_t later_for;       /* ... and whom to answer then */
};

struct control_error {
	enum ctl_status status; /* CTL_DONE: none */
	const char *code;       /* "E-PEER-UNKNOWN" */
	char what[240], why[400], fix[160];
};

struct control_call {
	struct daemon *d;
	uint64_t client;
	const struct ctl_request *rq;
	struct ctl_put put; /* inside the result record */
	struct control_error error;
	char note[160];
	bool later;     /* the answer comes later */
	unsigned asked; /* SAs whose counters were asked of the kernel */
};

typedef void
control_fn(struct control_call *call);

struct control_row {
	const char *name;
	control_fn *fn;
};

/* Begin and send an answer outside of control_input(). */
void
control_call_begin(struct control_call *call, struct daemon *d, uint64_t client);
void
control_call_send(struct control_call *call);

/* Fail |call|: the first failure counts.  |why| and |fix| may be NULL. */
void
control_fail(struct control_call *call, enum ctl_status status, const char *code, const char *why,
    const char *fix, const char *what, ...) __attribute__((format(printf, 6, 7)));

/* The same for an error of the engine. */
void
control_fail_err(struct control_call *call, ike_err err, const char *what);

/* The client's record, made if there is none yet.  NULL: out of memory, and |call| has failed. */
struct control_client *
control_client(struct control_call *call);

/* Do |later| at the end of the entry point and answer then. */
void
control_do_later(struct control_call *call, enum control_later later);

/* An instant of the daemon's clock as wall time. */
int64_t
control_wall(const struct daemon *d, ike_time when);

/* Handlers. */
control_fn control_status, control_show, control_ikes, control_sas, control_policies,
    control_events, control_up, control_down, control_rekey, control_flush_kind,
    control_config_show, control_config_reload, control_config_confirm, control_config_undo,
    control_config_diff, control_shutdown, control_timers, control_flow,
    control_counters, control_resync, control_brake_open;

/* c_events.c: one event as members of what is open. */
void
control_put_event(struct ctl_put *p, const struct event *ev);
/* What is new for a client that follows. */
void
control_follow(struct daemon *d, struct control_client *c);

/* c_wait.c: look whether what |c| waits for has come to an end; if so, it is answered and c->wait is NULL. */
void
control_wait_look(struct daemon *d, struct control_client *c);
void
control_wait_free(struct wait *w);

/* put.c: values of the engine as members of what is open. */
void
control_put_addr(struct ctl_put *p, const char *name, const struct addr *a);
void
control_put_endpoint(struct ctl_put *p, const char *name, const struct endpoint *e);
void
control_put_alg(struct ctl_put *p, const char *name, struct prop_alg a);
void
control_put_ike(struct control_call *call, struct ike_sa *ike, bool with_children);
void
control_put_child(struct control_call *call, struct child *c);
/* "installed", "rekeying", "replaced" ... */
const char *
control_child_state(const struct child *c);
/* c_pairs.c: pairs of SAs with |peer| (NULL: all) as a list; brings the counters of their rows up to date. */
void
control_put_pairs(struct control_call *call, const struct addr *peer);
/* "tcp", "any", "200"; and back, numbers too (false: there is none of this name). */
const char *
control_upper_text(uint8_t proto, struct name_buf *buf);
bool
control_upper_find(const char *word, uint8_t *out);
void
control_put_upper(struct ctl_put *p, const char *member, uint8_t proto);
/* The counters of SA |id|, asked of the kernel as long as the call may. */
void
control_usage(struct control_call *call, uint64_t id, struct sa_usage *out);
void
control_put_policy(struct control_call *call, const struct spd_row *row);

/* c_problems.c: what is wrong with the host as a whole, as a list. */
void
control_put_problems(struct ctl_put *p, const struct daemon *d);

/* Policies of ours that are not in the kernel although they should be. */
unsigned
control_broken_policies(const struct daemon *d);

/* c_counters.c: all counters as members of what is open; repairs by kind, those since |before| (NULL: ever). */
void
control_put_counters(struct ctl_put *p, const struct daemon *d);
void
control_put_repairs(struct ctl_put *p, const struct sadb_counts *now, const struct sadb_counts *before);

/* "ours", "adopted", "foreign". */
const char *
control_owner_name(uint8_t owner);

/* Does the outbound policy |row| name one peer?  Then give it. */
bool
control_policy_peer(const struct spd_row *row, struct addr *out);

#endif
