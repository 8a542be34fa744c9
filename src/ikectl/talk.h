/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * talk - one request from the connection to the printed answer.
 */
#ifndef IKECTL_TALK_H
#define IKECTL_TALK_H

#include "ikectl/cmdline.h"

/* A request with everything that decides how its answer is shown. */
struct job {
	const char *socket;
	struct ctl_request rq;
	int64_t patience; /* milliseconds, -1: for ever */
	enum view_format format;
	view_fn *fn;
	struct view view;
};

/* Do it, print it; returns the exit status: enum ctl_status. */
int
talk(const struct job *job);

/* Print an error of our own: text to standard error, else as a document to standard output.  Returns e->status. */
int
talk_error(const struct local_error *e, enum view_format format, const struct view *v);

/* Write |b| to |f| and flush it.  False: it could not be written. */
bool
talk_write(const struct buf *b, bool to_stderr);

/* config check: ask ringtail itself. */
int
check_config(const char *path, enum view_format format, const struct view *v);

/* Under the name racoonctl: what the command line asks for.  0, or 1 when that has been complained about. */
int
racoonctl_job(int argc, char **argv, struct job *out);
int
racoonctl_main(int argc, char **argv);

#endif
