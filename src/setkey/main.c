/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * setkey - manipulate the kernel's SAs and policies by hand.  See setkey(8).
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "setkey/load.h"
#include "setkey/options.h"
#include "setkey/owned.h"
#include "setkey/watch.h"
#include "util/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif
#ifndef RINGTAIL_RUNDIR
#define RINGTAIL_RUNDIR "/var/run"
#endif

/* Exit status: the daemon has this file, and it was not loaded although it differs. */
enum { STATUS_OWNED = 2 };

/* --- statements --- */

static void
complain(struct setkey_run *r, const struct setkey_stmt *s)
{
	fprintf(stderr, "%s\nparse failed, line %u.\n", s->error, s->line);
	r->failures++;
}

/* One statement after the other.  False: it ends here, by exit or by an error that counts. */
static ike_err
run_steps(
    struct setkey_run *r, const struct options *o, const struct setkey_list *list, bool *done_out)
{
	for (size_t i = 0; !*done_out && i < list->n; i++) {
		const struct setkey_stmt *s = &list->v[i];

		if (s->verb == SETKEY_ERROR) {
			complain(r, s);
			/* what stood before it stays; -n shows all errors, -c goes on */
			*done_out = o->action == ACT_FILE && !o->parse_only;
		} else if (o->parse_only) {
			*done_out = s->verb == SETKEY_EXIT;
			if (s->refuse != NULL)
				setkey_refused(r, s->line, s->refuse);
		} else {
			TRY(setkey_exec(r, s, done_out));
		}
	}
	return IKE_OK;
}

/* All of it or nothing, as far as that can be known before. */
static ike_err
run_difference(struct setkey_run *r, const struct options *o, const struct setkey_list *list)
{
	struct load_counts n;

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].verb == SETKEY_ERROR)
			complain(r, &list->v[i]);
	if (list->errors != 0) {
		fprintf(stderr, "setkey: %s: nothing was changed\n", o->file);
		return IKE_OK;
	}
	TRY(setkey_load(r, list, &n));
	if (r->verbose)
		fprintf(r->print.out, "%u as they were, %u added, %u changed, %u removed.\n", n.same,
		    n.added, n.changed, n.removed);
	return IKE_OK;
}

static void
failed(struct setkey_run *r, ike_err err)
{
	fprintf(stderr, "setkey: %s\n", ike_err_text(err));
	r->failures++;
}

/* Parse |src| and carry it out.  False: it ends here. */
static bool
run_text(struct setkey_run *r, const struct options *o, const struct setkey_source *src)
{
	struct setkey_list list = { 0 };
	bool done = false;
	ike_err err = setkey_parse(src, &setkey_libc_env, &list);

	if (err == IKE_OK && o->action == ACT_FILE && !o->parse_only && !o->literal &&
	    setkey_loads(&list))
		err = run_difference(r, o, &list);
	else if (err == IKE_OK)
		err = run_steps(r, o, &list, &done);
	if (err != IKE_OK) {
		failed(r, err);
		done = true;
	}
	setkey_list_free(&list);
	(void)fflush(stdout);
	return !done;
}

static void
fail(struct setkey_run *r, const char *what, const char *why)
{
	fprintf(stderr, "setkey: %s: %s\n", what, why);
	r->failures++;
}

/* The daemon has loaded this file itself: say so, and how the kernel differs from it. */
static int
leave_to_daemon(struct setkey_run *r, const struct options *o, const char *dir, const struct buf *text)
{
	struct setkey_source src = { (const char *)text->p, text->n, 1 };
	struct setkey_list list = { 0 };
	struct load_counts n = { 0 };
	ike_err err = setkey_parse(&src, &setkey_libc_env, &list);

	if (err == IKE_OK)
		err = setkey_compare(r, &list, &n);
	if (err != IKE_OK)
		failed(r, err);
	fprintf(stderr, "setkey: %s belongs to ringtail, as %s/policy_files says: nothing was changed\n",
	    o->file, dir);
	if (n.added + n.changed != 0 || list.errors != 0)
		fprintf(stderr,
		    "setkey: the kernel differs in %u polic%s: 'ikectl config reload' makes the running daemon read "
		    "the file, -R loads it all the same\n",
		    n.added + n.changed, n.added + n.changed == 1 ? "y" : "ies");
	err = list.errors != 0 || n.added + n.changed != 0 ? IKE_E_STATE : IKE_OK;
	setkey_list_free(&list);
	return err == IKE_OK ? 0 : STATUS_OWNED;
}

