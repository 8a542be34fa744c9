/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fdstore - the service manager's part of a restart, for tests: readiness protocol and descriptor store.
 *
 *	fdstore [-n MOST] COMMAND [ARGUMENT]...
 *
 * Runs COMMAND with NOTIFY_SOCKET and FDSTORE set and keeps what it stores (FDSTORE=1, FDNAME=, FDSTOREREMOVE=1, BARRIER=1), at most MOST
 * (512) descriptors.  Only the process that was started is listened to, as with NotifyAccess=main.
 *
 *	SIGUSR1   restart: SIGTERM, wait for the end, start again with LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID
 *	SIGUSR2   the same with SIGKILL
 *	SIGHUP    forget the whole store
 *	SIGTERM   SIGTERM to the command, then end with its status
 *
 * Each thing that happens is a line on standard output: "start PID FDS", "ready MS", "stopping", "status TEXT", "store NAME FDS",
 * "remove NAME FDS", "barrier", "exit PID STATUS" (FDS: descriptors in the store then).  A command that ends unasked ends
 * fdstore with its status.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAME_MAX_LEN 255
#define FDS_AT_ONCE 64
#define LISTEN_FDS_START 3

struct stored {
	int fd;
	char name[NAME_MAX_LEN + 1];
};

struct manager {
	char **argv;
	char path[64];          /* of the notify socket, in the abstract namespace */
	int notify, signals;
	struct stored *store;
	unsigned n, most;
	pid_t pid;              /* of the command, 0: none */
	bool again;             /* start it again when it has ended */
	bool ending;
	double started;
	int status;
};

static double
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void
die(const char *what)
{
	(void)fprintf(stderr, "fdstore: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int
open_notify(struct manager *m)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int on = 1, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(m->path, sizeof(m->path), "ringtail-fdstore-%ld", (long)getpid());
	size_t n = strlen(m->path);
	memcpy(sun.sun_path + 1, m->path, n);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0 ||
	    bind(fd, (struct sockaddr *)&sun, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n)) != 0)
		die("the notify socket");
	return fd;
}

static int
open_signals(void)
{
	static const int list[] = { SIGCHLD, SIGUSR1, SIGUSR2, SIGHUP, SIGTERM, SIGINT };
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		(void)sigaddset(&set, list[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		die("the signal mask");
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		die("signalfd");
	return fd;
}

/* In the child: the stored descriptors become 3, 4, 5 ...  None may be overwritten before it was moved. */
static void
hand_fds(struct manager *m)
{
	int base = LISTEN_FDS_START + (int)m->n;

	for (unsigned i = 0; i < m->n; i++) {
		int fd = fcntl(m->store[i].fd, F_DUPFD_CLOEXEC, base);
		if (fd < 0)
			die("dup");
		m->store[i].fd = fd;
	}
	for (unsigned i = 0; i < m->n; i++)
		if (dup2(m->store[i].fd, LISTEN_FDS_START + (int)i) < 0)
			die("dup2");
}

static void
set_names(const struct manager *m)
{
	size_t n = 1;

	for (unsigned i = 0; i < m->n; i++)
		n += strlen(m->store[i].name) + 1;
	char *names = calloc(n, 1), *p = names;
	if (names == NULL)
		die("names");
	for (unsigned i = 0; i < m->n; i++)
		p += sprintf(p, "%s%s", i > 0 ? ":" : "", m->store[i].name);
	(void)setenv("LISTEN_FDNAMES", names, 1);
	free(names);
}

static void
run_child(struct manager *m)
{
	char text[sizeof(m->path) + 1];
	sigset_t none;

	(void)snprintf(text, sizeof(text), "@%s", m->path);
	(void)setenv("NOTIFY_SOCKET", text, 1);
	(void)snprintf(text, sizeof(text), "%u", m->most);
	(void)setenv("FDSTORE", text, 1);
	if (m->n > 0) {
		set_names(m);
		(void)snprintf(text, sizeof(text), "%u", m->n);
		(void)setenv("LISTEN_FDS", text, 1);
		(void)snprintf(text, sizeof(text), "%ld", (long)getpid());
		(void)setenv("LISTEN_PID", text, 1);
		hand_fds(m);
	}
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execvp(m->argv[0], m->argv);
	die(m->argv[0]);
}

static void
start(struct manager *m)
{
	m->again = false;
	m->started = now_ms();
	(void)fflush(stdout);
	m->pid = fork();
	if (m->pid < 0)
		die("fork");
	if (m->pid == 0)
		run_child(m);
	(void)printf("start %ld %u\n", (long)m->pid, m->n);
}

static void
stop(struct manager *m, int sig)
{
	if (m->pid > 0)
		(void)kill(m->pid, sig);
}

static bool
same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Takes |fd| over. */
static void
add(struct manager *m, int fd, const char *name)
{
	bool known = false;

	for (unsigned i = 0; i < m->n; i++)
		known = known || same_file(fd, m->store[i].fd);
	if (known || m->n == m->most) {
		(void)close(fd);
		(void)printf("%s %s %u\n", known ? "known" : "full", name, m->n);
		return;
	}
	m->store[m->n].fd = fd;
	(void)snprintf(m->store[m->n].name, sizeof(m->store[m->n].name), "%s", name);
	m->n++;
	(void)printf("store %s %u\n", name, m->n);
}

static void
drop(struct manager *m, const char *name)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < m->n; i++) {
		if (name == NULL || strcmp(m->store[i].name, name) == 0)
			(void)close(m->store[i].fd);
		else
			m->store[kept++] = m->store[i];
	}
	m->n = kept;
	(void)printf("remove %s %u\n", name != NULL ? name : "*", m->n);
}

