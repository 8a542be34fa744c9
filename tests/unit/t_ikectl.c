/* SPDX-License-Identifier: BSD-3-Clause */
/* Command lines, and talking over a real socket with a daemon of a few lines. */
#include "ctl/frame.h"
#include "ikectl/conn.h"
#include "ikectl/since.h"
#include "ikectl/talk.h"
#include "unit/fail_alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- command lines --- */

static const struct {
	const char *words[6];
	const char *option;
	ike_err err;
	const char *command; /* or a part of what is said */
	unsigned nargs;
} lines[] = {
	{ { NULL }, NULL, IKE_OK, "status", 0 },
	{ { "show", "web17" }, NULL, IKE_OK, "show", 1 },
	{ { "config", "show" }, NULL, IKE_OK, "config show", 0 },
	{ { "config", "check", "x.conf" }, NULL, IKE_OK, "config check", 1 },
	{ { "config", "check" }, NULL, IKE_OK, "config check", 0 },
	{ { "events" }, "follow", IKE_OK, "events", 0 },
	{ { "config" }, NULL, IKE_E_NOTFOUND, "needs one more word", 0 },
	{ { "staus" }, NULL, IKE_E_NOTFOUND, "did you mean `status`", 0 },
	{ { "zzzz" }, NULL, IKE_E_NOTFOUND, "no command `zzzz`", 0 },
	{ { "show" }, NULL, IKE_E_RANGE, "PEER", 0 },
	{ { "show", "a", "b" }, NULL, IKE_E_RANGE, "PEER", 0 },
	{ { "status", "a" }, NULL, IKE_E_RANGE, "no arguments", 0 },
	{ { "status" }, "follow", IKE_E_SYNTAX, "--follow", 0 },
	{ { "policies" }, NULL, IKE_OK, "policies", 0 },
	{ { "policies", "192.0.2.1", "192.0.2.2", "tcp/22" }, NULL, IKE_OK, "policies", 3 },
	{ { "policies", "192.0.2.1 192.0.2.2 tcp/22" }, NULL, IKE_OK, "policies", 1 },
	{ { "policies", "a", "b", "c", "d" }, NULL, IKE_E_RANGE, "PROTO", 0 },
	{ { "resync" }, NULL, IKE_OK, "resync", 0 },
	{ { "resync", "now" }, NULL, IKE_E_RANGE, "no arguments", 0 },
	{ { "counters" }, NULL, IKE_OK, "counters", 0 },
	{ { "sas" }, "each", IKE_OK, "sas", 0 },
	{ { "status" }, "all", IKE_OK, "status", 0 },
	{ { "sas" }, "all", IKE_E_SYNTAX, "--all", 0 },
	{ { "show", "a" }, "each", IKE_E_SYNTAX, "--each", 0 },
	{ { "shutdown" }, "close", IKE_OK, "shutdown", 0 },
	{ { "shutdown" }, "keep-sas", IKE_OK, "shutdown", 0 },
	{ { "down", "a" }, "close", IKE_E_SYNTAX, "--close", 0 },
};

START_TEST(command_lines)
{
	struct cmdline c = { .timeout = -1 };
	struct ctl_request rq;
	char why[300];
	struct text t = text_in(why, sizeof(why));

	for (unsigned i = 0; lines[_i].words[i] != NULL; i++)
		ck_assert(cmdline_word(&c, lines[_i].words[i]));
	if (lines[_i].option != NULL)
		ck_assert(cmdline_option(&c, lines[_i].option, NULL));
	ike_err err = cmdline_request(&c, &rq, &t);
	ck_assert_int_eq(err, lines[_i].err);
	if (err == IKE_OK) {
		ck_assert_str_eq(rq.cmd->name, lines[_i].command);
		ck_assert_uint_eq(rq.nargs, lines[_i].nargs);
	} else {
		ck_assert_msg(strstr(why, lines[_i].command) != NULL, "%s", why);
	}
}
END_TEST

