/* SPDX-License-Identifier: BSD-3-Clause */
#include "clean.h"

#include <arpa/inet.h>

#include "lab.h"

static bool
is_between(const struct ksa *sa, uint32_t from, uint32_t to)
{
	return sa->src == from && sa->dst == to;
}

static bool
has_sa(const struct kdump *k, const struct ksa *sa)
{
	size_t i;

	for (i = 0; i < k->n_sas; i++)
		if (!k->sas[i].larval && is_between(&k->sas[i], sa->src, sa->dst) && k->sas[i].spi == sa->spi)
			return true;
	return false;
}

static void
complain(struct mesh *m, const struct host *from, const struct host *to, const char *what)
{
	if (m->n_bad++ == 0)
		snprintf(m->why, sizeof(m->why), "%s %s: %s", from->name, to->name, what);
}

/*
 * The SAs from |from| to |to|, as |at|, one of the two, has them.
 */
static void
check_end(struct mesh *m, const struct host *from, const struct host *to, const struct host *at)
{
	const struct host *other = at == from ? to : from;
	size_t i, n = 0;
	bool lonely = false, larval = false;

	for (i = 0; i < at->k->n_sas; i++) {
		const struct ksa *sa = &at->k->sas[i];

		if (!is_between(sa, from->addr, to->addr))
			continue;
		if (sa->larval) {
			larval = true;
			continue;
		}
		n++;
		lonely |= !has_sa(other->k, sa);
	}
	if (larval)
		complain(m, from, to, at == from ? "larval at the source" : "larval at the destination");
	else if (lonely)
		complain(m, from, to, at == from ? "SA at the source only" : "SA at the destination only");
	else if (n == 0)
		complain(m, from, to, "no SA");
	else if (n > (m->two_allowed ? 2 : 1))
		complain(m, from, to, at == from ? "too many SAs at the source" : "too many SAs at the destination");
}

bool
mesh_is_clean(struct mesh *m)
{
	size_t i, j;

	m->n_bad = 0;
	for (i = 0; i < m->n; i++)
		kdump_sas(m->hosts[i].k);
	for (i = 0; i < m->n; i++)
		for (j = 0; j < m->n; j++)
			if (i != j) {
				check_end(m, &m->hosts[i], &m->hosts[j], &m->hosts[i]);
				if (!m->at_source)
					check_end(m, &m->hosts[i], &m->hosts[j], &m->hosts[j]);
			}
	return m->n_bad == 0;
}

static bool
can_send(const struct host *from, const struct host *to)
{
	size_t i, n = 0;

	for (i = 0; i < from->k->n_sas; i++) {
		const struct ksa *sa = &from->k->sas[i];

		if (sa->larval || !is_between(sa, from->addr, to->addr))
			continue;
		if (!has_sa(to->k, sa))
			return false;
		n++;
	}
	return n > 0;
}

bool
mesh_is_usable(const struct mesh *m)
{
	size_t i, j;

	for (i = 0; i < m->n; i++)
		for (j = 0; j < m->n; j++)
			if (i != j && !can_send(&m->hosts[i], &m->hosts[j]))
				return false;
	return true;
}

bool
mesh_add(struct mesh *m, char *spec)
{
	char *addr = strchr(spec, '=');
	struct host *h = &m->hosts[m->n];

	if (!addr || m->n == HOSTS_MAX)
		return false;
	*addr++ = '\0';
	h->name = spec;
	if (inet_pton(AF_INET, addr, &h->addr) != 1)
		return false;
	h->k = kdump_new(spec);
	m->n++;
	return true;
}
