/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The service manager keeps descriptors for us across a restart: the sockets, so that what arrives meanwhile waits in them and no
 * address is unbound for a moment, and at the end the daemon's state.
 *
 * The state is in a memory file that is in no file system, sealed so that nobody can change it, and only in the hands of the manager.
 * It is taken out of the store before it is used: if that cannot be made sure, it is not used.  Sockets stay in the store as long as
 * they are open.  What comes back is believed for what it is, not for its name.
 */
#include "crypto/secret.h"
#include "ringtail/loop/loop.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTEN_FDS_START 3
#define LISTEN_FDS_MOST 4096
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define STATE_NAME "state"
#define CONTROL_NAME "control"
#define STATE_MOST ((off_t)4 << 30)

struct held_fd {
	int  fd;           /* -1: taken */
	char name[FDSTORE_NAME];
};

/* The next of the names between colons. */
static void
next_name(const char **names, char out[FDSTORE_NAME])
{
	size_t n = *names == NULL ? 0 : strcspn(*names, ":");

	(void)snprintf(out, FDSTORE_NAME, "%.*s", (int)(n < FDSTORE_NAME ? n : 0), n > 0 ? *names : "");
	if (*names != NULL)
		*names = (*names)[n] == ':' ? *names + n + 1 : NULL;
}

static void
forget_environment(void)
{
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	(void)unsetenv("LISTEN_PID");
}

void
fdstore_open(struct loop *l)
{
	const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID"), *names = getenv("LISTEN_FDNAMES");
	unsigned long n = count == NULL ? 0 : strtoul(count, NULL, 10);

	/* meant for another process, which started us */
	if (n == 0 || n > LISTEN_FDS_MOST || pid == NULL || strtol(pid, NULL, 10) != (long)getpid())
		return;
	l->held = calloc(n, sizeof(*l->held));
	if (l->held == NULL) {
		log_put(&l->logger, LOG_L_WARNING, NULL, "no memory for what the service manager kept");
		return;
	}
	for (unsigned long i = 0; i < n; i++) {
		int fd = LISTEN_FDS_START + (int)i;
		next_name(&names, l->held[i].name);
		l->held[i].fd = fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? fd : -1;
		l->n_held++;
	}
	forget_environment();
}

/* What was kept under |name| and could not be used: it is taken out before, as names are all that the manager goes by. */
static void
make_room(struct loop *l, const char *name)
{
	bool found = false;

	for (size_t i = 0; i < l->n_held; i++) {
		struct held_fd *h = &l->held[i];
		if (h->fd < 0 || strcmp(h->name, name) != 0)
			continue;
		(void)close(h->fd);
		h->fd = -1;
		found = true;
	}
	if (found)
		(void)fdstore_drop(l, name);
}

