/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ikectl - see and steer ringtail.  The specification is ikectl(8).
 */
#include "ikectl/talk.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "plain", no_argument, NULL, 'p' },
	{ "socket", required_argument, NULL, 's' },
	{ "timeout", required_argument, NULL, 't' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ "follow", no_argument, NULL, 'f' },
	{ "no-wait", no_argument, NULL, 1 },
	{ "ike", no_argument, NULL, 1 },
	{ "children", no_argument, NULL, 1 },
	{ "local", required_argument, NULL, 1 },
	{ "section", required_argument, NULL, 1 },
	{ "since", required_argument, NULL, 1 },
	{ "confirm", required_argument, NULL, 1 },
	{ "each", no_argument, NULL, 1 },
	{ "all", no_argument, NULL, 1 },
	{ "kind", required_argument, NULL, 1 },
	{ "close", no_argument, NULL, 1 },
	{ "keep-sas", no_argument, NULL, 1 },
	{ NULL, 0, NULL, 0 },
};

static int
print_help(void)
{
	struct buf b = { 0 };
	struct out o = { .buf = &b };

	cmdline_help(&o);
	bool ok = o.err == IKE_OK && talk_write(&b, false);
	buf_free(&b);
	return ok ? CTL_DONE : CTL_NO;
}

static int
print_version(void)
{
	return printf("ikectl %s\n", RINGTAIL_VERSION) < 0 ? CTL_NO : CTL_DONE;
}

static bool
parse_timeout(const char *s, int *out)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (*s == '\0' || *end != '\0' || v == 0 || v > 86400)
		return false;
	*out = (int)v;
	return true;
}

/* Returns -1 to go on, else the exit status. */
static int
read_options(int argc, char **argv, struct cmdline *c)
{
	int ch, at = 0;

	while ((ch = getopt_long(argc, argv, "fhjps:t:V", long_options, &at)) != -1) {
		bool ok = true;
		switch (ch) {
		case 'j':
			c->format = VIEW_JSON;
			break;
		case 'p':
			c->format = VIEW_PLAIN;
			break;
		case 's':
			c->socket = optarg;
			break;
		case 't':
			ok = parse_timeout(optarg, &c->timeout);
			break;
		case 'f':
			ok = cmdline_option(c, "follow", NULL);
			break;
		case 1:
			ok = cmdline_option(c, long_options[at].name,
			    long_options[at].has_arg == required_argument ? optarg : NULL);
			break;
		case 'V':
			return print_version();
		case 'h':
			return print_help();
		default:
			ok = false;
			break;
		}
		if (!ok) {
			(void)fputs("ikectl: see `ikectl help`\n", stderr);
			return CTL_USAGE;
		}
	}
	for (; optind < argc; optind++)
		if (!cmdline_word(c, argv[optind]))
			return CTL_USAGE;
	return -1;
}

static int
usage_error(const struct cmdline *c, const char *what, const struct view *v)
{
	struct local_error e = { .status = CTL_USAGE,
		.code = "E-USAGE",
		.what = what,
		.fix = "`ikectl help` lists commands and options" };

	return talk_error(&e, c->format, v);
}

static int
run(const struct cmdline *c, const struct view *v)
{
	char why[300];
	struct text t = text_in(why, sizeof(why));
	struct job job = { .socket = c->socket, .format = c->format, .view = *v };

	if (cmdline_request(c, &job.rq, &t) != IKE_OK)
		return usage_error(c, why, v);
	const char *name = job.rq.cmd->name;
	if (strcmp(name, "help") == 0)
		return print_help();
	if (strcmp(name, "version") == 0)
		return print_version();
	if (strcmp(name, "config check") == 0)
		return check_config(job.rq.nargs > 0 ? c->words[2] : NULL, c->format, v);
	job.fn = view_of(job.rq.cmd);
	job.view.all = (job.rq.options & CTL_OPT_ALL) != 0;
	job.patience = cmdline_patience(c, &job.rq);
	return talk(&job);
}

int
main(int argc, char **argv)
{
	struct cmdline c = { .timeout = -1, .now = (int64_t)time(NULL) };
	char host[256] = "localhost";
	struct view v = { .now = (int64_t)time(NULL), .host = host };
	const char *name = strrchr(argc > 0 ? argv[0] : "", '/');

	if (argc > 0 && strcmp(name == NULL ? argv[0] : name + 1, "racoonctl") == 0)
		return racoonctl_main(argc, argv);
	(void)gethostname(host, sizeof(host) - 1);
	int status = read_options(argc, argv, &c);
	return status >= 0 ? status : run(&c, &v);
}
