/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "ringtail/ike/adopt.h"
#include "sadb/sadb.h"

#include <string.h>

/* The other half of what somebody adds comes next. */
#define LOOK_SOON MSEC(500)

bool
mirror_ours_sa(void *arg, const struct sa_spec *s)
{
	enum sa_dir dir;

	return sadb_reqid_is_ours(s->reqid) || record_find(arg, &s->id, &dir) != NULL;
}

/* Whoever sends to an address of this host sends from it. */
bool
mirror_local(void *arg, const struct addr *a)
{
	struct daemon *d = arg;
	struct mirror *m = &d->mirror;
	struct addr from;

	for (unsigned i = 0; i < m->n_local; i++)
		if (addr_equal(&m->local[i], a))
			return true;
	if (d->env.source_addr(d->env.arg, a, &from) != IKE_OK || !addr_equal(&from, a))
		return false;
	if (m->n_local < MIRROR_LOCALS)
		m->local[m->n_local++] = *a;
	return true;
}

void
mirror_not_local(struct daemon *d, const struct addr *a)
{
	struct mirror *m = &d->mirror;

	for (unsigned i = 0; i < m->n_local; i++)
		if (addr_equal(&m->local[i], a)) {
			m->local[i] = m->local[--m->n_local];
			return;
		}
}

/* --- what others do --- */

static void
print_policy(const struct spd_row *row, struct text *t)
{
	static const char *const dirs[] = { "in", "out", "fwd" };
	const struct sa_selector *s = &row->sp.sel;
	struct addr_buf a, b;

	text_addf(t, "policy %s %s", s->src.addr.family == 0 ? "any" : prefix_text(&s->src, &a),
	    s->dst.addr.family == 0 ? "any" : prefix_text(&s->dst, &b));
	if (s->proto != 0)
		text_addf(t, " proto %u", s->proto);
	if (s->sport != 0 || s->dport != 0)
		text_addf(t, " ports %u %u", s->sport, s->dport);
	text_addf(t, " %s", row->sp.dir <= SP_FWD ? dirs[row->sp.dir] : "?");
}

static void
publish(struct daemon *d, const char *text)
{
	struct event ev = { .kind = EV_KERNEL };
	struct text t = text_in(ev.text, sizeof(ev.text));

	text_add(&t, text);
	events_publish(d, &ev);
}

static void
print_writer(struct text *t, uint32_t pid)
{
	if (pid != 0)
		text_addf(t, " by another program (netlink port %u)", pid);
}

void
mirror_contested(struct daemon *d, const char *what, uint32_t pid)
{
	struct mirror_quarrel *q = &d->mirror.quarrel;
	struct text t = text_in(q->what, sizeof(q->what));
	char said[240];
	struct text s = text_in(said, sizeof(said));

	text_add(&t, what);
	q->times++;
	q->since = d->now;
	q->pid = pid;
	text_addf(&s, "%s is changed again and again", what);
	print_writer(&s, pid);
	log_put(d->env.log, LOG_L_WARNING, NULL, "%s; it is put back at growing distances", said);
	publish(d, said);
}

static void
policy_repaired(struct daemon *d, const struct sadb_change *ch)
{
	char said[240];
	struct text t = text_in(said, sizeof(said));
	uint64_t n;

	print_policy(ch->sp, &t);
	text_add(&t, " of ours was deleted or changed");
	print_writer(&t, ch->pid);
	text_add(&t, ": put back");
	publish(d, said);
	if (log_allow(&d->mirror.repairs, d->now, &n))
		log_put(d->env.log, LOG_L_WARNING, NULL, "%s", said);
}

static void
policy_broken(struct daemon *d, const struct sadb_change *ch)
{
	char said[240];
	struct text t = text_in(said, sizeof(said));

	print_policy(ch->sp, &t);
	if (ch->sp->contested)
		mirror_contested(d, said, ch->pid);
	else
		log_put(d->env.log, LOG_L_ERROR, NULL, "%s of ours is missing and cannot be put back yet: %s", said,
		    d->env.kern->reason);
}

/* --- what nobody has --- */

