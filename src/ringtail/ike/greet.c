/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "sadb/sadb.h"
#include "util/text.h"

#include <stdlib.h>
#include <string.h>

/* How long lines wait for others before they are written. */
#define WRITE_DELAY SEC(1)
#define WRITE_AGAIN SEC(5)
#define WRITE_AGAIN_MOST SEC(300)
/* The file is put in order when it has this many lines more than twice those it needs. */
#define SLACK 64u
/* Greetings of a start are spread: a little for everybody, and more for many. */
#define SPREAD_LEAST MSEC(50)
#define SPREAD_EACH MSEC(1)
#define SPREAD_MOST SEC(1)
#define AGAIN_FIRST SEC(30)
#define AGAIN_MOST SEC(600)

static const char heading[] = "ringtail peers 1\n";

static bool
same_addr(const struct hnode *n, const void *key)
{
	return addr_equal(&container_of(n, struct acquaintance, by_addr)->addr, key);
}

void
greet_init(struct greet *g, const uint8_t seed[16])
{
	htab_init(&g->by_addr, seed, same_addr);
	g->timer.kind = TIMER_GREET;
}

static void
forget(struct daemon *d, struct acquaintance *a)
{
	heap_cancel(&d->timers, &a->timer);
	htab_remove(&d->greet.by_addr, &a->by_addr);
	slot_remove(&d->greet.ids, a->id);
	free(a);
}

void
greet_fini(struct daemon *d)
{
	struct acquaintance *a;
	uint32_t it = 0;

	while ((a = slot_each(&d->greet.ids, &it)) != NULL)
		forget(d, a);
	slot_fini(&d->greet.ids);
	htab_fini(&d->greet.by_addr);
	buf_free(&d->greet.news);
}

static struct acquaintance *
find(const struct daemon *d, const struct addr *addr)
{
	const struct htab *t = &d->greet.by_addr;
	struct hnode *n = htab_find(t, htab_hash(t, addr_bytes(addr)), addr);

	return n == NULL ? NULL : container_of(n, struct acquaintance, by_addr);
}

/* NULL: out of memory, or there are too many. */
static struct acquaintance *
make(struct daemon *d, const struct addr *addr)
{
	struct greet *g = &d->greet;
	struct acquaintance *a = g->ids.count < GREET_MOST ? calloc(1, sizeof(*a)) : NULL;

	if (a == NULL)
		return NULL;
	a->addr = *addr;
	if (slot_add(&g->ids, a, &a->id) != IKE_OK) {
		free(a);
		return NULL;
	}
	if (htab_insert(&g->by_addr, &a->by_addr, htab_hash(&g->by_addr, addr_bytes(addr))) != IKE_OK) {
		slot_remove(&g->ids, a->id);
		free(a);
		return NULL;
	}
	a->timer.kind = TIMER_GREET;
	a->timer.owner_id = a->id;
	return a;
}

static int64_t
wall(const struct daemon *d)
{
	return d->env.wallclock(d->env.arg);
}

/* --- the file --- */

/* "192.0.2.1 2 1790000000": address, IKE version, when it was last seen. */
static ike_err
put_line(struct buf *out, const struct acquaintance *a)
{
	struct addr_buf ab;
	char line[ADDR_TEXT + 40];
	struct text t = text_in(line, sizeof(line));

	text_addf(&t, "%s %u %lld\n", addr_text(&a->addr, &ab), a->major, (long long)a->seen);
	return buf_append(out, slice_str(line));
}

static bool
read_number(struct slice *s, int64_t *out)
{
	int64_t v = 0;
	size_t i = 0;

	for (; i < s->n && s->p[i] >= '0' && s->p[i] <= '9' && i < 18; i++)
		v = v * 10 + (s->p[i] - '0');
	if (i == 0 || (i < s->n && s->p[i] != ' '))
		return false;
	*out = v;
	*s = slice_of(s->p + i, s->n - i);
	if (s->n > 0)
		*s = slice_of(s->p + 1, s->n - 1);
	return true;
}

static bool
read_line(struct daemon *d, struct slice line)
{
	const uint8_t *space = line.n == 0 ? NULL : memchr(line.p, ' ', line.n);
	char word[ADDR_TEXT] = "";
	struct addr addr;
	int64_t major, seen;

	if (space == NULL || (size_t)(space - line.p) >= sizeof(word))
		return false;
	memcpy(word, line.p, (size_t)(space - line.p));
	struct slice rest = slice_of(space + 1, line.n - (size_t)(space - line.p) - 1);
	if (addr_parse(word, &addr) != IKE_OK || !read_number(&rest, &major) || !read_number(&rest, &seen) || rest.n > 0 || major > 2)
		return false;
	struct acquaintance *a = find(d, &addr);
	if (a == NULL)
		a = make(d, &addr);
	if (a == NULL)
		return false;
	a->major = (uint8_t)major;
	a->seen = seen;
	return true;
}