START_TEST(options_and_patience)
{
	struct cmdline c = { .timeout = -1 };
	struct ctl_request rq = { .cmd = ctl_command_find(slice_str("up")) };

	ck_assert(!cmdline_option(&c, "bogus", NULL));
	ck_assert(!cmdline_option(&c, "local", NULL));
	ck_assert(!cmdline_option(&c, "ike", "value"));
	ck_assert(cmdline_option(&c, "local", "192.0.2.1"));
	ck_assert_str_eq(c.local, "192.0.2.1");
	ck_assert(cmdline_patience(&c, &rq) == 30000);
	rq.cmd = ctl_command_find(slice_str("status"));
	ck_assert(cmdline_patience(&c, &rq) == 5000);
	c.timeout = 2;
	ck_assert(cmdline_patience(&c, &rq) == 2000);
	for (unsigned i = 0; i < CMDLINE_WORDS; i++)
		ck_assert(cmdline_word(&c, "w"));
	ck_assert(!cmdline_word(&c, "w"));
}
END_TEST

/* 2023-11-14 22:13:20 UTC is a Tuesday. */
#define NOW 1700000000

static const struct {
	const char *text;
	int64_t at; /* -1: no time */
} times[] = {
	{ "10m", NOW - 600 },
	{ "90s", NOW - 90 },
	{ "90", NOW - 90 },
	{ "2d", NOW - 172800 },
	{ "3h", NOW - 10800 },
	{ "@5", 5 },
	{ "22:13", NOW - 20 },
	{ "22:13:20", NOW },
	{ "22:13:21", NOW + 1 - 86400 }, /* yesterday's */
	{ "00:00", NOW - 80000 },
	{ "2023-11-14", NOW - 80000 },
	{ "2023-11-14T22:13:20", NOW },
	{ "2023-11-14 22:13", NOW - 20 },
	{ "2023-11-14T22:13:20Z", NOW },
	{ "1970-01-01Z", 0 },
	{ "", -1 },
	{ "m", -1 },
	{ "10x", -1 },
	{ "10mm", -1 },
	{ "-5m", -1 },
	{ "24:00", -1 },
	{ "12:60", -1 },
	{ "12:", -1 },
	{ "12:30:", -1 },
	{ "12:30:61", -1 },
	{ "12:30x", -1 },
	{ "2023-13-01", -1 },
	{ "2023-00-01", -1 },
	{ "2023-11-32", -1 },
	{ "2023-11", -1 },
	{ "2023-11-14T", -1 },
	{ "2023-11-14T22:13:20ZZ", -1 },
	{ "1969-12-31", -1 },
	{ "@", -1 },
	{ "@5x", -1 },
	{ "9999999999", -1 },
	{ "yesterday", -1 },
};

START_TEST(instants)
{
	struct cmdline c = { .timeout = -1, .now = NOW, .words = { "events" }, .n = 1 };
	struct ctl_request rq;
	char why[300], want[24];
	struct text t = text_in(why, sizeof(why)), wt = text_in(want, sizeof(want));

	(void)setenv("TZ", "UTC", 1);
	tzset();
	ck_assert(cmdline_option(&c, "since", times[_i].text));
	ike_err err = cmdline_request(&c, &rq, &t);
	if (times[_i].at < 0) {
		ck_assert_int_eq(err, IKE_E_SYNTAX);
		ck_assert_ptr_nonnull(strstr(why, "is no time"));
		return;
	}
	ck_assert_int_eq(err, IKE_OK);
	text_addf(&wt, "%lld", (long long)times[_i].at);
	ck_assert_msg(slice_equal(rq.since, slice_str(want)), "%s: %s", times[_i].text, c.since_at);
}
END_TEST

/* The clock shows it last on a day that begins or ends summer time, too. */
START_TEST(summer_time)
{
	int64_t at;

	(void)setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	/* 2023-10-29: at 01:00 UTC it is 03:00 and then 02:00 again; 12:00 is 11:00 UTC */
	ck_assert_int_eq(since_parse("2023-10-29T12:00", NOW, &at), IKE_OK);
	ck_assert(at == 1698577200);
	ck_assert_int_eq(since_parse("12:00", 1698577200 + 60, &at), IKE_OK);
	ck_assert(at == 1698577200);
	ck_assert_int_eq(since_parse("12:00", 1698577200 - 60, &at), IKE_OK);
	ck_assert(at == 1698577200 - 25 * 3600);
}
END_TEST

START_TEST(help_names_every_command)
{
	struct buf b = { 0 };
	struct out o = { .buf = &b };

	cmdline_help(&o);
	ck_assert_int_eq(o.err, IKE_OK);
	ck_assert_int_eq(buf_append(&b, slice_of("", 1)), IKE_OK);
	for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
		char line[64];
		struct text t = text_in(line, sizeof(line));
		text_addf(&t, "\n  %s ", c->name);
		ck_assert_int_eq(
		    strstr((const char *)b.p, line) != NULL, (c->flags & CTL_HIDDEN) == 0);
	}
	for (const struct ctl_option *p = ctl_options; p->name != NULL; p++)
		ck_assert_ptr_nonnull(strstr((const char *)b.p, p->name));
	buf_free(&b);
}
END_TEST

