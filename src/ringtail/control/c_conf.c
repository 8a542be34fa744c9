/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/conf.h"
#include "ringtail/control/server.h"
#include "util/text.h"

void
control_config_show(struct control_call *call)
{
	struct buf text = { 0 };

	/* without secrets */
	ike_err err = conf_print(call->d->conf, 0, &text);
	if (err == IKE_OK)
		ctl_put_slice(&call->put, "config", buf_slice(&text));
	else
		control_fail_err(call, err, "the configuration could not be written");
	buf_free(&text);
}

/* "30s", "5m", "2h", "90": seconds; 0: none of these. */
static uint32_t
read_span(struct slice s)
{
	uint32_t v = 0, unit = 1;

	if (s.n > 0 && (s.p[s.n - 1] < '0' || s.p[s.n - 1] > '9')) {
		uint8_t c = s.p[--s.n];
		unit = c == 's' ? 1 : c == 'm' ? 60 : c == 'h' ? 3600 : 0;
	}
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || v > RELOAD_CONFIRM_MOST)
			return 0;
		v = v * 10 + (uint32_t)(s.p[i] - '0');
	}
	return v > RELOAD_CONFIRM_MOST || v * unit > RELOAD_CONFIRM_MOST ? 0 : v * unit;
}

static void
not_reloaded(struct control_call *call, const char *why)
{
	control_fail(call, CTL_BAD_CONFIG, "E-CONFIG", why, "see `ikectl config check` for all errors",
	    "the configuration was not reloaded; the old one stays in use");
}

void
control_config_reload(struct control_call *call)
{
	struct daemon *d = call->d;
	uint32_t confirm = 0;
	char why[400];

	if ((call->rq->options & CTL_OPT_CONFIRM) != 0) {
		confirm = read_span(call->rq->confirm);
		if (confirm == 0) {
			control_fail(call, CTL_USAGE, "E-TIME", "it is a number with s, m or h behind it, of a day at most",
			    "--confirm 30s", "the value of --confirm is no time");
			return;
		}
	}
	if (reload_now(d, SEC(confirm), why, sizeof(why)) != IKE_OK) {
		not_reloaded(call, why);
		return;
	}
	ctl_put_bool(&call->put, "reloaded", true);
	if (d->reload.confirm_by != 0)
		ctl_put_quantity(&call->put, "undone_in", CTL_SPAN, (d->reload.confirm_by - d->now) / SEC(1));
}

void
control_config_confirm(struct control_call *call)
{
	if (reload_confirm(call->d) == IKE_OK)
		ctl_put_bool(&call->put, "confirmed", true);
	else
		control_fail(call, CTL_NO, "E-STATE", "there was no `config reload --confirm`, or it has been undone already", NULL,
		    "nothing waits for being confirmed");
}

void
control_config_undo(struct control_call *call)
{
	char buf[400] = "";
	struct text why = text_in(buf, sizeof(buf));

	ike_err err = reload_undo(call->d, &why);
	if (err == IKE_OK)
		ctl_put_bool(&call->put, "undone", true);
	else if (err == IKE_E_NOTFOUND)
		control_fail(call, CTL_NO, "E-STATE", "the configuration has not changed since the start or since the last undo", NULL,
		    "there is nothing to undo");
	else
		control_fail(call, err == IKE_E_KERNEL ? CTL_KERNEL : CTL_NO, "E-CONFIG", why.n > 0 ? buf : ike_err_text(err), NULL,
		    "the configuration could not be undone and stays as it is");
}

void
control_config_diff(struct control_call *call)
{
	struct buf text = { 0 };
	char why[400];

	if (reload_diff(call->d, &text, why, sizeof(why)) == IKE_OK)
		ctl_put_slice(&call->put, "diff", buf_slice(&text));
	else
		control_fail(call, CTL_BAD_CONFIG, "E-CONFIG", why, "see `ikectl config check` for all errors",
		    "what the files say now cannot be used");
	buf_free(&text);
}

void
control_shutdown(struct control_call *call)
{
	bool close = (call->rq->options & CTL_OPT_CLOSE) != 0, keep = (call->rq->options & CTL_OPT_KEEP_SAS) != 0;

	if (close && keep)
		control_fail(call, CTL_USAGE, "E-USAGE", "they are opposites", NULL, "--close or --keep-sas, not both");
	else
		control_do_later(call, close ? LATER_CLOSE : keep ? LATER_KEEP : LATER_STOP);
}
