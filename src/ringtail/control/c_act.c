/* SPDX-License-Identifier: BSD-3-Clause */
/* up, down, rekey, flush: wishes of an operator, carried out by the same functions as those of traffic. */
#include "ringtail/control/peers.h"
#include "ringtail/control/wait.h"

#include "conf/conf.h"
#include "sadb/sadb.h"

#include <string.h>

/* --- waiting --- */

/* Answer now if nothing is left to wait for, or if the client does not want to; else when it is over.  Takes |w|. */
static void
wait_or_answer(struct control_call *call, struct wait *w)
{
	bool wanted = (call->rq->options & CTL_OPT_NO_WAIT) == 0;

	if (wait_settled(call->d, w)) {
		wait_report(call, w);
	} else if (!wanted) {
		control_put_addr(&call->put, "peer", &w->peer);
		ctl_put_uint(&call->put, "started", w->n);
	} else {
		struct control_client *c = control_client(call);
		if (c != NULL && c->wait == NULL) {
			c->wait = w;
			call->later = true;
			return;
		}
		control_fail(call, CTL_USAGE, "E-BUSY",
		    "one request at a time on a connection can wait", NULL, "already waiting");
	}
	control_wait_free(w);
}

static void
no_memory(struct control_call *call, struct wait *w)
{
	control_wait_free(w);
	control_fail_err(call, IKE_E_NOMEM, "the outcome cannot be waited for");
}

/* --- up --- */

static bool
has_policy(struct daemon *d, const struct addr *peer)
{
	const struct spd_row *row;
	uint32_t it = 0;

	while ((row = sadb_policy_next(d->sadb, &it)) != NULL) {
		bool tunnel = row->ntmpl > 0 && row->tmpl[0].mode == MODE_TUNNEL;
		if (row->sp.dir != SP_OUT || row->action != SP_IPSEC || row->ntmpl == 0)
			continue;
		if (tunnel ? addr_equal(&row->tmpl[0].dst, peer)
			   : prefix_contains(&row->sp.sel.dst, peer))
			return true;
	}
	return false;
}

static ike_err
add_coming(struct daemon *d, const struct addr *peer, struct wait *w)
{
	const struct child *c;
	uint32_t it = 0;

	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		if ((c->state == CHILD_WANTED || c->state == CHILD_NEGOTIATING) &&
		    addr_equal(&c->remote.addr, peer))
			TRY(wait_add(w, c->id));
	return IKE_OK;
}

static void
up_children(struct control_call *call, const struct addr *peer)
{
	struct daemon *d = call->d;
	struct addr_buf ab;
	unsigned n = 0;

	if (!has_policy(d, peer)) {
		control_fail(call, CTL_NO, "E-NO-POLICY",
		    "no outbound policy of the kernel asks for IPsec towards it",
		    "add policies with setkey(8); `ikectl policies` lists them",
		    "nothing to negotiate with %s", addr_text(peer, &ab));
		return;
	}
	struct wait *w = wait_new(WAIT_CHILDREN, peer, d->events.last);
	if (w == NULL) {
		no_memory(call, w);
		return;
	}
	ike_err err = acquire_peer(d, peer, &n);
	if (n == 0) {
		char what[120];
		struct text t = text_in(what, sizeof(what));
		text_addf(&t, "negotiation with %s could not start", addr_text(peer, &ab));
		control_wait_free(w);
		control_fail_err(call, err == IKE_OK ? IKE_E_NOTFOUND : err, what);
		return;
	}
	if (add_coming(d, peer, w) != IKE_OK) {
		no_memory(call, w);
		return;
	}
	wait_or_answer(call, w);
}

/* The section to use: as named, or the best for the address. */
static const struct conf_remote *
section_for(struct control_call *call, const struct addr *peer)
{
	struct conf_query q = { .peer = { .addr = *peer }, .initiate = true };
	const struct conf_remote *rmt = NULL;
	char name[200] = "";
	struct addr_buf ab;
	bool unique;

	if ((call->rq->options & CTL_OPT_SECTION) != 0) {
		if (call->rq->section.n < sizeof(name))
			memcpy(name, call->rq->section.p, call->rq->section.n);
		rmt = conf_remote_by_name(call->d->conf, name);
		if (rmt == NULL)
			control_fail(call, CTL_NOT_FOUND, "E-SECTION",
			    "the configuration has none of this name",
			    "`ikectl config show` shows all", "no such remote section: %s", name);
	} else if (conf_remote_best(call->d->conf, &q, &rmt, &unique) != IKE_OK) {
		rmt = NULL;
		control_fail(call, CTL_NO, "E-CONFIG",
		    "no remote section fits it, or only passive ones do",
		    "give it a remote section, or an anonymous one", "no configuration for %s",
		    addr_text(peer, &ab));
	}
	return rmt;
}