/* --- racoonctl --- */

static const struct {
	const char *argv[12];
	const char *command, *arg; /* NULL: refused */
	unsigned options;
} old[] = {
	{ { "rc" }, "config reload", NULL, 0 },
	{ { "reload-config" }, "config reload", NULL, 0 },
	{ { "-s", "/tmp/x", "sc" }, "timers", NULL, 0 },
	{ { "ss" }, "ikes", NULL, 0 },
	{ { "-ll", "ss", "isakmp" }, "ikes", NULL, 0 },
	{ { "-l", "-l", "-d", "ss", "ah" }, "sas", NULL, CTL_OPT_EACH },
	{ { "fs", "esp" }, "flush", "esp", 0 },
	{ { "ds", "isakmp", "inet", "192.0.2.1", "192.0.2.2" }, "down", "192.0.2.2",
	    CTL_OPT_IKE | CTL_OPT_LOCAL },
	{ { "ds", "esp", "inet6", "2001:db8::1/128[500]", "2001:db8::2/128[500]", "any" }, "down",
	    "2001:db8::2", CTL_OPT_CHILDREN | CTL_OPT_LOCAL },
	{ { "es", "-w", "-n", "gw", "isakmp", "inet", "192.0.2.1", "192.0.2.2" }, "up", "192.0.2.2",
	    CTL_OPT_IKE | CTL_OPT_LOCAL | CTL_OPT_SECTION },
	{ { "es", "ah", "inet", "192.0.2.1/32", "192.0.2.2/32", "any" }, "up", "192.0.2.2",
	    CTL_OPT_NO_WAIT },
	{ { "vc", "192.0.2.2" }, "up", "192.0.2.2", 0 },
	{ { "vd", "192.0.2.2" }, "down", "192.0.2.2", 0 },
	{ { "se" }, "events", NULL, CTL_OPT_FOLLOW },
	{ { "st", "-v", "-f", "json" }, "ikes", NULL, 0 },
	{ { NULL }, NULL, NULL, 0 },
	{ { "-x", "ss" }, NULL, NULL, 0 },
	{ { "-s" }, NULL, NULL, 0 },
	{ { "bogus" }, NULL, NULL, 0 },
	{ { "ss", "internal" }, NULL, NULL, 0 },
	{ { "fs" }, NULL, NULL, 0 },
	{ { "ds", "isakmp" }, NULL, NULL, 0 },
	{ { "ds", "isakmp", "ipx", "192.0.2.1", "192.0.2.2" }, NULL, NULL, 0 },
	{ { "ds", "isakmp", "inet", "192.0.2.1", "host.example" }, NULL, NULL, 0 },
	{ { "es", "-u", "kim", "isakmp", "inet", "192.0.2.1", "192.0.2.2" }, NULL, NULL, 0 },
	{ { "es", "-n", "gw", "esp", "inet", "192.0.2.1", "192.0.2.2" }, NULL, NULL, 0 },
	{ { "vc" }, NULL, NULL, 0 },
	{ { "st", "-f", "xml" }, NULL, NULL, 0 },
	{ { "gc" }, NULL, NULL, 0 },
	{ { "get-sa-cert" }, NULL, NULL, 0 },
	{ { "lu", "kim" }, NULL, NULL, 0 },
};