/* The lines of |text|, the last of which may be torn. */
static void
read_file(struct daemon *d, struct slice text)
{
	struct greet *g = &d->greet;
	size_t head = sizeof(heading) - 1;

	if (text.n < head || memcmp(text.p, heading, head) != 0) {
		g->rewrite = true;
		return;
	}
	text = slice_of(text.p + head, text.n - head);
	while (text.n > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		size_t n = end == NULL ? text.n : (size_t)(end - text.p);
		/* what is not understood is written anew without it, and so that the next line does not continue it */
		if (end == NULL || !read_line(d, slice_of(text.p, n)))
			g->rewrite = true;
		g->lines++;
		n += end != NULL;
		text = slice_of(text.p + n, text.n - n);
	}
}

static void
forget_old(struct daemon *d)
{
	struct acquaintance *a;
	int64_t now = wall(d);
	uint32_t it = 0;

	while ((a = slot_each(&d->greet.ids, &it)) != NULL)
		if (a->seen < now - GREET_MEMORY)
			forget(d, a);
}

static ike_err
write_all(struct daemon *d)
{
	struct acquaintance *a;
	struct buf text = { 0 };
	uint32_t it = 0;

	ike_err err = buf_append(&text, slice_str(heading));
	while (err == IKE_OK && (a = slot_each(&d->greet.ids, &it)) != NULL)
		err = put_line(&text, a);
	if (err == IKE_OK)
		err = d->env.file_store(d->env.arg, GREET_FILE, buf_slice(&text));
	buf_free(&text);
	return err;
}

static ike_err
write_news(struct daemon *d)
{
	struct greet *g = &d->greet;
	size_t needed = g->ids.count;

	if (!g->rewrite && g->lines + 1 <= 2 * needed + SLACK)
		return d->env.file_append(d->env.arg, GREET_FILE, buf_slice(&g->news));
	forget_old(d);
	TRY(write_all(d));
	g->rewrite = false;
	g->lines = g->ids.count;
	return IKE_OK;
}

void
greet_flush(struct daemon *d)
{
	struct greet *g = &d->greet;

	heap_cancel(&d->timers, &g->timer);
	if (g->news.n == 0 && !g->rewrite)
		return;
	ike_err err = write_news(d);
	if (err == IKE_OK) {
		buf_free(&g->news);
		g->refusals = 0;
		return;
	}
	/* part of the line may be there */
	g->rewrite = true;
	ike_time again = WRITE_AGAIN << (g->refusals < 6 ? g->refusals : 6);
	if (g->refusals++ == 0)
		log_put(d->env.log, LOG_L_WARNING, NULL,
		    "the peers to greet after a reboot cannot be written to %s: %s; trying again", GREET_FILE, ike_err_text(err));
	daemon_timer(d, &g->timer, d->now + (again < WRITE_AGAIN_MOST ? again : WRITE_AGAIN_MOST));
}

void
greet_note(const struct child *c)
{
	struct daemon *d = c->d;
	struct greet *g = &d->greet;
	const struct ike_sa *ike = ike_sa_get(d, c->ike_id);
	struct acquaintance *a = find(d, &c->remote.addr);
	int64_t now = wall(d);

	if (a == NULL)
		a = make(d, &c->remote.addr);
	if (a == NULL)
		return;
	a->failures = 0;
	heap_cancel(&d->timers, &a->timer);
	uint8_t major = ike == NULL ? a->major : ike->ops->major;
	if (a->major == major && now - a->seen < GREET_DAY && a->seen - now < GREET_DAY)
		return;
	a->major = major;
	a->seen = now;
	if (put_line(&g->news, a) == IKE_OK)
		g->lines++;
	else
		g->rewrite = true;
	if (g->timer.pos == 0)
		daemon_timer(d, &g->timer, d->now + WRITE_DELAY);
}

/* --- greetings --- */

