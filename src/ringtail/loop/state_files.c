/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small files of the daemon's own, in RINGTAIL_RUNDIR/ringtail (run/NAME) and RINGTAIL_STATEDIR/ringtail (state/NAME), or in
 * those that `path runtime` and `path state` name: see env.h.
 */
#include "conf/conf.h"
#include "ringtail/loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MOST ((size_t)64 << 20)

/* The path of |name| with |suffix|; NULL: |name| is in no folder of ours, or out of memory.  |*dir_out|: the folder's length. */
static char *
path_of(const struct loop *l, const char *name, const char *suffix, size_t *dir_out)
{
	const char *dir;

	if (strncmp(name, "run/", 4) == 0) {
		dir = l->conf->path_runtime != NULL ? l->conf->path_runtime : RINGTAIL_RUNDIR "/ringtail";
		name += 4;
	} else if (strncmp(name, "state/", 6) == 0) {
		dir = l->conf->path_state != NULL ? l->conf->path_state : RINGTAIL_STATEDIR "/ringtail";
		name += 6;
	} else {
		return NULL;
	}
	*dir_out = strlen(dir);
	size_t n = *dir_out + strlen(name) + strlen(suffix) + 2;
	char *p = malloc(n);
	if (p != NULL)
		(void)snprintf(p, n, "%s/%s%s", dir, name, suffix);
	return p;
}

ike_err
write_all(int fd, struct slice s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return IKE_E_IO;
		s = slice_of(s.p + n, s.n - (size_t)n);
	}
	return IKE_OK;
}

/* Open for writing, and make the folder if it is not there. */
static int
open_to_write(char *path, size_t dir, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	path[dir] = '\0';
	int rc = mkdir(path, 0755);
	path[dir] = '/';
	if (rc != 0 && errno != EEXIST)
		return -1;
	return open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
}

static void
complain(struct loop *l, const char *path, const char *what)
{
	uint64_t n;

	if (log_allow(&l->file_log, loop_now(), &n))
		log_put(&l->logger, LOG_L_WARNING, NULL, "cannot %s %s: %s", what, path, strerror(errno));
}

ike_err
state_file_load(void *arg, const char *name, struct buf *out)
{
	struct loop *l = arg;
	uint8_t chunk[8192];
	ike_err err = IKE_OK;
	ssize_t n = 0;
	size_t dir;
	char *path = path_of(l, name, "", &dir);

	if (path == NULL)
		return IKE_E_NOMEM;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		err = errno == ENOENT ? IKE_E_NOTFOUND : IKE_E_IO;
		if (err == IKE_E_IO)
			complain(l, path, "read");
		free(path);
		return err;
	}
	while (err == IKE_OK && (n = read(fd, chunk, sizeof(chunk))) > 0)
		err = out->n + (size_t)n > FILE_MOST ? IKE_E_RANGE : buf_append(out, slice_of(chunk, (size_t)n));
	if (n < 0)
		err = IKE_E_IO;
	(void)close(fd);
	free(path);
	return err;
}

ike_err
state_file_store(void *arg, const char *name, struct slice text)
{
	struct loop *l = arg;
	size_t dir;
	char *path = path_of(l, name, "", &dir), *fresh = path_of(l, name, ".new", &dir);
	ike_err err = path == NULL || fresh == NULL ? IKE_E_NOMEM : IKE_OK;

	if (err == IKE_OK) {
		int fd = open_to_write(fresh, dir, O_TRUNC);
		err = fd < 0 ? IKE_E_IO : write_all(fd, text);
		if (fd >= 0 && close(fd) != 0)
			err = IKE_E_IO;
		if (err == IKE_OK && rename(fresh, path) != 0)
			err = IKE_E_IO;
		if (err != IKE_OK)
			complain(l, path, "write");
	}
	free(path);
	free(fresh);
	return err;
}

ike_err
state_file_append(void *arg, const char *name, struct slice text)
{
	struct loop *l = arg;
	size_t dir;
	char *path = path_of(l, name, "", &dir);

	if (path == NULL)
		return IKE_E_NOMEM;
	int fd = open_to_write(path, dir, O_APPEND);
	ike_err err = fd < 0 ? IKE_E_IO : write_all(fd, text);
	if (fd >= 0 && close(fd) != 0)
		err = IKE_E_IO;
	if (err != IKE_OK)
		complain(l, path, "write");
	free(path);
	return err;
}

/* Whoever else can read it could end our peers' SAs with it, so it is rather not used. */
static ike_err
read_secret(struct loop *l, const char *path, int fd, uint8_t *secret, size_t n)
{
	struct stat st;
	ike_err err = IKE_OK;

	if (fstat(fd, &st) != 0)
		err = IKE_E_IO;
	else if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0 || st.st_uid != geteuid())
		err = IKE_E_PERM;
	else if (st.st_size != (off_t)n)
		err = IKE_E_FORMAT;
	else if (read(fd, secret, n) != (ssize_t)n)
		err = IKE_E_IO;
	if (err == IKE_E_PERM)
		log_put(&l->logger, LOG_L_ERROR, NULL, "%s can be read by others; it is not used. Remove it, and a new one is made", path);
	else if (err == IKE_E_FORMAT)
		log_put(&l->logger, LOG_L_ERROR, NULL, "%s is damaged; it is not used. Remove it, and a new one is made", path);
	return err;
}

ike_err
state_secret(void *arg, const char *name, uint8_t *secret, size_t n)
{
	struct loop *l = arg;
	size_t dir;
	char *path = path_of(l, name, "", &dir), *fresh = path_of(l, name, ".new", &dir);
	ike_err err = path == NULL || fresh == NULL ? IKE_E_NOMEM : IKE_OK;
	/* whatever stands there must not hold us up */
	int fd = err != IKE_OK ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0) {
		err = read_secret(l, path, fd, secret, n);
		(void)close(fd);
	} else if (err == IKE_OK && errno != ENOENT) {
		err = IKE_E_IO;
		complain(l, path, "read");
	} else if (err == IKE_OK) {
		/* a file of our own: who has an older one open sees nothing */
		(void)unlink(fresh);
		fd = open_to_write(fresh, dir, O_EXCL);
		err = fd < 0 || fchmod(fd, 0600) != 0 ? IKE_E_IO : write_all(fd, slice_of(secret, n));
		if (err == IKE_OK && fsync(fd) != 0)
			err = IKE_E_IO;
		if (fd >= 0 && close(fd) != 0)
			err = IKE_E_IO;
		if (err == IKE_OK && rename(fresh, path) != 0)
			err = IKE_E_IO;
		if (err != IKE_OK)
			complain(l, path, "write");
	}
	free(path);
	free(fresh);
	return err;
}
