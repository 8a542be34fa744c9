/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The records of policies in the runtime directory: run/policies, which are ours, one a line, a digest and the words for people;
 * run/policy_files, which files they come from.
 *
 * A policy is recorded before it goes into the kernel, and the whole record is written anew when all is done.  So it never says
 * less than what is ours; and a policy that is in the record and not ours any more is not in the kernel either, or is the
 * same in everything that it does.
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "sadb/sadb.h"
#include "util/htab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD "run/policies"
#define FILES "run/policy_files"

/* Bytes to digest, the same on every machine. */
struct bytes {
	uint8_t b[1024];
	size_t  n;
};

static void
add_u32(struct bytes *k, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		k->b[k->n++] = (uint8_t)(v >> (8 * i));
}

static void
add_addr(struct bytes *k, const struct addr *a)
{
	k->b[k->n++] = a->family;
	memcpy(k->b + k->n, a->b, sizeof(a->b));
	k->n += sizeof(a->b);
}

static void
add_id(struct bytes *k, const struct sp_id *id)
{
	const struct sa_selector *s = &id->sel;

	add_addr(k, &s->src.addr);
	add_addr(k, &s->dst.addr);
	add_u32(k, (uint32_t)s->src.len << 16 | (uint32_t)s->dst.len << 8 | id->dir);
	add_u32(k, (uint32_t)s->sport << 16 | s->dport);
	add_u32(k, (uint32_t)s->proto << 2 | (uint32_t)s->sport_set << 1 | (uint32_t)s->dport_set);
	add_u32(k, id->mark);
	add_u32(k, id->mark_mask);
	add_u32(k, id->if_id);
}

/* What the kernel tells of a template: "unique" is only a word for a reqid of its own, and transport mode has no ends. */
static void
add_tmpl(struct bytes *k, const struct sp_tmpl *t)
{
	add_u32(k, (uint32_t)t->proto << 16 | (uint32_t)t->mode << 8 | (t->level == SP_USE));
	add_u32(k, t->reqid);
	if (t->mode != MODE_TUNNEL)
		return;
	add_addr(k, &t->src);
	add_addr(k, &t->dst);
}

uint64_t
policy_digest(const struct sp_spec *sp)
{
	static const uint8_t no_key[16];
	struct bytes k = { .n = 0 };

	add_id(&k, &sp->id);
	add_u32(&k, sp->priority);
	add_u32(&k, sp->action == SP_BYPASS ? SP_NONE : sp->action);
	add_u32(&k, sp->ntmpl);
	for (unsigned i = 0; i < sp->ntmpl; i++)
		add_tmpl(&k, &sp->tmpl[i]);
	return siphash24(no_key, slice_of(k.b, k.n));
}

ike_err
policies_record_line(struct buf *b, const struct sp_spec *sp)
{
	char line[600];
	struct text t = text_in(line, sizeof(line));

	text_addf(&t, "%016llx ", (unsigned long long)policy_digest(sp));
	conf_policy_text(sp, &t);
	TRY(buf_append(b, slice_str(line)));
	return buf_append(b, slice_str("\n"));
}

void
policies_record_add(struct daemon *d, struct slice lines)
{
	/* a failure has been logged */
	if (lines.n > 0)
		(void)!d->env.file_append(d->env.arg, RECORD, lines);
}

static ike_err
all_lines(struct daemon *d, struct buf *b)
{
	const struct spd_row *row;
	uint32_t it = 0;

	while ((row = sadb_policy_next(d->sadb, &it)) != NULL) {
		struct sp_spec sp;
		if (row->owner == SADB_FOREIGN)
			continue;
		sadb_policy_spec(row, &sp);
		TRY(policies_record_line(b, &sp));
	}
	return IKE_OK;
}

