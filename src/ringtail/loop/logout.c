/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where log records go: standard output in the foreground, a file (followed when it is rotated), else syslog.  A line is
 * racoon's: "2026-11-23 09:04:29: [192.0.2.2] INFO: text".  Nothing here blocks for long or fails loudly: a log that cannot be
 * written must not stop IKE.
 */
#include "conf/conf.h"
#include "ringtail/loop/loop.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

/* syslog.h and util/log.h meet here only: ours are LOG_L_*. */
static int
priority_of(enum log_level level)
{
	switch (level) {
	case LOG_L_ERROR:
		return LOG_ERR;
	case LOG_L_WARNING:
		return LOG_WARNING;
	case LOG_L_NOTIFY:
		return LOG_NOTICE;
	case LOG_L_INFO:
		return LOG_INFO;
	case LOG_L_DEBUG:
	case LOG_L_DEBUG2:
		return LOG_DEBUG;
	}
	return LOG_DEBUG;
}

static const char *
word_of(enum log_level level)
{
	static const char *const words[] = { "ERROR", "WARNING", "NOTIFY", "INFO", "DEBUG", "DEBUG2" };

	return words[level];
}

static void
write_line(FILE *f, const struct log_record *r)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL || strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		stamp[0] = '\0';
	if (r->peer != NULL)
		(void)fprintf(f, "%s: [%s] %s: %s\n", stamp, r->peer, word_of(r->level), r->text);
	else
		(void)fprintf(f, "%s: %s: %s\n", stamp, word_of(r->level), r->text);
	(void)fflush(f);
}

static void
follow_rotation(struct log_out *o)
{
	struct stat st;
	ike_time now = loop_now();

	if (o->file != NULL && now - o->checked < SEC(1))
		return;
	o->checked = now;
	if (o->file != NULL && stat(o->path, &st) == 0 && st.st_ino == o->seen.st_ino && st.st_dev == o->seen.st_dev)
		return;
	if (o->file != NULL)
		(void)fclose(o->file);
	o->file = fopen(o->path, "ae");
	if (o->file != NULL && fstat(fileno(o->file), &o->seen) != 0)
		memset(&o->seen, 0, sizeof(o->seen));
}

void
log_write(void *arg, const struct log_record *r)
{
	struct loop *l = arg;
	struct log_out *o = &l->log_out;

	if (o->to_stdout)
		write_line(stdout, r);
	if (o->to_stderr && r->level <= LOG_L_WARNING)
		(void)fprintf(stderr, "ringtail: %s\n", r->text);
	if (o->path != NULL) {
		follow_rotation(o);
		if (o->file != NULL)
			write_line(o->file, r);
	} else if (o->to_syslog) {
		if (r->peer != NULL)
			syslog(priority_of(r->level), "[%s] %s: %s", r->peer, word_of(r->level), r->text);
		else
			syslog(priority_of(r->level), "%s: %s", word_of(r->level), r->text);
	}
}

void
log_open(struct loop *l)
{
	struct log_out *o = &l->log_out;

	o->path = l->opt.log_path;
	o->to_stdout = l->opt.foreground;
	o->to_stderr = !l->opt.foreground;
	o->to_syslog = !l->opt.foreground && o->path == NULL;
	if (o->to_syslog)
		openlog("racoon", LOG_PID, LOG_DAEMON);
	l->logger.sink = log_write;
	l->logger.arg = l;
	l->logger.max = LOG_L_INFO;
}

static bool
same_path(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

void
log_follow_conf(struct loop *l)
{
	const char *path = l->opt.log_path != NULL || l->conf == NULL ? l->opt.log_path : l->conf->path_logfile;
	unsigned level = (l->conf != NULL ? (unsigned)l->conf->log_level : LOG_L_INFO) + l->opt.debug;

	l->logger.max = level > LOG_L_DEBUG2 ? LOG_L_DEBUG2 : (enum log_level)level;
	if (!same_path(l->log_out.path, path))
		log_reopen(l);
	l->log_out.path = path;
}

void
log_reopen(struct loop *l)
{
	if (l->log_out.file != NULL)
		(void)fclose(l->log_out.file);
	l->log_out.file = NULL;
}

void
log_close(struct loop *l)
{
	log_reopen(l);
	if (l->log_out.to_syslog)
		closelog();
}
