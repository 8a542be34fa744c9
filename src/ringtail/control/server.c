/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/control/server.h"

#include "ctl/frame.h"
#include "sadb/kern_ops.h"

#include <stdlib.h>
#include <string.h>

static const struct control_row rows[] = {
	{ "status", control_status },
	{ "show", control_show },
	{ "ikes", control_ikes },
	{ "sas", control_sas },
	{ "policies", control_policies },
	{ "counters", control_counters },
	{ "resync", control_resync },
	{ "events", control_events },
	{ "timers", control_timers },
	{ "up", control_up },
	{ "down", control_down },
	{ "rekey", control_rekey },
	{ "brake open", control_brake_open },
	{ "flush", control_flush_kind },
	{ "config show", control_config_show },
	{ "config reload", control_config_reload },
	{ "config confirm", control_config_confirm },
	{ "config undo", control_config_undo },
	{ "config diff", control_config_diff },
	{ "shutdown", control_shutdown },
};

int64_t
control_wall(const struct daemon *d, ike_time when)
{
	return d->env.wallclock(d->env.arg) - (d->now - when) / SEC(1);
}

/* --- answers --- */

void
control_call_begin(struct control_call *call, struct daemon *d, uint64_t client)
{
	*call = (struct control_call){ .d = d, .client = client };
	ctl_put_init(&call->put, CTL_M_ANSWER, CTL_ANSWER_MAX);
	ctl_put_record(&call->put, "result");
}

void
control_fail(struct control_call *call, enum ctl_status status, const char *code, const char *why,
    const char *fix, const char *fmt, ...)
{
	struct control_error *e = &call->error;
	struct text what = text_in(e->what, sizeof(e->what));
	va_list ap;

	if (e->status != CTL_DONE)
		return;
	e->status = status;
	e->code = code;
	va_start(ap, fmt);
	text_vaddf(&what, fmt, ap);
	va_end(ap);
	struct text w = text_in(e->why, sizeof(e->why)), f = text_in(e->fix, sizeof(e->fix));
	text_add(&w, why == NULL ? "" : why);
	text_add(&f, fix == NULL ? "" : fix);
}

void
control_fail_err(struct control_call *call, ike_err err, const char *what)
{
	const char *fix = NULL, *code = "E-FAILED";
	char why[200];
	struct text t = text_in(why, sizeof(why));
	enum ctl_status status = CTL_NO;

	text_add(&t, ike_err_text(err));
	if (err == IKE_E_KERNEL) {
		status = CTL_KERNEL;
		code = "E-KERNEL";
		text_addf(&t, ": %s", call->d->env.kern->reason);
	} else if (err == IKE_E_TIMEOUT) {
		status = CTL_TIMED_OUT;
		code = "E-TIMEOUT";
		fix = "see whether the peer runs IKE and UDP ports 500 and 4500 pass in both "
		      "directions";
	} else if (err == IKE_E_NO_CONFIG) {
		code = "E-CONFIG";
		fix = "give it a remote section, or an anonymous one";
	} else if (err == IKE_E_AUTH || err == IKE_E_NO_PSK || err == IKE_E_ID) {
		code = "E-AUTH";
		fix = "compare the pre-shared keys and the identifiers of both ends";
	} else if (err == IKE_E_NO_PROPOSAL || err == IKE_E_TS) {
		code = "E-PROPOSAL";
		fix = "compare proposals, sainfo sections and policies of both ends";
	}
	control_fail(call, status, code, why, fix, "%s", what);
}

static void
put_error(struct ctl_put *p, const struct control_error *e)
{
	ctl_put_record(p, "error");
	ctl_put_str(p, "code", e->code);
	ctl_put_str(p, "what", e->what);
	if (e->why[0] != '\0')
		ctl_put_str(p, "why", e->why);
	if (e->fix[0] != '\0')
		ctl_put_str(p, "fix", e->fix);
	ctl_put_end(p);
}

static void
put_rest(struct control_call *call)
{
	ctl_put_end(&call->put);
	ctl_put_uint(&call->put, "status", call->error.status);
	ctl_put_quantity(&call->put, "time", CTL_TIME, call->d->env.wallclock(call->d->env.arg));
	if (call->note[0] != '\0')
		ctl_put_str(&call->put, "note", call->note);
	if (call->error.status != CTL_DONE)
		put_error(&call->put, &call->error);
}

void
control_call_send(struct control_call *call)
{
	struct daemon *d = call->d;
	struct buf msg = { 0 };

	put_rest(call);
	ike_err err = ctl_put_take(&call->put, &msg);
	ctl_put_free(&call->put);
	if (err != IKE_OK) {
		/* too long, or no memory for it: say that instead; if even that does not fit, the client gives up by itself */
		uint64_t client = call->client;
		control_call_begin(call, d, client);
		control_fail(call, CTL_NO, "E-MEMORY", err == IKE_E_FULL ? "it is longer than 64 MiB" : ike_err_text(err),
		    err == IKE_E_FULL ? "ask about one peer" : NULL, "the answer could not be made");
		put_rest(call);
		err = ctl_put_take(&call->put, &msg);
		ctl_put_free(&call->put);
	}
	if (err == IKE_OK)
		d->env.ctl_send(d->env.arg, call->client, buf_slice(&msg));
	buf_free(&msg);
}

/* --- requests --- */

