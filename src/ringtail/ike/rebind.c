/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From one snapshot to the next: see reload.h.
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "conf/conf_diff.h"
#include "sadb/sadb.h"

#include <string.h>

#define LOOK_AGAIN SEC(1)
/* Renewals of many peers at once are spread: so much a peer, but not more than that. */
#define SPREAD_PEER MSEC(20)
#define SPREAD_MOST SEC(60)

/* What a difference between two sections asks for, in ascending order. */
enum change { CHANGE_NONE, CHANGE_VALUES, CHANGE_RENEW, CHANGE_REAUTH };

/* Directives by their first word; all others hold for what comes. */
static const struct {
	const char *word;
	enum change change;
} changes[] = {
	{ "encryption_algorithm", CHANGE_RENEW }, { "hash_algorithm", CHANGE_RENEW }, { "prf_algorithm", CHANGE_RENEW },
	{ "dh_group", CHANGE_RENEW }, { "lifetime", CHANGE_RENEW }, { "proposal", CHANGE_RENEW },
	{ "proposal_check", CHANGE_VALUES }, { "nonce_size", CHANGE_VALUES },
	{ "authentication_method", CHANGE_REAUTH }, { "exchange_mode", CHANGE_REAUTH }, { "my_identifier", CHANGE_REAUTH },
	{ "peers_identifier", CHANGE_REAUTH }, { "verify_identifier", CHANGE_REAUTH }, { "certificate_type", CHANGE_REAUTH },
	{ "ca_type", CHANGE_REAUTH }, { "peers_certfile", CHANGE_REAUTH }, { "verify_cert", CHANGE_REAUTH },
	{ "xauth_login", CHANGE_REAUTH }, { "remote_address", CHANGE_VALUES }, { "ph1id", CHANGE_VALUES },
};

/* Of a line "- word rest;". */
static enum change
change_of(struct slice line)
{
	size_t n = 2;

	while (n < line.n && line.p[n] != ' ' && line.p[n] != ';')
		n++;
	struct slice word = slice_of(line.p + 2, n > 2 ? n - 2 : 0);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (slice_equal(word, slice_str(changes[i].word)))
			return changes[i].change;
	return CHANGE_VALUES;
}

static enum change
change_in(struct slice lines)
{
	enum change most = CHANGE_NONE;

	while (lines.n > 0) {
		const uint8_t *end = memchr(lines.p, '\n', lines.n);
		size_t n = end == NULL ? lines.n : (size_t)(end - lines.p);
		enum change c = n < 3 ? CHANGE_NONE : change_of(slice_of(lines.p, n));
		if (c > most)
			most = c;
		lines = end == NULL ? slice_of(NULL, 0) : slice_of(end + 1, lines.n - n - 1);
	}
	return most;
}

/* Sections are compared in print, so the last answer is kept: many IKE SAs share one. */
struct rebind {
	struct daemon *d;
	const void    *old, *fresh;
	enum change    change;
	unsigned       spread;       /* peers that something is started for */
	bool           nomem;
};

static enum change
remote_change(struct rebind *r, const struct conf_remote *old, const struct conf_remote *fresh)
{
	struct buf lines = { 0 };

	if (r->old == old && r->fresh == fresh)
		return r->change;
	if (conf_remote_diff(old, fresh, &lines) != IKE_OK)
		r->nomem = true;
	r->old = old;
	r->fresh = fresh;
	r->change = change_in(buf_slice(&lines));
	buf_free(&lines);
	return r->change;
}

static enum change
sainfo_change(struct rebind *r, const struct conf_sainfo *old, const struct conf_sainfo *fresh)
{
	struct buf lines = { 0 };

	if (r->old == old && r->fresh == fresh)
		return r->change;
	if (conf_sainfo_diff(old, fresh, &lines) != IKE_OK)
		r->nomem = true;
	r->old = old;
	r->fresh = fresh;
	r->change = lines.n > 0 ? CHANGE_RENEW : CHANGE_NONE;
	buf_free(&lines);
	return r->change;
}

