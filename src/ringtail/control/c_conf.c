/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/conf.h"
#include "ringtail/control/server.h"

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

void
control_config_reload(struct control_call *call)
{
	control_do_later(call, LATER_RELOAD);
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