static void
be_quiet(void)
{
	int fd = open("/dev/null", O_WRONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
	ck_assert_int_ge(dup2(fd, STDOUT_FILENO), 0);
}

START_TEST(racoonctl_lines)
{
	char copies[13][64] = { "racoonctl" }, *argv[14];
	struct job job;
	int argc = 1;

	argv[0] = copies[0];
	for (; old[_i].argv[argc - 1] != NULL; argc++) {
		(void)snprintf(copies[argc], sizeof(copies[argc]), "%s", old[_i].argv[argc - 1]);
		argv[argc] = copies[argc];
	}
	argv[argc] = NULL;
	be_quiet();
	int status = racoonctl_job(argc, argv, &job);
	ck_assert_int_eq(status == 0, old[_i].command != NULL);
	if (status != 0)
		return;
	ck_assert_str_eq(job.rq.cmd->name, old[_i].command);
	ck_assert_uint_eq(job.rq.options, old[_i].options);
	ck_assert_uint_eq(job.rq.nargs, old[_i].arg != NULL);
	if (old[_i].arg != NULL)
		ck_assert(slice_equal(job.rq.args[0], slice_str(old[_i].arg)));
	if ((old[_i].options & CTL_OPT_SECTION) != 0)
		ck_assert(slice_equal(job.rq.section, slice_str("gw")));
}
END_TEST

/* --- sockets --- */

enum act { ANSWER, ANSWER_IN_PIECES, ERROR, HANG_UP, SILENT, GARBAGE, TOO_LONG };

struct fake {
	char dir[32], path[64];
	pid_t pid;
};

static void
send_bytes(int fd, struct slice s, bool pieces)
{
	for (size_t at = 0; at < s.n; at += pieces ? 1 : s.n) {
		ssize_t n = send(fd, s.p + at, pieces ? 1 : s.n, MSG_NOSIGNAL);
		if (n < 0)
			_exit(1);
		if (pieces)
			(void)usleep(1000);
	}
}

static void
send_message(int fd, struct slice msg, bool pieces)
{
	uint8_t head[CTL_FRAME_HEAD] = { (uint8_t)(msg.n >> 24), (uint8_t)(msg.n >> 16),
		(uint8_t)(msg.n >> 8), (uint8_t)msg.n };

	send_bytes(fd, slice_of(head, sizeof(head)), pieces);
	send_bytes(fd, msg, pieces);
}

/* The whole request: what is left unread would reset the connection. */
static bool
read_request(int fd)
{
	uint8_t in[512];
	size_t n = 0;

	while (n < CTL_FRAME_HEAD || n < (size_t)CTL_FRAME_HEAD + in[3]) {
		ssize_t got = recv(fd, in + n, sizeof(in) - n, 0);
		if (got <= 0)
			return false;
		n += (size_t)got;
	}
	return true;
}

static void
serve(int fd, enum act act)
{
	struct buf msg = { 0 };
	struct ctl_put p;

	if (!read_request(fd) || act == HANG_UP)
		return;
	if (act == GARBAGE)
		send_message(fd, slice_str("garbage"), false);
	if (act == TOO_LONG)
		send_bytes(fd, slice_of("\xff\xff\xff\xff", 4), false);
	if (act == SILENT || act == GARBAGE || act == TOO_LONG) {
		(void)pause();
		return;
	}
	ctl_put_init(&p, CTL_M_ANSWER, 0);
	ctl_put_record(&p, "result");
	ctl_put_end(&p);
	ctl_put_uint(&p, "status", act == ERROR ? CTL_NOT_FOUND : CTL_DONE);
	if (act == ERROR) {
		ctl_put_record(&p, "error");
		ctl_put_str(&p, "code", "E-X");
		ctl_put_str(&p, "what", "it is not there");
		ctl_put_end(&p);
	}
	if (ctl_put_take(&p, &msg) != IKE_OK)
		return;
	send_message(fd, buf_slice(&msg), act == ANSWER_IN_PIECES);
	buf_free(&msg);
}

static void
fake_begin(struct fake *f, enum act act)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/t_ikectl.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(f->dir));
	(void)snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
	memcpy(sun.sun_path, f->path, sizeof(f->path));
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	f->pid = fork();
	ck_assert_int_ge(f->pid, 0);
	if (f->pid == 0) {
		int c = accept(fd, NULL, NULL);
		if (c >= 0)
			serve(c, act);
		_exit(0);
	}
	(void)close(fd);
}

static void
fake_end(struct fake *f)
{
	(void)kill(f->pid, SIGKILL);
	(void)waitpid(f->pid, NULL, 0);
	(void)unlink(f->path);
	(void)rmdir(f->dir);
}

static const struct {
	enum act act;
	const char *command;
	int status;
} talks[] = {
	{ ANSWER, "status", CTL_DONE },
	{ ANSWER_IN_PIECES, "status", CTL_DONE },
	{ ERROR, "status", CTL_NOT_FOUND },
	{ HANG_UP, "status", CTL_NO },
	{ HANG_UP, "shutdown", CTL_DONE }, /* it ended before it could say so */
	{ SILENT, "status", CTL_TIMED_OUT },
	{ ANSWER, "shutdown", CTL_DONE },
	{ SILENT, "shutdown", CTL_TIMED_OUT },
	{ GARBAGE, "status", CTL_NO },
	{ TOO_LONG, "status", CTL_NO },
};