/* The value of |key| among the lines of |text|, copied to |out|; false: it is not there. */
static bool
value_of(const char *text, const char *key, char *out, size_t cap)
{
	size_t k = strlen(key);

	for (const char *p = text; p != NULL && *p != '\0'; p = strchr(p, '\n'), p = p == NULL ? NULL : p + 1) {
		if (strncmp(p, key, k) != 0 || p[k] != '=')
			continue;
		size_t n = strcspn(p + k + 1, "\n");
		if (n >= cap)
			return false;
		memcpy(out, p + k + 1, n);
		out[n] = '\0';
		return true;
	}
	return false;
}

static void
take_message(struct manager *m, const char *text, int *fds, unsigned n)
{
	char name[NAME_MAX_LEN + 1] = "stored", value[512];

	(void)value_of(text, "FDNAME", name, sizeof(name));
	if (value_of(text, "READY", value, sizeof(value)))
		(void)printf("ready %.1f\n", now_ms() - m->started);
	if (value_of(text, "STOPPING", value, sizeof(value)))
		(void)printf("stopping\n");
	if (value_of(text, "RELOADING", value, sizeof(value)))
		(void)printf("reloading\n");
	if (value_of(text, "STATUS", value, sizeof(value)))
		(void)printf("status %s\n", value);
	if (value_of(text, "BARRIER", value, sizeof(value)))
		(void)printf("barrier\n");
	if (value_of(text, "FDSTOREREMOVE", value, sizeof(value)))
		drop(m, name);
	bool keep = value_of(text, "FDSTORE", value, sizeof(value));
	for (unsigned i = 0; i < n; i++) {
		if (keep)
			add(m, fds[i], name);
		else
			(void)close(fds[i]);
	}
}

static void
read_message(struct manager *m)
{
	char text[4096];
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * FDS_AT_ONCE) + CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control) };
	int fds[FDS_AT_ONCE];
	unsigned n = 0;
	pid_t from = 0;

	ssize_t got = recvmsg(m->notify, &mh, MSG_CMSG_CLOEXEC);
	if (got < 0)
		return;
	text[got] = '\0';
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&mh); c != NULL; c = CMSG_NXTHDR(&mh, c)) {
		struct ucred cred;
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS) {
			n = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
			memcpy(fds, CMSG_DATA(c), n * sizeof(int));
		} else if (c->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&cred, CMSG_DATA(c), sizeof(cred));
			from = cred.pid;
		}
	}
	if (from == m->pid && m->pid != 0) {
		take_message(m, text, fds, n);
		return;
	}
	(void)printf("ignored %ld\n", (long)from);
	for (unsigned i = 0; i < n; i++)
		(void)close(fds[i]);
}

/* What the command said before it ended counts. */
static void
read_all(struct manager *m)
{
	struct pollfd p = { .fd = m->notify, .events = POLLIN };

	while (poll(&p, 1, 0) > 0)
		read_message(m);
}

static void
reap(struct manager *m)
{
	int status;

	read_all(m);
	if (m->pid == 0 || waitpid(m->pid, &status, WNOHANG) != m->pid)
		return;
	m->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	(void)printf("exit %ld %d\n", (long)m->pid, m->status);
	m->pid = 0;
	if (m->again && !m->ending)
		start(m);
	else
		m->ending = true;
}

static void
on_signal(struct manager *m)
{
	struct signalfd_siginfo si;

	if (read(m->signals, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	switch (si.ssi_signo) {
	case SIGCHLD:
		reap(m);
		break;
	case SIGUSR1:
	case SIGUSR2:
		m->again = true;
		stop(m, si.ssi_signo == SIGUSR1 ? SIGTERM : SIGKILL);
		break;
	case SIGHUP:
		drop(m, NULL);
		break;
	default:
		m->ending = true;
		m->again = false;
		stop(m, SIGTERM);
		break;
	}
}

int
main(int argc, char **argv)
{
	struct manager m = { .most = 512 };
	int ch;

	while ((ch = getopt(argc, argv, "+n:")) != -1) {
		if (ch != 'n') {
			(void)fprintf(stderr, "usage: fdstore [-n most] command [argument]...\n");
			return 2;
		}
		m.most = (unsigned)strtoul(optarg, NULL, 10);
	}
	m.argv = argv + optind;
	m.store = calloc((size_t)m.most + 1, sizeof(*m.store));
	if (m.argv[0] == NULL || m.store == NULL) {
		(void)fprintf(stderr, "usage: fdstore [-n most] command [argument]...\n");
		return 2;
	}
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	m.signals = open_signals();
	m.notify = open_notify(&m);
	start(&m);
	while (m.pid != 0) {
		struct pollfd p[2] = { { .fd = m.notify, .events = POLLIN }, { .fd = m.signals, .events = POLLIN } };
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			die("poll");
		if ((p[0].revents & POLLIN) != 0)
			read_message(&m);
		if ((p[1].revents & POLLIN) != 0)
			on_signal(&m);
	}
	return m.status;
}
