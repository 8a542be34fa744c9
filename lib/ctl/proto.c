/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/proto.h"

#include "ctl/frame.h"

#include <string.h>

const struct ctl_command ctl_commands[] = {
	{ "status", "", 0, 0, 0, CTL_OPT_ALL, "the daemon, and every peer in one line" },
	{ "show", "PEER", 1, 1, 0, 0, "everything about one peer" },
	{ "sas", "[PEER]", 0, 1, 0, CTL_OPT_EACH, "the kernel's SAs in words, whoever made them" },
	{ "policies", "[[SRC] DST [PROTO[/PORT]]]", 0, 3, 0, 0,
	    "the kernel's policies in words; of a flow: which wins and why" },
	{ "events", "[PEER]", 0, 1, CTL_LASTING, CTL_OPT_FOLLOW | CTL_OPT_SINCE | CTL_OPT_KIND,
	    "what happened lately" },
	{ "counters", "", 0, 0, 0, 0, "what the daemon has counted since it began" },
	{ "resync", "", 0, 0, CTL_CHANGES, 0, "compare with the kernel now, heal what differs" },
	{ "up", "PEER", 1, 1, CTL_CHANGES | CTL_LASTING,
	    CTL_OPT_NO_WAIT | CTL_OPT_IKE | CTL_OPT_LOCAL | CTL_OPT_SECTION,
	    "negotiate what the policies towards a peer want, and wait for the outcome" },
	{ "down", "PEER", 1, 1, CTL_CHANGES, CTL_OPT_IKE | CTL_OPT_CHILDREN | CTL_OPT_LOCAL,
	    "delete all SAs with a peer and tell it" },
	{ "rekey", "PEER", 1, 1, CTL_CHANGES | CTL_LASTING, CTL_OPT_NO_WAIT,
	    "replace every pair of SAs with a peer by a fresh one" },
	{ "brake open", "", 0, 0, CTL_CHANGES, 0,
	    "for a minute give up all peers that seem dead, however many" },
	{ "config check", "[FILE]", 0, 1, CTL_LOCAL, 0, "check a configuration file" },
	{ "config show", "", 0, 0, 0, 0,
	    "what the configuration in use means, defaults filled in" },
	{ "config diff", "", 0, 0, 0, 0,
	    "from the configuration in use to what the files say now" },
	{ "config reload", "", 0, 0, CTL_CHANGES, CTL_OPT_CONFIRM, "read the configuration again" },
	{ "config confirm", "", 0, 0, CTL_CHANGES, 0, "keep what was reloaded with --confirm" },
	{ "config undo", "", 0, 0, CTL_CHANGES, 0, "go back to the configuration before" },
	{ "timers", "", 0, 0, 0, 0, "what the daemon waits for" },
	{ "shutdown", "", 0, 0, CTL_CHANGES | CTL_LASTING, CTL_OPT_CLOSE | CTL_OPT_KEEP_SAS,
	    "end the daemon; what becomes of its SAs says keep_sas, or an option" },
	{ "help", "", 0, 0, CTL_LOCAL, 0, "this list" },
	{ "version", "", 0, 0, CTL_LOCAL, 0, "the version of ikectl" },
	{ "ikes", "[PEER]", 0, 1, CTL_HIDDEN, 0, "IKE SAs and their children" },
	{ "flush", "isakmp|ipsec|esp|ah", 1, 1, CTL_CHANGES | CTL_HIDDEN, 0,
	    "delete all SAs of one kind that are ours" },
	{ NULL, NULL, 0, 0, 0, 0, NULL },
};

const struct ctl_option ctl_options[] = {
	{ CTL_OPT_FOLLOW, "follow", NULL, "go on with what happens from now on" },
	{ CTL_OPT_NO_WAIT, "no-wait", NULL, "do not wait for the outcome" },
	{ CTL_OPT_IKE, "ike", NULL, "the IKE SA only" },
	{ CTL_OPT_CHILDREN, "children", NULL, "the IPsec SAs only" },
	{ CTL_OPT_LOCAL, "local", "ADDRESS", "only with this address of ours" },
	{ CTL_OPT_SECTION, "section", "NAME", "with this remote section; needs --ike" },
	{ CTL_OPT_CLOSE, "close", NULL, "delete our SAs and tell the peers" },
	{ CTL_OPT_KEEP_SAS, "keep-sas", NULL, "leave our SAs and policies in the kernel" },
	{ CTL_OPT_ALL, "all", NULL, "each peer, also those with which all is well" },
	{ CTL_OPT_KIND, "kind", "KIND", "only events of this kind" },
	{ CTL_OPT_EACH, "each", NULL, "each SA for itself, with limits and errors" },
	{ CTL_OPT_SINCE, "since", "TIME", "only what is newer: 10m, 03:12, 2026-11-26T03:12" },
	{ CTL_OPT_CONFIRM, "confirm", "TIME",
	    "undo it after 30s (5m, 1h) unless `config confirm` comes" },
	{ 0, NULL, NULL, NULL },
};

const struct ctl_command *
ctl_command_find(struct slice name)
{
	for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++)
		if (slice_equal(slice_str(c->name), name))
			return c;
	return NULL;
}

const struct ctl_option *
ctl_option_find(const struct ctl_command *cmd, struct slice name)
{
	for (const struct ctl_option *o = ctl_options; o->name != NULL; o++)
		if (slice_equal(slice_str(o->name), name))
			return cmd == NULL || (cmd->options & o->bit) != 0 ? o : NULL;
	return NULL;
}

