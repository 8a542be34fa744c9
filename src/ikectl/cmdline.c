/* SPDX-License-Identifier: BSD-3-Clause */
#include "ikectl/cmdline.h"

#include "ikectl/since.h"
#include "util/names.h"

#include <inttypes.h>
#include <string.h>

bool
cmdline_word(struct cmdline *c, const char *word)
{
	if (c->n == CMDLINE_WORDS)
		return false;
	c->words[c->n++] = word;
	return true;
}

/* The daemon knows no time zones: it is told the second.  What is no time is complained about by cmdline_request(). */
static void
set_since(struct cmdline *c, const char *value)
{
	struct text t = text_in(c->since_at, sizeof(c->since_at));
	int64_t at;

	c->since = value;
	if (since_parse(value, c->now, &at) == IKE_OK)
		text_addf(&t, "%" PRId64, at < 0 ? 0 : at);
}

bool
cmdline_option(struct cmdline *c, const char *name, const char *value)
{
	const struct ctl_option *o = ctl_option_find(NULL, slice_str(name));

	if (o == NULL || (o->value != NULL) != (value != NULL))
		return false;
	c->options |= o->bit;
	if (o->bit == CTL_OPT_LOCAL)
		c->local = value;
	if (o->bit == CTL_OPT_SECTION)
		c->section = value;
	if (o->bit == CTL_OPT_KIND)
		c->kind = value;
	if (o->bit == CTL_OPT_CONFIRM)
		c->confirm = value;
	if (o->bit == CTL_OPT_SINCE)
		set_since(c, value);
	return true;
}

/* Two words are looked for first, so that `config show` is not an argument of `config`. */
static const struct ctl_command *
find_command(const struct cmdline *c, unsigned *words)
{
	char name[64];
	struct text t = text_in(name, sizeof(name));
	const struct ctl_command *cmd;

	if (c->n == 0) {
		*words = 0;
		return ctl_command_find(slice_str("status"));
	}
	if (c->n > 1) {
		text_addf(&t, "%s %s", c->words[0], c->words[1]);
		if ((cmd = ctl_command_find(slice_str(name))) != NULL) {
			*words = 2;
			return cmd;
		}
	}
	*words = 1;
	return ctl_command_find(slice_str(c->words[0]));
}

static void
unknown(const struct cmdline *c, struct text *why)
{
	struct name_best best = { 0 };

	for (const struct ctl_command *k = ctl_commands; k->name != NULL; k++) {
		size_t n = strlen(c->words[0]);
		if (strncmp(k->name, c->words[0], n) == 0 && k->name[n] == ' ') {
			text_addf(why, "`%s` needs one more word: `ikectl help` lists the commands",
			    c->words[0]);
			return;
		}
		if ((k->flags & CTL_HIDDEN) == 0)
			name_closer(c->words[0], k->name, &best);
	}
	text_addf(why, "there is no command `%s`", c->words[0]);
	if (best.name != NULL)
		text_addf(why, "; did you mean `%s`?", best.name);
}

ike_err
cmdline_request(const struct cmdline *c, struct ctl_request *out, struct text *why)
{
	struct ctl_request rq = { .options = c->options };
	unsigned words;

	rq.cmd = find_command(c, &words);
	if (rq.cmd == NULL) {
		unknown(c, why);
		return IKE_E_NOTFOUND;
	}
	for (const struct ctl_option *o = ctl_options; o->name != NULL; o++)
		if ((c->options & o->bit) != 0 && (rq.cmd->options & o->bit) == 0) {
			text_addf(why, "`%s` has no option --%s", rq.cmd->name, o->name);
			return IKE_E_SYNTAX;
		}
	if (c->since != NULL && c->since_at[0] == '\0') {
		text_addf(why,
		    "`%s` is no time: write 10m (ago), 03:12 or 2026-11-26T03:12", c->since);
		return IKE_E_SYNTAX;
	}
	rq.nargs = c->n - words;
	if (rq.nargs < rq.cmd->min || rq.nargs > rq.cmd->max) {
		text_addf(why, "`%s` takes %s%s", rq.cmd->name,
		    rq.cmd->max == 0 ? "no arguments" : "these arguments: ", rq.cmd->args);
		return IKE_E_RANGE;
	}
	for (unsigned i = 0; i < rq.nargs; i++)
		rq.args[i] = slice_str(c->words[words + i]);
	rq.local = slice_str(c->local);
	rq.section = slice_str(c->section);
	rq.since = slice_str(c->since_at);
	rq.kind = slice_str(c->kind);
	rq.confirm = slice_str(c->confirm);
	*out = rq;
	return IKE_OK;
}

int64_t
cmdline_patience(const struct cmdline *c, const struct ctl_request *rq)
{
	if (c->timeout >= 0)
		return (int64_t)c->timeout * 1000;
	return (rq->cmd->flags & CTL_LASTING) != 0 ? TIMEOUT_LASTING * 1000
						   : TIMEOUT_DEFAULT * 1000;
}

void
cmdline_usage_of(const struct ctl_command *cmd, struct out *o)
{
	out_addf(o, "usage: ikectl %s%s%s", cmd->name, cmd->args[0] != '\0' ? " " : "", cmd->args);
	for (const struct ctl_option *p = ctl_options; p->name != NULL; p++)
		if ((cmd->options & p->bit) != 0)
			out_addf(o, " [--%s%s%s]", p->name, p->value != NULL ? " " : "",
			    p->value != NULL ? p->value : "");
	out_add(o, "\n");
}

void
cmdline_help(struct out *o)
{
	out_add(o, "usage: ikectl [-jp] [-s SOCKET] [-t SECONDS] [COMMAND [ARGUMENT ...]]\n\n");
	for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
		char head[64];
		struct text t = text_in(head, sizeof(head));
		if ((c->flags & CTL_HIDDEN) != 0)
			continue;
		text_addf(&t, "%s %s", c->name, c->args);
		/* a long head has a line of its own */
		out_addf(o, t.n > 22 ? "  %s\n  %22s %s\n" : "  %-22s%s %s\n", head, "", c->help);
	}
	out_add(o, "\n");
	for (const struct ctl_option *p = ctl_options; p->name != NULL; p++) {
		char head[64];
		struct text t = text_in(head, sizeof(head));
		text_addf(&t, "--%s %s", p->name, p->value != NULL ? p->value : "");
		out_addf(o, "  %-22s %s\n", head, p->help);
	}
	out_add(o, "  -j, --json             JSON\n"
		   "  -p, --plain            one line a value: path, tab, value\n"
		   "  -s, --socket SOCKET    where the daemon listens\n"
		   "  -t, --timeout SECONDS  how long to wait for an answer\n");
}