static const char *
runtime_dir(void)
{
	const char *dir = getenv("RINGTAIL_RUNDIR");

	return dir != NULL && dir[0] == '/' ? dir : RINGTAIL_RUNDIR "/ringtail";
}

static int
run_file_text(struct setkey_run *r, const struct options *o, const struct buf *text)
{
	const char *dir = runtime_dir();
	struct owned owned = { 0 };
	bool asks = !o->parse_only && !o->literal;
	ike_err err = asks ? owned_read(dir, o->file, r->auto_fwd, &owned) : IKE_OK;
	int status = 0;

	if (err != IKE_OK) {
		failed(r, err);
	} else if (owned.listed) {
		status = leave_to_daemon(r, o, dir, text);
	} else {
		r->owned = owned.any ? &owned.policies : NULL;
		(void)run_text(r, o, &(struct setkey_source){ (const char *)text->p, text->n, 1 });
		r->owned = NULL;
	}
	owned_fini(&owned);
	return status;
}

static int
run_file(struct setkey_run *r, const struct options *o)
{
	struct buf b = { 0 };
	ike_err err = read_whole_file(o->file, &b);
	int status = 0;

	if (err == IKE_OK)
		status = run_file_text(r, o, &b);
	else
		fail(r, o->file, err == IKE_E_IO ? strerror(errno) : ike_err_text(err));
	if (b.n != 0)
		explicit_bzero(b.p, b.n);
	buf_free(&b);
	return status;
}

static bool
read_line(FILE *f, struct buf *b, bool *end_out)
{
	char chunk[4096];

	*end_out = fgets(chunk, sizeof(chunk), f) == NULL;
	return *end_out || buf_append(b, slice_str(chunk)) == IKE_OK;
}

static unsigned
count_lines(const uint8_t *p, size_t n)
{
	unsigned lines = 0;

	for (size_t i = 0; i < n; i++)
		lines += p[i] == '\n';
	return lines;
}

/* Each statement runs as soon as its semicolon is there. */
static void
run_stdin(struct setkey_run *r, const struct options *o)
{
	struct buf b = { 0 };
	struct setkey_source src = { .line = 1 };
	bool end = false, go_on = true;

	while (go_on && !end) {
		if (!read_line(stdin, &b, &end)) {
			fail(r, "standard input", "out of memory");
			break;
		}
		src.text = (const char *)b.p;
		src.n = b.n;
		/* what is left at the end is not complete: let the parser say so */
		if (!end)
			src.n = setkey_complete(&src);
		if (src.n == 0)
			continue;
		go_on = run_text(r, o, &src);
		src.line += count_lines(b.p, src.n);
		memmove(b.p, b.p + src.n, b.n - src.n);
		b.n -= src.n;
	}
	if (b.cap != 0)
		explicit_bzero(b.p, b.cap);
	buf_free(&b);
}

/* --- the rest --- */

static ike_err
dump(struct setkey_run *r, const struct options *o)
{
	if (o->policies)
		return setkey_dump_sp(r, 0);
	if (!o->forever)
		return setkey_dump_sa(r, 0, PROTO_NONE);
	while (r->failures == 0) {
		TRY(setkey_dump_sa_short(r));
		if (fflush(stdout) != 0)
			return IKE_E_IO;
		(void)sleep(1);
	}
	return IKE_OK;
}

