/* SPDX-License-Identifier: BSD-3-Clause */
#include "setkey/options.h"

#include <getopt.h>
#include <string.h>

void
options_usage(FILE *out)
{
	fputs("usage: setkey [-knrRv] [-K xfrm|pfkey] -f FILE\n"
	      "       setkey [-knrv] [-K xfrm|pfkey] -c\n"
	      "       setkey [-aklPprv] [-K xfrm|pfkey] -D\n"
	      "       setkey [-Pv] [-K xfrm|pfkey] -F\n"
	      "       setkey [-Hp] [-K xfrm|pfkey] -x[x]\n"
	      "       setkey [-Hp] FILE ...\n"
	      "       setkey -V | -h\n"
	      "  -f FILE  run the statements of FILE, - for standard input; one that begins with spdflush\n"
	      "           or flush is loaded as a difference\n"
	      "  -R       run it step by step instead, flushes and all\n"
	      "  -c       run statements from standard input, going on after errors\n"
	      "  -D       show the SAD, with -P the SPD\n"
	      "  -F       flush the SAD, with -P the SPD\n"
	      "  -x       watch what happens to SAs and policies; -xx: with times in seconds\n"
	      "  FILE     show the PF_KEY messages in FILE\n"
	      "  -n       check only, change nothing\n"
	      "  -r       an inbound policy brings a forward policy (default); -k: it does not\n"
	      "  -a  -D shows dead SAs, too    -p  -D shows ports    -l  -D again and again, short\n"
	      "  -v  show each row that is added    -H  show messages in hexadecimal, too\n"
	      "  -K  the kernel's interface (default: xfrm, and pfkey where there is none)\n"
	      "  -V  version    -h  this help\n",
	    out);
}

static bool
take_action(int c, struct options *o)
{
	switch (c) {
	case 'f':
		o->action = ACT_FILE;
		o->file = optarg;
		return true;
	case 'c':
		o->action = ACT_STDIN;
		return true;
	case 'D':
		o->action = ACT_DUMP;
		return true;
	case 'F':
		o->action = ACT_FLUSH;
		return true;
	case 'x':
		o->raw_times = o->action == ACT_WATCH;
		o->action = ACT_WATCH;
		return true;
	case 'V':
		o->action = ACT_VERSION;
		return true;
	case 'h':
		o->action = ACT_HELP;
		return true;
	default:
		return false;
	}
}

static bool
take_kernel(struct options *o)
{
	o->kernel = optarg;
	if (strcmp(optarg, "auto") == 0)
		o->kernel = NULL;
	else if (strcmp(optarg, "xfrm") != 0 && strcmp(optarg, "pfkey") != 0)
		return false;
	return true;
}

static bool
take_option(int c, struct options *o)
{
	switch (c) {
	case 'P':
		return o->policies = true;
	case 'n':
		return o->parse_only = true;
	case 'p':
		return o->ports = true;
	case 'a':
		return o->all = true;
	case 'l':
		return o->forever = true;
	case 'v':
		return o->verbose = true;
	case 'k':
		return o->kernel_mode = true;
	case 'R':
		return o->literal = true;
	case 'H':
		return o->hex = true;
	case 'K':
		return take_kernel(o);
	case 'r':
		o->kernel_mode = false;
		return true;
	default:
		return take_action(c, o);
	}
}

bool
options_read(int argc, char **argv, struct options *o)
{
	int c;

	memset(o, 0, sizeof(*o));
	while ((c = getopt(argc, argv, "acDf:FhHkK:lnPprRvVx")) != -1) {
		if (!take_option(c, o)) {
			options_usage(stderr);
			return false;
		}
	}
	if (o->action == ACT_NONE && optind < argc) {
		o->action = ACT_REPLAY;
		o->files = argv + optind;
		o->nfiles = argc - optind;
	} else if (o->action == ACT_NONE || optind != argc) {
		options_usage(stderr);
		return false;
	}
	return true;
}
