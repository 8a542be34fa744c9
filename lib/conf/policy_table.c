/* SPDX-License-Identifier: BSD-3-Clause */
/* Policies by direction and selector, and what makes two of them the same. */
#include "conf/direct.h"
#include "keylang/policy_text.h"
#include "keylang/stmt.h"

#include <string.h>

/* Bytes to hash, filled in order. */
struct key {
	uint8_t b[96];
	size_t n;
};

static void
add(struct key *k, const void *p, size_t n)
{
	memcpy(k->b + k->n, p, n);
	k->n += n;
}

static uint64_t
hash(const struct sp_id *id)
{
	static const uint8_t no_seed[16];
	uint32_t rest[6] = { (uint32_t)id->sel.src.len << 16 | (uint32_t)id->sel.dst.len << 8 | id->dir,
		(uint32_t)id->sel.sport << 16 | id->sel.dport, id->sel.proto, id->mark, id->mark_mask,
		id->if_id };
	struct key k = { .n = 0 };

	add(&k, id->sel.src.addr.b, sizeof(id->sel.src.addr.b));
	add(&k, id->sel.dst.addr.b, sizeof(id->sel.dst.addr.b));
	add(&k, rest, sizeof(rest));
	return siphash24(no_seed, slice_of(k.b, k.n));
}

static struct conf_policy **
bucket(const struct conf_policy_table *t, const struct sp_id *id)
{
	return &t->head[hash(id) & (t->buckets - 1)];
}

static bool
grow(struct bind *b)
{
	struct conf_policy_table *t = &b->conf->policy_table, bigger = *t;

	bigger.buckets = t->buckets == 0 ? 64 : t->buckets * 2;
	bigger.head = arena_array(&b->conf->mem, bigger.buckets, sizeof(*bigger.head));
	if (bigger.head == NULL) {
		b->src.nomem = true;
		return false;
	}
	for (size_t i = 0; i < t->buckets; i++) {
		for (struct conf_policy *p = t->head[i], *next; p != NULL; p = next) {
			struct conf_policy **to = bucket(&bigger, &p->spec.id);
			next = p->next;
			p->next = *to;
			*to = p;
		}
	}
	*t = bigger;
	return true;
}

bool
policy_table_add(struct bind *b, struct conf_policy *p)
{
	struct conf_policy_table *t = &b->conf->policy_table;

	if (t->n >= t->buckets && !grow(b))
		return false;
	struct conf_policy **to = bucket(t, &p->spec.id);
	p->next = *to;
	*to = p;
	t->n++;
	return true;
}

void
policy_table_remove(struct conf_policy_table *t, struct conf_policy *p)
{
	for (struct conf_policy **at = bucket(t, &p->spec.id); *at != NULL; at = &(*at)->next) {
		if (*at == p) {
			*at = p->next;
			t->n--;
			return;
		}
	}
}

struct conf_policy *
policy_table_find(const struct conf_policy_table *t, const struct sp_id *id)
{
	struct conf_policy *p = t->buckets == 0 ? NULL : *bucket(t, id);

	while (p != NULL && !sp_id_equal(&p->spec.id, id))
		p = p->next;
	return p;
}

const struct conf_policy *
conf_policy_find(const struct conf *c, const struct sp_id *id)
{
	return policy_table_find(&c->policy_table, id);
}

static bool
same_tmpl(const struct sp_tmpl *a, const struct sp_tmpl *b)
{
	return a->proto == b->proto && a->mode == b->mode && a->reqid == b->reqid &&
	       (a->level == SP_USE) == (b->level == SP_USE) &&
	       (a->level == SP_UNIQUE) == (b->level == SP_UNIQUE) && addr_equal(&a->src, &b->src) &&
	       addr_equal(&a->dst, &b->dst) && a->sport == b->sport && a->dport == b->dport;
}

bool
conf_policy_same(const struct sp_spec *a, const struct sp_spec *b)
{
	if (!sp_id_equal(&a->id, &b->id) || a->priority != b->priority || a->action != b->action ||
	    a->ntmpl != b->ntmpl || strcmp(a->ctx, b->ctx) != 0)
		return false;
	for (unsigned i = 0; i < a->ntmpl; i++)
		if (!same_tmpl(&a->tmpl[i], &b->tmpl[i]))
			return false;
	return true;
}

enum { IP_ICMP = 1, IP_GRE = 47, IP_ICMPV6 = 58, IP_MH = 135 };

static bool
has_ports(uint8_t proto)
{
	return proto != IP_ICMP && proto != IP_ICMPV6 && proto != IP_MH && proto != IP_GRE;
}

/* What stands behind the protocol in place of ports. */
static void
add_misc(const struct sa_selector *sel, struct text *t)
{
	if (has_ports(sel->proto) || !sel->sport_set)
		return;
	if (sel->proto == IP_GRE)
		text_addf(t, " %u", (unsigned)sel->sport << 16 | sel->dport);
	else
		text_addf(t, " %u,%u", sel->sport, sel->dport);
}

static void
add_side(const struct prefix *p, uint16_t port, bool port_set, struct text *t)
{
	struct addr_buf b;

	text_addf(t, " %s/%u", p->addr.family == 0 ? "any" : addr_text(&p->addr, &b), p->len);
	if (port_set)
		text_addf(t, "[%u]", port);
}

void
conf_policy_text(const struct sp_spec *sp, struct text *t)
{
	const struct sa_selector *sel = &sp->id.sel;
	const char *proto = sel->proto == 0 ? "any" : setkey_known_protocol_name(sel->proto);
	bool ports = has_ports(sel->proto);

	text_add(t, "spdadd");
	add_side(&sel->src, sel->sport, ports && sel->sport_set, t);
	add_side(&sel->dst, sel->dport, ports && sel->dport_set, t);
	if (proto != NULL)
		text_addf(t, " %s", proto);
	else
		text_addf(t, " %u", sel->proto);
	add_misc(sel, t);
	text_add(t, " -P ");
	policy_print_head(sp, t);
	for (unsigned i = 0; i < sp->ntmpl; i++) {
		text_char(t, ' ');
		policy_print_tmpl(&sp->tmpl[i], sp->tmpl[i].sport != 0 || sp->tmpl[i].dport != 0, t);
	}
	text_char(t, ';');
}
