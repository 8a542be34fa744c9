/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config check: the daemon's own program reads the file, so that both mean the same.  It is looked for beside ikectl, then on
 * the path.
 */
#include "ikectl/talk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
run(const char *path, int out)
{
	char self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 16);
	const char *argv[] = { "ringtail", "-t", path == NULL ? NULL : "-f", path, NULL };
	char *slash;

	if (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
		_exit(126);
	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		if (slash != NULL) {
			memcpy(slash + 1, "ringtail", sizeof("ringtail"));
			(void)execv(self, (char *const *)(uintptr_t)argv);
		}
	}
	(void)execvp("ringtail", (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* Everything |fd| gives. */
static ike_err
collect(int fd, struct buf *out)
{
	uint8_t chunk[4096];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? IKE_OK : IKE_E_IO;
		TRY(buf_append(out, slice_of(chunk, (size_t)n)));
	}
}

/* The findings, a line each, as a result. */
static ike_err
print_findings(const struct buf *text, bool valid, enum view_format format, const struct view *v,
    struct buf *out)
{
	struct ctl_put p;
	struct buf msg = { 0 };
	struct ctl_answer a;
	struct slice s = buf_slice(text);

	ctl_put_init(&p, CTL_M_ANSWER, (size_t)1 << 24);
	ctl_put_uint(&p, "status", CTL_DONE);
	ctl_put_quantity(&p, "time", CTL_TIME, v->now);
	ctl_put_record(&p, "result");
	ctl_put_bool(&p, "valid", valid);
	ctl_put_list(&p, "findings");
	while (s.n > 0) {
		size_t n = 0;
		while (n < s.n && s.p[n] != '\n')
			n++;
		ctl_put_slice(&p, NULL, slice_of(s.p, n));
		n += n < s.n;
		s = slice_of(s.p + n, s.n - n);
	}
	ctl_put_end(&p);
	ctl_put_end(&p);
	ike_err err = ctl_put_take(&p, &msg);
	ctl_put_free(&p);
	if (err == IKE_OK)
		err = ctl_get_answer(buf_slice(&msg), &a);
	if (err == IKE_OK)
		err = view_print(&a, format, view_any, v, out);
	buf_free(&msg);
	return err;
}

static int
report(const struct buf *text, int status, enum view_format format, const struct view *v)
{
	struct buf out = { 0 };
	bool valid = status == 0, ok;

	if (status != 0 && status != 1) {
		struct local_error e = {
			.status = CTL_NO,
			.code = "E-PROGRAM",
			.what = "the program ringtail could not be run",
			.why = "it is neither beside ikectl nor on the path",
			.fix = "run `ringtail -t -f FILE` with its full path",
		};
		return talk_error(&e, format, v);
	}
	if (format == VIEW_TEXT)
		ok = talk_write(text, !valid);
	else
		ok = print_findings(text, valid, format, v, &out) == IKE_OK &&
		     talk_write(&out, false);
	buf_free(&out);
	return !ok ? CTL_NO : valid ? CTL_DONE : CTL_BAD_CONFIG;
}

int
check_config(const char *path, enum view_format format, const struct view *v)
{
	struct buf text = { 0 };
	int fds[2], status = -1;

	if (pipe(fds) != 0)
		return report(&text, -1, format, v);
	pid_t pid = fork();
	if (pid == 0)
		run(path, fds[1]);
	(void)close(fds[1]);
	ike_err err = pid < 0 ? IKE_E_IO : collect(fds[0], &text);
	(void)close(fds[0]);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && err == IKE_OK)
		status = WEXITSTATUS(status);
	else
		status = -1;
	status = report(&text, status, format, v);
	buf_free(&text);
	return status;
}
