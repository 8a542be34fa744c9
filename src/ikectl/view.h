/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * view - answers as output.  Each command has a layout for people; JSON and plain lines are the answer as it is.
 *
 * JSON's root has schema, host and time, then the members of the result, or error.
 */
#ifndef IKECTL_VIEW_H
#define IKECTL_VIEW_H

#include "ctl/proto.h"
#include "ikectl/out.h"

enum view_format { VIEW_TEXT, VIEW_JSON, VIEW_PLAIN };

typedef void
view_fn(const struct ctl_answer *a, const struct view *v, struct out *o);

/* The layout of a command's answer; never NULL. */
view_fn *
view_of(const struct ctl_command *cmd);

/* Append |a| in |format| to |out|.  IKE_E_NOMEM. */
MUST_USE ike_err
view_print(const struct ctl_answer *a, enum view_format format, view_fn *fn, const struct view *v,
    struct buf *out);

/* The error of an answer in words, at most three lines. */
void
view_error(const struct ctl_node *error, struct out *o);

/* An error found by ikectl itself, as an answer's; borrowed texts. */
struct local_error {
	enum ctl_status status;
	const char *code, *what, *why, *fix; /* |why| and |fix| may be NULL */
};

MUST_USE ike_err
view_local_error(
    const struct local_error *e, enum view_format format, const struct view *v, struct buf *out);

/* Layouts. */
view_fn view_status, view_show, view_ikes, view_sas, view_policies, view_events, view_timers,
    view_up, view_down, view_rekey, view_config, view_diff, view_done, view_any, view_flow, view_counters, view_resync,
    view_brake;

/* racoonctl's. */
view_fn racoon_isakmp, racoon_ipsec, racoon_schedule, racoon_event, racoon_status_text,
    racoon_status_json, racoon_nothing;

/* "2026-11-23 09:04:29" of this place; 19 blanks for 0. */
void
view_date(int64_t when, char buf[32]);

#endif
