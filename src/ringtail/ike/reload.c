/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "conf/conf_diff.h"
#include "sadb/sadb.h"

#include <stdio.h>

#define UNDO_AGAIN SEC(5)

/* Set the timer to what comes first. */
static void
arm(struct daemon *d)
{
	const struct reload *r = &d->reload;
	ike_time when = IKE_NEVER;

	if (r->confirm_by != 0 && r->confirm_by < when)
		when = r->confirm_by;
	if (r->signalled && r->last + RELOAD_GAP < when)
		when = r->last + RELOAD_GAP;
	if (r->look_at != 0 && r->look_at < when)
		when = r->look_at;
	if (when == IKE_NEVER)
		heap_cancel(&d->timers, &d->reload.timer);
	else
		daemon_timer(d, &d->reload.timer, when);
}

static void
tell(struct daemon *d, const char *text)
{
	struct event ev = { .kind = EV_CONFIG };
	struct text t = text_in(ev.text, sizeof(ev.text));

	text_add(&t, text);
	events_publish(d, &ev);
	log_put(d->env.log, LOG_L_INFO, NULL, "%s", text);
}

static void
tell_in_use(struct daemon *d)
{
	char buf[96];
	struct text t = text_in(buf, sizeof(buf));

	text_addf(&t, "configuration in use: %zu remote, %zu sainfo sections", d->conf->n_remotes, d->conf->n_sainfos);
	if (d->conf->n_policies > 0)
		text_addf(&t, ", %zu policies", d->conf->n_policies);
	tell(d, buf);
}

static void
resync(struct daemon *d)
{
	ike_err err = sadb_resync(d->sadb, d->now);

	if (err != IKE_OK)
		log_put(d->env.log, LOG_L_WARNING, NULL, "cannot read the kernel's SAD and SPD: %s (%s)", ike_err_text(err),
		    d->env.kern->reason);
}

/* Put |conf| (our reference, moved) in the place of the present one, which is returned. */
static struct conf *
swap(struct daemon *d, struct conf *conf)
{
	struct conf *old = d->conf;

	d->conf = conf;
	if (d->env.conf_used != NULL)
		d->env.conf_used(d->env.arg, conf);
	return old;
}

static ike_err
use(struct daemon *d, struct conf *fresh, enum policies_how how, struct text *why)
{
	struct policies_change n;
	size_t displaced = d->policies.n_displaced;

	rebind_mark(d);
	TRY(policies_apply(d, fresh, how, &n, why));
	struct conf *old = swap(d, conf_ref(fresh));
	sadb_set_audit(d->sadb, fresh->timers.audit, d->now);
	rebind_all(d, n.added + n.changed + n.taken + n.removed > 0);
	resync(d);
	if (how == POLICIES_UNDO || d->reload.confirm_by != 0) {
		conf_unref(old);
	} else {
		conf_unref(d->reload.before);
		d->reload.before = old;
		policies_displaced_before(d, displaced);
	}
	tell_in_use(d);
	return IKE_OK;
}

ike_err
reload_use(struct daemon *d, struct conf *fresh, struct text *why)
{
	if (fresh->digest == d->conf->digest) {
		resync(d);
		(void)policies_establish(d);
		log_put(d->env.log, LOG_L_INFO, NULL, "the configuration has not changed");
		return IKE_OK;
	}
	ike_err err = use(d, fresh, POLICIES_WHOLE, why);
	arm(d);
	return err;
}

static ike_err
load(struct daemon *d, struct conf **out, struct text *why)
{
	char words[300] = "";

	if (d->env.conf_load == NULL)
		return IKE_E_UNSUPPORTED;
	ike_err err = d->env.conf_load(d->env.arg, out, words, sizeof(words));
	if (err != IKE_OK)
		text_add(why, words[0] != '\0' ? words : ike_err_text(err));
	return err;
}

