/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cmdline - words of a command line as a request.
 *
 * Commands have one or two words; options may stand anywhere.  Nothing here reads or writes anything but its arguments.
 */
#ifndef IKECTL_CMDLINE_H
#define IKECTL_CMDLINE_H

#include "ikectl/view.h"

#define CMDLINE_WORDS   (CTL_ARGS_MAX + 2)
#define TIMEOUT_DEFAULT 5
#define TIMEOUT_LASTING 30

struct cmdline {
	const char *socket; /* NULL: the usual places */
	enum view_format format;
	int timeout; /* seconds; below 0: not given */
	const char *words[CMDLINE_WORDS];
	unsigned n;
	unsigned options; /* enum ctl_option_bit */
	const char *local, *section, *since, *kind, *confirm;
	int64_t now; /* seconds since 1970, for --since */
	char since_at[24]; /* what |since| means: seconds since 1970; empty: nothing */
};

/* One more word.  False: too many. */
bool
cmdline_word(struct cmdline *c, const char *word);

/* The long option |name| of a command, with its value.  False: there is no such option. */
bool
cmdline_option(struct cmdline *c, const char *name, const char *value);

/*
 * What |c| asks for; slices borrow its words.  No words: status.  On failure |why| says what is wrong: IKE_E_NOTFOUND no such
 * command, IKE_E_RANGE wrong number of arguments, IKE_E_SYNTAX an option it does not have.
 */
MUST_USE ike_err
cmdline_request(const struct cmdline *c, struct ctl_request *out, struct text *why);

/* How long to wait for the answer, in milliseconds; -1: for ever. */
int64_t
cmdline_patience(const struct cmdline *c, const struct ctl_request *rq);

/* "ikectl up PEER [--no-wait] ..." and the whole list. */
void
cmdline_usage_of(const struct ctl_command *cmd, struct out *o);
void
cmdline_help(struct out *o);

#endif