static ike_err
near_end(struct control_call *call, const struct addr *peer, struct addr *out)
{
	char text[ADDR_TEXT] = "";

	if ((call->rq->options & CTL_OPT_LOCAL) == 0)
		return call->d->env.source_addr(call->d->env.arg, peer, out);
	if (call->rq->local.n < sizeof(text))
		memcpy(text, call->rq->local.p, call->rq->local.n);
	return addr_parse(text, out);
}

static void
up_ike(struct control_call *call, const struct addr *peer, const struct conf_remote *rmt)
{
	struct daemon *d = call->d;
	struct endpoint local = { .port = d->env.ike_port };
	struct endpoint remote = { .addr = *peer,
		.port = rmt->peer.port != 0 ? rmt->peer.port : d->env.ike_port };
	struct ike_sa *ike = NULL;

	ike_err err = near_end(call, peer, &local.addr);
	struct wait *w = wait_new(WAIT_IKE, peer, d->events.last);
	if (w == NULL) {
		no_memory(call, w);
		return;
	}
	if (err == IKE_OK && control_ike_with(d, peer) == NULL)
		err = ike_initiate(d, rmt, &local, &remote, 0, &ike);
	if (err == IKE_OK && ike != NULL)
		err = wait_add(w, ike->id);
	if (err != IKE_OK) {
		control_wait_free(w);
		control_fail_err(call, err, "the IKE SA could not be begun");
		return;
	}
	wait_or_answer(call, w);
}

void
control_up(struct control_call *call)
{
	const struct conf_remote *rmt;
	struct addr peer;

	if (!peers_resolve(call, call->rq->args[0], false, &peer))
		return;
	if ((call->rq->options & CTL_OPT_IKE) == 0) {
		up_children(call, &peer);
		return;
	}
	rmt = section_for(call, &peer);
	if (rmt == NULL)
		return;
	/* RFC 7296 section 1.2: the IKE_AUTH exchange makes the IKE SA and its first child together */
	if (rmt->modes[0] == CONF_IKEV2)
		up_children(call, &peer);
	else
		up_ike(call, &peer, rmt);
}

/* --- down --- */

struct choice {
	const struct addr *peer; /* NULL: all */
	struct addr local;       /* family 0: all */
	uint8_t proto;           /* enum prop_proto, PROTO_NONE: all */
	bool ikes, children;
	unsigned n_ikes, n_children;
	unsigned n_untold; /* of the children: without an IKE SA to tell the peer on */
};

static bool
chosen(const struct choice *ch, const struct endpoint *local, const struct endpoint *remote)
{
	return (ch->peer == NULL || addr_equal(ch->peer, &remote->addr)) &&
	       (ch->local.family == 0 || addr_equal(&ch->local, &local->addr));
}

/* Does the end of its IKE SA, which is chosen too, end |c| as well? */
static bool
goes_with_ike(struct daemon *d, const struct choice *ch, const struct child *c)
{
	const struct ike_sa *ike = ike_sa_get(d, c->ike_id);

	return ch->ikes && ike != NULL && !ike->ops->child_outlives_ike &&
	       chosen(ch, &ike->local, &ike->remote);
}

/* A pair from before a restart may have no IKE SA yet. */
static bool
can_be_told(struct daemon *d, const struct child *c)
{
	const struct ike_sa *ike = ike_sa_get(d, c->ike_id);

	if (c->state == CHILD_WANTED || c->state == CHILD_NEGOTIATING)
		return true;
	if (ike == NULL)
		ike = ike_find_for_peer(d, &c->local.addr, &c->remote.addr);
	return ike != NULL && ike->state != IKE_CONNECTING;
}

