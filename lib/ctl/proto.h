/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proto - what can be asked: the one table of commands that daemon and ikectl share, and how requests and answers look.
 *
 * A request is { command: str, args: [str ...], options: { NAME: str or bool } }.  An answer is { status: uint, time: time,
 * result: record } or, with a status other than 0, has error: { code, what, why, fix } too; a note may stand beside either.
 * To a client that follows events, each goes as a message of kind CTL_M_EVENT after the answer.  A request gets one answer, which
 * may take as long as what was asked for.
 */
#ifndef CTL_PROTO_H
#define CTL_PROTO_H

#include "ctl/msg.h"

/* The status of an answer, and the exit status of ikectl. */
enum ctl_status {
	CTL_DONE,
	CTL_NO, /* negative answer */
	CTL_USAGE,
	CTL_NO_DAEMON,
	CTL_NOT_PERMITTED,
	CTL_NOT_FOUND, /* no such peer or object */
	CTL_TIMED_OUT,
	CTL_BAD_CONFIG,
	CTL_PARTLY,
	CTL_KERNEL, /* the kernel refused */
	CTL_UNSAFE,
};

enum ctl_flags {
	CTL_CHANGES = 1, /* changes something: logged by the daemon */
	CTL_LOCAL = 2,   /* ikectl does it without the daemon */
	CTL_LASTING = 4, /* the answer may take long */
	CTL_HIDDEN = 8,  /* not in the list of commands: serves racoonctl */
};

enum ctl_option_bit {
	CTL_OPT_FOLLOW = 1 << 0,
	CTL_OPT_NO_WAIT = 1 << 1,
	CTL_OPT_IKE = 1 << 2,
	CTL_OPT_CHILDREN = 1 << 3,
	CTL_OPT_LOCAL = 1 << 4,
	CTL_OPT_SECTION = 1 << 5,
	CTL_OPT_CLOSE = 1 << 6,
	CTL_OPT_KEEP_SAS = 1 << 7,
	CTL_OPT_SINCE = 1 << 8,
	CTL_OPT_EACH = 1 << 9,
	CTL_OPT_KIND = 1 << 10,
	CTL_OPT_ALL = 1 << 11,
	CTL_OPT_CONFIRM = 1 << 12,
};

struct ctl_option {
	unsigned bit;      /* enum ctl_option_bit */
	const char *name;  /* without dashes; in requests '-' is '_' */
	const char *value; /* what its value is called, NULL: takes none */
	const char *help;
};

struct ctl_command {
	const char *name; /* one or two words, one blank between them */
	const char *args; /* for usage: "PEER" */
	uint8_t min, max; /* how many arguments */
	unsigned flags;   /* enum ctl_flags */
	unsigned options; /* enum ctl_option_bit */
	const char *help;
};

/* All commands, ended by one without a name; likewise the options. */
extern const struct ctl_command ctl_commands[];
extern const struct ctl_option ctl_options[];

/* By its whole name; NULL. */
const struct ctl_command *
ctl_command_find(struct slice name);

/* The option |name| of |cmd| (NULL: of any); NULL. */
const struct ctl_option *
ctl_option_find(const struct ctl_command *cmd, struct slice name);

/* A request as it was typed. */
#define CTL_ARGS_MAX 8

struct ctl_request {
	const struct ctl_command *cmd;
	struct slice args[CTL_ARGS_MAX];
	unsigned nargs;
	unsigned options;            /* enum ctl_option_bit */
	struct slice local, section, since, kind, confirm; /* values of the options of these names */
};

/* Where the value of option |bit| stands in |rq|; NULL: it takes none. */
struct slice *
ctl_value_of(struct ctl_request *rq, unsigned bit);

/* Write |rq| as a message.  IKE_E_NOMEM, IKE_E_FULL. */
MUST_USE ike_err
ctl_put_request(const struct ctl_request *rq, struct buf *out);

/*
 * Read a request; slices borrow |msg|.  Besides the errors of ctl_open(): IKE_E_NOTFOUND no such command (or not one for the daemon),
 * IKE_E_RANGE a wrong number of arguments, IKE_E_SYNTAX an option that the command does not have.
 */
MUST_USE ike_err
ctl_get_request(struct slice msg, struct ctl_request *out);

/* An answer, taken apart; nodes borrow the message. */
struct ctl_answer {
	enum ctl_kind kind;
	enum ctl_status status;
	int64_t time;
	bool failed; /* |error| is there */
	struct ctl_node error, result;
	struct slice note;
};

MUST_USE ike_err
ctl_get_answer(struct slice msg, struct ctl_answer *out);

#endif