START_TEST(talking)
{
	struct job job = { .patience = 300, .view = { .host = "h" } };
	struct fake f;

	fake_begin(&f, talks[_i].act);
	job.socket = f.path;
	job.rq.cmd = ctl_command_find(slice_str(talks[_i].command));
	job.fn = view_any;
	be_quiet();
	int status = talk(&job);
	fake_end(&f);
	ck_assert_int_eq(status, talks[_i].status);
}
END_TEST

START_TEST(no_daemon)
{
	struct job job = {
		.socket = "/tmp/t_ikectl.nobody/is/there", .patience = 300, .fn = view_any
	};
	char path[300];

	job.rq.cmd = ctl_command_find(slice_str("status"));
	be_quiet();
	ck_assert_int_eq(talk(&job), CTL_NO_DAEMON);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	job.socket = path;
	ck_assert_int_eq(talk(&job), CTL_USAGE);
}
END_TEST

START_TEST(no_permission)
{
	struct job job = { .patience = 300, .fn = view_any };
	struct fake f;

	if (getuid() != 0)
		return; /* who is not root cannot lose a permission here */
	fake_begin(&f, ANSWER);
	ck_assert_int_eq(chmod(f.path, 0600), 0);
	ck_assert_int_eq(setresuid(65534, 65534, 0), 0);
	job.socket = f.path;
	job.rq.cmd = ctl_command_find(slice_str("status"));
	be_quiet();
	int status = talk(&job);
	ck_assert_int_eq(setresuid(0, 0, 0), 0);
	fake_end(&f);
	ck_assert_int_eq(status, CTL_NOT_PERMITTED);
}
END_TEST

/* Errors of our own have the form of the daemon's. */
START_TEST(local_errors)
{
	struct local_error e = { .status = CTL_NO, .code = "E-X", .what = "w", .why = "y" };
	struct view v = { .host = "h", .now = 1700000000 };
	struct buf out = { 0 };

	ck_assert_int_eq(view_local_error(&e, VIEW_TEXT, &v, &out), IKE_OK);
	ck_assert(slice_equal(buf_slice(&out), slice_str("error[E-X]: w\n  why: y\n")));
	out.n = 0;
	ck_assert_int_eq(view_local_error(&e, VIEW_JSON, &v, &out), IKE_OK);
	ck_assert(slice_equal(buf_slice(&out),
	    slice_str("{\"schema\":\"ikectl/1\",\"host\":\"h\",\"time\":\"2023-11-14T22:13:20Z\","
		      "\"error\":{\"code\":\"E-X\",\"what\":\"w\",\"why\":\"y\"}}\n")));
	buf_free(&out);
}
END_TEST

/* --- tables --- */

static void
small_table(struct out *o)
{
	static const char *const heads[] = { "A", "LONGER", "C" };
	static const char *const cells[] = { "1", "2", "3", "four", "5", "" };
	struct table t;

	table_init(&t, 0, heads, 3);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		table_add(&t, cells[i]);
	table_end(&t, o);
}

START_TEST(tables)
{
	struct buf b = { 0 };
	struct out o = { .buf = &b };

	small_table(&o);
	ck_assert_int_eq(o.err, IKE_OK);
	ck_assert(
	    slice_equal(buf_slice(&b), slice_str("A     LONGER  C\n1     2       3\nfour  5\n")));
	buf_free(&b);
	FAIL_EACH_ALLOC({
		struct buf c = { 0 };
		struct out p = { .buf = &c };
		small_table(&p);
		ck_assert_int_eq(p.err, fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		buf_free(&c);
	});
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("ikectl");
	TCase *t = tcase_create("ikectl");

	tcase_add_loop_test(t, command_lines, 0, (int)(sizeof(lines) / sizeof(lines[0])));
	tcase_add_test(t, options_and_patience);
	tcase_add_loop_test(t, instants, 0, (int)(sizeof(times) / sizeof(times[0])));
	tcase_add_test(t, summer_time);
	tcase_add_test(t, help_names_every_command);
	tcase_add_loop_test(t, racoonctl_lines, 0, (int)(sizeof(old) / sizeof(old[0])));
	tcase_add_loop_test(t, talking, 0, (int)(sizeof(talks) / sizeof(talks[0])));
	tcase_add_test(t, no_daemon);
	tcase_add_test(t, no_permission);
	tcase_add_test(t, local_errors);
	tcase_add_test(t, tables);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(suite());

	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