static void
take_down(struct daemon *d, struct choice *ch)
{
	struct ike_sa *ike;
	struct child *c;
	uint32_t it = 0;

	while (ch->children && (c = slot_each(&d->children.ids, &it)) != NULL) {
		if (!chosen(ch, &c->local, &c->remote) || c->delete_sent)
			continue;
		if (ch->proto != PROTO_NONE && c->proto != ch->proto)
			continue;
		ch->n_children++;
		ch->n_untold += !can_be_told(d, c);
		child_ends(c, "deleted by an operator");
		if (!goes_with_ike(d, ch, c))
			child_delete(c, true);
	}
	it = 0;
	while (ch->ikes && (ike = slot_each(&d->ikes.ids, &it)) != NULL) {
		if (!chosen(ch, &ike->local, &ike->remote) || ike->state == IKE_DYING ||
		    ike->state == IKE_DEAD)
			continue;
		ch->n_ikes++;
		ike->ending = "deleted by an operator";
		ike_sa_delete(ike);
	}
}

static void
put_choice(struct control_call *call, const struct choice *ch)
{
	ctl_put_uint(&call->put, "ike_sas", ch->n_ikes);
	ctl_put_uint(&call->put, "children", ch->n_children);
	if (ch->n_untold > 0)
		ctl_put_uint(&call->put, "untold", ch->n_untold);
}

void
control_down(struct control_call *call)
{
	unsigned opt = call->rq->options;
	struct choice ch = {
		.ikes = (opt & CTL_OPT_CHILDREN) == 0,
		.children = (opt & CTL_OPT_IKE) == 0,
	};
	struct addr peer;
	struct addr_buf ab;

	if ((opt & CTL_OPT_CHILDREN) != 0 && (opt & CTL_OPT_IKE) != 0)
		ch.ikes = ch.children = true;
	if ((opt & CTL_OPT_LOCAL) != 0 && near_end(call, &ch.local, &ch.local) != IKE_OK) {
		control_fail(call, CTL_USAGE, "E-ADDRESS", NULL, NULL,
		    "the value of --local is not an address");
		return;
	}
	if (!peers_resolve(call, call->rq->args[0], true, &peer))
		return;
	ch.peer = &peer;
	take_down(call->d, &ch);
	control_put_addr(&call->put, "peer", &peer);
	put_choice(call, &ch);
	ctl_put_bool(&call->put, "policy", has_policy(call->d, &peer));
	if (ch.n_ikes + ch.n_children == 0)
		control_fail(call, CTL_NO, "E-NOTHING", "there is no SA with it", NULL,
		    "nothing to delete with %s", addr_text(&peer, &ab));
}

void
control_flush_kind(struct control_call *call)
{
	static const struct {
		const char *word;
		struct choice ch;
	} kinds[] = {
		{ "isakmp", { .ikes = true } },
		{ "ipsec", { .children = true } },
		{ "esp", { .children = true, .proto = PROTO_ESP } },
		{ "ah", { .children = true, .proto = PROTO_AH } },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct choice ch = kinds[i].ch;
		if (!slice_equal(call->rq->args[0], slice_str(kinds[i].word)))
			continue;
		take_down(call->d, &ch);
		put_choice(call, &ch);
		return;
	}
	control_fail(call, CTL_USAGE, "E-REQUEST", NULL, "it is isakmp, ipsec, esp or ah",
	    "no such kind of SA");
}

/* --- rekey --- */

void
control_rekey(struct control_call *call)
{
	struct daemon *d = call->d;
	struct addr peer;
	struct addr_buf ab;
	struct child *c;
	uint32_t it = 0;

	if (!peers_resolve(call, call->rq->args[0], true, &peer))
		return;
	struct wait *w = wait_new(WAIT_REKEY, &peer, d->events.last);
	if (w == NULL) {
		no_memory(call, w);
		return;
	}
	while ((c = slot_each(&d->children.ids, &it)) != NULL) {
		if (c->state != CHILD_INSTALLED || !addr_equal(&c->remote.addr, &peer))
			continue;
		if (wait_add(w, c->id) != IKE_OK) {
			no_memory(call, w);
			return;
		}
	}
	for (size_t i = 0; i < w->n; i++)
		if ((c = child_get(d, w->ids[i])) != NULL)
			child_rekey(c);
	if (w->n > 0) {
		wait_or_answer(call, w);
		return;
	}
	control_wait_free(w);
	control_fail(call, CTL_NO, "E-NOTHING", "no pair of IPsec SAs with it is installed",
	    "`ikectl up` makes one", "nothing to rekey with %s", addr_text(&peer, &ab));
}
