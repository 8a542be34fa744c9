/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/conf.h"
#include "ringtail/control/server.h"
#include "sadb/sadb.h"

#include <string.h>

/* Where the offset of one base of priority ends and the next begins, as for setkey. */
#define PRIO_HIGH_END 0x60000000u
#define PRIO_DEF_END  0xA0000000u

/* The first of several names is the one that is printed. */
static const struct name uppers[] = {
	{ 0, "any" },
	{ 1, "icmp" },
	{ 6, "tcp" },
	{ 17, "udp" },
	{ 47, "gre" },
	{ 50, "esp" },
	{ 51, "ah" },
	{ 58, "ipv6-icmp" },
	{ 58, "icmp6" },
	{ 58, "icmpv6" },
	{ 132, "sctp" },
};

const char *
control_upper_text(uint8_t proto, struct name_buf *buf)
{
	struct text t = text_in(buf->s, sizeof(buf->s));

	for (size_t i = 0; i < sizeof(uppers) / sizeof(uppers[0]); i++)
		if (uppers[i].value == proto)
			return uppers[i].name;
	text_addf(&t, "%u", proto);
	return buf->s;
}

bool
control_upper_find(const char *word, uint8_t *out)
{
	unsigned v = 0;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(uppers) / sizeof(uppers[0]); i++)
		if (strcmp(uppers[i].name, word) == 0) {
			*out = (uint8_t)uppers[i].value;
			return true;
		}
	for (; word[n] >= '0' && word[n] <= '9' && n < 4; n++)
		v = v * 10 + (unsigned)(word[n] - '0');
	if (n == 0 || word[n] != '\0' || v > 255)
		return false;
	*out = (uint8_t)v;
	return true;
}

void
control_put_upper(struct ctl_put *p, const char *member, uint8_t proto)
{
	struct name_buf nb;

	ctl_put_str(p, member, control_upper_text(proto, &nb));
}

static void
put_side(struct ctl_put *p, const char *name, const struct prefix *pre, uint16_t port, bool set)
{
	char buf[ADDR_TEXT + 16];
	struct text t = text_in(buf, sizeof(buf));
	struct addr_buf b;

	text_add(&t, pre->addr.family == 0               ? "any"
		     : pre->len == addr_bits(&pre->addr) ? addr_text(&pre->addr, &b)
							 : prefix_text(pre, &b));
	if (port != 0 || set)
		text_addf(&t, "[%u]", port);
	ctl_put_str(p, name, buf);
}

/* setkey's words: "prio def + 100"; smaller kernel values are higher priorities. */
static void
put_priority(struct ctl_put *p, uint32_t prio)
{
	uint32_t base = prio < PRIO_HIGH_END  ? SP_PRIO_HIGH
			: prio < PRIO_DEF_END ? SP_PRIO_DEF
					      : SP_PRIO_LOW;
	char buf[48];
	struct text t = text_in(buf, sizeof(buf));

	text_add(&t, prio == 0              ? "none"
		     : base == SP_PRIO_HIGH ? "high"
		     : base == SP_PRIO_DEF  ? "def"
					    : "low");
	if (prio != 0 && prio < base)
		text_addf(&t, " + %u", base - prio);
	else if (prio > base)
		text_addf(&t, " - %u", prio - base);
	ctl_put_str(p, "priority", buf);
	ctl_put_uint(p, "priority_value", prio);
}

static void
put_template(struct ctl_put *p, const struct sp_tmpl *m)
{
	static const char *const levels[] = { "default", "use", "require", "unique" };
	char buf[2 * ADDR_TEXT + 64];
	struct text t = text_in(buf, sizeof(buf));
	struct addr_buf a, b;

	text_addf(&t, "%s/%s/",
	    m->proto == PROTO_AH       ? "ah"
	    : m->proto == PROTO_IPCOMP ? "ipcomp"
				       : "esp",
	    m->mode == MODE_TUNNEL ? "tunnel" : "transport");
	if (m->mode == MODE_TUNNEL)
		text_addf(&t, "%s-%s", addr_text(&m->src, &a), addr_text(&m->dst, &b));
	text_addf(&t, "/%s", m->level <= SP_UNIQUE ? levels[m->level] : "unknown");
	if (m->reqid != 0)
		text_addf(&t, "%c%u", m->reqid <= SP_MANUAL_REQID_MAX ? ':' : '#', m->reqid);
	ctl_put_str(p, NULL, buf);
}

const char *
control_owner_name(uint8_t owner)
{
	return owner == SADB_OURS ? "ours" : owner == SADB_ADOPTED ? "adopted" : "foreign";
}

/* Which line of which file wants it. */
static void
put_where(struct control_call *call, const struct spd_row *row)
{
	const struct conf_policy *cp = conf_policy_find(call->d->conf, &row->sp);
	char buf[400];
	struct text t = text_in(buf, sizeof(buf));

	if (cp == NULL)
		return;
	text_addf(&t, "%s:%u", cp->file, cp->line);
	ctl_put_str(&call->put, "where", buf);
	if (row->owner == SADB_FOREIGN)
		ctl_put_bool(&call->put, "contested", true);
}

void
control_put_policy(struct control_call *call, const struct spd_row *row)
{
	struct ctl_put *p = &call->put;
	static const char *const dirs[] = { "in", "out", "fwd" };
	static const char *const actions[] = { "none", "discard", "ipsec", "entrust", "bypass" };
	const struct sa_selector *s = &row->sp.sel;

	ctl_put_str(p, "direction", row->sp.dir <= SP_FWD ? dirs[row->sp.dir] : "unknown");
	ctl_put_str(p, "action", row->action <= SP_BYPASS ? actions[row->action] : "unknown");
	put_side(p, "source", &s->src, s->sport, s->sport_set);
	put_side(p, "destination", &s->dst, s->dport, s->dport_set);
	control_put_upper(p, "protocol", s->proto);
	put_priority(p, row->priority);
	ctl_put_list(p, "templates");
	for (unsigned i = 0; i < row->ntmpl; i++)
		put_template(p, &row->tmpl[i]);
	ctl_put_end(p);
	ctl_put_str(p, "owner", control_owner_name(row->owner));
	ctl_put_uint(p, "index", row->index);
	ctl_put_bool(p, "in_kernel", row->present);
	put_where(call, row);
	if (row->sp.mark_mask != 0) {
		ctl_put_uint(p, "mark", row->sp.mark);
		ctl_put_uint(p, "mark_mask", row->sp.mark_mask);
	}
	if (row->sp.if_id != 0)
		ctl_put_uint(p, "if_id", row->sp.if_id);
}

bool
control_policy_peer(const struct spd_row *row, struct addr *out)
{
	const struct prefix *dst = &row->sp.sel.dst;

	if (row->sp.dir != SP_OUT || row->action != SP_IPSEC || row->ntmpl == 0)
		return false;
	if (row->tmpl[0].mode == MODE_TUNNEL) {
		*out = row->tmpl[0].dst;
		return out->family != 0;
	}
	*out = dst->addr;
	return dst->addr.family != 0 && dst->len == addr_bits(&dst->addr);
}
