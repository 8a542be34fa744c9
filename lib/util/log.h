/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log - log records and the injected sink they go to.
 *
 * A library or the daemon never writes a log itself: it fills a record and calls the sink it was given.  Levels are
 * racoon's.  Messages start with the fact, are lower case unless racoon's own words are kept for monitoring, and carry
 * no function name.  Peer bytes go through text_peer() first.  Secrets never.
 */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

#include "util/time.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_L_ERROR, LOG_L_WARNING, LOG_L_NOTIFY, LOG_L_INFO, LOG_L_DEBUG, LOG_L_DEBUG2 };

struct log_record {
	enum log_level level;
	const char *peer; /* peer address for the "[192.0.2.2] " prefix, or NULL */
	const char *text; /* the finished message, no newline */
};

typedef void
log_sink_fn(void *arg, const struct log_record *r);

/* A logger: where records go and which are worth making.  A zeroed logger swallows everything. */
struct logger {
	log_sink_fn *sink;
	void *arg;
	enum log_level max; /* records above are not made */
};

/* Make a record of at most 1,000 characters.  |l| may be NULL. |peer| may be NULL. */
void
log_put(const struct logger *l, enum log_level level, const char *peer, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void
log_vput(const struct logger *l, enum log_level level, const char *peer, const char *fmt,
    va_list ap) __attribute__((format(printf, 4, 0)));

/*
 * A token bucket for one class of messages: log_allow() says whether to log now, and how many were suppressed since
 * the last that was allowed; |*suppressed_out| is set only with true.  |per| 0: no limit.
 */
struct log_limit {
	ike_time per;   /* one message per this span ... */
	uint32_t burst; /* ... after this many at once */
	uint32_t spent; /* the rest is log_allow()'s: zero to begin with */
	ike_time last;
	uint64_t suppressed;
};

bool
log_allow(struct log_limit *l, ike_time now, uint64_t *suppressed_out);

/* "error", "warning", "notify", "info", "debug", "debug2". */
const char *
log_level_name(enum log_level level);

#endif
