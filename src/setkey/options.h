/* SPDX-License-Identifier: BSD-3-Clause */
/* options - setkey's command line. */
#ifndef SETKEY_OPTIONS_H
#define SETKEY_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

enum action {
	ACT_NONE,
	ACT_FILE,
	ACT_STDIN,
	ACT_DUMP,
	ACT_FLUSH,
	ACT_WATCH,
	ACT_REPLAY,
	ACT_VERSION,
	ACT_HELP,
};

struct options {
	enum action action;
	const char *file;   /* ACT_FILE */
	char *const *files; /* ACT_REPLAY */
	int nfiles;
	const char *kernel; /* -K: "xfrm" or "pfkey"; NULL: the first that there is */
	bool policies, parse_only, ports, all, forever, verbose, kernel_mode;
	bool literal;   /* -R */
	bool hex;       /* -H */
	bool raw_times; /* -xx */
};

/* False: not possible; it has been said why. */
bool
options_read(int argc, char **argv, struct options *out);

void
options_usage(FILE *out);

#endif
