/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operator types on a host of the simulated world, and what ikectl would print. */
#include "sim/ctl.h"

#include <stdlib.h>
#include <string.h>

#define LINE_LEN 256
#define OPERATOR 0x6f70ull /* the client's number */
#define PATIENCE SEC(30)

struct typed {
	char line[LINE_LEN];
	struct cmdline c;
};

/* Options of commands stand as --name or --name=value. */
static bool
take_option(struct cmdline *c, char *w)
{
	char *value = strchr(w, '=');

	if (strcmp(w, "--json") == 0 || strcmp(w, "--plain") == 0) {
		c->format = strcmp(w, "--json") == 0 ? VIEW_JSON : VIEW_PLAIN;
		return true;
	}
	if (value != NULL)
		*value++ = '\0';
	return cmdline_option(c, w + 2, value);
}

static bool
split(const char *command, int64_t now, struct typed *t)
{
	char *save = NULL;

	memset(t, 0, sizeof(*t));
	t->c.timeout = -1;
	t->c.now = now;
	if (strlen(command) >= sizeof(t->line))
		return false;
	memcpy(t->line, command, strlen(command));
	for (char *w = strtok_r(t->line, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		if (!(strncmp(w, "--", 2) == 0 ? take_option(&t->c, w) : cmdline_word(&t->c, w)))
			return false;
	return true;
}

static bool
answered(struct world *w, void *arg)
{
	const struct node *n = arg;

	(void)w;
	return n->answer.n > 0;
}

static ike_err
render(struct node *n, const struct job *job, int *status)
{
	struct buf out = { 0 };
	struct ctl_answer a;

	TRY(ctl_get_answer(buf_slice(&n->answer), &a));
	*status = (int)a.status;
	ike_err err = view_print(&a, job->format, job->fn, &job->view, &out);
	if (err == IKE_OK)
		err = buf_append(&out, slice_of("", 1));
	if (err == IKE_OK)
		buf_move(&n->answer, &out);
	buf_free(&out);
	return err;
}

ike_err
ctl_ask(struct node *n, const struct job *job, int *status)
{
	struct buf msg = { 0 };
	ike_err err = ctl_put_request(&job->rq, &msg);

	n->answer.n = 0;
	if (err == IKE_OK) {
		daemon_control(n->daemon, OPERATOR, buf_slice(&msg), n->w->now);
		err = world_run_until(n->w, answered, n, PATIENCE) ? render(n, job, status)
								   : IKE_E_TIMEOUT;
		daemon_control_closed(n->daemon, OPERATOR, n->w->now);
	}
	buf_free(&msg);
	return err;
}

const char *
node_ctl(struct node *n, const char *command)
{
	static char why[300];
	struct text t = text_in(why, sizeof(why));
	struct job job = { .view = { .host = n->name } };
	struct typed typed;
	int status;

	if (!split(command, n->daemon->env.wallclock(n->daemon->env.arg), &typed))
		return "not a command line\n";
	if (cmdline_request(&typed.c, &job.rq, &t) != IKE_OK) {
		text_add(&t, "\n");
		return why;
	}
	job.format = typed.c.format;
	job.fn = view_of(job.rq.cmd);
	job.view.all = (job.rq.options & CTL_OPT_ALL) != 0;
	ike_err err = ctl_ask(n, &job, &status);
	return err == IKE_OK ? (const char *)n->answer.p : ike_err_text(err);
}
