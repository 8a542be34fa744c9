/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of racoonctl: its long and short names as requests of ours.  Status 0 or 1, as scripts expect.
 */
#include "ikectl/talk.h"

#include "util/addr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct args {
	int argc;
	char **argv; /* behind the command */
	struct slice src, dst;
	struct job job;
};

/* Fills in a->job, or says what is wrong and returns false. */
typedef bool
racoon_fn(struct args *a);

static bool
complain(const char *what, const char *fix)
{
	(void)fprintf(stderr, "racoonctl: %s\n", what);
	if (fix != NULL)
		(void)fprintf(stderr, "  %s\n", fix);
	return false;
}

static bool
set_command(struct args *a, const char *name, view_fn *fn)
{
	a->job.rq.cmd = ctl_command_find(slice_str(name));
	a->job.fn = fn;
	a->job.patience = (a->job.rq.cmd->flags & CTL_LASTING) != 0 ? TIMEOUT_LASTING * 1000
								    : TIMEOUT_DEFAULT * 1000;
	return true;
}

static void
add_arg(struct args *a, struct slice s)
{
	a->job.rq.args[a->job.rq.nargs++] = s;
}

/* "192.0.2.1/32[500]" without what stands behind the address; borrows |s|. */
static bool
take_addr(const char *s, struct slice *out)
{
	size_t n = strcspn(s, "/[");
	char text[ADDR_TEXT] = "";
	struct addr a;

	if (n >= sizeof(text))
		return complain("not an address", s);
	memcpy(text, s, n);
	*out = slice_of(s, n);
	return addr_parse(text, &a) == IKE_OK || complain("not an address", s);
}

/* "inet SRC DST" from argument |i| on. */
static bool
take_ends(struct args *a, int i)
{
	if (a->argc < i + 3 ||
	    (strcmp(a->argv[i], "inet") != 0 && strcmp(a->argv[i], "inet6") != 0))
		return complain("wanted: inet|inet6 SOURCE DESTINATION", NULL);
	return take_addr(a->argv[i + 1], &a->src) && take_addr(a->argv[i + 2], &a->dst);
}

static bool
is_ipsec(const char *s)
{
	return strcmp(s, "esp") == 0 || strcmp(s, "ah") == 0 || strcmp(s, "ipsec") == 0;
}

/* --- commands --- */

static bool
reload_config(struct args *a)
{
	return set_command(a, "config reload", racoon_nothing);
}

static bool
show_schedule(struct args *a)
{
	return set_command(a, "timers", racoon_schedule);
}

static bool
show_sa(struct args *a)
{
	const char *what = a->argc > 0 ? a->argv[0] : "isakmp";

	if (strcmp(what, "isakmp") == 0)
		return set_command(a, "ikes", racoon_isakmp);
	if (!is_ipsec(what))
		return complain("show-sa knows isakmp, ipsec, esp and ah; not supported:", what);
	a->job.view.proto = strcmp(what, "esp") == 0  ? VIEW_ESP
			    : strcmp(what, "ah") == 0 ? VIEW_AH
						      : VIEW_ALL;
	a->job.rq.options |= CTL_OPT_EACH;
	return set_command(a, "sas", racoon_ipsec);
}

static bool
flush_sa(struct args *a)
{
	if (a->argc < 1)
		return complain("wanted: flush-sa isakmp|ipsec|esp|ah", NULL);
	add_arg(a, slice_str(a->argv[0]));
	return set_command(a, "flush", racoon_nothing);
}

static bool
delete_sa(struct args *a)
{
	bool ike;

	if (a->argc < 1 || (!(ike = strcmp(a->argv[0], "isakmp") == 0) && !is_ipsec(a->argv[0])))
		return complain(
		    "wanted: delete-sa isakmp|esp|ah inet|inet6 SOURCE DESTINATION [PROTOCOL]",
		    NULL);
	if (!take_ends(a, 1))
		return false;
	add_arg(a, a->dst);
	a->job.rq.options = CTL_OPT_LOCAL | (ike ? CTL_OPT_IKE : CTL_OPT_CHILDREN);
	a->job.rq.local = a->src;
	return set_command(a, "down", racoon_nothing);
}

static bool
take_switches(struct args *a, bool *wait)
{
	int i = 0;

	*wait = false;
	for (; i < a->argc && a->argv[i][0] == '-'; i++) {
		if (strcmp(a->argv[i], "-w") == 0) {
			*wait = true;
		} else if (strcmp(a->argv[i], "-n") == 0 && i + 1 < a->argc) {
			a->job.rq.section = slice_str(a->argv[++i]);
			a->job.rq.options |= CTL_OPT_SECTION;
		} else if (strcmp(a->argv[i], "-u") == 0) {
			return complain("-u: there is no XAUTH in this release", NULL);
		} else {
			return complain("unknown option", a->argv[i]);
		}
	}
	a->argc -= i;
	a->argv += i;
	return true;
}

