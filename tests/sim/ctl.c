/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operator types on a host of the simulated world, and what ikectl would print. */
#include "sim/world.h"

#include "ikectl/cmdline.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_LEN 256
#define OPERATOR     0x6f70ull      /* the client's number */
#define PATIENCE     SEC(30)

struct typed {
	char           line[LINE_MAX_LEN];
	struct cmdline c;
};

static bool
split(const char *command, struct typed *t)
{
	char *save = NULL;

	memset(t, 0, sizeof(*t));
	t->c.timeout = -1;
	if (strlen(command) >= sizeof(t->line))
		return false;
	memcpy(t->line, command, strlen(command));
	for (char *w = strtok_r(t->line, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		char *value = strchr(w, '=');
		if (strcmp(w, "--json") == 0)
			t->c.format = VIEW_JSON;
		else if (strcmp(w, "--plain") == 0)
			t->c.format = VIEW_PLAIN;
		else if (strncmp(w, "--", 2) != 0 && !cmdline_word(&t->c, w))
			return false;
		if (strncmp(w, "--", 2) != 0 || t->c.format != VIEW_TEXT)
			continue;
		if (value != NULL)
			*value++ = '\0';
		if (!cmdline_option(&t->c, w + 2, value))
			return false;
	}
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
render(struct node *n, const struct typed *t, const struct ctl_request *rq)
{
	struct view v = { .host = n->name };
	struct buf out = { 0 };
	struct ctl_answer a;

	TRY(ctl_get_answer(buf_slice(&n->answer), &a));
	ike_err err = view_print(&a, t->c.format, view_of(rq->cmd), &v, &out);
	if (err == IKE_OK)
		err = buf_append(&out, slice_of("", 1));
	if (err == IKE_OK)
		buf_move(&n->answer, &out);
	buf_free(&out);
	return err;
}

const char *
node_ctl(struct node *n, const char *command)
{
	static char why[300];
	struct text t = text_in(why, sizeof(why));
	struct typed typed;
	struct ctl_request rq;
	struct buf msg = { 0 };

	if (!split(command, &typed))
		return "not a command line";
	if (cmdline_request(&typed.c, &rq, &t) != IKE_OK)
		return why;
	ike_err err = ctl_put_request(&rq, &msg);
	n->answer.n = 0;
	if (err == IKE_OK) {
		daemon_control(n->daemon, OPERATOR, buf_slice(&msg), n->w->now);
		if (!world_run_until(n->w, answered, n, PATIENCE))
			err = IKE_E_TIMEOUT;
		else
			err = render(n, &typed, &rq);
		daemon_control_closed(n->daemon, OPERATOR, n->w->now);
	}
	buf_free(&msg);
	return err == IKE_OK ? (const char *)n->answer.p : ike_err_text(err);
}
