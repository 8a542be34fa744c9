/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: entries in two tables, one for each half.  A change is one line at the end of the file.  When most lines are of
 * pairs that are gone, or a line could not be written, the file is written anew as a whole.
 */
#include "ringtail/daemon.h"

#include "sadb/sadb.h"

#include <stdlib.h>
#include <string.h>

/* The file is written anew when it has so many lines beside two for each pair. */
#define SLACK 64

/* What could not be written is tried again at once, and then less and less often. */
#define AGAIN_FIRST SEC(1)
#define AGAIN_MOST SEC(60)

/* One half. */
struct key {
	uint8_t            proto;
	uint32_t           spi;
	const struct addr *dst;
};

static uint64_t
hash(const struct htab *t, const struct key *k)
{
	uint8_t b[21];

	memcpy(b, k->dst->b, 16);
	memcpy(b + 16, &k->spi, 4);
	b[20] = k->proto;
	return htab_hash(t, slice_of(b, sizeof(b)));
}

static bool
same_in(const struct hnode *n, const void *key)
{
	const struct record_pair *p = &container_of(n, const struct record_entry, by_in)->pair;
	const struct key *k = key;

	return p->spi_in == k->spi && p->proto == k->proto && addr_equal(&p->local, k->dst);
}

static bool
same_out(const struct hnode *n, const void *key)
{
	const struct record_pair *p = &container_of(n, const struct record_entry, by_out)->pair;
	const struct key *k = key;

	return p->spi_out == k->spi && p->proto == k->proto && addr_equal(&p->remote, k->dst);
}

void
record_init(struct record *r, const uint8_t seed[16])
{
	list_init(&r->entries);
	htab_init(&r->by_in, seed, same_in);
	htab_init(&r->by_out, seed, same_out);
}

static void
forget(struct record *r, struct record_entry *e)
{
	htab_remove(&r->by_in, &e->by_in);
	htab_remove(&r->by_out, &e->by_out);
	list_del(&e->link);
	free(e);
}

void
record_fini(struct record *r)
{
	/* a daemon that could not be made has none */
	while (r->entries.next != NULL && !list_empty(&r->entries))
		forget(r, container_of(r->entries.next, struct record_entry, link));
	htab_fini(&r->by_in);
	htab_fini(&r->by_out);
}

static struct record_entry *
find_in(const struct record *r, uint8_t proto, uint32_t spi, const struct addr *local)
{
	struct key k = { proto, spi, local };
	struct hnode *n = htab_find(&r->by_in, hash(&r->by_in, &k), &k);

	return n == NULL ? NULL : container_of(n, struct record_entry, by_in);
}

static struct record_entry *
find_out(const struct record *r, uint8_t proto, uint32_t spi, const struct addr *remote)
{
	struct key k = { proto, spi, remote };
	struct hnode *n = htab_find(&r->by_out, hash(&r->by_out, &k), &k);

	return n == NULL ? NULL : container_of(n, struct record_entry, by_out);
}

static ike_err
add(struct record *r, const struct record_pair *p)
{
	struct key in = { p->proto, p->spi_in, &p->local }, out = { p->proto, p->spi_out, &p->remote };
	struct record_entry *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return IKE_E_NOMEM;
	e->pair = *p;
	list_init(&e->link);
	ike_err err = htab_insert(&r->by_in, &e->by_in, hash(&r->by_in, &in));
	if (err == IKE_OK)
		err = htab_insert(&r->by_out, &e->by_out, hash(&r->by_out, &out));
	if (err == IKE_OK)
		list_add_tail(&r->entries, &e->link);
	else
		forget(r, e);
	return err;
}

/* --- the file --- */

/* What became of an attempt to write: said once until it works again. */
static void
written(struct daemon *d, ike_err err)
{
	struct record *r = &d->record;

	if (err == IKE_OK && r->failed)
		log_put(d->env.log, LOG_L_INFO, NULL, "the record of our SAs (%s) is written again", RECORD_FILE);
	if (err != IKE_OK && !r->failed)
		log_put(d->env.log, LOG_L_ERROR, NULL,
		    "cannot write the record of our SAs (%s): %s; a daemon started now would take SAs whose policies others wrote for foreign",
		    RECORD_FILE, ike_err_text(err));
	r->failed = err != IKE_OK;
	r->rewrite = err != IKE_OK;
}

static void
store(struct daemon *d)
{
	struct record *r = &d->record;
	struct buf text = { 0 };
	ike_err err = IKE_OK;
	size_t n = 0;

	LIST_FOR(l, &r->entries) {
		err = record_put(&container_of(l, struct record_entry, link)->pair, &text);
		if (err != IKE_OK)
			break;
		n++;
	}
	if (err == IKE_OK)
		err = d->env.file_store(d->env.arg, RECORD_FILE, buf_slice(&text));
	buf_free(&text);
	if (err == IKE_OK)
		r->n_lines = n;
	written(d, err);
}

/* One more line; behind one that was not written, or among many that mean nothing, the whole file instead. */
static void
append(struct daemon *d, ike_err err, struct buf *line)
{
	struct record *r = &d->record;

	if (err == IKE_OK && !r->rewrite && r->n_lines < 2 * r->by_in.count + SLACK) {
		err = d->env.file_append(d->env.arg, RECORD_FILE, buf_slice(line));
		r->n_lines++;
		written(d, err);
	} else if (!r->failed) {
		store(d);
	}
	buf_free(line);
}