/* When the next of many is begun. */
static ike_time
next_turn(struct rebind *r)
{
	uint32_t rnd = 0;
	ike_time span = SPREAD_PEER * ++r->spread;

	if (daemon_random(r->d, &rnd, sizeof(rnd)) != IKE_OK)
		rnd = r->spread;
	if (span > SPREAD_MOST)
		span = SPREAD_MOST;
	return r->d->now + MSEC(10) + span * (rnd % 1000) / 1000;
}

/* --- IKE SAs --- */

static unsigned
best_score(const struct conf *c, const struct conf_query *q)
{
	const struct conf_remote *s = NULL;
	unsigned most = 0;

	while ((s = conf_remote_next(c, q, s)) != NULL) {
		unsigned score = conf_remote_score(s, q);
		if (score > most)
			most = score;
	}
	return most;
}

/*
 * The section that would serve |ike| now: the best by what is known of the peer; among equals the one that is equal to the old,
 * then one of its name, then the first.  NULL: none.
 */
static const struct conf_remote *
section_for(struct rebind *r, const struct ike_sa *ike)
{
	struct conf_query q = {
		.peer = { .addr = ike->remote.addr }, .mode = ike->ops->major == 2 ? CONF_IKEV2 : CONF_MAIN, .peer_id = ike->peer_id,
	};
	const struct conf_remote *first = NULL, *namesake = NULL, *s = NULL;
	unsigned most = best_score(r->d->conf, &q);

	while (most != 0 && (s = conf_remote_next(r->d->conf, &q, s)) != NULL) {
		if (conf_remote_score(s, &q) != most)
			continue;
		if (remote_change(r, ike->rmt, s) == CHANGE_NONE)
			return s;
		if (first == NULL)
			first = s;
		if (namesake == NULL && strcmp(s->name, ike->rmt->name) == 0)
			namesake = s;
	}
	return namesake != NULL ? namesake : first;
}

static void
renew_soon(struct rebind *r, struct ike_sa *ike, bool reauth)
{
	if (ike->state != IKE_ESTABLISHED || ike->rekeyed)
		return;
	/* a passive end waits for its peer, which has to be changed, too */
	if (ike->rmt->passive)
		return;
	ike->reauth = reauth;
	ike->soft = next_turn(r);
	ike_sa_arm(ike);
}

static void
rebind_ike(struct rebind *r, struct ike_sa *ike)
{
	struct daemon *d = r->d;

	if (ike->conf == d->conf)
		ike->unwanted = 0;
	if (ike->conf == d->conf || ike->state == IKE_DEAD)
		return;
	/* what is under way looks at its section until it is over */
	if (ike->state == IKE_CONNECTING || !list_empty(&ike->exchs) || ike->rmt == NULL) {
		d->reload.stragglers = true;
		return;
	}
	const struct conf_remote *fresh = section_for(r, ike);
	if (fresh == NULL) {
		if (ike->unwanted == 0 && ike->state == IKE_ESTABLISHED)
			ike->unwanted = d->now;
		d->reload.unwanted = true;
		return;
	}
	enum change c = remote_change(r, ike->rmt, fresh);
	if (r->nomem) {
		d->reload.stragglers = true;
		return;
	}
	conf_unref(ike->conf);
	ike->conf = conf_ref(d->conf);
	ike->rmt = fresh;
	ike->unwanted = 0;
	if (c >= CHANGE_RENEW)
		renew_soon(r, ike, c == CHANGE_REAUTH);
	else if (c == CHANGE_VALUES)
		ike_sa_arm(ike);
}

/* IKEv2: the pairs belong to the IKE SA, so they are made anew, too; likewise from one version to the other. */
void
rebind_reauth(struct ike_sa *ike)
{
	struct daemon *d = ike->d;
	uint64_t ids[64];
	unsigned n = 0;

	ike->reauth = true;
	ike->rekeyed = true;
	ike->state = IKE_DYING;
	ike_log(ike, LOG_L_INFO, "its section has changed: a fresh IKE SA takes over");
	LIST_FOR(l, &ike->children) {
		const struct child *c = container_of(l, struct child, link);
		if (c->state == CHILD_INSTALLED && n < sizeof(ids) / sizeof(ids[0]))
			ids[n++] = c->id;
	}
	for (unsigned i = 0; i < n; i++) {
		struct child *c = child_get(d, ids[i]);
		if (c != NULL)
			child_rekey(c);
	}
	d->reload.unwanted = true;
	rebind_later(d);
}