static void
store(struct daemon *d, const char *name, const struct buf *text, ike_err err)
{
	if (err == IKE_OK)
		err = d->env.file_store(d->env.arg, name, buf_slice(text));
	if (err != IKE_OK)
		log_put(d->env.log, LOG_L_WARNING, NULL,
		    "the record %s could not be written (%s): after a restart, policies without templates may not be known as ours", name,
		    ike_err_text(err));
}

void
policies_record(struct daemon *d)
{
	struct buf text = { 0 };

	store(d, RECORD, &text, all_lines(d, &text));
	buf_free(&text);
}

static bool
have_file(struct daemon *d, const char *name)
{
	struct buf had = { 0 };
	bool have = d->env.file_load(d->env.arg, name, &had) == IKE_OK && had.n > 0;

	buf_free(&had);
	return have;
}

void
policies_record_files(struct daemon *d, const struct conf *c)
{
	static const uint8_t no_key[16];
	struct buf text = { 0 };
	ike_err err = IKE_OK;

	for (size_t i = 0; err == IKE_OK && c != NULL && i < c->policy_files.n; i++) {
		err = buf_append(&text, slice_str(c->policy_files.v[i]));
		if (err == IKE_OK)
			err = buf_append(&text, slice_str("\n"));
	}
	uint64_t digest = siphash24(no_key, buf_slice(&text)) | 1;
	/* who never had any leaves no files */
	if (digest != d->policies.files && (text.n > 0 || err != IKE_OK || have_file(d, FILES)))
		store(d, FILES, &text, err);
	d->policies.files = err == IKE_OK ? digest : 0;
	buf_free(&text);
}

void
policies_closed(struct daemon *d)
{
	if (have_file(d, RECORD))
		policies_record(d);
	policies_record_files(d, NULL);
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The digest at the start of a line; a crash may have cut the last line short. */
static bool
read_digest(struct slice line, uint64_t *out)
{
	uint64_t v = 0;

	if (line.n < 17 || line.p[16] != ' ')
		return false;
	for (unsigned i = 0; i < 16; i++) {
		uint8_t c = line.p[i];
		unsigned digit = c >= '0' && c <= '9' ? c - '0' + 0u : c >= 'a' && c <= 'f' ? c - 'a' + 10u : 16;
		if (digit == 16)
			return false;
		v = v << 4 | digit;
	}
	*out = v;
	return true;
}

void
policies_load(struct daemon *d)
{
	struct policies *p = &d->policies;
	struct buf text = { 0 };
	size_t lines = 0;

	ike_err err = d->env.file_load(d->env.arg, RECORD, &text);
	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	if (err == IKE_OK && lines > 0 && (p->known = calloc(lines, sizeof(*p->known))) == NULL)
		err = IKE_E_NOMEM;
	struct slice rest = buf_slice(&text);
	while (err == IKE_OK && p->n_known < lines && rest.n > 0) {
		const uint8_t *end = memchr(rest.p, '\n', rest.n);
		size_t len = end == NULL ? rest.n : (size_t)(end - rest.p);
		if (end != NULL && read_digest(slice_of(rest.p, len), &p->known[p->n_known]))
			p->n_known++;
		rest = end == NULL ? slice_of(NULL, 0) : slice_of(end + 1, rest.n - len - 1);
	}
	buf_free(&text);
	if (p->n_known > 0)
		qsort(p->known, p->n_known, sizeof(*p->known), compare);
	if (err != IKE_OK && err != IKE_E_NOTFOUND)
		log_put(d->env.log, LOG_L_WARNING, NULL, "the record of former policies (%s) cannot be used: %s", RECORD,
		    ike_err_text(err));
}

bool
policies_ours(void *daemon, const struct sp_spec *sp)
{
	const struct daemon *d = daemon;
	const struct policies *p = &d->policies;
	uint64_t digest = policy_digest(sp);

	for (unsigned i = 0; i < sp->ntmpl; i++)
		if (sadb_reqid_is_ours(sp->tmpl[i].reqid))
			return true;
	return p->n_known > 0 && bsearch(&digest, p->known, p->n_known, sizeof(digest), compare) != NULL;
}