void
fdstore_keep(struct loop *l, int fd, const char *name)
{
	char text[FDSTORE_NAME + 64];

	if (l->notify_fd < 0)
		return;
	make_room(l, name);
	/* FDPOLL=0: an error that waits in a socket is no reason to drop it */
	(void)snprintf(text, sizeof(text), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", name);
	(void)notify_send(l, text, fd);
}

ike_err
fdstore_drop(struct loop *l, const char *name)
{
	char text[FDSTORE_NAME + 64];

	(void)snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	return notify_send(l, text, -1);
}

/* Close what nobody has asked for: the configuration does not want it any more. */
void
fdstore_settle(struct loop *l)
{
	for (size_t i = 0; i < l->n_held; i++) {
		if (l->held[i].fd < 0)
			continue;
		log_put(&l->logger, LOG_L_INFO, NULL, "the descriptor \"%s\" of the process before this one is not needed any more",
		    l->held[i].name);
		(void)close(l->held[i].fd);
		l->held[i].fd = -1;
		if (l->held[i].name[0] != '\0')
			(void)fdstore_drop(l, l->held[i].name);
	}
}

void
fdstore_close(struct loop *l)
{
	for (size_t i = 0; i < l->n_held; i++)
		if (l->held[i].fd >= 0)
			(void)close(l->held[i].fd);
	free(l->held);
	l->held = NULL;
	l->n_held = 0;
}

/* ':' has a meaning in the list of names. */
void
fdstore_udp_name(const struct endpoint *at, bool natt, char out[FDSTORE_NAME])
{
	struct addr_buf ab;

	(void)snprintf(out, FDSTORE_NAME, "%s.%s.%u", natt ? "natt" : "ike", addr_text(&at->addr, &ab), at->port);
	for (char *p = out; *p != '\0'; p++)
		if (*p == ':' || !isgraph((unsigned char)*p))
			*p = '_';
}

static int
option(int fd, int which)
{
	int v = -1;
	socklen_t len = sizeof(v);

	return getsockopt(fd, SOL_SOCKET, which, &v, &len) == 0 ? v : -1;
}

static int
take(struct held_fd *h)
{
	int fd = h->fd, flags = fcntl(fd, F_GETFL);

	h->fd = -1;
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

int
fdstore_take_udp(struct loop *l, const struct endpoint *at, bool natt)
{
	char name[FDSTORE_NAME];

	fdstore_udp_name(at, natt, name);
	for (size_t i = 0; i < l->n_held; i++) {
		struct held_fd *h = &l->held[i];
		struct sockaddr_storage sa;
		socklen_t len = sizeof(sa);
		struct endpoint bound;
		if (h->fd < 0 || strcmp(h->name, name) != 0 || option(h->fd, SO_TYPE) != SOCK_DGRAM)
			continue;
		if (getsockname(h->fd, (struct sockaddr *)&sa, &len) == 0 &&
		    endpoint_from_sockaddr((struct sockaddr *)&sa, len, &bound) == IKE_OK && endpoint_equal(&bound, at))
			return take(h);
	}
	return -1;
}

int
fdstore_take_control(struct loop *l, const char *path)
{
	struct stat st;

	/* somebody has removed the name: nobody could connect */
	if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return -1;
	for (size_t i = 0; i < l->n_held; i++) {
		struct held_fd *h = &l->held[i];
		struct sockaddr_un sun = { 0 };
		socklen_t len = sizeof(sun) - 1;
		if (h->fd < 0 || strcmp(h->name, CONTROL_NAME) != 0 || option(h->fd, SO_ACCEPTCONN) != 1)
			continue;
		if (getsockname(h->fd, (struct sockaddr *)&sun, &len) == 0 && sun.sun_family == AF_UNIX &&
		    strcmp(sun.sun_path, path) == 0)
			return take(h);
	}
	return -1;
}

void
fdstore_keep_control(struct loop *l, int fd)
{
	fdstore_keep(l, fd, CONTROL_NAME);
}

/* Ours, in no file system, and nobody can have changed it. */
static ike_err
check_state(int fd, size_t *size)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 0 || st.st_uid != geteuid() || st.st_size <= 0 ||
	    st.st_size > STATE_MOST || seals < 0 || (seals & SEALS) != SEALS)
		return IKE_E_IO;
	*size = (size_t)st.st_size;
	return IKE_OK;
}

static ike_err
read_state(int fd, struct secret *out)
{
	struct secret s;
	size_t size, have = 0;

	TRY(check_state(fd, &size));
	TRY(secret_new(size, &s));
	while (have < size) {
		ssize_t n = pread(fd, s.p + have, size - have, (off_t)have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			secret_free(&s);
			return IKE_E_IO;
		}
		have += (size_t)n;
	}
	secret_move(out, &s);
	return IKE_OK;
}

/* Out of the manager's store, for certain: a process after us must not find it, too. */
static ike_err
remove_state(struct loop *l)
{
	TRY(fdstore_drop(l, STATE_NAME));
	return notify_barrier(l);
}

