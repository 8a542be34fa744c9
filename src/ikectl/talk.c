/* SPDX-License-Identifier: BSD-3-Clause */
#include "ikectl/talk.h"

#include "ikectl/conn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool
talk_write(const struct buf *b, bool to_stderr)
{
	FILE *f = to_stderr ? stderr : stdout;

	return (b->n == 0 || fwrite(b->p, 1, b->n, f) == b->n) && fflush(f) == 0;
}

int
talk_error(const struct local_error *e, enum view_format format, const struct view *v)
{
	struct buf out = { 0 };

	if (view_local_error(e, format, v, &out) != IKE_OK ||
	    !talk_write(&out, format == VIEW_TEXT))
		(void)fprintf(stderr, "error[%s]: %s\n", e->code, e->what);
	buf_free(&out);
	return (int)e->status;
}

static int
no_connection(const struct job *job, ike_err err)
{
	char what[300];
	struct text t = text_in(what, sizeof(what));
	struct local_error e = {
		.status = CTL_NO, .code = "E-SOCKET", .what = what, .why = strerror(errno)
	};

	text_addf(&t, "cannot speak with the daemon at %s", conn_path(job->socket));
	if (err == IKE_E_NOTFOUND) {
		e.status = CTL_NO_DAEMON;
		e.code = "E-NO-DAEMON";
		e.fix = "start ringtail, or name its socket with -s";
	} else if (err == IKE_E_PERM) {
		e.status = CTL_NOT_PERMITTED;
		e.code = "E-PERMISSION";
		e.fix = "be root, or of the group that `adminsock` in the configuration names";
	} else if (err == IKE_E_RANGE) {
		e.status = CTL_USAGE;
		e.why = "the path is too long for a socket";
	}
	return talk_error(&e, job->format, &job->view);
}

static int
no_answer(const struct job *job, ike_err err)
{
	char what[200];
	struct text t = text_in(what, sizeof(what));
	struct local_error e = {
		.status = CTL_NO, .code = "E-SOCKET", .what = what, .why = ike_err_text(err)
	};
	bool lasting = (job->rq.cmd->flags & CTL_LASTING) != 0;

	if (err == IKE_E_TIMEOUT) {
		e.status = CTL_TIMED_OUT;
		e.code = "E-TIMEOUT";
		text_addf(&t, "`%s` has not come to an end within %lld s", job->rq.cmd->name,
		    (long long)(job->patience / 1000));
		e.why = lasting ? "the peer has neither agreed nor refused so far"
				: "the daemon is busy";
		e.fix = lasting ? "it goes on; see `ikectl show`, `ikectl events`"
				: "try again, or wait longer with --timeout";
	} else if (err == IKE_E_GONE) {
		e.code = "E-CLOSED";
		text_add(&t, "the daemon closed the connection");
		e.why = "it ended, or did not like the request";
		e.fix = "see its log";
	} else {
		text_add(&t, "no answer from the daemon");
	}
	return talk_error(&e, job->format, &job->view);
}

/* Print one answer; *status is its own. */
static ike_err
show(const struct job *job, const struct buf *msg, int *status)
{
	struct ctl_answer a;
	struct buf out = { 0 };

	TRY(ctl_get_answer(buf_slice(msg), &a));
	*status = (int)a.status;
	ike_err err = view_print(&a, job->format, job->fn, &job->view, &out);
	if (err == IKE_OK && !talk_write(&out, a.failed && job->format == VIEW_TEXT))
		err = IKE_E_IO;
	buf_free(&out);
	return err;
}

/* The daemon ended before its answer was sent: that is the answer. */
static ike_err
make_stopped(int64_t now, struct buf *out)
{
	struct ctl_put p;

	ctl_put_init(&p, CTL_M_ANSWER, 0);
	ctl_put_record(&p, "result");
	ctl_put_bool(&p, "stopped", true);
	ctl_put_end(&p);
	ctl_put_uint(&p, "status", CTL_DONE);
	ctl_put_quantity(&p, "time", CTL_TIME, now);
	ike_err err = ctl_put_take(&p, out);
	ctl_put_free(&p);
	return err;
}

/* The end has come when the connection is closed. */
static ike_err
receive_end(const struct job *job, struct conn *c, int *status)
{
	struct buf msg = { 0 }, more = { 0 };
	ike_err err = conn_receive(c, job->patience, &msg);

	if (err == IKE_E_GONE)
		err = make_stopped(job->view.now, &msg);
	else if (err == IKE_OK && conn_receive(c, job->patience, &more) != IKE_E_GONE)
		err = IKE_E_TIMEOUT;
	if (err == IKE_OK)
		err = show(job, &msg, status);
	buf_free(&msg);
	buf_free(&more);
	return err;
}

static ike_err
receive_and_show(const struct job *job, struct conn *c, int *status)
{
	struct buf msg = { 0 };
	ike_err err = conn_receive(c, job->patience, &msg);

	if (err == IKE_OK)
		err = show(job, &msg, status);
	while (err == IKE_OK && *status == CTL_DONE && (job->rq.options & CTL_OPT_FOLLOW) != 0) {
		err = conn_receive(c, -1, &msg);
		if (err == IKE_OK)
			err = show(job, &msg, status);
	}
	buf_free(&msg);
	return err;
}

int
talk(const struct job *job)
{
	struct buf rq = { 0 };
	struct conn c;
	int status = CTL_NO;

	ike_err err = conn_open(&c, job->socket);
	if (err != IKE_OK)
		return no_connection(job, err);
	err = ctl_put_request(&job->rq, &rq);
	if (err == IKE_OK)
		err = conn_send(&c, buf_slice(&rq));
	buf_free(&rq);
	if (err == IKE_OK)
		err = (strcmp(job->rq.cmd->name, "shutdown") == 0 ? receive_end : receive_and_show)(
		    job, &c, &status);
	conn_close(&c);
	return err == IKE_OK ? status : no_answer(job, err);
}
