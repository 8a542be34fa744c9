/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/index.h"
#include "conf/direct.h"

#include <stdlib.h>
#include <string.h>

static int
by_index(const struct conf_remote *x, const struct conf_remote *y)
{
	return x->index < y->index ? -1 : x->index > y->index;
}

static int
compare_addr(const void *a, const void *b)
{
	const struct conf_remote *x = *(const struct conf_remote *const *)a,
				 *y = *(const struct conf_remote *const *)b;
	int d = addr_compare(&x->peer.addr, &y->peer.addr);

	return d != 0 ? d : by_index(x, y);
}

static int
compare_name(const void *a, const void *b)
{
	const struct conf_remote *x = *(const struct conf_remote *const *)a,
				 *y = *(const struct conf_remote *const *)b;
	int d = strcmp(x->name, y->name);

	return d != 0 ? d : by_index(x, y);
}

static int
compare_key(const void *a, const void *b)
{
	const struct sainfo_key *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->pos < y->pos ? -1 : x->pos > y->pos;
}

static int
weight(const struct conf_sainfo *s)
{
	return (s->remoteid != 0 ? 3 : 0) + (s->from != NULL ? 3 : 0) +
	       (s->src.kind != CONF_SEL_ANY ? 1 : 0) +
	       (s->dst.kind != CONF_SEL_ANY && s->dst.kind != CONF_SEL_CLIENTADDR ? 1 : 0);
}

#define WEIGHTS 9

/* Stable: heavier first, then as in the file. */
static void
sort_sainfos(struct bind *b)
{
	size_t n = b->n_sainfos, at = 0;
	const struct conf_sainfo **v = bind_alloc(b, (n + 1) * sizeof(*v));

	if (v == NULL)
		return;
	for (int w = WEIGHTS - 1; w >= 0; w--)
		for (size_t i = 0; i < n; i++)
			if (weight(b->sainfos[i]) == w)
				v[at++] = b->sainfos[i];
	b->conf->sainfos = v;
	b->conf->n_sainfos = n;
}

/*
 * racoon refuses a section whose source is not anonymous and which would never be found; two anonymous ones
 * it takes, and the second is never reached.
 */
static void
check_duplicates(struct bind *b, const struct conf_index *x)
{
	const struct conf *c = b->conf;

	for (size_t i = 1; i < c->n_sainfos; i++) {
		if (x->keys[i].hash != x->keys[i - 1].hash)
			continue;
		const struct conf_sainfo *first = c->sainfos[x->keys[i - 1].pos],
					 *s = c->sainfos[x->keys[i].pos];
		if (!sainfo_same(first, s))
			continue;
		source_say(&b->src, s->src.kind == CONF_SEL_ANY ? CONF_WARNING : CONF_ERROR,
		    (struct place){ s->file, s->line, 1 }, NULL,
		    s->src.kind == CONF_SEL_ANY
			? "this sainfo is never used: line %u of %s selects the same"
			: "duplicated sainfo: line %u of %s selects the same",
		    first->line, first->file);
	}
}

static void
index_sainfos(struct bind *b, struct conf_index *x)
{
	struct conf *c = b->conf;

	sort_sainfos(b);
	x->keys = bind_alloc(b, (b->n_sainfos + 1) * sizeof(*x->keys));
	if (b->src.nomem)
		return;
	for (size_t i = 0; i < c->n_sainfos; i++)
		x->keys[i] = (struct sainfo_key){ sainfo_hash(c->sainfos[i]), (uint32_t)i };
	qsort(x->keys, c->n_sainfos, sizeof(*x->keys), compare_key);
	check_duplicates(b, x);
}

static void
check_same_address(struct bind *b, const struct conf_index *x)
{
	struct addr_buf text;

	for (size_t i = 1; i < x->n_addr; i++) {
		const struct conf_remote *p = x->by_addr[i - 1], *r = x->by_addr[i];
		if (!p->passive && !r->passive && endpoint_equal(&p->peer, &r->peer))
			source_say(&b->src, CONF_WARNING, (struct place){ r->file, r->line, 1 },
			    "make all but one of them passive",
			    "%s has another section, in line %u of %s: neither is used to initiate",
			    addr_text(&r->peer.addr, &text), p->line, p->file);
	}
}

static void
index_remotes(struct bind *b, struct conf_index *x)
{
	size_t n = b->n_remotes;
	const struct conf_remote **all = bind_alloc(b, (n + 1) * sizeof(*all));

	x->by_addr = bind_alloc(b, (n + 1) * sizeof(*x->by_addr));
	x->anon = bind_alloc(b, (n + 1) * sizeof(*x->anon));
	x->by_name = bind_alloc(b, (n + 1) * sizeof(*x->by_name));
	if (b->src.nomem)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct conf_remote *r = b->remotes[i];
		all[i] = x->by_name[i] = r;
		if (r->peer.addr.family == 0)
			x->anon[x->n_anon++] = r;
		else
			x->by_addr[x->n_addr++] = r;
	}
	qsort(x->by_addr, x->n_addr, sizeof(*x->by_addr), compare_addr);
	qsort(x->by_name, n, sizeof(*x->by_name), compare_name);
	b->conf->remotes = all;
	b->conf->n_remotes = n;
	check_same_address(b, x);
}

void
index_build(struct bind *b)
{
	struct conf_index *x = bind_alloc(b, sizeof(*x));

	if (x == NULL)
		return;
	b->conf->index = x;
	index_remotes(b, x);
	if (!b->src.nomem)
		index_sainfos(b, x);
}
