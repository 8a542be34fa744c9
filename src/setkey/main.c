/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * setkey - manipulate the kernel's SAs and policies by hand.  See setkey(8).
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "setkey/exec.h"
#include "util/buf.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

enum action { ACT_NONE, ACT_FILE, ACT_STDIN, ACT_DUMP, ACT_FLUSH, ACT_VERSION, ACT_HELP };

struct options {
	enum action action;
	const char *file;
	bool policies, parse_only, ports, all, forever, verbose, kernel_mode;
};

static void
usage(FILE *out)
{
	fputs(
	    "usage: setkey [-knrv] -f FILE\n"
	    "       setkey [-knrv] -c\n"
	    "       setkey [-aklPprv] -D\n"
	    "       setkey [-Pv] -F\n"
	    "       setkey -V | -h\n"
	    "  -f FILE  run the statements of FILE, - for standard input\n"
	    "  -c       run statements from standard input, going on after errors\n"
	    "  -D       show the SAD, with -P the SPD\n"
	    "  -F       flush the SAD, with -P the SPD\n"
	    "  -n       check only, change nothing\n"
	    "  -r       an inbound policy brings a forward policy (default); -k: it does not\n"
	    "  -a  -D shows dead SAs, too    -p  -D shows ports    -l  -D again and again, short\n"
	    "  -v  show each row that is added\n"
	    "  -V  version    -h  this help\n",
	    out);
}

/* False: not possible; said why. */
static bool
take_option(int c, struct options *o)
{
	switch (c) {
	case 'f':
		o->action = ACT_FILE;
		o->file = optarg;
		return true;
	case 'c':
		o->action = ACT_STDIN;
		return true;
	case 'D':
		o->action = ACT_DUMP;
		return true;
	case 'F':
		o->action = ACT_FLUSH;
		return true;
	case 'V':
		o->action = ACT_VERSION;
		return true;
	case 'h':
		o->action = ACT_HELP;
		return true;
	case 'P':
		return o->policies = true;
	case 'n':
		return o->parse_only = true;
	case 'p':
		return o->ports = true;
	case 'a':
		return o->all = true;
	case 'l':
		return o->forever = true;
	case 'v':
		return o->verbose = true;
	case 'k':
		return o->kernel_mode = true;
	case 'r':
		o->kernel_mode = false;
		return true;
	case 'x':
		fputs("setkey: -x needs PF_KEY; see ikectl events --follow, or ip xfrm monitor\n",
		    stderr);
		return false;
	default:
		return false;
	}
}

/* --- statements --- */

/* Parse |src| and carry it out.  False: it ends here, by exit or by an error that counts. */
static bool
run_text(struct setkey_run *r, const struct options *o, const struct setkey_source *src)
{
	struct setkey_list list = { 0 };
	bool done = false;
	ike_err err = setkey_parse(src, &setkey_libc_env, &list);

	for (size_t i = 0; err == IKE_OK && !done && i < list.n; i++) {
		const struct setkey_stmt *s = &list.v[i];

		if (s->verb == SETKEY_ERROR) {
			fprintf(stderr, "%s\nparse failed, line %u.\n", s->error, s->line);
			r->failures++;
			/* what stood before it stays; -n shows all errors, -c goes on */
			done = o->action == ACT_FILE && !o->parse_only;
		} else if (o->parse_only) {
			done = s->verb == SETKEY_EXIT;
			if (s->refuse != NULL)
				setkey_refused(r, s->line, s->refuse);
		} else {
			err = setkey_exec(r, s, &done);
		}
	}
	if (err != IKE_OK) {
		fprintf(stderr, "setkey: %s\n", ike_err_text(err));
		r->failures++;
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

static bool
read_some(FILE *f, struct buf *b, bool by_line, bool *end_out)
{
	char chunk[4096];
	size_t n;

	if (by_line)
		n = fgets(chunk, sizeof(chunk), f) != NULL ? strlen(chunk) : 0;
	else
		n = fread(chunk, 1, sizeof(chunk), f);
	*end_out = n == 0;
	return n == 0 || buf_append(b, slice_of(chunk, n)) == IKE_OK;
}

static void
run_file(struct setkey_run *r, const struct options *o)
{
	FILE *f = strcmp(o->file, "-") == 0 ? stdin : fopen(o->file, "re");
	struct buf b = { 0 };
	bool end = false;

	if (f == NULL) {
		fail(r, o->file, strerror(errno));
		return;
	}
	while (!end && read_some(f, &b, false, &end))
		continue;
	if (!end || ferror(f))
		fail(r, o->file, end ? "read error" : "out of memory");
	else
		(void)run_text(r, o, &(struct setkey_source){ (const char *)b.p, b.n, 1 });
	if (f != stdin)
		(void)fclose(f);
	if (b.n != 0)
		explicit_bzero(b.p, b.n);
	buf_free(&b);
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
		if (!read_some(stdin, &b, true, &end)) {
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
run(struct setkey_run *r, const struct options *o)
{
	switch (o->action) {
	case ACT_FILE:
		run_file(r, o);
		return IKE_OK;
	case ACT_STDIN:
		run_stdin(r, o);
		return IKE_OK;
	case ACT_DUMP:
		return dump(r, o);
	case ACT_FLUSH:
		return flush(r, o);
	case ACT_NONE:
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
	char why[128];
	struct text t = text_in(why, sizeof(why));
	ike_err err;

	r.with_lines = o->action == ACT_FILE || o->action == ACT_STDIN;
	r.print = (struct print){ .out = stdout,
		.ports = o->ports,
		.now = time(NULL),
		.pid = (unsigned)getpid(),
		.env = &setkey_libc_env };
	if (!(r.with_lines && o->parse_only)) {
		if (kern_open(NULL, &ko, &t, &r.kern) != IKE_OK) {
			fprintf(stderr, "setkey: cannot talk to the kernel: %s\n", why);
			return 1;
		}
		r.manual = kern_manual(r.kern);
	}
	err = run(&r, o);
	if (err != IKE_OK)
		fprintf(stderr, "setkey: %s\n", ike_err_text(err));
	setkey_run_fini(&r);
	kern_close(r.kern);
	if (fflush(stdout) != 0 || ferror(stdout))
		return 1;
	return err != IKE_OK || r.failures != 0;
}

int
main(int argc, char **argv)
{
	struct options o = { .action = ACT_NONE };
	int c;

	while ((c = getopt(argc, argv, "acDf:FhHklnPprvVx")) != -1) {
		if (c == 'H' || take_option(c, &o))
			continue;
		usage(stderr);
		return 1;
	}
	switch (o.action) {
	case ACT_VERSION:
		puts("setkey (ringtail) " PACKAGE_VERSION);
		return 0;
	case ACT_HELP:
		usage(stdout);
		return 0;
	default:
		break;
	}
	if (o.action == ACT_NONE || optind != argc) {
		usage(stderr);
		return 1;
	}
	return start(&o);
}