ike_err
fdstore_load(void *arg, struct secret *out)
{
	struct loop *l = arg;
	ike_err err = IKE_E_NOTFOUND;
	struct secret got = { 0 };

	for (size_t i = 0; i < l->n_held; i++) {
		struct held_fd *h = &l->held[i];
		if (h->fd < 0 || strcmp(h->name, STATE_NAME) != 0)
			continue;
		/* two of them: which is true?  Neither. */
		err = err == IKE_E_NOTFOUND ? read_state(h->fd, &got) : IKE_E_IO;
		(void)close(h->fd);
		h->fd = -1;
	}
	if (err != IKE_E_NOTFOUND) {
		ike_err gone = remove_state(l);
		err = err == IKE_OK ? gone : err;
	}
	if (err == IKE_OK)
		secret_move(out, &got);
	secret_free(&got);
	return err;
}

static ike_err
write_state(int fd, struct slice s)
{
	TRY(write_all(fd, s));
	return fcntl(fd, F_ADD_SEALS, SEALS) == 0 ? IKE_OK : IKE_E_IO;
}

static ike_err
store_state(struct loop *l, struct slice s)
{
	int fd = memfd_create("ringtail-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return IKE_E_IO;
	ike_err err = write_state(fd, s);
	if (err == IKE_OK)
		err = notify_send(l, "FDSTORE=1\nFDPOLL=0\nFDNAME=" STATE_NAME, fd);
	(void)close(fd);
	return err;
}

bool
fdstore_can_hand_over(const struct loop *l)
{
	return l->notify_fd >= 0 && !l->daemon->stopping && daemon_keeps(l->daemon, END_AS_CONFIGURED);
}

/*
 * A manager that says how many descriptors it keeps at most may be full of sockets.  The state is worth more: the control socket goes
 * for it, and then the last of the others, which the next process binds anew.
 */
static void
make_room_for_state(struct loop *l)
{
	const char *text = getenv("FDSTORE");
	unsigned long most = text == NULL ? 0 : strtoul(text, NULL, 10), n = l->ctl.listener != NULL;
	char name[FDSTORE_NAME];

	LIST_FOR(it, &l->sockets)
		n++;
	if (most == 0 || n < most)
		return;
	if (l->ctl.listener != NULL && fdstore_drop(l, CONTROL_NAME) == IKE_OK)
		n--;
	for (struct list *it = l->sockets.prev; it != &l->sockets && n >= most; it = it->prev, n--) {
		const struct udp_socket *s = container_of(it, struct udp_socket, link);
		fdstore_udp_name(&s->at, s->natt, name);
		(void)fdstore_drop(l, name);
	}
}

ike_err
fdstore_hand_over(struct loop *l)
{
	struct secret state = { 0 };

	TRY(daemon_hand_over(l->daemon, loop_now(), &state));
	make_room_for_state(l);
	ike_err err = store_state(l, secret_slice(&state));
	secret_free(&state);
	/* the manager has to have read it before it learns that we are gone */
	if (err == IKE_OK)
		err = notify_barrier(l);
	if (err == IKE_OK)
		log_put(&l->logger, LOG_L_INFO, NULL, "handed %zu IKE SAs and %zu children over to the next process",
		    l->daemon->ikes.ids.count, l->daemon->children.ids.count);
	else
		log_put(&l->logger, LOG_L_WARNING, NULL,
		    "the state could not be handed over (%s); the next process adopts what is in the kernel", ike_err_text(err));
	return err;
}

void
fdstore_boot_id(uint8_t out[16])
{
	char text[64] = { 0 };
	unsigned n = 0;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	memset(out, 0, 16);
	if (fd < 0)
		return;
	ssize_t got = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	for (ssize_t i = 0; i < got && n < 32; i++) {
		const char *hex = "0123456789abcdef", *at = text[i] == '\0' ? NULL : strchr(hex, text[i]);
		if (at == NULL)
			continue;
		out[n / 2] = (uint8_t)(out[n / 2] << 4 | (at - hex));
		n++;
	}
}