static void
look_at(struct daemon *d, ike_time when)
{
	struct mirror *m = &d->mirror;

	if (m->look_at != 0 && m->look_at <= when)
		return;
	m->look_at = when;
	m->timer.kind = TIMER_MIRROR;
	daemon_timer(d, &m->timer, when);
}

void
mirror_on_change(struct daemon *d, const struct sadb_change *ch)
{
	switch (ch->kind) {
	case SADB_NEW:
		if (ch->sa->owner == SADB_ADOPTED)
			look_at(d, d->now + LOOK_SOON);
		break;
	case SADB_POLICY_NEW:
	case SADB_POLICY_CHANGED:
		d->mirror.policy_changed = d->now;
		if (d->mirror.look_at != 0)
			look_at(d, d->now + LOOK_SOON);
		break;
	case SADB_POLICY_REPAIRED:
		policy_repaired(d, ch);
		break;
	case SADB_POLICY_BROKEN:
		policy_broken(d, ch);
		break;
	case SADB_OVERRUN:
		log_put(d->env.log, LOG_L_WARNING, NULL, "events of the kernel were lost: comparing all SAs and policies");
		publish(d, "events were lost: comparing all SAs and policies");
		break;
	case SADB_RESYNCED:
		record_tend(d);
		break;
	default:
		break;
	}
}

static bool
any_policy(const struct daemon *d)
{
	const struct spd_row *row;
	uint32_t it = 0;

	while ((row = sadb_policy_next(d->sadb, &it)) != NULL)
		if (row->sp.dir == SP_OUT && row->action == SP_IPSEC && row->ntmpl > 0)
			return true;
	return false;
}

static void
remove_orphan(struct daemon *d, const struct sad_row *row)
{
	struct addr_buf a, b;
	char said[200];
	struct text t = text_in(said, sizeof(said));

	text_addf(&t, "%s SPI 0x%08x %s -> %s of ours has no pair or no policy: removed", prop_proto_name(row->spec.id.proto),
	    row->spec.id.spi, addr_text(&row->spec.src, &a), addr_text(&row->spec.id.dst, &b));
	log_put(d->env.log, LOG_L_INFO, NULL, "%s", said);
	publish(d, said);
	(void)sadb_release_orphan(d->sadb, row->id);      /* a refusal is repeated by the model */
}

/* When the grace of |row| is over: short for what was not there when we started, allowing for a first look that failed. */
static ike_time
grace_end(const struct daemon *d, const struct sad_row *row, bool policies)
{
	bool late = row->since > d->started + 2 * SADB_RETRY;
	ike_time usual = late ? ORPHAN_GRACE_LATE : ORPHAN_GRACE;
	ike_time end = row->since + (policies || late ? usual : ORPHAN_GRACE_EMPTY), calm = d->mirror.policy_changed + usual;

	return end > calm ? end : calm;
}

/* Take out what has waited long enough; when the next will have, IKE_NEVER if there is none. */
static ike_time
remove_orphans(struct daemon *d)
{
	bool policies = any_policy(d);
	ike_time next = IKE_NEVER;
	const struct sad_row *row;
	uint32_t it = 0;

	while ((row = sadb_next(d->sadb, &it)) != NULL) {
		if (row->owner != SADB_ADOPTED || row->user != 0 || row->want != SAD_WANT_INSTALLED)
			continue;
		ike_time end = grace_end(d, row, policies);
		if (end <= d->now)
			remove_orphan(d, row);
		else if (end < next)
			next = end;
	}
	return next;
}

void
mirror_look(struct daemon *d)
{
	d->mirror.look_at = 0;
	heap_cancel(&d->timers, &d->mirror.timer);
	if (d->stopping)
		return;
	adopt_all(d);
	ike_time next = remove_orphans(d);
	if (next != IKE_NEVER)
		look_at(d, next);
}

void
mirror_timeout(struct daemon *d)
{
	if (d->mirror.look_at != 0)
		mirror_look(d);
}

void
mirror_recover(struct daemon *d)
{
	if (d->mirror.look_at != 0 && d->mirror.timer.pos == 0)
		mirror_look(d);
}
