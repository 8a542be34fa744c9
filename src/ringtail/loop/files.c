/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files: the configuration's reader, secret files with their permission rule, the pid file.
 */
#include "conf/conf.h"
#include "ringtail/loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)16 << 20)

static ike_err
err_of_errno(int e)
{
	return e == ENOENT || e == ENOTDIR ? IKE_E_NOTFOUND : e == EACCES || e == EPERM ? IKE_E_PERM :
	    e == ENOMEM ? IKE_E_NOMEM : IKE_E_IO;
}

static ike_err
read_conf(void *arg, const char *path, struct buf *out)
{
	uint8_t chunk[8192];
	ike_err err = IKE_OK;
	ssize_t n = 0;

	(void)arg;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_of_errno(errno);
	while (err == IKE_OK && (n = read(fd, chunk, sizeof(chunk))) > 0) {
		err = buf_append(out, slice_of(chunk, (size_t)n));
		if (out->n > FILE_MAX)
			err = IKE_E_RANGE;
	}
	if (n < 0)
		err = err_of_errno(errno);
	(void)close(fd);
	return err;
}

static ike_err
glob_conf(void *arg, const char *pattern, conf_path_fn *fn, void *fn_arg)
{
	glob_t g = { 0 };
	ike_err err = IKE_OK;

	(void)arg;
	int rc = glob(pattern, GLOB_TILDE, NULL, &g);
	if (rc == GLOB_NOMATCH)
		err = IKE_E_NOTFOUND;
	else if (rc == GLOB_NOSPACE)
		err = IKE_E_NOMEM;
	else if (rc != 0)
		err = IKE_E_IO;
	for (size_t i = 0; err == IKE_OK && i < g.gl_pathc; i++)
		err = fn(fn_arg, g.gl_pathv[i]);
	globfree(&g);
	return err;
}

void
files_reader(struct conf_reader *out)
{
	*out = (struct conf_reader){ .arg = NULL, .read = read_conf, .glob = glob_conf };
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static ike_err
fill(int fd, const struct stat *st, struct secret *out)
{
	struct secret s;
	size_t have = 0;

	if (st->st_size < 0 || (size_t)st->st_size > FILE_MAX)
		return IKE_E_RANGE;
	TRY(secret_new((size_t)st->st_size, &s));
	while (have < s.n) {
		ssize_t n = read(fd, s.p + have, s.n - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			secret_free(&s);
			return IKE_E_IO;      /* it shrank or failed: somebody is writing, the next try finds it whole */
		}
		have += (size_t)n;
	}
	secret_free(out);
	*out = s;
	return IKE_OK;
}

/* racoon's rule: a regular file of ours without any bit for group or others. */
static ike_err
open_secret(const char *path, int *fd_out, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_of_errno(errno);
	ike_err err = fstat(fd, st) != 0 ? IKE_E_IO : IKE_OK;
	if (err == IKE_OK && (!S_ISREG(st->st_mode) || st->st_uid != geteuid() || (st->st_mode & (S_IRWXG | S_IRWXO)) != 0))
		err = IKE_E_PERM;
	if (err != IKE_OK)
		(void)close(fd);
	else
		*fd_out = fd;
	return err;
}

ike_err
files_load_secret(const char *path, struct secret *out)
{
	struct stat st;
	int fd;

	TRY(open_secret(path, &fd, &st));
	ike_err err = fill(fd, &st, out);
	(void)close(fd);
	return err;
}

static ike_err
refresh(struct secret_cache *c, const char *path)
{
	struct stat st;
	int fd;

	TRY(open_secret(path, &fd, &st));
	ike_err err = IKE_OK;
	bool known = c->path != NULL && strcmp(c->path, path) == 0 && same_file(&c->seen, &st);
	if (!known) {
		err = fill(fd, &st, &c->text);
		if (err == IKE_OK) {
			free(c->path);
			c->path = strdup(path);
			c->seen = st;
			c->version++;
			if (c->path == NULL)
				err = IKE_E_NOMEM;
		}
	}
	(void)close(fd);
	return err;
}

ike_err
files_read_secret(void *arg, const char *path, struct slice *out, uint64_t *version_out)
{
	struct loop *l = arg;

	TRY(refresh(&l->secrets, path));
	*out = secret_slice(&l->secrets.text);
	*version_out = l->secrets.version;
	return IKE_OK;
}

void
files_forget(struct loop *l)
{
	free(l->secrets.path);
	l->secrets.path = NULL;
	secret_free(&l->secrets.text);
}

/* `path pidfile` is absolute or relative to the run directory. */
static char *
pid_path(const struct conf *c)
{
	const char *name = c->path_pidfile != NULL ? c->path_pidfile : "racoon.pid";
	const char *dir = name[0] == '/' ? "" : RINGTAIL_RUNDIR "/";
	size_t n = strlen(dir) + strlen(name) + 1;
	char *p = malloc(n);

	if (p != NULL)
		(void)snprintf(p, n, "%s%s", dir, name);
	return p;
}

ike_err
pidfile_write(struct loop *l)
{
	l->pid_path = pid_path(l->conf);
	if (l->pid_path == NULL)
		return IKE_E_NOMEM;
	FILE *f = fopen(l->pid_path, "we");
	if (f == NULL) {
		log_put(&l->logger, LOG_L_ERROR, NULL, "cannot write the pid file %s: %s", l->pid_path, strerror(errno));
		free(l->pid_path);
		l->pid_path = NULL;
		return IKE_E_IO;
	}
	(void)fprintf(f, "%ld\n", (long)getpid());
	return fclose(f) == 0 ? IKE_OK : IKE_E_IO;
}

void
pidfile_remove(struct loop *l)
{
	if (l->pid_path != NULL)
		(void)unlink(l->pid_path);
	free(l->pid_path);
	l->pid_path = NULL;
}