/* Its pairs have been made anew: it goes.  What did not fit into the first round has its turn now. */
static void
look_reauth(struct ike_sa *ike)
{
	bool waits = false;

	if (ike->nchildren == 0) {
		ike_sa_delete(ike);
		return;
	}
	LIST_FOR(l, &ike->children) {
		struct child *c = container_of(l, struct child, link);
		waits = waits || (c->state == CHILD_INSTALLED && !c->rekeying && c->retry_at == 0);
	}
	if (waits)
		rebind_reauth(ike);
}

/* --- children --- */

/* Does the policy for the traffic of |c| still ask for such a pair? */
static bool
served(const struct child *c)
{
	struct sa_flow f = { .src = c->my_ts.lo, .dst = c->peer_ts.lo, .proto = c->my_ts.proto };

	if (c->my_ts.port_lo == c->my_ts.port_hi)
		f.sport = c->my_ts.port_lo;
	if (c->peer_ts.port_lo == c->peer_ts.port_hi)
		f.dport = c->peer_ts.port_lo;
	const struct spd_row *row = sadb_policy_lookup(c->d->sadb, SP_OUT, &f);
	if (row == NULL || row->action != SP_IPSEC)
		return false;
	for (unsigned i = 0; i < row->ntmpl; i++) {
		const struct sp_tmpl *t = &row->tmpl[i];
		if (t->proto == c->proto && t->mode == c->mode && t->reqid == c->reqid_out &&
		    (t->mode != MODE_TUNNEL || t->dst.family == 0 || addr_equal(&t->dst, &c->remote.addr)))
			return true;
	}
	return false;
}

void
rebind_mark(struct daemon *d)
{
	uint32_t it = 0;
	struct child *c;

	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		c->served = c->state == CHILD_INSTALLED && served(c);
}

static void
unwanted(struct child *c)
{
	if (c->unwanted == 0 && c->state == CHILD_INSTALLED)
		c->unwanted = c->d->now;
	c->d->reload.unwanted = true;
}

static const struct conf_sainfo *
sainfo_for(const struct child *c)
{
	struct daemon *d = c->d;
	const struct ike_sa *ike = ike_sa_get(d, c->ike_id);
	struct conf_query rq = { .peer = { .addr = c->remote.addr } };
	const struct conf_remote *rmt = ike == NULL ? NULL : ike->rmt;
	bool unique;

	if (rmt == NULL && conf_remote_best(d->conf, &rq, &rmt, &unique) != IKE_OK)
		return NULL;
	struct conf_sainfo_query q = {
		.ph1id = rmt->ph1id, .peer = ike == NULL ? NULL : ike->peer_id, .local = { .ts = &c->my_ts },
		.remote = { .ts = &c->peer_ts }, .peer_addr = c->remote.addr,
	};
	return conf_sainfo_find(d->conf, &q);
}

static void
rebind_child(struct rebind *r, struct child *c)
{
	struct daemon *d = r->d;

	if (c->conf == d->conf)
		return;
	if (c->state == CHILD_WANTED || c->state == CHILD_NEGOTIATING) {
		d->reload.stragglers = true;
		return;
	}
	const struct conf_sainfo *fresh = sainfo_for(c);
	if (fresh == NULL) {
		unwanted(c);
		return;
	}
	enum change ch = c->sainfo == NULL ? CHANGE_NONE : sainfo_change(r, c->sainfo, fresh);
	if (r->nomem) {
		d->reload.stragglers = true;
		return;
	}
	conf_unref(c->conf);
	c->conf = conf_ref(d->conf);
	c->sainfo = fresh;
	if (ch == CHANGE_RENEW && c->state == CHILD_INSTALLED && !c->rekeying) {
		c->retry_at = next_turn(r);
		daemon_timer(d, &c->timer, c->retry_at);
	}
}

/* --- all of them --- */