/* Names in messages have no dashes. */
static const char *
member_name(const struct ctl_option *o, char buf[CTL_NAME_MAX + 1])
{
	size_t n = 0;

	for (; o->name[n] != '\0' && n < CTL_NAME_MAX; n++)
		buf[n] = o->name[n] == '-' ? '_' : o->name[n];
	buf[n] = '\0';
	return buf;
}

struct slice *
ctl_value_of(struct ctl_request *rq, unsigned bit)
{
	switch (bit) {
	case CTL_OPT_LOCAL:
		return &rq->local;
	case CTL_OPT_SECTION:
		return &rq->section;
	case CTL_OPT_SINCE:
		return &rq->since;
	case CTL_OPT_KIND:
		return &rq->kind;
	case CTL_OPT_CONFIRM:
		return &rq->confirm;
	default:
		return NULL;
	}
}

ike_err
ctl_put_request(const struct ctl_request *rq, struct buf *out)
{
	struct ctl_request with = *rq;
	char name[CTL_NAME_MAX + 1];
	struct ctl_put p;

	ctl_put_init(&p, CTL_M_REQUEST, CTL_REQUEST_MAX);
	ctl_put_str(&p, "command", rq->cmd->name);
	ctl_put_list(&p, "args");
	for (unsigned i = 0; i < rq->nargs; i++)
		ctl_put_slice(&p, NULL, rq->args[i]);
	ctl_put_end(&p);
	ctl_put_record(&p, "options");
	for (const struct ctl_option *o = ctl_options; o->name != NULL; o++) {
		if ((rq->options & o->bit) == 0)
			continue;
		const struct slice *value = ctl_value_of(&with, o->bit);
		if (value == NULL)
			ctl_put_bool(&p, member_name(o, name), true);
		else
			ctl_put_slice(&p, member_name(o, name), *value);
	}
	ctl_put_end(&p);
	ike_err err = ctl_put_take(&p, out);
	ctl_put_free(&p);
	return err;
}

static ike_err
get_option(const struct ctl_node *n, struct ctl_request *rq)
{
	char name[CTL_NAME_MAX + 1];

	for (const struct ctl_option *o = ctl_options; o->name != NULL; o++) {
		if (!slice_equal(n->name, slice_str(member_name(o, name))) ||
		    (rq->cmd->options & o->bit) == 0)
			continue;
		if (n->type != (o->value == NULL ? CTL_BOOL : CTL_STR))
			return IKE_E_SYNTAX;
		if (o->value == NULL && ctl_number(n) == 0)
			return IKE_OK;
		rq->options |= o->bit;
		struct slice *value = ctl_value_of(rq, o->bit);
		if (value != NULL)
			*value = n->body;
		return IKE_OK;
	}
	return IKE_E_SYNTAX;
}

static ike_err
get_args(const struct ctl_node *root, struct ctl_request *rq)
{
	struct ctl_node list, n;

	if (!ctl_find(root, "args", &list) || list.type != CTL_LIST)
		return IKE_E_FORMAT;
	struct rd r = ctl_members(&list);
	while (ctl_next(&r, &n)) {
		if (n.type != CTL_STR)
			return IKE_E_FORMAT;
		if (rq->nargs == CTL_ARGS_MAX)
			return IKE_E_RANGE;
		rq->args[rq->nargs++] = n.body;
	}
	return rq->nargs < rq->cmd->min || rq->nargs > rq->cmd->max ? IKE_E_RANGE : IKE_OK;
}

ike_err
ctl_get_request(struct slice msg, struct ctl_request *out)
{
	struct ctl_request rq = { 0 };
	struct ctl_node root, list, n;
	enum ctl_kind kind;

	TRY(ctl_open(msg, &kind, &root));
	if (kind != CTL_M_REQUEST)
		return IKE_E_FORMAT;
	rq.cmd = ctl_command_find(ctl_get_str(&root, "command"));
	if (rq.cmd == NULL || (rq.cmd->flags & CTL_LOCAL) != 0)
		return IKE_E_NOTFOUND;
	TRY(get_args(&root, &rq));
	if (ctl_find(&root, "options", &list)) {
		struct rd r = ctl_members(&list);
		while (ctl_next(&r, &n))
			TRY(get_option(&n, &rq));
	}
	*out = rq;
	return IKE_OK;
}

ike_err
ctl_get_answer(struct slice msg, struct ctl_answer *out)
{
	static const struct ctl_node nothing = { .type = CTL_RECORD };
	struct ctl_answer a = { .result = nothing, .error = nothing };
	struct ctl_node root, n;

	TRY(ctl_open(msg, &a.kind, &root));
	if (a.kind == CTL_M_REQUEST)
		return IKE_E_FORMAT;
	uint64_t status = ctl_get_number(&root, "status");
	if (status > CTL_UNSAFE)
		return IKE_E_FORMAT;
	a.status = (enum ctl_status)status;
	a.time = (int64_t)ctl_get_number(&root, "time");
	a.note = ctl_get_str(&root, "note");
	if (ctl_find(&root, "error", &n)) {
		if (n.type != CTL_RECORD)
			return IKE_E_FORMAT;
		a.failed = true;
		a.error = n;
	}
	if (ctl_find(&root, "result", &n)) {
		if (n.type != CTL_RECORD)
			return IKE_E_FORMAT;
		a.result = n;
	}
	*out = a;
	return IKE_OK;
}