static ike_err
flush(struct setkey_run *r, const struct options *o)
{
	ike_err err = o->policies ? r->kern->ops->sp_flush(r->kern)
				  : r->kern->ops->sa_flush(r->kern, PROTO_NONE);

	if (err != IKE_OK)
		setkey_kernel_refused(r, 0, err);
	return IKE_OK;
}

static ike_err
run(struct setkey_run *r, const struct options *o, int *status_out)
{
	switch (o->action) {
	case ACT_FILE:
		*status_out = run_file(r, o);
		return IKE_OK;
	case ACT_STDIN:
		run_stdin(r, o);
		return IKE_OK;
	case ACT_DUMP:
		return dump(r, o);
	case ACT_FLUSH:
		return flush(r, o);
	case ACT_NONE:
	case ACT_WATCH:
	case ACT_REPLAY:
	case ACT_VERSION:
	case ACT_HELP:
		break;
	}
	return IKE_OK;
}

static int
start(const struct options *o)
{
	struct kern_options ko = { 0 };
	struct setkey_run r = { .auto_fwd = !o->kernel_mode, .all = o->all, .verbose = o->verbose };
	char why[200];
	struct text t = text_in(why, sizeof(why));
	int status = 0;
	ike_err err;

	r.with_lines = o->action == ACT_FILE || o->action == ACT_STDIN;
	r.print = (struct print){ .out = stdout,
		.ports = o->ports,
		.now = time(NULL),
		.pid = (unsigned)getpid(),
		.env = &setkey_libc_env };
	if (!(r.with_lines && o->parse_only)) {
		if (kern_open(o->kernel, &ko, &t, &r.kern) != IKE_OK) {
			fprintf(stderr, "setkey: cannot talk to the kernel: %s\n", why);
			return 1;
		}
		r.manual = kern_manual(r.kern);
	}
	err = run(&r, o, &status);
	if (err != IKE_OK)
		failed(&r, err);
	setkey_run_fini(&r);
	kern_close(r.kern);
	if (fflush(stdout) != 0 || ferror(stdout))
		return 1;
	return r.failures != 0 ? 1 : status;
}

/* --- watching --- */

static struct watch
watch_of(const struct options *o)
{
	return (struct watch){ .print = { .out = stdout,
				   .ports = o->ports,
				   .now = time(NULL),
				   .pid = (unsigned)getpid(),
				   .env = &setkey_libc_env },
		.hex = o->hex,
		.raw_times = o->raw_times };
}

static int
watch(const struct options *o)
{
	struct watch w = watch_of(o);
	char why[200];
	struct text t = text_in(why, sizeof(why));
	ike_err err = watch_live(&w, o->kernel, &t);

	fprintf(stderr, "setkey: cannot watch the kernel: %s (%s)\n", why, ike_err_text(err));
	return 1;
}

static int
replay(const struct options *o)
{
	struct watch w = watch_of(o);
	int status = 0;

	for (int i = 0; i < o->nfiles; i++) {
		struct buf b = { 0 };
		ike_err err = read_whole_file(o->files[i], &b);
		const char *why = err == IKE_E_IO ? strerror(errno) : NULL;

		if (err == IKE_OK)
			err = watch_replay(&w, buf_slice(&b));
		if (err != IKE_OK) {
			fprintf(stderr, "setkey: %s: %s\n", o->files[i],
			    why != NULL ? why : "not a file of PF_KEY messages, or not to its end");
			status = 1;
		}
		if (b.n != 0)
			explicit_bzero(b.p, b.n);
		buf_free(&b);
	}
	return fflush(stdout) != 0 ? 1 : status;
}

int
main(int argc, char **argv)
{
	struct options o;

	if (!options_read(argc, argv, &o))
		return 1;
	switch (o.action) {
	case ACT_VERSION:
		puts("setkey (ringtail) " PACKAGE_VERSION);
		return 0;
	case ACT_HELP:
		options_usage(stdout);
		return 0;
	case ACT_WATCH:
		return watch(&o);
	case ACT_REPLAY:
		return replay(&o);
	default:
		return start(&o);
	}
}
