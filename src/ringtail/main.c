/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ringtail - an IKE daemon.  Options are racoon's; see ringtail(8).
 */
#include "crypto/crypto.h"
#include "ringtail/check.h"
#include "ringtail/loop/loop.h"
#include "wire/const.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const default_confs[] = { RINGTAIL_SYSCONFDIR "/ringtail/ringtail.conf", RINGTAIL_SYSCONFDIR "/racoon/racoon.conf",
	"/etc/racoon/racoon.conf" };

static const char *
default_conf(void)
{
	for (size_t i = 0; i < sizeof(default_confs) / sizeof(default_confs[0]); i++)
		if (access(default_confs[i], R_OK) == 0)
			return default_confs[i];
	return default_confs[0];
}

static void
usage(FILE *f)
{
	(void)fputs("usage: ringtail [-46BCdFLvZ] [-f file] [-l file] [-p port] [-P port]\n"
		    "       ringtail -t [-f file]\n"
		    "       ringtail -h | -V\n"
		    "  -F        stay in the foreground, log to standard output\n"
		    "  -f file   configuration\n"
		    "  -t        check the configuration and the file of pre-shared keys, and exit\n"
		    "  -l file   log to a file instead of syslog\n"
		    "  -d        one level more of logging; may be repeated\n"
		    "  -p port   IKE port (500)          -P port   NAT-T port (4500)\n"
		    "  -V        print the version and exit\n"
		    "  -4 -6 -B -C -L -v -Z   racoon's; accepted, and change nothing\n",
	    f);
}

static bool
parse_port(const char *s, uint16_t *out)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (*s == '\0' || *end != '\0' || v == 0 || v > 65535) {
		(void)fprintf(stderr, "ringtail: %s is not a port number (1 to 65535)\n", s);
		return false;
	}
	*out = (uint16_t)v;
	return true;
}

/*
 * Leave the terminal, but only once all is open: the parent waits for the child's word and hands its success or failure to
 * whoever started us.
 */
static int
detach(int *ready)
{
	int pipefd[2];
	char word;

	if (pipe(pipefd) != 0)
		return -1;
	pid_t pid = fork();
	if (pid < 0)
		return -1;
	if (pid > 0) {
		(void)close(pipefd[1]);
		_exit(read(pipefd[0], &word, 1) == 1 ? 0 : 1);
	}
	(void)close(pipefd[0]);
	(void)setsid();
	*ready = pipefd[1];
	return 0;
}

static void
tell_ready(int ready)
{
	if (ready < 0)
		return;
	(void)!write(ready, "1", 1);
	(void)close(ready);
	for (int fd = 0; fd < 3; fd++)
		(void)close(fd);
	if (chdir("/") != 0 || freopen("/dev/null", "r", stdin) == NULL || freopen("/dev/null", "w", stdout) == NULL ||
	    freopen("/dev/null", "w", stderr) == NULL)
		return;
}

/* Whoever starts us may have closed these: then no socket of ours must get their numbers. */
static void
fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		(void)close(fd);
}

/* The daemon works in the root directory, so that relative names of the command line have to be completed before. */
static const char *
absolute(const char *path, char buf[PATH_MAX])
{
	char dir[PATH_MAX];

	if (path == NULL || path[0] == '/' || getcwd(dir, sizeof(dir)) == NULL)
		return path;
	int n = snprintf(buf, PATH_MAX, "%s/%s", dir, path);
	return n > 0 && n < PATH_MAX ? buf : path;
}

static int
serve(const struct loop_options *opt)
{
	struct loop l;
	int ready = -1, status = 1;

	if (!opt->foreground && detach(&ready) != 0) {
		(void)fprintf(stderr, "ringtail: cannot go to the background: %s\n", strerror(errno));
		return 1;
	}
	(void)umask(077);
	(void)crypto_process_init();
	ike_err err = loop_open(&l, opt);
	if (err == IKE_OK)
		err = pidfile_write(&l);
	if (err == IKE_OK) {
		l.log_out.to_stderr = false;
		tell_ready(ready);
		notify_ready(&l);
		status = loop_run(&l);
		log_put(&l.logger, LOG_L_INFO, NULL, "racoon process %ld shutdown", (long)getpid());
	} else {
		log_put(&l.logger, LOG_L_ERROR, NULL, "cannot start: %s", ike_err_text(err));
	}
	loop_free(&l);
	return status;
}

int
main(int argc, char **argv)
{
	struct loop_options opt = { .ike_port = IKE_PORT, .natt_port = IKE_NATT_PORT };
	char conf_path[PATH_MAX], log_path[PATH_MAX];
	bool check = false;
	int ch;

	while ((ch = getopt(argc, argv, "46BCdFf:hLl:P:p:tVvZ")) != -1) {
		switch (ch) {
		case '4': case '6': case 'B': case 'C': case 'L': case 'v': case 'Z':
			break;      /* racoon's; they change nothing here (ringtail(8) says why) */
		case 'd':
			opt.debug++;
			break;
		case 'F':
			opt.foreground = true;
			break;
		case 'f':
			opt.conf_path = optarg;
			break;
		case 'l':
			opt.log_path = optarg;
			break;
		case 'p':
			if (!parse_port(optarg, &opt.ike_port))
				return 1;
			break;
		case 'P':
			if (!parse_port(optarg, &opt.natt_port))
				return 1;
			break;
		case 't':
			check = true;
			break;
		case 'V':
			(void)printf("ringtail %s (%s)\n", RINGTAIL_VERSION, crypto_library());
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 1;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return 1;
	}
	if (opt.conf_path == NULL)
		opt.conf_path = default_conf();
	if (check)
		return conf_check_file(opt.conf_path);
	fill_standard_fds();
	opt.conf_path = absolute(opt.conf_path, conf_path);
	opt.log_path = absolute(opt.log_path, log_path);
	return serve(&opt);
}