static void
set_look(struct daemon *d)
{
	struct reload *r = &d->reload;

	/* while an undo may bring everything back, nothing goes */
	if (r->stragglers || (r->unwanted && r->confirm_by == 0))
		r->look_at = d->now + LOOK_AGAIN;
	else
		r->look_at = r->unwanted ? r->confirm_by + LOOK_AGAIN : 0;
}

static void
bind_all(struct daemon *d)
{
	struct rebind r = { .d = d };
	uint32_t it = 0;
	struct ike_sa *ike;
	struct child *c;

	d->reload.stragglers = false;
	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL)
		rebind_ike(&r, ike);
	it = 0;
	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		rebind_child(&r, c);
}

void
rebind_all(struct daemon *d, bool policies_changed)
{
	uint32_t it = 0;
	struct child *c;

	bind_all(d);
	while (policies_changed && (c = slot_each(&d->children.ids, &it)) != NULL)
		if (c->state == CHILD_INSTALLED && c->served && !served(c))
			unwanted(c);
	set_look(d);
}

/* --- what has to go --- */

/* Is the time of what is unwanted since |since| over?  While a reload may be undone it is not. */
static bool
due(const struct daemon *d, ike_time since)
{
	return d->reload.confirm_by == 0 && d->now >= since + RELOAD_GRACE;
}

/* Is it wanted again, or is its time come? */
static void
look_child(struct child *c)
{
	if (c->unwanted == 0 || c->state != CHILD_INSTALLED)
		return;
	if (served(c) && sainfo_for(c) != NULL) {
		c->unwanted = 0;
	} else if (due(c->d, c->unwanted)) {
		log_put(c->d->env.log, LOG_L_INFO, NULL, "no policy or section wants this pair any more: spi=%u(0x%x)", c->spi_in,
		    c->spi_in);
		child_delete(c, true);
	} else {
		c->d->reload.unwanted = true;
	}
}

/* Say goodbye to the peer and to its pairs. */
static void
close_ike(struct ike_sa *ike)
{
	/* those that are on their way out go to the end of the list */
	LIST_FOR_SAFE(l, &ike->children) {
		struct child *c = container_of(l, struct child, link);
		if (ike->ops->child_outlives_ike && c->state == CHILD_INSTALLED)
			child_delete(c, true);
		if (ike->state == IKE_DEAD)
			return;
	}
	ike_sa_delete(ike);
}

/* All pairs of |ike| are on their way out for want of a policy: then it is of no use either. */
static bool
left_alone(const struct ike_sa *ike)
{
	return ike->idle_since != 0 && ike->nchildren == 0;
}

static void
look_ike(struct ike_sa *ike)
{
	struct daemon *d = ike->d;

	if (ike->state == IKE_DYING && ike->reauth) {
		d->reload.unwanted = true;
		look_reauth(ike);
		return;
	}
	if (ike->state != IKE_ESTABLISHED)
		return;
	if (ike->unwanted != 0 && due(d, ike->unwanted)) {
		ike_log(ike, LOG_L_INFO, "no section of the configuration is for this peer any more");
		close_ike(ike);
	} else if (left_alone(ike)) {
		ike_log(ike, LOG_L_INFO, "no policy wants anything of this peer any more");
		close_ike(ike);
	} else if (ike->unwanted != 0 || ike->idle_since != 0) {
		d->reload.unwanted = true;
	}
}

static void
note_idle(struct ike_sa *ike)
{
	bool all = ike->nchildren > 0;

	LIST_FOR(l, &ike->children) {
		const struct child *c = container_of(l, struct child, link);
		all = all && c->unwanted != 0;
	}
	if (all)
		ike->idle_since = ike->d->now;
	else if (ike->nchildren > 0)
		ike->idle_since = 0;
}

void
rebind_look(struct daemon *d)
{
	uint32_t it = 0;
	struct ike_sa *ike;
	struct child *c;

	d->reload.unwanted = false;
	bind_all(d);
	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL)
		note_idle(ike);
	it = 0;
	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		look_child(c);
	it = 0;
	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL)
		look_ike(ike);
	set_look(d);
}