static void
log_request(struct daemon *d, const struct ctl_request *rq)
{
	char buf[300];
	struct text t = text_in(buf, sizeof(buf));

	for (unsigned i = 0; i < rq->nargs; i++) {
		text_char(&t, ' ');
		text_peer(&t, rq->args[i]);
	}
	log_put(d->env.log, LOG_L_INFO, NULL, "control: %s%s", rq->cmd->name, buf);
}

static void
bad_request(struct control_call *call, ike_err err)
{
	const char *what = "the request cannot be read";

	if (err == IKE_E_VERSION)
		what = "ikectl and the daemon are of different versions";
	else if (err == IKE_E_NOTFOUND)
		what = "the daemon does not know this command";
	else if (err == IKE_E_RANGE)
		what = "wrong number of arguments";
	else if (err == IKE_E_SYNTAX)
		what = "the command does not have this option";
	control_fail(call, CTL_USAGE, "E-REQUEST", ike_err_text(err),
	    "see ikectl(8), and whether both programs are of one release", "%s", what);
}

static control_fn *
handler_of(const struct ctl_command *cmd)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, cmd->name) == 0)
			return rows[i].fn;
	return NULL;
}

void
control_input(struct daemon *d, uint64_t client, struct slice msg)
{
	struct control_call call;
	struct ctl_request rq;

	control_call_begin(&call, d, client);
	ike_err err = ctl_get_request(msg, &rq);
	control_fn *fn = err == IKE_OK ? handler_of(rq.cmd) : NULL;
	if (err == IKE_OK && fn == NULL)
		err = IKE_E_NOTFOUND;
	if (err != IKE_OK) {
		bad_request(&call, err);
	} else {
		if ((rq.cmd->flags & CTL_CHANGES) != 0)
			log_request(d, &rq);
		call.rq = &rq;
		fn(&call);
	}
	if (call.later)
		ctl_put_free(&call.put);
	else
		control_call_send(&call);
}

/* --- clients --- */

static struct control *
get_control(struct control_call *call)
{
	struct daemon *d = call->d;

	if (d->control == NULL && (d->control = calloc(1, sizeof(*d->control))) != NULL)
		list_init(&d->control->clients);
	if (d->control == NULL)
		control_fail_err(call, IKE_E_NOMEM, "the request could not be noted");
	return d->control;
}

static struct control_client *
find_client(struct control *ctl, uint64_t id)
{
	LIST_FOR(l, &ctl->clients)
	{
		struct control_client *c = container_of(l, struct control_client, link);
		if (c->id == id)
			return c;
	}
	return NULL;
}

struct control_client *
control_client(struct control_call *call)
{
	struct control *ctl = get_control(call);
	struct control_client *c = ctl == NULL ? NULL : find_client(ctl, call->client);

	if (c != NULL || ctl == NULL)
		return c;
	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		control_fail_err(call, IKE_E_NOMEM, "the request could not be noted");
		return NULL;
	}
	c->id = call->client;
	c->cursor = call->d->events.last;
	list_add_tail(&ctl->clients, &c->link);
	return c;
}

static void
forget(struct control_client *c)
{
	list_del(&c->link);
	control_wait_free(c->wait);
	free(c);
}

void
control_closed(struct daemon *d, uint64_t client)
{
	struct control_client *c = d->control == NULL ? NULL : find_client(d->control, client);

	if (c != NULL)
		forget(c);
}

void
control_fini(struct daemon *d)
{
	if (d->control == NULL)
		return;
	while (!list_empty(&d->control->clients))
		forget(container_of(d->control->clients.next, struct control_client, link));
	free(d->control);
	d->control = NULL;
}

void
control_do_later(struct control_call *call, enum control_later later)
{
	struct control *ctl = get_control(call);

	if (ctl == NULL)
		return;
	if (ctl->later != LATER_NONE) {
		control_fail(call, CTL_NO, "E-BUSY",
		    "another client asked for it at the same instant", NULL, "already under way");
		return;
	}
	ctl->later = later;
	ctl->later_for = call->client;
	call->later = true;
}

/*
 * The entry point is over but for this: nothing of the engine is on the stack below, so that what follows may enter it
 * anew.
 */
static void
do_later(struct daemon *d)
{
	struct control *ctl = d->control;
	enum control_later later = ctl->later;
	struct control_call call;

	ctl->later = LATER_NONE;
	control_call_begin(&call, d, ctl->later_for);
	d->busy = false;
	enum daemon_end how = later == LATER_CLOSE ? END_CLOSE : later == LATER_KEEP ? END_KEEP : END_AS_CONFIGURED;
	daemon_shutdown(d, how, d->now);
	ctl_put_bool(&call.put, "kept", daemon_keeps(d, how));
	ctl_put_bool(&call.put, "stopped", true);
	control_call_send(&call);
	d->env.stop(d->env.arg);
}

void
control_flush(struct daemon *d)
{
	if (d->control == NULL)
		return;
	LIST_FOR_SAFE(l, &d->control->clients)
	{
		struct control_client *c = container_of(l, struct control_client, link);
		if (c->wait != NULL)
			control_wait_look(d, c);
		if (c->cursor != d->events.last && c->follows)
			control_follow(d, c);
		if (c->wait == NULL && !c->follows)
			forget(c);
	}
	if (d->control->later != LATER_NONE)
		do_later(d);
}