ike_err
reload_now(struct daemon *d, ike_time confirm, char *why, size_t cap)
{
	struct text t = text_in(why, cap);
	struct conf *fresh;

	ike_err err = load(d, &fresh, &t);
	if (err == IKE_OK) {
		const struct conf *was = d->conf;
		/* keys that cannot be read would break the next negotiation, long after whoever made them so has gone home */
		err = cred_check(d, fresh, &t);
		if (err == IKE_OK)
			err = reload_use(d, fresh, &t);
		conf_unref(fresh);
		if (err == IKE_OK && confirm != 0 && d->conf != was)
			d->reload.confirm_by = d->now + confirm;
		if (err == IKE_OK && d->reload.confirm_by != 0 && !d->reload.stragglers)
			d->reload.look_at = d->reload.unwanted ? d->reload.confirm_by + SEC(1) : 0;
		arm(d);
	}
	if (err != IKE_OK && t.n == 0)
		text_add(&t, ike_err_text(err));
	if (err != IKE_OK)
		log_put(d->env.log, LOG_L_ERROR, NULL, "the configuration stays as it was: %s", why);
	return err;
}

ike_err
reload_signal(struct daemon *d)
{
	char why[400];

	if (d->reload.last != 0 && d->now < d->reload.last + RELOAD_GAP) {
		d->reload.signalled = true;
		arm(d);
		return IKE_OK;
	}
	d->reload.signalled = false;
	d->reload.last = d->now;
	return reload_now(d, 0, why, sizeof(why));
}

ike_err
reload_confirm(struct daemon *d)
{
	if (d->reload.confirm_by == 0)
		return IKE_E_STATE;
	d->reload.confirm_by = 0;
	if (d->reload.unwanted)
		d->reload.look_at = d->now + SEC(1);
	arm(d);
	tell(d, "the configuration is confirmed");
	return IKE_OK;
}

ike_err
reload_undo(struct daemon *d, struct text *why)
{
	struct conf *before = d->reload.before;

	if (before == NULL)
		return IKE_E_NOTFOUND;
	TRY(use(d, before, POLICIES_UNDO, why));
	conf_unref(before);
	policies_displaced_before(d, d->policies.n_displaced);
	d->reload.before = NULL;
	d->reload.confirm_by = 0;
	arm(d);
	tell(d, "the former configuration is in use again");
	return IKE_OK;
}

ike_err
reload_diff(struct daemon *d, struct buf *out, char *why, size_t cap)
{
	struct text t = text_in(why, cap);
	struct conf_diff diff;
	struct conf *fresh;

	TRY(load(d, &fresh, &t));
	ike_err err = conf_diff(d->conf, fresh, &diff);
	conf_unref(fresh);
	if (err == IKE_OK) {
		err = conf_diff_print(&diff, out);
		conf_diff_free(&diff);
	}
	if (err != IKE_OK)
		text_add(&t, ike_err_text(err));
	return err;
}

static void
not_confirmed(struct daemon *d)
{
	char buf[400];
	struct text why = text_in(buf, sizeof(buf));

	log_put(d->env.log, LOG_L_WARNING, NULL, "nobody has confirmed the configuration: it is undone");
	ike_err err = reload_undo(d, &why);
	if (err == IKE_OK)
		return;
	log_put(d->env.log, LOG_L_ERROR, NULL, "it could not be undone and is tried again: %s", why.n > 0 ? buf : ike_err_text(err));
	d->reload.confirm_by = d->now + UNDO_AGAIN;
}

void
reload_timeout(struct daemon *d)
{
	struct reload *r = &d->reload;

	if (r->confirm_by != 0 && r->confirm_by <= d->now)
		not_confirmed(d);
	if (r->signalled && r->last + RELOAD_GAP <= d->now)
		(void)reload_signal(d);
	if (r->look_at != 0 && r->look_at <= d->now)
		rebind_look(d);
	arm(d);
}

void
rebind_later(struct daemon *d)
{
	d->reload.stragglers = true;
	if (d->reload.look_at == 0) {
		d->reload.look_at = d->now + SEC(1);
		arm(d);
	}
}

void
reload_fini(struct daemon *d)
{
	heap_cancel(&d->timers, &d->reload.timer);
	conf_unref(d->reload.before);
	d->reload.before = NULL;
}