static bool
establish_sa(struct args *a)
{
	bool wait, ike;

	if (!take_switches(a, &wait))
		return false;
	if (a->argc < 1 || (!(ike = strcmp(a->argv[0], "isakmp") == 0) && !is_ipsec(a->argv[0])))
		return complain("wanted: establish-sa [-n SECTION] [-w] isakmp|esp|ah inet|inet6 "
				"SOURCE DESTINATION [PROTOCOL]",
		    NULL);
	if (!take_ends(a, 1))
		return false;
	if (!ike && (a->job.rq.options & CTL_OPT_SECTION) != 0)
		return complain("-n goes with isakmp only", NULL);
	add_arg(a, a->dst);
	a->job.rq.options |= (wait ? 0 : CTL_OPT_NO_WAIT) | (ike ? CTL_OPT_IKE | CTL_OPT_LOCAL : 0);
	a->job.rq.local = a->src;
	return set_command(a, "up", wait ? view_up : racoon_nothing);
}

static void
connected(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	(void)a;
	(void)v;
	out_add(o, "VPN connexion established\n");
}

static bool
vpn_connect(struct args *a)
{
	bool wait;

	if (!take_switches(a, &wait))
		return false;
	if (a->argc != 1)
		return complain("wanted: vpn-connect GATEWAY", NULL);
	add_arg(a, slice_str(a->argv[0]));
	return set_command(a, "up", connected);
}

static bool
vpn_disconnect(struct args *a)
{
	if (a->argc != 1)
		return complain("wanted: vpn-disconnect GATEWAY", NULL);
	add_arg(a, slice_str(a->argv[0]));
	return set_command(a, "down", racoon_nothing);
}

static bool
show_event(struct args *a)
{
	a->job.rq.options = CTL_OPT_FOLLOW;
	return set_command(a, "events", racoon_event);
}

static bool
status(struct args *a)
{
	bool json = false;

	for (int i = 0; i < a->argc; i++) {
		if (strcmp(a->argv[i], "-v") == 0)
			a->job.view.verbose = true;
		else if (strcmp(a->argv[i], "-f") == 0 && i + 1 < a->argc &&
			 strcmp(a->argv[++i], "json") == 0)
			json = true;
		else
			return complain("wanted: status [-v] [-f json]", NULL);
	}
	return set_command(a, "ikes", json ? racoon_status_json : racoon_status_text);
}

static bool
get_cert(struct args *a)
{
	(void)a;
	return complain(
	    "there are no certificates in this release: peers prove themselves by pre-shared keys",
	    NULL);
}

static bool
logout_user(struct args *a)
{
	(void)a;
	return complain("there is no XAUTH in this release, and so no user to log out",
	    "`racoonctl vpn-disconnect ADDRESS` ends what there is with a peer");
}

static const struct {
	const char *name, *brief;
	racoon_fn *fn;
} commands[] = {
	{ "reload-config", "rc", reload_config },
	{ "show-schedule", "sc", show_schedule },
	{ "show-sa", "ss", show_sa },
	{ "flush-sa", "fs", flush_sa },
	{ "delete-sa", "ds", delete_sa },
	{ "establish-sa", "es", establish_sa },
	{ "vpn-connect", "vc", vpn_connect },
	{ "vpn-disconnect", "vd", vpn_disconnect },
	{ "show-event", "se", show_event },
	{ "status", "st", status },
	{ "get-cert", "gc", get_cert },
	{ "get-sa-cert", "gc", get_cert },
	{ "logout-user", "lu", logout_user },
};

static void
usage(void)
{
	(void)fputs("usage: racoonctl [-l [-l]] [-s socket] command ...\n", stderr);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		(void)fprintf(stderr, "  %s, %s\n", commands[i].name, commands[i].brief);
}

/* The program's own options; false: none of these. */
static bool
own_options(struct args *a)
{
	while (a->argc > 0 && a->argv[0][0] == '-') {
		const char *p = a->argv[0] + 1;
		bool value = strcmp(p, "s") == 0;

		if (value && a->argc < 2)
			return false;
		if (value)
			a->job.socket = a->argv[1];
		for (; !value && *p != '\0'; p++) {
			if (*p != 'l' && *p != 'd')
				return false;
			a->job.view.longer += *p == 'l';
		}
		a->argc -= value ? 2 : 1;
		a->argv += value ? 2 : 1;
	}
	return a->argc > 0;
}

int
racoonctl_job(int argc, char **argv, struct job *out)
{
	struct args a = { .argc = argc - 1, .argv = argv + 1 };

	a.job.view = (struct view){ .now = (int64_t)time(NULL), .host = "", .pid = (long)getpid() };
	if (!own_options(&a)) {
		usage();
		return 1;
	}
	const char *name = a.argv[0];
	a.argc--;
	a.argv++;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) != 0 && strcmp(name, commands[i].brief) != 0)
			continue;
		if (!commands[i].fn(&a))
			return 1;
		*out = a.job;
		return 0;
	}
	(void)fprintf(stderr, "Invalid command [%s]\n", name);
	usage();
	return 1;
}

int
racoonctl_main(int argc, char **argv)
{
	struct job job;

	return racoonctl_job(argc, argv, &job) == 0 && talk(&job) == CTL_DONE ? 0 : 1;
}