/* Some time from now, at random, so that those who start together do not all call at once. */
static ike_time
a_little_later(struct daemon *d)
{
	ike_time spread = SPREAD_LEAST + (ike_time)d->greet.ids.count * SPREAD_EACH;
	uint32_t rnd = 0;

	/* without randomness they all come at once, which is no reason not to come */
	if (daemon_random(d, &rnd, sizeof(rnd)) != IKE_OK)
		rnd = 0;
	if (spread > SPREAD_MOST)
		spread = SPREAD_MOST;
	return d->now + 1 + (ike_time)((uint64_t)rnd % (uint64_t)spread);
}

/* Have we a section with which to begin, or do we only answer? */
static bool
may_call(const struct daemon *d, const struct addr *addr)
{
	struct conf_query q = { .peer = { .addr = *addr }, .initiate = true };
	const struct conf_remote *rmt;
	bool unique;

	return conf_remote_best(d->conf, &q, &rmt, &unique) == IKE_OK && unique;
}

static void
greet_one(struct daemon *d, const struct spd_row *row, const struct acquaintance *a)
{
	struct addr_buf ab;

	if (!may_call(d, &a->addr))
		return;
	ike_err err = acquire_idle(d, row, &a->addr, a_little_later(d));
	if (err == IKE_OK)
		d->stats.greetings++;
	else if (err != IKE_E_EXISTS && err != IKE_E_NOTFOUND)
		log_put(d->env.log, LOG_L_WARNING, addr_text(&a->addr, &ab), "not greeted: %s", ike_err_text(err));
}

void
greet_policy(struct daemon *d, const struct spd_row *row)
{
	const struct acquaintance *a;
	struct addr peer;
	uint32_t it = 0;

	if (!d->greet.started || !d->conf->greet || d->stopping || !acquire_concerns(row, &peer))
		return;
	if (peer.family != 0) {
		a = find(d, &peer);
		if (a != NULL)
			greet_one(d, row, a);
		return;
	}
	/* a policy for many: each of those we know that it covers */
	uint64_t id = row->id;
	while ((a = slot_each(&d->greet.ids, &it)) != NULL && (row = sadb_policy_row(d->sadb, id)) != NULL)
		greet_one(d, row, a);
}

static void
greet_all(struct daemon *d)
{
	const struct spd_row *row;
	uint32_t it = 0;

	while ((row = sadb_policy_next(d->sadb, &it)) != NULL)
		greet_policy(d, row);
}

void
greet_start(struct daemon *d)
{
	struct greet *g = &d->greet;
	struct buf text = { 0 };

	ike_err err = d->env.file_load(d->env.arg, GREET_FILE, &text);
	if (err == IKE_OK)
		read_file(d, buf_slice(&text));
	else
		g->rewrite = true;
	if (err != IKE_OK && err != IKE_E_NOTFOUND)
		log_put(d->env.log, LOG_L_WARNING, NULL, "the peers to greet after a reboot cannot be read from %s: %s", GREET_FILE,
		    ike_err_text(err));
	buf_free(&text);
	forget_old(d);
	g->started = true;
	if (g->rewrite && g->ids.count > 0)
		daemon_timer(d, &g->timer, d->now + WRITE_DELAY);
	greet_all(d);
}

void
greet_failed(const struct child *c)
{
	struct daemon *d = c->d;
	struct acquaintance *a = find(d, &c->remote.addr);

	/* the first of several children speaks for all */
	if (a == NULL || a->timer.pos != 0 || d->stopping || a->failures >= GREET_TRIES)
		return;
	ike_time wait = AGAIN_FIRST << (a->failures < 6 ? a->failures : 6);
	if (wait > AGAIN_MOST)
		wait = AGAIN_MOST;
	a->failures++;
	daemon_timer(d, &a->timer, d->now + backoff_spread(wait, c->jitter));
}

static void
greet_again(struct daemon *d, struct acquaintance *a)
{
	const struct spd_row *row;
	uint64_t id = a->id;
	uint32_t it = 0;

	if (!d->conf->greet)
		return;
	while ((row = sadb_policy_next(d->sadb, &it)) != NULL && (a = slot_get(&d->greet.ids, id)) != NULL)
		greet_one(d, row, a);
}

void
greet_timeout(struct daemon *d, uint64_t id)
{
	struct acquaintance *a = slot_get(&d->greet.ids, id);

	if (id == 0)
		greet_flush(d);
	else if (a != NULL && !d->stopping)
		greet_again(d, a);
}

void
greet_recover(struct daemon *d)
{
	struct greet *g = &d->greet;

	if (g->timer.pos == 0 && (g->news.n > 0 || g->rewrite) && g->ids.count > 0)
		greet_flush(d);
}