/* IKE_E_NOMEM. */
static ike_err
take_line(struct record *r, struct slice line)
{
	struct record_pair p;
	struct record_entry *e;
	bool end;

	r->n_lines++;
	if (record_get(line, &p, &end) != IKE_OK) {
		r->rewrite = true;
		return IKE_OK;
	}
	e = find_in(r, p.proto, p.spi_in, &p.local);
	if (end && e != NULL)
		forget(r, e);
	return !end && e == NULL ? add(r, &p) : IKE_OK;
}

ike_err
record_load(struct daemon *d)
{
	struct record *r = &d->record;
	struct buf text = { 0 };
	ike_err err = d->env.file_load(d->env.arg, RECORD_FILE, &text);
	struct slice left = buf_slice(&text);
	ike_err took = err == IKE_E_NOMEM ? err : IKE_OK;
	const uint8_t *end;

	if (err != IKE_OK && err != IKE_E_NOTFOUND && err != IKE_E_NOMEM) {
		log_put(d->env.log, LOG_L_ERROR, NULL, "cannot read the record of our SAs (%s): %s; only reqids tell which are ours",
		    RECORD_FILE, ike_err_text(err));
		left.n = 0;
		r->rewrite = true;
	}
	while (took == IKE_OK && left.n > 0 && (end = memchr(left.p, '\n', left.n)) != NULL) {
		size_t n = (size_t)(end - left.p);
		took = take_line(r, slice_of(left.p, n));
		left = slice_of(end + 1, left.n - n - 1);
	}
	if (took != IKE_OK) {
		/* the file is to stay as it is */
		r->rewrite = false;
		buf_free(&text);
		return took;
	}
	if (left.n > 0)
		r->rewrite = true;      /* the last line was not finished: nothing may be put behind it */
	if (r->rewrite && err == IKE_OK)
		log_put(d->env.log, LOG_L_INFO, NULL, "the record of our SAs (%s) has lines that cannot be read; they are left out", RECORD_FILE);
	buf_free(&text);
	return IKE_OK;
}

/* --- what is in it --- */

const struct record_pair *
record_find(const struct daemon *d, const struct sa_id *id, enum sa_dir *dir_out)
{
	const struct record *r = &d->record;
	const struct record_entry *e = find_in(r, id->proto, id->spi, &id->dst);

	*dir_out = SA_IN;
	if (e == NULL) {
		e = find_out(r, id->proto, id->spi, &id->dst);
		*dir_out = SA_OUT;
	}
	return e == NULL ? NULL : &e->pair;
}

void
record_child(struct daemon *d, const struct child *c)
{
	struct record_pair p = {
		.proto = c->proto, .mode = c->mode, .spi_in = c->spi_in, .spi_out = c->spi_out, .reqid_in = c->reqid_in,
		.reqid_out = c->reqid_out, .local = c->local.addr, .remote = c->remote.addr, .my_ts = c->my_ts, .peer_ts = c->peer_ts,
	};
	struct buf line = { 0 };

	if (find_in(&d->record, p.proto, p.spi_in, &p.local) != NULL)
		return;
	if (add(&d->record, &p) != IKE_OK) {
		d->record.incomplete = true;
		return;
	}
	append(d, record_put(&p, &line), &line);
}

/* Does the model know of a half of |p|, in whatever condition? */
static bool
is_there(const struct daemon *d, const struct record_pair *p)
{
	struct sa_id in = { p->proto, p->spi_in, p->local }, out = { p->proto, p->spi_out, p->remote };

	return sadb_has(d->sadb, &in) || sadb_has(d->sadb, &out);
}

void
record_end(struct daemon *d, const struct child *c)
{
	struct record_entry *e = find_in(&d->record, c->proto, c->spi_in, &c->local.addr);
	struct buf line = { 0 };

	if (e == NULL || is_there(d, &e->pair))
		return;
	ike_err err = record_put_end(&e->pair, &line);
	forget(&d->record, e);
	append(d, err, &line);
}

/* Children that had no memory for their entry. */
static void
complete(struct daemon *d)
{
	uint32_t it = 0;
	struct child *c;

	d->record.incomplete = false;
	while ((c = slot_each(&d->children.ids, &it)) != NULL)
		if (c->row_in != 0 && c->installed != 0)
			record_child(d, c);
}

void
record_catch_up(struct daemon *d)
{
	struct record *r = &d->record;

	if ((!r->incomplete && !r->rewrite) || d->now < r->again)
		return;
	r->wait = r->wait == 0 ? AGAIN_FIRST : 2 * r->wait < AGAIN_MOST ? 2 * r->wait : AGAIN_MOST;
	r->again = d->now + r->wait;
	if (r->incomplete)
		complete(d);
	if (r->rewrite)
		store(d);
	if (!r->incomplete && !r->rewrite)
		r->again = r->wait = 0;
}

void
record_tend(struct daemon *d)
{
	struct record *r = &d->record;
	bool changed = false;

	LIST_FOR_SAFE(l, &r->entries) {
		struct record_entry *e = container_of(l, struct record_entry, link);
		if (is_there(d, &e->pair))
			continue;
		forget(r, e);
		changed = true;
	}
	if (changed || r->rewrite)
		store(d);
}
