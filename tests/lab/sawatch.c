/* SPDX-License-Identifier: BSD-3-Clause */
#include "sawatch.h"

#include <arpa/inet.h>

#include "kdump.h"
#include "lab.h"

#define PAIR_MAX 256
#define SPI_MAX 4096

struct pair {
	uint32_t src, dst;
	unsigned here, max, n_spis;
	uint32_t *spis;
};

struct sawatch {
	const char *name;
	struct kdump *k;
	size_t n_pairs;
	struct pair pairs[PAIR_MAX];
};

static void
die(const char *what)
{
	fprintf(stderr, "sawatch: %s\n", what);
	exit(2);
}

struct sawatch *
sawatch_new(const char *name)
{
	struct sawatch *w = calloc(1, sizeof(*w));

	if (!w)
		die("no memory");
	w->name = name;
	w->k = kdump_new(name);
	return w;
}

static struct pair *
pair_of(struct sawatch *w, const struct ksa *sa)
{
	struct pair *p;
	size_t i;

	for (i = 0; i < w->n_pairs; i++)
		if (w->pairs[i].src == sa->src && w->pairs[i].dst == sa->dst)
			return &w->pairs[i];
	if (i == PAIR_MAX)
		die("too many pairs of addresses");
	p = &w->pairs[w->n_pairs++];
	*p = (struct pair){ .src = sa->src, .dst = sa->dst, .spis = calloc(SPI_MAX, sizeof(*p->spis)) };
	if (!p->spis)
		die("no memory");
	return p;
}

static void
note_sa(struct sawatch *w, const struct ksa *sa)
{
	struct pair *p = pair_of(w, sa);
	size_t i;

	p->here++;
	for (i = 0; i < p->n_spis && p->spis[i] != sa->spi; i++)
		;
	if (i == SPI_MAX)
		die("too many SPIs");
	if (i == p->n_spis)
		p->spis[p->n_spis++] = sa->spi;
}

void
sawatch_look(struct sawatch *w)
{
	size_t i;

	for (i = 0; i < w->n_pairs; i++)
		w->pairs[i].here = 0;
	kdump_sas(w->k);
	for (i = 0; i < w->k->n_sas; i++)
		if (!w->k->sas[i].larval)
			note_sa(w, &w->k->sas[i]);
	for (i = 0; i < w->n_pairs; i++)
		if (w->pairs[i].here > w->pairs[i].max)
			w->pairs[i].max = w->pairs[i].here;
}

void
sawatch_report(const struct sawatch *w)
{
	char src[INET_ADDRSTRLEN], dst[INET_ADDRSTRLEN];
	size_t i;

	for (i = 0; i < w->n_pairs; i++) {
		inet_ntop(AF_INET, &w->pairs[i].src, src, sizeof(src));
		inet_ntop(AF_INET, &w->pairs[i].dst, dst, sizeof(dst));
		printf("sa %s %s %s max %u spis %u\n", w->name, src, dst, w->pairs[i].max, w->pairs[i].n_spis);
	}
}
